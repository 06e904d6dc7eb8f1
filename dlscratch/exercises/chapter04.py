"""Exercises of chapter 4, Learning."""

import numpy as np

from dlscratch import functions
from dlscratch.exercises import exercise
from dlscratch.exercises._kit import Misfit
from dlscratch.gradients import numerical_gradient


def _named(name, f):
    f.__name__ = name  # what messages call it
    return f


_tilted = _named(
    "x0²+3x1²+x0x1", lambda x: x[0] ** 2 + 3 * x[1] ** 2 + x[0] * x[1]
)
_bowl = _named("sum of xi²", lambda x: np.sum(x**2))
_cubes = _named("sum of xi³", lambda x: np.sum(x**3))


def _inputs(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3)).round(2)


_X, _T = _inputs(6), np.array([0, 1, 1, 0, 0, 1])
_X9, _T9 = _inputs(9, seed=1), np.array([1, 1, 0, 1, 0, 0, 0, 1, 0])
_XBIG, _TBIG = 1e4 * _inputs(5, seed=2), np.array([0, 1, 0, 1, 1])
_W3 = np.array([0.5, -1.0, 0.25])


# -------------------------------------------------------------------------- 4.1


def _whole(answer, n, batch_size):
    result = answer(n, batch_size)
    for part in result if isinstance(result, list | tuple | np.ndarray) else []:
        if isinstance(part, float | np.floating):
            text = f"{float(part)} is a float, and whole numbers are wanted"
            raise Misfit(text)
    return result


@exercise(
    "4.1",
    "Steps in an epoch",
    cases=[(1437, 32), (60_000, 100), (50, 100), (7, 7), (10, 3)],
    use=_whole,
    hints=[
        "Try it with 10 examples in batches of 3 on paper. How many batches, "
        "and what is in the last one?",
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
)
def steps_in_epoch(n, batch_size):
    """Return the steps in an epoch, and the size of the last batch."""
    steps = -(-n // batch_size)
    last = n - (steps - 1) * batch_size
    return steps, last


steps_in_epoch.wrong(
    "You count full batches only. The rest counts, too.",
    lambda n, batch_size: (n // batch_size, batch_size),
)

steps_in_epoch.wrong(
    "You count full batches only. What is left is a batch, too: round up.",
    divmod,
)

steps_in_epoch.wrong(
    "The last batch is right, but the steps are rounded down: round up.",
    lambda n, batch_size: (n // batch_size, n % batch_size or batch_size),
)

steps_in_epoch.wrong(
    "When the batch size divides n, there is no batch more: round up, do not "
    "add 1.",
    lambda n, batch_size: (n // batch_size + 1, n % batch_size),
)

steps_in_epoch.wrong(
    "When the batch size divides n, the last batch is full, not empty.",
    lambda n, batch_size: (-(-n // batch_size), n % batch_size),
)

steps_in_epoch.wrong(
    "The last batch holds only what is left.",
    lambda n, batch_size: (-(-n // batch_size), batch_size),
)


# -------------------------------------------------------------------------- 4.2


_ROWS = np.array(
    [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [2.0, 2.0, -1.0], [0.3, 0, 0.1]]
)


@exercise(
    "4.2",
    "Cross-entropy from scores",
    cases=[
        (_ROWS[:1], np.array([1])),
        (_ROWS[1:2], np.array([2])),
        (_ROWS[1:2], np.array([0])),
    ],
    batch=[
        (_ROWS, np.array([1, 2, 0, 1])),
        (2 * _ROWS, np.array([0, 0, 0, 2])),
    ],
    overflow=[
        (np.array([[1000.0, 0.0], [-1000.0, -999.0]]), np.array([0, 0])),
        (np.array([[-900.0, -901.0, -950.0]]), np.array([2])),
        (np.array([[0.0, 1000.0]]), np.array([0])),
        (np.array([[0.0] * 9 + [1000.0]]), np.array([0])),
    ],
    hints=[
        "Write down -log of the softmax of the right class and split the "
        "logarithm of the quotient.",
        "It becomes `log(sum of exp(a))` minus the right score. Both change "
        "by the same amount when you subtract a number from all scores of a "
        "row.",
        "Subtract each row's maximum from that row first, with `axis=1` and "
        "`keepdims=True`. Use the shifted scores in both places, then take "
        "the mean over the rows.",
    ],
    text=r"""
        $-\log\frac{e^{a_t}}{\sum_j e^{a_j}} = \log\sum_j e^{a_j} - a_t$.
        Shifting all scores of a row by the same number changes both terms
        alike, so shift by the row's maximum. Then the largest exponential
        is $e^0=1$: the sum is at least 1, nothing overflows, and the
        logarithm is safe.
        """,
)
def cross_entropy_from_scores(a, t):
    """Return the mean cross-entropy of scores a (N, K) and labels t (N,)."""
    z = a - a.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return np.mean(log_sum - z[np.arange(len(t)), t])


cross_entropy_from_scores.wrong(
    "This is the sum over the batch; take the mean.",
    lambda a, t: len(t) * cross_entropy_from_scores(a, t),
)

cross_entropy_from_scores.wrong(
    "The sign is wrong: a loss is at least 0 here.",
    lambda a, t: -cross_entropy_from_scores(a, t),
)

cross_entropy_from_scores.wrong(
    "Minus the right score is one half of it. The logarithm of the sum of "
    "exponentials is missing.",
    lambda a, t: -np.mean(a[np.arange(len(t)), t]),
)


@cross_entropy_from_scores.wrong(
    "You shifted the scores in one place and not in the other, so the shift "
    "does not cancel."
)
def _(a, t):
    z = a - a.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - a[np.arange(len(t)), t])


@cross_entropy_from_scores.wrong(
    "The formula is right on paper, but exp overflows, and the logarithm of "
    "a rounded 0 is lost. Stay with logarithms all the way."
)
def _(a, t):
    e = np.exp(a)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(t)), t]))


@cross_entropy_from_scores.wrong(
    "The formula is right, but `exp` overflows. Subtract each row's maximum "
    "from the row first."
)
def _(a, t):
    return np.mean(np.log(np.exp(a).sum(axis=1)) - a[np.arange(len(t)), t])


cross_entropy_from_scores.wrong(
    "A small number inside the logarithm changes the loss. Stay with "
    "logarithms all the way: then none is needed.",
    lambda a, t: (
        -np.mean(np.log(functions.softmax(a)[np.arange(len(t)), t] + 1e-7))
    ),
)

cross_entropy_from_scores.wrong(
    "A probability that has been rounded to 0 has lost its logarithm. Stay "
    "with logarithms all the way.",
    lambda a, t: functions.cross_entropy(functions.softmax(a), t),
)


@cross_entropy_from_scores.wrong(
    "You subtract the maximum of the whole batch. Each row needs its own."
)
def _(a, t):
    z = a - a.max()
    log_sum = np.log(np.exp(z).sum(axis=1))
    return np.mean(log_sum - z[np.arange(len(t)), t])


@cross_entropy_from_scores.wrong(
    "Subtract each row's *maximum*: with the mean or another number, a large "
    "score among many small ones still overflows."
)
def _(a, t):
    z = a - a.mean(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return np.mean(log_sum - z[np.arange(len(t)), t])


@cross_entropy_from_scores.wrong(
    "You add up the whole batch. Each row needs a sum of its own, with "
    "`axis=1`."
)
def _(a, t):
    m = a.max()
    return np.mean(np.log(np.exp(a - m).sum()) + m - a[np.arange(len(t)), t])


@cross_entropy_from_scores.wrong(
    "`a[:, t]` takes the columns t of every row. One score for each row is "
    "`a[np.arange(len(t)), t]`."
)
def _(a, t):
    m = a.max(axis=1)
    log_sum = np.log(np.exp(a - m[:, None]).sum(axis=1)) + m
    return np.mean(log_sum - a[:, t])


# -------------------------------------------------------------------------- 4.3


@exercise(
    "4.3",
    "The second derivative by differences",
    cases=[
        (_named("x²+5", lambda x: x**2 + 5), 3.0),
        (_named("x³+2", lambda x: x**3 + 2), 2.0, 0.01),
        (_named("1/x", lambda x: 1 / x), 0.1),
        (_named("x⁴", lambda x: x**4), 1.0, 0.5),
    ],
    rtol=1e-5,
    hints=[
        "Write Taylor's formula for `f(x + h)` and `f(x - h)`, and this time "
        "*add* the two.",
        "In the sum the first derivatives cancel. What is left besides `2 * "
        "f(x)`?",
        "`f(x + h) + f(x - h) - 2 * f(x)` is about `h**2` times the second "
        "derivative. Solve for that.",
    ],
    text=r"""
        In $f(x+h)+f(x-h)$ the odd terms cancel: $2f(x) + h^2f''(x)$ plus
        terms of order $h^4$. Solve for $f''$. Rounding is now divided by
        $h^2$, so the best $h$ is larger than for the first derivative:
        about $\sqrt[4]{u}\approx10^{-4}$ in `float64`.
        """,
)
def second_difference(f, x, h=1e-3):
    """Estimate f''(x) from f(x - h), f(x) and f(x + h)."""
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


second_difference.wrong(
    "A second derivative needs h twice: divide by h².",
    lambda f, x, h=0.001: (f(x + h) - 2 * f(x) + f(x - h)) / h,
)

second_difference.wrong(
    "You divided by 2h. Taylor's formula has h² here.",
    lambda f, x, h=0.001: (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h),
)

second_difference.wrong(
    "`f(x)` has to be subtracted twice.",
    lambda f, x, h=0.001: (f(x + h) - f(x) + f(x - h)) / h**2,
)

second_difference.wrong(
    "`2 * f(x)` has to be subtracted, not added.",
    lambda f, x, h=0.001: (f(x + h) + 2 * f(x) + f(x - h)) / h**2,
)

second_difference.wrong(
    "Only the last value is divided by h². Put all three in parentheses.",
    lambda f, x, h=0.001: f(x + h) - 2 * f(x) + f(x - h) / h**2,
)

second_difference.wrong(
    "`/ h * h` divides by h and multiplies by it again: write `/ h**2`.",
    lambda f, x, h=0.001: (f(x + h) - 2 * f(x) + f(x - h)) / h * h,
)

second_difference.wrong(
    "Half of it: each side has h²/2 f''(x), so the sum has h² f''(x).",
    lambda f, x, h=0.001: second_difference(f, x, h) / 2,
)

second_difference.wrong(
    "Twice too much: each side has h²/2 f''(x), so the sum has h² f''(x).",
    lambda f, x, h=0.001: 2 * second_difference(f, x, h),
)

second_difference.wrong(
    "You took f at x ± 2h. The three values asked for are at x and x ± h.",
    lambda f, x, h=0.001: second_difference(f, x, 2 * h),
)

second_difference.wrong(
    "You take a step of your own. The caller hands over `h`: use that.",
    lambda f, x, h=0.001: second_difference(f, x),
)

second_difference.wrong(
    "This is the first derivative.",
    lambda f, x, h=0.001: (f(x + h) - f(x - h)) / (2 * h),
)


# -------------------------------------------------------------------------- 4.4


def _count_values(answer, f, x, direction, *h):
    count = 0

    def counted(x):
        nonlocal count
        count += 1
        return f(x)

    slope = answer(counted, x, direction, *h)
    return {"slope": slope, "the number of evaluations": count}


@exercise(
    "4.4",
    "The slope along a path",
    cases=[
        (_bowl, np.array([3.0, 4.0]), np.array([1.0, 0.0])),
        (_bowl, np.array([3.0, 4.0]), np.array([3.0, 4.0])),
        (_tilted, np.array([1.0, -2.0]), np.array([1.0, 1.0])),
        (_tilted, np.array([0.5, 2.0]), np.array([-4.0, 3.0])),
        (_bowl, np.array([1.0, 2.0, 3.0]), np.array([2.0, -1.0, 2.0])),
        (_cubes, np.array([1.0, 2.0]), np.array([0.0, 5.0]), 0.5),
    ],
    use=_count_values,
    rtol=1e-5,
    hints=[
        "The central difference works along any line, not only along an axis.",
        "Walk h forwards and h backwards: x + h v and x - h v. How long must "
        "v be?",
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
)
def slope_along(f, x, direction, h=1e-4):
    """Return the slope of f at x in a direction, from two values of f."""
    v = np.array(direction, dtype=float)
    v = v / np.linalg.norm(v)
    x = np.array(x, dtype=float)
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@slope_along.wrong("A direction has length 1. You took it as long as it came.")
def _not_normalised(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@slope_along.wrong(
    "You divided by the sum of the squares; the length is its root."
)
def _(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return _not_normalised(f, x, v / np.sum(v**2), h)


@slope_along.wrong(
    "You divided by the sum of the entries. The length is the root of the "
    "sum of their squares."
)
def _(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return _not_normalised(f, x, v / np.sum(v), h)


slope_along.wrong(
    "From x - h v to x + h v is 2h: divide by 2h.",
    lambda f, x, direction, h=0.0001: 2 * slope_along(f, x, direction, h),
)

slope_along.wrong(
    "`/ 2 * h` divides by 2 and multiplies by h: write `/ (2 * h)`.",
    lambda f, x, direction, h=0.0001: slope_along(f, x, direction, h) * h**2,
)


@slope_along.wrong(
    "You walk h times the length of the direction. Divide the direction by "
    "its length *before* you walk, so that each step is h long."
)
def _(f, x, direction, h=1e-4):
    length = np.linalg.norm(direction)
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h * length)


slope_along.wrong(
    "x + h moves every entry by h, whatever the direction. Walk along it.",
    lambda f, x, direction, h=0.0001: (f(x + h) - f(x - h)) / (2 * h),
)


@slope_along.wrong("This is the slope in the steepest direction.")
def _(f, x, direction, h=1e-4):
    return np.linalg.norm(numerical_gradient(f, x, h))


@slope_along.wrong(
    "The slope is right, but the whole gradient costs two values of f for "
    "each entry of x. Two in all are enough."
)
def _(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    return numerical_gradient(f, x, h) @ v / np.linalg.norm(v)


slope_along.wrong(
    "You take a step of your own. The caller hands over `h`: use that.",
    lambda f, x, direction, h=0.0001: slope_along(f, x, direction),
)


@slope_along.wrong("That is a forward difference; its error is far larger.")
def _(f, x, direction, h=1e-4):
    v = np.array(direction, dtype=float)
    v = v / np.linalg.norm(v)
    return (f(x + h * v) - f(x)) / h


# -------------------------------------------------------------------------- 4.5


@exercise(
    "4.5",
    "Fast forward",
    cases=[
        (3.0, 0.1, 5),
        (3.0, 0.5, 1),
        (-2.0, 1.2, 3),
        (1.5, 0.4, 0),
        (2.0, 1e-8, 10**8),
        (2.0, 0.3, 10**12),
    ],
    time_limit=1.0,
    hints=[
        "The slope of x² + x is 2x + 1. Where is the goal, and how large is "
        "the curvature?",
        "The distance from the goal is multiplied by the same factor at each "
        "step.",
        "The goal is at -1/2 and the factor is `1 - 2 * lr`. Start from the "
        "distance `x0 - (-1/2)`, and add the goal again at the end.",
    ],
    text=r"""
        The minimum is at $x^*=-\tfrac12$ and the curvature is $\lambda=2$.
        By (4.3), $x_k = x^* + (1-2\eta)^k(x_0-x^*)$.
        """,
)
def where_after(x0, lr, k):
    """Return where descent on x² + x is after k steps from x0."""
    return -0.5 + (1 - 2 * lr) ** k * (x0 + 0.5)


where_after.wrong(
    "The lowest point of x² + x is not at 0.",
    lambda x0, lr, k: (1 - 2 * lr) ** k * x0,
)

where_after.wrong(
    "The second derivative of x² + x is 2, not 1.",
    lambda x0, lr, k: -0.5 + (1 - lr) ** k * (x0 + 0.5),
)

where_after.wrong(
    "This is the distance from the goal, not x.",
    lambda x0, lr, k: (1 - 2 * lr) ** k * (x0 + 0.5),
)

where_after.wrong(
    "The goal is at -1/2: check its sign.",
    lambda x0, lr, k: 0.5 + (1 - 2 * lr) ** k * (x0 - 0.5),
)

where_after.wrong(
    "The factor multiplies the distance from the goal, `x0 + 1/2`, not `x0`.",
    lambda x0, lr, k: -0.5 + (1 - 2 * lr) ** k * x0,
)

where_after.wrong(
    "At the end, add the goal, and that is -1/2.",
    lambda x0, lr, k: 0.5 + (1 - 2 * lr) ** k * (x0 + 0.5),
)

where_after.wrong(
    "The factor acts again at each step: k steps give its power k.",
    lambda x0, lr, k: -0.5 + (1 - 2 * lr * k) * (x0 + 0.5),
)


# -------------------------------------------------------------------------- 4.6


@exercise(
    "4.6",
    "The limit and the best",
    cases=[
        np.array([[1.0, 0.0], [0.0, 10.0]]),
        np.array([[2.0, 1.0], [1.0, 2.0]]),
        np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 7.0]]),
    ],
    hints=[
        "Which numbers of the matrix play the role of the curvature?",
        "`np.linalg.eigvalsh` gives the eigenvalues of a symmetric matrix, "
        "in increasing order. One of them sets the limit, two the best rate.",
        "The limit is 2 over the largest eigenvalue. For the best rate, look "
        "at where the factors of the flattest and of the steepest direction "
        "meet.",
    ],
    text=r"""
        The eigenvalues are the curvatures along the eigenvectors, and each
        direction lives by itself. The limit is $2/\lambda_{\max}$, the best
        rate $2/(\lambda_{\min}+\lambda_{\max})$.
        """,
)
def learning_rates(A):
    """Return the limit of the learning rates, and the best one."""
    curvatures = np.linalg.eigvalsh(A)
    limit = 2 / curvatures.max()
    best = 2 / (curvatures.min() + curvatures.max())
    return limit, best


@learning_rates.wrong(
    "The diagonal holds the curvatures along the axes. You need those along "
    "the eigenvectors."
)
def _(A):
    curvatures = np.diag(A)
    return 2 / curvatures.max(), 2 / (curvatures.min() + curvatures.max())


@learning_rates.wrong(
    "The steepest direction sets the limit, not the flattest one."
)
def _(A):
    _, best = learning_rates(A)
    return 2 / np.linalg.eigvalsh(A).min(), best


@learning_rates.wrong("At 1/λ the factor is 0. The limit is where it is -1.")
def _(A):
    limit, best = learning_rates(A)
    return limit / 2, best


@learning_rates.wrong("Both are right, but the limit has to come first.")
def _(A):
    limit, best = learning_rates(A)
    return best, limit


@learning_rates.wrong(
    "For the best rate only the smallest and the largest eigenvalue count."
)
def _(A):
    curvatures = np.linalg.eigvalsh(A)
    return 2 / curvatures.max(), 2 / curvatures.sum()


@learning_rates.wrong(
    "1/λ is best for the steepest direction alone; the flattest one matters, "
    "too."
)
def _(A):
    limit, _ = learning_rates(A)
    return limit, limit / 2


# -------------------------------------------------------------------------- 4.7


@exercise(
    "4.7",
    "Leave a trail",
    cases=[
        (_bowl, np.array([-3.0, 4.0]), 0.1, 3),
        (_tilted, np.array([1.0, 1.0]), 0.05, 10),
        (_bowl, np.array([3, 4]), 0.25, 2),
        (_bowl, np.array([1.0, -2.0, 0.5]), 0.2, 4),
        (_bowl, np.array([2.0, 1.0]), 0.1, 0),
    ],
    rtol=1e-5,
    hints=[
        "Start a list with the first position, and append the position after "
        "each step. `np.array(path)` makes an array of shape (steps + 1, D).",
        "Beware of `x -= ...`: it changes the array that is already in the "
        "list. And of whole numbers in `start`.",
        "`np.array(start, dtype=float)` copies. Inside the loop, make a new "
        "array in each step, with x on both sides of a plain =.",
    ],
    text="""
        `x = x - …` makes a new array in each step, so every entry of the
        list is an array of its own. With `x -= …` the list would hold the
        same array many times.
        """,
)
def descend(f, start, lr, steps):
    """Return the whole path of gradient descent, shape (steps + 1, D)."""
    x = np.array(start, dtype=float)
    path = [x]
    for _ in range(steps):
        x = x - lr * numerical_gradient(f, x)
        path.append(x)
    return np.array(path)


@descend.wrong(
    "All rows show the end: the list holds one array many times, because "
    "`-=` changes it in place."
)
def _(f, start, lr, steps):
    x = np.array(start, dtype=float)
    path = [x]
    for _ in range(steps):
        x -= lr * numerical_gradient(f, x)
        path.append(x)
    return np.array(path)


descend.wrong(
    "You walk uphill: step against the gradient.",
    lambda f, start, lr, steps: descend(f, start, -lr, steps),
)

descend.wrong(
    "The path begins with the start itself.",
    lambda f, start, lr, steps: descend(f, start, lr, steps)[1:],
)

descend.wrong(
    "You return the last position. The path is wanted.",
    lambda f, start, lr, steps: descend(f, start, lr, steps)[-1],
)


@descend.wrong("Take the gradient where you are, not always at the start.")
def _(f, start, lr, steps):
    k = np.arange(steps + 1)[:, None]  # (steps + 1, 1)
    return start - k * lr * numerical_gradient(f, start)


@descend.wrong(
    "`start` may hold whole numbers, and its copy then holds no decimals. "
    "`np.array(start, dtype=float)` copies, and does."
)
def _(f, start, lr, steps):
    x = start.copy()
    path = [x.copy()]
    for _ in range(steps):
        x -= lr * numerical_gradient(f, x)
        path.append(x.copy())
    return np.array(path)


@descend.wrong("`x = start` makes no copy: the caller's array moves.")
def _(f, start, lr, steps):
    x = start
    path = [x.copy()]
    for _ in range(steps):
        x -= lr * numerical_gradient(f, x)
        path.append(x.copy())
    return np.array(path)


# -------------------------------------------------------------------------- 4.8


_FOUR = np.array([[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0], [0.0, 3.0]])

_FOUR_Y = np.array([1.0, -1.0, -1.0, 1.0])


@exercise(
    "4.8",
    "One step of Adaline",
    cases=[
        (np.array([0.5, -0.5]), 0.1, _FOUR[:1], _FOUR_Y[:1], 0.1),
        (np.zeros(2), 0.0, _FOUR[1:2], _FOUR_Y[1:2], 0.5),
    ],
    batch=[
        (np.array([0.5, -0.5]), 0.1, _FOUR, _FOUR_Y, 0.1),
        (np.array([2.0, 1.0]), -1.0, _FOUR, -_FOUR_Y, 0.01),
    ],
    hints=[
        "Compute all outputs at once, then all errors, target minus output.",
        "Each example pulls the weights by its error times its input. A "
        "matrix product with `x.T` adds up all the pulls.",
        "The bias is a weight with the constant input 1, so it moves by `lr` "
        "times the sum of the errors. Compute the errors before you change "
        "anything.",
    ],
    text="""
        Row $n$ of `x` is multiplied by error $n$, and all rows are added:
        that is `x.T @ error`. The bias's input is always 1, so its pull is
        the sum of the errors.
        """,
)
def adaline_step(w, b, x, y, lr):
    """Return w and b after one Adaline step on all examples."""
    error = y - (x @ w + b)  # (N,)
    return w + lr * x.T @ error, b + lr * error.sum()


adaline_step.wrong(
    "The sign is wrong: this makes the error larger.",
    lambda w, b, x, y, lr: adaline_step(w, b, x, y, -lr),
)


@adaline_step.wrong(
    "You compared after the threshold: that is the perceptron's rule."
)
def _(w, b, x, y, lr):
    error = y - np.where(x @ w + b > 0, 1, -1)
    return w + lr * x.T @ error, b + lr * error.sum()


adaline_step.wrong(
    "This is the mean over the examples. Adaline's rule here is the sum.",
    lambda w, b, x, y, lr: adaline_step(w, b, x, y, lr / len(y)),
)

adaline_step.wrong(
    "The bias has to learn, too.",
    lambda w, b, x, y, lr: (adaline_step(w, b, x, y, lr)[0], b),
)


@adaline_step.wrong("These are the changes. Return the new w and the new b.")
def _(w, b, x, y, lr):
    error = y - (x @ w + b)
    return lr * x.T @ error, lr * error.sum()


adaline_step.wrong(
    "The 2 of the derivative cancels against the ½ of E.",
    lambda w, b, x, y, lr: adaline_step(w, b, x, y, 2 * lr),
)


@adaline_step.wrong("The output lacks the bias: `a = x @ w + b`.")
def _(w, b, x, y, lr):
    error = y - x @ w
    return w + lr * x.T @ error, b + lr * error.sum()


@adaline_step.wrong(
    "You moved all weights by the same number. Each has a sum of its own: "
    "add over the examples alone."
)
def _(w, b, x, y, lr):
    error = y - (x @ w + b)
    return w + lr * np.sum(x.T @ error), b + lr * error.sum()


@adaline_step.wrong("The weights use the sum of the errors, the bias the mean.")
def _(w, b, x, y, lr):
    error = y - (x @ w + b)
    return w + lr * x.T @ error, b + lr * error.mean()


@adaline_step.wrong(
    "You moved the weights after each example. Here all errors are those of "
    "the old weights."
)
def _(w, b, x, y, lr):
    for x_n, y_n in zip(x, y, strict=True):
        error = y_n - (x_n @ w + b)
        w, b = w + lr * error * x_n, b + lr * error
    return w, b


@adaline_step.wrong(
    "You computed the bias's errors with weights that had already moved."
)
def _(w, b, x, y, lr):
    w = w + lr * x.T @ (y - (x @ w + b))
    return w, b + lr * np.sum(y - (x @ w + b))


@adaline_step.wrong(
    "You computed the weights' errors with a bias that had already moved."
)
def _(w, b, x, y, lr):
    b = b + lr * np.sum(y - (x @ w + b))
    return w + lr * x.T @ (y - (x @ w + b)), b


# -------------------------------------------------------------------------- 4.9


@exercise(
    "4.9",
    "Logistic regression with other targets",
    cases=[(_W3, _X[:1], np.array([1.0])), (_W3, _X[:1], np.array([-1.0]))],
    batch=[(_W3, _X, 2.0 * _T - 1), (-_W3, _X9, 2.0 * _T9 - 1)],
    overflow=[(_W3, _XBIG, 2.0 * _TBIG - 1)],
    without=("numerical_gradient",),
    hints=[
        "First the derivative of `log(1 + exp(-s * a))` by `a`, for one "
        "example.",
        "The chain rule gives `-s * exp(-s * a) / (1 + exp(-s * a))`. The "
        "fraction is a sigmoid. Of what?",
        "It is -s times the sigmoid of -s a. Multiply by the inputs and take "
        "the mean. `functions.sigmoid` is safe for large numbers.",
    ],
    text=r"""
        The derivative of $\log(1+e^{-sa})$ by $a$ is
        $\dfrac{-s\,e^{-sa}}{1+e^{-sa}} = -s\,\sigma(-sa)$. For $s=1$ that
        is $-(1-p) = p-1$, and for $s=-1$ it is $\sigma(a)=p$: output minus
        target again.

        The same loss: $p=\sigma(a)$, and $-\log\sigma(a)=\log(1+e^{-a})$
        for $t=1$, $-\log(1-\sigma(a)) = \log(1+e^{a})$ for $t=0$.
        """,
)
def signed_gradient(w, x, s):
    """Return the gradient of the mean of log(1 + exp(-s a)), with a = x @ w."""
    a = x @ w  # (N,)
    return -x.T @ (s * functions.sigmoid(-s * a)) / len(s)


signed_gradient.wrong(
    "p minus target holds for targets 0 and 1. With -1 and +1 there is "
    "another formula.",
    lambda w, x, s: x.T @ (functions.sigmoid(x @ w) - s) / len(s),
)

signed_gradient.wrong(
    "This is the sum over the examples; take the mean.",
    lambda w, x, s: len(s) * signed_gradient(w, x, s),
)

signed_gradient.wrong(
    "The sign is wrong.", lambda w, x, s: -signed_gradient(w, x, s)
)

signed_gradient.wrong(
    "The factor `s` is missing outside the sigmoid.",
    lambda w, x, s: -x.T @ functions.sigmoid(-s * (x @ w)) / len(s),
)

signed_gradient.wrong(
    "The sigmoid's argument has the wrong sign: it is -s a.",
    lambda w, x, s: -x.T @ (s * functions.sigmoid(s * (x @ w))) / len(s),
)


signed_gradient.wrong(
    "The formula is right, but `exp(s * a)` overflows. Use a sigmoid that is "
    "safe.",
    lambda w, x, s: -x.T @ (s / (1 + np.exp(s * (x @ w)))) / len(s),
)


@signed_gradient.wrong(
    "`exp(-s * a)` overflows when `a` is large. Use a sigmoid that is safe."
)
def _(w, x, s):
    e = np.exp(-s * (x @ w))
    return -x.T @ (s * e / (1 + e)) / len(s)


# ------------------------------------------------------------------------- 4.10


def _as_list(answer, n, batch_size, rng):
    batches = list(answer(n, batch_size, rng))
    floats = any(np.asarray(batch).dtype.kind == "f" for batch in batches)
    kind = "floats" if floats else "whole numbers"
    return {"the list of batches": batches, "the kind of index": kind}


@exercise(
    "4.10",
    "Cut an epoch into batches",
    cases=[
        (10, 4, np.random.default_rng(0)),
        (6, 3, np.random.default_rng(1)),
        (5, 100, np.random.default_rng(2)),
    ],
    use=_as_list,
    hints=[
        "Shuffle the indices once, with `rng.permutation`.",
        "Then go through `order` in strides of the batch size. A slice that "
        "runs past the end is shorter, and that is no error.",
        "`range(0, n, batch_size)` gives the starts of the slices. `yield` "
        "hands out one batch after the other; a list of them is fine, too.",
    ],
    text="""
        One permutation for the whole epoch, so that every example comes
        exactly once. The slices do the rest.
        """,
)
def minibatches(n, batch_size, rng):
    """Yield the indices of each mini-batch of one epoch."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


@minibatches.wrong("The order is not shuffled.")
def _(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield np.arange(n)[start : start + batch_size]


@minibatches.wrong("The last, smaller batch is missing.")
def _(n, batch_size, rng):
    order = rng.permutation(n)
    for i in range(n // batch_size):
        yield order[i * batch_size : (i + 1) * batch_size]


@minibatches.wrong(
    "You draw with replacement: some examples come twice, others never."
)
def _(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield rng.integers(n, size=min(batch_size, n - start))


@minibatches.wrong(
    "You cut batches of nearly equal size. All but the last hold "
    "`batch_size` examples."
)
def _(n, batch_size, rng):
    return np.array_split(rng.permutation(n), -(-n // batch_size))


@minibatches.wrong("When the batch size divides n, your last batch is empty.")
def _(n, batch_size, rng):
    order = rng.permutation(n)
    for i in range(n // batch_size + 1):
        yield order[i * batch_size : (i + 1) * batch_size]


minibatches.wrong(
    "Only the first batch comes out: `return` in a loop ends it. Use "
    "`yield`, or collect the batches in a list.",
    lambda n, batch_size, rng: rng.permutation(n)[:batch_size],
)


@minibatches.wrong(
    "A slice ends at its second number: after the first batch, "
    "`order[start:batch_size]` is empty. It is `order[start : start + "
    "batch_size]`."
)
def _(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start:batch_size]


@minibatches.wrong("Your batches overlap by one example.")
def _(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size + 1]


# ------------------------------------------------------------------------- 4.11


@exercise(
    "4.11",
    "Ten detectors at once",
    cases=[
        (_X, np.array([0, 1, 2, 0, 1, 2]), 3, 0.5, 1),
        (_X9, np.array([0, 1, 2, 2, 1, 1, 0, 2, 2]), 3, 0.5, 20),
        (_X9, _T9, 4, 0.1, 50),
    ],
    hints=[
        "One column of W for each class. `x @ W + b` gives all scores at "
        "once, and the sigmoid makes each a probability of its own.",
        "The targets are one-hot rows: `np.eye(n_classes)[t]` has shape (N, "
        "K), like the probabilities.",
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
)
def one_against_all(x, t, n_classes, lr, steps):
    """Train a logistic regression for each class: W (D, K), b (K,)."""
    target = functions.one_hot(t, n_classes)  # (N, K)
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target  # (N, K)
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


@one_against_all.wrong(
    "You used softmax, which makes the classes compete. Here each class has "
    "a sigmoid of its own."
)
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.softmax(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


@one_against_all.wrong("This is the sum over the examples; take the mean.")
def _(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, lr * len(x), steps)


@one_against_all.wrong(
    "All biases move alike: take the mean along axis 0, not of everything."
)
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean()
    return W, b


@one_against_all.wrong(
    "You divided by the number of classes, too. The loss is the sum over the "
    "classes."
)
def _(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, lr / n_classes, steps)


@one_against_all.wrong(
    "You computed the biases' errors with weights that had already moved."
)
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        W -= lr * x.T @ (functions.sigmoid(x @ W + b) - target) / len(x)
        b -= lr * np.mean(functions.sigmoid(x @ W + b) - target, axis=0)
    return W, b


@one_against_all.wrong(
    "The weights use the mean over the examples, the biases the sum."
)
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.sum(axis=0)
    return W, b


@one_against_all.wrong(
    "A class of which `t` has no example needs a column, too: `n_classes` says "
    "how many there are."
)
def _(x, t, n_classes, lr, steps):
    return one_against_all(x, t, t.max() + 1, lr, steps)


@one_against_all.wrong(
    "The labels themselves are no targets. For class k the target is 1 where "
    "`t == k`, and 0 elsewhere."
)
def _(x, t, n_classes, lr, steps):
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = functions.sigmoid(x @ W + b) - t[:, None]
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


@one_against_all.wrong("The sigmoid is missing: these are ten Adalines.")
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W, b = np.zeros((x.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(steps):
        error = x @ W + b - target
        W -= lr * x.T @ error / len(x)
        b -= lr * error.mean(axis=0)
    return W, b


@one_against_all.wrong("The biases never learn.")
def _(x, t, n_classes, lr, steps):
    target = np.eye(n_classes)[t]
    W = np.zeros((x.shape[1], n_classes))
    for _ in range(steps):
        W -= lr * x.T @ (functions.sigmoid(x @ W) - target) / len(x)
    return W, np.zeros(n_classes)


@one_against_all.wrong("You walk uphill: step against the gradient.")
def _(x, t, n_classes, lr, steps):
    return one_against_all(x, t, n_classes, -lr, steps)


# ------------------------------------------------------------------------ 4.lab


def _pair(answer, w, x, t):
    loss, gradient = answer(w, x, t)
    return {"loss": loss, "gradient": gradient}


@exercise(
    "4.lab",
    "Find the bug and repair it",
    cases=[(_W3, _X[:1], _T[:1]), (np.zeros(3), _X[1:2], _T[1:2])],
    batch=[(_W3, _X, _T), (-_W3, _X9, _T9)],
    overflow=[(_W3, _XBIG, _TBIG)],
    use=_pair,
    hints=[
        "Put every example in twice. Should the loss change? Does it?",
        "For one example her function is right. What happens to both results "
        "when the batch grows?",
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
    after="One learning rate now serves every batch size.",
)
def loss_and_gradient(w, x, t):
    """Return the mean loss of logistic regression, and its gradient."""
    a = x @ w  # (N,)
    loss = np.mean(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    gradient = x.T @ (functions.sigmoid(a) - t) / len(t)  # (D,)
    return loss, gradient


@loss_and_gradient.starts_with(
    "Loss and gradient are sums over the batch, so they grow with its size, "
    "and with them every step."
)
def _the_colleagues(w, x, t):
    a = x @ w  # (N,)
    loss = np.sum(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    gradient = x.T @ (functions.sigmoid(a) - t)  # (D,)
    return loss, gradient


@loss_and_gradient.wrong(
    "The loss is a mean now, but the gradient is still a sum: a numerical "
    "check would fail."
)
def _(w, x, t):
    loss, gradient = loss_and_gradient(w, x, t)
    return loss, gradient * len(t)


@loss_and_gradient.wrong(
    "The gradient is a mean now, but the loss is still a sum: a numerical "
    "check would fail."
)
def _(w, x, t):
    loss, gradient = loss_and_gradient(w, x, t)
    return loss * len(t), gradient


@loss_and_gradient.wrong(
    "You divided by the number of weights. Divide by the number of examples."
)
def _(w, x, t):
    loss, gradient = _the_colleagues(w, x, t)
    return loss / len(w), gradient / len(w)
