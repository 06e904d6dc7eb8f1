"""Plausible wrong answers to chapter 5's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter05 as ch


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


WRONG = {
    "5.1": [
        ("first wrong node", lambda: _first_of_two_is_wrong, "goods in the result of"),
        ("right so far", lambda: _first_of_two_is_wrong, "Right so far: rest, tax."),
        ("printed", lambda: _printing_bill, "printed its result"),
        ("one missing", lambda: _bill_without_goods, "lacks goods"),
    ],
    "5.2": [
        (
            "only dx",
            lambda: _DivideOnlyX,
            "is a tuple of length 1, expected a tuple of length 2",
        ),
        ("in place", lambda: _DivideInPlace, "changes its input `dz`"),
        ("an object", lambda: ch.Divide(), "without parentheses"),
    ],
    "5.3": [
        ("scalar if", lambda: _LeakyScalarIf, "raised ValueError"),
    ],
    "5.4": [
        ("not remembered", lambda: _SwishForgetful, "AttributeError"),
        ("no return", lambda: _SwishSilent, "of Swish returned nothing"),
    ],
    "5.5": [
        ("transposed", lambda: _MeanTransposed, "transposed"),
    ],
    "5.6": [
        ("one minus", lambda: _inverted_error, "is not right"),
        ("a text", lambda: _boolean_judge, "a text"),
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
    ],
    "5.9": [
        ("in place", lambda: _overwrites_x, "changes its input `dy`"),
    ],
    "5.10": [
        ("only dW", lambda: _only_dW, "expected a dict"),
    ],
    "5.lab": [
        ("writes into x", lambda: _WritesIntoX, "changes its input `x`"),
        ("scalar if", lambda: _ScalarIf, "raised ValueError"),
    ],
}
