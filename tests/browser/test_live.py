"""Python in the page: cells that run, exercises that are checked, and how it looks."""

import os
import re
import subprocess
import sys

import pytest
from site_tools import HTML, LAPTOP, PATIENCE, PHONE, ROOT, at_rest, new_page, offences

CHAPTER = "notebooks/02-perceptron.html"
LIVE = HTML / "_static" / "live"
LISTEN = """addEventListener("live-done", ({ detail }) => {
    (globalThis.done ??= []).push(detail);
})"""
RIGHT = """\
w1, w2, b = -1, -1, 0.5

check("2.1", (w1, w2, b))"""


@pytest.fixture(scope="session")
def live(site):
    """Return the address of the site with Python in its pages."""
    if not (LIVE / "pyodide" / "pyodide.js").exists():
        reason = "no Python in the built pages: run `make live`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    if "_static/live/live.js" not in (HTML / CHAPTER).read_text("utf-8"):
        subprocess.run([sys.executable, "tools/live.py"], cwd=ROOT, check=True)
    return site


def opened(page, live, address=CHAPTER):
    """Open a page that notes which cells have run."""
    page.set_default_timeout(PATIENCE)
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(LISTEN)
    page.goto(f"{live}/{address}")
    page.locator(".live-run").first.wait_for()
    return page


@pytest.fixture(scope="module")
def python(live, browser):
    """One page of chapter 2, whose Python all tests use that need a running one."""
    page = opened(new_page(browser), live)
    yield page
    problems = page.problems
    page.context.close()
    assert not problems, "\n".join(problems)


def cell(page, n):
    """Return the n-th cell of a page."""
    return page.locator(f"div.cell[data-n='{n}']")


def output(page, n):
    """Return what the n-th cell shows, without blank lines."""
    text = cell(page, n).locator("> .cell_output").inner_text()
    return re.sub(r"\n\s*\n", "\n", text).strip()


def write(page, n, code):
    """Put code into the n-th cell."""
    if cell(page, n).locator(".live-edit").is_visible():
        cell(page, n).locator(".live-edit").click()
    cell(page, n).locator(".cm-content").press("ControlOrMeta+a")
    page.keyboard.insert_text(code)


def wait(page, n):
    """Wait until the n-th cell has run, and no other one waits."""
    page.wait_for_function(
        """n => (globalThis.done ?? []).at(-1)?.id === n
                && !document.querySelector(".live-busy, .live-waits")""",
        arg=n,
        polling=300,
    )


def run(page, n):
    """Run the n-th cell; return which cells ran."""
    page.evaluate("globalThis.done = []")
    cell(page, n).locator(".live-run").click()
    wait(page, n)
    return page.evaluate("done.map(({ id }) => id)")


def loaded(page):
    """Note the addresses that a page loads from now on; return the list."""
    addresses = []
    page.on("request", lambda r: addresses.append(r.url.partition("/_static/")[2]))
    return addresses


# ---- Without Python: what a page is before its first run ----


def test_nothing_is_loaded_before_the_first_run(live, page):
    addresses = loaded(page)
    opened(page, live)
    at_rest(page)
    ours = {a.partition("?")[0] for a in addresses if a.startswith(("live", "codem"))}
    assert ours == {"live/live.js", "live/live.css"}
    assert (
        sum((LIVE / name).stat().st_size for name in ("live.js", "live.css")) < 30_000
    )
    assert page.locator(".live-run").count() == page.locator("div.cell").count() == 91


def test_slow_cells_are_announced(live, page):
    times = '{"02-perceptron": {"5": 14.4, "7": 30.6}}'
    page.route("**/times.json", lambda route: route.fulfill(body=times))
    addresses = loaded(page)
    opened(page, live)
    cell(page, 8).locator(".live-run").click()
    ask = page.get_by_role("dialog")
    assert ask.inner_text().startswith("7 cells above have to run first: about 45 s.")
    assert ask.get_by_role("button").all_inner_texts() == [
        "Run all of it",
        "Run only what this cell needs",
        "Keep what is shown",
    ]
    page.keyboard.press("Escape")
    cell(page, 7).locator(".live-run").click()
    assert "This cell itself takes about 31 s in a browser." in ask.inner_text()
    ask.get_by_role("button", name="Keep what is shown").click()
    assert page.evaluate("document.activeElement.ariaLabel") == "Run cell 7"
    assert not any(a.startswith("live/worker.js") for a in addresses)


def test_the_keyboard_reaches_everything(live, page):
    opened(page, live)
    page.get_by_role("button", name="Run cell 1", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".cm-content:focus").wait_for()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("x = (1")
    shown = cell(page, 1).locator(".cm-content")
    assert shown.inner_text().endswith("\n    x = (1)")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Run cell 1"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaLabel") == "Reset cell 1"
    page.keyboard.press("Enter")
    cell(page, 1).locator("pre:visible").first.wait_for()
    assert (
        cell(page, 1).locator("pre").first.inner_text().startswith("import itertools")
    )
    stops = page.locator(".live-row button[tabindex='0']")  # one for each cell
    assert stops.evaluate_all("all => all.map((e) => e.ariaLabel)") == [
        f"Run cell {n + 1}" for n in range(91)
    ]


def test_the_editor_has_the_colours_of_the_page(live, page, look):
    colours = """(words) => words.map((word) => [...document.querySelectorAll(
        "[data-n='3'] :is(pre:not([hidden]), .cm-content) span"
    )].find((e) => e.textContent === word && !e.firstElementChild))
      .map((e) => e && getComputedStyle(e).color)"""
    words = ["def", "perceptron_by_hand", "return", "1", "for"]
    for dark in (False, True):
        look(page, dark=dark)
        opened(page, live)
        before = page.evaluate(colours, words)
        cell(page, 3).locator(".live-edit").click()
        cell(page, 3).locator(".cm-content").wait_for()
        page.wait_for_function(  # long code is coloured bit by bit
            f"([words, before]) => `${{({colours})(words)}}` === `${{before}}`",
            arg=[words, before],
        )


@pytest.mark.parametrize("dark", [False, True])
def test_accessible_and_no_wider_than_a_phone(dark, live, page, look):
    look(page, dark=dark, width=PHONE)
    page.emulate_media(reduced_motion="reduce")
    opened(page, live)
    section = page.locator("#ex-2-1")
    section.locator(".live-edit").first.click()
    section.locator(".cm-content").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    boxes = [
        one.bounding_box() for one in section.locator(".live-row button:visible").all()
    ]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 40
    page.evaluate(
        "document.querySelectorAll('section:not(#exercises, #exercises *) "
        "> :not(section, h1, h2)').forEach((e) => e.remove())"
    )
    assert not offences(page)


def test_storage_that_is_refused_breaks_nothing(live, page):
    page.add_init_script("""for (const name of ["getItem", "setItem", "removeItem"]) {
        const act = Storage.prototype[name];
        Storage.prototype[name] = function (key, ...rest) {
            if (key.startsWith("dlscratch")) throw new DOMException("refused");
            return act.call(this, key, ...rest);
        };
    }""")
    opened(page, live)
    write(page, 59, RIGHT)
    cell(page, 59).locator(".live-reset").click()
    assert "..., ..., ..." in cell(page, 59).locator("pre").first.inner_text()


def test_a_page_opened_as_a_file_says_how_to_run_it(live, browser):
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: m.type == "error" and problems.append(m.text))
    page.goto((HTML / CHAPTER).as_uri())
    assert "make serve" in page.locator(".live-server").inner_text()
    assert page.locator(".live-run").count() == 0
    assert not [problem for problem in problems if "live" in problem]
    page.close()


# ---- With Python ----


def test_a_chapter_runs_whole(python, look):
    page = look(python)
    page.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
    before = page.locator("div.cell").evaluate_all(
        "all => all.map((e) => e.querySelector('.cell_output')?.innerText.trim() ?? '')"
    )
    figures = page.locator(".cell_output figure[id]").evaluate_all("all => all.length")
    page.get_by_role("button", name="Run the code of this page").click()
    page.get_by_role("button", name="Run all cells").click()
    loads = page.get_by_text("Loading").first
    asks = page.get_by_role("button", name="Run them")  # where it takes over 10 s
    loads.or_(asks).wait_for()
    if asks.is_visible():
        asks.click()
    loads.wait_for()
    wait(page, 91)
    assert page.evaluate("done.length") == 91
    page.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
    after = page.locator("div.cell").evaluate_all(
        "all => all.map((e) => e.querySelector('.cell_output')?.innerText.trim() ?? '')"
    )
    told = [text.partition("\n")[0] for text in before]
    assert [text.partition("\n")[0] for text in after] == told
    assert after == before
    assert page.locator(".live-failed").count() == 0
    assert page.locator(".cell_output figure[id]").count() == figures == 13
    assert page.locator(".dlx:not([data-live])").count() == 0
    ids = page.locator("[id]").evaluate_all("all => all.map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_new_figures_look_like_the_printed_ones(mode, python, look):
    page = look(python, dark=mode == "dark")
    cell(page, 12).scroll_into_view_if_needed()
    images = cell(page, 12).locator("figure img:visible")
    assert images.count() == 1
    assert images.get_attribute("class") == f"paper-{mode}"
    assert images.get_attribute("src").startswith("blob:")
    assert "Four squares" in images.get_attribute("alt")
    assert images.evaluate("e => e.decode().then(() => e.naturalWidth)") > 300
    now = images.bounding_box()
    cell(page, 12).locator(".live-reset").click()
    page.locator(f"#fig-2-3 img[src$='.svg'].paper-{mode}").wait_for()
    printed = page.locator("#fig-2-3 img:visible").bounding_box()
    assert (now["width"], now["height"]) == (printed["width"], printed["height"])
    run(page, 12)
    look(python)


def test_an_explorable_works(python):
    figure = cell(python, 2).locator(".dlx[data-live]")
    figure.get_by_role("slider").first.press("ArrowRight")
    assert figure.get_by_role("slider").count() >= 3


def test_an_edited_cell_says_something_else(python):
    write(python, 8, "print('six times seven is', 6 * 7)\n6 * 7")
    python.keyboard.press("Shift+Enter")
    wait(python, 8)
    assert output(python, 8).split("\n") == ["six times seven is 42", "42"]
    said = python.locator(".live-bar [role=status]").inner_text()
    assert said.startswith("Cell 8 ran: six times seven is 42")
    assert python.evaluate("document.activeElement.className.includes('cm-content')")
    cell(python, 8).locator(".live-reset").click()
    assert output(python, 8).startswith("scores:")


def test_an_error_shows_the_readers_own_lines(python):
    write(python, 9, "import dlscratch.layers as L\n\nnp.zeros((3, 2)) @ np.zeros(3)")
    run(python, 9)
    assert "In this cell, line 3:\nnp.zeros((3, 2)) @ np.zeros(3)" in output(python, 9)
    assert "_browser" not in output(python, 9)
    assert output(python, 9).rpartition("\n")[2].startswith("ValueError: matmul")
    assert "Cell 9 stopped: ValueError" in python.locator(".live-words").inner_text()
    write(python, 9, "gate('AND')(3)")
    run(python, 9)
    assert "Below, in cell 18, line 3" in output(python, 9)
    write(python, 9, "for x in 1, 2\n    print(x)")
    run(python, 9)
    assert "In this cell, line 1:\nfor x in 1, 2\n" in output(python, 9)
    assert output(python, 9).endswith("SyntaxError: expected ':'")
    write(python, 9, "check('2.2', lambda x, w, b: x.nothing)")
    run(python, 9)
    assert "✘ 2.2" in output(python, 9)
    cell(python, 9).locator(".live-reset").click()


def test_too_much_output_is_cut(python):
    write(python, 9, "for i in range(100_000):\n    print('again', i)")
    run(python, 9)
    assert "is not shown" in output(python, 9)[-100:]
    assert len(output(python, 9)) < 60_000
    cell(python, 9).locator(".live-reset").click()


def test_a_bar_of_progress_keeps_its_place(python):
    code = "for i in range(3):\n    print(f'\\r{i} of 3', end='')\nprint('\\nend')"
    write(python, 9, code)
    run(python, 9)
    assert output(python, 9) == "2 of 3\nend"
    cell(python, 9).locator(".live-reset").click()


def test_an_exercise(python):
    page = python
    said = page.locator(".live-bar [role=status]")
    write(page, 59, RIGHT.replace("0.5", "-0.5"))
    page.keyboard.press("Control+Enter")
    wait(page, 59)
    assert output(page, 59).startswith("✘ 2.1")
    assert said.inner_text().startswith("✘ 2.1")
    assert page.locator(".live-solved").count() == 0

    endless = (
        "def at_least(k, n):\n    while True:\n        pass\n\ncheck('2.3', at_least)"
    )
    write(page, 65, endless)
    run(page, 65)
    assert "did not finish" in output(page, 65)

    write(page, 59, RIGHT)
    run(page, 59)
    assert output(page, 59).startswith("✔ 2.1")
    assert "✔" in page.locator("#ex-2-1 h3").inner_text()
    link = page.locator("nav.bd-links .current > a")
    assert "✔ 1/12" in link.inner_text()
    assert "(1 of 12 exercises solved)" in link.inner_text()


def test_stop_and_start_afresh(python):
    page = python
    write(page, 6, "while True:\n    pass")
    cell(page, 6).locator(".live-run").click()
    page.locator(".live-busy").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Python has stopped").first.wait_for()
    assert page.locator(".live-busy").count() == 0
    cell(page, 6).locator(".live-reset").click()
    assert run(page, 5) == [1, 2, 3, 4, 5]
    # Of exercises, only what they need runs before them.
    assert run(page, 74) == [74]


def test_answers_stay_on_this_device_until_they_are_cleared(python):
    page = python
    page.reload()
    cell(page, 59).locator(".cm-content").wait_for()
    lines = cell(page, 59).locator(".cm-line").all_text_contents()
    assert "\n".join(lines) == RIGHT
    assert "your answer" in cell(page, 59).locator(".live-note").inner_text()
    assert "scores:" in cell(page, 8).locator("pre").first.inner_text()
    assert "✔" in page.locator("#ex-2-1 h3").inner_text()
    page.get_by_role("button", name="Run the code of this page").click()
    page.get_by_role("button", name="Clear answers and marks").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete them").click()
    cell(page, 59).locator("pre:visible").first.wait_for()
    assert page.locator(".live-solved").count() == 0
    keys = page.evaluate("Object.keys(localStorage)")
    assert not [key for key in keys if key.startswith("dlscratch")]


def test_a_phone_is_led_to_the_jupyter_that_has_room(live, browser):
    for width, app in (PHONE, "notebooks"), (LAPTOP, "lab"):
        page = opened(new_page(browser, width), live)
        link = page.locator('.live-menu a[href*="/lite/"]')
        assert f"/lite/{app}/index.html?path=02" in link.get_attribute("href")
        page.context.close()


def test_a_phone_runs_a_cell_by_touch(live, browser):
    page = opened(new_page(browser, PHONE, has_touch=True, is_mobile=True), live)
    cell(page, 3).locator(".live-run").tap()
    wait(page, 3)
    assert output(page, 3).startswith("free evening 0, rain 0: go cycling 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.context.close()
    assert not page.problems
