"""Gradient descent on a map, as a reader starts it and sets its learning rate."""

import re

import numpy as np
import pytest
from explorable_checks import (
    centre,
    check_accessible,
    check_fallback,
    check_map,
    drag,
    pick,
    press,
    stop_clock,
    unfold,
    values,
    words,
)

from dlscratch.explorables import gradient_descent
from dlscratch.gradients import numerical_gradient

# f, its gradient and its second derivatives, written independently of the page.
SURFACES = {
    "bowl": (
        lambda x: x[0] ** 2 + x[1] ** 2,
        lambda x: 2 * x,
        lambda x: np.diag([2.0, 2.0]),
    ),
    "ravine": (
        lambda x: x[0] ** 2 / 20 + x[1] ** 2,
        lambda x: x * [0.1, 2],
        lambda x: np.diag([0.1, 2.0]),
    ),
    "saddle": (
        lambda x: x[0] ** 2 - x[1] ** 2,
        lambda x: x * [2, -2],
        lambda x: np.diag([2.0, -2.0]),
    ),
    "plateau": (
        lambda x: -np.expm1(-(x[0] ** 2 + x[1] ** 2) / 2),
        lambda x: x * np.exp(-(x @ x) / 2),
        lambda x: (np.eye(2) - np.outer(x, x)) * np.exp(-(x @ x) / 2),
    ),
    "two minima": (
        lambda x: (x[0] ** 2 - 4) ** 2 / 16 + x[0] / 4 + x[1] ** 2 / 2,
        lambda x: np.array([x[0] ** 3 / 4 - x[0] + 0.25, x[1]]),
        lambda x: np.diag([3 * x[0] ** 2 / 4 - 1, 1.0]),
    ),
}
SMALLEST = 1e-290
STATE = ["x0", "x1", "f", "g0", "g1"]


def run(surface, start, lr, steps):
    """Return rows of x0, x1, f, g0, g1, and whether the next would not be finite."""
    f, gradient, _ = SURFACES[surface]
    rows, x = [], np.array(start, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        while True:
            row = np.array([*x, f(x), *gradient(x)])
            if not np.isfinite(row).all():
                return np.array(rows), True
            rows.append(row)
            if len(rows) > steps + 1:
                return np.array(rows[:-1]), False
            x = x - lr * gradient(x)


def name_of(surface, rows, overflow):
    """Name a run by the rule that the figure documents."""
    if overflow:
        return "Overflowed"
    x, f, g = rows[-1, :2], rows[:, 2], rows[:, 3:]
    size = np.hypot(*g.T)
    if size[-1] < 0.001:
        lowest = np.linalg.eigvalsh(SURFACES[surface][2](x))[0]
        if lowest > 0.01:
            return "Converged"
        return "Stuck at a saddle" if lowest < -0.01 else "Stuck on a plateau"
    if len(rows) == 1:
        return "At the start"
    if np.hypot(*(g[-1] - g[-2])) < 0.005 * size[-2] * (1 - 1e-9):
        return "Creeping"
    grew = size[-1] > size[-2]
    if grew and (f[-1] > f[:-1].max() or np.abs(x).max() > 5):
        return "Diverging"
    if g[-1] @ g[-2] < 0 or f[-1] > f[-2]:
        return "Oscillating"
    return "Speeding up" if grew else "Converging"


READ = """root => {
  const all = (selector) => [...root.querySelectorAll(selector)];
  const numbers = (key) => all(`[data-${key}]`).map((one) => [
    one.dataset[key], one.dataset.value, one.textContent,
  ]);
  const typed = all("input[type=number]").map((one) => one.value);
  return {
    surface: root.querySelector("input:checked").value,
    lr: typed[0],
    start: typed.slice(1),
    now: numbers("num"),
    last: numbers("col"),
    name: root.querySelector("[data-verdict]").textContent,
    code: root.querySelector("pre").textContent,
    away: all(":not([role=status])").some((one) => one.textContent === ", off the map"),
    dots: root.querySelector(".ls-map path[stroke-width='5']").getAttribute("d"),
    html: root.innerHTML,
  };
}"""


def column(cells, name):
    """Return the numbers of that name, unrounded and as they are printed."""
    found = [cell[1:] for cell in cells if cell[0] == name]
    return np.array([[float(n.replace("−", "-")) for n in pair] for pair in found]).T


def check_run(page, surface, start, lr, steps):
    """Compare every number, the name, the path and the code with NumPy's run."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    assert shown["surface"] == surface
    assert [float(number) for number in shown["start"]] == list(start)
    assert float(shown["lr"]) == lr
    rows, overflow = run(surface, start, lr, steps)
    assert column(shown["now"], "step").tolist() == [[len(rows) - 1]] * 2
    for k, name in enumerate(STATE):
        # A slope that is the small sum of larger terms has their rounding error.
        rounding = 1e-14 if surface == "two minima" and name == "g0" else SMALLEST
        exact, printed = column(shown["now"], name)
        np.testing.assert_allclose(exact, rows[-1:, k], rtol=1e-9, atol=rounding)
        digits = 1e-8 if name in ("x0", "x1") else 1e-3
        np.testing.assert_allclose(printed, exact, rtol=digits, atol=SMALLEST)
        exact, printed = column(shown["last"], name)
        np.testing.assert_allclose(exact, rows[-6:, k], rtol=1e-9, atol=rounding)
        np.testing.assert_allclose(printed, exact, rtol=1e-3, atol=SMALLEST)
    curvature = np.linalg.eigvalsh(SURFACES[surface][2](rows[-1, :2]))
    found = np.array([column(shown["now"], name)[0, 0] for name in ("l0", "l1")])
    np.testing.assert_allclose(sorted(found), curvature, rtol=1e-6, atol=1e-12)
    factors = [column(shown["now"], name)[0, 0] for name in ("m0", "m1")]
    np.testing.assert_allclose(factors, 1 - lr * found, rtol=1e-9, atol=1e-12)

    name = name_of(surface, rows, overflow)
    assert shown["name"] == name
    assert shown["away"] == bool(np.abs(rows[-1, :2]).max() > 5)

    names = {"np": np}
    exec(shown["code"], names)
    np.testing.assert_allclose(names["x"], rows[-1, :2], rtol=1e-9, atol=SMALLEST)

    far = np.abs(rows[:, :2]).max(axis=1) > 1e4
    drawn = rows[: far.argmax() if far.any() else None, :2]
    points = np.array(re.findall(r"M(\S+) (\S+?)h0", shown["dots"]), dtype=float)
    np.testing.assert_allclose(points / 40 * [1, -1] + [-5, 5], drawn, atol=1e-9)
    assert not re.search(r"NaN|Infinity|undefined", shown["html"])
    return rows, name


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(gradient_descent()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def click(page, label, times=1):
    button = page.get_by_role("button", name=label, exact=True)
    for _ in range(times):
        button.click()


def type_in(page, start=None, lr=None):
    """Type a start and a learning rate into the number fields."""
    for label, value in zip(("x₀", "x₁"), start or (), strict=False):
        page.get_by_label(f"{label} at the start, typed").fill(str(value))
    if lr is not None:
        page.get_by_label("Learning rate lr, typed").fill(str(lr))
    page.evaluate("document.activeElement.blur()")


@pytest.mark.parametrize("surface", SURFACES)
def test_surfaces_of_this_test_are_right(surface):
    f, gradient, curvature = SURFACES[surface]
    for x in np.random.default_rng(4).uniform(-2, 2, (5, 2)):
        np.testing.assert_allclose(gradient(x), numerical_gradient(f, x), atol=1e-6)
        rows = [numerical_gradient(lambda x, i=i: gradient(x)[i], x) for i in range(2)]
        np.testing.assert_allclose(curvature(x), rows, atol=1e-6)


@pytest.mark.parametrize("surface", SURFACES)
def test_runs_agree_with_numpy(figure, surface):
    pick(figure, surface)
    check_run(figure, surface, (-3, 4), 0.1, 0)
    type_in(figure, (1.37, -0.82))
    click(figure, "Step", 3)
    for lr in (1e-10, 0.003, 0.05, 0.1, 0.45, 0.6, 0.8):
        type_in(figure, lr=lr)
        check_run(figure, surface, (1.37, -0.82), lr, 3)
    click(figure, "Run 20")
    for start in [(-3, 4), (1.37, -0.82), (0.01, 0.02), (4.5, 0)]:
        type_in(figure, start)
        for lr in (0.003, 0.1, 0.45, 10):
            type_in(figure, lr=lr)
            check_run(figure, surface, start, lr, 23)


def test_the_reference_runs(figure):
    click(figure, "Run 100")
    rows, name = check_run(figure, "bowl", (-3, 4), 0.1, 100)
    assert name == "Converged"
    np.testing.assert_allclose(rows[-1, :2], [-6.1e-10, 8.1e-10], rtol=0.01)
    np.testing.assert_allclose(rows[-1, :2], 0.8**100 * np.array([-3, 4]), rtol=1e-9)
    click(figure, "lr = 1e-10")
    rows, name = check_run(figure, "bowl", (-3, 4), 1e-10, 100)
    assert name == "Creeping"
    np.testing.assert_allclose(rows[-1, :2], [-2.99999994, 3.99999992], rtol=1e-9)
    assert "x = (−2.99999994, 3.99999992)" in figure.locator(".dlx").inner_text()
    click(figure, "lr = 10")
    rows, name = check_run(figure, "bowl", (-3, 4), 10, 100)
    assert name == "Diverging"
    np.testing.assert_allclose(rows[-1, 0] / -3, 19.0**100, rtol=1e-9)


CASES = [
    ("At the start", "bowl", (-3, 4), 0.1, 0),
    ("Creeping", "bowl", (-3, 4), 0.0024, 20),
    ("Converging", "bowl", (-3, 4), 0.0025, 20),
    ("Converging", "bowl", (-3, 4), 0.49, 2),
    ("Oscillating", "bowl", (-3, 4), 0.6, 3),
    ("Oscillating", "bowl", (-3, 4), 1, 23),
    ("Diverging", "bowl", (-3, 4), 1.01, 23),
    ("Overflowed", "bowl", (-3, 4), 10, 200),
    ("Converged", "bowl", (0, 0), 0.1, 0),
    ("Oscillating", "ravine", (-3, 4), 0.9, 20),
    ("Creeping", "ravine", (-3, 4), 0.04, 200),
    ("Diverging", "ravine", (-3, 4), 1.05, 20),
    ("Stuck at a saddle", "saddle", (-3, 0), 0.1, 100),
    ("Speeding up", "saddle", (-3, 0.01), 0.1, 30),
    ("Diverging", "saddle", (-3, 0.01), 0.1, 60),
    ("Stuck on a plateau", "plateau", (-3, 4), 0.1, 100),
    ("Stuck on a plateau", "plateau", (2, 0), 10, 20),
    ("Speeding up", "plateau", (2, 1.5), 0.6, 1),
    ("Converged", "plateau", (2, 1.5), 0.6, 40),
    ("Converged", "two minima", (-3, 4), 0.1, 100),
    ("Overflowed", "two minima", (-3, 4), 10, 20),
]


@pytest.mark.parametrize(("name", "surface", "start", "lr", "steps"), CASES)
def test_names(open_html, name, surface, start, lr, steps):
    shown = gradient_descent(surface, start=start, lr=lr, steps=steps)
    page = open_html(shown._repr_html_())
    assert check_run(page, surface, start, lr, steps)[1] == name


def test_each_name_has_its_case_and_its_rule(figure):
    rules = figure.locator("details li").all_inner_texts()
    assert {rule.split(":")[0] for rule in rules} == {case[0] for case in CASES}
    click(figure, "Step")
    assert figure.locator(".gd-verdict").inner_text() in rules


def test_an_overflow_stops_the_run_and_a_smaller_rate_resumes_it(figure):
    pick(figure, "two minima")
    click(figure, "lr = 10")
    click(figure, "Run 20")
    rows, name = check_run(figure, "two minima", (-3, 4), 10, 20)
    assert name == "Overflowed"
    assert len(rows) < 10
    click(figure, "Run 100")
    click(figure, "Step")
    check_run(figure, "two minima", (-3, 4), 10, 20)
    assert "float64" in figure.locator(".gd-verdict").inner_text()
    click(figure, "lr = 0.1")
    check_run(figure, "two minima", (-3, 4), 0.1, 20)
    assert "the run stops" not in figure.locator(".gd-verdict").inner_text()


def test_the_mouse_chooses_the_start(figure):
    click(figure, "Step")
    box = figure.locator(".ls-map").bounding_box()
    unit = box["width"] / 10
    x, y = centre(figure.locator(".ls-map"))
    figure.mouse.click(x + 1.52 * unit, y + 2.28 * unit)
    check_run(figure, "bowl", (1.5, -2.3), 0.1, 1)
    ring = figure.get_by_role("slider", name="Move the start")
    drag(figure, ring, unit, -2 * unit)
    check_run(figure, "bowl", (2.5, -0.3), 0.1, 1)
    drag(figure, ring, 9 * unit, 0)
    check_run(figure, "bowl", (5, -0.3), 0.1, 1)
    x, y = centre(ring)
    figure.mouse.click(x - 6, y)
    check_run(figure, "bowl", (5, -0.3), 0.1, 1)


def test_the_keyboard_does_everything(figure):
    press(figure, "Move the start", "ArrowRight", "ArrowDown", "ArrowDown", "PageDown")
    check_run(figure, "bowl", (-2.9, 3.3), 0.1, 0)
    press(figure, "Move the start", "ArrowLeft", "ArrowUp", "PageUp")
    check_run(figure, "bowl", (-3, 3.9), 0.1, 0)
    figure.get_by_role("button", name="Run 20").focus()
    figure.keyboard.press("Enter")
    check_run(figure, "bowl", (-3, 3.9), 0.1, 20)
    press(figure, "Learning rate lr", "ArrowRight")
    check_run(figure, "bowl", (-3, 3.9), 0.102, 20)
    press(figure, "Learning rate lr", "End")
    check_run(figure, "bowl", (-3, 3.9), 10, 20)
    press(figure, "Learning rate lr", "Home")
    check_run(figure, "bowl", (-3, 3.9), 1e-4, 20)
    press(figure, "x₀ at the start", "Home")
    check_run(figure, "bowl", (-5, 3.9), 1e-4, 20)
    figure.get_by_role("radio", name="bowl").focus()
    figure.keyboard.press("ArrowRight")
    check_run(figure, "ravine", (-5, 3.9), 1e-4, 20)
    figure.get_by_role("button", name="Step", exact=True).focus()
    figure.keyboard.press("Space")
    check_run(figure, "ravine", (-5, 3.9), 1e-4, 21)
    figure.get_by_role("button", name="Rewind").focus()
    figure.keyboard.press("Enter")
    check_run(figure, "ravine", (-5, 3.9), 1e-4, 0)


def test_typed_numbers_are_kept_in_range(figure):
    type_in(figure, (9, -9), 1e9)
    check_run(figure, "bowl", (5, -5), 100, 0)
    type_in(figure, lr=-1)
    check_run(figure, "bowl", (5, -5), 100, 0)
    figure.get_by_label("Learning rate lr, typed").fill("")
    type_in(figure, lr=1e-30)
    check_run(figure, "bowl", (5, -5), 1e-12, 0)


def test_the_next_step_and_the_chart(figure):
    line = figure.locator("svg.dlx-plot path[stroke-dasharray]")
    ends = np.array(re.findall(r"[-\d.e]+", line.get_attribute("d")), float)
    place = ends.reshape(2, 2) / 40 * [1, -1] + [-5, 5]
    np.testing.assert_allclose(place, run("bowl", (-3, 4), 0.1, 1)[0][:, :2])
    click(figure, "Run 20")
    chart = figure.get_by_role("img")
    assert chart.get_attribute("aria-label") == (
        "f at each step: 25 at step 0, 0.003323 at step 20"
    )
    assert "logarithmic" in chart.text_content()
    d = chart.locator("path[stroke-width='2']").get_attribute("d")
    heights = np.array(re.findall(r"[\d.]+ ([\d.]+)", d), float)
    f = run("bowl", (-3, 4), 0.1, 20)[0][:, 2]
    slope = np.diff(heights) / np.diff(np.log10(f))
    assert len(heights) == 21
    np.testing.assert_allclose(slope, -120 / 5, rtol=1e-6)
    pick(figure, "saddle")
    assert "linear" in chart.text_content()


def test_no_more_than_2000_steps(figure):
    click(figure, "Run 100", 21)
    check_run(figure, "bowl", (-3, 4), 0.1, 2000)
    assert "stops at 2000 steps" in figure.locator(".gd-verdict").inner_text()


def test_reset_goes_back_to_the_start(figure):
    before = words(figure)
    pick(figure, "plateau")
    click(figure, "lr = 10")
    click(figure, "Run 20")
    press(figure, "Move the start", "ArrowDown")
    assert words(figure) != before
    click(figure, "Reset")
    assert words(figure) == before
    check_run(figure, "bowl", (-3, 4), 0.1, 0)


def test_the_bands_of_each_map_are_as_high_as_the_surface(figure):
    for surface in SURFACES:
        pick(figure, surface)
        power = 1 if surface in ("saddle", "plateau") else 0.5
        check_map(figure, SURFACES[surface][0], [-5, 5, -5, 5], 12, power)


def test_two_copies_on_a_page_are_independent(open_html):
    html = gradient_descent()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="Run 20").click()
    assert values(first, "[data-num=step]") == [20]
    assert values(second, "[data-num=step]") == [0]


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(gradient_descent("ravine")._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    assert "Step 0: x = (−3, 4)" in said
    click(page, "Run 20")
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    assert "ravine, lr = 0.1. Step 20" in status.inner_text()
    assert "Converging: " in status.inner_text()


def diverge(page):
    pick(page, "saddle")
    click(page, "lr = 10")
    click(page, "Run 100", 2)
    page.get_by_text("How a run is named").click()


def converge(page):
    pick(page, "two minima")
    click(page, "Run 100")


@pytest.mark.parametrize("prepare", [diverge, converge])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, gradient_descent(), prepare)


def test_fallback(browser):
    check_fallback(browser, gradient_descent())
