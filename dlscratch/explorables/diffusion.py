"""Diffusion in the plane: from noise back to points that the reader draws."""

from itertools import pairwise
from numbers import Integral

import numpy as np

from dlscratch.explorables.explorable import Explorable
from dlscratch.explorables.random_numbers import normal

BETAS = np.linspace(1e-4, 0.3, 60).round(6)
PARTICLES = 150
MOST = 80  # points
WIDEST = 1  # smoothness
COPY = 0.05  # how near a copy is to a point
EDGES = np.array([3, 2.4])


def _ring():
    angle = 2 * np.pi * (np.arange(16) + 0.15 * normal(3, (16,))) / 16
    return 1.6 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _moons():
    angle = np.pi * np.arange(12) / 11
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    moons = np.concatenate([upper - [0.5, 0.25], [0.5, 0.25] - upper])
    return 1.3 * moons + 0.05 * normal(4, (24, 2))


def _along(*corners, step=0.3):
    """Return points along the lines from each corner to the next."""
    corners = np.array(corners, float)
    pieces = []
    for a, b in pairwise(corners):
        n = max(round(np.hypot(*(b - a)) / step), 1)
        pieces.append(a + (b - a) * np.arange(n)[:, np.newaxis] / n)
    return np.concatenate([*pieces, corners[-1:]])


def _letter():
    return np.concatenate(
        [_along((-1.4, -1.8), (0, 1.8), (1.4, -1.8)), _along((-0.6, -0.5), (0.7, -0.5))]
    )


SHAPES = {
    "ring": _ring(),
    "two moons": _moons(),
    "letter": _letter(),
    "three points": np.array([[-1.5, -0.8], [1.5, -1], [0.2, 1.4]]),
}
SHAPES = {name: shape.round(2).tolist() for name, shape in SHAPES.items()}


def diffusion(points="ring", *, smooth=0.0, step=0):
    """Draw points, and let diffusion go backwards from noise with the exact denoiser.

    The denoiser is the mean of x₀ given x_t, where x₀ is one of the points or, with
    ``smooth`` above 0, lies around one of them with that deviation. The steps are those
    of ``dlscratch.generative.Diffusion``.

    Parameters
    ----------
    points : str or array_like of shape (N, 2)
        At first: "ring", "two moons", "letter", "three points", or up to 80 points,
        x₀ between -3 and 3, x₁ between -2.4 and 2.4.
    smooth : float
        The deviation around each point at first, from 0 to 1.
    step : int
        How many of the 60 steps back from noise are taken at first.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> diffusion("letter", smooth=0.2, step=60).label
    'Diffusion'
    """
    shape = points if isinstance(points, str) else None
    if shape is not None and shape not in SHAPES:
        raise ValueError(
            f"diffusion: expected points or one of {tuple(SHAPES)}, got {points!r}"
        )
    places = np.array(SHAPES[shape] if shape else points, dtype=float)
    if places.ndim != 2 or places.shape[1] != 2 or not 1 <= len(places) <= MOST:
        raise ValueError(
            f"diffusion: expected points of shape (1 to {MOST}, 2), got {places.shape}"
        )
    if not np.all(abs(places) <= EDGES):
        raise ValueError(
            f"diffusion: expected points within ±{EDGES[0]:g}, ±{EDGES[1]:g}, got "
            f"{places[~np.all(abs(places) <= EDGES, axis=1)][0].tolist()}"
        )
    if not 0 <= smooth <= WIDEST:
        raise ValueError(f"diffusion: expected smooth 0 to {WIDEST}, got {smooth!r}")
    if not isinstance(step, Integral) or not 0 <= step <= len(BETAS):
        raise ValueError(f"diffusion: expected step 0 to {len(BETAS)}, got {step!r}")
    fallback = (
        "An interactive figure stands here when scripts may run. It shows points in "
        f"the plane, at first {shape or 'given ones'} ({len(places)}), and {PARTICLES} "
        f"particles that begin as noise. In {len(BETAS)} steps diffusion is run "
        "backwards: at each step the best possible denoiser, the mean of all points "
        "weighted by how well they explain where a particle is, pulls it a little, and "
        "fresh noise is added. At the end every particle lies on one of the points: a "
        "perfect denoiser copies its data. With a smoothness s above 0 each point is a "
        "little cloud of deviation s; then the particles end between the points, too, "
        "and with a large s the shape is lost. You can draw points, go to any step, "
        "follow one particle, show the denoiser as arrows, and leave out the fresh "
        "noise."
    )
    props = {
        "shapes": SHAPES,
        "betas": BETAS.tolist(),
        "particles": PARTICLES,
        "limits": {"points": MOST, "width": [0, WIDEST], "copy": COPY},
        "shape": shape or False,
        "points": places.tolist(),
        "chosen": 0,
        "width": float(smooth),
        "step": int(step),
        "seed": 1,
        "fresh": True,
        "arrows": False,
        "follow": 1,
    }
    return Explorable(
        "diffusion", props, fallback, label="Diffusion", shared=["points"]
    )
