"""What a first visit to each page loads: bytes as they come, compressed, and requests.

Times depend on the machine, so that no test has them; bytes are the same everywhere.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest
from site_tools import HTML, PHONE, QuietHandler, at_rest, new_page, served
from test_site import pages_in_toc, settle

# Most kB and requests of a first visit; what `make live` adds is in them.
CHAPTER, INDEX, OTHER = (300, 24), (200, 14), (300, 20)
PACKED = (".html", ".css", ".js", ".svg", ".json", ".mjs")


@cache
def packed(path):
    """Return a file as a server with gzip sends it."""
    raw = path.read_bytes()
    return gzip.compress(raw, 6) if path.suffix in PACKED else raw


class GzipHandler(QuietHandler):
    """Serve files as most servers do: compressed, if that is worth it."""

    sent: ClassVar = []  # of each file that was sent its name and its size

    def do_GET(self):
        """Send one file, and note how much it was."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        raw = packed(path)
        self.sent.append((path.relative_to(HTML).as_posix(), len(raw)))
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in PACKED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        return self.wfile.write(raw)


@pytest.fixture(scope="module")
def packed_site(site):
    """Serve the built site compressed."""
    with served(HTML, GzipHandler) as address:
        yield address


def visit(browser, packed_site, address, width):
    """Return what a first visit loads, as a list of (file, bytes)."""
    page = new_page(browser, width)
    GzipHandler.sent.clear()
    page.goto(f"{packed_site}/{address}")
    at_rest(page)
    settle(page)
    found = list(GzipHandler.sent)
    problems = page.problems
    page.context.close()
    assert not problems
    return found


def budget(address):
    """Return the most kB and requests of a page."""
    if address == "book/index.html":
        return INDEX
    return CHAPTER if address.startswith("notebooks/") else OTHER


@pytest.mark.parametrize("address", [*pages_in_toc(), "search.html"])
def test_a_first_visit_is_light(address, browser, packed_site):
    found = visit(browser, packed_site, address, PHONE)
    most, requests = budget(address)
    largest = sorted(found, key=lambda row: -row[1])[:8]
    assert sum(size for _, size in found) <= 1000 * most, largest
    assert len(found) <= requests, found
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), "something is loaded twice"
    assert not [n for n in names if "fontawesome" in n or n.endswith("katex.min.js")]


def test_a_heavy_page_is_noticed(browser, packed_site):
    """The measure counts what is compressed, and what is loaded late."""
    found = visit(browser, packed_site, "notebooks/05-backpropagation.html", PHONE)
    sizes = dict(found)
    page = HTML / "notebooks" / "05-backpropagation.html"
    assert 0 < sizes["notebooks/05-backpropagation.html"] < page.stat().st_size / 3
    assert sizes["_static/katex/fonts/KaTeX_Main-Regular.woff2"] > 10_000
    assert sum(sizes.values()) > 100_000


def test_pages_have_one_style_sheet_and_one_script_of_the_theme():
    for address in pages_in_toc():
        html = (HTML / address).read_text("utf-8")
        for name in ("book.css", "book.js"):
            assert html.count(f"_static/{name}?v=") == 1, address
            assert f'_static/{name}?v=0"' not in html, address
        for name in ("bootstrap", "theme.css", "design", "togglebutton", "thebe"):
            assert f"{name}" not in html.partition("</head>")[0], (address, name)


def test_pictures_come_late_and_keep_their_room():
    """Of a figure's two pictures only one is loaded, when it comes into sight."""
    for address in pages_in_toc():
        html = (HTML / address).read_text("utf-8")
        for tag in html.split("<img ")[1:]:
            tag = tag.partition(">")[0]
            for wanted in ('loading="lazy"', "width=", "height="):
                assert wanted in tag, (address, tag[:200])
