"""Plausible wrong answers to the exercises of chapter 2."""

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

WRONG = {
    "2.lab": [
        ("copied too late", lambda: copied_too_late, "second name"),
        ("no bias", lambda: bias_forgotten, "expected:"),
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
    ],
    "2.3": [
        ("more than k, list", lambda: vote_with_list, "more than k"),
        ("one weight", lambda: vote_one_weight, "w has shape"),
        ("no bias", lambda: vote_without_bias, "expected a tuple of length 2"),
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
    ],
    "2.7": [
        ("counter reset", lambda: counter_reset, "only of the last epoch"),
        ("no end", lambda: endless, "did not finish"),
        ("whole numbers", lambda: integer_weights, "cut off"),
    ],
    "2.8": [
        ("epoch before", lambda: epoch_before, "did not finish"),
        ("until clean", lambda: until_clean, "did not finish"),
        ("array in a set", lambda: arrays_in_a_set, "unhashable"),
    ],
    "2.9": [
        ("in the plane", lambda: bound_in_the_plane, "between the longer"),
        ("largest", lambda: bound_largest, "expected:"),
    ],
    "2.10": [
        ("transposed", lambda: table_transposed, "W1 has shape"),
        ("two parts", lambda: table_no_output, "expected a tuple of length 4"),
    ],
    "2.11": [
        ("a function", lambda: parity_by_modulo, "expected a tuple of length 4"),
        ("equal hidden neurons", lambda: parity_hidden_equal, "expected:"),
    ],
}
