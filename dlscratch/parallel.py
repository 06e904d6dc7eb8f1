"""Data-parallel training: each thread works on its share of the batch."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dlscratch.base import places


class DataParallel:
    """A model whose loss and gradients are computed in shards, one on each thread.

    All else is the model's own, so ``train(DataParallel(model, workers=2), …)`` trains
    it. The threads stop at the end of a ``with`` block, or when nothing refers to this.

    The mean over a batch is the mean of the shards' means, each weighted by its number
    of examples, and so is the gradient. Replicas of the model share the parameters'
    values; each has its own gradients and its own memory of the forward pass.

    This is faster where NumPy itself works for long at a time: NumPy lets other threads
    run meanwhile, Python does not. So two threads help convolutional networks and wide
    layers, on two free cores. They hurt small networks, whose time goes into calling
    NumPy, and whenever BLAS runs on several threads already: set
    ``OPENBLAS_NUM_THREADS=1``. Each shard has its own activations, so the memory stays
    nearly the same.

    Two things are not the same as on one thread. Batch normalisation takes the
    statistics of each shard, not of the whole batch (its running averages are averaged
    over the shards). And dropout draws other masks, though the same ones in each run.

    Parameters
    ----------
    model : Sequential
        With a loss. Its parameters get the gradients of the whole batch.
    workers : int
        How many threads, and shards.

    Examples
    --------
    >>> from dlscratch.models import mlp
    >>> model = mlp((64, 50, 10), rng=np.random.default_rng(0))
    >>> with DataParallel(model, workers=2) as parallel:
    ...     loss = parallel.loss(np.zeros((32, 64)), np.zeros(32, int), training=True)
    ...     parallel.backward(input_gradient=False)
    >>> round(loss, 4), model.parameters[0].grad.shape
    (2.3026, (64, 50))
    """

    def __init__(self, model, workers):
        if not isinstance(workers, int) or workers < 1:
            raise ValueError(
                f"DataParallel: expected a whole number of workers, got {workers!r}"
            )
        self.model = model
        self.replicas = [model] + [copy.deepcopy(model) for _ in range(workers - 1)]
        self.weights = [1.0]  # of the shards; until there are some, the model is all
        self._threads = ThreadPoolExecutor(workers)

    def __getattr__(self, name):
        """Return the model's own: its parameters, its accuracy, and all else."""
        return getattr(self.model, name)

    def __enter__(self):
        """Return itself."""
        return self

    def __exit__(self, *error):
        """End the threads."""
        self._threads.shutdown()

    def loss(self, x, t, training=False):
        """Return the loss of the whole batch."""
        n = min(len(self.replicas), len(x))
        shards = np.array_split(np.arange(len(x)), n)
        self.weights = [len(shard) / len(x) for shard in shards]
        for replica in self.replicas[1:]:
            self._follow(replica)

        def loss_of(replica, shard):
            return replica.loss(x[shard], t[shard], training)

        losses = self._threads.map(loss_of, self.replicas[:n], shards)
        loss = self._mean(losses)
        buffers = [_buffers(replica) for replica in self.replicas[:n]]
        for own, *others in zip(*buffers, strict=True):
            own[...] = self._mean([own, *others])
        return loss

    def backward(self, input_gradient=True):
        """Set the gradients of the model's parameters; return that of ``x``.

        Without ``input_gradient`` the latter is not computed and None is returned.
        """
        active = self.replicas[: len(self.weights)]
        dx = list(self._threads.map(lambda r: r.backward(input_gradient), active))
        parameters = [replica.parameters for replica in active]
        for own, *others in zip(*parameters, strict=True):
            own.grad = self._mean([own.grad, *(p.grad for p in others)])
        if not input_gradient:
            return None
        return np.concatenate([w * d for w, d in zip(self.weights, dx, strict=True)])

    def _mean(self, values):
        return sum(w * v for w, v in zip(self.weights, values, strict=True))

    def _follow(self, replica):
        """Give a replica the model's values, and dropout masks of its own."""
        for p, q in zip(self.model.parameters, replica.parameters, strict=True):
            q.value = p.value
        for a, b in zip(_buffers(self.model), _buffers(replica), strict=True):
            b[...] = a
        pairs = zip(places(self.model.layers), places(replica.layers), strict=True)
        for (_, own), (_, layer) in pairs:
            if getattr(own, "rng", None) is not None:
                layer.rng = np.random.default_rng(own.rng.integers(2**63))


def _buffers(model):
    return [
        array for _, layer in places(model.layers) for array in layer.buffers.values()
    ]
