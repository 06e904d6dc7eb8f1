"""Draw a digit: a network that reads what the reader draws, layer by layer."""

import io
from importlib.resources import files

import numpy as np

from dlscratch.explorables.explorable import Explorable, in_base64
from dlscratch.layers import Linear

STEPS = 32  # to 1


def draw_digit(model):
    """Draw a digit and see every number that the network computes from it.

    The drawing is fitted into 14×14 pixels as MNIST's digits are into 28×28. The page
    computes in float64 with the model's weights, so its numbers are those of
    ``model.predict``.

    Parameters
    ----------
    model : Sequential
        ``Linear`` layers from 196 inputs to 10 logits, with one kind of activation
        (``ReLU``, ``Sigmoid`` or ``Tanh``) between them, such as
        ``pretrained("draw-mlp")``. Its weights are written into the page in one byte
        each if all are multiples of 1/32 below 4, as there, and else as float32.

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
    >>> draw_digit(pretrained("draw-mlp")).label
    'Draw a digit'
    """
    sizes, activation = _form(model)
    props = {
        "sizes": sizes,
        "activation": activation,
        **packed(model),
    }
    hidden = " and ".join(str(n) for n in sizes[1:-1]) or "no"
    fallback = (
        "An interactive figure stands here when scripts may run. You draw a digit with "
        "mouse, finger, pen or keys, or load a test image. The drawing is shrunk to "
        f"14×14 pixels, and a network with {hidden} {activation} cells in its hidden "
        "layers reads it. All its numbers are shown while you draw: the pixels, each "
        f"hidden layer, the ten logits and the ten probabilities.{known(model)}"
    )
    return Explorable(
        "draw-digit",
        props,
        fallback,
        label="Draw a digit",
        shared=["drawing-board"],
    )


def _form(model):
    """Return the sizes of the layers and the name of the activation."""
    linear, between = model.layers[::2], model.layers[1::2]
    kinds = {type(layer).__name__.lower() for layer in between} or {"relu"}
    whole = (
        len(model.layers) % 2 == 1
        and all(isinstance(layer, Linear) for layer in linear)
        and len(kinds) == 1
        and kinds <= {"relu", "sigmoid", "tanh"}
    )
    sizes = [layer.config["n_in"] for layer in linear if whole] + [10]
    if not whole or sizes[0] != 196 or linear[-1].config["n_out"] != 10:
        raise ValueError(
            "draw_digit: expected Linear layers from 196 inputs to 10 outputs with one "
            f"kind of activation (ReLU, Sigmoid or Tanh) between them, got {model}"
        )
    return sizes, kinds.pop()


def packed(model):
    """Return a model's weights and the sample images as the drawing board's page wants.

    The weights are in one byte each if that is exact, else float32.
    """
    flat = np.concatenate([p.value.ravel() for p in model.parameters])
    steps = flat * STEPS
    exact = np.array_equal(steps, np.round(steps)) and np.abs(steps).max() < 128
    stored = steps.astype(np.int8) if exact else flat.astype("<f4")
    return {
        "steps": STEPS if exact else 0,
        "weights": in_base64(stored),
        "samples": _samples(),
    }


def known(model):
    """Return a sentence about what the model reaches, if its record says so."""
    accuracy = model.record.get("test_accuracy")
    return "" if accuracy is None else f" It reads {accuracy:.1%} of MNIST's test set."


def _samples():
    """Pack the sample images, two pixels of 16 shades to a byte."""
    raw = (files("dlscratch") / "data" / "mnist-samples.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        images, labels = file["images"].ravel(), file["labels"]
    return {
        "images": in_base64(images[::2] << 4 | images[1::2]),
        "labels": labels.tolist(),
    }
