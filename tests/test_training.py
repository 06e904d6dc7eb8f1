"""The training loop: every example once an epoch, determinism, clear failure."""

import re
import sys
from io import StringIO

import numpy as np
import pytest

from dlscratch import datasets
from dlscratch.datasets import Dataset
from dlscratch.layers import (
    BatchNorm,
    Dropout,
    Linear,
    Residual,
    SoftmaxCrossEntropy,
)
from dlscratch.models import Sequential, mlp
from dlscratch.optimizers import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSprop,
    cosine,
)
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
    with pytest.raises(ValueError, match="got 1437 and 9"):
        run(data=Dataset(data.x_train, data.t_train[:9], *data[2:]))
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


class Terminal(StringIO):
    def isatty(self):
        return True


def test_the_progress_bar_counts_examples(monkeypatch, tmp_path):
    """From where a checkpoint left off, if there is one; then it goes away."""
    full = datasets.load_digits()
    data = Dataset(full.x_train[:50], full.t_train[:50], *full[2:])

    def shown(epochs, **settings):
        monkeypatch.setattr(sys, "stderr", Terminal())
        model = mlp((64, 10), rng=np.random.default_rng(0))
        rng = np.random.default_rng(1)
        optimizer = SGD(model.parameters)
        history = train(model, data, optimizer, epochs, rng=rng, **settings)
        return sys.stderr.getvalue(), history

    text, history = shown(2)
    for done, loss in zip(("50/100", "100/100"), history.train_loss, strict=True):
        assert re.search(rf"{done} .* examples.*, loss={loss:.4f}", text)
    assert text.split("\r")[-2].strip() == ""
    assert shown(2, progress=False)[0] == ""
    checkpoint = tmp_path / "training.npz"
    shown(1, checkpoint=checkpoint)
    text, _ = shown(2, checkpoint=checkpoint)
    assert "| 50/100 " in text
    assert "100/100" in text


def test_what_a_training_does_by_default():
    usual, told = (
        run(1, **settings)[1]
        for settings in (
            {},
            {
                **{"batch_size": 32, "workers": 1, "n_measured": 1437},
                **{"augment": None, "patience": None, "checkpoint": None},
            },
        )
    )
    assert usual == told


@pytest.mark.parametrize("workers", [1, 2])
def test_an_own_layer_can_be_the_first_that_learns(workers):
    class OwnLinear(Linear):
        def backward(self, dy):
            return super().backward(dy)

    def weights(kind):
        model = Sequential(
            [kind(64, 10, rng=np.random.default_rng(0))], SoftmaxCrossEntropy()
        )
        settings = {"rng": np.random.default_rng(1), "workers": workers}
        train(model, datasets.load_digits(), SGD(model.parameters), 1, **settings)
        return model.layers[0].W.value

    np.testing.assert_array_equal(weights(OwnLinear), weights(Linear))


class TestEarlyStopping:
    def noisy(self):
        """Return labels that cannot be learnt: the loss of other examples must rise."""
        rng = np.random.default_rng(0)
        x, t = rng.standard_normal((60, 10)), rng.integers(3, size=60)
        return Dataset(x[:30], t[:30], x[30:], t[30:])

    def run(self, epochs, share=lambda model: None, **kwargs):
        model = mlp((10, 30, 3), rng=np.random.default_rng(1))
        share(model)
        settings = {"rng": np.random.default_rng(2), "progress": False} | kwargs
        optimizer = Momentum(model.parameters, lr=0.05)
        return model, train(model, self.noisy(), optimizer, epochs, **settings)

    def test_it_stops_and_goes_back_to_the_best(self):
        data = self.noisy()
        model, history = self.run(200, patience=7)
        epochs = len(history.test_loss)
        assert epochs == history.best_epoch + 7 < 200
        loss, accuracy = model.evaluate(data.x_test, data.t_test)
        assert loss == pytest.approx(min(history.test_loss))
        assert accuracy == history.test_accuracy[history.best_epoch - 1]

    def test_a_model_that_shares_a_layer_changes_nothing(self):
        def share(model):
            assert Sequential(model.layers[2:]).parameters

        (alone, history), (shared, later) = (
            self.run(60, patience=7, share=f) for f in (lambda model: None, share)
        )
        assert later == history
        assert shared.arrays.keys() == alone.arrays.keys()
        for p, q in zip(alone.parameters, shared.parameters, strict=True):
            np.testing.assert_array_equal(p.value, q.value)

    def test_without_patience_the_last_weights_stay(self):
        data = self.noisy()
        model, history = self.run(40)
        loss, _ = model.evaluate(data.x_test, data.t_test)
        assert loss == pytest.approx(history.test_loss[-1])
        assert loss > 1.1 * min(history.test_loss)


def test_augment_changes_what_is_trained_on():
    seen = []

    def blank(x, rng):
        seen.append(len(x))
        return np.zeros_like(x)

    data = datasets.load_digits()
    before = data.x_train.copy()
    model, history = run(epochs=1, augment=blank)
    assert sum(seen) == len(data.x_train)
    assert history.test_accuracy[-1] < 0.3
    np.testing.assert_array_equal(data.x_train, before)
    assert (model.parameters[0].grad == 0).all()


def test_the_processor_time_of_each_epoch_is_kept_but_not_compared():
    _, history = run(epochs=2)
    _, again = run(epochs=2)
    assert len(history.seconds) == 2
    assert min(history.seconds) > 0
    assert again == history
    assert "seconds" not in repr(history)


def test_fewer_examples_can_be_measured():
    data = datasets.load_digits()
    model, history = run(epochs=1, n_measured=100)
    accuracy = model.accuracy(data.x_train[:100], data.t_train[:100])
    assert history.train_accuracy == [accuracy]


class TestCheckpoint:
    """A training that is resumed ends bit for bit where it would have ended."""

    def run(self, epochs, seed=0, optimizer=Adam, **kwargs):
        rng = np.random.default_rng(seed)
        data = datasets.load_digits()
        data = Dataset(*(part[:200] for part in data))
        model = mlp((64, 12, 10), rng=rng, batch_norm=True, dropout=0.2)
        within = [BatchNorm(10), Dropout(0.2, rng=np.random.default_rng(seed + 2))]
        model = Sequential([*model.layers, Residual(within)], model.loss_layer)
        for layer in model.layers:
            if isinstance(layer, Dropout):
                layer.rng = np.random.default_rng(seed + 1)
        schedule = cosine(0.01, 40, warmup=3)
        history = train(
            model,
            data,
            optimizer(model.parameters, lr=schedule, weight_decay=0.01),
            epochs,
            rng=rng,
            augment=datasets.random_shift,
            progress=False,
            **kwargs,
        )
        return model, history

    @pytest.mark.parametrize(
        "optimizer", [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam, AdamW]
    )
    def test_bit_identical(self, optimizer, tmp_path):
        path = tmp_path / "run.npz"
        model, history = self.run(6, optimizer=optimizer)
        self.run(2, optimizer=optimizer, checkpoint=path)
        # Another seed: everything must come from the file.
        resumed, later = self.run(6, seed=9, optimizer=optimizer, checkpoint=path)
        assert later == history
        for name, array in model.arrays.items():
            np.testing.assert_array_equal(resumed.arrays[name], array)

    def test_interrupted_in_the_middle_of_an_epoch(self, tmp_path, monkeypatch):
        path = tmp_path / "run.npz"
        model, history = self.run(4)
        batches, step = 0, Adam.step

        def interrupted(self):
            nonlocal batches
            batches += 1
            if batches == 17:
                raise KeyboardInterrupt
            step(self)

        monkeypatch.setattr(Adam, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            self.run(4, checkpoint=path)
        resumed, later = self.run(4, checkpoint=path)
        assert later == history
        np.testing.assert_array_equal(resumed.arrays["0.W"], model.arrays["0.W"])

    def test_early_stopping_goes_on_too(self, tmp_path):
        path = tmp_path / "run.npz"
        model, history = self.run(30, patience=3)
        assert len(history.test_loss) < 30
        self.run(len(history.test_loss) - 2, patience=3, checkpoint=path)
        resumed, later = self.run(30, patience=3, checkpoint=path)
        assert later == history
        np.testing.assert_array_equal(resumed.arrays["0.W"], model.arrays["0.W"])
        again, later = self.run(30, patience=3, checkpoint=path)  # nothing left to do
        assert later == history
        np.testing.assert_array_equal(again.arrays["0.W"], model.arrays["0.W"])

    def test_a_file_that_does_not_fit_is_kept(self, tmp_path):
        path = tmp_path / "run.npz"
        self.run(1, checkpoint=path)
        whole = path.read_bytes()
        with pytest.raises(ValueError, match=r"does not fit this training .*delete it"):
            self.run(1, optimizer=SGD, checkpoint=path)
        assert path.read_bytes() == whole
        path.write_bytes(whole[:-100])
        with pytest.raises(ValueError, match="does not fit this training"):
            self.run(1, checkpoint=path)

    def test_suffix(self):
        with pytest.raises(ValueError, match=r"a checkpoint in \.npz"):
            self.run(1, checkpoint="run.pkl")
