"""The book as one PDF: one long page, printed by Chromium."""

import re
from html import escape

import pikepdf
from ebook_pages import LICENCE, headings, pick, serialise
from pypdf import PdfReader

PAGE = (
    '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en-GB" '
    'xml:lang="en-GB">\n<head><meta charset="utf-8" /><title>{title}</title>'
    '<link rel="stylesheet" href="katex/katex.min.css" />'
    '<link rel="stylesheet" href="print.css" /><style>{heads}</style></head>\n'
    "<body>\n{body}\n</body>\n</html>\n"
)
# Give smaller letters to the formulas that are wider than their room; then tell which
# chapters are still wider than the page (what a formula keeps beside its letters is not
# seen, and at most 3 pixels wide).
FIT = """(least) => {
  const boxes = [...document.querySelectorAll("div.math")];
  const sizes = boxes.map((box) => {
    const parts = [...box.querySelector(".katex-html").children];
    const widths = parts.map((part) => part.getBoundingClientRect().width);
    const number = box.querySelector(".eqno")?.offsetWidth ?? 0;
    return (box.clientWidth - number - 8) / widths.reduce((a, b) => a + b, 0);
  });
  boxes.forEach((box, n) => {
    if (sizes[n] < 1) box.style.fontSize = `${Math.max(least, sizes[n])}em`;
  });
  return [...document.querySelectorAll(".page")]
    .filter((part) => part.scrollWidth > part.clientWidth + 3)
    .map((part) => part.id || part.textContent.trim().slice(0, 40));
}"""
TEXT_WIDTH = 642  # of an A4 page without its margins, in pixels of CSS
LEAST = 0.55  # letters that are smaller cannot be read


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


def beginning(about, rows):
    """Return what is before the chapters: cover, title and contents."""
    title = escape(about["title"])
    return (
        '<div class="cover" style="page: cover"><img src="images/cover.png" '
        f'alt="The cover: {title}" /></div>'
        f'<div class="page title" style="page: title"><p class="big">{title}</p>'
        f"<p>{escape(about['author'])}</p><p>Version {about['version']}</p>"
        f"<p>{LICENCE}</p></div>{rows}"
    )


def document(about, chapters, body):
    """Return a whole page of XHTML."""
    heads = running_heads(chapters, about["title"])
    return PAGE.format(title=escape(about["title"]), heads=heads, body=body)


def all_chapters(chapters):
    """Return the chapters one after the other, with a page before each part."""
    parts = []
    inside = False
    for chapter in chapters:
        if chapter.part:
            inside = True
            name = escape(chapter.part)
            parts.append(f'<div class="part" style="page: part"><h1>{name}</h1></div>')
        parts.append(printed(chapter, inside))
    return "\n".join(parts)


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


def print_pdf(browser, source, path):
    """Print a page.

    Raises
    ------
    RuntimeError
        If something is wider than the paper.
    """
    with browser.new_page(viewport={"width": TEXT_WIDTH, "height": 1000}) as tab:
        tab.set_default_timeout(1_800_000)
        tab.emulate_media(media="print")
        tab.goto(source.as_uri())
        tab.evaluate("document.fonts.ready.then(() => true)")
        if wide := tab.evaluate(FIT, LEAST):
            raise RuntimeError(f"wider than the paper, so words would be lost: {wide}")
        tab.pdf(
            path=str(path),
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
        )


def write(browser, path, about, chapters, folder):
    """Print the book, and then its contents again, which know the pages by then.

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
    """
    rows = contents(chapters)
    source, whole = folder / "book.xhtml", folder / "whole.pdf"
    body = beginning(about, rows) + all_chapters(chapters)
    source.write_text(document(about, chapters, body), encoding="utf-8")
    print_pdf(browser, source, whole)
    filled = fill(rows, page_numbers(whole))
    source, front = folder / "front.xhtml", folder / "front.pdf"
    # What the contents lead to must be there, or they would have no links.
    targets = re.findall('href="#([^"]+)"', rows)
    spots = "".join(f'<i id="{target}"></i>' for target in targets)
    body = f'{beginning(about, filled)}<div class="page">{spots}</div>'
    source.write_text(document(about, chapters, body), encoding="utf-8")
    print_pdf(browser, source, front)
    join(front, whole, path, about)


def join(front, whole, path, about):
    """Put the pages of the contents into the book, pack it, and say what it is.

    Both have the same words in the same places, but for the numbers: all that links,
    tags and bookmarks know of a page stays true.

    Raises
    ------
    RuntimeError
        If the contents take another number of pages, or have other pieces.
    """
    with pikepdf.open(front) as new, pikepdf.open(whole) as pdf:
        for place in range(len(new.pages) - 1):
            ours, theirs = pdf.pages[place], new.pages[place]
            if marks(ours) != marks(theirs):
                raise RuntimeError(f"page {place + 1} of the contents is another one")
            for key in ("/Contents", "/Resources"):
                ours[key] = pdf.copy_foreign(new.make_indirect(theirs[key]))
        with pdf.open_metadata() as meta:
            meta["dc:title"] = about["title"]
            meta["dc:creator"] = [about["author"]]
            meta["dc:description"] = about["description"]
            meta["dc:language"] = ["en-GB"]
            meta["dc:rights"] = LICENCE
        pdf.docinfo["/Title"] = about["title"]
        pdf.docinfo["/Author"] = about["author"]
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.save(
            path,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            recompress_flate=True,
        )


def marks(page):
    """Return the numbers by which the tags know the pieces of a page."""
    found = []
    for operands, operator in pikepdf.parse_content_stream(page, "BDC"):
        if str(operator) == "BDC" and "/MCID" in operands[1]:
            found.append(int(operands[1].MCID))
    return found


def fill(rows, numbers):
    """Put the numbers of the pages into the rows of the contents."""

    def one(match):
        return f'href="#{match[1]}"{match[2]}class="number">{numbers[match[1]]}<'

    return re.sub(r'href="#([^"]+)"(.*?)class="number">000<', one, rows)
