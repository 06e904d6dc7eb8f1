"""The networks of the book: built new, or loaded with the weights that it ships."""

import hashlib
import sys
import tempfile
from functools import partial
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np

from dlscratch import _browser, initializers, layers
from dlscratch.attention import GELU, LayerNorm, PositionEmbedding, SelfAttention, Tied
from dlscratch.checks import real, whole, wholes
from dlscratch.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Linear,
    Residual,
    SoftmaxCrossEntropy,
)
from dlscratch.recurrent import Embedding
from dlscratch.sequential import Sequential

_ACTIVATIONS = {
    "relu": (layers.ReLU, initializers.he),
    "sigmoid": (layers.Sigmoid, initializers.xavier),
    "tanh": (layers.Tanh, initializers.xavier),
}


def mlp(
    sizes,
    activation="relu",
    *,
    rng,
    init=None,
    batch_norm=False,
    dropout=0.0,
    dtype=np.float64,
):
    """Build a multi-layer perceptron that classifies.

    Parameters
    ----------
    sizes : sequence of int
        Widths from input to output, such as (64, 50, 10).
    activation : {"relu", "sigmoid", "tanh"}
        Between the linear layers; none after the last, which gives the logits.
    rng : numpy.random.Generator
    init : callable, optional
        An initializer; by default He for ReLU and Xavier for the others.
    batch_norm : bool
        Put a BatchNorm between each hidden linear layer and its activation.
    dropout : float
        The fraction dropped after each hidden activation.
    dtype : numpy dtype

    Returns
    -------
    Sequential
        With the loss :class:`~dlscratch.layers.SoftmaxCrossEntropy`.

    Examples
    --------
    >>> print(mlp((64, 50, 10), rng=np.random.default_rng(0)).summary())
        layer           parameters
     0  Linear(64, 50)       3,250
     1  ReLU()                   0
     2  Linear(50, 10)         510
        total                3,760
    """
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        raise ValueError(
            f"mlp: expected an activation among {sorted(_ACTIVATIONS)}, "
            f"got {activation!r}"
        )
    sizes = wholes(sizes, "mlp", "sizes")
    dropout = real(dropout, "mlp", "dropout", 0, 1, below=True)
    kind, default_init = _ACTIVATIONS[activation]
    settings = {"init": init or default_init, "rng": rng, "dtype": dtype}
    stack = []
    for n_in, n_out in pairwise(sizes[:-1]):
        stack.append(Linear(n_in, n_out, **settings))
        if batch_norm:
            stack.append(BatchNorm(n_out, dtype=dtype))
        stack.append(kind())
        if dropout:
            stack.append(Dropout(dropout, rng=rng))
    stack.append(Linear(*sizes[-2:], **settings))
    return Sequential(stack, SoftmaxCrossEntropy())


def simple_cnn(
    *,
    rng,
    input_shape=(1, 28, 28),
    filters=30,
    kernel_size=5,
    padding=0,
    hidden=100,
    classes=10,
    dtype=np.float64,
):
    """Build a small convolutional network: one convolution, two linear layers.

    Parameters
    ----------
    rng : numpy.random.Generator
    input_shape : tuple of int
        (C, H, W) of a picture.
    filters : int
        Number of kernels.
    kernel_size, padding : int or pair of int
        Of the convolution.
    hidden, classes : int
        Widths of the two linear layers.
    dtype : numpy dtype

    Returns
    -------
    Sequential
        Conv2d, ReLU, 2×2 max pooling, Flatten, Linear, ReLU, Linear, initialised by
        He, with the loss :class:`~dlscratch.layers.SoftmaxCrossEntropy`.

    Examples
    --------
    >>> print(simple_cnn(rng=np.random.default_rng(0)).summary())
        layer                     parameters
     0  Conv2d(1, 30, 5, 1, 0)           780
     1  ReLU()                             0
     2  MaxPool2d(2, 2, 0)                 0
     3  Flatten()                          0
     4  Linear(4320, 100)            432,100
     5  ReLU()                             0
     6  Linear(100, 10)                1,010
        total                        433,890
    """
    input_shape = _picture_shape(input_shape, "simple_cnn")
    settings = {"rng": rng, "dtype": dtype}
    convolution = Conv2d(
        input_shape[0], filters, kernel_size, padding=padding, **settings
    )
    stack = [convolution, layers.ReLU(), layers.MaxPool2d(2), layers.Flatten()]
    stack += [Linear(_n_features(stack, input_shape), hidden, **settings)]
    stack += [layers.ReLU(), Linear(hidden, classes, **settings)]
    return Sequential(stack, SoftmaxCrossEntropy())


def deep_cnn(
    *, rng, input_shape=(1, 28, 28), classes=10, dropout=0.5, dtype=np.float64
):
    """Build a deeper convolutional network: six convolutions, two linear layers.

    All kernels are 3×3. The numbers of kernels are 16, 16, 32, 32, 64 and 64, and 2×2
    max pooling follows each pair. The fourth convolution pads by 2, so that pictures
    of 28×28 go through 28, 14, 16, 8 to 4×4, and no pooling loses a border.

    Parameters
    ----------
    rng : numpy.random.Generator
    input_shape : tuple of int
        (C, H, W) of a picture.
    classes : int
    dropout : float
        The fraction dropped after the hidden linear layer. Nothing is dropped from
        the output: a logit that is set to 0 says something wrong about its class.
    dtype : numpy dtype

    Returns
    -------
    Sequential
        Initialised by He, with the loss
        :class:`~dlscratch.layers.SoftmaxCrossEntropy`.
    """
    input_shape = _picture_shape(input_shape, "deep_cnn")
    dropout = real(dropout, "deep_cnn", "dropout", 0, 1, below=True)
    settings = {"rng": rng, "dtype": dtype}
    channels = (input_shape[0], 16, 16, 32, 32, 64, 64)
    stack = []
    for i, (n_in, n_out) in enumerate(pairwise(channels), start=1):
        padding = 2 if i == 4 else 1
        stack += [Conv2d(n_in, n_out, 3, padding=padding, **settings), layers.ReLU()]
        if i % 2 == 0:
            stack.append(layers.MaxPool2d(2))
    stack.append(layers.Flatten())
    stack += [Linear(_n_features(stack, input_shape), 50, **settings), layers.ReLU()]
    if dropout:
        stack.append(Dropout(dropout, rng=rng))
    stack.append(Linear(50, classes, **settings))
    return Sequential(stack, SoftmaxCrossEntropy())


def record_cnn(
    *,
    rng,
    input_shape=(1, 28, 28),
    channels=(32, 64, 64, 128),
    classes=10,
    dropout=0.3,
    dtype=np.float64,
):
    """Build the convolutional network of the book's best result on MNIST.

    Four convolutions, of 5×5, 3×3, 3×3 and 3×3, each with batch normalisation and
    ReLU. The first and the third are followed by 2×2 max pooling, which comes before
    the normalisation: then there is only a quarter to normalise. The fourth pads by 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    input_shape : tuple of int
        (C, H, W) of a picture.
    channels : tuple of four int
        Number of kernels of each convolution.
    classes : int
    dropout : float
        The fraction of features dropped before the only linear layer.
    dtype : numpy dtype

    Returns
    -------
    Sequential
        Initialised by He, with the loss
        :class:`~dlscratch.layers.SoftmaxCrossEntropy`.
    """
    input_shape = _picture_shape(input_shape, "record_cnn")
    channels = wholes(channels, "record_cnn", "channels", 4)
    if len(channels) != 4:
        raise ValueError(f"record_cnn: expected four channels, got {channels}")
    dropout = real(dropout, "record_cnn", "dropout", 0, 1, below=True)
    settings = {"rng": rng, "dtype": dtype}
    stack = []
    for i, (n_in, n_out) in enumerate(pairwise((input_shape[0], *channels))):
        stack.append(Conv2d(n_in, n_out, 3 if i else 5, padding=i // 3, **settings))
        if i in (0, 2):
            stack.append(layers.MaxPool2d(2))
        stack += [BatchNorm(n_out, dtype=dtype), layers.ReLU()]
    stack.append(layers.Flatten())
    if dropout:
        stack.append(Dropout(dropout, rng=rng))
    stack.append(Linear(_n_features(stack, input_shape), classes, **settings))
    return Sequential(stack, SoftmaxCrossEntropy())


def gpt(
    n_tokens,
    context,
    dim,
    heads,
    n_layers,
    *,
    bias=False,
    tied=True,
    dropout=0.0,
    std=0.02,
    rng,
    dtype=np.float64,
):
    """Build a transformer that predicts the next token: GPT-2, as small as you like.

    The ids' rows of a table plus learnt positions go through ``n_layers`` pairs of
    blocks, ``Residual([LayerNorm, SelfAttention])`` and ``Residual([LayerNorm, Linear,
    GELU, Linear])``, and a last LayerNorm. Then each place has a score for each token.

    Parameters
    ----------
    n_tokens : int
        K, how many different tokens there are.
    context : int
        The longest sequence.
    dim : int
        D, a multiple of ``heads``. The inner width of the second blocks is 4 D.
    heads, n_layers : int
    bias : bool
        Whether linear layers, attention and normalisation have biases. GPT-2 has them,
        except in the last linear layer; nanoGPT by default has none.
    tied : bool
        Whether the scores are made with the table of the input, as in GPT-2, in place
        of a linear layer: see :class:`~dlscratch.attention.Tied`.
    dropout : float
        The fraction dropped after the positions are added and at the end of each
        block's body. The weights of attention, of which GPT-2 drops as well, are left.
    std : float
        The standard deviation of the initial weights, above 0. GPT-2's value suits
        wide layers; for a ``dim`` of 64 or 128 try a few times as much.
    rng : numpy.random.Generator
    dtype : numpy dtype

    Returns
    -------
    Sequential
        Maps ids (N, T) to scores (N, T, K). The loss is a
        :class:`~dlscratch.layers.SoftmaxCrossEntropy` that ignores the id -1. Weights
        start from N(0, std²). Those of the last layer in each body have this standard
        deviation divided by √(2 n_layers), as in GPT-2, because so many of them add
        up.

    Examples
    --------
    The size of nanoGPT's configuration for a laptop:

    >>> model = gpt(65, 64, 128, 4, 4, rng=np.random.default_rng(0))
    >>> sum(p.value.size for p in model.parameters)
    804096

    A model without a table in common can show all its layers:

    >>> small = gpt(65, 8, 16, 2, 1, tied=False, rng=np.random.default_rng(0))
    >>> small.predict(np.zeros((1, 8), dtype=int)).shape
    (1, 8, 65)
    """
    n_layers = whole(n_layers, "gpt", "n_layers")
    dropout = real(dropout, "gpt", "dropout", 0, 1, below=True)
    std = real(std, "gpt", "std", 0, above=True)
    init, into_sum = (initializers.normal(std / n) for n in (1, (2 * n_layers) ** 0.5))
    settings = {"rng": rng, "dtype": dtype}
    norm = partial(LayerNorm, dim, bias=bias, dtype=dtype)
    linear = partial(Linear, bias=bias, **settings)

    def dropping(*stack):
        return [*stack, Dropout(dropout, rng=rng)] if dropout else list(stack)

    embedding = Embedding(n_tokens, dim, init=init, **settings)
    body = dropping(PositionEmbedding(context, dim, init=init, **settings))
    for _ in range(n_layers):
        attend = SelfAttention(
            dim, heads, bias=bias, init=init, out_init=into_sum, **settings
        )
        body.append(Residual(dropping(norm(), attend)))
        wide = linear(dim, 4 * dim, init=init)
        narrow = linear(4 * dim, dim, init=into_sum)
        body.append(Residual(dropping(norm(), wide, GELU(), narrow)))
    body.append(norm())
    if tied:
        stack = [Tied(embedding, body)]
    else:
        stack = [embedding, *body, linear(dim, n_tokens, init=init)]
    return Sequential(stack, SoftmaxCrossEntropy(ignore_index=-1))


def _picture_shape(shape, where):
    found = wholes(shape, where, "input_shape", 3)
    if len(found) != 3:
        raise ValueError(f"{where}: expected input_shape (C, H, W), got {shape!r}")
    return found


def _n_features(stack, input_shape):
    """Count what the layers make of one picture, by showing them an empty one."""
    return Sequential(stack).predict(np.zeros((1, *input_shape))).shape[1]


def pretrained(name):
    """Load one of the trained networks that come with the book.

    Parameters
    ----------
    name : str
        Such as ``"digits-mlp"``. A wrong name's error lists all names.

    Returns
    -------
    Sequential
        Its ``record`` says how it was trained and what it reaches.

    Notes
    -----
    In a page of a browser, where the package has only the small ones, a larger one is
    fetched from the book's own server.
    """
    folder = resources.files("dlscratch") / "weights"
    names = sorted(f.name[:-4] for f in folder.iterdir() if f.name.endswith(".npz"))
    if not isinstance(name, str) or name not in names:
        if sys.platform == "emscripten" and isinstance(name, str):
            return _fetched(name, names)
        raise ValueError(f"pretrained: expected one of {names}, got {name!r}")
    with resources.as_file(folder / f"{name}.npz") as path:
        return Sequential.load(path)


def _fetched(name, names):
    """Load a network that the book's server has and the browser's package has not."""
    raw = _browser.fetch(f"weights/{name}.npz")
    if raw is None:
        raise ValueError(
            f"pretrained: expected one of {names}, or a larger network of the book "
            f"that its server has, got {name!r}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.npz")
        path.write_bytes(raw)
        model = Sequential.load(path)
    stored = (a.astype(np.float16).tobytes() for a in model.arrays.values())
    received = hashlib.sha256(b"".join(stored)).hexdigest()
    if received != model.record["sha256"]:
        raise ValueError(
            f"pretrained: expected {name} with the SHA-256 {model.record['sha256']}, "
            f"received {received}; load the page again"
        )
    return model
