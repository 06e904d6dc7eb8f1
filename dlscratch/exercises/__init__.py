"""Instant checkers for the book's exercises, with hints and solutions.

A reader needs three functions::

    from dlscratch.exercises import check, hint, solution

    check("2.1", nand)   # says what is wrong, or that it is right
    hint("2.1")          # one hint at a time
    solution("2.1")      # a worked solution

A chapter's exercises stand in ``chapterNN.py``, each over its reference answer
and with its known wrong answers below it::

    @exercise("2.2", "Which side, and how far away?", cases=..., hints=...)
    def signed_distance(x, w, b): ...

    signed_distance.wrong("This is the score. ...", lambda x, w, b: x @ w + b)
"""

import ast
import functools
import html
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ._kit import diagnose

__all__ = ["Exercise", "all_exercises", "check", "exercise", "hint", "solution"]


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer, and the sentence that names the misconception.

    What it did on each input is kept in ``runs`` from the first time on.
    """

    text: str
    answer: object
    runs: list = field(default_factory=list, compare=False, repr=False)


@dataclass
class Exercise:
    """An exercise: a reference answer, inputs to compare it on, and help.

    Where the reference is a function or a class, `exercise` declares it. It can
    be called, and classes derived from it, like the reference itself.

    Parameters
    ----------
    key, title : str
        Its number, such as ``"2.1"``, and its title.
    reference : function, class or value
        The right answer.
    cases, batch, overflow : list, or function that returns a list
        Inputs. Each is the one argument, or a tuple of all arguments. ``batch``
        holds inputs of several rows, ``overflow`` inputs with extreme values.
    hints : list of str
        From a nudge to nearly the answer; code stands in backticks.
    text : str
        The explanation that `solution` shows before the code: plain Markdown,
        with formulas in dollar signs.
    code : str
        The code that `solution` shows; by default the source of the reference.
        A reference that is a value needs one.
    trial : str
        Lines to show after the code, which try it.
    use : function of (answer, *case), optional
        What to do with the answer. By default a function is called, and a value
        is taken as it is. A returned dictionary names its parts; of these, the
        first wrong one is told, so list them in the order of computation. If it
        stumbles over what a call of the answer gave, this is compared with what
        the reference gave; where several sizes are right, it raises `Misfit`.
    verify : function of (answer), optional
        A last test of its own: returns None, or a sentence that says what is
        wrong, with code in backticks.
    name : str, optional
        What messages call the answer; by default the reference's name.
    after : str, optional
        A sentence to add when the answer is right.
    rtol, atol : float
        Tolerances. With ``rtol=None`` the values are not compared.
    strict_dtype : bool
        Whether bool, int and float (and their size) must be as in the
        reference.
    any_container : bool
        Whether a list or tuple counts as an array.
    without : tuple of str
        What a right answer must not use: ``"loops"``, ``"numpy"``, or a name,
        such as ``"max"``, also as an attribute.
    time_limit : float
        Seconds for each call.

    Attributes
    ----------
    mistakes : list of Mistake
        Filled by `wrong`.
    start : function, class or None
        The code with the bug that a lab begins with, set by `starts_with`.

    Raises
    ------
    ValueError
        If the definition leaves nothing to check, or no code to show.

    Examples
    --------
    >>> @exercise("0.1", "Double it", cases=[1.5, 4.0])
    ... def double(x):
    ...     return 2 * x
    >>> _ = double.wrong("You squared it.", lambda x: x**2)
    >>> double.check(lambda x: x * x)
    ✘ 0.1 Double it
      `double(1.5)` is not right.
        expected: 3
        yours:    2.25
      You squared it.
    """

    key: str
    title: str
    reference: object
    cases: Sequence | Callable = ()
    batch: Sequence | Callable = ()
    overflow: Sequence | Callable = ()
    hints: Sequence = ()
    text: str = ""
    code: str = ""
    trial: str = ""
    use: Callable | None = None
    verify: Callable | None = None
    name: str = ""
    after: str = ""
    rtol: float | None = 1e-6
    atol: float = 1e-8
    strict_dtype: bool = False
    any_container: bool = False
    without: Sequence = ()
    time_limit: float = 10.0
    mistakes: list = field(default_factory=list, init=False)
    start: Callable | None = field(default=None, init=False)

    def __post_init__(self):
        """Fill in the name, and refuse what could not be checked or shown."""
        ours, where = self.reference, f"exercise {self.key}"
        self.name = self.name or getattr(ours, "__name__", "your answer")
        for part in ("text", "code", "trial"):  # without the indentation
            setattr(self, part, textwrap.dedent(getattr(self, part)).strip())
        if inspect.isclass(ours) and self.use is None:
            raise ValueError(f"{where}: a class needs use=")
        if callable(ours) and not (self.cases or self.verify):
            raise ValueError(f"{where}: a function needs cases= or verify=")
        if not (callable(ours) or self.code):
            raise ValueError(f"{where}: a value needs code=")

    def __call__(self, *args):
        """Return what the reference gives."""
        return self.reference(*args)

    def __mro_entries__(self, bases):
        """Let a class derive from the exercise as from its reference."""
        return (self.reference,)

    def wrong(self, text, *answer):
        """Declare a wrong answer that is recognised by what it does.

        Parameters
        ----------
        text : str
            Names the misconception; code stands in backticks.
        *answer : object
            One. Without it, this is the decorator of a function or class.

        Returns
        -------
        object
            The answer, or the decorator.
        """
        if not answer:
            return functools.partial(self.wrong, text)
        self.mistakes.append(Mistake(text, *answer))
        return answer[0]

    def starts_with(self, text):
        """Declare the code with the bug that a lab begins with: a decorator.

        An answer with the same code is not started yet; one that only does the
        same is told ``text``.
        """

        def declare(answer):
            self.start = answer
            return self.wrong(text, answer)

        return declare

    @property
    def heading(self):
        """Its number and its title."""
        return f"{self.key} {self.title}"

    @property
    def call(self):
        """The line that hands in an answer, as it stands in the notebook."""
        answer = self.name
        if not callable(self.reference):
            names = re.findall(r"^(\w[\w, ]*) = ", self.code, re.M)
            answer = ", ".join(names)
        answer = f"({answer})" if "," in answer else answer
        return f'check("{self.key}", {answer})'

    def inputs(self, group):
        """Return ``cases``, ``batch`` or ``overflow`` as a list of tuples."""
        cases = getattr(self, group)
        cases = cases() if callable(cases) else cases
        if group == "cases" and not (len(cases) or callable(self.reference)):
            return [()]
        return [case if isinstance(case, tuple) else (case,) for case in cases]

    def spoilt(self, *pieces):
        """Return the solution with pieces of its code replaced: a wrong answer.

        Parameters
        ----------
        *pieces : str
            In turns what is replaced, which must stand there, and by what.
        """
        code = f"{self.code or _source(self.reference)}\n"
        names = dict(vars(sys.modules[self.reference.__module__]))
        for old, new in zip(pieces[::2], pieces[1::2], strict=True):
            assert old in code
            code = code.replace(old, new)
        exec(code, names)
        return names[self.name]

    def check(self, answer):
        """Return a `Result` for an answer; no error in it ever gets out."""
        stage, text = diagnose(self, answer)
        symbol = {"passed": "✔", "not started": "○"}.get(stage, "✘")
        return Result(symbol, self.heading, text, stage)


def _as_html(text):
    """Return a sentence as HTML: code in backticks, stress in asterisks."""
    text = html.escape(text, quote=False)
    marks = r"`([^`]*)`|(?<![\w*])\*(\w[^*`]*)\*(?![\w*])"
    return re.sub(marks, lambda m: _tag("code", m[1]) or _tag("em", m[2]), text)


def _tag(name, text):
    return "" if text is None else f"<{name}>{text}</{name}>"


@dataclass(frozen=True)
class Result:
    """What `check` found, shown as text or HTML; ``stage`` names what failed.

    In ``diagnosis`` each line is a paragraph, or code if it is indented.
    """

    symbol: str
    heading: str
    diagnosis: str
    stage: str

    @property
    def passed(self):
        """Whether the answer is right."""
        return self.symbol == "✔"

    def _blocks(self):
        """Yield (whether it is code, the lines) of the diagnosis."""
        lines = self.diagnosis.splitlines()
        return itertools.groupby(lines, lambda line: line.startswith("  "))

    def __repr__(self):
        """Return the symbol, the exercise, and the diagnosis in lines of 80."""
        shown = [self.heading] if self.heading else []
        for is_code, lines in self._blocks():
            for line in lines:
                wrapped = textwrap.wrap(line, 78, break_on_hyphens=False)
                shown += [line] if is_code else wrapped
        return f"{self.symbol} " + "\n  ".join(shown)

    def _repr_html_(self):
        heading = f"<p><b>{html.escape(self.heading)}</b></p>"
        shown = [heading] if self.heading else []
        for is_code, lines in self._blocks():
            if is_code:
                code = textwrap.dedent("\n".join(lines))
                shown.append(f"<pre>{html.escape(code, quote=False)}</pre>")
            else:
                shown += [f"<p>{_as_html(line)}</p>" for line in lines]
        shown = "\n".join(shown).replace("<p>", f"<p>{self.symbol} ", 1)
        return f'<div class="check">\n{shown}\n</div>'


@dataclass(frozen=True)
class Hints:
    """Hints that unfold one inside the other, from number ``first`` on."""

    exercise: Exercise
    first: int

    def __repr__(self):
        """Return one hint, and how to see the next."""
        n, key = len(self.exercise.hints), self.exercise.key
        more = f'hint("{key}", {self.first + 1})'
        more = more if self.first < n else f'solution("{key}")'
        text = self.exercise.hints[self.first - 1]
        text = f"Hint {self.first} of {n}: {text}"
        text = textwrap.fill(text, 80, break_on_hyphens=False)
        return f"{text}\nNext: {more}"

    def _repr_html_(self):
        n, inner = len(self.exercise.hints), ""
        for i in range(n, self.first - 1, -1):
            text = _as_html(self.exercise.hints[i - 1])
            inner = f"<summary>Hint {i} of {n}</summary><p>{text}</p>{inner}"
            inner = f'<details class="hint">{inner}</details>'
        return inner


@functools.cache
def _source(reference):
    """Return the code of a function or class, without its decorators."""
    code = textwrap.dedent(inspect.getsource(reference)).strip()
    first = ast.parse(code).body[0].lineno
    return "\n".join(code.splitlines()[first - 1 :])


@dataclass(frozen=True)
class Solution:
    """A worked solution: an explanation, and the code."""

    exercise: Exercise

    @property
    def heading(self):
        """What the closed solution says."""
        return f"Solution of exercise {self.exercise.key}"

    @property
    def code(self):
        """The code that answers the exercise, and the lines that try it."""
        ex = self.exercise
        code = ex.code or _source(ex.reference)
        return "\n\n\n".join(filter(None, [code, ex.trial]))

    def __repr__(self):
        """Return how to see the solution as text."""
        call = f'print(solution("{self.exercise.key}"))'
        return f"{self.heading}. To read it here: {call}"

    def __str__(self):
        """Return the title, the explanation and the code."""
        ex = self.exercise
        parts = [f"{self.heading}. {ex.title}", ex.text, self.code]
        return "\n\n".join(filter(None, parts))

    def _repr_markdown_(self):
        """Return Markdown that is closed until the reader opens it."""
        parts = [
            '<details class="solution">',
            f"<summary>{self.heading}</summary>\n",
            f"{self.exercise.text}\n",
            f"```python\n{self.code}\n```\n",
            "</details>",
        ]
        return "\n".join(parts)


def exercise(key, title, **details):
    """Declare an exercise: the decorator of its reference, a function or class.

    Parameters
    ----------
    key, title : str
        Its number, such as ``"2.1"``, and its title.
    **details
        The other parameters of `Exercise`.

    Returns
    -------
    function
        Makes an `Exercise` of the reference.
    """
    return lambda reference: Exercise(key, title, reference, **details)


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
            chapter = importlib.import_module(f"{__name__}.{module}")
            for declared in vars(chapter).values():
                if isinstance(declared, Exercise):
                    if declared.key in found:
                        text = f"exercise {declared.key} is declared twice"
                        raise ValueError(f"{text}, again in {module}.py")
                    found[declared.key] = declared
    return found


def _with(key, action):
    """Return ``action(exercise)``, or a `Result` that tells the keys."""
    if not isinstance(key, str):
        text = 'Write the number of the exercise in quotes, as in `"2.1"`.'
        return Result("✘", "", text, "unknown")
    exercises = all_exercises()
    plain = re.sub(r"exercise|\s|\.$", "", key.lower()).replace("-", ".")
    if plain in exercises:
        return action(exercises[plain])
    chapter = {k: k.split(".")[0] for k in exercises}
    near = [k for k in chapter if chapter[k] == plain.split(".")[0]]
    near = near or [k for k in chapter if re.sub(r"[a-z]\.", ".", k) == plain]
    known = ", ".join(near or dict.fromkeys(chapter.values()))
    text = f"There is no exercise {key!r}. "
    text += f"{'There are' if near else 'The chapters are'}: {known}."
    return Result("✘", "", text, "unknown")


def check(key, *answers):
    """Check an answer, and say in a sentence or two what is wrong with it.

    Parameters
    ----------
    key : str
        The exercise's number, such as ``"2.1"``.
    *answers : object
        The one thing that the exercise asks for: most often a function, handed
        in by its name and without parentheses; sometimes a number, a tuple, an
        array, or a class.

    Returns
    -------
    Result
        Shows itself. ``.passed`` is True or False, ``.diagnosis`` the text.
    """

    def one(ex):
        if len(answers) == 1:
            return ex.check(answers[0])
        symbol, stage = ("✘", "answer") if answers else ("○", "not started")
        text = "Hand in one answer"
        if ex.call.endswith("))"):
            text += "; put the values into one pair of parentheses"
        text += f": `{ex.call}`."
        return Result(symbol, ex.heading, text, stage)

    return _with(key, one)


def hint(key, number=1):
    """Return the hints of an exercise, from a nudge to nearly the answer.

    In a notebook, hint ``number`` and those after it unfold one inside the
    other. As plain text only hint ``number`` is shown.
    """

    def numbered(ex):
        n = len(ex.hints)
        if isinstance(number, int) and 1 <= number <= n:
            return Hints(ex, number)
        text = f"It has {n} hints. Write the number of one: "
        text += f'`hint("{ex.key}", {n})`.'
        return Result("✘", ex.heading, text, "unknown")

    return _with(key, numbered)


def solution(key):
    """Return a worked solution of an exercise.

    In a notebook it shows itself closed, until it is clicked on. As plain text,
    ``print(solution("2.1"))`` shows it.
    """
    return _with(key, Solution)
