"""Plain against residual: the size of the gradient, block by block."""

import math
from numbers import Integral, Real

import numpy as np

from dlscratch import layers
from dlscratch.datasets import load_digits
from dlscratch.explorables.explorable import Explorable
from dlscratch.explorables.random_numbers import uniform

EXAMPLES = 20
INPUTS, UNITS, CLASSES = 64, 24, 10
SEED = 8
ACTIVATIONS = {"relu": (layers.ReLU, 2), "tanh": (layers.Tanh, 1)}
DEEPEST = 40
SMALLEST, LARGEST = 0.1, 2


def residual(
    depth=20, *, activation="relu", scale=0.5, scaled_branch=False, batch_norm=False
):
    """Pass a gradient back through a plain and a residual stack of blocks.

    Both stacks are those of `gradient_sizes`, computed in the page.

    Parameters
    ----------
    depth : int
        How many blocks at first, 1 to 40.
    activation : {"relu", "tanh"}
        The activation at first.
    scale : float
        What the blocks' first weights are multiplied by, after He's or Xavier's rule:
        0.1 to 2, in steps of 0.01.
    scaled_branch : bool
        Whether the residual blocks give x + f(x)/√depth at first, and not x + f(x).
    batch_norm : bool
        Whether each block begins with batch normalisation at first.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> residual(30, activation="tanh").label
    'Plain against residual'
    """
    if not isinstance(depth, Integral) or not 1 <= depth <= DEEPEST:
        raise ValueError(f"residual: expected depth 1 to {DEEPEST}, got {depth!r}")
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"residual: expected activation in {(*ACTIVATIONS,)}, got {activation!r}"
        )
    if not isinstance(scale, Real) or not SMALLEST <= scale <= LARGEST:
        raise ValueError(
            f"residual: expected scale from {SMALLEST} to {LARGEST}, got {scale!r}"
        )
    options = {
        "activation": activation,
        "scale": float(scale),
        "scaled_branch": bool(scaled_branch),
        "batch_norm": bool(batch_norm),
    }
    plain, shortcut = (
        sizes[0] / sizes[-1]
        for sizes in (
            gradient_sizes(depth, residual=kind, **options) for kind in (False, True)
        )
    )
    fallback = (
        "An interactive figure stands here when scripts may run. Twenty handwritten "
        f"digits go through {depth} blocks f of {UNITS} units with random weights, and "
        "the gradient of the loss comes back through them: once through a plain stack, "
        "where a block gives f(x), and once through a residual stack, where it gives "
        "x + f(x). You choose the depth, the activation and the size of the weights, "
        f"and see how large the gradient is after each block. With {activation} and "
        f"{scale:g} times the usual size, the way back multiplies it by {plain:.1e} in "
        f"the plain stack and by {shortcut:.1e} in the residual one. With ReLU, a "
        "plain block multiplies it by about the scale: the gradient dies out below 1 "
        "and explodes above. A residual block multiplies it by about √(1 + scale²): "
        "the gradient never dies out, but explodes in a deep stack. Two remedies help: "
        "with x + f(x)/√depth it keeps its size, and with batch norm before each "
        "activation it grows slowly. In a plain stack without training, batch norm "
        "makes the gradient grow whatever the scale."
    )
    data = load_digits()
    pixels = np.rint(16 * data.x_train[:EXAMPLES]).astype(int)
    props = {
        "depth": int(depth),
        **options,
        "seed": SEED,
        "pixels": "".join("0123456789abcdefg"[v] for v in pixels.ravel()),
        "classes": data.t_train[:EXAMPLES].tolist(),
        "sizes": {"inputs": INPUTS, "units": UNITS, "classes": CLASSES},
        "gains": {name: gain for name, (_, gain) in ACTIVATIONS.items()},
        "limits": {"depth": [1, DEEPEST], "scale": [SMALLEST, LARGEST]},
    }
    return Explorable("residual", props, fallback, label="Plain against residual")


def gradient_sizes(
    depth,
    *,
    residual,
    activation="relu",
    scale=1.0,
    scaled_branch=False,
    batch_norm=False,
    seed=SEED,
):
    """Measure the gradient between the blocks of an untrained stack.

    A first ``Linear`` layer makes 24 numbers x₀ of each of 20 digits. Block k gives
    x_k = f(x_{k-1}), or x_{k-1} + f(x_{k-1}) if residual, where f is the activation and
    then a ``Linear`` layer without bias: a plain stack is the network of chapter 6.
    Activation and a last ``Linear`` layer make 10 logits for the mean cross-entropy L.

    Parameters
    ----------
    depth : int
        The number of blocks.
    residual : bool
        Whether x is added to each block's output.
    activation : {"relu", "tanh"}
    scale : float
        The weights of the blocks have the standard deviation scale·√(2/24) with ReLU
        (He) and scale·√(1/24) with tanh (Xavier).
    scaled_branch : bool
        Whether residual blocks give x + f(x)/√depth.
    batch_norm : bool
        Whether batch norm comes before each activation, in plain stacks too.
    seed : int
        Of the weights, which are uniform on an interval around 0.

    Returns
    -------
    ndarray, shape (depth + 1,)
        The root mean square of the entries of ∂L/∂x₀, ∂L/∂x₁, …, ∂L/∂x_depth.

    Examples
    --------
    >>> sizes = gradient_sizes(20, residual=False, scale=0.5)
    >>> bool(sizes[0] < 1e-4 * sizes[-1])
    True
    """
    bend, gain = ACTIVATIONS[activation]
    first, last, *blocks = _weights(seed, depth)
    std = scale * math.sqrt(gain / UNITS)
    if residual and scaled_branch:
        std /= math.sqrt(depth)

    def bent():
        return [layers.BatchNorm(UNITS), bend()] if batch_norm else [bend()]

    net = [_linear(first / math.sqrt(INPUTS))]
    for Z in blocks:
        block = layers.Residual([*bent(), _linear(std * Z)])
        net.append(block if residual else block.layers)
    net.append([*bent(), _linear(math.sqrt(gain / UNITS) * last)])

    data = load_digits()
    x, t = data.x_train[:EXAMPLES], data.t_train[:EXAMPLES]
    for part in net:
        for layer in part if isinstance(part, list) else [part]:
            x = layer.forward(x, training=True)
    loss = layers.SoftmaxCrossEntropy()
    loss.forward(x, t)
    dx, sizes = loss.backward(), []
    for part in reversed(net[1:]):
        for layer in reversed(part) if isinstance(part, list) else [part]:
            dx = layer.backward(dx)
        sizes.insert(0, math.sqrt(np.mean(dx**2)))
    return np.array(sizes)


def _linear(W):
    return layers.Linear(*W.shape, init=lambda shape, rng: W, rng=0)


def _weights(seed, depth):
    """Return the first matrix, the last and the blocks', of mean 0 and variance 1."""
    shapes = [(INPUTS, UNITS), (UNITS, CLASSES), *[(UNITS, UNITS)] * depth]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    numbers = math.sqrt(3) * (2 * uniform(seed, ends[-1]) - 1)
    parts = np.split(numbers, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
