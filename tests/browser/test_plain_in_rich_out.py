"""What the site makes of the chapters' plain text, as a reader meets it."""

import re

import pytest
from house.asides import OPENING
from site_tools import LAPTOP, PHONE, ROOT, new_page, offences, pale
from test_site import DROP_COLOURS, DROP_FORMULAS, THIN_OUT, settle

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PERCEPTRON = "notebooks/02-perceptron.html"
WORD = "article p > a.added-term"
TIP = "body > .definition"
SLOW = 600  # milliseconds in which a definition that should go has gone

# Whether an element's beginning is in view, below the bar at the top of the page.
LANDED = """selector => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return box && box.top > 30 && box.top < innerHeight;
}"""


@pytest.fixture
def chapter(site, clean_page, look):
    """A page with chapter 2, its formulas set."""
    look(clean_page)
    clean_page.goto(f"{site}/{PERCEPTRON}")
    settle(clean_page)
    return clean_page


def word(page, place=3):
    """Bring a word of the glossary to the middle of the window, and return its link."""
    link = page.locator(WORD).nth(place)
    link.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    return link


def definition_of(page, link):
    """Return the text that a word's link is described by."""
    name = link.get_attribute("aria-describedby")
    return page.evaluate("id => document.getElementById(id).textContent", name)


# The definition of a word ---------------------------------------------------------


def test_a_word_shows_its_definition_under_the_pointer(chapter):
    tip, link = chapter.locator(TIP), word(chapter)
    assert tip.is_hidden()
    link.hover()
    tip.wait_for()
    assert tip.text_content() == definition_of(chapter, link)
    assert not link.get_attribute("title"), "a second one would show"
    below, shown = link.bounding_box(), tip.bounding_box()
    assert 0 <= shown["y"] - below["y"] - below["height"] < 12
    chapter.mouse.move(5, 5)
    tip.wait_for(state="hidden")


def test_a_definition_stays_while_the_pointer_is_over_it(chapter):
    tip, link = chapter.locator(TIP), word(chapter)
    link.hover()
    tip.wait_for()
    box = tip.bounding_box()
    chapter.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2, steps=8)
    chapter.wait_for_timeout(SLOW)
    assert tip.is_visible()
    chapter.keyboard.press("Escape")
    assert tip.is_hidden()


def test_a_word_shows_its_definition_to_the_keyboard(chapter):
    tip, link = chapter.locator(TIP), word(chapter)
    target = link.get_attribute("href")
    link.focus()
    assert tip.is_visible()
    chapter.evaluate("document.activeElement.blur()")
    tip.wait_for(state="hidden")
    word(chapter, 2).focus()
    chapter.keyboard.press("Tab")
    assert link.evaluate("e => e === document.activeElement")
    assert tip.is_visible()
    assert tip.text_content() == definition_of(chapter, link)
    chapter.wait_for_timeout(SLOW)
    assert tip.is_visible()
    chapter.keyboard.press("Escape")
    assert tip.is_hidden()
    assert link.evaluate("e => e === document.activeElement")
    with chapter.expect_navigation():
        chapter.keyboard.press("Enter")
    assert chapter.url.endswith(target.removeprefix(".."))
    name = target.partition("#")[2]
    chapter.wait_for_function(LANDED, arg=f'[id="{name}"]')


def test_the_definition_is_the_glossarys(chapter, site):
    link = word(chapter)
    target, text = link.get_attribute("href"), definition_of(chapter, link).strip()
    chapter.goto(f"{site}/{target.removeprefix('../')}")
    settle(chapter)
    entry = chapter.locator(f'dt[id="{target.partition("#")[2]}"] + dd').text_content()
    assert len(text) > 20
    assert text in entry


# What is wrong with the definitions of a page when each word gets the focus in turn.
MISPLACED = """async (block) => {
    const tip = document.querySelector("body > .definition");
    const wrong = [];
    for (const link of document.querySelectorAll("article a.added-term")) {
        if (!link.checkVisibility()) continue;
        link.scrollIntoView({ block, behavior: "instant" });
        link.focus({ preventScroll: true });
        const word = link.getBoundingClientRect();
        const box = tip.getBoundingClientRect();
        const names = [
            tip.hidden && "hidden",
            !tip.textContent.trim() && "empty",
            box.left < 0 && "too far left",
            box.right > document.documentElement.clientWidth && "too far right",
            box.top < 0 && "too high",
            box.bottom > innerHeight && "too low",
            box.top < word.bottom && box.bottom > word.top && box.left < word.right
                && box.right > word.left && "over its word",
        ].filter(Boolean);
        if (names.length) wrong.push(`${link.textContent}: ${names.join(", ")}`);
        link.blur();
    }
    const wide = document.documentElement.scrollWidth > innerWidth;
    return wide ? [...wrong, "the page is too wide"] : wrong;
}"""


@pytest.mark.parametrize("block", ["center", "end"])
@pytest.mark.parametrize("width", [PHONE, LAPTOP])
def test_definitions_stay_inside_the_window(width, block, chapter, look):
    look(chapter, width=width)
    assert not chapter.evaluate(MISPLACED, block)


def test_a_misplaced_definition_is_noticed(chapter):
    chapter.add_style_tag(
        content=".definition { min-width: 120vw; margin-top: -50px; }"
    )
    found = "\n".join(chapter.evaluate(MISPLACED, "center"))
    assert "too far right" in found
    assert "over its word" in found


def test_a_finger_shows_the_definition_first_and_then_follows(browser, site):
    page = new_page(browser, PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{site}/{PERCEPTRON}")
    settle(page)
    tip, link = page.locator(TIP), word(page)
    target = link.get_attribute("href")
    link.tap()
    tip.wait_for()
    assert page.url.endswith(PERCEPTRON)
    box = tip.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE
    page.locator("article h2").first.tap()
    tip.wait_for(state="hidden")
    word(page).tap()
    tip.wait_for()
    other = word(page, 4)
    other.tap()
    assert page.url.endswith(PERCEPTRON)
    assert tip.text_content() == definition_of(page, other)
    link = word(page)
    link.tap()
    with page.expect_navigation():
        link.tap()
    assert page.url.endswith(target.removeprefix(".."))
    problems = page.problems
    page.context.close()
    assert not problems


def test_formulas_in_a_definition_are_set(site, clean_page, look):
    page = look(clean_page)
    page.goto(f"{site}/notebooks/08b-faster.html")
    settle(page)
    link = page.locator("article p > a[href$='#term-Amdahl-s-law']").first
    link.focus()
    tip = page.locator(TIP)
    tip.wait_for()
    formulas = tip.locator(".katex")
    assert formulas.count() >= 3
    for formula in formulas.all():
        assert formula.bounding_box()["width"] > 4
    words = tip.evaluate(
        "e => { const copy = e.cloneNode(true); copy.querySelectorAll('.katex')"
        ".forEach(m => m.remove()); return copy.textContent; }"
    )
    assert "becomes" in words
    assert "\\" not in words
    assert "$" not in words


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_definition_is_accessible(dark, chapter, look):
    chapter.emulate_media(reduced_motion="reduce")
    look(chapter, dark=dark)
    theme = "dark" if dark else "light"
    chapter.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")
    chapter.locator(WORD).first.focus()
    tip = chapter.locator(TIP)
    tip.wait_for()
    for thin in (DROP_FORMULAS, DROP_COLOURS, THIN_OUT):
        chapter.evaluate(thin)
    assert len(tip.inner_text()) > 20
    assert not offences(chapter)
    assert not pale(tip)  # axe does not measure what lies above other words
    tip.evaluate("e => { e.style.color = '#777'; e.style.background = '#666'; }")
    assert pale(tip)
    tip.evaluate("e => { e.innerHTML = '<button></button>'; }")
    assert offences(chapter)


# Numbers and names that are links -------------------------------------------------

# For each page: links that were added, what they may lead to, and what is odd.
READ = """async (addresses) => {
    const pages = {};
    for (const address of addresses) {
        const html = await (await fetch(address)).text();
        const page = new DOMParser().parseFromString(html, "text/html");
        const base = new URL(address, location.origin);
        const all = (selector) => [...page.querySelectorAll(selector)];
        const text = (e) => e?.textContent.replace(/\\s+/g, " ").trim() ?? "";
        const labels = {};
        const kinds = [["figure", "figcaption"], [".math", ".eqno"], [".citation", "p"],
            ["section.exercise", "h3"], ["dl.glossary dt", ":scope"]];
        for (const [kind, label] of kinds) {
            for (const e of all(`${kind}[id]`)) {
                labels[e.id] = text(label == ":scope" ? e : e.querySelector(label));
            }
        }
        pages[base.pathname] = {
            labels,
            links: all("article a.added").map((a) => {
                const url = new URL(a.getAttribute("href"), base);
                return [text(a), url.pathname, decodeURIComponent(url.hash.slice(1))];
            }),
            undefined: all("article a.added-term").filter((a) => !page.getElementById(
                a.hash.replace("#term-", "definition-"))?.textContent.trim()).map(text),
            headings: all(":is(h1, h2, h3, h4) a.added").map(text),
            alone: all("section.exercise").filter((e) =>
                e.querySelector("h3 a.headerlink")?.getAttribute("href") != "#" + e.id
            ).map((e) => e.id),
            open: all("article details[open]").map(text),
            asides: all(":is(h2, h3, h4)").filter((e) => text(e).startsWith("Aside:")
                && !e.matches("details.aside > summary > *")).map(text),
            solved: all("section.exercise").filter((e) => ["check", "hint", "solution"]
                .some((kind) => !e.querySelector(`.${kind}`))).map((e) => e.id),
        };
    }
    return pages;
}"""
KEY = r"(?:\d+[a-z]?|L)\.(?:\d+|lab)"


@pytest.fixture(scope="module")
def book(site, browser):
    """All chapters, the glossary and the bibliography, as the site has them."""
    page = browser.new_page()
    page.goto(f"{site}/book/references.html")
    names = [f"/notebooks/{name}.html" for name in CHAPTERS]
    names += ["/book/references.html", "/book/glossary.html"]
    yield page.evaluate(READ, names)
    page.close()


def wrong_links(book):
    """Yield each added link that does not lead to what its words say."""
    for address, page in book.items():
        for words, path, name in page["links"]:
            label = book.get(path, {"labels": {}})["labels"].get(name)
            if label is None:
                yield f"{address}: {words!r} leads to nothing"
            elif number := re.search(KEY, words):
                kind = {"fig": "Figure ", "ex": "Exercise ", "eq": "("}
                begin = kind[name.partition("-")[0]] + number[0]
                said = words.partition(number[0])[0].strip(" \xa0").rstrip("s")
                if not re.match(re.escape(begin) + r"\b", label):
                    yield f"{address}: {words!r} leads to {label!r}"
                elif said.capitalize() not in ("", begin.split()[0], "("):
                    yield f"{address}: {words!r} leads to {label!r}"
            elif year := re.search(r"\d{4}[a-h]?\b", words):
                who = re.split(" and | et al", words[: year.start()].strip(" (,"))
                if any(part not in label for part in [*filter(None, who), year[0]]):
                    yield f"{address}: {words!r} leads to {label!r}"


def test_added_links_lead_to_what_they_say(book):
    assert sum(len(page["links"]) for page in book.values()) > 1000
    assert not list(wrong_links(book))


def test_a_wrong_link_is_noticed(book):
    here = f"/{PERCEPTRON}"
    cites = "/book/references.html"
    pairs = [
        ["figure 2.2", here, "fig-2-1"],
        ["figure 2.2", here, "ex-2-2"],
        ["(2.1)", here, "eq-2-2"],
        ["exercises 2.1", here, "ex-2-10"],
        ["2.2", here, "ex-2-3"],
        ["perceptron", "/book/glossary.html", "term-none"],
        ["Rosenblatt (1962)", cites, "cite-rosenblatt1958perceptron"],
        ["Block, 1958", cites, "cite-rosenblatt1958perceptron"],
    ]
    spoilt = {"/made-up.html": {"links": pairs}}
    assert len(list(wrong_links({**book, **spoilt}))) == len(pairs)


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        ("undefined", "words without a definition"),
        ("headings", "links that were added in a heading"),
        ("alone", "exercises without a link to themselves"),
        ("open", "hints, solutions or asides that are open"),
        ("asides", "asides that cannot be closed"),
        ("solved", "exercises without a check, hints or a solution"),
    ],
)
def test_chapters_have_no(odd, what, book):
    assert not {address: page[odd] for address, page in book.items() if page[odd]}, what


def test_what_is_odd_is_noticed(site, clean_page):
    page = clean_page
    page.goto(f"{site}/book/references.html")
    spoilt = """<article><h2>Aside: <a class="added">x</a></h2>
        <a class="added added-term" href="#term-none">x</a>
        <section class="exercise" id="ex-0-1"><h3>x</h3></section>
        <details open><summary>x</summary></details></article>"""
    page.route("**/made-up.html", lambda route: route.fulfill(body=spoilt))
    found = page.evaluate(READ, ["/made-up.html"])["/made-up.html"]
    for odd in ("undefined", "headings", "alone", "open", "asides", "solved"):
        assert len(found[odd]) == 1, odd


@pytest.mark.parametrize(
    ("kind", "inside"),
    [("fig", "figcaption"), ("eq", ".eqno"), ("ex", "h3"), ("cite", "p")],
)
def test_a_click_leads_to_what_has_the_number(kind, inside, book, site, clean_page):
    """From the first chapter that mentions one of this kind on the same page."""
    address, path, name = next(
        (address, path, name)
        for address, page in book.items()
        for _, path, name in page["links"]
        if name.startswith(f"{kind}-") and (kind == "cite" or path == address)
    )
    page = clean_page
    page.goto(f"{site}{address}")
    settle(page)
    page.evaluate(
        "document.querySelectorAll('details').forEach((e) => (e.open = true))"
    )
    page.locator(f"article a.added[href$='#{name}']").first.click()
    page.wait_for_function(LANDED, arg=f"[id='{name}']")
    assert page.url.endswith(f"{path}#{name}")
    settle(page)
    label = page.locator(f"[id='{name}']").locator(inside).first
    assert label.is_visible()
    assert (
        " ".join(label.inner_text().split())
        .rstrip("#")
        .startswith(book[path]["labels"][name].rstrip("#")[:40])
    )


def test_an_address_leads_there_on_a_slow_machine(site, browser):
    """Where the formulas are set, and change the page, after it was scrolled."""
    page = new_page(browser)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{site}/{PERCEPTRON}#fig-2-2")
    settle(page)
    page.wait_for_timeout(SLOW)
    place = page.locator("#fig-2-2").bounding_box()["y"]
    page.context.close()
    assert 30 < place < 120


def test_a_reader_who_has_moved_on_is_left_alone(site, page):
    page.add_init_script(
        """addEventListener("load", () => {
            dispatchEvent(new Event("wheel"));
            scrollTo({ top: 50, behavior: "instant" });
        });"""
    )
    page.goto(f"{site}/{PERCEPTRON}#fig-2-2")
    settle(page)
    page.wait_for_timeout(SLOW)
    assert page.evaluate("scrollY") < 500


def test_an_exercise_has_a_link_to_itself(chapter):
    heading = chapter.locator("section.exercise h3").nth(2)
    heading.hover()
    link = heading.locator("a.headerlink")
    chapter.wait_for_function(
        "e => getComputedStyle(e).opacity == 1", arg=link.element_handle()
    )
    link.click()
    assert chapter.url.endswith("#ex-2-2")


# Hints, solutions, asides ---------------------------------------------------------


def test_solutions_and_hints_open_by_keyboard(chapter):
    exercise = chapter.locator("section.exercise").nth(1)
    solution = exercise.locator("details.solution")
    code = solution.locator("div.highlight pre")
    assert not code.is_visible()
    summary = solution.locator("summary")
    summary.focus()
    chapter.keyboard.press("Enter")
    assert code.is_visible()
    assert code.locator("span[class]").count() > 3
    chapter.keyboard.press("Enter")
    assert not code.is_visible()

    hints = exercise.locator("details.hint")
    seen = [hint.is_visible() for hint in hints.locator("> p").all()]
    assert not any(seen)
    hints.first.locator("summary").first.focus()
    chapter.keyboard.press("Space")
    for place in range(1, hints.count()):
        chapter.keyboard.press("Tab")
        focus = "document.activeElement.textContent"
        assert chapter.evaluate(focus).startswith(f"Hint {place + 1}")
        chapter.keyboard.press("Space")
    assert all(hint.is_visible() for hint in hints.locator("> p").all())


def test_formulas_in_solutions_are_set(chapter):
    chapter.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    formulas = chapter.locator("details.solution .katex")
    assert formulas.count() > 5
    for box in formulas.evaluate_all("all => all.map(e => e.offsetWidth)"):
        assert box > 3
    text = "e => e.map(p => p.innerText).join()"
    assert "\\(" not in chapter.locator("details.solution p").evaluate_all(text)


ASIDE = f"""<section id="aside-made-up">{OPENING}<h2>Aside: a digression</h2></summary>
<p style="height: 900px">High.</p><p id="inside">Inside.</p>
<details><summary>More</summary><p id="deep">Deep.</p></details></details></section>
<p><a href="#inside" id="to-inside">To the inside</a></p>"""


@pytest.fixture
def with_aside(site, clean_page, look):
    """Return ``with_aside(hash)``: a page of the site whose article has an aside."""
    page = look(clean_page)
    page.emulate_media(reduced_motion="reduce")  # no scroll crosses another

    def insert(route):
        body = route.fetch().text()
        route.fulfill(body=body.replace("</article>", f"{ASIDE}</article>", 1))

    def open_page(fragment=""):
        page.goto(f"{site}/book/references.html{fragment}")
        settle(page)
        return page

    page.route("**/references.html", insert)
    yield open_page
    page.unroute("**/references.html")


def test_an_aside_is_closed_and_opens_by_keyboard(with_aside):
    page = with_aside()
    assert page.get_by_role("heading", name="Aside: a digression").is_visible()
    assert not page.locator("#inside").is_visible()
    page.locator("details.aside > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#inside").is_visible()


@pytest.mark.parametrize("name", ["inside", "deep", "aside-made-up"])
def test_an_aside_opens_for_an_address(name, with_aside):
    page = with_aside(f"#{name}")
    page.wait_for_function(LANDED, arg=f"#{name}")
    assert page.locator("#inside").is_visible()
    assert page.locator("#deep").is_visible() == (name == "deep")


def test_an_aside_opens_for_a_link(with_aside):
    """Chromium would open it by itself; other browsers tell the page's script."""
    page = with_aside()
    aside = page.locator("details.aside")
    for act in (
        "document.getElementById('to-inside').click()",
        "dispatchEvent(new Event('hashchange'))",
    ):
        aside.evaluate("e => { e.open = false; }")
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        page.evaluate(act)
        page.wait_for_function(LANDED, arg="#inside")
        assert page.locator("#inside").is_visible()


def test_an_aside_opens_on_paper(with_aside):
    page = with_aside()
    page.evaluate(
        """() => {
            window.printed = [];
            const all = () => [...document.querySelectorAll("details")];
            const note = () => printed.push(all().map((e) => e.open));
            addEventListener("beforeprint", note);
        }"""
    )
    page.pdf()
    closed = "[...document.querySelectorAll('details')].map(e => e.open)"
    assert page.evaluate("printed") == [[True, False]]
    assert page.evaluate(closed) == [False, False]


def test_solutions_stay_closed_on_paper(chapter):
    chapter.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert chapter.locator("article details.solution[open]").count() == 0
    chapter.evaluate("dispatchEvent(new Event('afterprint'))")


# Search and code ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("exercise 4.3", "04-learning.html#ex-4-3"),
        ("figure 2.2", "02-perceptron.html#fig-2-2"),
        ("exercise 6b.10", "06b-initial-values-and-batch-norm.html#ex-6b-10"),
    ],
)
def test_search_finds_a_number(words, target, site, page):
    page.goto(f"{site}/search.html?q={words.replace(' ', '+')}")
    page.locator("#search-results li a").nth(1).wait_for()
    links = page.locator("#search-results li a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    found = [link.endswith(target) for link in links[:2]]
    assert any(found), links[:5]
    page.locator("#search-results li a").nth(found.index(True)).click()
    page.wait_for_function(LANDED, arg=f'[id="{target.partition("#")[2]}"]')


CUT_OFF = """() => {
    for (const e of document.querySelectorAll("details")) e.open = true;
    const blocks = [...document.querySelectorAll(
        "div.cell_input pre, section.exercise .solution pre")];
    return [blocks.length, blocks.filter(
        (e) => !e.clientWidth || e.scrollWidth > e.clientWidth
    ).map((e) => `${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 60)}`)];
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_line_of_code_is_cut_off(name, site, clean_page, look):
    look(clean_page)
    clean_page.goto(f"{site}/notebooks/{name}.html", wait_until="domcontentloaded")
    clean_page.evaluate("document.fonts.ready")
    count, wide = clean_page.evaluate(CUT_OFF)
    assert count > 20
    assert not wide


def test_a_line_that_is_cut_off_is_noticed(chapter):
    last = "[...document.querySelectorAll('div.cell_input pre')].at(-1)"
    chapter.evaluate(f"{last}.append('x'.repeat(120))")
    assert len(chapter.evaluate(CUT_OFF)[1]) == 1
