"""Exercises of chapter 4, Learning."""

import numpy as np

from dlscratch import functions
from dlscratch.exercises import Exercise, Mistake
from dlscratch.gradients import numerical_gradient


def steps_in_epoch(n, batch_size):
    """Return the steps in an epoch, and the size of the last batch."""
    steps = -(-n // batch_size)
    last = n - (steps - 1) * batch_size
    return steps, last


def _full_only(n, batch_size):
    return n // batch_size, batch_size


def _always_one_more(n, batch_size):
    return n // batch_size + 1, n % batch_size


def _last_is_remainder(n, batch_size):
    return -(-n // batch_size), n % batch_size


def _last_is_full(n, batch_size):
    return -(-n // batch_size), batch_size


def cross_entropy_from_scores(a, t):
    """Return the mean cross-entropy of scores a (N, K) and labels t (N,)."""
    z = a - a.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return np.mean(log_sum - z[np.arange(len(t)), t])


def _by_way_of_softmax(a, t):
    e = np.exp(a)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(t)), t]))


def _not_divided(a, t):
    return len(t) * cross_entropy_from_scores(a, t)


def _turned_round(a, t):
    return -cross_entropy_from_scores(a, t)


def _score_only(a, t):
    return -np.mean(a[np.arange(len(t)), t])


def _shift_forgotten(a, t):
    z = a - a.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - a[np.arange(len(t)), t])


def _rounded_to_0(a, t):
    return functions.cross_entropy(functions.softmax(a), t)


def _one_maximum(a, t):
    z = a - a.max()
    log_sum = np.log(np.exp(z).sum(axis=1))
    return np.mean(log_sum - z[np.arange(len(t)), t])


def _one_sum(a, t):
    m = a.max()
    return np.mean(np.log(np.exp(a - m).sum()) + m - a[np.arange(len(t)), t])


def _columns(a, t):
    m = a.max(axis=1)
    log_sum = np.log(np.exp(a - m[:, None]).sum(axis=1)) + m
    return np.mean(log_sum - a[:, t])


def second_difference(f, x, h=1e-3):
    """Estimate f''(x) from f(x - h), f(x) and f(x + h)."""
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


def _divided_by_h(f, x, h=1e-3):
    return (f(x + h) - 2 * f(x) + f(x - h)) / h


def _divided_by_2h(f, x, h=1e-3):
    return (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h)


def _one_f_only(f, x, h=1e-3):
    return (f(x + h) - f(x) + f(x - h)) / h**2


def _added(f, x, h=1e-3):
    return (f(x + h) + 2 * f(x) + f(x - h)) / h**2


def _no_parentheses(f, x, h=1e-3):
    return f(x + h) - 2 * f(x) + f(x - h) / h**2


def _half_too_many(f, x, h=1e-3):
    return 2 * second_difference(f, x, h)


def _two_steps(f, x, h=1e-3):
    return second_difference(f, x, 2 * h)


def _first_derivative(f, x, h=1e-3):
    return (f(x + h) - f(x - h)) / (2 * h)


def slope_along(f, x, direction, h=1e-4):
    """Return the slope of f at x in a direction, from two values of f."""
    v = np.array(direction, dtype=float)
    v = v / np.linalg.norm(v)
    x = np.array(x, dtype=float)
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


def _not_normalised(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


def _divided_by_squares(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return _not_normalised(f, x, v / np.sum(v**2), h)


def _steepest(f, x, direction, h=1e-4):
    return np.linalg.norm(numerical_gradient(f, x, h))


def _one_sided(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    v = v / np.linalg.norm(v)
    return (f(x + h * v) - f(x)) / h


def _not_halved(f, x, direction, h=1e-4):
    return 2 * slope_along(f, x, direction, h)


def _divided_by_entries(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return _not_normalised(f, x, v / np.sum(v), h)


def _all_entries_alike(f, x, direction, h=1e-4):
    return (f(x + h) - f(x - h)) / (2 * h)


def _by_the_gradient(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return numerical_gradient(f, x, h) @ v / np.linalg.norm(v)


def _count_values(answer, f, x, direction):
    count = 0

    def counted(x):
        nonlocal count
        count += 1
        return f(x)

    slope = answer(counted, x, direction)
    return {"slope": slope, 'the test "at most two evaluations"': count <= 2}


def where_after(x0, lr, k):
    """Return where descent on x² + x is after k steps from x0."""
    return -0.5 + (1 - 2 * lr) ** k * (x0 + 0.5)


def _goal_at_zero(x0, lr, k):
    return (1 - 2 * lr) ** k * x0


def _curvature_one(x0, lr, k):
    return -0.5 + (1 - lr) ** k * (x0 + 0.5)


def _distance_only(x0, lr, k):
    return (1 - 2 * lr) ** k * (x0 + 0.5)


def _goal_on_the_right(x0, lr, k):
    return 0.5 + (1 - 2 * lr) ** k * (x0 - 0.5)


def _distance_from_zero(x0, lr, k):
    return -0.5 + (1 - 2 * lr) ** k * x0


def _wrong_goal_added(x0, lr, k):
    return 0.5 + (1 - 2 * lr) ** k * (x0 + 0.5)


def _factor_once(x0, lr, k):
    return -0.5 + (1 - 2 * lr * k) * (x0 + 0.5)


def learning_rates(A):
    """Return the limit of the learning rates, and the best one."""
    curvatures = np.linalg.eigvalsh(A)
    limit = 2 / curvatures.max()
    best = 2 / (curvatures.min() + curvatures.max())
    return limit, best


def _diagonal_only(A):
    curvatures = np.diag(A)
    return 2 / curvatures.max(), 2 / (curvatures.min() + curvatures.max())


def _flattest_limit(A):
    _, best = learning_rates(A)
    return 2 / np.linalg.eigvalsh(A).min(), best


def _one_over(A):
    limit, best = learning_rates(A)
    return limit / 2, best


def _best_is_half_the_limit(A):
    limit, _ = learning_rates(A)
    return limit, limit / 2


def _best_first(A):
    limit, best = learning_rates(A)
    return best, limit


def _all_curvatures(A):
    curvatures = np.linalg.eigvalsh(A)
    return 2 / curvatures.max(), 2 / curvatures.sum()


def descend(f, start, lr, steps):
    """Return the whole path of gradient descent, shape (steps + 1, D)."""
    x = np.array(start, dtype=float)
    path = [x]
    for _ in range(steps):
        x = x - lr * numerical_gradient(f, x)
        path.append(x)
    return np.array(path)


def _same_array(f, start, lr, steps):
    x = np.array(start, dtype=float)
    path = [x]
    for _ in range(steps):
        x -= lr * numerical_gradient(f, x)
        path.append(x)
    return np.array(path)


def _uphill(f, start, lr, steps):
    return descend(f, start, -lr, steps)


def _without_start(f, start, lr, steps):
    return descend(f, start, lr, steps)[1:]


def _end_only(f, start, lr, steps):
    return descend(f, start, lr, steps)[-1]


def _no_copy(f, start, lr, steps):
    x = start
    path = [x.copy()]
    for _ in range(steps):
        x -= lr * numerical_gradient(f, x)
        path.append(x.copy())
    return np.array(path)


def adaline_step(w, b, x, y, lr):
    """Return w and b after one Adaline step on all examples."""
    error = y - (x @ w + b)  # (N,)
    return w + lr * x.T @ error, b + lr * error.sum()


def _uphill_adaline(w, b, x, y, lr):
    return adaline_step(w, b, x, y, -lr)


def _after_the_threshold(w, b, x, y, lr):
    error = y - np.where(x @ w + b > 0, 1, -1)
    return w + lr * x.T @ error, b + lr * error.sum()


def _mean_of_examples(w, b, x, y, lr):
    return adaline_step(w, b, x, y, lr / len(y))


def _bias_stays(w, b, x, y, lr):
    return adaline_step(w, b, x, y, lr)[0], b


def _bias_with_new_weights(w, b, x, y, lr):
    w = w + lr * x.T @ (y - (x @ w + b))
    return w, b + lr * np.sum(y - (x @ w + b))


def _one_by_one(w, b, x, y, lr):
    for x_n, y_n in zip(x, y, strict=True):
        error = y_n - (x_n @ w + b)
        w, b = w + lr * error * x_n, b + lr * error
    return w, b


def _mean_bias(w, b, x, y, lr):
    error = y - (x @ w + b)
    return w + lr * x.T @ error, b + lr * error.mean()


def _change_only(w, b, x, y, lr):
    error = y - (x @ w + b)
    return lr * x.T @ error, lr * error.sum()


def _twice(w, b, x, y, lr):
    return adaline_step(w, b, x, y, 2 * lr)


def _no_bias_in_the_output(w, b, x, y, lr):
    error = y - x @ w
    return w + lr * x.T @ error, b + lr * error.sum()


def _one_number_for_all(w, b, x, y, lr):
    error = y - (x @ w + b)
    return w + lr * np.sum(x.T @ error), b + lr * error.sum()


def signed_gradient(w, x, s):
    """Return the gradient of the mean of log(1 + exp(-s a)), with a = x @ w."""
    a = x @ w  # (N,)
    return -x.T @ (s * functions.sigmoid(-s * a)) / len(s)


def _as_if_0_or_1(w, x, s):
    return x.T @ (functions.sigmoid(x @ w) - s) / len(s)


def _signed_sum(w, x, s):
    return len(s) * signed_gradient(w, x, s)


def _signed_uphill(w, x, s):
    return -signed_gradient(w, x, s)


def _sign_lost(w, x, s):
    return -x.T @ functions.sigmoid(-s * (x @ w)) / len(s)


def _wrong_side(w, x, s):
    return -x.T @ (s * functions.sigmoid(s * (x @ w))) / len(s)


def _plain_exp(w, x, s):
    e = np.exp(-s * (x @ w))
    return -x.T @ (s * e / (1 + e)) / len(s)


def minibatches(n, batch_size, rng):
    """Yield the indices of each mini-batch of one epoch."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def _in_file_order(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield np.arange(n)[start : start + batch_size]


def _drops_the_rest(n, batch_size, rng):
    order = rng.permutation(n)
    for i in range(n // batch_size):
        yield order[i * batch_size : (i + 1) * batch_size]


def _drawn_anew(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield rng.integers(n, size=min(batch_size, n - start))


def _slices_overlap(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size + 1]


def _nearly_equal(n, batch_size, rng):
    return np.array_split(rng.permutation(n), -(-n // batch_size))


def _one_slice_more(n, batch_size, rng):
    order = rng.permutation(n)
    for i in range(n // batch_size + 1):
        yield order[i * batch_size : (i + 1) * batch_size]


def _first_only(n, batch_size, rng):
    return rng.permutation(n)[:batch_size]


def _as_list(answer, n, batch_size, rng):
    return list(answer(n, batch_size, rng))


def one_against_all(x, t, n_classes, lr, steps):
    """Train a logistic regression for each class: W (D, K), b (K,)."""
    target = functions.one_hot(t, n_classes)  # (N, K)
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target  # (N, K)
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


def _softmax_instead(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.softmax(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


def _sums(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, lr * len(x), steps)


def _one_bias_for_all(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean()
    return W, b


def _bias_at_zero(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W = np.zeros((x.shape[1], n_classes))
    for _ in range(steps):
        W -= lr * x.T @ (functions.sigmoid(x @ W) - target) / len(x)
    return W, np.zeros(n_classes)


def _mean_of_classes(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, lr / n_classes, steps)


def _late_biases(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        W -= lr * x.T @ (functions.sigmoid(x @ W + b) - target) / len(x)
        b -= lr * np.mean(functions.sigmoid(x @ W + b) - target, axis=0)
    return W, b


def _summed_biases(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.sum(axis=0)
    return W, b


def _climbing(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, -lr, steps)


def loss_and_gradient(w, x, t):
    """Return the mean loss of logistic regression, and its gradient."""
    a = x @ w  # (N,)
    loss = np.mean(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    gradient = x.T @ (functions.sigmoid(a) - t) / len(t)  # (D,)
    return loss, gradient


def _the_colleagues(w, x, t):
    a = x @ w  # (N,)
    loss = np.sum(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    gradient = x.T @ (functions.sigmoid(a) - t)  # (D,)
    return loss, gradient


def _loss_divided(w, x, t):
    loss, gradient = loss_and_gradient(w, x, t)
    return loss, gradient * len(t)


def _gradient_divided(w, x, t):
    loss, gradient = loss_and_gradient(w, x, t)
    return loss * len(t), gradient


def _divided_by_features(w, x, t):
    loss, gradient = _the_colleagues(w, x, t)
    return loss / len(w), gradient / len(w)


def _pair(answer, w, x, t):
    loss, gradient = answer(w, x, t)
    return {"loss": loss, "gradient": gradient}


def _named(name, f):
    f.__name__ = name  # what messages call it
    return f


_tilted = _named(
    "x0²+3x1²+x0x1", lambda x: x[0] ** 2 + 3 * x[1] ** 2 + x[0] * x[1]
)
_bowl = _named("x0²+x1²", lambda x: np.sum(x**2))


def _inputs(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3)).round(2)


_X, _T = _inputs(6), np.array([0, 1, 1, 0, 0, 1])
_X9, _T9 = _inputs(9, seed=1), np.array([1, 1, 0, 1, 0, 0, 0, 1, 0])
_XBIG, _TBIG = 1e4 * _inputs(5, seed=2), np.array([0, 1, 0, 1, 1])
_W3 = np.array([0.5, -1.0, 0.25])
_ROWS = np.array(
    [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [2.0, 2.0, -1.0], [0.3, 0, 0.1]]
)
_FOUR = np.array([[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0], [0.0, 3.0]])
_FOUR_Y = np.array([1.0, -1.0, -1.0, 1.0])

EXERCISES = [
    Exercise(
        key="4.1",
        title="Steps in an epoch",
        reference=steps_in_epoch,
        cases=[(1437, 32), (60_000, 100), (50, 100), (7, 7), (10, 3)],
        hints=[
            "Try it with 10 examples in batches of 3 on paper. How many "
            "batches, and what is in the last one?",
            "The number of batches is `n / batch_size`, rounded up. The last "
            "batch holds what the full ones before it have left.",
            "`-(-n // batch_size)` rounds up. When the division has no "
            "remainder, the last batch is a full one, not an empty one.",
        ],
        text="""
            Rounding up is `-(-n // batch_size)`: turning the sign round turns
            rounding down into rounding up. All batches but the last are full,
            so the last one has what is left.
            """,
        mistakes=[
            Mistake(
                _full_only, "You count full batches only. The rest counts, too."
            ),
            Mistake(
                _always_one_more,
                "When the batch size divides n, there is no batch more: round "
                "up, do not add 1.",
            ),
            Mistake(
                _last_is_remainder,
                "When the batch size divides n, the last batch is full, not "
                "empty.",
            ),
            Mistake(_last_is_full, "The last batch holds only what is left."),
        ],
    ),
    Exercise(
        key="4.2",
        title="Cross-entropy from scores",
        reference=cross_entropy_from_scores,
        cases=[
            (_ROWS[:1], np.array([1])),
            (_ROWS[1:2], np.array([2])),
        ],
        batch=[
            (_ROWS, np.array([1, 2, 0, 1])),
            (2 * _ROWS, np.array([0, 0, 0, 2])),
        ],
        overflow=[
            (np.array([[1000.0, 0.0], [-1000.0, -999.0]]), np.array([0, 0])),
            (np.array([[-900.0, -901.0, -950.0]]), np.array([2])),
            (np.array([[0.0, 1000.0]]), np.array([0])),
        ],
        hints=[
            "Write down -log of the softmax of the right class and split the "
            "logarithm of the quotient.",
            "It becomes `log(sum of exp(a))` minus the right score. Both "
            "change by the same amount when you subtract a number from all "
            "scores of a row.",
            "Subtract each row's maximum from that row first, with `axis=1` "
            "and `keepdims=True`. Use the shifted scores in both places, then "
            "take the mean over the rows.",
        ],
        text=r"""
            $-\log\frac{e^{a_t}}{\sum_j e^{a_j}} = \log\sum_j e^{a_j} - a_t$.
            Shifting all scores of a row by the same number changes both terms
            alike, so shift by the row's maximum. Then the largest exponential
            is $e^0=1$: the sum is at least 1, nothing overflows, and the
            logarithm is safe.
            """,
        mistakes=[
            Mistake(
                _not_divided, "This is the sum over the batch; take the mean."
            ),
            Mistake(
                _turned_round, "The sign is wrong: a loss is at least 0 here."
            ),
            Mistake(
                _score_only,
                "Minus the right score is one half of it. The logarithm of the "
                "sum of exponentials is missing.",
            ),
            Mistake(
                _shift_forgotten,
                "You shifted the scores in one place and not in the other, so "
                "the shift does not cancel.",
            ),
            Mistake(
                _by_way_of_softmax,
                "The formula is right on paper, but exp overflows, and the "
                "logarithm of a rounded 0 is lost. Stay with logarithms all "
                "the way.",
            ),
            Mistake(
                _rounded_to_0,
                "A probability that has been rounded to 0 has lost its "
                "logarithm. Stay with logarithms all the way.",
            ),
            Mistake(
                _one_maximum,
                "You subtract the maximum of the whole batch. Each row needs "
                "its own.",
            ),
            Mistake(
                _one_sum,
                "You add up the whole batch. Each row needs a sum of its own, "
                "with `axis=1`.",
            ),
            Mistake(
                _columns,
                "`a[:, t]` takes the columns t of every row. One score for "
                "each row is `a[np.arange(len(t)), t]`.",
            ),
        ],
    ),
    Exercise(
        key="4.3",
        title="The second derivative by differences",
        reference=second_difference,
        cases=[
            (_named("x²+5", lambda x: x**2 + 5), 3.0),
            (_named("x³+2", lambda x: x**3 + 2), 2.0, 0.01),
            (_named("1/x", lambda x: 1 / x), 0.5, 0.001),
        ],
        rtol=1e-5,
        hints=[
            "Write Taylor's formula for `f(x + h)` and `f(x - h)`, and this "
            "time *add* the two.",
            "In the sum the first derivatives cancel. What is left besides `2 "
            "* f(x)`?",
            "`f(x + h) + f(x - h) - 2 * f(x)` is about `h**2` times the second "
            "derivative. Solve for that.",
        ],
        text=r"""
            In $f(x+h)+f(x-h)$ the odd terms cancel: $2f(x) + h^2f''(x)$ plus
            terms of order $h^4$. Solve for $f''$. Rounding is now divided by
            $h^2$, so the best $h$ is larger than for the first derivative:
            about $\sqrt[4]{u}\approx10^{-4}$ in `float64`.
            """,
        mistakes=[
            Mistake(
                _divided_by_h,
                "A second derivative needs h twice: divide by h².",
            ),
            Mistake(
                _divided_by_2h,
                "You divided by 2h. Taylor's formula has h² here.",
            ),
            Mistake(_one_f_only, "`f(x)` has to be subtracted twice."),
            Mistake(_added, "`2 * f(x)` has to be subtracted, not added."),
            Mistake(
                _no_parentheses,
                "Only the last value is divided by h². Put all three in "
                "parentheses.",
            ),
            Mistake(
                _half_too_many,
                "Twice too much: each side has h²/2 f''(x), so the sum has h² "
                "f''(x).",
            ),
            Mistake(
                _two_steps,
                "You took f at x ± 2h. The three values asked for are at x and "
                "x ± h.",
            ),
            Mistake(_first_derivative, "This is the first derivative."),
        ],
    ),
    Exercise(
        key="4.4",
        title="The slope along a path",
        reference=slope_along,
        cases=[
            (_bowl, np.array([3.0, 4.0]), np.array([1.0, 0.0])),
            (_bowl, np.array([3.0, 4.0]), np.array([3.0, 4.0])),
            (_tilted, np.array([1.0, -2.0]), np.array([1.0, 1.0])),
            (_tilted, np.array([0.5, 2.0]), np.array([-4.0, 3.0])),
        ],
        use=_count_values,
        rtol=1e-5,
        hints=[
            "The central difference works along any line, not only along an "
            "axis.",
            "Walk h forwards and h backwards: x + h v and x - h v. How long "
            "must v be?",
            "Divide the direction by its length, `np.linalg.norm(direction)`, "
            "and then take the central difference of f along it.",
        ],
        text=r"""
            Along the line $x+sv$ the function depends on the one number $s$, so
            the central difference applies. For a network with a million weights
            this costs two evaluations, where the full gradient costs two
            million. A good exact gradient $g$ must satisfy $g\cdot v$ = this
            slope, for any random $v$: a cheap check.
            """,
        mistakes=[
            Mistake(
                _not_normalised,
                "A direction has length 1. You took it as long as it came.",
            ),
            Mistake(
                _divided_by_squares,
                "You divided by the sum of the squares; the length is its "
                "root.",
            ),
            Mistake(
                _divided_by_entries,
                "You divided by the sum of the entries. The length is the root "
                "of the sum of their squares.",
            ),
            Mistake(
                _not_halved, "From x - h v to x + h v is 2h: divide by 2h."
            ),
            Mistake(
                _all_entries_alike,
                "x + h moves every entry by h, whatever the direction. Walk "
                "along it.",
            ),
            Mistake(_steepest, "This is the slope in the steepest direction."),
            Mistake(
                _by_the_gradient,
                "The slope is right, but the whole gradient costs two values "
                "of f for each entry of x. Two in all are enough.",
            ),
            Mistake(
                _one_sided,
                "That is a forward difference; its error is far larger.",
            ),
        ],
    ),
    Exercise(
        key="4.5",
        title="Fast forward",
        reference=where_after,
        cases=[
            (3.0, 0.1, 5),
            (3.0, 0.5, 1),
            (-2.0, 1.2, 4),
            (2.0, 0.3, 10**12),
        ],
        time_limit=1.0,
        hints=[
            "The slope of x² + x is 2x + 1. Where is the goal, and how large "
            "is the curvature?",
            "The distance from the goal is multiplied by the same factor at "
            "each step.",
            "The goal is at -1/2 and the factor is `1 - 2 * lr`. Start from "
            "the distance `x0 - (-1/2)`, and add the goal again at the end.",
        ],
        text=r"""
            The minimum is at $x^*=-\tfrac12$ and the curvature is $\lambda=2$.
            By (4.3), $x_k = x^* + (1-2\eta)^k(x_0-x^*)$.
            """,
        mistakes=[
            Mistake(_goal_at_zero, "The lowest point of x² + x is not at 0."),
            Mistake(
                _curvature_one, "The second derivative of x² + x is 2, not 1."
            ),
            Mistake(
                _distance_only, "This is the distance from the goal, not x."
            ),
            Mistake(_goal_on_the_right, "The goal is at -1/2: check its sign."),
            Mistake(
                _distance_from_zero,
                "The factor multiplies the distance from the goal, `x0 + 1/2`, "
                "not `x0`.",
            ),
            Mistake(
                _wrong_goal_added, "At the end, add the goal, and that is -1/2."
            ),
            Mistake(
                _factor_once,
                "The factor acts again at each step: k steps give its power k.",
            ),
        ],
    ),
    Exercise(
        key="4.6",
        title="The limit and the best",
        reference=learning_rates,
        cases=[
            np.array([[1.0, 0.0], [0.0, 10.0]]),
            np.array([[2.0, 1.0], [1.0, 2.0]]),
            np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]]),
        ],
        hints=[
            "Which numbers of the matrix play the role of the curvature?",
            "`np.linalg.eigvalsh` gives the eigenvalues of a symmetric matrix, "
            "in increasing order. One of them sets the limit, two the best "
            "rate.",
            "The limit is 2 over the largest eigenvalue. For the best rate, "
            "look at where the factors of the flattest and of the steepest "
            "direction meet.",
        ],
        text=r"""
            The eigenvalues are the curvatures along the eigenvectors, and each
            direction lives by itself. The limit is $2/\lambda_{\max}$, the best
            rate $2/(\lambda_{\min}+\lambda_{\max})$.
            """,
        mistakes=[
            Mistake(
                _diagonal_only,
                "The diagonal holds the curvatures along the axes. You need "
                "those along the eigenvectors.",
            ),
            Mistake(
                _flattest_limit,
                "The steepest direction sets the limit, not the flattest one.",
            ),
            Mistake(
                _one_over,
                "At 1/λ the factor is 0. The limit is where it is -1.",
            ),
            Mistake(
                _best_first, "Both are right, but the limit has to come first."
            ),
            Mistake(
                _all_curvatures,
                "For the best rate only the smallest and the largest "
                "eigenvalue count.",
            ),
            Mistake(
                _best_is_half_the_limit,
                "1/λ is best for the steepest direction alone; the flattest "
                "one matters, too.",
            ),
        ],
    ),
    Exercise(
        key="4.7",
        title="Leave a trail",
        reference=descend,
        cases=[
            (_bowl, np.array([-3.0, 4.0]), 0.1, 3),
            (_tilted, np.array([1.0, 1.0]), 0.05, 10),
            (_bowl, np.array([3, 4]), 0.25, 2),
        ],
        rtol=1e-5,
        hints=[
            "Start a list with the first position, and append the position "
            "after each step. `np.array(path)` makes an array of shape (steps "
            "+ 1, D).",
            "Beware of `x -= ...`: it changes the array that is already in the "
            "list. And of whole numbers in `start`.",
            "`np.array(start, dtype=float)` copies. Inside the loop, make a "
            "new array in each step, with x on both sides of a plain =.",
        ],
        text="""
            `x = x - …` makes a new array in each step, so every entry of the
            list is an array of its own. With `x -= …` the list would hold the
            same array many times.
            """,
        mistakes=[
            Mistake(
                _same_array,
                "All rows show the end: the list holds one array many times, "
                "because `-=` changes it in place.",
            ),
            Mistake(_uphill, "You walk uphill: step against the gradient."),
            Mistake(_without_start, "The path begins with the start itself."),
            Mistake(
                _end_only, "You return the last position. The path is wanted."
            ),
            Mistake(
                _no_copy, "`x = start` makes no copy: the caller's array moves."
            ),
        ],
    ),
    Exercise(
        key="4.8",
        title="One step of Adaline",
        reference=adaline_step,
        cases=[
            (np.array([0.5, -0.5]), 0.1, _FOUR[:1], _FOUR_Y[:1], 0.1),
            (np.zeros(2), 0.0, _FOUR[1:2], _FOUR_Y[1:2], 0.5),
        ],
        batch=[
            (np.array([0.5, -0.5]), 0.1, _FOUR, _FOUR_Y, 0.1),
            (np.array([2.0, 1.0]), -1.0, _FOUR, -_FOUR_Y, 0.01),
        ],
        hints=[
            "Compute all outputs at once, then all errors, target minus "
            "output.",
            "Each example pulls the weights by its error times its input. A "
            "matrix product with `x.T` adds up all the pulls.",
            "The bias is a weight with the constant input 1, so it moves by "
            "`lr` times the sum of the errors. Compute the errors before you "
            "change anything.",
        ],
        text="""
            Row $n$ of `x` is multiplied by error $n$, and all rows are added:
            that is `x.T @ error`. The bias's input is always 1, so its pull is
            the sum of the errors.
            """,
        mistakes=[
            Mistake(
                _uphill_adaline,
                "The sign is wrong: this makes the error larger.",
            ),
            Mistake(
                _after_the_threshold,
                "You compared after the threshold: that is the perceptron's "
                "rule.",
            ),
            Mistake(
                _mean_of_examples,
                "This is the mean over the examples. Adaline's rule here is "
                "the sum.",
            ),
            Mistake(_bias_stays, "The bias has to learn, too."),
            Mistake(
                _change_only,
                "These are the changes. Return the new w and the new b.",
            ),
            Mistake(
                _twice, "The 2 of the derivative cancels against the ½ of E."
            ),
            Mistake(
                _no_bias_in_the_output,
                "The output lacks the bias: `a = x @ w + b`.",
            ),
            Mistake(
                _one_number_for_all,
                "You moved all weights by the same number. Each has a sum of "
                "its own: add over the examples alone.",
            ),
            Mistake(
                _mean_bias,
                "The weights use the sum of the errors, the bias the mean.",
            ),
            Mistake(
                _one_by_one,
                "You moved the weights after each example. Here all errors are "
                "those of the old weights.",
            ),
            Mistake(
                _bias_with_new_weights,
                "You computed the bias's errors with weights that had already "
                "moved.",
            ),
        ],
    ),
    Exercise(
        key="4.9",
        title="Logistic regression with other targets",
        reference=signed_gradient,
        cases=[(_W3, _X[:1], np.array([1.0])), (_W3, _X[:1], np.array([-1.0]))],
        batch=[(_W3, _X, 2.0 * _T - 1), (-_W3, _X9, 2.0 * _T9 - 1)],
        overflow=[(_W3, _XBIG, 2.0 * _TBIG - 1)],
        hints=[
            "First the derivative of `log(1 + exp(-s * a))` by `a`, for one "
            "example.",
            "The chain rule gives `-s * exp(-s * a) / (1 + exp(-s * a))`. The "
            "fraction is a sigmoid. Of what?",
            "It is -s times the sigmoid of -s a. Multiply by the inputs and "
            "take the mean. `functions.sigmoid` is safe for large numbers.",
        ],
        text=r"""
            The derivative of $\log(1+e^{-sa})$ by $a$ is
            $\dfrac{-s\,e^{-sa}}{1+e^{-sa}} = -s\,\sigma(-sa)$. For $s=1$ that
            is $-(1-p) = p-1$, and for $s=-1$ it is $\sigma(a)=p$: output minus
            target again.

            The same loss: $p=\sigma(a)$, and $-\log\sigma(a)=\log(1+e^{-a})$
            for $t=1$, $-\log(1-\sigma(a)) = \log(1+e^{a})$ for $t=0$.
            """,
        mistakes=[
            Mistake(
                _as_if_0_or_1,
                "p minus target holds for targets 0 and 1. With -1 and +1 "
                "there is another formula.",
            ),
            Mistake(
                _signed_sum, "This is the sum over the examples; take the mean."
            ),
            Mistake(_signed_uphill, "The sign is wrong."),
            Mistake(
                _sign_lost, "The factor `s` is missing outside the sigmoid."
            ),
            Mistake(
                _wrong_side,
                "The sigmoid's argument has the wrong sign: it is -s a.",
            ),
            Mistake(
                _plain_exp,
                "`exp(-s * a)` overflows when `a` is large. Use a sigmoid that "
                "is safe.",
            ),
        ],
    ),
    Exercise(
        key="4.10",
        title="Cut an epoch into batches",
        reference=minibatches,
        cases=[
            (10, 4, np.random.default_rng(0)),
            (6, 3, np.random.default_rng(1)),
            (5, 100, np.random.default_rng(2)),
        ],
        use=_as_list,
        hints=[
            "Shuffle the indices once, with `rng.permutation`.",
            "Then go through `order` in strides of the batch size. A slice "
            "that runs past the end is shorter, and that is no error.",
            "`range(0, n, batch_size)` gives the starts of the slices. `yield` "
            "hands out one batch after the other; a list of them is fine, too.",
        ],
        text="""
            One permutation for the whole epoch, so that every example comes
            exactly once. The slices do the rest.
            """,
        mistakes=[
            Mistake(_in_file_order, "The order is not shuffled."),
            Mistake(_drops_the_rest, "The last, smaller batch is missing."),
            Mistake(
                _drawn_anew,
                "You draw with replacement: some examples come twice, others "
                "never.",
            ),
            Mistake(
                _nearly_equal,
                "You cut batches of nearly equal size. All but the last hold "
                "`batch_size` examples.",
            ),
            Mistake(
                _one_slice_more,
                "When the batch size divides n, your last batch is empty.",
            ),
            Mistake(
                _first_only,
                "Only the first batch comes out: `return` in a loop ends it. "
                "Use `yield`, or collect the batches in a list.",
            ),
            Mistake(_slices_overlap, "Your batches overlap by one example."),
        ],
    ),
    Exercise(
        key="4.11",
        title="Ten detectors at once",
        reference=one_against_all,
        cases=[
            (_X, np.array([0, 1, 2, 0, 1, 2]), 3, 0.5, 1),
            (_X9, np.array([0, 1, 2, 2, 1, 1, 0, 2, 2]), 3, 0.5, 20),
            (_X9, _T9, 2, 0.1, 50),
        ],
        hints=[
            "One column of W for each class. `x @ W + b` gives all scores at "
            "once, and the sigmoid makes each a probability of its own.",
            "The targets are one-hot rows: `np.eye(n_classes)[t]` has shape "
            "(N, K), like the probabilities.",
            "With the error, probabilities minus targets, the gradient of W is "
            "`x.T @ error / len(x)`. The bias of each class needs the mean of "
            "its own column. Start from zeros and change both in every step.",
        ],
        text="""
            Column $k$ of `W` is a logistic regression whose targets are column
            $k$ of the one-hot matrix. The columns do not influence each other,
            so the sum of the losses has the gradient (4.5) in each column.

            After 300 steps with learning rate 1 the ten detectors get 319 of
            the 360 test images right.
            """,
        trial="""
            x, t = data.x_train, data.t_train
            W, b = one_against_all(x, t, 10, lr=1.0, steps=300)
            hits = (data.x_test @ W + b).argmax(axis=1) == data.t_test
            assert (hits.sum(), hits.size) == (319, 360)
            """,
        mistakes=[
            Mistake(
                _softmax_instead,
                "You used softmax, which makes the classes compete. Here each "
                "class has a sigmoid of its own.",
            ),
            Mistake(_sums, "This is the sum over the examples; take the mean."),
            Mistake(
                _one_bias_for_all,
                "All biases move alike: take the mean along axis 0, not of "
                "everything.",
            ),
            Mistake(
                _mean_of_classes,
                "You divided by the number of classes, too. The loss is the "
                "sum over the classes.",
            ),
            Mistake(
                _late_biases,
                "You computed the biases' errors with weights that had already "
                "moved.",
            ),
            Mistake(
                _summed_biases,
                "The weights use the mean over the examples, the biases the "
                "sum.",
            ),
            Mistake(_bias_at_zero, "The biases never learn."),
            Mistake(_climbing, "You walk uphill: step against the gradient."),
        ],
    ),
    Exercise(
        key="4.lab",
        title="Find the bug and repair it",
        reference=loss_and_gradient,
        cases=[(_W3, _X[:1], _T[:1]), (np.zeros(3), _X[1:2], _T[1:2])],
        batch=[(_W3, _X, _T), (-_W3, _X9, _T9)],
        overflow=[(_W3, _XBIG, _TBIG)],
        use=_pair,
        start=_the_colleagues,
        hints=[
            "Put every example in twice. Should the loss change? Does it?",
            "For one example her function is right. What happens to both "
            "results when the batch grows?",
            "Both are sums over the batch. A mean is the sum divided by "
            "`len(t)`; the loss and the gradient must stay together.",
        ],
        text=r"""
            She forgot to divide by the batch size, in the loss *and* in the
            gradient. The two agree with each other, so a gradient check is
            content: it asks whether the gradient belongs to the loss, not
            whether the loss is the one you wanted.

            Without the division, a batch of 160 takes steps 16 times as long as
            a batch of 10. In terms of the mean, her learning rate of 0.05 was
            really 0.5 for the small batch and 8 for the large one. For these
            images the chapter's bound is $2/M\approx0.62$.

            A test that finds it: the loss of a batch must not change when every
            example is put in twice.
            """,
        trial="""
            twice = loss_and_gradient(w, np.vstack([x, x]), np.hstack([t, t]))
            assert np.isclose(twice[0], loss_and_gradient(w, x, t)[0])
            """,
        mistakes=[
            Mistake(
                _the_colleagues,
                "Loss and gradient are sums over the batch, so they grow with "
                "its size, and with them every step.",
            ),
            Mistake(
                _loss_divided,
                "The loss is a mean now, but the gradient is still a sum: a "
                "numerical check would fail.",
            ),
            Mistake(
                _gradient_divided,
                "The gradient is a mean now, but the loss is still a sum: a "
                "numerical check would fail.",
            ),
            Mistake(
                _divided_by_features,
                "You divided by the number of weights. Divide by the number of "
                "examples.",
            ),
        ],
        after="One learning rate now serves every batch size.",
    ),
]
