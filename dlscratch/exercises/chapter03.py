"""Exercises of chapter 3, Neural networks."""

from itertools import pairwise

import numpy as np

from dlscratch.exercises import exercise
from dlscratch.exercises._kit import Misfit


def _layer(n_in, n_out):
    """Return weights and biases with one decimal, positive and negative."""
    W = np.sin(np.arange(n_in * n_out)).reshape(n_in, n_out)
    return np.round(2 * W, 1), np.round(np.cos(np.arange(n_out)) + 0.5, 1)


_TOWER = [_layer(*sizes) for sizes in pairwise([2, 4, 3, 5, 2, 3])]


# -------------------------------------------------------------------------- 3.1


@exercise(
    "3.1",
    "Back from a probability",
    cases=[0.5, 0.9, 0.1],
    batch=[
        np.array([0.01, 0.25, 0.5, 0.99]),
        np.array([[0.2, 0.6, 0.5], [0.7, 0.95, 0.02]]),
    ],
    hints=[
        "Start from `p = 1 / (1 + exp(-a))` and undo one operation after the "
        "other.",
        "The text began with the log-odds and solved for p. Read it backwards.",
        "The odds are `p / (1 - p)`. What must you still do to get `a`? For "
        "arrays, use NumPy's function, not the one of `math`.",
    ],
    text=r"""
        The first line of the derivation of the sigmoid is already the
        answer: $a = \log\frac{p}{1-p}$. For $p=0.5$ the odds are 1 and
        $a=0$.
        """,
    after="The way back from a probability to its logit.",
)
def logit(p):
    """Return the number a with sigmoid(a) = p."""
    return np.log(p / (1 - p))


logit.wrong(
    "Your odds are upside down: it is p over 1 - p.",
    lambda p: np.log((1 - p) / p),
)

logit.wrong(
    "`p / 1 - p` is p over 1, and then minus p: put `1 - p` in parentheses.",
    lambda p: np.log(p / 1 - p),
)

logit.wrong(
    "You divided two logarithms. The logarithm of a quotient is their "
    "difference.",
    lambda p: np.log(p) / np.log(1 - p),
)

logit.wrong(
    "You took the logarithm of p, not of the odds.", lambda p: np.log(p)
)

logit.wrong(
    "You need the natural logarithm, `np.log`.", lambda p: np.log10(p / (1 - p))
)

logit.wrong(
    "These are the odds. The logarithm is missing.", lambda p: p / (1 - p)
)

logit.wrong(
    "This is the sigmoid itself, not the way back.",
    lambda p: 1 / (1 + np.exp(-p)),
)


# -------------------------------------------------------------------------- 3.2


@exercise(
    "3.2",
    "A leaky ReLU",
    cases=[
        np.array([-2.0, 0.0, 3.0]),
        (np.array([-1.0, 4.0]), 0.2),
        np.array([[-5.0, 1.0, 0.0], [2.0, -0.5, 3.0]]),
        (np.array([[[-5.0, 1.0, -2.0]], [[2.0, -0.5, 3.0]]]), 0.5),
    ],
    hints=[
        "Each number of the array needs its own decision, so a plain `if` "
        "will not do.",
        "`np.where(condition, A, B)` takes from A where the condition holds "
        "and from B elsewhere, and makes a new array.",
        "The condition is `a > 0`, A is `a`. Which array is B?",
    ],
    text=r"""
        `np.where` decides number by number and makes a new array. With
        $0 \le c \le 1$, `np.maximum(a, c * a)` does the same, but for $c>1$
        it would pick the wrong branch.
        """,
)
def leaky_relu(a, c=0.01):
    """Return a where a is positive, and c times a elsewhere."""
    a = np.asarray(a)
    return np.where(a > 0, a, c * a)


leaky_relu.wrong(
    "This is the plain ReLU: negative numbers must leak.",
    lambda a, c=0.01: np.maximum(0, a),
)

leaky_relu.wrong(
    "0.01 is only the default: use the caller's c.",
    lambda a, c=0.01: np.where(a > 0, a, 0.01 * a),
)

leaky_relu.wrong(
    "You return c itself; the leak is c times a.",
    lambda a, c=0.01: np.where(a > 0, a, c),
)

leaky_relu.wrong(
    "The leak has the wrong sign: it is c times a, below 0.",
    lambda a, c=0.01: np.where(a > 0, a, -c * a),
)

leaky_relu.wrong(
    "`if` needs one truth value, but `a > 0` is an array of them: let "
    "`np.where` decide for each number.",
    lambda a, c=0.01: a if a > 0 else c * a,
)


# -------------------------------------------------------------------------- 3.3


@exercise(
    "3.3",
    "How many numbers?",
    cases=[[2, 3, 2, 2], [64, 50, 20, 10], [5, 1], [8, 8, 8, 8, 1]],
    hints=[
        "Do one layer first: from 2 inputs to 3 neurons. How many weights? "
        "How many biases?",
        "A layer from n to m has a weight matrix of shape (n, m), and one "
        "bias for each of its m neurons.",
        "Let i run from 1 to the end. Layer i goes from `sizes[i - 1]` to "
        "`sizes[i]`: add up its weights and its biases.",
    ],
    text=r"""
        Each layer from $n$ to $m$ neurons has $n\cdot m$ weights and $m$
        biases. Layer $i$ stands between `sizes[i - 1]` and `sizes[i]`.
        """,
)
def count_parameters(sizes):
    """Count the weights and biases of a network with these widths."""
    total = 0
    for i in range(1, len(sizes)):
        n_in, n_out = sizes[i - 1], sizes[i]
        total += n_in * n_out + n_out
    return total


@count_parameters.wrong("You counted the weights, but not the biases.")
def _weights_only(sizes):
    return count_parameters(sizes) - sum(sizes[1:])


count_parameters.wrong(
    "This is the first layer alone: a `return` inside the loop ends it there.",
    lambda sizes: (sizes[0] + 1) * sizes[1],
)

count_parameters.wrong(
    "This is the last layer alone. Set the total to 0 once, before the loop, "
    "and add to it.",
    lambda sizes: (sizes[-2] + 1) * sizes[-1],
)

count_parameters.wrong(
    "You counted one bias for each layer. Each neuron has its own.",
    lambda sizes: _weights_only(sizes) + len(sizes) - 1,
)

count_parameters.wrong(
    "The inputs have no bias: they are not neurons.",
    lambda sizes: _weights_only(sizes) + sum(sizes),
)

count_parameters.wrong(
    "A bias belongs to each neuron of a layer, not to each of its inputs.",
    lambda sizes: _weights_only(sizes) + sum(sizes[:-1]),
)


# -------------------------------------------------------------------------- 3.4


@exercise(
    "3.4",
    "The constant input",
    cases=[np.array([1.0, 0.5]), np.array([4.0])],
    batch=[
        np.array([[1.0, 0.5], [0.0, 2.0], [-1.0, 3.0]]),
        np.array([[4.0, 5.0, 6.0, 7.0]]),
    ],
    hints=[
        "For a batch you need a column of ones beside the others.",
        "`np.concatenate([x, ones], axis=-1)` joins along the last axis. "
        "Which shape must `ones` have for a batch of shape (N, D)? And for "
        "one example?",
        "In both cases: the shape of `x` without its last entry, "
        "`x.shape[:-1]`, and then a 1.",
    ],
    text="""
        The ones need the shape of `x`, except that the last axis has length
        1: `x.shape[:-1] + (1,)`. For one example that is `(1,)`, for a
        batch `(N, 1)`. Then join along the last axis.
        """,
)
def with_constant(x):
    """Append an input that is always 1 to each example."""
    ones = np.ones((*x.shape[:-1], 1))
    return np.concatenate([x, ones], axis=-1)


with_constant.wrong(
    "The constant stands first; it should be last.",
    lambda x: np.concatenate([np.ones((*x.shape[:-1], 1)), x], axis=-1),
)

with_constant.wrong(
    "You added a row: a new example, not a new input.",
    lambda x: np.concatenate([x, np.ones((1, *x.shape[1:]))], axis=0),
)

with_constant.wrong(
    "Without an axis, `np.append` flattens the batch and adds a single 1.",
    lambda x: np.append(x, 1.0),
)

with_constant.wrong(
    "You added 1 to the inputs instead of one more input.", lambda x: x + 1.0
)


# -------------------------------------------------------------------------- 3.5


@exercise(
    "3.5",
    "Collapse a tower",
    cases=[_TOWER[:2], _TOWER, _TOWER[1:4], _TOWER[4:]],
    hints=[
        "Two layers first. Multiply out (x W1 + b1) W2 + b2 and collect what "
        "stands after x.",
        "For more layers: keep one pair `(W, b)` that stands for all layers "
        "so far, and absorb the next one.",
        "The new weights are `W @ W_next`. The old bias passes through the "
        "next layer's weights, too, before that layer's own bias is added.",
    ],
    text="""
        Start with the first layer and absorb the others one by one, with
        the formula of the section "Why the bend matters": the new weights
        are `W @ W_next`, the new bias is `b @ W_next + b_next`.
        """,
)
def collapse(layers):
    """Return one (W, b) that does the work of all layers."""
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, b @ W_next + b_next
    return W, b


@collapse.wrong(
    "You added the biases. The first one has to pass through the second "
    "layer's weights."
)
def _(layers):
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, b + b_next
    return W, b


collapse.wrong(
    "Only the last bias is left. The others matter, too.",
    lambda layers: collapse([(W, 0 * b) for W, b in layers[:-1]] + layers[-1:]),
)


@collapse.wrong(
    "The order is turned round: with rows, `x @ W1 @ W2`, the first layer "
    "stands on the left."
)
def _(layers):
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ b + b_next
    return W, b


# -------------------------------------------------------------------------- 3.6


_X = np.array([[1.0, 0.0], [0.2, 0.9], [-1.0, 2.0], [0.5, -0.5], [3.0, 1.0]])


@exercise(
    "3.6",
    "A classifier of any depth",
    cases=[(_X[0], _TOWER), (_X[2], _TOWER[4:]), (_X[3], _TOWER[:2])],
    batch=[(_X, _TOWER), (_X, _TOWER[:3]), (_X[1:2], _TOWER)],
    hints=[
        "Every layer does `x @ W + b`. What is different about the last one?",
        "`layers[:-1]` is the list without its last entry, `layers[-1]` is "
        "the last.",
        "In the loop over `layers[:-1]`, replace x by the ReLU of `x @ W + "
        "b`. After the loop, do the last layer without ReLU.",
    ],
    text="""
        The loop runs over all layers but the last. A ReLU after the last
        layer would cut off all negative scores, and classes would tie at 0.
        """,
)
def scores(x, layers):
    """Return the scores of a network with ReLU between its layers."""
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W + b)
    W, b = layers[-1]
    return x @ W + b


scores.wrong(
    "The last layer has a ReLU. It cuts off the negative scores.",
    lambda x, layers: np.maximum(0, scores(x, layers)),
)


@scores.wrong(
    "There is no ReLU between the layers: this network collapses into one "
    "layer."
)
def _(x, layers):
    for W, b in layers:
        x = x @ W + b
    return x


scores.wrong(
    "The biases are missing.",
    lambda x, layers: scores(x, [(W, 0 * b) for W, b in layers]),
)


@scores.wrong(
    "The inputs went through a ReLU, too. It belongs *between* the layers."
)
def _(x, layers):
    for W, b in layers:
        x = np.maximum(0, x) @ W + b
    return x


@scores.wrong("The bias belongs inside the ReLU.")
def _(x, layers):
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W) + b
    W, b = layers[-1]
    return x @ W + b


# -------------------------------------------------------------------------- 3.7


@exercise(
    "3.7",
    "Softmax with a temperature",
    cases=[
        (np.array([0.3, 2.9, 4.0]), 1.0),
        (np.array([0.3, 2.9, 4.0]), 0.5),
        (np.array([0.3, 2.9, 4.0]), 10.0),
    ],
    batch=[
        (
            np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 1.0], [0.0, 0.0, 9.0]]),
            2.0,
        ),
        (np.array([[1.0, 2.0], [5.0, 3.0]]), 0.5),
        (np.array([[2.0, 1.0, 3.0]]), 0.5),
        (np.array([[0.0, 1.0], [1000.0, 1001.0]]), 1.0),
    ],
    overflow=[
        (np.array([1010.0, 1000.0, 990.0]), 5.0),
        (np.array([1.0, 2.0, 3.0]), 0.001),
        (np.array([3.0, 2.0, 1.0]), 0.001),
        (np.array([0.0, 0.0, 20000.0]), 1.0),
        (np.array([-2000.0, -2001.0]), 1.0),
        (np.array([0.0, 2000.0]), 1000.0),
    ],
    hints=[
        "The temperature acts on the scores. What happens afterwards is the "
        "softmax of the text.",
        "Use `axis=-1` and `keepdims=True` for the maximum and for the sum, "
        "so that each row is on its own.",
        "First divide the scores by T. Then subtract each row's maximum, "
        "take `exp`, and divide by each row's sum.",
    ],
    text="""
        Divide first, then subtract the maximum of each row. The other order
        works too, if you divide the difference. What must not happen is
        dividing the *probabilities*.
        """,
)
def softmax_at(a, T):
    """Return the softmax of each row of a at temperature T."""
    a = a / T
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


softmax_at.wrong(
    "You multiplied by T; the scores are divided by it.",
    lambda a, T: softmax_at(a, 1 / T),
)

softmax_at.wrong(
    "You divided the probabilities. Then they add up to 1/T instead of 1.",
    lambda a, T: softmax_at(a, 1.0) / T,
)


@softmax_at.wrong(
    "Maximum and sum run over the whole batch; each row needs its own."
)
def _(a, T):
    e = np.exp((a - a.max()) / T)
    return e / e.sum()


@softmax_at.wrong(
    "The sum runs over the whole batch; each row needs its own. And subtract "
    "each row's maximum before `exp`."
)
def _(a, T):
    e = np.exp(a / T)
    return e / e.sum()


@softmax_at.wrong(
    "The sums have the wrong shape: `keepdims=True` keeps them in a column, "
    "so that each row is divided by its own."
)
def _(a, T):
    e = np.exp((a - a.max(axis=-1, keepdims=True)) / T)
    return e / e.sum(axis=-1)


@softmax_at.wrong(
    "T has no effect on your answer. If you divided the exponentials by it, it "
    "cancels: divide the scores."
)
def _(a, T):
    e = np.exp(a - a.max(axis=-1, keepdims=True)) / T
    return e / e.sum(axis=-1, keepdims=True)


@softmax_at.wrong("Your softmax runs down the columns: use `axis=-1`.")
def _(a, T):
    e = np.exp((a - a.max(axis=0)) / T)
    return e / e.sum(axis=0)


@softmax_at.wrong(
    "The maximum runs over the whole batch. Beside a row with large scores, a "
    "row with small ones becomes 0/0."
)
def _(a, T):
    e = np.exp((a - a.max()) / T)
    return e / e.sum(axis=-1, keepdims=True)


@softmax_at.wrong(
    "Subtract each row's *largest* score: with the mean or the smallest one, "
    "a large score overflows."
)
def _(a, T):
    e = np.exp((a - a.mean(axis=-1, keepdims=True)) / T)
    return e / e.sum(axis=-1, keepdims=True)


@softmax_at.wrong(
    "You subtract the maximum of the scores from scores that are divided by T "
    "already. Divide first, and take the maximum of what comes out."
)
def _(a, T):
    e = np.exp(a / T - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax_at.wrong("Subtract each row's maximum before `exp`.")
def _(a, T):
    e = np.exp(a / T)
    return e / e.sum(axis=-1, keepdims=True)


# -------------------------------------------------------------------------- 3.8


_MIX = np.array([[2.0, 0.0, -1.0, 1.0], [0.0, 1.0, 3.0, -2.0]])  # (2, 4)


def _watch_batches(answer, x, t, batch_size):
    def predict(batch):
        shape = np.shape(batch)
        if len(shape) != 2:
            text = f"predict: expected a batch of shape (n, 2), got {shape}"
            raise ValueError(text)
        if len(batch) > batch_size:
            text = f"predict: got {len(batch)} rows, batch_size is {batch_size}"
            raise ValueError(text)
        return np.asarray(batch) @ _MIX - 3.0  # (n, 4)

    return answer(predict, x, t, batch_size)


_IMAGES = np.round(np.sin(np.arange(22.0) ** 2), 1).reshape(11, 2)

_LABELS = (_IMAGES @ _MIX).argmax(axis=1)

_LABELS[[1, 4, 8, 9]] = [2, 0, 1, 3]


@exercise(
    "3.8",
    "No image left behind",
    cases=[
        (_IMAGES, _LABELS, 5),
        (_IMAGES, _LABELS, 4),
        (_IMAGES[:5], _LABELS[:5], 100),
        (_IMAGES, _LABELS, 1),
    ],
    use=_watch_batches,
    hints=[
        "The text has almost the same loop, in `predict_scores`.",
        "`range(0, len(x), batch_size)` gives the first row of each batch, "
        "the last, short one included. Slice `x` and `t` in the same way.",
        "Count the right answers over all batches. Divide once, at the end, "
        "by `len(x)`.",
    ],
    text="""
        Count the right answers and divide once, at the end, by the number
        of images. Averaging the accuracies of the batches looks tempting,
        but the last batch is smaller and would count too much. A loop over
        `len(x) // batch_size` full batches drops the rest: with 50 images
        and batches of 100 it sees none at all.
        """,
)
def accuracy_in_batches(predict, x, t, batch_size):
    """Return the fraction of right answers, predicted batch by batch."""
    right = 0
    for start in range(0, len(x), batch_size):
        stop = start + batch_size
        answers = predict(x[start:stop]).argmax(axis=1)
        right += np.sum(answers == t[start:stop])
    return right / len(x)


@accuracy_in_batches.wrong(
    "You drop the last, incomplete batch: with 5 images and batches of 100 "
    "there is none left."
)
def _(predict, x, t, batch_size):
    right = 0
    for i in range(len(x) // batch_size):
        rows = slice(i * batch_size, (i + 1) * batch_size)
        right += np.sum(predict(x[rows]).argmax(axis=1) == t[rows])
    return right / len(x)


@accuracy_in_batches.wrong(
    "You average over batches. The last one is smaller, so its images count "
    "too much."
)
def _(predict, x, t, batch_size):
    parts = []
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        parts.append(np.mean(predict(x[rows]).argmax(axis=1) == t[rows]))
    return np.mean(parts)


accuracy_in_batches.wrong(
    "You predict everything at once: use `batch_size`.",
    lambda predict, x, t, batch_size: np.mean(predict(x).argmax(axis=1) == t),
)


@accuracy_in_batches.wrong(
    "A slice ends at its second number: after the first batch, "
    "`x[start:batch_size]` is empty. It is `x[start : start + batch_size]`."
)
def _(predict, x, t, batch_size):
    right = 0
    for start in range(0, len(x), batch_size):
        rows = slice(start, batch_size)
        right += np.sum(predict(x[rows]).argmax(axis=1) == t[rows])
    return right / len(x)


@accuracy_in_batches.wrong(
    "`argmax` without an axis gives one place in the whole batch. You want "
    "one answer for each row."
)
def _(predict, x, t, batch_size):
    right = 0
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        right += np.sum(predict(x[rows]).argmax() == t[rows])
    return right / len(x)


@accuracy_in_batches.wrong("This is the number of right answers: divide it.")
def _(predict, x, t, batch_size):
    return len(x) * accuracy_in_batches(predict, x, t, batch_size)


# -------------------------------------------------------------------------- 3.9


@exercise(
    "3.9",
    "A neuron from two clouds",
    cases=[
        (
            np.array([0.0, 0.0]),
            np.array([2.0, 1.0]),
            np.array([[1.0, 0.3], [0.3, 0.5]]),
            0.3,
        ),
        (np.array([1.0]), np.array([4.0]), np.array([[2.0]]), 0.5),
        (
            np.array([1.0, -1.0, 0.5]),
            np.array([0.0, 2.0, 1.0]),
            np.diag([1.0, 4.0, 0.25]),
            0.8,
        ),
    ],
    hints=[
        'The formulas for `w` and `b` stand in the aside "Clouds in many '
        'dimensions". The other class has the prior `1 - prior1`.',
        "`np.linalg.inv(cov) @ d`, or better `np.linalg.solve(cov, d)`, is "
        "the inverse times `d`. With `d = mean1 - mean0` this is `w`.",
        "`b` has three parts: minus half the quadratic term of `mean1`, plus "
        "half that of `mean0`, plus the logarithm of the ratio of the "
        "priors.",
    ],
    text=r"""
        These are the formulas of the aside "Clouds in many dimensions",
        with $\pi_0 = 1-\pi_1$. `np.linalg.solve(cov, d)` computes
        $\Sigma^{-1}\mathbf{d}$ without the inverse. The difference of the
        two quadratic terms can be written with the midpoint:
        $b = -\tfrac12(\mu_0+\mu_1)\,\mathbf{w}+\log\frac{\pi_1}{\pi_0}$.
        With equal priors the boundary passes through the middle between the
        centres.
        """,
)
def neuron_from_clouds(mean0, mean1, cov, prior1):
    """Return w and b of the sigmoid neuron for the posterior of class 1."""
    w = np.linalg.solve(cov, mean1 - mean0)
    b = -0.5 * (mean0 + mean1) @ w + np.log(prior1 / (1 - prior1))
    return w, b


@neuron_from_clouds.wrong("This is the posterior of class 0: swap the two.")
def _(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return -w, -b


@neuron_from_clouds.wrong("The priors are missing in b.")
def _(mean0, mean1, cov, prior1):
    return neuron_from_clouds(mean0, mean1, cov, 0.5)


@neuron_from_clouds.wrong(
    "`b` needs the log of the *ratio* `prior1 / (1 - prior1)`."
)
def _(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, 0.5)
    return w, b + np.log(prior1)


@neuron_from_clouds.wrong("The ratio of the priors is upside down.")
def _(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, 0.5)
    return w, b - np.log(prior1 / (1 - prior1))


@neuron_from_clouds.wrong(
    "The quadratic terms in `b` have the wrong signs: the one of `mean1` is "
    "subtracted."
)
def _(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return w, b + (mean0 + mean1) @ w


@neuron_from_clouds.wrong("You used the covariance, but not its inverse.")
def _(mean0, mean1, cov, prior1):
    return neuron_from_clouds(mean0, mean1, np.linalg.inv(cov), prior1)


@neuron_from_clouds.wrong("The factor one half in b is missing.")
def _(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return w, b - 0.5 * (mean0 + mean1) @ w


# ------------------------------------------------------------------------- 3.10


def _run_network(answer, x, y, at):
    W1, b1, W2, b2 = answer(x, y)
    n = len(x)
    wanted = {"W1": (1, n), "b1": (n,), "W2": (n, 1), "b2": (1,)}
    for (name, shape), part in zip(
        wanted.items(), (W1, b1, W2, b2), strict=True
    ):
        if np.shape(part) != shape:
            text = f"`{name}` has shape `{np.shape(part)}`, not `{shape}`"
            raise Misfit(text)
    output = np.maximum(0, at[:, None] @ W1 + b1) @ W2 + b2
    return {"the network output": output[:, 0]}


@exercise(
    "3.10",
    "A network through any points",
    cases=[
        (
            np.array([0.0, 1.0, 3.0]),
            np.array([1.0, 3.0, -1.0]),
            np.array([-2.0, 0.0, 0.5, 1.0, 2.0, 3.0, 10.0]),
        ),
        (
            np.array([-2.0, -1.5, 0.0, 4.0]),
            np.array([0.5, 0.5, -2.0, 1.0]),
            np.array([-5.0, -2.0, -1.75, -1.0, 0.0, 2.0, 4.0, 6.0]),
        ),
        (
            np.array([1.0, 3.0]),
            np.array([2.0, -1.0]),
            np.array([0.0, 1.0, 2.5, 3.0, 5.0]),
        ),
    ],
    use=_run_network,
    any_container=True,
    hints=[
        "Start from `relu_interpolant` in the text. Which slope does the "
        "line have before the first point, and after the last one?",
        "The slopes from left to right are 0, s_0, s_1, …, 0. There is one "
        "change of slope at each point.",
        "`np.diff(slopes, prepend=0.0, append=0.0)` gives all the changes. "
        "The biases of the hidden layer are `-x`, the output starts at "
        "`y[0]`.",
    ],
    text=r"""
        Give the line slope 0 before the first and after the last point: the
        list of slopes is $0, s_0, \dots, s_{n-2}, 0$. Each point gets a
        ReLU, and its output weight is the change of slope there, from 0 at
        the start to 0 at the end.
        """,
)
def fit_points(x, y):
    """Return W1, b1, W2, b2 of a ReLU network that joins the points."""
    slopes = np.diff(y) / np.diff(x)
    changes = np.diff(slopes, prepend=0.0, append=0.0)  # one for each point
    return np.ones((1, len(x))), -x, changes[:, None], y[:1]


@fit_points.wrong(
    "The last ReLU is missing, which would stop the slope at the last point."
)
def _(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1[:, :-1], b1[:-1], W2[:-1], b2


@fit_points.wrong("To the right of the last point the slope must become 0.")
def _(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    W2[-1] = 0
    return W1, b1, W2, b2


@fit_points.wrong("The kink of `relu(x + b)` is at `x = -b`: check a sign.")
def _(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1, -b1, W2, b2


@fit_points.wrong(
    "You used the slopes as output weights. They add up: use the changes."
)
def _(x, y):
    W1, b1, _, b2 = fit_points(x, y)
    slopes = np.append(np.diff(y) / np.diff(x), 0.0)
    return W1, b1, slopes[:, None], b2


@fit_points.wrong("Left of all points the output must be `y[0]`.")
def _(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1, b1, W2, 0 * b2


@fit_points.wrong("The distances differ: each piece has its own width.")
def _(x, y):
    slopes = np.diff(y) / (x[1] - x[0])
    changes = np.diff(slopes, prepend=0.0, append=0.0)
    return np.ones((1, len(x))), -x, changes[:, None], y[:1]


# ------------------------------------------------------------------------ 3.lab


@exercise(
    "3.lab",
    "Find the bug and repair it",
    cases=[np.array([0.3, 2.9, 4.0]), np.array([-1.0, 0.0])],
    batch=[
        np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 0.0]]),
        np.array([[2.0, 1.0, 3.0]]),
        np.array([[0.0, 1.0], [1000.0, 1001.0]]),
    ],
    overflow=[
        np.array([1010.0, 1000.0, 990.0]),
        np.array([0.0, 2000.0]),
        np.array([2000.0, 0.0, 0.0]),
        np.array([0.0, 0.0, 20000.0]),
        np.array([-2000.0, -2001.0]),
    ],
    hints=[
        "Compare what the function does for one image with what it does for "
        "many. What should every row of the result add up to?",
        "For each call of a method such as `sum`, ask: over which numbers "
        "does it run? There are two such calls.",
        "`axis=-1, keepdims=True` makes a method run along each row and "
        "keeps the shape ready for broadcasting. Both calls need it.",
    ],
    text="""
        Both `a.max()` and `e.sum()` run over the *whole array*. For one
        image that is right. In a batch, all 360 images then share a single
        100 %.

        The order within each row stays the same, so the accuracy cannot see
        it. Accuracy is a poor detective. The sum of each row is a good one.

        The shared maximum is more hidden. By shift invariance any shift is
        fine *on paper*. But if another image has far larger scores, all
        exponentials of this row round to 0, and the row becomes 0/0.
        """,
)
def repaired_softmax(a):
    """Return the softmax of one row of scores, or of each row of a batch."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))  # each row its own maximum
    return e / e.sum(axis=-1, keepdims=True)  # each row its own sum


@repaired_softmax.starts_with(
    "This is still the colleague's function. It treats a batch as one long "
    "row: look for what runs over all the images at once."
)
def _the_colleagues(a):
    e = np.exp(a - a.max())
    return e / e.sum()


@repaired_softmax.wrong(
    "Half way: the maximum still runs over the whole batch. Beside a row "
    "with large scores, a row with small ones becomes 0/0."
)
def _(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1, keepdims=True)


@repaired_softmax.wrong(
    "Half way: the sum still runs over the whole batch, so the rows do not "
    "add up to 1."
)
def _(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum()


@repaired_softmax.wrong(
    "`axis=0` runs down the columns, over the images. You want each row."
)
def _(a):
    e = np.exp(a - a.max(axis=0))
    return e / e.sum(axis=0)


@repaired_softmax.wrong(
    "Each row must be shifted by its *largest* score: with the mean or the "
    "smallest one, a large score overflows."
)
def _(a):
    e = np.exp(a - a.mean(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@repaired_softmax.wrong(
    "The maximum is gone, and `exp` overflows. It has to stay, one for each "
    "row."
)
def _(a):
    e = np.exp(a)
    return e / e.sum(axis=-1, keepdims=True)
