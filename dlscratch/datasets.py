"""Data sets: real handwriting and clothes as images, and toy points in the plane.

Every function returns a `Dataset` of four arrays. `load_digits` needs no network;
`load_mnist` and `load_fashion_mnist` download four files once and keep them.
"""

import gzip
import hashlib
import io
import math
import os
import sys
import tempfile
import warnings
import zlib
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch

TEST_SHARE = 0.2  # of the toy sets' points
TIMEOUT = 10  # seconds without a byte before a mirror is given up

_DIGITS_SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"

# Where the files are: tried in this order. All mirrors serve the same bytes.
MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
}

# In the order x_train, t_train, x_test, t_test.
SHA256 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
}


class Dataset(NamedTuple):
    """Training and test data.

    Attributes
    ----------
    x_train, x_test : ndarray, shape (N, D) or (N, C, H, W)
        Inputs, one row (or picture) each.
    t_train, t_test : ndarray of int64, shape (N,)
        Class ids, counted from 0.
    """

    x_train: np.ndarray
    t_train: np.ndarray
    x_test: np.ndarray
    t_test: np.ndarray


def load_digits(*, shuffle=None, flatten=True, dtype=np.float64):
    """Load 1,797 handwritten digits of 8×8 pixels, shipped with this package.

    Parameters
    ----------
    shuffle : numpy.random.Generator, optional
        Mix all images before the split. The default keeps the file's order, in which
        each writer's digits stand together. So the test images come from writers
        whom the training images lack (but for one: the split falls into a form, and
        22 of its pictures are in the training set). Shuffled, every writer is on
        both sides, and the test is easier.
    flatten : bool
        Give each image as a row of 64 numbers; else as shape (1, 8, 8).
    dtype : floating-point type of the inputs

    Returns
    -------
    Dataset
        1,437 training and 360 test images. The file's pixels are counts from 0 to 16;
        here they are divided by 16, so they run from 0 (paper) to 1 (ink).

    Raises
    ------
    ValueError
        If the shipped file was altered, or an argument has the wrong type.

    References
    ----------
    E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits.
    UCI Machine Learning Repository, https://doi.org/10.24432/C50P49. CC BY 4.0.

    Examples
    --------
    >>> data = load_digits()
    >>> data.x_train.shape, data.x_test.shape
    ((1437, 64), (360, 64))
    >>> data.t_train[:12]
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    raw = (resources.files("dlscratch") / "data" / "digits.npz").read_bytes()
    _verify(raw, _DIGITS_SHA256, "dlscratch/data/digits.npz", "Install dlscratch again")
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        x = _inputs(file["images"], 16, flatten, dtype)
        t = file["labels"].astype(np.int64)
    if shuffle is not None:
        order = _generator(shuffle, "shuffle").permutation(len(t))
        x, t = x[order], t[order]
    return Dataset(x[:1437], t[:1437], x[1437:], t[1437:])


def _inputs(images, largest, flatten, dtype):
    """Scale pictures (N, H, W) of 0..largest to 0..1 and give them the wanted shape."""
    if not np.issubdtype(dtype, np.floating):
        raise ValueError(f"dtype: expected a floating-point type, got {dtype!r}")
    x = np.divide(images, largest, dtype=dtype)
    return x.reshape(len(x), -1) if flatten else x[:, np.newaxis]


def _verify(raw, expected, name, advice):
    received = hashlib.sha256(raw).hexdigest()
    if received != expected:
        raise ValueError(
            f"{name}: expected SHA-256 {expected}, "
            f"received {received} ({len(raw):,} bytes). {advice}."
        )


def _generator(rng, name="rng"):
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"{name}: expected a numpy.random.Generator, got {rng!r}. "
            "Pass numpy.random.default_rng(seed)."
        )
    return rng


def make_blobs(n=200, centers=((-1.0, -1.0), (1.0, 1.0)), *, noise=0.4, rng):
    """Make round clouds of points, one class for each centre.

    Parameters
    ----------
    n : int
        Number of points, at least 10. The classes get equal shares of them.
    centers : sequence of (x, y)
        The middle of each cloud.
    noise : float
        Standard deviation of the normal noise, along each axis.
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        Inputs (N, 2) in random order; a fifth of the points (`TEST_SHARE`), rounded
        down, is the test set.

    Raises
    ------
    ValueError
        If an argument is out of its range or of the wrong type.

    Examples
    --------
    >>> data = make_blobs(100, rng=np.random.default_rng(0))
    >>> data.x_train.shape, data.x_test.shape
    ((80, 2), (20, 2))
    """
    middles = np.asarray(centers, dtype=np.float64)
    if middles.ndim != 2 or middles.shape[1] != 2 or not len(middles):
        raise ValueError(f"centers: expected (x, y) pairs, got shape {middles.shape}")
    return _toy(n, len(middles), lambda t, u: middles[t], noise, rng)


def make_moons(n=200, *, noise=0.1, rng):
    """Make two half circles that reach into each other: no line separates them.

    Class 0 is the upper half of the unit circle around (0, 0), class 1 the lower half
    of the one around (1, 0.5). For the parameters, the result and the errors see
    `make_blobs`.

    Examples
    --------
    >>> data = make_moons(100, noise=0, rng=np.random.default_rng(0))
    >>> bool(np.all(data.x_train[data.t_train == 0, 1] >= 0))
    True
    """

    def point(t, u):
        angle = np.pi * (u + t)  # t = 1 is the other half of the turn
        return np.stack([np.cos(angle) + t, np.sin(angle) + 0.5 * t], axis=1)

    return _toy(n, 2, point, noise, rng)


def make_spirals(n=300, classes=3, *, noise=0.03, rng):
    """Make spiral arms around the origin, one for each class.

    An arm runs from radius 0 to 1 while it makes two thirds of a turn. `classes` is at
    least 1. For the other parameters, the result and the errors see `make_blobs`.

    Examples
    --------
    >>> data = make_spirals(100, classes=4, rng=np.random.default_rng(0))
    >>> np.unique(data.t_train)
    array([0, 1, 2, 3])
    """
    if not isinstance(classes, int | np.integer) or classes < 1:
        raise ValueError(f"classes: expected a whole number from 1, got {classes!r}")

    def point(t, u):
        angle = 2 * np.pi * (t / classes + 2 / 3 * u)
        return np.stack([u * np.cos(angle), u * np.sin(angle)], axis=1)

    return _toy(n, classes, point, noise, rng)


def _toy(n, classes, point, noise, rng):
    """Draw n points: point(t, u) gives the place on class t's curve at u in [0, 1)."""
    if not isinstance(n, int | np.integer) or n < 10:
        raise ValueError(f"n: expected a whole number from 10, got {n!r}")
    if not np.isscalar(noise) or not 0 <= noise < np.inf:
        raise ValueError(f"noise: expected a number from 0, got {noise!r}")
    t = _generator(rng).permutation(np.arange(n) % classes)
    x = point(t, rng.random(n)) + rng.normal(0, noise, (n, 2))
    split = n - int(n * TEST_SHARE)
    return Dataset(x[:split], t[:split], x[split:], t[split:])
