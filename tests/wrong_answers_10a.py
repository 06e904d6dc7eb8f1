"""Answers to chapter 10a's exercises: wrong ones, and right ones in unusual form."""

import math
from functools import reduce

import numpy as np

from dlscratch import autograd, datasets, recurrent
from dlscratch.autograd import Tensor, grad
from dlscratch.exercises import chapter10a as ch
from dlscratch.functions import sigmoid, softmax
from dlscratch.layers import Parameter
from dlscratch.optimizers import clip_by_norm


def _no_return(*args):
    sum(1 for _ in args)


# ------------------------------------------------------------------------ 10a.2


def _bias_by_bisection(share, steps):
    low, high = -50.0, 50.0
    for _ in range(100):
        middle = (low + high) / 2
        if (1 / (1 + math.exp(-middle))) ** steps < share:
            low = middle
        else:
            high = middle
    return low


def _bias_without_cancellation(share, steps):
    rate = -math.log(share) / steps
    return -rate - math.log(-math.expm1(-rate))


def _bias_by_newton(share, steps):
    b = 0.0
    for _ in range(60):
        f = sigmoid(b)
        b += (math.log(share) / steps - np.log(f)) / (1 - f)
    return b


# ------------------------------------------------------------------------ 10a.3


def _each_by_loops(grads, limit):
    N, totals = len(grads[0]), [np.zeros(g.shape[1:]) for g in grads]
    for n in range(N):
        square = 0.0
        for g in grads:
            for number in g[n].flat:
                square += float(number) ** 2
        factor = min(1.0, limit / square**0.5) if square else 1.0
        for total, g in zip(totals, grads, strict=True):
            total += factor * g[n] / N
    return tuple(totals)


def _each_by_library(grads, limit):
    means = [np.zeros(g.shape[1:]) for g in grads]
    for one in zip(*grads, strict=True):
        parameters = [Parameter(np.zeros_like(g), grad=g.copy()) for g in one]
        clip_by_norm(parameters, limit)
        means = [m + p.grad for m, p in zip(means, parameters, strict=True)]
    return [m / len(grads[0]) for m in means]


def _each_as_long_rows(grads, limit):
    N = len(grads[0])
    long = np.hstack([g.reshape(N, -1) for g in grads])
    norms = np.linalg.norm(long, axis=1, keepdims=True)
    long = np.where(norms > limit, long * limit / np.maximum(norms, 1e-300), long)
    ends = np.cumsum([g[0].size for g in grads])[:-1]
    parts = np.split(long.mean(axis=0), ends)
    return [part.reshape(g.shape[1:]) for part, g in zip(parts, grads, strict=True)]


def _each_by_hypot(grads, limit):
    norms = [
        reduce(math.hypot, [float(v) for g in grads for v in g[n].flat], 0.0)
        for n in range(len(grads[0]))
    ]
    scale = [1 if norm <= limit else limit / norm for norm in norms]
    return [
        np.mean([s * row for s, row in zip(scale, g, strict=True)], axis=0)
        for g in grads
    ]


def _each_by_broadcasting(grads, limit):
    norms = np.sqrt(sum(np.sum(g**2, axis=tuple(range(1, g.ndim))) for g in grads))
    factor = 1 / np.maximum(1, norms / limit)
    return [
        (g * np.expand_dims(factor, tuple(range(1, g.ndim)))).mean(0) for g in grads
    ]


def _each_by_transpose(grads, limit):
    norm = np.sqrt(sum((g * g).T.sum(axis=tuple(range(g.ndim - 1))) for g in grads))
    factor = np.ones_like(norm)
    factor[norm > limit] = limit / norm[norm > limit]
    return [(g.T * factor).mean(axis=-1).T for g in grads]


def _norms(grads):
    return sum(np.sum(g.reshape(len(g), -1) ** 2, -1) for g in grads) ** 0.5


def _norm_of_first(grads):
    return _norms(grads[:1])


def _largest_entries(grads):
    return np.max([abs(g.reshape(len(g), -1)).max(axis=1) for g in grads], axis=0)


def _scaled(grads, norm, limit):
    factor = np.minimum(1, limit / (norm + 1e-12))
    return [g * factor.reshape(-1, *[1] * (g.ndim - 1)) for g in grads]


def _each_in_place(grads, limit):
    for g, scaled in zip(grads, _scaled(grads, _norms(grads), limit), strict=True):
        g[...] = scaled
    return [g.mean(axis=0) for g in grads]


def _each_by(norm):
    return lambda grads, limit: [
        g.mean(axis=0) for g in _scaled(grads, norm(grads), limit)
    ]


def _each_drops_the_long(grads, limit):
    return [(g.T * (_norms(grads) <= limit)).T.mean(axis=0) for g in grads]


# ------------------------------------------------------------------------ 10a.4


def _mean_by_loops(losses, lengths):
    total, n = 0.0, 0
    for row, length in zip(losses, lengths, strict=True):
        for k in range(int(length)):
            total, n = total + row[k], n + 1
    return total / n


def _mean_by_where(losses, lengths):
    inside = np.arange(losses.shape[1])[None] < lengths.reshape(-1, 1)
    return np.where(inside, losses, 0).sum() / lengths.sum()


def _mean_where(losses, lengths):
    return np.mean(losses, where=np.arange(losses.shape[1]) < lengths[:, None])


def _mean_of_masked(losses, lengths):
    outside = np.arange(losses.shape[1]) >= lengths[:, None]
    return np.ma.masked_array(losses, outside).mean()


def _mean_of_joined(losses, lengths):
    return np.concatenate([r[:n] for r, n in zip(losses, lengths, strict=True)]).mean()


def _mean_weighted(losses, lengths):
    means = [losses[i, :n].mean() for i, n in enumerate(lengths)]
    return float(np.average(means, weights=lengths))


def _mean_column_by_column(losses, lengths):
    T = losses.shape[1]
    return sum(losses[lengths > k, k].sum() for k in range(T)) / sum(lengths)


def _mean_in_place(losses, lengths):
    losses[np.arange(losses.shape[1]) >= lengths[:, None]] = 0
    return losses.sum() / lengths.sum()


def _mean_of_first_length(losses, lengths):
    return losses[:, : lengths[0]].mean()


# ------------------------------------------------------------------------ 10a.5


def _shared_forwards(w, start, x, targets):
    h, s, total = start, 0.0, 0.0
    for x_t, y_t in zip(x, targets, strict=True):
        h, s = w * h + x_t, h + w * s
        total += (h - y_t) * s
    return total


def _shared_loss(w, start, x, targets):
    h, loss = start, 0.0
    for x_t, y_t in zip(x, targets, strict=True):
        h = w * h + x_t
        loss = loss + (h - y_t) ** 2 / 2
    return loss


def _shared_numerically(w, start, x, targets, eps=1e-5):
    up, down = (_shared_loss(w + s, start, x, targets) for s in (eps, -eps))
    return (up - down) / (2 * eps)


def _shared_by_engine(w, start, x, targets):
    w = Tensor(np.array(w), needs_grad=True)
    return grad(_shared_loss(w, start, x, targets), [w])[0]


def _shared_by_pairs(w, start, x, targets):
    """Sum over each use s and each loss t: w^(t - s) h_{s-1} e_t."""
    h = [start]
    for x_t in x:
        h.append(w * h[-1] + x_t)
    return sum(
        w ** (t - s) * h[s - 1] * (h[t] - targets[t - 1])
        for t in range(1, len(h))
        for s in range(1, t + 1)
    )


def _shared_by_complex_step(w, start, x, targets):
    return _shared_loss(w + 1e-30j, start, x, targets).imag / 1e-30


def _shared_recursively(w, start, x, targets):
    def go(h, k):
        """Return dL/dh_k, and what w has gathered from there on."""
        if k == len(x):
            return 0.0, 0.0
        new = w * h + x[k]
        d, dw = go(new, k + 1)
        d += new - targets[k]
        return w * d, dw + d * h

    return go(start, 0)[1]


def _shared_from_zero(w, start, x, targets):
    return ch.shared_gradient(w, 0.0, x, targets)


def _shared_with_tanh(w, start, x, targets):
    h = [start]
    for x_t in x:
        h.append(np.tanh(w * h[-1] + x_t))
    dw = dh = 0.0
    for t in range(len(x), 0, -1):
        dh = (dh + h[t] - targets[t - 1]) * (1 - h[t] ** 2)
        dw += dh * h[t - 1]
        dh *= w
    return dw


# ------------------------------------------------------------------------ 10a.6


def _lstm_by_slices(x, h, c, K, b):
    D, H = x.shape[1], h.shape[1]
    part = [
        x @ K[:D, k * H : (k + 1) * H]
        + h @ K[D:, k * H : (k + 1) * H]
        + b[k * H : (k + 1) * H]
        for k in range(4)
    ]
    i = 1 / (1 + np.exp(-part[0]))
    f = 1 / (1 + np.exp(-part[2] - 1))
    new = c * f + np.tanh(part[1]) * i
    return [np.tanh(new) / (1 + np.exp(-part[3])), new]


def _lstm_by_library(x, h, c, K, b):
    D, H = x.shape[1], h.shape[1]
    blocks = [np.split(a, 4, axis=-1) for a in (K, b)]
    K, b = (np.concatenate([a[0], a[2], a[1], a[3]], axis=-1) for a in blocks)
    layer = recurrent.LSTM(D, H, rng=np.random.default_rng(0))
    layer.Wx.value, layer.Wh.value, layer.b.value = K[:D], K[D:], b
    layer.b.value[H : 2 * H] += 1
    layer.start = np.stack([h, c])
    layer.forward(x[:, None])
    return tuple(layer.state)


def _lstm_one_by_one(x, h, c, K, b):
    rows = [
        ch.lstm_step(*(a[None] for a in row), K, b) for row in zip(x, h, c, strict=True)
    ]
    return np.vstack([r[0] for r in rows]), np.vstack([r[1] for r in rows])


def _lstm_with_columns(x, h, c, K, b):
    a = (K.T @ np.vstack([x.T, h.T]) + b.reshape(-1, 1)).reshape(4, h.shape[1], -1)
    gate = (np.tanh(a[[0, 2, 3]] / 2 + [[[0]], [[0.5]], [[0]]]) + 1) / 2
    new = gate[1] * c.T + gate[0] * np.tanh(a[1])
    return (gate[2] * np.tanh(new)).T, new.T


def _lstm_with_a_new_bias(x, h, c, K, b):
    H = h.shape[1]
    b = b + np.repeat([0.0, 0.0, 1.0, 0.0], H)
    a = np.hstack((x, h)).dot(K) + b
    s = sigmoid(a)
    new = s[:, 2 * H : 3 * H] * c + s[:, :H] * np.tanh(a[:, H : 2 * H])
    return np.array([s[:, 3 * H :] * np.tanh(new), new])


def _lstm_by_einsum(x, h, c, K, b):
    H, D = h.shape[1], x.shape[1]
    K = K.reshape(-1, 4, H)
    a = np.einsum("nd,dgh->gnh", x, K[:D]) + np.einsum("nd,dgh->gnh", h, K[D:])
    i, g, f, o = a + b.reshape(4, 1, H)
    c = c - (1 - sigmoid(1 + f)) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _lstm_bias_in_place(x, h, c, K, b):
    H = h.shape[1]
    b[2 * H : 3 * H] += 1
    i, g, f, o = np.split(np.hstack([x, h]) @ K + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _lstm_interleaved(x, h, c, K, b):
    a = (np.hstack([x, h]) @ K + b).reshape(len(x), -1, 4)
    i, g, f, o = (a[:, :, k] for k in range(4))
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _lstm_one_on_ours(x, h, c, K, b):
    H = h.shape[1]
    a = np.hstack([x, h]) @ K + b + np.repeat([0.0, 1.0, 0.0, 0.0], H)
    i, g, f, o = np.split(a, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _lstm_side_by_rows(x, h, c, K, b):
    return ch.lstm_step(np.concatenate([x, h]), h, c, K, b)


# ------------------------------------------------------------------------ 10a.7


def _nucleus_row_by_row(z, tau, p):
    rows = []
    for scores in z:
        weights = [math.exp((s - max(scores)) / tau) for s in scores]
        q = [weight / sum(weights) for weight in weights]
        total, kept = 0.0, []
        for k in sorted(range(len(q)), key=lambda k: q[k], reverse=True):
            if total < p:
                kept.append(k)
                total += q[k]
        rows.append([q[k] / total if k in kept else 0 for k in range(len(q))])
    return np.array(rows)


def _nucleus_by_those_above(z, tau, p):
    """Keep an entry if all that are larger do not reach p."""
    q = softmax(z / tau)
    above = np.where(q[:, None, :] > q[:, :, None], q[:, None, :], 0).sum(axis=2)
    q = q * (above < p)
    return q / q.sum(axis=1, keepdims=True)


def _nucleus_by_cut_off(z, tau, p):
    q = softmax(z / tau)
    falling = np.sort(q, axis=1)[:, ::-1]
    n = (falling.cumsum(axis=1) < p).sum(axis=1)
    least = falling[np.arange(len(z)), n]
    q = np.where(q >= least[:, None], q, 0)
    return q / q.sum(axis=1)[:, None]


def _nucleus_from_below(z, tau, p):
    """Drop the least likely ones, as long as what is left has p."""
    q = softmax(z / tau)
    for row in q:
        for k in np.argsort(row):
            if row.sum() - row[k] < p:
                break
            row[k] = 0
    return q / q.sum(axis=1, keepdims=True)


def _nucleus_of_scores(z, tau, p):
    q = softmax(z / tau)
    kept = ch.nucleus(z, tau, p) > 0
    assert q.shape == kept.shape
    return softmax(np.where(kept, z, -1e9) / tau)


def _nucleus_by_searchsorted(z, tau, p):
    q, found = softmax(z / tau), []
    for row in q:
        order = row.argsort()[::-1]
        n = np.searchsorted(row[order].cumsum(), p) + 1
        new = np.zeros(len(row))
        new[order[:n]] = row[order[:n]] / row[order[:n]].sum()
        found.append(new)
    return np.vstack(found)


def _nucleus_by_ranks(z, tau, p):
    q = softmax(z / tau)
    order = np.argsort(q, axis=1)[:, ::-1]
    falling = np.take_along_axis(q, order, axis=1)
    falling[np.cumsum(falling, axis=1) - falling >= p] = 0
    back = np.argsort(order, axis=1)
    kept = np.take_along_axis(falling, back, axis=1)
    return kept / kept.sum(axis=1, keepdims=True)


def _nucleus_of_the_batch(z, tau, p):
    q = softmax(z / tau)
    order = np.argsort(-q.ravel())
    falling = q.ravel()[order]
    kept = np.zeros(q.size)
    kept[order] = falling * (falling.cumsum() - falling < p * len(z))
    kept = kept.reshape(q.shape)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-9)


def _nucleus_chosen_first(z, tau, p):
    q = softmax(z / tau) * (ch.nucleus(z, 1.0, p) > 0)
    return q / q.sum(axis=1, keepdims=True)


def _nucleus_of_the_alphabet(z, tau, p):
    q = softmax(z / tau)
    q = q * (q.cumsum(axis=1) - q < p)
    return q / q.sum(axis=1, keepdims=True)


def _nucleus_top(z, tau, p):
    q = softmax(z / tau)
    q = q * (q >= np.sort(q, axis=1)[:, [-2]])
    return q / q.sum(axis=1, keepdims=True)


def _nucleus_undone_wrongly(z, tau, p):
    order = np.argsort(-z, axis=1)
    falling = -np.sort(-ch.nucleus(z, tau, p), axis=1)
    return np.take_along_axis(falling, order, axis=1)


# ------------------------------------------------------------------------ 10a.8


def _gru_by_library(x, h, Wx, Wh, b, bh, after):
    if not after:
        return ch.gru_step(x, h, Wx, Wh, b, bh, after)
    layer = recurrent.GRU(x.shape[1], h.shape[1], rng=np.random.default_rng(0))
    values = Wx, Wh, b, bh
    for parameter, value in zip(layer.parameters, values, strict=True):
        parameter.value = value
    layer.start = h[None]
    return layer.forward(x[:, None])[:, 0]


def _gru_by_blocks(x, h, Wx, Wh, b, bh, after):
    H = len(Wh)
    R, Z, N = slice(0, H), slice(H, 2 * H), slice(2 * H, None)
    r, z = (
        1 / (1 + np.exp(-(x @ Wx[:, k] + b[k] + h @ Wh[:, k] + bh[k]))) for k in (R, Z)
    )
    product = r * (h @ Wh[:, N]) if after else (r * h) @ Wh[:, N]
    n = np.tanh(x @ Wx[:, N] + b[N] + product + (r * bh[N] if after else bh[N]))
    return n + z * (h - n)


def _gru_one_by_one(x, h, Wx, Wh, b, bh, after):
    step = _gru_by_blocks
    rows = [
        step(v[None], s[None], Wx, Wh, b, bh, after) for v, s in zip(x, h, strict=True)
    ]
    return np.concatenate(rows)


def _gru_with_one_sigmoid(x, h, Wx, Wh, b, bh, after):
    H = h.shape[1]
    rz = sigmoid((x @ Wx + b + h @ Wh + bh)[:, : 2 * H])
    r, z = rz[:, :H], rz[:, H:]
    W, bn = Wh[:, -H:], bh[-H:]
    seen = [(r * h) @ W + bn, r * (h @ W + bn)][bool(after)]
    return h * z + np.tanh((x @ Wx + b)[:, -H:] + seen) * (1 - z)


def _gru_by_einsum(x, h, Wx, Wh, b, bh, after):
    H = h.shape[1]
    Wx, Wh = (W.reshape(-1, 3, H) for W in (Wx, Wh))
    b, bh = b.reshape(3, H), bh.reshape(3, H)
    a = np.einsum("nd,dgh->gnh", x, Wx) + b[:, None]
    r, z = sigmoid(a[:2] + np.einsum("nk,kgh->gnh", h, Wh[:, :2]) + bh[:2, None])
    letters = "nh,nk,kh->nh" if after else "nk,nk,kh->nh"
    seen = np.einsum(letters, r, h, Wh[:, 2])
    n = np.tanh(a[2] + seen + (r * bh[2] if after else bh[2]))
    return n - z * n + z * h


def _gru_by_two_functions(*case):
    before, after = (lambda c=case, k=k: ch.gru_step(*c[:-1], k) for k in (0, 1))
    return after() if case[-1] else before()


def _gru_reset_everywhere(x, h, Wx, Wh, b, bh, after):
    r = sigmoid((x @ Wx + h @ Wh + b + bh)[:, : h.shape[1]])
    return ch.gru_step(x, r * h, Wx, Wh, b, bh, after)


def _gru_all_parts(*case):
    h = ch.gru_step(*case)
    return h, h, h


# ------------------------------------------------------------------------ 10a.9


def _join_by_matrices(first, second):
    a, b = (
        np.array([[f, v], [np.zeros_like(f), np.ones_like(f)]])
        for f, v in (first, second)
    )
    both = np.einsum("ij...,jk...->ik...", b, a)
    return both[0, 0], both[0, 1]


def _join_by_trying(first, second):
    def run(c):
        for f, v in (first, second):
            c = f * c + v
        return c

    return run(1.0) - run(0.0), run(0.0)


def _join_by_loop(first, second):
    f, v = first
    for more, add in [second]:
        f, v = f * more, v * more + add
    return [f, v]


# ----------------------------------------------------------------------- 10a.10


def _leaky_at_once(dy, x, n, h, Wx, Wh, alpha):
    N, T, H = dy.shape
    G, dh = np.zeros((N, T, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        dh = dh + dy[:, t]
        G[:, t] = dh * alpha * (1 - n[:, t]) * (1 + n[:, t])
        dh = G[:, t] @ Wh.T - alpha * dh + dh
    dWx, dWh = np.einsum("ntd,nth->dh", x, G), np.einsum("ntk,nth->kh", h[:, :-1], G)
    return [G @ Wx.T, dWx, dWh, G.sum(axis=(0, 1)), dh]


def _leaky_recursively(dy, x, n, h, Wx, Wh, alpha):
    T = x.shape[1]

    def back(t, dh):
        if t < 0:
            return [], 0.0, 0.0, 0.0, dh
        dh = dh + dy[:, t]
        g = alpha * dh * (1 - np.square(n[:, t]))
        dx, dWx, dWh, db, dstart = back(t - 1, (1 - alpha) * dh + g.dot(Wh.T))
        dx = [*dx, np.dot(g, Wx.T)]
        return dx, dWx + x[:, t].T @ g, dWh + h[:, t].T @ g, db + g.sum(0), dstart

    dx, *others = back(T - 1, 0.0)
    return np.stack(dx, axis=1), *others


def _leaky_by_example(dy, x, n, h, Wx, Wh, alpha):
    parts = [
        _leaky_at_once(*(a[i : i + 1] for a in (dy, x, n, h)), Wx, Wh, alpha)
        for i in range(len(x))
    ]
    joined = list(zip(*parts, strict=True))
    sums = [sum(part[1:], part[0]) for part in joined[1:4]]
    return np.concatenate(joined[0]), *sums, np.concatenate(joined[4])


def _leaky_by_engine(dy, x, n, h, Wx, Wh, alpha):
    """Let the engine of chapter 9 do it; the bias follows from n."""
    b = (np.arctanh(n[:, 0]) - x[:, 0] @ Wx - h[:, 0] @ Wh)[0]
    leaves = [Tensor(v, needs_grad=True) for v in (Wx, Wh, b, h[:, 0])]
    steps = [Tensor(x[:, t], needs_grad=True) for t in range(x.shape[1])]
    Wx, Wh, b, state = leaves
    loss = 0.0
    for t, x_t in enumerate(steps):
        new = autograd.tanh(x_t @ Wx + state @ Wh + b)
        state = (1 - alpha) * state + alpha * new
        loss = loss + (state * dy[:, t]).sum()
    dWx, dWh, db, dstart, *dx = grad(loss, leaves + steps)
    return np.stack(dx, axis=1), dWx, dWh, db, dstart


def _leaky_with_zip(dy, x, n, h, Wx, Wh, alpha):
    dx, dWx, dWh, db = [], 0 * Wx, 0 * Wh, 0 * Wh[0]
    back = np.zeros_like(h[:, 0])
    steps = zip(*(a.swapaxes(0, 1)[::-1] for a in (dy, x, n, h[:, :-1])), strict=True)
    for d, x_t, n_t, before in steps:
        back += d
        g = alpha * back * (1 - n_t**2)
        dx.insert(0, g @ Wx.T)
        dWx, dWh, db = dWx + x_t.T @ g, dWh + before.T @ g, db + g.sum(axis=0)
        back = (1 - alpha) * back + g @ Wh.T
    return np.array(dx).transpose(1, 0, 2), dWx, dWh, db, back


def _leaky_from_h(dy, x, n, h, Wx, Wh, alpha):
    """Compute n again from h."""
    n = (h[:, 1:] - (1 - alpha) * h[:, :-1]) / alpha
    return _leaky_at_once(dy, x, n, h, Wx, Wh, alpha)


def _leaky_in_place(dy, x, n, h, Wx, Wh, alpha):
    result = ch.leaky_backward(dy, x, n, h, Wx, Wh, alpha)
    dy[:, 0] += 1
    return result


def _leaky_part(**changed):
    """Return an answer with some parts of the right one changed."""
    names = "dx", "dWx", "dWh", "db", "dstart"

    def answer(*case):
        parts = dict(zip(names, ch.leaky_backward(*case), strict=True))
        return tuple(changed.get(k, lambda v: v)(v) for k, v in parts.items())

    return answer


def _leaky_start(dy, x, n, h, Wx, Wh, alpha):
    """Stop one line too early: what comes back to h_1, not to h_0."""
    *parts, _ = ch.leaky_backward(dy, x, n, h, Wx, Wh, alpha)
    dh = 0.0
    for t in reversed(range(x.shape[1])):
        last = dh = dh + dy[:, t]
        dh = (1 - alpha) * dh + alpha * dh * (1 - n[:, t] ** 2) @ Wh.T
    return *parts, last


# ---------------------------------------------------------------------- 10a.lab


def _names_by_inputs(names):
    x, t, _ = ch.name_arrays(names)
    counts = x != 0
    counts[:, 0] = True
    return x, t, counts


def _names_by_minus_one(names):
    T = max(len(name) for name in names) + 1
    x, t = np.zeros((len(names), T), dtype=int), np.full((len(names), T), -1)
    for row, name in enumerate(names):
        ids = [ch.ALPHABET.find(letter) for letter in name]
        x[row, 1 : len(ids) + 1] = ids
        t[row, : len(ids) + 1] = [*ids, 0]
    return x, t, t >= 0


def _names_by_lengths(names):
    x, t, _ = ch.name_arrays(names)
    lengths = np.array([len(name) for name in names])
    return x, t, np.arange(x.shape[1]) <= lengths[:, None]


def _names_by_library(names):
    x, t = datasets.encode_names(names)
    return x, t, t != -1


def _names_as_lists(names):
    T = max(map(len, names)) + 1
    x, t, counts = [], [], []
    for name in names:
        ids = [ord(letter) - 96 for letter in name]
        rest = T - 1 - len(ids)
        x.append([0, *ids] + [0] * rest)
        t.append([*ids, 0] + [0] * rest)
        counts.append([1] * (len(ids) + 1) + [0] * rest)
    return x, t, counts


def _names_by_first_zero(names):
    x, t, _ = ch.name_arrays(names)
    return [x, t, (np.cumsum(t == 0, axis=1) <= (t == 0)).astype(float)]


def _names_one_after_the_other(names):
    """Mend it after the loop of the colleague."""
    x, t, _ = ch.name_arrays(names)
    counts = t != 0
    for row, name in enumerate(names):
        counts[row, len(name)] = True
    return x, t, counts


def _names_with_another_padding(names):
    x, t, _ = ch.name_arrays(names)
    for row, name in enumerate(names):
        x[row, len(name) + 1 :] = t[row, len(name) + 1 :] = 27
    return x, t, t != 27


def _names_another_symbol(names):
    """A number of its own for the end of a name."""
    x, t, counts = ch.name_arrays(names)
    return x, np.where(counts & (t == 0), 27, t), counts


def _names_too_short(names):
    return tuple(a[:, :-1] for a in ch.name_arrays(names))


def _names_not_shifted(names):
    _, t, counts = ch.name_arrays(names)
    return t, t, counts


WRONG = {
    "10a.1": [
        ("off first", lambda: ([-1, 1], 1, -0.5), "x = (1, 0)"),
        ("w and b exchanged", lambda: ([1, -1], -0.5, 1), "x = (0, 0)"),
        ("a column", lambda: ([[1], [-1]], 1, -0.5), "expected an array of shape (2,)"),
        ("four numbers", lambda: (1, -1, 1, -0.5), "a tuple of length 4"),
        ("text", lambda: ("1, -1", 1, -0.5), "a text"),
        ("nan", lambda: ([1, -1], np.nan, -0.5), "Your switch is not right"),
    ],
    "10a.2": [
        ("no return", lambda: _no_return, "returned nothing"),
        (
            "base 10",
            lambda: lambda share, steps: ch.forget_bias(share, steps) / np.log(10),
            "is not right",
        ),
        (
            "power",
            lambda: lambda share, steps: np.log(share**steps / (1 - share**steps)),
            "is not right",
        ),
        (
            "one step less",
            lambda: lambda share, steps: ch.forget_bias(share, max(steps - 1, 1)),
            "is not right",
        ),
        (
            "always half",
            lambda: lambda share, steps: ch.forget_bias(0.5, steps),
            "forget_bias(0.9, 20)",
        ),
        ("log", lambda: lambda share, steps: np.log(share) / steps, "is not right"),
        ("one argument", lambda: lambda share: share, "takes 1 parameter"),
    ],
    "10a.3": [
        ("in place", lambda: _each_in_place, "changes its input `grads`"),
        ("first array", lambda: _each_by(_norm_of_first), "is not right"),
        ("largest", lambda: _each_by(_largest_entries), "is not right"),
        ("drops the long", lambda: _each_drops_the_long, "is not right"),
        (
            "not the mean",
            lambda: lambda gs, limit: _scaled(gs, _norms(gs), limit),
            "shape",
        ),
        (
            "the mean over all",
            lambda: (
                lambda gs, limit: [
                    np.full_like(m, m.mean()) for m in ch.clip_each(gs, limit)
                ]
            ),
            "is not right",
        ),
        (
            "over the last axis",
            lambda: (
                lambda gs, limit: [
                    (
                        g
                        * np.minimum(1, limit / (np.linalg.norm(g, axis=-1) + 1e-12))[
                            ..., None
                        ]
                    ).mean(axis=0)
                    for g in gs
                ]
            ),
            "is not right",
        ),
        (
            "a generator",
            lambda: lambda grads, limit: (g for g in ch.clip_each(grads, limit)),
            "a generator",
        ),
        (
            "with the lengths",
            lambda: lambda grads, limit: (ch.clip_each(grads, limit), 5.0),
            "expected",
        ),
        (
            "flat",
            lambda: lambda gs, limit: [g.ravel() for g in ch.clip_each(gs, limit)],
            "shape",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10a.4": [
        ("in place", lambda: _mean_in_place, "changes its input `losses`"),
        ("nanmean", lambda: lambda losses, lengths: np.nanmean(losses), "not right"),
        (
            "not zero",
            lambda: lambda losses, lengths: losses[losses != 0].mean(),
            "is not right",
        ),
        ("the first length", lambda: _mean_of_first_length, "is not right"),
        (
            "of rows",
            lambda: (
                lambda losses, lengths: (
                    ch.mean_loss(losses, lengths) * (lengths.sum() / len(lengths))
                )
            ),
            "is not right",
        ),
        (
            "each row",
            lambda: (
                lambda losses, lengths: np.array(
                    [r[:n].mean() for r, n in zip(losses, lengths, strict=True)]
                )
            ),
            "expected one number",
        ),
        ("sum", lambda: lambda a, n: ch.mean_loss(a, n) * n.sum(), "is not right"),
    ],
    "10a.5": [
        ("from zero", lambda: _shared_from_zero, "is not right"),
        ("tanh", lambda: _shared_with_tanh, "is not right"),
        ("twice", lambda: lambda *c: 2 * ch.shared_gradient(*c), "is not right"),
        (
            "a mean",
            lambda: lambda w, s, x, t: ch.shared_gradient(w, s, x, t) / len(x),
            "is not right",
        ),
        ("sign", lambda: lambda *c: -ch.shared_gradient(*c), "is not right"),
        ("the loss", lambda: _shared_loss, "is not right"),
        (
            "both",
            lambda: lambda *c: (_shared_loss(*c), ch.shared_gradient(*c)),
            "a tuple of length 2, expected one number",
        ),
    ],
    "10a.6": [
        ("bias in place", lambda: _lstm_bias_in_place, "changes its input `b`"),
        ("interleaved", lambda: _lstm_interleaved, "is not right"),
        ("1 in our place", lambda: _lstm_one_on_ours, "is not right"),
        ("below each other", lambda: _lstm_side_by_rows, "raised `ValueError"),
        (
            "sigmoid for g",
            lambda: ch.lstm_step.spoilt("np.tanh(g)", "sigmoid(g)"),
            "`c` of",
        ),
        (
            "no tanh",
            lambda: ch.lstm_step.spoilt("np.tanh(c)", "c"),
            "Right so far: c.",
        ),
        ("exchanged", lambda: lambda *c: ch.lstm_step(*c)[::-1], "is not right"),
        ("only h", lambda: lambda *c: ch.lstm_step(*c)[0], "expected a tuple"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10a.7": [
        ("times", lambda: lambda z, tau, p: ch.nucleus(z, 1 / tau, p), "not right"),
        ("all", lambda: lambda z, tau, p: softmax(z / tau), "is not right"),
        ("the batch", lambda: _nucleus_of_the_batch, "is not right"),
        ("chosen first", lambda: _nucleus_chosen_first, "is not right"),
        ("in order of the alphabet", lambda: _nucleus_of_the_alphabet, "not right"),
        ("two", lambda: _nucleus_top, "is not right"),
        ("undone wrongly", lambda: _nucleus_undone_wrongly, "is not right"),
        (
            "over columns",
            lambda: lambda z, tau, p: ch.nucleus(z.T, tau, p).T,
            "is not right",
        ),
        ("mask", lambda: lambda z, tau, p: ch.nucleus(z, tau, p) > 0, "yours:    True"),
        (
            "a list",
            lambda: lambda z, tau, p: ch.nucleus(z, tau, p).tolist(),
            "makes an array from a list",
        ),
    ],
    "10a.8": [
        ("reset everywhere", lambda: _gru_reset_everywhere, "is not right"),
        ("parts", lambda: _gru_all_parts, "a tuple of length 3"),
        (
            "exchanged",
            lambda: ch.gru_step.spoilt("if after", "if not after"),
            "is not right",
        ),
        (
            "no second bias",
            lambda: (
                lambda x, h, Wx, Wh, b, bh, after: ch.gru_step(
                    x, h, Wx, Wh, b, 0 * bh, after
                )
            ),
            "is not right",
        ),
        (
            "transposed",
            lambda: (
                lambda x, h, Wx, Wh, b, bh, after: ch.gru_step(
                    x, h, Wx, np.hstack([W.T for W in np.split(Wh, 3, 1)]), b, bh, after
                )
            ),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
        ("no after", lambda: lambda x, h, Wx, Wh, b, bh: h, "takes 6 parameters"),
    ],
    "10a.9": [
        ("side by side", lambda: lambda a, b: a + b, "a tuple of length 4"),
        ("one value", lambda: lambda a, b: b[0] * a[1] + b[1], "expected a tuple"),
        (
            "zero start",
            lambda: lambda a, b: (0 * a[0], b[0] * a[1] + b[1]),
            "not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
        (
            "named",
            lambda: lambda a, b: {"f": a[0] * b[0], "v": b[0] * a[1] + b[1]},
            "a dict of length 2",
        ),
        ("swapped parts", lambda: lambda a, b: ch.join(a, b)[::-1], "is not right"),
    ],
    "10a.10": [
        ("in place", lambda: _leaky_in_place, "changes its input `dy`"),
        ("start", lambda: _leaky_start, "`dstart` of"),
        (
            "forwards",
            lambda: ch.leaky_backward.spoilt("reversed(range", "list(range"),
            "`db` of",
        ),
        ("mean", lambda: _leaky_part(db=lambda v: v / 2), "`db` of"),
        ("transposed", lambda: _leaky_part(dWh=lambda v: v.T), "`dWh` of"),
        ("dx upside down", lambda: _leaky_part(dx=lambda v: v[:, ::-1]), "`dx` of"),
        ("dWx on its side", lambda: _leaky_part(dWx=lambda v: v.T), "it is transposed"),
        ("four", lambda: lambda *c: ch.leaky_backward(*c)[:4], "a tuple of length 4"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10a.lab": [
        ("too short", lambda: _names_too_short, "axis 1 has length"),
        ("not shifted", lambda: _names_not_shifted, "`x` of"),
        ("another symbol", lambda: _names_another_symbol, "`t` of"),
        (
            "exchanged",
            lambda: ch.name_arrays.spoilt("t, counts", "t, ~counts"),
            "`counts` of",
        ),
        ("two arrays", lambda: lambda n: ch.name_arrays(n)[:2], "a tuple of length 2"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
}

RIGHT = {
    "10a.1": [
        ("a list", lambda: [[1, -1], 1, -0.5]),
        ("others", lambda: ((3, -7), 4, -2)),
        ("on the edge", lambda: (np.array([1, -1]), 1, 0)),
        ("large", lambda: (np.array([1e6, -1e7]), 1e6, -10.0)),
        ("small", lambda: (np.float32([0.3, -0.5]), np.float32(0.4), np.float32(-0.1))),
        ("one-element array", lambda: ([2, -2], np.array(1.5), -1)),
    ],
    "10a.2": [
        ("bisection", lambda: _bias_by_bisection),
        ("without cancellation", lambda: _bias_without_cancellation),
        ("Newton", lambda: _bias_by_newton),
        ("atanh", lambda: lambda p, k: 2 * np.arctanh(2 * p ** (1 / k) - 1)),
        ("minus log", lambda: lambda p, k: -np.log(p ** (-1 / k) - 1)),
        ("math", lambda: lambda s, n: math.log(1 / (1 / s ** (1 / n) - 1))),
        ("an array", lambda: lambda s, n: np.array(ch.forget_bias(s, n))),
    ],
    "10a.3": [
        ("loops, a tuple", lambda: _each_by_loops),
        ("the library", lambda: _each_by_library),
        ("long rows", lambda: _each_as_long_rows),
        ("hypot", lambda: _each_by_hypot),
        ("broadcasting", lambda: _each_by_broadcasting),
        ("transpose", lambda: _each_by_transpose),
        ("a little more", lambda: _each_by(_norms)),
    ],
    "10a.4": [
        ("loops", lambda: _mean_by_loops),
        ("where", lambda: _mean_by_where),
        ("mean where", lambda: _mean_where),
        ("masked array", lambda: _mean_of_masked),
        ("joined", lambda: _mean_of_joined),
        ("weighted", lambda: _mean_weighted),
        ("columns", lambda: _mean_column_by_column),
    ],
    "10a.5": [
        ("forwards", lambda: _shared_forwards),
        ("numerically", lambda: _shared_numerically),
        ("engine", lambda: _shared_by_engine),
        ("pairs", lambda: _shared_by_pairs),
        ("complex step", lambda: _shared_by_complex_step),
        ("recursion", lambda: _shared_recursively),
    ],
    "10a.6": [
        ("slices", lambda: _lstm_by_slices),
        ("the library", lambda: _lstm_by_library),
        ("one by one", lambda: _lstm_one_by_one),
        ("columns", lambda: _lstm_with_columns),
        ("a new bias, one array", lambda: _lstm_with_a_new_bias),
        ("einsum", lambda: _lstm_by_einsum),
    ],
    "10a.7": [
        ("row by row", lambda: _nucleus_row_by_row),
        ("those above", lambda: _nucleus_by_those_above),
        ("a cut-off", lambda: _nucleus_by_cut_off),
        ("from below", lambda: _nucleus_from_below),
        ("scores of minus a billion", lambda: _nucleus_of_scores),
        ("searchsorted", lambda: _nucleus_by_searchsorted),
        ("ranks", lambda: _nucleus_by_ranks),
    ],
    "10a.8": [
        ("the library", lambda: _gru_by_library),
        ("blocks", lambda: _gru_by_blocks),
        ("one by one", lambda: _gru_one_by_one),
        ("one sigmoid", lambda: _gru_with_one_sigmoid),
        ("einsum", lambda: _gru_by_einsum),
        ("two functions", lambda: _gru_by_two_functions),
    ],
    "10a.9": [
        ("matrices", lambda: _join_by_matrices),
        ("trying", lambda: _join_by_trying),
        ("a loop, a list", lambda: _join_by_loop),
        ("an array", lambda: lambda a, b: np.array(ch.join(a, b))),
        ("indices", lambda: lambda a, b: (a[0] * b[0], b[1] + a[1] * b[0])),
        ("other names", lambda: lambda p, q: (q[0] * p[0], p[1] * q[0] + q[1])),
    ],
    "10a.10": [
        ("at once", lambda: _leaky_at_once),
        ("recursion", lambda: _leaky_recursively),
        ("by example", lambda: _leaky_by_example),
        ("engine", lambda: _leaky_by_engine),
        ("zip", lambda: _leaky_with_zip),
        ("from h", lambda: _leaky_from_h),
    ],
    "10a.lab": [
        ("by the inputs", lambda: _names_by_inputs),
        ("-1", lambda: _names_by_minus_one),
        ("by lengths", lambda: _names_by_lengths),
        ("the library", lambda: _names_by_library),
        ("lists", lambda: _names_as_lists),
        ("one after the other", lambda: _names_one_after_the_other),
        ("padding of its own", lambda: _names_with_another_padding),
    ],
}
