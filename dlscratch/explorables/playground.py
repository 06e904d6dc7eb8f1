"""A playground: a small network that the reader trains in the page."""

from itertools import pairwise

import numpy as np

from dlscratch import datasets, layers
from dlscratch.checks import real, whole, wholes
from dlscratch.explorables.explorable import Explorable
from dlscratch.explorables.random_numbers import normal, uniform
from dlscratch.sequential import Sequential

EDGE = 3  # the plane is -3 to 3, both ways
MOST = {"layers": 3, "units": 8, "points": 150, "steps": 5000}
RATES, DECAYS, STARTS = (0.0001, 10), (0, 0.2), (1, 999)
ACTIVATIONS = {
    "tanh": layers.Tanh,
    "ReLU": layers.ReLU,
    "sigmoid": layers.Sigmoid,
    "identity": None,
}
OPTIMIZERS = ("SGD", "momentum", "Adam")
SCALES = {  # the standard deviation of the first weights, from the number of inputs
    "zero": lambda n: 0.0,
    "small": lambda n: 0.01,
    "Xavier": lambda n: np.sqrt(1 / n),
    "He": lambda n: np.sqrt(2 / n),
}
BATCHES = (1, 8, 32, "all")


def _rings():
    t = np.arange(120) % 2
    angle, u = 2 * np.pi * uniform(11, 120), uniform(12, 120)
    radius = np.where(t == 1, 1.1 * np.sqrt(u), 1.9 + 0.8 * u)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), t


def _xor():
    x = 5 * uniform(13, 240).reshape(-1, 2) - 2.5
    return x + 0.2 * np.sign(x), (x[:, 0] * x[:, 1] < 0).astype(int)


def _spirals():
    t, u = np.arange(180) % 2, np.sqrt(uniform(21, 180))
    angle, radius = np.pi * t + 2.5 * np.pi * u, 0.2 + 2.5 * u
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return x + 0.06 * normal(22, (180, 2)), t


def _toy(make, middle, scale, **settings):
    data = make(rng=np.random.default_rng(5), **settings)
    x = np.concatenate([data.x_train, data.x_test])
    return scale * (x - middle), np.concatenate([data.t_train, data.t_test])


def _scene(question, n, x, t):
    """Return n points to train with, and the others to test with, as lists."""
    x = np.clip(x, -0.97 * EDGE, 0.97 * EDGE).round(2).tolist()
    t = t.tolist()
    test = {"points": x[n:], "labels": t[n:]}
    return {"question": question, "points": x[:n], "labels": t[:n], "test": test}


def scenes():
    """Return the sets of points: a question, points, labels, and the same to test."""
    clouds = ((-1, -0.7), (1, 0.7))
    return {
        "rings": _scene(
            "Each unit draws one straight edge. Can three fence in the blue points? "
            "Press Play.",
            80,
            *_rings(),
        ),
        "XOR": _scene(
            "No straight line parts these corners. What do the units make of them? "
            "Press Play.",
            80,
            *_xor(),
        ),
        "moons": _scene(
            "Two half-moons reach into each other. Where does the border go? "
            "Press Play.",
            80,
            *_toy(datasets.make_moons, (0.5, 0.25), 1.7, n=120, noise=0.15),
        ),
        "spirals": _scene(
            "Two arms wind around each other. Are three units enough? "
            "Press Play; add some.",
            120,
            *_spirals(),
        ),
        "clouds": _scene(
            "Two clouds overlap. Which way do the two losses go? Press Play, and wait.",
            36,
            *_toy(datasets.make_blobs, 0, 1, n=100, centers=clouds, noise=1.0),
        ),
    }


def playground(
    data="rings",
    *,
    hidden=(3,),
    activation="tanh",
    optimizer="SGD",
    rate=1.0,
    init="Xavier",
    decay=0.0,
    batch="all",
    start=1,
):
    """Train a small network in the page, and see what every unit makes of the plane.

    The network has two inputs, hidden layers and one logit. Its steps are those of
    `dlscratch`: :class:`~dlscratch.losses.SigmoidCrossEntropy`, the backward pass, and
    the optimizer, from the weights of :func:`network` and with the batches of
    :func:`batches`.

    Parameters
    ----------
    data : {"rings", "XOR", "moons", "spirals", "clouds"}
        The points at first.
    hidden : sequence of int
        The width of each hidden layer: up to three, each from 1 to 8.
    activation : {"tanh", "ReLU", "sigmoid", "identity"}
    optimizer : {"SGD", "momentum", "Adam"}
        Momentum is 0.9.
    rate : float
        The learning rate, from 0.0001 to 10.
    init : {"zero", "small", "Xavier", "He"}
        The first weights: 0, or normal with a standard deviation of 0.01, √(1/n) or
        √(2/n), where n numbers go into the unit.
    decay : float
        The weight decay, from 0 to 0.2.
    batch : {1, 8, 32, "all"}
        How many points a step uses.
    start : int
        Chooses the first weights and the order of the points, from 1 to 999.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> playground("spirals", hidden=(8, 8), optimizer="Adam", rate=0.03).label
    'The playground'
    """
    hidden = wholes(hidden, "playground", "hidden", least=0)
    if len(hidden) > MOST["layers"] or not all(n <= MOST["units"] for n in hidden):
        raise ValueError(
            f"playground: expected hidden with up to {MOST['layers']} widths from 1 to "
            f"{MOST['units']}, got {hidden!r}"
        )
    every = scenes()
    for name, value, kinds in (
        ("data", data, tuple(every)),
        ("activation", activation, tuple(ACTIVATIONS)),
        ("optimizer", optimizer, OPTIMIZERS),
        ("init", init, tuple(SCALES)),
        ("batch", batch, BATCHES),
    ):
        if value not in kinds:
            raise ValueError(f"playground: expected {name} in {kinds}, got {value!r}")
    props = {
        "scenes": every,
        "limits": {
            **MOST,
            "rate": RATES,
            "logs": [-4, 1],
            "decay": DECAYS,
            "start": STARTS,
            "problem": "The address names a playground that this page does not know, "
            "so it shows its own.",
        },
        "data": data,
        "hidden": hidden,
        "activation": activation,
        "optimizer": optimizer,
        "rate": real(rate, "playground", "rate", *RATES),
        "init": init,
        "decay": real(decay, "playground", "decay", *DECAYS),
        "batch": batch,
        "start": _start(start),
    }
    widths = "-".join(map(str, [2, *hidden, 1]))
    fallback = (
        "An interactive figure stands here when scripts may run. It trains a small "
        f"network in the page: at first a {widths} network with {activation}, by "
        f"{optimizer} with the learning rate {rate:g}, on the points “{data}”. You "
        "take single steps or let it run, and see what each unit makes of the plane: "
        "blue where it is above 0, orange where it is below. You also see the weights "
        "as lines, the border between the two answers, and the losses of training and "
        "test points. You choose points, layers, activation, optimizer, learning rate, "
        "first weights, weight decay and batch, and may move, add and remove points. "
        "To fence in the inner points of the rings takes three units with tanh: each "
        "draws one straight edge, and two edges enclose nothing."
    )
    return Explorable(
        "playground",
        props,
        fallback,
        label="The playground",
        shared=["points", "small-network", "playground-address"],
    )


def _start(start):
    if whole(start, "playground", "start") > STARTS[1]:
        raise ValueError(f"playground: expected start 1 to {STARTS[1]}, got {start!r}")
    return start


def network(hidden=(3,), activation="tanh", init="Xavier", start=1):
    """Build the network of the playground, with its first weights.

    Parameters
    ----------
    hidden, activation, init, start
        As in :func:`playground`.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> network((3,)).predict(np.zeros((5, 2))).shape
    (5, 1)
    """
    sizes, stack = [2, *hidden, 1], []
    for k, (n, m) in enumerate(pairwise(sizes)):
        W = SCALES[init](n) * normal(100_000 * start + k, (n, m))
        stack.append(layers.Linear(n, m, init=lambda shape, rng, W=W: W))
        if k < len(hidden) and ACTIVATIONS[activation]:
            stack.append(ACTIVATIONS[activation]())
    return Sequential(stack, layers.SigmoidCrossEntropy())


def batches(n, size, start=1):
    """Yield the points of one batch after another, as the playground takes them.

    Each epoch goes through all n in a new order (Fisher and Yates); the last batch of
    an epoch holds what is left.

    Examples
    --------
    >>> endless = batches(10, 8)
    >>> [len(next(endless)) for _ in range(4)]
    [8, 2, 8, 2]
    """
    epoch = 0
    while True:
        order = list(range(n))
        if size != "all":
            draws = uniform(100_000 * start + 100 + epoch, n - 1)
            for i, u in zip(range(n - 1, 0, -1), draws, strict=True):
                j = int(u * (i + 1))
                order[i], order[j] = order[j], order[i]
        width = n if size == "all" else size
        for first in range(0, n, width):
            yield order[first : first + width]
        epoch += 1
