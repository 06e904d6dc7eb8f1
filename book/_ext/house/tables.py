"""Long names of code in a table may break behind dots, and before capitals.

So a table with names such as `torch.nn.functional.softmax` stays as narrow as the text.
"""

import re

from docutils import nodes

LONG = 16  # letters; shorter names stay whole
BREAK = r"(?<=[._(,=])(?=\w)|(?<=[a-z])(?=[A-Z])"


def let_break(app, doctree, page):
    """Put places to break into the long names of all tables."""
    if app.builder.format != "html":
        return
    for entry in doctree.findall(nodes.entry):
        for name in list(entry.findall(nodes.literal)):
            parts = re.split(BREAK, name.astext())
            if len(name.astext()) < LONG or not parts[1:]:
                continue
            pieces = []
            for part in parts:
                pieces += [nodes.Text(part), nodes.raw("", "<wbr>", format="html")]
            name.children = []
            name += pieces[:-1]


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", let_break, priority=900)
