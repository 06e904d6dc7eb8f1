"""Plausible wrong answers to the exercises of chapter 8c, and what must be said."""

from dlscratch.exercises import chapter08c as ex


def pairs_transposed(a, b):
    return ex.pairwise_iou(b, a)


WRONG = {
    "8c.2": [
        ("transposed", lambda: pairs_transposed, "transposed"),
    ],
}
