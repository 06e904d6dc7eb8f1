"""Broadcasting: two shapes align from the right and fit, or do not."""

from numbers import Integral

import numpy as np

from dlscratch.explorables.explorable import Explorable

LONGEST = 4
MOST_AXES = 3


def broadcasting(a=(2, 3), b=(3,), *, operation="+"):
    """Choose two shapes, and see how NumPy combines them, cell by cell.

    The array A counts in tens, 10, 20, 30, …, and B in ones, so that each entry of the
    result tells where it comes from.

    Parameters
    ----------
    a, b : tuple of int
        The shapes at the start: up to three axes of length 1 to 4.
    operation : {"+", "-", "*"}
        What is done with the two arrays.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If a shape or the operation cannot be shown. Shapes that do not fit each other
        can.

    Examples
    --------
    >>> broadcasting((3, 1), (4,)).label
    'Broadcasting two shapes'
    """
    shapes = [_shape(name, shape) for name, shape in (("a", a), ("b", b))]
    if operation not in ("+", "-", "*"):
        raise ValueError(
            f"broadcasting: expected operation '+', '-' or '*', got {operation!r}"
        )
    try:
        result = f"they fit, and the result has shape {np.broadcast_shapes(*shapes)}"
    except ValueError:
        result = "they do not fit, and NumPy raises a ValueError"
    fallback = (
        "An interactive figure stands here when scripts may run. You choose the shapes "
        "of two arrays, A and B, and see them written one above the other, aligned at "
        "their last axis. Two lengths fit if they are equal or if one of them is 1; a "
        "missing axis counts as 1. An axis of length 1 is stretched, and the repeated "
        "cells are drawn dashed. For each entry of the result the figure names the two "
        f"entries that it comes from. At the start A has shape {shapes[0]} and B has "
        f"shape {shapes[1]}: {result}."
    )
    props = {
        "A": shapes[0],
        "B": shapes[1],
        "operation": operation,
        "limits": {"axes": MOST_AXES, "length": [1, LONGEST]},
    }
    label = "Broadcasting two shapes"
    return Explorable("broadcasting", props, fallback, label=label)


def _shape(name, shape):
    """Return the shape as a tuple of int, if it can be shown."""
    valid = isinstance(shape, tuple | list) and len(shape) <= MOST_AXES
    if not valid or not all(
        isinstance(n, Integral) and 1 <= n <= LONGEST for n in shape
    ):
        raise ValueError(
            f"broadcasting: expected {name} with at most {MOST_AXES} axes of length "
            f"1 to {LONGEST}, got {shape!r}"
        )
    return tuple(int(n) for n in shape)
