"""Exercises of chapter 1, Python and NumPy."""

import copy
import tracemalloc

import numpy as np

from dlscratch.datasets import load_digits
from dlscratch.exercises import Exercise, exercise

# -------------------------------------------------------------------------- 1.1


@exercise(
    "1.1",
    "Keep a number in its range",
    cases=[
        (5, 0, 10),
        (-3, 0, 10),
        (14, 0, 10),
        (10, 0, 10),
        (0, 0, 10),
        (-7, -5, -1),
        (-2, -5, -1),
        (3, 5, 9),
        (1.5, 0, 1),
        (0.25, 0, 1),
    ],
    hints=[
        "There are three cases: too small, too large, and neither. Which "
        "value should come back in each?",
        "Two `if` statements, one for each end. A `return` ends the function "
        "at once, so what stands after them runs only if neither was true.",
        "Begin with `if value < low:` and return the lower end there. Do not "
        "forget the last line: the value itself.",
    ],
    text="""
        Each `return` ends the function, so the last line is reached only
        when neither condition held. For arrays, `np.clip` does the same.
        """,
)
def keep_between(value, low, high):
    """Return value, or the end of the range from low to high that it passes."""
    if value < low:
        return low
    if value > high:
        return high
    return value


keep_between.wrong(
    "Numbers below `low` get through.",
    lambda value, low, high: min(value, high),
)

keep_between.wrong(
    "Numbers above `high` get through.",
    lambda value, low, high: max(value, low),
)


@keep_between.wrong(
    "Too small a number should become `low`, and too large a one `high`. "
    "Yours are swapped."
)
def _(value, low, high):
    return high if value < low else low if value > high else value


keep_between.wrong(
    "A number inside the range should come back as it is, decimals and all.",
    lambda value, low, high: int(keep_between(value, low, high)),
)

keep_between.wrong(
    "Your numbers start again from the other end, as `uint8` does. They "
    "should stop at the end.",
    lambda value, low, high: low + (value - low) % (high - low + 1),
)


# -------------------------------------------------------------------------- 1.2


@exercise(
    "1.2",
    "Count the labels",
    cases=[[3, 1, 3], [7], [2, 2, 2, 0], [12, 0, 12, 12], []],
    hints=[
        "Start with an empty dictionary, and go through the labels with `for`.",
        "Each label is a key, and its count the value. What should happen "
        "when a label is met for the first time, and what when it is there "
        "already?",
        "`label in counts` tells whether the key is there. Shorter: "
        "`counts.get(label, 0)` is the count so far, or 0.",
    ],
    text="""
        `counts.get(label, 0)` is the count so far: 0 for a label that is
        met for the first time. For an array of labels, `np.bincount` counts
        faster.
        """,
)
def count_labels(labels):
    """Return a dictionary that tells how often each label occurs."""
    counts = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return counts


count_labels.wrong(
    "Each label is set to 1 whenever it comes. Add 1 to the count so far.",
    lambda labels: dict.fromkeys(labels, 1),
)

count_labels.wrong(
    "Every count is one too small: the first time counts as well.",
    lambda labels: {label: n - 1 for label, n in count_labels(labels).items()},
)


@count_labels.wrong(
    "The `return` stands inside the loop, so the first label ends the "
    "function. Indent it as far as the `for`, no further."
)
def _(labels):
    for label in labels:
        return {label: 1}


count_labels.wrong(
    "The keys are texts now. Take the labels as they are: 3, not `'3'`.",
    lambda labels: {str(k): n for k, n in count_labels(labels).items()},
)

count_labels.wrong(
    "The label should be the key, and the count the value: yours are turned "
    "round, so labels with equal counts overwrite each other.",
    lambda labels: {n: label for label, n in count_labels(labels).items()},
)


# -------------------------------------------------------------------------- 1.3


def _keep_score(cls, answers, labels):
    first, second = cls(), cls()
    for answer, label in zip(answers, labels, strict=True):
        first.add(answer, label)
    second.add(1, 1)
    second.add(1, 2)
    result = {
        "accuracy()": first.accuracy(),
        "a second `accuracy()`": first.accuracy(),
        "the `accuracy()` of a second object": second.accuracy(),
    }
    first.add(8, 3)
    return {
        **result,
        "the `accuracy()` after one more answer": first.accuracy(),
    }


@exercise(
    "1.3",
    "A class that keeps the score",
    use=_keep_score,
    cases=[([7, 3, 5], [9, 3, 5]), ([0, 0], [1, 2]), ([4], [4])],
    hints=[
        "Two numbers have to be remembered from one call to the next: how "
        "many answers there were, and how many were right.",
        "What an object remembers is an attribute: `self.right = 0` in "
        "`__init__` makes one. Every new object then has its own.",
        "`add` changes the attributes and returns nothing; `+=` adds to a "
        "number. `accuracy` divides one attribute by the other.",
    ],
    text="""
        What has to be remembered becomes an attribute of `self`, made anew
        for each object in `__init__`.
        """,
)
class Score:
    """Count right answers."""

    def __init__(self):
        """Start with no answers."""
        self.right = 0
        self.total = 0

    def add(self, answer, label):
        """Take note of one answer."""
        self.total += 1
        if answer == label:
            self.right += 1

    def accuracy(self):
        """Return the fraction of right answers so far."""
        return self.right / self.total


@Score.wrong("This is a percentage. A fraction lies from 0 to 1.")
class _(Score):
    def accuracy(self):
        return 100 * self.right / self.total


@Score.wrong(
    "`//` rounds down to a whole number, so almost every accuracy is 0. Use "
    "`/`."
)
class _(Score):
    def accuracy(self):
        return self.right // self.total


@Score.wrong("You return how many are right. Divide by the total.")
class _(Score):
    def accuracy(self):
        return self.right


@Score.wrong("Wrong answers count, too: they make the total larger.")
class _(Score):
    def add(self, answer, label):
        if answer == label:
            self.total += 1
            self.right += 1


# -------------------------------------------------------------------------- 1.4


SHAPES = {
    "a": (3,),
    "b": (4, 1),
    "c": (3,),
    "d": (1, 3),
    "e": (4, 2),
    "f": (4, 3),
    "g": (4, 5, 3),
    "h": (4, 5),
}

shape_puzzles = Exercise(
    "1.4",
    "Shape puzzles",
    SHAPES,
    hints=[
        "Draw `x` as 4 rows of 3. Then ask of each expression: which axes "
        "are left, and how long is each?",
        "A whole number as an index removes an axis; a slice or a list of "
        "numbers keeps it. A sum over an axis removes that axis, unless "
        "`keepdims=True`.",
        "For (g), write the shapes one above the other, aligned at the "
        "right: 4, 1, 3 above 5, 3. For (h), `w.T` has 3 rows; the inner "
        "lengths of `@` vanish.",
    ],
    text="""
        - (a) The axis that is named vanishes.
        - (b) It stays with length 1.
        - (c) A whole number removes an axis,
        - (d) a slice keeps it,
        - (e) and so does a list of places.
        - (f) `(4, 3)` and `(4, 1)` fit.
        - (g) `(4, 1, 3)` and `(5, 3)`, read as `(1, 5, 3)`: all pairs of a
          row of `x` and a row of `w`.
        - (h) `(4, 3) @ (3, 5)`.
        """,
    code="""
        shapes = {
            "a": (3,),
            "b": (4, 1),
            "c": (3,),
            "d": (1, 3),
            "e": (4, 2),
            "f": (4, 3),
            "g": (4, 5, 3),
            "h": (4, 5),
        }
        """,
    trial="""
        x, w = np.zeros((4, 3)), np.zeros((5, 3))
        assert (x[:, None, :] - w).shape == shapes["g"]
        """,
)

shape_puzzles.wrong(
    "`axis=0` is the axis that *vanishes*: the sum runs down the rows, and "
    "one number is left for each column.",
    {**SHAPES, "a": (4,)},
)

shape_puzzles.wrong(
    "`x[1]` is one row, so axis 0 goes. How many numbers stand in a row?",
    {**SHAPES, "c": (4,)},
)

shape_puzzles.wrong(
    "The colon stands for all rows; the list picks *columns*.",
    {**SHAPES, "e": (2, 3)},
)

shape_puzzles.wrong(
    "The column of means is stretched: each entry of `x` has a difference.",
    {**SHAPES, "f": (4, 1)},
)

shape_puzzles.wrong(
    "The rows of `a @ b` belong to `a`, its columns to `b`.",
    {**SHAPES, "h": (5, 4)},
)

shape_puzzles.wrong(
    "The sum over axis 1 leaves one number for each row.",
    {**SHAPES, "b": (1, 3)},
)

shape_puzzles.wrong(
    "`@` adds up over the length that both share, here 3. It vanishes.",
    {**SHAPES, "h": (4, 3)},
)

shape_puzzles.wrong(
    "The axes keep their order: the 5 rows of `w` meet the axis of length 1, "
    "which stands in the middle.",
    {**SHAPES, "g": (4, 3, 5)},
)


# -------------------------------------------------------------------------- 1.5


def _try_shapes(answer, a, b):
    try:
        result = answer(a, b)
    except ValueError:
        return "ValueError"
    except AssertionError:
        return "AssertionError"
    if isinstance(result, ValueError | type | str):
        return "an error that is returned: write raise instead of return"
    if result is not None:
        return "shape " + str(result)
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return "None, and no error"
    return None


@exercise(
    "1.5",
    "The broadcasting rule, by yourself",
    use=_try_shapes,
    cases=[
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((3,), (2, 3)),
        ((4, 1), (4,)),
        ((2, 3), ()),
        ((2, 1, 3), (4, 1)),
        ((3,), (4,)),
        ((2, 3), (2,)),
        ((2, 3), (3, 2)),
        ((3, 1), (1, 0)),
        ((2,), (0,)),
        ((1, 3), (1,)),
    ],
    without=("numpy", "broadcast_shapes"),
    hints=[
        "First give both shapes the same number of axes. At which end does "
        "NumPy add, and which length?",
        "`(1,) * 2` is `(1, 1)`, and `+` joins tuples. Then `zip` walks "
        "through both shapes at once.",
        "For each pair of lengths: equal, or one of them is 1? Then the "
        "result has the one that is not 1. Otherwise `raise "
        "ValueError(...)`.",
    ],
    text="""
        The four lines of the rule become code: put 1s in front, compare
        axis by axis, take the length that is not 1, and raise an error if
        two lengths differ and neither is 1. NumPy's own version is
        `np.broadcast_shapes`.
        """,
)
def result_shape(a, b):
    """Return the shape to which arrays of shapes a and b broadcast."""
    n = max(len(a), len(b))
    a = (1,) * (n - len(a)) + tuple(a)
    b = (1,) * (n - len(b)) + tuple(b)
    result = []
    for i, j in zip(a, b, strict=True):
        if i != j and i != 1 and j != 1:
            raise ValueError(f"{i} and {j} do not fit")
        result.append(j if i == 1 else i)
    return tuple(result)


result_shape.wrong(
    "You align the shapes at the left. NumPy aligns them at the right: "
    "missing axes are put in front.",
    lambda a, b: result_shape(a[::-1], b[::-1])[::-1],
)


@result_shape.wrong(
    "Shapes may have different numbers of axes: a missing one counts as 1."
)
def _(a, b):
    if len(a) != len(b):
        raise ValueError("different numbers of axes")
    return result_shape(a, b)


@result_shape.wrong(
    "Equal lengths fit, but so does a 1 beside any length: it is stretched."
)
def _(a, b):
    short = min(len(a), len(b))
    if short and a[-short:] != b[-short:]:
        raise ValueError("different lengths")
    return result_shape(a, b)


@result_shape.wrong(
    "The larger of two lengths is right only if the other is 1. 3 beside 4 "
    "is an error."
)
def _larger(a, b):
    n = max(len(a), len(b))
    a, b = ((1,) * (n - len(shape)) + tuple(shape) for shape in (a, b))
    return tuple(max(pair) for pair in zip(a, b, strict=True))


@result_shape.wrong(
    "Take the length that is not 1, not the larger one: beside a 0, a 1 "
    "becomes 0. Empty arrays broadcast as well."
)
def _(a, b):
    result_shape(a, b)
    return _larger(a, b)


@result_shape.wrong(
    "A 0 is a length like any other: beside it only a 0 or a 1 fits."
)
def _(a, b):
    try:
        return result_shape(a, b)
    except ValueError:
        if 0 in a + b:
            return (0,)
        raise


# -------------------------------------------------------------------------- 1.6


def _a_new_array(answer):
    image = np.array([5, 6], dtype=np.uint8)
    if np.shares_memory(answer(image, 0), image):
        return (
            "The numbers are right. But for an `amount` of 0 the very array "
            "that came in goes out again: return a new one, or a copy."
        )
    return None


@exercise(
    "1.6",
    "Brighten a picture",
    cases=lambda: [
        (np.array([0, 100, 250], dtype=np.uint8), 10),
        (np.array([[255, 254], [1, 200]], dtype=np.uint8), 100),
        (np.array([5, 6], dtype=np.uint8), 0),
        (np.arange(256, dtype=np.uint8).reshape(64, 4), 3),
    ],
    hints=[
        "What happens to 250 + 10 in `uint8`? The cut at 255 must come "
        "before the number has to fit into a byte again.",
        "`astype(int)` makes a new array with room for large numbers. "
        "`np.minimum(a, 255)` takes the smaller of two, entry by entry.",
        "Three steps: to `int`, add and cut, back to `np.uint8` with `astype`.",
    ],
    text="""
        The sum needs more room than a byte, so change the type *before*
        adding. Once 250 + 10 has become 4, no cut can repair it.
        """,
    strict_dtype=True,
    verify=_a_new_array,
)
def brighten(image, amount):
    """Return a brighter copy of a uint8 image; 255 is the brightest."""
    brighter = image.astype(int) + amount
    return np.minimum(brighter, 255).astype(np.uint8)


brighten.wrong(
    "250 + 10 became 4: bytes start again from 0. A cut at 255 after the sum "
    "comes too late.",
    lambda image, amount: image + np.uint8(amount),
)

brighten.wrong(
    "An image should stay an image: turn it into uint8.",
    lambda image, amount: np.minimum(image.astype(int) + amount, 255),
)

brighten.wrong(
    "A pixel cannot be brighter than 255.",
    lambda image, amount: image.astype(int) + amount,
)


# -------------------------------------------------------------------------- 1.7


@exercise(
    "1.7",
    "Standardise the columns",
    cases=lambda: [
        np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 80.0]]),
        np.array([[0.0, 2.0, 5.0], [0.0, 4.0, -5.0]]),
        np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 6.0]]),  # its mean is rounded
        load_digits().x_train[:50],
    ],
    hints=[
        "You need one mean and one standard deviation for each column: two "
        "arrays of shape `(D,)`. Which axis has to vanish?",
        "Broadcasting does the rest: `(N, D)` and `(D,)` fit. Then look at "
        "the columns in which all numbers are equal: what is their standard "
        "deviation?",
        "A column varies if its largest and its smallest number differ. "
        "`np.where(varies, spread, 1)` puts a 1 elsewhere, so that 0/0 "
        "becomes 0/1. (`spread > 0` is not safe: rounding may leave a spread "
        "of 1e-17.)",
    ],
    text="""
        Mean and spread have the shape `(D,)` and broadcast over the rows.
        In a column of equal numbers both the differences and the spread are
        0; dividing by 1 instead leaves the 0.

        Why not ask whether the spread is 0? Because of rounding: that of
        0.1, 0.1, 0.1 comes out as 10⁻¹⁷. Whether the largest and the
        smallest number differ, on the other hand, is exact: no arithmetic
        is done with them.

        Many programs divide by `spread + 1e-7` instead. That is simpler,
        and changes the other columns a little: the checker takes it, too.
        """,
    trial="""
        assert 0 < np.full((3, 1), 0.1).std() < 1e-16
        assert np.all(x_train[:, 0] == 0)  # the blank corner
        assert np.all(standardise(x_train)[:, 0] == 0)
        """,
    rtol=1e-4,
    atol=1e-4,
)
def standardise(x):
    """Shift and scale each column to mean 0 and standard deviation 1."""
    spread = x.std(axis=0)  # (D,)
    varies = x.max(axis=0) > x.min(axis=0)  # (D,)
    return (x - x.mean(axis=0)) / np.where(varies, spread, 1)


standardise.wrong(
    "In a column of equal numbers the standard deviation is 0, and 0/0 is "
    "not a number. Divide such a column by 1.",
    lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
)


@standardise.wrong(
    "The 0 comes out, but 0/0 was computed on the way, and NumPy warned. "
    "Divide such a column by 1 instead."
)
def _(x):
    return np.nan_to_num((x - x.mean(axis=0)) / x.std(axis=0))


@standardise.wrong(
    "The mean of 0.1, 0.1 and 0.1 is rounded, so the spread of that column "
    "is not 0 but 1e-17. Do not ask whether it is exactly 0."
)
def _(x):
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)


@standardise.wrong(
    "You divide the squares by N - 1 (`ddof=1`). `x.std` divides by N."
)
def _(x):
    spread = x.std(axis=0, ddof=1)
    varies = x.max(axis=0) > x.min(axis=0)
    return (x - x.mean(axis=0)) / np.where(varies, spread, 1)


@standardise.wrong(
    "One mean and one spread for the whole array: each column needs its own."
)
def _(x):
    spread = x.std()
    return (x - x.mean()) / (spread if spread > 0 else 1)


@standardise.wrong(
    "You standardised the rows. A column is what all examples share."
)
def _(x):
    spread = x.std(axis=1, keepdims=True)
    return (x - x.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)


@standardise.wrong(
    "You divided by the variance. The standard deviation is its root."
)
def _(x):
    spread = x.var(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)


standardise.wrong(
    "The means are 0 now. The spread is still to do.",
    lambda x: x - x.mean(axis=0),
)


@standardise.wrong("The spread is right. The means are still to do.")
def _(x):
    spread = x.std(axis=0)
    return x / np.where(spread > 0, spread, 1)


# -------------------------------------------------------------------------- 1.8


@exercise(
    "1.8",
    "One-hot labels",
    cases=lambda: [
        (np.array([0, 2, 1, 0]), 3),
        (np.array([2, 0, 0, 1]), 3),
        (np.array([1, 1]), 4),
        (np.array([3, 0, 3, 2, 2]), 6),
    ],
    hints=[
        "Start from zeros. How many rows, and how many columns?",
        "In row 0, column `t[0]` should become 1; in row 1, column `t[1]`; "
        "and so on. Indexing with *two* arrays takes such pairs.",
        "`np.arange(len(t))` counts the rows. Or: row k of "
        "`np.eye(n_classes)` is what class k needs, and an array of row "
        "numbers picks rows.",
    ],
    text="""
        Two index arrays make pairs: row 0 with `t[0]`, row 1 with `t[1]`,
        and so on. `np.eye(n_classes)[t]` is right as well.
        """,
)
def one_hot(t, n_classes):
    """Return one row for each label: 1 at its class, 0 elsewhere."""
    rows = np.zeros((len(t), n_classes))
    rows[np.arange(len(t)), t] = 1
    return rows


one_hot.wrong(
    "Your number of columns depends on the largest label that occurs. A "
    "small batch may lack a class: use `n_classes`.",
    lambda t, n_classes: np.eye(t.max() + 1)[t],
)

one_hot.wrong(
    "One row for each label, please.",
    lambda t, n_classes: one_hot(t, n_classes).T,
)


@one_hot.wrong(
    "`rows[:, t]` means these columns in *every* row. You want pairs of a "
    "row and a column."
)
def _(t, n_classes):
    rows = np.zeros((len(t), n_classes))
    rows[:, t] = 1
    return rows


one_hot.wrong(
    "Classes count from 0, as indices do.",
    lambda t, n_classes: np.roll(one_hot(t, n_classes), -1, axis=1),
)


# -------------------------------------------------------------------------- 1.9


@exercise(
    "1.9",
    "Smooth a curve without a loop",
    cases=lambda: [
        np.array([0.0, 3.0, 0.0, 6.0]),
        np.array([1.0, 2.0, 6.0]),
        np.linspace(0, 3, 12) ** 2,
    ],
    without=("loops",),
    hints=[
        "There are three numbers in each mean: the left neighbour, the entry "
        "and the right neighbour. All left neighbours together are a slice "
        "of `y`.",
        "The first entry has no left neighbour, the last no right one, so "
        "the result is two shorter. All three slices must have that length.",
        "The left neighbours are `y[:-2]`. Find the two other slices.",
    ],
    text="""
        Shift the whole vector instead of walking along it: all left
        neighbours, all entries, all right neighbours. (NumPy has this, too:
        `np.convolve(y, np.ones(3) / 3, mode="valid")`.)
        """,
)
def smooth(y):
    """Return the mean of each entry and its two neighbours."""
    return (y[:-2] + y[1:-1] + y[2:]) / 3


smooth.wrong(
    "This is the sum. A mean of three is a third.",
    lambda y: y[:-2] + y[1:-1] + y[2:],
)

smooth.wrong(
    "The entry itself belongs to its mean, too.", lambda y: (y[:-2] + y[2:]) / 2
)

smooth.wrong(
    "`np.roll` makes the first and the last entry neighbours. They are not.",
    lambda y: (np.roll(y, 1) + y + np.roll(y, -1)) / 3,
)

smooth.wrong(
    "Division comes before addition: put the sum in parentheses.",
    lambda y: y[:-2] + y[1:-1] + y[2:] / 3,
)


# ------------------------------------------------------------------------- 1.10


@exercise(
    "1.10",
    "The mean of each class",
    cases=lambda: [
        (
            np.array([[1, 0, 7], [4, 5, 0], [5, 5, 2], [2, 2, 2]]),  # int64
            np.array([0, 0, 1, 1]),
            2,
        ),
        (np.arange(12.0).reshape(4, 3), np.array([2, 0, 1, 2]), 3),
        (load_digits().x_train[:100], load_digits().t_train[:100], 10),
    ],
    hints=[
        "Solve it for one class first: which rows of `x` belong to class 3?",
        "`t == 3` is a mask with one truth value for each row. `x[mask]` "
        "keeps the rows. Which axis of them has to vanish?",
        "Put the rows into `np.zeros((n_classes, x.shape[1]))`, one class at "
        "a time. Or with a one-hot `T`: `T.T @ x` adds up the rows of each "
        "class.",
    ],
    text="""
        The mask `t == k` chooses the rows of class `k`, and the mean over
        axis 0 leaves one number for each column. The loop runs over the few
        classes, not over the many rows.
        """,
)
def class_means(x, t, n_classes):
    """Return the mean row of each class, one below the other."""
    means = np.zeros((n_classes, x.shape[1]))
    for k in range(n_classes):
        means[k] = x[t == k].mean(axis=0)
    return means


class_means.wrong(
    "You divided by the number of all rows. Each class has its own number.",
    lambda x, t, n_classes: _sums(x, t, n_classes) / len(x),
)


@class_means.wrong("These are the sums of the classes, not yet the means.")
def _sums(x, t, n_classes):
    return np.eye(n_classes)[t].T @ x


class_means.wrong(
    "Every class got the mean of all rows.",
    lambda x, t, n_classes: np.repeat(x.mean(axis=0)[None], n_classes, axis=0),
)


@class_means.wrong(
    "Your table took its dtype from `x`. A mean of whole numbers has decimals."
)
def _(x, t, n_classes):
    return class_means(x, t, n_classes).astype(x.dtype)


@class_means.wrong(
    "Without `axis=0` a class becomes one number instead of a row."
)
def _(x, t, n_classes):
    return np.array([x[t == k].mean() for k in range(n_classes)])


# ------------------------------------------------------------------------- 1.11


def _small_memory(answer):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200, 60)), rng.normal(size=(150, 60))
    tracemalloc.start()
    try:
        answer(a, b)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if peak > 10 * 8 * len(a) * len(b):
        return (
            "The numbers are right. But for 200 and 150 rows of 60 your "
            "function builds an array with an entry for each pair *and* each "
            "column. Multiply the square out, so that `a @ b.T` does that "
            "work."
        )
    return None


@exercise(
    "1.11",
    "All distances, in little memory",
    cases=lambda: [
        (
            np.array([[0.0, 0.0], [3.0, 4.0]]),
            np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]),
        ),
        (np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 5.0]])),
        (load_digits().x_test[:5], load_digits().x_train[:7]),
    ],
    verify=_small_memory,
    hints=[
        "Multiply out: the squared distance of two rows is a sum of three "
        "parts. One belongs to the row of `a` alone, one to the row of `b` "
        "alone.",
        "All inner products of a row of `a` with a row of `b` are one matrix "
        "product, of shape `(N, M)`.",
        "The squared lengths of the rows of `a` must stand as a column, `(N, "
        "1)`, and those of `b` as a row, `(M,)`. The signs are plus, minus, "
        "plus.",
    ],
    text="""
        The squared lengths of the rows of `a` form a column, those of `b` a
        vector, and the products of all pairs are one matrix product.
        Broadcasting adds the three.
        """,
    rtol=1e-6,
    atol=1e-9,
)
def squared_distances(a, b):
    """Return the squared distance of each row of a to each row of b."""
    aa = (a**2).sum(axis=1)  # (N,)
    bb = (b**2).sum(axis=1)  # (M,)
    return aa[:, None] - 2 * a @ b.T + bb  # (N, 1) - (N, M) + (M,)


def _with_a_big_table(a, b):
    return ((a[:, None, :] - b) ** 2).sum(axis=-1)


squared_distances.wrong(
    "This is the distance. Leave the square root out.",
    lambda a, b: np.sqrt(_with_a_big_table(a, b)),
)

squared_distances.wrong(
    "The product in the middle comes twice: -2 a·b.",
    lambda a, b: squared_distances(a, b) + a @ b.T,
)

squared_distances.wrong(
    "The product in the middle is subtracted.",
    lambda a, b: squared_distances(a, b) + 4 * a @ b.T,
)

squared_distances.wrong(
    "The squared lengths of the rows of b are missing.",
    lambda a, b: squared_distances(a, b) - (b**2).sum(axis=1),
)

squared_distances.wrong(
    "Rows of the result belong to a, columns to b.",
    lambda a, b: squared_distances(a, b).T,
)


# ------------------------------------------------------------------------- 1.12


def _some_digits():
    data = load_digits()
    return [(data.x_test[::9], data.x_train[:500], data.t_train[:500])]


@exercise(
    "1.12",
    "The nearest of all images",
    cases=lambda: [
        (
            np.array([[0.0, 0.2], [5.0, 5.0], [1.0, 1.0]]),
            np.array([[0.0, 0.0], [6.0, 5.0], [1.0, 2.0], [9.0, 9.0]]),
            np.array([4, 7, 2, 5]),
        ),
        *_some_digits(),
    ],
    hints=[
        "You have the distances of all pairs from the last exercise, and "
        "`distances_by_product(x_train, x)` from the chapter gives them as "
        "well. Which axis belongs to the training images?",
        "`argmin` along that axis gives the *number of the row* that is "
        "nearest. That is not yet a label.",
        "An array of row numbers is an index: `t_train[rows]` looks up all "
        "labels at once.",
    ],
    text="""
        `argmin` along axis 1 gives the place of the nearest training row,
        and fancy indexing looks up the labels of all these places at once.

        It reads 344 of the 360 test images, 95.6 %, among them all 36 ones.
        But it has to keep all 91,968 numbers of the training set, and
        compare each new picture with every one of its rows. A network will
        do with fewer numbers.
        """,
    trial="""
        near = nearest_label(x_test, x_train, t_train) == t_test
        assert (near.sum(), near.size) == (344, 360)
        assert (near & ~right).sum() == 39 and (right & ~near).sum() == 1
        assert near[t_test == 1].sum() == (t_test == 1).sum() == 36
        assert x_train.size == 91_968
        """,
)
def nearest_label(x, x_train, t_train):
    """Return for each row of x the label of the nearest row of x_train."""
    distances = squared_distances(x, x_train)  # (N, M)
    return t_train[distances.argmin(axis=1)]  # (N,)


nearest_label.wrong(
    "This is the number of the nearest training row. Its label is wanted.",
    lambda x, x_train, t_train: squared_distances(x, x_train).argmin(axis=1),
)


@nearest_label.wrong("argmax finds the row that is farthest away.")
def _(x, x_train, t_train):
    return t_train[squared_distances(x, x_train).argmax(axis=1)]


nearest_label.wrong(
    "The largest product is not the smallest distance: a row with large "
    "numbers wins everywhere.",
    lambda x, x_train, t_train: t_train[(x @ x_train.T).argmax(axis=1)],
)


@nearest_label.wrong(
    "You searched along the wrong axis: one answer for each training row."
)
def _(x, x_train, t_train):
    return t_train[squared_distances(x, x_train).argmin(axis=0) % len(t_train)]


# ------------------------------------------------------------------------ 1.lab


def _look_at_pairs(answer, x, t, rng):
    other = np.random.default_rng(rng.integers(1000))
    same = copy.deepcopy(rng)
    x_new, t_new = map(np.asarray, answer(x, t, rng))
    x_same, x_other = (np.asarray(answer(x, t, r)[0]) for r in (same, other))
    row = x_new[:, 0].astype(int) % len(x)  # column 0 says which row it was
    whole = np.all(x[row] == x_new, axis=1)
    stays = np.mean(row == np.arange(len(x)))
    follows = np.mean(np.diff(row) % len(x) == 1)
    return {
        "the content of each row": "as before" if np.all(whole) else "changed",
        "the set of rows": "all" if len(set(row)) == len(x) else "only some",
        "the label of each row": (
            "its own" if np.all(t[row] == t_new) else "often another's"
        ),
        "the order of the labels": (
            "new" if np.any(t_new != t) else "as before"
        ),
        "the order of the rows": (
            "new" if max(stays, follows) < 0.3 else "mostly as before"
        ),
        "the type of the labels": (
            "whole numbers" if t_new.dtype.kind in "iu" else "decimal numbers"
        ),
        "the order from an equal `rng`": (
            "the same" if np.array_equal(x_new, x_same) else "another"
        ),
        "the order from another `rng`": (
            "the same" if np.array_equal(x_new, x_other) else "another"
        ),
    }


def _numbered_rows():
    x = np.arange(30.0)[:, None] + [0, 0.25, 0.5]  # (30, 3)
    t = np.random.default_rng(5).integers(10, size=30)
    return [(x, t, np.random.default_rng(1)), (x, t, np.random.default_rng(2))]


@exercise(
    "1.lab",
    "Find the bug and repair it",
    use=_look_at_pairs,
    cases=_numbered_rows,
    hints=[
        "What does a row of `x` have to do with the entry of `t` at the same "
        "place? Follow one image and its label through the function.",
        "`rng.permutation` draws a *new* order at each call. How many orders "
        "should be drawn?",
        "Draw an order of the row numbers, `rng.permutation(len(x))`, and "
        "use it as an index, twice.",
    ],
    text="""
        Each call of `rng.permutation` draws its own order. So an image gets
        the label of some other image, and each "class" is a random handful
        of all digits: ten times the same average.

        Shapes, types and counts were all in order, and no error was raised.
        What belongs together must be moved by **one** order. Draw it once,
        and use it as an index for both. Then each class has the same mean
        picture as before, in whatever order its images stand.

        Note how the bug was found: by looking. The picture of the means
        says at once what the number only hints at.
        """,
    trial="""
        rng = np.random.default_rng(0)
        x_new, t_new = shuffle_pairs(x_train, t_train, rng)
        for k in range(10):
            mean = x_new[t_new == k].mean(axis=0)
            assert np.allclose(mean, means[k], atol=1e-12)
        """,
)
def shuffle_pairs(x, t, rng):
    """Return the rows of x and the labels t in the same new order."""
    order = rng.permutation(len(x))  # one order ...
    return x[order], t[order]  # ... for both


@shuffle_pairs.starts_with(
    "Images and labels no longer belong together. In which order does each "
    "of the two come back?"
)
def _shuffled_separately(x, t, rng):
    return rng.permutation(x), rng.permutation(t)


shuffle_pairs.wrong(
    "Now the labels stay where they were, and the images move away.",
    lambda x, t, rng: (rng.permutation(x), t),
)

shuffle_pairs.wrong(
    "The pairs are kept, but nothing is shuffled any more.",
    lambda x, t, rng: (x, t),
)


@shuffle_pairs.wrong(
    "Rows are drawn with repeats: some come twice, others are lost."
)
def _(x, t, rng):
    order = rng.integers(len(x), size=len(x))
    return x[order], t[order]


_HIDDEN = np.random.default_rng(
    0
)  # like the one behind the old np.random functions

shuffle_pairs.wrong(
    "The order does not come from `rng`: the same generator should give the "
    "same order again.",
    lambda x, t, rng: shuffle_pairs(x, t, _HIDDEN),
)

shuffle_pairs.wrong(
    "The order does not depend on `rng`: the caller cannot choose it.",
    lambda x, t, rng: shuffle_pairs(x, t, np.random.default_rng(0)),
)


@shuffle_pairs.wrong(
    "Most rows stand where they stood, or beside their old neighbours: they "
    "are not shuffled."
)
def _(x, t, rng):
    by = rng.integers(1, len(x))
    return np.roll(x, by, axis=0), np.roll(t, by)


@shuffle_pairs.wrong(
    "The rows themselves have changed: their pixels have moved, or lost their "
    "decimals. Only whole rows should move."
)
def _(x, t, rng):
    x, t = shuffle_pairs(x, t, rng)
    return rng.permutation(x, axis=1), t


@shuffle_pairs.wrong(
    "The labels have become decimal numbers, as happens where they share an "
    "array with the images. Index `x` and `t` each for itself."
)
def _(x, t, rng):
    both = rng.permutation(np.column_stack([x, t]))
    return both[:, :-1], both[:, -1]
