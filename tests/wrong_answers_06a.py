"""Plausible wrong answers to chapter 6a's exercises, and what must be said of them."""

import math
import statistics

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


def _two_coordinates(x, v, g, lr, mu):
    v = np.array([mu * v[0] + g[0], mu * v[1] + g[1]])
    return np.array([x[0] - lr * v[0], x[1] - lr * v[1]]), v


def _long_sum(v, lr, mu):
    return -lr * v * np.sum(mu ** np.arange(1, 100_001))


def _sum_without_sum(v, lr, mu):
    return -lr * v * (mu ** np.arange(1, 100_001) @ np.ones(100_000))


def _is_np_nan(accuracies):
    def median(lr):
        return np.median([0 if a is np.nan else a for a in accuracies[lr]])

    return max(accuracies, key=median)


def _roll_in_a_loop(v, lr, mu):
    x = 0
    while np.any(np.abs(v) > 1e-14):
        v = mu * v
        x = x - lr * v
    return x


def _roll_with_a_needless_loop(v, lr, mu):
    for _ in range(1):
        x = -lr * mu * v / (1 - mu)
    return x


def _one_mean_square(x, s, g, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * np.mean(g**2)
    return x - lr * g / (np.sqrt(s) + eps), s


def _weights_as_list(t, beta):
    return [(1 - beta) * beta ** (t - k) / (1 - beta**t) for k in range(1, t + 1)]


def _weights_by_logarithm(t, beta):
    w = np.exp(np.log(beta) * np.arange(t)[::-1])
    return w / w.sum()


def _fixed_betas(x, m, s, g, t, lr, beta1, beta2, eps):
    return ch.adam_step(x, m, s, g, t, lr, 0.9, 0.999, eps)


def _eps_before_the_correction(x, m, s, g, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
    return x - rate * m / (np.sqrt(s) + eps), m, s


def _gradient_twice(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    u = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        u = mu * u + gradient(x)
        x = x - lr * (gradient(x) + mu * u)
        path.append(x)
    return np.array(path)


def _a_gradient_too_many(gradient, start, lr, steps, mu):
    path = ch.nesterov_path(gradient, start, lr, steps, mu)
    gradient(path[-1])
    return path


def _asks_beside_the_path(gradient, start, lr, steps, mu):
    asked = []

    def beside(x):
        asked.append(gradient(x + 1))  # and forgets it
        return 0 * x

    ch.nesterov_path(beside, start, lr, steps, mu)
    return ch.nesterov_path(_ravine_or_cube(gradient), start, lr, steps, mu)


def _ravine_or_cube(gradient):
    return getattr(ch, gradient.__name__, ch._ravine)


def _path_of_integers(gradient, start, lr, steps, mu):
    path = np.zeros((steps + 1, len(start)), dtype=np.array(start).dtype)
    path[0], u = start, 0
    for k in range(steps):
        g = gradient(path[k])
        u = mu * u + g
        path[k + 1] = path[k] - lr * (g + mu * u)
    return path


def _falls_until_50(t, lr, warmup, steps):
    return ch.up_and_down(t, lr, warmup, 50)


def _rounded_rate(t, lr, warmup, steps):
    return round(ch.up_and_down(t, lr, warmup, steps), 2)


def _second_eigenvalue(A):
    return ch.best_momentum(np.diag(np.linalg.eigvalsh(A)[:2]))


def _usual_momentum(A):
    return (1 + math.sqrt(0.9)) ** 2 / np.linalg.eigvalsh(A).max(), 0.9


def _upper_median(accuracies):
    def middle(lr):
        runs = sorted(np.nan_to_num(accuracies[lr]))
        return runs[len(runs) // 2]

    return max(accuracies, key=middle)


def _three_seeds(accuracies):
    return ch.choose_rate({lr: runs[:3] for lr, runs in accuracies.items()})


def _nan_replaced_in_place(accuracies):
    for runs in accuracies.values():
        runs[:] = np.nan_to_num(runs).tolist()
    return ch.choose_rate(accuracies)


def _two_arrays(gradients, limit):
    length = math.sqrt(sum(np.sum(g**2) for g in gradients[:2]))
    factor = min(1, limit / length) if length else 1
    return [factor * g for g in gradients]


def _spectral_norms(gradients, limit):
    length = math.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in gradients))
    factor = min(1, limit / length) if length else 1
    return [factor * g for g in gradients]


def _clipped_flat(gradients, limit):
    return np.concatenate([g.ravel() for g in ch.clip(gradients, limit)])


def _clipped_by_number(gradients, limit):
    return dict(enumerate(ch.clip(gradients, limit)))


def _clipped_one_by_one(gradients, limit):
    yield from ch.clip(gradients, limit)


def _lab_of_integers(gradient, start, lr, steps, mu=0.9):
    path = np.zeros((steps + 1, len(start)), dtype=np.array(start).dtype)
    path[0], v = start, 0
    for k in range(steps):
        v = mu * v - lr * gradient(path[k])
        path[k + 1] = path[k] + v
    return path


def _lab_usual_mu(gradient, start, lr, steps, mu=0.9):
    return ch.repaired_momentum(gradient, start, lr, steps)


WRONG = {
    "6a.1": [
        ("two coordinates", lambda: _two_coordinates, "shape"),
        ("only x", lambda: _only_x, "tuple of length 2"),
        ("in place", lambda: _momentum_in_place, "changes its input `v`"),
    ],
    "6a.2": [
        ("a long sum", lambda: _long_sum, "is not right"),
        ("no sum by name", lambda: _sum_without_sum, "1e-06, 0.999999)"),
        ("until it is small", lambda: _roll_in_a_loop, "did not finish"),
        ("a loop", lambda: _roll_with_a_needless_loop, "uses a loop"),
        ("forgot return", lambda: _silent_roll, "return"),
    ],
    "6a.3": [
        ("one mean square", lambda: _one_mean_square, "is not right"),
    ],
    "6a.4": [
        ("list", lambda: _weights_as_list, "makes an array"),
        ("logarithm of 0", lambda: _weights_by_logarithm, "divide by zero"),
        ("one number", lambda: _one_weight, "array"),
    ],
    "6a.5": [
        ("fixed betas", lambda: _fixed_betas, "is not right"),
        ("eps too early", lambda: _eps_before_the_correction, "is not right"),
        ("in place", lambda: _adam_in_place, "changes its input `m`"),
    ],
    "6a.6": [
        ("gradient twice", lambda: _gradient_twice, "called 12 times"),
        ("one too many", lambda: _a_gradient_too_many, "called 7 times"),
        ("beside the path", lambda: _asks_beside_the_path, "not on the path"),
        ("whole numbers", lambda: _path_of_integers, "decimals"),
        ("old velocity", lambda: _path_old_velocity, "update u first"),
        ("without the start", lambda: _path_without_start, "shape"),
    ],
    "6a.7": [
        ("always until 50", lambda: _falls_until_50, "is not right"),
        ("rounded", lambda: _rounded_rate, "is not right"),
    ],
    "6a.8": [
        ("second eigenvalue", lambda: _second_eigenvalue, "is not right"),
        ("always 0.9", lambda: _usual_momentum, "is not right"),
    ],
    "6a.9": [
        ("upper median", lambda: _upper_median, "is not right"),
        ("is np.nan", lambda: _is_np_nan, "is not right"),
        ("three seeds", lambda: _three_seeds, "is not right"),
        ("nan replaced", lambda: _nan_replaced_in_place, "changes its input"),
        ("text", lambda: _text_rate, "text"),
    ],
    "6a.10": [
        ("two arrays", lambda: _two_arrays, "is not right"),
        ("spectral norms", lambda: _spectral_norms, "raised"),
        ("one long vector", lambda: _clipped_flat, "expected a list"),
        ("dictionary", lambda: _clipped_by_number, "expected a list"),
        ("generator", lambda: _clipped_one_by_one, "yield"),
        ("in place", lambda: _clip_in_place, "changes its input"),
        ("0/0", lambda: _clip_divides_by_zero, "divide by zero"),
    ],
    "6a.lab": [
        ("whole numbers", lambda: _lab_of_integers, "decimals"),
        ("always 0.9", lambda: _lab_usual_mu, "is not right"),
        ("no memory", lambda: _lab_no_memory, "is not right"),
    ],
}


# ------------------------------------------------------- right ones in unusual form


def _momentum_on_copies(x, v, g, lr, mu):
    x, v = x.copy(), v.copy()
    v *= mu
    v += g
    x -= lr * v
    return np.array([x, v])


def _momentum_entry_by_entry(place, speed, slope, rate=0.1, keep=0.9):
    place, speed = place.copy(), speed.copy()
    for i in np.ndindex(place.shape):
        speed[i] = keep * speed[i] + slope[i]
        place[i] -= rate * speed[i]
    return [place, speed]


def _roll_from_the_full_series(v, lr, mu):
    return lr * v - lr * v / (1 - mu)


def _roll_with_an_early_return(v, lr, mu):
    if mu == 0:
        return 0 * v
    return np.negative(np.divide(lr * v, 1 / mu - 1))


def _rmsprop_towards(x, s, g, lr, alpha, eps):
    s = s + (1 - alpha) * (g * g - s)
    return [x - g * (lr / (s**0.5 + eps)), s]


def _weights_normalised(t, beta):
    w = np.power(float(beta), np.arange(t))[::-1]
    return w / w.sum()


def _weights_of_impulses(t, beta):
    m = np.zeros(t)
    for gradient in np.eye(t):
        m = beta * m + (1 - beta) * gradient
    return m / (1 - beta**t)


def _adam_as_the_library(x, m, s, g, t, lr, beta1, beta2, eps):
    m = m + (1 - beta1) * (g - m)
    s = s + (1 - beta2) * (g * g - s)
    root = np.sqrt(s) / math.sqrt(1 - beta2**t) + eps
    return [x - lr / (1 - beta1**t) * m / root, m, s]


def _path_filled_in(gradient, start, lr, steps, mu):
    path = np.empty((steps + 1, len(start)))
    path[0], u = start, np.zeros(len(start))
    for k in range(steps):
        g = gradient(path[k])
        u = mu * u + g
        path[k + 1] = path[k] - lr * (g + mu * u)
    return path


def _path_by_recursion(gradient, start, lr, steps, mu):
    def go(x, u, n):
        if n == 0:
            return [x]
        g = gradient(x)
        u = mu * u + g
        return [x, *go(x - lr * (g + mu * u), u, n - 1)]

    return np.stack(go(np.array(start, float), 0.0, steps))


def _path_from_the_classic_form(gradient, start, lr, steps, mu):
    x = np.array(start, dtype=float)
    v = np.zeros_like(x)
    path = [x]
    for _ in range(steps):
        old, v = v, mu * v - lr * gradient(x)
        x = x - mu * old + v + mu * v
        path.append(x)
    return np.vstack(path)


def _rate_in_one_line(t, lr, warmup, steps):
    return lr * min(1, (t + 1) / max(warmup, 1), max(0, (steps - t) / (steps - warmup)))


def _rate_interpolated(t, lr, warmup, steps):
    if warmup == 0:
        return np.interp(t, [0, steps], [lr, 0])
    return np.interp(t, [-1, warmup - 1, warmup, steps], [0, lr, lr, 0])


def _rate_from_the_whole_schedule(t, lr, warmup, steps):
    rates = [lr * (k + 1) / warmup for k in range(warmup)]
    rates += [lr * (steps - k) / (steps - warmup) for k in range(warmup, steps)]
    return rates[t] if t < steps else 0


def _momentum_by_singular_values(A):
    far = np.sqrt(np.linalg.svd(A, compute_uv=False))
    a, b = far[-1], far[0]
    return np.array([4 / (a + b) ** 2, ((b - a) / (b + a)) ** 2])


def _momentum_by_condition_number(A):
    k = math.sqrt(np.linalg.cond(A))
    return [4 / np.linalg.norm(A, 2) / (1 + 1 / k) ** 2, ((k - 1) / (k + 1)) ** 2]


def _rate_by_statistics(accuracies):
    def middle(lr):
        return statistics.median(0 if a != a else a for a in accuracies[lr])

    return max(accuracies, key=middle)


def _rate_from_a_table(accuracies):
    rates = np.array(list(accuracies))
    table = np.nan_to_num(list(accuracies.values()))
    return rates[np.median(table, axis=1).argmax()]


def _clip_one_vector(gradients, limit):
    length = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    return tuple(limit / max(length, limit) * g for g in gradients)


def _clip_early_return(gradients, limit):
    length = np.sqrt(sum(np.vdot(g, g) for g in gradients))
    if length <= limit:
        return gradients
    return [np.multiply(g, limit / length) for g in gradients]


def _clip_as_pytorch(gradients, limit):
    length = np.linalg.norm([np.linalg.norm(g) for g in gradients])
    return [g * min(1, limit / (length + 1e-9)) for g in gradients]


def _lab_sum_of_gradients(gradient, start, lr, steps, mu=0.9):
    x = np.array(start, float)
    v = 0 * x
    path = [x]
    for _ in range(steps):
        v = mu * v + gradient(x)
        x = x - lr * v
        path.append(x)
    return path


def _lab_two_step_rule(gradient, start, lr, steps, mu=0.9):
    path = [np.array(start, float)]
    for k in range(steps):
        before = path[max(k - 1, 0)]
        path.append(path[k] + mu * (path[k] - before) - lr * gradient(path[k]))
    return np.stack(path)


RIGHT = {
    "6a.1": [
        ("on copies, as an array", lambda: _momentum_on_copies),
        ("entry by entry, as a list", lambda: _momentum_entry_by_entry),
    ],
    "6a.2": [
        ("full series without its first term", lambda: _roll_from_the_full_series),
        ("early return", lambda: _roll_with_an_early_return),
    ],
    "6a.3": [("towards the square", lambda: _rmsprop_towards)],
    "6a.4": [
        ("normalised", lambda: _weights_normalised),
        ("by impulses", lambda: _weights_of_impulses),
    ],
    "6a.5": [("as the library", lambda: _adam_as_the_library)],
    "6a.6": [
        ("filled in", lambda: _path_filled_in),
        ("recursion", lambda: _path_by_recursion),
        ("classic form", lambda: _path_from_the_classic_form),
    ],
    "6a.7": [
        ("interpolated", lambda: _rate_interpolated),
        ("one line", lambda: _rate_in_one_line),
        ("whole schedule", lambda: _rate_from_the_whole_schedule),
    ],
    "6a.8": [
        ("singular values", lambda: _momentum_by_singular_values),
        ("condition number", lambda: _momentum_by_condition_number),
    ],
    "6a.9": [
        ("statistics", lambda: _rate_by_statistics),
        ("table", lambda: _rate_from_a_table),
    ],
    "6a.10": [
        ("one vector, as a tuple", lambda: _clip_one_vector),
        ("early return", lambda: _clip_early_return),
        ("as PyTorch", lambda: _clip_as_pytorch),
    ],
    "6a.lab": [
        ("sum of gradients, as a list", lambda: _lab_sum_of_gradients),
        ("two-step rule", lambda: _lab_two_step_rule),
    ],
}
