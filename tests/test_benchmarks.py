"""That the benchmarks run and say what they should; timings themselves are no test.

The peers are not needed here: they are installed by ``make bench`` only.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import run  # noqa: E402
import steps  # noqa: E402

RESULTS = {
    "`dlscratch`, float32": (2.0, 1.0),
    "PyTorch, float32": (4.0, 0.5),
    "scikit-learn, float32": (8.0, 0.25),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page that one round of the benchmarks writes, without peers or MNIST."""
    page = tmp_path_factory.mktemp("bench") / "bench.md"
    command = [sys.executable, ROOT / "benchmarks" / "run.py", "--rounds", "1"]
    command += ["--no-peers", "--noise", "--output", page]
    subprocess.run(command, check=True)
    return page.read_text(encoding="utf-8")


@pytest.fixture
def batches():
    """Six batches of 20 random pictures."""
    rng = np.random.default_rng(0)
    x = rng.random((6, 20, 784), dtype=np.float32)
    return list(zip(x, rng.integers(10, size=(6, 20)), strict=True))


def first_column(text):
    """Return the first cell of every row of every table."""
    return re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)


def test_every_row_has_a_time_and_a_ratio(page):
    """Eight variants are measured."""
    rows = re.findall(r"^\| .* \| (\S+) [µm]s \| (\S+) \|$", page, re.MULTILINE)
    assert len(rows) == 8
    assert all(float(time) > 0 and float(ratio) > 0 for time, ratio in rows)


def test_a_page_without_peers_or_mnist_says_so(page):
    """Nobody can take it for a comparison, or noise for handwriting."""
    assert "PyTorch and scikit-learn were not measured" in page
    assert "saw noise" in page


def test_stored_table_has_the_same_rows(page):
    """The table on the results page is one that today's benchmarks wrote."""
    stored = (ROOT / "book" / "bench-table.md").read_text(encoding="utf-8")
    peers = {f"{name}, float32" for name in steps.PEERS}
    rows = [row for row in first_column(stored) if row not in peers]
    assert rows == first_column(page)


def test_variants_take_turns_in_alternating_order(monkeypatch):
    """Each runs as often as the others; ratios are the first's time to the own."""
    clock, calls = [0.0], []

    def work(name, seconds):
        calls.append(name)
        clock[0] += seconds

    monkeypatch.setattr(run.time, "process_time", lambda: clock[0])
    variants = {"slow": lambda: work("slow", 4.0), "fast": lambda: work("fast", 0.5)}
    results = run.in_turns(variants, 2)
    assert calls == ["slow", "fast"] * 2 + ["fast", "slow"]  # the first two unmeasured
    assert results == {"slow": (4.0, 1.0), "fast": (0.5, 8.0)}


def test_comparison_names_each_peer_and_its_ratio():
    """A peer that takes twice as long makes the library twice as fast."""
    text = run.comparison({"PyTorch": "1", "scikit-learn": "2"}, RESULTS, 2e-7)
    assert "2.00 times as fast as PyTorch and 4.00 times as fast as scikit" in text
    assert "differed by at most 2e-07" in text
    assert "scikit-learn" not in run.comparison({"PyTorch": "1"}, RESULTS, 2e-7)


def test_the_machine_names_the_peers_versions():
    """A comparison is worth little without them."""
    assert "; PyTorch 9.8.7+cpu." in run.machine({"PyTorch": "9.8.7+cpu"})


def test_peers_are_found_by_their_packages(monkeypatch):
    """Those installed are measured, the others left out."""
    packages = {"here": ("numpy", None), "missing": ("no-such-package-123", None)}
    monkeypatch.setattr(steps, "PEERS", packages)
    assert run.installed_peers() == {"here": np.__version__}


def test_a_step_is_the_textbook_step(batches):
    """Forward, backward and update, written out by hand, give the same losses."""
    weights = steps.start_weights(np.random.default_rng(0))
    W1, b1, W2, b2 = (w.astype(np.float64) for w in weights)
    step, own = steps.ours(weights, batches, np.float64)
    for x, t in own:
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        p = np.exp(h @ W2 + b2)
        p /= p.sum(axis=1, keepdims=True)
        n = np.arange(len(t))
        assert step(x, t) == pytest.approx(-np.log(p[n, t]).mean(), rel=1e-9)
        p[n, t] -= 1
        dy = p / len(t)
        dh = dy @ W2.T * h * (1 - h)
        W2 -= steps.LEARNING_RATE * h.T @ dy
        b2 -= steps.LEARNING_RATE * dy.sum(axis=0)
        W1 -= steps.LEARNING_RATE * x.T @ dh
        b1 -= steps.LEARNING_RATE * dh.sum(axis=0)


def test_start_weights_are_left_as_they_are(batches):
    """Otherwise the second training would not start where the first did."""
    weights = steps.start_weights(np.random.default_rng(0))
    before = [w.copy() for w in weights]
    step, own = steps.ours(weights, batches)
    step(*own[0])
    assert all(np.array_equal(a, b) for a, b in zip(weights, before, strict=True))


def test_trainings_that_differ_are_not_compared(batches, monkeypatch):
    """The same work passes; another learning rate, and a nan, do not."""
    weights = steps.start_weights(np.random.default_rng(0))

    def losses(lr=0.1, dtype=np.float32):
        monkeypatch.setattr(steps, "LEARNING_RATE", lr)
        step, own = steps.ours(weights, batches, dtype)
        return [step(x, t) for x, t in own]

    same = {"a": losses(), "b": losses(dtype=np.float64)}
    assert 0 < steps.largest_difference(same) < 1e-5
    with pytest.raises(AssertionError, match="slower: after 1 steps"):
        steps.largest_difference({"a": losses(), "slower": losses(lr=0.09)})
    with pytest.raises(AssertionError, match="broken: after 0 steps"):
        steps.largest_difference({"a": losses(), "broken": [float("nan")] * 6})
