"""The worlds of chapter 12: exact values, two kinds of end, copies, errors."""

import numpy as np
import pytest

from dlscratch.environments import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    CartPole,
    Flappy,
    GridWorld,
    play,
    rewards_to_go,
)

FOUR = ["G...", "....", "....", "...G"]
WINDY = ["." * 10] * 3 + ["S......G.."] + ["." * 10] * 3
CLIFF = ["." * 12] * 3 + ["S" + "C" * 10 + "G"]


def rng(seed=0):
    return np.random.default_rng(seed)


def distance(world):
    """Return the fewest steps from the start to the end that pay no fall."""
    costs = np.full(len(world.ends), np.inf)
    costs[world.ends] = 0
    for _ in range(len(costs)):
        allowed = np.where(world.rewards > -2, costs[world.next_state], np.inf)
        costs = np.where(world.ends, 0, 1 + allowed.min(axis=1))
    return costs


def test_values_of_a_random_walk_on_the_four_by_four_grid():
    world = GridWorld(FOUR, rng=rng())
    moves = np.zeros((16, 16))
    np.add.at(moves, (np.arange(16)[:, None], world.next_state), 0.25)
    inner = ~world.ends
    A = np.eye(14) - moves[np.ix_(inner, inner)]
    values = np.linalg.solve(A, world.rewards.mean(axis=1)[inner])
    expected = [-14, -20, -22, -14, -18, -20, -20]
    np.testing.assert_allclose(values, [*expected, *expected[::-1]])


def test_shortest_ways():
    windy = GridWorld(WINDY, wind=[0, 0, 0, 1, 1, 1, 2, 2, 1, 0], rng=rng())
    assert distance(windy)[30] == 15
    assert distance(GridWorld(CLIFF, rng=rng()))[36] == 13


def test_moves_walls_edges_and_the_cliff():
    world = GridWorld(["S#.", "..G"], rng=rng())
    np.testing.assert_array_equal(world.next_state[0], [0, 0, 3, 0])
    np.testing.assert_array_equal(world.next_state[3], [0, 4, 3, 3])
    np.testing.assert_array_equal(world.next_state[5], [5, 5, 5, 5])
    cliff = GridWorld(CLIFF, n=2, rng=rng())
    cliff.reset()
    state, rewards, terminated, truncated, _ = cliff.step([RIGHT, UP])
    np.testing.assert_array_equal(state, [36, 24])
    np.testing.assert_array_equal(rewards, [-100, -1])
    assert not terminated.any()
    assert not truncated.any()
    assert (UP, RIGHT, DOWN, LEFT) == (0, 1, 2, 3)


def test_the_wind_is_that_of_the_column_that_is_left():
    world = GridWorld(["...", "...", "S.G"], wind=[0, 1, 0], rng=rng())
    np.testing.assert_array_equal(world.next_state[6], [3, 7, 6, 6])
    np.testing.assert_array_equal(world.next_state[7], [1, 5, 7, 3])


def test_a_copy_that_has_ended_stands_still_without_reward():
    world = GridWorld(["SG"], n=3, rng=rng())
    world.reset()
    state, rewards, terminated, *_ = world.step([RIGHT, LEFT, LEFT])
    np.testing.assert_array_equal(terminated, [True, False, False])
    before = terminated
    state, rewards, terminated, *_ = world.step([LEFT, RIGHT, LEFT])
    np.testing.assert_array_equal(rewards, [0, -1, -1])
    np.testing.assert_array_equal(state, [1, 1, 0])
    np.testing.assert_array_equal(world.steps, [1, 2, 2])
    np.testing.assert_array_equal(before, [True, False, False])  # was a copy
    state, _ = world.reset(terminated)
    np.testing.assert_array_equal(state, [0, 0, 0])
    assert not world.terminated.any()
    np.testing.assert_array_equal(world.steps, [0, 0, 2])


def test_time_that_is_up_is_no_end_of_the_game():
    world = GridWorld(["S..G"], n=2, max_steps=3, rng=rng())
    world.reset()
    for actions in ([RIGHT, LEFT], [RIGHT, LEFT]):
        *_, terminated, truncated, _ = world.step(actions)
        assert not terminated.any()
        assert not truncated.any()
    *_, terminated, truncated, _ = world.step([RIGHT, LEFT])  # the last allowed step
    np.testing.assert_array_equal(terminated, [True, False])
    np.testing.assert_array_equal(truncated, [False, True])


def test_starts_are_free_squares():
    world = GridWorld(["G.#", "..G"], n=200, rng=rng())
    state, _ = world.reset()
    assert set(state) == {1, 3, 4}


def test_the_pole_falls_and_the_copies_are_independent():
    pole = CartPole(n=3, rng=rng())
    start, _ = pole.reset()
    assert abs(start).max() <= 0.05
    assert start.shape == (3, 4)
    one = CartPole(n=1, rng=rng())
    one.reset()
    one.state = start[1:2].copy()
    lengths = []
    for t in range(30):
        observed, rewards, terminated, truncated, _ = pole.step([0, 1, t % 2])
        single, *_ = one.step([1])
        np.testing.assert_array_equal(single[0], observed[1])
        lengths.append(terminated.sum())
    assert terminated[0]
    assert terminated[1]
    assert not truncated.any()
    assert pole.steps[0] < 12
    assert pole.steps[1] < 12
    assert rewards[0] == 0


def test_what_is_observed_is_a_copy():
    for world in (CartPole(rng=rng()), Flappy(rng=rng()), GridWorld(FOUR, rng=rng())):
        seen, _ = world.reset()
        seen += 1
        assert not np.any(world.state.ravel()[: seen.size] == seen.ravel())


def test_the_pole_is_truncated_after_500_steps():
    pole = CartPole(rng=rng())
    pole.reset()
    for _ in range(500):
        pole.state = np.zeros((1, 4))
        *_, terminated, truncated, _ = pole.step([1])
    assert truncated[0]
    assert not terminated[0]
    assert pole.steps[0] == 500


def test_the_bird_by_hand():
    game = Flappy(n=2, rng=rng())
    seen, info = game.reset()
    np.testing.assert_allclose(seen[:, :3], [[0.5, 0, 1]] * 2)
    seen, *_ = game.step([1, 0])
    np.testing.assert_allclose(seen[0, :3], [0.535, 0.035, 0.975])
    np.testing.assert_allclose(seen[1, :3], [0.494, -0.006, 0.975])
    for _ in range(20):
        _, rewards, _, _, info = game.step([0, 0])
    assert game.state[1, 1] == -0.05  # no faster
    assert game.terminated[1]
    assert not rewards.any()
    assert not info["pipes"].any()


def test_the_bird_passes_the_middle_of_a_gap_and_not_its_edge():
    for off, through in [
        (0.0, True),
        (0.1199, True),
        (0.1201, False),
        (-0.1201, False),
    ]:
        game = Flappy(rng=rng())
        game.reset()
        game.state = np.array([[0.5 + off, 0.006, 0.17, 0.5, 0.6, 0]])
        _, rewards, terminated, _, _ = game.step([0])  # 0.145 < 0.16: beside it
        assert terminated[0] == (not through), off
        assert rewards[0] == -float(terminated[0])
    game.state = np.array([[0.5, 0.006, 0.025, 0.5, 0.6, 0]])
    game.terminated[:] = False
    seen, rewards, terminated, _, info = game.step([0])
    assert rewards[0] == 1
    assert info["pipes"][0] == 1
    assert not terminated[0]
    np.testing.assert_allclose(seen[0, 2:4], [0.45, 0.6])
    assert 0.2 <= seen[0, 4] <= 0.8


def test_the_same_seed_is_the_same_game():
    def game_of(seed):
        game = Flappy(n=5, rng=rng(seed))
        seen, _ = game.reset()
        while not (game.terminated | game.truncated).all():
            seen, *_, info = game.step((seen[:, 0] < seen[:, 3] - 0.06).astype(int))
        return game.state, info["pipes"].mean()

    np.testing.assert_array_equal(game_of(1)[0], game_of(1)[0])
    assert game_of(1)[1] > 3  # a rule of one line is better than chance


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: CartPole(), TypeError, "expected rng"),
        (lambda: CartPole(n=0, rng=rng()), ValueError, "n to be a whole number from 1"),
        (lambda: Flappy(max_steps=0, rng=rng()), ValueError, "max_steps"),
        (lambda: GridWorld([], rng=rng()), ValueError, "rows of one length"),
        (lambda: GridWorld(["..", "."], rng=rng()), ValueError, "rows of one length"),
        (lambda: GridWorld(["?."], rng=rng()), ValueError, "among"),
        (lambda: GridWorld(["SS"], rng=rng()), ValueError, "one start S"),
        (lambda: GridWorld(["G"], rng=rng()), ValueError, "one start S"),
        (lambda: GridWorld([".C"], rng=rng()), ValueError, "to which the cliff leads"),
        (lambda: GridWorld(["S."], wind=[1], rng=rng()), ValueError, "wind"),
        (lambda: GridWorld(["S."], wind=[1.0, 0], rng=rng()), ValueError, "wind"),
        (lambda: CartPole(rng=rng()).step([0]), RuntimeError, "reset"),
        (
            lambda: CartPole(n=2, rng=rng()).reset([True, False]),
            ValueError,
            "all copies must begin",
        ),
        (lambda: begun().reset([1, 0]), ValueError, "2 truth values"),
        (lambda: begun().reset([True]), ValueError, "2 truth values"),
        (lambda: begun().step([0]), ValueError, "2 copies"),
        (lambda: begun().step([[0], [1]]), ValueError, "2 copies"),
        (lambda: begun().step([0, 2]), ValueError, "from 0 to 1"),
        (lambda: begun().step([0, -1]), ValueError, "from 0 to 1"),
        (lambda: begun().step([0.0, 1.0]), TypeError, "whole numbers"),
        (lambda: begun().step([True, False]), TypeError, "whole numbers"),
    ],
)
def test_errors(make, error, text):
    with pytest.raises(error, match=text):
        make()


def begun():
    pole = CartPole(n=2, rng=rng())
    pole.reset()
    return pole


def test_play_tells_who_is_still_going():
    world = GridWorld(["S.G"], n=3, max_steps=5, rng=rng())
    turns = np.array([[RIGHT, LEFT, UP], [RIGHT, RIGHT, UP]] + [[RIGHT, RIGHT, UP]] * 3)
    moves = iter(turns)
    found = play(world, lambda seen: next(moves))
    np.testing.assert_array_equal(found.seen[:, 1], [0, 0, 1, 2, 2])
    np.testing.assert_array_equal(found.actions, turns)
    np.testing.assert_array_equal(found.going.sum(axis=0), [2, 3, 5])
    np.testing.assert_array_equal(found.rewards.sum(axis=0), [-2, -3, -5])
    np.testing.assert_array_equal(rewards_to_go(found.rewards, 1)[0], [-2, -3, -5])


def test_the_sum_of_what_follows():
    rewards = rng().standard_normal((6, 2))
    for gamma in (0, 0.3, 1):
        powers = gamma ** np.arange(6.0)
        expected = [powers[: 6 - t] @ rewards[t:] for t in range(6)]
        np.testing.assert_allclose(rewards_to_go(rewards, gamma), expected)
    assert rewards_to_go([1, 2], 1).dtype == np.float64  # not of whole numbers
    with pytest.raises(ValueError, match="gamma to be a number from 0 to 1"):
        rewards_to_go([1.0], 1.1)
