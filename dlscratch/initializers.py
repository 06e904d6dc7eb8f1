"""Initial values of weights: functions of a shape and a random generator.

The number of inputs that feed one output, ``fan_in``, is D_in for a matrix of shape
(D_in, D_out) and C·KH·KW for kernels of shape (F, C, KH, KW).
"""

import math

import numpy as np

from dlscratch.checks import float_dtype, generator, numbers, real, wholes


def normal(std):
    """Return an initializer that draws from N(0, std²).

    Examples
    --------
    >>> normal(0.01)((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    real(std, "normal", "std", 0)

    def initializer(shape, rng):
        return std * generator(rng, "normal").standard_normal(shape)

    return initializer


def xavier(shape, rng):
    """Draw from N(0, 1/fan_in), for layers followed by sigmoid, tanh or identity.

    Glorot and Bengio (2010) average the forward and the backward condition and get
    the variance 2/(fan_in + fan_out). Here, as in many texts, only the forward one
    counts; for layers of equal widths the two agree.

    Examples
    --------
    >>> round(float(xavier((400, 500), np.random.default_rng(0)).std()), 3)
    0.05
    """
    return generator(rng, "xavier").standard_normal(shape) / math.sqrt(fan_in(shape))


def he(shape, rng):
    """Draw from N(0, 2/fan_in), for layers followed by ReLU (He et al., 2015).

    Examples
    --------
    >>> round(float(he((200, 500), np.random.default_rng(0)).std()), 2)
    0.1
    """
    return generator(rng, "he").standard_normal(shape) * math.sqrt(2 / fan_in(shape))


def zeros(shape, rng=None):
    """All zeros: right for biases, wrong for weights (chapter 6 shows why).

    Examples
    --------
    >>> zeros((2,))
    array([0., 0.])
    """
    return np.zeros(shape)


def fan_in(shape):
    """Count the inputs that feed one output of a layer with weights of ``shape``.

    Examples
    --------
    >>> fan_in((64, 50)), fan_in((30, 1, 5, 5))
    (64, 25)
    """
    sizes = wholes(shape, "fan_in", "shape")
    return sizes[0] if len(sizes) == 2 else math.prod(sizes[1:])


def draw(layer, init, shape, rng, dtype):
    """Return a layer's first weights: those of ``init``, by default :func:`he`.

    Parameters
    ----------
    layer : str
        The layer's name, for errors.
    init : callable or None
        Of the shape and ``rng``.
    shape : tuple of int
    rng : numpy.random.Generator
    dtype : floating-point dtype
    """
    dtype = float_dtype(dtype, layer)
    if init is None:
        init, rng = he, generator(rng, layer)
    try:
        W = init(shape, rng)
    except TypeError as error:
        raise TypeError(
            f"{layer}: expected init to be a function of a shape and a generator, such "
            f"as initializers.he, got {init!r} ({error})"
        ) from error
    W = numbers(W, f"{layer}: init")
    if W.shape != shape:
        raise ValueError(
            f"{layer}: expected an init that returns shape {shape}, got {W.shape}"
        )
    return W.astype(dtype)
