"""Data-parallel training: the same gradients, in shards on threads."""

import gc
import threading
import time
from inspect import signature

import numpy as np
import pytest

from dlscratch import layers
from dlscratch.base import places
from dlscratch.datasets import load_digits
from dlscratch.models import Sequential, mlp, simple_cnn
from dlscratch.optimizers import SGD, Adam
from dlscratch.parallel import DataParallel
from dlscratch.training import train


def small_cnn(seed=0):
    return simple_cnn(
        rng=np.random.default_rng(seed),
        input_shape=(1, 8, 8),
        filters=4,
        kernel_size=3,
        hidden=6,
    )


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    return rng.standard_normal((7, 1, 8, 8)), rng.integers(10, size=7)


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 9])
def test_gradients_equal_those_of_one_thread(workers, batch):
    """Shards of unequal sizes, and fewer examples than workers, included."""
    model, single = small_cnn(), small_cnn()
    expected = single.loss(*batch, training=True)
    single.backward(input_gradient=False)
    with DataParallel(model, workers) as parallel:
        for _ in range(2):
            loss = parallel.loss(*batch, training=True)
            parallel.backward()
            assert loss == pytest.approx(expected, rel=1e-12)
            for p, q in zip(model.parameters, single.parameters, strict=True):
                np.testing.assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-13)


def test_the_gradient_of_the_input_is_that_of_one_thread(batch):
    """By default it is returned, as by a model that is not wrapped."""
    model, single = small_cnn(), small_cnn()
    single.loss(*batch, training=True)
    with DataParallel(model, 3) as parallel:
        parallel.loss(*batch, training=True)
        dx = parallel.backward()
        np.testing.assert_allclose(dx, single.backward(), rtol=1e-9, atol=1e-13)
        assert parallel.backward(input_gradient=False) is None


def test_there_is_no_way_back_without_a_loss():
    with (
        pytest.raises(RuntimeError, match=r"call loss\(x, t\) first"),
        DataParallel(small_cnn(), 2) as parallel,
    ):
        parallel.backward(input_gradient=False)


def test_all_else_is_the_models_own(batch):
    model = small_cnn()
    with DataParallel(model, 2) as parallel:
        assert parallel.parameters == model.parameters
        assert parallel.evaluate(*batch) == model.evaluate(*batch)
        with pytest.raises(AttributeError, match="'Sequential' object has no"):
            _ = parallel.shards


def test_the_threads_stop_when_nothing_refers_to_them(batch):
    before = threading.active_count()
    DataParallel(small_cnn(), 2).loss(*batch)
    gc.collect()
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_replicas_follow_the_model(batch):
    """Also when values are replaced by new arrays."""
    model, single = small_cnn(), small_cnn(seed=5)
    with DataParallel(model, 2) as parallel:
        parallel.loss(*batch)
        for p, q in zip(model.parameters, single.parameters, strict=True):
            p.value = q.value.copy()
        assert parallel.loss(*batch) == pytest.approx(single.loss(*batch), rel=1e-12)


def test_shards_run_on_threads_of_their_own():
    """Two at a time: each waits for the other."""
    meeting = threading.Barrier(2, timeout=20)

    class Meeting(layers.ReLU):
        def forward(self, x, training=False):
            meeting.wait()
            return super().forward(x, training)

        def __deepcopy__(self, memo):
            return Meeting()

    model = Sequential([Meeting()], layers.SoftmaxCrossEntropy())
    with DataParallel(model, 2) as parallel:
        assert parallel.loss(np.zeros((4, 3)), np.zeros(4, int)) > 0


@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: layers.Residual([n])])
def test_running_averages_are_the_mean_over_the_shards(wrap):
    rng = np.random.default_rng(0)
    norm = layers.BatchNorm(3)
    x = rng.standard_normal((10, 3))
    model = Sequential([wrap(norm)], layers.MeanSquaredError())
    with DataParallel(model, 2) as parallel:
        for _ in range(3):
            parallel.loss(x, np.zeros((10, 3)), training=True)
    expected = 0.0
    for _ in range(3):
        expected = 0.9 * expected + 0.1 * (x[:5].mean(axis=0) + x[5:].mean(axis=0)) / 2
    np.testing.assert_allclose(norm.running_mean, expected, rtol=1e-12)


def dropped(wrap, seed=0):
    dropout = layers.Dropout(0.5, rng=np.random.default_rng(seed))
    model = Sequential([wrap(dropout)], layers.MeanSquaredError())
    with DataParallel(model, 2) as parallel:
        parallel.loss(np.ones((8, 50)), np.zeros((8, 50)), training=True)
        found = [next(places(replica.layers))[1] for replica in parallel.replicas]
        return [layer._cache[0] for layer in found]


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: layers.Residual([d])])
def test_each_shard_has_its_own_dropout_mask_the_same_in_each_run(wrap):
    first, second = dropped(wrap)
    assert np.any(first != second)
    np.testing.assert_array_equal(dropped(wrap), (first, second))
    assert np.any(dropped(wrap, seed=1)[1] != second)


def test_an_error_on_a_thread_is_raised_here(batch):
    x, t = batch
    with (
        pytest.raises(ValueError, match="0 to 9, got"),
        DataParallel(small_cnn(), 2) as parallel,
    ):
        parallel.loss(x, t + 90)


@pytest.mark.parametrize(("n", "shards"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_a_shard_holds_two_examples_for_batch_norm(n, shards):
    rng = np.random.default_rng(0)
    model = mlp((4, 3, 2), batch_norm=n > 1, rng=rng)
    with DataParallel(model, workers=2) as parallel:
        loss = parallel.loss(rng.random((n, 4)), np.zeros(n, int), training=True)
        parallel.backward()
    assert np.isfinite(loss)
    assert len(parallel.weights) == shards


def test_a_pass_is_for_use_unless_told():
    assert signature(DataParallel.loss).parameters["training"].default is False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_training_spares_the_gradient_of_the_input(data, workers):
    asked = []

    class Spy(layers.Linear):
        def backward(self, dy, input_gradient=True):
            asked.append(input_gradient)
            return super().backward(dy, input_gradient)

    stack = [Spy(64, 10, rng=np.random.default_rng(0))]
    model = Sequential(stack, layers.SoftmaxCrossEntropy())
    settings = {"rng": np.random.default_rng(1), "progress": False}
    learner = DataParallel(model, workers)
    train(learner, data, SGD(model.parameters), 1, **settings)
    assert asked
    assert not any(asked)


@pytest.mark.parametrize("workers", [0, -1, 1.5, None])
def test_workers_is_a_count(workers):
    with pytest.raises((ValueError, TypeError), match="workers to be a whole number"):
        DataParallel(small_cnn(), workers)


@pytest.fixture(scope="module")
def data():
    digits = load_digits()
    cut = [a[:100] for a in digits]
    return type(digits)(*cut)


def trained(data, workers, dropout=0.0, epochs=3, **settings):
    model = mlp((64, 20, 10), rng=np.random.default_rng(0), dropout=dropout)
    history = train(
        DataParallel(model, workers) if workers > 1 else model,
        data,
        SGD(model.parameters, lr=0.5),
        epochs,
        rng=np.random.default_rng(1),
        progress=False,
        **settings,
    )
    return model, history


def test_training_is_the_same_to_rounding(data):
    (one, expected), (two, history) = trained(data, 1), trained(data, 2)
    for p, q in zip(one.parameters, two.parameters, strict=True):
        np.testing.assert_allclose(p.value, q.value, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(history.train_loss, expected.train_loss, rtol=1e-9)
    assert history.train_loss[-1] < history.train_loss[0]


def test_early_stopping_goes_back_to_the_best(data):
    model, history = trained(data, 2, epochs=60, patience=2)
    assert len(history.test_loss) == history.best_epoch + 2 < 60
    loss, _ = model.evaluate(data.x_test, data.t_test)
    assert loss == pytest.approx(min(history.test_loss))


def test_going_on_from_a_checkpoint_with_dropout(data, tmp_path):
    """The replicas' masks come from the generator whose state is saved."""
    straight, _ = trained(data, 2, dropout=0.5)
    trained(data, 2, dropout=0.5, epochs=1, checkpoint=tmp_path / "c.npz")
    resumed, _ = trained(data, 2, dropout=0.5, checkpoint=tmp_path / "c.npz")
    for p, q in zip(straight.parameters, resumed.parameters, strict=True):
        np.testing.assert_array_equal(p.value, q.value)


def test_a_convolutional_network_learns_on_two_threads():
    data = load_digits(flatten=False)
    model = simple_cnn(
        rng=np.random.default_rng(0),
        input_shape=(1, 8, 8),
        filters=8,
        kernel_size=3,
        hidden=30,
    )
    history = train(
        DataParallel(model, workers=2),
        data,
        Adam(model.parameters, lr=3e-3),
        3,
        rng=np.random.default_rng(1),
        progress=False,
    )
    assert history.test_accuracy[-1] > 0.7


class TestAModelThatChanges:
    """The replicas are those of the model as it is at the loss."""

    X = np.random.default_rng(1).standard_normal((8, 4))
    T = np.array([0, 1, 0, 1, 1, 0, 0, 1])

    def replaced(self, model):
        model.layers[1] = layers.Tanh()

    def longer(self, model):
        model.layers.append(layers.Linear(2, 2, rng=np.random.default_rng(2)))

    def argument(self, model):
        model.layers[1] = layers.BatchNorm(5)
        model.layers[1].running_mean = np.full(5, 0.5)
        model.layers[1].eps = 10.0

    def other_loss(self, model):
        model.layers[2] = layers.Linear(5, 1, rng=np.random.default_rng(2))
        model.loss_layer = layers.SigmoidCrossEntropy()

    @pytest.mark.parametrize("through_the_wrapper", [True, False])
    @pytest.mark.parametrize("change", [replaced, longer, argument, other_loss])
    def test_it_is_followed(self, change, through_the_wrapper):
        model = mlp((4, 5, 2), rng=np.random.default_rng(0))
        with DataParallel(model, 2) as parallel:
            parallel.loss(self.X, self.T)
            change(self, parallel if through_the_wrapper else model)
            expected = model.loss(self.X, self.T)
            model.backward()
            gradients = [p.grad for p in model.parameters]
            assert parallel.loss(self.X, self.T) == pytest.approx(expected, rel=1e-12)
            parallel.backward()
            for p, grad in zip(model.parameters, gradients, strict=True):
                np.testing.assert_allclose(p.grad, grad, rtol=1e-9, atol=1e-13)

    def test_a_training_leaves_its_history_with_the_model(self, data):
        model, history = trained(data, 2, epochs=1)
        assert model.history is history

    @pytest.mark.parametrize("other", ["the model", "a wrapper"])
    def test_another_loss_comes_between(self, other):
        model = mlp((4, 5, 2), rng=np.random.default_rng(0))
        with DataParallel(model, 2) as parallel, DataParallel(model, 3) as second:
            parallel.loss(self.X, self.T)
            between = model if other == "the model" else second
            between.loss(self.X[:4], self.T[:4])
            with pytest.raises(RuntimeError, match="no other loss of the model in bet"):
                parallel.backward()
            between.backward()

    def test_no_way_back_after_a_loss_that_failed(self):
        model = mlp((4, 5, 2), rng=np.random.default_rng(0))
        with DataParallel(model, 2) as parallel:
            parallel.loss(self.X, self.T)
            with pytest.raises(ValueError, match="class ids from 0 to 1"):
                parallel.loss(self.X, self.T + 1)
            with pytest.raises(RuntimeError, match=r"call loss\(x, t\) first"):
                parallel.backward()


def test_replicas_copy_no_results_of_earlier_passes(batch):
    with DataParallel(small_cnn(), 2) as parallel:
        parallel.loss(*batch)
        parallel.backward()
        replica = parallel._replica()
    assert [layer._cache for layer in replica.layers] == [None] * len(replica.layers)
    for p, q in zip(replica.parameters, parallel.parameters, strict=True):
        assert (p.grad, p.value is q.value) == (None, True)


@pytest.mark.parametrize(("n", "labels"), [(0, 0), (7, 8), (7, 6), (7, 0)])
def test_there_are_as_many_examples_as_labels(n, labels, batch):
    x, t = batch[0][:n], np.zeros(labels, int)
    words = rf"got x of shape \({n}, 1, 8, 8\) and t of shape \({labels},\)"
    with (
        pytest.raises(ValueError, match=words),
        DataParallel(small_cnn(), 2) as parallel,
    ):
        parallel.loss(x, t)


def test_the_threads_of_a_with_block_have_ended(batch):
    with DataParallel(small_cnn(), 2) as parallel:
        parallel.loss(*batch)
    for act in (parallel.backward, lambda: parallel.loss(*batch)):
        with pytest.raises(RuntimeError, match="ended with the with block; make a new"):
            act()
    assert parallel.predict(batch[0]).shape == (7, 10)


def test_only_a_model_is_wrapped():
    with DataParallel(small_cnn(), 2) as parallel:
        for model in (parallel, small_cnn().layers, None):
            with pytest.raises(TypeError, match="expected a Sequential, got"):
                DataParallel(model, 2)


def test_a_layer_draws_from_a_generator(batch):
    class Old(layers.ReLU):
        rng = np.random.RandomState(0)

    model = small_cnn()
    model.layers[1] = Old()
    with (
        pytest.raises(TypeError, match=r"DataParallel, Old: expected rng=numpy"),
        DataParallel(model, 2) as parallel,
    ):
        parallel.loss(*batch)


def test_a_layer_may_remember_nothing():
    class Shaped(layers.ReLU):
        shape = property(lambda self: self._shape)

        def __init__(self):
            self._shape = ()

        def forward(self, x, training=False):
            self.remember()
            return x * np.ones(self.shape)

    model = Sequential([Shaped()], layers.SoftmaxCrossEntropy())
    with DataParallel(model, 2) as parallel:
        for _ in range(2):
            parallel.loss(np.zeros((4, 3)), np.zeros(4, int))
        assert parallel.replicas[1].layers[0].shape == ()
