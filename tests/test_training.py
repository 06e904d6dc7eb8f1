"""The training loop: every example once an epoch, determinism, clear failure."""

import pickle
import re
import sys
from io import StringIO

import numpy as np
import pytest

from dlscratch import datasets
from dlscratch.base import Layer, Parameter
from dlscratch.datasets import Dataset
from dlscratch.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MeanSquaredError,
    Residual,
    SigmoidCrossEntropy,
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
from dlscratch.parallel import DataParallel
from dlscratch.training import History, TrainingDiverged, minibatches, train


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
    with pytest.raises(ValueError, match="batch_size to be a whole number from 1"):
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
    with pytest.raises(ValueError, match=r"at least one example, got \[0, 0, 360"):
        run(data=Dataset(data.x_train[:0], data.t_train[:0], *data[2:]))
    with pytest.raises(ValueError, match=r"the shapes \(9,\) and \(1437, 64\)"):
        run(data=Dataset(data.x_train, data.t_train[:9], *data[2:]))
    model = mlp((64, 10), rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="default_rng"):
        train(model, data, SGD(model.parameters), 1, rng=0)


def two_classes(n=20, shift=0.0):
    """Make n examples of two numbers, of class 1 where the first is the larger."""
    x = np.random.default_rng(3).standard_normal((n, 2)) + shift
    return x, (x[:, 0] > x[:, 1]).astype(int)


def fit(model, data, epochs=2, optimizer=None, **settings):
    optimizer = optimizer or SGD(model.parameters, lr=0.1)
    return train(
        model, data, optimizer, epochs, rng=np.random.default_rng(0), **settings
    )


def one_output(loss):
    return Sequential([Linear(2, 1, rng=np.random.default_rng(0))], loss)


X, T = two_classes()
WHOLE = Dataset(X, T, X, T)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((X, T, X[:0], T[:0]), r"expected at least one example, got \[20, 20, 0, 0\]"),
        ((X, T, X, T[:5]), r"labels in t_test .* the shapes \(5,\) and \(20, 2\)"),
        ((X, T, X, None), "expected x_test and t_test, or neither, got one"),
        ((X, None, X, T), "t_train: expected an array of numbers"),
        ((X, T, X[:, :1], T), r"got \(2,\) in x_train and \(1,\) in x_test"),
        ((X[:, 0], T), r"Linear: expected x of shape \(N, 2\), got \(1,\)"),
        ((X, T + 0.5, X, T), "integer class ids, got dtype float64"),
        ((X, T[:, None], X, T), r"class ids t of shape \(N,\)"),
        ((X, T, X, T + 2), "class ids from 0 to 1, got"),
        ((X.astype(str), T, X, T), "x_train: expected an array of numbers"),
    ],
)
def test_data_that_do_not_fit_are_refused_before_the_first_batch(parts, words):
    model = mlp((2, 2), rng=np.random.default_rng(0))
    before = model.parameters[0].value.copy()
    with pytest.raises((ValueError, TypeError), match=words):
        fit(model, Dataset(*parts))
    with pytest.raises(TypeError, match=r"expected a Dataset, such as .* got tuple"):
        fit(model, parts)
    np.testing.assert_array_equal(model.parameters[0].value, before)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 1.5}, "train: expected epochs to be a whole number from 0"),
        ({"batch_size": 0}, "train: expected batch_size to be a whole number from 1"),
        ({"patience": 0}, "train: expected patience to be a whole number from 1"),
    ],
)
def test_counts_are_whole_numbers(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fit(mlp((2, 2), rng=np.random.default_rng(0)), WHOLE, **settings)


@pytest.mark.parametrize(
    ("augment", "words"),
    [
        ("shift", "expected augment to be a function, got 'shift'"),
        (lambda x, rng: None, r"a batch of shape \(20, 2\), got None"),
        (lambda x, rng: x[:, :1], r"a batch of shape \(20, 2\), got \(20, 1\)"),
    ],
)
def test_what_augment_gives_is_looked_at(augment, words):
    with pytest.raises((TypeError, ValueError), match=words):
        fit(mlp((2, 2), rng=np.random.default_rng(0)), WHOLE, augment=augment)


def test_model_and_optimizer_are_such():
    model = mlp((2, 2), rng=np.random.default_rng(0))
    for bad in ("adam", Adam):
        with pytest.raises(TypeError, match=r"expected an optimizer such as SGD\(mod"):
            fit(model, WHOLE, optimizer=bad)
    with pytest.raises(TypeError, match="expected a model with a loss, got Sequential"):
        fit(Sequential(model.layers), WHOLE)


def test_a_class_id_out_of_range_is_found_before_the_first_batch():
    model = mlp((2, 2), rng=np.random.default_rng(0))
    before = model.parameters[0].value.copy()
    late = np.where(np.arange(20) == 13, 2, T)
    for parts in ((X, late, X, T), (X, T, X, late)):
        with pytest.raises(ValueError, match="class ids from 0 to 1, got 0 to 2"):
            fit(model, Dataset(*parts), batch_size=4)
    np.testing.assert_array_equal(model.parameters[0].value, before)


def test_a_divergence_says_where():
    model = one_output(MeanSquaredError())
    with pytest.raises(TrainingDiverged, match=r"in epoch .*; try a smaller learning"):
        with np.errstate(all="ignore"):
            fit(
                model, Dataset(X, X[:, 0]), 200, optimizer=SGD(model.parameters, lr=1e9)
            )


def test_an_optimizer_of_another_model_is_refused():
    old, new = (mlp((2, 2), rng=np.random.default_rng(0)) for _ in "12")
    optimizer = SGD(old.parameters, lr=0.1)
    with pytest.raises(ValueError, match=r"that holds another's 0\.W; make it anew"):
        fit(new, WHOLE, optimizer=optimizer)
    fit(old, WHOLE, optimizer=optimizer)
    deeper = Sequential([*old.layers, Linear(2, 2, rng=np.random.default_rng(1))])
    deeper.loss_layer = old.loss_layer
    before = deeper.layers[1].W.value.copy()
    fit(deeper, WHOLE, optimizer=optimizer)  # a part of the parameters, on purpose
    np.testing.assert_array_equal(deeper.layers[1].W.value, before)


def test_lists_will_do():
    data = Dataset(X.tolist(), T.tolist(), X.tolist(), T.tolist())
    histories = []
    for one in (data, WHOLE):
        histories.append(fit(mlp((2, 2), rng=np.random.default_rng(0)), one))
    assert histories[0] == histories[1]


def test_without_a_test_part():
    history = fit(mlp((2, 2), rng=np.random.default_rng(0)), Dataset(X, T, None, None))
    assert len(history.train_loss) == len(history.train_accuracy) == 2
    assert history.test_loss == history.test_accuracy == []
    with pytest.raises(ValueError, match="no epoch has a finite test loss"):
        history.best_epoch  # noqa: B018
    with pytest.raises(ValueError, match="expected a test part to stop early by"):
        fit(
            mlp((2, 2), rng=np.random.default_rng(0)),
            Dataset(X, T, None, None),
            patience=1,
        )


def test_a_regression_has_losses_but_no_accuracy():
    t = X @ [2.0, -1.0]
    for targets in (t, t[:, None]):
        model = one_output(MeanSquaredError())
        history = fit(model, Dataset(X, targets, X, targets), 60)
        assert history.test_loss[-1] < 1e-3 < history.test_loss[0]
        assert history.train_accuracy == history.test_accuracy == []
    assert history.best_epoch == 60


def test_a_single_output_counts_both_shapes_alike():
    one = fit(one_output(SigmoidCrossEntropy()), WHOLE, 30)
    column = Dataset(X, T[:, None], X, T[:, None])
    assert fit(one_output(SigmoidCrossEntropy()), column, 30) == one
    assert 0.9 < one.test_accuracy[-1] <= 1


def test_of_several_labels_each_counts():
    labels = np.column_stack([T, 1 - T, T])
    net = Sequential(
        [Linear(2, 3, rng=np.random.default_rng(0))], SigmoidCrossEntropy()
    )
    history = fit(net, Dataset(X, labels, X, labels), 40)
    assert 0.9 < history.test_accuracy[-1] <= 1


def test_one_example_left_over_for_batch_norm():
    x, t = two_classes(21)
    data = Dataset(x, t, X, T)
    words = (
        r"at least two examples for BatchNorm\(3\), but of 21 examples in batches of 4"
    )
    with pytest.raises(ValueError, match=words):
        fit(
            mlp((2, 3, 2), batch_norm=True, rng=np.random.default_rng(0)),
            data,
            batch_size=4,
        )
    plain = mlp((2, 3, 2), rng=np.random.default_rng(0))
    fit(plain, data, batch_size=4)
    cnn = [
        Conv2d(1, 2, 1, rng=np.random.default_rng(0)),
        BatchNorm(2),
        Flatten(),
        Linear(8, 2, rng=np.random.default_rng(0)),
    ]
    pictures = np.random.default_rng(0).random((21, 1, 2, 2))
    fit(
        Sequential(cnn, SoftmaxCrossEntropy()),
        Dataset(pictures, t, pictures, t),
        batch_size=4,
    )


def test_nan_is_never_the_best_test_loss():
    history = History(test_loss=[0.5, float("nan"), 0.4, float("nan")])
    assert history.best_epoch == 3
    model = one_output(MeanSquaredError())
    bad = Dataset(X, X[:, 0], np.where(X > 1, np.nan, X), X[:, 0])
    assert np.isnan(bad.x_test).any()
    before = model.layers[0].W.value.copy()
    history = fit(model, bad, 5, patience=2)
    assert len(history.test_loss) == 2
    assert np.isnan(history.test_loss).all()
    np.testing.assert_array_equal(model.layers[0].W.value, before)


def test_a_training_that_is_interrupted_keeps_its_history():
    model = mlp((2, 2), rng=np.random.default_rng(0))
    calls = []

    def augment(x, rng):
        calls.append(len(x))
        if len(calls) == 8:  # in the third epoch of three batches each
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        fit(model, WHOLE, 5, batch_size=8, augment=augment)
    assert len(model.history.test_loss) == 2
    other = mlp((2, 2), rng=np.random.default_rng(0))
    assert model.history == fit(other, WHOLE, 2, batch_size=8)
    assert other.history.best_epoch == 2


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
                **{"batch_size": 32, "augment": None},
                **{"patience": None, "checkpoint": None},
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
        learner = DataParallel(model, workers) if workers > 1 else model
        settings = {"rng": np.random.default_rng(1)}
        train(learner, datasets.load_digits(), SGD(model.parameters), 1, **settings)
        return model.layers[0].W.value

    np.testing.assert_array_equal(weights(OwnLinear), weights(Linear))


class Noisy(Layer):
    """A layer as ``Layer`` documents it: y = x · scale + noise.

    It keeps the mean of what it has seen in training, each time as a new array.
    """

    def __init__(self, n, seed):
        self.scale = Parameter(np.full(n, 2.0), name="scale")
        self.seen = np.zeros(n)
        self.rng = np.random.default_rng(seed)

    @property
    def parameters(self):
        return [self.scale]

    @property
    def buffers(self):
        return {"seen": self.seen}

    def forward(self, x, training=False):
        self.remember(x)
        y = x * self.scale.value
        if not training:
            return y - self.seen
        self.seen = 0.9 * self.seen + 0.1 * x.mean(axis=0)
        return y + self.rng.normal(0, 0.1, y.shape)

    def backward(self, dy):
        (x,) = self.recall()
        self.check_dy(dy, x.shape)
        self.scale.grad = (dy * x).sum(axis=0)
        return dy * self.scale.value


class Both(Noisy):
    """It holds another layer, and has arrays and a generator of its own."""

    def __init__(self, n, seed):
        super().__init__(n, seed)
        self.inner = [Noisy(n, seed + 1)]

    def forward(self, x, training=False):
        return super().forward(self.inner[0].forward(x, training), training)

    def backward(self, dy):
        return self.inner[0].backward(super().backward(dy))


class OwnMomentum(Momentum):
    """A rule of one's own may put a new array in the place of the old."""

    def update(self, g, lr):
        self.v = self.momentum * self.v + g
        return lr * self.v


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", [Noisy, Both])
@pytest.mark.parametrize(("place", "n"), [(0, 64), (1, 12), (3, 10)])
def test_an_own_layer_goes_on_from_a_checkpoint(place, n, kind, workers, tmp_path):
    digits = datasets.load_digits()
    data = Dataset(*(part[:100] for part in digits))

    def run(epochs, seed=0, **settings):
        rng = np.random.default_rng(seed)
        stack = list(mlp((64, 12, 10), rng=rng).layers)
        stack.insert(place, kind(n, seed))
        model = Sequential(stack, SoftmaxCrossEntropy())
        learner = DataParallel(model, workers) if workers > 1 else model
        optimizer = OwnMomentum(model.parameters, 0.01)
        settings |= {"rng": rng, "progress": False}
        return model, train(learner, data, optimizer, epochs, **settings)

    model, history = run(3)
    assert np.any(model.layers[place].seen)
    assert np.any(model.layers[place].scale.value != 2)
    run(2, checkpoint=tmp_path / "run.npz")
    resumed, later = run(3, seed=9, checkpoint=tmp_path / "run.npz")
    assert later == history
    assert f"{place}.seen" in model.arrays
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], array)


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
    model, history = run(epochs=1, data=data.measuring(100))
    accuracy = model.accuracy(data.x_train[:100], data.t_train[:100])
    assert history.train_accuracy == [accuracy]
    assert history.train_accuracy != run(epochs=1)[1].train_accuracy


def test_how_many_are_measured_stays_with_the_data():
    data = datasets.load_digits()
    part = pickle.loads(pickle.dumps(data.measuring(100)))
    part = part._replace(t_test=part.t_test[::-1])
    assert part.n_measured == 100
    assert data.n_measured is None
    x_train, *_, t_test = part
    np.testing.assert_array_equal(x_train, data.x_train)
    np.testing.assert_array_equal(t_test, data.t_test[::-1])
    with pytest.raises(ValueError, match="n to be a whole number from 1, got 0"):
        data.measuring(0)


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

    @pytest.mark.parametrize(
        ("one", "other"), [(RMSprop, AdaGrad), (Momentum, Nesterov), (Adam, AdamW)]
    )
    def test_another_optimizer_is_refused(self, one, other, tmp_path):
        path = tmp_path / "run.npz"
        self.run(1, optimizer=one, checkpoint=path)
        words = f"its optimizer is {one.__name__} in place of {other.__name__}"
        with pytest.raises(ValueError, match=words):
            self.run(2, optimizer=other, checkpoint=path)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            (
                {"activation": "tanh"},
                r"its layer 1 is \['ReLU', {}\] in place of \['Tanh', {}\]",
            ),
            ({"dropout": 0.2}, r"layer 2 is \['Dropout', {'p': 0.1}\] in place of .*2"),
            ({"loss": SigmoidCrossEntropy()}, "loss is SoftmaxC.* of SigmoidCrossEnt"),
            ({"batch_size": 5}, "batch_size is 10 in place of 5"),
            ({"data": Dataset(X[:9], T[:9])}, "number of examples is 20 in place of 9"),
            ({"data": WHOLE}, "number of test examples is 0 in place of 20"),
        ],
    )
    def test_another_training_is_refused(self, changes, words, tmp_path):
        def run(epochs, activation="relu", dropout=0.1, loss=None, **changes):
            rng = np.random.default_rng(0)
            model = mlp((2, 3, 2), activation, rng=rng, dropout=dropout)
            model.loss_layer = loss or model.loss_layer
            settings = {"data": Dataset(X, T), "batch_size": 10} | changes
            if loss:
                labels = np.column_stack([T, T])
                settings["data"] = Dataset(X, labels)
            settings["checkpoint"] = tmp_path / "run.npz"
            return model, fit(model, epochs=epochs, **settings)

        run(1)
        whole = (tmp_path / "run.npz").read_bytes()
        with pytest.raises(ValueError, match=f"does not fit this training .*{words}"):
            run(2, **changes)
        assert (tmp_path / "run.npz").read_bytes() == whole
        assert len(run(2)[1].train_loss) == 2

    def test_a_layer_draws_from_a_generator(self, tmp_path):
        class Old(Noisy):
            def __init__(self):
                super().__init__(2, 0)
                self.rng = np.random.RandomState(0)

        stack = [Old(), Linear(2, 2, rng=np.random.default_rng(0))]
        model = Sequential(stack, SoftmaxCrossEntropy())
        words = "train with a checkpoint, Old: expected rng=numpy"
        with pytest.raises(TypeError, match=words):
            fit(model, WHOLE, checkpoint=tmp_path / "run.npz")

    def test_an_own_loss_may_give_a_number_of_numpy(self, tmp_path):
        class Single(MeanSquaredError):
            def forward(self, y, t):
                return np.float32(super().forward(y, t))

        settings = {"checkpoint": tmp_path / "run.npz"}
        history = fit(one_output(Single()), Dataset(X, X[:, 0]), 1, **settings)
        assert fit(one_output(Single()), Dataset(X, X[:, 0]), 1, **settings) == history

    def test_where_nothing_can_be_kept_is_told_before_the_training(self, tmp_path):
        model = mlp((2, 2), rng=np.random.default_rng(0))
        before = model.layers[0].W.value.copy()
        with pytest.raises(FileNotFoundError, match=r"train: .* there is no folder"):
            fit(model, WHOLE, checkpoint=tmp_path / "none" / "run.npz")
        with pytest.raises(TypeError, match=r"expected a checkpoint in \.npz, got 5"):
            fit(model, WHOLE, checkpoint=5)
        np.testing.assert_array_equal(model.layers[0].W.value, before)

    def test_suffix(self):
        with pytest.raises(ValueError, match=r"a checkpoint in \.npz"):
            self.run(1, checkpoint="run.pkl")
