"""Plausible wrong answers to the exercises of chapter 8a, and what must be said."""

from dlscratch import functions
from dlscratch.exercises import chapter08a as ex


def _multiplied(scores):
    return functions.softmax(scores).prod(axis=0).argmax(axis=1)


def _biases_of_one_layer(C, size):
    return (size * size - 9 * (size // 2)) * C * C


def _forgot_return(size):
    ex.layers_for(size)


WRONG = {
    "8a.lab": [
        ("twice the body", lambda: ex._TwiceTheBody, "twice"),
        ("shortcut only", lambda: ex._OnlyTheShortcut, "only the path past"),
        ("x added", lambda: ex._InputInstead, "You added `x` itself"),
        ("mean", lambda: ex._MeanOfBoth, "not averaged"),
        ("each layer", lambda: ex._AfterEachLayer, "past the whole body"),
    ],
    "8a.1": [
        ("three pixels", lambda: ex._layers_of_three, "adds 2 pixels"),
        ("rounded down", lambda: ex._layers_down, "rounded down"),
        ("one more", lambda: ex._layers_one_more, "one layer more"),
        ("not rounded", lambda: ex._layers_not_rounded, "no half layer"),
        ("one side", lambda: ex._layers_side, "both"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "8a.2": [
        ("one bias", lambda: _biases_of_one_layer, "of one layer only"),
        ("no biases", lambda: ex._saving_no_bias, "biases are missing"),
        ("backwards", lambda: ex._saving_backwards, "turned round"),
        ("one slice", lambda: ex._saving_one_slice, "not C"),
        ("share", lambda: ex._saving_share, "share that is saved"),
        ("stack", lambda: ex._saving_stack, "what the stack costs"),
        ("layers", lambda: ex._saving_layers, "number of layers"),
    ],
    "8a.3": [
        ("worst", lambda: ex._top_worst, "sorts upwards"),
        ("accuracy", lambda: ex._top_accuracy, "fraction that is right"),
        ("one", lambda: ex._top_one, "only at the best guess"),
        ("counted", lambda: ex._top_counted, "how many are wrong"),
        ("percent", lambda: ex._top_percent, "in percent"),
        ("k-th only", lambda: ex._top_kth_only, "k-th best"),
        ("without any", lambda: ex._top_without_any, "np.any"),
    ],
    "8a.4": [
        ("product", lambda: _multiplied, "multiplied probabilities"),
        ("scores", lambda: ex._ensemble_scores, "Averaged scores"),
        ("votes", lambda: ex._ensemble_votes, "one vote"),
        ("ids", lambda: ex._ensemble_ids, "numbers of the classes"),
        ("probabilities", lambda: ex._ensemble_probabilities, "mean probabilities"),
        ("axis", lambda: ex._ensemble_axis, "over the networks"),
        ("examples", lambda: ex._ensemble_examples, "over the examples"),
    ],
    "8a.5": [
        ("nearest", lambda: ex._between_nearest, "nearest pixel"),
        ("swapped", lambda: ex._between_swapped, "exchanged"),
        ("turned", lambda: ex._between_turned, "turned round"),
        ("int", lambda: ex._between_int, "use `np.floor`"),
        ("border", lambda: ex._between_border, "continued the border"),
        ("rows only", lambda: ex._between_rows_only, "columns as well"),
        ("columns only", lambda: ex._between_columns_only, "rows as well"),
        ("mean", lambda: ex._between_mean, "plain mean"),
        ("wrapped", lambda: ex._between_wrapped, "Negative indices"),
        ("inside only", lambda: ex._between_inside_only, "still lie in the image"),
    ],
    "8a.6": [
        ("no return", lambda: ex._bottleneck_no_return, "last layer is missing"),
        ("wide", lambda: ex._bottleneck_wide, "from m to m"),
        ("all 3x3", lambda: ex._bottleneck_all_three, "Only the middle"),
        ("basic", lambda: ex._bottleneck_basic, "basic block"),
        ("no slices", lambda: ex._bottleneck_no_slices, "slice for every"),
        ("biases", lambda: ex._bottleneck_biases, "You counted biases"),
        ("side", lambda: ex._bottleneck_side, "not three"),
        ("all 1x1", lambda: ex._bottleneck_all_one, "nine weights in each"),
    ],
    "8a.7": [
        ("in front", lambda: ex._ZerosInFront, "stand in front"),
        ("between", lambda: ex._ZerosBetween, "stand between"),
        ("repeated", lambda: ex._Repeated, "maps once more"),
        ("too many", lambda: ex._TooManyZeros, "not how many are new"),
        ("no zeros", lambda: ex._NoZeros, "new channels are missing"),
        ("second", lambda: ex._FromTheSecond, "began with the second"),
        ("rounded down", lambda: ex._RoundedDown, "is rounded up"),
        ("quarter", lambda: ex._FirstHalf, "upper left quarter"),
        ("mean", lambda: ex._MeanOfFour, "average pooling"),
        ("largest", lambda: ex._LargestOfFour, "max pooling"),
        ("rows", lambda: ex._RowsOnly, "all columns"),
        ("size kept", lambda: ex._NotHalved, "kept their size"),
        ("spread", lambda: ex._GradientRepeated, "three neighbours"),
        ("quartered", lambda: ex._GradientQuartered, "not divided"),
        ("shared", lambda: ex._GradientShared, "not shared"),
        ("last channels", lambda: ex._LastChannels, "*first* C channels"),
        ("all channels", lambda: ex._AllChannels, "as many channels as `x`"),
        ("summed", lambda: ex._SummedChannels, "goes nowhere"),
        ("small", lambda: ex._StillSmall, "shape of `x`"),
        ("upper left", lambda: ex._AtTheFront, "places that were taken"),
    ],
    "8a.8": [
        ("plain", lambda: ex._scale_plain, "plain stack"),
        ("mean square", lambda: ex._scale_mean_square, "mean square"),
        ("squared", lambda: ex._scale_squared, "Take the root"),
        ("plus one", lambda: ex._scale_plus, "is subtracted"),
        ("1/√K", lambda: ex._scale_divided, "below √e"),
        ("power", lambda: ex._scale_wrong_power, "the power 2/K"),
        ("amplitude", lambda: ex._scale_amplitude, "squares add"),
    ],
    "8a.9": [
        ("no shortcut", lambda: ex._NoShortcut, "past the body is missing"),
        ("no c", lambda: ex._NoC, "gets c * dy"),
        ("dc of x", lambda: ex._DcTimesX, "not x"),
        ("dc mean", lambda: ex._DcMean, "not averaged"),
        ("dc times c", lambda: ex._DcTimesC, "another c"),
        ("shortcut scaled", lambda: ex._ShortcutScaled, "not scaled"),
        ("c after body", lambda: ex._CAfterTheBody, "missed the factor c"),
        ("c at x", lambda: ex._CAtX, "not before x"),
    ],
}
