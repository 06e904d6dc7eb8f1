"""Plausible wrong answers to the exercises of chapter 7b, and what must be said."""

import numpy as np

from dlscratch.exercises import chapter07b as ex


def _forgot_return(shape, blocks):
    ex.flat_size(shape, blocks)


WRONG = {
    "7b.1": [
        ("no pooling", lambda: ex._flat_no_pool, "forgot the pooling"),
        ("no + 1", lambda: ex._flat_no_one, "+ 1 is missing"),
        ("rounded up", lambda: ex._flat_rounded_up, "round down"),
        ("not rounded", lambda: ex._flat_not_rounded, "no half window"),
        ("padding on one side", lambda: ex._flat_one_side, "on both sides"),
        ("square", lambda: ex._flat_square, "Follow both"),
        ("all channels", lambda: ex._flat_all_channels, "Only those of the last"),
        ("one map", lambda: ex._flat_one_map, "That is one map"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "7b.2": [
        ("arrays counted", lambda: ex._shares_arrays, "You counted the arrays"),
        ("no bias", lambda: ex._shares_no_bias, "biases are parameters"),
        ("last of a kind", lambda: ex._shares_last_of_kind, "kept only the last"),
        ("numbers", lambda: ex._shares_counted, "Divide them by their total"),
        ("percent", lambda: ex._shares_percent, "at most 1"),
        ("with zeros", lambda: ex._shares_with_zeros, "Leave out the kinds"),
    ],
    "7b.3": [
        ("whole batches", lambda: ex._accuracy_whole_batches, "never looked at"),
        ("rest left out", lambda: ex._accuracy_of_whole_batches, "from your count"),
        ("counted", lambda: ex._accuracy_counted, "how many are right"),
        ("first labels", lambda: ex._accuracy_first_labels, "cut `t`"),
        ("mean of means", lambda: ex._accuracy_mean_of_means, "mean of the batches"),
        ("all at once", lambda: ex._accuracy_all_at_once, "MemoryError"),
        ("by places", lambda: ex._accuracy_divided_by_batches, "is not full"),
    ],
    "7b.4": [
        ("outside", lambda: ex._seen_outside, "cut them off"),
        ("beyond the end", lambda: ex._seen_beyond_the_end, "at the other end"),
        ("size", lambda: ex._seen_size, "how many they are"),
        ("last layer only", lambda: ex._seen_last_layer, "down to the pixels"),
        ("no padding, uncut", lambda: ex._seen_no_padding_outside, "you left it out"),
        ("first first", lambda: ex._seen_first_layer_first, "Begin at the output"),
        ("no padding", lambda: ex._seen_no_padding, "you left it out"),
        ("one too far", lambda: ex._seen_one_too_many, "One too far"),
        ("no stride", lambda: ex._seen_no_stride, "left out the stride"),
    ],
    "7b.5": [
        ("full", lambda: ex._table_full, "full connection"),
        ("no bias", lambda: ex._table_no_bias, "biases are missing"),
        ("bias per input", lambda: ex._table_bias_per_input, "not for each that goes"),
        ("bias per 1", lambda: ex._table_bias_per_kernel, "not for each 1"),
        ("bias as work", lambda: ex._table_work_of_parameters, "added, not multiplied"),
        ("work once", lambda: ex._table_work_once, "at every place"),
        ("swapped", lambda: ex._table_swapped, "parameters come first"),
        ("FLOPs", lambda: ex._table_flops, "Those are FLOPs"),
        ("one slice", lambda: ex._table_one_slice, "for each map that it sees"),
    ],
    "7b.6": [
        ("dealt out", lambda: ex._grouped_interleaved, "like cards"),
        ("alternating", lambda: ex._grouped_alternating, "take turns"),
        ("summed", lambda: ex._grouped_summed, "You added the groups"),
        ("in the batch", lambda: ex._grouped_stacked_in_batch, "axis of the batch"),
        ("first channels", lambda: ex._grouped_first_channels, "Each group has its"),
        ("crossed", lambda: ex._grouped_reversed, "is not right"),
    ],
    "7b.7": [
        ("no transpose", lambda: ex._kernels_no_transpose, "are mixed"),
        ("outputs last", lambda: ex._kernels_axes_last, "on the last axis"),
        ("channels last", lambda: ex._kernels_channels_last, "channel by channel"),
        ("swapped", lambda: ex._kernels_swapped, "column by column"),
        ("turned", lambda: ex._kernels_turned, "No flip is needed"),
    ],
    "7b.8": [
        ("scores", lambda: ex._vote_scores, "You added the scores"),
        ("majority", lambda: ex._vote_majority, "You counted votes"),
        ("swapped", lambda: ex._vote_swapped, "exchanged the two"),
        ("not moved", lambda: ex._vote_no_shift, "were not moved"),
        ("piled up", lambda: ex._vote_piled_up, "pile up"),
        ("mean image", lambda: ex._vote_images, "blurred picture"),
        ("first only", lambda: ex._vote_first_only, "Only the first move"),
        ("most certain", lambda: ex._vote_most_certain, "not the mean"),
        ("over images", lambda: ex._vote_over_images, "own vote"),
        ("probabilities", lambda: ex._vote_probabilities, "Return the class"),
    ],
    "7b.9": [
        ("same copy", lambda: ex._occlusion_same_copy, "fresh copy"),
        ("sign", lambda: ex._occlusion_sign, "before minus after"),
        ("after", lambda: ex._occlusion_after, "that is left"),
        ("ink", lambda: ex._occlusion_ink, "covered with ink"),
        ("negative slice", lambda: ex._occlusion_negative, "below 0"),
        ("one short", lambda: ex._occlusion_short, "ends *before*"),
        ("corner", lambda: ex._occlusion_corner, "should be its middle"),
        ("scores", lambda: ex._occlusion_scores, "Those are scores"),
    ],
    "7b.lab": [
        ("(H, C, W)", lambda: ex._OtherOrder, "(H, C, W)"),
        ("channels last", lambda: ex._ChannelsLast, "channels come last"),
        ("backward", lambda: ex._HersBackwards, "still mixes"),
        ("no batch", lambda: ex._NoBatch, "shape"),
        ("an array", lambda: np.zeros((3, 4)), "RepairedFlatten"),
    ],
}
