"""Optimizers and schedules: the formulas by hand, what they refuse, what they keep."""

import math
from itertools import pairwise

import numpy as np
import pytest

from dlscratch import optimizers
from dlscratch.layers import Parameter
from dlscratch.models import mlp
from dlscratch.optimizers import SGD, Adam, AdamW, Momentum

ALL = {
    kind.__name__: kind
    for kind in vars(optimizers).values()
    if isinstance(kind, type) and kind is not optimizers.Optimizer
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def by_hand(name, g, lr):
    """Return the steps that the formulas give for one number's gradients g."""
    v = m = s = 0.0
    for t, gradient in enumerate(g, 1):
        if name == "SGD":
            yield lr * gradient
        elif name in ("Momentum", "Nesterov"):
            v = 0.9 * v + gradient
            yield lr * (v if name == "Momentum" else gradient + 0.9 * v)
        elif name == "AdaGrad":
            s += gradient**2
            yield lr * gradient / (math.sqrt(s) + 1e-10)
        elif name == "RMSprop":
            s = 0.99 * s + 0.01 * gradient**2
            yield lr * gradient / (math.sqrt(s) + 1e-8)
        else:
            m = 0.9 * m + 0.1 * gradient
            s = 0.999 * s + 0.001 * gradient**2
            m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
            yield lr * m_hat / (math.sqrt(s_hat) + 1e-8)


@pytest.mark.parametrize("name", ALL)
def test_formulas(name, rng):
    g = rng.standard_normal((6, 3))
    W, b = Parameter(np.ones(2), name="W"), Parameter(np.ones(1), name="b")
    optimizer = ALL[name]([W, b], lr=0.05, weight_decay=0.0)
    arrays = (W.value, b.value)
    for gradient in g:
        W.grad, b.grad = gradient[:2], gradient[2:]
        optimizer.step()
    assert W.value is arrays[0], "not in place"
    assert b.value is arrays[1], "not in place"
    expected = [1 - sum(by_hand(name, column, 0.05)) for column in g.T]
    np.testing.assert_allclose([*W.value, *b.value], expected, rtol=1e-12)
    assert optimizer.steps == 6


DEFAULTS = {
    "SGD": {"lr": 0.01},
    "Momentum": {"lr": 0.01, "momentum": 0.9},
    "Nesterov": {"lr": 0.01, "momentum": 0.9},
    "AdaGrad": {"lr": 0.01, "eps": 1e-10},
    "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
    "Adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    "AdamW": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
}


@pytest.mark.parametrize("name", ALL)
def test_defaults(name):
    """What the chapters take from a call like Adam(parameters)."""
    optimizer = ALL[name]([Parameter(np.zeros(2), name="W")])
    expected = {"weight_decay": 0.0, **DEFAULTS[name]}
    assert {k: getattr(optimizer, k) for k in expected} == expected


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_keeps_the_dtype_and_goes_downhill(name, dtype, rng):
    model = mlp((4, 8, 3), rng=rng, dtype=dtype)
    x, t = rng.standard_normal((30, 4)).astype(dtype), rng.integers(3, size=30)
    optimizer = ALL[name](model.parameters, lr=0.01)
    before = model.loss(x, t)
    for _ in range(100):
        model.loss(x, t, training=True)
        model.backward()
        optimizer.step()
    assert model.loss(x, t) < 0.9 * before
    assert all(p.value.dtype == dtype for p in model.parameters)
    assert all(v.dtype == dtype for v in optimizer.state.values())


@pytest.mark.parametrize("name", ALL)
def test_weight_decay_shrinks_weights_alone(name):
    W = Parameter(np.array([2.0, -2.0]), name="W", decay=True)
    b = Parameter(np.array([2.0, -2.0]), name="b")
    W.grad, b.grad = np.zeros(2), np.zeros(2)
    ALL[name]([W, b], lr=0.1, weight_decay=0.5).step()
    assert (np.abs(W.value) < 2).all()
    np.testing.assert_array_equal(b.value, [2.0, -2.0])


def test_coupled_decay_is_the_penalty_and_decoupled_is_not():
    def after(kind):
        W = Parameter(np.array([1.0, 10.0]), np.array([0.3, 0.3]), "W", decay=True)
        kind([W], lr=0.1, weight_decay=0.1).step()
        return W.value

    np.testing.assert_allclose(after(SGD), [1 - 0.1 * 0.4, 10 - 0.1 * 1.3])
    # Adam's first step has length lr whatever the gradient, so the penalty drowns.
    np.testing.assert_allclose(after(Adam), [0.9, 9.9], rtol=1e-6)
    np.testing.assert_allclose(after(AdamW), [0.9 - 0.01, 9.9 - 0.1], rtol=1e-6)


def test_decoupled_decay_stays_out_of_the_memories():
    W, theta, g = Parameter(np.ones(1), name="W", decay=True), 1.0, [0.3, -0.2, 0.5]
    optimizer = AdamW([W], lr=0.1, weight_decay=0.1)
    for gradient, step in zip(g, by_hand("AdamW", g, 0.1), strict=True):
        W.grad = np.array([gradient])
        optimizer.step()
        theta -= step + 0.1 * 0.1 * theta
        assert W.value[0] == pytest.approx(theta, rel=1e-12)


def test_nesterov_looks_ahead():
    """In the variable before the look-ahead it is Nesterov's own formula."""
    lr, mu = 0.1, 0.9
    p = Parameter(np.array([1.0]), name="theta")
    optimizer = optimizers.Nesterov([p], lr, mu)
    x, v = 1.0, 0.0  # the classic form: x is where the steps end
    for _ in range(20):
        p.grad = 2 * p.value
        optimizer.step()
        v = mu * v - lr * 2 * (x + mu * v)
        x += v
        assert p.value[0] == pytest.approx(x + mu * v, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: SGD([], lr=0.1), "SGD: expected a list of parameters, .* got none"),
        (
            lambda p: Adam(p, betas=(0.9, 1.0)),
            "beta2 to be a number from 0 to below 1, got",
        ),
        (
            lambda p: Momentum(p, momentum=-0.9),
            "momentum to be a number from 0 to below",
        ),
        (
            lambda p: SGD(p, weight_decay=-1),
            "weight_decay to be a number from 0, got -1",
        ),
        (
            lambda p: Adam(p, eps=float("nan")),
            "eps to be a number above 0, got nan",
        ),
        *(
            (
                lambda p, lr=lr: SGD(p, lr=lr),
                f"lr to be a number above 0, got {lr}",
            )
            for lr in (0, -1, math.nan, math.inf)
        ),
    ],
)
def test_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make([Parameter(np.zeros(2), name="W")])


@pytest.mark.parametrize("name", ALL)
def test_every_number_is_checked(name):
    """Below 0 none is right; eps is above it; lr, eps and weight_decay may be 1.5."""
    parameters = [Parameter(np.zeros(2), name="W")]
    for argument in {"weight_decay": 0.0, **DEFAULTS[name]}:
        pair = argument == "betas"
        for bad in ((-0.1, 0.5), (0.5, -0.1), (1.0, 0.5)) if pair else (-0.1,):
            with pytest.raises(ValueError, match=f"^{name}: expected .*, got "):
                ALL[name](parameters, **{argument: bad})
        if argument in ("momentum", "alpha"):
            with pytest.raises(ValueError, match=f"{argument} .* below 1, got 1"):
                ALL[name](parameters, **{argument: 1.0})
        elif not pair:
            ALL[name](parameters, **{argument: 1.5})
            if argument not in ("lr", "eps"):
                ALL[name](parameters, **{argument: 0.0})


def test_no_gradient_yet():
    with pytest.raises(RuntimeError, match=r"Adam\.step: 0\.W has no gradient yet"):
        Adam([Parameter(np.zeros(2), name="0.W")]).step()


def test_a_schedule_is_asked_for_each_step():
    asked = []

    def schedule(t):
        asked.append(t)
        return 1.0 if t < 2 else 0.5

    p = Parameter(np.array([0.0]), np.array([1.0]))
    optimizer = SGD([p], lr=schedule)
    for _ in range(4):
        optimizer.step()
    assert asked == [0, 1, 2, 3]
    assert p.value[0] == -3.0
    assert optimizer.learning_rate == 0.5


def test_schedules_by_their_formulas():
    """To all digits: the examples in the docstrings are compared to those written."""
    for t in (0, 1, 37, 99, 100, 101):
        rates = {
            optimizers.step_decay(0.4, 50): 0.4 * 0.5 ** (t // 50),
            optimizers.step_decay(0.4, 50, 0.1): 0.4 * 0.1 ** (t // 50),
            optimizers.inverse_decay(0.4, 0.03): 0.4 / (1 + 0.03 * t),
            optimizers.exponential_decay(0.4, 0.03): 0.4 * math.exp(-0.03 * t),
            optimizers.cosine(0.4, 100): 0.2
            * (1 + math.cos(math.pi * min(t, 100) / 100)),
        }
        for schedule, rate in rates.items():
            assert schedule(t) == pytest.approx(rate, rel=1e-12, abs=1e-15)


def test_cosine_warms_up_and_ends():
    schedule = optimizers.cosine(1.0, 110, warmup=10, final=0.2)
    rates = [schedule(t) for t in range(130)]
    assert rates[:10] == pytest.approx(np.linspace(0.1, 1, 10))
    assert rates[60] == pytest.approx(0.6)
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert rates[110:] == pytest.approx([0.2] * 20)


@pytest.mark.parametrize("name", ALL)
def test_half_precision_does_not_become_nan(name):
    """Squares of small gradients, and eps, are 0 as float16."""
    p = Parameter(np.ones(3, dtype=np.float16), name="W")
    optimizer = ALL[name]([p])
    for _ in range(20):
        p.grad = np.array([1e-4, 0.0, -1.0], dtype=np.float16)
        optimizer.step()
    assert p.value.dtype == np.float16
    assert np.isfinite(p.value).all()


def test_a_learning_rate_that_is_set_later_is_checked():
    p = Parameter(np.zeros(2), np.ones(2), "W")
    optimizer = SGD([p], lr=0.1)
    for bad in (-0.1, math.nan, "0.1"):
        with pytest.raises((ValueError, TypeError), match="expected lr to be a number"):
            optimizer.lr = bad
    optimizer.lr = 0.5
    optimizer.step()
    np.testing.assert_array_equal(p.value, -0.5)
    assert optimizers.Optimizer([p], 0.1).weight_decay == 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_clipping_keeps_the_direction_and_the_type(dtype):
    W, b = Parameter(np.zeros(2, dtype)), Parameter(np.zeros((1, 1), dtype))
    W.grad, b.grad = np.array([2, 3], dtype), np.array([[6]], dtype)
    kept = W.grad, b.grad
    assert optimizers.clip_by_norm([W, b], 7) == 7
    assert W.grad is kept[0]
    assert optimizers.clip_by_norm([W, b], 0.5) == 7
    np.testing.assert_allclose([*W.grad, *b.grad[0]], np.array([2, 3, 6]) / 14, 1e-3)
    assert kept[0][0] == 2, "not in place: another may hold the same array"
    assert W.grad.dtype == b.grad.dtype == dtype


def test_a_gradient_of_large_numbers_has_a_length():
    W = Parameter(np.zeros(2, np.float32), grad=np.array([3e30, 4e30], np.float32))
    assert optimizers.clip_by_norm([W], 1) == pytest.approx(5e30)
    np.testing.assert_allclose(W.grad, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_without_a_length_stays_as_it_is(bad):
    W = Parameter(np.zeros(2), grad=np.array([bad, 4.0]))
    assert not np.isfinite(optimizers.clip_by_norm([W], 1))
    np.testing.assert_array_equal(W.grad, [bad, 4.0])


def test_clipping_wants_gradients():
    W = Parameter(np.zeros(2), name="W")
    with pytest.raises(RuntimeError, match="clip_by_norm: W has no gradient yet; call"):
        optimizers.clip_by_norm([W], 1)
    W.grad = np.zeros(3)
    with pytest.raises(ValueError, match=r"of shape \(2,\), got \(3,\)"):
        optimizers.clip_by_norm([W], 1)
    with pytest.raises(ValueError, match="each parameter once"):
        optimizers.clip_by_norm([W, W], 1)
