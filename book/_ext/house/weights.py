"""The file from which a figure loads its network when the reader asks for it.

It is made from the package's weights, so that the repository holds them once. It is
written where a page has a figure that names it.
"""

from functools import cache
from pathlib import Path

from dlscratch.explorables.write_on import weights_file

weights_file = cache(weights_file)


def write(app, page, template, context, doctree):
    """Write the file beside the other static ones, if this page asks for it."""
    body = context.get("body", "")
    if '"file":"' not in body:
        return
    name, text = weights_file()
    path = Path(app.outdir, "_static", name)
    if name in body and not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", write)
