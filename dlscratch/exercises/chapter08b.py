"""Exercises of chapter 8b, Faster, and beyond classification."""

import numpy as np

from dlscratch.exercises import exercise

# ------------------------------------------------------------------------- 8b.1


@exercise(
    "8b.1",
    "Amdahl's law",
    cases=[(0.9, 10), (0.5, 2), (0.8, 1), (0.25, 100)],
    hints=[
        "Let the whole take a time of 1 at first. Which part of it stays as "
        "it is, and how long does the other part take afterwards?",
        "The time afterwards is `(1 - share)` plus `share` divided by "
        "`factor`.",
        "The speed-up is the old time, 1, divided by the new time.",
    ],
    text="""
        Times add up, so count time: what stays, plus what is left of the
        rest. Ten times faster, the share of 0.9 gives a factor of 5.3. The
        rest alone, a share of 0.1 twice as fast, gives just 1.05. First the
        large bars; the small ones when they have become large.
        """,
    trial="""
        assert np.isclose(amdahl(0.9, 10), 5.263, atol=1e-3)
        assert np.isclose(amdahl(0.1, 2), 1.053, atol=1e-3)
        """,
)
def amdahl(share, factor):
    """Return how much faster the whole gets if one share does."""
    return 1 / (1 - share + share / factor)


amdahl.wrong(
    "Only one share becomes faster by that factor; the rest takes as long as "
    "before.",
    lambda share, factor: factor,
)

amdahl.wrong(
    "That is the new time, as a part of the old one. How many times faster "
    "is it? One divided by it.",
    lambda share, factor: 1 - share + share / factor,
)

amdahl.wrong(
    "Half of it twice as fast would then gain nothing: `0.5 * 2` is 1. But "
    "times add up: add the times of both parts.",
    lambda share, factor: share * factor,
)

amdahl.wrong(
    "That is the bound: what you get if the share takes no time at all.",
    lambda share, factor: 1 / (1 - share),
)

amdahl.wrong(
    "You left out the part that does not become faster.",
    lambda share, factor: factor / share,
)

amdahl.wrong(
    "You made the other part faster: `share` is what gains.",
    lambda share, factor: amdahl(1 - share, factor),
)

amdahl.wrong(
    "You averaged the speeds. What adds up is the time: a part that is "
    "`factor` times faster takes `share / factor`.",
    lambda share, factor: 1 - share + share * factor,
)

amdahl.wrong(
    "Only the first part stands below the line. The new time is the sum of "
    "both: put it into brackets.",
    lambda share, factor: 1 / (1 - share) + share / factor,
)

amdahl.wrong(
    "You made the share take longer. `factor` times faster means `share / "
    "factor` of the time.",
    lambda share, factor: 1 / (1 - share + share * factor),
)


# ------------------------------------------------------------------------- 8b.2


@exercise(
    "8b.2",
    "How many FLOPs for a byte?",
    cases=[
        (100, 784, 50, 4),
        (1, 784, 50, 4),
        (100, 784, 50, 2),
        (7, 3, 5, 8),
    ],
    hints=[
        "Count the work first: each of the N·M outputs is a sum of D products.",
        "Then the numbers that are read or written: x, W, b and y. Each "
        "takes `itemsize` bytes.",
        "FLOPs: `2 * N * D * M`. Numbers: `N * D + D * M + M + N * M`.",
    ],
    text=r"""
        $2NDM$ FLOPs, and $ND+DM+M+NM$ numbers. Half the bytes for a number
        make twice the intensity: one more reason for `float16`. With $N=1$
        the weights dominate the traffic, and about $2/\text{itemsize}$ is
        all there is.
        """,
    trial="""
        made = intensity(50, 1024, 1024, 4)
        assert np.isclose(made, intensities["Linear, batch 50"])
        """,
)
def intensity(N, D, M, itemsize):
    """Return the FLOPs per byte of a linear layer, (N, D) @ (D, M) + (M,)."""
    flops = 2 * N * D * M
    values = N * D + D * M + M + N * M  # x, W, b, y
    return flops / (values * itemsize)


def _intensity(N, D, M, itemsize, work=2, values=("x", "W", "b", "y")):
    sizes = {"x": N * D, "W": D * M, "b": M, "y": N * M}
    return work * N * D * M / (sum(sizes[v] for v in values) * itemsize)


intensity.wrong(
    "You counted multiply-adds. Each of them is two FLOPs.",
    lambda N, D, M, itemsize: _intensity(N, D, M, itemsize, work=1),
)


@intensity.wrong("The output must be written, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "b"))


intensity.wrong(
    "The weights must be read, too.",
    lambda N, D, M, itemsize: _intensity(N, D, M, itemsize, values=("x", "y")),
)


@intensity.wrong("The input must be read, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("W", "b", "y"))


@intensity.wrong("The bias must be read, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "y"))


intensity.wrong(
    "That is for each number. How many bytes is a number?",
    lambda N, D, M, itemsize: _intensity(N, D, M, 1),
)

intensity.wrong(
    "That is bytes per FLOP; turn the fraction over.",
    lambda N, D, M, itemsize: 1 / intensity(N, D, M, itemsize),
)

intensity.wrong(
    "You multiplied by `itemsize`. `a / b * c` is `(a / b) * c`: put the "
    "bytes into brackets.",
    lambda N, D, M, itemsize: intensity(N, D, M, 1) * itemsize,
)


@intensity.wrong(
    "You counted the addition of the bias, which is left out here."
)
def _(N, D, M, itemsize):
    return intensity(N, D, M, itemsize) * (2 * D + 1) / (2 * D)


intensity.wrong(
    "`itemsize` is in bytes already, not in bits.",
    lambda N, D, M, itemsize: intensity(N, D, M, 8 * itemsize),
)

intensity.wrong(
    "That is the work for one example. The batch has N.",
    lambda N, D, M, itemsize: intensity(N, D, M, itemsize) / N,
)

intensity.wrong(
    "That is the work for one output. There are `N * M`.",
    lambda N, D, M, itemsize: intensity(N, D, M, itemsize) / (N * M),
)


@intensity.wrong(
    "You read the weights anew for each example. The whole batch shares "
    "them: they are moved once."
)
def _(N, D, M, itemsize):
    return 2 * N * D * M / ((N * D + N * D * M + M + N * M) * itemsize)


# ------------------------------------------------------------------------- 8b.3


def _shards():
    rng = np.random.default_rng(0)
    return [
        ([rng.standard_normal((3, 2)) for _ in range(3)], [11, 11, 10]),
        ([rng.standard_normal(4) for _ in range(2)], [30, 2]),
    ]


@exercise(
    "8b.3",
    "Shards of different sizes",
    cases=_shards,
    hints=[
        "Each shard's gradient is a mean over its own examples. What is the "
        "sum over its examples?",
        "Multiply each gradient by its shard's size: these are sums, and "
        "sums may be added.",
        "At the end divide once, by the number of all examples, `sum(sizes)`.",
    ],
    text="""
        Equation (8b.3): each mean times its size is a sum over examples.
        Sums may be added; divide once at the end.
        """,
)
def combine(gradients, sizes):
    """Return the batch's mean gradient from those of its shards."""
    total = 0
    for gradient, size in zip(gradients, sizes, strict=True):
        total = total + size * gradient
    return total / sum(sizes)


combine.wrong(
    "You added means. The result is too large by about the number of shards, "
    "as if the learning rate were.",
    lambda gradients, sizes: sum(gradients),
)

combine.wrong(
    "This mean gives each shard the same weight. An example in a small shard "
    "then counts more than one in a large shard.",
    lambda gradients, sizes: sum(gradients) / len(gradients),
)

combine.wrong(
    "You added the means and divided by the number of examples. First "
    "multiply each mean by its shard's size.",
    lambda gradients, sizes: sum(gradients) / sum(sizes),
)


@combine.wrong("That is the sum over all examples. Divide it by their number.")
def _combine_not_divided(gradients, sizes):
    return sum(n * g for g, n in zip(gradients, sizes, strict=True))


@combine.wrong("Divide by the number of examples, not of shards.")
def _(gradients, sizes):
    return _combine_not_divided(gradients, sizes) / len(sizes)


@combine.wrong(
    "The gradients are means already. Multiply by the size to get the sum; "
    "you divided once more."
)
def _(gradients, sizes):
    return sum(g / n for g, n in zip(gradients, sizes, strict=True))


combine.wrong(
    "`@` runs over the last axis but one of the stacked gradients. That is "
    "the axis of the shards only if each gradient is a vector. "
    "`np.tensordot(sizes, gradients, 1)` takes the first axis; a loop will "
    "do, too.",
    lambda gradients, sizes: np.array(sizes) @ np.array(gradients) / sum(sizes),
)


# ------------------------------------------------------------------------- 8b.4


def _weights():
    rng = np.random.default_rng(1)
    W = rng.standard_normal((5, 4))
    return [(W, 8), (W, 4), (-np.abs(W), 8), (0.01 * W, 3)]


def _use_quantise(f, W, bits):
    found = f(W, bits)
    pair = isinstance(found, tuple | list) and len(found) == 2
    q, step = found if pair else (found, None)
    return {"the array of whole numbers": q, "the step": step}


@exercise(
    "8b.4",
    "Whole numbers for weights",
    use=_use_quantise,
    strict_dtype=True,
    cases=_weights,
    hints=[
        "With `bits` bits the whole numbers run from `-L` to `L`, with `L = "
        "2 ** (bits - 1) - 1`: 127 for 8 bits.",
        "The largest weight, without its sign, shall become L. So the step "
        "is `np.abs(W).max() / L`.",
        "`np.rint` rounds to the nearest whole number, `.astype(np.int8)` "
        "stores it in one byte, and the step is a `float`.",
    ],
    text="""
        Mind the sign: the largest weight may be a negative one. And round
        to the nearest, `np.rint`; cutting off would make every weight
        smaller.
        """,
)
def quantise(W, bits):
    """Return W in whole numbers of so many bits, and the size of their step."""
    largest = 2 ** (bits - 1) - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int8), float(step)


def _quantised(W, bits, largest=None, most=None, whole=np.rint):
    largest = 2 ** (bits - 1) - 1 if largest is None else largest
    step = (np.abs(W).max() if most is None else most) / largest
    return whole(W / step).astype(np.int8), float(step)


quantise.wrong(
    "You cut the decimals off, which moves every weight towards 0. Round to "
    "the nearest: `np.rint`.",
    lambda W, bits: _quantised(W, bits, whole=np.trunc),
)

quantise.wrong(
    "You rounded down. Round to the nearest.",
    lambda W, bits: _quantised(W, bits, whole=np.floor),
)


@quantise.wrong(
    "One bit is needed for the sign: 8 bits hold -127 to 127. Larger numbers "
    "wrap around in `int8`."
)
def _(W, bits):
    largest = 2**bits - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int64).astype(np.int8), float(step)


quantise.wrong(
    "The largest number is one less: 8 bits hold no 128.",
    lambda W, bits: _quantised(W, bits, largest=2 ** (bits - 1)),
)

quantise.wrong(
    "The largest weight may be negative: take `np.abs(W).max()`.",
    lambda W, bits: _quantised(W, bits, most=W.max()),
)

quantise.wrong(
    "127 is for 8 bits. With `bits` bits the largest is `2 ** (bits - 1) - 1`.",
    lambda W, bits: quantise(W, 8),
)

quantise.wrong(
    "Return two things: the whole numbers, and their step.",
    lambda W, bits: quantise(W, bits)[0],
)


@quantise.wrong("Your second value is how many steps make 1. Return the step.")
def _(W, bits):
    q, step = quantise(W, bits)
    return q, 1 / step


quantise.wrong(
    "You took half the distance from the smallest weight to the largest. The "
    "largest *absolute* value gets the largest whole number.",
    lambda W, bits: _quantised(W, bits, most=(W.max() - W.min()) / 2),
)


@quantise.wrong("How many steps are in a weight? Divide by the step.")
def _(W, bits):
    _, step = quantise(W, bits)
    return np.rint(W * step).astype(np.int8), step


quantise.wrong(
    "The whole numbers come first, then the step.",
    lambda W, bits: quantise(W, bits)[::-1],
)


@quantise.wrong("Those are weights again. Return the whole numbers themselves.")
def _(W, bits):
    q, step = quantise(W, bits)
    return q * step, step


# ------------------------------------------------------------------------- 8b.5


def _scaled():
    fine = [
        np.array([2e-4, 0.5, -3.0], np.float16),
        np.array([[6e-8]], np.float16),
    ]
    bad = [fine[0], np.array([[1.0, np.inf]], np.float16)]
    worse = [np.array([np.nan], np.float16), fine[1]]
    return [(fine, 1024.0), (bad, 1024.0), (worse, 64.0), (bad[::-1], 8.0)]


def _use_unscale(f, gradients, scale):
    answer = f(gradients, scale)
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    pair = pair and not isinstance(
        answer[0], np.ndarray
    )  # two gradients, no scale
    found, following = answer if pair else (answer, None)
    return {
        "the decision to skip the step": found is None,
        "the next scale": following,
        "the gradients": found,
    }


@exercise(
    "8b.5",
    "A scale that finds itself",
    use=_use_unscale,
    cases=_scaled,
    hints=[
        "First make the gradients wide, `g.astype(np.float32)`, and only "
        "then divide them by the scale.",
        "`np.isfinite` is False for infinity and for nan. All numbers of all "
        "gradients must be finite.",
        "All finite: return the list and `scale * 2`. Otherwise return "
        "`None` and `scale / 2`.",
    ],
    text="""
        The order matters: first `float32`, then divide. Divided in
        `float16`, the small gradients vanish after all.

        So the scale climbs until something overflows, drops by half, and
        climbs again: it stays near the largest scale that works.
        """,
)
def unscale(gradients, scale):
    """Return float32 gradients (None: skip the step), the next scale."""
    wide = [g.astype(np.float32) / scale for g in gradients]
    if all(np.all(np.isfinite(g)) for g in wide):
        return wide, scale * 2
    return None, scale / 2


@unscale.wrong(
    "You divided while the numbers were still float16. There the small ones "
    "vanish again. Make them float32 first."
)
def _(gradients, scale):
    # Divides as float16, so what needed the scale is lost again.
    small = [(g / np.float16(scale)).astype(np.float32) for g in gradients]
    wide, following = unscale(gradients, scale)
    return (None if wide is None else small), following


@unscale.wrong("The gradients are still multiplied by the scale.")
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    return (None if wide is None else [g * scale for g in wide]), following


@unscale.wrong(
    "One of the gradients is infinite or nan. This step must be skipped."
)
def _(gradients, scale):
    return [g.astype(np.float32) / scale for g in gradients], scale * 2


@unscale.wrong(
    "Infinity is not nan. What overflowed is infinite; `np.isfinite` finds "
    "both."
)
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isnan(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


@unscale.wrong("nan is not infinity. `np.isfinite` finds both.")
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isinf(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


unscale.wrong(
    "Return two things: the gradients (or None), and the next scale.",
    lambda gradients, scale: unscale(gradients, scale)[0],
)


@unscale.wrong(
    "You looked at the first gradient only. Any of them may overflow."
)
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if np.all(np.isfinite(wide[0])):
        return wide, scale * 2
    return None, scale / 2


@unscale.wrong(
    "You put zeros in place of what overflowed. But the largest entries "
    "matter most: skip the whole step, with None."
)
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    if wide is None:
        wide = [np.nan_to_num(g / scale, posinf=0, neginf=0) for g in gradients]
    return wide, following


unscale.wrong(
    "The scale should change for the next step.",
    lambda gradients, scale: (unscale(gradients, scale)[0], scale),
)


@unscale.wrong(
    "The other way round: an overflow says that the scale is too large."
)
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    return wide, scale * scale / following


# ------------------------------------------------------------------------- 8b.6


_A = np.array([[0.0, 0, 4, 4], [1, 1, 5, 3], [6, 6, 9, 10]])

_B = np.array([[2.0, 2, 6, 6], [0, 0, 4, 4], [7, 1, 9, 3], [5, 0, 8, 4]])


@exercise(
    "8b.6",
    "All pairs of boxes",
    cases=[(_A, _B), (_B, _A[:1]), (_A[2:], _B[3:])],
    hints=[
        "With `a[:, None]` of shape (M, 1, 4) and `b[None]` of shape (1, K, "
        "4), NumPy pairs each with each.",
        "`low` is the larger of both first corners, `high` the smaller of "
        "both last corners, each of shape (M, K, 2). `high - low` may be "
        "negative.",
        "`sides = np.maximum(high - low, 0)`; the overlap is the product of "
        "the two sides; the union is the sum of both areas minus the "
        "overlap.",
    ],
    text="""
        An axis of length 1 in the right place, and broadcasting does the
        rest. Both directions can be treated at once: the last axis of `low`
        and `high` holds $x$ and $y$.
        """,
)
def pairwise_iou(a, b):
    """Return the intersection over union of each box of a with each of b."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])  # (M, K, 2)
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0)
    overlap = sides[..., 0] * sides[..., 1]
    size_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    size_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return overlap / (size_a[:, None] + size_b - overlap)


def _pairs(a, b, clip=True, minus=1.0, per=None):
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0) if clip else high - low
    overlap = sides[..., 0] * sides[..., 1]
    size_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    size_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    if per is not None:
        return overlap / per(size_a[:, None], size_b)
    return overlap / (size_a[:, None] + size_b - minus * overlap)


pairwise_iou.wrong(
    "Boxes apart have an overlap of 0. Where both sides are negative, their "
    "product is positive: cut each side off at 0.",
    lambda a, b: _pairs(a, b, clip=False),
)

pairwise_iou.wrong(
    "You divided by the sum of the areas. The union counts the overlap only "
    "once.",
    lambda a, b: _pairs(a, b, minus=0.0),
)

pairwise_iou.wrong(
    "You divided by the smaller area: then a small box inside a large one "
    "would agree perfectly.",
    lambda a, b: _pairs(a, b, per=np.minimum),
)

pairwise_iou.wrong(
    "You cut off the product, or the result. With two negative sides it is "
    "positive, and stays wrong. Cut off each side.",
    lambda a, b: np.maximum(_pairs(a, b, clip=False), 0),
)


@pairwise_iou.wrong(
    "You added 1 to the sides. These are corners: a side is `x1 - x0`."
)
def _(a, b):
    one_more = np.array([0, 0, 1, 1])
    return pairwise_iou(a + one_more, b + one_more)


@pairwise_iou.wrong(
    "You paired the first with the first, the second with the second. Each "
    "of a meets each of b: the result has the shape (M, K)."
)
def _(a, b):
    n = min(len(a), len(b))
    return np.diag(pairwise_iou(a[:n], b[:n]))


pairwise_iou.wrong(
    "That is the overlap. Divide it by the union.",
    lambda a, b: _pairs(a, b, per=lambda u, v: 1),
)


@pairwise_iou.wrong(
    "The last two numbers are the other corner, not width and height."
)
def _(a, b):
    ends = [
        np.concatenate([u[:, :2], u[:, :2] + u[:, 2:]], axis=1) for u in (a, b)
    ]
    return pairwise_iou(*ends)


# ------------------------------------------------------------------------- 8b.7


def confusion(y, t, K):
    """Count the pixels of truth i and prediction j: shape (K, K)."""
    return np.bincount(K * t.ravel() + y.ravel(), minlength=K * K).reshape(K, K)


def _maps():
    rng = np.random.default_rng(2)
    t = rng.choice(4, size=(2, 6, 6), p=[0.6, 0.2, 0.1, 0.1])
    y = np.where(rng.random(t.shape) < 0.7, t, rng.integers(4, size=t.shape))
    other = np.where((y == 3) | (t == 3), 0, 1)  # a class that nobody mentions
    return [
        (y, t, 4),
        (y * other, t * other, 5),
        (y, t * (t < 3), 4),  # class 3 is predicted, but never true
        (y * (y < 3), t, 4),  # class 3 is true, but never predicted
    ]


def _use_mean_iou(f, y, t, K):
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # np.nanmean may sort it out
        return f(y, t, K)


@exercise(
    "8b.7",
    "The mean over classes",
    use=_use_mean_iou,
    cases=_maps,
    hints=[
        "`confusion(y, t, K)` of this chapter counts all pairs. Its diagonal "
        "is the overlap of each class.",
        "A class's union: pixels that are it (a row's sum), plus pixels that "
        "are called it (a column's sum), minus the overlap.",
        "Leave out the classes whose union is 0, then take the mean, as a "
        "`float`.",
    ],
    text="""
        A class that is predicted but not there has a union, and an IoU of
        0: an error that must count. Only a union of 0 is left out.
        """,
)
def mean_iou(y, t, K):
    """Return the mean intersection over union of the classes that occur."""
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = union > 0
    return float(np.mean(overlap[seen] / union[seen]))


@mean_iou.wrong(
    "A class that occurs neither in the truth nor in the prediction has no "
    "intersection over union. You counted it as 0."
)
def _(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(np.sum(overlap / np.maximum(union, 1)) / K)


@mean_iou.wrong(
    "A class that occurs neither in the truth nor in the prediction has no "
    "intersection over union. You counted it as 1."
)
def _(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(
        np.mean(np.where(union > 0, overlap / np.maximum(union, 1), 1))
    )


mean_iou.wrong(
    "You divided by the pixels of the prediction only. Pixels of the class "
    "that were missed belong to the union, too.",
    lambda y, t, K: _mean_iou_recall(t, y, K),
)

mean_iou.wrong(
    "That is twice the overlap, divided by the sum of both. Divide the "
    "overlap by the union.",
    lambda y, t, K: 2 * _mean_iou_counted_twice(y, t, K),
)

mean_iou.wrong(
    "That is the share of right pixels, in which the background counts most.",
    lambda y, t, K: float(np.mean(y == t)),
)


@mean_iou.wrong(
    "You divided by the pixels of the truth only. Pixels that are called "
    "this class wrongly belong to the union, too."
)
def _mean_iou_recall(y, t, K):
    table = confusion(y, t, K)
    truth = table.sum(axis=1)
    return float(np.mean(np.diag(table)[truth > 0] / truth[truth > 0]))


@mean_iou.wrong(
    "You left out a class that is predicted, but does not occur in the "
    "truth. That is an error, with an intersection of 0."
)
def _mean_iou_true_only(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = table.sum(axis=1) > 0
    return float(np.mean(overlap[seen] / union[seen]))


mean_iou.wrong(
    "You left out a class that occurs in the truth, but was never predicted. "
    "That is an error, with an intersection of 0.",
    lambda y, t, K: _mean_iou_true_only(t, y, K),
)


@mean_iou.wrong(
    "A class that occurs nowhere gives 0/0, which is nan, and so is every "
    "mean with it. Leave such classes out."
)
def _(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    return float(
        np.mean(overlap / (table.sum(axis=0) + table.sum(axis=1) - overlap))
    )


@mean_iou.wrong(
    "You took the ratios of each picture, and then their mean. Count the "
    "pixels of all pictures first, then divide."
)
def _(y, t, K):
    return float(
        np.mean([mean_iou(*pair, K) for pair in zip(y, t, strict=True)])
    )


@mean_iou.wrong(
    "You added all classes up before dividing, so large classes count most. "
    "First divide for each class, then take the mean."
)
def _(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(overlap.sum() / union.sum())


@mean_iou.wrong(
    "You counted the overlap twice: it is in the row's sum and in the "
    "column's. Subtract it once."
)
def _mean_iou_counted_twice(y, t, K):
    table = confusion(y, t, K)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(np.diag(table)[both > 0] / both[both > 0]))


@mean_iou.wrong(
    "You left out class 0. The background is a class like the others."
)
def _(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = np.flatnonzero(union)
    seen = seen[seen > 0]
    return float(np.mean(overlap[seen] / union[seen]))


# ------------------------------------------------------------------------- 8b.8


def _steps():
    rng = np.random.default_rng(3)
    ended = np.array([False, True, False, True, False])
    return [
        (rng.standard_normal((5, 3)), rng.standard_normal(5), ended, 0.8),
        (
            -1 - rng.random((2, 2)),
            np.array([0.0, 1.0]),
            np.array([False, True]),
            0.9,
        ),
    ]


@exercise(
    "8b.8",
    "What an action is worth",
    cases=_steps,
    hints=[
        "A target is the reward, plus what the best action of the next place "
        "is worth, times `gamma`.",
        "The best action of each next place: `Q_next.max(axis=1)`.",
        "Where the game has ended, nothing follows: `np.where(ended, 0.0, "
        "...)`.",
    ],
    text="""
        After the end nothing follows. If you forget it, the values of
        places that are never played leak into the others; and with a
        network in place of the table these are any numbers.
        """,
)
def q_targets(Q_next, rewards, ended, gamma=0.9):
    """Return the targets of Q-learning for a batch of steps."""
    return rewards + gamma * np.where(ended, 0.0, Q_next.max(axis=1))


@q_targets.wrong(
    "Where the game has ended there is no next place, and nothing to add to "
    "the reward."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * Q_next.max(axis=1)


@q_targets.wrong(
    "The other way round: what follows counts where the game has *not* ended."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, Q_next.max(axis=1), 0.0)


@q_targets.wrong(
    "Q-learning supposes that the *best* action follows, not an average one."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.mean(axis=1))


@q_targets.wrong(
    "`argmax` says which action is best. You need its worth: `max`."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.argmax(axis=1))


@q_targets.wrong(
    "You took the largest of the whole batch. Each row has its own."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.max())


@q_targets.wrong("You used 0.9. `gamma` is an argument.")
def _(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, rewards, ended, 0.9)


@q_targets.wrong(
    "The reward of the last step counts, too. Only what follows is 0."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return np.where(ended, 0.0, q_targets(Q_next, rewards, ended, gamma))


@q_targets.wrong("You left out `gamma`.")
def _(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, rewards, ended, 1.0)


@q_targets.wrong(
    "Gamma belongs to what comes later, not to the reward of this step."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return gamma * (rewards + np.where(ended, 0.0, Q_next.max(axis=1)))


@q_targets.wrong("You left out the reward.")
def _(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, 0 * rewards, ended, gamma)


@q_targets.wrong(
    "You took the largest of each action. Each step has its own row: the "
    "largest along axis 1."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.max(axis=0))


@q_targets.wrong(
    "A place may be worth less than nothing, even with the best action."
)
def _(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(
        ended, 0.0, np.maximum(Q_next.max(axis=1), 0)
    )


# ------------------------------------------------------------------------- 8b.9


def _found():
    truth = np.array([[0.0, 0, 4, 4], [10, 10, 14, 14], [3, 10, 7, 14]])
    found = np.array(
        [
            [0.0, 1, 4, 5],  # IoU 0.6 with the first
            [0, 0, 4, 4],  # the first, exactly
            [10, 11, 14, 15],  # 0.6 with the second
            [12, 12, 16, 16],  # touches the second, too little
            [20, 20, 22, 22],  # nothing there
        ]
    )
    scores = np.array([0.3, 0.9, 0.5, 0.7, 0.6])
    crowd = np.array([[0.0, 0, 10, 4], [4, 0, 14, 4]])
    last = crowd[::-1]
    pair = np.array(
        [[0.0, 0, 9, 4], [1, 0, 11, 4]]
    )  # only the second fits both
    return [
        (found, scores, truth, 0.5),
        (found[:2], scores[:2], truth[:1], 0.5),
        (pair, np.array([0.4, 0.8]), crowd, 0.5),
        (pair[::-1], np.array([0.8, 0.4]), crowd, 0.5),
        (pair, np.array([0.8, 0.4]), crowd, 0.5),
        (
            np.array([[1.0, 0, 11, 4], [5, 0, 14, 4]]),
            np.array([0.8, 0.4]),
            last,
            0.5,
        ),
        (found, scores, truth, 0.7),
        (
            np.array([[0.0, 0, 4, 2]]),
            np.array([0.9]),
            truth[:1],
            0.5,
        ),  # IoU 0.5
    ]


@exercise(
    "8b.9",
    "Was it found?",
    cases=_found,
    hints=[
        "Begin with the table of all pairs, `pairwise_iou(found, truth)`, "
        "and go through the detections from the highest score to the lowest: "
        "`np.argsort(-scores)`.",
        "Keep an array `free`, True for each true box that nobody has "
        "claimed. A detection may claim the free one that it fits best.",
        "With `np.where(free, overlaps[i], -1)` a taken box cannot be the "
        "best. Count a detection as right if its best is at least `level`.",
    ],
    text="""
        Each true box can be claimed once: a second detection of the same
        thing is a false alarm. That is why detectors need non-maximum
        suppression, and why the order matters: the most certain has the
        first choice.

        A detector can buy recall with precision: lower the score from which
        a box counts. The curve of one against the other, for all such
        thresholds, is what contests measure (Everingham et al., 2010).
        """,
)
def precision_recall(found, scores, truth, level=0.5):
    """Return precision and recall of found (M, 4), truth (K, 4)."""
    overlaps = pairwise_iou(found, truth)
    free = np.ones(len(truth), dtype=bool)
    right = 0
    for i in np.argsort(-scores):
        candidates = np.where(free, overlaps[i], -1)
        best = candidates.argmax()
        if candidates[best] >= level:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


def _matched(found, order, truth, level, once=True):
    overlaps = pairwise_iou(found, truth)
    free, right = np.ones(len(truth), dtype=bool), 0
    for i in order:
        candidates = np.where(free, overlaps[i], -1) if once else overlaps[i]
        best = candidates.argmax()
        if candidates[best] >= level:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


@precision_recall.wrong(
    "Two detections claimed the same true box. The second one is wrong: the "
    "thing is there once."
)
def _(found, scores, truth, level=0.5):
    return _matched(found, np.argsort(-scores), truth, level, once=False)


@precision_recall.wrong(
    "Each true box can be claimed once, and each detection claims one. You "
    "let a box fit as many as it likes."
)
def _(found, scores, truth, level=0.5):
    fits = pairwise_iou(found, truth) >= level
    return float(fits.any(axis=1).mean()), float(fits.any(axis=0).mean())


@precision_recall.wrong(
    "When the best true box is taken, a detection may still claim the best "
    "of those that are free."
)
def _(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free = np.ones(len(truth), dtype=bool)
    right = 0
    for i in np.argsort(-scores):
        best = overlaps[i].argmax()
        if overlaps[i, best] >= level and free[best]:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


@precision_recall.wrong(
    "A detection claims the free box with which its intersection over union "
    "is largest. You took the first that is good enough."
)
def _(found, scores, truth, level=0.5):
    fits = pairwise_iou(found, truth) >= level
    free = np.ones(len(truth), dtype=bool)
    right = 0
    for i in np.argsort(-scores):
        candidates = np.flatnonzero(fits[i] & free)
        if len(candidates):
            free[candidates[0]] = False
            right += 1
    return right / len(found), right / len(truth)


@precision_recall.wrong(
    "*At least* `level`: an intersection over union of exactly `level` is "
    "enough."
)
def _(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, np.nextafter(level, 2))


@precision_recall.wrong(
    "Only a right detection takes its true box. After a wrong one the box is "
    "still free."
)
def _(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free, right = np.ones(len(truth), dtype=bool), 0
    for i in np.argsort(-scores):
        candidates = np.where(free, overlaps[i], -1)
        best = candidates.argmax()
        right += int(candidates[best] >= level)
        free[best] = False
    return right / len(found), right / len(truth)


@precision_recall.wrong(
    "You went through the true boxes. Go through the detections, highest "
    "score first: each looks for its own true box."
)
def _(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free, right = np.ones(len(found), dtype=bool), 0
    for j in range(len(truth)):
        candidates = np.where(free, overlaps[:, j], -1)
        best = candidates.argmax()
        if candidates[best] >= level:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


@precision_recall.wrong("You used 0.5. `level` is an argument.")
def _(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, 0.5)


@precision_recall.wrong(
    "The most certain detection has the first choice. You went in the order "
    "of the list."
)
def _(found, scores, truth, level=0.5):
    return _matched(found, range(len(found)), truth, level)


@precision_recall.wrong(
    "You began with the lowest score. The most certain comes first."
)
def _(found, scores, truth, level=0.5):
    return _matched(found, np.argsort(scores), truth, level)


@precision_recall.wrong(
    "You exchanged the two: precision is the share of the detections that "
    "are right, recall the share of the true boxes that are found."
)
def _(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, level)[::-1]


@precision_recall.wrong(
    "A detection that only touches a true box is not right: its intersection "
    "over union must be at least `level`."
)
def _(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, 1e-9)


@precision_recall.wrong(
    "Return two shares: right ones among the detections, and among the true "
    "boxes."
)
def _(found, scores, truth, level=0.5):
    precision, _ = precision_recall(found, scores, truth, level)
    return round(precision * len(found)), len(found)


# ----------------------------------------------------------------------- 8b.lab


@exercise(
    "8b.lab",
    "Find the bug and repair it",
    cases=[
        ((0, 0, 4, 4), (2, 2, 6, 6)),
        ((5, 5, 9, 9), (0, 0, 4, 4)),
        ((0, 0, 4, 4), (10, 1, 14, 3)),
        ((0, 0, 4, 4), (1, 10, 3, 14)),
        ((5, 0, 9, 4), (0, 0, 4, 4)),
        ((0, 5, 4, 9), (0, 0, 4, 4)),
        ((0, 0, 4, 4), (10, 10, 14, 14)),
        ((0, 0, 4, 4), (4, 0, 8, 4)),
        ((0, 0, 4, 4), (0, 0, 4, 4)),
    ],
    hints=[
        "Try two boxes side by side, two above each other, and two that are "
        "apart in both directions. Look at `width` and `height`.",
        "What does a negative width mean? And what is the product of two "
        "negative numbers?",
        "Cut `width` and `height` off at 0, each for itself, before you "
        "multiply.",
    ],
    text="""
        For boxes apart, the "width" of the overlap is negative: minus the
        gap. Side by side, the height is still positive, so the product is
        negative. But for boxes apart in *both* directions, on a diagonal,
        both are negative, and their product is *positive*. Boxes 0 and 3
        have gaps of 7 and 8 pixels: an "overlap" of 56 in a "union" of
        $64+64-56=72$, and a ratio of 0.78. Boxes 1 and 2 are the other
        diagonal, with the same numbers. (Gaps of 9 would make a ratio above
        1.)

        So her tests could not find it: she had tested boxes that overlap,
        and boxes apart in one direction. The third kind was missing. (It
        was the third puzzle at the start of the chapter.)

        The repair must cut off *each* side at 0. Cutting off the product,
        or the result, comes too late.
        """,
    after=(
        "Overlaps, like all sizes, end at 0. Test with boxes that are apart."
    ),
)
def repaired_iou(a, b):
    """Return the intersection over union of two boxes (x0, y0, x1, y1)."""
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    overlap = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return overlap / (area_a + area_b - overlap)


@repaired_iou.starts_with(
    "Two boxes apart in both directions have a negative width *and* a "
    "negative height of overlap. Their product is positive."
)
def _hers(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    overlap = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return overlap / (area_a + area_b - overlap)


def _iou_of(a, b, mend):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    overlap = mend(width, height)
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return overlap / (area_a + area_b - overlap)


repaired_iou.wrong(
    "You cut off the product. With two negative sides it is positive, and "
    "stays wrong. Cut off each side.",
    lambda a, b: _iou_of(a, b, lambda w, h: max(w * h, 0)),
)

repaired_iou.wrong(
    "You cut off the result. With two negative sides it is positive, and "
    "stays wrong. Cut off each side.",
    lambda a, b: max(_hers(a, b), 0),
)

repaired_iou.wrong(
    "A negative width is no overlap, not one of the same size.",
    lambda a, b: _iou_of(a, b, lambda w, h: abs(w) * abs(h)),
)

repaired_iou.wrong(
    "You cut off the width only. Boxes above each other have a negative "
    "height.",
    lambda a, b: _iou_of(a, b, lambda w, h: max(w, 0) * h),
)

repaired_iou.wrong(
    "You cut off the height only. Boxes side by side have a negative width.",
    lambda a, b: _iou_of(a, b, lambda w, h: w * max(h, 0)),
)

repaired_iou.wrong(
    "You cut off only where both sides are negative. Boxes apart in one "
    "direction share nothing either.",
    lambda a, b: _iou_of(a, b, lambda w, h: 0 if w < 0 and h < 0 else w * h),
)

repaired_iou.wrong(
    "Boxes apart have the intersection 0, not a negative one.",
    lambda a, b: _iou_of(a, b, lambda w, h: w * h if w > 0 and h > 0 else -1),
)

repaired_iou.wrong(
    "You look for a gap on one side only. `a` may also lie to the right of `b` "
    "or below it: cut off each side instead.",
    lambda a, b: 0.0 if a[2] < b[0] or a[3] < b[1] else _hers(a, b),
)
