"""The formulas of the built site: the same signs as in the sources, and set already."""

import html
import json
import re

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from site_tools import HTML, PHONE, ROOT, new_page, offences
from test_site import settle

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
TEX = re.compile(
    r'<annotation encoding="application/x-tex">(.*?)</annotation>', re.DOTALL
)
TAG = re.compile(r"\s*\\tag\{[^}]*\}")
SPLIT = re.compile(r"\\begin\{split\}(.*)\\end\{split\}", re.DOTALL)


def parser():
    """Return what finds formulas in Markdown, as the site does."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    markdown.use(dollarmath_plugin, allow_labels=False, double_inline=True)
    return markdown.use(amsmath_plugin)


def formulas_in(text, markdown):
    """Yield the TeX of all formulas of a piece of Markdown, in order."""
    for block in markdown.parse(text):
        for token in block.children or [block]:
            if token.type.startswith(("math", "amsmath")):
                yield TAG.sub("", token.content).strip()


def in_notebook(name):
    """Return the formulas of a notebook: its text, and what its outputs explain."""
    markdown, found = parser(), []
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            found += formulas_in("".join(cell["source"]), markdown)
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            found += formulas_in(text, markdown)
    return found


def on_page(name):
    """Return the TeX of all formulas of a chapter's page, in order."""
    page = (HTML / "notebooks" / f"{name}.html").read_text("utf-8")
    article = re.search(
        r"<article.*?(?=<div class=\"definitions\"|</article>)", page, re.DOTALL
    )
    found = [html.unescape(tex).strip() for tex in TEX.findall(article[0])]
    return [SPLIT.sub(r"\1", tex).strip() for tex in found]


@pytest.mark.parametrize("name", CHAPTERS)
def test_formulas_are_those_of_the_notebook(name, site):
    wanted, found = in_notebook(name), on_page(name)
    for here, there in zip(wanted, found, strict=False):
        assert " ".join(here.split()) == " ".join(there.split())
    assert len(found) == len(wanted)
    assert name.startswith("lab") or len(found) > 20


def test_another_sign_is_noticed():
    text = "So $x_1$ is\n\n$$\ny = \\frac{1}{2}\n\\tag{1.1}\n$$\n\nand `$z$` is code."
    assert list(formulas_in(text, parser())) == ["x_1", "y = \\frac{1}{2}"]


def test_formulas_need_no_script(browser, site):
    page = new_page(browser, java_script_enabled=False)
    fonts = []
    page.on("response", lambda r: fonts.append(r.url) if ".woff2" in r.url else None)
    page.goto(f"{site}/book/notation.html")
    formula = page.locator("article .math .katex-html").first
    assert formula.bounding_box()["height"] > 10
    page.wait_for_timeout(200)
    page.context.close()
    assert fonts
    assert all(url.startswith(f"{site}/_static/katex/fonts/") for url in fonts)


COPY = """(range) => {
    const [from, to] = range.map((s) => document.querySelector(s));
    const selection = getSelection();
    selection.removeAllRanges();
    const wanted = document.createRange();
    wanted.setStartBefore(from);
    wanted.setEndAfter(to);
    selection.addRange(wanted);
    const data = new DataTransfer();
    const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true });
    document.dispatchEvent(event);
    return data.getData("text/plain");
}"""


def test_a_formula_is_copied_as_its_tex(site, page):
    page.goto(f"{site}/notebooks/05-backpropagation.html")
    copied = page.evaluate(COPY, ["#eq-5-4 .katex-html", "#eq-5-4 + p .math"])
    assert "$$\n\\frac{\\partial L}{\\partial W}" in copied
    assert re.search(r"The bias\. \$\\partial Y_\{nm\}[^$]*\$", copied)
    assert "(5.4)" not in copied.partition("$$")[2].partition("$$")[0]
    text = page.evaluate(COPY, ["article h1", "article h1"])
    assert text == ""  # what has no formula, the browser copies itself


def test_a_wide_formula_scrolls_in_its_own_box(site, page, look):
    look(page, width=PHONE)
    page.goto(f"{site}/notebooks/12-learning-from-reward.html")
    settle(page)
    wide = page.locator(".katex-display[tabindex='0']")
    wide.first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    number = page.locator("#eq-12-12 .eqno").bounding_box()
    assert 0 < number["x"] < number["x"] + number["width"] <= PHONE


def test_formulas_are_read_aloud(site, clean_page):
    """The tree for screen readers has the formulas once, as MathML."""
    page = clean_page
    page.goto(f"{site}/book/notation.html")
    formula = page.locator("article .math").first
    assert formula.locator("math").count() == 1
    assert formula.locator(".katex-html").get_attribute("aria-hidden") == "true"
    assert not offences(page, ["wcag2a"])
