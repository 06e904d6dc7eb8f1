"""Plain against residual: the gradient's size, as a reader moves the controls."""

import re

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    press,
    stop_clock,
    unfold,
    values,
    words,
)

from dlscratch.explorables import residual
from dlscratch.explorables.random_numbers import uniform
from dlscratch.explorables.residual import SEED, gradient_sizes

START = {"depth": 20, "activation": "relu", "scale": 0.5}
STACKS = {"plain": False, "residual": True}
READ = """root => ({
  sizes: [...root.querySelectorAll("polyline")].map((one) => one.dataset.sizes),
  points: [...root.querySelectorAll("polyline")]
    .map((one) => one.getAttribute("points")),
  marks: [...root.querySelectorAll("polyline + g")]
    .map((one) => one.children.length),
  ticks: [...root.querySelectorAll("svg text[text-anchor=end]")]
    .map((one) => [one.textContent, Number(one.getAttribute("y")) - 5]),
  cells: [...root.querySelectorAll("[data-col]")]
    .map((one) => [Number(one.dataset.value), one.textContent]),
  verdict: root.querySelector("[data-verdict]").textContent,
  label: root.querySelector("svg").getAttribute("aria-label"),
  html: root.innerHTML,
})"""


def as_number(text):
    return float(text.replace("−", "-"))


def fate(ratio):
    """Return the word for what happens to a gradient."""
    words = ("dies out", "shrinks", "stays within", "grows", "explodes")
    return words[np.searchsorted([1e-3, 0.1, 10, 1e3], ratio)]


def check(page, depth, **options):
    """Compare curves, table and sentence with what dlscratch's layers give."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    assert not re.search(r"NaN|Infinity|undefined", shown["html"])
    wanted = [gradient_sizes(depth, residual=kind, **options) for kind in (0, 1)]
    found = np.array([one.split() for one in shown["sizes"]], float)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert shown["marks"] == [depth + 1, depth + 1]

    # The curves lie where the axis says: powers of ten, evenly apart.
    powers = np.log10([as_number(text) for text, _ in shown["ticks"]])
    heights = [y for _, y in shown["ticks"]]
    slope, base = np.polyfit(heights, powers, 1)
    for sizes, points in zip(wanted, shown["points"], strict=True):
        x, y = np.array([p.split(",") for p in points.split()], float).T
        np.testing.assert_allclose(
            base + slope * y, np.log10(sizes), atol=0.02 * -slope
        )
        np.testing.assert_allclose(np.diff(x), (x[-1] - x[0]) / depth, atol=0.011)

    ratios = [sizes[0] / sizes[-1] for sizes in wanted]
    rows = [
        [sizes[-1], sizes[0], ratio, ratio ** (1 / depth)]
        for sizes, ratio in zip(wanted, ratios, strict=True)
    ]
    values, texts = zip(*shown["cells"], strict=True)
    np.testing.assert_allclose(np.reshape(values, (2, 4)), rows, rtol=1e-6)
    np.testing.assert_allclose([as_number(text) for text in texts], values, rtol=0.05)
    for (name, ratio), part in zip(
        zip(STACKS, ratios, strict=True), shown["verdict"].split(", and "), strict=True
    ):
        assert f"{fate(ratio)} " in part
        assert f"in the {name} stack" in part
        said = as_number(re.search(r"\(times (.*)\)", part)[1])
        np.testing.assert_allclose(said, ratio, rtol=0.05)
    assert shown["verdict"] in shown["label"]


def type_in(page, label, value):
    page.get_by_label(f"{label}, typed").fill(str(value))


@pytest.fixture
def figure(open_html):
    return unfold(open_html(residual()._repr_html_()))


def test_the_random_numbers():
    many = uniform(SEED, 20_000)
    assert many.mean() == pytest.approx(0.5, abs=0.01)
    assert many.std() == pytest.approx(1 / np.sqrt(12), abs=0.005)


@pytest.mark.parametrize("activation", ["ReLU", "tanh"])
def test_numbers_agree_with_numpy(figure, activation):
    pick(figure, activation)
    options = {"activation": activation.lower()}
    check(figure, 20, scale=0.5, **options)
    for depth, scale in ((1, 1), (40, 2), (33, 0.77)):
        type_in(figure, "depth", depth)
        type_in(figure, "scale", scale)
        check(figure, depth, scale=scale, **options)
        pick(figure, "with")
        check(figure, depth, scale=scale, batch_norm=True, **options)
        pick(figure, "x + f(x)/√depth")
        check(
            figure,
            depth,
            scale=scale,
            batch_norm=True,
            scaled_branch=True,
            **options,
        )
        pick(figure, "without")
        check(figure, depth, scale=scale, scaled_branch=True, **options)
        pick(figure, "x + f(x)")


def test_other_weights_and_reset(figure):
    before = words(figure)
    figure.get_by_role("button", name="Other weights").click()
    check(figure, **START, seed=SEED + 1)
    assert words(figure) != before
    pick(figure, "tanh")
    pick(figure, "with")
    pick(figure, "x + f(x)/√depth")
    type_in(figure, "depth", 5)
    type_in(figure, "scale", 1.5)
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before
    check(figure, **START)
    for label in ("ReLU", "without", "x + f(x)"):
        assert figure.get_by_role("radio", name=label, exact=True).is_checked()


def test_keyboard(figure):
    press(figure, "depth", "ArrowRight", "ArrowRight", "ArrowLeft")
    check(figure, 21, scale=0.5)
    press(figure, "depth", "Home")
    check(figure, 1, scale=0.5)
    assert "through 1 block the" in figure.locator("[data-verdict]").inner_text()
    press(figure, "depth", "End")
    press(figure, "scale", "ArrowRight")
    check(figure, 40, scale=0.51)
    press(figure, "scale", "End")
    check(figure, 40, scale=2)
    press(figure, "scale", "Home")
    check(figure, 40, scale=0.1)
    figure.get_by_role("radio", name="ReLU").focus()
    figure.keyboard.press("ArrowRight")
    check(figure, 40, scale=0.1, activation="tanh")


def test_typed_numbers_are_kept_in_range(figure):
    type_in(figure, "depth", 99)
    type_in(figure, "scale", 7)
    check(figure, 40, scale=2)
    type_in(figure, "depth", -3)
    type_in(figure, "scale", 0)
    check(figure, 1, scale=0.1)
    figure.get_by_label("depth, typed").fill("")
    check(figure, 1, scale=0.1)
    figure.get_by_role("button", name="Reset").focus()
    assert figure.get_by_label("depth, typed").input_value() == "1"
    assert figure.get_by_label("scale, typed").input_value() == "0.10"


def test_arguments(open_html):
    start = {"activation": "tanh", "scale": 1.2}
    start |= {"scaled_branch": True, "batch_norm": True}
    page = unfold(open_html(residual(9, **start)._repr_html_()))
    check(page, 9, **start)
    checked = page.locator("label:has(:checked)").all_inner_texts()
    assert checked == ["tanh", "with", "x + f(x)/√depth"]
    assert "residual: x + f(x)/√depth" in page.locator(".dlx-legend").inner_text()


def test_the_first_sight_is_two_curves_and_one_slider(open_html):
    page = open_html(residual()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    assert page.get_by_role("slider").count() == 1
    assert page.get_by_role("radio").count() == 0
    assert "dies out in the plain stack" in page.locator("[data-verdict]").inner_text()


def ratio(depth, **options):
    """Return by how much the gradient is multiplied: the median of five draws."""
    drawn = [gradient_sizes(depth, seed=seed, **options) for seed in range(5)]
    return np.median([sizes[0] / sizes[-1] for sizes in drawn])


def test_what_the_fallback_claims():
    for scale in (0.5, 1, 1.5):
        plain = ratio(40, residual=False, scale=scale) ** (1 / 40)
        assert plain == pytest.approx(scale, rel=0.1)
        shortcut = ratio(40, residual=True, scale=scale) ** (1 / 40)
        assert shortcut == pytest.approx(np.sqrt(1 + scale**2), rel=0.1)
        for depth in (10, 40):
            mild = {"residual": True, "scale": scale, "scaled_branch": True}
            assert 0.9 < ratio(depth, **mild) < np.exp(scale**2)
        for activation in ("relu", "tanh"):
            both = {"scale": scale, "batch_norm": True, "activation": activation}
            assert 1 < ratio(40, residual=True, **both) < 200
            assert ratio(40, residual=False, **both) > 30
    for activation in ("relu", "tanh"):
        for scale in (0.1, 0.5):
            both = {"activation": activation, "scale": scale}
            assert ratio(40, residual=True, **both) > 1
    numbers = [
        float(one) for one in re.findall(r" by ([\d.]+e[+-]\d+) in", repr(residual()))
    ]
    sizes = [gradient_sizes(20, residual=kind, scale=0.5) for kind in (False, True)]
    np.testing.assert_allclose(numbers, [s[0] / s[-1] for s in sizes], rtol=0.05)


def test_two_copies_on_a_page_are_independent(open_html):
    html = residual()._repr_html_()
    page = unfold(open_html(html + html))
    first, second = page.locator(".dlx[data-live]").all()
    before = values(second, "[data-col]")
    first.get_by_label("depth, typed").fill("3")
    assert "3 blocks" in first.locator("[data-verdict]").inner_text()
    assert values(first, "[data-col]") != before
    assert values(second, "[data-col]") == before


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    unfold(open_html(residual()._repr_html_()))
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    assert said.startswith("ReLU, 20 blocks, scale 0.50, f(x), without batch norm. ")
    assert "dies out in the plain stack" in said
    type_in(page, "scale", 1)
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    assert status.inner_text().startswith("ReLU, 20 blocks, scale 1.00, ")


def test_the_table_fits_beside_the_curves(open_html):
    page = unfold(open_html(residual(40, scale=0.1)._repr_html_(), width=720))
    table = page.locator(".dlx[data-live] .dlx-scroll")
    curves, beside = page.locator(".dlx-plot").bounding_box(), table.bounding_box()
    assert beside["x"] > curves["x"] + curves["width"]
    assert table.evaluate("node => node.scrollWidth <= node.clientWidth")


def deepest(page):
    unfold(page)
    type_in(page, "depth", 40)
    type_in(page, "scale", 2)


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, residual(), deepest)


def test_fallback(browser):
    check_fallback(browser, residual())
