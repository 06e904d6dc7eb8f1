"""Functions: reference values, and properties that hold for every input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dlscratch import functions as F

finite = st.floats(-1e4, 1e4)
scores = arrays(
    float, array_shapes(min_dims=1, max_dims=2, max_side=6), elements=finite
)


def test_step_is_zero_at_zero():
    np.testing.assert_array_equal(F.step([-1e-300, 0.0, 1e-300]), [0, 0, 1])
    assert F.step(2.0) == 1


@pytest.mark.parametrize("x", [-1e308, -745.2, -1.0, 0.0, 1.0, 745.2, 1e308])
def test_activations_never_warn(x):
    with np.errstate(all="raise", under="ignore"):
        for function in (F.step, F.identity, F.sigmoid, F.tanh, F.relu):
            assert np.isfinite(function(x))


def test_sigmoid_values():
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(F.sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-15)
    assert F.sigmoid(np.float32([1.0])).dtype == np.float32


@given(arrays(float, 5, elements=st.floats(-700, 700)))
def test_sigmoid_properties(x):
    np.testing.assert_allclose(F.sigmoid(x) + F.sigmoid(-x), 1, rtol=1e-14)
    np.testing.assert_allclose(F.tanh(x), 2 * F.sigmoid(2 * x) - 1, atol=1e-15)


@given(scores)
def test_softmax_rows_are_probabilities(x):
    y = F.softmax(x)
    assert y.shape == x.shape
    assert np.all(y >= 0)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-12)


@given(scores, st.floats(-1e3, 1e3))
def test_softmax_ignores_a_common_shift(x, shift):
    np.testing.assert_allclose(F.softmax(x + shift), F.softmax(x), atol=1e-9)


@given(scores)
def test_softmax_keeps_the_order_and_the_argument(x):
    before = x.copy()
    y = F.softmax(x)
    np.testing.assert_array_equal(x, before)
    order = np.argsort(x, axis=-1)
    assert np.all(np.diff(np.take_along_axis(y, order, axis=-1), axis=-1) >= 0)


@given(scores.filter(lambda x: x.ndim == 2))
def test_softmax_of_a_batch_is_that_of_its_rows(x):
    np.testing.assert_array_equal(F.softmax(x), np.array([F.softmax(r) for r in x]))


def test_softmax_of_a_number_is_an_error():
    with pytest.raises(ValueError, match=r"expected scores .* got shape \(\)"):
        F.softmax(1.0)


@given(arrays(int, st.integers(0, 8), elements=st.integers(0, 4)))
def test_one_hot_round_trip(t):
    rows = F.one_hot(t, 5)
    assert rows.shape == (len(t), 5)
    np.testing.assert_array_equal(rows.sum(axis=1), np.ones(len(t)))
    np.testing.assert_array_equal(rows.argmax(axis=1), t)


@pytest.mark.parametrize(
    ("t", "error", "words"),
    [
        ([0, 5], ValueError, "0 to 4, got 0 to 5"),
        ([-1, 2], ValueError, "got -1 to 2"),
        ([0.0, 1.0], TypeError, "integer class ids, got dtype float64"),
    ],
)
def test_one_hot_errors(t, error, words):
    with pytest.raises(error, match=words):
        F.one_hot(t, 5)


def test_squared_errors():
    y, t = [3, 5, 8], [2, 4, 6]
    assert F.mean_squared_error(y, t) == 2
    assert F.sum_squared_error(y, t) == 3
    assert F.sum_squared_error([y, y], [t, t]) == 3
    with pytest.raises(ValueError, match=r"got \(3,\) and \(2,\)"):
        F.mean_squared_error([1, 2, 3], [1, 2])


@pytest.mark.parametrize("error", [F.sum_squared_error, F.mean_squared_error])
def test_bytes_do_not_wrap_around(error):
    y, t = np.array([3, 250], np.uint8), np.array([5, 249], np.uint8)
    assert error(y, t) == error(t, y) == 2.5


def test_cross_entropy_values():
    y = np.array([[0.1, 0.6, 0.3], [0.2, 0.3, 0.5]])
    expected = -(np.log(0.6) + np.log(0.2)) / 2
    assert F.cross_entropy(y, [1, 0]) == pytest.approx(expected, rel=1e-15)
    assert F.cross_entropy(y, F.one_hot([1, 0], 3)) == pytest.approx(expected)
    assert F.cross_entropy(y[0], 1) == pytest.approx(-np.log(0.6))
    assert F.cross_entropy(y[0], [0, 1, 0]) == pytest.approx(-np.log(0.6))


@given(arrays(float, (4, 3), elements=finite), st.integers(1, 5))
def test_cross_entropy_does_not_depend_on_the_batch_size(x, copies):
    y, t = F.softmax(x), np.array([0, 1, 2, 0])
    once = F.cross_entropy(y, t)
    assert once >= 0
    many = F.cross_entropy(np.tile(y, (copies, 1)), np.tile(t, copies))
    assert many == pytest.approx(once, rel=1e-12)


def test_two_class_ids_for_two_rows_of_two_are_not_one_hot():
    y = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert F.cross_entropy(y, [0, 1]) == pytest.approx(-np.log(0.9 * 0.8) / 2)


def test_cross_entropy_of_zero_is_finite():
    assert 700 < F.cross_entropy([[0.0, 1.0]], [0]) < 710
    assert F.cross_entropy([[0.0, 1.0]], [1]) == 0


def test_cross_entropy_refuses_what_is_no_number():
    with pytest.raises(ValueError, match=r"probabilities y .* got nan to nan"):
        F.cross_entropy([[np.nan, 1.0]], [1])
    with pytest.raises(ValueError, match=r"one-hot rows t .* got nan to nan"):
        F.cross_entropy([[0.5, 0.5]], [[np.nan, 1.0]])


def test_one_hot_of_pixels():
    t = np.arange(24).reshape(2, 3, 4) % 5
    rows = F.one_hot(t, 5)
    assert rows.shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(rows.argmax(axis=-1), t)


@pytest.mark.parametrize("t", [[0, 1, 0], [[0, 1]], [0.5, 1.0]])
def test_cross_entropy_errors(t):
    with pytest.raises((ValueError, TypeError), match="expected"):
        F.cross_entropy([[0.5, 0.5], [0.2, 0.8]], t)


@pytest.mark.parametrize("rows", [[[2.0, 0.0]], [[0.0, -1.0]], [[1.5, -0.5]]])
def test_one_hot_rows_lie_between_0_and_1(rows):
    with pytest.raises(ValueError, match="expected one-hot rows t of 0 and 1"):
        F.cross_entropy([[0.5, 0.5]], rows)


def test_a_confusion_matrix_wants_as_many_answers_as_classes():
    with pytest.raises(ValueError, match=r"t and y of one shape, got \(2,\) and"):
        F.confusion_matrix([0, 1], [0])


def test_no_table_of_nothing_and_no_negative_probability():
    for n_classes in (None, 3):
        with pytest.raises(ValueError, match="at least one example, got none"):
            F.confusion_matrix(np.zeros(0, int), np.zeros(0, int), n_classes)
    with pytest.raises(ValueError, match="probabilities y from 0 to 1"):
        F.cross_entropy([[-0.5, 0.9]], [1])
