"""Answers to chapter 11a's exercises: wrong ones, and right ones in unusual form."""

import math
import statistics

import numpy as np

from dlscratch import unsupervised as library
from dlscratch.exercises import chapter11a as ch
from dlscratch.functions import softmax


def _no_return(*args):
    sum(1 for _ in args)


# ------------------------------------------------------------------------ 11a.1


def _centres_by_lists(x):
    columns = x.T.tolist()
    mean = [statistics.mean(column) for column in columns]
    return [mean, [sorted(column)[len(column) // 2] for column in columns]]


def _centres_by_descent(x):
    c, x = x[0].astype(float), x.astype(float)
    for _ in range(200):
        c = c - 0.2 * (c - x).mean(axis=0)
    candidates = abs(x[:, None] - x).sum(axis=1)  # (N, D)
    return c, np.take_along_axis(x, candidates.argmin(axis=0)[None], 0)[0]


# ------------------------------------------------------------------------ 11a.3


def _distances_by_einsum(x, centres):
    squares = np.einsum("nd,nd->n", x, x)[:, None]
    d = squares - 2 * np.einsum("nd,kd->nk", x, centres)
    d = d + np.einsum("kd,kd->k", centres, centres)
    return np.where(d < 0, 0, d)


def _distances_centred(x, centres):
    mean = x.mean(axis=0)
    return ch.all_distances(x - mean, centres - mean)


def _distances_by_one_product(x, centres):
    ones = np.ones((len(x), 1)), np.ones((len(centres), 1))
    left = np.hstack([x, (x * x).sum(axis=1, keepdims=True), ones[0]])
    squares = np.linalg.norm(centres, axis=1, keepdims=True) ** 2
    right = np.hstack([-2 * centres, ones[1], squares])
    return abs(left @ right.T)


def _distances_in_place(x, centres):
    d = x @ centres.T
    d *= -2
    d += (x**2).sum(axis=1, keepdims=True)
    d += (centres**2).sum(axis=1)
    return d.clip(0)


def _distances_by_loops(x, centres):
    return np.stack([((x - c) ** 2).sum(axis=1) for c in centres], axis=1)


def _distances_all_three(x, centres):
    return ((x[:, None] - centres) ** 2).sum(axis=2)


# ------------------------------------------------------------------------ 11a.4


def _one_by_one_sums(x, centres):
    sums, counts = np.zeros(centres.shape), np.zeros((len(centres), 1))
    now = centres * 1.0
    for point in x:
        j = int(np.argmin(np.linalg.norm(now - point, axis=1)))
        sums[j] += point
        counts[j] += 1
        now[j] = sums[j] / counts[j]
    return now


def _one_by_one_lists(x, centres):
    members = [[] for _ in centres]
    now = [np.array(c, dtype=float) for c in centres]
    for point in x:
        far = [float(((point - c) ** 2).sum()) for c in now]
        j = far.index(min(far))
        members[j].append(point)
        now[j] = np.mean(members[j], axis=0)
    return np.array(now)


def _one_by_one_weights(x, centres):
    now, n = np.array(centres, dtype=float), [0] * len(centres)
    for point in x:
        j = (point @ point - 2 * now @ point + (now * now).sum(axis=1)).argmin()
        n[j] += 1
        now[j] = (1 - 1 / n[j]) * now[j] + point / n[j]
    return now


def _one_by_one_in_place(x, centres):
    made = ch.one_by_one(x, centres)
    centres[:] = made
    return made


def _one_by_one_rate(x, centres):
    return ch.one_by_one.spoilt("/ counts[j]", "* 0.1")(x, centres)


# ------------------------------------------------------------------------ 11a.5


def _bic_by_counting(log_likelihood, N, D, k, covariance):
    numbers = -1
    for _ in range(k):
        numbers += 1 + D
        if covariance == "full":
            numbers += sum(i + 1 for i in range(D))
        elif covariance == "diagonal":
            numbers += D
        else:
            numbers += 1
    return np.float32(0) + (numbers * math.log(N) - 2 * log_likelihood)


def _bic_per_point(log_likelihood, N, D, k, covariance):
    return ch.bic(log_likelihood, N, D, k, covariance) / N


# ------------------------------------------------------------------------ 11a.6


def _mixture_by_numpy(log_p, weights):
    with np.errstate(divide="ignore"):
        return np.logaddexp.reduce(log_p + np.log(weights), axis=1)


def _mixture_by_rows(log_p, weights):
    found = []
    for row in log_p.tolist():
        parts = [a + math.log(w) for a, w in zip(row, weights, strict=True) if w > 0]
        top = max(parts)
        if top == -math.inf:
            found.append(top)
        else:
            found.append(top + math.log(sum(math.exp(a - top) for a in parts)))
    return np.array(found)


def _mixture_quietly(log_p, weights):
    with np.errstate(all="ignore"):
        joint = log_p + np.log(weights)
        top = joint.max(axis=1, keepdims=True)
        result = (top + np.log(np.exp(joint - top).sum(axis=1, keepdims=True)))[:, 0]
        return np.where(np.isnan(result), -np.inf, result)


def _mixture_two_by_two(log_p, weights):
    some = np.flatnonzero(weights)
    total = np.full(len(log_p), -np.inf)
    for j in some:
        total = np.logaddexp(total, log_p[:, j] + np.log(weights[j]))
    return total


def _mixture_of_weights(log_p, weights):
    used = np.where(weights == 0, -np.inf, log_p)
    top = np.maximum(used.max(axis=1, keepdims=True), -1e300)
    total = np.exp(used - top) @ weights
    safe = np.where(total > 0, total, 1)
    return np.where(total > 0, top[:, 0] + np.log(safe), -np.inf)


def _mixture_small(log_p, weights):
    joint = log_p + np.log(weights + 1e-300)
    return np.logaddexp.reduce(joint, axis=1)


# ------------------------------------------------------------------------ 11a.7


def _coins_by_loops(heads, throws, weights, p):
    k = len(p)
    n, hits = [0.0] * k, [0.0] * k
    for h in heads.tolist():
        logs = [
            math.log(weights[j]) + h * math.log(p[j]) + (throws - h) * math.log1p(-p[j])
            for j in range(k)
        ]
        parts = [math.exp(a - max(logs)) for a in logs]
        for j in range(k):
            r = parts[j] / sum(parts)
            n[j] += r
            hits[j] += r * h
    return np.array(n) / len(heads), np.array(hits) / np.array(n) / throws


def _coins_by_odds(heads, throws, weights, p):
    score = np.outer(heads, np.log(p / (1 - p)))
    r = softmax(score + throws * np.log(1 - p) + np.log(weights))
    return r.mean(axis=0), (r * (heads / throws)[:, None]).sum(0) / r.sum(0)


def _coins_with_orders(heads, throws, weights, p):
    orders = [
        math.lgamma(throws + 1) - math.lgamma(h + 1) - math.lgamma(throws - h + 1)
        for h in heads
    ]
    joint = np.array(orders)[:, None] + np.log(weights)
    joint = (
        joint + heads[:, None] * np.log(p) + (throws - heads)[:, None] * np.log1p(-p)
    )
    r = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    return [r.mean(axis=0), np.einsum("n,nj->j", heads, r) / r.sum(axis=0) / throws]


def _coins_throw_by_throw(heads, throws, weights, p):
    r = np.tile(np.log(weights), (len(heads), 1))
    for t in range(throws):
        r = r + np.where((t < heads)[:, None], np.log(p), np.log(1 - p))
    r = softmax(r)
    return r.sum(axis=0) / len(r), np.average(
        np.tile(heads[:, None] / throws, len(p)), axis=0, weights=r
    )


def _coins_axis(heads, throws, weights, p):
    return ch.coin_step.spoilt(
        "np.exp(joint - log_sum_exp(joint)[:, None])",
        "np.exp(joint - joint.max()) / np.exp(joint - joint.max()).sum(axis=0)",
    )(heads, throws, weights, p)


# ------------------------------------------------------------------------ 11a.8


def _many_by_covariance(x, share):
    variances = np.sort(np.linalg.eigvalsh(np.cov(x.T).reshape(x.shape[1], -1)))[::-1]
    return np.int64(np.searchsorted(np.cumsum(variances) / variances.sum(), share) + 1)


def _many_by_library(x, share):
    for n in range(1, min(x.shape) + 1):
        if library.pca(x, n).explained.sum() >= share:
            return n
    return None


def _many_by_error(x, share):
    d = x - x.mean(axis=0)
    Vt = np.linalg.svd(d, full_matrices=False)[2]
    n = 0
    while ((d - d @ Vt[:n].T @ Vt[:n]) ** 2).sum() > (1 - share) * (d**2).sum():
        n += 1
    return float(n)


def _many_by_products(x, share):
    d = x - x.mean(axis=0)
    values = np.linalg.eigvalsh(d @ d.T)[::-1]
    running = np.cumsum(values) / np.trace(d @ d.T)
    return int(np.argmax(running >= share)) + 1


# ------------------------------------------------------------------------ 11a.9


def _directions_all_at_once(x, n):
    d = x - x.mean(axis=0)
    U = np.random.default_rng(0).standard_normal((d.shape[1], n))
    for _ in range(300):
        U = np.linalg.qr(d.T @ (d @ U))[0]
    return U


def _directions_of_covariance(x, n):
    C = np.cov(x.T)
    found = []
    for _ in range(n):
        u = np.ones(len(C)) + 0.1 * np.arange(len(C))
        for _ in range(500):
            u = C @ u
            u = u / math.sqrt(u @ u)
        found.append(-u)
        C = C - (u @ C @ u) * np.outer(u, u)
    return np.array(found).T.tolist()


def _directions_by_squaring(x, n):
    d = x - x.mean(axis=0)
    found = np.zeros((d.shape[1], 0))
    for _ in range(n):
        C = d.T @ d
        for _ in range(12):
            C = C @ C
            C = C / np.trace(C)
        column = C[:, np.argmax(np.diag(C))]
        u = column / np.linalg.norm(column)
        found = np.column_stack([found, u])
        d = d - (d @ u)[:, None] * u
    return found


def _directions_orthogonal(x, n):
    d, W = x - np.mean(x, axis=0), np.zeros((x.shape[1], n))
    for i in range(n):
        u = np.random.default_rng(i + 5).standard_normal(x.shape[1])
        for _ in range(400):
            u = d.T @ (d @ u)
            u -= W @ (W.T @ u)
            u /= np.sqrt(np.sum(u**2))
        W[:, i] = u
    return W


def _directions_by_svd(x, n):
    return np.linalg.svd(x - x.mean(axis=0))[2][:n].T


def _directions_transposed(x, n):
    return ch.directions(x, n).T


# ----------------------------------------------------------------------- 11a.10


def _whiten_by_cholesky(x_train, x):
    L = np.linalg.cholesky(np.cov(x_train.T, bias=True))
    return np.linalg.solve(L, (x - x_train.mean(axis=0)).T).T


def _whiten_symmetric(x_train, x):
    variances, U = np.linalg.eigh(np.cov(x_train.T, ddof=0))
    return (x - x_train.mean(axis=0)) @ (U / np.sqrt(variances)) @ U.T


def _whiten_by_library(x_train, x):
    found = library.pca(x_train, x_train.shape[1])
    return found.encode(x) / found.variances**0.5


def _whiten_by_steps(x_train, x):
    z, new = x_train - x_train.mean(axis=0), x - x_train.mean(axis=0)
    for j in range(z.shape[1]):  # column by column, as Gram and Schmidt
        for i in range(j):
            share = (z[:, i] * z[:, j]).mean()
            z[:, j] -= share * z[:, i]
            new[:, j] -= share * new[:, i]
        size = z[:, j].std()
        z[:, j] /= size
        new[:, j] /= size
    return new.tolist()


def _whiten_by_n_minus_one(x_train, x):
    n = len(x_train)
    return ch.whiten(x_train, x) * math.sqrt((n - 1) / n)


def _whiten_cut(x_train, x):
    return ch.whiten(x_train, x)[:, :1]


# ----------------------------------------------------------------------- 11a.11


def _complete_by_normal_equations(x, mean, axes):
    filled = np.array(x)
    for n in range(len(x)):
        known = np.isfinite(x[n])
        A = axes[known]
        code = np.linalg.solve(A.T @ A, A.T @ (x[n] - mean)[known])
        filled[n] = np.where(known, x[n], mean + axes @ code)
    return filled


def _complete_by_turns(x, mean, axes):
    gaps = np.isnan(x)
    filled = np.where(gaps, mean, x)
    for _ in range(20_000):
        again = (filled - mean) @ axes @ axes.T + mean
        again = np.where(gaps, again, x)
        if np.abs(again - filled).max() < 1e-13:
            break
        filled = again
    return filled


def _complete_by_pinv(x, mean, axes):
    rows = []
    for row in x:
        code = np.linalg.pinv(axes * ~np.isnan(row)[:, None]) @ np.nan_to_num(
            row - mean
        )
        rows.append(np.where(np.isnan(row), axes @ code + mean, row))
    return np.array(rows)


def _complete_in_place(x, mean, axes):
    x[:] = ch.complete(x, mean, axes)
    return x


def _complete_from_mean(x, mean, axes):
    plain = np.where(np.isnan(x), mean, x)
    return np.where(np.isnan(x), (plain - mean) @ axes @ axes.T + mean, x)


# ----------------------------------------------------------------------- 11a.12


def _medoids_by_lists(distance, start):
    now = list(start)
    while True:
        clusters = [[] for _ in now]
        for n, row in enumerate(distance.tolist()):
            far = [row[m] for m in now]
            clusters[far.index(min(far))].append(n)
        new = [min(c, key=lambda i: sum(distance[i][j] for j in c)) for c in clusters]
        if new == now:
            return new
        now = new


def _medoids_by_masks(distance, start):
    now, before = np.asarray(start), None
    while before is None or (now != before).any():
        nearest = np.take(distance, now, axis=1).argmin(axis=1)
        before = now
        one_hot = np.eye(len(now))[nearest]
        sums = np.where(one_hot == 1, distance @ one_hot, np.inf)
        now = sums.argmin(axis=0)
    return tuple(now.tolist())


def _medoids_many_rounds(distance, start):
    now = np.array(start)
    for _ in range(50):
        labels = distance[now].argmin(axis=0)
        for j in range(len(now)):
            members = np.nonzero(labels == j)[0]
            now[j] = members[np.argmin(distance[members][:, members].mean(axis=0))]
    return now


def _medoids_in_place(distance, start):
    start[:] = ch.medoids(distance, start).tolist()
    return start


def _medoids_for_ever(distance, start):
    while True:
        start = list(start)


def _medoids_points(distance, start):
    now = ch.medoids(distance, start)
    return distance[:, now].argmin(axis=1)


# ---------------------------------------------------------------------- 11a.lab


def _em_by_library(x, means, steps):
    k = len(means)
    model = library.GaussianMixture(k, covariance="diagonal")
    start = np.full(k, 1 / k), means, np.tile(x.var(axis=0), (k, 1))
    history = []
    for _ in range(steps):
        history.append(model.fit(x, start=start, max_steps=1)[0])
        start = model.weights, model.means, model.covariances
    return model.weights, model.means, model.covariances, history


def _em_by_loops(x, means, steps):
    k, D = means.shape
    weights, variances = [1 / k] * k, np.clip([x.var(axis=0)] * k, 1e-6, None)
    history = np.zeros(steps)
    for step in range(steps):
        joint = np.empty((len(x), k))
        for j in range(k):
            log_p = -0.5 * D * math.log(2 * math.pi)
            log_p -= 0.5 * np.log(variances[j]).sum()
            log_p = log_p - 0.5 * ((x - means[j]) ** 2 / variances[j]).sum(axis=1)
            joint[:, j] = math.log(weights[j]) + log_p
        history[step] = np.logaddexp.reduce(joint, axis=1).sum()
        r = softmax(joint)
        weights = r.mean(axis=0)
        means = np.array([np.average(x, axis=0, weights=r[:, j]) for j in range(k)])
        variances = np.array(
            [
                np.maximum(
                    np.average((x - means[j]) ** 2, axis=0, weights=r[:, j]), 1e-6
                )
                for j in range(k)
            ]
        )
    return [weights, means, variances, history]


def _lab(*pieces):
    return lambda: ch.em.spoilt(*pieces)


def _em_three(x, means, steps):
    return ch.em(x, means, steps)[:3]


_FLOOR = "        variances = np.maximum(variances, 1e-6)\n"

WRONG = {
    "11a.1": [
        ("means of rows", lambda: lambda x: (x.mean(axis=1), x.mean(axis=1)), "shape"),
        ("no return", lambda: _no_return, "did you forget `return`"),
        ("one of them", lambda: lambda x: x.mean(axis=0), "expected a tuple"),
        ("one number", lambda: lambda x: (x.mean(), np.median(x)), "one number"),
        (
            "whole numbers",
            lambda: lambda x: (x.sum(0) // len(x), np.median(x, 0)),
            "decimals were cut off",
        ),
    ],
    "11a.2": [
        ("percent", lambda: 99.2, "not right"),
        ("a list", lambda: [0.9922], "a list of length 1"),
        ("rounded too far", lambda: 0.99, "not right"),
        ("with replacement", lambda: 0.5, "not right"),
    ],
    "11a.3": [
        ("loop", lambda: _distances_by_loops, "a loop"),
        ("all three axes", lambda: _distances_all_three, "32 MB"),
        (
            "below 0",
            lambda: ch.all_distances.spoilt("np.maximum(d, 0.0)", "d"),
            "below 0, by rounding",
        ),
        ("transposed", lambda: lambda x, c: ch.all_distances(c, x), "it is transposed"),
        ("means", lambda: lambda x, c: ch.all_distances(x, c) / x.shape[1], "expected"),
    ],
    "11a.4": [
        ("in place", lambda: _one_by_one_in_place, "changes its input `centres`"),
        ("a fixed rate", lambda: _one_by_one_rate, "is not right"),
        ("no return", lambda: _no_return, "did you forget `return`"),
        (
            "k-means to the end",
            lambda: lambda x, c: library.kmeans(x, len(c), start=c).centres,
            "not right",
        ),
        (
            "integers",
            lambda: ch.one_by_one.spoilt("astype(float)", "copy()"),
            "raised `UFunc",
        ),
    ],
    "11a.5": [
        ("per point", lambda: _bic_per_point, "is not right"),
        (
            "plus the penalty once",
            lambda: ch.bic.spoilt("-2 * log_likelihood", "-log_likelihood"),
            "is not right",
        ),
        (
            "log 10",
            lambda: ch.bic.spoilt("np.log(N)", "np.log10(N)"),
            "is not right",
        ),
        ("no means", lambda: ch.bic.spoilt(" + k * D", ""), "is not right"),
    ],
    "11a.6": [
        ("a small weight", lambda: _mixture_small, "expected"),
        (
            "a warning",
            lambda: lambda a, w: np.logaddexp.reduce(a + np.log(w), axis=1),
            "made NumPy warn",
        ),
        (
            "a column",
            lambda: lambda a, w: ch.log_mixture(a, w)[:, None],
            "too many",
        ),
        (
            "weights outside",
            lambda: ch.log_mixture.spoilt(
                "joint = log_p[:, some] + np.log(weights[some])",
                "joint = log_p[:, some] * weights[some]",
            ),
            "is not right",
        ),
        (
            "mean",
            lambda: ch.log_mixture.spoilt(".sum(axis=1)", ".mean(axis=1)"),
            "is not right",
        ),
    ],
    "11a.7": [
        ("the other axis", lambda: _coins_axis, "is not right"),
        (
            "one thing",
            lambda: lambda h, m, w, p: ch.coin_step(h, m, w, p)[1],
            "expected a tuple of length 2",
        ),
        (
            "counts",
            lambda: ch.coin_step.spoilt("return n / len(heads)", "return n"),
            "expected: 0.597395",
        ),
        (
            "tails",
            lambda: lambda h, m, w, p: (ch.coin_step(h, m, w, p)[0], 1 - p),
            "Right so far: `weights`",
        ),
        ("no return", lambda: _no_return, "did you forget `return`"),
    ],
    "11a.8": [
        (
            "the share",
            lambda: lambda x, share: library.pca(x, min(x.shape)).explained[0],
            "is not right",
        ),
        (
            "the other side",
            lambda: lambda x, share: ch.how_many(x.T, share),
            "The mean of each column is wanted",
        ),
        ("all", lambda: lambda x, share: min(x.shape), "is not right"),
        ("standardised", lambda: lambda x, s: ch.how_many(x / x.std(0), s), "warn"),
    ],
    "11a.9": [
        ("svd", lambda: _directions_by_svd, "uses `svd`: find a way without"),
        ("rows", lambda: _directions_transposed, "expected directions of shape"),
        (
            "whole numbers",
            lambda: lambda x, n: np.eye(x.shape[1])[:, :n].astype(int),
            "is not right",
        ),
        ("one", lambda: lambda x, n: ch.directions(x, 1)[:, 0], "directions of shape"),
        ("no return", lambda: _no_return, "did you forget `return`"),
    ],
    "11a.10": [
        ("by N - 1", lambda: _whiten_by_n_minus_one, "divided by N - 1"),
        ("a column", lambda: _whiten_cut, "expected whitened points of shape"),
        (
            "not turned back",
            lambda: ch.whiten.spoilt("@ Vt.T", "@ Vt"),
            "is not right",
        ),
        (
            "another mean",
            lambda: ch.whiten.spoilt("(x - mean)", "(x - x.mean(axis=0))"),
            "table of products of the other points",
        ),
    ],
    "11a.11": [
        ("in place", lambda: _complete_in_place, "changes its input `x`"),
        ("from the mean", lambda: _complete_from_mean, "is not right"),
        (
            "zeros",
            lambda: lambda x, mean, axes: np.nan_to_num(x),
            "is not right",
        ),
        ("nothing", lambda: lambda x, mean, axes: x, "holds `nan`"),
        ("no return", lambda: _no_return, "did you forget `return`"),
    ],
    "11a.12": [
        ("in place", lambda: _medoids_in_place, "changes its input `start`"),
        ("labels", lambda: _medoids_points, "axis 0 has length"),
        ("no end", lambda: _medoids_for_ever, "did not finish within"),
        ("the start", lambda: lambda distance, start: start, "is not right"),
        (
            "sorted",
            lambda: lambda d, s: np.sort(ch.medoids(d, s)),
            "is not right",
        ),
        (
            "the last of equally near ones",
            lambda: ch.medoids.spoilt(
                "distance[:, now].argmin(axis=1)",
                "len(now) - 1 - distance[:, now[::-1]].argmin(axis=1)",
            ),
            "is not right",
        ),
        (
            "the last among equals",
            lambda: ch.medoids.spoilt(
                "members[sums.argmin()]", "members[::-1][sums[::-1].argmin()]"
            ),
            "is not right",
        ),
    ],
    "11a.lab": [
        ("three things", lambda: _em_three, "expected a tuple of length 4"),
        (
            "divided along the wrong axis",
            _lab("sum(axis=0) / n[:, None]\n        v", "sum(axis=0) / n\n        v"),
            "raised ValueError",
        ),
        (
            "a larger floor",
            _lab("1e-6", "1e-2"),
            "is not right",
        ),
        (
            "weights after the sum",
            _lab(
                "        joint = joint + np.log(weights)  # (N, k)\n",
                "",
                "history.append(total.sum())",
                "history.append((total + np.log(1 / k)).sum())",
            ),
            "Right so far: the first log-likelihood",
        ),
        (
            "the weights themselves",
            _lab("+ np.log(weights)", "+ weights"),
            "The first log-likelihood",
        ),
        (
            "about the old means",
            _lab(
                "        squares = (x[:, None] - means) ** 2\n",
                "        squares = squares * variances\n",
            ),
            "is not right",
        ),
    ],
}
RIGHT = {
    "11a.1": [
        ("lists", lambda: _centres_by_lists),
        ("descent", lambda: _centres_by_descent),
        ("an array", lambda: lambda x: np.array([x.mean(0), np.median(x, axis=0)])),
        (
            "percentile",
            lambda: lambda x: [np.average(x, axis=0), np.percentile(x, 50, axis=0)],
        ),
        (
            "sorted",
            lambda: lambda x: (x.sum(0) / len(x), np.sort(x, axis=0)[len(x) // 2]),
        ),
    ],
    "11a.2": [
        ("rounded", lambda: 0.9922),
        ("float32", lambda: np.float32(0.992179)),
        ("an array", lambda: np.array(0.99218)),
        ("four cases", lambda: np.mean([145 / 146, 113 / 114, 113 / 114, 145 / 146])),
        ("the other way", lambda: 1 - (1 / 146 + 1 / 114) / 2),
    ],
    "11a.3": [
        ("einsum", lambda: _distances_by_einsum),
        ("centred", lambda: _distances_centred),
        ("one product", lambda: _distances_by_one_product),
        ("in place", lambda: _distances_in_place),
        (
            "transposed",
            lambda: lambda x, centres: ch.all_distances(centres, x).T,
        ),
    ],
    "11a.4": [
        ("sums", lambda: _one_by_one_sums),
        ("lists", lambda: _one_by_one_lists),
        ("weights", lambda: _one_by_one_weights),
        (
            "an iterator",
            lambda: ch.one_by_one.spoilt("for point in x", "for point in iter(x)"),
        ),
        (
            "abs",
            lambda: ch.one_by_one.spoilt("** 2)", "** 2 + 0)"),
        ),
    ],
    "11a.5": [
        ("counting", lambda: _bic_by_counting),
        ("NumPy", lambda: lambda *a: np.array(ch.bic(*a))),
        (
            "by shapes",
            lambda: (
                lambda L, N, D, k, c: (
                    np.log(N)
                    * (
                        {"full": np.tri(D).sum(), "diagonal": D, "spherical": 1}[c] * k
                        + k * (D + 1)
                        - 1
                    )
                    - 2 * L
                )
            ),
        ),
        (
            "binomials",
            lambda: ch.bic.spoilt(
                "D * (D + 1) / 2", "__import__('math').comb(D + 1, 2)"
            ),
        ),
        ("log2", lambda: ch.bic.spoilt("np.log(N)", "(np.log2(N) / np.log2(np.e))")),
    ],
    "11a.6": [
        ("NumPy's own", lambda: _mixture_by_numpy),
        ("rows", lambda: _mixture_by_rows),
        ("quietly", lambda: _mixture_quietly),
        ("two by two", lambda: _mixture_two_by_two),
        ("weights outside", lambda: _mixture_of_weights),
    ],
    "11a.7": [
        ("loops", lambda: _coins_by_loops),
        ("odds", lambda: _coins_by_odds),
        ("with the orders", lambda: _coins_with_orders),
        ("throw by throw", lambda: _coins_throw_by_throw),
        ("an array", lambda: lambda *a: np.array(ch.coin_step(*a))),
    ],
    "11a.8": [
        ("covariance", lambda: _many_by_covariance),
        ("library", lambda: _many_by_library),
        ("error, a float", lambda: _many_by_error),
        ("products of rows", lambda: _many_by_products),
        (
            "an array",
            lambda: lambda x, share: np.array(ch.how_many(x, share), dtype=np.int8),
        ),
    ],
    "11a.9": [
        ("all at once", lambda: _directions_all_at_once),
        ("covariance, a list", lambda: _directions_of_covariance),
        ("squaring", lambda: _directions_by_squaring),
        ("orthogonal", lambda: _directions_orthogonal),
        ("float32", lambda: lambda x, n: np.float32(ch.directions(x, n))),
    ],
    "11a.10": [
        ("Cholesky", lambda: _whiten_by_cholesky),
        ("symmetric", lambda: _whiten_symmetric),
        ("library", lambda: _whiten_by_library),
        ("column by column, a list", lambda: _whiten_by_steps),
        ("mirrored", lambda: lambda x_train, x: -ch.whiten(x_train, x)[:, ::-1]),
        ("float32", lambda: lambda x_train, x: np.float32(ch.whiten(x_train, x))),
    ],
    "11a.11": [
        ("normal equations", lambda: _complete_by_normal_equations),
        ("by turns", lambda: _complete_by_turns),
        ("pinv", lambda: _complete_by_pinv),
        ("column order", lambda: lambda *a: np.asfortranarray(ch.complete(*a))),
        (
            "row by row",
            lambda: (
                lambda x, mean, axes: np.concatenate(
                    [ch.complete(row[None], mean, axes) for row in x]
                )
            ),
        ),
    ],
    "11a.12": [
        ("lists", lambda: _medoids_by_lists),
        ("masks, a tuple", lambda: _medoids_by_masks),
        ("many rounds", lambda: _medoids_many_rounds),
        ("floats", lambda: lambda d, s: ch.medoids(d, s).astype(float)),
        ("int8", lambda: lambda d, s: ch.medoids(d, s).astype(np.int8)),
    ],
    "11a.lab": [
        ("the library", lambda: _em_by_library),
        ("loops", lambda: _em_by_loops),
        ("clip", _lab("np.maximum(variances, 1e-6)", "variances.clip(1e-6)")),
        (
            "moments",
            _lab(
                "squares = (x[:, None] - means) ** 2\n",
                "squares = x[:, None] ** 2 - 2 * x[:, None] * means + means**2\n",
            ),
        ),
        (
            "the weights outside the logarithm",
            _lab(
                "        joint = joint + np.log(weights)  # (N, k)\n",
                "        joint += np.log(weights[None])\n",
            ),
        ),
    ],
}
