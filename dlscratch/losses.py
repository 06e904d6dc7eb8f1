"""Losses: what training makes small, each with the gradient where the way back begins.

``forward`` compares the network's scores with the targets. ``backward`` returns the
gradient of that number with respect to the scores.
"""

import numpy as np

from dlscratch import functions
from dlscratch.base import Memory


class Loss(Memory):
    """What all losses share."""

    def forward(self, y, t):
        """Return the mean loss, a float, of scores ``y`` (N, ...) and targets ``t``."""
        raise NotImplementedError

    def backward(self):
        """Return dy, the gradient of the last loss, in the shape of ``y``."""
        raise NotImplementedError

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
        y, t = np.asarray(y), np.asarray(t)
        if y.ndim != 2 or t.shape != y.shape[:1]:
            raise ValueError(
                "SoftmaxCrossEntropy: expected logits y of shape (N, K) and class "
                f"ids t of shape (N,), got {y.shape} and {t.shape}"
            )
        t = functions._class_ids(t, y.shape[1], "SoftmaxCrossEntropy")
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


class SigmoidCrossEntropy(Loss):
    """Sigmoid and binary cross-entropy in one, from logits.

    The loss of one logit y with target t in [0, 1] is
    max(y, 0) - y t + log(1 + exp(-|y|)), which never overflows. Several outputs per
    example are summed, and the mean is taken over the batch.
    """

    def forward(self, y, t):
        """Return the mean loss of logits y (N, K) and targets t, (N, K) or (N,)."""
        y, t = _targets(self, y, t)
        self.remember(y, t)
        losses = np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y)))
        return float(losses.sum() / len(y))

    def backward(self):
        """Return dy = (sigmoid(y) - t) / N."""
        y, t = self.recall()
        return (functions.sigmoid(y) - t) / len(y)


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
    y = np.asarray(y)
    t = np.asarray(t, dtype=y.dtype)
    if t.shape == y.shape[:1] and y.size == t.size:
        t = t.reshape(y.shape)
    if y.ndim == 0 or t.shape != y.shape:
        raise ValueError(
            f"{type(loss).__name__}: expected y and t of one shape, got {y.shape} "
            f"and {t.shape}"
        )
    return y, t
