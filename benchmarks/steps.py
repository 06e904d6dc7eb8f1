"""One training step of the same network, by the library and by its peers.

Each maker takes one of the networks below and a list of batches ``(x, t)``. It returns
a function ``step(x, t)``, which does a forward pass, a backward pass and an update and
returns the loss of before the update, and the batches in the form that this step
wants. All makers start from the same weights. PyTorch and scikit-learn are imported
only when asked for.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from plain import plain

from dlscratch import autograd, layers, models, optimizers


@dataclass(frozen=True)
class Network:
    """What to train, and how.

    Attributes
    ----------
    title : str
    build : function of (rng, dtype) that returns a Sequential
    optimizer : str
        The name of the optimizer, here and in PyTorch.
    lr : float
    shape : tuple of int
        Of one picture of 784 pixels.
    steps : int
        How many steps to time together.
    compared : int
        Over how many steps the losses of all trainings must agree.
    """

    title: str
    build: Callable
    optimizer: str
    lr: float
    shape: tuple
    steps: int
    compared: int

    def start(self, dtype=np.float32):
        """Return the network with the weights that everybody starts from."""
        network = self.build(np.random.default_rng(0), np.float32)
        for p in network.parameters:
            p.value = p.value.astype(dtype)
        return network

    def batches(self, batches):
        """Give the pictures (N, 784) the shape that the network wants."""
        return [(x.reshape(-1, *self.shape), t) for x, t in batches]


SIZES = (784, 50, 10)
PICTURE = (1, 28, 28)
NETWORKS = {
    "mlp": Network(
        "784-50-10 with sigmoid, SGD",
        lambda rng, dtype: models.mlp(SIZES, "sigmoid", rng=rng, dtype=dtype),
        *("SGD", 0.1, (784,), 20, 50),
    ),
    "batch norm": Network(
        "784, 6×100 with batch norm, 10, SGD",
        lambda rng, dtype: models.mlp(
            (784, *[100] * 6, 10), batch_norm=True, rng=rng, dtype=dtype
        ),
        *("SGD", 0.01, (784,), 5, 20),
    ),
    "simple_cnn": Network(
        "`simple_cnn`, Adam",
        lambda rng, dtype: models.simple_cnn(rng=rng, dtype=dtype),
        *("Adam", 1e-3, PICTURE, 4, 10),
    ),
    "deep_cnn": Network(
        "`deep_cnn`, Adam",
        lambda rng, dtype: models.deep_cnn(rng=rng, dropout=0, dtype=dtype),
        *("Adam", 1e-3, PICTURE, 1, 5),
    ),
}


def ours(network, batches, dtype=np.float32):
    """Return the step of ``dlscratch``."""
    model = network.start(dtype)
    return _step_of(model, network), [(x.astype(dtype), t) for x, t in batches]


def unrolled(network, batches):
    """Return the step in float64 with plain convolutions, every picture unrolled."""
    model = plain(network.start(np.float64))
    return _step_of(model, network), [(x.astype(np.float64), t) for x, t in batches]


def _step_of(model, network):
    kind = getattr(optimizers, network.optimizer)
    return step_of(model, kind(model.parameters, lr=network.lr))


def step_of(model, optimizer):
    """Return a training step of ``dlscratch``: from x and t to the loss."""

    def step(x, t):
        loss = model.loss(x, t, training=True)
        model.backward(input_gradient=False)
        optimizer.step()
        return loss

    return step


def eager(network, batches):
    """Return the step of ``mlp`` in tensors, whose graph is recorded each time."""
    weights = [autograd.Tensor(w, needs_grad=True) for w in _weights(network)]

    def step(x, t):
        loss = _loss(x, t, *weights)
        loss.backward()
        for w in weights:
            w.data -= network.lr * w.grad
        return loss.data

    return step, batches


def compiled(network, batches):
    """Return the step of ``mlp`` as one program, with its updates."""
    x, t = autograd.placeholder("x"), autograd.placeholder("t")
    weights = [autograd.shared(w, "w") for w in _weights(network)]
    loss = _loss(x, t, *weights)
    pairs = zip(weights, autograd.grad(loss, weights), strict=True)
    step = autograd.function([x, t], loss, [(w, w - network.lr * g) for w, g in pairs])
    return step, batches


def _weights(network):
    return [p.value for p in network.start().parameters]


def _loss(x, t, W1, b1, W2, b2):
    return autograd.cross_entropy(autograd.sigmoid(x @ W1 + b1) @ W2 + b2, t)


def pytorch(network, batches):
    """Return the step of PyTorch: eager, on one thread of the processor."""
    import torch

    torch.set_num_threads(1)
    model = as_pytorch(network.start())
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = getattr(torch.optim, network.optimizer)(
        model.parameters(), lr=network.lr
    )

    def step(x, t):
        optimizer.zero_grad()
        loss = loss_of(model(x), t)
        loss.backward()
        optimizer.step()
        return loss.item()

    own = [(torch.from_numpy(x), torch.from_numpy(t).long()) for x, t in batches]
    return step, own


def as_pytorch(model):
    """Return PyTorch's network of the same layers and weights."""
    import torch
    from torch import nn

    def convert(layer):
        match layer:
            case layers.Linear(W=W):
                return nn.Linear(*W.value.shape)
            case layers.Conv2d(W=W):
                F, C, *kernel = W.value.shape
                return nn.Conv2d(C, F, kernel, layer.stride, layer.padding)
            case layers.BatchNorm():
                return nn.BatchNorm1d(len(layer.running_mean))
            case layers.MaxPool2d():
                return nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding)
            case _:  # the others bear the same names, and take no arguments
                return getattr(nn, type(layer).__name__)()

    result = nn.Sequential(*map(convert, model.layers))
    with torch.no_grad():
        for own, p in zip(result.parameters(), model.parameters, strict=True):
            # PyTorch's W of a linear layer is (D_out, D_in).
            own.copy_(torch.from_numpy(p.value.T if p.value.ndim == 2 else p.value))
    return result


def scikit_learn(network, batches):
    """Return the step of scikit-learn's ``MLPClassifier``, with all extras off."""
    from sklearn.neural_network import MLPClassifier

    weights = [p.value for p in network.start().parameters]
    sizes = [len(W) for W in weights[::2]] + [weights[-1].size]
    model = MLPClassifier(
        sizes[1:-1],
        activation="logistic",
        solver="sgd",
        batch_size=len(batches[0][0]),
        learning_rate_init=network.lr,
        alpha=0,
        momentum=0,
        shuffle=False,
        random_state=0,
    )
    model.partial_fit(*batches[0], classes=range(sizes[-1]))  # makes the arrays
    arrays = [model.coefs_, model.intercepts_]
    for array, value in zip(sum(zip(*arrays, strict=True), ()), weights, strict=True):
        array[:] = value

    def step(x, t):
        model.partial_fit(x, t)
        return model.loss_

    return step, batches


# The step of `mlp` with gradients that the library derives.
DERIVED = {
    "`dlscratch.autograd`, eager, float32": eager,
    "`dlscratch.autograd`, compiled, float32": compiled,
}
# By name: the package to look for, and the maker.
PEERS = {
    "PyTorch": ("torch", pytorch),
    "scikit-learn": ("scikit-learn", scikit_learn),
}


def makers(name, peers):
    """Return who takes part in the measurement of a network, first the library."""
    found = {"`dlscratch`, float32": ours}
    if name == "mlp":
        found |= DERIVED
        found["`dlscratch`, float64"] = lambda n, b: ours(n, b, np.float64)
    if "cnn" in name:
        found["pictures unrolled, float64"] = unrolled
    for peer in peers:
        if peer != "scikit-learn" or name == "mlp":
            found[f"{peer}, float32"] = PEERS[peer][1]
    return found


def convolution(name, x, dy):
    """Return a function that runs one convolution layer forwards and backwards.

    Parameters
    ----------
    name : {"ours", "unrolled", "pytorch"}
    x : ndarray of float32, shape (N, C, H, W)
    dy : ndarray of float32, shape (N, F, H, W)

    Returns
    -------
    function
        Returns (y, dx, dW, db) of 3×3 kernels with padding 1.
    """
    C, F = x.shape[1], dy.shape[1]
    rng = np.random.default_rng(0)
    layer = layers.Conv2d(C, F, 3, padding=1, rng=rng, dtype=np.float32)
    if name == "pytorch":
        import torch

        torch.set_num_threads(1)
        peer = as_pytorch(models.Sequential([layer]))
        x, dy = torch.tensor(x, requires_grad=True), torch.tensor(dy)

        def run():
            x.grad = None
            peer.zero_grad()
            y = peer(x)
            y.backward(dy)
            grads = (p.grad for p in peer.parameters())
            return [a.detach().numpy() for a in (y, x.grad, *grads)]

        return run
    if name == "unrolled":
        for p in layer.parameters:
            p.value = p.value.astype(np.float64)
        layer = plain(models.Sequential([layer])).layers[0]
        x, dy = x.astype(np.float64), dy.astype(np.float64)
    else:  # as the layers around it would hand them over, the batch last in memory
        x, dy = (
            np.ascontiguousarray(a.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)
            for a in (x, dy)
        )

    def run():
        y = layer.forward(x)
        dx = layer.backward(dy)
        return [y, dx, *(p.grad for p in layer.parameters)]

    return run


def largest_difference(losses):
    """Compare the losses that several trainings went through.

    Parameters
    ----------
    losses : dict of str to list of float
        One list for each training; the first is what the others are compared with.

    Returns
    -------
    float
        The largest difference, relative to the first training's loss.

    Raises
    ------
    AssertionError
        If it is over 1e-4: then they do not do the same work, and comparing their
        times would mean nothing.
    """
    first, *others = losses.items()
    largest = 0.0
    for name, own in others:
        for i, (a, b) in enumerate(zip(first[1], own, strict=True)):
            difference = abs(a - b) / abs(a)
            if not difference <= 1e-4:
                raise AssertionError(
                    f"{name}: after {i} steps the loss is {b}, but {a} for {first[0]}"
                )
            largest = max(largest, difference)
    assert math.isfinite(largest)
    return largest
