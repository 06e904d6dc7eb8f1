"""Train the bird of chapter 12, and keep networks from the way there."""

import base64

import numpy as np

from dlscratch.environments import Flappy, play, rewards_to_go
from dlscratch.explorables.bird_game import filled, greedy, scaled
from dlscratch.functions import softmax
from dlscratch.layers import Linear, Tanh
from dlscratch.models import Sequential
from dlscratch.optimizers import Adam

ROUNDS, COPIES, UNITS, GAMMA = 200, 32, 32, 0.95
LR = 0.02
KEPT = (0, 10, 20, 40, 80)  # after so many rounds; and the best
CHOOSE, REPORT, GAMES = 1_000, 2_000, 200  # seeds of games; how many


def train_bird(seed=0, rounds=ROUNDS, progress=True):
    """Train a bird, and choose one of its networks on games of their own.

    Returns
    -------
    model : Sequential
        That which passed most pipes in the games to choose on.
    data : None
        There are no examples with answers.
    recipe : dict
        Beside the recipe, the mean numbers of pipes passed in other games: by that
        network, by earlier ones of the same training, at random and by a rule of one
        line.
    """
    run = dict(fly(seed, rounds, progress))
    model = network(np.random.default_rng(0))
    found = {
        done: pipes(greedy(filled(model, flat)), CHOOSE) for done, flat in run.items()
    }
    best = max(found, key=found.get)
    rng = np.random.default_rng(0)
    kept = {
        str(done): {
            "pipes": pipes(greedy(filled(model, run[done])), REPORT),
            "parameters": base64.b64encode(run[done].tobytes()).decode("ascii"),
        }
        for done in KEPT
        if done <= rounds
    }
    filled(model, run[best])
    recipe = {
        "data": f"the game Flappy: {GAMES} games to choose the round, {GAMES} others "
        "to report",
        "recipe": "REINFORCE with reward to go, discounted by 0.95, minus the mean of "
        "the copies, divided by its standard deviation; Adam; an epoch is a round of "
        f"{COPIES} games; starts with flapping every seventh time",
        "activation": "tanh",
        "epochs_and_learning_rates": [[rounds, LR]],
        "batch_size": COPIES,
        "seed": seed,
        "rounded_to": None,
        "best_round": best,
        "pipes": pipes(greedy(model), REPORT),
        "random": pipes(
            lambda seen: (rng.random(len(seen)) < 0.15).astype(int), REPORT
        ),
        "rule": pipes(
            lambda seen: (seen[:, 0] < seen[:, 3] - 0.06).astype(int), REPORT
        ),
        "kept": kept,
    }
    return model, None, recipe


train_bird.seeds = range(5)  # the first is shipped, whichever is best


def network(rng):
    """Return an untrained network: what is seen (n, 5) -> scores (n, 2)."""
    layers = [Linear(5, UNITS, rng=rng), Tanh(), Linear(UNITS, 2, rng=rng)]
    layers[-1].b.value[:] = [0.0, -1.7]  # flaps every seventh time
    return Sequential(layers)


def fly(seed, rounds, progress=True):
    """Train a bird as in chapter 12.

    Yields
    ------
    done : int
        How many rounds: 0, 10, 20, …
    flat : ndarray of float16, shape (258,)
        The network's numbers.
    """
    rng = np.random.default_rng(seed)
    model, world = network(rng), Flappy(COPIES, rng=rng)
    adam = Adam(model.parameters, lr=LR)

    def act(seen):
        p = softmax(model.predict(scaled(seen)))
        return (rng.random(COPIES) > p[:, 0]).astype(int)

    for done in range(rounds + 1):
        if done % 10 == 0:
            flat = np.concatenate([p.value.ravel() for p in model.parameters])
            yield done, flat.astype("<f2")
        if done == rounds:
            return
        games = play(world, act)
        going = games.going
        G = rewards_to_go(games.rewards, GAMMA)
        mean = (G * going).sum(axis=1) / going.sum(axis=1)
        weight = (G - mean[:, None])[going]  # (M,)
        p = softmax(model.predict(scaled(games.seen[going])))
        p[np.arange(len(p)), games.actions[going]] -= 1  # minus the slope of log π
        dy = p * (weight / weight.std())[:, None] / len(p)
        for layer in reversed(model.layers):
            dy = layer.backward(dy)
        adam.step()
        if progress and done % 10 == 0:
            passed = world.info()["pipes"].mean()
            print(f"seed {seed}, round {done}: {passed:.1f} pipes", flush=True)


def pipes(act, seed, n=GAMES):
    """Return the mean number of pipes passed in n games of up to 1,000 steps."""
    world = Flappy(n, rng=np.random.default_rng(seed))
    play(world, act)
    return float(world.info()["pipes"].mean())
