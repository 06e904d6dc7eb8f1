"""Exercises of chapter 11a, Learning without labels."""

import tracemalloc

import numpy as np

from dlscratch.exercises import Exercise, exercise
from dlscratch.exercises._kit import Misfit

_rng = np.random.default_rng(111)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


def log_sum_exp(joint):
    """Add exponentials over the last axis, as in the chapter."""
    top = joint.max(axis=-1, keepdims=True)
    total = np.exp(joint - top).sum(axis=-1, keepdims=True)
    return (top + np.log(total))[..., 0]


# ------------------------------------------------------------------------ 11a.1


@exercise(
    "11a.1",
    "Two kinds of centre",
    cases=[
        (np.array([[1.0, 0.0], [2.0, 10.0], [9.0, 1.0]]),),
        (_random(1, 3),),
        (_random(7, 4),),
        (np.array([[3], [1], [4], [1], [40]]),),
    ],
    any_container=True,
    hints=[
        "Both sums fall apart into one sum for each column. So it is enough to "
        "solve it for one column of numbers.",
        "The slope of the sum of squares is twice the sum of the differences. "
        "Where is it 0? The slope of an absolute value is 1 or -1.",
        "The second sum's slope counts: points on the left minus points on the "
        "right. It is 0 where as many lie on one side as on the other.",
    ],
    text=r"""
        Each column can be treated alone. For squares, the slope
        $2\sum_n(c-x_n)$ is 0 at the mean. For absolute values, the slope is
        the number of points on the left minus the number on the right: it
        changes its sign at the middle one, the median. A point far away pulls
        the mean with it, but counts for the median like any other.
        """,
)
def two_centres(x):
    """Return the best centre for squares, and that for absolute values."""
    return x.mean(axis=0), np.median(x, axis=0)


two_centres.wrong(
    "The two are exchanged. The point far away pulls at which of them?",
    lambda x: two_centres(x)[::-1],
)

two_centres.wrong(
    "The mean minimises the squares alone. For absolute values count the "
    "points on either side.",
    lambda x: (x.mean(axis=0), x.mean(axis=0)),
)

two_centres.wrong(
    "The centre halfway between the outermost points makes the largest "
    "difference small, not the sum.",
    lambda x: (x.mean(axis=0), (x.min(axis=0) + x.max(axis=0)) / 2),
)

two_centres.wrong(
    "The middle row is not the middle number: each column must be sorted "
    "first.",
    lambda x: (x.mean(axis=0), x[len(x) // 2]),
)

# ------------------------------------------------------------------------ 11a.2

a_good_start = Exercise(
    "11a.2",
    "A good start",
    (145 / 146 + 113 / 114) / 2,
    rtol=0.0,
    atol=6e-5,
    name="your probability",
    hints=[
        "The first centre is each of the four with probability 1/4. For each "
        "of them, what is the probability that the second comes from the other "
        "group?",
        "If the first is 1, the four squared distances are 0, 1, 64 and 81. "
        "The second is drawn in proportion to them.",
        "So it is 145/146 if the first is 1, and 113/114 if it is 2. The other "
        "two are the same from the other side.",
    ],
    text=r"""
        From 1 the squared distances are 0, 1, 64, 81, so the other group is
        hit with probability $145/146$; from 2 they are 1, 0, 49, 64, which
        gives $113/114$. 10 and 9 are mirror images. The mean is
        $\frac12\bigl(\frac{145}{146}+\frac{113}{114}\bigr)\approx0.9922$. Two
        different points at random hit both groups only with probability
        $2/3$.
        """,
    code="p = (145 / 146 + 113 / 114) / 2",
)

a_good_start.wrong(
    "This is for two different points, drawn with equal probability: the "
    "second must be drawn by squared distance.",
    2 / 3,
)

a_good_start.wrong(
    "This is drawn by distance. The distances must be squared.",
    (17 / 18 + 15 / 16) / 2,
)

a_good_start.wrong(
    "This is for a first centre at 1 or 10. It may as well be 2 or 9.",
    145 / 146,
)

a_good_start.wrong(
    "This is for a first centre at 2 or 9. It may as well be 1 or 10.",
    113 / 114,
)

a_good_start.wrong(
    "This is the probability that both are from the same group.",
    1 - (145 / 146 + 113 / 114) / 2,
)

# ------------------------------------------------------------------------ 11a.3


def _small_and_never_below_zero(all_distances):
    """Return a sentence if something is negative, or if memory is wasted."""
    rng = np.random.default_rng(3)
    x = 100 * rng.standard_normal((300, 40))
    if (all_distances(x, x) < 0).any():
        return (
            "Some distances of points to themselves came out below 0, by "
            "rounding. A root of that is `nan`: let no number be below 0."
        )
    x, centres = rng.standard_normal((1000, 80)), rng.standard_normal((50, 80))
    running = tracemalloc.is_tracing()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    all_distances(x, centres)
    most = tracemalloc.get_traced_memory()[1] - before
    if not running:
        tracemalloc.stop()
    if most > 10e6:
        return (
            "The numbers are right. But with 1,000 points, 50 centres and 80 "
            f"columns it needed {most / 1e6:.0f} MB at a time: somewhere "
            "stands an array of N k D numbers."
        )
    return None


@exercise(
    "11a.3",
    "All distances by one product",
    cases=[
        (np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]])),
        (_random(5, 3), _random(4, 3)),
        (_random(2, 1), _random(6, 1)),
        (_random(3, 7) + 20, _random(2, 7)),
    ],
    verify=_small_and_never_below_zero,
    without=("loops",),
    hints=[
        "Multiply out the square of the length of x - c. Which three terms "
        "does it have?",
        "The squares of the lengths of the points are a column (N, 1), those "
        "of the centres a row (k,). The products of all pairs are one matrix "
        "product.",
        "`(x**2).sum(axis=1)[:, None] - 2 * x @ centres.T + "
        "(centres**2).sum(axis=1)`; then take care of numbers below 0.",
    ],
    text=r"""
        $\lVert x-c\rVert^2=\lVert x\rVert^2-2x\cdot c+\lVert c\rVert^2$, and
        all products $x\cdot c$ together are one matrix product, which is what
        processors do best. The price is precision: large numbers are
        subtracted, and a distance of 0 may come out as $-10^{-11}$. Cut it
        off at 0. (Far from the origin, take off the mean first.)
        """,
)
def all_distances(x, centres):
    """Return the squared distance of each point to each centre, (N, k)."""
    lengths = (x**2).sum(axis=1)[:, None]  # (N, 1)
    d = lengths - 2 * x @ centres.T + (centres**2).sum(axis=1)  # (N, k)
    return np.maximum(d, 0.0)


all_distances.wrong(
    "A square has twice the product in its middle: the factor 2 is missing.",
    all_distances.spoilt("- 2 * x", "- x"),
)

all_distances.wrong(
    "The centres' own squares are missing.",
    all_distances.spoilt(" + (centres**2).sum(axis=1)", ""),
)

all_distances.wrong(
    "These are the distances. The squared ones are wanted, without a root.",
    lambda x, centres: np.sqrt(all_distances(x, centres)),
)

all_distances.wrong(
    "The centres' squares are subtracted. The last term of the square is "
    "added.",
    all_distances.spoilt(" + (centres", " - (centres"),
)

# ------------------------------------------------------------------------ 11a.4


@exercise(
    "11a.4",
    "One point at a time",
    cases=[
        (np.array([[1], [2], [9], [10]]), np.array([[1], [2]])),
        (np.array([[4.0], [6.0], [5.0]]), np.array([[0.0], [8.0], [50.0]])),
        (_random(20, 2), _random(3, 2)),
        (_random(15, 3), _random(4, 3)),
    ],
    hints=[
        "Go through the points in a loop. For each: which centre is nearest "
        "now?",
        "A mean of n points is known. One more comes. How far does the mean "
        "move, and in which direction?",
        "By (x - mean) divided by n + 1, where n + 1 counts the new point as "
        "well. Keep one count for each centre, and begin with 0.",
    ],
    text=r"""
        With the $n$-th point of a centre, its mean becomes
        $c+\frac1n(x-c)$: a step of gradient descent on $\frac12\lVert
        x-c\rVert^2$ with the rate $1/n$. Each point is looked at once and
        then forgotten, so this also works for streams without an end.
        But early points were given away by bad centres, and
        nobody corrects that. Whole numbers must become floats first: an array
        of integers would cut the means off.
        """,
)
def one_by_one(x, centres):
    """Return the centres (k, D) after all points have come."""
    centres = centres.astype(float)  # a copy
    counts = np.zeros(len(centres))
    for point in x:
        j = ((centres - point) ** 2).sum(axis=1).argmin()
        counts[j] += 1
        centres[j] += (point - centres[j]) / counts[j]
    return centres


one_by_one.wrong(
    "The place where a centre started counts like a point here. The first "
    "point must move it all the way.",
    one_by_one.spoilt("np.zeros", "np.ones"),
)

one_by_one.wrong(
    "Of two centres that are equally near, the first gets the point.",
    one_by_one.spoilt(
        "((centres - point) ** 2).sum(axis=1).argmin()",
        "len(centres) - 1 - "
        "((centres - point) ** 2).sum(axis=1)[::-1].argmin()",
    ),
)

one_by_one.wrong(
    "All centres share one count. Each needs its own.",
    one_by_one.spoilt("counts[j] += 1", "counts += 1"),
)

one_by_one.wrong(
    "Integers cannot hold a mean: the decimals were cut off.",
    one_by_one.spoilt(
        "astype(float)",
        "copy()",
        "+= (point - centres[j]) / counts[j]",
        "= centres[j] + (point - centres[j]) / counts[j]",
    ),
)


@one_by_one.wrong(
    "The points were given away by the first centres, all at once. But a "
    "centre has moved when the next point comes."
)
def _(x, centres):
    labels = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    centres = centres.astype(float)
    for j in set(labels.tolist()):
        centres[j] = x[labels == j].mean(axis=0)
    return centres


one_by_one.wrong(
    "The centre jumps to each new point. It must move by a share of 1/n.",
    one_by_one.spoilt(" / counts[j]", ""),
)

# ------------------------------------------------------------------------ 11a.5


@exercise(
    "11a.5",
    "Is one more component worth it?",
    cases=[
        (-120.0, 50, 2, 1, "full"),
        (-3000.0, 1437, 64, 10, "full"),
        (250.5, 300, 5, 4, "diagonal"),
        (-10.0, 20, 3, 2, "spherical"),
        (-77.0, 90, 1, 7, "diagonal"),
    ],
    hints=[
        "Count first: how many numbers are in the k means? How many in one "
        "covariance, if it is symmetric?",
        "A symmetric matrix is known by its diagonal and what lies on one side "
        "of it: D (D + 1) / 2 numbers. And the k weights sum to 1.",
        "k - 1 weights, k D means, and k times D (D + 1) / 2, D or 1 numbers "
        "of covariance.",
    ],
    text=r"""
        The last weight follows from the others: $k-1$. The means have $kD$
        numbers. A covariance has $D(D+1)/2$ (symmetric), $D$ (diagonal) or 1
        (spherical). For 64 pixels and $k=10$ that is 21,449 numbers with full
        matrices: more than the 1,437 digits can determine. BIC
        is one honest way to choose $k$ without any label; the likelihood of
        data kept back is another.
        """,
    trial="""
        assert round(bic(0.0, 1437, 64, 10, "full") / np.log(1437)) == 21_449
        """,
)
def bic(log_likelihood, N, D, k, covariance):
    """Return the criterion: the smaller, the better."""
    one = {"full": D * (D + 1) / 2, "diagonal": D, "spherical": 1}[covariance]
    numbers = k - 1 + k * D + k * one
    return -2 * log_likelihood + numbers * np.log(N)


bic.wrong(
    "The weights sum to 1: one of them follows from the others.",
    bic.spoilt("k - 1 +", "k +"),
)

bic.wrong(
    "A covariance matrix is symmetric: what is above the diagonal is no new "
    "number.",
    bic.spoilt("D * (D + 1) / 2", "D * D"),
)

bic.wrong(
    "A spherical component has one variance for all columns together, not one "
    "for each.",
    bic.spoilt('"spherical": 1', '"spherical": D'),
)

bic.wrong(
    "The sign: a large likelihood must make it small.",
    bic.spoilt("-2 *", "2 *"),
)

bic.wrong(
    "This is the other criterion, with 2 for each number (AIC). Here it is the "
    "logarithm of N.",
    bic.spoilt("np.log(N)", "2"),
)

bic.wrong(
    "All components share one covariance here. Each has its own.",
    bic.spoilt("k * one", "one"),
)

# ------------------------------------------------------------------------ 11a.6

_NEVER = -np.inf


@exercise(
    "11a.6",
    "Weights of nothing",
    cases=[
        (np.array([[-1.0, -2.0]]), np.array([0.25, 0.75])),
        (_random(4, 3), np.array([0.2, 0.5, 0.3])),
        (_random(3, 5), np.array([0.0, 0.6, 0.0, 0.4, 0.0])),
        (_random(2, 1), np.array([1.0])),
    ],
    overflow=[
        (np.array([[-9e4, -9e4 - 1], [-3.0, -8e4]]), np.array([0.5, 0.5])),
        (np.array([[2000.0, 1999.0]]), np.array([0.1, 0.9])),
        (np.array([[5000.0, -3.0, -4.0]]), np.array([0.0, 0.5, 0.5])),
        (np.array([[_NEVER, -2.0], [_NEVER, _NEVER]]), np.array([0.5, 0.5])),
        (np.array([[1.0, _NEVER], [0.0, -1.0]]), np.array([0.0, 1.0])),
    ],
    hints=[
        "Which components can be left out, from the beginning?",
        "Take the largest number of each row out of the sum. Which number is "
        "that, if the component with the largest density has weight 0?",
        "A row whose numbers are all minus infinity has no largest number to "
        "take out: take 0 out. Its sum is 0, and the logarithm of 0 must be "
        "looked at apart.",
    ],
    text=r"""
        Components of weight 0 add nothing: leave them out before looking for
        the largest number, which would otherwise be theirs, and push all
        others below what `exp` can hold. In a row of $-\infty$ alone,
        $-\infty-(-\infty)$ would be nan: take out 0 there. Its sum is 0 and
        its logarithm $-\infty$, which is right, so NumPy needs no warning.
        """,
)
def log_mixture(log_p, weights):
    """Return the logarithm of the weighted sum of exp(log_p), (N,)."""
    some = weights > 0
    joint = log_p[:, some] + np.log(weights[some])
    top = joint.max(axis=1)  # (N,)
    top = np.where(top == -np.inf, 0.0, top)
    total = np.exp(joint - top[:, None]).sum(axis=1)
    with np.errstate(divide="ignore"):  # log 0 is right here
        return top + np.log(total)


log_mixture.wrong(
    "`exp` gives 0 for all that is below -745, and overflows above 709. Take "
    "the largest number out first.",
    lambda log_p, weights: np.log(np.exp(log_p) @ weights),
)

log_mixture.wrong(
    "The largest number is that of a component with weight 0. What is left of "
    "the others is too small for `exp`.",
    log_mixture.spoilt(
        "joint.max(axis=1)",
        "log_p.max(axis=1)",
    ),
)

log_mixture.wrong(
    "Minus infinity minus minus infinity is `nan`: look at rows where nothing "
    "is possible.",
    log_mixture.spoilt("np.where(top == -np.inf, 0.0, top)", "top"),
)

log_mixture.wrong(
    "The largest number was taken out, and never put back.",
    log_mixture.spoilt("return top + np", "return np"),
)

log_mixture.wrong(
    "The weights are missing.",
    log_mixture.spoilt(" + np.log(weights[some])", ""),
)

# ------------------------------------------------------------------------ 11a.7


def _run_coins(coin_step, heads, throws, weights, p):
    new = coin_step(heads, throws, weights, p)
    new = list(new) if np.ndim(new) == 2 else new
    if not isinstance(new, tuple | list) or len(new) != 2:
        raise Misfit("expected two things, the new weights and the new p")
    return {"weights": new[0], "p": new[1]}


@exercise(
    "11a.7",
    "Coins instead of bells",
    use=_run_coins,
    cases=[
        (
            np.array([5, 9, 8, 4, 7]),
            10,
            np.array([0.5, 0.5]),
            np.array([0.6, 0.5]),
        ),
        (
            np.array([0, 1, 3, 2, 3, 0, 1]),
            3,
            np.array([0.5, 0.2, 0.3]),
            np.array([0.1, 0.5, 0.8]),
        ),
        (np.array([1, 0, 1]), 1, np.array([0.7, 0.3]), np.array([0.9, 0.4])),
        (np.array([2, 6]), 8, np.array([1.0]), np.array([0.3])),
    ],
    overflow=[
        (
            np.array([2000, 2600, 1400]),
            4000,
            np.array([0.4, 0.6]),
            np.array([0.5, 0.6]),
        ),
    ],
    hints=[
        "The E step first: how probable is it that coin j shows just these "
        "heads and tails? Heads and tails together, and the coin's weight.",
        "The logarithm is log weight + heads log p + tails log(1 - p), of "
        "shape (N, k). The responsibilities are its softmax, row by row.",
        "The M step counts with shares: of all throws that coin j is "
        "responsible for, which share were heads?",
    ],
    text=r"""
        The number of orders in which the heads can come is the same for all
        coins, so it drops out of the responsibilities:
        $r_{nj}\propto\pi_j\,p_j^{h_n}(1-p_j)^{m-h_n}$. Then
        $\pi_j=\frac1N\sum_nr_{nj}$ and
        $p_j=\sum_nr_{nj}h_n\big/\bigl(m\sum_nr_{nj}\bigr)$: heads divided by
        throws, both weighted. Nothing in EM needs a bell. The products of
        thousands of probabilities do need logarithms.
        """,
    trial="""
        heads, model = np.array([5, 9, 8, 4, 7]), ([0.5, 0.5], [0.6, 0.5])
        for _ in range(10):
            model = coin_step(heads, 10, *map(np.array, model))
        print("weights", model[0].round(2), "heads", model[1].round(2))
        assert np.allclose(model[1], [0.79, 0.51], atol=0.02)
        """,
)
def coin_step(heads, throws, weights, p):
    """Return weights and p, both (k,), after one step of EM."""
    h = heads[:, None]  # (N, 1)
    joint = np.log(weights) + h * np.log(p) + (throws - h) * np.log(1 - p)
    r = np.exp(joint - log_sum_exp(joint)[:, None])  # (N, k)
    n = r.sum(axis=0)
    return n / len(heads), heads @ r / (throws * n)


coin_step.wrong(
    "The tails tell as much as the heads: a coin must explain both.",
    coin_step.spoilt(" + (throws - h) * np.log(1 - p)", ""),
)

coin_step.wrong(
    "The weights belong to the responsibilities: a rare coin is less probable.",
    coin_step.spoilt("np.log(weights) + ", ""),
)

coin_step.wrong(
    "Heads of a coin are divided by the throws that this coin is responsible "
    "for, not by all throws.",
    coin_step.spoilt("(throws * n)", "(throws * len(heads))"),
)

coin_step.wrong(
    "Each row was given to its most probable coin alone, as k-means would.",
    coin_step.spoilt(
        "np.exp(joint - log_sum_exp(joint)[:, None])",
        "np.eye(len(p))[joint.argmax(axis=1)]",
    ),
)

coin_step.wrong(
    "With many throws all products are smaller than floating-point numbers can "
    "be. Use logarithms to the end.",
    coin_step.spoilt(
        "np.exp(joint - log_sum_exp(joint)[:, None])",
        "np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True)",
    ),
)

# ------------------------------------------------------------------------ 11a.8

_TALL = _random(30, 5) * [9, 1, 4, 2, 0.3] + [50, 0, 20, 0, 7]
_WIDE = _random(4, 9) * np.arange(1, 10)
_FLAT = np.column_stack([_random(12, 2) + np.array([100, 0]), np.full(12, 3.0)])


@exercise(
    "11a.8",
    "How many directions?",
    cases=[
        (_TALL, 0.5),
        (_TALL, 0.9),
        (_TALL, 0.99),
        (_TALL, 0.995),
        (_TALL, 0.9995),
        (_WIDE, 0.6),
        (_WIDE, 0.95),
        (_FLAT, 0.999),
        (_random(8, 1), 0.3),
    ],
    rtol=1e-9,
    hints=[
        "How much each direction explains stands in the singular values of the "
        "centred points. As they are, or squared?",
        "`np.cumsum` of the squares, divided by their sum, is what 1, 2, 3, … "
        "directions explain together.",
        "`(explained < share).sum()` directions are too few. How many are "
        "enough?",
    ],
    text=r"""
        The variance along direction $i$ is $s_i^2/N$, with $s_i$ the singular
        values of the *centred* points. Their running sum, divided by the
        whole, is what the first directions explain. All those whose running
        sum is below the share are needed, and one more.
        """,
    trial="""
        digits = datasets.load_digits().x_train
        print(how_many(digits, 0.9), "directions of 64 explain 90 %")
        assert how_many(digits, 0.9) == 21
        """,
)
def how_many(x, share):
    """Return the smallest number of directions that explain the share."""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    explained = np.cumsum(s**2) / np.sum(s**2)
    return int((explained < share).sum()) + 1


how_many.wrong(
    "Singular values are spreads, not variances: square them.",
    how_many.spoilt("s**2", "s"),
)

how_many.wrong(
    "The mean was not taken off. Then the first direction explains where the "
    "cloud is, and nearly everything.",
    how_many.spoilt("x - x.mean(axis=0)", "x"),
)

how_many.wrong(
    "These are the variances of the columns. Directions may lie askew to them: "
    "find the principal ones.",
    how_many.spoilt(
        "np.linalg.svd(x - x.mean(axis=0), compute_uv=False)",
        "np.sort(x.std(axis=0))[::-1]",
    ),
)

how_many.wrong(
    "One too few: these do not reach the share yet.",
    how_many.spoilt(".sum()) + 1", ".sum())"),
)

how_many.wrong(
    "This counts directions that explain much each, not what all of them "
    "explain together.",
    how_many.spoilt("np.cumsum(s**2)", "s**2"),
)

how_many.wrong(
    "This takes off the mean of each row. The mean of each column is wanted.",
    how_many.spoilt("x.mean(axis=0)", "x.mean(axis=1, keepdims=True)"),
)

# ------------------------------------------------------------------------ 11a.9


def _run_directions(directions, x, n):
    W = np.asarray(directions(x, n), dtype=float)
    if W.shape != (x.shape[1], n):
        raise Misfit(f"expected directions of shape {(x.shape[1], n)}")
    largest = W[np.abs(W).argmax(axis=0), np.arange(n)]
    return {
        "the table of the columns' products": W.T @ W,
        "one column's direction": W * np.where(largest < 0, -1, 1),
    }


def _stretched(N, D, sizes, mean, seed):
    rng = np.random.default_rng(seed)
    scores = np.linalg.qr(rng.standard_normal((N, D + 1)))[0]
    scores = np.linalg.qr(scores - scores.mean(axis=0))[0][:, :D]
    turn = np.linalg.qr(rng.standard_normal((D, D)))[0]
    return (scores * sizes) @ turn.T + mean


@exercise(
    "11a.9",
    "Directions by multiplying",
    use=_run_directions,
    cases=[
        (np.array([[0.0, 5], [3, 6], [6, 7], [9, 8]]), 1),
        (_stretched(20, 3, [9, 4, 1], 5, 1), 2),
        (_stretched(12, 5, [20, 12, 6, 3, 1], [30, 0, 0, -9, 2], 2), 3),
        (_stretched(9, 4, [8, 4, 2, 1], 0, 3), 4),
    ],
    rtol=1e-3,
    atol=1e-4,
    without=("svd", "eigh", "eig", "pca"),
    hints=[
        "Multiply any vector with the covariance matrix again and again, and "
        "bring it back to length 1 each time. Where does it turn?",
        "Before you look for the next direction, take out of all centred "
        "points what they have along the one just found.",
        "`x = x - np.outer(x @ u, u)`. What is left has no variance along u, "
        "so the same loop now finds the second direction.",
    ],
    text=r"""
        In the directions $u_i$ the covariance matrix multiplies by the
        variances $\lambda_i$. After $t$ rounds the share of $u_2$ has shrunk
        by $(\lambda_2/\lambda_1)^t$ relative to that of $u_1$: here 200
        rounds are plenty (with nearly equal variances they would not be).
        Then take that direction out of the points ("deflation"), and start
        again. No matrix of $D\times D$ numbers is needed.
        """,
)
def directions(x, n):
    """Return the first n principal directions as columns, (D, n)."""
    x = x - x.mean(axis=0)
    found = []
    for i in range(n):
        u = np.random.default_rng(i).standard_normal(x.shape[1])
        for _ in range(200):
            u = x.T @ (x @ u)
            u /= np.linalg.norm(u)
        found.append(u)
        x = x - np.outer(x @ u, u)  # nothing is left along u
    return np.stack(found, axis=1)


directions.wrong(
    "The mean was not taken off. The first direction then leads from the "
    "origin to the cloud.",
    directions.spoilt("x - x.mean(axis=0)", "x"),
)

directions.wrong(
    "All columns are the same direction. Take out of the points what is "
    "already found.",
    directions.spoilt("x - np.outer(x @ u, u)", "x"),
)

directions.wrong(
    "One or two rounds are too few: the vector is still turning.",
    directions.spoilt("range(200)", "range(2)"),
)

directions.wrong(
    "The directions must have length 1. These have the spread of the points.",
    directions.spoilt("found.append(u)", "found.append(u * np.std(x @ u))"),
)

# ----------------------------------------------------------------------- 11a.10


def _run_whiten(whiten, x_train, x):
    z, new = (np.asarray(whiten(x_train, y), float) for y in (x_train, x))
    for y, made in ((x_train, z), (x, new)):
        if made.shape != y.shape:
            raise Misfit(f"expected whitened points of shape {y.shape}")
    return {
        "the mean of the whitened training points": z.mean(axis=0),
        "the covariance of the whitened training points": np.cov(
            z.T, bias=True
        ),
        "the table of products of the other points": new @ new.T,
    }


_CORRELATED = _random(40, 3) @ [[3, 1, 0], [0, 1, 2], [0, 0, 0.5]] + [9, -2, 0]


@exercise(
    "11a.10",
    "A round cloud",
    use=_run_whiten,
    cases=[
        (_random(30, 2) * [5, 1], _random(3, 2)),
        (_CORRELATED, _random(4, 3)),
        (_random(25, 4) @ _random(4, 4), _random(2, 4)),
        (_CORRELATED, np.array([[9.0, -2, 0]])),
    ],
    rtol=1e-5,
    atol=1e-6,
    hints=[
        "PCA turns the cloud so that its columns have no correlation any more. "
        "What is still missing to a covariance of 1 on the diagonal?",
        "Each coordinate must be divided by the root of its variance, not by "
        "the variance.",
        "Mean, directions and variances all come from the training points. For "
        "the other points use the same numbers.",
    ],
    text=r"""
        With the directions $U$ and variances $\lambda_i$ of the training
        points, $z=(x-\bar x)\,U\Lambda^{-1/2}$ has the covariance
        $\Lambda^{-1/2}U^\top\Sigma U\Lambda^{-1/2}=I$. Any turn of it is white
        as well, so the answer is not unique, but all have the same lengths
        and angles. The length of $z$ says how unusual a point is, in standard
        deviations: the Mahalanobis distance, which stands in the exponent of
        a Gaussian. Directions with a variance near 0 are blown up, so
        in practice they are left out, or a little is added to $\lambda_i$.
        """,
)
def whiten(x_train, x):
    """Return x (N, D), turned and scaled as makes the training points white."""
    mean = x_train.mean(axis=0)
    s, Vt = np.linalg.svd(x_train - mean, full_matrices=False)[1:]
    deviations = s / np.sqrt(len(x_train))  # (D,)
    return (x - mean) @ Vt.T / deviations


whiten.wrong(
    "Mean and directions come from the points to be whitened. They must come "
    "from the training points.",
    lambda x_train, x: (
        whiten(x, x) if len(x) > 2 * x.shape[1] else 0 * x  # too few for that
    ),
)

whiten.wrong(
    "Each coordinate was divided by its variance. Its root is wanted.",
    whiten.spoilt("/ deviations", "/ deviations**2"),
)

whiten.wrong(
    "All is a little too small: the sums of squares were divided by N - 1, as "
    "`np.cov` does, not by N.",
    whiten.spoilt("len(x_train))  #", "(len(x_train) - 1))  #"),
)

whiten.wrong(
    "The columns have a variance of 1 each, but they are still correlated: "
    "turn the cloud first.",
    lambda x_train, x: (x - x_train.mean(axis=0)) / x_train.std(axis=0),
)

whiten.wrong(
    "The cloud was turned, but its variances are not 1.",
    whiten.spoilt(" / deviations", ""),
)

whiten.wrong(
    "The mean of the training points must be taken off.",
    whiten.spoilt("(x - mean)", "x"),
)

# ----------------------------------------------------------------------- 11a.11


def _plane(D, n, seed):
    rng = np.random.default_rng(seed)
    return np.linalg.qr(rng.standard_normal((D, n)))[0].round(12)


def _holes(x, *places):
    x = np.array(x, dtype=float)
    for place in places:
        x[place] = np.nan
    return x


@exercise(
    "11a.11",
    "Fill the gaps",
    cases=[
        (
            _holes([[2, 0]], (0, 1)),
            np.array([1.0, 1.0]),
            np.array([[0.6], [0.8]]),
        ),
        (
            _holes(_random(3, 5), (0, 1), (0, 4), (2, 0)),
            _random(5),
            _plane(5, 2, 1),
        ),
        (
            _holes(_random(4, 6), (0, [0, 1, 2]), (1, 5), (3, [2, 4, 5])),
            _random(6),
            _plane(6, 3, 2),
        ),
        (_holes(_random(2, 4), (0, [0, 3])), np.zeros(4), _plane(4, 1, 3)),
    ],
    hints=[
        "The known numbers of a row are nearly mean + axes times code. In this "
        "equation only the code is unknown.",
        "Use the rows of `mean` and `axes` that belong to known numbers. With "
        "gaps their columns are no longer at right angles, so a product with "
        "the axes is not the code.",
        "`np.linalg.lstsq(axes[known], (row - mean)[known], rcond=None)[0]` is "
        "the best code. With it, compute the unknown numbers.",
    ],
    text=r"""
        Which code explains the known numbers best? Least squares over the
        known entries: minimise
        $\sum_{\text{known }d}(x_d-\bar x_d-\sum_iU_{di}z_i)^2$. Then the
        unknown ones are $\bar x_d+\sum_iU_{di}z_i$. Without gaps the columns
        of $U$ are at right angles, and least squares is the product
        $U^\top(x-\bar x)$; with gaps they are not. Filling a gap with the
        mean first and then encoding pulls every code towards 0. (More
        directions are not always better here: try 20 of them, and two rows of
        pixels lost. Then even the mean image is nearer.)
        """,
    trial="""
        digits = datasets.load_digits()
        parts = library.pca(digits.x_train, 10)
        torn = digits.x_test.copy()
        torn[:, 32:40] = np.nan  # one of the eight rows of pixels
        whole = complete(torn, parts.mean, parts.axes)
        error = np.mean((whole - digits.x_test)[:, 32:40] ** 2)
        plain = np.mean((parts.mean - digits.x_test)[:, 32:40] ** 2)
        print(f"error {error:.3f}, with the mean image {plain:.3f}")
        assert error < 0.6 * plain
        """,
)
def complete(x, mean, axes):
    """Return x (N, D) with each nan replaced by what the plane says."""
    filled = x.copy()
    for row in filled:
        known = ~np.isnan(row)  # (D,)
        rest = (row - mean)[known]
        code = np.linalg.lstsq(axes[known], rest, rcond=None)[0]  # (n,)
        row[~known] = mean[~known] + axes[~known] @ code
    return filled


complete.wrong(
    "This is the mean. The known numbers of the row say more: they tell its "
    "code.",
    lambda x, mean, axes: np.where(np.isnan(x), mean, x),
)

complete.wrong(
    "With gaps, the columns of `axes` are no longer at right angles: the code "
    "is not a product with them. Solve for it.",
    complete.spoilt(
        "np.linalg.lstsq(axes[known], rest, rcond=None)[0]",
        "rest @ axes[known]",
    ),
)

complete.wrong(
    "Known numbers must stay what they are. Replace only the gaps.",
    complete.spoilt(
        "row[~known] = mean[~known] + axes[~known] @ code",
        "row[:] = mean + axes @ code",
    ),
)

complete.wrong(
    "The mean was not added back.",
    complete.spoilt("mean[~known] + axes", "axes"),
)

complete.wrong(
    "The mean must be taken off before the code is computed.",
    complete.spoilt("(row - mean)[known]", "row[known]"),
)

# ----------------------------------------------------------------------- 11a.12


def _lengths(x, power=1.0):
    x = np.asarray(x, dtype=float).reshape(len(x), -1)
    return np.sqrt(((x[:, None] - x) ** 2).sum(axis=2)) ** power


_WORDS = ["mat", "rat", "rats", "hat", "stone", "store", "shore", "tone"]


def _letters(a, b):
    """Return how many letters must be changed, put in or taken out."""
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (c != d)),
            )
    return float(row[-1])


_BETWEEN_WORDS = np.array([[_letters(a, b) for b in _WORDS] for a in _WORDS])


@exercise(
    "11a.12",
    "Centres that are points",
    cases=[
        (_lengths([1, 2, 9, 10, 30]), [0, 1]),
        (_BETWEEN_WORDS, [0, 3]),
        (_lengths(_random(15, 2)), [4, 0, 9]),
        (_lengths(_random(12, 1), 0.5), [11, 3]),
        (_lengths([0, 1, 3, 7, 100]), [4]),
    ],
    any_container=True,
    hints=[
        "`distance[:, medoids]` is all that the first half-step needs: (N, k).",
        "In the second, look only at the members of one cluster: "
        "`distance[np.ix_(members, members)]`. Which row has the smallest sum?",
        "`members[...argmin()]` turns the row's number into a point's number. "
        "Stop when the medoids are the same as before.",
    ],
    text=r"""
        A mean needs coordinates. "The member with the smallest sum of
        distances to the others", the medoid, needs only a table of
        distances. So words can be clustered, or molecules, with any distance.
        Each half-step lowers the sum of distances, or leaves it, as in
        k-means. Distances are not squared, so a point far away pulls less.
        """,
    trial="""
        words = ["mat", "rat", "hat", "stone", "store", "shore"]
        distance = np.array(
            [[sum(map(str.__ne__, a, b)) for b in words] for a in words]
        ) + 9.0 * np.array([[len(a) != len(b) for b in words] for a in words])
        found = medoids(distance, [0, 1])
        print([words[i] for i in found])
        assert sorted(len(words[i]) for i in found) == [3, 5]
        """,
)
def medoids(distance, start):
    """Return the numbers of the k points that are centres in the end."""
    now = np.array(start)  # (k,)
    while True:
        labels = distance[:, now].argmin(axis=1)  # (N,)
        before, now = now, now.copy()
        for j in range(len(now)):
            members = np.flatnonzero(labels == j)
            sums = distance[np.ix_(members, members)].sum(axis=1)
            now[j] = members[sums.argmin()]
        if np.array_equal(now, before):
            return now


medoids.wrong(
    "One round was made. Go on until no medoid changes.",
    medoids.spoilt("if np.array_equal(now, before)", "if True"),
)

medoids.wrong(
    "The sums are over all points. A medoid is the middle of its own cluster.",
    medoids.spoilt(
        "distance[np.ix_(members, members)].sum(axis=1)",
        "distance[members].sum(axis=1)",
    ),
)


@medoids.wrong(
    "Among members with equal sums the one with the smallest number is taken, "
    "not the medoid of before."
)
def _(distance, start):
    now = np.array(start)
    while True:
        labels = distance[:, now].argmin(axis=1)
        before, now = now, now.copy()
        for j, old in enumerate(before):
            members = np.flatnonzero(labels == j)
            sums = distance[np.ix_(members, members)].sum(axis=1)
            if sums[members == old] > sums.min():
                now[j] = members[sums.argmin()]
        if np.array_equal(now, before):
            return now


medoids.wrong(
    "The number of a member inside its cluster is not the number of the point.",
    medoids.spoilt("members[sums.argmin()]", "sums.argmin()"),
)

medoids.wrong(
    "Here the distances are squared. Their plain sum counts.",
    medoids.spoilt("members)].sum", "members)].__pow__(2).sum"),
)

medoids.wrong(
    "This takes the member with the smallest largest distance. The sum counts.",
    medoids.spoilt("members)].sum", "members)].max"),
)

# ---------------------------------------------------------------------- 11a.lab


def _run_em(em, x, means, steps):
    result = em(x, means, steps)
    if not isinstance(result, tuple | list) or len(result) != 4:
        raise Misfit(
            "expected four things: weights, means, variances and the history"
        )
    weights, means, variances, history = result
    return {
        "the first log-likelihood": float(history[0]),
        "the history": np.asarray(history, dtype=float),
        "weights": weights,
        "means": means,
        "variances": variances,
    }


_CLOUDS = np.concatenate(
    [_random(30, 2) * [2, 0.5], _random(12, 2) * [0.3, 1] + [4, 1]]
)
_EQUAL = np.array([[0.0, 0], [1, 0], [2, 1], [0, 2], [7, 7], [7, 7], [7, 7]])
_ONE_COLOUR = np.column_stack([_random(9, 2), np.full(9, 0.5)])


@exercise(
    "11a.lab",
    "Find the bugs and repair them",
    use=_run_em,
    cases=[
        (_CLOUDS, np.array([[0.0, 0], [3, 1]]), 6),
        (_random(25, 3), _random(4, 3), 5),
        (_random(20, 1), np.array([[0.5]]), 2),
        (_EQUAL, np.array([[1.0, 1], [6, 6]]), 8),
        (_ONE_COLOUR, np.array([[0.0, 0, 0.5], [1, 1, 0.5]]), 3),
    ],
    hints=[
        "Begin with the density. What must it be multiplied with, so that all "
        "components together have the area 1? Compare with the chapter's "
        "E step.",
        "Then the M step. A component's variance is the mean square of its "
        "points: divided by how many?",
        "Then equal points: their variance is 0, and the next E step divides "
        "by it. `np.maximum(..., 1e-6)`.",
    ],
    text=r"""
        Three bugs. (1) The weights are computed, but $\log\pi_j$ is missing
        in the E step: the "density" has the area $k$, and a rare component
        counts as much as a frequent one. (2) The variances are divided by $N$
        and not by $n_j=\sum_nr_{nj}$: all come out too small, and the
        likelihood falls. (3) Nothing keeps a variance from 0: where a
        component has shrunk onto equal points, or a column is constant, the
        next step divides by 0.

        None stops the program, and the clusters look sensible. What finds
        the bugs are three facts that must hold whatever the data: a density
        has the area 1, EM never lowers the likelihood, and no number is nan.
        """,
)
def em(x, means, steps):
    """Return weights, means, variances, and all log-likelihoods."""
    k = len(means)
    weights, history = np.full(k, 1 / k), []
    variances = np.maximum(np.tile(x.var(axis=0), (k, 1)), 1e-6)  # (k, D)
    for _ in range(steps):
        squares = (x[:, None] - means) ** 2 / variances  # (N, k, D)
        joint = -0.5 * (squares + np.log(2 * np.pi * variances)).sum(axis=2)
        joint = joint + np.log(weights)  # (N, k)
        total = log_sum_exp(joint)
        history.append(total.sum())
        r = np.exp(joint - total[:, None])
        n = r.sum(axis=0)  # (k,)
        weights, means = n / len(x), r.T @ x / n[:, None]
        squares = (x[:, None] - means) ** 2
        variances = (r[:, :, None] * squares).sum(axis=0) / n[:, None]
        variances = np.maximum(variances, 1e-6)
    return weights, means, variances, history


@em.starts_with(
    "All three bugs are still there: the density has the wrong area, the "
    "likelihood falls, and equal points give nan."
)
def _hers(x, means, steps):
    k = len(means)
    weights, history = np.full(k, 1 / k), []
    variances = np.tile(x.var(axis=0), (k, 1))  # (k, D)
    for _ in range(steps):
        squares = (x[:, None] - means) ** 2 / variances  # (N, k, D)
        joint = -0.5 * (squares + np.log(2 * np.pi * variances)).sum(axis=2)
        total = log_sum_exp(joint)
        history.append(total.sum())
        r = np.exp(joint - total[:, None])
        n = r.sum(axis=0)  # (k,)
        weights, means = n / len(x), r.T @ x / n[:, None]
        squares = (x[:, None] - means) ** 2
        variances = (r[:, :, None] * squares).sum(axis=0) / len(x)
    return weights, means, variances, history


_NO_WEIGHTS = ("        joint = joint + np.log(weights)  # (N, k)\n", "")
_BY_ALL = (".sum(axis=0) / n[:, None]\n", ".sum(axis=0) / len(x)\n")
_NO_FLOOR = (
    "        variances = np.maximum(variances, 1e-6)\n",
    "",
    "np.maximum(np.tile(x.var(axis=0), (k, 1)), 1e-6)",
    "np.tile(x.var(axis=0), (k, 1))",
)

em.wrong(
    "One bug is left, in the E step: the density of all components together "
    "has the area k, not 1.",
    em.spoilt(*_NO_WEIGHTS),
)

em.wrong(
    "One bug is left, in the M step: the variances are too small, and the "
    "likelihood falls.",
    em.spoilt(*_BY_ALL),
)

em.wrong(
    "One bug is left: a component on equal points, or a constant column, has "
    "the variance 0, and the next step divides by it.",
    em.spoilt(*_NO_FLOOR),
)

em.wrong(
    "Two bugs are left: the density has the wrong area, and the likelihood "
    "falls.",
    em.spoilt(*_NO_WEIGHTS, *_BY_ALL),
)

em.wrong(
    "Two bugs are left: the density has the wrong area, and equal points give "
    "nan.",
    em.spoilt(*_NO_WEIGHTS, *_NO_FLOOR),
)

em.wrong(
    "Two bugs are left: the likelihood falls, and equal points give nan.",
    em.spoilt(*_BY_ALL, *_NO_FLOOR),
)

em.wrong(
    "The floor is in the M step only. The very first variances may be 0, too: "
    "look at a constant column.",
    em.spoilt(*_NO_FLOOR[2:]),
)

em.wrong(
    "The floor is under the first variances only. Each M step makes new ones.",
    em.spoilt(*_NO_FLOOR[:2]),
)

em.wrong(
    "This adds a little to all variances. Only those below the floor are to "
    "change, or the likelihood may fall.",
    em.spoilt(
        "variances = np.maximum(variances, 1e-6)",
        "variances = variances + 1e-6",
    ),
)

em.wrong(
    "The weights are in the likelihood, but not in the responsibilities.",
    em.spoilt(
        *_NO_WEIGHTS,
        "log_sum_exp(joint)",
        "log_sum_exp(joint + np.log(weights))",
        "r = np.exp(joint - total[:, None])",
        "r = np.exp(joint - log_sum_exp(joint)[:, None])",
    ),
)
