"""Plausible wrong answers to chapter 4's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter04 as ch
from dlscratch.functions import sigmoid


def _forgot_return(*args):
    sum(1 for _ in args)


def _whole_array(a, t):
    z = a - a.max(axis=1, keepdims=True)
    return -np.mean(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def _one_row_only(a, t):
    z = a[0] - a[0].max()
    return np.log(np.exp(z).sum()) - z[t[0]]


def _squared_too_late(f, x, h=1e-3):
    return ((f(x + h) - 2 * f(x) + f(x - h)) / h) ** 2


def _nested(f, x, h=1e-3):
    def slope(x):
        return (f(x + h) - f(x - h)) / (2 * h)

    return (slope(x + h) - slope(x - h)) / (2 * h)


def _step_by_step(x0, lr, k):
    for _ in range(k):
        x0 = x0 - lr * (2 * x0 + 1)
    return x0


def _all_slopes(f, x, direction, h=1e-4):
    return ch.numerical_gradient(f, x, h)


def _list_of_rates(A):
    return 2 / np.linalg.eigvalsh(A)


def _one_rate(A):
    return 2 / np.linalg.eigvalsh(A).max()


def _whole_number_start(f, start, lr, steps):
    x = np.array(start)
    path = [x.copy()]
    for _ in range(steps):
        x[...] = x - lr * ch.numerical_gradient(f, x)
        path.append(x.copy())
    return np.array(path)


def _moves_the_weights(w, b, x, y, lr):
    error = y - (x @ w + b)
    w += lr * x.T @ error
    return w, b + lr * error.sum()


def _first_example(w, b, x, y, lr):
    error = y[0] - (x[0] @ w + b)
    return w + lr * error * x[0], b + lr * error


def _of_the_loss(w, x, s):
    return np.mean(np.log1p(np.exp(-s * (x @ w))))


def _whole_epoch(n, batch_size, rng):
    return [rng.permutation(n)]


def _shuffled_again(n, batch_size, rng):
    for start in range(0, n, batch_size):
        yield rng.permutation(n)[start : start + batch_size]


def _printed(n, batch_size, rng):
    print(list(ch.minibatches(n, batch_size, rng)))


def _weights_only(x, t, n_classes, lr, steps):
    return ch.one_against_all(x, t, n_classes, lr, steps)[0]


def _turned(x, t, n_classes, lr, steps):
    W, b = ch.one_against_all(x, t, n_classes, lr, steps)
    return W.T, b


def _one_step_short(x, t, n_classes, lr, steps):
    return ch.one_against_all(x, t, n_classes, lr, steps - 1)


def _mean_of_gradient(w, x, t):
    a = x @ w
    loss = np.mean(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    return loss, np.mean(x.T @ (sigmoid(a) - t))


def _unsafe(w, x, t):
    p = 1 / (1 + np.exp(-(x @ w)))
    loss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    return loss, x.T @ (p - t) / len(t)


def _loss_alone(w, x, t):
    return ch.loss_and_gradient(w, x, t)[0]


WRONG = {
    "4.1": [
        ("full batches", lambda: ch._full_only, "full batches only"),
        ("one more", lambda: ch._always_one_more, "round up"),
        ("remainder", lambda: ch._last_is_remainder, "full, not empty"),
        ("last is full", lambda: ch._last_is_full, "only what is left"),
        ("divides", lambda: lambda n, b: (n / b, n % b), "is not right"),
        ("one number", lambda: lambda n, b: -(-n // b), "tuple"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.2": [
        ("sum", lambda: ch._not_divided, "take the mean"),
        ("sign", lambda: ch._turned_round, "sign is wrong"),
        ("score only", lambda: ch._score_only, "exponentials is missing"),
        ("half shifted", lambda: ch._shift_forgotten, "does not cancel"),
        ("unsafe", lambda: ch._by_way_of_softmax, "overflow"),
        ("by way of 0", lambda: ch._rounded_to_0, "lost its logarithm"),
        ("one maximum", lambda: ch._one_maximum, "Each row needs its own"),
        ("one sum", lambda: ch._one_sum, "a sum of its own"),
        ("columns", lambda: ch._columns, "columns t of every row"),
        ("all classes", lambda: _whole_array, "is not right"),
        ("first row", lambda: _one_row_only, "wrong for a batch"),
    ],
    "4.3": [
        ("by h", lambda: ch._divided_by_h, "divide by h²"),
        ("by 2h", lambda: ch._divided_by_2h, "h² here"),
        ("once", lambda: ch._one_f_only, "subtracted twice"),
        ("first", lambda: ch._first_derivative, "first derivative"),
        ("added", lambda: ch._added, "not added"),
        ("last one divided", lambda: ch._no_parentheses, "three in parentheses"),
        ("twice", lambda: ch._half_too_many, "Twice too much"),
        ("differences of differences", lambda: _nested, "x ± 2h"),
        ("square of the first", lambda: _squared_too_late, "is not right"),
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "4.4": [
        ("as long as it came", lambda: ch._not_normalised, "length 1"),
        ("sum of squares", lambda: ch._divided_by_squares, "its root"),
        ("not halved", lambda: ch._not_halved, "divide by 2h"),
        ("sum of entries", lambda: ch._divided_by_entries, "sum of the entries"),
        ("all alike", lambda: ch._all_entries_alike, "moves every entry"),
        ("steepest", lambda: ch._steepest, "steepest direction"),
        ("forward", lambda: ch._one_sided, "forward difference"),
        ("whole gradient", lambda: ch._by_the_gradient, "Two in all are enough"),
        ("gradient", lambda: _all_slopes, "shape (2,)"),
    ],
    "4.5": [
        ("goal at 0", lambda: ch._goal_at_zero, "not at 0"),
        ("curvature 1", lambda: ch._curvature_one, "is 2, not 1"),
        ("distance", lambda: ch._distance_only, "distance from the goal"),
        ("goal at 1/2", lambda: ch._goal_on_the_right, "check its sign"),
        ("no power", lambda: ch._factor_once, "its power k"),
        ("distance from 0", lambda: ch._distance_from_zero, "not x0"),
        ("plus 1/2", lambda: ch._wrong_goal_added, "that is -1/2"),
        ("step by step", lambda: _step_by_step, "did not finish"),
        ("two parameters", lambda: lambda x0, lr: x0, "takes 2 parameters"),
    ],
    "4.6": [
        ("diagonal", lambda: ch._diagonal_only, "along the eigenvectors"),
        ("flattest", lambda: ch._flattest_limit, "steepest direction"),
        ("1 over", lambda: ch._one_over, "where it is -1"),
        ("half", lambda: ch._best_is_half_the_limit, "the flattest one matters"),
        ("best first", lambda: ch._best_first, "limit has to come first"),
        ("all eigenvalues", lambda: ch._all_curvatures, "smallest and the largest"),
        ("all limits", lambda: _list_of_rates, "tuple"),
        ("limit only", lambda: _one_rate, "tuple"),
    ],
    "4.7": [
        ("one array", lambda: ch._same_array, "All rows show the end"),
        ("uphill", lambda: ch._uphill, "uphill"),
        ("no start", lambda: ch._without_start, "begins with the start"),
        ("end only", lambda: ch._end_only, "The path is wanted"),
        ("aliasing", lambda: ch._no_copy, "makes no copy"),
        ("whole numbers", lambda: _whole_number_start, "decimals were cut off"),
    ],
    "4.8": [
        ("uphill", lambda: ch._uphill_adaline, "error larger"),
        ("threshold", lambda: ch._after_the_threshold, "perceptron's rule"),
        ("mean", lambda: ch._mean_of_examples, "is the sum"),
        ("bias stays", lambda: ch._bias_stays, "bias has to learn"),
        ("mean bias", lambda: ch._mean_bias, "the bias the mean"),
        ("one by one", lambda: ch._one_by_one, "those of the old weights"),
        ("late bias", lambda: ch._bias_with_new_weights, "already moved"),
        ("change only", lambda: ch._change_only, "Return the new w"),
        ("twice", lambda: ch._twice, "cancels against"),
        ("no bias", lambda: ch._no_bias_in_the_output, "lacks the bias"),
        ("one number", lambda: ch._one_number_for_all, "a sum of its own"),
        ("in place", lambda: _moves_the_weights, "changes its input `w`"),
        ("first example", lambda: _first_example, "wrong for a batch"),
    ],
    "4.9": [
        ("0 and 1", lambda: ch._as_if_0_or_1, "targets 0 and 1"),
        ("sum", lambda: ch._signed_sum, "take the mean"),
        ("uphill", lambda: ch._signed_uphill, "sign is wrong"),
        ("no s", lambda: ch._sign_lost, "factor s is missing"),
        ("wrong side", lambda: ch._wrong_side, "it is -s a"),
        ("unsafe", lambda: ch._plain_exp, "overflow"),
        ("the loss", lambda: _of_the_loss, "shape (3,)"),
    ],
    "4.10": [
        ("file order", lambda: ch._in_file_order, "not shuffled"),
        ("rest dropped", lambda: ch._drops_the_rest, "smaller batch is missing"),
        ("replacement", lambda: ch._drawn_anew, "with replacement"),
        ("overlap", lambda: ch._slices_overlap, "overlap by one"),
        ("nearly equal", lambda: ch._nearly_equal, "nearly equal size"),
        ("empty batch", lambda: ch._one_slice_more, "last batch is empty"),
        ("return in the loop", lambda: ch._first_only, "Only the first batch"),
        ("one batch", lambda: _whole_epoch, "is a list of length 1"),
        ("new order each time", lambda: _shuffled_again, "is not right"),
        ("printed", lambda: _printed, "printed its result"),
    ],
    "4.11": [
        ("softmax", lambda: ch._softmax_instead, "classes compete"),
        ("sum", lambda: ch._sums, "take the mean"),
        ("one bias", lambda: ch._one_bias_for_all, "along axis 0"),
        ("no bias", lambda: ch._bias_at_zero, "biases never learn"),
        ("mean of classes", lambda: ch._mean_of_classes, "number of classes"),
        ("late biases", lambda: ch._late_biases, "already moved"),
        ("summed biases", lambda: ch._summed_biases, "the biases the sum"),
        ("uphill", lambda: ch._climbing, "uphill"),
        ("weights only", lambda: _weights_only, "tuple"),
        ("transposed", lambda: _turned, "transposed"),
        ("one step short", lambda: _one_step_short, "is not right"),
    ],
    "4.lab": [
        ("loss only", lambda: ch._loss_divided, "gradient is still a sum"),
        ("gradient only", lambda: ch._gradient_divided, "loss is still a sum"),
        ("by features", lambda: ch._divided_by_features, "number of examples"),
        ("a number", lambda: _mean_of_gradient, "shape (3,)"),
        ("unsafe", lambda: _unsafe, "overflow"),
        ("loss alone", lambda: _loss_alone, "expected a tuple of length 2"),
    ],
}
