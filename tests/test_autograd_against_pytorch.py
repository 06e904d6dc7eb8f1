"""Gradients of random programs, first and second, against PyTorch's."""

import numpy as np
import pytest
import random_programs
from test_autograd import OURS, along

from dlscratch.autograd import Tensor, grad

torch = pytest.importorskip("torch", reason="PyTorch is optional: make test-peers")


def tensor_if_array(part):
    return torch.as_tensor(part) if isinstance(part, np.ndarray) else part


THEIRS = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "cos": torch.cos,
    "relu": torch.relu,
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "softened": lambda x: torch.softmax(x, -1),
    "squared": lambda x: torch.tanh(x) ** 2,
    "bell": lambda x: torch.exp(-x * x),
    "logged": lambda x: torch.log(1 + x * x),
    "raised": lambda x: (1 + x**2) ** -1.5,
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": lambda a, b: a / (1.5 + b * b),
    "matmul": torch.matmul,
    "sum": lambda x, axis, keepdims: torch.tanh(x.sum(axis, keepdims)),
    "mean": lambda x, axis, keepdims: x.mean(axis, keepdims),
    "max": lambda x, axis, keepdims: torch.amax(x, axis, keepdims),
    "transpose": lambda x, axes: x.permute(axes),
    "reshape": lambda x, shape: x.reshape(shape),
    "take": lambda x, ids: x[torch.as_tensor(ids)],
    "getitem": lambda x, index: x[*map(tensor_if_array, index)],
    "pick": lambda x, t: x[torch.arange(len(t)), torch.as_tensor(t)],
    "concat": lambda a, b, axis: torch.cat([a, b], axis),
    "total": lambda *xs: sum(torch.sin(x).sum() for x in xs),
}


def close(ours, theirs):
    """Compare to 1e-12 of the size of the whole gradient."""
    pairs = [(o, t) for o, t in zip(ours, theirs, strict=True) if t is not None]
    size = max(
        (float(t.detach().abs().max()) for _, t in pairs if t.numel()), default=0.0
    )
    for o, t in pairs:
        o = np.zeros(t.shape) if o is None else o
        assert np.abs(o - t.detach().numpy()).max() <= 1e-12 * max(size, 1e-3)


@pytest.mark.parametrize("seed", range(1000, 1300))
def test_random_program(seed):
    rng = np.random.default_rng(seed)
    shapes, steps = random_programs.draw(rng, length=15)
    arrays = [rng.normal(size=shape) for shape in shapes]
    ways = [rng.normal(size=shape) for shape in shapes]
    ours = [Tensor(a, needs_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = random_programs.run(steps, ours, OURS)
    z = random_programs.run(steps, theirs, THEIRS)
    assert float(y.data) == pytest.approx(z.item(), rel=1e-12, abs=1e-12)
    first = grad(y, ours, create_graph=True)
    other = torch.autograd.grad(z, theirs, create_graph=True, allow_unused=True)
    assert [g is None for g in first] == [g is None for g in other]
    close([None if g is None else g.data for g in first], other)
    slope, slant = along(first, ways), along(other, list(map(torch.tensor, ways)))
    theirs = torch.autograd.grad(slant, theirs, allow_unused=True)
    assert any(t is not None and t.abs().max() > 1e-6 for t in theirs)
    close(grad(slope, ours), theirs)
