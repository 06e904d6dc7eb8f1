"""Exercises of chapter 10b, Attention and the transformer."""

import math

import numpy as np

from dlscratch import models
from dlscratch.attention import attention
from dlscratch.exercises import Exercise, exercise
from dlscratch.exercises._kit import Misfit
from dlscratch.functions import softmax

_rng = np.random.default_rng(102)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


def split(x, heads):
    """Cut as in the chapter: (N, T, D) to (N, heads, T, d)."""
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)


def join(x):
    """Undo `split`."""
    N, heads, T, d = x.shape
    return x.transpose(0, 2, 1, 3).reshape(N, T, heads * d)


# ------------------------------------------------------------------------ 10b.1


def _weight_of(q, key):
    """Return the weight that a query gives to one of the three keys."""
    K = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    return softmax(K @ q / math.sqrt(2))[key - 1]


a_query = Exercise(
    "10b.1",
    "The right question",
    math.sqrt(2) * np.log([6.0, 3.0]),
    use=_weight_of,
    cases=[1, 2, 3],
    rtol=0.0,
    atol=0.003,
    name="your query",
    hints=[
        "Weights are proportional to exp of the comparisons. How many times as "
        "much as the third key shall each of the others get?",
        "The third key is all 0, so its comparison is 0 for every query, and "
        "exp(0) is 1. What must exp of the other two be?",
        "They must be 6 and 3. Do not forget what the product of query and key "
        "is divided by.",
    ],
    text=r"""
        Weights of 0.6, 0.3 and 0.1 are as 6 to 3 to 1. The third comparison
        is 0, so its exponential is 1; the other two must have the
        exponentials 6 and 3, and be $\log6$ and $\log3$. They are
        $q_1/\sqrt2$ and $q_2/\sqrt2$. So
        $\mathbf q=\sqrt2\,(\log6,\log3)\approx(2.534,\ 1.554)$. Only
        *differences* of comparisons count.
        """,
    code="q = math.sqrt(2) * np.log([6.0, 3.0])",
)

a_query.wrong(
    "The comparisons are right before they are divided by the root of d = 2. "
    "The query must make up for it.",
    np.log([6.0, 3.0]),
)

a_query.wrong(
    "These are logarithms of the weights. But the third comparison is 0, not "
    "log 0.1: count from there.",
    math.sqrt(2) * np.log([0.6, 0.3]),
)

a_query.wrong(
    "The comparisons are not the weights: there is a softmax in between.",
    (0.6, 0.3),
)

a_query.wrong(
    "6 to 3 to 1 is the ratio of the exponentials. The comparisons are their "
    "logarithms.",
    math.sqrt(2) * np.array([6.0, 3.0]),
)

# ------------------------------------------------------------------------ 10b.2


@exercise(
    "10b.2",
    "How large is GPT-2?",
    cases=[(7, 5, 4, 1), (27, 12, 32, 2), (50257, 1024, 768, 12)],
    rtol=1e-12,
    hints=[
        "Start from the count in the chapter. Which layers have a bias now, "
        "and how long is it?",
        "A bias has one number for each column of its matrix. The four "
        "matrices of a pair of blocks have 3 D, D, 4 D and D columns.",
        "A norm has a gamma and a beta of D numbers each. There are two norms "
        "in each pair of blocks, and one at the end.",
    ],
    text=r"""
        The look has $D\cdot3D$ and $D\cdot D$ weights and $3D+D$ biases, the
        small network $2\cdot4D^2$ weights and $4D+D$ biases, the two norms
        $2\cdot2D$ numbers: together $12D^2+13D$. With the tables and the last
        norm, $(C+T)D+L(12D^2+13D)+2D$. GPT-2's smallest size has 124,439,808
        numbers, nearly a third of them in its table of tokens.
        """,
    trial="""
        assert count_gpt2(50_257, 1024, 768, 12) == 124_439_808
        """,
)
def count_gpt2(C, T, D, L):
    """Return how many numbers GPT-2 learns."""
    look = 3 * D**2 + 3 * D + D**2 + D
    network = 4 * D**2 + 4 * D + 4 * D**2 + D
    norms = 2 * 2 * D
    return C * D + T * D + L * (look + network + norms) + 2 * D


count_gpt2.wrong(
    "This is the chapter's GPT, which has no biases. GPT-2 has them in its "
    "linear layers, its attention and its norms.",
    lambda C, T, D, L: C * D + T * D + L * (12 * D**2 + 2 * D) + D,
)

count_gpt2.wrong(
    "The scores are made with the table of the input again. It is not counted "
    "twice.",
    count_gpt2.spoilt("return C * D", "return 2 * C * D"),
)

count_gpt2.wrong(
    "The norm at the very end is missing.",
    count_gpt2.spoilt(" + 2 * D\n", "\n"),
)

count_gpt2.wrong(
    "A norm has a beta, too, as long as its gamma.",
    count_gpt2.spoilt("2 * 2 * D", "2 * D", "2 * D\n", "D\n"),
)

# ------------------------------------------------------------------------ 10b.3


def _run_mask(who_sees, full, window):
    found = np.asarray(who_sees(full, window))
    return {"the mask": found != 0 if found.dtype.kind in "bif" else found}


_AHEAD = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]], dtype=bool)


@exercise(
    "10b.3",
    "Who may look where",
    use=_run_mask,
    cases=[
        (np.array([[True, True, True, True]]), 2),
        (_AHEAD, 3),
        (np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 0]], dtype=bool), 6),
        (np.array([[1, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1]], dtype=bool), 1),
    ],
    hints=[
        "Three questions for each pair: is s not behind t? Is it near enough? "
        "Is anything there? All three must be true.",
        "Let `t` be `np.arange(T)` as a column and `s` the same as a row. Then "
        "`t - s`, of shape (T, T), is how far back each pair looks.",
        "`full` says which *keys* count. So its T places belong on the last "
        "axis: `full[:, None, :]` has the shape (N, 1, T).",
    ],
    text=r"""
        How far back a pair looks, $t-s$, must be at least 0 and less than
        the window; that is one array $(T,T)$ for all sequences. Which keys
        hold something is one row for each sequence, the same for all
        queries, $(N,1,T)$. Broadcast together they are $(N,T,T)$. (With a
        window, the work can grow with $T$ and not with $T^2$.)
        """,
)
def who_sees(full, window):
    """Return (N, T, T) booleans: True where place t may look at place s."""
    T = full.shape[1]
    back = np.arange(T)[:, None] - np.arange(T)  # (T, T): t - s
    near = (back >= 0) & (back < window)
    return near & full[:, None, :]


who_sees.wrong(
    "The padding is masked on the wrong side. Nobody may look *at* an empty "
    "place: that concerns the keys, the last axis.",
    who_sees.spoilt("[:, None, :]", "[:, :, None]"),
)

who_sees.wrong(
    "One place too many: a window of 1 is the place itself, and nothing else.",
    who_sees.spoilt("< window", "<= window"),
)

who_sees.wrong(
    "It looks forwards. Rows are the places that look, columns those that are "
    "looked at: below the diagonal is the past.",
    who_sees.spoilt(
        "np.arange(T)[:, None] - np.arange(T)",
        "np.arange(T) - np.arange(T)[:, None]",
    ),
)

who_sees.wrong(
    "The window reaches into the future as well. Only the past is allowed.",
    who_sees.spoilt("(back >= 0)", "(back > -window)"),
)

# ------------------------------------------------------------------------ 10b.4


def _allowed(*rows):
    return np.array([[c == "x" for c in row] for row in rows])


@exercise(
    "10b.4",
    "A row that may look nowhere",
    cases=[
        (np.zeros((1, 4)), _allowed("x.xx")),
        (np.array([[1.0, 2, 3], [3, 0, 1]]), _allowed("x.x", "...")),
        (_random(4, 3), _allowed("..x", "xxx", "...", "xx.")),
        (_random(2, 3, 5), _random(2, 3, 5) > 0.3),
        (_random(3, 2, 1, 2), _random(3, 2, 1, 2) > 0),
    ],
    overflow=[
        (np.array([[1000.0, 999.0, 0.0]]), _allowed("xx.")),
        (np.array([[-900.0, 2000.0, -901.0]]), _allowed("x.x")),
        (np.array([[800.0, 801.0], [-800.0, -801.0]]), _allowed("xx", "xx")),
        (np.array([[-2e9, -2e9, 5.0], [1, 2, 3]]), _allowed("xx.", "...")),
        (np.array([[-1e10, -1e10, 1e10]]), _allowed("xx.")),
    ],
    hints=[
        "Two steps go wrong in a row without any key: minus infinity minus "
        "minus infinity, and 0 divided by 0. Both are `nan`.",
        "The largest number is subtracted only so that nothing overflows. In a "
        "row whose largest number is minus infinity, subtract 0 instead.",
        "Then all exponentials of such a row are 0, and so is their sum. "
        "Divide by 1 where the sum is 0.",
    ],
    text=r"""
        Two replacements, before anything goes wrong: the largest number of a
        row without keys is $-\infty$, so subtract 0 there; its sum is 0, so
        divide by 1. With $-10^9$ in the place of $-\infty$ such a row would
        have equal numbers, and so equal weights, on forbidden keys alone.
        """,
)
def row_weights(S, allowed):
    """Return the weights, each row's sum 1, or all 0 where no key is seen."""
    S = np.where(allowed, S, -np.inf)
    top = S.max(axis=-1, keepdims=True)
    E = np.exp(S - np.where(top == -np.inf, 0.0, top))
    total = E.sum(axis=-1, keepdims=True)
    return E / np.where(total == 0, 1.0, total)


row_weights.wrong(
    "In a row without any key this computes with minus infinity minus minus "
    "infinity, which is `nan`.",
    row_weights.spoilt("np.where(top == -np.inf, 0.0, top)", "top"),
)

row_weights.wrong(
    "A row of equal large negative numbers is softened to equal weights, on "
    "forbidden keys. Such a row must be 0.",
    row_weights.spoilt("allowed, S, -np.inf", "allowed, S, -1e9"),
)

row_weights.wrong(
    "The weights were set to 0 after the softmax: what is left no longer sums "
    "to 1.",
    lambda S, allowed: softmax(S) * allowed,
)

row_weights.wrong(
    "The largest number subtracted is that of a forbidden key. It may be so "
    "large that exp gives 0 for all that are allowed. Mask first.",
    lambda S, allowed: (
        lambda E: E / np.maximum(E.sum(axis=-1, keepdims=True), 1e-300)
    )(np.exp(S - S.max(axis=-1, keepdims=True)) * allowed),
)

# ------------------------------------------------------------------------ 10b.5


@exercise(
    "10b.5",
    "Turn by place",
    cases=[
        (np.array([[[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]]),),
        (_random(1, 1, 4, 6),),
        (_random(2, 3, 5, 4),),
        (_random(3, 2, 1, 8),),
    ],
    hints=[
        "First the angles: one for each place and each pair of numbers, so an "
        "array of shape (T, d/2).",
        "`x[..., 0::2]` holds the first number of each pair, `x[..., 1::2]` "
        "the second, both of shape (N, heads, T, d/2).",
        "Make an empty array as large as `x`, and fill its even and its odd "
        "columns by the two formulas.",
    ],
    text=r"""
        Pair $i$ at place $t$ is turned by $\omega_it$. Turn a query by
        $\omega_it$ and a key by $\omega_is$, and their product is what it
        would be if only one were turned, by the difference $\omega_i(t-s)$:
        comparisons know the *distance* alone. These are *rotary positions*
        (Su et al., 2024; first shown in 2021). Many large models turn queries
        and keys (not values) like this, and need no table of positions.
        """,
    trial="""
        q, k = np.random.default_rng(0).standard_normal((2, 8))
        Q, K = (rotate(np.tile(x, (1, 1, 5, 1))) for x in (q, k))
        S = Q[0, 0] @ K[0, 0].T  # (5, 5)
        print(S.round(2))  # the same along each diagonal
        assert np.allclose(S[1:, 1:], S[:-1, :-1])
        """,
)
def rotate(x):
    """Return x (N, heads, T, d), each pair turned by its place's angle."""
    T, d = x.shape[2:]
    frequency = 10000.0 ** (-np.arange(0, d, 2) / d)  # (d/2,)
    angle = np.arange(T)[:, None] * frequency  # (T, d/2)
    a, b = x[..., 0::2], x[..., 1::2]
    y = np.empty(x.shape)
    y[..., 0::2] = a * np.cos(angle) - b * np.sin(angle)
    y[..., 1::2] = a * np.sin(angle) + b * np.cos(angle)
    return y


rotate.wrong(
    "Turned the other way round. For each pair, look at the signs again.",
    rotate.spoilt("np.arange(T)[:", "-np.arange(T)[:"),
)


@rotate.wrong(
    "These pairs are the first half and the second half. Here a pair is two "
    "neighbours: 0 and 1, 2 and 3."
)
def _(x):
    d = x.shape[-1]
    order = np.arange(d).reshape(2, -1).T.ravel()  # 0, d/2, 1, d/2 + 1, …
    return rotate(x[..., order])[..., np.argsort(order)]


rotate.wrong(
    "The place is taken from the axis of the heads. It is the last but one.",
    lambda x: rotate(x.swapaxes(1, 2)).swapaxes(1, 2),
)

rotate.wrong(
    "Pair i has the exponent -2i/d: for d = 4 the frequencies are 1 and 0.01. "
    "Yours fall too slowly.",
    rotate.spoilt("-np.arange(0, d, 2) / d", "-np.arange(d // 2) / d"),
)

rotate.wrong(
    "The new first numbers are in `x` already when the second ones are "
    "computed. These need the old ones.",
    rotate.spoilt("a * np.sin", "y[..., 0::2] * np.sin"),
)


# ------------------------------------------------------------------------ 10b.6

_A, _B, _C = _random(3, 3), _random(3, 3), _random(3, 3)
_FULL = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]], dtype=bool)[:, None]


def _looking(x, allowed=None):
    return attention(x @ _A, x @ _B, x @ _C, allowed)[0]


def _normed(x):
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + 1e-3)


_TRI = np.tri(5, dtype=bool)
_NETWORKS = {
    "each place by itself": lambda x: np.tanh(x @ _A),
    "a running sum of one number": lambda x: (
        np.cumsum(x[..., 2:], axis=1) * [0, 1, 0]
    ),
    "the place before": lambda x: np.tanh(np.roll(x, 1, axis=1) @ _A),
    "attention to all": _looking,
    "causal attention": lambda x: _looking(x, _TRI),
    "causal, after a layer norm": lambda x: _looking(_normed(x), _TRI),
    "two places are padding, in one sequence": lambda x: _looking(x, _FULL),
    "nobody looks at place 0": lambda x: _looking(x, np.arange(5) > 0),
}


def _run_reach(reach, network):
    x = np.random.default_rng(6).standard_normal((2, 5, 3))
    x[:, 3] = 0
    before = x.copy()
    found = np.asarray(reach(_NETWORKS[network], x))
    if not np.array_equal(x, before):
        raise Misfit("it has changed `x`. Work on a copy")
    return {"the table": found != 0 if found.dtype.kind in "bif" else found}


@exercise(
    "10b.6",
    "Who reaches whom",
    use=_run_reach,
    cases=list(_NETWORKS),
    hints=[
        "One loop over the places of the input is enough. For each, change it "
        "in a copy of `x`, and see which places of the output move.",
        "Place s of the input fills *column* s of the table. An output place "
        "has moved if any of its numbers has, in any of the sequences.",
        "Do not move all D numbers of a place by the same amount: a layer norm "
        "undoes exactly that. Draw a different amount for each.",
    ],
    text=r"""
        A column at a time: move one place of the input, run the function
        again, and compare. The amounts are random, since a rule in them, such
        as the same for all D numbers, may be what the network does not see.
        The chapter's leak test asks only whether anything above the diagonal
        is True. (A False only says that *this* change had no effect.)
        """,
)
def reach(f, x):
    """Return (T, T) booleans: True where output t depends on input s."""
    T, D = x.shape[1:]
    y, found = f(x), np.zeros((T, T), dtype=bool)
    amount = np.random.default_rng(0).standard_normal(D)
    for s in range(T):
        changed = x.copy()
        changed[:, s] += amount
        moved = ~np.isclose(f(changed), y)  # (N, T, D)
        found[:, s] = moved.any(axis=(0, 2))
    return found


reach.wrong(
    "Rows and columns are exchanged: the row is the output that moves, the "
    "column the input that was changed.",
    lambda f, x: reach(f, x).T,
)

reach.wrong(
    "All numbers of a place were moved by the same amount. After a layer norm "
    "nothing is left of that.",
    reach.spoilt("standard_normal(D)", "standard_normal(1)"),
)

reach.wrong(
    "A place of zeros stays what it is when it is multiplied, or set to 0. Add "
    "something.",
    reach.spoilt("+= amount", "*= 1 + amount"),
)

reach.wrong(
    "Here all places from s on were changed, as in `leaks`. One at a time "
    "tells who it was.",
    reach.spoilt("changed[:, s]", "changed[:, s:]"),
)

reach.wrong(
    "Only the first sequence was looked at. Another one may have other "
    "padding.",
    lambda f, x: reach(lambda x: f(x)[:1], x),
)

reach.wrong(
    "A `nan` goes further than a number: 0 times `nan` is `nan`, so it passes "
    "every mask that is a weight of 0.",
    reach.spoilt("+= amount", "= np.nan"),
)

# ------------------------------------------------------------------------ 10b.7


def _take_turns(x, n, axis):
    return np.tile(x, (1, n, 1, 1))


def _cut_places(x, heads):
    return x.reshape(x.shape[0], heads, x.shape[1], -1)


def _no_transpose(x):
    return x.reshape(len(x), x.shape[2], -1)


def _heads_case(N, T, S, heads, shared, d, e):
    Q, K = _random(N, T, heads * d), _random(N, S, shared * d)
    return Q, K, _random(N, S, shared * e), heads, shared


@exercise(
    "10b.7",
    "Heads that share their keys",
    cases=[
        _heads_case(2, 3, 5, 4, 2, 3, 2),
        _heads_case(3, 5, 2, 6, 3, 1, 4),
        _heads_case(2, 4, 3, 6, 2, 2, 3),
        _heads_case(2, 1, 4, 3, 3, 2, 5),
        _heads_case(1, 4, 2, 5, 1, 3, 2),
    ],
    hints=[
        "First cut: `Q` into `heads` parts, `K` and `V` into `shared` parts. "
        "The chapter's `split` does it.",
        "Then each of the `shared` heads must stand as often as heads of the "
        "queries use it, one beside the other: 0, 0, 1, 1 and not 0, 1, 0, 1.",
        "`np.repeat(x, n, axis=1)` repeats each one n times in its place. Then "
        "`attention`, and `join`.",
    ],
    text=r"""
        Cut, repeat, attend, join. The only new step is the second:
        `np.repeat` along the axis of the heads, so that neighbours share.
        What it saves is memory in the cache, which keeps `K` and `V` as they
        come. With shared = 1, all heads ask one and the same dictionary
        (Shazeer, 2019); groups of heads were introduced by Ainslie et al.
        (2023).
        """,
)
def shared_heads(Q, K, V, heads, shared):
    """Return what all heads find, side by side, (N, T, heads * e)."""
    Q, K, V = split(Q, heads), split(K, shared), split(V, shared)
    K = np.repeat(K, heads // shared, axis=1)  # (N, heads, S, d)
    V = np.repeat(V, heads // shared, axis=1)  # (N, heads, S, e)
    return join(attention(Q, K, V)[0])


shared_heads.wrong(
    "The shared heads take turns here: 0, 1, 0, 1. Neighbours must share: 0, "
    "0, 1, 1.",
    shared_heads.spoilt("np.repeat(", "_take_turns("),
)

shared_heads.wrong(
    "A reshape straight to (N, heads, T, d) cuts the *places* into groups. "
    "Reshape to (N, T, heads, d) and transpose.",
    shared_heads.spoilt("split(", "_cut_places("),
)

shared_heads.wrong(
    "The comparisons are divided by the root of the width of *one* head, not "
    "of all.",
    lambda Q, K, V, heads, shared: shared_heads(
        Q / math.sqrt(heads), K, V, heads, shared
    ),
)

shared_heads.wrong(
    "What the heads find is put side by side without moving their axis back "
    "behind the places.",
    shared_heads.spoilt("join(", "_no_transpose("),
)

# ------------------------------------------------------------------------ 10b.8


def _run_pieces(go_on, heads, pieces):
    rng, past, found = np.random.default_rng(8), None, {}
    for i, n in enumerate(pieces, 1):
        Q, K = rng.standard_normal((2, 2, heads, n, 4))
        V = rng.standard_normal((2, heads, n, 3))
        result = go_on(Q, K, V, past)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Misfit("expected two things, what is found and the past")
        found[f"piece {i}"], past = result
    return found


@exercise(
    "10b.8",
    "Go on where you stopped",
    use=_run_pieces,
    cases=[
        (3, (1, 1, 1)),
        (3, (4,)),
        (3, (4, 1, 1)),
        (5, (1, 3, 2)),
    ],
    hints=[
        "Put the old keys in front of the new ones, along the axis of the "
        "places, and the values as well. This is also the new past.",
        "Of S keys, the last M are the new places themselves. New place i may "
        "see all S - M old ones, and i + 1 of the new.",
        "So the mask has the shape (M, S): `np.arange(S)` as a row, not larger "
        "than `np.arange(S - M, S)` as a column.",
    ],
    text=r"""
        The past in front, then the *last* M rows of the whole causal mask
        $(S,S)$: new place $i$ is place $S-M+i$ of the text. With one new
        place the row is all True, and no mask is needed, as in the chapter.
        `np.tri(M, S)` would be the *first* rows, and hide the past.
        """,
)
def go_on(Q, K, V, past=None):
    """Return what the new places find, and the past for the next call."""
    if past is not None:
        K = np.concatenate([past[0], K], axis=2)
        V = np.concatenate([past[1], V], axis=2)
    M, S = Q.shape[2], K.shape[2]
    allowed = np.arange(S) <= np.arange(S - M, S)[:, None]  # (M, S)
    return attention(Q, K, V, allowed)[0], (K, V)


go_on.wrong(
    "Nothing is masked. Among several new places, an earlier one sees a later "
    "one.",
    go_on.spoilt("V, allowed", "V"),
)

go_on.wrong(
    "`np.tri(M, S)` begins at the first key, so the first new place sees one "
    "place of the past alone. New places stand behind all of it.",
    go_on.spoilt("np.arange(S - M, S)", "np.arange(M)"),
)

go_on.wrong(
    "The past was lost. Put its keys and values in front of the new ones.",
    go_on.spoilt("past is not None", "False"),
)

go_on.wrong(
    "Only the last piece is handed on. The past must grow: hand on the old "
    "keys and values and the new ones.",
    lambda Q, K, V, past=None: (go_on(Q, K, V, past)[0], (K, V)),
)

# ------------------------------------------------------------------------ 10b.9


def _run_rms(backward, dy, x, gamma, eps):
    dx, dgamma = backward(dy, x, gamma, eps)
    return {"dgamma": dgamma, "dx": dx}


@exercise(
    "10b.9",
    "Back through a norm without a mean",
    use=_run_rms,
    cases=[
        (np.array([[[1.0, 0.0]]]), np.array([[[3.0, 4.0]]]), np.ones(2), 0.0),
        (_random(2, 3, 4), _random(2, 3, 4), np.ones(4), 1e-5),
        (_random(3, 2, 5), _random(3, 2, 5), _random(5), 1e-5),
        (_random(2, 4, 3), _random(2, 4, 3), _random(3), 0.5),
    ],
    hints=[
        "In how many ways does one number of a place act on the numbers of "
        "`y`? Compare with layer norm: which of its three ways is gone?",
        "Two are left: directly, and through r. From r² = mean of x² + eps "
        "follows that the derivative of r with respect to x_i is x̂_i / D.",
        "`gamma` is the same at all places of all sequences: its gradients "
        "add up over both axes.",
    ],
    text=r"""
        With $d_i=\gamma_i\bar y_i$: directly, $x_i$ gets $d_i/r$. Since
        $\partial\hat x_j/\partial r=-\hat x_j/r$, the number $r$ gets
        $-\frac1r\sum_jd_j\hat x_j$, of which $x_i$ has the share
        $\partial r/\partial x_i=\hat x_i/D$. Together

        $$
        \bar x_i=\frac1r\Bigl(d_i-\hat x_i\,\frac1D\sum_jd_j\hat x_j\Bigr),
        $$

        which is (10b.5) without its middle term: where no mean is taken
        off, the gradient keeps its own. Many large models use this *RMS
        norm*, for root mean square (Zhang and Sennrich, 2019): it is a little
        less work.
        """,
)
def rms_backward(dy, x, gamma, eps):
    """Return dx, of the shape of x, and dgamma (D,)."""
    r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)  # (N, T, 1)
    x_hat = x / r
    d = gamma * dy
    along = (d * x_hat).mean(axis=-1, keepdims=True)
    return (d - x_hat * along) / r, (dy * x_hat).sum(axis=(0, 1))


rms_backward.wrong(
    "This takes the mean off the gradient, as layer norm does. No mean was "
    "taken off on the way forward.",
    rms_backward.spoilt("(d - x", "(d - d.mean(axis=-1, keepdims=True) - x"),
)

rms_backward.wrong(
    "r depends on `x`, too: the way through it is missing.",
    rms_backward.spoilt(" - x_hat * along", ""),
)

rms_backward.wrong(
    "`gamma` multiplies the gradient on its way to `x`, before all else.",
    rms_backward.spoilt("d = gamma * dy", "d = dy"),
)

rms_backward.wrong(
    "`gamma` has multiplied x̂, not `x`: its gradient is the sum of dy x̂.",
    rms_backward.spoilt("(dy * x_hat).sum", "(dy * x).sum"),
)

# ----------------------------------------------------------------------- 10b.10


def _slope_case(N, heads, T, e, masked):
    S = _random(N, heads, T, T)
    S = np.where(np.tri(T), S, -np.inf) if masked else S
    return _random(N, heads, T, e), _random(N, heads, T, e), softmax(S)


@exercise(
    "10b.10",
    "A slope to be learnt",
    cases=[
        _slope_case(1, 1, 2, 1, False),
        _slope_case(2, 3, 4, 5, False),
        _slope_case(3, 2, 5, 4, True),
        _slope_case(4, 5, 3, 2, True),
    ],
    hints=[
        "Go back in the chapter's order: from the output to the weights, then "
        "through the softmax to the comparisons. That far nothing is new.",
        "How does a comparison change if the slope of its head grows a little? "
        "By minus the distance; no root of d stands there.",
        "One slope serves all T² pairs of its head, in all N sequences. So add "
        "over three of the four axes.",
    ],
    text=r"""
        $\bar A=\bar OV^\top$ and (10b.4) give $\bar S$ as before. Since
        $\partial S_{ts}/\partial m=-|t-s|$, and $m$ stands in every
        comparison of its head,
        $\bar m=-\sum_{n,t,s}\bar S_{nts}\,|t-s|$. In words: the slope grows
        if the values of far places were worse than what the row found on
        average. Behind a mask $A$ is 0, so $\bar S$ is 0 as well, and nothing
        special is needed. (Press et al. (2022) introduced such slopes, as
        *ALiBi*, for attention with linear biases. Theirs are fixed, another
        one for each head, and not learnt.)
        """,
)
def slope_gradient(dO, V, A):
    """Return the gradients of the slopes, (heads,)."""
    T = A.shape[-1]
    distance = abs(np.arange(T)[:, None] - np.arange(T))  # (T, T)
    dA = dO @ np.swapaxes(V, -1, -2)  # (N, heads, T, T)
    dS = A * (dA - (A * dA).sum(axis=-1, keepdims=True))
    return -(dS * distance).sum(axis=(0, 2, 3))


slope_gradient.wrong(
    "The sign: a larger slope makes the comparisons of far places *smaller*.",
    lambda dO, V, A: -slope_gradient(dO, V, A),
)

slope_gradient.wrong(
    "The way through the softmax is missing: this is the gradient of the "
    "weights, not of the comparisons.",
    slope_gradient.spoilt("(dS * dis", "(dA * dis"),
)

slope_gradient.wrong(
    "Through the softmax, the mean that the row found must be taken off.",
    slope_gradient.spoilt(" - (A * dA).sum(axis=-1, keepdims=True)", ""),
)

slope_gradient.wrong(
    "The row's mean was taken over the wrong axis. Each *row* is one softmax: "
    "the last axis.",
    slope_gradient.spoilt("(axis=-1", "(axis=-2"),
)

# ---------------------------------------------------------------------- 10b.lab


def _untrained():
    """Return a small GPT whose answers depend on where a token stands."""
    rng = np.random.default_rng(3)
    model = models.gpt(8, 9, 12, 3, 2, rng=rng)
    for p in model.parameters:
        p.value = p.value + 0.6 * rng.standard_normal(p.value.shape)
    return model


def _run_write(write, ids, n):
    written = write(_untrained(), ids, n)
    return {"what was given": written[:, : ids.shape[1]], "written": written}


def _too_much_work(write):
    """Return a sentence if places are computed again, or the cache goes on."""
    model, places = _untrained(), []
    last = model.layers[0].layers[-1]
    norm = last.forward
    last.forward = lambda x, *_: places.append(x.shape[1]) or norm(x)
    write(model, np.array([[1, 2, 3]]), 4)
    tied = model.layers[0]
    if any(block.layers[1].past is not None for block in tied.layers[1:-1:2]):
        return "The layers still keep keys and values: set each `past` to None."
    text = f"The tokens are right, but {sum(places)} places were computed for "
    text += "3 + 4 tokens: with the cache, only new ones need be."
    return text if sum(places) > 7 else None


@exercise(
    "10b.lab",
    "Find the bug and repair it",
    use=_run_write,
    verify=_too_much_work,
    cases=[
        (np.array([[3, 7]]), 1),
        (np.array([[3]]), 8),
        (np.array([[6, 2, 0], [2, 3, 6]]), 4),
        (_rng.integers(0, 8, (3, 2)), 5),
    ],
    hints=[
        "The first new token is right, all others may be wrong. What is "
        "different in the second round?",
        "Print the shape of `x` in each round. From the second one on there "
        "is one place alone. Which rows of the table of positions does it get?",
        "The place where `new` begins in the text is known: as many tokens as "
        "`ids` has now, without those in `new` itself.",
    ],
    text="""
        The keys and values were kept, and rightly. But the new token comes
        alone, and `P[: new.shape[1]]` gives it the first row of the table: it
        asks what place 0 would ask. Only the first new token is right, since
        it comes from the round in which all that was given went in.

        How many places were before is part of the state, and must be kept
        with the cache. Neither training nor the loss can notice the bug, for
        neither writes. One line can: with the cache and without it, the same
        tokens must come out.
        """,
)
def write_on(model, ids, n):
    """Append the likeliest token to ids (N, T), n times."""
    tied = model.layers[0]
    E, (table, *body) = tied.embedding.W.value, tied.layers
    P, looks = table.W.value, [block.layers[1] for block in body[:-1:2]]
    for look in looks:
        look.past = ()  # from now on it keeps keys and values
    new = ids
    for _ in range(n):
        start = ids.shape[1] - new.shape[1]  # how many were before
        x = E[new] + P[start : ids.shape[1]]
        for layer in body:
            x = layer.forward(x)
        new = (x[:, -1:] @ E.T).argmax(axis=-1)  # (N, 1)
        ids = np.append(ids, new, axis=1)
    for look in looks:
        look.past = None
    return ids


@write_on.starts_with(
    "From its second round on, this gives each new token row 0 of the table of "
    "positions, as if it stood first."
)
def _hers(model, ids, n):
    tied = model.layers[0]
    E, (table, *body) = tied.embedding.W.value, tied.layers
    P, looks = table.W.value, [block.layers[1] for block in body[:-1:2]]
    for look in looks:
        look.past = ()  # from now on it keeps keys and values
    new = ids
    for _ in range(n):
        x = E[new] + P[: new.shape[1]]
        for layer in body:
            x = layer.forward(x)
        new = (x[:, -1:] @ E.T).argmax(axis=-1)  # (N, 1)
        ids = np.append(ids, new, axis=1)
    for look in looks:
        look.past = None
    return ids


write_on.wrong(
    "Now the whole text goes in each time, and the cache still keeps what was "
    "there before: it holds the same places again and again.",
    write_on.spoilt(
        "ids = np.append(ids, new,", "new = ids = np.append(ids, new,"
    ),
)

write_on.wrong(
    "In the first round several tokens go in, and each needs its own row of "
    "the table. Here all of them get that of the last one.",
    write_on.spoilt("P[start : ids.shape[1]]", "P[ids.shape[1] - 1]"),
)

write_on.wrong(
    "Now no layer keeps anything: a new token sees itself alone, and no past.",
    write_on.spoilt("look.past = ()", "look.past = None"),
)
