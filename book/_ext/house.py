"""What the book's pages add to, and drop from, the theme."""

import os
import time
from pathlib import Path

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle

UNWANTED_SCRIPTS = ("sphinx-thebe.js", "THEBE_JS_URL")


def drop_unwanted_scripts(app, page, template, context, doctree):
    """Drop sphinx-thebe, which every page would load and no page uses."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if not any(
            name in f"{script.filename} {script.attributes.get('body')}"
            for name in UNWANTED_SCRIPTS
        )
    ]


def japanese(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Mark text as Japanese, so that browsers choose its glyphs and voice."""
    return [nodes.inline(rawtext, text, classes=["language-ja"])], []


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
    register_plugin("pybtex.style.formatting", "house", HouseStyle)
    app.add_role("ja", japanese)
    app.connect("builder-inited", note_start)
    app.connect("html-page-context", drop_unwanted_scripts, priority=900)
    app.connect("build-finished", stamp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
