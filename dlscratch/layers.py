"""Layers, each with a forward pass and the matching backward pass, and the losses.

A layer maps ``x`` to ``y`` in ``forward`` and the gradient ``dy`` of the loss with
respect to ``y`` to ``dx`` in ``backward``. On the way back it sets the gradients of
its own parameters.
"""

import math

import numpy as np

from dlscratch import functions, initializers
from dlscratch.base import Layer, Parameter, class_called, name_of
from dlscratch.checks import float_dtype, floats, generator, numbers, real, whole
from dlscratch.convolution import AvgPool2d, Conv2d, MaxPool2d  # noqa: F401
from dlscratch.losses import (  # noqa: F401
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
)


class Linear(Layer):
    """A fully connected (affine) layer: ``y = x @ W + b``.

    It works on the last axis. In sequences (N, T, n_in), each step goes through alone.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and of outputs.
    bias : bool
        Whether there is a bias.
    init : callable, optional
        An initializer for W, by default ``initializers.he``. The bias starts at 0.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : numpy dtype
        Of the parameters, and so of all results.

    Attributes
    ----------
    W : Parameter, shape (n_in, n_out)
    b : Parameter, shape (n_out,)
        Without ``bias``, None.
    """

    def __init__(
        self, n_in, n_out, *, bias=True, init=None, rng=None, dtype=np.float64
    ):
        shape = whole(n_in, "Linear", "n_in"), whole(n_out, "Linear", "n_out")
        W = initializers.draw("Linear", init, shape, rng, dtype)
        self.W = Parameter(W, name="W", decay=True)
        b = np.zeros(n_out, dtype=dtype)
        self.b = Parameter(b, name="b") if bias else None

    @property
    def parameters(self):
        """W, then b if there is one."""
        return [self.W, self.b] if self.b else [self.W]

    @property
    def config(self):
        """Number of inputs and of outputs; and that there is no bias, if so."""
        n_in, n_out = self.W.value.shape
        return {"n_in": n_in, "n_out": n_out} | ({} if self.b else {"bias": False})

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map x of shape (N, ..., n_in) to y of shape (N, ..., n_out)."""
        W = self.W.value
        x = np.asarray(floats(x, "Linear"), dtype=W.dtype)
        if x.ndim < 2 or x.shape[-1] != len(W):
            between = "..., " if x.ndim > 2 else ""
            raise ValueError(
                f"Linear: expected x of shape (N, {between}{len(W)}), got {x.shape}"
            )
        rows = x.reshape(-1, len(W))
        self.remember(rows, x.shape)
        y = rows @ W
        if self.b:
            y += self.b.value
        return y.reshape(*x.shape[:-1], -1)

    def backward(self, dy, input_gradient=True):
        """Set dW = xᵀ dy and db = Σ dy; return dx = dy Wᵀ.

        Without ``input_gradient``, which the first layer does not need, dx is not
        computed and None is returned.
        """
        x, shape = self.recall()
        n_out = self.W.value.shape[1]
        dy = self.check_dy(dy, (*shape[:-1], n_out)).reshape(-1, n_out)
        self.W.grad = x.T @ dy
        if self.b:
            self.b.grad = dy.sum(axis=0)
        if not input_gradient:
            return None
        dx = np.matmul(dy, self.W.value.T, out=np.empty_like(x))
        return dx.reshape(shape)


class Sigmoid(Layer):
    """Elementwise logistic sigmoid; y' = y (1 - y)."""

    def forward(self, x, training=False):
        """Map x of any shape to y of the same shape."""
        y = functions.sigmoid(x)
        self.remember(y)
        return y

    def backward(self, dy):
        """Return dx = dy · y (1 - y)."""
        (y,) = self.recall()
        dy = self.check_dy(dy, y.shape)
        return dy * y * (1 - y)


class Tanh(Layer):
    """Elementwise hyperbolic tangent; y' = 1 - y²."""

    def forward(self, x, training=False):
        """Map x of any shape to y of the same shape."""
        y = functions.tanh(x)
        self.remember(y)
        return y

    def backward(self, dy):
        """Return dx = dy · (1 - y²)."""
        (y,) = self.recall()
        dy = self.check_dy(dy, y.shape)
        return dy * (1 - y**2)


class ReLU(Layer):
    """Elementwise max(x, 0); the slope at exactly 0 is taken as 0."""

    def forward(self, x, training=False):
        """Map x of any shape to y of the same shape."""
        y = functions.relu(x)
        self.remember(y > 0)
        return y

    def backward(self, dy):
        """Return dx = dy where x was positive, else 0."""
        (positive,) = self.recall()
        dy = self.check_dy(dy, positive.shape)
        return dy * positive


class Flatten(Layer):
    """Make each example one row: (N, C, H, W) becomes (N, C·H·W).

    Where x lies in memory with the batch last, as convolutions hand it on, y does too.
    """

    def forward(self, x, training=False):
        """Map x of shape (N, ...) to y of shape (N, D)."""
        x = numbers(x, "Flatten")
        if x.ndim < 2:
            raise ValueError(f"Flatten: expected x of shape (N, ...), got {x.shape}")
        self.remember(x.shape)
        N = len(x)
        if x.strides[0] == x.itemsize:
            return np.moveaxis(x, 0, -1).reshape(-1, N).T
        return x.reshape(N, math.prod(x.shape[1:]))

    def backward(self, dy):
        """Give dy the shape that x had."""
        (shape,) = self.recall()
        dy = self.check_dy(dy, (shape[0], math.prod(shape[1:])))
        return dy.reshape(shape)


class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy, 2015): y = gamma · x̂ + beta.

    In training, x̂ is x minus the batch's mean, divided by the square root of the
    batch's variance plus ``eps``. At test time, averages of these kept from training
    take their place, so that an example's output does not depend on its companions.

    Parameters
    ----------
    channels : int
        D for x of shape (N, D), or C for x of shape (N, C, H, W). Each has its own
        statistics, over all examples and places.
    momentum : float
        The part of the new batch in the running averages, as in PyTorch.
    eps : float
        Keeps the division safe.
    dtype : numpy dtype

    Attributes
    ----------
    gamma, beta : Parameter, shape (channels,)
        Start at 1 and 0.
    running_mean, running_var : ndarray, shape (channels,)
        Start at 0 and 1. The variance that is averaged is the unbiased one, with
        n - 1 in place of n.
    n_values : int
        How many values of each channel the last batch had.
    """

    def __init__(self, channels, *, momentum=0.1, eps=1e-5, dtype=np.float64):
        channels = whole(channels, "BatchNorm", "channels")
        dtype = float_dtype(dtype, "BatchNorm")
        self.momentum = real(momentum, "BatchNorm", "momentum", 0, 1)
        self.eps = real(eps, "BatchNorm", "eps", 0, above=True)
        self.gamma = Parameter(np.ones(channels, dtype=dtype), name="gamma")
        self.beta = Parameter(np.zeros(channels, dtype=dtype), name="beta")
        self.running_mean = np.zeros(channels, dtype=dtype)
        self.running_var = np.ones(channels, dtype=dtype)

    @property
    def parameters(self):
        """Gamma, then beta."""
        return [self.gamma, self.beta]

    @property
    def buffers(self):
        """The running mean and variance."""
        return {"running_mean": self.running_mean, "running_var": self.running_var}

    @property
    def config(self):
        """Channels, momentum and eps."""
        channels = len(self.running_mean)
        return {"channels": channels, "momentum": self.momentum, "eps": self.eps}

    def __repr__(self):
        """Return the call that makes such a layer."""
        return f"BatchNorm({len(self.running_mean)})"

    def forward(self, x, training=False):
        """Map x of shape (N, D) or (N, C, H, W) to y of the same shape."""
        channels = len(self.running_mean)
        x = np.asarray(floats(x, "BatchNorm"), dtype=self.gamma.value.dtype)
        if x.ndim not in (2, 4) or x.shape[1] != channels:
            raise ValueError(
                f"BatchNorm: expected x of shape (N, {channels}) or "
                f"(N, {channels}, H, W), got {x.shape}"
            )
        axes, n = (0, *range(2, x.ndim)), x.size // channels
        self.n_values = n
        if training:
            if n < 2:
                raise ValueError(
                    "BatchNorm: expected at least two values per channel in training, "
                    f"got x of shape {x.shape}; is one example left over for the last "
                    "batch? Then choose another batch size"
                )
            mean = x.sum(axis=axes) / n
            centred = x - self._spread(mean, x)
            var = (centred * centred).sum(axis=axes) / n
            if np.isfinite(var).all():  # one bad batch must not ruin what is kept
                fair = var * (n / (n - 1))
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (fair - self.running_var)
        else:
            centred = x - self._spread(self.running_mean, x)
            var = self.running_var
        scale = 1 / np.sqrt(var + self.eps)
        x_hat = centred
        x_hat *= self._spread(scale, x)
        self.remember(x_hat, scale, axes, n, training)
        return x_hat * self._spread(self.gamma.value, x) + self._spread(
            self.beta.value, x
        )

    def backward(self, dy, input_gradient=True):
        """Set dgamma = Σ dy x̂ and dbeta = Σ dy; return dx.

        In training dx = gamma / (n √(var + eps)) · (n dy - dbeta - x̂ dgamma), because
        each x also moves the batch's mean and variance.
        """
        x_hat, scale, axes, n, training = self.recall()
        dy = self.check_dy(dy, x_hat.shape)
        self.gamma.grad = (dy * x_hat).sum(axis=axes)
        self.beta.grad = dy.sum(axis=axes)
        if not input_gradient:
            return None
        if training:
            dy = dy - self._spread(self.beta.grad / n, dy)
            dy -= x_hat * self._spread(self.gamma.grad / n, dy)
        return dy * self._spread(self.gamma.value * scale, dy)

    @staticmethod
    def _spread(values, x):
        """Give one value per channel a shape that broadcasts against x."""
        return values if x.ndim == 2 else values.reshape(-1, 1, 1)


class Dropout(Layer):
    """Set a random part of the values to 0 in training (Srivastava et al., 2014).

    Those that are kept are divided by 1 - p, so that the mean stays what it was and
    nothing is left to do at test time ("inverted" dropout).

    Parameters
    ----------
    p : float
        The fraction dropped, as in PyTorch. Older texts give the fraction kept.
    rng : numpy.random.Generator
        Draws a new mask in each forward pass.
    """

    def __init__(self, p=0.5, *, rng=None):
        self.p = real(p, "Dropout", "p, the fraction dropped,", 0, 1, below=True)
        self.rng = rng if rng is None else generator(rng, "Dropout")

    @property
    def config(self):
        """The fraction dropped."""
        return {"p": self.p}

    def forward(self, x, training=False):
        """Map x of any shape to y of the same shape; at test time y is x."""
        x = floats(x, "Dropout")
        if not training:
            self.remember(None, x.shape)
            return x
        if self.rng is None:
            raise TypeError(
                "Dropout: to train, pass rng=numpy.random.default_rng(seed), "
                "or set the layer's rng"
            )
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.p
        mask = np.empty_like(x)  # laid out like x
        np.divide(kept, 1 - self.p, out=mask)
        self.remember(mask, x.shape)
        return x * mask

    def backward(self, dy):
        """Return dx = dy · mask / (1 - p): what was dropped gets no gradient."""
        mask, shape = self.recall()
        dy = self.check_dy(dy, shape)
        return dy if mask is None else dy * mask


class Residual(Layer):
    """A residual block (He et al., 2016): y = body(x) + x.

    The body only has to learn what should be added to x, and on the way back dx is the
    body's gradient plus dy itself: the sum lets the gradient pass unchanged.

    Parameters
    ----------
    layers : list of Layer
        The body, in the order in which its layers are applied.
    shortcut : list of Layer, optional
        Layers that x goes through instead of being added as it is, for a body that
        changes the shape, such as ``[Conv2d(16, 32, 1, stride=2, rng=rng)]``.

    Notes
    -----
    The block ends with the sum. Put a ReLU behind it where a network wants one.
    """

    def __init__(self, layers, shortcut=None):
        shortcut = [] if shortcut is None else shortcut
        for one in (layers, shortcut):
            if not isinstance(one, list | tuple):
                raise TypeError(f"Residual: expected a list of layers, got {one!r}")
        self.layers, self.shortcut = list(layers), list(shortcut)
        if not self.layers:
            raise ValueError("Residual: expected at least one layer in the body")

    @property
    def inner(self):
        """The body's layers, then the shortcut's."""
        return self.layers + self.shortcut

    @property
    def parameters(self):
        """The body's parameters, then the shortcut's."""
        return [p for layer in self.inner for p in layer.parameters]

    @property
    def config(self):
        """Each layer's name and arguments, for the body and the shortcut."""
        return {
            part: [[name_of(type(layer)), layer.config] for layer in stack]
            for part, stack in (("layers", self.layers), ("shortcut", self.shortcut))
        }

    @classmethod
    def from_config(cls, config):
        """Build a block from another's ``config``, its parameters not yet set."""
        ways = {part: [build(*layer) for layer in config[part]] for part in config}
        return cls(**ways)

    def forward(self, x, training=False):
        """Map x to the sum of what the body and the shortcut make of it."""
        y = shortcut = floats(x, "Residual")
        for layer in self.layers:
            y = layer.forward(y, training)
        for layer in self.shortcut:
            shortcut = layer.forward(shortcut, training)
        if y.shape != shortcut.shape:
            raise ValueError(
                "Residual: expected a body and a shortcut of one shape, got "
                f"{y.shape} and {shortcut.shape}; give the shortcut a layer that "
                "changes the shape in the same way"
            )
        self.remember(y.shape)
        return y + shortcut

    def backward(self, dy, input_gradient=True):
        """Set all gradients of both ways; return dx, the sum of their two dx."""
        (shape,) = self.recall()
        dy = self.check_dy(dy, shape)
        dx = through_shortcut = dy
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        for layer in reversed(self.shortcut):
            through_shortcut = layer.backward(through_shortcut)
        return dx + through_shortcut if input_gradient else None

    def __repr__(self):
        """List the layers of both ways."""
        ways = [self.layers, self.shortcut] if self.shortcut else [self.layers]
        return f"Residual({', '.join(map(str, ways))})"


def build(name, config):
    """Build the layer of this name from a ``config``, its parameters not yet set.

    Parameters
    ----------
    name : str
        Of the layer's class: of this library, or your own with its module, such as
        ``"__main__.Swish"``.
    config : dict
        As ``Layer.config`` gives it.

    Raises
    ------
    ValueError
        If there is no such layer.

    Examples
    --------
    >>> build("Residual", {"layers": [["Linear", {"n_in": 2, "n_out": 2}]]})
    Residual([Linear(2, 2)])
    """
    return class_called(name, Layer).from_config(config)
