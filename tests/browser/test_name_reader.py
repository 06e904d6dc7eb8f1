"""An LSTM reads a name in the page; its guesses and gradients are the library's."""

from itertools import pairwise

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    check_refused,
    pick,
    press,
    said,
    stop_clock,
    values,
    words,
)

from dlscratch.datasets import LETTERS, decode_names, encode_names, load_names
from dlscratch.explorables import name_reader
from dlscratch.explorables.name_reader import EXAMPLES
from dlscratch.functions import softmax
from dlscratch.models import pretrained

SCISSORS = ".nr-cut"


def reads(name, at=None, cuts=(), both_ways=False, forget_gate=None):
    """Return the probabilities of all steps, the loss of a guess, and its gradients.

    The name goes through the layers in parts, each from one cut to the next, with the
    state carried on or emptied. A gate without weights, whose bias alone opens it, is
    one that is held.
    """
    embedding, lstm, linear = pretrained("names-lstm").layers
    if forget_gate is not None:
        H = len(lstm.Wh.value)
        for p in lstm.parameters:
            p.value[..., H : 2 * H] = 0
        with np.errstate(divide="ignore"):
            odds = np.log(np.divide(forget_gate, 1 - forget_gate))
        lstm.b.value[H : 2 * H] = np.clip(odds, -800, 800)
    at = len(name) if at is None else at
    x, t = encode_names([name])
    ends = [0, *sorted(k for k in cuts if k < x.shape[1]), x.shape[1]]
    rows, starts = [], {0: None}
    for start, end in pairwise(ends):
        lstm.start = starts[start]
        rows.append(linear.forward(lstm.forward(embedding.forward(x[:, start:end]))))
        starts[end] = None if both_ways else lstm.state
    p = softmax(np.concatenate(rows, axis=1)[0])
    target = t[0, at - 1]

    # Once more, from the last cut before the guess to the guess, and back.
    before = max(k for k in ends if k < at)
    lstm.start = starts[before]
    linear.forward(lstm.forward(embedding.forward(x[:, before:at])))
    dz = np.zeros((1, at - before, len(LETTERS)))
    dz[0, -1] = p[at - 1] - np.eye(len(LETTERS))[target]
    dx = lstm.backward(linear.backward(dz))
    sizes = np.concatenate([np.zeros(before), np.linalg.norm(dx[0], axis=1)])
    return p, -np.log(p[at - 1, target]), sizes


def check_figure(page, name, at=None, **ways):
    """Compare what the page shows with what the library computes, to 1e-9."""
    p, loss, sizes = reads(name, at, **ways)
    at = len(name) if at is None else at
    shown = page.locator(".nr-box").all_inner_texts()
    assert shown == [*f".{name}."]
    close = {"rtol": 1e-9, "atol": 1e-15}
    for step, row in enumerate(p):
        places = [f"[data-step='{step + 1}']"] + [".nr-top"] * (step == at - 1)
        for place in places:
            best = page.locator(f"{place} [data-guess], {place}[data-guess]")
            best = best.evaluate_all("all => all.map(one => one.dataset.guess)")
            assert best == [LETTERS[i] for i in np.argsort(-row, kind="stable")[:5]]
            found = values(page, f"{place} [data-guess], {place}[data-guess]")
            np.testing.assert_allclose(found, np.sort(row)[::-1][:5], **close)
    np.testing.assert_allclose(values(page, "[data-num=loss]"), [loss], **close)
    np.testing.assert_allclose(values(page, "[data-grad]"), sizes, **close)
    return sizes


def type_in(page, name):
    page.get_by_label("Name", exact=True).fill(name)


def cut(page, k):
    page.locator(SCISSORS).nth(k).click()


def hold(page, gate):
    page.get_by_label("forget gate, held at, typed").fill(str(gate))


@pytest.fixture
def figure(open_html):
    page = open_html(name_reader()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def test_the_way_back_by_hand_is_that_of_the_whole_model():
    model = pretrained("names-lstm")
    x, t = encode_names(["christina"])
    t[:, :8] = t[:, 9:] = -1
    loss = model.loss(x, t)
    W = model.layers[0].W
    model.backward()
    _, by_parts, sizes = reads("christina")
    assert by_parts == pytest.approx(loss, rel=1e-12)
    # c, h and n stand once in the letters read, so that the row of W is theirs alone.
    for letter, place in (("c", 1), ("h", 2), ("n", 8)):
        size = np.linalg.norm(W.grad[LETTERS.index(letter)])
        assert sizes[place] == pytest.approx(size, rel=1e-12)


def test_what_the_gate_lets_through():
    """As the fallback says, for names that the network was not trained on."""
    names = [n for n in decode_names(load_names().x_test) if len(n) >= 7]
    shares = {}
    for gate in (0, None, 1):
        sizes = [reads(name, forget_gate=gate)[2] for name in names]
        shares[gate] = np.array([s[1] / s[-1] for s in sizes])
    middle = {gate: np.median(share) for gate, share in shares.items()}
    assert middle[0] < 0.06 < 0.2 < middle[None] < 0.4 < 0.8 < middle[1] < 1.25
    for others in (shares[1] < 0.55, shares[1] > 1.8):
        assert 0.1 < others.mean() < 0.25


def test_what_is_seen_at_once(figure):
    sizes = check_figure(figure, "christina")
    assert sizes[0] < 0.1 * sizes[-1]
    assert said(figure) == (
        "At the start the gradient is 0.049 times that at letter 8 (n)."
    )


@pytest.mark.parametrize("name", ["a", "zz", "francisco", "eeeeeeeeeee", "maximillian"])
def test_any_name(figure, name):
    type_in(figure, name)
    check_figure(figure, name)
    figure.get_by_role("button", name="Guess the end").click()
    check_figure(figure, name, len(name) + 1)


def test_every_guess_can_be_asked_for(figure):
    for at in range(1, 11):
        figure.locator(".nr-box").nth(at).click()
        check_figure(figure, "christina", at)
        assert figure.locator(SCISSORS).locator("visible=true").count() == at - 1
    figure.locator(".nr-box").nth(1).click()
    assert said(figure) == ""


def test_scissors_cut_the_way_back_alone(figure):
    before = check_figure(figure, "christina")
    cut(figure, 5)
    after = check_figure(figure, "christina", cuts=[5])
    assert not after[:5].any()
    np.testing.assert_allclose(after[5:], before[5:], rtol=1e-9)
    assert "Cut before s. Nothing comes back further; the guesses stay." in said(figure)
    cut(figure, 2)
    check_figure(figure, "christina", cuts=[2, 5])
    cut(figure, 5)
    check_figure(figure, "christina", cuts=[2])
    cut(figure, 2)
    np.testing.assert_array_equal(check_figure(figure, "christina"), before)


def test_scissors_cut_both_ways(figure):
    cut(figure, 4)
    cut(figure, 6)
    before = values(figure, "[data-num=loss]")
    pick(figure, "both ways")
    check_figure(figure, "christina", cuts=[4, 6], both_ways=True)
    assert values(figure, "[data-num=loss]") != before
    assert "Cut before t. The memory begins there" in said(figure)
    figure.locator(".nr-box").nth(5).click()
    check_figure(figure, "christina", 5, cuts=[4, 6], both_ways=True)
    assert said(figure).startswith("Cut before i. The memory begins there")


@pytest.mark.parametrize("gate", [0, 0.25, 0.9, 1])
def test_the_forget_gate_is_held(figure, gate):
    hold(figure, gate)
    sizes = check_figure(figure, "christina", forget_gate=gate)
    assert f"The cell keeps {gate:g} of itself at each step." in said(figure)
    cut(figure, 3)
    check_figure(figure, "christina", cuts=[3], forget_gate=gate)
    pick(figure, "both ways")
    check_figure(figure, "christina", cuts=[3], both_ways=True, forget_gate=gate)
    cut(figure, 3)
    pick(figure, "as learnt")
    learnt = check_figure(figure, "christina")
    survives = [s[0] / s[-1] for s in (sizes, learnt)]
    if gate in (0, 1):
        assert (survives[0] > survives[1]) == (gate == 1)


def test_what_cannot_be_read_is_said_and_loses_nothing(figure):
    cut(figure, 5)
    complaints = {
        "r2d2": "Expected the letters a to z, got “2”.",
        "zoë": "Expected the letters a to z, got “ë”.",
        "": "Expected 1 to 11 letters, as in its training, got 0.",
        "bartholomews": "Expected 1 to 11 letters, as in its training, got 12.",
    }
    check_refused(figure, "Name", complaints, " Eva ")
    check_figure(figure, "eva")
    type_in(figure, "christina")
    check_figure(figure, "christina", cuts=[5])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples(figure, name):
    type_in(figure, "r2d2")
    figure.get_by_role("button", name=name, exact=True).click()
    assert figure.get_by_label("Name", exact=True).input_value() == name
    check_figure(figure, name)


def test_the_keyboard(figure):
    figure.get_by_label("Name", exact=True).press("End")
    figure.keyboard.press("Backspace")
    check_figure(figure, "christin")
    figure.keyboard.type("e")
    check_figure(figure, "christine")
    figure.get_by_role("button", name="Guess letter 1 (c)").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        figure.keyboard.press(key)
    check_figure(figure, "christine", 3)
    figure.get_by_role("button", name="Cut between letter 1 (c) and h").press("Enter")
    check_figure(figure, "christine", 3, cuts=[2])
    press(figure, "forget gate, held at", "ArrowRight")
    check_figure(figure, "christine", 3, cuts=[2], forget_gate=0.51)
    press(figure, "the way back", "ArrowRight")
    ways = {"cuts": [2], "both_ways": True, "forget_gate": 0.51}
    check_figure(figure, "christine", 3, **ways)


def test_reset_and_arguments(open_html):
    ways = {"cuts": [4], "both_ways": True, "forget_gate": 0.3}
    page = open_html(name_reader("Eleanor", **ways)._repr_html_())
    check_figure(page, "eleanor", **ways)
    before = words(page)
    type_in(page, "ida")
    cut(page, 1)
    pick(page, "as learnt")
    type_in(page, "!")
    page.get_by_role("button", name="Reset").click()
    assert words(page) == before
    assert page.get_by_label("Name", exact=True).input_value() == "eleanor"


def test_the_status_says_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(name_reader()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert status.inner_text() == (
        "Guessing letter 9 (a): loss 1.505. At the start the gradient is 0.049 times "
        "that at letter 8 (n)."
    )
    grid = page.get_by_role("region", name="The name, letter by letter")
    assert "letter 8 (n): " in grid.text_content()
    type_in(page, "r2")
    page.clock.run_for(2000)
    assert status.inner_text().startswith("Expected the letters a to z")


def test_two_copies_on_a_page_are_independent(open_html):
    html = name_reader()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.locator(SCISSORS).nth(5).click()
    assert "Cut" in said(first)
    assert "Cut" not in said(second)


def longest(page):
    type_in(page, "maximillian")
    hold(page, 0.01)
    cut(page, 4)


def wrong(page):
    type_in(page, "r2d2")


@pytest.mark.parametrize("prepare", [lambda page: None, longest, wrong])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, name_reader(), prepare)


def test_it_is_seen_at_once(figure):
    for prepare in (lambda page: None, longest, wrong):
        prepare(figure)
        assert figure.locator(".dlx").bounding_box()["height"] <= 600


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(name_reader()._repr_html_(), width=390)
    longest(page)
    for one in page.locator(SCISSORS).locator("visible=true").all():
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    grid = page.locator(".nr-grid")
    assert grid.evaluate("grid => grid.scrollWidth <= grid.clientWidth")
    bars = page.locator(".nr-grad").first.bounding_box()
    slider = page.get_by_label("forget gate, held at", exact=True).bounding_box()
    assert slider["y"] + slider["height"] - bars["y"] <= 600


def test_fallback(browser):
    check_fallback(browser, name_reader())


def test_it_is_small():
    shown = name_reader()
    assert len(shown.props) < 15_000
