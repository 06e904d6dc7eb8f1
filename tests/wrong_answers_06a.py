"""Plausible wrong answers to chapter 6a's exercises, and what must be said of them."""

import numpy as np

from dlscratch.exercises import chapter06a as ch


def _only_x(x, v, g, lr, mu):
    return x - lr * (mu * v + g)


def _momentum_in_place(x, v, g, lr, mu):
    v *= mu
    v += g
    return x - lr * v, v


def _silent_roll(v, lr, mu):
    -lr * mu * v / (1 - mu)


def _text_rate(accuracies):
    return str(ch.choose_rate(accuracies))


def _one_weight(t, beta):
    return (1 - beta) / (1 - beta**t)


def _adam_in_place(x, m, s, g, t, lr, beta1, beta2, eps):
    m *= beta1
    m += (1 - beta1) * g
    return ch.adam_step(x, m, s, g, t, lr, beta1, beta2, eps)


def _path_without_start(gradient, start, lr, steps, mu):
    return ch.nesterov_path(gradient, start, lr, steps, mu)[1:]


def _path_old_velocity(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        g = gradient(x)
        x = x - lr * (g + mu * u)
        u = mu * u + g
        path.append(x)
    return np.array(path)


def _aliased_path(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        g = gradient(x)
        u = mu * u + g
        x -= lr * (g + mu * u)
        path.append(x)
    return np.array(path)


def _clip_in_place(gradients, limit):
    length = np.sqrt(sum(np.sum(g**2) for g in gradients))
    if length > limit:
        for g in gradients:
            g *= limit / length
    return gradients


def _clip_divides_by_zero(gradients, limit):
    length = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * np.minimum(1.0, limit / length) for g in gradients]


def _lab_no_memory(gradient, start, lr, steps, mu=0.9):
    return ch.repaired_momentum(gradient, start, lr, steps, 0.0)


WRONG = {
    "6a.1": [
        ("uphill", lambda: ch._momentum_up, "uphill"),
        ("other form", lambda: ch._momentum_other_form, "other form"),
        ("old velocity", lambda: ch._momentum_late, "too late"),
        ("moving average", lambda: ch._momentum_average, "moving average"),
        ("lr twice", lambda: ch._momentum_twice, "applied twice"),
        ("v first", lambda: ch._momentum_order, "v first"),
        ("no forgetting", lambda: ch._momentum_endless, "never forgets"),
        ("v holds lr", lambda: ch._momentum_holds_rate, "holds the learning rate"),
        ("minus g", lambda: ch._momentum_minus, "takes in -g"),
        ("only x", lambda: _only_x, "tuple of length 2"),
        ("in place", lambda: _momentum_in_place, "changes its input `v`"),
    ],
    "6a.2": [
        ("sign", lambda: ch._roll_forward, "the sign"),
        ("first step too long", lambda: ch._roll_undamped, "-lr * mu * v, not"),
        ("one step", lambda: ch._roll_one_step, "next step only"),
        ("no rate", lambda: ch._roll_no_rate, "times lr"),
        ("forgot return", lambda: _silent_roll, "return"),
    ],
    "6a.3": [
        ("swapped", lambda: ch._rms_swapped, "changed places"),
        ("sum", lambda: ch._rms_sum, "AdaGrad"),
        ("not squared", lambda: ch._rms_not_squared, "squares"),
        ("no root", lambda: ch._rms_no_root, "not by its root"),
        ("eps inside", lambda: ch._rms_eps_inside, "inside the root"),
        ("old memory", lambda: ch._rms_old, "old s"),
        ("uphill", lambda: ch._rms_up, "uphill"),
        ("brackets", lambda: ch._rms_no_brackets, "Brackets"),
    ],
    "6a.4": [
        ("reversed", lambda: ch._weights_reversed, "turned round"),
        ("uncorrected", lambda: ch._weights_uncorrected, "correction is missing"),
        ("sum", lambda: ch._weights_of_sum, "momentum's sum"),
        ("too old", lambda: ch._weights_too_old, "one step too old"),
        ("one number", lambda: _one_weight, "array"),
    ],
    "6a.5": [
        ("uncorrected", lambda: ch._adam_uncorrected, "correction is missing"),
        ("keeps corrected", lambda: ch._adam_keeps_corrected, "keep the plain ones"),
        ("t + 1", lambda: ch._adam_one_late, "t + 1"),
        ("product", lambda: ch._adam_product, "a power"),
        ("m only", lambda: ch._adam_half, "not s"),
        ("no root", lambda: ch._adam_no_root, "not by its root"),
        ("multiplied", lambda: ch._adam_multiplied, "divide by it"),
        ("eps inside", lambda: ch._adam_eps_inside, "inside the root"),
        ("betas swapped", lambda: ch._adam_swapped, "changed places"),
        ("in place", lambda: _adam_in_place, "changes its input `m`"),
    ],
    "6a.6": [
        ("momentum", lambda: ch._path_momentum, "That is momentum"),
        ("old velocity", lambda: _path_old_velocity, "update u first"),
        ("g + u", lambda: ch._path_both, "times μ"),
        ("other point", lambda: ch._path_behind, "not* look ahead"),
        ("without the start", lambda: _path_without_start, "shape"),
        ("one array many times", lambda: _aliased_path, "is not right"),
    ],
    "6a.7": [
        ("first rate 0", lambda: ch._from_zero, "first rate is 0"),
        ("negative", lambda: ch._below_zero, "negative"),
        ("jump", lambda: ch._jumps, "jumps"),
        ("whole numbers", lambda: ch._whole_numbers, "rounds down"),
        ("no warm-up", lambda: ch._no_warmup, "warm-up is missing"),
        ("too flat", lambda: ch._too_flat, "too flat"),
        ("cosine", lambda: ch._half_cosine, "straight line"),
    ],
    "6a.8": [
        ("root", lambda: ch._best_root, "Square it"),
        ("SGD's rate", lambda: ch._best_of_sgd, "best rate for SGD"),
        ("κ for √κ", lambda: ch._best_kappa, "√κ, not κ"),
        ("diagonal", lambda: ch._best_diagonal, "eigenvalues"),
        ("limit", lambda: ch._best_limit, "limit of the rate"),
        ("μ first", lambda: ch._best_order, "μ first"),
        ("μ for √μ", lambda: ch._best_no_root, "window ends at"),
        ("lower end", lambda: ch._best_lower_end, "lower end"),
    ],
    "6a.9": [
        ("luckiest", lambda: ch._choose_luckiest, "luck"),
        ("survivors", lambda: ch._choose_survivors, "left out the runs"),
        ("mean", lambda: ch._choose_mean, "the mean"),
        ("smallest", lambda: ch._choose_worst, "smallest"),
        ("accuracy", lambda: ch._choose_value, "That is the accuracy"),
        ("nan wins", lambda: ch._choose_with_nan, "nan wins"),
        ("nan loses", lambda: ch._choose_spotless, "One nan"),
        ("text", lambda: _text_rate, "text"),
    ],
    "6a.10": [
        ("each array", lambda: ch._clip_each, "each array"),
        ("each entry", lambda: ch._clip_entries, "each entry"),
        ("always", lambda: ch._clip_always, "Short ones"),
        ("no root", lambda: ch._clip_squared, "root is missing"),
        ("mean length", lambda: ch._clip_mean, "joint length"),
        ("sum of lengths", lambda: ch._clip_sum, "do not add up"),
        ("largest entry", lambda: ch._clip_largest, "largest entry"),
        ("in place", lambda: _clip_in_place, "changes its input"),
        ("0/0", lambda: _clip_divides_by_zero, "divide by zero"),
    ],
    "6a.lab": [
        ("no lr", lambda: ch._lab_never, "not applied at all"),
        ("uphill", lambda: ch._lab_uphill, "uphill"),
        ("root of lr", lambda: ch._lab_rooted, "second time"),
        ("memory times lr", lambda: ch._lab_memory_too, "memory, too"),
        ("no memory", lambda: _lab_no_memory, "is not right"),
    ],
}
