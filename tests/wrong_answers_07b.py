"""Plausible wrong answers to the exercises of chapter 7b, and what must be said."""

import numpy as np

from dlscratch.exercises import chapter07b as ex


def _forgot_return(shape, blocks):
    ex.flat_size(shape, blocks)


def accuracy_all_at_once(predict, x, t, batch_size):
    return float(np.mean(predict(x).argmax(axis=1) == t))


def grouped_reversed(x, W, groups):
    xs, Ws = np.split(x, groups, axis=1), np.split(W, groups, axis=0)
    parts = [ex.convolve(a, b) for a, b in zip(xs, Ws[::-1], strict=True)]
    return np.concatenate(parts, axis=1)


class NoBatch(ex.RepairedFlatten):
    def forward(self, x):
        self.shape = x.shape
        return x.ravel()


WRONG = {
    "7b.1": [
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "7b.3": [
        ("all at once", lambda: accuracy_all_at_once, "MemoryError"),
    ],
    "7b.6": [
        ("crossed", lambda: grouped_reversed, "is not right"),
    ],
    "7b.lab": [
        ("no batch", lambda: NoBatch, "shape"),
        ("an array", lambda: np.zeros((3, 4)), "RepairedFlatten"),
    ],
}
