"""Exercises of chapter 6c, Regularisation and search."""

import copy
import itertools

import numpy as np

from dlscratch import functions
from dlscratch.exercises import exercise
from dlscratch.exercises._trials import one_call

# ------------------------------------------------------------------------- 6c.1


def _step_cases():
    rng = np.random.default_rng(0)
    W, dW = rng.standard_normal((2, 3, 2))
    b, db = rng.standard_normal((2, 2))
    return [(W, b, dW, db, 0.1, 0.5), (W, b, dW, db, 1.0, 0.0)]


@exercise(
    "6c.1",
    "A step with decay",
    cases=_step_cases,
    any_container=True,
    hints=[
        "The gradient of `weight_decay / 2 * np.sum(W**2)` is `weight_decay "
        "* W`.",
        "Add it to `dW`, and then take the usual step.",
        "The biases take the usual step, and nothing else happens to them.",
    ],
    text=r"""
        The penalty's gradient is $\lambda W$, and it is part of the
        gradient, so the learning rate multiplies it, too. The biases have
        no penalty.
        """,
)
def decayed_step(W, b, dW, db, lr, weight_decay):
    """Return W and b after a step of SGD with the L2 penalty."""
    return W - lr * (dW + weight_decay * W), b - lr * db


@decayed_step.wrong(
    "You shrink the biases as well. The penalty is for the weights."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * (dW + weight_decay * W), b - lr * (db + weight_decay * b)


@decayed_step.wrong(
    "The penalty's gradient is part of the gradient: multiply it by the "
    "learning rate, too."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * dW - weight_decay * W, b - lr * db


@decayed_step.wrong(
    "Twice too strong. The ½ in the penalty cancels the 2 of the square."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * (dW + 2 * weight_decay * W), b - lr * db


@decayed_step.wrong(
    "Your weights grow. The penalty's gradient is added to `dW`."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * (dW - weight_decay * W), b - lr * db


@decayed_step.wrong(
    "Half as strong as it should be. The square's 2 cancels the ½."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * (dW + weight_decay / 2 * W), b - lr * db


@decayed_step.wrong(
    "You shrink the weights after the step. Shrink the old ones: the "
    "penalty's gradient is taken at `W`, before the step."
)
def _(W, b, dW, db, lr, weight_decay):
    return (1 - lr * weight_decay) * (W - lr * dW), b - lr * db


decayed_step.wrong(
    "That walks uphill: `W` and `b` move against their gradients.",
    lambda W, b, dW, db, lr, weight_decay: (
        W + lr * (dW + weight_decay * W),
        b + lr * db,
    ),
)

decayed_step.wrong(
    "This is a step without a penalty.",
    lambda W, b, dW, db, lr, weight_decay: (W - lr * dW, b - lr * db),
)


@decayed_step.wrong(
    "This is the subgradient of L1: it pulls every weight equally hard."
)
def _(W, b, dW, db, lr, weight_decay):
    return W - lr * (dW + weight_decay * np.sign(W)), b - lr * db


# ------------------------------------------------------------------------- 6c.2


@exercise(
    "6c.2",
    "A proximal step",
    cases=[
        (np.array([1.0, -0.4, 0.04, -0.3, 0.0]), np.zeros(5), 0.1, 0.5),
        (
            np.array([1.0, -0.4, 0.04, -0.3, 0.0]),
            np.array([2.0, 0.3, 1.0, -3.0, 0.2]),
            0.1,
            0.5,
        ),
        (
            np.array([[1.0, -0.2, 0.1], [-2.0, 0.5, 0.0]]),  # a matrix
            np.array([[0.5, -1.0, 1.0], [0.0, 4.0, -0.1]]),
            0.25,
            1.2,
        ),
        (np.array([0.1, -0.2, 0.3]), np.zeros(3), 0.5, 2.0),
    ],
    any_container=True,
    hints=[
        "Two steps: first the gradient step gives `a = w - lr * g`.",
        "Then every entry of `a` moves towards 0 by `lr * l1`, and stops at 0.",
        "`np.maximum(np.abs(a) - lr * l1, 0)` is how large it still is; what "
        "about its sign?",
    ],
    text=r"""
        First the gradient step, then the soft threshold with $\eta\lambda$.
        In the other order the last thing that happens to a zero would be a
        gradient step, and it would not stay zero.
        """,
)
def proximal_step(w, g, lr, l1):
    """Return w after a gradient step and the exact step of the L1 penalty."""
    a = w - lr * g
    return np.sign(a) * np.maximum(np.abs(a) - lr * l1, 0)


def _soft(a, size):
    return np.sign(a) * np.maximum(np.abs(a) - size, 0)


@proximal_step.wrong("The threshold is `lr * l1`, not `l1` alone.")
def _(w, g, lr, l1):
    return proximal_step(w, g, 1, l1) if lr == 1 else _soft(w - lr * g, l1)


@proximal_step.wrong(
    "You set small entries to 0 and leave large ones as they are. All move "
    "towards 0."
)
def _(w, g, lr, l1):
    a = w - lr * g
    return np.where(np.abs(a) > lr * l1, a, 0.0)


proximal_step.wrong(
    "This is a plain subgradient step. It hovers about 0.",
    lambda w, g, lr, l1: w - lr * (g + l1 * np.sign(w)),
)


@proximal_step.wrong("Small entries jump over 0. They must stop there.")
def _(w, g, lr, l1):
    a = w - lr * g
    return a - lr * l1 * np.sign(a)


@proximal_step.wrong("You lost the sign of the negative entries.")
def _sign_lost(w, g, lr, l1):
    return np.maximum(np.abs(w - lr * g) - lr * l1, 0)


proximal_step.wrong(
    "Take the sign after the gradient step, not that of `w`: the step may "
    "cross 0.",
    lambda w, g, lr, l1: np.sign(w) * _sign_lost(w, g, lr, l1),
)

proximal_step.wrong(
    "This shrinks by a factor, as for L2. L1 takes away a fixed amount.",
    lambda w, g, lr, l1: (w - lr * g) / (1 + lr * l1),
)

proximal_step.wrong(
    "First the gradient step, then the threshold: otherwise the last thing "
    "that happens to a zero is that it moves.",
    lambda w, g, lr, l1: _soft(w, lr * l1) - lr * g,
)

proximal_step.wrong(
    "Negative entries move towards 0 as well, from the other side.",
    lambda w, g, lr, l1: np.maximum(w - lr * g - lr * l1, 0),
)


# ------------------------------------------------------------------------- 6c.3


@exercise(
    "6c.3",
    "Weights from an old paper",
    cases=[
        (0.8, np.arange(6.0).reshape(2, 3) - 2),
        (0.3, np.array([[1.0], [-4.0]])),
    ],
    any_container=True,
    hints=[
        "The first number follows this book's convention: what share is "
        "dropped?",
        "At test time the paper's network computes `(kept * x) @ W`.",
        "Yours computes `x @ W_new` at test time. Which `W_new` gives the "
        "same?",
    ],
    text=r"""
        $p$ is the fraction dropped, $1-\text{kept}$. And
        $(\text{kept}\cdot x)W=x\,(\text{kept}\cdot W)$. In training both
        agree as well: the paper's $(m\odot x)W$ is
        $\frac{m\odot x}{\text{kept}}\,(\text{kept}\cdot W)$.
        """,
)
def from_old_paper(kept, W):
    """Return p and the weights for inverted dropout."""
    return 1 - kept, kept * W


from_old_paper.wrong(
    "In this book `p` is the fraction dropped, not the fraction kept.",
    lambda kept, W: (kept, kept * W),
)

from_old_paper.wrong(
    "The wrong way: at test time the paper multiplies by that fraction.",
    lambda kept, W: (1 - kept, W / kept),
)

from_old_paper.wrong(
    "You scaled by the fraction dropped.",
    lambda kept, W: (1 - kept, (1 - kept) * W),
)

from_old_paper.wrong(
    "With the same weights, your network would hear too much at test time.",
    lambda kept, W: (1 - kept, W),
)

from_old_paper.wrong(
    "Two things are missing: p is the fraction dropped here, and the weights "
    "must make up for the paper's factor.",
    lambda kept, W: (kept, W),
)


# ------------------------------------------------------------------------- 6c.4


LOSSES = np.array([2.0, 1.5, 1.1, 1.2, 1.0, 1.3, 1.2, 1.1, 0.9, 1.4])


@exercise(
    "6c.4",
    "When to stop",
    cases=[
        (LOSSES, 3),
        (LOSSES, 2),
        (LOSSES, 4),
        (np.array([3.0, 2.0, 1.0]), 2),
        (np.array([1.0, 1.0, 1.0, 0.5]), 2),
        (np.array([3.1e15, 2e15, 2.5e15, 1.9e15]), 1),
        (np.array([0.7]), 3),
    ],
    hints=[
        "Walk through the losses, and remember the best epoch so far.",
        "How many epochs since the best one? If as many as the patience, stop.",
        "An equal loss is no improvement. Epochs count from 1.",
    ],
    text="""
        Remember the best epoch so far; nothing that comes after the stop
        may have a say. The distance to the best epoch is the number of
        epochs without improvement.
        """,
)
def early_stop(losses, patience):
    """Return the last epoch run and the best epoch, both counted from 1."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch + 1, best + 1


@early_stop.wrong("Count the epochs from 1.")
def _(losses, patience):
    last, best = early_stop(losses, patience)
    return last - 1, best - 1


@early_stop.wrong("You stop at the first rise. Patience means to wait.")
def _(losses, patience):
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1]:
            return epoch + 1, epoch
    return len(losses), len(losses)


@early_stop.wrong(
    "The best epoch must be one that was run before the stop: you looked "
    "into the future."
)
def _(losses, patience):
    last, _ = early_stop(losses, patience)
    return last, int(np.argmin(losses)) + 1


early_stop.wrong(
    "Your training never stops early.",
    lambda losses, patience: (len(losses), int(np.argmin(losses)) + 1),
)

early_stop.wrong(
    "You stop one epoch too late.",
    lambda losses, patience: early_stop(losses, patience + 1),
)


@early_stop.wrong("An equal loss is not a new smallest one.")
def _(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss <= losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch + 1, best + 1


@early_stop.wrong(
    "Start counting again after each new smallest loss: the epochs must be "
    "in a row."
)
def _(losses, patience):
    best = waited = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch > 0:
            waited += 1
        if waited == patience:
            break
    return epoch + 1, best + 1


early_stop.wrong(
    "The last epoch comes first, then the best one.",
    lambda losses, patience: early_stop(losses, patience)[::-1],
)


@early_stop.wrong(
    "The weights of the best epoch are kept, not those of the last."
)
def _(losses, patience):
    last, _ = early_stop(losses, patience)
    return last, last


@early_stop.wrong(
    "You count rises in a row. Count the epochs since the best one: a loss "
    "may fall a little and still not be a new best."
)
def _(losses, patience):
    rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if rises >= patience:
            break
    return epoch + 1, int(np.argmin(losses[: epoch + 1])) + 1


# ------------------------------------------------------------------------- 6c.5


@exercise(
    "6c.5",
    "How much luck",
    cases=[(100, 360), (1000, 10_000), (1, 100), (2, 50)],
    hints=[
        "The bound stands at the end of the derivation.",
        "`np.log` is the natural logarithm.",
        "The square root is over the whole fraction.",
    ],
    text="""
        It is (6c.4). For $k=1000$ and $n=10{,}000$ the bound is 0.019. (It
        is a worst case, for accuracies near one half. Near 0.98 the
        accuracies vary less, and so does their maximum.) With a single
        setting, $k=1$, it is 0: who does not choose is not flattered.
        """,
    trial="""
        assert round(flattery(1000, 10_000), 3) == 0.019
        """,
)
def flattery(k, n):
    """Return a bound on how much the best of k settings flatters."""
    return np.sqrt(np.log(k) / (2 * n))


flattery.wrong(
    "The bound has the natural logarithm.",
    lambda k, n: np.sqrt(np.log10(k) / (2 * n)),
)

flattery.wrong(
    "You lost the 2 under the fraction bar.",
    lambda k, n: np.sqrt(np.log(k) / n),
)

flattery.wrong("You forgot the square root.", lambda k, n: np.log(k) / (2 * n))

flattery.wrong(
    "The root is over the whole fraction.",
    lambda k, n: np.sqrt(np.log(k)) / (2 * n),
)

flattery.wrong(
    "You multiplied by n. Put the `2 * n` in brackets.",
    lambda k, n: np.sqrt(np.log(k) / 2 * n),
)

flattery.wrong(
    "You forgot the logarithm of k.", lambda k, n: np.sqrt(k / (2 * n))
)

flattery.wrong(
    "You swapped the settings and the images.",
    lambda k, n: np.sqrt(np.log(n) / (2 * k)),
)


# ------------------------------------------------------------------------- 6c.6


def _one_call(draw):
    return one_call(draw, 0.1, 10.0, 5)


@exercise(
    "6c.6",
    "A random learning rate",
    cases=[
        (np.random.default_rng(0), 1e-4, 1.0, 6),
        (np.random.default_rng(1), 0.5, 2.0, 3),
    ],
    verify=_one_call,
    any_container=True,
    hints=[
        "Draw uniformly between the two logarithms, with `rng.uniform`.",
        "Then undo the logarithm.",
        "With natural logarithms `np.exp` undoes it, with `np.log10` it is "
        "`10**`.",
    ],
    text="""
        Uniform between the logarithms, and then the exponential. With
        `np.log10` and `10**` it is the same.
        """,
)
def draw_log_uniform(rng, low, high, n):
    """Return n log-uniform numbers from low to high."""
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


draw_log_uniform.wrong(
    "This is uniform on the plain scale: small orders of magnitude hardly "
    "ever come.",
    lambda rng, low, high, n: rng.uniform(low, high, n),
)

draw_log_uniform.wrong(
    "These are the logarithms. Undo them.",
    lambda rng, low, high, n: rng.uniform(np.log(low), np.log(high), n),
)

draw_log_uniform.wrong(
    "You took natural logarithms and undid them with 10.",
    lambda rng, low, high, n: 10 ** rng.uniform(np.log(low), np.log(high), n),
)


@draw_log_uniform.wrong(
    "You took logarithms to base 10 and undid them with `np.exp`."
)
def _(rng, low, high, n):
    return np.exp(rng.uniform(np.log10(low), np.log10(high), n))


draw_log_uniform.wrong(
    "Draw between the logarithms of the two ends.",
    lambda rng, low, high, n: np.exp(rng.uniform(low, high, n)),
)

draw_log_uniform.wrong(
    "These are even steps of a grid. Draw at random.",
    lambda rng, low, high, n: np.geomspace(low, high, n),
)

draw_log_uniform.wrong(
    "First the logarithms of the ends, then a draw, then the exponential.",
    lambda rng, low, high, n: np.log(rng.uniform(low, high, n)),
)


# ------------------------------------------------------------------------- 6c.7


def _new_array(shift):
    images = np.arange(1.0, 13).reshape(1, 3, 4)
    if np.shares_memory(shift(images, 0, 0), images):
        return (
            "With no shift at all you return the argument itself, or a view "
            "of it: who changes the result then changes both. Return a copy."
        )
    return None


@exercise(
    "6c.7",
    "Move an image",
    cases=[
        (np.arange(1.0, 13).reshape(1, 3, 4), 1, 0),
        (np.arange(1.0, 13).reshape(1, 3, 4), 0, -1),
        (np.arange(1.0, 25).reshape(2, 3, 4), -1, 2),
        (np.arange(1.0, 25).reshape(2, 3, 4), 0, 0),
        (np.arange(1.0, 41).reshape(2, 4, 5), 2, 3),
        (np.arange(1.0, 41).reshape(2, 4, 5), -3, -1),
        (np.arange(1.0, 41).reshape(2, 4, 5), 1, -2),
    ],
    verify=_new_array,
    any_container=True,
    hints=[
        "Begin with zeros of the same shape, and copy a part of the images in.",
        "Moved down by 1: `moved[:, 1:] = images[:, :-1]`. How is it for -1?",
        "A frame of zeros helps, too: `np.pad` by the largest shift, and cut "
        "out a window.",
    ],
    text=r"""
        With a frame of zeros around each image, every shift is a window of
        the framed images. Where does the window begin? Moved down by `down`
        means that row $i$ shows what was in row $i-\text{down}$.
        """,
)
def shift(images, down, right):
    """Return images (N, H, W) moved down and right, with zeros coming in."""
    _, height, width = images.shape
    frame = max(abs(down), abs(right))
    framed = np.pad(images, [(0, 0), (frame, frame), (frame, frame)])
    top, left = frame - down, frame - right
    return framed[:, top : top + height, left : left + width]


shift.wrong(
    "`np.roll` brings back on one side what left on the other. Zeros come in.",
    lambda images, down, right: np.roll(images, (down, right), axis=(1, 2)),
)

shift.wrong(
    "Your images move the other way.",
    lambda images, down, right: shift(images, -down, -right),
)

shift.wrong(
    "Your images move up where they should move down.",
    lambda images, down, right: shift(images, -down, right),
)

shift.wrong(
    "Your images move left where they should move right.",
    lambda images, down, right: shift(images, down, -right),
)

shift.wrong(
    "You swapped `down` and `right`.",
    lambda images, down, right: shift(images, right, down),
)

shift.wrong(
    "Your images move down, but not to the right.",
    lambda images, down, right: shift(images, down, 0),
)

shift.wrong(
    "Your images move to the right, but not down.",
    lambda images, down, right: shift(images, 0, right),
)


# ------------------------------------------------------------------------- 6c.8


WRITERS = np.array([3, 1, 1, 2, 3, 0, 2, 2, 0, 1])


@exercise(
    "6c.8",
    "Split by writer",
    cases=[
        (WRITERS, [1]),
        (WRITERS, [3, 0]),
        (np.array([120, 7, 7, 45, 120, 9, 60]), [45, 9, 120]),
    ],
    any_container=True,
    hints=[
        "For each example: is its writer one of those held out?",
        "`np.isin(writers, held)` answers this for all of them.",
        "`np.flatnonzero` turns a mask into indices.",
    ],
    text="""
        No writer is on both sides, so the validation data are as strange as
        new data will be.
        """,
)
def split_by_writer(writers, held):
    """Return the indices of the training and of the validation examples."""
    validation = np.isin(writers, held)
    return np.flatnonzero(~validation), np.flatnonzero(validation)


split_by_writer.wrong(
    "The training examples come first.",
    lambda writers, held: split_by_writer(writers, held)[::-1],
)


@split_by_writer.wrong("You held out the last examples, whoever wrote them.")
def _(writers, held):
    n = int(np.isin(writers, held).sum())
    return np.arange(len(writers) - n), np.arange(
        len(writers) - n, len(writers)
    )


@split_by_writer.wrong("You held out only the first of the writers in `held`.")
def _(writers, held):
    validation = writers == held[0]
    return np.flatnonzero(~validation), np.flatnonzero(validation)


@split_by_writer.wrong("These are masks. Return indices.")
def _(writers, held):
    validation = np.isin(writers, held)
    return ~validation, validation


@split_by_writer.wrong(
    "These are the writers of the examples. Return the indices."
)
def _(writers, held):
    validation = np.isin(writers, held)
    return writers[~validation], writers[validation]


@split_by_writer.wrong(
    "These indices go writer by writer. Return them in increasing order."
)
def _(writers, held):
    training, _ = split_by_writer(writers, held)
    return training, np.concatenate(
        [np.flatnonzero(writers == w) for w in held]
    )


@split_by_writer.wrong(
    "The validation examples are among the training examples as well."
)
def _(writers, held):
    return np.arange(len(writers)), np.flatnonzero(np.isin(writers, held))


# ------------------------------------------------------------------------- 6c.9


def _answer_cases():
    rng = np.random.default_rng(0)
    answers = [rng.random((4, 3, 5)), rng.random((3, 2, 4))]
    return [a / a.sum(axis=2, keepdims=True) for a in answers]


def _tiny_answers():
    yes, no = [1.0, 1e-200], [1e-200, 1.0]
    less = [1e-199, 1.0]
    # Two networks against two, and in the second row by a little less.
    return [np.array([[yes, yes], [yes, yes], [no, no], [no, less]])]


@exercise(
    "6c.9",
    "A geometric ensemble",
    cases=_answer_cases,
    overflow=_tiny_answers,
    any_container=True,
    hints=[
        "A geometric mean is the exponential of the mean of the logarithms.",
        "The mean is over the networks, axis 0. Then scale each row to sum "
        "one.",
        "So that nothing vanishes, subtract each row's largest logarithm "
        "before the exponential, as in softmax.",
    ],
    text="""
        The mean of the logarithms, and then a softmax. It is the proof of
        the claim about dropout, read as code: averaging logarithms of
        probabilities is averaging scores.
        """,
)
def geometric_mean(answers):
    """Return the scaled geometric mean of answers (M, N, K): (N, K)."""
    return functions.softmax(np.mean(np.log(answers), axis=0))


geometric_mean.wrong(
    "This is the arithmetic mean.", lambda answers: np.mean(answers, axis=0)
)

geometric_mean.wrong(
    "Your rows do not add up to one.",
    lambda answers: np.exp(np.mean(np.log(answers), axis=0)),
)

geometric_mean.wrong(
    "You averaged over the examples. Average over the networks.",
    lambda answers: geometric_mean(np.swapaxes(answers, 0, 1)),
)


@geometric_mean.wrong(
    "You multiplied, and forgot the root: take the mean of the logarithms, "
    "not their sum."
)
def _(answers):
    a = np.sum(np.log(answers), axis=0)
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@geometric_mean.wrong("Scale each row by itself.")
def _(answers):
    e = np.exp(np.mean(np.log(answers), axis=0))
    return e / e.sum()


@geometric_mean.wrong(
    "You scaled the columns. The sum of each row must be one."
)
def _(answers):
    e = np.exp(np.mean(np.log(answers), axis=0))
    return e / e.sum(axis=0)


geometric_mean.wrong(
    "These are logarithms. Undo them, and scale the rows.",
    lambda answers: np.mean(np.log(answers), axis=0),
)


# ------------------------------------------------------------------------ 6c.10


def _ridge_cases():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 3))
    return [
        (X, rng.standard_normal(20), 0.5),
        (X[:5], rng.standard_normal(5), 0.1),
    ]


def _more_weights(ridge):
    X, t = np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, -1.0]]), np.ones(2)
    w = np.asarray(ridge(X, t, 0.5))  # (4,), from two examples
    if not np.allclose(X.T @ (X @ w - t) / 2 + 0.5 * w, 0):
        return (
            "Right so far, but with more weights than examples, `X` of shape "
            "`(2, 4)`, the gradient at your `w` is not 0."
        )
    return None


@exercise(
    "6c.10",
    "Ridge regression",
    cases=_ridge_cases,
    verify=_more_weights,
    any_container=True,
    hints=[
        "The gradient is `X.T @ (X @ w - t) / N + strength * w`. Set it to "
        "zero.",
        "Collect what multiplies `w`: a matrix of shape (D, D).",
        "`np.linalg.solve` solves it. The penalty adds to the diagonal only.",
    ],
    text=r"""
        The gradient is $\frac1N X^\top(Xw-t)+\lambda w$. It vanishes if
        $\bigl(\frac1N X^\top X+\lambda I\bigr)w=\frac1N X^\top t$.

        For $\lambda>0$ the matrix is always invertible, since for all
        $v\ne0$

        $$
        v^\top\bigl(\tfrac1N X^\top X+\lambda I\bigr)v
        =\tfrac1N\lVert Xv\rVert^2+\lambda\lVert v\rVert^2>0 .
        $$

        This is how Hoerl and Kennard (1970) came to it, under the name
        *ridge regression*.
        """,
)
def ridge(X, t, strength):
    """Return the w of least mean (X w - t)²/2 plus the L2 penalty."""
    N, D = X.shape
    return np.linalg.solve(X.T @ X / N + strength * np.eye(D), X.T @ t / N)


@ridge.wrong("The loss is a mean: divide `X.T @ X` and `X.T @ t` by N.")
def _(X, t, strength):
    return np.linalg.solve(X.T @ X + strength * np.eye(X.shape[1]), X.T @ t)


ridge.wrong(
    "You divided `X.T @ X` by N, but not `X.T @ t`.",
    lambda X, t, strength: len(X) * ridge(X, t, strength),
)

ridge.wrong(
    "This is the solution without a penalty.",
    lambda X, t, strength: np.linalg.solve(X.T @ X, X.T @ t),
)


@ridge.wrong("The sign of the penalty is wrong.")
def _(X, t, strength):
    N, D = X.shape
    return np.linalg.solve(X.T @ X / N - strength * np.eye(D), X.T @ t / N)


@ridge.wrong(
    "You added the strength to every entry of the matrix. Only its diagonal "
    "gets it."
)
def _(X, t, strength):
    return np.linalg.solve(X.T @ X / len(X) + strength, X.T @ t / len(X))


ridge.wrong(
    "Half as strong as it should be. The ½ of the penalty cancels.",
    lambda X, t, strength: ridge(X, t, strength / 2),
)


# ----------------------------------------------------------------------- 6c.lab


def _run_dropout(cls, p, x, rng):
    other = np.random.default_rng(rng.integers(1000))
    layers = [cls(p, r) for r in (rng, copy.deepcopy(rng), other)]
    layer, dy = layers[0], np.linspace(1, 2, x.size).reshape(x.shape)
    whole = x.copy()
    passes = [layer.forward(x, training=True) == 0 for _ in range(3)]
    y = layer.forward(x, training=True)
    dx = layer.backward(dy.copy())
    share = np.mean(y == 0)
    factor = np.max(y / whole)
    tied = np.allclose(dx, dy * y / whole)
    at_test = layer.forward(x)
    dx_at_test = layer.backward(dy.copy())
    passes += [y == 0, layer.forward(x, training=True) == 0]
    same, another = (a.forward(x, training=True) == 0 for a in layers[1:])
    first = passes[0]
    return {
        "the output at test time": at_test,
        "the rounded share of zeros in training": float(np.round(share, 1)),
        "the factor of what is kept": float(factor),
        'the test "`backward` uses the mask of `forward`"': bool(tied),
        "`dx` at test time": dx_at_test,
        'the test "each row has its own holes"': bool(
            np.any(first != first[0])
        ),
        'the test "each column has its own holes"': bool(
            np.any(first != first[:, :1])
        ),
        'the test "no two rows have the same holes"': (
            len(np.unique(first, axis=0)) == len(first)
        ),
        'the test "new holes in each call"': all(
            np.any(a != b) for a, b in itertools.combinations(passes, 2)
        ),
        'the test "the same holes for the same `rng`"': bool(
            np.all(same == first)
        ),
        'the test "other holes for another `rng`"': bool(
            np.any(another != first)
        ),
    }


def _dropout_cases():
    x = np.linspace(1, 3, 10_000).reshape(100, 100)
    return [
        (0.2, x, np.random.default_rng(0)),
        (0.7, x, np.random.default_rng(1)),
    ]


@exercise(
    "6c.lab",
    "Find the bugs and repair them",
    cases=_dropout_cases,
    use=_run_dropout,
    hints=[
        "What does `training` say, and who listens to it?",
        "Count the zeros for `p = 0.2`. How many should there be?",
        "Keep where the draw is at least p, and divide by the fraction kept.",
    ],
    text="""
        She ignores `training`, so the layer drops at test time, too.

        And her $p$ is the fraction *kept*, as in the paper of 2014, while
        everybody who writes `Dropout(0.2)` in this book means a fifth
        dropped. She keeps a fifth and multiplies it by five. The mean is
        right for every $p$; at $p=0.5$ both meanings are even the same. The
        share of zeros tells them apart. It is a mistake between two people
        who are both right, which is why it is so common.
        """,
)
class RepairedDropout:
    """Dropout with p the fraction dropped, and nothing to do at test time."""

    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x, training=False):
        """Return x with holes in training, and x itself at test time."""
        if not training:
            self.mask = np.ones(x.shape)
            return x
        self.mask = (self.rng.random(x.shape) >= self.p) / (1 - self.p)
        return x * self.mask

    def backward(self, dy):
        """Return dx."""
        return dy * self.mask


@RepairedDropout.starts_with(
    "Both bugs are still there: it drops at test time, too, and p is the "
    "fraction kept."
)
class _Colleagues:
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x, training=False):
        self.mask = (self.rng.random(x.shape) < self.p) / self.p
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


@RepairedDropout.wrong(
    "Half way: p is right now, but the layer still drops at test time."
)
class _(RepairedDropout):
    def forward(self, x, training=False):
        return super().forward(x, training=True)


@RepairedDropout.wrong(
    "Half way: the test time is right now, but p is still the fraction kept."
)
class _(_Colleagues):
    def forward(self, x, training=False):
        y = super().forward(x)
        if not training:
            self.mask = np.ones(x.shape)
            y = x
        return y


@RepairedDropout.wrong("Divide what is kept by the fraction kept, not by p.")
class _(RepairedDropout):
    def forward(self, x, training=False):
        if not training:
            return super().forward(x)
        self.mask = (self.rng.random(x.shape) >= self.p) / self.p
        return x * self.mask


@RepairedDropout.wrong(
    "What is kept must be scaled up, or the next layer hears too little."
)
class _NoScale(RepairedDropout):
    def forward(self, x, training=False):
        if not training:
            return super().forward(x)
        self.mask = (self.rng.random(x.shape) >= self.p).astype(float)
        return x * self.mask


@RepairedDropout.wrong(
    "You scale at test time, the original way. Here, scale in training."
)
class _(_NoScale):
    def forward(self, x, training=False):
        if training:
            return super().forward(x, training)
        self.mask = np.full(x.shape, 1 - self.p)
        return x * self.mask


@RepairedDropout.wrong(
    "After a forward pass at test time, `backward` still uses the mask of "
    "the last training pass."
)
class _(RepairedDropout):
    def forward(self, x, training=False):
        if not training:
            return x
        return super().forward(x, training)


@RepairedDropout.wrong(
    "A forward pass at test time must leave a mask of ones for backward: you "
    "draw one with holes and do not use it."
)
class _(RepairedDropout):
    def forward(self, x, training=False):
        y = super().forward(x, training=True)
        return y if training else x


@RepairedDropout.wrong(
    "The wrong way round: you drop at test time and not in training."
)
class _(RepairedDropout):
    def forward(self, x, training=False):
        return super().forward(x, not training)


@RepairedDropout.wrong(
    "You keep where the draw is below p. That is the fraction p, and it "
    "should be dropped."
)
class _(RepairedDropout):
    def forward(self, x, training=False):
        if not training:
            return super().forward(x)
        self.mask = (self.rng.random(x.shape) < self.p) / (1 - self.p)
        return x * self.mask


@RepairedDropout.wrong("Backward must use the mask of the forward pass.")
class _(RepairedDropout):
    def backward(self, dy):
        return dy


class _Drawn(RepairedDropout):
    def forward(self, x, training=False):
        if not training:
            return super().forward(x)
        self.mask = (self.draws(x) >= self.p) / (1 - self.p)
        return x * self.mask


@RepairedDropout.wrong(
    "All rows of the batch have the same holes: draw one number for each entry "
    "of `x`."
)
class _(_Drawn):
    def draws(self, x):
        return self.rng.random(x.shape[1:]) + np.zeros(x.shape)


@RepairedDropout.wrong(
    "You drop whole rows, so whole examples: draw one number for each entry of "
    "`x`."
)
class _(_Drawn):
    def draws(self, x):
        return self.rng.random((len(x), 1)) + np.zeros(x.shape)


@RepairedDropout.wrong(
    "Every call makes the same holes, so some outputs never learn: draw again "
    "in each training pass."
)
class _(_Drawn):
    drawn = None

    def draws(self, x):
        if self.drawn is None:
            self.drawn = self.rng.random(x.shape)
        return self.drawn


@RepairedDropout.wrong(
    "The holes do not come from `self.rng`, so whoever makes the layer cannot "
    "choose them: do not make a generator of your own."
)
class _(RepairedDropout):
    def __init__(self, p, rng):
        super().__init__(p, np.random.default_rng(0))


@RepairedDropout.wrong(
    "The holes come from a generator of your own, and not from `self.rng`: "
    "whoever makes the layer cannot choose them."
)
class _(_Drawn):
    def draws(self, x):
        return np.random.default_rng(1).random(x.shape)


@RepairedDropout.wrong(
    "Nothing is drawn: with the same holes in every call, the layer drops no "
    "random outputs. Use `self.rng`."
)
class _(_Drawn):
    def draws(self, x):
        return np.linspace(0, 1, x.size).reshape(x.shape)
