"""Data sets: handwriting and clothes as images, names and plays, points in the plane.

Every function returns a `Dataset` of four arrays. `load_digits` and `load_names` need
no network; `load_mnist` and `load_fashion_mnist` download four files once and keep
them, `load_more_names` and `load_shakespeare` one. For your own data see
`dlscratch.own_data`.
"""

import gzip
import hashlib
import io
import math
import os
import zlib
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlscratch import downloads
from dlscratch.checks import float_dtype, floats, numbers, real, whole

DIGITS_SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"
NAMES_SHA256 = "cba14f452b7768bd7fe093035a67491d4a334061634ccfd51522fb796910e75e"
LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # by their ids; the point is start and end


class _Parts(NamedTuple):
    x_train: np.ndarray
    t_train: np.ndarray
    x_test: np.ndarray | None = None
    t_test: np.ndarray | None = None


class Dataset(_Parts):
    """Training and test data; the test part may be missing.

    Attributes
    ----------
    x_train, x_test : ndarray, shape (N, D) or (N, C, H, W)
        Inputs, one row (or picture) each. Texts are ids of letters, (N, T).
    t_train, t_test : ndarray of int64, shape (N,)
        Class ids, counted from 0. Texts have one at each step, (N, T).
    classes : tuple of str, or None
        What the classes are called, where that is known. No part of the tuple.
    n_measured : int or None
        What :meth:`measuring` set, or None for all. No part of the tuple.

    Raises
    ------
    ValueError
        If there are not as many labels as inputs, if the test part is incomplete, or
        if its inputs have another shape.

    Examples
    --------
    >>> data = Dataset([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1])
    >>> data.x_train.shape, data.x_test
    ((3, 2), None)
    >>> validation_split(data, 1).x_test
    array([[1., 1.]])
    """

    classes = n_measured = None

    def __new__(cls, x_train, t_train, x_test=None, t_test=None, *, classes=None):
        """Check the parts."""
        if (x_test is None) != (t_test is None):
            raise ValueError("Dataset: expected x_test and t_test, or neither, got one")
        parts = {"x_train": x_train, "t_train": t_train}
        if x_test is not None:
            parts |= {"x_test": x_test, "t_test": t_test}
        parts = {
            name: numbers(part, f"Dataset: {name}") for name, part in parts.items()
        }
        shapes = {name: part.shape for name, part in parts.items()}
        for name in ("train", "test")[: len(parts) // 2]:
            x, t = shapes[f"x_{name}"], shapes[f"t_{name}"]
            if not x or not t or x[0] != t[0]:
                raise ValueError(
                    f"Dataset: expected as many labels in t_{name} as examples in "
                    f"x_{name}, got the shapes {t} and {x}"
                )
        x, x_test = shapes["x_train"], shapes.get("x_test", shapes["x_train"])
        if x[1:] != x_test[1:]:
            raise ValueError(
                "Dataset: expected examples of the same shape in both parts, got "
                f"{x[1:]} in x_train and {x_test[1:]} in x_test"
            )
        data = super().__new__(cls, **parts)
        data.classes = classes
        return data

    def _replace(self, **parts):
        data = Dataset(**(self._asdict() | parts), classes=self.classes)
        data.n_measured = self.n_measured
        return data

    def measuring(self, n):
        """Return the same data, with fewer training examples to measure.

        Parameters
        ----------
        n : int
            How many, the first ones: :func:`~dlscratch.training.train` finds the
            accuracy on these after each epoch, and not on all.

        Returns
        -------
        Dataset

        Examples
        --------
        >>> digits = load_digits().measuring(100)
        >>> len(digits.x_train), digits.n_measured
        (1437, 100)
        """
        data = self._replace()
        data.n_measured = whole(n, "Dataset.measuring", "n")
        return data


def load_digits(*, shuffle=None, flatten=True, dtype=np.float64):
    """Load 1,797 handwritten digits of 8×8 pixels, shipped with this package.

    Parameters
    ----------
    shuffle : numpy.random.Generator, optional
        Mix all images before the split. By default they keep the file's order, in
        which each filled-in form of some 130 digits stands together. So the test
        images come from other forms than the training images. Only the form at the
        border is on both sides, with 22 pictures in training and 108 in the test. When
        shuffled, every form is on both sides, and the test is easier.
    flatten : bool
        Give each image as a row of 64 numbers; otherwise with shape (1, 8, 8).
    dtype : floating-point type of the inputs

    Returns
    -------
    Dataset
        1,437 training and 360 test images. The file's pixels are counts from 0 to 16;
        here they are divided by 16, so they run from 0 (paper) to 1 (ink).

    Raises
    ------
    ValueError
        If the shipped file was altered.
    TypeError
        If `shuffle` is no Generator or `dtype` no floating-point type.

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
    downloads.verify(raw, DIGITS_SHA256, "data/digits.npz", "Install dlscratch again")
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        x = _inputs(file["images"], 16, flatten, dtype)
        t = file["labels"].astype(np.int64)
    if shuffle is not None:
        order = _generator(shuffle, "shuffle").permutation(len(t))
        x, t = x[order], t[order]
    return Dataset(x[:1437], t[:1437], x[1437:], t[1437:])


def load_mnist(*, flatten=True, dtype=np.float32):
    """Load MNIST: 70,000 handwritten digits of 28×28 pixels.

    The first call downloads 12 MB into the user's cache folder. If the environment
    variable DLSCRATCH_DATA names a folder, files that are there (in `mnist/` or
    directly, gzipped or not) are used instead, and nothing is written to it. The
    SHA-256 of every file's content is checked each time.

    Parameters
    ----------
    flatten : bool
        Give each image as a row of 784 numbers; otherwise with shape (1, 28, 28).
    dtype : floating-point type of the inputs

    Returns
    -------
    Dataset
        60,000 training and 10,000 test images. The bytes 0 to 255 are divided by 255:
        0 is background, 1 full ink. Labels are int64.

    Raises
    ------
    FileNotFoundError
        If a file is neither on this computer nor to be had from any mirror.
    ValueError
        If a file in DLSCRATCH_DATA has been altered.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998). Gradient-based learning
    applied to document recognition. Proceedings of the IEEE 86(11), 2278-2324.
    """
    return _load_idx("mnist", flatten, dtype)


def load_fashion_mnist(*, flatten=True, dtype=np.float32):
    """Load Fashion-MNIST: 70,000 pictures of clothes in the format of MNIST (31 MB).

    The classes 0 to 9 are T-shirt/top, trouser, pullover, dress, coat, sandal, shirt,
    sneaker, bag and ankle boot. Its folder in DLSCRATCH_DATA is `fashion-mnist`. For
    everything else see `load_mnist`.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf (2017). Fashion-MNIST: a novel image dataset for
    benchmarking machine learning algorithms. arXiv:1708.07747. MIT licence.
    """
    return _load_idx("fashion-mnist", flatten, dtype)


def read_idx(raw, name=None):
    r"""Read an array of bytes in MNIST's file format, IDX.

    Parameters
    ----------
    raw : str, Path or bytes
        The file, or what it holds, gzipped or not: two zero bytes, the type code 8
        (unsigned bytes), the number of dimensions; each dimension as 4 bytes, the most
        significant first; then the values in row-major order.
    name : str, optional
        What to call the file in an error.

    Returns
    -------
    ndarray of uint8, read-only

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not exactly that, or has no values.
    TypeError
        If `raw` is neither a path nor bytes.

    Examples
    --------
    >>> read_idx(b"\0\0\x08\x02" + b"\0\0\0\x02" + b"\0\0\0\x03" + bytes(range(6)))
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint8)
    """
    if isinstance(raw, str | os.PathLike):
        if not (path := Path(raw)).is_file():
            raise FileNotFoundError(f"read_idx: expected a file, got {path}")
        name, raw = name or path, path.read_bytes()
    if not isinstance(raw, bytes | bytearray):
        raise TypeError(
            f"read_idx: expected a file's path or its bytes, got {type(raw).__name__}"
        )
    name = name or "IDX data"
    if raw[:2] == b"\x1f\x8b":  # gzip's signature
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{name}: damaged gzip file: {error}") from None
    if raw[:3] != b"\0\0\x08":
        raise ValueError(
            f"{name}: expected an IDX file, which starts with the bytes 00 00 08, "
            f"received {raw[:3].hex(' ') or 'nothing'}"
        )
    start = 4 + 4 * raw[3] if len(raw) > 3 else 4
    shape = tuple(int.from_bytes(raw[i : i + 4]) for i in range(4, start, 4))
    if len(shape) > 64:
        raise ValueError(
            f"{name}: expected at most 64 dimensions, as NumPy has, received {raw[3]}"
        )
    expected = start + math.prod(shape)
    if not shape or 0 in shape or len(raw) != expected:
        raise ValueError(
            f"{name}: the header gives the shape {shape}, so expected {expected:,} "
            f"bytes (and no dimension of 0), received {len(raw):,} bytes"
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def _load_idx(name, flatten, dtype):
    files = downloads.fetch(name)
    arrays = [read_idx(raw, f"{name}/{file}") for file, raw in files.items()]
    for x, t in (arrays[:2], arrays[2:]):
        if x.shape != (len(x), 28, 28) or t.shape != (len(x),):
            raise ValueError(
                f"{name}: expected images (N, 28, 28) and labels (N,), "
                f"received {x.shape} and {t.shape}"
            )
        if t.max() > 9:
            raise ValueError(f"{name}: expected labels 0 to 9, received {t.max()}")
    x_train, t_train, x_test, t_test = arrays
    return Dataset(
        _inputs(x_train, 255, flatten, dtype),
        t_train.astype(np.int64),
        _inputs(x_test, 255, flatten, dtype),
        t_test.astype(np.int64),
    )


def _inputs(images, largest, flatten, dtype):
    """Scale pictures (N, H, W) of 0..largest to 0..1 and give them the wanted shape."""
    dtype = float_dtype(dtype, "dtype")
    x = np.divide(images, largest, dtype=dtype)
    return x.reshape(len(x), -1) if flatten else x[:, np.newaxis]


def _generator(rng, name="rng"):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name}: expected a numpy.random.Generator, got {rng!r}. "
            "Pass numpy.random.default_rng(seed)."
        )
    return rng


def load_names():
    """Load 5,163 first names of the US census of 1990, shipped with this package.

    Returns
    -------
    Dataset
        4,646 names for training and 517 for the test, as :func:`encode_names` gives
        them, in 12 steps; ``classes`` is the alphabet, :data:`LETTERS`. The names are
        all different. The split is the same everywhere: they stand in the order of
        their SHA-256, which mixes them as well as drawing lots would, and the last
        tenth is the test part.

    Raises
    ------
    ValueError
        If the shipped file was altered.

    References
    ----------
    US Census Bureau (1995). Frequently occurring first names and surnames from the 1990
    census. In the public domain.

    Examples
    --------
    >>> data = load_names()
    >>> data.x_train.shape, data.x_test.shape
    ((4646, 12), (517, 12))
    >>> decode_names(data.x_train[:3])
    ['grady', 'leida', 'anita']
    """
    raw = (resources.files("dlscratch") / "data" / "names.txt").read_bytes()
    downloads.verify(raw, NAMES_SHA256, "data/names.txt", "Install dlscratch again")
    return _names(raw.decode("ascii"))


def load_more_names():
    """Load 32,033 first names given in the US in 2018, the list of makemore.

    For where the file comes from, and for errors, see :func:`load_mnist`; in the folder
    that DLSCRATCH_DATA names it is `text/names.txt` (228 kB).

    Returns
    -------
    Dataset
        28,829 names for training and 3,204 for the test, in 16 steps, encoded, mixed
        and split as those of :func:`load_names`. Of the names 2,539 are there twice,
        as girls' and as boys'; both times in the same part.

    References
    ----------
    A. Karpathy (2022). makemore, https://github.com/karpathy/makemore. The names are
    those of the US Social Security Administration, a work of the US government.
    """
    return _names(_text("names.txt"))


def _text(file):
    return downloads.fetch_text(file).decode("ascii")


def _names(text):
    names = sorted(text.split(), key=_sha256)
    n = math.ceil(0.1 * len(names))
    while names[-n - 1] == names[-n]:  # not the same name on both sides
        n += 1
    x, t = encode_names(names)
    return Dataset(x[:-n], t[:-n], x[-n:], t[-n:], classes=tuple(LETTERS))


def _sha256(name):
    return hashlib.sha256(name.encode()).digest()


def encode_names(names, steps=None):
    """Turn names into what a network reads, and what it should say at each step.

    Parameters
    ----------
    names : list of str
        Of the letters a to z; capital ones become small.
    steps : int, optional
        T, by default as many as the longest name needs: one more than its letters.

    Returns
    -------
    x : ndarray of int64, shape (N, T)
        0, which is the start, then the letters as their ids in :data:`LETTERS`. Behind
        the end stands 0.
    t : ndarray of int64, shape (N, T)
        What comes next: the letters, then 0, which is the end. Behind it stands -1, to
        be ignored by the loss.

    Examples
    --------
    >>> x, t = encode_names(["Eva", "Al"])
    >>> x
    array([[ 0,  5, 22,  1],
           [ 0,  1, 12,  0]])
    >>> t
    array([[ 5, 22,  1,  0],
           [ 1, 12,  0, -1]])
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"encode_names: expected a list of names, got {names!r:.80}")
    names = [name.lower() for name in names]
    strange = [name for name in names if not name or set(name) - set(LETTERS[1:])]
    if strange:
        raise ValueError(
            f"encode_names: expected names of the letters a to z, got {strange[0]!r}"
        )
    longest = 1 + max(map(len, names), default=0)
    steps = longest if steps is None else whole(steps, "encode_names", "steps", longest)
    x = np.zeros((len(names), steps), dtype=np.int64)
    t = np.full_like(x, -1)
    for i, name in enumerate(names):
        n = len(name)
        x[i, 1 : n + 1] = t[i, :n] = [LETTERS.index(letter) for letter in name]
        t[i, n] = 0
    return x, t


def decode_names(x):
    """Turn rows of ids back into names: what stands between the start and the end.

    Parameters
    ----------
    x : ndarray of int, shape (N, T)
        Each row begins with 0. The name ends before the next 0, or with the row.

    Returns
    -------
    list of str

    Examples
    --------
    >>> decode_names([[0, 5, 22, 1], [0, 1, 12, 0]])
    ['eva', 'al']
    """
    x = numbers(x, "decode_names")
    if x.ndim != 2 or x.dtype.kind not in "iu" or (x[:, :1] != 0).any():
        raise ValueError(
            "decode_names: expected rows of ids, shape (N, T), that begin with 0, got "
            f"{x.dtype} of shape {x.shape}"
        )
    if x.size and (x.min() < 0 or x.max() >= len(LETTERS)):
        raise ValueError(
            f"decode_names: expected ids from 0 to {len(LETTERS) - 1}, got {x.min()} "
            f"to {x.max()}"
        )
    rows = ("".join(LETTERS[i] for i in row[1:]) for row in x)
    return [row.partition(LETTERS[0])[0] for row in rows]


def load_shakespeare(steps=None):
    """Load a part of Shakespeare's plays, 1,115,394 characters: "tiny Shakespeare".

    For where the file comes from, and for errors, see :func:`load_mnist`; in the folder
    that DLSCRATCH_DATA names it is `text/tinyshakespeare.txt`.

    Parameters
    ----------
    steps : int, optional
        Cut the text into windows of so many steps, one behind the other. What is left
        over at the end of each part is not used.

    Returns
    -------
    Dataset
        x holds the characters' ids, and t at each step the next one's. Both have the
        shape (N,) or, in windows, (N, steps). The first 90 % of the text are for
        training, the rest for the test. ``classes`` are the 65 characters, in
        Unicode's order.

    References
    ----------
    A. Karpathy (2015). char-rnn, https://github.com/karpathy/char-rnn. The plays are
    in the public domain.
    """
    if steps is not None:
        steps = whole(steps, "load_shakespeare", "steps")
    text = _text("tinyshakespeare.txt")
    alphabet = sorted(set(text))
    ids = np.searchsorted(alphabet, list(text))
    cut = int(0.9 * len(ids))
    parts = []
    for part in (ids[:cut], ids[cut:]):
        x, t = part[:-1], part[1:]
        if steps is not None:
            n = len(x) // steps * steps
            x, t = x[:n].reshape(-1, steps), t[:n].reshape(-1, steps)
        parts += [x, t]
    return Dataset(*parts, classes=tuple(alphabet))


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
        Inputs (N, 2) in random order; a fifth of the points, rounded down, is the test
        set.

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
    middles = floats(centers, "make_blobs: centers")
    if middles.ndim != 2 or middles.shape[1] != 2 or not len(middles):
        raise ValueError(
            f"make_blobs: centers: expected (x, y) pairs, got shape {middles.shape}"
        )
    if not np.isfinite(middles).all():
        raise ValueError(
            f"make_blobs: centers: expected finite numbers, got {centers!r}"
        )
    return _toy("make_blobs", n, len(middles), lambda t, u: middles[t], noise, rng)


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

    return _toy("make_moons", n, 2, point, noise, rng)


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
    classes = whole(classes, "make_spirals", "classes")

    def point(t, u):
        angle = 2 * np.pi * (t / classes + 2 / 3 * u)
        return np.stack([u * np.cos(angle), u * np.sin(angle)], axis=1)

    return _toy("make_spirals", n, classes, point, noise, rng)


def _toy(kind, n, classes, point, noise, rng):
    """Draw n points: point(t, u) gives the place on class t's curve at u in [0, 1)."""
    n, noise = whole(n, kind, "n", 10), real(noise, kind, "noise", 0)
    t = _generator(rng).permutation(np.arange(n) % classes)
    x = point(t, rng.random(n)) + rng.normal(0, noise, (n, 2))
    split = n - n // 5
    return Dataset(x[:split], t[:split], x[split:], t[split:])


def validation_split(data, n, rng=None):
    """Hold out training examples to choose by, so that the test set stays unseen.

    Parameters
    ----------
    data : Dataset
    n : int
        How many of the training examples to hold out.
    rng : numpy.random.Generator, optional
        Draws them at random. By default they are the last ones: where a file keeps
        each form's digits together, as that of :func:`load_digits` does, these come
        from other forms than the rest, like the test images; all but those of the form
        that the cut goes through.

    Returns
    -------
    Dataset
        Its "test" part is what was held out. The real test part is left out.
    """
    if not isinstance(data, Dataset):
        raise TypeError(
            "validation_split: expected a Dataset, such as Dataset(x, t), got "
            f"{type(data).__name__}"
        )
    size, n = (
        len(data.x_train),
        whole(n, "validation_split", "n, how many to hold out,"),
    )
    if n >= size:
        raise ValueError(
            f"validation_split: expected n between 1 and {size - 1}, got {n}"
        )
    order = np.arange(size)
    if rng is not None:
        order = _generator(rng).permutation(size)
    rest, held = order[:-n], order[-n:]
    x, t = data.x_train, data.t_train
    return Dataset(x[rest], t[rest], x[held], t[held], classes=data.classes)


def random_shift(x, rng, pixels=1):
    """Move each image by a random whole number of pixels, at most ``pixels`` each way.

    What leaves the frame is lost, and paper (0) comes in on the other side.

    Parameters
    ----------
    x : ndarray, shape (N, ..., H, W), or (N, D) with square images in rows
    rng : numpy.random.Generator
    pixels : int

    Returns
    -------
    ndarray, shape of ``x``

    Examples
    --------
    >>> image = np.array([[[0, 0, 0], [0, 1, 0], [0, 0, 0]]])
    >>> random_shift(image, np.random.default_rng(2))
    array([[[0, 0, 1],
            [0, 0, 0],
            [0, 0, 0]]])
    """
    images = _pictures(x, "random_shift")
    pixels, rng = whole(pixels, "random_shift", "pixels", 0), _generator(rng)
    *front, height, width = images.shape
    frame = height + 2 * pixels, width + 2 * pixels
    framed = np.zeros((*front, *frame), dtype=images.dtype)
    framed[..., pixels : pixels + height, pixels : pixels + width] = images
    windows = np.lib.stride_tricks.sliding_window_view(
        framed, (height, width), axis=(-2, -1)
    )  # (N, ..., 2 pixels + 1, 2 pixels + 1, H, W)
    top, left = rng.integers(2 * pixels + 1, size=(len(images), 2)).T
    shifted = windows[np.arange(len(images)), ..., top, left, :, :]
    return shifted.reshape(np.shape(x))


def random_affine(x, rng, *, degrees=10, scale=0.1, shear=0.1, pixels=2):
    """Turn, stretch, slant and move each image by random amounts, up to those given.

    The pixel at place p (row, column; measured from the middle) of a new image is what
    the old one shows at A (p - m). Here A undoes a turn after a slant after a stretch,
    and m is the move. Between four pixels, their values are mixed in proportion to how
    near they are (bilinear interpolation). Outside the old image there is paper (0).

    Parameters
    ----------
    x : ndarray, shape (N, ..., H, W), or (N, D) with square images in rows
    rng : numpy.random.Generator
    degrees : float
        Angle of the turn.
    scale : float
        Stretch along each axis, as a fraction: 0.1 gives factors from 0.9 to 1.1.
    shear : float
        Slant: columns that a pixel moves sideways for each row above the middle.
    pixels : float
        Move along each axis.

    Returns
    -------
    ndarray, shape of ``x``

    Examples
    --------
    >>> image = np.array([[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]])
    >>> random_affine(image, np.random.default_rng(2), pixels=0.5).round(2)
    array([[[0.  , 0.  , 0.  ],
            [0.  , 0.7 , 0.26],
            [0.  , 0.06, 0.  ]]])
    """
    images, rng = _pictures(x, "random_affine"), _generator(rng)
    degrees = real(degrees, "random_affine", "degrees", 0)
    scale = real(scale, "random_affine", "scale", 0, 1, below=True)
    shear = real(shear, "random_affine", "shear", 0)
    pixels = real(pixels, "random_affine", "pixels", 0)
    if images.dtype.kind != "f":
        images = images.astype(float)
    n, (height, width) = len(images), images.shape[-2:]
    angle = np.radians(rng.uniform(-degrees, degrees, n))
    stretch = rng.uniform(1 - scale, 1 + scale, (n, 1, 2))
    slant = rng.uniform(-shear, shear, n)
    move = rng.uniform(-pixels, pixels, (n, 2, 1))

    cos, sin, one = np.cos(angle), np.sin(angle), np.ones(n)
    turn = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)  # (N, 2, 2)
    lean = np.array([[one, 0 * one], [-slant, one]]).transpose(2, 0, 1)
    middle = np.array([[height - 1], [width - 1]]) / 2
    grid = np.indices((height, width)).reshape(2, -1)  # (2, H·W)
    place = np.linalg.inv(turn @ lean * stretch) @ (grid - middle - move) + middle
    place = np.clip(place, -1, [[height], [width]])

    corner = np.floor(place)  # (N, 2, H·W)
    below, right = (place - corner).astype(images.dtype).transpose(1, 0, 2)[:, :, None]
    paper = [(0, 0)] * (images.ndim - 2) + [(1, 2), (1, 2)]
    channels, size = math.prod(images.shape[1:-2]), (height + 3) * (width + 3)
    padded = np.pad(images, paper).reshape(n, channels, size)
    start = size * np.arange(n * channels).reshape(n, channels, 1)
    row, column = corner.astype(int).transpose(1, 0, 2) + 1
    index = start + (row * (width + 3) + column)[:, None]  # (N, C, H·W)
    a, b, c, d = (padded.take(index + k) for k in (0, 1, width + 3, width + 4))
    top, bottom = a + right * (b - a), c + right * (d - c)
    return (top + below * (bottom - top)).reshape(np.shape(x))


def _pictures(x, name):
    """Give rows of pixels their square shape."""
    images = numbers(x, name)
    side = math.isqrt(images.shape[1]) if images.ndim == 2 else 0
    if images.ndim < 2 or (side and side * side != images.shape[1]):
        raise ValueError(
            f"{name}: expected images, or rows of square ones, got {images.shape}"
        )
    return images.reshape(len(images), side, side) if side else images
