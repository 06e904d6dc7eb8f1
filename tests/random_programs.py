"""Random programs of arrays, to be run by one library or another."""

import numpy as np

UNARY = (
    *("tanh", "sigmoid", "sin", "cos", "relu", "squared", "bell", "logged", "raised"),
    *("log_softmax", "softened"),  # not of single numbers
)
SHAPES = ((3,), (2, 3), (1, 3), (4, 1, 3), (2, 1), (3, 3), (4, 2, 3))


def draw(rng, length=12):
    """Draw a program: the shapes of its inputs, and its steps.

    A step is the name of an operation, the places of its inputs among all values so
    far, and options. Values are used more than once, broadcast and indexed; the last
    step makes one number of all that nothing else has used.
    """
    shapes = [SHAPES[i] for i in rng.integers(len(SHAPES), size=3)]
    n_inputs, steps, used = len(shapes), [], set()

    def step(name, *places, shape, **options):
        steps.append((name, places, options))
        used.update(places)
        shapes.append(tuple(int(n) for n in shape))

    while len(steps) < length:
        i, j = (int(k) for k in rng.integers(len(shapes), size=2))
        a, b = shapes[i], shapes[j]
        match rng.integers(10):
            case 0 | 1:
                step(str(rng.choice(UNARY if a else UNARY[:-2])), i, shape=a)
            case 2 | 3:
                try:
                    shape = np.broadcast_shapes(a, b)
                except ValueError:
                    continue
                if np.prod(shape) < 200:
                    name = str(rng.choice(["add", "subtract", "multiply", "divide"]))
                    step(name, i, j, shape=shape)
            case 4 if len(a) > 1 and len(b) > 1 and a[-1] == b[-2]:
                try:
                    stack = np.broadcast_shapes(a[:-2], b[:-2])
                except ValueError:
                    continue
                step("matmul", i, j, shape=(*stack, a[-2], b[-1]))
            case 5 if a:
                keep, n_axes = bool(rng.integers(2)), 1 + int(rng.integers(len(a)))
                axis = tuple(int(k) for k in rng.permutation(len(a))[:n_axes])
                shape = [1 if k in axis else n for k, n in enumerate(a)]
                shape = [n for k, n in enumerate(shape) if k not in axis or keep]
                name = str(rng.choice(["sum", "mean", "max"]))
                step(name, i, shape=shape, axis=axis, keepdims=keep)
            case 6 if len(a) > 1:
                if rng.integers(2):
                    axes = tuple(int(k) for k in rng.permutation(len(a)))
                    step("transpose", i, shape=[a[k] for k in axes], axes=axes)
                else:
                    step("reshape", i, shape=(a[-1], -1 * -int(np.prod(a[:-1]))))
                    steps[-1][2]["shape"] = shapes[-1]
            case 7 if a and a[0] > 1:
                ids = rng.integers(a[0], size=4)  # a place may occur twice
                step("take", i, shape=(4, *a[1:]), ids=ids)
                if len(a) > 1:
                    ids = rng.integers(a[-1], size=3)
                    step("getitem", i, shape=(*a[:-1], 3), index=(..., ids))
                if len(a) == 2:
                    step("pick", i, shape=a[:1], t=rng.integers(a[1], size=a[0]))
            case 8 if a and a[-1] > 1:
                step(
                    "getitem",
                    i,
                    shape=(*a[:-1], a[-1] - 1),
                    index=(..., slice(1, None)),
                )
            case 9 if a and len(a) == len(b):
                unequal = [k for k in range(len(a)) if a[k] != b[k]]
                axis = unequal[0] if unequal else int(rng.integers(len(a)))
                if len(unequal) < 2 and a[axis] + b[axis] < 9:
                    both = (*a[:axis], a[axis] + b[axis], *a[axis + 1 :])
                    step("concat", i, j, shape=both, axis=axis)
    free = [k for k in range(len(shapes)) if k not in used]
    steps.append(("total", tuple(free), {}))
    return shapes[:n_inputs], steps


def run(steps, inputs, library):
    """Return the number that a program computes; ``library`` names its operations."""
    values = list(inputs)
    for name, places, options in steps:
        values.append(library[name](*(values[k] for k in places), **options))
    return values[-1]
