"""Chapter 9's program in the words of other libraries, really run.

The blocks are taken out of the notebook. Each runs by itself, after the numbers that
all start from, and must print what ours prints. ``make test-peers`` installs the
libraries; what is not installed is skipped, with its name. Theano cannot be run
today. Its block runs in the words of its successor, PyTensor.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "09-automatic-differentiation.ipynb"

NUMBERS = "The numbers that all start from"
OURS = ("Ours, define by run", "Ours, define, then run")
THEIRS = {  # the first line of a block, and the package that it needs
    "Theano": "pytensor",
    "TensorFlow 1": "tensorflow",
    "TensorFlow 2": "tensorflow",
    "PyTorch": "torch",
    "JAX": "jax",
}
SUCCESSOR = {
    "import theano\n": "import pytensor as theano\n",
    "from theano import tensor": "from pytensor import tensor",
    "T.nnet.logsoftmax(scores)": "T.special.log_softmax(scores, axis=1)",
}
# No reports on stderr, one thread, and no compiler for five small steps.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "PYTENSOR_FLAGS": "mode=FAST_COMPILE,cxx=",
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
}
# What the chapter's tables say of a gradient where no path leads to it.
NO_PATH = {
    "dlscratch": (
        "from dlscratch.autograd import Tensor, grad, shared\n"
        "a, b = (Tensor([1.0, 2.0], needs_grad=True) for _ in 'ab')\n"
        "v, w = shared([1.0, 2.0]), shared([1.0, 2.0])\n"
        "print(grad((a * a).sum(), [b]), grad((v * v).sum(), [w]))",
        "[None] [None]",
    ),
    "pytensor": (
        "import pytensor\n"
        "v, w = pytensor.shared(1.0), pytensor.shared(1.0)\n"
        "print(pytensor.grad(v * v, w, disconnected_inputs='ignore').eval())\n"
        "try:\n    pytensor.grad(v * v, w)\n"
        "except pytensor.gradient.DisconnectedInputError as error:\n"
        "    print(type(error).__name__)",
        "0.0 DisconnectedInputError",
    ),
    "tensorflow": (
        "import tensorflow as tf\n"
        "a, b = tf.Variable(1.0), tf.Variable(1.0)\n"
        "with tf.GradientTape() as tape:\n    y = a * a\n"
        "print(tape.gradient(y, [b]))\n"
        "with tf.Graph().as_default():\n"
        "    v, w = (tf.compat.v1.placeholder(float) for _ in 'vw')\n"
        "    print(tf.gradients(v * v, [w]))",
        "[None] [None]",
    ),
    "torch": (
        "import torch\n"
        "a, b = (torch.ones(2, requires_grad=True) for _ in 'ab')\n"
        "y = (a * a).sum()\n"
        "print(torch.autograd.grad(y, [b], allow_unused=True, retain_graph=True))\n"
        "try:\n    torch.autograd.grad(y, [b], retain_graph=True)\n"
        "except RuntimeError as error:\n    print(type(error).__name__)\n"
        "y.backward()\nprint(b.grad)",
        "(None,) RuntimeError None",
    ),
    "jax": (
        "import jax\nprint(jax.grad(lambda a, b: a * a, argnums=1)(1.0, 1.0))",
        "0.0",
    ),
}


def blocks(path=NOTEBOOK):
    """Return the code of a notebook that begins with a comment, by that comment.

    It is found in cells of code and in fenced blocks.
    """
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            codes = re.findall(r"^```python\n(.*?)^```$", source, re.MULTILINE | re.S)
        else:
            codes = [source]
        for code in codes:
            first, _, _ = code.partition("\n")
            found[first.removeprefix("# ")] = code
    return found


def printed(code):
    """Run code in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **QUIET},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@cache
def numbers(name):
    """Return the numbers that a block prints, line by line."""
    code = blocks()[name]
    if name == "Theano":
        for old, new in SUCCESSOR.items():
            assert code.count(old) == 1, f"the block of Theano has no {old!r}"
            code = code.replace(old, new)
    return json.loads(f"[{','.join(printed(blocks()[NUMBERS] + code).splitlines())}]")


def needs(package):
    """Skip the test where a package is not installed."""
    if not find_spec(package):
        pytest.skip(f"{package} is not installed: make test-peers")


def test_the_notebook_shows_them_all():
    assert {NUMBERS, *OURS, *THEIRS} <= blocks().keys()
    for name in (*OURS, *THEIRS):
        assert len(blocks()[name].splitlines()) <= 25, name


@pytest.mark.parametrize("name", OURS)
def test_ours(name):
    *losses, product = numbers(name)
    assert len(losses) == 5
    assert losses == sorted(losses, reverse=True)
    assert np.shape(product) == (2, 3)
    assert (losses, product) == (numbers(OURS[0])[:-1], numbers(OURS[0])[-1])


@pytest.mark.parametrize(("name", "package"), THEIRS.items())
def test_others_print_what_ours_prints(name, package):
    needs(package)
    *losses, product = numbers(name)
    *expected, expected_product = numbers(OURS[0])
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(product, expected_product, rtol=0, atol=1e-6)


@pytest.mark.parametrize("package", NO_PATH)
def test_a_gradient_without_a_path(package):
    needs(package)
    code, expected = NO_PATH[package]
    assert printed(code).split() == expected.split()
