"""Batch normalisation of one unit, as a reader moves the points of its batch."""

import re

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

from dlscratch.explorables import batch_norm
from dlscratch.explorables.batch_norm import POINTS
from dlscratch.layers import BatchNorm

TRAINING, TEST = "the batch (training)", "the running averages (test)"
READ = """root => {
  const numbers = (selector) =>
    [...root.querySelectorAll(selector)].map((one) => Number(one.dataset.value));
  return {
    x: [...root.querySelectorAll("td input")].map((one) => Number(one.value)),
    hat: numbers("[data-col=hat]"),
    y: numbers("[data-col=y]"),
    by: numbers("[data-col=by]"),
    num: Object.fromEntries([...root.querySelectorAll("[data-num]")].map((one) => [
      one.dataset.num, Number(one.dataset.value),
    ])),
    drawn: [...root.querySelectorAll("[data-output]")].map((one) => [
      one.getAttribute("d"), one.getAttribute("fill"),
    ]),
    code: root.querySelector("pre").textContent,
    html: root.innerHTML,
  };
}"""


class Reference:
    """The same layer and the same batch in dlscratch, changed as the page is."""

    def __init__(self, x=POINTS, momentum=0.1):
        self.bn = BatchNorm(1, momentum=momentum)
        self.x = np.array(x)
        self.training = True
        self.steps = 0

    def step(self, times=1):
        for _ in range(times):
            self.bn.forward(self.x[:, None], training=True)
        self.steps += times

    def y(self):
        """Return the outputs, and leave the running statistics as they are."""
        copy = BatchNorm(1)
        for name in ("gamma", "beta"):
            getattr(copy, name).value[:] = getattr(self.bn, name).value
        for name, kept in self.bn.buffers.items():
            copy.buffers[name][:] = kept
        return copy.forward(self.x[:, None], training=self.training)[:, 0]


def check(page, reference, before=None):
    """Compare every number with BatchNorm's; ``before``: the outputs before a move."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    assert not re.search(r"NaN|Infinity|undefined", shown["html"])
    x, y, bn = reference.x, reference.y(), reference.bn
    np.testing.assert_allclose(shown["x"], x)
    np.testing.assert_allclose(shown["y"], y, atol=1e-9)
    hat = np.array(shown["hat"]) * bn.gamma.value + bn.beta.value
    np.testing.assert_allclose(hat, y, atol=1e-9)
    num = shown["num"]
    found = [num[k] for k in ("mean", "var", "std")]
    np.testing.assert_allclose(found, [x.mean(), x.var(), x.std()], atol=1e-9)
    mean, var = bn.running_mean[0], bn.running_var[0]
    found = [num[k] for k in ("running-mean", "running-var", "running-std", "steps")]
    np.testing.assert_allclose(found, [mean, var, np.sqrt(var), reference.steps])
    by = y - (y if before is None else before)
    np.testing.assert_allclose(shown["by"], by, atol=1e-9)
    moved = np.abs(by) > 1e-9
    assert num["moved"] == moved.sum()
    for (d, fill), value, went in zip(shown["drawn"], y, moved, strict=True):
        assert (fill == "var(--line-y)") == went
        if np.abs(value) <= 3.25:
            left = float(re.match(r"M(\S+) ", d)[1])
            assert (left + 6 - 200) / 200 * 3.25 == pytest.approx(value, abs=0.06)
    names = {"np": np, "BatchNorm": BatchNorm}
    exec(shown["code"], names)
    np.testing.assert_allclose(names["y"][:, 0], y, atol=1e-9)
    return y, moved


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(batch_norm()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def x_of(page, point):
    return float(page.get_by_label(f"x of point {point}, typed").input_value())


def test_in_training_one_point_moves_all_outputs(figure):
    reference = Reference()
    before, _ = check(figure, reference)
    handle = figure.get_by_role("slider", name="Move x of point 7")
    drag(figure, handle, 60, 0)
    reference.x[6] = x_of(figure, 7)
    assert 4 < reference.x[6] < 6
    _, moved = check(figure, reference, before)
    assert moved.all()
    # The arrow keys go on with the same point: the comparison is still with its start.
    press(figure, "Move x of point 7", "ArrowLeft", "ArrowLeft", "PageUp")
    reference.x[6] = round(reference.x[6] + 0.3, 2)
    check(figure, reference, before)
    assert "Point 7 moved from x = 3.00 to" in figure.locator(".dlx-score").inner_text()
    # Another point: the comparison starts afresh.
    before = reference.y()
    press(figure, "Move x of point 1", "PageDown")
    reference.x[0] = -2
    _, moved = check(figure, reference, before)
    assert moved.all()


def test_at_test_time_one_point_moves_its_own_output(figure):
    reference = Reference()
    figure.get_by_role("button", name="Ten training steps").click()
    reference.step(10)
    pick(figure, TEST)
    reference.training = False
    before, _ = check(figure, reference)
    handle = figure.get_by_role("slider", name="Move x of point 7")
    drag(figure, handle, -90, 0)
    reference.x[6] = x_of(figure, 7)
    assert reference.x[6] < 1
    _, moved = check(figure, reference, before)
    assert moved.tolist() == [False] * 6 + [True, False]
    assert "1 of 8" in figure.locator(".dlx-score").inner_text()
    pick(figure, TRAINING)
    reference.training = True
    check(figure, reference)


def test_gamma_beta_momentum_and_training_steps(figure):
    reference = Reference()
    once = figure.get_by_role("button", name="One training step")
    once.click()
    reference.step()
    check(figure, reference)
    figure.get_by_label("γ, typed").fill("-1.5")
    press(figure, "β", "Home", "ArrowRight")
    reference.bn.gamma.value[:] = -1.5
    reference.bn.beta.value[:] = -1.99
    check(figure, reference)
    figure.get_by_label("momentum, typed").fill("0.35")
    reference.bn.momentum = 0.35
    once.click()
    reference.step()
    check(figure, reference)
    figure.get_by_label("x of point 2, typed").fill("-5.25")
    before = reference.y()
    reference.x[1] = -5.25
    check(figure, reference, before)
    once.click()
    reference.step()
    pick(figure, TEST)
    reference.training = False
    check(figure, reference)


def test_many_steps_reach_the_batch_with_the_unbiased_variance(figure):
    for _ in range(20):
        figure.get_by_role("button", name="Ten training steps").click()
    x = np.array(POINTS)
    (mean,) = values(figure, "[data-num=running-mean]")
    (var,) = values(figure, "[data-num=running-var]")
    assert mean == pytest.approx(x.mean(), abs=1e-6)
    assert var == pytest.approx(x.var(ddof=1), abs=1e-6)
    assert var > 1.1 * x.var()


def test_arguments_and_a_batch_without_spread(open_html):
    shown = batch_norm(
        (1, 1, 1), gamma=1.5, beta=-0.25, momentum=0.5, running=(2, 4), training=False
    )
    page = open_html(shown._repr_html_())
    reference = Reference((1.0, 1.0, 1.0), momentum=0.5)
    reference.bn.gamma.value[:], reference.bn.beta.value[:] = 1.5, -0.25
    reference.bn.running_mean[:], reference.bn.running_var[:] = 2, 4
    reference.training = False
    y, _ = check(page, reference)
    np.testing.assert_allclose(y, -0.25 - 1.5 / 2, atol=1e-5)
    pick(page, TRAINING)
    reference.training = True
    y, _ = check(page, reference)
    np.testing.assert_allclose(y, -0.25)
    page.get_by_role("button", name="One training step").click()
    reference.step()
    check(page, reference)


def test_the_keyboard_and_reset(figure):
    before = words(figure)
    reference = Reference()
    figure.get_by_role("radio", name=TRAINING).focus()
    figure.keyboard.press("ArrowRight")
    figure.get_by_role("button", name="One training step").focus()
    figure.keyboard.press("Enter")
    reference.training = False
    reference.step()
    y, _ = check(figure, reference)
    press(figure, "Move x of point 8", *["PageUp"] * 5, "ArrowDown")
    reference.x[7] = 5.9
    check(figure, reference, y)
    press(figure, "γ", "End")
    reference.bn.gamma.value[:] = 2
    check(figure, reference)
    figure.get_by_role("button", name="Reset").focus()
    figure.keyboard.press("Enter")
    assert words(figure) == before
    check(figure, Reference())


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(batch_norm()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    assert said.startswith("Outputs that moved: 0 of 8. Batch: mean 1.200,")
    press(page, "Move x of point 7", "ArrowRight")
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    said = "Point 7 moved from x = 3.00 to 3.10. Outputs that moved: 8 of 8."
    assert said in status.inner_text()


def test_two_copies_on_a_page_are_independent(open_html):
    html = batch_norm()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_label("x of point 1, typed").fill("5")
    assert values(first, "[data-num=moved]") == [8]
    assert values(second, "[data-num=moved]") == [0]


def spread_out(page):
    press(page, "Move x of point 8", "PageUp", "PageUp", "PageUp", "PageUp")
    press(page, "γ", "End")
    pick(page, TEST)
    press(page, "Move x of point 7", "PageUp")


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, batch_norm(), spread_out)


def test_fallback(browser):
    check_fallback(browser, batch_norm())
