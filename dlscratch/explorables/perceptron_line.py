"""A perceptron's line: drag it until it separates the zeros from the ones."""

import math

from dlscratch.explorables.explorable import Explorable

LIMIT = 2


def perceptron_line(task="AND", *, layers=1, weights=(0.5, 0.5), bias=-0.2):
    """Drag a perceptron's line until it separates the zeros from the ones.

    Parameters
    ----------
    task : {"AND", "NAND", "OR", "XOR", "custom"}
        The task that is shown first.
    layers : {1, 2}
        One perceptron, or two hidden ones that feed a third.
    weights : pair of float
        Where w₁ and w₂ start, between -2 and 2, in steps of 0.01.
    bias : float
        Where b starts, between -2 and 2, in steps of 0.01.

    Returns
    -------
    Explorable

    Examples
    --------
    >>> perceptron_line("XOR").label
    "A perceptron's line"
    """
    tasks = ("AND", "NAND", "OR", "XOR", "custom")
    if task not in tasks:
        raise ValueError(f"perceptron_line: expected task in {tasks}, got {task!r}")
    if layers not in (1, 2):
        raise ValueError(f"perceptron_line: expected layers 1 or 2, got {layers!r}")
    start = [float(v) for v in (*weights, bias)]
    if len(start) != 3 or not all(math.fabs(v) <= LIMIT for v in start):
        raise ValueError(
            "perceptron_line: expected two weights and a bias between -2 and 2, "
            f"got {weights!r} and {bias!r}"
        )
    w1, w2, b = start
    fallback = (
        "An interactive figure stands here when scripts may run. It shows a plane "
        "with the points (0, 0), (0, 1), (1, 0) and (1, 1) and a perceptron's line "
        f"{w1:g}·x₁ + {w2:g}·x₂ + ({b:g}) = 0. The output is 1 on the side where the "
        "sum is above 0, and 0 elsewhere. You drag the line to separate the points "
        f"that should give 1 from the others; the task is {task}. AND, NAND and OR "
        "can be solved. XOR cannot: one line gets at most 3 of its 4 points right, "
        "while two lines and a second layer get all 4."
    )
    props = {"task": task, "layers": layers, "start": start, "limit": LIMIT}
    return Explorable("perceptron-line", props, fallback, label="A perceptron's line")
