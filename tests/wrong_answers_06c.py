"""Plausible wrong answers to chapter 6c's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter06c as ch


def _forgot_return(*args):
    sum(1 for _ in args)


def _in_place(W, b, dW, db, lr, weight_decay):
    W -= lr * (dW + weight_decay * W)
    b -= lr * db
    return W, b


def _one_value(losses, patience):
    return ch.early_stop(losses, patience)[0]


def _naive_geometric(answers):
    product = np.prod(answers, axis=0) ** (1 / len(answers))
    return product / product.sum(axis=1, keepdims=True)


def _shift_in_place(images, down, right):
    images[:] = ch.shift(images, down, right)
    return images


def _inverse(X, t, strength):
    return np.linalg.inv(X.T @ X) @ X.T @ t


class _FreshMaskBackward(ch.RepairedDropout):
    def backward(self, dy):
        return self.forward(dy, training=True)


WRONG = {
    "6c.1": [
        ("biases", lambda: ch._decays_biases, "shrink the biases"),
        ("no learning rate", lambda: ch._decay_without_lr, "learning rate"),
        ("doubled", lambda: ch._decay_doubled, "Twice too strong"),
        ("sign", lambda: ch._decay_grows, "weights grow"),
        ("halved", lambda: ch._decay_halved, "Half as strong"),
        ("shrinks last", lambda: ch._decays_last, "before the step"),
        ("none", lambda: ch._no_decay, "without a penalty"),
        ("L1", lambda: ch._decay_l1, "subgradient of L1"),
        ("in place", lambda: _in_place, "changes its input"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "6c.2": [
        ("no learning rate", lambda: ch._threshold_without_lr, "not `l1` alone"),
        ("hard", lambda: ch._hard_threshold, "leave large ones"),
        ("subgradient", lambda: ch._subgradient, "hovers about 0"),
        ("jumps", lambda: ch._never_stops_at_0, "jump over 0"),
        ("no sign", lambda: ch._sign_lost, "lost the sign"),
        ("old sign", lambda: ch._sign_of_w, "the step may cross"),
        ("L2", lambda: ch._proximal_l2, "by a factor"),
        ("order", lambda: ch._threshold_first, "First the gradient step"),
        ("positive only", lambda: ch._only_positive, "from the other side"),
    ],
    "6c.3": [
        ("kept", lambda: ch._kept_for_p, "not the fraction kept"),
        ("divided", lambda: ch._weights_divided, "The wrong way"),
        ("by dropped", lambda: ch._weights_by_dropped, "fraction dropped"),
        ("unchanged", lambda: ch._weights_unchanged, "hear too much"),
        ("old convention", lambda: ch._old_convention, "Two things are missing"),
    ],
    "6c.4": [
        ("from zero", lambda: ch._from_zero, "from 1"),
        ("first rise", lambda: ch._first_rise, "first rise"),
        ("future", lambda: ch._best_of_all, "into the future"),
        ("never", lambda: ch._never_stops, "never stops"),
        ("late", lambda: ch._one_too_late, "one epoch too late"),
        ("in a row", lambda: ch._rises_in_a_row, "rises in a row"),
        ("equal", lambda: ch._equal_is_better, "not a new smallest"),
        ("counts all", lambda: ch._counts_all, "Start counting again"),
        ("order", lambda: ch._best_first, "The last epoch comes first"),
        ("last weights", lambda: ch._keeps_the_last, "not those of the last"),
        ("one value", lambda: _one_value, "expected"),
    ],
    "6c.5": [
        ("log10", lambda: ch._decimal_logarithm, "natural logarithm"),
        ("two", lambda: ch._forgot_the_two, "lost the 2"),
        ("root", lambda: ch._no_root, "square root"),
        ("root of log", lambda: ch._root_of_logarithm, "the whole fraction"),
        ("times n", lambda: ch._multiplied_by_n, "in brackets"),
        ("log", lambda: ch._no_logarithm, "logarithm of k"),
        ("swapped", lambda: ch._swapped, "swapped"),
    ],
    "6c.6": [
        ("uniform", lambda: ch._draw_uniform, "plain scale"),
        ("no exp", lambda: ch._forgot_exp, "Undo them"),
        ("ten", lambda: ch._exponents_of_ten, "undid them with 10"),
        ("e", lambda: ch._natural_of_tens, "undid them with `np.exp`"),
        ("no log", lambda: ch._forgot_log, "between the logarithms"),
        ("grid", lambda: ch._even_steps, "at random"),
        ("log of uniform", lambda: ch._log_of_uniform, "then the exponential"),
        ("whole exponents", lambda: ch._whole_exponents, "is not right"),
    ],
    "6c.7": [
        ("rolled", lambda: ch._rolled, "`np.roll`"),
        ("other way", lambda: ch._other_way, "the other way"),
        ("up", lambda: ch._up, "move up where"),
        ("left", lambda: ch._left, "move left where"),
        ("axes", lambda: ch._axes_swapped, "swapped down and right"),
        ("only down", lambda: ch._only_down, "not to the right"),
        ("only right", lambda: ch._only_right, "but not down"),
        ("in place", lambda: _shift_in_place, "changes its input"),
    ],
    "6c.8": [
        ("swapped", lambda: ch._split_swapped, "come first"),
        ("at the end", lambda: ch._split_at_the_end, "whoever wrote them"),
        ("first writer", lambda: ch._split_first_writer, "only the first"),
        ("masks", lambda: ch._split_masks, "masks"),
        ("leak", lambda: ch._split_leaks, "as well"),
        ("names", lambda: ch._split_names, "the writers of the examples"),
        ("by turns", lambda: ch._split_by_turns, "increasing order"),
    ],
    "6c.9": [
        ("arithmetic", lambda: ch._arithmetic, "arithmetic mean"),
        ("not scaled", lambda: ch._not_scaled, "add up to one"),
        ("over examples", lambda: ch._over_examples, "over the networks"),
        ("product", lambda: ch._product, "forgot the root"),
        ("scaled over all", lambda: ch._scaled_over_all, "each row by itself"),
        ("columns", lambda: ch._scaled_over_rows, "scaled the columns"),
        ("logarithms", lambda: ch._still_logarithms, "These are logarithms"),
        ("underflow", lambda: _naive_geometric, "made NumPy warn"),
    ],
    "6c.10": [
        ("not divided", lambda: ch._ridge_not_divided, "divide"),
        ("sign", lambda: ch._ridge_negative, "sign of the penalty"),
        ("everywhere", lambda: ch._ridge_everywhere, "Only its diagonal"),
        ("half", lambda: ch._ridge_half, "Half as strong"),
        ("t not divided", lambda: ch._ridge_t_not_divided, "but not `X.T @ t`"),
        ("no penalty", lambda: _inverse, "without a penalty"),
    ],
    "6c.lab": [
        ("test time", lambda: ch._StillAtTest, "still drops at test time"),
        ("kept", lambda: ch._StillKept, "still the fraction kept"),
        ("scale", lambda: ch._WrongScale, "not by p"),
        ("no scale", lambda: ch._NoScale, "scaled up"),
        ("test scale", lambda: ch._TestScale, "original way"),
        ("old mask", lambda: ch._OldMaskAtTest, "last training pass"),
        ("mask at test", lambda: ch._MaskDrawnAtTest, "mask of ones"),
        ("opposite", lambda: ch._Opposite, "wrong way round"),
        ("below p", lambda: ch._KeptBelow, "below p"),
        ("no mask", lambda: ch._BackwardWithoutMask, "mask of the forward pass"),
        ("fresh mask", lambda: _FreshMaskBackward, "backward uses the mask of forward"),
    ],
}
