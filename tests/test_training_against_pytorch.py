"""The same training in PyTorch, step by step: `make test-peers` runs it."""

import numpy as np
import pytest

from dlscratch import datasets, optimizers
from dlscratch.layers import BatchNorm, Dropout, Linear
from dlscratch.models import mlp

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")

STEPS = 50
OPTIMIZERS = {
    "SGD": ({}, "SGD", {}),
    "Momentum": ({"momentum": 0.8}, "SGD", {"momentum": 0.8}),
    "Nesterov": ({"momentum": 0.8}, "SGD", {"momentum": 0.8, "nesterov": True}),
    "AdaGrad": ({}, "Adagrad", {}),
    "RMSprop": ({"alpha": 0.95}, "RMSprop", {"alpha": 0.95}),
    "Adam": ({"betas": (0.8, 0.99)}, "Adam", {"betas": (0.8, 0.99)}),
    "AdamW": ({}, "AdamW", {}),
}


def twin(model, activation):
    """Build the same network in PyTorch, with the same weights."""
    activations = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh"}
    stack = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            own = torch.nn.Linear(*layer.W.value.shape, dtype=torch.float64)
            with torch.no_grad():
                own.weight.copy_(torch.tensor(layer.W.value.T))
                own.bias.copy_(torch.tensor(layer.b.value))
        elif isinstance(layer, BatchNorm):
            own = torch.nn.BatchNorm1d(len(layer.running_mean), dtype=torch.float64)
        else:
            own = getattr(torch.nn, activations[activation])()
        stack.append(own)
    return torch.nn.Sequential(*stack)


def assert_same(model, peer, tolerance=1e-6):
    close = {"rtol": tolerance, "atol": tolerance}
    for layer, own in zip(model.layers, peer, strict=True):
        pairs = []
        if isinstance(layer, Linear):
            pairs = [(layer.W.value.T, own.weight), (layer.b.value, own.bias)]
        elif isinstance(layer, BatchNorm):
            pairs = [(layer.gamma.value, own.weight), (layer.beta.value, own.bias)]
            pairs += [(layer.running_mean, own.running_mean)]
            pairs += [(layer.running_var, own.running_var)]
        for a, b in pairs:
            np.testing.assert_allclose(a, b.detach().numpy(), **close)


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps(name, activation, weight_decay):
    ours, theirs, options = OPTIMIZERS[name]
    rng = np.random.default_rng(0)
    data = datasets.load_digits()
    model = mlp((64, 30, 20, 20, 10), activation, rng=rng, batch_norm=True)
    peer = twin(model, activation)
    schedule = optimizers.cosine(0.01, STEPS, warmup=5)
    optimizer = getattr(optimizers, name)(
        model.parameters, lr=schedule, weight_decay=weight_decay, **ours
    )
    weights = [m.weight for m in peer if isinstance(m, torch.nn.Linear)]
    others = [p for p in peer.parameters() if all(p is not w for w in weights)]
    groups = [
        {"params": weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    own = getattr(torch.optim, theirs)(groups, lr=1.0, **options)
    for step in range(STEPS):
        batch = rng.choice(len(data.x_train), 20, replace=False)
        x, t = data.x_train[batch], data.t_train[batch]
        loss = model.loss(x, t, training=True)
        model.backward(input_gradient=False)
        optimizer.step()

        for group in own.param_groups:
            group["lr"] = schedule(step)
        own.zero_grad()
        expected = torch.nn.functional.cross_entropy(
            peer(torch.tensor(x)), torch.tensor(t)
        )
        expected.backward()
        own.step()
        assert loss == pytest.approx(expected.item(), rel=1e-6)
    assert_same(model, peer)
    peer.eval()
    y = peer(torch.tensor(data.x_test)).detach().numpy()
    np.testing.assert_allclose(model.predict(data.x_test), y, rtol=1e-6, atol=1e-6)


def test_batch_norm_of_images():
    rng = np.random.default_rng(0)
    layer = BatchNorm(3, momentum=0.3, eps=1e-3)
    own = torch.nn.BatchNorm2d(3, momentum=0.3, eps=1e-3, dtype=torch.float64)
    for _ in range(STEPS):
        x, dy = rng.standard_normal((2, 6, 3, 4, 5))
        x = 3 * x + 2
        y = layer.forward(x, training=True)
        dx = layer.backward(dy)
        x = torch.tensor(x, requires_grad=True)
        own.zero_grad()
        expected = own(x)
        expected.backward(torch.tensor(dy))
        np.testing.assert_allclose(y, expected.detach(), atol=1e-10)
        np.testing.assert_allclose(dx, x.grad, atol=1e-10)
        np.testing.assert_allclose(layer.gamma.grad, own.weight.grad, atol=1e-10)
    np.testing.assert_allclose(layer.running_mean, own.running_mean, atol=1e-10)
    np.testing.assert_allclose(layer.running_var, own.running_var, atol=1e-10)


def test_dropout_with_the_same_mask():
    x = np.random.default_rng(0).standard_normal((40, 30))
    layer = Dropout(0.3, rng=np.random.default_rng(1))
    y = layer.forward(x, training=True)
    torch.manual_seed(0)
    own = torch.nn.functional.dropout(torch.tensor(x), 0.3).numpy()
    both = (y != 0) & (own != 0)
    assert both.mean() > 0.4
    np.testing.assert_allclose(y[both], own[both])
