"""Exercises of chapter 5, Backpropagation."""

import numpy as np

from dlscratch import functions
from dlscratch.exercises import Exercise, Mistake
from dlscratch.gradients import numerical_gradient, relative_error
from dlscratch.layers import Linear, Tanh


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


def _coupon_added(price, number, coupon, tax):
    return bill_backward(price, number, coupon, tax) | {"coupon": tax}


def _not_swapped(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"price": tax * price, "number": tax * number}


def _local_only(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"goods": 1, "coupon": -1, "price": number, "number": price}


def _tax_before_coupon(price, number, coupon, tax):
    return bill_backward(price, number, coupon, tax) | {"tax": price * number}


def _rest_for_tax(price, number, coupon, tax):
    found = bill_backward(price, number, coupon, tax)
    return found | {"rest": price * number - coupon, "tax": tax}


class Divide:
    """The node z = x / y."""

    def forward(self, x, y):
        """Return x / y."""
        self.x, self.y = x, y
        return x / y

    def backward(self, dz):
        """Return dx and dy."""
        return dz / self.y, -dz * self.x / self.y**2


class _DivideNoMinus(Divide):
    def backward(self, dz):
        return dz / self.y, dz * self.x / self.y**2


class _DivideSwapped(Divide):
    def backward(self, dz):
        return dz * self.y, dz * self.x


class _DivideNotSquared(Divide):
    def backward(self, dz):
        return dz / self.y, -dz * self.x / self.y


class _DivideForgotX(Divide):
    def backward(self, dz):
        return dz / self.y, -dz / self.y**2


class _DivideAlone(Divide):
    def backward(self, dz):
        return 1 / self.y, -self.x / self.y**2


def _run_pair(cls, x, y, dz):
    node = cls()
    z = node.forward(x, y)
    dx, dy = node.backward(dz)
    return {"forward(x, y)": z, "dx": dx, "dy": dy}


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


class _LeakyForgetful(LeakyReLU):
    def backward(self, dy):
        return dy * (self.slope == 1)


class _LeakyOfGradient(LeakyReLU):
    def backward(self, dy):
        return np.where(dy > 0, dy, self.c * dy)


class _LeakyInPlace(LeakyReLU):
    def backward(self, dy):
        dy *= self.slope
        return dy


class _LeakyAtZero(LeakyReLU):
    def forward(self, x):
        self.slope = np.where(x >= 0, 1.0, self.c)
        return x * self.slope


class _LeakyFixed(LeakyReLU):
    def __init__(self, c=0.01):
        self.c = 0.01


def _run_leaky(cls, c, x, dy):
    layer = cls(c)
    return {"forward(x)": layer.forward(x), "backward(dy)": layer.backward(dy)}


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


class _SwishStraight(Swish):
    def backward(self, dy):
        return dy * self.gate


class _SwishGate(Swish):
    def backward(self, dy):
        return dy * self.x * self.gate * (1 - self.gate)


class _SwishSigmoidSlope(Swish):
    def backward(self, dy):
        return dy * self.gate * (1 - self.gate)


class _SwishProduct(Swish):
    def backward(self, dy):
        return dy * self.gate * self.gate * (1 - self.gate)


class _SwishSlopeOfOutput(Swish):
    def backward(self, dy):
        y = self.x * self.gate
        return dy * (self.gate + self.x * y * (1 - y))


def _run_layer(cls, x, dy):
    layer = cls()
    return {"forward(x)": layer.forward(x), "backward(dy)": layer.backward(dy)}


class Mean:
    """The node y = mean of x over axis 0, from (N, D) to (D,)."""

    def forward(self, x):
        """Return y of shape (D,)."""
        self.n = len(x)
        return x.mean(axis=0)

    def backward(self, dy):
        """Return dx of shape (N, D)."""
        return np.repeat(dy[None, :] / self.n, self.n, axis=0)


class _MeanLikeSum(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :], self.n, axis=0)


class _MeanOneRow(Mean):
    def backward(self, dy):
        return dy / self.n


class _MeanByColumns(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] / len(dy), self.n, axis=0)


class _MeanOfAll(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] / (self.n * len(dy)), self.n, axis=0)


class _MeanTimes(Mean):
    def backward(self, dy):
        return np.repeat(dy[None, :] * self.n, self.n, axis=0)


def input_error(layer, x, dy):
    """Return the relative error of what a layer's backward gives."""
    layer.forward(x)
    exact = layer.backward(dy)

    def total(x):
        return np.sum(dy * layer.forward(x))

    return relative_error(exact, numerical_gradient(total, x, 1e-5))


def _mean_difference(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return np.abs(exact - numerical).mean()


def _largest_difference(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return np.abs(exact - numerical).max()


def _mean_for_sum(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.mean(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(exact, numerical)


def _no_sum(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(lambda x: dy * layer.forward(x), x, 1e-5)
    return relative_error(exact, numerical)


def _sum_without_dy(layer, x, dy):
    layer.forward(x)
    exact = layer.backward(dy)
    numerical = numerical_gradient(lambda x: np.sum(layer.forward(x)), x, 1e-5)
    return relative_error(exact, numerical)


def _backward_last(layer, x, dy):
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(layer.backward(dy), numerical)


def _without_forward(layer, x, dy):
    exact = layer.backward(dy)
    numerical = numerical_gradient(
        lambda x: np.sum(dy * layer.forward(x)), x, 1e-5
    )
    return relative_error(exact, numerical)


def softmax_backward(y, dy):
    """Return dx of y = softmax(x), from the output y and the gradient dy."""
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


def _diagonal_only(y, dy):
    return y * (1 - y) * dy


def _no_own_path(y, dy):
    return -y * np.sum(dy * y, axis=-1, keepdims=True)


def _plain_sum(y, dy):
    return y * (dy - np.sum(dy, axis=-1, keepdims=True))


def _sum_of_all(y, dy):
    return y * (dy - np.sum(dy * y))


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
    x, t, W1, b1, W2, b2, *, n=None, gate="a1", ids=False, total=np.sum
):
    a1 = x @ W1 + b1
    z1 = np.maximum(a1, 0)
    y = functions.softmax(z1 @ W2 + b2)
    da2 = (y - (t[:, None] if ids else np.eye(y.shape[1])[t])) / (n or len(t))
    dz1 = da2 @ W2.T
    da1 = dz1 * {"a1": a1 > 0, "dz1": dz1 > 0, "none": 1}[gate]
    found = {
        "da2": da2,
        "dW2": z1.T @ da2,
        "db2": total(da2, axis=0),
        "dz1": dz1,
    }
    found |= {"da1": da1, "dW1": x.T @ da1, "db1": total(da1, axis=0)}
    return found | {"dx": da1 @ W1.T}


def _not_divided(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, n=1)


def _gate_forgotten(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, gate="none")


def _minus_too_many(x, t, W1, b1, W2, b2):
    found = two_layer_backward(x, t, W1, b1, W2, b2)
    return {key: -value for key, value in found.items()}


def _ids_subtracted(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, ids=True)


def _gate_of_gradient(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, gate="dz1")


def _bias_mean(x, t, W1, b1, W2, b2):
    return _two_layers(x, t, W1, b1, W2, b2, total=np.mean)


def _inputs_mixed_up(x, t, W1, b1, W2, b2):
    a1 = x @ W1 + b1
    found = two_layer_backward(x, t, W1, b1, W2, b2)
    return found | {"dW2": a1.T @ found["da2"]}


def skip_backward(x, W1, W2, dy):
    """Return the gradients of y = relu(x W1) W2 + x, last node first."""
    a = x @ W1
    z = np.maximum(a, 0)

    dz = dy @ W2.T
    da = dz * (a > 0)
    dx = da @ W1.T + dy  # two paths
    return {"dW2": z.T @ dy, "dz": dz, "da": da, "dW1": x.T @ da, "dx": dx}


def _no_shortcut(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": found["dx"] - dy}


def _shortcut_alone(x, W1, W2, dy):
    return skip_backward(x, W1, W2, dy) | {"dx": dy}


def _x_for_dy(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": found["dx"] - dy + x}


def _shortcut_into_the_block(x, W1, W2, dy):
    found = skip_backward(x, W1, W2, dy)
    return found | {"dx": (found["da"] + dy) @ W1.T}


def _skip_gate_of_gradient(x, W1, W2, dy):
    dz = dy @ W2.T
    da = dz * (dz > 0)
    found = skip_backward(x, W1, W2, dy)
    return found | {"da": da, "dW1": x.T @ da, "dx": da @ W1.T + dy}


def _skip_not_transposed(x, W1, W2, dy):
    dz = dy @ W2
    da = dz * (x @ W1 > 0)
    found = skip_backward(x, W1, W2, dy)
    return found | {"dz": dz, "da": da, "dW1": x.T @ da, "dx": da @ W1.T + dy}


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


def _decoder_only(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW decoder"]}


def _encoder_only(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW encoder"]}


def _paths_averaged(x, W):
    found = tied_backward(x, W)
    return found | {"dW": found["dW"] / 2}


def _decoder_transposed(x, W):
    found = tied_backward(x, W)
    return found | {"dW decoder": found["dW decoder"].T}


def _rows_only(x, W):
    return {
        key: value * x.shape[1] for key, value in tied_backward(x, W).items()
    }


def _two_forgotten(x, W):
    return {key: value / 2 for key, value in tied_backward(x, W).items()}


class RepairedReLU:
    """The layer y = max(x, 0)."""

    def forward(self, x):
        """Return y."""
        self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dy):
        """Return dx."""
        return dy * self.mask  # a new array


class _Colleagues:
    def forward(self, x):
        self.mask = x >= 0
        return np.maximum(x, 0)

    def backward(self, dy):
        dy[~self.mask] = 0
        return dy


class _StillOverwrites(_Colleagues):
    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, 0)


class _StillOpenAtZero(_Colleagues):
    def backward(self, dy):
        return dy * self.mask


class _GateOfTheGradient(RepairedReLU):
    def backward(self, dy):
        return np.maximum(dy, 0)


_rng = np.random.default_rng(5)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


class _WrongTanh(Tanh):
    def backward(self, dy):
        (y,) = self.recall()
        return dy * (1 - y)


class _HalfLinear(Linear):
    def backward(self, dy):
        return super().backward(dy) / 2


_TWO_LAYERS = (
    _random(5, 4),
    np.array([0, 1, 2, 0, 1]),
    _random(4, 5),
    _random(5),
    _random(5, 3),
    _random(3),
)

EXERCISES = [
    Exercise(
        key="5.1",
        title="A bill with a coupon",
        reference=bill_backward,
        cases=[(100.0, 2.0, 30.0, 1.1), (80.0, 5.0, 100.0, 1.08)],
        hints=[
            "Draw the graph: a product, then a difference, then a product. "
            "Walk it from the right, and write the derivative under every "
            "arrow.",
            "The last node is a product of `rest` and `tax`, so their "
            "derivatives are each other. A difference hands the derivative on "
            "to its first input, and with a minus sign to its second.",
            "`price` and `number` swap, as in the text, and both are "
            "multiplied by what has arrived at `goods`, which is `tax`.",
        ],
        text="""
            The new node is the difference: it hands on what it receives to its
            first input, and the negative of it to its second. One yen more of
            coupon saves `tax` yen, for on that yen you pay no tax either.
            """,
        mistakes=[
            Mistake(
                _coupon_added,
                "The coupon is subtracted: its local derivative is -1.",
            ),
            Mistake(
                _not_swapped,
                "In a product the factors swap: the derivative by the price "
                "contains the number.",
            ),
            Mistake(
                _local_only,
                "These are local derivatives. Multiply each by what comes back "
                "from the node behind it.",
            ),
            Mistake(
                _rest_for_tax,
                "The last node is a product: the derivative by the rest is the "
                "tax, and the one by the tax is the rest.",
            ),
            Mistake(
                _tax_before_coupon,
                "The tax is taken on what is left after the coupon.",
            ),
        ],
    ),
    Exercise(
        key="5.2",
        title="The division node",
        reference=Divide,
        use=_run_pair,
        cases=[
            (np.array([6.0, 1.0]), np.array([2.0, 4.0]), np.array([1.0, 3.0])),
            (_random(2, 3), _random(2, 3) + 3, _random(2, 3)),
        ],
        hints=[
            "Two local derivatives are needed: of `x / y` by `x`, and of `x / "
            "y` by `y`. Which rule of school gives the second?",
            "`x / y` is `x` times `y` to the power of -1. The derivative of "
            "that power is minus `y` to the power of -2.",
            "`dx` is `dz` divided by `y`. `dy` has a minus sign, and `y` "
            "squared below.",
        ],
        text=r"""
            $\partial z/\partial x=1/y$, and $\partial z/\partial y=-x/y^2$.
            Both are multiplied by what comes back, $dz$.
            """,
        mistakes=[
            Mistake(
                _DivideNoMinus,
                "A larger divisor makes the result smaller: the sign.",
            ),
            Mistake(_DivideSwapped, "This is the rule of the product."),
            Mistake(
                _DivideNotSquared,
                "The derivative of `1 / y` is `-1 / y**2`, squared.",
            ),
            Mistake(
                _DivideForgotX,
                "This `dy` is right for `1 / y`. In `x / y` the factor `x` "
                "stays.",
            ),
            Mistake(
                _DivideAlone,
                "These are the local derivatives. Multiply them by `dz`, which "
                "comes from behind.",
            ),
        ],
    ),
    Exercise(
        key="5.3",
        title="A leaky gate",
        reference=LeakyReLU,
        use=_run_leaky,
        cases=[
            (0.1, np.array([2.0, -3.0, 0.0]), np.array([5.0, -7.0, 1.0])),
            (0.01, _random(3, 2), _random(3, 2)),
        ],
        hints=[
            "On the way forward the layer multiplies each number by 1 or by c. "
            "What is the slope, then?",
            "Decide once, in `forward`, and remember the decision. The signs "
            "of `x` count, not those of `dy`.",
            "`np.where(x > 0, 1.0, self.c)` is an array of slopes. Both "
            "methods multiply by it.",
        ],
        text="""
            The slope is 1 or $c$, decided by the sign of $x$. One array of
            slopes serves both ways: forwards it multiplies $x$, backwards `dy`.
            """,
        mistakes=[
            Mistake(
                _LeakyForgetful,
                "The gate leaks on the way back as well: the slope is c, not "
                "0.",
            ),
            Mistake(
                _LeakyOfGradient,
                "The sign of `x` decides, on the way forward; the sign of `dy` "
                "does not matter.",
            ),
            Mistake(_LeakyInPlace, "`*=` writes into `dy`: make a new array."),
            Mistake(
                _LeakyAtZero, "At exactly 0 this book takes the lower slope, c."
            ),
            Mistake(_LeakyFixed, "Use the `c` that the caller gave."),
        ],
    ),
    Exercise(
        key="5.4",
        title="Swish: two paths",
        reference=Swish,
        use=_run_layer,
        cases=[
            (np.array([0.0, 1.0, -2.0]), np.array([1.0, 1.0, 1.0])),
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
        mistakes=[
            Mistake(
                _SwishStraight,
                "One path is missing: `x` also acts through σ(x).",
            ),
            Mistake(
                _SwishGate, "One path is missing: x is also a factor itself."
            ),
            Mistake(
                _SwishSigmoidSlope,
                "This is the slope of the sigmoid alone. The product node "
                "before it swaps: it sends `dy` times `x` there, and `dy` "
                "times σ(x) straight to `x`.",
            ),
            Mistake(
                _SwishProduct,
                "Along one path derivatives multiply; over the two paths they "
                "add.",
            ),
            Mistake(
                _SwishSlopeOfOutput,
                "s (1 - s) needs the sigmoid's output s, not the output of the "
                "layer.",
            ),
        ],
    ),
    Exercise(
        key="5.5",
        title="The mean of a batch",
        reference=Mean,
        use=_run_layer,
        cases=[
            (
                np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]]),
                np.array([6.0, 9.0]),
            ),
            (_random(4, 3), _random(3)),
        ],
        hints=[
            "A mean is a sum, and then a division by N. You know the backward "
            "pass of a sum.",
            "Every row acts on the mean in the same way, so all rows of `dx` "
            "are equal. What is one of them?",
            "Divide `dy` by the number of rows, and repeat it that many times. "
            "`forward` must remember the number.",
        ],
        text=r"""
            $y_d=\frac1N\sum_n x_{nd}$, so $\partial L/\partial x_{nd}=dy_d/N$,
            the same for each row: a sum's backward pass (repeat), divided by
            $N$.
            """,
        mistakes=[
            Mistake(
                _MeanLikeSum,
                "This is the sum's backward pass: the 1/N is missing.",
            ),
            Mistake(
                _MeanOneRow,
                "dx must have the shape of x: repeat the row N times.",
            ),
            Mistake(
                _MeanByColumns,
                "You divided by the number of columns. The mean runs over the "
                "rows.",
            ),
            Mistake(
                _MeanOfAll,
                "You divided by N times D. Each mean runs over the N rows "
                "alone.",
            ),
            Mistake(
                _MeanTimes, "The mean divides by N, on the way back as well."
            ),
        ],
    ),
    Exercise(
        key="5.6",
        title="A judge for one layer",
        reference=input_error,
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
        ],
        atol=1e-7,
        hints=[
            "`check_node` in the text invents a loss with a random `dy`. Here "
            "`dy` is given.",
            "The layer must remember the right x when `backward` is called: "
            "call `forward(x)` just before.",
            "`numerical_gradient` wants a function of one array that returns "
            "one number: the sum of `dy` times the layer's output. Compare the "
            "two gradients with `relative_error`.",
        ],
        text="""
            The order matters. `numerical_gradient` calls `forward` with nudged
            inputs, and the layer remembers the last one. So call `forward(x)`
            just before `backward(dy)`.
            """,
        mistakes=[
            Mistake(
                _mean_difference,
                "A mean difference depends on the scale: use `relative_error`.",
            ),
            Mistake(
                _largest_difference,
                "A difference depends on the scale: use `relative_error`.",
            ),
            Mistake(
                _mean_for_sum,
                "The invented loss is the *sum* of `dy` times the output, not "
                "the mean.",
            ),
            Mistake(
                _no_sum,
                "`numerical_gradient` wants a function that returns one "
                "number: take the sum of `dy` times the output.",
            ),
            Mistake(
                _sum_without_dy,
                "Your invented loss ignores `dy`. It must be the sum of `dy` "
                "times the output.",
            ),
            Mistake(
                _backward_last,
                "When `backward` is called, the layer remembers a *nudged* "
                "`x`: call `forward(x)` again before it.",
            ),
            Mistake(
                _without_forward,
                "Call `forward(x)` before `backward`: it must remember `x`.",
            ),
        ],
    ),
    Exercise(
        key="5.7",
        title="Softmax by itself",
        reference=softmax_backward,
        cases=[
            (
                functions.softmax(np.array([0.3, 2.9, 4.0])),
                np.array([1.0, -1.0, 0.5]),
            ),
            (np.array([0.5, 0.5]), np.array([2.0, 0.0])),
        ],
        batch=[(functions.softmax(_random(4, 3)), _random(4, 3))],
        hints=[
            "Every output depends on every input. The local derivatives stand "
            "in the second derivation of softmax with cross-entropy.",
            "`dx_k` is the sum over all `i` of `dy_i * y_i * ([i = k] - y_k)`. "
            "Split the sum in two: the term with `i = k`, and the rest.",
            "`dx_k` is `y_k` times the bracket `dy_k` minus the sum of all "
            "`dy_i * y_i`. The sum is one number for each row: `axis=-1, "
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
        mistakes=[
            Mistake(
                _diagonal_only,
                "You took only the paths from `x_k` to `y_k`. All the outputs "
                "contain `x_k`.",
            ),
            Mistake(_no_own_path, "The term with `i = k` is missing."),
            Mistake(
                _plain_sum, "In the sum, each `dy_i` is multiplied by `y_i`."
            ),
            Mistake(_sum_of_all, "Each row needs its own sum."),
        ],
    ),
    Exercise(
        key="5.8",
        title="The whole way back",
        reference=two_layer_backward,
        cases=[_TWO_LAYERS],
        hints=[
            "Go forward first, and keep `a1`, `z1` and `y`. Then go up the "
            "table, from its last row to its first: each gradient needs only "
            "what you have by then.",
            "`da2` is softmax minus one-hot, divided by N. A linear layer "
            "gives three gradients: its input's, its `W`'s and its `b`'s.",
            "`dW` is (input)ᵀ times what comes back, `db` is its sum over the "
            "rows, and the input's gradient is what comes back times Wᵀ. "
            "Between the layers stands the gate `a1 > 0`.",
        ],
        text="""
            Forwards once, keeping `a1`, `z1` and the probabilities `y`. Then
            each line uses what the lines before it have found.
            `functions.softmax` and `functions.one_hot` save a few lines.
            """,
        mistakes=[
            Mistake(
                _not_divided, "The loss is a mean over the batch: divide by N."
            ),
            Mistake(
                _gate_forgotten,
                "The ReLU stands between the layers: where `a1` was not "
                "positive, nothing comes back.",
            ),
            Mistake(
                _minus_too_many,
                "The sign: softmax minus one-hot, not the other way round.",
            ),
            Mistake(
                _ids_subtracted,
                "t holds class ids. Subtract one-hot rows, not the ids "
                "themselves.",
            ),
            Mistake(
                _gate_of_gradient,
                "The gate looks at `a1`, the way forward, not at the "
                "gradient's sign.",
            ),
            Mistake(
                _bias_mean, "A bias is repeated for each row, so sum over rows."
            ),
            Mistake(
                _inputs_mixed_up,
                "The second layer's input is `z1`, after the ReLU, not `a1`.",
            ),
        ],
    ),
    Exercise(
        key="5.9",
        title="A shortcut",
        reference=skip_backward,
        cases=[(_random(5, 4), _random(4, 4), _random(4, 4), _random(5, 4))],
        hints=[
            "x is a branch: it goes into the first product, and straight into "
            "the sum at the end.",
            "The sum node hands `dy` on to both of its inputs, unchanged. "
            "Along the bent path it meets `W2`, the gate, and `W1`.",
            "At `x` the two paths meet: what comes through `W1` plus what "
            "comes along the shortcut.",
        ],
        text="""
            $x$ is a branch. Through the block comes `da @ W1.T`, over the
            shortcut comes `dy` itself, without any factor. Here is the remedy
            against vanishing gradients: whatever the block does to its part,
            the other part arrives whole.
            """,
        mistakes=[
            Mistake(
                _no_shortcut,
                "The shortcut is a path, too: it brings `dy` to `x`.",
            ),
            Mistake(
                _shortcut_alone,
                "Only the shortcut arrives at x: add the bent path.",
            ),
            Mistake(
                _x_for_dy,
                "Backwards the shortcut carries `dy`. The `x` went through it "
                "forwards.",
            ),
            Mistake(
                _shortcut_into_the_block,
                "The shortcut goes around `W1`: add `dy` after the product "
                "with `W1.T`.",
            ),
            Mistake(
                _skip_gate_of_gradient,
                "The gate looks at a, the way forward, not at the gradient's "
                "sign.",
            ),
            Mistake(
                _skip_not_transposed,
                "The shapes fit, because `W2` is square. But the rule is `dy` "
                "times `W2.T`.",
            ),
        ],
    ),
    Exercise(
        key="5.10",
        title="One matrix, used twice",
        reference=tied_backward,
        cases=[(_random(4, 5), _random(5, 3))],
        hints=[
            "W acts twice, so two paths lead from W to the loss. Pretend first "
            "that they are two different matrices, for the encoder and the "
            "decoder.",
            "`r = z @ W.T`: write `r_nd` as a sum over `m`, and differentiate "
            "by `W_dm`. Which product of `dr` and `z` has the shape of `W`?",
            "The decoder gives drᵀ z. Then `dz` is `dr` times `W`, the gate, "
            "and the encoder gives xᵀ da. In the end the two gradients of `W` "
            "are added.",
        ],
        text=r"""
            `W` is a branch, so its two gradients add. For the decoder,
            $r_{nd}=\sum_m z_{nm}W_{dm}$, so
            $\partial L/\partial W_{dm}=\sum_n dr_{nd}\,z_{nm}$, in matrices
            $dr^\top z$. And $dz=dr\,W$: the transpose of the transpose.
            """,
        mistakes=[
            Mistake(
                _decoder_only, "W acts in the encoder, too: add both paths."
            ),
            Mistake(
                _encoder_only, "W acts in the decoder, too: add both paths."
            ),
            Mistake(_paths_averaged, "Paths are added, not averaged."),
            Mistake(
                _decoder_transposed,
                "The decoder multiplies by the transpose of W, but its "
                "gradient must have the shape of W itself.",
            ),
            Mistake(
                _two_forgotten, "The derivative of a square brings a factor 2."
            ),
            Mistake(
                _rows_only, "The mean runs over all entries, N times D of them."
            ),
        ],
    ),
    Exercise(
        key="5.lab",
        title="Find the bug and repair it",
        reference=RepairedReLU,
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
            "`dy[...] = 0` writes into the caller's array. What is an "
            "expression that makes a new one?",
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
            more often than you might think: a blank image, a bias of 0, or a
            unit with bias 0 behind ReLUs that are all closed gives exactly 0.
            """,
        mistakes=[
            Mistake(
                _Colleagues,
                "This is still the colleague's ReLU: its backward pass writes "
                "zeros into an array that others go on using.",
            ),
            Mistake(
                _StillOverwrites,
                "Half way: the mask is right, but `backward` still writes into "
                "`dy`.",
            ),
            Mistake(
                _StillOpenAtZero,
                "Half way: `dy` is safe now, but at an input of exactly 0 the "
                "gate must be closed.",
            ),
            Mistake(
                _GateOfTheGradient,
                "The gate depends on `x`, on the way forward. The sign of `dy` "
                "does not matter.",
            ),
        ],
        start=_Colleagues,
    ),
]
