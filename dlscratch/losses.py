"""Losses: what training makes small, each with the gradient where the way back begins.

``forward`` compares the network's scores with the targets. ``backward`` returns the
gradient of that number with respect to the scores.
"""

import numpy as np

from dlscratch import functions
from dlscratch.base import Memory, note_class
from dlscratch.checks import floats, numbers


class Loss(Memory):
    """What all losses share."""

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
            One for each example, or for each label of each example.
        """
        return None

    def __repr__(self):
        """Return the call that makes such a loss."""
        return f"{type(self).__name__}()"


class SoftmaxCrossEntropy(Loss):
    """Softmax and cross-entropy in one: from logits and class ids to the mean loss.

    Together they are both safer (log-sum-exp never overflows) and have the short
    gradient (softmax(y) - one_hot(t)) / N.
    """

    def forward(self, y, t):
        """Return the mean loss, a float, of logits y (N, K) and class ids t (N,)."""
        y, t = self._logits_and_ids(y, t)
        z = y - y.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.remember(log_p, t)
        return float(-log_p[np.arange(len(t)), t].sum() / len(t))

    def backward(self):
        """Return dy = (softmax(y) - one_hot(t)) / N, shape (N, K)."""
        log_p, t = self.recall()
        dy = np.exp(log_p)
        dy[np.arange(len(t)), t] -= 1
        return dy / len(t)

    def right(self, y, t):
        """Say where the largest logit is that of the right class, shape (N,)."""
        y, t = self._logits_and_ids(y, t)
        return (y.argmax(axis=1) == t) & ~np.isnan(y).any(axis=1)

    def _logits_and_ids(self, y, t):
        name = type(self).__name__
        y, t = floats(y, name), numbers(t, name)
        if y.ndim != 2 or t.shape != y.shape[:1] or y.size == 0:
            raise ValueError(
                f"{name}: expected logits y of shape (N, K) and class ids t of shape "
                f"(N,), at least one, got {y.shape} and {t.shape}"
            )
        return y, functions._class_ids(t, y.shape[1], name)


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
