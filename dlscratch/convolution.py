"""Convolution and pooling: layers that look at pictures window by window.

To the outside, pictures have the shape (N, C, H, W). In memory they lie in the order
(H, C, W, N): row by row, and the batch last. ``transpose`` goes from one view to the
other and copies nothing. In this order, the KH rows of all C channels that one row of
the output looks at are a single matrix with KH·C rows and W·N columns. One product
multiplies it by all KW columns of all kernels, and KW additions, each of them shifted
by one place, put the row of the output together. So a convolution is one matrix product
for each row of the output. No picture is padded, and none is unrolled to im2col.
"""

from numbers import Integral

import numpy as np

from dlscratch import initializers
from dlscratch.base import Layer, Parameter
from dlscratch.checks import floats, whole


class Conv2d(Layer):
    """Convolution (cross-correlation, as everywhere in deep learning) of pictures.

    ``y[n, f, h, w] = b[f] + Σ W[f, c, i, j] · x[n, c, sh·h + i - ph, sw·w + j - pw]``,
    summed over c, i, j, with x taken as 0 outside the picture.

    Parameters
    ----------
    channels_in, channels_out : int
        Number of channels C of the input, and of kernels F.
    kernel_size, stride, padding : int or pair of int (height, width)
        Size (KH, KW) of the kernels; step (sh, sw) from window to window; zeros
        (ph, pw) put around the picture on each side.
    init : callable, optional
        An initializer for W, by default ``initializers.he``. The bias starts at 0.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : numpy dtype
        Of the parameters, and so of all results.

    Attributes
    ----------
    W : Parameter, shape (F, C, KH, KW)
    b : Parameter, shape (F,)
    """

    def __init__(
        self,
        channels_in,
        channels_out,
        kernel_size,
        stride=1,
        padding=0,
        *,
        init=None,
        rng=None,
        dtype=np.float64,
    ):
        self.stride = _pair("Conv2d", "stride", stride, 1)
        self.padding = _pair("Conv2d", "padding", padding, 0)
        kernel = _pair("Conv2d", "kernel_size", kernel_size, 1)
        F = whole(channels_out, "Conv2d", "channels_out")
        C = whole(channels_in, "Conv2d", "channels_in")
        W = initializers.draw("Conv2d", init, (F, C, *kernel), rng, dtype)
        self.W = Parameter(W, name="W", decay=True)
        self.b = Parameter(np.zeros(channels_out, dtype=dtype), name="b")

    @property
    def parameters(self):
        """W, then b."""
        return [self.W, self.b]

    @property
    def config(self):
        """Channels, kernel size, stride and padding."""
        F, C, *kernel = self.W.value.shape
        return {
            "channels_in": C,
            "channels_out": F,
            "kernel_size": _short(kernel),
            "stride": _short(self.stride),
            "padding": _short(self.padding),
        }

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map x of shape (N, C, H, W) to y of shape (N, F, OH, OW)."""
        W = self.W.value
        x = np.ascontiguousarray(check_pictures(x, "Conv2d", W.shape[1]), W.dtype)
        size = output_size(x, W.shape[2:], self.stride, self.padding, "Conv2d")
        self.remember(x, size)
        b = self.b.value[:, None, None]
        return to_nchw(correlate(x, W, self.stride, self.padding, size, b))

    def backward(self, dy, input_gradient=True):
        """Set dW and db = Σ dy; return dx.

        dW is the sum of all windows, each times the dy that it led to. dx is a
        convolution too: of dy, with zeros between for strides, with the kernels turned
        by 180 degrees and their two kinds of channels exchanged. Without
        ``input_gradient`` dx is not computed and None is returned.
        """
        x, (OH, OW) = self.recall()
        W = self.W.value
        (H, _, width, N), (F, _, KH, KW) = x.shape, W.shape
        dy = self.check_dy(dy, (N, F, OH, OW))
        dy = np.ascontiguousarray(to_hcwn(dy), W.dtype)
        self.b.grad = dy.sum(axis=(0, 2, 3))
        self.W.grad = kernel_gradient(x, dy, (KH, KW), self.stride, self.padding)
        if not input_gradient:
            return None
        (sh, sw), (ph, pw) = self.stride, self.padding
        if (sh, sw) != (1, 1):
            spread = np.zeros((sh * (OH - 1) + 1, F, sw * (OW - 1) + 1, N), W.dtype)
            spread[::sh, :, ::sw] = dy
            dy = spread
        turned = W[:, :, ::-1, ::-1].swapaxes(0, 1)
        around = (KH - 1 - ph, KW - 1 - pw)
        return to_nchw(correlate(dy, turned, (1, 1), around, (H, width)))


class _Pool(Layer):
    """What both kinds of pooling share: first along the width, then the height."""

    outside = 0.0

    def __init__(self, kernel_size, stride=None, padding=0):
        name = type(self).__name__
        self.kernel_size = _pair(name, "kernel_size", kernel_size, 1)
        stride = self.kernel_size if stride is None else stride
        self.stride = _pair(name, "stride", stride, 1)
        self.padding = _pair(name, "padding", padding, 0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"{name}: expected a padding of at most half the kernel size "
                f"{self.kernel_size}, got {self.padding}"
            )

    @property
    def config(self):
        """Kernel size, stride and padding."""
        return {
            "kernel_size": _short(self.kernel_size),
            "stride": _short(self.stride),
            "padding": _short(self.padding),
        }

    def forward(self, x, training=False):
        """Map x of shape (N, C, H, W) to y of shape (N, C, OH, OW)."""
        name = type(self).__name__
        x = check_pictures(x, name)
        size = output_size(x, self.kernel_size, self.stride, self.padding, name)
        y = _pad(x, self.padding, self.outside)
        steps = []
        for axis in (1, 0):
            shape = y.shape
            y, cache = self._along(self._shifted(y, axis, size[axis]))
            steps.append((axis, shape, cache))
        self.remember(x.shape, y.shape, steps)
        return to_nchw(y)

    def backward(self, dy):
        """Return dx of shape (N, C, H, W)."""
        (H, C, W, N), (OH, _, OW, _), steps = self.recall()
        dy = self.check_dy(dy, (N, C, OH, OW))
        dx = to_hcwn(dy)
        for axis, shape, cache in reversed(steps):
            k, s, n = self.kernel_size[axis], self.stride[axis], dx.shape[2 * axis]
            tiled = k == s and n * s == shape[2 * axis]  # each place in one window
            dy, dx = dx, (np.empty if tiled else np.zeros)(shape, dx.dtype)
            self._back(dy, self._shifted(dx, axis, n), cache, tiled)
        ph, pw = self.padding
        return to_nchw(dx[ph : ph + H, :, pw : pw + W])

    def _shifted(self, x, axis, n):
        """Return what the kernel's first, second, ... place sees, n windows each."""
        k, s = self.kernel_size[axis], self.stride[axis]
        cuts = [slice(i, i + s * (n - 1) + 1, s) for i in range(k)]
        return [x[cut] if axis == 0 else x[:, :, cut] for cut in cuts]


class MaxPool2d(_Pool):
    """The largest value of each window.

    Rows and columns at the end that no window reaches are left out. Where several
    values are largest, the first (row by row) gets the gradient, all of it.

    Parameters
    ----------
    kernel_size : int or pair of int (height, width)
    stride : int or pair of int, optional
        By default the kernel size: windows side by side.
    padding : int or pair of int
        Places around the picture that never win; at most half the kernel size.
    """

    outside = -np.inf

    def _along(self, shifted):
        y, *others = shifted
        later = []
        for x in others:
            later.append(x > y)
            y = np.maximum(y, x)
        return y, later

    def _back(self, dy, shifted, later, tiled):
        first, *others = shifted
        for dx, won in zip(reversed(others), reversed(later), strict=True):
            if tiled:
                part = np.multiply(dy, won, out=dx)
            else:
                part = dy * won
                dx += part
            dy = dy - part
        if tiled:
            first[:] = dy
        else:
            first += dy


class AvgPool2d(_Pool):
    """The mean of each window. The zeros of the padding count, as in PyTorch.

    Parameters
    ----------
    kernel_size : int or pair of int (height, width)
    stride : int or pair of int, optional
        By default the kernel size: windows side by side.
    padding : int or pair of int
        Zeros put around the picture; at most half the kernel size.
    """

    def _along(self, shifted):
        return sum(shifted[1:], shifted[0]) / len(shifted), None

    def _back(self, dy, shifted, cache, tiled):
        part = dy / len(shifted)
        for dx in shifted:
            if tiled:
                dx[:] = part
            else:
                dx += part


def to_hcwn(x):
    """View (N, C, H, W) as (H, C, W, N)."""
    return x.transpose(2, 1, 3, 0)


def to_nchw(x):
    """View (H, C, W, N) as (N, C, H, W)."""
    return x.transpose(3, 1, 0, 2)


def row_blocks(x, KH, stride, padding, OH):
    """Yield, for each row of the output, the block of rows of x that it looks at.

    Parameters
    ----------
    x : ndarray, shape (H, C, W, N)
    KH, stride, padding, OH : int
        Of the height: the kernel's, the step, the zeros around, the output's.

    Yields
    ------
    h : int
        Which row of the output.
    rows : ndarray, shape (n·C, W·N)
        A view of the rows that lie in the picture, not in the padding: n ≤ KH.
    inside : slice
        Which n·C of the windows' KH·C these are.
    """
    H, C, W, N = x.shape
    for h in range(OH):
        top = stride * h - padding
        first = max(top, 0)
        end = max(first, min(top + KH, H))
        rows = x[first:end].reshape((end - first) * C, W * N)
        yield h, rows, slice((first - top) * C, (end - top) * C)


def column_overlaps(KW, stride, padding, W, OW):
    """Return, for each column of the kernel, which columns of y meet which of x.

    Output w looks through column j of the kernel at column ``stride·w + j - padding``
    of x, if it lies in the picture.

    Parameters
    ----------
    KW, stride, padding, W, OW : int
        Of the width: the kernel's, the step, the zeros around, x's, the output's.

    Returns
    -------
    list of KW pairs of slice
        Columns of y, and as many columns of x.

    Examples
    --------
    >>> column_overlaps(3, 1, 1, W=28, OW=28)[0]
    (slice(1, 28, None), slice(0, 27, 1))
    """
    pairs = []
    for j in range(KW):
        inside = [w for w in range(OW) if 0 <= stride * w + j - padding < W]
        first, n = (inside[0], len(inside)) if inside else (0, 0)
        start = stride * first + j - padding
        inputs = slice(start, start + stride * n, stride)
        pairs.append((slice(first, first + n), inputs))
    return pairs


def correlate(x, W, stride, padding, size, b=0):
    """Slide kernels over pictures: a convolution's way forward.

    Parameters
    ----------
    x : ndarray, shape (H, C, W, N)
    W : ndarray, shape (F, C, KH, KW)
    stride, padding, size : pair of int (height, width)
        The step, the zeros around, and the output's size (OH, OW).
    b : ndarray, shape (F, 1, 1), or 0
        The bias.

    Returns
    -------
    ndarray, shape (OH, F, OW, N)
    """
    F, C, KH, KW = W.shape
    (sh, sw), (ph, pw), (OH, OW) = stride, padding, size
    if unrolling_pays(F, C, KH, KW, sw):
        x = unroll_columns(x, KW, sw, pw, OW)
        W = W.transpose(0, 3, 1, 2).reshape(F, KW * C, KH, 1)
        return correlate(x, W, (sh, 1), (ph, 0), size, b)
    _, _, width, N = x.shape
    kernels = W.transpose(3, 0, 2, 1).reshape(KW * F, KH * C)
    products = np.empty((KW, F, width, N), W.dtype)
    overlaps = column_overlaps(KW, 1, pw, width, OW)
    y = np.empty((OH, F, OW, N), W.dtype)
    for h, rows, inside in row_blocks(x, KH, sh, ph, OH):
        np.matmul(kernels[:, inside], rows, out=products.reshape(KW * F, width * N))
        y[h] = b
        for product, (outputs, inputs) in zip(products, overlaps, strict=True):
            y[h, :, outputs] += product[:, inputs]
    return y


def kernel_gradient(x, dy, kernel_size, stride, padding):
    """Return the gradient of kernels that slid over pictures.

    Parameters
    ----------
    x : ndarray, shape (H, C, W, N)
    dy : ndarray, shape (OH, F, OW, N)
        The gradient of what :func:`correlate` returned.
    kernel_size, stride, padding : pair of int (height, width)

    Returns
    -------
    ndarray, shape (F, C, KH, KW)
    """
    (_, C, width, N), (OH, F, OW, _) = x.shape, dy.shape
    (KH, KW), (sh, sw), (ph, pw) = kernel_size, stride, padding
    if unrolling_pays(F, C, KH, KW, sw):
        x = unroll_columns(x, KW, sw, pw, OW)
        dW = kernel_gradient(x, dy, (KH, 1), (sh, 1), (ph, 0))
        return dW.reshape(F, KW, C, KH).transpose(0, 2, 3, 1)
    shifted = np.zeros((KW, F, width, N), dy.dtype)
    overlaps = column_overlaps(KW, 1, pw, width, OW)
    dW = np.zeros((KH * C, KW * F), dy.dtype)
    for h, rows, inside in row_blocks(x, KH, sh, ph, OH):
        for copy, (outputs, inputs) in zip(shifted, overlaps, strict=True):
            copy[:, inputs] = dy[h, :, outputs]
        dW[inside] += rows @ shifted.reshape(KW * F, width * N).T
    return dW.reshape(KH, C, KW, F).transpose(3, 1, 0, 2)


def unrolling_pays(F, C, KH, KW, stride):
    """Say whether blocks have few rows to multiply, or a stride wastes products.

    Parameters
    ----------
    F, C, KH, KW : int
        The shape of the kernels.
    stride : int
        The step to the right.

    Returns
    -------
    bool
    """
    return stride > 1 or (KW > 1 and KH * C < F)


def unroll_columns(x, KW, stride, padding, OW):
    """Lay what the kernel's columns see of x together as KW·C channels.

    Parameters
    ----------
    x : ndarray, shape (H, C, W, N)
    KW, stride, padding, OW : int
        Of the width: the kernel's, the step, the zeros around, the output's.

    Returns
    -------
    ndarray, shape (H, KW·C, OW, N)
        It takes kernels of one column, stride 1, no padding.
    """
    H, C, W, N = x.shape
    unrolled = np.zeros((H, KW, C, OW, N), x.dtype)
    overlaps = column_overlaps(KW, stride, padding, W, OW)
    for j, (outputs, inputs) in enumerate(overlaps):
        unrolled[:, j, :, outputs] = x[:, :, inputs]
    return unrolled.reshape(H, KW * C, OW, N)


def _pad(x, padding, value=0.0):
    """Put ``padding`` places around x (H, C, W, N), in (H, C, W, N) memory order."""
    (H, C, W, N), (ph, pw) = x.shape, padding
    if ph == pw == 0:
        return np.ascontiguousarray(x)
    padded = np.full((H + 2 * ph, C, W + 2 * pw, N), value, x.dtype)
    padded[ph : ph + H, :, pw : pw + W] = x
    return padded


def check_pictures(x, name, channels=None):
    """Check that x holds pictures, and view them with the batch last.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    name : str
        Of the layer that asks, for its error.
    channels : int, optional
        What C must be.

    Returns
    -------
    ndarray of floating-point numbers, shape (H, C, W, N)

    Raises
    ------
    ValueError
        If the shape is another.
    """
    x = floats(x, name)
    if x.ndim != 4 or channels not in (None, x.shape[1]):
        raise ValueError(
            f"{name}: expected x of shape (N, {channels or 'C'}, H, W), got {x.shape}"
        )
    return to_hcwn(x)


def output_size(x, kernel_size, stride, padding, name):
    """Return the number of windows, (size + 2 p - k) // s + 1, each way.

    Parameters
    ----------
    x : ndarray, shape (H, C, W, N)
    kernel_size, stride, padding : pair of int (height, width)
    name : str
        Of the layer that asks, for its error.

    Returns
    -------
    tuple of int
        (OH, OW).

    Raises
    ------
    ValueError
        If the kernel is larger than the picture with its padding.
    """
    H, _, W, _ = x.shape
    if H + 2 * padding[0] < kernel_size[0] or W + 2 * padding[1] < kernel_size[1]:
        raise ValueError(
            f"{name}: expected pictures of at least {kernel_size[0]}×{kernel_size[1]} "
            f"with the padding {padding}, got {H}×{W}; "
            "use a smaller kernel or more padding"
        )
    return tuple(
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip((H, W), kernel_size, stride, padding, strict=True)
    )


def _pair(layer, name, value, least):
    """Make (height, width) of one number or two, each at least ``least``."""
    pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(pair) != 2 or not all(
        isinstance(v, Integral) and not isinstance(v, bool) and v >= least for v in pair
    ):
        raise ValueError(
            f"{layer}: expected {name} as a whole number of at least {least}, or two "
            f"(height, width), got {value!r}"
        )
    return tuple(int(v) for v in pair)


def _short(pair):
    """Write (3, 3) as 3."""
    return pair[0] if pair[0] == pair[1] else tuple(pair)
