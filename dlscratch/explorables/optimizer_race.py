"""The optimizer race: six update rules start at one place, on four surfaces."""

from numbers import Integral

from dlscratch.explorables.explorable import Explorable

# The function, the map's edges, the start, and a fitting learning rate for each.
SURFACES = {
    "ravine": {
        "f": "x²/20 + y²",
        "xs": [-8, 8],
        "ys": [-5, 5],
        "start": [-7.0, 2.0],
        "lr": {
            "SGD": 0.95,
            "Momentum": 0.1,
            "Nesterov": 0.1,
            "AdaGrad": 1.5,
            "RMSprop": 0.1,
            "Adam": 0.3,
        },
    },
    "tilted ravine": {
        "f": "(x + y)²/40 + (x - y)²/2",
        "xs": [-8, 8],
        "ys": [-5, 5],
        "start": [-6.36, -3.54],
        "lr": {
            "SGD": 0.95,
            "Momentum": 0.1,
            "Nesterov": 0.1,
            "AdaGrad": 1.5,
            "RMSprop": 0.1,
            "Adam": 0.3,
        },
    },
    "curved valley": {
        "f": "(x - 1)²/20 + (y - x²)²",
        "xs": [-2.4, 2.4],
        "ys": [-0.75, 2.25],
        "start": [-1.5, 1.0],
        "lr": {
            "SGD": 0.1,
            "Momentum": 0.05,
            "Nesterov": 0.05,
            "AdaGrad": 1.0,
            "RMSprop": 0.1,
            "Adam": 0.3,
        },
    },
    "saddle": {
        "f": "x²/2 + (y² - 1)²/20",
        "xs": [-3.2, 3.2],
        "ys": [-2, 2],
        "start": [-2.5, 0.01],
        "lr": {
            "SGD": 0.3,
            "Momentum": 0.1,
            "Nesterov": 0.1,
            "AdaGrad": 0.5,
            "RMSprop": 0.1,
            "Adam": 0.3,
        },
    },
}
OPTIMIZERS = tuple(SURFACES["ravine"]["lr"])
SLOWEST, FASTEST = 1e-6, 100
STRONGEST = 0.99
LAST = 200


def optimizer_race(
    surface="ravine",
    *,
    optimizers=("SGD", "Momentum", "AdaGrad", "Adam"),
    lr=None,
    momentum=0.9,
    start=None,
    steps=0,
    look_into=None,
):
    """Let optimizers race, and look into each update term by term.

    The update rules are those of ``dlscratch.optimizers`` with their default
    arguments, so the paths are the same; only the learning rates, and the momentum of
    Momentum and Nesterov, can be chosen.

    Parameters
    ----------
    surface : {"ravine", "tilted ravine", "curved valley", "saddle"}
        The function f(x, y) that is shown first.
    optimizers : sequence of str
        Who races at first, of SGD, Momentum, Nesterov, AdaGrad, RMSprop and Adam.
    lr : dict from optimizer to float, optional
        Learning rates, 1e-6 to 100, in place of the surface's own.
    momentum : float
        The μ of Momentum and Nesterov, from 0 to 0.99.
    start : pair of float, optional
        Where all start, on the map, in place of the surface's own start.
    steps : int
        How many updates are made at first, from 0 to 200.
    look_into : str, optional
        Whose next update is written out, by default the first of ``optimizers``.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> optimizer_race("saddle", optimizers=["SGD", "Adam"]).label
    'The optimizer race'
    """
    if surface not in SURFACES:
        raise ValueError(
            f"optimizer_race: expected surface in {tuple(SURFACES)}, got {surface!r}"
        )
    optimizers, lr = list(optimizers), dict(lr or {})
    look_into = look_into or (optimizers or OPTIMIZERS)[0]
    for name in (*optimizers, *lr, look_into):
        if name not in OPTIMIZERS:
            raise ValueError(
                f"optimizer_race: expected optimizers of {OPTIMIZERS}, got {name!r}"
            )
    for name, rate in lr.items():
        if not SLOWEST <= rate <= FASTEST:
            raise ValueError(
                f"optimizer_race: expected lr 1e-06 to 100, got {rate!r} for {name}"
            )
    if not 0 <= momentum <= STRONGEST:
        raise ValueError(f"optimizer_race: expected momentum 0..0.99, got {momentum!r}")
    own = SURFACES[surface]
    place = [float(v) for v in (own["start"] if start is None else start)]
    edges = own["xs"], own["ys"]
    if len(place) != 2 or not all(
        low <= v <= high for v, (low, high) in zip(place, edges, strict=True)
    ):
        raise ValueError(
            f"optimizer_race: expected a start x, y on the map, x within {edges[0]} "
            f"and y within {edges[1]}, got {start!r}"
        )
    if not isinstance(steps, Integral) or not 0 <= steps <= LAST:
        raise ValueError(f"optimizer_race: expected steps 0 to 200, got {steps!r}")
    rates = own["lr"] | {name: float(rate) for name, rate in lr.items()}
    racing = ", ".join(f"{name} (lr {rates[name]:g})" for name in optimizers)
    fallback = (
        "An interactive figure stands here when scripts may run. It shows a map of a "
        f"surface, at first f(x, y) = {own['f']}, and the paths of optimizers that "
        f"start at ({place[0]:g}, {place[1]:g}): {racing or 'none yet'}. You step "
        "through the updates, forwards and backwards, change each learning rate and "
        "the momentum, move the start, and read each term of an update as numbers. In "
        "the ravine, SGD jumps from wall to wall, because the slope across is far "
        "steeper than the slope along; Momentum gathers speed along it and overshoots "
        "the minimum before it turns; AdaGrad, RMSprop and Adam scale each coordinate "
        "by its own gradients. Turn the ravine by 45°, with the same learning rates: "
        "SGD and Momentum need as many updates as before to get below f = 0.01, "
        "AdaGrad and RMSprop more than twice as many. A third surface is a valley "
        "with a bend; on a fourth, SGD is held at a saddle for many updates."
    )
    props = {
        "surfaces": SURFACES,
        "limits": {
            "step": [0, LAST],
            "lr": [SLOWEST, FASTEST],
            "momentum": [0, STRONGEST],
        },
        "surface": surface,
        "racing": optimizers,
        "lr": rates,
        "momentum": float(momentum),
        "start": place,
        "step": int(steps),
        "chosen": look_into,
    }
    label = "The optimizer race"
    return Explorable(
        "optimizer-race", props, fallback, label=label, shared=["landscape"]
    )
