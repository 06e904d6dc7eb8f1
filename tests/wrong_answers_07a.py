"""Plausible wrong answers to chapter 7a's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter07a as ch


def _sizes_silent(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) // stride + 1
        found.append(n)


def _sizes_divided(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) / stride + 1
        found.append(n)
    return found


def _field_silent(layers):
    print(ch.receptive_field(layers))


def _count_tuple(C, H, W, F, K, stride=1, padding=0):
    return tuple(ch.count(C, H, W, F, K, stride, padding).values())


def _join_sum(v, w):
    return v + w


def _join_valid(v, w):
    joined = np.zeros(v.shape)
    for i, j in np.ndindex(v.shape):
        joined[i, j] = v[i, j] * w.sum()
    return joined


def _pointwise_mean(x, W, b):
    return ch.pointwise(x, W / W.shape[1], b)


def _pointwise_not_transposed(x, W, b):
    return x.transpose(0, 2, 3, 1) @ W + b


class _GlobalForgetful(ch.GlobalAveragePool):
    def forward(self, x):
        return x.mean(axis=(2, 3))


class _GlobalKeepsAxes(ch.GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)


def _depthwise_first_place(x, W):
    _, KH, KW = W.shape
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    return W[:, 0, 0][:, None, None] * x[:, :, :OH, :OW]


class _UpsampleOneAxis(ch.Upsample):
    def forward(self, x):
        self.shape = x.shape
        return x.repeat(self.K, axis=3)


class _UpsampleSilent(ch.Upsample):
    def backward(self, dy):
        N, C, H, W = self.shape
        dy.reshape(N, C, H, self.K, W, self.K).sum(axis=(3, 5))


def _gradient_not_exchanged(dy, W, stride, H, width):
    return ch.input_gradient(dy, W.swapaxes(0, 1), stride, H, width)


def _gradient_of_outputs(dy, W, stride, H, width):
    return dy


def _fold_writes_into_table(dcols, shape, KH, KW, stride=1, padding=0):
    dcols *= 1.0 + 1e-3
    return ch.repaired_col2im(dcols, shape, KH, KW, stride, padding)


def _fold_wrong_order(dcols, shape, KH, KW, stride=1, padding=0):
    N, C, H, W = shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    dcols = dcols.reshape(N, C, KH, KW, OH, OW)
    rows = dcols.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, -1)
    return ch.repaired_col2im(rows, shape, KH, KW, stride, padding)


WRONG = {
    "7a.1": [
        ("no one", lambda: ch._sizes_no_one, "counted from 0"),
        ("rounded up", lambda: ch._sizes_rounded_up, "You rounded up"),
        ("one side", lambda: ch._sizes_one_side, "on both sides"),
        ("no padding", lambda: ch._sizes_no_padding, "left out the padding"),
        ("no stride", lambda: ch._sizes_no_stride, "left out the stride"),
        ("no kernel", lambda: ch._sizes_places, "left out the kernel"),
        ("always the first", lambda: ch._sizes_from_the_start, "one before it"),
        ("last only", lambda: ch._sizes_last_only, "in a list"),
        ("no return", lambda: _sizes_silent, "return"),
        ("divided", lambda: _sizes_divided, "is not right"),
    ],
    "7a.2": [
        ("left", lambda: ch._MOVE_LEFT, "moves the picture to the left"),
        ("nothing", lambda: ch._STAY, "where it is"),
        ("down", lambda: ch.MOVE_RIGHT.T.copy(), "moves the picture down"),
        ("up", lambda: ch.MOVE_RIGHT.T[::-1].copy(), "moves the picture up"),
        ("a blur", lambda: np.ones((3, 3)) / 9, "is not right"),
        ("a row", lambda: np.array([1.0, 0.0, 0.0]), "shape (3,)"),
    ],
    "7a.3": [
        ("sum", lambda: ch._field_sum, "do not add up"),
        ("product", lambda: ch._field_product, "do not multiply"),
        ("no stride", lambda: ch._field_no_stride, "further apart"),
        ("own stride", lambda: ch._field_own_stride, "next* layer's"),
        ("last stride", lambda: ch._field_last_stride, "strides of all layers"),
        ("last layer first", lambda: ch._field_last_first, "from the picture up"),
        ("printed", lambda: _field_silent, "printed its result"),
    ],
    "7a.4": [
        ("no bias", lambda: ch._count_no_bias, "has a bias"),
        ("one slice", lambda: ch._count_one_slice, "a slice for each"),
        ("bias per place", lambda: ch._count_bias_per_place, "shared by all places"),
        ("one map", lambda: ch._count_one_map, "There are F maps"),
        ("one bias", lambda: ch._count_one_bias, "bias of its own"),
        ("square", lambda: ch._count_square, "OW comes from W"),
        ("no stride", lambda: ch._count_no_stride, "left out the stride"),
        ("no padding", lambda: ch._count_no_padding, "left out the padding"),
        ("additions too", lambda: ch._count_flops, "without the additions"),
        ("not shared", lambda: ch._count_not_shared, "weights count once"),
        ("a tuple", lambda: _count_tuple, "expected a dict"),
    ],
    "7a.5": [
        ("flipped", lambda: ch._join_flipped, "indices *add up*"),
        ("first flipped", lambda: ch._join_first_flipped, "flipped the first"),
        ("both flipped", lambda: ch._join_both_flipped, "turned round"),
        ("cut", lambda: ch._join_cut, "look further"),
        ("overwrites", lambda: ch._join_overwrites, "must be added"),
        ("sum", lambda: _join_sum, "shape"),
        ("valid", lambda: _join_valid, "shape"),
    ],
    "7a.6": [
        ("reshape in", lambda: ch._pointwise_reshaped_in, "On the way in"),
        ("reshape out", lambda: ch._pointwise_reshaped_out, "On the way out"),
        ("channels last", lambda: ch._pointwise_channels_last, "belong to axis 1"),
        ("no bias", lambda: ch._pointwise_no_bias, "bias is missing"),
        ("mean", lambda: _pointwise_mean, "is not right"),
        ("W not transposed", lambda: _pointwise_not_transposed, "raised ValueError"),
    ],
    "7a.7": [
        ("not divided", lambda: ch._GlobalNotDivided, "so does its gradient"),
        ("one side", lambda: ch._GlobalOneSide, "H times W pixels"),
        ("over channels", lambda: ch._GlobalOverChannels, "axes 2 and 3"),
        ("not spread", lambda: ch._GlobalNotSpread, "the shape of x"),
        ("two axes", lambda: ch._GlobalTwoAxes, "not spread yet"),
        ("sum", lambda: ch._GlobalSum, "not the sum"),
        ("max", lambda: ch._GlobalMax, "not the maximum"),
        ("forgetful", lambda: _GlobalForgetful, "AttributeError"),
        ("keeps axes", lambda: _GlobalKeepsAxes, "shape (2, 3, 1, 1)"),
    ],
    "7a.8": [
        ("summed", lambda: ch._depthwise_summed, "keeps to itself"),
        ("first kernel", lambda: ch._depthwise_first_kernel, "kernel of its own"),
        ("flipped", lambda: ch._depthwise_flipped, "flipped the kernels"),
        ("mean", lambda: ch._depthwise_mean, "not averaged"),
        ("all channels", lambda: ch._depthwise_full, "sees its own only"),
        ("last place", lambda: ch._depthwise_last_place, "Only the last round"),
        ("first place", lambda: _depthwise_first_place, "is not right"),
    ],
    "7a.9": [
        ("mean", lambda: ch._UpsampleMean, "does not average"),
        ("one of the copies", lambda: ch._UpsampleOne, "not only one"),
        ("tiled", lambda: ch._UpsampleTiled, "Each *pixel*"),
        ("wrong blocks", lambda: ch._UpsampleWrongBlocks, "(H, K), not (K, H)"),
        ("max", lambda: ch._UpsampleMax, "gradients are added"),
        ("zeros", lambda: ch._UpsampleZeros, "fills its whole block"),
        ("one axis", lambda: _UpsampleOneAxis, "shape"),
        ("no return", lambda: _UpsampleSilent, "of Upsample returned nothing"),
    ],
    "7a.10": [
        ("not flipped", lambda: ch._gradient_not_flipped, "must be flipped"),
        ("half flipped", lambda: ch._gradient_half_flipped, "up and down"),
        ("repeated", lambda: ch._gradient_repeated, "not copies"),
        ("not spread", lambda: ch._gradient_not_spread, "were skipped"),
        ("too small", lambda: ch._gradient_smaller, "the size of the picture"),
        ("overwritten", lambda: ch._gradient_overwritten, "is added"),
        ("not exchanged", lambda: _gradient_not_exchanged, "raised ValueError"),
        ("dy itself", lambda: _gradient_of_outputs, "shape"),
    ],
    "7a.lab": [
        ("frame broken", lambda: ch._still_empty, "is `0:0` for padding 0"),
        ("still overwrites", lambda: ch._still_overwrites, "still overwrite"),
        ("frame kept", lambda: ch._frame_kept, "must be cut off"),
        ("cut behind", lambda: ch._cut_behind, "begins at padding"),
        ("cut short", lambda: ch._cut_short, "ends at"),
        ("averaged", lambda: ch._averaged, "not averaged"),
        ("changes the table", lambda: _fold_writes_into_table, "changes its input"),
        ("wrong order", lambda: _fold_wrong_order, "is not right"),
    ],
}
