"""Exercises of chapter 7a, Convolution."""

import numpy as np

from dlscratch import layers
from dlscratch.exercises import Exercise, exercise
from dlscratch.exercises._trials import random


def output_size(n, k, stride=1, padding=0):
    """Return at how many places a window of k fits into n numbers."""
    return (n + 2 * padding - k) // stride + 1


def _run_layer(cls, x, dy, *settings):
    """Return both ways of a layer that has seen other batches before."""
    layer = cls(*settings)
    for before in (x[1:], dy[1:]), (2 * x, 2 * dy):
        layer.forward(before[0])
        layer.backward(before[1])
    return {"forward(x)": layer.forward(x), "backward(dy)": layer.backward(dy)}


# ------------------------------------------------------------------------- 7a.1


@exercise(
    "7a.1",
    "Sizes through a network",
    cases=[
        (32, [(5, 1, 2), (2, 2, 0), (3, 2, 0), (3, 2, 1)]),
        (28, [(5, 1, 0), (2, 2, 0)]),
        (7, [(2, 2, 1), (3, 4, 0)]),
    ],
    hints=[
        "What comes out of one layer goes into the next.",
        "Use the chapter's formula for each layer: padding on both sides, "
        "the floor of the division, and one more.",
        "Loop over the layers, put the new size into `n`, and append it to a "
        "list. The operator `//` is the floor.",
    ],
    text="""
        The formula (7a.4), once for each layer, each time with the size
        that the layer before has left.
        """,
)
def sizes(n, layers):
    """Return the size after each layer (kernel, stride, padding)."""
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) // stride + 1
        found.append(n)
    return found


def _chain(n, layers, step):
    found = []
    for k, stride, padding in layers:
        n = step(n, k, stride, padding)
        found.append(n)
    return found


@sizes.wrong("Windows are counted from 0, so there is one more.")
def _(n, layers):
    return _chain(n, layers, lambda n, k, s, p: (n + 2 * p - k) // s)


@sizes.wrong(
    "You rounded up. A window that does not fit as a whole does not count."
)
def _(n, layers):
    return _chain(n, layers, lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1)


@sizes.wrong("The padding is put on both sides.")
def _(n, layers):
    return _chain(n, layers, lambda n, k, s, p: (n + p - k) // s + 1)


sizes.wrong(
    "You left out the padding.",
    lambda n, layers: _chain(n, layers, lambda n, k, s, p: (n - k) // s + 1),
)

sizes.wrong(
    "You left out the stride: only every so many windows are taken.",
    lambda n, layers: _chain(n, layers, lambda n, k, s, p: n + 2 * p - k + 1),
)


@sizes.wrong("You left out the kernel: the last windows would stick out.")
def _(n, layers):
    return _chain(n, layers, lambda n, k, s, p: -(-(n + 2 * p) // s))


sizes.wrong(
    "Each layer gets what the one before it gave, not the first picture.",
    lambda n, layers: [(n + 2 * p - k) // s + 1 for k, s, p in layers],
)

sizes.wrong(
    "All sizes are wanted, in a list.", lambda n, layers: sizes(n, layers)[-1]
)


# ------------------------------------------------------------------------- 7a.2


MOVE_RIGHT = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def _correlate(x, w):
    """Cross-correlate x with w of 3×3, with a frame of one zero."""
    padded = np.pad(x, 1)
    H, W = x.shape
    return sum(
        w[u, v] * padded[u : u + H, v : v + W]
        for u in range(3)
        for v in range(3)
    )


def _moved(w, x):
    return {"the moved picture": _correlate(x, np.asarray(w, dtype=float))}


a_kernel_that_moves_the_picture = Exercise(
    "7a.2",
    "A kernel that moves the picture",
    MOVE_RIGHT,
    name="MOVE_RIGHT",
    use=_moved,
    cases=[
        np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]),
        random(4, 5),
    ],
    hints=[
        "One weight is 1, all others are 0. So each output is a copy of one "
        "pixel of its window.",
        "If the picture moves to the right, then the new pixel at a place is "
        "the old pixel from the place to its left.",
        "The middle of the kernel lies on the place itself. Which entry of "
        "the kernel lies on the neighbour to the left?",
    ],
    text="""
        The new pixel at $(i,j)$ must be the old one at $(i,j-1)$, to its
        left. With padding 1, the window of $(i,j)$ has its middle,
        $w_{11}$, at $(i,j)$. So the weight on the left of the middle,
        $w_{10}$, is 1. It looks as if the kernel pointed the wrong way; a
        kernel says where each output *fetches from*.
        """,
    code="""
        MOVE_RIGHT = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])
        """,
)

_MOVE_LEFT = MOVE_RIGHT[:, ::-1].copy()

a_kernel_that_moves_the_picture.wrong(
    "This moves the picture to the left. The layer does not flip the kernel: "
    "a weight on the right fetches the pixel from the right.",
    _MOVE_LEFT,
)

_STAY = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])

a_kernel_that_moves_the_picture.wrong(
    "This leaves the picture where it is.", _STAY
)

a_kernel_that_moves_the_picture.wrong(
    "This moves the picture down: the weight stands in the wrong row.",
    MOVE_RIGHT.T.copy(),
)

a_kernel_that_moves_the_picture.wrong(
    "This moves the picture up: the weight stands in the wrong row.",
    MOVE_RIGHT.T[::-1].copy(),
)


# ------------------------------------------------------------------------- 7a.3


@exercise(
    "7a.3",
    "How far does it see?",
    cases=[
        [(3, 1)],
        [(3, 1), (3, 1)],
        [(5, 1), (2, 2), (3, 1)],
        [(3, 2), (3, 2), (3, 2)],
        [(2, 2), (2, 3), (4, 1)],
    ],
    hints=[
        "Start at the picture and go up. Two neighbours behind a stride of 2 "
        "lie two pixels apart in the picture.",
        "Keep two numbers: how many pixels one value sees, and how far apart "
        "neighbours are, in pixels. Both start at 1.",
        "A window of k values reaches over k - 1 gaps. Each gap is as long "
        "as the distance between neighbours *before* this layer's stride.",
    ],
    text=r"""
        Let `step` be the distance, in pixels of the picture, between
        neighbours of the present layer. At first it is 1. A window of $k$
        numbers reaches over $k-1$ gaps, so it sees $k-1$ times `step`
        pixels more than a single one of them. Then the layer's own stride
        makes the gaps of the *next* layer longer: `step` is multiplied by
        it.
        """,
)
def receptive_field(layers):
    """Return how many pixels in a row one output sees."""
    size, step = 1, 1
    for k, stride in layers:
        size += (k - 1) * step
        step *= stride
    return size


receptive_field.wrong(
    "The kernels' sizes do not add up: two windows of 3 see 5 pixels, for "
    "they overlap.",
    lambda layers: sum(k for k, _ in layers),
)

receptive_field.wrong(
    "Windows overlap: the sizes do not multiply.",
    lambda layers: int(np.prod([k for k, _ in layers])),
)

receptive_field.wrong(
    "Behind a stride, neighbours lie further apart in the picture.",
    lambda layers: 1 + sum(k - 1 for k, _ in layers),
)


@receptive_field.wrong(
    "A layer's stride moves the *next* layer's neighbours apart, not its own "
    "window's."
)
def _(layers):
    size, step = 1, 1
    for k, stride in layers:
        step *= stride
        size += (k - 1) * step
    return size


@receptive_field.wrong(
    "The strides of all layers before multiply, not only the last one."
)
def _(layers):
    size, step = 1, 1
    for k, stride in layers:
        size += (k - 1) * step
        step = stride
    return size


receptive_field.wrong(
    "You went through the layers from the last to the first; this rule goes "
    "from the picture up.",
    lambda layers: receptive_field(layers[::-1]),
)


# ------------------------------------------------------------------------- 7a.4


@exercise(
    "7a.4",
    "What a layer costs",
    cases=[
        (1, 28, 28, 30, 5),
        (3, 9, 8, 4, 3, 2),
        (16, 14, 11, 8, 3, 2, 1),
    ],
    hints=[
        "The parameters do not depend on the picture's size, the other two do.",
        "A kernel has a slice of K times K for each channel, and one bias.",
        "Each output is one dot product of a window with a kernel. How many "
        "numbers has a window, over all the channels?",
    ],
    text=r"""
        There are $F$ kernels of $C\cdot K\cdot K$ weights and $F$ biases.
        $F$ maps of $OH\cdot OW$ numbers come out, and each needs a dot
        product of $C\cdot K\cdot K$ numbers.
        """,
)
def count(C, H, W, F, K, stride=1, padding=0):
    """Return what a convolutional layer costs for one picture."""
    OH = output_size(H, K, stride, padding)
    OW = output_size(W, K, stride, padding)
    return {
        "parameters": F * C * K * K + F,
        "outputs": F * OH * OW,
        "multiplications": F * OH * OW * C * K * K,
    }


@count.wrong("Each kernel has a bias, too.")
def _(C, H, W, F, K, stride=1, padding=0):
    return count(C, H, W, F, K, stride, padding) | {"parameters": F * C * K * K}


@count.wrong("A kernel looks at all C channels: it has a slice for each.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {
        "parameters": F * K * K + F,
        "multiplications": found["outputs"] * K * K,
    }


@count.wrong("A bias is shared by all places of its map: there are F of them.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {"parameters": F * C * K * K + found["outputs"]}


@count.wrong("There are F maps.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {"outputs": found["outputs"] // F}


@count.wrong("Each kernel has a bias of its own: F of them.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {"parameters": F * C * K * K + 1}


@count.wrong(
    "Height and width need not be alike: `OW` comes from `W`, not from `H`."
)
def _(C, H, W, F, K, stride=1, padding=0):
    return count(C, H, H, F, K, stride, padding)


count.wrong(
    "You left out the stride.",
    lambda C, H, W, F, K, stride=1, padding=0: count(C, H, W, F, K, 1, padding),
)

count.wrong(
    "You left out the padding.",
    lambda C, H, W, F, K, stride=1, padding=0: count(C, H, W, F, K, stride, 0),
)


@count.wrong("The multiplications alone are wanted, without the additions.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {"multiplications": 2 * found["multiplications"]}


@count.wrong("The same kernel serves all places: its weights count once.")
def _(C, H, W, F, K, stride=1, padding=0):
    found = count(C, H, W, F, K, stride, padding)
    return found | {"parameters": found["multiplications"] + F}


# ------------------------------------------------------------------------- 7a.5


@exercise(
    "7a.5",
    "Two kernels become one",
    cases=[
        (random(3, 3), random(3, 3, seed=1)),
        (random(2, 3), random(4, 2, seed=2)),
    ],
    hints=[
        "Write `z` as a sum over t of `w[t] * y[i + t]`, and put in `y` as a "
        "sum over u of `v[u] * x[i + u]`. Which weight stands before `x[i + "
        "m]`?",
        "It is the sum of all `w[t] * v[u]` with `t + u = m`. What have you "
        "seen that adds over indices which add up?",
        "The new kernel has `len(v) + len(w) - 1` rows. For each entry of "
        "`w`, add that entry times the whole of `v`, moved by the entry's "
        "place.",
    ],
    text=r"""
        In one dimension
        $z_i=\sum_t w_t\,y_{i+t}=\sum_t\sum_u w_t\,v_u\,x_{i+t+u}$. The
        weight before $x_{i+m}$ is $\sum_{t+u=m}w_t\,v_u$: indices that add
        up, so the joined kernel is the *convolution* of the two, though
        each layer is a cross-correlation. In two dimensions the same, in
        both directions.

        So a stack of convolutions without an activation between them is one
        convolution, as chapter 3's linear layers were one linear layer.
        """,
)
def join(v, w):
    """Return the one kernel that does what v does and after it w."""
    joined = np.zeros((len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1))
    for i in range(len(w)):
        for j in range(w.shape[1]):
            joined[i : i + len(v), j : j + v.shape[1]] += w[i, j] * v
    return joined


join.wrong(
    "You flipped one of them. In the joined kernel the indices *add up*: "
    "that is convolution proper of v and w.",
    lambda v, w: join(v, w[::-1, ::-1]),
)

join.wrong(
    "You flipped the first kernel. In the joined kernel the indices *add "
    "up*: that is convolution proper of v and w.",
    lambda v, w: join(v[::-1, ::-1], w),
)

join.wrong(
    "The joined kernel is turned round: the layer will use it as it is, "
    "without a flip.",
    lambda v, w: join(v, w)[::-1, ::-1],
)


@join.wrong(
    "Two kernels together look further than one of them: the joined kernel "
    "is larger."
)
def _(v, w):
    joined = join(v, w)
    top, left = (len(w) - 1) // 2, (w.shape[1] - 1) // 2
    return joined[top : top + len(v), left : left + v.shape[1]]


@join.wrong("Where copies of v overlap, they must be added.")
def _(v, w):
    joined = np.zeros((len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1))
    for i in range(len(w)):
        for j in range(w.shape[1]):
            joined[i : i + len(v), j : j + v.shape[1]] = w[i, j] * v
    return joined


join.wrong(
    "One after the other is not entry by entry: each entry of w acts on all "
    "entries of v.",
    lambda v, w: v * w,
)


# ------------------------------------------------------------------------- 7a.6


@exercise(
    "7a.6",
    "Kernels of one pixel",
    cases=[
        (random(2, 3, 4, 5), random(6, 3, seed=1), random(6, seed=2)),
        (random(3, 2, 2, 2), random(2, 2, seed=1), random(2, seed=2)),
    ],
    without=("loops",),
    hints=[
        "At each place of each picture, C numbers become F numbers, by the "
        "same matrix. So make a matrix with one row for each place.",
        "`reshape` joins only axes that stand side by side. Bring the "
        "channels to the end first, with `transpose`.",
        "After the product, undo it in the opposite order: `reshape` to (N, "
        "H, W, F), then `transpose` to (N, F, H, W).",
    ],
    text="""
        Bring the channels to the end, so that each row of a matrix is one
        pixel; multiply; and go the same way back, in the opposite order. If
        you like `np.einsum`:
        `np.einsum("nchw,fc->nfhw", x, W) + b[:, None, None]`.
        """,
)
def pointwise(x, W, b):
    """Convolve with kernels of 1×1: x (N, C, H, W), W (F, C), b (F,)."""
    N, C, H, width = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)  # (N * H * W, C)
    y = rows @ W.T + b  # (N * H * W, F)
    return y.reshape(N, H, width, len(W)).transpose(0, 3, 1, 2)


@pointwise.wrong(
    "On the way in: `reshape` does not exchange axes. Transpose to (N, H, W, "
    "C) first."
)
def _(x, W, b):
    N, C, H, width = x.shape
    y = x.reshape(-1, C) @ W.T + b
    return y.reshape(N, H, width, len(W)).transpose(0, 3, 1, 2)


@pointwise.wrong(
    "On the way out: the rows stand in the order (N, H, W). Give these axes "
    "back first, then transpose."
)
def _(x, W, b):
    N, C, H, width = x.shape
    y = x.transpose(0, 2, 3, 1).reshape(-1, C) @ W.T + b
    return y.reshape(N, len(W), H, width)


pointwise.wrong(
    "The channels belong to axis 1: transpose.",
    lambda x, W, b: pointwise(x, W, b).transpose(0, 2, 3, 1),
)

pointwise.wrong("The bias is missing.", lambda x, W, b: pointwise(x, W, 0 * b))


# ------------------------------------------------------------------------- 7a.7


@exercise(
    "7a.7",
    "The mean of each map",
    use=_run_layer,
    cases=[
        (random(2, 3, 4, 5), random(2, 3, seed=1)),
        (random(3, 2, 3, 2), random(3, 2, seed=1)),
    ],
    hints=[
        "`mean` takes a pair of axes.",
        "Each of the pixels of a map has the same share in its mean. So all "
        "get the same gradient.",
        "Give `dy` two more axes of length 1, divide by the number of pixels "
        "of a map, and let broadcasting spread it over the shape of `x`.",
    ],
    text=r"""
        $y_{nc}=\frac1{HW}\sum_{ij}x_{ncij}$. Each pixel of a map has the
        derivative $1/(HW)$, so `dy / (H * W)` is spread over the map.
        Adding it to an array of zeros makes a new array of the full shape.
        """,
)
class GlobalAveragePool:
    """The mean of each map: from (N, C, H, W) to (N, C)."""

    def forward(self, x):
        """Return y of shape (N, C)."""
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dy):
        """Return dx of shape (N, C, H, W)."""
        H, W = self.shape[2:]
        return np.zeros(self.shape) + dy[:, :, None, None] / (H * W)


@GlobalAveragePool.wrong(
    "A mean divides by the number of pixels, and so does its gradient."
)
class _(GlobalAveragePool):
    def backward(self, dy):
        return np.zeros(self.shape) + dy[:, :, None, None]


@GlobalAveragePool.wrong("A map has H times W pixels, not H.")
class _(GlobalAveragePool):
    def backward(self, dy):
        return np.zeros(self.shape) + dy[:, :, None, None] / self.shape[2]


@GlobalAveragePool.wrong("The mean runs over axes 2 and 3: height and width.")
class _(GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(1, 2))


@GlobalAveragePool.wrong("dx must have the shape of x.")
class _(GlobalAveragePool):
    def backward(self, dy):
        return dy / (self.shape[2] * self.shape[3])


@GlobalAveragePool.wrong(
    "dx must have the shape of x: the axes of length 1 are not spread yet."
)
class _(GlobalAveragePool):
    def backward(self, dy):
        return dy[:, :, None, None] / (self.shape[2] * self.shape[3])


@GlobalAveragePool.wrong("The mean is wanted, not the sum.")
class _(GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.sum(axis=(2, 3))


@GlobalAveragePool.wrong(
    "You kept the shape of the first batch. Batches may differ in size: "
    "remember the shape anew in each `forward`."
)
class _(GlobalAveragePool):
    def forward(self, x):
        self.shape = vars(self).get("shape", x.shape)
        return x.mean(axis=(2, 3))


@GlobalAveragePool.wrong("The mean is wanted, not the maximum.")
class _(GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.max(axis=(2, 3))


# ------------------------------------------------------------------------- 7a.8


@exercise(
    "7a.8",
    "A kernel for each channel",
    cases=[
        (random(2, 3, 5, 6), random(3, 3, 2, seed=1)),
        (random(1, 2, 4, 4), random(2, 3, 3, seed=1)),
    ],
    hints=[
        "Loop over the kernel's places (u, v), as im2col does. In each round "
        "one slice of x holds what all windows see there.",
        "The slice has the shape `(N, C, OH, OW)`, the weights at `(u, v)` "
        "the shape `(C,)`. Which axes must the weights get for broadcasting?",
        "`W[:, u, v][:, None, None]` has the shape (C, 1, 1). Add the "
        "products of all rounds.",
    ],
    text=r"""
        For fixed $(u,v)$ the slice `x[:, :, u : u + OH, v : v + OW]` holds
        that pixel of all windows. Multiply it by the $C$ weights at
        $(u,v)$, one for each channel, and add up over the rounds. No table
        is needed.

        It needs $1/F$ of the multiplications of a full convolution with $F$
        kernels. Kernels of $1\times1$ can mix the channels afterwards.
        """,
)
def depthwise(x, W):
    """Convolve each channel of x (N, C, H, W) with its W (C, KH, KW)."""
    C, KH, KW = W.shape
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    y = np.zeros((len(x), C, OH, OW))
    for u in range(KH):
        for v in range(KW):
            y += W[:, u, v][:, None, None] * x[:, :, u : u + OH, v : v + OW]
    return y


depthwise.wrong(
    "You added the channels up. Here each channel keeps to itself.",
    lambda x, W: depthwise(x, W).sum(axis=1, keepdims=True),
)

depthwise.wrong(
    "Each channel has a kernel of its own: `W[c]`.",
    lambda x, W: depthwise(x, np.repeat(W[:1], len(W), axis=0)),
)

depthwise.wrong(
    "You flipped the kernels. This layer does not.",
    lambda x, W: depthwise(x, W[:, ::-1, ::-1]),
)

depthwise.wrong(
    "The products are added, not averaged.",
    lambda x, W: depthwise(x, W) / (W.shape[1] * W.shape[2]),
)


@depthwise.wrong(
    "Each of your kernels looks at all channels. Here it sees its own only."
)
def _(x, W):
    y = depthwise(x, W)
    for c in range(len(W)):
        y[:, c] = depthwise(x, np.repeat(W[c : c + 1], len(W), axis=0)).sum(
            axis=1
        )
    return y


@depthwise.wrong(
    "Only the last round is left: the products of all rounds are added."
)
def _(x, W):
    _, KH, KW = W.shape
    return W[:, -1, -1][:, None, None] * x[:, :, KH - 1 :, KW - 1 :]


# ------------------------------------------------------------------------- 7a.9


def _run_upsample(cls, K, x, dy):
    return _run_layer(cls, x, dy, *[K] * (K != 2))  # 2 is the default


@exercise(
    "7a.9",
    "Larger again",
    use=_run_upsample,
    cases=[
        (2, random(3, 3, 2, 4), random(3, 3, 4, 8, seed=1)),
        (3, random(2, 2, 3, 2), random(2, 2, 9, 6, seed=1)),
    ],
    hints=[
        "`x.repeat(K, axis=2)` repeats each row K times.",
        "A pixel is copied K times K times. What does a copy do on the way "
        "back?",
        "Split the height into (H, K) and the width into (W, K) with "
        "`reshape`, and add over the two axes of length K.",
    ],
    text="""
        A pixel is copied $K^2$ times, so $K^2$ gradients come back to it,
        and they add. The `reshape` splits each side into blocks; here it is
        the right tool, because the copies lie side by side.

        Compare with average pooling: up to a factor of $K^2$, each is the
        other's way back. Chapter 8c builds with such a layer.
        """,
)
class Upsample:
    """Each pixel becomes K×K equal ones: (N, C, H, W) to (N, C, K·H, K·W)."""

    def __init__(self, K=2):
        self.K = K

    def forward(self, x):
        """Return y of shape (N, C, K·H, K·W)."""
        self.shape = x.shape
        return x.repeat(self.K, axis=2).repeat(self.K, axis=3)

    def backward(self, dy):
        """Return dx of shape (N, C, H, W)."""
        N, C, H, W = self.shape
        blocks = dy.reshape(N, C, H, self.K, W, self.K)
        return blocks.sum(axis=(3, 5))


@Upsample.wrong("A copy on the way back adds, it does not average.")
class _(Upsample):
    def backward(self, dy):
        return super().backward(dy) / self.K**2


@Upsample.wrong(
    "Each of the K times K copies sends a gradient back, not only one."
)
class _(Upsample):
    def backward(self, dy):
        return dy[:, :, :: self.K, :: self.K]


@Upsample.wrong(
    "You laid whole pictures side by side. Each *pixel* is to be repeated."
)
class _(Upsample):
    def forward(self, x):
        self.shape = x.shape
        return np.tile(x, (1, 1, self.K, self.K))


@Upsample.wrong(
    "The copies of a pixel lie side by side: the height splits into (H, K), "
    "not (K, H)."
)
class _(Upsample):
    def backward(self, dy):
        N, C, H, W = self.shape
        return dy.reshape(N, C, self.K, H, self.K, W).sum(axis=(2, 4))


@Upsample.wrong("The block has `K` rows and `K` columns, not always two.")
class _(Upsample):
    def forward(self, x):
        self.shape = x.shape
        return x.repeat(2, axis=2).repeat(2, axis=3)


@Upsample.wrong("The copies' gradients are added.")
class _(Upsample):
    def backward(self, dy):
        N, C, H, W = self.shape
        return dy.reshape(N, C, H, self.K, W, self.K).max(axis=(3, 5))


@Upsample.wrong(
    "Each pixel fills its whole block; you left the rest of it at 0."
)
class _(Upsample):
    def forward(self, x):
        self.shape = x.shape
        y = np.kron(x, np.ones((1, 1, self.K, self.K)))
        mask = np.zeros((self.K, self.K))
        mask[0, 0] = 1
        return y * np.tile(mask, x.shape[2:])


# ------------------------------------------------------------------------ 7a.10


def conv_im2col(x, W, b):
    """Convolve x (N, C, H, W) with kernels W (F, C, KH, KW)."""
    F, C, *kernel = W.shape
    layer = layers.Conv2d(C, F, kernel, rng=np.random.default_rng(0))
    layer.W.value, layer.b.value = W, b
    return layer.forward(x)


@exercise(
    "7a.10",
    "The way back as a convolution",
    cases=[
        (random(2, 3, 3, 4), random(3, 2, 3, 2, seed=1), 1, 5, 5),
        (random(2, 3, 2, 2), random(3, 2, 3, 3, seed=1), 2, 6, 5),
        (random(1, 2, 2, 1), random(2, 3, 2, 2, seed=1), 3, 6, 4),
    ],
    without=("loops", "col2im", "backward", "matrix_of", "at"),
    hints=[
        "For stride 1: pad `dy` with `KH - 1` rows and `KW - 1` columns on "
        "each side, and cross-correlate it with the flipped kernels, F and C "
        "exchanged.",
        "A stride skips windows. Pretend that they were there, with a "
        "gradient of 0: put `stride - 1` zeros between neighbours of `dy`.",
        "Make an array of zeros of shape `(N, F, H + KH - 1, width + KW - "
        "1)` and put `dy` into it from `(KH - 1, KW - 1)` on, with the "
        "stride as the step. Pixels that no window reached get 0 by "
        "themselves.",
    ],
    text="""
        A convolution with stride $s$ is one with stride 1 of which only
        every $s$-th output is kept. Throwing a number away means: the
        gradient 0 comes back for it. So put $dy$ into a larger array of
        zeros, with $s-1$ zeros between neighbours, $KH-1$ and $KW-1$ zeros
        before, and enough behind to make the result as large as the
        picture. Then it is the case that we know. This is how the library
        does it, but for the zeros around, which it leaves out.
        """,
)
def input_gradient(dy, W, stride, H, width):
    """Return dx of a convolution without padding, for pictures of H×width."""
    _, _, KH, KW = W.shape
    N, F, OH, OW = dy.shape
    spread = np.zeros((N, F, H + KH - 1, width + KW - 1))
    rows = slice(KH - 1, KH - 1 + stride * OH, stride)
    columns = slice(KW - 1, KW - 1 + stride * OW, stride)
    spread[:, :, rows, columns] = dy

    turned = W[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)  # (C, F, KH, KW)
    return conv_im2col(spread, turned, np.zeros(len(turned)))


@input_gradient.wrong("The kernel must be flipped, both ways.")
def _(dy, W, stride, H, width):
    return input_gradient(dy, W[:, :, ::-1, ::-1], stride, H, width)


@input_gradient.wrong(
    "The kernel must be flipped both ways: up and down, left and right."
)
def _(dy, W, stride, H, width):
    return input_gradient(dy, W[:, :, ::-1], stride, H, width)


@input_gradient.wrong(
    "Between neighbours of `dy` stand zeros, not copies: a window that was "
    "skipped sends back 0."
)
def _(dy, W, stride, H, width):
    spread = dy.repeat(stride, axis=2).repeat(stride, axis=3)
    larger = input_gradient(spread, W, 1, H + 2 * stride, width + 2 * stride)
    return larger[:, :, :H, :width]


input_gradient.wrong(
    "The stride: between two neighbours of `dy` lie `stride - 1` windows "
    "that were skipped.",
    lambda dy, W, stride, H, width: input_gradient(dy, W, 1, H, width),
)


@input_gradient.wrong(
    "dx must have the size of the picture. Pixels that no window reached get "
    "the gradient 0."
)
def _(dy, W, stride, H, width):
    reach_h = stride * (dy.shape[2] - 1) + W.shape[2]
    reach_w = stride * (dy.shape[3] - 1) + W.shape[3]
    return input_gradient(dy, W, stride, H, width)[:, :, :reach_h, :reach_w]


@input_gradient.wrong("Windows overlap: what comes back is added.")
def _(dy, W, stride, H, width):
    dx = np.zeros((len(dy), W.shape[1], H, width))
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            top, left = stride * i, stride * j
            window = np.einsum("nf,fcuv->ncuv", dy[:, :, i, j], W)
            dx[:, :, top : top + W.shape[2], left : left + W.shape[3]] = window
    return dx


# ----------------------------------------------------------------------- 7a.lab


@exercise(
    "7a.lab",
    "Find the bugs and repair them",
    cases=[
        (random(16, 9), (1, 1, 6, 6), 3, 3, 1, 0),
        (random(2 * 9, 18, seed=1), (2, 2, 6, 5), 3, 3, 2, 1),
        (random(2 * 9, 8, seed=2), (2, 2, 6, 6), 2, 2, 2, 0),
        (random(4 * 4, 12, seed=3), (1, 2, 5, 6), 2, 3, 1, 0),
    ],
    hints=[
        "im2col copies a pixel into each window that covers it. What is the "
        "way back of a copy?",
        "Her check used windows that lie side by side. Then no pixel is in "
        "more than one window. What happens where there is a second one?",
        "Slices: what is `x[0:-0]`? Count from the front where the picture "
        "begins and where it ends.",
    ],
    text="""
        `=` overwrites. Where windows overlap, a pixel was copied into
        several rows of the table, so several numbers come back for it, and
        they must be **added**. With `=` only the last one stays. When the
        stride equals the window's size, nothing overlaps, no pixel gets more
        than one number, and `=` and `+=` are the same.

        `padding:-padding` is meant to cut off the frame. For padding 0 it
        reads `0:-0`, that is `0:0`: from 0 up to 0, nothing. The array that
        comes back is empty. Count from the front instead:
        `padding : padding + H`.
        """,
)
def repaired_col2im(dcols, shape, KH, KW, stride=1, padding=0):
    """Add each number of the table to the pixel that it came from."""
    N, C, H, W = shape
    OH = output_size(H, KH, stride, padding)
    OW = output_size(W, KW, stride, padding)
    dcols = dcols.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dcols.dtype)
    for u in range(KH):
        for v in range(KW):
            rows = slice(u, u + stride * OH, stride)
            columns = slice(v, v + stride * OW, stride)
            dx[:, :, rows, columns] += dcols[:, :, u, v]
    return dx[:, :, padding : padding + H, padding : padding + W]


@repaired_col2im.starts_with(
    "This is still the colleague's function: where windows overlap, the last "
    "number overwrites the others."
)
def _colleagues(dcols, shape, KH, KW, stride=1, padding=0):
    N, C, H, W = shape
    OH = output_size(H, KH, stride, padding)
    OW = output_size(W, KW, stride, padding)
    dcols = dcols.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dcols.dtype)
    for u in range(KH):
        for v in range(KW):
            rows = slice(u, u + stride * OH, stride)
            columns = slice(v, v + stride * OW, stride)
            dx[:, :, rows, columns] = dcols[:, :, u, v]
    return dx[:, :, padding:-padding, padding:-padding]


def _fold(dcols, shape, KH, KW, stride, padding, add, cut):
    N, C, H, W = shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    dcols = dcols.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dcols.dtype)
    for u in range(KH):
        for v in range(KW):
            rows = slice(u, u + stride * OH, stride)
            columns = slice(v, v + stride * OW, stride)
            kept = dx[:, :, rows, columns] if add else 0
            dx[:, :, rows, columns] = kept + dcols[:, :, u, v]
    if cut == "minus":
        return dx[:, :, padding:-padding, padding:-padding]
    if cut == "none":
        return dx
    return dx[:, :, padding : padding + H, padding : padding + W]


@repaired_col2im.wrong(
    "Half way: it adds now, but `padding:-padding` is `0:0` for padding 0."
)
def _(dcols, shape, KH, KW, stride=1, padding=0):
    return _fold(dcols, shape, KH, KW, stride, padding, True, "minus")


@repaired_col2im.wrong(
    "Half way: the frame is right now, but overlapping windows still "
    "overwrite each other."
)
def _(dcols, shape, KH, KW, stride=1, padding=0):
    return _fold(dcols, shape, KH, KW, stride, padding, False, "right")


@repaired_col2im.wrong("A window has `KH` rows and `KW` columns.")
def _(dcols, shape, KH, KW, stride=1, padding=0):
    return repaired_col2im(dcols, shape, KH, KH, stride, padding)


@repaired_col2im.wrong("The frame of zeros must be cut off again.")
def _frame_kept(dcols, shape, KH, KW, stride=1, padding=0):
    return _fold(dcols, shape, KH, KW, stride, padding, True, "none")


@repaired_col2im.wrong(
    "The frame stands on both sides: the picture begins at `padding`."
)
def _(dcols, shape, KH, KW, stride=1, padding=0):
    return _frame_kept(dcols, shape, KH, KW, stride, padding)[
        :, :, : shape[2], : shape[3]
    ]


@repaired_col2im.wrong(
    "The picture begins at `padding` and is `H` long, so it ends at `padding "
    "+ H`."
)
def _(dcols, shape, KH, KW, stride=1, padding=0):
    _, _, H, W = shape
    return _frame_kept(dcols, shape, KH, KW, stride, padding)[
        :, :, padding:H, padding:W
    ]


@repaired_col2im.wrong(
    "A pixel's windows are added, not averaged: it is the transpose of "
    "copying, not its inverse."
)
def _(dcols, shape, KH, KW, stride=1, padding=0):
    arguments = (shape, KH, KW, stride, padding)
    number = repaired_col2im(np.ones_like(dcols), *arguments)
    return repaired_col2im(dcols, *arguments) / np.maximum(number, 1)
