"""The book as one PDF: one long page, printed by Chromium, with its own page numbers."""

import re
from html import escape

import pikepdf
from ebook_pages import headings, pick, serialise
from pypdf import PdfReader

PAGE = (
    '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en-GB" '
    'xml:lang="en-GB">\n<head><meta charset="utf-8" /><title>{title}</title>'
    '<link rel="stylesheet" href="katex/katex.min.css" />'
    '<link rel="stylesheet" href="print.css" /><style>{heads}</style></head>\n'
    "<body>\n{body}\n</body>\n</html>\n"
)
# Formulas that are wider than the page get smaller letters.
SHRINK = """() => {
  for (const box of document.querySelectorAll("div.math")) {
    const formula = box.querySelector(".katex-html");
    const room = box.clientWidth - (box.querySelector(".eqno")?.offsetWidth ?? 0) - 8;
    const wide = [...formula.children].reduce((sum, part) => sum + part.offsetWidth, 0);
    if (wide > room) box.style.fontSize = `${Math.max(0.55, room / wide)}em`;
  }
}"""
TEXT_WIDTH = 642  # of an A4 page without its margins, in pixels of CSS


def place(chapter, anchor=""):
    """Return the anchor of a part of a chapter in the whole book."""
    return f"{chapter}--{anchor}" if anchor else chapter


def printed(chapter, part):
    """Return a chapter's element as a part of the one long page."""
    inside_svg = {node for svg in chapter.body.iter("svg") for node in svg.iter()}
    for node in chapter.body.iter():
        if node.get("id") and node not in inside_svg:
            node.set("id", place(chapter.name, node.get("id")))
    for node in pick(chapter.body, "a"):
        name, mark, anchor = node.get("href", "").partition("#")
        if mark and not name.startswith(("http", "mailto")):
            node.set("href", f"#{place(name, anchor)}")
    if part:  # a level for the parts, above the chapters
        for level in (4, 3, 2, 1):
            for node in pick(chapter.body, f"h{level}"):
                node.tag = f"h{level + 1}"
    kind = "page" if part else "page front"
    return (
        f'<div class="{kind}" id="{chapter.name}" '
        f'style="page: {named(chapter)}">{serialise(chapter.body)}</div>'
    )


def named(chapter):
    """Return the name of a chapter's pages, which have a running head of their own."""
    return f"p{re.sub('[^a-z0-9]', '', chapter.name)}"


def running_heads(chapters, title):
    """Return the style of the running heads."""

    def quoted(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "\n".join(
        f"@page {named(chapter)} {{ @top-left {{ content: {quoted(title)} }}"
        f" @top-right {{ content: {quoted(chapter.title)} }} }}"
        for chapter in chapters
    )


def contents(chapters):
    """Return the table of contents, with 000 in place of each page's number."""

    def row(kind, anchor, title):
        return (
            f'<li class="{kind}"><a href="#{anchor}"><span>{escape(title)}</span>'
            '<span class="dots"></span><span class="number">000</span></a></li>\n'
        )

    rows = []
    for chapter in chapters:
        if chapter.part:
            rows.append(f'<li class="part-row">{escape(chapter.part)}</li>\n')
        rows.append(row("chapter-row", chapter.name, chapter.title))
        for anchor, title in headings(chapter):
            rows.append(row("section-row", place(chapter.name, anchor), title))
    return (
        '<div class="page contents" style="page: contents"><h1>Contents</h1>\n'
        f"<ol>{''.join(rows)}</ol></div>"
    )


def document(about, chapters, bodies, rows):
    """Return the whole book as XHTML."""
    title = escape(about["title"])
    front = (
        '<div class="cover" style="page: cover"><img src="images/cover.png" '
        f'alt="The cover: {title}" /></div>'
        f'<div class="page title" style="page: title"><p class="big">{title}</p>'
        f"<p>{escape(about['author'])}</p><p>Version {about['version']}</p>"
        "<p>Text and figures: CC BY 4.0. Code: MIT License.</p></div>"
    )
    parts = []
    for chapter, body in zip(chapters, bodies, strict=True):
        if chapter.part:
            name = escape(chapter.part)
            parts.append(f'<div class="part" style="page: part"><h1>{name}</h1></div>')
        parts.append(body)
    return PAGE.format(
        title=title,
        heads=running_heads(chapters, about["title"]),
        body="\n".join([front, rows, *parts]),
    )


def page_numbers(path):
    """Return the number of the page of each anchor of a PDF, the cover being 1."""
    reader = PdfReader(path)
    number = {
        page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)
    }
    return {
        name.lstrip("/"): number[target.page.idnum]
        for name, target in reader.named_destinations.items()
        if target.page is not None
    }


def print_pdf(browser, source, path, *, final):
    """Print the long page."""
    tab = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 1000})
    tab.set_default_timeout(600_000)
    tab.goto(source.as_uri())
    tab.emulate_media(media="print")
    tab.evaluate("document.fonts.ready.then(() => true)")
    tab.evaluate(SHRINK)
    tab.pdf(
        path=str(path),
        prefer_css_page_size=True,
        print_background=True,
        outline=final,
        tagged=final,
    )
    tab.close()


def write(browser, path, about, chapters, folder):
    """Print the book, twice: the second time its contents know the pages.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    path : pathlib.Path
        Where the PDF goes.
    about : dict
        The book's title, author, version and description.
    chapters : list of ebook_pages.Chapter
        With formulas in HTML.
    folder : pathlib.Path
        Has `images`, `katex` and `print.css`; the long page is written there.

    Raises
    ------
    RuntimeError
        If the page numbers of the contents are not those of the printed book.
    """
    first = contents(chapters)
    bodies = []
    inside = False
    for chapter in chapters:
        inside = inside or bool(chapter.part)
        bodies.append(printed(chapter, inside))
    source = folder / "book.xhtml"
    draft = folder / "draft.pdf"
    source.write_text(document(about, chapters, bodies, first), encoding="utf-8")
    print_pdf(browser, source, draft, final=False)
    numbers = page_numbers(draft)
    rows = fill(first, numbers)
    source.write_text(document(about, chapters, bodies, rows), encoding="utf-8")
    print_pdf(browser, source, draft, final=True)
    again = page_numbers(draft)
    named = re.findall('href="#([^"]+)"', first)
    moved = [name for name in named if numbers.get(name) != again.get(name)]
    if moved:
        raise RuntimeError(f"the contents name wrong pages for {moved[:5]}")
    shrink(draft, path, about)


def fill(rows, numbers):
    """Put the numbers of the pages into the rows of the contents."""

    def one(match):
        return f'href="#{match[1]}"{match[2]}class="number">{numbers[match[1]]}<'

    return re.sub(r'href="#([^"]+)"(.*?)class="number">000<', one, rows)


def shrink(source, path, about):
    """Pack a PDF, and write down what it is."""
    with pikepdf.open(source) as pdf:
        with pdf.open_metadata() as meta:
            meta["dc:title"] = about["title"]
            meta["dc:creator"] = [about["author"]]
            meta["dc:description"] = about["description"]
            meta["dc:language"] = ["en-GB"]
            meta["dc:rights"] = "Text and figures: CC BY 4.0. Code: MIT License."
        pdf.docinfo["/Title"] = about["title"]
        pdf.docinfo["/Author"] = about["author"]
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.remove_unreferenced_resources()
        pdf.save(
            path,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            recompress_flate=True,
        )
