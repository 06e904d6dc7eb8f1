"""Measure how fast the library is, and write the table that book/results shows.

    python benchmarks/run.py [--rounds N] [--output FILE]

All variants of a measurement run in turns, round after round, so that a slow moment of
the machine hits all of them; a ratio is the median of the rounds' ratios.
"""

import argparse
import os
import platform
import statistics
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from threadpoolctl import threadpool_info

from dlscratch import datasets, models, optimizers

ROOT = Path(__file__).resolve().parent.parent
BATCH = 100
STEPS = 20  # of training, timed together


def in_turns(variants, rounds):
    """Time functions in turns.

    Parameters
    ----------
    variants : dict of str to function
        What to time; the first is what the others are compared with.
    rounds : int
        How often each runs.

    Returns
    -------
    dict of str to tuple of float
        Median seconds, and the median ratio of the first's time to this one's.
    """
    times = {name: [] for name in variants}
    for work in variants.values():
        work()  # once for nothing, to fill the caches
    for _ in range(rounds):
        for name, work in variants.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    first = next(iter(times.values()))
    return {
        name: (
            statistics.median(own),
            statistics.median(a / b for a, b in zip(first, own, strict=True)),
        )
        for name, own in times.items()
    }


def predicting(name, x):
    """Return the variants of a network's forward pass over all rows of x."""
    model = models.pretrained(name)

    def in_steps_of(size):
        for start in range(0, len(x), size):
            model.predict(x[start : start + size])

    return {
        "one image at a time": lambda: in_steps_of(1),
        f"{BATCH} at a time": lambda: in_steps_of(BATCH),
        f"all {len(x)} at once": lambda: in_steps_of(len(x)),
    }


def training(rng):
    """Return the variants of one training step of the two-layer network."""

    def step_of(dtype):
        network = models.mlp((784, 50, 10), "sigmoid", rng=rng, dtype=dtype)
        optimizer = optimizers.SGD(network.parameters, lr=0.1)
        x = rng.random((BATCH, 784)).astype(dtype)
        t = rng.integers(10, size=BATCH)

        def step():
            network.loss(x, t, training=True)
            network.backward()
            optimizer.step()

        return lambda: [step() for _ in range(STEPS)]

    return {"float64": step_of(np.float64), "float32": step_of(np.float32)}


def processor():
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            x.split(":")[1].strip() for x in lines if x.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine():
    """Return one sentence about what computed."""
    blas = [i for i in threadpool_info() if i["user_api"] == "blas"]
    kernels = ", ".join(
        f"{i['internal_api']} {i['version']} ({i['architecture']}, "
        f"threads: {i['num_threads']})"
        for i in blas
    )
    return (
        f"{processor()}, {os.cpu_count()} cores; {platform.system()}; Python "
        f"{platform.python_version()}; NumPy {np.__version__} with "
        f"{kernels or 'no BLAS'}."
    )


def table(title, unit, count, results):
    """Return a Markdown table of one measurement."""
    lines = [f"| {title} | {unit} | times as fast |", "|:--|--:|--:|"]
    for name, (seconds, ratio) in results.items():
        each = 1e6 * seconds / count
        each = f"{each:.3g} µs" if each < 1000 else f"{each / 1000:.3g} ms"
        lines.append(f"| {name} | {each} | {ratio:.2g} |")
    return "\n".join(lines)


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=51)
    parser.add_argument("--output", type=Path, default=ROOT / "book" / "bench-table.md")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    digits = datasets.load_digits().x_test
    noise = rng.random((1000, 196))
    parts = [
        "<!-- written by benchmarks/run.py -->",
        f"Measured on: {machine()} Medians of {args.rounds} rounds, in turns.",
    ]
    for name, x in (("digits-mlp", digits), ("draw-mlp", noise)):
        results = in_turns(predicting(name, x), args.rounds)
        title = f"`{name}`, forward"
        parts.append(table(title, "time for an image", len(x), results))
    results = in_turns(training(rng), args.rounds)
    title = f"784-50-10 with sigmoid, one training step on {BATCH} images"
    parts.append(table(title, "time for a step", STEPS, results))
    args.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
