"""Clusters, mixtures and PCA: exact small cases, what must never rise, and errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlscratch.datasets import load_digits
from dlscratch.unsupervised import GaussianMixture, kmeans, pca

KINDS = ("full", "diagonal", "spherical")
FOUR = np.array([[0.0], [1], [4], [5]])
TWO = ([0.5, 0.5], [[1], [3]], [1, 1])


def rng(seed=0):
    return np.random.default_rng(seed)


def rising(history, slack=1e-9):
    """Whether no entry is below the one before, but for rounding."""
    return (np.diff(history) >= -slack * (1 + np.abs(history[:-1]))).all()


@st.composite
def points(draw):
    """Draw 1 to 12 points; few different numbers, so many equal points and ties."""
    n, dim = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    numbers = st.sampled_from([0.0, 1, 2, -3, 0.5, 1e-3, 40])
    values = draw(st.lists(numbers, min_size=n * dim, max_size=n * dim))
    return np.array(values).reshape(n, dim)


# --------------------------------------------------------------------------- k-means


def test_kmeans_by_hand():
    found = kmeans([[1], [2], [9], [10]], 2, start=[[1], [2]])
    assert found.history == [113, 14, 1]
    assert found.inertia == 1
    np.testing.assert_array_equal(found.centres, [[1.5], [9.5]])
    np.testing.assert_array_equal(found.labels, [0, 0, 1, 1])


def test_kmeans_stays_in_a_local_minimum():
    corners = np.array([[0.0, 0], [0, 1], [4, 0], [4, 1]])
    assert kmeans(corners, 2, start=[[2, 0], [2, 1]]).history == [16, 16]
    assert kmeans(corners, 2, start=[[0, 0], [4, 0]]).inertia == 1


def test_max_steps_counts_moves_of_the_centres():
    x, start = [[1], [2], [9], [10]], [[1], [2]]
    none = kmeans(x, 2, start=start, max_steps=0)
    assert none.history == [113]
    np.testing.assert_array_equal(none.centres, start)
    one = kmeans(x, 2, start=start, max_steps=1)
    assert one.history == [113, 14]
    np.testing.assert_array_equal(one.centres, [[1], [7]])
    np.testing.assert_array_equal(one.labels, [0, 0, 1, 1])


@settings(max_examples=80)
@given(points(), st.data())
def test_inertia_never_rises_and_all_agrees(x, data):
    k = data.draw(st.integers(1, len(np.unique(x, axis=0))))
    far = data.draw(st.booleans())
    start = rng(1).normal(0, 1, (k, x.shape[1])) + 1000 * far  # then most are empty
    for how in (start, "random", "k-means++"):
        found = kmeans(x, k, rng=rng(), start=how)
        assert rising(-np.array(found.history), 1e-12)
        assert len(found.history) < 100
        assert set(found.labels) == set(range(k))  # none is empty at the end
        distance = ((x[:, np.newaxis] - found.centres) ** 2).sum(axis=2)
        np.testing.assert_array_equal(found.labels, distance.argmin(axis=1))
        np.testing.assert_array_equal(found.labels, found.predict(x))
        assert found.inertia == found.history[-1]
        assert math.isclose(found.inertia, distance.min(axis=1).sum(), abs_tol=1e-12)
        for j in range(k):
            np.testing.assert_allclose(found.centres[j], x[found.labels == j].mean(0))


def test_an_empty_centre_takes_the_farthest_point():
    x = [[0], [1], [2], [10], [11]]
    found = kmeans(x, 3, start=[[1], [1000], [10]], max_steps=1)
    np.testing.assert_array_equal(found.centres, [[1.5], [0], [10.5]])
    # 100 is the farthest but alone; so are, in turn, those that were given away
    found = kmeans([[0], [1], [3], [100]], 4, start=[[1], [1e6], [2e6], [50]])
    assert found.inertia == 0


def test_as_many_centres_as_points_and_one():
    x = rng().standard_normal((7, 2))
    assert kmeans(x, 7, rng=rng()).inertia == 0
    one = kmeans(x, 1, rng=rng())
    np.testing.assert_allclose(one.centres[0], x.mean(axis=0))
    assert math.isclose(one.inertia, x.var(axis=0).sum() * 7)


def test_kmeans_plus_plus_draws_by_squared_distance():
    x = np.array([[0.0], [0], [0], [1], [3]])
    pairs = [
        kmeans(x, 2, rng=rng(seed), max_steps=0).centres.ravel() for seed in range(1500)
    ]
    first, second = np.array(pairs).T
    counts = [np.mean(second[first == 0] == value) for value in (0, 1, 3)]
    np.testing.assert_allclose(counts, [0, 0.1, 0.9], atol=0.03)
    np.testing.assert_allclose(np.mean(first == 0), 0.6, atol=0.04)


def test_random_starts_at_different_rows():
    x = np.arange(6.0)[:, np.newaxis]
    for seed in range(20):
        found = kmeans(x, 6, rng=rng(seed), start="random", max_steps=0)
        np.testing.assert_array_equal(np.sort(found.centres.ravel()), x.ravel())


@pytest.mark.parametrize("where", [1e8, -1e-3])
def test_moving_and_scaling_the_points_moves_and_scales_the_centres(where):
    x = rng().integers(0, 100, (40, 3)) / 4  # exact, also far from 0
    found, moved = (kmeans(y, 4, rng=rng(3)) for y in (x, 2 * x))
    np.testing.assert_array_equal(found.labels, moved.labels)
    np.testing.assert_allclose(2 * found.centres, moved.centres)
    far = kmeans(x + where, 4, rng=rng(3))
    np.testing.assert_array_equal(found.labels, far.labels)
    np.testing.assert_allclose(found.centres + where, far.centres)
    assert math.isclose(found.inertia, far.inertia, rel_tol=1e-6)


# -------------------------------------------------------------------------- mixtures


@pytest.mark.parametrize("kind", KINDS)
def test_em_on_four_numbers(kind):
    model = GaussianMixture(2, covariance=kind)
    weights, means, variances = TWO
    shape = {"full": (2, 1, 1), "diagonal": (2, 1), "spherical": (2,)}[kind]
    start = weights, means, np.reshape(variances, shape)
    history = model.fit(FOUR, start=start, max_steps=2)
    expected = [-9.28263930304215, -6.4825584393956746, -5.6841022164916275]
    np.testing.assert_allclose(history, expected, rtol=1e-14)
    model.fit(FOUR, start=start, max_steps=1)
    np.testing.assert_allclose(
        model.means, [[0.512462465162597], [4.268325998467101]], rtol=1e-14
    )
    assert model.covariances.shape == shape
    np.testing.assert_allclose(
        model.covariances.ravel(), [0.390709791157174, 1.042046266560531], rtol=1e-14
    )
    assert math.isclose(model.weights[0], 0.470817425283629, rel_tol=1e-14)
    assert model.fit(FOUR, start=start, max_steps=0) == history[:1]


@settings(max_examples=80)
@given(points(), st.sampled_from(KINDS), st.sampled_from([1e-6, 0.1, 5]), st.data())
def test_likelihood_never_falls_and_all_agrees(x, kind, floor, data):
    k = data.draw(st.integers(1, len(np.unique(x, axis=0))))
    model = GaussianMixture(k, covariance=kind, floor=floor)
    history = model.fit(x, rng=rng(), tolerance=0)
    assert rising(history, 1e-7 if kind == "full" else 1e-9)
    assert math.isclose(history[-1], model.log_density(x).sum(), rel_tol=1e-12)
    assert math.isclose(model.weights.sum(), 1)
    r = model.responsibilities(x)
    assert r.shape == (len(x), k)
    np.testing.assert_allclose(r.sum(axis=1), 1)
    np.testing.assert_array_equal(r.argmax(axis=1), model.predict(x))
    least = model.covariances
    if kind == "full":
        least = np.linalg.eigvalsh(model.covariances)
    assert least.min() >= floor * (1 - 1e-3)


def test_raising_to_the_floor_is_the_best_that_it_allows():
    x = rng().normal(0, [2.0, 0.1, 0.7], (50, 3)) @ rng(1).normal(size=(3, 3))
    model = GaussianMixture(1, floor=0.6)
    best = model.fit(x, rng=rng())[-1]
    assert np.isclose(np.linalg.eigvalsh(model.covariances[0])[0], 0.6)
    for _ in range(200):  # any other covariance with variances of at least 0.6
        axes = np.linalg.qr(rng(2).normal(size=(3, 3)))[0]
        variances = 0.6 + rng(3).exponential(1, 3)
        model.covariances[0] = (axes * variances) @ axes.T
        assert model.log_density(x).sum() <= best


@pytest.mark.parametrize("kind", KINDS)
def test_one_component_is_the_normal_distribution_itself(kind):
    x = rng().normal(2, [1, 3], (200, 2)) @ [[1, 0.5], [0, 1]]
    model = GaussianMixture(1, covariance=kind)
    model.fit(x, rng=rng())
    np.testing.assert_allclose(model.means[0], x.mean(axis=0))
    expected = np.cov(x.T, bias=True)
    if kind != "full":
        expected = np.diag(expected)
    np.testing.assert_allclose(
        model.covariances[0], expected.mean() if kind == "spherical" else expected
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_density_integrates_to_one(kind):
    model = GaussianMixture(2, covariance=kind)
    model.fit(rng().normal(size=(30, 2)), rng=rng())
    line = np.linspace(-8, 8, 321)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_density(grid)).sum() * (line[1] - line[0]) ** 2
    assert math.isclose(total, 1, rel_tol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_moments_of_the_mixture(kind):
    covariances = {
        "full": [[[1, 0.5], [0.5, 1]], [[0.2, 0], [0, 3]]],
        "diagonal": [[1, 0.1], [0.2, 3]],
        "spherical": [1, 0.3],
    }[kind]
    model = GaussianMixture(2, covariance=kind)
    start = [0.25, 0.75], [[-5, 0], [4, 1]], covariances
    model.fit(np.zeros((1, 2)), start=start, max_steps=0)
    x = model.sample(40_000, rng())
    assert x.shape == (40_000, 2)
    labels = model.predict(x)
    np.testing.assert_allclose(np.bincount(labels) / len(x), [0.25, 0.75], atol=0.01)
    for j in range(2):
        mine = x[labels == j]
        np.testing.assert_allclose(mine.mean(axis=0), model.means[j], atol=0.05)
        expected = np.asarray(covariances[j])
        full = expected if expected.ndim == 2 else np.eye(2) * expected
        np.testing.assert_allclose(np.cov(mine.T), full, atol=0.08)


def test_shrinking_variances_make_em_k_means():
    x = rng().normal(size=(60, 2))
    centres = x[:3]
    hard = kmeans(x, 3, start=centres, max_steps=1)
    model = GaussianMixture(3, covariance="spherical", floor=1e-12)
    model.fit(x, start=([1 / 3] * 3, centres, [1e-8] * 3), max_steps=0)
    np.testing.assert_array_equal(
        model.responsibilities(x),
        np.eye(3)[kmeans(x, 3, start=centres, max_steps=0)[1]],
    )
    model.fit(x, start=([1 / 3] * 3, centres, [1e-8] * 3), max_steps=1)
    np.testing.assert_allclose(model.means, hard.centres, rtol=1e-12)


def test_points_far_from_all_components_have_a_density():
    model = GaussianMixture(2)
    model.fit(FOUR, rng=rng())
    for far in (1e3, 1e50, -1e100):
        assert np.isfinite(model.log_density([[far]]))
        np.testing.assert_allclose(model.responsibilities([[far]]).sum(), 1)


def test_a_component_without_points_stays_and_weighs_nothing():
    model = GaussianMixture(2, covariance="spherical")
    history = model.fit(FOUR, start=([0.5, 0.5], [[2], [1e6]], [1, 1]))
    assert rising(history)
    np.testing.assert_array_equal(model.weights, [1, 0])
    assert model.means[1, 0] == 1e6
    assert np.isfinite(model.log_density(FOUR)).all()
    assert (model.sample(50, rng()) < 1e3).all()
    model.fit(
        FOUR, start=([1, 0], [[2], [4]], [1, 1])
    )  # and may weigh nothing at first
    np.testing.assert_array_equal(model.predict(FOUR), 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_goes_on_from_its_own_parameters(kind):
    x = rng().normal(size=(80, 2)) * [1, 5]
    model = GaussianMixture(3, covariance=kind)
    whole = model.fit(x, rng=rng(), max_steps=7, tolerance=0)
    first = model.fit(x, rng=rng(), max_steps=3, tolerance=0)
    start = model.weights, model.means, model.covariances
    kept = [a.copy() for a in start]
    rest = model.fit(x, start=start, max_steps=4, tolerance=0)
    np.testing.assert_allclose(first + rest[1:], whole, rtol=1e-10)
    for a, b in zip(start, kept, strict=True):
        np.testing.assert_array_equal(a, b)  # the start is not written to


def test_it_stops_when_a_point_gains_no_more_than_the_tolerance():
    x = rng().normal(size=(100, 1))
    model = GaussianMixture(3)
    gains = np.diff(model.fit(x, rng=rng(), tolerance=1e-4)) / len(x)
    assert (gains[:-1] > 1e-4).all()
    assert gains[-1] <= 1e-4
    assert len(model.fit(x, rng=rng(), tolerance=0, max_steps=5)) == 6


def test_variances_of_a_start_are_raised_to_the_floor():
    model = GaussianMixture(2, floor=0.5)
    start = [0.3, 0.7], np.zeros((2, 2)), [np.zeros((2, 2)), [[1, 1], [1, 1]]]
    model.fit([[0, 0]], start=start, max_steps=0)
    np.testing.assert_allclose(model.covariances[0], 0.5 * np.eye(2))
    np.testing.assert_allclose(np.linalg.eigvalsh(model.covariances[1]), [0.5, 2])


def test_repr_is_the_call():
    assert repr(GaussianMixture(3)) == "GaussianMixture(3, covariance='full')"


# ------------------------------------------------------------------------------- PCA


def test_pca_of_the_digits():
    digits = load_digits()
    for n, share in [(2, 0.282), (10, 0.739), (21, 0.904)]:
        assert round(pca(digits.x_train, n).explained.sum(), 3) == share
    for n, error in [(2, 0.05215), (10, 0.02014)]:
        found = pca(digits.x_train, n)
        back = found.decode(found.encode(digits.x_test))
        assert round(float(((back - digits.x_test) ** 2).mean()), 5) == error


@settings(max_examples=50)
@given(points())
def test_pca_is_a_turn_and_loses_the_variances_left_out(x):
    if len(np.unique(x, axis=0)) == 1:
        with pytest.raises(ValueError, match="expected points that differ"):
            pca(x, 1)
        return
    most = min(x.shape)
    whole = pca(x, most)
    total = x.var(axis=0).sum()
    assert math.isclose(whole.variances.sum(), total, rel_tol=1e-9)
    np.testing.assert_allclose(whole.explained, whole.variances / total, atol=1e-9)
    assert (np.diff(whole.variances) <= 0).all()
    for n in range(1, most + 1):
        found = pca(x, n)
        np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(n), atol=1e-12)
        z = found.encode(x)
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
        covariance = np.diag(found.variances)
        np.testing.assert_allclose(z.T @ z / len(x), covariance, atol=1e-8)
        error = ((found.decode(z) - x) ** 2).sum(axis=1).mean()
        assert math.isclose(error, whole.variances[n:].sum(), abs_tol=1e-8)
        np.testing.assert_allclose(found.encode(found.decode(z)), z, atol=1e-9)


def test_axes_point_to_their_first_largest_entry():
    found = pca([[1, -1], [-1, 1]], 1)
    np.testing.assert_allclose(found.axes.ravel(), [math.sqrt(0.5), -math.sqrt(0.5)])
    x = rng().normal(size=(30, 5)) * [1, 2, 3, 4, 5]
    axes = pca(x, 5).axes
    largest = np.abs(axes).argmax(axis=0)
    assert (axes[largest, np.arange(5)] > 0).all()
    np.testing.assert_allclose(pca(-x, 5).axes, axes)
    np.testing.assert_allclose(pca(3 * x + 100, 5).axes, axes, atol=1e-10)


def test_pca_where_there_are_more_columns_than_points():
    x = rng().normal(size=(3, 8))
    found = pca(x, 3)
    np.testing.assert_allclose(found.decode(found.encode(x)), x)
    assert found.variances[2] < 1e-25
    with pytest.raises(ValueError, match="at most 3, the smaller side"):
        pca(x, 4)


def test_constant_columns_take_no_part():
    x = np.column_stack([np.full(9, 7.0), np.arange(9), np.full(9, -2.0)])
    found = pca(x, 1)
    np.testing.assert_allclose(found.axes.ravel(), [0, 1, 0], atol=1e-15)
    assert math.isclose(found.explained[0], 1)


# --------------------------------------------------------------- types, and bad input


@pytest.mark.parametrize(
    "kind", [np.uint8, np.int64, np.float16, np.float32, list, "columns"]
)
def test_types_change_nothing(kind):
    x = rng().integers(0, 200, (30, 3))
    if kind is list:
        y = x.tolist()
    else:
        y = np.asfortranarray(x) if kind == "columns" else x.astype(kind)
    kept = np.array(y)
    for function in (
        lambda x: kmeans(x, 3, rng=rng()).centres,
        lambda x: kmeans(x, 3, rng=rng()).predict(x),
        lambda x: GaussianMixture(2).fit(x, rng=rng()),
        lambda x: pca(x, 2).encode(x),
        lambda x: pca(x, 2).axes,
    ):
        expected, got = (np.asarray(function(a)) for a in (x, y))
        np.testing.assert_allclose(got, expected, rtol=1e-10)
        if expected.dtype.kind == "f":
            assert got.dtype == np.float64
    np.testing.assert_array_equal(np.array(y), kept)


def fitted():
    model = GaussianMixture(2)
    model.fit(FOUR, rng=rng())
    return model


TAKES_POINTS = {
    "kmeans": lambda x: kmeans(x, 1, rng=rng()),
    "predict": lambda x: kmeans(FOUR, 2, rng=rng()).predict(x),
    "fit": lambda x: GaussianMixture(1).fit(x, rng=rng()),
    "density": lambda x: fitted().log_density(x),
    "responsibilities": lambda x: fitted().responsibilities(x),
    "labels": lambda x: fitted().predict(x),
    "pca": lambda x: pca(x, 1),
    "encode": lambda x: pca(FOUR, 1).encode(x),
    "decode": lambda x: pca(FOUR, 1).decode(x),
}


@pytest.mark.parametrize("name", TAKES_POINTS)
@pytest.mark.parametrize(
    ("x", "text"),
    [
        ([1.0, 2.0], r"expected points of shape \(N, .\), got \(2,\); for one number"),
        (np.zeros((0, 1)), r"expected points of shape .*, got \(0, 1\)$"),
        (np.zeros((2, 1, 1)), r"expected points of shape .*, got \(2, 1, 1\)$"),
        ([[1.0], [math.nan]], "expected finite numbers of at most 1e100, got nan"),
        ([[1.0], [-math.inf]], "expected finite numbers of at most 1e100, got -inf"),
        ([[1.0], [1e101]], r"at most 1e100, got 1e\+101"),
        ([["a"]], "expected an array of numbers"),
        ([[1], [2, 3]], "rows of different lengths"),
        ([[1j]], "expected an array of numbers, got dtype complex128"),
        (None, "expected an array of numbers"),
    ],
)
def test_points_are_checked(name, x, text):
    with pytest.raises((TypeError, ValueError), match=text):
        TAKES_POINTS[name](x)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: kmeans(FOUR, 5, rng=rng()), "at least k = 5 different points, got 4"),
        (
            lambda: kmeans([[1], [1], [1]], 2, rng=rng()),
            "k = 2 different points, got 1",
        ),
        (lambda: GaussianMixture(5).fit(FOUR, rng=rng()), "different points, got 4"),
        (lambda: kmeans(FOUR, 0, rng=rng()), "expected k to be a whole number from 1"),
        (lambda: kmeans(FOUR, 2.0, rng=rng()), "expected k to be a whole number"),
        (lambda: kmeans(FOUR, 2), "expected rng=numpy.random.default_rng"),
        (lambda: kmeans(FOUR, 2, rng=1), "expected rng=numpy.random.default_rng"),
        (
            lambda: kmeans(FOUR, 2, rng=rng(), start="++"),
            "expected start to be .k-means",
        ),
        (lambda: kmeans(FOUR, 2, start=[[1]]), r"start .* of shape \(2, 1\), got"),
        (lambda: kmeans(FOUR, 2, start=[1, 2]), r"start .* of shape \(2, 1\), got"),
        (lambda: kmeans(FOUR, 2, start=[[1], [math.nan]]), "start .* got nan or inf"),
        (lambda: kmeans(FOUR, 2, rng=rng(), max_steps=-1), "max_steps .* from 0"),
        (lambda: kmeans(FOUR, 2, rng=rng()).predict([[1, 2]]), r"\(N, 1\), got \(1, 2"),
        (lambda: GaussianMixture(0), "expected k to be a whole number from 1"),
        (lambda: GaussianMixture(2, covariance="tied"), "'spherical'.*got 'tied'"),
        (lambda: GaussianMixture(2, covariance=None), "covariance to be one of"),
        (lambda: GaussianMixture(2, floor=0), "expected floor to be a number from"),
        (lambda: GaussianMixture(2).fit(FOUR), "expected rng=numpy.random.default_rng"),
        (lambda: GaussianMixture(2).fit(FOUR, rng=rng(), tolerance=-1), "tolerance"),
        (lambda: GaussianMixture(2).fit(FOUR, rng=rng(), max_steps=1.5), "max_steps"),
        (lambda: fitted().log_density([[1, 2]]), r"\(N, 1\), got \(1, 2\)"),
        (lambda: fitted().sample(0, rng()), "expected n to be a whole number from 1"),
        (lambda: fitted().sample(2, None), "expected rng=numpy.random.default_rng"),
        (lambda: pca(FOUR, 2), "expected n to be at most 1"),
        (lambda: pca(FOUR, 0), "expected n to be a whole number from 1"),
        (lambda: pca([[3, 4]], 1), "expected points that differ"),
        (lambda: pca([[0.1, 0.2]] * 3, 1), "expected points that differ"),
        (lambda: pca(FOUR, 1).decode([[1, 2]]), r"\(N, 1\), got \(1, 2\)"),
    ],
)
def test_other_arguments_are_checked(call, text):
    with pytest.raises((TypeError, ValueError), match=text):
        call()


EYES = np.stack([np.eye(2)] * 2)


@pytest.mark.parametrize(
    ("kind", "start", "text"),
    [
        ("full", 3, r"expected start to be \(weights, means, covariances\)"),
        ("full", ([1], [2]), r"expected start to be \(weights, means, covariances\)"),
        ("full", ([0.5, 0.4], EYES[0], EYES), "weights from 0 on that sum to 1"),
        ("full", ([1.5, -0.5], EYES[0], EYES), "weights from 0 on that sum to 1"),
        ("full", ([1], EYES[0], EYES), r"weights .* of shape \(2,\), got"),
        ("full", ([0.5, 0.5], [0, 1], EYES), r"means .* of shape \(2, 2\), got"),
        ("full", ([0.5, 0.5], EYES[0], [1, 1]), r"of shape \(2, 2, 2\), got"),
        ("diagonal", ([0.5, 0.5], EYES[0], EYES), r"of shape \(2, 2\), got shape"),
        ("spherical", ([0.5, 0.5], EYES[0], EYES[0]), r"of shape \(2,\), got shape"),
        ("full", ([0.5, 0.5], EYES[0], -EYES), "without negative variances, got -1"),
        ("diagonal", ([0.5, 0.5], EYES[0], -EYES[0]), "without negative variances"),
        ("spherical", ([0.5, 0.5], EYES[0], [1, -1]), "without negative variances"),
        ("spherical", ([0.5, 0.5], EYES[0], [1, math.inf]), "got nan or inf"),
        ("full", ([0.5, 0.5], EYES[0], [[[1, 1], [0, 1]]] * 2), "to be symmetric"),
    ],
)
def test_a_start_is_checked(kind, start, text):
    model = GaussianMixture(2, covariance=kind)
    with pytest.raises((TypeError, ValueError), match=text):
        model.fit(np.eye(2), start=start)


def test_a_model_must_be_fitted_first():
    model = GaussianMixture(2)
    for call in (
        lambda: model.log_density(FOUR),
        lambda: model.responsibilities(FOUR),
        lambda: model.predict(FOUR),
        lambda: model.sample(1, rng()),
    ):
        with pytest.raises(
            RuntimeError, match=r"expected a fitted model; call fit\(x\)"
        ):
            call()
