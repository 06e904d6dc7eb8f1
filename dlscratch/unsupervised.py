"""Learning without labels: clusters, mixtures of normal distributions, and PCA.

Everything takes points as rows, ``x`` of shape (N, D), and computes in float64. All
three measure distances, so the units of the columns matter: a column in millimetres
counts a million times as much as the same one in metres. Scale the columns first where
their units have nothing to do with each other.
"""

from typing import NamedTuple

import numpy as np

from dlscratch.checks import floats, generator, real, whole
from dlscratch.functions import softmax


class Clusters(NamedTuple):
    """What :func:`kmeans` found.

    Attributes
    ----------
    centres : ndarray, shape (k, D)
    labels : ndarray of int, shape (N,)
        For each point the number of its nearest centre; the first of equally near ones.
    inertia : float
        The sum over all points of the squared distance to the nearest centre.
    history : list of float
        The inertia with the first centres, and after each step.
    """

    centres: np.ndarray
    labels: np.ndarray
    inertia: float
    history: list

    def predict(self, x):
        """Return the number of the nearest centre for each row of x (N, D): (N,)."""
        x = _points(x, "Clusters.predict", columns=self.centres.shape[1])
        return _squared_distances(x, self.centres).argmin(axis=1)


def kmeans(x, k, *, rng=None, start="k-means++", max_steps=300):
    """Find k centres such that points are near their nearest one (Lloyd, 1982).

    A step gives each point to its nearest centre and moves each centre to the mean of
    its points. Neither can raise the inertia. It ends when no point changes hands: in a
    minimum, but not always the lowest.

    A centre without points moves to the point farthest from its own centre, among those
    that share theirs with others; that never raises the inertia either.

    Parameters
    ----------
    x : array_like, shape (N, D)
    k : int
        At most the number of different points.
    rng : numpy.random.Generator
        Needed where the start is drawn.
    start : "k-means++", "random" or array_like of shape (k, D)
        Where the centres are at first. "random": at k of the points. "k-means++": at
        points drawn one after the other, each with a probability proportional to the
        squared distance to the nearest one so far (Arthur and Vassilvitskii, 2007).
    max_steps : int
        How often centres move at most.

    Returns
    -------
    Clusters

    Examples
    --------
    >>> found = kmeans([[1], [2], [9], [10]], 2, start=[[1], [2]])
    >>> found.centres.ravel(), found.labels, found.history
    (array([1.5, 9.5]), array([0, 0, 1, 1]), [113.0, 14.0, 1.0])
    """
    x, k = _points(x, "kmeans"), whole(k, "kmeans", "k")
    max_steps = whole(max_steps, "kmeans", "max_steps", 0)
    different = len(np.unique(x, axis=0))
    if different < k:
        raise ValueError(
            f"kmeans: expected at least k = {k} different points, got {different}; "
            "ask for fewer clusters"
        )
    centres, labels, history = _first_centres(x, k, start, rng), None, []
    while True:
        distances = _squared_distances(x, centres)  # (N, k)
        before, labels = labels, distances.argmin(axis=1)
        nearest = distances.min(axis=1)
        history.append(float(nearest.sum()))
        if np.array_equal(labels, before) or len(history) > max_steps:
            return Clusters(centres, labels, history[-1], history)
        _fill_empty(labels, nearest, k)
        centres = np.stack([x[labels == j].mean(axis=0) for j in range(k)])


class GaussianMixture:
    """A sum of k normal distributions, fitted by expectation maximisation.

    p(x) = Σ_j weight_j N(x | mean_j, covariance_j). A step of EM (Dempster et al.,
    1977) first asks how much each component is responsible for each point, and then
    fits each component to the points, weighted so. The likelihood never falls.

    Without a floor it would have no upper bound: a component that shrinks onto one
    point makes it infinite. So no component may have a variance below ``floor``, in any
    direction. A smaller one is replaced by ``floor`` itself, which is the best among
    those allowed; so the likelihood does not fall by it either.

    Parameters
    ----------
    k : int
        How many components.
    covariance : "full", "diagonal" or "spherical"
        What a component's covariance may be: anything, without correlations, or the
        same variance in all directions.
    floor : float
        The smallest variance, in squared units of x. With "full", none may be below
        1e-12 of the component's largest, either: rounding hides it.

    Attributes
    ----------
    weights : ndarray, shape (k,)
        Sum to 1.
    means : ndarray, shape (k, D)
    covariances : ndarray, shape (k, D, D); "diagonal": (k, D); "spherical": (k,)

    Examples
    --------
    Two steps on four numbers:

    >>> model, x = GaussianMixture(2, covariance="spherical"), [[0], [1], [4], [5]]
    >>> start = [0.5, 0.5], [[1], [3]], [1, 1]
    >>> print(np.round(model.fit(x, start=start, max_steps=2), 4))
    [-9.2826 -6.4826 -5.6841]
    """

    def __init__(self, k, *, covariance="full", floor=1e-6):
        if not isinstance(covariance, str) or covariance not in _KINDS:
            raise ValueError(
                f"GaussianMixture: expected covariance to be one of {sorted(_KINDS)}, "
                f"got {covariance!r}"
            )
        self.k = whole(k, "GaussianMixture", "k")
        self.covariance = covariance
        self.floor = real(floor, "GaussianMixture", "floor", 1e-100)
        self.weights = self.means = self.covariances = None

    def __repr__(self):
        """Return the call that makes such a model."""
        return f"GaussianMixture({self.k}, covariance={self.covariance!r})"

    def fit(self, x, *, rng=None, start=None, max_steps=100, tolerance=1e-3):
        """Fit the mixture to points, and return how likely they were after each step.

        Parameters
        ----------
        x : array_like, shape (N, D)
        rng : numpy.random.Generator
            Needed without a start: k-means finds one then.
        start : (weights, means, covariances), optional
            Shaped as the attributes. Variances below the floor are raised to it.
        max_steps : int
        tolerance : float
            Stop when a step raised the log-likelihood of a point by no more than this
            on average.

        Returns
        -------
        list of float
            The log-likelihood of all points together, in nats: with the start, and
            after each step.
        """
        where = "GaussianMixture.fit"
        x = _points(x, where)
        max_steps = whole(max_steps, where, "max_steps", 0)
        tolerance = real(tolerance, where, "tolerance", 0)
        if start is None:
            found = kmeans(x, self.k, rng=rng)
            one = {"full": np.eye(x.shape[1]), "diagonal": np.ones(x.shape[1])}
            ones = np.stack([one.get(self.covariance, 1.0)] * self.k)
            self.weights, self.means, self.covariances = None, found.centres, ones
            self._maximise(x, np.eye(self.k)[found.labels])
        else:
            self._begin(start, x.shape[1])
        joint = self._joint(x)
        history = [_total(joint)]
        for _ in range(max_steps):
            self._maximise(x, softmax(joint))
            joint = self._joint(x)
            history.append(_total(joint))
            if history[-1] - history[-2] <= tolerance * len(x):
                break
        return history

    def log_density(self, x):
        """Return log p(x) for each row of x (N, D): shape (N,)."""
        return np.logaddexp.reduce(self._joint(self._known(x)), axis=1)

    def responsibilities(self, x):
        """Return p(component | x) for each row of x (N, D): (N, k), rows sum to 1."""
        return softmax(self._joint(self._known(x)))

    def predict(self, x):
        """Return the most probable component for each row of x (N, D): shape (N,)."""
        return self._joint(self._known(x)).argmax(axis=1)

    def sample(self, n, rng):
        """Draw n points, of shape (n, D)."""
        where = "GaussianMixture.sample"
        n, rng = whole(n, where, "n"), generator(rng, where)
        self._fitted()
        labels = rng.choice(self.k, size=n, p=self.weights)
        x = rng.standard_normal((n, self.means.shape[1]))
        for j in range(self.k):
            x[labels == j] = x[labels == j] @ self._root(j).T + self.means[j]
        return x

    def _joint(self, x):
        """Return log(weight_j N(x | mean_j, covariance_j)): shape (N, k)."""
        D = x.shape[1]
        joint = np.empty((len(x), self.k))
        for j in range(self.k):
            root = self._root(j)
            z = np.linalg.solve(root, (x - self.means[j]).T)  # (D, N), of variance 1
            volume = np.log(np.diag(root)).sum()
            joint[:, j] = -0.5 * ((z**2).sum(axis=0) + D * np.log(2 * np.pi)) - volume
        with np.errstate(divide="ignore"):  # a component may have weight 0
            return joint + np.log(self.weights)

    def _root(self, j):
        """Return the lower triangle (D, D) whose product with its transpose is Σ_j."""
        if self.covariance == "full":
            return np.linalg.cholesky(self.covariances[j])
        variances = np.broadcast_to(self.covariances[j], self.means.shape[1])
        return np.diag(np.sqrt(variances))

    def _maximise(self, x, shares):
        """Fit each component to the points, weighted by its shares (N, k) of them."""
        n = shares.sum(axis=0)
        self.weights = n / len(x)
        for j in np.flatnonzero(n > 1e-100):  # the others stay as they are
            share = shares[:, j] / n[j]
            self.means[j] = share @ x
            d = x - self.means[j]
            self.covariances[j] = _KINDS[self.covariance](share, d, self.floor)

    def _begin(self, start, D):
        """Take over weights, means and covariances, if they are such."""
        where, k = "GaussianMixture.fit", self.k
        try:
            weights, means, covariances = start
        except (TypeError, ValueError):
            raise ValueError(
                f"{where}: expected start to be (weights, means, covariances), got "
                f"{start!r}"
            ) from None
        shape = {"full": (k, D, D), "diagonal": (k, D), "spherical": (k,)}
        weights = _shaped(weights, (k,), where, "start's weights")
        means = _shaped(means, (k, D), where, "start's means")
        covariances = _shaped(
            covariances, shape[self.covariance], where, "start's covariances"
        )
        if weights.min() < 0 or abs(weights.sum() - 1) > 1e-6:
            raise ValueError(
                f"{where}: expected start's weights from 0 on that sum to 1, got "
                f"{weights.tolist()}"
            )
        smallest, raised = covariances.min(), np.maximum(covariances, self.floor)
        if self.covariance == "full":
            uneven = abs(covariances - covariances.swapaxes(1, 2)).max()
            if uneven > 1e-9 * abs(covariances).max():
                raise ValueError(
                    f"{where}: expected start's covariances to be symmetric, got a "
                    f"difference of {uneven:.3g} to the transpose"
                )
            spectra = np.linalg.eigvalsh(covariances)
            smallest = spectra.min() + 1e-9 * spectra.max()
            raised = np.stack([_raised(c, self.floor) for c in covariances])
        if smallest < 0:
            raise ValueError(
                f"{where}: expected start's covariances without negative variances, "
                f"got {smallest:.3g}"
            )
        self.weights, self.means = weights / weights.sum(), means
        self.covariances = raised

    def _fitted(self):
        if self.means is None:
            raise RuntimeError(f"{self!r}: expected a fitted model; call fit(x) first")

    def _known(self, x):
        self._fitted()
        return _points(x, "GaussianMixture", columns=self.means.shape[1])


class PCA(NamedTuple):
    """What :func:`pca` found.

    Attributes
    ----------
    mean : ndarray, shape (D,)
    axes : ndarray, shape (D, n)
        The directions as columns: of length 1, at right angles to each other. In each,
        the first entry of the largest size is positive.
    variances : ndarray, shape (n,)
        Of the points along each axis, the sum of squares divided by N; the largest
        comes first.
    explained : ndarray, shape (n,)
        The same as shares of the variance in all D directions.
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    explained: np.ndarray

    def encode(self, x):
        """Return the n coordinates of each row of x (N, D): shape (N, n)."""
        x = _points(x, "PCA.encode", columns=len(self.mean))
        return (x - self.mean) @ self.axes

    def decode(self, z):
        """Return the points (N, D) that have the coordinates z (N, n)."""
        z = _points(z, "PCA.decode", columns=self.axes.shape[1])
        return z @ self.axes.T + self.mean


def pca(x, n):
    """Find the n directions in which points vary most: principal components.

    The plane through the mean along these directions is at the same time the one with
    the smallest squared distance to the points (Pearson, 1901).

    Parameters
    ----------
    x : array_like, shape (N, D)
        At least two different points.
    n : int
        At most D, and at most N.

    Returns
    -------
    PCA

    Examples
    --------
    >>> found = pca([[0, 0], [2, 2], [4, 4]], 1)
    >>> found.explained, found.encode([[3, 3]]).round(4)
    (array([1.]), array([[1.4142]]))
    """
    x, n = _points(x, "pca"), whole(n, "pca", "n")
    if n > min(x.shape):
        raise ValueError(
            f"pca: expected n to be at most {min(x.shape)}, the smaller side of x "
            f"{x.shape}, got {n}"
        )
    mean = x.mean(axis=0)
    sizes, rows = np.linalg.svd(x - mean, full_matrices=False)[1:]
    variances = sizes**2 / len(x)
    if (x == x[0]).all() or not variances.sum():
        raise ValueError("pca: expected points that differ, got the same in each row")
    axes = rows[:n].T  # (D, n)
    size = np.abs(axes)
    first = (size > (1 - 1e-6) * size.max(axis=0)).argmax(axis=0)
    axes = axes * np.sign(axes[first, np.arange(n)])
    return PCA(mean, axes, variances[:n], variances[:n] / variances.sum())


def _points(x, where, columns=None):
    """Return points (N, D) as float64, if they are such."""
    x = floats(x, where).astype(np.float64)
    if x.ndim != 2 or not x.size or (columns and x.shape[1] != columns):
        hint = "; for one number each, x[:, np.newaxis]" if x.ndim == 1 else ""
        raise ValueError(
            f"{where}: expected points of shape (N, {columns or 'D'}), got {x.shape}"
            + hint
        )
    if not np.abs(x).max() <= 1e100:  # also if one is nan
        raise ValueError(
            f"{where}: expected finite numbers of at most 1e100, got "
            f"{x[~(np.abs(x) <= 1e100)][0]:g}"
        )
    return x


def _shaped(x, shape, where, name):
    """Return finite numbers of the given shape as float64."""
    x = floats(x, where).astype(np.float64)
    if x.shape != shape or not np.isfinite(x).all():
        got = f"shape {x.shape}" if x.shape != shape else "nan or inf"
        raise ValueError(
            f"{where}: expected {name} to be finite, of shape {shape}, got {got}"
        )
    return x


def _squared_distances(x, centres):
    """Return how far points (N, D) are from centres (k, D), squared: (N, k)."""
    distances, d = np.empty((len(x), len(centres))), np.empty_like(x)
    ones = np.ones(x.shape[1])  # a product with them sums rows in less time than sum
    for j, centre in enumerate(centres):
        np.subtract(x, centre, out=d)
        distances[:, j] = np.square(d, out=d) @ ones
    return distances


def _first_centres(x, k, start, rng):
    if not isinstance(start, str):
        return _shaped(start, (k, x.shape[1]), "kmeans", "start")
    if start not in ("k-means++", "random"):
        raise ValueError(
            'kmeans: expected start to be "k-means++", "random" or centres of shape '
            f"{(k, x.shape[1])}, got {start!r}"
        )
    rng = generator(rng, "kmeans")
    if start == "random":
        return x[rng.choice(len(x), size=k, replace=False)]
    chosen = [rng.integers(len(x))]
    nearest = np.inf
    while len(chosen) < k:
        nearest = np.minimum(nearest, _squared_distances(x, x[chosen[-1:]])[:, 0])
        chosen.append(rng.choice(len(x), p=nearest / nearest.sum()))
    return x[chosen]


def _fill_empty(labels, nearest, k):
    """Give each empty cluster the farthest point of those that are not alone."""
    for j in range(k):
        sizes = np.bincount(labels, minlength=k)
        if not sizes[j]:
            labels[np.where(sizes[labels] > 1, nearest, -1).argmax()] = j


def _total(joint):
    return float(np.logaddexp.reduce(joint, axis=1).sum())


def _full(share, d, floor):
    return _raised((share[:, np.newaxis] * d).T @ d, floor)


def _diagonal(share, d, floor):
    return np.maximum(share @ d**2, floor)


def _spherical(share, d, floor):
    return max((share @ d**2).mean(), floor)


def _raised(covariance, floor):
    """Return it with no variance below the floor, nor below what rounding loses."""
    variances, axes = np.linalg.eigh(covariance)
    floor = max(floor, 1e-12 * variances[-1])
    if variances[0] >= floor:
        return covariance
    return (axes * np.maximum(variances, floor)) @ axes.T


_KINDS = {"full": _full, "diagonal": _diagonal, "spherical": _spherical}
