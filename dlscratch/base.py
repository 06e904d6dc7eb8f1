"""What every layer is built on: its parameters, and what all layers share."""

from dataclasses import dataclass

import numpy as np


@dataclass(eq=False)
class Parameter:
    """An array that is learnt, its gradient, and its name.

    Attributes
    ----------
    value : ndarray
    grad : ndarray of the same shape, or None before the first backward pass
    name : str
    decay : bool
        Whether weight decay shrinks it: weights, but not biases.
    """

    value: np.ndarray
    grad: np.ndarray | None = None
    name: str = ""
    decay: bool = False

    def __repr__(self):
        """Say the name, shape and dtype, not all the numbers."""
        return f"Parameter({self.name}, {self.value.shape}, {self.value.dtype})"


class Layer:
    """What all layers share: no parameters, and a memory of the forward pass."""

    _cache = None
    inner = ()  # the layers that this one is made of, if any

    @property
    def parameters(self):
        """The layer's parameters, in a fixed order."""
        return []

    @property
    def buffers(self):
        """Arrays that are not learnt but belong to the trained layer, by name."""
        return {}

    @property
    def config(self):
        """The constructor's arguments, enough to build the layer again."""
        return {}

    def forward(self, x, training=False):
        """Compute the output from ``x``."""
        raise NotImplementedError

    def backward(self, dy):
        """Compute the gradient of the input from that of the output."""
        raise NotImplementedError

    def _remember(self, *cache):
        self._cache = cache

    def _recall(self):
        if self._cache is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward: call {name}.forward first")
        return self._cache

    def _check_dy(self, dy, shape):
        if np.shape(dy) != shape:
            raise ValueError(
                f"{type(self).__name__}.backward: expected dy of shape {shape}, "
                f"got {np.shape(dy)}"
            )

    def __repr__(self):
        """Return the call that makes such a layer."""
        arguments = ", ".join(str(v) for v in self.config.values())
        return f"{type(self).__name__}({arguments})"


def leaves(layers, prefix=""):
    """Yield each layer that holds no others, with where it is, such as ``"3.0."``."""
    for i, layer in enumerate(layers):
        if inner := getattr(layer, "inner", ()):
            yield from leaves(inner, f"{prefix}{i}.")
        else:
            yield f"{prefix}{i}.", layer
