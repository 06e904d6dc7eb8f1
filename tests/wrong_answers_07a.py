"""Plausible wrong answers to chapter 7a's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter07a as ch


def _sizes_silent(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) // stride + 1
        found.append(n)


def _sizes_divided(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) / stride + 1
        found.append(n)
    return found


def _field_silent(layers):
    print(ch.receptive_field(layers))


def _count_tuple(C, H, W, F, K, stride=1, padding=0):
    return tuple(ch.count(C, H, W, F, K, stride, padding).values())


def _join_sum(v, w):
    return v + w


def _join_valid(v, w):
    joined = np.zeros(v.shape)
    for i, j in np.ndindex(v.shape):
        joined[i, j] = v[i, j] * w.sum()
    return joined


def _pointwise_mean(x, W, b):
    return ch.pointwise(x, W / W.shape[1], b)


def _pointwise_not_transposed(x, W, b):
    return x.transpose(0, 2, 3, 1) @ W + b


class _GlobalForgetful(ch.GlobalAveragePool):
    def forward(self, x):
        return x.mean(axis=(2, 3))


class _GlobalKeepsAxes(ch.GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)


def _depthwise_first_place(x, W):
    _, KH, KW = W.shape
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    return W[:, 0, 0][:, None, None] * x[:, :, :OH, :OW]


class _UpsampleOneAxis(ch.Upsample):
    def forward(self, x):
        self.shape = x.shape
        return x.repeat(self.K, axis=3)


class _UpsampleSilent(ch.Upsample):
    def backward(self, dy):
        N, C, H, W = self.shape
        dy.reshape(N, C, H, self.K, W, self.K).sum(axis=(3, 5))


def _gradient_not_exchanged(dy, W, stride, H, width):
    return ch.input_gradient(dy, W.swapaxes(0, 1), stride, H, width)


def _gradient_of_outputs(dy, W, stride, H, width):
    return dy


def _fold_writes_into_table(dcols, shape, KH, KW, stride=1, padding=0):
    dcols *= 1.0 + 1e-3
    return ch.repaired_col2im(dcols, shape, KH, KW, stride, padding)


def _fold_wrong_order(dcols, shape, KH, KW, stride=1, padding=0):
    N, C, H, W = shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    dcols = dcols.reshape(N, C, KH, KW, OH, OW)
    rows = dcols.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, -1)
    return ch.repaired_col2im(rows, shape, KH, KW, stride, padding)


WRONG = {
    "7a.1": [
        ("no return", lambda: _sizes_silent, "return"),
        ("divided", lambda: _sizes_divided, "is not right"),
    ],
    "7a.2": [
        ("down", lambda: ch.MOVE_RIGHT.T.copy(), "moves the picture down"),
        ("up", lambda: ch.MOVE_RIGHT.T[::-1].copy(), "moves the picture up"),
        ("a blur", lambda: np.ones((3, 3)) / 9, "is not right"),
        ("a row", lambda: np.array([1.0, 0.0, 0.0]), "shape (3,)"),
    ],
    "7a.3": [
        ("printed", lambda: _field_silent, "printed its result"),
    ],
    "7a.4": [
        ("a tuple", lambda: _count_tuple, "expected a dict"),
    ],
    "7a.5": [
        ("sum", lambda: _join_sum, "shape"),
        ("valid", lambda: _join_valid, "shape"),
    ],
    "7a.6": [
        ("mean", lambda: _pointwise_mean, "is not right"),
        ("W not transposed", lambda: _pointwise_not_transposed, "raised ValueError"),
    ],
    "7a.7": [
        ("forgetful", lambda: _GlobalForgetful, "AttributeError"),
        ("keeps axes", lambda: _GlobalKeepsAxes, "shape (2, 3, 1, 1)"),
    ],
    "7a.8": [
        ("first place", lambda: _depthwise_first_place, "is not right"),
    ],
    "7a.9": [
        ("one axis", lambda: _UpsampleOneAxis, "shape"),
        ("no return", lambda: _UpsampleSilent, "of Upsample returned nothing"),
    ],
    "7a.10": [
        ("not exchanged", lambda: _gradient_not_exchanged, "raised ValueError"),
        ("dy itself", lambda: _gradient_of_outputs, "shape"),
    ],
    "7a.lab": [
        ("changes the table", lambda: _fold_writes_into_table, "changes its input"),
        ("wrong order", lambda: _fold_wrong_order, "is not right"),
    ],
}
