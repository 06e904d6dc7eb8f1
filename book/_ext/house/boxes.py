"""Block quotes that begin with a box's name in bold become boxes.

In the notebook, ``> **Theorem (Novikoff, 1962).** Suppose …``; on the site, a box with
the title "Theorem (Novikoff, 1962)".
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

# What a box is called, and the class that gives it its looks.
BOXES = {
    "Predict, then run": "predict",
    "Break it": "breakit",
    "Common mistake": "mistake",
    "Theorem": "important",
    "Note": "note",
}
TITLE = re.compile(rf"({'|'.join(map(re.escape, BOXES))})( \(.+\))?\.")


class Boxes(SphinxTransform):
    """Turn the quotes of a page into boxes."""

    default_priority = 400

    def apply(self, **kwargs):
        """Look at each block quote of the page."""
        for quote in list(self.document.findall(nodes.block_quote)):
            if box := make_box(quote):
                quote.replace_self(box)


def make_box(quote):
    """Return the box that a block quote stands for, or None."""
    first = quote.children[0] if quote.children else None
    if not isinstance(first, nodes.paragraph):
        return None
    words = [child for child in first.children if child.astext()]
    if not (words and isinstance(words[0], nodes.strong)):
        return None
    title = TITLE.fullmatch(words[0].astext())
    if not title:
        return None
    rest = words[1:]
    if rest and isinstance(rest[0], nodes.Text):
        rest[0] = nodes.Text(rest[0].astext().lstrip())
    body = [nodes.paragraph("", "", *rest)] if rest else []
    return nodes.admonition(
        "",
        nodes.title("", words[0].astext()[:-1]),
        *body,
        *quote.children[1:],
        classes=[BOXES[title[1]]],
    )
