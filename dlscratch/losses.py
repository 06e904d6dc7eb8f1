"""Losses: what training makes small, each with the gradient where the way back begins.

``forward`` compares the network's scores with the targets. ``backward`` returns the
gradient of that number with respect to the scores.
"""

import numpy as np

from dlscratch import functions
from dlscratch.base import Memory, note_class
from dlscratch.checks import floats, numbers, whole


class Loss(Memory):
    """What all losses share."""

    @property
    def config(self):
        """The constructor's arguments, enough to build the loss again."""
        return {}

    def __init_subclass__(cls, **settings):
        """Note each new kind of loss, so that a file can name it."""
        super().__init_subclass__(**settings)
        note_class(cls)

    def forward(self, y, t):
        """Return the mean loss, a float, of scores ``y`` (N, ...) and targets ``t``."""
        raise NotImplementedError

    def backward(self):
        """Return dy, the gradient of the last loss, in the shape of ``y``."""
        raise NotImplementedError

    def right(self, y, t):
        """Say which answers are right, if that can be said: in regression it cannot.

        Parameters
        ----------
        y, t : ndarray
            As in :meth:`forward`.

        Returns
        -------
        ndarray of bool, or None
            One for each answer that counts: for each example, or for each label or
            step of each example.
        """
        return None

    def count(self, t):
        """Return how many answers the mean of :meth:`forward` is taken over.

        By this number the losses of batches are weighted, so that the mean over a whole
        data set does not depend on the batches. Here each example counts as one.
        """
        return len(t)

    def __repr__(self):
        """Return the call that makes such a loss."""
        arguments = ", ".join(f"{name}={v}" for name, v in self.config.items())
        return f"{type(self).__name__}({arguments})"


class SoftmaxCrossEntropy(Loss):
    """Softmax and cross-entropy in one: from logits and class ids to the mean loss.

    Together they are both safer (log-sum-exp never overflows) and have the short
    gradient (softmax(y) - one_hot(t)) / N. Each step of a sequence can have a class of
    its own: then all steps of all sequences are N answers.

    Parameters
    ----------
    ignore_index : int, optional
        The id of steps that have no answer, such as the padding behind a short
        sequence. They are in no mean and get no gradient. The name is PyTorch's.

    Examples
    --------
    >>> loss = SoftmaxCrossEntropy(ignore_index=-1)
    >>> round(loss.forward(np.zeros((1, 3, 2)), [[0, 1, -1]]), 4)
    0.6931
    >>> loss.backward()
    array([[[-0.25,  0.25],
            [ 0.25, -0.25],
            [ 0.  ,  0.  ]]])
    """

    ignore_index = None

    def __init__(self, ignore_index=None):
        if ignore_index is not None:
            where = type(self).__name__
            ignore_index = whole(ignore_index, where, "ignore_index", least=-100)
        self.ignore_index = ignore_index

    @property
    def config(self):
        """The ignored id, if there is one."""
        if self.ignore_index is None:
            return {}
        return {"ignore_index": self.ignore_index}

    def forward(self, y, t):
        """Return the mean loss, a float, of logits and class ids.

        Parameters
        ----------
        y : ndarray, shape (N, K) or (N, ..., K)
        t : ndarray of int, shape (N,) or (N, ...)
        """
        y, t, rows = self._logits_and_ids(y, t)
        z = y.reshape(-1, y.shape[-1])
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.remember(log_p, t, rows, y.shape)
        return float(-log_p[rows, t].sum() / len(t))

    def backward(self):
        """Return dy = (softmax(y) - one_hot(t)) / N, in the shape of y."""
        log_p, t, rows, shape = self.recall()
        dy = np.exp(log_p)
        dy[rows, t] -= 1
        dy /= len(t)
        if len(t) < len(dy):
            dy[np.setdiff1d(np.arange(len(dy)), rows)] = 0
        return dy.reshape(shape)

    def right(self, y, t):
        """Say of each answer that counts whether its largest logit is the right one."""
        y, t, rows = self._logits_and_ids(y, t)
        y = y.reshape(-1, y.shape[-1])[rows]
        return (y.argmax(axis=1) == t) & ~np.isnan(y).any(axis=1)

    def count(self, t):
        """Return how many ids are not ignored."""
        return int(np.count_nonzero(self._counted(np.asarray(t))))

    def _counted(self, t):
        """Return where t counts, of t's shape."""
        if self.ignore_index is None:
            return np.ones(t.shape, dtype=bool)
        return t != self.ignore_index

    def _logits_and_ids(self, y, t):
        """Return y, the ids that count, and in which row of logits each is."""
        name = type(self).__name__
        y, t = floats(y, name), numbers(t, name)
        if y.ndim < 2 or t.shape != y.shape[:-1] or y.size == 0:
            raise ValueError(
                f"{name}: expected logits y of shape (N, K) and class ids t of shape "
                "(N,), or (N, ..., K) and (N, ...), at least one, got "
                f"{y.shape} and {t.shape}"
            )
        rows = np.flatnonzero(self._counted(t))
        if not rows.size:
            raise ValueError(
                f"{name}: expected at least one id that counts, got only "
                f"{self.ignore_index}, which is ignored"
            )
        t = t.reshape(-1)[rows]
        return y, functions._class_ids(t, y.shape[-1], name), rows


class SigmoidCrossEntropy(Loss):
    """Sigmoid and binary cross-entropy in one, from logits.

    The loss of one logit y with target t in [0, 1] is
    max(y, 0) - y t + log(1 + exp(-|y|)), which never overflows. Several outputs per
    example are summed, and the mean is taken over the batch.
    """

    def forward(self, y, t):
        """Return the mean loss of logits y (N, K) and targets t, (N, K) or (N,)."""
        y, t = self._logits_and_labels(y, t)
        self.remember(y, t)
        losses = np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y)))
        return float(losses.sum() / len(y))

    def backward(self):
        """Return dy = (sigmoid(y) - t) / N."""
        y, t = self.recall()
        return (functions.sigmoid(y) - t) / len(y)

    def right(self, y, t):
        """Say where logit and target are on the same side of one half, (N, K)."""
        y, t = self._logits_and_labels(y, t)
        return ((y > 0) == (t > 0.5)) & ~np.isnan(y)

    def _logits_and_labels(self, y, t):
        y, t = _targets(self, y, t)
        if not (t.min() >= 0 and t.max() <= 1):
            raise ValueError(
                "SigmoidCrossEntropy: expected targets from 0 to 1, one for each "
                f"output, got {t.min():g} to {t.max():g}"
            )
        return y, t


class MeanSquaredError(Loss):
    """Mean of (y - t)² over all entries: the loss of regression."""

    def forward(self, y, t):
        """Return the loss of predictions y (N, K) and targets t, (N, K) or (N,)."""
        y, t = _targets(self, y, t)
        self.remember(y - t)
        return float(np.mean((y - t) ** 2))

    def backward(self):
        """Return dy = 2 (y - t) / (N K)."""
        (difference,) = self.recall()
        return 2 * difference / difference.size


def _targets(loss, y, t):
    """Bring targets (N,) to the shape (N, 1) of the predictions, or complain.

    Without this, y - t of shapes (N, 1) and (N,) would broadcast to (N, N).
    """
    name = type(loss).__name__
    y = floats(y, name)
    t = numbers(t, name).astype(y.dtype)
    if t.shape == y.shape[:1] and y.size == t.size:
        t = t.reshape(y.shape)
    if y.ndim == 0 or t.shape != y.shape or y.size == 0:
        raise ValueError(
            f"{name}: expected y and t of one shape, at least one example, got "
            f"{y.shape} and {t.shape}"
        )
    return y, t
