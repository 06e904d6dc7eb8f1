"""The pages of the built site, as chapters of a book: no scripts, nothing closed.

What a reader of the site opens or plays with stands open here: hidden code and asides
in their place, hints and solutions at the end of their chapter, and an interactive
figure as a picture, above the text that says what it shows.
"""

import re
import tomllib
from dataclasses import dataclass
from posixpath import join, normpath
from urllib.parse import unquote, urlsplit

import lxml.html
import yaml
from live_files import ROOT
from lxml import etree
from sources import house

LICENCE = "Text and figures: CC BY 4.0. Code: MIT License."
STANDS_IN = "An interactive figure stands here when scripts may run. "
# What a book has no use for: scripts, what is hidden, and what only a screen can do.
DROPPED = (
    "script, style, button, form, input, [hidden], .headerlink, .only-live, "
    ".paper-dark, .toctree-wrapper, .books"
)
# Classes of pieces of code that have no colour of their own.
PLAIN = {None, "n", "nn", "nx", "p", "pm", "w"}
ATTRIBUTES = ("loading", "decoding", "fetchpriority", "tabindex", "align", "translate")
# Attributes of SVG that HTML writes in small letters.
SVG_NAMES = {
    name.lower(): name
    for name in "viewBox refX refY markerWidth markerHeight preserveAspectRatio".split()
}


@dataclass
class Chapter:
    """One page of the book."""

    name: str  # "02-perceptron"; its links, anchors and files are named after it
    part: str | None  # the part that begins with it
    body: lxml.html.HtmlElement
    title: str


def formula(tex, display, kind):
    """Return a formula as an element.

    Parameters
    ----------
    tex : str
    display : bool
        Whether it stands on a line of its own.
    kind : {"mathml", "html"}
        The second is for KaTeX's style sheet.

    Raises
    ------
    ValueError
        If KaTeX does not understand it.
    """
    node = etree.fromstring(house.formulas.set_formula(tex, display, kind))
    if kind == "html":  # shapes alone: the name is what can be read aloud
        node.set("role", "img")
        node.set("aria-label", tex)
    return node


def contents(root=ROOT):
    """Yield (page, the part that begins with it or None) in the order of `_toc.yml`."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    yield toc["root"], None
    for part in toc["parts"]:
        for place, chapter in enumerate(part["chapters"]):
            yield chapter["file"], None if place else part["caption"]


def read(site, kind, pictures, root=ROOT):
    """Return the chapters of the book.

    Parameters
    ----------
    site : pathlib.Path
        The folder of the built site.
    kind : {"mathml", "html"}
        What formulas become.
    pictures : dict
        From an interactive figure's key to (name of its file, width, height).
    """
    order = list(contents(root))
    names = {f"{page}.html": page.rpartition("/")[2] for page, _ in order}
    chapters = []
    for page, part in order:
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        text = text.replace("<wbr>", "\u200b")  # lxml would put what follows inside
        article = pick(lxml.html.fromstring(text), "article")[0]
        body = article.find("section")
        body.tail = None
        make_plain(body, pictures)
        set_formulas(body, kind)
        name = names[f"{page}.html"]
        chapter = Chapter(name, part, body, "")
        move_answers(chapter)
        give_anchors(body)
        lead(body, page, names)
        chapter.title = " ".join(pick(body, "h1")[0].text_content().split())
        chapters.append(chapter)
    return chapters


def pick(node, selectors):
    """Return what is below an element: "tag", ".class", "tag.class" or "[x]", …."""
    paths = []
    for selector in selectors.split(", "):
        if selector[0] == "[":
            paths.append(f".//*[@{selector[1:-1]}]")
        else:
            tag, _, name = selector.partition(".")
            spaced = 'concat(" ", normalize-space(@class), " ")'
            test = f'[contains({spaced}, " {name} ")]' if name else ""
            paths.append(f".//{tag or '*'}{test}")
    return node.xpath(" | ".join(paths))


def element(tag, *children, **attributes):
    """Return a new element; ``class_`` is its class."""
    node = lxml.html.Element(
        tag, {name.rstrip("_"): value for name, value in attributes.items()}
    )
    for child in children:
        if isinstance(child, str):
            if len(node):
                node[-1].tail = (node[-1].tail or "") + child
            else:
                node.text = (node.text or "") + child
        else:
            node.append(child)
    return node


def make_plain(body, pictures):
    """Drop what only a screen can do, and open what is closed."""
    for comment in list(body.iter(etree.Comment)):
        comment.drop_tree()
    for node in pick(body, "[data-explorable]"):
        show_picture(node, pictures)
    for node in pick(body, DROPPED):
        if node.getparent() is not None:
            node.drop_tree()
    for node in pick(body, "div.cell"):
        if pick(node, ".check") and "Not started yet" in node.text_content():
            for output in pick(node, "div.cell_output"):
                output.drop_tree()
    for node in pick(body, "details.hide"):
        node.find("summary").drop_tree()
        node.drop_tag()
    for node in pick(body, "details.aside"):
        node.find("summary").drop_tag()
        node.tag = "div"
    for node in body.iter():
        for name in ATTRIBUTES:
            node.attrib.pop(name, None)
        if node.get("role") in {"list", "doc-biblioentry"}:
            del node.attrib["role"]
    for code in body.iter("pre", "code"):
        for span in list(code.iter("span")):
            if span.get("class") in PLAIN or span.get("class") == "pre":
                span.drop_tag()
    for svg in body.iter("svg"):
        for node in svg.iter():
            for name in set(node.attrib) & SVG_NAMES.keys():
                node.set(SVG_NAMES[name], node.attrib.pop(name))


def show_picture(node, pictures):
    """Put a picture and a text in the place of an interactive figure."""
    label = node.get("aria-label")
    words = pick(node, ".dlx-fallback")[0].text_content().strip()
    words = words.removeprefix(STANDS_IN)
    parts = []
    if picture := pictures.get(node.get("data-explorable")):
        name, width, height = picture
        size = {"width": str(width), "height": str(height)}
        alt = f"{label}: the figure as it is at first. The text below describes it."
        parts.append(element("img", src=f"../images/{name}", alt=alt, **size))
    caption = element(
        "p", element("strong", f"{label}."), f" On the site, you can move it. {words}"
    )
    figure = element("figure", *parts, element("figcaption", caption))
    figure.set("class", "explorable")
    figure.tail = node.tail
    node.getparent().replace(node, figure)


def set_formulas(body, kind):
    """Set each formula; a numbered one keeps its number."""
    for node in pick(body, ".math"):
        (tex,) = node.xpath('.//*[local-name()="annotation"]/text()')
        numbers = pick(node, ".eqno")
        for child in list(node):
            node.remove(child)
        node.text = None
        if node.get("class"):
            node.set("class", "math")
        for number in numbers:
            number.tail = None
            node.append(number)
        node.append(formula(tex.strip(), node.tag == "div", kind))


def move_answers(chapter):
    """Move all hints and solutions to the end of the chapter."""
    answers = []
    for section in pick(chapter.body, "section.exercise"):
        title = pick(section, "h3")[0].text_content()
        own = section.get("id")
        parts = [element("h3", title)]
        hints = pick(section, "details.hint")  # each inside the one before it
        for number, hint in enumerate(hints, 1):
            hint.find("summary").drop_tree()
            lead = element("strong", f"Hint {number} of {len(hints)}. ")
            hint.tag = "div"
            hint.attrib.clear()
            hint.set("class", "hint")
            first = hint.find("p")
            if first is None:
                hint.insert(0, element("p", lead))
            else:
                lead.tail, first.text = first.text, None
                first.insert(0, lead)
            parts.append(hint)
        for solution in pick(section, "details.solution"):
            summary = solution.find("summary")
            summary.tag, summary.text = "p", "Solution."
            summary.set("class", "answer-title")
            solution.tag = "div"
            parts.append(solution)
        for cell in pick(section, "div.cell"):
            code = "".join(node.text_content() for node in pick(cell, ".cell_input"))
            if re.fullmatch(r'\s*(hint|solution)\("[^"]*"\)\s*', code):
                cell.drop_tree()
        if len(parts) > 1:
            back = element("a", "Back to the exercise", href=f"#{own}")
            parts.append(element("p", back, class_="back"))
            answers.append(element("section", *parts, id=f"answer-{own}"))
            there = element("a", "Hints and solution", href=f"#answer-{own}")
            section.append(element("p", there, class_="to-answer"))
    if answers:
        heading = element("h2", "Hints and solutions")
        chapter.body.append(
            element("section", heading, *answers, id="answers", class_="answers")
        )


def as_id(anchor):
    """Return an anchor as an XML name: Jupyter's have any characters."""
    safe = re.sub(r"[^A-Za-z0-9._-]", lambda m: f"_{ord(m[0]):x}", unquote(anchor))
    return safe if re.match("[A-Za-z_]", safe) else f"_{safe}"


def give_anchors(body):
    """Make each id an XML name that is there once."""
    seen = set()
    for node in body.iter():
        if anchor := node.get("id"):
            name = as_id(anchor)
            if name in seen:
                del node.attrib["id"]
            else:
                node.set("id", name)
                seen.add(name)


def lead(body, page, names):
    """Let the links lead to the chapters of the book; others become plain text.

    A link is "name#anchor" then; pictures are "images/name".
    """
    folder = page.rpartition("/")[0]
    for node in body.iter("a"):
        href = node.get("href")
        if href is None or urlsplit(href).scheme:
            continue
        path, _, anchor = href.partition("#")
        path = resolve(folder, path) if path else f"{page}.html"
        if path in names:
            node.set("href", f"{names[path]}#{as_id(anchor) if anchor else ''}")
        else:
            del node.attrib["href"]
    for node in body.iter("img"):
        node.set("src", "images/" + node.get("src").rpartition("/")[2])


def resolve(folder, path):
    """Return where a relative address on a page of a folder leads."""
    return normpath(join(folder, path))


def headings(chapter):
    """Return the sections of a chapter, as (anchor, title)."""
    found = []
    for node in pick(chapter.body, "h2"):
        section = node.getparent()
        while section.get("id") is None:
            section = section.getparent()
        found.append((section.get("id"), " ".join(node.text_content().split())))
    return found


def serialise(node):
    """Return an element as XHTML."""
    for svg in node.iter("svg"):
        svg.set("xmlns", "http://www.w3.org/2000/svg")
    return etree.tostring(node, encoding="unicode", method="xml")


def about(root=ROOT):
    """Return the book's title, authors and version."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "title": config["title"],
        "author": config["author"],
        "version": project["version"],
    }
