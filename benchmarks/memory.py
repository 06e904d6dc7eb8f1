"""Print how many megabytes a step of training needs beyond the network itself.

    python benchmarks/memory.py MAKER

MAKER is the name of one of the functions in ``steps`` that make the step. The number is
how far the process's resident memory grew above what it was after steps on two
pictures, which load all that is loaded at first use. A process can measure this once,
so ``run.py`` starts one for each. It needs Linux, which tells a process its peak.
"""

import os
import sys
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import steps

BATCH = 100


def peak():
    """Return the most memory that was resident so far, in MB of 10⁶ bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def main():
    """Train a little, and print."""
    network = steps.NETWORKS["deep_cnn"]
    rng = np.random.default_rng(0)
    x, t = rng.random((BATCH, 784), dtype=np.float32), rng.integers(10, size=BATCH)
    batches = network.batches([(x[:2], t[:2]), (x, t)])
    step, (small, whole) = getattr(steps, sys.argv[1])(network, batches)
    for _ in range(3):
        step(*small)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts at what is now
    before = peak()
    for _ in range(3):
        step(*whole)
    print(peak() - before)


if __name__ == "__main__":
    main()
