"""The recurrent layers, and the loss of sequences, against PyTorch's.

A development test, run by ``make test-peers``.
"""

import numpy as np
import pytest

from dlscratch import recurrent
from dlscratch.layers import SoftmaxCrossEntropy

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")


def close(ours, theirs):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def as_pytorch(layer):
    """Return PyTorch's layer with the same weights."""
    kind = type(layer).__name__
    peer = getattr(torch.nn, kind)(
        *layer.config.values(), batch_first=True, dtype=torch.float64
    )
    second = layer.bh.value if kind == "GRU" else np.zeros_like(layer.b.value)
    values = (layer.Wx.value.T, layer.Wh.value.T, layer.b.value, second)
    with torch.no_grad():
        for own, value in zip(peer.parameters(), values, strict=True):
            own.copy_(torch.tensor(value.copy()))
    return peer


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_forwards_and_backwards(kind):
    for seed in range(100):
        compare(kind, seed)


def compare(kind, seed):
    rng = np.random.default_rng(seed)
    N, T, D, H = rng.integers(1, [6, 12, 8, 9])
    layer = getattr(recurrent, kind)(D, H, rng=rng)
    for p in layer.parameters:
        p.value = p.value + 0.5 * rng.standard_normal(p.value.shape)
    x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, H))
    start = rng.standard_normal((layer.n_states, N, H)) if seed % 2 else None
    layer.start = start

    peer = as_pytorch(layer)
    own_x = torch.tensor(x, requires_grad=True)
    start = np.zeros((layer.n_states, N, H)) if start is None else start
    own_start = torch.tensor(start, requires_grad=True)
    # PyTorch's states have one more axis, for layers that lie on each other.
    given = tuple(s[None] for s in own_start) if kind == "LSTM" else own_start
    y, end = peer(own_x, given)
    y.backward(torch.tensor(dy))

    close(layer.forward(x), y)
    close(layer.state, torch.cat(end) if kind == "LSTM" else end)
    close(layer.backward(dy), own_x.grad)
    close(layer.start_grad, own_start.grad)
    close(layer.Wx.grad, peer.weight_ih_l0.grad.T)
    close(layer.Wh.grad, peer.weight_hh_l0.grad.T)
    close(layer.b.grad, peer.bias_ih_l0.grad)
    if kind == "GRU":
        close(layer.bh.grad, peer.bias_hh_l0.grad)


@pytest.mark.parametrize("seed", range(20))
def test_embedding(seed):
    rng = np.random.default_rng(seed)
    n, D, *shape = rng.integers(1, [9, 6, 5, 7])
    layer = recurrent.Embedding(n, D, rng=rng)
    x, dy = rng.integers(n, size=shape), rng.standard_normal((*shape, D))
    peer = torch.nn.Embedding.from_pretrained(torch.tensor(layer.W.value), freeze=False)
    y = peer(torch.tensor(x))
    y.backward(torch.tensor(dy))
    close(layer.forward(x), y)
    layer.backward(dy)
    close(layer.W.grad, peer.weight.grad)


@pytest.mark.parametrize("seed", range(20))
def test_the_loss_of_padded_sequences(seed):
    rng = np.random.default_rng(seed)
    N, T, K = rng.integers([1, 1, 2], [5, 7, 6])
    ignored = int(rng.integers(-3, K))
    y, t = 3 * rng.standard_normal((N, T, K)), rng.integers(K, size=(N, T))
    t[rng.random((N, T)) < 0.4] = ignored
    t[0, 0] = (ignored + 1) % K if ignored >= 0 else 0
    own_y = torch.tensor(y, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        own_y.reshape(-1, K), torch.tensor(t).reshape(-1), ignore_index=ignored
    )
    expected.backward()
    loss = SoftmaxCrossEntropy(ignore_index=ignored)
    assert loss.forward(y, t) == pytest.approx(expected.item(), rel=1e-12)
    close(loss.backward(), own_y.grad)
