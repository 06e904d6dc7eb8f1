"""Plausible wrong answers to the exercises of chapter 7b, and what must be said."""

import collections
import itertools
import math

import numpy as np

from dlscratch import functions, layers
from dlscratch.exercises import chapter07b as ex


def _forgot_return(shape, blocks):
    ex.flat_size(shape, blocks)


def flat_same(shape, blocks):
    """Take any padding to keep the size, as that of the chapter's networks does."""
    C, H, W = shape
    for F, K, padding in blocks:
        C, H, W = F, *((n if padding else n - K + 1) // 2 for n in (H, W))
    return C * H * W


def flat_odd(shape, blocks):
    """Take half a kernel off at each side, which is right if K is odd."""
    C, H, W = shape
    for F, K, padding in blocks:
        C, H, W = F, *((n + 2 * (padding - K // 2)) // 2 for n in (H, W))
    return C * H * W


def flat_rounds_late(shape, blocks):
    C, H, W = shape
    for F, K, padding in blocks:
        C, H, W = F, *((n + 2 * padding - K + 1) / 2 for n in (H, W))
    return C * int(H) * int(W)


def flat_recursive(shape, blocks):
    if not blocks:
        return math.prod(shape)
    (F, K, p), *rest = blocks
    return flat_recursive((F, *((n + 2 * p - K + 1) // 2 for n in shape[1:])), rest)


def flat_built(shape, blocks):
    x, rng = np.zeros((1, *shape)), np.random.default_rng(0)
    for F, K, padding in blocks:
        x = layers.Conv2d(x.shape[1], F, K, padding=padding, rng=rng).forward(x)
        x = layers.MaxPool2d(2).forward(x)
    return x.size


def flat_array(shape, blocks):
    sides = np.array(shape[1:])
    for _, K, padding in blocks:
        sides = (sides + 2 * padding - K + 1) // 2
    return blocks[-1][0] * np.prod(sides)


def shares_two_kinds(model):
    """Know only the two kinds of the example."""
    sizes = {"Conv2d": 0, "Linear": 0}
    for layer in model.layers:
        if type(layer).__name__ in sizes:
            sizes[type(layer).__name__] += layer.W.value.size + layer.b.value.size
    return {kind: n / sum(sizes.values()) for kind, n in sizes.items() if n}


def shares_by_class(model):
    return {type(layer): 1.0 for layer in model.layers if layer.parameters}


def shares_counter(model):
    counts = collections.Counter()
    for layer in model.layers:
        for parameter in layer.parameters:
            counts[layer.__class__.__name__] += parameter.value.size
    for kind in counts:
        counts[kind] /= sum(p.value.size for p in model.parameters)
    return counts


def shares_in_pairs(model):
    sizes = [
        (type(layer).__name__, np.array([p.value.size for p in layer.parameters]).sum())
        for layer in model.layers
    ]
    total = sum(n for _, n in sizes)
    kinds = {kind for kind, n in sizes if n}
    return {k: sum(n for kind, n in sizes if kind == k) / total for k in kinds}


def shares_in_floats(model):
    held = collections.defaultdict(float)
    total = sum(np.prod(p.value.shape) for p in model.parameters)
    for layer in model.layers:
        for p in layer.parameters:
            held[type(layer).__qualname__] += np.prod(p.value.shape) / total
    return held


def accuracy_all_at_once(predict, x, t, batch_size):
    return float(np.mean(predict(x).argmax(axis=1) == t))


def accuracy_by_four(predict, x, t, batch_size):
    return ex.accuracy_in_batches(predict, x, t, 4)


def accuracy_split_down(predict, x, t, batch_size):
    parts = np.array_split(np.arange(len(x)), max(len(x) // batch_size, 1))
    return sum((predict(x[i]).argmax(axis=1) == t[i]).sum() for i in parts) / len(x)


def accuracy_split(predict, x, t, batch_size):
    n = -(-len(x) // batch_size)
    guesses = [predict(part).argmax(axis=-1) for part in np.array_split(x, n)]
    return np.mean(np.concatenate(guesses) == t)


def accuracy_one_by_one(predict, x, t, batch_size):
    right = [np.argmax(predict(x[i : i + 1])[0]) == int(t[i]) for i in range(len(x))]
    return right.count(True) / len(right)


def accuracy_while(predict, x, t, batch_size):
    right, rest, labels = 0, x, t
    while len(rest):
        scores = predict(rest[:batch_size])
        right += np.count_nonzero(np.argmax(scores, 1) == labels[: len(scores)])
        rest, labels = rest[batch_size:], labels[batch_size:]
    return np.float64(right) / x.shape[0]


def accuracy_weighted(predict, x, t, batch_size):
    total = 0.0
    for i in range(0, len(x), batch_size):
        one, labels = x[i : i + batch_size], t[i : i + batch_size]
        total += np.mean(predict(one).argmax(1) == labels) * len(one) / len(x)
    return total


def accuracy_recursive(predict, x, t, batch_size):
    def right(x, t):
        if not len(x):
            return 0
        first = sum(predict(x[:batch_size]).argmax(axis=1) == t[:batch_size])
        return first + right(x[batch_size:], t[batch_size:])

    return right(x, t) / len(t)


def pixels_by_formula(i, settings, n):
    size, step, start = 1, 1, 0
    for k, stride, padding in settings:
        size, start = size + (k - 1) * step, start - padding * step
        step *= stride
    return [max(start + i * step, 0), min(start + i * step + size, n) - 1]


def pixels_by_sets(i, settings, n):
    sizes = [n]
    for k, stride, padding in settings:
        sizes.append((sizes[-1] + 2 * padding - k) // stride + 1)
    seen = {i}
    for (k, stride, padding), size in zip(settings[::-1], sizes[-2::-1], strict=True):
        seen = {j * stride - padding + m for j in seen for m in range(k)}
        seen = {j for j in seen if 0 <= j < size}
    return np.array([min(seen), max(seen)])


def pixels_recursive(i, layers, n):
    def down(first, last, layers):
        if not layers:
            return first, last
        *rest, (k, s, p) = layers
        return down(max(first * s - p, 0), last * s - p + k - 1, rest)

    first, last = down(i, i, layers)
    return np.int64(first), np.int64(min(last, n - 1))


def pixels_by_gradient(i, settings, n):
    stack, x = [], np.zeros((1, 1, n, n))
    for k, s, p in settings:
        stack.append(
            layers.Conv2d(1, 1, k, s, p, init=lambda shape, rng: np.ones(shape))
        )
        x = stack[-1].forward(x)
    dy = np.zeros_like(x)
    dy[0, 0, i, i] = 1
    for layer in reversed(stack):
        dy = layer.backward(dy)
    rows = np.flatnonzero(dy[0, 0].any(axis=1))
    return rows[[0, -1]]


def pixels_popped(i, settings, n):
    first = last = i
    while settings:
        k, s, p = settings.pop()
        first, last = first * s - p, last * s - p + k - 1
    return max(first, 0), min(last, n - 1)


def pixels_once(i, settings, n):
    """Move by the sum of the paddings, which forgets the strides before."""
    size, step = 1, 1
    for k, stride, _ in settings:
        size, step = size + (k - 1) * step, step * stride
    first = i * step - sum(p for _, _, p in settings)
    return max(first, 0), min(first + size - 1, n - 1)


def table_in_loops(table, K, OH, OW):
    weights = 0
    for row in table:
        for seen in row:
            if seen == 1:
                weights += K**2
    return [weights + table.shape[0], weights * OH * OW]


def grouped_reversed(x, W, groups):
    xs, Ws = np.split(x, groups, axis=1), np.split(W, groups, axis=0)
    parts = [ex.convolve(a, b) for a, b in zip(xs, Ws[::-1], strict=True)]
    return np.concatenate(parts, axis=1)


def grouped_square(x, W, groups):
    """Take the kernels to be square."""
    K = W.shape[2]
    return grouped_windows(x, W[:, :, :, :K], groups, (K, K))


def grouped_windows(x, W, groups, kernel=None):
    kernel = kernel or W.shape[2:]
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    N, C, OH, OW = view.shape[:4]
    view = view.reshape(N, groups, C // groups, OH, OW, *kernel)
    W = W.reshape(groups, len(W) // groups, *W.shape[1:])
    return np.einsum("ngcijkl,gfckl->ngfij", view, W).reshape(N, -1, OH, OW)


def grouped_as_one(x, W, groups):
    F, c, *kernel = W.shape
    full = np.zeros((F, x.shape[1], *kernel))
    for f in range(F):
        first = f // (F // groups) * c
        full[f, first : first + c] = W[f]
    return ex.convolve(x, full)


def grouped_filled(x, W, groups):
    c, f = x.shape[1] // groups, W.shape[0] // groups
    one = ex.convolve(x[:, :c], W[:f])
    y = np.empty((len(x), len(W), *one.shape[2:]))
    for g in range(groups):
        y[:, g * f : (g + 1) * f] = ex.convolve(
            x[:, g * c : (g + 1) * c], W[g * f : (g + 1) * f]
        )
    return y


def grouped_by_kernel(x, W, groups):
    c = W.shape[1]
    groups_of = np.repeat(np.arange(groups), len(W) // groups)
    maps = [
        ex.convolve(x[:, g * c : g * c + c], W[f : f + 1])
        for f, g in enumerate(groups_of)
    ]
    return np.hstack(maps)


def kernels_in_a_loop(W, C, H, width):
    kernels = np.zeros((W.shape[1], C, H, width))
    for m, c, i, j in itertools.product(*map(range, kernels.shape)):
        kernels[m, c, i, j] = W[(c * H + i) * width + j, m]
    return kernels


def vote_five(predict, images, moves):
    """Always take the chapter's five moves."""
    return ex.vote(predict, images, ex._MOVES)


def vote_with_itself(predict, images, moves):
    """Ask about the image as it is, too, whether it is among the moves or not."""
    return ex.vote(predict, images, [(0, 0), *moves])


def vote_each_once(predict, images, moves):
    return ex.vote(predict, images, set(moves))


def vote_over_batch(predict, images, moves):
    total = 0
    for move in moves:
        e = np.exp(predict(ex.shift(images, *move)))
        total = total + e / e.sum()
    return total.argmax(axis=1)


def vote_in_lists(predict, images, moves):
    votes = [functions.softmax(predict(ex.shift(images, *move))) for move in moves]
    return [int(np.argmax(sum(vote[n] for vote in votes))) for n in range(len(images))]


def vote_one_by_one(predict, images, moves):
    found = []
    for n in range(len(images)):
        p = [functions.softmax(predict(ex.shift(images[[n]], *m)))[0] for m in moves]
        found.append(np.mean(p, axis=0).argmax())
    return tuple(found)


def vote_all_at_once(predict, images, moves):
    moved = np.concatenate([ex.shift(images, *move) for move in moves])
    p = functions.softmax(predict(moved)).reshape(len(moves), len(images), -1)
    return np.einsum("mnk->nk", p).argmax(-1)


def vote_running(predict, images, moves):
    mean = np.zeros(predict(images).shape)
    for m in moves:
        mean += functions.softmax(predict(ex.shift(images, m[0], m[1]))) / len(moves)
    return np.argmax(mean, axis=1).astype(np.int8)


def occlusion_swapped(predict, image, t, size=3):
    """Take the height to be the width."""
    W, H = image.shape[1:]
    drop = np.zeros((H, W))
    for i, j in itertools.product(range(H), range(W)):
        drop[i, j] = _fall(predict, image, t, size, i, j)
    return drop


def occlusion_transposed(predict, image, t, size=3):
    return ex.occlusion(predict, image, t, size).T


def occlusion_of_three(predict, image, t, size=3):
    return ex.occlusion(predict, image, t)


def occlusion_of_best(predict, image, t, size=3):
    best = int(predict(image[None]).argmax())
    return ex.occlusion(predict, image, best, size)


def occlusion_in_place(predict, image, t, size=3):
    before = functions.softmax(predict(image[None]))[0, t]
    drop, half = np.zeros(image.shape[1:]), size // 2
    for i, j in np.ndindex(*drop.shape):
        covered = image
        covered[:, max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1] = 0
        drop[i, j] = before - functions.softmax(predict(covered[None]))[0, t]
    return drop


def _fall(predict, image, t, size, i, j):
    half, covered = size // 2, image.copy()
    covered[0, max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1] = 0
    p = functions.softmax(predict(np.stack([image, covered])))[:, t]
    return p[0] - p[1]


def occlusion_in_one_batch(predict, image, t, size=3):
    _, H, W = image.shape
    i, j, half = np.arange(H), np.arange(W), size // 2
    rows = np.abs(i[:, None] - i) <= half  # (H, H): squares, pixels
    columns = np.abs(j[:, None] - j) <= half
    square = rows[:, None, :, None] & columns[None, :, None, :]  # (H, W, H, W)
    batch = np.where(square, 0, image[0]).reshape(H * W, 1, H, W)
    p = functions.softmax(predict(np.concatenate([image[None], batch])))[:, t]
    return (p[0] - p[1:]).reshape(H, W)


def occlusion_padded(predict, image, t, size=3):
    half, (H, W) = size // 2, image.shape[-2:]
    frame = [(0, 0), (half, half), (half, half)]
    before = functions.softmax(predict(image[np.newaxis]))[0][t]
    drop = []
    for i in range(H):
        for j in range(W):
            large = np.pad(image, frame)
            large[:, i : i + size, j : j + size] = 0
            one = large[:, half : half + H, half : half + W]
            drop.append(before - functions.softmax(predict(one[np.newaxis]))[0][t])
    return np.reshape(drop, (H, W))


def occlusion_by_distance(predict, image, t, size=3):
    rows, columns = np.indices(image.shape[1:])
    drop = np.empty(rows.shape)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            far = np.maximum(abs(rows - i), abs(columns - j)) > size // 2
            after = functions.softmax(predict(np.array([image * far])))
            drop[i, j] = functions.softmax(predict(image[None]))[0, t] - after[0, t]
    return drop


def occlusion_restored(predict, image, t, size=3):
    work, half = np.array(image), size // 2
    before = functions.softmax(predict(work[None]))[0, t]
    drop = np.zeros_like(image[0])
    for i, j in np.ndindex(drop.shape):
        at = np.s_[:, max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1]
        kept = work[at].copy()
        work[at] = 0
        drop[i, j] = before - functions.softmax(predict(work[None]))[0, t]
        work[at] = kept
    return drop


class NoBatch(ex.RepairedFlatten):
    def forward(self, x):
        self.shape = x.shape
        return x.ravel()


class FirstShape(ex.RepairedFlatten):
    def forward(self, x):
        self.shape = getattr(self, "shape", x.shape)
        return x.reshape(len(x), -1)


class OneShape(ex.RepairedFlatten):
    """Keep the shape in the class, so that every layer has the first one's."""

    shape = None

    def forward(self, x):
        OneShape.shape = OneShape.shape or x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy):
        return dy.reshape(self.shape)


class PictureByPicture(ex.RepairedFlatten):
    def forward(self, x):
        self.x = x
        return np.array([picture.ravel() for picture in x])

    def backward(self, dy):
        return np.stack([row.reshape(self.x.shape[1:]) for row in dy])


class InMemoryOrder:
    """Go on from the order in memory, and undo it."""

    def __init__(self):
        self.shape = None

    def forward(self, x, training=False):
        self.shape = x.shape
        in_memory = x.transpose(2, 1, 3, 0)  # (H, C, W, N)
        return in_memory.transpose(3, 1, 0, 2).reshape(len(x), -1)

    def backward(self, dy):
        N, C, H, W = self.shape
        return dy.T.reshape(C, H, W, N).transpose(3, 0, 1, 2)


class Transposed:
    def forward(self, x):
        self.C, self.H, self.W = x.shape[1:]
        return x.transpose(1, 2, 3, 0).reshape(-1, len(x)).T

    def backward(self, dy):
        return np.reshape(dy, (-1, self.C, self.H, self.W)).copy()


class Filled(ex.RepairedFlatten):
    def forward(self, x):
        self.shape = N, C, H, W = x.shape
        y = np.empty((N, C * H * W), x.dtype)
        for c in range(C):
            y[:, c * H * W : (c + 1) * H * W] = x[:, c].reshape(N, -1)
        return y


def vote_by_products(predict, images, moves):
    images = [ex.shift(images, *move) for move in moves]
    return np.prod([functions.softmax(predict(x)) for x in images], 0).argmax(axis=1)


WRONG = {
    "7b.1": [
        ("forgot return", lambda: _forgot_return, "return"),
        ("padding keeps the size", lambda: flat_same, "is not right"),
        ("odd kernels only", lambda: flat_odd, "is not right"),
        (
            "a square",
            lambda: lambda s, b: ex.flat_size((s[0], s[2], s[2]), b),
            "is not right",
        ),
    ],
    "7b.2": [
        ("two kinds", lambda: shares_two_kinds, "BatchNorm"),
        ("classes as keys", lambda: shares_by_class, "lacks"),
        (
            "rounded",
            lambda: lambda m: {k: round(v, 4) for k, v in ex.shares(m).items()},
            "is not right",
        ),
        ("pairs", lambda: lambda m: list(ex.shares(m).items()), "dict"),
    ],
    "7b.3": [
        ("all at once", lambda: accuracy_all_at_once, "MemoryError"),
        ("always four", lambda: accuracy_by_four, "MemoryError"),
        ("too few parts", lambda: accuracy_split_down, "MemoryError"),
        (
            "per cent",
            lambda: lambda *a: 100 * ex.accuracy_in_batches(*a),
            "is not right",
        ),
    ],
    "7b.4": [
        ("empties the list", lambda: pixels_popped, "changes its input"),
        ("paddings added", lambda: pixels_once, "is not right"),
        ("one number", lambda: lambda *a: ex.pixels_seen(*a)[0], "one number"),
        (
            "one pixel more",
            lambda: lambda i, s, n: (ex.pixels_seen(i, s, n)[0], n),
            "is not right",
        ),
    ],
    "7b.5": [
        (
            "square maps",
            lambda: lambda t, K, OH, OW: ex.table_cost(t, K, OH, OH),
            "is not right",
        ),
        (
            "K for K²",
            lambda: (
                lambda t, K, OH, OW: (
                    int(t.sum()) * K + len(t),
                    int(t.sum()) * K * OH * OW,
                )
            ),
            "is not right",
        ),
    ],
    "7b.6": [
        ("crossed", lambda: grouped_reversed, "is not right"),
        ("square kernels", lambda: grouped_square, "raised"),
        ("one group", lambda: lambda x, W, groups: ex.convolve(x, W), "raised"),
        ("two groups", lambda: lambda x, W, groups: ex.grouped(x, W, 2), "raised"),
    ],
    "7b.7": [
        (
            "height and width",
            lambda: lambda W, C, H, w: W.T.reshape(-1, C, w, H),
            "axis 2 has length 4",
        ),
    ],
    "7b.8": [
        ("five moves", lambda: vote_five, "is not right"),
        ("itself as well", lambda: vote_with_itself, "is not right"),
        ("each move once", lambda: vote_each_once, "is not right"),
        ("softmax over all", lambda: vote_over_batch, "is not right"),
        ("products", lambda: vote_by_products, "multiplied probabilities"),
    ],
    "7b.9": [
        ("height is width", lambda: occlusion_swapped, "transposed"),
        ("transposed", lambda: occlusion_transposed, "transposed"),
        ("always three", lambda: occlusion_of_three, "is not right"),
        ("the best class", lambda: occlusion_of_best, "is not right"),
        ("no default", lambda: lambda p, image, t, size: 0, "size"),
        ("covers the image itself", lambda: occlusion_in_place, "changes its input"),
    ],
    "7b.lab": [
        ("no batch", lambda: NoBatch, "shape"),
        ("first shape", lambda: FirstShape, "cannot reshape"),
        ("an array", lambda: np.zeros((3, 4)), "RepairedFlatten"),
        ("one shape for all", lambda: OneShape, "raised"),
    ],
}

RIGHT = {
    "7b.1": [
        ("recursive", lambda: flat_recursive),
        ("built", lambda: flat_built),
        ("rounded at the end", lambda: flat_rounds_late),  # it makes no difference
        ("NumPy", lambda: flat_array),
        ("float", lambda: lambda *a: float(ex.flat_size(*a))),
        ("0-d array", lambda: lambda *a: np.array(ex.flat_size(*a))),
    ],
    "7b.2": [
        ("Counter", lambda: shares_counter),
        ("pairs first", lambda: shares_in_pairs),
        ("defaultdict", lambda: shares_in_floats),
        (
            "backwards",
            lambda: lambda m: dict(reversed(ex.shares(m).items())),
        ),
        (
            "float32",
            lambda: lambda m: {k: np.float32(v) for k, v in ex.shares(m).items()},
        ),
    ],
    "7b.3": [
        ("array_split", lambda: accuracy_split),
        ("one by one", lambda: accuracy_one_by_one),
        ("while", lambda: accuracy_while),
        ("weighted mean", lambda: accuracy_weighted),
        ("recursive", lambda: accuracy_recursive),
    ],
    "7b.4": [
        ("formula, a list", lambda: pixels_by_formula),
        ("sets, an array", lambda: pixels_by_sets),
        ("recursive", lambda: pixels_recursive),
        ("gradient", lambda: pixels_by_gradient),
        ("floats", lambda: lambda *a: [float(k) for k in ex.pixels_seen(*a)]),
    ],
    "7b.5": [
        ("loops, a list", lambda: table_in_loops),
        (
            "count_nonzero, an array",
            lambda: (
                lambda t, K, OH, OW: np.array(
                    [np.count_nonzero(t) * K * K + len(t), t.sum() * K * K * OH * OW]
                )
            ),
        ),
        (
            "row by row",
            lambda: (
                lambda t, K, OH, OW: (
                    sum(sum(row) * K**2 + 1 for row in t),
                    sum(sum(row) * K**2 * OH * OW for row in t),
                )
            ),
        ),
        (
            "mean",
            lambda: (
                lambda t, K, OH, OW: (
                    t.mean() * t.size * K**2 + t.shape[0],
                    t.mean() * t.size * K**2 * OH * OW,
                )
            ),
        ),
    ],
    "7b.6": [
        ("einsum", lambda: grouped_windows),
        ("zeros between", lambda: grouped_as_one),
        ("filled", lambda: grouped_filled),
        ("kernel by kernel", lambda: grouped_by_kernel),
    ],
    "7b.7": [
        ("loop", lambda: kernels_in_a_loop),
        (
            "moveaxis",
            lambda: lambda W, C, H, w: np.moveaxis(W.reshape(C, H, w, -1), -1, 0),
        ),
        (
            "column by column",
            lambda: lambda W, C, H, w: np.array([m.reshape(C, H, w) for m in W.T]),
        ),
        (
            "einsum",
            lambda: lambda W, C, H, w: np.einsum("chwm->mchw", W.reshape(C, H, w, -1)),
        ),
        (
            "copy",
            lambda: (
                lambda W, C, H, width: (
                    W.T.copy().reshape(W.shape[1], C, H, width).astype(np.float32)
                )
            ),
        ),
    ],
    "7b.8": [
        ("lists", lambda: vote_in_lists),
        ("one by one, a tuple", lambda: vote_one_by_one),
        ("all at once", lambda: vote_all_at_once),
        ("running mean", lambda: vote_running),
    ],
    "7b.9": [
        ("one batch", lambda: occlusion_in_one_batch),
        ("padded", lambda: occlusion_padded),
        ("by distance", lambda: occlusion_by_distance),
        ("restored", lambda: occlusion_restored),
    ],
    "7b.lab": [
        ("picture by picture", lambda: PictureByPicture),
        ("by way of memory", lambda: InMemoryOrder),
        ("transposed", lambda: Transposed),
        ("filled", lambda: Filled),
    ],
}
