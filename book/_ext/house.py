"""What the book's pages add to, and drop from, the theme."""

import os
import re
import time
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.addnodes import glossary, pending_xref
from sphinx.util.docutils import SphinxDirective

from dlscratch import explorables

DESCRIPTION = (
    "An interactive textbook: build neural networks in NumPy, piece by piece, "
    "with figures you can drag and exercises that tell you at once what is wrong."
)
CHAPTER = re.compile(r"notebooks/(\d+[a-z]?|lab)-")
GLOSSARY = "book/glossary"


def japanese(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Mark text as Japanese, so that browsers choose its glyphs and voice."""
    return [nodes.inline(rawtext, text, classes=["language-ja"])], []


class ExplorableDirective(SphinxDirective):
    """Show an interactive figure on a hand-written page: its name is the argument."""

    required_arguments = 1

    def run(self):
        """Return the figure's HTML."""
        folder = Path(explorables.__file__).parent
        for path in folder.iterdir():
            self.env.note_dependency(str(path))
        figure = getattr(explorables, self.arguments[0])()
        return [nodes.raw("", figure._repr_html_(), format="html")]


def number_by_chapter(app, env):
    """Count figures, exercises and equations anew in each chapter, and in the lab."""
    for page, kinds in env.toc_fignumbers.items():
        if chapter := CHAPTER.match(page):
            first = chapter[1].lstrip("0").replace("lab", "L")
            for numbers in kinds.values():
                for place, name in enumerate(numbers, 1):
                    numbers[name] = (first, place)
    return []


def note_terms(app, doctree):
    """Note which of the glossary's terms a page links to."""
    links = doctree.findall(pending_xref)
    used = {link["reftarget"].lower() for link in links if link["reftype"] == "term"}
    if not hasattr(app.env, "house_terms"):
        app.env.house_terms = {}
    app.env.house_terms[app.env.docname] = used


def merge_terms(app, env, pages, other):
    """Take over what another process has noted."""
    env.house_terms = getattr(env, "house_terms", {})
    for page in pages:
        env.house_terms[page] = other.house_terms[page]


def write_glossary_again(app, env):
    """Write the glossary anew in each build, since other pages change what it says."""
    return [GLOSSARY]


def name_first_chapters(app, doctree, page):
    """Say after each entry of the glossary in which chapter the word first comes up."""
    if page != GLOSSARY:
        return
    chapters = []
    for entries in app.env.toctree_includes.values():
        chapters += [entry for entry in entries if CHAPTER.match(entry)]
    for item in doctree.findall(nodes.definition_list_item):
        if not isinstance(item.parent.parent, glossary):
            continue
        term = item.next_node(nodes.term).astext().lower().replace("’", "'")
        using = (c for c in chapters if term in app.env.house_terms.get(c, ()))
        if first := next(using, None):
            title = app.env.titles[first].astext()
            uri = app.builder.get_relative_uri(page, first)
            link = nodes.reference("", title, refuri=uri, internal=True)
            where = nodes.inline("", " → ", link, classes=["first-chapter"])
            list(item.findall(nodes.paragraph))[-1].append(where)


def drop_thebe_config(app, doctree, page):
    """Drop what sphinx-thebe adds to a page's text: no page runs code that way."""
    for node in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in node.astext() or "kernelName =" in node.astext():
            node.parent.remove(node)


def drop_scripts(app, page, template, context, doctree):
    """Drop sphinx-thebe, and the marking of searched words in the interactive figures.

    The search page needs the latter's script to list what it finds.
    """
    unwanted = ("thebe",) if page == "search" else ("thebe", "sphinx_highlight")
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if not any(
                name in f"{file.filename} {file.attributes.get('body')}".lower()
                for name in unwanted
            )
        ]


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


class NoLabels(BaseLabelStyle):
    """Number the entries; the style sheet hides the numbers."""

    def format_labels(self, sorted_entries):
        """Yield one label an entry."""
        yield from (str(number) for number, _ in enumerate(sorted_entries, 1))


class HouseStyle(PlainStyle):
    """Entries in the order of their authors and years."""

    default_sorting_style = "author_year_title"
    default_label_style = NoLabels


def note_start(app):
    """Remember when the build began."""
    app.house_started = time.time()


def stamp(app, exception):
    """Leave a mark whose time tells whether a source changed since this build."""
    if exception is None and app.builder.name == "html":
        path = Path(app.outdir) / ".built"
        path.touch()
        os.utime(path, (app.house_started, app.house_started))


def setup(app):
    """Register with Sphinx."""
    app.config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    register_plugin("pybtex.style.formatting", "house", HouseStyle)
    app.add_role("ja", japanese)
    app.add_directive("explorable", ExplorableDirective)
    app.connect("builder-inited", note_start)
    app.connect("doctree-read", note_terms)
    app.connect("env-merge-info", merge_terms)
    app.connect("env-updated", write_glossary_again)
    app.connect("env-get-updated", number_by_chapter, priority=900)
    app.connect("doctree-resolved", name_first_chapters)
    app.connect("doctree-resolved", drop_thebe_config, priority=900)
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("html-page-context", call_citations_what_they_are)
    app.connect("html-page-context", describe)
    app.connect("build-finished", stamp)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
