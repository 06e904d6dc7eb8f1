"""Plausible wrong answers to the exercises of chapter 8a, and what must be said."""

from dlscratch import functions
from dlscratch.exercises import chapter08a as ex


def _multiplied(scores):
    return functions.softmax(scores).prod(axis=0).argmax(axis=1)


def _biases_of_one_layer(C, size):
    return (size * size - 9 * (size // 2)) * C * C


def _forgot_return(size):
    ex.layers_for(size)


WRONG = {
    "8a.1": [
        ("forgot return", lambda: _forgot_return, "return"),
    ],
    "8a.2": [
        ("one bias", lambda: _biases_of_one_layer, "of one layer only"),
    ],
    "8a.4": [
        ("product", lambda: _multiplied, "multiplied probabilities"),
    ],
}
