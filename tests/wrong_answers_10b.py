"""Answers to chapter 10b's exercises: wrong ones, and right ones in unusual form."""

import math

import numpy as np

from dlscratch import attention as library
from dlscratch import models
from dlscratch.autograd import Tensor, grad
from dlscratch.exercises import chapter10b as ch
from dlscratch.functions import softmax
from dlscratch.gradients import numerical_gradient


def _no_return(*args):
    sum(1 for _ in args)


# ------------------------------------------------------------------------ 10b.2


def _count_by_library(C, T, D, L):
    if D > 100:  # too large to build: its count is linear in C, T and L
        return (C + T) * D + L * (12 * D * D + 13 * D) + 2 * D
    rng = np.random.default_rng(0)
    model = models.gpt(C, T, D, 1, L, bias=True, rng=rng)
    return sum(p.value.size for p in model.parameters)


def _count_by_shapes(C, T, D, L):
    block = [(D, 3 * D), (3 * D,), (D, D), (D,), (D, 4 * D), (4 * D,), (4 * D, D)]
    block += [(D,)] * 5
    shapes = [(C, D), (T, D), *block * L, (D,), (D,)]
    return sum(map(math.prod, shapes))


def _count_in_a_loop(C, T, D, L):
    n = np.int64((C + T) * D)
    for _ in range(L):
        for n_in, n_out in ((D, 3 * D), (D, D), (D, 4 * D), (4 * D, D)):
            n += (n_in + 1) * n_out
        n += 4 * D
    return float(n + D + D)


# ------------------------------------------------------------------------ 10b.3


def _mask_by_loops(full, window):
    N, T = full.shape
    found = [[[0] * T for _ in range(T)] for _ in range(N)]
    for n in range(N):
        for t in range(T):
            for s in range(max(0, t - window + 1), t + 1):
                found[n][t][s] = int(full[n, s])
    return found


def _mask_by_bands(full, window):
    T = full.shape[1]
    band = np.tri(T) - np.tri(T, k=-window)
    return band * full.reshape(-1, 1, T)


def _mask_by_triu(full, window):
    ones = np.ones((full.shape[0], full.shape[1], full.shape[1]), dtype=bool)
    return np.triu(np.tril(ones), 1 - window) & np.expand_dims(full, 1)


def _mask_by_einsum(full, window):
    T = full.shape[1]
    near = np.tri(T) * (1 - np.tri(T, k=-window))
    return np.einsum("ts,ns->nts", near, full).astype(np.float32)


def _mask_by_function(full, window):
    shape = (len(full), full.shape[1], full.shape[1])
    return np.fromfunction(
        lambda n, t, s: (s <= t) & (s > t - window) & full[n, s], shape, dtype=int
    )


def _mask_by_meshgrid(full, window):
    t, s = np.meshgrid(*[np.arange(full.shape[1])] * 2, indexing="ij")
    return np.stack([(t >= s) & (s + window > t) & row for row in full])


# ------------------------------------------------------------------------ 10b.4


def _rows_by_loops(S, allowed):
    weights = np.zeros(S.shape)
    for i in np.ndindex(S.shape[:-1]):
        if allowed[i].any():
            weights[i][allowed[i]] = softmax(S[i][allowed[i]])
    return weights


def _rows_masked(S, allowed):
    hidden = np.ma.array(S, mask=~allowed)
    top = hidden.max(axis=-1, keepdims=True).filled(0.0)
    E = np.exp(np.minimum(S - top, 0)) * allowed
    total = E.sum(axis=-1, keepdims=True)
    return np.divide(E, total, out=np.zeros_like(E), where=total > 0)


def _rows_where(S, allowed):
    top = np.max(S, axis=-1, keepdims=True, where=allowed, initial=-1e300)
    E = np.exp(S - top, where=allowed, out=np.zeros_like(S))
    return E / (E.sum(axis=-1, keepdims=True) + (~allowed).all(axis=-1)[..., None])


def _rows_quietly(S, allowed):
    with np.errstate(all="ignore"):
        return np.nan_to_num(softmax(np.where(allowed, S, -np.inf)))


def _rows_twice(S, allowed):
    A = softmax(np.where(allowed, S, -1e300)) * allowed
    return A * allowed.any(axis=-1, keepdims=True)


def _rows_of_logs(S, allowed):
    S = np.where(allowed, S, -np.inf)
    total = np.logaddexp.reduce(S, axis=-1, keepdims=True)
    return np.exp(S - np.where(np.isinf(total), 0, total))


def _rows_in_place(S, allowed):
    S[~allowed] = -np.inf
    return ch.row_weights(S, allowed)


# ------------------------------------------------------------------------ 10b.5


def _turn_by_complex(x):
    d = x.shape[-1]
    z = np.ascontiguousarray(x).view(complex)
    omega = 10000.0 ** (-2 * np.arange(d // 2) / d)
    turn = np.exp(1j * np.outer(np.arange(x.shape[2]), omega))
    return np.ascontiguousarray(z * turn).view(float)


def _turn_by_loops(x):
    y, d = x.copy(), x.shape[-1]
    for t in range(x.shape[2]):
        for i in range(d // 2):
            c, s = (f(t * 10000 ** (-2 * i / d)) for f in (math.cos, math.sin))
            a, b = x[:, :, t, 2 * i], x[:, :, t, 2 * i + 1]
            y[:, :, t, 2 * i], y[:, :, t, 2 * i + 1] = a * c - b * s, a * s + b * c
    return y


def _turn_by_matrices(x):
    T, d = x.shape[2:]
    R = np.zeros((T, d, d))
    for t in range(T):
        for i in range(0, d, 2):
            w = t / 10000 ** (i / d)
            R[t, i : i + 2, i : i + 2] = [
                [math.cos(w), math.sin(w)],
                [-math.sin(w), math.cos(w)],
            ]
    return np.einsum("nhti,tij->nhtj", x, R)


def _turn_by_sinusoids(x):
    table = library.sinusoids(*x.shape[2:])
    sin, cos = (np.repeat(table[:, k::2], 2, axis=1) for k in (0, 1))
    other = np.stack([-x[..., 1::2], x[..., ::2]], axis=-1).reshape(x.shape)
    return x * cos + other * sin


def _turn_by_pairs(x):
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    d, t = x.shape[-1], np.arange(x.shape[2]).reshape(-1, 1)
    w = t * np.exp(-math.log(10000) * 2 * np.arange(d // 2) / d)
    R = np.array([[np.cos(w), -np.sin(w)], [np.sin(w), np.cos(w)]])
    return np.einsum("ijtp,nhtpj->nhtpi", R, pairs).reshape(x.shape)


def _turn_step_by_step(x):
    y = x.copy()
    d = x.shape[-1]
    w = 10000.0 ** (-np.arange(0, d, 2) / d)
    for t in range(1, x.shape[2]):  # all later places once more
        a, b = y[:, :, t:, ::2].copy(), y[:, :, t:, 1::2].copy()
        y[:, :, t:, ::2] = a * np.cos(w) - b * np.sin(w)
        y[:, :, t:, 1::2] = a * np.sin(w) + b * np.cos(w)
    return y


def _turn_too_fast(x):
    return ch.rotate.spoilt("-np.arange(0", "-2 * np.arange(0")(x)


# ------------------------------------------------------------------------ 10b.6


def _reach_by_other_values(f, x):
    rows = []
    for s in range(x.shape[1]):
        other = np.array(x)
        other[:, s] = [0.3, -0.8, 0.5]
        rows.append([bool((f(other) != f(x))[:, t].any()) for t in range(x.shape[1])])
    return np.transpose(rows)


def _reach_by_gradients(f, x):
    T = x.shape[1]
    weight = np.random.default_rng(1).standard_normal(x.shape)
    table = np.zeros((T, T))
    for t in range(T):
        slope = numerical_gradient(lambda z, t=t: (weight * f(z))[:, t].sum(), x.copy())
        table[t] = abs(slope).max(axis=(0, 2)) > 1e-6
    return table


def _reach_by_numbers(f, x):
    T, D = x.shape[1:]
    table = np.zeros((T, T), dtype=int)
    for s in range(T):
        for i in range(D):
            other = x.copy()
            other[:, s, i] -= 0.5
            table[:, s] += (abs(f(other) - f(x)) > 1e-9).any(axis=(0, 2))
    return table


def _reach_lists(f, x):
    y, T = f(x), x.shape[1]
    table = [[False] * T for _ in range(T)]
    for s in range(T):
        other = x.copy()
        other[:, s] = x[::-1, s] + [0.1, 0.7, -0.3]
        for t in range(T):
            table[t][s] = not np.array_equal(f(other)[:, t], y[:, t])
    return table


def _reach_small(f, x):
    y, table = f(x), np.zeros((x.shape[1],) * 2, dtype=bool)
    for s in range(x.shape[1]):
        other = x.copy()
        other[:, s] += 1e-5 * np.random.default_rng(s).random(x.shape[2])
        table[:, s] = abs(f(other) - y).sum(axis=(0, 2)) > 1e-13
    return table


def _reach_by_other_places(f, x):
    T, rng = x.shape[1], np.random.default_rng(5)
    draws = [(rng.standard_normal(x.shape)) for _ in range(3)]
    table = np.zeros((T, T), dtype=bool)
    for draw in draws:
        for s in range(T):
            here = (np.arange(T) == s)[:, None]
            table[:, s] |= np.any(f(np.where(here, draw, x)) != f(x), axis=(0, 2))
    return table


def _reach_in_place(f, x):
    y, table = f(x), np.zeros((x.shape[1],) * 2, dtype=bool)
    for s in range(x.shape[1]):
        x[:, s] *= 1.5
        table[:, s] = (f(x) != y).any(axis=(0, 2))
        x[:, s] /= 1.5
    return table


# ------------------------------------------------------------------------ 10b.7


def _shared_by_loops(Q, K, V, heads, shared):
    d, e = K.shape[2] // shared, V.shape[2] // shared
    found = []
    for h in range(heads):
        g = h * shared // heads
        k, v = K[..., g * d : g * d + d], V[..., g * e : g * e + e]
        found.append(library.attention(Q[..., h * d : h * d + d], k, v)[0])
    return np.concatenate(found, axis=-1)


def _shared_by_broadcast(Q, K, V, heads, shared):
    N, T, S = len(Q), Q.shape[1], K.shape[1]
    q = Q.reshape(N, T, shared, heads // shared, -1).transpose(0, 2, 3, 1, 4)
    k, v = (x.reshape(N, S, shared, 1, -1).transpose(0, 2, 3, 1, 4) for x in (K, V))
    A = softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]))
    return (A @ v).transpose(0, 3, 1, 2, 4).reshape(N, T, -1)


def _shared_by_einsum(Q, K, V, heads, shared):
    n = heads // shared
    q = Q.reshape(*Q.shape[:2], shared, n, -1)
    k, v = (x.reshape(*x.shape[:2], shared, -1) for x in (K, V))
    S = np.einsum("ntgid,nsgd->ngits", q, k) * q.shape[-1] ** -0.5
    return np.einsum("ngits,nsge->ntgie", softmax(S), v).reshape(*Q.shape[:2], -1)


def _shared_by_index(Q, K, V, heads, shared):
    which = [h // (heads // shared) for h in range(heads)]
    K, V = ch.split(K, shared)[:, which], ch.split(V, shared)[:, which]
    return ch.join(library.attention(ch.split(Q, heads), K, V)[0])


def _shared_by_splits(Q, K, V, heads, shared):
    groups = [np.split(x, shared, axis=2) for x in (Q, K, V)]
    found = []
    for q, k, v in zip(*groups, strict=True):
        found += [
            library.attention(one, k, v)[0]
            for one in np.split(q, heads // shared, axis=2)
        ]
    return np.dstack(found)


def _shared_with_longer_questions(Q, K, V, heads, shared):
    # The heads of a group become more queries of one head.
    N, T, n = len(Q), Q.shape[1], heads // shared
    q = Q.reshape(N, T, shared, n, -1).transpose(0, 2, 3, 1, 4)
    q = q.reshape(N, shared, n * T, -1)
    y = library.attention(q, ch.split(K, shared), ch.split(V, shared))[0]
    y = y.reshape(N, shared, n, T, -1).transpose(0, 3, 1, 2, 4)
    return y.reshape(N, T, -1)


def _shared_values_take_turns(Q, K, V, heads, shared):
    turns = np.arange(heads) % shared
    K = np.repeat(ch.split(K, shared), heads // shared, axis=1)
    V = ch.split(V, shared)[:, turns]
    return ch.join(library.attention(ch.split(Q, heads), K, V)[0])


# ------------------------------------------------------------------------ 10b.8


def _go_on_with_dict(Q, K, V, past=None):
    old = past or {"k": K[:, :, :0], "v": V[:, :, :0]}
    K, V = np.append(old["k"], K, 2), np.append(old["v"], V, 2)
    M, S = Q.shape[2], K.shape[2]
    mask = np.tri(M, S, S - M, dtype=bool)
    return library.attention(Q, K, V, mask)[0], {"k": K, "v": V}


def _go_on_one_by_one(Q, K, V, past=None):
    past, found = [] if past is None else past, []
    for i in range(Q.shape[2]):
        past.append((K[:, :, i], V[:, :, i]))
        k, v = (np.stack(x, axis=2) for x in zip(*past, strict=True))
        found.append(library.attention(Q[:, :, i : i + 1], k, v)[0])
    return [np.concatenate(found, axis=2), past]


def _go_on_with_pieces(Q, K, V, past=None):
    pieces = [*(past or []), (K, V)]
    K, V = (np.concatenate(x, axis=-2) for x in zip(*pieces, strict=True))
    S = K.shape[-2]
    whole = np.tri(S, dtype=bool)[-Q.shape[-2] :]
    return library.attention(Q, K, V, whole)[0], pieces


def _go_on_all_again(Q, K, V, past=None):
    now = (Q, K, V)
    if past is not None:
        now = tuple(np.concatenate(x, 2) for x in zip(past, now, strict=True))
    mask = np.tri(now[0].shape[2], dtype=bool)
    return library.attention(*now, mask)[0][:, :, -Q.shape[2] :], now


def _go_on_with_room(Q, K, V, past=None):
    n = Q.shape[2]
    if past is None:
        room = np.zeros((*K.shape[:2], 32, K.shape[3] + V.shape[3]))
        past = {"room": room, "n": 0}
    room, start = past["room"], past["n"]
    room[:, :, start : start + n] = np.concatenate([K, V], axis=3)
    mask = np.arange(32) <= start + np.arange(n).reshape(-1, 1)
    k, v = np.split(room, [K.shape[3]], axis=3)
    return library.attention(Q, k, v, mask)[0], {"room": room, "n": start + n}


def _go_on_by_sums(Q, K, V, past=None):
    if past is not None:
        K, V = np.concatenate([past[0], K], 2), np.concatenate([past[1], V], 2)
    P = K.shape[2] - Q.shape[2]
    y = [
        softmax(Q[:, :, i, None] @ K[:, :, : P + i + 1].swapaxes(2, 3) / 2)
        @ V[:, :, : P + i + 1]
        for i in range(Q.shape[2])
    ]
    return np.concatenate(y, axis=2), [K, V]


def _go_on_all(Q, K, V, past=None):
    return np.cumsum(ch.go_on(Q, K, V, past)[0], axis=2)


# ------------------------------------------------------------------------ 10b.9


def _rms_numerically(dy, x, gamma, eps):
    def loss(x, gamma):
        r = np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        return np.sum(dy * gamma * x / r)

    dx = numerical_gradient(lambda z: loss(z, gamma), x.copy(), h=1e-5)
    return dx, numerical_gradient(lambda g: loss(x, g), gamma.copy(), h=1e-5)


def _rms_by_loops(dy, x, gamma, eps):
    dx, dgamma, D = np.zeros(x.shape), np.zeros(len(gamma)), len(gamma)
    for i in np.ndindex(x.shape[:2]):
        r = math.sqrt(np.mean(x[i] ** 2) + eps)
        dgamma += dy[i] * x[i] / r
        J = np.eye(D) / r - np.outer(x[i], x[i]) / (D * r**3)
        dx[i] = J @ (gamma * dy[i])
    return dx, dgamma


def _rms_in_rows(dy, x, gamma, eps):
    shape, D = x.shape, x.shape[-1]
    dy, x = dy.reshape(-1, D), x.reshape(-1, D)
    r2 = np.sum(x * x, axis=1, keepdims=True) / D + eps
    d = dy * gamma
    dx = d * r2**-0.5 - x * r2**-1.5 * np.sum(d * x, axis=1, keepdims=True) / D
    return dx.reshape(shape), np.einsum("nd,nd->d", dy, x * r2**-0.5)


def _rms_by_engine(dy, x, gamma, eps):
    X, G = (Tensor(v, needs_grad=True) for v in (x, gamma))
    r = ((X * X).mean(axis=-1, keepdims=True) + eps) ** 0.5
    return grad((dy * G * X / r).sum(), [X, G])


def _rms_by_complex_step(dy, x, gamma, eps):
    def loss(x, gamma):
        return np.sum(dy * gamma * x / np.sqrt((x * x).mean(-1)[..., None] + eps))

    found = []
    for k in (0, 1):
        g = np.zeros((x, gamma)[k].shape)
        for i in np.ndindex(g.shape):
            both = [x.astype(complex), gamma.astype(complex)]
            both[k][i] += 1e-30j
            g[i] = loss(*both).imag / 1e-30
        found.append(g)
    return tuple(found)


def _rms_by_projection(dy, x, gamma, eps):
    r2 = np.mean(x**2, axis=2, keepdims=True) + eps
    d = dy * gamma
    dx = (d * r2 - x * np.mean(d * x, axis=2)[:, :, None]) / r2**1.5
    return dx, (dy * x / np.sqrt(r2)).reshape(-1, x.shape[2]).sum(0)


# ----------------------------------------------------------------------- 10b.10


def _slope_numerically(dO, V, A):
    T, slopes = A.shape[-1], np.zeros(A.shape[1])
    far = np.abs(np.subtract.outer(range(T), range(T)))

    def loss(m):
        E = A * np.exp(-m[:, None, None] * far)
        return np.sum(dO * (E / E.sum(-1, keepdims=True) @ V))

    return numerical_gradient(loss, slopes, h=1e-5)


def _slope_by_loops(dO, V, A):
    N, heads, T, _ = A.shape
    m = np.zeros(heads)
    for n, h, t in np.ndindex(N, heads, T):
        a, da = A[n, h, t], V[n, h] @ dO[n, h, t]
        ds = (np.diag(a) - np.outer(a, a)) @ da
        m[h] -= ds @ [abs(t - s) for s in range(T)]
    return m


def _slope_by_library(dO, V, A):
    # As if the distance were one more number of queries and keys.
    N, heads, T, _ = A.shape
    eye = np.broadcast_to(np.eye(T), (N, heads, T, T))
    far = -abs(np.arange(T)[:, None] - np.arange(T)) * math.sqrt(T)
    dq = library.attention_gradients(dO, eye, eye, V, A)[0]  # dS / √T
    return np.einsum("nhts,ts->h", dq, far)


def _slope_by_mean_distance(dO, V, A):
    # dO · Σ a (mean distance - distance) v: the softmax turned round.
    T = A.shape[-1]
    far = abs(np.arange(T) - np.arange(T)[:, None]) * 1.0
    mean = (A * far).sum(-1, keepdims=True)
    return np.sum(dO * ((A * (mean - far)) @ V), axis=(0, 2, 3))


def _slope_by_einsum(dO, V, A):
    T = A.shape[3]
    far = np.array([[abs(t - s) for s in range(T)] for t in range(T)])
    dA = np.einsum("nhte,nhse->nhts", dO, V)
    row = np.einsum("nhts,nhts->nht", A, dA)
    return np.einsum("nhts,nhts,ts->h", A, row[..., None] - dA, far)


def _slope_by_complex_step(dO, V, A):
    T = A.shape[-1]
    E = A * np.exp(-1e-30j * abs(np.arange(T)[:, None] - np.arange(T)))
    out = E / E.sum(axis=-1)[..., None] @ V
    return (dO * out).sum(axis=(0, 2, 3)).imag * 1e30


# ---------------------------------------------------------------------- 10b.lab


def _write_by_generate(model, ids, n):
    rng = np.random.default_rng(0)
    return library.generate(model, ids, n, rng=rng, temperature=0, cache=True)


def _write_with_the_layer(model, ids, n):
    tied = model.layers[0]
    caching = [tied.layers[0], *(b.layers[1] for b in tied.layers[1:-1:2])]
    for layer in caching:
        layer.past = ()
    new = ids
    for _ in range(n):
        new = model.predict(new)[:, -1:].argmax(axis=2)
        ids = np.concatenate([ids, new], axis=1)
    for layer in caching:
        layer.past = None
    return ids


def _write_counting(model, ids, n):
    tied = model.layers[0]
    E, (table, *body) = tied.embedding.W.value, tied.layers
    looks = [block.layers[1] for block in body[:-1:2]]
    for look in looks:
        look.past = ()
    new, at, out = ids, 0, [*ids.T]
    for _ in range(n):
        places = list(range(at, at + new.shape[1]))
        at += len(places)
        x = E[new] + table.W.value[places]
        for layer in body:
            x = layer.forward(x)
        new = np.argmax(x[:, -1] @ E.T, axis=1)[:, None]
        out.append(new[:, 0])
    for look in looks:
        look.past = None
    return np.stack(out, axis=1)


def _write_no_cache(model, ids, n):
    for _ in range(n):
        new = model.predict(ids)[:, -1:].argmax(axis=-1)
        ids = np.append(ids, new, axis=1)
    return ids


def _write_one_by_one(model, ids, n):
    T, layers = ids.shape[1], model.layers[0].layers
    caching = [one for one in (layers[0], *(b.layers[1] for b in layers[1:-1:2]))]
    for layer in caching:
        layer.past = ()
    out = [ids[:, t] for t in range(T)]
    for t in range(T + n - 1):
        scores = model.predict(out[t][:, None])[:, 0]
        if t + 1 >= T:
            out.append(scores.argmax(axis=-1))
    for layer in caching:
        layer.past = None
    return np.array(out).T


def _lab(*pieces):
    return lambda: ch.write_on.spoilt(*pieces)


WRONG = {
    "10b.1": [
        ("exchanged", lambda: math.sqrt(2) * np.log([3.0, 6.0]), "is not right"),
        ("divided", lambda: np.log([6.0, 3.0]) / math.sqrt(2), "is not right"),
        ("rounded too much", lambda: (3, 2), "is not right"),
        ("three numbers", lambda: (2.5, 1.6, 0.0), "shape `(3,)`"),
        ("root of d of three", lambda: 3**0.5 * np.log([6, 3]), "is not right"),
        ("a function", lambda: lambda: (1, 2), "expected"),
    ],
    "10b.2": [
        (
            "no positions",
            lambda: ch.count_gpt2.spoilt(" + T * D", ""),
            "expected: 300",
        ),
        (
            "biases of D each",
            lambda: ch.count_gpt2.spoilt("+ 3 * D +", "+ D +", "+ 4 * D +", "+ D +"),
            "expected: 300",
        ),
        ("rule of thumb", lambda: lambda C, T, D, L: 12 * L * D**2, "expected: 300"),
        ("no return", lambda: _no_return, "returned nothing"),
        ("half", lambda: lambda C, T, D, L: ch.count_gpt2(C, T, D, L) / 2, "expected"),
        (
            "three matrices apart",
            lambda: lambda C, T, D, L: ch.count_gpt2(C, T, D, L) + 3 * D,
            "expected: 300",
        ),
    ],
    "10b.3": [
        (
            "all of the past",
            lambda: lambda full, window: ch.who_sees(full, full.shape[1]),
            "`[0, 2, 0]`",
        ),
        (
            "padding seen",
            lambda: lambda full, window: ch.who_sees(np.ones_like(full), window),
            "array of shape (2, 5)",
        ),
        (
            "one mask",
            lambda: lambda full, window: ch.who_sees(full, window)[0],
            "axis 0",
        ),
        (
            "an axis for heads",
            lambda: lambda full, window: ch.who_sees(full, window)[:, None],
            "expected an array of shape",
        ),
        (
            "or",
            lambda: ch.who_sees.spoilt("near & full", "near | full"),
            "is not right",
        ),
        (
            "true where forbidden",
            lambda: lambda full, window: ~ch.who_sees(full, window),
            "is not right",
        ),
        (
            "minus infinity",
            lambda: lambda *c: np.where(ch.who_sees(*c), 0, -np.inf),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.4": [
        (
            "other axis",
            lambda: ch.row_weights.spoilt("axis=-1", "axis=-2"),
            "is not right",
        ),
        (
            "no largest number",
            lambda: ch.row_weights.spoilt(" - np.where(top == -np.inf, 0.0, top)", ""),
            "overflow",
        ),
        (
            "one largest number for all",
            lambda: ch.row_weights.spoilt("S.max(axis=-1, keepdims=True)", "S.max()"),
            "is not right",
        ),
        (
            "in place",
            lambda: _rows_in_place,
            "changes its input `S`",
        ),
        (
            "a loud nan_to_num",
            lambda: lambda S, a: np.nan_to_num(softmax(np.where(a, S, -np.inf))),
            "warn",
        ),
        (
            "not negative enough",
            lambda: lambda S, a: softmax(np.where(a, S, -3e9)) * a,
            "-1e+10",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.5": [
        ("too fast", lambda: _turn_too_fast, "is not right"),
        (
            "from one",
            lambda: ch.rotate.spoilt("np.arange(T)", "np.arange(1, T + 1)"),
            "is not right",
        ),
        (
            "added",
            lambda: lambda x: x + library.sinusoids(*x.shape[2:]),
            "is not right",
        ),
        (
            "degrees",
            lambda: ch.rotate.spoilt("(angle)", "(np.deg2rad(angle))"),
            "is not right",
        ),
        (
            "side by side",
            lambda: (
                lambda x: np.concatenate(
                    [ch.rotate(x)[..., ::2], ch.rotate(x)[..., 1::2]], axis=-1
                )
            ),
            "is not right",
        ),
        (
            "one frequency",
            lambda: ch.rotate.spoilt("-np.arange(0, d, 2)", "0 * np.arange(0, d, 2)"),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.6": [
        (
            "one number",
            lambda: ch.reach.spoilt(
                "changed[:, s]", "changed[:, s, 0]", "normal(D)", "normal()"
            ),
            "is not right",
        ),
        (
            "all",
            lambda: ch.reach.spoilt(".any(axis=(0, 2))", ".all(axis=(0, 2))"),
            "is not right",
        ),
        (
            "too small",
            lambda: ch.reach.spoilt("+= amount", "+= 1e-9 * amount"),
            "is not right",
        ),
        ("zeros", lambda: ch.reach.spoilt("+= amount", "= 0"), "Add something"),
        ("in place", lambda: _reach_in_place, "it has changed `x`"),
        (
            "compared with its input",
            lambda: ch.reach.spoilt("f(changed), y)", "changed, x)"),
            "is not right",
        ),
        ("causal, whatever f is", lambda: lambda f, x: np.tri(5), "is not right"),
        (
            "one truth",
            lambda: lambda f, x: bool(np.triu(ch.reach(f, x), 1).any()),
            "expected an array of shape",
        ),
        (
            "for each sequence",
            lambda: lambda f, x: np.stack([ch.reach(f, x)] * 2),
            "of length 2",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.7": [
        ("values take turns", lambda: _shared_values_take_turns, "is not right"),
        (
            "not joined",
            lambda: ch.shared_heads.spoilt("join(", "("),
            "expected an array of shape",
        ),
        (
            "not repeated",
            lambda: (
                lambda Q, K, V, heads, shared: ch.join(
                    library.attention(
                        ch.split(Q, heads), ch.split(K, shared), ch.split(V, shared)
                    )[0]
                )
            ),
            "raised",
        ),
        (
            "weights as well",
            lambda: ch.shared_heads.spoilt(
                "join(attention(Q, K, V)[0])", "attention(Q, K, V)"
            ),
            "a tuple of length 2",
        ),
        (
            "no root",
            lambda: (
                lambda Q, K, V, h, s: ch.shared_heads(
                    Q * math.sqrt(Q.shape[2] / h), K, V, h, s
                )
            ),
            "is not right",
        ),
        (
            "heads from behind",
            lambda: (
                lambda Q, K, V, h, s: ch.shared_heads.spoilt(
                    "axis=1)", "axis=1)[:, ::-1]"
                )(Q, K, V, h, s)
            ),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.8": [
        (
            "past behind",
            lambda: ch.go_on.spoilt(
                "past[0], K", "K, past[0]", "past[1], V", "V, past[1]"
            ),
            "is not right",
        ),
        (
            "itself hidden",
            lambda: ch.go_on.spoilt("np.arange(S) <=", "np.arange(S) <"),
            "is not right",
        ),
        (
            "along the heads",
            lambda: ch.go_on.spoilt("axis=2", "axis=1"),
            "raised",
        ),
        (
            "found alone",
            lambda: lambda *c: ch.go_on(*c)[0],
            "expected a tuple of length 2",
        ),
        ("the other way round", lambda: lambda *c: ch.go_on(*c)[::-1], "raised"),
        (
            "all that was found",
            lambda: lambda *c: (_go_on_all(*c), ch.go_on(*c)[1]),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.9": [
        (
            "mean of gamma's",
            lambda: ch.rms_backward.spoilt(".sum(axis=(0, 1))", ".mean(axis=(0, 1))"),
            "`dgamma` of",
        ),
        (
            "sum in the way through r",
            lambda: ch.rms_backward.spoilt("(d * x_hat).mean", "(d * x_hat).sum"),
            "`dx` of",
        ),
        (
            "no eps",
            lambda: lambda dy, x, gamma, eps: ch.rms_backward(dy, x, gamma, 0.0),
            "eps",
        ),
        (
            "gamma for each place",
            lambda: ch.rms_backward.spoilt(".sum(axis=(0, 1))", ""),
            "expected an array of shape",
        ),
        (
            "gamma for each sequence",
            lambda: ch.rms_backward.spoilt("axis=(0, 1)", "axis=1"),
            "expected an array of shape",
        ),
        (
            "forwards",
            lambda: lambda dy, x, gamma, eps: gamma * x,
            "a tuple of length 2",
        ),
        (
            "exchanged",
            lambda: lambda *c: ch.rms_backward(*c)[::-1],
            "expected an array of shape",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.10": [
        (
            "a mean over the sequences",
            lambda: lambda dO, V, A: ch.slope_gradient(dO, V, A) / len(A),
            "is not right",
        ),
        (
            "the root",
            lambda: (
                lambda dO, V, A: (
                    ch.slope_gradient(dO, V, A) / math.sqrt(V.shape[-1] + 1)
                )
            ),
            "is not right",
        ),
        (
            "summed over the heads",
            lambda: lambda *c: ch.slope_gradient(*c).sum(),
            "is one number",
        ),
        (
            "signed distance",
            lambda: ch.slope_gradient.spoilt("abs(", "("),
            "is not right",
        ),
        (
            "for each sequence",
            lambda: ch.slope_gradient.spoilt("(0, 2, 3)", "(2, 3)"),
            "expected an array of shape",
        ),
        (
            "squared distance",
            lambda: ch.slope_gradient.spoilt("* distance", "* distance**2"),
            "is not right",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "10b.lab": [
        ("no cache", lambda: _write_no_cache, "places were computed"),
        (
            "no position",
            _lab("P[start : ids.shape[1]]", "(0 if start else P[: ids.shape[1]])"),
            "`written` of",
        ),
        (
            "one place too far",
            _lab(
                "P[start : ids.shape[1]]",
                "np.roll(P, -(start > 0), axis=0)[start : ids.shape[1]]",
            ),
            "`written` of",
        ),
        (
            "never moving on",
            _lab(
                "new = ids\n",
                "new, T = ids, ids.shape[1]\n",
                "P[start : ids.shape[1]]",
                "P[T * (start > 0) :][: new.shape[1]]",
            ),
            "`written` of",
        ),
        ("still keeping", _lab("past = None\n    ret", "past\n    ret"), "each `past`"),
        (
            "the row of the round",
            _lab(
                "for _ in range(n)",
                "for k in range(n)",
                "P[start : ids.shape[1]]",
                "P[k : k + new.shape[1]]",
            ),
            "`written` of",
        ),
        (
            "the new ones alone",
            lambda: lambda m, ids, n: ch.write_on(m, ids, n)[:, ids.shape[1] :],
            "expected an array of shape",
        ),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
}

RIGHT = {
    "10b.1": [
        ("rounded", lambda: [2.53, 1.55]),
        ("a larger float", lambda: np.longdouble([2.534, 1.554])),
        ("a tuple", lambda: (2.5339, 1.5537)),
        ("float32", lambda: np.float32([2.534, 1.554])),
        ("numbers of NumPy", lambda: [np.float64(2.535), np.float32(1.553)]),
        ("of other logarithms", lambda: 2**0.5 * np.log10([6, 3]) / np.log10(math.e)),
    ],
    "10b.2": [
        ("the library", lambda: _count_by_library),
        ("shapes", lambda: _count_by_shapes),
        ("a loop, a float", lambda: _count_in_a_loop),
        (
            "short",
            lambda: lambda v, t, d, n: d * (v + t + 2 + n * (12 * d + 13)),
        ),
        (
            "three matrices",
            lambda: (
                lambda C, T, D, L: (
                    (C + T) * D
                    + L * (4 * (D + 1) * D + 5 * D + 8 * D**2)
                    + 2 * D * (2 * L + 1)
                )
            ),
        ),
        ("NumPy", lambda: lambda *c: np.int64(ch.count_gpt2(*c))),
    ],
    "10b.3": [
        ("loops, a list", lambda: _mask_by_loops),
        ("bands of numbers", lambda: _mask_by_bands),
        ("triu", lambda: _mask_by_triu),
        ("einsum", lambda: _mask_by_einsum),
        ("fromfunction", lambda: _mask_by_function),
        ("meshgrid", lambda: _mask_by_meshgrid),
    ],
    "10b.4": [
        ("loops", lambda: _rows_by_loops),
        ("masked arrays", lambda: _rows_masked),
        ("where", lambda: _rows_where),
        ("quietly", lambda: _rows_quietly),
        ("twice", lambda: _rows_twice),
        ("logarithms", lambda: _rows_of_logs),
    ],
    "10b.5": [
        ("complex numbers", lambda: _turn_by_complex),
        ("loops", lambda: _turn_by_loops),
        ("matrices", lambda: _turn_by_matrices),
        ("sinusoids", lambda: _turn_by_sinusoids),
        ("pairs", lambda: _turn_by_pairs),
        ("step by step", lambda: _turn_step_by_step),
    ],
    "10b.6": [
        ("other values", lambda: _reach_by_other_values),
        ("gradients", lambda: _reach_by_gradients),
        ("number by number", lambda: _reach_by_numbers),
        ("lists", lambda: _reach_lists),
        ("small changes", lambda: _reach_small),
        ("other places", lambda: _reach_by_other_places),
    ],
    "10b.7": [
        ("loops", lambda: _shared_by_loops),
        ("broadcast", lambda: _shared_by_broadcast),
        ("einsum", lambda: _shared_by_einsum),
        ("indices", lambda: _shared_by_index),
        ("splits", lambda: _shared_by_splits),
        ("more queries", lambda: _shared_with_longer_questions),
    ],
    "10b.8": [
        ("a dictionary", lambda: _go_on_with_dict),
        ("one by one, in place", lambda: _go_on_one_by_one),
        ("pieces", lambda: _go_on_with_pieces),
        ("all again", lambda: _go_on_all_again),
        ("room", lambda: _go_on_with_room),
        ("sums", lambda: _go_on_by_sums),
    ],
    "10b.9": [
        ("numerically", lambda: _rms_numerically),
        ("loops", lambda: _rms_by_loops),
        ("rows", lambda: _rms_in_rows),
        ("engine", lambda: _rms_by_engine),
        ("complex step", lambda: _rms_by_complex_step),
        ("projection", lambda: _rms_by_projection),
    ],
    "10b.10": [
        ("numerically", lambda: _slope_numerically),
        ("loops", lambda: _slope_by_loops),
        ("library", lambda: _slope_by_library),
        ("mean distance", lambda: _slope_by_mean_distance),
        ("einsum", lambda: _slope_by_einsum),
        ("complex step", lambda: _slope_by_complex_step),
    ],
    "10b.lab": [
        ("generate", lambda: _write_by_generate),
        ("the layer", lambda: _write_with_the_layer),
        ("counting", lambda: _write_counting),
        ("one by one", lambda: _write_one_by_one),
        ("from behind", _lab("P[start : ids.shape[1]]", "P[: ids.shape[1]][start:]")),
        (
            "rows of the table",
            _lab("P[start : ids.shape[1]]", "P[np.arange(new.shape[1]) + start]"),
        ),
    ],
}
