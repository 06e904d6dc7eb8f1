"""The convolution stepper: a kernel walks over a small picture."""

from numbers import Integral

import numpy as np

from dlscratch.explorables.explorable import Explorable

LONGEST = 6
LARGEST = 9
STRIDES, PADDINGS = (1, 2, 3), (0, 1, 2)
SEVEN = (
    (0, 0, 0, 0, 0, 0),
    (0, 5, 5, 5, 5, 0),
    (0, 0, 0, 2, 5, 0),
    (0, 0, 0, 5, 1, 0),
    (0, 0, 4, 3, 0, 0),
    (0, 0, 5, 0, 0, 0),
)
EDGE = ((1, 0, -1), (1, 0, -1), (1, 0, -1))


def convolution(x=SEVEN, kernel=EDGE, *, stride=1, padding=0, flip=False):
    """Step a kernel over a small picture, one output cell at a time.

    The window on the input, its row of the im2col matrix and the output cell light up
    together, and the arithmetic of the cell is written out term by term.

    Parameters
    ----------
    x : array_like of int, shape (H, W)
        The picture at the start: sides of 1 to 6, numbers from -9 to 9.
    kernel : array_like, shape (2, 2) or (3, 3)
        The weights at the start, from -9 to 9, with at most 4 decimals.
    stride : {1, 2, 3}
    padding : {0, 1, 2}
    flip : bool
        Start with true convolution, which turns the kernel by 180°, in place of the
        cross-correlation that deep learning calls convolution.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown. A kernel that does not fit into the padded
        picture can.

    Examples
    --------
    >>> convolution(stride=2, padding=1).label
    'A convolution, step by step'
    """
    x, w = np.array(x, dtype=float), np.array(kernel, dtype=float)
    sides = x.shape if x.ndim == 2 else (0,)
    if not (
        all(1 <= n <= LONGEST for n in sides)
        and np.all(np.abs(x) <= LARGEST)
        and np.array_equal(x, np.round(x))
    ):
        raise ValueError(
            f"convolution: expected x with sides of 1 to {LONGEST} and whole numbers "
            f"from -{LARGEST} to {LARGEST}, got {x.tolist()}"
        )
    if (
        w.shape not in ((2, 2), (3, 3))
        or not np.all(np.abs(w) <= LARGEST)
        or not np.array_equal(w, np.round(w, 4))
    ):
        raise ValueError(
            f"convolution: expected a kernel of 2×2 or 3×3 numbers from -{LARGEST} to "
            f"{LARGEST} with at most 4 decimals, got {w.tolist()}"
        )
    given = (("stride", stride, STRIDES), ("padding", padding, PADDINGS))
    for name, value, allowed in given:
        if not isinstance(value, Integral) or value not in allowed:
            raise ValueError(
                f"convolution: expected {name} {allowed[0]}, {allowed[1]} or "
                f"{allowed[2]}, got {value!r}"
            )
    k = len(w)
    rows, columns = (max((n + 2 * padding - k) // stride + 1, 0) for n in sides)
    size = f"{rows}×{columns}" if rows and columns else "no"
    kind = "true convolution" if flip else "cross-correlation"
    fallback = (
        "An interactive figure stands here when scripts may run. It shows a small "
        "picture x, a kernel w and the output y of their convolution. You edit the "
        "numbers, choose the stride and the padding, and step from output cell to "
        "output cell: the window on the picture, its row of the im2col matrix and the "
        "cell light up together, and the products that add up to the cell are written "
        f"out. It starts with a {sides[0]}×{sides[1]} picture, a {k}×{k} kernel, "
        f"stride {stride}, padding {padding} and {kind}: {size} output."
    )
    props = {
        "x": x.astype(int).tolist(),
        "w": w.tolist(),
        "stride": int(stride),
        "padding": int(padding),
        "flip": bool(flip),
        "preset": "vertical edge",
        "limits": {"side": [1, LONGEST], "entry": [-LARGEST, LARGEST]},
        "choices": {"stride": STRIDES, "padding": PADDINGS},
    }
    label = "A convolution, step by step"
    return Explorable("convolution", props, fallback, label=label)
