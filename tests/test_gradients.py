"""Numerical gradients, and exact gradients of every layer and loss against them."""

from inspect import signature

import numpy as np
import pytest

from dlscratch import functions, initializers, layers, models
from dlscratch.gradients import (
    TooSmallToCheck,
    check_gradients,
    numerical_gradient,
    relative_error,
)
from dlscratch.models import Sequential


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("x", "expected"), [((3, 4), (6, 8)), ((0, 2), (0, 4)), ((3, 0), (6, 0))]
)
def test_reference_points(x, expected):
    gradient = numerical_gradient(lambda x: np.sum(x**2), np.array(x))
    np.testing.assert_allclose(gradient, expected, atol=1e-9)


def test_reference_derivative():
    at_5 = numerical_gradient(lambda x: 0.01 * x**2 + 0.1 * x, 5)
    assert at_5 == pytest.approx(0.2, abs=1e-10)


def test_reference_softmax_classifier():
    W = [[0.24055208, -0.08417877, 0.10270625], [0.57949381, 0.17237454, 0.73158598]]
    x = np.array([[0.6, 0.9]])
    loss = layers.SoftmaxCrossEntropy()
    dW = numerical_gradient(lambda W: loss.forward(x @ W, [2]), W)
    expected = [[0.22847, 0.13034, -0.35881], [0.34270, 0.19551, -0.53822]]
    np.testing.assert_allclose(dW, expected, atol=5e-6)
    assert loss.forward(x @ np.array(W), [2]) == pytest.approx(0.91135, abs=5e-6)


def test_numerical_gradient_of_any_shape_leaves_x_alone(rng):
    x = rng.standard_normal((2, 3, 4))
    before = x.copy()
    np.testing.assert_allclose(
        numerical_gradient(lambda x: np.sum(x**3), x), 3 * x**2, rtol=1e-5, atol=1e-7
    )
    np.testing.assert_array_equal(x, before)


def test_the_steps_are_as_small_as_told():
    """The error of the central difference of x³ at 0 is h²."""
    cube, zero = (lambda x: x[0] ** 3), np.zeros(1)
    assert numerical_gradient(cube, zero, h=1e-2)[0] == pytest.approx(1e-4)
    assert numerical_gradient(cube, zero)[0] == pytest.approx(1e-8)
    usual = signature(check_gradients).parameters
    names = ("h", "tolerance", "training")
    assert [usual[name].default for name in names] == [1e-5, 1e-7, False]


def test_relative_error():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error([1.0], [-1.0]) == 2
    small, large = np.array([3], np.uint8), np.array([5], np.uint8)
    assert relative_error(small, large) == relative_error(large, small) == 0.4
    assert np.isnan(relative_error([np.nan], [1.0]))
    with pytest.raises(ValueError, match="one shape"):
        relative_error([1.0], [1.0, 2.0])


N = 5
LAYERS = {
    "Linear": lambda rng: layers.Linear(6, 4, rng=rng),
    "Linear, Xavier": lambda rng: layers.Linear(
        6, 1, init=initializers.xavier, rng=rng
    ),
    "Sigmoid": lambda rng: layers.Sigmoid(),
    "Tanh": lambda rng: layers.Tanh(),
    "ReLU": lambda rng: layers.ReLU(),
    "Flatten": lambda rng: layers.Flatten(),
    "BatchNorm": lambda rng: layers.BatchNorm(6),
    "Dropout": lambda rng: layers.Dropout(0.5, rng=rng),
    "Conv2d": lambda rng: layers.Conv2d(2, 3, (2, 3), rng=rng),
    "MaxPool2d": lambda rng: layers.MaxPool2d(2),
    "AvgPool2d": lambda rng: layers.AvgPool2d(2),
    "Residual": lambda rng: layers.Residual(
        [layers.Linear(6, 3, rng=rng), layers.Tanh(), layers.Linear(3, 6, rng=rng)]
    ),
}
PICTURES = ("Flatten", "Conv2d", "MaxPool2d", "AvgPool2d")


def test_every_layer_is_listed():
    kinds = {k for k, v in vars(layers).items() if isinstance(v, type)}
    losses = {k for k in kinds if k.endswith(("Entropy", "Error"))}
    assert kinds - losses - {"Layer", "Parameter"} == {n.split(",")[0] for n in LAYERS}
    assert losses == {"SoftmaxCrossEntropy", "SigmoidCrossEntropy", "MeanSquaredError"}


@pytest.mark.parametrize("name", LAYERS)
def test_layer_gradients(name, rng):
    layer = LAYERS[name](rng)
    shape = (N, 2, 3, 4) if name in PICTURES else (N, 6)
    x = rng.standard_normal(shape)
    x[np.abs(x) < 1e-3] = 0.5  # keep away from the kink of ReLU
    t = rng.standard_normal(layer.forward(x).shape)
    errors = check_gradients(Sequential([layer], layers.MeanSquaredError()), x, t)
    assert len(errors) == 1 + len(layer.parameters)


@pytest.mark.parametrize(
    ("loss", "t"),
    [
        (layers.SoftmaxCrossEntropy(), np.array([0, 3, 1, 1, 2])),
        (layers.SigmoidCrossEntropy(), np.eye(N, 4)),
        (layers.MeanSquaredError(), np.linspace(-1, 1, N * 4).reshape(N, 4)),
    ],
)
def test_loss_gradients(loss, t, rng):
    check_gradients(Sequential([], loss), 2 * rng.standard_normal((N, 4)), t)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_network_gradients(activation, rng):
    model = models.mlp((6, 5, 4, 3), activation, rng=rng)
    check_gradients(model, rng.standard_normal((N, 6)), np.array([0, 1, 2, 1, 0]))


def test_backward_does_not_change_its_argument(rng):
    for name, make in LAYERS.items():
        layer = make(rng)
        x = rng.standard_normal((N, 2, 3, 4) if name in PICTURES else (N, 6))
        x_before = x.copy()
        dy = rng.standard_normal(layer.forward(x).shape)
        dy_before = dy.copy()
        layer.backward(dy)
        np.testing.assert_array_equal(dy, dy_before)
        np.testing.assert_array_equal(x, x_before)


def test_backward_sets_gradients_and_does_not_add(rng):
    layer = layers.Linear(3, 2, rng=rng)
    for _ in range(2):
        layer.forward(np.ones((4, 3)))
        layer.backward(np.ones((4, 2)))
    np.testing.assert_array_equal(layer.W.grad, np.full((3, 2), 4.0))


class TestCheckGradients:
    """The check itself must catch what it is there for."""

    def test_wrong_gradient(self, rng):
        class Doubled(layers.Linear):
            def backward(self, dy):
                dx = super().backward(dy)
                self.b.grad = 2 * self.b.grad
                return dx

        model = Sequential([Doubled(3, 2, rng=rng)], layers.SoftmaxCrossEntropy())
        with pytest.raises(AssertionError, match=r"gradient of 0\.b is off"):
            check_gradients(model, rng.standard_normal((4, 3)), np.array([0, 1, 1, 0]))

    def test_nan_does_not_pass(self, rng):
        class Nan(layers.Tanh):
            def backward(self, dy):
                return super().backward(dy) * np.nan

        model = Sequential([Nan()], layers.MeanSquaredError())
        with pytest.raises(AssertionError, match="gradient of x"):
            check_gradients(model, rng.standard_normal((4, 3)), np.zeros((4, 3)))

    def test_batch_of_one(self, rng):
        model = models.mlp((3, 2), rng=rng)
        with pytest.raises(ValueError, match="a batch of 2 or more, got 1"):
            check_gradients(model, np.ones((1, 3)), np.array([0]))

    def test_equal_examples(self, rng):
        model = models.mlp((3, 2), rng=rng)
        with pytest.raises(ValueError, match="examples that differ, got equal ones"):
            check_gradients(model, np.ones((2, 3)), np.array([0, 0]))

    def test_float32(self, rng):
        model = models.mlp((3, 2), rng=rng, dtype=np.float32)
        with pytest.raises(ValueError, match="float64, got float32"):
            check_gradients(model, np.ones((2, 3)), np.array([0, 1]))

    def test_parameters_are_as_before(self, rng):
        model = models.mlp((3, 2), rng=rng)
        before = [(p.value, p.value.copy()) for p in model.parameters]
        check_gradients(model, rng.standard_normal((4, 3)), np.array([0, 1, 1, 0]))
        for p, (array, values) in zip(model.parameters, before, strict=True):
            assert p.value is array
            np.testing.assert_array_equal(p.value, values)


class TestTheRoundingFloor:
    """Where gradients vanish, rounding is no mistake, and hides one."""

    class Wrong(layers.Linear):
        factor = 2

        def backward(self, dy, input_gradient=True):
            dx = super().backward(dy)
            self.W.grad = self.factor * self.W.grad
            return dx

    def stack(self, depth, seed=0, wrong=None, factor=2):
        """Return sigmoids behind each other, one linear layer wrong, and a batch."""
        rng, stack = np.random.default_rng(seed), []
        for i in range(depth):
            kind = self.Wrong if i == wrong else layers.Linear
            stack += [kind(5, 5, rng=rng), layers.Sigmoid()]
            stack[-2].factor = factor
        x, t = rng.standard_normal((6, 5)), np.array([0, 1, 2, 3, 4, 0])
        return Sequential(stack, layers.SoftmaxCrossEntropy()), x, t

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("depth", [1, 6, 8, 10])
    def test_right_and_small_passes(self, depth, seed):
        errors = check_gradients(*self.stack(depth, seed))
        assert (max(errors.values()) > 1e-7) == (depth > 1)

    @pytest.mark.parametrize("depth", [14, 20])
    def test_right_and_tiny_is_not_called_wrong(self, depth):
        with pytest.raises(TooSmallToCheck, match="too small for this check, right or"):
            check_gradients(*self.stack(depth))

    def test_a_larger_step_sees_further(self):
        errors = check_gradients(*self.stack(14), h=1e-2, tolerance=1e-4)
        assert max(errors.values()) > 1e-7

    @pytest.mark.parametrize(("depth", "factor"), [(6, 1.00001), (10, 1.01), (10, 0)])
    def test_a_wrong_one_is_seen_above_it(self, depth, factor):
        with pytest.raises(AssertionError, match=r"of 0\.W is off.* and more") as found:
            check_gradients(*self.stack(depth, wrong=0, factor=factor))
        assert found.type is AssertionError

    def test_a_wrong_one_does_not_pass_below_it(self):
        with pytest.raises(TooSmallToCheck, match="of x is off"):
            check_gradients(*self.stack(20, wrong=0))

    def test_a_wrong_one_is_named_before_one_that_is_too_small(self):
        with pytest.raises(AssertionError, match=r"gradient of 38\.W is off") as found:
            check_gradients(*self.stack(20, wrong=19))
        assert found.type is AssertionError

    def test_a_loss_near_0_is_rounded_at_1(self):
        """The sum inside the logarithm is 1 and a little."""
        linear = layers.Linear(2, 2, rng=np.random.default_rng(0))
        linear.W.value[...] = [[15, 0], [0, 16]]
        model = Sequential([linear], layers.SoftmaxCrossEntropy())
        errors = check_gradients(model, np.eye(2), np.array([0, 1]))
        assert max(errors.values()) > 1e-7


class TestOtherSteps:
    """Where one step fails, others tell a mistake from the formula's own error."""

    class Off(layers.Linear):
        def backward(self, dy, input_gradient=True):
            dx = super().backward(dy)
            self.W.grad = self.W.grad * (1 + 1e-6)
            return dx

    def pixels(self, kind):
        """Return a network and large inputs, for which a step of 1e-5 is too large."""
        rng = np.random.default_rng(0)
        first = kind(16, 8, rng=rng)
        first.W.value = 0.01 * first.W.value
        stack = [first, layers.ReLU(), layers.Linear(8, 3, rng=rng)]
        model = Sequential(stack, layers.SoftmaxCrossEntropy())
        x = rng.integers(0, 256, (6, 16)).astype(float)
        return model, x, np.array([0, 1, 2, 2, 1, 0])

    def test_large_inputs_are_no_mistake(self):
        check_gradients(*self.pixels(layers.Linear))

    def test_a_small_mistake_stays(self):
        with pytest.raises(AssertionError, match=r"of 0\.W is off.* steps do not help"):
            check_gradients(*self.pixels(self.Off))

    @pytest.mark.parametrize("near", [3e-6, 3e-7])
    def test_a_kink_is_no_mistake(self, near):
        model = Sequential([layers.ReLU()], layers.MeanSquaredError())
        check_gradients(model, np.array([[near], [1.0]]), np.array([[1.0], [0.0]]))

    def test_large_numbers_that_cancel_are_no_mistake(self):
        rng = np.random.default_rng(0)
        linear = layers.Linear(4, 3, rng=rng)
        linear.b.value = np.full(3, 1e6)
        model = Sequential([linear], layers.MeanSquaredError())
        x, t = rng.standard_normal((6, 4)), 1e6 + rng.standard_normal((6, 3))
        check_gradients(model, x, t)

    def test_zero_equals_zero_proves_nothing(self):
        rng = np.random.default_rng(0)
        first = self.Off(4, 5, rng=rng)
        first.b.value = np.full(5, -100.0)
        stack = [first, layers.ReLU(), layers.Linear(5, 3, rng=rng)]
        model = Sequential(stack, layers.SoftmaxCrossEntropy())
        with pytest.raises(TooSmallToCheck, match="gradient of x is 0 everywhere"):
            check_gradients(model, rng.standard_normal((4, 4)), np.array([0, 0, 1, 2]))


def test_losses_equal_the_plain_functions(rng):
    y = 3 * rng.standard_normal((N, 4))
    t = np.array([0, 3, 1, 1, 2])
    assert layers.SoftmaxCrossEntropy().forward(y, t) == pytest.approx(
        functions.cross_entropy(functions.softmax(y), t), rel=1e-12
    )
    one_hot = functions.one_hot(t, 4)
    p = functions.sigmoid(y)
    binary = -np.sum(one_hot * np.log(p) + (1 - one_hot) * np.log(1 - p)) / N
    assert layers.SigmoidCrossEntropy().forward(y, one_hot) == pytest.approx(binary)
    assert layers.MeanSquaredError().forward(y, one_hot) == pytest.approx(
        functions.mean_squared_error(y, one_hot)
    )


def test_losses_of_huge_logits_are_finite():
    y = np.array([[1e4, -1e4], [-1e4, 1e4]])
    with np.errstate(all="raise", under="ignore"):
        for loss, t in [
            (layers.SoftmaxCrossEntropy(), np.array([1, 1])),
            (layers.SigmoidCrossEntropy(), np.eye(2)),
        ]:
            assert np.isfinite(loss.forward(y, t))
            assert np.all(np.isfinite(loss.backward()))


def test_a_function_may_work_in_place():
    def doubled(x):
        x *= 2
        return x.sum()

    np.testing.assert_allclose(numerical_gradient(doubled, np.ones(3)), 2, rtol=1e-6)


def test_no_step_is_no_difference():
    with pytest.raises(ValueError, match="expected h to be a number above 0, got 0"):
        numerical_gradient(np.sum, [1.0], h=0)


class TestBatchNormInACheck:
    def model(self):
        rng = np.random.default_rng(0)
        return models.mlp((4, 5, 3), "tanh", batch_norm=True, rng=rng)

    def data(self):
        rng = np.random.default_rng(1)
        return rng.random((6, 4)), np.array([0, 1, 2, 0, 1, 2])

    def test_a_bias_before_it_has_no_gradient(self):
        model = self.model()
        with pytest.raises(TooSmallToCheck, match=r"gradient of 0\.b is off"):
            check_gradients(model, *self.data(), training=True)
        assert np.abs(model.layers[0].b.grad).max() < 1e-15

    def test_the_running_averages_stay(self):
        model = self.model()
        before = model.layers[1].running_mean.copy()
        check_gradients(model, *self.data(), training=True, tolerance=2)
        np.testing.assert_array_equal(model.layers[1].running_mean, before)

    def test_dropout_cannot_be_checked_in_training(self):
        model = models.mlp((4, 5, 3), dropout=0.5, rng=np.random.default_rng(0))
        check_gradients(model, *self.data())
        with pytest.raises(ValueError, match="no layer that draws at random"):
            check_gradients(model, *self.data(), training=True)

    def test_a_layer_alone_is_no_model(self):
        with pytest.raises(TypeError, match=r"such as Sequential\(\[layer\], Mean"):
            check_gradients(self.model().layers[0], *self.data())
