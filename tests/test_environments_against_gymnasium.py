"""The cart and the pole, step by step beside Gymnasium's. Run by `make test-peers`."""

import numpy as np
import pytest

from dlscratch.environments import CartPole

gymnasium = pytest.importorskip("gymnasium")


def test_a_thousand_random_steps():
    rng = np.random.default_rng(0)
    theirs = gymnasium.make("CartPole-v1").unwrapped
    ours = CartPole(max_steps=None, rng=rng)
    fallen = True
    for _ in range(1000):
        if fallen:
            theirs.reset()
            theirs.state = ours.reset()[0][0]
        action = int(rng.integers(2))
        _, reward, fallen, *_ = theirs.step(action)
        state, rewards, terminated, *_ = ours.step([action])
        np.testing.assert_allclose(state[0], theirs.state, rtol=0, atol=1e-12)
        assert rewards[0] == reward
        assert terminated[0] == fallen
