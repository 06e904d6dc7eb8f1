"""The built site: every page by itself, and the links between them."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml
from site_tools import HTML, PHONE, ROOT, offences


def pages_in_toc():
    """Return the addresses of all pages that the table of contents names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [toc["root"]]
    files += [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [f"{file.removesuffix('.ipynb').removesuffix('.md')}.html" for file in files]


COLOURS = ["color-contrast", "link-in-text-block"]


# Leave one block of each looks, so that axe need not weigh a chapter's every word.
THIN_OUT = """() => {
    const seen = new Set();
    const looks = (e) => e.tagName + " " + e.getAttribute("class");
    const blocks = "article section > :not(section, h1, h2, h3)";
    for (const block of document.querySelectorAll(blocks)) {
        const kinds = [block, ...block.querySelectorAll("*")].map(looks);
        if (kinds.every((kind) => seen.has(kind))) block.remove();
        kinds.forEach((kind) => seen.add(kind));
    }
    for (const leaf of document.querySelectorAll("article :is(pre span, td, li, p)")) {
        const kind = looks(leaf.parentElement) + looks(leaf);
        if (seen.has(kind) && !leaf.firstElementChild) leaf.replaceWith("");
        seen.add(kind);
    }
}"""
# What is hidden from axe anyway, and the colours of code: each word is an element.
DROP_FORMULAS = """() =>
    document.querySelectorAll(".katex-html").forEach((e) => e.replaceWith("x"))
"""
DROP_COLOURS = """() => {
    for (const e of document.querySelectorAll("pre")) {
        e.coloured = e.innerHTML;
        e.textContent = e.textContent;
    }
}"""
RESTORE_COLOURS = """() =>
    document.querySelectorAll("pre").forEach((e) => { e.innerHTML = e.coloured; })
"""


def settle(page):
    """Wait until a page that was loaded has its fonts."""
    page.evaluate("document.fonts.ready.then(() => 0)")


OUT_OF_REACH = """() => [...document.querySelectorAll("main *")].filter(e =>
    e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
    && e.tabIndex < 0 && !e.querySelector("a[href], button, input, [tabindex='0']")
).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("address", [*pages_in_toc(), "search.html"])
def test_page(address, site, clean_page, look):
    page = clean_page
    page.emulate_media(reduced_motion="reduce")  # axe must not measure half a fade
    look(page, width=PHONE)
    page.goto(f"{site}/{address}")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert not page.evaluate(OUT_OF_REACH), "scrolls, but not with the keyboard"

    look(page)
    assert page.locator(".dlx:not([data-live])").count() == 0
    assert page.locator("main h1:visible").count() == 1
    assert page.title()
    description = page.locator("meta[name=description]").get_attribute("content")
    assert 40 < len(description) < 210
    assert page.locator("article .math:not(:has(math)):not(.katex *)").count() == 0
    page.evaluate(DROP_FORMULAS)
    page.evaluate(DROP_COLOURS)
    assert not offences(page, without=COLOURS)
    page.evaluate(RESTORE_COLOURS)
    page.evaluate(THIN_OUT)
    assert not offences(page, COLOURS), "in light colours"

    look(page, dark=True)
    page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
    assert not offences(page, COLOURS), "in the dark"
    if address.startswith("notebooks/"):
        check_download(page, address)


def check_download(page, address):
    """Click as a reader does, and get the notebook that the page was made from."""
    page.locator("button[aria-label='Download this page']").click()
    with page.expect_download() as download:
        page.locator("a[href$='.ipynb']:visible").first.click()
    notebook = json.loads(download.value.path().read_text("utf-8"))
    source = ROOT / address.replace(".html", ".ipynb")
    assert notebook == json.loads(source.read_text("utf-8"))


BAD = {
    "foreign request": '<img src="https://example.org/a.png" alt="">',
    "console": "<script>console.error('x')</script>",
    "uncaught": "<script>throw new Error('x')</script>",
}


@pytest.mark.parametrize("problem", BAD)
def test_a_bad_page_is_noticed(problem, open_html):
    page = open_html(BAD[problem])
    settle(page)
    assert any(found.startswith(problem) for found in page.problems)
    page.problems.clear()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_page_holds_nothing_of_the_test_before(turn, open_html):
    page = open_html("<p>Where the pointer is.</p>")
    state = page.evaluate(
        """() => ["left" in window, document.querySelector("p").matches(":hover"),
                  matchMedia("(prefers-reduced-motion: reduce)").matches]"""
    )
    assert state == [False] * 3
    page.evaluate("left = 1")
    page.locator("p").hover()
    page.emulate_media(reduced_motion="reduce")


def test_an_offence_is_noticed(open_html):
    pale = '<p style="color: #aaa; background: #fff">pale</p>'
    wide = '<div style="overflow: auto"><p style="width: 900px">wide</p></div>'
    page = open_html(pale + wide, width=PHONE)
    assert [line.split(":")[0] for line in offences(page, ["color-contrast"])] == [
        "color-contrast"
    ]
    assert len(page.evaluate(OUT_OF_REACH)) == 1


def test_search_finds_a_word(site, page):
    page.goto(f"{site}/search.html?q=perceptron")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").all_inner_texts()
    assert "2. The perceptron" in found
    with page.expect_navigation():
        page.locator("#search-results li a").first.click()
    settle(page)  # the search leaves the page as it is
    assert page.locator("article h1").count() == 1
    assert page.locator(".highlighted").count() == 0


def test_dark_mode_can_be_chosen(site, page, look):
    look(page)
    page.goto(f"{site}/book/notation.html")
    button = page.locator(".theme-switch-button:visible").first
    seen = set()
    for _ in range(3):
        button.click()
        seen.add(page.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"auto", "light", "dark"}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_figures_have_the_colours_of_the_page(mode, site, page):
    """Only those are loaded that are seen, and each of them is."""
    page.emulate_media(color_scheme=mode)
    loaded = []
    page.on("response", lambda r: loaded.append(r.url.rpartition("/")[2]))
    page.goto(f"{site}/notebooks/06a-optimizers.html")
    settle(page)
    images = page.locator(".cell_output figure img:visible")
    for i in range(images.count()):
        images.nth(i).scroll_into_view_if_needed()
        assert images.nth(i).get_attribute("class") == f"paper-{mode}"
    page.wait_for_function(
        "[...document.querySelectorAll('figure img')].filter((e) => e.offsetWidth)"
        ".every((e) => e.complete && e.naturalWidth)"
    )
    assert page.locator(".cell_output figcaption:visible").count() == images.count()
    svgs = [name for name in loaded if name.endswith(".svg") and len(name) > 60]
    assert images.nth(0).bounding_box()["height"] > 100
    assert len(set(svgs)) >= images.count() > 5
    assert {name.endswith("-dark.svg") for name in svgs} == {mode == "dark"}


def test_what_figures_share_is_loaded_once_where_there_are_some(site):
    """The notebooks' outputs hold it each; the pages load it from a file."""
    drawn = []
    for address in ["search.html", *pages_in_toc()]:
        html = (HTML / address).read_text("utf-8")
        some = "data-explorable=" in html
        for text in (
            "globalThis.explorables = ",
            "explorables.drawing = ",
            "explorables.landscape = ",
            "--line-y: ",
        ):
            assert text not in html, (address, text)
        for name in ("explorable.js", "explorable.css"):
            assert html.count(f"_static/{name}") == some, (address, name)
        drawn += [address] * html.count("_static/drawing-board.js")
    assert [address[10:12] for address in drawn] == ["03", "07"]


class Links(HTMLParser):
    """Collect a page's links and anchors."""

    def __init__(self, html):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        for name in ("href", "src", "data-src", "poster"):
            if attributes.get(name) is not None:
                self.links.append(attributes[name])


@pytest.fixture(scope="module")
def crawled(site):
    """Parse every page of the built site."""
    pages = ["index.html", "search.html", *pages_in_toc()]
    return {f"/{page}": Links((HTML / page).read_text("utf-8")) for page in pages}


def broken_links(crawled):
    """Yield each link within the site that leads nowhere."""
    for address, found in crawled.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target, anchor = urldefrag(urljoin(address, link))
            target = unquote(urlsplit(target).path)
            if not (HTML / target.lstrip("/")).is_file():
                yield f"{address}: no file for {link}"
            elif anchor and target in crawled:
                if unquote(anchor) not in crawled[target].anchors:
                    yield f"{address}: no anchor for {link}"


def test_every_link_within_the_site_resolves(crawled):
    assert not list(broken_links(crawled))


def test_a_broken_link_is_found(crawled):
    wrong = ("missing.html", "notation.html#no-such-place", "../_images/none.svg")
    page = Links("".join(f'<a href="{link}">x</a>' for link in wrong))
    found = list(broken_links({**crawled, "/book/made-up.html": page}))
    assert [line.split()[-1] for line in found] == list(wrong)


def test_links_out_of_the_site_are_complete(crawled):
    """Offline, a dead link cannot be seen; one that points nowhere can."""
    for address, found in crawled.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme not in ("", "data", "mailto", "javascript"):
                assert parts.scheme in ("http", "https"), (address, link)
                assert "." in parts.netloc, (address, link)
                assert not re.search("binder|colab|jupyter-book/?$", link), link


def test_reader_who_asked_for_less_motion_gets_it(site, page):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site}/book/index.html")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(e => {
            const s = getComputedStyle(e);
            return s.animationName != "none" || parseFloat(s.transitionDuration);
        }).length"""
    )
    assert moving == 0


@pytest.mark.parametrize(
    ("word", "chapter"),
    [("vectorisation", "01-python-and-numpy"), ("epoch", "02-perceptron")],
)
def test_glossary_leads_to_the_chapter_that_introduces_a_word(word, chapter, site):
    """An entry ends with a link to the first chapter that links to it."""
    text = (HTML / "book" / "glossary.html").read_text(encoding="utf-8")
    entry = re.search(rf'<dt id="term-{word}">.*?</dd>', text, re.DOTALL)[0]
    first = re.search(r'"first-chapter">[^<]*<a [^>]*href="([^"]*)"', entry)
    assert first[1] == f"../notebooks/{chapter}.html"
