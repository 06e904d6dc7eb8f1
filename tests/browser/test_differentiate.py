"""An expression, differentiated as a reader does it; the numbers are the library's."""

import re
from collections import Counter

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    press,
    said,
    stop_clock,
    values,
    words,
)

from dlscratch import autograd
from dlscratch.explorables import differentiate
from dlscratch.explorables.differentiate import EXAMPLES, FUNCTIONS

DIAMOND = "u = 2*x; 3*u + u*u"
ORDER4 = "x**4 - 2*x**2"


class Traced:
    """An expression with symbols, differentiated; what was built is counted."""

    def __init__(self, monkeypatch, source, by=""):
        built = []
        init = autograd.Symbol.__init__

        def counting(self, op=None, *args, **kwargs):
            init(self, op, *args, **kwargs)
            if op is not None:
                built.append(self)

        with monkeypatch.context() as patch:
            patch.setattr(autograd.Symbol, "__init__", counting)
            letters = {name: autograd.placeholder(name) for name in "xy"}
            self.outputs = [evaluate(source, letters)]
            self.built = [len(built)]
            for letter in by:
                (one,) = autograd.grad(self.outputs[-1], [letters[letter]])
                self.outputs.append(one)
                self.built.append(len(built))
        used = [x for x in autograd._order(self.outputs[:1]) if x.node is None]
        self.inputs = [x for x in letters.values() if x in used]
        reached = autograd._order(self.outputs)
        self.alive = sum(x.node is not None for x in reached)
        self.programs = [
            autograd.function(self.inputs, self.outputs[: k + 1])
            for k in range(len(self.outputs))
        ]
        self.lines = [program.source.count(" = ") for program in self.programs]

    def __call__(self, **numbers):
        """Return the values of all orders."""
        given = [np.float64(numbers[x.name]) for x in self.inputs]
        with np.errstate(all="ignore"):
            return [float(value) for value in self.programs[-1](*given)]

    def gradients(self, **numbers):
        """Return the gradients of the last result by each letter, None as nan."""
        grads = autograd.grad(self.outputs[-1], self.inputs)
        return [self._value(g, **numbers) for g in grads]

    def _value(self, g, **numbers):
        if g is None:
            return np.nan
        given = [np.float64(numbers[x.name]) for x in self.inputs]
        with np.errstate(all="ignore"):
            return float(autograd.function(self.inputs, g)(*given))


def evaluate(source, letters):
    """Return the value of an expression; its words mean the library's operations."""
    names = {name: getattr(autograd, name) for name in FUNCTIONS} | letters
    *parts, last = source.split(";")
    for part in parts:
        exec(part.strip(), names)
    return eval(last.strip(), names)


def program_on(page):
    """Return the lines of the program on the page, without what is struck out."""
    return page.locator("[data-line]").all_text_contents()


def type_in(page, source):
    page.get_by_label("Expression in x and y").fill(source)


def again(page, letter="x"):
    name = re.compile(f"Differentiate (again )?by {letter}")
    page.get_by_role("button", name=name).click()


def move(page, letter, number):
    page.get_by_label(f"{letter}, typed").fill(str(number))


def go(page, name):
    page.get_by_role("button", name=name, exact=True).press("Enter")


def arrived(page):
    """Return the gradients that the letters have got, nan where none came."""
    shown = page.locator("[data-said]").get_attribute("data-grads").split(" ")
    return [np.nan if one == "none" else float(one) for one in shown]


def check_figure(page, traced, **numbers):
    """Compare values, counts, program and the gradients at the end with Python's."""
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(
        values(page, "td[data-col=value]"), traced(**numbers), **close
    )
    assert values(page, "td[data-col=built]") == traced.built
    assert values(page, "td[data-col=lines]") == traced.lines
    source = traced.programs[-1].source.splitlines()[1:]
    assert program_on(page) == [line.strip() for line in source]
    out = page.locator("[data-out]").count()
    assert out == traced.built[-1] - traced.lines[-1]
    dead = page.locator("[data-out]", has_text="dead").count()
    assert dead >= traced.built[-1] - traced.alive
    tally = page.locator("[data-tally]").inner_text()
    assert re.match(f"{traced.built[-1]} steps? built: ", tally)
    assert f" {traced.alive - traced.lines[-1]} merged" in tally
    assert f" {traced.built[-1] - traced.alive} needed by no result" in tally
    go(page, "End")
    np.testing.assert_allclose(arrived(page), traced.gradients(**numbers), **close)


@pytest.fixture
def figure(open_html):
    page = open_html(differentiate()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def test_the_reference_numbers(monkeypatch):
    assert Traced(monkeypatch, DIAMOND).gradients(x=1) == [14]
    assert Traced(monkeypatch, ORDER4, "xxxx")(x=2) == [8, 24, 44, 48, 24]


def test_the_question_it_starts_with(figure, monkeypatch):
    assert "v1 has 3 from 1 of 3 uses, and waits." in said(figure)
    go(figure, "Next")
    assert "v1 has 7 from 3 of 3 uses: it is ready." in said(figure)
    check_figure(figure, Traced(monkeypatch, DIAMOND), x=1)
    assert "By x it is 14." in said(figure)
    assert arrived(figure) == [14]
    pick(figure, "passes it on")
    go(figure, "End")
    assert arrived(figure) == [34]
    assert "By x it is 34, but right is 14." in said(figure)


@pytest.mark.parametrize(
    ("source", "by"),
    [
        (DIAMOND, "xx"),
        ("3*(2*x) + (2*x)*(2*x)", "xx"),
        (ORDER4, "xxxx"),
        ("tanh(x)", "xxxx"),
        ("(1 - x)**2 + 100*(y - x**2)**2", "xy"),
        ("x*y + y", "yx"),
        ("relu(x)*sigmoid(-x) / exp(y)", "xy"),
        ("a = sin(x); b = cos(a - y); log(2 + b*b)", "xy"),
        ("-x**-2 + x**0.5 - (1/3)*x**2**1 / 7.50", "xxx"),
        ("x/(2*3 - 1)**2 - 0.00004*x**3 + (2.0*4)*x", "xx"),
        ("y", ""),
    ],
)
def test_any_expression(figure, monkeypatch, source, by):
    type_in(figure, source)
    numbers = {"x": 0.7, "y": -1.25}
    for letter in [x.name for x in Traced(monkeypatch, source).inputs]:
        move(figure, letter, numbers[letter])
    for k in range(len(by) + 1):
        check_figure(figure, Traced(monkeypatch, source, by[:k]), **numbers)
        if k < len(by):
            again(figure, by[k])
    go(figure, "One less")
    check_figure(figure, Traced(monkeypatch, source, by[:-1]), **numbers)


def test_an_unordered_walk_without_end_is_cut(figure):
    pick(figure, "passes it on")
    type_in(
        figure, "a = x*x; b = a*a; c = b*b; d = c*c; e = d*d; f = e*e; g = f*f; g*g*g"
    )
    go(figure, "End")
    assert "Stopped after 300 steps." in said(figure)
    assert "but right is" in said(figure)


def test_the_slider(figure, monkeypatch):
    type_in(figure, ORDER4)
    again(figure)
    again(figure)
    traced = Traced(monkeypatch, ORDER4, "xx")
    slider = figure.get_by_label("x", exact=True)
    for x in (2, -1.5, 0):
        slider.fill(str(x))
        check_figure(figure, traced, x=x)


def test_graph_and_tape_follow_the_walk(figure):
    assert values(figure, "[data-node]") == [1, 2, 4, 6, 10]
    assert "(1 of 3)" in figure.locator("[data-node=v1]").text_content()
    tape = figure.locator(".df-tape li")
    assert tape.all_inner_texts() == [
        "1. v4: 1 → v3 += 1, v2 += 1",
        "2. v3: 1 → v1 += 3",
        "3. v2",
        "4. v1",
    ]
    go(figure, "End")
    assert tape.nth(2).inner_text() == "3. v2: 1 → v1 += 2, v1 += 2"
    assert tape.nth(3).inner_text() == "4. v1: 7 → x += 14"
    assert figure.locator("[data-node=v1]").get_attribute("class") == "df-now"
    assert figure.locator(".df-code .df-now").inner_text().startswith("v1 = ")


def test_every_node_of_all_orders_is_drawn(figure, monkeypatch):
    type_in(figure, "tanh(x)")
    for k in range(4):
        traced = Traced(monkeypatch, "tanh(x)", "x" * k)
        names = figure.locator("[data-node]").evaluate_all(
            "all => all.map(one => one.dataset.node)"
        )
        assert Counter(names).most_common(1)[0][1] == 1
        assert len(names) == traced.alive + 1
        again(figure)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("3*", "Position 3: expected a number, x, y, a function or “(”, got the end."),
        ("3*(2*x", "Position 7: expected “)”, got the end."),
        ("2*x)", "Position 4: expected +, −, *, /, ** or the end, got “)”."),
        ("x^2", "Position 2: expected “**” for a power, got “^”."),
        ("x**y", "Position 4: expected a number as exponent, got “y”."),
        ("2 x", "Position 3: expected +, −, *, /, ** or the end, got “x”."),
        ("sqrt(x)", "Position 1: expected a number, x, y, a function or “(”, got "),
        ("sin x", "Position 5: expected “(”, got “x”."),
        ("u = 2*x 3*u", "Position 9: expected “;”, got “3”."),
        ("x = 2; x", "Position 1: expected a new name, got “x”."),
        ("2 + 3", "Expected x or y somewhere, got a number alone."),
        ("x + 1/0", "Position 6: expected a number below 10¹⁵, got “/”."),
        ("", "Position 1: expected a number, x, y, a function or “(”, got the end."),
    ],
)
def test_what_cannot_be_read_is_said_and_loses_nothing(figure, source, complaint):
    before = values(figure, "[data-value]")
    type_in(figure, source)
    assert figure.locator("[data-problem]").inner_text().startswith(complaint)
    field = figure.get_by_label("Expression in x and y")
    field.blur()
    assert field.input_value() == source
    assert field.get_attribute("aria-invalid") == "true"
    assert values(figure, "[data-value]") == before
    type_in(figure, "x*x")
    assert figure.locator("[data-problem]").inner_text() == ""
    assert values(figure, "td[data-col=value]") == [1]


def test_where_no_gradient_comes(figure, monkeypatch):
    again(figure)
    again(figure)
    assert Traced(monkeypatch, DIAMOND, "xx").gradients(x=1) != [0]
    again(figure)
    problem = figure.locator("[data-problem]").inner_text()
    assert "from the last result back to x: its gradient is None" in problem
    assert values(figure, "td[data-col=value]") == [10, 14, 8]


def test_a_slope_that_depends_on_x_only_by_a_step(figure):
    type_in(figure, "relu(x)")
    again(figure)
    again(figure)
    problem = figure.locator("[data-problem]").inner_text()
    assert problem.startswith("No rule leads from the last result back to x")
    assert problem.endswith("Its derivative is 0, wherever it has one.")


def test_a_typographic_minus(figure):
    type_in(figure, "x**4 \N{MINUS SIGN} 2*x**2")
    assert figure.locator("[data-problem]").inner_text() == ""
    assert values(figure, "td[data-col=value]") == [-1]


def test_where_the_result_is_no_number(figure):
    for source, none in (("log(-x)", True), ("1/(x - 1)", True), ("log(x)", False)):
        type_in(figure, source)
        go(figure, "End")
        assert said(figure).endswith("this is no derivative.") is none


def test_where_it_stops(figure):
    type_in(figure, ORDER4)
    for _ in range(5):
        again(figure)
    assert "stops at order 4" in figure.locator("[data-problem]").inner_text()
    type_in(figure, "tanh(exp(x)*sin(x)/x)")
    problem = figure.locator("[data-problem]").inner_text()
    assert problem.startswith("Order 4 would build 1451 steps; this figure stops at")
    assert len(values(figure, "td[data-col=value]")) == 4


def test_the_order_stays_while_one_types(figure, monkeypatch):
    again(figure)
    type_in(figure, ORDER4)
    check_figure(figure, Traced(monkeypatch, ORDER4, "x"), x=1)


@pytest.mark.parametrize(("words", "source", "x", "y"), EXAMPLES)
def test_the_examples(figure, monkeypatch, words, source, x, y):
    figure.get_by_role("button", name=words, exact=True).click()
    assert figure.get_by_label("Expression in x and y").input_value() == source
    check_figure(figure, Traced(monkeypatch, source), x=x, y=y)


def test_the_keyboard(figure):
    button = figure.get_by_role("button", name="Next", exact=True)
    button.focus()
    for key, start in (
        ("ArrowRight", "Step 3 of 4"),
        ("ArrowLeft", "Step 2 of 4"),
        ("End", "Step 4 of 4"),
        ("ArrowRight", "Step 4 of 4"),
        ("Home", "v4 starts with gradient 1"),
        ("ArrowLeft", "v4 starts with gradient 1"),
        ("Enter", "Step 1 of 4"),
    ):
        figure.keyboard.press(key)
        assert said(figure).startswith(start)
    press(figure, "waits for all", "ArrowRight")
    go(figure, "End")
    assert arrived(figure) == [34]
    press(figure, "x", "ArrowRight")
    assert values(figure, "td[data-col=value]") == pytest.approx([2.02 * 5.02])


def test_reset(figure):
    before = words(figure)
    type_in(figure, "x*x")
    again(figure)
    go(figure, "Reset")
    assert words(figure) == before
    type_in(figure, "x*")
    go(figure, "Reset")
    assert words(figure) == before
    assert figure.get_by_label("Expression in x and y").input_value() == DIAMOND


def test_the_status_and_the_graph_say_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(differentiate(ORDER4, 2, by="x")._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    told = f"{ORDER4} at x = 2. Values of order 0 to 1: 8, 24. 17 steps built"
    assert status.inner_text().startswith(told)
    graph = page.locator(".df-graph")
    assert graph.get_attribute("aria-label") == "The graph: 18 nodes, of all orders."
    go(page, "One less")
    label = graph.get_attribute("aria-label")
    assert label.startswith("The graph: x is 2, v1 = x^2 is 4, v2 = 2 · v1 is 8")
    type_in(page, "x*")
    page.clock.run_for(2000)
    assert status.inner_text().startswith("Position 3: expected")


def test_two_copies_on_a_page_are_independent(open_html):
    html = differentiate()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="End").click()
    assert "Step 4 of 4" in said(first)
    assert "Step 2 of 4" in said(second)


def most(page):
    type_in(page, "tanh(x)")
    for _ in range(4):
        again(page)
    go(page, "Next")


def wrong(page):
    pick(page, "passes it on")
    type_in(page, "x*")


@pytest.mark.parametrize("prepare", [lambda page: None, most, wrong])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, differentiate(), prepare)


def test_it_is_seen_at_once(figure):
    assert figure.locator(".dlx").bounding_box()["height"] <= 600
    figure.get_by_role("button", name="x**4").click()
    again(figure)
    again(figure)
    assert figure.locator(".dlx").bounding_box()["height"] <= 640


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(differentiate()._repr_html_(), width=390)
    page.locator(".dlx[data-live]").wait_for()
    graph = page.locator(".df-graph").bounding_box()
    sentence = page.locator("[data-said]").bounding_box()
    assert sentence["y"] + sentence["height"] - graph["y"] <= 600
    field = page.get_by_label("Expression in x and y").bounding_box()
    table = page.locator("table").bounding_box()
    assert table["y"] + table["height"] - field["y"] <= 600


def test_fallback(browser):
    check_fallback(browser, differentiate())
