"""The two-layer network, stepped forwards and backwards as a reader does it."""

import re

import numpy as np
import pytest
from explorable_checks import check_accessible, check_fallback, pick, stop_clock, values

from dlscratch.explorables import backprop_stepper
from dlscratch.explorables.backprop_stepper import LR, START
from dlscratch.functions import softmax
from dlscratch.initializers import zeros
from dlscratch.layers import Linear, ReLU, SoftmaxCrossEntropy
from dlscratch.models import Sequential
from dlscratch.optimizers import SGD

NAMES = ["a1", "h", "logits", "y", "L"]
NAMES += ["dlogits", "dW2", "db2", "dh", "da1", "dW1", "db1"]
GIVEN = ["x", "t", "W1", "b1", "W2", "b2"]
NODES = [
    {name} for name in ("Linear 1", "ReLU", "Linear 2", "softmax", "cross-entropy")
]
NODES += [{"softmax", "cross-entropy"}, *[{"Linear 2"}] * 3, {"ReLU"}]
NODES += [*[{"Linear 1"}] * 2, {"Linear 1", "Linear 2"}]
UPDATE = 13


def numpy_says(x, t):
    """Return every array of both passes and of the update, by the library's layers."""
    first, second = (Linear(*sizes, init=zeros) for sizes in ((2, 3), (3, 2)))
    relu, loss = ReLU(), SoftmaxCrossEntropy()
    for layer, n in ((first, 1), (second, 2)):
        layer.W.value, layer.b.value = (
            np.array(START[f"{name}{n}"], float) for name in "Wb"
        )
    x, ids = np.array([x], float), np.array([t])
    said = {"x": x, "t": np.eye(2)[ids]}
    said |= {name: np.array(value) for name, value in START.items()}
    said["a1"] = first.forward(x)
    said["h"] = relu.forward(said["a1"])
    said["logits"] = second.forward(said["h"])
    said["y"] = softmax(said["logits"])
    said["L"] = np.array(loss.forward(said["logits"], ids))
    said["dlogits"] = loss.backward()
    said["dh"] = second.backward(said["dlogits"])
    said["da1"] = relu.backward(said["dh"])
    first.backward(said["da1"])
    said |= {"dW1": first.W.grad, "db1": first.b.grad}
    said |= {"dW2": second.W.grad, "db2": second.b.grad}
    model = Sequential([first, relu, second], SoftmaxCrossEntropy())
    SGD(model.parameters, LR).step()
    said |= {"new W1": first.W.value, "new b1": first.b.value}
    said |= {"new W2": second.W.value, "new b2": second.b.value}
    said["new L"] = np.array(model.loss(x, ids))
    return said


def lit(page):
    """Return the lit steps of equations and code, and the lit nodes and arrays."""
    found = page.locator(".bp-lit").evaluate_all(
        "all => all.map(e => ({...e.dataset}))"
    )
    return {
        kind: {one[kind] for one in found if kind in one}
        for kind in ("equation", "code", "node", "array")
    }


SHOWN = """(root) => {
  const arrays = {}, drawn = {};
  for (const box of root.querySelectorAll("[data-array]")) {
    const cells = [...box.querySelectorAll(".bp-cells > *")];
    arrays[box.dataset.array] = {
      title: box.querySelector("p").textContent,
      texts: cells.map((cell) => cell.textContent),
      values: cells.map((cell) => cell.dataset.value),
      visible: box.checkVisibility(),
    };
  }
  for (const word of root.querySelectorAll("[data-graph]")) {
    drawn[word.dataset.graph] = word.getClientRects().length ? word.textContent : null;
  }
  const current = [...root.querySelectorAll("[aria-current=step]")];
  return {
    arrays,
    drawn,
    current: current.map((one) => Number(one.dataset.equation)),
    sentence: root.querySelector("[data-said]").textContent,
  };
}"""


def expected_light(step):
    """Return what `lit` gives when all four belong to one step."""
    if step == UPDATE:
        arrays = {"new W1", "new b1", "new W2", "new b2", "new L"}
        return {"equation": set(), "code": set(), "node": NODES[12], "array": arrays}
    own = {str(step)}
    array = {NAMES[step - 1]}
    return {"equation": own, "code": own, "node": NODES[step - 1], "array": array}


def read(words):
    """Return the numbers in a text of the page."""
    return [float(word) for word in re.findall(r"-?\d+\.\d+", words.replace("−", "-"))]


def check_step(page, step, x=(1, 5), t=1):
    """Compare all that the figure shows at a step with NumPy."""
    said = numpy_says(x, t)
    shown = page.locator("[data-update]").locator("xpath=..").evaluate(SHOWN)
    arrays, drawn, sentence = shown["arrays"], shown["drawn"], shown["sentence"]
    assert set(arrays) == set(said)
    for name, expected in said.items():
        box, news = arrays[name], name.startswith("new")
        assert box["title"] == f"{name} {expected.shape}"
        assert box["visible"] == (step == UPDATE or not news)
        if name in NAMES and NAMES.index(name) >= step:
            assert box["texts"] == ["·"] * expected.size
            assert box["values"] == [None] * expected.size
            assert drawn.get(name) is None
            continue
        numbers = np.array(box["values"], float)
        np.testing.assert_allclose(numbers, expected.ravel(), atol=1e-6)
        half = 5.1e-8 if news else 5.1e-5
        texts = read(" ".join(box["texts"]))
        np.testing.assert_allclose(texts, expected.ravel(), atol=half)
        if name[:2] in ("dW", "db"):
            assert drawn[name] == f"{name} {expected.shape}"
        elif name in drawn:
            words = read(drawn[name])
            np.testing.assert_allclose(words, expected.ravel(), atol=5.1e-4)
    assert set(drawn) == {"x", *NAMES}
    assert lit(page) == expected_light(step)
    assert shown["current"] == ([] if step == UPDATE else [step])
    if step == UPDATE:
        losses = [float(said["L"]), float(said["new L"])]
        assert read(sentence)[-2:] == pytest.approx(losses, abs=5.1e-8)
        return
    name = NAMES[step - 1]
    way = "forward" if step <= 5 else "backward"
    assert sentence.startswith(f"Step {step} of 12, {way}: {name} = ")
    if name != "L":
        assert f", shape {said[name].shape}: [" in sentence
    told = sentence.split(", " if name == "L" else ": ")[-1]
    np.testing.assert_allclose(read(told), said[name].ravel(), atol=5.1e-5)


@pytest.fixture
def figure(open_html):
    page = open_html(backprop_stepper()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def type_x(page, *numbers):
    for i, number in enumerate(numbers, 1):
        page.get_by_label(f"x, input {i}").fill(str(number))


def test_the_reference_numbers():
    said = numpy_says((1, 5), 1)
    expected = {
        "h": [[1.2, 2.5, 3.8]],
        "logits": [[1.86, 4.21]],
        "y": [[0.08706577, 0.91293423]],
        "dlogits": [[0.08706577, -0.08706577]],
        "da1": [[-0.02611973] * 3],
        "new b2": [0.09912934, 0.20087066],
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(said[name], numbers, atol=1e-8)
    np.testing.assert_allclose(said["new W1"][0], [0.1002612, 0.3002612, 0.5002612])
    np.testing.assert_allclose(said["new W2"][0], [0.09895521, 0.40104479], atol=1e-8)


def test_through_all_steps_by_mouse(figure):
    for step in range(1, 14):
        check_step(figure, step)
        first = figure.get_by_role("button", name="First")
        assert first.get_attribute("aria-disabled") == str(step == 1).lower()
        if step < UPDATE:
            press(figure, "Next")
    figure.get_by_role("button", name="Next").press("Enter")
    check_step(figure, UPDATE)
    press(figure, "Back")
    check_step(figure, 12)
    press(figure, "Update")
    check_step(figure, UPDATE)
    press(figure, "First")
    check_step(figure, 1)
    press(figure, "Last")
    check_step(figure, 12)
    press(figure, "Reset")
    check_step(figure, 1)


@pytest.mark.parametrize(("x", "t"), [((-2.5, 0.75), 0), ((-10, 10), 1), ((0, 0), 0)])
def test_through_all_steps_by_keyboard_with_another_input(figure, x, t):
    type_x(figure, *x)
    pick(figure, ["0: [1, 0]", "1: [0, 1]"][t])
    figure.mouse.move(0, 0)
    figure.get_by_role("button", name="Next", exact=True).focus()
    for step in range(1, 14):
        check_step(figure, step, x, t)
        figure.keyboard.press("ArrowRight")
    check_step(figure, UPDATE, x, t)
    for step in (12, 11, 10):
        figure.keyboard.press("ArrowLeft")
        check_step(figure, step, x, t)


def test_update_waits_for_the_last_gradient(figure):
    update = figure.get_by_role("button", name="Update")
    update.focus()
    figure.keyboard.press("Enter")
    check_step(figure, 1)
    assert update.get_attribute("aria-disabled") == "true"
    figure.keyboard.press("End")
    figure.keyboard.press("Enter")
    check_step(figure, UPDATE)


def test_a_closed_relu_stops_the_gradient(figure):
    type_x(figure, -3, 0.5)
    press(figure, "Last")
    said = numpy_says((-3, 0.5), 1)
    assert (said["a1"] <= 0).any()
    check_step(figure, 12, (-3, 0.5))
    assert 0 in values(figure, "[data-array=da1] [data-value]")


def test_numbers_follow_at_every_step(figure):
    for step in (1, 5, 8, 12, 13):
        while page_step(figure) != step:
            press(figure, "Next")
        for x in ((2, -1), (0.3, 4)):
            type_x(figure, *x)
            check_step(figure, step, x)


def page_step(page):
    found = re.match(r"Step (\d+)", page.locator("[data-said]").inner_text())
    return int(found[1]) if found else UPDATE


def test_equations_are_one_stop_that_the_arrow_keys_walk_through(figure):
    equations = figure.locator("button[data-equation]")
    equations.first.focus()
    keys = [
        "ArrowDown",
        "ArrowRight",
        "ArrowDown",
        "ArrowUp",
        "End",
        "ArrowLeft",
        "Home",
    ]
    for key, step in zip(keys, [2, 3, 4, 3, 12, 11, 1], strict=True):
        figure.keyboard.press(key)
        check_step(figure, step)
        focused = figure.evaluate("document.activeElement.dataset.equation")
        assert focused == str(step)
        tabs = equations.evaluate_all("all => all.map(one => one.tabIndex)")
        assert [i + 1 for i, tab in enumerate(tabs) if tab == 0] == [step]


def test_the_arrow_keys_stay_with_the_fields(figure):
    figure.get_by_label("x, input 1").focus()
    figure.keyboard.press("ArrowUp")
    check_step(figure, 1, (1.1, 5))
    figure.keyboard.press("ArrowRight")
    check_step(figure, 1, (1.1, 5))


def test_pointing_lights_what_belongs_together(figure):
    press(figure, "Last")
    for step, name in enumerate(NAMES, 1):
        for selector in (
            f"[data-equation='{step}']",
            f"code[data-code='{step}']",
            f"[data-array={name}]",
        ):
            figure.locator(selector).hover()
            assert lit(figure) == expected_light(step), selector
    figure.get_by_role("heading", name="One explorable").hover()
    assert lit(figure) == expected_light(12)


def test_focus_lights_what_belongs_together(figure):
    press(figure, "Last")
    figure.locator("[data-equation='4']").focus()
    assert lit(figure) == expected_light(4)
    figure.locator("[data-equation='4']").blur()
    assert lit(figure) == expected_light(12)


def test_a_node_stands_for_its_nearest_step(figure):
    for here, node, step in [
        (1, "Linear 2", 3),
        (8, "Linear 2", 8),
        (12, "Linear 2", 9),
        (8, "ReLU", 10),
        (3, "ReLU", 2),
        (12, "softmax", 6),
    ]:
        figure.locator(f"[data-equation='{here}']").click()
        figure.locator(f"[data-node='{node}']").hover()
        assert lit(figure) == expected_light(step)
        figure.locator(f"[data-node='{node}']").click()
        check_step(figure, step)


def test_a_click_goes_to_the_step(figure):
    for selector, step in [
        ("[data-equation='7']", 7),
        ("code[data-code='2']", 2),
        ("[data-array=dh]", 9),
    ]:
        figure.locator(selector).click()
        check_step(figure, step)


@pytest.mark.parametrize(("x", "t"), [((1, 5), 1), ((-2.5, 0.75), 0)])
def test_the_code_on_the_page_computes_what_it_says(figure, x, t):
    said = numpy_says(x, t)
    space = {"np": np, "softmax": softmax} | {name: said[name] for name in GIVEN}
    exec("\n".join(figure.locator("code[data-code]").all_inner_texts()), space)
    for name in NAMES:
        np.testing.assert_allclose(space[name], said[name], atol=1e-12)


def test_equations_name_the_same_arrays_as_the_code(figure):
    for k in range(1, 13):
        equation = figure.locator(f"[data-equation='{k}']").text_content()
        code = figure.locator(f"[data-code='{k}']").text_content()
        names = rf"\b(?:{'|'.join(GIVEN + NAMES)})\b"
        assert re.findall(names, code) == re.findall(
            names, re.sub("T(?= |$)", " ", equation)
        )


def test_numbers_out_of_range(figure):
    field = figure.get_by_label("x, input 2")
    for typed, number in (("99", 10), ("-99", -10), ("2.345", 2.35)):
        field.fill(typed)
        check_step(figure, 1, (1, number))
        field.blur()
        assert float(field.input_value()) == number
    field.fill("")
    check_step(figure, 1, (1, 2.35))


@pytest.mark.parametrize(("x", "t", "step"), [((0.5, -1), 0, 9), ((3, 2), 1, 13)])
def test_starts_where_python_says(open_html, x, t, step):
    page = open_html(backprop_stepper(x, t=t, step=step)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    check_step(page, step, x, t)


def test_play_walks_to_the_last_step_and_speaks(page, open_html):
    stop_clock(page)
    open_html(backprop_stepper()._repr_html_())
    page.clock.run_for(1000)
    status = page.get_by_role("status")
    assert status.inner_text().startswith("Step 1 of 12, forward: a1 = x · W1 + b1")
    press(page, "Play")
    page.clock.run_for(3100)
    check_step(page, 3)
    press(page, "Pause")
    page.clock.run_for(5000)
    check_step(page, 3)
    assert status.inner_text() == page.locator("[data-said]").inner_text()
    press(page, "Play")
    page.clock.run_for(1500 * 12)
    check_step(page, 12)
    assert page.get_by_role("button", name="Play").is_visible()
    assert "db1 = da1 summed over the batch" in status.inner_text()


def test_no_play_where_motion_is_not_wanted(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    open_html(backprop_stepper()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    assert not page.get_by_role("button", name="Play").is_visible()
    press(page, "Next")
    check_step(page, 2)


def test_two_copies_on_a_page_are_independent(open_html):
    html = backprop_stepper()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="Next").click()
    check_step(first, 2)
    check_step(second, 1)


def last(page):
    press(page, "Last")


def update(page):
    press(page, "Last")
    press(page, "Update")


def large(page):
    press(page, "Last")
    type_x(page, -10, -10)


def test_the_words_of_the_graph_stay_inside_it(figure):
    large(figure)
    for x in ((-10, -10), (10, 10), (-10, 10)):
        type_x(figure, *x)
        outside = figure.locator(".bp-graph text").evaluate_all(
            """all => all.filter(one => {
                const box = one.getBBox();
                return box.x < 0 || box.x + box.width > 380;
            }).map(one => one.textContent)"""
        )
        assert outside == []


def test_what_lights_up_together_fits_one_screen(open_html):
    page = open_html(backprop_stepper()._repr_html_(), width=720)
    page.locator(".dlx[data-live]").wait_for()
    for _ in range(12):
        boxes = page.locator(".bp-lit").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(b => [b.top, b.bottom])"
        )
        assert len(boxes) >= 4
        assert max(b for _, b in boxes) - min(t for t, _ in boxes) <= 800
        press(page, "Next")


@pytest.mark.parametrize("prepare", [lambda page: None, last, update, large])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, backprop_stepper(), prepare)


def test_fallback(browser):
    check_fallback(browser, backprop_stepper())
