"""Attention, and what else a transformer is made of.

Most layers map (N, T, D) to (N, T, D): N sequences of T places, D numbers each. Only
attention lets places look at each other; in a transformer all else treats each place
alone.

Sequences shorter than T are filled up at the end. Causal attention needs no mask then:
no place sees what comes later. Only the loss must ignore what is filled up, as
``SoftmaxCrossEntropy(ignore_index=-1)`` does. Where all places see all, the mask of
``SelfAttention.forward`` says which of them count.
"""

import math
from contextlib import ExitStack, contextmanager

import numpy as np

from dlscratch import initializers
from dlscratch.base import Layer, Parameter, name_of, places
from dlscratch.checks import float_dtype, floats, generator, numbers, real, whole
from dlscratch.functions import softmax
from dlscratch.layers import build
from dlscratch.recurrent import LSTM, Embedding, Recurrent, carry


class LayerNorm(Layer):
    """Layer normalisation (Ba et al., 2016): y = gamma · x̂ + beta.

    x̂ is x minus its mean, divided by the square root of its variance plus ``eps``,
    both taken over the last axis: each place of each sequence by itself. So it does the
    same in training and afterwards.

    Parameters
    ----------
    n_dim : int
        D, the length of the last axis.
    eps : float
        Keeps the division safe.
    bias : bool
        Whether there is a beta.
    dtype : numpy dtype

    Attributes
    ----------
    gamma, beta : Parameter, shape (D,)
        Start at 1 and 0. Without ``bias``, beta is None.
    """

    def __init__(self, n_dim, *, eps=1e-5, bias=True, dtype=np.float64):
        n_dim = whole(n_dim, "LayerNorm", "n_dim")
        dtype = float_dtype(dtype, "LayerNorm")
        self.eps = real(eps, "LayerNorm", "eps", 0, above=True)
        self.gamma = Parameter(np.ones(n_dim, dtype=dtype), name="gamma")
        self.beta = _bias("beta", n_dim, bias, dtype)

    @property
    def parameters(self):
        """Gamma, then beta if there is one."""
        return [p for p in (self.gamma, self.beta) if p]

    @property
    def config(self):
        """Length of the last axis, eps, and whether there is a beta."""
        n_dim, bias = len(self.gamma.value), self.beta is not None
        return {"n_dim": n_dim, "eps": self.eps, "bias": bias}

    def __repr__(self):
        """Return the call that makes such a layer."""
        return f"LayerNorm({len(self.gamma.value)})"

    def forward(self, x, training=False):
        """Map x of shape (..., D) to y of the same shape."""
        gamma = self.gamma.value
        x = np.asarray(floats(x, "LayerNorm"), dtype=gamma.dtype)
        if x.ndim == 0 or x.shape[-1] != len(gamma):
            raise ValueError(
                f"LayerNorm: expected x of shape (..., {len(gamma)}), got {x.shape}"
            )
        x_hat = x - x.mean(axis=-1, keepdims=True)
        var = _dot(x_hat, x_hat) / len(gamma)
        scale = 1 / np.sqrt(var + self.eps)
        x_hat *= scale
        self.remember(x_hat, scale)
        y = x_hat * gamma
        if self.beta:
            y += self.beta.value
        return y

    def backward(self, dy, input_gradient=True):
        """Set dgamma = Σ dy x̂ and dbeta = Σ dy; return dx.

        With d = gamma dy and means over the last axis,
        dx = (d - mean(d) - x̂ mean(d x̂)) / √(var + eps), because each x also moves its
        place's mean and variance.
        """
        x_hat, scale = self.recall()
        dy = self.check_dy(dy, x_hat.shape)
        D = dy.shape[-1]
        rows = dy.reshape(-1, D)
        self.gamma.grad = np.einsum("nd,nd->d", rows, x_hat.reshape(-1, D))
        if self.beta:
            self.beta.grad = rows.sum(axis=0)
        if not input_gradient:
            return None
        dx = dy * self.gamma.value
        along = _dot(dx, x_hat) / D
        dx -= dx.mean(axis=-1, keepdims=True)
        dx -= x_hat * along
        dx *= scale
        return dx


class GELU(Layer):
    """Gaussian error linear unit (Hendrycks and Gimpel, 2016), as GPT-2 computes it.

    y = x Φ(x), with Φ the distribution function of N(0, 1), here nearly
    x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
    """

    k = math.sqrt(2 / math.pi)
    a = 0.044715

    def forward(self, x, training=False):
        """Map x of any shape to y of the same shape."""
        x = floats(x, "GELU")
        t = np.asarray(x * x)
        t *= self.k * self.a
        t += self.k
        t *= x
        np.tanh(t, out=t)
        self.remember(x, t)
        y = t + 1
        y *= x
        y *= 0.5
        return y

    def backward(self, dy):
        """Return dx = dy · (1 + t + (1 - t²) · √(2/π) (x + 3 · 0.044715 x³)) / 2."""
        x, t = self.recall()
        dy = self.check_dy(dy, x.shape)
        d = x * x
        d *= 3 * self.k * self.a
        d += self.k
        d *= x
        d *= 1 - t * t
        d += t
        d += 1
        d *= dy
        d *= 0.5
        return d


def attention(q, k, v, mask=None):
    """Scaled dot-product attention (Vaswani et al., 2017): softmax(q kᵀ / √d) v.

    Parameters
    ----------
    q : ndarray, shape (..., T, d)
        Queries.
    k : ndarray, shape (..., S, d)
        Keys.
    v : ndarray, shape (..., S, e)
        What is found at the keys.
    mask : ndarray of bool, shape (..., T, S) or one that broadcasts to it, optional
        True where a query may look. One that may look nowhere finds zeros.

    Returns
    -------
    y : ndarray, shape (..., T, e)
        For each query a mean of the values.
    weights : ndarray, shape (..., T, S)
        Of the mean. Each row sums to 1.

    Examples
    --------
    >>> y, weights = attention(np.eye(2), np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> weights.round(4)
    array([[0.6698, 0.3302],
           [0.3302, 0.6698]])
    >>> y.round(4)
    array([[1.6605, 2.6605],
           [2.3395, 3.3395]])
    """
    q, k, v = (floats(x, "attention") for x in (q, k, v))
    fits = min(q.ndim, k.ndim, v.ndim) >= 2 and q.shape[-1] == k.shape[-1]
    if not fits or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            "attention: expected q (..., T, d), k (..., S, d) and v (..., S, e), got "
            f"{q.shape}, {k.shape} and {v.shape}"
        )
    weights = q @ k.swapaxes(-1, -2)
    weights *= 1 / math.sqrt(q.shape[-1])
    if mask is not None:
        mask = _check_mask(mask, "attention", weights.shape)
        np.copyto(weights, -np.inf, where=~mask)
    lowest = np.finfo(weights.dtype).min  # in place of -inf, whose difference is nan
    weights -= weights.max(axis=-1, keepdims=True, initial=lowest)
    np.exp(weights, out=weights)
    total = weights.sum(axis=-1, keepdims=True)
    weights /= np.maximum(total, 1, out=total)  # below 1 only where no place is seen
    return weights @ v, weights


def attention_gradients(dy, q, k, v, weights):
    """Return dq, dk and dv of :func:`attention`, from dy and its own ``weights``.

    For y = A v: dv = Aᵀ dy and dA = dy vᵀ. Back through each row's softmax,
    dS = A (dA - Σ A dA), and through S = q kᵀ / √d: dq = dS k / √d, dk = dSᵀ q / √d.
    """
    dv = weights.swapaxes(-1, -2) @ dy
    ds = dy @ v.swapaxes(-1, -2)
    ds -= _dot(weights, ds)
    ds *= weights
    ds *= 1 / math.sqrt(q.shape[-1])
    return ds @ k, ds.swapaxes(-1, -2) @ q, dv


class SelfAttention(Layer):
    """Multi-head self-attention (Vaswani et al., 2017).

    Each place is a query, a key and a value: x Wqkv, in this order. ``heads`` parts of
    the D numbers attend each by itself, and Wo mixes what they find.

    Parameters
    ----------
    dim : int
        D, a multiple of ``heads``.
    heads : int
    causal : bool
        Whether a place sees only itself and those before it.
    bias : bool
        Whether there are bqkv and bo.
    init, out_init : callable, optional
        Initializers for Wqkv and for Wo, by default ``initializers.xavier``.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : numpy dtype

    Attributes
    ----------
    Wqkv, bqkv : Parameter, shapes (D, 3D) and (3D,)
    Wo, bo : Parameter, shapes (D, D) and (D,)
        The biases start at 0. Without ``bias`` they are None.
    weights : ndarray, shape (N, heads, T, T)
        Of the last forward pass: row by row, where a place looked.
    past : tuple or None
        While :func:`generate` runs, the keys and values of the places before.
    """

    of_a_pass = (*Layer.of_a_pass, "past")
    past = None

    def __init__(
        self,
        dim,
        heads,
        causal=True,
        *,
        bias=False,
        init=None,
        out_init=None,
        rng=None,
        dtype=np.float64,
    ):
        dim, self.heads = _check_heads("SelfAttention", dim, heads)
        self.causal = bool(causal)
        self.Wqkv = _weight("SelfAttention", "Wqkv", (dim, 3 * dim), init, rng, dtype)
        self.bqkv = _bias("bqkv", 3 * dim, bias, dtype)
        self.Wo = _weight("SelfAttention", "Wo", (dim, dim), out_init, rng, dtype)
        self.bo = _bias("bo", dim, bias, dtype)

    @property
    def parameters(self):
        """Wqkv, bqkv, Wo and bo, as far as they are there."""
        return [p for p in (self.Wqkv, self.bqkv, self.Wo, self.bo) if p]

    @property
    def config(self):
        """Dim, heads, whether it is causal and whether there are biases."""
        return {
            "dim": len(self.Wo.value),
            "heads": self.heads,
            "causal": self.causal,
            "bias": self.bo is not None,
        }

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros, out_init=initializers.zeros)

    def __repr__(self):
        """Return the call that makes such a layer."""
        return f"SelfAttention({len(self.Wo.value)}, {self.heads}, {self.causal})"

    @property
    def weights(self):
        """Where each place looked in the last forward pass."""
        return self.recall()[-1]

    def forward(self, x, training=False, mask=None):
        """Map x of shape (N, T, D) to y of the same shape.

        ``mask``, booleans of shape (N, T), says which places hold something: at the
        others, which fill up a short sequence, no place looks.
        """
        W = self.Wqkv.value
        x = _check_sequences(x, "SelfAttention", W)
        q, k, v = _split(_affine(x, W, self.bqkv), 3, self.heads)
        if self.past is not None:
            if self.past:
                k, v = (
                    np.concatenate(two, axis=2)
                    for two in zip(self.past, (k, v), strict=True)
                )
            self.past = k, v
        seen = None
        if self.causal:
            T, S = q.shape[2], k.shape[2]
            seen = np.tri(T, S, S - T, dtype=bool)
        if mask is not None:
            mask = _check_places(mask, "SelfAttention", (len(x), k.shape[2]))
            seen = mask if seen is None else mask & seen
        y, weights = attention(q, k, v, seen)
        y = _join(y)
        self.remember(x, q, k, v, y, weights)
        return _affine(y, self.Wo.value, self.bo)

    def backward(self, dy, input_gradient=True):
        """Set the gradients of all four parameters; return dx."""
        x, q, k, v, y, weights = self.recall()
        dy = _affine_gradients(self.check_dy(dy, x.shape), y, self.Wo, self.bo)
        (dy,) = _split(dy, 1, self.heads)
        dqkv = _join(*attention_gradients(dy, q, k, v, weights))
        return _affine_gradients(dqkv, x, self.Wqkv, self.bqkv, input_gradient)


class CrossAttention(Layer):
    """Attention from one sequence to another, as between a decoder and an encoder.

    The places of x are the queries, x Wq. Those of a second sequence, the memory, are
    keys and values, memory Wkv. All else is as in :class:`SelfAttention`.

    Parameters
    ----------
    dim : int
        D, a multiple of ``heads``.
    heads : int
    bias : bool
        Whether there are bq, bkv and bo.
    init, out_init : callable, optional
        Initializers for Wq and Wkv, and for Wo, by default ``initializers.xavier``.
    rng : numpy.random.Generator
    dtype : numpy dtype

    Attributes
    ----------
    Wq, Wkv, Wo : Parameter, shapes (D, D), (D, 2D) and (D, D)
    bq, bkv, bo : Parameter, shapes (D,), (2D,) and (D,); or None
    weights : ndarray, shape (N, heads, T, S)
        Of the last forward pass: row by row, where a place looked.
    """

    def __init__(
        self,
        dim,
        heads=1,
        *,
        bias=False,
        init=None,
        out_init=None,
        rng=None,
        dtype=np.float64,
    ):
        dim, self.heads = _check_heads("CrossAttention", dim, heads)
        self.Wq = _weight("CrossAttention", "Wq", (dim, dim), init, rng, dtype)
        self.bq = _bias("bq", dim, bias, dtype)
        self.Wkv = _weight("CrossAttention", "Wkv", (dim, 2 * dim), init, rng, dtype)
        self.bkv = _bias("bkv", 2 * dim, bias, dtype)
        self.Wo = _weight("CrossAttention", "Wo", (dim, dim), out_init, rng, dtype)
        self.bo = _bias("bo", dim, bias, dtype)

    @property
    def parameters(self):
        """Each weight and, if it is there, its bias."""
        found = (self.Wq, self.bq, self.Wkv, self.bkv, self.Wo, self.bo)
        return [p for p in found if p]

    @property
    def config(self):
        """Dim, heads, and whether there are biases."""
        bias = self.bo is not None
        return {"dim": len(self.Wo.value), "heads": self.heads, "bias": bias}

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros, out_init=initializers.zeros)

    def __repr__(self):
        """Return the call that makes such a layer."""
        return f"CrossAttention({len(self.Wo.value)}, {self.heads})"

    @property
    def weights(self):
        """Where each place looked in the last forward pass."""
        return self.recall()[-1]

    def forward(self, x, memory, training=False, mask=None):
        """Map x (N, T, D) to y of the same shape, by way of the memory (N, S, D).

        ``mask``, booleans of shape (N, S), says which places of the memory count.
        """
        Wq, Wkv = self.Wq.value, self.Wkv.value
        x = _check_sequences(x, "CrossAttention", Wq)
        memory = _check_sequences(memory, "CrossAttention", Wkv)
        if len(memory) != len(x):
            raise ValueError(
                "CrossAttention: expected as many sequences in x as in the memory, got "
                f"{len(x)} and {len(memory)}"
            )
        (q,) = _split(_affine(x, Wq, self.bq), 1, self.heads)
        k, v = _split(_affine(memory, Wkv, self.bkv), 2, self.heads)
        if mask is not None:
            mask = _check_places(mask, "CrossAttention", memory.shape[:2])
        y, weights = attention(q, k, v, mask)
        y = _join(y)
        self.remember(x, memory, q, k, v, y, weights)
        return _affine(y, self.Wo.value, self.bo)

    def backward(self, dy):
        """Set the gradients of all parameters; return dx and dmemory."""
        x, memory, q, k, v, y, weights = self.recall()
        dy = _affine_gradients(self.check_dy(dy, x.shape), y, self.Wo, self.bo)
        (dy,) = _split(dy, 1, self.heads)
        dq, dk, dv = attention_gradients(dy, q, k, v, weights)
        dmemory = _affine_gradients(_join(dk, dv), memory, self.Wkv, self.bkv)
        return _affine_gradients(_join(dq), x, self.Wq, self.bq), dmemory


class EncoderDecoder(Layer):
    """One LSTM reads, another writes (Sutskever et al., 2014) and looks back.

    The encoder reads the source. The decoder starts from the encoder's last h; at each
    place it gets the token written before. Its states h are what is returned, and with
    attention what h finds among all the encoder's states is added (Bahdanau et al.,
    2015; Luong et al., 2015). Without, all that it knows of the source went through one
    vector of ``dim`` numbers.

    Source and target are one array of ids, side by side: so training, evaluating and
    :func:`generate` need nothing special.

    Parameters
    ----------
    n_source : int
        S, the length of the source. Shorter ones are filled up with the id 0, at which
        attention does not look.
    n_read, n_write : int
        How many different ids there are in the source and in the target.
    dim : int
        D, of the embeddings, the states and the result.
    attention : bool
    rng : numpy.random.Generator
    dtype : numpy dtype

    Attributes
    ----------
    attention : CrossAttention or None
        Its ``weights``, (N, 1, T, S), say where each place looked.
    """

    takes_ids = True

    def __init__(
        self,
        n_source,
        n_read,
        n_write,
        dim,
        attention=True,
        *,
        init=None,
        rng=None,
        dtype=np.float64,
    ):
        self.n_source = whole(n_source, "EncoderDecoder", "n_source")
        settings = {"init": init, "rng": rng, "dtype": dtype}
        self.source = Embedding(n_read, dim, **settings)
        self.encoder = LSTM(dim, dim, **settings)
        self.target = Embedding(n_write, dim, **settings)
        self.decoder = LSTM(dim, dim, **settings)
        self.attention = None
        if attention:
            self.attention = CrossAttention(dim, out_init=init, **settings)

    @property
    def inner(self):
        """Both embeddings and LSTMs, and the attention if there is one."""
        found = [self.source, self.encoder, self.target, self.decoder, self.attention]
        return [layer for layer in found if layer]

    @property
    def parameters(self):
        """Those of all its layers."""
        return [p for layer in self.inner for p in layer.parameters]

    @property
    def config(self):
        """The lengths and numbers of ids, and whether there is attention."""
        n_read, dim = self.source.W.value.shape
        return {
            "n_source": self.n_source,
            "n_read": n_read,
            "n_write": len(self.target.W.value),
            "dim": dim,
            "attention": self.attention is not None,
        }

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map ids (N, S + T), source and target, to y of shape (N, T, D)."""
        x = numbers(x, "EncoderDecoder")
        if x.ndim != 2 or x.shape[1] <= self.n_source:
            raise ValueError(
                f"EncoderDecoder: expected ids of shape (N, {self.n_source} + T), a "
                f"source and at least one of the target, got {x.shape}"
            )
        source, target = np.split(x, [self.n_source], axis=1)
        memory = self.encoder.forward(self.source.forward(source))
        h = memory[:, -1]
        self.decoder.start = np.stack([h, np.zeros_like(h)])
        y = self.decoder.forward(self.target.forward(target))
        self.remember(memory.shape, y.shape)
        if self.attention:
            y = y + self.attention.forward(y, memory, mask=source != 0)
        return y

    def backward(self, dy, input_gradient=True):
        """Set all gradients; ids have none, so None is returned."""
        shape, out = self.recall()
        dy = self.check_dy(dy, out)
        dmemory = np.zeros(shape, dtype=dy.dtype)
        if self.attention:
            dh, dmemory = self.attention.backward(dy)
            dy = dy + dh
        self.target.backward(self.decoder.backward(dy))
        dmemory[:, -1] += self.decoder.start_grad[0]
        self.source.backward(self.encoder.backward(dmemory))


class PositionEmbedding(Layer):
    """Learnt positions (GPT): add row t of W to place t, y[n, t] = x[n, t] + W[t].

    Without it, a transformer that is not causal cannot know the order of its input.

    Parameters
    ----------
    context : int
        The longest sequence.
    n_dim : int
        D.
    init : callable, optional
        An initializer for W, by default ``initializers.normal(0.02)``.
        ``lambda shape, rng: sinusoids(*shape)`` begins with those of Vaswani et al.
    rng : numpy.random.Generator
    dtype : numpy dtype

    Attributes
    ----------
    W : Parameter, shape (context, D)
    past : tuple or None
        While :func:`generate` runs, how many places were before.
    """

    of_a_pass = (*Layer.of_a_pass, "past")
    past = None

    def __init__(self, context, n_dim, *, init=None, rng=None, dtype=np.float64):
        shape = (
            whole(context, "PositionEmbedding", "context"),
            whole(n_dim, "PositionEmbedding", "n_dim"),
        )
        init = init or initializers.normal(0.02)
        self.W = _weight("PositionEmbedding", "W", shape, init, rng, dtype)

    @property
    def parameters(self):
        """W."""
        return [self.W]

    @property
    def config(self):
        """The longest sequence, and D."""
        context, n_dim = self.W.value.shape
        return {"context": context, "n_dim": n_dim}

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map x of shape (N, T, D) to y of the same shape."""
        W = self.W.value
        x = _check_sequences(x, "PositionEmbedding", W.T)
        start = self.past[0] if self.past else 0
        stop = start + x.shape[1]
        if stop > len(W):
            raise ValueError(
                f"PositionEmbedding: expected at most {len(W)} places, got {stop}; "
                "leave out the first ones, or build it with a longer context"
            )
        if self.past is not None:
            self.past = (stop,)
        self.remember(x.shape)
        return x + W[start:stop]

    def backward(self, dy):
        """Set dW = Σ dy over the sequences; return dx = dy."""
        (shape,) = self.recall()
        dy = self.check_dy(dy, shape)
        self.W.grad = np.zeros_like(self.W.value)
        self.W.grad[: shape[1]] = dy.sum(axis=0)
        return dy


class Tied(Layer):
    """One table for both ends (Press and Wolf, 2017): y = body(E[ids]) Eᵀ.

    What a token is as input it is as output, too: its score at a place is the inner
    product of its row of E with what the body says there. The table's gradient is the
    sum of those of its two uses.

    Parameters
    ----------
    embedding : Embedding
        Its table E is ``embedding.W``, of shape (K, D).
    layers : list of Layer
        The body, in the order in which its layers are applied: (N, T, D) to the same
        shape.
    """

    takes_ids = True

    def __init__(self, embedding, layers):
        if not isinstance(embedding, Embedding) or not isinstance(layers, list | tuple):
            raise TypeError(
                "Tied: expected an Embedding and a list of layers, got "
                f"{embedding!r} and {layers!r}"
            )
        self.embedding, self.layers = embedding, list(layers)

    @property
    def inner(self):
        """The embedding, then the body's layers."""
        return [self.embedding, *self.layers]

    @property
    def parameters(self):
        """The embedding's parameters, then the body's."""
        return [p for layer in self.inner for p in layer.parameters]

    @property
    def config(self):
        """Each layer's name and arguments, the embedding's first."""
        return {"inner": [[name_of(type(one)), one.config] for one in self.inner]}

    @classmethod
    def from_config(cls, config):
        """Build such layers from another's ``config``, their parameters not yet set."""
        embedding, *layers = (build(*one) for one in config["inner"])
        return cls(embedding, layers)

    def __repr__(self):
        """Name the embedding, and count the layers of the body."""
        return f"Tied({self.embedding}, {len(self.layers)} layers)"

    def forward(self, x, training=False):
        """Map ids of shape (N, T) to scores of shape (N, T, K)."""
        for layer in self.inner:
            x = layer.forward(x, training)
        E = self.embedding.W.value
        x = _check_sequences(x, "Tied", E.T)
        self.remember(x)
        return _affine(x, E.T, None)

    def backward(self, dy, input_gradient=True):
        """Set all gradients; ids have none, so None is returned."""
        (x,) = self.recall()
        E = self.embedding.W
        dy = self.check_dy(dy, (*x.shape[:-1], len(E.value)))
        rows = dy.reshape(-1, len(E.value))
        dx = (rows @ E.value).reshape(x.shape)
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        self.embedding.backward(dx, input_gradient=False)
        E.grad += rows.T @ x.reshape(-1, x.shape[-1])


def generate(model, ids, n, *, rng, temperature=1.0, cache=False):
    """Let a model continue: draw one token after the other and append it.

    Parameters
    ----------
    model : Sequential
        Maps ids (N, T) to scores of what comes next at each place, as
        :func:`~dlscratch.models.gpt` does. Those at the last place count.
    ids : array_like of int, shape (T,) or (N, T)
        The beginning, of one token at least. As soon as there are more than the model
        has positions, it sees the last ones.
    n : int
        How many tokens to append.
    rng : numpy.random.Generator
    temperature : float
        Divides the scores: below 1 the likely becomes likelier. At 0 the token with the
        largest score is taken.
    cache : bool
        Let attention keep the keys and values of the places before, and recurrent
        layers their state, so that a new token costs the work of one place. The tokens
        are the same. It ends when the positions are full: then each token moves to
        another position at every step, and all is computed anew. Other layers, such as
        your own, must treat each place alone.

    Returns
    -------
    ndarray of int, shape (T + n,) or (N, T + n)
        The beginning and what follows.
    """
    generator(rng, "generate")
    n, given = whole(n, "generate", "n", 0), numbers(ids, "generate")
    temperature = real(temperature, "generate", "temperature", 0)
    if given.dtype.kind not in "iu" or given.ndim not in (1, 2) or not given.size:
        raise ValueError(
            "generate: expected ids, whole numbers of shape (T,) or (N, T), at least "
            f"one, got {ids!r}"
        )
    layers = [layer for _, layer in places(model.layers)]
    if cache and any(isinstance(one, EncoderDecoder) for one in layers):
        raise ValueError("generate: expected cache=False for an EncoderDecoder")
    lengths = [len(one.W.value) for one in layers if isinstance(one, PositionEmbedding)]
    ids, done = np.atleast_2d(given), 0
    context = min(lengths, default=ids.shape[1] + n)
    with ExitStack() as caching:
        if cache:
            caching.enter_context(_caching(model, layers))
        for _ in range(n):
            if cache and ids.shape[1] <= context:
                scores, done = model.predict(ids[:, done:]), ids.shape[1]
            else:
                caching.close()
                scores = model.predict(ids[:, -context:])
            chosen = _draw(scores[:, -1].astype(np.float64), temperature, rng)
            ids = np.concatenate([ids, chosen[:, None]], axis=1)
    return ids if given.ndim == 2 else ids[0]


@contextmanager
def _caching(model, layers):
    """Let each pass go on behind the last one; afterwards all is as before."""
    remembering = [one for one in layers if hasattr(one, "past")]
    for layer in remembering:
        layer.past = ()
    try:
        if any(isinstance(one, Recurrent) for one in layers):
            with carry(model):
                yield
        else:
            yield
    finally:
        for layer in remembering:
            layer.past = None


def _draw(scores, temperature, rng):
    """Draw one class for each row of scores (N, K)."""
    if temperature == 0:
        return scores.argmax(axis=1)
    up_to = softmax(scores / temperature).cumsum(axis=1)
    at = rng.random((len(scores), 1)) * up_to[:, -1:]
    return (up_to > at).argmax(axis=1)


def sinusoids(length, n_dim):
    """Return the positions of Vaswani et al. (2017): sines and cosines in turn.

    Row t holds sin(t ω) and cos(t ω) for each of D/2 frequencies ω = 10000^(-2i/D). The
    inner product of two rows depends on their distance alone.

    Parameters
    ----------
    length : int
    n_dim : int
        D, an even number.

    Returns
    -------
    ndarray, shape (length, D)

    Examples
    --------
    >>> table = sinusoids(10, 16)
    >>> [round(float(table[t] @ table[t + 3]), 6) for t in (0, 1, 6)]
    [5.543101, 5.543101, 5.543101]
    """
    length, n_dim = (
        whole(length, "sinusoids", "length"),
        whole(n_dim, "sinusoids", "n_dim"),
    )
    if n_dim % 2:
        raise ValueError(f"sinusoids: expected n_dim to be even, got {n_dim}")
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, n_dim, 2) / n_dim)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, n_dim)


def _dot(a, b):
    """Return the inner products along the last axis, which is kept with length 1."""
    return np.einsum("...i,...i->...", a, b)[..., None]


def _affine(x, W, b):
    """Return x @ W + b for x of shape (N, T, D), as one product of matrices."""
    y = x.reshape(-1, len(W)) @ W
    if b:
        y += b.value
    return y.reshape(*x.shape[:-1], -1)


def _affine_gradients(dy, x, W, b, input_gradient=True):
    """Set the gradients of W and b in y = x @ W + b; return dx."""
    rows = dy.reshape(-1, dy.shape[-1])
    W.grad = x.reshape(-1, x.shape[-1]).T @ rows
    if b:
        b.grad = rows.sum(axis=0)
    return (rows @ W.value.T).reshape(x.shape) if input_gradient else None


def _split(x, n, heads):
    """View x, (N, T, n·D), as n arrays with the heads apart, (N, heads, T, d)."""
    return x.reshape(*x.shape[:2], n, heads, -1).transpose(2, 0, 3, 1, 4)


def _join(*parts):
    """Undo :func:`_split` in a new array."""
    N, heads, T, d = parts[0].shape
    x = np.empty((N, T, len(parts), heads, d), dtype=parts[0].dtype)
    for i, part in enumerate(parts):
        x[:, :, i] = part.transpose(0, 2, 1, 3)
    return x.reshape(N, T, -1)


def _weight(layer, name, shape, init, rng, dtype):
    if init is None:
        init, rng = initializers.xavier, generator(rng, layer)
    value = initializers.draw(layer, init, shape, rng, dtype)
    return Parameter(value, name=name, decay=True)


def _bias(name, size, wanted, dtype):
    return Parameter(np.zeros(size, dtype=dtype), name=name) if wanted else None


def _check_heads(layer, dim, heads):
    dim, heads = whole(dim, layer, "dim"), whole(heads, layer, "heads")
    if dim % heads:
        raise ValueError(
            f"{layer}: expected dim to be a multiple of heads, got {dim} and {heads}"
        )
    return dim, heads


def _check_sequences(x, layer, W):
    x = np.asarray(floats(x, layer), dtype=W.dtype)
    if x.ndim != 3 or x.shape[2] != len(W):
        raise ValueError(
            f"{layer}: expected x of shape (N, T, {len(W)}), got {x.shape}"
        )
    return x


def _check_mask(mask, where, shape):
    """Return a mask of True and False, broadcast to a shape."""
    mask = numbers(mask, where)
    if mask.dtype != bool:
        raise TypeError(
            f"{where}: expected a mask of True and False, got dtype {mask.dtype}"
        )
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{where}: expected a mask of shape {shape}, got {mask.shape}"
        ) from None


def _check_places(mask, layer, shape):
    """Return which keys count, (N, S), in a shape that broadcasts to (N, ., T, S)."""
    mask = numbers(mask, layer)
    if mask.shape != shape:
        raise ValueError(f"{layer}: expected a mask of shape {shape}, got {mask.shape}")
    return _check_mask(mask, layer, shape)[:, None, None, :]
