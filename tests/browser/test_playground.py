"""The playground, as a reader trains its network: every step is that of NumPy."""

import re

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
    values,
    words,
)
from site_tools import served

from dlscratch.explorables import playground
from dlscratch.explorables.explorable import script
from dlscratch.explorables.playground import batches, network, scenes
from dlscratch.optimizers import SGD, Adam, Momentum

STEPS = 50
SCENES = scenes()
OPTIMIZERS = {"SGD": SGD, "momentum": Momentum, "Adam": Adam}
# What is seen before and after each of so many steps.
READ = """(root, clicks) => {
  const all = (selector) =>
    [...root.querySelectorAll(selector)].map((one) => +one.dataset.value);
  const number = (name) => all(`[data-num=${name}]`)[0];
  const read = () => ({
    weights: all(".pg-net path"),
    biases: all(".pg-unit[data-value]:not([hidden])"),
    losses: [number("train"), number("test")],
    right: [number("right"), number("right-test")],
  });
  const step = [...root.querySelectorAll("button")]
    .find((one) => one.textContent === "Step");
  const seen = [read()];
  for (let i = 0; i < clicks; i++) {
    step.click();
    seen.push(read());
  }
  return seen;
}"""


def expected(data="rings", points=None, steps=STEPS, **settings):
    """Compute in NumPy what the page shows before and after each step."""
    one = {"hidden": (3,), "activation": "tanh", "optimizer": "SGD", "rate": 1.0}
    one |= {"init": "Xavier", "decay": 0, "batch": "all", "start": 1} | settings
    x, t = (np.array(v) for v in points or (SCENES[data][k] for k in PARTS))
    tests = [np.array(SCENES[data]["test"][key]) for key in PARTS]
    model = network(one["hidden"], one["activation"], one["init"], one["start"])
    rule = OPTIMIZERS[one["optimizer"]]
    optimizer = rule(model.parameters, one["rate"], weight_decay=one["decay"])
    chosen = batches(len(x), one["batch"], one["start"])

    def seen():
        loss, accuracy = model.evaluate(x, t)
        test_loss, test_accuracy = model.evaluate(*tests)
        linear = [layer for layer in model.layers if layer.parameters]
        return {
            "weights": np.concatenate([layer.W.value.ravel() for layer in linear]),
            "biases": np.concatenate([layer.b.value for layer in linear]),
            "losses": [loss, test_loss],
            "right": [accuracy * len(x), test_accuracy * len(tests[0])],
        }

    found = [seen()]
    for _ in range(steps):
        i = next(chosen)
        model.loss(x[i], t[i])
        model.backward()
        optimizer.step()
        found.append(seen())
    return found


PARTS = ("points", "labels")


def gap(page, steps=STEPS, **settings):
    """Return the largest difference between the page and NumPy in so many steps."""
    shown = page.locator(".dlx").first.evaluate(READ, steps)
    wanted = expected(steps=steps, **settings)
    assert len(shown) == len(wanted) == steps + 1
    largest = 0
    for a, b in zip(shown, wanted, strict=True):
        np.testing.assert_allclose(a["right"], b["right"], atol=1e-9)
        for name in ("weights", "biases", "losses"):
            assert len(a[name]) == len(b[name])
            largest = max(largest, np.abs(np.subtract(a[name], b[name])).max())
    return largest


CONFIGURATIONS = [
    {"data": "rings"},
    {"data": "XOR", "hidden": (), "rate": 0.3},
    {"data": "XOR", "hidden": (4,), "activation": "sigmoid", "optimizer": "momentum"},
    {"data": "moons", "hidden": (8, 8, 8), "optimizer": "Adam", "rate": 0.03},
    {"data": "spirals", "hidden": (8, 5), "activation": "ReLU", "init": "He"}
    | {"optimizer": "Adam", "rate": 0.01, "batch": 8, "start": 7},
    {"data": "clouds", "hidden": (2, 3), "decay": 0.05, "rate": 0.1, "batch": 32},
    {"data": "clouds", "hidden": (4,), "optimizer": "Adam", "decay": 0.01, "rate": 0.1}
    | {"batch": 1, "start": 999},
    {"data": "rings", "hidden": (3, 3), "activation": "identity", "rate": 0.1},
    {"data": "rings", "hidden": (4,), "init": "zero", "optimizer": "momentum"},
    {"data": "XOR", "hidden": (6, 2), "init": "small", "rate": 3.0, "batch": 8},
]


@pytest.mark.parametrize("settings", CONFIGURATIONS, ids=str)
def test_every_step_is_that_of_numpy(open_html, settings):
    page = open_html(playground(**settings)._repr_html_())
    largest = gap(page, **settings)
    print(f"largest difference {largest:.1e}")
    assert largest < 1e-6
