"""The training loop: mini-batches, epochs, and a record of what happened."""

from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm


@dataclass
class History:
    """What :func:`train` measured, one entry per epoch.

    Attributes
    ----------
    train_loss : list of float
        Mean loss over the epoch's training examples, while the weights moved.
    train_accuracy, test_accuracy : list of float
        Fraction classified right at the end of the epoch.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)


class TrainingDiverged(FloatingPointError):
    """The loss became nan or infinite. ``history`` holds the epochs before."""

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history


def minibatches(n, batch_size, rng):
    """Yield the indices of one epoch's mini-batches, in random order.

    Parameters
    ----------
    n : int
        Number of examples.
    batch_size : int
        Examples per batch; the last batch holds what is left.
    rng : numpy.random.Generator

    Yields
    ------
    ndarray of int, shape (batch_size,) or less

    Examples
    --------
    >>> [len(i) for i in minibatches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    if batch_size < 1:
        raise ValueError(f"minibatches: expected batch_size >= 1, got {batch_size}")
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def train(model, data, optimizer, epochs, *, batch_size=32, rng, progress=True):
    """Train a classifier and measure it after every epoch.

    Parameters
    ----------
    model : Sequential
        With a loss. It is changed in place.
    data : Dataset
        Training and test examples. The test examples are only measured.
    optimizer
        Over ``model.parameters``.
    epochs : int
        Passes over the training examples.
    batch_size : int
    rng : numpy.random.Generator
        Shuffles the examples, anew for each epoch.
    progress : bool
        Show a progress bar.

    Returns
    -------
    History

    Raises
    ------
    TrainingDiverged
        At the first batch whose loss is nan or infinite, before the weights change.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"train: expected rng=numpy.random.default_rng(seed), got {rng!r}"
        )
    x, t = data.x_train, data.t_train
    if len(x) != len(t) or len(x) == 0:
        raise ValueError(
            "train: expected as many training examples as labels, at least one, "
            f"got {len(x)} and {len(t)}"
        )
    history = History()
    settings = {"disable": None if progress else True, "leave": False}
    with tqdm(total=epochs * len(x), unit=" examples", **settings) as bar:
        for epoch in range(1, epochs + 1):
            total = 0.0
            for step, batch in enumerate(minibatches(len(x), batch_size, rng), 1):
                loss = model.loss(x[batch], t[batch], training=True)
                if not np.isfinite(loss):
                    raise TrainingDiverged(
                        f"train: the loss became {loss} in epoch {epoch}, step {step}; "
                        "try a smaller learning rate, and look for nan in the data",
                        history,
                    )
                model.backward()
                optimizer.step()
                total += loss * len(batch)
                bar.update(len(batch))
            history.train_loss.append(total / len(x))
            history.train_accuracy.append(model.accuracy(x, t))
            history.test_accuracy.append(model.accuracy(data.x_test, data.t_test))
            bar.set_postfix(loss=f"{history.train_loss[-1]:.4f}")
    return history
