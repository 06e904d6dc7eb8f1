"""Batch normalisation: move one example of a batch, and watch all outputs."""

import math

from dlscratch.explorables.explorable import Explorable

EDGE = 6
MOST = 2
POINTS = (-1.5, -0.5, 0.2, 0.8, 1.4, 2.1, 3.0, 4.1)


def batch_norm(
    x=POINTS, *, gamma=1.0, beta=0.0, training=True, momentum=0.1, running=(0.0, 1.0)
):
    """Move one value of a batch through batch normalisation, in training and at test.

    All numbers are those of ``dlscratch.layers.BatchNorm(1)``, with ``eps`` 1e-5.

    Parameters
    ----------
    x : sequence of 2 to 8 floats
        One unit's values for the examples of a batch, between -6 and 6, in steps of
        0.01.
    gamma, beta : float
        What the layer learns, between -2 and 2, in steps of 0.01.
    training : bool
        Whether the figure starts with the batch's statistics, as in training, or
        with the running ones, as at test time.
    momentum : float
        The part of the new batch in the running statistics, from 0 to 1.
    running : pair of float
        The running mean, and the running variance, at first.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> batch_norm(training=False).label
    'Batch normalisation'
    """
    points = [float(v) for v in x]
    if not 2 <= len(points) <= 8 or not all(math.fabs(v) <= EDGE for v in points):
        raise ValueError(
            f"batch_norm: expected x with 2 to 8 numbers between -6 and 6, got {x!r}"
        )
    for name, value in (("gamma", gamma), ("beta", beta)):
        if not math.fabs(value) <= MOST:
            raise ValueError(
                f"batch_norm: expected {name} between -2 and 2, got {value!r}"
            )
    if not 0 <= momentum <= 1:
        raise ValueError(f"batch_norm: expected momentum 0 to 1, got {momentum!r}")
    mean, variance = (float(v) for v in running)
    if not math.fabs(mean) <= EDGE or not 0 <= variance <= 100:
        raise ValueError(
            "batch_norm: expected a running mean between -6 and 6 and a running "
            f"variance between 0 and 100, got {running!r}"
        )
    n = len(points)
    batch_mean = math.fsum(points) / n
    std = math.sqrt(math.fsum((v - batch_mean) ** 2 for v in points) / n)
    fallback = (
        "An interactive figure stands here when scripts may run. It shows one unit's "
        f"values x for a batch of {n} examples on a line; at first their mean is "
        f"{batch_mean:.2f} and their standard deviation {std:.2f}. Below it stand the "
        "outputs y = gamma·x̂ + beta, where x̂ is x minus a mean, divided by a standard "
        "deviation. You drag one point. In training the two numbers are those of the "
        "batch, so the mean and the deviation move with your point, and the outputs of "
        "all other points move too. At test time they are running averages, kept from "
        "training, and only the output of your own point moves. You can also set "
        "gamma and beta, and take training steps, each of which brings the running "
        "averages nearer to the batch's mean and variance."
    )
    props = {
        "x": points,
        "gamma": float(gamma),
        "beta": float(beta),
        "mode": "training" if training else "test",
        "momentum": float(momentum),
        "running": [mean, variance],
        "limits": {"x": [-EDGE, EDGE], "gamma": [-MOST, MOST]},
    }
    return Explorable("batch-norm", props, fallback, label="Batch normalisation")
