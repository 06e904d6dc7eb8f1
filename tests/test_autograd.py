"""Automatic differentiation, in its three worlds."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
import random_programs

from dlscratch import autograd as ag
from dlscratch.autograd import Tensor, function, grad, no_grad, placeholder, shared
from dlscratch.gradients import numerical_gradient

OURS = {
    "tanh": ag.tanh,
    "sigmoid": ag.sigmoid,
    "sin": ag.sin,
    "cos": ag.cos,
    "relu": ag.relu,
    "log_softmax": ag.log_softmax,
    "softened": ag.softmax,
    "squared": lambda x: ag.tanh(x) ** 2,
    "bell": lambda x: ag.exp(-x * x),
    "logged": lambda x: ag.log(1.0 + x * x),
    "raised": lambda x: (1.0 + x**2) ** -1.5,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (1.5 + b * b),
    "matmul": lambda a, b: a @ b,
    "sum": lambda x, axis, keepdims: ag.tanh(x.sum(axis, keepdims)),
    "mean": lambda x, axis, keepdims: x.mean(axis, keepdims),
    "max": lambda x, axis, keepdims: x.max(axis, keepdims),
    "transpose": lambda x, axes: x.transpose(*axes),
    "reshape": lambda x, shape: x.reshape(*shape),
    "take": ag.take,
    "getitem": lambda x, index: x[index],
    "pick": ag.pick,
    "concat": lambda a, b, axis: ag.concat([a, b], axis),
    "total": lambda *xs: sum((ag.sin(x).sum() for x in xs[1:]), ag.sin(xs[0]).sum()),
}


def drawn(seed):
    """Return a random program, its inputs, and directions for second gradients."""
    rng = np.random.default_rng(seed)
    shapes, steps = random_programs.draw(rng)
    inputs = [rng.normal(size=shape) for shape in shapes]
    return steps, inputs, [rng.normal(size=shape) for shape in shapes]


def number(x):
    return np.asarray(x.data if isinstance(x, Tensor) else x).item()


# ------------------------------------------------------------- numbers by hand


def test_descent_on_a_parabola():
    u, walk = 20.0, []
    for _ in range(10):
        x = Tensor(u, needs_grad=True)
        (x**2 + x + 1).backward()
        u = u - 0.3 * x.grad.item()
        walk.append(u)
    assert np.allclose(walk[:4], [7.7, 2.78, 0.812, 0.0248], rtol=1e-12)
    assert np.allclose(walk, [-0.5 + 20.5 * 0.4**k for k in range(1, 11)], rtol=1e-12)
    assert walk[9] == pytest.approx(-0.4978504192, abs=1e-10)


def test_four_derivatives_of_a_polynomial():
    x = Tensor(2.0, needs_grad=True)
    y, found = x**4 - 2 * x**2, []
    for _ in range(5):
        found.append(number(y))
        (y,) = grad(y, [x], create_graph=True)
    assert found == [8, 24, 44, 48, 24]
    assert grad(x**0, [x]) == [0.0]
    assert grad(ag.exp(2.0 * x), [Tensor(1.0, needs_grad=True)]) == [None]


def test_newton_with_second_derivatives():
    walk, u = [], 2.0
    for _ in range(5):
        x = Tensor(u, needs_grad=True)
        (first,) = grad(x**4 - 2 * x**2, [x], create_graph=True)
        (second,) = grad(first, [x])
        u = u - number(first) / number(second)
        walk.append(u)
    assert walk == pytest.approx(
        [
            1.4545454545454546,
            1.1510467893775467,
            1.0253259289766978,
            1.0009084519430513,
            1.0000012353089454,
        ],
        rel=1e-14,
    )


def test_two_functions_of_two_variables():
    x, y = Tensor(1.0, needs_grad=True), Tensor(1.0, needs_grad=True)
    first = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    second = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    z = (1 + (x + y + 1) ** 2 * first) * (30 + (2 * x - 3 * y) ** 2 * second)
    assert (number(z), *map(number, grad(z, [x, y]))) == (1876, -5376, 8064)
    x, y = Tensor(0.0, needs_grad=True), Tensor(2.0, needs_grad=True)
    z = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    gradient = grad(z, [x, y], create_graph=True)
    assert (number(z), *map(number, gradient)) == (401, -2, 400)
    hessian = [[number(h) for h in grad(g, [x, y])] for g in gradient]
    assert hessian == [[-798, 0], [0, 200]]


def test_orders_of_tanh():
    x = Tensor(1.0, needs_grad=True)
    y, found = ag.tanh(x), []
    for _ in range(4):
        found.append(number(y))
        (y,) = grad(y, [x], create_graph=True)
    assert found == pytest.approx(
        [
            0.7615941559557649,
            0.41997434161402614,
            -0.6397000084492246,
            0.6216266807712962,
        ],
        rel=1e-14,
    )


def test_a_diamond_waits_for_both_ways():
    x = Tensor(1.0, needs_grad=True)
    u = 2 * x
    (3 * u + u * u).backward()
    assert x.grad == 14


# ------------------------------------------------------------ random programs


@pytest.mark.parametrize("seed", range(40))
def test_gradients_of_random_programs(seed):
    steps, arrays, _ = drawn(seed)
    inputs = [Tensor(a, needs_grad=True) for a in arrays]
    found = grad(random_programs.run(steps, inputs, OURS), inputs)
    for k, g in enumerate(found):

        def f(a, k=k):
            xs = [Tensor(x) for x in arrays]
            xs[k] = Tensor(a)
            return number(random_programs.run(steps, xs, OURS))

        expected = numerical_gradient(f, arrays[k], h=1e-6)
        got = np.zeros_like(arrays[k]) if g is None else g
        assert np.allclose(got, expected, rtol=1e-5, atol=1e-5)
        assert got.shape == arrays[k].shape


@pytest.mark.parametrize("seed", range(100, 160))
def test_three_worlds_agree_to_the_last_bit(seed):
    steps, arrays, _ = drawn(seed)
    inputs = [Tensor(a, needs_grad=True) for a in arrays]
    y = random_programs.run(steps, inputs, OURS)
    plain = grad(y, inputs)
    graph = grad(y, inputs, create_graph=True)
    symbols = [placeholder(f"x{k}") for k in range(len(arrays))]
    z = random_programs.run(steps, symbols, OURS)
    gradients = grad(z, symbols)
    assert [g is None for g in plain] == [g is None for g in gradients]
    program = function(symbols, [z, *(g for g in gradients if g is not None)])
    compiled = program(*arrays)
    assert np.array_equal(compiled[0], y.data)
    pairs = [(p, g.data) for p, g in zip(plain, graph, strict=True) if p is not None]
    for c, (p, g) in zip(compiled[1:], pairs, strict=True):
        assert np.array_equal(c, p)
        assert np.array_equal(g, p)


def along(gradients, directions):
    """Return the derivative of the number that the gradients belong to, along a way."""
    terms = [
        (g * v).sum()
        for g, v in zip(gradients, directions, strict=True)
        if g is not None
    ]
    return sum(terms[1:], terms[0])


def products(steps, arrays, directions):
    """Return the inputs, and the Hessian times the directions, part by part."""
    inputs = [Tensor(a, needs_grad=True) for a in arrays]
    y = random_programs.run(steps, inputs, OURS)
    slope = along(grad(y, inputs, create_graph=True), directions)
    if not slope.needs_grad:
        return [np.zeros_like(a) for a in arrays]
    found = grad(slope, inputs)
    pairs = zip(found, arrays, strict=True)
    return [np.zeros_like(a) if h is None else h for h, a in pairs]


@pytest.mark.parametrize("seed", range(200, 240))
def test_second_derivatives_are_symmetric(seed):
    steps, arrays, u = drawn(seed)
    rng = np.random.default_rng(seed)
    v = [rng.normal(size=a.shape) for a in arrays]
    hu, hv = products(steps, arrays, u), products(steps, arrays, v)
    left = sum((a * b).sum() for a, b in zip(u, hv, strict=True))
    right = sum((a * b).sum() for a, b in zip(v, hu, strict=True))
    size = sum(np.abs(h).sum() for h in (*hu, *hv)) + 1e-3
    assert abs(left - right) < 1e-12 * size


@pytest.mark.parametrize("seed", range(300, 315))
def test_second_derivatives_against_differences(seed):
    steps, arrays, v = drawn(seed)
    h = 1e-5

    def gradients(sign):
        inputs = [
            Tensor(a + sign * h * b, needs_grad=True)
            for a, b in zip(arrays, v, strict=True)
        ]
        y = random_programs.run(steps, inputs, OURS)
        found = zip(grad(y, inputs), arrays, strict=True)
        return [np.zeros_like(a) if g is None else g for g, a in found]

    pairs = zip(gradients(1), gradients(-1), strict=True)
    expected = [(after - before) / (2 * h) for after, before in pairs]
    for got, want in zip(products(steps, arrays, v), expected, strict=True):
        assert np.allclose(got, want, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", range(400, 415))
def test_third_derivatives_against_differences(seed):
    steps, arrays, v = drawn(seed)

    def derivative(order, at=0.0):
        """Return a derivative along v, of the point that is `at` steps that way."""
        xs = [
            Tensor(a + at * b, needs_grad=True) for a, b in zip(arrays, v, strict=True)
        ]
        y = random_programs.run(steps, xs, OURS)
        for _ in range(order):
            y = along(grad(y, xs, create_graph=True), v)
        return number(y)

    h = 1e-5
    expected = (derivative(2, h) - derivative(2, -h)) / (2 * h)
    size = abs(derivative(2)) + abs(expected) + 1.0
    assert abs(derivative(3) - expected) < 1e-5 * size


def test_the_random_programs_use_every_operation():
    names = {name for seed in range(60) for name, _, _ in drawn(seed)[0]}
    assert names == OURS.keys()


# --------------------------------------------------------------- single rules


def check(f, *arrays):
    """Compare first and second gradients of the sum of squares of f with differences.

    The second ones are the Hessian times a random direction.
    """

    def gradients(arrays, create_graph=False):
        inputs = [Tensor(a, needs_grad=True) for a in arrays]
        return inputs, grad((f(*inputs) ** 2).sum(), inputs, create_graph)

    inputs, found = gradients(arrays, create_graph=True)
    for k, g in enumerate(found):

        def loss(a, k=k):
            xs = [Tensor(x) for x in arrays]
            xs[k] = Tensor(a)
            return number((f(*xs) ** 2).sum())

        expected = numerical_gradient(loss, arrays[k], h=1e-5)
        assert np.allclose(g.data, expected, rtol=1e-6, atol=1e-7)
    rng, h = np.random.default_rng(0), 1e-5
    ways = [rng.normal(size=a.shape) for a in arrays]
    above, below = (
        gradients([a + step * v for a, v in zip(arrays, ways, strict=True)])[1]
        for step in (h, -h)
    )
    second = grad(along(found, ways), inputs)
    for got, up, down in zip(second, above, below, strict=True):
        assert np.allclose(got, (up - down) / (2 * h), rtol=1e-5, atol=1e-6)


def test_indexing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4, 2))
    for index in (
        1,
        -1,
        (slice(None), 2),
        (..., None, 0),
        np.array([0, 0, 2]),
        [1, 1],
        (np.array([0, 0, 2]), np.array([1, 1, 3])),
        x > 0.3,
    ):
        check(lambda x, index=index: x[index], x)
    check(lambda x: ag.take(x, np.array([[0, 1], [1, 1]])), x)
    check(lambda x: ag.pick(x, np.array([1, 1, 0])), rng.normal(size=(3, 2)))


def test_shapes():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5))
    check(lambda x: x.T.reshape(4, -1), x)
    check(lambda x: x.transpose(-1, 0, 1), x)
    check(lambda x: x.transpose(1, 2, 0) * np.arange(2.0), x)
    check(lambda x, w: x @ w, x, w)
    check(lambda x, y: x @ y, x, rng.normal(size=(1, 4, 2)))
    check(lambda x, y: ag.concat([x, y, x], axis=-1), x, rng.normal(size=(2, 3, 1)))
    check(lambda x: x.mean((0, -1)) + x.sum(1, keepdims=True).max(), x)
    check(lambda x, b: x - b, x, rng.normal(size=(3, 1)))


def test_layer_norm_out_of_parts():
    def layer_norm(x, gain, shift):
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred**2).mean(-1, keepdims=True)
        return centred / (variance + 1e-5) ** 0.5 * gain + shift

    rng = np.random.default_rng(2)
    check(layer_norm, *(rng.normal(size=s) for s in ((2, 3, 5), (5,), (5,))))


def test_attention_out_of_parts():
    def attention(x, Wqkv, Wo):
        N, T, D = x.shape
        qkv = (x @ Wqkv).reshape(N, T, 3, heads, D // heads).transpose(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(D // heads)
        weights = ag.softmax(scores + np.where(np.tri(T) > 0, 0.0, -np.inf))
        return (weights @ v).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wo

    heads, rng = 2, np.random.default_rng(3)
    check(attention, *(rng.normal(size=s) for s in ((2, 3, 4), (4, 12), (4, 4))))


def test_a_language_model_out_of_parts():
    ids = np.array([[0, 2, 2], [1, 0, 4]])

    def loss(E, P, W):
        x = ag.take(E, ids) + P  # the same places for each row
        scores = (ag.tanh(x) @ W).reshape(-1, 5)
        return -ag.pick(ag.log_softmax(scores), np.roll(ids, -1, axis=1).ravel())

    rng = np.random.default_rng(4)
    check(loss, *(rng.normal(size=s) for s in ((5, 4), (3, 4), (4, 5))))


def test_a_variational_autoencoder_out_of_parts():
    noise = np.random.default_rng(5).normal(size=(3, 2))

    def losses(x, W, V):
        code = ag.tanh(x @ W)
        mean, log_variance = code[:, :2], code[:, 2:]
        z = mean + ag.exp(0.5 * log_variance) * noise
        kl = 0.5 * (mean**2 + ag.exp(log_variance) - log_variance - 1.0)
        error = ((ag.sigmoid(z @ V) - x) ** 2).sum(1)
        return ag.concat([error, kl.sum(1)]).reshape(2, -1)

    rng = np.random.default_rng(6)
    check(losses, *(rng.normal(size=s) for s in ((3, 5), (5, 4), (2, 5))))


def test_a_step_of_an_lstm_out_of_parts():
    def lstm(x, h, c, Wx, Wh, b):
        a = x @ Wx + h @ Wh + b
        i, f, o = (ag.sigmoid(a[:, k : k + 3]) for k in (0, 3, 9))
        c = f * c + i * ag.tanh(a[:, 6:9])
        return ag.concat([o * ag.tanh(c), c], axis=1)

    rng = np.random.default_rng(7)
    shapes = (2, 4), (2, 3), (2, 3), (4, 12), (3, 12), (12,)
    check(lstm, *(rng.normal(size=s) for s in shapes))


def test_reductions_and_powers():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(2, 3, 4))
    for axis in (None, 0, -1, (0, 2), (-2, -1)):
        for keepdims in (False, True):
            over = {"axis": axis, "keepdims": keepdims}
            check(lambda x, over=over: ag.tanh(x).sum(**over), x)
            check(lambda x, over=over: ag.tanh(x).mean(**over), x)
            check(lambda x, over=over: x.max(**over), x)
    for n in (0, 1, 2, 3, -1, 0.5, -1.5):
        check(lambda x, n=n: x**n, x**2 + 0.5)
    check(lambda x: ag.log(x) + ag.exp(-x) / x, x**2 + 0.5)
    check(lambda x: ag.cross_entropy(x, np.array([1, 0])), x[:, 0])


def test_ties_share_the_gradient_of_the_largest():
    x = Tensor([[2.0, 2.0, 1.0], [3.0, 0.0, 0.0]], needs_grad=True)
    (g,) = grad(x.max(axis=1).sum(), [x])
    assert np.array_equal(g, [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])


def test_extreme_scores():
    x = Tensor([[1000.0, 0.0, -1000.0]], needs_grad=True)
    loss = ag.cross_entropy(x, np.array([2]))
    assert number(loss) == 2000
    assert np.array_equal(grad(loss, [x])[0], [[1, 0, -1]])
    assert np.array_equal(ag.softmax(x).data, [[1, 0, 0]])


def test_float32_stays_float32():
    x = Tensor(np.ones((4, 3), np.float32), needs_grad=True)
    w = shared(np.ones((3, 2), np.float32), "w")
    y = (ag.sigmoid(x @ w.value) * 2.0 + 1).mean()
    assert y.data.dtype == np.float32
    assert grad(y, [x])[0].dtype == np.float32
    symbol = placeholder("x")
    loss = ag.softmax(symbol @ w).mean()
    step = function([symbol], loss, [(w, w - 0.1 * grad(loss, [w])[0])])
    assert step(np.ones((4, 3), np.float32)).dtype == np.float32
    assert w.value.dtype == np.float32


# --------------------------------------------------------------- life of a graph


def test_a_chain_of_any_length():
    x = Tensor(1.0, needs_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    y.backward()
    assert x.grad == 1
    z = placeholder("x")
    for _ in range(3000):
        z = z * 1.0 + 0.0
    assert function([z0 := placeholder("q")], z0 * 2.0)(1.0) == 2
    assert len(grad(z, [z])) == 1


def test_backward_gives_the_graph_up():
    x = Tensor(np.ones(3), needs_grad=True)
    middle = ag.exp(x)
    y = (middle * middle).sum()
    gone = weakref.ref(middle)
    y.backward()
    assert x.grad == pytest.approx(2 * np.exp(2) * np.ones(3))
    del middle
    gc.collect()
    assert gone() is None
    with pytest.raises(RuntimeError, match="given up before"):
        y.backward()
    with pytest.raises(RuntimeError, match="given up before"):
        (2 * y).backward()


def peak(walk):
    """Return the largest memory of a walk back through 40 steps, in arrays' sizes."""
    x = Tensor(np.ones(100_000), needs_grad=True)
    y = x
    for _ in range(40):
        y = ag.exp(y * 0.1)
    y = y.sum()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    walk(y, x)
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most / x.data.nbytes


def test_the_way_back_needs_few_arrays():
    assert peak(lambda y, x: grad(y, [x])) < 5
    assert peak(lambda y, x: y.backward()) < 5
    assert peak(lambda y, x: grad(y, [x], create_graph=True)) > 60


def test_grad_keeps_the_graph_and_backward_sets():
    x = Tensor(3.0, needs_grad=True)
    y = x * x
    assert grad(y, [x, y]) == [6, 1]
    assert grad(y, [x]) == [6]
    y.backward()
    (2 * x).backward()
    assert x.grad == 2


def test_no_grad():
    x = Tensor(3.0, needs_grad=True)
    with no_grad():
        y = x * x
    assert y.node is None
    assert not y.needs_grad
    with pytest.raises(ValueError, match="nothing here needs a gradient"):
        y.backward()
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * x).needs_grad


def test_arrays_meet_tensors_from_both_sides():
    x = Tensor([1.0, 2.0], needs_grad=True)
    a = np.array([3.0, 4.0])
    for y in (a * x, x * a, 3.0 - x, a / x, a + x, np.float64(2) * x):
        assert isinstance(y, Tensor)
        assert y.shape == (2,)
    assert isinstance(np.ones((1, 2)) @ x.reshape(2, 1), Tensor)
    assert grad((a / x).sum(), [x])[0] == pytest.approx([-3, -1])
    assert len(x) == 2
    assert repr(x) == "Tensor([1., 2.])"


def test_whole_numbers_become_floats_where_a_gradient_is_wanted():
    assert Tensor(3, needs_grad=True).data.dtype == float
    assert Tensor([1, 2]).data.dtype.kind == "i"


# ------------------------------------------------------------------- programs


def test_equal_steps_are_merged_and_dead_ones_left_out():
    x = placeholder("x")
    unused = ag.exp(x)
    program = function([x], [ag.sin(x) * ag.sin(x), ag.sin(x) + unused * 0.0])
    assert program.source.count("sin(") == 1
    program = function([x], ag.sin(x) * ag.sin(x))
    assert "exp" not in program.source
    assert program(np.pi / 2) == 1


def test_large_arrays_are_not_taken_for_each_other():
    a, b = np.zeros(5000), np.zeros(5000)
    b[2500] = 1.0
    x = placeholder("x")
    program = function([x], [(x + a).sum(), (x + b).sum()])
    assert program(1.0) == [5000, 5001]
    ids = [np.zeros(5000, int), np.zeros(5000, int)]
    ids[1][2500] = 1
    program = function([x], [ag.take(x, ids[0]).sum(), ag.take(x, ids[1]).sum()])
    assert program(np.array([0.0, 7.0])) == [0, 7]
    program = function([x], [x[ids[0]].sum(), x[ids[1]].sum()])
    assert program(np.array([0.0, 7.0])) == [0, 7]


def test_all_updates_are_computed_before_the_first_is_made():
    a, b = shared(1.0, "a"), shared(2.0, "b")
    swap = function([], [a, b], [(a, b * 1.0), (b, a * 1.0)])
    assert swap() == [1, 2]
    assert (a.value, b.value) == (2, 1)
    assert swap() == [2, 1]


def test_momentum_as_a_program():
    w, v = shared(np.array(5.0), "w"), shared(np.array(0.0), "v")
    (g,) = grad(w**2, [w])
    new = 0.9 * v - 0.1 * g
    step = function([], w**2, [(v, new), (w, w + new)])
    by_hand, speed = 5.0, 0.0
    for _ in range(20):
        assert step() == pytest.approx(by_hand**2, rel=1e-12)
        speed = 0.9 * speed - 0.1 * 2 * by_hand
        by_hand += speed


def test_names_in_programs():
    x, y = placeholder("in"), placeholder("in")
    w = [shared(1.0, "w"), shared(2.0, "w"), shared(4.0)]
    program = function([x, y], x + y + w[0] + w[1] + w[2])
    assert program(8.0, 16.0) == 31
    a = placeholder("v1")
    assert function([a], ag.exp(a) * ag.exp(a))(0.0) == 1
    b = placeholder("exp")
    assert function([b], ag.exp(b))(0.0) == 1
    with pytest.raises(ValueError, match="'y' is needed, but is no input"):
        function([x], x + placeholder("y"))


def test_special_numbers_and_indices():
    x = placeholder("x")
    masked = x + np.where(np.tri(3) > 0, 0.0, -np.inf)
    assert function([x], ag.softmax(masked))(np.zeros((3, 3)))[1] == pytest.approx(
        [0.5, 0.5, 0]
    )
    assert function([x], x * float("inf"))(1.0) == np.inf
    program = function([x], x[..., None, 1:3, -1])
    assert program(np.arange(12.0).reshape(3, 4)).tolist() == [[7, 11]]
    assert function([x], x * np.float64(2))(np.float32(1)).dtype == np.float64
    assert function([x], x * 2.0)(np.float32(1)).dtype == np.float32


def test_what_a_program_gives_up():
    x = placeholder("x")
    y = ag.exp(ag.sin(x))
    source = function([x], [y * y, y]).source
    assert "del v1" in source
    assert "del v2" not in source


# --------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: x + np.ones(4), r"add of shapes \(2, 3\), \(4,\)"),
        (lambda x: x @ np.ones((2, 2)), r"matmul of shapes \(2, 3\), \(2, 2\)"),
        (lambda x: x @ np.ones(3), "at least two axes"),
        (lambda x: x.reshape(4, 4), r"reshape of shapes \(2, 3\)"),
        (lambda x: x.sum(2), r"sum of shapes \(2, 3\)"),
        (lambda x: x.backward(), r"expected one number to start from, got shape"),
        (lambda x: grad(x, [x]), r"expected one number to start from"),
        (lambda x: ag.concat([x, np.ones((2, 2, 2))]), "concat of shapes"),
    ],
)
def test_what_does_not_fit_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call(Tensor(np.ones((2, 3)), needs_grad=True))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: x**x, "power: expected a number as exponent"),
        (lambda x: grad(1.0, [x]), "expected a Tensor or a Symbol, got float"),
        (lambda x: grad(x, x), r"expected a list of inputs"),
        (lambda x: placeholder("p") + x, r"use shared"),
        (lambda x: function([], [], [(x, x)]), r"pairs \(shared, new value\)"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(call, told):
    with pytest.raises(TypeError, match=told):
        call(Tensor(1.0, needs_grad=True))


def test_places_out_of_range_are_named():
    with pytest.raises(IndexError, match=r"take of shapes \(2,\), \(1,\)"):
        ag.take(Tensor([1.0, 2.0]), np.array([5]))


def test_a_shared_value_keeps_shape_and_type():
    w = shared(np.zeros(3, np.float32), "w")
    w.value = np.ones(3, np.float32)
    for wrong in (np.ones(3), np.ones((1, 3), np.float32), np.float32(1)):
        with pytest.raises(ValueError, match="shared 'w': expected shape"):
            w.value = wrong
    assert w.value.tolist() == [1, 1, 1]
    step = function([], [], [(w, w * 2.0 + np.zeros(3))])
    with pytest.raises(ValueError, match=r"got .* of float64"):
        step()
    assert w.value.tolist() == [1, 1, 1]
