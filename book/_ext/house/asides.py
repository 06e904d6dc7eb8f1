"""Sections whose heading begins with "Aside:" are closed until a reader opens them."""

from docutils import nodes

OPENING = '<details class="aside"><summary>'


def close_asides(app, doctree, page):
    """Wrap the content of each aside so that its heading opens and closes it."""
    for section in list(doctree.findall(nodes.section)):
        if section[0].astext().startswith("Aside:"):
            title, *rest = section.children
            section.children = []
            section += [
                nodes.raw("", OPENING, format="html"),
                title,
                nodes.raw("", "</summary>", format="html"),
                *rest,
                nodes.raw("", "</details>", format="html"),
            ]


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", close_asides, priority=900)
