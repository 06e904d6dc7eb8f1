"""Exercises of chapter 11b, Generating."""

import numpy as np

from dlscratch.exercises import exercise
from dlscratch.exercises._kit import Misfit

_rng = np.random.default_rng(112)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


def _bits(*shape):
    return (_rng.random(shape) < 0.5).astype(float)


def _machine(D, H, scale=1.0):
    """Return W, a and b."""
    return scale * _random(D, H), scale * _random(D), scale * _random(H)


# ------------------------------------------------------------------------ 11b.1

_W, _A, _B = (
    np.array([[1, -1], [0.5, 0.5], [-1, 2]]),
    [0.1, -0.2, 0.3],
    [0, -0.5],
)


@exercise(
    "11b.1",
    "How many times as likely?",
    cases=[
        (
            *map(np.array, ([1.0, 0, 1], [1.0, 1], [0.0, 1, 1], [0.0, 1])),
            *map(np.array, (_W, _A, _B)),
        ),
        (_bits(4), np.ones(3), np.ones(4), _bits(3), *_machine(4, 3)),
        (np.zeros(2), np.zeros(5), _bits(2), np.ones(5), *_machine(2, 5)),
    ],
    overflow=[
        (
            np.ones(2),
            np.ones(3),
            np.ones(2),
            np.array([1.0, 1, 0]),
            np.array([[400.0, 300, 2], [200, 100, -1]]),
            np.zeros(2),
            np.zeros(3),
        ),
    ],
    hints=[
        "Each probability is exp(-E) divided by Z. What is left of Z in the "
        "ratio of two of them?",
        "Z cancels. So neither needs a sum over all states: two energies are "
        "enough.",
        "exp(-E) may be too large for a computer where the ratio is not. "
        "Subtract the energies first, then take the exponential of one number.",
    ],
    text=r"""
        Both probabilities have the same $Z$, which cancels:
        $P_1/P_2=e^{-E_1}/e^{-E_2}=e^{E_2-E_1}$. The *lower* energy is the
        likelier state. This is what makes Gibbs sampling possible: to compare
        two states nobody needs $Z$.
        """,
)
def times_as_likely(v1, h1, v2, h2, W, a, b):
    """Return P(v1, h1) / P(v2, h2)."""
    e1 = -v1 @ W @ h1 - a @ v1 - b @ h1
    e2 = -v2 @ W @ h2 - a @ v2 - b @ h2
    return np.exp(e2 - e1)


times_as_likely.wrong(
    "Upside down: the state with the lower energy is the likelier one.",
    times_as_likely.spoilt("e2 - e1", "e1 - e2"),
)

times_as_likely.wrong(
    "The biases are part of the energy, too.",
    times_as_likely.spoilt(" - a @ v1 - b @ h1", "", " - a @ v2 - b @ h2", ""),
)

times_as_likely.wrong(
    "This is the ratio of the energies. Probabilities are as exp(-E).",
    times_as_likely.spoilt("np.exp(e2 - e1)", "e1 / e2"),
)

times_as_likely.wrong(
    "Right, as long as exp(-E) is not too large for a computer. Subtract the "
    "energies before you take the exponential.",
    times_as_likely.spoilt("np.exp(e2 - e1)", "np.exp(-e1) / np.exp(-e2)"),
)

# ------------------------------------------------------------------------ 11b.2


@exercise(
    "11b.2",
    "Units of minus one and one",
    cases=[
        (np.array([[1.0, 0, 1]]), *map(np.array, (_W, _A, _B))),
        (_bits(1, 4), *_machine(4, 2)),
    ],
    batch=[
        (_bits(5, 3), *_machine(3, 4)),
        (_bits(2, 5), *_machine(5, 1)),
    ],
    overflow=[
        (np.array([[1.0, 0], [0, 1.0]]), *_machine(2, 3, 900.0)),
        (np.ones((3, 1)), np.array([[-1e5, 1e5]]), np.ones(1), np.zeros(2)),
    ],
    hints=[
        "The sum over all h is still a product, one factor for each hidden "
        "unit. Which two terms does each factor have now?",
        "A unit that gets z adds exp(z) where it is 1, and exp(-z) where it is "
        "-1. What does not depend on h comes out of the sum.",
        "`np.logaddexp(p, q)` is log(exp(p) + exp(q)), and never overflows.",
    ],
    text=r"""
        $$
        \sum_{\mathbf h}e^{-E}=e^{\mathbf a\cdot\mathbf v}\prod_j
        \bigl(e^{z_j}+e^{-z_j}\bigr) ,\qquad
        z_j=b_j+\mathbf v\cdot W_{\cdot j} ,
        $$

        so $F=-\mathbf a\cdot\mathbf v-\sum_j\log(e^{z_j}+e^{-z_j})$. Where a
        unit of 0 and 1 would add nothing for a large negative $z$, this one
        adds $|z|$: it is never out of the game. (The same machine can be
        written with units of 0 and 1, with $2W$ and other biases.)
        """,
)
def free_energy_of_signs(v, W, a, b):
    """Return F of each row of v (N, D), with exp(-F) = sum of exp(-E)."""
    z = b + v @ W  # (N, H)
    return -v @ a - np.logaddexp(z, -z).sum(axis=1)


free_energy_of_signs.wrong(
    "This is the chapter's formula, for units of 0 and 1. A unit of -1 adds "
    "exp(-z), not 1.",
    free_energy_of_signs.spoilt("np.logaddexp(z, -z)", "np.logaddexp(0, z)"),
)

free_energy_of_signs.wrong(
    "exp of a large number overflows, though its logarithm is harmless.",
    free_energy_of_signs.spoilt(
        "np.logaddexp(z, -z)", "np.log(np.exp(z) + np.exp(-z))"
    ),
)

free_energy_of_signs.wrong(
    "The visible biases are missing: they are the same for all h, and come out "
    "of the sum as a factor.",
    free_energy_of_signs.spoilt("-v @ a - ", "-"),
)

free_energy_of_signs.wrong(
    "The sign: F is minus the logarithm of the sum.",
    lambda v, W, a, b: -free_energy_of_signs(v, W, a, b),
)

free_energy_of_signs.wrong(
    "This is the largest term of the sum alone. All states count.",
    free_energy_of_signs.spoilt("np.logaddexp(z, -z)", "abs(z)"),
)

free_energy_of_signs.wrong(
    "Each row of `v` is an example with a free energy of its own: sum over the "
    "hidden units alone.",
    free_energy_of_signs.spoilt("axis=1", ""),
)

# ------------------------------------------------------------------------ 11b.3


def _blot_case(D, H, n_unknown, scale=1.0):
    known = np.ones(D, dtype=bool)
    known[_rng.permutation(D)[:n_unknown]] = False
    v = _bits(D)
    v[~known] = 0.5
    return v, known, *_machine(D, H, scale)


@exercise(
    "11b.3",
    "Behind the blot",
    cases=[
        (
            np.array([1.0, 1.0, 0.5]),
            np.array([True, True, False]),
            *map(np.array, (_W, _A, _B)),
        ),
        _blot_case(5, 2, 3),
        _blot_case(4, 6, 4),
        _blot_case(6, 3, 0),
        _blot_case(12, 5, 10),
    ],
    overflow=[
        (
            np.array([1.0, 0.5, 0.5]),
            np.array([True, False, False]),
            np.array([[800.0, -300], [-900, 1000], [2, 700]]),
            np.array([10.0, -700, 1]),
            np.array([1.0, -400]),
        )
    ],
    hints=[
        "Of n unknown units there are 2^n ways to fill them in. Each completed "
        "picture has a weight, exp(-F), and the rest is a mean.",
        "Z cancels: divide each weight by the sum of the weights of all "
        "completed pictures, and of no others.",
        "Weights may be too large for a computer. Subtract the largest -F "
        "first, as in softmax.",
    ],
    text=r"""
        By Bayes' rule $P(\text{unknown}\mid\text{known})$ is
        $e^{-F}$ of the completed picture, divided by the sum of the same over
        all $2^n$ completions: neither $Z$ nor any picture that contradicts
        what is known takes part. The mean of the completions, so weighted, is
        for each unit the probability that it is 1. With many unknown pixels
        one holds the known ones fixed and lets Gibbs sampling draw the rest.
        """,
    trial="""
        W = np.array([[1, -1], [0.5, 0.5], [-1, 2]])
        a, b = np.array([0.1, -0.2, 0.3]), np.array([0, -0.5])
        known = np.array([True, True, False])
        print(fill_in(np.array([1, 0, 0]), known, W, a, b).round(3))
        """,
)
def fill_in(v, known, W, a, b):
    """Return P(v_i = 1 | what is known) of each unit, (D,)."""
    unknown = np.flatnonzero(~known)
    n = len(unknown)
    every = np.tile(v.astype(float), (2**n, 1))  # all completed pictures
    every[:, unknown] = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    minus_f = every @ a + np.logaddexp(0, b + every @ W).sum(axis=1)
    weights = np.exp(minus_f - minus_f.max())
    return weights @ every / weights.sum()


@fill_in.wrong(
    "Pictures that contradict what is known count here as well. Only the "
    "unknown units may take other values."
)
def _(v, known, W, a, b):
    return np.where(known, v, fill_in(v, np.zeros_like(known), W, a, b))


@fill_in.wrong(
    "What stands in `v` at the unknown places was used. It means nothing: try "
    "both values there."
)
def _(v, known, W, a, b):
    h = 1 / (1 + np.exp(-np.clip(b + v @ W, -500, 500)))
    p = 1 / (1 + np.exp(-np.clip(a + W @ h, -500, 500)))
    return np.where(known, v, p)


fill_in.wrong(
    "All ways to fill in count the same here. Weigh each by exp(-F).",
    fill_in.spoilt("np.exp(minus_f - minus_f.max())", "np.ones(2**n)"),
)

fill_in.wrong(
    "Right, as long as exp(-F) is not too large for a computer. Subtract the "
    "largest -F first.",
    fill_in.spoilt("np.exp(minus_f - minus_f.max())", "np.exp(minus_f)"),
)

fill_in.wrong(
    "This is the likeliest way to fill in. Asked is how likely a 1 is at each "
    "place: all ways count, by their weight.",
    fill_in.spoilt(
        "np.exp(minus_f - minus_f.max())", "1.0 * (minus_f == minus_f.max())"
    ),
)

# ------------------------------------------------------------------------ 11b.4


def _sweep_case(N, D, H):
    return (
        _bits(N, D),
        _rng.random((N, H)),
        _rng.random((N, D)),
        *_machine(D, H),
    )


@exercise(
    "11b.4",
    "There and back, with given dice",
    cases=[_sweep_case(1, 3, 2), _sweep_case(1, 2, 4)],
    batch=[_sweep_case(6, 3, 5), _sweep_case(5, 7, 2), _sweep_case(40, 4, 3)],
    hints=[
        "Two draws, one after the other: first all hidden units from `v`, then "
        "all visible ones from what was drawn.",
        "A unit with probability p becomes 1 where its number, uniform from 0 "
        "to 1, is below p: that happens with probability p.",
        "From visible to hidden the weights are W, of shape (D, H). On the way "
        "back they are its transpose, and the bias is `a`.",
    ],
    text=r"""
        $P(h_j=1\mid\mathbf v)=\sigma(b_j+\mathbf v\cdot W_{\cdot j})$, and the
        way back has $W^\top$ and $\mathbf a$. A number $u$, uniform from 0 to
        1, is below $p$ with probability $p$. The way back must start from the
        *drawn* states. With probabilities in their place each hidden unit
        would say more than one bit, and the chain would not be the one whose
        distribution is $e^{-E}/Z$.
        """,
)
def sweep(v, u_h, u_v, W, a, b):
    """Return h (N, H) and the new v (N, D), both of 0 and 1."""
    h = u_h < 1 / (1 + np.exp(-(b + v @ W)))
    v = u_v < 1 / (1 + np.exp(-(a + h @ W.T)))
    return h.astype(float), v.astype(float)


sweep.wrong(
    "The way back starts from the probabilities. It must start from the drawn "
    "states of 0 and 1.",
    sweep.spoilt("h @ W.T", "1 / (1 + np.exp(-(b + v @ W))) @ W.T"),
)

sweep.wrong(
    "The wrong way round: a unit with probability p is 1 where its number is "
    "below p.",
    sweep.spoilt("u_h < ", "u_h > ", "u_v < ", "u_v > "),
)

sweep.wrong(
    "The probabilities themselves are returned. Draw: compare them with the "
    "numbers `u_h` and `u_v`.",
    sweep.spoilt("u_h < 1 /", "1.0 * 1 /", "u_v < 1 /", "1.0 * 1 /"),
)

sweep.wrong(
    "Without dice: this sets a unit to 1 where its probability is above one "
    "half. Compare with `u_h` and `u_v`.",
    sweep.spoilt("u_h <", "0.5 <", "u_v <", "0.5 <"),
)

sweep.wrong(
    "The new v is drawn from the old one's probabilities without biases: `b` "
    "belongs to the hidden units, `a` to the visible ones.",
    sweep.spoilt("(b + v @ W)", "(v @ W)", "(a + h @ W.T)", "(h @ W.T)"),
)

# ------------------------------------------------------------------------ 11b.5


def _kl_case(*shape):
    return (
        _random(*shape),
        np.exp(0.5 * _random(*shape)),
        _random(*shape),
        np.exp(0.5 * _random(*shape)),
    )


@exercise(
    "11b.5",
    "From one bell to another",
    cases=[
        tuple(np.array([[x]]) for x in (1.0, 0.5, 0.0, 1.0)),
        _kl_case(1, 3),
    ],
    batch=[_kl_case(4, 2), _kl_case(2, 5)],
    hints=[
        "Write log p - log q for one component. What is the mean of "
        "(z - m1)² under p, and what is that of (z - m2)²?",
        "They are s1² and s1² + (m1 - m2)². Each is divided by 2 and its own "
        "distribution's variance.",
        "The components are independent, so their divergences add up, row by "
        "row. With m2 = 0 and s2 = 1 the chapter's formula must come out.",
    ],
    text=r"""
        For one component
        $\log\frac pq=\log\frac{s_2}{s_1}-\frac{(z-m_1)^2}{2s_1^2}
        +\frac{(z-m_2)^2}{2s_2^2}$. Under $p$ the mean of $(z-m_1)^2$ is
        $s_1^2$, that of $(z-m_2)^2$ is $s_1^2+(m_1-m_2)^2$:

        $$
        \mathrm{KL}=\log\frac{s_2}{s_1}+\frac{s_1^2+(m_1-m_2)^2}{2s_2^2}
        -\frac12 ,
        $$

        summed over the components. It is not symmetric: a wide $q$ costs
        little, a narrow one much.
        """,
    trial="""
        one = np.ones((1, 1))
        print(kl(one, 0.5 * one, 0 * one, one).round(4))  # the chapter's case
        """,
)
def kl(m1, s1, m2, s2):
    """Return KL(N(m1, s1²) || N(m2, s2²)) of each row, (N,)."""
    ratio = (s1**2 + (m1 - m2) ** 2) / s2**2
    return (np.log(s2 / s1) + (ratio - 1) / 2).sum(axis=1)


kl.wrong(
    "This is the divergence the other way round. It is not symmetric: the mean "
    "is taken under the first distribution.",
    lambda m1, s1, m2, s2: kl(m2, s2, m1, s1),
)

kl.wrong(
    "s1 and s2 are standard deviations; the formula needs their squares.",
    lambda m1, s1, m2, s2: kl(m1, np.sqrt(s1), m2, np.sqrt(s2)),
)

kl.wrong(
    "The mean of (z - m1)² under the first distribution is s1². So a term -1/2 "
    "is left; two equal distributions must have the divergence 0.",
    kl.spoilt("(ratio - 1)", "ratio"),
)

kl.wrong(
    "The components' divergences add up: a sum over them, not a mean.",
    kl.spoilt("sum(", "mean("),
)

kl.wrong(
    "The means differ, too, and that costs something.",
    kl.spoilt(" + (m1 - m2) ** 2", ""),
)

# ------------------------------------------------------------------------ 11b.6


def _run_bound(bound_terms, x, y, mean, log_variance, sigma):
    found = bound_terms(x, y, mean, log_variance, sigma)
    if not isinstance(found, tuple | list | np.ndarray) or len(found) != 2:
        raise Misfit("expected two numbers, the reconstruction and the KL term")
    return {"the reconstruction": found[0], "the KL term": found[1]}


def _bound_case(N, D, L, sigma):
    return (
        _random(N, D),
        _random(N, D),
        _random(N, L),
        _random(N, L),
        sigma,
    )


@exercise(
    "11b.6",
    "The two terms of the bound",
    use=_run_bound,
    cases=[_bound_case(1, 1, 1, 1.0), _bound_case(1, 3, 2, 0.5)],
    batch=[_bound_case(4, 5, 2, 0.2), _bound_case(3, 2, 6, 2.0)],
    hints=[
        "Both terms are sums over the numbers of one example, pixels or "
        "components of z, and means over the examples.",
        "log of a normal density: minus the square divided by 2 σ², minus the "
        "logarithm of σ √(2π). This for each of the D pixels.",
        "`log_variance` is log of the variance: the variance is its "
        "exponential, without any half.",
    ],
    text=r"""
        $$
        \text{reconstruction}=\frac1N\sum_n\sum_i\Bigl[\frac{(x_{ni}-y_{ni})^2}
        {2\sigma^2}+\log(\sigma\sqrt{2\pi})\Bigr],\qquad
        \text{KL}=\frac1N\sum_n\sum_l\tfrac12\bigl(\mu^2+e^\lambda-1-\lambda
        \bigr) .
        $$

        A log-likelihood of a picture is a *sum* over its pixels. The mean over
        64 pixels is 64 times too small, and then the KL term wins: the encoder
        says the same of all pictures, and the decoder draws one mean picture.
        The logarithm with $\sigma$ has no gradient as long as $\sigma$ is
        fixed, but without it the number is no bound, and models with different
        $\sigma$ cannot be compared.
        """,
)
def bound_terms(x, y, mean, log_variance, sigma):
    """Return -mean log p(x | z) and the mean KL term, in nats."""
    N, D = x.shape
    squares = ((x - y) ** 2).sum() / (2 * sigma**2 * N)
    reconstruction = squares + D * np.log(sigma * np.sqrt(2 * np.pi))
    kl = mean**2 + np.exp(log_variance) - 1 - log_variance
    return reconstruction, kl.sum() / (2 * N)


bound_terms.wrong(
    "A mean over the pixels: this makes the reconstruction D times too small, "
    "and the KL term wins. Sum over the pixels, and take the mean over the "
    "examples.",
    bound_terms.spoilt("* N)\n    recon", "* N * D)\n    recon", "+ D *", "+"),
)

bound_terms.wrong(
    "A sum over the examples. Over them the mean is asked for, so that the "
    "balance does not depend on the batch.",
    bound_terms.spoilt(
        " * N)\n    recon", ")\n    recon", "+ D *", "+ N * D *", "(2 * N)", "2"
    ),
)

bound_terms.wrong(
    "The square is divided by twice the variance: σ must be squared.",
    bound_terms.spoilt("sigma**2", "sigma"),
)

bound_terms.wrong(
    "A density of D numbers has the factor 1 / (σ √(2π)) for each of them. "
    "Its logarithm is missing.",
    bound_terms.spoilt(
        "squares + D * np.log(sigma * np.sqrt(2 * np.pi))", "squares"
    ),
)

bound_terms.wrong(
    "The KL term adds up over the components of z: a sum, not a mean.",
    bound_terms.spoilt("kl.sum() / (2 * N)", "kl.mean() / 2"),
)

bound_terms.wrong(
    "exp of half the log variance is the standard deviation. The KL term needs "
    "the variance.",
    bound_terms.spoilt("np.exp(log_variance)", "np.exp(log_variance / 2)"),
)

# ------------------------------------------------------------------------ 11b.7


def square(z):
    """Return z²."""
    return z**2


def double(z):
    """Return the slope of z²."""
    return 2 * z


def cubic(z):
    """Return z³ - z."""
    return z**3 - z


def its_slope(z):
    """Return the slope of z³ - z."""
    return 3 * z**2 - 1


_FUNCTIONS = {"z²": (square, double), "sin z": (np.sin, np.cos)}
_FUNCTIONS["z³ - z"] = cubic, its_slope


def _run_two_ways(two_ways, f, mean, log_variance, eps):
    found = two_ways(*_FUNCTIONS[f], mean, log_variance, eps)
    if not isinstance(found, tuple | list | np.ndarray) or len(found) != 2:
        raise Misfit("expected two things, first through z, then by the score")
    parts = "the estimate through z", "the estimate by the score"
    return dict(zip(parts, map(np.asarray, found), strict=True))


@exercise(
    "11b.7",
    "Two ways to one gradient",
    use=_run_two_ways,
    cases=[
        ("z²", 1.0, 0.0, np.array([0.5, -1.0, 2.0])),
        ("sin z", -0.3, -1.2, _random(4)),
        ("z³ - z", 0.7, 0.9, _random(5)),
    ],
    hints=[
        "Through z: the derivative of f(mean + std · eps), with eps held "
        "fixed. How does z move with the mean, and how with the log variance?",
        "The standard deviation is exp of half the log variance; its "
        "derivative is half of itself.",
        "By the score: f(z) times the derivative of log q(z), with z held "
        "fixed. log q is -(z - mean)² / (2 var) - log_variance / 2 and a "
        "constant.",
    ],
    text=r"""
        With $\lambda=\log s^2$, so $s=e^{\lambda/2}$: through
        $z=\mu+s\varepsilon$ the derivatives are $f'(z)$ and
        $f'(z)\,\varepsilon s/2$. By the score,
        $\partial\log q/\partial\mu=(z-\mu)/s^2=\varepsilon/s$ and
        $\partial\log q/\partial\lambda=(\varepsilon^2-1)/2$, each times
        $f(z)$. On average both pairs are the same, but the second does not
        even look at the slope of $f$, and pays for it: at $\mu=1$, $s=1$,
        $f=z^2$ the variance is 30 in place of 4. It still has its use, where
        $f$ has no slope, as in learning from reward.
        """,
    trial="""
        eps = np.random.default_rng(0).standard_normal(200_000)
        found = two_ways(lambda z: z**2, lambda z: 2 * z, 1.0, 0.0, eps)
        for name, way in zip(("through z", "by the score"), found, strict=True):
            print(f"{name:12}  variance {way[0].var():.0f}")
            assert np.allclose(way.mean(axis=1), [2, 1], atol=0.1)
        """,
)
def two_ways(f, df, mean, log_variance, eps):
    """Return both estimates, (2, N): for the mean, for the log variance."""
    std = np.exp(log_variance / 2)
    z = mean + std * eps
    through = np.stack([df(z), df(z) * eps * std / 2])
    score = np.stack([f(z) * eps / std, f(z) * (eps**2 - 1) / 2])
    return through, score


two_ways.wrong(
    "The derivative of the standard deviation with respect to the log variance "
    "is half of itself. This one is for the standard deviation.",
    two_ways.spoilt("eps * std / 2", "eps"),
)

two_ways.wrong(
    "exp of the log variance is the variance; z needs the standard deviation.",
    two_ways.spoilt("log_variance / 2", "log_variance"),
)

two_ways.wrong(
    "The second estimate has f(z) where the first has its slope: the score is "
    "the derivative of log q alone.",
    two_ways.spoilt("f(z) * eps / std, f(z) *", "df(z) * eps / std, df(z) *"),
)

two_ways.wrong(
    "log q has the term -log_variance / 2, whose derivative is missing.",
    two_ways.spoilt("(eps**2 - 1)", "eps**2"),
)

two_ways.wrong(
    "The derivative of log q with respect to the mean is (z - mean) / "
    "variance, that is eps / std.",
    two_ways.spoilt("f(z) * eps / std", "f(z) * eps"),
)

# ------------------------------------------------------------------------ 11b.8


@exercise(
    "11b.8",
    "Enough noise?",
    cases=[
        (np.array([0.5, 0.5, 0.5]), 0.5),
        (np.linspace(1e-4, 0.02, 1000), 1e-4),
        (np.linspace(1e-4, 0.02, 100), 0.01),
        (np.full(40, 0.1), 0.1),
        (np.array([0.9, 0.1]), 0.2),
        (np.array([0.5, 0.25]), 1.0),  # the limit itself, at step 1
    ],
    hints=[
        "ᾱ_t is the product of 1 - β over all steps up to t. NumPy has "
        "`np.cumprod`.",
        "x_t is √ᾱ x_0 + √(1-ᾱ) ε. So of x_0 the variance ᾱ is left, and the "
        "noise has 1 - ᾱ.",
        "The first place where a condition is True: `argmax` of the booleans. "
        "But ask first whether there is any, and count steps from 1.",
    ],
    text=r"""
        $\bar\alpha_t=\prod_{s\le t}(1-\beta_s)$, and the ratio is
        $\bar\alpha_t/(1-\bar\alpha_t)$. A thousand steps from 0.0001 to 0.02
        end at 0.00004; the same range cut to a hundred steps ends at 0.57, and
        who starts there from pure noise starts from what the network has never
        seen. (`argmax` of all False is 0, which would be taken for a step.)
        """,
    trial="""
        for T in (1000, 100):
            print(T, enough_noise(np.linspace(1e-4, 0.02, T), 0.01))
        """,
)
def enough_noise(betas, limit):
    """Return the first step with a ratio of at most limit, or 0."""
    kept = np.cumprod(1 - betas)  # alpha bar of the steps 1, 2, ...
    low = kept / (1 - kept) <= limit
    return int(low.argmax()) + 1 if low.any() else 0


enough_noise.wrong(
    "Steps count from 1: the first entry of `betas` is that of step 1.",
    enough_noise.spoilt("low.argmax()) + 1", "low.argmax())"),
)

enough_noise.wrong(
    "`argmax` of booleans that are all False is 0, so this says step 1 where "
    "there is none.",
    enough_noise.spoilt(" if low.any() else 0", ""),
)

enough_noise.wrong(
    "A ratio of just the limit is enough: at most means smaller or equal.",
    enough_noise.spoilt("<= limit", "< limit"),
)

enough_noise.wrong(
    "This is what one single step keeps. ᾱ is the product over all steps so "
    "far.",
    enough_noise.spoilt("np.cumprod(1 - betas)", "1 - betas"),
)

enough_noise.wrong(
    "A product, not a sum: each step keeps the share 1 - β of what was left.",
    enough_noise.spoilt("np.cumprod(1 - betas)", "1 - np.cumsum(betas)"),
)

enough_noise.wrong(
    "This is the share of x_0, ᾱ. The ratio compares it with the noise, 1 - ᾱ.",
    enough_noise.spoilt("kept / (1 - kept) <=", "kept <="),
)

# ------------------------------------------------------------------------ 11b.9


def _noise_case(N, M, D, K, kept):
    labels = np.append(np.arange(K), _rng.integers(0, K, M - K))
    return _random(N, D), kept, _random(M, D), labels, K


@exercise(
    "11b.9",
    "Which digit is in the noise?",
    cases=[
        (
            np.array([[0.5]]),
            0.5,
            np.array([[-1.0], [1.0], [1.0]]),
            np.array([1, 0, 0]),
            2,
        ),
        _noise_case(3, 8, 2, 4, 0.3),
        _noise_case(2, 5, 4, 3, 0.8),
        _noise_case(4, 9, 3, 2, 0.02),
        (_random(3, 2), 0.5, _random(4, 2), np.array([2, 0, 2, 3]), 5),
    ],
    overflow=[
        (
            np.array([[60.0, -80.0], [0, 300.0]]),
            0.9999,
            _random(4, 2),
            np.array([1, 0, 1, 2]),
            3,
        ),
    ],
    hints=[
        "The perfect denoiser gives each data point a weight: the probability "
        "that it is what lies under the noise. It is the same softmax here.",
        "The weights are as exp of minus the squared distance of x from √ᾱ d, "
        "divided by twice the variance of the noise, 1 - ᾱ.",
        "Instead of the mean of the data, add up the weights class by class: a "
        "product with the one-hot rows of the labels.",
    ],
    text=r"""
        The weight of a data point, $w_m$, is $P(x_0=d_m\mid x_t)$. A class has
        the probability of all its members together, $\sum_{m:\,c_m=k}w_m$.
        Where nearly all is noise, these are the shares of the classes in the
        data; near the end one class has all. Somewhere between, on the way
        back, it is decided which digit it will be. A class without members
        has 0.
        """,
)
def class_in_noise(x_t, kept, data, labels, K):
    """Return P(class k | x_t), (N, K)."""
    away = ((x_t[:, None] - np.sqrt(kept) * data) ** 2).sum(axis=2)  # (N, M)
    log_w = -away / (2 * (1 - kept))
    w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
    w = w / w.sum(axis=1, keepdims=True)
    return w @ np.eye(K)[labels]


class_in_noise.wrong(
    "The class of the nearest data point alone. In noise all may have been it, "
    "each with its weight.",
    class_in_noise.spoilt(
        "np.exp(log_w - log_w.max(", "1.0 * (log_w == log_w.max("
    ),
)

class_in_noise.wrong(
    "A mean over the members of each class. A class is as likely as all its "
    "members together: add them up.",
    class_in_noise.spoilt(
        "np.eye(K)[labels]",
        "np.eye(K)[labels] / np.maximum(np.bincount(labels, minlength=K), 1)",
    ),
)

class_in_noise.wrong(
    "The noisy data have shrunk: compare x with √ᾱ times the data.",
    class_in_noise.spoilt("np.sqrt(kept) * data", "data"),
)

class_in_noise.wrong(
    "Far from all data each weight is 0 on a computer, and 0 / 0 is nan. "
    "Subtract the largest logarithm of each row before you take the "
    "exponential.",
    class_in_noise.spoilt("log_w - log_w.max(axis=1, keepdims=True)", "log_w"),
)

class_in_noise.wrong(
    "The spread of the noise is √(1 - ᾱ): the squared distance is divided by "
    "twice its square, 1 - ᾱ.",
    class_in_noise.spoilt("(2 * (1 - kept))", "(2 * np.sqrt(1 - kept))"),
)

# ----------------------------------------------------------------------- 11b.10


def _copies_case(S, N, M, D):
    train = _random(N, D)
    samples = _random(S, D)
    test = _random(M, D)
    samples[: S // 2] = train[: S // 2] + 0.05 * _random(S // 2, D)
    samples[-2:] = test[:2] + 0.01  # copies of what nobody was trained on
    return samples, train, test


@exercise(
    "11b.10",
    "Copies",
    cases=[
        (
            np.array([[0.0, 0.1], [3.0, 3.0], [1.0, 0.5]]),
            np.array([[0.0, 0.0], [1.0, 0.0]]),
            np.array([[0.0, 1.0], [1.0, 2.0], [4.0, 4.0], [0.7, 0.0]]),
        ),
        (
            np.array([[2.0, 0.0], [0.0, 1.0], [0.0, -2.0], [5.0, 5.0]]),
            np.array([[0.0, 0.0], [9.0, 9.0]]),
            np.array([[0.0, 2.0], [3.0, 0.0], [-3.0, 4.0]]),
        ),
        (  # near by the sum of differences is not near by their squares
            np.array([[0.6, 0.6, 0.6], [0.0, 0.0, 1.5], [0.9, 0.0, 0.0]]),
            np.array([[0.0, 0.0, 0.0], [8.0, 8.0, 8.0]]),
            np.array([[1.1, 0.0, 0.0], [0.0, 2.0, 2.0]]),
        ),
        _copies_case(8, 30, 12, 3),
        _copies_case(6, 9, 25, 5),
        _copies_case(11, 14, 5, 2),
    ],
    hints=[
        "Write a helper first: of each row of one array, the distance to the "
        "nearest row of another.",
        "Distances from the test pictures to the training pictures say what is "
        "usual for pictures that nobody copied. The limit is the smallest.",
        "Then the same distance for each sample, and the mean of a comparison. "
        "Samples are compared with training pictures alone.",
    ],
    text=r"""
        "Near" means nothing without a yardstick, and unseen real pictures are
        one: whoever is nearer to the training data than *any* of them is
        suspicious. The opposite does not follow. A sample may be far enough
        from each single picture because it is the mean of several: a large
        distance says "smoother", not "original".
        """,
)
def copies(samples, train, test):
    """Return the share of samples nearer to train than any of test is."""

    def nearest(x):
        away = ((x[:, None] - train) ** 2).sum(axis=2)  # (len(x), N)
        return away.min(axis=1)

    return np.mean(nearest(samples) < nearest(test).min())


copies.wrong(
    "The limit is the smallest distance of all test pictures, not their mean: "
    "about half of all unseen real pictures would be copies by that.",
    copies.spoilt("nearest(test).min()", "nearest(test).mean()"),
)

copies.wrong(
    "The largest distance of the test pictures is the limit here. Nearer than "
    "any of them means nearer than the nearest.",
    copies.spoilt("nearest(test).min()", "nearest(test).max()"),
)

copies.wrong(
    "As near as the nearest picture of the test is not nearer.",
    copies.spoilt(" < ", " <= "),
)

copies.wrong(
    "This counts the samples that are farther away. Copies are nearer.",
    copies.spoilt(" < ", " > "),
)

copies.wrong(
    "Each sample is compared with the test pictures. What was copied would be "
    "a training picture.",
    lambda samples, train, test: copies(samples, test, train),
)

copies.wrong(
    "The limit is 0: each training picture is nearest to itself. The test "
    "pictures are the yardstick.",
    copies.spoilt("nearest(test)", "nearest(train)"),
)

# ----------------------------------------------------------------------- 11b.11


def _run_back(back, x_t, eps, t, betas):
    found = back(x_t, eps, t, betas)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Misfit("expected two things, the mean and the variance")
    return {"the mean": found[0], "the variance": found[1]}


@exercise(
    "11b.11",
    "One step back, from the noise",
    use=_run_back,
    cases=[
        (np.array([[0.5]]), np.array([[1.0]]), 2, np.array([0.36, 0.5])),
        (_random(2, 3), _random(2, 3), 3, np.array([0.1, 0.3, 0.2])),
        (_random(4, 2), _random(4, 2), 1, np.array([0.4, 0.2])),
        (_random(3, 5), _random(3, 5), 30, np.linspace(0.01, 0.2, 50)),
    ],
    hints=[
        "First find out which x_0 the predicted noise stands for: turn "
        "x_t = √ᾱ x_0 + √(1-ᾱ) ε round.",
        "With that x_0 the chapter's formulas for the mean and the variance "
        "are all you need. Where in `betas` is step t?",
        "Step t is `betas[t - 1]`. With a 1 in front of the products, ᾱ_t is "
        "entry t, and ᾱ_{t-1} entry t - 1, even for t = 1.",
    ],
    text=r"""
        $\hat x_0=(x_t-\sqrt{1-\bar\alpha_t}\,\varepsilon)/\sqrt{\bar\alpha_t}$,
        then the posterior as in the chapter. Put one into the other, and the
        mean becomes

        $$
        \frac1{\sqrt{1-\beta_t}}\Bigl(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}
        \varepsilon\Bigr) ,
        $$

        the form in which it is mostly written. Predicting $x_0$ or
        $\varepsilon$ is the same knowledge; what differs is which errors the
        training calls large. Where nearly all is noise, a small error of
        $\varepsilon$ is a huge one of $x_0$: it is divided by
        $\sqrt{\bar\alpha_t}$.
        """,
)
def back(x_t, eps, t, betas):
    """Return the mean and the variance of x at step t - 1."""
    kept = np.cumprod(np.append(1, 1 - betas))  # alpha bar of 0 ... T
    beta, now, before = betas[t - 1], kept[t], kept[t - 1]
    x0 = (x_t - np.sqrt(1 - now) * eps) / np.sqrt(now)
    mean = np.sqrt(before) * beta * x0
    mean = mean + np.sqrt(1 - beta) * (1 - before) * x_t
    return mean / (1 - now), beta * (1 - before) / (1 - now)


back.wrong(
    "The variance β_t is that of a step forwards. Here x_0 is known, too, and "
    "it is smaller: multiply by (1 - ᾱ_{t-1}) / (1 - ᾱ_t).",
    back.spoilt("beta * (1 - before) / (1 - now)\n", "beta\n"),
)

back.wrong(
    "This is the standard deviation. The variance is asked for.",
    back.spoilt(
        "beta * (1 - before) / (1 - now)\n",
        "np.sqrt(beta * (1 - before) / (1 - now))\n",
    ),
)

back.wrong(
    "The noise is taken for x_0. First find the x_0 that it stands for.",
    back.spoilt("(x_t - np.sqrt(1 - now) * eps) / np.sqrt(now)", "eps"),
)

back.wrong(
    "Taking away the noise leaves √ᾱ_t times x_0: divide by that.",
    back.spoilt(" * eps) / np.sqrt(now)", " * eps)"),
)

back.wrong(
    "ᾱ is the product over all steps so far, not 1 - β of the last one.",
    back.spoilt(
        "np.cumprod(np.append(1, 1 - betas))", "np.append(1, 1 - betas)"
    ),
)

# ----------------------------------------------------------------------- 11b.12


def _denoiser(x, kept):
    """Return a guess of x_0 that depends on how much is left of it."""
    return np.tanh(np.sqrt(kept) * x / (1.1 - kept))


def _run_leaps(leaps, x, steps, T):
    kept = np.cumprod(np.append(1, 1 - np.linspace(1e-3, 0.3, T)))
    asked = []

    def predict_x0(x, t):
        asked.append(int(t))
        return _denoiser(x, kept[t])

    wanted = steps[:-1]
    found = leaps(predict_x0, x, steps, kept)
    if asked != wanted:
        text = (
            f"it asked `predict_x0` at the steps {asked}, where {wanted} were"
        )
        raise Misfit(f"{text} expected")
    return found


@exercise(
    "11b.12",
    "In leaps, and without dice",
    use=_run_leaps,
    cases=[
        (np.array([[0.5, -1.0, 2.0]]), [4, 0], 4),
        (_random(3, 2), [10, 7, 3, 0], 10),
        (_random(2, 4), [20, 11, 10, 2], 20),
        (_random(5, 1), [6, 5, 4, 3, 2, 1, 0], 6),
        (np.array([[0.3], [-1.5]]), [9, 5, 1], 12),
    ],
    hints=[
        "At each stop: ask for x_0, and find out which noise ε turns this x_0 "
        "into your x.",
        "ε = (x - √ᾱ_t x_0) / √(1 - ᾱ_t). Then make of the same x_0 and the "
        "same ε the x of the next stop.",
        "The stops come in pairs, `steps[i - 1]` and `steps[i]`. The first of "
        "a pair is where you are, the second where you go.",
    ],
    text=r"""
        Any two of $x_t$, $x_0$ and $\varepsilon$ give the third. So a guess of
        $x_0$ is a guess of $\varepsilon$ as well, and the same two, mixed as
        at step $s$, give $x_s=\sqrt{\bar\alpha_s}\,\hat x_0
        +\sqrt{1-\bar\alpha_s}\,\hat\varepsilon$. Nothing in it asks for
        $s=t-1$. All chance lies in the first $x$: the same start ends in the
        same sample, and a few leaps often do what a thousand steps do. (This
        is DDIM.)
        """,
)
def leaps(predict_x0, x, steps, kept):
    """Go from the first of the steps to the last; return x there."""
    for i in range(1, len(steps)):
        t, s = steps[i - 1], steps[i]
        x0 = predict_x0(x, t)
        eps = (x - np.sqrt(kept[t]) * x0) / np.sqrt(1 - kept[t])
        x = np.sqrt(kept[s]) * x0 + np.sqrt(1 - kept[s]) * eps
    return x


leaps.wrong(
    "`kept` is ᾱ itself. What multiplies x_0 and the noise are square roots.",
    leaps.spoilt("np.sqrt(", "("),
)

leaps.wrong(
    "The noise that belongs to x and x_0 is that of the step where you are: "
    "take ᾱ of t in it, not of s.",
    leaps.spoilt("(x - np.sqrt(kept[t])", "(x - np.sqrt(kept[s])"),
)

leaps.wrong(
    "The guess of x_0 alone is handed on. At stop s it must have the noise "
    "that belongs there.",
    leaps.spoilt(
        "np.sqrt(kept[s]) * x0 + np.sqrt(1 - kept[s]) * eps", "x0 + 0 * eps"
    ),
)

leaps.wrong(
    "The first stop need not be the last step T: take ᾱ of the stop where you "
    "are.",
    leaps.spoilt(
        "    for i in range(1, len(steps)):\n",
        "    now = kept[-1]\n    for i in range(1, len(steps)):\n",
        "np.sqrt(kept[t]) * x0) / np.sqrt(1 - kept[t])",
        "np.sqrt(now) * x0) / np.sqrt(1 - now)",
        "\n    return x",
        "\n        now = kept[s]\n    return x",
    ),
)

leaps.wrong(
    "This draws fresh noise at each stop. Here the same noise goes on.",
    leaps.spoilt(
        "eps\n    return",
        "np.random.default_rng(0).normal(size=x.shape)\n    return",
    ),
)

leaps.wrong(
    "The network was asked with the step where you go, not where you are.",
    leaps.spoilt("predict_x0(x, t)", "predict_x0(x, s)"),
)

# ----------------------------------------------------------------------- 11b.13


@exercise(
    "11b.13",
    "Uphill to the data",
    cases=[
        (np.array([[0.5]]), 0.5, np.array([[-1.0], [1.0]])),
        (_random(3, 2), 0.3, _random(5, 2)),
        (_random(4, 3), 0.9, _random(2, 3)),
        (_random(2, 5), 0.04, _random(7, 5)),
    ],
    overflow=[
        (np.array([[60.0, -80.0], [0, 300.0]]), 0.9999, _random(4, 2)),
        (np.array([[-2e3], [5.0]]), 0.99, np.array([[1.0], [-1.0], [0.5]])),
    ],
    hints=[
        "The density is a mean of M bells, at √ᾱ times each data point, with "
        "the variance 1 - ᾱ. Differentiate its logarithm.",
        "The derivative of log Σ is a weighted mean of the derivatives of the "
        "single logarithms; the weights are softmax of those logarithms.",
        "One bell alone gives (√ᾱ d - x) / (1 - ᾱ). For the weights subtract "
        "the largest logarithm of each row first: far away all bells are 0.",
    ],
    text=r"""
        $p(x)=\frac1M\sum_m\mathcal N(x;\sqrt{\bar\alpha}\,d_m,1-\bar\alpha)$,
        so $\nabla\log p=\sum_mw_m(\sqrt{\bar\alpha}\,d_m-x)/(1-\bar\alpha)$,
        with $w$ the softmax of the logarithms of the bells. The weighted mean
        of the data in it is what the exact denoiser answers:

        $$
        \nabla\log p(x)=\frac{\sqrt{\bar\alpha}\,\hat x_0(x)-x}{1-\bar\alpha}
        =-\frac{\hat\varepsilon(x)}{\sqrt{1-\bar\alpha}} .
        $$

        Whoever can take noise away knows the slope of the log density of noisy
        data, its *score*, and whoever samples with it goes uphill while being
        shaken.
        """,
    trial="""
        data, x = np.array([[-1.0], [1.0]]), np.array([[0.5]])
        denoised = np.tanh(np.sqrt(0.5) * x / 0.5)  # two points, as above
        slope = (np.sqrt(0.5) * denoised - x) / 0.5
        assert np.allclose(score(x, 0.5, data), slope)
        """,
)
def score(x, kept, data):
    """Return the gradient of log p at each row of x (N, D)."""
    to = np.sqrt(kept) * data - x[:, None]  # (N, M, D)
    log_p = -(to**2).sum(axis=2) / (2 * (1 - kept))  # (N, M)
    w = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    w = w / w.sum(axis=1, keepdims=True)
    return (w[:, :, None] * to).sum(axis=1) / (1 - kept)


score.wrong(
    "All data weigh the same here. Each must count as much as its bell at x.",
    score.spoilt(
        "w = w /", "w = np.ones_like(w) /", "w.sum", "np.ones_like(w).sum"
    ),
)

score.wrong(
    "Far from all data each bell is 0 on a computer, and 0 / 0 is nan. "
    "Subtract the largest logarithm of each row before you take the "
    "exponential.",
    score.spoilt("log_p - log_p.max(axis=1, keepdims=True)", "log_p"),
)

score.wrong(
    "The sign: it leads downhill, away from the data.",
    lambda x, kept, data: -score(x, kept, data),
)

score.wrong(
    "The exponent of a bell is differentiated, too: divide by the variance 1 "
    "- ᾱ.",
    score.spoilt("axis=1) / (1 - kept)\n", "axis=1)\n"),
)

score.wrong(
    "The bells stand at √ᾱ times the data: the noisy data have shrunk.",
    score.spoilt("np.sqrt(kept) * data", "data"),
)

score.wrong(
    "Only the nearest data point counts here. Between two points both do.",
    score.spoilt("np.exp(log_p - log_p.max(", "1.0 * (log_p == log_p.max("),
)

# ---------------------------------------------------------------------- 11b.lab


def _run_draw(draw, mean, spread, betas):
    """Let it draw from a normal distribution, whose best denoiser is known."""
    kept = np.cumprod(np.append(1, 1 - betas))

    def predict_x0(x, t):
        if np.shape(x) != (20_000, 2):
            text = "predict_x0 expected x of shape (20000, 2), got"
            raise ValueError(f"{text} {np.shape(x)}")
        if not 1 <= t <= len(betas):
            text = f"predict_x0 expected a step from 1 to {len(betas)}, got"
            raise ValueError(f"{text} {t}")
        gain = (
            np.sqrt(kept[t]) * spread**2 / (kept[t] * spread**2 + 1 - kept[t])
        )
        return mean + gain * (x - np.sqrt(kept[t]) * mean)

    rng = np.random.default_rng(4)
    x = draw(predict_x0, (20_000, 2), betas, rng)
    if np.shape(x) != (20_000, 2):
        raise Misfit(f"expected samples of shape (20000, 2), got {np.shape(x)}")
    cov = np.cov(np.asarray(x).T)
    return {
        "the mean": np.mean(x),
        "the spread": np.sqrt(np.diag(cov)).mean(),
        "the correlation of the two columns": cov[0, 1] / (cov[0, 0] + 1e-9),
    }


def _not_from_rng(draw):
    """Return a sentence if chance does not come from the given generator."""
    betas = np.array([0.3, 0.5, 0.4])
    one, again, other = (
        draw(lambda x, t: x / 2, (4, 3), betas, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    if np.array_equal(one, again) and not np.array_equal(one, other):
        return None
    return "The samples are right, but chance must come from `rng` alone."


@exercise(
    "11b.lab",
    "Find the bugs and repair them",
    use=_run_draw,
    verify=_not_from_rng,
    cases=[
        (2.0, 0.5, np.linspace(1e-4, 0.2, 50)),
        (-1.0, 1.0, np.linspace(1e-3, 0.4, 25)),
        (3.0, 0.0, np.linspace(1e-3, 0.3, 20)),
        (0.0, 2.0, np.linspace(1e-4, 0.1, 100)),
        (1.0, 1.5, np.array([0.2, 0.3, 0.4])),
    ],
    rtol=0.02,
    atol=0.06,
    hints=[
        "There are two, and each hides the other: with one of them repaired, "
        "the spread is further off than before. Do not stop there.",
        "Print `noise[0]` at every step. How often should chance speak on the "
        "way back? And in what unit is a variance?",
        "Each step needs noise of its own, for each number. And noise with the "
        "variance V is the root of V times noise of variance 1.",
    ],
    text=r"""
        The noise was drawn once, before the loop. Added step by step in the
        same direction it does not average out as fresh noise does, and the
        samples spread far too much. And it was multiplied by the *variance*,
        which is much smaller than its root. With the 200 steps above both
        together give a spread of 0.7 where 0.5 is right; with one of them
        repaired it is 5 or 0.1. Two bugs can nearly cancel in the one number
        that you look at.

        A sampler can be tested without any training: for data that are
        normally distributed, the best denoiser is a formula, and what must
        come out is known.
        """,
)
def draw(predict_x0, shape, betas, rng):
    """Return samples of this shape, from noise back to step 0."""
    kept = np.cumprod(np.append(1, 1 - betas))
    x = rng.standard_normal(shape)
    for t in range(len(betas), 0, -1):
        beta, now, before = betas[t - 1], kept[t], kept[t - 1]
        mean = np.sqrt(before) * beta * predict_x0(x, t)
        mean = mean + np.sqrt(1 - beta) * (1 - before) * x
        variance = beta * (1 - before) / (1 - now)
        noise = rng.standard_normal(shape)
        x = mean / (1 - now) + np.sqrt(variance) * noise
    return x


@draw.starts_with(
    "Both bugs are still there: the noise is drawn once for all steps, and it "
    "is multiplied by the variance."
)
def _hers(predict_x0, shape, betas, rng):
    kept = np.cumprod(np.append(1, 1 - betas))
    x, noise = rng.standard_normal((2, *shape))
    for t in range(len(betas), 0, -1):
        beta, now, before = betas[t - 1], kept[t], kept[t - 1]
        mean = np.sqrt(before) * beta * predict_x0(x, t)
        mean = mean + np.sqrt(1 - beta) * (1 - before) * x
        variance = beta * (1 - before) / (1 - now)
        x = mean / (1 - now) + variance * noise
    return x


draw.wrong(
    "One bug is left: noise of variance V is the root of V times noise of "
    "variance 1. Here the variance itself stands in its place.",
    draw.spoilt("np.sqrt(variance) * noise", "variance * noise"),
)

draw.wrong(
    "One bug is left: the same noise is added at all steps. Each step must "
    "draw its own.",
    draw.spoilt(
        "x = rng.standard_normal(shape)\n",
        "x, noise = rng.standard_normal((2, *shape))\n",
        "        noise = rng.standard_normal(shape)\n",
        "",
    ),
)

draw.wrong(
    "Now there is no noise at all on the way back, and the samples run "
    "together. Each step must draw its own.",
    draw.spoilt(" + np.sqrt(variance) * noise", ""),
)

draw.wrong(
    "The noise is fresh, but the same for all samples and columns of a step. "
    "Each number needs its own.",
    draw.spoilt(
        "noise = rng.standard_normal(shape)", "noise = rng.standard_normal()"
    ),
)

draw.wrong(
    "The variance is now that of a step forwards, β. With x_0 known it is "
    "smaller, and 0 at the last step.",
    draw.spoilt("np.sqrt(variance) * noise", "np.sqrt(beta) * noise"),
)

draw.wrong(
    "It starts from zeros. The last step of the noise is pure noise: start "
    "there.",
    draw.spoilt("x = rng.standard_normal(shape)\n", "x = np.zeros(shape)\n"),
)
