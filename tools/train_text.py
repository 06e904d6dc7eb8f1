"""The networks of the text lab: what they are trained on, how, and how it is chosen.

``tools/train_weights.py`` trains them, as ``make weights`` and ``make labs`` do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from dlscratch.datasets import Dataset, load_more_names, load_shakespeare
from dlscratch.layers import Linear, SoftmaxCrossEntropy
from dlscratch.models import Sequential, gpt
from dlscratch.optimizers import AdamW, cosine
from dlscratch.recurrent import LSTM, Embedding
from dlscratch.training import train

PACKAGE = Path(__file__).resolve().parent.parent / "dlscratch"
STEPS = 64  # characters in a window


def windows(ids, targets, steps=STEPS):
    """Cut a text into windows, one behind the other, so that each target is in one.

    Parameters
    ----------
    ids, targets : ndarray of int, shape (N,)

    Returns
    -------
    x, t : ndarray of int, shape (⌈N / steps⌉, steps)
        What is missing in the last window is 0 in x and -1 in t, which no loss counts.
    """
    n = -(-len(ids) // steps) * steps
    return tuple(
        np.pad(part, (0, n - len(part)), constant_values=fill).reshape(-1, steps)
        for part, fill in ((ids, 0), (targets, -1))
    )


def shakespeare():
    """Load tiny Shakespeare in windows that hold each character exactly once."""
    x, t, x_test, t_test = data = load_shakespeare()
    parts = *windows(x, t), *windows(x_test, t_test)
    return Dataset(*parts, classes=data.classes)


def random_windows(data, n, rng):
    """Draw n windows of the training text that may begin at any character.

    Parameters
    ----------
    data : Dataset
        Its training part holds the text in windows, one behind the other.

    Returns
    -------
    x, t : ndarray of int, shape (n, steps)
    """
    steps = data.x_train.shape[1]
    length = np.count_nonzero(data.t_train >= 0)
    places = rng.integers(0, length - steps + 1, n)[:, None] + np.arange(steps)
    return data.x_train.ravel()[places], data.t_train.ravel()[places]


def held_out(data):
    """Return the training part alone, its last tenth as the test."""
    n = round(0.9 * len(data.x_train))
    x, t = data.x_train, data.t_train
    return Dataset(x[:n], t[:n], x[n:], t[n:], classes=data.classes)


def lstm(n_tokens, n_dim, n_hidden, *, rng, dtype):
    """Build an embedding, an LSTM, and a score for each token at each step."""
    settings = {"rng": rng, "dtype": dtype}
    stack = [Embedding(n_tokens, n_dim, **settings), LSTM(n_dim, n_hidden, **settings)]
    stack.append(Linear(n_hidden, n_tokens, **settings))
    return Sequential(stack, SoftmaxCrossEntropy(ignore_index=-1))


@dataclass
class TextRecipe:
    """How a network learns to guess the next character."""

    make: Callable
    load: Callable
    data: str
    batch_size: int
    lr: float
    final: float = 0.0  # the last learning rate, as a part of the highest
    epochs: int = 1
    windows: int | None = None  # in an epoch, drawn at random; None: all as they are
    warmup: int = 100
    weight_decay: float = 0.1
    seeds: tuple = (0, 1, 2)
    ships: bool = True  # or only what it reaches

    def __call__(self, seed=0, progress=True, checkpoint=None, data=None):
        """Train with this recipe.

        Parameters
        ----------
        seed : int
        progress : bool
        checkpoint : Path, optional
            Where to keep what is done after each epoch, and to go on from.
        data : Dataset, optional
            By default the whole training and test part.

        Returns
        -------
        model : Sequential
        data : Dataset
        recipe : dict
        history : History
        """
        data = (data or self.load()).measuring(1_000)
        rng = np.random.default_rng(seed)
        model = self.make(rng=rng, dtype=np.float32)
        x, t = data.x_train, data.t_train
        if self.windows:
            x, t = random_windows(data, self.windows, rng)
        steps = self.epochs * -(-len(x) // self.batch_size)
        final = self.final * self.lr
        optimizer = AdamW(
            model.parameters,
            cosine(self.lr, steps, warmup=self.warmup, final=final),
            betas=(0.9, 0.99),
            weight_decay=self.weight_decay,
        )
        history = train(
            model,
            Dataset(x, t).measuring(100),
            optimizer,
            self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            progress=progress,
            checkpoint=checkpoint,
            clip_norm=1.0,
        )
        recipe = {
            "data": self.data,
            "recipe": "AdamW on softmax cross-entropy, betas 0.9 and 0.99, weight "
            f"decay {self.weight_decay}, the learning rate rising during {self.warmup} "
            f"steps, then falling to {final:g} along a cosine, gradients clipped at "
            "norm 1, float32",
            "activation": "that of the layers",
            "epochs_and_learning_rates": [[self.epochs, self.lr]],
            "steps": steps,
            "batch_size": self.batch_size,
            "n_parameters": sum(p.value.size for p in model.parameters),
            "seed": seed,
            "rounded_to": None,
        }
        return model, data, recipe, history


PLAYS = {
    "load": shakespeare,
    "data": "tiny Shakespeare: trained on windows of 64 characters drawn at random "
    "from the first 90 %, tested on all of the rest in windows of 64",
    "batch_size": 12,
    "windows": 24_000,  # 2,000 steps
}
NAMES = {
    "load": load_more_names,
    "data": "makemore's names, a letter at a time: tested on the last tenth",
    "batch_size": 32,
}
plays_gpt = partial(gpt, 65, STEPS, 128, 4, 4)  # nanoGPT's size for a laptop
plays_lstm = partial(lstm, 65, 80, 400)
names_gpt = partial(gpt, 27, 16, 64, 4, 4, std=0.1)  # makemore's size
names_lstm = partial(lstm, 27, 32, 204)

TEXT_NETWORKS = {
    "shakespeare-gpt": TextRecipe(plays_gpt, lr=0.01, **PLAYS),
    "shakespeare-lstm": TextRecipe(plays_lstm, lr=0.005, **PLAYS),
    "more-names-gpt": TextRecipe(names_gpt, lr=0.002, epochs=15, seeds=(0,), **NAMES),
    "shakespeare-gpt-as-published": TextRecipe(
        plays_gpt, lr=0.001, final=0.1, ships=False, **PLAYS
    ),
    "more-names-lstm": TextRecipe(names_lstm, lr=0.005, epochs=6, ships=False, **NAMES),
}


def held_out_loss(rng, network, schedule):
    """Train on nine tenths of the training part; return minus the loss on the tenth.

    The test part is not touched. A schedule is the highest learning rate, and which
    part of it is the last one.
    """
    lr, final = schedule
    recipe = replace(TEXT_NETWORKS[network], lr=lr, final=final)
    seed, data = int(rng.integers(2**32)), held_out(recipe.load())
    model, *_ = recipe(seed, progress=False, data=data)
    return -model.evaluate(data.x_test, data.t_test, batch_size=100)[0]


SCHEDULES = {  # the first is nanoGPT's
    "shakespeare-gpt": [(0.001, 0.1), (0.005, 0.1), (0.005, 0.0), (0.01, 0.0)],
    "shakespeare-lstm": [(0.002, 0.0), (0.005, 0.0)],
}
TEXT_SEARCHES = {
    name: (
        PACKAGE / "data" / f"{name}-trials.jsonl",
        partial(held_out_loss, network=name),
        {"schedule": schedules},
    )
    for name, schedules in SCHEDULES.items()
}
