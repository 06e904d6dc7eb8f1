"""Let the site's first page lead to the books that were made from it.

    python tools/ebook_links.py       what `make book` does where there are books

A page that is built anew has no links; this makes them again. `ebook.py` calls it too,
and brings the books themselves.
"""

import re
import shutil
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
NAME = "deep-learning-from-scratch"
BOOKS = "_static/book"  # where the site has them
MARKED = re.compile(r"<!-- books -->.*?<!-- end of books -->\n?", re.DOTALL)
LAST_SECTION = '</section>\n<section id="licence">'


def offer(site=SITE, made=None):
    """Copy the books to the site, and let its first page lead to those that are there.

    Parameters
    ----------
    site : pathlib.Path
    made : pathlib.Path, optional
        The folder of the books. Without it, only the links are made again.
    """
    kinds = {"epub": "an e-book (EPUB)", "pdf": "a PDF to print"}
    links = []
    for kind, words in kinds.items():
        name = f"{NAME}.{kind}"
        there = site / BOOKS / name
        if made and (made / name).exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / name, there)
        if there.exists():
            size = f"{there.stat().st_size / 1e6:.0f} MB"
            links.append(f'<a href="../{BOOKS}/{name}">{words}</a>, {size}')
    path = site / "book" / "index.html"
    old = path.read_text(encoding="utf-8")
    text = MARKED.sub("", old)
    if links:
        line = f'<p class="books">The whole book is also {", and ".join(links)}.</p>'
        marked = f"<!-- books -->{line}<!-- end of books -->\n"
        if LAST_SECTION not in text:
            sys.exit(f"{path} has no section about the licence, before which links go.")
        text = text.replace(LAST_SECTION, marked + LAST_SECTION, 1)
    if text != old:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    offer()
