"""Plausible wrong answers to the exercises of chapter 8b, and what must be said.

RIGHT holds right answers in unusual form.
"""

import numpy as np

from dlscratch.exercises import chapter08b as ex


def _forgot_return(*arguments):
    ex.amdahl(0.5, 2)


def combine_number(gradients, sizes):
    return float(np.mean(ex.combine(gradients, sizes)))


def combine_for_32(gradients, sizes):
    return ex.combine(gradients, sizes) * sum(sizes) / 32


def combine_in_place(gradients, sizes):
    total = gradients[0]
    total *= sizes[0]
    for gradient, size in zip(gradients[1:], sizes[1:], strict=True):
        total += gradient * size
    return total / sum(sizes)


def quantise_floats(W, bits):
    q, step = ex.quantise(W, bits)
    return q.astype(float), step


def quantise_in_place(W, bits):
    _, step = ex.quantise(W, bits)
    W /= step
    return np.rint(W).astype(np.int8), step


def unscaling(good=ex.unscale, dtype=np.float32, by=None, change=(2, 2)):
    """Return an answer to 8b.5 that looks at some gradients, or divides otherwise."""

    def unscale(gradients, scale):
        wide = [g.astype(dtype) / (by or scale) for g in gradients]
        if good(gradients):
            return wide, scale * change[0]
        return None, scale / change[1]

    return unscale


def finite(gradients):
    return all(np.isfinite(g).all() for g in gradients)


def unscale_whole(gradients, scale):
    wide, following = ex.unscale(gradients, scale)
    return wide, scale // 2 if wide is None else following


def sum_larger_first(values):
    if len(values) == 1:
        return values[0]
    first, rest = np.array_split(values, 2)
    return sum_larger_first(first) + sum_larger_first(rest)


def sum_pieces_of_eight(values):
    if len(values) <= 8:
        return values.sum()
    half = len(values) // 2
    return sum_pieces_of_eight(values[:half]) + sum_pieces_of_eight(values[half:])


def sum_without_end(values):
    half = len(values) // 2
    return sum_without_end(values[:half]) + sum_without_end(values[half:])


def round_in_place(x):
    bits = x.view(np.uint32)
    bits += 0x7FFF + ((bits >> 16) & 1)
    bits >>= 16
    bits <<= 16
    return x


def step_clipped(length=None, clip=None):
    """Return an answer to the lab with another length, or another way to clip."""

    def repaired_step(weights, gradients, scale, lr, most):
        wide = [g.astype(np.float32) / scale for g in gradients]
        if clip:
            wide = [clip(g, most) for g in wide]
        else:
            wide = [min(1, most / length(wide)) * g for g in wide]
        return [w - lr * g for w, g in zip(weights, wide, strict=True)]

    return repaired_step


def step_in_place(weights, gradients, scale, lr, most):
    new = ex.repaired_step(weights, gradients, scale, lr, most)
    for w, v in zip(weights, new, strict=True):
        w[:] = v
    return weights


def sum_wider(values):
    wide = np.asarray(values, np.float32)
    while len(wide) > 1:
        wide = np.append(wide, np.zeros(len(wide) % 2, np.float32))
        wide = wide[::2] + wide[1::2]
    return np.float16(wide[0])


WRONG = {
    "8b.1": [
        ("forgot return", lambda: _forgot_return, "return"),
        ("whole", lambda: lambda p, s: int(ex.amdahl(p, s)), "decimals were cut"),
    ],
    "8b.3": [
        ("a number", lambda: combine_number, "expected an array"),
        ("always 32", lambda: combine_for_32, "expected"),
        ("in place", lambda: combine_in_place, "changes its input"),
    ],
    "8b.4": [
        ("floats", lambda: quantise_floats, "int8"),
        ("in place", lambda: quantise_in_place, "changes its input"),
    ],
    "8b.5": [
        ("float64", lambda: unscaling(finite, float), "float64, expected float32"),
        ("two of them", lambda: unscaling(lambda g: finite(g[:2])), "skip the step"),
        (
            "positive infinity",
            lambda: unscaling(
                lambda g: not any((np.isposinf(u) | (u != u)).any() for u in g)
            ),
            "skip the step",
        ),
        ("1024", lambda: unscaling(finite, by=1024), "expected"),
        (
            "no large numbers",
            lambda: unscaling(lambda g: all(np.all(np.abs(u) < 6e4) for u in g)),
            "skip the step",
        ),
        ("whole", lambda: unscale_whole, "next scale"),
    ],
    "8b.6": [
        ("larger half first", lambda: sum_larger_first, "shorter one"),
        ("pieces of eight", lambda: sum_pieces_of_eight, "expected"),
        ("without end", lambda: sum_without_end, "never stops"),
        ("halves, wider", lambda: sum_wider, "rounded at the end"),
        ("running sum", lambda: lambda v: np.cumsum(v)[-1], "one number after the"),
    ],
    "8b.7": [
        ("in place", lambda: round_in_place, "changes its input"),
        ("flat", lambda: lambda x: ex.to_bfloat16(x).ravel(), "(3, 4)"),
    ],
    "8b.lab": [
        ("in place", lambda: step_in_place, "changes its input"),
        (
            "each entry",
            lambda: step_clipped(clip=lambda g, most: np.clip(g, -most, most)),
            "expected",
        ),
        (
            "the square",
            lambda: step_clipped(lambda wide: sum(np.sum(g * g) for g in wide)),
            "expected",
        ),
        (
            "the longest array",
            lambda: step_clipped(lambda wide: max(np.linalg.norm(g) for g in wide)),
            "expected",
        ),
    ],
}


def quantise_by_hand(W, bits):
    most = 2 ** (bits - 1) - 1
    step = max(W.max(), -W.min()) / most
    q = [[round(float(w / step)) for w in row] for row in W]
    return [np.array(q, dtype=np.int8), step]


def unscale_flat(gradients, scale):
    flat = np.concatenate([g.ravel() for g in gradients])
    if np.isnan(flat).any() or np.isinf(flat).any():
        return None, scale * 0.5
    return tuple(np.float32(g) / np.float32(scale) for g in gradients), 2 * scale


def sum_between(values):
    def add(first, last):
        if last - first == 1:
            return values[first]
        middle = first + (last - first) // 2
        return add(first, middle) + add(middle, last)

    return add(0, len(values))


def sum_lists(values):
    values = list(values)
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return np.float16(sum_lists(values[:half]) + sum_lists(values[half:]))


def round_with_frexp(x):
    m, e = np.frexp(x)
    return np.ldexp(np.rint(m * 256) / 256, e)


def round_by_a_large_factor(x):  # Veltkamp's splitting
    large = np.float32(2**16 + 1) * x
    return large - (large - x)


def round_where(x):
    bits = x.view(np.uint32)
    kept, rest = bits >> 16, bits & 0xFFFF
    up = (rest > 0x8000) | ((rest == 0x8000) & (kept & 1 == 1))
    return ((kept + up) << 16).astype(np.uint32).view(np.float32)


def step_longer_limit(weights, gradients, scale, lr, most):
    wide = [g.astype(np.float32) for g in gradients]
    length = np.linalg.norm(np.concatenate([g.ravel() for g in wide]))
    shrink = min(1, most * scale / length)
    return tuple(
        w - lr * shrink * g / scale for w, g in zip(weights, wide, strict=True)
    )


def step_in_float64(weights, gradients, scale, lr, most):
    wide = [g.astype(float) / scale for g in gradients]
    length = np.sqrt(sum(np.vdot(g, g) for g in wide))
    if length > most:
        wide = [g * most / length for g in wide]
    return [(w - lr * g).astype(np.float32) for w, g in zip(weights, wide, strict=True)]


RIGHT = {
    "8b.1": [
        ("one fraction", lambda: lambda p, s: s / (s * (1 - p) + p)),
        ("a power", lambda: lambda p, s: np.float64(1 - p * (1 - 1 / s)) ** -1),
        ("an array", lambda: lambda p, s: np.array(1 / (1 - p + p / s))),
    ],
    "8b.2": [
        (
            "factored",
            lambda: lambda N, D, M, b: 2 * N * D * M / b / (N * (D + M) + (D + 1) * M),
        ),
    ],
    "8b.3": [
        ("average", lambda: lambda g, n: np.average(g, axis=0, weights=n)),
        ("tensordot", lambda: lambda g, n: np.tensordot(n, g, 1) / np.sum(n)),
        (
            "einsum",
            lambda: lambda g, n: np.einsum("k...,k->...", np.stack(g), n) / sum(n),
        ),
    ],
    "8b.4": [("by hand", lambda: quantise_by_hand)],
    "8b.5": [
        ("all at once", lambda: unscale_flat),
        ("good", lambda: unscaling(finite)),
    ],
    "8b.6": [("places", lambda: sum_between), ("lists", lambda: sum_lists)],
    "8b.7": [
        ("frexp", lambda: round_with_frexp),
        ("a large factor", lambda: round_by_a_large_factor),
        ("where", lambda: round_where),
    ],
    "8b.lab": [
        ("a longer limit", lambda: step_longer_limit),
        ("float64 inside", lambda: step_in_float64),
    ],
}
