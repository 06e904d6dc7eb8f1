"""Print how many megabytes a step of training needs beyond the network itself.

    python benchmarks/memory.py NETWORK MAKER

NETWORK is ``deep_cnn`` or ``gpt``, and MAKER the name of one of the functions that make
its step, in ``steps`` or in ``transformer``. The number is how far the process's
resident memory grew above what it was after steps on two pictures, or one text, which
load all that is loaded at first use. A process can measure this once,
so ``run.py`` starts one for each. It needs Linux, which tells a process its peak.
"""

import os
import sys
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import steps
import transformer

BATCH = 100


def peak():
    """Return the most memory that was resident so far, in MB of 10⁶ bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def pictures(maker):
    """Return the step of ``deep_cnn``, a small batch and a whole one."""
    network = steps.NETWORKS["deep_cnn"]
    rng = np.random.default_rng(0)
    x, t = rng.random((BATCH, 784), dtype=np.float32), rng.integers(10, size=BATCH)
    batches = network.batches([(x[:2], t[:2]), (x, t)])
    step, (small, whole) = getattr(steps, maker)(network, batches)
    return step, small, whole


def texts(maker):
    """Return the step of the GPT, a small batch and a whole one."""
    [(x, t)] = transformer.batches(1)
    step = getattr(transformer, maker)(transformer.start())
    return step, (x[:1], t[:1]), (x, t)


def main():
    """Train a little, and print."""
    network, maker = sys.argv[1:]
    step, small, whole = {"deep_cnn": pictures, "gpt": texts}[network](maker)
    for _ in range(3):
        step(*small)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts at what is now
    before = peak()
    for _ in range(3):
        step(*whole)
    print(peak() - before)


if __name__ == "__main__":
    main()
