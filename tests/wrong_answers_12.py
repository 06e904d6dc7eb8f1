"""Answers to chapter 12's exercises: wrong ones, and right ones in unusual form."""

import numpy as np

from dlscratch.exercises import chapter12 as ch
from dlscratch.functions import softmax

# ------------------------------------------------------------------------- 12.1


def _weights_by_unit_vectors(n, eta):
    Q = np.zeros(n + 1)  # what each number contributes
    Q[0] = 1
    for i in range(1, n + 1):
        Q *= 1 - eta
        Q[i] += eta
    return Q


def _weights_as_list(n, eta):
    return [(1 - eta) ** n] + [eta * (1 - eta) ** (n - i) for i in range(1, n + 1)]


def _weights_reversed(n, eta):
    w = [eta * (1 - eta) ** i for i in range(n)]
    return np.array([*w, 1 - sum(w)][::-1], dtype=np.float32)


# ------------------------------------------------------------------------- 12.2


def _returns_game_by_game(rewards, ended, gamma):
    found, start = [], 0
    while start < len(rewards):
        end = start
        while end < len(rewards) - 1 and not ended[end]:
            end += 1
        game = rewards[start : end + 1]
        for t in range(len(game)):
            found.append(sum(gamma**k * r for k, r in enumerate(game[t:])))
        start = end + 1
    return found


def _returns_by_matrix(rewards, ended, gamma):
    T = len(rewards)
    M = np.zeros((T, T))
    for t in range(T - 1):
        M[t, t + 1] = 0 if ended[t] else gamma
    return np.linalg.inv(np.eye(T) - M) @ np.asarray(rewards)


def _returns_with_mask(rewards, ended, gamma):
    goes_on = 1 - np.asarray(ended, dtype=int)
    G = np.array(rewards, dtype=float)
    for t in range(len(G) - 2, -1, -1):
        G[t] += gamma * G[t + 1] * goes_on[t]
    return tuple(G)


def _returns_by_not(rewards, ended, gamma):
    G, later = np.zeros_like(rewards), 0
    for t in reversed(range(len(rewards))):
        later = G[t] = rewards[t] + gamma * later * ~ended[t]
    return G


def _returns_of_split(rewards, ended, gamma):
    found = []
    for game in np.split(rewards, np.flatnonzero(ended) + 1):
        later, part = 0, []
        for r in game[::-1]:
            later = r + gamma * later
            part.insert(0, later)
        found += part
    return np.array(found, dtype=np.float32)


# ------------------------------------------------------------------------- 12.3


def _greedy_by_loops(q, epsilon):
    pi = np.zeros(q.shape)
    for s, row in enumerate(q.tolist()):
        best = [a for a, value in enumerate(row) if value == max(row)]
        for a in range(len(row)):
            pi[s, a] = epsilon / len(row) + (a in best) * (1 - epsilon) / len(best)
    return pi


def _greedy_by_max(q, epsilon):
    best = (q - np.max(q, axis=1)[:, None]) >= 0
    n = np.count_nonzero(best, axis=1)[:, None]
    return np.where(best, (1 - epsilon) / n, 0.0) + epsilon / q.shape[1]


def _greedy_by_limit(q, epsilon):
    share = softmax(1e4 * (q - q.max(axis=1, keepdims=True)))
    return (1 - epsilon) * share + epsilon * np.full(q.shape, 1 / q.shape[1])


def _greedy_as_lists(q, epsilon):
    found = []
    for row in q:
        best = row == max(row)
        found.append(
            [epsilon / len(row) + (1 - epsilon) * one / sum(best) for one in best]
        )
    return found


# ------------------------------------------------------------------------- 12.4


def _values_by_sweeps(pi, next_state, rewards, ends, gamma):
    v = np.zeros(len(ends))
    for _ in range(2000):
        v = np.where(ends, 0, np.sum(pi * (rewards + gamma * v[next_state]), axis=1))
    return v


def _values_without_ends(pi, next_state, rewards, ends, gamma):
    inner = np.flatnonzero(~ends)
    where = {s: i for i, s in enumerate(inner)}
    A, b = np.eye(len(inner)), np.zeros(len(inner))
    for s, i in where.items():
        for a in range(pi.shape[1]):
            b[i] += pi[s, a] * rewards[s, a]
            if next_state[s, a] in where:
                A[i, where[next_state[s, a]]] -= gamma * pi[s, a]
    v = np.zeros(len(ends))
    v[inner] = np.linalg.inv(A) @ b
    return v


def _values_by_one_hot(pi, next_state, rewards, ends, gamma):
    go = np.eye(len(ends))[next_state]  # (S, A, S)
    M = np.einsum("sa,sat->st", pi, go) * ~ends[:, None]
    r = np.einsum("sa,sa->s", pi, rewards) * ~ends
    return np.linalg.solve(np.eye(len(ends)) - gamma * M, r)


def _matrix(pi, next_state):
    M = np.zeros((len(pi), len(pi)))
    for s, a in np.ndindex(pi.shape):
        M[s, next_state[s, a]] += pi[s, a]
    return M


def _values_with_rows_of_the_unit_matrix(pi, next_state, rewards, ends, gamma):
    A = np.eye(len(ends)) - gamma * _matrix(pi, next_state)
    b = (pi * rewards).sum(axis=1)
    A[ends], b[ends] = np.eye(len(ends))[ends], 0
    return list(np.linalg.lstsq(A, b, rcond=None)[0])


def _values_without_columns(pi, next_state, rewards, ends, gamma):
    M = _matrix(pi, next_state)
    M[:, ends] = 0  # what leads to an end brings nothing more
    v = np.linalg.inv(np.eye(len(ends)) - gamma * M) @ (pi * rewards).sum(axis=1)
    v[ends] = 0
    return v


def _values_of_ends(pi, next_state, rewards, ends, gamma):
    M = _matrix(pi, next_state)
    return np.linalg.solve(np.eye(len(ends)) - gamma * M, (pi * rewards).sum(axis=1))


# ------------------------------------------------------------------------- 12.5


def _expected_by_loop(q, pi, r, new, over, gamma):
    found = []
    for reward, s, end in zip(r, new, over, strict=True):
        mean = sum(p * value for p, value in zip(pi[s], q[s], strict=True))
        found.append(reward if end else reward + gamma * mean)
    return np.array(found)


def _expected_by_product(q, pi, r, new, over, gamma):
    v = np.einsum("sa,sa->s", pi, q)
    return r + gamma * v[new] * ~over


def _expected_in_place(q, pi, r, new, over, gamma):
    target = gamma * np.diag(pi[new] @ q[new].T).copy()
    target[over] = 0
    target += r
    return target


def _expected_by_average(q, pi, r, new, over, gamma):
    v = np.average(q[new], axis=1, weights=pi[new])
    return tuple(np.where(over, r, r + gamma * v))


# ------------------------------------------------------------------------- 12.6


def _iterate_with_loops(next_state, rewards, ends, gamma, tol):
    v, n = [0.0] * len(ends), 0
    while True:
        new = [
            0.0
            if ends[s]
            else max(
                rewards[s][a] + gamma * v[next_state[s][a]]
                for a in range(len(rewards[s]))
            )
            for s in range(len(ends))
        ]
        d = max(abs(x - y) for x, y in zip(new, v, strict=True))
        v, n = new, n + 1
        if gamma * d <= tol * (1 - gamma):
            return np.array(v), n


def _iterate_with_break(next_state, rewards, ends, gamma, tol):
    v = np.zeros(len(ends))
    sweep = 0
    while True:
        old, sweep = v.copy(), sweep + 1
        v = (rewards + gamma * old[next_state]).max(axis=1) * ~ends
        if np.linalg.norm(v - old, np.inf) <= tol * (1 - gamma) / gamma:
            break
    return [v, np.int64(sweep)]


def _iterate_in_place(next_state, rewards, ends, gamma, tol):
    v, n, d = np.zeros(len(ends)), 0, np.inf
    while gamma / (1 - gamma) * d > tol:
        before = v.copy()
        for s in range(len(ends)):
            v[s] = 0 if ends[s] else max(rewards[s] + gamma * v[next_state[s]])
        n, d = n + 1, np.max(abs(v - before))
    return v, n


def _iterate_by_itself(next_state, rewards, ends, gamma, tol):
    def go(v, n):
        new = (rewards + gamma * v[next_state]).max(axis=1) * (1 - ends)
        if gamma * max(abs(new - v)) <= (1 - gamma) * tol:
            return list(new), float(n)
        return go(new, n + 1)

    return go(np.zeros(len(ends)), 1)


def _iterate_without_ends(next_state, rewards, ends, gamma, tol):
    v, n, d = np.zeros(len(ends)), 0, np.inf
    while d > tol * (1 / gamma - 1):
        new = np.max(rewards + gamma * v[next_state], axis=1)
        v, n, d = new, n + 1, abs(new - v).max()
    return v, n


# ------------------------------------------------------------------------- 12.7


def _gradient_by_loops(W, x, actions, weight, going):
    found = np.zeros(W.shape)
    for t, n in np.ndindex(actions.shape):
        if going[t, n]:
            slope = -softmax(x[t, n][None] @ W)[0]
            slope[actions[t, n]] += 1
            found += weight[t, n] * np.outer(x[t, n], slope)
    return found / actions.shape[1]


def _gradient_in_rows(W, x, actions, weight, going):
    rows, a = x[going], actions[going]
    p = softmax(rows @ W)
    p[np.arange(len(p)), a] -= 1
    return -rows.T @ (p * weight[going][:, None]) / x.shape[1]


def _gradient_by_differences(W, x, actions, weight, going):
    def objective(W):
        p = np.take_along_axis(softmax(x @ W), actions[..., None], axis=2)[..., 0]
        return np.sum(np.log(p) * weight * going) / x.shape[1]

    found, h = np.zeros(W.shape), 1e-5
    for i in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[i] = h
        found[i] = (objective(W + step) - objective(W - step)) / (2 * h)
    return found


def _gradient_game_by_game(W, x, actions, weight, going):
    found = []
    for i in range(x.shape[1]):
        go = going[:, i]
        slope = np.eye(W.shape[1])[actions[go, i]] - softmax(x[go, i] @ W)
        found.append(x[go, i].T @ (slope * weight[go, i, None]))
    return np.mean(found, axis=0).tolist()


# ------------------------------------------------------------------------- 12.8


def _baseline_by_lstsq(g, G):
    return np.linalg.lstsq(g[:, None], g * G, rcond=None)[0][0]


def _baseline_by_average(g, G):
    return np.average(G, weights=np.square(g))


def _baseline_by_loop(g, G):
    top = bottom = 0.0
    for slope, total in zip(g.tolist(), G.tolist(), strict=True):
        top += slope * slope * total
        bottom += slope * slope
    return top / bottom


def _baseline_by_line(g, G):
    return np.polyfit(g, g * G, 1)[0]


def _baseline_by_search(g, G):
    low, high = G.min(), G.max()
    for _ in range(100):
        a, b = (2 * low + high) / 3, (low + 2 * high) / 3
        if np.var(g * (G - a)) < np.var(g * (G - b)):
            high = b
        else:
            low = a
    return np.float32(low)


# ------------------------------------------------------------------------- 12.9


def _double_by_loop(r, q_new, slow_new, over, gamma):
    found = []
    for i in range(len(r)):
        a = int(np.argmax(q_new[i]))
        found.append(r[i] + (0 if over[i] else gamma * slow_new[i, a]))
    return np.array(found)


def _double_by_take(r, q_new, slow_new, over, gamma):
    a = np.argmax(q_new, axis=-1, keepdims=True)
    return r + gamma * (1 - over) * np.take_along_axis(slow_new, a, axis=-1)[:, 0]


def _double_by_mask(r, q_new, slow_new, over, gamma):
    chosen = q_new == q_new.max(axis=1, keepdims=True)
    return np.where(over, r, r + gamma * (slow_new * chosen).sum(axis=1))


def _double_by_diagonal(r, q_new, slow_new, over, gamma):
    follows = np.diag(slow_new[:, q_new.argmax(axis=1)])
    return [float(y) for y in np.where(over, r, r + gamma * follows)]


# ------------------------------------------------------------------------ 12.10


def _advantages_by_sums(r, v, gamma, lam):
    T = len(r)
    delta = [r[t] + gamma * v[t + 1] - v[t] for t in range(T)]
    return [
        sum((gamma * lam) ** (k - t) * delta[k] for k in range(t, T)) for t in range(T)
    ]


def _advantages_by_matrix(r, v, gamma, lam):
    T = len(r)
    k = np.arange(T)
    M = np.triu((gamma * lam + 0.0) ** np.maximum(k - k[:, None], 0))
    return M @ (r + gamma * v[1:] - v[:T])


def _advantages_by_returns(r, v, gamma, lam):
    # λ-returns, from the end: a mixture of one step and of all.
    G, later = np.zeros(len(r)), v[-1]
    for t in range(len(r) - 1, -1, -1):
        later = r[t] + gamma * ((1 - lam) * v[t + 1] + lam * later)
        G[t] = later
    return G - v[:-1]


def _advantages_in_place(r, v, gamma, lam):
    A = r + gamma * v[1:] - v[:-1]
    for t in range(len(A) - 2, -1, -1):
        A[t] += gamma * lam * A[t + 1]
    return A.astype(np.float32)


def _advantages_by_convolution(r, v, gamma, lam):
    delta = r + gamma * v[1:] - v[:-1]
    powers = (gamma * lam) ** np.arange(len(r))
    return np.convolve(delta[::-1], powers)[: len(r)][::-1]


# ----------------------------------------------------------------------- 12.lab


def _learn_target_first(world, actions, eta, gamma):
    q, s = np.zeros(world.rewards.shape), int(world.reset()[0][0])
    for a in actions.tolist():
        seen, rewards, over, late, _ = world.step(np.array([a]))
        target = rewards[0]
        if not over[0]:
            target = target + gamma * np.max(q[seen[0]])
        q[s, a] = (1 - eta) * q[s, a] + eta * target
        s = int(world.reset()[0][0]) if (over | late)[0] else int(seen[0])
    return q


def _learn_with_mask(world, actions, eta, gamma):
    q = np.zeros((len(world.ends), 4))
    s = world.reset()[0]
    for a in actions:
        new, r, over, late, _ = world.step([a])
        y = r + gamma * (1 - over) * q[new].max(axis=1)
        q[s, a] += eta * (y - q[s, a])
        s = world.reset(over | late)[0]
    return q


def _learn_and_reset_last(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        q[s, a] += eta * (r[0] + gamma * q[new[0]].max() - q[s, a])  # the hole's are 0
        if terminated[0] or truncated[0]:
            new, _ = world.reset()
        s = new[0]
    return q


def _learn_after_the_reset(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        if terminated[0] or truncated[0]:
            new, _ = world.reset()
        goes_on = not terminated[0]
        q[s, a] += eta * (r[0] + gamma * goes_on * q[new[0]].max() - q[s, a])
        s = new[0]
    return q


def _learn_both_ends_alike(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        if terminated[0] or truncated[0]:
            q[s, a] += eta * (r[0] - q[s, a])
            new, _ = world.reset()
        else:
            q[s, a] += eta * (r[0] + gamma * q[new[0]].max() - q[s, a])
        s = new[0]
    return q


def _learn_no_last_step(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        if not (terminated[0] or truncated[0]):
            q[s, a] += eta * (r[0] + gamma * q[new[0]].max() - q[s, a])
        else:
            new, _ = world.reset()
        s = new[0]
    return q


def _learn_one_game(world, actions, eta, gamma):
    q = np.zeros(world.rewards.shape)
    s = world.reset()[0][0]
    for a in actions:
        new, r, terminated, truncated, _ = world.step([a])
        q[s, a] += eta * (r[0] + gamma * q[new[0]].max() - q[s, a])
        if terminated[0] or truncated[0]:
            break
        s = new[0]
    return q


WRONG = {
    "12.1": [
        ("a number", lambda: lambda n, eta: eta, "expected"),
        ("one entry too few", lambda: lambda n, eta: np.full(n, eta), "shape"),
    ],
    "12.2": [
        (
            "one return a game",
            lambda: lambda r, e, g: ch.returns_in_a_row(r, e, g)[[0]],
            "shape",
        ),
    ],
    "12.3": [
        (
            "softmax",
            lambda: lambda q, epsilon: softmax(q),
            "not right",
        ),
        (
            "the greedy actions alone",
            lambda: lambda q, epsilon: q.argmax(axis=1),
            "axis 1 (of length 3) is missing",
        ),
    ],
    "12.4": [
        ("ends forgotten", lambda: _values_of_ends, "treated like all others"),
        (
            "four actions",
            lambda: lambda pi, *rest: ch.solve_values(pi[:, [0, 1, 2, 3]], *rest),
            "raised IndexError",
        ),
        (
            "the mean over the states",
            lambda: lambda *args: ch.solve_values(*args).mean(),
            "axis 0 (of length 3) is missing",
        ),
    ],
    "12.5": [
        (
            "the target of the state before",
            lambda: lambda q, pi, r, new, over, gamma: r,
            "not right",
        ),
    ],
    "12.6": [
        ("values in place", lambda: _iterate_in_place, "same array at once"),
        ("ends forgotten", lambda: _iterate_without_ends, "must keep the value 0"),
        (
            "no number of sweeps",
            lambda: lambda *args: ch.iterate(*args)[0],
            "expected a tuple of length 2",
        ),
        (
            "a sweep too few counted",
            lambda: lambda *args: (ch.iterate(*args)[0], ch.iterate(*args)[1] - 1),
            "Right so far: v",
        ),
    ],
    "12.7": [
        (
            "transposed",
            lambda: lambda *args: ch.policy_gradient(*args).T,
            "it is transposed",
        ),
        (
            "ones for the actions taken",
            lambda: (
                lambda W, x, actions, weight, going: ch.policy_gradient(
                    W, x, actions, weight - weight[going].mean(), going
                )
            ),
            "not right",
        ),
    ],
    "12.8": [
        (
            "an array of one",
            lambda: lambda g, G: np.atleast_1d(ch.best_baseline(g, G)),
            "expected one number",
        ),
        ("the median", lambda: lambda g, G: np.median(G), "not right"),
    ],
    "12.9": [
        (
            "all actions that are chosen somewhere",
            lambda: (
                lambda r, q, s, over, g: r + g * s[:, q.argmax(axis=1)] * ~over[:, None]
            ),
            "shape",
        ),
    ],
    "12.10": [
        (
            "one entry too many",
            lambda: (
                lambda r, v, gamma, lam: np.append(ch.advantages(r, v, gamma, lam), 0)
            ),
            "shape",
        ),
        (
            "shares that sum to 1",
            lambda: (
                lambda r, v, gamma, lam: (1 - lam) * ch.advantages(r, v, gamma, lam)
            ),
            "not right",
        ),
    ],
    "12.lab": [
        ("after the reset", lambda: _learn_after_the_reset, "reset after that"),
        ("both ends alike", lambda: _learn_both_ends_alike, "its value must count"),
        ("no last step", lambda: _learn_no_last_step, "Nothing is learnt"),
        ("one game", lambda: _learn_one_game, "not right"),
    ],
}

RIGHT = {
    "12.1": [
        ("unit vectors", lambda: _weights_by_unit_vectors),
        ("a list", lambda: _weights_as_list),
        ("float32, from the end", lambda: _weights_reversed),
    ],
    "12.2": [
        ("game by game", lambda: _returns_game_by_game),
        ("a matrix", lambda: _returns_by_matrix),
        ("a mask", lambda: _returns_with_mask),
        ("not", lambda: _returns_by_not),
        ("split, float32", lambda: _returns_of_split),
    ],
    "12.3": [
        ("loops", lambda: _greedy_by_loops),
        ("differences", lambda: _greedy_by_max),
        ("a sharp softmax", lambda: _greedy_by_limit),
        ("lists", lambda: _greedy_as_lists),
    ],
    "12.4": [
        ("sweeps", lambda: _values_by_sweeps),
        ("inner states only", lambda: _values_without_ends),
        ("one-hot", lambda: _values_by_one_hot),
        ("rows of the unit matrix", lambda: _values_with_rows_of_the_unit_matrix),
        ("without columns", lambda: _values_without_columns),
    ],
    "12.5": [
        ("a loop", lambda: _expected_by_loop),
        ("values first", lambda: _expected_by_product),
        ("in place", lambda: _expected_in_place),
        ("an average, as a tuple", lambda: _expected_by_average),
    ],
    "12.6": [
        ("loops", lambda: _iterate_with_loops),
        ("a break", lambda: _iterate_with_break),
        ("by itself", lambda: _iterate_by_itself),
    ],
    "12.7": [
        ("loops", lambda: _gradient_by_loops),
        ("rows", lambda: _gradient_in_rows),
        ("differences", lambda: _gradient_by_differences),
        ("game by game, as lists", lambda: _gradient_game_by_game),
    ],
    "12.8": [
        ("least squares", lambda: _baseline_by_lstsq),
        ("an average", lambda: _baseline_by_average),
        ("a line", lambda: _baseline_by_line),
        ("a search", lambda: _baseline_by_search),
        ("a loop", lambda: _baseline_by_loop),
    ],
    "12.9": [
        ("a loop", lambda: _double_by_loop),
        ("take along an axis", lambda: _double_by_take),
        ("a diagonal, as a list", lambda: _double_by_diagonal),
        ("a mask", lambda: _double_by_mask),
    ],
    "12.10": [
        ("sums", lambda: _advantages_by_sums),
        ("a matrix", lambda: _advantages_by_matrix),
        ("returns", lambda: _advantages_by_returns),
        ("in place, float32", lambda: _advantages_in_place),
        ("a convolution", lambda: _advantages_by_convolution),
    ],
    "12.lab": [
        ("target first", lambda: _learn_target_first),
        ("a mask", lambda: _learn_with_mask),
        ("reset last", lambda: _learn_and_reset_last),
    ],
}
