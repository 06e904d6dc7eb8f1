"""Draw a digit again: every feature map of a small convolutional network."""

import re

import numpy as np

from dlscratch.explorables.draw_digit import known, packed
from dlscratch.explorables.explorable import Explorable
from dlscratch.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU

LETTERS = {Conv2d: "C", ReLU: "R", MaxPool2d: "P", Flatten: "F", Linear: "L"}


def feature_maps(model):
    """Draw a digit and see every feature map that the network makes of it.

    A click on a map shows its kernels, and for each of its cells the receptive field
    and the sum that makes the value. The drawing is shrunk as by ``draw_digit``, and
    the page computes in float64 with the model's weights.

    Parameters
    ----------
    model : Sequential
        ``Conv2d``, ``ReLU``, ``MaxPool2d`` once or more, then ``Flatten``, hidden
        layers of ``Linear`` and ``ReLU``, and a last ``Linear``; from pictures of
        shape (1, 14, 14) to 10 logits, such as ``pretrained("draw-cnn")``. Kernels
        and windows are square, and pooling is not padded. Its weights are written
        into the page in one byte each if all are multiples of 1/32 below 4, as there,
        and else as float32.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If the model is not of that form.

    Examples
    --------
    >>> from dlscratch.models import pretrained
    >>> feature_maps(pretrained("draw-cnn")).label
    'Draw a digit, and see its feature maps'
    """
    layers = _form(model)
    props = {
        "layers": layers,
        **packed(model),
    }
    maps = [str(layer["F"]) for layer in layers if layer["kind"] == "conv"]
    fallback = (
        "An interactive figure stands here when scripts may run. You draw a digit with "
        "mouse, finger, pen or keys, or load a test image. The drawing is shrunk to "
        "14×14 pixels, and a convolutional network reads it. All its feature maps are "
        f"shown while you draw: {' and '.join(maps)} after its convolutions, as many "
        "after each pooling, then the ten probabilities. Choose a map to see its "
        "kernels, and a cell of it to see its receptive field on the drawing and the "
        f"sum that makes its value.{known(model)}"
    )
    label = "Draw a digit, and see its feature maps"
    return Explorable(
        "feature-maps", props, fallback, label=label, shared=["drawing-board"]
    )


def _form(model):
    """Return the layers with all that the page needs to know, ReLU taken along."""
    word = "".join(LETTERS.get(type(layer), "?") for layer in model.layers)
    whole = re.fullmatch("(CRP)+F(LR)*L", word)
    layers, shape = [], (1, 14, 14)
    for layer, following in zip(model.layers, f"{word[1:]}.", strict=True):
        if not whole or isinstance(layer, ReLU | Flatten):
            continue
        if isinstance(layer, Linear):
            n, m = layer.W.value.shape
            whole = whole and n == np.prod(shape)
            relu = following == "R"
            layers.append({"kind": "linear", "n": n, "m": m, "relu": relu})
            shape = (m,)
            continue
        c = layer.config
        K, stride, padding = c["kernel_size"], c["stride"], c["padding"]
        whole = all(isinstance(v, int) for v in (K, stride, padding)) and whole
        whole = whole and c.get("channels_in", shape[0]) == shape[0]
        if not whole:
            continue
        side = (shape[1] + 2 * padding - K) // stride + 1
        one = {"K": K, "stride": stride, "padding": padding}
        if isinstance(layer, Conv2d):
            one |= {"kind": "conv", "F": c["channels_out"], "C": shape[0]}
        else:
            one |= {"kind": "pool"}
            whole = whole and padding == 0
        whole = whole and side >= 1
        layers.append(one)
        shape = (one.get("F", shape[0]), side, side)
    if not whole or shape != (10,):
        raise ValueError(
            "feature_maps: expected (Conv2d, ReLU, MaxPool2d) once or more, Flatten, "
            "(Linear, ReLU) and a last Linear, with square kernels and pooling without "
            f"padding, from (1, 14, 14) to 10 outputs, got {model}"
        )
    return layers
