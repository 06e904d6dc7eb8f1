"""A real headless Chromium for the tests of the built site and the explorables.

Three fixtures do the work:

``site``
    The address of the built book on a local server; builds the book first if it is
    missing or older than its sources.
``page``
    A fresh page that fails its test on a console error, a failed request, or any
    request to another origin. ``look(page, dark=..., width=...)`` changes its looks.
``open_html``
    Opens one piece of HTML, such as ``explorable._repr_html_()``, on an empty page: on
    ``page`` where a test asks for that too, else on one that many tests take in turn,
    since a new page costs more than most tests.

A machine without Chromium skips these tests. Under CI, where the environment variable
``CI`` is set, they fail instead.
"""

import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
import stale
from site_tools import HTML, LAPTOP, ROOT, new_page, served


@contextmanager
def one_at_a_time(lock, patience=300):
    """Let one test process at a time into the block; break a lock left behind."""
    lock.parent.mkdir(exist_ok=True)
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            time.sleep(0.2)
            with suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > patience:
                    lock.rmdir()
    try:
        yield
    finally:
        lock.rmdir()


def build_if_stale():
    """Build the book unless the site is newer than every source."""
    with one_at_a_time(ROOT / "_build" / ".lock"):
        if not stale.changed():
            return
        start = "from jupyter_book.cli.main import main; main()"
        command = [sys.executable, "-c", start, "build", "."]
        command += ["-W", "-n", "--keep-going", "-q"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="session")
def site():
    """Serve the built book; the value is its address, without a final slash."""
    build_if_stale()
    with served(HTML) as address:
        yield address


@pytest.fixture
def page(browser):
    """Open a new page in a new context; any recorded problem fails the test."""
    page = new_page(browser)
    yield page
    problems = page.problems
    page.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def pages(browser):
    """Keep the page that tests take in turn, when none has it: a list of 0 or 1."""
    pages = []
    yield pages
    for page in pages:
        page.context.close()


@pytest.fixture
def clean_page(browser, pages, request):
    """Take the page of the test before, emptied; a test that fails keeps its page."""
    failed = request.session.testsfailed
    page = pages.pop() if pages else new_page(browser)
    yield page
    page.mouse.move(0, 0)
    page.goto("about:blank")  # another window: no script or timer of the old one runs
    page.emulate_media(reduced_motion="null")
    problems = page.problems
    if problems or request.session.testsfailed > failed:
        page.context.close()
    else:
        pages.append(page)
    assert not problems, "\n".join(problems)


@pytest.fixture
def look():
    """Return ``look(page, dark=False, width=1280)``: colour scheme and page width."""

    def look(page, *, dark=False, width=LAPTOP):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 800})
        return page

    return look


@pytest.fixture
def open_html(look, request):
    """Return ``open_html(html, dark=False, width=1280) -> page``."""
    own = "page" in request.fixturenames
    page = request.getfixturevalue("page" if own else "clean_page")

    def open_html(html, *, dark=False, width=LAPTOP):
        look(page, dark=dark, width=width)
        theme, paper, ink = (
            ("dark", "#14181e", "#ced6dd") if dark else ("light", "#ffffff", "#222832")
        )
        page.set_content(
            f'<!doctype html><html lang="en" data-theme="{theme}"><head>'
            '<meta charset="utf-8"><title>One explorable</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>html {{ color-scheme: {theme}; }}"
            f" body {{ margin: 16px; background: {paper}; color: {ink};"
            " font-family: system-ui, sans-serif; }</style></head>"
            f"<body><main><h1>One explorable</h1>{html}</main></body></html>"
        )
        return page

    return open_html
