"""Two boxes: how far they agree, and which of them is kept."""

from dlscratch.explorables.explorable import Explorable

SIDE = 20


def boxes(a=(3, 3, 12, 13), b=(6, 5, 16, 14), *, scores=(0.9, 0.6), threshold=0.5):
    """Move and resize two boxes, and watch their intersection over union.

    Besides, the two have scores, and non-maximum suppression says which are kept: the
    one with the higher score always, the other if their intersection over union is not
    above the threshold.

    Parameters
    ----------
    a, b : tuple of int
        The boxes (x0, y0, x1, y1) in a picture of 20 by 20, x to the right and y
        downwards; x0 < x1 and y0 < y1.
    scores : pair of float
        Between 0 and 1. With equal scores, a comes first.
    threshold : float
        Between 0 and 1.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> boxes((0, 0, 4, 4), (2, 0, 6, 4)).label
    'Intersection over union'
    """
    both = [[int(v) for v in box] for box in (a, b)]
    for given, box in zip((a, b), both, strict=True):
        whole = len(box) == 4 and all(u == v for u, v in zip(box, given, strict=True))
        if not whole or not all(0 <= box[i] < box[i + 2] <= SIDE for i in (0, 1)):
            raise ValueError(
                f"boxes: expected whole numbers 0 <= x0 < x1 <= {SIDE} and "
                f"0 <= y0 < y1 <= {SIDE}, got {given!r}"
            )
    numbers = [float(v) for v in (*scores, threshold)]
    if len(numbers) != 3 or not all(0 <= v <= 1 for v in numbers):
        raise ValueError(
            "boxes: expected two scores and a threshold between 0 and 1, got "
            f"{scores!r} and {threshold!r}"
        )
    fallback = (
        "An interactive figure stands here when scripts may run. It shows two boxes "
        f"in a picture of {SIDE} by {SIDE}: A from {tuple(both[0][:2])} to "
        f"{tuple(both[0][2:])} and B from {tuple(both[1][:2])} to "
        f"{tuple(both[1][2:])}. You move and resize them. The width of their overlap "
        "is the smaller of the two right sides minus the larger of the two left sides, "
        "or 0 if that is negative; its height likewise. Overlap divided by union, "
        "which is the sum of both areas minus the overlap, is 1 for equal boxes and 0 "
        "for boxes apart. Where it is above a threshold, non-maximum suppression "
        "removes the box with the lower score."
    )
    props = {
        "side": SIDE,
        "boxes": both,
        "scores": numbers[:2],
        "threshold": numbers[2],
    }
    return Explorable("boxes", props, fallback, label="Intersection over union")
