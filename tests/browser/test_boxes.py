"""Two boxes and their intersection over union, as a reader moves them."""

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    drag,
    press,
    stop_clock,
    values,
    words,
)

from dlscratch.explorables import boxes

A, B = (3, 3, 12, 13), (6, 5, 16, 14)


def count(a, b):
    """Return the areas, overlap, union and their ratio by counting squares."""
    pictures = np.zeros((2, 20, 20), dtype=bool)
    for picture, (x0, y0, x1, y1) in zip(pictures, (a, b), strict=True):
        picture[y0:y1, x0:x1] = True
    overlap, union = np.sum(pictures.all(axis=0)), np.sum(pictures.any(axis=0))
    return [*pictures.sum(axis=(1, 2)), overlap, union, overlap / union]


def check_boxes(page, a, b, removed=None):
    """Compare all numbers, the drawn overlap and the verdict with NumPy's."""
    wanted = count(a, b)
    np.testing.assert_allclose(values(page, "td[data-col]"), wanted)
    drawn = page.locator(".dlx [data-overlap]")
    sides = [float(drawn.get_attribute(name)) / 20 for name in ("width", "height")]
    assert np.isclose(sides[0] * sides[1], wanted[2])
    gone = page.locator(".dlx rect[data-removed=true]")
    verdict = page.locator("[data-verdict]").inner_text()
    assert gone.count() == (removed is not None)
    assert verdict.startswith(
        f"Only {'AB'[1 - removed]} is kept" if gone.count() else "Both are kept"
    )
    if removed is not None:
        rectangles = page.locator(".dlx rect[data-removed]")
        assert rectangles.nth(removed).get_attribute("data-removed") == "true"


@pytest.fixture
def figure(open_html):
    page = open_html(boxes(A, B)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def fill(page, label, value):
    page.get_by_label(f"{label}, typed").fill(str(value))
    page.evaluate("document.activeElement.blur()")


def test_the_keyboard(figure):
    check_boxes(figure, A, B)
    press(figure, "Move box A", "ArrowRight", "ArrowRight", "ArrowDown")
    check_boxes(figure, (5, 4, 14, 14), B, removed=1)
    press(figure, "Resize box B", "ArrowLeft", "ArrowUp", "ArrowUp")
    check_boxes(figure, (5, 4, 14, 14), (6, 5, 15, 12), removed=1)
    press(figure, "Resize box A", "ArrowRight", "ArrowDown")
    press(figure, "Move box B", "ArrowLeft", "ArrowUp")
    check_boxes(figure, (5, 4, 15, 15), (5, 4, 14, 11), removed=1)


def test_nothing_leaves_the_picture_or_vanishes(figure):
    press(figure, "Move box A", *["ArrowLeft"] * 9, *["ArrowUp"] * 9)
    press(figure, "Resize box A", *["ArrowLeft"] * 30, *["ArrowUp"] * 30)
    press(figure, "Move box B", *["ArrowRight"] * 9, *["ArrowDown"] * 9)
    press(figure, "Resize box B", "ArrowRight", "ArrowDown")
    check_boxes(figure, (0, 0, 1, 1), (10, 11, 20, 20))
    assert "(−9 is cut to 0)" in figure.locator(".dlx pre").inner_text()


def test_the_mouse(figure):
    square = figure.locator(".dlx svg.dlx-plot").bounding_box()["width"] / 20
    move = figure.get_by_role("slider", name="Move box B")
    drag(figure, move, -3 * square, -2 * square)
    check_boxes(figure, A, (3, 3, 13, 12), removed=1)
    resize = figure.get_by_role("slider", name="Resize box B")
    drag(figure, resize, -1.2 * square, 1.1 * square)
    check_boxes(figure, A, (3, 3, 12, 13), removed=1)


def test_suppression(figure):
    """The threshold is strict, and the lower score goes."""
    ratio = count(A, B)[-1]
    fill(figure, "threshold", np.floor(ratio * 100) / 100)
    check_boxes(figure, A, B, removed=1)
    fill(figure, "score B", 0.95)
    check_boxes(figure, A, B, removed=0)
    fill(figure, "score B", 0.9)
    check_boxes(figure, A, B, removed=1)
    fill(figure, "threshold", np.ceil(ratio * 100) / 100)
    check_boxes(figure, A, B)


def test_equal_boxes_at_the_threshold(open_html):
    page = open_html(boxes(A, A, threshold=1)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    check_boxes(page, A, A)
    fill(page, "threshold", 0.99)
    check_boxes(page, A, A, removed=1)


def test_reset(figure):
    before = words(figure)
    press(figure, "Move box A", "ArrowRight")
    fill(figure, "score A", 0.1)
    assert words(figure) != before
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before
    check_boxes(figure, A, B)


def test_the_status_says_what_is_kept(page, open_html):
    stop_clock(page)
    open_html(boxes((0, 0, 4, 4), (1, 0, 5, 4))._repr_html_())
    page.clock.run_for(2000)
    said = page.get_by_role("status").inner_text()
    assert "Overlap 12, union 20, intersection over union 0.60." in said
    assert "Only A is kept" in said


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, boxes())


def test_fallback(browser):
    check_fallback(browser, boxes())


def test_bad_arguments():
    for arguments in (
        {"a": (3, 3, 3, 5)},
        {"a": (0, 0, 21, 5)},
        {"b": (0, 0, 2.5, 5)},
        {"b": (1, 2, 3)},
        {"scores": (0.5, 1.5)},
        {"scores": (0.5,)},
        {"threshold": -0.1},
    ):
        with pytest.raises(ValueError, match="boxes: expected"):
            boxes(**arguments)
