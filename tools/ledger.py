"""Read the ledger: where each headline number comes from, and who quotes it.

``book/ledger.toml`` declares a row for each number and names its source, which is a
cell's stored output, a table that a program wrote, the record of a trained network or
a measured time. No number of ours is typed there. A *phrase* is a piece of the text to
look for, in which white space counts as one blank and a name in braces stands for a
number. In sources:

``{value}``
    the number; of several, their median
``{run}``
    one of several runs; the number is their median
``{of}``
    what the value is divided by
``{low}``, ``{high}``
    the range that stands beside it
``{any}``
    a number that does not matter here

In quotes:

``{value}``
    must be the row's number, rounded to as many decimals as are quoted
``{about}``
    the same, rounded to the quoted digits without the zeros at their end
``{over}``, ``{under}``
    must be below, above the row's number
``{all}``
    no run may be below it
``{wrong_in}``
    one of so many must be wrong, rounded to a whole number
``{published}``
    must be the published figure
"""

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median

from dlscratch.models import Sequential

ROOT = Path(__file__).resolve().parents[1]
NAMES = re.compile(r"\{(\w+)\}")
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
WORDS = dict(zip(WORDS, range(13), strict=True)) | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
}
DIGITS = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?"
NUMBER = rf"(?:{DIGITS}|\b(?:{'|'.join(WORDS)})\b)"
HOW = "about |at most |less than |well under "
TIME = rf"(?:{HOW})?(?:{NUMBER}|half a|a) (?:second|minute)s?"
UNCOMPARED = "nbval-ignore-output"


class LedgerError(ValueError):
    """A row, a quote or a number of the text that does not hold."""


def pattern(phrase, unit=""):
    """Return a phrase as a regular expression.

    Parameters
    ----------
    phrase : str
    unit : str
        Of the number. A time, "s", is quoted in words: "less than half a minute".
    """
    number = TIME if unit == "s" else NUMBER
    parts = NAMES.split(" ".join(phrase.split()))
    texts, names = map(re.escape, parts[::2]), [*parts[1::2], None]
    return "".join(
        text + (f"(?P<{name}{i}>{number})" if name else "")
        for i, (text, name) in enumerate(zip(texts, names, strict=True))
    )


def numbers(match):
    """Yield each name of a phrase with the text that it stands for."""
    for name, text in match.groupdict().items():
        yield name.rstrip("0123456789"), text


def parse(text):
    """Return a number, and the size of its last digit."""
    if text in WORDS:
        return float(WORDS[text]), 1.0
    text = text.replace(",", "")
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return float(text), 10.0**-decimals


def time_fits(seconds, quoted):
    """Return whether a time is what "less than half a minute", say, promises."""
    how, number, unit = re.fullmatch(
        rf"({HOW})?(.*) (second|minute)s?", quoted
    ).groups()
    value = {"half a": 0.5, "a": 1.0}.get(number) or parse(number)[0]
    value *= {"second": 1, "minute": 60}[unit]
    if how == "about ":
        return 2 / 3 <= seconds / value <= 3 / 2
    if how == "at most ":
        return seconds <= value
    return seconds < value if how else seconds == value


def flat(text):
    """Return text with each piece of white space as one blank."""
    return " ".join(text.split())


def plain(markdown):
    """Return what a reader sees of Markdown, code and formulas' marks aside."""
    lines, fences, code = [], [], False
    for line in markdown.splitlines():
        mark, about = re.match(r"(`{3,}|:{3,})?(.*)", line).groups()
        if mark and mark in fences and not about:
            del fences[fences.index(mark) :]
            code = False
        elif mark:
            fences.append(mark)
            code = not re.match(r"\{(?!code|math)", about)
            lines.append("" if code else about.partition("}")[2])
        elif not code and not (fences and re.match(r":\w+:", line)):
            lines.append(line.removeprefix(">"))
    text = "\n".join(lines)
    text = re.sub(r"\{cite[\w:]*\}`[^`]*`|\([^()]*, \d{4}[a-h]?\)", "", text)
    text = re.sub(r"\{\w+\}`([^`<]*?)(?: <[^`]*>)?`", r"\1", text)
    text = re.sub(r"`[^`]*`|</?(?:details|summary)[^>]*>", "…", text)
    text = re.sub(r"\]\([^)\s]*\)", "]", text)
    for mark, what in {r"\%": "%", r"\,": " ", "{,}": ",", "~": " "}.items():
        text = text.replace(mark, what)
    return re.sub(r" +(?=[,.;:!?])", "", flat(re.sub(r"[$*\[\]]", "", text)))


@dataclass
class Row:
    """One number of the ledger, as ``book/ledger.toml`` declares it.

    ``cell`` ("notebook#cell"), ``page`` (of book/), ``weights`` (with ``entry``) or
    ``time`` (a notebook) is the source. ``bounds`` are what another run keeps to, for
    cells whose outputs are not compared, and ``asserted`` names the cell that asserts
    them; or ``holds`` says in words what is asserted. ``least``: the number is a lower
    bound. ``after``: where on a page to begin to look.
    """

    id: str
    what: str
    unit: str
    data: str = "none"
    seeds: str = "none"
    cell: str = ""
    page: str = ""
    weights: str = ""
    entry: str = ""
    time: str = ""
    after: str = ""
    find: str = ""
    least: bool = False
    bounds: list = field(default_factory=list)
    asserted: str = ""
    holds: str = ""
    published: str = ""
    by: str = ""
    quotes: list = field(default_factory=list)
    # filled in from the source
    runs: list = field(default_factory=list)
    step: float = 0.0
    range: tuple = ()
    sha256: str = ""

    @property
    def value(self):
        """The number: the median of the runs."""
        return median(self.runs)

    def text(self, value, step=None):
        """Return a number with its unit, with as many digits as its source has."""
        step = self.step if step is None else step
        decimals = max(0, len(f"{step:.9f}".rstrip("0").partition(".")[2]))
        return f"{value:,.{decimals}f} {self.unit}".strip()


class Book:
    """The notebooks, pages, weights and times that a ledger refers to.

    Parameters
    ----------
    root : path-like
        The book's folder.
    """

    def __init__(self, root=ROOT):
        self.root = Path(root)

    @cached_property
    def notebooks(self):
        """Each notebook's cells, by its name without ``.ipynb``."""
        return {
            path.stem: json.loads(path.read_text(encoding="utf-8"))["cells"]
            for path in sorted(self.root.glob("notebooks/*.ipynb"))
        }

    @cached_property
    def records(self):
        """Each trained network's record, by its name."""
        return {
            path.stem: Sequential.load(path).record
            for path in sorted(self.root.glob("dlscratch/weights/*.npz"))
        }

    @cached_property
    def times(self):
        """What running each notebook took, as ``tools/results.py --time`` wrote it."""
        return json.loads(self.read("book/ledger-times.json"))

    @cached_property
    def texts(self):
        """What a reader sees of each notebook and page, as a list of pieces."""
        written = {"results-table", "bench-table", "ledger-table"}  # by programs
        pages = {
            path.stem: [plain(path.read_text(encoding="utf-8"))]
            for path in [self.root / "README.md", *sorted(self.root.glob("book/*.md"))]
            if path.stem not in written
        }
        return pages | {
            name: [piece for cell in cells for piece in pieces(cell)]
            for name, cells in self.notebooks.items()
        }

    @cached_property
    def declared(self):
        """What ``book/ledger.toml`` holds."""
        return tomllib.loads(self.read("book/ledger.toml"))

    @cached_property
    def rows(self):
        """All rows: those declared, and those of further trained networks."""
        rows = [Row(**row) for row in self.declared["row"]]
        taken = {(r.weights, r.entry or "test_accuracy") for r in rows if r.weights}
        rows += [r for r in self.rows_of_weights() if (r.weights, r.entry) not in taken]
        if repeated := {r.id for r in rows if [s.id for s in rows].count(r.id) > 1}:
            raise LedgerError(f"expected each id once, got more of {sorted(repeated)}")
        broken = []
        for row in rows:
            try:
                self.fill(row)
            except LedgerError as error:
                broken.append(str(error))
        if broken:
            raise LedgerError("\n".join(broken))
        return rows

    def read(self, name):
        """Return the text of one of the book's files."""
        return (self.root / name).read_text(encoding="utf-8")

    def cell(self, row, name=None):
        """Return the cell that a row names."""
        notebook, _, own = row.cell.partition("#")
        for cell in self.notebooks.get(notebook, ()):
            if cell["id"] == (name or own):
                return cell
        raise LedgerError(f"{row.id}: found no cell {name or own} in {notebook}")

    def rows_of_weights(self):
        """Yield the rows that every trained network gets."""
        what = {
            "test_accuracy_by_seed": "`{}`: test images right, all seeds",
            "test_accuracy": "`{}`: test images right, the weights that are shipped",
            "seconds_by_seed": "`{}`: processor time of its training, all seeds",
            "seconds": "`{}`: processor time of its training",
        }
        for name, record in self.records.items():
            for key in [key for key in what if key in record]:
                if key == "seconds" and "seconds_by_seed" in record:
                    continue
                seeds = record[key] if key.endswith("seed") else [record["seed"]]
                yield Row(
                    id=f"{name}-{key}",
                    what=what[key].format(name),
                    unit="s" if key.startswith("seconds") else "%",
                    data=re.split("[:,]", record["data"])[0],
                    seeds=", ".join(map(str, seeds)),
                    weights=name,
                    entry=key,
                )

    def fill(self, row):
        """Find a row's number in its source."""
        if row.weights:
            if row.weights not in self.records:
                raise LedgerError(f"{row.id}: found no weights {row.weights}")
            record = self.records[row.weights]
            row.sha256 = record["sha256"]
            if (row.entry or "test_accuracy") not in record:
                raise LedgerError(f"{row.id}: {row.weights} records no {row.entry}")
        if row.cell:
            outputs = "\n".join(output_texts(self.cell(row)))
        elif row.page:
            outputs = self.read(f"book/{row.page}.md")
        elif row.time:
            if row.time not in self.times["seconds"]:
                raise LedgerError(f"{row.id}: {row.time} has not been timed")
            row.runs, row.step = [self.times["seconds"][row.time]], 1
            return
        else:
            value = record[row.entry or "test_accuracy"]
            values = value.values() if isinstance(value, dict) else [value]
            scale = 100 if row.unit == "%" else 1
            row.runs = [scale * value for value in values]
            row.step = 0.01 if row.unit == "%" else 1 if row.value >= 10 else 0.1
            return
        self.find(row, flat(outputs))
        if row.weights:
            recorded = 100 * record[row.entry or "test_accuracy"]
            if abs(recorded - row.value) > row.step / 2 + 1e-9:
                raise LedgerError(
                    f"{row.id}: expected {recorded:.2f} %, as {row.weights} records, "
                    f"got {row.text(row.value)}"
                )

    def find(self, row, outputs):
        """Find a row's number in a text."""
        start = max(0, outputs.find(row.after))
        matches = list(re.finditer(pattern(row.find), outputs[start:]))
        if row.after and start:
            matches = matches[:1]
        if not matches or (len(matches) > 1 and "{run}" not in row.find):
            where = row.cell or row.page
            raise LedgerError(
                f"{row.id}: expected to find once in {where} {row.find!r}, "
                f"got {len(matches)}"
            )
        scale = 1
        if row.unit == "%" and not re.search(r"\{(value|run)\} ?%", row.find):
            scale = 100  # printed as a fraction
        found = [pair for match in matches for pair in numbers(match)]
        values = {
            name: [parse(text) for key, text in found if key == name]
            for name in ("value", "run", "of", "low", "high")
        }
        runs = values["value"] or values["run"]
        row.runs = [scale * value for value, _ in runs]
        row.step = scale * min(step for _, step in runs)
        if values["of"]:
            whole = values["of"][0][0]
            row.runs = [value / whole for value in row.runs]
            row.step = 0.1
        if values["low"]:
            row.range = tuple(scale * values[name][0][0] for name in ("low", "high"))


def output_texts(cell):
    """Yield the texts among a cell's stored outputs."""
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        text = output.get("text") or data.get("text/markdown") or data.get("text/plain")
        yield "".join(text or "")


def pieces(cell):
    """Yield what a reader sees of a cell's text, and of a figure's description."""
    if cell["cell_type"] == "markdown":
        yield plain("".join(cell["source"]))
    if alt := cell["metadata"].get("mystnb", {}).get("image", {}).get("alt"):
        yield plain(alt)
    for output in cell.get("outputs", ()):
        if text := output.get("data", {}).get("text/markdown"):  # a worked solution
            yield plain("".join(text))


def right(row, name, quoted):
    """Return whether a quoted number is what the row holds."""
    if row.unit == "s":
        return all(time_fits(run, quoted) for run in row.runs)
    value, step = parse(quoted)
    if name == "published":
        return value == float(row.published)
    if name == "all":
        return min(row.runs) >= value - 1e-9
    if name == "over":
        return row.value > value
    if name == "under":
        return row.value < value
    if name == "wrong_in":
        return abs(100 / (100 - row.value) - value) <= 0.5
    if name == "about":
        digits = quoted.replace(",", "")
        step *= 10 ** (len(digits) - len(digits.rstrip("0"))) if step == 1 else 1
    return abs(row.value - value) <= step / 2 + 1e-9


def wrong_quotes(book):
    """Return what is wrong with the places that quote a number of the ledger."""
    wrong = []
    for row in book.rows:
        for quote in row.quotes:
            where, _, phrase = quote.partition(": ")
            matches = [
                match
                for piece in book.texts.get(where, ())
                for match in re.finditer(pattern(phrase, row.unit), piece)
            ]
            if not matches:
                wrong.append(f"{row.id}: {where} does not say {phrase!r}")
            for match in matches:
                for name, quoted in numbers(match):
                    if name != "any" and not right(row, name, quoted):
                        wrong.append(
                            f"{row.id}: {where} says {match[0]!r}, but the number "
                            f"is {row.text(row.value)}"
                            + (f", published: {row.published}" * bool(row.by))
                        )
    return wrong


def unaccounted(book):
    """Return the numbers in the text that look like results and are in no row."""
    known = {}
    for row in book.rows:
        for quote in row.quotes:
            where, _, phrase = quote.partition(": ")
            known.setdefault(where, []).append(pattern(phrase, row.unit))
    wrong = []
    for allowed in book.declared["allowed"]:
        where, _, phrase = allowed["text"].partition(": ")
        if not any(flat(phrase) in piece for piece in book.texts.get(where, ())):
            wrong.append(f"allowed, but nowhere: {allowed['text']!r}")
        known.setdefault(where, []).append(re.escape(flat(phrase)))
    for where, texts in book.texts.items():
        for look in book.declared["look"]:
            if not Path(where).match(look["in"]):
                continue
            for piece in texts:
                spans = [
                    match.span()
                    for phrase in known.get(where, ())
                    for match in re.finditer(phrase, piece)
                ]
                for token in re.finditer(look["for"], piece):
                    start, end = token.span()
                    if not any(a <= start and end <= b for a, b in spans):
                        context = piece[max(0, start - 50) : end + 20]
                        wrong.append(f"{where}: no row has {token[0]!r} in {context!r}")
    return wrong


def unsupported(book):
    """Return the rows whose bounds no cell asserts, or whose source is unknown."""
    keys = set(re.findall(r"^@\w+\{([^,\s]+)", book.read("book/references.bib"), re.M))
    wrong = []
    for row in book.rows:
        if row.by and row.by not in keys:
            wrong.append(f"{row.id}: {row.by} is not in the bibliography")
        if bool(row.by) != bool(row.published):
            wrong.append(f"{row.id}: a published figure and its source go together")
        if row.cell and UNCOMPARED in book.cell(row)["metadata"].get("tags", ()):
            if not (row.asserted and (row.bounds or row.holds)):
                wrong.append(f"{row.id}: its cell is not compared: give bounds")
            elif "assert" not in "".join(book.cell(row, row.asserted)["source"]):
                wrong.append(f"{row.id}: nothing is asserted in {row.asserted}")
            elif row.bounds and not all(
                row.bounds[0] <= run <= row.bounds[1] for run in row.runs
            ):
                wrong.append(f"{row.id}: {row.runs} is not within {row.bounds}")
        elif row.bounds or row.holds:
            wrong.append(f"{row.id}: bounds, although its source is compared")
    return wrong


def complaints(book):
    """Return all that is wrong with a book's numbers."""
    return [*unsupported(book), *wrong_quotes(book), *unaccounted(book)]
