"""Every exercise of every chapter: reference, hints, mistakes, notebook cells."""

import ast
import importlib.util
import inspect
import json
import re
from pathlib import Path

import pytest

from dlscratch.exercises import all_exercises, hint, solution

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


def test_all_chapters_are_found():
    chapters = {path.name[:2] for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {"02", "03"} <= chapters
    assert chapters == {f"{int(key.split('.')[0]):02d}" for key in EXERCISES}


def test_keys_count_from_one_and_labs_have_names():
    by_chapter = {}
    for key in EXERCISES:
        chapter, number = key.split(".")
        by_chapter.setdefault(chapter, []).append(number)
    for numbers in by_chapter.values():
        counted = [number for number in numbers if number.isdigit()]
        assert counted == [str(i + 1) for i in range(len(counted))]
        assert len(counted) >= 6
        assert len(counted) < len(numbers)  # there is a lab, too


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


def test_every_exercise_stands_in_its_notebook():
    """Once as a stub, once with a hint, and at least once with a solution."""
    for key in EXERCISES:
        chapter = f"{int(key.split('.')[0]):02d}-"
        notebook = [c for c in CELLS if c[0].startswith(chapter)]
        stubs = [c for c in notebook if c[1:4] == (False, "check", key)]
        assert len(stubs) == 1, key
        assert [c for c in notebook if c[2:4] == ("hint", key)], key
        assert [c for c in notebook if c[1:4] == (True, "check", key)], key
    assert {c[3] for c in CELLS} == EXERCISES.keys()


def test_stub_cells_are_not_started():
    for name, hidden, call, key, shown in CELLS:
        if call == "check" and not hidden:
            exercise = EXERCISES[key]
            assert shown.startswith("✘" if exercise.break_it else "○"), (name, shown)
            if exercise.break_it:
                flat = " ".join(shown.split())
                texts = [" ".join(m.text.split()) for m in exercise.mistakes]
                assert any(text in flat for text in texts), (name, shown)


def test_solution_cells_pass():
    for name, hidden, call, key, shown in CELLS:
        if call == "check" and hidden:
            assert shown.startswith(f"✔ {key} "), (name, shown)
