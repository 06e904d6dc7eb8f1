"""Exercises of chapter 2, the perceptron."""

import itertools

import numpy as np

from dlscratch.exercises import Exercise, exercise
from dlscratch.exercises._kit import Misfit

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
CUBE = np.array(list(itertools.product([0, 1], repeat=3)))
AND, OR, NAND = np.array([[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0]])
XOR, XNOR = np.array([[0, 1, 1, 0], [1, 0, 0, 1]])


def perceptron(x, w, b):
    """Return 1 where the perceptron fires, and 0 elsewhere."""
    return np.where(x @ w + b > 0, 1, 0)


def _fires(x, w, b):
    return (np.asarray(x) @ np.asarray(w, dtype=float) + b > 0).astype(int)


def _two_layers(answer, x):
    W1, b1, w2, b2 = (np.asarray(part, dtype=float) for part in answer)
    h = (x @ W1 + b1 > 0).astype(int)
    return (h @ w2 + b2 > 0).astype(int)


def _on_all_cases(network, n):
    W1, b1, w2, b2 = network
    H = np.size(b1)
    for name, found, fits in (("W1", W1, (n, H)), ("w2", w2, (H,))):
        if np.shape(found) != fits:
            text = f"`{name}` has shape `{np.shape(found)}`, expected "
            text += f"`{fits}`, as `n = {n}` and `b1` holds {H}"
            raise Misfit(text)
    inputs = np.array(list(itertools.product([0, 1], repeat=n)))
    return _two_layers((W1, b1, w2, b2), inputs)


# ------------------------------------------------------------------------ 2.lab


def _starts():
    points = np.array(
        [[0.5, 2.0], [1.5, -1.0], [-2.0, 0.5], [1.0, 1.0], [-1.0, -0.5]]
    )
    targets = np.array([1, 0, 0, 1, 0])
    orders = [[0, 1, 2, 3, 4], [3, 1, 4, 0, 2], [2, 4, 0, 1, 3]]
    return [
        (np.zeros(2), 0.0, points, targets, orders),
        (np.array([-1.0, 0.5]), 0.25, points, targets, orders),
        # No line parts these: what is learned depends on the order to the end.
        (
            np.zeros(2),
            0.0,
            np.array([[0, 0], [-0.5, 0], [0, -2], [-0.5, 0.5], [1.5, 1]]),
            np.array([1, 0, 0, 1, 0]),
            [[0, 2, 3, 4, 1], [1, 4, 0, 3, 2], [4, 0, 1, 3, 2]],
        ),
    ]


@exercise(
    "2.lab",
    "Find the bug and repair it",
    cases=_starts,
    any_container=True,
    hints=[
        "Print `start` before and after the first run. It was meant to be "
        "the same start for all.",
        "Arrays can be changed in place, and `w += ...` does so. Which array "
        "is it that `w` names?",
        "`a = b` gives the array `b` a second name. What gives you a new "
        "array with the same numbers?",
    ],
    text="""
        `w = w0` does not make an array. It gives the array that the caller
        owns a second name. `w += …` then changes that array *in place*, so
        `start` is no longer zero when the second run begins: it begins with
        the weights that the first run has learned. One `.copy()` ends it.

        The bias does not suffer, because a Python `float` cannot be changed
        in place: `b += error` makes a new number. So each later run begins
        with learned weights, but with a bias of 0. That is why the second
        and the third run still make some mistakes. The third one ends with
        the bias at 0 again, and so the last two find nothing left to
        correct.

        Repaired, `learn_from` makes 74, 81, 99, 82 and 63 mistakes in the
        five orders. So the order does matter, but in these five by less
        than a factor of two, and not from 74 to none.
        """,
    trial="""
        start, made = np.zeros(64), []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            orders = [rng.permutation(len(x)) for _ in range(30)]
            made.append(learn_from(start, 0.0, x, t, orders)[2])
        assert made == [74, 81, 99, 82, 63]
        assert not start.any()
        """,
    after=("An array that you are going to change in place must be your own."),
)
def learn_from(w0, b0, x, t, orders):
    """Learn from given weights, and leave those as they are."""
    w, b, mistakes = w0.copy(), b0, 0
    for order in orders:
        for i in order:
            error = t[i] - (x[i] @ w + b > 0)
            if error:
                w += error * x[i]
                b += error
                mistakes += 1
    return w, b, mistakes


@learn_from.starts_with(
    "`w` still holds the caller's numbers, so `w += ...` changes `start` "
    "itself, and every later run begins where the one before it ended. `w = "
    "w0` is a second name for the array; `w0[:]`, `w0.view()` and "
    "`np.asarray(w0)` share its numbers, too. The order is innocent."
)
def _aliased(w0, b0, x, t, orders):
    w, b, mistakes = w0, b0, 0
    for order in orders:
        for i in order:
            error = t[i] - (x[i] @ w + b > 0)
            if error:
                w += error * x[i]
                b += error
                mistakes += 1
    return w, b, mistakes


@learn_from.wrong(
    "Now the start that the caller asked for is ignored: begin at `w0` and "
    "`b0`, but with an array of your own."
)
def _(w0, b0, x, t, orders):
    return learn_from(np.zeros(len(w0)), 0.0, x, t, orders)


@learn_from.wrong(
    "You take a fresh copy in every epoch, so what the epoch before has "
    "learned is thrown away. Copy once, before the loops."
)
def _(w0, b0, x, t, orders):
    b, mistakes = b0, 0
    for order in orders:
        w = w0.copy()
        for i in order:
            error = t[i] - (x[i] @ w + b > 0)
            if error:
                w += error * x[i]
                b += error
                mistakes += 1
    return w, b, mistakes


@learn_from.wrong(
    "You take the points as they stand in `x`. `order` says which one comes "
    "next: `for i in order`."
)
def _(w0, b0, x, t, orders):
    return learn_from(w0, b0, x, t, [range(len(x))] * len(orders))


@learn_from.wrong(
    "You add up the errors, and +1 and -1 cancel. Count each mistake as 1."
)
def _(w0, b0, x, t, orders):
    w, b, total = w0.copy(), b0, 0
    for order in orders:
        for i in order:
            error = t[i] - (x[i] @ w + b > 0)
            w += error * x[i]
            b += error
            total += error
    return w, b, total


# -------------------------------------------------------------------------- 2.1


def _gate(answer, x1, x2):
    w1, w2, b = answer
    return int(w1 * x1 + w2 * x2 + b > 0)


nor_by_hand = Exercise(
    "2.1",
    "NOR by hand",
    (-1.0, -1.0, 0.5),
    cases=[(0, 0), (0, 1), (1, 0), (1, 1)],
    use=_gate,
    name="your perceptron",
    hints=[
        "Write down the four conditions, as the text does for AND. The first "
        "is: the score of (0, 0) must be positive.",
        "The score of (0, 0) is the bias alone. So what is the sign of `b`, "
        "and what must each weight do to it?",
        "NOR is OR upside down. What turned AND into NAND?",
    ],
    text=r"""
        The four conditions are $b > 0$, $w_2 + b \le 0$, $w_1 + b \le 0$
        and $w_1 + w_2 + b \le 0$. So the bias is positive, and each weight
        alone must be at least as negative as the bias is positive. The
        fourth condition then holds by itself. With the bias 0.5 and weights
        of −1, every score is at least 0.5 away from 0. It is the OR of the
        text with all signs turned.
        """,
    code="""
        w1, w2, b = -1, -1, 0.5
        """,
)

nor_by_hand.wrong(
    "This is OR. NOR fires exactly where OR is silent.", (1, 1, -0.5)
)

nor_by_hand.wrong(
    "This is NAND: with one input on it still fires. One input alone must be "
    "enough to silence NOR.",
    (-1, -1, 1.5),
)

nor_by_hand.wrong("This is AND.", (1, 1, -1.5))

nor_by_hand.wrong(
    "Your perceptron never fires, not even at (0, 0). There the score is `b` "
    "alone, and it must be above 0: a score of exactly 0 does not fire. (A "
    "threshold is not `b`, but `-b`.)",
    (-1, -1, -0.5),
)

nor_by_hand.wrong(
    "Your perceptron always fires. An input that is on must make the score "
    "smaller, not larger.",
    (1, 1, 0.5),
)


# -------------------------------------------------------------------------- 2.2


@exercise(
    "2.2",
    "Which side, and how far away?",
    cases=[
        (np.array([1.0, 3.0]), np.array([3.0, 4.0]), -10.0),
        (np.array([-1.0, 2.0]), np.array([3.0, 4.0]), -10.0),
        (np.array([1.0, 1.0, 1.0]), np.array([2.0, -1.0, 2.0]), 0.5),
    ],
    batch=[
        (
            np.array([[3.0, 4.0], [0.0, 0.0], [2.0, 1.0]]),
            np.array([3.0, 4.0]),
            -10.0,
        ),
        (np.array([[1.0, -2.0, 0.5]]), np.array([2.0, -1.0, 2.0]), 0.5),
    ],
    any_container=True,
    hints=[
        "You have seen the distance without a sign. Which absolute value "
        "must go?",
        "The numerator is the score, `x @ w + b`: it works for one point and "
        "for a batch.",
        "The denominator is the length of `w` alone: `np.linalg.norm(w)`.",
    ],
    text="""
        Formula (2.2) without its absolute value. `x @ w` works for both
        shapes because the last axis of `x` has length $D$.
        """,
)
def signed_distance(x, w, b):
    """Return the distances from the line, negative on the silent side."""
    return (x @ w + b) / np.linalg.norm(w)  # (D,) -> (), (N, D) -> (N,)


signed_distance.wrong(
    "The distances are right, but the sign is missing: points on the silent "
    "side should be negative.",
    lambda x, w, b: np.abs(x @ w + b) / np.linalg.norm(w),
)

signed_distance.wrong(
    "The sign is the wrong way round: the side that fires is positive.",
    lambda x, w, b: -(x @ w + b) / np.linalg.norm(w),
)


@signed_distance.wrong(
    "You use two coordinates by name. `x` may have any number of them, and "
    "may be a batch: let `@` add the products up."
)
def _(x, w, b):
    return (w[0] * x[0] + w[1] * x[1] + b) / np.sqrt(w[0] ** 2 + w[1] ** 2)


signed_distance.wrong(
    "This is the score. It depends on how long `w` is; a distance does not. "
    "Divide by the length of `w`.",
    lambda x, w, b: x @ w + b,
)

signed_distance.wrong(
    "Only `b` is divided: put the whole score in parentheses.",
    lambda x, w, b: x @ w + b / np.linalg.norm(w),
)

signed_distance.wrong(
    "You divide by the length of `x`. The distance is measured along `w`.",
    lambda x, w, b: (x @ w + b) / np.linalg.norm(x),
)

signed_distance.wrong(
    "You divide by `w @ w`, which is the length of `w` squared.",
    lambda x, w, b: (x @ w + b) / (w @ w),
)

signed_distance.wrong(
    "You left out the bias: this is the distance from the parallel line "
    "through the origin.",
    lambda x, w, b: x @ w / np.linalg.norm(w),
)

signed_distance.wrong(
    "The bias belongs to the score, but not to the length: only `w` is at a "
    "right angle to the line.",
    lambda x, w, b: (x @ w + b) / np.linalg.norm(np.append(w, b)),
)


# -------------------------------------------------------------------------- 2.3


def _vote(answer, k, n):
    w, b = answer(k, n)
    inputs = np.array(list(itertools.product([0, 1], repeat=n)))
    if np.shape(w) != (n,):
        text = f"`w` has shape `{np.shape(w)}`, expected `({n},)`, as "
        raise Misfit(text + f"`n = {n}`")
    return _fires(inputs, w, b)


@exercise(
    "2.3",
    "At least k out of n",
    cases=[(1, 2), (2, 2), (2, 3), (3, 5), (4, 5), (1, 1), (0, 2), (3, 2)],
    use=_vote,
    any_container=True,
    hints=[
        "Every input has the same say, so let every weight be 1. What is "
        "then the weighted sum?",
        "The sum is the number of inputs that are on. It must fire at k, and "
        "be silent at k - 1.",
        "Put the threshold half-way between k - 1 and k. The bias is its "
        "negative.",
    ],
    text=r"""
        With all weights 1 the weighted sum counts the inputs that are on.
        The perceptron must be silent at $k-1$ and fire at $k$, so the best
        threshold is $k - \tfrac12$, and the bias $\tfrac12 - k$.

        For $k = 1$ this is OR of $n$ inputs, for $k = n$ it is AND.
        """,
    after=(
        "With `k = 1` this is OR, with `k = n` it is AND, and in between it "
        "votes."
    ),
)
def at_least(k, n):
    """Return weights and bias that fire when k or more of n inputs are on."""
    return np.ones(n), 0.5 - k


at_least.wrong(
    "With exactly k inputs on, the score is 0, and 0 does not fire. Your "
    "perceptron wants more than k.",
    lambda k, n: (np.ones(n), -k),
)

at_least.wrong(
    "You returned the threshold. The bias is its negative.",
    lambda k, n: (np.ones(n), k - 0.5),
)

at_least.wrong(
    "This fires when fewer than k are on: all signs are the wrong way round.",
    lambda k, n: (-np.ones(n), k - 0.5),
)

at_least.wrong(
    "Your bias does not depend on k, but it has to.",
    lambda k, n: (np.ones(n), -1.5),
)


# -------------------------------------------------------------------------- 2.4


_XNOR = (
    np.array([[1.0, -1.0], [1.0, -1.0]]),
    np.array([-0.5, 1.5]),
    np.array([-1.0, -1.0]),
    1.5,
)

xnor_in_two_layers = Exercise(
    "2.4",
    "XNOR in two layers",
    _XNOR,
    cases=[CORNERS],
    use=_two_layers,
    name="your network",
    hints=[
        "XNOR is NOT XOR. The text has a network for XOR.",
        "Keep the hidden layer, OR and NAND. Only the last neuron has to "
        "change.",
        "The last neuron of XOR is AND. What is the opposite of AND, and "
        "what are its weights?",
    ],
    text="""
        The hidden layer of XOR already makes the points separable. XNOR is
        lit where XOR is not, so turn the last neuron upside down: NAND
        instead of AND. (Another way is NOR and AND in the hidden layer, and
        OR at the end.)
        """,
    code="""
        W1 = np.array([[1.0, -1.0], [1.0, -1.0]])  # columns: OR, NAND
        b1 = np.array([-0.5, 1.5])
        w2 = np.array([-1.0, -1.0])  # NAND
        b2 = 1.5
        """,
)

xnor_in_two_layers.wrong(
    "This network computes XOR. XNOR is lit when both inputs are equal.",
    (
        np.array([[1.0, -1.0], [1.0, -1.0]]),
        np.array([-0.5, 1.5]),
        np.array([1.0, 1.0]),
        -1.5,
    ),
)

xnor_in_two_layers.wrong(
    "It looks as if `W1` were transposed: each hidden neuron has its weights "
    "in a column, not in a row.",
    (
        np.array([[1.0, 1.0], [-1.0, -1.0]]),
        np.array([-0.5, 1.5]),
        np.array([-1.0, -1.0]),
        1.5,
    ),
)

xnor_in_two_layers.wrong(
    "Your network never fires. The hidden values are never both 0, so a last "
    "neuron that is NOR has nothing to say. Use NAND.",
    (
        np.array([[1.0, -1.0], [1.0, -1.0]]),
        np.array([-0.5, 1.5]),
        np.array([-1.0, -1.0]),
        0.5,
    ),
)


# -------------------------------------------------------------------------- 2.5


_ADDER = ((1, 1, 1), -1.5, (1, 1, 1, -2), -0.5)


def _full_adder(answer, a, b, c):
    w_carry, b_carry, w_sum, b_sum = answer
    carry = _fires([a, b, c], w_carry, b_carry)
    return {"carry": carry, "sum": _fires([a, b, c, carry], w_sum, b_sum)}


a_full_adder_from_two_perceptrons = Exercise(
    "2.5",
    "A full adder from two perceptrons",
    _ADDER,
    cases=list(itertools.product([0, 1], repeat=3)),
    use=_full_adder,
    name="your adder",
    hints=[
        "The carry is on when at least two of the three bits are on. "
        "Exercise 2.3 has weights for that.",
        "The sum bit must fire at 1 and at 3 bits, but not at 2. Without the "
        "carry no line does that. The carry tells you when there are 2 or "
        "more.",
        "Let the three bits count +1 each. With 2 bits on, the carry must "
        "pull the sum down to nothing; with 3 bits on, 1 must be left over.",
    ],
    text=r"""
        The carry is a vote: at least 2 of 3. Let $m = a + b + c$. The sum
        bit must fire for $m = 1$ and $m = 3$. Give the carry the weight
        $-2$, because a carry *is* two. What remains,
        $m - 2\cdot\text{carry}$, is 0, 1, 0, 1 for $m = 0, 1, 2, 3$:
        exactly the sum bit.

        The sum bit is the parity of three bits. One line cannot do that,
        and here it did not have to: the carry is a hidden neuron that has
        folded the cube first.
        """,
    code="""
        w_carry, b_carry = (1, 1, 1), -1.5
        w_sum, b_sum = (1, 1, 1, -2), -0.5
        """,
    after="Nine NAND gates did the same.",
)

a_full_adder_from_two_perceptrons.wrong(
    "Your sum bit only tells whether any bit is on. The carry must pull it "
    "down, and harder: a carry stands for two.",
    ((1, 1, 1), -1.5, (1, 1, 1, -1), -0.5),
)

a_full_adder_from_two_perceptrons.wrong(
    "The carry pulls too hard: with all three bits on the sum bit should "
    "fire (1 + 1 + 1 is 11 in binary).",
    ((1, 1, 1), -1.5, (1, 1, 1, -3), -0.5),
)

a_full_adder_from_two_perceptrons.wrong(
    "Your carry fires for a single bit already. It needs two.",
    ((1, 1, 1), -0.5, (1, 1, 1, -2), -0.5),
)

a_full_adder_from_two_perceptrons.wrong(
    "Your carry waits for all three bits. Two are enough.",
    ((1, 1, 1), -2.5, (1, 1, 1, -2), -0.5),
)


# -------------------------------------------------------------------------- 2.6


@exercise(
    "2.6",
    "One step of the rule",
    cases=[
        (np.array([1.0, -1.0]), 0.0, np.array([0.5, 2.0]), 1),
        (np.array([1.0, 1.0]), 0.5, np.array([1.0, 2.0]), 0),
        (np.array([1.0, 1.0]), 0.5, np.array([1.0, 2.0]), 1),
        (np.array([1.0, -1.0]), -1.0, np.array([0.5, 2.0]), 0),
        (np.zeros(3), 0.0, np.array([1.0, 0.0, 2.0]), 1),
        (np.zeros(3), 0.0, np.array([1.0, 0.0, 2.0]), 0),
        (np.array([1.0, -1.0]), 2.0, np.array([0.5, 2.0]), 0),
        (np.array([1.0, 1.0]), -4.0, np.array([1.0, 2.0]), 1),
        (np.array([4.0, 4.0]), 0.0, np.array([0.5, 0.25]), 0),
    ],
    any_container=True,
    hints=[
        "First compute the output `y` of the perceptron with the present "
        "weights.",
        "The rule needs one number, `t - y`. It is 0 when nothing is to "
        "change.",
        "Make a new array: `w + ...`. With `w += ...` you would change the "
        "caller's weights.",
    ],
    text="""
        This is (2.5). If $y = t$, the factor $t - y$ is 0 and nothing
        changes, so no `if` is needed. `w + …` makes a new array.
        """,
)
def one_step(w, b, x, t):
    """Return the new weights and bias after one example."""
    error = t - perceptron(x, w, b)
    return w + error * x, b + error


@one_step.wrong(
    "The step goes the wrong way: it makes the mistake worse. Use t - y, not "
    "y - t."
)
def _(w, b, x, t):
    y = int(x @ w + b > 0)
    return w - (t - y) * x, b - (t - y)


one_step.wrong(
    "You take a step for every example. An example that is right changes "
    "nothing.",
    lambda w, b, x, t: (w + (2 * t - 1) * x, b + (2 * t - 1)),
)


@one_step.wrong(
    "You multiply by t, which is 0 for half of the examples, so nothing is "
    "ever subtracted. Multiply by t - y."
)
def _(w, b, x, t):
    y = int(x @ w + b > 0)
    return (w, b) if y == t else (w + t * x, b + t)


@one_step.wrong(
    "You add at every mistake. If it fired and should not have, subtract: "
    "then t - y is -1."
)
def _(w, b, x, t):
    y = int(x @ w + b > 0)
    return (w, b) if y == t else (w + x, b + 1)


@one_step.wrong(
    "You repeat until the example is right. One step is asked for, even if "
    "the example is still wrong afterwards."
)
def _(w, b, x, t):
    while t != (y := int(x @ w + b > 0)):
        w, b = w + (t - y) * x, b + (t - y)
    return w, b


@one_step.wrong(
    "The bias stays as it was. It is the weight of an input that is always "
    "1, so it changes by t - y."
)
def _(w, b, x, t):
    y = int(x @ w + b > 0)
    return w + (t - y) * x, b


@one_step.wrong("The bias belongs to the score, too: `x @ w + b`.")
def _(w, b, x, t):
    y = int(x @ w > 0)
    return w + (t - y) * x, b + (t - y)


@one_step.wrong("You let a score of exactly 0 fire. In this book it does not.")
def _(w, b, x, t):
    y = int(x @ w + b >= 0)
    return w + (t - y) * x, b + (t - y)


@one_step.wrong(
    "You compare t with the score. The perceptron's rule compares it with "
    "the output y, which is 0 or 1."
)
def _(w, b, x, t):
    error = t - (x @ w + b)
    return w + error * x, b + error


# -------------------------------------------------------------------------- 2.7


@exercise(
    "2.7",
    "Learn, and count the mistakes",
    cases=[
        (CORNERS, AND),
        (CORNERS, OR),
        (CORNERS, NAND),
        (
            np.array([[2.0, 1.0], [0.5, 1.5], [-1.0, 0.5], [0.5, -0.75]]),
            np.array([1, 1, 0, 0]),
        ),
        (CUBE, np.array([0, 0, 0, 0, 1, 1, 1, 0])),
        (np.array([[5.5], [6.5]]), np.array([0, 1])),
        (np.array([[15], [16]]), np.array([0, 1])),  # takes long
        (CORNERS, np.zeros(4, dtype=int)),
    ],
    any_container=True,
    time_limit=1.0,
    hints=[
        "Two loops: the inner one goes once through all examples, the outer "
        "one repeats that.",
        "Count inside the inner loop, at each mistake. Never reset the "
        "counter.",
        "The outer loop may end only after an inner loop in which there was "
        "no mistake at all. A flag remembers that.",
    ],
    text="""
        The flag `clean` starts each epoch as true, and a single mistake
        makes it false.
        """,
)
def count_mistakes(x, t):
    """Learn until an epoch is clean; return w, b and all mistakes."""
    w, b, mistakes, clean = np.zeros(x.shape[1]), 0.0, 0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - perceptron(x_i, w, b)
            if error:
                w, b = w + error * x_i, b + error
                mistakes += 1
                clean = False
    return w, b, mistakes


@count_mistakes.wrong(
    "Two weights are right for two inputs. Here there may be more, or one: "
    "`x.shape[1]` tells."
)
def _(x, t):
    w, b, mistakes, clean = np.zeros(2), 0.0, 0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w, b = w + error * x_i, b + error
                mistakes, clean = mistakes + 1, False
    return w, b, mistakes


@count_mistakes.wrong(
    "You stop after a single epoch. Go on until a whole epoch has no mistake."
)
def _(x, t):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for x_i, t_i in zip(x, t, strict=True):
        error = t_i - int(x_i @ w + b > 0)
        w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)
    return w, b, mistakes


@count_mistakes.wrong(
    "You stop when the last example of an epoch is right. Others may have "
    "been wrong: an epoch is clean only if all of them were right."
)
def _(x, t):
    w, b, mistakes, clean = np.zeros(x.shape[1]), 0.0, 0, False
    while not clean:
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)
            clean = not error
    return w, b, mistakes


@count_mistakes.wrong(
    "You judge all examples with the same weights and add all steps at the "
    "end. The rule changes the weights right after each mistake."
)
def _(x, t):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(1000):
        error = t - (x @ w + b > 0)
        if not error.any():
            break
        w, b = w + error @ x, b + error.sum()
        mistakes += int(np.abs(error).sum())
    return w, b, mistakes


@count_mistakes.wrong(
    "You add up t - y, so mistakes of the two kinds cancel. Count each as 1."
)
def _(x, t):
    w, b, mistakes, clean = np.zeros(x.shape[1]), 0.0, 0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w, b = w + error * x_i, b + error
                mistakes += error
                clean = False
    return w, b, mistakes


@count_mistakes.wrong(
    "You always go through the same number of epochs. Some examples need "
    "more: go on until one has no mistake."
)
def _(x, t):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for x_i, t_i in 100 * [*zip(x, t, strict=True)]:
        error = t_i - int(x_i @ w + b > 0)
        w, b, mistakes = w + error * x_i, b + error, mistakes + abs(error)
    return w, b, mistakes


@count_mistakes.wrong(
    "You let a score of exactly 0 fire. In this book it does not."
)
def _(x, t):
    w, b, mistakes, clean = np.zeros(x.shape[1]), 0.0, 0, False
    while not clean:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b >= 0)
            if error:
                w, b = w + error * x_i, b + error
                mistakes, clean = mistakes + 1, False
    return w, b, mistakes


@count_mistakes.wrong("Your third number counts epochs. Count the mistakes.")
def _(x, t):
    w, b, epochs, clean = np.zeros(x.shape[1]), 0.0, 0, False
    while not clean:
        clean = True
        epochs += 1
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w, b, clean = w + error * x_i, b + error, False
    return w, b, epochs


@count_mistakes.wrong(
    "Your counter tells only of the last epoch, which has no mistake. Count "
    "through all epochs."
)
def _(x, t):
    w, b, _ = count_mistakes(x, t)
    return w, b, 0


# -------------------------------------------------------------------------- 2.8


def _rules():
    slow = np.array([[0, 0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 0, 1, 1, 1]])
    hard = np.array([[0, 1, 1, 0, 1, 0, 0, 1], [1, 1, 0, 0, 0, 1, 1, 1]])
    line = np.array([[0], [1], [2]])
    return [
        (CORNERS, AND),
        (CORNERS, NAND),
        (CORNERS, XOR),
        (CORNERS, XNOR),
        *((CUBE, t) for t in slow),
        *((CUBE, t) for t in hard),
        (line, np.array([0, 1, 0])),
        (line, np.array([0, 0, 1])),
        (np.array([[5], [6]]), np.array([0, 1])),
        (np.array([[25], [26]]), np.array([0, 1])),  # 653 epochs
    ]


class _Counted(np.ndarray):
    """An array that counts how often one of its entries is looked up."""

    count = 0

    def __getitem__(self, index):
        self.count += 1
        return np.asarray(self)[index]


def _gives_up(answer):
    x = CORNERS.view(_Counted)
    answer(x, XOR)  # its weights repeat after three epochs
    if x.count < 500 * len(x):
        return None
    return (
        "The answers are right, but on XOR your function goes through hundreds "
        "of epochs and then gives up. After a few of them the weights repeat: "
        "that is a proof, and it can stop there."
    )


@exercise(
    "2.8",
    "Separable, or not?",
    cases=_rules,
    verify=_gives_up,
    time_limit=3.0,
    hints=[
        "If an epoch has no mistake, the answer is True. When is it "
        "certainly False?",
        "If the weights at the start of an epoch are the same as at the "
        "start of an earlier epoch, all that follows repeats.",
        "Keep a set of `(*w, b)` at the start of each epoch. A tuple can be "
        "in a set; an array cannot.",
    ],
    text="""
        If an epoch is clean, the answer is yes, and the weights prove it.
        If an epoch starts with weights that an earlier epoch started with,
        everything repeats, no epoch will ever be clean, and by Novikoff's
        theorem the answer is no.

        One of the two must happen. Whole-number inputs keep the weights
        whole, and in a bounded box there are only finitely many
        whole-number weights.

        Of the 256 rules on three bits it calls 104 separable. That agrees
        with the 104 that weights and certificates gave in the
        text: a second, independent proof.
        """,
    trial="""
        assert sum(is_separable(cube, t) for t in sorted(rules)) == 104
        """,
    after=(
        "This answer is a proof either way, as long as x holds whole numbers."
    ),
)
def is_separable(x, t):
    """Tell whether some perceptron gets all examples right."""
    w, b, seen = np.zeros(x.shape[1]), 0.0, set()
    while (*w, b) not in seen:
        seen.add((*w, b))
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - perceptron(x_i, w, b)
            if error:
                w, b, clean = w + error * x_i, b + error, False
        if clean:
            return True
    return False


@is_separable.wrong(
    "You give up after a number of epochs. Some separable rules need longer. "
    "Look for a repetition: it is a proof."
)
def _(x, t):
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(100):
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            error = t_i - int(x_i @ w + b > 0)
            if error:
                w, b, clean = w + error * x_i, b + error, False
        if clean:
            return True
    return False


@is_separable.wrong(
    "You tried some weights and found none. Others may do: not to find is no "
    "proof."
)
def _(x, t):
    ws = itertools.product(range(-3, 4), repeat=x.shape[1])
    bs = np.arange(-6, 7) / 2
    return any(np.array_equal(_fires(x, w, b), t) for w in ws for b in bs)


@is_separable.wrong(
    "You look for a repetition at each example. An example that is right "
    "leaves the weights as they were: compare only where an epoch begins."
)
def _(x, t):
    w, b, seen = np.zeros(x.shape[1]), 0.0, set()
    while True:
        clean = True
        for x_i, t_i in zip(x, t, strict=True):
            if (*w, b) in seen:
                return False
            seen.add((*w, b))
            error = t_i - perceptron(x_i, w, b)
            w, b, clean = w + error * x_i, b + error, clean and not error
        if clean:
            return True


is_separable.wrong(
    "XOR and XNOR are not the only ones. With three bits, or other points, "
    "there are more.",
    lambda x, t: not (np.array_equal(t, XOR) or np.array_equal(t, XNOR)),
)

is_separable.wrong(
    "Not every rule has a line. XOR has none.", lambda x, t: True
)


# -------------------------------------------------------------------------- 2.9


@exercise(
    "2.9",
    "Novikoff's bound",
    cases=[
        (CORNERS, AND, np.array([2.0, 2.0]), -3.0),
        (CORNERS, OR, np.array([1.0, 1.0]), -0.25),
        (
            np.array([[2, 1, 0], [1, 3, -1], [-1, 0.5, 0.25], [0.5, -2, 0]]),
            np.array([1, 1, 0, 0]),
            np.array([1.0, 1.5, 0.5]),
            -2.25,
        ),
    ],
    hints=[
        "Work with the longer vectors: append a 1 to every example and the "
        "bias to the weights.",
        "The margin is the smallest z · (u · x) over all examples, with `z = "
        "2 * t - 1` and with u of length 1. So divide by the length of `(w, "
        "b)`.",
        "R squared is the largest sum of squares of a longer vector, its 1 "
        "included. The bound is R squared divided by the margin squared.",
    ],
    text="""
        Three traps: the 1 belongs to the examples, the bias belongs to the
        weights, and the targets must be signs.

        Learning AND, `learn` makes 10 mistakes. With the weights $(2, 2)$
        and the bias $-3$, the bound allows 51.
        """,
    trial="""
        t = TABLES["AND"]
        assert sum(learn(corners, t)[2]) == 10
        w, b = np.array([2.0, 2.0]), -3.0
        assert round(mistake_bound(corners, t, w, b)) == 51
        """,
)
def mistake_bound(x, t, w, b):
    """Return (R / margin) squared, from any separating (w, b)."""
    x_tilde = np.column_stack([x, np.ones(len(x))])  # (N, D + 1)
    w_tilde = np.append(w, b)  # (D + 1,)
    z = 2 * t - 1  # (N,)
    margin = np.min(z * (x_tilde @ w_tilde)) / np.linalg.norm(w_tilde)
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


mistake_bound.wrong(
    "This is R divided by the margin: square it.",
    lambda x, t, w, b: mistake_bound(x, t, w, b) ** 0.5,
)

mistake_bound.wrong(
    "The theorem wants a vector of length 1. Divide the margin by the length "
    "of `(w, b)`.",
    lambda x, t, w, b: mistake_bound(x, t, w, b) / np.sum(np.append(w, b) ** 2),
)


@mistake_bound.wrong(
    "You divided by the length of w alone. In the theorem the bias is one of "
    "the weights, so it belongs to the length."
)
def _(x, t, w, b):
    return (
        mistake_bound(x, t, w, b) * np.sum(w**2) / np.sum(np.append(w, b) ** 2)
    )


@mistake_bound.wrong("R must include the 1 that is appended to every example.")
def _(x, t, w, b):
    x_tilde = np.column_stack([x, np.ones(len(x))])
    squares = np.max(np.sum(x**2, axis=1)) / np.max(np.sum(x_tilde**2, axis=1))
    return mistake_bound(x, t, w, b) * squares


@mistake_bound.wrong(
    "You measured in the plane. The theorem measures between the longer "
    "vectors: a 1 behind each example, the bias behind the weights."
)
def _(x, t, w, b):
    margin = np.min((2 * t - 1) * (x @ w + b)) / np.linalg.norm(w)
    return np.max(np.sum(x**2, axis=1)) / margin**2


@mistake_bound.wrong(
    "You looked only at the examples with `t = 1`. Turn the targets into "
    "signs, `z = 2 * t - 1`, and take all examples."
)
def _(x, t, w, b):
    x_tilde, w_tilde = np.column_stack([x, np.ones(len(x))]), np.append(w, b)
    margin = np.min(np.where(t == 1, x_tilde @ w_tilde, np.inf))
    margin /= np.linalg.norm(w_tilde)
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


@mistake_bound.wrong(
    "You multiplied by the targets themselves, so each silent example counts "
    "as 0. Turn them into signs: `z = 2 * t - 1`."
)
def _(x, t, w, b):
    x_tilde, w_tilde = np.column_stack([x, np.ones(len(x))]), np.append(w, b)
    margin = np.min(t * (x_tilde @ w_tilde)) / np.linalg.norm(w_tilde)
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


@mistake_bound.wrong(
    "You took the smallest score. A silent example has a negative one: "
    "multiply by the signs first, `z = 2 * t - 1`."
)
def _(x, t, w, b):
    x_tilde, w_tilde = np.column_stack([x, np.ones(len(x))]), np.append(w, b)
    margin = np.min(x_tilde @ w_tilde) / np.linalg.norm(w_tilde)
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


mistake_bound.wrong(
    "R is the length of the longest example. Without `axis=1`, you have put "
    "all examples into one length.",
    lambda x, t, w, b: (
        mistake_bound(x, t, w, b)
        * (np.sum(x**2) + len(x))
        / (np.max(np.sum(x**2, axis=1)) + 1)
    ),
)


@mistake_bound.wrong(
    "You took the mean of the distances. The margin is the smallest one."
)
def _(x, t, w, b):
    x_tilde, w_tilde = np.column_stack([x, np.ones(len(x))]), np.append(w, b)
    margin = np.mean((2 * t - 1) * (x_tilde @ w_tilde)) / np.linalg.norm(
        w_tilde
    )
    return np.max(np.sum(x_tilde**2, axis=1)) / margin**2


# ------------------------------------------------------------------------- 2.10


def _compute(answer, table):
    network, lit = answer(table), int(np.sum(table))
    outputs = _on_all_cases(network, int(np.log2(len(table))))
    if np.size(network[1]) != lit:
        text = f"`b1` holds {np.size(network[1])}, expected {lit}: one for "
        raise Misfit(text + "each lit case")
    return outputs


@exercise(
    "2.10",
    "Two layers for any table",
    cases=[
        XOR,
        XNOR,
        AND,
        np.array([0, 1, 1, 0, 1, 0, 0, 1]),
        np.array([1, 0, 0, 0, 0, 1, 1, 0]),
        np.array([0, 0, 0, 0]),
        np.ones(4, dtype=int),
        np.array([0, 1]),
        np.arange(16) % 3 % 2,
    ],
    use=_compute,
    any_container=True,
    hints=[
        "One hidden neuron for each lit case; it must fire for this case and "
        "for no other. The last neuron is an OR.",
        "For the case (1, 0, 1) take the weights (1, -1, 1). What is the "
        "largest score without bias, and which inputs reach it?",
        "Only the case itself reaches the number of its ones; every other "
        "case is at least 1 lower. Put the bias half-way.",
    ],
    text=r"""
        The hidden neuron of the case $\mathbf{c}$ has weight $+1$ where
        $c_i = 1$ and $-1$ where $c_i = 0$, that is, $2c_i - 1$. Let $m$ be
        the number of ones in $\mathbf{c}$. The weighted sum is $m$ for
        $\mathbf{c}$ itself. Every other input lacks a one that should be
        there, or has a one that should not, and each of these costs 1. So
        all others reach $m - 1$ at most, and the bias is $\tfrac12 - m$.
        The last neuron is an OR.

        It even works when no case is lit: then $H = 0$, the sum over no
        neurons is 0, and the bias keeps the output silent.
        """,
    after="So two layers of perceptrons can compute every rule on bits.",
)
def two_layers_for(table):
    """Return W1, b1, w2, b2: one hidden neuron for each case that is lit."""
    n = int(np.log2(len(table)))
    cases = np.array(list(itertools.product([0, 1], repeat=n)))  # (2**n, n)
    lit = cases[np.equal(table, 1)]  # (H, n)
    W1 = 2.0 * lit.T - 1  # (n, H)
    b1 = 0.5 - lit.sum(axis=1)  # (H,)
    return W1, b1, np.ones(len(lit)), -0.5


@two_layers_for.wrong(
    "A hidden neuron also fires for cases with more ones than its own. "
    "Inputs that must be off need a negative weight."
)
def _(table):
    n = int(np.log2(len(table)))
    lit = np.array(list(itertools.product([0, 1], repeat=n)))[
        np.asarray(table) == 1
    ]
    return 1.0 * lit.T, 0.5 - lit.sum(axis=1), np.ones(len(lit)), -0.5


@two_layers_for.wrong(
    "The bias must depend on how many ones the case has, not on the number "
    "of inputs."
)
def _(table):
    W1, _, w2, b2 = two_layers_for(table)
    return W1, np.full(W1.shape[1], 0.5 - len(W1)), w2, b2


@two_layers_for.wrong(
    "Your last neuron is an AND. No two cases happen at once: it must be an OR."
)
def _(table):
    W1, b1, w2, _ = two_layers_for(table)
    return W1, b1, w2, 0.5 - len(w2)


two_layers_for.wrong(
    "You built neurons for the dark cases: the outputs are the opposite.",
    lambda table: two_layers_for(1 - np.asarray(table)),
)


# ------------------------------------------------------------------------- 2.11


def _few_neurons(answer, n):
    network = answer(n)
    outputs = _on_all_cases(network, n)
    if np.size(network[1]) > n:
        text = f"`b1` holds {np.size(network[1])}, and at most {n} hidden "
        raise Misfit(text + "neurons are allowed")
    return outputs


@exercise(
    "2.11",
    "Parity, with few neurons",
    cases=[1, 2, 3, 4, 5],
    use=_few_neurons,
    any_container=True,
    hints=[
        "Parity depends only on how many inputs are on. Exercise 2.3 makes "
        "neurons that know something about this number.",
        "Let hidden neuron j fire when at least j inputs are on, j = 1 ... "
        "n. If m inputs are on, exactly the first m of them fire.",
        "The last neuron must be lit for m = 1, dark for m = 2, lit for m = "
        "3. So each further neuron must undo what the one before it did.",
    ],
    text=r"""
        Hidden neuron $j$, for $j = 1, \dots, n$, fires when at least $j$
        inputs are on (exercise 2.3). If $m$ inputs are on, exactly the
        first $m$ hidden neurons fire. Give them the weights
        $+1, -1, +1, \dots$ in turn: the first $m$ of these add up to 1 if
        $m$ is odd and to 0 if it is even.

        For $n = 2$ the hidden neurons are OR and AND, and the last one
        computes "OR, but not AND". That is XOR once more.
        """,
    after="Exercise 2.10 would need 2 to the power n - 1 hidden neurons.",
)
def parity(n):
    """Return W1, b1, w2, b2 of a network with n hidden neurons for parity."""
    W1 = np.ones((n, n))
    b1 = 0.5 - np.arange(1, n + 1)  # at least 1, at least 2, ..., at least n
    w2 = (-1.0) ** np.arange(n)  # +1, -1, +1, ...
    return W1, b1, w2, -0.5


@parity.wrong(
    "Your last neuron only learns whether any input is on. Its weights must "
    "change their signs in turn."
)
def _(n):
    W1, b1, _, b2 = parity(n)
    return W1, b1, np.ones(n), b2


@parity.wrong("This is lit when the number is even. Parity asks for odd.")
def _(n):
    W1, b1, w2, b2 = parity(n)
    return W1, b1, -w2, -b2


@parity.wrong(
    "Your hidden neurons start counting at two. The first must fire for one "
    "input already."
)
def _(n):
    W1, b1, w2, b2 = parity(n)
    return W1, b1 - 1, w2, b2


@parity.wrong(
    "This is right, but it has a hidden neuron for each lit case. Only n are "
    "allowed."
)
def _(n):
    table = [sum(case) % 2 for case in itertools.product([0, 1], repeat=n)]
    return two_layers_for(table)
