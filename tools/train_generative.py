"""How the three machines of the MNIST lab that draw digits are trained.

``make weights`` runs these recipes: tools/train_weights.py lists them and keeps what
they give in ``dlscratch/weights``. All need MNIST, which is fetched on first use.
"""

from itertools import pairwise

import numpy as np

from dlscratch import initializers
from dlscratch.datasets import load_mnist
from dlscratch.generative import RBM, VAE, Diffusion
from dlscratch.layers import Linear, MeanSquaredError, ReLU
from dlscratch.models import Sequential
from dlscratch.optimizers import Adam, Momentum, cosine

N_LATENT = 8
TIME_DIM = 32
BETAS = np.linspace(1e-4, 0.2, 50)


def mnist_rbm(progress=True):
    """Train a restricted Boltzmann machine of 784 and 200 units, without labels.

    Returns
    -------
    model : Sequential
        Of one layer, the machine.
    data : None
        None of it has answers that a test could count.
    recipe : dict
    """
    data, seed, epochs, rate = load_mnist(), 0, 5, 0.1
    recipe = {
        "data": "MNIST, without its labels",
        "recipe": "CD-1 with momentum 0.5, each image drawn anew as black and white, "
        "its grey taken for a probability; weights from N(0, 0.01²), float32",
        "activation": "sigmoid",
        "epochs_and_learning_rates": [[epochs, rate]],
        "batch_size": 100,
        "seed": seed,
        "rounded_to": None,
    }
    rng = np.random.default_rng(seed)
    rbm = RBM(784, 200, rng=rng, dtype=np.float32)
    ink = np.clip(data.x_train.mean(axis=0), 0.01, 0.99)
    rbm.a.value = np.log(ink / (1 - ink))  # each pixel's mean is right at once
    optimizer = Momentum(rbm.parameters, rate, 0.5)
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(len(data.x_train)), 600):
            v = data.x_train[batch]
            v = (rng.random(v.shape, dtype=np.float32) < v).astype(np.float32)
            rbm.contrastive_divergence(v, 1, rng)
            optimizer.step()
        if progress:
            print(f"  epoch {epoch + 1} of {epochs}")
    return Sequential([rbm]), None, recipe


def mnist_vae(progress=True):
    """Train a variational autoencoder of classes; keep the half that draws.

    Returns
    -------
    model : Sequential
        The decoder: 8 numbers and the class, one-hot, to 784 pixels.
    data : None
        None of it has answers that a test could count.
    recipe : dict
    """
    data, seed, epochs, rate, sigma, wide = load_mnist(), 0, 9, 0.005, 0.4, 128
    recipe = {
        "data": "MNIST",
        "recipe": f"Adam on a variational autoencoder of classes, sigma {sigma}, a "
        f"code of {N_LATENT} numbers, the learning rate falling to 0 along a cosine, "
        "He initial values, in the last layers from N(0, 0.01²), float32; only the "
        "decoder is kept",
        "activation": "relu",
        "epochs_and_learning_rates": [[epochs, rate]],
        "batch_size": 100,
        "seed": seed,
        "rounded_to": None,
    }
    rng = np.random.default_rng(seed)
    small = initializers.normal(0.01)  # codes start near N(0, 1), pixels near 0
    encoder = network([784 + 10, wide, 2 * N_LATENT], rng, last=small)
    decoder = network([N_LATENT + 10, wide, 784], rng, last=small)
    vae = VAE(encoder, decoder, N_LATENT, n_classes=10, sigma=sigma)
    adam = Adam(vae.parameters, cosine(rate, 600 * epochs))
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(len(data.x_train)), 600):
            total, *_ = vae.loss(data.x_train[batch], data.t_train[batch], rng)
            vae.backward()
            adam.step()
        if progress:
            print(f"  epoch {epoch + 1} of {epochs}, loss {total:.0f} nats")
    return decoder, None, recipe


def mnist_diffusion(progress=True):
    """Train a network that is shown a noisy digit and answers with the digit.

    Returns
    -------
    model : Sequential
        784 noisy pixels, 32 numbers for the step and the class, one-hot, to 784 pixels
        from -1 to 1.
    data : None
        None of it has answers that a test could count.
    recipe : dict
    """
    data, seed, epochs, rate, wide = load_mnist(), 0, 8, 0.002, 256
    recipe = {
        "data": "MNIST, pixels from -1 to 1",
        "recipe": f"Adam on the mean squared error of the picture, {len(BETAS)} steps "
        f"of noise, betas from {BETAS[0]:g} to {BETAS[-1]:g}, the learning rate "
        "falling to 0 along a cosine, He initial values, float32",
        "activation": "relu",
        "epochs_and_learning_rates": [[epochs, rate]],
        "batch_size": 100,
        "seed": seed,
        "rounded_to": None,
    }
    rng = np.random.default_rng(seed)
    diffusion = Diffusion(BETAS, time_dim=TIME_DIM)
    model = network([784 + TIME_DIM + 10, wide, wide, 784], rng, MeanSquaredError())
    adam = Adam(model.parameters, cosine(rate, 600 * epochs))
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(len(data.x_train)), 600):
            x0 = 2 * data.x_train[batch] - 1
            eps = rng.standard_normal(x0.shape, dtype=np.float32)
            steps = rng.integers(1, len(BETAS) + 1, len(batch))
            x_t = diffusion.noise(x0, steps, eps)
            seen = diffusion.denoiser_input(x_t, steps, data.t_train[batch], 10)
            loss = model.loss(seen, x0, training=True)
            model.backward(input_gradient=False)
            adam.step()
        if progress:
            print(f"  epoch {epoch + 1} of {epochs}, loss {loss:.3f}")
    return model, None, recipe


def network(widths, rng, loss=None, last=initializers.he):
    """Build a network of linear layers with ReLU between them, float32."""
    layers = []
    for i, (n_in, n_out) in enumerate(pairwise(widths), 2):
        init = last if i == len(widths) else initializers.he
        layers.append(Linear(n_in, n_out, init=init, rng=rng, dtype=np.float32))
        layers.append(ReLU())
    return Sequential(layers[:-1], loss)
