"""That the benchmarks run and say what they should; timings themselves are no test.

The peers are not needed here: they are installed by ``make bench`` only.
"""

import re
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import plain  # noqa: E402
import run  # noqa: E402
import steps  # noqa: E402

from dlscratch import layers, models  # noqa: E402
from dlscratch.gradients import check_gradients  # noqa: E402

MLP = steps.NETWORKS["mlp"]

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
    """Three and three forward, 4, 1, 2, 2, 1 and 1 training, and 2 of a convolution."""
    rows = re.findall(r"^\| .* \| (\S+) [µm]s \| (\S+) \|$", page, re.MULTILINE)
    assert len(rows) == 19
    assert all(float(time) > 0 and float(ratio) > 0 for time, ratio in rows)


def test_the_memory_of_a_step_is_measured(page):
    """Unrolling takes far more; elsewhere than on Linux the page says why not."""
    found = re.findall(r"^\| .* \| (\d+) MB \|$", page, re.MULTILINE)
    if Path("/proc/self/clear_refs").exists():
        own, unrolled, gpt = map(int, found)
        assert 10 < own < 100 < 3 * own < unrolled
        assert 10 < gpt < 200
    else:
        assert "on Linux only" in page


def test_a_step_of_deep_cnn_needs_at_most_60_mb():
    """NumPy tells tracemalloc of each array. All of a step counts, the weights not."""
    network = steps.NETWORKS["deep_cnn"]
    x = np.random.default_rng(0).random((100, 784), dtype=np.float32)
    step, [batch] = steps.ours(network, network.batches([(x, np.arange(100) % 10)]))
    tracemalloc.start()
    step(*batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 20e6 < peak <= 60e6


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


def test_the_unrolled_network_runs_beside_the_library_alone(monkeypatch):
    """The peers never come after it, and every row is still measured."""
    calls = []
    names = ["ours", run.UNROLLED, "peer"]
    variants = {name: lambda name=name: calls.append(name) for name in names}
    monkeypatch.setattr(run.time, "process_time", iter(range(1000)).__next__)
    assert set(run.in_turns_but_unrolled(variants, 5)) == set(names)
    assert "peer" not in calls[calls.index(run.UNROLLED) :]
    assert calls.count(run.UNROLLED) == 2
    assert calls.count("peer") == 6


def test_comparison_names_each_peer_and_its_ratio():
    """A peer that takes twice as long makes the library twice as fast."""
    peers = {"PyTorch": "1", "scikit-learn": "2"}
    text = run.comparison(peers, RESULTS, 2e-7, 50)
    assert "2.00 times as fast as PyTorch and 4.00 times as fast as scikit" in text
    assert "Over 50 steps their losses differed by at most 2e-07" in text
    assert "scikit-learn" not in run.comparison({"PyTorch": "1"}, RESULTS, 2e-7, 50)
    only_torch = {k: v for k, v in RESULTS.items() if "scikit" not in k}
    assert "scikit-learn" not in run.comparison(peers, only_torch, 2e-7, 50)


def test_comparison_says_what_derived_gradients_cost():
    """As a multiple of the step by hand, with or without peers."""
    derived = dict(zip(steps.DERIVED, [(3.0, 2 / 3), (2.5, 0.8)], strict=True))
    text = run.comparison({}, RESULTS | derived, 2e-7, 50)
    assert "1.50 times as long if it is recorded" in text
    assert "1.25 times if it is compiled" in text
    assert "derives" not in run.comparison({}, RESULTS, 2e-7, 50)


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
    W1, b1, W2, b2 = (p.value for p in MLP.start(np.float64).parameters)
    step, own = steps.ours(MLP, batches, np.float64)
    for x, t in own:
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        p = np.exp(h @ W2 + b2)
        p /= p.sum(axis=1, keepdims=True)
        n = np.arange(len(t))
        assert step(x, t) == pytest.approx(-np.log(p[n, t]).mean(), rel=1e-9)
        p[n, t] -= 1
        dy = p / len(t)
        dh = dy @ W2.T * h * (1 - h)
        W2 -= MLP.lr * h.T @ dy
        b2 -= MLP.lr * dy.sum(axis=0)
        W1 -= MLP.lr * x.T @ dh
        b1 -= MLP.lr * dh.sum(axis=0)


@pytest.mark.parametrize("make", [steps.eager, steps.compiled])
def test_derived_steps_are_the_step_by_hand(make, batches):
    """In single precision throughout; and a wrong learning rate would be seen."""
    step, own = steps.ours(MLP, batches)
    derived, same = make(MLP, batches)
    for a, b in zip(own, same, strict=True):
        loss = derived(*b)
        assert loss.dtype == np.float32
        assert loss == pytest.approx(step(*a), rel=1e-5)
    slower, _ = make(replace(MLP, lr=0.09), batches)
    assert [slower(*b) for b in own][-1] != pytest.approx(step(*a), rel=1e-4)


@pytest.mark.parametrize("name", steps.NETWORKS)
def test_everybody_starts_from_the_same_weights(name):
    """Also in float64, whose generator would give other numbers."""
    network = steps.NETWORKS[name]
    single, double = network.start().parameters, network.start(np.float64).parameters
    for a, b in zip(single, double, strict=True):
        assert (a.value.dtype, b.value.dtype) == (np.float32, np.float64)
        np.testing.assert_array_equal(a.value, b.value)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1)])
def test_plain_convolution_equals_the_librarys(stride, padding):
    """Outputs and gradients, of convolution and of max pooling."""
    rng = np.random.default_rng(0)
    conv = layers.Conv2d(2, 3, 3, stride, padding, rng=rng)
    stack = [conv, layers.MaxPool2d(2)]
    ours = models.Sequential(stack, layers.MeanSquaredError())
    theirs = plain.plain(ours)
    assert [type(layer) for layer in theirs.layers] == [
        plain.Convolution,
        plain.MaxPooling,
    ]
    size = 2 + stride * 3 - 2 * padding + 1  # makes 4×4, which the pooling halves
    x = rng.standard_normal((4, 2, size, size))
    t = rng.standard_normal(ours.predict(x).shape)
    assert theirs.loss(x, t) == pytest.approx(ours.loss(x, t), rel=1e-12)
    check_gradients(theirs, x, t)


def test_trainings_that_differ_are_not_compared(batches):
    """The same work passes; another learning rate, and a nan, do not."""

    def losses(lr=0.1, dtype=np.float32):
        step, own = steps.ours(replace(MLP, lr=lr), batches, dtype)
        return [step(x, t) for x, t in own]

    same = {"a": losses(), "b": losses(dtype=np.float64)}
    assert 0 < steps.largest_difference(same) < 1e-5
    with pytest.raises(AssertionError, match="slower: after 1 steps"):
        steps.largest_difference({"a": losses(), "slower": losses(lr=0.09)})
    with pytest.raises(AssertionError, match="broken: after 0 steps"):
        steps.largest_difference({"a": losses(), "broken": [float("nan")] * 6})


@pytest.mark.parametrize("name", run.SEQUENCES)
def test_a_network_that_reads_is_measured_alone(name):
    """It learns, has its table, and NumPy works on one thread."""
    network = run.SEQUENCES[name]
    step = network.ours(network.start())
    [batch] = network.batches(1)
    losses = [step(*batch) for _ in range(5)]
    assert losses[0] == pytest.approx(np.log(65), rel=0.1)
    assert losses[-1] < losses[0] - 0.02
    command = [sys.executable, ROOT / "benchmarks" / "run.py", "--no-peers", "--noise"]
    command += ["--rounds", "1", "--only", name]
    text = subprocess.check_output(command, text=True)
    assert f"| {network.TITLE}: one training step |" in text
    assert re.search(r"^\| `dlscratch`, float32 \| \S+ ms \| 1 \|$", text, re.MULTILINE)
    assert "threads: 1" in text
