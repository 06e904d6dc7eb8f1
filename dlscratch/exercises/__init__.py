"""Instant checkers for the book's exercises, with hints and solutions.

A reader needs three functions::

    from dlscratch.exercises import check, hint, solution

    check("2.1", nand)   # says what is wrong, or that it is right
    hint("2.1")          # one hint at a time
    solution("2.1")      # the source code of one solution

A chapter declares its exercises as data, in ``chapterNN.py``, as a list called
``EXERCISES`` of `Exercise` objects.
"""

import importlib
import pkgutil

from ._kit import Exercise, Hints, Mistake, Result, Solution

__all__ = [
    "Exercise",
    "Mistake",
    "Result",
    "all_exercises",
    "check",
    "hint",
    "solution",
]


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


def _find(key):
    """Return the exercise, or a `Result` that says why there is none."""
    if not isinstance(key, str):
        return Result("✘", "", f'Write the number in quotes: "{key}".', "key")
    exercises = all_exercises()
    if key in exercises:
        return exercises[key]
    chapter = [k for k in exercises if k.split(".")[0] == key.split(".")[0]]
    known = ", ".join(chapter or exercises)
    return Result("✘", "", f'There is no exercise "{key}". There are: {known}.', "key")


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
        A mistake in the answer never raises an error.
    """
    exercise = _find(key)
    return exercise.check(answer) if isinstance(exercise, Exercise) else exercise


def hint(key, number=1):
    """Return the hints of an exercise, from a nudge to nearly the answer.

    In a notebook the hints unfold one inside the other. As plain text only hint
    ``number`` is shown.
    """
    exercise = _find(key)
    return Hints(exercise, number) if isinstance(exercise, Exercise) else exercise


def solution(key):
    """Return one solution of an exercise; it shows itself as source code."""
    exercise = _find(key)
    return Solution(exercise) if isinstance(exercise, Exercise) else exercise
