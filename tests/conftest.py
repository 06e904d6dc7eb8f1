"""What all tests share: where the book is, and what to do where MNIST is not."""

import os
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from dlscratch import plotting
from dlscratch.datasets import load_mnist

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))  # the maintainers' scripts are no package
sys.path.insert(0, str(ROOT / "book" / "_ext"))  # nor is the site's extension

from chromium import chromium, find_chromium  # noqa: E402 - the lines above find it
from data_here import LABS, is_here  # noqa: E402

WHY = (
    "needs MNIST and Fashion-MNIST: call load_mnist() and load_fashion_mnist() once, "
    "or let DLSCRATCH_DATA name their folder"
)
WHY_TEXT = (
    "needs the texts: call load_shakespeare() and load_more_names() once, or let "
    "DLSCRATCH_DATA name their folder"
)


def pytest_configure(config):
    """Let Hypothesis use the same examples each time, also on a busy machine."""
    if config.pluginmanager.hasplugin("hypothesispytest"):  # not where peers are tested
        from hypothesis import settings

        settings.register_profile("book", deadline=None, derandomize=True)
        settings.load_profile("book")


# The longest files besides the lab; each stays with one test process.
LONG = (
    "test_site.py",
    "test_plain_in_rich_out.py",
    "test_weights.py",
    "test_exercises.py",
    "test_jupyterlab.py",
    "test_of_tests.py",
)


def duration(item):
    """Return 0 for a test of the files that take longest, and so on."""
    path = item.path
    kinds = (
        path.name.startswith("lab-"),
        path.name in LONG,
        path.suffix == ".ipynb",
        path.parent.name == "browser",
        True,
    )
    return kinds.index(True)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest; skip a lab notebook where its data are missing."""
    items.sort(key=duration)
    for item in items:
        if item.path.suffix != ".ipynb" or item.path.stem not in LABS:
            continue
        if not all(map(is_here, LABS[item.path.stem])):
            why = WHY_TEXT if item.path.stem == "lab-text" else WHY
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def mnist():
    """MNIST, where it is; without it, its tests are skipped."""
    if not is_here("mnist"):
        pytest.skip(WHY)
    return load_mnist()


@pytest.fixture(scope="session")
def fashion_mnist():
    """Skip the test where Fashion-MNIST is not."""
    if not is_here("fashion-mnist"):
        pytest.skip(WHY)


@pytest.fixture(scope="session")
def texts():
    """Skip the test where the texts of the lab are not."""
    if not is_here("text"):
        pytest.skip(WHY_TEXT)


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for each test process, which can open only one."""
    if find_chromium() is None:
        reason = "no Chromium found: install it, or name it in CHROMIUM"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with chromium() as browser:
        yield browser


@pytest.fixture
def house_style():
    """Draw in the house style, and leave no figure and no setting behind."""
    with mpl.rc_context():
        plotting.use_house_style()
        yield
    plt.close("all")
