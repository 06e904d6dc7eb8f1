"""Read the ledger: where each headline number comes from, and who quotes it.

``book/ledger.toml`` declares a row for each number and names its source, which is a
cell's stored output or a table that a program wrote. Each trained network and each
measured time gets its rows by itself. No number of ours is typed there. A *phrase* is a
piece of the text to look for, in which white space counts as one blank, … stands for
any text, and a name in braces for a number. In sources, this is the number
(``{value}``), or one of several whose median is the number (``{run}``), what it is
divided by (``{of}``), the range beside it (``{low}``, ``{high}``), or a number that
does not matter here (``{any}``). In quotes:

``{value}``
    must be the row's number, rounded to as many decimals as are quoted. It includes the
    words before it: "more than 60" or "at most 17 minutes" must hold for each run, and
    "some 26,500" is rounded to its digits without the zeros at their end
``{wrong_in}``
    one of so many must be wrong
``{published}``
    must be the published figure
"""

import json
import operator as op
import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import inf
from pathlib import Path
from statistics import median

from markdown_it import MarkdownIt

from dlscratch.models import Sequential

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = ("results-table", "bench-table", "ledger-table")  # by programs
UNCOMPARED = "nbval-ignore-output"  # a cell's tag

WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
WORDS = {word: str(number) for number, word in enumerate(WORDS.split())}
WORDS |= {"fifteen": "15", "twenty": "20", "thirty": "30", "half a": "0.5", "a": "1"}
DIGITS = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?"
NUMBER = rf"(?:{DIGITS}|\b(?:{'|'.join(WORDS)})\b)"
HOLDS = {"more than": op.gt, "at least": op.ge, "less than": op.lt, "at most": op.le}
HOLDS["below"] = op.lt
HOW = f"(?:about |some |{' |'.join(HOLDS)} )?"
TIME = " (?:second|minute)s?"
NAMES = re.compile(r"\{(\w+)\}")

# Backslashes stay, for formulas are not Markdown, and HTML counts as text.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("escape")
FORMULAS = {r"\%": "%", r"\,": " ", "{,}": ",", "$": ""}


def flat(text):
    """Return text with each piece of white space as one blank."""
    return " ".join(text.split())


def plain(markdown):
    """Return what a reader sees of Markdown, on one line, with "…" for code."""
    seen = ""
    for block in MARKDOWN.parse(markdown):
        if re.match(r"\{(?!code|math|raw)", block.info):  # a box of a hand-written page
            seen += plain(f"{block.info.partition('}')[2]}\n\n{block.content}")
        for token in block.children or ():
            other = {"code_inline": "…", "softbreak": " "}
            seen += other.get(token.type, token.content)
        seen += " "
    for mark, what in FORMULAS.items():
        seen = seen.replace(mark, what)
    return flat(seen)


def shown(cell):
    """Return what a reader sees of a cell's text, figure and worked solution."""
    texts = [cell["source"]] if cell["cell_type"] == "markdown" else []
    texts.append(cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", ""))
    for output in cell.get("outputs", ()):
        texts.append(output.get("data", {}).get("text/markdown", ""))
    return "\n".join(plain("".join(text)) for text in texts)


def printed(cell):
    """Return the text among a cell's stored outputs."""
    texts = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        data = data.get("text/markdown") or data.get("text/plain", "")
        texts.append("".join(output.get("text", data)))
    return "\n".join(texts)


def find(phrase, text, number=NUMBER):
    """Yield each place where a phrase stands in a text, with its (name, number)s."""
    words, names = NAMES.split(flat(phrase))[::2], NAMES.findall(phrase)
    words = (re.escape(part).replace(r"\ …", ".*?") for part in words)
    for match in re.finditer(f"({number})".join(words), text):
        yield match, list(zip(names, match.groups(), strict=True))


def parse(number):
    """Return a number that stands in a text, with its decimals."""
    return Decimal(WORDS.get(number, number.replace(",", "")))


def recorded(number, unit):
    """Return a number of a record with the decimals that are worth showing."""
    if unit == "%":
        return Decimal(f"{100 * number:.2f}")
    decimals = {"nats": 2, "pipes": 1}.get(unit, int(number < 10))
    return Decimal(f"{number:.{decimals}f}")


def near(value, quoted):
    """Return whether a number is what is quoted, to as many decimals."""
    return 2 * abs(value - quoted) <= Decimal(1).scaleb(quoted.as_tuple().exponent)


@dataclass
class Row:
    """One number of the ledger, as ``book/ledger.toml`` declares it.

    ``cell`` ("notebook#cell") or ``page`` (of book/) is the source, in which to look
    for the phrase ``find``. ``bounds`` are what another run keeps to, for cells whose
    outputs are not compared, and ``asserted`` names the cell that asserts them; or
    ``holds`` says in words what is asserted. ``least``: the number is a lower bound.
    ``published`` is a figure and its source, with a few words where it is of something
    else than our number: another recipe, or a place. ``quotes`` are "place: phrase".
    """

    id: str
    what: str = ""
    unit: str = ""
    data: str = "none"
    seeds: str = "none"
    cell: str = ""
    page: str = ""
    find: str = ""
    least: bool = False
    bounds: tuple = ()
    asserted: str = ""
    holds: str = ""
    published: tuple = ()
    quotes: tuple = ()
    # Found in the source; a time is that of a notebook.
    time: str = ""
    sha256: str = ""
    runs: tuple = ()
    range: tuple = ()

    @property
    def value(self):
        """The number: the median of the runs."""
        return median(self.runs)

    def text(self, value):
        """Return a number with its unit."""
        return f"{value:,f} {self.unit}".strip()

    def wrong(self, expected, found, do="correct the row in book/ledger.toml"):
        """Return a complaint."""
        return f"{self.id}: expected {expected}, found {found}: {do}"

    def read(self, text):
        """Find the number in a text."""
        matches = list(find(self.find, flat(text)))
        if not matches or (len(matches) > 1 and "{run}" not in self.find):
            where, times = self.cell or self.page, f"it {len(matches)} times"
            raise ValueError(self.wrong(f"{self.find!r} once in {where}", times))
        # Some percentages are printed as fractions.
        fraction = self.unit == "%" and not re.search(r"\{(value|run)\} ?%", self.find)
        numbers = {name: [] for name in ("value", "run", "of", "low", "high", "any")}
        for _, found in matches:
            for name, number in found:
                numbers[name].append(parse(number).scaleb(2 * fraction))
        self.runs = numbers["value"] or numbers["run"]
        if numbers["of"]:
            whole = numbers["of"][0].scaleb(-2 * fraction)
            self.runs = [round(run / whole, 1) for run in self.runs]
        self.range = numbers["low"] + numbers["high"]

    def fits(self, name, quoted):
        """Return whether a number that is quoted as a name of a phrase is right."""
        if name in ("any", "published"):
            return name == "any" or quoted == self.published[0]
        how, number, per = re.fullmatch(f"({HOW})({NUMBER})(.*)", quoted).groups()
        how = how.strip()
        value = parse(number) * (60 if "minute" in per else 1)
        if name == "wrong_in":
            return near(100 / (100 - self.value), value)
        if how == "about" and per:
            return 2 / 3 <= self.value / value <= 3 / 2
        if how == "some":
            value = value.normalize()
        if how in HOLDS:
            return all(HOLDS[how](run, value) for run in self.runs)
        return near(self.value, value)


class Book:
    """The notebooks, pages, weights and times in a folder, and the ledger's rows."""

    def __init__(self, root=ROOT):
        self.root = Path(root)
        self.declared = tomllib.loads(self.read("book/ledger.toml"))
        self.times = json.loads(self.read("book/ledger-times.json"))["seconds"]
        self.works = re.findall(r"^@\w+{(.+),", self.read("book/references.bib"), re.M)
        self.notebooks = {
            path.stem: {c["id"]: c for c in json.loads(self.read(path))["cells"]}
            for path in sorted(self.root.glob("notebooks/*.ipynb"))
        }
        self.records = {
            path.stem: Sequential.load(path).record
            for path in sorted(self.root.glob("dlscratch/weights/*.npz"))
        }
        pages = {self.root / "README.md", *self.root.glob("book/*.md")}
        pages = {path.stem: path for path in sorted(pages) if path.stem not in WRITTEN}
        # What a reader sees; each cell has a line of its own, or more.
        self.texts = {name: plain(self.read(path)) for name, path in pages.items()} | {
            name: "\n".join(map(shown, cells.values()))
            for name, cells in self.notebooks.items()
        }

    def read(self, path):
        """Return the text of one of the book's files."""
        return (self.root / path).read_text(encoding="utf-8")

    def made(self):
        """Return rows, as if declared, for what networks record and for all times."""
        rows = {}
        for name, record in self.records.items():
            for entry, row in self.declared["network"].items():
                if not (runs := record.get(entry)):
                    continue
                if entry == "seconds" and "seconds_by_seed" in record:
                    continue
                if not isinstance(runs, dict):
                    runs = {str(record["seed"]): runs}
                rows[f"{name}-{entry}"] = row | {
                    "what": f"`{name}`: {row['what']}",
                    "data": re.split("[:,]", record["data"])[0],
                    "seeds": ", ".join(runs),
                    "sha256": record["sha256"],
                    "runs": [recorded(run, row["unit"]) for run in runs.values()],
                }
        for name, seconds in self.times.items():
            rows[f"time-{name}"] = dict(time=name, unit="s", runs=[Decimal(seconds)])
        return rows

    @cached_property
    def rows(self):
        """All rows with their numbers: those declared, and those made."""
        made = self.made()
        rows = {id: made.pop(id, {}) | row for id, row in self.declared["row"].items()}
        rows = [Row(id, **row) for id, row in (rows | made).items()]
        for row in rows:
            self.fill(row)
        return rows

    def cell(self, row, name=""):
        """Return the cell that a row names, or another of the notebook."""
        notebook, _, own = row.cell.partition("#")
        if (name or own) not in self.notebooks.get(notebook, ()):
            raise ValueError(row.wrong(f"a cell {name or own} in {notebook}", "none"))
        return self.notebooks[notebook][name or own]

    def fill(self, row):
        """Find a row's number in its source."""
        recorded = row.runs
        if row.page:
            row.read(self.read(f"book/{row.page}.md"))
        elif row.cell:
            row.read(printed(self.cell(row)))
        if not row.runs:
            what = "a cell, a page, or the id of a network's record or of a time"
            raise ValueError(row.wrong(what, f"nothing recorded as {row.id}"))
        if recorded and not near(median(recorded), row.value):
            expected = f"{row.text(median(recorded))}, as recorded"
            found = f"{row.text(row.value)} in {row.cell}"
            raise ValueError(row.wrong(expected, found, "execute the notebook again"))


def unsupported(book, row):
    """Yield what is missing: a cell that asserts the bounds, or the work cited."""
    if row.published and row.published[1] not in book.works:
        yield row.wrong(f"{row.published[1]} in book/references.bib", "no such key")
    if not row.cell:
        return
    claim = row.bounds or row.holds
    if claim or UNCOMPARED in book.cell(row)["metadata"].get("tags", ()):
        low, high = row.bounds or (-inf, inf)
        if not (claim and row.asserted):
            yield row.wrong("bounds and `asserted`, as tests compare no output", "none")
        elif "assert" not in "".join(book.cell(row, row.asserted)["source"]):
            yield row.wrong(f"an assertion in {row.asserted}", "none")
        elif not low <= min(row.runs) <= max(row.runs) <= high:
            runs = ", ".join(map(row.text, row.runs))
            yield row.wrong(f"at least {low} and at most {high}", runs)


def tokens(book, where):
    """Yield the matches of what looks like a result in a text."""
    for files, looks in book.declared["look"].items():
        if Path(where).match(files):
            for look in looks:
                yield from re.finditer(look, book.texts.get(where, ""))


def misquoted(book):
    """Yield what the text says without a row, or otherwise than its row."""
    quotes = {where: [] for where in book.texts}
    for row in [*book.rows, Row("allowed", quotes=book.declared["allowed"])]:
        for where, _, phrase in (quote.partition(": ") for quote in row.quotes):
            quotes.setdefault(where, []).append((row, phrase))
    for where, quoted in quotes.items():
        text, spans = book.texts.get(where, ""), []
        for row, phrase in quoted:
            matches = list(find(phrase, text, HOW + NUMBER + TIME * (row.unit == "s")))
            spans += [match.span() for match, _ in matches]
            if not matches:
                do = "correct the text, or the phrase in book/ledger.toml"
                yield row.wrong(f"{phrase!r} in {where}", "no such words", do)
            for match, found in matches:
                for name, number in found:
                    if not row.fits(name, number):
                        ours = ", ".join(map(row.text, row.runs))
                        ours += "".join(f" (published: {n})" for n in row.published[:1])
                        theirs = f"{number!r} in {match[0]!r}"
                        do = f"correct the text of {where}"
                        yield row.wrong(ours, theirs, do)
        for token in tokens(book, where):
            start, end = token.span()
            if not any(a <= start and end <= b for a, b in spans):
                around = flat(text[max(0, start - 50) : end + 20])
                yield (
                    f"{where}: expected a row that quotes {token[0]!r}, found none: in "
                    f"book/ledger.toml, add words of {around!r} to a row's quotes"
                )


def complaints(book):
    """Return all that is wrong with a book's numbers."""
    return [*(c for row in book.rows for c in unsupported(book, row)), *misquoted(book)]
