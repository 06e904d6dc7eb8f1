"""What a plain converter makes of the notebooks: their structure, as HTML.

It stands for all that show notebooks and know nothing of the site's extension. Each
check compares what is shown with what is written, and returns complaints.
"""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import v4

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
FOREIGN = {
    "a role": re.compile(r"\{[\w:-]+\}`"),
    "a directive": re.compile(r"[`~:]{3,}\{"),
    "an option": re.compile(r"^\s*:[\w-]+:", re.MULTILINE),
    "a target": re.compile(r"^\s*\([\w-]+\)=", re.MULTILINE),
    "Markdown": re.compile(r"\*\*|\]\(|^#+ |^> ", re.MULTILINE),
}
MATH = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
KEY = r"([\w.]+)"
EXPORTER = HTMLExporter()
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


class Shown:
    """A notebook, and what the converter makes of it, cell by cell."""

    def __init__(self, notebook):
        for cell in notebook.cells:  # what takes long and tells nothing
            if cell.cell_type == "code" and not re.search(r"\w\(\"", cell.source):
                cell.source = "..."
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if "dlx" in data.get("text/html", "")[:20]:
                    data["text/html"] = "An interactive figure."
                if "image/svg+xml" in data:
                    data["image/svg+xml"] = SVG
        html, _ = EXPORTER.from_notebook_node(notebook)
        self.cells = BeautifulSoup(html, "html.parser").select(".jp-Cell")
        texts = [cell.source for cell in notebook.cells if cell.cell_type != "code"]
        self.text = "\n\n".join(re.sub(r"(?ms)^```.*?^```", "", t) for t in texts)
        self.exercises = self.written(rf"^### Exercise {KEY}\. ")

    def written(self, pattern):
        """Return all that a pattern finds in the text cells."""
        return re.findall(pattern, self.text, re.MULTILINE)

    def select(self, selector):
        """Return all elements of the text cells that a selector finds, in order."""
        texts = (cell for cell in self.cells if "jp-MarkdownCell" in cell["class"])
        return [found for cell in texts for found in cell.select(selector)]


@cache
def shown(name):
    """Return a notebook of the book, converted."""
    path = ROOT / "notebooks" / f"{name}.ipynb"
    return Shown(nbformat.read(path, as_version=4))


def differ(found, wanted):
    """Return a complaint if two lists differ."""
    return [] if found == wanted else [f"shown: {found}, written: {wanted}"]


def check_headings(page):
    """Every heading, with its level and its anchor."""
    found = []
    for heading in page.select("h1, h2, h3, h4, h5, h6"):
        heading.a.decompose() if heading.a else None
        text = MATH.sub("x", heading.get_text())
        found.append((heading.name, text, bool(heading.get("id"))))
    wanted = [
        (f"h{len(level)}", MATH.sub("x", text.replace("`", "")), True)
        for level, text in page.written(r"^(#{1,6}) (.+)$")
    ]
    return differ(found, wanted)


def check_boxes(page):
    """Every box is a quote that begins with its name in bold."""
    found = [
        quote.p.strong.get_text()
        for quote in page.select("blockquote")
        if quote.p and quote.p.strong and quote.p.contents[0] == quote.p.strong
    ]
    return differ(found, page.written(r"^> \*\*(.+?)\*\*"))


def check_figures(page):
    """Every figure is followed by its caption."""
    wrong, found = [], []
    below = [*page.cells[1:], BeautifulSoup("", "html.parser")]
    for cell, following in zip(page.cells, below, strict=True):
        if cell.select_one(".jp-RenderedSVG :is(svg, img)"):
            words = following.select_one("p:first-child > strong:first-child")
            words = words.get_text() if words else "nothing"
            found += re.findall(rf"^Figure {KEY}\.$", words)
            wrong += (
                [] if re.match("Figure .*[.]$", words) else [f"no caption: {words}"]
            )
    return wrong + differ(found, page.written(rf"^\*\*Figure {KEY}\.\*\*"))


def check_exercises(page):
    """Each has its text, its cells, and closed hints and a closed solution."""
    found, key = {}, None
    for cell in page.cells:
        for heading in cell.select("h1, h2, h3"):
            title = re.match(rf"Exercise {KEY}\. \S", heading.get_text())
            key = title[1] if title else None
        if key is None:
            continue
        parts = found.setdefault(key, [])
        if "jp-MarkdownCell" in cell["class"]:
            parts += ["text"] if cell.p and parts[-1:] != ["text"] else []
            continue
        code = cell.select_one(".jp-InputArea").get_text()
        calls = re.findall(rf'^\s*(check|hint|solution)\("{KEY}"', code, re.MULTILINE)
        parts += [name for name, number in calls if number == key]
        for box in cell.select(".jp-OutputArea-output > details"):
            inner = box.select("details")
            closed = not any(b.has_attr("open") for b in [box, *inner])
            parts.append(f"{' '.join(box['class'])}{'' if closed else ', open'}")
        parts += ["said"] if cell.select_one(".jp-OutputArea-output .check") else []
    parts = ["check", "said", "hint", "hint", "solution", "solution"]
    return differ(list(found), page.exercises) + [
        f"exercise {key}: {there}"
        for key, there in found.items()
        if [part for part in there if part != "text"] != parts or there[0] != "text"
    ]


def check_nothing_is_solved(page):
    """Every check that the notebook holds says that nothing is done yet."""
    found = [
        output.get_text().strip()[:30]
        for cell in page.cells
        for output in cell.select(".jp-OutputArea-output > .check")
    ]
    wrong = [text for text in found if not text.startswith("○ ")]
    return wrong + differ(len(found), len(page.exercises))


def check_nothing_foreign(page):
    """No role or directive, as text or as a kind of code."""
    wrong = []
    for text in page.select(".jp-RenderedMarkdown"):
        for code in text.select("pre, code"):
            wrong += [f"a directive: {code.get_text()!r}"] * ("{note" in str(code)[:60])
            code.replace_with("`")
        wrong += [
            f"{what}: {block.get_text()!r}"
            for block in text.select("p, li, td, th, h1, h2, h3, h4")
            for what, pattern in FOREIGN.items()
            if pattern.search(MATH.sub("x", block.get_text()))
        ]
    return wrong


CHECKS = [value for key, value in list(globals().items()) if key.startswith("check_")]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(name):
    """Every notebook passes every check."""
    complaints = {check.__doc__: check(shown(name)) for check in CHECKS}
    assert not any(complaints.values()), complaints


def cell(source, **data):
    """Return a code cell with an output."""
    made = v4.new_code_cell(source, execution_count=1)
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    made.outputs = [v4.new_output("execute_result", kinds, execution_count=1)]
    return made


def figure():
    """Return a code cell that drew a figure."""
    made = cell("plt.show()")
    made.outputs[0].data = {
        "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"
    }
    return made


def small(*changes):
    """Return a small notebook after some changes to its text and outputs."""
    parts = [
        "# A title with `code` and $x$",
        "> **Note.** One.\n\n> A quote.",
        figure(),
        "**Figure 9.1.** What it shows.",
        "### Exercise 9.1. Do it\n\nDo *it*.",
        cell('check("9.1", x)', text_html='<div class="check"><p>○ 9.1</p></div>'),
        cell('hint("9.1")', text_html='<details class="hint">H</details>'),
        cell('solution("9.1")', text_markdown='<details class="solution">S</details>'),
        "## The end",
    ]
    for old, new in changes:
        parts = [p.replace(old, new) if isinstance(p, str) else p for p in parts]
        for part in parts:
            if not isinstance(part, str):
                data = part.outputs[0].data
                part.source = part.source.replace(old, new)
                data.update({k: v.replace(old, new) for k, v in data.items()})
    parts = [v4.new_markdown_cell(p) if isinstance(p, str) else p for p in parts]
    return Shown(v4.new_notebook(cells=parts))


def test_a_good_notebook_passes():
    page = small()
    assert [check(page) for check in CHECKS] == [[]] * len(CHECKS)


SPOILT = [
    ("headings", "## The end", "The end\n---"),
    ("boxes", "> **Note.**", "<p>\n> **Note.** In HTML\n</p>\n\n> Note."),
    ("figures", "**Figure 9.1.**", "A figure.\n\n**Figure 9.1.**"),
    ("figures", "**Figure 9.1.**", "**Figure 9.1**"),
    ("exercises", 'hint("9.1")', 'hint("9.2")'),
    ("exercises", '<details class="hint">', '<details class="hint" open>'),
    ("exercises", '<details class="hint">', '<details class="hint"><details open>'),
    ("exercises", '<details class="solution">', '<details class="solution" open>'),
    ("exercises", '<details class="solution">', "<div>"),
    ("nothing_is_solved", "○", "✔"),
    ("nothing_is_solved", "### Exercise 9.1.", "### Exercise 9.1: "),
    ("nothing_foreign", "quote", "{term}`weight`"),
    ("nothing_foreign", "A quote.", "quote.\n\n```{note}\nx\n```"),
    ("nothing_foreign", "Do *it*.", ":label: ex-9-1"),
    ("nothing_foreign", "Do *it*.", "(here)="),
    ("nothing_foreign", "*it*", "** it **"),
]


@pytest.mark.parametrize(("name", "old", "new"), SPOILT)
def test_a_spoilt_notebook_is_noticed(name, old, new):
    assert globals()[f"check_{name}"](small((old, new)))


def test_every_check_is_shown_to_fail():
    assert {f"check_{name}" for name, *_ in SPOILT} == {c.__name__ for c in CHECKS}
