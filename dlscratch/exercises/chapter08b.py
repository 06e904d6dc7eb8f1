"""Exercises of chapter 8b, Faster, and beyond classification."""

import numpy as np

from dlscratch.exercises import Exercise, Mistake


def amdahl(share, factor):
    """Return how much faster the whole gets if one share does."""
    return 1 / (1 - share + share / factor)


def _amdahl_factor_only(share, factor):
    return factor


def _amdahl_product(share, factor):
    return share * factor


def _amdahl_time(share, factor):
    return 1 - share + share / factor


def _amdahl_rest_forgotten(share, factor):
    return factor / share


def _amdahl_exchanged(share, factor):
    return amdahl(1 - share, factor)


def _amdahl_weighted(share, factor):
    return 1 - share + share * factor


def _amdahl_bound(share, factor):
    return 1 / (1 - share)


def _amdahl_no_brackets(share, factor):
    return 1 / (1 - share) + share / factor


def _amdahl_slower(share, factor):
    return 1 / (1 - share + share * factor)


def intensity(N, D, M, itemsize):
    """Return the FLOPs per byte of a linear layer, (N, D) @ (D, M) + (M,)."""
    flops = 2 * N * D * M
    values = N * D + D * M + M + N * M  # x, W, b, y
    return flops / (values * itemsize)


def _intensity(N, D, M, itemsize, work=2, values=("x", "W", "b", "y")):
    sizes = {"x": N * D, "W": D * M, "b": M, "y": N * M}
    return work * N * D * M / (sum(sizes[v] for v in values) * itemsize)


def _intensity_multiply_adds(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, work=1)


def _intensity_no_output(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "b"))


def _intensity_no_weights(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "y"))


def _intensity_no_input(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("W", "b", "y"))


def _intensity_no_bias(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "y"))


def _intensity_per_value(N, D, M, itemsize):
    return _intensity(N, D, M, 1)


def _intensity_bytes_per_flop(N, D, M, itemsize):
    return 1 / intensity(N, D, M, itemsize)


def _intensity_bits(N, D, M, itemsize):
    return intensity(N, D, M, 8 * itemsize)


def _intensity_no_brackets(N, D, M, itemsize):
    return intensity(N, D, M, 1) * itemsize


def _intensity_with_bias(N, D, M, itemsize):
    return intensity(N, D, M, itemsize) * (2 * D + 1) / (2 * D)


def _intensity_one_example(N, D, M, itemsize):
    return intensity(N, D, M, itemsize) / N


def _intensity_one_output(N, D, M, itemsize):
    return intensity(N, D, M, itemsize) / (N * M)


def _intensity_weights_again(N, D, M, itemsize):
    return 2 * N * D * M / ((N * D + N * D * M + M + N * M) * itemsize)


def combine(gradients, sizes):
    """Return the batch's mean gradient from those of its shards."""
    total = 0
    for gradient, size in zip(gradients, sizes, strict=True):
        total = total + size * gradient
    return total / sum(sizes)


def _combine_sum(gradients, sizes):
    return sum(gradients)


def _combine_mean(gradients, sizes):
    return sum(gradients) / len(gradients)


def _combine_not_divided(gradients, sizes):
    return sum(n * g for g, n in zip(gradients, sizes, strict=True))


def _combine_divided_by_shards(gradients, sizes):
    return _combine_not_divided(gradients, sizes) / len(sizes)


def _combine_divided_by_size(gradients, sizes):
    return sum(g / n for g, n in zip(gradients, sizes, strict=True))


def _combine_size_forgotten(gradients, sizes):
    return sum(gradients) / sum(sizes)


def _combine_stacked(gradients, sizes):
    return np.array(sizes) @ np.array(gradients) / sum(sizes)


def _combine_number(gradients, sizes):
    return float(np.mean(combine(gradients, sizes)))


def _shards():
    rng = np.random.default_rng(0)
    return [
        ([rng.standard_normal((3, 2)) for _ in range(3)], [11, 11, 10]),
        ([rng.standard_normal(4) for _ in range(2)], [30, 2]),
    ]


def quantise(W, bits):
    """Return W in whole numbers of so many bits, and the size of their step."""
    largest = 2 ** (bits - 1) - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int8), float(step)


def _quantised(W, bits, largest=None, most=None, whole=np.rint):
    largest = 2 ** (bits - 1) - 1 if largest is None else largest
    step = (np.abs(W).max() if most is None else most) / largest
    return whole(W / step).astype(np.int8), float(step)


def _quantise_cut(W, bits):
    return _quantised(W, bits, whole=np.trunc)


def _quantise_down(W, bits):
    return _quantised(W, bits, whole=np.floor)


def _quantise_all_bits(W, bits):
    largest = 2**bits - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int64).astype(np.int8), float(step)


def _quantise_one_too_many(W, bits):
    return _quantised(W, bits, largest=2 ** (bits - 1))


def _quantise_no_sign(W, bits):
    return _quantised(W, bits, most=W.max())


def _quantise_always_127(W, bits):
    return quantise(W, 8)


def _quantise_step_forgotten(W, bits):
    return quantise(W, bits)[0]


def _quantise_shares(W, bits):
    q, step = quantise(W, bits)
    return q, 1 / step


def _quantise_floats(W, bits):
    q, step = quantise(W, bits)
    return q.astype(float), step


def _quantise_whole_range(W, bits):
    return _quantised(W, bits, most=(W.max() - W.min()) / 2)


def _quantise_times(W, bits):
    _, step = quantise(W, bits)
    return np.rint(W * step).astype(np.int8), step


def _quantise_exchanged(W, bits):
    return quantise(W, bits)[::-1]


def _quantise_back(W, bits):
    q, step = quantise(W, bits)
    return q * step, step


def _weights():
    rng = np.random.default_rng(1)
    W = rng.standard_normal((5, 4))
    return [(W, 8), (W, 4), (-np.abs(W), 8), (0.01 * W, 3)]


def _use_quantise(f, W, bits):
    found = f(W, bits)
    pair = isinstance(found, tuple | list) and len(found) == 2
    q, step = found if pair else (found, None)
    return {"the array of whole numbers": q, "the step": step}


def unscale(gradients, scale):
    """Return float32 gradients (None: skip the step), the next scale."""
    wide = [g.astype(np.float32) / scale for g in gradients]
    if all(np.all(np.isfinite(g)) for g in wide):
        return wide, scale * 2
    return None, scale / 2


def _unscale_narrow(gradients, scale):
    # Divides as float16, so what needed the scale is lost again.
    small = [(g / np.float16(scale)).astype(np.float32) for g in gradients]
    wide, following = unscale(gradients, scale)
    return (None if wide is None else small), following


def _unscale_not_divided(gradients, scale):
    wide, following = unscale(gradients, scale)
    return (None if wide is None else [g * scale for g in wide]), following


def _unscale_no_check(gradients, scale):
    return [g.astype(np.float32) / scale for g in gradients], scale * 2


def _unscale_nan_only(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isnan(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


def _unscale_first_only(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if np.all(np.isfinite(wide[0])):
        return wide, scale * 2
    return None, scale / 2


def _unscale_zeros(gradients, scale):
    wide, following = unscale(gradients, scale)
    if wide is None:
        wide = [np.nan_to_num(g / scale, posinf=0, neginf=0) for g in gradients]
    return wide, following


def _unscale_same(gradients, scale):
    return unscale(gradients, scale)[0], scale


def _unscale_wrong_way(gradients, scale):
    wide, following = unscale(gradients, scale)
    return wide, scale * scale / following


def _unscale_inf_only(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isinf(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


def _unscale_scale_forgotten(gradients, scale):
    return unscale(gradients, scale)[0]


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


def _pairs_no_clip(a, b):
    return _pairs(a, b, clip=False)


def _pairs_sum_of_areas(a, b):
    return _pairs(a, b, minus=0.0)


def _pairs_smaller(a, b):
    return _pairs(a, b, per=np.minimum)


def _pairs_transposed(a, b):
    return pairwise_iou(b, a)


def _pairs_in_step(a, b):
    n = min(len(a), len(b))
    return np.diag(pairwise_iou(a[:n], b[:n]))


def _pairs_overlap(a, b):
    return _pairs(a, b, per=lambda u, v: 1)


def _pairs_product_clipped(a, b):
    return np.maximum(_pairs(a, b, clip=False), 0)


def _pairs_counted(a, b):
    one_more = np.array([0, 0, 1, 1])
    return pairwise_iou(a + one_more, b + one_more)


def _pairs_width_height(a, b):
    ends = [
        np.concatenate([u[:, :2], u[:, :2] + u[:, 2:]], axis=1) for u in (a, b)
    ]
    return pairwise_iou(*ends)


_A = np.array([[0.0, 0, 4, 4], [1, 1, 5, 3], [6, 6, 9, 10]])
_B = np.array([[2.0, 2, 6, 6], [0, 0, 4, 4], [7, 1, 9, 3], [5, 0, 8, 4]])


def confusion(y, t, K):
    """Count the pixels of truth i and prediction j: shape (K, K)."""
    return np.bincount(K * t.ravel() + y.ravel(), minlength=K * K).reshape(K, K)


def mean_iou(y, t, K):
    """Return the mean intersection over union of the classes that occur."""
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = union > 0
    return float(np.mean(overlap[seen] / union[seen]))


def _mean_iou_all(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(np.sum(overlap / np.maximum(union, 1)) / K)


def _mean_iou_absent_as_1(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(
        np.mean(np.where(union > 0, overlap / np.maximum(union, 1), 1))
    )


def _mean_iou_called(y, t, K):
    return _mean_iou_recall(t, y, K)


def _mean_iou_dice(y, t, K):
    return 2 * _mean_iou_counted_twice(y, t, K)


def _mean_iou_accuracy(y, t, K):
    return float(np.mean(y == t))


def _mean_iou_recall(y, t, K):
    table = confusion(y, t, K)
    truth = table.sum(axis=1)
    return float(np.mean(np.diag(table)[truth > 0] / truth[truth > 0]))


def _mean_iou_true_only(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = table.sum(axis=1) > 0
    return float(np.mean(overlap[seen] / union[seen]))


def _mean_iou_predicted_only(y, t, K):
    return _mean_iou_true_only(t, y, K)


def _mean_iou_of_pictures(y, t, K):
    return float(
        np.mean([mean_iou(*pair, K) for pair in zip(y, t, strict=True)])
    )


def _mean_iou_nan(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    return float(
        np.mean(overlap / (table.sum(axis=0) + table.sum(axis=1) - overlap))
    )


def _mean_iou_pooled(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return float(overlap.sum() / union.sum())


def _mean_iou_counted_twice(y, t, K):
    table = confusion(y, t, K)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(np.diag(table)[both > 0] / both[both > 0]))


def _mean_iou_no_background(y, t, K):
    table = confusion(y, t, K)
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    seen = np.flatnonzero(union)
    seen = seen[seen > 0]
    return float(np.mean(overlap[seen] / union[seen]))


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


def q_targets(Q_next, rewards, ended, gamma=0.9):
    """Return the targets of Q-learning for a batch of steps."""
    return rewards + gamma * np.where(ended, 0.0, Q_next.max(axis=1))


def _targets_after_end(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * Q_next.max(axis=1)


def _targets_only_end(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, Q_next.max(axis=1), 0.0)


def _targets_mean(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.mean(axis=1))


def _targets_action(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.argmax(axis=1))


def _targets_overall(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.max())


def _targets_own_gamma(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, rewards, ended, 0.9)


def _targets_last_reward(Q_next, rewards, ended, gamma=0.9):
    return np.where(ended, 0.0, q_targets(Q_next, rewards, ended, gamma))


def _targets_no_gamma(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, rewards, ended, 1.0)


def _targets_gamma_all(Q_next, rewards, ended, gamma=0.9):
    return gamma * (rewards + np.where(ended, 0.0, Q_next.max(axis=1)))


def _targets_no_reward(Q_next, rewards, ended, gamma=0.9):
    return q_targets(Q_next, 0 * rewards, ended, gamma)


def _targets_wrong_axis(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(ended, 0.0, Q_next.max(axis=0))


def _targets_never_negative(Q_next, rewards, ended, gamma=0.9):
    return rewards + gamma * np.where(
        ended, 0.0, np.maximum(Q_next.max(axis=1), 0)
    )


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


def _detections_twice(found, scores, truth, level=0.5):
    return _matched(found, np.argsort(-scores), truth, level, once=False)


def _detections_in_order(found, scores, truth, level=0.5):
    return _matched(found, range(len(found)), truth, level)


def _detections_worst_first(found, scores, truth, level=0.5):
    return _matched(found, np.argsort(scores), truth, level)


def _detections_exchanged(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, level)[::-1]


def _detections_any_overlap(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, 1e-9)


def _detections_unclaimed(found, scores, truth, level=0.5):
    fits = pairwise_iou(found, truth) >= level
    return float(fits.any(axis=1).mean()), float(fits.any(axis=0).mean())


def _detections_best_of_all(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free = np.ones(len(truth), dtype=bool)
    right = 0
    for i in np.argsort(-scores):
        best = overlaps[i].argmax()
        if overlaps[i, best] >= level and free[best]:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


def _detections_first_free(found, scores, truth, level=0.5):
    fits = pairwise_iou(found, truth) >= level
    free = np.ones(len(truth), dtype=bool)
    right = 0
    for i in np.argsort(-scores):
        candidates = np.flatnonzero(fits[i] & free)
        if len(candidates):
            free[candidates[0]] = False
            right += 1
    return right / len(found), right / len(truth)


def _detections_above(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, np.nextafter(level, 2))


def _detections_taken_in_vain(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free, right = np.ones(len(truth), dtype=bool), 0
    for i in np.argsort(-scores):
        candidates = np.where(free, overlaps[i], -1)
        best = candidates.argmax()
        right += int(candidates[best] >= level)
        free[best] = False
    return right / len(found), right / len(truth)


def _detections_truth_first(found, scores, truth, level=0.5):
    overlaps = pairwise_iou(found, truth)
    free, right = np.ones(len(found), dtype=bool), 0
    for j in range(len(truth)):
        candidates = np.where(free, overlaps[:, j], -1)
        best = candidates.argmax()
        if candidates[best] >= level:
            free[best] = False
            right += 1
    return right / len(found), right / len(truth)


def _detections_own_level(found, scores, truth, level=0.5):
    return precision_recall(found, scores, truth, 0.5)


def _detections_counted(found, scores, truth, level=0.5):
    precision, _ = precision_recall(found, scores, truth, level)
    return round(precision * len(found)), len(found)


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


def repaired_iou(a, b):
    """Return the intersection over union of two boxes (x0, y0, x1, y1)."""
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
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


def _hers(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    overlap = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return overlap / (area_a + area_b - overlap)


def _product_clipped(a, b):
    return _iou_of(a, b, lambda w, h: max(w * h, 0))


def _result_clipped(a, b):
    return max(_hers(a, b), 0)


def _absolute(a, b):
    return _iou_of(a, b, lambda w, h: abs(w) * abs(h))


def _one_side_clipped(a, b):
    return _iou_of(a, b, lambda w, h: max(w, 0) * h)


def _other_side_clipped(a, b):
    return _iou_of(a, b, lambda w, h: w * max(h, 0))


def _both_negative(a, b):
    return _iou_of(a, b, lambda w, h: 0 if w < 0 and h < 0 else w * h)


def _never(a, b):
    return _iou_of(a, b, lambda w, h: w * h if w > 0 and h > 0 else -1)


EXERCISES = [
    Exercise(
        key="8b.1",
        title="Amdahl's law",
        reference=amdahl,
        cases=[(0.9, 10), (0.5, 2), (0.8, 1), (0.25, 100)],
        hints=[
            "Let the whole take a time of 1 at first. Which part of it stays "
            "as it is, and how long does the other part take afterwards?",
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
        mistakes=[
            Mistake(
                _amdahl_factor_only,
                "Only one share becomes faster by that factor; the rest takes "
                "as long as before.",
            ),
            Mistake(
                _amdahl_time,
                "That is the new time, as a part of the old one. How many "
                "times faster is it? One divided by it.",
            ),
            Mistake(
                _amdahl_product,
                "Half of it twice as fast would then gain nothing: `0.5 * 2` "
                "is 1. But times add up: add the times of both parts.",
            ),
            Mistake(
                _amdahl_bound,
                "That is the bound: what you get if the share takes no time at "
                "all.",
            ),
            Mistake(
                _amdahl_rest_forgotten,
                "You left out the part that does not become faster.",
            ),
            Mistake(
                _amdahl_exchanged,
                "You made the other part faster: `share` is what gains.",
            ),
            Mistake(
                _amdahl_weighted,
                "You averaged the speeds. What adds up is the time: a part "
                "that is `factor` times faster takes `share / factor`.",
            ),
            Mistake(
                _amdahl_no_brackets,
                "Only the first part stands below the line. The new time is "
                "the sum of both: put it into brackets.",
            ),
            Mistake(
                _amdahl_slower,
                "You made the share take longer. `factor` times faster means "
                "`share / factor` of the time.",
            ),
        ],
    ),
    Exercise(
        key="8b.2",
        title="How many FLOPs for a byte?",
        reference=intensity,
        cases=[
            (100, 784, 50, 4),
            (1, 784, 50, 4),
            (100, 784, 50, 2),
            (7, 3, 5, 8),
        ],
        hints=[
            "Count the work first: each of the N·M outputs is a sum of D "
            "products.",
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
        mistakes=[
            Mistake(
                _intensity_multiply_adds,
                "You counted multiply-adds. Each of them is two FLOPs.",
            ),
            Mistake(_intensity_no_output, "The output must be written, too."),
            Mistake(_intensity_no_weights, "The weights must be read, too."),
            Mistake(_intensity_no_input, "The input must be read, too."),
            Mistake(_intensity_no_bias, "The bias must be read, too."),
            Mistake(
                _intensity_per_value,
                "That is for each number. How many bytes is a number?",
            ),
            Mistake(
                _intensity_bytes_per_flop,
                "That is bytes per FLOP; turn the fraction over.",
            ),
            Mistake(
                _intensity_no_brackets,
                "You multiplied by `itemsize`. `a / b * c` is `(a / b) * c`: "
                "put the bytes into brackets.",
            ),
            Mistake(
                _intensity_with_bias,
                "You counted the addition of the bias, which is left out here.",
            ),
            Mistake(
                _intensity_bits, "`itemsize` is in bytes already, not in bits."
            ),
            Mistake(
                _intensity_one_example,
                "That is the work for one example. The batch has N.",
            ),
            Mistake(
                _intensity_one_output,
                "That is the work for one output. There are `N * M`.",
            ),
            Mistake(
                _intensity_weights_again,
                "You read the weights anew for each example. The whole batch "
                "shares them: they are moved once.",
            ),
        ],
    ),
    Exercise(
        key="8b.3",
        title="Shards of different sizes",
        reference=combine,
        cases=_shards,
        hints=[
            "Each shard's gradient is a mean over its own examples. What is "
            "the sum over its examples?",
            "Multiply each gradient by its shard's size: these are sums, and "
            "sums may be added.",
            "At the end divide once, by the number of all examples, "
            "`sum(sizes)`.",
        ],
        text="""
            Equation (8b.3): each mean times its size is a sum over examples.
            Sums may be added; divide once at the end.
            """,
        mistakes=[
            Mistake(
                _combine_sum,
                "You added means. The result is too large by about the number "
                "of shards, as if the learning rate were.",
            ),
            Mistake(
                _combine_mean,
                "This mean gives each shard the same weight. An example in a "
                "small shard then counts more than one in a large shard.",
            ),
            Mistake(
                _combine_size_forgotten,
                "You added the means and divided by the number of examples. "
                "First multiply each mean by its shard's size.",
            ),
            Mistake(
                _combine_not_divided,
                "That is the sum over all examples. Divide it by their number.",
            ),
            Mistake(
                _combine_divided_by_shards,
                "Divide by the number of examples, not of shards.",
            ),
            Mistake(
                _combine_divided_by_size,
                "The gradients are means already. Multiply by the size to get "
                "the sum; you divided once more.",
            ),
            Mistake(
                _combine_stacked,
                "`@` runs over the last axis but one of the stacked gradients. "
                "That is the axis of the shards only if each gradient is a "
                "vector. `np.tensordot(sizes, gradients, 1)` takes the first "
                "axis; a loop will do, too.",
            ),
        ],
    ),
    Exercise(
        key="8b.4",
        title="Whole numbers for weights",
        reference=quantise,
        use=_use_quantise,
        strict_dtype=True,
        cases=_weights,
        hints=[
            "With `bits` bits the whole numbers run from `-L` to `L`, with `L "
            "= 2 ** (bits - 1) - 1`: 127 for 8 bits.",
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
        mistakes=[
            Mistake(
                _quantise_cut,
                "You cut the decimals off, which moves every weight towards 0. "
                "Round to the nearest: `np.rint`.",
            ),
            Mistake(_quantise_down, "You rounded down. Round to the nearest."),
            Mistake(
                _quantise_all_bits,
                "One bit is needed for the sign: 8 bits hold -127 to 127. "
                "Larger numbers wrap around in `int8`.",
            ),
            Mistake(
                _quantise_one_too_many,
                "The largest number is one less: 8 bits hold no 128.",
            ),
            Mistake(
                _quantise_no_sign,
                "The largest weight may be negative: take `np.abs(W).max()`.",
            ),
            Mistake(
                _quantise_always_127,
                "127 is for 8 bits. With `bits` bits the largest is `2 ** "
                "(bits - 1) - 1`.",
            ),
            Mistake(
                _quantise_step_forgotten,
                "Return two things: the whole numbers, and their step.",
            ),
            Mistake(
                _quantise_shares,
                "Your second value is how many steps make 1. Return the step.",
            ),
            Mistake(
                _quantise_whole_range,
                "You took half the distance from the smallest weight to the "
                "largest. The largest *absolute* value gets the largest whole "
                "number.",
            ),
            Mistake(
                _quantise_times,
                "How many steps are in a weight? Divide by the step.",
            ),
            Mistake(
                _quantise_exchanged,
                "The whole numbers come first, then the step.",
            ),
            Mistake(
                _quantise_back,
                "Those are weights again. Return the whole numbers themselves.",
            ),
        ],
    ),
    Exercise(
        key="8b.5",
        title="A scale that finds itself",
        reference=unscale,
        use=_use_unscale,
        cases=_scaled,
        hints=[
            "First make the gradients wide, `g.astype(np.float32)`, and only "
            "then divide them by the scale.",
            "`np.isfinite` is False for infinity and for nan. All numbers of "
            "all gradients must be finite.",
            "All finite: return the list and `scale * 2`. Otherwise return "
            "`None` and `scale / 2`.",
        ],
        text="""
            The order matters: first `float32`, then divide. Divided in
            `float16`, the small gradients vanish after all.

            So the scale climbs until something overflows, drops by half, and
            climbs again: it stays near the largest scale that works.
            """,
        mistakes=[
            Mistake(
                _unscale_narrow,
                "You divided while the numbers were still float16. There the "
                "small ones vanish again. Make them float32 first.",
            ),
            Mistake(
                _unscale_not_divided,
                "The gradients are still multiplied by the scale.",
            ),
            Mistake(
                _unscale_no_check,
                "One of the gradients is infinite or nan. This step must be "
                "skipped.",
            ),
            Mistake(
                _unscale_nan_only,
                "Infinity is not nan. What overflowed is infinite; "
                "`np.isfinite` finds both.",
            ),
            Mistake(
                _unscale_inf_only,
                "nan is not infinity. `np.isfinite` finds both.",
            ),
            Mistake(
                _unscale_scale_forgotten,
                "Return two things: the gradients (or None), and the next "
                "scale.",
            ),
            Mistake(
                _unscale_first_only,
                "You looked at the first gradient only. Any of them may "
                "overflow.",
            ),
            Mistake(
                _unscale_zeros,
                "You put zeros in place of what overflowed. But the largest "
                "entries matter most: skip the whole step, with None.",
            ),
            Mistake(
                _unscale_same, "The scale should change for the next step."
            ),
            Mistake(
                _unscale_wrong_way,
                "The other way round: an overflow says that the scale is too "
                "large.",
            ),
        ],
    ),
    Exercise(
        key="8b.6",
        title="All pairs of boxes",
        reference=pairwise_iou,
        cases=[(_A, _B), (_B, _A[:1]), (_A[2:], _B[3:])],
        hints=[
            "With `a[:, None]` of shape (M, 1, 4) and `b[None]` of shape (1, "
            "K, 4), NumPy pairs each with each.",
            "`low` is the larger of both first corners, `high` the smaller of "
            "both last corners, each of shape (M, K, 2). `high - low` may be "
            "negative.",
            "`sides = np.maximum(high - low, 0)`; the overlap is the product "
            "of the two sides; the union is the sum of both areas minus the "
            "overlap.",
        ],
        text="""
            An axis of length 1 in the right place, and broadcasting does the
            rest. Both directions can be treated at once: the last axis of `low`
            and `high` holds $x$ and $y$.
            """,
        mistakes=[
            Mistake(
                _pairs_no_clip,
                "Boxes apart have an overlap of 0. Where both sides are "
                "negative, their product is positive: cut each side off at 0.",
            ),
            Mistake(
                _pairs_sum_of_areas,
                "You divided by the sum of the areas. The union counts the "
                "overlap only once.",
            ),
            Mistake(
                _pairs_smaller,
                "You divided by the smaller area: then a small box inside a "
                "large one would agree perfectly.",
            ),
            Mistake(
                _pairs_product_clipped,
                "You cut off the product, or the result. With two negative "
                "sides it is positive, and stays wrong. Cut off each side.",
            ),
            Mistake(
                _pairs_counted,
                "You added 1 to the sides. These are corners: a side is `x1 - "
                "x0`.",
            ),
            Mistake(
                _pairs_in_step,
                "You paired the first with the first, the second with the "
                "second. Each of a meets each of b: the result has the shape "
                "(M, K).",
            ),
            Mistake(
                _pairs_overlap, "That is the overlap. Divide it by the union."
            ),
            Mistake(
                _pairs_width_height,
                "The last two numbers are the other corner, not width and "
                "height.",
            ),
        ],
    ),
    Exercise(
        key="8b.7",
        title="The mean over classes",
        reference=mean_iou,
        use=_use_mean_iou,
        cases=_maps,
        hints=[
            "`confusion(y, t, K)` of this chapter counts all pairs. Its "
            "diagonal is the overlap of each class.",
            "A class's union: pixels that are it (a row's sum), plus pixels "
            "that are called it (a column's sum), minus the overlap.",
            "Leave out the classes whose union is 0, then take the mean, as a "
            "`float`.",
        ],
        text="""
            A class that is predicted but not there has a union, and an IoU of
            0: an error that must count. Only a union of 0 is left out.
            """,
        mistakes=[
            Mistake(
                _mean_iou_all,
                "A class that occurs neither in the truth nor in the "
                "prediction has no intersection over union. You counted it as "
                "0.",
            ),
            Mistake(
                _mean_iou_absent_as_1,
                "A class that occurs neither in the truth nor in the "
                "prediction has no intersection over union. You counted it as "
                "1.",
            ),
            Mistake(
                _mean_iou_called,
                "You divided by the pixels of the prediction only. Pixels of "
                "the class that were missed belong to the union, too.",
            ),
            Mistake(
                _mean_iou_dice,
                "That is twice the overlap, divided by the sum of both. Divide "
                "the overlap by the union.",
            ),
            Mistake(
                _mean_iou_accuracy,
                "That is the share of right pixels, in which the background "
                "counts most.",
            ),
            Mistake(
                _mean_iou_recall,
                "You divided by the pixels of the truth only. Pixels that are "
                "called this class wrongly belong to the union, too.",
            ),
            Mistake(
                _mean_iou_true_only,
                "You left out a class that is predicted, but does not occur in "
                "the truth. That is an error, with an intersection of 0.",
            ),
            Mistake(
                _mean_iou_predicted_only,
                "You left out a class that occurs in the truth, but was never "
                "predicted. That is an error, with an intersection of 0.",
            ),
            Mistake(
                _mean_iou_nan,
                "A class that occurs nowhere gives 0/0, which is nan, and so "
                "is every mean with it. Leave such classes out.",
            ),
            Mistake(
                _mean_iou_of_pictures,
                "You took the ratios of each picture, and then their mean. "
                "Count the pixels of all pictures first, then divide.",
            ),
            Mistake(
                _mean_iou_pooled,
                "You added all classes up before dividing, so large classes "
                "count most. First divide for each class, then take the mean.",
            ),
            Mistake(
                _mean_iou_counted_twice,
                "You counted the overlap twice: it is in the row's sum and in "
                "the column's. Subtract it once.",
            ),
            Mistake(
                _mean_iou_no_background,
                "You left out class 0. The background is a class like the "
                "others.",
            ),
        ],
    ),
    Exercise(
        key="8b.8",
        title="What an action is worth",
        reference=q_targets,
        cases=_steps,
        hints=[
            "A target is the reward, plus what the best action of the next "
            "place is worth, times `gamma`.",
            "The best action of each next place: `Q_next.max(axis=1)`.",
            "Where the game has ended, nothing follows: `np.where(ended, 0.0, "
            "...)`.",
        ],
        text="""
            After the end nothing follows. If you forget it, the values of
            places that are never played leak into the others; and with a
            network in place of the table these are any numbers.
            """,
        mistakes=[
            Mistake(
                _targets_after_end,
                "Where the game has ended there is no next place, and nothing "
                "to add to the reward.",
            ),
            Mistake(
                _targets_only_end,
                "The other way round: what follows counts where the game has "
                "*not* ended.",
            ),
            Mistake(
                _targets_mean,
                "Q-learning supposes that the *best* action follows, not an "
                "average one.",
            ),
            Mistake(
                _targets_action,
                "`argmax` says which action is best. You need its worth: "
                "`max`.",
            ),
            Mistake(
                _targets_overall,
                "You took the largest of the whole batch. Each row has its "
                "own.",
            ),
            Mistake(
                _targets_own_gamma,
                "You used 0.9. `gamma` is an argument.",
            ),
            Mistake(
                _targets_last_reward,
                "The reward of the last step counts, too. Only what follows is "
                "0.",
            ),
            Mistake(_targets_no_gamma, "You left out `gamma`."),
            Mistake(
                _targets_gamma_all,
                "Gamma belongs to what comes later, not to the reward of this "
                "step.",
            ),
            Mistake(_targets_no_reward, "You left out the reward."),
            Mistake(
                _targets_wrong_axis,
                "You took the largest of each action. Each step has its own "
                "row: the largest along axis 1.",
            ),
            Mistake(
                _targets_never_negative,
                "A place may be worth less than nothing, even with the best "
                "action.",
            ),
        ],
    ),
    Exercise(
        key="8b.9",
        title="Was it found?",
        reference=precision_recall,
        cases=_found,
        hints=[
            "Begin with the table of all pairs, `pairwise_iou(found, truth)`, "
            "and go through the detections from the highest score to the "
            "lowest: `np.argsort(-scores)`.",
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
        mistakes=[
            Mistake(
                _detections_twice,
                "Two detections claimed the same true box. The second one is "
                "wrong: the thing is there once.",
            ),
            Mistake(
                _detections_unclaimed,
                "Each true box can be claimed once, and each detection claims "
                "one. You let a box fit as many as it likes.",
            ),
            Mistake(
                _detections_best_of_all,
                "When the best true box is taken, a detection may still claim "
                "the best of those that are free.",
            ),
            Mistake(
                _detections_first_free,
                "A detection claims the free box with which its intersection "
                "over union is largest. You took the first that is good "
                "enough.",
            ),
            Mistake(
                _detections_above,
                "*At least* `level`: an intersection over union of exactly "
                "`level` is enough.",
            ),
            Mistake(
                _detections_taken_in_vain,
                "Only a right detection takes its true box. After a wrong one "
                "the box is still free.",
            ),
            Mistake(
                _detections_truth_first,
                "You went through the true boxes. Go through the detections, "
                "highest score first: each looks for its own true box.",
            ),
            Mistake(
                _detections_own_level,
                "You used 0.5. `level` is an argument.",
            ),
            Mistake(
                _detections_in_order,
                "The most certain detection has the first choice. You went in "
                "the order of the list.",
            ),
            Mistake(
                _detections_worst_first,
                "You began with the lowest score. The most certain comes "
                "first.",
            ),
            Mistake(
                _detections_exchanged,
                "You exchanged the two: precision is the share of the "
                "detections that are right, recall the share of the true boxes "
                "that are found.",
            ),
            Mistake(
                _detections_any_overlap,
                "A detection that only touches a true box is not right: its "
                "intersection over union must be at least `level`.",
            ),
            Mistake(
                _detections_counted,
                "Return two shares: right ones among the detections, and among "
                "the true boxes.",
            ),
        ],
    ),
    Exercise(
        key="8b.lab",
        title="Find the bug and repair it",
        reference=repaired_iou,
        start=_hers,
        cases=[
            ((0, 0, 4, 4), (2, 2, 6, 6)),
            ((5, 5, 9, 9), (0, 0, 4, 4)),
            ((0, 0, 4, 4), (10, 1, 14, 3)),
            ((0, 0, 4, 4), (1, 10, 3, 14)),
            ((0, 0, 4, 4), (10, 10, 14, 14)),
            ((0, 0, 4, 4), (4, 0, 8, 4)),
            ((0, 0, 4, 4), (0, 0, 4, 4)),
        ],
        hints=[
            "Try two boxes side by side, two above each other, and two that "
            "are apart in both directions. Look at `width` and `height`.",
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
        mistakes=[
            Mistake(
                _hers,
                "Two boxes apart in both directions have a negative width "
                "*and* a negative height of overlap. Their product is "
                "positive.",
            ),
            Mistake(
                _product_clipped,
                "You cut off the product. With two negative sides it is "
                "positive, and stays wrong. Cut off each side.",
            ),
            Mistake(
                _result_clipped,
                "You cut off the result. With two negative sides it is "
                "positive, and stays wrong. Cut off each side.",
            ),
            Mistake(
                _absolute,
                "A negative width is no overlap, not one of the same size.",
            ),
            Mistake(
                _one_side_clipped,
                "You cut off the width only. Boxes above each other have a "
                "negative height.",
            ),
            Mistake(
                _other_side_clipped,
                "You cut off the height only. Boxes side by side have a "
                "negative width.",
            ),
            Mistake(
                _both_negative,
                "You cut off only where both sides are negative. Boxes apart "
                "in one direction share nothing either.",
            ),
            Mistake(
                _never,
                "Boxes apart have the intersection 0, not a negative one.",
            ),
        ],
        after=(
            "Overlaps, like all sizes, end at 0. Test with boxes that are "
            "apart."
        ),
    ),
]
