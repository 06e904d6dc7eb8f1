"""Plausible wrong answers to part 6b's exercises, and what must be said of them."""

import numpy as np

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


WRONG = {
    "6b.1": [
        ("He for all", lambda: _always_he, "is not right"),
        ("prints", lambda: _printed_std, "printed its result"),
    ],
    "6b.2": [
        ("transposed", lambda: _transposed, "shape (5, 3)"),
        ("normal numbers", lambda: _normal, "is not right"),
    ],
    "6b.3": [
        ("minus", lambda: _minus, "holds inf"),
        ("twice", lambda: _leaky_twice, "is not right"),
    ],
    "6b.5": [
        ("one more", lambda: _one_more, "is not right"),
    ],
    "6b.6": [
        ("too long", lambda: _one_too_long, "the shape"),
    ],
    "6b.7": [
        ("in place", lambda: _updates_in_place, "changes its input"),
        ("only the mean", lambda: _only_mean, "tuple of length 2"),
    ],
    "6b.8": [
        ("no keepdims", lambda: _no_keepdims, "raised ValueError"),
    ],
    "6b.9": [
        ("examples only", lambda: ch._along((0,)), "over the examples only"),
        ("each image", lambda: ch._along((2, 3)), "each image by itself"),
        ("layer norm", lambda: ch._along((1, 2, 3)), "layer normalisation"),
        ("everything", lambda: ch._along((0, 1, 2, 3)), "share one mean"),
        ("channels last", lambda: ch._along((0, 1, 2)), "kept the last axis"),
        ("no eps", lambda: _no_eps, "is not right"),
        ("not divided", lambda: _not_divided, "is not right"),
    ],
    "6b.10": [
        ("in place", lambda: _scaled_in_place, "changes its input"),
        ("first only", lambda: _first_only, "is not right"),
    ],
    "6b.11": [
        ("overwrites dy", lambda: _overwrites_dy, "changes its input"),
    ],
    "6b.12": [
        ("beta scaled", lambda: _beta_scaled, "is not right"),
        ("only W", lambda: _one_array, "expected a tuple of length 2"),
    ],
    "6b.lab": [
        ("test with the batch", lambda: _LastBatch, "forward at test time"),
        ("overwrites dy", lambda: _OverwritesDy, "changes its input"),
    ],
}
