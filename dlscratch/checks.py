"""Checks of what a caller hands in: one clear sentence in place of a wrong number.

Each returns the value that it was given, or raises an error that says what was expected
and what came. ``where`` names the function.
"""

import math
from numbers import Integral, Real

import numpy as np


def numbers(x, where):
    """Return real numbers of any type as an array, and leave their type.

    Examples
    --------
    >>> numbers([1, 2], "relu")
    array([1, 2])
    >>> numbers(["1", "2"], "relu")
    Traceback (most recent call last):
    TypeError: relu: expected an array of numbers, got dtype <U1
    """
    if isinstance(x, np.ma.MaskedArray):  # asarray would drop the mask
        raise TypeError(
            f"{where}: expected an array of numbers, got a masked array; fill in or "
            "leave out what is masked"
        )
    try:
        x = np.asarray(x)
    except ValueError:
        raise ValueError(
            f"{where}: expected an array of numbers, got rows of different lengths"
        ) from None
    if x.dtype.kind not in "fiub":
        raise TypeError(f"{where}: expected an array of numbers, got dtype {x.dtype}")
    return x


def floats(x, where):
    """Return real numbers as an array of floating-point ones; whole ones as float64.

    Small integers would overflow in the middle of a formula: as bytes, 0 - 1 is 255.

    Examples
    --------
    >>> floats(np.array([0, 1], dtype=np.uint8), "softmax") - 1
    array([-1.,  0.])
    """
    if type(x) is np.ndarray and x.dtype.kind == "f":  # the usual case, in no time
        return x
    x = numbers(x, where)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def whole(value, where, name, least=1):
    """Return an argument that is a whole number from ``least`` on, as an int.

    Examples
    --------
    >>> whole(2.0, "Linear", "n_in")
    Traceback (most recent call last):
    TypeError: Linear: expected n_in to be a whole number from 1, got 2.0
    """
    text = f"{where}: expected {name} to be a whole number from {least}, got {value!r}"
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(text)
    if value < least:
        raise ValueError(text)
    return int(value)


def wholes(values, where, name, least=2):
    """Return a list of whole numbers from 1 on, with at least so many entries.

    Examples
    --------
    >>> wholes((64, 50, 10), "mlp", "sizes")
    [64, 50, 10]
    """
    try:
        found = [whole(value, where, f"each of {name}") for value in values]
    except TypeError:
        found = None
    if found is None or len(found) < least:
        raise ValueError(
            f"{where}: expected {name} to be a list of at least {least} whole numbers "
            f"from 1, got {values!r}"
        )
    return found


def real(value, where, name, low=-math.inf, high=math.inf, *, above=False, below=False):
    """Return an argument that is a finite number from ``low`` to ``high``.

    Parameters
    ----------
    value : float
    where, name : str
        Of the function and of the argument.
    low, high : float
    above, below : bool
        Whether ``low`` itself, or ``high`` itself, is left out.

    Examples
    --------
    >>> real(1.0, "Dropout", "p", 0, 1, below=True)
    Traceback (most recent call last):
    ValueError: Dropout: expected p to be a number from 0 to below 1, got 1.0
    """
    wanted = "a number"
    if low > -math.inf:
        wanted += f" above {low:g}" if above else f" from {low:g}"
    if high < math.inf:
        wanted += f" {'and' if above else 'to'} " + "below " * below + f"{high:g}"
    text = f"{where}: expected {name} to be {wanted}, got {value!r}"
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise TypeError(text)
    try:
        value = int(value) if isinstance(value, Integral) else float(value)
        inside = low <= value <= high and math.isfinite(value)
    except OverflowError:
        inside = False
    if not inside or (above and value == low) or (below and value == high):
        raise ValueError(text)
    return value


def generator(rng, where):
    """Return a random generator.

    Examples
    --------
    >>> generator(0, "mlp")
    Traceback (most recent call last):
    TypeError: mlp: expected rng=numpy.random.default_rng(seed), got 0
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{where}: expected rng=numpy.random.default_rng(seed), got {rng!r}"
        )
    return rng


def float_dtype(dtype, where):
    """Return a floating-point type: whole numbers cannot learn by small steps.

    Examples
    --------
    >>> float_dtype(int, "Linear")
    Traceback (most recent call last):
    TypeError: Linear: expected a floating-point dtype such as numpy.float32, got int64
    """
    text = f"{where}: expected a floating-point dtype such as numpy.float32, got "
    try:
        found = np.dtype(dtype) if dtype is not None else None
    except TypeError:
        found = None
    if found is None or found.kind != "f":
        raise TypeError(text + str(found or repr(dtype)))
    return found
