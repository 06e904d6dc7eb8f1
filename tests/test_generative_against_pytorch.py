"""The VAE's loss and gradients, the divergence and the RBM's gradient against PyTorch.

A development test, run by ``make test-peers``.
"""

import numpy as np
import pytest

from dlscratch.generative import RBM, VAE, kl_to_standard
from dlscratch.layers import Linear, Tanh
from dlscratch.models import Sequential

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")
Normal, kl_divergence = torch.distributions.Normal, torch.distributions.kl_divergence

pytestmark = pytest.mark.parametrize("seed", range(20))


def close(a, b):
    np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-10, atol=1e-10)


def tensors_of(model):
    return [torch.tensor(p.value, requires_grad=True) for p in model.parameters]


def test_divergence(seed):
    rng = np.random.default_rng(seed)
    mean, log_variance = rng.standard_normal((2, 3, 4))
    there = Normal(torch.tensor(mean), torch.tensor(log_variance / 2).exp())
    expected = kl_divergence(there, Normal(0.0, 1.0)).sum(dim=1)
    close(kl_to_standard(mean, log_variance), expected)


def test_vae(seed):
    rng = np.random.default_rng(seed)
    N, D, L, H, K = rng.integers(1, 7, 5)
    K, sigma = int(K) % 4, rng.uniform(0.2, 2)
    vae = VAE(
        Sequential([Linear(D + K, H, rng=rng), Tanh(), Linear(H, 2 * L, rng=rng)]),
        Sequential([Linear(L + K, H, rng=rng), Tanh(), Linear(H, D, rng=rng)]),
        int(L),
        n_classes=K,
        sigma=sigma,
    )
    labels = rng.integers(0, K, N) if K else None
    x = rng.standard_normal((N, D))
    found = vae.loss(x, labels, np.random.default_rng(seed))
    dx = vae.backward()

    tensors, there = tensors_of(vae), torch.tensor(x, requires_grad=True)
    W1, b1, W2, b2, W3, b3, W4, b4 = tensors
    eps = torch.tensor(np.random.default_rng(seed).standard_normal((N, L)))
    one_hot = torch.tensor(np.eye(K)[labels] if K else np.zeros((N, 0)))
    encoded = torch.tanh(torch.cat([there, one_hot], 1) @ W1 + b1) @ W2 + b2
    mean, log_variance = encoded.split(int(L), dim=1)
    z = mean + (log_variance / 2).exp() * eps
    y = torch.tanh(torch.cat([z, one_hot], 1) @ W3 + b3) @ W4 + b4
    reconstruction = -Normal(y, sigma).log_prob(there).sum(dim=1).mean()
    q = Normal(mean, (log_variance / 2).exp())
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(dim=1).mean()
    (reconstruction + kl).backward()
    for ours, theirs in zip(
        found, (reconstruction + kl, reconstruction, kl), strict=True
    ):
        close(ours, theirs)
    close(dx, there.grad)
    for p, tensor in zip(vae.parameters, tensors, strict=True):
        close(p.grad, tensor.grad)


def test_rbm(seed):
    rng = np.random.default_rng(seed)
    D, H = (int(n) for n in rng.integers(1, 6, 2))
    rbm = RBM(D, H, rng=rng)
    for p in rbm.parameters:
        p.value = rng.standard_normal(p.value.shape)
    x = (rng.random((7, D)) < 0.4).astype(float)
    W, a, b = tensors = tensors_of(rbm)
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * D)
    states = states.reshape(-1, D)

    def minus_free_energy(v):
        return v @ a + torch.nn.functional.softplus(v @ W + b).sum(dim=1)

    log_z = torch.logsumexp(minus_free_energy(states), dim=0)
    log_p = minus_free_energy(torch.tensor(x)) - log_z
    (-log_p.mean()).backward()
    close(rbm.log_partition(), log_z)
    close(rbm.log_likelihood(x), log_p)
    rbm.exact_gradient(x)
    for p, tensor in zip(rbm.parameters, tensors, strict=True):
        close(p.grad, tensor.grad)
