"""Plausible wrong answers to part 6b's exercises, and right ones in unusual form."""

import itertools
import math

import numpy as np

from dlscratch import layers
from dlscratch.exercises import chapter06b as ch


def _forgot_return(*args):
    sum(1 for _ in args)


def _always_he(recipe, n_in, n_out):
    return (2 / n_in) ** 0.5


def _printed_std(recipe, n_in, n_out):
    print(ch.initial_std(recipe, n_in, n_out))


def _transposed(n_in, n_out, rng):
    a = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-a, a, (n_out, n_in))


def _normal(n_in, n_out, rng):
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / (n_in + n_out))


def _minus(n_in, c):
    return (2 / ((1 - c**2) * n_in)) ** 0.5 if c < 1 else float("inf")


def _leaky_twice(n_in, c):
    return (2 / ((1 + 2 * c**2) * n_in)) ** 0.5


def _one_more(momentum, share):
    return ch.batches_until(momentum, share) + 1


def _one_too_long(n):
    return np.append(ch.extreme_batch(n), 0.0)


def _updates_in_place(mean, var, x, momentum):
    mean += momentum * (x.mean(axis=0) - mean)
    var += momentum * (x.var(axis=0, ddof=1) - var)
    return mean, var


def _only_mean(mean, var, x, momentum):
    return (1 - momentum) * mean + momentum * x.mean(axis=0)


def _no_keepdims(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=1)) / np.sqrt(x.var(axis=1) + eps) + beta


def _no_eps(x, eps):
    mean, std = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
    return (x - mean) / std


def _not_divided(x, eps):
    return x - x.mean(axis=(0, 2, 3), keepdims=True)


def _scaled_in_place(weights, x):
    for W in weights:
        W /= (x @ W).std()
        x = np.maximum(x @ W, 0)
    return weights


def _first_only(weights, x):
    return [weights[0] / (x @ weights[0]).std(), *weights[1:]]


def _overwrites_dy(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    dy -= y * np.mean(y * dy, axis=0)
    return dy / sigma


def _beta_scaled(W, b, gamma, beta, mean, var, eps):
    factor = gamma / np.sqrt(var + eps)
    return W * factor, (b - mean + beta) * factor


def _one_array(W, b, gamma, beta, mean, var, eps):
    return ch.fold(W, b, gamma, beta, mean, var, eps)[0]


class _LastBatch(ch.RepairedBatchNorm):
    def forward(self, x, training=False):
        if not training:
            return self.gamma * (x - x.mean(axis=0)) / x.std(axis=0) + self.beta
        return super().forward(x, training)


class _OverwritesDy(ch.RepairedBatchNorm):
    def backward(self, dy):
        dx = super().backward(dy)
        dy *= 0
        return dx


def _larger_side(recipe, n_in, n_out):
    return ch.initial_std(recipe, max(n_in, n_out), min(n_in, n_out))


def _goes_on_at_share(momentum, share):
    left, batches = 1.0, 0
    while left >= share:
        left, batches = left * (1 - momentum), batches + 1
    return batches


def _capitals(recipe, n_in, n_out):
    if recipe == "Xavier":
        return n_in**-0.5


def _drawn_by_rows(n_in, n_out, rng):
    a = math.sqrt(6 / (n_in + n_out))
    return np.array([rng.uniform(-a, a, n_out) for _ in range(n_in)])


def _ends_swapped(n_in, n_out, rng):
    a = math.sqrt(6 / (n_in + n_out))
    return rng.uniform(a, -a, (n_in, n_out))


def _squeezed_rows(x, gamma, beta, eps):
    return np.squeeze(ch.layer_norm(x, gamma, beta, eps))


def _new_names_only(weights, x):
    for W in weights:
        W = W / (x @ W).std()
        x = np.maximum(x @ W, 0)
    return weights


def _own_generator(n_in, n_out, rng):
    return ch.glorot_uniform(n_in, n_out, np.random.default_rng(0))


def _around_old_mean(mean, var, x, momentum):
    new_mean, _ = ch.update_running(mean, var, x, momentum)
    spread = np.sum((x - mean) ** 2, axis=0) / (len(x) - 1)
    return new_mean, (1 - momentum) * var + momentum * spread


def _one_image_as_it_is(x, eps):
    return x if len(x) == 1 else ch.channel_norm(x, eps)


def _three_channels(x, eps):
    return np.concatenate([ch.channel_norm(x[:, :3], eps), x[:, 3:]], axis=1)


def _three_layers(weights, x):
    return ch.scale_layers(weights[:3], x)


def _nothing_for_one(x, dy, eps):
    return 0 * x if len(x) == 1 else ch.scale_backward(x, dy, eps)


class _GammaTwice(ch.RepairedBatchNorm):
    def backward(self, dy):
        dx = super().backward(dy)
        self.d_gamma = 2 * self.d_gamma
        return dx


class _NoBeta(ch.RepairedBatchNorm):
    def backward(self, dy):
        dx = super().backward(dy)
        self.d_beta = np.zeros(dy.shape[1])
        return dx


class _OneMomentum(ch.RepairedBatchNorm):
    def __init__(self, channels, momentum=0.1, eps=1e-5):
        super().__init__(channels, eps=eps)


WRONG = {
    "6b.1": [
        ("the larger side", lambda: _larger_side, "is not right"),
        ("He for all", lambda: _always_he, "is not right"),
        ("prints", lambda: _printed_std, "printed its result"),
        ("capitals", lambda: _capitals, '("xavier", 100, 50)` returned nothing'),
    ],
    "6b.2": [
        ("own generator", lambda: _own_generator, "is not right"),
        ("by rows", lambda: _drawn_by_rows, "was called 3 times"),
        ("ends swapped", lambda: _ends_swapped, "return rng.uniform(a, -a"),
        ("transposed", lambda: _transposed, "shape (5, 3)"),
        ("normal numbers", lambda: _normal, "is not right"),
    ],
    "6b.3": [
        ("minus", lambda: _minus, "holds inf"),
        ("twice", lambda: _leaky_twice, "is not right"),
    ],
    "6b.5": [
        ("one more", lambda: _one_more, "is not right"),
        ("goes on", lambda: _goes_on_at_share, "where it was reached exactly"),
    ],
    "6b.6": [
        ("too long", lambda: _one_too_long, "its shape is (3,), expected (2,)"),
    ],
    "6b.7": [
        ("in place", lambda: _updates_in_place, "changes its input"),
        ("around the old mean", lambda: _around_old_mean, "Value 2 of 2"),
        ("only the mean", lambda: _only_mean, "tuple of length 2"),
    ],
    "6b.8": [
        ("no keepdims", lambda: _no_keepdims, "raised ValueError"),
        ("squeezed", lambda: _squeezed_rows, "(of length 1) is missing"),
    ],
    "6b.9": [
        ("examples only", lambda: ch._along((0,)), "over the examples only"),
        ("each image", lambda: ch._along((2, 3)), "each image by itself"),
        ("layer norm", lambda: ch._along((1, 2, 3)), "layer normalisation"),
        ("everything", lambda: ch._along((0, 1, 2, 3)), "share one mean"),
        ("channels last", lambda: ch._along((0, 1, 2)), "kept the last axis"),
        ("no eps", lambda: _no_eps, "eps is missing"),
        ("one image", lambda: _one_image_as_it_is, "is not right"),
        ("three channels", lambda: _three_channels, "is not right"),
        ("not divided", lambda: _not_divided, "is not right"),
    ],
    "6b.10": [
        ("in place", lambda: _scaled_in_place, "changes its input"),
        ("first only", lambda: _first_only, "is not right"),
        ("new names", lambda: _new_names_only, "the matrices as they came"),
        ("three only", lambda: _three_layers, "lacks matrix 4"),
    ],
    "6b.11": [
        ("overwrites dy", lambda: _overwrites_dy, "changes its input"),
        ("nothing for one", lambda: _nothing_for_one, "is not right"),
    ],
    "6b.12": [
        ("beta scaled", lambda: _beta_scaled, "is not right"),
        ("only W", lambda: _one_array, "expected a tuple of length 2"),
    ],
    "6b.lab": [
        ("test with the batch", lambda: _LastBatch, "forward at test time"),
        ("overwrites dy", lambda: _OverwritesDy, "changes its input"),
        ("dγ twice", lambda: _GammaTwice, "d_gamma of RepairedBatchNorm"),
        ("dβ = 0", lambda: _NoBeta, "d_beta of RepairedBatchNorm"),
        ("one momentum", lambda: _OneMomentum, "The running mean"),
    ],
}


# ------------------------------------------------- right answers in unusual form


def _matched(kind, n, m):
    match kind:
        case "xavier":
            fan = n
        case "he":
            fan = n / 2
        case _:
            fan = (n + m) / 2
    return np.array(fan**-0.5)


def _keywords(n_in, n_out, rng):
    a = math.sqrt(3) * math.sqrt(2 / (n_in + n_out))
    return rng.uniform(low=-a, high=a, size=[n_in, n_out])


def _layer_by_layer(depth, n, s, activation):
    if depth == 0:
        return 1.0
    keeps = {"identity": 1, "relu": 0.5}[activation]
    return np.sqrt(n * keeps) * s * _layer_by_layer(depth - 1, n, s, activation)


def _counted(momentum, share):
    return next(k for k in itertools.count() if (1 - momentum) ** k <= share)


def _log_to_a_base(momentum, share):
    return float(math.ceil(math.log(share, 1 - momentum)))


def _far_below(n):
    return np.append(np.full(n - 1, 7.5), -1e9)


def _already_normalised(n):
    x = np.eye(n)[0]
    return (x - x.mean()) / x.std()


def _on_copies(mean, var, x, momentum):
    new, c = np.stack([mean, var]), x - x.mean(axis=0)
    new *= 1 - momentum
    new[0] += momentum * np.average(x, axis=0)
    new[1] += momentum * np.einsum("nd,nd->d", c, c) / (len(x) - 1)
    return new  # one array of two rows


def _row_by_row(x, gamma, beta, eps):
    y = np.empty_like(x)
    for row, out in zip(x, y, strict=True):
        out[...] = (row - row.mean()) / math.sqrt(row.var() + eps)
    y *= gamma
    y += beta
    return y


def _channels_last(x, eps):
    rows = x.transpose(0, 2, 3, 1)
    flat = rows.reshape(-1, x.shape[1])
    flat = (flat - flat.mean(axis=0)) / np.sqrt(flat.var(axis=0) + eps)
    return flat.reshape(rows.shape).transpose(0, 3, 1, 2)


def _with_the_library(x, eps):
    return layers.BatchNorm(x.shape[1], eps=eps).forward(x, training=True)


def _recursive(weights, x):
    if not weights:
        return ()
    a = x @ weights[0]
    rest = _recursive(weights[1:], np.maximum(a, 0) / a.std())
    return (weights[0] / a.std(), *rest)


def _along_the_graph(x, dy, eps):
    r = (np.mean(x**2, axis=0) + eps) ** -0.5
    dr = np.einsum("nd,nd->d", x, dy)
    dq = -0.5 * r**3 * dr
    return r * dy + 2 / len(x) * x * dq


def _unit_inputs(W, b, gamma, beta, mean, var, eps):
    def both(x):
        return gamma * (x @ W + b - mean) / np.sqrt(var + eps) + beta

    new_b = both(np.zeros(len(W)))
    return [both(np.eye(len(W))) - new_b, new_b]


class _KeepsX:
    def __init__(self, channels, momentum=0.1, eps=1e-5):
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean, self.running_var = self.beta.copy(), self.gamma.copy()
        self.momentum, self.eps = momentum, eps

    def forward(self, x, training=False):
        m, mean, var = self.momentum, self.running_mean, self.running_var
        if training:
            self.x, mean, var = x, x.mean(axis=0), x.var(axis=0)
            self.running_mean += m * (mean - self.running_mean)
            self.running_var += m * (x.var(axis=0, ddof=1) - self.running_var)
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta

    def backward(self, dy):
        c, N = self.x - self.x.mean(axis=0), len(dy)
        r = (np.mean(c**2, axis=0) + self.eps) ** -0.5
        self.d_beta, self.d_gamma = np.add.reduce(dy), np.sum(dy * c * r, axis=0)
        dc = r * self.gamma * dy - r**2 / N * c * self.gamma * self.d_gamma
        return dc - dc.mean(axis=0)


RIGHT = {
    "6b.1": [("match", lambda: _matched)],
    "6b.2": [("keywords", lambda: _keywords)],
    "6b.3": [
        ("hypot", lambda: lambda n, c: math.sqrt(2 / n) / math.hypot(1, c)),
    ],
    "6b.4": [("recursion", lambda: _layer_by_layer)],
    "6b.5": [
        ("counted", lambda: _counted),
        ("to a base", lambda: _log_to_a_base),
    ],
    "6b.6": [
        ("list", lambda: lambda n: [1] + [0] * (n - 1)),
        ("far below", lambda: _far_below),
        ("nearby", lambda: lambda n: np.append(np.full(n - 1, 0.1), 0.1 + 1e-6)),
        ("tuple", lambda: lambda n: (5e-9,) + (0,) * (n - 1)),
        ("normalised", lambda: _already_normalised),
        ("bool", lambda: lambda n: np.arange(n) == n // 2),
    ],
    "6b.7": [("one array", lambda: _on_copies)],
    "6b.8": [("row by row", lambda: _row_by_row)],
    "6b.9": [
        ("channels last", lambda: _channels_last),
        ("library", lambda: _with_the_library),
    ],
    "6b.10": [("recursive", lambda: _recursive)],
    "6b.11": [("graph", lambda: _along_the_graph)],
    "6b.12": [("unit inputs", lambda: _unit_inputs)],
    "6b.lab": [("keeps x", lambda: _KeepsX)],
}
