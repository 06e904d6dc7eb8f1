"""One training step of the same network, by the library and by its peers.

Each maker takes the start weights ``[W1, b1, W2, b2]`` and a list of batches
``(x, t)``. It returns a function ``step(x, t)``, which does a forward pass, a backward
pass and an update and returns the loss of before the update, and the batches in the
form that this step wants. PyTorch and scikit-learn are imported only when asked for.
"""

import math

import numpy as np

from dlscratch import models, optimizers

SIZES = (784, 50, 10)
LEARNING_RATE = 0.1


def start_weights(rng):
    """Return float32 weights to begin with, the same for everybody."""
    network = models.mlp(SIZES, "sigmoid", rng=rng, dtype=np.float32)
    return [p.value for p in network.parameters]


def ours(weights, batches, dtype=np.float32):
    """Return the step of ``dlscratch``."""
    network = models.mlp(SIZES, "sigmoid", rng=np.random.default_rng(0), dtype=dtype)
    for p, value in zip(network.parameters, weights, strict=True):
        p.value[:] = value
    optimizer = optimizers.SGD(network.parameters, lr=LEARNING_RATE)

    def step(x, t):
        loss = network.loss(x, t, training=True)
        network.backward()
        optimizer.step()
        return loss

    return step, [(x.astype(dtype), t) for x, t in batches]


def pytorch(weights, batches):
    """Return the step of PyTorch: eager, on one thread of the processor."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    n_in, n_hidden, n_out = SIZES
    network = nn.Sequential(
        nn.Linear(n_in, n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, n_out)
    )
    with torch.no_grad():
        for p, value in zip(network.parameters(), weights, strict=True):
            p.copy_(torch.from_numpy(value.T))  # PyTorch's W is (D_out, D_in)
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)

    def step(x, t):
        optimizer.zero_grad()
        loss = loss_of(network(x), t)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, [(torch.from_numpy(x), torch.from_numpy(t)) for x, t in batches]


def scikit_learn(weights, batches):
    """Return the step of scikit-learn's ``MLPClassifier``, with all extras off."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        SIZES[1:-1],
        activation="logistic",
        solver="sgd",
        batch_size=len(batches[0][0]),
        learning_rate_init=LEARNING_RATE,
        alpha=0,
        momentum=0,
        shuffle=False,
        random_state=0,
    )
    network.partial_fit(*batches[0], classes=range(SIZES[-1]))  # makes the arrays
    arrays = [network.coefs_, network.intercepts_]
    for array, value in zip(sum(zip(*arrays, strict=True), ()), weights, strict=True):
        array[:] = value

    def step(x, t):
        network.partial_fit(x, t)
        return network.loss_

    return step, batches


# By name: the package to look for, and the maker.
PEERS = {
    "PyTorch": ("torch", pytorch),
    "scikit-learn": ("scikit-learn", scikit_learn),
}


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
