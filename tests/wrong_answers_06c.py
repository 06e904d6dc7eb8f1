"""Plausible wrong answers to chapter 6c's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter06c as ch


def _forgot_return(*args):
    sum(1 for _ in args)


def _in_place(W, b, dW, db, lr, weight_decay):
    W -= lr * (dW + weight_decay * W)
    b -= lr * db
    return W, b


def _one_value(losses, patience):
    return ch.early_stop(losses, patience)[0]


def _naive_geometric(answers):
    product = np.prod(answers, axis=0) ** (1 / len(answers))
    return product / product.sum(axis=1, keepdims=True)


def _shift_in_place(images, down, right):
    images[:] = ch.shift(images, down, right)
    return images


def _inverse(X, t, strength):
    return np.linalg.inv(X.T @ X) @ X.T @ t


class _FreshMaskBackward(ch.RepairedDropout):
    def backward(self, dy):
        return self.forward(dy, training=True)


def whole_exponents(rng, low, high, n):
    low, high = round(np.log10(low)), round(np.log10(high))
    return 10.0 ** rng.integers(low, high + 1, n)


WRONG = {
    "6c.1": [
        ("in place", lambda: _in_place, "changes its input"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "6c.4": [
        ("one value", lambda: _one_value, "expected"),
    ],
    "6c.6": [
        ("whole exponents", lambda: whole_exponents, "is not right"),
    ],
    "6c.7": [
        ("in place", lambda: _shift_in_place, "changes its input"),
    ],
    "6c.9": [
        ("underflow", lambda: _naive_geometric, "made NumPy warn"),
    ],
    "6c.10": [
        ("no penalty", lambda: _inverse, "without a penalty"),
    ],
    "6c.lab": [
        ("fresh mask", lambda: _FreshMaskBackward, "backward uses the mask of forward"),
    ],
}
