"""Measure a training step of a GPT beside PyTorch's: its time and its memory.

    python benchmarks/transformer.py [--rounds N] [--no-peers]

The network has the size of nanoGPT's configuration for a laptop. Both start from the
same weights and see the same batches; their losses are compared first. The measurements
are those of ``run.py`` and ``memory.py``.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import steps

from dlscratch import attention, layers, models, optimizers, recurrent

TOKENS, CONTEXT, DIM, HEADS, LAYERS, BATCH = 65, 64, 128, 4, 4, 12
LR, BETAS, DECAY = 1e-3, (0.9, 0.99), 0.1
COMPARED = 20
TITLE = f"GPT, {BATCH} × {CONTEXT} of {TOKENS} tokens, {LAYERS} layers of {DIM}, AdamW"


def start(**sizes):
    """Return the network with the weights that everybody starts from."""
    sizes = {"n_tokens": TOKENS, "context": CONTEXT, "dim": DIM} | sizes
    sizes = {"heads": HEADS, "n_layers": LAYERS} | sizes
    return models.gpt(**sizes, rng=np.random.default_rng(0), dtype=np.float32)


def batches(n, size=BATCH):
    """Return n batches of ids and of those that follow, all random."""
    rng = np.random.default_rng(0)
    ids = rng.integers(TOKENS, size=(n, size, CONTEXT + 1))
    return [(one[:, :-1], one[:, 1:]) for one in ids]


def ours(model):
    """Return the step of ``dlscratch``: a function of x and t that returns the loss."""
    optimizer = optimizers.AdamW(model.parameters, LR, BETAS, weight_decay=DECAY)
    return steps.step_of(model, optimizer)


def pytorch(model):
    """Return the same step of PyTorch: eager, on one thread of the processor."""
    import torch

    torch.set_num_threads(1)
    peer = as_pytorch(model)
    weights = [p for p in peer.parameters() if p.ndim > 1]
    others = [p for p in peer.parameters() if p.ndim < 2]
    groups = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, LR, BETAS, weight_decay=DECAY)

    def step(x, t):
        x, t = torch.from_numpy(x), torch.from_numpy(t)
        optimizer.zero_grad()
        scores = peer(x)
        loss = torch.nn.functional.cross_entropy(
            scores.view(-1, scores.shape[-1]), t.reshape(-1), ignore_index=-1
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def as_pytorch(model):
    """Return PyTorch's GPT of the same layers and weights, as nanoGPT builds it."""
    import torch
    from torch import nn

    functional = nn.functional

    def parameter(p, transposed=False):
        value = p.value.T if transposed else p.value
        return nn.Parameter(torch.from_numpy(np.array(value, order="C")))

    def linear(W, b):  # PyTorch's W of a linear layer is (D_out, D_in)
        layer = nn.Linear(*W.value.shape, bias=b is not None)
        layer.weight = parameter(W, transposed=True)
        if b is not None:
            layer.bias = parameter(b)
        return layer

    class Attention(nn.Module):
        def __init__(self, own):
            super().__init__()
            self.heads, self.causal = own.heads, own.causal
            self.qkv, self.out = linear(own.Wqkv, own.bqkv), linear(own.Wo, own.bo)

        def forward(self, x):
            N, T, D = x.shape
            q, k, v = (
                part.view(N, T, self.heads, D // self.heads).transpose(1, 2)
                for part in self.qkv(x).split(D, dim=2)
            )
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
            return self.out(y.transpose(1, 2).contiguous().view(N, T, D))

    class Block(nn.Module):
        def __init__(self, own):
            super().__init__()
            self.body = nn.Sequential(*map(convert, own.layers))

        def forward(self, x):
            return x + self.body(x)

    class Positions(nn.Module):
        def __init__(self, own):
            super().__init__()
            self.weight = parameter(own.W)

        def forward(self, x):
            return x + self.weight[: x.shape[1]]

    class Tied(nn.Module):
        def __init__(self, own):
            super().__init__()
            self.table = convert(own.embedding)
            self.body = nn.Sequential(*map(convert, own.layers))

        def forward(self, x):
            return functional.linear(self.body(self.table(x)), self.table.weight)

    def convert(layer):
        match layer:
            case layers.Linear():
                return linear(layer.W, layer.b)
            case attention.LayerNorm():
                norm = nn.LayerNorm(len(layer.gamma.value), layer.eps)
                norm.weight = parameter(layer.gamma)
                norm.bias = layer.beta and parameter(layer.beta)
                return norm
            case recurrent.Embedding():
                table = nn.Embedding(*layer.W.value.shape)
                table.weight = parameter(layer.W)
                return table
            case attention.SelfAttention():
                return Attention(layer)
            case attention.PositionEmbedding():
                return Positions(layer)
            case attention.GELU():
                return nn.GELU(approximate="tanh")
            case layers.Residual():
                return Block(layer)
            case attention.Tied():
                return Tied(layer)

    return nn.Sequential(*map(convert, model.layers))


def memory(maker):
    """Print how many megabytes a step needs beyond the network and the optimizer.

    The process measures this once, so that it starts anew for each maker.
    """
    from memory import peak

    step = {"ours": ours, "pytorch": pytorch}[maker](start())
    [small] = batches(1, size=1)
    for _ in range(3):
        step(*small)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts at what is now
    before = peak()
    for batch in batches(3):
        step(*batch)
    print(peak() - before)


def main():
    """Compare, measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--memory", choices=["ours", "pytorch"])
    args = parser.parse_args()
    if args.memory:
        memory(args.memory)
        return
    import run

    peers = {} if args.no_peers else run.installed_peers()
    makers = {"`dlscratch`, float32": "ours"}
    if "PyTorch" in peers:
        makers["PyTorch, float32"] = "pytorch"
    variants, losses = {}, {}
    for who, name in makers.items():
        step = globals()[name](start())
        losses[who] = [step(*batch) for batch in batches(COMPARED)]
        [batch] = batches(1)
        variants[who] = lambda step=step, batch=batch: step(*batch)
    difference = steps.largest_difference(losses)
    results = run.in_turns(variants, args.rounds)
    print(run.table(f"{TITLE}: one training step", "time for a step", 1, results))
    print("\n" + run.comparison(peers, results, difference, COMPARED))
    if Path("/proc/self/clear_refs").exists():
        print("\n| the same step | memory beyond the network |\n|:--|--:|")
        for who, name in makers.items():
            command = [sys.executable, __file__, "--memory", name]
            megabytes = float(subprocess.check_output(command))
            print(f"| {who} | {megabytes:.0f} MB |")


if __name__ == "__main__":
    main()
