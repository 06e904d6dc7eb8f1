"""Measure how fast the library is, and write the table that book/results shows.

    python benchmarks/run.py [--rounds N] [--no-peers] [--noise] [--output FILE]
    python benchmarks/run.py --only lstm  # one network's training step, printed

All variants of a measurement run in turns, round after round, so that a slow moment of
the machine hits all of them; a ratio is the median of the rounds' ratios. The training
steps are also compared with PyTorch's and scikit-learn's, where these are installed,
and with plain convolutions that unroll every picture.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path

# One thread for everybody. The libraries read this once, when they are imported.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import recurrent
import steps
import transformer
from threadpoolctl import threadpool_info

from dlscratch import datasets, models

ROOT = Path(__file__).resolve().parent.parent
BATCH = 100
UNROLLED = "pictures unrolled, float64"
SEQUENCES = {"lstm": recurrent, "gpt": transformer}


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


def in_turns_but_unrolled(variants, rounds):
    """Time functions in turns, the unrolled one alone with the first, and less often.

    It takes and returns so much memory that whoever comes next pays for it.
    """
    quick = {name: work for name, work in variants.items() if name != UNROLLED}
    results = in_turns(quick, rounds)
    if UNROLLED in variants:
        first = next(iter(variants))
        pair = {name: variants[name] for name in (first, UNROLLED)}
        results[UNROLLED] = in_turns(pair, max(1, rounds // 5))[UNROLLED]
    return results


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
    n = BATCH * max(network.compared for network in steps.NETWORKS.values())
    rng = np.random.default_rng(0)
    try:
        data = None if noise else datasets.load_mnist()
    except FileNotFoundError as error:
        print(error)
        data = None
    if data is None:
        x = rng.random((n, 784), dtype=np.float32)
        t = rng.integers(10, size=len(x))
        kind = "noise in the shape of MNIST, not its images"
    else:
        chosen = rng.choice(len(data.x_train), n, replace=False)
        x, t = data.x_train[chosen], data.t_train[chosen]
        kind = "images of MNIST"
    cuts = range(0, len(x), BATCH)
    return [(x[i : i + BATCH], t[i : i + BATCH]) for i in cuts], kind


def training(name, batches, peers):
    """Return the variants of one training step, and how far their losses differ."""
    network = steps.NETWORKS[name]
    batches = network.batches(batches[: network.compared])
    variants, losses = {}, {}
    for who, make in steps.makers(name, peers).items():
        step, own = make(network, batches)
        losses[who] = [step(x, t) for x, t in own]
        own = own[: network.steps]
        variants[who] = lambda step=step, own=own: [step(*b) for b in own]
    return variants, steps.largest_difference(losses)


def reading(network, peers):
    """Return the same of a network that reads sequences."""
    makers = {"`dlscratch`, float32": network.ours}
    if "PyTorch" in peers:
        makers["PyTorch, float32"] = network.pytorch
    [batch], variants, losses = network.batches(1), {}, {}
    for who, make in makers.items():
        step = make(network.start())
        losses[who] = [step(x, t) for x, t in network.batches(network.COMPARED)]
        variants[who] = lambda step=step: step(*batch)
    return variants, steps.largest_difference(losses)


def convolving(batches, peers):
    """Return the variants of one convolution layer, forwards and backwards."""
    # What a second layer gets: the pictures, through a first layer and its ReLU.
    first = steps.NETWORKS["deep_cnn"].start()
    x = batches[0][0].reshape(-1, *steps.PICTURE)
    for layer in first.layers[:2]:
        x = layer.forward(x)
    x = np.ascontiguousarray(x)
    dy = np.random.default_rng(0).standard_normal(x.shape, dtype=np.float32)
    names = {"`dlscratch`, float32": "ours", UNROLLED: "unrolled"}
    if "PyTorch" in peers:
        names["PyTorch, float32"] = "pytorch"
    variants = {who: steps.convolution(name, x, dy) for who, name in names.items()}
    expected = variants["`dlscratch`, float32"]()
    for work in variants.values():
        for a, b in zip(expected, work(), strict=True):
            assert np.abs(a - b).max() <= 1e-4 * np.abs(a).max()
    return variants


def memory(network, peers):
    """Return the megabytes that a network's step needs, by who takes it."""
    names = {"`dlscratch`, float32": "ours"}
    if network == "deep_cnn":
        names[UNROLLED] = "unrolled"
    if "PyTorch" in peers:
        names["PyTorch, float32"] = "pytorch"
    if not Path("/proc/self/clear_refs").exists():
        return {}
    program = ROOT / "benchmarks" / "memory.py"
    return {
        who: float(subprocess.check_output([sys.executable, program, network, name]))
        for who, name in names.items()
    }


def installed_peers():
    """Return the names and versions of the peers that are installed here."""
    versions = {}
    for name, (package, _) in steps.PEERS.items():
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(package)
    return versions


def comparison(peers, results, difference, compared):
    """Return the paragraph below the table of a network's training step."""
    said = (
        f"All trainings started from the same weights and saw the same batches. Over "
        f"{compared} steps their losses differed by at most {difference:.0e} of their "
        "size, so all did the same work."
    )
    derived = [results[name][1] for name in steps.DERIVED if name in results]
    if derived:
        eager, compiled = (1 / r for r in derived)
        said += (
            " With gradients that `dlscratch.autograd` derives, a step takes "
            f"{eager:.2f} times as long if it is recorded anew each time, "
            f"{compiled:.2f} times if it is compiled."
        )
    ratios = {
        name: results[f"{name}, float32"][1]
        for name in peers
        if f"{name}, float32" in results
    }
    if not ratios:
        return said
    parts = [f"{1 / r:.2f} times as fast as {name}" for name, r in ratios.items()]
    return f"The step of `dlscratch` in float32 is {' and '.join(parts)}. {said}"


def step_table(name, batches, peers, rounds):
    """Measure a network's training step; return its table and the text below."""
    if name in SEQUENCES:
        network = SEQUENCES[name]
        title, count, compared = network.TITLE, 1, network.COMPARED
        variants, difference = reading(network, peers)
    else:
        network = steps.NETWORKS[name]
        title, count, compared = network.title, network.steps, network.compared
        variants, difference = training(name, batches, peers)
    results = in_turns_but_unrolled(variants, rounds)
    return [
        table(f"{title}: one training step", "time for a step", count, results),
        comparison(peers, results, difference, compared),
    ]


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
        scale, each = ("µs", each) if each < 1000 else ("ms", each / 1000)
        each = f"{each:.3g} {scale}" if each < 1000 else f"{each:.0f} {scale}"
        ratio = f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}"
        lines.append(f"| {name} | {each} | {ratio} |")
    return "\n".join(lines)


def memory_table(title, results):
    """Return a Markdown table of the memory, or say why there is none."""
    if not results:
        return "The memory of a step can be measured on Linux only."
    lines = [
        f"| {title}, one training step | memory beyond the network |",
        "|:--|--:|",
    ]
    lines += [f"| {name} | {megabytes:.0f} MB |" for name, megabytes in results.items()]
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
    parser.add_argument(
        "--only",
        choices=[*steps.NETWORKS, *SEQUENCES],
        help="measure one network's training step, print it, and write nothing",
    )
    args = parser.parse_args()
    peers = {} if args.no_peers else installed_peers()
    few_rounds = max(1, args.rounds // 2)
    if args.only:
        print(machine(peers))
        batches, kind = images(args.noise)
        print(kind, *step_table(args.only, batches, peers, args.rounds), sep="\n\n")
        return
    digits = datasets.load_digits().x_test
    noise = np.random.default_rng(0).random((1000, 196))
    forward = []
    for name, x in (("digits-mlp", digits), ("draw-mlp", noise)):
        results = in_turns(predicting(name, x), args.rounds)
        title = f"`{name}`, forward"
        forward.append(table(title, "time for an image", len(x), results))
    batches, kind = images(args.noise)
    parts = [
        "<!-- written by benchmarks/run.py -->",
        f"Measured on: {machine(peers)} CPU time; medians of {args.rounds} rounds, in "
        f"turns, of {few_rounds} where convolutions or sequences are, and fewer where "
        "pictures are unrolled. "
        f"The training steps saw {kind}, {BATCH} at a time, or random letters.",
        *forward,
    ]
    for name in [*steps.NETWORKS, *SEQUENCES]:
        rounds = args.rounds if name in ("mlp", "batch norm") else few_rounds
        parts += step_table(name, batches, peers, rounds)
    results = in_turns_but_unrolled(convolving(batches, peers), few_rounds)
    title = "3×3 convolution of 16 maps of 28×28 to 16, forwards and backwards"
    parts.append(table(title, f"time for {BATCH}", 1, results))
    for name, title in (("deep_cnn", "`deep_cnn`"), ("gpt", "The same GPT")):
        parts.append(memory_table(title, memory(name, peers)))
    if not peers:
        parts.append(
            "PyTorch and scikit-learn were not measured in this run; "
            "`make bench` installs and measures them."
        )
    args.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
