"""That the notebooks' text is plain Markdown, and that all it refers to is there.

What stands in a text cell is read as Jupyter reads it: CommonMark with tables, formulas
in dollars, links whose anchors are headings with hyphens for blanks. The site's
extension makes numbers, names of authors and words of the glossary into links; here it
is checked that each of them leads somewhere. Every check is a function of the book's
texts that returns complaints, and is shown to complain.
"""

import copy
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
import sources
from house import citations, slug, terms
from house.boxes import TITLE
from house.numbers import CAPTION, EXERCISE, KEY, MENTION, TAG
from markdown_it import MarkdownIt
from nbformat import v4

ROOT = Path(__file__).resolve().parent.parent

PARSER = MarkdownIt("commonmark").enable("table")
# What some front end, or the site, would not show as it is meant. Formulas are taken
# out first, and of code the inside.
FOREIGN = {
    "a directive": r"^[ >]*(?:`{3,}|~{3,}) *\{|^[ >]*:{3,}",
    "a role": r"\{[\w:+-]+\} ?`",
    "a target": r"^[ >]*\([^)\n]+\)=\s*$",
    "an option": r"^[ >]*:[\w-]+:",
    "a definition": r"^[ >]*: ",
    "a label of a formula": r"\$\$ *\([^)]+\) *$",
    "a break of blocks": r"^[ >]*\+\+\+|^---$",
    "a comment": r"^[ >]*%",
    "attributes": r"\{[.#][\w-]",
    "a substitution": r"\{\{",
    "a footnote": r"\[\^",
    "an alert": r"> *\[!",
    "a task": r"^ *[-*] \[[ xX]\]",
    "words struck out": r"~~",
    "a reference-style link": r"\]\[|^ *\[[^\]]+\]: ",
    "TeX outside of dollars": r"\\(?:begin|end|ref|eqref|label|tag|\[|\()",
    "a number in another form": (
        r"\b(?:eq|eqn|fig|ex)s?\. ?\(?\d|\b[Ee]quations? \(?\d+\."
        r"|\b[Ff]ormulas? \d|\b(?:[Ff]igure|[Ee]xercise)s? (?:\*|\d+[a-z]?(?![\w.]))"
        r"|\((?:\d+[a-z]?|[LT])\.\d+(?:[a-z]|, ?(?:\d+[a-z]?|[LT])\.\d)"
    ),
}
IN_FORMULAS = r"\\tag\*|\\label|\\ref|\\eqref|\\(?:begin|end)\{(?:equation|align\*?)\}"
MATH = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$(?!\s)[^$]+?(?<!\s)\$", re.DOTALL)
CODE = re.compile(r"```.*?```|(`+)(?!`).*?\1", re.DOTALL)
EXERCISE_HEADING = re.compile(rf"^#+ {EXERCISE.pattern}$", re.MULTILINE)
# Perhaps a citation: a name and a year in parentheses, or in them with a comma.
NAME = r"[A-Z][\w'’-]+(?:\s(?:and\s|&\s)?[A-Z][\w'’-]+|\set\sal\.?)?"
CITED = re.compile(rf"({NAME})\*?,?\s\(?(?:1[5-9]|20)\d\d[a-h]?\b")
MONTHS = "January February March April May June July August September October November"
NO_AUTHORS = {
    *MONTHS.split(),
    "December",
    "In",
    "From",
    "Since",
    "LeNet-5",
    "AlexNet",
    "ImageNet",
}


class Text:
    """The text cells of a notebook, or of a piece of text that stands for one."""

    def __init__(self, name, cells):
        self.name = name
        chapter = re.match(r"0*(\d+[a-z]?)-", name)
        self.chapter = chapter[1] if chapter else "T" if name == "lab-text" else "L"
        self.cells = cells
        texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
        self.text = "\n\n".join(texts)
        self.own = "\n\n".join(sources.own_texts(cells))
        self.prose = MATH.sub(" ", CODE.sub(" ", self.own))
        self.tokens = PARSER.parse(MATH.sub("x", self.text))

    def inline(self):
        """Yield the inline tokens of the text, with the kind of block around them."""
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if token.type == "inline":
                yield before, token

    @property
    def headings(self):
        """The text of all headings, in order."""
        return [
            "".join(
                t.content for t in inline.children if t.type in ("text", "code_inline")
            )
            for block, inline in self.inline()
            if block.type == "heading_open"
        ]

    @property
    def tags(self):
        """The numbers of all formulas, in order."""
        return TAG.findall(self.text)

    @property
    def figures(self):
        """The numbers of all captions, in order."""
        return re.findall(rf"^\*\*{CAPTION.pattern}\*\* ", self.text, re.MULTILINE)

    @property
    def exercises(self):
        """The numbers of all exercises, in order."""
        return [m[1] for h in self.headings if (m := EXERCISE.fullmatch(h))]


@cache
def book():
    """Return the texts of all notebooks."""
    texts = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        texts.append(Text(path.stem, nbformat.read(path, as_version=4).cells))
    return texts


@cache
def works():
    """Return the works of the bibliography."""
    return citations.read_works()


@cache
def glossary():
    """Return which words link to which entry of the glossary."""
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    return terms.read_glossary(text)


def check_nothing_foreign(text, book):
    """Nothing but CommonMark: no directive, role, target, option or label."""
    prose = CODE.sub(lambda m: m[0] if "{" in m[0][:6] else "`code`", text.own)
    prose = MATH.sub("$$" + "x" + "$$", prose)
    wrong = [
        f"{what}: {found[0]!r}"
        for what, pattern in FOREIGN.items()
        for found in re.finditer(pattern, prose, re.MULTILINE)
    ]
    for formula in MATH.findall(text.text):
        inline = not formula.startswith("$$") and "\\tag" in formula
        if inline or formula.count("\\tag") > 1 or re.search(IN_FORMULAS, formula):
            wrong.append(
                f"a number or label that one front end may not show: {formula}"
            )
    kinds = {cell["cell_type"] for cell in text.cells} - {"markdown", "code"}
    return wrong + [f"a cell of the kind {kind}" for kind in kinds]


def check_no_html(text, book):
    """No HTML, which front ends treat each in its way."""
    wrong = [token.content for token in text.tokens if token.type == "html_block"]
    for _, inline in text.inline():
        wrong += [t.content for t in inline.children if t.type == "html_inline"]
    return wrong


def check_quotes(text, book):
    """A quote that begins in bold is a box, and its formulas stand on one line."""
    wrong = []
    for quote in re.findall(r"(?:^>.*\n?)+", text.text, re.MULTILINE):
        lead = re.match(r">\s*\*\*(.*?)\*\*", quote)
        if lead and not TITLE.fullmatch(lead[1]):
            wrong.append(f"no box is called {lead[1]!r}")
        if any(line.count("$$") % 2 for line in quote.splitlines()):
            wrong.append(f"a formula on several lines in a quote: {quote[:60]!r}")
    return wrong


def check_tags(text, book):
    """Formulas are numbered from 1, in order, by chapter."""
    expected = [f"{text.chapter}.{n + 1}" for n in range(len(text.tags))]
    return [] if text.tags == expected else [f"tags {text.tags}, not {expected}"]


def check_figures(text, book):
    """Each figure is followed by its caption, numbered from 1, in order."""
    wrong, captions = [], []
    for cell, following in zip(text.cells, [*text.cells[1:], {}], strict=True):
        drawn = sum(
            "image/svg+xml" in output.get("data", {})
            for output in cell.get("outputs", ())
        )
        caption = re.match(
            rf"\*\*{CAPTION.pattern}\*\* \S", following.get("source", "")
        )
        if drawn and not caption:
            wrong.append(f"no caption after {cell['source'][:40]!r}")
        elif drawn:
            captions.append(caption[1])
        if drawn > 1 or (caption and "\n\n" in following["source"]):
            wrong.append(f"one figure, one paragraph: {cell['source'][:40]!r}")
    expected = [f"{text.chapter}.{n + 1}" for n in range(len(text.figures))]
    if not captions == text.figures == expected:
        wrong.append(f"captions {text.figures}, under figures {captions}")
    return wrong


def check_mentions(text, book):
    """Every "(5.1)", "figure 5.2" and "exercise 5.3" is there."""
    known = {
        "eq": {tag for other in book for tag in other.tags},
        "figure": {figure for other in book for figure in other.figures},
        "exercise": {exercise for other in book for exercise in other.exercises},
    }
    wrong = []
    for mention in MENTION.finditer(text.prose):
        kind = "eq" if mention["eq"] else mention["kind"].lower()
        keys = re.findall(KEY, mention["eq"] or mention["keys"])
        missing = [key for key in keys if key not in known[kind]]
        hint = " (a mere number? write it in dollars)" * (kind == "eq")
        wrong += [f"{mention[0]!r}: there is no {key}{hint}" for key in missing]
    return wrong


def anchors(text, path, book):
    """Return the headings' anchors where a link leads, as Jupyter has them."""
    if path.suffix == ".ipynb":
        text = next(other for other in book if other.name == path.stem)
    elif path.suffix == ".md":
        source = path.read_text(encoding="utf-8")
        text = Text("page", [{"cell_type": "markdown", "source": source}])
    return [slug(heading) for heading in text.headings]


def check_links(text, book):
    """Every link leads to a file, and to exactly one heading there."""
    wrong = []
    for _, inline in text.inline():
        for token in inline.children:
            target = unquote(token.attrGet("href") or token.attrGet("src") or "")
            if token.type == "link_open" and re.match(r"https?:|mailto:", target):
                continue
            if not target:
                continue
            file, _, anchor = target.partition("#")
            path = ROOT / "notebooks" / file
            if file and not path.is_file():
                wrong.append(f"there is no {file}")
            elif anchor and anchors(text, path, book).count(anchor) != 1:
                wrong.append(f"not one heading fits {target}")
    return wrong


def check_citations(text, book):
    """Every author with a year names one entry of the bibliography."""
    wrong = []
    matches = list(citations.pattern(works()).finditer(text.prose))
    known = {
        m.end("in" if m["in"] else "year"): citations.cited_work(m) for m in matches
    }
    for found in CITED.finditer(text.prose):
        if known.get(found.end()) not in works() and found[1] not in NO_AUTHORS:
            wrong.append(f"{found[0]!r} is not in the bibliography, or not cited so")
    for match in matches:
        before = text.prose[: match.start()]
        enclosed = match["in"] or before.endswith(("(", "; "))
        if citations.cited_work(match) in works() and not enclosed:
            wrong.append(f"{match[0]!r} belongs into parentheses")
    return wrong


def check_sources(text, book):
    """The list of sources is what the text cites."""
    renewed = sources.renew(
        nbformat.from_dict({"cells": copy.deepcopy(text.cells)}), works()
    )
    if citations.find_cited(text.own, works()) and not sources.lists(text.cells):
        return [f"there is no {sources.HEADING!r}"]
    same = [cell.source for cell in renewed.cells] == [c.source for c in text.cells]
    return [] if same else ["not up to date (make notebooks renews it)"]


def check_exercises(text, book):
    """Each exercise has its heading, a check, a hint and a solution, in this order."""
    found = []
    for cell in text.cells:
        if cell.cell_type == "markdown":
            found += [("title", m[0]) for m in EXERCISE_HEADING.findall(cell.source)]
        else:
            found += re.findall(r'^(check|hint|solution)\("([^"]+)"', cell.source, re.M)
    keys = [key for kind, key in found if kind == "title"]
    parts = ("title", "check", "hint", "solution")
    wrong = []
    if found != [(part, key) for key in keys for part in parts]:
        wrong.append(f"found {found}")
    numbers = [key for key in keys if not key.endswith("lab")]
    if numbers != [f"{text.chapter}.{n + 1}" for n in range(len(numbers))]:
        wrong.append(f"numbers {numbers}")
    return wrong


def check_words(text, book):
    """Every word in a chapter's list of words is in the glossary."""
    for paragraph in re.findall(rf"^\*\*{terms.WORDS}\*\*(.*)$", text.text, re.M):
        words = [word.strip() for word in paragraph.strip(" .").split(",")]
        return [f"{w!r} is not in the glossary" for w in words if w not in glossary()]
    return []


def check_words_are_listed(text, book):
    """Every chapter lists its words."""
    listed = text.text.count(f"**{terms.WORDS}**")
    wanted = int(text.chapter not in ("L", "T"))
    return (
        []
        if listed == wanted
        else [f"{listed} lists, wanted {wanted}: **{terms.WORDS}**"]
    )


CHECKS = [value for key, value in list(globals().items()) if key.startswith("check_")]


@pytest.mark.parametrize("text", book(), ids=lambda text: text.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
def test_notebook(check, text):
    """Every notebook passes every check."""
    complaints = check(text, book())
    assert not complaints, "\n".join([check.__doc__, *complaints])


SVG = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/svg+xml": "<svg/>"},
}
FIGURE = v4.new_code_cell("plt.show()", outputs=[SVG])
ONE, TWO = (
    [
        f"### Exercise {key}. Title\n\nDo `x` or ``y``.",
        *map(
            v4.new_code_cell,
            (f'check("{key}", x)', f'hint("{key}")', f'solution("{key}")'),
        ),
    ]
    for key in ("9.1", "9.lab")
)


def piece(*parts):
    """Return a text of chapter 9 made of text cells, and of cells of code."""
    cells = [v4.new_markdown_cell(p) if isinstance(p, str) else p for p in parts]
    return Text("09-made-up", cells)


CITING = "Rosenblatt (1958) and Block (1962); (Block, 1962; Minsky and\nPapert, 1969)."
GOOD = piece(
    "# A title\n\nBy (9.1) and figure 9.1, exercises 9.1 to 9.lab. [Up](#A-title).",
    "> **Predict, then run.** What is $a_{1}$? $$ x = 1 \\tag{9.1} $$",
    "```python\nd = {x}\n```\n\nA half $(0.5)$.\n\n> A quote.\n\n- a list\n- of two",
    FIGURE,
    f"**Figure 9.1.** What it shows. {CITING}",
    *TWO,
    *ONE,
    "## Summary\n\n**Words of this chapter:** weight, AND gate.",
    "## Sources\n\nThe rule: Rosenblatt (1958).",
    "\n".join(
        f"- {entry}"
        for entry in citations.full_entries(
            [works()[w] for w in citations.find_cited(CITING, works())]
        )
    ),
)
FOREIGN_TEXTS = r"""
```{note}\nx\n```
~~~ {note}\nx\n~~~
:::{note}\nx\n:::
::: note
A {term}`weight`.
A {ref} `x`.
(a:target)=\n# Title
:label: ex-9-1
word\n: its definition
$$\nx\n$$ (eq:one)
+++
---\ntitle: x\n---
> % a comment
[x](#A){.class}
## Title {#id}
{{x}}
A note[^1].
> [!NOTE]
- [ ] to do
~~x~~
[text][undefined]
\begin{align} x \end{align}
\[ x \]
as in \eqref{x}
$x \tag{9.1}$
$$ x \tag*{9.1} $$
$$ x \tag{9.1} \tag{9.2} $$
$$ \begin{equation} x \label{x} \end{equation} $$
see eq. 9.1
fig. 9.1
formula 9.1
exercise 7
figure *9.1*
(9.1, 9.2)
(9.1a)
"""
UNKNOWN_WORKS = """
Nobody (1958)
Nobody (1847)
as was shown (Rosenblatt, 1959)
(Nobody 1958)
Nobody (1958, p. 3)
Nobody et al (1958)
*Nobody* (1958)
Papert (1969)
(Minsky & Papert, 1969)
McRosenblatt (1958)
shown by Rosenblatt, 1958
"""
SPOILT = [
    *(
        ("nothing_foreign", text.replace("\\n", "\n"))
        for text in FOREIGN_TEXTS.strip().splitlines()
    ),
    ("nothing_foreign", v4.new_raw_cell("x")),
    *(("citations", text) for text in UNKNOWN_WORKS.strip().splitlines()),
    ("no_html", "A <kbd>Tab</kbd>."),
    ("no_html", "<div>\nx\n</div>"),
    ("quotes", "> **Surprise.** Look."),
    ("quotes", "> **Note.** So\n>\n> $$\n> x\n> $$"),
    ("tags", "$$\nx\n\\tag{9.2}\n$$"),
    ("tags", "$$ x \\tag{8.1} $$"),
    ("figures", FIGURE),
    ("figures", "**Figure 9.1.** Of nothing."),
    ("mentions", "as in (9.97)"),
    ("mentions", "see figure 9.97"),
    ("mentions", "exercises 9.1 and 9.97"),
    ("links", "[x](missing.ipynb)"),
    ("links", "[x](02-perceptron.ipynb#No-such-heading)"),
    ("links", "[x](../book/glossary.md#No)"),
    ("links", "[x](#Not-here)"),
    ("links", "![x](https://example.org/x.png)"),
    ("links", "# Twice\n\n# Twice\n\n[x](#Twice)"),
    ("sources", "Rosenblatt (1958)"),
    ("sources", "Rosenblatt (1958)\n\n## Sources"),
    ("words", "**Words of this chapter:** wieght."),
    ("words_are_listed", "No list."),
]
SPOILT_EXERCISES = [ONE[1:], ONE[:-1], [*ONE[:2], *ONE[:1:-1]], [*ONE, *ONE]]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
def test_a_good_text_passes(check):
    assert check(GOOD, [*book(), GOOD]) == []


@pytest.mark.parametrize(("name", "spoilt"), SPOILT)
def test_a_spoilt_text_is_noticed(name, spoilt):
    text = piece(spoilt)
    assert globals()[f"check_{name}"](text, [*book(), text])


@pytest.mark.parametrize("cells", SPOILT_EXERCISES)
def test_a_spoilt_exercise_is_noticed(cells):
    assert check_exercises(piece(*cells), book())


def test_every_check_is_shown_to_fail():
    shown = {f"check_{name}" for name, _ in SPOILT} | {"check_exercises"}
    assert shown == {check.__name__ for check in CHECKS}


def test_every_entry_of_the_bibliography_is_cited():
    """In a chapter or on a hand-written page, by author and year."""
    cited = set()
    for text in book():
        cited |= {works()[w].key for w in citations.find_cited(text.own, works())}
    for page in (ROOT / "book").glob("*.md"):
        text = page.read_text("utf-8")
        cited |= {works()[w].key for w in citations.find_cited(text, works())}
    assert sorted({entry.key for entry in works().values()} - cited) == []


def test_every_word_of_the_glossary_is_listed_by_a_chapter():
    """So the glossary can lead to the chapter that introduces a word."""
    listed = {"explorable"}  # a word about the book
    for text in book():
        for paragraph in re.findall(rf"^\*\*{terms.WORDS}\*\*(.*)$", text.text, re.M):
            listed |= {
                glossary()[w.strip()][0] for w in paragraph.strip(" .").split(",")
            }
    assert sorted({term for term, _ in glossary().values()} - listed) == []
