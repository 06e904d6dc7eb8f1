"""Exercises of part 6b, Initial values and batch normalisation."""

import math

import numpy as np

from dlscratch.exercises import exercise
from dlscratch.exercises._kit import Misfit
from dlscratch.exercises._trials import one_call


def _normals(seed, *shapes):
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(0.5, 2.0, shape) for shape in shapes)


_X, _DY = _normals(1, (6, 3), (6, 3))
_GAMMA, _BETA = np.array([1.0, 2.0, -0.5]), np.array([0.0, 1.0, 3.0])


# ------------------------------------------------------------------------- 6b.1


@exercise(
    "6b.1",
    "Three recipes",
    cases=[
        ("xavier", 100, 50),
        ("glorot", 100, 50),
        ("he", 100, 50),
        ("xavier", 20, 80),
        ("glorot", 20, 80),
        ("he", 64, 90),
    ],
    hints=[
        "All three were derived as variances in this part. Which are they?",
        "`n_in` is the number of inputs of each unit. Only one of the "
        "recipes looks at `n_out`.",
        "A dictionary from the recipe's name to its variance, and one root "
        "at the end (`** 0.5`).",
    ],
    text="""
        The recipes give *variances*: $1/n$, $2/(n+m)$ and $2/n$. The
        standard deviation is the root.
        """,
)
def initial_std(recipe, n_in, n_out):
    """Return the std of the initial weights of a layer n_in -> n_out."""
    variances = {
        "xavier": 1 / n_in,
        "glorot": 2 / (n_in + n_out),
        "he": 2 / n_in,
    }
    return variances[recipe] ** 0.5


initial_std.wrong(
    "This is the variance. The standard deviation is its root.",
    lambda recipe, n_in, n_out: initial_std(recipe, n_in, n_out) ** 2,
)


@initial_std.wrong(
    "Upside down: more inputs need smaller weights, but your weights grow "
    "with `n_in`."
)
def _upside_down(recipe, n_in, n_out):
    return 1 / initial_std(recipe, n_in, n_out)


initial_std.wrong(
    "Your variance is the root of the number of inputs. It must be one "
    "*divided* by this number, and the std is the root of that.",
    lambda recipe, n_in, n_out: _upside_down(recipe, n_in, n_out) ** 0.5,
)


@initial_std.wrong(
    "He: the 2 belongs to the variance, so it stands under the root, too."
)
def _(recipe, n_in, n_out):
    return 2 / n_in**0.5 if recipe == "he" else initial_std(recipe, n_in, n_out)


initial_std.wrong(
    "You have taken the outputs for the inputs: the forward condition counts "
    "`n_in`.",
    lambda recipe, n_in, n_out: initial_std(recipe, n_out, n_in),
)


@initial_std.wrong(
    "He: ReLU halves the mean square, so the variance is twice Xavier's, and "
    "the std the square root of two times."
)
def _(recipe, n_in, n_out):
    std = initial_std(recipe, n_in, n_out)
    return std / 2 if recipe == "he" else std


@initial_std.wrong(
    "Glorot: the mean of `n_in` and `n_out` takes the place of `n_in` in `1 "
    "/ n_in`. A factor 2 is missing."
)
def _(recipe, n_in, n_out):
    std = initial_std(recipe, n_in, n_out)
    return (1 / (n_in + n_out)) ** 0.5 if recipe == "glorot" else std


# ------------------------------------------------------------------------- 6b.2


def _one_call(glorot_uniform):
    return one_call(lambda rng: glorot_uniform(3, 5, rng))


@exercise(
    "6b.2",
    "From a flat distribution",
    cases=[
        (3, 5, np.random.default_rng(0)),
        (100, 20, np.random.default_rng(1)),
    ],
    verify=_one_call,
    hints=[
        "The mean of the interval is 0, so the variance is the mean of the "
        "square of the weights.",
        "Integrate the square over the interval and divide by its length. "
        "The variance is a third of the limit squared.",
        "Set a third of `a**2` equal to `2 / (n_in + n_out)`, solve for `a`, "
        "and call `rng.uniform` once with the shape `(n_in, n_out)`.",
    ],
    text=r"""
        The mean is 0, so the variance is the mean of the square:

        $$
        \frac1{2a}\int_{-a}^{a}w^2\,dw
        =\frac1{2a}\cdot\frac{2a^3}{3}=\frac{a^2}3 .
        $$

        Set it equal to $2/(n+m)$: $a=\sqrt{6/(n+m)}$.
        """,
)
def glorot_uniform(n_in, n_out, rng):
    """Return weights (n_in, n_out), even on (-a, a)."""
    a = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-a, a, (n_in, n_out))


@glorot_uniform.wrong(
    "You have used the standard deviation as the limit. The variance on (-a, "
    "a) is a²/3, so your weights are too small."
)
def _(n_in, n_out, rng):
    a = np.sqrt(2 / (n_in + n_out))
    return rng.uniform(-a, a, (n_in, n_out))


@glorot_uniform.wrong(
    "This is the square of the limit: the variance is a²/3. Take the root."
)
def _(n_in, n_out, rng):
    a = 6 / (n_in + n_out)
    return rng.uniform(-a, a, (n_in, n_out))


@glorot_uniform.wrong(
    "You have used the variance as the limit. On (-a, a) it is a²/3."
)
def _(n_in, n_out, rng):
    a = 2 / (n_in + n_out)
    return rng.uniform(-a, a, (n_in, n_out))


@glorot_uniform.wrong(
    "The interval (-a, a) has the length 2a: it looks as if you took the "
    "formula for an interval of length a."
)
def _(n_in, n_out, rng):
    a = np.sqrt(24 / (n_in + n_out))
    return rng.uniform(-a, a, (n_in, n_out))


@glorot_uniform.wrong("All your weights are positive. Their mean must be 0.")
def _(n_in, n_out, rng):
    a = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(0, a, (n_in, n_out))


@glorot_uniform.wrong(
    "This is the forward condition alone, `1 / n_in`. Glorot's variance "
    "takes both sides into account."
)
def _(n_in, n_out, rng):
    a = np.sqrt(3 / n_in)
    return rng.uniform(-a, a, (n_in, n_out))


# ------------------------------------------------------------------------- 6b.3


@exercise(
    "6b.3",
    "He for a leaky gate",
    cases=[(50, 0.1), (50, 0.0), (50, 1.0), (8, 0.5)],
    hints=[
        "Write down the outputs for `a` and for `-a`, with `a` positive, "
        "square them, and add.",
        "For ReLU the sum was the square of `a`. Now the negative side adds "
        "`c` squared times as much.",
        "The mean square is multiplied by half of (1 plus `c` squared). "
        "This, times `n_in` times the variance, must be 1.",
    ],
    text=r"""
        For every $a$, $y(a)^2+y(-a)^2=a^2+c^2a^2$. So
        $\mathrm{E}[y^2]=\frac{1+c^2}2\mathrm{E}[a^2]$, and the size stays
        the same from layer to layer if $\frac{1+c^2}{2}\,n\,s^2=1$.
        """,
)
def leaky_std(n_in, c):
    """Return the std of initial weights before leaky ReLUs with slope c."""
    return (2 / ((1 + c**2) * n_in)) ** 0.5


leaky_std.wrong(
    "The slope `c` multiplies the output, so its *square* multiplies the "
    "mean square.",
    lambda n_in, c: (2 / ((1 + c) * n_in)) ** 0.5,
)

leaky_std.wrong(
    "The sum of the two squares is for `a` and `-a` together, so the mean "
    "square is *half* of it.",
    lambda n_in, c: (1 / ((1 + c**2) * n_in)) ** 0.5,
)

leaky_std.wrong(
    "This is He's value for ReLU. The leaky side lets something through as "
    "well.",
    lambda n_in, c: (2 / n_in) ** 0.5,
)

leaky_std.wrong(
    "This is the variance. The standard deviation is its root.",
    lambda n_in, c: 2 / ((1 + c**2) * n_in),
)

leaky_std.wrong(
    "The wrong way round: the more the gate lets through, the smaller the "
    "weights must be.",
    lambda n_in, c: (2 * (1 + c**2) / n_in) ** 0.5,
)


# ------------------------------------------------------------------------- 6b.4


@exercise(
    "6b.4",
    "Predict a deep network",
    cases=[
        (3, 100, 0.2, "identity"),
        (3, 100, 0.2, "relu"),
        (1, 50, 1.0, "relu"),
        (10, 64, 0.1, "identity"),
    ],
    hints=[
        "What does one layer do to the mean square? See the derivation of "
        "the variance, and what ReLU keeps of it.",
        "The mean square is multiplied by the same factor in each layer, so "
        "after several layers by a power of it.",
        "Asked is the *root* of the mean square: half of the exponent.",
    ],
    text=r"""
        Each layer multiplies the mean square by $n s^2$, and by $\frac12$
        more with ReLU. The root of the product of `depth` equal factors is
        the root of the factor, to the power `depth`.

        For example: four layers with $n=100$, $s=1$ and ReLU multiply the
        size by $50^2=2500$.
        """,
    trial="""
        assert np.isclose(size_after(4, 100, 1, "relu"), 2500)
        """,
)
def size_after(depth, n, s, activation):
    """Return the predicted root mean square after depth layers."""
    factor = n * s**2
    if activation == "relu":
        factor = factor / 2
    return factor ** (depth / 2)


size_after.wrong(
    "This is the mean square. Asked is its root.",
    lambda depth, n, s, activation: size_after(depth, n, s, activation) ** 2,
)

size_after.wrong(
    "This is one layer's factor. There are `depth` layers, one after the "
    "other.",
    lambda depth, n, s, activation: size_after(1, n, s, activation),
)

size_after.wrong(
    "Factors of layers in a row multiply, they do not add.",
    lambda depth, n, s, activation: depth * size_after(1, n, s, activation),
)


@size_after.wrong(
    "The mean square is multiplied by n s², so the size by the square root "
    "of n times s. You have n times s."
)
def _(depth, n, s, activation):
    factor = n * s / 2 if activation == "relu" else n * s
    return float(factor) ** depth


@size_after.wrong(
    "ReLU halves the mean *square*. The size itself is divided by the square "
    "root of two in each layer."
)
def _(depth, n, s, activation):
    factor = n * s**2
    size = factor ** (depth / 2)
    return size / 2**depth if activation == "relu" else size


@size_after.wrong(
    "ReLU halves the mean square in *each* layer. You have halved it once."
)
def _(depth, n, s, activation):
    size = (n * s**2) ** (depth / 2)
    return size / 2**0.5 if activation == "relu" else size


size_after.wrong(
    "Right for the identity. ReLU halves the mean square in each layer.",
    lambda depth, n, s, activation: (n * s**2) ** (depth / 2),
)


# ------------------------------------------------------------------------- 6b.5


@exercise(
    "6b.5",
    "How long the start lingers",
    cases=[
        (0.1, 0.01),
        (0.01, 0.01),
        (0.1, 0.5),
        (0.3, 0.2),
        (0.9, 0.5),
        (0.5, 0.25),  # reached exactly, after two
    ],
    hints=[
        "With PyTorch's momentum, by what is the old average multiplied when "
        "a batch comes?",
        "After `k` batches the start has been multiplied by that number `k` "
        "times. Solve for `k` with logarithms.",
        "Round up to a whole number: `np.ceil` or `math.ceil`, then `int`.",
    ],
    text=r"""
        After $k$ batches the share is $(1-m)^k$. It is at most $s$ for
        $k\ge\log s/\log(1-m)$ (both logarithms are negative). With $m=0.1$,
        one percent takes 44 batches. With $m=0.01$ it takes 459: a short
        training is over before the averages are any good.
        """,
)
def batches_until(momentum, share):
    """Return after how many batches the start's share is at most share."""
    return int(np.ceil(np.log(share) / np.log(1 - momentum)))


batches_until.wrong(
    "This is the answer for Keras's momentum. In PyTorch's the *new* batch "
    "has this weight, the old average the rest.",
    lambda momentum, share: math.ceil(math.log(share) / math.log(momentum)),
)


@batches_until.wrong(
    "You rounded down: after that many batches the start's share is still "
    "larger than allowed."
)
def _(momentum, share):
    return math.floor(math.log(share) / math.log(1 - momentum))


@batches_until.wrong("The formula is right. Batches come whole: round up.")
def _not_rounded(momentum, share):
    return math.log(share) / math.log(1 - momentum)


batches_until.wrong(
    "You rounded to the nearest number. Round *up*: one batch fewer, and the "
    "share is still larger than allowed.",
    lambda momentum, share: round(_not_rounded(momentum, share)),
)


@batches_until.wrong(
    "This is when the *data's* share reaches `share`. Asked is when the "
    "start's share has fallen to it."
)
def _(momentum, share):
    return math.ceil(math.log(1 - share) / math.log(1 - momentum))


@batches_until.wrong(
    "`share` itself is allowed: the start's share must be *at most* `share`. "
    "You have gone on where it was reached exactly."
)
def _(momentum, share):
    return math.floor(math.log(share) / math.log(1 - momentum)) + 1


batches_until.wrong(
    "The start does not lose the same amount with each batch, but the same "
    "*fraction* of what is left.",
    lambda momentum, share: math.ceil((1 - share) / momentum),
)


# ------------------------------------------------------------------------- 6b.6


def _largest(answer, n):
    x = np.asarray(answer(n), dtype=float)
    if x.shape != (n,):
        raise Misfit(f"its shape is {x.shape}, expected {(n,)}")
    spread = np.ptp(x)  # 0 for equal values, which cannot be normalised
    largest = np.abs(x - x.mean()).max() / x.std() if spread else 0.0
    return {
        "the largest normalised value": float(largest),
        "the number of different values": len(np.unique(x)),
    }


@exercise(
    "6b.6",
    "As far out as possible",
    use=_largest,
    cases=[2, 3, 10, 64],
    hints=[
        "Does it help to move one value very far away? Try it with numbers: "
        "the standard deviation grows, too.",
        "What about the others: should they be spread out, or not? What they "
        "spread only makes the standard deviation larger.",
        "One value is different and all others are the same. The numbers "
        "themselves do not matter.",
    ],
    text=r"""
        All equal but one: $(1, 0, \dots, 0)$. The lonely one gets
        $\sqrt{n-1}$, wherever it is.

        The proof. With $\varepsilon=0$ the normalised values satisfy
        $\sum\hat x_i=0$ and $\sum\hat x_i^2=n$. So the others sum to
        $-\hat x_1$. For $n-1$ numbers with a given sum, the sum of squares
        is smallest when they are all equal, and then it is
        $\hat x_1^2/(n-1)$. So
        $n\ge\hat x_1^2+\hat x_1^2/(n-1)=\hat x_1^2\,\frac{n}{n-1}$, and
        $\hat x_1^2\le n-1$.
        """,
    after="The largest normalised value is the root of n - 1, no more.",
)
def extreme_batch(n):
    """Return n numbers, one of them as far out as possible."""
    x = np.zeros(n)
    x[0] = 1.0
    return x


extreme_batch.wrong(
    "All your values are equal: without their mean nothing is left.",
    lambda n: np.ones(n),
)

extreme_batch.wrong(
    "This is one number. Asked is a whole batch of `n` of them.",
    lambda n: (n - 1) ** 0.5,
)

extreme_batch.wrong(
    "Two camps of equal size have the standard deviation as their distance "
    "from the mean: nobody is further out than 1.",
    lambda n: np.where(np.arange(n) < n // 2, -1.0, 1.0),
)

extreme_batch.wrong(
    "Spread evenly, the outermost values are less than two standard "
    "deviations out, however many there are.",
    lambda n: np.arange(n, dtype=float),
)


@extreme_batch.wrong(
    "Two values share the extreme. Each makes the standard deviation larger, "
    "and so spoils it for the other."
)
def _(n):
    x = np.zeros(n)
    x[0], x[1] = 1e6, -1e6
    return x


extreme_batch.wrong(
    "Nearly: the largest value dominates. But the others are still different "
    "from each other, and that costs a little.",
    lambda n: 10.0 ** np.arange(n),
)


@extreme_batch.wrong(
    "So near that the digits hardly show it, but the values that are left "
    "still differ from each other, and each difference costs something."
)
def _(n):
    x = np.arange(n, dtype=float)
    x[0] = 1e9
    return x


# ------------------------------------------------------------------------- 6b.7


@exercise(
    "6b.7",
    "One running update",
    cases=[
        (np.array([0.0, 1.0, 2.0]), np.array([1.0, 4.0, 9.0]), _X, 0.1),
        (np.zeros(3), np.ones(3), _X[:2], 0.3),
    ],
    hints=[
        "In PyTorch's convention, which of the two gets the weight "
        "`momentum`, the old average or the new batch?",
        "Statistics of a batch are taken over its examples: `axis=0`.",
        "`np.var` divides by N. Its argument `ddof=1` makes it divide by N - "
        "1.",
    ],
    text="""
        `x.var(axis=0, ddof=1)` divides by $N-1$ instead of $N$: it is the
        unbiased variance. The new batch has the weight `momentum`, the old
        average the rest.
        """,
)
def update_running(mean, var, x, momentum):
    """Return the running mean and variance after one more batch x (N, D)."""
    old = 1 - momentum
    new_mean = old * mean + momentum * x.mean(axis=0)
    new_var = old * var + momentum * x.var(axis=0, ddof=1)
    return new_mean, new_var


update_running.wrong(
    "The momentum is the wrong way round: here it is the weight of the new "
    "batch.",
    lambda mean, var, x, momentum: update_running(mean, var, x, 1 - momentum),
)


@update_running.wrong(
    "The mean is right, but the variance is the biased one. The running "
    "variance takes the one with N - 1."
)
def _(mean, var, x, momentum):
    new_mean, _ = update_running(mean, var, x, momentum)
    return new_mean, (1 - momentum) * var + momentum * x.var(axis=0)


@update_running.wrong(
    "The correction is upside down: the batch's variance is too small, so it "
    "is multiplied by `N / (N - 1)`."
)
def _(mean, var, x, momentum):
    new_mean, _ = update_running(mean, var, x, momentum)
    n = len(x)
    return new_mean, (1 - momentum) * var + momentum * x.var(axis=0) * (
        n - 1
    ) / n


@update_running.wrong(
    "You add the new batch, but the old average keeps its full weight."
)
def _(mean, var, x, momentum):
    return mean + momentum * x.mean(axis=0), var + momentum * x.var(
        axis=0, ddof=1
    )


@update_running.wrong(
    "You have averaged standard deviations. The running variance averages "
    "variances."
)
def _(mean, var, x, momentum):
    new_mean, _ = update_running(mean, var, x, momentum)
    return new_mean, (1 - momentum) * var + momentum * x.std(axis=0, ddof=1)


update_running.wrong(
    "You have returned the batch's own statistics. Where is the old average?",
    lambda mean, var, x, momentum: (x.mean(axis=0), x.var(axis=0, ddof=1)),
)


@update_running.wrong(
    "Every unit has its own statistics. You have taken them over the whole "
    "array."
)
def _(mean, var, x, momentum):
    old = 1 - momentum
    return old * mean + momentum * x.mean(), old * var + momentum * x.var(
        ddof=1
    )


# ------------------------------------------------------------------------- 6b.8


@exercise(
    "6b.8",
    "Layer normalisation",
    cases=[
        (_X, _GAMMA, _BETA, 0.1),
        (_X[:3], _GAMMA, _BETA, 1e-5),  # as many rows as columns
        (_X[:1], _GAMMA, _BETA, 1e-5),
    ],
    hints=[
        "Each *row* of `x` has its own mean and variance.",
        "`x.mean(axis=1)` has the shape (N,). To subtract it from `x` it "
        "must be (N, 1): `keepdims=True`.",
        "As in batch norm, `eps` goes under the root, and `gamma` and `beta` "
        "come last, one of each per column.",
    ],
    text="""
        The statistics are over axis 1, with `keepdims=True`, so that each
        row gets its own. No example looks at another one. So training and
        test time are the same, a batch of one is fine, and there is nothing
        to forget. Its authors made it for recurrent networks, where batch
        norm is awkward.
        """,
)
def layer_norm(x, gamma, beta, eps):
    """Normalise each row of x (N, D), then scale and shift each column."""
    mean = x.mean(axis=1, keepdims=True)  # (N, 1)
    var = x.var(axis=1, keepdims=True)  # (N, 1)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


@layer_norm.wrong(
    "This is batch norm: you have normalised columns. Here each example is "
    "normalised by itself."
)
def _(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


@layer_norm.wrong(
    "One mean for the whole array mixes the examples. Each row has its own."
)
def _(x, gamma, beta, eps):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


@layer_norm.wrong("You have divided by the variance. Divide by its root.")
def _(x, gamma, beta, eps):
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / (var + eps) + beta


@layer_norm.wrong("`eps` belongs under the root, next to the variance.")
def _(x, gamma, beta, eps):
    mean, std = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    return gamma * (x - mean) / (std + eps) + beta


layer_norm.wrong(
    "`eps` is missing: it stands under the root, next to the variance.",
    lambda x, gamma, beta, eps: layer_norm(x, gamma, beta, 0),
)

layer_norm.wrong(
    "The normalisation is right, but `gamma` and `beta` are missing.",
    lambda x, gamma, beta, eps: layer_norm(x, 1, 0, eps),
)


# ------------------------------------------------------------------------- 6b.9


@exercise(
    "6b.9",
    "One mean for each channel",
    cases=[
        (_normals(2, (4, 3, 2, 5))[0], 0.5),
        (_normals(3, (2, 2, 2, 2))[0], 1e-5),
        (_normals(10, (1, 4, 3, 2))[0], 0.1),
    ],
    hints=[
        "Which of the four axes must *not* be averaged over?",
        "`axis` may be a tuple of several axes.",
        "With `keepdims=True` the mean has the shape (1, C, 1, 1) and "
        "broadcasts against `x`.",
    ],
    text="""
        `axis=(0, 2, 3)` averages over examples, rows and columns. With
        `keepdims=True` the result has the shape `(1, C, 1, 1)` and
        broadcasts.
        """,
    trial="""
        images = np.random.default_rng(0).standard_normal((5, 3, 4, 4))
        ready = layers.BatchNorm(3).forward(images, training=True)
        assert np.allclose(channel_norm(images, 1e-5), ready)
        """,
)
def channel_norm(x, eps):
    """Normalise each channel of x (N, C, H, W)."""
    mean = x.mean(axis=(0, 2, 3), keepdims=True)  # (1, C, 1, 1)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(var + eps)


def _along(axes):
    def channel_norm(x, eps):
        mean, var = (
            x.mean(axis=axes, keepdims=True),
            x.var(axis=axes, keepdims=True),
        )
        return (x - mean) / np.sqrt(var + eps)

    return channel_norm


channel_norm.wrong(
    "You have taken the statistics over the examples only: every place of "
    "the picture has its own mean.",
    _along((0,)),
)


@channel_norm.wrong(
    "`reshape` does not move axes: your columns mix the channels. "
    "`transpose` must bring the channels to the end first."
)
def _(x, eps):
    rows = x.reshape(-1, x.shape[1])
    y = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + eps)
    return y.reshape(x.shape)


channel_norm.wrong(
    "You have taken the statistics of each image by itself. The examples of "
    "the batch share them.",
    _along((2, 3)),
)

channel_norm.wrong(
    "This is layer normalisation: each example by itself, over all its "
    "channels.",
    _along((1, 2, 3)),
)

channel_norm.wrong(
    "The channels share one mean and one variance. Each channel has its own.",
    _along((0, 1, 2, 3)),
)

channel_norm.wrong(
    "`eps` is missing: it stands under the root, next to the variance.",
    lambda x, eps: channel_norm(x, 0),
)


@channel_norm.wrong("`eps` belongs under the root, next to the variance.")
def _(x, eps):
    mean, std = (
        x.mean((0, 2, 3), keepdims=True),
        x.std((0, 2, 3), keepdims=True),
    )
    return (x - mean) / (std + eps)


channel_norm.wrong(
    "The channel axis is axis 1: x has the shape (N, C, H, W). You have kept "
    "the last axis.",
    _along((0, 1, 2)),
)


# ------------------------------------------------------------------------ 6b.10


def _use_scaled(answer, weights, x):
    return {f"matrix {i}": W for i, W in enumerate(answer(weights, x), start=1)}


@exercise(
    "6b.10",
    "Measure instead of calculate",
    use=_use_scaled,
    cases=[
        (list(_normals(4, (4, 5), (5, 6), (6, 3))), _normals(5, (7, 4))[0]),
        (list(_normals(11, (3, 2), *[(2, 2)] * 3)), _normals(12, (5, 3))[0]),
    ],
    hints=[
        "A loop over the matrices. What must be measured, and what must be "
        "handed to the next layer?",
        "If `a` has the standard deviation s, then `a / s` has 1, and "
        "dividing the matrix by s divides `a` by s.",
        "Measure `(x @ W).std()`, divide, and only then compute the ReLU of "
        "the new product for the next layer.",
    ],
    text="""
        One pass, layer by layer. The order matters: the second layer must
        be measured with the outputs of the *scaled* first one. The result
        works however large or small the weights were before, with pixels
        of a mean far from 0, and with another activation, too. With
        orthogonal matrices to start from, this is the method of Mishkin and
        Matas (2016).

        The lines at the end begin with standard deviations of 0.01, 1
        and 100. After the scaling, the outputs of all three layers have a
        standard deviation of 1.
        """,
    trial="""
        rng = np.random.default_rng(0)
        wild = [rng.normal(0, s, (64, 64)) for s in (0.01, 1, 100)]
        z = data.x_train[:200]
        for W in scale_layers(wild, z):
            assert np.isclose((z @ W).std(), 1)
            z = np.maximum(z @ W, 0)
        """,
)
def scale_layers(weights, x):
    """Return scaled copies of the matrices, so that each x @ W has std 1."""
    scaled = []
    for W in weights:
        W = W / (x @ W).std()
        x = np.maximum(x @ W, 0)
        scaled.append(W)
    return scaled


@scale_layers.wrong(
    "The next layer must get the outputs of the *scaled* matrix. You have "
    "sent on those of the old one."
)
def _(weights, x):
    scaled = []
    for W in weights:
        scaled.append(W / (x @ W).std())
        x = np.maximum(x @ W, 0)
    return scaled


@scale_layers.wrong(
    "The first layer is right, but the ReLU is missing between the layers."
)
def _(weights, x):
    scaled = []
    for W in weights:
        W = W / (x @ W).std()
        x = x @ W
        scaled.append(W)
    return scaled


@scale_layers.wrong(
    "You have divided by the variance. Dividing `a` by its *standard "
    "deviation* makes that 1."
)
def _(weights, x):
    scaled = []
    for W in weights:
        W = W / (x @ W).var()
        x = np.maximum(x @ W, 0)
        scaled.append(W)
    return scaled


@scale_layers.wrong(
    "You have made the mean square 1. The mean of `a` over a real batch need "
    "not be 0, so the standard deviation is another number."
)
def _(weights, x):
    scaled = []
    for W in weights:
        W = W / np.sqrt(np.mean((x @ W) ** 2))
        x = np.maximum(x @ W, 0)
        scaled.append(W)
    return scaled


@scale_layers.wrong(
    "Divide the whole matrix by *one* number. You have scaled each unit by "
    "itself."
)
def _(weights, x):
    scaled = []
    for W in weights:
        W = W / (x @ W).std(axis=0)
        x = np.maximum(x @ W, 0)
        scaled.append(W)
    return scaled


@scale_layers.wrong("Measure the pre-activations `x @ W`, before the ReLU.")
def _(weights, x):
    scaled = []
    for W in weights:
        W = W / np.maximum(x @ W, 0).std()
        x = np.maximum(x @ W, 0)
        scaled.append(W)
    return scaled


scale_layers.wrong(
    "These are the matrices as they came. In a loop, `W = W / s` gives the "
    "name `W` to a new matrix, but does not put that into any list.",
    lambda weights, x: weights,
)

scale_layers.wrong(
    "You have made the std of the *weights* 1. Asked is that of the "
    "pre-activations.",
    lambda weights, x: [W / W.std() for W in weights],
)


# ------------------------------------------------------------------------ 6b.11


@exercise(
    "6b.11",
    "Without the mean",
    cases=[(_X, _DY, 0.5), (_X[:2], _DY[:2], 1e-5), (_X[:1], _DY[:1], 0.1)],
    hints=[
        "Two paths lead from `x` to `y`: straight, and through the mean "
        "square.",
        "Take the rules for the product, the inverse root and the mean of "
        "squares from batch norm. There `c` stood in the place of `x`.",
        "Put together, from `dy` a multiple of `y` is subtracted: the mean "
        "of the products of `y` and `dy`. All is divided by the root.",
    ],
    text=r"""
        Straight: $dy_n/\sigma$. Through $r=1/\sigma$:
        $dr=\sum_m x_m\,dy_m$, then $dq=-\frac12 r^3\,dr$, then
        $\frac2N x_n\,dq$. Together

        $$
        dx_n=\frac1\sigma\Bigl(dy_n-\frac{y_n}{N}\sum_m y_m\,dy_m\Bigr) .
        $$

        It is (6b.7) without the term of the mean: only the stretching is
        removed from $dy$, the shift is not.
        """,
)
def scale_backward(x, dy, eps):
    """Return dx of y = x / sqrt(mean of x² + eps), for x, dy (N, D)."""
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    return (dy - y * np.mean(y * dy, axis=0)) / sigma


scale_backward.wrong(
    "Only the straight path. The mean square depends on `x`, too.",
    lambda x, dy, eps: dy / np.sqrt(np.mean(x**2, axis=0) + eps),
)


@scale_backward.wrong(
    "In the second path the factor 1/N is missing: a mean, not a sum."
)
def _(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    return (dy - y * np.sum(y * dy, axis=0)) / sigma


@scale_backward.wrong(
    "The second path is half as large as it must be: the derivative of a "
    "square has a factor 2."
)
def _(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    return (dy - y * np.mean(y * dy, axis=0) / 2) / sigma


@scale_backward.wrong(
    "The root is used by every example, so its gradient is a *sum* over the "
    "batch."
)
def _(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    return (dy - y * (y * dy) / len(x)) / sigma


@scale_backward.wrong(
    "In the second path it must be `y`, the scaled value, in both places "
    "where you have `x`."
)
def _(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    return (dy - x * np.mean(x * dy, axis=0)) / sigma


scale_backward.wrong(
    "`eps` is missing: it stands under the root, also on the way back.",
    lambda x, dy, eps: scale_backward(x, dy, 0),
)


@scale_backward.wrong(
    "This is batch norm's backward pass. Here no mean is subtracted."
)
def _(x, dy, eps):
    sigma = np.sqrt(x.var(axis=0) + eps)
    y = (x - x.mean(axis=0)) / sigma
    return (dy - dy.mean(axis=0) - y * np.mean(y * dy, axis=0)) / sigma


@scale_backward.wrong(
    "The sign of the second path: the derivative of an inverse root is "
    "negative."
)
def _(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    return (dy + y * np.mean(y * dy, axis=0)) / sigma


# ------------------------------------------------------------------------ 6b.12


def _use_fold(answer, x, W, b, gamma, beta, mean, var, eps):
    W, b = answer(W, b, gamma, beta, mean, var, eps)
    return {"W": W, "b": b, "`x @ W + b`": x @ W + b}


@exercise(
    "6b.12",
    "Fold it away",
    use=_use_fold,
    cases=[
        (
            *_normals(6, (2, 3), (3, 3), 3),
            _GAMMA,
            _BETA,
            np.array([1.0, -2.0, 0.5]),
            np.array([4.0, 0.25, 1.0]),
            0.1,
        ),
        (
            *_normals(13, (2, 4), (4, 2), 2, 2, 2, 2),
            np.array([2.0, 0.5]),
            1e-5,
        ),
    ],
    hints=[
        "Write out what both layers compute, one formula for one column, and "
        "multiply out.",
        "What stands next to `x` is the new `W`, everything else is the new "
        "`b`.",
        "Each column is multiplied by its `gamma` over the root of its "
        "variance plus `eps`. So are the old bias and the mean.",
    ],
    text=r"""
        Put the linear layer into the formula of the normalisation, and sort
        by $x$:

        $$
        y = \gamma\,\frac{xW+b-\mu}{\sigma}+\beta
        = x\,\bigl(W\tfrac\gamma\sigma\bigr)
        +(b-\mu)\tfrac\gamma\sigma+\beta .
        $$

        Column $j$ of $W$ is multiplied by $\gamma_j/\sigma_j$. This is done
        in practice when a trained network is shipped.
        """,
)
def fold(W, b, gamma, beta, mean, var, eps):
    """Return W and b of the one linear layer that does the work of both."""
    factor = gamma / np.sqrt(var + eps)  # (D,)
    return W * factor, (b - mean) * factor + beta


@fold.wrong(
    "The running mean is subtracted *before* the scaling, so it is scaled, too."
)
def _(W, b, gamma, beta, mean, var, eps):
    factor = gamma / np.sqrt(var + eps)
    return W * factor, b * factor - mean + beta


@fold.wrong(
    "The old bias `b` is lost. At test time it does count, because the "
    "running mean contains it."
)
def _(W, b, gamma, beta, mean, var, eps):
    factor = gamma / np.sqrt(var + eps)
    return W * factor, -mean * factor + beta


@fold.wrong("You have divided by the variance. Divide by its root.")
def _(W, b, gamma, beta, mean, var, eps):
    factor = gamma / (var + eps)
    return W * factor, (b - mean) * factor + beta


@fold.wrong("`eps` is missing: it stands under the root, next to `var`.")
def _(W, b, gamma, beta, mean, var, eps):
    return fold(W, b, gamma, beta, mean, var, 0)


@fold.wrong("`eps` belongs under the root, next to `var`.")
def _(W, b, gamma, beta, mean, var, eps):
    factor = gamma / (np.sqrt(var) + eps)
    return W * factor, (b - mean) * factor + beta


@fold.wrong("`gamma` is missing: it scales `W` and the bias.")
def _(W, b, gamma, beta, mean, var, eps):
    return fold(W, b, 1, beta, mean, var, eps)


@fold.wrong("`W` is right, but `beta` is missing in `b`.")
def _(W, b, gamma, beta, mean, var, eps):
    return fold(W, b, gamma, 0, mean, var, eps)


@fold.wrong("You have scaled the *rows* of `W`. Each output is a column.")
def _(W, b, gamma, beta, mean, var, eps):
    factor = gamma / np.sqrt(var + eps)
    return W * factor[:, None], (b - mean) * factor + beta


# ----------------------------------------------------------------------- 6b.lab


def _run_batch_norm(cls, batches, x, dy, momentum=None, eps=None):
    given = {"momentum": momentum, "eps": eps} if eps else {}
    norm = cls(dy.shape[1], **given)
    norm.gamma = np.linspace(0.5, 2.0, dy.shape[1])
    norm.beta = np.linspace(-1.0, 1.0, dy.shape[1])
    found = {}
    for batch in batches:
        found["`forward` in training"] = norm.forward(batch, training=True)
    found["backward"] = norm.backward(dy)
    for name in ("d_gamma", "d_beta"):
        found[f"`{name}`"] = getattr(norm, name, None)
    found["the running mean"] = norm.running_mean
    found["the running variance"] = norm.running_var
    found["`forward` at test time"] = norm.forward(x)
    found["the running mean after the test"] = norm.running_mean
    found["the running variance after the test"] = norm.running_var
    return found


@exercise(
    "6b.lab",
    "Find both bugs and repair them",
    use=_run_batch_norm,
    cases=[
        (
            list(_normals(7, (6, 3), (6, 3), (6, 3))),
            *_normals(8, (6, 3), (6, 3)),
        ),
        ([_normals(7, (6, 3))[0]], *_normals(9, (6, 3), (6, 3)), 0.25, 0.5),
    ],
    hints=[
        "Way back: which numbers of the way forward depend on `x`? He has "
        "treated one of them as a constant.",
        "Check again with random `dy`, and compare with the compact formula: "
        "one of its three terms is missing.",
        "Way forward: put in what happens for `momentum=0.1`. How much of a "
        "hundred earlier batches is left after one more?",
    ],
    text=r"""
        **Backwards** he has treated $\sigma$ as a constant: the path
        through the variance is missing. His check could not see it. The
        normalised outputs of a batch always add up to 0, so the sum of all
        outputs is $N\beta$, whatever $x$ is: its gradient is 0. His formula
        gives 0 as well, because with `dy` all ones $dy$ minus its mean
        is 0. He compared nothing with nothing. Check with *random* `dy`.

        **Forwards** the running averages use the momentum the wrong way
        round. With $m=0.1$ the last batch has the weight 0.9, and all the
        batches before it share the rest. It is a mix-up of the two
        conventions. In training you cannot see it: there the running
        averages are not used.
        """,
)
class RepairedBatchNorm:
    """Batch norm for x of shape (N, D), with both its modes."""

    def __init__(self, channels, momentum=0.1, eps=1e-5):
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean = np.zeros(channels)
        self.running_var = np.ones(channels)
        self.momentum, self.eps = momentum, eps

    def forward(self, x, training=False):
        """Return y; in training, also update the running averages."""
        mean, var = self.running_mean, self.running_var
        if training:
            m, mean, var = self.momentum, x.mean(axis=0), x.var(axis=0)
            unbiased = var * len(x) / (len(x) - 1)
            self.running_mean = (1 - m) * self.running_mean + m * mean
            self.running_var = (1 - m) * self.running_var + m * unbiased
        self.sigma = np.sqrt(var + self.eps)
        self.x_hat = (x - mean) / self.sigma
        return self.gamma * self.x_hat + self.beta

    def backward(self, dy):
        """Return dx; keep the gradients of gamma and beta."""
        self.d_beta = dy.sum(axis=0)
        self.d_gamma = np.sum(dy * self.x_hat, axis=0)
        without = dy - dy.mean(axis=0) - self.x_hat * self.d_gamma / len(dy)
        return self.gamma / self.sigma * without


@RepairedBatchNorm.starts_with(
    "Two bugs, as he wrote it. Backwards, the path through the variance is "
    "missing. Forwards, something is the wrong way round in the running "
    "averages."
)
class _BothBugs:
    def __init__(self, channels, momentum=0.1, eps=1e-5):
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean = np.zeros(channels)
        self.running_var = np.ones(channels)
        self.momentum, self.eps = momentum, eps

    def forward(self, x, training=False):
        mean, var = self.running_mean, self.running_var
        if training:
            m, mean, var = self.momentum, x.mean(axis=0), x.var(axis=0)
            unbiased = var * len(x) / (len(x) - 1)
            self.running_mean = m * self.running_mean + (1 - m) * mean
            self.running_var = m * self.running_var + (1 - m) * unbiased
        self.sigma = np.sqrt(var + self.eps)
        self.x_hat = (x - mean) / self.sigma
        return self.gamma * self.x_hat + self.beta

    def backward(self, dy):
        self.d_beta = dy.sum(axis=0)
        self.d_gamma = np.sum(dy * self.x_hat, axis=0)
        return self.gamma / self.sigma * (dy - dy.mean(axis=0))


@RepairedBatchNorm.wrong(
    "The way back is right now. But the running averages have the momentum "
    "the wrong way round: the last batch counts for nearly everything."
)
class _(RepairedBatchNorm):
    def forward(self, x, training=False):
        self.momentum = 1 - self.momentum
        y = super().forward(x, training)
        self.momentum = 1 - self.momentum
        return y


@RepairedBatchNorm.wrong(
    "The running averages are right now. Backwards, the path through the "
    "variance is still missing: the term with `x_hat` and `d_gamma`."
)
class _(RepairedBatchNorm):
    def backward(self, dy):
        super().backward(dy)
        return self.gamma / self.sigma * (dy - dy.mean(axis=0))


@RepairedBatchNorm.wrong(
    "The path through the variance is there now, but the one through the "
    "mean has got lost."
)
class _(RepairedBatchNorm):
    def backward(self, dy):
        super().backward(dy)
        without = dy - self.x_hat * self.d_gamma / len(dy)
        return self.gamma / self.sigma * without


@RepairedBatchNorm.wrong(
    "Both paths are missing, through the mean and through the variance."
)
class _(RepairedBatchNorm):
    def backward(self, dy):
        super().backward(dy)
        return self.gamma / self.sigma * dy


@RepairedBatchNorm.wrong(
    "Backwards, the path through the variance takes `d_gamma`, which is a "
    "sum over the batch. It must be the mean: divide by N."
)
class _(RepairedBatchNorm):
    def backward(self, dy):
        super().backward(dy)
        without = dy - dy.mean(axis=0) - self.x_hat * self.d_gamma
        return self.gamma / self.sigma * without


@RepairedBatchNorm.wrong(
    "The running averages hold the last batch and nothing of those before."
)
class _(RepairedBatchNorm):
    def forward(self, x, training=False):
        y = super().forward(x, training)
        if training:
            self.running_mean, self.running_var = (
                x.mean(axis=0),
                x.var(axis=0, ddof=1),
            )
        return y


@RepairedBatchNorm.wrong(
    "The running variance must take the unbiased variance, with N - 1."
)
class _(RepairedBatchNorm):
    def forward(self, x, training=False):
        old = self.running_var
        y = super().forward(x, training)
        if training:
            m = self.momentum
            self.running_var = (1 - m) * old + m * x.var(axis=0)
        return y


@RepairedBatchNorm.wrong(
    "At test time the running averages must stay as they are: only batches of "
    "the training count."
)
class _(RepairedBatchNorm):
    def forward(self, x, training=False):
        y = super().forward(x, training)
        if not training:
            super().forward(x, True)
        return y


@RepairedBatchNorm.wrong(
    "`d_gamma` and `d_beta` are sums over the batch, not means. Only the "
    "formula of `dx` divides them by N."
)
class _(RepairedBatchNorm):
    def backward(self, dy):
        dx = super().backward(dy)
        self.d_gamma, self.d_beta = self.d_gamma / len(dy), dy.mean(axis=0)
        return dx


@RepairedBatchNorm.wrong(
    "`momentum` and `eps` are chosen by whoever makes the layer: use those of "
    "`self`, not the numbers 0.1 and 1e-5."
)
class _(RepairedBatchNorm):
    def __init__(self, channels, momentum=0.1, eps=1e-5):
        super().__init__(channels)
