"""What the book's pages add to, and drop from, the theme."""

import os
import time
from pathlib import Path

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
    app.connect("builder-inited", note_start)
    app.connect("html-page-context", drop_unwanted_scripts, priority=900)
    app.connect("build-finished", stamp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
