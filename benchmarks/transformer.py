"""A training step of a GPT, by the library and by PyTorch.

The network has the size of nanoGPT's configuration for a laptop. ``run.py`` measures
its time, and ``memory.py`` its memory.
"""

import numpy as np
import steps

from dlscratch import attention, layers, models, optimizers, recurrent

TOKENS, CONTEXT, DIM, HEADS, LAYERS, BATCH = 65, 64, 128, 4, 4, 12
LR, BETAS, DECAY = 1e-3, (0.9, 0.99), 0.1
COMPARED = 20  # over how many steps the losses must agree
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
