"""L1 and L2 penalties in two dimensions, as a reader moves minimum and strength."""

import numpy as np
import pytest
from explorable_checks import (
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

from dlscratch.explorables import regularisation

VALLEYS = {
    "round": np.eye(2),
    "stretched": np.diag([0.5, 2.0]),
    "tilted": np.array([[1.5, 1.0], [1.0, 1.5]]),
}


def minima(valley, c, strength):
    """Return rows of w1, w2, loss, penalty: none, L2, and L1 by coordinate descent."""
    A, c = VALLEYS[valley], np.array(c, dtype=float)
    ridge = np.linalg.solve(A + strength * np.eye(2), A @ c)
    lasso, right = c.copy(), A @ c
    for _ in range(400):
        for i in (0, 1):
            pull = right[i] - A[i, 1 - i] * lasso[1 - i]
            size = max(abs(pull) - strength, 0) / A[i, i]
            lasso[i] = np.sign(pull) * size
    penalties = [0, strength * ridge @ ridge / 2, strength * np.abs(lasso).sum()]
    return np.array(
        [
            [*w, (w - c) @ A @ (w - c) / 2, penalty]
            for w, penalty in zip([c, ridge, lasso], penalties, strict=True)
        ]
    )


def check_minima(page, valley, c, strength):
    """Compare all numbers, the verdict and the places in the picture with NumPy's."""
    wanted = minima(valley, c, strength)
    shown = np.reshape(values(page, "td[data-col]"), (3, 4))
    np.testing.assert_allclose(shown, wanted, atol=1e-9)
    exact = [int(np.sum(w == 0)) for w in shown[1:, :2]]
    close = [int(np.sum(np.abs(w) < 1e-12)) for w in wanted[1:, :2]]
    assert exact == close
    said = page.locator("[data-verdict]").inner_text()
    for name, count in zip(("L2", "L1"), exact, strict=True):
        number = ("no weight is 0.", " is exactly 0.", "both weights are exactly 0.")
        assert number[count] in said.split("L1:")[name == "L1"]
    for selector, w in (("svg > circle", wanted[1]), ("svg > rect", wanted[2])):
        place = page.locator(f".dlx {selector}").get_attribute("transform")
        x, y = (float(v) for v in place[len("translate(") : -1].split())
        np.testing.assert_allclose(
            [x, y], [200 + w[0] * 400 / 6.8, 200 - w[1] * 400 / 6.8], atol=1e-6
        )


@pytest.fixture
def figure(open_html):
    return unfold(open_html(regularisation()._repr_html_()))


def fill(page, label, value):
    page.get_by_label(f"{label}, typed").fill(str(value))
    page.evaluate("document.activeElement.blur()")


def test_minima_agree_with_numpy(figure):
    check_minima(figure, "tilted", (2.2, 0.6), 0.8)
    for valley in VALLEYS:
        pick(figure, valley)
        for *c, strength in [(2.2, 0.6, 0), (-1.3, 2, 0.35), (0.4, -0.3, 1.2)]:
            for label, value in zip(("c₁", "c₂", "λ"), (*c, strength), strict=True):
                fill(figure, label, value)
            check_minima(figure, valley, c, strength)


def test_soft_thresholding_in_the_round_valley(figure):
    pick(figure, "round")
    fill(figure, "λ", 0.6)
    rows = np.reshape(values(figure, "td[data-col]"), (3, 4))[:, :2]
    np.testing.assert_allclose(rows[1], np.array([2.2, 0.6]) / 1.6)
    assert rows[2, 1] == 0
    np.testing.assert_allclose(rows[2, 0], 1.6)


def test_the_keyboard_and_the_mouse(figure):
    ring = "Move the loss's minimum"
    press(figure, ring, "ArrowLeft", "ArrowUp", "PageDown")
    check_minima(figure, "tilted", (2.1, 0.2), 0.8)
    press(figure, "λ", "ArrowRight")
    check_minima(figure, "tilted", (2.1, 0.2), 0.81)
    press(figure, "λ", "End")
    check_minima(figure, "tilted", (2.1, 0.2), 4)
    figure.get_by_role("button", name="Reset").click()
    width = figure.locator(".dlx svg.dlx-plot").bounding_box()["width"]
    handle = figure.get_by_role("slider", name=ring)
    drag(figure, handle, -width / 6.8, -0.5 * width / 6.8)
    check_minima(figure, "tilted", (1.2, 1.1), 0.8)


def test_the_contour_touches_the_circle_and_the_diamond(figure):
    """On the drawn contour through each minimum no point has a smaller penalty."""
    pixel = 400 / 6.8
    drawn = figure.locator(".dlx svg polygon[stroke-dasharray]")
    norms = (lambda w: np.hypot(*w), lambda w: np.abs(w).sum(axis=0))
    rows = minima("tilted", (2.2, 0.6), 0.8)[1:, :2]
    for i, (norm, w) in enumerate(zip(norms, rows, strict=True)):
        pairs = drawn.nth(i).get_attribute("points").split()
        points = np.array([p.split(",") for p in pairs], dtype=float)
        points = (points.T / pixel - 3.4) * [[1], [-1]]
        A, off = VALLEYS["tilted"], points - [[2.2], [0.6]]
        level = np.einsum("in,ij,jn->n", off, A, off) / 2
        np.testing.assert_allclose(
            level, (w - [2.2, 0.6]) @ A @ (w - [2.2, 0.6]) / 2, rtol=0.02
        )
        assert norm(points).min() > norm(w[:, None])[0] - 0.01


def test_the_first_sight_is_marks_and_one_slider(open_html):
    page = open_html(regularisation()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    assert page.get_by_role("slider").count() == 2  # the ring, and λ
    shapes = page.locator(".dlx svg polygon[stroke='var(--line-1)']")
    assert [one.is_visible() for one in shapes.all()] == [False, False]
    pick(page, "lines of equal penalty")
    assert all(one.is_visible() for one in shapes.all())


def test_reset(figure):
    before = words(figure)
    pick(figure, "round")
    fill(figure, "λ", 3)
    assert words(figure) != before
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before


def test_the_status_says_what_is_zero(page, open_html):
    stop_clock(page)
    open_html(regularisation("round", minimum=(2, 0.5), strength=1)._repr_html_())
    page.clock.run_for(2000)
    said = page.get_by_role("status").inner_text()
    assert "with L1 at (1.00, 0.00)" in said
    assert "L1: w₂ is exactly 0." in said


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, regularisation(), unfold)


def test_fallback(browser):
    check_fallback(browser, regularisation())


def test_bad_arguments():
    for arguments in (
        {"valley": "flat"},
        {"minimum": (4, 0)},
        {"minimum": (1, 2, 3)},
        {"strength": -1},
    ):
        with pytest.raises(ValueError, match="regularisation: expected"):
            regularisation(**arguments)
