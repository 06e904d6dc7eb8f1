"""Layers, losses, initializers and SGD: reference numbers, dtypes and errors."""

import numpy as np
import pytest

from dlscratch import initializers, layers
from dlscratch.layers import Linear, Parameter
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
    with pytest.raises(ValueError, match=r"Linear: expected x of shape \(N, 64\), got"):
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


def test_reprs(rng):
    assert repr(Linear(2, 3, rng=rng)) == "Linear(2, 3)"
    assert repr(Parameter(np.zeros((2, 3)), name="0.W")) == (
        "Parameter(0.W, (2, 3), float64)"
    )


class TestSGD:
    def test_step_is_in_place(self):
        p = Parameter(np.array([1.0, 2.0]), np.array([10.0, -10.0]), "W")
        array = p.value
        SGD([p], lr=0.1).step()
        assert p.value is array
        np.testing.assert_allclose(array, [0.0, 3.0])

    @pytest.mark.parametrize("lr", [0, -1, float("nan"), float("inf")])
    def test_learning_rate(self, lr):
        with pytest.raises(ValueError, match="positive learning rate, got"):
            SGD([], lr=lr)

    def test_no_gradient_yet(self):
        with pytest.raises(RuntimeError, match=r"0\.W has no gradient yet"):
            SGD([Parameter(np.zeros(2), name="0.W")]).step()
