"""The book as a book, on a small site of two pages."""

import re
import shutil
import zipfile
from io import BytesIO

import ebook
import ebook_epub
import ebook_pdf
import pikepdf
import pytest
from bs4 import BeautifulSoup
from ebook_cover import cover
from ebook_pages import about, as_id, formula, read, resolve, serialise
from PIL import Image
from pypdf import PdfReader
from sources import house

TOC = """format: jb-book
root: book/index
parts:
  - caption: "Part I: Small"
    chapters:
      - file: notebooks/09-small
"""
INDEX = """<html><body><article class="bd-article"><section id="the-book">
<h1>The book<a class="headerlink" href="#the-book">#</a></h1>
<p>See <a href="../notebooks/09-small.html#It's-(odd)">there</a>,
<a href="../_static/x.zip">a file</a> and <a href="https://numpy.org/">NumPy</a>.</p>
<section id="path"><h2>The path</h2><figure class="path-picture">
<svg viewBox="0 0 4 4" role="img" aria-labelledby="t">
<title id="t">A path</title><marker id="m" refX="1" refY="1" markerWidth="2"></marker>
<path d="M0 0" marker-end="url(#m)"></path></svg></figure>
</section>
<section id="licence"><h2>Licence</h2><p class="books">These books.</p></section>
</section></article></body></html>"""
PICTURE = '<img loading="lazy" width="9" height="6" class="paper-{0}" alt="A square."'
PICTURE += ' src="../_images/a{1}.svg">'
LESS = r"a < \lambda_{\max} b"
SPLIT = r"\begin{split} a &= b \bmod c \\ d &= e \end{split}"


def math(tex, display=False):
    """Return a formula as it stands on the site."""
    made = house.formulas.set_formula(tex, display)
    return made if display else f'<span class="math notranslate">{made}</span>'


CHAPTER = rf"""<html><body><nav>Not this</nav><article class="bd-article">
<section class="tex2jax_ignore" id="small"><!-- a comment -->
<h1>9. Small<a class="headerlink" href="#small">#</a></h1>
<p>So {math(LESS)}, and {math("x^2")} (<a class="added" href="#eq-9-1">(9.1)</a>).</p>
<div class="math notranslate nohighlight" id="eq-9-1">
<span class="eqno">(9.1)<a class="headerlink" href="#eq-9-1">#</a></span>
{math(SPLIT, True)}</div>
<div class="math" id="eq-9-2">{math("x+" * 28 + "x", True)}</div>
<div class="cell tag_hide-input"><details class="admonition hide above-input">
<summary><p>Show code cell source</p></summary><div class="cell_input"><pre>hidden =
</pre></div></details></div>
<figure id="fig-9-1">{PICTURE.format("light", "")}{PICTURE.format("dark", "-dark")}
<figcaption><p>Figure 9.1. A square.</p></figcaption></figure>
<div class="cell_output"><div class="dlx" aria-label="A toy" data-explorable="toy-1">
<p class="dlx-fallback">An interactive figure stands here when scripts may run. It shows
nothing.</p></div><script type="module">alert("toy");</script></div>
<section id="It's-(odd)"><h2>It's (odd)</h2>
<details class="aside"><summary><h3>Aside: more</h3></summary><p>Closed.</p></details>
<p id="twice">one</p><p id="twice">two</p></section>
<section class="exercise" id="ex-9-1"><h3>Exercise 9.1. Do it</h3>
<div class="cell"><div class="cell_input"><pre>check("9.1", f)</pre></div>
<div class="cell_output"><div class="check"><p>Not started yet.</p></div></div></div>
<div class="cell"><div class="cell_input"><pre>hint("9.1")</pre></div>
<div class="cell_output"><details class="hint"><summary>Hint 1 of 2</summary><p>First
<code>f</code>.</p><details class="hint"><summary>Hint 2 of 2</summary><p>Second.</p>
</details></details></div></div>
<div class="cell"><div class="cell_input"><pre>solution("9.1")</pre></div>
<div class="cell_output"><details class="solution"><summary>Solution of 9.1</summary>
<p>It is {math("y")}.</p></details></div></div></section>
<section id="summary"><h2>Summary</h2><p>Done: <code>a.<wbr>b</code>.</p></section>
</section><div class="definitions" hidden>A word</div></article></body></html>"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="6">'
SVG += '<g id="image1"/><g id="image1"/></svg>'


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a book with a built site."""
    root = tmp_path_factory.mktemp("small")
    site = root / "site"
    for name in ("book", "notebooks", "_images"):
        (site / name).mkdir(parents=True)
    (root / "_toc.yml").write_text(TOC)
    (site / "book" / "index.html").write_text(INDEX)
    (site / "notebooks" / "09-small.html").write_text(CHAPTER)
    (site / "_images" / "a.svg").write_text(SVG)
    return root


def read_small(root):
    """Return the pages of that site, as chapters with MathML."""
    return read(root / "site", "mathml", {"toy-1": ("toy-1.png", 9, 6)}, root)


@pytest.fixture(scope="module")
def chapters(small):
    """The chapters, to look at."""
    return read_small(small)


@pytest.fixture(scope="module")
def page(chapters):
    """The soup of the second."""
    return BeautifulSoup(serialise(chapters[1].body), "xml")


def test_the_chapters_come_in_their_order(chapters):
    assert [(c.name, c.part, c.title) for c in chapters] == [
        ("index", None, "The book"),
        ("09-small", "Part I: Small", "9. Small"),
    ]


def test_nothing_is_there_that_only_a_screen_can_do(page):
    assert not page.select("script, style, .headerlink, details, summary, [hidden]")
    for words in ("Not this", "a comment", "A word", "alert", "Not started", "hint("):
        assert words not in str(page)
    assert [img["src"] for img in page.select("img")] == [
        "images/a.svg",
        "images/toy-1.png",
    ]
    assert not page.select("img[loading]")


def test_a_long_name_may_break_and_holds_nothing(page):
    assert not page.select("wbr")
    assert page.select_one("#summary code").get_text() == "a.\u200bb"


def test_hidden_code_and_asides_are_open(page):
    assert "hidden =" in page.select_one(".cell .cell_input pre").get_text()
    assert "Show code" not in page.get_text()
    aside = page.select_one("div.aside")
    assert aside.find("h3").get_text() == "Aside: more"
    assert aside.find("p").get_text() == "Closed."


def test_an_interactive_figure_is_a_picture_and_a_text(page):
    figure = page.select_one("figure.explorable")
    assert figure.img["alt"].startswith("A toy")
    assert figure.img["width"] == "9"
    text = " ".join(figure.figcaption.get_text().split())
    assert text == "A toy. On the site, you can move it. It shows nothing."


def test_without_a_picture_the_text_stands_alone(small):
    chapters = read(small / "site", "mathml", {}, small)
    figure = BeautifulSoup(serialise(chapters[1].body), "xml").select_one(".explorable")
    assert not figure.find("img")
    assert "It shows" in figure.get_text()


def test_formulas_are_those_of_the_site(page):
    tex = [a.get_text() for a in page.find_all("annotation")]
    assert tex[:2] == [r"a < \lambda_{\max} b", "x^2"]
    assert tex[2].startswith(r"\begin{split}")
    assert tex[2].endswith(r"\end{split}")
    assert tex[3].endswith("+x+x")
    assert tex[4:] == ["y"]
    shown = page.select_one("div.math#eq-9-1")
    assert shown.select_one(".eqno").get_text() == "(9.1)"
    assert shown.find("math")["display"] == "block"


def test_formulas_of_the_pdf_can_be_read_aloud():
    made = formula("x^2", False, "html")
    assert (made.get("role"), made.get("aria-label")) == ("img", "x^2")


def test_a_formula_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Undefined control sequence"):
        formula(r"\nonsense", False, "mathml")


def test_answers_are_at_the_end_of_the_chapter(page):
    last = page.find("section").find_all("section", recursive=False)[-1]
    assert last["id"] == "answers"
    answer = last.select_one("section#answer-ex-9-1")
    text = " ".join(answer.get_text(" ").split())
    assert re.search(r"Do it Hint 1 of 2\. First f \. Hint 2 of 2\. Second\.", text)
    assert text.count("Second.") == 1
    assert text.index("Second.") < text.index("Solution.") < text.index("It is")
    exercise = page.select_one("section.exercise")
    assert "It is" not in exercise.get_text()
    assert exercise.select_one(".to-answer a")["href"] == "09-small#answer-ex-9-1"
    assert answer.select_one(".back a")["href"] == "09-small#ex-9-1"


def test_the_book_does_not_offer_itself(chapters):
    assert "These books" not in serialise(chapters[0].body)


def test_links_lead_into_the_book(chapters):
    index = BeautifulSoup(serialise(chapters[0].body), "xml")
    links = {a.get_text(): a.get("href") for a in index.find_all("a")}
    assert links == {
        "there": "09-small#It_27s-_28odd_29",
        "a file": None,
        "NumPy": "https://numpy.org/",
    }


def test_anchors_are_names_and_there_once(page):
    ids = [node["id"] for node in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert "It_27s-_28odd_29" in ids
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in ids)


def test_names_for_anchors():
    assert as_id("a%20b") == "a_20b"
    assert as_id("9.1") == "_9.1"
    assert resolve("notebooks", "../book/a.html") == "book/a.html"
    assert resolve("", "a.html") == "a.html"


def test_inline_svg_keeps_its_letters(chapters):
    text = serialise(chapters[0].body)
    for name in ("viewBox", "refX", "markerWidth"):
        assert f"{name}=" in text
    assert 'xmlns="http://www.w3.org/2000/svg"' in text


def pictures():
    """Return the pictures of the small book."""
    picture = BytesIO()
    Image.new("RGB", (9, 6)).save(picture, "PNG")
    images = {"cover.png": picture.getvalue(), "toy-1.png": picture.getvalue()}
    return images | {"a.svg": SVG.encode()}


def write_small(root, chapters):
    """Write the small book as EPUB."""
    images = pictures()
    facts = about() | {"description": "Small."}
    path = root / "small.epub"
    ebook_epub.write(path, facts, chapters, images, "p { margin: 0 }")
    return path


@pytest.fixture(scope="module")
def epub(small):
    """The EPUB of the small book."""
    return write_small(small, read_small(small))


def test_the_epub_says_what_it_is(epub):
    with zipfile.ZipFile(epub) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        opf = BeautifulSoup(archive.read("EPUB/content.opf"), "xml")
        nav = BeautifulSoup(archive.read("EPUB/nav.xhtml"), "xml")
        svg = archive.read("EPUB/images/a.svg").decode()
    assert opf.find("dc:title").get_text() == "Deep Learning from Scratch"
    features = [
        m.get_text() for m in opf.select('meta[property$="accessibilityFeature"]')
    ]
    assert {"alternativeText", "MathML", "tableOfContents"} <= set(features)
    assert (
        opf.select_one('item[properties="cover-image"]')["href"] == "images/cover.png"
    )
    chapter = opf.select_one('item[href="text/09-small.xhtml"]')
    assert chapter["properties"] == "mathml"
    assert opf.select_one('item[href="text/index.xhtml"]')["properties"] == "svg"
    titles = [a.get_text() for a in nav.find("nav").find_all("a")]
    assert titles == [
        "Cover",
        "The book",
        "The path",
        "Licence",
        "Part I: Small",
        "9. Small",
        "It's (odd)",
        "Summary",
        "Hints and solutions",
    ]
    assert svg.count('id="image1"') == 1


def test_mathml_by_its_rules(epub):
    """KaTeX gives a letter with "max" below it a part too many, and mod letters."""
    with zipfile.ZipFile(epub) as archive:
        page = BeautifulSoup(archive.read("EPUB/text/09-small.xhtml"), "xml")
    assert all(
        len(node.find_all(recursive=False)) == 2 for node in page.find_all("msub")
    )
    assert page.find_all("msub")
    assert "mod" in [mo.get_text() for mo in page.find_all("mo") if not mo.find()]
    right, left = page.find("mtable").find("mtr").find_all("mtd", recursive=False)[:2]
    assert right["style"].startswith("text-align: right")
    assert left["style"].startswith("text-align: left")


def test_epubcheck_finds_nothing(epub, capsys):
    if shutil.which("java") is None:
        pytest.skip("EPUBCheck needs Java")
    ebook.check(epub)
    assert "0 errors and warnings" in capsys.readouterr().out


def test_epubcheck_would_find_something(small, tmp_path, capsys):
    if shutil.which("java") is None:
        pytest.skip("EPUBCheck needs Java")
    chapters = read_small(small)
    chapters[1].body.find("p").find("a").set("href", "09-small#nowhere")
    with pytest.raises(SystemExit):
        ebook.check(write_small(tmp_path, chapters))
    assert "RSC-012" in capsys.readouterr().out


def test_without_java_it_says_so(epub, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    ebook.check(epub)
    assert "needs Java" in capsys.readouterr().out


def test_the_site_leads_only_to_what_is_there(small, tmp_path):
    site = shutil.copytree(small / "site", tmp_path / "site")
    index = site / "book" / "index.html"
    ebook.offer(site)
    assert index.read_text() == INDEX
    made = tmp_path / "made"
    made.mkdir()
    (made / f"{ebook.NAME}.epub").write_bytes(b"x" * 2_000_000)
    ebook.offer(site, made)
    links = BeautifulSoup(index.read_text(), "html.parser").select(
        'a[href*="book/deep"]'
    )
    assert [a.get_text() for a in links] == ["an e-book (EPUB)"]
    assert (index.parent / links[0]["href"]).resolve().exists()
    assert "2 MB" in index.read_text()
    ebook.offer(site)
    assert index.read_text().count("<!-- books -->") == 1
    shutil.rmtree(site / "_static")
    ebook.offer(site)
    assert index.read_text() == INDEX


def test_all_figures_of_the_book_are_found():
    found = ebook.figures()
    assert len(found) >= 23
    assert all(key in text for key, text in found.items())


def test_the_cover_is_the_same_each_time():
    first = cover("Deep Learning from Scratch", "A & B")
    assert first == cover("Deep Learning from Scratch", "A & B")
    assert ">A &amp; B<" in first
    assert ">from Scratch<" in first


@pytest.fixture(scope="module")
def pdf(small, browser):
    """The PDF of the small book, and the folder in which it was made."""
    toys = {"toy-1": ("toy-1.png", 9, 6)}
    chapters = read(small / "site", "html", toys, small)
    folder = ebook.lay_out(small / "print", pictures())
    facts = about() | {"description": "Small."}
    ebook_pdf.write(browser, small / "small.pdf", facts, chapters, folder)
    return PdfReader(small / "small.pdf"), folder


def test_the_contents_of_the_pdf_name_its_pages(pdf):
    pages = [page.extract_text() for page in pdf[0].pages]
    rows = re.findall(r"^(.+?) ?(\d+)$", pages[2], re.MULTILINE)
    assert [title for title, _ in rows] == [
        "The book",
        "The path",
        "Licence",
        "9. Small",
        "It's (odd)",
        "Summary",
        "Hints and solutions",
    ]
    assert [number for _, number in rows[:4]] == ["4", "5", "6", "8"]
    for title, number in rows:
        assert title in pages[int(number) - 1]


def test_the_pdf_can_be_found_through(pdf):
    reader = pdf[0]
    assert reader.outline[-2].title == "Part I: Small"
    part = reader.outline[-1]  # what is below "Part I: Small"
    assert part[0].title == "9. Small"
    assert part[1][0].title == "It's (odd)"
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert reader.metadata.title == "Deep Learning from Scratch"
    names = [a.get_object()["/Dest"] for a in reader.pages[2]["/Annots"]]
    assert "/09-small--answers" in names


def test_the_pdf_has_running_heads_and_open_code(pdf):
    text = pdf[0].pages[7].extract_text()
    assert "Deep Learning from Scratch" in text
    assert text.count("9. Small") == 2
    assert "hidden =" in text


def test_wide_formulas_get_smaller_letters(pdf, browser):
    size = {"width": ebook_pdf.TEXT_WIDTH, "height": 99}
    with browser.new_page(viewport=size) as tab:
        tab.emulate_media(media="print")
        tab.goto((pdf[1] / "book.xhtml").as_uri())
        assert tab.evaluate(ebook_pdf.FIT, 0.99) == ["09-small"]  # not small enough
        tab.reload()
        assert tab.evaluate(ebook_pdf.FIT, ebook_pdf.LEAST) == []
        first, second = (
            tab.locator(f'[id="09-small--eq-9-{n}"]').evaluate(
                "box => box.style.fontSize"
            )
            for n in (1, 2)
        )
        share = tab.locator('[id="09-small--eq-9-2"]').evaluate(
            """box => [...box.querySelector(".katex-html").children].reduce(
                (sum, part) => sum + part.getBoundingClientRect().width, 0
            ) / box.clientWidth"""
        )
    assert first == ""
    assert 0.6 < float(second.removesuffix("em")) < 0.9
    assert 0.95 < share < 1 + 3 / ebook_pdf.TEXT_WIDTH  # as large as it may be


def test_nothing_may_be_wider_than_the_paper(browser, tmp_path):
    """Else the browser prints all pages smaller, or words are lost."""
    page = tmp_path / "wide.xhtml"
    body = '<div class="page" id="wide"><p style="width: 700px">A line.</p></div>'
    page.write_text(ebook_pdf.document({"title": "Wide"}, [], body))
    with pytest.raises(RuntimeError, match=r"would be lost: \['wide'\]"):
        ebook_pdf.print_pdf(browser, page, tmp_path / "wide.pdf")


def test_two_pixels_too_much_have_no_page_printed_smaller(pdf, browser):
    scales = []
    for width in (600, ebook_pdf.TEXT_WIDTH + 2):
        page, path = pdf[1] / "line.xhtml", pdf[1] / f"{width}.pdf"
        body = f'<div class="page"><p style="width: {width}px">A line.</p></div>'
        page.write_text(ebook_pdf.document({"title": "Line"}, [], body))
        ebook_pdf.print_pdf(browser, page, path)
        with pikepdf.open(path) as opened:
            found = pikepdf.parse_content_stream(opened.pages[0], "cm")
            scales.append([[float(n) for n in numbers] for numbers, _ in found])
    assert scales[0] == scales[1]


def test_what_a_pdf_must_have_is_asked(pdf, small, chapters, capsys, monkeypatch):
    ebook.check_pdf(small / "small.pdf", chapters)
    assert "8 pages, 12 bookmarks" in capsys.readouterr().out
    monkeypatch.setattr(ebook, "MOST", 1000)
    with pytest.raises(SystemExit, match="is larger than 0 MB"):
        ebook.check_pdf(small / "small.pdf", chapters)
    monkeypatch.undo()
    bare = small / "bare.pdf"
    with pikepdf.open(small / "small.pdf") as opened:
        for key in ("/MarkInfo", "/Lang", "/Outlines"):
            del opened.Root[key]
        opened.save(bare)
    with pytest.raises(SystemExit, match="no tags and has no language and lacks book"):
        ebook.check_pdf(bare, chapters)


def test_contents_of_another_shape_are_refused(pdf, tmp_path):
    """Else the links would lie beside their words."""
    front, whole = pdf[1] / "whole.pdf", pdf[1] / "front.pdf"
    with pytest.raises(RuntimeError, match="of the contents is another one"):
        ebook_pdf.join(front, whole, tmp_path / "x.pdf", about())
