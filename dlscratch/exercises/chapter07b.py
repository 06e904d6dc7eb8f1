"""Exercises of chapter 7b, Convolutional networks."""

import numpy as np

from dlscratch import functions, layers, models
from dlscratch.exercises import exercise
from dlscratch.exercises._trials import random, run_layer


def _network(seed):
    V, W = random(30, 8, seed=seed) / 2, random(8, 3, seed=seed + 10)

    def predict(images):
        return np.maximum(images.reshape(len(images), -1) @ V, 0) @ W

    return predict


# ------------------------------------------------------------------------- 7b.1


@exercise(
    "7b.1",
    "How many inputs?",
    cases=[
        ((1, 28, 28), [(30, 5, 0)]),
        ((1, 8, 8), [(30, 5, 2)]),
        ((3, 32, 32), [(6, 5, 0), (16, 5, 0)]),
        ((1, 28, 20), [(8, 3, 1), (16, 3, 1), (4, 3, 0)]),
        ((2, 9, 14), [(3, 4, 1), (5, 2, 2)]),
    ],
    hints=[
        "Follow the picture's `shape` block by block. What becomes of the "
        "number of channels, what of the height, what of the width?",
        "The convolution, with stride 1, makes `n + 2 * padding - K + 1` of "
        "n. The pooling halves that, and drops what is left over.",
        "After the last block, multiply the channels, the height and the "
        "width. The channels are the kernels of the last block alone.",
    ],
    text="""
        The size formula gives $n+2p-K+1$ for the convolution, and the
        pooling halves it, rounded down. The channels at the end are the
        kernels of the last block; what the earlier blocks had does not
        matter any more.
        """,
)
def flat_size(shape, blocks):
    """Return how many numbers a picture has after blocks of (F, K, padding)."""
    C, H, W = shape
    for F, K, padding in blocks:
        C = F
        H = (H + 2 * padding - K + 1) // 2  # convolution, then windows of 2 × 2
        W = (W + 2 * padding - K + 1) // 2
    return C * H * W


def _flat(shape, blocks, step):
    C, H, W = shape
    for F, K, padding in blocks:
        C, H, W = F, step(H, K, padding), step(W, K, padding)
    return C * H * W


@flat_size.wrong("You forgot the pooling: each block halves the map.")
def _(shape, blocks):
    return _flat(shape, blocks, lambda n, K, p: n + 2 * p - K + 1)


@flat_size.wrong(
    "The convolution makes `n + 2 * padding - K + 1` of `n`: the `+ 1` is "
    "missing."
)
def _(shape, blocks):
    return _flat(shape, blocks, lambda n, K, p: (n + 2 * p - K) // 2)


@flat_size.wrong(
    "A pooling window must fit into the map: a row that is left over is "
    "dropped, so round down."
)
def _(shape, blocks):
    return _flat(shape, blocks, lambda n, K, p: -(-(n + 2 * p - K + 1) // 2))


@flat_size.wrong(
    "There is no half window: a row that is left over is dropped, so round "
    "down, with `//`."
)
def _(shape, blocks):
    return _flat(shape, blocks, lambda n, K, p: (n + 2 * p - K + 1) / 2)


@flat_size.wrong("The padding is put on both sides: it adds `2 * padding`.")
def _(shape, blocks):
    return _flat(shape, blocks, lambda n, K, p: (n + p - K + 1) // 2)


flat_size.wrong(
    "You took the width to be the height. Follow both.",
    lambda shape, blocks: flat_size((*shape[:2], shape[1]), blocks),
)


@flat_size.wrong(
    "You multiplied the channels of all blocks. Only those of the last block "
    "come out."
)
def _(shape, blocks):
    product = int(np.prod([F for F, _, _ in blocks]))
    return flat_size(shape, blocks) // blocks[-1][0] * product * shape[0]


flat_size.wrong(
    "That is one map. The last block gives F of them.",
    lambda shape, blocks: flat_size(shape, blocks) // blocks[-1][0],
)


# ------------------------------------------------------------------------- 7b.2


def _networks():
    rng = np.random.default_rng(0)
    small = models.simple_cnn(
        rng=rng, input_shape=(1, 8, 8), filters=4, kernel_size=3, hidden=5
    )
    normal = [layers.Linear(6, 4, rng=rng), layers.BatchNorm(4)]
    return [small, models.mlp((6, 4, 3), rng=rng), models.Sequential(normal)]


@exercise(
    "7b.2",
    "Who holds the parameters?",
    cases=_networks,
    hints=[
        "`type(layer).__name__` is the layer's kind, such as `Linear`.",
        "`layer.parameters` lists its arrays; each has a `.value`, and that "
        "has a `.size`. A ReLU has none.",
        "Add up the sizes for each kind in a dictionary, leave out the kinds "
        "with none, and divide by the total at the end.",
    ],
    text="""
        Several layers may be of one kind, so add up: `counts.get(kind, 0)`
        is what is there already. The total is known only at the end.
        """,
)
def shares(model):
    """Return the share of the parameters that each kind of layer holds."""
    counts = {}
    for layer in model.layers:
        kind = type(layer).__name__
        size = sum(p.value.size for p in layer.parameters)
        counts[kind] = counts.get(kind, 0) + size
    total = sum(counts.values())
    return {kind: n / total for kind, n in counts.items() if n}


def _counts(model, count):
    found = {}
    for layer in model.layers:
        if layer.parameters:
            found.setdefault(type(layer).__name__, []).append(count(layer))
    return found


def _in_shares(counts):
    total = sum(sum(numbers) for numbers in counts.values())
    return {kind: sum(numbers) / total for kind, numbers in counts.items()}


@shares.wrong(
    "You counted the arrays. One array W holds many parameters: use its "
    "`.size`."
)
def _(model):
    return _in_shares(_counts(model, lambda layer: len(layer.parameters)))


@shares.wrong("The biases are parameters, too.")
def _(model):
    return _in_shares(
        _counts(model, lambda layer: layer.parameters[0].value.size)
    )


@shares.wrong(
    "There are several layers of one kind, and you kept only the last: add "
    "them up."
)
def _(model):
    counts = _counts(
        model, lambda layer: sum(p.value.size for p in layer.parameters)
    )
    total = sum(sum(numbers) for numbers in counts.values())
    return {kind: numbers[-1] / total for kind, numbers in counts.items()}


@shares.wrong("Those are numbers. Divide them by their total.")
def _(model):
    counts = _counts(
        model, lambda layer: sum(p.value.size for p in layer.parameters)
    )
    return {kind: sum(numbers) for kind, numbers in counts.items()}


shares.wrong(
    "Those are percentages. A share is at most 1.",
    lambda model: {kind: 100 * share for kind, share in shares(model).items()},
)


@shares.wrong("Leave out the kinds that have no parameters.")
def _(model):
    zeros = {type(layer).__name__: 0.0 for layer in model.layers}
    return zeros | shares(model)


# ------------------------------------------------------------------------- 7b.3


def _machine(batch_size):
    def scores(x):
        if len(x) > batch_size:
            raise MemoryError(f"more than {batch_size} at once")
        return x

    return scores


def _accuracy_cases():
    x = random(10, 3)
    t = x.argmax(axis=1)
    t[[0, 4, 9]] = (t[[0, 4, 9]] + 1) % 3
    sizes = [(10, 4), (3, 4), (8, 4), (10, 1), (10, 3)]
    return [(_machine(size), x[:n], t[:n], size) for n, size in sizes]


@exercise(
    "7b.3",
    "Every example counts",
    cases=_accuracy_cases,
    hints=[
        "A slice may reach beyond the end: `x[8:12]` of ten rows gives two.",
        "Let i run over `range(0, len(x), batch_size)`, and count the right "
        "answers of each slice.",
        "Divide the total count once, at the end, by `len(x)`. A mean of the "
        "batches' accuracies would give a small last batch too much weight.",
    ],
    text="""
        Count right answers, and divide once. The mean of the batches'
        accuracies would be right only if all batches had the same size.
        """,
)
def accuracy_in_batches(predict, x, t, batch_size):
    """Return the fraction of all examples that are classified right."""
    right = 0
    for i in range(0, len(x), batch_size):
        guess = predict(x[i : i + batch_size]).argmax(axis=1)
        right += int(np.sum(guess == t[i : i + batch_size]))
    return right / len(x)


@accuracy_in_batches.wrong(
    "The last, smaller batch is never looked at: its examples count as wrong."
)
def _(predict, x, t, batch_size):
    right = 0
    for k in range(len(x) // batch_size):
        part = slice(k * batch_size, (k + 1) * batch_size)
        right += int(np.sum(predict(x[part]).argmax(axis=1) == t[part]))
    return right / len(x)


@accuracy_in_batches.wrong(
    "The last, smaller batch is never looked at: its examples are missing "
    "from your count."
)
def _(predict, x, t, batch_size):
    n = len(x) // batch_size * batch_size
    return accuracy_in_batches(predict, x[:n], t[:n], batch_size) if n else 0.0


@accuracy_in_batches.wrong(
    "That is how many are right. Divide by the number of examples."
)
def _(predict, x, t, batch_size):
    return round(accuracy_in_batches(predict, x, t, batch_size) * len(x))


@accuracy_in_batches.wrong(
    "Every batch was compared with the first labels: cut `t` as you cut `x`."
)
def _(predict, x, t, batch_size):
    right = 0
    for i in range(0, len(x), batch_size):
        guess = predict(x[i : i + batch_size]).argmax(axis=1)
        right += int(np.sum(guess == t[: len(guess)]))
    return right / len(x)


@accuracy_in_batches.wrong(
    "You took the mean of the batches' accuracies. The last batch is "
    "smaller, and its examples count more than the others."
)
def _(predict, x, t, batch_size):
    means = []
    for i in range(0, len(x), batch_size):
        guess = predict(x[i : i + batch_size]).argmax(axis=1)
        means.append(np.mean(guess == t[i : i + batch_size]))
    return float(np.mean(means))


@accuracy_in_batches.wrong(
    "You divided by the number of places in all batches. The last batch is "
    "not full: divide by the number of examples."
)
def _(predict, x, t, batch_size):
    right = accuracy_in_batches(predict, x, t, batch_size) * len(x)
    return right / (-(-len(x) // batch_size) * batch_size)


# ------------------------------------------------------------------------- 7b.4


@exercise(
    "7b.4",
    "Which pixels does it see?",
    cases=[
        (0, [(3, 1, 0)], 10),
        (2, [(5, 1, 0), (2, 2, 0)], 28),
        (0, [(5, 1, 2), (2, 2, 0)], 8),
        (3, [(5, 1, 2), (2, 2, 0)], 8),
        (1, [(4, 2, 1), (3, 1, 1), (2, 2, 0)], 32),
    ],
    hints=[
        "Begin at the end. Output i of the last layer looks at a run of "
        "outputs of the layer before: from where to where?",
        "With stride s and padding p it looks at the places from `s * i - p` "
        "to `s * i - p + k - 1`. Now do the same with these two places.",
        "Go through `reversed(settings)` with `first` and `last`. In the end "
        "cut off what lies outside: `max(first, 0)` and `min(last, n - 1)`.",
    ],
    text=r"""
        Output $i$ looks at the places $s\,i-p$ to $s\,i-p+k-1$ of the layer
        before. Do the same with the first and with the last of these, down
        to the pixels. For output 3 of `simple_cnn`'s pooling, on 8 pixels:
        the pooling sees 6 and 7, the convolution from $6-2$ to $7-2+4=9$,
        so the pixels 4 to 7.
        """,
)
def pixels_seen(i, settings, n):
    """Return the first and the last of n pixels on which output i depends."""
    first, last = i, i
    for k, stride, padding in reversed(settings):
        first = first * stride - padding
        last = last * stride - padding + k - 1
    return max(first, 0), min(last, n - 1)


def _walk(i, layers, n, step, clip=True):
    first, last = i, i
    for layer in reversed(layers):
        first, last = step(first, last, *layer)
    return (max(first, 0), min(last, n - 1)) if clip else (first, last)


@pixels_seen.wrong(
    "Some of these places lie outside of the picture, in the padding: cut "
    "them off."
)
def _seen_outside(i, layers, n):
    return _walk(
        i,
        layers,
        n,
        lambda a, b, k, s, p: (a * s - p, b * s - p + k - 1),
        clip=False,
    )


@pixels_seen.wrong(
    "The first is cut off at 0. The padding at the other end is no pixel, "
    "either: the last is `n - 1` at most."
)
def _(i, layers, n):
    first, last = _seen_outside(i, layers, n)
    return max(first, 0), last


@pixels_seen.wrong(
    "Your second number says how many they are. Return the last of them."
)
def _(i, layers, n):
    first, last = pixels_seen(i, layers, n)
    return first, last - first + 1


pixels_seen.wrong(
    "Those are places in the map before the last layer. Go on, layer by "
    "layer, down to the pixels.",
    lambda i, layers, n: pixels_seen(i, layers[-1:], n),
)

pixels_seen.wrong(
    "You went through the layers from the first to the last. Begin at the "
    "output, with the last layer.",
    lambda i, layers, n: pixels_seen(i, layers[::-1], n),
)

pixels_seen.wrong(
    "The first comes first, then the last.",
    lambda i, layers, n: pixels_seen(i, layers, n)[::-1],
)

pixels_seen.wrong(
    "The padding moves the first window to the left: you left it out.",
    lambda i, layers, n: pixels_seen(i, [(k, s, 0) for k, s, _ in layers], n),
)

pixels_seen.wrong(
    "The padding moves the first window to the left, and you left it out. "
    "Nor is there a pixel after `n - 1`.",
    lambda i, layers, n: _seen_outside(i, [(k, s, 0) for k, s, _ in layers], n),
)


@pixels_seen.wrong(
    "One too far: a window of k places that begins at a ends at a + k - 1."
)
def _(i, layers, n):
    return _walk(i, layers, n, lambda a, b, k, s, p: (a * s - p, b * s - p + k))


@pixels_seen.wrong("Output i begins at `s * i - p`: you left out the stride.")
def _(i, layers, n):
    return _walk(i, layers, n, lambda a, b, k, s, p: (a - p, b - p + k - 1))


# ------------------------------------------------------------------------- 7b.5


_TABLE = np.array([[1, 1, 0, 0], [0, 1, 1, 1], [1, 0, 0, 0]])


@exercise(
    "7b.5",
    "The table of C3",
    cases=[
        (_TABLE, 5, 10, 10),
        (np.ones((16, 6), dtype=int), 5, 10, 10),
        (np.eye(4, dtype=int), 3, 7, 5),
    ],
    hints=[
        "Each 1 in the table stands for one slice of K × K weights.",
        "The biases: one for each map that comes out, so one for each row of "
        "the table.",
        "A multiply-add is one weight at one place. There are `OH * OW` "
        "places, and the biases are not multiplied.",
    ],
    text=r"""
        Each 1 is a slice of $K^2$ weights. With the 60 ones of LeNet-5's
        C3, $60\cdot25+16=1516$ parameters and 150,000 multiply-adds,
        instead of 2,416 and 240,000 for a full table.
        """,
)
def table_cost(table, K, OH, OW):
    """Return the parameters and multiply-adds for a table."""
    weights = int(np.sum(table)) * K * K
    return weights + len(table), weights * OH * OW


table_cost.wrong(
    "You counted a full connection. Where the table has a 0, there are no "
    "weights.",
    lambda table, K, OH, OW: table_cost(np.ones_like(table), K, OH, OW),
)


@table_cost.wrong("The biases are missing: one for each row.")
def _(table, K, OH, OW):
    parameters, work = table_cost(table, K, OH, OW)
    return parameters - len(table), work


@table_cost.wrong(
    "One bias for each map that comes out (a row), not for each that goes in."
)
def _(table, K, OH, OW):
    parameters, work = table_cost(table, K, OH, OW)
    return parameters - len(table) + np.shape(table)[1], work


@table_cost.wrong(
    "One bias for each row, not for each 1: the slices of a row are added "
    "into one map."
)
def _(table, K, OH, OW):
    parameters, work = table_cost(table, K, OH, OW)
    return parameters - len(table) + int(np.sum(table)), work


@table_cost.wrong(
    "A bias is added, not multiplied: leave it out of the multiply-adds."
)
def _(table, K, OH, OW):
    parameters, _ = table_cost(table, K, OH, OW)
    return parameters, parameters * OH * OW


@table_cost.wrong(
    "Each weight is used at every place of the map: `OH * OW` times."
)
def _(table, K, OH, OW):
    parameters, _ = table_cost(table, K, OH, OW)
    return parameters, parameters - len(table)


table_cost.wrong(
    "The parameters come first, then the work.",
    lambda table, K, OH, OW: table_cost(table, K, OH, OW)[::-1],
)


@table_cost.wrong(
    "Those are FLOPs. A multiply-add is asked for, and counts as one."
)
def _(table, K, OH, OW):
    parameters, work = table_cost(table, K, OH, OW)
    return parameters, 2 * work


table_cost.wrong(
    "A kernel has a slice of K × K for each map that it sees: one for each 1 "
    "of its row.",
    lambda table, K, OH, OW: table_cost(np.ones((len(table), 1)), K, OH, OW),
)


# ------------------------------------------------------------------------- 7b.6


def convolve(x, W):
    """Convolve x (N, C, H, W) with kernels W (F, C, KH, KW)."""
    F, C, *kernel = W.shape
    layer = layers.Conv2d(C, F, kernel, rng=np.random.default_rng(0))
    layer.W.value = W
    return layer.forward(x)


@exercise(
    "7b.6",
    "A convolution in groups",
    cases=[
        (random(2, 4, 5, 6), random(6, 2, 3, 3, seed=1), 2),
        (random(1, 6, 4, 5, seed=2), random(9, 2, 3, 2, seed=3), 3),
        (random(2, 3, 4, 4, seed=4), random(2, 3, 3, 3, seed=5), 1),
    ],
    hints=[
        "`np.split(x, groups, axis=1)` cuts the channels into equal parts.",
        "The kernels are cut along their first axis, F. Part g of the "
        "kernels meets part g of the channels.",
        "`convolve` each pair of parts, and put the maps one behind the "
        "other with `np.concatenate`, along the axis of the channels.",
    ],
    text="""
        Cut `x` along the channels and `W` along the kernels; the results
        are maps, and go one behind the other along the axis of the
        channels. With as many groups as channels, and one kernel in each, you
        get the depthwise convolution of exercise 7a.8.
        """,
)
def grouped(x, W, groups):
    """Convolve each group of channels with its own share of the kernels."""
    xs, Ws = np.split(x, groups, axis=1), np.split(W, groups, axis=0)
    maps = [convolve(a, b) for a, b in zip(xs, Ws, strict=True)]
    return np.concatenate(maps, axis=1)


@grouped.wrong(
    "You dealt the channels out like cards. A group is a run of neighbouring "
    "channels."
)
def _(x, W, groups):
    parts = [convolve(x[:, g::groups], W[g::groups]) for g in range(groups)]
    return np.concatenate(parts, axis=1)


@grouped.wrong(
    "You added the groups' maps. They are different maps: put them one "
    "behind the other."
)
def _(x, W, groups):
    xs, Ws = np.split(x, groups, axis=1), np.split(W, groups, axis=0)
    return sum(convolve(a, b) for a, b in zip(xs, Ws, strict=True))


@grouped.wrong(
    "The maps went into the axis of the batch. They are channels: axis 1."
)
def _(x, W, groups):
    xs, Ws = np.split(x, groups, axis=1), np.split(W, groups, axis=0)
    return np.concatenate([convolve(a, b) for a, b in zip(xs, Ws, strict=True)])


@grouped.wrong(
    "The maps take turns. First come all maps of the first group, then those "
    "of the next."
)
def _(x, W, groups):
    maps = grouped(x, W, groups)
    return (
        maps.reshape(len(x), groups, -1, *maps.shape[2:])
        .swapaxes(1, 2)
        .reshape(maps.shape)
    )


grouped.wrong(
    "All kernels looked at the first channels. Each group has its own.",
    lambda x, W, groups: convolve(x[:, : W.shape[1]], W),
)


# ------------------------------------------------------------------------- 7b.7


@exercise(
    "7b.7",
    "A linear layer is a convolution",
    cases=[
        (random(2 * 3 * 4, 5), 2, 3, 4),
        (random(3 * 2 * 2, 3, seed=1), 3, 2, 2),
    ],
    hints=[
        "Column m of W holds the weights of output m, in the order in which "
        "`Flatten` lays out (C, H, W).",
        "A kernel has the shape (C, H, width), and there are M of them. "
        "Which axis of W must come first?",
        "Transpose W, so that output m is a *row*; then cut each row into "
        "(C, H, width) with `reshape`.",
    ],
    text="""
        Column $m$ of $W$ holds the weights of output $m$. After the
        transpose it is a row, and `reshape` cuts a row as `Flatten` had
        laid it out: $(C, H, W)$. The lines at the end try it on a row of
        two pictures.
        """,
    trial="""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((2, 3, 4, 4))
        W = rng.standard_normal((48, 5))
        row = np.concatenate([x[:1], x[1:]], axis=3)  # (1, 3, 4, 8)
        slid = convolve(row, as_kernels(W, 3, 4, 4))  # (1, 5, 1, 5)
        assert np.allclose(slid[0, :, 0, [0, 4]], x.reshape(2, -1) @ W)
        """,
)
def as_kernels(W, C, H, width):
    """Turn weights after Flatten, (C·H·width, M), into M kernels."""
    return W.T.reshape(-1, C, H, width)


as_kernels.wrong(
    "The shape is right, but the weights of different outputs are mixed: an "
    "output is a column of W.",
    lambda W, C, H, width: W.reshape(-1, C, H, width),
)

as_kernels.wrong(
    "The outputs are on the last axis. Kernels are (M, C, H, width).",
    lambda W, C, H, width: W.reshape(C, H, width, -1),
)

as_kernels.wrong(
    "Flatten lays out (C, H, W): channel by channel. You took the channels "
    "as the last axis.",
    lambda W, C, H, width: W.T.reshape(-1, H, width, C).transpose(0, 3, 1, 2),
)

as_kernels.wrong(
    "Flatten lays out each map row by row. You took it column by column.",
    lambda W, C, H, width: W.T.reshape(-1, C, width, H).swapaxes(2, 3),
)

as_kernels.wrong(
    "No flip is needed: the layer computes a cross-correlation.",
    lambda W, C, H, width: as_kernels(W, C, H, width)[:, :, ::-1, ::-1],
)


# ------------------------------------------------------------------------- 7b.8


def shift(images, down, right):
    """Move images of shape (..., H, W); what comes in at the border is 0."""
    H, W = images.shape[-2:]
    frame = [(0, 0)] * (images.ndim - 2) + [(1, 1)] * 2
    padded = np.pad(images, frame)
    return padded[..., 1 - down : 1 - down + H, 1 - right : 1 - right + W]


_MOVES = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]


def _vote_cases():
    rng = np.random.default_rng(5)
    pictures = rng.random((40, 1, 6, 5)) * (rng.random((40, 1, 6, 5)) < 0.4)
    return [
        (_network(7), pictures, _MOVES),
        (_network(11), pictures, _MOVES),
        (_network(8), pictures, [(1, 0), (1, 0), (0, 1), (-1, -1)]),
        (_network(14), pictures[:1], [(0, -1), (1, 0)]),
    ]


@exercise(
    "7b.8",
    "Look five times",
    cases=_vote_cases,
    any_container=True,
    hints=[
        "For each `(down, right)` of `moves`: shift the images, predict, and "
        "make probabilities of the scores with `functions.softmax`.",
        "Add the probabilities of all moves, an array of shape (N, K). The "
        "mean has its largest entry at the same place as the sum.",
        "At the end take `argmax` along the axis of the classes.",
    ],
    text="""
        The mean and the sum have their largest entry at the same place. The
        probabilities are averaged, not the scores: a single very large
        score should not outvote four others.

        Does it help? That depends on the network. Try it on those of this
        chapter, but choose with a validation set, not with the test set.
        """,
)
def vote(predict, images, moves):
    """Return the class with the largest mean probability over all moves."""
    total = 0
    for down, right in moves:
        total = total + functions.softmax(predict(shift(images, down, right)))
    return total.argmax(axis=1)


@vote.wrong(
    "Added scores (and multiplied probabilities) give this answer. Make "
    "probabilities of the scores, with softmax, and add those."
)
def _(predict, images, moves):
    return sum(predict(shift(images, *move)) for move in moves).argmax(axis=1)


@vote.wrong(
    "You counted votes. Take the mean of the probabilities: a sure answer "
    "then counts more than a doubtful one."
)
def _(predict, images, moves):
    votes = [predict(shift(images, *move)).argmax(axis=1) for move in moves]
    return np.array(
        [np.bincount(column).argmax() for column in np.transpose(votes)]
    )


@vote.wrong("A move is `(down, right)`. You exchanged the two.")
def _(predict, images, moves):
    return vote(predict, images, [(down, right) for right, down in moves])


vote.wrong(
    "The images were not moved.",
    lambda predict, images, moves: predict(images).argmax(axis=1),
)


@vote.wrong("The moves pile up. Each begins with the image as it is.")
def _(predict, images, moves):
    total = 0
    for move in moves:
        images = shift(images, *move)
        total = total + functions.softmax(predict(images))
    return total.argmax(axis=1)


@vote.wrong(
    "You took the mean of the *images*: a blurred picture. Take the mean of "
    "the answers."
)
def _(predict, images, moves):
    mean = sum(shift(images, *move) for move in moves) / len(moves)
    return predict(mean).argmax(axis=1)


@vote.wrong("Only the first move was used.")
def _(predict, images, moves):
    return predict(shift(images, *moves[0])).argmax(axis=1)


@vote.wrong("You took the largest probability of all moves, not the mean.")
def _(predict, images, moves):
    votes = [functions.softmax(predict(shift(images, *move))) for move in moves]
    return np.max(votes, axis=0).argmax(axis=1)


@vote.wrong(
    "You took the mean over the images as well. Each image has its own vote."
)
def _(predict, images, moves):
    votes = [functions.softmax(predict(shift(images, *move))) for move in moves]
    return np.mean(votes, axis=(0, 1)).argmax()


@vote.wrong("Those are the mean probabilities. Return the class: `argmax`.")
def _(predict, images, moves):
    votes = [functions.softmax(predict(shift(images, *move))) for move in moves]
    return np.mean(votes, axis=0)


# ------------------------------------------------------------------------- 7b.9


def _occlusion_cases():
    wide, high = random(2, 1, 5, 6) ** 2, random(1, 6, 5, seed=1) ** 2
    return [
        (_network(3), wide[0], 1),  # size 3
        (_network(4), wide[1], 2, 1),
        (_network(5), high, 0, 5),
    ]


@exercise(
    "7b.9",
    "Cover and ask",
    cases=_occlusion_cases,
    hints=[
        "First the probability of class t for the whole image: `predict` "
        "wants a batch, `image[None]`.",
        "For each pixel (i, j): copy the image, set the square around it to "
        "0, and ask again. With `half = size // 2` its rows go from `i - "
        "half` to `i + half`.",
        "A slice must not begin below 0: NumPy would count from the end. "
        "`slice(max(i - half, 0), i + half + 1)`.",
    ],
    text="""
        A fresh copy for every square; and mind the left and upper border,
        where `i - half` would be negative and NumPy would count from the
        other end.

        Negative entries are interesting, too: there, covering makes the
        network *more* sure. Zeiler and Fergus (2014) looked at photographs
        in this way.
        """,
)
def occlusion(predict, image, t, size=3):
    """Return how far the probability of class t falls, (H, W)."""
    H, W = image.shape[1:]
    half = size // 2
    before = functions.softmax(predict(image[None]))[0, t]
    drop = np.zeros((H, W))
    for i in range(H):
        for j in range(W):
            covered = image.copy()
            rows = slice(max(i - half, 0), i + half + 1)
            columns = slice(max(j - half, 0), j + half + 1)
            covered[:, rows, columns] = 0
            after = functions.softmax(predict(covered[None]))[0, t]
            drop[i, j] = before - after
    return drop


def _occluded(
    predict,
    image,
    t,
    size,
    result,
    fill=0.0,
    shared=False,
    first=0,
    low=0,
    end=0,
):
    H, W = image.shape[1:]
    half = size // 2
    before = functions.softmax(predict(image[None]))[0, t]
    found, covered = np.zeros((H, W)), image.copy()
    for i in range(H):
        for j in range(W):
            covered = covered if shared else image.copy()
            a, b = i - half + first, j - half + first
            rows = slice(max(a, low), a + size - end)
            covered[:, rows, max(b, low) : b + size - end] = fill
            after = functions.softmax(predict(covered[None]))[0, t]
            found[i, j] = result(before, after)
    return found


@occlusion.wrong(
    "Every square covers the image further: take a fresh copy for each."
)
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: a - b, shared=True)


@occlusion.wrong("The sign: return how much it *falls*, before minus after.")
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: b - a)


@occlusion.wrong(
    "That is the probability that is left. Return before minus after."
)
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: b)


@occlusion.wrong("You covered with ink (1). Cover with paper: 0.")
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: a - b, fill=1.0)


@occlusion.wrong(
    "The pixel is the corner of your square. It should be its middle."
)
def _(predict, image, t, size=3):
    first = size // 2
    return _occluded(predict, image, t, size, lambda a, b: a - b, first=first)


@occlusion.wrong(
    "At the upper and left border your slice begins below 0, and NumPy "
    "counts that from the end: begin at `max(i - half, 0)`."
)
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: a - b, low=-size)


@occlusion.wrong(
    "A slice ends *before* its second number: up to `i + half + 1`."
)
def _(predict, image, t, size=3):
    return _occluded(predict, image, t, size, lambda a, b: a - b, end=1)


@occlusion.wrong("Those are scores. Take probabilities, with softmax.")
def _(predict, image, t, size=3):
    H, W = image.shape[1:]
    half = size // 2
    drop = np.zeros((H, W))
    for i in range(H):
        for j in range(W):
            covered = image.copy()
            covered[
                :,
                max(i - half, 0) : i + half + 1,
                max(j - half, 0) : j + half + 1,
            ] = 0
            drop[i, j] = (
                predict(image[None])[0, t] - predict(covered[None])[0, t]
            )
    return drop


# ----------------------------------------------------------------------- 7b.lab


def _run_flatten(cls, x, dy):
    layer = cls()
    layer.forward(np.concatenate([x, x]))  # a larger batch before
    return run_layer(lambda: layer, x, dy)


@exercise(
    "7b.lab",
    "Find the bug and repair it",
    use=_run_flatten,
    cases=[
        (random(3, 2, 2, 3, seed=2), random(3, 12, seed=3)),
        (random(1, 2, 3, 4), random(1, 24, seed=1)),
    ],
    hints=[
        "Give her layer two pictures, one all zeros and one all ones. What "
        "should the two rows of the result be? What are they?",
        "`reshape` cuts one long row of numbers into pieces. In what order "
        "does the transposed array hold the numbers? Which axis runs "
        "fastest?",
        "The batch must stay the first axis. No transpose is needed at all, "
        "in either direction; and pretrained weights expect the order (C, H, "
        "W).",
    ],
    text="""
        `reshape` reads the numbers of the transposed array in its order, in
        which the *batch* runs fastest, and cuts them into $N$ rows. So the
        first row holds the first few numbers of *all* the pictures, and no
        row belongs to a picture. Yet row $n$ is compared with the label of
        picture $n$. With $N=1$ there is nothing to mix: it is just another
        order of the features, and the network learns.

        The gradient check passed because `backward` is exactly the way back
        of this `forward`. *A gradient check tells you that the derivative
        belongs to your function. It does not tell you that it is the
        function you wanted.*

        A test that finds it: the answer for a picture must not depend on
        what else is in the batch.
        """,
)
class RepairedFlatten:
    """Flatten with the batch first, and the features in the order (C, H, W)."""

    def forward(self, x):
        """(N, C, H, W) -> (N, C·H·W)."""
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy):
        """(N, C·H·W) -> (N, C, H, W)."""
        return dy.reshape(self.shape)


@RepairedFlatten.starts_with(
    "The examples of a batch are mixed. With the batch as the last axis, "
    "`reshape` puts numbers of different pictures into one row."
)
class _Hers:
    def forward(self, x):
        self.shape = x.shape
        in_memory = x.transpose(2, 1, 3, 0)  # (H, C, W, N), the order in memory
        return in_memory.reshape(len(x), -1)

    def backward(self, dy):
        N, C, H, W = self.shape
        return dy.reshape(H, C, W, N).transpose(3, 1, 0, 2)


@RepairedFlatten.wrong(
    "The examples are no longer mixed. But the order of the features is (H, "
    "C, W), and the book's Flatten gives (C, H, W): weights that were "
    "trained with it would meet the wrong numbers."
)
class _OtherOrder:
    order = (0, 2, 1, 3)

    def forward(self, x):
        self.shape = tuple(x.shape[axis] for axis in self.order)
        return x.transpose(self.order).reshape(len(x), -1)

    def backward(self, dy):
        return dy.reshape(self.shape).transpose(np.argsort(self.order))


@RepairedFlatten.wrong(
    "The examples are no longer mixed. But the channels come last, and the "
    "book's Flatten gives (C, H, W): weights that were trained with it would "
    "meet the wrong numbers."
)
class _(_OtherOrder):
    order = (0, 2, 3, 1)


@RepairedFlatten.wrong(
    "`forward` is repaired, and `backward` still mixes the examples. It must "
    "undo what forward does."
)
class _(_Hers):
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)
