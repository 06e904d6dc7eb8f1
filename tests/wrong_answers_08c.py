"""Plausible wrong answers to the exercises of chapter 8c, and what must be said.

RIGHT holds right answers in unusual form.
"""

import math

import numpy as np

from dlscratch import functions
from dlscratch.exercises import chapter08c as ex

iou = ex.repaired_iou


def centre_and_sides(box):
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


def corrections_of_width(proposed, true):
    px, py, pw, ph = centre_and_sides(proposed)
    gx, gy, gw, gh = centre_and_sides(true)
    return [(gx - px) / pw, (gy - py) / pw, np.log(gw / pw), np.log(gh / ph)]


def pairs_in_loops(a, b):
    return np.array([[iou(p, q) for q in b] for p in a])


def pairs_while(a, b):
    rows, i = [], 0
    while i < len(a):
        rows.append(ex.pairwise_iou(a[i : i + 1], b)[0])
        i += 1
    return np.array(rows)


def pairs_mapped(a, b):
    return np.array(list(map(lambda p: ex.pairwise_iou(p[None], b)[0], a)))


def pairs_vectorised(a, b):
    one = np.vectorize(iou, signature="(n),(n)->()")
    return one(a[:, None], b[None])


def pairs_recursive(a, b):
    if len(a) == 1:
        return ex.pairwise_iou(a, b)
    return np.vstack([ex.pairwise_iou(a[:1], b), pairs_recursive(a[1:], b)])


def mean_up_to_the_largest(y, t, K):
    return ex.mean_iou(y, t, K) * len(np.union1d(y, t)) / (max(y.max(), t.max()) + 1)


def loss_of_softmax(scores, words):
    p = functions.softmax(scores)[np.arange(len(words)), words]
    return float(-np.log(p).sum())


def loss_with_a_constant(scores, words):
    p = functions.softmax(scores)[np.arange(len(words)), words]
    return float(-np.log(p + 1e-7).sum())


def loss_in_place(scores, words):
    scores -= scores.max(axis=1, keepdims=True)
    return ex.sentence_loss(scores, words)


def targets_of(worth, live=lambda ended, rewards: ~ended):
    def q_targets(Q_next, rewards, ended, gamma=0.9):
        return rewards + gamma * worth(Q_next) * live(ended, rewards)

    return q_targets


def targets_other_default(Q_next, rewards, ended, gamma=1.0):
    return ex.q_targets(Q_next, rewards, ended, gamma)


def targets_in_place(Q_next, rewards, ended, gamma=0.9):
    rewards[~ended] += gamma * Q_next[~ended].max(axis=1)
    return rewards


def precision_best_pairs(found, scores, truth, level=0.5):
    table, right = ex.pairwise_iou(found, truth), 0
    while table.max() >= level:
        i, j = np.unravel_index(table.argmax(), table.shape)
        table[i], table[:, j] = -1, -1
        right += 1
    return right / len(found), right / len(truth)


def precision_sorts(found, scores, truth, level=0.5):
    order = np.argsort(-scores)
    found[:], scores[:] = found[order], scores[order]
    return ex.precision_recall(found, scores, truth, level)


def iou_of_squares(a, b):
    sides = [(box[0], box[1], box[2], box[1] + box[2] - box[0]) for box in (a, b)]
    return iou(*sides)


def pairwise_crossed(a, b):
    return ex.pairwise_iou(a[:, [1, 0, 3, 2]], b)


WRONG = {
    "8c.1": [
        ("by the width", lambda: corrections_of_width, "expected"),
        (
            "swapped",
            lambda: lambda p, g: ex.corrections(p, g)[[1, 0, 3, 2]],
            "expected",
        ),
    ],
    "8c.2": [
        ("x and y crossed", lambda: pairwise_crossed, "is not right"),
        (
            "transposed",
            lambda: lambda a, b: ex.pairwise_iou(b, a),
            "transposed",
        ),
        ("loops", lambda: pairs_in_loops, "uses a loop"),
        ("while", lambda: pairs_while, "uses a loop"),
        ("map", lambda: pairs_mapped, "uses map"),
        ("vectorize", lambda: pairs_vectorised, "uses vectorize"),
        ("recursion", lambda: pairs_recursive, "find a way without"),
        (
            "whole numbers",
            lambda: lambda a, b: ex.pairwise_iou(a.astype(int), b.astype(int)),
            "expected",
        ),
    ],
    "8c.3": [("up to the largest", lambda: mean_up_to_the_largest, "expected")],
    "8c.4": [
        ("softmax, then log", lambda: loss_of_softmax, "log"),
        ("a small constant", lambda: loss_with_a_constant, "inside the logarithm"),
        ("in place", lambda: loss_in_place, "changes its input"),
    ],
    "8c.5": [
        ("two actions", lambda: targets_of(lambda Q: Q[:, :2].max(axis=1)), "expected"),
        ("another default", lambda: targets_other_default, "expected"),
        ("in place", lambda: targets_in_place, "changes its input"),
        (
            "only if it was won",
            lambda: targets_of(lambda Q: Q.max(axis=1), lambda e, r: ~(e & (r > 0))),
            "expected",
        ),
    ],
    "8c.6": [
        ("the best pairs first", lambda: precision_best_pairs, "nor the best fits"),
        ("no default", lambda: lambda found, scores, truth, level: 0, "level"),
        ("sorts the boxes", lambda: precision_sorts, "changes its input"),
    ],
    "8c.lab": [("squares", lambda: iou_of_squares, "expected")],
}


def corrections_by_hand(proposed, true):
    px, py, pw, ph = centre_and_sides(proposed)
    gx, gy, gw, gh = centre_and_sides(true)
    return (gx - px) / pw, (gy - py) / ph, math.log(gw / pw), math.log(gh / ph)


def pairs_by_columns(a, b):
    x0, y0, x1, y1 = a.T[..., None]
    u0, v0, u1, v1 = b.T[:, None]
    width = np.clip(np.minimum(x1, u1) - np.maximum(x0, u0), 0, None)
    height = np.clip(np.minimum(y1, v1) - np.maximum(y0, v0), 0, None)
    overlap = width * height
    return overlap / ((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - overlap)


def pairs_in_one_row(a, b):
    p, q = np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))
    sides = np.minimum(p[:, 2:], q[:, 2:]) - np.maximum(p[:, :2], q[:, :2])
    overlap = np.where((sides > 0).all(axis=1), sides.prod(axis=1), 0)
    areas = (p[:, 2:] - p[:, :2]).prod(axis=1) + (q[:, 2:] - q[:, :2]).prod(axis=1)
    return (overlap / (areas - overlap)).reshape(len(a), len(b))


def mean_by_masks(y, t, K):
    found = []
    for c in range(K):
        union = np.sum((y == c) | (t == c))
        if union:
            found.append(np.sum((y == c) & (t == c)) / union)
    return sum(found) / len(found)


def mean_of_numbers(y, t, K):
    table = ex.confusion(y, t, K)
    overlap = np.diag(table)
    return np.nanmean(overlap / (table.sum(axis=0) + table.sum(axis=1) - overlap))


def loss_word_by_word(scores, words):
    total = 0.0
    for row, word in zip(scores, words, strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[word]
    return total


def targets_listed(Q_next, rewards, ended, gamma=0.9):
    rows = zip(Q_next, rewards, ended, strict=True)
    return [r if over else r + gamma * max(q) for q, r, over in rows]


def precision_sets(found, scores, truth, level=0.5):
    table, taken = ex.pairwise_iou(found, truth), set()
    for i in sorted(range(len(found)), key=lambda i: scores[i], reverse=True):
        free = [j for j in range(len(truth)) if j not in taken]
        best = max(free, key=lambda j: table[i, j], default=None)
        if free and table[i, best] >= level:
            taken.add(best)
    return np.array([len(taken) / len(found), len(taken) / len(truth)])


def iou_by_counting(a, b):
    first, second = (
        {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}
        for box in (a, b)
    )
    return len(first & second) / len(first | second)


def iou_early(a, b):
    if a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]:
        return 0
    return iou(a, b)


RIGHT = {
    "8c.1": [
        ("a tuple", lambda: corrections_by_hand),
        ("a list", lambda: lambda p, g: list(corrections_by_hand(p, g))),
    ],
    "8c.2": [
        ("columns", lambda: pairs_by_columns),
        ("one row", lambda: pairs_in_one_row),
        (
            "single precision",
            lambda: lambda a, b: ex.pairwise_iou(np.float32(a), np.float32(b)),
        ),
    ],
    "8c.3": [("masks", lambda: mean_by_masks), ("nanmean", lambda: mean_of_numbers)],
    "8c.4": [
        ("word by word", lambda: loss_word_by_word),
        (
            "logaddexp",
            lambda: (
                lambda scores, words: np.sum(
                    np.logaddexp.reduce(scores, axis=1)
                    - scores[range(len(words)), words]
                )
            ),
        ),
    ],
    "8c.5": [
        ("a list", lambda: targets_listed),
        ("a tuple", lambda: lambda *given: tuple(targets_listed(*given))),
        ("times not ended", lambda: targets_of(lambda Q: np.sort(Q)[:, -1])),
    ],
    "8c.6": [("sets", lambda: precision_sets)],
    "8c.lab": [("by counting", lambda: iou_by_counting), ("early", lambda: iou_early)],
}
