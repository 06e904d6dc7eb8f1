"""Random numbers that Python and a page make alike; there explorable.js has them."""

import math

import numpy as np


def uniform(seed, n):
    """Return n numbers of Mulberry32 in [0, 1), which a page can make, too.

    Its state is a counter, so that all numbers are made at once.
    """
    mask = np.uint64(2**32 - 1)
    state = (seed + np.arange(1, n + 1, dtype=np.uint64) * 0x6D2B79F5) & mask

    def mixed(v, bits):
        return v ^ (v >> np.uint64(bits))

    v = (mixed(state, 15) * (state | np.uint64(1))) & mask
    v ^= (v + ((mixed(v, 7) * (v | np.uint64(61))) & mask)) & mask
    return mixed(v, 14) / 2**32


def normal(seed, shape):
    """Return normal numbers of mean 0 and variance 1, which a page can make, too.

    By Box and Muller: each comes from two of ``uniform(seed, …)``.
    """
    u, v = uniform(seed, 2 * math.prod(shape)).reshape(-1, 2).T
    drawn = np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)
    return drawn.reshape(shape)
