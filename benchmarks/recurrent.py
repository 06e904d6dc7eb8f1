"""Measure a training step of the recurrent networks, beside PyTorch's on one thread.

    python benchmarks/recurrent.py [--rounds N] [--no-peers]

The network reads 32 texts of 64 letters, of which there are 65: an embedding, a
recurrent layer of 128 units, a linear layer; cross-entropy of all next letters, and
Adam. Both start from the same weights and see the same batches, and before anything is
timed their losses over some steps are compared.
"""

import argparse
import os

# One thread for everybody, as in run.py: read once, when NumPy is imported.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import run
import steps

from dlscratch import layers, models, optimizers, recurrent

BATCH, STEPS, LETTERS, DIM, UNITS = 32, 64, 65, 32, 128
COMPARED = 10  # steps
KINDS = ("RNN", "GRU", "LSTM")


def start(kind):
    """Return the network with the weights that both start from."""
    settings = {"rng": np.random.default_rng(0), "dtype": np.float32}
    stack = [
        recurrent.Embedding(LETTERS, DIM, **settings),
        getattr(recurrent, kind)(DIM, UNITS, **settings),
        layers.Linear(UNITS, LETTERS, **settings),
    ]
    return models.Sequential(stack, layers.SoftmaxCrossEntropy())


def ours(kind):
    """Return the step of ``dlscratch``: a function of (x, t) that returns the loss."""
    model = start(kind)
    return steps.step_of(model, optimizers.Adam(model.parameters, lr=1e-3))


def pytorch(kind):
    """Return the step of PyTorch: eager, on one thread of the processor."""
    import torch

    torch.set_num_threads(1)
    embedding = torch.nn.Embedding(LETTERS, DIM)
    layer = getattr(torch.nn, kind)(DIM, UNITS, batch_first=True)
    linear = torch.nn.Linear(UNITS, LETTERS)
    own = [*embedding.parameters(), *layer.parameters(), *linear.parameters()]
    table, Wx, Wh, b, *more, W, b_out = (p.value for p in start(kind).parameters)
    second = more[0] if more else np.zeros_like(b)
    values = (table, Wx.T, Wh.T, b, second, W.T, b_out)
    with torch.no_grad():
        for p, value in zip(own, values, strict=True):
            p.copy_(torch.from_numpy(value.copy()))
    # Our RNN and LSTM have one bias. A second one that learnt would be a second step.
    frozen = layer.bias_hh_l0 if kind != "GRU" else None
    optimizer = torch.optim.Adam([p for p in own if p is not frozen], lr=1e-3)

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


def measure(kind, peers, rounds):
    """Return the rows of one network's table, and how far the losses differed."""
    makers = {"`dlscratch`, float32": ours}
    if "PyTorch" in peers:
        makers["PyTorch, float32"] = pytorch
    ids = np.random.default_rng(0).integers(
        LETTERS, size=(COMPARED, 2, BATCH, STEPS), dtype=np.int64
    )
    variants, losses = {}, {}
    for who, make in makers.items():
        step = make(kind)
        losses[who] = [step(x, t) for x, t in ids]
        variants[who] = lambda step=step: step(*ids[0])
    return run.in_turns(variants, rounds), steps.largest_difference(losses)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=51)
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    peers = {} if args.no_peers else run.installed_peers()
    print(f"Measured on: {run.machine(peers)} CPU time; medians of {args.rounds}.\n")
    for kind in KINDS:
        results, difference = measure(kind, peers, args.rounds)
        title = f"{kind}, {UNITS} units, {BATCH} texts of {STEPS} letters, Adam"
        print(run.table(f"{title}: one training step", "time for a step", 1, results))
        print(f"\n{run.comparison(peers, results, difference, COMPARED)}\n")


if __name__ == "__main__":
    main()
