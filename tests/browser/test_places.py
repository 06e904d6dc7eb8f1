"""Links to places are copied, errors are reported, and pages do without scripts."""

from urllib.parse import parse_qs, urlsplit

import pytest
from site_tools import HTML, KEEP_COPIED, LAPTOP, PHONE, new_page, pale
from test_site import pages_in_toc, settle

CHAPTER = "notebooks/05-backpropagation.html"


# ------------------------------------------------------------------- copied links


@pytest.fixture
def copying(browser):
    """Return ``copying(**options)``: a page that keeps what it copies."""
    opened = []

    def open_page(**options):
        page = new_page(browser, **options)
        page.add_init_script(KEEP_COPIED)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        problems = page.problems
        page.context.close()
        assert not problems


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("fig-5-1", "figure"),
        ("eq-5-1", "formula"),
        ("ex-5-1", "exercise"),
        ("along-one-path-multiply", "heading"),
    ],
)
def test_a_click_copies_the_link(place, kind, site, copying):
    page = copying()
    page.goto(f"{site}/{CHAPTER}")
    box = page.locator(f"[id='{place}']")
    link = page.locator(f"a.headerlink[href='#{place}']").first
    box.scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    assert link.evaluate("e => getComputedStyle(e).opacity") == "0"
    link.locator("..").hover()
    page.wait_for_function(
        "e => getComputedStyle(e).opacity == 1", arg=link.element_handle()
    )
    assert link.get_attribute("aria-label") == f"Copy the link to this {kind}"
    link.click()
    page.locator(".copied:text('Link copied')").wait_for()
    assert page.evaluate("copied") == f"{site}/{CHAPTER}#{place}"
    page.locator(".copied:empty").wait_for(state="attached")


def test_the_keyboard_copies_too(site, copying):
    page = copying()
    page.goto(f"{site}/{CHAPTER}")
    page.locator("a.headerlink[href='#ex-5-1']").focus()
    page.keyboard.press("Enter")
    page.locator(".copied:text('Link copied')").wait_for()
    assert page.evaluate("copied").endswith("#ex-5-1")


def test_a_finger_sees_the_links(site, copying):
    page = copying(width=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{site}/{CHAPTER}")
    for place in ("fig-5-1", "eq-5-1", "ex-5-1"):
        link = page.locator(f"a.headerlink[href='#{place}']")
        assert link.evaluate("e => getComputedStyle(e).opacity") == "1"
        assert link.is_visible()


# ----------------------------------------------------------------- errors reported


def test_every_page_says_whom_to_tell_of_an_error(site):
    """No address is set here, so a sentence does, with the page and the version."""
    for address in ["book/index.html", *pages_in_toc()]:
        html = (HTML / address).read_text("utf-8")
        assert html.count("tell whoever gave you this book") == 1, address
        assert 'class="report"' not in html


def test_a_report_names_the_heading_and_quotes_what_is_selected(site, page):
    """The script completes the address that the build wrote; see address.py."""
    page.route(
        f"**/{CHAPTER}",
        lambda route: route.fulfill(
            body=route.fetch()
            .text()
            .replace(
                "</article>",
                '<a class="report" href="mailto:a@b.org?subject=S&body=Page%0A">R</a>'
                "</article>",
            )
        ),
    )
    page.goto(f"{site}/{CHAPTER}")
    settle(page)
    page.evaluate(
        "document.querySelector('#ex-5-2').scrollIntoView({ behavior: 'instant' })"
    )
    link = page.locator("a.report")

    def body():
        link.dispatch_event("pointerdown")
        return parse_qs(urlsplit(link.get_attribute("href")).query)["body"][0]

    assert body().startswith("Page\nHeading: Exercise 5.2.")
    page.evaluate(
        """() => {
            const words = document.querySelector("#ex-5-1 p");
            getSelection().selectAllChildren(words);
        }"""
    )
    text = body()
    assert "\nHeading: Exercise 5.1." in text
    assert text.count("Heading:") == 1
    quoted = page.locator("#ex-5-1 p").first.inner_text()[:40]
    assert f'\nText: "{quoted}' in text


# ------------------------------------------------------------------ without scripts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_their_colours_without_scripts(scheme, site, browser):
    page = new_page(browser, java_script_enabled=False, color_scheme=scheme)
    page.goto(f"{site}/notebooks/02-perceptron.html")
    looks = page.evaluate(
        """() => {
            const style = (e) => getComputedStyle(document.querySelector(e));
            return [
                style("body").backgroundColor,
                style(".cell_input .highlight .k").color,
                style(".cell_input .highlight pre").color,
                style("section.exercise").backgroundColor,
                style("img.paper-light").display,
                style("img.paper-dark").display,
            ];
        }"""
    )
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    assert looks[0] == paper
    assert len(set(looks[1:4])) == 3
    assert [d == "none" for d in looks[4:]] == [scheme == "dark", scheme == "light"]
    assert not pale(page.locator(".cell_input pre, article > section > p"))
    page.context.close()


# ----------------------------------------------------------- small faults, once seen

# Formulas beside which a line breaks where none should.
BROKEN = """() => {
    const found = [];
    for (const glued of document.querySelectorAll("article .glued")) {
        if (glued.offsetParent && glued.getClientRects().length > 1) {
            found.push(glued.textContent);
        }
    }
    return found;
}"""


def test_no_line_begins_with_a_comma(site, clean_page, look):
    page = look(clean_page, width=PHONE)
    page.goto(f"{site}/notebooks/04-learning.html")
    settle(page)
    assert page.locator("article .glued").count() > 50
    assert not page.evaluate(BROKEN)


@pytest.mark.parametrize("address", ["book/names.html", "book/results.html"])
def test_tables_are_no_wider_than_the_text(address, site, clean_page, look):
    page = look(clean_page, width=LAPTOP)
    page.goto(f"{site}/{address}")
    wide = page.locator(".pst-scrollable-table-container").evaluate_all(
        "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => [e.scrollWidth, e.innerText.slice(0, 200)])"
    )
    assert not wide
