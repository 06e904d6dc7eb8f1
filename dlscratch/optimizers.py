"""Optimizers: rules that turn gradients into steps, and schedules for their size.

An optimizer sees all parameters as one long vector θ with one gradient g. Its rule is
then a line or two of arithmetic on vectors.
"""

import math

import numpy as np

from dlscratch import base
from dlscratch.checks import real, whole


class Optimizer:
    """What all optimizers share: gather the gradient, ask the rule, take the step.

    Parameters
    ----------
    parameters : list of Parameter
        What to update, for example ``model.parameters``.
    lr : float or function
        The learning rate, or a schedule: a function of the number of steps done so
        far (0, 1, 2, ...) that returns it.
    weight_decay : float
        Adds ``weight_decay · W`` to the gradient of every parameter with ``decay``,
        which is the gradient of the penalty ``weight_decay/2 · ‖W‖²``.

    Attributes
    ----------
    steps : int
        How many steps were taken.

    Raises
    ------
    ValueError
        If there is nothing to update, ``lr`` is not a positive number, or another
        number is out of its range.
    """

    decoupled = False

    def __init__(self, parameters, lr, *, weight_decay=0.0):
        self.parameters = _parameters(parameters, self._name)
        self.lr = lr
        self._dtype = _computed_in(self.parameters)
        self.weight_decay = real(weight_decay, self._name, "weight_decay", 0)
        self.steps = 0

    @property
    def lr(self):
        """The learning rate, or its schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr):
        schedule = callable(lr) and not isinstance(lr, type)
        self._lr = lr if schedule else _rate(lr, self._name)

    @property
    def learning_rate(self):
        """The learning rate of the next step."""
        if not callable(self.lr):
            return self.lr
        return real(self.lr(self.steps), self._name, "what the schedule gives", 0)

    @property
    def state(self):
        """The vectors that the rule remembers from step to step, by name."""
        return {k: v for k, v in vars(self).items() if isinstance(v, np.ndarray)}

    def step(self):
        """Update every parameter in place from its ``grad``."""
        _check_gradients(self.parameters, f"{self._name}.step")
        lr = self.learning_rate
        coupled = 0 if self.decoupled else self.weight_decay
        gradients = [
            p.grad + coupled * p.value if coupled and p.decay else p.grad
            for p in self.parameters
        ]
        g = np.concatenate([g.ravel() for g in gradients])
        update = self.update(g.astype(self._dtype, copy=False), lr)
        start = 0
        for p in self.parameters:
            value = p.value
            part = update[start : start + value.size].reshape(value.shape)
            if self.decoupled and p.decay:
                part += (lr * self.weight_decay) * value
            value -= part
            p.version += 1
            start += value.size
        self.steps += 1

    def update(self, g, lr):
        """Return what to subtract from θ. This is the rule: each optimizer has its own.

        Parameters
        ----------
        g : ndarray, shape (n,)
            The gradient of all n parameters.
        lr : float
            The learning rate of this step.

        Returns
        -------
        ndarray, shape (n,)
            A new array.
        """
        raise NotImplementedError

    def _zeros(self):
        size = sum(p.value.size for p in self.parameters)
        return np.zeros(size, dtype=self._dtype)

    @property
    def _name(self):
        return type(self).__name__

    def _fraction(self, name, value):
        """Return a number from 0 to below 1: what a memory keeps at each step."""
        return real(value, self._name, name, 0, 1, below=True)

    def _epsilon(self, eps):
        return real(eps, self._name, "eps", 0, above=True)


def _computed_in(parameters):
    """Return the type that rules compute in: as float16, squares and eps would be 0."""
    return np.result_type(np.float32, *(p.value.dtype for p in parameters))


def _parameters(parameters, name):
    """List the parameters, each of which must be there once."""
    try:
        found = list(parameters)
    except TypeError:
        found = None
    if not found or not all(isinstance(p, base.Parameter) for p in found):
        got = "none" if found == [] else f"{type(parameters).__name__} {parameters!r}"
        raise (ValueError if found == [] else TypeError)(
            f"{name}: expected a list of parameters, such as model.parameters, got "
            + got[:80]
        )
    names = [p.name for i, p in enumerate(found) if p in found[:i]]
    if names:
        raise ValueError(
            f"{name}: expected each parameter once, got {names[0]} a second time"
        )
    return found


def _check_gradients(parameters, where):
    for p in parameters:
        if p.grad is None:
            raise RuntimeError(
                f"{where}: {p.name} has no gradient yet; call backward first"
            )
        if getattr(p.grad, "shape", None) != p.value.shape:
            raise ValueError(
                f"{where}: expected the gradient of {p.name} as an array of shape "
                f"{p.value.shape}, got {np.shape(p.grad)}"
            )


class SGD(Optimizer):
    """Stochastic gradient descent: θ ← θ - lr g.

    The arguments are those of :class:`Optimizer`.
    """

    def __init__(self, parameters, lr=0.01, *, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay=weight_decay)

    def update(self, g, lr):
        """Return lr g."""
        return lr * g


class Momentum(Optimizer):
    """Momentum (Polyak, 1964): v ← μ v + g, then θ ← θ - lr v.

    Parameters
    ----------
    momentum : float
        μ, from 0 (plain gradient descent) to below 1. The others are those of
        :class:`Optimizer`.
    """

    def __init__(self, parameters, lr=0.01, momentum=0.9, *, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay=weight_decay)
        self.momentum = self._fraction("momentum", momentum)
        self.v = self._zeros()

    def update(self, g, lr):
        """Move v, and return lr v."""
        self.v *= self.momentum
        self.v += g
        return lr * self.v


class Nesterov(Momentum):
    """Nesterov's momentum (1983): v ← μ v + g, then θ ← θ - lr (g + μ v).

    This is the form of Sutskever et al. (2013) in the variable θ that already looked
    ahead, so that the gradient is taken where the parameters are.
    """

    def update(self, g, lr):
        """Move v, and return lr (g + μ v)."""
        self.v *= self.momentum
        self.v += g
        return lr * (g + self.momentum * self.v)


class AdaGrad(Optimizer):
    """AdaGrad (Duchi et al., 2011): s ← s + g², then θ ← θ - lr g / (√s + eps).

    Parameters
    ----------
    eps : float
        Keeps the division safe. The others are those of :class:`Optimizer`.
    """

    def __init__(self, parameters, lr=0.01, eps=1e-10, *, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay=weight_decay)
        self.eps = self._epsilon(eps)
        self.s = self._zeros()

    def update(self, g, lr):
        """Add to s, and return lr g / (√s + eps)."""
        self.s += g * g
        return lr * g / (np.sqrt(self.s) + self.eps)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012): AdaGrad with a memory that fades.

    s ← α s + (1 - α) g², then θ ← θ - lr g / (√s + eps).

    Parameters
    ----------
    alpha : float
        α, the part of the memory that each step keeps.
    eps : float
        Keeps the division safe. The others are those of :class:`Optimizer`.
    """

    def __init__(self, parameters, lr=0.01, alpha=0.99, eps=1e-8, *, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay=weight_decay)
        self.alpha, self.eps = self._fraction("alpha", alpha), self._epsilon(eps)
        self.s = self._zeros()

    def update(self, g, lr):
        """Move s, and return lr g / (√s + eps)."""
        self.s *= self.alpha
        self.s += (1 - self.alpha) * (g * g)
        return lr * g / (np.sqrt(self.s) + self.eps)


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): momentum and RMSprop, both without their slow start.

    m ← β₁ m + (1 - β₁) g and s ← β₂ s + (1 - β₂) g². At step t both are divided by
    what they lack, 1 - β₁ᵗ and 1 - β₂ᵗ; then θ ← θ - lr m̂ / (√ŝ + eps).

    Parameters
    ----------
    betas : pair of float
        β₁ and β₂, the part of each memory that a step keeps.
    eps : float
        Keeps the division safe. The others are those of :class:`Optimizer`.
    """

    def __init__(
        self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, *, weight_decay=0.0
    ):
        super().__init__(parameters, lr, weight_decay=weight_decay)
        try:
            beta1, beta2 = betas
        except (TypeError, ValueError):
            raise ValueError(
                f"{self._name}: expected two numbers betas, got {betas!r}"
            ) from None
        self.betas = self._fraction("beta1", beta1), self._fraction("beta2", beta2)
        self.eps = self._epsilon(eps)
        self.m, self.s = self._zeros(), self._zeros()

    def update(self, g, lr):
        """Move m and s, and return lr m̂ / (√ŝ + eps)."""
        beta1, beta2 = self.betas
        t = self.steps + 1
        self.m *= beta1
        self.m += (1 - beta1) * g
        self.s *= beta2
        self.s += (1 - beta2) * (g * g)
        root = np.sqrt(self.s)
        root *= 1 / math.sqrt(1 - beta2**t)
        root += self.eps
        return (lr / (1 - beta1**t)) * self.m / root


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    The decay does not pass through the gradient's memories: beside Adam's step, W
    loses ``lr · weight_decay · W``, both taken from the W before the step.
    """

    decoupled = True

    def __init__(
        self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, *, weight_decay=0.01
    ):
        super().__init__(parameters, lr, betas, eps, weight_decay=weight_decay)


def clip_by_norm(parameters, max_norm):
    """Shorten the gradient of all parameters together, if it is longer than allowed.

    The norm is that of one long vector, so that the gradient keeps its direction
    (Pascanu, Mikolov and Bengio, 2013).

    Parameters
    ----------
    parameters : list of Parameter
        Each of whose ``grad`` is replaced, if the norm is too large.
    max_norm : float

    Returns
    -------
    float
        The norm before. If it is nan or infinite, the gradients stay as they are.

    Examples
    --------
    >>> p = base.Parameter(np.zeros(2), grad=np.array([3.0, 4.0]))
    >>> clip_by_norm([p], 1), p.grad
    (5.0, array([0.6, 0.8]))
    """
    parameters = _parameters(parameters, "clip_by_norm")
    max_norm = real(max_norm, "clip_by_norm", "max_norm", 0, above=True)
    _check_gradients(parameters, "clip_by_norm")
    gradients = [np.asarray(p.grad, dtype=np.float64) for p in parameters]
    norm = math.hypot(*map(np.linalg.norm, gradients))
    if math.isfinite(norm) and norm > max_norm:
        for p in parameters:
            p.grad = p.grad / (norm / max_norm)
    return norm


def step_decay(lr, every, factor=0.5):
    """Multiply the learning rate by ``factor`` after every so many steps.

    Examples
    --------
    >>> schedule = step_decay(0.1, every=100)
    >>> [schedule(t) for t in (0, 99, 100, 250)]
    [0.1, 0.1, 0.05, 0.025]
    """
    lr, every = _rate(lr, "step_decay"), whole(every, "step_decay", "every")
    factor = real(factor, "step_decay", "factor", 0, above=True)
    return lambda t: lr * factor ** (t // every)


def inverse_decay(lr, k):
    """Let the learning rate fall as lr / (1 + k t).

    Examples
    --------
    >>> schedule = inverse_decay(0.1, k=0.01)
    >>> [schedule(t) for t in (0, 100, 300)]
    [0.1, 0.05, 0.025]
    """
    lr, k = _rate(lr, "inverse_decay"), real(k, "inverse_decay", "k", 0)
    return lambda t: lr / (1 + k * t)


def exponential_decay(lr, k):
    """Let the learning rate fall as lr · exp(-k t).

    Examples
    --------
    >>> schedule = exponential_decay(0.1, k=math.log(2) / 100)
    >>> [round(schedule(t), 6) for t in (0, 100, 200)]
    [0.1, 0.05, 0.025]
    """
    lr, k = _rate(lr, "exponential_decay"), real(k, "exponential_decay", "k", 0)
    return lambda t: lr * math.exp(-k * t)


def cosine(lr, steps, *, warmup=0, final=0.0):
    """Let the learning rate fall along half a cosine, from ``lr`` to ``final``.

    Parameters
    ----------
    lr : float
        The highest learning rate.
    steps : int
        Where the fall ends; afterwards it stays at ``final``.
    warmup : int
        Over this many steps at the start it rises in equal parts up to ``lr``.
    final : float
        The lowest learning rate.

    Examples
    --------
    >>> schedule = cosine(0.1, 1000)
    >>> [round(schedule(t), 6) for t in (0, 500, 1000)]
    [0.1, 0.05, 0.0]
    >>> schedule = cosine(0.1, 1000, warmup=4)
    >>> [round(schedule(t), 6) for t in range(5)]
    [0.025, 0.05, 0.075, 0.1, 0.1]
    """
    lr = _rate(lr, "cosine")
    warmup = whole(warmup, "cosine", "warmup", 0)
    steps = whole(steps, "cosine", "steps", warmup + 1)
    final = real(final, "cosine", "final", 0, lr)

    def schedule(t):
        if t < warmup:
            return lr * (t + 1) / warmup
        part = min((t - warmup) / (steps - warmup), 1)
        return final + (lr - final) * (1 + math.cos(math.pi * part)) / 2

    return schedule


def _rate(lr, name):
    return real(lr, name, "lr", 0, above=True)
