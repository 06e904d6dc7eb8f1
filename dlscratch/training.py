"""The training loop: mini-batches, epochs, and a record of what happened."""

import json
import math
import time
from dataclasses import asdict, dataclass, field

import numpy as np
from tqdm import tqdm

from dlscratch import files
from dlscratch.base import check_tree, generators, name_of, places
from dlscratch.checks import generator, real, whole
from dlscratch.datasets import Dataset
from dlscratch.optimizers import Optimizer, clip_by_norm


@dataclass
class History:
    """What :func:`train` measured, one entry per epoch.

    Attributes
    ----------
    train_loss : list of float
        Mean loss over the epoch's training examples, while the weights moved. Of
        sequences it is the mean over all steps that the loss does not ignore, as
        everywhere here: a longer one counts for more.
    train_accuracy, test_accuracy : list of float
        Fraction of right answers at the end of the epoch. Empty for a regression.
    test_loss : list of float
        Mean loss of the test examples at the end of the epoch. Empty without any.
    seconds : list of float
        Processor time, measuring included. Histories that differ in nothing else are
        equal.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False, repr=False)

    @property
    def best_epoch(self):
        """The epoch, counted from 1, with the smallest test loss; nan is never it."""
        if not np.isfinite(self.test_loss).any():
            raise ValueError("History.best_epoch: no epoch has a finite test loss")
        return int(np.nanargmin(self.test_loss)) + 1


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
    n = whole(n, "minibatches", "n", 0)
    batch_size = whole(batch_size, "minibatches", "batch_size")
    order = generator(rng, "minibatches").permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def train(
    model,
    data,
    optimizer,
    epochs,
    *,
    batch_size=32,
    rng,
    progress=True,
    augment=None,
    patience=None,
    checkpoint=None,
    clip_norm=None,
):
    """Train a model and measure it after every epoch.

    Parameters
    ----------
    model : Sequential or DataParallel
        With a loss. It is changed in place.
    data : Dataset
        Training examples, and test examples if there are any, which are only measured.
        Of the training examples, :meth:`~dlscratch.datasets.Dataset.measuring` can say
        how many are.
    optimizer : Optimizer
        Over ``model.parameters``, or some of them.
    epochs : int
        Passes over the training examples.
    batch_size : int
    rng : numpy.random.Generator
        Shuffles the examples, anew for each epoch.
    progress : bool
        Show a progress bar.
    augment : function of (x, rng), optional
        Returns a changed copy of each training batch's inputs.
    patience : int, optional
        Stop early: as soon as so many epochs in a row had no smaller test loss, and go
        back to the best weights. The test part then has a say in the training: pass
        :func:`~dlscratch.datasets.validation_split`'s data, not the real test set.
    checkpoint : str or Path, optional
        A ``.npz`` file that holds everything after each epoch. If it exists, the
        training goes on from there, and with the same arguments gives the very same
        numbers as one that was never interrupted. Delete it to start anew.
    clip_norm : float, optional
        The largest length that the gradient may have in a step: see
        :func:`~dlscratch.optimizers.clip_by_norm`.

    Returns
    -------
    History
        Also ``model.history``, from the start: Ctrl+C loses no epoch that was whole.

    Raises
    ------
    TrainingDiverged
        At the first batch whose loss is nan or infinite, or with ``clip_norm`` its
        gradient, before the weights change.
    TypeError, ValueError
        Before the first batch, if the arguments do not fit together.
    """
    generator(rng, "train")
    epochs = whole(epochs, "train", "epochs", 0)
    if augment is not None and not callable(augment):
        raise TypeError(f"train: expected augment to be a function, got {augment!r}")
    if clip_norm is not None:
        real(clip_norm, "train", "clip_norm", 0, above=True)
    x, t, *tests = _examples(data)
    classifies = _check(model, optimizer, x, t, tests, batch_size, patience)
    measured = x[: data.n_measured], t[: data.n_measured]
    history = model.history = History()
    best = {name: array.copy() for name, array in model.arrays.items()}
    if checkpoint is not None:
        sizes = {"batch_size": batch_size, "number of examples": len(x)}
        sizes["number of test examples"] = len(tests[0]) if tests else 0
        checkpoint = Checkpoint(checkpoint, model, optimizer, rng, history, best, sizes)
        checkpoint.load()
    settings = {"disable": None if progress else True, "leave": False}
    done = len(history.train_loss)
    with tqdm(
        total=epochs * len(x), initial=done * len(x), unit=" examples", **settings
    ) as bar:
        for epoch in range(done + 1, epochs + 1):
            if patience is not None and _waited(history) >= patience:
                break
            total, n, start = 0.0, 0, time.process_time()
            for step, batch in enumerate(minibatches(len(x), batch_size, rng), 1):
                inputs, targets = x[batch], t[batch]
                if augment is not None:
                    inputs = _augmented(augment, inputs, rng)
                loss = model.loss(inputs, targets, training=True)
                _check_finite("loss", loss, epoch, step, history)
                model.backward(input_gradient=False)
                if clip_norm is not None:
                    norm = clip_by_norm(optimizer.parameters, clip_norm)
                    _check_finite("gradient's length", norm, epoch, step, history)
                optimizer.step()
                count = model.n_answers(targets)
                total += loss * count
                n += count
                bar.update(len(batch))
            found = {"train_loss": total / n}
            if tests:
                found["test_loss"], accuracy = model.evaluate(*tests)
            if classifies:
                found["train_accuracy"] = model.accuracy(*measured)
            if classifies and tests:
                found["test_accuracy"] = accuracy
            found["seconds"] = time.process_time() - start
            for name, value in found.items():
                getattr(history, name).append(value)
            if _waited(history) == 0:
                _copy(model.arrays, best)
            if checkpoint is not None:
                checkpoint.save()
            bar.set_postfix(loss=f"{history.train_loss[-1]:.4f}")
    if patience is not None:
        _copy(best, model.arrays)
    return history


def _examples(data):
    """Return x and t of the training part, and of the test part if there is one."""
    if not isinstance(data, Dataset):
        kind = type(data).__name__
        raise TypeError(f"train: expected a Dataset, such as Dataset(x, t), got {kind}")
    parts = [part for part in data if part is not None]
    if any(len(part) == 0 for part in parts):
        sizes = [len(part) for part in parts]
        raise ValueError(f"train: expected at least one example, got {sizes}")
    return parts


def _augmented(augment, x, rng):
    """Return a changed copy of a batch, if that is what augment gives."""
    changed = augment(x, rng)
    if np.shape(changed) != x.shape:
        raise ValueError(
            f"train: expected augment to return a batch of shape {x.shape}, got "
            f"{'None' if changed is None else np.shape(changed)}"
        )
    return changed


def _check_finite(what, number, epoch, step, history):
    if not math.isfinite(number):
        raise TrainingDiverged(
            f"train: the {what} became {number} in epoch {epoch}, step {step}; "
            "try a smaller learning rate, and look for nan in the data",
            history,
        )


def _check(model, optimizer, x, t, tests, batch_size, patience):
    """Try what can be tried before a training; say whether the answers are classes."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "train: expected an optimizer such as SGD(model.parameters), got "
            f"{optimizer!r}"
        )
    if getattr(model, "loss_layer", None) is None:
        raise TypeError(f"train: expected a model with a loss, got {model!r}")
    batch_size = whole(batch_size, "train", "batch_size")
    if patience is not None:
        whole(patience, "train", "patience")
        if not tests:
            raise ValueError(
                "train: expected a test part to stop early by, such as that of "
                "validation_split, got none"
            )
    parameters = set(model.parameters)
    strange = [p.name for p in optimizer.parameters if p not in parameters]
    if strange:
        raise ValueError(
            "train: expected an optimizer over this model's parameters, got one that "
            f"holds another's {strange[0]}; make it anew, from model.parameters"
        )
    check_tree(model.layers, "train")
    for inputs, targets in ((x, t), tests) if tests else ((x, t),):
        _, accuracy = model.evaluate(inputs[:1], targets[:1])
        if accuracy is not None:  # then the loss can look at all targets at once
            y = model.predict(inputs[:1])
            for i in range(0, len(targets), 1000):
                part = targets[i : i + 1000]
                model.loss_layer.right(np.repeat(y, len(part), axis=0), part)
    needy = [one for _, one in places(model.layers) if getattr(one, "n_values", 2) < 2]
    if needy and len(x) % batch_size == 1:
        raise ValueError(
            f"train: expected batches of at least two examples for {needy[0]}, but of "
            f"{len(x)} examples in batches of {batch_size} one is left over; take "
            f"another batch_size"
        )
    return accuracy is not None


def _waited(history):
    """Count the epochs since the best one, or since the start if none has a loss."""
    losses = np.asarray(history.test_loss, dtype=float)
    if not np.isfinite(losses).any():
        return len(losses)
    return len(losses) - history.best_epoch


def _copy(source, target):
    for name, array in target.items():
        array[...] = source[name]


class Checkpoint:
    """All that a training needs to go on as if it had never stopped, in one file.

    These are the model's arrays, the optimizer's memory, every generator's state, the
    history, and the best weights so far. What the training is made of is there too, so
    that no other training goes on from the file: each layer and its arguments, the
    loss, the kind of optimizer, and the sizes of the batches and of the data.
    """

    def __init__(self, path, model, optimizer, rng, history, best, sizes):
        self.path = files.new_path(path, "train", "a checkpoint")
        self.model, self.optimizer = model, optimizer
        self.history, self.best = history, best
        self.generators = [rng, *generators(model.layers, "train with a checkpoint")]
        made_of = {
            f"layer {place[:-1]}": [name_of(type(layer)), layer.config]
            for place, layer in places(model.layers)
        }
        loss, config = model.loss_layer, getattr(model.loss_layer, "config", {})
        made_of["loss"] = (
            [name_of(type(loss)), config] if config else name_of(type(loss))
        )
        made_of["optimizer"] = name_of(type(optimizer))
        self.made_of = json.loads(files.text(made_of | sizes))  # as a file holds it

    @property
    def arrays(self):
        """All arrays as they are now: a layer or an optimizer may put others there."""
        return {
            f"{kind}.{name}": array
            for kind, arrays in (
                ("model", self.model.arrays),
                ("best", self.best),
                ("optimizer", self.optimizer.state),
            )
            for name, array in arrays.items()
        }

    def save(self):
        """Write the file, whole or not at all."""
        head = {
            "made of": self.made_of,
            "history": asdict(self.history),
            "steps": self.optimizer.steps,
            "generators": [r.bit_generator.state for r in self.generators],
        }
        files.write(self.path, head, self.arrays)

    def load(self):
        """Take everything over from the file, if there is one."""
        if not self.path.exists():
            return
        try:
            head, arrays = files.read(self.path)
            for what, now in self.made_of.items():
                then = head["made of"].get(what)
                if then != now:
                    raise ValueError(f"its {what} is {then} in place of {now}")
            found = {name: (a.shape, a.dtype) for name, a in arrays.items()}
            wanted = {name: (a.shape, a.dtype) for name, a in self.arrays.items()}
            if found != wanted or len(head["generators"]) != len(self.generators):
                raise ValueError("its arrays are those of another model or optimizer")
            for r, state in zip(self.generators, head["generators"], strict=True):
                r.bit_generator.state = state
            for name, values in head["history"].items():
                getattr(self.history, name)[:] = values
            self.optimizer.steps = head["steps"]
        except Exception as error:
            raise ValueError(
                f"train: the checkpoint {self.path} does not fit this training "
                f"({type(error).__name__}: {error}); delete it to start anew"
            ) from error
        _copy(arrays, self.arrays)
