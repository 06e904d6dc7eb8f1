"""Clusters, mixtures and PCA against scikit-learn, from the same starts.

A development test, run by ``make test-peers``.
"""

import warnings

import numpy as np
import pytest

from dlscratch.datasets import load_digits
from dlscratch.unsupervised import GaussianMixture, kmeans, pca

WHY = "scikit-learn is optional: make test-peers"
cluster = pytest.importorskip("sklearn.cluster", reason=WHY)
decomposition = pytest.importorskip("sklearn.decomposition", reason=WHY)
mixture = pytest.importorskip("sklearn.mixture", reason=WHY)

THEIR_NAME = {"full": "full", "diagonal": "diag", "spherical": "spherical"}


def close(a, b):
    assert np.shape(a) == np.shape(b)
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


def some_points(seed):
    """Return 60 to 200 points in 1 to 6 dimensions, in three heaps, and a k."""
    rng = np.random.default_rng(seed)
    n, dim, k = rng.integers([60, 1, 1], [200, 7, 6])
    heaps = rng.normal(0, 2, (3, dim))
    x = heaps[rng.integers(3, size=n)] + rng.normal(
        0, rng.uniform(0.3, 2, dim), (n, dim)
    )
    return x, int(k), rng


@pytest.mark.parametrize("seed", range(40))
def test_kmeans(seed):
    x, k, rng = some_points(seed)
    start = rng.normal(0, 2, (k, x.shape[1]))
    found = kmeans(x, k, start=start)
    theirs = cluster.KMeans(k, init=start, n_init=1, tol=0).fit(x)
    close(found.centres, theirs.cluster_centers_)
    np.testing.assert_array_equal(found.labels, theirs.labels_)
    np.testing.assert_array_equal(found.predict(2 * x), theirs.predict(2 * x))
    close(found.inertia, theirs.inertia_)


def test_kmeans_of_the_digits():
    x = load_digits().x_train
    start = x[np.random.default_rng(0).choice(len(x), 10, replace=False)]
    theirs = cluster.KMeans(10, init=start, n_init=1, tol=0).fit(x)
    close(kmeans(x, 10, start=start).centres, theirs.cluster_centers_)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", THEIR_NAME)
def test_mixtures(kind, seed):
    x, k, rng = some_points(seed)
    dim, steps = x.shape[1], 5
    means = x[rng.choice(len(x), k, replace=False)]
    weights = rng.dirichlet(np.full(k, 9))
    roots = rng.normal(0, 1, (k, dim, dim))  # wide: no component is left alone
    covariances = {
        "full": roots @ roots.swapaxes(1, 2) + 4 * np.eye(dim),
        "diagonal": rng.uniform(3, 6, (k, dim)),
        "spherical": rng.uniform(3, 6, k),
    }[kind]
    precisions = np.linalg.inv(covariances) if kind == "full" else 1 / covariances
    model = GaussianMixture(k, covariance=kind)
    start = weights, means, covariances
    history = model.fit(x, start=start, max_steps=steps, tolerance=0)
    theirs = mixture.GaussianMixture(
        k,
        covariance_type=THEIR_NAME[kind],
        weights_init=weights,
        means_init=means,
        precisions_init=precisions,
        reg_covar=0,  # ours is a least value, theirs is added
        tol=0,
        max_iter=len(history) - 1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged
        theirs.fit(x)
    close(model.weights, theirs.weights_)
    close(model.means, theirs.means_)
    close(model.covariances, theirs.covariances_)
    close(history[-1], theirs.score_samples(x).sum())
    close(model.log_density(2 * x), theirs.score_samples(2 * x))
    close(model.responsibilities(x), theirs.predict_proba(x))
    np.testing.assert_array_equal(model.predict(x), theirs.predict(x))


def test_mixtures_start_and_stop_by_the_same_rules():
    ours, theirs = GaussianMixture(2), mixture.GaussianMixture(2)
    assert ours.floor == theirs.reg_covar
    defaults = GaussianMixture.fit.__kwdefaults__
    assert defaults["tolerance"] == theirs.tol
    assert defaults["max_steps"] == theirs.max_iter


@pytest.mark.parametrize("seed", range(40))
def test_pca(seed):
    x, _, rng = some_points(seed)
    n = int(rng.integers(1, x.shape[1] + 1))
    found, theirs = pca(x, n), decomposition.PCA(n, svd_solver="full").fit(x)
    close(found.mean, theirs.mean_)
    close(found.variances * len(x) / (len(x) - 1), theirs.explained_variance_)
    close(found.explained, theirs.explained_variance_ratio_)
    signs = np.sign((found.axes * theirs.components_.T).sum(axis=0))
    close(found.axes * signs, theirs.components_.T)
    z = found.encode(3 * x)
    close(z * signs, theirs.transform(3 * x))
    close(found.decode(z), theirs.inverse_transform(z * signs))


def test_pca_of_the_digits():
    digits = load_digits()
    found = pca(digits.x_train, 10)
    theirs = decomposition.PCA(10, svd_solver="full").fit(digits.x_train)
    close(found.axes @ found.axes.T, theirs.components_.T @ theirs.components_)
    back = theirs.inverse_transform(theirs.transform(digits.x_test))
    close(found.decode(found.encode(digits.x_test)), back)
