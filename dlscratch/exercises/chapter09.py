"""Exercises of chapter 9, Automatic differentiation."""

import tracemalloc
from itertools import pairwise

import numpy as np

from dlscratch import autograd
from dlscratch.autograd import Tensor, exp, grad, sin
from dlscratch.exercises import exercise

_rng = np.random.default_rng(9)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


# -------------------------------------------------------------------------- 9.1


def _run_division(rules, a, b, g):
    da, db = rules(g, a / b, a, b)
    rule_a, rule_b = (lambda *v, k=k: rules(*v)[k] for k in (0, 1))
    divide = autograd.Op("divide", np.divide, rule_a, rule_b)
    x, z = Tensor(a, needs_grad=True), Tensor(b, needs_grad=True)
    once = grad((divide(x, z) * g).sum(), [x, z], create_graph=True)
    by_a, by_b = grad((once[0] * once[1]).sum(), [x, z])
    found = {"da": da, "db": db}
    return found | {"a second gradient by a": by_a, "one by b": by_b}


@exercise(
    "9.1",
    "The division rule",
    use=_run_division,
    cases=[
        (
            np.array([6.0, 1.0, 3.0]),
            np.array([2.0, 4.0, -2.0]),
            np.array([1.0, 3.0, 2.0]),
        ),
        (
            _random(2, 3),
            np.array([[3, -2.5, 0.4], [-0.7, 5, 1]]),
            _random(2, 3),
        ),
    ],
    hints=[
        "What is the derivative of `a / b` by `a`, with `b` held still? And "
        "by `b`, with `a` held still?",
        "They are `1 / b` and `-a / b**2`. A rule multiplies them by what has "
        "come from behind.",
        "`a / b` has been computed already: it is `y`. So the second one is "
        "`-y / b`, without a square.",
    ],
    text=r"""
        $\partial y/\partial a=1/b$, and
        $\partial y/\partial b=-a/b^2=-y/b$. Both are multiplied by $g$. As
        only operators are used, a `Tensor` that runs through the rule writes
        down the computation. So the rule can be differentiated in its turn.
        """,
)
def division_rules(g, y, a, b):
    """Return the gradients of a and b, where y = a / b has the gradient g."""
    return g / b, -g * y / b


division_rules.wrong(
    "A larger divisor makes the result smaller: the sign.",
    lambda g, y, a, b: (g / b, g * y / b),
)

division_rules.wrong(
    "NumPy's functions refuse tensors. The operators `+ - * / **` take both.",
    lambda g, y, a, b: (np.divide(g, b), np.multiply(-g, y) / b),
)

division_rules.wrong(
    "This is the rule of the product.", lambda g, y, a, b: (g * b, g * a)
)

division_rules.wrong(
    "The derivative of `1 / b` is `-1 / b**2`, squared.",
    lambda g, y, a, b: (g / b, -g * a / b),
)

division_rules.wrong(
    "One division too many: `y` is `a / b`, so it has one `b` in it already.",
    lambda g, y, a, b: (g / b, -g * y / b**2),
)

division_rules.wrong(
    "These are the local derivatives. Multiply them by `g`, which comes from "
    "behind.",
    lambda g, y, a, b: (1 / b, -y / b),
)


# -------------------------------------------------------------------------- 9.2


def _product_case(*shapes):
    a, b = (_random(*shape) for shape in shapes)
    return _random(*np.broadcast_shapes(*shapes)), a, b


_G = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@exercise(
    "9.2",
    "A product of different shapes",
    cases=[
        (_G, np.array([[1.0, 0.0, 2.0], [2, 1, 1]]), np.array([1.0, 10, 100])),
        (_G, np.array([[2.0], [3.0]]), np.array([1.0, 10, 100])),
        (_G, np.array([[1.0, 0.0, 2.0], [2, 1, 1]]), np.array(10.0)),
        _product_case((2, 3), (2, 3)),
        _product_case((4, 1), (2, 4, 3)),
        _product_case((2, 1, 4), (3, 1)),
        _product_case((1, 3), (1, 3)),
    ],
    hints=[
        "First think of equal shapes: what does the rule of a product send to "
        "`a`, and what to `b`? Both have the shape of `g`.",
        "Broadcasting lines shapes up from the right. Write `(2, 4, 3)` and, "
        "below it, `(4, 1)`: which axes were added in front, and which were "
        "stretched? Over all of these the gradient is summed.",
        "The axes in front go altogether: there are `g.ndim - a.ndim` of "
        "them. Those where `a` has length 1 are summed with `keepdims=True`, "
        "so that the 1 stays.",
    ],
    text="""
        Broadcasting uses one entry in several places. Each place sends a
        gradient back, its own `g` times its own factor, and over several
        paths gradients add. So first multiply, in the large shape, and then
        sum. Axes that were put in front go altogether; axes that were
        stretched from 1 become 1 again, which is what `keepdims=True` is for.
        """,
)
def product_rules(g, a, b):
    """Return the gradients of a and b, where y = a * b has the gradient g."""

    def back(g, x):
        """Sum over the axes along which x was repeated."""
        g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
        stretched = tuple(i for i, n in enumerate(x.shape) if n == 1)
        return g.sum(axis=stretched, keepdims=True)

    return back(g * b, a), back(g * a, b)


def _back(g, x, keepdims=True):
    g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
    stretched = tuple(i for i, n in enumerate(x.shape) if n == 1)
    return g.sum(axis=stretched, keepdims=keepdims)


product_rules.wrong(
    "This is right for equal shapes. Here an array was repeated: sum over the "
    "axes where that happened.",
    lambda g, a, b: (g * b, g * a),
)

product_rules.wrong(
    "In a product the factors swap: `a` receives `g` times `b`.",
    lambda g, a, b: (_back(g * a, a), _back(g * b, b)),
)

product_rules.wrong(
    "You summed `g` first. But each place has a factor of its own: multiply "
    "while the shapes are large, then sum.",
    lambda g, a, b: (_back(g, a) * b, _back(g, b) * a),
)

product_rules.wrong(
    "The axes in front are right. But an axis of length 1 was stretched, too: "
    "sum it.",
    lambda g, a, b: (
        (g * b).sum(axis=tuple(range(g.ndim - a.ndim))),
        (g * a).sum(axis=tuple(range(g.ndim - b.ndim))),
    ),
)

product_rules.wrong(
    "A stretched axis keeps its place, with length 1: `keepdims=True`.",
    lambda g, a, b: (_back(g * b, a, False), _back(g * a, b, False)),
)

product_rules.wrong(
    "Each copy sends back a gradient, and these add: a sum, not a mean.",
    lambda g, a, b: (
        _back(g * b, a) * a.size / g.size,
        _back(g * a, b) * b.size / g.size,
    ),
)


# -------------------------------------------------------------------------- 9.3


def _with_max(x, g):
    return np.array(g), x.max(axis=1), x


@exercise(
    "9.3",
    "The largest, and ties",
    cases=[
        _with_max(np.array([[1.0, 4.0, 2.0], [7.0, 5.0, 6.0]]), [3.0, -2.0]),
        _with_max(np.array([[2.0, 5.0, 5.0], [4.0, 4.0, 4.0]]), [1.0, 6.0]),
        _with_max(np.array([[-3.0, -1.0, -1.0, -2.0]]), [5.0]),
        _with_max(np.array([[1.0, 1.00001], [0.0, 0.0]]), [2.0, 3.0]),
        _with_max(_random(4, 4), _random(4)),
    ],
    hints=[
        "If you nudge an entry that is not the largest of its row, the "
        "maximum does not notice. So where is the gradient 0?",
        "`x == y[:, None]` is True at the largest entries of each row: at "
        "one, or, with ties, at several.",
        "Count them in each row, with `keepdims=True`, and divide. Then "
        "multiply by `g`, one number for each row.",
    ],
    text="""
        The mask is 1 where an entry is the largest of its row. Divided by
        its sum along the row, it says which share each entry gets; the
        shares of a row add up to 1, and what comes back is `g`, no more and
        no less. At a tie there is no derivative, so each way of sharing is a
        convention; the even one treats equal entries alike.
        """,
)
def max_rule(g, y, x):
    """Return the gradient of x (N, D), where y = x.max(axis=1); g, y (N,)."""
    largest = x == y[:, None]  # (N, D)
    share = largest / largest.sum(axis=1, keepdims=True)
    return g[:, None] * share


@max_rule.wrong(
    "At a tie, the first one gets everything here. Equal entries share."
)
def _(g, y, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = g
    return dx


max_rule.wrong(
    "At a tie each one gets the whole gradient, and more comes out than went "
    "in. Divide by their number.",
    lambda g, y, x: g[:, None] * (x == y[:, None]),
)

max_rule.wrong(
    "These are the shares alone. Multiply them by `g`.",
    lambda g, y, x: max_rule(np.ones(len(x)), y, x),
)

max_rule.wrong(
    "You divided by the length of the row. Only the largest entries share.",
    lambda g, y, x: g[:, None] * (x == y[:, None]) / x.shape[1],
)

max_rule.wrong(
    "Close is not equal: only the largest gets a gradient, however narrowly "
    "it has won.",
    lambda g, y, x: (
        g[:, None]
        * np.isclose(x, y[:, None])
        / np.isclose(x, y[:, None]).sum(axis=1, keepdims=True)
    ),
)


# -------------------------------------------------------------------------- 9.4


_SIMPLE = ["x + y", "x - y", "x * y", "x / y", "x ** 3", "x.tanh()"]
_SIMPLE += [f"x {op} 3" for op in "+-*/"] + [f"3 {op} x" for op in "+-*/"]
_SIMPLE += ["x * (x + y)"]  # x is used again


def _run_dual(cls, expression, x, y):
    found = eval(expression, {"x": cls(*x), "y": cls(*y)})
    if not (hasattr(found, "value") and hasattr(found, "slope")):
        kind = "nothing" if found is None else f"a {type(found).__name__}"
        raise TypeError(f"{expression} gives {kind}, not a dual number")
    return {"value": found.value, "slope": found.slope}


@exercise(
    "9.4",
    "Dual numbers",
    use=_run_dual,
    cases=[(expression, (2.0, 3.0), (4.0, 0.5)) for expression in _SIMPLE]
    + [
        ("x ** 2 * y - y / x", (-1.5, 1.0), (3.0,)),
        ("(x ** -1 + 2 * y).tanh() / (1 - x * x)", (0.5, -2.0), (-0.7, 3.0)),
        ("(x + y) * (y - x) * x - x ** 0.5", (2.25, 1.0), (3.0, -1.0)),
    ],
    hints=[
        "Write x + x'ε and y + y'ε, compute with these as in school, and "
        "strike out whatever has ε². The factor of ε is the new slope.",
        "A sum adds the slopes. A product has two terms, and a quotient the "
        "rule of school, with the square of the divisor below. `x**n` gives "
        "`n * x**(n - 1)`, times the slope of x.",
        "A plain number is a `Dual` with slope 0. Turn `other` into one at "
        "the beginning of each method: `type(self)(other)`, unless it is one.",
        "`3 - x` calls `x.__rsub__(3)`. It is `-x + 3`, and `3 / x` is "
        "`x ** -1 * 3`.",
    ],
    text=r"""
        Each rule is one line of calculation with $\varepsilon^2=0$, such as
        $(x+\dot x\,\varepsilon)(y+\dot y\,\varepsilon)
        =xy+(\dot x\,y+x\,\dot y)\,\varepsilon$. For the quotient, multiply
        above and below by $y-\dot y\,\varepsilon$: below remains $y^2$.
        Nothing is kept for a way back: this is the forward mode. One run
        gives the slope along one direction, the one that the slopes of the
        inputs name.
        """,
)
class Dual:
    """A number and its slope."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def lift(self, other):
        """Return a number as a dual one, which does not change."""
        return other if hasattr(other, "slope") else type(self)(other)

    def __add__(self, other):
        """Return self + other."""
        y = self.lift(other)
        return type(self)(self.value + y.value, self.slope + y.slope)

    def __sub__(self, other):
        """Return self - other."""
        y = self.lift(other)
        return type(self)(self.value - y.value, self.slope - y.slope)

    def __mul__(self, other):
        """Return self * other."""
        y = self.lift(other)
        slope = self.slope * y.value + self.value * y.slope
        return type(self)(self.value * y.value, slope)

    def __truediv__(self, other):
        """Return self / other."""
        y = self.lift(other)
        slope = (self.slope * y.value - self.value * y.slope) / y.value**2
        return type(self)(self.value / y.value, slope)

    def __pow__(self, n):
        """Return self ** n, where n is a number."""
        slope = n * self.value ** (n - 1) * self.slope
        return type(self)(self.value**n, slope)

    def tanh(self):
        """Return the hyperbolic tangent."""
        y = np.tanh(self.value)
        return type(self)(y, (1 - y * y) * self.slope)

    def __rsub__(self, other):
        """Return other - self, where other is a number."""
        return self.lift(other) - self

    def __rtruediv__(self, other):
        """Return other / self, where other is a number."""
        return self.lift(other) / self

    __radd__, __rmul__ = __add__, __mul__


@Dual.wrong("In a product each factor is nudged in turn: x' y + x y'.")
class _(Dual):
    def __mul__(self, other):
        y = self.lift(other)
        return type(self)(self.value * y.value, self.slope * y.slope)

    __rmul__ = __mul__


@Dual.wrong(
    "`tanh` ends with the chain rule: times the slope of what stands inside."
)
class _(Dual):
    def tanh(self):
        y = np.tanh(self.value)
        return type(self)(y, 1 - y * y)


@Dual.wrong(
    "`**` ends with the chain rule: times the slope of what stands below the "
    "exponent."
)
class _(Dual):
    def __pow__(self, n):
        return type(self)(self.value**n, n * self.value ** (n - 1))


@Dual.wrong("In a quotient the divisor is squared below the slope.")
class _(Dual):
    def __truediv__(self, other):
        y = self.lift(other)
        slope = (self.slope * y.value - self.value * y.slope) / y.value
        return type(self)(self.value / y.value, slope)


@Dual.wrong("The sign in a quotient: x' y - x y', over y squared.")
class _(Dual):
    def __truediv__(self, other):
        y = self.lift(other)
        slope = (self.value * y.slope - self.slope * y.value) / y.value**2
        return type(self)(self.value / y.value, slope)


@Dual.wrong("`3 - x` is not `x - 3`: `__rsub__` swaps the two.")
class _(Dual):
    def __rsub__(self, other):
        return self - other


@Dual.wrong("`3 / x` is not `x / 3`: `__rtruediv__` swaps the two.")
class _(Dual):
    def __rtruediv__(self, other):
        return self / other


@Dual.wrong("A plain number does not change: its slope is 0, not 1.")
class _(Dual):
    def lift(self, other):
        return other if hasattr(other, "slope") else type(self)(other, 1.0)


# -------------------------------------------------------------------------- 9.5


def cubes(x):
    """Depends on each entry alone."""
    return (x**3).sum()


def waves(x):
    """Mixes all entries, with slow and with fast waves."""
    rates = np.array([1.0, 30.0, 1000.0])
    return sin(rates * x).sum() * exp(x).sum()


def straight(x):
    """Bends nowhere."""
    return (3.0 * x).sum()


def _walks(product):
    """Return a sentence if a product takes as many walks as the Hessian."""
    seen, n = [], 30

    def rule(g, y, x):
        seen.append(1)
        return same(g)

    same = autograd.Op("same", lambda x: x, rule)
    product(lambda x: (same(x) ** 3).sum(), np.arange(1.0, n + 1), np.ones(n))
    if len(seen) > n:
        return (
            f"The numbers are right, but for {n} entries you walked back about "
            f"{n} times, as for the whole Hessian. Two walks are enough."
        )
    return None


@exercise(
    "9.5",
    "The Hessian times a vector",
    cases=[
        (cubes, np.array([1.0, 2.0, -3.0]), np.array([1.0, 10.0, 100.0])),
        (waves, _random(3), _random(3)),
        (waves, _random(2, 3), _random(2, 3)),
        (straight, np.array([1.0, 2.0]), np.array([3.0, 4.0])),
    ],
    rtol=1e-10,
    atol=1e-12,
    verify=_walks,
    hints=[
        "Row i of the Hessian is the gradient of entry i of the gradient. "
        "Which *one* number, made of the gradient `g` and the vector `v`, has "
        "the gradient that you want?",
        "The number is the sum of `g * v`, with `v` held still. Its gradient "
        "is H v.",
        "The first `grad` needs `create_graph=True`, or else `g` is a plain "
        "array that remembers nothing.",
        "Where `f` is straight, its gradient does not depend on `x`, and "
        "`grad` says so: `None`. What is H v there?",
    ],
    text=r"""
        $\sum_j v_j\,\partial f/\partial x_j$ is one number. Its derivative
        by $x_i$ is $\sum_j v_j\,\partial^2 f/\partial x_i\partial x_j$,
        which is entry $i$ of $Hv$, for $v$ is held still. Two walks back do
        it, however many entries there are. For the whole Hessian the second
        one is needed once for each row. Of a straight function the gradient
        depends on nothing: there `grad` answers `None`, and the product is
        zero.
        """,
)
def hessian_times(f, x, v):
    """Return the Hessian of f at x, times v, without the Hessian."""
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x), [x], create_graph=True)
    (product,) = grad((g * v).sum(), [x])
    return np.zeros_like(x.data) if product is None else product


@hessian_times.wrong(
    "`None` says that the gradient of a straight function depends on nothing. "
    "Its Hessian, times any vector, is zero."
)
def _(f, x, v):
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x), [x], create_graph=True)
    return grad((g * v).sum(), [x])[0]


@hessian_times.wrong(
    "What `grad` starts from must be a tensor: make one of `x`, and ask for "
    "the first gradient with `create_graph=True`. Otherwise it is a plain "
    "array, which does not remember how it was computed."
)
def _(f, x, v):
    x = Tensor(x, needs_grad=True)
    return grad((grad(f(x), [x])[0] * v).sum(), [x])[0]


@hessian_times.wrong(
    "A tensor gets a gradient only if it is made with `needs_grad=True`. "
    "Otherwise the gradient is `None`."
)
def _(f, x, v):
    x = Tensor(x)
    return (grad(f(x), [x], create_graph=True)[0] * v).sum()


@hessian_times.wrong(
    "You multiplied by `v` too late: this is each row's sum, times `v`. "
    "Multiply `g` by `v` before the second walk."
)
def _(f, x, v):
    return v * hessian_times(f, x, np.ones_like(v))


@hessian_times.wrong("This is the gradient times `v`. Walk back once more.")
def _(f, x, v):
    x = Tensor(x, needs_grad=True)
    return grad(f(x), [x])[0] * v


@hessian_times.wrong(
    "Differences of gradients come close, and no more. A second walk back is "
    "exact up to rounding, and needs no step to choose."
)
def _(f, x, v, h=1e-5):
    up, down = (Tensor(x + h * s * v, needs_grad=True) for s in (1, -1))
    difference = grad(f(up), [up])[0] - grad(f(down), [down])[0]
    return difference / (2 * h)


# -------------------------------------------------------------------------- 9.6


class _Step:
    """One step of a chain, tanh(x W), which counts its runs forwards."""

    def __init__(self, W):
        self.W, self.runs = W, 0

    def forward(self, x):
        self.runs += 1
        return np.tanh(x @ self.W)

    def backward(self, x, g):
        return (g * (1 - np.tanh(x @ self.W) ** 2)) @ self.W.T


def _chain(*widths):
    return [_Step(_random(*pair)) for pair in pairwise(widths)]


def _costs(walk):
    """Return a sentence if a walk takes too much memory or time."""
    n, every, x = 60, 6, np.ones((5000, 2))
    steps = [_Step(np.eye(2)) for _ in range(n)]
    traced = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    try:
        walk(steps, x, x, every)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not traced:
            tracemalloc.stop()
    most, runs = (peak - before) // x.nbytes, max(step.runs for step in steps)
    text = f"The gradient is right, but in a chain of {n} steps with a "
    text += f"checkpoint every {every} "
    if most > n // every + 2 * every + 6:
        return text + (
            f"you held about {most} values at once. The {n // every} "
            f"checkpoints and the {every} values of one part are enough."
        )
    if runs > 2:
        return text + (
            f"one step ran forwards {runs} times. Twice is enough: compute a "
            "part once, and keep it while you walk back through it."
        )
    return None


@exercise(
    "9.6",
    "Checkpoints",
    cases=[
        (_chain(3, 4, 2, 5, 3), _random(3), _random(3), 2),
        (_chain(2, 3, 4, 2, 3, 2), _random(2), _random(2), 2),
        (_chain(2, 3, 4, 2, 3, 2), _random(2), _random(2), 3),
        (_chain(2, 3, 4), _random(2), _random(4), 1),
        (_chain(4, 3, 2), _random(4), _random(2), 5),
        (_chain(3, 2), _random(3), _random(2), 1),
    ],
    verify=_costs,
    hints=[
        "Two passes. In the first, go forwards, and keep the input of steps "
        "0, `every`, 2 `every`, …; forget all the others.",
        "Then take the parts from the last to the first. For each, start from "
        "its checkpoint and compute the inputs of its steps again, into a "
        "list.",
        "Inside a part, walk back: the last step with the last input of the "
        "list. What `backward` returns is the `g` of the step before.",
        "The last part may be shorter. Cut it out with "
        "`steps[i : i + every]`, which stops at the end by itself.",
    ],
    text=r"""
        A step's backward pass needs its input. All $n$ inputs at once are
        too many, so only every $k$-th is kept, and a part is computed again
        just before it is walked back. That holds about $n/k+k$ values, least
        for $k=\sqrt n$: of 10,000 steps 200 values, for one more pass
        forwards. Time is paid for memory.
        """,
)
def checkpointed(steps, x, g, every):
    """Return the gradient of x; of the inputs, one in `every` is kept."""
    kept = {}
    for i, step in enumerate(steps):
        if i % every == 0:
            kept[i] = x
        x = step.forward(x)
    for i in reversed(kept):
        part = steps[i : i + every]
        inputs = [kept[i]]
        for step in part[:-1]:
            inputs.append(step.forward(inputs[-1]))
        for step in reversed(part):
            g = step.backward(inputs.pop(), g)
    return g


def _inputs(steps, x):
    found = [x]
    for step in steps:
        found.append(step.forward(found[-1]))
    return found


@checkpointed.wrong(
    "The last part, where it is shorter than `every`, is left out."
)
def _(steps, x, g, every):
    return checkpointed(steps[: len(steps) // every * every], x, g, every)


@checkpointed.wrong(
    "`backward` was given each step's output. It wants the input that the step "
    "had on the way forward."
)
def _(steps, x, g, every):
    for step, value in zip(steps[::-1], _inputs(steps, x)[:0:-1], strict=True):
        g = step.backward(value, g)
    return g


@checkpointed.wrong("The steps go back from the last to the first.")
def _(steps, x, g, every):
    for step, value in zip(steps, _inputs(steps, x), strict=False):
        g = step.backward(value, g)
    return g


@checkpointed.wrong(
    "Inside a part each step had an input of its own. You gave all of them "
    "that of the first, the checkpoint."
)
def _(steps, x, g, every):
    values = _inputs(steps, x)
    for i in reversed(range(len(steps))):
        g = steps[i].backward(values[i // every * every], g)
    return g


# -------------------------------------------------------------------------- 9.7

_A, _B = ("a", "exp", ("x",)), ("b", "sin", ("a",))
_C, _D = ("c", "mul", ("a", "x")), ("d", "add", ("b", "c"))
_DOUBLES = [(f"v{i + 1}", "add", (f"v{i}", f"v{i}")) for i in range(25)]


@exercise(
    "9.7",
    "Dead code",
    cases=[
        ([_A, _B], ["a"]),
        ([_A, _B, ("c", "cos", ("x",))], ["c"]),
        ([_A, _B, _C], ["c", "b"]),
        ([_A, _B, _C, _D], ["d"]),
        ([_A, _B, _C, _D, ("e", "log", ("d",))], ["c"]),
        ([_A, _B], ["x"]),
        ([_A], []),
        (_DOUBLES, ["v25"]),
    ],
    time_limit=1.0,
    hints=[
        "Whether a step is needed depends on those that come *after* it. So "
        "in which direction do you go through the program?",
        "Keep a set of names that are needed. At first these are the outputs.",
        "Walk from the last step to the first. If a step's name is in the "
        "set, keep the step, and put the names of its inputs into the set.",
    ],
    text="""
        Going backwards, all steps that could need a step have been seen when
        its turn comes, so one look is enough: is its name in the set? It is
        the walk of the gradients again, with "needed" instead of a number.
        """,
)
def needed_steps(steps, outputs):
    """Return the steps (name, operation, inputs) that the outputs need."""
    needed, kept = set(outputs), []
    for step in reversed(steps):
        name, _, inputs = step
        if name in needed:
            kept.append(step)
            needed.update(inputs)
    return kept[::-1]


@needed_steps.wrong(
    "A step is dropped if nobody uses its result. But one that only a dead "
    "step uses is dead, too."
)
def _(steps, outputs):
    used = {name for _, _, inputs in steps for name in inputs} | set(outputs)
    return [step for step in steps if step[0] in used]


@needed_steps.wrong(
    "Outputs and what they use directly stay here. What those steps use is "
    "needed as well, and so on back."
)
def _(steps, outputs):
    direct = {n for step in steps if step[0] in outputs for n in step[2]}
    return [step for step in steps if step[0] in direct | set(outputs)]


@needed_steps.wrong(
    "The order: a program computes what is needed first. Turn the list round."
)
def _(steps, outputs):
    return needed_steps(steps, outputs)[::-1]


@needed_steps.wrong(
    "Nobody uses an output inside the program, but it is what the program is "
    "for: the outputs are needed from the start."
)
def _(steps, outputs):
    used = {n for _, _, inputs in needed_steps(steps, outputs) for n in inputs}
    return [step for step in steps if step[0] in used]


@needed_steps.wrong(
    "You went forwards. When a step's turn comes, those that need it have not "
    "been seen yet: begin with the last step."
)
def _(steps, outputs):
    needed, kept = set(outputs), []
    for step in steps:
        if step[0] in needed:
            kept.append(step)
            needed.update(step[2])
    return kept


# -------------------------------------------------------------------------- 9.8


@exercise(
    "9.8",
    "Log-softmax at 1000",
    cases=[
        (np.array([0.0, 1.0, 2.0]), np.array([0.0, -1.0, 0.0])),
        (_random(4), _random(4)),
    ],
    batch=[
        (_random(3, 4), _random(3, 4)),
        (_random(2, 2), _random(2, 2)),
        (_random(1, 3), _random(1, 3)),
    ],
    overflow=[
        (np.array([1000.0, 0.0, -1000.0]), np.array([1.0, 2.0, -1.0])),
        (np.array([-1000.0, -1001.0]), np.array([0.5, 1.0])),
        (
            np.array([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -999.5]]),
            _random(2, 3),
        ),
    ],
    hints=[
        "The logarithm of a quotient is a difference: y = x - log of the sum "
        "of exp(x). What happens to y if the same number is taken from all "
        "entries of x?",
        "Nothing. So take away the largest entry of each row first. Then the "
        "largest exponential is 1, and the sum is at least 1.",
        "For the gradient, x_k acts on its own y_k with slope 1, and on every "
        "y_i of its row through the sum, with slope minus softmax_k.",
        "The second part is `np.exp(y)`, times the sum of `g` along the row.",
    ],
    text=r"""
        With $m$ the largest entry,
        $y_k=(x_k-m)-\log\sum_i e^{x_i-m}$. No exponential is above 1, one is
        exactly 1, and so the logarithm is that of a number between 1 and
        $K$. Softmax itself may underflow to 0; whoever takes its logarithm
        afterwards gets $-\infty$. Backwards,
        $\partial y_i/\partial x_k=\delta_{ik}-e^{y_k}$, hence
        $dx_k=g_k-e^{y_k}\sum_i g_i$.
        """,
)
def stable_log_softmax(x, g):
    """Return y = log softmax(x) along the last axis, and the gradient of x."""
    shifted = x - x.max(axis=-1, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    dx = g - np.exp(y) * g.sum(axis=-1, keepdims=True)
    return y, dx


def _softmax(x):
    return np.exp(autograd.log_softmax(x))


def _with_value(value):
    """Return an answer whose gradient follows from another value y."""

    def answer(x, g):
        y = value(x)
        return y, g - np.exp(y) * g.sum(axis=-1, keepdims=True)

    return answer


def _with_gradient(gradient):
    """Return an answer with a right value, and another gradient."""
    return lambda x, g: (autograd.log_softmax(x), gradient(_softmax(x), g))


stable_log_softmax.wrong(
    "`exp` of 1000 is too large. The logarithm of a quotient is a difference: "
    "write it as one, and take the largest entry of x away first.",
    _with_value(
        lambda x: np.log(np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True))
    ),
)

stable_log_softmax.wrong(
    "`exp` of 1000 is too large. Take the largest entry away first: it does "
    "not change the result.",
    _with_value(lambda x: x - np.log(np.exp(x).sum(axis=-1, keepdims=True))),
)

stable_log_softmax.wrong(
    "Softmax is safe here, but it may be exactly 0, and log(0) is minus "
    "infinity. Do not go through softmax: x - max - log of the sum.",
    _with_value(lambda x: np.log(_softmax(x))),
)

stable_log_softmax.wrong(
    "A small number inside the logarithm hides the overflow and gives a wrong "
    "result: no value can be below log(1e-12).",
    _with_value(lambda x: np.log(_softmax(x) + 1e-12)),
)

stable_log_softmax.wrong(
    "Each row has a largest entry of its own. Below that of the whole array "
    "all of a row's exponentials may be 0.",
    _with_value(
        lambda x: (
            x - x.max() - np.log(np.exp(x - x.max()).sum(-1, keepdims=True))
        )
    ),
)

stable_log_softmax.wrong(
    "The part that goes through the sum is missing: each x_k lowers all the "
    "y_i of its row.",
    _with_gradient(lambda p, g: g),
)

stable_log_softmax.wrong(
    "Times the sum of `g` along the row. It is 1 only in special cases.",
    _with_gradient(lambda p, g: g - p),
)

stable_log_softmax.wrong(
    "This counts only the path from x_k to y_k. Every y_i contains x_k.",
    _with_gradient(lambda p, g: g * (1 - p)),
)

stable_log_softmax.wrong(
    "This is the rule of softmax. With the logarithm it becomes simpler.",
    _with_gradient(lambda p, g: p * (g - (g * p).sum(-1, keepdims=True))),
)

stable_log_softmax.wrong(
    "Each row needs the sum of its own `g`.",
    _with_gradient(lambda p, g: g - p * g.sum()),
)


# ------------------------------------------------------------------------ 9.lab

_OPERATIONS = {
    "add": lambda a, b: (a + b, lambda g: (g, g)),
    "mul": lambda a, b: (a * b, lambda g: (g * b, g * a)),
    "tanh": lambda a: (np.tanh(a), lambda g: (g * (1 - np.tanh(a) ** 2),)),
}


def _run_tape(walk, program, x, y, g):
    values, tape = {"x": x, "y": y}, []
    for line in program.split("; "):
        name, op, *inputs = line.replace("=", " ").split()
        given = [values[i] for i in inputs]
        values[name], rule = _OPERATIONS[op](*given)
        tape.append((name, rule, inputs))
    found = walk(tape, g)
    return {name: found[name] for name in ("x", "y")}


_NATURAL = "p = mul y y; q = tanh x; r = add p x; s = add r q"


@exercise(
    "9.lab",
    "Find the bug and repair it",
    use=_run_tape,
    cases=[
        (_NATURAL, 0.5, 2.0, 1.0),
        ("p = mul x x; q = mul p x; r = add q y", 2.0, 5.0, 1.0),
        (_NATURAL, _random(3), _random(3), np.ones(3)),
        ("u = add x y; v = mul u u; w = add v u", *_random(3, 2, 3)),
        ("a = add x y; b = tanh x; c = add a b; d = add c x", *_random(3, 4)),
        ("a = tanh y; b = mul x x; c = add a a; d = add b c", *_random(3, 2)),
    ],
    hints=[
        "For `add`, print `id(...)` of what its rule returns for the first "
        "and for the second input. How many arrays are there?",
        "What does `+=` do with a number, and what with an array? Who else "
        "has hold of this array?",
        "Two remedies are right: let the sum be a new array, or make a copy "
        "of all that comes in first.",
    ],
    text="""
        The rule of `add` hands on `g` to both of its inputs: the same array,
        not only the same numbers. So `grads["p"]` and `grads["x"]` were two
        names for one array. When a second gradient arrived at `x`, `+=`
        wrote it into this array, and `p`, whose turn was still to come, went
        on with a number that was not its own. The gradient of `x` was right,
        that of `y` was not.

        With Python's numbers `+=` does no harm: a number cannot be changed,
        so a new one is made and gets the name. And where `p` is computed
        after `q`, its turn comes before anything is added. In chapter 5 a
        layer wrote into what it had been handed; here the walk itself did.
        """,
    after="In a walk back, gradients add up in new arrays.",
)
def walk_back(tape, g):
    """Return the gradients of all names; g is that of the last one."""
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        if name in grads:
            for source, more in zip(inputs, rule(grads[name]), strict=True):
                if source in grads:
                    grads[source] = grads[source] + more
                else:
                    grads[source] = more
    return grads


@walk_back.starts_with(
    "This is still the colleague's walk: `+=` writes into an array that "
    "another name has hold of."
)
def _hers(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        if name in grads:
            for source, more in zip(inputs, rule(grads[name]), strict=True):
                if source in grads:
                    grads[source] += more
                else:
                    grads[source] = more
    return grads


def _walk(tape, g, join=lambda old, more: old + more, keep=lambda g: g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(keep(grads[name])), strict=True):
            more = join(grads[source], more) if source in grads else more
            grads[source] = more
    return grads


def _in_place(old, more):
    old += more
    return old


walk_back.wrong(
    "Now the last gradient to arrive replaces the others. Over several paths "
    "they add.",
    lambda tape, g: _walk(tape, g, join=lambda old, more: more),
)

walk_back.wrong(
    "Now only the first one to arrive counts. Over several paths they add.",
    lambda tape, g: _walk(tape, g, join=lambda old, more: old),
)

walk_back.wrong(
    "The copy is made too early: the rule of `add` hands this one copy to both "
    "of its inputs, and `+=` writes into it all the same.",
    lambda tape, g: _walk(tape, g, _in_place, np.copy),
)

walk_back.wrong(
    "The caller's `g` is safe now. But `add` hands one array to both of its "
    "inputs, at every step.",
    lambda tape, g: _hers(tape, np.copy(g)),
)

walk_back.wrong(
    "Gradients add. This is their mean.",
    lambda tape, g: _walk(tape, g, join=lambda old, more: (old + more) / 2),
)
