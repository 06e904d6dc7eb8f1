"""Fly a bird beside one that a network flies, through the same pipes."""

import base64

import numpy as np

from dlscratch.checks import whole
from dlscratch.environments import Flappy
from dlscratch.explorables.explorable import Explorable, halves
from dlscratch.explorables.random_numbers import uniform
from dlscratch.networks import pretrained

MIDDLE = np.array([0.5, 0.0, 0.3, 0.5, 0.5])
SPREAD = np.array([0.2, 0.03, 0.2, 0.2, 0.2])
RATE = 15  # steps a second
MOST = 1000  # steps of a game
GAPS = 60  # more than a bird can pass in them


def bird_game(rounds="best", *, seed=1, alone=False):
    """Play Flappy beside a network, through the same pipes.

    The network is ``pretrained("bird")``, or what it was earlier in its training. The
    page computes in float64 with its weights, and the world's arithmetic is that of
    :class:`~dlscratch.environments.Flappy`. Nothing moves before the reader says so.

    Parameters
    ----------
    rounds : int or "best"
        Which network flies at first: after 0, 10, 20, 40 or 80 rounds of its training,
        or the best.
    seed : int
        Which pipes come at first, from 0.
    alone : bool
        Whether at first the network flies alone.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If there is no such network, or the seed is no whole number from 0.

    Examples
    --------
    >>> bird_game(20).label
    'A bird game'
    """
    record = pretrained("bird").record
    names = [*map(int, record["kept"]), "best"]
    if isinstance(rounds, bool) or rounds not in names:
        raise ValueError(f"bird_game: expected rounds among {names}, got {rounds!r}")
    seed = whole(seed, "bird_game", "seed", 0)
    told = ["untrained", *(f"{one} rounds" for one in names[1:-1])]
    told.append(f"best ({record['best_round']} rounds)")
    means = [*(one["pipes"] for one in record["kept"].values()), record["pipes"]]
    models = [after(name) for name in names]
    games = [fly(model, gaps(seed))[-1][-1] for model in models]
    fallback = (
        "An interactive figure stands here when scripts may run. You make a bird flap, "
        "by a key, a click or a tap, and it must pass through the gaps of pipes that "
        "come nearer; beside it flies the bird of a network, which sees five numbers "
        "and scores two actions. It stands still until you start it, and can be slowed "
        "down or played step by step. You choose how long the network has been "
        "trained. In new games it passes on average "
        + "; ".join(
            f"{mean:.1f} pipes ({label})"
            for label, mean in zip(told, means, strict=True)
        )
        + f". At random a bird passes {record['random']:.1f}, and with a rule of one "
        f"line {record['rule']:.1f}. Through the pipes that are shown at first these "
        f"networks pass {', '.join(f'{n:.0f}' for n in games)}."
    )
    props = {
        "world": {
            "gravity": Flappy.GRAVITY,
            "flap": Flappy.FLAP,
            "fastest": Flappy.FASTEST,
            "speed": Flappy.SPEED,
            "spacing": Flappy.SPACING,
            "width": Flappy.WIDTH,
            "radius": Flappy.RADIUS,
            "opening": Flappy.GAP,
            "rate": RATE,
            "middle": MIDDLE.tolist(),
            "spread": SPREAD.tolist(),
        },
        "gaps": [Flappy.LOWEST, Flappy.HIGHEST, GAPS],
        "most": MOST,
        "nets": [
            {
                "label": str(name),
                "pipes": mean,
                "units": len(model.layers[0].b.value),
                "packed": halves(model),
            }
            for name, mean, model in zip(names, means, models, strict=True)
        ],
        "best": record["best_round"],
        "others": f"at random {record['random']:.1f}, a one-line rule "
        f"{record['rule']:.1f}.",
        "network": names.index(rounds),
        "seed": seed,
        "alone": bool(alone),
    }
    return Explorable(
        "bird-game", props, fallback, label="A bird game", shared=["lstm"]
    )


def scaled(seen):
    """Return what is seen (…, 5), so that all five numbers are near ±1."""
    return (seen - MIDDLE) / SPREAD


def greedy(model):
    """Return a network's policy without chance: what is seen (n, 5) -> actions (n,)."""
    return lambda seen: model.predict(scaled(seen)).argmax(axis=1)


def after(rounds):
    """Return the bird's network as it was after so many rounds, or ``"best"``.

    Returns
    -------
    Sequential
    """
    model = pretrained("bird")
    if rounds == "best":
        return model
    packed = model.record["kept"][str(rounds)]["parameters"]
    flat = np.frombuffer(base64.b64decode(packed), dtype="<f2")
    return filled(model, flat)


def filled(model, flat):
    """Return a model with these numbers as its parameters, which it keeps."""
    flat = flat.astype(float)
    for p in model.parameters:
        part, flat = np.split(flat, [p.value.size])
        p.value = part.reshape(p.value.shape)
    return model


def gaps(seed):
    """Return the heights of the middles of the gaps, (60,), as the page draws them."""
    low, high = Flappy.LOWEST, Flappy.HIGHEST
    return low + (high - low) * uniform(seed, GAPS)


def fly(model, gaps, actions=None):
    """Let a bird fly through these gaps, until it is out or the time is up.

    Parameters
    ----------
    model : Sequential
        Scores the actions.
    gaps : array_like
        More than the bird will pass.
    actions : sequence of int, optional
        What it does in the model's place; after the last it falls.

    Returns
    -------
    ndarray, shape (T + 1, 6)
        The states, from the first to the last.
    """
    world = Flappy(max_steps=MOST, rng=np.random.default_rng(0))
    seen, _ = world.reset()
    world.state[0, 3:5] = gaps[:2]
    seen, states = world.observe(), [world.state[0]]
    given = None if actions is None else iter(actions)
    while not (world.terminated | world.truncated):
        action = greedy(model)(seen) if given is None else [next(given, 0)]
        _, rewards, *_ = world.step(action)
        if rewards > 0:
            world.state[0, 4] = gaps[int(world.state[0, 5]) + 1]
        seen = world.observe()
        states.append(world.state[0].copy())
    return np.array(states)
