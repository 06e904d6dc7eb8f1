"""Exercises of chapter 3, Neural networks."""

import numpy as np

from dlscratch.exercises import Exercise, Mistake


def logit(p):
    """Return the number a with sigmoid(a) = p."""
    return np.log(p / (1 - p))


def _upside_down(p):
    return np.log((1 - p) / p)


def _log_only(p):
    return np.log(p)


def _log10(p):
    return np.log10(p / (1 - p))


def _odds(p):
    return p / (1 - p)


def _sigmoid_again(p):
    return 1 / (1 + np.exp(-p))


def leaky_relu(a, c=0.01):
    """Return a where a is positive, and c times a elsewhere."""
    a = np.asarray(a)
    return np.where(a > 0, a, c * a)


def _plain_relu(a, c=0.01):
    return np.maximum(0, a)


def _constant_leak(a, c=0.01):
    return np.where(a > 0, a, c)


def _fixed_leak(a, c=0.01):
    return np.where(a > 0, a, 0.01 * a)


def _mirrored(a, c=0.01):
    return np.where(a > 0, a, -c * a)


def _scalar_if(a, c=0.01):
    return a if a > 0 else c * a


def count_parameters(sizes):
    """Count the weights and biases of a network with these widths."""
    total = 0
    for i in range(1, len(sizes)):
        n_in, n_out = sizes[i - 1], sizes[i]
        total += n_in * n_out + n_out
    return total


def _weights_only(sizes):
    return count_parameters(sizes) - sum(sizes[1:])


def _bias_per_layer(sizes):
    return _weights_only(sizes) + len(sizes) - 1


def _biased_inputs(sizes):
    return _weights_only(sizes) + sum(sizes)


def _bias_per_input(sizes):
    return _weights_only(sizes) + sum(sizes[:-1])


def with_constant(x):
    """Append an input that is always 1 to each example."""
    ones = np.ones((*x.shape[:-1], 1))
    return np.concatenate([x, ones], axis=-1)


def _constant_first(x):
    return np.concatenate([np.ones((*x.shape[:-1], 1)), x], axis=-1)


def _constant_row(x):
    return np.concatenate([x, np.ones((1, *x.shape[1:]))], axis=0)


def _flat_append(x):
    return np.append(x, 1.0)


def _add_one(x):
    return x + 1.0


def collapse(layers):
    """Return one (W, b) that does the work of all layers."""
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, b @ W_next + b_next
    return W, b


def _biases_added(layers):
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, b + b_next
    return W, b


def _last_bias(layers):
    return collapse([(W, 0 * b) for W, b in layers[:-1]] + layers[-1:])


def _reversed_order(layers):
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ b + b_next
    return W, b


def scores(x, layers):
    """Return the scores of a network with ReLU between its layers."""
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W + b)
    W, b = layers[-1]
    return x @ W + b


def _relu_at_the_end(x, layers):
    return np.maximum(0, scores(x, layers))


def _no_relu(x, layers):
    for W, b in layers:
        x = x @ W + b
    return x


def _no_bias(x, layers):
    return scores(x, [(W, 0 * b) for W, b in layers])


def _relu_before_bias(x, layers):
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W) + b
    W, b = layers[-1]
    return x @ W + b


def softmax_at(a, T):
    """Return the softmax of each row of a at temperature T."""
    a = a / T
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _multiplied(a, T):
    return softmax_at(a, 1 / T)


def _divided_late(a, T):
    return softmax_at(a, 1.0) / T


def _whole_batch(a, T):
    e = np.exp((a - a.max()) / T)
    return e / e.sum()


def _whole_batch_unshifted(a, T):
    e = np.exp(a / T)
    return e / e.sum()


def _sums_in_a_row(a, T):
    e = np.exp((a - a.max(axis=-1, keepdims=True)) / T)
    return e / e.sum(axis=-1)


def _cancelled(a, T):
    e = np.exp(a - a.max(axis=-1, keepdims=True)) / T
    return e / e.sum(axis=-1, keepdims=True)


def _columns(a, T):
    e = np.exp((a - a.max(axis=0)) / T)
    return e / e.sum(axis=0)


def _no_shift(a, T):
    e = np.exp(a / T)
    return e / e.sum(axis=-1, keepdims=True)


def accuracy_in_batches(predict, x, t, batch_size):
    """Return the fraction of right answers, predicted batch by batch."""
    right = 0
    for start in range(0, len(x), batch_size):
        stop = start + batch_size
        answers = predict(x[start:stop]).argmax(axis=1)
        right += np.sum(answers == t[start:stop])
    return right / len(x)


def _full_batches_only(predict, x, t, batch_size):
    right = 0
    for i in range(len(x) // batch_size):
        rows = slice(i * batch_size, (i + 1) * batch_size)
        right += np.sum(predict(x[rows]).argmax(axis=1) == t[rows])
    return right / len(x)


def _mean_of_batches(predict, x, t, batch_size):
    parts = []
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        parts.append(np.mean(predict(x[rows]).argmax(axis=1) == t[rows]))
    return np.mean(parts)


def _all_at_once(predict, x, t, batch_size):
    return np.mean(predict(x).argmax(axis=1) == t)


def _argmax_of_all(predict, x, t, batch_size):
    right = 0
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        right += np.sum(predict(x[rows]).argmax() == t[rows])
    return right / len(x)


def _number_right(predict, x, t, batch_size):
    return len(x) * accuracy_in_batches(predict, x, t, batch_size)


def _watch_batches(answer, x, t, batch_size):
    sizes = []

    def predict(batch):
        sizes.append(len(batch))
        return batch  # the inputs are already scores

    accuracy = answer(predict, x, t, batch_size)
    return {
        "accuracy": accuracy,
        'the test "no batch too large"': max(sizes, default=0) <= batch_size,
    }


def neuron_from_clouds(mean0, mean1, cov, prior1):
    """Return w and b of the sigmoid neuron for the posterior of class 1."""
    w = np.linalg.solve(cov, mean1 - mean0)
    b = -0.5 * (mean0 + mean1) @ w + np.log(prior1 / (1 - prior1))
    return w, b


def _swapped_classes(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return -w, -b


def _prior_forgotten(mean0, mean1, cov, prior1):
    return neuron_from_clouds(mean0, mean1, cov, 0.5)


def _log_prior_only(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, 0.5)
    return w, b + np.log(prior1)


def _odds_upside_down(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, 0.5)
    return w, b - np.log(prior1 / (1 - prior1))


def _quadratic_terms_swapped(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return w, b + (mean0 + mean1) @ w


def _not_inverted(mean0, mean1, cov, prior1):
    return neuron_from_clouds(mean0, mean1, np.linalg.inv(cov), prior1)


def _half_forgotten(mean0, mean1, cov, prior1):
    w, b = neuron_from_clouds(mean0, mean1, cov, prior1)
    return w, b - 0.5 * (mean0 + mean1) @ w


def fit_points(x, y):
    """Return W1, b1, W2, b2 of a ReLU network that joins the points."""
    slopes = np.diff(y) / np.diff(x)
    changes = np.diff(slopes, prepend=0.0, append=0.0)  # one for each point
    return np.ones((1, len(x))), -x, changes[:, None], y[:1]


def _runs_on(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1[:, :-1], b1[:-1], W2[:-1], b2


def _runs_on_with_n(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    W2[-1] = 0
    return W1, b1, W2, b2


def _bias_plus(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1, -b1, W2, b2


def _slopes_not_changes(x, y):
    W1, b1, _, b2 = fit_points(x, y)
    slopes = np.append(np.diff(y) / np.diff(x), 0.0)
    return W1, b1, slopes[:, None], b2


def _starts_at_zero(x, y):
    W1, b1, W2, b2 = fit_points(x, y)
    return W1, b1, W2, 0 * b2


def _even_spacing(x, y):
    slopes = np.diff(y) / (x[1] - x[0])
    changes = np.diff(slopes, prepend=0.0, append=0.0)
    return np.ones((1, len(x))), -x, changes[:, None], y[:1]


def _run_network(answer, x, y, at):
    W1, b1, W2, b2 = answer(x, y)
    parts = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    parts = {
        name: np.zeros_like(p) for name, p in parts.items()
    }  # for the shapes
    n, output = len(x), np.zeros(len(at))
    if [np.shape(p) for p in parts.values()] == [(1, n), (n,), (n, 1), (1,)]:
        output = (np.maximum(0, at[:, None] @ W1 + b1) @ W2 + b2)[:, 0]
    return parts | {"the network output": output}


def repaired_softmax(a):
    """Return the softmax of one row of scores, or of each row of a batch."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))  # each row its own maximum
    return e / e.sum(axis=-1, keepdims=True)  # each row its own sum


def _the_colleagues(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def _half_repaired(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1, keepdims=True)


def _other_half(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum()


def _repaired_columns(a):
    e = np.exp(a - a.max(axis=0))
    return e / e.sum(axis=0)


_W = [
    np.array([[1.0, -2.0], [0.5, 1.0]]),
    np.array([[0.0, 1.0], [-1.0, 3.0]]),
    np.array([[2.0, 1.0, -1.0], [0.0, -3.0, 0.5]]),
]
_b = [np.array([0.5, -1.0]), np.array([2.0, 0.25]), np.array([1.0, 0.0, -2.0])]
_TOWER = list(zip(_W, _b, strict=True))

_X = np.array([[1.0, 0.0], [0.2, 0.9], [-1.0, 2.0], [0.5, -0.5], [3.0, 1.0]])
_SCORES = np.array(
    [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.3, 0.7]] * 2,
    dtype=float,
)
_LABELS = np.array([0, 1, 1, 0, 1, 0, 0, 0, 0, 1])

EXERCISES = [
    Exercise(
        key="3.1",
        title="Back from a probability",
        reference=logit,
        cases=[0.5, 0.9, 0.1],
        batch=[np.array([0.01, 0.25, 0.5, 0.99])],
        hints=[
            "Start from `p = 1 / (1 + exp(-a))` and undo one operation after "
            "the other.",
            "The text began with the log-odds and solved for p. Read it "
            "backwards.",
            "The odds are `p / (1 - p)`. What must you still do to get `a`? "
            "For arrays, use NumPy's function, not the one of `math`.",
        ],
        text=r"""
            The first line of the derivation of the sigmoid is already the
            answer: $a = \log\frac{p}{1-p}$. For $p=0.5$ the odds are 1 and
            $a=0$.
            """,
        mistakes=[
            Mistake(
                _upside_down, "Your odds are upside down: it is p over 1 - p."
            ),
            Mistake(_log_only, "You took the logarithm of p, not of the odds."),
            Mistake(_log10, "You need the natural logarithm, `np.log`."),
            Mistake(_odds, "These are the odds. The logarithm is missing."),
            Mistake(
                _sigmoid_again, "This is the sigmoid itself, not the way back."
            ),
        ],
        after="The way back from a probability to its logit.",
    ),
    Exercise(
        key="3.2",
        title="A leaky ReLU",
        reference=leaky_relu,
        cases=[
            np.array([-2.0, 0.0, 3.0]),
            (np.array([-1.0, 4.0]), 0.2),
            np.array([[-5.0, 1.0], [2.0, -0.5]]),
        ],
        hints=[
            "Each number of the array needs its own decision, so a plain `if` "
            "will not do.",
            "`np.where(condition, A, B)` takes from A where the condition "
            "holds and from B elsewhere, and makes a new array.",
            "The condition is `a > 0`, A is `a`. Which array is B?",
        ],
        text=r"""
            `np.where` decides number by number and makes a new array. With
            $0 \le c \le 1$, `np.maximum(a, c * a)` does the same, but for $c>1$
            it would pick the wrong branch.
            """,
        mistakes=[
            Mistake(
                _plain_relu,
                "This is the plain ReLU: negative numbers must leak.",
            ),
            Mistake(
                _fixed_leak, "0.01 is only the default: use the caller's c."
            ),
            Mistake(
                _constant_leak, "You return c itself; the leak is c times a."
            ),
            Mistake(
                _mirrored,
                "The leak has the wrong sign: it is c times a, below 0.",
            ),
            Mistake(
                _scalar_if,
                "`if` needs one truth value, but `a > 0` is an array of them: "
                "let `np.where` decide for each number.",
            ),
        ],
    ),
    Exercise(
        key="3.3",
        title="How many numbers?",
        reference=count_parameters,
        cases=[[2, 3, 2, 2], [64, 50, 20, 10], [5, 1]],
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
        mistakes=[
            Mistake(
                _weights_only, "You counted the weights, but not the biases."
            ),
            Mistake(
                _bias_per_layer,
                "You counted one bias for each layer. Each neuron has its own.",
            ),
            Mistake(
                _biased_inputs, "The inputs have no bias: they are not neurons."
            ),
            Mistake(
                _bias_per_input,
                "A bias belongs to each neuron of a layer, not to each of its "
                "inputs.",
            ),
        ],
    ),
    Exercise(
        key="3.4",
        title="The constant input",
        reference=with_constant,
        cases=[np.array([1.0, 0.5]), np.array([4.0])],
        batch=[np.array([[1.0, 0.5], [0.0, 2.0], [-1.0, 3.0]])],
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
        mistakes=[
            Mistake(
                _constant_first, "The constant stands first; it should be last."
            ),
            Mistake(
                _constant_row,
                "You added a row: a new example, not a new input.",
            ),
            Mistake(
                _flat_append,
                "Without an axis, `np.append` flattens the batch and adds a "
                "single 1.",
            ),
            Mistake(
                _add_one, "You added 1 to the inputs instead of one more input."
            ),
        ],
    ),
    Exercise(
        key="3.5",
        title="Collapse a tower",
        reference=collapse,
        cases=[_TOWER[:2], _TOWER, _TOWER[2:]],
        hints=[
            "Two layers first. Multiply out (x W1 + b1) W2 + b2 and collect "
            "what stands after x.",
            "For more layers: keep one pair `(W, b)` that stands for all "
            "layers so far, and absorb the next one.",
            "The new weights are `W @ W_next`. The old bias passes through the "
            "next layer's weights, too, before that layer's own bias is added.",
        ],
        text="""
            Start with the first layer and absorb the others one by one, with
            the formula of the section "Why the bend matters": the new weights
            are `W @ W_next`, the new bias is `b @ W_next + b_next`.
            """,
        mistakes=[
            Mistake(
                _biases_added,
                "You added the biases. The first one has to pass through the "
                "second layer's weights.",
            ),
            Mistake(
                _last_bias,
                "Only the last bias is left. The others matter, too.",
            ),
            Mistake(
                _reversed_order,
                "The order is turned round: with rows, `x @ W1 @ W2`, the "
                "first layer stands on the left.",
            ),
        ],
    ),
    Exercise(
        key="3.6",
        title="A classifier of any depth",
        reference=scores,
        cases=[(_X[0], _TOWER), (_X[2], _TOWER[2:]), (_X[3], _TOWER[1:])],
        batch=[(_X, _TOWER)],
        hints=[
            "Every layer does `x @ W + b`. What is different about the last "
            "one?",
            "`layers[:-1]` is the list without its last entry, `layers[-1]` is "
            "the last.",
            "In the loop over `layers[:-1]`, replace x by the ReLU of `x @ W + "
            "b`. After the loop, do the last layer without ReLU.",
        ],
        text="""
            The loop runs over all layers but the last. A ReLU after the last
            layer would cut off all negative scores, and classes would tie at 0.
            """,
        mistakes=[
            Mistake(
                _relu_at_the_end,
                "The last layer has a ReLU. It cuts off the negative scores.",
            ),
            Mistake(
                _no_relu,
                "There is no ReLU between the layers: this network collapses "
                "into one layer.",
            ),
            Mistake(_no_bias, "The biases are missing."),
            Mistake(_relu_before_bias, "The bias belongs inside the ReLU."),
        ],
    ),
    Exercise(
        key="3.7",
        title="Softmax with a temperature",
        reference=softmax_at,
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
        ],
        overflow=[
            (np.array([1010.0, 1000.0, 990.0]), 5.0),
            (np.array([1.0, 2.0, 3.0]), 0.001),
        ],
        hints=[
            "The temperature acts on the scores. What happens afterwards is "
            "the softmax of the text.",
            "Use `axis=-1` and `keepdims=True` for the maximum and for the "
            "sum, so that each row is on its own.",
            "First divide the scores by T. Then subtract each row's maximum, "
            "take `exp`, and divide by each row's sum.",
        ],
        text="""
            Divide first, then subtract the maximum of each row. The other order
            works too, if you divide the difference. What must not happen is
            dividing the *probabilities*.
            """,
        mistakes=[
            Mistake(
                _multiplied,
                "You multiplied by T; the scores are divided by it.",
            ),
            Mistake(
                _divided_late,
                "You divided the probabilities. Then they add up to 1/T "
                "instead of 1.",
            ),
            Mistake(
                _whole_batch,
                "Maximum and sum run over the whole batch; each row needs its "
                "own.",
            ),
            Mistake(
                _whole_batch_unshifted,
                "The sum runs over the whole batch; each row needs its own. "
                "And subtract each row's maximum before `exp`.",
            ),
            Mistake(
                _sums_in_a_row,
                "The sums have the wrong shape: `keepdims=True` keeps them in "
                "a column, so that each row is divided by its own.",
            ),
            Mistake(
                _cancelled,
                "You divided the exponentials by T. It cancels: divide the "
                "scores.",
            ),
            Mistake(
                _columns, "Your softmax runs down the columns: use `axis=-1`."
            ),
            Mistake(_no_shift, "Subtract each row's maximum before `exp`."),
        ],
    ),
    Exercise(
        key="3.8",
        title="No image left behind",
        reference=accuracy_in_batches,
        cases=[
            (_SCORES, _LABELS, 5),
            (_SCORES, _LABELS, 4),
            (_SCORES[:5], _LABELS[:5], 100),
            (_SCORES, _LABELS, 1),
        ],
        use=_watch_batches,
        hints=[
            "The text has almost the same loop, in `predict_scores`.",
            "`range(0, len(x), batch_size)` gives the first row of each batch, "
            "the last, short one included. Slice `x` and `t` in the same way.",
            "Count the right answers over all batches. Divide once, at the "
            "end, by `len(x)`.",
        ],
        text="""
            Count the right answers and divide once, at the end, by the number
            of images. Averaging the accuracies of the batches looks tempting,
            but the last batch is smaller and would count too much. A loop over
            `len(x) // batch_size` full batches drops the rest: with 50 images
            and batches of 100 it sees none at all.
            """,
        mistakes=[
            Mistake(
                _full_batches_only,
                "You drop the last, incomplete batch: with 5 images and "
                "batches of 100 there is none left.",
            ),
            Mistake(
                _mean_of_batches,
                "You average over batches. The last one is smaller, so its "
                "images count too much.",
            ),
            Mistake(
                _all_at_once,
                "You predict everything at once: use `batch_size`.",
            ),
            Mistake(
                _argmax_of_all,
                "`argmax` without an axis gives one place in the whole batch. "
                "You want one answer for each row.",
            ),
            Mistake(
                _number_right, "This is the number of right answers: divide it."
            ),
        ],
    ),
    Exercise(
        key="3.9",
        title="A neuron from two clouds",
        reference=neuron_from_clouds,
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
            "The formulas for `w` and `b` stand at the end of the derivation. "
            "The other class has the prior `1 - prior1`.",
            "`np.linalg.inv(cov) @ d`, or better `np.linalg.solve(cov, d)`, is "
            "the inverse times `d`. With `d = mean1 - mean0` this is `w`.",
            "`b` has three parts: minus half the quadratic term of `mean1`, "
            "plus half that of `mean0`, plus the logarithm of the ratio of the "
            "priors.",
        ],
        text=r"""
            It is the last formula of the section "Two roads to a probability",
            with $\pi_0 = 1-\pi_1$. `np.linalg.solve(cov, d)` computes
            $\Sigma^{-1}\mathbf{d}$ without the inverse. The difference of the
            two quadratic terms can be written with the midpoint:
            $b = -\tfrac12(\mu_0+\mu_1)\,\mathbf{w}+\log\frac{\pi_1}{\pi_0}$.
            With equal priors the boundary passes through the middle between the
            centres.
            """,
        mistakes=[
            Mistake(
                _swapped_classes,
                "This is the posterior of class 0: swap the two.",
            ),
            Mistake(_prior_forgotten, "The priors are missing in b."),
            Mistake(
                _log_prior_only,
                "`b` needs the log of the *ratio* `prior1 / (1 - prior1)`.",
            ),
            Mistake(
                _odds_upside_down, "The ratio of the priors is upside down."
            ),
            Mistake(
                _quadratic_terms_swapped,
                "The quadratic terms in `b` have the wrong signs: the one of "
                "`mean1` is subtracted.",
            ),
            Mistake(
                _not_inverted, "You used the covariance, but not its inverse."
            ),
            Mistake(_half_forgotten, "The factor one half in b is missing."),
        ],
    ),
    Exercise(
        key="3.10",
        title="A network through any points",
        reference=fit_points,
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
        ],
        use=_run_network,
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
        mistakes=[
            Mistake(
                _runs_on,
                "The last ReLU is missing, which would stop the slope at the "
                "last point.",
            ),
            Mistake(
                _runs_on_with_n,
                "To the right of the last point the slope must become 0.",
            ),
            Mistake(
                _bias_plus,
                "The kink of `relu(x + b)` is at `x = -b`: check a sign.",
            ),
            Mistake(
                _slopes_not_changes,
                "You used the slopes as output weights. They add up: use the "
                "changes.",
            ),
            Mistake(
                _starts_at_zero, "Left of all points the output must be `y[0]`."
            ),
            Mistake(
                _even_spacing,
                "The distances differ: each piece has its own width.",
            ),
        ],
    ),
    Exercise(
        key="3.lab",
        title="Find the bug and repair it",
        reference=repaired_softmax,
        cases=[np.array([0.3, 2.9, 4.0]), np.array([-1.0, 0.0])],
        batch=[
            np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 0.0]]),
            np.array([[0.0, 1.0], [1000.0, 1001.0]]),
        ],
        overflow=[np.array([1010.0, 1000.0, 990.0])],
        hints=[
            "Compare what the function does for one image with what it does "
            "for many. What should every row of the result add up to?",
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
        mistakes=[
            Mistake(
                _the_colleagues,
                "This is still the colleague's function. It treats a batch as "
                "one long row: look for what runs over all the images at once.",
            ),
            Mistake(
                _half_repaired,
                "Half way: the maximum still runs over the whole batch. Beside "
                "a row with large scores, a row with small ones becomes 0/0.",
            ),
            Mistake(
                _other_half,
                "Half way: the sum still runs over the whole batch, so the "
                "rows do not add up to 1.",
            ),
            Mistake(
                _repaired_columns,
                "`axis=0` runs down the columns, over the images. You want "
                "each row.",
            ),
        ],
        start=_the_colleagues,
    ),
]
