"""Every exercise of every chapter: reference, help, mistakes, notebook cells."""

import ast
import builtins
import contextlib
import functools
import importlib.util
import inspect
import io
import json
import re
import symtable
import textwrap
from pathlib import Path

import pytest

from dlscratch.exercises import Exercise, all_exercises, check, hint, solution

ROOT = Path(__file__).parent.parent
EXERCISES = all_exercises()
BY_KEY = [pytest.param(exercise, id=key) for key, exercise in EXERCISES.items()]
LABS = [param for param in BY_KEY if param.values[0].start]


def _plain(text):
    """Return a text without backticks and line breaks, to compare phrases."""
    return " ".join(text.replace("`", "").split())


def _tried_answers():
    """Return WRONG and RIGHT of all chapters' tests/wrong_answers_NN.py.

    WRONG maps an exercise's key to a list of (label, factory of the answer, phrase that
    the diagnosis must contain). It holds what the exercise does not declare itself.
    RIGHT maps it to a list of (label, factory) of right answers in unusual form.
    """
    wrong, right = {}, {}
    for path in sorted(Path(__file__).parent.glob("wrong_answers_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert not wrong.keys() & module.WRONG.keys()
        wrong |= module.WRONG
        right |= getattr(module, "RIGHT", {})
    return wrong, right


WRONG, RIGHT = _tried_answers()
# Declared wrong answers come first, with their whole sentence.
WRONG_CASES = [
    pytest.param(key, lambda m=m: m.answer, m.text, id=f"{key} {m.text[:40]}")
    for key, exercise in EXERCISES.items()
    for m in exercise.mistakes
    if m.answer is not exercise.start
] + [
    pytest.param(key, factory, phrase, id=f"{key} {label}")
    for key, answers in WRONG.items()
    for label, factory, phrase in answers
]


# ------------------------------------------------------------ the declared exercises


def test_each_chapter_counts_its_exercises_and_has_a_lab():
    by_chapter = {}
    for key in EXERCISES:
        by_chapter.setdefault(key.split(".")[0], []).append(key.split(".")[1])
    for chapter, names in by_chapter.items():
        numbers = [name for name in names if name.isdigit()]
        assert numbers == [str(i + 1) for i in range(len(numbers))]
        assert len(numbers) >= 6
        assert [n for n in names if EXERCISES[f"{chapter}.{n}"].start] == ["lab"]


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
        shown = repr(hint(exercise.key, number))
        assert _plain(text) in _plain(shown)
        assert max(map(len, shown.splitlines())) <= 80


def _code(exercise):
    """Return the code that solves an exercise, without the lines that try it."""
    return solution(exercise.key).code.removesuffix(exercise.trial).strip()


@pytest.mark.parametrize("exercise", BY_KEY)
def test_hints_keep_the_solution_back(exercise):
    """No hint holds the value, nor do the hints hold every statement of the code."""
    hints = re.sub(r"\s", "", " ".join(exercise.hints))
    if not callable(exercise.reference):
        text = re.sub(r"\s", "", repr(exercise.reference))
        assert len(text) < 4 or text not in hints
    statements = [
        ast.unparse(node.value)
        for node in ast.walk(ast.parse(_code(exercise)))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and node.value
    ]
    assert statements
    assert not all(re.sub(r"\s", "", statement) in hints for statement in statements)


NOT_PLAIN = r"\{[a-z:]+\}`|```|~~~|:::|^\(.*\)=$|^:\w+:|\]\(|<[a-zA-Z/!]"


@pytest.mark.parametrize("exercise", BY_KEY)
def test_the_solution_is_explained_in_plain_markdown(exercise):
    text = exercise.text
    assert len(text.split()) >= 10
    assert not re.search(NOT_PLAIN, text, re.M)
    assert text.count("`") % 2 == text.count("$") % 2 == 0
    for paragraph in text.split("\n\n"):
        assert not paragraph.startswith((" ", "#"))
        assert ("$$" in paragraph) == bool(
            re.fullmatch(r"(?s)\$\$\n.+\n\$\$", paragraph)
        )


@pytest.mark.parametrize("exercise", BY_KEY)
def test_the_solution_shows_closed_and_fits_into_a_cell(exercise):
    shown = solution(exercise.key)
    ast.parse(shown.code)
    if inspect.isfunction(exercise.reference):
        assert shown.code.startswith(f"def {exercise.name}(")
    page = shown._repr_markdown_()
    assert page.startswith('<details class="solution">\n<summary>Solution of exercise ')
    assert page.endswith("\n```\n\n</details>")
    assert page.count("<details") == page.count("\n\n```python\n") == 1
    assert str(shown) == "\n\n".join(
        [
            f"Solution of exercise {exercise.key}. {exercise.title}",
            exercise.text,
            shown.code,
        ]
    )
    assert f'print(solution("{exercise.key}"))' in repr(shown)
    assert max(map(len, [*str(shown).splitlines(), repr(shown)])) <= 80


def _changed(function_or_class):
    """Return a copy with one more line, which does nothing, in each function."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function_or_class)))
    tree.body[0].decorator_list = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body.insert(0, ast.parse("changed = True").body[0])
    names = dict(vars(inspect.getmodule(function_or_class)))
    exec(compile(ast.fix_missing_locations(tree), "changed", "exec"), names)
    return names[function_or_class.__name__]


@pytest.mark.parametrize("exercise", LABS)
def test_the_code_with_the_bug_is_not_started_until_it_is_changed(exercise):
    result = exercise.check(exercise.start)
    assert result.stage == "not started"
    assert "still the code with the bug" in result.diagnosis
    texts = [m.text for m in exercise.mistakes if m.answer is exercise.start]
    assert len(texts) == 1
    result = exercise.check(_changed(exercise.start))
    assert not result.passed
    assert texts[0] in result.diagnosis, result
    assert exercise.check(_changed(exercise.reference)).passed


@pytest.mark.parametrize("exercise", BY_KEY)
def test_has_four_different_wrong_answers(exercise):
    labels = [m.text for m in exercise.mistakes]
    labels += [label for label, _, _ in WRONG.get(exercise.key, [])]
    assert len(set(labels)) == len(labels) >= 4


@pytest.mark.parametrize("key", WRONG)
def test_an_extra_wrong_answer_is_not_declared_as_well(key):
    declared = [id(m.answer) for m in EXERCISES[key].mistakes]
    again = [label for label, make, _ in WRONG[key] if id(make()) in declared]
    assert not again, f"{key} declares these itself, so drop them: {again}"


def test_tried_answers_belong_to_an_exercise():
    assert WRONG.keys() | RIGHT.keys() <= EXERCISES.keys()


@pytest.mark.parametrize(
    ("key", "factory"),
    [
        pytest.param(key, factory, id=f"{key} {label}")
        for key, answers in RIGHT.items()
        for label, factory in answers
    ],
)
def test_a_right_answer_in_unusual_form_is_right(key, factory):
    result = EXERCISES[key].check(factory())
    assert result.passed, result


@pytest.mark.parametrize(("key", "factory", "phrase"), WRONG_CASES)
def test_a_wrong_answer_is_told_what_is_wrong(key, factory, phrase, capsys):
    result = EXERCISES[key].check(factory())
    assert not result.passed
    assert result.stage != "not started" or "Not started" in phrase
    assert len(phrase) >= 3
    assert _plain(phrase) in _plain(result.diagnosis), result
    assert "Traceback" not in repr(result)
    assert capsys.readouterr() == ("", "")
    assert repr(result) == repr(EXERCISES[key].check(factory()))
    assert not re.search(r"0x[0-9a-f]{6}", repr(result))
    shown = result._repr_html_()
    assert shown.count("<code>") == shown.count("</code>")
    assert "`" not in re.sub(r"(?s)<pre>.*?</pre>", "", shown)


# ------------------------------------------------------------- the notebooks' cells


@functools.cache
def _cells():
    """Return {chapter: its notebook's cells}, without cells whose code is hidden."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        chapter = path.name.split("-")[0].lstrip("0")
        found[chapter] = [
            cell | {"source": "".join(cell["source"])}
            for cell in cells
            if not cell["metadata"].get("jupyter", {}).get("source_hidden")
        ]
    return found


def _parts(chapter, cells):
    """Yield (chapter, "check", "hint", "solution" or "title", key, what it shows)."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            titles = r"^#{2,4} Exercise (\w+\.\w+)\. (.*)$"
            for key, title in re.findall(titles, cell["source"], re.M):
                yield chapter, "title", key, title.strip()
        else:
            last = (cell["source"].strip().splitlines() or [""])[-1]
            call = re.match(r'(check|hint|solution)\("([\w.]+)"', last)
            shown = [
                "".join(output["data"].get("text/plain", ""))
                for output in cell.get("outputs", [])
                if output["output_type"] == "execute_result"
            ]
            if call:
                yield chapter, *call.groups(), "".join(shown)


def _problems(parts, exercises):
    """Return what is wrong with the notebooks' headings and cells of exercises."""
    problems = []
    for key, exercise in exercises.items():
        here = [p for p in parts if p[0] == key.split(".")[0] and p[2] == key]
        shown = {call: [p[3] for p in here if p[1] == call] for _, call, _, _ in here}
        for call in ("title", "check", "hint", "solution"):
            n = len(shown.get(call, []))
            if n != 1:
                problems.append(f"{key}: {n} times {call}")
        begin = f"○ {key} {exercise.title} Not started yet: "
        for text in shown.get("check", []):
            if not _plain(text).startswith(_plain(begin)):
                problems.append(f"{key}: the stub shows {text[:40]!r}")
        for title in shown.get("title", []):
            if title != exercise.title:
                problems.append(f"{key}: the title is {title!r}")
    unknown = {part[2] for part in parts} - exercises.keys()
    return problems + [f"{key}: not declared" for key in sorted(unknown)]


def test_all_chapters_are_found():
    assert {"2", "3"} <= _cells().keys()
    assert _cells().keys() == {key.split(".")[0] for key in EXERCISES}


def test_notebooks_hold_every_exercise_with_stub_hint_and_solution():
    parts = [part for item in _cells().items() for part in _parts(*item)]
    assert _problems(parts, EXERCISES) == []


def _fake(cell_type, source, shown=""):
    output = {"output_type": "execute_result", "data": {"text/plain": [shown]}}
    return {"cell_type": cell_type, "source": source, "outputs": [output]}


def test_a_notebook_that_does_not_fit_is_noticed():
    exercises = {
        "9.1": Exercise("9.1", "One", int, cases=[1.0], use=lambda f, x: f(x)),
        "9.lab": Exercise("9.lab", "Break it: bug", abs, [-1]),
    }
    cells = [
        _fake("markdown", "## Exercises\n\n### Exercise 9.1. One\n\nWrite a one."),
        _fake("code", 'x = ...\n\ncheck("9.1", x)', "○ 9.1 One\n  Not started yet: a."),
        _fake("code", 'hint("9.1")'),
        _fake("code", 'solution("9.1")'),
        _fake("markdown", "## Exercise 9.lab. Break it: bug"),
        _fake(
            "code",
            'def f(x): ...\n\n\ncheck("9.lab", f)',
            "○ 9.lab Break it: bug\n  Not\n  started yet: `b`.",
        ),
        _fake("code", 'hint("9.lab")'),
        _fake("code", 'solution("9.lab")'),
    ]
    good = list(_parts("9", cells))
    assert _problems(good, exercises) == []
    assert len(good) == 8
    for i, (_, call, key, _) in enumerate(good):
        assert _problems(good[:i] + good[i + 1 :], exercises) == [
            f"{key}: 0 times {call}"
        ]
        assert f"{key}: 2 times {call}" in _problems([*good, good[i]], exercises)
    for i, shown, what in [
        (0, "Two", "9.1: the title is 'Two'"),
        (1, "✔ 9.1 One", "9.1: the stub shows '✔ 9.1 One'"),
        (1, "○ 9.1 One\n  It is.", "9.1: the stub shows '○ 9.1 One\\n  It is.'"),
        (5, "✘ 9.lab Break", "9.lab: the stub shows '✘ 9.lab Break'"),
    ]:
        spoiled = [*good[:i], (*good[i][:3], shown), *good[i + 1 :]]
        assert _problems(spoiled, exercises) == [what]
    extra = ("9", "hint", "9.2", "")
    assert _problems([*good, extra], exercises) == ["9.2: not declared"]
    elsewhere = [("8", *part[1:]) for part in good]
    assert "9.1: 0 times check" in _problems(elsewhere, exercises)


# ------------------------------------------------- what is shown, run in the notebook


@functools.cache
def _names(source):
    """Return the names that a statement binds, uses now, and uses when it is called."""
    bound, now, later = set(), set(), set()
    tables = [symtable.symtable(source, "", "exec")]
    for table in tables:
        tables += table.get_children()
        top, function = table.get_type() == "module", table.get_type() == "function"
        for symbol in table.get_symbols():
            if top and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (top or symbol.is_global()):
                (later if function else now).add(symbol.get_name())
    statement = ast.parse(source).body[0]
    here = not isinstance(statement, ast.FunctionDef | ast.ClassDef)
    for node in ast.walk(statement) if here else ():  # x[0] = 1, x.y = 1, x += 1
        while isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
                bound.add(node.value.id)
            node = node.value
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            now.add(node.target.id)
    return bound, now - set(dir(builtins)), later - set(dir(builtins))


def _slice(statements, goal):
    """Return the places of the statements before ``goal`` that it cannot do without.

    For each name that a statement uses, that is the last statement before it that binds
    the name. A function's names are looked up where it is defined and where it is used.
    """
    chosen, seen = set(), set()

    def need(names, before):
        for name in {name for name in names if (name, before) not in seen}:
            seen.add((name, before))
            for i in reversed(range(before)):
                bound, now, later = _names(statements[i])
                if name in bound:
                    chosen.add(i)
                    need(now | later, i)
                    need(later, before)
                    break

    for i in range(goal, len(statements)):
        _, now, later = _names(statements[i])
        need(now | later, i)
    return sorted(i for i in chosen if i < goal)


def _statements(code):
    """Return the top-level statements of a cell's code."""
    lines = [re.sub("^[%!].*", "", line) for line in code.splitlines()]
    return [ast.unparse(node) for node in ast.parse("\n".join(lines)).body]


def _hand_in(exercise, code=None):
    """Return what the notebook's stub hands in, with its own or with other code.

    The exercises before it are taken as solved: some use an earlier answer.
    """
    before = []
    for cell in _cells()[exercise.key.split(".")[0]]:
        if cell["cell_type"] == "code":
            *body, last = _statements(cell["source"]) or [""]
            stub = re.match(r"check\('([\w.]+)', ", last)
            if stub and stub[1] == exercise.key:
                break
            solved = stub and _statements(_code(EXERCISES[stub[1]]))
            before += solved or [*body, last]
    answer = ast.unparse(ast.parse(last).body[0].value.args[1])
    body = _statements(code) if code else body
    statements = [*before, *body, f"answer = {answer}"]
    start, names = len(before), {}
    with contextlib.redirect_stdout(io.StringIO()):
        for i in [*_slice(statements, start), *range(start, len(statements))]:
            exec(statements[i], names)
    return names["answer"]


@pytest.mark.parametrize("exercise", BY_KEY)
def test_the_shown_code_solves_the_exercise_in_its_notebook(exercise):
    result = exercise.check(_hand_in(exercise, solution(exercise.key).code))
    assert result.passed, result


@pytest.mark.parametrize("exercise", BY_KEY)
def test_the_call_that_hands_in_an_answer_is_that_of_the_notebook(exercise):
    last_lines = [
        _statements(cell["source"])[-1:]
        for cell in _cells()[exercise.key.split(".")[0]]
        if cell["cell_type"] == "code"
    ]
    assert [ast.unparse(ast.parse(exercise.call))] in last_lines
    assert check(exercise.key).stage == "not started"
    for result in (check(exercise.key), check(exercise.key, 1, 2)):
        assert f"`{exercise.call}`." in result.diagnosis


@pytest.mark.parametrize("exercise", BY_KEY)
def test_the_stub_in_the_notebook_is_not_started(exercise):
    result = exercise.check(_hand_in(exercise))
    assert result.stage == "not started", result
    assert ("still the code with the bug" in result.diagnosis) == bool(exercise.start)


def test_only_what_is_needed_is_run():
    statements = [
        "a = 1",
        "b = a",
        "a = 2",
        "def f():\n    return a + c",
        "c = {}",
        "slow()",
        "c['x'] = len('ab')",
        "a = 3",
        "d = b + f()",
    ]
    assert _slice(statements, 8) == [0, 1, 2, 3, 4, 6, 7]
    assert _slice([*statements[:8], "[b for x in c]"], 8) == [0, 1, 4, 6]
