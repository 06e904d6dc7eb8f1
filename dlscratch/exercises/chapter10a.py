"""Exercises of chapter 10a, Recurrent networks."""

import numpy as np

from dlscratch.exercises import Exercise, exercise
from dlscratch.functions import sigmoid, softmax

_rng = np.random.default_rng(10)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


# ------------------------------------------------------------------------ 10a.1


def _switch(answer, x, h_before):
    """Return the new state of the one unit."""
    u, w, b = answer
    return int(np.dot(u, x) + w * h_before + b > 0)


a_switch = Exercise(
    "10a.1",
    "A switch that remembers",
    (np.array([1.0, -1.0]), 1.0, -0.5),
    use=_switch,
    cases=[(x, h) for x in [(1, 0), (0, 1), (0, 0)] for h in (0, 1)],
    name="your switch",
    hints=[
        "There are six situations: three inputs, and the switch was off or on "
        "before. Write down for each what must be positive, and what must not.",
        "With neither button, an unlit switch has only `b`, and must not light "
        "up. A lit one has `w + b`, and must stay lit.",
        "The on-button must lift `b` above 0 alone. The off-button must press "
        "`w + b` down to 0, or below.",
    ],
    text=r"""
        Nothing pressed: $b\le0$ and $w+b>0$. So the unit holds itself where
        it is, by its own weight $w$. The first button: $u_1+b>0$ and
        $u_1+w+b>0$. The second: $u_2+b\le0$ and $u_2+w+b\le0$. With $w=1$
        and $b=-0.5$, weights of 1 and -1 do it. The bit lasts a million
        steps, too: the hard step makes a clean 0 or 1 of it each time.
        """,
    code="""
        u = np.array([1.0, -1.0])
        w = 1.0
        b = -0.5
        """,
)

a_switch.wrong(
    "It forgets at once: with nothing pressed, a lit switch must light itself, "
    "by `w` alone.",
    ([1, -1], 0, -0.5),
)

a_switch.wrong(
    "The off-button is too weak. It has to outweigh the switch's own memory, "
    "`w + b`.",
    ([1, -1], 2, -0.5),
)

a_switch.wrong(
    "It lights up by itself: with `b` above 0 it is on before anybody has "
    "pressed a button.",
    ([1, -2], 1, 0.5),
)

a_switch.wrong(
    "The on-button is too weak: pressed alone, it must lift `b` above 0.",
    ([1, -2], 2, -1.5),
)

a_switch.wrong("Both buttons switch it on.", ([1, 1], 1, -0.5))


# ------------------------------------------------------------------------ 10a.2


@exercise(
    "10a.2",
    "A bias for a memory",
    cases=[(0.5, 60), (0.5, 1), (0.9, 20), (0.1, 3), (0.25, 2), (0.99, 1000)],
    atol=1e-6,
    hints=[
        "Two questions, one after the other. Which gate `f` leaves `share` "
        "after that many steps? And which bias gives this gate?",
        "`f` to the power of `steps` is `share`. So `f` is a root.",
        "The sigmoid turned round: from f = 1 / (1 + exp(-b)) follows "
        "exp(b) = f / (1 - f).",
    ],
    text=r"""
        $f^k=p$ gives $f=p^{1/k}$, and $f=\sigma(b)$ gives
        $b=\log\frac f{1-f}$. To keep half for 60 steps takes a bias of 4.46,
        for 600 steps 6.76: ten times the memory costs about
        $\log 10\approx2.3$ more. For an open gate $1-f\approx e^{-b}$, and
        so the memory lasts in proportion to $e^b$.
        """,
)
def forget_bias(share, steps):
    """Return the forget gate's bias that leaves this share of the cell."""
    f = share ** (1 / steps)
    return np.log(f / (1 - f))


forget_bias.wrong(
    "This gate leaves `share` after one step. After several it is multiplied "
    "as often: take the root first.",
    lambda share, steps: np.log(share / (1 - share)),
)

forget_bias.wrong(
    "This is the gate itself. The bias is what goes into the sigmoid.",
    lambda share, steps: share ** (1 / steps),
)

forget_bias.wrong(
    "The gate multiplies: what is lost at each step is a share of what is "
    "left, not always the same amount.",
    lambda share, steps: forget_bias(1 - (1 - share) / steps, 1),
)

forget_bias.wrong(
    "The sign: a large bias opens the gate, and an open gate keeps.",
    lambda share, steps: -forget_bias(share, steps),
)

# ------------------------------------------------------------------------ 10a.3


@exercise(
    "10a.3",
    "Clip each sequence for itself",
    cases=[
        ([np.array([[3.0, 4.0], [0.3, 0.4]])], 1.0),
        (
            [
                np.array([[3.0, 0], [0, 0]]),
                np.array([[[0], [4.0]], [[0], [0]]]),
            ],
            1.0,
        ),
        ([_random(4, 3, 2), _random(4, 2), _random(4, 2, 1, 3)], 2.5),
        ([_random(3, 2, 5), 20 * _random(3, 5)], 100.0),
        ([np.zeros((2, 3)), np.zeros((2, 3, 4))], 1.0),
        ([10 * _random(1, 5)], 7.0),
        ([np.array([[30.0, 40], [0, 0], [0.6, 0.8]]), _random(3, 4, 1)], 0.5),
    ],
    hints=[
        "How long is the gradient of sequence n? Its entries are spread over "
        "all arrays, and its squared length is a sum over all of them.",
        "`g.reshape(len(g), -1)` has one row for each sequence. Sum its "
        "squares over axis 1, add up over the arrays: (N,). Then the root.",
        "The factor of sequence n is limit over length, but at most 1. "
        "`limit / np.maximum(length, limit)` is that, and divides by no zero.",
        "Multiply each sequence by its own factor, in all arrays by the same; "
        "then take the mean over axis 0.",
    ],
    text=r"""
        Clipped to $c$, no sequence moves the mean by more than $c/N$, however
        wild it is; the others count as before. If the *mean* is clipped, the
        step is short, but its direction is still that of the wild one. The
        price: the mean of clipped gradients is no longer in the direction of
        the gradient of the loss, since only the long ones were shortened. And
        one needs the gradient of each sequence, which a layer that adds them
        up does not keep.
        """,
    trial="""
        g = np.array([[0.0, 1.0], [0.0, 1.0], [300.0, 0.0]])  # one is wild
        mean = g.mean(axis=0) / np.linalg.norm(g.mean(axis=0))
        print("clipped before the mean:", clip_each([g], 1.0)[0].round(2))
        print("clipped after it:       ", mean.round(2))
        assert np.allclose(clip_each([g], 1.0)[0], [1 / 3, 2 / 3])
        """,
)
def clip_each(grads, limit):
    """Return each parameter's mean gradient, each sequence clipped before."""
    squares = sum((g.reshape(len(g), -1) ** 2).sum(axis=1) for g in grads)
    factors = limit / np.maximum(np.sqrt(squares), limit)  # (N,), at most 1
    return [np.einsum("n,n...->...", factors, g) / len(g) for g in grads]


@clip_each.wrong(
    "You clipped the mean. By then a wild sequence has already turned it: clip "
    "each sequence, then take the mean."
)
def _(grads, limit):
    means = [g.mean(axis=0) for g in grads]
    norm = np.sqrt(sum(np.sum(m**2) for m in means))
    return [m * (limit / max(norm, limit)) for m in means]


clip_each.wrong(
    "Each array was clipped for itself. A sequence has one length, over all "
    "arrays, and one factor.",
    lambda grads, limit: [clip_each([g], limit)[0] for g in grads],
)


@clip_each.wrong(
    "One length and one factor for the whole batch: then a wild sequence "
    "shortens all the others. Each sequence has its own."
)
def _(grads, limit):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [(g * (limit / max(norm, limit))).mean(axis=0) for g in grads]


clip_each.wrong(
    "This makes short gradients longer. Where the length is at most `limit`, "
    "nothing changes.",
    clip_each.spoilt("np.sqrt(squares), limit)", "np.sqrt(squares), 1e-12)"),
)

clip_each.wrong(
    "This is the sum over the sequences. Divide it by N.",
    clip_each.spoilt(" / len(g) for", " for"),
)

clip_each.wrong(
    "The root is missing: this is the square of the length.",
    clip_each.spoilt("np.sqrt(squares)", "squares"),
)

clip_each.wrong(
    "Lengths do not add, their squares do: 3 and 4 make 5.",
    clip_each.spoilt(
        "(g.reshape(len(g), -1) ** 2).sum(axis=1)",
        "np.linalg.norm(g.reshape(len(g), -1), axis=1)",
        "np.sqrt(squares)",
        "squares",
    ),
)

clip_each.wrong(
    "Where all gradients of a sequence are 0 this divides by 0. There is "
    "nothing to shorten.",
    clip_each.spoilt(
        "limit / np.maximum(np.sqrt(squares), limit)",
        "np.minimum(1.0, limit / np.sqrt(squares))",
    ),
)

clip_each.wrong(
    "Each entry was cut for itself. That changes the direction: multiply all "
    "entries of a sequence by one factor.",
    lambda grads, limit: [
        np.clip(g, -limit, limit).mean(axis=0) for g in grads
    ],
)


# ------------------------------------------------------------------------ 10a.4


def _padded(lengths, n_steps, padding):
    losses = abs(_random(len(lengths), n_steps)) + 0.1
    for row, length in zip(losses, lengths, strict=True):
        row[length:] = padding
    return losses, np.array(lengths)


def _with_nan(mean):
    """Return a sentence if the mean computes with what is in the padding."""
    for fill in (np.nan, np.inf):
        losses = np.array([[1.0, 2.0, fill], [6.0, fill, fill]])
        found = mean(losses, np.array([2, 1]))
        if not np.isclose(found, 3):
            text = "Right where the padding holds common numbers. But with "
            return text + f"`{fill}` there, the mean is `{found}`."
    return None


@exercise(
    "10a.4",
    "The mean without the padding",
    cases=[
        (np.array([[1.0, 2.0, 3.0, 9.0], [8, 9, 9, 9]]), np.array([3, 1])),
        _padded([2, 5, 1], 5, 0.0),
        _padded([4, 4], 4, 0.0),
        _padded([3, 1, 2, 5], 6, 7.0),
        _padded([1, 3], 7, 1.5),
    ],
    verify=_with_nan,
    hints=[
        "How many places count? And which: compare `np.arange(T)` with the "
        "lengths, as a column.",
        "`np.arange(T) < lengths[:, None]` is True at the places that count, "
        "of shape (N, T).",
        "0 times `nan` is `nan`. Do not multiply by the mask: choose with it.",
    ],
    text=r"""
        A mask of True and False, used as an index, picks the places that
        count and makes one long array of them; its mean is the answer. So
        each *letter* weighs the same, not each name, and the score can be
        compared with that of another batch or another padding. What stands
        at the other places is not even read: multiplied by 0, `nan` would
        still be `nan`.
        """,
)
def mean_loss(losses, lengths):
    """Return the mean of the losses (N, T) before the ends, lengths (N,)."""
    T = losses.shape[1]
    counts = np.arange(T) < lengths[:, None]  # (N, T)
    return losses[counts].mean()


mean_loss.wrong(
    "The padding is counted. Only the first `lengths[n]` places of row n are "
    "real.",
    lambda losses, lengths: losses.mean(),
)

mean_loss.wrong(
    "0 times `nan` is `nan`, and 0 times infinity, too. Choose the places that "
    "count, or replace the others by `np.where`, before you add.",
    mean_loss.spoilt(
        "losses[counts].mean()",
        "(losses * counts).sum() / counts.sum()",
    ),
)

mean_loss.wrong(
    "This is the mean of the rows' means: a letter in a short row weighs more "
    "than one in a long row.",
    lambda losses, lengths: np.mean(
        [row[:n].mean() for row, n in zip(losses, lengths, strict=True)]
    ),
)

mean_loss.wrong(
    "The sum is right. Divide it by the number of places that count, not by "
    "all N T of them.",
    mean_loss.spoilt(".mean()", ".sum() / losses.size"),
)

mean_loss.wrong(
    "One place too many: the last one that counts is `lengths[n] - 1`.",
    mean_loss.spoilt("<", "<="),
)


# ------------------------------------------------------------------------ 10a.5


@exercise(
    "10a.5",
    "One weight, a loss at every step",
    cases=[
        (2.0, 1.0, np.zeros(2), np.zeros(2)),
        (0.5, 2.0, np.array([1.0, 0, 0, -1]), np.array([0.0, 1, 0, 0])),
        (-0.8, -1.5, _random(5), _random(5)),
        (1.3, 0.0, _random(3), _random(3)),
        (0.7, 3.0, _random(1), _random(1)),
    ],
    hints=[
        "First go forwards and keep all states, the start included. Then, at "
        "which steps does `w` have an effect, and what multiplies it there?",
        "From each state two ways lead to the loss: to the error of its own "
        "step, and through `w` to the next state. What comes back along the "
        "two adds.",
        "So on the way back `dh = w * dh + error`, from the last step to the "
        "first. At each step `w` gets `dh` times the state *before*.",
    ],
    text=r"""
        With $e_t=h_t-y_t$ and $d_t=\partial L/\partial h_t$, the two ways
        give $d_t=e_t+w\,d_{t+1}$, and all uses of $w$ together
        $\frac{dL}{dw}=\sum_t d_t\,h_{t-1}$. For $w=2$, $h_0=1$ and two steps
        of zeros, $L=\frac12(w^2+w^4)$, with the derivative $w+2w^3=18$.
        (Here one can go forwards as well, with
        $s_t=\partial h_t/\partial w=h_{t-1}+w\,s_{t-1}$. With a million
        weights, each needs an $s$ of its own.)
        """,
)
def shared_gradient(w, start, x, targets):
    """Return dL/dw; h_t = w h_{t-1} + x_t, L = sum of (h_t - target_t)²/2."""
    h = [start]
    for x_t in x:
        h.append(w * h[-1] + x_t)
    dw = dh = 0.0
    for t in range(len(x), 0, -1):  # x[t - 1] made h[t] of h[t - 1]
        dh = w * dh + (h[t] - targets[t - 1])
        dw += dh * h[t - 1]
    return dw


shared_gradient.wrong(
    "Each step's error reached only its own use of `w`. It also depends on the "
    "earlier states, and these used `w`, too.",
    shared_gradient.spoilt("w * dh + (", "("),
)

shared_gradient.wrong(
    "From step to step the way back leads through `w`: multiply by it.",
    shared_gradient.spoilt("w * dh", "dh"),
)

shared_gradient.wrong(
    "Only the last step's error went back. There is a loss at every step.",
    shared_gradient.spoilt("w * dh + (", "w * dh + (t == len(x)) * ("),
)

shared_gradient.wrong(
    "At each step `w` multiplies the state *before* it. You took the new one.",
    shared_gradient.spoilt("dh * h[t - 1]", "dh * h[t]"),
)

shared_gradient.wrong(
    "Only one use of `w` is left, that of the first step: `+=` adds the uses, "
    "`=` replaces what was there.",
    shared_gradient.spoilt("dw +=", "dw ="),
)


# ------------------------------------------------------------------------ 10a.6


def _run_lstm(step, x, h, c, K, b):
    h, c = step(x, h, c, K, b)
    return {"c": c, "h": h}


def _lstm_case(N, D, H):
    shapes = (N, D), (N, H), (N, H), (D + H, 4 * H), (4 * H,)
    return tuple(_random(*shape) for shape in shapes)


_ONE, _TWO = np.ones((1, 1)), np.full((1, 1), 2.0)


@exercise(
    "10a.6",
    "A step with another library's weights",
    use=_run_lstm,
    cases=[
        (_ONE, 0 * _ONE, _TWO, np.full((2, 4), 0.5), np.zeros(4)),
        _lstm_case(2, 3, 4),
        _lstm_case(4, 2, 3),
        _lstm_case(3, 1, 2),
        _lstm_case(1, 5, 1),
    ],
    hints=[
        "Put `x` and `h` side by side, so that each row is one long input of "
        "D + H numbers. One product with `K` then makes all four gates.",
        "`np.split(..., 4, axis=1)` gives the four blocks in the order of that "
        "library. Give them names in *its* order.",
        "Three blocks go through the sigmoid, one of them after 1 was added. "
        "The candidate goes through tanh.",
        "First the new cell, then from the new cell the new h.",
    ],
    text=r"""
        Only the order and the place of the 1 differ: the formulas are
        (10a.6). If the blocks are confused, all shapes still fit and nothing
        complains; the network only answers nonsense. So whoever takes over
        weights compares one step with numbers of the other library. To train
        such weights on with `LSTM`, put the blocks of `K` and `b` into the
        order i, f, g, o, add 1 to the second block of `b`, and cut `K` after
        row D.
        """,
)
def lstm_step(x, h, c, K, b):
    """Return the new h and c; K has the blocks i, g, f, o, and f gets + 1."""
    a = np.concatenate([x, h], axis=1) @ K + b  # (N, 4H)
    i, g, f, o = np.split(a, 4, axis=1)  # each (N, H)
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


lstm_step.wrong(
    "This is the order of our library, i, f, g, o. That of these weights is "
    "i, g, f, o.",
    lstm_step.spoilt("i, g, f, o", "i, f, g, o"),
)

lstm_step.wrong(
    "The 1 of the forget gate is missing: it is not in `b`.",
    lstm_step.spoilt("f + 1", "f"),
)

lstm_step.wrong(
    "The 1 is added to what goes *into* the gate. Added to the gate, it makes "
    "a number above 1.",
    lstm_step.spoilt("sigmoid(f + 1)", "(sigmoid(f) + 1)"),
)

lstm_step.wrong(
    "`h` shows the cell as it is *now*. You took the old one.",
    lstm_step.spoilt(
        "    c = sigmoid",
        "    old, c = c, sigmoid",
        "(c),",
        "(old),",
    ),
)

lstm_step.wrong(
    "The forget gate says how much is *kept*. What is added is for the input "
    "gate.",
    lstm_step.spoilt("f + 1) * c + sigmoid(i", "i) * c + sigmoid(f + 1"),
)

lstm_step.wrong(
    "The first D rows of `K` belong to `x`, the last H to `h`.",
    lstm_step.spoilt("[x, h]", "[h, x]"),
)


# ------------------------------------------------------------------------ 10a.7


@exercise(
    "10a.7",
    "Only the likely letters",
    cases=[
        (np.log([[0.1, 0.5, 0.25, 0.15]]), 1.0, 0.7),
        (np.log([[0.1, 0.5, 0.25, 0.15]]), 0.5, 0.7),
        (_random(3, 5), 1.0, 0.8),
        (2 * _random(2, 6), 2.0, 0.9),
        (_rng.standard_normal((4, 3)), 0.7, 0.05),
        (_random(2, 4), 1.5, 0.999),
    ],
    hints=[
        "Temperature and softmax first. Then look at one row, sorted from the "
        "largest probability down, and at its running sum.",
        "A letter is kept if those *before* it have not reached `p` yet. The "
        "running sum minus the letter's own probability is what was before.",
        "`np.argsort(-q, axis=1)` gives the order. To undo it, sort the order, "
        "or use `np.put_along_axis`. A loop over the rows is fine.",
        "In the end each row adds up to 1 again: divide by what is left.",
    ],
    text=r"""
        In falling order, a letter is kept as long as what stands *before* it
        adds up to less than $p$. So the letter that reaches $p$ is the last
        one in, and the most likely one is never cut. How many are kept
        depends on the row: where the network is sure, one or two; where it
        is not, many. A fixed number of letters would be too many in the one
        row and too few in the other.
        """,
)
def nucleus(z, tau, p):
    """Return probabilities (N, K): 0 but for the likely ones, that reach p."""
    q = softmax(z / tau)
    order = np.argsort(-q, axis=1)  # the largest first
    falling = np.take_along_axis(q, order, axis=1)
    before = falling.cumsum(axis=1) - falling
    kept = np.zeros_like(q)
    np.put_along_axis(kept, order, falling * (before < p), axis=1)
    return kept / kept.sum(axis=1, keepdims=True)


nucleus.wrong(
    "The letter that reaches `p` is left out. Together they must have *at "
    "least* `p`, so it belongs to them.",
    nucleus.spoilt("before < p", "(before + falling <= p) | (before == 0)"),
)

nucleus.wrong(
    "What is left must add up to 1 again.",
    nucleus.spoilt(" / kept.sum(axis=1, keepdims=True)", ""),
)

nucleus.wrong(
    "The temperature divides the scores. It changes nothing if probabilities "
    "are divided by it and normalised.",
    lambda z, tau, p: nucleus(z, 1.0, p),
)

nucleus.wrong(
    "These are in falling order. Put them back to where their letters are.",
    lambda z, tau, p: -np.sort(-nucleus(z, tau, p), axis=1),
)

nucleus.wrong(
    "This compares each probability alone with a limit. It is their *sum*, "
    "from the largest down, that must reach `p`.",
    nucleus.spoilt("before < p", "(falling >= p) | (before == 0)"),
)


# ------------------------------------------------------------------------ 10a.8


def _gru_case(N, D, H, after):
    shapes = (N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,)
    return *(_random(*shape) for shape in shapes), after


_W, _BH = np.full((1, 3), 0.5), np.array([-1.0, -2.0, 1.0])


@exercise(
    "10a.8",
    "The reset gate, before and after",
    cases=[
        (_ONE, _TWO, _W, _W, np.zeros(3), _BH, True),
        (_ONE, _TWO, _W, _W, np.zeros(3), _BH, False),
        _gru_case(2, 3, 4, True),
        _gru_case(3, 4, 2, True),
        _gru_case(4, 1, 3, False),
    ],
    hints=[
        "Cut the columns of `Wx`, `Wh` and both biases into three blocks of "
        "H, in the order r, z, n. r and z are the same in both conventions.",
        "`r` has the shape (N, H). Before the product it multiplies `h`, "
        "after it what the product and its bias have made of `h`.",
        "In both conventions the input's part, `x` times its block plus `b`, "
        "is not touched by `r`. In the end (1 - z) goes with n, z with h.",
    ],
    text=r"""
        Before the product, $r$ switches single entries of the old state off,
        and the product mixes what is left. After it, all entries are mixed
        first, and $r$ switches off parts of the mixture. With one unit and
        no bias both are the same, since numbers may be multiplied in any
        order; with matrices they are not. The second way has an advantage:
        one product $\mathbf h_{t-1}W_h$ serves all three blocks.
        """,
)
def gru_step(x, h, Wx, Wh, b, bh, after):
    """Return the new h (N, H), with the reset after the product or before."""
    H = h.shape[1]
    r, z, n = np.split(x @ Wx + b, 3, axis=1)  # what the input gives to each
    Wr, Wz, Wn = np.split(Wh, 3, axis=1)  # each (H, H)
    r = sigmoid(r + h @ Wr + bh[:H])
    z = sigmoid(z + h @ Wz + bh[H : 2 * H])
    if after:
        n = np.tanh(n + r * (h @ Wn + bh[2 * H :]))
    else:
        n = np.tanh(n + (r * h) @ Wn + bh[2 * H :])
    return (1 - z) * n + z * h


gru_step.wrong(
    "The reset acts after the product here, whatever `after` says.",
    lambda *case: gru_step(*case[:-1], True),
)

gru_step.wrong(
    "The reset acts before the product here, whatever `after` says.",
    lambda *case: gru_step(*case[:-1], False),
)

gru_step.wrong(
    "After the product, `r` multiplies the bias in `bh`, too: it belongs to "
    "what comes from `h`.",
    gru_step.spoilt("Wn + bh[2 * H :]))", "Wn) + bh[2 * H :])"),
)

gru_step.wrong(
    "z and 1 - z are exchanged. Here z says how much of the *old* state stays.",
    gru_step.spoilt("(1 - z) * n + z * h", "(1 - z) * h + z * n"),
)

gru_step.wrong(
    "The blocks stand in the order r, z, n. You took z first.",
    gru_step.spoilt("    if after", "    r, z = z, r\n    if after"),
)

gru_step.wrong(
    "The reset gate acts on what comes from `h` alone, not on the input.",
    gru_step.spoilt("n + r * (h", "r * (n + h"),
)


# ------------------------------------------------------------------------ 10a.9


@exercise(
    "10a.9",
    "Two steps are one",
    cases=[
        ((0.5, 1.0), (0.25, 3.0)),
        ((0.9, -2.0), (0.0, 0.5)),
        ((_random(3), _random(3)), (_random(3), _random(3))),
        ((_random(2, 3), _random(2, 3)), (_random(2, 3), _random(2, 3))),
    ],
    hints=[
        "Let `c` come in. What is it after the first step? Put this into the "
        "second.",
        "f2 (f1 c + v1) + v2. Sort this: what multiplies `c`, and what does "
        "not?",
        "The new pair: the product of the two gates; and the first addition, "
        "dampened by the second gate, plus the second.",
    ],
    text=r"""
        $f_2(f_1c+v_1)+v_2=(f_2f_1)\,c+(f_2v_1+v_2)$. So the pair of a whole
        stretch is made from those of its halves, and it does not matter
        where one cuts: of 1,024 steps, 512 pairs can be joined at the same
        time, then 256, and ten rounds are enough. An LSTM cannot go this
        way: its gates depend on $\mathbf h_{t-1}$, so the pair of a step is
        not known before its turn. Where the gates depend on the input alone,
        it can; some newer recurrent networks are built so.
        """,
    trial="""
        rng = np.random.default_rng(0)
        spans = [tuple(rng.random(2)) for _ in range(8)]
        c = 0.0
        for f, v in spans:  # eight steps, one after the other
            c = f * c + v
        while len(spans) > 1:  # three rounds
            spans = [join(*spans[i : i + 2]) for i in range(0, len(spans), 2)]
        print("step by step", c.round(4), " in pairs", spans[0][1].round(4))
        assert np.isclose(spans[0][1], c)
        """,
)
def join(first, second):
    """Return the one step (f, v) that does what two do, one after another."""
    f1, v1 = first
    f2, v2 = second
    return f2 * f1, f2 * v1 + v2


join.wrong(
    "The order: the first addition has passed the second gate, not the other "
    "way round.",
    join.spoilt("f2 * v1 + v2", "f1 * v2 + v1"),
)

join.wrong(
    "What the first step has added also passes the second gate.",
    join.spoilt("f2 * v1 + v2", "v1 + v2"),
)

join.wrong(
    "The second addition comes after the second gate, and is not multiplied "
    "by it.",
    join.spoilt("f2 * v1 + v2", "f2 * (v1 + v2)"),
)

join.wrong(
    "`c` passes one gate, then the other: these multiply, they do not add.",
    join.spoilt("f2 * f1", "f2 + f1"),
)


# ----------------------------------------------------------------------- 10a.10


def _leaky_case(N, T, D, H, alpha):
    """Return a gradient dY, and what the way forward has left."""
    x, Wx, Wh, b = _random(N, T, D), _random(D, H), _random(H, H), _random(H)
    n, h = np.zeros((N, T, H)), np.zeros((N, T + 1, H))
    h[:, 0] = _random(N, H)
    for t in range(T):
        n[:, t] = np.tanh(x[:, t] @ Wx + h[:, t] @ Wh + b)
        h[:, t + 1] = (1 - alpha) * h[:, t] + alpha * n[:, t]
    return _random(N, T, H), x, n, h, Wx, Wh, alpha


def _run_leaky(backward, dy, x, n, h, Wx, Wh, alpha):
    dx, dWx, dWh, db, dstart = backward(dy, x, n, h, Wx, Wh, alpha)
    return {"db": db, "dWx": dWx, "dx": dx, "dWh": dWh, "dstart": dstart}


@exercise(
    "10a.10",
    "Back through a leaky network",
    use=_run_leaky,
    cases=[
        _leaky_case(1, 2, 1, 1, 0.5),
        _leaky_case(2, 4, 3, 5, 0.3),
        _leaky_case(3, 5, 2, 4, 0.8),
        _leaky_case(2, 3, 4, 2, 1.0),
    ],
    hints=[
        "Draw one step as a graph. How many arrows lead from the old state "
        "to the new one?",
        "Two: one past the tanh, with the factor 1 - alpha, and one through "
        "`Wh` and the tanh, with the factor alpha. What comes back along both "
        "adds up.",
        "Let `dh` be all that comes back to the state after step t: from "
        "above, and from the next step. What reaches the inside of the tanh "
        "is `alpha * dh * (1 - n_t**2)`.",
        "From there it is (10a.3). What goes to the step before is "
        "`(1 - alpha) * dh`, plus the part through `Wh`.",
    ],
    text=r"""
        $\mathbf h_t=(1-\alpha)\,\mathbf h_{t-1}+\alpha\,\mathbf n_t$ has two
        arrows from the old state, and so two terms:
        $dH_{t-1}=(1-\alpha)\,dH_t+G_tW_h^\top$, with
        $G_t=\alpha\,dH_t\odot(1-N_t\odot N_t)$. The first is a conveyor belt
        whose gate is a fixed number: over $k$ steps it brings back
        $(1-\alpha)^k$. An LSTM or a GRU lets the network set this number,
        anew at each step and for each entry. What has arrived at the end of
        the loop is the gradient of the start.
        """,
)
def leaky_backward(dy, x, n, h, Wx, Wh, alpha):
    """Return dx, dWx, dWh, db and dstart, the gradient of h[:, 0]."""
    dx, dWx, dWh = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh)
    db, dh = np.zeros(len(Wh)), 0.0
    for t in reversed(range(x.shape[1])):
        dh = dh + dy[:, t]
        da = alpha * dh * (1 - n[:, t] ** 2)  # (N, H), before the tanh
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += h[:, t].T @ da  # the state before step t
        db += da.sum(axis=0)
        dh = (1 - alpha) * dh + da @ Wh.T
    return dx, dWx, dWh, db, dh


leaky_backward.wrong(
    "The way past the tanh is missing: the old state is also in the new one "
    "directly, with the factor 1 - alpha.",
    leaky_backward.spoilt("(1 - alpha) * dh + ", ""),
)

leaky_backward.wrong(
    "The way through the tanh has the factor alpha.",
    leaky_backward.spoilt("alpha * dh * (", "dh * ("),
)

leaky_backward.wrong(
    "The way past the tanh has the factor 1 - alpha.",
    leaky_backward.spoilt("(1 - alpha) * dh", "dh"),
)

leaky_backward.wrong(
    "The slope of tanh follows from its own value, `n`. The state `h` is "
    "something else here.",
    leaky_backward.spoilt("n[:, t]", "h[:, t + 1]"),
)

leaky_backward.wrong(
    "`Wh` multiplied the state *before* the step. `h[:, 0]` is the start, so "
    "that is `h[:, t]`.",
    leaky_backward.spoilt("h[:, t].T @", "h[:, t + 1].T @"),
)

leaky_backward.wrong(
    "Each step must add to the gradients of the weights: `+=`, not `=`.",
    leaky_backward.spoilt("+=", "="),
)

leaky_backward.wrong(
    "Each step goes back for itself here. What comes from the next step is "
    "missing.",
    leaky_backward.spoilt("dh + dy[:, t]", "dy[:, t]"),
)


# ---------------------------------------------------------------------- 10a.lab

ALPHABET = ".abcdefghijklmnopqrstuvwxyz"


def _run_names(arrays, names):
    x, t, counts = arrays(names)
    counts = np.asarray(counts) != 0
    return {
        "counts": counts,
        "x": np.where(counts, x, -1),
        "t": np.where(counts, t, -1),
    }


@exercise(
    "10a.lab",
    "Find the bug and repair it",
    use=_run_names,
    cases=[
        (["ann"],),
        (["al", "maria", "jo"],),
        (["zoe", "bob", "eva", "mia"],),
        (["christopher", "ed"],),
    ],
    hints=[
        'Print the three arrays for `["ann"]`. At which steps is the network '
        "asked for something? What should it say after `ann`?",
        "The number 0 stands for two things: the dot that ends a name, and "
        "what fills the row up behind it. Only one of them is padding.",
        "A name of n letters has n + 1 steps that count. It is the *place* "
        "that decides, not what stands there.",
    ],
    text="""
        The padding and the end of a name are the same number, 0. In leaving
        out the one she left out the other. Nobody ever told the network that
        a name ends, so it gives the dot next to no probability: what the
        loss does not ask for is not learned.

        The measure had the same hole as the training. It never asked for an
        end, so it could not notice. What did notice was a look at what the
        network writes. With the ends back, the same training reaches about
        2.16 nats, and the names end. (Language models get this bug when the
        token for the end of a text serves as padding as well.)
        """,
    after="A name ends, and behind its end nothing counts.",
)
def name_arrays(names):
    """Return x and t, and True where a target counts: (N, T) each."""
    T = max(map(len, names)) + 1
    x, t = np.zeros((2, len(names), T), dtype=int)
    counts = np.zeros((len(names), T), dtype=bool)
    for row, name in enumerate(names):
        ids = [ALPHABET.index(letter) for letter in name]
        x[row, 1 : len(ids) + 1] = ids  # x[row, 0] is the start, a dot
        t[row, : len(ids)] = ids
        counts[row, : len(ids) + 1] = True  # the letters, and the end
    return x, t, counts


@name_arrays.starts_with(
    "This still leaves out every target that is 0. So the dot that ends a name "
    "does not count, either."
)
def _hers(names):
    T = max(map(len, names)) + 1
    x, t = np.zeros((2, len(names), T), dtype=int)
    for row, name in enumerate(names):
        ids = [ALPHABET.index(letter) for letter in name]
        x[row, 1 : len(ids) + 1] = ids  # x[row, 0] is the start, a dot
        t[row, : len(ids)] = ids
    return x, t, t != 0  # the rest is padding


name_arrays.wrong(
    "Now the padding counts again: dots after dots, which anybody can guess.",
    name_arrays.spoilt("np.zeros((len", "np.ones((len"),
)

name_arrays.wrong(
    "One step is missing. The *inputs* are 0 at the first step, too: it is the "
    "start, and what comes after it counts.",
    name_arrays.spoilt("t, counts", "t, x != 0"),
)

name_arrays.wrong(
    "One step too many: what comes after the end does not count.",
    name_arrays.spoilt("+ 1] = True", "+ 2] = True"),
)

name_arrays.wrong(
    "Only the longest name has its end in the last place. Each name has its "
    "own.",
    name_arrays.spoilt("t, counts", "t, (t != 0) | (np.arange(T) == T - 1)"),
)
