"""What all tests share: where the book is, and what to do where MNIST is not."""

import os
import sys
from pathlib import Path

import pooch
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))  # the maintainers' scripts are no package

MNIST = "t10k-images-idx3-ubyte.gz"


def mnist_is_here():
    """Return whether the MNIST files are on this machine already."""
    places = [Path(pooch.os_cache("dlscratch"), "mnist")]
    if folder := os.environ.get("DLSCRATCH_DATA"):
        places += [Path(folder, "mnist"), Path(folder)]
    return any((place / MNIST).is_file() for place in places)


def pytest_collection_modifyitems(items):
    """Skip the lab notebooks where MNIST is missing."""
    if mnist_is_here():
        return
    reason = "needs MNIST: run load_mnist() once, or let DLSCRATCH_DATA name its folder"
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.name.startswith("lab-"):
            item.add_marker(pytest.mark.skip(reason=reason))
