"""Plausible wrong answers to the exercises of chapter 8b, and what must be said."""

from dlscratch.exercises import chapter08b as ex


def _forgot_return(*arguments):
    ex.amdahl(0.5, 2)


WRONG = {
    "8b.1": [
        ("factor only", lambda: ex._amdahl_factor_only, "Only one share"),
        ("time", lambda: ex._amdahl_time, "That is the new time"),
        ("product", lambda: ex._amdahl_product, "times add up"),
        ("no rest", lambda: ex._amdahl_rest_forgotten, "does not become faster"),
        ("exchanged", lambda: ex._amdahl_exchanged, "the other part faster"),
        ("speeds", lambda: ex._amdahl_weighted, "You averaged the speeds"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "8b.2": [
        ("multiply-adds", lambda: ex._intensity_multiply_adds, "two FLOPs"),
        ("no output", lambda: ex._intensity_no_output, "output must be written"),
        ("no weights", lambda: ex._intensity_no_weights, "weights must be read"),
        ("no input", lambda: ex._intensity_no_input, "input must be read"),
        ("no bias", lambda: ex._intensity_no_bias, "bias must be read"),
        ("per value", lambda: ex._intensity_per_value, "for each number"),
        ("turned over", lambda: ex._intensity_bytes_per_flop, "turn the fraction"),
        ("bits", lambda: ex._intensity_bits, "not in bits"),
    ],
    "8b.3": [
        ("sum", lambda: ex._combine_sum, "You added means"),
        ("mean", lambda: ex._combine_mean, "the same weight"),
        ("not divided", lambda: ex._combine_not_divided, "sum over all examples"),
        ("by shards", lambda: ex._combine_divided_by_shards, "not of shards"),
        ("divided twice", lambda: ex._combine_divided_by_size, "means already"),
        ("a number", lambda: ex._combine_number, "expected an array"),
    ],
    "8b.4": [
        ("cut off", lambda: ex._quantise_cut, "cut the decimals off"),
        ("down", lambda: ex._quantise_down, "rounded down"),
        ("all bits", lambda: ex._quantise_all_bits, "needed for the sign"),
        ("128", lambda: ex._quantise_one_too_many, "hold no 128"),
        ("no abs", lambda: ex._quantise_no_sign, "may be negative"),
        ("steps in 1", lambda: ex._quantise_shares, "Return the step"),
        ("floats", lambda: ex._quantise_floats, "int8"),
        ("back", lambda: ex._quantise_back, "weights again"),
    ],
    "8b.5": [
        ("narrow", lambda: ex._unscale_narrow, "still float16"),
        ("not divided", lambda: ex._unscale_not_divided, "still multiplied"),
        ("no check", lambda: ex._unscale_no_check, "must be skipped"),
        ("nan only", lambda: ex._unscale_nan_only, "Infinity is not nan"),
        ("first only", lambda: ex._unscale_first_only, "first gradient only"),
        ("zeros", lambda: ex._unscale_zeros, "skip the whole step"),
        ("same scale", lambda: ex._unscale_same, "should change"),
        ("wrong way", lambda: ex._unscale_wrong_way, "The other way round"),
    ],
    "8b.6": [
        ("no clip", lambda: ex._pairs_no_clip, "cut each side off"),
        ("sum of areas", lambda: ex._pairs_sum_of_areas, "only once"),
        ("smaller area", lambda: ex._pairs_smaller, "the smaller area"),
        ("in step", lambda: ex._pairs_in_step, "Each of a meets each of b"),
        ("overlap", lambda: ex._pairs_overlap, "Divide it by the union"),
        ("width, height", lambda: ex._pairs_width_height, "the other corner"),
        ("transposed", lambda: ex._pairs_transposed, "transposed"),
    ],
    "8b.7": [
        ("absent as 0", lambda: ex._mean_iou_all, "You counted it as 0"),
        ("accuracy", lambda: ex._mean_iou_accuracy, "share of right pixels"),
        ("recall", lambda: ex._mean_iou_recall, "belong to the union"),
        ("truth only", lambda: ex._mean_iou_true_only, "does not occur in the truth"),
        ("pooled", lambda: ex._mean_iou_pooled, "before dividing"),
        ("twice", lambda: ex._mean_iou_counted_twice, "overlap twice"),
        ("no background", lambda: ex._mean_iou_no_background, "You left out class 0"),
    ],
    "8b.8": [
        ("after the end", lambda: ex._targets_after_end, "no next place"),
        ("only the end", lambda: ex._targets_only_end, "The other way round"),
        ("mean", lambda: ex._targets_mean, "not an average one"),
        ("argmax", lambda: ex._targets_action, "You need its worth"),
        ("overall", lambda: ex._targets_overall, "Each row has its own"),
        ("no gamma", lambda: ex._targets_no_gamma, "You left out gamma"),
        ("gamma on all", lambda: ex._targets_gamma_all, "Gamma belongs"),
        ("no reward", lambda: ex._targets_no_reward, "You left out the reward"),
    ],
    "8b.9": [
        ("claimed twice", lambda: ex._detections_twice, "the same true box"),
        ("in list order", lambda: ex._detections_in_order, "order of the list"),
        ("worst first", lambda: ex._detections_worst_first, "the lowest score"),
        ("exchanged", lambda: ex._detections_exchanged, "You exchanged the two"),
        ("any overlap", lambda: ex._detections_any_overlap, "only touches"),
        ("counted", lambda: ex._detections_counted, "Return two shares"),
    ],
    "8b.lab": [
        ("hers", lambda: ex._hers, "Their product is positive"),
        ("product", lambda: ex._product_clipped, "You cut off the product"),
        ("result", lambda: ex._result_clipped, "You cut off the result"),
        ("absolute", lambda: ex._absolute, "not one of the same size"),
        ("one side", lambda: ex._one_side_clipped, "the width only"),
        ("minus one", lambda: ex._never, "not a negative one"),
    ],
}
