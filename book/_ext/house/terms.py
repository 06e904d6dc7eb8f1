"""Words of the glossary lead to it, and show their definition.

In the text they are written plainly. The first use of each word in a section becomes a
link. Which forms of a word are linked, the glossary says: the word itself and its
plural, or what the role ``{links}`` lists at the end of its entry. A form in asterisks
there (``{links}`*step*```) is linked only where the text sets it in italics or bold, as
is right for a word that also has an everyday meaning. A chapter's metadata can name
words that it does not mean: ``"plain_words": ["step"]``.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import glossary

from .prose import is_chapter, link, replace, texts

PAGE = "book/glossary"
WORDS = "Words of this chapter:"
ENTRY = re.compile(r"^(\S.*)\n((?:  \S.*\n)+)", re.MULTILINE)
FORMS = re.compile(r"^  \{links\}`([^`]*)`", re.MULTILINE)


def plural(word):
    """Return the regular plural of a word."""
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def read_glossary(text):
    """Return which words link to which entry.

    Parameters
    ----------
    text : str
        The source of the glossary's page.

    Returns
    -------
    dict
        From a form, such as "hidden layers", to (term, whether only if emphasised).
    """
    forms = {}
    for term, entry in ENTRY.findall(text):
        listed = FORMS.search(entry)
        for form in listed[1].split(", ") if listed else [term, plural(term)]:
            forms.setdefault(form.strip("*"), (term, form.startswith("*")))
    return forms


def form_pattern(forms):
    """Return what finds any of the forms, the longest first, as whole words."""
    either = []
    for form in sorted(forms, key=len, reverse=True):
        first = form[0]
        small = form[1:2].islower() and first.islower()
        head = f"[{first}{first.upper()}]" if small else re.escape(first)
        rest = re.escape(form[1:]).replace("'", "['’]").replace(r"\ ", r"\s")
        either.append(head + rest)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(either)})(?![\w-])")


def form_of(words, forms):
    """Return the form that matched words are, as the glossary writes it."""
    words = re.sub(r"\s", " ", words.replace("’", "'"))
    return words if words in forms else words[0].lower() + words[1:]


def is_emphasised(text):
    """Return whether a piece of text is all that stands in italics or bold."""
    parent = text.parent
    emphasis = isinstance(parent, nodes.emphasis | nodes.strong)
    return emphasis and len(parent.children) == 1


def sections(document):
    """Return a page's parts, each a list of nodes: what is before, and each section."""
    page = next(document.findall(nodes.section), document)
    inner = (nodes.section, nodes.title)
    parts = [[n for n in page.children if not isinstance(n, inner)]]
    for section in page.children:
        if isinstance(section, nodes.section) and section[0].astext() != "Sources":
            parts.append([section])
    return parts


def is_word_list(text):
    """Return whether a piece of text is in the list of a chapter's words."""
    parent = text.parent
    while parent is not None and not isinstance(parent, nodes.paragraph):
        parent = parent.parent
    return parent is not None and parent.astext().startswith(WORDS)


def link_terms(app, doctree, page):
    """Link the first use of each word in each section of a chapter."""
    if not is_chapter(page):
        return
    notebook = json.loads(Path(app.env.doc2path(page)).read_text(encoding="utf-8"))
    unmeant = set(notebook["metadata"].get("plain_words", []))
    forms = {f: t for f, t in app.house_forms.items() if t[0] not in unmeant}
    pattern = form_pattern(forms)

    for part in sections(doctree):
        linked = set()
        for text in [text for node in part for text in texts(node)]:
            listed = is_word_list(text)

            def make(match, text=text, listed=listed, linked=linked):
                term, everyday = forms[form_of(match[0], forms)]
                if not listed:
                    whole = match[0] == text.astext().strip(" .,:;")
                    if everyday and not (whole and is_emphasised(text)):
                        return None
                    if term in linked:
                        return None
                    linked.add(term)
                name = anchor(app.env, term)
                return [link(app, page, PAGE, name, match[0], "term")]

            replace(text, pattern, make)


def anchor(env, term):
    """Return the anchor of a term's entry."""
    return env.get_domain("std").objects["term", term][1]


def entries(doctree):
    """Yield the term and the definition of each entry of the glossary."""
    for item in doctree.findall(nodes.definition_list_item):
        if isinstance(item.parent.parent, glossary):
            yield item.next_node(nodes.term), item.next_node(nodes.definition)


def note_definitions(app, doctree):
    """Keep the entries of the glossary, for the pages that link to them."""
    if app.env.docname != PAGE:
        return
    app.env.house_definitions = {
        term["ids"][0]: [without_links(node.deepcopy()) for node in definition]
        for term, definition in entries(doctree)
    }


def without_links(node):
    """Return a part of a definition without its links and its Japanese name."""
    for inner in list(node.findall(nodes.inline)):
        if "language-ja" in inner["classes"]:
            after = inner.next_node(descend=False, siblings=True)
            after.parent.replace(after, nodes.Text(after.astext().lstrip(". ")))
            inner.parent.remove(inner)
    for inner in list(node.findall(lambda n: n.tagname == "pending_xref")):
        inner.parent.replace(inner, nodes.Text(inner.astext()))
    return node


def add_definitions(app, page, template, context, doctree):
    """Put the definitions of the words that a page links at its end, out of sight."""
    if doctree is None or page == PAGE:
        return
    addresses = (node.get("refuri", "") for node in doctree.findall(nodes.reference))
    names = {
        a.partition("#")[2] for a in addresses if "glossary" in a and "#term-" in a
    }
    found = app.env.house_definitions
    html = "".join(
        f'<div id="definition-{name.removeprefix("term-")}">'
        + "".join(app.builder.render_partial(node)["fragment"] for node in found[name])
        + "</div>"
        for name in sorted(names & found.keys())
    )
    if html:
        context["body"] += f'<div class="definitions" hidden>{html}</div>'


def name_first_chapters(app, doctree, page):
    """Say after each entry of the glossary which chapter introduces the word.

    That is the first whose list of words names it.
    """
    if page != PAGE:
        return
    listed = {}
    for pages in app.env.toctree_includes.values():
        for chapter in filter(is_chapter, pages):
            for words in app.env.house_words.get(chapter, ()):
                listed.setdefault(words, chapter)
    for term, definition in entries(doctree):
        if chapter := listed.get(term.astext().replace("’", "'").lower()):
            title = app.env.titles[chapter].astext()
            uri = app.builder.get_relative_uri(page, chapter)
            where = nodes.reference("", title, refuri=uri, internal=True)
            arrow = nodes.inline("", " → ", where, classes=["first-chapter"])
            list(definition.findall(nodes.paragraph))[-1].append(arrow)


def note_words(app, doctree):
    """Note the words that a chapter lists as its own."""
    if not hasattr(app.env, "house_words"):
        app.env.house_words = {}
    app.env.house_words.pop(app.env.docname, None)
    for paragraph in doctree.findall(nodes.paragraph):
        text = paragraph.astext().replace("’", "'")
        if text.startswith(WORDS):
            words = text.removeprefix(WORDS).strip(" .").split(",")
            app.env.house_words[app.env.docname] = {w.strip().lower() for w in words}


def read_forms(app):
    """Read which words link where once for all pages."""
    path = Path(app.srcdir) / f"{PAGE}.md"
    app.house_forms = read_glossary(path.read_text(encoding="utf-8"))


def links_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Show nothing: the list is for the chapters' links."""
    return [], []


def setup(app):
    """Register with Sphinx."""
    app.add_role("links", links_role)
    app.connect("builder-inited", read_forms)
    app.connect("doctree-read", note_words)
    app.connect("doctree-read", note_definitions)
    app.connect("doctree-resolved", name_first_chapters)
    app.connect("doctree-resolved", link_terms, priority=600)
    app.connect("html-page-context", add_definitions)
