"""Attention and the transformer: exact numbers, gradients, leaks, the cache, errors."""

import math

import numpy as np
import pytest

from dlscratch import attention as module
from dlscratch import layers, models, optimizers
from dlscratch.attention import (
    GELU,
    CrossAttention,
    EncoderDecoder,
    LayerNorm,
    PositionEmbedding,
    SelfAttention,
    Tied,
    attention,
    attention_gradients,
    generate,
    sinusoids,
)
from dlscratch.datasets import Dataset
from dlscratch.gradients import check_gradients, numerical_gradient, relative_error
from dlscratch.layers import Linear, MeanSquaredError, Residual, SoftmaxCrossEntropy
from dlscratch.models import Sequential, gpt
from dlscratch.parallel import DataParallel
from dlscratch.recurrent import GRU, LSTM, RNN, Embedding
from dlscratch.training import train

SIZES = {"n_tokens": 7, "context": 6, "dim": 8, "heads": 2, "n_layers": 2}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def tiny(**settings):
    """Return a small GPT with weights large enough to tell its parts apart."""
    rng = np.random.default_rng(0)
    model = gpt(**SIZES | settings, rng=rng)
    for p in model.parameters:
        p.value = p.value + 0.3 * rng.standard_normal(p.value.shape)
    return model


class TestAttention:
    eye = np.eye(2)
    v = np.array([[1.0, 2.0], [3.0, 4.0]])

    def test_two_queries_that_are_the_keys(self):
        y, weights = attention(self.eye, self.eye, self.v)
        near, far = 0.669761549326657, 0.330238450673343
        np.testing.assert_allclose(weights, [[near, far], [far, near]], atol=1e-12)
        expected = [
            [1.660476901346686, 2.660476901346686],
            [2.339523098653314, 3.339523098653314],
        ]
        np.testing.assert_allclose(y, expected, atol=1e-12)

    def test_the_first_of_a_causal_pair_sees_itself_alone(self):
        y, weights = attention(self.eye, self.eye, self.v, np.tri(2, dtype=bool))
        np.testing.assert_array_equal(y[0], [1, 2])
        np.testing.assert_array_equal(weights[0], [1, 0])

    def test_the_derivative_of_one_number(self):
        _, weights = attention(self.eye, self.eye, self.v)
        dy = np.array([[1.0, 0.0], [0.0, 0.0]])
        dq, _, _ = attention_gradients(dy, self.eye, self.eye, self.v, weights)
        expected = [[-0.312797193090221, 0.312797193090221], [0, 0]]
        np.testing.assert_allclose(dq, expected, atol=1e-12)

    def test_gradients_where_some_keys_are_hidden(self, rng):
        q, k, v, dy = (
            rng.standard_normal(shape) for shape in ((3, 4), (5, 4), (5, 2), (3, 2))
        )
        mask = np.tri(3, 5, 1, dtype=bool)
        _, weights = attention(q, k, v, mask)
        gradients = attention_gradients(dy, q, k, v, weights)
        for i, gradient in enumerate(gradients):

            def loss(x, i=i):
                own = [q, k, v]
                own[i] = x
                return float(np.sum(dy * attention(*own, mask)[0]))

            found = numerical_gradient(loss, (q, k, v)[i], 1e-5)
            assert relative_error(gradient, found) < 1e-8

    def test_one_that_may_look_nowhere_finds_zeros(self):
        mask = np.array([[False, False], [True, True]])
        y, weights = attention(self.eye, self.eye, self.v, mask)
        np.testing.assert_array_equal(y[0], 0)
        np.testing.assert_array_equal(weights[0], 0)
        assert weights[1].sum() == pytest.approx(1)

    def test_large_scores_do_not_overflow(self):
        y, _ = attention(1e4 * self.eye, self.eye, self.v)
        np.testing.assert_array_equal(y, self.v)

    def test_arguments_stay_as_they_are(self, rng):
        own = rng.standard_normal((3, 4, 4))
        before = own.copy()
        _, weights = attention(*own)
        kept = weights.copy()
        attention_gradients(own[0], *own, weights)
        np.testing.assert_array_equal(own, before)
        np.testing.assert_array_equal(weights, kept)

    @pytest.mark.parametrize(
        ("q", "k", "v"),
        [((3,), (3,), (3,)), ((2, 3), (2, 4), (2, 3)), ((2, 3), (4, 3), (2, 3))],
    )
    def test_shapes(self, q, k, v):
        with pytest.raises(ValueError, match=r"expected q \(\.\.\., T, d\), k .* got"):
            attention(np.ones(q), np.ones(k), np.ones(v))

    def test_a_mask_is_true_or_false(self):
        with pytest.raises(TypeError, match=r"mask of True and False, got dtype float"):
            attention(self.eye, self.eye, self.v, np.tri(2))


class TestLayerNorm:
    def test_each_place_by_itself(self, rng):
        x = 3 + 2 * rng.standard_normal((4, 5, 6))
        y = LayerNorm(6, eps=1e-12).forward(x)
        np.testing.assert_allclose(y.mean(axis=-1), 0, atol=1e-12)
        np.testing.assert_allclose(y.std(axis=-1), 1, rtol=1e-9)
        rows = LayerNorm(6, eps=1e-12).forward(x.reshape(-1, 6))
        np.testing.assert_allclose(y.reshape(-1, 6), rows, atol=1e-14)

    def test_eps_is_in_the_root(self):
        y = LayerNorm(2, eps=3.0).forward([[1.0, 3.0]])
        np.testing.assert_allclose(y, [[-0.5, 0.5]])

    @pytest.mark.parametrize("shape", [(5, 4), (3, 5, 4), (2, 2, 3, 4)])
    @pytest.mark.parametrize("bias", [True, False])
    def test_gradients(self, shape, bias, rng):
        layer = LayerNorm(4, bias=bias)
        for p in layer.parameters:
            p.value = rng.standard_normal(4)
        x, t = rng.standard_normal((2, *shape))
        errors = check_gradients(Sequential([layer], MeanSquaredError()), x, t)
        assert list(errors) == ["x", "0.gamma"] + ["0.beta"] * bias

    def test_what_it_starts_from(self):
        layer = LayerNorm(3)
        np.testing.assert_array_equal(layer.gamma.value, np.ones(3))
        np.testing.assert_array_equal(layer.beta.value, np.zeros(3))
        assert layer.eps == 1e-5
        assert not any(p.decay for p in layer.parameters)
        assert LayerNorm(3, bias=False).beta is None

    def test_errors(self):
        with pytest.raises(ValueError, match=r"\(\.\.\., 4\), got \(2, 3\)"):
            LayerNorm(4).forward(np.zeros((2, 3)))
        with pytest.raises(ValueError, match=r"eps to be a number above 0, got 0"):
            LayerNorm(4, eps=0)


class TestGELU:
    def test_values(self):
        """Of the formula itself, at ±1, and the limits."""
        layer = GELU()
        u = math.tanh(math.sqrt(2 / math.pi) * 1.044715)
        y = layer.forward([-1.0, 0.0, 1.0, 50.0, -50.0])
        np.testing.assert_allclose(y, [-(1 - u) / 2, 0, (1 + u) / 2, 50, 0], atol=1e-15)
        normal = [0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in (-1, 1)]
        np.testing.assert_allclose(y[[0, 2]], normal, atol=2e-4)

    def test_gradient(self, rng):
        x, t = 2 * rng.standard_normal((2, 4, 5))
        check_gradients(Sequential([GELU()], MeanSquaredError()), x, t)


BLOCKS = {
    "causal": lambda rng, bias: SelfAttention(6, 2, bias=bias, rng=rng),
    "all see all": lambda rng, bias: SelfAttention(6, 3, False, bias=bias, rng=rng),
    "positions": lambda rng, bias: PositionEmbedding(5, 6, rng=rng),
    "a block": lambda rng, bias: Residual(
        [LayerNorm(6, bias=bias), SelfAttention(6, 2, bias=bias, rng=rng)]
    ),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS)
def test_gradients_of_layers(make, bias, rng):
    model = Sequential([make(rng, bias)], MeanSquaredError())
    for p in model.parameters:
        p.value = rng.standard_normal(p.value.shape)
    x, t = rng.standard_normal((2, 3, 4, 6))
    check_gradients(model, x, t)


def test_the_input_gradient_can_be_left_out(rng):
    for layer in (LayerNorm(6), SelfAttention(6, 2, bias=True, rng=rng)):
        x, dy = rng.standard_normal((2, 3, 4, 6))
        layer.forward(x)
        layer.backward(dy)
        expected = [p.grad for p in layer.parameters]
        assert layer.backward(dy, input_gradient=False) is None
        for p, grad in zip(layer.parameters, expected, strict=True):
            np.testing.assert_array_equal(p.grad, grad)


class TestSelfAttention:
    def test_one_head_is_the_plain_function(self, rng):
        layer = SelfAttention(4, 1, False, rng=rng)
        x = rng.standard_normal((1, 3, 4))
        Wq, Wk, Wv = np.split(layer.Wqkv.value, 3, axis=1)
        y, weights = attention(x @ Wq, x @ Wk, x @ Wv)
        np.testing.assert_allclose(layer.forward(x), y @ layer.Wo.value, atol=1e-13)
        np.testing.assert_allclose(layer.weights[:, 0], weights, atol=1e-13)

    def test_each_head_has_its_own_part(self, rng):
        layer = SelfAttention(6, 3, bias=True, rng=rng)
        for p in (layer.bqkv, layer.bo):
            p.value = rng.standard_normal(p.value.shape)
        x = rng.standard_normal((2, 4, 6))
        q, k, v = np.split(x @ layer.Wqkv.value + layer.bqkv.value, 3, axis=2)
        mask = np.tri(4, dtype=bool)
        heads = [
            attention(q[..., part], k[..., part], v[..., part], mask)[0]
            for part in (slice(0, 2), slice(2, 4), slice(4, 6))
        ]
        expected = np.concatenate(heads, axis=2) @ layer.Wo.value + layer.bo.value
        np.testing.assert_allclose(layer.forward(x), expected, atol=1e-13)

    def test_the_future_does_not_move_the_past(self, rng):
        x = rng.standard_normal((2, 6, 4))
        causal = SelfAttention(4, 2, rng=rng)
        free = SelfAttention(4, 2, False, rng=rng)
        for t in range(1, 6):
            other = x.copy()
            other[:, t:] = rng.standard_normal((2, 6 - t, 4))
            before, after = causal.forward(x), causal.forward(other)
            np.testing.assert_array_equal(before[:, :t], after[:, :t])
            assert np.abs(before[:, t:] - after[:, t:]).max(axis=-1).min() > 1e-3
            assert np.abs(free.forward(x) - free.forward(other))[:, :t].min() > 1e-6

    def test_the_past_gets_no_gradient_of_what_it_cannot_see(self, rng):
        layer = SelfAttention(4, 2, rng=rng)
        x, dy = rng.standard_normal((2, 2, 6, 4))
        dy[:, 3:] = 0
        layer.forward(x)
        dx = layer.backward(dy)
        np.testing.assert_array_equal(dx[:, 3:], 0)
        assert np.abs(dx[:, :3]).min() > 0

    def test_without_mask_and_positions_order_is_nothing(self, rng):
        layer = SelfAttention(4, 2, False, rng=rng)
        x, order = rng.standard_normal((2, 6, 4)), rng.permutation(6)
        y = layer.forward(x)
        np.testing.assert_allclose(layer.forward(x[:, order]), y[:, order], atol=1e-13)
        moved = SelfAttention(4, 2, rng=rng)
        y = moved.forward(x)
        assert np.abs(moved.forward(x[:, ::-1]) - y[:, ::-1]).max() > 0.1
        place = PositionEmbedding(6, 4, init=lambda s, r: sinusoids(*s))
        y = layer.forward(place.forward(x))
        back = layer.forward(place.forward(x[:, ::-1]))
        assert np.abs(back - y[:, ::-1]).max() > 0.1

    @pytest.mark.parametrize("causal", [True, False])
    def test_padding_changes_nothing(self, causal, rng):
        layer = SelfAttention(4, 2, causal, bias=True, rng=rng)
        lengths = [5, 3, 1]
        alone = [rng.standard_normal((1, n, 4)) for n in lengths]
        x = np.full((3, 5, 4), 1e3)
        dy = np.zeros((3, 5, 4))
        mask = np.arange(5) < np.array(lengths)[:, None]
        for row, one in enumerate(alone):
            x[row, : lengths[row]] = one[0]
            dy[row, : lengths[row]] = rng.standard_normal((lengths[row], 4))
        y = layer.forward(x, mask=mask)
        dx = layer.backward(dy)
        together = [p.grad for p in layer.parameters]
        sums = [0 for _ in together]
        for row, (one, n) in enumerate(zip(alone, lengths, strict=True)):
            np.testing.assert_allclose(layer.forward(one)[0], y[row, :n], atol=1e-12)
            own = layer.backward(dy[row : row + 1, :n])
            np.testing.assert_allclose(own[0], dx[row, :n], atol=1e-12)
            np.testing.assert_array_equal(dx[row, n:], 0)
            sums = [s + p.grad for s, p in zip(sums, layer.parameters, strict=True)]
        for own, total in zip(together, sums, strict=True):
            np.testing.assert_allclose(own, total, atol=1e-12)

    def test_what_it_starts_from(self):
        layer = SelfAttention(400, 4, bias=True, rng=np.random.default_rng(0))
        assert layer.Wqkv.value.std() == pytest.approx(0.05, rel=0.02)
        assert layer.Wo.value.std() == pytest.approx(0.05, rel=0.02)
        assert not layer.bqkv.value.any()
        assert not layer.bo.value.any()
        assert [p.name for p in layer.parameters] == ["Wqkv", "bqkv", "Wo", "bo"]
        assert [p.decay for p in layer.parameters] == [True, False, True, False]
        plain = SelfAttention(4, 2, rng=np.random.default_rng(0))
        assert [p.value.shape for p in plain.parameters] == [(4, 12), (4, 4)]
        assert plain.causal

    def test_errors(self, rng):
        with pytest.raises(ValueError, match=r"a multiple of heads, got 6 and 4"):
            SelfAttention(6, 4, rng=rng)
        with pytest.raises(TypeError, match=r"SelfAttention: expected rng="):
            SelfAttention(6, 2)
        layer = SelfAttention(6, 2, rng=rng)
        for shape in ((4, 6), (2, 4, 5)):
            with pytest.raises(ValueError, match=r"x of shape \(N, T, 6\), got \("):
                layer.forward(np.zeros(shape))
        x = np.zeros((2, 4, 6))
        with pytest.raises(ValueError, match=r"mask of shape \(2, 4\), got \(4, 4\)"):
            layer.forward(x, mask=np.ones((4, 4), dtype=bool))
        with pytest.raises(TypeError, match=r"True and False, got dtype int"):
            layer.forward(x, mask=np.ones((2, 4), dtype=int))
        layer.forward(x)
        with pytest.raises(ValueError, match=r"dy of shape \(2, 4, 6\), got \(2, 4\)"):
            layer.backward(np.zeros((2, 4)))


class TestCrossAttention:
    @pytest.mark.parametrize("bias", [True, False])
    def test_gradients(self, bias, rng):
        layer = CrossAttention(4, 2, bias=bias, rng=rng)
        x, memory = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
        mask = np.arange(5) < np.array([[5], [3]])
        dy = rng.standard_normal((2, 3, 4))
        for p in layer.parameters:
            p.value = rng.standard_normal(p.value.shape)
        layer.forward(x, memory, mask=mask)
        dx, dmemory = layer.backward(dy)
        np.testing.assert_array_equal(dmemory[1, 3:], 0)

        def loss():
            return float(np.sum(dy * layer.forward(x, memory, mask=mask)))

        found = [(dx, x), (dmemory, memory)]
        found += [(p.grad, p.value) for p in layer.parameters]
        for gradient, array in found:
            kept = array.copy()

            def loss_with(value, array=array):
                array[...] = value
                return loss()

            expected = numerical_gradient(loss_with, kept, 1e-5)
            array[...] = kept
            if np.abs(expected).max() < 1e-8:  # the keys' bias moves no weight
                np.testing.assert_allclose(gradient, 0, atol=1e-8)
            else:
                assert relative_error(gradient, expected) < 1e-7

    def test_to_itself_it_is_self_attention(self, rng):
        own = SelfAttention(6, 2, False, bias=True, rng=rng)
        for p in own.parameters:
            p.value = rng.standard_normal(p.value.shape)
        layer = CrossAttention(6, 2, bias=True, rng=rng)
        layer.Wq.value, layer.Wkv.value = np.split(own.Wqkv.value, [6], axis=1)
        layer.bq.value, layer.bkv.value = np.split(own.bqkv.value, [6])
        layer.Wo.value, layer.bo.value = own.Wo.value, own.bo.value
        x, dy = rng.standard_normal((2, 3, 5, 6))
        np.testing.assert_allclose(layer.forward(x, x), own.forward(x), atol=1e-12)
        np.testing.assert_allclose(layer.weights, own.weights, atol=1e-12)
        np.testing.assert_allclose(
            sum(layer.backward(dy)), own.backward(dy), atol=1e-11
        )
        grads = np.concatenate([layer.Wq.grad, layer.Wkv.grad], axis=1)
        np.testing.assert_allclose(grads, own.Wqkv.grad, atol=1e-11)

    def test_errors(self, rng):
        layer = CrossAttention(4, 2, rng=rng)
        x = np.zeros((2, 3, 4))
        with pytest.raises(ValueError, match=r"as many sequences .*, got 2 and 3"):
            layer.forward(x, np.zeros((3, 3, 4)))
        with pytest.raises(ValueError, match=r"x of shape \(N, T, 4\), got \(2, 3\)"):
            layer.forward(x, np.zeros((2, 3)))
        with pytest.raises(ValueError, match=r"mask of shape \(2, 5\), got \(2, 3\)"):
            layer.forward(x, np.zeros((2, 5, 4)), mask=np.ones((2, 3), dtype=bool))


class TestEncoderDecoder:
    """Two sequences side by side: three places to read, and some to write."""

    @pytest.mark.parametrize("attention", [True, False])
    def test_gradients(self, attention, rng):
        stack = [EncoderDecoder(3, 5, 4, 3, attention, rng=rng), Linear(3, 4, rng=rng)]
        model = Sequential(stack, SoftmaxCrossEntropy())
        x = np.concatenate(
            [rng.integers(5, size=(3, 3)), rng.integers(4, size=(3, 2))], axis=1
        )
        x[0, :3], x[1, 1:3] = (4, 3, 1), 0
        check_gradients(model, x, rng.integers(4, size=(3, 2)))
        assert len(model.parameters) == (3 if attention else 0) + 2 + 6 + 2

    def test_the_target_sees_the_source_and_its_own_past(self, rng):
        for looks in (True, False):
            layer = EncoderDecoder(3, 5, 4, 6, looks, rng=rng)
            x = np.array([[4, 3, 1, 0, 1, 2]])
            y = layer.forward(x)
            assert y.shape == (1, 3, 6)
            other = layer.forward([[4, 3, 1, 0, 1, 3]])
            np.testing.assert_array_equal(other[:, :2], y[:, :2])
            assert np.abs(other[:, 2] - y[:, 2]).min() > 1e-6
            other = layer.forward([[4, 2, 1, 0, 1, 2]])
            assert np.abs(other - y).max(axis=-1).min() > 1e-3

    def test_attention_does_not_look_at_padding(self, rng):
        layer = EncoderDecoder(4, 5, 4, 6, rng=rng)
        layer.forward([[4, 3, 0, 0, 1, 2], [1, 2, 3, 4, 1, 2]])
        weights = layer.attention.weights
        assert weights.shape == (2, 1, 2, 4)
        np.testing.assert_array_equal(weights[0, ..., 2:], 0)
        assert weights[0, ..., :2].min() > 0
        assert weights[1].min() > 0
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)

    @pytest.mark.parametrize("attention", [True, False])
    def test_it_can_be_stored(self, attention, rng, tmp_path):
        model = Sequential([EncoderDecoder(3, 5, 4, 6, attention, rng=rng)])
        x = [[4, 3, 1, 0, 1]]
        before = model.predict(x)
        model.save(tmp_path / "m.npz")
        again = Sequential.load(tmp_path / "m.npz")
        assert repr(again) == repr(model)
        np.testing.assert_array_equal(again.predict(x), before)

    @pytest.mark.parametrize("attention", [True, False])
    def test_dtype(self, attention, rng):
        model = Sequential(
            [
                EncoderDecoder(3, 5, 4, 6, attention, rng=rng, dtype=np.float32),
                Linear(6, 4, rng=rng, dtype=np.float32),
            ],
            SoftmaxCrossEntropy(),
        )
        model.loss([[4, 3, 1, 0, 1]], [[1, 2]])
        model.backward(input_gradient=False)
        found = {p.grad.dtype for p in model.parameters}
        assert found == {np.dtype(np.float32)}

    def test_it_learns_to_turn_round(self, rng):
        """Three letters backwards, and what it looks at while it writes."""
        model = Sequential(
            [EncoderDecoder(3, 7, 7, 24, rng=rng), Linear(24, 7, rng=rng)],
            SoftmaxCrossEntropy(),
        )
        words = rng.integers(1, 7, size=(100, 3))
        back = words[:, ::-1]
        x = np.concatenate([words, np.zeros((100, 1), int), back[:, :-1]], axis=1)
        optimizer = optimizers.Adam(model.parameters, 0.01)
        for _ in range(80):
            model.loss(x, back)
            model.backward(input_gradient=False)
            optimizer.step()
        begun = np.concatenate([words, np.zeros((100, 1), int)], axis=1)
        written = generate(model, begun, 3, rng=rng, temperature=0)[:, 4:]
        assert np.mean(written == back) > 0.95

    def test_errors(self, rng):
        layer = EncoderDecoder(3, 5, 4, 6, rng=rng)
        for x in ([[1, 2, 3]], [1, 2, 3, 0]):
            with pytest.raises(ValueError, match=r"shape \(N, 3 \+ T\), a source and"):
                layer.forward(x)
        with pytest.raises(ValueError, match="cache=False for an EncoderDecoder"):
            generate(Sequential([layer]), [1, 2, 3, 0], 2, rng=rng, cache=True)


class TestPositions:
    def test_it_adds_a_row_to_each_place(self, rng):
        layer = PositionEmbedding(5, 3, rng=rng)
        x = rng.standard_normal((2, 4, 3))
        y = layer.forward(x)
        np.testing.assert_array_equal(y, x + layer.W.value[:4])
        dy = rng.standard_normal((2, 4, 3))
        np.testing.assert_array_equal(layer.backward(dy), dy)
        np.testing.assert_array_equal(layer.W.grad[:4], dy[0] + dy[1])
        np.testing.assert_array_equal(layer.W.grad[4], 0)

    def test_too_long(self, rng):
        layer = PositionEmbedding(5, 3, rng=rng)
        with pytest.raises(ValueError, match=r"at most 5 places, got 6"):
            layer.forward(np.zeros((2, 6, 3)))

    def test_where_it_starts(self):
        layer = PositionEmbedding(300, 400, rng=np.random.default_rng(0))
        assert layer.W.value.std() == pytest.approx(0.02, rel=0.02)
        assert layer.W.decay

    def test_sinusoids_know_distances(self):
        table = sinusoids(40, 16)
        products = np.einsum("td,td->t", table[:-3], table[3:])
        np.testing.assert_allclose(products, 5.543101061304943, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(table[0], [0, 1] * 8)
        assert table[2, 0] == math.sin(2)
        assert table[2, 3] == pytest.approx(math.cos(2 * 10000 ** (-2 / 16)), abs=1e-15)

    def test_an_odd_length(self):
        with pytest.raises(ValueError, match="n_dim to be even, got 3"):
            sinusoids(4, 3)


class TestTied:
    def test_both_uses_of_the_table_add_up(self, rng):
        """Two tables of the same numbers: the tied gradient is the sum of theirs."""
        E = rng.standard_normal((5, 4))
        ids, dy = rng.integers(5, size=(2, 3)), rng.standard_normal((2, 3, 5))
        first, second = Embedding(5, 4, rng=rng), Embedding(5, 4, rng=rng)
        norm, other_norm = LayerNorm(4), LayerNorm(4)
        out = Linear(4, 5, bias=False, rng=rng)
        first.W.value, second.W.value, out.W.value = E, E.copy(), E.T
        tied = Tied(first, [norm])
        y = tied.forward(ids)
        expected = out.forward(other_norm.forward(second.forward(ids)))
        np.testing.assert_allclose(y, expected, atol=1e-13)
        assert tied.backward(dy) is None
        second.backward(other_norm.backward(out.backward(dy)))
        np.testing.assert_allclose(
            first.W.grad, second.W.grad + out.W.grad.T, atol=1e-12
        )
        np.testing.assert_allclose(norm.gamma.grad, other_norm.gamma.grad, atol=1e-12)

    def test_the_table_is_there_once(self):
        names = [p.name for p in tiny().parameters]
        assert len(names) == len(set(names))
        assert names[0] == "0.0.W"
        shapes = [p.value.shape for p in tiny().parameters]
        assert shapes.count((7, 8)) == 1
        assert (8, 7) not in shapes


def count(n_tokens, context, dim, n_layers, bias, tied):
    """Count a GPT's parameters by hand."""
    block = 3 * dim * dim + dim * dim + 2 * 4 * dim * dim + 2 * dim
    if bias:
        block += 3 * dim + dim + 4 * dim + dim + 2 * dim
    ends = n_tokens * dim + context * dim + dim + dim * bias
    if not tied:
        ends += dim * n_tokens + n_tokens * bias
    return ends + n_layers * block


class TestGPT:
    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("tied", [True, False])
    def test_the_number_of_parameters(self, bias, tied):
        model = tiny(bias=bias, tied=tied)
        n = sum(p.value.size for p in model.parameters)
        assert n == count(7, 6, 8, 2, bias, tied)

    def test_the_size_of_nanogpt_on_a_cpu(self, rng):
        """Its configuration for Shakespeare's 65 characters; it prints 0.80M."""
        model = gpt(65, 64, 128, 4, 4, rng=rng, dtype=np.float32)
        n = sum(p.value.size for p in model.parameters)
        assert n == count(65, 64, 128, 4, False, True) == 804_096
        assert n - 64 * 128 == 795_904

    @pytest.mark.parametrize(("tied", "bias"), [(True, False), (False, True)])
    def test_gradients(self, tied, bias, rng):
        ids, t = rng.integers(7, size=(2, 3, 5))
        t[0, 3:] = -1
        check_gradients(tiny(tied=tied, bias=bias, dim=4), ids, t)

    def test_the_future_does_not_move_the_past(self, rng):
        model, ids = tiny(), rng.integers(7, size=(4, 6))
        for t in range(1, 6):
            other = ids.copy()
            other[:, t:] = (ids[:, t:] + rng.integers(1, 7, (4, 6 - t))) % 7
            before, after = model.predict(ids), model.predict(other)
            np.testing.assert_allclose(before[:, :t], after[:, :t], atol=1e-13)
            assert np.abs(before[:, t:] - after[:, t:]).max() > 1e-3

    def test_padding_behind_changes_nothing(self, rng):
        model, short = tiny(), rng.integers(7, size=(1, 4))
        t = rng.integers(7, size=(1, 4))
        alone = model.loss(short, t)
        model.backward(input_gradient=False)
        grads = [p.grad for p in model.parameters]
        padded = np.concatenate([short, rng.integers(7, size=(1, 2))], axis=1)
        behind = np.concatenate([t, [[-1, -1]]], axis=1)
        assert model.loss(padded, behind) == pytest.approx(alone, abs=1e-13)
        model.backward(input_gradient=False)
        for p, grad in zip(model.parameters, grads, strict=True):
            np.testing.assert_allclose(p.grad, grad, atol=1e-13)

    @pytest.mark.parametrize("std", [0.02, 0.1])
    def test_where_it_starts(self, std):
        """N(0, std²), as GPT-2 0.02; what goes into a sum divided by √(2 layers)."""
        changed = {"std": std} if std != 0.02 else {}
        rng = np.random.default_rng(0)
        model = gpt(300, 200, 128, 4, 8, rng=rng, **changed)
        for p in model.parameters:
            if p.value.ndim == 1:
                expected = 0 if p.name.endswith(("b", "beta", "o")) else 1
                assert np.all(p.value == expected)
                assert not p.decay
                continue
            assert p.decay
            into_a_sum = p.name.endswith("Wo") or p.value.shape == (512, 128)
            expected = std / 4 if into_a_sum else std
            assert p.value.std() == pytest.approx(expected, rel=0.02), p.name

    def test_it_begins_by_knowing_nothing(self, rng):
        model = gpt(65, 16, 32, 4, 2, rng=rng)
        ids, t = rng.integers(65, size=(2, 8, 16))
        assert model.loss(ids, t) == pytest.approx(math.log(65), abs=0.05)

    @pytest.mark.parametrize("tied", [True, False])
    def test_it_can_be_stored(self, tied, rng, tmp_path):
        model, ids = (
            tiny(tied=tied, bias=True, dropout=0.1),
            rng.integers(7, size=(2, 6)),
        )
        model.save(tmp_path / "m.npz", seed=3)
        again = Sequential.load(tmp_path / "m.npz")
        assert repr(again) == repr(model)
        assert again.record == {"seed": 3}
        np.testing.assert_array_equal(again.predict(ids), model.predict(ids))
        t = np.full((2, 6), -1)
        t[:, 2] = 4
        assert again.loss(ids, t) == model.loss(ids, t)

    def test_after_generating_it_can_still_be_stored(self, rng, tmp_path):
        model = tiny()
        generate(model, [1, 2], 3, rng=rng, cache=True)
        model.save(tmp_path / "m.npz")

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_dtype(self, dtype, rng):
        model = gpt(**SIZES, bias=True, dropout=0.1, rng=rng, dtype=dtype)
        ids = rng.integers(7, size=(2, 6))
        assert model.predict(ids, training=True).dtype == dtype
        model.loss(ids, ids, training=True)
        model.backward(input_gradient=False)
        assert {p.grad.dtype for p in model.parameters} == {np.dtype(dtype)}
        memories = [layer._cache for layer in everything(model) if layer._cache]
        found = {
            a.dtype for m in memories for a in m if getattr(a, "dtype", 0) and a.ndim
        }
        assert {d for d in found if d.kind == "f"} == {np.dtype(dtype)}

    def test_dropout_stands_at_three_kinds_of_places(self, rng):
        model = gpt(**SIZES, dropout=0.2, rng=rng)
        dropped = [x for x in everything(model) if isinstance(x, layers.Dropout)]
        assert len(dropped) == 1 + 2 * 2
        assert {one.p for one in dropped} == {0.2}
        assert not any(isinstance(x, layers.Dropout) for x in everything(tiny()))
        ids = rng.integers(7, size=(2, 6))
        a, b = (model.predict(ids, training=True) for _ in range(2))
        assert not np.array_equal(a, b)
        np.testing.assert_array_equal(model.predict(ids), model.predict(ids))

    def test_it_learns_a_rhyme(self, rng):
        """The token of two places before, which one place alone cannot tell."""
        model = gpt(5, 8, 16, 2, 2, rng=rng)
        optimizer = optimizers.AdamW(model.parameters, 5e-3)
        pair = rng.integers(5, size=(64, 2))
        x = np.tile(pair, 4)
        t = np.roll(x, -1, axis=1)
        t[:, 0] = -1
        for _ in range(150):
            loss = model.loss(x, t, training=True)
            model.backward(input_gradient=False)
            optimizer.step()
        assert loss < 0.02
        assert generate(model, [3, 1], 4, rng=rng, temperature=0).tolist() == [
            *(3, 1, 3, 1, 3, 1)
        ]

    @pytest.mark.parametrize("tied", [True, False])
    def test_it_trains_as_other_models_do(self, tied, rng):
        """Also on two threads."""
        ids = rng.integers(7, size=(20, 6))
        t = np.roll(ids, -1, axis=1)
        t[:, -1] = -1
        losses = []
        for workers in (0, 2):
            model = gpt(**SIZES, tied=tied, rng=np.random.default_rng(0))
            optimizer = optimizers.AdamW(model.parameters, 0.01)
            trained = DataParallel(model, workers) if workers else model
            history = train(
                trained,
                Dataset(ids, t, ids, t),
                optimizer,
                3,
                rng=np.random.default_rng(1),
                progress=False,
            )
            losses.append(history.train_loss)
            assert len(history.test_accuracy) == 3
            assert history.test_loss[-1] < history.test_loss[0]
        np.testing.assert_allclose(*losses, rtol=1e-10)

    def test_errors(self, rng):
        with pytest.raises(ValueError, match=r"a multiple of heads, got 8 and 3"):
            gpt(**SIZES | {"heads": 3}, rng=rng)
        with pytest.raises(TypeError, match=r"gpt: expected n_layers to be a whole"):
            gpt(**SIZES | {"n_layers": 2.0}, rng=rng)
        with pytest.raises(TypeError, match=r"expected rng="):
            gpt(**SIZES, rng=0)
        with pytest.raises(ValueError, match=r"at most 6 places, got 7"):
            tiny().predict(np.zeros((1, 7), dtype=int))


def everything(model):
    return [layer for _, layer in module.places(model.layers)]


class TestGenerate:
    @pytest.mark.parametrize("tied", [True, False])
    @pytest.mark.parametrize("temperature", [0, 0.7, 1.0])
    def test_the_cache_changes_nothing(self, tied, temperature):
        """Neither before the six positions are full nor afterwards."""
        model = tiny(tied=tied)
        for beginning in ([2], [[1, 2, 3], [4, 5, 6]], np.arange(14).reshape(2, 7) % 7):
            found = [
                generate(
                    model,
                    beginning,
                    12,
                    rng=np.random.default_rng(5),
                    temperature=temperature,
                    cache=cache,
                )
                for cache in (True, False)
            ]
            np.testing.assert_array_equal(*found)
            shape = np.shape(beginning)
            assert found[0].shape == (*shape[:-1], shape[-1] + 12)
            np.testing.assert_array_equal(found[0][..., : shape[-1]], beginning)

    def test_scores_step_by_step_are_those_of_one_pass(self, rng):
        model, ids = tiny(bias=True), rng.integers(7, size=(3, 6))
        whole = model.predict(ids)
        caching = [one for one in everything(model) if hasattr(one, "past")]
        assert len(caching) == 3
        for one in caching:
            one.past = ()
        parts = [model.predict(ids[:, a:b]) for a, b in ((0, 2), (2, 3), (3, 6))]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-12)

    def test_the_cache_spares_work(self, rng, monkeypatch):
        model, widths = tiny(), []
        forward = SelfAttention.forward

        def watched(self, x, *rest, **named):
            widths.append(x.shape[1])
            return forward(self, x, *rest, **named)

        monkeypatch.setattr(SelfAttention, "forward", watched)
        generate(model, [1, 2], 7, rng=rng, cache=True)
        assert widths[::2] == [2, 1, 1, 1, 1, 6, 6]
        widths.clear()
        generate(model, [1, 2], 7, rng=rng)
        assert widths[::2] == [2, 3, 4, 5, 6, 6, 6]

    def test_it_draws_by_the_probabilities(self):
        scores = np.log(np.tile([0.1, 0.2, 0.7], (20_000, 1)))
        drawn = module._draw(scores, 1.0, np.random.default_rng(0))
        parts = np.bincount(drawn) / 20_000
        np.testing.assert_allclose(parts, [0.1, 0.2, 0.7], atol=0.01)
        cold = module._draw(scores, 0.5, np.random.default_rng(0))
        squares = np.array([0.01, 0.04, 0.49])
        np.testing.assert_allclose(
            np.bincount(cold) / 20_000, squares / squares.sum(), atol=0.01
        )

    def test_a_model_without_positions_has_no_end(self, rng):
        model = Sequential([Embedding(4, 6, rng=rng), Linear(6, 4, rng=rng)])
        for cache in (True, False):
            assert generate(model, [0], 50, rng=rng, cache=cache).shape == (51,)

    @pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
    @pytest.mark.parametrize("positions", [True, False])
    def test_the_cache_of_recurrent_layers(self, kind, positions, rng):
        stack = [Embedding(4, 6, rng=rng)]
        if positions:  # which are full after five
            stack.append(PositionEmbedding(5, 6, rng=rng))
        stack += [kind(6, 6, rng=rng), Linear(6, 4, rng=rng)]
        model = Sequential(stack)
        found = [
            generate(
                model, [[0, 1], [2, 2]], 20, rng=np.random.default_rng(1), cache=cache
            )
            for cache in (True, False)
        ]
        np.testing.assert_array_equal(*found)
        assert not model.layers[-2].carries

    def test_nothing_is_left_behind(self, rng):
        model = tiny()
        ids = rng.integers(7, size=(2, 6))
        before = model.predict(ids)
        generate(model, [1], 3, rng=rng, cache=True)
        np.testing.assert_array_equal(model.predict(ids), before)
        with pytest.raises(ValueError, match="ids from 0 to 6, got 9"):
            generate(model, [9], 3, rng=rng, cache=True)
        np.testing.assert_array_equal(model.predict(ids), before)

    def test_errors(self, rng):
        model = tiny()
        for ids in ([], [0.5], 3, [[[1]]]):
            with pytest.raises(ValueError, match="expected ids, whole numbers of"):
                generate(model, ids, 3, rng=rng)
        with pytest.raises(ValueError, match="temperature to be a number from 0"):
            generate(model, [0], 3, rng=rng, temperature=-1)
        with pytest.raises(TypeError, match="generate: expected rng="):
            generate(model, [0], 3, rng=0)
        np.testing.assert_array_equal(generate(model, [0], 0, rng=rng), [0])


@pytest.mark.parametrize(
    "layer",
    [
        LayerNorm(3, eps=0.1, bias=False),
        GELU(),
        SelfAttention(4, 2, False, bias=True, rng=np.random.default_rng(0)),
        CrossAttention(4, 2, bias=True, rng=np.random.default_rng(0)),
        PositionEmbedding(5, 4, rng=np.random.default_rng(0)),
    ],
    ids=repr,
)
def test_a_layer_is_built_again_from_its_config(layer):
    again = layers.build(type(layer).__name__, layer.config)
    assert (repr(again), again.config) == (repr(layer), layer.config)
    shapes = [[p.value.shape for p in one.parameters] for one in (layer, again)]
    assert shapes[0] == shapes[1]


def test_networks_are_exported():
    assert models.gpt is gpt
    assert "gpt" in models.__all__
