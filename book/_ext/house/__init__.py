"""What the site adds to plain Markdown, and to and from the theme.

Each convention of the notebooks has a module of its own: `boxes`, `numbers` (formulas,
figures, exercises), `terms`, `citations` and `asides`; `interactive` is about the
figures with scripts, `weights` about what one of them loads, `cell` about code on
hand-written pages, `dark` about the figures of Matplotlib, `formulas` about what sets
them, `lean` about styles and scripts. `search` says what is found, `glue` keeps commas
beside formulas, `tables` breaks long names, `colours` is for pages without scripts,
`address` about where the book lives. Here is the rest.
"""

import os
import re
import time
from html import escape, unescape
from pathlib import Path

from docutils import nodes

from . import (
    address,
    asides,
    boxes,
    cell,
    citations,
    colours,
    dark,
    formulas,
    glue,
    interactive,
    lean,
    numbers,
    prose,
    search,
    tables,
    terms,
    weights,
)

PARTS = (
    numbers,
    terms,
    citations,
    asides,
    interactive,
    cell,
    dark,
    weights,
    search,
    glue,
    tables,
    address,
    colours,
    formulas,
    lean,
)
DESCRIPTION = (
    "An interactive textbook: build neural networks in NumPy, piece by piece, "
    "with figures you can drag and exercises that tell you at once what is wrong."
)


def japanese(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Mark text as Japanese, so that browsers choose its glyphs and voice."""
    return [nodes.inline(rawtext, text, classes=["language-ja"])], []


def drop_thebe_config(app, doctree, page):
    """Drop what sphinx-thebe adds to a page's text: no page runs code that way."""
    for node in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in node.astext() or "kernelName =" in node.astext():
            node.parent.remove(node)


def call_citations_what_they_are(app, page, template, context, doctree):
    """Drop a role that does not fit the bibliography's entries, says axe."""
    body = context.get("body", "")
    context["body"] = body.replace('role="list" class="citation-list"', "")


def describe(app, page, template, context, doctree):
    """Tell search engines and link previews what a page is about."""
    title = context.get("title", app.config.html_title)
    description = DESCRIPTION
    if doctree is not None and page != app.config.root_doc:
        texts = (node.astext() for node in doctree.findall(nodes.paragraph))
        text = next((text for text in texts if len(text) > 40), DESCRIPTION)
        description = " ".join(text.split())
        if len(description) > 200:
            description = description[:200].rsplit(" ", 1)[0] + " …"
    tags = {
        'name="description"': description,
        'property="og:title"': unescape(re.sub("<.*?>", "", title)),
        'property="og:description"': description,
        'property="og:type"': "book" if page == app.config.root_doc else "article",
        'property="og:site_name"': app.config.html_title,
        'name="theme-color"': "#12496b",
    }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<meta {name} content="{escape(text)}" />' for name, text in tags.items()
    )


def note_start(app):
    """Remember when the build began."""
    app.house_started = time.time()


def stamp(app, exception):
    """Leave a mark whose time tells whether a source changed since this build."""
    if exception is None and app.builder.name == "html":
        path = Path(app.outdir) / ".built"
        path.touch()
        os.utime(path, (app.house_started, app.house_started))


def read_chapters_again(app, env, added, changed, removed):
    """Read all chapters again where the glossary or the bibliography has changed."""
    names = (f"{terms.PAGE}.md", *app.config.bibtex_bibfiles)
    now = [Path(app.srcdir, name).read_text(encoding="utf-8") for name in names]
    before, env.house_sources = getattr(env, "house_sources", now), now
    return filter(prose.is_chapter, env.found_docs if before != now else ())


def write_again(app, env):
    """Write the glossary anew in each build: chapters change where it leads.

    And all chapters, where a number that some may mention came, went or moved.
    """
    now = dict(numbers.numbered(env))
    before, env.house_written = getattr(env, "house_written", now), now
    chapters = filter(prose.is_chapter, env.found_docs if before != now else ())
    return [terms.PAGE, *chapters]


def slug(heading):
    """Return a heading's anchor, as Jupyter makes it."""
    return heading.replace(" ", "-")


def setup(app):
    """Register with Sphinx."""
    app.config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    app.add_role("ja", japanese)
    app.add_transform(boxes.Boxes)
    for part in PARTS:
        part.setup(app)
    app.connect("builder-inited", note_start)
    app.connect("env-get-outdated", read_chapters_again)
    app.connect("env-updated", write_again)
    app.connect("doctree-resolved", drop_thebe_config, priority=900)
    app.connect("html-page-context", call_citations_what_they_are)
    app.connect("html-page-context", describe)
    app.connect("build-finished", stamp)
    return {"env_version": 5, "parallel_read_safe": False, "parallel_write_safe": False}
