"""Plausible wrong answers to the exercises of chapter 8a, and what must be said.

RIGHT holds right answers in unusual form.
"""

import math
from functools import reduce

import numpy as np

from dlscratch import functions, layers
from dlscratch.exercises import chapter08a as ex


def _multiplied(scores):
    return functions.softmax(scores).prod(axis=0).argmax(axis=1)


def _biases_of_one_layer(C, size):
    return (size * size - 9 * (size // 2)) * C * C


def _forgot_return(size):
    ex.layers_for(size)


def _padded(image, row, column):
    i, j = math.floor(row), math.floor(column)
    u, v = row - i, column - j
    padded = np.pad(image, 12)[i + 12 : i + 14, j + 12 : j + 14]
    return np.array([1 - u, u]) @ padded @ np.array([1 - v, v])


def _tents(image, row, column):
    height, width = image.shape
    over = np.maximum(0, 1 - abs(np.arange(height) - row))
    return np.einsum("i,ij,j", over, image, 1 - _far(width, column))


def _far(n, place):
    return np.minimum(1, abs(np.arange(n) - place))


def _last_row_is_outside(image, row, column):
    return ex.between(image[:-1, :-1], row, column)


def _one_by_one(scores):
    chosen = []
    for n in range(scores.shape[1]):
        chosen.append(int(sum(map(functions.softmax, scores[:, n])).argmax()))
    return chosen


def _sorted(scores, t, k):
    wrong = 0
    for row, label in zip(scores, t, strict=True):
        best = sorted(range(len(row)), key=lambda j: -row[j])
        wrong += label not in best[:k]
    return wrong / len(t)


def _ranks(scores, t, k):
    own = scores[np.arange(len(t)), t]
    return ((scores > own[:, None]).sum(axis=1) >= k).mean()


def _of_any_row(scores, t, k):
    return float(np.mean(~np.isin(t, scores.argsort(axis=1)[:, -k:])))


def _counted_up(size):
    count, seen = 0, 1
    while seen < size:
        count, seen = count + 1, seen + 2
    return count


def _bisected(K, growth):
    low, high = 0.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2
        if (1 + middle**2) ** (K / 2) < growth:
            low = middle
        else:
            high = middle
    return low


class _ThreeLayers(ex.RepairedBlock):
    def backward(self, dy):
        first, second, third = self.body
        return dy + first.backward(second.backward(third.backward(dy)))


class _InPlace(ex.RepairedBlock):
    def backward(self, dy):
        dx = dy
        for layer in self.body[::-1]:
            dx = layer.backward(dx)
        dy += dx
        return dy


class _Reduced:
    def __init__(self, body):
        self.layers = tuple(body)

    def forward(self, x):
        return x + reduce(lambda y, layer: layer.forward(y), self.layers, x)

    def backward(self, dy):
        back = reduce(lambda g, layer: layer.backward(g), self.layers[::-1], dy)
        return np.add(back, dy)


class _Library:
    def __init__(self, body):
        self.block = layers.Residual(body)

    def forward(self, x):
        return self.block.forward(x)

    def backward(self, dy):
        return self.block.backward(dy)


class _Concatenated:
    def __init__(self, channels):
        self.channels = channels

    def forward(self, x):
        self.x = x
        taken = x[..., ::2, ::2]
        N, C, H, W = taken.shape
        return np.concatenate([taken, np.zeros((N, self.channels - C, H, W))], 1)

    def backward(self, dy):
        dx = np.zeros_like(self.x)
        dx[..., ::2, ::2] = dy[:, : self.x.shape[1]]
        return dx


class _EvenSizes(ex.FreeShortcut):
    def backward(self, dy):
        corner = np.array([[1, 0], [0, 0]])
        return np.kron(dy[:, : self.shape[1]], corner)


class _Convolution:
    def __init__(self, channels):
        self.channels = channels

    def forward(self, x):
        C, rng = x.shape[1], np.random.default_rng(0)
        self.conv = layers.Conv2d(C, self.channels, 1, stride=2, rng=rng)
        W = self.conv.W.value
        W[...] = np.eye(self.channels, C).reshape(W.shape)
        return self.conv.forward(x)

    def backward(self, dy):
        return self.conv.backward(dy)


class _OtherNames:
    def __init__(self, inner, scale=0.0):
        self.inner, self.scale = inner, scale

    def forward(self, x):
        self.out = self.inner.forward(x)
        return x + self.scale * self.out

    def backward(self, dy):
        self.dc = np.vdot(dy, self.out)
        dx = self.inner.backward(self.scale * dy).copy()
        dx += dy
        return dx


class _ScaledAfterwards(ex.ScaledBlock):
    def backward(self, dy):
        dx = self.body.backward(dy)
        for p in self.body.parameters:
            p.grad *= self.c
        self.dc = np.einsum("nd,nd->", dy, self.f)
        return dy + self.c * dx


class _BeginsAtOne(ex.ScaledBlock):
    def __init__(self, body, c=1.0):
        super().__init__(body, c)


class _RowByRow(ex.ScaledBlock):
    def backward(self, dy):
        dx = super().backward(dy)
        self.dc = np.sum(dy * self.f, axis=1)
        return dx


def _partitioned(scores, t, k):
    best = np.argpartition(-scores, k, axis=1)[:, :k]
    return np.mean(~np.any(best == t[:, None], axis=1))


def _framed(image, row, column):
    i, j = math.floor(row), math.floor(column)
    if i < -1 or not -1 <= j < image.shape[1]:
        return 0.0
    framed, u, v = np.pad(image, 1), row - i, column - j
    upper = (1 - v) * framed[i + 1, j + 1] + v * framed[i + 1, j + 2]
    lower = (1 - v) * framed[i + 2, j + 1] + v * framed[i + 2, j + 2]
    return (1 - u) * upper + u * lower


class _AddsUp(ex.FreeShortcut):
    dx = 0.0

    def backward(self, dy):
        self.dx = self.dx + super().backward(dy)
        return self.dx


WRONG = {
    "8a.lab": [
        ("three layers", lambda: _ThreeLayers, "ValueError"),
        ("in place", lambda: _InPlace, "changes its input `dy`"),
    ],
    "8a.1": [
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "8a.2": [
        ("one bias", lambda: _biases_of_one_layer, "of one layer only"),
    ],
    "8a.3": [
        ("classes of any row", lambda: _of_any_row, "is not right"),
        ("argpartition", lambda: _partitioned, "kth"),
    ],
    "8a.4": [
        ("product", lambda: _multiplied, "multiplied probabilities"),
    ],
    "8a.5": [
        ("last row outside", lambda: _last_row_is_outside, "is not right"),
        ("far below", lambda: _framed, "IndexError"),
    ],
    "8a.6": [
        ("always a quarter", lambda: lambda C, m: 17 * C * C // 16, "(12, 5)"),
    ],
    "8a.7": [
        ("adds up", lambda: _AddsUp, "is not right"),
        ("even sizes", lambda: _EvenSizes, "axis 2 has length 6 instead of 5"),
    ],
    "8a.8": [
        ("1 + x for e^x", lambda: lambda K, g: np.sqrt(2 * np.log(g) / K), "(40"),
    ],
    "8a.9": [
        ("begins at 1", lambda: _BeginsAtOne, "is not right"),
        ("row by row", lambda: _RowByRow, "expected one number"),
    ],
}

RIGHT = {
    "8a.lab": [
        ("reduce, tuple", lambda: _Reduced),
        ("the library's block", lambda: _Library),
    ],
    "8a.1": [
        ("np.ceil", lambda: lambda size: np.ceil((size - 1) / 2)),
        ("a range", lambda: lambda size: len(range(1, size, 2))),
        ("counted up", lambda: _counted_up),
    ],
    "8a.2": [
        (
            "factored, other name",
            lambda: lambda C, k: C * (C * (k * k - 9 * (k // 2)) + 1 - k // 2),
        ),
        (
            "floats",
            lambda: lambda C, k: k**2.0 * C**2 + C - (k - 1) / 2 * (9 * C**2 + C),
        ),
    ],
    "8a.3": [
        ("sorted lists", lambda: _sorted),
        ("ranks", lambda: _ranks),
    ],
    "8a.4": [
        ("a list, sums", lambda: _one_by_one),
        ("tuple", lambda: lambda scores: tuple(_one_by_one(scores))),
        (
            "int32",
            lambda: lambda scores: np.int32(ex.ensemble(scores)),
        ),
    ],
    "8a.5": [
        ("padded", lambda: _padded),
        ("tents", lambda: _tents),
    ],
    "8a.6": [("factored", lambda: lambda C, m: np.int64(m) * (2 * C + 9 * m))],
    "8a.7": [
        ("concatenate, x kept", lambda: _Concatenated),
        ("a fixed convolution", lambda: _Convolution),
    ],
    "8a.8": [
        ("expm1", lambda: lambda K, g: math.expm1(2 / K * math.log(g)) ** 0.5),
        ("bisection", lambda: _bisected),
    ],
    "8a.9": [
        ("other names, vdot", lambda: _OtherNames),
        ("scaled afterwards", lambda: _ScaledAfterwards),
    ],
}
