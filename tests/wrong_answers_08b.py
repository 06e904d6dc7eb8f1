"""Plausible wrong answers to the exercises of chapter 8b, and what must be said."""

import numpy as np

from dlscratch.exercises import chapter08b as ex


def _forgot_return(*arguments):
    ex.amdahl(0.5, 2)


def combine_number(gradients, sizes):
    return float(np.mean(ex.combine(gradients, sizes)))


def quantise_floats(W, bits):
    q, step = ex.quantise(W, bits)
    return q.astype(float), step


WRONG = {
    "8b.1": [
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "8b.3": [
        ("a number", lambda: combine_number, "expected an array"),
    ],
    "8b.4": [
        ("floats", lambda: quantise_floats, "int8"),
    ],
}
