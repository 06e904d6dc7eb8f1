"""Networks: layers in a row with a loss at the end, and those of the book."""

from dlscratch.networks import deep_cnn, gpt, mlp, pretrained, record_cnn, simple_cnn
from dlscratch.sequential import Sequential

__all__ = [
    "Sequential",
    "deep_cnn",
    "gpt",
    "mlp",
    "pretrained",
    "record_cnn",
    "simple_cnn",
]
