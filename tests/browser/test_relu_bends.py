"""The curve that ReLUs bend, as a reader moves it."""

import numpy as np
import pytest
from explorable_checks import (
    centre,
    check_accessible,
    check_fallback,
    drag,
    pick,
    press,
    stop_clock,
    unfold,
    values,
    words,
)

from dlscratch.explorables import relu_bends
from dlscratch.functions import identity, relu

GRID = np.arange(-100, 101) / 50
TARGETS = {
    "sine": lambda x: np.sin(np.pi * x / 2),
    "parabola": lambda x: x**2 / 2,
    "|x|": np.abs,
    "soft step": lambda x: np.clip(2 * x + 0.5, 0, 1),
}


def network(page):
    """Run the page's NumPy lines; return its activation, W1, b1, W2, b2, x and y."""
    code = page.locator("pre").inner_text()
    names = {"np": np, "relu": relu, "identity": identity}
    exec(code, names)
    activation = relu if "relu(" in code else identity
    return activation, *(names[name] for name in ("W1", "b1", "W2", "b2", "x", "y"))


def check_numbers(page, target="sine"):
    """Compare every number on the page with NumPy's; return the largest gap."""
    activation, W1, b1, W2, b2, x, y = network(page)
    k = len(b1)
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((1, k), (k,), (k, 1), (1,))
    a = x @ W1 + b1  # (1, k)
    h = activation(a)
    columns = {"W1": W1, "b1": b1, "a": a, "h": h, "W2": W2, "part": h * W2.T}
    for name, expected in columns.items():
        cells = page.locator(f"[data-col={name}]")
        np.testing.assert_allclose(
            values(page, f"[data-col={name}]"), expected.ravel(), atol=1e-6
        )
        texts = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
        np.testing.assert_allclose(texts, expected.ravel(), atol=0.00501)
    np.testing.assert_allclose(values(page, "[data-col=y]"), y.ravel(), atol=1e-6)

    def f(x):
        return (activation(x[:, None] @ W1 + b1) @ W2 + b2)[:, 0]

    error = f(GRID) - TARGETS[target](GRID)
    gap = np.abs(error).max()
    assert values(page, "[data-num=gap]") == pytest.approx([gap], abs=1e-6)
    assert values(page, "[data-num=mse]") == pytest.approx(
        [(error**2).mean()], abs=1e-6
    )
    place = np.array(values(page, "[data-num=gap-x]"))
    assert np.abs(f(place) - TARGETS[target](place)) == pytest.approx(gap, abs=1e-6)
    matched = page.locator("p.dlx-good").is_visible()
    assert matched == (gap <= 0.1)
    curve = page.locator("svg.dlx-plot polyline[stroke='var(--line-y)']")
    points = np.array(
        [p.split(",") for p in curve.get_attribute("points").split()], float
    )
    u, v = points[:, 0] / 80 - 2.5, 2.6 - points[:, 1] * 4.6 / 340
    np.testing.assert_allclose(v, f(u), atol=1e-6)
    return gap


def to_plot(page, point):
    """Turn a place in the window into coordinates of the plot."""
    box = page.locator("svg.dlx-plot").bounding_box()
    u = (point[0] - box["x"]) / box["width"]
    v = (point[1] - box["y"]) / box["height"]
    return np.array([-2.5 + 5 * u, 2.6 - 4.6 * v])


def bends(page):
    """Return where the units bend."""
    _, W1, b1, *_ = network(page)
    return -b1 / W1[0]


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(relu_bends()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


@pytest.mark.parametrize("target", TARGETS)
def test_targets(figure, target):
    pick(figure, target)
    check_numbers(figure, target)


def test_starts_as_python_says(open_html):
    page = open_html(relu_bends("abs", activation="identity")._repr_html_())
    assert page.get_by_role("radio", name="|x|").is_checked()
    assert network(page)[0] is identity
    check_numbers(page, "|x|")


def test_the_mouse_moves_a_bend(figure):
    handle = figure.get_by_role("slider", name="Move bend 2")
    end = to_plot(figure, drag(figure, handle, -40, 10))
    moved = bends(figure)
    assert moved[1] == pytest.approx(end[0], abs=0.02)
    assert moved[[0, 2]] == pytest.approx([-1.5, 0.9])
    assert figure.get_by_role("radio", name="2", exact=True).is_checked()
    check_numbers(figure)
    drag(figure, handle, -900, 0)
    assert bends(figure)[1] == -2, "it stops at the edge"


def test_a_press_beside_the_middle_moves_nothing(figure):
    handle = figure.get_by_role("slider", name="Move bend 3")
    x, y = centre(handle)
    figure.mouse.click(x + 6, y)
    assert bends(figure)[2] == pytest.approx(0.9)


def test_the_mouse_changes_a_slope(figure):
    square = figure.get_by_role("slider", name="Change W2 of unit 1")
    end = to_plot(figure, drag(figure, square, 0, -60))
    W2 = network(figure)[3]
    assert W2[0, 0] == pytest.approx(end[1] / 0.5, abs=0.03)
    assert W2[1:, 0] == pytest.approx([1.5, -1.5])
    check_numbers(figure)


def test_the_keyboard_moves_everything(figure):
    press(figure, "Move bend 3", "ArrowRight", "PageUp")
    assert bends(figure)[2] == pytest.approx(1.2)
    press(figure, "Change W2 of unit 3", "ArrowDown")
    assert network(figure)[3][2, 0] == pytest.approx(-1.55)
    press(figure, "bend at", "ArrowLeft")
    assert bends(figure)[2] == pytest.approx(1.19)
    press(figure, "W2", "Home")
    assert network(figure)[3][2, 0] == -4
    press(figure, "b2", "ArrowRight")
    assert network(figure)[4] == pytest.approx([0.01])
    figure.get_by_label("x, typed").fill("-0.75")
    assert network(figure)[5] == pytest.approx(np.array([[-0.75]]))
    check_numbers(figure)
    figure.get_by_label("W2, typed").fill("9")
    assert network(figure)[3][2, 0] == 4, "typed numbers are kept in range"


def test_a_unit_that_opens_to_the_left(figure):
    before = bends(figure)
    pick(figure, "2")
    pick(figure, "left: W1 = −1")
    _, W1, *_ = network(figure)
    assert list(W1[0]) == [1, -1, 1]
    np.testing.assert_allclose(bends(figure), before)
    check_numbers(figure)
    press(figure, "Move bend 2", "ArrowRight")
    assert bends(figure)[1] == pytest.approx(before[1] + 0.05)


def test_two_units_make_the_absolute_value(figure):
    pick(figure, "|x|")
    figure.get_by_role("button", name="Remove it").click()
    for unit, side in [("1", "right: W1 = 1"), ("2", "left: W1 = −1")]:
        pick(figure, unit)
        pick(figure, side)
        figure.get_by_label("bend at, typed").fill("0")
        figure.get_by_label("W2, typed").fill("1")
    assert check_numbers(figure, "|x|") == pytest.approx(0, abs=1e-9)


def test_units_come_and_go(figure):
    add = figure.get_by_role("button", name="Add a unit")
    for k in range(4, 9):
        add.click()
        assert figure.get_by_role("radio", name=str(k), exact=True).is_checked()
        assert figure.get_by_role("slider", name="Move bend").count() == k
        check_numbers(figure)
    assert add.is_disabled()
    remove = figure.get_by_role("button", name="Remove it")
    for k in range(7, 0, -1):
        remove.click()
        assert figure.get_by_role("slider", name="Move bend").count() == k
        check_numbers(figure)
    assert remove.is_disabled()


@pytest.mark.parametrize("target", TARGETS)
def test_more_units_come_closer_by_construction(figure, target):
    pick(figure, target)
    f = TARGETS[target]
    gaps = []
    for k in range(3, 9):
        figure.get_by_role("button", name="Place the bends for me").click()
        knots = np.linspace(-2, 2, k + 1)
        np.testing.assert_allclose(bends(figure), knots[:-1], atol=0.00501)
        gaps.append(check_numbers(figure, target))
        straight = np.interp(GRID, knots, f(knots))
        assert gaps[-1] == pytest.approx(np.abs(straight - f(GRID)).max(), abs=0.03)
        if k < 8:
            figure.get_by_role("button", name="Add a unit").click()
    assert gaps[-1] < gaps[0]


def test_the_identity_collapses_to_one_line(figure):
    assert not figure.locator("[data-num=slope]").is_visible()
    pick(figure, "identity")
    check_numbers(figure)
    for keys in [(), ("PageUp", "PageUp")]:
        press(figure, "Move bend 1", *keys)
        _, W1, b1, W2, b2, *_ = network(figure)
        assert values(figure, "[data-num=slope]") == pytest.approx((W1 @ W2)[0])
        assert values(figure, "[data-num=intercept]") == pytest.approx(b1 @ W2 + b2)
    assert figure.locator("[data-num=slope]").is_visible()
    curve = figure.locator("svg.dlx-plot polyline[stroke='var(--line-y)']")
    points = np.array(
        [p.split(",") for p in curve.get_attribute("points").split()], float
    )
    rise = np.diff(points[:, 1]) / np.diff(points[:, 0])
    np.testing.assert_allclose(rise, rise[0], atol=1e-9)


def test_reset_goes_back_to_the_start(figure):
    before = words(figure)
    pick(figure, "parabola")
    pick(figure, "identity")
    figure.get_by_role("button", name="Add a unit").click()
    press(figure, "b2", "Home")
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before
    assert figure.get_by_role("radio", name="sine").is_checked()


def test_two_copies_on_a_page_are_independent(open_html):
    html = relu_bends()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    press(first, "b2", "Home")
    assert network(first)[4] == [-2]
    assert network(second)[4] == [0]
    check_numbers(first)
    check_numbers(second)


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(relu_bends("ramp")._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    press(page, "b2", "ArrowRight")
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    assert "3 units. Largest gap" in status.inner_text()
    assert status.inner_text() != said


def many_units(page):
    for _ in range(5):
        page.get_by_role("button", name="Add a unit").click()
    page.get_by_role("button", name="Place the bends for me").click()
    pick(page, "identity")


@pytest.mark.parametrize("prepare", [lambda page: None, many_units])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, relu_bends(), prepare)


def test_fallback(browser):
    check_fallback(browser, relu_bends())
