"""Plausible wrong answers to chapter 3's exercises, what must be said of them, and
right answers in unusual form.
"""

import functools
import itertools
import math

import numpy as np

from dlscratch import functions
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
    right = ch.scores(x, layers)
    x[x < 0] = 0
    return right


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


def _list_by_list(p):
    one = math.log
    return np.array([one(v / (1 - v)) for v in p]) if np.ndim(p) else one(p / (1 - p))


def _rows_only(a, c=0.01):
    rows = np.atleast_2d(a)
    leaked = np.array([[v if v > 0 else c * v for v in row] for row in rows])
    return leaked[0] if a.ndim == 1 else leaked


def _squeezed(function):
    return lambda a, *rest: function(np.atleast_2d(a), *rest).squeeze()


def _three_at_most(layers):
    return ch.collapse(layers[:3])


def _two_hidden_at_most(x, layers):
    return ch.scores(x, layers[:-1][:2] + layers[-1:])


def _bias_as_column(x, layers):
    for W, b in layers[:-1]:
        column = x.ndim == 2 and len(x) == len(b)
        x = np.maximum(0, x @ W + (b[:, None] if column else b))
    return ch.scores(x, layers[-1:])


def _long_double(a, T=1.0):
    e = np.exp(a.astype(np.longdouble) / T)
    return (e / e.sum(axis=-1, keepdims=True)).astype(float)


def _power(a, T):
    e = np.exp(a - a.max(axis=-1, keepdims=True)) ** (1 / T)
    return e / e.sum(axis=-1, keepdims=True)


def _largest_size(a, T=1.0):
    e = np.exp((a - np.abs(a).max(axis=-1, keepdims=True)) / T)
    return e / e.sum(axis=-1, keepdims=True)


def _columns_and_rows(a):
    e = np.exp(a - a.max(axis=0))
    return e / e.sum(axis=-1, keepdims=True)


def _row_by_row(predict, x, t, batch_size):
    return np.mean(
        [predict(row).argmax() == label for row, label in zip(x, t, strict=True)]
    )


def _never_predicts(predict, x, t, batch_size):
    return np.mean(x.argmax(axis=1) == t)


def _second_over_first(predict, x, t, batch_size):
    def second(rows):
        a = predict(rows)
        return np.stack([a[:, 0] >= a[:, 1], a[:, 0] < a[:, 1]], axis=1)

    return ch.accuracy_in_batches(second, x, t, batch_size)


def _likely_enough(predict, x, t, batch_size):
    right = 0
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        a = predict(x[rows])
        right += np.sum(a[np.arange(len(a)), t[rows]] > 0.5)
    return right / len(x)


def _rounded(predict, x, t, batch_size):
    return round(ch.accuracy_in_batches(predict, x, t, batch_size), 1)


def _three_points_at_least(x, y):
    W1, b1, W2, b2 = ch.fit_points(x, y)
    return W1, b1, W2 * (len(x) > 2), b2


WRONG = {
    "3.1": [
        ("one axis only", lambda: _list_by_list, "wrong for a batch"),
        ("math.log", lambda: _math_logit, "wrong for a batch"),
        ("a list", lambda: _list_logit, "a list"),
        ("log2", lambda: lambda p: np.log2(p / (1 - p)), "logit(0.9) is not right"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.2": [
        ("two axes only", lambda: _rows_only, "raised"),
        ("in place", lambda: _in_place_leak, "changes its input"),
        ("no c", lambda: _without_c, "takes 1"),
        (
            "no default",
            lambda: lambda a, c: np.where(a > 0, a, c * a),
            "expected 1 and 1 with a default: leaky_relu(a, c=0.01)",
        ),
    ],
    "3.3": [
        (
            "each pair once",
            lambda: lambda s: sum((n + 1) * m for n, m in set(itertools.pairwise(s))),
            "8, 8, 8, 8",
        ),
        ("printed", lambda: _printing_count, "printed"),
        ("called", lambda: 23, "without parentheses"),
    ],
    "3.4": [
        (
            "three rows",
            lambda: (
                lambda x: (
                    np.append(x, 1.0)
                    if x.ndim == 1
                    else np.hstack([x, np.ones((3, 1))])
                )
            ),
            "wrong for a batch",
        ),
        ("squeezed", lambda: _squeezed(ch.with_constant), "wrong for a batch"),
        ("only batches", lambda: _hstack, "with_constant([1, 0.5])"),
        ("overwrites the last", lambda: _same_width, "shape (2,)"),
    ],
    "3.5": [
        ("three at most", lambda: _three_at_most, "length 5"),
        ("two layers only", lambda: _two_layers_only, "collapse"),
        ("no bias", lambda: _weights_without_bias, "expected"),
    ],
    "3.6": [
        ("two hidden at most", lambda: _two_hidden_at_most, "length 5"),
        ("squeezed", lambda: _squeezed(ch.scores), "wrong for a batch"),
        ("bias as a column", lambda: _bias_as_column, "wrong for a batch"),
        ("in place", lambda: _in_place_scores, "changes its input"),
        ("softmax", lambda: _probabilities, "expected:"),
        ("first row only", lambda: _one_row_only, "wrong for a batch"),
    ],
    "3.7": [
        ("long double", lambda: _long_double, "20000"),
        ("squeezed", lambda: _squeezed(ch.softmax_at), "wrong for a batch"),
        ("a power", lambda: _power, "expected: 0.119203"),
        ("largest size", lambda: _largest_size, "-2000"),
        (
            "no temperature",
            lambda: lambda a, T: ch.softmax_at(a, 1.0),
            "T has no effect",
        ),
    ],
    "3.8": [
        ("row by row", lambda: _row_by_row, "expected a batch of shape (n, 2)"),
        ("never predicts", lambda: _never_predicts, "expected: 0.72"),
        ("two classes", lambda: _second_over_first, "expected: 0.72"),
        ("likely enough", lambda: _likely_enough, "expected: 0.72"),
        ("rounded", lambda: _rounded, "expected: 0.72"),
        ("percent", lambda: _percent, "expected:"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "3.9": [
        ("no covariance", lambda: _means_only, "expected:"),
        ("w alone", lambda: _weights_alone, "expected"),
        (
            "each entry's inverse",
            lambda: lambda m0, m1, cov, p: ((m1 - m0) / cov, 0.0),
            "axis 0 (of length 2) is too many",
        ),
    ],
    "3.10": [
        ("three points at least", lambda: _three_points_at_least, "x = [1, 3]"),
        (
            "flat W1",
            lambda: _flat_weights,
            "W1 has shape (3,), not (1, 3)",
        ),
    ],
    "3.lab": [
        ("long double", lambda: _long_double, "20000"),
        ("squeezed", lambda: _squeezed(ch.repaired_softmax), "wrong for a batch"),
        ("largest size", lambda: _largest_size, "-2000"),
        ("columns and rows", lambda: _columns_and_rows, "1000, 1001"),
        ("no maximum", lambda: _no_max, "overflow"),
        ("in place", lambda: _shared_max_shifted, "changes its input"),
    ],
}


# ---------------------------------------------------------------- and right ones


def _bisected(p):
    p = np.asarray(p, float)
    low, high = np.full(p.shape, -50.0), np.full(p.shape, 50.0)
    for _ in range(100):
        middle = (low + high) / 2
        below = 1 / (1 + np.exp(-middle)) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return middle


def _masked_copy(a, c=0.01):
    out = np.array(a, dtype=float)
    out[out <= 0] *= c
    return out


def _number_by_number(a, c=0.01):
    return np.array([v if v > 0 else c * v for v in a.ravel()]).reshape(a.shape)


def _recursive_count(s):
    return 0 if len(s) < 2 else (s[0] + 1) * s[1] + _recursive_count(s[1:])


def _filled(x):
    out = np.ones((*x.shape[:-1], x.shape[-1] + 1))
    out[..., :-1] = x
    return out


def _with_lists(x):
    return np.array([*x, 1.0] if x.ndim == 1 else [[*row, 1.0] for row in x])


def _reduced(layers):
    return functools.reduce(lambda p, q: (p[0] @ q[0], p[1] @ q[0] + q[1]), layers)


def _from_the_back(layers):
    rest = list(layers)
    W, b = rest.pop()
    while rest:
        W_before, b_before = rest.pop()
        W, b = W_before @ W, b_before @ W + b
    return W, b


def _probed(layers):
    def tower(x):
        for W, b in layers:
            x = x @ W + b
        return x

    n = len(layers[0][0])
    b = tower(np.zeros(n))
    return tower(np.eye(n)) - b, b


def _extended(layers):
    product = np.eye(len(layers[0][0]) + 1)
    for W, b in layers:
        column = np.append(np.zeros(len(W)), 1.0)[:, None]
        product = product @ np.hstack([np.vstack([W, b]), column])
    return product[:-1, :-1], product[-1, :-1]


def _recursive_scores(x, layers):
    (W, b), *rest = layers
    a = x @ W + b
    return _recursive_scores(np.where(a > 0, a, 0), rest) if rest else a


def _own_memory(x, layers):
    for W, b in layers[:-1]:
        x = x @ W
        x += b
        x[x < 0] = 0
    return x.dot(layers[-1][0]) + layers[-1][1]


def _example_by_example(x, layers):
    if x.ndim == 1:
        return ch.scores(x, layers)
    return np.array([ch.scores(row, layers) for row in x])


def _with_sums(x, layers):
    *hidden, (V, c) = layers
    for W, b in hidden:
        a = np.einsum("...i,ij->...j", x, W) + b
        x = (a + abs(a)) / 2
    return np.einsum("...i,ij->...j", x, V) + c


def _log_first(a, T=1.0):
    a = np.asarray(a) / T
    return np.exp(a - np.logaddexp.reduce(a, axis=-1, keepdims=True))


def _row_and_rows(a, T=1.0):
    if a.ndim == 2:
        return np.stack([_row_and_rows(row, T) for row in a])
    e = np.exp((a - max(a)) / T)
    return e / sum(e)


def _turned(a, T=1.0):
    e = np.exp((a.T - a.max(axis=-1)) / T)
    return (e / e.sum(axis=0)).T


def _on_a_copy(a, T=1.0):
    e = a.copy()
    e -= np.sort(e, axis=-1)[..., -1:]
    e /= T
    np.exp(e, out=e)
    e /= e.sum(axis=-1)[..., None]
    return e


def _one_by_one(predict, x, t, batch_size):
    hits = [predict(x[i : i + 1]).argmax() == t[i] for i in range(len(x))]
    return np.mean(hits)


def _even_parts(predict, x, t, batch_size):
    n = -(-len(x) // batch_size)
    parts = zip(np.array_split(x, n), np.array_split(t, n), strict=True)
    return np.concatenate([predict(p).argmax(axis=1) == q for p, q in parts]).mean()


def _weighted_mean(predict, x, t, batch_size):
    starts = range(0, len(x), batch_size)
    rows = [slice(i, i + batch_size) for i in starts]
    shares = [np.mean(predict(x[r]).argmax(axis=-1) == t[r]) for r in rows]
    return np.average(shares, weights=[len(x[r]) for r in rows])


def _backwards(predict, x, t, batch_size):
    right, order = 0, np.arange(len(x))[::-1]
    while len(order):
        rows, order = order[:batch_size], order[batch_size:]
        right += int(np.count_nonzero(np.argmax(predict(x[rows]), 1) == t[rows]))
    return right / t.size


def _listed_answers(predict, x, t, batch_size):
    answers = []
    for i in range(0, len(x), batch_size):
        answers.extend(predict(x[i : i + batch_size].tolist()).argmax(axis=1).tolist())
    return sum(np.equal(answers, t.tolist())) / len(answers)


def _four_terms(mean0, mean1, cov, prior1):
    inv = np.linalg.inv(cov)
    b = mean0 @ inv @ mean0 / 2 - mean1 @ inv @ mean1 / 2
    return [inv @ (mean1 - mean0), b + math.log(prior1) - math.log(1 - prior1)]


def _from_the_left(mean0, mean1, cov, prior1):
    w = (mean1 - mean0) @ np.linalg.pinv(cov)
    return w, np.array(-(mean0 + mean1) @ w / 2 - np.log(1 / prior1 - 1))


def _principal_axes(mean0, mean1, cov, prior1):
    values, V = np.linalg.eigh(cov)
    w = V @ (((mean1 - mean0) @ V) / values)
    return w, np.log(prior1 / (1 - prior1)) - np.dot((mean0 + mean1) / 2, w)


def _read_off(mean0, mean1, cov, prior1):
    inv = np.linalg.inv(cov)

    def a(x):
        q0, q1 = ((x - m) @ inv @ (x - m) for m in (mean0, mean1))
        return (q0 - q1) / 2 + np.log(prior1 / (1 - prior1))

    b = a(np.zeros(len(cov)))
    return np.array([a(e) - b for e in np.eye(len(cov))]), b


def _least_squares(mean0, mean1, cov, prior1):
    w = np.linalg.lstsq(cov, mean1 - mean0, rcond=None)[0]
    return w, float(-(mean0 + mean1) @ w / 2 + np.log(prior1) - np.log1p(-prior1))


def _stretched(x, y):
    W1, b1, W2, b2 = ch.fit_points(x, y)
    return 2 * W1, 2 * b1, W2 / 2, b2


def _other_order(x, y):
    W1, b1, W2, b2 = ch.fit_points(x, y)
    return [W1[:, ::-1], b1[::-1], W2[::-1], b2]


def _mirrored(x, y):
    W1, b1, W2, b2 = ch.fit_points(-x[::-1], y[::-1])
    return -W1, b1, W2, b2


def _ramps(x, y):
    changes = [0.0] * len(x)
    for i in range(len(x) - 1):
        slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
        changes[i] += slope
        changes[i + 1] -= slope
    return [[1.0] * len(x)], [-v for v in x], [[v] for v in changes], [y[0]]


def _solved(x, y):
    beyond = np.append(x[1:], x[-1] + 1)
    A = np.maximum(0, beyond[:, None] - x)
    v = np.linalg.solve(A, np.append(y[1:], y[-1]) - y[0])
    return np.ones_like(x)[None], -x, v[:, None], np.full(1, y[0])


RIGHT = {
    "3.1": [
        ("two logarithms", lambda: lambda p: np.log(p) - np.log1p(-p)),
        ("inverse odds", lambda: lambda q: -np.log(1 / q - 1)),
        ("area tangent", lambda: lambda p: 2 * np.arctanh(2 * p - 1)),
        ("np.vectorize", lambda: np.vectorize(lambda p: math.log(p / (1 - p)))),
        ("0-d array", lambda: lambda p: np.array(np.log(p / (1 - p)))),
        ("bisection", lambda: _bisected),
    ],
    "3.2": [
        ("masked copy", lambda: _masked_copy),
        ("number by number", lambda: _number_by_number),
        (
            "two halves",
            lambda: lambda a, c=0.01: np.maximum(a, 0) + c * np.minimum(a, 0),
        ),
        ("the larger", lambda: lambda a, c=0.01: np.maximum(a, c * a)),
        ("slopes", lambda: lambda a, c=0.01: a * np.where(a > 0, 1, c)),
        ("size", lambda: lambda z, c=0.01: ((1 + c) * z + (1 - c) * abs(z)) / 2),
        ("np.select", lambda: lambda a, c=0.01: np.select([a > 0], [a], c * a)),
    ],
    "3.3": [
        ("pairs", lambda: lambda s: sum((n + 1) * m for n, m in itertools.pairwise(s))),
        ("dot", lambda: lambda s: np.dot(np.array(s[:-1]) + 1, s[1:])),
        ("float", lambda: lambda s: float(ch.count_parameters(s))),
        ("recursion", lambda: _recursive_count),
        (
            "made",
            lambda: (
                lambda s: sum(
                    np.zeros((n + 1, m)).size for n, m in itertools.pairwise(s)
                )
            ),
        ),
        ("trace", lambda: lambda s: np.trace(np.outer(s[:-1], s[1:])) + sum(s[1:])),
    ],
    "3.4": [
        ("np.insert", lambda: lambda x: np.insert(x, x.shape[-1], 1, axis=-1)),
        (
            "np.pad",
            lambda: (
                lambda x: np.pad(
                    x, [(0, 0)] * (x.ndim - 1) + [(0, 1)], constant_values=1
                )
            ),
        ),
        (
            "two cases",
            lambda: (
                lambda x: np.append(x, 1) if x.ndim == 1 else np.c_[x, np.ones(len(x))]
            ),
        ),
        (
            "ones_like",
            lambda: lambda x: np.append(x, np.ones_like(x[..., :1]), axis=-1),
        ),
        ("lists", lambda: _with_lists),
        ("filled", lambda: _filled),
    ],
    "3.5": [
        ("reduce", lambda: _reduced),
        ("from the back", lambda: _from_the_back),
        ("probed", lambda: _probed),
        ("extended matrices", lambda: _extended),
        ("a list", lambda: lambda layers: list(ch.collapse(layers))),
        (
            "recursion",
            lambda: (
                lambda s: s[0] if len(s) == 1 else _reduced([_reduced(s[:-1]), s[-1]])
            ),
        ),
    ],
    "3.6": [
        ("recursion", lambda: _recursive_scores),
        ("own memory", lambda: _own_memory),
        ("example by example", lambda: _example_by_example),
        ("einsum", lambda: _with_sums),
        (
            "star",
            lambda: (
                lambda x, s: functools.reduce(
                    lambda a, p: np.clip(a, 0, None) @ p[0] + p[1],
                    s[1:],
                    x @ s[0][0] + s[0][1],
                )
            ),
        ),
    ],
    "3.7": [
        ("library", lambda: lambda a, T: functions.softmax(a / T)),
        ("log first", lambda: _log_first),
        ("row and rows", lambda: _row_and_rows),
        ("turned", lambda: _turned),
        ("on a copy", lambda: _on_a_copy),
    ],
    "3.8": [
        ("one by one", lambda: _one_by_one),
        ("even parts", lambda: _even_parts),
        ("weighted mean", lambda: _weighted_mean),
        ("backwards", lambda: _backwards),
        ("listed answers", lambda: _listed_answers),
    ],
    "3.9": [
        ("four terms, a list", lambda: _four_terms),
        ("from the left, 0-d array", lambda: _from_the_left),
        ("principal axes", lambda: _principal_axes),
        ("read off", lambda: _read_off),
        ("least squares", lambda: _least_squares),
    ],
    "3.10": [
        ("stretched", lambda: _stretched),
        ("other order, a list", lambda: _other_order),
        ("mirrored", lambda: _mirrored),
        ("ramps, lists", lambda: _ramps),
        ("solved", lambda: _solved),
    ],
    "3.lab": [
        ("library", lambda: functions.softmax),
        ("log first", lambda: _log_first),
        ("row and rows", lambda: _row_and_rows),
        ("turned", lambda: _turned),
        ("on a copy", lambda: _on_a_copy),
    ],
}
