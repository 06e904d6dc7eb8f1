"""Execute notebooks and save their outputs so that only real changes show.

    python tools/execute_notebooks.py [--format | --figures] [NOTEBOOK ...]

A notebook is named by its path, or by the beginning of its name: 02. Without names,
every chapter of the book. A notebook in which a cell fails is left as it is. With
`--format`, nothing is executed: the file is only written the way it is always written.
With `--figures`, its interactive figures get the scripts and the style of today, too,
which is what executing it would change if only these were edited.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from dlscratch.explorables.explorable import remade

ROOT = Path(__file__).resolve().parent.parent
CELL_METADATA = {"jupyter", "mystnb", "tags"}
KEPT = {"plain_words"}  # read by the site's extension
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def normalise(nb):
    """Remove from a notebook, in place, all that differs from run to run.

    Parameters
    ----------
    nb : nbformat.NotebookNode
        A notebook of format 4.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook.
    """
    nb.nbformat, nb.nbformat_minor = 4, 5
    kept = {k: v for k, v in nb.metadata.items() if k in KEPT and v}
    nb.metadata = nbformat.from_dict({**METADATA, **kept})
    taken = set()
    for position, cell in enumerate(nb.cells):
        kept = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA and v}
        cell.metadata = nbformat.from_dict(kept)
        cell.pop("attachments", None)
        name = cell.get("id", "")
        if name in taken or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            text = f"{position}\n{cell.source}".encode()
            name = hashlib.sha256(text).hexdigest()[:8]
        taken.add(name)
        cell.id = name
        if cell.cell_type == "code" and not cell.source.strip():
            cell.outputs, cell.execution_count = [], None
    return nb


def dumps(nb):
    """Return the text that the file of a notebook holds."""
    return nbformat.writes(normalise(nb)) + "\n"


def describe(cell, nb):
    """Name a cell so that an author finds it."""
    code = [c for c in nb.cells if c.cell_type == "code" and c.source.strip()]
    lines = cell.source.strip().splitlines() or [""]
    return f"code cell {code.index(cell) + 1} ({lines[0]!r})"


def execute(nb, folder, timeout=600):
    """Run all cells of a notebook, in place, in a fresh kernel.

    Parameters
    ----------
    nb : nbformat.NotebookNode
        The notebook.
    folder : path-like
        The kernel's working directory.
    timeout : float
        Seconds that one cell may take.

    Raises
    ------
    RuntimeError
        When a cell raises, hangs, kills the kernel or writes to stderr. The
        message names the cell.
    """
    running = []
    client = NotebookClient(
        nb,
        timeout=timeout,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=lambda cell, cell_index: running.append(cell),
    )
    try:
        client.execute()
    except CellTimeoutError:
        where = describe(running[-1], nb)
        raise RuntimeError(f"{where} took more than {timeout} s") from None
    except DeadKernelError:
        raise RuntimeError(f"{describe(running[-1], nb)} ended the kernel") from None
    except CellExecutionError as error:
        what = f"{error.ename}: {error.evalue}"
        raise RuntimeError(f"{describe(running[-1], nb)} raised {what}") from None
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                text = output.text.strip()
                raise RuntimeError(f"{describe(cell, nb)} wrote to stderr: {text}")
    return nb


def renew_figures(nb, folder=None):
    """Give a notebook's interactive figures, in place, the scripts of today."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if made := remade(data.get("text/html", "")):
                data["text/html"] = made
    return nb


def replace(path, text):
    """Write a file at once or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
    ) as file:
        try:
            file.write(text)
            file.close()
            os.chmod(file.name, path.stat().st_mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def find(name):
    """Return the notebooks that are meant: by a path, or by how their names begin."""
    paths = [Path(name).absolute()]
    if not paths[0].is_file():
        paths = sorted((ROOT / "notebooks").glob(f"{name}*.ipynb"))
    if not paths:
        raise ValueError(f"no name in notebooks/ begins with {name}")
    return paths


def renew(path, run=execute):
    """Execute and save one notebook; return what happened, and whether it failed.

    What is done with it before it is saved can be something else than `execute`.
    """
    before = path.read_text(encoding="utf-8")
    nb = nbformat.reads(before, as_version=4)
    try:
        run(nb, path.parent)
    except RuntimeError as error:
        return f"{path.name}: FAILED, left as it was: {error}", True
    after = dumps(nb)
    if after == before:
        return f"{path.name}: unchanged", False
    replace(path, after)
    return f"{path.name}: saved", False


def main():
    """Renew the notebooks that are named, or all chapters."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("notebooks", nargs="*", default=["[0-9]"])
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--format", action="store_true", help="execute nothing")
    only.add_argument("--figures", action="store_true", help="renew their scripts only")
    args = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        paths = list(dict.fromkeys(path for n in args.notebooks for path in find(n)))
    except ValueError as error:
        parser.error(str(error))
    run = execute
    if args.format or args.figures:
        run = renew_figures if args.figures else lambda nb, folder: nb
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda path: renew(path, run), paths))
    for message, _ in results:
        print(message)
    sys.exit(any(failed for _, failed in results))


if __name__ == "__main__":
    main()
