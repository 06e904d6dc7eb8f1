"""Sequences in the layers and losses of Part I: a class at each step, some ignored."""

import copy

import numpy as np
import pytest

from dlscratch import layers
from dlscratch.datasets import Dataset
from dlscratch.gradients import check_gradients
from dlscratch.layers import Linear, SoftmaxCrossEntropy
from dlscratch.models import Sequential
from dlscratch.optimizers import SGD
from dlscratch.parallel import DataParallel
from dlscratch.training import TrainingDiverged, train


def a_batch(n=6, steps=4, seed=0):
    """Make n sequences of 3 numbers at each step, of lengths 1, 2, … again and again.

    Their classes are 0 and 1; behind the end stands -1.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, steps, 3))
    t = (x[..., 0] > 0).astype(int)
    lengths = np.arange(n) % steps + 1
    t[np.arange(steps) >= lengths[:, None]] = -1
    return x, t


def a_model(ignore_index=-1, seed=0):
    rng = np.random.default_rng(seed)
    stack = [Linear(3, 4, rng=rng), layers.Tanh(), Linear(4, 2, rng=rng)]
    return Sequential(stack, SoftmaxCrossEntropy(ignore_index=ignore_index))


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 1, 3), (2, 3, 5, 3)])
def test_linear_takes_each_step_alone(shape):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal(shape), rng.standard_normal((*shape[:-1], 4))
    layer, flat = (Linear(3, 4, rng=np.random.default_rng(1)) for _ in "12")
    np.testing.assert_array_equal(
        layer.forward(x).reshape(-1, 4), flat.forward(x.reshape(-1, 3))
    )
    np.testing.assert_array_equal(
        layer.backward(dy).reshape(-1, 3), flat.backward(dy.reshape(-1, 4))
    )
    for p, q in zip(layer.parameters, flat.parameters, strict=True):
        np.testing.assert_array_equal(p.grad, q.grad)
    with pytest.raises(ValueError, match=r"Linear.backward: expected dy of shape"):
        layer.backward(dy[:1])


def test_linear_takes_steps_in_any_order_of_memory():
    x = np.random.default_rng(0).standard_normal((5, 2, 3)).swapaxes(0, 1)
    layer = Linear(3, 4, rng=np.random.default_rng(1))
    y = layer.forward(x)
    np.testing.assert_array_equal(y, layer.forward(np.ascontiguousarray(x)))


def test_linear_names_the_shape_of_sequences():
    layer = Linear(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"\(N, \.\.\., 3\), got \(2, 3, 4\)"):
        layer.forward(np.zeros((2, 3, 4)))


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SoftmaxCrossEntropy(-1)])
def test_gradients_at_each_step(loss):
    x, t = a_batch()
    model = a_model()
    model.loss_layer = loss
    check_gradients(model, x, t if loss.ignore_index else np.abs(t))


def test_what_is_ignored_changes_neither_loss_nor_gradient():
    x, t = a_batch()
    counted = t != -1
    loss, alone = SoftmaxCrossEntropy(ignore_index=-1), SoftmaxCrossEntropy()
    y = x.copy()
    y[~counted] = np.nan
    assert loss.forward(y, t) == alone.forward(x[counted], t[counted])
    dy = loss.backward()
    np.testing.assert_array_equal(dy[counted], alone.backward())
    assert dy.shape == x.shape
    assert (dy[~counted] == 0).all()
    np.testing.assert_array_equal(loss.right(y, t), alone.right(x[counted], t[counted]))
    assert loss.count(t) == counted.sum()


def test_a_class_of_its_own_can_be_ignored():
    y = np.array([[2.0, 0.0], [0.0, 1.0]])
    with_zero = SoftmaxCrossEntropy(ignore_index=0)
    assert with_zero.forward(y, [0, 1]) == SoftmaxCrossEntropy().forward(y[1:], [1])


def test_what_no_loss_can_be_made_of():
    loss = SoftmaxCrossEntropy(ignore_index=-1)
    with pytest.raises(ValueError, match="at least one id that counts, got only -1"):
        loss.forward(np.zeros((2, 3, 2)), np.full((2, 3), -1))
    with pytest.raises(ValueError, match="ids from 0 to 1, got -2 to 1"):
        loss.forward(np.zeros((1, 3, 2)), [[1, -1, -2]])
    with pytest.raises(ValueError, match="ids from 0 to 1, got -1 to 1"):
        SoftmaxCrossEntropy().forward(np.zeros((1, 2, 2)), [[1, -1]])
    for shape in [(2,), (2, 3, 1), (3, 2), (2, 3, 4)]:
        with pytest.raises(ValueError, match=r"\(N, \.\.\., K\) and \(N, \.\.\.\), at"):
            loss.forward(np.zeros((2, 3, 4)), np.zeros(shape, int))
    with pytest.raises(TypeError, match="ignore_index to be a whole number"):
        SoftmaxCrossEntropy(ignore_index=0.5)


@pytest.mark.parametrize("batch_size", [1, 2, 4, 5, 100])
def test_what_is_measured_does_not_depend_on_the_batches(batch_size):
    x, t = a_batch(11)
    model, counted = a_model(), t != -1
    y = model.predict(x)[counted]
    loss = SoftmaxCrossEntropy().forward(y, t[counted])
    accuracy = (y.argmax(axis=1) == t[counted]).mean()
    found = model.evaluate(x, t, batch_size)
    assert found == pytest.approx((loss, accuracy), rel=1e-12)
    assert model.accuracy(x, t, batch_size) == accuracy
    data = Dataset(x, t, x, t)
    settings = {"batch_size": batch_size, "rng": np.random.default_rng(0)}
    history = train(model, data, SGD(model.parameters, 1e-12), 1, **settings)
    assert history.train_loss[0] == pytest.approx(loss, rel=1e-9)
    assert history.test_loss[0] == pytest.approx(loss, rel=1e-9)
    assert history.train_accuracy == history.test_accuracy == [accuracy]


def test_without_a_loss_sequences_are_of_classes():
    x, t = a_batch()
    model = a_model()
    model.loss_layer = None
    right = model.predict(x).argmax(axis=-1) == abs(t)
    assert model.accuracy(x, abs(t)) == right.mean()


def test_an_own_loss_need_not_count():
    class Half:
        def forward(self, y, t):
            self.n = len(t)
            return float(((y - t) ** 2).sum() / self.n)

        def backward(self):
            return np.zeros((self.n, 1))

    x, t = np.arange(5.0)[:, None], np.ones((5, 1))
    model = Sequential([Linear(1, 1, rng=np.random.default_rng(0))], Half())
    whole, _ = model.evaluate(x, t)
    assert model.evaluate(x, t, 2)[0] == pytest.approx(whole)
    history = train(
        model, Dataset(x, t), SGD(model.parameters), 1, rng=np.random.default_rng(0)
    )
    assert history.train_loss == pytest.approx([whole])


def test_all_targets_are_looked_at_before_the_first_batch():
    x, t = a_batch(1500)
    t[-1, 0] = 2
    model = a_model()
    with pytest.raises(ValueError, match="class ids from 0 to 1, got 0 to 2"):
        train(
            model,
            Dataset(x, t),
            SGD(model.parameters),
            1,
            rng=np.random.default_rng(0),
        )
    assert model.history is None


def test_threads_weigh_their_shards_by_what_counts():
    x, t = a_batch(9)
    one, two = a_model(), a_model()
    loss = one.loss(x, t)
    dx = one.backward()
    with DataParallel(two, workers=2) as parallel:
        assert parallel.loss(x, t) == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(parallel.backward(), dx, rtol=1e-12)
        for p, q in zip(one.parameters, two.parameters, strict=True):
            np.testing.assert_allclose(p.grad, q.grad, rtol=1e-12, atol=1e-15)
        with pytest.raises(ValueError, match="at least one id that counts"):
            parallel.loss(x, np.full_like(t, -1))


@pytest.mark.parametrize("ignore_index", [None, -1, 0])
def test_a_file_holds_what_the_loss_ignores(ignore_index, tmp_path):
    model = a_model(ignore_index)
    model.save(tmp_path / "m.npz")
    loss = Sequential.load(tmp_path / "m.npz").loss_layer
    assert loss.ignore_index == ignore_index
    assert repr(loss) == repr(model.loss_layer) == repr(copy.deepcopy(loss))


def test_a_changed_loss_says_so():
    assert repr(SoftmaxCrossEntropy()) == "SoftmaxCrossEntropy()"
    assert repr(SoftmaxCrossEntropy(-1)) == "SoftmaxCrossEntropy(ignore_index=-1)"


def test_a_checkpoint_is_of_one_loss(tmp_path):
    x, t = a_batch()

    def go_on(ignore_index):
        model = a_model(ignore_index)
        settings = {"checkpoint": tmp_path / "c.npz", "rng": np.random.default_rng(0)}
        train(model, Dataset(x, abs(t)), SGD(model.parameters), 1, **settings)

    go_on(None)
    go_on(None)
    with pytest.raises(ValueError, match=r"its loss is Softmax\w+ in place of \['Soft"):
        go_on(-1)


class TestClipping:
    def clipped(self, max_norm, lr=1.0):
        """Take one step with all examples, and return it and its gradient."""
        x, t = a_batch()
        model = a_model()
        before = [p.value.copy() for p in model.parameters]
        settings = {"batch_size": len(x), "clip_norm": max_norm}
        train(
            model,
            Dataset(x, t),
            SGD(model.parameters, lr),
            1,
            rng=np.random.default_rng(0),
            **settings,
        )
        after = [p.value for p in model.parameters]
        return np.concatenate(
            [(a - b).ravel() for a, b in zip(before, after, strict=True)]
        )

    def test_a_step_is_shortened_and_keeps_its_direction(self):
        free, long, short = (self.clipped(n) for n in (None, 1e6, 0.01))
        np.testing.assert_array_equal(free, long)
        assert np.linalg.norm(free) > 0.1
        assert np.linalg.norm(short) == pytest.approx(0.01, rel=1e-9)
        np.testing.assert_allclose(short / 0.01, free / np.linalg.norm(free))

    @pytest.mark.parametrize("max_norm", [0, -1, np.nan, "1"])
    def test_the_norm_is_looked_at_first(self, max_norm):
        with pytest.raises((TypeError, ValueError), match="train: expected clip_norm"):
            self.clipped(max_norm)

    def test_a_gradient_without_a_length_ends_the_training(self):
        class Broken(layers.Tanh):
            def backward(self, dy):
                return super().backward(dy) * np.inf

        x, t = a_batch()
        model = a_model()
        model.layers[1] = Broken()
        before = model.parameters[0].value.copy()
        with (
            np.errstate(invalid="ignore"),
            pytest.raises(TrainingDiverged, match="gradient's length became nan in ep"),
        ):
            train(
                model,
                Dataset(x, t),
                SGD(model.parameters),
                1,
                rng=np.random.default_rng(0),
                clip_norm=1.0,
            )
        np.testing.assert_array_equal(model.parameters[0].value, before)
