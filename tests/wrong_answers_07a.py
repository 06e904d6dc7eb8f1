"""Plausible wrong answers to chapter 7a's exercises, what must be said of them, and
right answers in unusual form.
"""

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlscratch import layers
from dlscratch.exercises import chapter07a as ch


def _sizes_silent(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) // stride + 1
        found.append(n)


def _sizes_divided(n, layers):
    found = []
    for k, stride, padding in layers:
        n = (n + 2 * padding - k) / stride + 1
        found.append(n)
    return found


def _field_silent(layers):
    print(ch.receptive_field(layers))


def _count_tuple(C, H, W, F, K, stride=1, padding=0):
    return tuple(ch.count(C, H, W, F, K, stride, padding).values())


def _join_sum(v, w):
    return v + w


def _join_valid(v, w):
    joined = np.zeros(v.shape)
    for i, j in np.ndindex(v.shape):
        joined[i, j] = v[i, j] * w.sum()
    return joined


def _pointwise_mean(x, W, b):
    return ch.pointwise(x, W / W.shape[1], b)


def _pointwise_not_transposed(x, W, b):
    return x.transpose(0, 2, 3, 1) @ W + b


class _GlobalAddsUp(ch.GlobalAveragePool):
    dx = 0.0

    def backward(self, dy):
        self.dx = super().backward(dy) + np.mean(self.dx)
        return self.dx


class _GlobalForgetful(ch.GlobalAveragePool):
    def forward(self, x):
        return x.mean(axis=(2, 3))


class _GlobalKeepsAxes(ch.GlobalAveragePool):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)


def _depthwise_first_place(x, W):
    _, KH, KW = W.shape
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    return W[:, 0, 0][:, None, None] * x[:, :, :OH, :OW]


class _UpsampleOneAxis(ch.Upsample):
    def forward(self, x):
        self.shape = x.shape
        return x.repeat(self.K, axis=3)


class _UpsampleSilent(ch.Upsample):
    def backward(self, dy):
        N, C, H, W = self.shape
        dy.reshape(N, C, H, self.K, W, self.K).sum(axis=(3, 5))


def _gradient_not_exchanged(dy, W, stride, H, width):
    return ch.input_gradient(dy, W.swapaxes(0, 1), stride, H, width)


def _gradient_of_outputs(dy, W, stride, H, width):
    return dy


def _fold_writes_into_table(dcols, shape, KH, KW, stride=1, padding=0):
    dcols *= 1.0 + 1e-3
    return ch.repaired_col2im(dcols, shape, KH, KW, stride, padding)


def _fold_wrong_order(dcols, shape, KH, KW, stride=1, padding=0):
    N, C, H, W = shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    dcols = dcols.reshape(N, C, KH, KW, OH, OW)
    rows = dcols.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, -1)
    return ch.repaired_col2im(rows, shape, KH, KW, stride, padding)


def _keeping_sizes():
    found = []

    def sizes(n, layers):
        found.extend(ch.sizes(n, layers))
        return found

    return sizes


def _sizes_popped(n, layers):
    found = []
    while layers:
        n = ch.sizes(n, [layers.pop(0)])[0]
        found.append(n)
    return found


def _sizes_rounded(n, layers):
    found = []
    for k, stride, padding in layers:
        n = round((n + 2 * padding - k) / stride) + 1
        found.append(n)
    return found


def _sizes_one_round(n, layers):
    for k, stride, padding in layers:
        return [(n + 2 * padding - k) // stride + 1]


def _seen_pixels(layers):
    seen = {0}
    for k, stride in reversed(layers):
        seen = {stride * i + u for i in seen for u in range(k)}
    return seen


def _strides_added(layers):
    size, step = 1, 1
    for k, stride in layers:
        size += (k - 1) * step
        step += stride - 1
    return size


def _count_half_padded(C, H, W, F, K, stride=1, padding=0):
    OH = ch.output_size(H, K, stride, padding)
    outputs = F * OH * ((W + padding - K) // stride + 1)
    found = ch.count(C, H, W, F, K, stride, padding)
    return found | {"outputs": outputs, "multiplications": outputs * C * K * K}


def _count_stride_down_only(C, H, W, F, K, stride=1, padding=0):
    OH = ch.output_size(H, K, stride, padding)
    outputs = F * OH * ch.output_size(W, K, 1, padding)
    found = ch.count(C, H, W, F, K, stride, padding)
    return found | {"outputs": outputs, "multiplications": outputs * C * K * K}


def _count_without_defaults(C, H, W, F, K, stride, padding):
    return ch.count(C, H, W, F, K, stride, padding)


def _join_square(v, w):
    joined = np.zeros((len(v) + len(w) - 1,) * 2)
    for (i, j), a in np.ndenumerate(v):
        joined[i : i + len(w), j : j + w.shape[1]] += a * w
    return joined


def _join_impulse(v, w):
    H, width = len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1
    impulse = np.zeros((2 * H - 1, 2 * width - 1))
    impulse[H - 1, width - 1] = 1
    return _correlated(_correlated(impulse, v), w)


def _join_separable(v, w):
    down = np.convolve(v[:, 0], w[:, 0])
    return np.outer(down, np.convolve(v[0], w[0]))


def _pointwise_by_pixels(x, W, b):
    y = np.zeros((len(x), len(W), *x.shape[2:]))
    for i, j in np.ndindex(x.shape[2:]):
        y[:, :, i, j] = x[:, :, i, j] @ W.T + b
    return y


def _pointwise_by_pictures(x, W, b):
    return np.stack([_pointwise_matmul(p[None], W, b)[0] for p in x])


def _pointwise_applied(x, W, b):
    return np.apply_along_axis(lambda pixel: W @ pixel + b, 1, x)


def _pointwise_by_channels(x, W, b):
    y, c = np.zeros((len(x), len(W), *x.shape[2:])) + b[:, None, None], 0
    while c < x.shape[1]:
        y += W[:, c, None, None] * x[:, c : c + 1]
        c += 1
    return y


class _GlobalMeanOfBatch(ch.GlobalAveragePool):
    def backward(self, dy):
        return super().backward(dy) / len(dy)


class _GlobalHeightTwice(ch.GlobalAveragePool):
    def backward(self, dy):
        H, W = self.shape[2:]
        return super().backward(dy) * W / H


class _GlobalChangesDy(ch.GlobalAveragePool):
    def backward(self, dy):
        dy /= self.shape[2] * self.shape[3]
        return np.zeros(self.shape) + dy[:, :, None, None]


def _pool_with_buffer():
    class Buffered(ch.GlobalAveragePool):
        buffer = np.zeros((4, 4, 9, 9))

        def backward(self, dy):
            N, C, H, W = self.shape
            self.buffer[:N, :C, :H, :W] += super().backward(dy)
            return self.buffer[:N, :C, :H, :W]

    return Buffered


def _depthwise_square(x, W):
    K = W.shape[1]
    OH, OW = x.shape[2] - K + 1, x.shape[3] - K + 1
    y = np.zeros((len(x), len(W), OH, OW))
    for u, v in np.ndindex(K, K):
        y += W[:, u, v][:, None, None] * x[:, :, u : u + OH, v : v + OW]
    return y


def _depthwise_padded(x, W):
    return ch.depthwise(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), W)


class _UpsampleKeepsShape(ch.Upsample):
    def forward(self, x):
        self.shape = vars(self).get("shape", x.shape)
        return x.repeat(self.K, axis=2).repeat(self.K, axis=3)


class _UpsampleNoDefault(ch.Upsample):
    def __init__(self, K):
        self.K = K


class _UpsampleThree(ch.Upsample):
    def __init__(self, K=3):
        self.K = K


class _UpsampleRows(ch.Upsample):
    def forward(self, x):
        self.shape = x.shape
        N, C, H, W = x.shape
        y = x.repeat(self.K**2, axis=3)
        return y.reshape(N, C, self.K * H, self.K * W)


def _scatter(dy, W, stride, H, width):
    KH, KW = W.shape[2:]
    dx = np.zeros((len(dy), W.shape[1], H, width))
    for i, j in np.ndindex(dy.shape[2:]):
        window = np.einsum("nf,fcuv->ncuv", dy[:, :, i, j], W)
        i, j = stride * i, stride * j
        dx[:, :, i : i + KH, j : j + KW] += window
    return dx


def _scatter_at(dy, W, stride, H, width):
    dx = np.zeros((len(dy), W.shape[1], H, width))
    i, j = stride * np.indices(dy.shape[2:])[..., None, None]
    u, v = np.indices(W.shape[2:])
    windows = np.einsum("nfij,fcuv->ncijuv", dy, W)
    np.add.at(dx, (slice(None), slice(None), i + u, j + v), windows)
    return dx


def col2im(*arguments):
    return ch.repaired_col2im(*arguments)


def _folded(dy, W, stride, H, width):
    F, C, *kernel = W.shape
    rows = dy.transpose(0, 2, 3, 1).reshape(-1, F) @ W.reshape(F, -1)
    return col2im(rows, (len(dy), C, H, width), *kernel, stride)


def _librarys_gradient(dy, W, stride, H, width):
    layer = _layer(W, stride)
    layer.forward(np.zeros((len(dy), W.shape[1], H, width)))
    return layer.backward(dy)


def _zeros_in_front(dy, W, stride, H, width):
    KH, KW = W.shape[2:]
    dy = _spread(dy, stride)
    down, right = H - dy.shape[2] - KH + 1, width - dy.shape[3] - KW + 1
    sides = ((0, 0), (0, 0), (KH - 1 + down, KH - 1), (KW - 1 + right, KW - 1))
    return _convolved(np.pad(dy, sides), _turned(W))


def _fold_larger(dcols, shape, KH, KW, stride=1, padding=0):
    dx, d = _frame(dcols, shape, KH, KW, stride, padding)
    for u, v in np.ndindex(KH, KW):
        part = _part(dx, d, u, v, stride)
        np.maximum(part, d[:, :, u, v], out=part)
    return _cut(dx, shape, padding)


def _fold_one_at_least(dcols, shape, KH, KW, stride=1, padding=0):
    dx = _fold_or_none(dcols, shape, KH, KW, stride, padding)
    return dx if padding else dx[:, :, 1:-1, 1:-1]


def _fold_equals_plus(dcols, shape, KH, KW, stride=1, padding=0):
    dx, d = _frame(dcols, shape, KH, KW, stride, padding)
    for u, v in np.ndindex(KH, KW):
        _part(dx, d, u, v, stride)[:] = +d[:, :, u, v]
    return _cut(dx, shape, padding)


# ------------------------------------------------------ right ones in unusual form


def _sizes_recursive(n, layers):
    if not layers:
        return []
    k, stride, padding = layers[0]
    n = (n + 2 * padding - k) // stride + 1
    return [n, *_sizes_recursive(n, layers[1:])]


def _sizes_counted(n, layers):
    found = []
    for k, stride, padding in layers:
        n = len(range(0, n + 2 * padding - k + 1, stride))
        found.append(np.int64(n))
    return tuple(found)


def _sizes_by_layers(n, settings):
    x, found = np.zeros((1, 1, n, n)), []
    for setting in settings:
        layer = layers.Conv2d(1, 1, *setting, rng=np.random.default_rng(0))
        x = layer.forward(x)
        found.append(x.shape[-1])
    return found


def _sizes_accumulated(side, chain):
    def step(n, layer):
        return np.floor((n + 2 * layer[2] - layer[0]) / layer[1]) + 1

    return list(itertools.accumulate(chain, step, initial=side))[1:]


def _field_back(layers):
    size = 1
    for k, stride in reversed(layers):
        size = (size - 1) * stride + k
    return size


def _field_recursive(layers):
    if not layers:
        return 1
    (k, stride), *rest = layers
    return (_field_recursive(rest) - 1) * stride + k


def _field_numpy(layers):
    k, strides = np.transpose(layers)
    return 1 + (k - 1) @ np.cumprod([1, *strides[:-1]])


def _field_counted(layers):
    seen = _seen_pixels(layers)
    return float(max(seen) - min(seen) + 1)


def _count_by_layer(C, H, W, F, K, stride=1, padding=0):
    rng = np.random.default_rng(0)
    layer = layers.Conv2d(C, F, K, stride, padding, rng=rng)
    y = layer.forward(np.zeros((1, C, H, W)))
    parameters = sum(p.value.size for p in layer.parameters)
    return dict(
        multiplications=y.size * C * K**2, outputs=y.size, parameters=parameters
    )


def _count_numpy(c, h, w, f, k, s=1, p=0):
    size = (np.array([h, w]) + 2 * p - k) // s + 1
    outputs = f * size.prod()
    work = float(outputs * c * k**2)
    return {
        "parameters": f * (c * k * k + 1),
        "outputs": outputs,
        "multiplications": work,
    }


def _correlated(x, w):
    return np.einsum("ijuv,uv->ij", sliding_window_view(x, w.shape), w)


def _join_fourier(v, w):
    size = len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1
    return np.fft.irfft2(np.fft.rfft2(v, size) * np.fft.rfft2(w, size), size)


def _join_padded(v, w):
    frame = [(n - 1, n - 1) for n in w.shape]
    return _correlated(np.pad(v, frame), w[::-1, ::-1])


def _join_rows(v, w):
    joined = np.zeros((len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1))
    for i, a in enumerate(v):
        for t, b in enumerate(w):
            joined[i + t] += np.convolve(a, b)
    return joined


def _join_scattered(v, w):
    joined = np.zeros((len(v) + len(w) - 1, v.shape[1] + w.shape[1] - 1))
    i, j = np.indices(v.shape)[..., None, None]
    t, u = np.indices(w.shape)
    np.add.at(joined, (i + t, j + u), v[..., None, None] * w)
    return joined


def _pointwise_matmul(x, W, b):
    N, C, H, width = x.shape
    y = W @ x.reshape(N, C, H * width) + b[:, None]
    return y.reshape(N, -1, H, width)


def _pointwise_linear(x, W, b):
    layer = layers.Linear(*W.T.shape, rng=np.random.default_rng(0))
    layer.W.value, layer.b.value = W.T, b
    y = layer.forward(x.transpose(0, 2, 3, 1).reshape(-1, W.shape[1]))
    return y.reshape(len(x), *x.shape[2:], -1).transpose(0, 3, 1, 2)


def _pointwise_dot(x, W, b):
    return np.moveaxis(np.tensordot(x, W, ([1], [1])) + b, -1, 1)


def _pointwise_channels_first(x, W, b):
    x = x.swapaxes(0, 1)
    y = W @ x.reshape(len(x), -1) + b[:, None]
    return y.reshape(-1, *x.shape[1:]).swapaxes(0, 1)


class _GlobalView(layers.Layer):
    def forward(self, x, training=False):
        self.x = x
        return x.mean(3).mean(2)

    def backward(self, dy):
        share = dy[:, :, None, None] / self.x[0, 0].size
        return np.broadcast_to(share, self.x.shape)


class _GlobalLoops:
    where = None

    def forward(self, x):
        self.where = np.ones_like(x)
        return np.array([[m.mean() for m in picture] for picture in x])

    def backward(self, dy):
        dx = self.where.copy()
        for n, c in np.ndindex(dy.shape):
            dx[n, c] *= dy[n, c] / dx[n, c].size
        return dx


class _GlobalByPooling:
    def __init__(self):
        pass

    def forward(self, x):
        self.pool = layers.AvgPool2d(x.shape[2:])
        return self.pool.forward(x)[:, :, 0, 0]

    def backward(self, dy):
        return self.pool.backward(dy[..., None, None])


class _GlobalEinsum:
    def forward(self, x):
        self.map = np.full(x.shape[2:], 1 / (x.shape[2] * x.shape[3]))
        return np.einsum("nchw,hw->nc", x, self.map)

    def backward(self, dy):
        return np.einsum("nc,hw->nchw", dy, self.map)


def _depthwise_windows(x, W):
    windows = sliding_window_view(x, W.shape[1:], axis=(2, 3))
    return np.einsum("ncijuv,cuv->ncij", windows, W)


def _depthwise_by_channel(x, W):
    return np.concatenate(
        [_convolved(x[:, c : c + 1], W[c][None, None]) for c in range(len(W))], 1
    )


def _depthwise_by_map(x, W):
    return np.array([[_correlated(m, w) for m, w in zip(p, W, strict=True)] for p in x])


def _depthwise_as_full(x, W):
    return _convolved(x, np.eye(len(W))[..., None, None] * W)


def _depthwise_places(x, W):
    C, KH, KW = W.shape
    y = np.empty((len(x), C, x.shape[2] - KH + 1, x.shape[3] - KW + 1))
    for i, j in np.ndindex(y.shape[2:]):
        y[:, :, i, j] = (W * x[:, :, i : i + KH, j : j + KW]).sum(axis=(2, 3))
    return y


class _UpsampleKron:
    def __init__(self, K=2):
        self.block = np.ones((1, 1, K, K))

    def forward(self, x):
        return np.kron(x, self.block)

    def backward(self, dy):
        K = len(self.block[0, 0])
        return sum(dy[:, :, i::K, j::K] for i, j in np.ndindex(K, K))


class _UpsampleIndices(layers.Layer):
    def __init__(self, K=2):
        super().__init__()
        self.factor, self.pool = K, layers.AvgPool2d(K)

    def forward(self, x, training=False):
        i, j = (np.arange(n * self.factor) // self.factor for n in x.shape[2:])
        return x[:, :, i[:, None], j]

    def backward(self, dy):
        return self.pool.forward(dy) * self.factor**2


class _UpsampleView:
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        (N, C, H, W), K = x.shape, self.size
        y = np.broadcast_to(x[:, :, :, None, :, None], (N, C, H, K, W, K))
        return y.reshape(N, C, H * K, W * K)

    def backward(self, dy):
        K = self.size
        for axis in (2, 3):
            starts = np.arange(0, dy.shape[axis], K)
            dy = np.add.reduceat(dy, starts, axis=axis)
        return dy


class _UpsampleConvolved(ch.Upsample):
    def backward(self, dy):
        C, K = dy.shape[1], self.K
        kernels = np.eye(C)[..., None, None] * np.ones((K, K))
        return _convolved(dy, kernels, K)


def _layer(W, stride=1):
    F, C, *kernel = W.shape
    layer = layers.Conv2d(C, F, kernel, stride, rng=np.random.default_rng(0))
    layer.W.value = W
    layer.b.value = np.zeros(F)
    return layer


def _convolved(x, W, stride=1):
    return _layer(W, stride).forward(x)


def _turned(W):
    return np.flip(W, (2, 3)).swapaxes(0, 1)


def _spread(dy, stride):
    N, F, OH, OW = dy.shape
    spread = np.zeros((N, F, stride * (OH - 1) + 1, stride * (OW - 1) + 1))
    spread[:, :, ::stride, ::stride] = dy
    return spread


def _gradient_padded(dy, W, stride, H, width):
    KH, KW = W.shape[2:]
    dy = _spread(dy, stride)
    down, right = H - dy.shape[2], width - dy.shape[3]
    sides = ((0, 0), (0, 0), (KH - 1, down), (KW - 1, right))
    return _convolved(np.pad(dy, sides), _turned(W))


def _gradient_then_placed(dy, W, stride, H, width):
    KH, KW = W.shape[2:]
    sides = ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1))
    small = _convolved(np.pad(_spread(dy, stride), sides), _turned(W))
    dx = np.zeros((len(dy), W.shape[1], H, width))
    dx[:, :, : small.shape[2], : small.shape[3]] = small
    return dx


def _gradient_einsum(dy, W, stride, H, width):
    KH, KW = W.shape[2:]
    dy = _spread(dy, stride)
    large = np.zeros((*dy.shape[:2], H + KH - 1, width + KW - 1))
    large[:, :, KH - 1 :, KW - 1 :][:, :, : dy.shape[2], : dy.shape[3]] = dy
    windows = sliding_window_view(large, (KH, KW), axis=(2, 3))
    return np.einsum("nfijuv,fcuv->ncij", windows, W[:, :, ::-1, ::-1])


def _gradient_kron(dy, W, stride, H, width):
    block = np.zeros((stride, stride))
    block[0, 0] = 1
    dy = np.kron(dy, block)[:, :, :H, :width]
    KH, KW = W.shape[2:]
    sides = ((KH - 1, H - dy.shape[2]), (KW - 1, width - dy.shape[3]))
    return _convolved(np.pad(dy, ((0, 0), (0, 0), *sides)), _turned(W))


def _frame(dcols, shape, KH, KW, stride, padding):
    N, C, H, W = shape
    OH = ch.output_size(H, KH, stride, padding)
    OW = ch.output_size(W, KW, stride, padding)
    d = dcols.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    return np.zeros((N, C, H + 2 * padding, W + 2 * padding)), d


def _part(dx, d, u, v, stride):
    OH, OW = d.shape[-2:]
    return dx[:, :, u : u + stride * OH : stride, v : v + stride * OW : stride]


def _cut(dx, shape, p):
    return dx[:, :, p : p + shape[2], p : p + shape[3]]


def _fold_or_none(dcols, shape, KH, KW, stride=1, padding=0):
    dx, d = _frame(dcols, shape, KH, KW, stride, padding)
    for u, v in np.ndindex(KH, KW):
        part = _part(dx, d, u, v, stride)
        np.add(part, d[:, :, u, v], out=part)
    return dx[:, :, padding : -padding or None, padding : -padding or None]


def _fold_windows(dcols, shape, KH, KW, stride=1, padding=0):
    dx, d = _frame(dcols, shape, KH, KW, stride, padding)
    for i, j in np.ndindex(d.shape[-2:]):
        top, left = stride * i, stride * j
        dx[:, :, top : top + KH, left : left + KW] += d[..., i, j]
    if padding == 0:
        return dx
    return dx[:, :, padding:-padding, padding:-padding]


def _numbered(shape, KH, KW, stride, padding):
    p = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    number = np.pad(1 + np.arange(np.prod(shape)).reshape(shape), p)
    windows = sliding_window_view(number, (KH, KW), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5).ravel()


def _fold_at(dcols, shape, KH, KW, stride=1, padding=0):
    dx = np.zeros(np.prod(shape) + 1)
    np.add.at(dx, _numbered(shape, KH, KW, stride, padding), dcols.ravel())
    return dx[1:].reshape(shape)


def _fold_counted(dcols, shape, KH, KW, stride=1, padding=0):
    places = _numbered(shape, KH, KW, stride, padding)
    size = math.prod(shape) + 1
    return np.bincount(places, dcols.ravel(), size)[1:].reshape(shape)


def _fold_matrix(dcols, shape, KH, KW, stride=1, padding=0):
    places = _numbered(shape, KH, KW, stride, padding)
    one_hot = np.eye(math.prod(shape) + 1)[places]
    return (dcols.ravel() @ one_hot)[1:].reshape(shape)


class _UpsampleAddsUp(ch.Upsample):
    y = None

    def forward(self, x):
        new = super().forward(x)
        same = self.y is not None and self.y.shape == new.shape
        self.y = self.y + new if same else new
        return self.y


WRONG = {
    "7a.1": [
        ("no return", lambda: _sizes_silent, "return"),
        ("divided", lambda: _sizes_divided, "is not right"),
        ("kept list", _keeping_sizes, "expected a list of length 4"),
        ("popped", lambda: _sizes_popped, "changes its input"),
        ("rounded", lambda: _sizes_rounded, "is not right"),
        ("returns in the loop", lambda: _sizes_one_round, "a list of length 1"),
        (
            "an array",
            lambda: lambda n, spec: np.array(ch.sizes(n, spec)),
            "expected a list",
        ),
    ],
    "7a.2": [
        ("down", lambda: ch.MOVE_RIGHT.T.copy(), "moves the picture down"),
        ("up", lambda: ch.MOVE_RIGHT.T[::-1].copy(), "moves the picture up"),
        ("a blur", lambda: np.ones((3, 3)) / 9, "is not right"),
        ("a row", lambda: np.array([1.0, 0.0, 0.0]), "shape (3,)"),
        ("twice", lambda: 2 * ch.MOVE_RIGHT, "moved picture of MOVE_RIGHT"),
        ("negative", lambda: -ch.MOVE_RIGHT, "is not right"),
        ("zeros", lambda: np.zeros((3, 3)), "is not right"),
        ("difference", lambda: ch.MOVE_RIGHT - ch._STAY, "is not right"),
        ("with channels", lambda: ch.MOVE_RIGHT[None, None], "shape (1, 1, 3, 3)"),
    ],
    "7a.3": [
        ("printed", lambda: _field_silent, "printed its result"),
        ("pixels", lambda: lambda spec: len(_seen_pixels(spec)), "is not right"),
        ("area", lambda: lambda spec: ch.receptive_field(spec) ** 2, "is not right"),
        ("strides added", lambda: _strides_added, "is not right"),
        ("one less", lambda: lambda spec: ch.receptive_field(spec) - 1, "is not right"),
        ("a pair", lambda: lambda spec: (ch.receptive_field(spec),) * 2, "a tuple"),
    ],
    "7a.4": [
        ("a tuple", lambda: _count_tuple, "expected a dict"),
        ("half the padding", lambda: _count_half_padded, "outputs"),
        ("stride down only", lambda: _count_stride_down_only, "outputs"),
        ("no defaults", lambda: _count_without_defaults, "takes 7 parameters"),
    ],
    "7a.5": [
        ("sum", lambda: _join_sum, "shape"),
        ("valid", lambda: _join_valid, "shape"),
        ("square", lambda: _join_square, "shape (5, 5)"),
        ("an impulse", lambda: _join_impulse, "shape"),
        ("separable", lambda: _join_separable, "is not right"),
        ("kron", lambda: np.kron, "shape (9, 9)"),
    ],
    "7a.6": [
        ("mean", lambda: _pointwise_mean, "is not right"),
        ("W not transposed", lambda: _pointwise_not_transposed, "raised ValueError"),
        ("by pixels", lambda: _pointwise_by_pixels, "uses a loop"),
        ("by pictures", lambda: _pointwise_by_pictures, "uses a loop"),
        ("applied", lambda: _pointwise_applied, "uses apply_along_axis"),
        ("by channels", lambda: _pointwise_by_channels, "uses a loop"),
    ],
    "7a.7": [
        ("forgetful", lambda: _GlobalForgetful, "AttributeError"),
        ("keeps axes", lambda: _GlobalKeepsAxes, "shape (2, 3, 1, 1)"),
        ("mean of batch", lambda: _GlobalMeanOfBatch, "is not right"),
        ("height twice", lambda: _GlobalHeightTwice, "is not right"),
        ("changes dy", lambda: _GlobalChangesDy, "changes its input dy"),
        ("buffer", _pool_with_buffer, "is not right"),
        ("adds up", lambda: _GlobalAddsUp, "is not right"),
    ],
    "7a.8": [
        ("first place", lambda: _depthwise_first_place, "is not right"),
        ("square", lambda: _depthwise_square, "IndexError"),
        ("padded", lambda: _depthwise_padded, "shape"),
        ("reversed", lambda: lambda x, W: ch.depthwise(x, W[::-1]), "is not right"),
    ],
    "7a.9": [
        ("one axis", lambda: _UpsampleOneAxis, "shape"),
        ("no return", lambda: _UpsampleSilent, "of Upsample returned nothing"),
        ("keeps shape", lambda: _UpsampleKeepsShape, "raised ValueError"),
        ("no default", lambda: _UpsampleNoDefault, "missing 1 required"),
        ("three", lambda: _UpsampleThree, "raised ValueError"),
        ("rows", lambda: _UpsampleRows, "is not right"),
        ("adds up", lambda: _UpsampleAddsUp, "is not right"),
    ],
    "7a.10": [
        ("not exchanged", lambda: _gradient_not_exchanged, "raised ValueError"),
        ("dy itself", lambda: _gradient_of_outputs, "shape"),
        ("scatter", lambda: _scatter, "uses a loop"),
        ("scatter, add.at", lambda: _scatter_at, "uses at"),
        ("col2im", lambda: _folded, "uses col2im"),
        ("the library's", lambda: _librarys_gradient, "uses backward"),
        ("zeros in front", lambda: _zeros_in_front, "is not right"),
    ],
    "7a.lab": [
        ("changes the table", lambda: _fold_writes_into_table, "changes its input"),
        ("wrong order", lambda: _fold_wrong_order, "is not right"),
        ("the larger", lambda: _fold_larger, "is not right"),
        ("cuts one", lambda: _fold_one_at_least, "shape"),
        ("=+", lambda: _fold_equals_plus, "still overwrite each other"),
    ],
}

RIGHT = {
    "7a.1": [
        ("recursion", lambda: _sizes_recursive),
        ("counted, a tuple", lambda: _sizes_counted),
        ("real layers", lambda: _sizes_by_layers),
        ("accumulated, floats", lambda: _sizes_accumulated),
        ("np.int64", lambda: lambda n, spec: [*np.array(ch.sizes(n, spec))]),
    ],
    "7a.2": [
        ("lists", lambda: [[0, 0, 0], [1, 0, 0], [0, 0, 0]]),
        ("tuples", lambda: ((0, 0, 0), (1, 0, 0), (0, 0, 0))),
        ("bool", lambda: ch.MOVE_RIGHT.astype(bool)),
        ("float32", lambda: ch.MOVE_RIGHT.astype(np.float32)),
        ("unsigned", lambda: np.eye(9, dtype=np.uint8)[3].reshape(3, 3)),
        ("outer", lambda: np.outer([0, 1, 0], [1, 0, 0])),
        ("list of arrays", lambda: list(ch.MOVE_RIGHT)),
    ],
    "7a.3": [
        ("backwards", lambda: _field_back),
        ("recursion", lambda: _field_recursive),
        ("numpy", lambda: _field_numpy),
        ("counted", lambda: _field_counted),
        ("0-d array", lambda: lambda spec: np.array(_field_back(spec))),
    ],
    "7a.4": [
        ("a real layer", lambda: _count_by_layer),
        ("numpy, own names", lambda: _count_numpy),
    ],
    "7a.5": [
        ("swapped", lambda: lambda v, w: ch.join(w, v)),
        ("Fourier", lambda: _join_fourier),
        ("padded", lambda: _join_padded),
        ("row by row", lambda: _join_rows),
        ("scattered", lambda: _join_scattered),
        ("turned impulse", lambda: lambda v, w: _join_impulse(v, w)[::-1, ::-1]),
    ],
    "7a.6": [
        (
            "einsum",
            lambda: lambda x, W, b: np.einsum("nchw,fc->nfhw", x, W) + b[:, None, None],
        ),
        ("matmul", lambda: _pointwise_matmul),
        ("tensordot", lambda: _pointwise_dot),
        ("linear layer", lambda: _pointwise_linear),
        ("channels first", lambda: _pointwise_channels_first),
        (
            "im2col",
            lambda: lambda x, W, b: ch.conv_im2col(x, W[:, :, None, None], b),
        ),
    ],
    "7a.7": [
        ("a view", lambda: _GlobalView),
        ("loops", lambda: _GlobalLoops),
        ("pooling", lambda: _GlobalByPooling),
        ("einsum", lambda: _GlobalEinsum),
    ],
    "7a.8": [
        ("windows", lambda: _depthwise_windows),
        ("by channel", lambda: _depthwise_by_channel),
        ("by map", lambda: _depthwise_by_map),
        ("full kernels", lambda: _depthwise_as_full),
        ("by place", lambda: _depthwise_places),
    ],
    "7a.9": [
        ("kron", lambda: _UpsampleKron),
        ("indices", lambda: _UpsampleIndices),
        ("view, reduceat", lambda: _UpsampleView),
        ("convolution", lambda: _UpsampleConvolved),
    ],
    "7a.10": [
        ("padded", lambda: _gradient_padded),
        ("placed after", lambda: _gradient_then_placed),
        ("einsum", lambda: _gradient_einsum),
        ("kron", lambda: _gradient_kron),
    ],
    "7a.lab": [
        ("or None", lambda: _fold_or_none),
        ("by windows", lambda: _fold_windows),
        ("add.at", lambda: _fold_at),
        ("bincount", lambda: _fold_counted),
        ("matrix", lambda: _fold_matrix),
    ],
}
