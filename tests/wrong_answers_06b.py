"""Plausible wrong answers to part 6b's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter06b as ch


def _forgot_return(*args):
    sum(1 for _ in args)


def _always_he(recipe, n_in, n_out):
    return (2 / n_in) ** 0.5


def _printed_std(recipe, n_in, n_out):
    print(ch.initial_std(recipe, n_in, n_out))


def _transposed(n_in, n_out, rng):
    a = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-a, a, (n_out, n_in))


def _normal(n_in, n_out, rng):
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / (n_in + n_out))


def _minus(n_in, c):
    return (2 / ((1 - c**2) * n_in)) ** 0.5 if c < 1 else float("inf")


def _leaky_twice(n_in, c):
    return (2 / ((1 + 2 * c**2) * n_in)) ** 0.5


def _one_more(momentum, share):
    return ch.batches_until(momentum, share) + 1


def _one_too_long(n):
    return np.append(ch.extreme_batch(n), 0.0)


def _updates_in_place(mean, var, x, momentum):
    mean += momentum * (x.mean(axis=0) - mean)
    var += momentum * (x.var(axis=0, ddof=1) - var)
    return mean, var


def _only_mean(mean, var, x, momentum):
    return (1 - momentum) * mean + momentum * x.mean(axis=0)


def _no_keepdims(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=1)) / np.sqrt(x.var(axis=1) + eps) + beta


def _no_eps(x, eps):
    mean, std = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
    return (x - mean) / std


def _not_divided(x, eps):
    return x - x.mean(axis=(0, 2, 3), keepdims=True)


def _scaled_in_place(weights, x):
    for W in weights:
        W /= (x @ W).std()
        x = np.maximum(x @ W, 0)
    return weights


def _first_only(weights, x):
    return [weights[0] / (x @ weights[0]).std(), *weights[1:]]


def _overwrites_dy(x, dy, eps):
    sigma = np.sqrt(np.mean(x**2, axis=0) + eps)
    y = x / sigma
    dy -= y * np.mean(y * dy, axis=0)
    return dy / sigma


def _beta_scaled(W, b, gamma, beta, mean, var, eps):
    factor = gamma / np.sqrt(var + eps)
    return W * factor, (b - mean + beta) * factor


def _one_array(W, b, gamma, beta, mean, var, eps):
    return ch.fold(W, b, gamma, beta, mean, var, eps)[0]


class _LastBatch(ch.RepairedBatchNorm):
    def forward(self, x, training=False):
        if not training:
            return self.gamma * (x - x.mean(axis=0)) / x.std(axis=0) + self.beta
        return super().forward(x, training)


class _OverwritesDy(ch.RepairedBatchNorm):
    def backward(self, dy):
        dx = super().backward(dy)
        dy *= 0
        return dx


WRONG = {
    "6b.1": [
        ("variances", lambda: ch._variance, "standard deviation is its root"),
        ("upside down", lambda: ch._upside_down, "more inputs need smaller"),
        ("counts outputs", lambda: ch._fan_out, "taken the outputs"),
        ("He halves", lambda: ch._he_halves, "twice Xavier's"),
        ("variance √n", lambda: ch._root_of_n, "*divided* by this number"),
        ("2 outside", lambda: ch._two_outside, "under the root, too"),
        ("He for all", lambda: _always_he, "is not right"),
        ("prints", lambda: _printed_std, "printed its result"),
    ],
    "6b.2": [
        ("the std as the limit", lambda: ch._std_as_limit, "as the limit"),
        ("no root", lambda: ch._no_root, "Take the root"),
        ("the variance as the limit", lambda: ch._variance_as_limit, "it is a²/3"),
        ("length a", lambda: ch._whole_width, "length 2a"),
        ("only positive", lambda: ch._positive_only, "must be 0"),
        ("forward only", lambda: ch._forward_only, "forward condition alone"),
        ("transposed", lambda: _transposed, "shape (5, 3)"),
        ("normal numbers", lambda: _normal, "is not right"),
    ],
    "6b.3": [
        ("slope not squared", lambda: ch._not_squared, "*square*"),
        ("not halved", lambda: ch._not_halved, "*half* of it"),
        ("plain He", lambda: ch._plain_he, "leaky side"),
        ("variance", lambda: ch._leaky_variance, "This is the variance"),
        ("wrong way round", lambda: ch._too_large, "wrong way round"),
        ("minus", lambda: _minus, "holds inf"),
        ("twice", lambda: _leaky_twice, "is not right"),
    ],
    "6b.4": [
        ("mean square", lambda: ch._mean_square, "Asked is its root"),
        ("one layer", lambda: ch._one_layer, "`depth` layers"),
        ("adds", lambda: ch._adds_up, "multiply, they do not add"),
        ("n times s", lambda: ch._no_root_of_n, "square root of n times s"),
        ("half of the size", lambda: ch._half_outside, "halves the mean *square*"),
        ("halved once", lambda: ch._half_once, "in *each* layer"),
        ("no ReLU", lambda: ch._relu_forgotten, "Right for the identity"),
    ],
    "6b.5": [
        ("Keras", lambda: ch._kerass_momentum, "Keras's momentum"),
        ("rounded down", lambda: ch._rounded_down, "rounded down"),
        ("the data's share", lambda: ch._share_of_the_rest, "the *data's* share"),
        ("linear", lambda: ch._linear_decay, "same *fraction*"),
        ("not rounded", lambda: ch._not_rounded, "Batches come whole"),
        ("to the nearest", lambda: ch._rounded_to_nearest, "Round *up*"),
        ("one more", lambda: _one_more, "is not right"),
    ],
    "6b.6": [
        ("two camps", lambda: ch._two_camps, "further out than 1"),
        ("evenly", lambda: ch._evenly, "Spread evenly"),
        ("two extremes", lambda: ch._two_far_out, "share the extreme"),
        ("powers of ten", lambda: ch._growing, "Nearly"),
        ("all equal", lambda: ch._all_equal, "nothing is left"),
        ("the number", lambda: ch._the_record_itself, "Asked is a whole batch"),
        ("too long", lambda: _one_too_long, "the shape"),
    ],
    "6b.7": [
        ("momentum swapped", lambda: ch._swapped_momentum, "wrong way round"),
        ("biased", lambda: ch._biased, "the biased one"),
        ("upside down", lambda: ch._corrected_backwards, "correction is upside down"),
        ("only adds", lambda: ch._only_adds, "keeps its full weight"),
        ("standard deviations", lambda: ch._std_instead, "averages variances"),
        ("only the batch", lambda: ch._last_batch_only, "Where is the old average"),
        ("whole array", lambda: ch._over_everything, "Every unit has its own"),
        ("in place", lambda: _updates_in_place, "changes its input"),
        ("only the mean", lambda: _only_mean, "tuple of length 2"),
    ],
    "6b.8": [
        ("batch norm", lambda: ch._batch_norm, "This is batch norm"),
        ("everything", lambda: ch._everything, "mixes the examples"),
        ("by the variance", lambda: ch._by_variance, "divided by the variance"),
        ("eps outside", lambda: ch._eps_outside, "under the root"),
        ("no gamma", lambda: ch._not_scaled, "are missing"),
        ("no keepdims", lambda: _no_keepdims, "raised ValueError"),
    ],
    "6b.9": [
        ("examples only", lambda: ch._along((0,)), "over the examples only"),
        ("only reshaped", lambda: ch._only_reshaped, "does not move axes"),
        ("each image", lambda: ch._along((2, 3)), "each image by itself"),
        ("layer norm", lambda: ch._along((1, 2, 3)), "layer normalisation"),
        ("everything", lambda: ch._along((0, 1, 2, 3)), "share one mean"),
        ("channels last", lambda: ch._along((0, 1, 2)), "kept the last axis"),
        ("no eps", lambda: _no_eps, "is not right"),
        ("not divided", lambda: _not_divided, "is not right"),
    ],
    "6b.10": [
        ("old outputs", lambda: ch._measured_unscaled, "of the *scaled* matrix"),
        ("no ReLU", lambda: ch._without_relu, "the ReLU is missing"),
        ("variance", lambda: ch._by_its_variance, "divided by the variance"),
        ("mean square", lambda: ch._by_its_mean_square, "made the mean square 1"),
        ("each unit", lambda: ch._each_unit, "by *one* number"),
        ("after the ReLU", lambda: ch._after_relu, "before the ReLU"),
        ("std of weights", lambda: ch._weights_to_one, "std of the *weights*"),
        ("in place", lambda: _scaled_in_place, "changes its input"),
        ("first only", lambda: _first_only, "is not right"),
    ],
    "6b.11": [
        ("one path", lambda: ch._one_path, "Only the straight path"),
        ("sum", lambda: ch._summed, "factor 1/N is missing"),
        ("half", lambda: ch._half_of_it, "half as large"),
        ("no sum", lambda: ch._each_for_itself, "*sum* over"),
        ("x for y", lambda: ch._x_for_y, "it must be `y`"),
        ("batch norm", lambda: ch._full_batch_norm, "no mean is subtracted"),
        ("plus", lambda: ch._plus, "sign of the second path"),
        ("overwrites dy", lambda: _overwrites_dy, "changes its input"),
    ],
    "6b.12": [
        ("mean not scaled", lambda: ch._mean_not_scaled, "so it is scaled"),
        ("bias forgotten", lambda: ch._bias_forgotten, "bias `b` is lost"),
        ("by the variance", lambda: ch._by_the_variance, "divided by the variance"),
        ("no gamma", lambda: ch._gamma_forgotten, "`gamma` is missing"),
        ("no beta", lambda: ch._beta_forgotten, "`beta` is missing"),
        ("rows", lambda: ch._rows, "scaled the *rows*"),
        ("beta scaled", lambda: _beta_scaled, "is not right"),
        ("only W", lambda: _one_array, "expected a tuple of length 2"),
    ],
    "6b.lab": [
        ("momentum", lambda: ch._WrongMomentum, "momentum the wrong way round"),
        ("no variance path", lambda: ch._NoVariancePath, "variance is still missing"),
        ("no mean path", lambda: ch._NoMeanPath, "has got lost"),
        ("neither path", lambda: ch._NeitherPath, "Both paths are missing"),
        ("sum for mean", lambda: ch._SumForMean, "divide by N"),
        ("last batch", lambda: ch._LastBatchOnly, "nothing of those before"),
        ("biased", lambda: ch._Biased, "unbiased variance"),
        ("test with the batch", lambda: _LastBatch, "forward at test time"),
        ("overwrites dy", lambda: _OverwritesDy, "changes its input"),
    ],
}
