"""Plausible wrong answers to chapter 6c's exercises, and what must be said of them."""

import numpy as np

from dlscratch import functions
from dlscratch.exercises import chapter06c as ch


def _forgot_return(*args):
    sum(1 for _ in args)


def _in_place(W, b, dW, db, lr, weight_decay):
    W -= lr * (dW + weight_decay * W)
    b -= lr * db
    return W, b


def _one_value(losses, patience):
    return ch.early_stop(losses, patience)[0]


def _naive_geometric(answers):
    product = np.prod(answers, axis=0) ** (1 / len(answers))
    return product / product.sum(axis=1, keepdims=True)


def _shift_in_place(images, down, right):
    images[:] = ch.shift(images, down, right)
    return images


def _inverse(X, t, strength):
    return np.linalg.inv(X.T @ X) @ X.T @ t


def _clip(w, g, lr, l1):
    a = w - lr * g
    return a - np.clip(a, -lr * l1, lr * l1)


def _row_by_row(w, g, lr, l1):
    if np.ndim(w) > 1:
        rows = zip(w, g, strict=True)
        return [_row_by_row(*row, lr, l1) for row in rows]
    a = [float(x - lr * y) for x, y in zip(w, g, strict=True)]
    return [max(x - lr * l1, 0) + min(x + lr * l1, 0) for x in a]


def _only_vectors(w, g, lr, l1):
    if w.ndim > 1:
        return w
    return ch.proximal_step.reference(w, g, lr, l1)


def _its_own_rate(w, g, lr, l1):
    return ch.proximal_step.reference(w, g, 0.1, 0.5)


def _one_less(losses, patience):
    return ch.early_stop(losses, max(patience, 2))


def _starting_at(first):
    def early_stop(losses, patience):
        smallest, best, waited = first, 0, 0
        for epoch, loss in enumerate(losses, 1):
            waited += 1
            if loss < smallest:
                smallest, best, waited = loss, epoch, 0
            if waited == patience:
                break
        return epoch, best

    return early_stop


def _by_random(rng, low, high, n):
    return low * (high / low) ** rng.random(n)


def _on_slices(losses, patience):
    for n in range(1, len(losses) + 1):
        best = int(np.argmin(losses[:n])) + 1
        if n - best >= patience:
            break
    return [n, best]


def _one_by_one(rng, low, high, n):
    ends = np.log(low), np.log(high)
    return np.array([np.exp(rng.uniform(*ends)) for _ in range(n)])


def _its_own_floats(rng, low, high, n):
    return [float(v) for v in 10 ** rng.uniform(np.log10(low), np.log10(high), size=n)]


def _a_ratio(rng, low, high, n):
    return list(low * (high / low) ** rng.uniform(size=n))


def _view_at_rest(images, down, right):
    if down == right == 0:
        return images
    return ch.shift(images, down, right)


def _one_way_only(images, down, right):
    return ch.shift(images, down, 0 if down * right > 0 else right)


def _matrices(images, down, right):
    _, height, width = images.shape
    return np.eye(height, k=-down) @ images @ np.eye(width, k=right)


def _rolled(images, down, right):
    moved = np.roll(images, (down, right), (1, 2))
    rows = np.arange(images.shape[1]) - down
    columns = np.arange(images.shape[2]) - right
    moved[:, (rows < 0) | (rows >= len(rows))] = 0
    moved[:, :, (columns < 0) | (columns >= len(columns))] = 0
    return moved


def _lists(writers, held):
    indices = range(len(writers))
    training = [i for i in indices if writers[i] not in held]
    return training, [i for i in indices if writers[i] in held]


def _pairs(writers, held):
    validation = (writers[:, None] == np.array(held)).any(axis=1)
    return [np.where(~validation)[0], np.where(validation)[0]]


def _sorts_held(writers, held):
    held.sort()
    return ch.split_by_writer(writers, held)


def _first_two(writers, held):
    return ch.split_by_writer(writers, held[:2])


def _small_numbers(writers, held):
    chosen = np.zeros(10, dtype=bool)
    chosen[held] = True
    return np.flatnonzero(~chosen[writers]), np.flatnonzero(chosen[writers])


def _clipped(answers):
    return ch.geometric_mean(np.clip(answers, 1e-12, 1))


def _four(answers):
    return functions.softmax(np.log(answers).sum(axis=0) / 4)


def _roots(answers):
    product = np.prod(answers ** (1 / len(answers)), axis=0)
    return product / product.sum(axis=1, keepdims=True)


def _stacked(X, t, strength):
    N, D = X.shape
    A = np.vstack([X / np.sqrt(N), np.sqrt(strength) * np.eye(D)])
    return np.linalg.lstsq(A, np.append(t / np.sqrt(N), np.zeros(D)))[0]


def _examples(X, t, strength):
    N = len(X)
    return X.T @ np.linalg.solve(X @ X.T + N * strength * np.eye(N), t)


def _tall_only(X, t, strength):
    if X.shape[1] > len(X):
        return np.zeros(X.shape[1])
    return ch.ridge(X, t, strength)


class _Where:
    def __init__(self, p, rng):
        self.drop, self.generator = p, rng

    def forward(self, x, training=False):
        self.kept = None
        if training:
            self.kept = self.generator.binomial(1, 1 - self.drop, x.shape)
        return self.backward(x)

    def backward(self, dy):
        if self.kept is None:
            return dy
        return np.where(self.kept, dy, 0) / (1 - self.drop)


class _Masked(ch.RepairedDropout):
    def draws(self, x):
        return self.rng.random(x.shape)

    def forward(self, x, training=False):
        if not training:
            return super().forward(x)
        self.mask = (self.draws(x) >= self.p) / (1 - self.p)
        return x * self.mask


class _TwoMasks(_Masked):
    masks = None

    def draws(self, x):
        self.masks = self.masks or [self.rng.random(x.shape) for _ in "ab"]
        self.masks.reverse()
        return self.masks[0]


class _NewAfterTest(_Masked):
    drawn = None

    def forward(self, x, training=False):
        self.drawn = self.drawn if training else None
        return super().forward(x, training)

    def draws(self, x):
        if self.drawn is None:
            self.drawn = self.rng.random(x.shape)
        return self.drawn


class _HalfABatch(_Masked):
    def draws(self, x):
        return np.tile(self.rng.random((len(x) // 2, *x.shape[1:])), (2, 1))


class _Halves(ch.RepairedDropout):
    def __init__(self, p, rng):
        super().__init__(p if p in (0.2, 0.5) else 0.5, rng)


class _InPlace(_Masked):
    def forward(self, x, training=False):
        x *= super().forward(np.ones_like(x), training)
        return x


class _FreshMaskBackward(ch.RepairedDropout):
    def backward(self, dy):
        return self.forward(dy, training=True)


def whole_exponents(rng, low, high, n):
    low, high = round(np.log10(low)), round(np.log10(high))
    return 10.0 ** rng.integers(low, high + 1, n)


WRONG = {
    "6c.1": [
        ("in place", lambda: _in_place, "changes its input"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "6c.2": [
        ("vectors alone", lambda: _only_vectors, "expected: 0.575"),
        ("its own rate", lambda: _its_own_rate, "is not right"),
    ],
    "6c.4": [
        ("one value", lambda: _one_value, "expected"),
        ("patience of two at least", lambda: _one_less, "expected: 3"),
        ("starts at ten", lambda: _starting_at(10), "expected: 3"),
        ("starts at a billion", lambda: _starting_at(1e9), "expected: 3"),
    ],
    "6c.6": [
        ("whole exponents", lambda: whole_exponents, "is not right"),
        ("one by one", lambda: _one_by_one, "called 5 times"),
        ("rng.random", lambda: _by_random, "was called 0 times"),
    ],
    "6c.7": [
        ("a view", lambda: _view_at_rest, "Return a copy"),
        ("one way only", lambda: _one_way_only, "is not right"),
        ("in place", lambda: _shift_in_place, "changes its input"),
    ],
    "6c.8": [
        ("sorts held", lambda: _sorts_held, "changes its input `held`"),
        ("first two", lambda: _first_two, "has length 5 instead of 3"),
        ("small numbers", lambda: _small_numbers, "IndexError"),
    ],
    "6c.9": [
        ("clipped", lambda: _clipped, "is not right"),
        ("four", lambda: _four, "is not right"),
        ("underflow", lambda: _naive_geometric, "made NumPy warn"),
    ],
    "6c.10": [
        ("no penalty", lambda: _inverse, "without a penalty"),
        ("tall only", lambda: _tall_only, "more weights than examples"),
    ],
    "6c.lab": [
        ("fresh mask", lambda: _FreshMaskBackward, "backward uses the mask of forward"),
        ("two masks", lambda: _TwoMasks, "new holes in each call"),
        ("new after a test", lambda: _NewAfterTest, "new holes in each call"),
        ("half a batch", lambda: _HalfABatch, "no two rows have the same holes"),
        ("halves", lambda: _Halves, "expected: 0.7"),
        ("in place", lambda: _InPlace, "changes its input `x`"),
    ],
}

RIGHT = {
    "6c.2": [("clip", lambda: _clip), ("lists", lambda: _row_by_row)],
    "6c.4": [
        ("waiting", lambda: lambda *given: np.array(_starting_at(np.inf)(*given))),
        ("slices", lambda: _on_slices),
    ],
    "6c.6": [
        ("a ratio", lambda: _a_ratio),
        ("a list of floats", lambda: _its_own_floats),
    ],
    "6c.7": [("matrices", lambda: _matrices), ("rolled", lambda: _rolled)],
    "6c.8": [("lists", lambda: _lists), ("a list of two", lambda: _pairs)],
    "6c.9": [("roots", lambda: _roots)],
    "6c.10": [("stacked", lambda: _stacked), ("examples", lambda: _examples)],
    "6c.lab": [("where", lambda: _Where)],
}
