"""Write the list of each chapter's sources from book/references.bib.

    python tools/sources.py [NOTEBOOK ...]

The list is the cell after the one that begins with "## Sources": one full entry for
each work that the chapter cites, such as "Rosenblatt (1958)".
"""

import argparse
import sys
from pathlib import Path

import execute_notebooks
import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import house  # noqa: E402

HEADING = "## Sources"


def lists(cells):
    """Return the cells that hold such a list: one for each heading, or None."""
    pairs = zip(cells, [*cells[1:], {"source": ""}], strict=True)
    return [
        following if following["source"].startswith("- ") else None
        for cell, following in pairs
        if cell["source"].startswith(HEADING)
    ]


def own_texts(cells):
    """Yield a notebook's texts, with its worked solutions, but not the list."""
    made = lists(cells)
    for cell in cells:
        if cell["cell_type"] == "markdown" and cell not in made:
            yield cell["source"]
        for output in cell.get("outputs", ()):
            yield "".join(output.get("data", {}).get("text/markdown", ""))


def renew(nb, works):
    """Put the list of sources into its place, in a notebook that is changed.

    Parameters
    ----------
    nb : nbformat.NotebookNode
    works : dict
        As `citations.read_works` returns it.
    """
    cited = house.citations.find_cited("\n\n".join(own_texts(nb.cells)), works)
    entries = house.citations.full_entries([works[work] for work in cited])
    text = "\n".join(f"- {entry}" for entry in entries)
    for made in lists(nb.cells):
        if made:
            made.source = text
        elif text:
            heading = next(c for c in nb.cells if c.source.startswith(HEADING))
            place = nb.cells.index(heading) + 1
            nb.cells.insert(place, nbformat.v4.new_markdown_cell(text))
            nb.cells[place].id = f"{heading.id}-list"
    return nb


def main():
    """Renew the notebooks that are named, or all of the book."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    args = parser.parse_args()
    works = house.citations.read_works()
    for path in args.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        nb = renew(nbformat.reads(before, as_version=4), works)
        if (after := execute_notebooks.dumps(nb)) != before:
            execute_notebooks.replace(path, after)
            print(f"{path.name}: new list of sources")


if __name__ == "__main__":
    main()
