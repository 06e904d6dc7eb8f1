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
        ("only x", lambda: _only_x, "tuple of length 2"),
        ("in place", lambda: _momentum_in_place, "changes its input `v`"),
    ],
    "6a.2": [
        ("forgot return", lambda: _silent_roll, "return"),
    ],
    "6a.4": [
        ("one number", lambda: _one_weight, "array"),
    ],
    "6a.5": [
        ("in place", lambda: _adam_in_place, "changes its input `m`"),
    ],
    "6a.6": [
        ("old velocity", lambda: _path_old_velocity, "update u first"),
        ("without the start", lambda: _path_without_start, "shape"),
        ("one array many times", lambda: _aliased_path, "is not right"),
    ],
    "6a.9": [
        ("text", lambda: _text_rate, "text"),
    ],
    "6a.10": [
        ("in place", lambda: _clip_in_place, "changes its input"),
        ("0/0", lambda: _clip_divides_by_zero, "divide by zero"),
    ],
    "6a.lab": [
        ("no memory", lambda: _lab_no_memory, "is not right"),
    ],
}
