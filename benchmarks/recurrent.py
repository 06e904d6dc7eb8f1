"""A training step of a recurrent network, by the library and by PyTorch.

The network reads 32 texts of 64 letters, of which there are 65: an embedding, an LSTM
of 128 units, a linear layer; cross-entropy of all next letters, and Adam. ``run.py``
measures it.
"""

import numpy as np
import steps

from dlscratch import layers, models, optimizers, recurrent

BATCH, STEPS, LETTERS, DIM, UNITS = 32, 64, 65, 32, 128
LR = 1e-3
COMPARED = 10  # over how many steps the losses must agree
TITLE = f"LSTM of {UNITS} units, {BATCH} texts of {STEPS} letters, Adam"


def start():
    """Return the network with the weights that everybody starts from."""
    settings = {"rng": np.random.default_rng(0), "dtype": np.float32}
    stack = [
        recurrent.Embedding(LETTERS, DIM, **settings),
        recurrent.LSTM(DIM, UNITS, **settings),
        layers.Linear(UNITS, LETTERS, **settings),
    ]
    return models.Sequential(stack, layers.SoftmaxCrossEntropy())


def batches(n):
    """Return n batches of ids and of those that follow, all random."""
    rng = np.random.default_rng(0)
    return list(rng.integers(LETTERS, size=(n, 2, BATCH, STEPS), dtype=np.int64))


def ours(model):
    """Return the step of ``dlscratch``: a function of x and t that returns the loss."""
    return steps.step_of(model, optimizers.Adam(model.parameters, lr=LR))


def pytorch(model):
    """Return the same step of PyTorch: eager, on one thread of the processor."""
    import torch

    torch.set_num_threads(1)
    embedding = torch.nn.Embedding(LETTERS, DIM)
    layer = torch.nn.LSTM(DIM, UNITS, batch_first=True)
    linear = torch.nn.Linear(UNITS, LETTERS)
    own = [*embedding.parameters(), *layer.parameters(), *linear.parameters()]
    table, Wx, Wh, b, W, b_out = (p.value for p in model.parameters)
    values = (table, Wx.T, Wh.T, b, np.zeros_like(b), W.T, b_out)
    with torch.no_grad():
        for p, value in zip(own, values, strict=True):
            p.copy_(torch.from_numpy(value.copy()))
    # Our LSTM has one bias. A second one that learnt would be a second step.
    learnt = [p for p in own if p is not layer.bias_hh_l0]
    optimizer = torch.optim.Adam(learnt, lr=LR)

    def step(x, t):
        x, t = torch.from_numpy(x), torch.from_numpy(t)
        optimizer.zero_grad()
        logits = linear(layer(embedding(x))[0])
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, LETTERS), t.reshape(-1)
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
