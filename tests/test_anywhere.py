"""The book in other people's environments: less installed, less allowed."""

import os
import subprocess
import sys
from pathlib import Path

import environment
import execute_notebooks
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent


def test_no_warning_without_ipywidgets(tmp_path):
    """The library and JupyterLab are enough, and the first cell is silent."""
    hidden = "import sys; sys.modules['ipywidgets'] = None"
    nb = new_notebook(cells=[new_code_cell(f"{hidden}\nimport dlscratch.datasets")])
    execute_notebooks.execute(nb, tmp_path)  # refuses what is written to stderr
    assert nb.cells[0].outputs == []


def test_a_notebook_is_tested_from_any_folder_and_without_a_home(tmp_path):
    """With the project's settings, and with Matplotlib's first words not in a cell."""
    book = tmp_path / "book"
    book.mkdir()
    for name in ("pyproject.toml", "conftest.py"):
        (book / name).write_bytes((ROOT / name).read_bytes())
    cell = new_code_cell("import matplotlib.pyplot", execution_count=1)
    nbformat.write(new_notebook(cells=[cell]), book / "first.ipynb")
    env = {**os.environ, "HOME": "/dev/null/home"}  # not even root can make that
    for name in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        env.pop(name, None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--nbval", str(book / "first.ipynb")]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("writable", [True, False])
def test_make_has_a_home_that_can_be_written_to(tmp_path, writable):
    """HOME is left alone, unless nothing can be kept in it."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    given = tmp_path / "my home"
    given.mkdir()
    home = given if writable else Path("/dev/null/home")
    done = subprocess.run(
        ["make", "--no-print-directory", "--eval", "home: ; @echo $$HOME", "home"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    found = Path(done.stdout.strip())
    assert found == (given if writable else tmp_path / "_build" / "home")
    assert found.is_dir()


@pytest.mark.parametrize("option", [[], ["--writable"]])
def test_a_read_only_checkout_is_told_in_one_sentence(monkeypatch, option):
    """`make env` and `make book` say what they need, without a traceback."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    for name in ("up_to_date", "usable"):  # nothing is installed, whatever comes
        monkeypatch.setattr(environment, name, lambda: True)
    monkeypatch.setattr(sys, "argv", ["environment.py", *option])
    with pytest.raises(SystemExit, match=r"cannot be written to.*Copy it") as caught:
        environment.main()
    assert str(ROOT) in caught.value.code
