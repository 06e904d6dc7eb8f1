"""JupyterLite on the built site, where `make live` has added it: no other host answers.

A short notebook, cut out of chapter 2, is opened and run in it; and a chapter, as its
page's menu opens it.
"""

import os
import shutil

import live
import live_files
import live_lite
import nbformat
import pytest
from site_tools import HTML, PATIENCE, PHONE, new_page, served

CHAPTER = "02-perceptron"
CELL = ".jp-Notebook .jp-CodeCell"
# The browser asks for this by itself, before the page has named another one.
KNOWN = ("/favicon.ico", "status of 404")
# Matplotlib says so before `import dlscratch` can tell it not to.
FONTS = "Matplotlib is building the font cache"


def part_of_chapter(path):
    """Write the chapter's first cell, a figure, and an exercise, wrong and right."""
    notebook = nbformat.read(live.ROOT / "notebooks" / f"{CHAPTER}.ipynb", as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    sources = [
        first.source,
        "plt.plot([0, 1], [1, 0])\nplt.show()",
        'check("2.1", (1, 1, 1))',
        'check("2.1", (-1, -1, 0.5))',
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook.cells = [nbformat.v4.new_markdown_cell("# A part"), *cells]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    """The address of a copy of the site's JupyterLite that has one more notebook."""
    if not (HTML / "lite").exists():
        reason = "the site has no JupyterLite: run `make live`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("lite")
    (folder / "_static").symlink_to(HTML / "_static")
    shutil.copytree(HTML / "lite", folder / "lite")
    part = folder / "part.ipynb"
    part_of_chapter(part)
    chapter = live.ROOT / "notebooks" / f"{CHAPTER}.ipynb"
    live_lite.put_notebooks(folder / "lite", [part, chapter])
    with served(folder) as address:
        yield address


@pytest.fixture
def opened(browser, lite):
    """Return ``opened(name)``, a page with an open notebook; problems fail the test."""
    page = new_page(browser)

    def opened(name):
        page.goto(f"{lite}/lite/lab/index.html?path={name}.ipynb")
        page.locator(CELL).first.wait_for(timeout=PATIENCE)
        return page

    yield opened
    problems = [line for line in page.problems if not any(k in line for k in KNOWN)]
    page.context.close()
    assert not problems, "\n".join(problems)


def test_jupyterlite_runs_cells_and_checks_an_exercise(opened):
    page = opened("part")
    python = []
    page.on("request", lambda request: python.append(request.url))
    page.locator(CELL).first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    right = page.locator(CELL).nth(3).locator(".check")
    right.wait_for(timeout=PATIENCE)
    said = page.locator(".jp-RenderedText[data-mime-type*=stderr]").all_inner_texts()
    assert all(text.startswith(FONTS) for text in said), said
    assert page.locator(CELL).nth(1).locator("svg, img").count() == 1
    wrong = page.locator(CELL).nth(2).locator(".check").inner_text()
    assert wrong.startswith("✘ 2.1"), wrong
    assert right.inner_text().startswith("✔ 2.1"), right.inner_text()
    ours = page.url.partition("/lite/")[0]
    assert f"{ours}/_static/live/pyodide/pyodide.js" in python
    assert not [url for url in python if not url.startswith((ours, "blob:", "data:"))]


def test_jupyterlite_shows_a_chapter_with_its_outputs(opened):
    """What is committed is shown at once, figures with scripts too."""
    page = opened(CHAPTER)
    page.locator(".dlx[data-live]").first.wait_for(timeout=PATIENCE)
    files = page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert files == ["02-perceptron.ipynb", "part.ipynb"]


def test_on_a_phone_the_notebook_has_the_page_to_itself(browser, lite):
    page = new_page(browser, PHONE)
    page.goto(f"{lite}/lite/notebooks/index.html?path=part.ipynb")
    page.wait_for_function(  # cells are drawn, and drawn again
        f"document.querySelector({CELL!r})?.clientWidth > 300", timeout=PATIENCE
    )
    page.context.close()


def test_a_chapters_menu_leads_to_it(lite):
    """Each notebook that a page's link names is there."""
    pages = sorted((HTML / "notebooks").glob("*.html"))
    for page in pages:
        link = f'"../lite/lab/index.html?path={page.stem}.ipynb"'
        assert page.read_text(encoding="utf-8").count(link) == 1, page.name
        assert (HTML / "lite" / "files" / f"{page.stem}.ipynb").exists()
    assert pages


def test_the_pyodide_of_the_site_is_the_one_that_is_named(lite):
    """Each of its files, and those of JupyterLite's kernel, is on this server."""
    spec = live_files.read_spec()
    folder = HTML / live.LIVE / "pyodide"
    assert spec["core"].keys() <= {path.name for path in folder.iterdir()}
    settings = (HTML / "lite" / "jupyter-lite.json").read_text(encoding="utf-8")
    assert "https://" not in settings
    assert '"disablePyPIFallback": true' in settings
