"""Gradients by finite differences, and the check of exact gradients against them."""

import numpy as np

from dlscratch.base import places
from dlscratch.checks import floats, numbers, real


def numerical_gradient(f, x, h=1e-4):
    """Gradient of ``f`` at ``x`` by central differences.

    Each entry costs two calls: (f(x + h e_i) - f(x - h e_i)) / 2h. The error is of
    order h² from the formula, plus about 1e-16 |f| / h from rounding.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of ``x`` and returns one number.
    x : array_like, any shape
        The point. It is copied to float64, so integers are safe and ``x`` itself
        never changes.
    h : float
        The step.

    Returns
    -------
    ndarray of float64, shape of ``x``

    Examples
    --------
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([3, 4])).round(6)
    array([6., 8.])
    """
    x = np.array(floats(x, "numerical_gradient"), dtype=np.float64)
    h = real(h, "numerical_gradient", "h", 0, above=True)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        above = f(x.copy())
        x[i] = kept - h
        below = f(x.copy())
        x[i] = kept
        if floats(above, "numerical_gradient: f").ndim:
            raise ValueError(
                "numerical_gradient: expected a function f that returns one number, "
                f"got an array of shape {np.shape(above)}"
            )
        gradient[i] = (float(above) - float(below)) / (2 * h)
    return gradient


def relative_error(a, b):
    """Distance of two arrays relative to the longer one: ‖a - b‖ / max(‖a‖, ‖b‖).

    Parameters
    ----------
    a, b : array_like of the same shape

    Returns
    -------
    float
        0 for equal arrays (two zero arrays too), at most 2; nan if an entry is nan.

    Examples
    --------
    >>> relative_error([1.0, 2.0], [1.0, 2.0])
    0.0
    >>> relative_error([3.0, 4.0], [0.0, 0.0])
    1.0
    """
    a, b = floats(a, "relative_error"), floats(b, "relative_error")
    if a.shape != b.shape:
        raise ValueError(
            f"relative_error: expected two arrays of one shape, got {a.shape} "
            f"and {b.shape}"
        )
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / scale) if scale != 0 else 0.0


class TooSmallToCheck(AssertionError):
    """Rounding alone can explain a gradient's error: it may be right, or wrong."""


def check_gradients(model, x, t, h=1e-5, tolerance=1e-7, training=False):
    """Compare every gradient of a model with finite differences.

    To check one layer alone, wrap it: ``Sequential([layer], MeanSquaredError())``.

    A loss L carries a rounding error of about eps |L|, with eps = 2.2e-16, or of eps
    where L is below 1 (a logarithm of 1 + something small). So each entry of a
    numerical gradient is uncertain by about eps max(|L|, 1) / h, and a gradient of n
    entries by √n times that: its rounding floor. Where the gradient is small, as
    behind many sigmoids, the floor is a large part of it. Three things can be found:

    - An error of at most ``tolerance``, or of at most the floor and at most 1/1000: the
      gradient passes. (Below the floor, a mistake of less than 1/1000 can hide.)
    - An error above the tolerance and the floor: steps of h/10, 10h, h/100 and 100h
      are tried. A mistake stays. What was the formula's error, a kink, or rounding of
      numbers larger than L falls, and a gradient whose error falls to the tolerance
      passes. Else it is wrong (or a kink is very near, or numbers inside the model
      are so large that their rounding hides it).
    - An error above 1/1000 that the floor explains, or a gradient that is 0 everywhere:
      it is too small for this check, and may be right or wrong. Check the layers one
      by one in small networks, or take a larger ``h`` and ``tolerance``: the floor
      falls as h grows.

    One number judges a whole array: a mistake in entries that are ``tolerance`` times
    as large as the rest does not show.

    Parameters
    ----------
    model : Sequential
        With a loss, and float64 parameters.
    x : ndarray of float64, shape (N, ...)
        At least two examples, not all equal: in a batch of one, or of copies of one,
        mistakes in a sum or a mean over the batch cannot show. Where the first layer is
        an Embedding, ids, which have no gradient.
    t : ndarray
        What the model's loss expects.
    h : float
        Step of the differences. No value inside the model should be within ``h`` of
        a kink, such as the 0 of ReLU. A gradient that is 0, or 0 but for rounding as
        of a bias before batch norm, is too small to be checked: chapter 6 looks into
        it.
    tolerance : float
        The largest relative error that passes, whatever the rounding floor.
    training : bool
        Check the network as it is in training: batch norm then uses the batch's own
        statistics. Dropout, which draws new masks each time, cannot be checked so.

    Returns
    -------
    dict of str to float
        The relative error of the input's gradient (``"x"``) and of each parameter's,
        at the step with which it passed.

    Raises
    ------
    AssertionError
        If an error is above ``tolerance`` and above the rounding floor, and other steps
        do not help; the message names the first such gradient.
    TooSmallToCheck
        An AssertionError, too: nothing is found wrong, but a gradient is so small that
        rounding hides all but its first digits, or all of them.
    ValueError
        If the check would mean little: a batch of one or of equal examples, or not
        float64.
    """
    x = numbers(x, "check_gradients: x")
    if x.ndim < 2 or len(x) < 2:
        raise ValueError(
            "check_gradients: expected a batch of 2 or more, got "
            f"{len(x) if x.ndim > 1 else f'x of shape {x.shape}'}"
        )
    h = real(h, "check_gradients", "h", 0, above=True)
    tolerance = real(tolerance, "check_gradients", "tolerance", 0)
    if not hasattr(model, "loss"):
        raise TypeError(
            "check_gradients: expected a model with a loss, such as "
            f"Sequential([layer], MeanSquaredError()), got {model!r}"
        )
    if training and any(getattr(one, "rng", None) for _, one in places(model.layers)):
        raise ValueError(
            "check_gradients: expected no layer that draws at random in training, such "
            "as dropout; leave training=False"
        )
    arrays = {p.name: p.value for p in model.parameters}
    ids = getattr(next(iter(model.layers), None), "takes_ids", False)
    if not ids:
        x = floats(x, "check_gradients: x")
        arrays = {"x": x} | arrays
    for name, array in arrays.items():
        if array.dtype != np.float64:
            raise ValueError(
                f"check_gradients: expected float64, got {array.dtype} for {name}"
            )
    if np.all(x == x[0]):
        raise ValueError(
            "check_gradients: expected examples that differ, got equal ones"
        )
    buffers = [a for _, one in places(model.layers) for a in one.buffers.values()]
    kept_buffers = [array.copy() for array in buffers]

    loss = model.loss(x, t, training)
    dx = model.backward()
    exact = {} if ids else {"x": np.array(dx)}
    exact |= {p.name: p.grad.copy() for p in model.parameters}

    def error_of(p, h):
        """Return the error of a parameter's gradient, or x's, and the longer length."""
        if p is None:
            one = numerical_gradient(lambda x: model.loss(x, t, training), x, h)
            right = exact["x"]
        else:
            kept, right = p.value, exact[p.name]

            def loss_with(value):
                p.value = value
                return model.loss(x, t, training)

            try:
                one = numerical_gradient(loss_with, kept, h)
            finally:
                p.value = kept
        longer = max(np.linalg.norm(right), np.linalg.norm(one))
        return relative_error(right, one), longer

    errors, hidden = {}, []
    try:
        for p in model.parameters if ids else (None, *model.parameters):
            name = "x" if p is None else p.name
            error, longer = error_of(p, h)
            if longer == 0:
                hidden.append(f"the gradient of {name} is 0 everywhere")
            rounding = (
                np.finfo(float).eps * max(abs(loss), 1) * arrays[name].size ** 0.5
            )
            floor = rounding / h / longer if longer > 0 else np.inf
            found = f"the gradient of {name} is off by a relative error of {error:.1e}"
            if not error <= max(tolerance, floor):
                others = (error_of(p, k * h)[0] for k in (0.1, 10, 0.01, 100))
                error = next((e for e in others if e <= tolerance), np.nan)
                if np.isnan(error):
                    raise AssertionError(
                        f"check_gradients: {found}, more than {tolerance:.0e}, and "
                        f"more than the {floor:.0e} that rounding could explain, and "
                        "other steps do not help"
                    )
            elif error > max(tolerance, 1e-3):
                hidden.append(f"{found}, but up to {floor:.0e} could be rounding")
            errors[name] = error
    finally:
        for array, kept in zip(buffers, kept_buffers, strict=True):
            array[...] = kept
    if hidden:
        raise TooSmallToCheck(
            f"check_gradients: {hidden[0]}: too small for this check, right or wrong; "
            "check its layer in a small network, or with larger weights"
        )
    return errors
