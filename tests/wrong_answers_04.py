"""Plausible wrong answers to chapter 4's exercises, and what must be said of them."""

import math

import numpy as np

from dlscratch.exercises import chapter04 as ch
from dlscratch.functions import one_hot, sigmoid


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


def _of_differences(w, x, s):
    return ch.numerical_gradient(lambda w: np.mean(np.logaddexp(0, -s * (x @ w))), w)


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


def _whole_floats(n, batch_size):
    steps = np.ceil(n / batch_size)
    return steps, n - (steps - 1) * batch_size


def _clipped(a, t):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(np.clip(p[np.arange(len(t)), t], 1e-12, 1)))


def _shifts_the_callers_scores(a, t):
    a -= a.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(a).sum(axis=1)) - a[np.arange(len(t)), t])


def _five_points(f, x, h=1e-3):
    outer = f(x + 2 * h) + f(x - 2 * h)
    return (16 * (f(x + h) + f(x - h)) - outer - 30 * f(x)) / (12 * h**2)


def _another_default(f, x, h=1e-4):
    return ch.second_difference(f, x, h)


def _along(scale):
    def slope(f, x, direction, h=1e-4):
        v = direction / scale(direction)
        return (f(x + h * v) - f(x - h * v)) / (2 * h)

    return slope


def _three_values(f, x, direction, h=1e-4):
    f(x)
    return ch.slope_along(f, x, direction, h)


def _at_most_a_thousand(x0, lr, k):
    return _step_by_step(x0, lr, min(k, 1000))


def _until_it_stands(x0, lr, k):
    for _ in range(k):
        before, x0 = x0, x0 - lr * (2 * x0 + 1)
        if x0 == before:
            break
    return x0


def _unsorted(A):
    values = np.linalg.eigvals(A)
    return 2 / values[-1], 2 / (values[0] + values[-1])


def _by_the_middle(A):
    limit, _ = ch.learning_rates(A)
    return limit, 1 / np.median(np.linalg.eigvalsh(A))


def _two_columns(f, start, lr, steps):
    return ch.descend(f, start, lr, steps)[:, :2]


def _one_step_at_least(f, start, lr, steps):
    return ch.descend(f, start, lr, max(steps, 1))


def _path_like_start(f, start, lr, steps):
    path = np.zeros_like(start, shape=(steps + 1, len(start)))
    path[0] = start
    for k in range(steps):
        path[k + 1] = path[k] - lr * ch.numerical_gradient(f, path[k])
    return path


def _joined(w, b, x, y, lr):
    return np.append(*ch.adaline_step(w, b, x, y, lr))


def _per_weight(w, x, s):
    return ch.signed_gradient(w, x, s) * len(s) / len(w)


def _one_buffer(n, batch_size, rng):
    buffer = np.empty(min(n, batch_size), dtype=int)
    for batch in ch.minibatches(n, batch_size, rng):
        buffer[: len(batch)] = batch
        yield buffer[: len(batch)]


def _float_indices(n, batch_size, rng):
    return [b.astype(float) for b in ch.minibatches(n, batch_size, rng)]


def _bias_columns(x, t, n_classes, lr, steps):
    W, b = ch.one_against_all(x, t, n_classes, lr, steps)
    return W, b[:, None]


def _divided_by_size(w, x, t):
    loss, gradient = ch._the_colleagues(w, x, t)
    return loss / x.size, gradient / x.size


WRONG = {
    "4.1": [
        ("floats", lambda: _whole_floats, "is a float"),
        ("float array", lambda: lambda *a: np.array(_whole_floats(*a)), "is a float"),
        ("divides", lambda: lambda n, b: (n / b, n % b), "is a float"),
        ("one number", lambda: lambda n, b: -(-n // b), "tuple"),
        (
            "rounded",
            lambda: lambda n, b: (round(n / b), n % b or b),
            "with n = 50, batch_size = 100",
        ),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.2": [
        ("clipped", lambda: _clipped, "is not right"),
        ("in place", lambda: _shifts_the_callers_scores, "changes its input `a`"),
        ("all classes", lambda: _whole_array, "is not right"),
        ("first row", lambda: _one_row_only, "wrong for a batch"),
    ],
    "4.3": [
        ("five points", lambda: _five_points, "is not right"),
        ("another default", lambda: _another_default, "is not right"),
        (
            "no default",
            lambda: lambda f, x, h: ch.second_difference(f, x, h),
            "second_difference(f, x, h=0.001)",
        ),
        (
            "forward",
            lambda: lambda f, x, h=1e-3: ch.second_difference(f, x + h, h),
            "is not right",
        ),
        ("differences of differences", lambda: _nested, "x ± 2h"),
        ("square of the first", lambda: _squared_too_late, "is not right"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.4": [
        ("largest entry", lambda: _along(lambda v: np.abs(v).max()), "is not right"),
        ("two entries", lambda: _along(lambda v: math.hypot(*v[:2])), "is not right"),
        ("three values", lambda: _three_values, "number of evaluations"),
        ("gradient", lambda: _all_slopes, "shape (2,)"),
    ],
    "4.5": [
        ("a thousand steps", lambda: _at_most_a_thousand, "is not right"),
        ("until it stands", lambda: _until_it_stands, "did not finish"),
        ("step by step", lambda: _step_by_step, "with very many rounds"),
        ("two parameters", lambda: lambda x0, lr: x0, "takes 2 parameters"),
    ],
    "4.6": [
        ("unsorted", lambda: _unsorted, "is not right"),
        ("middle eigenvalue", lambda: _by_the_middle, "is not right"),
        ("all limits", lambda: _list_of_rates, "tuple"),
        ("limit only", lambda: _one_rate, "tuple"),
    ],
    "4.7": [
        ("two columns", lambda: _two_columns, "(5, 3)"),
        ("one step at least", lambda: _one_step_at_least, "(1, 2)"),
        ("path like start", lambda: _path_like_start, "decimals were cut off"),
        ("whole numbers", lambda: _whole_number_start, "decimals were cut off"),
    ],
    "4.8": [
        ("one array", lambda: _joined, "tuple of length 2"),
        ("in place", lambda: _moves_the_weights, "changes its input `w`"),
        ("first example", lambda: _first_example, "wrong for a batch"),
    ],
    "4.9": [
        ("per weight", lambda: _per_weight, "is not right"),
        ("the loss", lambda: _of_the_loss, "shape (3,)"),
        ("numerical", lambda: _of_differences, "uses numerical_gradient"),
    ],
    "4.10": [
        ("one buffer", lambda: _one_buffer, "is not right"),
        ("floats", lambda: _float_indices, "yours: floats"),
        ("one batch", lambda: _whole_epoch, "is a list of length 1"),
        ("new order each time", lambda: _shuffled_again, "is not right"),
        ("printed", lambda: _printed, "printed its result"),
    ],
    "4.11": [
        ("bias columns", lambda: _bias_columns, "is too many"),
        ("weights only", lambda: _weights_only, "tuple"),
        ("transposed", lambda: _turned, "transposed"),
        ("one step short", lambda: _one_step_short, "is not right"),
    ],
    "4.lab": [
        ("by the size", lambda: _divided_by_size, "is not right"),
        ("a number", lambda: _mean_of_gradient, "shape (3,)"),
        ("unsafe", lambda: _unsafe, "overflow"),
        ("loss alone", lambda: _loss_alone, "expected a tuple of length 2"),
    ],
}


def _with_divmod(n, batch_size):
    steps, rest = divmod(n, batch_size)
    return [steps + 1, rest] if rest else [steps, batch_size]


def _by_rows(a, t):
    total = 0
    for row, k in zip(a, t, strict=True):
        m = max(row)
        total += math.log(sum(math.exp(v - m) for v in row)) + m - row[k]
    return total / len(t)


def _with_logaddexp(a, t):
    right = np.take_along_axis(a, t[:, None], axis=1)
    return np.array(np.mean(np.logaddexp.reduce(a, axis=1) - right[:, 0]))


def _log_softmax(a, t):
    z = a - a.max(axis=1)[:, None]
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(z * one_hot(t, a.shape[1])).sum() / len(a)


def _slope_of_slopes(f, x, h=1e-3):
    return ((f(x + h) - f(x)) / h - (f(x) - f(x - h)) / h) / h


def _half_steps(f, x, h=1e-3):
    def slope(x):
        return (f(x + h / 2) - f(x - h / 2)) / h

    return (slope(x + h / 2) - slope(x - h / 2)) / h


def _along_a_line(f, x, direction, h=1e-4):
    def g(s):
        return f(x + s * direction / np.linalg.norm(direction))

    return (g(h) - g(-h)) / 2 / h


def _shorter_step(f, x, direction, h=1e-4):
    length = np.sqrt(direction @ direction)
    ahead, behind = (f(x + s * h / length * direction) for s in (1, -1))
    return np.array((ahead - behind) / (2 * h))


def _by_squaring(x0, lr, k):
    def power(b, k):
        if k == 0:
            return 1.0
        return power(b * b, k // 2) * (b if k % 2 else 1)

    return power(1 - 2 * lr, k) * (x0 + 0.5) - 0.5


def _by_singular_values(A):
    s = np.linalg.svd(A, compute_uv=False)
    return 2 / np.array([s[0], s[0] + s[-1]])


def _by_norms(A):
    steep, flat = np.linalg.norm(A, 2), np.linalg.norm(A, -2)
    return [2 / steep, 2 / (steep + flat)]


def _filled(f, start, lr, steps):
    path = np.empty((steps + 1, len(start)))
    path[0] = start
    for k in range(steps):
        path[k + 1] = path[k] - lr * ch.numerical_gradient(f, path[k])
    return path


def _recursive(f, start, lr, steps):
    x = np.asarray(start, dtype=float)
    if steps == 0:
        return x[None]
    rest = _recursive(f, x - lr * ch.numerical_gradient(f, x), lr, steps - 1)
    return np.vstack([x, rest])


def _copies(f, start, lr, steps):
    x, path = 1.0 * start, [tuple(start)]
    while len(path) <= steps:
        x -= lr * ch.numerical_gradient(f, x)
        path.append(tuple(x))
    return np.array(path, dtype=float)


def _by_examples(w, b, x, y, lr):
    dw, db = np.zeros_like(w), 0.0
    for x_n, y_n in zip(x, y, strict=True):
        error = y_n - (w @ x_n + b)
        dw, db = dw + error * x_n, db + error
    return [w + lr * dw, b + lr * db]


def _with_ones(w, b, x, y, lr):
    v, x = np.append(w, b), np.hstack([x, np.ones((len(x), 1))])
    v = v + lr * np.einsum("n,ni->i", y - x @ v, x)
    return v[:-1], v[-1]


def _with_tanh(w, x, s):
    return -x.T @ (s * (1 - np.tanh(s * (x @ w) / 2)) / 2) / len(s)


def _output_minus_target(w, x, s):
    return np.mean((sigmoid(x @ w) - (s > 0))[:, None] * x, axis=0)


def _in_logarithms(w, x, s):
    pull = np.exp(-np.logaddexp(0, s * (x @ w)))
    return np.einsum("n,ni->i", -s * pull, x) / x.shape[0]


def _eaten_up(n, batch_size, rng):
    order = rng.permutation(n)
    while len(order):
        yield order[:batch_size].astype(np.int32)
        order = order[batch_size:]


def _split(n, batch_size, rng):
    return np.split(rng.permutation(n), range(batch_size, n, batch_size))


def _shuffled(n, batch_size, rng):
    order = np.arange(n)
    rng.shuffle(order)
    return (order[i : i + batch_size] for i in range(0, n, batch_size))


def _class_by_class(x, t, n_classes, lr, steps):
    columns, biases = [], []
    for k in range(n_classes):
        w, b = np.zeros(x.shape[1]), 0.0
        for _ in range(steps):
            error = sigmoid(x @ w + b) - (t == k)
            w, b = w - lr * error @ x / len(x), b - lr * error.mean()
        columns.append(w)
        biases.append(b)
    return np.array(columns).T, np.array(biases)


def _one_matrix(x, t, n_classes, lr, steps):
    x = np.hstack([x, np.ones((len(x), 1))])
    V = np.zeros((x.shape[1], n_classes))
    for _ in range(steps):
        V = V - lr * x.T @ (sigmoid(x @ V) - np.eye(n_classes)[t]) / len(x)
    return [V[:-1], V[-1]]


def _one_loss_at_a_time(w, x, t):
    a = x @ w
    losses = t * np.logaddexp(0, -a) + (1 - t) * np.logaddexp(0, a)
    return [np.average(losses), np.mean((sigmoid(a) - t)[:, None] * x, axis=0)]


def _divided(w, x, t):
    return tuple(v / t.size for v in ch._the_colleagues(w, x, t))


def _with_signs(w, x, t):
    s = 2 * t - 1
    return np.mean(np.logaddexp(0, -s * (x @ w))), _in_logarithms(w, x, s)


RIGHT = {
    "4.1": [
        ("list, divmod", lambda: _with_divmod),
        ("array", lambda: lambda n, b: np.array([-(-n // b), (n - 1) % b + 1])),
        ("ceil", lambda: lambda n, b: (math.ceil(n / b), n % b or b)),
        ("NumPy's", lambda: lambda n, b: (np.int64(-(-n // b)), np.int32(n % b or b))),
    ],
    "4.2": [
        ("row by row", lambda: _by_rows),
        ("logaddexp", lambda: _with_logaddexp),
        ("log of softmax", lambda: _log_softmax),
    ],
    "4.3": [
        ("slope of slopes", lambda: _slope_of_slopes),
        ("half steps", lambda: _half_steps),
    ],
    "4.4": [
        ("a line", lambda: _along_a_line),
        ("a shorter step", lambda: _shorter_step),
        ("hypot", lambda: _along(lambda v: math.hypot(*v))),
    ],
    "4.5": [
        ("by squaring", lambda: _by_squaring),
        ("expanded", lambda: lambda x, r, k: (1 - 2 * r) ** k * (x + 0.5) - 1 / 2),
    ],
    "4.6": [
        (
            "middle of the ends",
            lambda: (
                lambda A: (
                    2 / max(np.linalg.eigvals(A)),
                    1 / np.median(np.linalg.eigvalsh(A)[[0, -1]]),
                )
            ),
        ),
        ("array, singular values", lambda: _by_singular_values),
        ("list, norms", lambda: _by_norms),
    ],
    "4.7": [
        ("filled in", lambda: _filled),
        ("recursive", lambda: _recursive),
        ("copies", lambda: _copies),
    ],
    "4.8": [
        ("by examples, list", lambda: _by_examples),
        ("a column of ones", lambda: _with_ones),
    ],
    "4.9": [
        ("tanh", lambda: _with_tanh),
        ("output minus target", lambda: _output_minus_target),
        ("logarithms", lambda: _in_logarithms),
    ],
    "4.10": [
        ("eaten up", lambda: _eaten_up),
        ("split", lambda: _split),
        ("shuffle", lambda: _shuffled),
    ],
    "4.11": [
        ("class by class", lambda: _class_by_class),
        ("one matrix, list", lambda: _one_matrix),
    ],
    "4.lab": [
        ("list, averages", lambda: _one_loss_at_a_time),
        ("divided at the end", lambda: _divided),
        ("signs", lambda: _with_signs),
    ],
}
