"""Exercises of chapter 6a, Optimizers."""

import math

import numpy as np

from dlscratch.exercises import exercise


def _ravine(x):
    return np.array([0.1, 2.0]) * x


def _quartic(x):
    return x**3


_X, _V = np.array([1.0, -2.0]), np.array([0.5, 3.0])
_G = np.array([-0.4, 2.0])
_START = np.array([-7.0, 2.0])
_MATRIX = np.array([[0.5, -1.0], [2.0, 0.0], [3.0, -0.1]])  # (3, 2)


# ------------------------------------------------------------------------- 6a.1


@exercise(
    "6a.1",
    "One step of momentum",
    cases=[
        (_X, _V, _G, 0.1, 0.9),
        (_X, np.zeros(2), _G, 0.1, 0.9),
        (_X, _V, _G, 0.5, 0.0),
        (_MATRIX, _MATRIX + 1, 1 - _MATRIX, 0.2, 0.99),
    ],
    hints=[
        "Two lines: first the velocity forgets a little and takes in the "
        "gradient, then x moves.",
        "In the form of the chapter the velocity is a sum of gradients. The "
        "learning rate is not in it.",
        "x moves with the *new* velocity, against it, times `lr`. Return "
        "both, x first.",
    ],
    text="""
        The velocity is a sum of gradients, so the learning rate comes in
        only when $x$ moves.
        """,
)
def momentum_step(x, v, g, lr, mu):
    """Return the new x and the new v after one step of momentum."""
    v = mu * v + g
    return x - lr * v, v


@momentum_step.wrong("That walks uphill: in this form `x` moves by `-lr * v`.")
def _(x, v, g, lr, mu):
    v = mu * v + g
    return x + lr * v, v


@momentum_step.wrong(
    "That is the other form: your v is a step and holds the learning rate. "
    "It walks the same way, but here v is to be a sum of gradients."
)
def _(x, v, g, lr, mu):
    v = mu * v - lr * g
    return x + v, v


momentum_step.wrong(
    "x moved with the old velocity, so the newest gradient came too late.",
    lambda x, v, g, lr, mu: (x - lr * v, mu * v + g),
)


@momentum_step.wrong(
    "That is a moving average, as in Adam: the gradient enters momentum "
    "whole, not times 1 - μ."
)
def _(x, v, g, lr, mu):
    v = mu * v + (1 - mu) * g
    return x - lr * v, v


@momentum_step.wrong("The learning rate is applied twice.")
def _(x, v, g, lr, mu):
    v = mu * v + lr * g
    return x - lr * v, v


momentum_step.wrong(
    "You returned v first. Wanted is x, then v.",
    lambda x, v, g, lr, mu: momentum_step(x, v, g, lr, mu)[::-1],
)

momentum_step.wrong(
    "Your velocity never forgets: the old one counts times μ.",
    lambda x, v, g, lr, mu: (x - lr * (v + g), v + g),
)


@momentum_step.wrong(
    "Your v holds the learning rate. Here v is to be a sum of gradients, and "
    "the rate comes in when x moves."
)
def _(x, v, g, lr, mu):
    v = mu * v + lr * g
    return x - v, v


@momentum_step.wrong(
    "Your `v` takes in `-g`. Here it is a sum of gradients: `v` takes in "
    "`+g`, and `x` moves by `-lr * v`."
)
def _(x, v, g, lr, mu):
    v = mu * v - g
    return x + lr * v, v


# ------------------------------------------------------------------------- 6a.2


@exercise(
    "6a.2",
    "Rolling out",
    cases=[
        (2.0, 0.1, 0.9),
        (-3.0, 0.5, 0.5),
        (4.0, 0.01, 0.0),
        (_V, 0.1, 0.9),
        (2.0, 1e-6, 0.999999),  # a sum of a few million terms is not enough
    ],
    without=("loops", "sum", "cumsum", "arange"),
    time_limit=2.0,
    hints=[
        "From now on `g` is 0, so the velocity is multiplied by μ in every "
        "step and nothing is added.",
        "The steps are `-lr * mu * v`, `-lr * mu**2 * v`, `-lr * mu**3 * v`, "
        "and so on.",
        "The geometric series 1 + μ + μ² + … is 1/(1 - μ). What is its sum "
        "without the first term?",
    ],
    text=r"""
        In each further step the velocity is first multiplied by $\mu$ and
        then moves $x$. So $x$ changes by
        $-\eta(\mu+\mu^2+\mu^3+\dots)\,v = -\eta\,\frac{\mu}{1-\mu}\,v$. For
        $\mu=0.9$ that is nine times as far as the last step.
        """,
    trial="""
        def push(x):
            return (x == 5) * 1.0  # at the start; flat everywhere else


        path = momentum(push, [5.0], 0.1, 200)
        assert np.isclose(path[-1, 0] - path[1, 0], roll_out(1.0, 0.1, 0.9))
        """,
)
def roll_out(v, lr, mu):
    """Return how far x still moves when all further gradients are 0."""
    return -lr * mu * v / (1 - mu)


roll_out.wrong(
    "x moves *against* v: the sign is the other one.",
    lambda v, lr, mu: lr * mu * v / (1 - mu),
)

roll_out.wrong(
    "Before `v` moves `x` again it is multiplied by `mu`, so the first "
    "further step is `-lr * mu * v`, not `-lr * v`.",
    lambda v, lr, mu: -lr * v / (1 - mu),
)

roll_out.wrong(
    "That is the next step only. It rolls on after it.",
    lambda v, lr, mu: -lr * mu * v,
)

roll_out.wrong(
    "The velocity is no step yet: times `lr`.",
    lambda v, lr, mu: -mu * v / (1 - mu),
)


# ------------------------------------------------------------------------- 6a.3


@exercise(
    "6a.3",
    "One step of RMSprop",
    cases=[
        (_X, np.array([4.0, 0.25]), _G, 0.1, 0.9, 1e-8),
        (_X, np.zeros(2), _G, 0.1, 0.99, 1e-8),
        (_X, np.array([1.0, 2.0]), _G, 0.1, 0.9, 0.5),
        (_MATRIX + 1, np.zeros((3, 2)), _MATRIX, 0.01, 0.5, 1e-8),  # one g is 0
    ],
    hints=[
        "First the memory, then the step; the step uses the new memory.",
        "`s` is a moving average of the *squares*. It keeps `alpha` of itself.",
        "The step is `lr * g` over the root of s, and `eps` is added after "
        "the root has been taken.",
    ],
    text=r"""
        First the memory, then the step. Some libraries put $\varepsilon$
        inside the root, which is a different rule when $s$ is small: near
        0, $\sqrt{s+10^{-8}}$ is $10^{-4}$, and $\sqrt s+10^{-8}$ is
        $10^{-8}$.
        """,
)
def rmsprop_step(x, s, g, lr, alpha, eps):
    """Return the new x and the new s after one step of RMSprop."""
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(s) + eps), s


@rmsprop_step.wrong(
    "`alpha` and `1 - alpha` have changed places: `alpha` is the part that "
    "is kept."
)
def _(x, s, g, lr, alpha, eps):
    s = (1 - alpha) * s + alpha * g**2
    return x - lr * g / (np.sqrt(s) + eps), s


@rmsprop_step.wrong("That is AdaGrad: its sum never forgets.")
def _(x, s, g, lr, alpha, eps):
    s = s + g**2
    return x - lr * g / (np.sqrt(s) + eps), s


@rmsprop_step.wrong("The average is over the squares of g.")
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g
    return x - lr * g / (np.sqrt(np.abs(s)) + eps), s


@rmsprop_step.wrong("The square of g is missing: a root of s needs s >= 0.")
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g
    return x - lr * g / (np.sqrt(s) + eps), s


@rmsprop_step.wrong("You divided by s, not by its root.")
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / (s + eps), s


@rmsprop_step.wrong(
    "`eps` is inside the root. Here it is added after the root is taken."
)
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / np.sqrt(s + eps), s


@rmsprop_step.wrong(
    "`eps` is missing. Where a weight has seen no gradient, you divide 0 by 0."
)
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / np.sqrt(s), s


@rmsprop_step.wrong("The step used the old s; update it first.")
def _(x, s, g, lr, alpha, eps):
    new = alpha * s + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(s) + eps), new


@rmsprop_step.wrong("That walks uphill: x moves against the gradient.")
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return x + lr * g / (np.sqrt(s) + eps), s


@rmsprop_step.wrong(
    "Brackets: `eps` belongs to what you divide by, `(np.sqrt(s) + eps)`."
)
def _(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / np.sqrt(s) + eps, s


# ------------------------------------------------------------------------- 6a.4


@exercise(
    "6a.4",
    "What Adam remembers",
    cases=[(1, 0.9), (3, 0.5), (5, 0.9), (40, 0.99), (4, 0.0)],
    hints=[
        "Unroll m: how often has gradient k been multiplied by β when step t "
        "is done?",
        "Gradient k entered with the weight 1 - β, and has aged by t - k "
        "steps since then.",
        "Divide all of them by what Adam divides m by. To check: the weights "
        "must add up to 1.",
    ],
    text=r"""
        Gradient $k$ enters with the weight $1-\beta$ and is multiplied by
        $\beta$ in each of the $t-k$ steps after that. The correction
        divides everything by $1-\beta^t$, which is just the sum of the
        weights. So the corrected ones add up to 1.
        """,
    trial="""
        assert np.isclose(memory_weights(7, 0.9).sum(), 1)
        """,
    after=(
        "They add up to 1, whatever t is: m̂ is a true average from the first "
        "step on."
    ),
)
def memory_weights(t, beta):
    """Return the weights of gradients 1 to t in the corrected m, (t,)."""
    age = np.arange(t)[::-1]
    return (1 - beta) * beta**age / (1 - beta**t)


memory_weights.wrong(
    "The order is turned round: the newest gradient, the last entry, has the "
    "largest weight.",
    lambda t, beta: memory_weights(t, beta)[::-1],
)

memory_weights.wrong(
    "These are the weights in m itself. They do not add up to 1; the "
    "correction is missing.",
    lambda t, beta: memory_weights(t, beta) * (1 - beta**t),
)

memory_weights.wrong(
    "After `t` steps everything in m is divided by one number, `1 - beta**t`, "
    "and not each gradient by one of its own.",
    lambda t, beta: (
        (1 - beta)
        * beta ** np.arange(t)[::-1]
        / (1 - beta ** np.arange(1, t + 1))
    ),
)

memory_weights.wrong(
    "These are the weights in momentum's sum.",
    lambda t, beta: beta ** np.arange(t)[::-1],
)


@memory_weights.wrong(
    "All are one step too old: the newest gradient has the age 0."
)
def _(t, beta):
    age = np.arange(1, t + 1)[::-1]
    return (1 - beta) * beta**age / (1 - beta**t)


# ------------------------------------------------------------------------- 6a.5


_ADAM = (0.1, 0.9, 0.999, 1e-8)


@exercise(
    "6a.5",
    "One step of Adam",
    cases=[
        (_X, np.zeros(2), np.zeros(2), _G, 1, *_ADAM),
        (_X, 0.1 * _V, np.array([0.02, 0.3]), _G, 7, *_ADAM),
        (_X, 0.1 * _V, np.array([0.02, 0.3]), _G, 3, 0.01, 0.5, 0.9, 0.1),
        (_MATRIX + 1, _MATRIX, _MATRIX**2, 1 - _MATRIX, 900, *_ADAM),
    ],
    hints=[
        "Four lines: update m, update s, correct both, move x.",
        "The corrections divide by `1 - beta1**t` and by the same with "
        "`beta2`. `t` is given, and starts at 1.",
        "Return m and s as they are *before* the correction. The corrected "
        "ones live for one step only.",
    ],
    text="""
        The correction is for this step only. The next step corrects the
        plain averages again, with its own $t$. Whoever returns the
        corrected ones corrects twice.
        """,
)
def adam_step(x, m, s, g, t, lr, beta1, beta2, eps):
    """Return x, m and s after step number t (1, 2, ...) of Adam."""
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return x - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


@adam_step.wrong(
    "The bias correction is missing: the first steps are too long."
)
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return x - lr * m / (np.sqrt(s) + eps), m, s


@adam_step.wrong(
    "You return the corrected m and s. The next step would correct them once "
    "more: keep the plain ones."
)
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    x, m, s = adam_step(x, m, s, g, t, lr, beta1, beta2, eps)
    return x, m / (1 - beta1**t), s / (1 - beta2**t)


@adam_step.wrong("You correct with t + 1; t already counts from 1.")
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    return adam_step(x, m, s, g, t + 1, lr, beta1, beta2, eps)


@adam_step.wrong("βᵗ is a power, `beta**t`, not a product.")
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m / abs(1 - beta1 * t), s / abs(1 - beta2 * t)
    return x - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


@adam_step.wrong("The average s is over the *squares* of g.")
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return x - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


@adam_step.wrong("You corrected m but not s.")
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return x - lr * (m / (1 - beta1**t)) / (np.sqrt(s) + eps), m, s


@adam_step.wrong("You divided by ŝ, not by its root.")
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return x - lr * (m / (1 - beta1**t)) / (s / (1 - beta2**t) + eps), m, s


@adam_step.wrong(
    "You multiplied by 1 - βᵗ. The averages are too small by this factor, so "
    "divide by it."
)
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m * (1 - beta1**t), s * (1 - beta2**t)
    return x - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


@adam_step.wrong(
    "`eps` is inside the root. Here it is added after the root is taken."
)
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return (
        x - lr * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t) + eps),
        m,
        s,
    )


@adam_step.wrong(
    "The corrections have changed places: β₁ belongs to m, β₂ to s."
)
def _(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta2**t), s / (1 - beta1**t)
    return x - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


# ------------------------------------------------------------------------- 6a.6


def _asks_on_the_path(answer):
    """Say where else than on its path, or how often, an answer asks."""
    asked = []

    def gradient(x):
        asked.append(np.array(x, dtype=float))
        return _ravine(x)

    path = answer(gradient, _START, 0.1, 6, 0.9)
    if len(asked) != 6:
        return (
            f"The path is right, but `gradient` was called {len(asked)} times "
            "in 6 steps. Call it once for each step, and keep what it gave."
        )
    if not np.allclose(asked, path[:-1]):
        return "`gradient` was asked at a place that is not on the path."


@exercise(
    "6a.6",
    "Nesterov without looking ahead",
    cases=[
        (_ravine, _START, 0.1, 6, 0.9),
        (_quartic, [1.0, -0.5], 0.2, 5, 0.5),
        (_quartic, [1, 0, -1], 0.1, 4, 0.95),  # whole numbers, D = 3
        (_ravine, _START, 0.1, 0, 0.9),
    ],
    verify=_asks_on_the_path,
    hints=[
        "The path of the look-ahead point is what the changed variables "
        "describe. You need no extra gradient.",
        "In each step: the gradient where you are, then the velocity u, then "
        "x.",
        "x moves along the gradient plus μ times the new velocity.",
    ],
    text=r"""
        That is (6a.5). If the step is taken before $u$ is updated, what
        comes out is plain momentum again: $g+\mu u$ with the *old* $u$ is
        the new velocity.
        """,
)
def nesterov_path(gradient, start, lr, steps, mu):
    """Return the path of the look-ahead point, shape (steps + 1, D)."""
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        g = gradient(x)
        u = mu * u + g
        x = x - lr * (g + mu * u)
        path.append(x)
    return np.array(path)


@nesterov_path.wrong(
    "That is momentum. In Nesterov's step the newest gradient counts once "
    "more: update u first, then step along g + μu."
)
def _(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        u = mu * u + gradient(x)
        x = x - lr * u
        path.append(x)
    return np.array(path)


@nesterov_path.wrong(
    "Your list holds one and the same array again and again: `x -= ...` "
    "changes it everywhere. `x = x - ...` makes a new one."
)
def _(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        g = gradient(x)
        u = mu * u + g
        x -= lr * (g + mu * u)
        path.append(x)
    return np.array(path)


@nesterov_path.wrong("You stepped along g + u. The velocity counts times μ.")
def _(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        g = gradient(x)
        u = mu * u + g
        x = x - lr * (g + u)
        path.append(x)
    return np.array(path)


@nesterov_path.wrong(
    "That is the path of the point that does *not* look ahead. Wanted is the "
    "other one, x + μv."
)
def _(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    v = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        v = mu * v - lr * gradient(x + mu * v)
        x = x + v
        path.append(x)
    return np.array(path)


# ------------------------------------------------------------------------- 6a.7


@exercise(
    "6a.7",
    "Up and down",
    cases=[
        (t, 0.2, warmup, 50)
        for t, warmup in [
            (0, 10),
            (4, 10),
            (9, 10),
            (10, 10),
            (20, 10),
            (50, 10),
        ]
    ]
    + [(70, 0.2, 10, 50), (0, 0.2, 0, 50), (25, 0.2, 0, 50)]
    + [(t, 1e-4, 1, 7) for t in (0, 1, 3, 6, 7, 8)],
    hints=[
        "Two cases: t below `warmup`, and the rest.",
        "Step 0 must not be wasted: the first of `warmup` equal parts comes "
        "at `t = 0`, and the last one brings you to `lr`.",
        "Going down there are `steps - warmup` steps in all. What part of "
        "them is left at t? And after the end?",
    ],
    text="""
        Check the ends of each piece: $t=0$, `warmup - 1`, `warmup`,
        `steps`, and beyond. Schedules are where errors by one like to live,
        and no error message ever tells.

        With `lr = 8`, `warmup = 2` and `steps = 6`, the rates of the steps
        0 to 7 are 4, 8, 8, 6, 4, 2, 0, 0.
        """,
    trial="""
        rates = [up_and_down(t, 8, 2, 6) for t in range(8)]
        assert rates == [4, 8, 8, 6, 4, 2, 0, 0]
        """,
)
def up_and_down(t, lr, warmup, steps):
    """Return the learning rate of step t = 0, 1, ..."""
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr * max(0.0, (steps - t) / (steps - warmup))


@up_and_down.wrong(
    "Your first rate is 0: step 0 would do nothing, and the last step of the "
    "warm-up does not reach `lr`."
)
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * t / warmup
    return up_and_down(t, lr, warmup, steps)


@up_and_down.wrong(
    "After `steps` steps your rate is negative: that would walk uphill."
)
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr * (steps - t) / (steps - warmup)


@up_and_down.wrong(
    "The way down must begin at `lr`. Yours jumps, because it counts from `t "
    "= 0` and not from the end of the warm-up."
)
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr * max(0.0, 1 - t / steps)


@up_and_down.wrong("`//` rounds down to whole numbers.")
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * ((t + 1) // warmup)
    return lr * max(0, (steps - t) // (steps - warmup))


up_and_down.wrong(
    "The warm-up is missing.",
    lambda t, lr, warmup, steps: lr * max(0.0, 1 - t / steps),
)


@up_and_down.wrong(
    "Your way down is too flat: it has `steps - warmup` steps, not `steps`."
)
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr * max(0.0, 1 - (t - warmup) / steps)


@up_and_down.wrong("That falls along a cosine. Wanted is a straight line.")
def _(t, lr, warmup, steps):
    if t < warmup:
        return lr * (t + 1) / warmup
    part = min((t - warmup) / (steps - warmup), 1)
    return lr / 2 * (1 + math.cos(math.pi * part))


# ------------------------------------------------------------------------- 6a.8


@exercise(
    "6a.8",
    "The best momentum",
    cases=[
        np.diag([0.1, 2.0]),
        np.array([[2.0, 1.0], [1.0, 3.0]]),
        np.diag([1.0, 5.0, 100.0]),
        np.array([[5.0, -2.0, 0.0], [-2.0, 3.0, 1.0], [0.0, 1.0, 2.0]]),
        3.0 * np.eye(2),
    ],
    hints=[
        "Only the smallest and the largest curvature matter: the eigenvalues "
        "of A (`np.linalg.eigvalsh`).",
        "The smallest lies at the lower end of the window, the largest at "
        "the upper end. Their ratio is κ.",
        "First find √μ from √κ. Then `lr` times the largest curvature is the "
        "upper end of the window.",
    ],
    text=r"""
        The curvatures are the eigenvalues. By (6a.4) the smallest belongs
        at the lower end of the window and the largest at the upper end.
        That gives $\sqrt\mu=\frac{\sqrt\kappa-1}{\sqrt\kappa+1}$ and
        $\eta=(1+\sqrt\mu)^2/\lambda_{\max}$. For a round bowl it finds
        $\mu=0$ and $\eta=1/\lambda$: no memory is needed. For this
        chapter's valley, with the curvatures 0.1 and 2, it finds
        $\eta\approx1.336$ and $\mu\approx0.403$.
        """,
    trial="""
        lr, mu = best_momentum(np.diag(CURVATURE))
        assert (round(lr, 3), round(mu, 3)) == (1.336, 0.403)
        """,
)
def best_momentum(A):
    """Return the rate and the μ with which momentum is fastest."""
    curvature = np.linalg.eigvalsh(A)
    kappa = curvature.max() / curvature.min()
    root = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    return (1 + root) ** 2 / curvature.max(), root**2


@best_momentum.wrong("That is √μ. Square it.")
def _(A):
    lr, mu = best_momentum(A)
    return lr, math.sqrt(mu)


@best_momentum.wrong(
    "That is the best rate for SGD. With momentum, the largest curvature "
    "lies at the upper end of the window."
)
def _(A):
    curvature = np.linalg.eigvalsh(A)
    return 2 / (curvature.min() + curvature.max()), best_momentum(A)[1]


@best_momentum.wrong("Use √κ, not κ: that is what momentum gains.")
def _(A):
    curvature = np.linalg.eigvalsh(A)
    kappa = curvature.max() / curvature.min()
    root = (kappa - 1) / (kappa + 1)
    return (1 + root) ** 2 / curvature.max(), root**2


best_momentum.wrong(
    "You took the diagonal of A. The curvatures are its eigenvalues.",
    lambda A: best_momentum(np.diag(np.diag(A))),
)


@best_momentum.wrong(
    "That is the limit of the rate, beyond which it diverges, not the best one."
)
def _(A):
    mu = best_momentum(A)[1]
    return 2 * (1 + mu) / np.linalg.eigvalsh(A).max(), mu


best_momentum.wrong(
    "You returned μ first. Wanted is the rate, then μ.",
    lambda A: best_momentum(A)[::-1],
)


@best_momentum.wrong("The window ends at (1 + √μ)², not (1 + μ)².")
def _(A):
    mu = best_momentum(A)[1]
    return (1 + mu) ** 2 / np.linalg.eigvalsh(A).max(), mu


@best_momentum.wrong(
    "That puts the largest curvature at the lower end of the window. It "
    "belongs at the upper one."
)
def _(A):
    mu = best_momentum(A)[1]
    return (1 - math.sqrt(mu)) ** 2 / np.linalg.eigvalsh(A).max(), mu


# ------------------------------------------------------------------------- 6a.9


_NAN = float("nan")  # another object than `np.nan`, as a run would make it
_RUNS = [
    {0.1: [0.90, 0.91, 0.92], 0.3: [0.93, 0.94, 0.91], 1.0: [0.5, 0.96, 0.4]},
    {0.2: [0.91, 0.90, 0.90], 0.02: [0.90, 0.80, np.nan]},
    {
        0.01: [0.89, 0.90, 0.88],
        0.1: [_NAN, 0.97, _NAN],
        0.03: [0.91, 0.92, 0.93],
    },
    {0.2: [0.93, 0.94, 0.1], 0.02: [0.88, 0.87, 0.89]},
    {0.5: [0.2, 0.3, 0.1], 0.05: [0.8, float("nan"), 0.7]},
    {0.1: [0.6, 0.9, 0.95, 0.8], 0.3: [0.92, 0.7, 0.93, 0.74]},  # four seeds
    {0.2: [0.6, 0.75, 0.9, 0.96], 0.6: [0.83, 0.1, 0.8, 0.99]},
    {0.1: [0.7, 0.72, 0.9, 0.91, 0.94], 0.3: [0.88, 0.8, 0.85, 0.82, 0.81]},
]


@exercise(
    "6a.9",
    "Choose a rate fairly",
    cases=_RUNS,
    hints=[
        "One number for each rate, then the rate whose number is largest. "
        "Return the rate, not the number.",
        "An exploded run is a result, and a bad one. It must not drop out of "
        "the median.",
        "`np.nan_to_num` turns nan into 0. For the largest of a dictionary, "
        "`max(d, key=d.get)` returns the key.",
    ],
    text="""
        Dropping the exploded runs means to ask only the survivors. A rate
        that ruins two seeds of three and shines with the third would win.
        So would one that is chosen by its single best run.
        """,
)
def choose_rate(accuracies):
    """Return the rate with the best median; a nan counts as 0."""
    median = {
        lr: np.median(np.nan_to_num(runs)) for lr, runs in accuracies.items()
    }
    return max(median, key=median.get)


@choose_rate.wrong(
    "You chose by the single best run: that rewards luck, not the rate."
)
def _(accuracies):
    return max(accuracies, key=lambda lr: np.nanmax(accuracies[lr]))


@choose_rate.wrong(
    "You left out the runs that exploded, so a rate that ruins two seeds of "
    "three may win."
)
def _(accuracies):
    return max(accuracies, key=lambda lr: np.nanmedian(accuracies[lr]))


@choose_rate.wrong("You took the mean; the median was asked for.")
def _(accuracies):
    return max(
        accuracies, key=lambda lr: np.mean(np.nan_to_num(accuracies[lr]))
    )


@choose_rate.wrong("You chose the smallest median.")
def _(accuracies):
    return min(
        accuracies, key=lambda lr: np.median(np.nan_to_num(accuracies[lr]))
    )


@choose_rate.wrong(
    "That is the place of the rate in the dictionary. Return the rate itself."
)
def _(accuracies):
    return int(
        np.argmax([np.median(np.nan_to_num(a)) for a in accuracies.values()])
    )


@choose_rate.wrong("That is the accuracy. Return its learning rate.")
def _(accuracies):
    return max(np.median(np.nan_to_num(runs)) for runs in accuracies.values())


@choose_rate.wrong(
    "A nan in the runs makes their median nan, and nan wins the argmax."
)
def _(accuracies):
    lrs = list(accuracies)
    return lrs[int(np.argmax([np.median(accuracies[lr]) for lr in lrs]))]


@choose_rate.wrong(
    "One nan puts a rate out of your race. It is to count as an accuracy of "
    "0, and the median may still be the best."
)
def _(accuracies):
    return max(accuracies, key=lambda lr: np.median(accuracies[lr]))


# ------------------------------------------------------------------------ 6a.10


@exercise(
    "6a.10",
    "Clip the gradient",
    cases=[
        ([np.array([3.0, 1.0]), np.array([[2.0, 4.0]])], 1.0),
        ([np.array([3.0, 1.0]), np.array([[2.0, 4.0]])], 4.5),
        ([np.array([0.3, 0.1]), np.array([[0.2, -0.4]])], 1.0),
        ([np.zeros(2), np.zeros((1, 2))], 1.0),
        ([_MATRIX, np.ones((2, 1, 2)), _G], 2.0),
        ([_MATRIX], 0.01),
    ],
    hints=[
        "All gradients together are one long vector. How long is it?",
        "Add the squares of all entries of all arrays, and take the root.",
        "The factor is limit over length, but never above 1. And a length of "
        "0 needs no clipping.",
    ],
    text="""
        One factor for all arrays keeps the direction. Clipping each array,
        or each entry, on its own would change where the step points.
        """,
)
def clip(gradients, limit):
    """Return a list of the gradients, scaled if they are too long together."""
    length = math.sqrt(sum(np.sum(g**2) for g in gradients))
    factor = min(1.0, limit / length) if length > 0 else 1.0
    return [factor * g for g in gradients]


@clip.wrong(
    "You clipped each array on its own. That changes the direction of the "
    "step: one factor for all of them."
)
def _(gradients, limit):
    return [
        g * min(1.0, limit / max(np.linalg.norm(g), 1e-300)) for g in gradients
    ]


clip.wrong(
    "You clipped each entry. That changes the direction of the step; scale "
    "the whole gradient.",
    lambda gradients, limit: [np.clip(g, -limit, limit) for g in gradients],
)


@clip.wrong(
    "You made every gradient as long as the limit. Short ones stay as they are."
)
def _(gradients, limit):
    length = math.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * (limit / length if length else 1.0) for g in gradients]


@clip.wrong("The root is missing in the length.")
def _(gradients, limit):
    length = sum(np.sum(g**2) for g in gradients)
    return [
        g * (min(1.0, limit / length) if length else 1.0) for g in gradients
    ]


@clip.wrong(
    "You took the mean of the arrays' lengths. The joint length is the root "
    "of the sum of all squares."
)
def _(gradients, limit):
    lengths = np.mean([np.linalg.norm(g) for g in gradients])
    return [
        g * (min(1.0, limit / lengths) if lengths else 1.0) for g in gradients
    ]


@clip.wrong("You added the arrays' lengths. Lengths do not add up, squares do.")
def _(gradients, limit):
    length = sum(np.linalg.norm(g) for g in gradients)
    return [
        g * (min(1.0, limit / length) if length else 1.0) for g in gradients
    ]


@clip.wrong(
    "You measured the largest entry. The length is the root of the sum of "
    "all squares."
)
def _(gradients, limit):
    largest = max(np.abs(g).max() for g in gradients)
    return [
        g * (min(1.0, limit / largest) if largest else 1.0) for g in gradients
    ]


# ----------------------------------------------------------------------- 6a.lab


@exercise(
    "6a.lab",
    "Find the bug and repair it",
    cases=[
        (_ravine, _START, 0.1, 20),
        (_ravine, _START, 0.3, 20, 0.5),
        (_quartic, [1.0, -0.5], 0.05, 10),
        (_quartic, [1, 0, -1], 0.7, 5, 0.8),  # whole numbers, D = 3
    ],
    any_container=True,
    hints=[
        "Start from rest on a slope that is 1 everywhere. How far must the "
        "first step be, with learning rate `lr`? How far is his?",
        "Doubling `lr` should double his way on that slope. By how much does "
        "it grow?",
        "Count the `lr` on the way from a gradient to `x`. There must be one "
        "of them.",
    ],
    text=r"""
        The learning rate is applied twice: once when the gradient enters
        the velocity, and again when the velocity moves $x$. So the real
        rate is $\eta^2$: 0.01 for 0.1, and a quarter when $\eta$ is halved.
        With $\eta=1$, and $1^2=1$, nothing can be seen.

        In the form with $x\leftarrow x+v$, the velocity is a *step*: it
        holds $\eta$ already. In our form it is a sum of *gradients*, and
        $\eta$ comes in afterwards. A test with one special value (1, 0, all
        equal) often tests less than it seems.
        """,
    trial="""
        path = repaired_momentum(slope, START, 0.1, 50)
        assert same_walk(path, partial(optimizers.Momentum, lr=0.1))
        """,
)
def repaired_momentum(gradient, start, lr, steps, mu=0.9):
    """Return the path of momentum, (steps + 1, D)."""
    x = np.array(start, dtype=float)
    v = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        v = mu * v - lr * gradient(x)
        x = x + v
        path.append(x)
    return np.array(path)


@repaired_momentum.starts_with(
    "The learning rate is applied twice: the velocity holds it already, and "
    "then moves `x` times `lr` once more. So the real rate is `lr` squared."
)
def _lab_twice(gradient, start, lr, steps, mu=0.9):
    x = np.array(start, dtype=float)
    v = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        v = mu * v - lr * gradient(x)
        x = x + lr * v
        path.append(x)
    return np.array(path)


@repaired_momentum.wrong(
    "Now the learning rate is not applied at all; once is right."
)
def _(gradient, start, lr, steps, mu=0.9):
    return repaired_momentum(gradient, start, 1.0, steps, mu)


@repaired_momentum.wrong(
    "That walks uphill. One minus sign in all: where `v` takes in `-lr * g`, "
    "`x` moves by `+v`; where it takes in `g`, `x` moves by `-lr * v`."
)
def _(gradient, start, lr, steps, mu=0.9):
    return repaired_momentum(lambda x: -gradient(x), start, lr, steps, mu)


@repaired_momentum.wrong(
    "Taking the root of `lr` hides the symptom the wrong way round. Find the "
    "place where `lr` comes in a second time."
)
def _(gradient, start, lr, steps, mu=0.9):
    return repaired_momentum(gradient, start, math.sqrt(lr), steps, mu)


@repaired_momentum.wrong(
    "Now `lr` multiplies the memory, too: `mu * v` must stay without it."
)
def _(gradient, start, lr, steps, mu=0.9):
    return repaired_momentum(gradient, start, lr, steps, lr * mu)


@repaired_momentum.wrong(
    "Your list holds one and the same array again and again: `x += v` changes "
    "it everywhere. `x = x + v` makes a new one."
)
def _(gradient, start, lr, steps, mu=0.9):
    x = np.array(start, dtype=float)
    v = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        v = mu * v - lr * gradient(x)
        x += v
        path.append(x)
    return np.array(path)
