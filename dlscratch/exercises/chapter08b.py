"""Exercises of chapter 8b, Faster."""

import numpy as np

from dlscratch.exercises import exercise

# ------------------------------------------------------------------------- 8b.1


@exercise(
    "8b.1",
    "Amdahl's law",
    cases=[(0.9, 10), (0.5, 2), (0.8, 1), (0.25, 100)],
    hints=[
        "Let the whole take a time of 1 at first. Which part of it stays as "
        "it is, and how long does the other part take afterwards?",
        "The time afterwards is `(1 - share)` plus `share` divided by "
        "`factor`.",
        "The speed-up is the old time, 1, divided by the new time.",
    ],
    text="""
        Times add up, so count time: what stays, plus what is left of the
        rest. Ten times faster, the share of 0.9 gives a factor of 5.3. The
        rest alone, a share of 0.1 twice as fast, gives just 1.05. First the
        large bars; the small ones when they have become large.
        """,
    trial="""
        assert np.isclose(amdahl(0.9, 10), 5.263, atol=1e-3)
        assert np.isclose(amdahl(0.1, 2), 1.053, atol=1e-3)
        """,
)
def amdahl(share, factor):
    """Return how much faster the whole gets if one share does."""
    return 1 / (1 - share + share / factor)


amdahl.wrong(
    "Only one share becomes faster by that factor; the rest takes as long as "
    "before.",
    lambda share, factor: factor,
)

amdahl.wrong(
    "That is the new time, as a part of the old one. How many times faster "
    "is it? One divided by it.",
    lambda share, factor: 1 - share + share / factor,
)

amdahl.wrong(
    "Half of it twice as fast would then gain nothing: `0.5 * 2` is 1. But "
    "times add up: add the times of both parts.",
    lambda share, factor: share * factor,
)

amdahl.wrong(
    "That is the bound: what you get if the share takes no time at all.",
    lambda share, factor: 1 / (1 - share),
)

amdahl.wrong(
    "You left out the part that does not become faster.",
    lambda share, factor: factor / share,
)

amdahl.wrong(
    "You made the other part faster: `share` is what gains.",
    lambda share, factor: amdahl(1 - share, factor),
)

amdahl.wrong(
    "You averaged the speeds. What adds up is the time: a part that is "
    "`factor` times faster takes `share / factor`.",
    lambda share, factor: 1 - share + share * factor,
)

amdahl.wrong(
    "Only the first part stands below the line. The new time is the sum of "
    "both: put it into brackets.",
    lambda share, factor: 1 / (1 - share) + share / factor,
)

amdahl.wrong(
    "You made the share take longer. `factor` times faster means `share / "
    "factor` of the time.",
    lambda share, factor: 1 / (1 - share + share * factor),
)


# ------------------------------------------------------------------------- 8b.2


@exercise(
    "8b.2",
    "How many FLOPs for a byte?",
    cases=[
        (100, 784, 50, 4),
        (1, 784, 50, 4),
        (100, 784, 50, 2),
        (7, 3, 5, 8),
    ],
    hints=[
        "Count the work first: each of the N·M outputs is a sum of D products.",
        "Then the numbers that are read or written: x, W, b and y. Each "
        "takes `itemsize` bytes.",
        "FLOPs: `2 * N * D * M`. Numbers: `N * D + D * M + M + N * M`.",
    ],
    text=r"""
        $2NDM$ FLOPs, and $ND+DM+M+NM$ numbers. Half the bytes for a number
        make twice the intensity: one more reason for `float16`. With $N=1$
        the weights dominate the traffic, and about $2/\text{itemsize}$ is
        all there is.
        """,
    trial="""
        made = intensity(50, 1024, 1024, 4)
        assert np.isclose(made, intensities["Linear, batch 50"])
        """,
)
def intensity(N, D, M, itemsize):
    """Return the FLOPs per byte of a linear layer, (N, D) @ (D, M) + (M,)."""
    flops = 2 * N * D * M
    values = N * D + D * M + M + N * M  # x, W, b, y
    return flops / (values * itemsize)


def _intensity(N, D, M, itemsize, work=2, values=("x", "W", "b", "y")):
    sizes = {"x": N * D, "W": D * M, "b": M, "y": N * M}
    return work * N * D * M / (sum(sizes[v] for v in values) * itemsize)


intensity.wrong(
    "You counted multiply-adds. Each of them is two FLOPs.",
    lambda N, D, M, itemsize: _intensity(N, D, M, itemsize, work=1),
)


@intensity.wrong("The output must be written, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "b"))


intensity.wrong(
    "The weights must be read, too.",
    lambda N, D, M, itemsize: _intensity(N, D, M, itemsize, values=("x", "y")),
)


@intensity.wrong("The input must be read, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("W", "b", "y"))


@intensity.wrong("The bias must be read, too.")
def _(N, D, M, itemsize):
    return _intensity(N, D, M, itemsize, values=("x", "W", "y"))


intensity.wrong(
    "That is for each number. How many bytes is a number?",
    lambda N, D, M, itemsize: _intensity(N, D, M, 1),
)

intensity.wrong(
    "That is bytes per FLOP; turn the fraction over.",
    lambda N, D, M, itemsize: 1 / intensity(N, D, M, itemsize),
)

intensity.wrong(
    "You multiplied by `itemsize`. `a / b * c` is `(a / b) * c`: put the "
    "bytes into brackets.",
    lambda N, D, M, itemsize: intensity(N, D, M, 1) * itemsize,
)


@intensity.wrong(
    "You counted the addition of the bias, which is left out here."
)
def _(N, D, M, itemsize):
    return intensity(N, D, M, itemsize) * (2 * D + 1) / (2 * D)


intensity.wrong(
    "`itemsize` is in bytes already, not in bits.",
    lambda N, D, M, itemsize: intensity(N, D, M, 8 * itemsize),
)

intensity.wrong(
    "That is the work for one example. The batch has N.",
    lambda N, D, M, itemsize: intensity(N, D, M, itemsize) / N,
)

intensity.wrong(
    "That is the work for one output. There are `N * M`.",
    lambda N, D, M, itemsize: intensity(N, D, M, itemsize) / (N * M),
)


@intensity.wrong(
    "You read the weights anew for each example. The whole batch shares "
    "them: they are moved once."
)
def _(N, D, M, itemsize):
    return 2 * N * D * M / ((N * D + N * D * M + M + N * M) * itemsize)


# ------------------------------------------------------------------------- 8b.3


def _shards():
    rng = np.random.default_rng(0)
    return [
        ([rng.standard_normal((3, 2)) for _ in range(3)], [11, 11, 10]),
        ([rng.standard_normal(4) for _ in range(2)], [30, 3]),
        ([rng.standard_normal((2, 1, 3)) for _ in range(4)], [1, 8, 8, 4]),
    ]


@exercise(
    "8b.3",
    "Shards of different sizes",
    cases=_shards,
    hints=[
        "Each shard's gradient is a mean over its own examples. What is the "
        "sum over its examples?",
        "Multiply each gradient by its shard's size: these are sums, and "
        "sums may be added.",
        "At the end divide once, by the number of all examples, `sum(sizes)`.",
    ],
    text="""
        Equation (8b.3): each mean times its size is a sum over examples.
        Sums may be added; divide once at the end.
        """,
)
def combine(gradients, sizes):
    """Return the batch's mean gradient from those of its shards."""
    total = 0
    for gradient, size in zip(gradients, sizes, strict=True):
        total = total + size * gradient
    return total / sum(sizes)


combine.wrong(
    "You added means. The result is too large by about the number of shards, "
    "as if the learning rate were.",
    lambda gradients, sizes: sum(gradients),
)

combine.wrong(
    "This mean gives each shard the same weight. An example in a small shard "
    "then counts more than one in a large shard.",
    lambda gradients, sizes: sum(gradients) / len(gradients),
)

combine.wrong(
    "You added the means and divided by the number of examples. First "
    "multiply each mean by its shard's size.",
    lambda gradients, sizes: sum(gradients) / sum(sizes),
)


@combine.wrong("That is the sum over all examples. Divide it by their number.")
def _combine_not_divided(gradients, sizes):
    return sum(n * g for g, n in zip(gradients, sizes, strict=True))


@combine.wrong("Divide by the number of examples, not of shards.")
def _(gradients, sizes):
    return _combine_not_divided(gradients, sizes) / len(sizes)


@combine.wrong(
    "The gradients are means already. Multiply by the size to get the sum; "
    "you divided once more."
)
def _(gradients, sizes):
    return sum(g / n for g, n in zip(gradients, sizes, strict=True))


combine.wrong(
    "`@` runs over the last axis but one of the stacked gradients. That is "
    "the axis of the shards only if each gradient is a vector. "
    "`np.tensordot(sizes, gradients, 1)` takes the first axis; a loop will "
    "do, too.",
    lambda gradients, sizes: np.array(sizes) @ np.array(gradients) / sum(sizes),
)


# ------------------------------------------------------------------------- 8b.4


def _weights():
    rng = np.random.default_rng(1)
    W = rng.standard_normal((5, 4))
    return [(W, 8), (W, 4), (-np.abs(W), 8), (0.01 * W, 3)]


def _use_quantise(f, W, bits):
    found = f(W, bits)
    pair = isinstance(found, tuple | list) and len(found) == 2
    q, step = found if pair else (found, None)
    return {"the array of whole numbers": q, "the step": step}


@exercise(
    "8b.4",
    "Whole numbers for weights",
    use=_use_quantise,
    strict_dtype=True,
    cases=_weights,
    hints=[
        "With `bits` bits the whole numbers run from `-L` to `L`, with `L = "
        "2 ** (bits - 1) - 1`: 127 for 8 bits.",
        "The largest weight, without its sign, shall become L. So the step "
        "is `np.abs(W).max() / L`.",
        "`np.rint` rounds to the nearest whole number, `.astype(np.int8)` "
        "stores it in one byte, and the step is a `float`.",
    ],
    text="""
        Mind the sign: the largest weight may be a negative one. And round
        to the nearest, `np.rint`; cutting off would make every weight
        smaller.
        """,
)
def quantise(W, bits):
    """Return W in whole numbers of so many bits, and the size of their step."""
    largest = 2 ** (bits - 1) - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int8), float(step)


def _quantised(W, bits, largest=None, most=None, whole=np.rint):
    largest = 2 ** (bits - 1) - 1 if largest is None else largest
    step = (np.abs(W).max() if most is None else most) / largest
    return whole(W / step).astype(np.int8), float(step)


quantise.wrong(
    "You cut the decimals off, which moves every weight towards 0. Round to "
    "the nearest: `np.rint`.",
    lambda W, bits: _quantised(W, bits, whole=np.trunc),
)

quantise.wrong(
    "You rounded down. Round to the nearest.",
    lambda W, bits: _quantised(W, bits, whole=np.floor),
)


@quantise.wrong(
    "One bit is needed for the sign: 8 bits hold -127 to 127. Larger numbers "
    "wrap around in `int8`."
)
def _(W, bits):
    largest = 2**bits - 1
    step = np.abs(W).max() / largest
    return np.rint(W / step).astype(np.int64).astype(np.int8), float(step)


quantise.wrong(
    "The largest number is one less: 8 bits hold no 128.",
    lambda W, bits: _quantised(W, bits, largest=2 ** (bits - 1)),
)

quantise.wrong(
    "The largest weight may be negative: take `np.abs(W).max()`.",
    lambda W, bits: _quantised(W, bits, most=W.max()),
)

quantise.wrong(
    "127 is for 8 bits. With `bits` bits the largest is `2 ** (bits - 1) - 1`.",
    lambda W, bits: quantise(W, 8),
)

quantise.wrong(
    "Return two things: the whole numbers, and their step.",
    lambda W, bits: quantise(W, bits)[0],
)


@quantise.wrong("Your second value is how many steps make 1. Return the step.")
def _(W, bits):
    q, step = quantise(W, bits)
    return q, 1 / step


quantise.wrong(
    "You took half the distance from the smallest weight to the largest. The "
    "largest *absolute* value gets the largest whole number.",
    lambda W, bits: _quantised(W, bits, most=(W.max() - W.min()) / 2),
)


@quantise.wrong("How many steps are in a weight? Divide by the step.")
def _(W, bits):
    _, step = quantise(W, bits)
    return np.rint(W * step).astype(np.int8), step


quantise.wrong(
    "The whole numbers come first, then the step.",
    lambda W, bits: quantise(W, bits)[::-1],
)


@quantise.wrong("Those are weights again. Return the whole numbers themselves.")
def _(W, bits):
    q, step = quantise(W, bits)
    return q * step, step


# ------------------------------------------------------------------------- 8b.5


def _scaled():
    fine = [
        np.array([2e-4, 0.5, -3.0], np.float16),
        np.array([[6e-8]], np.float16),
        # the ends of float16; the sum of all lies beyond
        np.array([65504.0, -65504.0, 65504.0, 65504.0], np.float16),
    ]
    bad = [*fine[:2], np.array([[1.0, np.inf]], np.float16)]
    low = [np.array([0.25, -np.inf], np.float16), *fine[:1]]
    worse = [fine[1], np.array([np.nan], np.float16), fine[0]]
    return [
        (fine, 1024.0),
        (fine[:1], 1.0),
        (bad, 1024.0),
        (low, 16.0),
        (worse, 1.0),
        (bad[::-1], 8.0),
    ]


def _use_unscale(f, gradients, scale):
    answer = f(gradients, scale)
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    pair = pair and not isinstance(
        answer[0], np.ndarray
    )  # two gradients, no scale
    found, following = answer if pair else (answer, None)
    return {
        "the decision to skip the step": found is None,
        "the next scale": following,
        "the gradients": found,
    }


@exercise(
    "8b.5",
    "A scale that finds itself",
    use=_use_unscale,
    strict_dtype=True,
    cases=_scaled,
    hints=[
        "First make the gradients wide, `g.astype(np.float32)`, and only "
        "then divide them by the scale.",
        "`np.isfinite` is False for infinity and for nan. All numbers of all "
        "gradients must be finite.",
        "All finite: return the list and `scale * 2`. Otherwise return "
        "`None` and `scale / 2`.",
    ],
    text="""
        The order matters: first `float32`, then divide. Divided in
        `float16`, the small gradients vanish after all.

        So the scale climbs until something overflows, drops by half, and
        climbs again: it stays near the largest scale that works.
        """,
)
def unscale(gradients, scale):
    """Return float32 gradients (None: skip the step), the next scale."""
    wide = [g.astype(np.float32) / scale for g in gradients]
    if all(np.all(np.isfinite(g)) for g in wide):
        return wide, scale * 2
    return None, scale / 2


@unscale.wrong(
    "You divided while the numbers were still float16. There the small ones "
    "vanish again. Make them float32 first."
)
def _(gradients, scale):
    # Divides as float16, so what needed the scale is lost again.
    small = [(g / np.float16(scale)).astype(np.float32) for g in gradients]
    wide, following = unscale(gradients, scale)
    return (None if wide is None else small), following


@unscale.wrong("The gradients are still multiplied by the scale.")
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    return (None if wide is None else [g * scale for g in wide]), following


@unscale.wrong(
    "One of the gradients is infinite or nan. This step must be skipped."
)
def _(gradients, scale):
    return [g.astype(np.float32) / scale for g in gradients], scale * 2


@unscale.wrong(
    "Infinity is not nan. What overflowed is infinite; `np.isfinite` finds "
    "both."
)
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isnan(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


@unscale.wrong("nan is not infinity. `np.isfinite` finds both.")
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if any(np.isinf(g).any() for g in wide):
        return None, scale / 2
    return wide, scale * 2


unscale.wrong(
    "Return two things: the gradients (or None), and the next scale.",
    lambda gradients, scale: unscale(gradients, scale)[0],
)


@unscale.wrong(
    "A sum of numbers may overflow though each of them is finite. Ask of the "
    "numbers themselves: `np.all(np.isfinite(g))`."
)
def _(gradients, scale):
    with np.errstate(over="ignore"):
        finite = np.isfinite([np.sum(g) for g in gradients]).all()
    if finite:
        return [g.astype(np.float32) / scale for g in gradients], scale * 2
    return None, scale / 2


@unscale.wrong(
    "You looked at the first gradient only. Any of them may overflow."
)
def _(gradients, scale):
    wide = [g.astype(np.float32) / scale for g in gradients]
    if np.all(np.isfinite(wide[0])):
        return wide, scale * 2
    return None, scale / 2


@unscale.wrong(
    "You put zeros in place of what overflowed. But the largest entries "
    "matter most: skip the whole step, with None."
)
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    if wide is None:
        wide = [np.nan_to_num(g / scale, posinf=0, neginf=0) for g in gradients]
    return wide, following


unscale.wrong(
    "The scale should change for the next step.",
    lambda gradients, scale: (unscale(gradients, scale)[0], scale),
)


@unscale.wrong(
    "The other way round: an overflow says that the scale is too large."
)
def _(gradients, scale):
    wide, following = unscale(gradients, scale)
    return wide, scale * scale / following


# ------------------------------------------------------------------------- 8b.6


def _addends():
    rng = np.random.default_rng(4)
    ones = np.ones(4000, np.float16)
    mixed = (1000 * rng.standard_normal(37)).astype(np.float16)
    falling = np.array([2048, 1, 1, 1, 1], np.float16)
    return [
        np.array([1.5], np.float16),
        np.array([0.1, 0.2], np.float16),
        falling,
        falling[::-1].copy(),
        mixed[:7],
        mixed,
        ones,
        np.full(1000, 0.1, np.float16),
    ]


@exercise(
    "8b.6",
    "A sum in halves",
    cases=_addends,
    strict_dtype=True,
    rtol=0,
    atol=0,
    hints=[
        "A function may call itself. When need it not?",
        "A single number is its own sum: `values[0]`. Otherwise let `half` be "
        "`len(values) // 2`.",
        "Sum `values[:half]` and `values[half:]` with the function itself. "
        "Both sums are `float16`, and so is theirs.",
    ],
    text="""
        Added one after the other, a small number meets a sum that has become
        large, and is lost. Here the two sums that meet are of about the same
        size. A number takes part in about $\\log_2 n$ additions in place of
        up to $n-1$, so rounding has fewer chances. NumPy adds `float32` and
        `float64` in a similar way.
        """,
    trial="""
        assert sum_in_halves(np.ones(4000, np.float16)) == 4000
        """,
)
def sum_in_halves(values):
    """Return the sum of float16 numbers, halves first, all in float16."""
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return sum_in_halves(values[:half]) + sum_in_halves(values[half:])


@sum_in_halves.wrong(
    "You added one number after the other. Once the sum is large, small "
    "numbers are lost."
)
def _(values):
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


sum_in_halves.wrong(
    "That is the sum in wider numbers, rounded at the end, as `np.sum` gives "
    "it. Here every sum of two is rounded to `float16`: split, and add the "
    "sums of the halves.",
    lambda values: np.sum(values),
)

sum_in_halves.wrong(
    "That is a `float`. Everything stays in `float16`: begin with the numbers "
    "of the array themselves.",
    lambda values: float(sum_in_halves(values)),
)


@sum_in_halves.wrong(
    "You split in the middle once, and added each half from left to right. "
    "Each half is summed in the same way: the function calls itself."
)
def _(values):
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    parts = []
    for part in (values[:half], values[half:]):
        total = part[0]
        for value in part[1:]:
            total = total + value
        parts.append(total)
    return parts[0] + parts[1]


@sum_in_halves.wrong(
    "With an odd number the *first* part is the shorter one, `len(values) // "
    "2` numbers. You gave it one more."
)
def _halves_up(values):
    if len(values) == 1:
        return values[0]
    half = (len(values) + 1) // 2
    return _halves_up(values[:half]) + _halves_up(values[half:])


@sum_in_halves.wrong(
    "In yours, numbers that stand far apart meet first, as when one adds those "
    "at even and those at odd places. Split in the middle: the first half, and "
    "the rest."
)
def _even_and_odd(values):
    if len(values) == 1:
        return values[0]
    return _even_and_odd(values[::2]) + _even_and_odd(values[1::2])


@sum_in_halves.wrong(
    "You took the first number off, and then the next. Split in the middle."
)
def _one_by_one(values):
    total = values[-1]
    for value in values[-2::-1]:
        total = value + total
    return total


# ------------------------------------------------------------------------- 8b.7


def _singles():
    rng = np.random.default_rng(5)
    step = 2.0**-7
    ties = 1 + step * np.array([0.5, 1.5, 2.5, -0.25, 127.5])
    drawn = rng.standard_normal((3, 4)) * 10.0 ** rng.integers(-20, 20, (3, 4))
    return [
        np.array([1.0, 0.1, 3.14159, 300.0], np.float32),
        np.array([0.0, -0.1, -1000.3], np.float32),
        np.concatenate([ties, -ties]).astype(np.float32),
        drawn.astype(np.float32),
    ]


@exercise(
    "8b.7",
    "Rounding by hand",
    cases=_singles,
    strict_dtype=True,
    rtol=0,
    atol=0,
    hints=[
        "Cutting off is `bits >> 16 << 16`: it moves every number towards 0. "
        "What must be added to the bits first, so that more than half a step "
        "carries over into the part that is kept?",
        "Add `0x8000`, half a step, and ties always go away from 0. Add one "
        "less, `0x7FFF`, and they always go towards 0.",
        "Which of the two is right at a tie depends on the last bit that is "
        "kept, `(bits >> 16) & 1`. Where it is 1, add one more.",
    ],
    text="""
        Patterns of bits are in the order of the numbers, so adding to the
        pattern moves along the line of numbers. If the fraction is full,
        the carry makes the exponent one larger, which is right, too. The
        sign is in the first bit, so a negative number moves away from 0, as
        a positive one does.

        With `np.frexp`, as in the chapter, it is as good an answer.
        """,
    trial="""
        x = np.array([1.003, -3.14159], np.float32)
        print(to_bfloat16(x))
        """,
)
def to_bfloat16(x):
    """Return float32 numbers, rounded to those that bfloat16 has."""
    bits = x.view(np.uint32)
    last = (bits >> 16) & 1  # the last bit that is kept
    rounded = (bits + 0x7FFF + last) >> 16
    return (rounded << 16).view(np.float32)


def _cut(x, add=0):
    return ((x.view(np.uint32) + add) >> 16 << 16).view(np.float32)


to_bfloat16.wrong(
    "You cut the lower bits off, which moves numbers towards 0. Round to the "
    "nearest.",
    lambda x: _cut(x),
)

to_bfloat16.wrong(
    "Ties go away from 0 in yours. They go to the number whose last bit that "
    "is kept is 0.",
    lambda x: _cut(x, 0x8000),
)

to_bfloat16.wrong(
    "Ties go towards 0 in yours. They go to the number whose last bit that is "
    "kept is 0.",
    lambda x: _cut(x, 0x7FFF),
)

to_bfloat16.wrong(
    "You rounded to `float16`. It has other bits: 5 for the exponent and 10 "
    "for the fraction.",
    lambda x: np.clip(x, -65504, 65504).astype(np.float16).astype(np.float32),
)

to_bfloat16.wrong(
    "Those are the bits, as whole numbers. `.view(np.float32)` reads them as "
    "numbers again.",
    lambda x: to_bfloat16(x).view(np.uint32),
)

to_bfloat16.wrong(
    "The result is `float64`. The numbers are right, but `float32` was asked "
    "for.",
    lambda x: to_bfloat16(x).astype(np.float64),
)


@to_bfloat16.wrong(
    "You kept one bit too few. With the hidden 1 in front, 8 bits count."
)
def _(x):
    m, e = np.frexp(x)
    return np.ldexp(np.rint(m * 128) / 128, e)


@to_bfloat16.wrong(
    "You kept one bit too many. With the hidden 1 in front, 8 bits count."
)
def _(x):
    m, e = np.frexp(x)
    return np.ldexp(np.rint(m * 512) / 512, e)


@to_bfloat16.wrong(
    "`.astype(np.uint32)` rounds the number itself to a whole one. "
    "`.view(np.uint32)` reads its bits."
)
def _(x):
    with np.errstate(invalid="ignore"):
        bits = x.astype(np.int64).astype(np.uint32)
    return (bits >> 16 << 16).astype(np.float32)


# ----------------------------------------------------------------------- 8b.lab


def _mixed():
    rng = np.random.default_rng(6)

    def some(factor):
        shapes = (3, 2), (4,)
        return [factor * rng.standard_normal(shape) for shape in shapes]

    def case(factor, scale, lr, most, weight=1):
        weights = [w.astype(np.float32) for w in some(weight)]
        found = [(scale * g).astype(np.float16) for g in some(factor)]
        return weights, found, scale, lr, most

    return [
        case(0.1, 1, 0.5, 5.0),
        case(0.1, 1024, 0.5, 5.0),  # nothing to clip
        case(3.0, 1, 0.1, 2.0),
        case(3.0, 256, 0.1, 2.0),  # clipped
        case(1e-6, 4096, 100.0, 1.0, weight=0),  # small in float16
    ]


@exercise(
    "8b.lab",
    "Find the bug and repair it",
    cases=_mixed,
    rtol=1e-4,
    hints=[
        "Print `length` and `shrink` for the scales 1, 64 and 1,024, with the "
        "gradients of one batch. Which of the two should not depend on the "
        "scale?",
        "Neither should. The scaled gradient is longer than the real one by "
        "the factor `scale`, and `most` is meant for the real one.",
        "The scale must be divided out before the length is measured, and "
        "only once.",
    ],
    text="""
        The gradients that come in are `scale` times too long, on purpose. Her
        code measured *them*, so with a scale of 1,024 a harmless gradient of
        length 0.5 looked like one of 512, and was shrunk to 5. Then the scale
        was divided out, and a length of 0.005 was left, for every batch: each
        step was about a hundred times too short. A larger learning rate
        would hide that for a while, and then clip nothing when it should.

        Whatever looks at the gradient, clipping, weight decay in the
        gradient, a printed norm, must see it without the scale.
        """,
    after="First take the scale out, then look at the gradient.",
)
def repaired_step(weights, gradients, scale, lr, most):
    """Return float32 weights after a step with clipped, unscaled gradients."""
    wide = [g.astype(np.float32) / scale for g in gradients]
    length = np.sqrt(sum(np.sum(g * g) for g in wide))
    shrink = min(1, most / length)
    pairs = zip(weights, wide, strict=True)
    return [w - lr * shrink * g for w, g in pairs]


@repaired_step.starts_with(
    "You clip gradients that still have the scale in them. `length` is "
    "`scale` times too large."
)
def _hers(weights, gradients, scale, lr, most):
    wide = [g.astype(np.float32) for g in gradients]
    length = np.sqrt(sum(np.sum(g * g) for g in wide))
    shrink = min(1, most / length)  # clip
    updates = [shrink * g / scale for g in wide]  # take the scale out
    pairs = zip(weights, updates, strict=True)
    return [w - lr * u for w, u in pairs]


def _clipped(weights, gradients, scale, lr, most, length=None, out=None):
    wide = [g.astype(np.float32) / scale for g in gradients]
    size = np.sqrt(sum(np.sum(g * g) for g in wide))
    shrink = min(1, most / (length(size, scale) if length else size))
    out = shrink if out is None else out(shrink, scale)
    return [w - lr * out * g for w, g in zip(weights, wide, strict=True)]


repaired_step.wrong(
    "The scale is divided out twice: once before the length, and once after.",
    lambda *args: _clipped(*args, out=lambda shrink, scale: shrink / scale),
)

repaired_step.wrong(
    "You left the clipping out. One wild batch could then do harm.",
    lambda *args: _clipped(*args, out=lambda shrink, scale: 1),
)

repaired_step.wrong(
    "The scale is still in the update: the steps are `scale` times too long.",
    lambda *args: _clipped(*args, out=lambda shrink, scale: shrink * scale),
)

repaired_step.wrong(
    "The length must be divided by `scale`, not multiplied.",
    lambda *args: _clipped(*args, length=lambda size, s: size * s * s),
)


@repaired_step.wrong(
    "You made up for it with the learning rate. Where nothing needs clipping, "
    "the step is now `scale` times too long."
)
def _(weights, gradients, scale, lr, most):
    return _hers(weights, gradients, scale, lr * scale, most)


@repaired_step.wrong(
    "You divided while the gradients were `float16`. There small ones become "
    "0 or lose their digits. First `float32`, then divide."
)
def _(weights, gradients, scale, lr, most):
    narrow = [g / np.float16(scale) for g in gradients]
    return repaired_step(weights, narrow, 1, lr, most)


@repaired_step.wrong(
    "You clipped each array by itself. All gradients together are one long "
    "vector, which keeps its direction."
)
def _(weights, gradients, scale, lr, most):
    pairs = zip(weights, gradients, strict=True)
    return [repaired_step([w], [g], scale, lr, most)[0] for w, g in pairs]


@repaired_step.wrong(
    "You stretched short gradients to the length `most`, too. Only longer "
    "ones are shrunk."
)
def _(weights, gradients, scale, lr, most):
    wide = [g.astype(np.float32) / scale for g in gradients]
    length = np.sqrt(sum(np.sum(g * g) for g in wide))
    pairs = zip(weights, wide, strict=True)
    return [w - lr * most / length * g for w, g in pairs]
