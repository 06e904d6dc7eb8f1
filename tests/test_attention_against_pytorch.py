"""Attention and its companions against PyTorch, in 100 random configurations each.

A development test, run by ``make test-peers``.
"""

from functools import partial

import numpy as np
import pytest

from dlscratch.attention import (
    GELU,
    LayerNorm,
    SelfAttention,
    attention,
    attention_gradients,
)
from dlscratch.layers import Layer, Linear, Residual

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")
FUNCTIONAL = torch.nn.functional

pytestmark = pytest.mark.parametrize("seed", range(100))


def close(a, b):
    b = b.detach().numpy()
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def fill(layer, rng):
    """Give a layer's parameters random numbers, and return them as tensors."""
    for p in layer.parameters:
        p.value = rng.standard_normal(p.value.shape)
    return [torch.tensor(p.value, requires_grad=True) for p in layer.parameters]


def both(ours, theirs, tensors, x, rng):
    """Assert equal outputs and equal gradients of x and of the parameters."""
    x_there = torch.tensor(x, requires_grad=True)
    y, expected = ours.forward(x), theirs(x_there, *tensors)
    close(y, expected)
    dy = rng.standard_normal(y.shape)
    expected.backward(torch.tensor(dy))
    close(ours.backward(dy), x_there.grad)
    for p, tensor in zip(ours.parameters, tensors, strict=True):
        close(p.grad, tensor.grad)


class InARow(Layer):
    """Two layers, one after the other."""

    def __init__(self, *layers):
        self.layers = layers

    @property
    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dy):
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy


def heads_of(x, heads):
    N, T, D = x.shape
    return x.view(N, T, heads, D // heads).transpose(1, 2)


def self_attention(x, heads, causal, Wqkv, bqkv, Wo, bo, mask=None):
    """Return the layer's output with PyTorch's own attention."""
    q, k, v = (heads_of(part, heads) for part in (x @ Wqkv + bqkv).chunk(3, dim=2))
    y = FUNCTIONAL.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal
    )
    return y.transpose(1, 2).reshape(x.shape) @ Wo + bo


def sizes(rng):
    """Return N, T, heads and D."""
    N, T, heads, d = (int(n) for n in rng.integers(1, 7, 4))
    return N, T, heads, heads * d


def test_layer_norm(seed):
    rng = np.random.default_rng(seed)
    N, T, _, D = sizes(rng)
    eps = 10.0 ** rng.integers(-6, 0)
    layer = LayerNorm(D, eps=eps, bias=seed % 3 > 0)

    def layer_norm(x, *parameters):
        return FUNCTIONAL.layer_norm(x, (D,), *parameters, eps=eps)

    x = 3 + 2 * rng.standard_normal((N, T, D) if seed % 2 else (N, D))
    both(layer, layer_norm, fill(layer, rng), x, rng)


def test_gelu(seed):
    rng = np.random.default_rng(seed)
    x = 4 * rng.standard_normal(sizes(rng))
    both(GELU(), lambda x: FUNCTIONAL.gelu(x, approximate="tanh"), [], x, rng)


def test_scaled_dot_product_attention(seed):
    rng = np.random.default_rng(seed)
    N, T, heads, _ = sizes(rng)
    S, d, e = (int(n) for n in rng.integers(1, 7, 3))
    shapes = (N, heads, T, d), (N, heads, S, d), (N, heads, S, e)
    own = [rng.standard_normal(shape) for shape in shapes]
    mask = None
    if seed % 2:
        mask = rng.random((T, S)) < 0.5
        mask[:, 0] = True
    tensors = [torch.tensor(x, requires_grad=True) for x in own]
    expected = FUNCTIONAL.scaled_dot_product_attention(
        *tensors, attn_mask=None if mask is None else torch.tensor(mask)
    )
    y, weights = attention(*own, mask)
    close(y, expected)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    dy = rng.standard_normal(y.shape)
    expected.backward(torch.tensor(dy))
    gradients = attention_gradients(dy, *own, weights)
    for gradient, tensor in zip(gradients, tensors, strict=True):
        close(gradient, tensor.grad)


def test_self_attention(seed):
    rng = np.random.default_rng(seed)
    N, T, heads, D = sizes(rng)
    causal = bool(seed % 2)
    layer = SelfAttention(D, heads, causal, bias=True, rng=rng)

    def theirs(x, *parameters):
        return self_attention(x, heads, causal, *parameters)

    both(layer, theirs, fill(layer, rng), rng.standard_normal((N, T, D)), rng)


def test_padding(seed):
    rng = np.random.default_rng(seed)
    N, T, heads, D = sizes(rng)
    layer = SelfAttention(D, heads, False, bias=True, rng=rng)
    mask = np.arange(T) < rng.integers(1, T + 1, (N, 1))
    there = torch.tensor(mask)[:, None, None, :]

    layer.forward = partial(layer.forward, mask=mask)

    def theirs(x, *parameters):
        return self_attention(x, heads, False, *parameters, mask=there)

    both(layer, theirs, fill(layer, rng), rng.standard_normal((N, T, D)), rng)


def test_pre_norm_block(seed):
    rng = np.random.default_rng(seed)
    N, T, heads, D = sizes(rng)
    block = InARow(
        Residual([LayerNorm(D), SelfAttention(D, heads, bias=True, rng=rng)]),
        Residual(
            [LayerNorm(D), Linear(D, 4 * D, rng=rng), GELU(), Linear(4 * D, D, rng=rng)]
        ),
    )

    def theirs(x, g1, b1, Wqkv, bqkv, Wo, bo, g2, b2, W1, c1, W2, c2):
        z = FUNCTIONAL.layer_norm(x, (D,), g1, b1)
        x = x + self_attention(z, heads, True, Wqkv, bqkv, Wo, bo)
        z = FUNCTIONAL.layer_norm(x, (D,), g2, b2)
        return x + FUNCTIONAL.gelu(z @ W1 + c1, approximate="tanh") @ W2 + c2

    both(block, theirs, fill(block, rng), rng.standard_normal((N, T, D)), rng)
