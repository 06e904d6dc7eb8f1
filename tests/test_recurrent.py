"""Recurrent layers: exact cases, gradients through time, and the state."""

import copy
import math

import numpy as np
import pytest

from dlscratch import layers, recurrent
from dlscratch.datasets import Dataset
from dlscratch.gradients import check_gradients, numerical_gradient, relative_error
from dlscratch.layers import Linear, MeanSquaredError, SoftmaxCrossEntropy
from dlscratch.models import Sequential
from dlscratch.optimizers import Adam
from dlscratch.parallel import DataParallel
from dlscratch.recurrent import GRU, LSTM, RNN, Embedding, carry
from dlscratch.training import train

KINDS = [RNN, LSTM, GRU]
EXACT = {"rtol": 0, "atol": 1e-12}


def of_ones(kind, weights=0.5):
    """Return a layer with one number everywhere, and all weights the same."""
    layer = kind(1, 1, rng=np.random.default_rng(0))
    for p in (layer.Wx, layer.Wh):
        p.value = np.full(p.value.shape, weights)
    return layer


def some(kind, n_in=3, n_hidden=4, seed=0, **settings):
    """Return a layer whose biases are not 0 either."""
    rng = np.random.default_rng(seed)
    layer = kind(n_in, n_hidden, rng=rng, **settings)
    for p in layer.parameters:
        p.value = (p.value + 0.3 * rng.standard_normal(p.value.shape)).astype(
            p.value.dtype
        )
    return layer


def sequences(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def letters(kind=LSTM, n=5, seed=0, dtype=np.float64):
    """Return a small network that says which letter comes next."""
    rng = np.random.default_rng(seed)
    stack = [
        Embedding(n, 3, rng=rng, dtype=dtype),
        kind(3, 6, rng=rng, dtype=dtype),
        Linear(6, n, rng=rng, dtype=dtype),
    ]
    return Sequential(stack, SoftmaxCrossEntropy(ignore_index=-1))


def some_letters(N=4, T=6, n=5, seed=2):
    ids = np.random.default_rng(seed).integers(n, size=(N, T + 1))
    return ids[:, :-1].copy(), ids[:, 1:].copy()


class TestExact:
    """What was computed with all digits elsewhere."""

    def test_rnn(self):
        layer = of_ones(RNN)
        layer.Wx.value = np.array([[1.0]])
        y = layer.forward(np.array([[[1.0], [0.0], [0.0]]]))
        expected = [0.7615941559557649, 0.36339948438905245, 0.1797262071203191]
        np.testing.assert_allclose(y.ravel(), expected, **EXACT)
        layer.backward(np.array([[[0.0], [0.0], [1.0]]]))
        np.testing.assert_allclose(layer.Wh.grad, 0.6714945084494793, **EXACT)
        np.testing.assert_allclose(layer.Wx.grad, 0.08818463905451794, **EXACT)

    def test_lstm(self):
        layer = of_ones(LSTM)
        x = np.array([[[1.0], [0.0]]])
        h = [0.17426971865610508, 0.13291100797676328]
        np.testing.assert_allclose(layer.forward(x).ravel(), h, **EXACT)
        cells = []
        for k in (1, 2):
            layer.forward(x[:, :k])
            cells.append(layer.state[1])
        c = [0.28764913664496794, 0.26046568835440076]
        np.testing.assert_allclose(np.ravel(cells), c, **EXACT)

    def test_gru(self):
        layer = of_ones(GRU)
        x = np.array([[[1.0], [0.0]]])
        expected = [0.17446802061504182, 0.1127885305761506]
        np.testing.assert_allclose(layer.forward(x).ravel(), expected, **EXACT)

    def test_the_reset_gate_comes_after_the_product(self):
        layer = of_ones(GRU)
        layer.b.value[:] = 0.5
        layer.bh.value[2] = 0.5  # r and z have one bias of a half, n has both
        y = layer.forward(np.array([[[1.0], [0.0]]]))
        expected = [0.236041630864080, 0.404510091608865]
        np.testing.assert_allclose(y.ravel(), expected, **EXACT)

    @pytest.mark.parametrize(
        ("w", "expected"),
        [(0.9, 0.0029512665430652825), (1.0, 100), (1.1, 1252782.9399838527)],
    )
    def test_a_weight_that_is_used_a_hundred_times(self, w, expected):
        """Without tanh h would be w¹⁰⁰: so small a state that tanh does not show."""
        layer = of_ones(RNN, w)
        tiny = 1e-12
        layer.start = np.full((1, 1, 1), tiny)
        layer.forward(np.zeros((1, 100, 1)))
        dy = np.zeros((1, 100, 1))
        dy[0, -1] = 1
        layer.backward(dy)
        assert layer.Wh.grad.item() / tiny == pytest.approx(expected, rel=1e-11)
        assert layer.start_grad.item() == pytest.approx(w**100, rel=1e-11)


def by_hand(layer, x, h):
    """Go through one sequence x (T, D) with PyTorch's formulas, gate by gate."""
    H = len(h)
    cut = range(H, layer.n_gates * H, H)
    sigmoid = np.vectorize(lambda v: 1 / (1 + math.exp(-v)))
    c, found = np.zeros(H), []
    for now in x:
        a = np.split(now @ layer.Wx.value + layer.b.value, cut)
        u = np.split(h @ layer.Wh.value, cut)
        if isinstance(layer, RNN):
            h = np.tanh(a[0] + u[0])
        elif isinstance(layer, LSTM):
            i, f, g, o = (p + q for p, q in zip(a, u, strict=True))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            u = [p + q for p, q in zip(u, np.split(layer.bh.value, cut), strict=True)]
            r, z = sigmoid(a[0] + u[0]), sigmoid(a[1] + u[1])
            h = (1 - z) * np.tanh(a[2] + r * u[2]) + z * h
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("kind", KINDS)
def test_each_sequence_goes_by_the_formulas(kind):
    layer, x = some(kind), sequences(2, 5, 3)
    y = layer.forward(x)
    assert y.shape == (2, 5, 4)
    for own, one in zip(y, x, strict=True):
        np.testing.assert_allclose(own, by_hand(layer, one, np.zeros(4)), **EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_first_values(kind):
    layer = kind(3, 50, rng=np.random.default_rng(0))
    G = {RNN: 1, LSTM: 4, GRU: 3}[kind]
    assert layer.Wx.value.shape == (3, G * 50)
    assert layer.Wh.value.shape == (50, G * 50)
    assert layer.b.value.shape == (G * 50,)
    assert layer.Wh.value.std() == pytest.approx(1 / math.sqrt(50), rel=0.1)
    assert layer.Wx.value.std() == pytest.approx(1 / math.sqrt(3), rel=0.2)
    assert [p.decay for p in layer.parameters[:3]] == [True, True, False]
    biases = {p.name: p.value for p in layer.parameters[2:]}
    assert biases.keys() == ({"b", "bh"} if kind is GRU else {"b"})
    if kind is LSTM:
        assert (biases["b"][50:100] == 1).all()
        biases["b"][50:100] = 0
    assert not any(b.any() for b in biases.values())


def test_the_forget_gate_starts_as_told():
    layer = LSTM(2, 3, forget_bias=-0.5, rng=np.random.default_rng(0))
    assert layer.b.value.tolist() == 3 * [0] + 3 * [-0.5] + 6 * [0]


# ------------------------------------------------------------------- the way back


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("started", [False, True])
def test_gradients(kind, started):
    layer, x, t = some(kind), sequences(2, 5, 3), sequences(2, 5, 4, seed=2)
    if started:
        layer.start = sequences(layer.n_states, 2, 4, seed=3)
    model = Sequential([layer], MeanSquaredError())
    errors = check_gradients(model, x, t)
    assert errors.keys() == {"x", *(p.name for p in model.parameters)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_the_start(kind):
    layer, x, dy = some(kind), sequences(2, 3, 3), sequences(2, 3, 4, seed=2)

    def loss_from(start):
        layer.start = start
        return (layer.forward(x) * dy).sum()

    start = sequences(layer.n_states, 2, 4, seed=3)
    expected = numerical_gradient(loss_from, start, 1e-5)
    loss_from(start)
    layer.backward(dy)
    assert relative_error(layer.start_grad, expected) < 1e-8


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_a_network_of_letters(kind):
    model = letters(kind)
    x, t = some_letters()
    t[0, 3:] = -1
    errors = check_gradients(model, x, t)
    assert errors.keys() == {p.name for p in model.parameters}
    model.loss(x, t)
    assert model.backward() is None


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_two_layers_on_each_other(kind):
    stack = [some(kind), layers.Tanh(), some(kind, 4, 2, seed=4)]
    model = Sequential(stack, MeanSquaredError())
    check_gradients(model, sequences(2, 3, 3), sequences(2, 3, 2, seed=2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_layer_needs_no_gradient_of_its_input(kind):
    layer, x, dy = some(kind), sequences(2, 3, 3), sequences(2, 3, 4)
    layer.forward(x)
    layer.backward(dy)
    grads = [p.grad for p in layer.parameters]
    assert layer.backward(dy, input_gradient=False) is None
    for p, grad in zip(layer.parameters, grads, strict=True):
        np.testing.assert_array_equal(p.grad, grad)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_was_given_is_changed(kind):
    layer, x, dy = some(kind), sequences(2, 3, 3), sequences(2, 3, 4)
    layer.start = sequences(layer.n_states, 2, 4)
    given = [x, dy, layer.start, *(p.value for p in layer.parameters)]
    kept = copy.deepcopy(given)
    y = layer.forward(x)
    first = y.copy()
    layer.backward(dy)
    layer.forward(x + 1)
    np.testing.assert_array_equal(y, first)
    for now, before in zip(given, kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("kind", KINDS)
def test_large_numbers_do_not_overflow(kind):
    layer = some(kind)
    y = layer.forward(1e4 * sequences(2, 3, 3))
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(np.ones_like(y))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32_and_agrees(kind):
    exact, layer = some(kind), some(kind, dtype=np.float32)
    x, dy = sequences(2, 5, 3), sequences(2, 5, 4)
    for p, q in zip(exact.parameters, layer.parameters, strict=True):
        p.value = q.value.astype(np.float64)
    np.testing.assert_allclose(layer.forward(x), exact.forward(x), atol=1e-6)
    dx = layer.backward(dy.astype(np.float32))
    np.testing.assert_allclose(dx, exact.backward(dy), atol=1e-5)
    arrays = [layer.forward(x), dx, layer.state, layer.start_grad]
    arrays += [p.grad for p in layer.parameters]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


# -------------------------------------------------------------------- the embedding


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint32", "int64", "uint64"])
def test_an_embedding_takes_whole_numbers_of_all_kinds(dtype):
    layer = Embedding(5, 3, rng=np.random.default_rng(0))
    ids = np.array([[4, 0], [2, 2]], dtype=dtype)
    np.testing.assert_array_equal(layer.forward(ids), layer.W.value[[[4, 0], [2, 2]]])
    layer.backward(np.ones((2, 2, 3)))
    np.testing.assert_array_equal(layer.W.grad[:, 0], [1, 0, 2, 0, 1])


def test_an_embedding_is_a_linear_layer_of_one_hot_rows():
    rng = np.random.default_rng(0)
    layer, x = Embedding(5, 3, rng=rng), rng.integers(5, size=(4, 6))
    linear = Linear(5, 3, rng=rng)
    linear.W.value = layer.W.value
    hot, dy = np.eye(5)[x], rng.standard_normal((4, 6, 3))
    np.testing.assert_allclose(layer.forward(x), linear.forward(hot), **EXACT)
    linear.backward(dy)
    assert layer.backward(dy) is None
    np.testing.assert_allclose(layer.W.grad, linear.W.grad, **EXACT)


def test_ids_that_are_not_there_get_no_gradient():
    layer = Embedding(5, 3, rng=np.random.default_rng(0))
    layer.forward([3, 1, 3])
    layer.backward(np.ones((3, 3)))
    assert layer.W.grad.tolist() == [[0] * 3, [1] * 3, [0] * 3, [2] * 3, [0] * 3]
    layer.forward(np.zeros((0, 2), int))
    layer.backward(np.zeros((0, 2, 3)))
    assert not layer.W.grad.any()


def test_first_vectors_are_normal():
    W = Embedding(100, 50, rng=np.random.default_rng(0)).W
    assert W.value.std() == pytest.approx(1, abs=0.02)
    assert W.decay


# ------------------------------------------------------------------------ the state


@pytest.mark.parametrize("kind", KINDS)
def test_parts_that_carry_the_state_are_one_long_run(kind):
    model = Sequential([some(kind), some(kind, 4, 2, seed=5)])
    x = sequences(2, 9, 3)
    whole = model.predict(x)
    with carry(model):
        parts = [model.predict(x[:, i : i + 2]) for i in range(0, 9, 2)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, **EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_gradients_end_where_a_part_begins(kind):
    """The second part's gradients are those of a run from a constant state."""
    x, t = sequences(2, 6, 3), sequences(2, 6, 4, seed=2)
    layer, alone = some(kind), some(kind)
    model = Sequential([layer], MeanSquaredError())
    alone.forward(x[:, :3])
    alone.start = alone.state
    expected = Sequential([alone], MeanSquaredError())
    expected.loss(x[:, 3:], t[:, 3:])
    dx = expected.backward()
    with carry(model):
        model.predict(x[:, :3])
        model.loss(x[:, 3:], t[:, 3:])
        np.testing.assert_array_equal(model.backward(), dx)
    for p, q in zip(layer.parameters, alone.parameters, strict=True):
        np.testing.assert_array_equal(p.grad, q.grad)


@pytest.mark.parametrize("kind", KINDS)
def test_no_pass_begins_where_another_ended(kind):
    layer = some(kind)
    model, x = Sequential([layer]), sequences(2, 4, 3)
    first = model.predict(x)
    np.testing.assert_array_equal(model.predict(x), first)
    with carry(model):
        model.predict(x)
        assert not np.array_equal(model.predict(x), first)
    np.testing.assert_array_equal(model.predict(x), first)
    with pytest.raises(ValueError, match="expected x of shape"), carry(model):
        model.predict(model.predict(x))  # as if something were interrupted
    np.testing.assert_array_equal(model.predict(x), first)
    model.predict(x[:1])  # of another size, and from zeros again


def test_a_start_of_ones_own_is_there_again_after_carrying():
    layer = some(LSTM)
    layer.start = own = sequences(2, 2, 4)
    model, x = Sequential([layer]), sequences(2, 4, 3)
    first = model.predict(x)
    with carry(model):
        np.testing.assert_array_equal(model.predict(x), first)
        model.predict(x)
    assert layer.start is own
    np.testing.assert_array_equal(model.predict(x), first)


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_is_kept_apart_from_the_output(kind):
    layer = some(kind)
    y = layer.forward(sequences(2, 4, 3))
    np.testing.assert_array_equal(layer.state[0], y[:, -1])
    kept = layer.state.copy()
    y[:] = 0
    np.testing.assert_array_equal(layer.state, kept)


def generate(model, n, seed):
    """Draw n letters, one at a time."""
    rng, ids = np.random.default_rng(seed), [0]
    with carry(model):
        for _ in range(n):
            logits = model.predict(np.array([[ids[-1]]]))[0, -1]
            p = np.exp(logits - logits.max())
            ids.append(int(rng.choice(len(p), p=p / p.sum())))
    return ids


@pytest.mark.parametrize("kind", KINDS)
def test_generation_letter_by_letter(kind):
    """Each letter is drawn as if all before it were read anew."""
    model = letters(kind)
    ids = generate(model, 8, seed=3)
    assert ids == generate(model, 8, seed=3) != generate(model, 8, seed=4)
    rng = np.random.default_rng(3)
    for k in range(1, 9):
        logits = model.predict(np.array([ids[:k]]))[0, -1]
        p = np.exp(logits - logits.max())
        assert ids[k] == rng.choice(len(p), p=p / p.sum())


def test_carrying_wants_a_recurrent_layer():
    plain = Sequential([Linear(2, 2, rng=np.random.default_rng(0))])
    with pytest.raises(ValueError, match=r"carry: expected a model with recurrent"):
        with carry(plain):
            pass
    block = Sequential([layers.Residual([some(RNN, 3, 3)])])
    x = sequences(1, 4, 3)
    with carry(block):
        parts = [block.predict(x[:, :1]), block.predict(x[:, 1:])]
    np.testing.assert_allclose(np.concatenate(parts, 1), block.predict(x), **EXACT)


# -------------------------------------------------------------------------- padding


@pytest.mark.parametrize("kind", KINDS)
def test_padding_at_the_end_changes_neither_loss_nor_gradients(kind):
    model = letters(kind)
    x, t = some_letters()
    t[1, 4:] = -1
    loss = model.loss(x, t)
    model.backward()
    grads = [p.grad for p in model.parameters]
    longer = np.concatenate([x, np.full((4, 3), 2)], axis=1)
    ignored = np.concatenate([t, np.full((4, 3), -1)], axis=1)
    assert model.loss(longer, ignored) == pytest.approx(loss, rel=1e-12)
    model.backward()
    for p, grad in zip(model.parameters, grads, strict=True):
        np.testing.assert_allclose(p.grad, grad, rtol=1e-10, atol=1e-14)
    x[1, 4:] = 3  # what stands behind the end of one sequence
    assert model.loss(x, t) == pytest.approx(loss, rel=1e-12)


# ------------------------------------------------------- files, copies, threads, use


@pytest.mark.parametrize("kind", KINDS)
def test_files_and_copies_give_the_same(kind, tmp_path):
    model = letters(kind)
    x, t = some_letters()
    with carry(model):
        model.loss(x, t)
        model.save(tmp_path / "m.npz")  # what a pass left behind is no part of it
    y = model.predict(x)
    loaded = Sequential.load(tmp_path / "m.npz")
    np.testing.assert_array_equal(loaded.predict(x), y)
    assert repr(loaded) == repr(model)
    twin = copy.deepcopy(model)
    np.testing.assert_array_equal(twin.predict(x), y)
    twin.parameters[1].value += 1
    np.testing.assert_array_equal(model.predict(x), y)


def test_how_they_are_shown():
    assert repr(letters().layers) == "[Embedding(5, 3), LSTM(3, 6), Linear(6, 5)]"


def test_a_file_alone_names_its_layers(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "m.npz"
    letters().save(path)
    program = f"from dlscratch.models import Sequential; Sequential.load({str(path)!r})"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_threads_give_the_same_gradients():
    one, two = letters(), letters()
    x, t = some_letters()
    t[:2, 2:] = -1
    loss = one.loss(x, t)
    one.backward()
    with DataParallel(two, workers=2) as parallel:
        assert parallel.loss(x, t) == pytest.approx(loss, rel=1e-12)
        assert parallel.backward() is None
    for p, q in zip(one.parameters, two.parameters, strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_to_remember(kind):
    """Say at the last of four steps which letter was the first."""
    rng = np.random.default_rng(0)
    x = rng.integers(4, size=(200, 4))
    t = np.full_like(x, -1)
    t[:, -1] = x[:, 0]
    model = letters(kind, dtype=np.float32)
    optimizer = Adam(model.parameters, lr=0.02)
    history = train(model, Dataset(x, t, x, t), optimizer, 20, rng=rng, clip_norm=1.0)
    assert history.train_accuracy[-1] == 1.0
    assert history.test_loss[-1] < 0.2


# --------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(), (3,), (2, 3), (2, 4, 5), (2, 0, 3), (1, 2, 3, 3)]
)
def test_shapes_that_are_no_sequences(kind, shape):
    words = rf"{kind.__name__}: expected x of shape \(N, T, 3\) with at least one step"
    with pytest.raises(ValueError, match=words):
        some(kind).forward(np.zeros(shape))


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_does_not_fit(kind):
    layer = some(kind)
    layer.forward(sequences(2, 4, 3))
    layer.start = layer.state
    words = (
        rf"{kind.__name__}: expected a start of shape .*, 5, 4\), got .*, 2, 4\); set"
    )
    with pytest.raises(ValueError, match=words):
        layer.forward(sequences(5, 4, 3))


@pytest.mark.parametrize("kind", [*KINDS, Embedding])
def test_misuse(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__}: expected rng=numpy"):
        kind(3, 4)
    layer = kind(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(RuntimeError, match=f"call {kind.__name__}.forward first"):
        layer.backward(np.zeros((2, 4, 4)))
    layer.forward(np.zeros((2, 4), int) if kind is Embedding else sequences(2, 4, 3))
    with pytest.raises(
        ValueError, match=f"{kind.__name__}.backward: expected dy of sh"
    ):
        layer.backward(np.zeros((2, 3, 4)))


def test_ids_are_whole_numbers_in_range():
    layer = Embedding(3, 2, rng=np.random.default_rng(0))
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match=r"ids from 0 to 2, got .*0? ?to"):
            layer.forward([[0, wrong]])
    with pytest.raises(TypeError, match="expected whole numbers, got dtype float64"):
        layer.forward([[0.0]])


def test_every_layer_is_tried():
    found = {v for v in vars(recurrent).values() if isinstance(v, type)}
    ours = {v for v in found if v.__module__ == recurrent.__name__}
    assert ours == {*KINDS, Embedding, recurrent.Recurrent}
