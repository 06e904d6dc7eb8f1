"""Answers to chapter 9's exercises: wrong ones, with what is said, and right ones."""

import math

import numpy as np

from dlscratch import autograd
from dlscratch.autograd import Tensor, grad
from dlscratch.exercises import chapter09 as ch


def _no_return(*args):
    sum(1 for _ in args)


# -------------------------------------------------------------------------- 9.1


def _division_by_numpy(g, y, a, b):
    return np.divide(g, b), -np.divide(g * a, b**2)


def _division_in_place(g, y, a, b):
    db = -g * y / b
    g /= b
    return g, db


def _division_on_plain_arrays(g, y, a, b):
    """Take what it needs out of the tensors: then nothing is remembered."""
    a, b = (v.data if isinstance(v, Tensor) else v for v in (a, b))
    return g / b, -g * (a / b**2)


def _division_with_names(g, y, a, b):
    number = 1 / b
    return [g * number, (-1) * g * y * number]


def _division_step_by_step(gradient, result, top, bottom):
    da = gradient * bottom**-1
    return (da, -(da * result))


def _division_by_powers(g, y, a, b):
    return g * b**-1.0, -1.0 * g * a * b**-2.0


def _division_by_loop(g, y, a, b):
    found = []
    for local in (1 / b, -a / (b * b)):
        found.append(g * local)
    return found


# -------------------------------------------------------------------------- 9.2


def _sum_by_einsum(g, shape):
    letters = "abcdef"[: g.ndim]
    stay = letters[g.ndim - len(shape) :]
    stay = "".join(c for c, n in zip(stay, shape, strict=True) if n != 1)
    ones = [i for i, n in enumerate(letters) if n in stay]
    assert len(ones) == len(stay)
    return np.einsum(f"{letters}->{stay}", g).reshape(shape)


def _sum_recursively(g, shape):
    if g.ndim > len(shape):
        return _sum_recursively(sum(g), shape)
    for axis in range(g.ndim):
        if shape[axis] != g.shape[axis]:
            g = np.add.reduce(g, axis, keepdims=True)
    return g


def _sum_in_one_go(g, shape):
    full = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, n in enumerate(full) if n == 1)
    return np.sum(g, axis=axes, keepdims=True).reshape(shape)


def _sum_by_hand(g, shape):
    total = np.zeros(shape)
    for index in np.ndindex(g.shape):
        own = index[g.ndim - len(shape) :]
        total[tuple(i if n > 1 else 0 for i, n in zip(own, shape, strict=True))] += g[
            index
        ]
    return total


def _sum_from_the_right(g, shape):
    for k in range(1, g.ndim + 1):
        if k > len(shape) or shape[-k] == 1:
            g = g.sum(axis=-k, keepdims=True)
    return g.reshape(shape)


def _sum_from_the_left(g, shape):
    axes = [i for i in range(g.ndim) if i >= len(shape) or shape[i] == 1]
    return g.sum(axis=tuple(axes), keepdims=True).reshape(shape)


def _sum_of_unequal(g, shape):
    pairs = zip(g.shape, shape, strict=False)
    axes = tuple(i for i, (a, b) in enumerate(pairs) if a != b)
    return g.sum(axis=axes, keepdims=True)


def _product(back):
    """Return an answer that sums by a function of (g, shape)."""
    return lambda g, a, b: (back(g * b, a.shape), back(g * a, b.shape))


def _sum_of_all(g, shape):
    return np.broadcast_to(g.sum(), shape)


def _product_as_lists(g, a, b):
    return [part.tolist() for part in ch.product_rules(g, a, b)]


def _product_by_engine(g, a, b):
    a, b = Tensor(a, needs_grad=True), Tensor(b, needs_grad=True)
    return grad((a * b * g).sum(), [a, b])


def _product_by_sum_like(g, a, b):
    return autograd.multiply.rule(0)(g, a * b, a, b), autograd.sum_like(a * g, b)


def _kept(choose):
    def answer(g, shape):
        front = g.ndim - len(shape)
        full = (1,) * front + tuple(shape)
        axes = tuple(i for i, n in enumerate(full) if n == 1)
        return choose(g, axes).reshape(shape)

    return answer


def _largest(g, axes):
    return g.max(axis=axes)


def _first(g, axes):
    return g[tuple(0 if i in axes else slice(None) for i in range(g.ndim))]


# -------------------------------------------------------------------------- 9.3


def _max_row_by_row(g, y, x):
    rows = []
    for one, best, row in zip(g, y, x, strict=True):
        ties = [i for i in range(len(row)) if row[i] == best]
        rows.append([one / len(ties) if i in ties else 0 for i in range(len(row))])
    return np.array(rows)


def _max_by_where(g, y, x):
    hit = np.where(x >= y.reshape(-1, 1), 1, 0)
    return hit * (g / np.count_nonzero(hit, axis=1))[:, np.newaxis]


def _max_turned(g, y, x):
    hit = x.T == y
    return (hit / hit.sum(0) * g).T


def _max_by_indices(g, y, x):
    dx = np.zeros(x.shape)
    rows, columns = np.nonzero(x == y[:, None])
    dx[rows, columns] = (g / np.bincount(rows))[rows]
    return dx


def _max_by_engine(g, y, x):
    x = Tensor(x, needs_grad=True)
    return grad((x.max(axis=1) * g).sum(), [x])[0]


def _max_by_einsum(g, y, x):
    hit = np.equal(x, np.max(x, axis=-1, keepdims=True)).astype(float)
    return np.einsum("n,nd,n->nd", g, hit, 1 / hit.sum(-1))


def _max_without_column(g, y, x):
    hit = x == y
    return g * hit / hit.sum(axis=1)


def _max_last(g, y, x):
    dx = np.zeros(x.shape)
    dx[range(len(x)), x.shape[1] - 1 - x[:, ::-1].argmax(axis=1)] = g
    return dx


def _max_of_columns(g, y, x):
    hit = x == x.max(axis=0)
    return g[:, None] * hit / hit.sum(axis=0)


def _max_in_place(g, y, x):
    x[x < y[:, None]] = 0
    return g[:, None] * (x == y[:, None]) / (x == y[:, None]).sum(1, keepdims=True)


def _max_all(g, y, x):
    return np.repeat(g[:, None], x.shape[1], axis=1)


# -------------------------------------------------------------------------- 9.4


class _DualPlain:
    """With isinstance, math and one method built on another."""

    def __init__(self, value, slope=0):
        self.value = value
        self.slope = slope

    def __add__(self, other):
        if isinstance(other, _DualPlain):
            return _DualPlain(self.value + other.value, self.slope + other.slope)
        return _DualPlain(self.value + other, self.slope)

    __radd__ = __add__

    def __neg__(self):
        return _DualPlain(-self.value, -self.slope)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if not isinstance(other, _DualPlain):
            other = _DualPlain(other)
        return _DualPlain(
            self.value * other.value,
            self.value * other.slope + self.slope * other.value,
        )

    __rmul__ = __mul__

    def __pow__(self, n):
        return _DualPlain(self.value**n, n * self.value ** (n - 1) * self.slope)

    def __truediv__(self, other):
        return self * (
            other**-1 if isinstance(other, _DualPlain) else _DualPlain(1 / other)
        )

    def __rtruediv__(self, other):
        return other * self**-1

    def tanh(self):
        return _DualPlain(
            math.tanh(self.value), self.slope / math.cosh(self.value) ** 2
        )


class _DualTuple(tuple):
    """A tuple underneath, and properties."""

    def __new__(cls, value, slope=0.0):
        return super().__new__(cls, (value, slope))

    value = property(lambda self: self[0])
    slope = property(lambda self: self[1])

    def _with(self, other, f):
        a, da = self
        b, db = other if isinstance(other, tuple) else (other, 0.0)
        return _DualTuple(*f(a, da, b, db))

    def __add__(self, other):
        return self._with(other, lambda a, da, b, db: (a + b, da + db))

    def __sub__(self, other):
        return self._with(other, lambda a, da, b, db: (a - b, da - db))

    def __mul__(self, other):
        return self._with(other, lambda a, da, b, db: (a * b, da * b + a * db))

    def __truediv__(self, other):
        return self._with(other, lambda a, da, b, db: (a / b, da / b - a * db / b / b))

    def __rsub__(self, other):
        return _DualTuple(other) - self

    def __rtruediv__(self, other):
        return _DualTuple(other) / self

    def __pow__(self, n):
        return _DualTuple(self[0] ** n, n * self[0] ** (n - 1) * self[1])

    def tanh(self):
        e = np.exp(2 * self[0])
        return _DualTuple((e - 1) / (e + 1), self[1] * 4 * e / (e + 1) ** 2)

    __radd__, __rmul__ = __add__, __mul__


class _DualSlots:
    """Slots, NumPy scalars, and a matrix for each number."""

    __slots__ = ("m",)

    def __init__(self, value, slope=0.0):
        self.m = np.array([[value, slope], [0.0, value]])

    value = property(lambda self: self.m[0, 0])
    slope = property(lambda self: self.m[0, 1])

    @classmethod
    def of(cls, m):
        return cls(m[0, 0], m[0, 1])

    def matrix(self, other):
        return other.m if isinstance(other, _DualSlots) else other * np.eye(2)

    def __add__(self, other):
        return self.of(self.m + self.matrix(other))

    def __sub__(self, other):
        return self.of(self.m - self.matrix(other))

    def __mul__(self, other):
        return self.of(self.m @ self.matrix(other))

    def __truediv__(self, other):
        return self.of(self.m @ np.linalg.inv(self.matrix(other)))

    def __rsub__(self, other):
        return self.of(self.matrix(other) - self.m)

    def __rtruediv__(self, other):
        return self.of(self.matrix(other) @ np.linalg.inv(self.m))

    def __pow__(self, n):
        a, da = self.m[0]
        return _DualSlots(a**n, n * a ** (n - 1) * da)

    def tanh(self):
        y = np.tanh(self.value)
        return _DualSlots(y, (1 + y) * (1 - y) * self.slope)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other


class _DualInPlace(_DualPlain):
    """`+` changes its left side, which others use as well."""

    def __add__(self, other):
        other = other if isinstance(other, _DualPlain) else _DualPlain(other)
        self.value += other.value
        self.slope += other.slope
        return self

    __radd__ = __add__


class _DualNoR(_DualPlain):
    def __rtruediv__(self, other):
        return NotImplemented


class _DualSilent(_DualPlain):
    def tanh(self):
        _DualPlain(math.tanh(self.value), self.slope)


class _DualPair(_DualPlain):
    def __mul__(self, other):
        found = super().__mul__(other)
        return found.value, found.slope

    __rmul__ = __mul__


class _DualLogPower(_DualPlain):
    def __pow__(self, n):
        y = np.exp(n * np.log(self.value))
        return type(self)(y, n * y / self.value * self.slope)


class _DualTanhOfInput(_DualPlain):
    def tanh(self):
        slope = (1 - self.value**2) * self.slope
        return _DualPlain(math.tanh(self.value), slope)


class _DualOnlyDual(_DualPlain):
    def __add__(self, other):
        return _DualOnlyDual(self.value + other.value, self.slope + other.slope)


class _DualHalf:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return _DualHalf(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other): ...


# -------------------------------------------------------------------------- 9.5


def _hessian_of_other_order(f, x, v):
    """The derivative of w -> J^T w, in the direction v: three walks."""
    x = Tensor(x, needs_grad=True)
    y = f(x)
    (g,) = grad(y, [x], create_graph=True)
    total = (v * g).sum()
    if not total.needs_grad:
        return 0 * v
    total.backward()
    return np.zeros(v.shape) if x.grad is None else x.grad


def _hessian_by_tensor(f, x, v):
    x, v = Tensor(x, needs_grad=True), Tensor(v)
    first = grad(f(x), (x,), create_graph=True)[0]
    found = grad((first * v).sum(), (x,), create_graph=True)[0]
    return v.data * 0 if found is None else found.data


def _hessian_flat(f, x, v):
    flat = Tensor(x.ravel(), needs_grad=True)
    g = grad(f(flat.reshape(*x.shape)), [flat], create_graph=True)[0]
    row = g.reshape(1, -1) @ v.reshape(-1, 1)
    found = grad(row.sum(), [flat])[0]
    return np.zeros_like(x) if found is None else found.reshape(x.shape)


def _hessian_by_mean(f, x, v):
    x = Tensor(np.copy(x), True)
    [g] = grad(f(x), [x], True)
    [h] = grad((g * v).mean(), [x])
    return np.zeros(x.shape) if h is None else h * v.size


def _hessian_of_sum(f, x, v):
    """Of f + 0 x², which is never straight."""
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x) + 0.0 * (x * x).sum(), [x], create_graph=True)
    return grad((g * v).sum(), [x])[0]


def _hessian_along_a_line(f, x, v):
    """The gradient by x of the slope along v, at t = 0."""
    t, x = Tensor(0.0, needs_grad=True), Tensor(x, needs_grad=True)
    (slope,) = grad(f(x + t * v), [t], create_graph=True)
    found = grad(slope, [x])[0] if slope.needs_grad else None
    return np.zeros_like(x.data) if found is None else found


def _hessian_by_rows(f, x, v):
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x), [x], create_graph=True)
    g, rows = g.reshape(-1), []
    for i in range(v.size):
        row = grad(g[i], [x])[0]
        rows.append(np.zeros(v.size) if row is None else row.ravel())
    return (np.array(rows) @ v.ravel()).reshape(v.shape)


def _hessian_one_walk(f, x, v):
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x), [x])
    return grad((g * v).sum(), [x])[0]


def _hessian_of_an_array(f, x, v):
    (g,) = grad(f(x), [x], create_graph=True)
    return grad((g * v).sum(), [x])[0]


def _hessian_by_backward(f, x, v):
    x = Tensor(x, needs_grad=True)
    f(x).backward()
    return grad((x.grad * v).sum(), [x])[0]


def _hessian_of_vector(f, x, v):
    x = Tensor(x, needs_grad=True)
    (g,) = grad(f(x), [x], create_graph=True)
    return grad(g * v, [x])[0]


def _hessian_as_tensor(f, x, v):
    return Tensor(ch.hessian_times(f, x, v))


def _quadratic_form(f, x, v):
    return np.sum(v * ch.hessian_times(f, x, v))


def _differences(up, down):
    def answer(f, x, v):
        def gradient(step):
            nudged = Tensor(x + step * v, needs_grad=True)
            return grad(f(nudged), [nudged])[0]

        return (gradient(up) - gradient(down)) / (up - down)

    return answer


def _writes_into_v(f, x, v):
    found = ch.hessian_times(f, x, v)
    v[...] = found
    return v


# -------------------------------------------------------------------------- 9.6


def _checkpoints_in_a_list(steps, x, g, every):
    kept, n = [], len(steps)
    for i in range(n):
        if i % every == 0:
            kept.append(x)
        x = steps[i].forward(x)
    while kept:
        start, x = (len(kept) - 1) * every, kept.pop()
        stop = min(start + every, n)
        values = {start: x}
        for i in range(start, stop - 1):
            values[i + 1] = steps[i].forward(values[i])
        for i in range(stop - 1, start - 1, -1):
            g = steps[i].backward(values[i], g)
    return g


def _checkpoints_by_recursion(steps, x, g, every):
    if not steps:
        return g
    value = x
    for step in steps[:every]:
        value = step.forward(value)
    g = _checkpoints_by_recursion(steps[every:], value, g, every)
    inputs = [x]
    for step in steps[: every - 1]:
        inputs.append(step.forward(inputs[-1]))
    for step, value in zip(
        reversed(steps[:every]), reversed(inputs[: len(steps)]), strict=True
    ):
        g = step.backward(value, g)
    return g


def _recompute(steps, x):
    values = [x]
    for step in steps:
        values.append(step.forward(values[-1]))
    return values


def _checkpoints_with_a_helper(steps, x, g, every):
    """Hold each part's last value as well, which is not needed."""
    parts = [steps[i : i + every] for i in range(0, len(steps), every)]
    starts = [x]
    for part in parts:
        starts.append(_recompute(part, starts[-1])[-1])
    for part, start in zip(parts[::-1], starts[-2::-1], strict=True):
        values = _recompute(part, start)
        for k in reversed(range(len(part))):
            g = part[k].backward(values[k], g)
    return g


def _checkpoints_on_numbers(steps, x, g, every):
    kept = {0: np.array(x)}
    for i, step in enumerate(steps, 1):
        x = step.forward(x)
        if i % every == 0 and i < len(steps):
            kept[i] = x.copy()
    del x
    for i in sorted(kept, reverse=True):
        inner = [kept.pop(i)]
        inner += _recompute(steps[i : i + every], inner[0])[1:]
        for step, value in list(zip(steps[i : i + every], inner, strict=False))[::-1]:
            g = step.backward(value, g)
    return np.asarray(g)


def _checkpoints_by_a_closure(steps, x, g, every):
    """Each part is one large step that remembers nothing."""

    def back(part, start, g):
        if not part:
            return g
        first, *rest = part
        g = back(rest, first.forward(start), g) if rest else g
        return first.backward(start, g)

    kept = [x]
    for step_number, step in enumerate(steps, 1):
        x = step.forward(x)
        if not step_number % every:
            kept += [x]
    for j in reversed(range(0, -(-len(steps) // every))):
        g = back(steps[j * every : (j + 1) * every], kept[j], g)
    return g


def _all_kept(steps, x, g, every):
    values = _recompute(steps, x)
    for step, value in zip(steps[::-1], values[-2::-1], strict=True):
        g = step.backward(value, g)
    return g


def _all_copied(steps, x, g, every):
    values = [x.copy()]
    for step in steps[:-1]:
        values.append(step.forward(values[-1]).copy())
    for step in steps[::-1]:
        g = step.backward(values.pop(), g)
    return g


def _run_on(steps, x):
    for step in steps:
        x = step.forward(x)
    return x


def _nothing_kept(steps, x, g, every):
    for i in reversed(range(len(steps))):
        g = steps[i].backward(_run_on(steps[:i], x), g)
    return g


def _part_again_for_each_step(steps, x, g, every):
    kept = [x]
    for i in range(0, len(steps) - every, every):
        kept.append(_run_on(steps[i : i + every], kept[-1]))
    for i in reversed(range(len(steps))):
        start = i // every
        g = steps[i].backward(_run_on(steps[start * every : i], kept[start]), g)
    return g


def _every_third(steps, x, g, every):
    return ch.checkpointed(steps, x, g, 30)


def _checkpoint_one_late(steps, x, g, every):
    kept = {}
    for i, step in enumerate(steps):
        x = step.forward(x)
        if i % every == 0:
            kept[i] = x
    for i in reversed(kept):
        values = _recompute(steps[i : i + every], kept[i])
        for k, step in reversed(list(enumerate(steps[i : i + every]))):
            g = step.backward(values[k], g)
    return g


def _one_step_too_few(steps, x, g, every):
    kept = {i: v for i, v in enumerate(_recompute(steps, x)) if i % every == 0}
    for i in reversed([i for i in kept if i < len(steps)]):
        values = _recompute(steps[i : i + every], kept[i])
        for k in range(min(every, len(steps) - i) - 1, 0, -1):
            g = steps[i + k].backward(values[k], g)
    return g


def _gradient_and_value(steps, x, g, every):
    return ch.checkpointed(steps, x, g, every), x


# -------------------------------------------------------------------------- 9.7


def _needed_by_recursion(steps, outputs):
    by_name, seen = {step[0]: step for step in steps}, set()

    def visit(name):
        if name in by_name and name not in seen:
            seen.add(name)
            for source in by_name[name][2]:
                visit(source)

    for name in outputs:
        visit(name)
    return [step for step in steps if step[0] in seen]


def _needed_by_stack(steps, outputs):
    inputs = {name: sources for name, _, sources in steps}
    todo, seen = list(outputs), set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += inputs.get(name, ())
    return tuple(step for step in steps if step[0] in seen)


def _needed_until_nothing_changes(steps, outputs):
    while True:
        used = {n for s in steps for n in s[2]} | set(outputs)
        left = [s for s in steps if s[0] in used]
        if len(left) == len(steps):
            return left
        steps = left


def _needed_by_flags(steps, outputs):
    names = list(outputs)
    alive = [False] * len(steps)
    for i in range(len(steps) - 1, -1, -1):
        if steps[i][0] in names:
            alive[i] = True
            names.extend(steps[i][2])
    return [list(s) for s, keep in zip(steps, alive, strict=True) if keep]


def _needed_grows(steps, outputs):
    needed, before = set(outputs), None
    while needed != before:
        before = set(needed)
        for name, _, inputs in steps:
            if name in needed:
                needed |= set(inputs)
    return [*filter(lambda step: step[0] in needed, steps)]


def _needed_inserted(steps, outputs):
    kept, needed = [], dict.fromkeys(outputs, True)
    for name, op, (*inputs,) in steps[::-1]:
        if needed.get(name):
            kept.insert(0, (name, op, tuple(inputs)))
            needed.update(dict.fromkeys(inputs, True))
    return kept


def _needed_names(steps, outputs):
    return [step[0] for step in ch.needed_steps(steps, outputs)]


def _needed_again_and_again(steps, outputs):
    by_name, names = {step[0]: step for step in steps}, []

    def visit(name):
        if name in by_name:
            for source in by_name[name][2]:
                visit(source)
            names.append(name)

    for name in outputs:
        visit(name)
    return [step for step in steps if step[0] in names]


def _needed_strict(steps, outputs):
    by_name = {step[0]: step for step in steps}
    todo, names = [by_name[n] for n in outputs], set()
    while todo:
        name, _, inputs = todo.pop()
        names.add(name)
        todo += [by_name[n] for n in inputs if n != "x"]
    return [step for step in steps if step[0] in names]


def _needed_first_output(steps, outputs):
    return ch.needed_steps(steps, outputs[:1])


def _needed_twice(steps, outputs):
    kept = []
    for output in outputs:
        kept += ch.needed_steps(steps, [output])
    return kept


def _needed_removed(steps, outputs):
    for step in ch.needed_steps(steps, outputs):
        steps.remove(step)
    return steps


def _needed_up_to_the_last(steps, outputs):
    places = [i for i, step in enumerate(steps) if step[0] in outputs]
    return steps[: max(places, default=-1) + 1]


# -------------------------------------------------------------------------- 9.8


def _log_softmax_by_logaddexp(x, g):
    y = x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
    return y, g - np.exp(y) * np.sum(g, -1)[..., None]


def _log_softmax_by_rows(x, g):
    if x.ndim == 2:
        pairs = [_log_softmax_by_rows(*pair) for pair in zip(x, g, strict=True)]
        return tuple(map(np.array, zip(*pairs, strict=True)))
    m = max(x)
    y = x - (m + math.log(sum(math.exp(v - m) for v in x)))
    return y, g - np.exp(y) * sum(g)


def _log_softmax_by_matrix(x, g):
    y = x - np.max(x, -1, keepdims=True)
    y = y - np.log(np.sum(np.exp(y), -1, keepdims=True))
    local = np.eye(x.shape[-1]) - np.exp(y)[..., None, :]
    return [y, np.einsum("...i,...ik->...k", g, local)]


def _log_softmax_by_engine(x, g):
    t = Tensor(x, needs_grad=True)
    y = autograd.log_softmax(t)
    return y.data, grad((y * g).sum(), [t])[0]


def _log_softmax_as_an_array(x, g):
    return np.stack(ch.stable_log_softmax(x, g))


def _log_softmax_by_log1p(x, g):
    """The largest counts as the 1 of log1p."""
    x2, g2 = np.atleast_2d(x), np.atleast_2d(g)
    best = x2.argmax(axis=1)
    z = x2 - x2[np.arange(len(x2)), best][:, None]
    e = np.exp(z)
    e[np.arange(len(x2)), best] = 0
    y = z - np.log1p(e.sum(axis=1))[:, None]
    dx = g2 - np.exp(y) * g2.sum(axis=1)[:, None]
    return y.reshape(x.shape), dx.reshape(x.shape)


def _log_softmax_turned(x, g):
    z = (x.T - x.max(-1)).T
    y = (z.T - np.log(np.exp(z).sum(-1))).T
    return y, g - (np.exp(y).T * g.sum(-1)).T


def _with_y(value):
    def answer(x, g):
        return value(x), ch.stable_log_softmax(x, g)[1]

    return answer


def _shifted_by_all(x, g):
    z = x - x.max()
    y = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return y, g - np.exp(y) * g.sum(axis=-1, keepdims=True)


def _clipped(x):
    x = np.clip(x, -500, 500)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def _without_keepdims(x):
    z = x - x.max(axis=-1)
    return z - np.log(np.exp(z).sum(axis=-1))


def _half_shifted(x):
    m = x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x - m).sum(axis=-1, keepdims=True))


def _by_mean(x):
    z = x - x.mean(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def _log_softmax_in_place(x, g):
    x -= x.max(axis=-1, keepdims=True)
    return ch.stable_log_softmax(x, g)


def _log_softmax_alone(x, g):
    return autograd.log_softmax(x)


def _axis_one(x, g):
    z = x - x.max(axis=1, keepdims=True)
    y = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return y, g - np.exp(y) * g.sum(axis=1, keepdims=True)


def _over_columns(x, g):
    return ch.stable_log_softmax(x.T, g.T)[0].T, ch.stable_log_softmax(x.T, g.T)[1].T


# ------------------------------------------------------------------------ 9.lab


def _walk_with_lists(tape, g):
    """Collect all that arrives, and sum it when the name's turn comes."""
    arrived = {tape[-1][0]: [g]}
    for name, rule, inputs in tape[::-1]:
        if name in arrived:
            parts = rule(sum(arrived[name][1:], arrived[name][0]))
            for source, part in zip(inputs, parts, strict=True):
                arrived.setdefault(source, []).append(part)
    return {name: sum(parts[1:], parts[0]) for name, parts in arrived.items()}


def _walk_with_copies(tape, g):
    grads = {tape[-1][0]: np.copy(g)}
    for name, rule, inputs in reversed(tape):
        if name in grads:
            for source, more in zip(inputs, rule(grads[name]), strict=True):
                if source in grads:
                    grads[source] += more
                else:
                    grads[source] = np.copy(more)
    return grads


def _walk_from_zero(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        gradient = grads.pop(name, None)
        if gradient is not None:
            for source, more in zip(inputs, rule(gradient), strict=True):
                grads[source] = grads.get(source, 0) + more
    return grads


def _walk_from_a_number(tape, g):
    """Add in place, but to an array of its own: 0 + more is a new one."""
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(grads[name]), strict=True):
            grads.setdefault(source, 0)
            grads[source] += more
    return grads


def _walk_into_out(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(grads[name]), strict=True):
            if source not in grads:
                grads[source] = more
            elif np.ndim(more):
                np.add(grads[source], more, out=grads[source])
            else:
                grads[source] = grads[source] + more
    return grads


def _walk_by_np_add(tape, g):
    grads = {tape[-1][0]: g}
    i = len(tape)
    while i:
        i -= 1
        name, rule, inputs = tape[i]
        if name not in grads:
            continue
        for k, more in enumerate(rule(grads[name])):
            old = grads.get(inputs[k])
            grads[inputs[k]] = more if old is None else np.add(old, more)
    return grads


def _walk_with_deepcopy(tape, g):
    import copy

    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        if name in grads:
            parts = [copy.deepcopy(part) for part in rule(grads[name])]
            for source, more in zip(inputs, parts, strict=True):
                if source in grads:
                    grads[source] += more
                else:
                    grads[source] = more
    return grads


def _walk_with_defaultdict(tape, g):
    from collections import defaultdict

    grads = defaultdict(float, {tape[-1][0]: g})
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(grads[name]), strict=True):
            grads[source] = more + grads[source]
    return grads


def _walk_copies_by_method(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(grads[name]), strict=True):
            if source in grads:
                grads[source] += more
            else:
                grads[source] = more.copy()
    return grads


def _walk_copies_what_is_added(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for source, more in zip(inputs, rule(grads[name]), strict=True):
            if source in grads:
                grads[source] += np.copy(more)
            else:
                grads[source] = more
    return grads


def _walk_copies_first_input(tape, g):
    """Copy for the first input alone."""
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        for k, (source, more) in enumerate(zip(inputs, rule(grads[name]), strict=True)):
            if source in grads:
                grads[source] += more
            else:
                grads[source] = np.copy(more) if k == 0 else more
    return grads


def _walk_forwards(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in tape:
        if name in grads:
            for source, more in zip(inputs, rule(grads[name]), strict=True):
                grads[source] = grads.get(source, 0) + more
    return grads


def _walk_by_recursion(tape, g):
    steps = {name: (rule, inputs) for name, rule, inputs in tape}
    grads = {}

    def visit(name, g):
        grads[name] = grads.get(name, 0) + g
        if name in steps:
            rule, inputs = steps[name]
            for source, more in zip(inputs, rule(grads[name]), strict=True):
                visit(source, more)

    visit(tape[-1][0], g)
    return grads


def _walk_as_pair(tape, g):
    found = ch.walk_back(tape, g)
    return found["x"], found["y"]


def _walk_loses_twins(tape, g):
    grads = {tape[-1][0]: g}
    for name, rule, inputs in reversed(tape):
        parts = dict(zip(inputs, rule(grads[name]), strict=True))
        for source, more in parts.items():
            grads[source] = grads.get(source, 0) + more
    return grads


WRONG = {
    "9.1": [
        ("NumPy", lambda: _division_by_numpy, "NumPy's functions refuse tensors."),
        ("in place", lambda: _division_in_place, "changes its input `g`"),
        ("plain arrays", lambda: _division_on_plain_arrays, "second gradient"),
        ("no return", lambda: _no_return, "returned nothing"),
        ("one only", lambda: lambda g, y, a, b: g / b, "expected a tuple of length 2"),
        (
            "named",
            lambda: lambda g, y, a, b: {"da": g / b, "db": -g * y / b},
            "is a dict of length 2, expected a tuple",
        ),
        ("abs", lambda: lambda g, y, a, b: (g / abs(b), -g * y / b), "`da` of"),
        ("swapped", lambda: lambda g, y, a, b: (-g * y / b, g / b), "`da` of"),
        ("a called", lambda: ch.division_rules(1.0, 1.0, 1.0, 1.0), "`division_rules`"),
    ],
    "9.2": [
        ("lists", lambda: _product_as_lists, "makes an array from a list"),
        ("from the left", lambda: _product(_sum_from_the_left), "cannot reshape"),
        ("where unequal", lambda: _product(_sum_of_unequal), "(1, 3)"),
        ("of all", lambda: _product(_sum_of_all), "is not right"),
        ("largest", lambda: _product(_kept(_largest)), "is not right"),
        ("first", lambda: _product(_kept(_first)), "is not right"),
        ("reshape", lambda: _product(np.reshape), "cannot reshape"),
        ("resize", lambda: _product(np.resize), "is not right"),
        ("one only", lambda: lambda g, a, b: g * b, "expected a tuple of length 2"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "9.3": [
        ("no column", lambda: _max_without_column, "broadcast"),
        ("last", lambda: _max_last, "is not right"),
        ("columns", lambda: _max_of_columns, "is not right"),
        ("in place", lambda: _max_in_place, "changes its input `x`"),
        ("all", lambda: _max_all, "is not right"),
        ("a list", lambda: lambda *a: _max_by_where(*a).tolist(), "from a list"),
        ("a mask", lambda: lambda g, y, x: x == y[:, None], "yours: True"),
    ],
    "9.4": [
        ("in place", lambda: _DualInPlace, "is not right, with"),
        ("no 3 / x", lambda: _DualNoR, "unsupported operand"),
        ("silent", lambda: _DualSilent, "tanh()` of Dual returned nothing"),
        ("a pair", lambda: _DualPair, "x * y gives a tuple, not a dual number"),
        ("log", lambda: _DualLogPower, "-1.5"),
        ("tanh of x", lambda: _DualTanhOfInput, "`slope` of `Dual` is not right"),
        ("no numbers", lambda: _DualOnlyDual, "no attribute 'value'"),
        ("half", lambda: _DualHalf, "The method `__mul__` is still empty"),
        ("an object", lambda: _DualPlain(1.0), "without parentheses"),
    ],
    "9.5": [
        ("by rows", lambda: _hessian_by_rows, "Two walks are enough"),
        ("no graph", lambda: _hessian_one_walk, "`create_graph=True`. Otherwise it is"),
        ("an array for x", lambda: _hessian_of_an_array, "make one of `x`"),
        ("backward", lambda: _hessian_by_backward, "`create_graph=True`"),
        ("a vector", lambda: _hessian_of_vector, "one number to start from"),
        ("a tensor", lambda: _hessian_as_tensor, "an object of type `Tensor`"),
        ("a number", lambda: _quadratic_form, "is one number"),
        ("forward difference", lambda: _differences(1e-6, 0), "is not right"),
        ("a small step", lambda: _differences(1e-7, -1e-7), "is not right"),
        ("a smaller step", lambda: _differences(1e-8, -1e-8), "is not right"),
        ("into v", lambda: _writes_into_v, "changes its input `v`"),
    ],
    "9.6": [
        ("all kept", lambda: _all_kept, "you held about 6"),
        ("nothing kept", lambda: _nothing_kept, "one step ran forwards 59 times"),
        ("again", lambda: _part_again_for_each_step, "Twice is enough"),
        ("copies of all", lambda: _all_copied, "values at once"),
        ("another every", lambda: _every_third, "values at once"),
        ("one late", lambda: _checkpoint_one_late, "checkpointed"),
        ("one too few", lambda: _one_step_too_few, "checkpointed"),
        ("a pair", lambda: _gradient_and_value, "is a tuple of length 2"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
    "9.7": [
        ("names", lambda: _needed_names, "is a text, expected a tuple"),
        ("again and again", lambda: _needed_again_and_again, "did not finish"),
        ("strict", lambda: _needed_strict, "KeyError: 'x'"),
        ("first output", lambda: _needed_first_output, "of length 2, expected"),
        ("twice", lambda: _needed_twice, "a list of length 4, expected"),
        ("removed", lambda: _needed_removed, "expected a list of length"),
        ("a set", lambda: lambda *a: set(ch.needed_steps(*a)), "of type `set`"),
        ("outputs", lambda: lambda s, o: [p for p in s if p[0] in o], "a list of"),
        ("up to the last", lambda: _needed_up_to_the_last, "expected a list of"),
    ],
    "9.8": [
        (
            "shifted by all",
            lambda: _shifted_by_all,
            "a largest entry of its own",
        ),
        ("clipped", lambda: _with_y(_clipped), "is not right"),
        ("no keepdims", lambda: _with_y(_without_keepdims), "broadcast together"),
        ("half shifted", lambda: _with_y(_half_shifted), "is not right"),
        ("by the mean", lambda: _with_y(_by_mean), "overflow"),
        ("in place", lambda: _log_softmax_in_place, "changes its input `x`"),
        ("one only", lambda: _log_softmax_alone, "expected a tuple of length 2"),
        ("axis 1", lambda: _axis_one, "out of bounds"),
        ("columns", lambda: _over_columns, "wrong for a batch"),
    ],
    "9.lab": [
        (
            "copy method",
            lambda: _walk_copies_by_method,
            "'float' object has no attribute 'copy'",
        ),
        ("copies what is added", lambda: _walk_copies_what_is_added, "`+=` writes"),
        ("copies for one", lambda: _walk_copies_first_input, "changes its input `g`"),
        ("out=", lambda: _walk_into_out, "another name has hold of"),
        ("forwards", lambda: _walk_forwards, "lacks `p`, `x`, `y`"),
        ("recursion", lambda: _walk_by_recursion, "is not right"),
        ("a pair", lambda: _walk_as_pair, "is a tuple of length 2, expected a dict"),
        ("twins", lambda: _walk_loses_twins, "is not right"),
        ("no return", lambda: _no_return, "returned nothing"),
    ],
}

RIGHT = {
    "9.1": [
        ("a list, with one division", lambda: _division_with_names),
        ("step by step", lambda: _division_step_by_step),
        ("powers", lambda: _division_by_powers),
        ("a loop", lambda: _division_by_loop),
        ("without y", lambda: lambda g, y, a, b: (g / b, -(a * g) / (b * b))),
        ("one over b", lambda: lambda g, y, a, b: (1 / b * g, 0 - g / b * y)),
    ],
    "9.2": [
        ("einsum", lambda: _product(_sum_by_einsum)),
        ("recursion", lambda: _product(_sum_recursively)),
        ("in one go", lambda: _product(_sum_in_one_go)),
        ("by the engine", lambda: _product_by_engine),
        ("by the engine's rule", lambda: _product_by_sum_like),
        ("by hand", lambda: _product(_sum_by_hand)),
        ("from the right", lambda: _product(_sum_from_the_right)),
    ],
    "9.3": [
        ("row by row", lambda: _max_row_by_row),
        ("where", lambda: _max_by_where),
        ("turned", lambda: _max_turned),
        ("indices", lambda: _max_by_indices),
        ("by the engine", lambda: _max_by_engine),
        ("einsum", lambda: _max_by_einsum),
    ],
    "9.4": [
        ("plain", lambda: _DualPlain),
        ("a tuple", lambda: _DualTuple),
        ("matrices in slots", lambda: _DualSlots),
    ],
    "9.5": [
        ("backward", lambda: _hessian_of_other_order),
        ("a tensor for v", lambda: _hessian_by_tensor),
        ("flat", lambda: _hessian_flat),
        ("by a mean", lambda: _hessian_by_mean),
        ("never straight", lambda: _hessian_of_sum),
        ("along a line", lambda: _hessian_along_a_line),
    ],
    "9.6": [
        ("in a list", lambda: _checkpoints_in_a_list),
        ("recursion", lambda: _checkpoints_by_recursion),
        ("a helper", lambda: _checkpoints_with_a_helper),
        ("copies", lambda: _checkpoints_on_numbers),
        ("a closure", lambda: _checkpoints_by_a_closure),
    ],
    "9.7": [
        ("recursion", lambda: _needed_by_recursion),
        ("a stack, a tuple", lambda: _needed_by_stack),
        ("until nothing changes", lambda: _needed_until_nothing_changes),
        ("flags, lists", lambda: _needed_by_flags),
        ("growing", lambda: _needed_grows),
        ("inserted", lambda: _needed_inserted),
    ],
    "9.8": [
        ("logaddexp", lambda: _log_softmax_by_logaddexp),
        ("row by row", lambda: _log_softmax_by_rows),
        ("the matrix", lambda: _log_softmax_by_matrix),
        ("by the engine", lambda: _log_softmax_by_engine),
        ("an array", lambda: _log_softmax_as_an_array),
        ("log1p", lambda: _log_softmax_by_log1p),
        ("turned", lambda: _log_softmax_turned),
    ],
    "9.lab": [
        ("lists", lambda: _walk_with_lists),
        ("copies", lambda: _walk_with_copies),
        ("from zero, popped", lambda: _walk_from_zero),
        ("np.add", lambda: _walk_by_np_add),
        ("from a number", lambda: _walk_from_a_number),
        ("deepcopy", lambda: _walk_with_deepcopy),
        ("defaultdict", lambda: _walk_with_defaultdict),
    ],
}
