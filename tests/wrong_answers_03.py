"""Plausible wrong answers to chapter 3's exercises, and what must be said of them."""

import math

import numpy as np

from dlscratch.exercises import chapter03 as ch


def _math_logit(p):
    return math.log(p / (1 - p))


def _list_logit(p):
    return [float(v) for v in np.atleast_1d(np.log(p / (1 - p)))]


def _in_place_leak(a, c=0.01):
    a[a < 0] *= c
    return a


def _without_c(a):
    return np.where(a > 0, a, 0.01 * a)


def _forgot_return(*args):
    sum(1 for _ in args)


def _printing_count(sizes):
    print(ch.count_parameters(sizes))


def _hstack(x):
    return np.hstack([x, np.ones((len(x), 1))])


def _same_width(x):
    y = x.copy()
    y[..., -1] = 1
    return y


def _two_layers_only(layers):
    (W1, b1), (W2, b2) = layers
    return W1 @ W2, b1 @ W2 + b2


def _weights_without_bias(layers):
    return ch.collapse(layers)[0]


def _in_place_scores(x, layers):
    if len(layers) > 1:
        x *= 1.0
        for W, b in layers[:-1]:
            x[...] = np.maximum(0, x @ W + b)
    W, b = layers[-1]
    return x @ W + b


def _probabilities(x, layers):
    a = ch.scores(x, layers)
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _one_row_only(x, layers):
    return ch.scores(np.atleast_2d(x)[0], layers)


def _percent(predict, x, t, batch_size):
    return 100 * ch.accuracy_in_batches(predict, x, t, batch_size)


def _means_only(mean0, mean1, cov, prior1):
    return ch.neuron_from_clouds(mean0, mean1, np.eye(len(mean0)), prior1)


def _weights_alone(mean0, mean1, cov, prior1):
    return np.linalg.solve(cov, mean1 - mean0)


def _flat_weights(x, y):
    W1, b1, W2, b2 = ch.fit_points(x, y)
    return W1[0], b1, W2, b2


def _no_max(a):
    e = np.exp(a)
    return e / e.sum(axis=-1, keepdims=True)


def _shared_max_shifted(a):
    a -= a.max(axis=-1, keepdims=True)
    e = np.exp(a)
    return e / e.sum(axis=-1, keepdims=True)


WRONG = {
    "3.1": [
        ("math.log", lambda: _math_logit, "wrong for a batch"),
        ("a list", lambda: _list_logit, "a list"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.2": [
        ("in place", lambda: _in_place_leak, "changes its input"),
        ("no c", lambda: _without_c, "takes 1"),
    ],
    "3.3": [
        ("printed", lambda: _printing_count, "printed"),
        ("called", lambda: 23, "without parentheses"),
    ],
    "3.4": [
        ("only batches", lambda: _hstack, "with_constant([1, 0.5])"),
        ("overwrites the last", lambda: _same_width, "shape (2,)"),
    ],
    "3.5": [
        ("two layers only", lambda: _two_layers_only, "collapse"),
        ("no bias", lambda: _weights_without_bias, "expected"),
    ],
    "3.6": [
        ("in place", lambda: _in_place_scores, "changes its input"),
        ("softmax", lambda: _probabilities, "expected:"),
        ("first row only", lambda: _one_row_only, "wrong for a batch"),
    ],
    "3.8": [
        ("percent", lambda: _percent, "expected:"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.9": [
        ("no covariance", lambda: _means_only, "expected:"),
        ("w alone", lambda: _weights_alone, "expected"),
    ],
    "3.10": [
        (
            "flat W1",
            lambda: _flat_weights,
            "W1 of fit_points is an array of shape (3,)",
        ),
    ],
    "3.lab": [
        ("no maximum", lambda: _no_max, "overflow"),
        ("in place", lambda: _shared_max_shifted, "changes its input"),
    ],
}
