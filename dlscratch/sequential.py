"""Layers in a row, with a loss at the end."""

from functools import lru_cache, partial
from inspect import signature
from itertools import dropwhile
from operator import is_not

import numpy as np

from dlscratch import storage
from dlscratch.base import Layer, check_tree, named_arrays, named_parameters
from dlscratch.checks import numbers, whole
from dlscratch.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy


class Sequential:
    """Layers applied one after the other.

    Parameters
    ----------
    layers : list of Layer
        Each once: a layer remembers one forward pass.
    loss : optional
        One of the losses of :mod:`dlscratch.layers`, needed to train.

    Attributes
    ----------
    record : dict
        What :meth:`save` was told about the model: its recipe, seed, results.
    history : History or None
        What :func:`~dlscratch.training.train` measured last.

    Raises
    ------
    TypeError, ValueError
        If something is no layer or no loss, or a layer or an array of parameters is
        there twice.
    """

    history = None
    _pass = None  # what the layers and the loss remember of the last loss

    def __init__(self, layers, loss=None):
        if not isinstance(layers, list | tuple):
            raise TypeError(f"Sequential: expected a list of layers, got {layers!r}")
        usable = callable(getattr(loss, "forward", None)) and callable(
            getattr(loss, "backward", None)
        )
        if loss is not None and (not usable or isinstance(loss, type | Layer)):
            raise TypeError(
                "Sequential: expected a loss such as SoftmaxCrossEntropy(), got "
                f"{loss!r}"
            )
        check_tree(layers, "Sequential")
        self.layers = list(layers)
        self.loss_layer = loss
        self.record = {}

    @property
    def parameters(self):
        """All layers' parameters, first layer first, named by place like ``0.W``."""
        return named_parameters(self.layers)

    @property
    def arrays(self):
        """All that training changes, by name: parameters and the layers' buffers."""
        return named_arrays(self.layers)

    def predict(self, x, training=False):
        """Run all layers: x of shape (N, ...) to scores, mostly of shape (N, K).

        The scores are what the last layer gives: logits, for a classifier.
        """
        self._pass = None
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def loss(self, x, t, training=False):
        """Return the loss, a float, of the predictions for ``x`` against ``t``."""
        if self.loss_layer is None:
            raise RuntimeError(
                "Sequential.loss: this model has no loss; "
                "build it with Sequential(layers, loss)"
            )
        loss = self.loss_layer.forward(self.predict(x, training), t)
        self._pass = self._remembered()
        return loss

    def _remembered(self):
        """List the layers' and the loss's memories, and the parameters' versions."""
        found, layers = [getattr(self.loss_layer, "_cache", None)], [*self.layers]
        for layer in layers:
            layers += getattr(layer, "inner", ())
            found.append(getattr(layer, "_cache", None))
            for p in layer.parameters:
                found.append(p.version)
        return found

    def backward(self, input_gradient=True):
        """Set every parameter's gradient of the last loss; return that of ``x``.

        Without ``input_gradient`` the way back ends at the first layer that learns,
        which saves time, and None is returned.
        """
        if self.loss_layer is None:
            raise RuntimeError("Sequential.backward: this model has no loss")
        found = self._remembered()
        if self._pass is None or any(map(is_not, self._pass, found)):
            raise RuntimeError(
                "Sequential.backward: call loss(x, t) first, with no other pass and no "
                "step of an optimizer in between: the layers remember the last one"
            )
        layers = self.layers
        if not input_gradient:
            layers = dropwhile(lambda layer: not layer.parameters, layers)
        steps = [layer.backward for layer in layers]
        if not input_gradient:
            steps[:1] = map(_sparing, steps[:1])
        dy = self.loss_layer.backward()
        for backward in reversed(steps):
            dy = backward(dy)
        return dy if input_gradient else None

    def accuracy(self, x, t, batch_size=1000):
        """Return the fraction of right answers, the last few included.

        What is right, the loss says: with softmax the class of the largest score, with
        sigmoids each label's own side of one half. A model without a loss is taken for
        a classifier.

        Parameters
        ----------
        x : ndarray, shape (N, ...)
        t : ndarray
            What the loss expects: class ids of shape (N,), for a classifier. Those
            that the loss ignores do not count.
        batch_size : int
            How many examples to run at a time; changes memory, not the result.

        Raises
        ------
        ValueError
            If the loss is one of regression: there an answer is near, not right.
        """
        found = [
            self._right(y, batch)
            for y, batch in self._answers("accuracy", x, t, batch_size)
        ]
        if found[0] is None:
            raise ValueError(
                f"Sequential.accuracy: expected a loss of classes, got "
                f"{self.loss_layer}; evaluate gives the loss itself"
            )
        return float(np.mean(np.concatenate(found)))

    def evaluate(self, x, t, batch_size=1000):
        """Return the mean loss and the accuracy, from one forward pass.

        The parameters are those of :meth:`accuracy`. The accuracy of a regression is
        None.
        """
        if self.loss_layer is None:
            raise RuntimeError("Sequential.evaluate: this model has no loss")
        loss, n, found = 0.0, 0, []
        for y, batch in self._answers("evaluate", x, t, batch_size):
            count = self.n_answers(batch)
            loss += self.loss_layer.forward(y, batch) * count
            n += count
            found.append(self._right(y, batch))
        accuracy = None if found[0] is None else np.mean(np.concatenate(found))
        return loss / n, accuracy if accuracy is None else float(accuracy)

    def n_answers(self, t):
        """Count what the loss takes its mean over: examples, if it does not say."""
        loss = self.loss_layer
        return loss.count(t) if hasattr(loss, "count") else len(t)

    def _right(self, y, t):
        """Return for each answer whether it is right, or None."""
        loss = self.loss_layer or _classes(y)
        return loss.right(y, t) if hasattr(loss, "right") else None

    def _answers(self, name, x, t, batch_size):
        """Yield the scores and the labels of one batch after the other."""
        where = f"Sequential.{name}"
        x, t = numbers(x, where), numbers(t, where)
        batch_size = whole(batch_size, where, "batch_size")
        if x.ndim == 0 or t.ndim == 0 or len(x) != len(t) or len(x) == 0:
            raise ValueError(
                f"{where}: expected as many examples as labels, at least one, got "
                f"{len(x) if x.ndim else x} and {len(t) if t.ndim else t}"
            )
        for i in range(0, len(x), batch_size):
            yield self.predict(x[i : i + batch_size]), t[i : i + batch_size]

    def summary(self):
        """Return a table of the layers and their numbers of parameters, as text."""
        rows = [("", "layer", "parameters")]
        for i, layer in enumerate(self.layers):
            count = sum(p.value.size for p in layer.parameters)
            rows.append((str(i), repr(layer), f"{count:,}"))
        total = sum(p.value.size for p in self.parameters)
        rows.append(("", "total", f"{total:,}"))
        width = max(len(row[1]) for row in rows)
        return "\n".join(f"{a:>2}  {b:<{width}}  {c:>10}" for a, b, c in rows)

    def save(self, path, *, stored_dtype=None, **record):
        """Save the network and what is known about it to one ``.npz`` file.

        The file is first written in full beside ``path`` and then renamed, so that
        an interrupted save leaves the old file as it was.

        Parameters
        ----------
        path : str or Path
            Ends in ``.npz``.
        stored_dtype : numpy dtype, optional
            A smaller float type for the file. Loading gives the rounded numbers.
        **record
            Anything JSON can hold: the recipe, the seed, the results.
        """
        known = self.record | record
        storage.save(path, self.layers, self.loss_layer, known, stored_dtype)
        self.record |= record

    @classmethod
    def load(cls, path):
        """Build the network that :meth:`save` wrote. Nothing is ever unpickled.

        Raises
        ------
        ValueError
            If the file is not such a file, or an array's name, shape or dtype does
            not fit its layer; the message says which.
        """
        layers, loss, record = storage.load(path)
        model = cls(layers, loss)
        model.record = record
        return model

    def __repr__(self):
        """List the layers."""
        return f"Sequential({self.layers}, loss={self.loss_layer})"


def _sparing(backward):
    """Return a layer's way back without the input's gradient, if it can do without."""
    function = getattr(backward, "__func__", backward)
    if "input_gradient" in _arguments(function):
        return partial(backward, input_gradient=False)
    return backward


@lru_cache  # to ask anew takes long beside the step of a small network
def _arguments(function):
    return signature(function).parameters


def _classes(y):
    """Return the loss that fits scores (N, K), or (N, 1) for two classes."""
    return SoftmaxCrossEntropy() if y.shape[-1] > 1 else SigmoidCrossEntropy()
