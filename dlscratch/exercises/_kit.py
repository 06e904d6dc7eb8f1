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
            lines += textwrap.wrap(line, 78, break_long_words=False) if prose else [line]
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

    @property
    def rank(self):
        return STAGES.index(self.stage)


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
    run.changed = [i for i, pair in enumerate(zip(case, args, strict=True)) if
                   not _unchanged(*pair)]
    run.printed = printed.getvalue()
    return run
