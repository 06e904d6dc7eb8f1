"""The book as EPUB 3: pages as XHTML, formulas as MathML, one zip file."""

import re
import uuid
import zipfile
from datetime import UTC, datetime
from html import escape
from os import environ
from time import time

from ebook_pages import LICENCE, headings, pick, serialise
from lxml import etree

XHTML = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops" lang="en-GB" xml:lang="en-GB">\n'
    '<head><meta charset="utf-8" /><title>{title}</title>'
    '<link rel="stylesheet" href="{up}ebook.css" /></head>\n{body}\n</html>\n'
)
CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="EPUB/content.opf" '
    'media-type="application/oebps-package+xml" /></rootfiles></container>\n'
)
KINDS = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "css": "text/css",
    "xhtml": "application/xhtml+xml",
    "ncx": "application/x-dtbncx+xml",
}
SUMMARY = (
    "Every figure has a description. Formulas are MathML. Interactive figures of the "
    "site stand here as pictures, each with a text that says what it shows. Code and "
    "what it prints are text. Headings are marked as such, and everything can be "
    "reached from the contents."
)
ACCESSIBLE = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual", "textual,visual"),
    "accessibilityFeature": (
        "alternativeText",
        "displayTransformability",
        "longDescription",
        "MathML",
        "readingOrder",
        "structuralNavigation",
        "tableOfContents",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (SUMMARY,),
}


def page(title, body, up="../"):
    """Return a page of the book."""
    return XHTML.format(title=escape(title), body=body, up=up)


SCRIPTS = {"msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}


def correct(math):
    """Correct what KaTeX writes against the rules of MathML.

    And say in CSS how the columns of a table stand: MathML in browsers has no
    attributes for that.
    """
    for node in list(math.iter("{*}*")):
        tag = etree.QName(node).localname
        if tag in SCRIPTS:  # \lambda_{\max} has a third part
            for extra in node[SCRIPTS[tag] :]:
                node.remove(extra)
        elif tag == "mo" and len(node):  # the letters of \bmod
            text = "".join(node.itertext())
            for child in list(node):
                node.remove(child)
            node.text = text
        elif tag == "mtable":
            if not node.get("columnspacing", " ").strip():
                del node.attrib["columnspacing"]
            align(node)


def align(table):
    """Put the columns of a table of formulas to their sides."""
    columns = (table.get("columnalign") or "").split()
    for row in table.findall("{*}mtr") if columns else ():
        for place, entry in enumerate(row.findall("{*}mtd")):
            side = columns[min(place, len(columns) - 1)]
            # Between an expression and the sign after it there is no gap.
            joint = {"right": "; padding-right: 0", "left": "; padding-left: 0"}
            # Chromium moves what is in a cell only by its own name for the side.
            sides = f"text-align: {side}; text-align: -webkit-{side}"
            entry.set("style", sides + joint.get(side, ""))


def write_page(chapter):
    """Return a chapter as XHTML."""
    for node in pick(chapter.body, "a"):
        name, mark, anchor = node.get("href", "").partition("#")
        if mark:
            here = "" if name == chapter.name and anchor else f"{name}.xhtml"
            node.set("href", here + (f"#{anchor}" if anchor else ""))
    for node in pick(chapter.body, "img"):
        node.set("src", f"../{node.get('src')}")
    for node in chapter.body.iter("{*}math"):
        correct(node)
    kind = "chapter" if re.match(r"\d", chapter.title) else "part"
    body = serialise(chapter.body)
    role = ' epub:type="chapter" role="doc-chapter"' if kind == "chapter" else ""
    return page(chapter.title, f"<body><div{role}>\n{body}\n</div></body>")


def tree_of_contents(chapters):
    """Return the contents as (title, address, entries below), parts with chapters."""
    top = [("Cover", "text/cover.xhtml", [])]
    entries = top
    for chapter in chapters:
        file = f"text/{chapter.name}.xhtml"
        if chapter.part:
            entries = []
            top.append((chapter.part, file, entries))
        sections = [(title, f"{file}#{name}", []) for name, title in headings(chapter)]
        entries.append((chapter.title, file, sections))
    return top


def navigation(about, tree, start):
    """Return the page of contents that EPUB 3 wants."""

    def items(entries):
        rows = "".join(
            f'<li><a href="{address}">{escape(title)}</a>'
            f"{items(below) if below else ''}</li>\n"
            for title, address, below in entries
        )
        return f"<ol>\n{rows}</ol>"

    body = (
        '<body><nav epub:type="toc" role="doc-toc" id="toc"><h1>Contents</h1>\n'
        f"{items(tree)}</nav>\n"
        '<nav epub:type="landmarks" hidden="hidden"><h2>Landmarks</h2><ol>'
        '<li><a epub:type="cover" href="text/cover.xhtml">Cover</a></li>'
        '<li><a epub:type="toc" href="nav.xhtml">Contents</a></li>'
        f'<li><a epub:type="bodymatter" href="{start}">Start</a></li></ol></nav></body>'
    )
    return page(about["title"], body, up="")


def ncx(about, tree, identifier):
    """Return the contents as older readers want them: parts and chapters."""
    number = 0

    def points(entries, depth):
        nonlocal number
        text = ""
        for title, address, below in entries:
            number += 1
            inner = f'<navPoint id="n{number}" playOrder="{order[address]}">'
            inner += f"<navLabel><text>{escape(title)}</text></navLabel>"
            inner += f'<content src="{address}" />'
            text += inner + (points(below, depth + 1) if depth < 2 else "")
            text += "</navPoint>\n"
        return text

    order = {}
    for _, address, below in tree:
        for where in (address, *(entry[1] for entry in below)):
            order.setdefault(where, len(order) + 1)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">\n'
        f'<head><meta name="dtb:uid" content="{identifier}" /></head>\n'
        f"<docTitle><text>{escape(about['title'])}</text></docTitle>\n"
        f"<navMap>{points(tree, 1)}</navMap></ncx>\n"
    )


def properties(name, content):
    """Return what a file's entry must say about it."""
    text = content if name.endswith(".xhtml") else ""
    kinds = {"mathml": r"<math[ >]", "svg": r"<svg[ >]"}
    found = [kind for kind, tag in kinds.items() if re.search(tag, text)]
    if name == "nav.xhtml":
        found.append("nav")
    if name == "images/cover.png":
        found.append("cover-image")
    return f' properties="{" ".join(found)}"' if found else ""


def package(about, files, spine, identifier, when):
    """Return the list of all files, with what is to be known about the book."""
    ids = {name: f"f{place}" for place, name in enumerate(files)}
    lines = "\n".join(
        f'<item id="{ids[name]}" href="{name}" '
        f'media-type="{KINDS[name.rpartition(".")[2]]}"{properties(name, content)} />'
        for name, content in files.items()
    )
    meta = "".join(
        f'<meta property="schema:{name}">{escape(value)}</meta>\n'
        for name, values in ACCESSIBLE.items()
        for value in values
    )
    refs = "".join(f'<itemref idref="{ids[name]}" />' for name in spine)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xml:lang="en-GB" '
        'unique-identifier="book">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="book">{identifier}</dc:identifier>\n'
        f"<dc:title>{escape(about['title'])}</dc:title>\n"
        f"<dc:creator>{escape(about['author'])}</dc:creator>\n"
        "<dc:language>en-GB</dc:language>\n"
        f"<dc:description>{escape(about['description'])}</dc:description>\n"
        f"<dc:rights>{LICENCE}</dc:rights>\n"
        f'<meta property="dcterms:modified">{when}</meta>\n'
        f'{meta}<meta name="cover" content="{ids["images/cover.png"]}" />\n'
        f"</metadata>\n<manifest>\n{lines}\n</manifest>\n"
        f'<spine toc="{ids["toc.ncx"]}">{refs}</spine>\n</package>\n'
    )


def one_of_each(svg):
    """Return an SVG without the second uses of an id, which Matplotlib gives."""
    seen = set()

    def keep(match):
        new = match[1] not in seen
        seen.add(match[1])
        return match[0] if new else ""

    return re.sub(r' id="([^"]*)"', keep, svg)


def write(path, about, chapters, images, style):
    """Write the book.

    Parameters
    ----------
    path : pathlib.Path
    about : dict
        The book's title, author, version and description.
    chapters : list of ebook_pages.Chapter
    images : dict
        From names to the bytes of all pictures that the chapters show, and "cover.png".
    style : str
        The style sheet.
    """
    key = f"{about['title']} {about['version']}"
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, key).urn
    seconds = int(environ.get("SOURCE_DATE_EPOCH", time()))
    when = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tree = tree_of_contents(chapters)
    start = f"text/{chapters[0].name}.xhtml"
    cover = (
        '<body epub:type="cover" class="cover"><img role="doc-cover" '
        f'src="../images/cover.png" alt="{escape(about["title"])}" /></body>'
    )
    title = (
        f'<body class="title"><h1>{escape(about["title"])}</h1>'
        f"<p>{escape(about['author'])}</p><p>Version {about['version']}</p>"
        f"<p>{LICENCE}</p></body>"
    )
    files = {
        "text/cover.xhtml": page(about["title"], cover),
        "text/title.xhtml": page(about["title"], title),
        "nav.xhtml": navigation(about, tree, start),
        **{f"text/{c.name}.xhtml": write_page(c) for c in chapters},
    }
    spine = list(files)
    files |= {"toc.ncx": ncx(about, tree, identifier), "ebook.css": style}
    for name, raw in sorted(images.items()):
        svg = name.endswith(".svg")
        files[f"images/{name}"] = one_of_each(raw.decode()) if svg else raw
    opf = package(about, files, spine, identifier, when)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        # The first file is not packed, so that its first bytes tell what this is.
        mark = zipfile.ZipInfo("mimetype")
        archive.writestr(mark, "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr(entry("META-INF/container.xml"), CONTAINER)
        archive.writestr(entry("EPUB/content.opf"), opf)
        for name, content in files.items():
            archive.writestr(entry(f"EPUB/{name}"), content)


def entry(name):
    """Return a zip entry of 1980: the same bytes each time."""
    found = zipfile.ZipInfo(name)
    found.compress_type = zipfile.ZIP_DEFLATED
    found.external_attr = 0o644 << 16
    return found
