"""Small worlds to act in, many copies of one side by side.

:class:`GridWorld`, :class:`CartPole` and :class:`Flappy` have the ``reset`` and
``step`` of Gymnasium's environments. A step takes one action for each of the n copies
and returns what they see then, the rewards, and two different ends: *terminated*, where
the game itself is over and nothing more can be earned, and *truncated*, where only the
time is up. A copy that has ended stands still, without reward, until it is reset.
"""

from typing import NamedTuple

import numpy as np

from dlscratch.checks import floats, generator, numbers, real, whole


class Episodes(NamedTuple):
    """What n copies saw, did and got in T steps, from their start to their end.

    Attributes
    ----------
    seen : ndarray, shape (T, n, …)
    actions : ndarray of int, shape (T, n)
    rewards : ndarray, shape (T, n)
    going : ndarray of bool, shape (T, n)
        Where a copy had not ended before that step: only these entries count.
    """

    seen: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    going: np.ndarray


def play(world, act):
    """Let all copies begin, and play until each has ended.

    Parameters
    ----------
    world : Environment
    act : callable
        Maps what is seen, (n, …), to actions, (n,).

    Returns
    -------
    Episodes
    """
    seen, _ = world.reset()
    going, steps = np.ones(world.n, dtype=bool), []
    while going.any():
        actions = act(seen)
        new, rewards, terminated, truncated, _ = world.step(actions)
        steps.append((seen, actions, rewards, going))
        seen, going = new, ~(terminated | truncated)
    return Episodes(*(np.array(column) for column in zip(*steps, strict=True)))


def rewards_to_go(rewards, gamma):
    """Return the discounted sum of each reward and all that follow it.

    Parameters
    ----------
    rewards : array_like, shape (T, …)
        0 where a copy had ended.
    gamma : float
        How much a reward counts one step later, from 0 to 1.

    Examples
    --------
    >>> rewards_to_go([0, 0, 4], 0.5)
    array([1., 2., 4.])
    """
    rewards = floats(rewards, "rewards_to_go")
    gamma = real(gamma, "rewards_to_go", "gamma", 0, 1)
    sums, later = np.empty_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        later = sums[t] = rewards[t] + gamma * later
    return sums


class Environment:
    """What all worlds share: copies, clocks, the two ends.

    A world defines ``n_actions``, ``_begin(which)``, which puts the copies at these
    indices at their start, ``_move(actions)``, which moves all copies and returns the
    rewards and which copies have terminated, and ``observe()``.

    Attributes
    ----------
    state : ndarray, shape (n, …)
    steps : ndarray of int, shape (n,)
        How many steps each copy has taken since its last reset.
    terminated, truncated : ndarray of bool, shape (n,)
    """

    n_actions = 2

    def __init__(self, n, max_steps, rng):
        where = type(self).__name__
        self.n = whole(n, where, "n")
        self.max_steps = (
            np.inf if max_steps is None else whole(max_steps, where, "max_steps")
        )
        self.rng = generator(rng, where)
        self.state = None

    def reset(self, which=None):
        """Put copies at a start.

        Parameters
        ----------
        which : array_like of bool, shape (n,), optional
            Those that begin again, as in ``reset(terminated | truncated)``; by default
            all.

        Returns
        -------
        observations : ndarray, shape (n, …)
            Of all copies.
        info : dict
            As in Gymnasium; see :meth:`info`.

        Raises
        ------
        ValueError
            If ``which`` is not one truth value for each copy, or leaves out copies that
            have never begun.
        """
        where = f"{type(self).__name__}.reset"
        which = np.ones(self.n, dtype=bool) if which is None else np.asarray(which)
        if which.shape != (self.n,) or which.dtype != bool:
            raise ValueError(
                f"{where}: expected which to be {self.n} truth values, got an array of "
                f"{which.dtype} and shape {which.shape}"
            )
        if self.state is None:
            if not which.all():
                raise ValueError(f"{where}: the first time all copies must begin")
            self.steps = np.zeros(self.n, dtype=int)
            self.terminated = np.zeros(self.n, dtype=bool)
            self.truncated = np.zeros(self.n, dtype=bool)
        self.steps[which] = 0
        self.terminated[which] = self.truncated[which] = False
        self._begin(which)
        return self.observe(), self.info()

    def step(self, actions):
        """Take one step with all copies that have not ended.

        Parameters
        ----------
        actions : array_like of int, shape (n,)
            From 0 to ``n_actions - 1``; those of copies that have ended do not matter.

        Returns
        -------
        observations : ndarray, shape (n, …)
        rewards : ndarray, shape (n,)
        terminated : ndarray of bool, shape (n,)
            Whose game is over: what comes after is worth 0.
        truncated : ndarray of bool, shape (n,)
            Whose time is up, and whose game is not over.
        info : dict

        Raises
        ------
        RuntimeError
            Before the first reset.
        TypeError, ValueError
            If ``actions`` are not n whole numbers in that range.
        """
        where = f"{type(self).__name__}.step"
        if self.state is None:
            raise RuntimeError(f"{where}: call reset() first")
        actions = numbers(actions, where)
        if actions.dtype.kind not in "iu":
            raise TypeError(
                f"{where}: expected whole numbers as actions, got {actions.dtype}"
            )
        if actions.shape != (self.n,):
            raise ValueError(
                f"{where}: expected one action for each of {self.n} copies, got an "
                f"array of shape {actions.shape}"
            )
        if actions.min() < 0 or actions.max() >= self.n_actions:
            raise ValueError(
                f"{where}: expected actions from 0 to {self.n_actions - 1}, got "
                f"{actions.min()} to {actions.max()}"
            )
        going = ~(self.terminated | self.truncated)
        before = self.state
        rewards, over = self._move(actions)
        keep = going.reshape(-1, *[1] * (before.ndim - 1))
        self.state = np.where(keep, self.state, before)
        self.steps += going
        self.terminated |= going & over
        self.truncated |= going & ~over & (self.steps >= self.max_steps)
        return (
            self.observe(),
            np.where(going, rewards, 0.0),
            self.terminated.copy(),
            self.truncated.copy(),
            self.info(),
        )

    def info(self):
        """Return what a player is not told: here nothing."""
        return {}

    def observe(self):
        """Return a copy of what is seen of the state."""
        return self.state.copy()


UP, RIGHT, DOWN, LEFT = range(4)


class GridWorld(Environment):
    """A player on squares, who goes up, right, down or left (actions 0 to 3).

    A step over the edge or into a wall leaves the player where it was. The wind of the
    column that is left adds so many squares upwards to the step; what would lead over
    the edge ends at the edge. A step into the cliff leads back to the start.

    The whole world is known, in three arrays, for those who plan before they act.

    Parameters
    ----------
    rows : list of str
        One character for each square: ``.`` free, ``#`` wall, ``S`` start, ``G`` where
        the game ends, ``C`` cliff. Without an ``S`` any free square may be the start.
    wind : array_like of int, shape (number of columns,), optional
    reward : float
        Of each step.
    fall : float
        The reward of a step into the cliff.
    n : int
        How many copies.
    max_steps : int, optional
        After so many a copy is truncated.
    rng : numpy.random.Generator
        Draws the starts.

    Attributes
    ----------
    next_state : ndarray of int, shape (S, 4)
        Where an action leads to, from each of the S squares, numbered row by row.
    rewards : ndarray, shape (S, 4)
    ends : ndarray of bool, shape (S,)
        Which squares end the game.
    shape : tuple of int
        How many rows and columns.

    References
    ----------
    The gridworld of Sutton and Barto (2018), example 4.1; its windy grid, 6.5; its
    cliff, 6.6.

    Examples
    --------
    >>> world = GridWorld(["S.", ".G"], rng=np.random.default_rng(0))
    >>> world.reset()
    (array([0]), {})
    >>> world.step([RIGHT])[:3]
    (array([1]), array([-1.]), array([False]))
    >>> world.next_state[1]
    array([1, 1, 3, 0])
    """

    n_actions = 4

    def __init__(
        self,
        rows,
        *,
        wind=None,
        reward=-1.0,
        fall=-100.0,
        n=1,
        max_steps=None,
        rng=None,
    ):
        super().__init__(n, max_steps, rng)
        rows = list(rows) if not isinstance(rows, str) else [rows]
        if not rows or {len(row) for row in rows} != {len(rows[0])} or not rows[0]:
            raise ValueError(f"GridWorld: expected rows of one length, got {rows!r}")
        squares = np.array([list(row) for row in rows])
        if unknown := set(squares.flat) - set(".#SGC"):
            raise ValueError(
                f"GridWorld: expected squares among '.#SGC', got {sorted(unknown)}"
            )
        self.shape = height, width = squares.shape
        wind = np.zeros(width, dtype=int) if wind is None else np.asarray(wind)
        if wind.shape != (width,) or wind.dtype.kind not in "iu":
            raise ValueError(
                f"GridWorld: expected wind to be {width} whole numbers, one for each "
                f"column, got {wind!r}"
            )
        reward = real(reward, "GridWorld", "reward")
        fall = real(fall, "GridWorld", "fall")
        squares = squares.ravel()
        self.ends = squares == "G"
        marked = np.flatnonzero(squares == "S")
        self._starts = marked if len(marked) else np.flatnonzero(squares == ".")
        if len(marked) > 1 or not len(self._starts):
            raise ValueError(
                "GridWorld: expected one start S, or none and free squares, got "
                f"{len(marked)} S and {np.sum(squares == '.')} free squares"
            )
        if (squares == "C").any() and not len(marked):
            raise ValueError("GridWorld: expected a start S, to which the cliff leads")
        self.next_state = np.arange(height * width)[:, None].repeat(4, axis=1)
        self.rewards = np.full((height * width, 4), reward)
        self.rewards[self.ends] = 0.0
        for s in np.flatnonzero(~self.ends):
            for action, (down, right) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1)]):
                row, column = divmod(s, width)
                row = np.clip(row + down - wind[column], 0, height - 1)
                column = np.clip(column + right, 0, width - 1)
                new = row * width + column
                if squares[new] == "C":
                    new, self.rewards[s, action] = marked[0], fall
                if squares[new] != "#":
                    self.next_state[s, action] = new

    def _begin(self, which):
        if self.state is None:
            self.state = np.zeros(self.n, dtype=int)
        self.state = self.state.copy()
        self.state[which] = self.rng.choice(self._starts, which.sum())

    def _move(self, actions):
        rewards = self.rewards[self.state, actions]
        self.state = self.next_state[self.state, actions]
        return rewards, self.ends[self.state]


class CartPole(Environment):
    """A pole that stands on a cart, which a force pushes left (0) or right (1).

    Each step is 0.02 s long and brings a reward of 1. The game is over where the cart
    is more than 2.4 m from the middle, or the pole more than 12° from upright.

    Parameters
    ----------
    n : int
        How many copies.
    max_steps : int, optional
        After so many a copy is truncated; by default 500.
    rng : numpy.random.Generator
        Draws the starts: each of the four numbers from -0.05 to 0.05.

    Attributes
    ----------
    state : ndarray, shape (n, 4)
        Place of the cart (m), its velocity (m/s), angle of the pole (rad, positive to
        the right), its angular velocity (rad/s). All of it is observed.

    References
    ----------
    Barto, Sutton and Anderson (1983); numbers and order of the arithmetic as in
    Gymnasium's CartPole-v1.

    Examples
    --------
    >>> pole = CartPole(n=2, rng=np.random.default_rng(0))
    >>> observations, info = pole.reset()
    >>> observations.shape
    (2, 4)
    >>> pole.step([0, 1])[1]
    array([1., 1.])
    """

    GRAVITY, FORCE, TICK = 9.8, 10.0, 0.02  # m/s², N, s
    POLE_MASS, TOTAL_MASS, HALF_LENGTH = 0.1, 1.1, 0.5  # kg, kg, m
    MAX_PLACE, MAX_ANGLE = 2.4, 12 * 2 * np.pi / 360

    def __init__(self, n=1, *, max_steps=500, rng=None):
        super().__init__(n, max_steps, rng)

    def _begin(self, which):
        state = np.zeros((self.n, 4)) if self.state is None else self.state.copy()
        state[which] = self.rng.uniform(-0.05, 0.05, (which.sum(), 4))
        self.state = state

    def _move(self, actions):
        _, v, angle, spin = self.state.T
        force = np.where(actions == 1, self.FORCE, -self.FORCE)
        sin, cos = np.sin(angle), np.cos(angle)
        mass_length = self.POLE_MASS * self.HALF_LENGTH
        push = (force + mass_length * spin**2 * sin) / self.TOTAL_MASS
        spin_up = (self.GRAVITY * sin - cos * push) / (
            self.HALF_LENGTH * (4 / 3 - self.POLE_MASS * cos**2 / self.TOTAL_MASS)
        )
        speed_up = push - mass_length * spin_up * cos / self.TOTAL_MASS
        change = np.stack([v, speed_up, spin, spin_up], axis=1)
        self.state = self.state + self.TICK * change
        place, angle = self.state[:, 0], self.state[:, 2]
        over = (abs(place) > self.MAX_PLACE) | (abs(angle) > self.MAX_ANGLE)
        return np.ones(self.n), over


class Flappy(Environment):
    """A bird that falls, flaps (action 1) or not (0), and must pass through pipes.

    The screen is 1 high, and a step is 1/15 s long. The bird stays where it is and the
    pipes come nearer, ``SPEED`` a step. Each passed pipe brings a reward of 1. Where
    the bird touches a pipe, the ground or the ceiling, it is -1, and the game is over.

    Parameters
    ----------
    n : int
        How many copies.
    max_steps : int, optional
        After so many a copy is truncated; by default 1,000, or 54 pipes.
    rng : numpy.random.Generator
        Draws where the gaps are.

    Attributes
    ----------
    state : ndarray, shape (n, 6)
        Height of the bird, its velocity a step, how far away the back of the next pipe
        is, heights of the middle of its gap and of the gap after it, pipes passed. The
        first five are observed.

    Examples
    --------
    >>> game = Flappy(n=3, rng=np.random.default_rng(0))
    >>> observations, info = game.reset()
    >>> observations.shape, info["pipes"]
    ((3, 5), array([0, 0, 0]))
    """

    GRAVITY, FLAP, FASTEST = 0.006, 0.035, 0.05  # screens per step², step, step
    SPEED, SPACING, WIDTH = 0.025, 0.45, 0.1  # screens per step, screens, screens
    RADIUS, GAP, LOWEST, HIGHEST = 0.03, 0.3, 0.2, 0.8  # gaps' middles are between

    def __init__(self, n=1, *, max_steps=1000, rng=None):
        super().__init__(n, max_steps, rng)

    def _begin(self, which):
        state = np.zeros((self.n, 6)) if self.state is None else self.state.copy()
        state[which] = [0.5, 0.0, 1.0, 0.0, 0.0, 0.0]
        state[which, 3:5] = self.rng.uniform(
            self.LOWEST, self.HIGHEST, (which.sum(), 2)
        )
        self.state = state

    def _move(self, actions):
        y, v, ahead, gap, after, pipes = self.state.T
        v = np.where(
            actions == 1, self.FLAP, np.maximum(v - self.GRAVITY, -self.FASTEST)
        )
        y, ahead = y + v, ahead - self.SPEED
        beside = ahead < self.WIDTH + 2 * self.RADIUS  # the bird is within the pipe
        off = abs(y - gap) > self.GAP / 2 - self.RADIUS
        over = (beside & off) | (y < self.RADIUS) | (y > 1 - self.RADIUS)
        passed = (ahead <= 0) & ~over
        ahead = np.where(passed, ahead + self.SPACING, ahead)
        new = self.rng.uniform(self.LOWEST, self.HIGHEST, self.n)
        gap, after = np.where(passed, after, gap), np.where(passed, new, after)
        self.state = np.stack([y, v, ahead, gap, after, pipes + passed], axis=1)
        return passed.astype(float) - over, over

    def observe(self):
        """Return what the bird sees: the first five numbers of the state."""
        return self.state[:, :5].copy()

    def info(self):
        """Return how many pipes each copy has passed."""
        return {"pipes": self.state[:, 5].astype(int)}
