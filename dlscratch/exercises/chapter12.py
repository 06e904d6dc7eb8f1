"""Exercises of chapter 12, Learning from reward."""

import numpy as np

from dlscratch.environments import GridWorld
from dlscratch.exercises import exercise
from dlscratch.functions import softmax

_rng = np.random.default_rng(12)


def _random(*shape):
    return _rng.standard_normal(shape).round(2)


def _policy(n_states, n_actions):
    """Return random probabilities (S, A)."""
    return softmax(_random(n_states, n_actions))


def _world(rows, **settings):
    return GridWorld(rows, rng=np.random.default_rng(0), **settings)


def _made_up(n_states, n_actions, ends, seed):
    """Return next_state (S, A), rewards (S, A), ends (S,) of no grid at all.

    What the arrays hold for a state that ends the game must not matter.
    """
    rng = np.random.default_rng(seed)
    next_state = rng.integers(n_states, size=(n_states, n_actions))
    rewards = rng.standard_normal((n_states, n_actions)).round(2)
    return next_state, rewards, np.isin(np.arange(n_states), ends)


# ------------------------------------------------------------------------- 12.1


@exercise(
    "12.1",
    "What a fixed step remembers",
    cases=[(1, 0.3), (4, 0.25), (6, 0.9), (3, 1.0)],
    any_container=True,
    hints=[
        "Write down the estimate after two rewards, with the first step put "
        "into the second. How often was the first reward multiplied by "
        "1 - eta?",
        "Each step multiplies all that was there before by 1 - eta, and adds "
        "the new reward times eta.",
        "The start has seen n steps. The reward number i has seen n - i of "
        "them, after it came in with the weight eta.",
    ],
    text=r"""
        A step is $Q\leftarrow(1-\eta)\,Q+\eta\,r$. So all that is in $Q$
        shrinks by $1-\eta$ each time, and the new reward comes in with the
        weight $\eta$. After $n$ steps the start counts $(1-\eta)^n$, and
        reward $i$ counts $\eta(1-\eta)^{n-i}$. The weights sum to 1: it is a
        running average that forgets. Where the levers change with time, that
        is what you want; the average (12.1) would hold on to the past.
        """,
    trial="""
        assert np.isclose(sum(memory_weights(10, 0.2)), 1)
        """,
)
def memory_weights(n, eta):
    """Return (n + 1,): the weights of the start and of rewards 1 to n."""
    start = (1 - eta) ** n
    return np.append(start, eta * (1 - eta) ** np.arange(n - 1, -1, -1.0))


memory_weights.wrong(
    "The order: the last reward has the largest weight, eta.",
    lambda n, eta: np.append(
        (1 - eta) ** n, eta * (1 - eta) ** np.arange(float(n))
    ),
)

memory_weights.wrong(
    "The start is not counted as a reward: it shrinks by 1 - eta in each of "
    "the n steps, and never had the weight eta.",
    lambda n, eta: eta * (1 - eta) ** np.arange(n, -1, -1.0),
)

memory_weights.wrong(
    "This is the plain average (12.1), whose step gets smaller.",
    lambda n, eta: np.append(0, np.full(n, 1 / n)),
)

memory_weights.wrong(
    "The last reward has seen no step after its own: its weight is eta, not "
    "eta times 1 - eta.",
    lambda n, eta: np.append(
        (1 - eta) ** n, eta * (1 - eta) ** np.arange(n, 0, -1.0)
    ),
)

memory_weights.wrong(
    "The start's weight is missing: the weights must sum to 1.",
    lambda n, eta: np.append(0, eta * (1 - eta) ** np.arange(n - 1, -1, -1.0)),
)

memory_weights.wrong(
    "You mixed up eta and 1 - eta: a step keeps 1 - eta of what was there, and "
    "adds eta times the new reward.",
    lambda n, eta: memory_weights(n, 1 - eta),
)

memory_weights.wrong(
    "A reward comes in with the weight eta, and only then it shrinks.",
    lambda n, eta: np.append(
        (1 - eta) ** n, (1 - eta) ** np.arange(n - 1, -1, -1.0)
    ),
)

memory_weights.wrong(
    "The weights are right, but the last reward stands first. Begin with the "
    "start, then the first reward.",
    lambda n, eta: memory_weights(n, eta)[::-1],
)

memory_weights.wrong(
    "The start's weight stands at the end. It comes first.",
    lambda n, eta: np.roll(memory_weights(n, eta), -1),
)

# ------------------------------------------------------------------------- 12.2


def _row_case(rewards, ended, gamma):
    return np.array(rewards, dtype=float), np.array(ended, dtype=bool), gamma


@exercise(
    "12.2",
    "Several games in one row",
    cases=[
        _row_case([1, 2, 3], [0, 0, 1], 0.5),
        _row_case([1, 1, 1, 1, 1], [0, 1, 0, 0, 1], 0.9),
        _row_case([4, -2, 0, 5], [1, 0, 1, 1], 1.0),
        _row_case([2, 3, 5, 7, -1, 4], [0, 0, 1, 0, 0, 0], 0.1),
    ],
    any_container=True,
    hints=[
        "Go from the last step to the first, as in the chapter.",
        "What follows a step that ended a game belongs to the next game. So "
        "what must `later` be there?",
        "At an end, set `later` to 0 before you add the reward.",
    ],
    text=r"""
        $G_t=r_{t+1}+\gamma G_{t+1}$ holds within a game. Where a game ended,
        nothing follows, so the second term is left out there. The reward of
        the last step itself counts: it is earned *by* the step that ends the
        game. (If the row stops in the middle of a game, as in the last case,
        what is missing counts as 0 here; a value network could stand in for
        it.)
        """,
)
def returns_in_a_row(rewards, ended, gamma):
    """Return (T,): the return of each step, within its own game."""
    G, later = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        if ended[t]:
            later = 0.0
        later = G[t] = rewards[t] + gamma * later
    return G


returns_in_a_row.wrong(
    "The end of a game is not looked at: the next game's rewards leak into it.",
    returns_in_a_row.spoilt("if ended[t]:", "if False:"),
)

returns_in_a_row.wrong(
    "The reward of the last step of a game is lost. It is earned by that step.",
    returns_in_a_row.spoilt(
        "later = G[t] = rewards[t] + gamma * later",
        "later = G[t] = (rewards[t] + gamma * later) * (not ended[t])",
    ),
)

returns_in_a_row.wrong(
    "Cut off one step too late: `ended[t]` says that nothing follows step t "
    "itself.",
    returns_in_a_row.spoilt(
        "        if ended[t]:\n            later = 0.0\n",
        "",
        "rewards[t] + gamma * later",
        "rewards[t] + gamma * later * (t == len(rewards) - 1 or not ended[t + "
        "1])",
    ),
)

returns_in_a_row.wrong(
    "The discount counts from the step whose return it is, not from the "
    "beginning of the row.",
    lambda rewards, ended, gamma: [
        sum(
            gamma**k * rewards[k]
            for k in range(t, len(rewards))
            if not any(ended[t:k])
        )
        for t in range(len(rewards))
    ],
)

returns_in_a_row.wrong(
    "The discount is missing.",
    lambda rewards, ended, gamma: returns_in_a_row(rewards, ended, 1.0),
)

returns_in_a_row.wrong(
    "A step's own reward is not discounted, only what comes after it.",
    returns_in_a_row.spoilt(
        "rewards[t] + gamma * later", "gamma * (rewards[t] + later)"
    ),
)

returns_in_a_row.wrong(
    "The numbers are right, but stand in the order in which you computed "
    "them. Put the first step's return first.",
    lambda rewards, ended, gamma: returns_in_a_row(rewards, ended, gamma)[::-1],
)

returns_in_a_row.wrong(
    "This adds up what came before. A return is made of what comes later, so "
    "go from the end to the beginning.",
    returns_in_a_row.spoilt(
        "reversed(range(len(rewards)))",
        "range(len(rewards))",
        "        if ended[t]:\n            later = 0.0\n",
        "",
        "gamma * later",
        "gamma * later * (t > 0 and not ended[t - 1])",
    ),
)

returns_in_a_row.wrong(
    "`later` keeps the next game's return while it passes the end of this one.",
    returns_in_a_row.spoilt(
        "            later = 0.0\n        later = G[t]",
        "            G[t] = rewards[t]\n            continue\n"
        "        later = G[t]",
    ),
)

# ------------------------------------------------------------------------- 12.3


@exercise(
    "12.3",
    "Half greedy, half curious",
    cases=[
        (np.array([[1.0, 3.0, 2.0]]), 0.3),
        (np.array([[0.0, 0.0], [1.0, 2.0], [5.0, -1.0]]), 0.1),
        (np.array([[2.0, 7.0, 7.0, 1.0], [4.0, 4.0, 4.0, 4.0]]), 0.2),
        (np.array([[1.0, 2.0, 0.0, 2.0, 2.0]]), 1.0),
        (np.array([[1.0, 2.0], [2.0, 1.0], [0.0, -4.0]]), 0.0),
        (np.array([[-3.0, -1.0, -2.0], [-5.0, -5.0, -6.0]]), 0.4),
    ],
    any_container=True,
    hints=[
        "Each of the A actions gets its part of the exploring, epsilon / A. "
        "The greedy one as well!",
        "The rest, 1 - epsilon, goes to the best actions. How many are there "
        "in a row?",
        "`q == q.max(axis=1, keepdims=True)` marks the best ones. Divide by "
        "their number in each row.",
    ],
    text=r"""
        With probability $\varepsilon$ a random action is taken, each of $A$
        with $\varepsilon/A$. Random means *any*: the greedy one as well, which
        so has $1-\varepsilon+\varepsilon/A$ in all. Where $k$ actions share
        the highest value, each of them gets $(1-\varepsilon)/k$.
        """,
)
def epsilon_greedy(q, epsilon):
    """Return (S, A): the probability of each action in each state."""
    best = q == q.max(axis=1, keepdims=True)  # (S, A)
    share = best / best.sum(axis=1, keepdims=True)
    return epsilon / q.shape[1] + (1 - epsilon) * share


epsilon_greedy.wrong(
    "The greedy action is also among the random ones: it gets epsilon / A on "
    "top.",
    epsilon_greedy.spoilt(
        "return epsilon / q.shape[1] + (1 - epsilon) * share",
        "k = np.maximum((~best).sum(axis=1, keepdims=True), 1)\n"
        "    return epsilon * ~best / k + (1 - epsilon) * share",
    ),
)

epsilon_greedy.wrong(
    "Where several actions are best, all of them get the whole 1 - epsilon: "
    "the rows no longer sum to 1.",
    epsilon_greedy.spoilt("best / best.sum(axis=1, keepdims=True)", "best"),
)

epsilon_greedy.wrong(
    "Where several actions are best, the first one gets all. They should share "
    "it.",
    lambda q, epsilon: (
        epsilon / q.shape[1]
        + (1 - epsilon) * np.eye(q.shape[1])[q.argmax(axis=1)]
    ),
)

epsilon_greedy.wrong(
    "Take the best action of each row, a state, not that of the whole table.",
    epsilon_greedy.spoilt("q.max(axis=1, keepdims=True)", "q.max()"),
)

epsilon_greedy.wrong(
    "You mixed up the two: epsilon is the share of exploring.",
    lambda q, epsilon: epsilon_greedy(q, 1 - epsilon),
)


@epsilon_greedy.wrong(
    "Two things: the greedy action is also among the random ones, and where "
    "several are best, they share."
)
def _(q, epsilon):
    pi = np.full(q.shape, epsilon / (q.shape[1] - 1))
    pi[np.arange(len(q)), q.argmax(axis=1)] = 1 - epsilon
    return pi


@epsilon_greedy.wrong(
    "The best action gets 1 - epsilon besides its part of the exploring, and "
    "where several are best, they share. Does each row sum to 1?"
)
def _(q, epsilon):
    pi = np.full(q.shape, epsilon / q.shape[1])
    pi[np.arange(len(q)), q.argmax(axis=1)] = 1 - epsilon
    return pi


epsilon_greedy.wrong(
    "The exploring is shared by the A actions: each gets epsilon / A.",
    epsilon_greedy.spoilt("epsilon / q.shape[1]", "epsilon"),
)

epsilon_greedy.wrong(
    "Here epsilon is divided by the number of states. Divide by the number of "
    "actions.",
    epsilon_greedy.spoilt("q.shape[1]", "q.shape[0]"),
)

epsilon_greedy.wrong(
    "The best of each column is taken here. The best action of a state is the "
    "largest of its row.",
    epsilon_greedy.spoilt(
        "q.max(axis=1, keepdims=True)",
        "q.max(axis=0)",
        "best.sum(axis=1, keepdims=True)",
        "best.sum(axis=0)",
    ),
)

epsilon_greedy.wrong(
    "Softmax favours good actions. Greedy takes the best, and no other.",
    lambda q, epsilon: epsilon / q.shape[1] + (1 - epsilon) * softmax(q),
)

# ------------------------------------------------------------------------- 12.4


def _arrays(rows, **settings):
    world = _world(rows, **settings)
    return world.next_state, world.rewards, world.ends


def _value_case(next_state, rewards, ends, gamma):
    return _policy(*rewards.shape), next_state, rewards, ends, gamma


@exercise(
    "12.4",
    "Values without a sweep",
    cases=[
        _value_case(*_arrays(["..G"]), 0.9),
        _value_case(*_arrays([".#G", "...", "S.."], reward=2.0), 0.5),
        _value_case(*_arrays(["S.C", "..G"], fall=-7.0), 0.8),
        _value_case(*_made_up(5, 3, [1, 4], 0), 0.95),
        _value_case(*_made_up(7, 2, [3], 1), 0.6),
    ],
    any_container=True,
    hints=[
        "Bellman's equation (12.4) is v = r + gamma M v, with a matrix M and a "
        "vector r. What stands in row s of M?",
        "`M[s, s']` is the probability of going from s to s': add `pi[s, a]` "
        "at `next_state[s, a]` for each action. `np.add.at` adds where two "
        "actions lead to the same state.",
        "Where the game has ended the value is 0: make these rows of M and "
        "these entries of r 0. Then solve (I - gamma M) v = r.",
    ],
    text=r"""
        With $M_{ss'}$, the probability of going from $s$ to $s'$ under the
        policy, and $\bar r_s=\sum_a\pi(a\mid s)\,r(s,a)$, (12.4) is $v=\bar
        r+\gamma Mv$, or $(I-\gamma M)\,v=\bar r$. Two actions may lead to the
        same square, such as two that run against walls, so their probabilities
        must be *added*. Rows of squares that end the game are 0: the matrix
        keeps its size, and $v=0$ comes out there.
        """,
)
def solve_values(pi, next_state, rewards, ends, gamma):
    """Return v (S,) for a policy pi (S, A) in a known world without chance."""
    S = len(ends)
    M = np.zeros((S, S))
    np.add.at(M, (np.arange(S)[:, None], next_state), pi)
    M[ends] = 0
    r = np.where(ends, 0, np.sum(pi * rewards, axis=1))  # (S,)
    return np.linalg.solve(np.eye(S) - gamma * M, r)


solve_values.wrong(
    "Where two actions lead to the same state, only one of them is counted. "
    "Add them up, as with `np.add.at`.",
    solve_values.spoilt(
        "np.add.at(M, (np.arange(S)[:, None], next_state), pi)",
        "M[np.arange(S)[:, None], next_state] = pi",
    ),
)

solve_values.wrong(
    "All actions are taken for equally likely. Use `pi`.",
    lambda pi, *rest: solve_values(np.full(pi.shape, 1 / pi.shape[1]), *rest),
)

solve_values.wrong(
    "The matrix is the wrong way round: row s holds where you go from s.",
    solve_values.spoilt("gamma * M,", "gamma * M.T,"),
)

solve_values.wrong(
    "The discount is missing.",
    lambda *args: solve_values(*args[:-1], 1.0),
)

solve_values.wrong(
    "The best action's reward is taken. The policy's values are means over its "
    "actions.",
    solve_values.spoilt("np.sum(pi * rewards, axis=1)", "rewards.max(axis=1)"),
)

solve_values.wrong(
    "The plain mean of the rewards is taken. The actions are as likely as `pi` "
    "says.",
    solve_values.spoilt("np.sum(pi * rewards, axis=1)", "rewards.mean(axis=1)"),
)

solve_values.wrong(
    "The states that end the game are treated like all others. Their value is "
    "0, whatever the arrays hold for them.",
    solve_values.spoilt(
        "    M[ends] = 0\n",
        "",
        "np.where(ends, 0, np.sum(pi * rewards, axis=1))",
        "np.sum(pi * rewards, axis=1)",
    ),
)

solve_values.wrong(
    "Nothing more is earned where the game has ended: there the reward is 0, "
    "too.",
    solve_values.spoilt(
        "np.where(ends, 0, np.sum(pi * rewards, axis=1))",
        "np.sum(pi * rewards, axis=1)",
    ),
)


@solve_values.wrong(
    "These are the values of the best policy. This one draws its actions from "
    "`pi`."
)
def _(pi, next_state, rewards, ends, gamma):
    v = np.zeros(len(ends))
    for _ in range(1000):
        v = np.where(ends, 0, np.max(rewards + gamma * v[next_state], axis=1))
    return v


# ------------------------------------------------------------------------- 12.5


def _q_case(n, S, A, gamma, over):
    return (
        _random(S, A),
        _policy(S, A),
        _random(n),
        _rng.integers(S, size=n),
        np.array(over, dtype=bool),
        gamma,
    )


@exercise(
    "12.5",
    "A target without a draw",
    cases=[
        _q_case(1, 3, 2, 0.9, [0]),
        _q_case(5, 4, 3, 0.6, [0, 1, 0, 0, 1]),
        _q_case(3, 2, 5, 1.0, [1, 0, 0]),
    ],
    any_container=True,
    hints=[
        "SARSA's target has the value of one action that was drawn. What is "
        "its mean over all draws?",
        "The mean of q(s', a') is the sum over all actions of pi(a | s') q(s', "
        "a).",
        "`np.sum(pi[new] * q[new], axis=1)` has one number for each step. "
        "Where the game is over, nothing follows.",
    ],
    text=r"""
        In place of $q(s',a')$ for one drawn $a'$, take its mean,
        $\sum_a\pi(a\mid s')\,q(s',a)$. The target is the same on average and
        has less noise; this is *expected SARSA* (van Seijen et al., 2009).
        With a greedy $\pi$ it is Q-learning's target, so it contains both
        methods.
        """,
)
def expected_target(q, pi, r, new, over, gamma):
    """Return the targets (n,) of n steps: r, new (states) and over are (n,)."""
    follows = np.sum(pi[new] * q[new], axis=1)  # (n,)
    return r + gamma * np.where(over, 0, follows)


expected_target.wrong(
    "This is Q-learning's target, with the best action.",
    expected_target.spoilt(
        "np.sum(pi[new] * q[new], axis=1)", "q[new].max(axis=1)"
    ),
)

expected_target.wrong(
    "The plain mean over the actions. They are not equally likely.",
    expected_target.spoilt(
        "np.sum(pi[new] * q[new], axis=1)", "q[new].mean(axis=1)"
    ),
)

expected_target.wrong(
    "This goes on past the end of a game. Where it is over, the target is r "
    "alone.",
    expected_target.spoilt("np.where(over, 0, follows)", "follows"),
)

expected_target.wrong(
    "Where a game is over, its last reward still counts.",
    expected_target.spoilt(
        "r + gamma * np.where(over, 0, follows)",
        "np.where(over, 0, r + gamma * follows)",
    ),
)

expected_target.wrong(
    "A mean of products: but the probabilities sum to 1 already. Add them up, "
    "and divide by nothing.",
    expected_target.spoilt(
        "np.sum(pi[new] * q[new], axis=1)", "np.mean(pi[new] * q[new], axis=1)"
    ),
)

expected_target.wrong(
    "The value of the likeliest action. All that might be drawn count, each as "
    "much as it is likely.",
    expected_target.spoilt(
        "np.sum(pi[new] * q[new], axis=1)", "q[new, pi[new].argmax(axis=1)]"
    ),
)

expected_target.wrong(
    "The discount is missing: what follows comes one step later.",
    expected_target.spoilt("gamma * ", ""),
)

expected_target.wrong(
    "The condition is the wrong way round: `over` marks where nothing follows.",
    expected_target.spoilt(
        "np.where(over, 0, follows)", "np.where(over, follows, 0)"
    ),
)

# ------------------------------------------------------------------------- 12.6


def _run_sweeps(iterate, next_state, rewards, ends, gamma, tol):
    v, sweeps = iterate(next_state, rewards, ends, gamma, tol)
    return {"v": v, "the number of sweeps": sweeps}


@exercise(
    "12.6",
    "When may the sweeps stop?",
    cases=lambda: [
        (*_arrays(["..G"]), 0.9, 1e-3),
        (*_arrays(["S...", ".##.", "..CG"], fall=-4.0), 0.95, 1e-2),
        (*_arrays(["....."], reward=1.0), 0.99, 0.5),
        (*_made_up(6, 3, [2], 2), 0.8, 1e-4),
        (*_made_up(7, 2, [0, 5], 3), 0.5, 0.02),
    ],
    use=_run_sweeps,
    any_container=True,
    hints=[
        "A sweep shrinks the distance to the true values by gamma. Let d be "
        "the largest change of the last sweep, and e the largest error after "
        "it. How are they related?",
        "Before the sweep the error was at most d + e, and after it at most "
        "gamma times that. So e is at most gamma (d + e).",
        "Solved for e: at most gamma d / (1 - gamma). Stop as soon as that is "
        "at most `tol`.",
    ],
    text=r"""
        Let $d$ be the largest change of a sweep and $e$ the largest error
        after it. Before it no error was larger than $d+e$, and (12.5) says
        $e\le\gamma(d+e)$. So $e\le\gamma d/(1-\gamma)$. A small change alone
        is not enough: with $\gamma=0.99$ the error may be 99 times as large.
        (12.5) holds for the maximum as well, since two maxima never differ by
        more than the numbers in them do at most.
        """,
)
def iterate(next_state, rewards, ends, gamma, tol):
    """Return v (S,), wrong by at most tol, and the number of sweeps from 0."""
    v, sweeps, bound = np.zeros(len(ends)), 0, np.inf
    while bound > tol:
        q = rewards + gamma * v[next_state]  # (S, A)
        new = np.where(ends, 0, q.max(axis=1))
        bound = gamma / (1 - gamma) * np.max(np.abs(new - v))
        v, sweeps = new, sweeps + 1
    return v, sweeps


iterate.wrong(
    "A small change is no small error: with a gamma near 1, many small changes "
    "follow.",
    iterate.spoilt("gamma / (1 - gamma) * ", ""),
)

iterate.wrong(
    "These are the values of a player who acts at random. Take the best "
    "action.",
    iterate.spoilt("q.max(axis=1)", "q.mean(axis=1)"),
)

iterate.wrong(
    "States that end the game must keep the value 0, whatever the arrays hold "
    "for them.",
    iterate.spoilt("np.where(ends, 0, q.max(axis=1))", "q.max(axis=1)"),
)

iterate.wrong(
    "Values may rise as well as fall: take the size of the change, `np.abs`.",
    iterate.spoilt("np.max(np.abs(new - v))", "np.max(new - v)"),
)

iterate.wrong(
    "gamma times the last change bounds the next change. All that would follow "
    "it must be added up.",
    iterate.spoilt("gamma / (1 - gamma)", "gamma"),
)

iterate.wrong(
    "These are the values before the last sweep. Return those after it.",
    iterate.spoilt(
        "bound > tol:",
        "bound > tol:\n        before = v",
        "return v,",
        "return before,",
    ),
)


@iterate.wrong(
    "The new values are written into the same array at once. That is good, "
    "too, but takes other sweeps: here each one starts from all old values."
)
def _(next_state, rewards, ends, gamma, tol):
    v, sweeps, bound = np.zeros(len(ends)), 0, np.inf
    while bound > tol:
        before = v.copy()
        for s in np.flatnonzero(~ends):
            v[s] = np.max(rewards[s] + gamma * v[next_state[s]])
        bound = gamma / (1 - gamma) * np.max(np.abs(v - before))
        sweeps += 1
    return v, sweeps


iterate.wrong(
    "It stops one sweep too late: 1 / (1 - gamma) bounds the error before the "
    "sweep. After it, there is a gamma more.",
    iterate.spoilt("gamma / (1 - gamma)", "1 / (1 - gamma)"),
)

# ------------------------------------------------------------------------- 12.7


def _games_case(T, n, D, K, lengths):
    going = np.arange(T)[:, None] < np.array(lengths)  # (T, n)
    return (
        _random(D, K),
        _random(T, n, D),
        _rng.integers(K, size=(T, n)),
        _random(T, n),
        going,
    )


@exercise(
    "12.7",
    "The gradient of a small policy",
    cases=[
        _games_case(1, 1, 2, 3, [1]),
        _games_case(4, 3, 2, 5, [4, 2, 3]),
        _games_case(5, 2, 4, 3, [1, 5]),
    ],
    any_container=True,
    hints=[
        "For one step the slope of log pi with respect to the scores is the "
        "one-hot vector of the action minus the probabilities.",
        "The scores are `x @ W`. So the slope with respect to W is the outer "
        "product of x and the slope of the scores, as in a linear layer.",
        "Multiply by the step's weight, leave out the steps behind the end, "
        "sum over all steps, and divide by the number of games. "
        '`np.einsum("tnd,tnk->dk", x, slopes) / n` does the sums.',
    ],
    text=r"""
        $\nabla_W\log\pi(a\mid x)=x\,(\mathbf 1_a-\pi)^\top$, of shape $D\times
        K$. (12.10) is a mean over *games* of sums over steps. So sum over all
        steps that were played, each multiplied by its weight, and divide by
        the number of games, not of steps. (Dividing by the number of steps, as
        the chapter's training does, changes only the length of the gradient,
        for which Adam does not care.)
        """,
)
def policy_gradient(W, x, actions, weight, going):
    """Return the estimated gradient of J for W (D, K); x is (T, n, D)."""
    slopes = np.eye(W.shape[1])[actions] - softmax(x @ W)  # (T, n, K)
    slopes *= (weight * going)[..., None]
    return np.einsum("tnd,tnk->dk", x, slopes) / x.shape[1]


policy_gradient.wrong(
    "The sign: this goes downhill. The mean return should rise.",
    lambda *args: -policy_gradient(*args),
)

policy_gradient.wrong(
    "Steps behind the end of a game count here. Only those that were played "
    "may.",
    policy_gradient.spoilt("weight * going", "weight"),
)

policy_gradient.wrong(
    "Divide by the number of games: the sum over the steps of a game is not a "
    "mean.",
    policy_gradient.spoilt("/ x.shape[1]", "/ going.sum()"),
)

policy_gradient.wrong(
    "The probabilities are missing: the slope of log pi is the one-hot vector "
    "minus them.",
    policy_gradient.spoilt("- softmax(x @ W)", "+ 0.0"),
)

policy_gradient.wrong(
    "Nothing is divided: it is a mean over the games.",
    policy_gradient.spoilt(" / x.shape[1]", ""),
)

policy_gradient.wrong(
    "Divide by the number of games n alone, not by that of all entries T n.",
    policy_gradient.spoilt("/ x.shape[1]", "/ actions.size"),
)

policy_gradient.wrong(
    "You divide by T, the number of steps. The games lie along the second "
    "axis.",
    policy_gradient.spoilt("/ x.shape[1]", "/ x.shape[0]"),
)

policy_gradient.wrong(
    "The weights are not used: each step counts as much as its weight says.",
    policy_gradient.spoilt("weight * going", "going"),
)

policy_gradient.wrong(
    "The actions that were not taken have a slope as well: when the taken one "
    "becomes likelier, they become less likely.",
    policy_gradient.spoilt("- softmax(x @ W)", "* (1 - softmax(x @ W))"),
)

# ------------------------------------------------------------------------- 12.8


@exercise(
    "12.8",
    "The best baseline",
    cases=[
        (np.array([1.0, -1.0]), np.array([3.0, 5.0])),
        (np.array([2.0, -1.0, -1.0]), np.array([1.0, 4.0, 7.0])),
        (np.array([3.0, -1.0, -2.0, 2.0, -4.0, 1.5, 0.5]), 10 + _random(7)),
    ],
    hints=[
        "The estimates are g (G - b). Their mean does not depend on b, so the "
        "variance is least where the mean of the squares is.",
        "The mean of g² (G - b)² is a parabola in b. Where is its slope 0?",
        "The slope is -2 times the mean of g² (G - b). Solve for b.",
    ],
    text=r"""
        The mean of $g\,(G-b)$ is the same for every $b$ (12.12), so we
        minimise the mean square $\mathrm E[g^2(G-b)^2]$. Its derivative
        $-2\,\mathrm E[g^2(G-b)]$ is 0 at

        $$
        b=\frac{\mathrm E[g^2G]}{\mathrm E[g^2]} .
        $$

        It is the mean return, but weighted: rarely chosen actions, whose
        slopes are large, count more. The plain mean is usually near it and is
        what people take.
        """,
)
def best_baseline(g, G):
    """Return the b that makes g (G - b) vary least; g and G are (n,)."""
    return np.sum(g**2 * G) / np.sum(g**2)


best_baseline.wrong(
    "The mean return is a good baseline, but not the best: how large the "
    "slopes are counts, too.",
    lambda g, G: np.mean(G),
)

best_baseline.wrong(
    "The weights are the squares of the slopes: it is the square of g (G - b) "
    "whose mean is made small.",
    lambda g, G: np.sum(abs(g) * G) / np.sum(abs(g)),
)

best_baseline.wrong(
    "This minimises the sum of G g - b, not of g (G - b).",
    lambda g, G: np.mean(g * G),
)

best_baseline.wrong(
    "This makes the sum of (G - b g)² small, not that of (g (G - b))².",
    lambda g, G: np.sum(g * G) / np.sum(g**2),
)

best_baseline.wrong(
    "The slopes themselves cannot be the weights: their sum is about 0. It is "
    "a square whose mean is made small, so their squares come in.",
    lambda g, G: np.sum(g * G) / np.sum(g),
)

best_baseline.wrong(
    "Divide by the sum of the weights, the squares of the slopes, not by their "
    "number.",
    lambda g, G: np.mean(g**2 * G),
)

# ------------------------------------------------------------------------- 12.9


def _double_case(n, K, gamma, over):
    q_new = (_rng.permutation(n * K).reshape(n, K) - 3) / 4  # no two are equal
    return _random(n), q_new, _random(n, K), np.array(over, bool), gamma


@exercise(
    "12.9",
    "Too good to be true",
    cases=[
        _double_case(1, 3, 0.9, [0]),
        _double_case(6, 4, 0.5, [0, 0, 1, 0, 1, 0]),
        _double_case(4, 2, 1.0, [1, 0, 0, 0]),
    ],
    any_container=True,
    hints=[
        "Who chooses the next action, and who says what it is worth? Here "
        "these are two different networks.",
        "The best action of each row is `q_new.argmax(axis=1)`.",
        "Take from row i of `slow_new` the entry of that action: "
        "`slow_new[np.arange(n), best]`.",
    ],
    text=r"""
        The largest of several noisy estimates is too large on average: it is
        chosen *because* its error is large and positive. With the maximum of
        one network in the target, this error goes back into the values. In
        *double* DQN (van Hasselt et al., 2016) one network chooses and the
        other values. Their errors differ, so the value of the chosen action is
        not the one that was chosen for its error.
        """,
)
def double_target(r, q_new, slow_new, over, gamma):
    """Return the targets (n,); both networks value the next states (n, K)."""
    best = q_new.argmax(axis=1)  # (n,)
    follows = slow_new[np.arange(len(r)), best]
    return r + gamma * np.where(over, 0, follows)


double_target.wrong(
    "This is the usual target: the slow network chooses and values.",
    double_target.spoilt("q_new.argmax(axis=1)", "slow_new.argmax(axis=1)"),
)

double_target.wrong(
    "The roles are exchanged: `q_new` chooses, `slow_new` says what that is "
    "worth.",
    lambda r, q_new, slow_new, over, gamma: double_target(
        r, slow_new, q_new, over, gamma
    ),
)

double_target.wrong(
    "The network that chooses also says what it is worth here.",
    double_target.spoilt("slow_new[np", "q_new[np"),
)

double_target.wrong(
    "Past the end of a game nothing follows.",
    double_target.spoilt("np.where(over, 0, follows)", "follows"),
)

double_target.wrong(
    "Where a game is over, its last reward still counts.",
    double_target.spoilt(
        "r + gamma * np.where(over, 0, follows)",
        "np.where(over, 0, r + gamma * follows)",
    ),
)

double_target.wrong(
    "The smaller of the two maxima is another remedy. Here one network "
    "chooses an action, and the other says what that one is worth.",
    double_target.spoilt(
        "slow_new[np.arange(len(r)), best]",
        "np.minimum(q_new.max(axis=1), slow_new.max(axis=1))",
    ),
)

double_target.wrong(
    "The mean of both networks is taken first. Let one choose, the other "
    "value.",
    double_target.spoilt(
        "slow_new[np.arange(len(r)), best]",
        "((q_new + slow_new) / 2).max(axis=1)",
    ),
)

double_target.wrong(
    "`argmax` is the number of the action, not its value.",
    double_target.spoilt("slow_new[np.arange(len(r)), best]", "best"),
)

double_target.wrong(
    "The discount is missing.", double_target.spoilt("gamma * ", "")
)

# ------------------------------------------------------------------------ 12.10


@exercise(
    "12.10",
    "Between one step and all",
    cases=[
        (np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0, 0.0]), 0.9, 0.5),
        (_random(6), _random(7), 0.8, 0.0),
        (_random(5), np.append(_random(5), 0.0), 0.7, 1.0),
        (_random(4), _random(5), 1.0, 0.3),
    ],
    any_container=True,
    hints=[
        "With lam = 0 only the next step's surprise counts: "
        "`r[t] + gamma * v[t + 1] - v[t]`. Compute these surprises first.",
        "With lam = 1 it is the sum of all later surprises, each discounted by "
        "gamma a step. That is a return of surprises.",
        "In general a surprise k steps later counts (gamma lam)^k. Go "
        "backwards, as with returns.",
    ],
    text=r"""
        Let $\delta_t=r_{t+1}+\gamma v(s_{t+1})-v(s_t)$ be the surprise of one
        step. Discounted and added up, the values in between cancel:
        $\delta_t+\gamma\delta_{t+1}+\dots=G_t-v(s_t)$. So with $\lambda=1$ you
        get the return less a baseline, with little bias and much noise; with
        $\lambda=0$ one step, with little noise and as wrong as $v$ is. Between
        them, $A_t=\delta_t+\gamma\lambda A_{t+1}$. This is *generalised
        advantage estimation* (Schulman et al., 2016); most of today's policy
        gradients use it, with $\lambda$ near 0.95.
        """,
)
def advantages(r, v, gamma, lam):
    """Return (T,); r is (T,), v (T + 1,), with the last state's value."""
    delta = r + gamma * v[1:] - v[:-1]  # (T,)
    A, later = np.zeros(len(r)), 0.0
    for t in reversed(range(len(r))):
        later = A[t] = delta[t] + gamma * lam * later
    return A


advantages.wrong(
    "A later surprise counts gamma times lam for each step, not lam alone.",
    advantages.spoilt("gamma * lam * later", "lam * later"),
)

advantages.wrong(
    "The discount of the next value is missing in the surprises.",
    advantages.spoilt("r + gamma * v[1:]", "r + v[1:]"),
)

advantages.wrong(
    "The old value must be taken off: a surprise is what came minus what was "
    "expected.",
    advantages.spoilt(" - v[:-1]", ""),
)

advantages.wrong(
    "`lam` is not used: this is what comes out for lam = 1.",
    advantages.spoilt("gamma * lam * later", "gamma * later"),
)

advantages.wrong(
    "Only the next step's surprise counts here. The later ones count, too, if "
    "lam is not 0.",
    lambda r, v, gamma, lam: r + gamma * v[1:] - v[:-1],
)

advantages.wrong(
    "The two values are exchanged: v(s) of the step itself is `v[t]`, and that "
    "of the next state is `v[t + 1]`.",
    advantages.spoilt("v[1:] - v[:-1]", "v[:-1] - v[1:]"),
)

advantages.wrong(
    "The powers count from the step whose weight it is, not from the beginning "
    "of the row.",
    lambda r, v, gamma, lam: np.cumsum(
        ((r + gamma * v[1:] - v[:-1]) * (gamma * lam) ** np.arange(len(r)))[
            ::-1
        ]
    )[::-1],
)

advantages.wrong(
    "The surprise one step later is not the end: add all that follow.",
    advantages.spoilt(
        "later = A[t] = delta[t] + gamma * lam * later",
        "A[t], later = delta[t] + gamma * lam * later, delta[t]",
    ),
)

advantages.wrong(
    "The last of the values counts, too: the game may go on after the row.",
    lambda r, v, gamma, lam: advantages(r, np.append(v[:-1], 0), gamma, lam),
)

advantages.wrong(
    "Go from the end to the beginning: what counts is what comes later.",
    advantages.spoilt("reversed(range(len(r)))", "range(len(r))"),
)

# ----------------------------------------------------------------------- 12.lab


def _lab_case(rows, max_steps, n, eta, gamma):
    actions = np.random.default_rng(n).integers(4, size=n)
    return rows, max_steps, actions, eta, gamma


def _run_lab(answer, rows, max_steps, actions, eta, gamma):
    world = _world(rows, max_steps=max_steps, reward=1.0)
    return {"the returned table": answer(world, actions, eta, gamma)}


@exercise(
    "12.lab",
    "Find the bugs and repair them",
    use=_run_lab,
    cases=lambda: [
        _lab_case(["..S.G"], 7, 300, 0.3, 0.8),
        _lab_case(["S.G"], None, 60, 0.5, 0.9),
        _lab_case(["S..", "..."], 5, 80, 0.5, 0.9),
        _lab_case([".S", "G."], 3, 40, 1.0, 1.0),
    ],
    hints=[
        "After `reset()`, `new` is the start of the next game. Has the step "
        "that was just taken anything to do with it?",
        "Compute the target before anything is reset. And then: at which of "
        "the two ends does nothing follow?",
        "The target is `r[0]` alone if `terminated[0]`. If the game was only "
        "truncated, it goes on from `new`, the state before the reset.",
    ],
    text="""
        Two bugs. After an end, `new` was overwritten by the start of the next
        game. So stepping into the hole seemed to be followed by a fresh start,
        and was worth as much as staying alive: bootstrapping past death. And
        where the time was up, the value of the start was taken for that of the
        state that had been reached.

        The target belongs to the step, and must be made before the reset: the
        reward alone if the game was over, and `new` as it was if it was cut
        off.

        (In this table it would be enough to make the target before the reset,
        since no step ever starts in the hole, and its own four entries stay 0.
        A network has no such entries: it would give the hole some value.)
        """,
)
def learn(world, actions, eta, gamma):
    """Return q (S, 4) after Q-learning from these actions, one by one."""
    q = np.zeros(world.rewards.shape)  # (S, 4)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        follows = 0 if terminated[0] else q[new[0]].max()
        q[s, a] += eta * (r[0] + gamma * follows - q[s, a])
        if terminated[0] or truncated[0]:
            new, _ = world.reset()
        s = new[0]
    return q


@learn.starts_with(
    "After an end, `new` is the start of the next game when the target is "
    "made. Nothing of that game follows from this step."
)
def _hers(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)  # (S, 4)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        if terminated[0] or truncated[0]:
            new, _ = world.reset()
        q[s, a] += eta * (r[0] + gamma * q[new[0]].max() - q[s, a])
        s = new[0]
    return q


learn.wrong(
    "The hole is right now. But where only the time was up, the game would "
    "have gone on from `new`: its value must count.",
    learn.spoilt(
        "0 if terminated[0] else", "0 if terminated[0] or truncated[0] else"
    ),
)

learn.wrong(
    "The hole is right now. But where the time was up, `new` is still the "
    "start of the next game when the target is made: reset after that.",
    learn.spoilt(
        "        follows = 0",
        "        if terminated[0] or truncated[0]:\n"
        "            new, _ = world.reset()\n"
        "        follows = 0",
        "- q[s, a])\n        if terminated[0] or truncated[0]:\n"
        "            new, _ = world.reset()\n",
        "- q[s, a])\n",
    ),
)

learn.wrong(
    "Nothing is learnt from the last step of a game. But that is the one that "
    "tells what the hole costs.",
    learn.spoilt(
        "        follows = 0",
        "        if terminated[0] or truncated[0]:\n"
        "            s = world.reset()[0][0]\n"
        "            continue\n"
        "        follows = 0",
    ),
)

learn.wrong(
    "After a reset the next step begins at the start of the new game: take `s` "
    "from what `reset()` returns.",
    learn.spoilt("new, _ = world.reset()", "world.reset()"),
)

learn.wrong(
    "After an end a new game must begin: here the world stands still from the "
    "first end on.",
    learn.spoilt(
        "        if terminated[0] or truncated[0]:\n"
        "            new, _ = world.reset()\n",
        "",
    ),
)

learn.wrong(
    "The hole earns its reward like any other step. What is missing after it "
    "is only what would have followed.",
    learn.spoilt(
        "q[s, a] += eta",
        "if terminated[0]:\n            r = [-1.0]\n        q[s, a] += eta",
    ),
)

learn.wrong(
    "What follows is worth what the new state is worth, not the one in which "
    "the action was taken.",
    learn.spoilt("q[new[0]].max()", "q[s].max()"),
)

learn.wrong(
    "Only the best action's entry may serve in the target; this takes the mean "
    "of all four.",
    learn.spoilt("q[new[0]].max()", "q[new[0]].mean()"),
)

learn.wrong(
    "A game that was cut off is over as well: begin a new one there, too.",
    learn.spoilt("if terminated[0] or truncated[0]:", "if terminated[0]:"),
)

learn.wrong(
    "The last reward is lost: it is earned by the step that ends the game.",
    learn.spoilt(
        "q[s, a] += eta",
        "if terminated[0]:\n            r = [0]\n        q[s, a] += eta",
    ),
)
