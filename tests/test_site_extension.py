"""What the site's extension makes of plain Markdown, on a small book of its own."""

import colorsys
import json
import re
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs

import matplotlib.pyplot as plt
import pytest
import tinycss2
from bs4 import BeautifulSoup
from house import (
    address,
    asides,
    boxes,
    citations,
    colours,
    dark,
    lean,
    numbers,
    search,
    terms,
)
from nbformat import v4
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from dlscratch import plotting
from dlscratch.explorables import perceptron_line, write_on
from dlscratch.explorables.explorable import script
from dlscratch.explorables.write_on import weights_file
from dlscratch.plotting import COLOURS

CONF = """
project = "Small"
extensions = ["myst_nb", "sphinxcontrib.bibtex", "house"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 4
myst_heading_slug_func = "house.slug"
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
bibtex_bibfiles = ["book/references.bib"]
bibtex_default_style = "house"
bibtex_cite_id = "cite-{key}"
root_doc = "book/index"
exclude_patterns = ["jupyter_execute"]
numfig = True  # as Jupyter Book sets it
html_theme = "basic"
"""
BIB = """
@book{roseA1958, author = {Rose, Ada}, title = {One}, year = {1958}, publisher = {P}}
@book{rose1962, author = {Rose, Ada and Hay, Bo}, title = {Two}, year = {1962},
      publisher = {P}}
@book{hay1960a, author = {Hay, Bo and others}, title = {Three}, year = {1960a},
      publisher = {P}}
@book{hay1960b, author = {Hay, Bo and Rose, A. and Oe, I.}, title = {Four},
      year = {1960b}, publisher = {P}}
"""
GLOSSARY = """# Glossary

```{glossary}
step
  {ja}`歩`. One move of {term}`training`.
  {links}`*step*, *steps*`

step function
  {ja}`段`. It is $0$ or $1$, says Rose (1958).

training
  {ja}`学`. What a network goes through.
```
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="6pt"></svg>'
TEXT = """# 9. Small

Training takes steps; *steps* are many, and the step function is none. Training again.
`training` and $training$ are code.

> **Predict, then run.** What is $x$?
>
> - one
> - two

> **Theorem (Rose, 1958).** It is so.

> A quote of somebody.

## Formulas

$$
x = 1
\\tag{9.1}
$$

By (9.1), figure 9.1 and exercises 9.1 to 9.lab, as Rose (1958) and others
(Hay et al., 1960b; Rose and
Hay, 1962) say. Rose and nobody (1958). See
[the formulas](#Formulas) and `(9.1)`. Training.
"""
MORE = """## Exercises

### Exercise 9.1. Do it

Do *it*.
"""
LAB = "### Exercise 9.lab. Find it\n\nIs it here?"
LAST = """## Aside: more

Closed, but here is training.

### Deeper

Text.

## Summary

**Words of this chapter:** step, training.
"""
SOLUTION = '<details class="solution">\n<summary>Solution</summary>\n\n$y$ is it.\n'
SOLUTION += "\n```python\ny = 1\n```\n\n</details>"


def output(**data):
    """Return a code cell whose output is of these kinds."""
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    cell = v4.new_code_cell("1", execution_count=1)
    cell.outputs = [v4.new_output("execute_result", kinds, execution_count=1)]
    return cell


def figure():
    """Return a code cell that drew a figure."""
    cell = output(text_plain="x")
    cell.outputs[0].data = {"image/svg+xml": SVG}
    cell.metadata["mystnb"] = {"image": {"alt": "A small square."}}
    return cell


def build(folder, *cells, **metadata):
    """Build a small book with one notebook; return the soups of its pages, by name."""
    (folder / "book").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    nb = v4.new_notebook(cells=[*cells])
    nb.metadata.update(language_info={"name": "python"}, **metadata)
    (folder / "notebooks" / "09-small.ipynb").write_text(json.dumps(nb))
    toc = "# Index\n\n```{toctree}\nglossary\nreferences\n../notebooks/09-small\n```\n"
    for name, text in {
        "index.md": toc,
        "glossary.md": GLOSSARY,
        "references.md": "# References\n\n```{bibliography}\n:all:\n```\n",
        "references.bib": BIB,
    }.items():
        (folder / "book" / name).write_text(text, encoding="utf-8")
    (folder / "conf.py").write_text(CONF)
    warnings = (folder / "warnings").open("w+")
    folders = [folder, folder, folder / "html", folder / "trees"]
    with patch_docutils(folder), docutils_namespace():
        app = Sphinx(*folders, "html", {}, None, warnings)
        app.build()
    warnings.seek(0)
    pages = {
        path.stem: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in (folder / "html").rglob("*.html")
    }
    return pages, warnings.read(), app


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A whole small book."""
    texts = [v4.new_markdown_cell(text) for text in (TEXT, MORE, LAST)]
    caption = v4.new_markdown_cell("**Figure 9.1.** A square, by Rose (1958).")
    cells = [texts[0], figure(), caption, texts[1], output(text_markdown=SOLUTION)]
    cells += [v4.new_markdown_cell(LAB), texts[2]]
    return build(tmp_path_factory.mktemp("small") / "book", *cells)


@pytest.fixture
def page(built):
    return built[0]["09-small"]


def added(page, kind):
    """Return the words of all links of one kind, and where they lead."""
    return [
        (a.get_text(), a["href"].rpartition("/")[2])
        for a in page.select(f"a.added-{kind}")
    ]


def test_nothing_is_warned_of(built):
    assert built[1] == ""


def test_boxes(page):
    titles = [box.get_text() for box in page.select(".admonition-title")]
    assert titles == ["Predict, then run", "Theorem (Rose, 1958)"]
    box = page.select_one(".admonition.predict")
    assert box.select_one("p:not(.admonition-title)").get_text().startswith("What is")
    assert len(box.select("li")) == 2
    assert page.select_one(".admonition.important")
    assert page.select_one("blockquote").get_text().strip() == "A quote of somebody."


def test_formulas(page):
    formula = page.select_one("#eq-9-1")
    assert formula.select_one(".eqno").get_text().startswith("(9.1)")
    assert "tag" not in formula.get_text()
    assert ("(9.1)", "#eq-9-1") in added(page, "number")
    assert len([a for a in added(page, "number") if a[0] == "(9.1)"]) == 1


def test_figures(page):
    drawn = page.select_one("figure#fig-9-1")
    assert drawn.select_one("img")["alt"] == "A small square."
    caption = drawn.select_one("figcaption")
    assert caption.get_text().strip().startswith("Figure 9.1. A square")
    assert caption.select_one(".caption-number").get_text() == "Figure 9.1."
    assert not caption.select(".added-number")
    assert ("figure 9.1", "#fig-9-1") in added(page, "number")


def test_exercises(page):
    exercise = page.select_one("section.exercise#ex-9-1")
    assert exercise.select_one("h3").get_text().startswith("Exercise 9.1. Do it")
    assert exercise.select_one("h3 a.headerlink")["href"] == "#ex-9-1"
    assert exercise.select_one("details.solution .math")
    assert exercise.select_one("details.solution .highlight-python")
    assert "open" not in exercise.select_one("details").attrs


def test_citations(page):
    assert added(page, "citation") == [
        ("Rose (1958)", "references.html#cite-rosea1958"),
        ("Hay et al., 1960b", "references.html#cite-hay1960b"),
        ("Rose and\nHay, 1962", "references.html#cite-rose1962"),
        ("Rose (1958)", "references.html#cite-rosea1958"),
    ]


def test_bibliography_has_letters(built):
    entry = built[0]["references"].select_one("#cite-hay1960b")
    assert "1960b" in entry.get_text()


def test_terms(page):
    """The first use in each section; "steps" only where it is in italics."""
    assert added(page, "term") == [
        ("Training", "glossary.html#term-training"),
        ("steps", "glossary.html#term-step"),
        ("step function", "glossary.html#term-step-function"),
        ("Training", "glossary.html#term-training"),
        ("training", "glossary.html#term-training"),
        ("step", "glossary.html#term-step"),
        ("training", "glossary.html#term-training"),
    ]
    assert page.select_one("em > a.added-term").get_text() == "steps"


def test_definitions_come_along(page, built):
    box = page.select_one(".definitions")
    assert box.has_attr("hidden")
    assert box.select_one("#definition-step").get_text().strip() == (
        "One move of training."
    )
    assert not box.select("a")
    assert box.select_one("#definition-step-function .math")
    assert "says Rose (1958)." in box.get_text()
    assert added(built[0]["glossary"], "citation") == [
        ("Rose (1958)", "references.html#cite-rosea1958")
    ]


def test_a_page_can_say_no(tmp_path):
    pages, _, _ = build(tmp_path, v4.new_markdown_cell(TEXT), plain_words=["training"])
    words = [words for words, _ in added(pages["09-small"], "term")]
    assert words == ["steps", "step function"]


def test_another_glossary_changes_the_chapters(tmp_path):
    _, _, app = build(tmp_path, v4.new_markdown_cell(TEXT))
    glossary = tmp_path / "book" / "glossary.md"
    glossary.write_text(GLOSSARY.replace("training\n", "trainings\n", 1))
    folders = [app.srcdir, app.confdir, app.outdir, app.doctreedir]
    said = StringIO()
    with patch_docutils(tmp_path), docutils_namespace():
        Sphinx(*folders, "html", {}, said, StringIO()).build()
    assert re.search("reading sources.*notebooks/09-small", said.getvalue())
    html = (tmp_path / "html" / "notebooks" / "09-small.html").read_text("utf-8")
    page = BeautifulSoup(html, "html.parser")
    assert [words for words, _ in added(page, "term")] == ["steps", "step function"]


def test_asides(page):
    aside = page.select_one("section#aside-more > details.aside")
    assert "open" not in aside.attrs
    assert aside.select_one("summary > h2").get_text().startswith("Aside: more")
    assert aside.select_one("section#deeper h3")
    assert len(page.select("details.aside")) == 1


def test_what_figures_share_is_loaded_once(tmp_path):
    """An output keeps the figure's own script; one with another text stays whole."""
    html = perceptron_line()._repr_html_()
    old = html.replace(script("explorable"), "// explorable.js\n// another\n")
    cells = (output(text_html=text) for text in (html, html, old))
    pages, *_ = build(tmp_path / "book", *cells)
    page, index = pages["09-small"], pages["index"]
    scripts = [one.get_text() for one in page.select("script[type=module]")]
    assert len(scripts) == 3
    own = f"\n{script('perceptron-line')}explorables.start("
    assert [one.startswith(own) for one in scripts] == [True, True, False]
    assert "// another" in scripts[2]
    assert not page.select("style:-soup-contains('.dlx')")
    for kind, attribute in ((".js", "src"), (".css", "href")):
        loads = f"head [{attribute}*='_static/explorable{kind}']"
        assert [len(one.select(loads)) for one in (page, index)] == [1, 0]
    static = tmp_path / "book" / "html" / "_static"
    assert "globalThis.explorables = " in (static / "explorable.js").read_text("utf-8")
    assert "--line-y" in (static / "explorable.css").read_text("utf-8")
    assert not page.select("[src*=drawing-board]")


def test_a_network_stands_beside_the_pages_that_load_it(tmp_path):
    """Once, and only if a page has the figure."""
    name, text = weights_file()
    for figure, there in ((write_on(), [name]), (perceptron_line(), [])):
        folder = tmp_path / figure.name
        build(folder, *(output(text_html=figure._repr_html_()) for _ in range(2)))
        found = [*folder.rglob("shakespeare-gpt-*")]
        assert [path.name for path in found] == there
        assert all(path.parent == folder / "html" / "_static" for path in found)
        assert all(path.read_text() == text for path in found)
        page = (folder / "html" / "notebooks" / "09-small.html").read_text("utf-8")
        assert page.count(name) == 2 * len(there)
        assert text[1000:1100] not in page


def test_links_to_headings(page):
    link = page.find("a", string="the formulas")
    assert link["href"] == "#formulas"


def test_glossary_leads_to_the_chapter_that_lists_a_word(built):
    glossary = built[0]["glossary"]
    assert [a.get_text() for a in glossary.select(".first-chapter a")] == [
        "9. Small"
    ] * 2


def test_search_knows_places(built):
    """Each with its page, its anchor, its kind and what it is called."""
    text = (Path(built[2].outdir) / "_static" / "language_data.js").read_text("utf-8")
    found = json.loads(re.search(r"const houseEntries = (.*);\n", text)[1])
    assert found["notebooks/09-small"][:3] == [
        ["", "page", "9. Small", ""],
        ["formulas", "heading", "Formulas", ""],
        ["exercises", "heading", "Exercises", ""],
    ]
    for entry in (
        ["ex-9-1", "exercise", "Exercise 9.1. Do it", ""],
        ["ex-9-lab", "exercise", "Exercise 9.lab. Find it", ""],
        ["fig-9-1", "figure", "Figure 9.1. A square, by Rose (1958).",
         "fig Figure 9.1. A square, by Rose (1958)."],
        ["eq-9-1", "formula", "Formula (9.1)", "equation eq"],
    ):  # fmt: skip
        assert entry in found["notebooks/09-small"]
    words = {text: more for _, _, text, more in found["book/glossary"]}
    assert words["step function"] == "step function step functions 段"


def test_both_spellings_are_one_word_for_the_search():
    """British as the book writes it, and American."""
    english = search.English({})
    for british, other in (
        ("normalise normalised normalisation", "normalize normalized normalization"),
        ("optimiser vectorising analyse", "optimizer vectorizing analyze"),
        ("colour neighbours behaviour", "color neighbors behavior"),
        ("centre centred centring fibre", "center centered centering fiber"),
        ("labelled modelling catalogue grey", "labeled modeling catalog gray"),
        ("licence judgement practise learnt", "license judgment practice learned"),
    ):
        for one, two in zip(british.split(), other.split(), strict=True):
            assert english.stem(one) == english.stem(two), one
    apart = "four for hour noise size wise called our or vector noisy".split()
    assert len({english.stem(word) for word in apart}) == len(apart)
    assert english.stem("called") == english.stem("call")


def test_numbers_that_lead_nowhere_are_warned_of(tmp_path):
    text = "# 9. Small\n\nBy (9.7), figure 9.7 and exercise 9.7."
    _, warnings, _ = build(tmp_path, v4.new_markdown_cell(text))
    assert len(re.findall("leads nowhere", warnings)) == 3


def test_works_that_cannot_be_told_apart_are_refused(tmp_path):
    path = tmp_path / "x.bib"
    path.write_text(BIB.replace("{1960a}", "{1960b}"))
    with pytest.raises(ValueError, match="hay1960a and hay1960b need letters"):
        citations.read_works(path)


def test_authors_and_letters(tmp_path):
    path = tmp_path / "x.bib"
    path.write_text(BIB)
    works = citations.read_works(path)
    assert list(works) == [
        ("Rose", "1958"),
        ("Rose and Hay", "1962"),
        ("Hay et al.", "1960a"),
        ("Hay et al.", "1960b"),
    ]
    text = "Rose and Hay (1962), (Rose, 1958), Oe and Rose (1958), Rose (1963)"
    assert citations.find_cited(text, works) == [
        ("Rose and Hay", "1962"),
        ("Rose", "1958"),
    ]
    assert citations.find_cited("Oe and Rose (1958), Oe & Rose (1958)", works) == []
    both = [("Hay et al.", "1960a"), ("Rose", "1958")]
    assert citations.find_cited("Hay\net al. (1960a) and Rose (1958)", works) == both
    entries = [works["Rose", "1958"], works["Hay et al.", "1960b"]]
    assert list(citations.full_entries(entries)) == [
        "Bo Hay, A. Rose, and I. Oe. *Four*. P, 1960b.",
        "Ada Rose. *One*. P, 1958.",
    ]


def test_forms_of_words():
    forms = terms.read_glossary(GLOSSARY)
    assert forms == {
        "step": ("step", True),
        "steps": ("step", True),
        "step function": ("step function", False),
        "step functions": ("step function", False),
        "training": ("training", False),
        "trainings": ("training", False),
    }
    assert [terms.plural(w) for w in ("layer", "class", "batch", "penalty", "day")] == [
        "layers", "classes", "batches", "penalties", "days",
    ]  # fmt: skip
    pattern = terms.form_pattern({"Adam": 0, "step": 0, "Amdahl's law": 0})
    text = "Adam, adam, Step, steps, first-step, Amdahl’s\u00a0law"
    assert pattern.findall(text) == ["Adam", "Step", "Amdahl’s\u00a0law"]


def test_titles_of_boxes():
    assert boxes.TITLE.fullmatch("Note.")
    assert not boxes.TITLE.fullmatch("Surprise.")
    assert not boxes.TITLE.fullmatch("Note")


def test_mentions_of_several():
    found = numbers.MENTION.search("Exercises 6a.1, 6a.2 and 6a.lab (L.3)")
    assert found["keys"] == "6a.1, 6a.2 and 6a.lab"
    assert numbers.MENTION.findall("(0.5)") != []
    assert asides.OPENING.startswith("<details")


# ------------------------------------------------------------------ where it lives

HEAD = "# 9. Small\n\nA text.\n\n**Time** about two hours.\n\nMore text."


def published(folder, monkeypatch, **settings):
    """Build the small book with the site's theme and with these settings."""
    lines = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    conf = CONF.replace("basic", "sphinx_book_theme") + lines
    monkeypatch.setattr(__import__(__name__), "CONF", conf)
    return build(folder, v4.new_markdown_cell(HEAD))[0]


def test_without_an_address_a_sentence_says_whom_to_tell(built, page):
    told = page.select_one("p.errata").get_text()
    assert "tell whoever gave you this book" in told
    assert f"“9. Small”, of version {version('dlscratch')}" in told
    assert not page.select("a.report, .elsewhere, [href*=colab], [href*=mybinder]")
    assert len(built[0]["glossary"].select("p.errata")) == 1
    assert not built[0]["search"].select("p.errata")


def test_a_published_book_offers_colab_and_binder(tmp_path, monkeypatch):
    """In the menu and under the chapter's time, with the line that installs."""
    settings = {"house_repository": "https://github.com/a/b.git", "house_branch": "x"}
    pages = published(tmp_path / "book", monkeypatch, **settings)
    page = pages["09-small"]
    colab = "https://colab.research.google.com/github/a/b/blob/x/notebooks/09-small"
    binder = "https://mybinder.org/v2/gh/a/b/x?urlpath=lab/tree/notebooks/09-small"
    for place in (".dropdown-launch-buttons", "p.elsewhere"):
        links = {a["href"] for a in page.select(f"{place} a")}
        assert links == {f"{colab}.ipynb", f"{binder}.ipynb"}
    assert page.select_one("p.elsewhere code").get_text() == (
        "%pip install -q git+https://github.com/a/b"
    )
    above = page.select_one("p.elsewhere").find_previous_sibling("p")
    assert above.get_text().startswith("Time")
    assert not pages["glossary"].select(".elsewhere, .dropdown-launch-buttons")
    for link in page.select("a.report"):
        assert link["href"].startswith("https://github.com/a/b/issues/new?title=")
    assert len(page.select("p.errata a.report")) == 2  # beside the text, and below


@pytest.mark.parametrize(
    ("errata", "names"),
    [
        ("mailto:a@b.org", ("subject", "body")),
        ("https://tracker.org/new", ("title", "body")),
        ("https://tracker.org/new?label=erratum", ("title", "body")),
        ("https://gitlab.com/a/b/-/issues/new", ("issue[title]", "issue[description]")),
    ],
)
def test_a_report_is_filled_in(errata, names):
    link = address.report_address(errata, "6b. A & B", "notebooks/06b")
    start, _, query = link.partition("?")
    assert start == errata.partition("?")[0]
    found = parse_qs(query, strict_parsing=True)
    assert found[names[0]] == ["Error: 6b. A & B"]
    told = f"Page: 6b. A & B (notebooks/06b)\nVersion: {version('dlscratch')}\n"
    assert found[names[1]] == [told]
    assert link.endswith("%0A")  # a script goes on here


@pytest.mark.parametrize(
    "settings",
    [
        {"house_errata": "a@b.org"},
        {"house_errata": "mailto:"},
        {"house_repository": "github.com/a/b"},
        {"house_repository": "https://github.com/a"},
    ],
)
def test_an_address_that_leads_nowhere_is_refused(settings, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="must be empty"):
        published(tmp_path / "book", monkeypatch, **settings)


# ------------------------------------------------------- formulas, tables and colours


def test_marks_stay_beside_their_formula(tmp_path):
    text = "# 9. Small\n\nOf ($x$, $y$), $k$-th, $z$’s and $w$ alone; $v$ (so)."
    text += " A long one is $a + b + c + d + e + f + g + h + i + j + k + l$."
    page = build(tmp_path / "book", v4.new_markdown_cell(text))[0]["09-small"]
    for formula in page.select(".math"):
        formula.replace_with("□")
    glued = [one.get_text() for one in page.select(".glued")]
    assert glued == ["(□,", "□),", "□-th,", "□’s"]
    assert (
        page.select_one("h1 + p")
        .get_text()
        .startswith("Of (□, □), □-th, □’s and □ alone; □ (so). A long one is □.")
    )


def test_long_names_in_tables_may_break(tmp_path):
    row = "| `torch.nn.functional.softmaxLoss` | `np.maxLoss` |\n"
    text = f"# 9. Small\n\n| a | b |\n|---|---|\n{row}\n`torch.nn.functional.softmax`"
    page = build(tmp_path / "book", v4.new_markdown_cell(text))[0]["09-small"]
    breaks = [len(code.select("wbr")) for code in page.select("code")]
    assert breaks == [4, 0, 0]
    assert page.select("code")[0].get_text() == "torch.nn.functional.softmaxLoss"


def test_rules_of_both_themes_are_written_for_none():
    css = """/* html[data-theme="dark"] no */ @charset "x";
    html[data-theme=light], html[data-theme="dark"] .a:is(b, c) { color: red; }
    .d { content: "}"; } @media print { html[data-theme=dark] .e { top: 0 } }"""
    auto = 'html[data-theme="auto"]'
    assert colours.rules_for("light", css) == f"{auto}{{ color: red; }}"
    assert colours.rules_for("dark", css).split("\n") == [
        f"{auto} .a:is(b, c){{ color: red; }}",
        f"@media print{{{auto} .e{{ top: 0 }}}}",
    ]


# ---------------------------------------------------------- figures on a dark page


def test_a_figure_has_a_dark_version_that_is_loaded_when_it_is_seen(built, page):
    light, other = page.select("figure img")
    assert light["class"] == ["paper-light"]
    assert other["class"] == ["paper-dark"]
    assert light["alt"] == other["alt"] == "A small square."
    assert light["loading"] == other["loading"] == "lazy"
    assert (light["width"], light["height"]) == ("12", "8")
    folder = Path(built[2].outdir, "_images")
    written = [Path(image["src"]).name for image in (light, other)]
    assert written[1] == written[0].replace(".svg", "-dark.svg")
    assert 'fill="#d5dce3"' in (folder / written[1]).read_text("utf-8")
    assert 'fill="#d5dce3"' not in (folder / written[0]).read_text("utf-8")


@pytest.mark.parametrize(
    "colour", [*COLOURS, "#57606a", "#b54708", "#737373", "#000000"]
)
def test_lines_and_letters_are_seen_on_dark_paper(colour):
    found = dark.on_dark(tuple(bytes.fromhex(colour[1:])))
    assert dark.contrast(found, dark.PAPER) >= dark.CONTRAST
    hues = [colorsys.rgb_to_hls(*rgb)[0] for rgb in (found, bytes.fromhex(colour[1:]))]
    if found != dark.INK and colour not in ("#57606a", "#737373"):
        assert abs(hues[0] - hues[1]) < 0.02  # it has the same name


def test_paper_grids_and_tints_stay_quiet_on_a_dark_page():
    assert dark.on_dark((255, 255, 255)) == dark.PAPER
    for colour in ((221, 221, 221), (227, 240, 248), (207, 227, 242)):
        assert dark.contrast(dark.on_dark(colour), dark.PAPER) < 3
        assert dark.contrast(dark.INK, dark.on_dark(colour)) >= 4.5
    assert dark.recolour("fill: #ffffff; stroke: #000000; stroke-width: 2") == (
        "fill: #14181d; stroke: #d5dce3; stroke-width: 2"
    )


def test_what_stands_on_pixels_keeps_its_colours(house_style):
    fig, axes = plt.subplots(1, 2, layout="none")
    for ax in axes:
        ax.plot([0, 2], [1, 1], color="#123456")
        ax.text(1, 0.5, "here", color="#654321")
        ax.set_xlabel("x", color="#111111")
    axes[0].imshow([[0.0, 0.2, 0.1]], cmap="gray_r")
    svg = dark.darken(plotting._to_svg(fig))
    assert svg.count("#123456") == svg.count("#654321") == 1
    assert "#111111" not in svg
    assert "<image" in svg


def test_white_letters_on_dark_pixels_stay_white(house_style):
    """Their strokes inherit the colour; nothing inside may name another."""
    fig, ax = plt.subplots(layout="none")
    ax.imshow([[0.0, 1.0]], cmap="gray_r")
    ax.text(1, 0, "23", color="white")
    svg = dark.darken(plotting._to_svg(fig))
    number = svg[svg.index("fill: #ffffff", svg.index("<image")) :]
    assert 'fill="#000000"' not in number[number.index(">") : number.index("</g>")]


def test_a_map_of_levels_keeps_its_colours(house_style):
    fig, (ax, other) = plt.subplots(1, 2, layout="none")
    levels = ax.contourf([[0.0, 1.0], [2.0, 3.0]], cmap="RdBu")
    other.contourf([[0.0, 1.0], [2.0, 3.0]], colors=["#112233", "#0072b2"], alpha=0.2)
    svg = dark.darken(plotting._to_svg(fig))
    found = {
        "#" + bytes(round(255 * c) for c in rgb[:3]).hex()
        for rgb in levels.get_facecolor()
    }
    assert all(colour in svg for colour in found)
    assert "#112233" not in svg


# -------------------------------------------------------- formulas, styles, scripts


def test_formulas_are_set_and_keep_their_tex(page):
    box = page.select_one("#eq-9-1 .katex-display")
    assert box.select_one("annotation").get_text() == "x = 1"
    assert box.select_one(".katex-html")["aria-hidden"] == "true"
    assert not page.select("script[src*=katex], script[src*=mathjax]")


def test_lines_of_a_formula_are_aligned(tmp_path):
    text = (
        "# 9. Small\n\n$$\na &= b \\\\\n&= c\n$$\n\n\\begin{align}d &= e\\end{align}\n"
    )
    pages, warned, _ = build(tmp_path / "book", v4.new_markdown_cell(text))
    boxes = pages["09-small"].select("article .katex-display, .body .katex-display")
    assert len(boxes) == 2
    assert len(boxes[0].select("mtr")) == 2
    assert warned == ""


def test_a_formula_that_cannot_be_set_is_warned_of(tmp_path):
    text = "# 9. Small\n\nIt is $\\frac{1$, and $\\nosuch$."
    pages, warned, _ = build(tmp_path / "book", v4.new_markdown_cell(text))
    assert len(re.findall("KaTeX parse error", warned)) == 2
    assert "\\frac{1" in pages["09-small"].get_text()


STYLE = """/* a comment */
.used, .unused > b, p:not(.unused) { color: red }
#gone { color: red } #here .used::before { content: "x" }
marquee { color: red } [data-theme="dark"] .used { color: red }
@media print { .unused { color: red } } @media screen { .used { color: blue } }
.fa-moon.used { font-family: "Font Awesome 6 Free" }
.by-script { color: red }
"""


def test_styles_that_no_page_uses_are_left_out():
    names = lean.names_in(
        ['<p id="here" class="used fa-moon"><b>x</b></p>'], ['add("by-script")']
    )
    rules = tinycss2.parse_stylesheet(STYLE, skip_comments=True, skip_whitespace=True)
    kept = lean.trim(rules, names)
    for gone in ("marquee", "#gone", "print", "Awesome", ".unused >"):
        assert gone not in kept
    for there in (".used,p:not(.unused)", "#here", "dark", "blue", ".by-script"):
        assert there in kept.replace(" {", "{").replace(", ", ",")
