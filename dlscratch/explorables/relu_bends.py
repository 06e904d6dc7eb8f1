"""A curve that the hidden units of a small network bend."""

from dlscratch.explorables.explorable import Explorable

MOST = 8


def relu_bends(target="sine", *, activation="relu"):
    """Bend a curve with the hidden units of a 1-k-1 network.

    Parameters
    ----------
    target : {"sine", "parabola", "abs", "ramp"}
        The curve to match first, for x from -2 to 2: sin(πx/2), x²/2, |x|, or
        2x + 0.5 kept between 0 and 1.
    activation : {"relu", "identity"}
        The hidden units' activation at first.

    Returns
    -------
    Explorable

    Examples
    --------
    >>> relu_bends("parabola").label
    'A curve bent by ReLUs'
    """
    targets = ("sine", "parabola", "abs", "ramp")
    if target not in targets:
        raise ValueError(f"relu_bends: expected target in {targets}, got {target!r}")
    if activation not in ("relu", "identity"):
        raise ValueError(
            f"relu_bends: expected activation relu or identity, got {activation!r}"
        )
    fallback = (
        "An interactive figure stands here when scripts may run. It shows the network "
        f"y = relu(x W1 + b1) W2 + b2 with 1 to {MOST} hidden units as a curve. "
        "Each unit gives the curve one bend: at x = -b1/W1 its slope changes by W2. "
        "It starts with three units, which bend at -1.5, -0.6 and 0.9 and change the "
        "slope by -0.5, 1.5 and -1.5. You move the bends until the curve lies on a "
        "target: a sine, a parabola, |x| or a soft step. With the identity in place "
        "of ReLU nothing bends: the units add up to one straight line."
    )
    units = [[1, 1.5, -0.5], [1, 0.6, 1.5], [1, -0.9, -1.5]]
    start = {"target": target, "activation": activation, "units": units, "b2": 0}
    props = {**start, "most": MOST}
    return Explorable("relu-bends", props, fallback, label="A curve bent by ReLUs")
