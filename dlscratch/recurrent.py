"""Recurrent layers, which read a sequence step by step and keep a state.

:class:`Embedding` turns ids, such as letters, into vectors of numbers. :class:`RNN`,
:class:`LSTM` and :class:`GRU` then map sequences (N, T, D) to (N, T, H): at each of the
T steps the state of H numbers is computed from the input there and from the state
before. The same weights are used at each step, so their gradients are sums over all
steps ("back-propagation through time").

Shorter sequences are padded at the end with anything: no step sees what comes later.
Only the loss must ignore the steps behind the end, as
``SoftmaxCrossEntropy(ignore_index=-1)`` does.

Inside, the steps come first, then the gates, (T, 4, N, H). So all that one step needs
lies together in memory. What a step sees lies side by side, [h x 1]: times the weights
one below the other, [Wh; Wx; b], that is h Wh + x Wx + b in one product.
"""

from contextlib import contextmanager

import numpy as np

from dlscratch import initializers
from dlscratch.base import Layer, Parameter, places
from dlscratch.checks import floats, generator, numbers, real, whole


class Embedding(Layer):
    """A table with one vector for each of n ids, such as letters or words.

    The same as a one-hot code and a linear layer without bias, but nothing is
    multiplied: the forward pass looks up rows.

    Parameters
    ----------
    n_tokens : int
        How many ids there are: 0 to ``n_tokens - 1``.
    n_dim : int
        How many numbers stand for one.
    init : callable, optional
        An initializer; by default from the normal distribution N(0, 1).
    rng : numpy.random.Generator
    dtype : numpy dtype

    Attributes
    ----------
    W : Parameter, shape (n_tokens, n_dim)

    Examples
    --------
    >>> layer = Embedding(27, 4, rng=np.random.default_rng(0))
    >>> layer.forward(np.array([[5, 13, 13, 1]])).shape
    (1, 4, 4)
    """

    takes_ids = True

    def __init__(self, n_tokens, n_dim, *, init=None, rng=None, dtype=np.float64):
        shape = (
            whole(n_tokens, "Embedding", "n_tokens"),
            whole(n_dim, "Embedding", "n_dim"),
        )
        if init is None:
            init, rng = initializers.normal(1), generator(rng, "Embedding")
        W = initializers.draw("Embedding", init, shape, rng, dtype)
        self.W = Parameter(W, name="W", decay=True)

    @property
    def parameters(self):
        """W."""
        return [self.W]

    @property
    def config(self):
        """How many ids, and how many numbers for each."""
        n_tokens, n_dim = self.W.value.shape
        return {"n_tokens": n_tokens, "n_dim": n_dim}

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map ids x of shape (N, ...) to y of shape (N, ..., n_dim)."""
        x, n = numbers(x, "Embedding"), len(self.W.value)
        if x.dtype.kind not in "iu":
            raise TypeError(f"Embedding: expected whole numbers, got dtype {x.dtype}")
        if x.size and (x.min() < 0 or x.max() >= n):
            raise ValueError(
                f"Embedding: expected ids from 0 to {n - 1}, got {x.min()} to {x.max()}"
            )
        x = x.astype(np.intp, copy=False)  # take converts no other that may be too long
        self.remember(x)
        return self.W.value.take(x, axis=0)

    def backward(self, dy, input_gradient=True):
        """Set dW: each id's row is the sum of dy wherever it stood. Return None.

        Ids are not numbers that one could change a little: they have no gradient.
        """
        (x,) = self.recall()
        W = self.W.value
        dy = self.check_dy(dy, (*x.shape, W.shape[1])).reshape(-1, W.shape[1])
        self.W.grad = np.zeros_like(W)
        order = np.argsort(x, axis=None, kind="stable")  # the same ids side by side
        ids, starts = np.unique(x.ravel()[order], return_index=True)
        if ids.size:
            self.W.grad[ids] = np.add.reduceat(dy.take(order, axis=0), starts)


class Recurrent(Layer):
    """What RNN, LSTM and GRU share.

    Parameters
    ----------
    n_in, n_hidden : int
        D and H, the numbers in an input and in the state.
    init : callable, optional
        An initializer for the weights, by default ``initializers.xavier``.
    rng : numpy.random.Generator
    dtype : numpy dtype

    Attributes
    ----------
    Wx : Parameter, shape (D, G·H)
        Of the input: one block of H columns for each of the G gates.
    Wh : Parameter, shape (H, G·H)
        Of the state before.
    b : Parameter, shape (G·H,)
    start : ndarray of shape (S, N, H), or None
        The state to begin with; None, which it is at first, stands for zeros. S is 1,
        or 2 in an LSTM, whose state is h and c.
    state : ndarray of shape (S, N, H)
        The state after the last step of the last forward pass. Nothing goes on from
        there by itself: see :func:`carry`.
    start_grad : ndarray of shape (S, N, H)
        The gradient of ``start``, set by ``backward``.
    """

    of_a_pass = (*Layer.of_a_pass, "start", "carries")
    n_gates = n_states = 1
    start = state = start_grad = None
    carries = False  # whether the next pass starts where this one ends

    def __init__(self, n_in, n_hidden, *, init=None, rng=None, dtype=np.float64):
        name = type(self).__name__
        D, H = whole(n_in, name, "n_in"), whole(n_hidden, name, "n_hidden")
        if init is None:
            init, rng = initializers.xavier, generator(rng, name)
        width = self.n_gates * H
        Wx, Wh = (initializers.draw(name, init, (n, width), rng, dtype) for n in (D, H))
        self.Wx = Parameter(Wx, name="Wx", decay=True)
        self.Wh = Parameter(Wh, name="Wh", decay=True)
        self.b = Parameter(np.zeros(width, dtype=dtype), name="b")

    @property
    def parameters(self):
        """Wx, Wh, and the bias."""
        return [self.Wx, self.Wh, self.b]

    @property
    def config(self):
        """How many numbers are in an input and in the state."""
        return {"n_in": len(self.Wx.value), "n_hidden": len(self.Wh.value)}

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its weights all 0."""
        return cls(**config, init=initializers.zeros)

    def forward(self, x, training=False):
        """Map x of shape (N, T, D) to the states h at all steps, y of shape (N, T, H).

        The pass begins with ``start``, and sets ``state``.
        """
        name, Wx = type(self).__name__, self.Wx.value
        D, H = len(Wx), len(self.Wh.value)
        x = np.asarray(floats(x, name), dtype=Wx.dtype)
        if x.ndim != 3 or x.shape[2] != D or x.shape[1] == 0:
            raise ValueError(
                f"{name}: expected x of shape (N, T, {D}) with at least one step, got "
                f"{x.shape}"
            )
        N, T, _ = x.shape
        start = np.zeros((self.n_states, N, H)) if self.start is None else self.start
        start = np.asarray(floats(start, f"{name}: start"), dtype=Wx.dtype)
        if start.shape != (self.n_states, N, H):
            raise ValueError(
                f"{name}: expected a start of shape {(self.n_states, N, H)}, got "
                f"{start.shape}; set start to None to begin with zeros"
            )
        seen = np.ones((T + 1, N, H + D + 1), dtype=Wx.dtype)
        seen[0, :, :H], seen[:-1, :, H:-1] = start[0], x.swapaxes(0, 1)
        W = np.concatenate([self.Wh.value, Wx, self.b.value[None]])
        with np.errstate(over="ignore"):  # see sigmoid_
            states, *kept = self.run(seen, W, start)
        self.state = np.stack([s[-1] for s in states])
        self.start = self.state if self.carries else self.start
        self.remember(seen[:-1].reshape(T * N, -1), states, *kept)
        return states[0][1:].swapaxes(0, 1)

    def backward(self, dy, input_gradient=True):
        """Set all gradients; return dx, of shape (N, T, D)."""
        seen, states, *kept = self.recall()
        T, N, H = states[0][1:].shape
        dy = np.ascontiguousarray(self.check_dy(dy, (N, T, H)).swapaxes(0, 1))
        da, dah, self.start_grad = self.run_back(dy, states, *kept)
        same = dah is da
        da, dah = da.reshape(T * N, -1), dah.reshape(T * N, -1)
        if same:
            grad = seen.T @ da
        else:
            grad = np.concatenate([seen[:, :H].T @ dah, seen[:, H:].T @ da])
        self.Wh.grad, self.Wx.grad, self.b.grad = grad[:H], grad[H:-1], grad[-1]
        if not input_gradient:
            return None
        return (da @ self.Wx.value.T).reshape(T, N, -1).swapaxes(0, 1)

    def run(self, seen, W, start):
        """Go through all steps.

        Parameters
        ----------
        seen : ndarray, shape (T + 1, N, H + D + 1)
            What each step sees: h, x, and 1. Of the h only the first is there; the
            others are to be written.
        W : ndarray, shape (H + D + 1, G·H)
            Wh, Wx, and b.
        start : ndarray, shape (S, N, H)

        Returns
        -------
        states : list of S ndarrays, shape (T + 1, N, H)
            The states, h first, each with the start before it.
        *kept
            What else :meth:`run_back` needs.
        """
        raise NotImplementedError

    def run_back(self, dy, states, *kept):
        """Go back through all steps.

        Parameters
        ----------
        dy : ndarray, shape (T, N, H)
        states, *kept
            What :meth:`run` returned.

        Returns
        -------
        da, dah : ndarray, shape (T, N, G·H)
            The gradients of x Wx + b, and of h Wh. Where the two are only added, they
            are the same.
        start_grad : ndarray, shape (S, N, H)
        """
        raise NotImplementedError

    def _by_gate(self, W):
        """Copy weights (n, G·H) to (G, n, H): then each gate lies together."""
        return W.reshape(len(W), self.n_gates, -1).swapaxes(0, 1).copy()


class RNN(Recurrent):
    """The simple recurrent layer (Elman, 1990): h_t = tanh(x_t Wx + h_{t-1} Wh + b).

    For the arguments and attributes see :class:`Recurrent`; there is one gate, G = 1.

    Examples
    --------
    With one number everywhere, and 1 followed by zeros:

    >>> layer = RNN(1, 1, rng=np.random.default_rng(0))
    >>> layer.Wx.value, layer.Wh.value = [[1.0]], [[0.5]]
    >>> layer.forward(np.array([[[1.0], [0.0], [0.0]]])).round(4)
    array([[[0.7616],
            [0.3634],
            [0.1797]]])
    """

    def run(self, seen, W, start):
        """Go through all steps; see :class:`Recurrent`."""
        h = seen[..., : start.shape[2]]
        for t in range(len(h) - 1):
            np.tanh(seen[t] @ W, out=h[t + 1])
        return ([h],)

    def run_back(self, dy, states):
        """Go back, with da = (dy + what the next step asks for) · (1 - h²)."""
        (h,), WhT = states, self.Wh.value.T
        da = 1 - h[1:] ** 2
        dh = np.zeros_like(h[0])
        for t in reversed(range(len(dy))):
            da[t] *= dh + dy[t]
            dh = da[t] @ WhT
        return da, da, dh[None]


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).

    Beside h there is the cell c, a conveyor belt. At each step the forget gate f says
    how much of it stays, and the input gate i how much of the candidate g is added; the
    output gate o says how much of it is shown::

        i = σ(x Wx_i + h Wh_i + b_i)        c ← f · c + i · g
        f = σ(x Wx_f + h Wh_f + b_f)        h ← o · tanh(c)
        g = tanh(x Wx_g + h Wh_g + b_g)
        o = σ(x Wx_o + h Wh_o + b_o)

    Parameters
    ----------
    n_in, n_hidden : int
    forget_bias : float
        What f's part of the bias starts with: the larger, the longer the cell remembers
        before anything is learnt. The rest of the bias starts at 0.
    init, rng, dtype
        See :class:`Recurrent`, also for the attributes: G = 4 gates, in PyTorch's order
        i, f, g, o, and S = 2 states, h and c.
    """

    n_gates, n_states = 4, 2

    def __init__(
        self,
        n_in,
        n_hidden,
        *,
        forget_bias=1.0,
        init=None,
        rng=None,
        dtype=np.float64,
    ):
        super().__init__(n_in, n_hidden, init=init, rng=rng, dtype=dtype)
        forget_bias = real(forget_bias, "LSTM", "forget_bias")
        self.b.value[n_hidden : 2 * n_hidden] = forget_bias

    def run(self, seen, W, start):
        """Go through all steps; see :class:`Recurrent`."""
        T, (_, N, H) = len(seen) - 1, start.shape
        h, c = np.empty((2, T + 1, N, H), W.dtype)
        h[0], c[0] = start
        gates, tanh_c = np.empty((T, 4, N, H), W.dtype), np.empty((T, N, H), W.dtype)
        added = np.empty((N, H), W.dtype)
        # σ(a) = 1 / (1 + exp(-a)), and tanh(a) = 2 σ(2a) - 1: one exp for all gates.
        W = self._by_gate(W) * np.array([-1, -1, -2, -1], W.dtype).reshape(4, 1, 1)
        for t in range(T):
            i, f, g, o = now = gates[t]
            np.matmul(seen[t], W, out=now)
            np.exp(now, out=now)
            now += 1
            np.divide(1, now, out=now)
            g *= 2
            g -= 1
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += _product(added, i, g)
            np.tanh(c[t + 1], out=tanh_c[t])
            seen[t + 1, :, :H] = np.multiply(o, tanh_c[t], out=h[t + 1])
        return [h, c], gates, tanh_c

    def run_back(self, dy, states, gates, tanh_c):
        """Go back, along both ways: h reaches the next step through Wh, c through f."""
        (h, c), WhT = states, np.ascontiguousarray(self.Wh.value.T)
        T, N, H = dy.shape
        da = np.empty((T, N, 4, H), dtype=h.dtype)
        dh, dc, part = np.zeros((3, N, H), dtype=h.dtype)
        rest, gate_by_gate = np.empty((2, 4, N, H), dtype=h.dtype)
        di, df, dg, do = gate_by_gate
        for t in reversed(range(T)):
            i, f, g, o = gates[t]
            dh += dy[t]
            np.subtract(o, _product(part, h[t + 1], tanh_c[t]), out=part)
            dc += _product(part, part, dh)  # o (1 - tanh²) dh, for h = o tanh
            np.subtract(1, gates[t], out=rest)
            _product(dg, dc, i)
            _product(di, _product(part, dg, g), rest[0])
            dg -= _product(part, part, g)  # dc i (1 - g²)
            dc *= f
            _product(df, dc, c[t], rest[1])
            _product(do, dh, h[t + 1], rest[3])
            da[t] = gate_by_gate.swapaxes(0, 1)
            np.matmul(da[t].reshape(N, -1), WhT, out=dh)
        return da, da, np.stack([dh, dc])


class GRU(Recurrent):
    """Gated recurrent unit (Cho et al., 2014), as PyTorch computes it.

    The gate z says how much of the old state stays, and r how much of it the candidate
    n sees::

        r = σ(x Wx_r + b_r + h Wh_r + bh_r)
        z = σ(x Wx_z + b_z + h Wh_z + bh_z)
        n = tanh(x Wx_n + b_n + r · (h Wh_n + bh_n))
        h ← (1 - z) · n + z · h

    In the printed paper r is applied to h before the product with Wh_n, and in some
    texts z and 1 - z change places.

    The arguments and attributes are those of :class:`Recurrent`, with G = 3 gates in
    the order r, z, n. A second bias ``bh`` of shape (3·H,) starts at 0, too; only for n
    does it differ from the first.
    """

    n_gates = 3

    def __init__(self, n_in, n_hidden, *, init=None, rng=None, dtype=np.float64):
        super().__init__(n_in, n_hidden, init=init, rng=rng, dtype=dtype)
        self.bh = Parameter(np.zeros_like(self.b.value), name="bh")

    @property
    def parameters(self):
        """Wx, Wh, and the two biases."""
        return [*super().parameters, self.bh]

    def run(self, seen, W, start):
        """Go through all steps; see :class:`Recurrent`."""
        H = start.shape[2]
        Wh, bh = self._by_gate(W[:H]), self.bh.value.reshape(3, 1, H)
        gates = seen[:-1, None, :, H:] @ self._by_gate(W[H:])
        n_sees = np.empty_like(gates[:, 0])  # of h: h Wh_n + bh_n
        h = np.ascontiguousarray(seen[..., :H])
        for t in range(len(gates)):
            r, z, n = now = gates[t]
            from_h = h[t] @ Wh
            from_h += bh
            now[:2] += from_h[:2]
            sigmoid_(now[:2])
            n_sees[t] = from_h[2]
            n += r * n_sees[t]
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=h[t + 1])  # h ← n + z (h - n)
            h[t + 1] *= z
            h[t + 1] += n
        seen[..., :H] = h
        return [h], gates, n_sees

    def run_back(self, dy, states, gates, n_sees):
        """Go back; what n sees of h passes through r, so da and dah differ there."""
        (h,), WhT = states, self.Wh.value.T
        T, N, H = dy.shape
        da, dah = np.empty((2, T, N, 3, H), dtype=h.dtype)
        dh = np.zeros((N, H), dtype=h.dtype)
        for t in reversed(range(T)):
            r, z, n = gates[t]
            dh += dy[t]
            dn = dh * (1 - z) * (1 - n * n)
            da[t, :, 0] = dn * n_sees[t] * r * (1 - r)
            da[t, :, 1] = dh * (h[t] - n) * z * (1 - z)
            da[t, :, 2] = dn
            dah[t, :, :2] = da[t, :, :2]
            dah[t, :, 2] = dn * r
            dh *= z
            dh += dah[t].reshape(N, -1) @ WhT
        self.bh.grad = dah.sum(axis=(0, 1)).ravel()
        return da, dah, dh[None]


@contextmanager
def carry(model):
    """Let each forward pass begin in the state in which the last one ended.

    So a long sequence can go through a network in parts: in training by truncated
    back-propagation, whose gradients end where a part begins, and in generation one
    step at a time. The first pass begins as without it, mostly with zeros. At the end
    of the ``with`` block all is as before, so that no later pass goes on from there.

    Parameters
    ----------
    model : Sequential
        With recurrent layers. All passes count, also those that only measure.

    Examples
    --------
    >>> from dlscratch.models import Sequential
    >>> model = Sequential([RNN(2, 3, rng=np.random.default_rng(0))])
    >>> x = np.random.default_rng(1).random((1, 6, 2))
    >>> with carry(model):
    ...     parts = [model.predict(x[:, :4]), model.predict(x[:, 4:])]
    >>> bool(np.allclose(np.concatenate(parts, axis=1), model.predict(x)))
    True
    """
    stack = getattr(model, "layers", ())
    layers = [one for _, one in places(stack) if isinstance(one, Recurrent)]
    if not layers:
        raise ValueError(f"carry: expected a model with recurrent layers, got {model}")
    starts = [layer.start for layer in layers]
    for layer in layers:
        layer.carries = True
    try:
        yield
    finally:
        for layer, start in zip(layers, starts, strict=True):
            layer.carries, layer.start = False, start


def sigmoid_(x):
    """Replace x by its sigmoid, in place: 1 / (1 + exp(-x)).

    The exp overflows where x is below -88, or -709 in float64. There the sigmoid is
    1 / inf, which is 0, as it should be: the caller silences the warning.
    """
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def _product(out, a, b, *more):
    """Return the product of arrays in ``out``: new memory for it would take longer."""
    np.multiply(a, b, out=out)
    for factor in more:
        out *= factor
    return out
