"""Data-parallel training: each thread works on its share of the batch."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dlscratch.base import generators, places
from dlscratch.checks import numbers, whole
from dlscratch.sequential import Sequential


class DataParallel:
    """A model whose loss and gradients are computed in shards, one on each thread.

    All else is the model's own, so ``train(DataParallel(model, workers=2), …)`` trains
    it. The threads stop at the end of a ``with`` block, or when nothing refers to this.

    The mean over a batch is the mean of the shards' means, each weighted by its number
    of answers (one for each example, mostly), and so is the gradient. Each loss makes
    new replicas of the model. They share the parameters' values; each has its own
    gradients and its own memory of the forward pass.

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
        if not isinstance(model, Sequential):
            raise TypeError(f"DataParallel: expected a Sequential, got {model!r}")
        self.model = model
        self.workers = whole(workers, "DataParallel", "workers")
        self.replicas = [model]  # and copies of it, new ones for each loss
        self.weights = [1.0]  # of the shards
        self._pass = ()  # what the model's own loss remembers of the last loss
        self._threads = ThreadPoolExecutor(self.workers)

    def __getattr__(self, name):
        """Return the model's own: its parameters, its accuracy, and all else."""
        return getattr(self.model, name)

    def __setattr__(self, name, value):
        """Set the model's own, as ``train`` does with its history."""
        if name in ("model", "workers", "replicas", "weights", "_pass", "_threads"):
            super().__setattr__(name, value)
        else:
            setattr(self.model, name, value)

    def __enter__(self):
        """Return itself."""
        return self

    def __exit__(self, *error):
        """End the threads."""
        self._threads.shutdown()
        self._threads = None

    def loss(self, x, t, training=False):
        """Return the loss of the whole batch."""
        x, t = numbers(x, "DataParallel.loss"), numbers(t, "DataParallel.loss")
        if x.ndim == 0 or t.ndim == 0 or len(x) != len(t) or len(x) == 0:
            raise ValueError(
                "DataParallel.loss: expected as many examples as labels, at least "
                f"one, got x of shape {x.shape} and t of shape {t.shape}"
            )
        self._pass = ()
        n = max(1, min(self.workers, len(x) // 2))  # batch norm needs two each
        shards = np.array_split(np.arange(len(x)), n)
        others = [self._replica() for _ in range(self.workers - 1)]
        self.replicas = [self.model, *others][:n]

        def loss_of(replica, shard):
            return replica.loss(x[shard], t[shard], training)

        losses = self._map(loss_of, self.replicas, shards)
        counts = [self.model.n_answers(t[shard]) for shard in shards]
        self.weights = [count / sum(counts) for count in counts]
        loss = self._mean(losses)
        buffers = [_buffers(replica) for replica in self.replicas]
        for own, *others in zip(*buffers, strict=True):
            own[...] = self._mean([own, *others])
        self._pass = (_memory(self.model.loss_layer),)
        return loss

    def backward(self, input_gradient=True):
        """Set the gradients of the model's parameters; return that of ``x``.

        Without ``input_gradient`` the latter is not computed and None is returned.
        """
        if not self._pass or self._pass[0] is not _memory(self.model.loss_layer):
            raise RuntimeError(
                "DataParallel.backward: call loss(x, t) first, with no other loss of "
                "the model in between: its layers remember the last one"
            )
        dx = self._map(lambda replica: replica.backward(input_gradient), self.replicas)
        parameters = [replica.parameters for replica in self.replicas]
        for own, *others in zip(*parameters, strict=True):
            own.grad = self._mean([own.grad, *(p.grad for p in others)])
        if not input_gradient or dx[0] is None:
            return None
        return np.concatenate([w * d for w, d in zip(self.weights, dx, strict=True)])

    def _map(self, function, *arguments):
        if self._threads is None:
            raise RuntimeError(
                "DataParallel: expected threads that run, but they ended with the "
                "with block; make a new DataParallel"
            )
        return list(self._threads.map(function, *arguments))

    def _mean(self, values):
        return sum(w * v for w, v in zip(self.weights, values, strict=True))

    def _replica(self):
        """Copy the model as it is now: same values, but dropout masks of its own."""
        generators(self.model.layers, "DataParallel")
        own = [layer for _, layer in places(self.model.layers)]
        memories = map(_memory, [*own, self.model.loss_layer])
        unneeded = [one for one in memories if isinstance(one, tuple) and one]
        unneeded += [p.grad for p in self.model.parameters]
        unneeded += [self.model.history, self.model.record]
        shared = {id(p.value): p.value for p in self.model.parameters}
        memo = {id(one): None for one in unneeded} | shared
        replica = copy.deepcopy(self.model, memo)
        for layer, (_, other) in zip(own, places(replica.layers), strict=True):
            if getattr(layer, "rng", None) is not None:
                other.rng = np.random.default_rng(layer.rng.integers(2**63))
        return replica


def _memory(layer):
    """Return what a layer or a loss remembers of its last pass."""
    return getattr(layer, "_cache", None)


def _buffers(model):
    return [
        array for _, layer in places(model.layers) for array in layer.buffers.values()
    ]
