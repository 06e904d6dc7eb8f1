"""Measure how fast the library is, and write the table that book/results shows.

    python benchmarks/run.py [--rounds N] [--no-peers] [--noise] [--output FILE]

All variants of a measurement run in turns, round after round, so that a slow moment of
the machine hits all of them; a ratio is the median of the rounds' ratios. The training
step is also compared with PyTorch's and scikit-learn's, where these are installed.
"""

import argparse
import os
import platform
import statistics
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path

# One thread for everybody. The libraries read this once, when they are imported.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import steps
from threadpoolctl import threadpool_info

from dlscratch import datasets, models

ROOT = Path(__file__).resolve().parent.parent
BATCH = 100
STEPS = 20  # of training, timed together
COMPARED = 50  # steps over which the losses of all trainings must agree


def in_turns(variants, rounds):
    """Time functions in turns, every other round in the opposite order.

    Parameters
    ----------
    variants : dict of str to function
        What to time; the first is what the others are compared with.
    rounds : int
        How often each runs.

    Returns
    -------
    dict of str to tuple of float
        Median seconds, and the median ratio of the first's time to this one's. Both
        are of CPU time: with one thread it is the time that passes on an idle machine,
        and unlike that it does not count the turns of other programs.
    """
    times = {name: [] for name in variants}
    for work in variants.values():
        work()  # once for nothing, to fill the caches
    for i in range(rounds):
        for name in list(variants)[:: -1 if i % 2 else 1]:
            start = time.process_time()
            variants[name]()
            times[name].append(time.process_time() - start)
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


def images(noise):
    """Return batches for training, and a word for what they are."""
    rng = np.random.default_rng(0)
    try:
        data = None if noise else datasets.load_mnist()
    except FileNotFoundError as error:
        print(error)
        data = None
    if data is None:
        x = rng.random((COMPARED * BATCH, 784), dtype=np.float32)
        t = rng.integers(10, size=len(x))
        kind = "noise in the shape of MNIST, not its images"
    else:
        chosen = rng.choice(len(data.x_train), COMPARED * BATCH, replace=False)
        x, t = data.x_train[chosen], data.t_train[chosen]
        kind = "images of MNIST"
    cuts = range(0, len(x), BATCH)
    return [(x[i : i + BATCH], t[i : i + BATCH]) for i in cuts], kind


def training(batches, peers):
    """Return the variants of one training step, and how far their losses differ."""
    weights = steps.start_weights(np.random.default_rng(0))
    makers = {
        "`dlscratch`, float32": steps.ours,
        "`dlscratch`, float64": lambda w, b: steps.ours(w, b, np.float64),
    }
    makers |= {f"{name}, float32": steps.PEERS[name][1] for name in peers}
    variants, losses = {}, {}
    for name, make in makers.items():
        step, own = make(weights, batches)
        losses[name] = [step(x, t) for x, t in own]
        variants[name] = lambda step=step, own=own[:STEPS]: [step(*b) for b in own]
    return variants, steps.largest_difference(losses)


def installed_peers():
    """Return the names and versions of the peers that are installed here."""
    versions = {}
    for name, (package, _) in steps.PEERS.items():
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(package)
    return versions


def comparison(peers, results, difference):
    """Return the paragraph about the peers."""
    if not peers:
        return (
            "PyTorch and scikit-learn were not measured in this run; "
            "`make bench` installs and measures them."
        )
    ratios = {name: results[f"{name}, float32"][1] for name in peers}
    said = " and ".join(f"{1 / r:.2f} times as fast as {n}" for n, r in ratios.items())
    return (
        f"The step of `dlscratch` in float32 is {said}. All trainings started from the "
        f"same weights and saw the same batches. Over {COMPARED} steps their losses "
        f"differed by at most {difference:.0e} of their size, so all did the same work."
    )


def processor():
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            x.split(":")[1].strip() for x in lines if x.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine(peers):
    """Return one sentence about what computed."""
    blas = [i for i in threadpool_info() if i["user_api"] == "blas"]
    kernels = ", ".join(
        f"{i['internal_api']} {i['version']} ({i['architecture']}, "
        f"threads: {i['num_threads']})"
        for i in blas
    )
    others = "".join(f"; {name} {version}" for name, version in peers.items())
    return (
        f"{processor()}, {os.cpu_count()} cores; {platform.system()}; Python "
        f"{platform.python_version()}; NumPy {np.__version__} with "
        f"{kernels or 'no BLAS'}{others}."
    )


def table(title, unit, count, results):
    """Return a Markdown table of one measurement."""
    lines = [f"| {title} | {unit} | times as fast |", "|:--|--:|--:|"]
    for name, (seconds, ratio) in results.items():
        each = 1e6 * seconds / count
        each = f"{each:.3g} µs" if each < 1000 else f"{each / 1000:.3g} ms"
        ratio = f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}"
        lines.append(f"| {name} | {each} | {ratio} |")
    return "\n".join(lines)


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--output", type=Path, default=ROOT / "book" / "bench-table.md")
    parser.add_argument(
        "--no-peers", action="store_true", help="measure dlscratch alone"
    )
    parser.add_argument(
        "--noise", action="store_true", help="train on noise even where MNIST is"
    )
    args = parser.parse_args()
    peers = {} if args.no_peers else installed_peers()
    digits = datasets.load_digits().x_test
    noise = np.random.default_rng(0).random((1000, 196))
    forward = []
    for name, x in (("digits-mlp", digits), ("draw-mlp", noise)):
        results = in_turns(predicting(name, x), args.rounds)
        title = f"`{name}`, forward"
        forward.append(table(title, "time for an image", len(x), results))
    batches, kind = images(args.noise)
    variants, difference = training(batches, peers)
    results = in_turns(variants, args.rounds)
    title = f"784-50-10 with sigmoid, one training step on {BATCH} images"
    parts = [
        "<!-- written by benchmarks/run.py -->",
        f"Measured on: {machine(peers)} CPU time; medians of {args.rounds} "
        "rounds, in turns. "
        f"The training steps saw {kind}.",
        *forward,
        table(title, "time for a step", STEPS, results),
        comparison(peers, results, difference),
    ]
    args.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
