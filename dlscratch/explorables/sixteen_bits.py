"""A number in sixteen bits: flip them, and see what adding 1 does."""

import numpy as np

from dlscratch.explorables.explorable import Explorable

KINDS = {"float16": (5, 10), "bfloat16": (8, 7)}  # bits of exponent and fraction


def sixteen_bits(value=2048.0, kind="float16"):
    """Flip the bits of a short floating-point number, and watch its neighbours.

    Parameters
    ----------
    value : float
        The number to start with. The kind must have it exactly.
    kind : {"float16", "bfloat16"}
        5 bits for the exponent and 10 for the fraction, or 8 and 7.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If there is no such kind, or if the kind has no such number.

    Examples
    --------
    >>> sixteen_bits(1.0).label
    'A number in sixteen bits'
    """
    if kind not in KINDS:
        raise ValueError(f"sixteen_bits: expected a kind of {[*KINDS]}, got {kind!r}")
    number = np.float64(value)
    with np.errstate(over="ignore"):
        narrow = np.float16(number) if kind == "float16" else np.float32(number)
    if kind == "float16":
        bits = int(narrow.view(np.uint16))
    else:
        bits, rest = divmod(int(narrow.view(np.uint32)), 2**16)
        narrow = narrow if rest == 0 else np.float32(np.nan)
    if not np.isfinite(narrow) or narrow != number:
        raise ValueError(
            f"sixteen_bits: expected a number that {kind} has, got {value!r}"
        )
    exponent, fraction = KINDS[kind]
    fallback = (
        "An interactive figure stands here when scripts may run. It shows the sixteen "
        f"bits of a number, at first {number:g} in {kind}: {bits:016b}, one for the "
        f"sign, {exponent} for the exponent and {fraction} for the fraction. You flip "
        "them, or type a number, and see its value, the numbers before and after it, "
        "and what it becomes if 1 is added. Where the step to the next number is 2, "
        "as it is in float16 from 2048 on, the exact sum may lie in the middle between "
        "two numbers; then it goes to the one whose last bit is 0, and 2048 + 1 "
        "becomes 2048."
    )
    props = {"bits": bits, "kind": kind}
    return Explorable("sixteen-bits", props, fallback, label="A number in sixteen bits")
