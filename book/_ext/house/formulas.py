r"""Formulas, set by KaTeX when the book is built: a page sets nothing itself.

KaTeX is a program in JavaScript, which runs here inside Python. What it makes of a
formula is HTML for the eye, with MathML beside it, which screen readers read and which
holds the TeX, so that a page can copy it.
"""

from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.util import logging

KATEX = Path(__file__).resolve().parents[2] / "vendor" / "katex"
SET = """set = (tex, options) => {
  try {
    return katex.renderToString(tex, options);
  } catch (error) {
    return "!" + error.message;
  }
};"""
logger = logging.getLogger(__name__)


@cache
def engine():
    """Return a JavaScript engine that has KaTeX."""
    engine = MiniRacer()
    engine.eval((KATEX / "katex.min.js").read_text("utf-8"))
    engine.eval(SET)
    return engine


@cache
def set_formula(tex, display=False, output="htmlAndMathml"):
    r"""Return a formula as HTML.

    Parameters
    ----------
    tex : str
        Without dollars.
    display : bool
        Whether it stands on lines of its own.
    output : {"htmlAndMathml", "html", "mathml"}

    Raises
    ------
    ValueError
        If KaTeX does not understand the formula, with what it says.
    """
    options = {"displayMode": display, "output": output, "strict": "ignore"}
    made = engine().call("set", tex, options)
    if made.startswith("!"):
        raise ValueError(f"{made[1:]}, in {tex!r}")
    return made


def lines(node):
    r"""Return the TeX of a display; lines that end in ``\\`` are aligned at "&"."""
    tex = node.astext().strip()
    if r"\\" in tex and not tex.startswith(r"\begin"):
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    return tex


def html_of(node, tex, display=False):
    """Return a formula as HTML; warn and return its TeX if it cannot be set."""
    try:
        return set_formula(tex, display)
    except ValueError as error:
        logger.warning("%s", error, location=node)
        return escape(tex)


def visit_math(translator, node):
    """Write a formula of the running text."""
    tag = translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    translator.body.append(f"{tag}{html_of(node, node.astext())}</span>")
    raise nodes.SkipNode


def visit_math_block(translator, node):
    """Write a formula on lines of its own, with its number."""
    body = translator.body
    body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        body.append(f'<span class="eqno">({node["number"]})')
        translator.add_permalink_ref(node, "Link to this formula")
        body.append("</span>")
    body.append(f"{html_of(node, lines(node), display=True)}</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register with Sphinx."""
    app.add_html_math_renderer("house", (visit_math, None), (visit_math_block, None))
