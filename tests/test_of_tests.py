"""Show that a spoiled notebook is caught, and by what.

A small notebook with a chapter's first cell, a printed result, a figure and an
explorable is executed and saved; then copies of it are spoiled, one way each.
nbval runs on the copies in the background while the hygiene checks are tried.
"""

import copy
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import execute_notebooks
import nbformat
import pytest
import test_hygiene
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dlscratch.explorables import explorable, perceptron_line

ROOT = Path(__file__).resolve().parent.parent

PRINT = "print(np.arange(6).reshape(2, 3).sum(axis=0))"
FIGURE = """fig, ax = plt.subplots()
ax.plot([0, 1, 2], [0, 1, 4])
ax.set(xlabel="x", ylabel="x squared")
plt.show()"""
FIGURE_METADATA = {
    "mystnb": {
        "image": {"alt": "A curve through (0, 0), (1, 1) and (2, 4), bending upwards."}
    }
}
EXPLORABLE = "explorables.perceptron_line()"


def cell(nb, source):
    """Return the cell that has this source."""
    return next(c for c in nb.cells if c.source == source)


def small_notebook():
    """Return a notebook that has all that matters, executed."""
    chapter = nbformat.read(sorted(test_hygiene.NOTEBOOKS)[0], as_version=4)
    preamble = test_hygiene.code_cells(chapter)[0].source
    nb = new_notebook(
        cells=[
            new_markdown_cell("# A small notebook"),
            new_code_cell(preamble),
            new_code_cell(PRINT),
            new_code_cell(FIGURE, metadata=FIGURE_METADATA),
            new_code_cell(EXPLORABLE),
        ]
    )
    return execute_notebooks.normalise(execute_notebooks.execute(nb, ROOT / "tests"))


def run_nbval(folder, timeout=60, pythonpath=None):
    """Run nbval on a folder of notebooks; return {notebook: {cell: message}}.

    A cell that passed has the message None.
    """
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    command += ["-o", "addopts=", "--nbval", "--nbval-current-env"]
    command += [f"--nbval-cell-timeout={timeout}", f"--junitxml={report}", str(folder)]
    env = {**os.environ, **({"PYTHONPATH": str(pythonpath)} if pythonpath else {})}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    results = {}
    for case in ET.parse(report).iter("testcase"):
        notebook = re.search(r"(\w+)\.ipynb|(\w+)$", case.get("classname"))
        number = int(re.search(r"Cell (\d+)", case.get("name"))[1])
        failure = case.find("failure")
        message = None if failure is None else failure.get("message") + failure.text
        results.setdefault(notebook[1] or notebook[2], {})[number] = message
    return results


def change_output(nb):
    """A printed digit differs from what the code prints."""
    output = cell(nb, PRINT).outputs[0]
    output.text = output.text.replace("3", "4", 1)


def raise_exception(nb):
    """The code raises; the stored output is that of the code that did not."""
    cell(nb, PRINT).source = "1 / 0\n" + PRINT


def alter_figure(nb):
    """One coordinate of the figure differs."""
    data = cell(nb, FIGURE).outputs[0].data
    altered = re.sub(
        r'd="M (\d+)', lambda m: f'd="M {int(m[1]) + 1}', data["image/svg+xml"], count=1
    )
    assert altered != data["image/svg+xml"]
    data["image/svg+xml"] = altered


def leave_unexecuted(nb):
    """A cell was written but never run."""
    cell(nb, PRINT).update(execution_count=None, outputs=[])


SPOILT = {
    "output": change_output,
    "exception": raise_exception,
    "figure": alter_figure,
    "unexecuted": leave_unexecuted,
}


def save(nb, folder, stem):
    """Write a notebook into a folder of its own kind."""
    folder.mkdir(exist_ok=True)
    nbformat.write(nb, folder / f"{stem}.ipynb")


@pytest.fixture(scope="module")
def good():
    """The unaltered notebook; each test gets the same, so work on copies."""
    return small_notebook()


@pytest.fixture(scope="module")
def nbval(good, tmp_path_factory):
    """All runs of nbval, under way: name of the group -> future of its results."""
    base = tmp_path_factory.mktemp("nbval")
    save(good, base / "copies", "unaltered")
    for stem, spoil in SPOILT.items():
        nb = copy.deepcopy(good)
        spoil(nb)
        save(nb, base / "copies", stem)

    hang = copy.deepcopy(good)
    hang.cells = [new_code_cell("while True:\n    pass", execution_count=1)]
    save(hang, base / "hang", "hang")

    save(good, base / "explorable", "edited")
    edited = base / "edited"
    shutil.copytree(ROOT / "dlscratch", edited / "dlscratch")
    scripts = list((edited / "dlscratch" / "explorables").glob("*.js"))
    assert scripts
    for script in scripts:
        script.write_text(script.read_text(encoding="utf-8") + "// edited\n")

    with ThreadPoolExecutor() as pool:
        yield {
            "copies": pool.submit(run_nbval, base / "copies"),
            "hang": pool.submit(run_nbval, base / "hang", timeout=4),
            "edited": pool.submit(run_nbval, base / "explorable", pythonpath=edited),
        }


def failures(results):
    """Return the messages of the cells that failed, by their number."""
    return {number: text for number, text in results.items() if text is not None}


# The numbers count code cells from 0: preamble, print, figure, explorable.


def test_unaltered_notebook_passes(nbval, good):
    """Nothing is found where nothing is wrong."""
    results = nbval["copies"].result()["unaltered"]
    assert len(results) == 4
    assert not failures(results)
    assert not {
        check.__name__: check(good) for check in test_hygiene.CHECKS if check(good)
    }


def test_nbval_catches_changed_output(nbval):
    """A printed output that the code no longer gives fails its cell."""
    failed = failures(nbval["copies"].result()["output"])
    assert list(failed) == [1]
    assert "mismatch 'stdout'" in failed[1]


def test_nbval_catches_exception(nbval):
    """A cell that raises fails."""
    failed = failures(nbval["copies"].result()["exception"])
    assert 1 in failed
    assert "ZeroDivisionError" in failed[1]


def test_nbval_catches_altered_figure(nbval):
    """A figure whose data differ by one point fails its cell."""
    failed = failures(nbval["copies"].result()["figure"])
    assert list(failed) == [2]
    assert "mismatch 'image/svg+xml'" in failed[2]


def test_nbval_catches_edited_explorable(nbval):
    """Stored outputs of an explorable whose JavaScript was edited fail."""
    failed = failures(nbval["edited"].result()["edited"])
    assert list(failed) == [3]
    assert "mismatch 'text/html'" in failed[3]


def test_figures_are_renewed_without_a_kernel(good, monkeypatch):
    """A changed script is found, and gets into the notebook as by execution."""
    nb = copy.deepcopy(good)
    read = explorable._read
    monkeypatch.setattr(explorable, "_read", lambda name: read(name) + "// edited\n")
    (complaint,) = test_hygiene.check_explorables_current(nb)
    assert "run make figures" in complaint
    execute_notebooks.renew_figures(nb)
    assert not test_hygiene.check_explorables_current(nb)
    data = cell(nb, EXPLORABLE).outputs[0].data
    assert data["text/html"] == perceptron_line()._repr_html_()


def test_nbval_catches_hang(nbval):
    """A cell that does not end is interrupted and fails."""
    failed = failures(nbval["hang"].result()["hang"])
    assert "timeout" in failed[0].lower()


def test_hygiene_catches_unexecuted_cell(good):
    """A cell that was never run, which nbval may let through."""
    nb = copy.deepcopy(good)
    leave_unexecuted(nb)
    assert test_hygiene.check_executed_in_order(nb)


def add_output(nb, **output):
    cell(nb, PRINT).outputs.append(new_output(**output))


def add_code(nb, source):
    cell(nb, PRINT).source = source


def add_text(nb, source):
    nb.cells.append(new_markdown_cell(source, id="added"))


def describe_figure(nb, **changes):
    cell(nb, FIGURE).metadata["mystnb"].update(changes)


def stream(name, text):
    return {"output_type": "stream", "name": name, "text": text}


def display(kind, value):
    return {"output_type": "display_data", "data": {kind: value}}


SPOIL_HYGIENE = [
    ("executed_in_order", lambda nb: cell(nb, PRINT).update(execution_count=7)),
    ("no_stderr", lambda nb: add_output(nb, **stream("stderr", "a warning"))),
    (
        "no_errors",
        lambda nb: add_output(
            nb, output_type="error", ename="E", evalue="", traceback=[]
        ),
    ),
    ("no_machine", lambda nb: add_output(nb, **stream("stdout", "<f at 0x7f12a0b3>"))),
    ("no_machine", lambda nb: add_text(nb, "in /ho" + "me/me/book")),
    ("figures_described", lambda nb: cell(nb, FIGURE).metadata.clear()),
    ("figures_described", lambda nb: describe_figure(nb, image={"alt": ""})),
    (
        "figures_described",
        lambda nb: describe_figure(nb, image={"alt": "f" * 40 + ".svg"}),
    ),
    ("figures_described", lambda nb: describe_figure(nb, figure={"name": "fig-1"})),
    ("figures_described", lambda nb: cell(nb, PRINT).metadata.update(FIGURE_METADATA)),
    ("figures_compared", lambda nb: add_output(nb, **display("image/png", "iVBOR"))),
    (
        "figures_compared",
        lambda nb: add_output(nb, **display("image/svg+xml", "<dc:date>2026")),
    ),
    ("no_widgets", lambda nb: nb.metadata.update(widgets={"state": {}})),
    (
        "no_widgets",
        lambda nb: add_output(nb, **display("application/javascript", "alert()")),
    ),
    (
        "outputs_compared",
        lambda nb: [c.metadata.update(tags=["nbval-skip"]) for c in nb.cells],
    ),
    (
        "outputs_compared",
        lambda nb: [
            c.update(source="# NBVAL_IGNORE_OUTPUT\n" + c.source) for c in nb.cells
        ],
    ),
    ("normalised", lambda nb: nb.metadata.kernelspec.update(display_name="mine")),
    ("normalised", lambda nb: nb.metadata.update(author="me")),
    ("normalised", lambda nb: nb.cells[0].metadata.update(collapsed=True)),
    ("normalised", lambda nb: nb.cells[0].update(id=nb.cells[1].id)),
    ("cells_short", lambda nb: add_code(nb, "x = 1\n" * 26)),
    ("cells_narrow", lambda nb: add_code(nb, f"x = 1  # {'so ' * 24}")),
    ("code", lambda nb: add_code(nb, "import sys\nsys.path.append('..')")),
    ("code", lambda nb: add_code(nb, "from numpy import *")),
    ("code", lambda nb: add_code(nb, "np.random.seed(0)")),
    ("code", lambda nb: add_code(nb, "x = np.random.randn(3)")),
    ("code", lambda nb: add_code(nb, "rng = np.random.default_rng()")),
    ("code", lambda nb: add_code(nb, "!pip install dlscratch")),
    ("words", lambda nb: add_text(nb, "This is " + "TO" + "DO.")),
    ("words", lambda nb: add_text(nb, "Clear, and obvi" + "ously so.")),
    ("parts", lambda nb: add_text(nb, "## Exercises")),
    ("length", lambda nb: add_text(nb, "word " * 6501)),
    ("images_described", lambda nb: add_text(nb, "![](missing.svg)")),
    (
        "explorables_current",
        lambda nb: add_output(nb, **display("text/html", "<script>old</script>")),
    ),
]


@pytest.mark.parametrize(("check", "spoil"), SPOIL_HYGIENE)
def test_hygiene_catches(check, spoil, good):
    """Each check complains about a notebook that was spoiled its way."""
    nb = copy.deepcopy(good)
    spoil(nb)
    assert getattr(test_hygiene, f"check_{check}")(nb)


def test_uncompared_cells_need_assertions():
    """A few cells may go without comparison, if assertions stand in for it."""

    def complaints(*sources):
        cells = [new_code_cell(source) for source in sources]
        for cell in cells:
            cell.metadata["tags"] = ["nbval-ignore-output"]
        return test_hygiene.check_outputs_compared(new_notebook(cells=cells))

    assert complaints("x = 1", "x = 2") == []
    assert complaints("x = 1", "assert x", "assert x") == []
    assert len(complaints("x = 1", "x = 2", "assert x")) == 1
    most = test_hygiene.MOST_ASSERTED
    assert complaints(*["assert True"] * most) == []
    assert len(complaints(*["assert True"] * (most + 1))) == most + 1


def test_what_a_first_reader_may_skip_is_not_counted():
    """Asides, exercises and sources are no part of the main line."""
    text = (
        "# A\n1\n## Aside: x\n2\n### in it\n3\n## B\n4\n### Aside: y\n5\n"
        "### C\n6\n## Exercises\n7\n### Exercise 9.1. Z\n```\n# 8\n```\n8\n"
        "## Summary\n9\n## Sources\n0"
    )
    kept = test_hygiene.main_line(new_notebook(cells=[new_markdown_cell(text)]))
    assert "".join(re.findall(r"\d", kept)) == "1469"


def test_every_hygiene_check_is_shown_to_fail():
    """No check is without its spoiled notebook."""
    shown = {f"check_{check}" for check, _ in SPOIL_HYGIENE}
    assert shown == {check.__name__ for check in test_hygiene.CHECKS}
