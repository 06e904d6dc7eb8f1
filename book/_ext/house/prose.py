"""Find words in a page's running text, and put links in their place."""

from itertools import groupby

from docutils import nodes

# No link is added inside of these.
CLOSED = (
    nodes.comment,
    nodes.image,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.reference,
    nodes.term,
    nodes.title,
)


def is_chapter(page):
    """Return whether a page is made from a notebook, whose text is plain Markdown."""
    return page.startswith("notebooks/")


def texts(node):
    """Yield the pieces of running text below a node, in order.

    What stands on several lines in the source becomes one piece.
    """
    parts = []
    for is_text, group in groupby(node.children, lambda n: isinstance(n, nodes.Text)):
        group = list(group)
        parts += [nodes.Text("".join(group))] if is_text else group
    node.children = []
    node += parts
    for child in parts:
        if isinstance(child, nodes.Text):
            yield child
        elif not (
            isinstance(child, CLOSED)
            or child.tagname == "pending_xref"
            or "caption-number" in child["classes"]
        ):
            yield from texts(child)


def replace(text, pattern, make):
    """Replace what a pattern matches in one piece of text.

    Parameters
    ----------
    text : docutils.nodes.Text
    pattern : re.Pattern
    make : function of match
        Returns a list of nodes, or None to leave the words as they are.
    """
    words, parts, end = text.astext(), [], 0
    for match in pattern.finditer(words):
        made = make(match)
        if made is not None:
            parts += [nodes.Text(words[end : match.start()]), *made]
            end = match.end()
    if parts:
        parts.append(nodes.Text(words[end:]))
        text.parent.replace(text, [part for part in parts if part.astext()])


def link(app, page, target, anchor, words, kind):
    """Return a link from one page to an anchor on another.

    Its class tells that it was added (``added``) and of which ``kind`` it is; all
    links that the site adds can be listed by these.
    """
    uri = app.builder.get_relative_uri(page, target) if target != page else ""
    inner = nodes.inline("", words, classes=["std-term"] if kind == "term" else [])
    return nodes.reference(
        "",
        "",
        inner,
        internal=True,
        refuri=f"{uri}#{anchor}",
        classes=["added", f"added-{kind}"],
    )
