"""Initial values: how large weights must be for activations and gradients to live."""

import math
from numbers import Integral, Real

from dlscratch.explorables.explorable import Explorable

UNITS = 100
INPUTS = 100
SEED = 6
ACTIVATIONS = ("sigmoid", "tanh", "relu")
SCALES = {"xavier": math.sqrt(1 / UNITS), "he": math.sqrt(2 / UNITS)}
LARGEST = 10
MOST = 10


def initial_values(activation="sigmoid", *, std=1.0, layers=5):
    """Choose the size of the first weights; see what it does, layer by layer.

    Layers of 100 units without biases get 100 inputs of 100 random numbers from
    N(0, 1). Each weight is drawn from N(0, std²). The loss L is a stand-in: its
    gradient with respect to the last layer's outputs is drawn from N(0, 1) too, and
    passed backwards. The figure shows the gradients ∂L/∂a of each layer's sums
    a = h W. How the random numbers are made stands in ``initial-values.js``.

    Parameters
    ----------
    activation : {"sigmoid", "tanh", "relu"}
        Every layer's activation at first.
    std : float or {"xavier", "he"}
        The standard deviation of the weights at first, from 0 to 10.
    layers : int
        How many layers at first, 1 to 10.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> initial_values("relu", std="he").label
    'Initial values, layer by layer'
    """
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"initial_values: expected activation in {ACTIVATIONS}, got {activation!r}"
        )
    number = SCALES.get(std, std) if isinstance(std, str) else std
    if not isinstance(number, Real) or not 0 <= number <= LARGEST:
        raise ValueError(
            f"initial_values: expected std from 0 to 10, 'xavier' or 'he', got {std!r}"
        )
    if not isinstance(layers, Integral) or not 1 <= layers <= MOST:
        raise ValueError(f"initial_values: expected layers 1 to 10, got {layers!r}")
    fallback = (
        "An interactive figure stands here when scripts may run. It sends 100 random "
        "inputs through layers of 100 units and shows, for each layer, a histogram of "
        "its activations and one of the gradients that come back to it. You choose the "
        "weights' standard deviation, the activation and the number of layers; at "
        f"first {number:g}, {activation} and {layers}. With 1, most sigmoids and tanhs "
        "are near an end, where the slope is almost 0, and the outputs of ReLUs grow "
        "about sevenfold per layer. With 0.01, those of tanh and ReLU shrink layer by "
        "layer, and the gradients of all three die out on their way back. Xavier's "
        "1/√100 = 0.1 keeps tanh spread out, and He's √(2/100) = 0.141 keeps the "
        "outputs and the gradients of ReLU at one size."
    )
    props = {
        "activation": activation,
        "std": float(number),
        "layers": int(layers),
        "seed": SEED,
        "sizes": {"inputs": INPUTS, "units": UNITS},
        "scales": SCALES,
        "limits": {"std": [0, LARGEST], "layers": [1, MOST]},
    }
    label = "Initial values, layer by layer"
    return Explorable("initial-values", props, fallback, label=label)
