"""Exercises of chapter 8c, Beyond classification."""

import numpy as np

from dlscratch.exercises import exercise
from dlscratch.functions import softmax

# ------------------------------------------------------------------------ 8c.1


@exercise(
    "8c.1",
    "Four corrections",
    any_container=True,
    cases=[
        ((0, 0, 4, 4), (1, 2, 5, 6)),
        ((2, 1, 6, 3), (2, 1, 6, 3)),
        ((2, 1, 6, 3), (0, 0, 8, 3)),
        (np.array([1.0, 5, 3, 15]), np.array([2.0, 4, 7, 9])),
        (np.array([0.5, 0.5, 1.0, 2.5]), np.array([0.25, 1.0, 0.75, 1.5])),
    ],
    hints=[
        "First find centre and sides of both boxes. A centre is the mean of "
        "two corners, a side their difference.",
        "`(x0 + x1) / 2` and `x1 - x0`, and the same for y.",
        "The distance of the centres is counted in sides of the *proposed* "
        "box; of the sides take the logarithm of true / proposed.",
    ],
    text="""
        Both directions are treated alike, so arrays of two numbers, one for
        x and one for y, save half of the lines. Equal boxes need no
        correction: four zeros.
        """,
    trial="""
        found = corrections((0, 0, 4, 4), (1, 2, 5, 6))
        assert np.allclose(found, [0.25, 0.5, 0, 0])
        """,
)
def corrections(proposed, true):
    """Return what moves and scales one box (x0, y0, x1, y1) onto another."""
    p, g = np.asarray(proposed, float), np.asarray(true, float)
    p_side, g_side = p[2:] - p[:2], g[2:] - g[:2]  # (2,) each: x, y
    p_centre, g_centre = (p[:2] + p[2:]) / 2, (g[:2] + g[2:]) / 2
    move = (g_centre - p_centre) / p_side
    return np.concatenate([move, np.log(g_side / p_side)])


def _corrections(p, g, at=0.5, per=None, scale=np.log):
    p, g = np.asarray(p, float), np.asarray(g, float)
    p_side, g_side = p[2:] - p[:2], g[2:] - g[:2]
    move = g[:2] + at * g_side - p[:2] - at * p_side
    per = p_side if per is None else per(p_side, g_side)
    return np.concatenate([move / per, scale(g_side / p_side)])


corrections.wrong(
    "You compared the upper left corners. (8c.2) moves the centre.",
    lambda p, g: _corrections(p, g, at=0),
)

corrections.wrong(
    "You counted the distance in pixels. Divide it by the proposed box's side.",
    lambda p, g: _corrections(p, g, per=lambda u, v: 1),
)

corrections.wrong(
    "You divided by the true box's side. The network knows only the proposed "
    "box.",
    lambda p, g: _corrections(p, g, per=lambda u, v: v),
)

corrections.wrong(
    "You left out the logarithm of the sides' ratio.",
    lambda p, g: _corrections(p, g, scale=lambda ratio: ratio),
)

corrections.wrong(
    "Your logarithm has another base. `np.log` is the natural one.",
    lambda p, g: _corrections(p, g, scale=np.log2),
)

corrections.wrong(
    "The other way round: the corrections lead from the proposed box to the "
    "true one.",
    lambda p, g: corrections(g, p),
)


@corrections.wrong(
    "The last two numbers are a corner, not width and height. A side is the "
    "difference of two corners."
)
def _(p, g):
    p, g = np.asarray(p, float), np.asarray(g, float)
    return np.concatenate([(g[:2] - p[:2]) / p[2:], np.log(g[2:] / p[2:])])


corrections.wrong(
    "You mixed the order. First x, then y; first the moves, then the sides.",
    lambda p, g: corrections(p, g)[[0, 2, 1, 3]],
)


# ------------------------------------------------------------------------ 8c.2


_A = np.array([[0.0, 0, 4, 4], [1, 1, 5, 3], [6, 6, 9, 10]])

_HIGH = np.array([[2.0, 1, 5, 9], [0, 0, 3, 8]])

_WIDE = np.array([[0.0, 0, 8, 3], [1, 2, 9, 4], [2, 5, 10, 6]])

_B = np.array([[2.0, 2, 6, 6], [0, 0, 4, 4], [7, 1, 9, 3], [5, 0, 8, 4]])


@exercise(
    "8c.2",
    "All pairs of boxes",
    without=("loops",),
    cases=[
        (_A, _B),
        (_HIGH, _WIDE),
        (_B / 4, _A[:1]),
        (_A[2:], _B[3:]),
        (_A[:2], _B / 3),
    ],
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


# ------------------------------------------------------------------------ 8c.3


def confusion(y, t, K):
    """Count the pixels of truth i and prediction j: shape (K, K)."""
    return np.bincount(K * t.ravel() + y.ravel(), minlength=K * K).reshape(K, K)


def _maps():
    rng = np.random.default_rng(2)
    t = rng.choice(4, size=(2, 3, 7), p=[0.4, 0.2, 0.2, 0.2])
    y = np.where(rng.random(t.shape) < 0.7, t, rng.integers(4, size=t.shape))
    gap = np.array([0, 0, 2, 3])  # for each class another; nobody mentions 1
    return [
        (y, t, 4),
        (gap[y], gap[t], 5),
        (y, t * (t < 3), 4),  # class 3 is predicted, but never true
        (y * (y < 3), t, 4),  # class 3 is true, but never predicted
        (y[0, 0], t[0, 1], 4),
    ]


def _use_mean_iou(f, y, t, K):
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # np.nanmean may sort it out
        return f(y, t, K)


@exercise(
    "8c.3",
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


# ------------------------------------------------------------------------ 8c.4


def _sentences():
    rng = np.random.default_rng(7)
    long = rng.standard_normal((60, 7)) * 3
    long[:, 6] -= 40  # a word that is never probable
    return [
        (rng.standard_normal((5, 12)), np.array([3, 0, 7, 7, 11])),
        (rng.standard_normal((1, 3)), np.array([2])),
        (long, np.full(60, 6)),
    ]


def _loud():
    scores = np.array([[1000.0, 998.0, 0.0], [-1000.0, -999.5, -1001.0]])
    return [(scores, np.array([1, 0])), (scores, np.array([2, 2]))]


@exercise(
    "8c.4",
    "How probable is a sentence?",
    cases=_sentences,
    overflow=_loud,
    hints=[
        "The logarithm of a product is a sum of logarithms. So what is one "
        "word's part of the sum?",
        "The softmax of a row divides by a sum of exponentials. In the "
        "logarithm this is a difference: the word's score, minus the log of "
        "that sum.",
        "Subtract the largest score of each row first. "
        "`scores[np.arange(len(words)), words]` picks each word's score.",
    ],
    text=r"""
        With $\log\prod=\sum\log$ nothing is ever as small as the
        probability itself: of sixty such words it would be below
        $10^{-1000}$, which no `float64` can hold. It is the softmax
        cross-entropy of chapter 4, with the sum over the words in place of
        the mean.
        """,
    trial="""
        assert np.isclose(sentence_loss(word_scores, sentence), loss)
        """,
)
def sentence_loss(scores, words):
    """Return minus the log of a sentence's probability; scores (T, V)."""
    safe = scores - scores.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(safe).sum(axis=1))  # (T,)
    said = safe[np.arange(len(words)), words]
    return float(np.sum(log_sums - said))


sentence_loss.wrong(
    "That is the mean over the words. The probability of the sentence is a "
    "product: its logarithm is the sum.",
    lambda scores, words: sentence_loss(scores, words) / len(words),
)


@sentence_loss.wrong(
    "You multiplied the probabilities. Of a long sentence the product is 0, "
    "and its logarithm infinite. Add logarithms."
)
def _(scores, words):
    p = softmax(scores)
    with np.errstate(divide="ignore"):
        return float(-np.log(np.prod(p[np.arange(len(words)), words])))


@sentence_loss.wrong(
    "A tiny number inside the logarithm makes every improbable word more "
    "probable. Take the logarithm on paper first: a score minus the log of a "
    "sum."
)
def _(scores, words):
    p = softmax(scores)
    return float(-np.sum(np.log(p[np.arange(len(words)), words] + 1e-7)))


@sentence_loss.wrong(
    "Right for ordinary scores, but `np.exp(1000)` is infinite. Subtract the "
    "largest score of each row first."
)
def _(scores, words):
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.sum(np.log(p[np.arange(len(words)), words])))


@sentence_loss.wrong(
    "You took the logarithm of a softmax. A probability may be too small for "
    "the computer, which makes it 0. Take the logarithm on paper first: a "
    "score minus the log of a sum."
)
def _(scores, words):
    p = softmax(scores)
    with np.errstate(divide="ignore"):
        return float(-np.sum(np.log(p[np.arange(len(words)), words])))


sentence_loss.wrong(
    "You forgot the minus: a probability is below 1, so its logarithm is "
    "negative.",
    lambda scores, words: -sentence_loss(scores, words),
)

sentence_loss.wrong(
    "That is the probability. Return minus its logarithm.",
    lambda scores, words: float(np.exp(-sentence_loss(scores, words))),
)


@sentence_loss.wrong(
    "You took the softmax over the places. At each place the words of the "
    "vocabulary compete: along axis 1."
)
def _(scores, words):
    safe = scores - scores.max(axis=0)
    log_sums = np.log(np.exp(safe).sum(axis=0))
    return float(np.sum((log_sums - safe)[np.arange(len(words)), words]))


@sentence_loss.wrong(
    "`scores[:, words]` takes every word at every place. One word stands at "
    "each place: `scores[np.arange(len(words)), words]`."
)
def _(scores, words):
    safe = scores - scores.max(axis=1, keepdims=True)
    log_p = safe - np.log(np.exp(safe).sum(axis=1, keepdims=True))
    return float(-np.sum(log_p[:, words]))


sentence_loss.wrong(
    "You subtracted the largest score of the whole sentence. Each row has its "
    "own: in a row that lies far below it, every exponential is 0.",
    lambda scores, words: _one_maximum(scores, words),
)


def _one_maximum(scores, words):
    safe = scores - scores.max()
    with np.errstate(divide="ignore", invalid="ignore"):
        log_sums = np.log(np.exp(safe).sum(axis=1))
    return float(np.sum(log_sums - safe[np.arange(len(words)), words]))


# ------------------------------------------------------------------------ 8c.5


def _steps():
    rng = np.random.default_rng(3)
    worth = rng.standard_normal((6, 4))
    worth[np.arange(6), [3, 2, 0, 1, 3, 2]] += 3  # the best of each row
    ended = np.array([False, True, False, True, False, True])
    rewards = np.array([0.5, 1.0, -0.2, -1.0, 0.0, 0.0])
    sad = -1 - rng.random((2, 2))
    return [
        (worth, rewards, ended, 0.8),
        (worth[:1], rewards[:1], ended[:1], 0.5),
        (sad, np.array([0.0, 1.0]), np.array([False, True])),  # gamma 0.9
    ]


@exercise(
    "8c.5",
    "What an action is worth",
    any_container=True,
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


# ------------------------------------------------------------------------ 8c.6


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
        (found, scores, truth),  # level 0.5
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
    "8c.6",
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
    "Here the *detections* choose, highest score first, each among the true "
    "boxes that are free: not the true boxes, nor the best fits first."
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


# ---------------------------------------------------------------------- 8c.lab


@exercise(
    "8c.lab",
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
        ((0, 0, 8, 3), (1, 1, 3, 9)),
        ((0, 9, 2, 14), (5, 0, 12, 4)),
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
