"""A cell with its output on a hand-written page, as those of the chapters look.

The code is above a line of three hyphens, and below it what it prints; a test runs it.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class CellDirective(SphinxDirective):
    """Show a cell in the markup that MyST-NB gives to those of notebooks."""

    has_content = True

    def run(self):
        """Return the cell."""
        code, output = "\n".join(self.content).split("\n---\n")
        printed = {"language": "none", "classes": ["output", "stream"]}
        parts = {
            "cell_input": nodes.literal_block(code, code, language="python"),
            "cell_output": nodes.literal_block(output, output, **printed),
        }
        boxes = (nodes.container("", part, classes=[k]) for k, part in parts.items())
        return [nodes.container("", *boxes, classes=["cell"])]


def setup(app):
    """Register with Sphinx."""
    app.add_directive("cell", CellDirective)
