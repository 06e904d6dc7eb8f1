"""What exercises of several chapters share: inputs, and how to run a layer."""

import numpy as np


def random(*shape, seed=0):
    """Return normal numbers, the same ones for a seed."""
    return np.random.default_rng(seed).standard_normal(shape)


class _Counting(np.random.Generator):
    """A generator that counts the calls of ``uniform``."""

    calls = 0

    def uniform(self, *args, **options):
        self.calls += 1
        return super().uniform(*args, **options)


def one_call(draw, *args):
    """Return None if ``draw(rng, *args)`` calls `uniform` once, or a sentence.

    It takes for granted that the numbers are right.
    """
    rng = _Counting(np.random.default_rng(0).bit_generator)
    draw(rng, *args)
    if rng.calls != 1:
        times = f"{rng.calls} time{'s' * (rng.calls != 1)}"
        return (
            f"The numbers are right, but `rng.uniform` was called {times}: "
            "let one call of it draw all of them."
        )
    return None


def run_layer(cls, x, dy):
    """Return what a new layer gives, forwards and backwards."""
    layer = cls()
    return {"forward(x)": layer.forward(x), "backward(dy)": layer.backward(dy)}
