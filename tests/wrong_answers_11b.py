"""Answers to chapter 11b's exercises: wrong ones, and right ones in unusual form."""

import itertools
import math

import numpy as np

from dlscratch.exercises import chapter11b as ch
from dlscratch.functions import sigmoid, softmax
from dlscratch.generative import RBM, Diffusion, kl_to_standard
from dlscratch.gradients import numerical_gradient


def _no_return(*args):
    sum(1 for _ in args)


def _machine(W, a, b):
    rbm = RBM(*W.shape, init=lambda shape, rng: np.array(W))
    rbm.a.value, rbm.b.value = a, b
    return rbm


def _rows(n):
    return np.array(list(itertools.product([0, 1], repeat=n)))


# ------------------------------------------------------------------------ 11b.1


def _likely_by_library(v1, h1, v2, h2, W, a, b):
    rbm = _machine(W, a, b)
    e1, e2 = rbm.energy(np.array([v1, v2]), np.array([h1, h2]))
    return float(np.exp(e2 - e1))


def _likely_by_loops(v1, h1, v2, h2, W, a, b):
    total = 0.0
    for sign, v, h in ((1, v1, h1), (-1, v2, h2)):
        for i, x in enumerate(v):
            total += sign * a[i] * x
            total += sign * sum(W[i, j] * x * y for j, y in enumerate(h))
        total += sign * sum(p * q for p, q in zip(b, h, strict=True))
    return math.exp(total)


def _likely_by_einsum(v1, h1, v2, h2, W, a, b):
    v, h = np.stack([v2, v1]), np.stack([h2, h1])
    minus = np.einsum("nd,dh,nh->n", v, W, h) + v @ a + h @ b
    return np.exp(np.diff(minus))[0]


def _likely_by_differences(v1, h1, v2, h2, W, a, b):
    together = np.sum(W * (np.outer(v1, h1) - np.outer(v2, h2)))
    return np.exp(together + a @ (v1 - v2) + b @ (h1 - h2))


# ------------------------------------------------------------------------ 11b.2


def _signs_by_states(v, W, a, b):
    h = 2 * _rows(len(b)) - 1
    return -np.logaddexp.reduce((v @ W + b) @ h.T, axis=1) - v @ a


def _signs_by_absolute(v, W, a, b):
    z = abs(v @ W + b)
    return -((z + np.log1p(np.exp(-2 * z))).sum(axis=-1) + v @ a)


def _signs_by_loops(v, W, a, b):
    out = np.zeros(len(v))
    for n, row in enumerate(v):
        out[n] -= np.dot(a, row)
        for j in range(W.shape[1]):
            z = row @ W[:, j] + b[j]
            out[n] -= np.logaddexp(z, -z)
    return out


def _signs_by_softplus(v, W, a, b):
    z = v @ W + b
    return (z - np.logaddexp(0, 2 * z)) @ np.ones(len(b)) - v @ a


# ------------------------------------------------------------------------ 11b.3


def _blot_by_loops(v, known, W, a, b):
    total, ones = -np.inf, np.full(len(v), -np.inf)
    for state in itertools.product((0.0, 1.0), repeat=int(np.sum(~known))):
        picture = np.array(v, dtype=float)
        picture[~known] = state
        minus = picture @ a + np.logaddexp(0, b + picture @ W).sum()
        total = np.logaddexp(total, minus)
        ones = np.where(picture == 1, np.logaddexp(ones, minus), ones)
    return np.exp(ones - total)


def _blot_by_library(v, known, W, a, b):
    rows = _rows(len(v))
    rows = rows[(rows == v)[:, known].all(axis=1)]
    return softmax(-_machine(W, a, b).free_energy(rows)) @ rows


def _blot_by_all_states(v, known, W, a, b):
    rows, h = _rows(len(v)), _rows(len(b))
    rows = rows[np.all(rows[:, known] == v[known], axis=1)]
    minus = rows @ W @ h.T + (rows @ a)[:, None] + h @ b
    p = np.exp(minus - minus.max())
    return (p.sum(axis=1) @ rows) / p.sum()


def _blot_in_place(v, known, W, a, b):
    v[:] = ch.fill_in(v, known, W, a, b)
    return v


def _blot_one_by_one(v, known, W, a, b):
    """Treat each unknown unit as if it were alone, the others as they stand."""
    p = v.copy()
    for i in np.flatnonzero(~known):
        alone = np.arange(len(v)) != i
        p[i] = ch.fill_in(v, alone, W, a, b)[i]
    return p


# ------------------------------------------------------------------------ 11b.4


def _sweep_by_library(v, u_h, u_v, W, a, b):
    rbm = _machine(W, a, b)
    h = np.where(u_h < rbm.hidden(v), 1, 0)
    return [h, np.where(u_v < rbm.visible(h), 1, 0)]


def _sweep_in_booleans(v, u_h, u_v, W, a, b):
    h = sigmoid(v @ W + b) > u_h
    return h, sigmoid(h @ W.T + a) > u_v


def _sweep_by_loops(v, u_h, u_v, W, a, b):
    h, new = np.zeros(u_h.shape), np.zeros(u_v.shape)
    for n in range(len(v)):
        for j in range(len(b)):
            h[n, j] = u_h[n, j] < sigmoid(v[n] @ W[:, j] + b[j])
        for i in range(len(a)):
            new[n, i] = u_v[n, i] < sigmoid(W[i] @ h[n] + a[i])
    return h, new


def _sweep_by_logits(v, u_h, u_v, W, a, b):
    h = (v @ W + b > np.log(u_h / (1 - u_h))).astype(np.float32)
    return h, (np.einsum("nh,dh->nd", h, W) + a > np.log(u_v / (1 - u_v))).astype(int)


def _sweep_by_floor(v, u_h, u_v, W, a, b):
    h = np.floor(sigmoid(v @ W + b) - u_h) + 1
    return h, np.floor(sigmoid(h @ W.T + a) - u_v) + 1


# ------------------------------------------------------------------------ 11b.5


def _kl_by_integral(m1, s1, m2, s2):
    t = np.linspace(-9, 9, 4001)
    z = m1[..., None] + s1[..., None] * t
    log_ratio = np.log(s2 / s1)[..., None] - t**2 / 2
    log_ratio = log_ratio + ((z - m2[..., None]) / s2[..., None]) ** 2 / 2
    p = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return ((p * log_ratio).sum(axis=-1) * (t[1] - t[0])).sum(axis=-1)


def _kl_by_library(m1, s1, m2, s2):
    return kl_to_standard((m1 - m2) / s2, 2 * np.log(s1 / s2))


def _kl_by_loops(m1, s1, m2, s2):
    out = []
    for row in zip(m1, s1, m2, s2, strict=True):
        out.append(
            sum(
                math.log(d / b) - 0.5 + (b**2 + (a - c) ** 2) / (2 * d**2)
                for a, b, c, d in zip(*row, strict=True)
            )
        )
    return np.array(out)


def _kl_by_variances(m1, s1, m2, s2):
    v1, v2 = s1**2, s2**2
    terms = np.log(v2) - np.log(v1) + v1 / v2 + (m2 - m1) ** 2 / v2
    return 0.5 * (terms.sum(-1) - m1.shape[1])


# ------------------------------------------------------------------------ 11b.6


def _bound_by_density(x, y, mean, log_variance, sigma):
    log_p = -0.5 * ((x - y) / sigma) ** 2 - 0.5 * np.log(2 * np.pi * sigma**2)
    kl = kl_to_standard(mean, log_variance)
    return -np.sum(log_p, axis=1).mean(), np.average(kl)


def _bound_as_list(x, y, mean, log_variance, sigma):
    r, k = 0.0, 0.0
    for n in range(len(x)):
        for i in range(x.shape[1]):
            r += (x[n, i] - y[n, i]) ** 2 / (2 * sigma**2)
            r += math.log(sigma) + math.log(2 * math.pi) / 2
        for m, lv in zip(mean[n], log_variance[n], strict=True):
            k += (m**2 + math.exp(lv) - 1 - lv) / 2
    return [r / len(x), k / len(x)]


def _bound_as_array(x, y, mean, log_variance, sigma):
    return np.array(ch.bound_terms(x, y, mean, log_variance, sigma))


def _bound_by_means(x, y, mean, log_variance, sigma):
    D, L = x.shape[1], mean.shape[1]
    r = D * np.mean((x - y) ** 2) / (2 * sigma**2) + D / 2 * np.log(
        2 * np.pi * sigma**2
    )
    kl = L * np.mean(mean**2 + np.expm1(log_variance) - log_variance) / 2
    return r, kl


def _bound_in_one(x, y, mean, log_variance, sigma):
    return sum(ch.bound_terms(x, y, mean, log_variance, sigma))


def _bound_swapped(*args):
    return ch.bound_terms(*args)[::-1]


# ------------------------------------------------------------------------ 11b.7


def _ways_by_differences(f, df, mean, log_variance, eps):
    h = 1e-5

    def at(m, lv, e):
        return f(m + np.exp(lv / 2) * e)

    def log_q(m, lv, z):
        return -((z - m) ** 2) / (2 * np.exp(lv)) - lv / 2

    z = mean + np.exp(log_variance / 2) * eps
    moves = ((h, 0), (0, h))
    path = [
        (at(mean + p, log_variance + q, eps) - at(mean - p, log_variance - q, eps))
        / (2 * h)
        for p, q in moves
    ]
    score = [
        f(z)
        * (log_q(mean + p, log_variance + q, z) - log_q(mean - p, log_variance - q, z))
        / (2 * h)
        for p, q in moves
    ]
    return np.array(path), np.array(score)


def _ways_by_loops(f, df, mean, log_variance, eps):
    path, score = np.zeros((2, len(eps))), np.zeros((2, len(eps)))
    var = math.exp(log_variance)
    for n, e in enumerate(eps):
        z = mean + math.sqrt(var) * e
        path[:, n] = df(z), df(z) * (z - mean) / 2
        score[:, n] = f(z) * (z - mean) / var, f(z) * ((z - mean) ** 2 / var - 1) / 2
    return [path, score]


def _ways_as_lists(f, df, mean, log_variance, eps):
    return [list(way) for way in ch.two_ways(f, df, mean, log_variance, eps)]


def _ways_transposed(*args):
    return [way.T for way in ch.two_ways(*args)]


def _ways_swapped(*args):
    return ch.two_ways(*args)[::-1]


def _ways_averaged(*args):
    return [way.mean(axis=1) for way in ch.two_ways(*args)]


# ------------------------------------------------------------------------ 11b.8


def _enough_by_loop(betas, limit):
    kept = 1.0
    for t, beta in enumerate(betas, 1):
        kept *= 1 - beta
        if kept <= limit * (1 - kept):
            return t
    return 0


def _enough_by_flatnonzero(betas, limit):
    kept = Diffusion(betas).alpha_bar
    found = np.flatnonzero(kept[1:] / (1 - kept[1:]) <= limit)
    return np.append(found + 1, 0)[0]


def _enough_by_count(betas, limit):
    kept = np.exp(np.cumsum(np.log1p(-betas)))
    n = np.sum(kept > limit * (1 - kept)) + 1  # the ratio only falls
    return n if n <= len(betas) else 0


def _enough_by_threshold(betas, limit):
    kept = np.cumprod(1 - betas)
    return next((t + 1 for t in range(len(kept)) if kept[t] <= limit / (1 + limit)), 0)


# ------------------------------------------------------------------------ 11b.9


def _class_by_loops(x_t, kept, data, labels, K):
    p = np.zeros((len(x_t), K))
    for n, row in enumerate(x_t):
        w = softmax(-((row - kept**0.5 * data) ** 2).sum(axis=1) / (2 - 2 * kept))
        for weight, k in zip(w, labels, strict=True):
            p[n, k] += weight
    return p


def _class_by_denoiser(x_t, kept, data, labels, K):
    marked = np.hstack([data, np.zeros((len(data), K))])
    log_w = (kept**0.5 * x_t @ data.T - kept * (data**2).sum(axis=1) / 2) / (1 - kept)
    marked[:, data.shape[1] :] = np.eye(K)[labels]
    return (softmax(log_w) @ marked)[:, data.shape[1] :]


def _class_by_logs(x_t, kept, data, labels, K):
    away = ((x_t[:, None] - kept**0.5 * data) ** 2).sum(axis=2) / (2 * (1 - kept))
    p = np.full((len(x_t), K), -np.inf)
    for k in set(labels.tolist()):
        p[:, k] = np.logaddexp.reduce(-away[:, labels == k], axis=1)
    return np.exp(p - np.logaddexp.reduce(p, axis=1, keepdims=True))


def _class_by_masks(x_t, kept, data, labels, K):
    to = np.sqrt(kept) * data - x_t[:, None]
    log_w = -(to**2).sum(axis=2) / (2 * (1 - kept))
    w = softmax(log_w)
    return np.stack([w[:, labels == k].sum(axis=1) for k in range(K)], axis=1)


def _class_likeliest(*args):
    return ch.class_in_noise(*args).argmax(axis=1)


def _class_transposed(*args):
    return ch.class_in_noise(*args).T


# ----------------------------------------------------------------------- 11b.10


def _copies_by_norm(samples, train, test):
    limit = min(np.linalg.norm(train - row, axis=1).min() for row in test)
    found = [np.linalg.norm(train - row, axis=1).min() < limit for row in samples]
    return sum(found) / len(found)


def _copies_by_any(samples, train, test):
    away = np.linalg.norm(samples[:, None] - train, axis=2)
    limit = np.linalg.norm(test[:, None] - train, axis=2).min()
    return (away < limit).any(axis=1).mean()


def _copies_by_products(samples, train, test):
    def nearest(x):
        away = (x**2).sum(1)[:, None] + (train**2).sum(1) - 2 * x @ train.T
        return np.sqrt(np.maximum(away, 0)).min(axis=1)

    return float(np.count_nonzero(nearest(samples) < min(nearest(test))) / len(samples))


def _copies_count(samples, train, test):
    return ch.copies(samples, train, test) * len(samples)


def _copies_by_sums(samples, train, test):
    limit = abs(test[:, None] - train).sum(axis=2).min()
    return (abs(samples[:, None] - train).sum(axis=2).min(axis=1) < limit).mean()


def _copies_of_test(samples, train, test):
    limit = np.linalg.norm(test[:, None] - train, axis=2).min()
    both = np.linalg.norm(samples[:, None] - np.append(train, test, 0), axis=2)
    return (both.min(axis=1) < limit).mean()


# ----------------------------------------------------------------------- 11b.11


def _back_by_library(x_t, eps, t, betas):
    diffusion = Diffusion(betas)
    kept = diffusion.alpha_bar[t]
    return diffusion.posterior(x_t, (x_t - (1 - kept) ** 0.5 * eps) / kept**0.5, t)


def _back_as_in_the_paper(x_t, eps, t, betas):
    kept = np.cumprod(1 - betas)
    before = kept[t - 2] if t > 1 else 1.0
    mean = x_t - betas[t - 1] / np.sqrt(1 - kept[t - 1]) * eps
    variance = betas[t - 1] * (1 - before) / (1 - kept[t - 1])
    return [mean / np.sqrt(1 - betas[t - 1]), float(variance)]


def _back_by_precisions(x_t, eps, t, betas):
    now, before = np.prod(1 - betas[:t]), np.prod(1 - betas[: t - 1])
    x0, beta = (x_t - np.sqrt(1 - now) * eps) / np.sqrt(now), betas[t - 1]
    if t == 1:
        return x0, 0
    one, two = 1 / (1 - before), (1 - beta) / beta
    mean = np.sqrt(before) * x0 * one + np.sqrt(1 - beta) / beta * x_t
    return mean / (one + two), 1 / (one + two)


def _back_from_the_next(x_t, eps, t, betas):
    return ch.back.spoilt("betas[t - 1]", "betas[t % len(betas)]")(x_t, eps, t, betas)


def _back_mean_alone(*args):
    return ch.back(*args)[0]


# ----------------------------------------------------------------------- 11b.12


def _leaps_by_recursion(predict_x0, x, steps, kept):
    if len(steps) == 1:
        return x
    t, s, *_ = steps
    x0 = predict_x0(x, t)
    ratio = np.sqrt((1 - kept[s]) / (1 - kept[t]))
    x = ratio * x + (np.sqrt(kept[s]) - ratio * np.sqrt(kept[t])) * x0
    return _leaps_by_recursion(predict_x0, x, steps[1:], kept)


def _leaps_by_pairs(predict_x0, x, steps, kept):
    for t, s in itertools.pairwise(steps):
        x0 = predict_x0(x, t)
        eps = (x - kept[t] ** 0.5 * x0) / (1 - kept[t]) ** 0.5
        x = Diffusion(1 - kept[1:] / kept[:-1]).noise(x0, s, eps)
    return x


def _leaps_by_pop(predict_x0, x, steps, kept):
    steps, x = list(steps), np.array(x)
    t = steps.pop(0)
    while steps:
        s, x0 = steps.pop(0), predict_x0(x, t)
        eps = (x - np.sqrt(kept[t]) * x0) / np.sqrt(1 - kept[t])
        x, t = np.sqrt(kept[s]) * x0 + np.sqrt(1 - kept[s]) * eps, s
    return x


def _leaps_by_all_steps(predict_x0, x, steps, kept):
    every = list(range(steps[0], steps[-1] - 1, -1))
    return ch.leaps(predict_x0, x, every, kept)


def _leaps_asks_at_the_end(predict_x0, x, steps, kept):
    x = ch.leaps(predict_x0, x, steps, kept)
    predict_x0(x, steps[-1])
    return x


def _leaps_by_popping_theirs(predict_x0, x, steps, kept):
    t = steps.pop(0)
    while steps:
        s, x0 = steps.pop(0), predict_x0(x, t)
        eps = (x - np.sqrt(kept[t]) * x0) / np.sqrt(1 - kept[t])
        x, t = np.sqrt(kept[s]) * x0 + np.sqrt(1 - kept[s]) * eps, s
    return x


def _leaps_in_place(predict_x0, x, steps, kept):
    for t, s in itertools.pairwise(steps):
        x0 = predict_x0(x, t)
        x -= np.sqrt(kept[t]) * x0
        x *= np.sqrt((1 - kept[s]) / (1 - kept[t]))
        x += np.sqrt(kept[s]) * x0
    return x


# ----------------------------------------------------------------------- 11b.13


def _log_density(x, kept, data):
    away = ((x - np.sqrt(kept) * data) ** 2).sum(axis=1)
    return np.logaddexp.reduce(-away / (2 * (1 - kept)))


def _score_by_differences(x, kept, data):
    h = 1e-4 * max(1.0, abs(x).max() / 10)
    return np.array(
        [
            numerical_gradient(lambda row: _log_density(row, kept, data), row, h)
            for row in x
        ]
    )


def _score_by_denoiser(x, kept, data):
    guess = Diffusion([1 - kept]).exact_denoiser(x, 1, data)
    return (np.sqrt(kept) * guess - x) / (1 - kept)


def _score_by_loops(x, kept, data):
    out = []
    for row in x:
        to = np.sqrt(kept) * data - row
        w = softmax(-(to**2).sum(axis=1) / (2 * (1 - kept)))
        out.append(w @ to / (1 - kept))
    return np.array(out)


def _score_by_einsum(x, kept, data):
    to = np.sqrt(kept) * data[None] - x[:, None]
    log_p = np.einsum("nmd,nmd->nm", to, to) / (-2 * (1 - kept))
    w = np.exp(log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True))
    return np.einsum("nm,nmd->nd", w, to) / (1 - kept)


def _score_of_density(x, kept, data):
    """Return the gradient of p in place of that of its logarithm."""
    p = np.exp([_log_density(row, kept, data) for row in x])
    return ch.score(x, kept, data) * p[:, None]


# ---------------------------------------------------------------------- 11b.lab


def _draw_by_library(predict_x0, shape, betas, rng):
    return Diffusion(betas).sample(predict_x0, shape, rng)


def _draw_all_noise_first(predict_x0, shape, betas, rng):
    T, diffusion = len(betas), Diffusion(betas)
    noise = rng.standard_normal((T, *shape))
    x = rng.normal(0, 1, shape)
    for t in reversed(range(1, T + 1)):
        mean, variance = diffusion.posterior(x, predict_x0(x, t), t)
        x = (
            rng.normal(mean, variance**0.5)
            if t % 2
            else mean + variance**0.5 * noise[-t]
        )
    return x


def _draw_not_at_the_end(predict_x0, shape, betas, rng):
    kept = np.cumprod(1 - betas)
    x, t = rng.standard_normal(shape), len(betas)
    while t > 1:
        beta, now, before = betas[t - 1], kept[t - 1], kept[t - 2]
        mean = np.sqrt(before) * beta * predict_x0(x, t)
        mean += np.sqrt(1 - beta) * (1 - before) * x
        std = np.sqrt(beta * (1 - before) / (1 - now))
        x = mean / (1 - now) + std * rng.standard_normal(shape)
        t -= 1
    return predict_x0(x, 1)


def _draw_number_by_number(predict_x0, shape, betas, rng):
    def normal(size):
        u, v = rng.random((2, *size))
        return np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)

    x, diffusion = normal(shape), Diffusion(betas)
    for t in range(len(betas), 0, -1):
        mean, variance = diffusion.posterior(x, predict_x0(x, t), t)
        x = mean + math.sqrt(variance) * normal(shape)
    return x


def _draw_steps_from_zero(predict_x0, shape, betas, rng):
    return ch.draw(lambda x, t: predict_x0(x, t - 1), shape, betas, rng)


def _draw_one_sample(predict_x0, shape, betas, rng):
    return ch.draw(predict_x0, (1, *shape[1:]), betas, rng)


def _draw_by_its_own_chance(predict_x0, shape, betas, rng):
    return ch.draw(predict_x0, shape, betas, np.random.default_rng(8))


def _lab(*pieces):
    return lambda: ch.draw.spoilt(*pieces)


SILENT = ("returns nothing", lambda: _no_return, "returned nothing")

WRONG = {
    "11b.1": [SILENT],
    "11b.2": [
        SILENT,
        (
            "transposed",
            lambda: lambda v, W, a, b: ch.free_energy_of_signs(v, W.T, a, b),
            "raised ValueError",
        ),
        (
            "one hidden unit",
            lambda: ch.free_energy_of_signs.spoilt(".sum(axis=1)", "[:, 0]"),
            "is not right",
        ),
    ],
    "11b.3": [
        SILENT,
        ("one by one", lambda: _blot_one_by_one, "is not right"),
        ("in place", lambda: _blot_in_place, "changes its input v"),
        (
            "only the unknown ones",
            lambda: lambda v, known, *more: ch.fill_in(v, known, *more)[~known],
            "expected an array of shape",
        ),
        (
            "energies without hidden units",
            lambda: ch.fill_in.spoilt(
                " + np.logaddexp(0, b + every @ W).sum(axis=1)", ""
            ),
            "is not right",
        ),
    ],
    "11b.4": [
        SILENT,
        (
            "only the new v",
            lambda: lambda *args: ch.sweep(*args)[1],
            "expected a tuple of length 2",
        ),
        (
            "other order",
            lambda: lambda *args: ch.sweep(*args)[::-1],
            "in the result of sweep",
        ),
        (
            "old v kept",
            lambda: lambda v, *more: (ch.sweep(v, *more)[0], v),
            "is not right",
        ),
        (
            "not transposed",
            lambda: ch.sweep.spoilt("h @ W.T", "h @ W"),
            "raised ValueError",
        ),
    ],
    "11b.5": [
        SILENT,
        (
            "symmetric",
            lambda: lambda a, b, c, d: (ch.kl(a, b, c, d) + ch.kl(c, d, a, b)) / 2,
            "is not right",
        ),
        (
            "to the standard",
            lambda: lambda a, b, c, d: kl_to_standard(a, 2 * np.log(b)),
            "is not right",
        ),
        (
            "one number",
            lambda: ch.kl.spoilt("sum(axis=1)", "sum()"),
            "expected an array of shape",
        ),
    ],
    "11b.6": [
        SILENT,
        ("the sum of both", lambda: _bound_in_one, "expected a tuple of length 2"),
        ("swapped", lambda: _bound_swapped, "The reconstruction of"),
        (
            "the bound itself",
            lambda: lambda *args: tuple(-np.array(ch.bound_terms(*args))),
            "is not right",
        ),
        (
            "KL of each example",
            lambda: ch.bound_terms.spoilt("kl.sum() / (2 * N)", "kl.sum(axis=1) / 2"),
            "The KL term of bound_terms is an array",
        ),
    ],
    "11b.7": [
        SILENT,
        ("transposed", lambda: _ways_transposed, "it is transposed"),
        ("swapped", lambda: _ways_swapped, "The estimate through z"),
        ("averaged", lambda: _ways_averaged, "expected an array of shape"),
        (
            "only one",
            lambda: lambda *args: ch.two_ways(*args)[0],
            "expected an array of shape",
        ),
    ],
    "11b.8": [
        SILENT,
        (
            "the ratio",
            lambda: lambda betas, limit: np.cumprod(1 - betas)[-1],
            "is not right",
        ),
        (
            "None where there is none",
            lambda: lambda betas, limit: ch.enough_noise(betas, limit) or None,
            "returned nothing",
        ),
    ],
    "11b.9": [
        SILENT,
        ("the likeliest class", lambda: _class_likeliest, "expected an array of shape"),
        ("transposed", lambda: _class_transposed, "transposed"),
        (
            "only the classes that are there",
            lambda: (
                lambda x, kept, data, labels, K: ch.class_in_noise(
                    x,
                    kept,
                    data,
                    np.unique(labels, return_inverse=True)[1],
                    len({*labels}),
                )
            ),
            "expected an array of shape",
        ),
    ],
    "11b.10": [
        SILENT,
        ("count", lambda: _copies_count, "is not right"),
        ("copies of test pictures, too", lambda: _copies_of_test, "is not right"),
        ("sums of differences", lambda: _copies_by_sums, "is not right"),
    ],
    "11b.11": [
        SILENT,
        ("the next beta", lambda: _back_from_the_next, "The mean of back is not right"),
        ("mean alone", lambda: _back_mean_alone, "expected a tuple of length 2"),
        (
            "beta beyond the end",
            lambda: ch.back.spoilt("betas[t - 1]", "betas[t]"),
            "raised IndexError",
        ),
    ],
    "11b.12": [
        SILENT,
        ("every step", lambda: _leaps_by_all_steps, "it asked predict_x0 at the steps"),
        (
            "asks at the last stop",
            lambda: _leaps_asks_at_the_end,
            "it asked predict_x0 at",
        ),
        ("in place", lambda: _leaps_in_place, "changes its input x"),
        ("pops", lambda: _leaps_by_popping_theirs, "changes its input steps"),
        (
            "only the first leap",
            lambda: lambda f, x, steps, kept: ch.leaps(f, x, steps[:2], kept),
            "where [10, 7, 3] were expected",
        ),
    ],
    "11b.13": [
        SILENT,
        ("of the density", lambda: _score_of_density, "is not right"),
        (
            "variance not halved",
            lambda: ch.score.spoilt("(2 * (1 - kept))", "(1 - kept)"),
            "is not right",
        ),
        (
            "softmax over the rows",
            lambda: ch.score.spoilt("w / w.sum(axis=1", "w / w.sum(axis=0"),
            "made NumPy warn",
        ),
    ],
    "11b.lab": [
        SILENT,
        (
            "steps from 0",
            lambda: _draw_steps_from_zero,
            "expected a step from 1 to 50, got 0",
        ),
        (
            "chance of its own",
            lambda: _draw_by_its_own_chance,
            "chance must come from rng alone",
        ),
        ("one sample", lambda: _draw_one_sample, "predict_x0 expected x of shape"),
        (
            "noise halved",
            _lab("np.sqrt(variance) * noise", "np.sqrt(variance) / 2 * noise"),
            "The spread of draw is not right",
        ),
        (
            "one noise for a row",
            _lab(
                "        noise = rng.standard_normal(shape)",
                "        noise = rng.standard_normal((shape[0], 1))",
            ),
            "The correlation of the two columns",
        ),
    ],
}

RIGHT = {
    "11b.1": [
        ("library", lambda: _likely_by_library),
        ("loops", lambda: _likely_by_loops),
        ("einsum", lambda: _likely_by_einsum),
        ("differences", lambda: _likely_by_differences),
    ],
    "11b.2": [
        ("all states", lambda: _signs_by_states),
        ("absolute", lambda: _signs_by_absolute),
        ("loops", lambda: _signs_by_loops),
        ("softplus", lambda: _signs_by_softplus),
    ],
    "11b.3": [
        ("loops", lambda: _blot_by_loops),
        ("library", lambda: _blot_by_library),
        ("all states", lambda: _blot_by_all_states),
    ],
    "11b.4": [
        ("library", lambda: _sweep_by_library),
        ("booleans", lambda: _sweep_in_booleans),
        ("loops", lambda: _sweep_by_loops),
        ("logits", lambda: _sweep_by_logits),
        ("floor", lambda: _sweep_by_floor),
    ],
    "11b.5": [
        ("integral", lambda: _kl_by_integral),
        ("library", lambda: _kl_by_library),
        ("loops", lambda: _kl_by_loops),
        ("variances", lambda: _kl_by_variances),
    ],
    "11b.6": [
        ("density", lambda: _bound_by_density),
        ("list", lambda: _bound_as_list),
        ("array", lambda: _bound_as_array),
        ("means", lambda: _bound_by_means),
    ],
    "11b.7": [
        ("differences", lambda: _ways_by_differences),
        ("loops", lambda: _ways_by_loops),
        ("lists", lambda: _ways_as_lists),
        ("one array", lambda: lambda *args: np.array(ch.two_ways(*args))),
    ],
    "11b.8": [
        ("loop", lambda: _enough_by_loop),
        ("flatnonzero", lambda: _enough_by_flatnonzero),
        ("count", lambda: _enough_by_count),
        ("threshold", lambda: _enough_by_threshold),
    ],
    "11b.9": [
        ("loops", lambda: _class_by_loops),
        ("denoiser", lambda: _class_by_denoiser),
        ("logarithms", lambda: _class_by_logs),
        ("masks", lambda: _class_by_masks),
    ],
    "11b.10": [
        ("norm", lambda: _copies_by_norm),
        ("any", lambda: _copies_by_any),
        ("products", lambda: _copies_by_products),
    ],
    "11b.11": [
        ("library", lambda: _back_by_library),
        ("as in the paper", lambda: _back_as_in_the_paper),
        ("precisions", lambda: _back_by_precisions),
    ],
    "11b.12": [
        ("recursion", lambda: _leaps_by_recursion),
        ("pairs", lambda: _leaps_by_pairs),
        ("pop", lambda: _leaps_by_pop),
    ],
    "11b.13": [
        ("denoiser", lambda: _score_by_denoiser),
        ("loops", lambda: _score_by_loops),
        ("einsum", lambda: _score_by_einsum),
    ],
    "11b.lab": [
        ("library", lambda: _draw_by_library),
        ("all noise first", lambda: _draw_all_noise_first),
        ("not at the end", lambda: _draw_not_at_the_end),
        ("Box and Muller", lambda: _draw_number_by_number),
        (
            "normal",
            _lab(
                "noise = rng.standard_normal(shape)",
                "noise = rng.normal(0, np.sqrt(variance), shape)",
                "np.sqrt(variance) * noise",
                "noise",
            ),
        ),
    ],
}
