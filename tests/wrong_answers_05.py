"""Answers to chapter 5's exercises: wrong ones, with what is said, and right ones."""

import numpy as np

from dlscratch import layers
from dlscratch.exercises import chapter05 as ch
from dlscratch.functions import sigmoid, softmax
from dlscratch.gradients import numerical_gradient, relative_error


def _bill_coupon_saves_one(price, number, coupon, tax):
    return ch.bill_backward(price, number, coupon, tax) | {"coupon": -1}


class _DivideOnlyXNoPair(ch.Divide):
    def backward(self, dz):
        return dz / self.y


class _DivideNamed(ch.Divide):
    def backward(self, dz):
        dx, dy = super().backward(dz)
        return {"dx": dx, "dy": dy}


class _SwishBothPaths(ch.Swish):
    def backward(self, dy):
        return [dy * self.gate, dy * self.x * self.gate * (1 - self.gate)]


def _verdict(layer, x, dy):
    return ch.input_error(layer, x, dy) < 1e-7


def _forgot_return(*args):
    sum(1 for _ in args)


def _printing_bill(price, number, coupon, tax):
    print(ch.bill_backward(price, number, coupon, tax))


def _bill_without_goods(price, number, coupon, tax):
    found = ch.bill_backward(price, number, coupon, tax)
    return {key: value for key, value in found.items() if key != "goods"}


def _first_of_two_is_wrong(price, number, coupon, tax):
    found = ch.bill_backward(price, number, coupon, tax)
    return found | {"goods": -tax, "price": -tax * number, "number": -tax * price}


class _DivideOnlyX(ch.Divide):
    def backward(self, dz):
        return (dz / self.y,)


class _DivideInPlace(ch.Divide):
    def backward(self, dz):
        dx = dz / self.y
        dz *= -self.x / self.y**2
        return dx, dz


class _LeakyScalarIf(ch.LeakyReLU):
    def forward(self, x):
        self.slope = 1.0 if x > 0 else self.c
        return x * self.slope


class _SwishForgetful:
    def forward(self, x):
        return x * ch.sigmoid(x)

    def backward(self, dy):
        return dy * self.gate


class _SwishSilent(ch.Swish):
    def backward(self, dy):
        dy * self.gate


class _MeanTransposed(ch.Mean):
    def backward(self, dy):
        return super().backward(dy).T


def _inverted_error(layer, x, dy):
    return 1 - ch.input_error(layer, x, dy)


def _boolean_judge(layer, x, dy):
    return str(ch.input_error(layer, x, dy) < 1e-7)


def _softmax_in_place(y, dy):
    dy -= np.sum(dy * y, axis=-1, keepdims=True)
    return y * dy


def _softmax_down(y, dy):
    return y * (dy - np.sum(dy * y, axis=0))


def _transposed_weights(x, t, W1, b1, W2, b2):
    found = ch.two_layer_backward(x, t, W1, b1, W2, b2)
    return found | {"dW2": found["dW2"].T, "dW1": found["dW1"].T}


def _late_mistake(x, t, W1, b1, W2, b2):
    found = ch.two_layer_backward(x, t, W1, b1, W2, b2)
    return found | {"da1": found["dz1"], "dW1": x.T @ found["dz1"], "dx": 0 * x[0]}


def _overwrites_x(x, W1, W2, dy):
    found = ch.skip_backward(x, W1, W2, dy)
    dy += found["da"] @ W1.T
    return found | {"dx": dy}


def _only_dW(x, W):
    return ch.tied_backward(x, W)["dW"]


class _WritesIntoX(ch.RepairedReLU):
    def forward(self, x):
        self.mask = x > 0
        x[x < 0] = 0
        return x


class _ScalarIf:
    def forward(self, x):
        self.x = x
        return x if x > 0 else 0

    def backward(self, dy):
        return dy if self.x > 0 else 0


class _DivideAbsolute(ch.Divide):
    def backward(self, dz):
        return dz / abs(self.y), -dz * self.x / self.y**2


class _DivideBackwards(ch.Divide):
    def backward(self, dz):
        return super().backward(dz)[::-1]


class _SharedLeaky(ch.LeakyReLU):
    def forward(self, x):
        type(self).slope = np.where(x > 0, 1.0, self.c)
        return x * self.slope


class _SharedSwish(ch.Swish):
    def forward(self, x):
        cls = type(self)
        cls.x, cls.gate = x, sigmoid(x)
        return x * self.gate


class _SharedMean(ch.Mean):
    def forward(self, x):
        type(self).n = len(x)
        return x.mean(axis=0)


class _SharedReLU(ch.RepairedReLU):
    def forward(self, x):
        type(self).mask = x > 0
        return np.maximum(x, 0)


class _LeakyMaximum(ch.LeakyReLU):
    def backward(self, dy):
        return np.maximum(dy, self.c * dy)


class _MeanSqueezed(ch.Mean):
    def backward(self, dy):
        return np.squeeze(super().backward(dy))


class _MeanLessOne(ch.Mean):
    def backward(self, dy):
        return super().backward(dy) * self.n / max(self.n - 1, 1)


def _judge(h=1e-5, forwards=False, scale=None):
    """Return a judge with a step, one-sided or with a scale of its own."""

    def input_error(layer, x, dy):
        def total(x):
            return np.sum(dy * layer.forward(x))

        numerical = numerical_gradient(total, x, h)
        if forwards:
            start = total(x)
            for i in np.ndindex(x.shape):
                nudged = x.copy()
                nudged[i] += h
                numerical[i] = (total(nudged) - start) / h
        layer.forward(x)
        exact = layer.backward(dy)
        if scale is None:
            return relative_error(exact, numerical)
        difference = np.linalg.norm(exact - numerical)
        return difference / np.linalg.norm([exact, numerical][scale])

    return input_error


def _squeezed(exercise):
    def answer(*args):
        return {k: np.squeeze(v) for k, v in exercise(*args).items()}

    return answer


def _softmax_of_everything(x, t, W1, b1, W2, b2):
    a = np.maximum(x @ W1 + b1, 0) @ W2 + b2
    da2 = (np.exp(a) / np.exp(a).sum() - np.eye(len(b2))[t]) / len(t)
    return ch.two_layer_backward(x, t, W1, b1, W2, b2) | {"da2": da2}


def _classes_seen(x, t, W1, b1, W2, b2):
    a1 = x @ W1 + b1
    y = softmax(np.maximum(a1, 0) @ W2 + b2)
    da2 = (y - np.eye(t.max() + 1)[t]) / len(t)
    return ch.two_layer_backward(x, t, W1, b1, W2, b2) | {"da2": da2}


def _without_b1(x, t, W1, b1, W2, b2):
    return ch.two_layer_backward(x, t, W1, 0 * b1, W2, b2)


# ---------------------------------------------------------------- right answers


def _differentiated_bill(price, number, coupon, tax):
    def total(v):
        return (v[0] * v[1] - v[2]) * v[3]

    found = numerical_gradient(total, [price, number, coupon, tax])
    names = ("price", "number", "coupon", "tax")
    return dict(zip(names, found, strict=True)) | {"goods": tax, "rest": tax}


class _DivideByResult:
    def forward(self, a, b):
        self.ratio, self.b = np.divide(a, b), np.copy(b)
        return self.ratio

    def backward(self, d):
        return [d / self.b, -d * self.ratio / self.b]


class _DivideByPowers(ch.Divide):
    def backward(self, dz):
        return np.stack([dz * self.y**-1.0, -dz * self.x * self.y**-2.0])


class _LeakyOfTwoParts:
    def __init__(self, c=0.01):
        self.leak = c

    def forward(self, x):
        self.positive = x > 0
        return np.maximum(x, 0) + self.leak * np.minimum(x, 0)

    def backward(self, dy):
        return dy * self.positive + self.leak * dy * ~self.positive


class _LeakyOnACopy:
    def __init__(self, c=0.01):
        self.c = c

    def forward(self, x):
        self.x = x
        return self.backward(x)

    def backward(self, dy):
        dx = dy.copy()
        dx[self.x <= 0] *= self.c
        return dx


class _SwishByOutput:
    def forward(self, x):
        self.s = (1 + np.tanh(x / 2)) / 2
        self.y = x * self.s
        return self.y

    def backward(self, dy):
        return dy * (self.y + self.s * (1 - self.y))


class _SwishOfLayers:
    def __init__(self):
        self.sigmoid = layers.Sigmoid()

    def forward(self, x):
        self.x, self.s = x, self.sigmoid.forward(x)
        return x * self.s

    def backward(self, dy):
        return dy * self.s + self.sigmoid.backward(dy * self.x)


class _SwishByDifferences:
    def forward(self, x):
        self.x = x
        return x * sigmoid(x)

    def backward(self, dy):
        h, x = 1e-6, self.x
        return (
            dy * (_SwishByDifferences().forward(x + h) - self.forward(x - h)) / (2 * h)
        )


class _MeanBroadcast:
    def forward(self, x):
        self.shape = x.shape
        return sum(x) / self.shape[0]

    def backward(self, dy):
        return np.broadcast_to(dy / self.shape[0], self.shape)


class _MeanAsAMatrix:
    def forward(self, x):
        self.weights = np.full(len(x), 1 / len(x))
        return self.weights @ x

    def backward(self, dy):
        return np.outer(self.weights, dy)


class _MeanOfRows(ch.Mean):
    def backward(self, dy):
        return np.array([dy / self.n for _ in range(self.n)])


def _judge_with_a_loop(layer, x, dy):
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-5
        up, down = layer.forward(x + step), layer.forward(x - step)
        slopes[i] = np.vdot(dy, up - down) / 2e-5
    layer.forward(x)
    dx = layer.backward(dy)
    longer = max(np.linalg.norm(dx), np.linalg.norm(slopes))
    return np.array(np.linalg.norm(dx - slopes) / longer)


def _softmax_by_rows(y, dy):
    if y.ndim == 2:
        return np.array([_softmax_by_rows(a, b) for a, b in zip(y, dy, strict=True)])
    return y * (dy - dy @ y)


def _softmax_by_matrix(y, dy):
    local = y[..., None] * (np.eye(y.shape[-1]) - y[..., None, :])
    return np.einsum("...i,...ik->...k", dy, local)


def _softmax_turned(y, dy):
    return (y.T * (dy.T - np.sum(y * dy, axis=-1))).T


def _reversed(exercise):
    return lambda *args: dict(reversed(exercise(*args).items()))


def _two_layers_in_other_words(x, t, W1, b1, W2, b2):
    n, a1 = len(x), np.matmul(x, W1) + b1
    z1 = a1.clip(0)
    scores = np.exp(z1 @ W2 + b2)
    da2 = scores / scores.sum(1, keepdims=True)
    da2[range(n), t] -= 1
    da2 /= n
    dz1 = np.einsum("nk,mk->nm", da2, W2)
    da1 = dz1.copy()
    da1[z1 == 0] = 0
    return {
        "dx": (W1 @ da1.T).T,
        "dW1": (da1.T @ x).T,
        "db1": sum(da1),
        "dW2": np.einsum("nm,nk->mk", z1, da2),
        "db2": np.ones(n) @ da2,
        **{"da1": da1, "dz1": dz1, "da2": da2},
    }


def _one_example_at_a_time(x, t, W1, b1, W2, b2):
    rest = W1, b1, W2, b2
    parts = [
        ch.two_layer_backward(x[i : i + 1], t[i : i + 1], *rest) for i in range(len(x))
    ]
    rows = {"da2", "dz1", "da1", "dx"}
    return {
        key: (np.concatenate if key in rows else sum)([p[key] for p in parts]) / len(x)
        for key in parts[0]
    }


def _shortcut_step_by_step(x, W1, W2, dy):
    found = ch.skip_backward(x, W1, W2, dy)
    dx = dy.copy()
    dx += found["da"] @ W1.T
    return found | {"dx": dx, "da": found["dz"] * np.heaviside(x @ W1, 0)}


def _tied_by_einsum(x, W):
    z = np.maximum(x @ W, 0)
    dr = 2 * (z @ W.T - x) / np.prod(x.shape)
    da = np.where(z > 0, dr @ W, 0)
    parts = [np.einsum("nd,nm->dm", *pair) for pair in [(dr, z), (x, da)]]
    found = {"dW": sum(parts), "dW decoder": parts[0], "dW encoder": parts[1]}
    return found | {"dr": dr, "dz": dr @ W, "da": da}


class _ReLUByOutput:
    def forward(self, x):
        self.y = x.clip(0)
        return self.y

    def backward(self, dy):
        return np.multiply(dy, np.sign(self.y))


class _ReLUOnACopy:
    def forward(self, x):
        self.closed = x <= 0
        return np.where(self.closed, 0, x)

    def backward(self, dy):
        dx = np.array(dy)
        dx[self.closed] = 0
        return dx


WRONG = {
    "5.1": [
        ("first wrong node", lambda: _first_of_two_is_wrong, "goods in the result of"),
        ("right so far", lambda: _first_of_two_is_wrong, "Right so far: rest, tax."),
        ("printed", lambda: _printing_bill, "printed its result"),
        ("one missing", lambda: _bill_without_goods, "lacks goods"),
        ("saves one", lambda: _bill_coupon_saves_one, "perhaps the decimals"),
    ],
    "5.2": [
        (
            "only dx",
            lambda: _DivideOnlyX,
            "is a tuple of length 1, expected a tuple of length 2",
        ),
        ("dx, no pair", lambda: _DivideOnlyXNoPair, "expected a tuple of length 2"),
        ("a dict", lambda: _DivideNamed, "is a dict of length 2"),
        ("in place", lambda: _DivideInPlace, "changes its input `dz`"),
        ("an object", lambda: ch.Divide(), "without parentheses"),
        ("absolute", lambda: _DivideAbsolute, "`dx` of `Divide` is not right"),
        ("dy, dx", lambda: _DivideBackwards, "`dx` of `Divide` is not right"),
    ],
    "5.3": [
        ("scalar if", lambda: _LeakyScalarIf, "raised ValueError"),
        ("shared memory", lambda: _SharedLeaky, "`backward(dy)` of"),
        ("maximum", lambda: _LeakyMaximum, "the sign of `dy` does not matter"),
    ],
    "5.4": [
        ("not remembered", lambda: _SwishForgetful, "AttributeError"),
        ("both paths", lambda: _SwishBothPaths, "a list of length 2"),
        ("no return", lambda: _SwishSilent, "of Swish returned nothing"),
        ("shared memory", lambda: _SharedSwish, "`backward(dy)` of"),
    ],
    "5.5": [
        ("transposed", lambda: _MeanTransposed, "transposed"),
        ("shared memory", lambda: _SharedMean, "has length 8 instead of 4"),
        ("squeezed", lambda: _MeanSqueezed, "axis 0 (of length 1) is missing"),
        ("N - 1", lambda: _MeanLessOne, "yours: 2 Right so far: forward(x)."),
    ],
    "5.6": [
        ("one minus", lambda: _inverted_error, "is not right"),
        ("a text", lambda: _boolean_judge, "a text"),
        ("a verdict", lambda: _verdict, "True or False, not a number"),
        ("a larger step", lambda: _judge(h=1e-4), "The step is 1e-5"),
        ("a smaller step", lambda: _judge(h=1e-6), "ReLU"),
        ("one-sided", lambda: _judge(forwards=True), "is not right"),
        ("by the exact one", lambda: _judge(scale=0), "is not right"),
        ("by the other one", lambda: _judge(scale=1), "is not right"),
    ],
    "5.7": [
        ("down", lambda: _softmax_down, "wrong for a batch"),
        ("in place", lambda: _softmax_in_place, "changes its input `dy`"),
    ],
    "5.8": [
        ("transposed", lambda: _transposed_weights, "is an array of shape (3, 5)"),
        ("first of three", lambda: _late_mistake, "da1 in the result of"),
        (
            "right so far",
            lambda: _late_mistake,
            "Right so far: da2, dW2, db2, dz1.",
        ),
        ("forgot return", lambda: _forgot_return, "return"),
        ("squeezed", lambda: _squeezed(ch.two_layer_backward), "(of length 1)"),
        ("softmax of all", lambda: _softmax_of_everything, "`da2` in the result"),
        ("classes seen", lambda: _classes_seen, "could not be broadcast"),
        ("no b1", lambda: _without_b1, "`da2` in the result"),
    ],
    "5.9": [
        ("in place", lambda: _overwrites_x, "changes its input `dy`"),
        ("squeezed", lambda: _squeezed(ch.skip_backward), "(of length 1)"),
    ],
    "5.10": [
        ("only dW", lambda: _only_dW, "expected a dict"),
        ("squeezed", lambda: _squeezed(ch.tied_backward), "(of length 1)"),
    ],
    "5.lab": [
        ("writes into x", lambda: _WritesIntoX, "changes its input `x`"),
        ("scalar if", lambda: _ScalarIf, "raised ValueError"),
        ("shared memory", lambda: _SharedReLU, "`backward(dy)` of"),
    ],
}

RIGHT = {
    "5.1": [
        ("another order", lambda: _reversed(ch.bill_backward)),
        ("by differences", lambda: _differentiated_bill),
    ],
    "5.2": [
        ("by the result, as a list", lambda: _DivideByResult),
        ("powers, as an array", lambda: _DivideByPowers),
    ],
    "5.3": [
        ("two parts", lambda: _LeakyOfTwoParts),
        ("on a copy", lambda: _LeakyOnACopy),
    ],
    "5.4": [
        ("by the output", lambda: _SwishByOutput),
        ("with a layer inside", lambda: _SwishOfLayers),
        ("by differences", lambda: _SwishByDifferences),
    ],
    "5.5": [
        ("broadcast", lambda: _MeanBroadcast),
        ("as a matrix", lambda: _MeanAsAMatrix),
        ("a list of rows", lambda: _MeanOfRows),
    ],
    "5.6": [
        ("differences first", lambda: _judge()),
        ("a loop of its own", lambda: _judge_with_a_loop),
    ],
    "5.7": [
        ("row by row", lambda: _softmax_by_rows),
        ("the matrix", lambda: _softmax_by_matrix),
        ("turned twice", lambda: _softmax_turned),
    ],
    "5.8": [
        ("another order", lambda: _reversed(ch.two_layer_backward)),
        ("in other words", lambda: _two_layers_in_other_words),
        ("one by one", lambda: _one_example_at_a_time),
    ],
    "5.9": [
        ("another order", lambda: _reversed(ch.skip_backward)),
        ("step by step", lambda: _shortcut_step_by_step),
    ],
    "5.10": [
        ("another order", lambda: _reversed(ch.tied_backward)),
        ("einsum", lambda: _tied_by_einsum),
    ],
    "5.lab": [
        ("by the output", lambda: _ReLUByOutput),
        ("on a copy", lambda: _ReLUOnACopy),
    ],
}
