"""Convolution as it is mostly taught: float64, and every picture unrolled (im2col).

This is chapter 7's own first version, with max pooling done the same way. The
benchmarks show how far the library has come from here.
"""

import numpy as np

from dlscratch import layers
from dlscratch.models import Sequential


def im2col(x, KH, KW, stride, padding):
    """Unroll x (N, C, H, W) to one row for each window, (N·OH·OW, C·KH·KW)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    N, C, H, W = x.shape
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    cols = np.empty((N, C, KH, KW, OH, OW), x.dtype)
    for u in range(KH):
        for v in range(KW):
            rows = slice(u, u + stride * OH, stride)
            columns = slice(v, v + stride * OW, stride)
            cols[:, :, u, v] = x[:, :, rows, columns]
    return cols.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, C * KH * KW)


def col2im(dcols, shape, KH, KW, stride, padding):
    """Add each entry of dcols to the place of x, of this shape, that it came from."""
    N, C, H, W = shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    dcols = dcols.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dcols.dtype)
    for u in range(KH):
        for v in range(KW):
            rows = slice(u, u + stride * OH, stride)
            columns = slice(v, v + stride * OW, stride)
            dx[:, :, rows, columns] += dcols[:, :, u, v]
    return dx[:, :, padding : padding + H, padding : padding + W]


class Convolution(layers.Layer):
    """A convolution with square kernels; its parameters are those of a Conv2d."""

    def __init__(self, conv):
        self.W, self.b = conv.W, conv.b
        (self.stride, _), (self.padding, _) = conv.stride, conv.padding

    @property
    def parameters(self):
        """W, then b."""
        return [self.W, self.b]

    def forward(self, x, training=False):
        """Map x (N, C, H, W) to y (N, F, OH, OW)."""
        F, _, KH, KW = self.W.value.shape
        self.shape, self.geometry = x.shape, (KH, KW, self.stride, self.padding)
        OH = (x.shape[2] + 2 * self.padding - KH) // self.stride + 1
        self.cols = im2col(x, *self.geometry)
        y = self.cols @ self.W.value.reshape(F, -1).T + self.b.value
        return y.reshape(len(x), OH, -1, F).transpose(0, 3, 1, 2)

    def backward(self, dy, input_gradient=True):
        """Set dW and db, and return dx."""
        F = len(self.W.value)
        rows = dy.transpose(0, 2, 3, 1).reshape(-1, F)
        self.W.grad = (rows.T @ self.cols).reshape(self.W.value.shape)
        self.b.grad = rows.sum(axis=0)
        if not input_gradient:
            return None
        dcols = rows @ self.W.value.reshape(F, -1)
        return col2im(dcols, self.shape, *self.geometry)


class MaxPooling(layers.Layer):
    """Max pooling of square windows side by side, with im2col and argmax."""

    def __init__(self, pool):
        (self.size, _) = pool.kernel_size

    def forward(self, x, training=False):
        """Map x (N, C, H, W) to y (N, C, H / size, W / size)."""
        N, C, H, W = self.shape = x.shape
        k = self.size
        cols = im2col(x, k, k, k, 0).reshape(-1, k * k)
        self.largest = cols.argmax(axis=1)
        y = cols.max(axis=1)
        return y.reshape(N, H // k, W // k, C).transpose(0, 3, 1, 2)

    def backward(self, dy):
        """Send each gradient to the window's largest value."""
        k = self.size
        dcols = np.zeros((dy.size, k * k))
        dy = dy.transpose(0, 2, 3, 1).ravel()
        dcols[np.arange(dy.size), self.largest] = dy
        return col2im(dcols, self.shape, k, k, k, 0)


def plain(network):
    """Return the same network with plain convolutions and pooling."""
    kinds = {layers.Conv2d: Convolution, layers.MaxPool2d: MaxPooling}
    stack = [kinds.get(type(layer), lambda x: x)(layer) for layer in network.layers]
    return Sequential(stack, network.loss_layer)
