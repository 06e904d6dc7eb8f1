"""Every exercise of every chapter: reference, hints, mistakes, notebook cells."""

import ast
import importlib.util
import inspect
import json
import re
from pathlib import Path

import pytest

from dlscratch.exercises import Exercise, Mistake, all_exercises, hint, solution

ROOT = Path(__file__).parent.parent
EXERCISES = all_exercises()
BY_KEY = [pytest.param(exercise, id=key) for key, exercise in EXERCISES.items()]


def _wrong_answers():
    """Return tests/wrong_answers_NN.py's WRONG of all chapters.

    WRONG maps an exercise's key to a list of (label, factory of the answer, phrase that
    the diagnosis must contain).
    """
    found = {}
    for path in sorted(Path(__file__).parent.glob("wrong_answers_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert not found.keys() & module.WRONG.keys()
        found |= module.WRONG
    return found


WRONG = _wrong_answers()
WRONG_CASES = [
    pytest.param(key, factory, phrase, id=f"{key} {label}")
    for key, answers in WRONG.items()
    for label, factory, phrase in answers
]


def _notebook_cells():
    """Yield (notebook, hidden, call, key, stored output) of each cell that checks."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            last = source.strip().splitlines()[-1:] or [""]
            call = re.match(r'(check|hint|solution)\("([\w.]+)"', last[0])
            if cell["cell_type"] != "code" or not call:
                continue
            hidden = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
            shown = [
                "".join(output["data"].get("text/plain", ""))
                for output in cell["outputs"]
                if output["output_type"] == "execute_result"
            ]
            yield path.name, hidden, *call.groups(), "".join(shown)


CELLS = list(_notebook_cells())


def _chapter(notebook):
    """Return the chapter in a notebook's name: "6a" for 06a-optimizers.ipynb."""
    return notebook.split("-")[0].lstrip("0")


def test_all_chapters_are_found():
    notebooks = (ROOT / "notebooks").glob("[0-9]*.ipynb")
    chapters = {_chapter(path.name) for path in notebooks}
    assert {"2", "3"} <= chapters
    assert chapters == {key.split(".")[0] for key in EXERCISES}


def test_each_chapter_counts_its_exercises_and_has_a_lab():
    by_chapter = {}
    for key in EXERCISES:
        by_chapter.setdefault(key.split(".")[0], []).append(key.split(".")[1])
    for chapter, names in by_chapter.items():
        numbers = [name for name in names if name.isdigit()]
        assert numbers == [str(i + 1) for i in range(len(numbers))]
        assert len(numbers) >= 6
        assert any(EXERCISES[f"{chapter}.{name}"].break_it for name in names)


@pytest.mark.parametrize("exercise", BY_KEY)
def test_reference_passes(exercise):
    result = exercise.check(exercise.reference)
    assert result.passed, result
    assert repr(result) == repr(exercise.check(exercise.reference))


@pytest.mark.parametrize("exercise", BY_KEY)
def test_an_untouched_answer_is_not_started(exercise):
    assert exercise.check(...).stage == "not started"


@pytest.mark.parametrize("exercise", BY_KEY)
def test_has_a_title_and_three_different_hints(exercise):
    assert exercise.title.strip()
    assert len(set(exercise.hints)) == len(exercise.hints) >= 3
    for number, text in enumerate(exercise.hints, 1):
        assert text in repr(hint(exercise.key, number))


@pytest.mark.parametrize("exercise", BY_KEY)
def test_hints_keep_the_solution_back(exercise):
    """No hint holds the value, nor do the hints hold every statement of the code."""
    hints = re.sub(r"\s", "", " ".join(exercise.hints))
    reference = exercise.reference
    if not (inspect.isfunction(reference) or inspect.isclass(reference)):
        text = re.sub(r"\s", "", repr(reference))
        assert len(text) < 4 or text not in hints
        return
    tree = ast.parse(repr(solution(exercise.key)))
    statements = [
        ast.unparse(node).removeprefix("return ")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and node.value
    ]
    assert statements
    assert not all(re.sub(r"\s", "", statement) in hints for statement in statements)


@pytest.mark.parametrize("exercise", BY_KEY)
def test_solution_shows_the_code(exercise):
    shown = repr(solution(exercise.key))
    ast.parse(shown)
    if inspect.isfunction(exercise.reference):
        assert shown.startswith(f"def {exercise.name}(")


@pytest.mark.parametrize("exercise", BY_KEY)
def test_declared_mistakes_are_recognised(exercise):
    texts = [mistake.text for mistake in exercise.mistakes]
    assert len(set(texts)) == len(texts)
    for mistake in exercise.mistakes:
        result = exercise.check(mistake.wrong)
        assert not result.passed
        assert mistake.text in result.diagnosis, result


@pytest.mark.parametrize("exercise", BY_KEY)
def test_has_four_different_wrong_answers(exercise):
    labels = [label for label, _, _ in WRONG.get(exercise.key, [])]
    assert len(set(labels)) == len(labels) >= 4


def test_wrong_answers_belong_to_an_exercise():
    assert WRONG.keys() <= EXERCISES.keys()


@pytest.mark.parametrize(("key", "factory", "phrase"), WRONG_CASES)
def test_a_wrong_answer_is_told_what_is_wrong(key, factory, phrase, capsys):
    result = EXERCISES[key].check(factory())
    assert not result.passed
    assert len(phrase) >= 3
    assert phrase in result.diagnosis, result
    assert "Traceback" not in repr(result)
    assert capsys.readouterr() == ("", "")
    assert repr(result) == repr(EXERCISES[key].check(factory()))
    assert not re.search(r"0x[0-9a-f]{6}", repr(result))


def _problems(cells, exercises):
    """Return what is wrong with the notebooks' cells that check, hint or solve."""
    problems = []
    for key, exercise in exercises.items():
        chapter = key.split(".")[0]
        here = [c for c in cells if _chapter(c[0]) == chapter and c[3] == key]
        stubs = [
            shown
            for _, hidden, call, _, shown in here
            if call == "check" and not hidden
        ]
        solved = [
            shown for _, hidden, call, _, shown in here if call == "check" and hidden
        ]
        if len(stubs) != 1:
            problems.append(f"{key}: {len(stubs)} stubs")
        if not solved:
            problems.append(f"{key}: no solution")
        if not any(call == "hint" for _, _, call, _, _ in here):
            problems.append(f"{key}: no hint")
        if not all(shown.startswith(f"✔ {key} ") for shown in solved):
            problems.append(f"{key}: the solution does not pass")
        for shown in stubs:
            flat = " ".join(shown.split())
            texts = [" ".join(mistake.text.split()) for mistake in exercise.mistakes]
            named = any(text in flat for text in texts)
            if shown[:1] != ("✘" if exercise.break_it else "○"):
                problems.append(f"{key}: the stub shows {shown[:40]!r}")
            elif exercise.break_it and not named:
                problems.append(f"{key}: the bug is not named")
    unknown = {cell[3] for cell in cells} - exercises.keys()
    return problems + [f"{key}: not declared" for key in sorted(unknown)]


def test_notebooks_hold_every_exercise_with_stub_hint_and_solution():
    assert _problems(CELLS, EXERCISES) == []


def test_a_notebook_that_does_not_fit_is_noticed():
    mistake = Mistake(str, "It is a text.")
    exercises = {
        "9.1": Exercise("9.1", "One", int, cases=[1.0], use=lambda f, x: f(x)),
        "9.lab": Exercise("9.lab", "Bug", abs, [-1], mistakes=[mistake], break_it=True),
    }
    good = [
        ("09-x.ipynb", False, "check", "9.1", "○ 9.1 One\n  Not started yet"),
        ("09-x.ipynb", False, "hint", "9.1", ""),
        ("09-x.ipynb", True, "check", "9.1", "✔ 9.1 One\n  That is right."),
        ("09-x.ipynb", False, "check", "9.lab", "✘ 9.lab Bug\n  It is\n  a text."),
        ("09-x.ipynb", False, "hint", "9.lab", ""),
        ("09-x.ipynb", True, "check", "9.lab", "✔ 9.lab Bug\n  That is right."),
    ]
    assert _problems(good, exercises) == []
    for i, what in enumerate(["0 stubs", "no hint", "no solution"] * 2):
        key = good[i][3]
        assert f"{key}: {what}" in _problems(good[:i] + good[i + 1 :], exercises)
    for i, shown, what in [
        (0, "✔ 9.1 One", "9.1: the stub shows '✔ 9.1 One'"),
        (2, "✘ 9.1 One", "9.1: the solution does not pass"),
        (2, "✔ 9.lab Bug", "9.1: the solution does not pass"),
        (3, "○ 9.lab Bug", "9.lab: the stub shows '○ 9.lab Bug'"),
        (3, "✘ 9.lab Bug", "9.lab: the bug is not named"),
    ]:
        spoiled = [*good[:i], (*good[i][:4], shown), *good[i + 1 :]]
        assert _problems(spoiled, exercises) == [what]
    extra = ("09-x.ipynb", False, "hint", "9.2", "")
    assert _problems([*good, extra], exercises) == ["9.2: not declared"]
    assert "9.1: 0 stubs" in _problems(
        [("08-x.ipynb", *c[1:]) for c in good], exercises
    )
