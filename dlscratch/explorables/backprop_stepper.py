"""Backpropagation step by step through a two-layer network."""

import math

from dlscratch.explorables.explorable import Explorable

START = {
    "W1": [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
    "b1": [0.1, 0.2, 0.3],
    "W2": [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
    "b2": [0.1, 0.2],
}
"""The parameters of the 2-3-2 network."""

LR = 0.01
LARGEST = 10


def backprop_stepper(x=(1, 5), *, t=1, step=1):
    """Step forwards and backwards through a 2-3-2 ReLU network with softmax.

    The equation, the line of code, the node of the graph and the array that it fills
    light up together. After the twelfth step, one update with learning rate 0.01
    gives the new weights and the new loss.

    Parameters
    ----------
    x : pair of float
        The input at the start: between -10 and 10, in steps of 0.01.
    t : {0, 1}
        The class of this example at the start.
    step : int
        Where the figure starts: 1 to 5 go forwards, 6 to 12 backwards, 13 updates.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If the input, the class or the step cannot be shown.

    Examples
    --------
    >>> backprop_stepper().label
    'Backpropagation, step by step'
    """
    start = [float(v) for v in x]
    if len(start) != 2 or not all(math.fabs(v) <= LARGEST for v in start):
        raise ValueError(
            f"backprop_stepper: expected two numbers x between -{LARGEST} and "
            f"{LARGEST}, got {x!r}"
        )
    if t not in (0, 1):
        raise ValueError(f"backprop_stepper: expected class t 0 or 1, got {t!r}")
    if step not in range(1, 14):
        raise ValueError(f"backprop_stepper: expected step 1 to 13, got {step!r}")
    fallback = (
        "An interactive figure stands here when scripts may run. It steps through a "
        "network with two inputs, three ReLU units and two outputs. Forwards: "
        "a1 = x W1 + b1, h = relu(a1), logits = h W2 + b2, y = softmax(logits) and the "
        "loss L = -log y[t]. Backwards: dlogits = y - t, dW2 = hᵀ dlogits, "
        "db2 = dlogits, dh = dlogits W2ᵀ, da1 = dh where a1 > 0, dW1 = xᵀ da1 and "
        "db1 = da1. At each step the equation, the line of code, the node of the graph "
        "and the array of numbers light up together. At last each weight moves by "
        f"-{LR} times its gradient. It starts at x = ({start[0]:g}, {start[1]:g}), and "
        f"class {t} is the right one."
    )
    props = {"x": start, "t": t, "step": step, "lr": LR, "largest": LARGEST}
    props["parameters"] = START
    label = "Backpropagation, step by step"
    return Explorable("backprop-stepper", props, fallback, label=label)
