"""Convolution and pooling against PyTorch, in 200 random configurations.

A development test, run by ``make test-peers``.
"""

import numpy as np
import pytest

from dlscratch.convolution import AvgPool2d, Conv2d, MaxPool2d

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")
FUNCTIONAL = torch.nn.functional


def configurations(n):
    """Return random kernels, strides, paddings and pictures that fit together."""
    rng = np.random.default_rng(0)
    found = []
    for seed in range(n):
        kernel, stride = rng.integers(1, 6, 2), rng.integers(1, 5, 2)
        padding = rng.integers(0, 4, 2)
        size = np.maximum(rng.integers(1, 13, 2), kernel - 2 * padding)
        # A pool pads by half the kernel at most. With more kernels than the rows of a
        # window have numbers, or a stride, the kernel's columns are unrolled.
        pool_padding = np.minimum(padding, kernel // 2)
        pool_size = np.maximum(size, kernel - 2 * pool_padding)
        shape = [rng.integers(1, 5), rng.choice([1, 2, 3, 7, 40]), rng.integers(1, 6)]
        sizes = (kernel, stride, padding, size, pool_padding, pool_size, shape)
        found.append([seed, *(tuple(int(v) for v in pair) for pair in sizes)])
    return found


def both(ours, theirs, x, rng, values=()):
    """Assert equal outputs and equal gradients of x and of the values."""
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, *values)]
    y, expected = ours.forward(x), theirs(*tensors)
    np.testing.assert_allclose(y, expected.detach(), rtol=1e-6, atol=1e-6)
    dy = rng.standard_normal(y.shape)
    dx = ours.backward(dy)
    expected.backward(torch.tensor(dy))
    gradients = [dx, *(p.grad for p in ours.parameters)]
    for own, tensor in zip(gradients, tensors, strict=True):
        assert own.shape == tensor.grad.shape
        np.testing.assert_allclose(own, tensor.grad, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    (
        "seed",
        "kernel",
        "stride",
        "padding",
        "size",
        "pool_padding",
        "pool_size",
        "shape",
    ),
    configurations(200),
)
def test_equal(seed, kernel, stride, padding, size, pool_padding, pool_size, shape):
    rng = np.random.default_rng(seed)
    N, C, F = shape
    layer = Conv2d(C, F, kernel, stride, padding, rng=rng)
    layer.b.value[:] = rng.standard_normal(F)
    x = rng.standard_normal((N, C, *size))

    def conv2d(x, W, b):
        return FUNCTIONAL.conv2d(x, W, b, stride, padding)

    both(layer, conv2d, x, rng, [p.value for p in layer.parameters])
    pool = {"kernel_size": kernel, "stride": stride, "padding": pool_padding}
    # Whole numbers from -2 to 2: nearly every window has several largest values.
    x = rng.integers(-2, 3, (N, C, *pool_size)).astype(float)
    both(MaxPool2d(**pool), lambda x: FUNCTIONAL.max_pool2d(x, **pool), x, rng)
    both(AvgPool2d(**pool), lambda x: FUNCTIONAL.avg_pool2d(x, **pool), x, rng)
