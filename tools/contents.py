"""Write the picture and the tables that show all chapters, from `_toc.yml`.

    python tools/contents.py

They stand between comments on the index page and in README.md. Titles, and which
chapter builds on which, are read from the notebooks' first cells: a chapter builds on
those that the first sentence after "**You need**" links to. The other words are those
of book/contents.toml, or else the first sentence of the notebook.
"""

import json
import re
import sys
import tomllib
from collections import namedtuple
from html import escape
from itertools import groupby, pairwise
from pathlib import Path

import yaml
from docutils.nodes import make_id

ROOT = Path(__file__).resolve().parent.parent
WORDS = "book/contents.toml"
LAB = "notebooks/lab-mnist"
PAGES = {"book/index.md": ("picture", "table"), "README.md": ("list",)}
FIRST, LAST = "<!-- made by tools/contents.py: the {} -->", "<!-- end of the {} -->"

# The picture's measures: the columns of a row, by their number, as (left, width); the
# space between rows, inside a frame (top, other sides), and between a frame's boxes.
COLUMNS = {1: [(1, 398)], 2: [(1, 196), (223, 176)]}
GAP, FRAME_TOP, FRAME, BETWEEN = 28, 18, 8, 9
ARROW_X = {1: 50, 223: 250}  # where an arrow touches a column of two
LETTER, TITLE_LETTER = 7.6, 8.8  # the widths of a letter that is not narrow

Chapter = namedtuple(
    "Chapter", "file title name needs box build lab time", defaults=[""]
)
Chapter.__doc__ = """One notebook; `name` is "6a", or empty without a number."""

# How the head of a notebook says how long it takes, and how the table does.
TIME = re.compile(r"^\*\*Time\*\* (?:about )?([\w ]+?) (hour|minute)s?\b", re.MULTILINE)
NUMBERS = "one two three four five six seven eight nine ten".split()


class Unit:
    """What is drawn as one: a chapter's box, or a frame around its parts."""

    def __init__(self, chapters):
        self.chapters = chapters
        self.framed = len(chapters) > 1
        self.files = {chapter.file for chapter in chapters}
        self.needs = set().union(*(chapter.needs for chapter in chapters))
        name = chapters[0].name
        self.name = re.sub(r"\D", "", name) if self.framed else name
        self.place = ()  # left, top, width and height in the picture


def read_chapter(file, words):
    """Return a chapter of the table of contents."""
    path = ROOT / f"{file}.ipynb"
    if not path.exists():
        raise ValueError(f"_toc.yml names {file}, but there is no {path.name}")
    head = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    parsed = re.match(r"# ((?:(\d+[a-z]?)\. )?.+)\n\n(.+)", head)
    if not parsed:
        raise ValueError(
            f'{path.name}: its first cell must begin with "# 9. The title", an empty '
            "line, and a sentence that says what the chapter is about"
        )
    title, name, promise = parsed.groups(default="")
    promise = re.split(r"(?<=[.?!])\s", promise)[0].rstrip(".")
    needs = re.search(r"^\*\*You need\*\*(.*?)(?:\. |$)", head, re.MULTILINE)
    if not needs:
        raise ValueError(f'{path.name}: its first cell needs a line "**You need** …"')
    if not (time := TIME.search(head)):
        raise ValueError(
            f'{path.name}: its first cell needs a line "**Time** about two to three '
            'hours …"'
        )
    needs = re.findall(r"\]\((\d[\w-]*)\.ipynb", needs[1]) if name else []
    words = {"box": promise, "build": promise, "lab": [], **words}
    needs = {f"notebooks/{n}" for n in needs}
    return Chapter(file, title, name, needs, **words, time=short_time(*time.groups()))


def short_time(numbers, unit):
    """Return "2 to 3½ h" for ("two to three and a half", "hour")."""
    words = numbers.replace(" and a half", "½").split()
    for place, word in enumerate(words):
        if word.rstrip("½") in NUMBERS:
            half = "½" * word.endswith("½")
            words[place] = f"{NUMBERS.index(word.rstrip('½')) + 1}{half}"
    return " ".join([*words, {"hour": "h", "minute": "min"}[unit]])


def read_chapters():
    """Return the chapters of the table of contents, as far as notebooks go."""
    words = tomllib.loads((ROOT / WORDS).read_text(encoding="utf-8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = {}
    for file in (entry["file"] for part in toc["parts"] for entry in part["chapters"]):
        if file.startswith("notebooks/"):
            chapter = read_chapter(file, words.pop(Path(file).name, {}))
            if late := chapter.needs - chapters.keys():
                raise ValueError(
                    f'{file}.ipynb: "You need" links to {", ".join(sorted(late))}, '
                    "which _toc.yml does not name before"
                )
            chapters[file] = chapter
    if words:
        raise ValueError(f"{WORDS} names what is not in _toc.yml: {', '.join(words)}")
    return list(chapters.values())


# ------------------------------------------------------------- which box stands where


def arrange(chapters):
    """Return rows: lists of one or two columns, which are lists of units.

    Parts of a chapter share a frame if none builds on another. A chapter that does not
    build on the one before it stands beside it.
    """
    rows = []
    for number, group in groupby(chapters, key=lambda c: re.sub(r"\D", "", c.name)):
        whole = Unit(list(group))
        column = [whole]
        if whole.files & whole.needs:
            column = [Unit([chapter]) for chapter in whole.chapters]
        before = rows[-1] if rows and number else []
        if len(before) == 1 and all(u.name for u in before[0]):
            if not any(unit.files & column[0].needs for unit in before[0]):
                before.append(column)
                continue
        rows.append([column])
    return rows


def arrows(rows):
    """Return (unit, unit that builds on it) wherever nothing stands between the two."""
    pairs = []
    for above, row in pairwise([[], *rows]):
        pairs += [(column[-1], below[0]) for column in above for below in row]
        pairs += [pair for column in row for pair in pairwise(column)]
        pairs += pairwise(column[-1] for column in row)
    return [(a, b) for a, b in pairs if a.files & b.needs]


# ---------------------------------------------------------------------------- drawing


def listed(noun, names):
    """Return "chapters 5, 6 and 7b", or "chapter 5"."""
    names = sorted(map(str, names), key=lambda n: (int(re.sub(r"\D", "", n)), n))
    start = f"{noun}s {', '.join(names[:-1])} and" if names[1:] else noun
    return f"{start} {names[-1]}"


def wrap(text, width):
    """Return a text in as few lines as fit, of about equal length.

    The unit of `width` is a letter; those that are narrow, and blanks, count half.
    """

    def broken(width):
        lines = []
        for word in text.replace("'", "’").split():
            longer = f"{lines[-1]} {word}" if lines else ""
            narrow = sum(letter in " fijlrtI.,;:’()" for letter in longer)
            if lines and len(longer) - narrow / 2 <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    return min((broken(w) for w in range(1, int(width) + 1)), key=len)


def write(lines, x, y, step, css=None):
    """Return lines of text as SVG."""
    spans = (
        f'<tspan x="{x}" y="{y + i * step}">{escape(line, quote=False)}</tspan>'
        for i, line in enumerate(lines)
    )
    css = f' class="{css}"' if css else ""
    return f"<text{css}>{' '.join(spans)}</text>"


class Picture:
    """The path through the book, as SVG."""

    def __init__(self, chapters):
        self.svg, self.told, self.y = [], [], 1
        rows = arrange(chapters)
        for row in rows:
            self.draw_row(row)
        pairs = arrows(rows)
        self.svg[:0] = [arrow(a.place, b.place) for a, b in pairs]
        builds = {}
        for a, b in pairs:
            builds.setdefault(b.name, []).append(a.name)
        self.told[:0] = [
            f"Chapter {name} builds on {listed('chapter', sources)}."
            for name, sources in builds.items()
        ]

    def boxes(self, unit, w):
        """Return a unit's (width of a box, [(height, [box])], height) if `w` wide.

        A box is (chapter, lines of its title, lines of its other words).
        """
        across = 2 if unit.framed and w > 300 else 1
        if unit.framed:
            w = (w - FRAME * (across + 1)) // across
        boxes = []
        for chapter in unit.chapters:
            title = wrap(chapter.title, (w - 24) / TITLE_LETTER)
            boxes.append((chapter, title, wrap(chapter.box, (w - 24) / LETTER)))
        rows = [boxes[i : i + across] for i in range(0, len(boxes), across)]
        high = [max(15 + 18 * len(t) + 17 * len(b) for _, t, b in r) for r in rows]
        height = sum(high) + BETWEEN * (len(high) - 1)
        return w, list(zip(high, rows, strict=True)), height

    def draw_row(self, row):
        """Draw the columns of a row so that they begin and end at the same heights."""
        columns = [
            (x, w, column, [self.boxes(unit, w)[2] for unit in column])
            for column, (x, w) in zip(row, COLUMNS[len(row)], strict=True)
        ]
        tallest = max(sum(high) + GAP * (len(high) - 1) for *_, high in columns)
        framed = any(unit.framed for column in row for unit in column)
        self.y += FRAME_TOP * framed
        for x, w, column, high in columns:
            if len(column) == 1:
                high = [tallest]
            gap = (tallest - sum(high)) // max(1, len(column) - 1)
            y = self.y
            for unit, h in zip(column, high, strict=True):
                self.draw_unit(unit, x, y, w, h)
                y += h + gap
        self.y += tallest + FRAME * framed + GAP

    def draw_unit(self, unit, x, y, w, h):
        """Draw a box, or a frame with its boxes, and the sections of the lab."""
        unit.place = x, y, w, h
        width, rows, _ = self.boxes(unit, w)
        if unit.framed:
            unit.place = x, y - FRAME_TOP, w, h + FRAME_TOP + FRAME
            self.svg.append(f'<rect class="frame" {rect(*unit.place, 11)}/>')
        top = y
        for high, boxes in rows:
            for i, (chapter, title, words) in enumerate(boxes):
                left = x + i * width + FRAME * (i + 1) * unit.framed
                css = "" if chapter.name else ' class="lab"'
                area = rect(left, top, width, high if unit.framed else h, 7)
                words = write(words, left + 12, top + 22 + 18 * len(title), 17)
                title = write(title, left + 12, top + 22, 18, "title")
                self.svg += [
                    f'<a{css} href="../{chapter.file}.html"><rect {area}/>',
                    f"  {title}",
                    f"  {words}</a>",
                ]
            top += high + BETWEEN
        if sections := [n for chapter in unit.chapters for n in chapter.lab]:
            self.draw_lab(sections, unit)

    def draw_lab(self, sections, unit):
        """Draw the small box on a unit's edge that leads to sections of the lab."""
        x, y, w, _ = unit.place
        width = 82 + 19 * len(sections)
        left = x + w - 7 - width
        plural = "s" * (len(sections) > 1)
        words = f"lab section{plural} {', '.join(map(str, sections))}"
        self.svg += [
            f'<a class="lab" href="../{LAB}.html#{lab_anchor(sections[0])}">'
            f"<rect {rect(left, y - 15, width, 22, 11)}/>",
            f'  <text x="{left + width / 2:g}" y="{y + 0.5}" text-anchor="middle">'
            f"{words}</text></a>",
        ]
        which, verb = listed("Section", sections), "belong" if plural else "belongs"
        self.told.append(f"{which} of the MNIST lab {verb} to chapter {unit.name}.")

    def __str__(self):
        """Return the figure."""
        told, lines = " ".join(self.told), "\n  ".join(self.svg)
        return FIGURE.format(height=self.y - GAP + 1, told=told, lines=lines)


FIGURE = """\
```{{raw}} html
<figure class="path-picture">
<svg viewBox="0 0 400 {height}" role="group" aria-labelledby="path-title path-text">
  <title id="path-title">The path through the book</title>
  <desc id="path-text">{told}</desc>
  <marker id="path-head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" \
markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8Z"/></marker>
  {lines}
</svg>
<figcaption>The path through the book. An arrow leads from a chapter to one that \
builds on it. The parts inside a frame can be read in any order. Choose a box to open \
its page.</figcaption>
</figure>
```
"""


def rect(x, y, w, h, radius):
    """Return the attributes of a rectangle."""
    return f'x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}"'


def arrow(a, b):
    """Return an arrow between the places of two units."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
    if by < ay + ah:  # beside each other
        path = f"M{ax + aw + 1} {by + bh // 2}H{bx - 4}"
    else:
        full = COLUMNS[1][0][1]
        end = ARROW_X[bx] if bw < full else ARROW_X[ax] if aw < full else full // 2 + 1
        start = ARROW_X[ax] if aw < full else end
        bend = f"V{by - 14}H{end}" if start != end else ""
        path = f"M{start} {ay + ah + 1}{bend}V{by - 4}"
    return f'<path class="arrow" marker-end="url(#path-head)" d="{path}"/>'


def lab_anchor(section):
    """Return the anchor of a section of the lab."""
    lab = (ROOT / f"{LAB}.ipynb").read_text(encoding="utf-8")
    for cell in json.loads(lab)["cells"]:
        if found := re.match(rf"## ({section}\. .+)", "".join(cell["source"])):
            return make_id(found[1])
    raise ValueError(f"{WORDS} names section {section} of the lab, but it has none")


# --------------------------------------------------------------------------- the pages


def renew(name, chapters, text):
    """Return the text of a page with the picture and the tables of these chapters."""
    in_book = "| [{c.title}](../{c.file}.ipynb) | {c.build} | {c.time} |\n"
    in_root = "| {c.title} | [{c.file}.ipynb]({c.file}.ipynb) |\n"
    made = {
        "picture": Picture(chapters),
        "table": "| Chapter | You build | Time |\n|---|---|---|\n"
        + "".join(in_book.format(c=chapter) for chapter in chapters),
        "list": "| | |\n|---|---|\n"
        + "".join(in_root.format(c=chapter) for chapter in chapters),
    }
    for what in PAGES[name]:
        first, last = FIRST.format(what), LAST.format(what)
        before, found, rest = text.partition(first)
        _, found_too, after = rest.partition(last)
        if not (found and found_too):
            raise ValueError(
                f"{name} needs the lines {first} and {last}, in this order"
            )
        text = f"{before}{first}\n\n{made[what]}\n{last}{after}"
    return text


def main():
    """Renew the pages."""
    try:
        chapters = read_chapters()
        for name in PAGES:
            before = (ROOT / name).read_text(encoding="utf-8")
            if (after := renew(name, chapters, before)) != before:
                (ROOT / name).write_text(after, encoding="utf-8")
                print(f"{name}: new list of chapters")
    except ValueError as error:
        sys.exit(f"tools/contents.py: {error}")


if __name__ == "__main__":
    main()
