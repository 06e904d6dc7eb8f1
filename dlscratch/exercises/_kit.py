"""The machine behind `check`: run an answer safely, compare it from the outside in."""

import contextlib
import copy
import dis
import html
import inspect
import io
import linecache
import os
import re
import signal
import textwrap
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# From the outside in: the first stage that fails is the one that is told.
STAGES = (
    "not started",
    "answer",  # not the kind of thing that was asked for
    "raised",
    "nothing",
    "type",
    "shape",
    "dtype",
    "batch",
    "overflow",
    "changed",
    "values",
)
_OF_A_VALUE = ("type", "shape")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_THEIRS = (_PACKAGE, os.path.dirname(np.__path__[0]), os.path.dirname(os.__file__))


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer, and the sentence that names the misconception."""

    wrong: object
    text: str


@dataclass(frozen=True)
class Exercise:
    """An exercise: the reference answer, the inputs to compare it on, and the hints.

    Parameters
    ----------
    key, title : str
        Its number, such as ``"2.1"``, and its title.
    reference : function, class or value
        The right answer. Its source code is what `solution` shows.
    cases, batch, overflow : list, or function that returns a list
        Inputs. Each is the one argument, or a tuple of all arguments. ``batch`` holds
        inputs of several rows, ``overflow`` inputs with extreme values.
    hints : list of str
        From a nudge to nearly the answer; ``code`` stands in backticks.
    mistakes : list of Mistake
        Wrong answers that are recognised by what they do with the inputs.
    use : function of (answer, *case), optional
        What to do with the answer. By default a function is called, and a value is
        taken as it is. A returned dictionary names its parts.
    verify : function of (answer), optional
        A test of its own; returns None, or a sentence that says what is wrong.
    name : str, optional
        What messages call the answer; by default the reference's name.
    after : str, optional
        A sentence to add when the answer is right.
    rtol, atol : float
        Tolerances. With ``rtol=None`` the values are not compared.
    strict_dtype : bool
        Whether bool, int and float (and their size) must be as in the reference.
    break_it : bool
        Whether the exercise starts from code with a bug instead of an empty body.
    time_limit : float
        Seconds for each call.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> exercise = Exercise("0.1", "Double it", double, cases=[1.5, 4.0])
    >>> exercise.check(lambda x: x + 2)
    ✘ 0.1 Double it
      double(1.5) is not right.
        expected: 3
        yours:    3.5
    """

    key: str
    title: str
    reference: object
    cases: list | Callable = ()
    batch: list | Callable = ()
    overflow: list | Callable = ()
    hints: list = ()
    mistakes: list = ()
    use: Callable | None = None
    verify: Callable | None = None
    name: str = ""
    after: str = ""
    rtol: float | None = 1e-6
    atol: float = 1e-8
    strict_dtype: bool = False
    break_it: bool = False
    time_limit: float = 10.0

    def __post_init__(self):
        """Fill in the name, and refuse a definition that could not be checked."""
        if not self.name:
            name = getattr(self.reference, "__name__", "your answer")
            object.__setattr__(self, "name", name)
        if inspect.isclass(self.reference) and self.use is None:
            raise ValueError(f"exercise {self.key}: a class needs use=")
        if callable(self.reference) and not (self.cases or self.verify):
            raise ValueError(f"exercise {self.key}: a function needs cases= or verify=")

    def check(self, answer):
        """Return a `Result` for an answer; never raise because of it."""
        problem = _diagnose(self, answer)
        heading = f"{self.key} {self.title}"
        if problem is None:
            text = f"That is right. Checked: {self._checked()}. {self.after}".rstrip()
            return Result("✔", heading, text, "passed")
        symbol = "○" if problem.stage == "not started" else "✘"
        return Result(symbol, heading, problem.text, problem.stage)

    def _inputs(self, group):
        """Return the cases of a group, each as a tuple of arguments."""
        cases = getattr(self, group)
        cases = cases() if callable(cases) else cases
        if group == "cases" and not len(cases) and not callable(self.reference):
            return [()]
        return [case if isinstance(case, tuple) else (case,) for case in cases]

    def _call(self, answer, *args):
        if self.use is not None:
            return self.use(answer, *args)
        return answer(*args) if callable(self.reference) else answer

    def _names(self):
        """Return the names of a case's arguments."""
        function = self.use or self.reference
        names = list(inspect.signature(function).parameters)
        return names[1:] if self.use else names

    def _label(self, case):
        """Return how a message names one call."""
        if not case:
            return self.name
        if self.use is None:
            return f"{self.name}({', '.join(map(_show, case))})"
        names = [*self._names(), *[""] * len(case)]
        pairs = zip(names, case, strict=False)
        return f"{self.name} with " + ", ".join(f"{n} = {_show(v)}" for n, v in pairs)

    def _checked(self):
        n_cases = len(self._inputs("cases")) if callable(self.reference) else 0
        parts = [_count(n_cases, "input")] if n_cases else ["your answer"]
        if self.use and not callable(self.reference):
            parts = [f"{self.name} on {_count(len(self._inputs('cases')), 'input')}"]
        parts += ["a whole batch"] if self.batch else []
        parts += ["extreme values"] if self.overflow else []
        parts += ["its properties"] if self.verify else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Result:
    """What `check` found: shown as text; ``passed``, ``diagnosis`` and ``stage``."""

    symbol: str
    heading: str
    diagnosis: str
    stage: str

    @property
    def passed(self):
        """Whether the answer is right."""
        return self.symbol == "✔"

    def __repr__(self):
        """Return the symbol, the exercise, and the diagnosis, wrapped for a page."""
        lines = []
        for line in self.diagnosis.splitlines():
            prose = not line.startswith("  ")
            lines += (
                textwrap.wrap(line, 78, break_long_words=False) if prose else [line]
            )
        return "\n  ".join([f"{self.symbol} {self.heading}".rstrip(), *lines])


@dataclass(frozen=True)
class Hints:
    """Hints that unfold one inside the other, starting from one of them."""

    exercise: Exercise
    number: int = 1

    def _first(self):
        n = len(self.exercise.hints)
        known = isinstance(self.number, int) and 1 <= self.number <= n
        return self.number if known else n

    def __repr__(self):
        """Return one hint, and how to see the next."""
        n, i, key = len(self.exercise.hints), self._first(), self.exercise.key
        more = f'hint("{key}", {i + 1})' if i < n else f'solution("{key}")'
        return f"Hint {i} of {n}: {self.exercise.hints[i - 1]}\nNext: {more}"

    def _repr_html_(self):
        n, first = len(self.exercise.hints), self._first()
        inner = ""
        for i in range(n, first - 1, -1):
            text = re.sub(
                "`([^`]*)`",
                r"<code>\1</code>",
                html.escape(self.exercise.hints[i - 1], quote=False),
            )
            inner = (
                f'<details class="hint"><summary>Hint {i} of {n}</summary>'
                f"<p>{text}</p>{inner}</details>"
            )
        return inner


@dataclass(frozen=True)
class Solution:
    """The reference answer, shown as source code."""

    exercise: Exercise

    def __repr__(self):
        """Return the source code, or the value."""
        reference = self.exercise.reference
        if inspect.isclass(reference) or inspect.isfunction(reference):
            return textwrap.dedent(inspect.getsource(reference)).rstrip()
        return f"answer = {reference!r}"

    def _repr_markdown_(self):
        return f"```python\n{self!r}\n```"


@dataclass(frozen=True)
class _Problem:
    stage: str
    text: str


@dataclass
class _Run:
    """One call of an answer: what it gave, and what else happened."""

    case: tuple
    value: object = None
    error: BaseException | None = None
    warned: str = ""
    changed: list = field(default_factory=list)
    printed: str = ""


class _TimeUp(BaseException):
    """Raised in the reader's code when its time is over; no ``except`` expects it."""


@contextlib.contextmanager
def _time_limit(seconds):
    """Raise `_TimeUp` after some seconds, where the system can (not in a thread)."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(signum, frame):
        raise _TimeUp

    handler = signal.signal(signal.SIGALRM, stop)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def _run(exercise, function, answer, case):
    """Call ``function(answer, *case)`` on a copy of the case; let nothing escape."""
    run, args, printed = _Run(case), copy.deepcopy(case), io.StringIO()
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            np.errstate(over="warn", divide="warn", invalid="warn", under="ignore"),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _time_limit(exercise.time_limit),
        ):
            warnings.simplefilter("always")
            run.value = function(answer, *args)
    except (Exception, SystemExit, _TimeUp) as error:
        run.error = error
    numeric = [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]
    # Some BLAS libraries warn in a correct matrix product, so do not trust those.
    run.warned = next((m for m in numeric if not m.endswith("in matmul")), "")
    run.changed = [
        i
        for i, pair in enumerate(zip(case, args, strict=True))
        if not _unchanged(*pair)
    ]
    run.printed = printed.getvalue()
    return run


def _diagnose(ex, answer):
    """Return the first `_Problem` of an answer from the outside in, or None."""
    problem = _wrong_kind(ex, answer)
    if problem:
        return problem
    outcomes, problem = _outcomes(ex, answer), None
    found = {group: _first(ex, pairs) for group, pairs in outcomes.items()}
    problem = found["cases"]
    if problem is None and found["batch"]:
        problem = found["batch"]
        if problem.stage not in ("overflow", "changed"):
            text = f"Right for one row, but wrong for a batch.\n{problem.text}"
            problem = _Problem("batch", text)
    problem = min(filter(None, [problem, found["overflow"]]), key=_rank, default=None)
    if problem is None and ex.verify:
        run = _run(ex, lambda answer: ex.verify(answer), copy.deepcopy(answer), ())
        problem = _went_wrong(ex, run, ex.name)
        if problem is None and run.value is not None:
            problem = _Problem("values", run.value)
    if problem is None or problem.stage == "not started":
        return problem
    text = [problem.text]
    text += [m.text for m in ex.mistakes if _behaves_like(ex, outcomes, m.wrong)][:1]
    printed = [r.printed for pairs in outcomes.values() for _, r in pairs if r.printed]
    if printed and problem.stage != "nothing":
        text.append("Your code printed: " + printed[0].strip().splitlines()[0][:60])
    return _Problem(problem.stage, "\n".join(text))


def _outcomes(ex, answer):
    """Run the reference and an answer on all inputs: pairs of `_Run` by group."""
    outcomes = {"cases": [], "batch": [], "overflow": []}
    for group, pairs in outcomes.items():
        for case in ex._inputs(group):
            theirs = _run(ex, ex._call, answer, case)
            pairs.append((_run(ex, ex._call, ex.reference, case), theirs))
            if isinstance(theirs.error, _TimeUp | SystemExit):
                return outcomes
    return outcomes


def _behaves_like(ex, outcomes, wrong):
    """Tell whether an answer did on every input what a known mistake does."""
    ours = [r for pairs in outcomes.values() for _, r in pairs]
    known = [r for pairs in _outcomes(ex, wrong).values() for _, r in pairs]
    return len(ours) == len(known) > 0 and all(
        type(a.error) is type(b.error)
        and bool(a.warned) == bool(b.warned)
        and a.changed == b.changed
        and not any(_compare(ex, b.value, a.value, "", values=True))
        for a, b in zip(ours, known, strict=True)
    )


def _wrong_kind(ex, answer):
    """Return the problem of an answer that cannot even be tried."""
    ours, todo = (
        ex.reference,
        f"Not started yet: write {ex.name} and run this cell again.",
    )
    if answer is None or _has_ellipsis(answer):
        return _Problem("not started", todo)
    if inspect.isclass(ours):
        if not inspect.isclass(answer):
            text = f"{_what(answer)} was handed in, but the class itself is wanted: "
            text += f'check("{ex.key}", {ex.name}), without parentheses after the name.'
            return _Problem("answer", text)
        methods = {n: f for n, f in vars(answer).items() if inspect.isfunction(f)}
        empty = [n for n, f in methods.items() if _untouched(f)]
        if empty and set(methods) - set(empty) <= {"__init__"}:
            return _Problem("not started", todo)
        if empty:
            return _Problem("nothing", f"The method `{empty[0]}` is still empty.")
    elif callable(ours):
        if not callable(answer):
            text = f"{_what(answer)} was handed in, but the function itself is wanted: "
            text += f'check("{ex.key}", {ex.name}), without parentheses after the name.'
            return _Problem("answer", text)
        if _untouched(answer):
            return _Problem("not started", todo)
        return _wrong_parameters(ex, answer)
    else:
        return min(
            (p for p in _compare(ex, ours, answer, ex.name) if p.stage in _OF_A_VALUE),
            key=_rank,
            default=None,
        )
    return None


def _wrong_parameters(ex, answer):
    """Return the problem of a function that cannot take the arguments."""
    try:
        signature = inspect.signature(answer)
        wanted = inspect.signature(ex.reference).parameters.values()
    except (TypeError, ValueError):  # built-in functions may hide theirs
        return None
    wanted = [p.name for p in wanted if p.default is p.empty and p.kind in (0, 1)]
    try:
        signature.bind(*wanted)
    except TypeError:
        have = list(signature.parameters)
        text = f"{ex.name} takes {_count(len(have), 'parameter')} ({', '.join(have)}), "
        text += f"but {len(wanted)} were expected: {ex.name}({', '.join(wanted)})."
        return _Problem("answer", text)
    return None


def _untouched(function):
    """Tell whether a function's body is only ``...``, ``pass`` or a docstring."""
    if not inspect.isfunction(function):
        return False
    code = list(dis.get_instructions(function))
    names = {i.opname for i in code} - {"RESUME", "NOP", "CACHE"}
    empty = all(i.argval in (None, ...) for i in code if "CONST" in i.opname)
    return names <= {"LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"} and empty


def _has_ellipsis(value):
    if isinstance(value, list | tuple):
        return any(map(_has_ellipsis, value))
    if isinstance(value, dict):
        return any(map(_has_ellipsis, value.values()))
    return value is ...


def _rank(problem):
    return STAGES.index(problem.stage)


def _first(ex, pairs):
    """Return the outermost problem of a group of runs, or None."""
    problems = [p for ours, theirs in pairs for p in _problems(ex, ours, theirs)]
    return min(problems, key=_rank, default=None)


def _problems(ex, ours, theirs):
    """Yield what is wrong with one run."""
    label = ex._label(theirs.case)
    problem = _went_wrong(ex, theirs, label)
    if problem:
        yield problem
        return
    if theirs.value is None and ours.value is not None:
        text = f"{label} returned nothing: did you forget `return`?"
        if theirs.printed:
            text = f"{label} printed its result but returned nothing. `print` shows a "
            text += "value to you; `return` hands it to the caller."
        yield _Problem("nothing", text)
        return
    if _has_ellipsis(theirs.value):
        yield _Problem("not started", "Not finished yet: there is still a `...` in it.")
        return
    if theirs.warned and not ours.warned:
        yield _Problem("overflow", f"{label} made NumPy warn: {theirs.warned}.")
    for i in theirs.changed:
        if i not in ours.changed:
            name = [*ex._names(), "its argument"][i]
            text = f"{ex.name} changes its input {name}, which belongs to the caller. "
            yield _Problem("changed", text + "Work on a new array or on a copy.")
    yield from _compare(ex, ours.value, theirs.value, label)


def _went_wrong(ex, run, label):
    """Return the problem of a run that raised an exception, or None."""
    error = run.error
    if error is None:
        return None
    if isinstance(error, NotImplementedError) or "ellipsis" in str(error):
        return _Problem(
            "not started", "Not finished yet: there is still a `...` in it."
        )
    if isinstance(error, _TimeUp):
        text = f"{label} did not finish within {ex.time_limit:g} seconds: "
        return _Problem("raised", text + "is there a loop that never ends?")
    if isinstance(error, SystemExit):
        text = f"{label} tried to end the whole program: use `return`, not `exit`."
        return _Problem("raised", text)
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", str(error)).partition("\n")[0]
    text = f"{label} raised {type(error).__name__}: {message.rstrip('.')}."
    if isinstance(error, RecursionError):
        text += "\nA function that calls itself needs a case in which it stops."
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_NOT_THEIRS):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            text += f"\n  line {frame.lineno}: {line}"
            break
    overflow = isinstance(error, OverflowError)
    return _Problem("overflow" if overflow else "raised", text)


def _compare(ex, expected, got, label, values=False):
    """Yield the problems of one value; ``values`` compares even with rtol=None."""
    is_value = not callable(ex.reference)
    if is_value and isinstance(expected, tuple) and np.ndim(got) == 1:
        got = tuple(got)
    if is_value and isinstance(expected, np.ndarray) and isinstance(got, list | tuple):
        got = np.array(got)
    if isinstance(expected, dict):
        missing = [k for k in expected if not (isinstance(got, dict) and k in got)]
        if missing:
            text = f"{label} gave {_what(got)}, expected a dictionary "
            yield _Problem(
                "type", text + f"with the keys {', '.join(map(str, expected))}."
            )
            return
        for k in expected:
            yield from _compare(ex, expected[k], got[k], f"{label}, {k}", values)
    elif isinstance(expected, tuple | list):
        n = len(expected)
        if not isinstance(got, tuple | list) or len(got) != n:
            text = f"{label} gave {_what(got)}, expected {_what(expected)}."
            yield _Problem("type", text)
            return
        for i in range(n):
            where = f"{label}, value {i + 1} of {n}"
            yield from _compare(ex, expected[i], got[i], where, values)
    elif isinstance(expected, np.ndarray | np.generic | int | float):
        yield from _compare_numbers(ex, expected, got, label, values)
    elif not isinstance(got, type(expected)):
        yield _Problem(
            "type", f"{label} gave {_what(got)}, expected {_what(expected)}."
        )
    elif isinstance(expected, str) and got.strip().lower() != expected.lower():
        yield _wrong_value(ex, label, expected, got)


def _compare_numbers(ex, expected, got, label, values):
    """Yield the problems of a number or an array."""
    want, have = np.asarray(expected), None
    if not isinstance(got, list | tuple | dict | str | None):
        have = np.asarray(got)
    if have is None or have.dtype.kind not in "biuf":
        text = f"{label} gave {_what(got)}, expected {_what(expected)}."
        if isinstance(got, list) and want.ndim:
            text += " `np.array(...)` makes an array of a list."
        yield _Problem("type", text)
        return
    if want.shape != have.shape:
        text = f"{label} gave {_what(got)}, expected {_what(expected)}"
        yield _Problem("shape", text + _shape_hint(want.shape, have.shape))
        return
    finite = np.isfinite(have) | ~np.isfinite(want)
    if not finite.all():
        text = f"{label} gave {_show(have[~finite][0])}, expected "
        text += f"{_show(want[~finite][0])}: a number on the way became too large."
        yield _Problem("overflow", text)
    tolerance = 1e-6 if ex.rtol is None else ex.rtol
    close = np.isclose(have, want, tolerance, ex.atol, equal_nan=True)
    cut = not close.all() and want.dtype.kind == "f" and have.dtype.kind in "biu"
    if cut and np.isin(have, [np.trunc(want), np.rint(want)]).all():
        text = f"{label} holds whole numbers ({have.dtype}), expected decimals "
        yield _Problem("dtype", text + f"({want.dtype}): the decimals were cut off.")
    elif ex.strict_dtype and _dtype(expected) != _dtype(got):
        text = f"{label} has dtype {_dtype(got)}, expected {_dtype(expected)}."
        yield _Problem("dtype", text)
    if not close.all() and (values or ex.rtol is not None):
        index = tuple(int(i) for i in np.argwhere(~close)[0])
        where = f" The first wrong entry is {list(index)}." if index else ""
        yield _wrong_value(ex, label, want[index], have[index], where)


def _wrong_value(ex, label, expected, got, where=""):
    text = f"{label} is not right.{where}\n"
    if ex.use is None and not callable(ex.reference):  # do not give the answer away
        return _Problem("values", f"{text}  yours:    {_show(got)}")
    shown = f"  expected: {_show(expected)}\n  yours:    {_show(got)}"
    return _Problem("values", text + shown)


def _shape_hint(want, have):
    """Return the likely reason of a wrong shape, as the end of a sentence."""
    if len(want) > 1 and have == want[::-1]:
        return ": it is transposed."
    for i in range(len(want)):
        if have == want[:i] + want[i + 1 :]:
            return f": axis {i} (of length {want[i]}) is missing."
        if have == (*want[:i], 1, *want[i + 1 :]):
            return f": axis {i} has length 1 instead of {want[i]}."
    for i in range(len(have)):
        if want == have[:i] + have[i + 1 :]:
            return f": axis {i} (of length {have[i]}) is too many."
    if len(want) == len(have):
        i = next(i for i in range(len(want)) if want[i] != have[i])
        return f": look at axis {i}."
    return "."


def _unchanged(before, after):
    """Tell whether a call left its argument as it was."""
    if isinstance(before, np.ndarray):
        same_shape = before.shape == after.shape and before.dtype == after.dtype
        return same_shape and before.tobytes() == after.tobytes()
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            _unchanged(before[k], after[k]) for k in before
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if isinstance(before, bool | int | float | str):
        return type(before) is type(after) and repr(before) == repr(after)
    return True


def _dtype(value):
    return value.dtype if isinstance(value, np.ndarray | np.generic) else type(value)


def _count(n, noun):
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _what(value):
    """Return what kind of thing a value is, in words."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, bool | int | float | np.generic | np.ndarray):
        return f"the number {_show(value)}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {_count(len(value), 'value')}"
    if value is None:
        return "nothing (None)"
    name = getattr(value, "__name__", None)
    kind = "the class" if inspect.isclass(value) else "the function"
    return f"{kind} {name}" if name else f"an object of type {type(value).__name__}"


def _show(value):
    """Return a short text of a value that is the same on every computer."""
    if isinstance(value, np.ndarray | np.generic):
        if value.size > 12:
            return f"an array of shape {value.shape}"
        value = value.tolist()
    if isinstance(value, list | tuple):
        if len(value) > 12:
            return _what(value)
        inner = ", ".join(map(_show, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, float):
        return f"{0.0 if abs(value) < 1e-12 else value:.6g}"
    if isinstance(value, bool | int | str | None):
        return repr(value)
    return getattr(value, "__name__", None) or f"a {type(value).__name__}"
