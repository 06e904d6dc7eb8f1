"""Plausible wrong answers to chapter 4's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter04 as ch
from dlscratch.functions import sigmoid


def _forgot_return(*args):
    sum(1 for _ in args)


def _whole_array(a, t):
    z = a - a.max(axis=1, keepdims=True)
    return -np.mean(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def _one_row_only(a, t):
    z = a[0] - a[0].max()
    return np.log(np.exp(z).sum()) - z[t[0]]


def _squared_too_late(f, x, h=1e-3):
    return ((f(x + h) - 2 * f(x) + f(x - h)) / h) ** 2


def _nested(f, x, h=1e-3):
    def slope(x):
        return (f(x + h) - f(x - h)) / (2 * h)

    return (slope(x + h) - slope(x - h)) / (2 * h)


def _step_by_step(x0, lr, k):
    for _ in range(k):
        x0 = x0 - lr * (2 * x0 + 1)
    return x0


def _all_slopes(f, x, direction, h=1e-4):
    return ch.numerical_gradient(f, x, h)


def _list_of_rates(A):
    return 2 / np.linalg.eigvalsh(A)


def _one_rate(A):
    return 2 / np.linalg.eigvalsh(A).max()


def _whole_number_start(f, start, lr, steps):
    x = np.array(start)
    path = [x.copy()]
    for _ in range(steps):
        x[...] = x - lr * ch.numerical_gradient(f, x)
        path.append(x.copy())
    return np.array(path)


def _moves_the_weights(w, b, x, y, lr):
    error = y - (x @ w + b)
    w += lr * x.T @ error
    return w, b + lr * error.sum()


def _first_example(w, b, x, y, lr):
    error = y[0] - (x[0] @ w + b)
    return w + lr * error * x[0], b + lr * error


def _of_the_loss(w, x, s):
    return np.mean(np.log1p(np.exp(-s * (x @ w))))


def _whole_epoch(n, batch_size, rng):
    return [rng.permutation(n)]


def _shuffled_again(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield rng.permutation(n)[start : start + batch_size]


def _printed(n, batch_size, rng):
    print(list(ch.minibatches(n, batch_size, rng)))


def _weights_only(x, t, n_classes, lr, steps):
    return ch.one_against_all(x, t, n_classes, lr, steps)[0]


def _turned(x, t, n_classes, lr, steps):
    W, b = ch.one_against_all(x, t, n_classes, lr, steps)
    return W.T, b


def _one_step_short(x, t, n_classes, lr, steps):
    return ch.one_against_all(x, t, n_classes, lr, steps - 1)


def _mean_of_gradient(w, x, t):
    a = x @ w
    loss = np.mean(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    return loss, np.mean(x.T @ (sigmoid(a) - t))


def _unsafe(w, x, t):
    p = 1 / (1 + np.exp(-(x @ w)))
    loss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    return loss, x.T @ (p - t) / len(t)


def _loss_alone(w, x, t):
    return ch.loss_and_gradient(w, x, t)[0]


WRONG = {
    "4.1": [
        ("divides", lambda: lambda n, b: (n / b, n % b), "is not right"),
        ("one number", lambda: lambda n, b: -(-n // b), "tuple"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.2": [
        ("all classes", lambda: _whole_array, "is not right"),
        ("first row", lambda: _one_row_only, "wrong for a batch"),
    ],
    "4.3": [
        ("differences of differences", lambda: _nested, "x ± 2h"),
        ("square of the first", lambda: _squared_too_late, "is not right"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.4": [
        ("gradient", lambda: _all_slopes, "shape (2,)"),
    ],
    "4.5": [
        ("step by step", lambda: _step_by_step, "did not finish"),
        ("two parameters", lambda: lambda x0, lr: x0, "takes 2 parameters"),
    ],
    "4.6": [
        ("all limits", lambda: _list_of_rates, "tuple"),
        ("limit only", lambda: _one_rate, "tuple"),
    ],
    "4.7": [
        ("whole numbers", lambda: _whole_number_start, "decimals were cut off"),
    ],
    "4.8": [
        ("in place", lambda: _moves_the_weights, "changes its input `w`"),
        ("first example", lambda: _first_example, "wrong for a batch"),
    ],
    "4.9": [
        ("the loss", lambda: _of_the_loss, "shape (3,)"),
    ],
    "4.10": [
        ("one batch", lambda: _whole_epoch, "is a list of length 1"),
        ("new order each time", lambda: _shuffled_again, "is not right"),
        ("printed", lambda: _printed, "printed its result"),
    ],
    "4.11": [
        ("weights only", lambda: _weights_only, "tuple"),
        ("transposed", lambda: _turned, "transposed"),
        ("one step short", lambda: _one_step_short, "is not right"),
    ],
    "4.lab": [
        ("a number", lambda: _mean_of_gradient, "shape (3,)"),
        ("unsafe", lambda: _unsafe, "overflow"),
        ("loss alone", lambda: _loss_alone, "expected a tuple of length 2"),
    ],
}
