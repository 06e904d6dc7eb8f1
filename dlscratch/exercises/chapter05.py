"""Exercises of chapter 5, Backpropagation."""

import numpy as np

from dlscratch import functions
from dlscratch.exercises import exercise
from dlscratch.exercises._kit import Misfit
from dlscratch.gradients import numerical_gradient, relative_error
from dlscratch.layers import Linear, ReLU, Tanh

_rng = np.random.default_rng(5)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


def _run_layer(cls, x, dy, other_x=np.negative):
    layer, other = cls(), cls()
    found = {"forward(x)": layer.forward(x)}
    other.forward(other_x(x))  # must not disturb what the first remembers
    return found | {"backward(dy)": layer.backward(dy)}


# -------------------------------------------------------------------------- 5.1


@exercise(
    "5.1",
    "A bill with a coupon",
    cases=[(100.0, 2.0, 30.0, 1.1), (80.0, 5.0, 100.0, 1.08)],
    hints=[
        "Draw the graph: a product, then a difference, then a product. Walk "
        "it from the right, and write the derivative under every arrow.",
        "The last node is a product of `rest` and `tax`, so their "
        "derivatives are each other. A difference hands the derivative on to "
        "its first input, and with a minus sign to its second.",
        "`price` and `number` swap, as in the text, and both are multiplied "
        "by what has arrived at `goods`, which is `tax`.",
    ],
    text="""
        The new node is the difference: it hands on what it receives to its
        first input, and the negative of it to its second. One yen more of
        coupon saves `tax` yen, for on that yen you pay no tax either.
        """,
)
def bill_backward(price, number, coupon, tax):
    """Return all derivatives of the bill, the last node first."""
    goods = price * number
    rest = goods - coupon
    d_rest, d_tax = tax, rest
    d_goods, d_coupon = d_rest, -d_rest
    d_price, d_number = d_goods * number, d_goods * price
    return {
        "rest": d_rest,
        "tax": d_tax,
        "goods": d_goods,
        "coupon": d_coupon,
        "price": d_price,
        "number": d_number,
    }


@bill_backward.wrong("The coupon is subtracted: its local derivative is -1.")
def _(price, number, coupon, tax):
    return bill_backward(price, number, coupon, tax) | {"coupon": tax}


@bill_backward.wrong(
    "One yen more of coupon saves more than one yen: on that yen you pay no "
    "tax either."
)
def _(price, number, coupon, tax):
    return bill_backward(price, number, coupon, tax) | {"coupon": -1}


@bill_backward.wrong(
    "In a product the factors swap: the derivative by the price contains the "
    "number."
)
def _(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"price": tax * price, "number": tax * number}


@bill_backward.wrong(
    "These are local derivatives. Multiply each by what comes back from the "
    "node behind it."
)
def _(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"goods": 1, "coupon": -1, "price": number, "number": price}


@bill_backward.wrong(
    "The last node is a product: the derivative by the rest is the tax, and "
    "the one by the tax is the rest."
)
def _(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"rest": price * number - coupon, "tax": tax}


@bill_backward.wrong("The tax is taken on what is left after the coupon.")
def _(price, number, coupon, tax):
    return bill_backward(price, number, coupon, tax) | {"tax": price * number}


# -------------------------------------------------------------------------- 5.2


_memory = []  # of an answer that is wrong


def _run_pair(cls, x, y, dz):
    node, other = cls(), cls()
    z = node.forward(x, y)
    other.forward(dz, y + 7)  # must not disturb what the first remembers
    back = node.backward(dz)
    if isinstance(back, dict):  # would be unpacked into its names
        raise Misfit("`backward` returns the pair `dx, dy`")
    dx, dy = back
    return {"forward(x, y)": z, "dx": dx, "dy": dy}


@exercise(
    "5.2",
    "The division node",
    use=_run_pair,
    cases=[
        (  # not two numbers each, which are a pair themselves
            np.array([6.0, 1.0, 3.0]),
            np.array([2.0, 4.0, -2.0]),
            np.array([1.0, 3.0, 2.0]),
        ),
        (
            _random(2, 3),
            np.array([[3, -2.5, 0.4], [-0.7, 5, 1]]),
            _random(2, 3),
        ),
    ],
    hints=[
        "Two local derivatives are needed: of `x / y` by `x`, and of `x / y` "
        "by `y`. Which rule of school gives the second?",
        "`x / y` is `x` times `y` to the power of -1. The derivative of that "
        "power is minus `y` to the power of -2.",
        "`dx` is `dz` divided by `y`. `dy` has a minus sign, and `y` squared "
        "below.",
    ],
    text=r"""
        $\partial z/\partial x=1/y$, and $\partial z/\partial y=-x/y^2$.
        Both are multiplied by what comes back, $dz$.
        """,
)
class Divide:
    """The node z = x / y."""

    def forward(self, x, y):
        """Return x / y."""
        self.x, self.y = x, y
        return x / y

    def backward(self, dz):
        """Return dx and dy."""
        return dz / self.y, -dz * self.x / self.y**2


@Divide.wrong("A larger divisor makes the result smaller: the sign.")
class _(Divide):
    def backward(self, dz):
        return dz / self.y, dz * self.x / self.y**2


@Divide.wrong("This is the rule of the product.")
class _(Divide):
    def backward(self, dz):
        return dz * self.y, dz * self.x


@Divide.wrong("The derivative of `1 / y` is `-1 / y**2`, squared.")
class _(Divide):
    def backward(self, dz):
        return dz / self.y, -dz * self.x / self.y


@Divide.wrong(
    "This `dy` is right for `1 / y`. In `x / y` the factor `x` stays."
)
class _(Divide):
    def backward(self, dz):
        return dz / self.y, -dz / self.y**2


@Divide.wrong(
    "Two nodes of one graph share a memory here. What a node remembers belongs "
    "to `self`."
)
class _(Divide):
    def forward(self, x, y):
        _memory[:] = x, y
        return x / y

    def backward(self, dz):
        x, y = _memory
        return dz / y, -dz * x / y**2


@Divide.wrong(
    "These are the local derivatives. Multiply them by `dz`, which comes "
    "from behind."
)
class _(Divide):
    def backward(self, dz):
        return 1 / self.y, -self.x / self.y**2


# -------------------------------------------------------------------------- 5.3


def _run_leaky(cls, c, x, dy):
    return _run_layer(lambda: cls(c), x, dy)


@exercise(
    "5.3",
    "A leaky gate",
    use=_run_leaky,
    cases=[
        (0.1, np.array([2.0, -3.0, 0.0]), np.array([5.0, -7.0, 1.0])),
        (0.01, _random(3, 2), _random(3, 2)),
    ],
    hints=[
        "On the way forward the layer multiplies each number by 1 or by c. "
        "What is the slope, then?",
        "Decide once, in `forward`, and remember the decision. The signs of "
        "`x` count, not those of `dy`.",
        "`np.where(x > 0, 1.0, self.c)` is an array of slopes. Both methods "
        "multiply by it.",
    ],
    text="""
        The slope is 1 or $c$, decided by the sign of $x$. One array of
        slopes serves both ways: forwards it multiplies $x$, backwards `dy`.
        """,
)
class LeakyReLU:
    """The layer y = x where x is positive, and c x elsewhere."""

    def __init__(self, c=0.01):
        self.c = c

    def forward(self, x):
        """Return y."""
        self.slope = np.where(x > 0, 1.0, self.c)
        return x * self.slope

    def backward(self, dy):
        """Return dx."""
        return dy * self.slope


@LeakyReLU.wrong(
    "The gate leaks on the way back as well: the slope is c, not 0."
)
class _(LeakyReLU):
    def backward(self, dy):
        return dy * (self.slope == 1)


@LeakyReLU.wrong(
    "These are the slopes alone. Multiply them by `dy`, which comes from "
    "behind."
)
class _(LeakyReLU):
    def backward(self, dy):
        return self.slope


@LeakyReLU.wrong(
    "The sign of `x` decides, on the way forward; the sign of `dy` does not "
    "matter."
)
class _(LeakyReLU):
    def backward(self, dy):
        return np.where(dy > 0, dy, self.c * dy)


@LeakyReLU.wrong("`*=` writes into `dy`: make a new array.")
class _(LeakyReLU):
    def backward(self, dy):
        dy *= self.slope
        return dy


@LeakyReLU.wrong("At exactly 0 this book takes the lower slope, c.")
class _(LeakyReLU):
    def forward(self, x):
        self.slope = np.where(x >= 0, 1.0, self.c)
        return x * self.slope


@LeakyReLU.wrong("Use the `c` that the caller gave.")
class _(LeakyReLU):
    def __init__(self, c=0.01):
        self.c = 0.01


# -------------------------------------------------------------------------- 5.4


@exercise(
    "5.4",
    "Swish: two paths",
    use=_run_layer,
    cases=[
        (np.array([0.0, 1.0, -2.0]), np.array([1.0, 2.0, 1.0])),
        (_random(3, 4), _random(3, 4)),
    ],
    hints=[
        "x is used twice: as a factor, and inside the sigmoid. Draw the "
        "graph with its two paths.",
        "The product node sends `dy` times the sigmoid along the straight "
        "path, and `dy` times `x` into the sigmoid.",
        "The sigmoid multiplies what it receives by s (1 - s), with s its "
        "output. At x, what comes along the two paths is added.",
    ],
    text=r"""
        Along the straight path comes $dy\cdot\sigma(x)$, through the
        sigmoid $dy\cdot x\cdot\sigma(x)\bigl(1-\sigma(x)\bigr)$. They add.
        """,
)
class Swish:
    """The layer y = x sigmoid(x)."""

    def forward(self, x):
        """Return y."""
        self.x, self.gate = x, functions.sigmoid(x)
        return x * self.gate

    def backward(self, dy):
        """Return dx, the sum over two paths."""
        straight = dy * self.gate
        through_gate = dy * self.x * self.gate * (1 - self.gate)
        return straight + through_gate


@Swish.wrong("One path is missing: `x` also acts through σ(x).")
class _(Swish):
    def backward(self, dy):
        return dy * self.gate


@Swish.wrong(
    "This is the slope alone. Multiply it by `dy`, which comes from behind."
)
class _(Swish):
    def backward(self, dy):
        return super().backward(np.ones_like(dy))


@Swish.wrong("One path is missing: x is also a factor itself.")
class _(Swish):
    def backward(self, dy):
        return dy * self.x * self.gate * (1 - self.gate)


@Swish.wrong(
    "This is the slope of the sigmoid alone. The product node before it "
    "swaps: it sends `dy` times `x` there, and `dy` times σ(x) straight to "
    "`x`."
)
class _(Swish):
    def backward(self, dy):
        return dy * self.gate * (1 - self.gate)


@Swish.wrong(
    "Along one path derivatives multiply; over the two paths they add."
)
class _(Swish):
    def backward(self, dy):
        return dy * self.gate * self.gate * (1 - self.gate)


@Swish.wrong(
    "s (1 - s) needs the sigmoid's output s, not the output of the layer."
)
class _(Swish):
    def backward(self, dy):
        y = self.x * self.gate
        return dy * (self.gate + self.x * y * (1 - y))


# -------------------------------------------------------------------------- 5.5


def _run_mean(cls, x, dy):
    return _run_layer(cls, x, dy, lambda x: np.concatenate([x, x]))


@exercise(
    "5.5",
    "The mean of a batch",
    use=_run_mean,
    cases=[
        (
            np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0], [3.0, 5.0]]),
            np.array([6.0, 9.0]),
        ),
        (_random(5, 3), _random(3)),
        (_random(1, 3), _random(3)),
    ],
    hints=[
        "A mean is a sum, and then a division by N. You know the backward "
        "pass of a sum.",
        "Every row acts on the mean in the same way, so all rows of `dx` are "
        "equal. What is one of them?",
        "Divide `dy` by the number of rows, and repeat it that many times. "
        "`forward` must remember the number.",
    ],
    text=r"""
        $y_d=\frac1N\sum_n x_{nd}$, so $\partial L/\partial x_{nd}=dy_d/N$,
        the same for each row: a sum's backward pass (repeat), divided by
        $N$.
        """,
)
class Mean:
    """The node y = mean of x over axis 0, from (N, D) to (D,)."""

    def forward(self, x):
        """Return y of shape (D,)."""
        self.n = len(x)
        return x.mean(axis=0)

    def backward(self, dy):
        """Return dx of shape (N, D)."""
        return np.repeat(dy[None, :] / self.n, self.n, axis=0)


@Mean.wrong("This is the sum's backward pass: the 1/N is missing.")
class _(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :], self.n, axis=0)


@Mean.wrong("dx must have the shape of x: repeat the row N times.")
class _(Mean):
    def backward(self, dy):
        return dy / self.n


@Mean.wrong(
    "You divided by the number of columns. The mean runs over the rows."
)
class _(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] / len(dy), self.n, axis=0)


@Mean.wrong("You divided by N times D. Each mean runs over the N rows alone.")
class _(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] / (self.n * len(dy)), self.n, axis=0)


@Mean.wrong("The mean divides by N, on the way back as well.")
class _(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] * self.n, self.n, axis=0)


# -------------------------------------------------------------------------- 5.6


class _WrongTanh(Tanh):
    def backward(self, dy):
        (y,) = self.recall()
        return dy * (1 - y)


class _HalfLinear(Linear):
    def backward(self, dy):
        return super().backward(dy) / 2


@exercise(
    "5.6",
    "A judge for one layer",
    cases=lambda: [
        (
            Tanh(),
            np.array([[0.5, -1.0], [2.0, 0.1]]),
            np.array([[1.0, 2], [3, -1]]),
        ),
        (_WrongTanh(), np.array([[0.5, -1.0]]), np.array([[1e-6, 2e-6]])),
        (
            _HalfLinear(3, 2, rng=np.random.default_rng(0)),
            np.array([[1.0, -1.0, 0.5], [0.2, 2.0, -0.3]]),
            np.array([[1.0, 0.5], [-2.0, 0.3]]),
        ),
        (  # two inputs near a kink, so that the step matters
            ReLU(),
            np.array([[3e-5, -1.0], [5e-6, 2.0]]),
            np.array([[1.0, 2.0], [-3.0, 1.0]]),
        ),
    ],
    atol=1e-7,
    hints=[
        "`check_node` in the text invents a loss with a random `dy`. Here "
        "`dy` is given.",
        "The layer must remember the right x when `backward` is called: call "
        "`forward(x)` just before.",
        "`numerical_gradient` wants a function of one array that returns one "
        "number: the sum of `dy` times the layer's output. Compare the two "
        "gradients with `relative_error`.",
    ],
    text="""
        The order matters. `numerical_gradient` calls `forward` with nudged
        inputs, and the layer remembers the last one. So call `forward(x)`
        just before `backward(dy)`.
        """,
)
def input_error(layer, x, dy):
    """Return the relative error of what a layer's backward gives."""
    layer.forward(x)
    exact = layer.backward(dy)

    def total(x):
        return np.sum(dy * layer.forward(x))

    return relative_error(exact, numerical_gradient(total, x, 1e-5))


@input_error.wrong(
    "A mean difference depends on the scale: use `relative_error`."
)
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return np.abs(exact - numerical).mean()


@input_error.wrong("A difference depends on the scale: use `relative_error`.")
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return np.abs(exact - numerical).max()


@input_error.wrong(
    "The invented loss is the *sum* of `dy` times the output, not the mean."
)
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.mean(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(exact, numerical)


@input_error.wrong(
    "`numerical_gradient` wants a function that returns one number: take the "
    "sum of `dy` times the output."
)
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(lambda x: dy * layer.forward(x), x, 1e-5)
    return relative_error(exact, numerical)


@input_error.wrong(
    "Your invented loss ignores `dy`. It must be the sum of `dy` times the "
    "output."
)
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(lambda x: np.sum(layer.forward(x)), x, 1e-5)
    return relative_error(exact, numerical)


@input_error.wrong("The step is `1e-5` here: give it to `numerical_gradient`.")
def _(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(lambda x: np.sum(dy * layer.forward(x)), x)
    return relative_error(exact, numerical)


@input_error.wrong(
    "When `backward` is called, the layer remembers a *nudged* `x`: call "
    "`forward(x)` again before it."
)
def _(layer, x, dy):
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(layer.backward(dy), numerical)


@input_error.wrong("Call `forward(x)` before `backward`: it must remember `x`.")
def _(layer, x, dy):
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(exact, numerical)


# -------------------------------------------------------------------------- 5.7


@exercise(
    "5.7",
    "Softmax by itself",
    cases=[
        (
            functions.softmax(np.array([0.3, 2.9, 4.0])),
            np.array([1.0, -1.0, 0.5]),
        ),
        (np.array([0.5, 0.5]), np.array([2.0, 0.0])),
    ],
    batch=[
        (functions.softmax(_random(n, 3)), _random(n, 3)) for n in (4, 3, 1)
    ],
    hints=[
        "Every output depends on every input. The local derivatives stand in "
        "the second derivation of softmax with cross-entropy.",
        "`dx_k` is the sum over all `i` of `dy_i * y_i * ([i = k] - y_k)`. "
        "Split the sum in two: the term with `i = k`, and the rest.",
        "`dx_k` is `y_k` times the bracket `dy_k` minus the sum of all `dy_i "
        "* y_i`. The sum is one number for each row: `axis=-1, "
        "keepdims=True`.",
    ],
    text=r"""
        With $\partial y_i/\partial x_k=y_i([i=k]-y_k)$,

        $$
        \begin{aligned}
        dx_k &= \sum_i dy_i\,y_i\,([i=k]-y_k) \\
        &= y_k\Bigl(dy_k-\sum_i dy_i\,y_i\Bigr) .
        \end{aligned}
        $$

        If all $dy_i$ are equal, the bracket is 0: shifting all outputs by
        the same amount is something that softmax cannot do.
        """,
)
def softmax_backward(y, dy):
    """Return dx of y = softmax(x), from the output y and the gradient dy."""
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


softmax_backward.wrong(
    "You took only the paths from `x_k` to `y_k`. All the outputs contain "
    "`x_k`.",
    lambda y, dy: y * (1 - y) * dy,
)

softmax_backward.wrong(
    "The term with `i = k` is missing.",
    lambda y, dy: -y * np.sum(dy * y, axis=-1, keepdims=True),
)

softmax_backward.wrong(
    "In the sum, each `dy_i` is multiplied by `y_i`.",
    lambda y, dy: y * (dy - np.sum(dy, axis=-1, keepdims=True)),
)

softmax_backward.wrong(
    "Each row needs its own sum.", lambda y, dy: y * (dy - np.sum(dy * y))
)

softmax_backward.wrong(
    "Shape `(K,)` has no axis 1. The last axis is `-1`, with one or with two.",
    lambda y, dy: y * (dy - np.sum(dy * y, axis=1, keepdims=True)),
)

softmax_backward.wrong(
    "The sums have the shape `(N,)`, and stand beside columns. With "
    "`keepdims=True` they are `(N, 1)`: one for each row.",
    lambda y, dy: y * (dy - np.sum(dy * y, axis=-1)),
)


# -------------------------------------------------------------------------- 5.8


def _two_layer_case(t, *sizes):
    d, m, k = sizes
    x, b1 = _random(len(t), d), _random(m)
    x[1:2] = b1[0] = 0  # a blank image and a bias of 0: exactly at the kink
    return x, np.array(t), _random(d, m), b1, _random(m, k), _random(k)


@exercise(
    "5.8",
    "The whole way back",
    cases=[
        _two_layer_case([0, 1, 2, 0, 1, 1], 4, 5, 3),
        _two_layer_case([1, 0], 3, 4, 5),
        _two_layer_case([2], 5, 2, 4),
    ],
    hints=[
        "Go forward first, and keep `a1`, `z1` and `y`. Then go up the "
        "table, from its last row to its first: each gradient needs only "
        "what you have by then.",
        "`da2` is softmax minus one-hot, divided by N. A linear layer gives "
        "three gradients: its input's, its `W`'s and its `b`'s.",
        "`dW` is (input)ᵀ times what comes back, `db` is its sum over the "
        "rows, and the input's gradient is what comes back times Wᵀ. Between "
        "the layers stands the gate `a1 > 0`.",
    ],
    text="""
        Forwards once, keeping `a1`, `z1` and the probabilities `y`. Then
        each line uses what the lines before it have found.
        `functions.softmax` and `functions.one_hot` save a few lines.
        """,
)
def two_layer_backward(x, t, W1, b1, W2, b2):
    """Return the gradients of the mean loss, last node first."""
    a1 = x @ W1 + b1  # (N, M)
    z1 = np.maximum(a1, 0)
    y = functions.softmax(z1 @ W2 + b2)  # (N, K)

    da2 = (y - functions.one_hot(t, len(b2))) / len(t)
    back = {"da2": da2, "dW2": z1.T @ da2, "db2": da2.sum(axis=0)}
    dz1 = da2 @ W2.T
    da1 = dz1 * (a1 > 0)
    back |= {"dz1": dz1, "da1": da1, "dW1": x.T @ da1, "db1": da1.sum(axis=0)}
    return back | {"dx": da1 @ W1.T}


def _two_layers(
    x,
    t,
    W1,
    b1,
    W2,
    b2,
    *,
    n=None,
    gate="a1",
    ids=False,
    total=np.sum,
    softmax=functions.softmax,
):
    a1 = x @ W1 + b1
    z1 = np.maximum(a1, 0)
    y = softmax(z1 @ W2 + b2)
    da2 = (y - (t[:, None] if ids else np.eye(y.shape[1])[t])) / (n or len(t))
    dz1 = da2 @ W2.T
    gates = {"a1": a1 > 0, ">=": a1 >= 0, "dz1": dz1 > 0, "none": 1}
    da1 = dz1 * gates[gate]
    found = {
        "da2": da2,
        "dW2": z1.T @ da2,
        "db2": total(da2, axis=0),
        "dz1": dz1,
    }
    found |= {"da1": da1, "dW1": x.T @ da1, "db1": total(da1, axis=0)}
    return found | {"dx": da1 @ W1.T}


two_layer_backward.wrong(
    "The loss is a mean over the batch: divide by N.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, n=1),
)

two_layer_backward.wrong(
    "The mean runs over the N examples: divide by the rows of `x`.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, n=len(b1)),
)

two_layer_backward.wrong(
    "Where `a1` is exactly 0, this book's gate is closed: `a1 > 0`.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, gate=">="),
)

two_layer_backward.wrong(
    "The ReLU stands between the layers: where `a1` was not positive, "
    "nothing comes back.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, gate="none"),
)


@two_layer_backward.wrong(
    "The sign: softmax minus one-hot, not the other way round."
)
def _(x, t, W1, b1, W2, b2):
    found = two_layer_backward(x, t, W1, b1, W2, b2)
    return {key: -value for key, value in found.items()}


two_layer_backward.wrong(
    "t holds class ids. Subtract one-hot rows, not the ids themselves.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, ids=True),
)

two_layer_backward.wrong(
    "The gate looks at `a1`, the way forward, not at the gradient's sign.",
    lambda x, t, W1, b1, W2, b2: _two_layers(x, t, W1, b1, W2, b2, gate="dz1"),
)


two_layer_backward.wrong(
    "These are still scores. Softmax makes probabilities of them, and from "
    "these the one-hot rows are subtracted.",
    lambda *args: _two_layers(*args, softmax=lambda a: a),
)


@two_layer_backward.wrong("A bias is repeated for each row, so sum over rows.")
def _(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, total=np.mean)


@two_layer_backward.wrong(
    "The second layer's input is `z1`, after the ReLU, not `a1`."
)
def _(x, t, W1, b1, W2, b2):
    a1 = x @ W1 + b1
    found = two_layer_backward(x, t, W1, b1, W2, b2)
    return found | {"dW2": a1.T @ found["da2"]}


# -------------------------------------------------------------------------- 5.9


@exercise(
    "5.9",
    "A shortcut",
    cases=[
        (_random(n, d), _random(d, d), _random(d, d), _random(n, d))
        for n, d in [(5, 4), (1, 3)]
    ]
    + [(np.eye(3, 2), _random(2, 2), _random(2, 2), _random(3, 2))],
    hints=[
        "x is a branch: it goes into the first product, and straight into "
        "the sum at the end.",
        "The sum node hands `dy` on to both of its inputs, unchanged. Along "
        "the bent path it meets `W2`, the gate, and `W1`.",
        "At `x` the two paths meet: what comes through `W1` plus what comes "
        "along the shortcut.",
    ],
    text="""
        $x$ is a branch. Through the block comes `da @ W1.T`, over the
        shortcut comes `dy` itself, without any factor. Here is a remedy
        against vanishing gradients: whatever the block does to its part,
        the other part arrives whole.
        """,
)
def skip_backward(x, W1, W2, dy):
    """Return the gradients of y = relu(x W1) W2 + x, last node first."""
    a = x @ W1
    z = np.maximum(a, 0)

    dz = dy @ W2.T
    da = dz * (a > 0)
    dx = da @ W1.T + dy  # two paths
    return {"dW2": z.T @ dy, "dz": dz, "da": da, "dW1": x.T @ da, "dx": dx}


@skip_backward.wrong("The shortcut is a path, too: it brings `dy` to `x`.")
def _(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": found["dx"] - dy}


@skip_backward.wrong(
    "The shortcut's local derivative is 1. Multiplied by what comes from "
    "behind, that is `dy`."
)
def _(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": found["dx"] - dy + 1}


skip_backward.wrong(
    "Only the shortcut arrives at x: add the bent path.",
    lambda x, W1, W2, dy: skip_backward(x, W1, W2, dy) | {"dx": dy},
)


@skip_backward.wrong(
    "Backwards the shortcut carries `dy`. The `x` went through it forwards."
)
def _(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": found["dx"] - dy + x}


@skip_backward.wrong(
    "The shortcut goes around `W1`: add `dy` after the product with `W1.T`."
)
def _(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": (found["da"] + dy) @ W1.T}


@skip_backward.wrong("Where `a` is exactly 0, the gate is closed: `a > 0`.")
def _(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    da = found["dz"] * (x @ W1 >= 0)
    return found | {"da": da, "dW1": x.T @ da, "dx": da @ W1.T + dy}


@skip_backward.wrong(
    "The gate looks at a, the way forward, not at the gradient's sign."
)
def _(x, W1, W2, dy):
    dz = dy @ W2.T
    da = dz * (dz > 0)
    found = skip_backward(x, W1, W2, dy)
    return found | {"da": da, "dW1": x.T @ da, "dx": da @ W1.T + dy}


@skip_backward.wrong(
    "The shapes fit, because `W2` is square. But the rule is `dy` times `W2.T`."
)
def _(x, W1, W2, dy):
    dz = dy @ W2
    da = dz * (x @ W1 > 0)
    found = skip_backward(x, W1, W2, dy)
    return found | {"dz": dz, "da": da, "dW1": x.T @ da, "dx": da @ W1.T + dy}


# ------------------------------------------------------------------------- 5.10


@exercise(
    "5.10",
    "One matrix, used twice",
    cases=[
        (_random(4, 5), _random(5, 3)),
        (  # exactly at the kink: the first row of x with the first column of W
            np.array([[1.0, 1.0], [2.0, -1.0], [0.0, 3.0]]),
            np.array([[1.0, 0.5], [-1.0, 0.3]]),
        ),
        (_random(1, 3), _random(3, 2)),
    ],
    hints=[
        "W acts twice, so two paths lead from W to the loss. Pretend first "
        "that they are two different matrices, for the encoder and the "
        "decoder.",
        "`r = z @ W.T`: write `r_nd` as a sum over `m`, and differentiate by "
        "`W_dm`. Which product of `dr` and `z` has the shape of `W`?",
        "The decoder gives drᵀ z. Then `dz` is `dr` times `W`, the gate, and "
        "the encoder gives xᵀ da. In the end the two gradients of `W` are "
        "added.",
    ],
    text=r"""
        `W` is a branch, so its two gradients add. For the decoder,
        $r_{nd}=\sum_m z_{nm}W_{dm}$, so
        $\partial L/\partial W_{dm}=\sum_n dr_{nd}\,z_{nm}$, in matrices
        $dr^\top z$. And $dz=dr\,W$: the transpose of the transpose.
        """,
)
def tied_backward(x, W):
    """Return the gradients of the mean squared error, last first."""
    a = x @ W
    z = np.maximum(a, 0)
    r = z @ W.T

    dr = 2 * (r - x) / x.size
    dz = dr @ W
    da = dz * (a > 0)
    back = {"dr": dr, "dW decoder": dr.T @ z, "dz": dz, "da": da}
    back["dW encoder"] = x.T @ da
    return back | {"dW": back["dW decoder"] + back["dW encoder"]}


@tied_backward.wrong("W acts in the encoder, too: add both paths.")
def _(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW decoder"]}


@tied_backward.wrong("W acts in the decoder, too: add both paths.")
def _(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW encoder"]}


@tied_backward.wrong("Paths are added, not averaged.")
def _(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW"] / 2}


@tied_backward.wrong(
    "The decoder multiplies by the transpose of W, but its gradient must "
    "have the shape of W itself."
)
def _(x, W):
    found = tied_backward(x, W)
    return found | {"dW decoder": found["dW decoder"].T}


tied_backward.wrong(
    "The sign: the derivative of `(r - x)**2` by `r` contains `r - x`.",
    lambda x, W: {key: -value for key, value in tied_backward(x, W).items()},
)

tied_backward.wrong(
    "The loss is a mean over all entries of `x`: divide by their number.",
    lambda x, W: {
        key: value * x.size for key, value in tied_backward(x, W).items()
    },
)

tied_backward.wrong(
    "The derivative of a square brings a factor 2.",
    lambda x, W: {key: value / 2 for key, value in tied_backward(x, W).items()},
)


@tied_backward.wrong("Where `a` is exactly 0, the gate is closed: `a > 0`.")
def _(x, W):
    found = tied_backward(x, W)
    da = found["dz"] * (x @ W >= 0)
    encoder = x.T @ da
    found |= {"da": da, "dW encoder": encoder}
    return found | {"dW": found["dW decoder"] + encoder}


@tied_backward.wrong("The mean runs over all entries, N times D of them.")
def _(x, W):
    return {
        key: value * x.shape[1] for key, value in tied_backward(x, W).items()
    }


# ------------------------------------------------------------------------ 5.lab


@exercise(
    "5.lab",
    "Find the bug and repair it",
    use=_run_layer,
    cases=[
        (
            np.array([[1.0, -2.0], [0.0, 3.0]]),
            np.array([[1.0, 2.0], [3.0, 4.0]]),
        ),
        (_random(3, 4), _random(3, 4)),
    ],
    hints=[
        "Her ReLU is right when nobody else uses `dy`. Who does, in a "
        "network with a shortcut?",
        "`dy[...] = 0` writes into the caller's array. What is an expression "
        "that makes a new one?",
        "The second mistake sits in `forward`. Feed it an input that is "
        "exactly 0, and compare with the library.",
    ],
    text="""
        `dy[~self.mask] = 0` writes into the array that it was given. The
        add node had handed out that same array twice, so the straight way
        received a `dy` with holes. In a plain chain of layers nobody looks
        at `dy` again, and so her check could not see it. In a program, "the
        same number" and "the same array" are different things; it is the
        aliasing trap of chapter 1.

        `x >= 0` opens the gate at exactly 0. There is no derivative there,
        and this book's convention, like most libraries', is 0. It happens
        more often than you might think. With biases of 0, a blank image gives
        exactly 0 everywhere; and behind ReLUs that are all closed, a unit
        with bias 0 gets exactly 0 from any image.
        """,
)
class RepairedReLU:
    """The layer y = max(x, 0)."""

    def forward(self, x):
        """Return y."""
        self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dy):
        """Return dx."""
        return dy * self.mask  # a new array


@RepairedReLU.starts_with(
    "This is still the colleague's ReLU: its backward pass writes zeros into "
    "an array that others go on using."
)
class _Colleagues:
    def forward(self, x):
        self.mask = x >= 0
        return np.maximum(x, 0)

    def backward(self, dy):
        dy[~self.mask] = 0
        return dy


@RepairedReLU.wrong(
    "Half way: the mask is right, but `backward` still writes into `dy`."
)
class _(_Colleagues):
    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, 0)


@RepairedReLU.wrong(
    "Half way: `dy` is safe now, but at an input of exactly 0 the gate must "
    "be closed."
)
class _(_Colleagues):
    def backward(self, dy):
        return dy * self.mask


@RepairedReLU.wrong(
    "The gate depends on `x`, on the way forward. The sign of `dy` does not "
    "matter."
)
class _(RepairedReLU):
    def backward(self, dy):
        return np.maximum(dy, 0)
