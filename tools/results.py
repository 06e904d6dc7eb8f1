"""Write what the book's results page includes: the ledger, and the trained networks.

    python tools/results.py [--time [NOTEBOOK ...]]

Every number comes from a stored output, a written table, a measured time, or the
record inside a file of ``dlscratch/weights``. With ``--time``, the notebooks are
executed first, to measure how long they run; their files stay as they are.
"""

import argparse
import datetime
import json
import os
import re
import resource
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
from execute_notebooks import execute
from ledger import MARKDOWN, Book, complaints
from sources import house

from dlscratch.attention import EncoderDecoder, SelfAttention, Tied
from dlscratch.base import places
from dlscratch.generative import RBM
from dlscratch.layers import Conv2d, Linear, MaxPool2d
from dlscratch.models import Sequential
from dlscratch.recurrent import LSTM, Embedding

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "dlscratch" / "weights"
TABLE = ROOT / "book" / "results-table.md"
LEDGER = ROOT / "book" / "ledger-table.md"
TIMES = ROOT / "book" / "ledger-times.json"
CITED = {
    entry.key: ", ".join(work) for work, entry in house.citations.read_works().items()
}


def layers(model):
    """Return a network in short, such as ``64–50–10`` or ``5×5 conv 30–pool–10``."""
    parts = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            parts += [] if parts else [layer.config["n_in"]]
            parts.append(layer.config["n_out"])
        elif isinstance(layer, Conv2d):
            filters, _, height, width = layer.W.value.shape
            parts.append(f"{height}×{width} conv {filters}")
        elif isinstance(layer, Embedding):
            parts.append(f"embedding {layer.config['n_dim']}")
        elif isinstance(layer, LSTM):
            parts.append(f"LSTM {layer.config['n_hidden']}")
        elif isinstance(layer, EncoderDecoder):
            units = layer.config["dim"]
            parts.append(f"LSTM {units} and LSTM {units} with attention")
        elif isinstance(layer, Tied):
            inner = [one for _, one in places(layer.inner)]
            blocks = [one for one in inner if isinstance(one, SelfAttention)]
            dim, heads = blocks[0].config["dim"], blocks[0].heads
            parts.append(f"GPT of {len(blocks)} layers, {heads} heads, {dim} channels")
        elif isinstance(layer, MaxPool2d):
            parts.append("pool")
        elif isinstance(layer, RBM):
            units = layer.config
            parts.append(f"RBM {units['n_visible']}–{units['n_hidden']}")
    return "–".join(map(str, parts))


def row(model):
    """Return the network's row in the table; some name nothing, so nothing is right."""
    record = model.record
    cells = (
        f"`{record['name']}`",
        layers(model),
        f"{sum(p.value.size for p in model.parameters):,}",
        *reached(record),
    )
    return f"| {' | '.join(cells)} |"


def reached(record):
    """Return what a network does right: examples, or pipes in games, or nothing."""
    if "pipes" in record:
        return "–", f"{record['pipes']:.1f} pipes"
    if "test_accuracy" not in record:
        return "–", "–"
    return [f"{record[f'{part}_accuracy']:.2%}" for part in ("train", "test")]


def recipe(model):
    """Return a paragraph that says how the network was made."""
    record = model.record
    phases = record["epochs_and_learning_rates"]
    epochs = ", then ".join(
        f"{n} epoch{'s' * (n != 1)} at learning rate {lr:g}" for n, lr in phases
    )
    return (
        f"`{record['name']}`\n"
        f": Data: {record['data']}. Recipe: {record['recipe']}. "
        f"Activation: {record['activation']}. {epochs.capitalize()}; "
        f"batches of {record['batch_size']}; seed {record['seed']}. "
        f"Trained on {record['date']} in {record['seconds']:g} seconds "
        f"with NumPy {record['numpy']}. "
        f"SHA-256 of its arrays: `{record['sha256']}`."
    )


def table(folder=WEIGHTS):
    """Return the whole file's text, from the weights in a folder."""
    models = [Sequential.load(path) for path in sorted(folder.glob("*.npz"))]
    head = (
        "| Network | Layers | Parameters | Training data right | Test data right |",
        "|---|---|---:|---:|---:|",
    )
    note = "<!-- Written by tools/results.py; run `make labs` to renew it. -->"
    rows = "\n".join([*head, *map(row, models)])
    return "\n\n".join([note, rows, *map(recipe, models)]) + "\n"


COLUMNS = ("What", "Number", "Data; seeds", "A new run gives", "Published", "Made by")


def section(cells, name):
    """Return the anchor of the section that holds a cell."""
    names = list(cells)
    for cell in (cells[n] for n in reversed(names[: names.index(name)])):
        source = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
        for block, inline in [*pairwise(MARKDOWN.parse(source))][::-1]:
            if block.type == "heading_open" and block.tag != "h1":
                return house.slug("".join(t.content for t in inline.children))
    return ""


def made_by(row, book):
    """Return the link to the cell, or the name of the program, that made a number."""
    if row.cell:
        notebook, _, cell = row.cell.partition("#")
        anchor = section(book.notebooks[notebook], cell)
        target = f"../notebooks/{notebook}.ipynb" + f"#{anchor}" * bool(anchor)
        made = f"[cell `{cell}`]({target})"
    elif row.page:
        made = "`make bench`"
    elif row.time:
        made = "`tools/results.py --time`"
    else:
        made = "`make weights`"
    return made + f"; weights `{row.sha256[:12]}`" * bool(row.sha256)


def number(row):
    """Return a row's number with its runs, or the range that it is taken from."""
    shown = "at least " * row.least + row.text(row.value)
    if len(row.runs) > 1:
        return shown + f" ({', '.join(row.text(run).split()[0] for run in row.runs)})"
    if row.range:
        low, high = (row.text(end).split()[0] for end in row.range)
        return shown + f" ({low} to {high})"
    return shown


def a_new_run(row):
    """Return how far another run may differ, on this machine or another."""
    if row.holds:
        return row.holds
    if row.least:
        return "at least that"
    if row.bounds:
        low, high = row.bounds
        unit = f" {row.unit}".rstrip()
        if high == float("inf") or (high == 100 and row.unit == "%"):
            return f"at least {low:g}{unit}"
        return f"{low:g} to {high:g}{unit}" if low else f"at most {high:g}{unit}"
    if row.page or row.time:
        return "depends on the machine"
    return "the same"


def published(row):
    """Return the published figure, whose it is, and what is different there."""
    figure, key, *words = row.published
    shown = f"{figure} {row.unit}".strip() + f" ({CITED.get(key, key)})"
    return ", ".join([shown, *words])


def title(book, notebook):
    """Return a notebook's title."""
    first = next(iter(book.notebooks[notebook].values()))
    return "".join(first["source"]).splitlines()[0].lstrip("# ")


def group(row, book):
    """Return the heading under which a row stands."""
    if row.time:
        return "Time to run"
    if row.page:
        return "Speed and memory"
    if not row.cell:
        return "Training of the networks that come with the book"
    return title(book, row.cell.partition("#")[0])


def columns(row, book):
    """Return what stands in a row's columns."""
    seeds = f"seed{'s' * (not row.seeds.isdigit())} {row.seeds}"
    data = [row.data] * (row.data != "none") + [seeds] * (row.seeds != "none")
    cells = (
        title(book, row.time) if row.time else row.what,
        number(row),
        "; ".join(data),
        a_new_run(row),
        published(row) if row.published else "",
        made_by(row, book),
    )
    return [re.sub(r"(?<=\d) (?=[%×]|s\b|MB)", "\N{NO-BREAK SPACE}", c) for c in cells]


def ledger(book):
    """Return the ledger as Markdown, a table for each chapter, without empty columns.

    Parameters
    ----------
    book : Book

    Returns
    -------
    str
    """
    groups = {}
    for row in book.rows:
        groups.setdefault(group(row, book), []).append(row)
    parts = ["<!-- Written by tools/results.py from book/ledger.toml. -->"]
    for heading, rows in groups.items():
        table = [COLUMNS, *(columns(row, book) for row in rows)]
        used = [k for k in range(len(COLUMNS)) if any(cells[k] for cells in table[1:])]
        lines = [f"| {' | '.join(cells[k] or '–' for k in used)} |" for cells in table]
        lines.insert(1, "|---" * len(used) + "|")
        parts += [f"### {heading}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def measure(names):
    """Execute notebooks, one after the other, and keep the processor time of each."""
    times = json.loads(TIMES.read_text()) if TIMES.exists() else {"seconds": {}}
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in (p for p in paths if not names or p.stem in names):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        execute(nbformat.read(path, as_version=4), path.parent)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        times["seconds"][path.stem] = round(spent)
        times["date"] = datetime.date.today().isoformat()
        TIMES.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n")
        print(f"{path.name}: {spent:.1f} s of processor time")


def main():
    """Write the tables, and say which numbers do not hold."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--time", nargs="*", metavar="NOTEBOOK", help="measure first")
    args = parser.parse_args()
    if args.time is not None:
        measure({Path(name).stem for name in args.time})
    try:
        book = Book()
        for path, text in ((TABLE, table()), (LEDGER, ledger(book))):
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
        wrong = complaints(book)
    except ValueError as error:
        wrong = str(error).splitlines()
    for complaint in wrong:
        print(complaint)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
