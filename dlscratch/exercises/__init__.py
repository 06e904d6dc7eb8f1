"""Instant checkers for the book's exercises, with hints and solutions.

A reader needs three functions::

    from dlscratch.exercises import check, hint, solution

    check("2.1", nand)   # says what is wrong, or that it is right
    hint("2.1")          # one hint at a time
    solution("2.1")      # the source code of one solution

A chapter declares its exercises as data: ``chapterNN.py`` has a list ``EXERCISES`` of
`Exercise` objects.
"""

import html
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ._kit import diagnose

__all__ = ["Exercise", "Mistake", "all_exercises", "check", "hint", "solution"]


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer, and the sentence that names the misconception."""

    wrong: object
    text: str


@dataclass
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
        taken as it is. A returned dictionary names its parts; of these, the first wrong
        one is told, so list them in the order in which they are computed.
    verify : function of (answer), optional
        A last test of its own: returns None, or a sentence that says what is wrong.
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

    Raises
    ------
    ValueError
        If the definition leaves nothing to check.

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
    cases: Sequence | Callable = ()
    batch: Sequence | Callable = ()
    overflow: Sequence | Callable = ()
    hints: Sequence = ()
    mistakes: Sequence = ()
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
        self.name = self.name or getattr(self.reference, "__name__", "Your answer")
        if inspect.isclass(self.reference) and self.use is None:
            raise ValueError(f"exercise {self.key}: a class needs use=")
        if callable(self.reference) and not (self.cases or self.verify):
            raise ValueError(f"exercise {self.key}: a function needs cases= or verify=")

    def inputs(self, group):
        """Return ``cases``, ``batch`` or ``overflow`` as a list of argument tuples."""
        cases = getattr(self, group)
        cases = cases() if callable(cases) else cases
        if group == "cases" and not (len(cases) or callable(self.reference)):
            return [()]
        return [case if isinstance(case, tuple) else (case,) for case in cases]

    def check(self, answer):
        """Return a `Result` for an answer; an error in the answer never gets out."""
        stage, text = diagnose(self, answer)
        symbol = {"passed": "✔", "not started": "○"}.get(stage, "✘")
        return Result(symbol, f"{self.key} {self.title}", text, stage)


@dataclass(frozen=True)
class Result:
    """What `check` found. It shows itself as text; ``stage`` names what failed."""

    symbol: str
    heading: str
    diagnosis: str
    stage: str

    @property
    def passed(self):
        """Whether the answer is right."""
        return self.symbol == "✔"

    def __repr__(self):
        """Return the symbol, the exercise, and the diagnosis in lines of 80."""
        lines = [f"{self.symbol} {self.heading}"]
        for line in self.diagnosis.splitlines():
            is_code = line.startswith("  ")
            lines += (
                [line] if is_code else textwrap.wrap(line, 78, break_on_hyphens=False)
            )
        return "\n  ".join(lines)


@dataclass(frozen=True)
class Hints:
    """Hints that unfold one inside the other, starting with number ``first``."""

    exercise: Exercise
    first: int

    def __repr__(self):
        """Return one hint, and how to see the next."""
        n, key = len(self.exercise.hints), self.exercise.key
        more = f'hint("{key}", {self.first + 1})'
        more = more if self.first < n else f'solution("{key}")'
        text = self.exercise.hints[self.first - 1]
        return f"Hint {self.first} of {n}: {text}\nNext: {more}"

    def _repr_html_(self):
        n, inner = len(self.exercise.hints), ""
        for i in range(n, self.first - 1, -1):
            text = html.escape(self.exercise.hints[i - 1], quote=False)
            text = re.sub("`([^`]*)`", r"<code>\1</code>", text)
            inner = f"<summary>Hint {i} of {n}</summary><p>{text}</p>{inner}"
            inner = f'<details class="hint">{inner}</details>'
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


def all_exercises():
    """Return every declared exercise, as a dictionary from key to `Exercise`.

    Raises
    ------
    ValueError
        If two exercises have the same key.
    """
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        if module.startswith("chapter"):
            for exercise in importlib.import_module(f"{__name__}.{module}").EXERCISES:
                if exercise.key in found:
                    raise ValueError(f"exercise {exercise.key} is declared twice")
                found[exercise.key] = exercise
    return found


def _with(key, action):
    """Return ``action(exercise)``, or a `Result` that says what the keys are."""
    exercises = all_exercises()
    if isinstance(key, str) and key in exercises:
        return action(exercises[key])
    if isinstance(key, str):
        chapter = [k for k in exercises if k.split(".")[0] == key.split(".")[0]]
        known = ", ".join(chapter or exercises)
        text = f"There is no exercise {key!r}. There are: {known}."
    else:
        text = 'Write the number of the exercise in quotes, as in "2.1".'
    return Result("✘", str(key)[:20], text, "unknown")


def check(key, answer=...):
    """Check an answer, and say in a sentence or two what is wrong with it.

    Parameters
    ----------
    key : str
        The exercise's number, such as ``"2.1"``.
    answer : object
        What the exercise asks for: most often a function, handed in by its name and
        without parentheses; sometimes a number, a tuple, an array, or a class.

    Returns
    -------
    Result
        Shows itself as text. ``.passed`` is True or False, ``.diagnosis`` the text.
    """
    return _with(key, lambda exercise: exercise.check(answer))


def hint(key, number=1):
    """Return the hints of an exercise, from a nudge to nearly the answer.

    In a notebook, hint ``number`` and those after it unfold one inside the other. As
    plain text only hint ``number`` is shown.
    """

    def numbered(exercise):
        n = len(exercise.hints)
        if isinstance(number, int) and 1 <= number <= n:
            return Hints(exercise, number)
        text = f"It has {n} hints. Write the number of one: hint({key!r}, {n})."
        return Result("✘", f"{key} {exercise.title}", text, "unknown")

    return _with(key, numbered)


def solution(key):
    """Return one solution of an exercise; it shows itself as source code."""
    return _with(key, Solution)
