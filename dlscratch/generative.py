"""Models that draw new examples: a Boltzmann machine, a VAE, and diffusion.

Each states a distribution. The first gives each example an energy, the second a bound
on its log-likelihood, and the third takes noise away step by step.
"""

import math
from operator import is_not

import numpy as np

from dlscratch import initializers
from dlscratch.attention import sinusoids
from dlscratch.base import Layer, Memory, Parameter, named_parameters
from dlscratch.checks import floats, generator, numbers, real, whole
from dlscratch.functions import one_hot, sigmoid, softmax

LARGEST_SIDE = 20  # units: 2²⁰ states, about a million


class RBM(Layer):
    """A restricted Boltzmann machine (Smolensky, 1986) of units that are 0 or 1.

    A visible state v and a hidden one h have the energy E = -vᵀWh - a·v - b·h and the
    probability exp(-E) / Z. Z, the partition function, is the sum of exp(-E) over all
    states.

    It is a layer, too: ``forward`` gives P(h = 1 | v). So it can be saved in a
    ``Sequential``, and be the first layer of a classifier.

    Parameters
    ----------
    n_visible, n_hidden : int
        D and H.
    init : callable, optional
        An initializer for W, by default ``initializers.normal(0.01)``. The biases
        start at 0.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : numpy dtype

    Attributes
    ----------
    W : Parameter, shape (D, H)
    a, b : Parameter, shapes (D,) and (H,)
        The biases of the visible and of the hidden units.

    Notes
    -----
    Everywhere v has the shape (N, D) and h the shape (N, H). Where v may be between 0
    and 1, such as grey values, it stands for the probability that a unit is 1.
    """

    def __init__(self, n_visible, n_hidden, *, init=None, rng=None, dtype=np.float64):
        D, H = whole(n_visible, "RBM", "n_visible"), whole(n_hidden, "RBM", "n_hidden")
        if init is None:
            init, rng = initializers.normal(0.01), generator(rng, "RBM")
        W = initializers.draw("RBM", init, (D, H), rng, dtype)
        self.W = Parameter(W, name="W", decay=True)
        self.a = Parameter(np.zeros(D, dtype=dtype), name="a")
        self.b = Parameter(np.zeros(H, dtype=dtype), name="b")

    @property
    def parameters(self):
        """W, then a and b."""
        return [self.W, self.a, self.b]

    @property
    def config(self):
        """Number of visible and of hidden units."""
        n_visible, n_hidden = self.W.value.shape
        return {"n_visible": n_visible, "n_hidden": n_hidden}

    @classmethod
    def from_config(cls, config):
        """Build a machine from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def energy(self, v, h):
        """Return -vᵀWh - a·v - b·h, (N,), of states of 0 and 1."""
        v, h = self._states(v, self.a, "v"), self._states(h, self.b, "h")
        if len(v) != len(h):
            raise ValueError(
                f"RBM: expected as many states v as h, got {len(v)} and {len(h)}"
            )
        together = np.sum((v @ self.W.value) * h, axis=1)
        return -together - v @ self.a.value - h @ self.b.value

    def free_energy(self, v):
        """Return F, (N,), with exp(-F) the sum of exp(-E) over all h.

        F = -a·v - Σ log(1 + exp(b + vW)), the sum over the hidden units.
        """
        v = self._states(v, self.a, "v")
        inputs = v @ self.W.value + self.b.value
        return -(v @ self.a.value) - np.logaddexp(0, inputs).sum(axis=1)

    def hidden(self, v):
        """Return P(h = 1 | v) = sigmoid(vW + b), (N, H), of v from 0 to 1."""
        v = self._unit(v, self.a, "v")
        return sigmoid(v @ self.W.value + self.b.value)

    def visible(self, h):
        """Return P(v = 1 | h) = sigmoid(hWᵀ + a), (N, D), of h from 0 to 1."""
        h = self._unit(h, self.b, "h")
        return sigmoid(h @ self.W.value.T + self.a.value)

    def gibbs(self, v, steps, rng):
        """Draw h from v and v from h, in turn: each row of v is a chain of its own.

        Parameters
        ----------
        v : ndarray, shape (N, D), from 0 to 1
        steps : int
            How many times both are drawn.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray of 0 and 1, shape (N, D)
        """
        steps, rng = whole(steps, "RBM.gibbs", "steps"), generator(rng, "RBM.gibbs")
        for _ in range(steps):
            h = self._draw(self.hidden(v), rng)
            v = self._draw(self.visible(h), rng)
        return v

    def contrastive_divergence(self, v, steps, rng):
        """Set all gradients to those of contrastive divergence (Hinton, 2002).

        They stand for the gradient of minus the mean log-likelihood. In place of the
        model's own states they take those that the data reach in a few steps of Gibbs
        sampling, so they are biased.

        Parameters
        ----------
        v : ndarray, shape (N, D), from 0 to 1
            The data.
        steps : int
            k in CD-k.
        rng : numpy.random.Generator
        """
        data = self._moments(self._unit(v, self.a, "v"))
        model = self._moments(self.gibbs(v, steps, rng))
        self._set_gradients(data, model)

    def log_partition(self):
        """Return log Z, exact: the sum over all states of the smaller side.

        Raises
        ------
        ValueError
            If both sides have more than 20 units.
        """
        return float(np.logaddexp.reduce([w for _, w, _ in self._all()], axis=None))

    def log_likelihood(self, v):
        """Return the exact log P(v), (N,), in nats, of v of 0 and 1."""
        return -self.free_energy(v) - self.log_partition()

    def exact_gradient(self, v):
        """Set the exact gradients of minus the mean log-likelihood of v, of 0 and 1."""
        data = self._moments(self._states(v, self.a, "v"))
        log_z, H = self.log_partition(), len(self.b.value)
        pairs, ones, means = 0, 0, 0
        for states, log_weights, others in self._all():
            p = np.exp(log_weights - log_z)
            pairs = pairs + (states * p[:, None]).T @ others
            ones, means = ones + p @ states, means + p @ others
        hidden_first = H <= len(self.a.value)
        model = (pairs.T, means, ones) if hidden_first else (pairs, ones, means)
        self._set_gradients(data, model)

    def forward(self, x, training=False):
        """Map x of shape (N, D), from 0 to 1, to P(h = 1 | x)."""
        h = self.hidden(x)
        self.remember(np.asarray(x, dtype=h.dtype), h)
        return h

    def backward(self, dy):
        """Set the gradients of W and b, and that of a, which is 0; return dx."""
        x, h = self.recall()
        dy = self.check_dy(dy, h.shape) * h * (1 - h)
        self.W.grad, self.b.grad = x.T @ dy, dy.sum(axis=0)
        self.a.grad = np.zeros_like(self.a.value)
        return dy @ self.W.value.T

    def _all(self):
        """List all states of the smaller side, in parts of a few thousand.

        With each part come the log of the sum of exp(-E) over the other side, and the
        probabilities that the other side's units are 1.
        """
        W, a, b = (p.value.astype(np.float64) for p in self.parameters)
        own, W, other = (b, W.T, a) if len(b) <= len(a) else (a, W, b)
        n = len(own)
        if n > LARGEST_SIDE:
            raise ValueError(
                f"RBM: expected at most {LARGEST_SIDE} visible or hidden units, to go "
                f"through all their states, got {len(a)} and {len(b)}"
            )
        part = 2 ** min(n, 12)
        for start in range(0, 2**n, part):
            states = np.arange(start, start + part)[:, None] >> np.arange(n) & 1
            states = states.astype(np.float64)
            inputs = other + states @ W
            log_weights = states @ own + np.logaddexp(0, inputs).sum(axis=1)
            yield states, log_weights, sigmoid(inputs)

    def _moments(self, v):
        """Return the means of v hᵀ, v and h, with h at its expectation."""
        h = self.hidden(v)
        return v.T @ h / len(v), v.mean(axis=0), h.mean(axis=0)

    def _set_gradients(self, data, model):
        for p, positive, negative in zip(self.parameters, data, model, strict=True):
            p.grad = (negative - positive).astype(p.value.dtype)

    def _draw(self, p, rng):
        return (rng.random(p.shape) < p).astype(p.dtype)

    def _unit(self, x, bias, name):
        """Return numbers from 0 to 1, one column for each unit."""
        x = np.asarray(floats(x, "RBM"), dtype=bias.value.dtype)
        if x.ndim != 2 or x.shape[1] != len(bias.value) or len(x) == 0:
            raise ValueError(
                f"RBM: expected {name} of shape (N, {len(bias.value)}), at least one "
                f"row, got {x.shape}"
            )
        if not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(
                f"RBM: expected {name} from 0 to 1, got {x.min():g} to {x.max():g}"
            )
        return x

    def _states(self, x, bias, name):
        x = self._unit(x, bias, name)
        if not np.all((x == 0) | (x == 1)):
            raise ValueError(
                f"RBM: expected states {name} of 0 and 1, got "
                f"{x[(x != 0) & (x != 1)][0]:g}; to make such of grey values, compare "
                "them with 0.5"
            )
        return x


def kl_to_standard(mean, log_variance):
    """Kullback-Leibler divergence of N(mean, variance) from N(0, 1), in nats.

    It is Σ (mean² + variance - 1 - log variance) / 2, over the last axis: the
    components are independent.

    Parameters
    ----------
    mean, log_variance : array_like, shape (..., L)

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> float(kl_to_standard([1.0], [2 * math.log(0.5)]).round(6))
    0.818147
    """
    mean, log_variance = (floats(x, "kl_to_standard") for x in (mean, log_variance))
    if mean.shape != log_variance.shape or mean.ndim == 0:
        raise ValueError(
            "kl_to_standard: expected mean and log_variance of one shape (..., L), got "
            f"{mean.shape} and {log_variance.shape}"
        )
    return (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=-1) / 2


class VAE(Memory):
    """A variational autoencoder (Kingma and Welling, 2014), also one of classes.

    The model draws z from N(0, 1) and x from N(decoder(z), σ²). The encoder gives the
    mean and the log variance of a normal distribution that stands for z given x.

    Parameters
    ----------
    encoder : Sequential
        Maps rows of D numbers, and the class as one-hot behind them, to 2 L: L means,
        then L log variances.
    decoder : Sequential
        Maps rows of L numbers, and the class likewise, to D.
    n_latent : int
        L, the length of z.
    n_classes : int
        K, where each example has a class; else 0.
    sigma : float
        σ, the standard deviation of each number of x about the decoder's.

    Notes
    -----
    To save one, save both parts: each is a ``Sequential``.
    """

    def __init__(self, encoder, decoder, n_latent, *, n_classes=0, sigma=1.0):
        for one in (encoder, decoder):
            if not hasattr(one, "layers") or not hasattr(one, "predict"):
                raise TypeError(
                    "VAE: expected encoder and decoder as Sequential([...]), got "
                    f"{one!r}"
                )
        self.encoder, self.decoder = encoder, decoder
        self.n_latent = whole(n_latent, "VAE", "n_latent")
        self.n_classes = whole(n_classes, "VAE", "n_classes", 0)
        self.sigma = real(sigma, "VAE", "sigma", 0, above=True)

    @property
    def parameters(self):
        """The encoder's parameters, then the decoder's, such as ``encoder.0.W``."""
        return [
            *named_parameters(self.encoder.layers, "encoder."),
            *named_parameters(self.decoder.layers, "decoder."),
        ]

    def encode(self, x, labels=None, training=False):
        """Return the mean and the log variance of z, (N, L) each, of x (N, D)."""
        x = _with_classes(x, labels, self.n_classes, "VAE")
        y = self.encoder.predict(x, training)
        L = self.n_latent
        if y.shape != (len(x), 2 * L):
            raise ValueError(
                f"VAE: expected an encoder that gives shape ({len(x)}, {2 * L}), L "
                f"means and L log variances, got {y.shape}"
            )
        return y[:, :L], y[:, L:]

    def decode(self, z, labels=None, training=False):
        """Return the mean of x, (N, D), of z (N, L)."""
        z = _with_classes(z, labels, self.n_classes, "VAE", self.n_latent)
        return self.decoder.predict(z, training)

    def loss(self, x, labels=None, rng=None, training=False):
        """Return minus the bound on the mean log-likelihood, and its two parts.

        Parameters
        ----------
        x : ndarray, shape (N, D)
        labels : ndarray of int, shape (N,), optional
            Of a model of classes.
        rng : numpy.random.Generator
            Draws one z for each example.
        training : bool
            Passed on to the layers.

        Returns
        -------
        total, reconstruction, kl : float, in nats
            The total is the sum of the other two: minus the mean of log p(x | z), a sum
            over the D numbers of each example, and the mean divergence of z from
            N(0, 1).
        """
        rng, x = generator(rng, "VAE.loss"), floats(x, "VAE")
        mean, log_variance = self.encode(x, labels, training)
        noise = rng.standard_normal(mean.shape).astype(mean.dtype)
        std = np.exp(log_variance / 2)
        y = self.decode(mean + std * noise, labels, training)
        if y.shape != x.shape:
            raise ValueError(
                f"VAE: expected a decoder that gives shape {x.shape}, got {y.shape}"
            )
        N, D = x.shape
        difference = y - x.astype(y.dtype)
        squares = float(np.sum(difference**2)) / (2 * self.sigma**2 * N)
        reconstruction = squares + D * math.log(self.sigma * math.sqrt(2 * math.pi))
        kl = float(np.mean(kl_to_standard(mean, log_variance)))
        self.remember(mean, std, noise, difference, self._passes())
        return reconstruction + kl, reconstruction, kl

    def backward(self):
        """Set every parameter's gradient of the last total; return that of x.

        With z = mean + std · noise, d total / d mean = dz + mean / N, and
        d total / d log variance = dz std noise / 2 + (std² - 1) / 2N.
        """
        mean, std, noise, difference, passes = self.recall()
        if any(map(is_not, passes, self._passes())):
            raise RuntimeError(
                "VAE.backward: call loss first, with no other pass and no step of an "
                "optimizer in between: the layers remember the last one"
            )
        N, D = difference.shape
        dx = dy = difference / (self.sigma**2 * N)
        for layer in reversed(self.decoder.layers):
            dy = layer.backward(dy)
        dz = dy[:, : self.n_latent]
        dy = np.hstack([dz + mean / N, dz * std * noise / 2 + (std**2 - 1) / (2 * N)])
        for layer in reversed(self.encoder.layers):
            dy = layer.backward(dy)
        return dy[:, :D] - dx

    def sample(self, n, rng):
        """Draw z from N(0, 1), and return the decoder's mean: no pixel noise.

        Parameters
        ----------
        n : int, or ndarray of int, shape (N,)
            How many; of a model of classes, the class of each.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray, shape (N, D)
        """
        generator(rng, "VAE.sample")
        if self.n_classes:
            labels = _class_ids(n, "VAE.sample")
            n = len(labels)
        else:
            n, labels = whole(n, "VAE.sample", "n"), None
        return self.decode(rng.standard_normal((n, self.n_latent)), labels)

    def _passes(self):
        return self.encoder._remembered() + self.decoder._remembered()


class Diffusion:
    """Noise that comes in T steps, and how to go back (Ho et al., 2020).

    Step t makes x_t = √(1 - β_t) x_{t-1} + √β_t noise. Step 0 is the data.

    Parameters
    ----------
    betas : array_like, shape (T,)
        The variances β_1 … β_T, each above 0 and below 1.
    time_dim : int
        How many numbers tell a network which step it is at, an even number.

    Attributes
    ----------
    betas : ndarray, shape (T,)
    alpha_bar : ndarray, shape (T + 1,)
        ᾱ_t, the product of 1 - β up to step t; ``alpha_bar[0]`` is 1.
    times : ndarray, shape (T + 1, time_dim)
        Sines and cosines of each step.

    Examples
    --------
    >>> betas = np.linspace(1e-4, 0.02, 1000)
    >>> float(Diffusion(betas).alpha_bar[1000].round(9))
    4.0358e-05
    """

    def __init__(self, betas, *, time_dim=16):
        betas = np.array(floats(betas, "Diffusion"), dtype=np.float64)
        inside = (
            betas.ndim == 1 and betas.size and np.all((1 - betas < 1) & (betas < 1))
        )
        if not inside:
            raise ValueError(
                "Diffusion: expected betas of shape (T,), at least one, each above 0 "
                f"and below 1, got {betas}"
            )
        self.betas = betas
        self.alpha_bar = np.cumprod(np.append(1, 1 - betas))
        self.times = sinusoids(len(betas) + 1, time_dim)

    def noise(self, x0, steps, eps):
        """Return x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε at once.

        Parameters
        ----------
        x0, eps : ndarray, shape (N, ...)
            The data, and as many numbers drawn from N(0, 1).
        steps : int, or ndarray of int, shape (N,)
            t from 0 to T; one for all, or one for each example.

        Returns
        -------
        ndarray, shape (N, ...)
        """
        x0, eps = self._pair(x0, eps, "noise", "x0 and eps")
        kept = _spread(self.alpha_bar[self._steps(steps, x0, 0)], x0)
        return np.sqrt(kept) * x0 + np.sqrt(1 - kept) * eps

    def posterior(self, x_t, x0, steps):
        """Return the mean and the variance of x_{t-1}, given x_t and x_0.

        Parameters
        ----------
        x_t, x0 : ndarray, shape (N, ...)
        steps : int, or ndarray of int, shape (N,)
            t from 1 to T.

        Returns
        -------
        mean : ndarray, shape (N, ...)
        variance : ndarray, shape () or (N, 1, ...)
            The same for all numbers of an example; 0 at step 1.
        """
        x_t, x0 = self._pair(x_t, x0, "posterior", "x_t and x0")
        steps = self._steps(steps, x0, 1)
        beta, kept, before = (
            _spread(table, x0)
            for table in (
                self.betas[steps - 1],
                self.alpha_bar[steps],
                self.alpha_bar[steps - 1],
            )
        )
        mean = np.sqrt(before) * beta * x0 + np.sqrt(1 - beta) * (1 - before) * x_t
        return mean / (1 - kept), beta * (1 - before) / (1 - kept)

    def sample(self, predict_x0, shape, rng):
        """Go from noise back to step 0.

        Parameters
        ----------
        predict_x0 : function
            Of x_t and the step t, an int; returns what x_0 may have been, in the shape
            of x_t.
        shape : tuple of int
            Of the samples, (N, ...).
        rng : numpy.random.Generator
            Draws the first x and, at every step, fresh noise.

        Returns
        -------
        ndarray
        """
        x = generator(rng, "Diffusion.sample").standard_normal(shape)
        for step in range(len(self.betas), 0, -1):
            mean, variance = self.posterior(x, predict_x0(x, step), step)
            x = mean + np.sqrt(variance) * rng.standard_normal(x.shape)
        return x

    def exact_denoiser(self, x_t, steps, data):
        """Return the mean of x_0 given x_t, if x_0 is one of the data, equally likely.

        No other function of x_t has a smaller mean squared error.

        Parameters
        ----------
        x_t : ndarray, shape (N, D)
        steps : int, or ndarray of int, shape (N,)
            t from 1 to T.
        data : ndarray, shape (M, D)

        Returns
        -------
        ndarray, shape (N, D)

        Examples
        --------
        Of two points, -1 and 1, the answer is tanh(√ᾱ x / (1 - ᾱ)):

        >>> diffusion = Diffusion([0.5])
        >>> diffusion.exact_denoiser([[0.5]], 1, [[-1.0], [1.0]]).round(6)
        array([[0.608859]])
        """
        x_t, data = (floats(x, "Diffusion.exact_denoiser") for x in (x_t, data))
        if x_t.ndim != 2 or data.ndim != 2 or x_t.shape[1:] != data.shape[1:]:
            raise ValueError(
                "Diffusion.exact_denoiser: expected x_t (N, D) and data (M, D), got "
                f"{x_t.shape} and {data.shape}"
            )
        if not data.size:
            raise ValueError("Diffusion.exact_denoiser: expected data, got none")
        kept = _spread(self.alpha_bar[self._steps(steps, x_t, 1)], x_t)
        near = np.sqrt(kept) * (x_t @ data.T) - kept * np.sum(data**2, axis=1) / 2
        return softmax(near / (1 - kept)) @ data

    def denoiser_input(self, x_t, steps, labels=None, n_classes=0):
        """Return what a network sees: x_t, the step's sines and cosines, the class.

        Parameters
        ----------
        x_t : ndarray, shape (N, D)
        steps : int, or ndarray of int, shape (N,)
            t from 0 to T.
        labels : ndarray of int, shape (N,), optional
        n_classes : int
            K, if there are labels.

        Returns
        -------
        ndarray, shape (N, D + time_dim + K)
        """
        where = "Diffusion.denoiser_input"
        x = _with_classes(x_t, labels, n_classes, where)
        D = x.shape[1] - n_classes
        times = self.times[self._steps(steps, x, 0)].astype(x.dtype)
        times = np.broadcast_to(times, (len(x), times.shape[-1]))
        return np.hstack([x[:, :D], times, x[:, D:]])

    def _pair(self, one, other, method, names):
        """Return two arrays of one shape (N, ...)."""
        one, other = (floats(x, f"Diffusion.{method}") for x in (one, other))
        if one.shape != other.shape or one.ndim == 0:
            raise ValueError(
                f"Diffusion.{method}: expected {names} of one shape (N, ...), got "
                f"{one.shape} and {other.shape}"
            )
        return one, other

    def _steps(self, steps, x, least):
        """Return steps as an array, of shape () or (N,)."""
        steps, T = numbers(steps, "Diffusion"), len(self.betas)
        if steps.dtype.kind not in "iu" or steps.shape not in ((), x.shape[:1]):
            raise ValueError(
                "Diffusion: expected a step, or one whole number for each of the "
                f"{len(x)} examples, got {steps.dtype} of shape {steps.shape}"
            )
        if steps.size and not (steps.min() >= least and steps.max() <= T):
            raise ValueError(
                f"Diffusion: expected steps from {least} to {T}, got {steps.min()} to "
                f"{steps.max()}"
            )
        return steps.astype(int)


def _spread(values, x):
    """Give one value, or one for each example, a shape that broadcasts against x."""
    values = np.asarray(values, dtype=x.dtype)
    return values.reshape(-1, *[1] * (x.ndim - 1)) if values.ndim else values


def _class_ids(labels, where):
    labels = numbers(labels, where)
    if labels.ndim != 1 or not labels.size:
        raise ValueError(
            f"{where}: expected labels of shape (N,), one class for each example, got "
            f"shape {labels.shape}"
        )
    return labels


def _with_classes(x, labels, n_classes, where, n_dim=None):
    """Return rows of numbers, (N, D), with the classes behind them as one-hot rows."""
    x, n_classes = floats(x, where), whole(n_classes, where, "n_classes", 0)
    if x.ndim != 2 or x.size == 0 or n_dim not in (None, x.shape[1]):
        raise ValueError(
            f"{where}: expected rows of shape (N, {n_dim or 'D'}), at least one, got "
            f"{x.shape}"
        )
    if (labels is None) != (n_classes == 0):
        raise ValueError(
            f"{where}: expected labels and n_classes, or neither, got labels={labels} "
            f"and n_classes={n_classes}"
        )
    if labels is None:
        return x
    labels = _class_ids(labels, where)
    if len(labels) != len(x):
        raise ValueError(
            f"{where}: expected as many labels as rows, got {len(labels)} and {len(x)}"
        )
    return np.hstack([x, one_hot(labels, n_classes).astype(x.dtype)])
