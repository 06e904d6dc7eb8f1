"""Plausible wrong answers to the exercises of chapter 2, and unusual right ones."""

import itertools
import math

import numpy as np

from dlscratch.exercises import chapter02 as c


def bias_forgotten(w0, b0, x, t, orders):
    w, mistakes = w0.copy(), 0
    for order in orders:
        for i in order:
            error = t[i] - (x[i] @ w + b0 > 0)
            w += error * x[i]
            mistakes += abs(error)
    return w, b0, mistakes


def copied_too_late(w0, b0, x, t, orders):
    w, b, mistakes = c._aliased(w0, b0, x, t, orders)
    return w.copy(), b, mistakes


def distance_with_if(x, w, b):
    s = x @ w + b
    if s > 0:
        return s / np.linalg.norm(w)
    return -abs(s) / np.linalg.norm(w)


def distance_w_first(x, w, b):
    return (w @ x + b) / np.linalg.norm(w)


def distance_printed(x, w, b):
    print((x @ w + b) / np.linalg.norm(w))


def vote_with_list(k, n):
    return [1] * n, -k


def vote_one_weight(k, n):
    return 1.0, 0.5 - k


def vote_without_bias(k, n):
    return np.ones(n) / k


def step_in_place(w, b, x, t):
    y = int(x @ w + b > 0)
    w += (t - y) * x
    return w, b + (t - y)


def step_without_return(w, b, x, t):
    y = int(x @ w + b > 0)
    w = w + (t - y) * x
    b = b + (t - y)


def step_only_weights_returned(w, b, x, t):
    y = int(x @ w + b > 0)
    return w + (t - y) * x


def endless(x, t):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    while True:
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)


def counter_reset(x, t):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 1
    while mistakes:
        mistakes = 0
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)
    return w, b, mistakes


def integer_weights(x, t):
    w, b, mistakes, clean = np.zeros(x.shape[1], dtype=int), 0, 0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w[:] = w + error * x_i
                b, mistakes, clean = b + error, mistakes + 1, False
        if mistakes > 100:
            break
    return w, b, mistakes


def until_clean(x, t):
    w, b, clean = np.zeros(x.shape[1]), 0.0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w, b, clean = w + error * x_i, b + error, False
    return True


def epoch_before(x, t):
    w, b, before = np.zeros(x.shape[1]), 0.0, None
    while (*w, b) != before:
        before, clean = (*w, b), True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            w, b, clean = w + error * x_i, b + error, clean and not error
        if clean:
            return True
    return False


def arrays_in_a_set(x, t):
    w, seen = np.zeros(x.shape[1]), set()
    seen.add(w)
    return True


def bound_largest(x, t, w, b):
    x_tilde, w_tilde = np.column_stack([x, np.ones(len(x))]), np.append(w, b)
    margin = np.max((2 * t - 1) * (x_tilde @ w_tilde)) / np.linalg.norm(w_tilde)
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


def bound_in_the_plane(x, t, w, b):
    distances = np.abs(x @ w + b) / np.linalg.norm(w)
    return (np.max(np.linalg.norm(x, axis=1)) / distances.min()) ** 2


def table_transposed(table):
    W1, b1, w2, b2 = c.two_layers_for(table)
    return W1.T, b1, w2, b2


def table_no_output(table):
    return c.two_layers_for(table)[:2]


def parity_by_modulo(n):
    return lambda x: x.sum(axis=-1) % 2


def parity_hidden_equal(n):
    return np.ones((n, n)), np.full(n, -0.5), (-1.0) ** np.arange(n), -0.5


XNOR = c._XNOR


def learn_from(start, fires=np.greater):
    """Return an answer to 2.lab that makes its weights from w0 by ``start``."""

    def learn(w0, b0, x, t, orders):
        w, b, mistakes = start(w0), b0, 0
        for order in orders:
            for i in order:
                error = t[i] - fires(x[i] @ w + b, 0)
                if error:
                    w += error * x[i]
                    b += error
                    mistakes += 1
        return w, b, mistakes

    return learn


def distances_in_a_loop(x, w, b):
    def one(point):
        return (sum(map(math.prod, zip(point, w, strict=True))) + b) / math.hypot(*w)

    return [one(point) for point in x] if x.ndim == 2 else one(x)


def squeezed(x, w, b):
    return np.squeeze((np.atleast_2d(x) @ w + b) / np.linalg.norm(w))


def step_with_if(w, b, x, t):
    y = 1 if x @ w + b > 0 else 0
    if y == t:
        return w, b
    return [w + x, b + 1] if t == 1 else [w - x, b - 1]


def step_with_longer_vectors(w, b, x, t):
    v = [*w, b]
    error = t - (sum(map(math.prod, zip(v, [*x, 1], strict=True))) > 0)
    *w, b = (v_i + error * x_i for v_i, x_i in zip(v, [*x, 1], strict=True))
    return w, b


def step_with_a_tenth(w, b, x, t):
    error = 0.1 * (t - int(x @ w + b > 0))
    return w + error * x, b + error


def step_that_remembers():
    steps = []

    def one_step(w, b, x, t):
        steps.append(x)
        error = t - int(x @ w + b > 0)
        return w + error * x * min(len(steps), 2), b + error

    return one_step


def count(rows=None, epochs=None, early=False):
    """Return an answer to 2.7 that relies on a size, or stops after some epochs."""

    def learn(x, t):
        w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
        for _ in range(epochs) if epochs else itertools.count():
            before = mistakes
            for i in range(rows or len(x)):
                error = t[i] - int(x[i] @ w + b > 0)
                w, b, mistakes = w + error * x[i], b + error, mistakes + abs(error)
                if early and np.array_equal(c.perceptron(x, w, b), t):
                    return tuple(w), b, mistakes
            if mistakes == before:
                break
        return w, b, mistakes

    return learn


def count_recursively(x, t, w=None, b=0.0, mistakes=0):
    w, before = np.zeros(x.shape[1], dtype=int) if w is None else w, mistakes
    for x_i, t_i in zip(x, t, strict=True):
        error = t_i - int(x_i @ w + b > 0)
        w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)
    if mistakes == before:
        return [list(w), b, mistakes]
    return count_recursively(x, t, w, b, mistakes)


def from_the_first_again(x, t):
    w, b, mistakes, i = np.zeros(x.shape[1]), 0.0, 0, 0
    while i < len(x):
        error = t[i] - int(x[i] @ w + b > 0)
        w, b, mistakes = w + error * x[i], b + error, mistakes + abs(error)
        i = 0 if error else i + 1
    return w, b, mistakes


def count_while_some_are_wrong(x, t):
    w, b, mistakes = 0 * x[0], 0, 0
    while np.any(c.perceptron(x, w, b) != t):
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - c.perceptron(x_i, w, b)
            w, b, mistakes = w + error * x_i, b + error, mistakes + (error != 0)
    return w, b, mistakes


def separable_by_each_example(x, t):
    w, b, seen = np.zeros(x.shape[1]), 0, set()
    while True:
        clean = True
        for i in range(len(x)):
            error = t[i] - c.perceptron(x[i], w, b)
            if error and (i, *w, b) in seen:
                return False
            seen.add((i, *w, b))
            w, b, clean = w + error * x[i], b + error, clean and not error
        if clean:
            return True


def after(epochs):
    """Return an answer to 2.8 that gives up after some epochs."""

    def is_separable(x, t):
        w, b = np.zeros(x.shape[1]), 0
        for _ in range(epochs):
            clean = True
            for x_i, t_i in zip(x, t, strict=True):
                error = t_i - int(x_i @ w + b > 0)
                w, b, clean = w + error * x_i, b + error, clean and not error
            if clean:
                return True
        return False

    return is_separable


def separable_with_arrays(x, t):
    x, seen = np.column_stack([x, np.ones(len(x))]), []
    v = np.zeros(x.shape[1])
    while not any(np.array_equal(v, before) for before in seen):
        seen.append(v.copy())
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - (x_i @ v > 0)
            v += error * x_i
            clean = clean and error == 0
        if clean:
            return True
    return False


def separable(key, limit=None):
    """Return an answer to 2.8 that looks for a repetition of ``key(w, b)``."""

    def is_separable(x, t):
        w, b, seen = np.zeros(x.shape[1]), 0.0, []
        while key(w, b) not in seen and len(seen) != limit:
            seen.append(key(w, b))
            clean = True
            for x_i, t_i in zip(x, t, strict=True):
                error = t_i - int(x_i @ w + b > 0)
                w, b, clean = w + error * x_i, b + error, clean and not error
            if clean:
                return np.True_
        return np.False_

    return is_separable


def bound_in_loops(x, t, w, b):
    largest = max(sum(v * v for v in point) + 1 for point in x)
    margin = min(
        abs(sum(map(math.prod, zip(point, w, strict=True))) + b) for point in x
    )
    return largest * (sum(v * v for v in w) + b * b) / margin**2


def bound_of_two_inputs(x, t, w, b):
    return bound_in_loops(x[:, :2], t, w[:2], b)


def bound_silent_only(x, t, w, b):
    return (
        bound_in_loops(x, t, w, b)
        * (np.min(np.abs(x @ w + b)) / np.min(np.abs(x[t == 0] @ w + b))) ** 2
    )


def bound_rounded(x, t, w, b):
    return round(bound_in_loops(x, t, w, b))


def table_in_lists(table):
    n = len(table).bit_length() - 1
    cases = itertools.product([0, 1], repeat=n)
    lit = [case for case, y in zip(cases, table, strict=True) if y]
    W1 = [[2 * case[i] - 1 for case in lit] for i in range(n)]
    return [W1, [1 - sum(case) for case in lit], [1] * len(lit), 0]


def table_row_by_row(table):
    W1, b1, w2, b2 = c.two_layers_for(table)
    return np.array(W1.T.tolist()).T, b1, w2, b2  # H = 0 leaves the shape (0,)


def table_of_nands(table):
    W1, b1, w2, _ = c.two_layers_for(table)
    return -W1, -b1, -w2, len(w2) - 0.5


def table_every_case(table):
    W1, b1, _, b2 = c.two_layers_for(np.ones_like(table))
    return W1, b1, np.array(table), b2


def table_lowest_bit_first(table):
    W1, *rest = c.two_layers_for(table)
    return W1[::-1], *rest


def parity_backwards(n):
    signs = [(-1) ** j for j in range(n)]
    return [[2] * n] * n, [1 - 2 * (n - j) for j in range(n)], signs[::-1], 0


def parity_one_too_many(n):
    j = np.arange(n + 1)
    return np.ones((n, n + 1)), -0.5 - j, (-1.0) ** j, -0.5


def parity_up_to_four(n):
    W1, b1, w2, b2 = c.parity(n)
    return W1, b1, np.where(np.arange(n) < 4, w2, 0), b2


WRONG = {
    "2.lab": [
        ("copied too late", lambda: copied_too_late, "second name"),
        ("no bias", lambda: bias_forgotten, "expected:"),
        ("a slice", lambda: learn_from(lambda w: w[:]), "`w0[:]`"),
        ("asarray", lambda: learn_from(np.asarray), "share its numbers"),
        ("0 fires", lambda: learn_from(np.array, np.greater_equal), "expected:"),
    ],
    "2.1": [
        ("OR", lambda: (0.5, 0.5, -0.2), "This is OR"),
        ("NAND", lambda: (-0.5, -0.5, 0.7), "This is NAND"),
        ("AND", lambda: (2, 2, -3), "This is AND"),
        ("threshold", lambda: (-2, -2, -1), "A threshold is not b, but -b"),
        ("only one input", lambda: (-1, 0, 0.5), "expected:"),
        ("two numbers", lambda: (-1, -1), "length 3"),
    ],
    "2.2": [
        ("if", lambda: distance_with_if, "wrong for a batch"),
        ("w @ x", lambda: distance_w_first, "wrong for a batch"),
        ("printed", lambda: distance_printed, "printed"),
        ("squeezed", lambda: squeezed, "axis 0 (of length 1) is missing"),
        (
            "divided by the number of weights",
            lambda: lambda x, w, b: (x @ w + b) / len(w),
            "is not right",
        ),
    ],
    "2.3": [
        ("more than k, list", lambda: vote_with_list, "more than k"),
        ("one weight", lambda: vote_one_weight, "w has shape"),
        ("k weights", lambda: lambda k, n: ([1] * k, 0.5 - k), "w has shape (1,)"),
        ("no bias", lambda: vote_without_bias, "expected a tuple of length 2"),
        ("never for k > n", lambda: lambda k, n: ([1] * n, 0.5 - min(k, n)), "k = 3"),
        ("at most 3", lambda: lambda k, n: ([1] * n, 0.5 - min(k, 3)), "k = 4"),
    ],
    "2.4": [
        ("XOR", lambda: (XNOR[0], XNOR[1], np.ones(2), -1.5), "computes XOR"),
        ("rows", lambda: (XNOR[0].T, *XNOR[1:]), "transposed"),
        ("NOR at the end", lambda: (*XNOR[:3], 0.5), "never fires"),
        ("AND", lambda: (np.eye(2), [-0.5, -0.5], [1, 1], -1.5), "expected:"),
        ("three parts", lambda: XNOR[:3], "length 4"),
    ],
    "2.5": [
        ("no carry", lambda: ((2, 2, 2), -3, (2, 2, 2, 0), -1), "any bit is on"),
        ("too strong", lambda: ((1, 1, 1), -1.5, (1, 1, 1, -9), -0.5), "too hard"),
        ("three weights", lambda: ((1, 1, 1), -1.5, (1, 1, 1), -0.5), "length 4"),
    ],
    "2.6": [
        ("in place", lambda: step_in_place, "changes its input"),
        ("no return", lambda: step_without_return, "return"),
        ("one part", lambda: step_only_weights_returned, "expected"),
        ("remembers", step_that_remembers, "is not right"),
        ("a tenth", lambda: step_with_a_tenth, "yours: 1.05"),
    ],
    "2.7": [
        ("counter reset", lambda: counter_reset, "only of the last epoch"),
        ("no end", lambda: endless, "did not finish"),
        ("whole numbers", lambda: integer_weights, "cut off"),
        ("four examples", lambda: count(rows=4), "out of bounds"),
        ("ten epochs", lambda: count(epochs=10), "is not right"),
        ("from the first again", lambda: from_the_first_again, "is not right"),
    ],
    "2.8": [
        ("epoch before", lambda: epoch_before, "did not finish"),
        ("until clean", lambda: until_clean, "did not finish"),
        ("array in a set", lambda: arrays_in_a_set, "unhashable"),
        ("ten epochs", lambda: separable(lambda w, b: (*w, b), 10), "expected: True"),
        ("w alone", lambda: separable(lambda w, b: tuple(w)), "expected: True"),
        ("700 epochs", lambda: after(700), "hundreds of epochs"),
        ("2000 epochs", lambda: after(2000), "hundreds of epochs"),
    ],
    "2.9": [
        ("in the plane", lambda: bound_in_the_plane, "between the longer"),
        ("largest", lambda: bound_largest, "expected:"),
        ("two inputs", lambda: bound_of_two_inputs, "expected:"),
        ("silent ones only", lambda: bound_silent_only, "expected:"),
        ("rounded", lambda: bound_rounded, "cut off"),
    ],
    "2.10": [
        ("transposed", lambda: table_transposed, "W1 has shape"),
        ("two parts", lambda: table_no_output, "expected a tuple of length 4"),
        ("every case", lambda: table_every_case, "one for each lit case"),
        ("row by row", lambda: table_row_by_row, "W1 has shape (0,), expected (2, 0)"),
        ("lowest bit first", lambda: table_lowest_bit_first, "is not right"),
    ],
    "2.11": [
        ("a function", lambda: parity_by_modulo, "expected a tuple of length 4"),
        ("equal hidden neurons", lambda: parity_hidden_equal, "expected:"),
        ("one too many", lambda: parity_one_too_many, "at most 1 hidden"),
        (
            "lists, always two",
            lambda: lambda n: ([[1, 1]] * 2, [-0.5, -1.5], [1, -1], -0.5),
            "W1 has shape (2, 2), expected (1, 2)",
        ),
        ("up to four", lambda: parity_up_to_four, "n = 5"),
    ],
}

RIGHT = {
    "2.lab": [
        ("np.array", lambda: learn_from(np.array)),
        ("plus 0", lambda: learn_from(lambda w: w + 0.0)),
        ("from a list", lambda: learn_from(list)),  # list += array is an array
    ],
    "2.1": [
        ("whole numbers", lambda: [-2, -5, 1]),
        ("on the edge", lambda: np.array([-1, -1, 1])),
        ("NumPy's numbers", lambda: (np.float32(-1), np.int8(-1), np.array(0.5))),
    ],
    "2.2": [
        ("in a loop", lambda: distances_in_a_loop),
        (
            "einsum",
            lambda: lambda x, w, b: (np.einsum("...d,d", x, w) + b) / (w @ w) ** 0.5,
        ),
        ("transposed", lambda: lambda x, w, b: (w @ x.T + b) / np.linalg.norm(w)),
    ],
    "2.3": [
        ("lists", lambda: lambda k, n: [[2] * n, 1 - 2 * k]),
        ("on the edge", lambda: lambda k, n: ((1,) * n, np.array(1 - k))),
    ],
    "2.4": [
        (
            "NOR, AND, OR",
            lambda: [[[-1, 1], [-1, 1]], (0.5, -1.5), [1, 1], np.float32(-0.5)],
        ),
        ("whole numbers", lambda: (np.ones((2, 2), int), [0, -1], (-2, 2), 1)),
    ],
    "2.5": [
        ("lists", lambda: [[2, 2, 2], -3, [2, 2, 2, -4], -1]),
        ("uneven", lambda: (np.array([3, 2, 2]), -3.5, (1, 1, 1, -2), 0)),
    ],
    "2.6": [
        ("if", lambda: step_with_if),
        ("longer vectors", lambda: step_with_longer_vectors),
    ],
    "2.7": [
        ("stops early", lambda: count(early=True)),
        ("recursively", lambda: count_recursively),
        ("while some are wrong", lambda: count_while_some_are_wrong),
    ],
    "2.8": [
        ("texts in a list", lambda: separable(lambda w, b: f"{w} {b}")),
        ("longer vectors", lambda: separable(lambda w, b: [*w, b])),
        ("at each example", lambda: separable_by_each_example),
        ("a list of arrays", lambda: separable_with_arrays),
    ],
    "2.9": [
        ("loops", lambda: bound_in_loops),
        ("one-element", lambda: lambda *a: np.array(bound_in_loops(*a))),
    ],
    "2.10": [
        ("lists", lambda: table_in_lists),
        ("NANDs of NANDs", lambda: table_of_nands),
    ],
    "2.11": [("backwards", lambda: parity_backwards)],
}
