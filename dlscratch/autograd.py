"""Automatic differentiation: one table of rules that works in three worlds.

On arrays a rule computes the gradient of one step back. On a `Tensor`, which remembers
how it was computed, it writes down a computation that can be differentiated again. On a
`Symbol`, which has no value yet, it extends a program that `function` compiles.

>>> x = Tensor(2.0, needs_grad=True)
>>> y = x**4 - 2 * x**2
>>> y.backward()
>>> float(x.grad)
24.0
"""

import keyword
from contextlib import contextmanager

import numpy as np

from dlscratch import functions

# ------------------------------------------------------------------ operations


class Op:
    """A function of arrays, and how gradients pass through it.

    Parameters
    ----------
    name : str
    forward : function of (*arrays, **options)
        Computes the result.
    *rules : function of (g, y, *inputs, **options), or None
        One for each input, in order: its gradient, from the gradient ``g`` of the
        result ``y``. Rules call nothing but operations, so that they work in each
        world. An input without a rule gets no gradient.
    """

    def __init__(self, name, forward, *rules):
        self.name, self.forward, self.rules = name, forward, rules

    def rule(self, k):
        """Return the rule of input ``k``, or None."""
        return self.rules[k] if k < len(self.rules) else None

    def run(self, *arrays, **options):
        """Compute the result of arrays; where shapes do not fit, name them."""
        try:
            return self.forward(*arrays, **options)
        except (ValueError, IndexError) as error:
            shapes = ", ".join(str(np.shape(x)) for x in arrays)
            raise type(error)(f"{self.name} of shapes {shapes}: {error}") from None

    def __call__(self, *inputs, **options):
        """Compute, record or extend: what the inputs ask for."""
        variables = [x for x in inputs if isinstance(x, Variable)]
        if not variables:
            return self.run(*inputs, **options)
        if any(isinstance(x, Symbol) for x in variables):
            return Symbol(self, [_symbol(x) for x in inputs], options)
        arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
        y = Tensor(self.run(*arrays, **options))
        if _recording and any(x.needs_grad for x in variables):
            y.needs_grad, y.node = True, (self, inputs, options)
        return y


# ------------------------------------------------------------------- the rules
#
# A rule has g, the gradient of the result y, then y and the inputs.


def _sum_like(g, x):
    shape = np.shape(x)
    if np.shape(g) == shape:
        return g
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return g.sum(axis=axes, keepdims=True) if axes else g


sum_like = Op("sum_like", _sum_like, lambda g, y, a, x: broadcast_like(g, a))
broadcast_like = Op(
    "broadcast_like",
    lambda a, x: np.broadcast_to(a, np.shape(x)),
    lambda g, y, a, x: sum_like(g, a),
)
ones_like = Op("ones_like", np.ones_like)

add = Op(
    "add", np.add, lambda g, y, a, b: sum_like(g, a), lambda g, y, a, b: sum_like(g, b)
)
subtract = Op(
    "subtract",
    np.subtract,
    lambda g, y, a, b: sum_like(g, a),
    lambda g, y, a, b: sum_like(-g, b),
)
multiply = Op(
    "multiply",
    np.multiply,
    lambda g, y, a, b: sum_like(g * b, a),
    lambda g, y, a, b: sum_like(g * a, b),
)
divide = Op(
    "divide",
    np.divide,
    lambda g, y, a, b: sum_like(g / b, a),
    lambda g, y, a, b: sum_like(-g * y / b, b),
)


def _power(x, n):
    if not isinstance(n, int | float | np.integer | np.floating):
        raise TypeError(f"power: expected a number as exponent, got {type(n).__name__}")
    return x**n


power = Op("power", _power, lambda g, y, x, n: g * n * x ** (n - 1) if n else 0.0 * g)
exp = Op("exp", np.exp, lambda g, y, x: g * y)
log = Op("log", np.log, lambda g, y, x: g / x)
sin = Op("sin", np.sin, lambda g, y, x: g * cos(x))
cos = Op("cos", np.cos, lambda g, y, x: -g * sin(x))
tanh = Op("tanh", np.tanh, lambda g, y, x: g * (1.0 - y * y))
sigmoid = Op("sigmoid", functions.sigmoid, lambda g, y, x: g * y * (1.0 - y))
is_positive = Op("is_positive", lambda x: (x > 0).astype(x.dtype))
relu = Op("relu", functions.relu, lambda g, y, x: g * is_positive(x))


def _matmul(a, b):
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        raise ValueError("expected at least two axes each")
    return np.matmul(a, b)


swap = Op("swap", lambda x: x.swapaxes(-1, -2), lambda g, y, x: swap(g))
matmul = Op(
    "matmul",
    _matmul,
    lambda g, y, a, b: sum_like(g @ swap(b), a),
    lambda g, y, a, b: sum_like(swap(a) @ g, b),
)


def _expand_like(a, x, axis, keepdims):
    if axis is not None and not keepdims:
        a = np.expand_dims(a, axis)
    return np.broadcast_to(a, np.shape(x))


def _count(x, axis):
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis)
    return np.asarray(np.prod([np.shape(x)[i] for i in axes]), x.dtype)


def _to_largest(g, y, x, axis, keepdims):
    hit = is_equal(expand_like(y, x, axis=axis, keepdims=keepdims), x)
    share = hit / reduce_sum(hit, axis=axis, keepdims=True)
    return expand_like(g, x, axis=axis, keepdims=keepdims) * share


expand_like = Op(
    "expand_like", _expand_like, lambda g, y, a, x, **over: reduce_sum(g, **over)
)
reduce_sum = Op("sum", np.sum, lambda g, y, x, **over: expand_like(g, x, **over))
count = Op("count", _count)
is_equal = Op("is_equal", lambda a, b: (a == b).astype(b.dtype))
reduce_max = Op("max", np.max, _to_largest)

reshape = Op(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda g, y, x, shape: reshape_like(g, x),
)
reshape_like = Op(
    "reshape_like",
    lambda a, x: np.reshape(a, np.shape(x)),
    lambda g, y, a, x: reshape_like(g, a),
)
transpose = Op(
    "transpose",
    lambda x, axes: np.transpose(x, axes),
    lambda g, y, x, axes: transpose(g, axes=_back(axes)),
)


def _back(axes):
    """Return the order of the axes that undoes another one."""
    return axes and tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


def _put(g, x, index):
    """Return zeros of the shape of `x` with `g` added where the index points."""
    total = np.zeros(np.shape(x), g.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, np.ndarray | list) for part in parts):
        np.add.at(total, index, g)  # a place may occur more than once
    else:
        total[index] = g
    return total


getitem = Op(
    "getitem", lambda x, index: x[index], lambda g, y, x, index: put(g, x, index=index)
)
put = Op("put", _put, lambda g, y, a, x, index: getitem(g, index=index))
take = Op("take", lambda x, ids: x[ids], lambda g, y, x, ids: untake(g, x, ids))
untake = Op("untake", _put, lambda g, y, a, x, ids: take(g, ids))


def _each(t):
    return np.arange(len(t)), t


pick = Op("pick", lambda x, t: x[_each(t)], lambda g, y, x, t: unpick(g, x, t))
unpick = Op(
    "unpick", lambda g, x, t: _put(g, x, _each(t)), lambda g, y, a, x, t: pick(g, t)
)


class _Concat(Op):
    """Any number of inputs: the gradient of each is its part of g."""

    def rule(self, k):
        return lambda g, y, *xs, axis: part(g, *xs, axis=axis, k=k)


def _place(xs, axis, k):
    """Return the index of the part of a concatenation that is input `k`."""
    start = sum(np.shape(x)[axis] for x in xs[:k])
    index = [slice(None)] * np.ndim(xs[k])
    index[axis] = slice(start, start + np.shape(xs[k])[axis])
    return tuple(index)


_concat = _Concat("concat", lambda *xs, axis: np.concatenate(xs, axis))
part = Op(
    "part",
    lambda g, *xs, axis, k: g[_place(xs, axis, k)],
    lambda g, y, a, *xs, **which: unpart(g, a, *xs, **which),
)
unpart = Op(
    "unpart",
    lambda g, a, *xs, axis, k: _put(g, a, _place(xs, axis, k)),
    lambda g, y, b, a, *xs, **which: part(g, *xs, **which),
)


def concat(xs, axis=0):
    """Return variables of equal shape, but for one axis, one after the other."""
    return _concat(*xs, axis=axis)


def _log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


log_softmax = Op(
    "log_softmax",
    _log_softmax,
    lambda g, y, x: g - exp(y) * reduce_sum(g, axis=-1, keepdims=True),
)


def softmax(x):
    """Return the softmax along the last axis."""
    return exp(log_softmax(x))


def cross_entropy(x, t):
    """Return the mean cross-entropy of the softmax of scores (N, K), labels (N,)."""
    return -pick(log_softmax(x), t).mean()


# --------------------------------------------------------- variables of all kinds


def _needs_grad(x):
    return isinstance(x, Variable) and x.needs_grad


class Variable:
    """What tensors and symbols share: operators, and methods like an array's."""

    __array_ufunc__ = None  # array + tensor is the tensor's affair
    __hash__ = object.__hash__

    def sum(self, axis=None, keepdims=False):
        """Return the sum of all entries, or along axes."""
        return reduce_sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        """Return the mean of all entries, or along axes."""
        total = reduce_sum(self, axis=axis, keepdims=keepdims)
        return total / count(self, axis=axis)

    def max(self, axis=None, keepdims=False):
        """Return the largest entry, or those along axes; ties share the gradient."""
        return reduce_max(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape):
        """Return the same entries in another shape."""
        return reshape(self, shape=shape)

    def transpose(self, *axes):
        """Return it with its axes in another order, by default reversed."""
        return transpose(self, axes=axes or None)

    @property
    def T(self):
        """With its axes reversed."""
        return transpose(self, axes=None)


for _name, _op in {
    "add": add,
    "sub": subtract,
    "mul": multiply,
    "truediv": divide,
    "matmul": matmul,
}.items():
    setattr(Variable, f"__{_name}__", lambda a, b, op=_op: op(a, b))
    setattr(Variable, f"__r{_name}__", lambda a, b, op=_op: op(b, a))
Variable.__neg__ = lambda x: multiply(x, -1.0)
Variable.__pow__ = lambda x, n: power(x, n=n)
Variable.__getitem__ = lambda x, index: getitem(x, index=index)


# --------------------------------------------------- the second world: tensors

_recording = True


class Tensor(Variable):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Whole numbers become float64 if it needs a gradient.
    needs_grad : bool
        Whether gradients with respect to it are wanted.

    Attributes
    ----------
    grad : ndarray or None
        Set by `backward`.
    node : (Op, inputs, options) or None
        How it was computed, if it was, and if that leads to a gradient.
    """

    def __init__(self, data, needs_grad=False):
        self.data = np.asarray(data)
        if needs_grad and self.data.dtype.kind in "biu":
            self.data = self.data.astype(float)
        self.needs_grad, self.grad, self.node = needs_grad, None, None

    @property
    def shape(self):
        """The shape of its array."""
        return self.data.shape

    def __len__(self):
        """Return the length of its first axis."""
        return len(self.data)

    def __repr__(self):
        """Show its array."""
        inner = np.array2string(self.data, prefix="Tensor(", separator=", ")
        return f"Tensor({inner})"

    def backward(self):
        """Set the ``grad`` of each tensor that it depends on and that needs one.

        The graph is given up on the way, so that its memory is free as early as can be.

        Raises
        ------
        ValueError
            If it is not one number, or depends on nothing that needs a gradient.
        RuntimeError
            If its graph was given up before.
        """
        if not self.needs_grad:
            raise ValueError("backward: nothing here needs a gradient (needs_grad)")
        order = _order([self])
        leaves = [x for x in order if x.node is None]
        for x, g in zip(leaves, _walk_back(order, leaves, free=True), strict=True):
            x.grad = g


_FREED = "freed"


@contextmanager
def no_grad():
    """Compute without remembering, in a ``with`` block."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def grad(y, inputs, create_graph=False):
    """Return the gradients of one number with respect to tensors or symbols.

    Parameters
    ----------
    y : Tensor or Symbol
        One number.
    inputs : list of Tensor or of Symbol
    create_graph : bool
        Whether the gradients shall be tensors that remember how they were computed,
        to be differentiated again. Gradients of symbols are symbols, always.

    Returns
    -------
    list
        An array, Tensor or Symbol for each input; None where `y` does not depend on it.

    Raises
    ------
    ValueError
        If `y` is not one number.
    """
    if not isinstance(y, Variable):
        raise TypeError(f"grad: expected a Tensor or a Symbol, got {type(y).__name__}")
    if not isinstance(inputs, list | tuple):
        raise TypeError("grad: expected a list of inputs, such as [w, b]")
    return _walk_back(_order([y]), inputs, create_graph)


def _walk_back(order, inputs, create_graph=False, free=False):
    """Walk from the last variable of an order back; each waits for all its uses."""
    y = order[-1]
    symbolic = isinstance(y, Symbol)
    if not symbolic and y.data.size != 1:
        raise ValueError(
            f"grad: expected one number to start from, got shape {y.shape}"
        )
    first = ones_like(y) if symbolic else np.ones_like(y.data)
    as_graph = symbolic or create_graph
    grads = {id(y): Tensor(first) if create_graph and not symbolic else first}
    wanted = {id(x) for x in inputs}
    while order:
        x = order.pop()
        g = grads.get(id(x))
        if id(x) not in wanted:
            grads.pop(id(x), None)
        if x.node is None or g is None:
            continue
        op, sources, options = x.node
        values = (x, *sources)
        if not as_graph:
            values = [v.data if isinstance(v, Tensor) else v for v in values]
        for k, source in enumerate(sources):
            rule = op.rule(k) if _needs_grad(source) else None
            if rule is not None:
                more = rule(g, *values, **options)
                before = grads.get(id(source))
                # A new array: both may be seen from elsewhere, too.
                grads[id(source)] = more if before is None else before + more
        if free:
            x.node = _FREED
    return [grads.get(id(x)) for x in inputs]


def _order(outputs):
    """Return all variables that lead to the outputs, each after its inputs.

    A stack of its own replaces the recursion, so that no graph is too deep.
    """
    found, seen, stack = [], set(), [(y, False) for y in reversed(outputs)]
    while stack:
        x, inputs_done = stack.pop()
        if inputs_done:
            found.append(x)
        elif id(x) not in seen:
            seen.add(id(x))
            stack.append((x, True))
            if x.node is _FREED:
                raise RuntimeError(
                    "backward: this graph has been walked back and given up before. "
                    "Compute it again, or use grad, which keeps it."
                )
            if x.node is not None:
                stack += [(s, False) for s in x.node[1] if _needs_grad(s)]
    return found


# ------------------------------------------ the third world: define, then run


class Symbol(Variable):
    """What will have a value when a program runs: a step of it, or where it begins.

    Parameters
    ----------
    op, inputs, options : Op, list of Symbol, dict, optional
        How it is computed.
    name : str
        What the compiled program calls it.
    """

    needs_grad = True

    def __init__(self, op=None, inputs=(), options=None, name=""):
        self.node = (op, inputs, options or {}) if op else None
        self.name = name

    def __repr__(self):
        """Show its operation or its name."""
        return f"Symbol({self.node[0].name if self.node else self.name})"


class Constant(Symbol):
    """A number or array that the program holds and does not change."""

    needs_grad = False

    def __init__(self, value):
        super().__init__()
        self.value = value


class Shared(Symbol):
    """A value that lives from one call of a program to the next, such as weights.

    Attributes
    ----------
    value : ndarray
        Can be replaced by another one of its shape and type.
    """

    def __init__(self, value, name=""):
        super().__init__(name=name)
        self._value = np.array(value)

    @property
    def value(self):
        """What it holds now."""
        return self._value

    @value.setter
    def value(self, new):
        new, old = np.asarray(new), self._value
        if (new.shape, new.dtype) != (old.shape, old.dtype):
            raise ValueError(
                f"shared {self.name!r}: expected shape {old.shape} of {old.dtype}, got "
                f"{new.shape} of {new.dtype}"
            )
        self._value = new


def placeholder(name):
    """Return a symbol whose value is given when a program is called."""
    return Symbol(name=name)


def shared(value, name=""):
    """Return a symbol with a value of its own, which updates can replace."""
    return Shared(value, name)


def _symbol(x):
    if isinstance(x, Tensor):
        raise TypeError("a Tensor cannot be part of a program: use shared(tensor.data)")
    return x if isinstance(x, Symbol) else Constant(x)


def function(inputs, outputs, updates=()):
    """Compile symbols to a Python function.

    Steps that are the same are done once, and what no output needs is left out. A value
    is given up after its last use.

    Parameters
    ----------
    inputs : list of Symbol
        The placeholders, in the order of the arguments.
    outputs : Symbol or list of Symbol
    updates : list of (Shared, Symbol)
        All new values are computed before the first one is replaced.

    Returns
    -------
    function of the inputs' values
        Returns the output's value, or a list of all. Its ``source`` is the program.

    Raises
    ------
    ValueError
        If an output needs a placeholder that is not among the inputs.
    """
    several = isinstance(outputs, list | tuple)
    outputs = list(outputs) if several else [outputs]
    for pair in updates:
        if not (isinstance(pair[0], Shared) and isinstance(pair[1], Symbol)):
            raise TypeError("function: expected updates as pairs (shared, new value)")
    targets = outputs + [new for _, new in updates]
    scope, names, steps = _Scope(), {}, {}
    for x in inputs:
        names[id(x)] = scope.name(x.name or "x", x)
    for x in _order([*targets, *(old for old, _ in updates)]):
        if isinstance(x, Shared):
            names[id(x)] = scope.name(x.name or "w", x) + ".value"
        if id(x) in names:
            continue
        if x.node is None:
            raise ValueError(f"function: {x.name!r} is needed, but is no input")
        op, sources, options = x.node
        given = [names.get(id(s)) or scope.literal(s.value) for s in sources]
        chosen = [f"{k}={scope.literal(v)}" for k, v in options.items()]
        call = f"{scope.name(op.name, op)}({', '.join(given + chosen)})"
        if call not in steps:
            steps[call] = scope.name(f"v{len(steps) + 1}", x), given
        names[id(x)] = steps[call][0]
    results = ", ".join(names[id(x)] for x in outputs)
    results = f"[{results}]" if several else results
    lines = _steps(steps, {names[id(x)] for x in targets})
    if updates:
        pairs = [(names[id(old)], names[id(new)]) for old, new in updates]
        olds, news = map(", ".join, zip(*pairs, strict=True))
        lines += [f"results = {results}", f"{olds} = {news}"]
        results = "results"
    lines.append(f"return {results}")
    head = f"def program({', '.join(names[id(x)] for x in inputs)}):"
    source = "\n    ".join([head, *lines]) + "\n"
    exec(source, scope.values)
    program = scope.values["program"]
    program.source = source
    return program


def _steps(steps, kept):
    """Return a program's lines; what is used for the last time is given up."""
    own = {name for name, _ in steps.values()} - kept
    last = {name: call for call, (_, given) in steps.items() for name in given}
    lines = []
    for call, (name, given) in steps.items():
        lines.append(f"{name} = {call}")
        done = [v for v in dict.fromkeys(given) if v in own and last[v] == call]
        lines += [f"del {', '.join(done)}"] if done else []
    return lines


class _Scope:
    """The names of a program, and what they stand for."""

    def __init__(self):
        self.values, self.names = {"slice": slice}, {}

    def name(self, wish, thing):
        """Return the name of a thing, like the wish, and no other thing's."""
        if id(thing) not in self.names:
            wish = wish if wish.isidentifier() and not keyword.iskeyword(wish) else "x"
            name, n = wish, 1
            while name in self.values or name == "program":
                name, n = f"{wish}_{n}", n + 1
            self.names[id(thing)] = name
            self.values[name] = thing.run if isinstance(thing, Op) else thing
        return self.names[id(thing)]

    def literal(self, value):
        """Return how a program writes a number, an index or an option."""
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return f"slice({', '.join(map(self.literal, parts))})"
        if type(value) is tuple:
            return f"({''.join(self.literal(v) + ', ' for v in value)})"
        plain = type(value) in (bool, int, str, type(None), type(...))
        if plain or (type(value) is float and np.isfinite(value)):
            return repr(value)
        return self.name("c", value)
