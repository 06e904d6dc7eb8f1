r"""Numbered formulas, figures and exercises: their anchors, and links to them.

In the notebook a formula ends with ``\tag{5.1}``, the paragraph under a figure begins
with ``**Figure 5.2.**``, and an exercise has the heading ``Exercise 5.3. Its title``.
On the site each has an anchor (``eq-5-1``, ``fig-5-2``, ``ex-5-3``), and wherever the
text says "(5.1)", "figure 5.2" or "exercise 5.3", a link leads there.
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from .prose import is_chapter, link, replace, texts

KEY = r"(?:\d+[a-z]?|[LT])\.(?:\d+|lab)"
TAG = re.compile(rf"\s*\\tag\{{({KEY})\}}")
CAPTION = re.compile(rf"Figure ({KEY})\.")
EXERCISE = re.compile(rf"Exercise ({KEY})\. (.+)")
# "(5.1)", "figure 5.2", "exercises 2.1, 2.4 and 2.5", "exercises 2.1 to 2.5".
KEYS = rf"{KEY}(?:(?:,\s|,?\s(?:and|or|to)\s){KEY})*"
MENTION = re.compile(
    rf"\((?P<eq>{KEY})\)|\b(?P<kind>[Ff]igure|[Ee]xercise)s?\s(?P<keys>{KEYS})"
)
KINDS = {"figure": "fig", "exercise": "ex"}
logger = logging.getLogger(__name__)


def anchor(kind, key):
    """Return the anchor of formula, figure or exercise ``key``: "eq-5-1"."""
    return f"{kind}-{key.replace('.', '-')}"


class Numbers(SphinxTransform):
    """Give formulas, figures and exercises of a page their anchors."""

    default_priority = 410

    def apply(self, **kwargs):
        """Go through the page, and note in the environment what has a number."""
        if not is_chapter(self.env.docname):
            return
        found = [
            *(number_formula(node) for node in self.document.findall(nodes.math_block)),
            *(number_exercise(node) for node in self.document.findall(nodes.section)),
            *map(make_figure, list(self.document.findall(nodes.paragraph))),
        ]
        targets = numbered(self.env)
        for name in filter(None, found):
            if name in targets:
                logger.warning("%s is there twice", name, location=self.document)
            targets[name] = self.env.docname


def numbered(env):
    """Return what has a number, as a dictionary from anchor to page."""
    if not hasattr(env, "house_numbered"):
        env.house_numbered = {}
    return env.house_numbered


def number_formula(node):
    """Take a formula's tag out of its TeX, and show it as a number with an anchor."""
    if not (tag := TAG.search(node.astext())):
        return None
    tex = TAG.sub("", node.astext())
    node.children = [nodes.Text(tex)]
    node.rawsource = tex
    node["number"] = tag[1]
    node["ids"] = [anchor("eq", tag[1])]
    return node["ids"][0]


def number_exercise(section):
    """Mark the section of an exercise, and give it an anchor."""
    title = EXERCISE.fullmatch(section[0].astext())
    if not title:
        return None
    section["classes"].append("exercise")
    section["ids"].insert(0, anchor("ex", title[1]))
    return section["ids"][0]


def make_figure(paragraph):
    """Make a figure of a paragraph that is a caption, and of the picture above it."""
    words = [child for child in paragraph.children if child.astext()]
    if not (words and isinstance(words[0], nodes.strong)):
        return None
    caption = CAPTION.fullmatch(words[0].astext())
    place = paragraph.parent.index(paragraph)
    above = paragraph.parent[place - 1] if place else None
    images = list(above.findall(nodes.image)) if above is not None else []
    if not (caption and images):
        return None
    label = nodes.inline("", words[0].astext(), classes=["caption-number"])
    figure = nodes.figure(
        "",
        images[-1].deepcopy(),
        nodes.caption("", "", label, *words[1:]),
        ids=[anchor("fig", caption[1])],
        align="default",
    )
    images[-1].replace_self(figure)
    paragraph.parent.remove(paragraph)
    return figure["ids"][0]


def link_mentions(app, doctree, page):
    """Turn "(5.1)", "figure 5.2" and "exercise 5.3" into links."""

    def to(kind, key, words):
        name = anchor(kind, key)
        target = numbered(app.env).get(name)
        if target is None:
            logger.warning("%r leads nowhere", words, location=page)
            return nodes.Text(words)
        return link(app, page, target, name, words, "number")

    def make(match):
        if match["eq"]:
            return [to("eq", match["eq"], match[0])]
        kind = KINDS[match["kind"].lower()]
        if re.fullmatch(KEY, match["keys"]):
            return [to(kind, match["keys"], match[0])]
        before = match[0][: match.start("keys") - match.start()]
        pieces = re.split(f"({KEY})", match["keys"])
        return [nodes.Text(before)] + [
            to(kind, piece, piece) if place % 2 else nodes.Text(piece)
            for place, piece in enumerate(pieces)
        ]

    if is_chapter(page):
        for text in texts(doctree):
            replace(text, MENTION, make)


def number_nothing(app, config):
    """Keep Sphinx from numbering anew what brings its number along."""
    config.numfig = False


def forget(app, env, page):
    """Forget what a page had that is read again."""
    for name in [name for name, where in numbered(env).items() if where == page]:
        del numbered(env)[name]


def setup(app):
    """Register with Sphinx."""
    app.add_transform(Numbers)
    app.connect("config-inited", number_nothing, priority=900)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", link_mentions)
