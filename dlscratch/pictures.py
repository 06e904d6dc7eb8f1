"""Photographs of handwritten digits, made into what the networks were trained on."""

import os
import warnings

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageFilter, ImageOps

LARGEST, SMALLEST = 800, 256  # pixels of the longer side while we look for the ink
FAINTEST = 0.15  # ink is darker than the paper around it, at least by this share
WIDEST = 0.3  # of the longer side; a line is narrower, a shadow wider
THINNEST = {"MNIST": 2.2, "UCI": 2.8}  # lines' least width, in digits 20 pixels high


def read_picture(path, size=28):
    """Read a photo or scan of one handwritten digit, and make it like the data sets'.

    The digit may be large or small, and in any colour on even paper of any other, also
    light on dark; the light may be uneven. It needs a margin of blank paper all
    around, and nothing else may be written there.

    First the brightness of the paper is found at every place, and how much each pixel
    differs from it. What differs most is the ink. Lines of a thin pen are widened.
    Then the ink is fitted into the frame as by those who made the data.

    Parameters
    ----------
    path : str, Path or binary file
        JPEG, PNG, or another kind of picture that Pillow reads. A photograph is turned
        upright as the camera noted (EXIF), and what is transparent becomes white.
    size : int
        28 is for networks trained on :func:`~dlscratch.datasets.load_mnist`: the digit
        keeps its shape and has 20 pixels on its longer side, with the centre of mass
        in the middle of the picture. Other sizes from 10 give the same at another
        scale: 14 is for ``pretrained("draw-cnn")``. 8 is for networks trained on
        :func:`~dlscratch.datasets.load_digits`: the digit is set upright and stretched
        to all 8 rows and up to 5 columns, and the values are 0 to 16, divided by 16.
        What was done to those digits is known less exactly, and so little is left of
        them that the networks read only about four of five such photographs.

    Returns
    -------
    ndarray of float, shape (size, size)
        From 0 (paper) to 1 (ink).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no picture; if no digit is seen in it, or several beside each other; or
        if the ink touches the border. The message says what to do.

    Examples
    --------
    A black bar on white paper, in a picture of 90 by 60 pixels:

    >>> import io
    >>> paper = np.full((60, 90), 255, dtype=np.uint8)
    >>> paper[12:42, 70:75] = 0
    >>> file = io.BytesIO()
    >>> Image.fromarray(paper).save(file, "png")
    >>> x = read_picture(file)
    >>> x.shape
    (28, 28)

    The network wants a batch, of shape (N, C, H, W):

    >>> from dlscratch.models import pretrained
    >>> scores = pretrained("simple-cnn").predict(x[np.newaxis, np.newaxis])
    >>> int(scores.argmax())
    1
    """
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not whole or not (size == 8 or size >= 10):
        raise ValueError(
            f"read_picture: expected the size 28, 8, or a whole number from 10, "
            f"got {size!r}"
        )
    ink = _one_digit(_ink(*_clearest(_pixels(path))))
    return _like_digits(ink) if size == 8 else _like_mnist(ink, int(size))


def _refuse(problem, advice):
    raise ValueError(f"read_picture: {problem}; {advice}") from None


# From a file to an array


def _pixels(path):
    """Read a file as an array (H, W, 3) of 0 to 1: upright, on white, smoothed."""
    named = isinstance(path, str | os.PathLike)
    if not named and not hasattr(path, "read"):
        raise TypeError(
            "read_picture: expected a path or a file opened with open(path, 'rb'), got "
            f"{type(path).__name__}"
        )
    name = os.fspath(path) if named else "the file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path)
            image.load()
        image = ImageOps.exif_transpose(image)
        if image.mode[0] in "IF":  # grey with 16 bits or more
            image = _eight_bits(np.asarray(image, dtype=float))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        image = image.convert("RGB")
    except FileNotFoundError:
        raise FileNotFoundError(f"read_picture: there is no file {name}") from None
    except Exception as error:
        _refuse(
            f"expected a picture, such as a JPEG or PNG, but could not read {name} "
            f"({type(error).__name__}: {error})",
            "save the picture as JPEG or PNG, with at most 80 million pixels",
        )
    if min(image.size) < 16:
        size = "×".join(map(str, image.size))
        _refuse(f"expected 16×16 pixels at least, got {size}", "take a larger picture")
    longer = max(image.size)
    scale = min(max(longer, SMALLEST), LARGEST) / longer
    shape = [max(1, round(scale * n)) for n in image.size]
    image = image.resize(shape, Image.Resampling.BICUBIC)
    image = image.filter(ImageFilter.GaussianBlur(1))
    return np.asarray(image, dtype=np.float32) / 255


def _eight_bits(grey):
    largest = 255 if grey.max() > 1 else 1
    if grey.max() > 255:  # with 10, 12 or 16 bits, whatever the file has room for
        largest = 2 ** int(grey.max()).bit_length() - 1
    return Image.fromarray((255 * np.clip(grey / largest, 0, 1)).astype(np.uint8))


# From an array to the ink


def _resized(x, shape, kind):
    image = Image.fromarray(np.ascontiguousarray(x))
    return np.asarray(image.resize(shape[::-1], kind))


def _small(x, longer):
    """Shrink an array (H, W) to a longer side, by means."""
    shape = [max(1, round(n * longer / max(x.shape))) for n in x.shape]
    return _resized(x, shape, Image.Resampling.BOX)


def _large(x, shape):
    return _resized(x, shape, Image.Resampling.BICUBIC)


def _clearest(pixels):
    """Choose the colour in which the ink is clearest: (H, W), ink dark; and how it was.

    The paper is the median of what is near. Marks that touch the border do not count:
    they may be remains of a shadow. If the digit hangs together with one, a higher
    threshold parts them.
    """
    inks = []
    for channel in pixels.transpose(2, 0, 1):
        small = _small(channel, 128)
        tiny = np.pad(_small(small, 48), 10, mode="edge")
        paper = np.median(sliding_window_view(tiny, (21, 21)), axis=(-2, -1))
        rest = small - _large(paper, small.shape)
        inks.append((np.maximum(-rest, 0), channel, False))
        inks.append((np.maximum(rest, 0), 1 - channel, True))  # light on dark paper
    touches = False
    for threshold in (FAINTEST / 2, FAINTEST, 2 * FAINTEST):
        weights = []
        for ink, _, _ in inks:
            _, weight, at_border = _weighed(ink, threshold)
            weights.append(np.max(weight * ~at_border))
            touches |= at_border[1:].any()
        if max(weights) > 0:
            return inks[np.argmax(weights)][1:]
    return _refuse_border() if touches else _refuse_blank()


def _largest_near(x, reach):
    """Return the largest value up to so many pixels away, without the rim (H, W)."""
    for axis in (0, 1):
        x = sliding_window_view(x, 2 * reach + 1, axis=axis).max(axis=-1)
    return x


def _ink(x, light):
    """Return the ink of a picture in which it is dark: (H, W), from 0 to 1."""
    small = _small(x, 128)
    widest = WIDEST
    for _ in range(2):
        # What is dark and narrow disappears in the brightest nearby. What is wide, such
        # as a shadow, comes back in the darkest nearby of these.
        reach = round(widest * 128 / 2)
        padded = np.pad(small, 2 * reach, mode="edge")
        paper = -_largest_near(-_largest_near(padded, reach), reach)
        paper = np.clip(_large(paper, x.shape), 0.05, 1)
        rest = np.clip(paper - x if light else 1 - x / paper, 0, 1)

        level = np.quantile(rest[::2, ::2], 0.999)
        for _ in range(2):
            marks = _marks(rest, max(FAINTEST, level / 2))
            level = np.sum(rest[marks] ** 3) / np.sum(rest[marks] ** 2)
        ink = np.where(marks, rest / level, 0)
        ink = np.clip((ink - 0.3) / 0.4, 0, 1).astype(np.float32)
        # Once the width of the lines is known, look for narrower shadows.
        widest = np.clip(4 * _line_width(ink) / max(x.shape), 0.06, WIDEST)
    return ink


def _marks(ink, threshold):
    """Return a mask of what was written: all marks that weigh enough."""
    step = -(-max(ink.shape) // 200)
    rows, columns = (-(-n // step) for n in ink.shape)
    edges = [(0, step * n - m) for n, m in zip((rows, columns), ink.shape, strict=True)]
    blocks = np.pad(ink, edges).reshape(rows, step, columns, step).max(axis=(1, 3))
    labels, weight, at_border = _weighed(blocks, threshold)
    heavy = weight > max(0, 0.04 * weight.max())
    if not heavy.any():
        _refuse_blank()
    if (heavy & at_border).any():
        _refuse_border()
    marks = heavy[labels].repeat(step, axis=0).repeat(step, axis=1)
    return marks[: ink.shape[0], : ink.shape[1]]


def _refuse_blank():
    _refuse("sees no digit in the picture", "write it larger, or with more contrast")


def _refuse_border():
    _refuse(
        "the ink touches the border of the picture",
        "leave a margin of blank paper around the digit, and nothing else",
    )


def _weighed(ink, threshold):
    """Find the connected marks of an array (H, W) of ink; number 0 is no mark.

    Returns
    -------
    labels : ndarray of int, shape (H, W)
    weight : ndarray, shape (M + 1,)
        Of each mark: the sum of its ink's cubes, since much little ink may be shadow.
    at_border : ndarray of bool, shape (M + 1,)
    """
    mask = ink > threshold
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        spread = np.where(mask, _largest_near(np.pad(labels, 1), 1), 0)
        if np.array_equal(spread, labels):
            break
        # A label stands for a pixel: take over what that pixel has by now.
        labels = np.append(0, spread)[spread]
    labels = np.unique(np.append(0, labels), return_inverse=True)[1][1:]
    labels = labels.reshape(mask.shape)
    weight = np.bincount(labels.ravel(), (ink**3).ravel())
    weight[0] = 0
    at_border = np.zeros(len(weight), dtype=bool)
    at_border[labels[[0, -1]]] = at_border[labels[:, [0, -1]]] = True
    return labels, weight, at_border


# From the ink to a small picture


def _box(ink):
    """Return the slices of the rows and the columns that have ink."""
    lines = (np.flatnonzero(ink.max(axis=axis) > 0.5) for axis in (1, 0))
    return tuple(slice(line[0], line[-1] + 1) for line in lines)


def _one_digit(ink):
    """Crop to the ink, (H, W), and see that it can be one digit."""
    ink = ink[_box(ink)]
    if max(ink.shape) < 20:
        _refuse_blank()
    columns = np.sum(ink > 0.5, axis=0)
    empty = np.flatnonzero(columns == 0)
    for gap in np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1):
        sides = [part.sum() for part in np.split(columns, gap[:1])]
        if len(gap) > 0.1 * len(ink) and min(sides) > 0.2 * columns.sum():
            _refuse("sees more than one digit", "crop the picture to one of them")
    return ink


def _line_width(ink):
    """Return the width of the lines in pixels: their area by half of their outline."""
    padded = np.pad(ink, 1)
    down, across = (np.abs(np.diff(padded, axis=axis)).sum() for axis in (0, 1))
    return 2 * ink.sum() / np.hypot(down, across)


def _widened(ink, thinnest):
    """Widen the lines of a thin pen, so that they stay visible in a small picture."""
    more = round((thinnest * max(ink.shape) / 20 - _line_width(ink)) / 2)
    if more < 1:
        return ink
    wide = Image.fromarray(np.pad(ink, more)).filter(
        ImageFilter.MaxFilter(2 * more + 1)
    )
    return np.asarray(wide)


def _middle(ink):
    """Return the ink's centre of mass, as (row, column), measured from the corner."""
    return [
        np.average(np.arange(n) + 0.5, weights=ink.sum(axis=1 - axis))
        for axis, n in enumerate(ink.shape)
    ]


def _like_mnist(ink, size):
    """Fit into 20 of 28 pixels, the centre of mass in the middle, as MNIST does."""
    ink = _widened(ink, THINNEST["MNIST"])
    side = max(ink.shape) * 28 / 20
    margin = int(side) + 1
    # MNIST's middle is that of pixel 14, counted from 0. All ink stays in the frame.
    top, left = (
        margin + np.clip(middle - side * 14.5 / 28, n - side, 0)
        for middle, n in zip(_middle(ink), ink.shape, strict=True)
    )
    frame = left, top, left + side, top + side
    image = Image.fromarray(np.pad(ink, margin))
    image = image.resize((size, size), Image.Resampling.BICUBIC, frame)
    return np.clip(np.asarray(image, dtype=float), 0, 1)


def _like_digits(ink):
    """Make 32 rows and up to 20 columns of black or white, and count 4×4 blocks."""
    ink = _upright(_widened(ink, THINNEST["UCI"]))
    height, width = ink.shape
    width = max(1, min(20, round(1.5 * 32 * width / height)))
    black = _resized(ink, (32, width), Image.Resampling.BOX) > 0.5
    left = (32 - width) // 2
    bitmap = np.pad(black, [(0, 0), (left, 32 - width - left)])
    return bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3)) / 16


def _upright(ink):
    """Take the slant away: move rows sideways until they do not go along with it."""
    ink = np.pad(ink, [(0, 0), (len(ink), len(ink))])
    row, column = _middle(ink)
    down, across = (np.arange(n) + 0.5 for n in ink.shape)
    down, across = down - row, across - column
    slant = (down @ ink @ across) / (down**2 @ ink.sum(axis=1))
    image = Image.fromarray(ink)
    matrix = (1, slant, -slant * row, 0, 1, 0)
    image = image.transform(
        image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    ink = np.asarray(image)
    return ink[_box(ink)]
