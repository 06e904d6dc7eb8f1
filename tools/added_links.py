"""List all links that the site adds to the text by itself, page by page.

    python tools/added_links.py [PAGE ...]

The built site is read. Each line names what kind of link it is (a word of the glossary,
a number, a citation), where it leads, and the words around it.
"""

import argparse
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
BLOCKS = ["p", "li", "td", "th", "dd", "figcaption"]
AROUND = 40  # characters


def added_links(html):
    """Yield (kind, target, words before, linked words, words after) of each link."""
    for link in BeautifulSoup(html, "html.parser").select("article a.added"):
        kind = next(c for c in link["class"] if c.startswith("added-"))
        block = link.find_parent(BLOCKS) or link.parent
        texts = list(block.strings)
        own = list(link.strings)
        place = next(i for i, text in enumerate(texts) if text is own[0])
        before, after = texts[:place], texts[place + len(own) :]
        left, right = (" ".join("".join(part).split()) for part in (before, after))
        kind = kind.removeprefix("added-")
        yield kind, link["href"], left[-AROUND:], link.get_text(), right[:AROUND]


def main():
    """Print the links of the pages that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("pages", nargs="*", help="such as 02-perceptron")
    args = parser.parse_args()
    for path in sorted((HTML / "notebooks").glob("*.html")):
        if args.pages and path.stem not in args.pages:
            continue
        print(f"\n{path.stem}")
        for kind, target, before, words, after in added_links(path.read_text("utf-8")):
            name = target.rpartition("/")[2].removeprefix("glossary.html#term-")
            print(f"  {kind:8}  {name:28}  {before:>40} [{words}] {after}")


if __name__ == "__main__":
    main()
