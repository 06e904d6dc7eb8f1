"""What the page's Python sends for each cell, without a page."""

import json
import subprocess
import sys

import pytest
from test_hygiene import ROOT

LIVE = ROOT / "book" / "live"
CELLS = [
    "import numpy as np\n\ndef invert(x):\n    return np.linalg.inv(x)\n\n"
    "print('hi')\n3 + 4",
    "invert(np.zeros((2, 2)))",
    "for x in 1, 2\n    print(x)",
    "def deeper(n):\n    return deeper(n + 1)\n\ndeeper(0)",
    "from dlscratch import plotting\nimport matplotlib.pyplot as plt\n"
    "plotting.use_house_style()\nplt.plot([1, 2])\nplt.show()\nprint('after', end='')",
    "for i in range(20_000):\n    print('again', i)",
    "from IPython.display import clear_output\nclear_output(wait=True)",
    "raise SystemExit",
]
# Stands in for the page: keeps what it is sent, and prints it at the end.
PAGE = """
import importlib.util, json, sys, types

sent = []
sys.modules["js"] = types.SimpleNamespace(send=lambda m: sent.append(json.loads(m)))
out, (live, dark, cells) = sys.stdout, sys.argv[1:]
sys.path.append(live)
spec = importlib.util.spec_from_file_location("dark", dark)
sys.modules["dark"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import kernel

told = []
for n, cell in enumerate(json.loads(cells), start=1):
    sent.clear()
    told.append([kernel.run(n, cell), *sent])
out.write(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told():
    """Run all cells; for each, whether it is right, and all messages."""
    dark = ROOT / "book" / "_ext" / "house" / "dark.py"
    command = [sys.executable, "-c", PAGE, str(LIVE), str(dark), json.dumps(CELLS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(done.stdout)


def test_text_and_the_last_value(told):
    ok, stream, data = told[0]
    assert ok
    assert stream == {"type": "stream", "name": "stdout", "text": "hi\n"}
    assert data["data"] == {"text/plain": "7"}


def test_an_error_names_the_cells_that_led_to_it(told):
    ok, error = told[1]
    assert not ok
    assert (error["name"], error["last"]) == (
        "LinAlgError",
        "LinAlgError: Singular matrix",
    )
    first, second, *library = error["steps"]
    assert first == {
        "cell": 2,
        "line": 1,
        "name": "<module>",
        "code": "invert(np.zeros((2, 2)))",
    }
    assert (second["cell"], second["line"], second["name"]) == (1, 4, "invert")
    assert library
    assert all(step["file"].startswith("numpy/") for step in library)


def test_a_wrong_line_is_shown_with_its_place(told):
    ok, error = told[2]
    assert not ok
    assert error["last"] == "SyntaxError: expected ':'"
    (step,) = error["steps"]
    assert (step["cell"], step["line"]) == (3, 1)
    assert step["code"] == "for x in 1, 2\n             ^"


def test_a_deep_recursion_is_short(told):
    _, error = told[3]
    assert error["name"] == "RecursionError"
    assert len(error["steps"]) == 13
    assert error["steps"][6]["left_out"] > 900


def test_a_figure_comes_for_dark_paper_too(told):
    ok, figure, stream = told[4]
    assert ok
    assert stream["text"] == "after"
    light, dark = figure["data"]["image/svg+xml"], figure["metadata"]["dark"]
    assert "#ffffff" in light
    assert "#14181d" in dark
    assert "<svg" in dark


def test_too_much_text_is_cut(told):
    _, *streams = told[5]
    text = "".join(message["text"] for message in streams)
    assert 50_000 < len(text) < 50_200
    assert text.endswith("is not shown: it is too long.\n")


def test_other_messages(told):
    assert told[6] == [True, {"type": "clear", "wait": True}]
    assert told[7][:1] == [False]
    assert told[7][1]["name"] == "SystemExit"
