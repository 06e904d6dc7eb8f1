"""Convolution and pooling against plain loops, finite differences, and their errors."""

import json
import tracemalloc
from itertools import combinations, product

import numpy as np
import pytest

from dlscratch import initializers, layers
from dlscratch.convolution import AvgPool2d, Conv2d, MaxPool2d
from dlscratch.gradients import check_gradients
from dlscratch.models import Sequential


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def look(x, kernel_size, stride, padding, outside):
    """Yield where each window lands and what it sees, one window at a time."""
    (kh, kw), (sh, sw), (ph, pw) = map(pair, (kernel_size, stride, padding))
    frame = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    x = np.pad(x, frame, constant_values=outside)
    height = (x.shape[2] - kh) // sh + 1
    width = (x.shape[3] - kw) // sw + 1
    for h, w in product(range(height), range(width)):
        yield h, w, x[:, :, sh * h : sh * h + kh, sw * w : sw * w + kw]


def collect(windows):
    """Put values (N, C) at (h, w) together to (N, C, H, W)."""
    values = {(h, w): value for h, w, value in windows}
    height, width = (max(place) + 1 for place in zip(*values, strict=True))
    rows = [np.stack([values[h, w] for w in range(width)], -1) for h in range(height)]
    return np.stack(rows, -2)


def plain_conv(x, W, b, stride, padding):
    seen = look(x, W.shape[2:], stride, padding, 0)
    return collect(
        (h, w, np.einsum("ncij,fcij->nf", window, W) + b) for h, w, window in seen
    )


# (height, width), kernel size, stride, padding
SHAPES = [
    ((5, 5), 3, 1, 0),
    ((5, 5), 3, 1, 1),
    ((4, 7), (2, 3), 1, 0),
    ((6, 5), 1, 1, 0),
    ((1, 1), 1, 1, 0),
    ((7, 7), 3, 2, 1),
    ((8, 6), 3, 2, 0),  # rows and columns that no window reaches
    ((9, 8), 2, (3, 4), 0),  # steps longer than the kernel
    ((5, 9), (3, 2), (1, 2), (0, 1)),
    ((4, 4), (4, 4), 1, 0),  # one window
    ((6, 9), (2, 3), (2, 3), 0),  # side by side, and nothing left over
    ((5, 7), 2, 2, 0),  # side by side, with a row and a column left over
    ((2, 3), 3, 1, (1, 1)),  # smaller than the kernel, were it not for the padding
]
CONV_SHAPES = [*SHAPES, ((3, 3), 2, 1, 3), ((2, 2), 1, 2, 2)]  # windows of zeros only


@pytest.mark.parametrize("F", [3, 20])  # with 20, kernels' columns are unrolled
@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), CONV_SHAPES)
class TestConv2d:
    def test_forward_equals_the_plain_loop(self, size, kernel, stride, padding, F, rng):
        layer = Conv2d(2, F, kernel, stride, padding, rng=rng)
        layer.b.value[:] = rng.standard_normal(F)
        x = rng.standard_normal((4, 2, *size))
        expected = plain_conv(x, layer.W.value, layer.b.value, stride, padding)
        np.testing.assert_allclose(layer.forward(x), expected, atol=1e-12)

    def test_gradients(self, size, kernel, stride, padding, F, rng):
        layer = Conv2d(2, F, kernel, stride, padding, rng=rng)
        x = rng.standard_normal((3, 2, *size))
        t = rng.standard_normal(layer.forward(x).shape)
        errors = check_gradients(Sequential([layer], layers.MeanSquaredError()), x, t)
        assert len(errors) == 3


@pytest.mark.parametrize("seed", range(60))
def test_random_configurations(seed):
    """y equals the plain loop's; the gradients pass dy on as y depends on x and W.

    y is linear in x and in W. So Σ dx·u = Σ dy·(convolution of u) for any pictures u,
    and Σ dW·V = Σ dy·(convolution with V) for any kernels V.
    """
    rng = np.random.default_rng(seed)
    kernel, stride, padding = (
        tuple(int(v) for v in rng.integers(low, high, 2))
        for low, high in ((1, 5), (1, 4), (0, 5))
    )
    if seed % 2:
        stride = (int(stride[0]), 1)  # no reason to unroll, but for few channels
    size = np.maximum(rng.integers(1, 9, 2), np.subtract(kernel, 2 * np.array(padding)))
    N, C, F = rng.integers(1, 4), rng.choice([1, 2, 5]), rng.choice([1, 3, 12])
    layer = Conv2d(C, F, kernel, stride, padding, rng=rng)
    layer.b.value[:] = rng.standard_normal(F)
    x, u = rng.standard_normal((2, N, C, *size))
    W, V = layer.W.value, rng.standard_normal(layer.W.value.shape)
    y = layer.forward(x)
    np.testing.assert_allclose(
        y, plain_conv(x, W, layer.b.value, stride, padding), atol=1e-12
    )
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy)
    through_x = np.sum(dy * plain_conv(u, W, 0, stride, padding))
    through_W = np.sum(dy * plain_conv(x, V, 0, stride, padding))
    np.testing.assert_allclose(np.sum(dx * u), through_x, atol=1e-11)
    np.testing.assert_allclose(np.sum(layer.W.grad * V), through_W, atol=1e-11)
    np.testing.assert_allclose(layer.b.grad, dy.sum(axis=(0, 2, 3)), atol=1e-12)


@pytest.mark.parametrize("F", [3, 20])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_pass_leaves_earlier_results_alone(F, stride, rng):
    """What a step returned stays, and the next step, of other size, owes it nothing."""
    layer = Conv2d(2, F, 3, stride, 1, rng=rng)
    held = []
    for n in (5, 2, 5):
        x = np.ascontiguousarray(rng.standard_normal((7, 2, 6, n)))  # batch last
        x = x.transpose(3, 1, 0, 2)
        layer.forward(rng.standard_normal((3, 2, 7, 6)))  # a look at other pictures
        y = layer.forward(x)
        dy = rng.standard_normal(y.shape)
        dx = layer.backward(dy)
        fresh = Conv2d(2, F, 3, stride, 1, init=initializers.zeros)
        fresh.W.value = layer.W.value
        np.testing.assert_array_equal(fresh.forward(x), y)
        np.testing.assert_array_equal(fresh.backward(dy), dx)
        np.testing.assert_array_equal(fresh.W.grad, layer.W.grad)
        arrays = [x, y, dy, dx, layer.W.grad, layer.b.grad]
        for a, b in combinations(arrays, 2):
            assert not np.shares_memory(a, b)
        held += [(a, a.copy()) for a in arrays]
    for a, copy in held:
        np.testing.assert_array_equal(a, copy)


def test_no_picture_is_copied(rng):
    """With the batch last, a forward pass needs little memory beside its result."""
    layer = Conv2d(8, 8, 3, padding=1, rng=rng)
    x = rng.standard_normal((32, 8, 32, 10)).transpose(3, 1, 0, 2)
    layer.forward(x)
    tracemalloc.start()
    y = layer.forward(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert y.nbytes < peak < y.nbytes + x.nbytes / 4


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), SHAPES)
@pytest.mark.parametrize(
    ("kind", "outside", "value"),
    [(MaxPool2d, -np.inf, np.max), (AvgPool2d, 0, np.mean)],
)
def test_pooling(size, kernel, stride, padding, kind, outside, value, rng):
    if kernel == 1 and padding:
        pytest.skip("more padding than half the kernel")
    layer = kind(kernel, stride, padding)
    x = rng.permutation(6 * size[0] * size[1]).reshape(3, 2, *size) / 10  # no ties
    seen = look(x, kernel, stride, padding, outside)
    expected = collect((h, w, value(window, axis=(2, 3))) for h, w, window in seen)
    np.testing.assert_allclose(layer.forward(x), expected, atol=1e-12)
    t = rng.standard_normal(expected.shape)
    check_gradients(Sequential([layer], layers.MeanSquaredError()), x, t)


def test_a_convolution_by_hand():
    layer = Conv2d(1, 1, 2, init=initializers.zeros)
    layer.W.value[0, 0] = [[1, 2], [3, 4]]
    layer.b.value[:] = 10
    x = np.arange(9).reshape(1, 1, 3, 3)
    expected = [[10 + 0 + 2 + 9 + 16, 37 + 10], [37 + 30, 37 + 40]]
    np.testing.assert_array_equal(layer.forward(x)[0, 0], expected)


def test_pooling_steps_by_the_kernel_size_unless_told():
    x = np.arange(24.0).reshape(1, 1, 4, 6)
    np.testing.assert_array_equal(
        MaxPool2d((2, 3)).forward(x)[0, 0], [[8, 11], [20, 23]]
    )
    np.testing.assert_array_equal(
        AvgPool2d((2, 3)).forward(x)[0, 0], [[4, 7], [16, 19]]
    )


def test_the_first_of_equal_values_gets_all_of_the_gradient():
    x = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]]).reshape(1, 1, 3, 3)
    layer = MaxPool2d(3)
    assert layer.forward(x).item() == 1
    dx = layer.backward(np.array(5.0).reshape(1, 1, 1, 1))[0, 0]
    np.testing.assert_array_equal(dx, [[0, 5, 0], [0, 0, 0], [0, 0, 0]])


def test_a_zero_in_the_padding_beats_no_negative_value():
    x = np.full((1, 1, 2, 2), -3.0)
    np.testing.assert_array_equal(
        MaxPool2d(3, 1, 1).forward(x), np.full((1, 1, 2, 2), -3.0)
    )
    np.testing.assert_allclose(AvgPool2d(3, 1, 1).forward(x)[0, 0, 0, 0], -12 / 9)


LAYERS = {
    "Conv2d": lambda dtype=np.float64: Conv2d(
        2, 3, 3, 2, 1, rng=np.random.default_rng(0), dtype=dtype
    ),
    "MaxPool2d": lambda dtype=np.float64: MaxPool2d(3, 2, 1),
    "AvgPool2d": lambda dtype=np.float64: AvgPool2d(3, 2, 1),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


@every_layer
def test_nothing_that_is_passed_in_changes(make, rng):
    for padding in (0, 1):
        layer = make()
        layer.padding = (padding, padding)
        x = rng.standard_normal((4, 2, 7, 7))
        kept = x.copy(), [p.value.copy() for p in layer.parameters]
        dy = rng.standard_normal(layer.forward(x).shape)
        dy_kept = dy.copy()
        layer.backward(dy)
        np.testing.assert_array_equal(x, kept[0])
        np.testing.assert_array_equal(dy, dy_kept)
        for p, value in zip(layer.parameters, kept[1], strict=True):
            np.testing.assert_array_equal(p.value, value)


@every_layer
def test_the_result_does_not_depend_on_the_memory_order(make, rng):
    layer = make()
    x = rng.standard_normal((4, 2, 7, 7))
    y = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy)
    for order in ((0, 1, 2, 3), (2, 1, 3, 0), (3, 2, 1, 0)):

        def laid_out(a, order=order):
            return np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))

        np.testing.assert_allclose(layer.forward(laid_out(x)), y, atol=1e-13)
        np.testing.assert_allclose(layer.backward(laid_out(dy)), dx, atol=1e-13)


@every_layer
def test_float32_stays_and_is_exact_to_rounding(make, rng):
    x = rng.standard_normal((4, 2, 7, 7)).astype(np.float32)
    single, double = make(np.float32), make()
    y = single.forward(x)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    dx = single.backward(dy)
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, double.forward(x.astype(float)), atol=1e-5)
    np.testing.assert_allclose(dx, double.backward(dy.astype(float)), atol=1e-5)
    for p, exact in zip(single.parameters, double.parameters, strict=True):
        assert p.grad.dtype == np.float32
        np.testing.assert_allclose(p.grad, exact.grad, atol=1e-4)


@every_layer
def test_whole_numbers_and_an_empty_batch(make):
    layer = make()
    assert layer.forward(np.ones((2, 2, 7, 7), dtype=np.uint8)).dtype == np.float64
    y = layer.forward(np.ones((0, 2, 7, 7)))
    assert layer.backward(y).shape == (0, 2, 7, 7)


def test_without_input_gradient(rng):
    layer = LAYERS["Conv2d"]()
    dy = rng.standard_normal(layer.forward(rng.standard_normal((4, 2, 7, 7))).shape)
    layer.backward(dy)
    kept = [p.grad.copy() for p in layer.parameters]
    assert layer.backward(dy, input_gradient=False) is None
    for p, grad in zip(layer.parameters, kept, strict=True):
        np.testing.assert_array_equal(p.grad, grad)


def memory_order(a):
    """Return the axes from the longest stride to the shortest."""
    return tuple(np.argsort(a.strides)[::-1])


def test_a_network_keeps_the_rows_first_and_the_batch_last(rng):
    stack = [
        Conv2d(2, 3, 3, padding=1, rng=rng),
        layers.BatchNorm(3),
        layers.ReLU(),
        layers.Dropout(0.3, rng=rng),
        MaxPool2d(2),
        layers.Tanh(),
        AvgPool2d(2),
        layers.Sigmoid(),
        Conv2d(3, 2, 2, rng=rng),
    ]
    y = rng.standard_normal((5, 2, 12, 12))
    for layer in stack:
        y = layer.forward(y, training=True)
        assert memory_order(y) == (2, 1, 3, 0), layer
    dy = np.ones_like(y)
    for layer in reversed(stack):
        dy = layer.backward(dy)
        assert memory_order(dy) == (2, 1, 3, 0), layer


def test_flatten_and_linear_leave_the_batch_last_in_memory(rng):
    flatten, linear = layers.Flatten(), layers.Linear(24, 3, rng=rng)
    x = rng.standard_normal((5, 2, 3, 4))
    for order in ((0, 1, 2, 3), (2, 1, 3, 0), (1, 2, 3, 0)):
        x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        y = flatten.forward(x)
        np.testing.assert_array_equal(y, x.ravel().reshape(5, 24))
        dx = linear.backward(linear.forward(y))
        np.testing.assert_allclose(dx, (y @ linear.W.value) @ linear.W.value.T)
        expected = (0, 1) if order[0] == 0 else (1, 0)
        assert memory_order(y) == memory_order(dx) == expected
        dx = flatten.backward(dx)
        assert dx.shape == x.shape
        assert memory_order(dx)[-1] == order[-1]


class TestErrors:
    @every_layer
    def test_backward_before_forward(self, make):
        with pytest.raises(RuntimeError, match=r"call .*forward first"):
            make().backward(np.zeros((1, 3, 4, 4)))

    @every_layer
    def test_dy_of_another_shape(self, make):
        layer = make()
        layer.forward(np.zeros((1, 2, 7, 7)))
        with pytest.raises(
            ValueError, match=r"expected dy of shape \(1, ., 4, 4\), got"
        ):
            layer.backward(np.zeros((1, 2, 7, 7)))

    @pytest.mark.parametrize("shape", [(5, 3, 8, 8), (5, 64), (2, 8, 8), ()])
    def test_conv_names_expected_and_received(self, shape):
        message = r"Conv2d: expected x of shape \(N, 2, H, W\), got"
        with pytest.raises(ValueError, match=message):
            LAYERS["Conv2d"]().forward(np.zeros(shape))

    def test_pooling_wants_pictures(self):
        with pytest.raises(
            ValueError, match=r"MaxPool2d: expected x of shape \(N, C, H"
        ):
            MaxPool2d(2).forward(np.zeros((5, 64)))

    def test_a_picture_smaller_than_the_kernel(self):
        layer = Conv2d(1, 1, (5, 3), padding=(1, 0), init=initializers.zeros)
        with pytest.raises(ValueError, match=r"Conv2d: .* at least 5×3 .* got 2×8"):
            layer.forward(np.zeros((1, 1, 2, 8)))
        layer.forward(np.zeros((1, 1, 3, 3)))
        with pytest.raises(
            ValueError, match=r"AvgPool2d: .*smaller kernel or more pad"
        ):
            AvgPool2d(3).forward(np.zeros((1, 1, 3, 2)))

    @pytest.mark.parametrize("padding", [(0, 0), (0, 1), (2, 0), (1, 2)])
    def test_the_smallest_picture_is_of_the_kernels_size(self, padding):
        layer = Conv2d(1, 1, (5, 6), padding=padding, init=initializers.zeros)
        height, width = 5 - 2 * padding[0], 6 - 2 * padding[1]
        assert layer.forward(np.zeros((1, 1, height, width))).shape == (1, 1, 1, 1)
        for shape in ((height - 1, width), (height, width - 1)):
            with pytest.raises(ValueError, match="pictures of at least 5×6"):
                layer.forward(np.zeros((1, 1, *shape)))

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((0,), r"kernel_size as a whole number of at least 1, .* got 0"),
            ((2.5,), "got 2.5"),
            (((1, 2, 3),), r"\(height, width\), got \(1, 2, 3\)"),
            ((2, 0), "stride as a whole number of at least 1"),
            ((2, 1, -1), "padding as a whole number of at least 0"),
        ],
    )
    def test_sizes(self, arguments, words):
        for make in (
            MaxPool2d,
            AvgPool2d,
            lambda *a: Conv2d(1, 1, *a, init=initializers.zeros),
        ):
            with pytest.raises(ValueError, match=words):
                make(*arguments)

    def test_padding_of_pooling(self):
        with pytest.raises(ValueError, match="at most half the kernel size"):
            MaxPool2d((2, 3), padding=(0, 2))

    def test_a_generator_is_needed(self):
        with pytest.raises(TypeError, match="default_rng"):
            Conv2d(1, 1, 3)


def test_initial_kernels_have_hes_variance(rng):
    layer = Conv2d(8, 300, 5, rng=rng)
    assert layer.W.value.var() == pytest.approx(2 / 200, rel=0.03)
    assert layer.W.decay
    assert not layer.b.decay
    assert not layer.b.value.any()
    xavier = Conv2d(8, 300, 5, init=initializers.xavier, rng=rng)
    assert xavier.W.value.var() == pytest.approx(1 / 200, rel=0.03)


@every_layer
def test_the_config_builds_the_layer_again(make):
    layer = make()
    config = json.loads(json.dumps(layer.config))
    extra = {"init": initializers.zeros} if layer.parameters else {}
    assert repr(type(layer)(**config, **extra)) == repr(layer)


def test_reprs(rng):
    assert repr(Conv2d(1, 8, 3, rng=rng)) == "Conv2d(1, 8, 3, 1, 0)"
    assert (
        repr(MaxPool2d((2, 3), padding=(1, 0))) == "MaxPool2d((2, 3), (2, 3), (1, 0))"
    )


def test_save_and_load(rng, tmp_path):
    stack = [Conv2d(1, 2, (3, 2), 1, (1, 0), rng=rng), MaxPool2d(2), AvgPool2d(2, 1)]
    model = Sequential([*stack, layers.Flatten()], layers.SoftmaxCrossEntropy())
    x = rng.standard_normal((3, 1, 6, 7))
    model.save(tmp_path / "m.npz")
    copy = Sequential.load(tmp_path / "m.npz")
    assert repr(copy) == repr(model)
    np.testing.assert_array_equal(copy.predict(x), model.predict(x))


@pytest.mark.parametrize("kind", [layers.MaxPool2d, layers.AvgPool2d])
def test_gradients_where_windows_overlap(kind):
    rng = np.random.default_rng(0)
    x = rng.permutation(2 * 2 * 5 * 5).reshape(2, 2, 5, 5) / 10  # no two alike
    model = Sequential([kind(3, stride=1, padding=1)], layers.MeanSquaredError())
    check_gradients(model, x, rng.random((2, 2, 5, 5)))
