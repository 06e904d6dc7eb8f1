"""Boltzmann machine, VAE and diffusion: exact numbers, gradients, chances, errors."""

import itertools
import math

import numpy as np
import pytest

from dlscratch.generative import RBM, VAE, Diffusion, kl_to_standard
from dlscratch.gradients import check_gradients, numerical_gradient, relative_error
from dlscratch.layers import Dropout, Linear, SoftmaxCrossEntropy, Tanh
from dlscratch.models import Sequential
from dlscratch.optimizers import SGD, Adam

DATA = np.array([[1, 0, 1], [0, 1, 1]])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def every(n):
    """Return all rows of n zeros and ones."""
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def machine(W=((1, -1), (0.5, 0.5), (-1, 2)), a=(0.1, -0.2, 0.3), b=(0, -0.5)):
    W = np.array(W, dtype=float)
    rbm = RBM(*W.shape, init=lambda shape, rng: W)
    rbm.a.value, rbm.b.value = a, b
    return rbm


def random_machine(n_visible, n_hidden, rng, dtype=np.float64):
    rbm = RBM(n_visible, n_hidden, rng=rng, dtype=dtype)
    for p in rbm.parameters:
        p.value = rng.standard_normal(p.value.shape).astype(dtype)
    return rbm


def gradients(model):
    return [p.grad.copy() for p in model.parameters]


def expected_cd(rbm, data, k):
    """Return the expected gradients of CD-k, by going through all ways of the chain."""

    def chances(states, p):
        """Return the probability of each state, given each row of p."""
        return np.prod(np.where(states == 1, p[:, None], 1 - p[:, None]), axis=2)

    v, h = every(3), every(2)
    given_v, given_h = chances(h, rbm.hidden(v)), chances(v, rbm.visible(h))
    chain = sum((v == row).all(axis=1) for row in data) / len(data)
    for _ in range(k):
        chain = chain @ given_v @ given_h
    p = rbm.hidden(v)
    pairs, ones, means = (v * chain[:, None]).T @ p, chain @ v, chain @ p
    p = rbm.hidden(data)
    return [
        pairs - data.T @ p / len(data),
        ones - data.mean(axis=0),
        means - p.mean(axis=0),
    ]


class TestRBM:
    def test_partition_function_and_likelihood(self):
        rbm = machine()
        assert math.exp(rbm.log_partition()) == pytest.approx(
            64.30962876199025, abs=1e-12
        )
        mean = rbm.log_likelihood(DATA).mean()
        assert mean == pytest.approx(-1.7795947875158316, abs=1e-14)

    def test_energies_add_up(self):
        rbm = machine()
        assert rbm.energy([[1, 0, 1]], [[1, 1]]) == pytest.approx(-0.9)
        for v in every(3):
            weights = np.exp(-rbm.energy(np.tile(v, (4, 1)), every(2)))
            assert np.exp(-rbm.free_energy([v])) == pytest.approx(weights.sum())
            on = weights @ every(2) / weights.sum()
            np.testing.assert_allclose(rbm.hidden([v])[0], on)
        for h in every(2):
            weights = np.exp(-rbm.energy(every(3), np.tile(h, (8, 1))))
            np.testing.assert_allclose(
                rbm.visible([h])[0], weights @ every(3) / weights.sum()
            )

    def test_free_energy_does_not_overflow(self):
        rbm = machine(W=[[1000.0], [-1000.0]], a=[0, 0], b=[0])
        np.testing.assert_allclose(
            rbm.free_energy([[1, 0], [0, 1]]), [-1000, 0], atol=1e-12
        )
        assert rbm.log_partition() == pytest.approx(1000)

    def test_exact_gradient(self):
        rbm = machine()
        rbm.exact_gradient(DATA)
        np.testing.assert_allclose(
            rbm.W.grad[0], [0.071268199493561, -0.055359998105353], atol=1e-14
        )

    @pytest.mark.parametrize("sizes", [(3, 2), (2, 4), (4, 4), (5, 1)])
    def test_exact_gradient_against_differences(self, sizes, rng):
        rbm = random_machine(*sizes, rng)
        data = (rng.random((6, sizes[0])) < 0.5).astype(int)
        rbm.exact_gradient(data)
        for p in rbm.parameters:
            kept = p.value

            def loss(value, p=p):
                p.value = value
                return -rbm.log_likelihood(data).mean()

            numerical = numerical_gradient(loss, kept, 1e-5)
            p.value = kept
            assert relative_error(p.grad, numerical) < 1e-8

    @pytest.mark.parametrize("sizes", [(13, 14), (14, 13), (3, 40), (40, 3)])
    def test_either_side_gives_the_same_partition_function(self, sizes, rng):
        rbm = random_machine(*sizes, rng)
        other = machine(rbm.W.value.T, rbm.b.value, rbm.a.value)
        assert rbm.log_partition() == pytest.approx(other.log_partition(), rel=1e-13)
        v = (rng.random((3, sizes[0])) < 0.5).astype(int)
        if sizes[0] <= 14:
            total = -rbm.free_energy(every(sizes[0]))
            largest = total.max()
            log_z = largest + math.log(np.exp(total - largest).sum())
            assert rbm.log_partition() == pytest.approx(log_z, rel=1e-13)
            expected = -rbm.free_energy(v) - log_z
            np.testing.assert_allclose(rbm.log_likelihood(v), expected, rtol=1e-12)

    @pytest.mark.parametrize(
        ("k", "W", "a"),
        [
            (1, 4.98e-2, 5.89e-2),
            (2, 1.49e-2, 1.76e-2),
            (5, 3.96e-4, 4.67e-4),
            (10, 9.37e-7, 1.10e-6),
        ],
    )
    def test_bias_of_contrastive_divergence(self, k, W, a):
        rbm = machine()
        rbm.exact_gradient(DATA)
        errors = [
            np.abs(exact - cd).max()
            for exact, cd in zip(gradients(rbm), expected_cd(rbm, DATA, k), strict=True)
        ]
        assert errors[0] == pytest.approx(W, rel=2e-3)
        assert max(errors) == errors[1] == pytest.approx(a, rel=5e-3)

    @pytest.mark.parametrize("k", [1, 2, 25])
    def test_contrastive_divergence_has_its_expected_value(self, k, rng):
        rbm, n = machine(), 100_000
        rbm.contrastive_divergence(np.repeat(DATA, n // 2, axis=0), k, rng)
        for p, expected in zip(rbm.parameters, expected_cd(rbm, DATA, k), strict=True):
            np.testing.assert_allclose(p.grad, expected, atol=4 * 0.5 / n**0.5)
        if k == 25:
            cd = gradients(rbm)
            rbm.exact_gradient(DATA)
            for one, exact in zip(cd, gradients(rbm), strict=True):
                np.testing.assert_allclose(one, exact, atol=4 * 0.5 / n**0.5)

    def test_gibbs_reaches_the_distribution(self, rng):
        rbm, n = machine(), 100_000
        v = rbm.gibbs(np.zeros((n, 3)), 20, rng)
        assert set(np.unique(v)) == {0, 1}
        found = [(v == row).all(axis=1).mean() for row in every(3)]
        expected = np.exp(rbm.log_likelihood(every(3)))
        assert expected.sum() == pytest.approx(1)
        np.testing.assert_allclose(found, expected, atol=4 * 0.5 / n**0.5)

    def test_exact_gradient_learns_bars_with_any_optimizer(self, rng):
        data = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])
        for make in (lambda p: SGD(p, 0.5), lambda p: Adam(p, 0.05)):
            rbm = RBM(4, 3, rng=np.random.default_rng(1))
            optimizer, found = make(rbm.parameters), []
            for _ in range(300):
                rbm.exact_gradient(data)
                optimizer.step()
                found.append(rbm.log_likelihood(data).mean())
            assert found[-1] > -1.0 > -2.5 > found[0]  # the best is -log 2

    def test_as_the_first_layer_of_a_classifier(self, rng, tmp_path):
        rbm = random_machine(5, 3, rng)
        net = Sequential([rbm, Linear(3, 2, rng=rng)], SoftmaxCrossEntropy())
        x, t = rng.random((4, 5)), np.array([0, 1, 1, 0])
        np.testing.assert_array_equal(rbm.forward(x), rbm.hidden(x))
        net.loss(x, t)
        net.backward()
        assert not rbm.a.grad.any()
        rbm.a.value = np.zeros(5)
        for p in (rbm.W, rbm.b):
            kept = p.value

            def loss(value, p=p):
                p.value = value
                return net.loss(x, t)

            numerical = numerical_gradient(loss, kept)
            p.value = kept
            assert relative_error(p.grad, numerical) < 1e-7
        dx = numerical_gradient(lambda x: net.loss(x, t), x)
        net.loss(x, t)
        assert relative_error(net.backward(), dx) < 1e-7
        net.save(tmp_path / "rbm.npz")
        again = Sequential.load(tmp_path / "rbm.npz")
        np.testing.assert_array_equal(again.predict(x), net.predict(x))
        for p, q in zip(net.parameters, again.parameters, strict=True):
            np.testing.assert_array_equal(p.value, q.value)

    def test_float32_stays(self, rng):
        rbm = random_machine(4, 3, rng, np.float32)
        v = (rng.random((5, 4)) < 0.5).tolist()
        for found in (rbm.hidden(v), rbm.gibbs(v, 2, rng), rbm.free_energy(v)):
            assert found.dtype == np.float32
        for step in (
            lambda: rbm.exact_gradient(v),
            lambda: rbm.contrastive_divergence(v, 1, rng),
        ):
            step()
            assert all(g.dtype == np.float32 for g in gradients(rbm))

    def test_the_same_seed_the_same_chain(self, rng):
        rbm = random_machine(4, 3, rng)
        one, two = (
            rbm.gibbs(np.ones((2, 4)), 3, np.random.default_rng(5)) for _ in range(2)
        )
        np.testing.assert_array_equal(one, two)

    def test_errors(self, rng):
        rbm = machine()
        with pytest.raises(ValueError, match=r"expected states v of 0 and 1, got 0\.5"):
            rbm.log_likelihood([[0.5, 0, 1]])
        with pytest.raises(ValueError, match="expected states v of 0 and 1"):
            rbm.exact_gradient([[0.5, 0, 1]])
        with pytest.raises(ValueError, match="v from 0 to 1, got nan"):
            rbm.hidden([[np.nan, 0, 1]])
        with pytest.raises(ValueError, match="v from 0 to 1, got 0 to 16"):
            rbm.contrastive_divergence([[0, 3, 16]], 1, rng)
        with pytest.raises(ValueError, match=r"h of shape \(N, 2\), at least one row"):
            rbm.visible([[1, 0, 1]])
        with pytest.raises(ValueError, match="at least one row"):
            rbm.hidden(np.zeros((0, 3)))
        with pytest.raises(ValueError, match="as many states v as h, got 2 and 1"):
            rbm.energy(DATA, [[1, 1]])
        with pytest.raises(ValueError, match="at most 20 visible or hidden units"):
            RBM(21, 22, rng=rng).log_partition()
        with pytest.raises(TypeError, match="default_rng"):
            RBM(3, 2)
        with pytest.raises(TypeError, match="default_rng"):
            rbm.gibbs(DATA, 1, 0)
        with pytest.raises(ValueError, match="steps to be a whole number from 1"):
            rbm.gibbs(DATA, 0, rng)


class Fixed:
    """A VAE whose noise is the same in each pass, as a model that can be checked."""

    def __init__(self, vae):
        self.vae, self.parameters = vae, vae.parameters
        self.layers = vae.encoder.layers + vae.decoder.layers

    def loss(self, x, t, training=False):
        return self.vae.loss(x, t, np.random.default_rng(3), training)[0]

    def backward(self):
        return self.vae.backward()


def vae(rng, *, n_classes=0, sigma=0.7, dtype=np.float64):
    """Return a VAE of 5 numbers, with 2 latent ones."""
    make = {"rng": rng, "dtype": dtype}
    encoder = [Linear(5 + n_classes, 6, **make), Tanh(), Linear(6, 4, **make)]
    decoder = [Linear(2 + n_classes, 6, **make), Tanh(), Linear(6, 5, **make)]
    parts = Sequential(encoder), Sequential(decoder)
    return VAE(*parts, 2, n_classes=n_classes, sigma=sigma)


class TestVAE:
    def test_divergence(self):
        assert kl_to_standard([1.0], [2 * math.log(0.5)]) == pytest.approx(
            0.8181471805599453, abs=1e-15
        )
        assert kl_to_standard([0, 0], [0, 0]) == 0
        assert kl_to_standard(np.zeros((2, 3, 4)), np.ones((2, 3, 4))).shape == (2, 3)

    def test_divergence_is_an_integral(self):
        z = np.linspace(-12, 14, 20_001)
        p = np.exp(-((z - 1) ** 2) / 0.5) / math.sqrt(2 * math.pi * 0.25)
        ratio = -((z - 1) ** 2) / 0.5 - math.log(0.5) + z**2 / 2
        integral = np.sum(p * ratio) * (z[1] - z[0])
        assert kl_to_standard([1.0], [2 * math.log(0.5)]) == pytest.approx(integral)

    @pytest.mark.parametrize("n_classes", [0, 3])
    def test_gradients(self, n_classes, rng):
        model = vae(rng, n_classes=n_classes)
        x = rng.standard_normal((4, 5))
        labels = np.array([0, 2, 1, 2]) if n_classes else None
        errors = check_gradients(Fixed(model), x, labels)
        assert len(errors) == 9
        assert "encoder.0.W" in errors
        assert "decoder.2.b" in errors

    def test_the_two_parts(self, rng):
        model = vae(rng, sigma=0.5)
        x = rng.random((3, 5))
        total, reconstruction, kl = model.loss(x, rng=np.random.default_rng(1))
        mean, log_variance = model.encode(x)
        eps = np.random.default_rng(1).standard_normal((3, 2))
        y = model.decode(mean + np.exp(log_variance / 2) * eps)
        density = np.exp(-((x - y) ** 2) / 0.5) / math.sqrt(2 * math.pi * 0.25)
        expected = -np.log(density).sum(axis=1).mean()
        assert reconstruction == pytest.approx(expected)
        assert kl == pytest.approx(kl_to_standard(mean, log_variance).mean())
        assert total == reconstruction + kl

    def test_the_bound_is_one(self, rng):
        """The mean over the noise is below log p(x), found by an integral over z."""
        model = VAE(
            Sequential([Linear(1, 2, rng=rng)]),
            Sequential([Linear(1, 1, rng=rng)]),
            1,
            sigma=0.6,
        )
        W = model.decoder.layers[0].W.value.item()
        x = np.array([[0.8]])
        variance = W**2 + 0.6**2
        log_p = -0.5 * (0.8**2 / variance + math.log(2 * math.pi * variance))
        many = np.repeat(x, 50_000, axis=0)
        assert -model.loss(many, rng=rng)[0] < log_p
        posterior = 0.36 / variance  # of the best encoder, which attains the bound
        model.encoder.layers[0].W.value = np.zeros((1, 2))
        model.encoder.layers[0].b.value = [W * 0.8 / variance, math.log(posterior)]
        assert -model.loss(many, rng=rng)[0] == pytest.approx(log_p, abs=0.02)

    def test_it_learns_two_clusters(self, rng):
        x = np.repeat([[1.0, 1, 0, 0, 0], [0, 0, 0, 1, 1]], 20, axis=0)
        model = vae(rng, sigma=0.2)
        optimizer = Adam(model.parameters, 0.02)
        first = model.loss(x, rng=rng)[0]
        for _ in range(400):
            last = model.loss(x, rng=rng)
            model.backward()
            optimizer.step()
        assert last[0] < first - 20
        assert last[2] > 0.5  # z tells the clusters apart
        samples = model.sample(200, rng)
        near = np.abs(samples[:, None] - x[[0, -1]]).max(axis=2).min(axis=1)
        assert np.median(near) < 0.3

    def test_saved_parts_make_the_same_model(self, rng, tmp_path):
        model, x = vae(rng, n_classes=3), rng.random((2, 5))
        model.encoder.save(tmp_path / "encoder.npz")
        model.decoder.save(tmp_path / "decoder.npz")
        parts = (Sequential.load(tmp_path / f"{n}.npz") for n in ("encoder", "decoder"))
        again = VAE(*parts, 2, n_classes=3, sigma=0.7)
        losses = [m.loss(x, [0, 2], np.random.default_rng(1)) for m in (model, again)]
        assert losses[0] == losses[1]
        samples = [m.sample([1, 1], np.random.default_rng(1)) for m in (model, again)]
        np.testing.assert_array_equal(*samples)

    def test_float32_stays(self, rng):
        model = vae(rng, dtype=np.float32)
        model.loss(rng.random((3, 5), dtype=np.float32), rng=rng)
        assert model.backward().dtype == np.float32
        assert all(g.dtype == np.float32 for g in gradients(model))
        assert model.sample(2, rng).dtype == np.float32

    def test_training_reaches_the_layers(self, rng):
        model = vae(rng)
        model.decoder.layers.insert(1, Dropout(0.5, rng=rng))
        x = rng.random((3, 5))
        calm, wild = (
            {model.loss(x, None, np.random.default_rng(1), on)[0] for _ in range(5)}
            for on in (False, True)
        )
        assert len(calm) == 1 < len(wild)

    def test_nothing_may_come_between_loss_and_backward(self, rng):
        model, x = vae(rng), rng.random((3, 5))
        with pytest.raises(RuntimeError, match="forward first"):
            model.backward()
        optimizer = SGD(model.parameters, 0.1)
        for between in (
            lambda: model.sample(3, rng),
            lambda: model.encode(x),
            optimizer.step,
        ):
            model.loss(x, rng=rng)
            model.backward()
            once = gradients(model)
            model.backward()
            for g, again in zip(once, gradients(model), strict=True):
                np.testing.assert_array_equal(g, again)
            between()
            with pytest.raises(RuntimeError, match="call loss first, with no other"):
                model.backward()

    def test_errors(self, rng):
        model, x = vae(rng), np.ones((3, 5))
        classes = vae(rng, n_classes=3)
        parts = model.encoder, model.decoder
        with pytest.raises(TypeError, match=r"expected encoder and decoder as Seq"):
            VAE(model.encoder.layers, model.decoder.layers, 2)
        with pytest.raises(ValueError, match="sigma to be a number above 0"):
            VAE(*parts, 2, sigma=0)
        with pytest.raises(ValueError, match=r"encoder that gives shape \(3, 6\)"):
            VAE(*parts, 3).encode(x)
        wrong = VAE(model.encoder, Sequential([Linear(2, 1, rng=rng)]), 2)
        with pytest.raises(ValueError, match=r"decoder that gives shape \(3, 5\)"):
            wrong.loss(x, rng=rng)
        with pytest.raises(TypeError, match="default_rng"):
            model.loss(x)
        with pytest.raises(ValueError, match="expected rows of shape"):
            model.loss(np.ones(5), rng=rng)
        with pytest.raises(ValueError, match="labels and n_classes, or neither"):
            model.loss(x, [0, 1, 2], rng)
        with pytest.raises(ValueError, match="labels and n_classes, or neither"):
            classes.loss(x, rng=rng)
        with pytest.raises(ValueError, match="as many labels as rows, got 2 and 3"):
            classes.loss(x, [0, 1], rng)
        with pytest.raises(ValueError, match="class ids from 0 to 2, got 0 to 3"):
            classes.loss(x, [0, 1, 3], rng)
        with pytest.raises(ValueError, match=r"labels of shape \(N,\)"):
            classes.sample(3, rng)
        with pytest.raises(TypeError, match="whole number"):
            model.sample([0, 1], rng)
        with pytest.raises(ValueError, match=r"rows of shape \(N, 2\)"):
            model.decode(np.ones((1, 3)))
        with pytest.raises(ValueError, match="of one shape"):
            kl_to_standard(np.ones((3, 1)), np.ones(3))
        with pytest.raises(ValueError, match="of one shape"):
            kl_to_standard(1.0, 0.0)


class TestDiffusion:
    betas = np.linspace(1e-4, 0.02, 1000)

    def test_what_is_left_of_the_data(self):
        assert Diffusion(self.betas).alpha_bar[1000] == pytest.approx(
            4.035829765e-5, rel=1e-9
        )
        short = Diffusion(np.linspace(1e-4, 0.02, 100)).alpha_bar
        assert short[100] == pytest.approx(0.36356, abs=5e-6)
        assert Diffusion(self.betas).alpha_bar[100] == pytest.approx(0.897, abs=5e-4)
        assert short[0] == 1
        assert len(short) == 101

    def test_in_one_leap_as_step_by_step(self, rng):
        diffusion, n = Diffusion([0.1, 0.3, 0.2]), 100_000
        x = np.full((n, 1), 2.0)
        for step, beta in enumerate(diffusion.betas, 1):
            noise = rng.standard_normal((n, 1))
            x = np.sqrt(1 - beta) * x + np.sqrt(beta) * noise
            leap = diffusion.noise(
                np.full((n, 1), 2.0), step, rng.standard_normal((n, 1))
            )
            assert leap.mean() == pytest.approx(x.mean(), abs=0.02)
            assert leap.std() == pytest.approx(x.std(), abs=0.02)

    def test_noise_in_figures(self):
        diffusion = Diffusion([0.36, 0.5])
        x0, eps = np.ones((2, 2, 3)), np.full((2, 2, 3), 2.0)
        np.testing.assert_allclose(diffusion.noise(x0, 1, eps), 0.8 + 0.6 * 2)
        each = diffusion.noise(x0, [0, 2], eps)
        np.testing.assert_array_equal(each[0], 1)
        kept = 0.32
        np.testing.assert_allclose(each[1], kept**0.5 + (1 - kept) ** 0.5 * 2)

    @pytest.mark.parametrize("step", [1, 2, 3])
    def test_posterior_against_a_grid(self, step):
        diffusion, x0, x_t = Diffusion([0.1, 0.3, 0.2]), 1.5, -0.4
        x = np.linspace(-10, 10, 200_001)
        beta, kept = diffusion.betas[step - 1], diffusion.alpha_bar[step - 1]
        mean, variance = diffusion.posterior([[x_t]], [[x0]], step)
        if step == 1:
            assert mean.item() == pytest.approx(x0)
            assert variance == 0
            return
        log_p = -((x - kept**0.5 * x0) ** 2) / (2 * (1 - kept))
        log_p -= (x_t - (1 - beta) ** 0.5 * x) ** 2 / (2 * beta)
        p = np.exp(log_p - log_p.max())
        p /= p.sum()
        assert mean.item() == pytest.approx(p @ x, abs=1e-9)
        assert variance == pytest.approx(p @ (x - p @ x) ** 2, abs=1e-9)

    def test_posterior_of_each_example_at_its_step(self, rng):
        diffusion = Diffusion([0.1, 0.3, 0.2])
        x_t, x0 = rng.standard_normal((2, 3, 2, 2))
        mean, variance = diffusion.posterior(x_t, x0, np.array([3, 1, 2]))
        assert variance.shape == (3, 1, 1)
        for i, step in enumerate([3, 1, 2]):
            one, width = diffusion.posterior(x_t[[i]], x0[[i]], step)
            np.testing.assert_allclose(mean[[i]], one)
            assert variance[i].item() == width

    def test_two_points(self):
        found = Diffusion([0.5]).exact_denoiser([[0.5]], 1, [[-1], [1]])
        assert found.item() == pytest.approx(0.6088593650139138, abs=1e-15)

    def test_exact_denoiser_against_bayes(self, rng):
        diffusion = Diffusion([0.1, 0.3, 0.2])
        data, x = rng.standard_normal((5, 2)), rng.standard_normal((3, 2))
        steps = np.array([1, 3, 2])
        found = diffusion.exact_denoiser(x, steps, data)
        for row, step, one in zip(x, steps, found, strict=True):
            kept = diffusion.alpha_bar[step]
            away = ((row - kept**0.5 * data) ** 2).sum(axis=1)
            p = np.exp(-away / (2 * (1 - kept)))
            np.testing.assert_allclose(one, p @ data / p.sum())
        far = diffusion.exact_denoiser(1e4 * x, steps, data)
        assert np.isfinite(far).all()

    def test_a_perfect_denoiser_copies_the_data(self, rng):
        diffusion = Diffusion(np.linspace(1e-3, 0.2, 50))
        data = np.array([[3.0, 0.0], [-3.0, 1.0], [0.0, -2.0]])
        seen = []

        def predict(x, step):
            seen.append(step)
            return diffusion.exact_denoiser(x, step, data)

        x = diffusion.sample(predict, (3000, 2), rng)
        assert seen == list(range(50, 0, -1))
        away = np.abs(x[:, None] - data).max(axis=2)
        assert away.min(axis=1).max() < 1e-6
        shares = np.bincount(away.argmin(axis=1)) / 3000
        np.testing.assert_allclose(shares, 1 / 3, atol=0.04)

    def test_samples_of_a_normal_distribution(self, rng):
        """For x_0 ~ N(2, 0.5²) the best guess is known, and the way back ends there."""
        diffusion = Diffusion(np.linspace(1e-4, 0.1, 200))

        def predict(x, step):
            kept = diffusion.alpha_bar[step]
            gain = kept**0.5 * 0.25 / (kept * 0.25 + 1 - kept)
            return 2 + gain * (x - kept**0.5 * 2)

        x = diffusion.sample(predict, (20_000, 1), rng)
        assert x.mean() == pytest.approx(2, abs=0.02)
        assert x.std() == pytest.approx(0.5, abs=0.02)

    def test_what_the_network_sees(self):
        diffusion = Diffusion(self.betas, time_dim=6)
        x = np.arange(6.0).reshape(2, 3)
        found = diffusion.denoiser_input(x, np.array([7, 500]), [1, 0], 2)
        assert found.shape == (2, 3 + 6 + 2)
        np.testing.assert_array_equal(found[:, :3], x)
        np.testing.assert_array_equal(found[:, 3:9], diffusion.times[[7, 500]])
        np.testing.assert_array_equal(found[:, 9:], [[0, 1], [1, 0]])
        np.testing.assert_allclose(found[0, 3:5], [math.sin(7), math.cos(7)])
        same = diffusion.denoiser_input(x.astype(np.float32), 7)
        assert same.shape == (2, 9)
        assert same.dtype == np.float32
        np.testing.assert_allclose(same[:, 3:], diffusion.times[[7, 7]], rtol=1e-6)

    def test_float32_stays(self, rng):
        diffusion = Diffusion([0.1, 0.2])
        x = rng.random((2, 3), dtype=np.float32)
        assert diffusion.noise(x, [1, 2], x).dtype == np.float32
        assert diffusion.posterior(x, x, [1, 2])[0].dtype == np.float32
        assert diffusion.exact_denoiser(x, 1, x).dtype == np.float32

    @pytest.mark.parametrize(
        "betas", [[], 0.1, [[0.1]], [0.0, 0.1], [1.0], [0.5, np.nan], [-0.1], [1e-20]]
    )
    def test_wrong_betas(self, betas):
        with pytest.raises(ValueError, match="each above 0 and below 1"):
            Diffusion(betas)

    def test_errors(self, rng):
        diffusion, x = Diffusion([0.1, 0.2]), np.ones((3, 1))
        for step in (0, 3, -1):
            with pytest.raises(ValueError, match="expected steps from 1 to 2"):
                diffusion.posterior(x, x, step)
        with pytest.raises(ValueError, match="expected steps from 0 to 2"):
            diffusion.noise(x, 3, x)
        for steps in (1.0, [1, 2], [[1], [1], [1]], True):
            with pytest.raises(ValueError, match="expected a step, or one whole"):
                diffusion.noise(x, steps, x)
        with pytest.raises(ValueError, match=r"one shape \(N, ...\), got \(3, 1\)"):
            diffusion.noise(x, 1, np.ones(3))
        with pytest.raises(ValueError, match="x_t and x0 of one shape"):
            diffusion.sample(lambda x, step: x[:, 0], (3, 1), rng)
        with pytest.raises(ValueError, match=r"x_t \(N, D\) and data \(M, D\)"):
            diffusion.exact_denoiser(x, 1, np.ones((4, 2)))
        with pytest.raises(ValueError, match="expected data, got none"):
            diffusion.exact_denoiser(x, 1, np.ones((0, 1)))
        with pytest.raises(ValueError, match="labels and n_classes, or neither"):
            diffusion.denoiser_input(x, 1, [0, 1, 0])
        with pytest.raises(TypeError, match="default_rng"):
            diffusion.sample(lambda x, step: x, (1, 1), 0)
        with pytest.raises(ValueError, match="n_dim to be even"):
            Diffusion([0.1], time_dim=3)
