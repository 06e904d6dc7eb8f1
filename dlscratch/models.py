"""Networks: layers in a row, with a loss at the end."""

from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np

from dlscratch import files, initializers, layers
from dlscratch.base import leaves
from dlscratch.layers import BatchNorm, Conv2d, Dropout, Linear, SoftmaxCrossEntropy

_ACTIVATIONS = {
    "relu": (layers.ReLU, initializers.he),
    "sigmoid": (layers.Sigmoid, initializers.xavier),
    "tanh": (layers.Tanh, initializers.xavier),
}


class Sequential:
    """Layers applied one after the other.

    Parameters
    ----------
    layers : list of Layer
    loss : optional
        One of the losses of :mod:`dlscratch.layers`, needed to train.

    Attributes
    ----------
    record : dict
        What :meth:`save` was told about the model: its recipe, seed, results.
    """

    def __init__(self, layers, loss=None):
        self.layers = list(layers)
        self.loss_layer = loss
        self.record = {}
        for place, layer in leaves(self.layers):
            for p in layer.parameters:
                p.name = place + p.name.rpartition(".")[2]

    @property
    def parameters(self):
        """All layers' parameters, first layer first, named like ``0.W``."""
        return [p for layer in self.layers for p in layer.parameters]

    @property
    def arrays(self):
        """All that training changes, by name: parameters and the layers' buffers."""
        buffers = {
            place + name: array
            for place, layer in leaves(self.layers)
            for name, array in layer.buffers.items()
        }
        return {p.name: p.value for p in self.parameters} | buffers

    def predict(self, x, training=False):
        """Run all layers: x of shape (N, ...) to scores of shape (N, K).

        The scores are what the last layer gives: logits, for a classifier.
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def loss(self, x, t, training=False):
        """Return the loss, a float, of the predictions for ``x`` against ``t``."""
        if self.loss_layer is None:
            raise RuntimeError(
                "Sequential.loss: this model has no loss; "
                "build it with Sequential(layers, loss)"
            )
        return self.loss_layer.forward(self.predict(x, training), t)

    def backward(self, input_gradient=True):
        """Set every parameter's gradient of the last loss; return that of ``x``.

        Without ``input_gradient`` the way back ends at the first layer that learns,
        which saves time, and None is returned.
        """
        if self.loss_layer is None:
            raise RuntimeError("Sequential.backward: this model has no loss")
        dy = self.loss_layer.backward()
        if input_gradient:
            for layer in reversed(self.layers):
                dy = layer.backward(dy)
            return dy
        first = next(
            (i for i, layer in enumerate(self.layers) if layer.parameters), None
        )
        if first is not None:
            for layer in reversed(self.layers[first + 1 :]):
                dy = layer.backward(dy)
            self.layers[first].backward(dy, input_gradient=False)
        return None

    def accuracy(self, x, t, batch_size=1000):
        """Return the fraction of examples classified right, the last few included.

        Parameters
        ----------
        x : ndarray, shape (N, ...)
        t : ndarray of int, shape (N,)
        batch_size : int
            How many examples to run at a time; changes memory, not the result.
        """
        right = 0
        for y, batch in self._answers("accuracy", x, t, batch_size):
            right += _count_right(y, batch)
        return right / len(x)

    def evaluate(self, x, t, batch_size=1000):
        """Return the mean loss and the accuracy, from one forward pass.

        The parameters are those of :meth:`accuracy`.
        """
        loss, right = 0.0, 0
        for y, batch in self._answers("evaluate", x, t, batch_size):
            loss += self.loss_layer.forward(y, batch) * len(batch)
            right += _count_right(y, batch)
        return loss / len(x), right / len(x)

    def _answers(self, name, x, t, batch_size):
        """Yield the scores and the labels of one batch after the other."""
        if len(x) != len(t) or len(x) == 0:
            raise ValueError(
                f"Sequential.{name}: expected as many examples as labels, at least "
                f"one, got {len(x)} and {len(t)}"
            )
        for i in range(0, len(x), batch_size):
            yield self.predict(x[i : i + batch_size]), t[i : i + batch_size]

    def summary(self):
        """Return a table of the layers and their numbers of parameters, as text."""
        rows = [("", "layer", "parameters")]
        for i, layer in enumerate(self.layers):
            count = sum(p.value.size for p in layer.parameters)
            rows.append((str(i), repr(layer), f"{count:,}"))
        total = sum(p.value.size for p in self.parameters)
        rows.append(("", "total", f"{total:,}"))
        width = max(len(row[1]) for row in rows)
        return "\n".join(f"{a:>2}  {b:<{width}}  {c:>10}" for a, b, c in rows)

    def save(self, path, *, stored_dtype=None, **record):
        """Save the network and what is known about it to one ``.npz`` file.

        The file is first written in full beside ``path`` and then renamed, so that
        an interrupted save leaves the old file as it was.

        Parameters
        ----------
        path : str or Path
            Ends in ``.npz``.
        stored_dtype : numpy dtype, optional
            A smaller float type for the file. Loading gives the rounded numbers.
        **record
            Anything JSON can hold: the recipe, the seed, the results.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(f"Sequential.save: expected a path in .npz, got {path}")
        head = {
            "layers": [[type(layer).__name__, layer.config] for layer in self.layers],
            "loss": self.loss_layer and type(self.loss_layer).__name__,
            "dtypes": {name: array.dtype.name for name, array in self.arrays.items()},
            "record": self.record | record,
        }
        arrays = {
            name: array.astype(stored_dtype or array.dtype)
            for name, array in self.arrays.items()
        }
        files.write(path, head, arrays)
        self.record |= record

    @classmethod
    def load(cls, path):
        """Build the network that :meth:`save` wrote. Nothing is ever unpickled.

        Raises
        ------
        ValueError
            If the file is not such a file, or an array's name, shape or dtype does
            not fit its layer; the message says which.
        """
        try:
            head, arrays = files.read(path)
            model = cls(
                [_build(name, config) for name, config in head["layers"]],
                head["loss"] and _build(head["loss"], {}),
            )
            dtypes, model.record = head["dtypes"], head["record"]
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(
                f"Sequential.load: {path} is not a whole file written by "
                f"Sequential.save ({type(error).__name__}: {error})"
            ) from error

        wanted = model.arrays
        if set(wanted) != set(arrays):
            raise ValueError(
                f"Sequential.load: {path} should hold {sorted(wanted)}, "
                f"but holds {sorted(arrays)}"
            )
        for name, empty in wanted.items():
            array = arrays[name]
            if array.shape != empty.shape:
                raise ValueError(
                    f"Sequential.load: expected {name} of shape {empty.shape}, "
                    f"got {array.shape} in {path}"
                )
            if array.dtype.kind != "f" or dtypes.get(name) not in _DTYPES:
                raise ValueError(
                    f"Sequential.load: expected {name} as floating-point numbers, "
                    f"got {array.dtype} (for {dtypes.get(name)}) in {path}"
                )
            arrays[name] = array.astype(dtypes[name])
        for p in model.parameters:
            p.value = arrays[p.name]
        for place, layer in leaves(model.layers):
            for name in layer.buffers:
                setattr(layer, name, arrays[place + name])
        return model

    def __repr__(self):
        """List the layers."""
        return f"Sequential({self.layers}, loss={self.loss_layer})"


_DTYPES = ("float16", "float32", "float64")


def _count_right(y, t):
    guess = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0] > 0
    return int(np.sum(guess == t))


def _build(name, config):
    kind = getattr(layers, str(name), None)
    if not (isinstance(kind, type) and issubclass(kind, layers.Layer)):
        raise ValueError(f"no layer is called {name}")
    if kind in (Linear, Conv2d):
        config = config | {"init": initializers.zeros}
    if kind is layers.Residual:
        config = {
            part: [_build(*layer) for layer in stack] for part, stack in config.items()
        }
    return kind(**config)


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
    if activation not in _ACTIVATIONS:
        raise ValueError(
            f"mlp: expected an activation among {sorted(_ACTIVATIONS)}, "
            f"got {activation!r}"
        )
    if len(sizes) < 2:
        raise ValueError(f"mlp: expected at least two sizes, got {tuple(sizes)}")
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
    """
    folder = resources.files("dlscratch") / "weights"
    names = sorted(f.name[:-4] for f in folder.iterdir() if f.name.endswith(".npz"))
    if name not in names:
        raise ValueError(f"pretrained: expected one of {names}, got {name!r}")
    with resources.as_file(folder / f"{name}.npz") as path:
        return Sequential.load(path)
