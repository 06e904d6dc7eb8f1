"""The command that runs chapters in a page: what it makes of a worker's messages."""

import json
import re

import pytest
import run_in_page
from run_in_page import code_cells, described, received, shown

FIGURE = {"image/png": "iVBORw0", "text/plain": "<Figure size 640x480>"}
HTML = {"text/html": "<b>1</b>\n", "text/plain": "one"}


def message(kind, **rest):
    return {"type": kind, **rest}


def test_texts_of_one_stream_are_one_and_a_figure_is_one_however_drawn(tmp_path):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}},
        {"output_type": "execute_result", "data": {"text/plain": ["'x'"]}},
        {"output_type": "display_data", "data": HTML},
    ]
    source = {
        "cell_type": "code",
        "source": ["f()"],
        "outputs": outputs,
        "metadata": {},
    }
    empty = {"cell_type": "code", "source": [], "outputs": [], "metadata": {}}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown"}, empty, source]}))
    messages = [
        message("start", id=1),
        message("stream", name="stdout", text="a\n"),
        message("data", data=FIGURE),
        message("stream", name="stdout", text="b\n"),
        message("data", data={"text/plain": "'x'"}),
        message("data", data=HTML),
        message("done", id=1, ok=True, seconds=0.1),
    ]
    [(code, wanted, exact)] = code_cells(path)
    assert exact
    assert code == "f()"
    assert shown(received(messages)) == wanted
    assert [kind for kind, _ in wanted] == [
        "stdout",
        "figure",
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize("wait", [False, True])
def test_what_is_cleared_is_not_shown(wait):
    first = message("stream", name="stdout", text="50 %")
    clear = message("clear", wait=wait)
    assert shown(received([first, clear, first])) == [("stdout", "50 %")]
    assert shown(received([first, clear])) == [("stdout", "50 %")] * wait


@pytest.mark.parametrize("kind", ["error", "fatal"])
def test_an_error_is_an_output(kind):
    assert shown(received([message(kind, text="KeyError: 1")])) == [
        ("error", "KeyError: 1")
    ]


@pytest.mark.parametrize(
    ("wanted", "got", "said"),
    [
        ([("stdout", "a 1\nb 2")], [("stdout", "a 1\nb 3")], "'b 2'.*'b 3'"),
        ([("figure", "")], [], "expected figure, got nothing"),
        ([], [("stderr", "Oh")], "expected nothing, got stderr: Oh"),
        ([("stdout", "a")], [("stdout", "a\nb")], "1 characters of stdout, got 3"),
    ],
)
def test_the_first_difference_is_told(wanted, got, said):
    assert re.search(said, described(wanted, got), re.DOTALL)


class OnePage:
    """Answers each cell as told, in no time."""

    def __init__(self, answers):
        self.answers = iter(answers)

    def run(self, number, source):
        text, seconds = next(self.answers)
        done = message("done", id=number, ok=True, seconds=seconds)
        texts = [message("stream", name="stdout", text=text)] if text else []
        return [*texts, done], seconds

    def seconds(self):
        return 1.0

    def close(self):
        pass


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of three cells that print 1, 2 and 3."""
    path = tmp_path / "99-made-up.ipynb"
    cells = [
        {
            "cell_type": "code",
            "source": f"print({n})",
            "metadata": {"tags": ["nbval-ignore-output"] if n == 3 else []},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": f"{n}\n"}],
        }
        for n in (1, 2, 3)
    ]
    path.write_text(json.dumps({"cells": cells}))
    return path


@pytest.mark.parametrize(
    ("answers", "allowed", "problems"),
    [
        ([("1\n", 0), ("2\n", 0), ("3\n", 0)], {}, []),
        ([("1\n", 0), ("9\n", 0), ("3\n", 0)], {}, ["99-made-up:2: expected"]),
        ([("1\n", 0), ("9\n", 0), ("3\n", 0)], {"99-made-up:2": "rounding"}, []),
        (
            [("1\n", 0), ("2\n", 0), ("3\n", 0)],
            {"99-made-up:2": "rounding"},
            ["99-made-up:2 no longer differs"],
        ),
        ([("1\n", 0), ("2\n", 0), ("9\n", 0)], {}, []),
        ([("1\n", 0), ("2\n", 0), ("", 0)], {}, ["99-made-up:3: expected stdout, got"]),
        ([("1\n", 61), ("2\n", 0), ("3\n", 0)], {}, ["99-made-up:1 took 61 s"]),
        ([("1\n", 59), ("2\n", 59), ("3\n", 59)], {}, []),
        ([("1\n", 60), ("2\n", 60), ("3\n", 61)], {}, [":3 took 61 s", "took 181 s"]),
    ],
)
def test_what_differs_or_takes_long_is_a_problem(
    notebook, monkeypatch, answers, allowed, problems
):
    monkeypatch.setattr(run_in_page, "Page", lambda *_: OnePage(answers))
    found, times, _ = run_in_page.run(notebook, None, None, dict(allowed))
    assert len(found) == len(problems), found
    for words, problem in zip(problems, found, strict=True):
        assert words in problem
    assert times == [seconds for _, seconds in answers]


def test_the_list_of_differences_gives_reasons():
    listed = run_in_page.tomllib.loads(run_in_page.DIFFERENCES.read_text())
    for entry in listed["difference"]:
        assert set(entry) == {"why", "cells"}
        assert entry["why"]
        assert entry["cells"]
