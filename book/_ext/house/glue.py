"""No line begins with the comma after a formula, or ends with the bracket before it.

A browser may break a line beside a formula, whatever stands there. So a short formula
and the marks that touch it are kept on one line.
"""

import re

from docutils import nodes

BEFORE = re.compile(r"[(\[“‘\"'±−]+$")
MARK = r"[-.,;:!?)\]’”\"'…%]"
AFTER = re.compile(rf"{MARK}+(\w{{1,3}}(?!\w){MARK}*)?")
LONGEST = 40  # characters of TeX: a longer formula must be free to break


def glue(app, doctree, page):
    """Keep each short formula together with what touches it."""
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        if len(formula.astext()) > LONGEST or isinstance(parent, nodes.title):
            continue
        place = parent.index(formula)
        parts = [formula]
        above = parent[place - 1] if place else None
        if isinstance(above, nodes.Text) and (marks := BEFORE.search(above)):
            parts.insert(0, nodes.Text(marks[0]))
            parent[place - 1] = nodes.Text(above[: marks.start()])
        below = parent[place + 1] if place + 1 < len(parent) else None
        if isinstance(below, nodes.Text) and (marks := AFTER.match(below)):
            parts.append(nodes.Text(marks[0]))
            parent[place + 1] = nodes.Text(below[marks.end() :])
        if parts[1:]:
            parent[place] = nodes.inline("", "", *parts, classes=["glued"])


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", glue, priority=850)
