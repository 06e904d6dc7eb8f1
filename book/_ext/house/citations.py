"""Authors and years in the text, such as "Rosenblatt (1958)", lead to the bibliography.

Who wrote what is taken from ``references.bib``: one author is cited as "A (1958)", two
as "A and B (1958)", more as "A et al. (1958)"; inside parentheses as "A, 1958". Works
that would be cited alike have a letter in their entry's year: 1958a, 1958b.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from pybtex.database import parse_file
from pybtex.plugin import find_plugin, register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle

from .prose import link, replace, texts

BIBLIOGRAPHY = Path(__file__).resolve().parents[2] / "references.bib"
PAGE = "book/references"


def authors(entry):
    """Return how the text names the authors of an entry: "A", "A and B", "A et al."."""
    people = entry.persons.get("author") or entry.persons.get("editor")
    names = [
        str(Text.from_latex(" ".join([*p.prelast_names, *p.last_names])))
        for p in people
    ]
    if len(names) > 2 or names[-1] == "others":
        return f"{names[0]} et al."
    return " and ".join(names)


def read_works(path=BIBLIOGRAPHY):
    """Return all works, as a dictionary from (authors, year) to the entry.

    Raises
    ------
    ValueError
        If the text could not tell two works apart.
    """
    works = {}
    for entry in parse_file(str(path)).entries.values():
        cited = authors(entry), entry.fields["year"]
        if cited in works:
            keys = f"{works[cited].key} and {entry.key}"
            raise ValueError(f"{keys} need letters behind their years: 1958a, 1958b")
        works[cited] = entry
    return works


def pattern(works):
    """Return what finds citations: its groups are ``who``, and ``in`` or ``year``."""
    names = sorted({who for who, _ in works}, key=len, reverse=True)
    who = "|".join(re.escape(name).replace(r"\ ", r"\s") for name in names)
    year = r"\d{4}[a-h]?"
    when = rf"\s\((?P<in>{year})\)|,\s(?P<year>{year})\b"
    return re.compile(rf"(?<![\w-])(?<!\w and )(?<!& )(?P<who>{who})(?:{when})")


def cited_work(match):
    """Return (authors, year) of what a match of `pattern` names."""
    return " ".join(match["who"].split()), match["in"] or match["year"]


def find_cited(text, works):
    """Return the (authors, year) of all works that a text cites, in order."""
    found = map(cited_work, pattern(works).finditer(text))
    return list(dict.fromkeys(work for work in found if work in works))


def full_entries(entries):
    """Return entries in the order of authors and years, as lines of Markdown."""
    style, backend = HouseStyle(), find_plugin("pybtex.backends", "markdown")()
    for formatted in style.format_entries(style.sort(entries)):
        text = html.unescape(" ".join(formatted.text.render(backend).split()))
        yield re.sub(r"\\([^*_`\[\]\\])", r"\1", text)


def link_citations(app, doctree, page):
    """Turn each author-year into a link to the bibliography."""

    def make(match):
        if entry := app.house_works.get(cited_work(match)):
            name = nodes.make_id(f"cite-{entry.key}")
            return [link(app, page, PAGE, name, match[0], "citation")]
        return None

    for text in texts(doctree):
        replace(text, app.house_citation, make)


class NoLabels(BaseLabelStyle):
    """Number the entries; the style sheet hides the numbers."""

    def format_labels(self, sorted_entries):
        """Yield one label an entry."""
        yield from (str(number) for number, _ in enumerate(sorted_entries, 1))


class HouseStyle(PlainStyle):
    """Entries in the order of their authors and years."""

    default_sorting_style = "author_year_title"
    default_label_style = NoLabels


def read_bibliography(app):
    """Read the works once for all pages."""
    app.house_works = read_works(Path(app.srcdir, app.config.bibtex_bibfiles[0]))
    app.house_citation = pattern(app.house_works)


def setup(app):
    """Register with Sphinx."""
    register_plugin("pybtex.style.formatting", "house", HouseStyle)
    app.connect("builder-inited", read_bibliography)
    app.connect("doctree-resolved", link_citations)
