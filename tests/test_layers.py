"""Layers, losses, initializers and SGD: reference numbers, dtypes and errors."""

from inspect import signature

import numpy as np
import pytest

from dlscratch import initializers, layers
from dlscratch.gradients import check_gradients
from dlscratch.layers import Linear, Parameter
from dlscratch.losses import Loss
from dlscratch.models import Sequential
from dlscratch.optimizers import SGD


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_worked_example_of_a_2_3_2_network():
    first = Linear(2, 3, init=initializers.zeros)
    second = Linear(3, 2, init=initializers.zeros)
    first.W.value = np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])
    first.b.value = np.array([0.1, 0.2, 0.3])
    second.W.value = np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]])
    second.b.value = np.array([0.1, 0.2])
    model = Sequential([first, layers.ReLU(), second], layers.SoftmaxCrossEntropy())
    x, t = np.array([[1.0, 5.0]]), np.array([1])
    np.testing.assert_allclose(model.predict(x), [[1.86, 4.21]], rtol=1e-12)
    model.loss(x, t)
    model.backward()
    np.testing.assert_allclose(second.b.grad, [0.08706577, -0.08706577], atol=5e-9)
    np.testing.assert_allclose(first.b.grad, [-0.02611973] * 3, atol=5e-9)
    SGD(model.parameters, lr=0.01).step()
    np.testing.assert_allclose(
        first.W.value[0], [0.1002612, 0.3002612, 0.5002612], atol=5e-8
    )
    np.testing.assert_allclose(second.W.value[0], [0.09895521, 0.40104479], atol=5e-9)
    np.testing.assert_allclose(second.b.value, [0.09912934, 0.20087066], atol=5e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_follows_the_parameters(dtype, rng):
    model = Sequential(
        [Linear(4, 3, rng=rng, dtype=dtype), layers.Sigmoid(), layers.ReLU()],
        layers.SoftmaxCrossEntropy(),
    )
    x = rng.integers(0, 255, (5, 4), dtype=np.uint8)
    assert model.predict(x).dtype == dtype
    model.loss(x, np.array([0, 1, 2, 0, 1]))
    assert model.backward().dtype == dtype
    assert all(p.grad.dtype == dtype for p in model.parameters)


@pytest.mark.parametrize("shape", [(10, 32), (64,), (2, 64, 1), ()])
def test_linear_names_expected_and_received(shape, rng):
    expected = r"Linear: expected x of shape \(N, (\.\.\., )?64\), got"
    with pytest.raises(ValueError, match=expected):
        Linear(64, 10, rng=rng).forward(np.zeros(shape))


def test_linear_wants_a_generator():
    with pytest.raises(TypeError, match="default_rng"):
        Linear(2, 2)


@pytest.mark.parametrize(
    "layer",
    [
        Linear(3, 3, init=initializers.zeros),
        layers.Sigmoid(),
        layers.Tanh(),
        layers.ReLU(),
        layers.Flatten(),
    ],
    ids=repr,
)
def test_backward_errors(layer):
    with pytest.raises(RuntimeError, match=r"call .*forward first"):
        layer.backward(np.zeros((2, 3)))
    layer.forward(np.ones((2, 3)))
    with pytest.raises(
        ValueError, match=r"expected dy of shape \(2, 3\), got \(3, 3\)"
    ):
        layer.backward(np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"expected dy of shape \(2, 3\), got \(3,\)"):
        layer.backward([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "loss",
    [
        layers.SoftmaxCrossEntropy(),
        layers.SigmoidCrossEntropy(),
        layers.MeanSquaredError(),
    ],
    ids=repr,
)
def test_loss_errors(loss):
    with pytest.raises(RuntimeError, match="forward first"):
        loss.backward()
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(5,\)"):
        loss.forward(np.zeros((4, 3)), np.zeros(5, dtype=int))


LAYERS = [
    kind
    for kind in vars(layers).values()
    if isinstance(kind, type) and issubclass(kind, layers.Layer)
]


@pytest.mark.parametrize("kind", [*LAYERS, Sequential])
def test_a_pass_is_for_use_and_the_way_back_is_whole_unless_told(kind):
    """That is: training=False and input_gradient=True, wherever they are taken."""
    forward = getattr(kind, "forward", None) or kind.predict
    assert signature(forward).parameters["training"].default is False
    back = signature(kind.backward).parameters
    assert "input_gradient" not in back or back["input_gradient"].default is True


def test_what_a_layer_or_a_loss_has_to_bring():
    for call in (
        lambda: layers.Layer().forward(np.zeros((2, 2))),
        lambda: layers.Layer().backward(np.zeros((2, 2))),
        lambda: Loss().forward(np.zeros((2, 2)), [0, 1]),
        lambda: Loss().backward(),
    ):
        with pytest.raises(NotImplementedError):
            call()
    layer = layers.Layer()
    assert (layer.parameters, layer.buffers, layer.config) == ([], {}, {})
    assert repr(layer) == "Layer()"


def test_what_layers_take_by_default(rng):
    norm = layers.BatchNorm(3)
    assert (norm.momentum, norm.eps) == (0.1, 1e-5)
    assert layers.Dropout().p == 0.5
    assert layers.Residual([layers.ReLU()]).shortcut == []
    linear = Linear(4, 3, rng=np.random.default_rng(0))
    expected = initializers.he((4, 3), np.random.default_rng(0))
    np.testing.assert_array_equal(linear.W.value, expected)
    for layer in (norm, linear):
        assert {p.value.dtype for p in layer.parameters} == {np.dtype(np.float64)}
    assert [p.decay for p in (*linear.parameters, *norm.parameters)] == [True] + [
        False
    ] * 3


def test_a_loss_is_no_layer():
    assert not isinstance(layers.MeanSquaredError(), layers.Layer)
    assert repr(layers.MeanSquaredError()) == "MeanSquaredError()"


@pytest.mark.parametrize("loss", [layers.SigmoidCrossEntropy, layers.MeanSquaredError])
def test_a_row_of_predictions_is_a_column_and_a_number_is_neither(loss):
    y, t = np.array([0.5, -1.0, 2.0]), [1, 0, 1]
    of_row, of_column = loss(), loss()
    assert of_row.forward(y, t) == of_column.forward(y[:, None], t)
    np.testing.assert_array_equal(of_row.backward(), of_column.backward()[:, 0])
    with pytest.raises(ValueError, match=r"one shape, .* got \(\) and \(\)"):
        loss().forward(0.5, 1)
    with pytest.raises(ValueError, match=r"one shape, .* got \(4, 3\) and \(4,\)"):
        loss().forward(np.zeros((4, 3)), np.zeros(4))


def test_labels_beyond_the_classes():
    with pytest.raises(ValueError, match="0 to 2, got 0 to 3"):
        layers.SoftmaxCrossEntropy().forward(np.zeros((2, 3)), np.array([0, 3]))
    with pytest.raises(TypeError, match="integer"):
        layers.SoftmaxCrossEntropy().forward(np.zeros((2, 3)), np.array([0.0, 1.0]))


@pytest.mark.parametrize("kind", [layers.SigmoidCrossEntropy, layers.MeanSquaredError])
def test_a_column_of_predictions_never_broadcasts(kind, rng):
    y, t = rng.standard_normal((6, 1)), np.array([0, 1, 1, 0, 1, 0])
    assert kind().forward(y, t) == kind().forward(y, t.reshape(-1, 1))
    loss = kind()
    loss.forward(y, t)
    assert loss.backward().shape == (6, 1)


def test_initializers(rng):
    shape = (400, 300)
    assert initializers.normal(0.01)(shape, rng).std() == pytest.approx(0.01, rel=0.02)
    assert initializers.xavier(shape, rng).std() == pytest.approx(0.05, rel=0.02)
    assert initializers.he(shape, rng).var() == pytest.approx(2 / 400, rel=0.02)
    kernels = initializers.he((300, 8, 5, 5), rng)
    assert kernels.var() == pytest.approx(2 / 200, rel=0.03)


def test_initializers_scale_normal_numbers():
    def numbers(shape):
        return np.random.default_rng(0).standard_normal(shape)

    shape, pictures = (8, 3), (3, 2, 2, 2)  # both with 8 inputs for each output
    for draw, std in (
        (initializers.normal(0.3), 0.3),
        (initializers.xavier, 8**-0.5),
        (initializers.he, 0.5),
    ):
        for wanted in (shape, pictures):
            drawn = draw(wanted, np.random.default_rng(0))
            np.testing.assert_allclose(drawn, std * numbers(wanted), rtol=1e-12)
    assert initializers.fan_in(pictures) == initializers.fan_in(shape) == 8
    assert not initializers.zeros(shape).any()


def test_reprs(rng):
    assert repr(Linear(2, 3, rng=rng)) == "Linear(2, 3)"
    assert repr(Parameter(np.zeros((2, 3)), name="0.W")) == (
        "Parameter(0.W, (2, 3), float64)"
    )


class TestBatchNorm:
    @pytest.fixture
    def x(self):
        return 3 + 2 * np.random.default_rng(0).standard_normal((8, 5))

    def test_training_standardises_each_channel(self, x):
        layer = layers.BatchNorm(5)
        y = layer.forward(x, training=True)
        np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-5)
        np.testing.assert_allclose(layer.running_mean, 0.1 * x.mean(axis=0))
        var = 0.9 + 0.1 * x.var(axis=0, ddof=1)
        np.testing.assert_allclose(layer.running_var, var)

    def test_at_test_time_examples_do_not_meet(self, x):
        layer = layers.BatchNorm(5)
        for _ in range(200):
            layer.forward(x, training=True)
        before = layer.running_mean.copy()
        alone = np.concatenate([layer.forward(row[None]) for row in x])
        np.testing.assert_allclose(alone, layer.forward(x))
        np.testing.assert_array_equal(layer.running_mean, before)
        expected = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + 1e-5)
        np.testing.assert_allclose(alone, expected, atol=1e-6)

    def test_images_are_normalised_by_channel(self):
        x = np.random.default_rng(0).standard_normal((4, 3, 2, 5))
        y = layers.BatchNorm(3).forward(x, training=True)
        rows = x.transpose(0, 2, 3, 1).reshape(-1, 3)
        expected = layers.BatchNorm(3).forward(rows, training=True)
        np.testing.assert_allclose(y.transpose(0, 2, 3, 1).reshape(-1, 3), expected)

    @pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2, 2)])
    @pytest.mark.parametrize("training", [True, False])
    def test_gradients(self, shape, training):
        rng = np.random.default_rng(1)
        layer = layers.BatchNorm(4)
        layer.gamma.value[:] = rng.standard_normal(4)
        layer.running_var[:] = rng.uniform(0.5, 2, 4)
        model = Sequential([layer], layers.MeanSquaredError())
        x, t = rng.standard_normal((2, *shape))
        check_gradients(model, x, t, training=training)

    @pytest.mark.parametrize("shape", [(6,), (6, 5), (6, 4, 3), (4, 6)])
    def test_shapes(self, shape):
        with pytest.raises(ValueError, match=r"\(N, 4\) or \(N, 4, H, W\), got \("):
            layers.BatchNorm(4).forward(np.zeros(shape))

    def test_a_batch_of_one_has_no_variance(self):
        with pytest.raises(ValueError, match="at least two values per channel"):
            layers.BatchNorm(4).forward(np.zeros((1, 4)), training=True)
        layers.BatchNorm(4).forward(np.zeros((1, 4, 1, 2)), training=True)

    def test_running_statistics_are_saved(self, x, tmp_path):
        model = Sequential([layers.BatchNorm(5, momentum=0.3)])
        model.predict(x, training=True)
        model.save(tmp_path / "m.npz")
        copy = Sequential.load(tmp_path / "m.npz")
        np.testing.assert_array_equal(copy.predict(x), model.predict(x))
        assert copy.layers[0].config == model.layers[0].config


class TestDropout:
    def test_training_keeps_the_mean(self):
        layer = layers.Dropout(0.3, rng=np.random.default_rng(0))
        y = layer.forward(np.ones((200, 500)), training=True)
        assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
        np.testing.assert_allclose(y[y != 0], 1 / 0.7)
        dx = layer.backward(np.full((200, 500), 2.0))
        np.testing.assert_allclose(dx, 2 * y)

    def test_every_pass_has_its_own_mask(self):
        layer = layers.Dropout(rng=np.random.default_rng(0))
        first, second = (layer.forward(np.ones((9, 9)), training=True) for _ in "ab")
        assert not np.array_equal(first, second)

    def test_nothing_happens_at_test_time(self):
        x = np.arange(6.0).reshape(2, 3)
        layer = layers.Dropout(0.5)
        np.testing.assert_array_equal(layer.forward(x), x)
        np.testing.assert_array_equal(layer.backward(x), x)

    def test_dtype(self):
        layer = layers.Dropout(0.5, rng=np.random.default_rng(0))
        for dtype in (np.float32, np.float64):
            assert layer.forward(np.ones((2, 2), dtype), training=True).dtype == dtype

    @pytest.mark.parametrize("p", [-0.1, 1, float("nan")])
    def test_fraction(self, p):
        with pytest.raises(
            ValueError, match=r"p, the fraction dropped, to be .* below 1"
        ):
            layers.Dropout(p)

    def test_whole_numbers(self):
        layer = layers.Dropout(0.5, rng=np.random.default_rng(0))
        y = layer.forward(np.full((20, 5), 3), training=True)
        assert set(y.ravel()) == {0, 6}
        layer.p = 0.75
        assert set(layer.forward(np.full((20, 5), 3), True).ravel()) == {0, 12}

    def test_training_needs_a_generator(self):
        with pytest.raises(TypeError, match="Dropout: to train, pass rng="):
            layers.Dropout(0.5).forward(np.ones((2, 2)), training=True)


def test_the_input_gradient_can_be_left_out():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((6, 4)), rng.integers(3, size=6)
    for stack in (
        [layers.Flatten(), Linear(4, 5, rng=rng), layers.ReLU()],
        [layers.BatchNorm(4), Linear(4, 5, rng=rng), layers.BatchNorm(5)],
    ):
        model = Sequential(
            [*stack, Linear(5, 3, rng=rng)], layers.SoftmaxCrossEntropy()
        )
        model.loss(x, t, training=True)
        assert model.backward().shape == x.shape
        expected = [p.grad.copy() for p in model.parameters]
        for p in model.parameters:
            p.grad = None
        assert model.backward(input_gradient=False) is None
        for p, grad in zip(model.parameters, expected, strict=True):
            np.testing.assert_array_equal(p.grad, grad)


class OwnLayer(layers.Layer):
    """A layer as ``Layer`` documents it: y = x · scale."""

    def __init__(self, n):
        self.scale = Parameter(np.full(n, 2.0), name="scale")

    @property
    def parameters(self):
        return [self.scale]

    def forward(self, x, training=False):
        self.remember(x)
        return x * self.scale.value

    def backward(self, dy):
        (x,) = self.recall()
        self.scale.grad = (dy * x).sum(axis=0)
        return dy * self.scale.value


class OwnLinear(Linear):
    """What a subclass does on the way back is not passed by."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.b.grad = 0 * self.b.grad
        return dx


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_own_layer_can_stand_anywhere(place, rng):
    stack = [Linear(4, 4, rng=rng), layers.Tanh()]
    stack.insert(place, OwnLayer(4))
    model = Sequential(stack, layers.SoftmaxCrossEntropy())
    x, t = rng.standard_normal((5, 4)), np.array([0, 3, 1, 2, 2])
    check_gradients(model, x, t)
    model.loss(x, t)
    assert model.backward().shape == x.shape
    expected = [p.grad for p in model.parameters]
    for p in model.parameters:
        p.grad = None
    assert model.backward(input_gradient=False) is None
    for p, grad in zip(model.parameters, expected, strict=True):
        np.testing.assert_array_equal(p.grad, grad)


def test_an_own_way_back_of_a_library_layer_is_taken(rng):
    model = Sequential([OwnLinear(4, 3, rng=rng)], layers.SoftmaxCrossEntropy())
    model.loss(rng.standard_normal((5, 4)), np.zeros(5, int))
    model.backward(input_gradient=False)
    np.testing.assert_array_equal(model.layers[0].b.grad, np.zeros(3))
    assert np.any(model.layers[0].W.grad)


def test_only_the_first_layer_that_learns_spares_its_input_gradient(rng):
    seen = []

    class Watched(Linear):
        def backward(self, dy, input_gradient=True):
            seen.append(input_gradient)
            return super().backward(dy, input_gradient)

    stack = [layers.Flatten(), Watched(4, 4, rng=rng), Watched(4, 3, rng=rng)]
    stack[0].backward = lambda dy: pytest.fail("nothing learns before the first")
    model = Sequential(stack, layers.SoftmaxCrossEntropy())
    model.loss(rng.standard_normal((5, 4)), np.zeros(5, int))
    model.backward(input_gradient=False)
    assert seen == [True, False]


def test_a_model_that_learns_nothing_goes_nowhere_back(rng):
    model = Sequential([layers.ReLU()], layers.SoftmaxCrossEntropy())
    model.loss(np.ones((2, 3)), [0, 1])
    assert model.backward(input_gradient=False) is None
    assert model.backward().shape == (2, 3)


@pytest.mark.parametrize(
    "layer",
    [
        Linear(2, 3, init=initializers.zeros),
        layers.Conv2d(2, 3, (1, 2), 2, init=initializers.zeros),
        layers.MaxPool2d(3, 2, 1),
        layers.BatchNorm(4, momentum=0.5),
        layers.Dropout(0.2),
        layers.Residual([layers.Residual([layers.Flatten()]), layers.Tanh()]),
    ],
    ids=repr,
)
def test_a_layer_is_built_again_from_its_config(layer):
    again = type(layer).from_config(layer.config)
    assert (repr(again), again.config) == (repr(layer), layer.config)
    assert type(layers.build(type(layer).__name__, layer.config)) is type(layer)


def block(rng, dtype=np.float64):
    """Return a block that halves the picture and doubles the channels."""
    body = [
        layers.Conv2d(2, 4, 3, stride=2, padding=1, rng=rng, dtype=dtype),
        layers.BatchNorm(4, dtype=dtype),
        layers.ReLU(),
        layers.Residual([layers.Conv2d(4, 4, 1, rng=rng, dtype=dtype)]),
    ]
    shortcut = [
        layers.Conv2d(2, 4, 1, stride=2, rng=rng, dtype=dtype),
        layers.BatchNorm(4, dtype=dtype),
    ]
    return layers.Residual(body, shortcut)


class TestResidual:
    def test_it_adds_the_input(self, rng):
        x, dy = rng.standard_normal((2, 5, 4))
        linear = Linear(4, 4, rng=rng)
        residual = layers.Residual([linear, layers.ReLU()])
        np.testing.assert_array_equal(
            residual.forward(x), np.maximum(x @ linear.W.value, 0) + x
        )
        before = dy.copy()
        dx = residual.backward(dy)
        np.testing.assert_allclose(
            dx, dy + (dy * (x @ linear.W.value > 0)) @ linear.W.value.T
        )
        np.testing.assert_array_equal(dy, before)

    def test_gradients_of_both_ways_and_of_a_block_within(self, rng):
        model = Sequential(
            [
                layers.Residual([layers.Conv2d(2, 2, 3, padding=1, rng=rng)]),
                block(rng),
                layers.Flatten(),
                Linear(4 * 3 * 2, 3, rng=rng),
            ],
            layers.SoftmaxCrossEntropy(),
        )
        x, t = rng.standard_normal((4, 2, 5, 4)), [0, 2, 1, 1]
        errors = check_gradients(model, x, t)
        assert list(errors) == ["x", *(p.name for p in model.parameters)]
        assert len(errors) == 15
        names = {"0.0.W", "1.0.b", "1.1.gamma", "1.3.0.W", "1.4.W", "1.5.beta", "3.W"}
        assert names < set(errors)
        assert "1.5.running_var" in model.arrays

    def test_the_input_gradient_can_be_left_out(self, rng):
        model = Sequential([block(rng), layers.Flatten()], layers.MeanSquaredError())
        model.loss(rng.standard_normal((4, 2, 3, 3)), np.zeros((4, 16)), training=True)
        model.backward()
        expected = [p.grad.copy() for p in model.parameters]
        assert model.backward(input_gradient=False) is None
        for p, grad in zip(model.parameters, expected, strict=True):
            np.testing.assert_array_equal(p.grad, grad)

    def test_it_is_stored_whole(self, rng, tmp_path):
        model = Sequential([block(rng, np.float32), layers.Flatten()])
        x = rng.standard_normal((4, 2, 3, 3))
        model.predict(x, training=True)  # moves the running averages
        model.save(tmp_path / "m.npz")
        again = Sequential.load(tmp_path / "m.npz")
        assert repr(again) == repr(model)
        assert again.predict(x).dtype == np.float32
        np.testing.assert_array_equal(again.predict(x), model.predict(x))

    def test_shapes_that_cannot_be_added(self, rng):
        residual = layers.Residual([Linear(4, 3, rng=rng)])
        with pytest.raises(
            ValueError, match=r"got \(5, 3\) and \(5, 4\); give the sho"
        ):
            residual.forward(np.zeros((5, 4)))
        wide = layers.Residual([Linear(4, 1, rng=rng)])
        with pytest.raises(ValueError, match="of one shape"):  # never broadcast
            wide.forward(np.zeros((5, 4)))

    def test_other_errors(self, rng):
        with pytest.raises(ValueError, match="at least one layer in the body"):
            layers.Residual([])
        residual = layers.Residual([Linear(4, 4, rng=rng)])
        with pytest.raises(RuntimeError, match=r"Residual.backward: call Residual.fo"):
            residual.backward(np.zeros((5, 4)))
        residual.forward(np.zeros((5, 4)))
        with pytest.raises(
            ValueError, match=r"expected dy of shape \(5, 4\), got \(4,"
        ):
            residual.backward(np.zeros(4))


class TestParameter:
    def test_whole_numbers_become_floating_point_ones(self):
        layer = layers.Linear(2, 2, rng=np.random.default_rng(0))
        layer.W.value = [[1, -1], [2, 0]]
        layer.b.value = np.array([0, 1])
        np.testing.assert_array_equal(layer.forward([[0.5, 1.5]]), [[3.5, 0.5]])
        assert layer.W.value.dtype == layer.b.value.dtype == np.float64

    def test_what_is_set_has_the_same_shape(self):
        p = layers.Parameter(np.zeros((2, 3)), name="W")
        with pytest.raises(ValueError, match=r"W: expected a value of shape \(2, 3\)"):
            p.value = np.zeros(3)
        with pytest.raises(TypeError, match="Parameter W: expected an array of num"):
            p.value = "zeros"
        assert p.version == 0
        p.value = p.value + 1
        assert p.version == 1


def test_one_batch_of_nan_does_not_ruin_the_running_averages():
    norm = layers.BatchNorm(2)
    x = np.random.default_rng(0).random((4, 2))
    norm.forward(x, training=True)
    kept = norm.running_mean.copy(), norm.running_var.copy()
    x[0, 0] = np.nan
    assert np.isnan(norm.forward(x, training=True)).any()
    np.testing.assert_array_equal(norm.running_mean, kept[0])
    np.testing.assert_array_equal(norm.running_var, kept[1])


def test_nan_is_no_right_answer():
    y = np.array([[np.nan, 0.0], [1.0, 0.0]])
    right = layers.SoftmaxCrossEntropy().right(y, np.array([0, 0]))
    np.testing.assert_array_equal(right, [False, True])
    right = layers.SigmoidCrossEntropy().right(y, np.zeros((2, 2)))
    np.testing.assert_array_equal(right, [[False, True], [False, True]])
    with pytest.raises(ValueError, match="targets from 0 to 1"):
        layers.SigmoidCrossEntropy().forward(np.zeros((2, 1)), [0.0, np.nan])


def test_flatten_wants_a_batch():
    with pytest.raises(ValueError, match=r"Flatten: expected x of shape .*got \(3,\)"):
        layers.Flatten().forward(np.zeros(3))


@pytest.mark.parametrize("init", ["he", 0.01, initializers.normal, np.zeros])
def test_initial_values_come_from_a_function(init):
    with pytest.raises(TypeError, match="Linear: expected init to be a function of a"):
        layers.Linear(2, 3, init=init, rng=np.random.default_rng(0))


def test_a_residual_block_takes_lists():
    linear = layers.Linear(2, 2, rng=np.random.default_rng(0))
    for body, shortcut in ((linear, None), ([linear], linear)):
        with pytest.raises(TypeError, match="Residual: expected a list of layers, got"):
            layers.Residual(body, shortcut)
