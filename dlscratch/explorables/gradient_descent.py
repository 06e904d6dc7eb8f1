"""Gradient descent: choose a start and a learning rate, and watch the path."""

import math
from numbers import Integral

from dlscratch.explorables.explorable import Explorable

SURFACES = {
    "bowl": "f = x0² + x1²",
    "ravine": "f = x0²/20 + x1²",
    "saddle": "f = x0² - x1²",
    "plateau": "f = 1 - exp(-(x0² + x1²)/2)",
    "two minima": "f = (x0² - 4)²/16 + x0/4 + x1²/2",
}
EDGE = 5
SLOWEST, FASTEST = 1e-12, 100
MOST = 2000


def gradient_descent(surface="bowl", *, start=(-3, 4), lr=0.1, steps=0):
    """Choose a start and a learning rate, and follow x ← x - lr ∇f(x) on a map.

    The figure names what the run does: creeping, converging, oscillating, diverging,
    speeding up, converged, or stuck at a saddle or on a plateau. The rule stands at
    the top of ``gradient-descent.js`` and in the figure itself.

    Parameters
    ----------
    surface : {"bowl", "ravine", "saddle", "plateau", "two minima"}
        The function f(x0, x1) that is shown first.
    start : pair of float
        Where the first run starts: x0 and x1 between -5 and 5, in steps of 0.01.
    lr : float
        The learning rate at first, from 1e-12 to 100.
    steps : int
        How many steps are taken at first, from 0 to 2000.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> gradient_descent("ravine", lr=0.9, steps=20).label
    'Gradient descent'
    """
    if surface not in SURFACES:
        raise ValueError(
            f"gradient_descent: expected surface in {tuple(SURFACES)}, got {surface!r}"
        )
    place = [float(v) for v in start]
    if len(place) != 2 or not all(math.fabs(v) <= EDGE for v in place):
        raise ValueError(
            "gradient_descent: expected start with two numbers between -5 and 5, "
            f"got {start!r}"
        )
    if not SLOWEST <= lr <= FASTEST:
        raise ValueError(f"gradient_descent: expected lr 1e-12 to 100, got {lr!r}")
    if not isinstance(steps, Integral) or not 0 <= steps <= MOST:
        raise ValueError(f"gradient_descent: expected steps 0 to 2000, got {steps!r}")
    x0, x1 = place
    fallback = (
        "An interactive figure stands here when scripts may run. It shows a map of a "
        "surface f(x0, x1) with its contours, and the path of gradient descent: each "
        "step moves x to x - lr·∇f(x). You choose the surface, the start and the "
        f"learning rate lr; at first {SURFACES[surface]}, x = ({x0:g}, {x1:g}) and "
        f"lr = {lr:g}, with {steps} steps taken. The figure names the run. With a tiny "
        "lr it creeps; with a fitting one it converges; with a larger one it jumps "
        "across the valley and oscillates; beyond that it diverges. On a bowl of "
        "curvature λ one step multiplies the distance to the minimum by 1 - lr·λ, "
        "so it diverges where lr is above 2/λ. On flat ground it is stuck: on a "
        "plateau, or exactly at a saddle."
    )
    props = {
        "surface": surface,
        "start": place,
        "lr": float(lr),
        "steps": int(steps),
        "limits": {
            "start": [-EDGE, EDGE],
            "lr": [SLOWEST, FASTEST],
            "steps": [0, MOST],
        },
    }
    label = "Gradient descent"
    return Explorable(
        "gradient-descent", props, fallback, label=label, shared=["landscape"]
    )
