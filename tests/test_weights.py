"""The trained networks that the package ships: their records, and training again."""

from pathlib import Path

import numpy as np
import pytest
import train_weights
from train_weights import (
    NETWORKS,
    QUICK,
    digest,
    distort,
    mnist_14x14,
    pick_samples,
    shrink,
)

import dlscratch
from dlscratch.datasets import load_digits, load_mnist
from dlscratch.models import pretrained

PACKAGE = Path(dlscratch.__file__).parent

# Another processor rounds differently, and a long training amplifies it: the weights
# then differ, but not what the network can do.
TOLERANCE = {"digits-mlp": 0.02, "draw-mlp": 0.005}
AGREEMENT = {"digits-mlp": 0.95, "draw-mlp": 0.97}
LEAST = {"digits-mlp": 0.90, "draw-mlp": 0.98, "draw-cnn": 0.985, "simple-cnn": 0.985}
LARGEST = {"simple-cnn": 900_000}  # bytes; the others' bound is 20,000
DATA = {
    "digits-mlp": load_digits,
    "draw-mlp": mnist_14x14,
    "draw-cnn": lambda: mnist_14x14(flatten=False),
}


@pytest.fixture(scope="module")
def data_of(request):
    """Return ``data_of(name)``: what a network was trained on; skips without MNIST."""
    cache = {}

    def data_of(name):
        if name not in cache:
            if name != "digits-mlp":
                request.getfixturevalue("mnist")
            cache[name] = DATA.get(name, lambda: load_mnist(flatten=False))()
        return cache[name]

    return data_of


each = pytest.mark.parametrize("name", NETWORKS)


def test_every_file_has_a_recipe_and_every_recipe_a_file():
    assert {p.stem for p in (PACKAGE / "weights").glob("*.npz")} == set(NETWORKS)


@each
def test_the_record_says_how_it_was_made(name):
    model = pretrained(name)
    record = model.record
    assert record["name"] == name
    for key in ("recipe", "data", "batch_size", "seed", "date", "numpy"):
        assert record[key] or record[key] == 0, key
    assert record["epochs_and_learning_rates"]
    assert 0 < record["seconds"] < (90 if name in QUICK else 3600)
    assert record["sha256"] == digest(model)
    size = (PACKAGE / "weights" / f"{name}.npz").stat().st_size
    assert size < LARGEST.get(name, 20_000)


@pytest.mark.parametrize("name", ["digits-mlp", "draw-mlp"])
def test_the_record_of_a_multi_layer_perceptron(name):
    model = pretrained(name)
    widths = [layer.config for layer in model.layers[::2]]
    assert [w["n_in"] for w in widths] + [10] == model.record["sizes"]
    assert all(p.value.dtype == np.float64 for p in model.parameters)


@each
def test_the_recorded_accuracies_are_those_of_the_file(name, data_of):
    model, data = pretrained(name), data_of(name)
    test = model.accuracy(data.x_test, data.t_test)
    assert test == pytest.approx(model.record["test_accuracy"], abs=1e-12)
    assert test >= LEAST[name]
    if name != "simple-cnn":
        train = model.accuracy(data.x_train, data.t_train)
        assert train == pytest.approx(model.record["train_accuracy"], abs=1e-12)


@pytest.mark.parametrize("name", QUICK)
def test_training_again_gives_the_same_network(name, data_of):
    data_of(name)
    again, data, recipe = NETWORKS[name](progress=False)
    shipped = pretrained(name)
    assert recipe.items() <= shipped.record.items()
    if digest(again) == shipped.record["sha256"]:
        return  # to the last bit, on a processor like the one that made the file
    accuracy = again.accuracy(data.x_test, data.t_test)
    assert accuracy == pytest.approx(
        shipped.record["test_accuracy"], abs=TOLERANCE[name]
    )
    answers = [m.predict(data.x_test).argmax(axis=1) for m in (again, shipped)]
    assert np.mean(answers[0] == answers[1]) >= AGREEMENT[name]


def test_the_page_can_hold_draw_cnn_in_one_byte_each():
    model = pretrained("draw-cnn")
    flat = np.concatenate([p.value.ravel() for p in model.parameters])
    assert flat.size == 6218
    np.testing.assert_array_equal(32 * flat, (32 * flat).astype(np.int8))


def test_shrinking_averages_blocks():
    x = np.random.default_rng(0).random((3, 784))
    y = shrink(x).reshape(3, 14, 14)
    block = x.reshape(3, 28, 28)[1, 6:8, 20:22]
    assert y[1, 3, 10] == pytest.approx(block.mean())


class Still:
    """A generator whose every draw is the middle: nothing is distorted."""

    def uniform(self, low, high, size):
        assert low == -high
        return np.zeros(size)


def test_a_distortion_of_nothing_only_shrinks():
    x = np.random.default_rng(0).random((5, 28, 28))
    np.testing.assert_allclose(
        distort(x, Still()), shrink(x.reshape(5, 784)), rtol=0, atol=1e-12
    )


def test_distortions_stay_close_and_differ():
    image = np.zeros((28, 28))
    image[6:22, 12:15] = 1
    copies = distort(np.stack([image] * 200), np.random.default_rng(0))
    assert copies.shape == (200, 196)
    assert copies.min() >= 0
    assert copies.max() <= 1
    assert len(np.unique(copies, axis=0)) == 200
    mean = copies.mean(axis=0).reshape(14, 14)
    middle = [(np.arange(14) + 0.5) @ mean.sum(axis=k) / mean.sum() for k in (0, 1)]
    np.testing.assert_allclose(middle, [6.75, 7], atol=0.1)
    ink = copies.sum(axis=1) / shrink(image.reshape(1, -1)).sum()
    assert 0.4 < ink.min() < 0.8 < 1.2 < ink.max() < 2


def test_the_samples_are_those_images(mnist):
    with np.load(PACKAGE / "data" / "mnist-samples.npz", allow_pickle=False) as file:
        shipped = {name: file[name] for name in file.files}
    np.testing.assert_array_equal(shipped["labels"], mnist.t_test[shipped["index"]])
    fresh = pick_samples(pretrained("draw-mlp"), mnist_14x14())
    assert fresh.keys() == shipped.keys()
    for key, value in fresh.items():
        np.testing.assert_array_equal(value, shipped[key])
    ink = 15 * mnist.x_test[shipped["index"]].sum(axis=1)
    np.testing.assert_allclose(shipped["images"].sum(axis=(1, 2)), ink, rtol=0.02)


def test_an_unknown_name_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["train_weights.py", "drawmlp"])
    with pytest.raises(SystemExit):
        train_weights.main()
    assert "expected names among" in capsys.readouterr().err
