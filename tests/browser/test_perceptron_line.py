"""The perceptron's line, as a reader moves it."""

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

from dlscratch.explorables import perceptron_line
from dlscratch.functions import step

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
WANTED = {
    "AND": [0, 0, 0, 1],
    "NAND": [1, 1, 1, 0],
    "OR": [0, 1, 1, 1],
    "XOR": [0, 1, 1, 0],
}


def unit(page, name):
    """Return a perceptron's weights and bias, as its number fields hold them."""
    fields = page.locator(f"input[type=number][name^='{name}.']")
    w1, w2, b = fields.evaluate_all("all => all.map(one => Number(one.value))")
    return np.array([w1, w2]), b


def check_numbers(page, layers=1):
    """Compare the table with NumPy; return how many rows are right."""
    x = np.column_stack([values(page, f"[data-col={name}]") for name in ("x1", "x2")])
    if layers == 2:
        units = [unit(page, name) for name in ("h1", "h2")]
        h = np.column_stack([step(np.round(x @ w + b, 9)) for w, b in units])
        shown = np.column_stack(
            [values(page, f"[data-col={name}]") for name in ("h1", "h2")]
        )
        np.testing.assert_array_equal(shown, h)
        x = h
    w, b = unit(page, "one" if layers == 1 else "y")
    sums = np.round(x @ w + b, 9)
    np.testing.assert_allclose(values(page, "[data-col=sum]"), sums, atol=1e-6)
    texts = page.locator("[data-col=sum]").all_inner_texts()
    assert [float(text.replace("−", "-")) for text in texts] == pytest.approx(
        sums, abs=0.00501
    )
    np.testing.assert_array_equal(values(page, "[data-col=y]"), step(sums))
    wanted = page.locator("[data-col=wanted]").all_inner_texts()
    right = step(sums) == np.array([int(text) for text in wanted])
    ticks = [
        text[0] == "✓" for text in page.locator("[data-col=right]").all_inner_texts()
    ]
    np.testing.assert_array_equal(ticks, right)
    assert values(page, "[data-num=right]") == [right.sum()]
    return right.sum()


def to_plane(page, point, index=0):
    """Turn a place in the window into coordinates of a plane."""
    box = page.locator("svg.dlx-plot").nth(index).bounding_box()
    u = (point[0] - box["x"]) / box["width"]
    v = (point[1] - box["y"]) / box["height"]
    return np.array([-0.7 + 2.4 * u, 1.7 - 2.4 * v])


def type_unit(page, name, numbers):
    """Type the three numbers of a perceptron."""
    for field, number in zip(
        page.locator(f"input[type=number][name^='{name}.']").all(), numbers, strict=True
    ):
        field.fill(str(number))


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(perceptron_line()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def test_starts_where_python_says(open_html):
    shown = perceptron_line("NAND", weights=(-0.5, 1.25), bias=0.7)
    page = open_html(shown._repr_html_())
    w, b = unit(page, "one")
    assert (*w, b) == (-0.5, 1.25, 0.7)
    assert page.get_by_role("radio", name="NAND").is_checked()
    check_numbers(page)


@pytest.mark.parametrize("task", WANTED)
def test_truth_table(figure, task):
    pick(figure, task)
    wanted = figure.locator("[data-col=wanted]").all_inner_texts()
    assert [int(text) for text in wanted] == WANTED[task]
    check_numbers(figure)


def test_the_mouse_shifts_the_line(figure):
    ring = figure.get_by_role("slider", name="Shift the line", exact=True)
    before = unit(figure, "one")
    end = to_plane(figure, drag(figure, ring, 55, -50))
    w, b = unit(figure, "one")
    np.testing.assert_array_equal(w, before[0])
    assert b < before[1]
    assert abs(w @ end + b) / np.hypot(*w) < 0.03, "the line follows the pointer"
    np.testing.assert_allclose(to_plane(figure, centre(ring)), end, atol=0.03)
    check_numbers(figure)


def test_the_mouse_shifts_the_line_by_any_of_its_points(figure):
    grip = figure.locator("[data-line=one] .dlx-handle")
    figure.mouse.move(*centre(grip))
    box = figure.locator("svg.dlx-plot").first.bounding_box()
    at = box["x"] + box["width"] * 0.9 / 2.4, box["y"] + box["height"] * 1.5 / 2.4
    np.testing.assert_allclose(to_plane(figure, at), [0.2, 0.2], atol=1e-6)
    figure.mouse.move(*at)
    figure.mouse.down()
    figure.mouse.move(at[0] + 40, at[1] - 40)
    figure.mouse.up()
    w, b = unit(figure, "one")
    assert abs(w @ to_plane(figure, (at[0] + 40, at[1] - 40)) + b) < 0.03
    check_numbers(figure)


def test_the_mouse_turns_the_line(figure):
    tip = figure.get_by_role("slider", name="Turn the line", exact=True)
    ring = figure.get_by_role("slider", name="Shift the line", exact=True)
    pivot = to_plane(figure, centre(ring))
    end = to_plane(figure, drag(figure, tip, -100, -20))
    w, b = unit(figure, "one")
    towards = (end - pivot) / np.hypot(*(end - pivot))
    np.testing.assert_allclose(w / np.hypot(*w), towards, atol=0.03)
    assert np.hypot(*w) == pytest.approx(np.hypot(0.5, 0.5), abs=0.01)
    assert abs(w @ pivot + b) < 0.02, "it turns about its ring"
    check_numbers(figure)


def test_the_keyboard_shifts_turns_and_solves(figure):
    for _ in range(7):
        press(figure, "Shift the line", "ArrowRight")
    assert unit(figure, "one")[1] == pytest.approx(-0.55)
    assert check_numbers(figure) == 4
    assert "Solved" in figure.locator(".dlx-score").inner_text()
    press(figure, "Turn the line", "ArrowUp", "PageUp")
    w, _ = unit(figure, "one")
    assert np.degrees(np.arctan2(w[1], w[0])) == pytest.approx(63, abs=1)
    press(figure, "w₁", "ArrowLeft")
    assert unit(figure, "one")[0][0] == pytest.approx(w[0] - 0.01)
    check_numbers(figure)


def test_a_finger_shifts_the_line_and_the_page_stays(figure):
    figure.set_viewport_size({"width": 390, "height": 500})
    ring = figure.get_by_role("slider", name="Shift the line", exact=True)
    x, y = centre(ring)
    scrolled = figure.evaluate("scrollY")
    session = figure.context.new_cdp_session(figure)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    for n in range(1, 7):
        touch("touchMove", (x + 5 * n, y - 5 * n))
    touch("touchEnd")
    w, b = unit(figure, "one")
    assert abs(w @ to_plane(figure, (x + 30, y - 30)) + b) < 0.03
    assert figure.evaluate("scrollY") == scrolled


def test_a_point_on_the_line_gives_0(figure):
    type_unit(figure, "one", (0.1, 0.2, -0.3))
    assert values(figure, "[data-col=sum]")[3] == 0
    assert values(figure, "[data-col=y]")[3] == 0
    type_unit(figure, "one", (0.1, 0.2, -0.29))
    assert values(figure, "[data-col=y]")[3] == 1
    pick(figure, "two layers")
    type_unit(figure, "h1", (0.1, 0.2, -0.3))
    assert values(figure, "[data-col=h1]") == [0, 0, 0, 0]
    check_numbers(figure, layers=2)


def test_no_weights_no_line(figure):
    type_unit(figure, "one", (0, 0, 0.5))
    assert figure.get_by_role("slider", name="Turn the line").count() == 0
    assert values(figure, "[data-col=y]") == [1, 1, 1, 1]
    type_unit(figure, "one", (0, 1, -0.5))
    assert figure.get_by_role("slider", name="Turn the line").count() == 1


SWEEP = """lines => lines.map(line => {
  const fields = document.querySelectorAll("input[type=number][name^='one.']");
  fields.forEach((field, k) => {
    field.value = line[k];
    field.dispatchEvent(new Event("input"));
  });
  return Number(document.querySelector("[data-num=right]").dataset.value);
})"""


@pytest.mark.parametrize("task", WANTED)
def test_every_line_of_a_sweep(figure, task):
    pick(figure, task)
    grid = np.round(np.linspace(-1.5, 1.5, 7), 2)
    lines = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
    right = figure.evaluate(SWEEP, lines.tolist())
    y = step(np.round(lines[:, :2] @ CORNERS.T + lines[:, 2:], 9))
    np.testing.assert_array_equal(right, (y == WANTED[task]).sum(axis=1))
    assert max(right) == (3 if task == "XOR" else 4)


def test_xor_counts_the_lines_and_offers_a_second_layer(page, open_html):
    stop_clock(page)
    open_html(perceptron_line("XOR")._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    offer = page.get_by_role("button", name="Try two layers")
    for n in range(5):
        page.clock.run_for(1000)
        assert f"Lines tried: {n}. Best: 3 of 4." in page.locator(".dlx").inner_text()
        assert not offer.is_visible()
        press(page, "Shift the line", "ArrowRight", "ArrowRight")
    page.clock.run_for(1000)
    assert "no straight line parts them" in page.get_by_role("status").inner_text()
    offer.click()
    assert page.get_by_role("radio", name="two layers").is_checked()
    assert check_numbers(page, layers=2) == 3


def test_two_layers_solve_xor(figure):
    pick(figure, "XOR")
    pick(figure, "two layers")
    check_numbers(figure, layers=2)
    figure.get_by_role("button", name="Show a solution").click()
    assert check_numbers(figure, layers=2) == 4
    assert "Solved" in figure.locator(".dlx-score").inner_text()


def test_two_layers_by_mouse_and_keyboard(figure):
    pick(figure, "XOR")
    pick(figure, "two layers")
    for name, index in [("h₁", 0), ("h₂", 0), ("y", 1)]:
        ring = figure.get_by_role("slider", name=f"Shift the line of {name}")
        end = to_plane(figure, drag(figure, ring, 25, -15), index)
        w, b = unit(figure, name.translate({ord("₁"): "1", ord("₂"): "2"}))
        assert abs(w @ end + b) / np.hypot(*w) < 0.03
        check_numbers(figure, layers=2)
        press(figure, f"Turn the line of {name}", "PageUp", "PageUp")
        press(figure, f"Shift the line of {name}", "PageDown")
        check_numbers(figure, layers=2)


SHADED = """([index, points]) => {
  const shade = document.querySelectorAll(".dlx-shade")[index];
  return points.map(([x, y]) => [...shade.children].some(
    polygon => polygon.isPointInFill(new DOMPoint(x, y))));
}"""


def test_the_shaded_part_is_where_numpy_says_1(figure):
    rng = np.random.default_rng(3)
    x = rng.uniform(-0.68, 1.68, (400, 2))
    pixels = np.column_stack([(x[:, 0] + 0.7) / 2.4, (1.7 - x[:, 1]) / 2.4]) * 380

    def near(points, w, b):
        return np.abs(points @ w + b) / np.hypot(*w) < 0.02

    w, b = unit(figure, "one")
    shaded = figure.evaluate(SHADED, [0, pixels.tolist()])
    away = ~near(x, w, b)
    np.testing.assert_array_equal(np.array(shaded)[away], step(x @ w + b)[away])
    pick(figure, "two layers")
    for _ in range(6):
        for name in ("h1", "h2", "y"):
            type_unit(figure, name, np.round(rng.uniform(-1, 1, 3), 2))
        shaded = figure.evaluate(SHADED, [0, pixels.tolist()])
        hidden = [unit(figure, name) for name in ("h1", "h2")]
        h = np.column_stack([step(x @ w + b) for w, b in hidden])
        w, b = unit(figure, "y")
        away = ~np.any([near(x, *one) for one in hidden], axis=0)
        np.testing.assert_array_equal(np.array(shaded)[away], step(h @ w + b)[away])


def test_own_points_by_mouse(figure):
    pick(figure, "own points")
    assert check_numbers(figure) == 4
    box = figure.locator("svg.dlx-plot").first.bounding_box()
    place = box["x"] + 300, box["y"] + 40
    figure.mouse.click(*place)
    x = [
        values(figure, f"[data-row='6'] [data-col={name}]")[0] for name in ("x1", "x2")
    ]
    np.testing.assert_allclose(x, to_plane(figure, place), atol=0.012)
    assert figure.locator("[data-row='6'] [data-col=wanted]").inner_text() == "1"
    figure.mouse.click(*place)
    assert figure.locator("[data-row='6'] [data-col=wanted]").inner_text() == "0"
    figure.mouse.move(*place)
    figure.mouse.down()
    figure.mouse.move(place[0] - 60, place[1] + 90, steps=4)
    figure.mouse.up()
    x = [
        values(figure, f"[data-row='6'] [data-col={name}]")[0] for name in ("x1", "x2")
    ]
    moved = to_plane(figure, (place[0] - 60, place[1] + 90))
    np.testing.assert_allclose(x, moved, atol=0.012)
    assert figure.locator("[data-row='6'] [data-col=wanted]").inner_text() == "0"
    assert figure.locator("[data-row]").count() == 7, "a drag adds no point"
    check_numbers(figure)


def test_own_points_by_keyboard(figure):
    pick(figure, "own points")
    press(figure, "x₁ of point A", "ArrowUp")
    assert values(figure, "[data-row='0'] [data-col=x1]") == [0.05]
    figure.get_by_label("x₂ of point A").fill("1.3")
    check_numbers(figure)
    press(figure, "Point A wants 0: change", "Enter")
    assert figure.locator("[data-row='0'] [data-col=wanted]").inner_text() == "1"
    focused = figure.evaluate("document.activeElement.ariaLabel")
    assert focused == "Point A wants 1: change"
    press(figure, "Remove point B", "Enter")
    assert figure.locator("[data-row]").count() == 5
    add = figure.get_by_role("button", name="Add a point")
    for _ in range(3):
        add.press("Enter")
    assert figure.locator("[data-row]").count() == 8
    assert add.is_disabled()
    check_numbers(figure)


def test_reset_goes_back_to_the_start(figure):
    before = words(figure)
    pick(figure, "own points")
    pick(figure, "two layers")
    figure.get_by_role("button", name="Add a point").click()
    type_unit(figure, "h1", (1, 1, 1))
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before
    assert unit(figure, "one")[1] == -0.2
    assert figure.get_by_role("radio", name="AND", exact=True).is_checked()


def test_two_copies_on_a_page_are_independent(open_html):
    html = perceptron_line()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    pick(first, "XOR")
    pick(second, "OR")
    assert first.get_by_role("radio", name="XOR").is_checked()
    assert values(first, "[data-num=right]") == [3]
    assert values(second, "[data-num=right]") == [4]
    assert page.locator("[id]").count() == 0


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(perceptron_line()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    for _ in range(7):
        press(page, "Shift the line", "ArrowRight")
        page.clock.run_for(200)
        assert status.inner_text() == said
    page.clock.run_for(1000)
    assert "4 of 4 right. Solved." in status.inner_text()


def test_reduced_motion(figure):
    pick(figure, "two layers")
    mark = figure.locator(".dlx-moves").first
    duration = "one => getComputedStyle(one).transitionDuration"
    assert mark.evaluate(duration) == "0.25s"
    figure.emulate_media(reduced_motion="reduce")
    assert mark.evaluate(duration) == "0s"


def test_focus_can_be_seen(figure):
    press(figure, "Shift the line", "ArrowRight")
    ring = figure.get_by_role("slider", name="Shift the line", exact=True)
    stroke = "one => getComputedStyle(one.querySelector('.dlx-touch')).strokeWidth"
    assert ring.evaluate(stroke) == "3px"
    press(figure, "w₁", "ArrowRight")
    outline = "one => getComputedStyle(one).outlineStyle"
    slider = figure.get_by_role("slider", name="w₁", exact=True)
    assert slider.evaluate(outline) == "solid"


def two_layers(page):
    pick(page, "XOR")
    pick(page, "two layers")


def own_points(page):
    pick(page, "own points")


@pytest.mark.parametrize("prepare", [lambda page: None, two_layers, own_points])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, perceptron_line(), prepare)


def test_fallback(browser):
    check_fallback(browser, perceptron_line())


def test_jupyterlab_leaves_the_keys_to_a_focused_control(figure):
    pick(figure, "own points")
    controls = figure.locator(".dlx :is(input, button, [tabindex]):visible:enabled")
    kept = controls.evaluate_all(
        """all => all.filter(one => {
          one.focus();
          return one.hasAttribute("data-lm-suppress-shortcuts");
        }).length"""
    )
    assert kept == controls.count() > 30
