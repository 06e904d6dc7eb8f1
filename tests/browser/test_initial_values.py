"""Initial values: what the size of the first weights does, layer by layer."""

import re
from functools import cache
from itertools import pairwise

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

from dlscratch.explorables import initial_values
from dlscratch.explorables.initial_values import SCALES, SEED
from dlscratch.explorables.random_numbers import uniform
from dlscratch.layers import Linear, ReLU, Sigmoid, Tanh

LAYERS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
LABELS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
ENDS = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, 3)}
IDLE = {
    "sigmoid": lambda h: (h < 0.05) | (h > 0.95),
    "tanh": lambda h: np.abs(h) > 0.95,
    "relu": lambda h: h == 0,
}
BINS, FULL = 31, 0.2


@cache
def numbers():
    """Return the inputs, the gradient at the top, and the ten matrices Z."""
    n = 2 * 100 * 100 + 10 * 100 * 100
    first, second = uniform(SEED, n).reshape(-1, 2).T
    r = np.sqrt(-2 * np.log(1 - first))
    pairs = [r * np.cos(2 * np.pi * second), r * np.sin(2 * np.pi * second)]
    z = np.column_stack(pairs).ravel()
    parts = np.split(z, [10_000, 20_000])
    return (
        parts[0].reshape(100, 100),
        parts[1].reshape(100, 100),
        parts[2].reshape(10, 100, 100),
    )


@cache
def run(activation, std, depth):
    """Return each layer's activations and gradients, from dlscratch's layers."""
    x, dh, Z = numbers()
    made, hs, das = [], [], []
    for k in range(depth):
        linear = Linear(100, 100, init=lambda *_, k=k: std * Z[k], rng=0)
        made.append((linear, LAYERS[activation]()))
        for layer in made[-1]:
            x = layer.forward(x)
        hs.append(x)
    for linear, bend in reversed(made):
        das.insert(0, bend.backward(dh))
        dh = linear.backward(das[0])
    return hs, das


def histogram(values, ends):
    """Return the part of the values in each bin; the end bins take what is beyond."""
    count, _ = np.histogram(np.clip(values, *ends), bins=BINS, range=ends)
    return count / values.size


READ = """root => {
  const rows = (kind) => [...root.querySelectorAll("tr")]
    .filter((row) => !row.hidden && row.querySelector(`[data-${kind}]`))
    .map((row) => ({
      numbers: [...row.querySelectorAll(`[data-${kind}]`)].map((one) => [
        Number(one.dataset.value), one.textContent,
      ]),
      bins: row.querySelector("svg").dataset.bins,
      d: row.querySelector("path").getAttribute("d"),
    }));
  return { h: rows("h"), da: rows("da"), html: root.innerHTML,
           said: root.querySelector("p.dlx-numbers").textContent };
}"""


def check(page, activation, std, depth):
    """Compare every layer's histograms and numbers with NumPy's."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    assert not re.search(r"NaN|Infinity|undefined", shown["html"])
    hs, das = run(activation, std, depth)
    for kind, arrays, ends in (("h", hs, ENDS[activation]), ("da", das, (-1, 1))):
        assert len(shown[kind]) == depth
        for row, array in zip(shown[kind], arrays, strict=True):
            (spread, text), *more = row["numbers"]
            np.testing.assert_allclose(spread, array.std(), rtol=1e-6, atol=1e-15)
            np.testing.assert_allclose(as_number(text), spread, rtol=0.05, atol=1e-15)
            for part, percent in more:
                idle = IDLE[activation](array).mean()
                assert part == pytest.approx(idle, abs=1e-6)
                assert float(percent[:-2]) == pytest.approx(100 * idle, abs=0.51)
            bins = np.array(row["bins"].split(), float)
            np.testing.assert_allclose(bins, histogram(array, ends), atol=1e-6)
            heights = re.findall(r"v(-?[\d.e-]+)h", row["d"])
            heights = -np.array(heights, float) / 40
            np.testing.assert_allclose(heights, np.minimum(bins / FULL, 1))
    said = [as_number(n) for n in re.findall(r"std ([\d.e−]+)", shown["said"])]
    said += [as_number(n) for n in re.findall(r", ([\d.e−]+) ", shown["said"])]
    expected = [hs[0], das[-1], hs[-1], das[0]]
    expected = [array.std() for array in expected]
    np.testing.assert_allclose(said, expected, rtol=0.05, atol=1e-15)
    return hs, das


def as_number(text):
    return float(text.replace("−", "-"))


def set_std(page, std):
    page.get_by_label("std of the weights, typed").fill(str(std))


@pytest.fixture
def figure(open_html):
    page = open_html(initial_values()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def test_the_random_numbers():
    x, top, Z = numbers()
    for z in (x, top, *Z):
        assert abs(z.mean()) < 4 / np.sqrt(z.size)
        assert z.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("activation", LAYERS)
def test_numbers_agree_with_numpy(figure, activation):
    pick(figure, LABELS[activation])
    for std in (1, 0.01, 0.3, 10, 0):
        set_std(figure, std)
        check(figure, activation, std, 5)
    figure.get_by_label("layers, typed").fill("10")
    for label, std in (("Xavier: 1/√100", "xavier"), ("He: √(2/100)", "he")):
        figure.get_by_role("button", name=f"std = {label}").click()
        check(figure, activation, SCALES[std], 10)
    figure.get_by_role("button", name="std = 1", exact=True).click()
    check(figure, activation, 1, 10)


def test_what_the_fallback_claims():
    for activation in ("sigmoid", "tanh"):
        hs, _ = run(activation, 1, 5)
        assert all(IDLE[activation](h).mean() > 0.5 for h in hs)
    size = [h.std() for h in run("relu", 1, 5)[0]]
    np.testing.assert_allclose(np.divide(size[1:], size[:-1]), 7, rtol=0.1)
    for activation in LAYERS:
        hs, das = run(activation, 0.01, 5)
        assert all(a.std() < 0.15 * b.std() for a, b in pairwise(das))
        if activation != "sigmoid":
            size = [h.std() for h in hs]
            assert all(a > 5 * b for a, b in pairwise(size))
    assert min(h.std() for h in run("tanh", SCALES["xavier"], 5)[0]) > 0.3
    for arrays in run("relu", SCALES["he"], 5):
        size = [array.std() for array in arrays]
        assert max(size) < 1.1 * min(size)


def test_keyboard_and_reset(figure):
    before = words(figure)
    press(figure, "std of the weights", "ArrowLeft")
    check(figure, "sigmoid", 0.955, 5)
    press(figure, "std of the weights", "Home")
    check(figure, "sigmoid", 0.001, 5)
    press(figure, "layers", "ArrowRight", "ArrowRight", "ArrowLeft")
    check(figure, "sigmoid", 0.001, 6)
    figure.get_by_role("radio", name="sigmoid").focus()
    figure.keyboard.press("ArrowRight")
    check(figure, "tanh", 0.001, 6)
    figure.get_by_role("button", name="std = 0.01").focus()
    figure.keyboard.press("Enter")
    check(figure, "tanh", 0.01, 6)
    pressed = figure.locator("button[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["0.01"]
    figure.get_by_role("button", name="Reset").focus()
    figure.keyboard.press("Enter")
    assert words(figure) == before
    check(figure, "sigmoid", 1, 5)


def test_typed_numbers_are_kept_in_range(figure):
    set_std(figure, 99)
    check(figure, "sigmoid", 10, 5)
    set_std(figure, -1)
    check(figure, "sigmoid", 10, 5)
    field = figure.get_by_label("layers, typed")
    field.fill("44")
    check(figure, "sigmoid", 10, 10)
    field.fill("0")
    field.blur()
    check(figure, "sigmoid", 10, 1)
    assert field.input_value() == "1"


def test_arguments(open_html):
    page = open_html(initial_values("relu", std="he", layers=3)._repr_html_())
    check(page, "relu", SCALES["he"], 3)
    pressed = page.locator("button[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["He: √(2/100)"]
    assert "zero" in page.locator("th").all_inner_texts()


def test_two_copies_on_a_page_are_independent(open_html):
    html = initial_values()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    old = values(second, "[data-h=std]")
    first.get_by_role("button", name="std = 0.01").click()
    assert values(first, "[data-h=std]") != old
    assert values(second, "[data-h=std]") == old


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(initial_values("tanh", std="xavier")._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    assert said.startswith("tanh, std = 0.1, 5 layers. Activations: std ")
    page.get_by_role("button", name="std = 0.01").click()
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    assert status.inner_text().startswith("tanh, std = 0.01, 5 layers.")


def deepest(page):
    unfold(page)
    pick(page, "ReLU")
    page.get_by_label("layers, typed").fill("10")


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, initial_values(), deepest)


def test_fallback(browser):
    check_fallback(browser, initial_values())
