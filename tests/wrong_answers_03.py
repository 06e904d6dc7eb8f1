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
        ("upside down", lambda: ch._upside_down, "upside down"),
        ("log of p", lambda: ch._log_only, "not of the odds"),
        ("base 10", lambda: ch._log10, "natural"),
        ("no log", lambda: ch._odds, "logarithm is missing"),
        ("sigmoid", lambda: ch._sigmoid_again, "sigmoid itself"),
        ("math.log", lambda: _math_logit, "wrong for a batch"),
        ("a list", lambda: _list_logit, "a list"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.2": [
        ("plain ReLU", lambda: ch._plain_relu, "must leak"),
        ("always 0.01", lambda: ch._fixed_leak, "default"),
        ("c itself", lambda: ch._constant_leak, "c times a"),
        ("sign", lambda: ch._mirrored, "wrong sign"),
        ("scalar if", lambda: ch._scalar_if, "array"),
        ("in place", lambda: _in_place_leak, "changes its input"),
        ("no c", lambda: _without_c, "takes 1"),
    ],
    "3.3": [
        ("weights only", lambda: ch._weights_only, "not the biases"),
        ("bias per layer", lambda: ch._bias_per_layer, "one bias for each layer"),
        ("biased inputs", lambda: ch._biased_inputs, "no bias"),
        ("bias per input", lambda: ch._bias_per_input, "not to each of its inputs"),
        ("printed", lambda: _printing_count, "printed"),
        ("called", lambda: 23, "without parentheses"),
    ],
    "3.4": [
        ("constant first", lambda: ch._constant_first, "should be last"),
        ("a row", lambda: ch._constant_row, "not a new input"),
        ("flat append", lambda: ch._flat_append, "wrong for a batch"),
        ("plus one", lambda: ch._add_one, "one more input"),
        ("only batches", lambda: _hstack, "with_constant([1, 0.5])"),
        ("overwrites the last", lambda: _same_width, "shape (2,)"),
    ],
    "3.5": [
        ("biases added", lambda: ch._biases_added, "pass through"),
        ("last bias", lambda: ch._last_bias, "Only the last bias"),
        ("order", lambda: ch._reversed_order, "turned round"),
        ("two layers only", lambda: _two_layers_only, "collapse"),
        ("no bias", lambda: _weights_without_bias, "expected"),
    ],
    "3.6": [
        ("ReLU at the end", lambda: ch._relu_at_the_end, "negative scores"),
        ("no ReLU", lambda: ch._no_relu, "collapses"),
        ("no bias", lambda: ch._no_bias, "biases are missing"),
        ("bias outside", lambda: ch._relu_before_bias, "inside the ReLU"),
        ("in place", lambda: _in_place_scores, "changes its input"),
        ("softmax", lambda: _probabilities, "expected:"),
        ("first row only", lambda: _one_row_only, "wrong for a batch"),
    ],
    "3.7": [
        ("times T", lambda: ch._multiplied, "multiplied by T"),
        ("divided late", lambda: ch._divided_late, "1/T"),
        ("whole batch", lambda: ch._whole_batch, "each row needs its own"),
        ("no axis", lambda: ch._whole_batch_unshifted, "each row needs its own"),
        ("no keepdims", lambda: ch._sums_in_a_row, "keepdims"),
        ("T cancels", lambda: ch._cancelled, "It cancels"),
        ("columns", lambda: ch._columns, "down the columns"),
        ("no shift", lambda: ch._no_shift, "overflow"),
        ("whole batch, batch told", lambda: ch._whole_batch, "wrong for a batch"),
    ],
    "3.8": [
        ("full batches", lambda: ch._full_batches_only, "incomplete batch"),
        ("mean of means", lambda: ch._mean_of_batches, "count too much"),
        ("all at once", lambda: ch._all_at_once, "everything at once"),
        ("argmax of all", lambda: ch._argmax_of_all, "without an axis"),
        ("not divided", lambda: ch._number_right, "divide"),
        ("percent", lambda: _percent, "expected:"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.9": [
        ("swapped", lambda: ch._swapped_classes, "class 0"),
        ("no prior", lambda: ch._prior_forgotten, "priors are missing"),
        ("no ratio", lambda: ch._log_prior_only, "ratio"),
        ("odds upside down", lambda: ch._odds_upside_down, "upside down"),
        ("signs", lambda: ch._quadratic_terms_swapped, "wrong signs"),
        ("not inverted", lambda: ch._not_inverted, "not its inverse"),
        ("no half", lambda: ch._half_forgotten, "one half"),
        ("no covariance", lambda: _means_only, "expected:"),
        ("w alone", lambda: _weights_alone, "expected"),
    ],
    "3.10": [
        ("one ReLU less", lambda: ch._runs_on, "last ReLU is missing"),
        ("runs on", lambda: ch._runs_on_with_n, "must become 0"),
        ("bias sign", lambda: ch._bias_plus, "check a sign"),
        ("slopes", lambda: ch._slopes_not_changes, "use the changes"),
        ("no start", lambda: ch._starts_at_zero, "must be y[0]"),
        ("even spacing", lambda: ch._even_spacing, "its own width"),
        (
            "flat W1",
            lambda: _flat_weights,
            "W1 of fit_points is an array of shape (3,)",
        ),
    ],
    "3.lab": [
        ("sum repaired", lambda: ch._half_repaired, "0/0"),
        ("maximum repaired", lambda: ch._other_half, "sum still runs"),
        ("columns", lambda: ch._repaired_columns, "down the columns"),
        ("no maximum", lambda: _no_max, "overflow"),
        ("in place", lambda: _shared_max_shifted, "changes its input"),
    ],
}
