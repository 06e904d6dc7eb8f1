"""What a docstring does not allow gets one clear sentence, not a wrong number.

Each entry of ``ARGUMENTS`` is one argument of one public function or layer. It is tried
with values of all kinds, most of them wrong. Where a value is allowed, the result must
be the right one; where it is not, a ``ValueError`` or ``TypeError`` must say what was
expected.
"""

import inspect
import math
from numbers import Integral, Real

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dlscratch import (
    attention,
    convolution,
    datasets,
    functions,
    generative,
    gradients,
    initializers,
    layers,
    losses,
    networks,
    optimizers,
    parallel,
    recurrent,
    sequential,
    training,
    unsupervised,
)
from dlscratch.base import Parameter
from dlscratch.datasets import Dataset
from dlscratch.layers import Linear, MeanSquaredError, ReLU, SoftmaxCrossEntropy
from dlscratch.parallel import DataParallel
from dlscratch.sequential import Sequential


def rng():
    return np.random.default_rng(0)


# ---------------------------------------------------------------- values of all kinds

SHAPES = [(), (0,), (1,), (2,), (3,), (2, 1), (2, 2), (2, 3), (0, 3), (2, 2, 3)]
SHAPES += [(1, 2, 2), (2, 2, 2), (1, 2, 4, 4), (2, 2, 4, 4)]
TYPES = [
    "float64",
    "float32",
    "float16",
    "int64",
    "int8",
    "uint8",
    "bool",
    "complex128",
]
TYPES += ["<U2", "O", "M8[s]"]


@st.composite
def arrays(draw):
    shape, dtype = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(TYPES))
    small = st.integers(0, 2) if dtype in ("uint8", "bool") else st.integers(-2, 2)
    size = math.prod(shape)
    values = draw(st.lists(small, min_size=size, max_size=size))
    array = np.array(values).reshape(shape).astype(dtype)
    kind = draw(st.sampled_from(["array", "list", "column order", "read-only"]))
    if kind == "list":
        return array.tolist()
    if kind == "column order":
        return np.asfortranarray(array)
    array.flags.writeable = kind != "read-only"
    return array


ANYTHING = st.one_of(
    arrays(),
    st.sampled_from(
        [None, "word", "3", b"3", object(), object, {}, {"a": 1}, [], (), [[1, 2], [3]]]
    ),
    st.sampled_from([True, False, np.True_, 1 + 2j, math.nan, math.inf, -math.inf]),
    st.integers(-3, 4),
    st.floats(-3, 3),
    st.sampled_from([np.float32(0.5), np.int8(2), np.uint8(3), np.float64("nan")]),
    st.sampled_from([(1, 2), (2, 1), [0.5, 0.9], (0.5, 1.0), (2.0, 3), ("2", 3)]),
    st.sampled_from([np.random.default_rng(0), np.random.RandomState(0), np.float32]),
    st.sampled_from(["relu", "float32", "O", int, ReLU, MeanSquaredError()]),
)


def shape_of(value):
    """Return the shape of an array-like; that of rows of different lengths is None."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def numbers_in(value):
    """Return what a list of numbers holds, and nothing for anything else."""
    listed = isinstance(value, list | tuple | np.ndarray)
    return list(value) if listed and len(shape_of(value) or ()) == 1 else []


def numeric(*, ndim=None, shape=None, least=None, most=None, kinds="fiub", some=True):
    """Return a test of array-likes of real numbers."""

    def allowed(value):
        if shape_of(value) is None:
            return False
        a = np.asarray(value)
        return (
            a.dtype.kind in kinds
            and (ndim is None or a.ndim in np.atleast_1d(ndim))
            and (shape is None or a.shape == shape)
            and (not some or a.size > 0)
            and (least is None or not a.min() < least)
            and (most is None or not a.max() > most)
        )

    return allowed


def number(low=-math.inf, high=math.inf, *, above=False, below=False):
    """Return a test of finite numbers in a range."""

    def allowed(v):
        if not isinstance(v, Real) or isinstance(v, bool | np.bool_):
            return False
        inside = low <= v <= high and math.isfinite(v)
        return inside and not (above and v == low) and not (below and v == high)

    return allowed


def whole(least):
    """Return a test of whole numbers from ``least`` on."""
    return lambda v: (
        isinstance(v, Integral) and not isinstance(v, bool | np.bool_) and v >= least
    )


def dtype(v):
    try:
        return v is not None and np.dtype(v).kind == "f"
    except TypeError:
        return False


def is_generator(v):
    return isinstance(v, np.random.Generator)


# -------------------------------------------------- the arguments, and what is right

ANY = numeric(some=False)
IDS = numeric(shape=(2,), least=0, most=2, kinds="iu")
LOGITS = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, 0.0]])


def as_float(function):
    """Return what a function of one array gives for the same numbers as float64."""
    return lambda value: function(np.asarray(value, dtype=np.float64))


def exact_sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def exact_relu(x):
    return np.where(np.isnan(x) | (x > 0), x, 0)


def exact_softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def nll(y, t):
    return -np.mean(np.log(exact_softmax(y))[np.arange(len(t)), t])


def passes(make, x, *dy):
    """Return y and dx of a fresh layer."""
    layer = make()
    y = layer.forward(x)
    return y, layer.backward(*dy or [np.ones(y.shape)])


def a_layer(make):
    """Return a call of a layer's forward and backward pass, and what is right."""

    def call(x):
        return passes(make, x)

    return call, as_float(call)


def linear(dtype=np.float64):
    return Linear(3, 2, rng=rng(), dtype=dtype)


def stepped(make):
    """Return a parameter after one step of an optimizer."""
    p = Parameter(np.array([1.0, 2.0]), np.array([0.5, -0.5]), "W", decay=True)
    make([p]).step()
    assert np.isfinite(p.value).all()


def model():
    return Sequential([linear()], MeanSquaredError())


def classifier():
    return Sequential([Linear(3, 3, rng=rng())], SoftmaxCrossEntropy())


def norm(**more):
    return lambda v: layers.BatchNorm(3, **{name: v for name in more})


def pair(least):
    """Return a test of one whole number, or two."""
    one = whole(least)
    return lambda v: (
        one(v) or (isinstance(v, list | tuple) and len(v) == 2 and all(map(one, v)))
    )


def stride(v):
    return v is None or pair(1)(v)


def conv():
    return layers.Conv2d(2, 2, 3, padding=1, rng=rng())


def max_pool():
    return layers.MaxPool2d(2)


def mean_pool():
    return layers.AvgPool2d(2)


def PICTURES(v):
    return ANY(v) and np.ndim(v) == 4 and np.shape(v) in [(2, 2, 4, 4)]


def MOVABLE(v):
    if not ANY(v) or np.ndim(v) < 2 or np.size(v) == 0:
        return False
    return np.ndim(v) > 2 or math.isqrt(np.shape(v)[1]) ** 2 == np.shape(v)[1]


def embedding():
    return recurrent.Embedding(3, 2, rng=rng())


def rnn():
    return recurrent.RNN(3, 2, rng=rng())


def started(kind, start):
    layer = kind(3, 2, rng=rng())
    layer.start = start
    return layer.forward(np.ones((2, 2, 3)))


def self_attention():
    return attention.SelfAttention(3, 1, rng=rng())


def cross_attention():
    return attention.CrossAttention(3, rng=rng())


def positions():
    return attention.PositionEmbedding(3, 3, rng=rng())


def translator():
    return attention.EncoderDecoder(1, 3, 3, 2, rng=rng())


def little_gpt(**changes):
    sizes = {"n_tokens": 3, "context": 4, "dim": 4, "heads": 2, "n_layers": 1}
    return networks.gpt(**sizes | {"rng": rng()} | changes)


def generated(ids=(0, 1), n=2, **changes):
    return attention.generate(little_gpt(), ids, n, **{"rng": rng()} | changes)


def little_rbm():
    return generative.RBM(3, 2, rng=rng())


def little_vae(**changes):
    parts = [Linear(3, 4, rng=rng())], [Linear(2, 3, rng=rng())]
    return generative.VAE(*map(Sequential, parts), **{"n_latent": 2} | changes)


def vae_of_classes():
    parts = [Linear(6, 4, rng=rng())], [Linear(5, 3, rng=rng())]
    return generative.VAE(*map(Sequential, parts), 2, n_classes=3)


def learnt(model, step):
    """Return a model's gradients after a step that sets them."""
    step(model)
    return tuple(p.grad for p in model.parameters)


def diffusion():
    return generative.Diffusion([0.1, 0.2])


UNIT_ROWS = numeric(least=0, most=1)
STATES = lambda v: UNIT_ROWS(v) and set(np.unique(v)) <= {0, 1}  # noqa: E731


def wide(n, test=None):
    """Return a test of rows of n numbers, at least one."""
    test = test or numeric()
    return lambda v: test(v) and np.ndim(v) == 2 and np.shape(v)[1] == n


def steps_of(n, least):
    """Return a test of steps up to 2, one or n."""
    test = numeric(least=least, most=2, kinds="iu")
    return lambda v: test(v) and np.shape(v) in ((), (n,))


def mask_of(*shapes):
    """Return a test of masks of one of these shapes."""
    return lambda v: numeric(kinds="b")(v) and np.shape(v) in shapes


def SEQUENCES(v):
    return ANY(v) and np.ndim(v) == 3 and np.shape(v)[2] == 3


ROWS_OF_TWO = numeric(shape=(2, 3))
FOUR = Dataset(np.eye(4), np.arange(4), np.eye(4), np.arange(4))


def trained(epochs=1, **changes):
    """Return the history of a training in which one argument is odd."""
    net, ids = classifier(), np.array([0, 2])
    data = {"x_train": LOGITS, "t_train": ids, "x_test": LOGITS, "t_test": ids}
    parts = {name: changes.pop(name, data[name]) for name in data}
    optimizer, settings = optimizers.SGD(net.parameters), {"rng": rng()} | changes
    return training.train(net, Dataset(**parts), optimizer, epochs, **settings)


COLUMN = np.array([[0.0], [1.0], [4.0], [5.0]])


def mixture(**changes):
    return unsupervised.GaussianMixture(**{"k": 2} | changes)


def mixed(v):
    """Return the likelihoods of a fit, and a point's density."""
    model = mixture(k=1, floor=0.1)
    return np.array([*model.fit(v, rng=rng()), model.log_density(v)[0]])


def known():
    model = mixture()
    model.fit(COLUMN, rng=rng())
    return model


def POINTS(v):
    return numeric(ndim=2)(v)


def COLUMNS(v):
    return POINTS(v) and np.shape(v)[1] == 1


def DIFFERENT(v):
    return POINTS(v) and len(np.unique(np.asarray(v), axis=0)) > 1


POSITIVE = number(0, above=True)
FRACTION = number(0, 1, below=True)
TWO = numeric(shape=(2, 3))


def ROWS(v):
    return ANY(v) and np.ndim(v) == 2 and np.shape(v)[1] == 3


ARGUMENTS = {
    "step x": (functions.step, ANY, as_float(lambda x: (x > 0).astype(int))),
    "sigmoid x": (functions.sigmoid, ANY, as_float(exact_sigmoid)),
    "tanh x": (functions.tanh, ANY, as_float(np.tanh)),
    "relu x": (
        functions.relu,
        ANY,
        as_float(exact_relu),
    ),
    "softmax x": (
        functions.softmax,
        lambda v: ANY(v) and np.ndim(v) > 0 and np.shape(v)[-1] > 0,
        as_float(exact_softmax),
    ),
    "one_hot t": (
        lambda v: functions.one_hot(v, 3),
        lambda v: (
            numeric(kinds="iu", some=False)(v)
            and (np.size(v) == 0 or (np.min(v) >= 0 and np.max(v) < 3))
        ),
        lambda v: np.equal.outer(np.asarray(v), np.arange(3)).astype(float),
    ),
    "one_hot n_classes": (lambda v: functions.one_hot([0], v), whole(1), None),
    "confusion_matrix t": (
        lambda v: functions.confusion_matrix(v, [0, 1], 3),
        IDS,
        lambda v: np.histogram2d(v, [0, 1], bins=3, range=[(0, 3), (0, 3)])[0],
    ),
    "confusion_matrix n_classes": (
        lambda v: functions.confusion_matrix([0], [0], v),
        lambda v: v is None or whole(1)(v),
        None,
    ),
    "confusion_matrix t and y": (
        lambda v: functions.confusion_matrix(v, v),
        numeric(least=0, kinds="iu"),
        None,
    ),
    "sum_squared_error t": (
        lambda v: functions.sum_squared_error(LOGITS, v),
        TWO,
        as_float(lambda t: np.sum((LOGITS - t) ** 2) / 4),
    ),
    "sum_squared_error y": (
        lambda v: functions.sum_squared_error(v, LOGITS),
        TWO,
        as_float(lambda t: np.sum((LOGITS - t) ** 2) / 4),
    ),
    "mean_squared_error t": (
        lambda v: functions.mean_squared_error(LOGITS, v),
        TWO,
        as_float(lambda t: np.mean((LOGITS - t) ** 2)),
    ),
    "cross_entropy y": (
        lambda v: functions.cross_entropy(v, [0, 1]),
        lambda v: (
            (
                numeric(ndim=2, least=0, most=1)(v)
                and len(v) == 2
                and (np.shape(v)[1] > 1)
            )
            or (numeric(shape=(2,), least=0, most=1)(v))
        ),
        None,
    ),
    "cross_entropy t": (
        lambda v: functions.cross_entropy(exact_softmax(LOGITS), v),
        lambda v: IDS(v) or numeric(shape=(2, 3), least=0, most=1)(v),
        lambda v: (
            nll(LOGITS, np.asarray(v))
            if np.ndim(v) == 1
            else -np.sum(np.asarray(v) * np.log(exact_softmax(LOGITS))) / 2
        ),
    ),
    "numerical_gradient x": (
        lambda v: gradients.numerical_gradient(np.sum, v),
        ANY,
        as_float(lambda x: np.where(np.isfinite(x), 1, np.nan)),
    ),
    "numerical_gradient h": (
        lambda v: gradients.numerical_gradient(np.sum, [1.0], v),
        POSITIVE,
        None,
    ),
    "numerical_gradient f": (
        lambda v: gradients.numerical_gradient(lambda x: v, [1.0]),
        lambda v: numeric(ndim=0)(v),
        None,
    ),
    "relative_error a": (
        lambda v: gradients.relative_error(v, [1.0, 2.0]),
        numeric(shape=(2,)),
        None,
    ),
    "check_gradients x": (
        lambda v: gradients.check_gradients(model(), v, np.zeros((2, 2))),
        lambda v: (
            TWO(v)
            and np.asarray(v).dtype.kind + str(np.asarray(v).itemsize)
            not in ("f4", "f2")
        ),
        None,
    ),
    "normal std": (initializers.normal, number(0), None),
    "xavier rng": (lambda v: initializers.xavier((2, 2), v), is_generator, None),
    "he rng": (lambda v: initializers.he((2, 2), v), is_generator, None),
    "fan_in shape": (
        initializers.fan_in,
        lambda v: len(numbers_in(v)) > 1 and all(map(whole(1), v)),
        None,
    ),
    "Linear n_in": (lambda v: Linear(v, 2, rng=rng()), whole(1), None),
    "Linear n_out": (lambda v: Linear(2, v, rng=rng()), whole(1), None),
    "Linear rng": (lambda v: Linear(2, 3, rng=v), is_generator, None),
    "Linear dtype": (lambda v: linear(dtype=v), dtype, None),
    "Linear init": (
        lambda v: Linear(3, 2, rng=rng(), init=lambda shape, rng: v),
        numeric(shape=(3, 2)),
        None,
    ),
    "Linear x": (a_layer(linear)[0], ROWS, a_layer(linear)[1]),
    "Linear dy": (
        lambda v: passes(linear, LOGITS, v),
        numeric(shape=(2, 2)),
        as_float(lambda dy: passes(linear, LOGITS, dy)),
    ),
    "Sigmoid x": (a_layer(layers.Sigmoid)[0], ANY, a_layer(layers.Sigmoid)[1]),
    "Tanh x": (a_layer(layers.Tanh)[0], ANY, a_layer(layers.Tanh)[1]),
    "ReLU x": (a_layer(ReLU)[0], ANY, a_layer(ReLU)[1]),
    "ReLU dy": (lambda v: passes(ReLU, LOGITS, v), TWO, None),
    "Flatten x": (
        a_layer(layers.Flatten)[0],
        lambda v: ANY(v) and np.ndim(v) > 1,
        a_layer(layers.Flatten)[1],
    ),
    "Flatten dy": (lambda v: passes(layers.Flatten, LOGITS, v), TWO, None),
    "BatchNorm channels": (layers.BatchNorm, whole(1), None),
    "BatchNorm momentum": (norm(momentum=0), number(0, 1), None),
    "BatchNorm eps": (norm(eps=0), POSITIVE, None),
    "BatchNorm dtype": (norm(dtype=0), dtype, None),
    "BatchNorm x": (
        lambda v: layers.BatchNorm(3).forward(v, training=True),
        numeric(shape=(2, 3)),
        as_float(lambda x: layers.BatchNorm(3).forward(x, training=True)),
    ),
    "Dropout p": (layers.Dropout, FRACTION, None),
    "Dropout rng": (
        lambda v: layers.Dropout(rng=v),
        lambda v: v is None or is_generator(v),
        None,
    ),
    "Dropout x": (
        lambda v: layers.Dropout(0.5, rng=rng()).forward(v, training=True),
        ANY,
        as_float(lambda x: layers.Dropout(0.5, rng=rng()).forward(x, training=True)),
    ),
    "Residual x": (
        a_layer(lambda: layers.Residual([ReLU()]))[0],
        ANY,
        a_layer(lambda: layers.Residual([ReLU()]))[1],
    ),
    "SoftmaxCrossEntropy y": (
        lambda v: losses.SoftmaxCrossEntropy().forward(v, [0, 1]),
        lambda v: numeric(ndim=2)(v) and len(v) == 2 and np.shape(v)[1] > 1,
        as_float(lambda y: nll(y, [0, 1])),
    ),
    "SoftmaxCrossEntropy ignore_index": (
        losses.SoftmaxCrossEntropy,
        lambda v: v is None or whole(-100)(v),
        None,
    ),
    "SoftmaxCrossEntropy t": (
        lambda v: losses.SoftmaxCrossEntropy().forward(LOGITS, v),
        IDS,
        lambda t: nll(LOGITS, np.asarray(t)),
    ),
    "SigmoidCrossEntropy t": (
        lambda v: losses.SigmoidCrossEntropy().forward(LOGITS[:, :1], v),
        lambda v: (
            numeric(shape=(2,), least=0, most=1)(v)
            or numeric(shape=(2, 1), least=0, most=1)(v)
        ),
        as_float(
            lambda t: np.mean(
                np.log1p(np.exp(LOGITS[:, 0])) - LOGITS[:, 0] * t.reshape(-1)
            )
        ),
    ),
    "MeanSquaredError y": (
        lambda v: losses.MeanSquaredError().forward(v, [[0.5, 1.5, -0.5]] * 2),
        TWO,
        as_float(lambda y: np.mean((y - [0.5, 1.5, -0.5]) ** 2)),
    ),
    "MeanSquaredError t": (
        lambda v: losses.MeanSquaredError().forward([[1], [2]], v),
        lambda v: numeric(shape=(2,))(v) or numeric(shape=(2, 1))(v),
        as_float(lambda t: np.mean((np.array([1, 2]) - t.reshape(-1)) ** 2)),
    ),
    "SGD parameters": (optimizers.SGD, lambda v: False, None),
    "SGD lr": (
        lambda v: stepped(lambda p: optimizers.SGD(p, v)),
        lambda v: POSITIVE(v),
        None,
    ),
    "SGD lr of a schedule": (
        lambda v: stepped(lambda p: optimizers.SGD(p, lambda t: v)),
        number(0),
        None,
    ),
    "SGD weight_decay": (
        lambda v: stepped(lambda p: optimizers.SGD(p, weight_decay=v)),
        number(0),
        None,
    ),
    "Momentum momentum": (
        lambda v: stepped(lambda p: optimizers.Momentum(p, momentum=v)),
        FRACTION,
        None,
    ),
    "RMSprop alpha": (
        lambda v: stepped(lambda p: optimizers.RMSprop(p, alpha=v)),
        FRACTION,
        None,
    ),
    "Adam betas": (
        lambda v: stepped(lambda p: optimizers.Adam(p, betas=v)),
        lambda v: len(numbers_in(v)) == 2 and all(map(FRACTION, v)),
        None,
    ),
    "Adam eps": (
        lambda v: stepped(lambda p: optimizers.Adam(p, eps=v)),
        POSITIVE,
        None,
    ),
    "clip_by_norm parameters": (
        lambda v: optimizers.clip_by_norm(v, 1.0),
        lambda v: False,  # none of these is a list of parameters
        None,
    ),
    "clip_by_norm max_norm": (
        lambda v: optimizers.clip_by_norm([Parameter([3.0, 4.0], np.ones(2))], v),
        number(0, above=True),
        lambda v: math.sqrt(2),
    ),
    "step_decay every": (
        lambda v: optimizers.step_decay(0.1, v)(3),
        whole(1),
        None,
    ),
    "step_decay factor": (
        lambda v: optimizers.step_decay(0.1, 2, v)(3),
        POSITIVE,
        lambda v: 0.1 * v,
    ),
    "inverse_decay lr": (lambda v: optimizers.inverse_decay(v, 1)(1), POSITIVE, None),
    "inverse_decay k": (
        lambda v: optimizers.inverse_decay(0.1, v)(1),
        number(0),
        lambda v: 0.1 / (1 + v),
    ),
    "exponential_decay k": (
        lambda v: optimizers.exponential_decay(0.1, v)(2),
        number(0),
        lambda v: 0.1 * math.exp(-2.0 * v),
    ),
    "cosine steps": (lambda v: optimizers.cosine(0.1, v)(0), whole(1), None),
    "cosine warmup": (
        lambda v: optimizers.cosine(0.1, 9, warmup=v)(0),
        whole(0),
        None,
    ),
    "cosine final": (
        lambda v: optimizers.cosine(0.1, 9, final=v)(9),
        number(0, 0.1),
        lambda v: v,
    ),
    "Sequential layers": (
        Sequential,
        lambda v: isinstance(v, list | tuple) and len(v) == 0,
        None,
    ),
    "Sequential loss": (
        lambda v: Sequential([ReLU()], v),
        lambda v: v is None or isinstance(v, losses.Loss),
        None,
    ),
    "Sequential.predict x": (model().predict, ROWS, None),
    "Sequential.loss t": (
        lambda v: classifier().loss(LOGITS, v),
        IDS,
        lambda v: nll(classifier().predict(LOGITS), np.asarray(v)),
    ),
    "Sequential.accuracy t": (
        lambda v: classifier().accuracy(LOGITS, v),
        IDS,
        lambda v: np.mean(classifier().predict(LOGITS).argmax(axis=1) == np.asarray(v)),
    ),
    "Sequential.accuracy batch_size": (
        lambda v: classifier().accuracy(LOGITS, [0, 1], v),
        whole(1),
        None,
    ),
    "Sequential.evaluate x": (
        lambda v: classifier().evaluate(v, [0, 1]),
        TWO,
        as_float(lambda x: classifier().evaluate(x, [0, 1])),
    ),
    "Conv2d channels_in": (lambda v: layers.Conv2d(v, 2, 1, rng=rng()), whole(1), None),
    "Conv2d channels_out": (
        lambda v: layers.Conv2d(2, v, 1, rng=rng()),
        whole(1),
        None,
    ),
    "Conv2d kernel_size": (lambda v: layers.Conv2d(2, 2, v, rng=rng()), pair(1), None),
    "Conv2d stride": (
        lambda v: layers.Conv2d(2, 2, 1, v, rng=rng()),
        pair(1),
        None,
    ),
    "Conv2d padding": (
        lambda v: layers.Conv2d(2, 2, 1, padding=v, rng=rng()),
        pair(0),
        None,
    ),
    "Conv2d rng": (lambda v: layers.Conv2d(1, 1, 1, rng=v), is_generator, None),
    "Conv2d dtype": (
        lambda v: layers.Conv2d(1, 1, 1, rng=rng(), dtype=v),
        dtype,
        None,
    ),
    "Conv2d x": (a_layer(conv)[0], PICTURES, a_layer(conv)[1]),
    "Conv2d dy": (
        lambda v: passes(conv, np.ones((2, 2, 4, 4)), v),
        numeric(shape=(2, 2, 4, 4)),
        as_float(lambda dy: passes(conv, np.ones((2, 2, 4, 4)), dy)),
    ),
    "MaxPool2d kernel_size": (layers.MaxPool2d, pair(1), None),
    "MaxPool2d x": (a_layer(max_pool)[0], PICTURES, a_layer(max_pool)[1]),
    "AvgPool2d stride": (lambda v: layers.AvgPool2d(2, v), stride, None),
    "AvgPool2d x": (a_layer(mean_pool)[0], PICTURES, a_layer(mean_pool)[1]),
    "AvgPool2d dy": (
        lambda v: passes(lambda: layers.AvgPool2d(1), np.ones((2, 2, 4, 4)), v),
        numeric(shape=(2, 2, 4, 4)),
        None,
    ),
    "Embedding n_tokens": (
        lambda v: recurrent.Embedding(v, 2, rng=rng()),
        whole(1),
        None,
    ),
    "Embedding n_dim": (
        lambda v: recurrent.Embedding(2, v, rng=rng()),
        whole(1),
        None,
    ),
    "Embedding x": (
        lambda v: embedding().forward(v),
        numeric(kinds="iu", least=0, most=2, some=False),
        lambda v: embedding().W.value[np.asarray(v)],
    ),
    "RNN n_in": (lambda v: recurrent.RNN(v, 2, rng=rng()), whole(1), None),
    "RNN rng": (lambda v: recurrent.RNN(2, 2, rng=v), is_generator, None),
    "RNN x": (a_layer(rnn)[0], SEQUENCES, a_layer(rnn)[1]),
    "GRU n_hidden": (lambda v: recurrent.GRU(2, v, rng=rng()), whole(1), None),
    "GRU dtype": (lambda v: recurrent.GRU(2, 2, rng=rng(), dtype=v), dtype, None),
    "GRU start": (
        lambda v: started(recurrent.GRU, v),
        lambda v: v is None or numeric(shape=(1, 2, 2))(v),
        None,
    ),
    "LSTM forget_bias": (
        lambda v: recurrent.LSTM(2, 2, forget_bias=v, rng=rng()),
        number(),
        None,
    ),
    "LSTM start": (
        lambda v: started(recurrent.LSTM, v),
        lambda v: v is None or numeric(shape=(2, 2, 2))(v),
        None,
    ),
    "carry model": (lambda v: recurrent.carry(v).__enter__(), lambda v: False, None),
    "attention q": (
        lambda v: attention.attention(v, LOGITS, LOGITS)[0],
        lambda v: ANY(v) and np.ndim(v) > 1 and np.shape(v)[-1] == 3,
        as_float(lambda q: exact_softmax(q @ LOGITS.T / math.sqrt(3)) @ LOGITS),
    ),
    "attention v": (
        lambda v: attention.attention(LOGITS, LOGITS, v)[0],
        lambda v: ANY(v) and np.ndim(v) > 1 and np.shape(v)[-2] == 2,
        None,
    ),
    "attention mask": (
        lambda v: attention.attention(LOGITS, LOGITS, LOGITS, v),
        lambda v: v is None or mask_of((), (1,), (2,), (2, 1), (2, 2))(v),
        None,
    ),
    "LayerNorm n_dim": (attention.LayerNorm, whole(1), None),
    "LayerNorm eps": (lambda v: attention.LayerNorm(2, eps=v), POSITIVE, None),
    "LayerNorm dtype": (lambda v: attention.LayerNorm(2, dtype=v), dtype, None),
    "LayerNorm x": (
        lambda v: attention.LayerNorm(3).forward(v),
        lambda v: ANY(v) and np.ndim(v) > 0 and np.shape(v)[-1] == 3,
        as_float(
            lambda x: (
                (x - x.mean(axis=-1, keepdims=True))
                / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
            )
        ),
    ),
    "LayerNorm dy": (
        lambda v: passes(lambda: attention.LayerNorm(3), LOGITS, v),
        TWO,
        as_float(lambda dy: passes(lambda: attention.LayerNorm(3), LOGITS, dy)),
    ),
    "GELU x": (
        lambda v: attention.GELU().forward(v),
        ANY,
        as_float(
            lambda x: (
                x / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
            )
        ),
    ),
    "SelfAttention dim": (
        lambda v: attention.SelfAttention(v, 1, rng=rng()),
        whole(1),
        None,
    ),
    "SelfAttention heads": (
        lambda v: attention.SelfAttention(4, v, rng=rng()),
        lambda v: whole(1)(v) and 4 % v == 0,
        None,
    ),
    "SelfAttention rng": (
        lambda v: attention.SelfAttention(2, 1, rng=v),
        is_generator,
        None,
    ),
    "SelfAttention x": (
        a_layer(self_attention)[0],
        SEQUENCES,
        a_layer(self_attention)[1],
    ),
    "SelfAttention dy": (
        lambda v: passes(self_attention, np.ones((2, 2, 3)), v),
        numeric(shape=(2, 2, 3)),
        None,
    ),
    "SelfAttention mask": (
        lambda v: self_attention().forward(np.ones((2, 2, 3)), mask=v),
        lambda v: v is None or mask_of((2, 2))(v),
        None,
    ),
    "CrossAttention heads": (
        lambda v: attention.CrossAttention(4, v, rng=rng()),
        lambda v: whole(1)(v) and 4 % v == 0,
        None,
    ),
    "CrossAttention x": (
        lambda v: cross_attention().forward(v, np.ones((2, 4, 3))),
        numeric(shape=(2, 2, 3)),
        None,
    ),
    "CrossAttention memory": (
        lambda v: cross_attention().forward(np.ones((2, 4, 3)), v),
        numeric(shape=(2, 2, 3)),
        None,
    ),
    "EncoderDecoder n_source": (
        lambda v: attention.EncoderDecoder(v, 3, 3, 2, rng=rng()),
        whole(1),
        None,
    ),
    "EncoderDecoder n_read": (
        lambda v: attention.EncoderDecoder(1, v, 3, 2, rng=rng()),
        whole(1),
        None,
    ),
    "EncoderDecoder dim": (
        lambda v: attention.EncoderDecoder(1, 3, 3, v, rng=rng()),
        whole(1),
        None,
    ),
    "EncoderDecoder x": (
        lambda v: translator().forward(v),
        lambda v: (
            numeric(ndim=2, kinds="iu", some=False)(v)
            and np.shape(v)[1] > 1
            and (np.size(v) == 0 or (np.min(v) >= 0 and np.max(v) < 3))
        ),
        None,
    ),
    "PositionEmbedding context": (
        lambda v: attention.PositionEmbedding(v, 2, rng=rng()),
        whole(1),
        None,
    ),
    "PositionEmbedding x": (
        lambda v: positions().forward(v),
        SEQUENCES,
        as_float(lambda x: x + positions().W.value[: x.shape[1]]),
    ),
    "sinusoids length": (lambda v: attention.sinusoids(v, 2), whole(1), None),
    "sinusoids n_dim": (
        lambda v: attention.sinusoids(2, v),
        lambda v: whole(1)(v) and v % 2 == 0,
        None,
    ),
    "Tied embedding": (lambda v: attention.Tied(v, []), lambda v: False, None),
    "Tied layers": (
        lambda v: attention.Tied(embedding(), v),
        lambda v: isinstance(v, list | tuple),
        None,
    ),
    "generate ids": (
        lambda v: generated(v)[..., :-2],
        numeric(ndim=(1, 2), least=0, most=2, kinds="iu"),
        np.asarray,
    ),
    "generate n": (lambda v: generated(n=v), whole(0), None),
    "generate temperature": (lambda v: generated(temperature=v), number(0), None),
    "generate rng": (lambda v: generated(rng=v), is_generator, None),
    "gpt n_tokens": (lambda v: little_gpt(n_tokens=v), whole(1), None),
    "gpt context": (lambda v: little_gpt(context=v), whole(1), None),
    "gpt heads": (
        lambda v: little_gpt(heads=v),
        lambda v: whole(1)(v) and 4 % v == 0,
        None,
    ),
    "gpt n_layers": (lambda v: little_gpt(n_layers=v), whole(1), None),
    "gpt dropout": (lambda v: little_gpt(dropout=v), FRACTION, None),
    "gpt std": (lambda v: little_gpt(std=v), POSITIVE, None),
    "gpt rng": (lambda v: little_gpt(rng=v), is_generator, None),
    "simple_cnn input_shape": (
        lambda v: networks.simple_cnn(rng=rng(), input_shape=v, kernel_size=1),
        lambda v: False,  # none of these is a picture's
        None,
    ),
    "simple_cnn filters": (
        lambda v: networks.simple_cnn(rng=rng(), filters=v),
        whole(1),
        None,
    ),
    "deep_cnn dropout": (
        lambda v: networks.deep_cnn(rng=rng(), input_shape=(1, 12, 12), dropout=v),
        FRACTION,
        None,
    ),
    "record_cnn channels": (
        lambda v: networks.record_cnn(rng=rng(), channels=v),
        lambda v: False,  # none of these has four
        None,
    ),
    "pretrained name": (networks.pretrained, lambda v: False, None),
    "DataParallel workers": (lambda v: DataParallel(model(), v), whole(1), None),
    "minibatches n": (
        lambda v: [*training.minibatches(v, 2, rng())],
        whole(0),
        None,
    ),
    "minibatches batch_size": (
        lambda v: [*training.minibatches(4, v, rng())],
        whole(1),
        None,
    ),
    "minibatches rng": (
        lambda v: [*training.minibatches(4, 2, v)],
        is_generator,
        None,
    ),
    "train x_train": (lambda v: trained(x_train=v), TWO, None),
    "train t_train": (lambda v: trained(t_train=v), IDS, None),
    "train x_test": (lambda v: trained(x_test=v), ROWS_OF_TWO, None),
    "train t_test": (lambda v: trained(t_test=v), IDS, None),
    "train epochs": (lambda v: trained(epochs=v), whole(0), None),
    "train batch_size": (lambda v: trained(batch_size=v), whole(1), None),
    "train rng": (lambda v: trained(rng=v), is_generator, None),
    "train patience": (
        lambda v: trained(patience=v),
        lambda v: v is None or whole(1)(v),
        None,
    ),
    "train clip_norm": (
        lambda v: trained(clip_norm=v),
        lambda v: v is None or number(0, above=True)(v),
        None,
    ),
    "validation_split n": (
        lambda v: datasets.validation_split(FOUR, v),
        lambda v: whole(1)(v) and v < 4,
        None,
    ),
    "random_shift x": (
        lambda v: datasets.random_shift(v, rng()),
        MOVABLE,
        as_float(lambda x: datasets.random_shift(x, rng())),
    ),
    "random_shift rng": (
        lambda v: datasets.random_shift(np.ones((1, 2, 2)), v),
        is_generator,
        None,
    ),
    "random_shift pixels": (
        lambda v: datasets.random_shift(np.ones((1, 2, 2)), rng(), v),
        whole(0),
        None,
    ),
    "random_affine x": (
        lambda v: datasets.random_affine(v, rng()),
        MOVABLE,
        as_float(lambda x: datasets.random_affine(x, rng())),
    ),
    "random_affine degrees": (
        lambda v: datasets.random_affine(np.ones((1, 2, 2)), rng(), degrees=v),
        number(0),
        None,
    ),
    "make_blobs n": (lambda v: datasets.make_blobs(v, rng=rng()), whole(10), None),
    "make_blobs centers": (
        lambda v: datasets.make_blobs(10, v, rng=rng()),
        lambda v: numeric(ndim=2)(v) and np.shape(v)[1] == 2,
        None,
    ),
    "make_moons noise": (
        lambda v: datasets.make_moons(10, noise=v, rng=rng()),
        number(0),
        None,
    ),
    "make_spirals classes": (
        lambda v: datasets.make_spirals(10, v, rng=rng()),
        whole(1),
        None,
    ),
    "kmeans x": (
        lambda v: unsupervised.kmeans(v, 1, rng=rng()).inertia,
        POINTS,
        as_float(lambda x: ((x - x.mean(axis=0)) ** 2).sum()),
    ),
    "kmeans k": (
        lambda v: unsupervised.kmeans(COLUMN, v, rng=rng()),
        lambda v: whole(1)(v) and v <= 4,
        None,
    ),
    "kmeans rng": (lambda v: unsupervised.kmeans(COLUMN, 2, rng=v), is_generator, None),
    "kmeans start": (
        lambda v: unsupervised.kmeans(COLUMN, 2, start=v, max_steps=0).centres,
        numeric(shape=(2, 1)),
        as_float(lambda start: start),
    ),
    "kmeans max_steps": (
        lambda v: unsupervised.kmeans(COLUMN, 2, rng=rng(), max_steps=v),
        whole(0),
        None,
    ),
    "Clusters.predict x": (
        lambda v: unsupervised.kmeans(COLUMN, 4, start=COLUMN).predict(v),
        COLUMNS,
        as_float(lambda x: abs(x - COLUMN.ravel()).argmin(axis=1)),
    ),
    "GaussianMixture k": (lambda v: mixture(k=v), whole(1), None),
    "GaussianMixture covariance": (
        lambda v: mixture(covariance=v),
        lambda v: isinstance(v, str) and v in ("full", "diagonal", "spherical"),
        None,
    ),
    "GaussianMixture floor": (lambda v: mixture(floor=v), number(1e-100), None),
    "GaussianMixture.fit x": (mixed, POINTS, as_float(mixed)),
    "GaussianMixture.fit start": (
        lambda v: mixture(k=1).fit(COLUMN, start=v),
        lambda v: False,
        None,
    ),
    "GaussianMixture.fit tolerance": (
        lambda v: mixture().fit(COLUMN, rng=rng(), tolerance=v),
        number(0),
        None,
    ),
    "GaussianMixture.responsibilities x": (
        lambda v: known().responsibilities(v),
        COLUMNS,
        as_float(lambda x: known().responsibilities(x)),
    ),
    "GaussianMixture.sample n": (lambda v: known().sample(v, rng()), whole(1), None),
    "GaussianMixture.sample rng": (lambda v: known().sample(2, v), is_generator, None),
    "pca x": (
        lambda v: unsupervised.pca(v, 1).explained[0],
        DIFFERENT,
        as_float(
            lambda x: (
                np.linalg.svd(x - x.mean(axis=0))[1][0] ** 2
                / ((x - x.mean(axis=0)) ** 2).sum()
            )
        ),
    ),
    "pca n": (
        lambda v: unsupervised.pca(np.eye(3), v),
        lambda v: whole(1)(v) and v <= 3,
        None,
    ),
    "PCA.encode x": (
        lambda v: unsupervised.pca(COLUMN, 1).encode(v),
        COLUMNS,
        as_float(lambda x: x - 2.5),
    ),
    "PCA.decode z": (
        lambda v: unsupervised.pca(COLUMN, 1).decode(v),
        COLUMNS,
        as_float(lambda z: z + 2.5),
    ),
    "load_digits dtype": (lambda v: datasets.load_digits(dtype=v), dtype, None),
    "load_digits shuffle": (
        lambda v: datasets.load_digits(shuffle=v),
        lambda v: v is None or is_generator(v),
        None,
    ),
    "mlp sizes": (
        lambda v: networks.mlp(v, rng=rng()),
        lambda v: len(numbers_in(v)) > 1 and all(map(whole(1), v)),
        None,
    ),
    "mlp activation": (
        lambda v: networks.mlp((2, 2), v, rng=rng()),
        lambda v: v in ("relu", "tanh", "sigmoid") if isinstance(v, str) else False,
        None,
    ),
    "mlp dropout": (
        lambda v: networks.mlp((2, 2, 2), dropout=v, rng=rng()),
        FRACTION,
        None,
    ),
    "RBM n_visible": (lambda v: generative.RBM(v, 2, rng=rng()), whole(1), None),
    "RBM n_hidden": (lambda v: generative.RBM(2, v, rng=rng()), whole(1), None),
    "RBM rng": (lambda v: generative.RBM(2, 2, rng=v), is_generator, None),
    "RBM dtype": (lambda v: generative.RBM(2, 2, rng=rng(), dtype=v), dtype, None),
    "RBM hidden v": (
        lambda v: little_rbm().hidden(v),
        wide(3, UNIT_ROWS),
        as_float(lambda v: exact_sigmoid(v @ little_rbm().W.value)),
    ),
    "RBM visible h": (
        lambda v: little_rbm().visible(v),
        wide(2, UNIT_ROWS),
        as_float(lambda h: exact_sigmoid(h @ little_rbm().W.value.T)),
    ),
    "RBM energy v": (
        lambda v: little_rbm().energy(v, [[0, 1], [1, 1]]),
        lambda v: wide(3, STATES)(v) and len(v) == 2,
        as_float(lambda v: little_rbm().energy(v, np.array([[0.0, 1], [1, 1]]))),
    ),
    "RBM energy h": (
        lambda h: little_rbm().energy([[0, 1, 1], [1, 1, 0]], h),
        lambda h: wide(2, STATES)(h) and len(h) == 2,
        None,
    ),
    "RBM log_likelihood v": (
        lambda v: little_rbm().log_likelihood(v),
        wide(3, STATES),
        as_float(lambda v: little_rbm().log_likelihood(v)),
    ),
    "RBM exact_gradient v": (
        lambda v: learnt(little_rbm(), lambda m: m.exact_gradient(v)),
        wide(3, STATES),
        as_float(lambda v: learnt(little_rbm(), lambda m: m.exact_gradient(v))),
    ),
    "RBM contrastive_divergence v": (
        lambda v: little_rbm().contrastive_divergence(v, 1, rng()),
        wide(3, UNIT_ROWS),
        None,
    ),
    "RBM gibbs steps": (
        lambda v: little_rbm().gibbs(np.eye(3), v, rng()),
        whole(1),
        None,
    ),
    "RBM gibbs rng": (
        lambda v: little_rbm().gibbs(np.eye(3), 1, v),
        is_generator,
        None,
    ),
    "RBM x": (
        lambda v: passes(little_rbm, v),
        wide(3, UNIT_ROWS),
        as_float(lambda v: passes(little_rbm, v)),
    ),
    "RBM dy": (
        lambda v: passes(little_rbm, np.ones((2, 3)), v),
        lambda v: ANY(v) and np.shape(v) == (2, 2),
        None,
    ),
    "kl_to_standard mean": (
        lambda v: generative.kl_to_standard(v, np.ones((2, 3))),
        numeric(shape=(2, 3)),
        as_float(lambda v: np.sum(v**2 + np.e - 2, axis=1) / 2),
    ),
    "kl_to_standard log_variance": (
        lambda v: generative.kl_to_standard(np.ones((2, 3)), v),
        numeric(shape=(2, 3)),
        as_float(lambda v: np.sum(np.exp(v) - v, axis=1) / 2),
    ),
    "VAE encoder": (
        lambda v: generative.VAE(v, classifier(), 2),
        lambda v: False,
        None,
    ),
    "VAE n_latent": (lambda v: little_vae(n_latent=v), whole(1), None),
    "VAE n_classes": (lambda v: little_vae(n_classes=v), whole(0), None),
    "VAE sigma": (lambda v: little_vae(sigma=v), POSITIVE, None),
    "VAE x": (
        lambda v: little_vae().loss(v, rng=rng()),
        wide(3),
        as_float(lambda v: little_vae().loss(v, rng=rng())),
    ),
    "VAE z": (lambda v: little_vae().decode(v), wide(2), None),
    "VAE labels": (
        lambda v: vae_of_classes().loss(np.ones((2, 3)), v, rng()),
        IDS,
        None,
    ),
    "VAE rng": (
        lambda v: little_vae().loss(np.ones((2, 3)), rng=v),
        is_generator,
        None,
    ),
    "VAE sample n": (lambda v: little_vae().sample(v, rng()), whole(1), None),
    "VAE sample labels": (
        lambda v: vae_of_classes().sample(v, rng()),
        numeric(ndim=1, least=0, most=2, kinds="iu"),
        None,
    ),
    "Diffusion betas": (
        generative.Diffusion,
        lambda v: (
            numeric(ndim=1)(v)
            and bool(np.all((np.asarray(v) > 0) & (np.asarray(v) < 1)))
        ),
        None,
    ),
    "Diffusion time_dim": (
        lambda v: generative.Diffusion([0.1], time_dim=v),
        lambda v: whole(1)(v) and v % 2 == 0,
        None,
    ),
    "Diffusion noise x0": (
        lambda v: diffusion().noise(v, 1, np.ones((2, 3))),
        numeric(shape=(2, 3)),
        as_float(lambda v: 0.9**0.5 * v + 0.1**0.5),
    ),
    "Diffusion noise steps": (
        lambda v: diffusion().noise(np.ones((2, 3)), v, np.ones((2, 3))),
        steps_of(2, 0),
        None,
    ),
    "Diffusion posterior x_t": (
        lambda v: diffusion().posterior(v, np.ones((2, 3)), 2)[0],
        numeric(shape=(2, 3)),
        as_float(lambda v: (0.9**0.5 * 0.2 + 0.8**0.5 * 0.1 * v) / 0.28),
    ),
    "Diffusion posterior steps": (
        lambda v: diffusion().posterior(np.ones((2, 3)), np.ones((2, 3)), v),
        steps_of(2, 1),
        None,
    ),
    "Diffusion exact_denoiser x_t": (
        lambda v: diffusion().exact_denoiser(v, 1, np.zeros((2, 3))),
        wide(3, numeric(some=False)),
        None,
    ),
    "Diffusion exact_denoiser data": (
        lambda v: diffusion().exact_denoiser(np.ones((2, 3)), 1, v),
        wide(3),
        None,
    ),
    "Diffusion denoiser_input x_t": (
        lambda v: diffusion().denoiser_input(v, 1)[:, :3],
        lambda v: numeric(ndim=2)(v),
        as_float(lambda v: diffusion().denoiser_input(v, 1)[:, :3]),
    ),
    "Diffusion denoiser_input labels": (
        lambda v: diffusion().denoiser_input(np.ones((2, 3)), 1, v, 3),
        IDS,
        None,
    ),
}
UNCHECKED = {
    "identity": "returns what it gets",
    "zeros": "NumPy itself checks the shape",
    "draw": "what layers call, with arguments that they have checked",
    "build": "only a file's names, tried in test_models.py",
    "Loss": "to derive from",
    "Recurrent": "likewise",
    "attention_gradients": "what layers call, with what attention returned",
    "sigmoid_": "what LSTM and GRU call, with arrays of their own",
    "Optimizer": "to derive from",
    "Nesterov": "has Momentum's arguments",
    "AdaGrad": "has Optimizer's, and an eps as RMSprop",
    "AdamW": "has Adam's arguments",
    "History": "what train returns",
    "TrainingDiverged": "an error",
    "TooSmallToCheck": "an error",
    "Checkpoint": "tried in test_training.py",
    "Dataset": "a tuple; train looks at what is in it",
    "load_mnist": "tried in test_datasets.py, with all faults of files",
    "load_fashion_mnist": "as load_mnist",
    "load_names": "takes no argument",
    "load_more_names": "likewise",
    "load_shakespeare": "tried in test_text_data.py, as the next two",
    "encode_names": "takes text",
    "decode_names": "gives text",
    "read_idx": "tried in test_datasets.py",
    "correlate": "what Conv2d calls, with arguments that it has checked",
    "kernel_gradient": "likewise",
    "row_blocks": "likewise",
    "column_overlaps": "likewise",
    "unrolling_pays": "likewise",
    "unroll_columns": "likewise",
    "check_pictures": "likewise",
    "output_size": "likewise",
    "to_nchw": "likewise",
    "to_hcwn": "likewise",
}
MODULES = [functions, gradients, initializers, losses, layers, convolution, optimizers]
MODULES += [sequential, networks, parallel, training, datasets, recurrent, attention]
MODULES += [unsupervised]
MODULES += [generative]


def same(got, expected, loose):
    if isinstance(expected, tuple):
        pairs = zip(got, expected, strict=True)
        return all(same(a, b, loose) for a, b in pairs)
    return np.shape(got) == np.shape(expected) and np.allclose(
        np.asarray(got, dtype=float), expected, rtol=loose, atol=loose, equal_nan=True
    )


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_an_argument_is_right_or_refused(argument):
    call, allowed, right = ARGUMENTS[argument]

    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(ANYTHING)
    @example(np.array([[200, 255, 0], [1, 2, 3]], dtype=np.uint8))
    @example(np.array([-128, 127], dtype=np.int8))
    def tried(value):
        got, refused = None, ""
        try:
            with np.errstate(all="ignore"):
                got = call(value)
        except (ValueError, TypeError) as error:
            refused = f"{error} "
        if refused:
            assert not allowed(value), f"{argument}: refused {value!r}: {refused}"
            assert "expected" in refused, f"{argument}: {value!r}: {refused}"
            return
        assert allowed(value), f"{argument}: took {value!r}, and gave {got!r}"
        if right is not None:
            with np.errstate(all="ignore"):
                wanted = right(value)
            loose = 3e-3 if getattr(value, "dtype", None) == np.float16 else 1e-5
            text = f"{argument}: {value!r}: {got!r}, not {wanted!r}"
            assert same(got, wanted, loose), text

    tried()


def _public(module):
    return [
        name
        for name, found in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(found) or inspect.isclass(found))
        and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_function_and_layer_is_tried(module):
    tried = {argument.split()[0].split(".")[0] for argument in ARGUMENTS}
    missing = set(_public(module)) - tried - UNCHECKED.keys()
    assert not missing, f"add to ARGUMENTS, or say in UNCHECKED why not: {missing}"


# ------------------------------------------------------------------- order of calls


def test_nothing_may_come_between_loss_and_backward():
    net, t = classifier(), np.array([0, 2])
    for between in (net.predict, lambda x: net.accuracy(x, t)):
        net.loss(LOGITS, t)
        between(2 * LOGITS)
        with pytest.raises(RuntimeError, match=r"call loss\(x, t\) first, with"):
            net.backward()
    with pytest.raises(RuntimeError, match=r"call loss\(x, t\) first, with"):
        classifier().backward()
    net.loss(LOGITS, t)
    net.backward()
    once = [p.grad.copy() for p in net.parameters]
    net.backward()
    for p, grad in zip(net.parameters, once, strict=True):
        np.testing.assert_array_equal(p.grad, grad)
