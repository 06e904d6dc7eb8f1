"""The exercise kit itself, on synthetic exercises: one test for every diagnosis."""

import importlib
import inspect
import re
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from dlscratch import exercises
from dlscratch.exercises import Exercise, check, exercise, hint, solution
from dlscratch.exercises._kit import Misfit


@exercise(
    "9.1",
    "Softmax",
    cases=[np.array([0.5, 1.0, 2.0])],
    batch=[np.array([[1.0, 2.0, 3.0], [3.0, 5.0, 1.0]])],
    overflow=[np.array([1010.0, 1000.0, 990.0])],
    hints=["Use `np.exp`.", "Is a < b & c?", "Divide each row."],
    text=r"""
        Each row sums to 1:

        $$
        \sum_i y_i = 1
        $$
        """,
    trial="""
        y = softmax(np.zeros(2))
        assert y[0] == 0.5
        """,
)
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


SOFTMAX, softmax = softmax, softmax.reference


@SOFTMAX.wrong("You summed over the whole batch.")
def whole_batch(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def gate(w, x1, x2):
    return int(w[0] * x1 + w[1] * x2 + w[2] > 0)


NAND = Exercise(
    key="9.2",
    title="Weights for NAND",
    reference=(-0.5, -0.5, 0.7),
    cases=[(0, 0), (0, 1), (1, 0), (1, 1)],
    use=gate,
    code="w1, w2, b = -0.5, -0.5, 0.7",
)
NAND.wrong("This is AND.", (0.5, 0.5, -0.7))


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


def run_layer(cls, x, dy):
    layer = cls()
    return {"forward(x)": layer.forward(x), "backward(dy)": layer.backward(dy)}


RELU = Exercise(
    key="9.3",
    title="ReLU",
    reference=ReLU,
    cases=[(np.array([-1.0, 2.0]), np.array([3.0, 4.0]))],
    use=run_layer,
)
NUMBER = Exercise("9.4", "Predict", 0.6225, code="y = 0.6225", rtol=1e-3)


def make(reference, *cases, **more):
    return Exercise("9.9", "A test", reference, cases=list(cases), **more)


def add(x, y):
    return x + y


ADD = make(add, (1.5, 2.0))


def untouched(a):
    """Say what is wanted."""
    ...


def passing(a):
    pass


def half_done(a):
    e = ...
    return e


def half_done_too(a):
    e = ...
    return e / 2


def unwritten(a):
    raise NotImplementedError


def without_return(a):
    softmax(a)


def printing(a):
    print(softmax(a))


def undefined(a):
    total = a.sum()
    return total + tootal  # noqa: F821


def recursive(a):
    return recursive(a)


def in_place(a):
    a -= a.max(axis=-1, keepdims=True)
    return softmax(a)


def one_row_only(a):
    if a.ndim == 2:
        a = a.mean(axis=0)
    return softmax(a)


def chatty(a):
    print("the sum is", a.sum())
    return a


def naive(a):
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)


def quiet_nan(a):
    with np.errstate(all="ignore"):
        return naive(a)


def ends_program(a):
    raise SystemExit(1)


def calls_exit(a):
    if a.ndim == 3:
        exit()
    return softmax(a)


def quits_inside(a):
    return [quit() for row in a if row > 1e9] or softmax(a)


DIAGNOSES = [
    ("a dots", ..., "not started", "Not started yet"),
    ("None", None, "not started", "Not started yet"),
    ("empty body", untouched, "not started", "Not started yet"),
    ("pass", passing, "not started", "Not started yet"),
    ("returns dots", half_done, "not started", "`...`"),
    ("uses dots", half_done_too, "not started", "`...`"),
    ("NotImplementedError", unwritten, "not started", "`...`"),
    ("a result", softmax(np.zeros(3)), "answer", "without parentheses after `softmax`"),
    ("a number", 3, "answer", "You handed in one number"),
    (
        "two parameters",
        lambda a, b: a,
        "answer",
        "takes 2 parameters (`a, b`), expected 1",
    ),
    (
        "no parameter",
        lambda: 1,
        "answer",
        "takes 0 parameters (), expected 1: `softmax(a)`",
    ),
    (
        "exception",
        undefined,
        "raised",
        "raised `NameError: name 'tootal' is not defined`",
    ),
    ("its line", undefined, "raised", ": return total + tootal"),
    ("recursion", recursive, "raised", "called itself again and again"),
    ("undefined", undefined, "raised", "defined`. Did you run the cells above?"),
    (
        "exit()",
        calls_exit,
        "raised",
        "`softmax` uses `exit`, which ends the whole program: use `return` instead.",
    ),
    ("quit() inside", quits_inside, "raised", "`softmax` uses `quit`"),
    ("exit", ends_program, "raised", "tried to end the whole program"),
    ("no return", without_return, "nothing", "did you forget `return`?"),
    ("prints", printing, "nothing", "printed its result but returned nothing"),
    (
        "list",
        lambda a: list(softmax(a)),
        "type",
        "is a list of length 3, expected an array",
    ),
    ("nested list", lambda a: [1, [2, 3]], "type", "is a list of length 2"),
    ("text", lambda a: "1", "type", "is a text"),
    ("dictionary", lambda a: {"y": 1}, "type", "is a dict of length 1"),
    ("function", lambda a: softmax, "type", "is the function `softmax`"),
    ("complex", lambda a: a + 1j, "type", "is an array"),
    ("summed", lambda a: softmax(a).sum(), "shape", "axis 0 (of length 3) is missing"),
    (
        "extra axis",
        lambda a: softmax(a)[None],
        "shape",
        "shape `(1, 3)`, expected an array",
    ),
    (
        "too short",
        lambda a: softmax(a)[1:],
        "shape",
        "axis 0 has length 2 instead of 3",
    ),
    ("integers", lambda a: softmax(a).astype(int), "dtype", "decimals were cut off"),
    ("batch", whole_batch, "batch", "Right for one row, but wrong for a batch."),
    ("batch shape", one_row_only, "batch", "axis 0 (of length 2) is missing"),
    ("overflow", naive, "overflow", "made NumPy warn: `overflow encountered in exp`"),
    ("nan", quiet_nan, "overflow", "holds `nan`"),
    ("in place", in_place, "changed", "changes its input `a`"),
    ("values", lambda a: a, "values", "The first wrong entry is `[0]`"),
]


@pytest.mark.parametrize(
    ("answer", "stage", "phrase"),
    [pytest.param(*rest, id=label) for label, *rest in DIAGNOSES],
)
def test_each_stage_tells_what_is_wrong(answer, stage, phrase, capsys, recwarn):
    result = SOFTMAX.check(answer)
    assert (result.stage, result.passed) == (stage, False), result
    assert phrase in result.diagnosis
    assert repr(result).startswith("○" if stage == "not started" else "✘")
    assert "Traceback" not in repr(result)
    assert repr(result) == repr(SOFTMAX.check(answer))
    assert capsys.readouterr() == ("", "")
    assert not recwarn.list


def test_right_answers_pass():
    def with_another_name(values, axis=-1):
        """Do it in another way, and tell about it."""
        print("hello")
        e = np.exp(values - np.max(values, axis, keepdims=True))
        return e / np.sum(e, axis, keepdims=True)

    for answer in (softmax, with_another_name, lambda a: softmax(a).copy()):
        result = SOFTMAX.check(answer)
        assert result.passed
        assert repr(result) == (
            "✔ 9.1 Softmax\n"
            "  That is right. Checked: 1 input, a whole batch, extreme values."
        )


def test_a_wrong_value_shows_input_expected_and_yours():
    assert repr(ADD.check(lambda x, y: x * y / 7)) == (
        "✘ 9.9 A test\n"
        "  `add(1.5, 2)` is not right.\n"
        "    expected: 3.5\n"
        "    yours:    0.428571"
    )
    matrix = make(np.negative, np.zeros((2, 3)), name="negative")
    answer = np.zeros((2, 3))
    answer[1, 2] = 5
    text = matrix.check(lambda x: answer).diagnosis
    assert "`negative([[0, 0, 0], [0, 0, 0]])` is not right" in text
    assert "The first wrong entry is `[1, 2]`" in text


def test_stages_are_told_from_the_outside_in():
    """The third case raises, the second has a wrong shape, the first wrong values."""

    def reference(n):
        return np.ones(n)

    def answer(n):
        if n == 3:
            raise KeyError("three")
        return np.zeros(n + (n == 2))

    assert make(reference, 1).check(answer).stage == "values"
    assert make(reference, 1, 2).check(answer).stage == "shape"
    assert make(reference, 1, 2, 3).check(answer).stage == "raised"


@pytest.mark.parametrize(
    ("answer", "hint_text"),
    [
        (np.ones((3, 2)), "it is transposed"),
        (np.ones(3), "axis 0 (of length 2) is missing"),
        (np.ones(2), "axis 1 (of length 3) is missing"),
        (np.ones((2, 1)), "axis 1 has length 1 instead of 3"),
        (np.ones((1, 2, 3)), "axis 0 (of length 1) is too many"),
        (np.ones((2, 3, 4)), "axis 2 (of length 4) is too many"),
        (np.ones((4, 4, 4)), "shape `(4, 4, 4)`, expected an array of shape `(2, 3)`."),
    ],
)
def test_a_wrong_shape_names_the_axis(answer, hint_text):
    exercise = make(np.ones_like, np.zeros((2, 3)), name="ones")
    result = exercise.check(lambda x: answer)
    assert result.stage == "shape"
    assert hint_text in result.diagnosis


def test_a_known_mistake_is_named():
    result = SOFTMAX.check(whole_batch)
    assert result.diagnosis.endswith("You summed over the whole batch.")
    another = SOFTMAX.check(
        lambda a: np.exp(a - np.max(a)) / np.sum(np.exp(a - a.max()))
    )
    assert another.diagnosis.endswith("You summed over the whole batch.")
    assert "whole batch." not in SOFTMAX.check(one_row_only).diagnosis
    result = NAND.check([10, 10, -15])
    assert result.diagnosis.endswith("This is AND.")
    assert "This is AND." not in NAND.check((1, 1, 0)).diagnosis


def test_a_row_that_overflows_is_not_called_right():
    def logs(a):
        return np.log(0 * a) if a.ndim == 1 else a

    result = SOFTMAX.check(logs)
    assert result.stage == "batch"
    assert "Right for one row" not in result.diagnosis


def test_parameters_with_a_default_are_shown_with_it():
    def scaled(a, c=0.5):
        return c * a

    exercise = make(scaled, 1.0, (1.0, 3.0))
    assert exercise.check(lambda x, factor=0.5: x * factor).passed
    assert exercise.check(lambda a, c: c * a).diagnosis == (
        "Your `scaled` takes 2 parameters (`a, c`), expected 1 and 1 with a default: "
        "`scaled(a, c=0.5)`."
    )


def test_a_mistake_that_raises_is_named_only_for_the_same_error():
    def scalar_if(x):
        return 0.0 if x < 0 else x

    def maximum(x):
        return np.maximum(x, 0)

    array = np.array([-1.0, 1.0])
    exercise = make(maximum, array)
    exercise.wrong("`if` looks at one number.", scalar_if)
    same, other = (lambda x: x if x > 0 else 0), (lambda x: x.shap)
    assert "looks at one" in exercise.check(same).diagnosis
    assert "looks at one" not in exercise.check(other).diagnosis


def test_an_index_error_that_names_the_ellipsis_is_no_untouched_stub():
    result = SOFTMAX.check(lambda a: a["Ann"])
    assert result.stage == "raised", result
    assert "IndexError" in str(result)


def test_a_value_error_that_names_the_ellipsis_is_no_untouched_stub():
    result = SOFTMAX.check(lambda a: np.einsum("ij->i", np.zeros((2, 2, 2))))
    assert result.stage == "raised", result
    assert "ellipsis" in str(result)


def test_an_untouched_part_is_still_known_by_its_ellipsis():
    assert SOFTMAX.check(lambda a: a * ...).stage == "not started"


def test_a_helper_that_returns_its_own_class_is_not_taken_for_the_error():
    def negated(last):
        class Twice:
            def __init__(self, x):
                self.x = x

            def same(self):
                return Twice(self.x)

            def __neg__(self):
                return Twice(-getattr(self.same(), last))

        return Twice

    exercise = make(negated("x"), 2.0, use=lambda cls, x: (-cls(x)).x, name="Twice")
    assert exercise.check(negated("x")).passed
    text = exercise.check(negated("nothing")).diagnosis
    assert text.startswith("`Twice` raised `AttributeError"), text


def test_what_the_code_printed_is_shown_when_it_fails():
    assert "Your code printed: `the sum is 3.5`" in SOFTMAX.check(chatty).diagnosis


def test_a_python_overflow_is_an_overflow():
    import math

    exercise = make(lambda x: min(x, 1.0), 2.0, overflow=[1e4], name="f")
    result = exercise.check(lambda x: min(math.exp(x), 1.0))
    assert result.stage == "overflow"
    assert "OverflowError" in result.diagnosis


def test_an_endless_loop_is_stopped():
    def endless(a):
        while True:
            pass

    def stubborn(a):
        while True:
            try:
                endless(a)
            except BaseException:
                if len(seen) == 1:
                    raise
                seen.append(1)

    handler = signal.getsignal(signal.SIGALRM)
    seen = []
    exercise = make(softmax, *[np.ones(2)] * 5, time_limit=0.2)
    start = time.perf_counter()
    for answer in (endless, stubborn):
        result = exercise.check(answer)
        assert result.stage == "raised"
        assert "did not finish within 0.2 seconds" in result.diagnosis
    assert "within 1 second:" in make(abs, 1, time_limit=1.0).check(endless).diagnosis
    assert time.perf_counter() - start < 5
    if hasattr(signal, "getitimer"):  # no alarm is left behind
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        assert signal.getsignal(signal.SIGALRM) == handler


def test_no_further_input_is_tried_after_an_endless_loop():
    def endless(x):
        calls.append(x)
        while True:
            pass

    calls = []
    make(np.negative, 1, 2, 3, name="f", time_limit=0.1).check(endless)
    assert calls == [1]


def test_works_without_a_time_limit_in_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(SOFTMAX.check(softmax)))
    thread.start()
    thread.join()
    assert found[0].passed


def test_a_keyboard_interrupt_gets_through():
    def interrupted(a):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOFTMAX.check(interrupted)


def test_inputs_are_fresh_copies_for_each_call():
    data, rng = np.array([1.0, 2.0]), np.random.default_rng(0)
    before = rng.bit_generator.state

    def noisy(x, rng):
        return x + rng.normal(size=2)

    exercise = make(noisy, (data, rng))
    for _ in range(2):
        assert exercise.check(lambda x, rng: x + rng.normal(size=x.shape)).passed
    assert rng.bit_generator.state == before

    def destroy(x, rng):
        x[:] = 0
        return x

    assert exercise.check(destroy).stage == "changed"
    assert data.tolist() == [1.0, 2.0]


def test_changes_inside_lists_and_dictionaries_are_seen():
    exercise = make(lambda a, b: 1, ([1, [2]], {"x": np.zeros(1)}), name="one")

    def change_list(a, b):
        a[1].append(3)
        return 1

    def change_dict(a, b):
        b["x"] += 1
        return 1

    assert "`a`" in exercise.check(change_list).diagnosis
    assert "`b`" in exercise.check(change_dict).diagnosis
    assert exercise.check(lambda a, b: 1).passed


def test_an_answer_may_do_what_the_reference_does():
    def fill(x):
        x[:] = 1
        return np.log(x - 1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert make(fill, np.zeros(2)).check(fill).passed


def test_weights_are_checked_by_what_they_do():
    for right in ((-0.5, -0.5, 0.7), [-2, -2, 3], np.array([-1.0, -1.0, 1.5])):
        assert NAND.check(right).passed
    untouched, half = NAND.check((..., ..., ...)), NAND.check((-1, [...], 3))
    assert untouched.stage == half.stage == "not started"
    assert "Not started yet" in untouched.diagnosis
    assert "Not finished: there is still a `...` in it." in half.diagnosis
    assert "a tuple of length 2, expected" in NAND.check((1, 2)).diagnosis
    assert "Value 2 of 3 of your answer is a text" in NAND.check((1, "2", 3)).diagnosis
    assert NAND.check(gate).stage == "type"
    text = NAND.check((0, 0, 0)).diagnosis
    assert "Your answer is not right, with `x1 = 0`, `x2 = 0`." in text


def test_a_predicted_value_is_not_given_away():
    assert NUMBER.check(0.62246).passed
    assert NUMBER.check(np.float32(0.6225)).passed
    for wrong in (0.5, 1, True, "b", [0.6225], np.array([0.6]), np.nan, softmax):
        result = NUMBER.check(wrong)
        assert not result.passed
        assert "0.62" not in result.diagnosis
    word = Exercise("9.9", "Which?", "sigmoid", code="name = 'sigmoid'")
    assert word.check(" Sigmoid").passed
    assert word.check("relu").stage == "values"
    assert "sigmoid" not in word.check("relu").diagnosis
    array = Exercise("9.9", "Rows", np.array([1.0, 2.0]), code="rows = [1.0, 2.0]")
    assert array.check([1, 2]).passed
    assert array.check([1, 3]).stage == "values"
    assert array.check([1, 2, 3]).stage == "shape"
    assert array.check([[1], [2, 3]]).stage == "type"


def test_classes():
    class Empty:
        def __init__(self):
            self.mask = None

        def forward(self, x): ...

        def backward(self, dy): ...

    class HalfDone(ReLU):
        def forward(self, x):
            return super().forward(x)

        def backward(self, dy): ...

    class NoMask(ReLU):
        def backward(self, dy):
            return dy

    class NoBackward:
        def forward(self, x):
            return np.maximum(x, 0)

    assert RELU.check(ReLU).passed
    assert RELU.check(Empty).stage == "not started"
    assert "The method `backward` is still empty" in RELU.check(HalfDone).diagnosis
    assert "without parentheses after `ReLU`" in RELU.check(ReLU()).diagnosis
    assert "has no attribute 'backward'" in RELU.check(NoBackward).diagnosis
    text = RELU.check(NoMask).diagnosis
    told = "`backward(dy)` of `ReLU` is not right, with `x = [-1, 2]`, `dy = [3, 4]`."
    assert text.startswith(told)


def test_objects_are_tried_with_use():
    class Network:
        def __init__(self, scale):
            self.scale = scale

        def predict(self, x):
            return self.scale * x

    def predict(network, x):
        return network.predict(x)

    exercise = make(Network(2), 3.0, use=predict, code="network = Network(2)")
    assert exercise.check(Network(2.0)).passed
    assert exercise.check(Network(3.0)).stage == "values"
    assert "expected an object of type `Network`" in exercise.check(3.0).diagnosis


def test_several_return_values():
    exercise = make(divmod, (7, 2), name="divmod")
    assert exercise.check(lambda a, b: [3, 1]).passed
    assert "is one number, expected a tuple" in exercise.check(lambda a, b: 3).diagnosis
    told = "Value 2 of 2 in the result of `divmod(7, 2)` is not right."
    assert told in exercise.check(lambda a, b: (3, 2)).diagnosis
    assert exercise.check(lambda a, b: (3, None)).stage == "type"


def test_nothing_returned_is_seen_before_use_stumbles_over_it():
    def pair(x):
        return x, x

    def total(answer, x):
        a, b = answer(x)
        return a + b

    exercise = make(pair, 2.0, use=total)
    assert exercise.check(pair).passed
    result = exercise.check(lambda x: print(x))
    assert (result.stage, "`return`" in result.diagnosis) == ("nothing", True)
    assert exercise.check(lambda x: None + x).stage == "raised"


def pair(x):
    return x, np.ones(3)


def added(answer, x):
    a, b = answer(x)
    return a + b


@pytest.mark.parametrize(
    ("answer", "stage", "text"),
    [
        (lambda x: 7, "type", "`pair(2)` is one number, expected a tuple of length 2."),
        (
            lambda x: (x, {}),
            "type",
            "Value 2 of 2 in the result of `pair(2)` is a dict of length 0, expected "
            "an array of shape `(3,)`.",
        ),
        (
            lambda x: (np.ones(2), np.ones(3)),
            "shape",
            "Value 1 of 2 in the result of `pair(2)` is an array of shape `(2,)`, "
            "expected one number: axis 0 (of length 2) is too many.",
        ),
    ],
)
def test_what_use_stumbles_over_is_told_by_its_kind(answer, stage, text):
    result = make(pair, 2.0, use=added).check(answer)
    assert (result.stage, result.diagnosis) == (stage, text)


def test_an_error_inside_the_answer_is_its_own():
    exercise = make(pair, 2.0, use=added)
    assert "raised `KeyError" in exercise.check(lambda x: {}[x]).diagnosis


def test_use_can_say_why_it_cannot_work():
    def joined(answer, n):
        x, y = answer(n)
        if len(x) != len(y):
            raise Misfit(f"`x` has length {len(x)}, expected {len(y)}, as for `y`")
        return np.append(x, y)

    def zeros(n):
        return np.zeros(n), np.zeros(n)

    # How many they return is free, so their shapes are not compared.
    exercise = make(zeros, 2, use=lambda answer, n: joined(answer, n).sum())
    assert exercise.check(lambda n: (np.zeros(5), np.zeros(5))).passed
    result = exercise.check(lambda n: (np.zeros(4), np.zeros(5)))
    assert result.stage == "shape"
    assert result.diagnosis == (
        "`zeros(2)` does not fit: `x` has length 4, expected 5, as for `y`."
    )
    assert "expected a tuple" in exercise.check(lambda n: np.zeros(n)).diagnosis


def test_a_method_that_returns_nothing_is_named():
    class Silent(ReLU):
        def forward(self, x):
            self.helper()
            super().forward(x)

        def helper(self):
            self.calls = 1

    class Printing(ReLU):
        def backward(self, dy):
            print(super().backward(dy))

    assert RELU.check(Silent).diagnosis == (
        "`forward([-1, 2])` of `ReLU` returned nothing: did you forget `return`?"
    )
    told = "`backward([3, 4])` of `ReLU` printed its result but returned nothing."
    assert told in RELU.check(Printing).diagnosis
    whole = type("Whole", (Silent,), {"forward": ReLU.forward})
    assert RELU.check(whole).passed


def test_nothing_returned_is_seen_in_what_use_calls():
    def below(answer, x):
        return added(answer, x)

    exercise = make(pair, 2.0, use=below)
    told = exercise.check(lambda x: print(x)).diagnosis
    assert told.startswith("`pair(2)` printed its result but returned nothing.")
    told = exercise.check(lambda x: [].clear()).diagnosis
    assert told == "`pair(2)` returned nothing: did you forget `return`?"


def test_missing_and_surplus_keys_are_named():
    exercise = make(lambda x: {"a": x, "b": x}, 1.0, name="parts")
    for got, told in [
        ({"a": 1.0}, "lacks `b`."),
        ({"a": 1.0, "b": 1.0, "c d": 1}, "has `c d`, which should not be there."),
        ({"a": 1.0, 3: 1}, "lacks `b` and has `3`, which should not be there."),
        (3.0, "is one number, expected a dict of length 2."),
    ]:
        assert exercise.check(lambda x, got=got: got).diagnosis == f"`parts(1)` {told}"


def test_truth_values_are_called_so():
    told = make(lambda x: x > 0, 1.0, name="f").check(lambda x: "yes").diagnosis
    assert told == "`f(1)` is a text, expected True or False."


def test_long_labels_show_no_long_arrays():
    def shown(*case):
        exercise = make(lambda *arrays: 1.0, case, name="f")
        text = exercise.check(lambda *arrays: 2.0).diagnosis
        return text.removeprefix("`f(").partition(")` is not")[0]

    half = np.full((4, 3), 0.125)
    assert shown(np.ones((4, 3))).startswith("[[1, 1, 1]")
    assert shown(half, [2.5, 0, 1]) == "array of shape (4, 3), [2.5, 0, 1]"
    assert shown(half, half[:2, 0], 3) == "array of shape (4, 3), [0.125, 0.125], 3"

    def use(answer, x):
        return answer(x)

    told = make(np.sum, (half,), use=use, name="f").check(lambda x: 0.0).diagnosis
    assert told.startswith("`f` is not right, with `x = array of shape (4, 3)`.")


def test_verify_says_its_own_sentence():
    def shuffled(x, rng):
        return rng.permutation(x)

    def verify(answer):
        y = answer(np.arange(9), np.random.default_rng(1))
        return None if sorted(y) == list(range(9)) else "Some items got lost."

    case = (np.arange(9), np.random.default_rng(0))
    exercise = make(shuffled, case, rtol=None, verify=verify)
    exercise.wrong("All are zero.", lambda x, rng: np.zeros_like(x))
    assert exercise.check(lambda x, rng: x[np.argsort(rng.random(len(x)))]).passed
    text = exercise.check(lambda x, rng: 0 * x).diagnosis
    assert text == "Some items got lost.\nAll are zero."
    assert exercise.check(lambda x, rng: 0 * x + 1).diagnosis == "Some items got lost."
    assert exercise.check(lambda x, rng: x[1:]).stage == "shape"
    failing = make(shuffled, case, rtol=None, verify=lambda answer: answer(1))
    assert failing.check(shuffled).stage == "raised"


def test_strict_dtype():
    def positive(x):
        return (x > 0).astype(int)

    array = np.array([-1.0, 1.0])
    assert make(positive, array).check(lambda x: x > 0).passed
    result = make(positive, array, strict_dtype=True).check(lambda x: x > 0)
    assert result.stage == "dtype"
    assert "has dtype `bool`, expected `int64`" in result.diagnosis
    single = make(np.negative, np.ones(2, np.float32), strict_dtype=True, name="f")
    assert (
        "`float64`, expected `float32`"
        in single.check(lambda x: -1.0 * np.ones(2)).diagnosis
    )
    scalar = make(lambda x: 1, 2.0, strict_dtype=True, name="f")
    assert "has dtype `bool`, expected `int`" in scalar.check(lambda x: True).diagnosis


def test_decimals_may_be_cut_off_or_rounded():
    exercise = make(lambda x: x + 0.7, np.array([2.0, 3.0]), name="f")
    for cut in (np.trunc, np.rint):
        result = exercise.check(lambda x, cut=cut: cut(x + 0.7).astype(int))
        assert result.stage == "dtype"
    assert exercise.check(lambda x: x.astype(int) * 5).stage == "values"


def test_overflow_is_seen_though_numpy_is_told_to_be_silent():
    with np.errstate(all="ignore"):
        assert "made NumPy warn" in SOFTMAX.check(naive).diagnosis


def test_the_line_is_the_readers_own_when_numpy_raises():
    def invert(x):
        return np.linalg.inv(x)

    exercise = make(np.negative, np.zeros((2, 2)), name="f")
    assert ": return np.linalg.inv(x)" in exercise.check(invert).diagnosis


def test_warnings_of_a_matrix_product_are_not_trusted():
    def product(x):
        warnings.warn(
            "divide by zero encountered in matmul", RuntimeWarning, stacklevel=1
        )
        return x @ x

    assert make(lambda x: x @ x, np.eye(2), name="f").check(product).passed


def test_shown_numbers_are_short_and_without_noise():
    exercise = make(lambda x: 1 / 3, 1.0, name="third")
    assert "yours:    0.666667" in exercise.check(lambda x: 2 / 3).diagnosis
    assert "yours:    0\n" in exercise.check(lambda x: 1e-17).diagnosis + "\n"

    def complain(x):
        raise ValueError(f"{object()} is wrong")

    assert (
        "`ValueError: <object object> is wrong`." in exercise.check(complain).diagnosis
    )
    large = make(np.sum, np.zeros((20, 30)), name="total")
    assert "`total(array of shape (20, 30))`" in large.check(lambda x: 1.0).diagnosis


def test_cases_may_be_made_when_needed():
    exercise = Exercise(
        "9.9", "Later", add, cases=lambda: [(1, 2)], after="Well summed."
    )
    assert exercise.check(add).diagnosis.endswith("Checked: 1 input. Well summed.")
    assert exercise.check(lambda x, y: x).stage == "values"


def test_a_definition_without_anything_to_check_is_refused():
    with pytest.raises(ValueError, match="needs use="):
        Exercise("9.9", "A class", ReLU, cases=[1])
    with pytest.raises(ValueError, match="needs cases="):
        Exercise("9.9", "A function", add)
    with pytest.raises(ValueError, match="needs code="):
        Exercise("9.9", "A value", 3)


def test_an_exercise_stands_for_its_reference():
    assert isinstance(SOFTMAX, Exercise)
    np.testing.assert_array_equal(SOFTMAX(np.ones(2)), [0.5, 0.5])

    @exercise("9.9", "A gate", cases=[np.ones(2)], use=lambda cls, x: cls().forward(x))
    class Open:
        def forward(self, x):
            return 2 * x

    @Open.wrong("That is another gate.")
    class Other(Open):
        def forward(self, x):
            return super().forward(x) + 1

    assert issubclass(Other, Open.reference)
    assert isinstance(Open(), Open.reference)
    assert Open.check(Open.reference).passed
    assert Open.check(Other).diagnosis.endswith("\nThat is another gate.")


def test_a_wrong_answer_is_declared_with_or_without_a_name():
    double = make(lambda x: 2 * x, 3.0, name="double")
    assert double.wrong("Squared.", np.square) is np.square

    @double.wrong("Halved.")
    def half(x):
        return x / 2

    assert half(3.0) == 1.5
    assert [(m.text, m.answer) for m in double.mistakes] == [
        ("Squared.", np.square),
        ("Halved.", half),
    ]
    assert double.check(lambda x: x * x).diagnosis.endswith("\nSquared.")
    assert double.check(lambda x: 0.5 * x).diagnosis.endswith("\nHalved.")
    assert make(abs, 1).mistakes == []


def test_the_code_with_the_bug_is_one_of_the_wrong_answers():
    repaired = make(lambda x: 2 * x, 3.0, name="repaired")

    @repaired.starts_with("It squares.")
    def squared(x):
        return x**2

    assert squared(3.0) == 9.0
    assert repaired.start is squared
    assert repaired.check(squared).stage == "not started"
    assert repaired.check(lambda x: x * x).diagnosis.endswith("\nIt squares.")


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(
        exercises, "all_exercises", lambda: {"9.1": SOFTMAX, "9.2": NAND}
    )


def test_a_key_must_not_be_declared_twice(tmp_path, monkeypatch):
    code = (
        "from dlscratch.exercises import Exercise\n"
        "number = Exercise('99.1', 'Number', 1, code='n = 1')\n"
    )
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    for name in ("chapter98", "chapter99"):
        monkeypatch.delitem(sys.modules, f"dlscratch.exercises.{name}", raising=False)
        tmp_path.joinpath(f"{name}.py").write_text(code)
        importlib.invalidate_caches()
        if name == "chapter98":
            assert exercises.all_exercises()["99.1"].title == "Number"
    with pytest.raises(
        ValueError, match=r"99\.1 is declared twice, again in chapter99"
    ):
        exercises.all_exercises()
    for name in ("chapter98", "chapter99"):
        sys.modules.pop(f"dlscratch.exercises.{name}")


@pytest.mark.usefixtures("registered")
def test_the_readers_functions():
    assert check("9.1", softmax).passed
    assert check("9.1").stage == "not started"
    assert "no exercise '9.77'. There are: 9.1, 9.2." in check("9.77", 1).diagnosis
    assert "The chapters are: 9." in check("chapter", 1).diagnosis
    for wrong_key in (9.1, softmax, None):
        assert "in quotes" in check(wrong_key, softmax).diagnosis
        assert not hint(wrong_key).passed
        assert not solution(wrong_key).passed
    assert check("9.9", 1)._repr_html_().count("<code>") == 0
    assert 'as in `"2.1"`.' in check(2.1).diagnosis


@pytest.mark.usefixtures("registered")
def test_exactly_one_answer_is_handed_in():
    result = check("9.1")
    assert repr(result) == (
        '○ 9.1 Softmax\n  Hand in one answer: `check("9.1", softmax)`.'
    )
    assert result.stage == "not started"
    result = check("9.2", -1, -1, 2)
    assert repr(result).startswith("✘ 9.2 Weights for NAND\n")
    assert result.diagnosis == (
        "Hand in one answer; put the values into one pair of parentheses: "
        '`check("9.2", (w1, w2, b))`.'
    )


@pytest.mark.parametrize("key", [" 2.1 ", "Exercise 2.1", "exercise 2.1.", "2-1"])
def test_a_key_may_be_written_in_other_ways(key):
    assert check(key, ...).heading.startswith("2.1 ")
    assert hint(key) == hint("2.1")


def test_an_unknown_key_is_told_its_neighbours():
    for key, told in [
        ("6.1", "There are: 6a.1, 6b.1, 6c.1."),
        ("2.99", "There are: 2.lab, 2.1, 2.2, "),
        ("0.5", "The chapters are: 1, 2, 3, "),
    ]:
        text = f"There is no exercise '{key}'. {told}"
        assert check(key, 1).diagnosis.startswith(text)
    assert len(check("0.5", 1).diagnosis) < 150


def test_a_forgotten_key_shows_one_sentence():
    text = 'Write the number of the exercise in quotes, as in `"2.1"`.'
    assert repr(check(softmax)) == f"✘ {text}"
    assert check(softmax)._repr_html_() == (
        '<div class="check">\n<p>✘ Write the number of the exercise in quotes, as in '
        '<code>"2.1"</code>.</p>\n</div>'
    )


@pytest.mark.usefixtures("registered")
def test_a_solution_is_closed_markdown_and_tells_how_to_print_it():
    assert repr(solution("9.1")) == (
        'Solution of exercise 9.1. To read it here: print(solution("9.1"))'
    )
    assert str(solution("9.1")).startswith(
        "Solution of exercise 9.1. Softmax\n\n"
        "Each row sums to 1:\n\n$$\n\\sum_i y_i = 1\n$$\n\n"
        "def softmax(a):\n    e = np.exp("
    )
    assert str(solution("9.2")).endswith("NAND\n\nw1, w2, b = -0.5, -0.5, 0.7")
    assert solution("9.1")._repr_markdown_() == (
        '<details class="solution">\n'
        "<summary>Solution of exercise 9.1</summary>\n\n"
        "Each row sums to 1:\n\n$$\n\\sum_i y_i = 1\n$$\n\n"
        "```python\n"
        "def softmax(a):\n"
        "    e = np.exp(a - a.max(axis=-1, keepdims=True))\n"
        "    return e / e.sum(axis=-1, keepdims=True)\n\n\n"
        "y = softmax(np.zeros(2))\n"
        "assert y[0] == 0.5\n"
        "```\n\n"
        "</details>"
    )
    assert not hasattr(solution("9.1"), "_repr_html_")


@pytest.mark.usefixtures("registered")
def test_hints_unfold_one_inside_the_other():
    assert repr(hint("9.1")) == 'Hint 1 of 3: Use `np.exp`.\nNext: hint("9.1", 2)'
    assert repr(hint("9.1", 3)).endswith('Divide each row.\nNext: solution("9.1")')
    long = make(abs, 1, hints=["Look at a rather-long " + "line, " * 20])
    assert max(map(len, repr(exercises.Hints(long, 1)).splitlines())) <= 80
    page = hint("9.1")._repr_html_()
    assert page.count("<details") == page.count("</details>") == 3
    assert page.endswith("</details></details></details>")
    assert " open" not in page
    assert "<code>np.exp</code>" in page
    assert "Is a &lt; b &amp; c?" in page
    assert [page.index(f"Hint {i} of 3") for i in (1, 2, 3)] == sorted(
        page.index(f"Hint {i} of 3") for i in (1, 2, 3)
    )
    assert "Hint 1" not in hint("9.1", 2)._repr_html_()
    for number in (0, 4, "2", None, -1):
        assert "It has 3 hints" in hint("9.1", number).diagnosis


def test_words_in_asterisks_are_stressed_and_products_are_not():
    lines = "Subtract the *largest* score, `a * b * c`, not 2 * x * y or 3*x*y."
    page = exercises.Hints(make(abs, 1, hints=[lines] * 3), 3)._repr_html_()
    assert "the <em>largest</em> score, <code>a * b * c</code>, not" in page
    assert "not 2 * x * y or 3*x*y." in page


def test_a_result_shows_itself_as_html():
    assert ADD.check(lambda x, y: x + 0 * y)._repr_html_() == (
        '<div class="check">\n'
        "<p>✘ <b>9.9 A test</b></p>\n"
        "<p><code>add(1.5, 2)</code> is not right.</p>\n"
        "<pre>expected: 3.5\nyours:    1.5</pre>\n"
        "</div>"
    )
    page = make(add, (1, 2)).check(lambda x, y: "<b>" + undefined(x))._repr_html_()
    assert "<code>AttributeError: 'int' object has no attribute 'sum'</code>" in page
    assert "<pre>line " in page

    def tricky(x, y):
        raise ValueError("`a` < b & <script>")

    page = ADD.check(tricky)._repr_html_()
    assert "<code>ValueError: 'a' &lt; b &amp; &lt;script&gt;</code>" in page
    assert page.count("<p>") == page.count("</p>") == 2
    assert page.count("<pre>") == page.count("</pre>") == 1
    assert ADD.check(...)._repr_html_().startswith('<div class="check">\n<p>○ <b>9.9')


def test_words_are_not_shown_as_code():
    parts = {"the sum": 1, "y": 2, "forward(x)": 3}
    exercise = Exercise("9.9", "Parts", parts, code="p = 1", use=lambda answer: answer)
    told = exercise.check(parts | {"forward(x)": 4}).diagnosis
    assert told.startswith("`forward(x)` of your answer is not right.")
    assert told.endswith("Right so far: the sum, `y`.")


def normalised(x):
    """Return x, so that it sums to 1."""
    total = 0.0
    for value in x:
        total += value
    if total == 0:
        total = 1.0
        x = np.ones(2)
    return np.array([value / total for value in x])


class Gate:
    def __init__(self, c=0):
        self.c = c

    def forward(self, x):
        return np.maximum(x, self.c)


def _rewritten(answer, old, new):
    """Return a function or class with another text in its source."""
    names, source = {"np": np}, inspect.getsource(answer)
    assert old in source
    exec(source.replace(old, new, 1), names)
    return names[answer.__name__]


BUGS = [
    make(np.abs, np.ones(2), name="normalised"),
    make(ReLU, np.ones(2), use=lambda cls, x: cls().forward(x)),
]
BUGS[0].starts_with("It keeps a sum of 0.")(normalised)
BUGS[1].starts_with("It forgets the mask.")(Gate)


@pytest.mark.parametrize(
    ("exercise", "old", "new"),
    [
        (BUGS[0], "", ""),
        (BUGS[0], "def", "\n\n# Mine.\nimport numpy as np\n\n\ndef"),
        (BUGS[0], "so that it sums to 1", "changed"),
        (BUGS[0], '    """Return x, so that it sums to 1."""\n', ""),
        (BUGS[1], "", ""),
        (BUGS[1], "class", "import numpy as np\n\n\nclass"),
        (BUGS[1], "return", "# my comment\n        return"),
    ],
)
def test_code_with_the_bug_is_not_started(exercise, old, new):
    result = exercise.check(_rewritten(exercise.start, old, new))
    assert result.stage == "not started"
    assert result.diagnosis == (
        "Not started yet: this is still the code with the bug. Find the bug, change "
        "the code, run it, and check again."
    )


@pytest.mark.parametrize(
    ("exercise", "old", "new"),
    [
        (BUGS[0], "value in x:", "v in x:"),
        (BUGS[0], "total == 0", "total <= 0"),
        (BUGS[0], "0.0", "0"),
        (BUGS[0], "np.array", "np.abs"),
        (BUGS[0], "        x = np.ones", "    x = np.ones"),  # after the `if`
        (BUGS[0], "value / total for", "total / value for"),
        (BUGS[1], "= c", "= 2 * c"),
        (BUGS[1], "maximum", "minimum"),
        (BUGS[1], "forward", "predict"),
    ],
)
def test_changed_code_is_started(exercise, old, new):
    assert exercise.check(_rewritten(exercise.start, old, new)).stage != "not started"


def test_an_answer_without_code_of_its_own_is_started():
    assert BUGS[0].check(np.negative).stage == "values"
    assert BUGS[1].check(int).stage == "raised"


def test_long_diagnoses_are_wrapped():
    result = SOFTMAX.check(lambda a: list(a))
    assert max(map(len, repr(result).splitlines())) <= 80
    assert len(repr(result).splitlines()) > 2


def test_of_named_parts_the_first_wrong_one_is_told():
    def three(a):
        return {"first": a, "second": 2 * a, "third": 3 * a}

    def second_and_third(a):  # a wrong shape is told before a wrong value, elsewhere
        return three(a) | {"second": a, "third": np.append(a, 1.0)}

    def only_first(a):
        return three(a) | {"first": -a}

    exercise = make(three, np.array([1.0, 2.0]))
    told = exercise.check(second_and_third).diagnosis
    assert "`second` in the result of `three([1, 2])` is not right" in told
    assert "Right so far: `first`." in told
    assert "third" not in told
    told = exercise.check(only_first).diagnosis
    assert "`first` in the result of `three([1, 2])` is not right" in told
    assert "so far" not in told


def _totals(x):
    return x.sum(axis=1)


@pytest.mark.parametrize(
    ("means", "answer", "told"),
    [
        ("loops", lambda x: np.array([row.sum() for row in x]), "uses a loop"),
        ("loops", lambda x: np.array(list(map(np.sum, x))), "uses `map`"),
        ("loops", lambda x: np.apply_along_axis(np.sum, 1, x), "`apply_along_axis`"),
        ("numpy", lambda x: np.sum(x, axis=1), "uses `np`"),
        ("sum", lambda x: np.sum(x, axis=1), "uses `sum`"),
        ("sum", _totals, "uses `sum`"),
    ],
)
def test_right_numbers_by_forbidden_means(means, answer, told):
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert make(_totals, x).check(answer).passed
    exercise = make(_totals, x, without=[means])
    result = exercise.check(answer)
    assert result.stage == "values"
    assert "Its numbers are right, but" in result.diagnosis
    assert told in result.diagnosis, result
    assert exercise.check(lambda x: x @ [1, 1]).passed
    assert "not right" in exercise.check(lambda x: x @ [1, 2]).diagnosis


def test_a_loop_is_found_in_every_form():
    def with_while(x):
        i = total = 0
        while i < len(x):
            total, i = total + x[i], i + 1
        return total

    def with_itself(x):
        return x[0] + with_itself(x[1:]) if len(x) else 0.0

    exercise = make(lambda x: x.sum(), np.array([1.0, 2.0, 4.0]), without=["loops"])
    for answer in (with_while, with_itself, lambda x: sum(v for v in x)):
        assert "find a way without" in exercise.check(answer).diagnosis
    for answer in (lambda x: sum(x), lambda x: np.add.reduce(x) if len(x) else 0):
        assert not re.search("a loop", exercise.check(answer).diagnosis)


def test_what_is_kept_between_calls_is_noticed():
    kept = []

    def doubled(x):
        kept.append(x)
        return 2 * x if len(kept) < 3 else 2 * x + 1

    exercise = make(lambda x: 2 * x, 1.0, 2.0)
    result = exercise.check(doubled)
    assert result.stage == "values"
    assert "gave another result when it was called again" in result.diagnosis
    assert exercise.check(lambda x: x + x).passed


def test_containers_for_pairs_and_where_any_will_do():
    pair = make(lambda x: (x, 2 * x), 1.5)
    for kind in (tuple, list, np.array):
        assert pair.check(lambda x, kind=kind: kind([x, 2 * x])).passed
    assert pair.check(lambda x: np.array([[x], [2 * x]])).stage != "passed"
    pair = make(lambda x: (x, 2 * x), np.array([1.0, 2.0]))
    assert pair.check(lambda x: np.array([x, 2 * x])).passed
    assert pair.check(lambda x: x).stage == "type"  # one array, by chance of length 2
    array = make(lambda x: np.array([x, 2 * x]), 1.5)
    assert array.check(lambda x: [x, 2 * x]).stage == "type"
    array = make(lambda x: np.array([x, 2 * x]), 1.5, any_container=True)
    for kind in (tuple, list, np.array):
        assert array.check(lambda x, kind=kind: kind([x, 2 * x])).passed


@pytest.mark.parametrize(
    ("right", "wrong", "shown"),
    [
        (0.297906, 0.2979064, ("0.297906", "0.2979064")),
        (1.0, 1.0 + 1e-8, ("1", "1.00000001")),
        (1e-200, 2e-200, ("1e-200", "2e-200")),
        (0.0, 1e-15, ("0", "1.0000000000000001e-15")),
    ],
)
def test_what_differs_is_shown_different(right, wrong, shown):
    exercise = make(lambda x: right, 1.0, rtol=1e-12, atol=0.0)
    told = exercise.check(lambda x: wrong).diagnosis
    assert f"  expected: {shown[0]}\n  yours:    {shown[1]}" in told
