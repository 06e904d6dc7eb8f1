"""Exercises of chapter 8a, Deeper networks."""

import numpy as np

from dlscratch import functions, layers
from dlscratch.exercises import exercise
from dlscratch.exercises._trials import random, run_layer

# ----------------------------------------------------------------------- 8a.lab


def _body(length):
    rng = np.random.default_rng(7)
    body = [
        layers.Linear(4, 4, rng=rng),
        layers.ReLU(),
        layers.Linear(4, 4, rng=rng),
    ]
    return body[:length]


def _run_block(cls, x, dy, body_length):
    body = _body(body_length)
    block = cls(body)
    y = block.forward(x)
    dx = block.backward(dy)
    return {
        "forward(x)": y,
        "backward(dy)": dx,
        "`dW` of the body": body[0].W.grad,
    }


@exercise(
    "8a.lab",
    "Find the bug and repair it",
    use=_run_block,
    cases=[
        (random(3, 4, seed=1), random(3, 4, seed=2), 3),
        (random(2, 4, seed=3), random(2, 4, seed=4), 1),
    ],
    hints=[
        "How often is `x` used in `forward`? How many gradients must come "
        "back?",
        "Chapter 5: at a branch, the gradients of all its ends are added. "
        "One end is the body. What is the other, and what is its gradient?",
        "The sum hands `dy` unchanged to both of its inputs. Keep it before "
        "the loop overwrites it.",
    ],
    text="""
        $x$ is used twice in `forward`: by the body, and in the sum. So two
        gradients come back, and they are added. Hers returns only the
        body's. The path past all blocks, the one that arrives whole, is
        gone, and with it the reason for the block.

        The shapes cannot tell, because both gradients have the shape of
        $x$. And the last layers still learn: the gradient of the *last*
        block's body is right. The further forward a layer is, the less it
        hears. A gradient check of one block finds the mistake at once.
        """,
)
class RepairedBlock:
    """A residual block whose way back passes the body and the shortcut."""

    def __init__(self, body):
        self.body = body

    def forward(self, x):
        """Return x plus what the body makes of it."""
        y = x
        for layer in self.body:
            y = layer.forward(y)
        return x + y

    def backward(self, dy):
        """Return the body's gradient plus dy."""
        dx = dy
        for layer in reversed(self.body):
            dx = layer.backward(dx)
        return dx + dy


@RepairedBlock.starts_with(
    "The way back goes through the body alone. `x` also goes past it, into "
    "the sum; the gradient of that path is missing."
)
class _Hers:
    def __init__(self, body):
        self.body = body  # a list of layers

    def forward(self, x):
        y = x
        for layer in self.body:
            y = layer.forward(y)
        return x + y

    def backward(self, dy):
        for layer in reversed(self.body):
            dy = layer.backward(dy)
        return dy


@RepairedBlock.wrong(
    "You added the body's gradient twice. The second path does not go "
    "through the body: its gradient is `dy` as it came."
)
class _(RepairedBlock):
    def backward(self, dy):
        dx = _Hers.backward(self, dy)
        return dx + dx


@RepairedBlock.wrong(
    "Now only the path past the body comes back. `x` goes through the body, "
    "too: add both."
)
class _(RepairedBlock):
    def backward(self, dy):
        _Hers.backward(self, dy)
        return dy


@RepairedBlock.wrong(
    "You added `x` itself. What comes back through the sum is its gradient, "
    "`dy`."
)
class _(RepairedBlock):
    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dy):
        return _Hers.backward(self, dy) + self.x


@RepairedBlock.wrong("At a branch gradients are added, not averaged.")
class _(RepairedBlock):
    def backward(self, dy):
        return (_Hers.backward(self, dy) + dy) / 2


@RepairedBlock.wrong(
    "You added the gradient after each layer of the body. The shortcut goes "
    "past the whole body, so add `dy` once, at the end."
)
class _(RepairedBlock):
    def backward(self, dy):
        for layer in reversed(self.body):
            dy = layer.backward(dy) + dy
        return dy


# ------------------------------------------------------------------------- 8a.1


@exercise(
    "8a.1",
    "How many layers?",
    cases=[5, 7, 1, 2, 3, 6, 11, 224],
    hints=[
        "One layer sees 3 pixels. How many more does each further one see?",
        "L layers see 1 + 2L pixels. For which L is that at least `size`?",
        "Divide `size - 1` by 2 and round up. With whole numbers `//` rounds "
        "down, so think of a number to divide that gives the same.",
    ],
    text=r"""
        By (8a.1), $L$ layers see $1+2L$ pixels. $1+2L\ge\text{size}$ means
        $L\ge(\text{size}-1)/2$, rounded up. For whole numbers that is
        `size // 2`.
        """,
)
def layers_for(size):
    """Return how many 3×3 layers see at least size pixels."""
    return size // 2


layers_for.wrong(
    "The windows of two layers overlap: a further layer adds 2 pixels to the "
    "field, not 3.",
    lambda size: size // 3,
)

layers_for.wrong(
    "You rounded down: for an even size the field is one pixel too small.",
    lambda size: (size - 1) // 2,
)

layers_for.wrong(
    "That is one layer more than needed.", lambda size: size // 2 + 1
)

layers_for.wrong(
    "A field of exactly `size` pixels is enough. For an odd size that is one "
    "layer too many.",
    lambda size: (size + 1) // 2,
)

layers_for.wrong(
    "There is no half layer: for an even size, round up.",
    lambda size: (size - 1) / 2,
)

layers_for.wrong(
    "`round` takes a half to the *even* number: 0.5 becomes 0, and 2.5 becomes "
    "2. Here a half is rounded up.",
    lambda size: round((size - 1) / 2),
)

layers_for.wrong(
    "Each layer adds a pixel on *both* sides of the field, two in all.",
    lambda size: size - 1,
)


# ------------------------------------------------------------------------- 8a.2


@exercise(
    "8a.2",
    "What does the stack save?",
    cases=[(64, 5), (64, 7), (1, 3), (1, 5), (16, 11)],
    hints=[
        "How many layers of 3×3 see `size` pixels? How many weights has one "
        "layer with `C` channels in and `C` out?",
        "A layer with a kernel of k×k has `k * k * C * C` weights and `C` "
        "biases.",
        "The single layer minus `L` times a layer of 3×3, with `L = (size - "
        "1) / 2`.",
    ],
    text=r"""
        Each layer has $C$ kernels with $C$ slices, and $C$ biases. The
        stack has $L$ times as many biases as the single layer. With many
        channels that hardly matters; with one channel and a field of
        $5\times5$ the saving is 6 parameters, and 7 weights.
        """,
)
def saving(C, size):
    """Return the parameters saved by a stack of 3×3 layers."""
    L = (size - 1) // 2
    single = size * size * C * C + C
    stack = L * (9 * C * C + C)
    return single - stack


saving.wrong(
    "The biases are missing, or the stack has those of one layer only. Every "
    "layer has C of them.",
    lambda C, size: size * size * C * C - (size - 1) // 2 * 9 * C * C,
)

saving.wrong(
    "That is the stack minus the single layer: the sign is turned round.",
    lambda C, size: -saving(C, size),
)

saving.wrong(
    "Each of the C kernels has a slice for each of the C channels: C·C, not C.",
    lambda C, size: size * size * C + C - (size - 1) // 2 * (9 * C + C),
)

saving.wrong(
    "That is the share that is saved. The number of parameters is asked.",
    lambda C, size: saving(C, size) / (size * size * C * C + C),
)

saving.wrong(
    "That is what the stack costs. How much *less* is it than one layer?",
    lambda C, size: (size - 1) // 2 * (9 * C * C + C),
)

saving.wrong(
    "The number of layers is not right: each adds 2 pixels to the field, not "
    "3.",
    lambda C, size: size * size * C * C + C - size // 3 * (9 * C * C + C),
)


# ------------------------------------------------------------------------- 8a.3


def _top_cases():
    scores = random(12, 6, seed=3)
    t = np.array([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
    return [
        (scores, t, 1),
        (scores, t, 2),
        (scores, t, 5),
        (scores, t, 6),  # all of them
        (scores[:7], t[:7], 3),
    ]


@exercise(
    "8a.3",
    "The contest's measure",
    cases=_top_cases,
    hints=[
        "`scores.argsort(axis=1)` gives the classes in each row, sorted by "
        "score. At which end are the best?",
        "The last k columns, (N, k), hold the k best classes. Compare them "
        "with `t[:, None]`, (N, 1).",
        "`np.any(..., axis=1)` says which examples are right. The error is "
        "the fraction of the others.",
    ],
    text="""
        `argsort` sorts upwards, so the last `k` columns are the best.
        `t[:, None]` has the shape $(N, 1)$ and is compared with all of
        them.
        """,
)
def top_k_error(scores, t, k):
    """Return the fraction of examples whose class is not among the k best."""
    best = scores.argsort(axis=1)[:, -k:]  # (N, k)
    return float(np.mean(~np.any(best == t[:, None], axis=1)))


@top_k_error.wrong(
    "Those are the k classes with the *smallest* scores: `argsort` sorts "
    "upwards."
)
def _(scores, t, k):
    return float(
        np.mean(~np.any(scores.argsort(axis=1)[:, :k] == t[:, None], axis=1))
    )


top_k_error.wrong(
    "That is the fraction that is right. The error is the rest.",
    lambda scores, t, k: 1 - top_k_error(scores, t, k),
)

top_k_error.wrong(
    "You looked only at the best guess. All `k` count.",
    lambda scores, t, k: top_k_error(scores, t, 1),
)

top_k_error.wrong(
    "That is how many are wrong. Divide by the number of examples.",
    lambda scores, t, k: round(top_k_error(scores, t, k) * len(t)),
)

top_k_error.wrong(
    "That is in percent. A fraction lies between 0 and 1.",
    lambda scores, t, k: 100 * top_k_error(scores, t, k),
)

top_k_error.wrong(
    "You compared only with the k-th best class, not with all k.",
    lambda scores, t, k: float(np.mean(scores.argsort(axis=1)[:, -k] != t)),
)


@top_k_error.wrong(
    "You counted every guess that is not the class. An example is right when "
    "*one* of its k guesses is: use `np.any` along the guesses."
)
def _(scores, t, k):
    return float(np.mean(scores.argsort(axis=1)[:, -k:] != t[:, None]))


# ------------------------------------------------------------------------- 8a.4


def _ensemble_cases():
    loud = np.zeros((3, 2, 4))
    loud[0, :, 3] = 20.0  # one network is very sure of a class that the others
    loud[1:, :, 3] = -9.0  # do not believe in
    loud[1:, :, 1] = 4.0
    loud[0, 1, 1] = -4.0
    split = np.zeros((3, 1, 3))  # two votes by a hair, and one that is sure
    split[:2, 0, 0], split[:2, 0, 1], split[2, 0, 1] = 2.1, 2.0, 6.0
    return [loud, split, 3 * random(4, 6, 5, seed=1)]


@exercise(
    "8a.4",
    "Let them vote",
    cases=_ensemble_cases,
    hints=[
        "First make probabilities of the scores, for each network and "
        "example. `functions.softmax` acts on the last axis. Which is that?",
        "Average over the networks. Which axis are they on?",
        "The mean has the shape (N, M). The class is where a row is largest.",
    ],
    any_container=True,
    text="""
        Softmax acts on the last axis, the classes; the mean is over axis 0,
        the networks. Averaging the *scores* is another rule, the geometric
        mean of the probabilities (chapter 6c): there one very loud network
        can outvote the others.
        """,
)
def ensemble(scores):
    """Return the class with the largest mean probability, (N,)."""
    return functions.softmax(scores).mean(axis=0).argmax(axis=1)


ensemble.wrong(
    "Averaged scores (and multiplied probabilities) give this answer: one "
    "network with very large scores outvotes all others. Average the "
    "probabilities.",
    lambda scores: scores.mean(axis=0).argmax(axis=1),
)


@ensemble.wrong(
    "That is one vote for each network, however sure it is. Average the "
    "probabilities."
)
def _(scores):
    votes = functions.one_hot(scores.argmax(axis=2).ravel(), scores.shape[2])
    return votes.reshape(scores.shape).sum(axis=0).argmax(axis=1)


ensemble.wrong(
    "That is the answer of the one network that is most sure. Average the "
    "probabilities of all.",
    lambda scores: functions.softmax(scores).max(axis=0).argmax(axis=1),
)

ensemble.wrong(
    "You averaged the numbers of the classes. The mean of class 1 and class "
    "9 is not class 5.",
    lambda scores: np.round(scores.argmax(axis=2).mean(axis=0)).astype(int),
)

ensemble.wrong(
    "Those are the mean probabilities. Which class is the largest?",
    lambda scores: functions.softmax(scores).mean(axis=0),
)


@ensemble.wrong(
    "Your probabilities sum to one over the networks. They must do so over "
    "the classes, the last axis."
)
def _(scores):
    shifted = np.exp(scores - scores.max(axis=0))
    return (shifted / shifted.sum(axis=0)).mean(axis=0).argmax(axis=1)


ensemble.wrong(
    "You averaged over the examples. The networks are on axis 0.",
    lambda scores: functions.softmax(scores).mean(axis=1).argmax(axis=1),
)


# ------------------------------------------------------------------------- 8a.5


@exercise(
    "8a.5",
    "Between four pixels",
    cases=[
        (random(4, 5), 1.25, 2.6),
        (random(4, 5), 2.0, 3.0),
        (random(4, 5), -0.25, 1.5),
        (random(4, 5), 2.5, -0.75),
        (random(4, 5), 3.4, 4.2),
        (random(4, 5), 3.0, 4.0),
        (random(4, 5), 0.0, 9.5),
        (random(4, 5), 6.5, 2.0),
        (random(4, 5), -1.5, 0.5),
    ],
    hints=[
        "Which four pixels are around the place? `np.floor` gives the row "
        "above and the column to the left.",
        "`u = row - i` and `v = column - j`. The pixel at the lower right "
        "has the weight `u * v`. What have the others?",
        "Ask for each of the four whether it lies in the image; if not, it "
        "adds nothing. Negative indices would count from the other end.",
    ],
    text="""
        `np.floor`, not `int`: for $-0.25$ the row above is $-1$, and `int`
        gives 0. Running over the four corners, each weight is a product of
        two distances.
        """,
)
def between(image, row, column):
    """Return the image's value at (row, column), bilinear, 0 outside."""
    i, j = int(np.floor(row)), int(np.floor(column))
    value = 0.0
    for k in (i, i + 1):
        for m in (j, j + 1):
            if 0 <= k < image.shape[0] and 0 <= m < image.shape[1]:
                weight = (1 - abs(row - k)) * (1 - abs(column - m))
                value += weight * image[k, m]
    return value


def _mix(image, i, j, u, v):
    padded = np.pad(image, 3)[i + 3 : i + 5, j + 3 : j + 5]
    weights = np.outer([1 - u, u], [1 - v, v])
    return float(np.sum(weights * padded))


between.wrong(
    "That is the nearest pixel. Mix all four.",
    lambda image, row, column: _mix(image, round(row), round(column), 0, 0),
)


@between.wrong("The two fractions are exchanged: `u` belongs to the rows.")
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    return _mix(image, i, j, column - j, row - i)


@between.wrong(
    "The weights are turned round: the *nearer* a pixel is, the more it weighs."
)
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    return _mix(image, i, j, 1 - (row - i), 1 - (column - j))


@between.wrong(
    "Inside the image that is right. For a negative place, `int` rounds "
    "towards 0 and not down: use `np.floor`."
)
def _(image, row, column):
    i, j = int(row), int(column)
    return _mix(image, i, j, row - i, column - j)


@between.wrong("Outside you continued the border. There is paper there: 0.")
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    padded = np.pad(image, 3, mode="edge")[i + 3 : i + 5, j + 3 : j + 5]
    return float(
        np.sum(
            np.outer([1 - row + i, row - i], [1 - column + j, column - j])
            * padded
        )
    )


@between.wrong("You mixed two rows. Mix the columns as well.")
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    return _mix(image, i, j, row - i, 0)


@between.wrong("You mixed two columns. Mix the rows as well.")
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    return _mix(image, i, j, 0, column - j)


@between.wrong(
    "That is the plain mean of the four pixels. Nearer ones weigh more."
)
def _(image, row, column):
    return _mix(image, int(np.floor(row)), int(np.floor(column)), 0.5, 0.5)


@between.wrong(
    "Inside the image that is right. Negative indices count from the other "
    "end: outside must give 0."
)
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    value = 0.0
    for k in (i, i + 1):
        for m in (j, j + 1):
            if k < image.shape[0] and m < image.shape[1]:
                value += (
                    (1 - abs(row - k)) * (1 - abs(column - m)) * image[k, m]
                )
    return float(value)


@between.wrong(
    "At the border some of the four pixels still lie in the image. Only the "
    "others are 0."
)
def _(image, row, column):
    i, j = int(np.floor(row)), int(np.floor(column))
    if i < 0 or j < 0 or i + 1 >= image.shape[0] or j + 1 >= image.shape[1]:
        return 0.0
    return between(image, row, column)


# ------------------------------------------------------------------------- 8a.6


@exercise(
    "8a.6",
    "The bottleneck",
    cases=[(256, 64), (512, 128), (12, 5)],
    hints=[
        "Write down the channels that go into each of the three layers, and "
        "those that come out.",
        "A layer from A to B channels with a kernel of k×k has `A * B * k * "
        "k` weights.",
        "The 3×3 layer goes from m to m channels: 9·m·m. The two others are "
        "equal.",
    ],
    text=r"""
        $Cm+9m^2+mC$. For 256 and 64 that is 69,632, against
        $2\cdot9\cdot256^2=1{,}179{,}648$ of a basic block: a seventeenth.
        On 64 channels the basic block has 73,728, about as many. So the
        bottleneck buys four times the channels at the same price.
        """,
)
def bottleneck_weights(C, m):
    """Return the weights of a 1×1, 3×3, 1×1 bottleneck block."""
    return C * m + 9 * m * m + m * C


bottleneck_weights.wrong(
    "The last layer is missing: from m channels back to C.",
    lambda C, m: C * m + 9 * m * m,
)

bottleneck_weights.wrong(
    "The 3×3 layer goes from m to m channels. A 1×1 layer leads back to C.",
    lambda C, m: C * m + 9 * m * C,
)

bottleneck_weights.wrong(
    "Only the middle kernel is 3×3. The others have one weight per slice.",
    lambda C, m: 9 * (C * m + m * m + m * C),
)

bottleneck_weights.wrong(
    "That is a basic block: two layers of 3×3 on C channels.",
    lambda C, m: 2 * 9 * C * C,
)

bottleneck_weights.wrong(
    "Each kernel has a slice for every channel that it sees.",
    lambda C, m: m + 9 * m + C,
)

bottleneck_weights.wrong(
    "You counted biases. Here only the weights are asked.",
    lambda C, m: bottleneck_weights(C, m) + 2 * m + C,
)

bottleneck_weights.wrong(
    "A slice of 3×3 has nine weights, not three.",
    lambda C, m: C * m + 3 * m * m + m * C,
)

bottleneck_weights.wrong(
    "The middle kernel is 3×3: nine weights in each of its slices.",
    lambda C, m: C * m + m * m + m * C,
)


# ------------------------------------------------------------------------- 8a.7


def _run_layer(cls, x, dy):
    layer = cls(dy.shape[1])
    run_layer(lambda: layer, x + 1, dy + 1)  # another batch before
    return run_layer(lambda: layer, x, dy)


@exercise(
    "8a.7",
    "A shortcut without weights",
    use=_run_layer,
    cases=[
        (random(2, 3, 4, 6, seed=1), random(2, 6, 2, 3, seed=2)),
        (random(2, 2, 5, 7, seed=3), random(2, 5, 3, 4, seed=4)),
        (random(1, 2, 4, 4, seed=5), random(1, 2, 2, 2, seed=6)),
    ],
    hints=[
        "A slice can have a step. Which slice of `x` holds every second row "
        "and column, beginning with the first?",
        "Begin with zeros of the shape of the result, and fill the first C "
        "of its channels. Keep the shape of `x` for the way back.",
        "Backwards the same slice stands on the left: `dx`, zeros at first, "
        "gets there the first C channels of `dy`. All other numbers of `x` "
        "were not used.",
    ],
    text="""
        A number that is taken goes into $y$ once, as it is, so its gradient
        comes back as it is, to the same place. Three of four numbers are
        not taken: they get 0 from here. (The body still sees them.) And the
        gradient of the zeros behind goes nowhere, because nothing made
        them. Slices from 0 in steps of 2 round up by themselves when $H$ or
        $W$ is odd.
        """,
)
class FreeShortcut:
    """Every second row and column, and zeros for the new channels."""

    def __init__(self, channels):
        self.channels = channels

    def forward(self, x):
        """Map (N, C, H, W) to (N, channels, H/2 rounded up, W/2 rounded up)."""
        self.shape = x.shape
        taken = x[:, :, ::2, ::2]
        y = np.zeros((len(x), self.channels, *taken.shape[2:]))
        y[:, : x.shape[1]] = taken
        return y

    def backward(self, dy):
        """Put the gradient of what was taken back to its place."""
        dx = np.zeros(self.shape)
        dx[:, :, ::2, ::2] = dy[:, : self.shape[1]]
        return dx


@FreeShortcut.wrong(
    "The zeros stand in front. The maps of `x` come first, so that each is "
    "added to the body's map of the same number."
)
class _(FreeShortcut):
    def forward(self, x):
        return np.roll(super().forward(x), self.channels - x.shape[1], axis=1)

    def backward(self, dy):
        return super().backward(dy[:, self.channels - self.shape[1] :])


@FreeShortcut.wrong(
    "The zeros stand between the maps. They come behind all of them."
)
class _(FreeShortcut):
    def forward(self, x):
        self.shape, y = x.shape, super().forward(x)
        y[:] = 0
        y[:, :: self.channels // x.shape[1]][:, : x.shape[1]] = x[
            :, :, ::2, ::2
        ]
        return y

    def backward(self, dy):
        C = self.shape[1]
        return super().backward(dy[:, :: self.channels // C][:, :C])


@FreeShortcut.wrong(
    "You filled the new channels with the maps once more. They hold zeros."
)
class _(FreeShortcut):
    def forward(self, x):
        super().forward(x)
        return np.resize(
            x[:, :, ::2, ::2].swapaxes(0, 1),
            (self.channels, len(x), *x[0, 0, ::2, ::2].shape),
        ).swapaxes(0, 1)


@FreeShortcut.wrong(
    "`channels` is how many there are at the end, not how many are new."
)
class _(FreeShortcut):
    def forward(self, x):
        y = super().forward(x)
        return np.concatenate([x[:, :, ::2, ::2], np.zeros_like(y)], axis=1)


@FreeShortcut.wrong(
    "The new channels are missing: append zeros up to `channels`."
)
class _(FreeShortcut):
    def forward(self, x):
        return super().forward(x)[:, : x.shape[1]]


@FreeShortcut.wrong(
    "You began with the second row and column. The first ones belong to it: "
    "with an odd size there is one more of them."
)
class _(FreeShortcut):
    def forward(self, x):
        self.shape = x.shape
        taken = x[:, :, 1::2, 1::2]
        y = np.zeros((len(x), self.channels, *taken.shape[2:]))
        y[:, : x.shape[1]] = taken
        return y

    def backward(self, dy):
        dx = np.zeros(self.shape)
        dx[:, :, 1::2, 1::2] = dy[:, : self.shape[1]]
        return dx


@FreeShortcut.wrong(
    "For an even size that is right. An odd size is rounded up: the slice "
    "takes the last row and column as well."
)
class _(FreeShortcut):
    def forward(self, x):
        N, C, H, W = self.shape = x.shape
        y = np.zeros((N, self.channels, H // 2, W // 2))
        y[:, :C] = x[:, :, ::2, ::2]
        return y


@FreeShortcut.wrong(
    "That cuts out the upper left quarter. Take every *second* row and "
    "column of the whole map."
)
class _(FreeShortcut):
    def forward(self, x):
        y = super().forward(x)
        y[:, : x.shape[1]] = x[:, :, : y.shape[2], : y.shape[3]]
        return y

    def backward(self, dy):
        dx = np.zeros(self.shape)
        dx[:, :, : dy.shape[2], : dy.shape[3]] = dy[:, : self.shape[1]]
        return dx


def _blocks(dy):
    return dy.repeat(2, axis=2).repeat(2, axis=3)


@FreeShortcut.wrong(
    "That is the mean of each four numbers, average pooling. Here one of the "
    "four is taken as it is."
)
class _(FreeShortcut):
    def forward(self, x):
        y = super().forward(x)
        upper = x[:, :, ::2, ::2] + x[:, :, ::2, 1::2]
        y[:, : x.shape[1]] = (
            upper + x[:, :, 1::2, ::2] + x[:, :, 1::2, 1::2]
        ) / 4
        return y

    def backward(self, dy):
        return _blocks(dy[:, : self.shape[1]]) / 4


@FreeShortcut.wrong(
    "That is the largest of each four numbers, max pooling. Here the upper "
    "left one of the four is taken, whatever it is."
)
class _(FreeShortcut):
    def forward(self, x):
        y = super().forward(x)
        upper = np.maximum(x[:, :, ::2, ::2], x[:, :, ::2, 1::2])
        lower = np.maximum(x[:, :, 1::2, ::2], x[:, :, 1::2, 1::2])
        y[:, : x.shape[1]] = np.maximum(upper, lower)
        return y


@FreeShortcut.wrong("You took every second row, but all columns. Halve both.")
class _(FreeShortcut):
    def forward(self, x):
        self.shape = x.shape
        y = np.zeros((len(x), self.channels, *x[0, 0, ::2].shape))
        y[:, : x.shape[1]] = x[:, :, ::2]
        return y


@FreeShortcut.wrong(
    "The maps have kept their size. Take every second row and column."
)
class _(FreeShortcut):
    def forward(self, x):
        self.shape = x.shape
        y = np.zeros((len(x), self.channels, *x.shape[2:]))
        y[:, : x.shape[1]] = x
        return y


@FreeShortcut.wrong(
    "`forward` is right. On the way back, only the number that was taken "
    "gets the gradient; its three neighbours were not used, and get 0."
)
class _(FreeShortcut):
    def backward(self, dy):
        return _blocks(dy[:, : self.shape[1]])


@FreeShortcut.wrong(
    "`forward` is right. A number that is taken goes into `y` with the "
    "factor 1, so its gradient is not divided."
)
class _(FreeShortcut):
    def backward(self, dy):
        return super().backward(dy) / 4


@FreeShortcut.wrong(
    "`forward` is right. The gradient is not shared among four numbers: one "
    "was taken, and gets all of it."
)
class _(FreeShortcut):
    def backward(self, dy):
        return _blocks(dy[:, : self.shape[1]]) / 4


@FreeShortcut.wrong(
    "`forward` is right. The maps of `x` are the *first* C channels of `dy`. "
    "The last ones belong to the zeros."
)
class _(FreeShortcut):
    def backward(self, dy):
        return super().backward(dy[:, -self.shape[1] :])


@FreeShortcut.wrong(
    "`forward` is right. `dx` has as many channels as `x`: the gradient of "
    "the zeros goes nowhere."
)
class _(FreeShortcut):
    def backward(self, dy):
        dx = np.zeros((len(dy), self.channels, *self.shape[2:]))
        dx[:, :, ::2, ::2] = dy
        return dx


@FreeShortcut.wrong(
    "`forward` is right. The gradient of the zeros goes nowhere: nothing of "
    "`x` went into them. Do not add it to the others."
)
class _(FreeShortcut):
    def backward(self, dy):
        shared = np.zeros((len(dy), self.shape[1], *dy.shape[2:]))
        for k in range(self.channels):
            shared[:, k % self.shape[1]] += dy[:, k]
        return super().backward(shared)


@FreeShortcut.wrong(
    "`dx` must have the shape of `x`: put the gradient back to every second "
    "row and column of an array of zeros."
)
class _(FreeShortcut):
    def backward(self, dy):
        return dy[:, : self.shape[1]]


@FreeShortcut.wrong(
    "`forward` is right. On the way back the gradient must come to the "
    "places that were taken, every second one, not to the upper left."
)
class _(FreeShortcut):
    def backward(self, dy):
        dx = np.zeros(self.shape)
        dx[:, :, : dy.shape[2], : dy.shape[3]] = dy[:, : self.shape[1]]
        return dx


# ------------------------------------------------------------------------- 8a.8


@exercise(
    "8a.8",
    "How small must the bodies be?",
    cases=[(40, 2.0), (10, 1.5), (1, 3.0), (100, float(np.sqrt(np.e)))],
    hints=[
        "Write `growth = (1 + s**2) ** (K / 2)` and undo the power first.",
        "The (K/2)-th root is the power 2/K.",
        "`1 + s**2` is `growth ** (2 / K)`. Now subtract, and take a root.",
    ],
    text=r"""
        $(1+s^2)^{K/2}=\text{growth}$, so $1+s^2=\text{growth}^{2/K}$. For
        40 blocks and a growth of $\sqrt e$ that is $s\approx0.159$, close
        to $1/\sqrt{40}\approx0.158$.
        """,
)
def body_scale(K, growth):
    """Return the s at which K blocks multiply the gradient by growth."""
    return np.sqrt(growth ** (2 / K) - 1)


body_scale.wrong(
    "That is for a plain stack, where the size goes like s^K.",
    lambda K, growth: growth ** (1 / K),
)

body_scale.wrong(
    "That is for the mean square. `growth` is of the size, its root: the "
    "exponent is K/2.",
    lambda K, growth: np.sqrt(growth ** (1 / K) - 1),
)

body_scale.wrong(
    "That is s². Take the root.", lambda K, growth: growth ** (2 / K) - 1
)

body_scale.wrong(
    "On the other side of the equation the 1 is subtracted.",
    lambda K, growth: np.sqrt(growth ** (2 / K) + 1),
)

body_scale.wrong(
    "That keeps the growth below √e, whatever `growth` is. Solve the "
    "equation for the growth that is asked.",
    lambda K, growth: 1 / np.sqrt(K),
)

body_scale.wrong(
    "The opposite of the power K/2 is the power 2/K.",
    lambda K, growth: np.sqrt(growth ** (K / 2) - 1),
)

body_scale.wrong(
    "Each block multiplies the size by √(1 + s²), not by 1 + s: the body's "
    "gradient is independent of the shortcut's, and squares add.",
    lambda K, growth: growth ** (1 / K) - 1,
)


# ------------------------------------------------------------------------- 8a.9


def _run_scaled(cls, x, dy, c):
    body = layers.Linear(4, 4, rng=np.random.default_rng(3))
    body.b.value[:] = 1.0, -2.0, 0.5, 3.0  # so that f(c·x) is not c·f(x)
    block = cls(body, c) if c else cls(body)
    block.forward(x + 1)  # another batch before
    block.backward(dy + 1)
    y = block.forward(x)
    dx = block.backward(dy)
    return {
        "forward(x)": y,
        "backward(dy)": dx,
        "dc": block.dc,
        "`dW` of the body": body.W.grad,
    }


@exercise(
    "8a.9",
    "A block that begins as nothing",
    use=_run_scaled,
    cases=[
        (random(3, 4, seed=1), random(3, 4, seed=2), 0.5),
        (random(2, 4, seed=3), random(2, 4, seed=4), 0.0),
        (random(1, 4, seed=5), random(1, 4, seed=6), -2.0),
    ],
    hints=[
        "Three things come back: for c, for the body, and past the body.",
        "`y = x + c * f`. What does `f` get? And how many numbers of `y` "
        "does `c` touch?",
        "`dc` is the sum of `dy * f` over everything. The body gets `c * "
        "dy`, and its `dx` is added to `dy`.",
    ],
    text=r"""
        $c$ is used once for every number of $f(x)$, so its gradient is a
        sum over all of them: $\sum dy\cdot f(x)$. The body gets $c\,dy$,
        and $x$ gets the body's gradient plus `dy`.
        """,
)
class ScaledBlock:
    """x + c·f(x), with a learnt number c."""

    def __init__(self, body, c=0.0):
        self.body, self.c = body, c

    def forward(self, x):
        """Return x + c·f(x)."""
        self.f = self.body.forward(x)
        return x + self.c * self.f

    def backward(self, dy):
        """Set dc; return dx."""
        self.dc = float(np.sum(dy * self.f))
        return dy + self.body.backward(self.c * dy)


@ScaledBlock.wrong("The gradient past the body is missing: add `dy`.")
class _(ScaledBlock):
    def backward(self, dy):
        return super().backward(dy) - dy


@ScaledBlock.wrong(
    "The body's output was multiplied by `c`, so the body gets `c * dy`."
)
class _(ScaledBlock):
    def backward(self, dy):
        super().backward(dy)
        return dy + self.body.backward(dy)


@ScaledBlock.wrong(
    "`c` multiplies `f(x)`, not `x`: remember what the body gave."
)
class _(ScaledBlock):
    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dy):
        dx = super().backward(dy)
        self.dc = float(np.sum(dy * self.x))
        return dx


@ScaledBlock.wrong(
    "c is one number that is used many times: its gradients are added, not "
    "averaged."
)
class _(ScaledBlock):
    def backward(self, dy):
        dx = super().backward(dy)
        self.dc = float(np.mean(dy * self.f))
        return dx


@ScaledBlock.wrong(
    "The derivative of c·f with respect to c is f, without another c."
)
class _(ScaledBlock):
    def backward(self, dy):
        dx = super().backward(dy)
        self.dc *= self.c
        return dx


@ScaledBlock.wrong(
    "The shortcut is not scaled: `dy` comes back past the body whole."
)
class _(ScaledBlock):
    def backward(self, dy):
        dx = super().backward(dy)
        return dx - dy + self.c * dy


@ScaledBlock.wrong(
    "`dx` is right, but the body's own weights have missed the factor `c`: "
    "hand `c * dy` to it."
)
class _(ScaledBlock):
    def backward(self, dy):
        self.dc = float(np.sum(dy * self.f))
        return dy + self.c * self.body.backward(dy)


@ScaledBlock.wrong(
    "`c` multiplies what the body gives, f(x), and not what it gets: f(c·x) "
    "is something else."
)
class _(ScaledBlock):
    def forward(self, x):
        self.x = x
        return x + self.body.forward(self.c * x)

    def backward(self, dy):
        inner = self.body.backward(dy)
        self.dc = float(np.sum(inner * self.x))
        return dy + self.c * inner


@ScaledBlock.wrong(
    "`dc` is added up from batch to batch. Each `backward` sets it anew."
)
class _(ScaledBlock):
    dc = 0.0

    def backward(self, dy):
        before = self.dc
        dx = super().backward(dy)
        self.dc += before
        return dx


@ScaledBlock.wrong("`c` stands before `f(x)`, not before `x`.")
class _(ScaledBlock):
    def forward(self, x):
        self.f = self.body.forward(x)
        return self.c * x + self.f
