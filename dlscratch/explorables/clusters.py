"""Clusters in the plane: from k-means to a mixture of Gaussians by one slider."""

import numpy as np

from dlscratch.explorables.explorable import Explorable
from dlscratch.explorables.random_numbers import normal

EDGES = np.array([5, 4])
MOST = 60  # points
CENTRES = 5
WIDEST = 4  # variance
NARROWEST = 0.05  # where variances are learnt
FLOORS = (0, 1e-6, 0.1)


def _cloud(seed, n, mean, along, turn=0.0):
    """Return n points as lists, with these deviations along axes turned by an angle."""
    c, s = np.cos(turn), np.sin(turn)
    spread = normal(seed, (n, 2)) * along @ [[c, s], [-s, c]]
    return np.clip(spread + mean, -EDGES, EDGES).round(2).tolist()


_THREE = (
    _cloud(1, 12, (-3, 1.6), (0.55, 0.55))
    + _cloud(2, 12, (2.4, 2), (0.55, 0.55))
    + _cloud(3, 12, (2.2, -2), (0.55, 0.55))
)
_LONG = _cloud(34, 15, (-0.3, 1), (2, 0.25), 0.35) + _cloud(
    35, 15, (0.3, -1), (2, 0.25), 0.35
)
_ALONE = [*_cloud(8, 18, (-1.5, -0.5), (0.8, 0.8)), [3, 1.8]]
SCENES = {
    "three clouds": {
        "points": _THREE,
        "centres": [[-3.6, 2.4], [-2.6, 0.6], [3.6, 0.2]],
        "variance": 0.0,
        "question": "Three clouds, three centres. Do they find the clouds? Press "
        "Play; then drag one centre to help.",
    },
    "long clouds": {
        "points": _LONG,
        "centres": [[-2, 0], [2, 0]],
        "variance": 0.0,
        "question": "Two long clouds. How does k-means cut them? Play; then choose "
        "“learnt”, and play again.",
    },
    "a centre far off": {
        "points": _THREE,
        "centres": [[-3, 0], [2, 3], [1, -1], [-4.6, -3.7]],
        "variance": 0.0,
        "question": "To no point is D the nearest. What becomes of it? Play; then "
        "raise σ² to 1, and play again.",
    },
    "a point alone": {
        "points": _ALONE,
        "centres": [[-1, 0.5], [2.6, 1.6]],
        "variance": 2.0,
        "learn": True,
        "question": "B may learn its variance, near a point that is alone. How far "
        "down does it go? Then choose a floor.",
    },
}


def clusters(start="three clouds", *, variance=None, learn=None, floor=0):
    """Move points and centres, and let k-means or EM find clusters, half a step each.

    With variance 0 this is k-means; with a fixed variance, a mixture of round Gaussians
    of one size and weight; with ``learn``, EM for a mixture with full covariances. The
    arithmetic is that of ``dlscratch.unsupervised``.

    Parameters
    ----------
    start : {"three clouds", "long clouds", "a centre far off", "a point alone"}
        The points and centres at first.
    variance : float, optional
        Of each centre, from 0 to 4, in place of the start's own; with ``learn``, where
        learning begins, from 0.05.
    learn : bool, optional
        Whether covariances and weights are learnt, in place of the start's own choice.
    floor : {0, 1e-6, 0.1}
        The smallest variance that may be learnt.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> clusters("long clouds", variance=1, learn=True).label
    'Clusters'
    """
    if start not in SCENES:
        raise ValueError(f"clusters: expected start in {tuple(SCENES)}, got {start!r}")
    scene = SCENES[start]
    learn = bool(scene.get("learn", False) if learn is None else learn)
    variance = scene["variance"] if variance is None else variance
    least = NARROWEST if learn else 0
    if not least <= variance <= WIDEST:
        raise ValueError(
            f"clusters: expected variance {least} to {WIDEST}, got {variance!r}"
        )
    if floor not in FLOORS:
        raise ValueError(f"clusters: expected floor in {FLOORS}, got {floor!r}")
    how = "learnt variances" if learn else "fixed variances"
    fallback = (
        "An interactive figure stands here when scripts may run. It shows "
        f"{len(scene['points'])} points in the plane and {len(scene['centres'])} "
        f"centres, at first “{start}” with {how} of {variance:g}. You drag points and "
        "centres, and take half-steps: the points are given to the centres, then each "
        "centre moves to the mean of what it got. With variance 0 each point belongs "
        "to the nearest centre: k-means, and no half-step raises the inertia. With a "
        "variance above 0 a point is divided among the centres, and its colour is "
        "mixed. Where the variances are learnt, this is EM, and no half-step lowers "
        "the likelihood. Three clouds show a minimum that is not the lowest; a centre "
        "far off stays empty; a centre on a lonely point collapses onto it, and "
        "without a floor under its variance the likelihood has no bound."
    )
    props = {
        "scenes": SCENES,
        "limits": {
            "points": MOST,
            "centres": CENTRES,
            "variance": WIDEST,
            "learnt": NARROWEST,
            "floors": FLOORS,
        },
        "scene": start,
        "more": {"variance": float(variance), "learn": learn, "floor": floor},
    }
    return Explorable("clusters", props, fallback, label="Clusters", shared=["points"])
