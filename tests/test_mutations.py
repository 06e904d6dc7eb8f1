"""Try tools/mutations.py on a module whose tests see some changes and not others."""

import ast
import os
import subprocess
import sys
import textwrap

import mutations
import pytest

TOY = '''
def clip(x, low=0):
    """Return x, or low where x is less.

    >>> clip(-2), clip(3)
    (0, 3)
    """
    return low if x < low else x


def last(items):
    while len(items) > 1:
        items.pop(0)
    return items


def double(x):
    return 2 * x
'''
TEST = """
from dlscratch.toy import double, last

def test_last():
    assert last([1, 2, 3]) == [3]

def test_double():
    assert double(0) == 0
"""
PYPROJECT = """
[tool.pytest.ini_options]
addopts = "--no-such-option"
"""


def changes(source):
    """Return what the mutations of a text look like, and their texts."""
    found = list(mutations.mutations("toy", source))
    return {m.shown.partition(": ")[2]: ast.parse(m.source()) for m in found}


def test_each_mutation_changes_one_place():
    found = changes(TOY)
    assert {"x < low → x <= low", "x, low=0 → x, low=1"} <= set(found)
    texts = {ast.unparse(tree) for tree in found.values()}
    assert len(texts) == len(found) == len(list(mutations.mutations("toy", TOY)))
    assert ast.unparse(ast.parse(TOY)) not in texts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f(a, b)", "f(b, a)"),
        ("f(a, axis=b)", "f(a)"),
        ("x[:n]", "x[:]"),
        ("x.copy()", "x"),
        ("np.array(x)", "x"),
        ("a and b", "a or b"),
        ("a and b", "b"),
        ("a if b else c", "c"),
        ("a + b", "a - b"),
        ("-a", "a"),
        ("a is None", "a is not None"),
        ("f(True)", "f(False)"),
        ("f(0.1)", "f(0.2)"),
        ("f(b)", "pass"),
        ("x[0] = a", "pass"),
        ("raise f(a, 1)", "pass"),
    ],
)
def test_what_is_changed(old, new):
    assert f"{old} → {new}" in changes(old)


@pytest.mark.parametrize(
    "source",
    [
        '"""A text with 1 number."""',
        "zip(a, strict=True)",
        "def f(x: g(1) = None) -> h(2): return None",
    ],
)
def test_what_is_left_alone(source):
    assert {text for text in changes(source) if "→ pass" not in text} == set()


def test_what_an_exception_says_is_left_alone():
    assert set(changes("raise f(a + 1, b)")) == {"raise f(a + 1, b) → pass"}


def test_survivors_are_named_and_counted(tmp_path):
    """The tests see all of `last`, an endless loop too; the example sees `clip`."""
    for name, text in [
        ("dlscratch/__init__.py", ""),
        ("dlscratch/toy.py", TOY),
        ("tests/test_toy.py", TEST),
        ("pyproject.toml", PYPROJECT),
    ]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    code = """
        import pathlib, sys, mutations
        mutations.ROOT = pathlib.Path(sys.argv.pop(1))
        mutations.PRELOADED, mutations.PATIENCE = "pytest", 0.5
        mutations.EQUIVALENT = (
            ("toy", "→ x <= low", "where x is low, low is x"),
            ("toy", "→ x == low", "there is no such mutation"),
        )
        mutations.main()
    """
    env = {k: v for k, v in os.environ.items() if k != "DLSCRATCH_DATA"}
    env |= {"PYTHONPATH": str(mutations.ROOT / "tools")}
    env |= {"XDG_CACHE_HOME": str(tmp_path), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code), tmp_path, "toy"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    survived = [line[2:] for line in lines if line[:1] == ["SURVIVED"]]
    assert sorted(" ".join(words) for words in survived) == [
        "double: 2 * x → 1 * x",
        "double: 2 * x → 3 * x",
    ]
    assert "EQUIVALENT lists what is no mutation: toy → x == low" in done.stdout
    n = len(changes(TOY))
    assert ["total", *map(str, (n, n - 4, 1, 1, 2))] in lines
    assert (tmp_path / "dlscratch" / "toy.py").read_text() == TOY
