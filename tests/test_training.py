"""The training loop: every example once an epoch, determinism, clear failure."""

import numpy as np
import pytest

from dlscratch import datasets
from dlscratch.datasets import Dataset
from dlscratch.models import mlp
from dlscratch.optimizers import SGD
from dlscratch.training import TrainingDiverged, minibatches, train


def run(epochs=3, lr=0.1, seed=0, data=None, **kwargs):
    data = data or datasets.load_digits()
    model = mlp((64, 20, 10), rng=np.random.default_rng(seed))
    optimizer = SGD(model.parameters, lr=lr)
    history = train(
        model,
        data,
        optimizer,
        epochs,
        rng=np.random.default_rng(seed),
        progress=False,
        **kwargs,
    )
    return model, history


@pytest.mark.parametrize(("n", "size"), [(10, 3), (10, 10), (10, 99), (1, 1), (0, 4)])
def test_minibatches_hold_every_example_once(n, size):
    batches = list(minibatches(n, size, np.random.default_rng(0)))
    assert all(len(b) == size for b in batches[:-1])
    np.testing.assert_array_equal(
        np.sort(np.concatenate([*batches, np.empty(0, int)])), np.arange(n)
    )


def test_minibatches_are_shuffled_anew():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(minibatches(50, 7, rng))) for _ in range(2))
    assert not np.array_equal(first, np.arange(50))
    assert not np.array_equal(first, second)


def test_minibatch_size():
    with pytest.raises(ValueError, match="batch_size >= 1, got 0"):
        list(minibatches(5, 0, np.random.default_rng(0)))


def test_it_learns_the_digits():
    model, history = run(epochs=10)
    data = datasets.load_digits()
    assert history.train_loss[-1] < history.train_loss[0] / 3
    assert history.test_accuracy[-1] > 0.85
    assert history.test_accuracy[-1] == model.accuracy(data.x_test, data.t_test)
    assert len(history.train_accuracy) == 10


def test_same_seed_same_result():
    a, b, c = (run(epochs=1, seed=s)[0].parameters[0].value for s in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)


def test_the_mean_loss_counts_the_last_partial_batch():
    digits = datasets.load_digits()
    data = Dataset(digits.x_train[:10], digits.t_train[:10], *digits[2:])
    model = mlp((64, 10), rng=np.random.default_rng(0))
    expected = model.loss(data.x_train, data.t_train)
    optimizer = SGD(model.parameters, lr=1e-12)
    history = train(
        model, data, optimizer, 1, batch_size=7, rng=np.random.default_rng(0)
    )
    assert history.train_loss[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_divergence_is_told_early():
    digits = datasets.load_digits()
    bad = digits.x_train.copy()
    bad[5, 3] = np.nan
    data = Dataset(bad, *digits[1:])
    with pytest.raises(
        TrainingDiverged, match=r"loss became nan in epoch 1, step \d+;"
    ):
        run(data=data)
    with pytest.raises(TrainingDiverged, match="smaller learning rate") as caught:
        run(lr=1e300, epochs=5)
    assert caught.value.history.train_loss == []


def test_divergence_leaves_finite_weights():
    digits = datasets.load_digits()
    bad = digits.x_train.copy()
    bad[-1] = np.inf
    data = Dataset(bad, *digits[1:])
    model = mlp((64, 10), rng=np.random.default_rng(0))
    with (
        np.errstate(all="ignore"),
        pytest.raises(TrainingDiverged),
    ):
        train(model, data, SGD(model.parameters), 1, rng=np.random.default_rng(0))
    assert all(np.isfinite(p.value).all() for p in model.parameters)


def test_bad_input():
    data = datasets.load_digits()
    with pytest.raises(ValueError, match="got 0 and 0"):
        run(data=Dataset(data.x_train[:0], data.t_train[:0], *data[2:]))
    model = mlp((64, 10), rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="default_rng"):
        train(model, data, SGD(model.parameters), 1, rng=0)


def test_progress_goes_to_a_terminal_only(capsys):
    model = mlp((64, 10), rng=np.random.default_rng(0))
    train(
        model,
        datasets.load_digits(),
        SGD(model.parameters),
        1,
        rng=np.random.default_rng(0),
    )
    assert capsys.readouterr() == ("", "")
