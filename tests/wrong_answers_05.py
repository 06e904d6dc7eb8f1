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
        ("coupon added", lambda: ch._coupon_added, "is subtracted"),
        ("not swapped", lambda: ch._not_swapped, "the factors swap"),
        ("local only", lambda: ch._local_only, "local derivatives"),
        ("tax on all", lambda: ch._tax_before_coupon, "left after the coupon"),
        ("rest for tax", lambda: ch._rest_for_tax, "by the rest is the tax"),
        ("first wrong node", lambda: _first_of_two_is_wrong, "goods in the result of"),
        ("right so far", lambda: _first_of_two_is_wrong, "Right so far: rest, tax."),
        ("printed", lambda: _printing_bill, "printed its result"),
        ("one missing", lambda: _bill_without_goods, "lacks goods"),
    ],
    "5.2": [
        ("no minus", lambda: ch._DivideNoMinus, "the sign"),
        ("product", lambda: ch._DivideSwapped, "rule of the product"),
        ("not squared", lambda: ch._DivideNotSquared, "squared"),
        ("x forgotten", lambda: ch._DivideForgotX, "the factor x stays"),
        ("without dz", lambda: ch._DivideAlone, "Multiply them by dz"),
        (
            "only dx",
            lambda: _DivideOnlyX,
            "is a tuple of length 1, expected a tuple of length 2",
        ),
        ("in place", lambda: _DivideInPlace, "changes its input `dz`"),
        ("an object", lambda: ch.Divide(), "without parentheses"),
    ],
    "5.3": [
        ("plain gate", lambda: ch._LeakyForgetful, "leaks on the way back"),
        ("sign of dy", lambda: ch._LeakyOfGradient, "sign of x decides"),
        ("in place", lambda: ch._LeakyInPlace, "changes its input `dy`"),
        ("at zero", lambda: ch._LeakyAtZero, "At exactly 0"),
        ("fixed c", lambda: ch._LeakyFixed, "that the caller gave"),
        ("scalar if", lambda: _LeakyScalarIf, "raised ValueError"),
    ],
    "5.4": [
        ("straight only", lambda: ch._SwishStraight, "acts through"),
        ("gate only", lambda: ch._SwishGate, "a factor itself"),
        ("sigmoid", lambda: ch._SwishSigmoidSlope, "sigmoid alone"),
        ("multiplied", lambda: ch._SwishProduct, "they add"),
        ("slope of y", lambda: ch._SwishSlopeOfOutput, "sigmoid's output s"),
        ("not remembered", lambda: _SwishForgetful, "AttributeError"),
        ("no return", lambda: _SwishSilent, "of Swish returned nothing"),
    ],
    "5.5": [
        ("sum", lambda: ch._MeanLikeSum, "1/N is missing"),
        ("one row", lambda: ch._MeanOneRow, "axis 0"),
        ("columns", lambda: ch._MeanByColumns, "number of columns"),
        ("of all", lambda: ch._MeanOfAll, "N times D"),
        ("times N", lambda: ch._MeanTimes, "divides by N"),
        ("transposed", lambda: _MeanTransposed, "transposed"),
    ],
    "5.6": [
        ("mean difference", lambda: ch._mean_difference, "depends on the scale"),
        ("largest difference", lambda: ch._largest_difference, "A difference depends"),
        ("mean for sum", lambda: ch._mean_for_sum, "not the mean"),
        ("no sum", lambda: ch._no_sum, "returns one number"),
        ("no dy", lambda: ch._sum_without_dy, "ignores dy"),
        ("backward last", lambda: ch._backward_last, "nudged"),
        ("no forward", lambda: ch._without_forward, "must remember x"),
        ("one minus", lambda: _inverted_error, "is not right"),
        ("a text", lambda: _boolean_judge, "a text"),
    ],
    "5.7": [
        ("diagonal", lambda: ch._diagonal_only, "All the outputs contain"),
        ("own path", lambda: ch._no_own_path, "i = k is missing"),
        ("plain sum", lambda: ch._plain_sum, "multiplied by y_i"),
        ("whole batch", lambda: ch._sum_of_all, "Each row needs its own sum"),
        ("down", lambda: _softmax_down, "wrong for a batch"),
        ("in place", lambda: _softmax_in_place, "changes its input `dy`"),
    ],
    "5.8": [
        ("not divided", lambda: ch._not_divided, "divide by N"),
        ("no gate", lambda: ch._gate_forgotten, "stands between the layers"),
        ("sign", lambda: ch._minus_too_many, "other way round"),
        ("class ids", lambda: ch._ids_subtracted, "holds class ids"),
        ("gate of dz1", lambda: ch._gate_of_gradient, "looks at a1"),
        ("mean of biases", lambda: ch._bias_mean, "sum over rows"),
        ("a1 for z1", lambda: ch._inputs_mixed_up, "after the ReLU"),
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
        ("no shortcut", lambda: ch._no_shortcut, "The shortcut is a path"),
        ("shortcut alone", lambda: ch._shortcut_alone, "add the bent path"),
        ("x for dy", lambda: ch._x_for_dy, "carries dy"),
        ("into the block", lambda: ch._shortcut_into_the_block, "goes around W1"),
        ("gate of dz", lambda: ch._skip_gate_of_gradient, "looks at a"),
        ("not transposed", lambda: ch._skip_not_transposed, "W2 is square"),
        ("in place", lambda: _overwrites_x, "changes its input `dy`"),
    ],
    "5.10": [
        ("decoder", lambda: ch._decoder_only, "acts in the encoder"),
        ("encoder", lambda: ch._encoder_only, "acts in the decoder"),
        ("mean of paths", lambda: ch._paths_averaged, "not averaged"),
        ("transposed", lambda: ch._decoder_transposed, "shape of W itself"),
        ("no two", lambda: ch._two_forgotten, "a factor 2"),
        ("not by D", lambda: ch._rows_only, "all entries"),
        ("only dW", lambda: _only_dW, "expected a dict"),
    ],
    "5.lab": [
        ("mask repaired", lambda: ch._StillOverwrites, "still writes into dy"),
        ("copy repaired", lambda: ch._StillOpenAtZero, "gate must be closed"),
        ("sign of dy", lambda: ch._GateOfTheGradient, "way forward"),
        ("writes into x", lambda: _WritesIntoX, "changes its input `x`"),
        ("scalar if", lambda: _ScalarIf, "raised ValueError"),
    ],
}
