"""Train the networks that the package ships in ``dlscratch/weights``.

Run as ``make weights``, or ``python tools/train_weights.py NAME`` for one of them. An
interrupted run goes on where it was when it is started again. All but "digits-mlp",
"names-lstm", "dates-attention" and "bird" need MNIST or a text, which is fetched on
first use. With "draw-mlp" come a few of MNIST's test images, which draw-a-digit offers
to those who do not draw. The networks on longer texts are in ``tools/train_text.py``,
the bird in ``tools/train_bird.py``.
"""

import argparse
import datetime
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from train_bird import train_bird
from train_generative import mnist_diffusion, mnist_rbm, mnist_vae
from train_text import TEXT_NETWORKS, TEXT_SEARCHES, TextRecipe

from dlscratch.attention import EncoderDecoder, generate
from dlscratch.datasets import (
    Dataset,
    load_digits,
    load_fashion_mnist,
    load_mnist,
    load_names,
    random_affine,
    random_shift,
    validation_split,
)
from dlscratch.explorables.date_writer import (
    LENGTH,
    MONTHS,
    PLACES,
    READS,
    WRITES,
    encode,
)
from dlscratch.functions import softmax
from dlscratch.layers import (
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    SoftmaxCrossEntropy,
)
from dlscratch.models import (
    Sequential,
    deep_cnn,
    mlp,
    pretrained,
    record_cnn,
    simple_cnn,
)
from dlscratch.optimizers import SGD, Adam, Nesterov, cosine
from dlscratch.recurrent import LSTM, Embedding
from dlscratch.search import grid_search
from dlscratch.training import train

PACKAGE = Path(__file__).resolve().parent.parent / "dlscratch"
STORED_DTYPE = np.float16
TRIALS = PACKAGE / "data" / "record-trials.jsonl"
SMALL_TRIALS = PACKAGE / "data" / "small-record-trials.jsonl"
WORK = PACKAGE.parent / "_labs"  # what an interrupted run goes on from


def digits_mlp(progress=True):
    """Train 64-50-20-10 on the embedded digits, in the file's order.

    Returns
    -------
    model : Sequential
    data : Dataset
    recipe : dict
    """
    data = load_digits()
    seed = 1
    recipe = {
        "data": "embedded digits, 8x8, ordered split: tested on the last 360 images",
        "recipe": "mini-batch SGD on softmax cross-entropy, He initial values",
        "sizes": [64, 50, 20, 10],
        "activation": "relu",
        "epochs_and_learning_rates": [[15, 0.1]],
        "batch_size": 16,
        "seed": seed,
        "rounded_to": None,
    }
    model = _train(data, recipe, np.random.default_rng(seed), progress)
    return model, data, recipe


def draw_mlp(progress=True):
    """Train 196-48-24-10 on MNIST, shrunk to 14×14, and on distorted copies of it.

    The trained numbers are rounded to multiples of 1/32. That changes the answer to
    about one test image in a thousand, and lets a page hold each number in one byte.

    Returns
    -------
    model : Sequential
    data : Dataset
        The training images as they are, without the distorted copies.
    recipe : dict
    """
    data = mnist_14x14()
    seed, copies = 0, 2
    recipe = {
        "data": "MNIST, each 2x2 block of pixels averaged: 14x14",
        "recipe": "mini-batch SGD on softmax cross-entropy, He initial values; the "
        "training images and distorted copies of them (tools/train_weights.py)",
        "sizes": [196, 48, 24, 10],
        "activation": "relu",
        "distorted_copies": copies,
        "epochs_and_learning_rates": [[6, 0.4], [3, 0.1], [1, 0.02]],
        "batch_size": 100,
        "seed": seed,
        "rounded_to": 1 / 32,
    }
    rng = np.random.default_rng(seed)
    model = _train(with_distorted(data, copies, rng), recipe, rng, progress)
    return model, data, recipe


def draw_cnn(progress=True):
    """Train a small convolutional network on what "draw-mlp" is trained on.

    Its 6,218 numbers are rounded to multiples of 1/32 too.

    Returns
    -------
    model : Sequential
    data : Dataset
        Pictures (N, 1, 14, 14), without the distorted copies.
    recipe : dict
    """
    data = mnist_14x14(flatten=False)
    seed, copies = 0, 2
    recipe = {
        "data": "MNIST, each 2x2 block of pixels averaged: 14x14",
        "recipe": "mini-batch SGD on softmax cross-entropy, He initial values; the "
        "training images and distorted copies of them (tools/train_weights.py)",
        "activation": "relu",
        "distorted_copies": copies,
        "epochs_and_learning_rates": [[6, 0.2], [3, 0.05], [1, 0.01]],
        "batch_size": 100,
        "seed": seed,
        "rounded_to": 1 / 32,
    }
    rng = np.random.default_rng(seed)
    more = with_distorted(data, copies, rng)
    settings = {"rng": rng, "dtype": np.float32}
    stack = [Conv2d(1, 8, 3, **settings), ReLU(), MaxPool2d(2)]
    stack += [Conv2d(8, 16, 3, padding=1, **settings), ReLU(), MaxPool2d(2)]
    stack += [Flatten(), Linear(144, 32, **settings), ReLU()]
    model = Sequential([*stack, Linear(32, 10, **settings)], SoftmaxCrossEntropy())
    settings = {"batch_size": 100, "rng": rng, "progress": progress}
    for epochs, lr in recipe["epochs_and_learning_rates"]:
        sgd = SGD(model.parameters, lr)
        train(model, more.measuring(10_000), sgd, epochs, **settings)
    for p in model.parameters:
        p.value = p.value.astype(np.float64)
    _round(model, recipe["rounded_to"])
    return model, data, recipe


ON_TEXT = {  # what the recipes of the networks with an LSTM share
    "recipe": "Adam on softmax cross-entropy, the learning rate falling to 0 along a "
    "cosine, gradients clipped at norm 1, float32",
    "activation": "that of an LSTM",
    "rounded_to": None,
}


def names_lstm(progress=True):
    """Train an LSTM of 28 units to guess the next letter of the embedded names.

    Returns
    -------
    model : Sequential
        Its 5,143 numbers are few enough for a page.
    data : Dataset
    recipe : dict
        Beside the recipe, the test names' loss in nats per letter.
    """
    data = load_names()
    seed = 0
    recipe = {
        "data": "embedded names, a letter at a time: tested on the last tenth",
        **ON_TEXT,
        "epochs_and_learning_rates": [[30, 0.01]],
        "batch_size": 64,
        "seed": seed,
    }
    rng = np.random.default_rng(seed)
    settings = {"rng": rng, "dtype": np.float32}
    stack = [Embedding(27, 8, **settings), LSTM(8, 28, **settings)]
    stack.append(Linear(28, 27, **settings))
    model = Sequential(stack, SoftmaxCrossEntropy(ignore_index=-1))
    _train_on_text(model, data, recipe, rng, progress)
    recipe["test_loss"] = model.evaluate(data.x_test, data.t_test)[0]
    return model, data, recipe


def dates_attention(progress=True):
    """Train an encoder and a decoder of 16 units, with attention, to rewrite dates.

    Returns
    -------
    model : Sequential
        Its 6,204 numbers are few enough for a page.
    data : Dataset
        From :func:`dates`.
    recipe : dict
        Beside the recipe, the share of test dates written without a mistake.
    """
    seed, units = 0, 16
    recipe = {
        "data": "dates of 1900 to 2099, written in four ways, each date once: tested "
        "on 2,000 others than those of the training, a character at a time",
        **ON_TEXT,
        "epochs_and_learning_rates": [[20, 0.015]],
        "batch_size": 50,
        "seed": seed,
    }
    rng = np.random.default_rng(seed)
    data = dates(8000, 2000, rng)
    settings = {"rng": rng, "dtype": np.float32}
    halves = EncoderDecoder(PLACES, len(READS), len(WRITES), units, **settings)
    score = Linear(units, len(WRITES), **settings)
    model = Sequential([halves, score], SoftmaxCrossEntropy())
    _train_on_text(model, data, recipe, rng, progress)
    recipe["test_exact"] = share_exact(model, data)
    return model, data, recipe


def dates(n_train, n_test, rng):
    """Draw dates of 1900 to 2099, each at most once, written in one of four ways.

    Returns
    -------
    Dataset
        ``x`` (N, 18 + 10), ids of what is written and of the right characters before
        each place; ``t`` (N, 10), ids of the date as 1984-03-07.
    """
    days = np.arange("1900-01-01", "2100-01-01", dtype="datetime64[D]")
    drawn = rng.choice(days, n_train + n_test, replace=False)
    texts = []
    for day in drawn.astype(object):
        y, m, d = day.year, day.month, day.day
        month = MONTHS[m - 1]
        ways = f"{d} {month} {y}", f"{month} {d}, {y}", f"{d}/{m}/{y}"
        texts.append([*ways, f"{y} {month[:3]} {d}"][rng.integers(4)])
    source = encode(texts, READS, PLACES)
    t = encode(drawn.astype(str), WRITES, LENGTH)
    before = np.insert(t[:, :-1], 0, 0, axis=1)
    x = np.append(source, before, axis=1)
    return Dataset(x[:n_train], t[:n_train], x[n_train:], t[n_train:])


def share_exact(model, data):
    """Return the share of test dates of which each character is written right."""
    begun = data.x_test[:, : PLACES + 1]
    rng = np.random.default_rng(0)  # at temperature 0 nothing is drawn
    written = generate(model, begun, LENGTH, rng=rng, temperature=0)[:, -LENGTH:]
    return np.mean(np.all(written == data.t_test, axis=1))


def with_distorted(data, copies, rng):
    """Add so many distorted copies of each training image to the shrunk ones."""
    images = load_mnist().x_train.reshape(-1, 28, 28)
    parts = np.split(images, 120)  # small enough for the processor's cache
    distorted = [distort(part, rng) for _ in range(copies) for part in parts]
    x = np.concatenate([data.x_train.reshape(-1, 196), *distorted])
    t = np.tile(data.t_train, copies + 1)
    return data._replace(x_train=x.reshape(-1, *data.x_train.shape[1:]), t_train=t)


# How the images are changed in training, from not at all to a lot.
AUGMENTATIONS = {
    "none": None,
    "shifts": partial(random_shift, pixels=2),
    "light affine": partial(random_affine, degrees=5, scale=0.05, shear=0.05, pixels=1),
    "affine": random_affine,
}
OPTIMIZERS = {"Adam": Adam, "Nesterov": Nesterov}


@dataclass
class Recipe:
    """How a convolutional network is trained on all of MNIST, or of its like."""

    make: Callable
    epochs: int
    lr: float
    warmup: float = 0.0  # the part of all steps
    augmentation: str = "none"
    seeds: tuple = (0,)
    load: Callable = load_mnist
    data: str = "MNIST"
    optimizer: str = "Adam"
    weight_decay: float = 0.0

    def __call__(self, seed=0, progress=True, checkpoint=None, data=None):
        """Train with this recipe.

        Parameters
        ----------
        seed : int
        progress : bool
        checkpoint : Path, optional
            Where to keep what is done after each epoch, and to go on from.
        data : Dataset, optional
            By default the whole training and test set.

        Returns
        -------
        model : Sequential
        data : Dataset
        recipe : dict
        history : History
        """
        data = data or self.load(flatten=False)
        batch_size = 100
        rng = np.random.default_rng(seed)
        model = self.make(rng=rng, dtype=np.float32)
        steps = self.epochs * len(data.x_train) // batch_size
        warmup = round(self.warmup * steps)
        optimizer = OPTIMIZERS[self.optimizer](
            model.parameters,
            cosine(self.lr, steps, warmup=warmup),
            weight_decay=self.weight_decay,
        )
        history = train(
            model,
            data.measuring(1_000),
            optimizer,
            self.epochs,
            batch_size=batch_size,
            rng=rng,
            augment=AUGMENTATIONS[self.augmentation],
            progress=progress,
            checkpoint=checkpoint,
        )
        _round(model)
        recipe = {
            "data": self.data,
            "recipe": f"{self.optimizer} on softmax cross-entropy, "
            + (f"weight decay {self.weight_decay}, " if self.weight_decay else "")
            + "the learning rate "
            + (f"rising during {warmup:,} steps, then " if warmup else "")
            + f"falling to 0 along a cosine, augmentation: {self.augmentation}, "
            "He initial values, float32",
            "activation": "relu",
            "epochs_and_learning_rates": [[self.epochs, self.lr]],
            "batch_size": batch_size,
            "augmentation": self.augmentation,
            "seed": seed,
            "rounded_to": None,
        }
        return model, data, recipe, history


RECORD = {"lr": 0.004, "warmup": 0.1, "augmentation": "affine"}
half_record_cnn = partial(record_cnn, channels=(16, 32, 32, 64))
small_record_cnn = partial(record_cnn, channels=(16, 24, 32, 64), dropout=0.1)
SMALL_EPOCHS = 11
SMALL_OPTIMIZERS = {
    "Adam, learning rate 0.004": {"lr": 0.004},
    "Adam, learning rate 0.008": {"lr": 0.008},
    "Nesterov, weight decay 0.0005": {
        "lr": 0.1,
        "optimizer": "Nesterov",
        "weight_decay": 5e-4,
    },
    "Nesterov, weight decay 0.0015": {
        "lr": 0.1,
        "optimizer": "Nesterov",
        "weight_decay": 15e-4,
    },
}
SMALL_RECORD = RECORD | SMALL_OPTIMIZERS["Nesterov, weight decay 0.0015"]


def validation_loss(rng, recipe):
    """Train with a recipe; return minus the network's loss on validation data.

    The validation data are 10,000 images of the training set, always the same. The
    test set is not touched.
    """
    data = validation_split(load_mnist(flatten=False), 10_000, np.random.default_rng(0))
    *_, history = recipe(int(rng.integers(2**32)), progress=False, data=data)
    return -history.test_loss[-1]


def augmentation_loss(rng, augmentation):
    """Train a half-size record network with this augmentation, on validation data."""
    settings = RECORD | {"augmentation": augmentation}
    return validation_loss(rng, Recipe(half_record_cnn, 8, **settings))


def optimizer_loss(rng, optimizer):
    """Train the small record network with this optimizer, on validation data."""
    settings = RECORD | SMALL_OPTIMIZERS[optimizer]
    return validation_loss(rng, Recipe(small_record_cnn, SMALL_EPOCHS, **settings))


# What is chosen on validation data before a network is trained.
SEARCHES = {
    "record-cnn": (TRIALS, augmentation_loss, {"augmentation": list(AUGMENTATIONS)}),
    "small-record-cnn": (
        SMALL_TRIALS,
        optimizer_loss,
        {"optimizer": list(SMALL_OPTIMIZERS)},
    ),
    **TEXT_SEARCHES,
}


def mnist_14x14(flatten=True):
    """Load MNIST with each 2×2 block of pixels averaged: (N, 196) or (N, 1, 14, 14)."""
    data = load_mnist()
    shape = (-1, 196) if flatten else (-1, 1, 14, 14)
    return data._replace(
        x_train=shrink(data.x_train).reshape(shape),
        x_test=shrink(data.x_test).reshape(shape),
    )


def shrink(x):
    """Average 2×2 blocks: (N, 784) to (N, 196)."""
    return x.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)


def distort(images, rng):
    """Turn, stretch, slant, shift and re-ink images a little, and shrink them.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
    rng : numpy.random.Generator
        Draws for each image a turn of up to 12°, a stretch of up to 12 % along each
        axis, a slant of up to 0.15 and a shift of up to 1 pixel; and how much of a
        2×2 maximum (a thicker pen) or minimum (a thinner one) is mixed in.

    Returns
    -------
    ndarray, shape (N, 196)
    """
    n = len(images)
    angle = np.radians(rng.uniform(-12, 12, n))
    stretch = 1 + rng.uniform(-0.12, 0.12, (n, 2, 1))
    slant = rng.uniform(-0.15, 0.15, n)
    shift = rng.uniform(-1, 1, (n, 2, 1))
    ink = rng.uniform(-1, 1, (n, 1, 1)).astype(images.dtype)

    corners = [images[:, i : i + 27, j : j + 27] for i in (0, 1) for j in (0, 1)]
    mean = sum(corners) / 4  # (N, 27, 27)
    thick, thin = np.maximum.reduce(corners), np.minimum.reduce(corners)
    soft = mean + np.abs(ink) * (np.where(ink > 0, thick, thin) - mean)

    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, slant - sin], [sin, cos]]).transpose(2, 0, 1) * stretch
    grid = 2 * np.indices((14, 14)).reshape(2, 196) - 13  # block centres
    place = np.clip(matrix @ grid + 13 + shift, 0, 26).astype(images.dtype)
    corner = np.minimum(place.astype(int), 25)  # (N, 2, 196)
    fy, fx = np.moveaxis(place - corner, 1, 0)
    index = 27 * corner[:, 0] + corner[:, 1]  # (N, 196)
    soft = soft.reshape(n, -1)
    a, b, c, d = (np.take_along_axis(soft, index + k, 1) for k in (0, 1, 27, 28))
    return (1 - fy) * ((1 - fx) * a + fx * b) + fy * ((1 - fx) * c + fx * d)


def _train_on_text(model, data, recipe, rng, progress):
    [[epochs, lr]] = recipe["epochs_and_learning_rates"]
    steps = epochs * -(-len(data.x_train) // recipe["batch_size"])
    adam = Adam(model.parameters, cosine(lr, steps))
    settings = {"batch_size": recipe["batch_size"], "rng": rng, "progress": progress}
    train(model, data.measuring(500), adam, epochs, clip_norm=1.0, **settings)
    for p in model.parameters:
        p.value = p.value.astype(np.float64)
    _round(model, recipe["rounded_to"])


def _train(data, recipe, rng, progress):
    model = mlp(recipe["sizes"], recipe["activation"], rng=rng)
    settings = {"batch_size": recipe["batch_size"], "rng": rng, "progress": progress}
    for epochs, lr in recipe["epochs_and_learning_rates"]:
        train(model, data, SGD(model.parameters, lr), epochs, **settings)
    _round(model, recipe["rounded_to"])
    return model


def _round(model, step=None):
    """Round all arrays as the file will hold them, so that all tests agree."""
    for array in model.arrays.values():
        rounded = np.round(array / step) * step if step else array
        array[...] = rounded.astype(STORED_DTYPE)


def digest(model):
    """Return the SHA-256 of the model's arrays, in their order, as stored."""
    stored = (a.astype(STORED_DTYPE).tobytes() for a in model.arrays.values())
    return hashlib.sha256(b"".join(stored)).hexdigest()


def pick_samples(model, data):
    """Choose test images to show: the first of each class, and two that are misread.

    Parameters
    ----------
    model : Sequential
        "draw-mlp".
    data : Dataset
        From :func:`mnist_14x14`.

    Returns
    -------
    dict of ndarray
        ``index`` (12,), the images' places in MNIST's test set; ``labels`` (12,);
        ``images`` (12, 20, 20), what has ink in each, in 16 shades from 0 to 15.
        The misread ones are those whose wrong answer has the highest probability.
    """
    p = softmax(model.predict(data.x_test))
    answer = p.argmax(axis=1)
    wrong = np.where(answer != data.t_test, p.max(axis=1), 0)
    first = [np.flatnonzero(data.t_test == digit)[0] for digit in range(10)]
    index = np.array([*first, *np.argsort(-wrong, kind="stable")[:2]])
    images = load_mnist().x_test[index].reshape(-1, 28, 28)
    return {
        "index": index,
        "labels": data.t_test[index].astype(np.uint8),
        "images": np.round([15 * crop(image) for image in images]).astype(np.uint8),
    }


def crop(image):
    """Return the 20×20 pixels of an image of 28×28 with its ink in the middle."""
    starts = []
    for axis in (1, 0):
        ink = np.flatnonzero(image.any(axis=axis))
        starts.append(np.clip((ink[0] + ink[-1] - 19) // 2, 0, 8))
    top, left = starts
    return image[top : top + 20, left : left + 20]


NETWORKS = {
    "digits-mlp": digits_mlp,
    "draw-mlp": draw_mlp,
    "draw-cnn": draw_cnn,
    "names-lstm": names_lstm,
    "dates-attention": dates_attention,
    "bird": train_bird,
    "mnist-rbm": mnist_rbm,
    "mnist-vae": mnist_vae,
    "mnist-diffusion": mnist_diffusion,
    "simple-cnn": Recipe(simple_cnn, 20, 0.001),
    "deep-cnn": Recipe(deep_cnn, 10, 0.001, 0.1, "affine", seeds=(0, 1, 2)),
    "record-cnn": Recipe(record_cnn, 15, **RECORD, seeds=(0, 1, 2)),
    "small-record-cnn": Recipe(
        small_record_cnn, SMALL_EPOCHS, **SMALL_RECORD, seeds=(0, 1, 2)
    ),
    "fashion-record-cnn": Recipe(
        record_cnn, 15, **RECORD, load=load_fashion_mnist, data="Fashion-MNIST"
    ),
    **TEXT_NETWORKS,
}
QUICK = ("digits-mlp", "draw-mlp")  # the tests train these again


def train_once(name, seed):
    """Train one network with one seed, and go on where an interrupted run ended.

    Returns
    -------
    model : Sequential
    record : dict
        Its recipe, what it reaches, and how long it took.
    """
    network = NETWORKS[name]
    if isinstance(network, Recipe | TextRecipe):
        model, data, recipe, history = network(seed, checkpoint=unfinished(name, seed))
        seconds = sum(history.seconds)
    else:
        start = time.process_time()
        model, data, recipe = network() if seed is None else network(seed)
        seconds = time.process_time() - start
    if data is None:  # nothing to name right: the bird, and what draws digits
        _round(model)
    elif isinstance(network, TextRecipe):
        _round(model)
        for part, examples in parts(data).items():
            recipe[f"{part}_loss"] = model.evaluate(*examples, batch_size=100)[0]
    return model, recipe | {
        "name": name,
        **accuracies(model, data),
        "sha256": digest(model),
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds, 1),
        "numpy": np.__version__,
    }


def accuracies(model, data):
    """Return what is right of the training and test data, where there are answers."""
    if data is None:
        return {}
    return {
        f"{part}_accuracy": model.accuracy(*examples, batch_size=100)
        for part, examples in parts(data).items()
    }


def parts(data):
    """Return the examples that are measured: (x, t) of the training and test part."""
    n = data.n_measured
    return {
        "train": (data.x_train[:n], data.t_train[:n]),
        "test": (data.x_test, data.t_test),
    }


def unfinished(name, seed):
    """Return where a run is kept until all are done; another recipe, another file."""
    settings = vars(NETWORKS[name]).values()
    text = " ".join(f"{one}" for one in settings if isinstance(one, str | int | float))
    return WORK / f"{name}-{seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.npz"


def save(model, records):
    """Ship the network of the first seed, with what all seeds reach in its record.

    Of a network that only stands beside another, ship the record alone.
    """
    first = records[0]
    if len(records) > 1:
        first |= {
            f"{key}_by_seed": {str(r["seed"]): r[key] for r in records}
            for key in ("test_accuracy", "test_loss", "pipes", "best_round", "seconds")
            if key in first
        }
    name = first["name"]
    if not getattr(NETWORKS[name], "ships", True):
        text = json.dumps(first, indent=1) + "\n"
        (PACKAGE / "data" / f"{name}.json").write_text(text)
        return
    path = PACKAGE / "weights" / f"{name}.npz"
    model.save(path, stored_dtype=STORED_DTYPE, **first)


def expected_seconds(name):
    """Return how long one run took when the shipped network was made."""
    try:
        return pretrained(name).record["seconds"]
    except ValueError:
        return 600.0  # never trained before


def main():
    """Train the networks named on the command line, by default all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NETWORKS))
    names = parser.parse_args().names or list(NETWORKS)
    if unknown := set(names) - set(NETWORKS):
        parser.error(f"expected names among {list(NETWORKS)}, got {sorted(unknown)}")

    WORK.mkdir(exist_ok=True)
    for name in [name for name in names if name in SEARCHES]:
        path, loss, grid = SEARCHES[name]
        print(f"Choosing the {', '.join(grid)} of {name} …")
        unfinished_trials = WORK / path.name
        grid_search(loss, grid, rng=np.random.default_rng(0), path=unfinished_trials)
        shutil.copyfile(unfinished_trials, path)
    runs = [(n, s) for n in names for s in getattr(NETWORKS[n], "seeds", (None,))]
    expected = [expected_seconds(name) for name, _ in runs]
    taken, records = [], {}
    for i, (name, seed) in enumerate(runs):
        speed = sum(taken) / sum(expected[:i]) if taken else 1.0
        minutes = speed * sum(expected[i:]) / 60
        print(
            f"{name}{f', seed {seed}' if seed is not None else ''}: run {i + 1} of "
            f"{len(runs)}, about {minutes:.0f} minutes to go in all"
        )
        model, record = train_once(name, seed)
        taken.append(record["seconds"])
        first, found = records.setdefault(name, (model, []))
        found.append(record)
        save(first, found)
        reached = "nothing to count"
        if "test_accuracy" in record:
            reached = f"{record['test_accuracy']:.2%} of the test data right"
        elif "pipes" in record:
            reached = f"{record['pipes']:.1f} pipes in new games"
        print(f"{name}: {record['seconds']:.1f} s of processor time, {reached}")
    if "draw-mlp" in names:
        samples = pick_samples(pretrained("draw-mlp"), mnist_14x14())
        np.savez_compressed(PACKAGE / "data" / "mnist-samples.npz", **samples)
    shutil.rmtree(WORK)  # all is done: the next time begins from nothing


if __name__ == "__main__":
    main()
