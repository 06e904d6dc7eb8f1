"""L1 against L2: where a loss and a penalty together are lowest."""

import math

from dlscratch.explorables.explorable import Explorable

VALLEYS = ("round", "stretched", "tilted")
EDGE, STRONGEST = 3, 4


def regularisation(valley="tilted", *, minimum=(2.2, 0.6), strength=0.8):
    """Move the minimum of a loss, and see where two penalties pull it.

    The loss is ½ (w - c)ᵀA(w - c) in two weights. The figure finds exactly where it is
    lowest together with λ/2 (w₁² + w₂²), the L2 penalty, and with λ (|w₁| + |w₂|), the
    L1 penalty, and says which weights are exactly 0.

    Parameters
    ----------
    valley : {"round", "stretched", "tilted"}
        The matrix A: diag(1, 1), diag(0.5, 2), or 1.5 on the diagonal and 1 beside it.
    minimum : pair of float
        c, the minimum of the loss alone: between -3 and 3, in steps of 0.01.
    strength : float
        λ, from 0 to 4, in steps of 0.01.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> regularisation("round", strength=1.0).label
    'L1 and L2 penalties'
    """
    if valley not in VALLEYS:
        raise ValueError(
            f"regularisation: expected valley in {VALLEYS}, got {valley!r}"
        )
    c = [float(v) for v in minimum]
    if len(c) != 2 or not all(math.fabs(v) <= EDGE for v in c):
        raise ValueError(
            "regularisation: expected minimum with two numbers between -3 and 3, "
            f"got {minimum!r}"
        )
    if not 0 <= strength <= STRONGEST:
        raise ValueError(
            f"regularisation: expected strength from 0 to 4, got {strength!r}"
        )
    fallback = (
        "An interactive figure stands here when scripts may run. It shows the contours "
        f"of a quadratic loss in two weights, with a {valley} valley and its minimum "
        f"at ({c[0]:g}, {c[1]:g}), and where the minimum moves with a penalty, "
        f"with strength λ = {strength:g}. You move the minimum and λ. With L2 the "
        "contour of the loss touches a circle, at a place where hardly ever a weight "
        "is 0. With L1 it touches a diamond, often at a corner, and there a weight is "
        "exactly 0. In the round valley L2 divides each weight by 1 + λ; L1 moves each "
        "weight towards 0 by λ, and those that are closer than λ become 0."
    )
    props = {
        "valley": valley,
        "best": c,
        "strength": float(strength),
        "limits": {"best": [-EDGE, EDGE], "strength": [0, STRONGEST]},
    }
    return Explorable("regularisation", props, fallback, label="L1 and L2 penalties")
