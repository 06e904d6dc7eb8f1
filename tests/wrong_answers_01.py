"""Plausible wrong answers to chapter 1's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter01 as ch


def _no_last_return(value, low, high):
    if value < low:
        return low
    if value > high:
        return high


def _two_parameters(value, high):
    return min(value, high)


def _printed(value, low, high):
    print(ch.keep_between(value, low, high))


def _list_of_pairs(labels):
    return list(ch.count_labels(labels).items())


def _key_error(labels):
    counts = {}
    for label in labels:
        counts[label] += 1
    return counts


def _ends_too_early(labels):
    counts = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
        return counts


def _ten_zeros(labels):
    return {k: labels.count(k) for k in range(10)}


class _NoInit:
    def add(self, answer, label):
        self.total += 1

    def accuracy(self):
        return self.right / self.total


class _ReturnsNothing(ch.Score):
    def accuracy(self):
        self.right / self.total


def _shared_by_all():
    class Score:
        hits = []  # noqa: RUF012 - the mistake

        def add(self, answer, label):
            self.hits.append(answer == label)

        def accuracy(self):
            return sum(self.hits) / len(self.hits)

    return Score


def _raises_always(a, b):
    raise ValueError("no")


def _none_for_an_error(a, b):
    try:
        return ch.result_shape(a, b)
    except ValueError:
        return None


def _error_returned(a, b):
    try:
        return ch.result_shape(a, b)
    except ValueError as error:
        return error


def _as_list(a, b):
    return list(ch.result_shape(a, b))


def _in_place(image, amount):
    image[image > 255 - amount] = 255 - amount
    image += np.uint8(amount)
    return image


def _as_float(image, amount):
    return np.minimum(image + float(amount), 255)


def _guard_by_zero(x):
    spread = x.std(axis=0)
    spread[spread == 0] = 1
    return (x - x.mean(axis=0)) / spread


def _sample_spread(x):
    spread = x.std(axis=0, ddof=1)
    spread[spread < 1e-12] = 1
    return (x - x.mean(axis=0)) / spread


def _in_place_columns(x):
    x -= x.mean(axis=0)
    spread = x.std(axis=0)
    x /= np.where(spread > 0, spread, 1)
    return x


def _hot_list(t, n_classes):
    return [[int(k == label) for k in range(n_classes)] for label in t]


def _one_column_too_many(t, n_classes):
    return ch.one_hot(t, n_classes + 1)


def _with_a_loop(y):
    result = np.zeros(len(y) - 2)
    for i in range(len(result)):
        result[i] = (y[i] + y[i + 1] + y[i + 2]) / 3
    return result


def _too_long(y):
    return np.convolve(y, np.ones(3) / 3, mode="same")


def _along_rows(x, t, n_classes):
    return np.array([x[t == k].mean(axis=1)[:1] for k in range(n_classes)])


def _means_transposed(x, t, n_classes):
    return ch.class_means(x, t, n_classes).T


def _rows_together(a, b):
    return ((a - b) ** 2).sum(axis=1)


def _shape_column(a, b):
    return (a**2).sum(axis=1)[:, None]


def _first_only(x, x_train, t_train):
    return ch.nearest_label(x, x_train, t_train)[0]


def _shuffled_in_place(x, t, rng):
    order = rng.permutation(len(x))
    x[:] = x[order]
    t[:] = t[order]
    return x, t


def _rows_only(x, t, rng):
    return x[rng.permutation(len(x))]


def _hidden_generator(x, t, rng):
    order = np.arange(len(x))
    np.random.shuffle(order)  # noqa: NPY002 - the mistake
    return x[order], t[order]


def _sorted_back(x, t, rng):
    order = rng.permutation(len(x))
    return x[order], t[np.argsort(order)]


def _shuffle_returns_none(x, t, rng):
    return rng.shuffle(x), rng.shuffle(t)


WRONG = {
    "1.1": [
        ("no last return", lambda: _no_last_return, "did you forget `return`"),
        ("two parameters", lambda: _two_parameters, "takes 2 parameters"),
        ("printed", lambda: _printed, "printed its result"),
    ],
    "1.2": [
        ("pairs", lambda: _list_of_pairs, "a list of length 2"),
        ("return in the loop", lambda: _ends_too_early, "inside the loop"),
        ("key error", lambda: _key_error, "KeyError"),
        ("zeros, too", lambda: _ten_zeros, "has 0, 2, 4, 5, 6, 7, 8, 9"),
    ],
    "1.3": [
        ("shared", _shared_by_all, "is not right"),
        ("no __init__", lambda: _NoInit, "AttributeError"),
        ("no return", lambda: _ReturnsNothing, "accuracy()"),
        ("an object", lambda: ch.Score(), "without parentheses"),
    ],
    "1.4": [
        ("axis 0 kept", lambda: {**ch.SHAPES, "a": (4,)}, "*vanishes*"),
        ("axis 1", lambda: {**ch.SHAPES, "b": (1, 3)}, "for each row"),
        (
            "no keepdims",
            lambda: {**ch.SHAPES, "b": (4,)},
            "b of your answer is a tuple of length 1",
        ),
        (
            "index",
            lambda: {**ch.SHAPES, "c": (1, 3)},
            "c of your answer is a tuple of length 2",
        ),
        ("a column", lambda: {**ch.SHAPES, "c": (4,)}, "stand in a row"),
        (
            "slice",
            lambda: {**ch.SHAPES, "d": (3,)},
            "d of your answer is a tuple of length 1",
        ),
        ("means", lambda: {**ch.SHAPES, "f": (4, 1)}, "is stretched"),
        ("swapped", lambda: {**ch.SHAPES, "h": (5, 4)}, "belong to `a`"),
        ("inner length", lambda: {**ch.SHAPES, "h": (4, 3)}, "It vanishes"),
        ("order", lambda: {**ch.SHAPES, "g": (4, 3, 5)}, "keep their order"),
        ("rows", lambda: {**ch.SHAPES, "e": (2, 3)}, "picks *columns*"),
        ("e", lambda: {**ch.SHAPES, "e": (4, 1)}, "2 of e of your answer is not right"),
        ("missing", lambda: {"a": (3,)}, "lacks b, c, d, e, f, g, h"),
        ("a number", lambda: {**ch.SHAPES, "a": 3}, "a of your answer is one number"),
    ],
    "1.5": [
        ("always raises", lambda: _raises_always, "is not right"),
        ("a list", lambda: _as_list, "yours:    shape ["),
        ("None", lambda: _none_for_an_error, "is not right, with a = (3,), b = (4,)"),
        ("returned", lambda: _error_returned, "raise instead of return"),
    ],
    "1.6": [
        ("in place", lambda: _in_place, "changes its input"),
        ("float", lambda: _as_float, "dtype float64, expected uint8"),
    ],
    "1.7": [
        ("zero", lambda: _guard_by_zero, "exactly 0"),
        ("ddof=1", lambda: _sample_spread, "N - 1"),
        ("in place", lambda: _in_place_columns, "changes its input"),
    ],
    "1.8": [
        ("a list", lambda: _hot_list, "np.array"),
        ("too wide", lambda: _one_column_too_many, "axis 1 has length 4"),
    ],
    "1.9": [
        ("loop", lambda: _with_a_loop, "one by one"),
        ("too long", lambda: _too_long, "axis 0 has length"),
    ],
    "1.10": [
        ("rows", lambda: _along_rows, "axis 1"),
        ("transposed", lambda: _means_transposed, "transposed"),
    ],
    "1.11": [
        ("big table", lambda: ch._with_a_big_table, "Multiply the square out"),
        ("no pairs", lambda: _rows_together, "could not be broadcast"),
        ("a column", lambda: _shape_column, "axis 1 has length 1"),
    ],
    "1.12": [
        ("first only", lambda: _first_only, "axis 0"),
    ],
    "1.lab": [
        ("argsort", lambda: _sorted_back, "belong together"),
        ("one array", lambda: _rows_only, "expected a tuple of length 2"),
        ("in place", lambda: _shuffled_in_place, "changes its input"),
        ("rng.shuffle", lambda: _shuffle_returns_none, "is None, expected an array"),
    ],
}
