"""Activation functions, output functions and losses, as plain functions of arrays.

Every function accepts one example or a whole batch. In a batch the last axis holds
the entries of one example, so ``softmax`` of an ``(N, K)`` array works row by row.
"""

import numpy as np

from dlscratch.checks import floats, numbers, whole


def step(x):
    """Heaviside step: 1 where ``x > 0``, else 0 (so 0 at exactly 0).

    Parameters
    ----------
    x : array_like, any shape

    Returns
    -------
    ndarray of int, same shape

    Examples
    --------
    >>> step([-2.0, 0.0, 3.0])
    array([0, 0, 1])
    """
    return (numbers(x, "step") > 0).astype(int)


def identity(x):
    """Return ``x`` unchanged: the output function of regression.

    Examples
    --------
    >>> identity(3.5)
    3.5
    """
    return x


def sigmoid(x):
    """Logistic sigmoid 1 / (1 + exp(-x)), without overflow for any ``x``.

    Only ``exp(-|x|)``, which is at most 1, is ever computed. For negative ``x`` the
    equal form exp(x) / (1 + exp(x)) is used.

    Parameters
    ----------
    x : array_like, any shape

    Returns
    -------
    ndarray of float, same shape, values in [0, 1]

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    x = floats(x, "sigmoid")
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def tanh(x):
    """Hyperbolic tangent: the sigmoid rescaled and centred, 2 sigmoid(2x) - 1.

    Examples
    --------
    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    return np.tanh(floats(x, "tanh"))


def relu(x):
    """Rectified linear unit: ``x`` where positive, else 0.

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(numbers(x, "relu"), 0)


def softmax(x):
    """Turn scores into probabilities along the last axis.

    The largest score of each row is subtracted first. This changes nothing in the
    result and keeps ``exp`` from overflowing.

    Parameters
    ----------
    x : array_like, shape (K,) or (N, K)
        Scores (logits).

    Returns
    -------
    ndarray of float, same shape
        Non-negative; each row sums to 1.

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 1000.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    x = floats(x, "softmax")
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(
            f"softmax: expected scores of shape (K,) or (N, K), got shape {x.shape}"
        )
    y = np.exp(x - x.max(axis=-1, keepdims=True))
    return y / y.sum(axis=-1, keepdims=True)


def one_hot(t, n_classes):
    """Encode class ids as rows with a single 1.

    Parameters
    ----------
    t : array_like of int, any shape
        Class ids, 0 to ``n_classes - 1``; mostly of shape (N,).
    n_classes : int

    Returns
    -------
    ndarray of float, shape of ``t`` and one more axis: (N, n_classes)

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    n_classes = whole(n_classes, "one_hot", "n_classes")
    return np.eye(n_classes)[_class_ids(t, n_classes, "one_hot")]


def sum_squared_error(y, t):
    """Half the sum of squared differences, averaged over the rows of a batch.

    Parameters
    ----------
    y, t : array_like, shape (K,) or (N, K)
        Predictions and targets, of the same shape.

    Returns
    -------
    float

    Examples
    --------
    >>> sum_squared_error([3.0, 5.0, 8.0], [2.0, 4.0, 6.0])
    3.0
    """
    y, t = _same_shape(y, t, "sum_squared_error")
    n = len(y) if y.ndim > 1 else 1
    return float(np.sum((y - t) ** 2) / (2 * n))


def mean_squared_error(y, t):
    """Mean of the squared differences over all entries.

    Parameters
    ----------
    y, t : array_like, any shape
        Predictions and targets, of the same shape.

    Returns
    -------
    float

    Examples
    --------
    >>> mean_squared_error([3.0, 5.0, 8.0], [2.0, 4.0, 6.0])
    2.0
    """
    y, t = _same_shape(y, t, "mean_squared_error")
    return float(np.mean((y - t) ** 2))


def cross_entropy(y, t):
    """Mean over the batch of -log(probability given to the right class).

    Parameters
    ----------
    y : array_like, shape (K,) or (N, K)
        Probabilities, for example from :func:`softmax`. A probability of 0 is taken
        as the smallest positive number, so the loss is large but finite.
    t : int or array_like
        Class ids of shape (N,) (one int where ``y`` is one example), or one-hot rows
        of the same shape as ``y``.

    Returns
    -------
    float, in nats

    Examples
    --------
    >>> round(cross_entropy([[0.5, 0.5], [0.1, 0.9]], [0, 1]), 4)
    0.3993
    """
    y, t = floats(y, "cross_entropy"), numbers(t, "cross_entropy")
    if y.ndim not in (1, 2) or y.size == 0:
        raise ValueError(
            f"cross_entropy: expected y of shape (K,) or (N, K), got shape {y.shape}"
        )
    if not (y.min() >= 0 and y.max() <= 1 + 1e-3):  # also if one is nan
        raise ValueError(
            "cross_entropy: expected probabilities y from 0 to 1, such as softmax "
            f"gives, got {y.min():g} to {y.max():g}"
        )
    log_y = np.log(np.maximum(y, np.finfo(float).tiny))
    if t.shape == y.shape:  # one-hot
        if not (t.min() >= 0 and t.max() <= 1):
            raise ValueError(
                "cross_entropy: expected one-hot rows t of 0 and 1, or class ids of "
                f"shape {y.shape[:-1]}, got {t.min():g} to {t.max():g}"
            )
        return float(-np.sum(t * log_y) / (len(y) if y.ndim > 1 else 1))
    log_y, t = np.atleast_2d(log_y), np.atleast_1d(t)
    if t.shape != log_y.shape[:1]:
        raise ValueError(
            f"cross_entropy: expected t of shape {log_y.shape[:1]} (class ids) or "
            f"{y.shape} (one-hot), got {t.shape}"
        )
    t = _class_ids(t, log_y.shape[1], "cross_entropy")
    return float(-np.mean(log_y[np.arange(len(t)), t]))


def confusion_matrix(t, y, n_classes=None):
    """Count how often each class was answered for each true class.

    Parameters
    ----------
    t, y : array_like of int, of one shape
        The true classes, and the answers. Mind the order: rows first.
    n_classes : int, optional
        By default one more than the largest id in ``t`` and ``y``.

    Returns
    -------
    ndarray of int, shape (n_classes, n_classes)
        In row i and column j, how many examples of class i were taken for class j.
        Right answers stand on the diagonal.

    Examples
    --------
    Of three zeros one was taken for a one; the single two was read right:

    >>> confusion_matrix([0, 0, 0, 2], [0, 1, 0, 2])
    array([[2, 1, 0],
           [0, 0, 0],
           [0, 0, 1]])
    """
    if n_classes is not None:
        n_classes = whole(n_classes, "confusion_matrix", "n_classes")
    t, y = (numbers(ids, "confusion_matrix") for ids in (t, y))
    if t.shape != y.shape:
        raise ValueError(
            f"confusion_matrix: expected t and y of one shape, got {t.shape} and "
            f"{y.shape}; of scores (N, K), pass the classes, scores.argmax(axis=1)"
        )
    if not t.size:
        raise ValueError("confusion_matrix: expected at least one example, got none")
    t, y = (_class_ids(ids, n_classes, "confusion_matrix") for ids in (t, y))
    if n_classes is None:
        n_classes = int(max(t.max(), y.max())) + 1
    try:
        table = np.zeros((n_classes, n_classes), dtype=int)
    except (MemoryError, ValueError):
        raise ValueError(
            "confusion_matrix: expected class ids that count from 0, got ids up to "
            f"{n_classes - 1}, whose table does not fit into the memory"
        ) from None
    np.add.at(table, (t, y), 1)
    return table


def _same_shape(y, t, name):
    y, t = floats(y, name), floats(t, name)
    if y.shape != t.shape or y.size == 0:
        raise ValueError(
            f"{name}: expected y and t of one shape, with at least one entry, got "
            f"{y.shape} and {t.shape}"
        )
    return y, t


def _class_ids(t, n_classes, name):
    t = numbers(t, name)
    if t.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integer class ids, got dtype {t.dtype}")
    if t.size and (t.min() < 0 or (n_classes and t.max() >= n_classes)):
        most = f" to {n_classes - 1}" if n_classes else ""
        raise ValueError(
            f"{name}: expected class ids from 0{most}, got {t.min()} to {t.max()}"
        )
    return t
