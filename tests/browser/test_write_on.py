"""A GPT writes on in the page, loaded when asked for; its numbers are NumPy's."""

import base64
import importlib
import os
import time
from functools import cache

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    problem,
    said,
    stop_clock,
    values,
    words,
)
from nbformat import v4
from site_tools import at_rest, new_page, served
from test_site_extension import build, output

from dlscratch.attention import generate
from dlscratch.explorables import write_on
from dlscratch.explorables.explorable import halves, script
from dlscratch.explorables.random_numbers import uniform
from dlscratch.explorables.write_on import CHARACTERS, go_on, network, weights_file
from dlscratch.functions import softmax
from dlscratch.models import pretrained

module = importlib.import_module("dlscratch.explorables.write_on")
model = cache(network)
START = "ROMEO:\n"
LONG = "To be, or not to be, that is the question: whether tis nobler i"  # 63
BARS = ".wo-bar"
FILE, TEXT = weights_file()
LOAD = "Load the network (2.1 MB)"


def encode(text):
    return [CHARACTERS.index(letter) for letter in text]


def expected(text, written="", temperature=0.8, seed=1):
    """Return the probabilities of all letters, and which of them the die gives."""
    scores = model().predict(np.array([encode(text + written)[-64:]]))[0, -1]
    if temperature == 0:
        p = np.eye(65)[scores.argmax()]
    else:
        p = softmax(scores / temperature)
    u = uniform(seed, len(written) + 1)[-1]
    return p, int((p.cumsum() > u * p.sum()).argmax())


def check_figure(page, text=START, written="", *, temperature=0.8, seed=1, rtol=1e-9):
    """Compare what the page shows with what the library computes."""
    p, drawn = expected(text, written, temperature, seed)
    assert page.locator(".wo-text").text_content() == text + written
    best = [*np.argsort(-p, kind="stable")[:10]]
    if drawn not in best:
        best[-1] = drawn
    letters = page.locator(BARS).evaluate_all("all => all.map(e => e.dataset.letter)")
    assert letters == [CHARACTERS[k] for k in best]
    found = values(page, f"{BARS} [data-value]")
    np.testing.assert_allclose(found, p[best], rtol=rtol, atol=1e-12)
    (others,) = values(page, "[data-others]")
    assert others == pytest.approx(1 - p[best].sum(), abs=1e-9)
    ring = page.locator(".wo-drawn")
    assert ring.evaluate_all("all => all.map(e => e.dataset.letter)") == [
        CHARACTERS[drawn]
    ]
    assert "".join(page.locator(".wo-text b").all_text_contents()) == text
    unseen = max(0, len(text + written) - 64)
    past = "".join(page.locator(".wo-past").all_text_contents())
    assert past == (text + written)[:unseen]
    return CHARACTERS[drawn]


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def one(page, n=1):
    for _ in range(n):
        button(page, "Write one letter").click()


def begin(page, text):
    page.get_by_label("Your beginning").fill(text)


def bar(page, letter):
    return page.locator(f'{BARS}[data-letter="{letter}"]')


def choose(page, label, value):
    page.get_by_label(label, exact=True).fill(str(value))


@pytest.fixture
def figure(open_html):
    page = open_html(write_on(embed=True)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


# ------------------------------------------------------------------ the numbers


def test_the_reference_is_the_shipped_network():
    shipped = pretrained("shakespeare-gpt")
    ids = np.array([encode(LONG)])
    close = {"rtol": 1e-5, "atol": 1e-5}
    mine = [p.value for p in model().parameters]
    for p, q in zip(shipped.parameters, mine, strict=True):
        np.testing.assert_array_equal(p.value, q)
    np.testing.assert_allclose(shipped.predict(ids), model().predict(ids), **close)
    packed = np.frombuffer(base64.b64decode(halves(shipped)), "<f2")
    flat = np.concatenate([p.value.ravel() for p in shipped.parameters])
    np.testing.assert_array_equal(packed, flat)
    rng = np.random.default_rng(0)
    likeliest = generate(shipped, ids[0], 8, rng=rng, temperature=0, cache=True)
    assert encode(LONG + go_on(model(), LONG, 8, 0, 1)) == [*likeliest]


def test_what_is_seen_at_once(figure):
    drawn = check_figure(figure)
    assert said(figure).endswith("The network sees all 7 characters.")
    name = {" ": "a blank", "\n": "a new line"}.get(drawn, f"“{drawn}”")
    assert f"; the die gives {name}." in said(figure)


def test_letter_by_letter(figure):
    sample = go_on(model(), START, 9, 0.8, 1)
    for k in range(9):
        assert check_figure(figure, START, sample[:k]) == sample[k]
        one(figure)
    check_figure(figure, START, sample)
    assert write_on().fallback.count((START + sample).splitlines()[1]) == 1


def test_the_window_slides(figure):
    """Also 1e-5 close to the network as it is shipped, in float32."""
    begin(figure, LONG)
    sample = go_on(model(), LONG, 4, 0.8, 1)
    for k in range(4):
        check_figure(figure, LONG, sample[:k])
        assert ("the last 64 of" in said(figure)) == (k > 1)
        one(figure)
    check_figure(figure, LONG, sample)
    ids = np.array([encode(LONG + sample)[-64:]])
    p = softmax(pretrained("shakespeare-gpt").predict(ids)[0, -1].astype(float) / 0.8)
    found = values(figure, f"{BARS} [data-value]")
    np.testing.assert_allclose(found[:5], np.sort(p)[:-6:-1], atol=1e-5)
    for k in (3, 2, 1, 0):
        button(figure, "Back one").click()
        check_figure(figure, LONG, sample[:k])


def test_what_is_kept_of_the_text_before_is_right(figure):
    """After changes at any place, over and over."""
    rng = np.random.default_rng(0)
    text = LONG[:40]
    for _ in range(6):
        at, letter = rng.integers(len(text)), CHARACTERS[rng.integers(2, 65)]
        text = text[:at] + letter + text[at + 1 :]
        begin(figure, text)
        check_figure(figure, text)
        written = ""
        for _ in range(3):
            letter = figure.locator(BARS).nth(rng.integers(10))
            written += letter.get_attribute("data-letter")
            letter.click()
            check_figure(figure, text, written)
        button(figure, "Back one").click()
        check_figure(figure, text, written[:-1])
    begin(figure, "!" * 200)
    check_figure(figure, "!" * 200)
    begin(figure, "!")
    check_figure(figure, "!")


@pytest.mark.parametrize("temperature", [0, 0.1, 1, 2])
def test_temperatures(figure, temperature):
    choose(figure, "temperature", temperature)
    drawn = check_figure(figure, temperature=temperature)
    one(figure)
    check_figure(figure, START, drawn, temperature=temperature)


def test_the_die(figure):
    """A seed gives the letter at each place; back, and the same letter comes again."""
    for seed in (0, 9999, 77):
        choose(figure, "seed", seed)
        sample = go_on(model(), START, 3, 0.8, seed)
        one(figure, 3)
        check_figure(figure, START, sample, seed=seed)
        button(figure, "Back one").click()
        one(figure)
        check_figure(figure, START, sample, seed=seed)
        button(figure, "Start again").click()
        check_figure(figure, seed=seed)
    seeds = set()
    for _ in range(5):
        button(figure, "Throw the die").click()
        seed = int(figure.get_by_label("seed", exact=True).input_value())
        assert 0 <= seed <= 9999
        check_figure(figure, seed=seed)
        seeds.add(seed)
    assert len(seeds) > 1


def test_a_rare_letter_of_the_die_has_a_bar_of_its_own(figure):
    text = "ROMEO"
    begin(figure, text)
    for seed in range(200):
        p, drawn = expected(text, temperature=2, seed=seed)
        if drawn not in np.argsort(-p)[:10]:
            break
    choose(figure, "temperature", 2)
    choose(figure, "seed", seed)
    check_figure(figure, text, temperature=2, seed=seed)
    assert "wo-drawn" in figure.locator(BARS).last.get_attribute("class")


# ------------------------------------------------------------------ the controls


def test_the_reader_chooses(figure):
    figure.locator(BARS).nth(2).click()
    p, _ = expected(START)
    written = CHARACTERS[np.argsort(-p)[2]]
    check_figure(figure, START, written)
    assert go_on(model(), START, 1, 0.8, 1) != written
    one(figure)
    p, drawn = expected(START, written)
    check_figure(figure, START, written + CHARACTERS[drawn])


def test_the_keyboard(figure):
    typed = figure.get_by_label("Your beginning")
    typed.press("Control+End")
    figure.keyboard.type("He")
    text = f"{START}He"
    check_figure(figure, text)
    button(figure, "Reset").focus()
    figure.keyboard.press("Tab")
    assert figure.locator(BARS).first.evaluate("e => e === document.activeElement")
    written = figure.locator(BARS).nth(2).get_attribute("data-letter")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        figure.keyboard.press(key)
    check_figure(figure, text, written)
    figure.keyboard.press("Shift+Q")
    figure.keyboard.press("!")
    check_figure(figure, text, f"{written}Q!")
    figure.keyboard.press("Backspace")
    check_figure(figure, text, f"{written}Q")
    figure.keyboard.press("Home")
    written += "Q" + figure.locator(BARS).first.get_attribute("data-letter")
    figure.keyboard.press("Space")
    check_figure(figure, text, written)
    assert figure.locator(f"{BARS}[tabindex='0']").count() == 1
    figure.get_by_label("temperature", exact=True).focus()
    figure.keyboard.press("ArrowRight")
    check_figure(figure, text, written, temperature=0.81)
    button(figure, "Back one").focus()
    for k in range(len(written) + 2):
        figure.keyboard.press("Enter")
        check_figure(figure, text, written[: max(0, 2 - k)], temperature=0.81)


def test_it_writes_on_until_it_is_stopped(page, open_html):
    stop_clock(page)
    open_html(write_on(embed=True)._repr_html_())
    sample = go_on(model(), START, 12, 0.8, 1)
    button(page, "Write on").click()
    assert page.locator(".wo-text").text_content() == START + sample[0]
    page.clock.run_for(5 * 40)
    check_figure(page, START, sample[:6])
    button(page, "Stop").click()
    page.clock.run_for(1000)
    check_figure(page, START, sample[:6])
    for stops in (
        lambda: begin(page, START),
        lambda: button(page, "Start again").click(),
        lambda: button(page, "Reset").click(),
    ):
        button(page, "Write on").click()
        page.clock.run_for(3 * 40)
        stops()
        page.clock.run_for(1000)
        check_figure(page)
        assert button(page, "Write on").count() == 1
    button(page, "Write on").click()
    page.clock.run_for(2 * 40)
    one(page)
    page.clock.run_for(1000)
    check_figure(page, START, sample[:4])
    page.locator(".dlx").evaluate("e => e.remove()")
    button(page, "Write on").count()


def test_without_motion_all_letters_come_at_once(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    stop_clock(page)
    open_html(write_on("A", temperature=0.5, embed=True)._repr_html_())
    button(page, "Write on").click()
    assert page.locator(".wo-text").text_content() == "A"
    assert button(page, "Stop").count() == 1
    page.clock.run_for(1000)
    sample = go_on(model(), "A", 60, 0.5, 1)
    check_figure(page, "A", sample, temperature=0.5)
    assert button(page, "Write on").count() == 1


def test_there_is_an_end(open_html, monkeypatch):
    monkeypatch.setattr(module, "MOST", 4)
    page = open_html(write_on(embed=True)._repr_html_())
    sample = go_on(model(), START, 4, 0.8, 1)
    button(page, "Write on").click()
    page.get_by_text("That is enough: 4 letters.").wait_for()
    check_figure(page, START, sample)
    one(page)
    page.locator(BARS).first.click()
    button(page, "Write on").click()
    check_figure(page, START, sample)
    assert button(page, "Write on").count() == 1
    button(page, "Back one").click()
    check_figure(page, START, sample[:3])


def test_what_cannot_be_read_is_said_and_loses_nothing(figure):
    one(figure, 2)
    written = go_on(model(), START, 2, 0.8, 1)
    strange = "The network has never seen “{}”. It knows the English letters, blanks, "
    strange += "new lines and !$&',-.3:;?"
    field = figure.get_by_label("Your beginning")
    for typed, complaint in (
        ("Röslein", strange.format("ö")),
        ("4 o'clock", strange.format("4")),
        ("🙂", strange.format("🙂")),
        ("", "Expected 1 to 200 characters, got 0."),
        ("a" * 201, "Expected 1 to 200 characters, got 201."),
    ):
        field.fill(typed)
        assert problem(figure) == complaint
        assert field.get_attribute("aria-invalid") == "true"
        assert field.input_value() == typed
        check_figure(figure, START, written)
    field.fill("’Tis ")  # as phones write it
    assert problem(figure) == ""
    assert field.get_attribute("aria-invalid") is None
    assert field.input_value() == "’Tis "
    check_figure(figure, "'Tis ")


def test_reset_and_arguments(open_html):
    ways = {"temperature": 1.5, "seed": 12}
    page = open_html(write_on("Ay, ", **ways, embed=True)._repr_html_())
    check_figure(page, "Ay, ", **ways)
    before = words(page)
    one(page, 2)
    begin(page, "No")
    choose(page, "seed", 3)
    choose(page, "temperature", 0)
    begin(page, "ß")
    button(page, "Reset").click()
    check_figure(page, "Ay, ", **ways)
    assert words(page) == before
    assert page.get_by_label("Your beginning").input_value() == "Ay, "


def test_the_status_says_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(write_on("Now, ", embed=True)._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert status.inner_text().startswith("The text ends in: Now, . Likeliest is “")
    bar(page, "t").click()
    page.clock.run_for(2000)
    assert status.inner_text().startswith("The text ends in: Now, t. Likeliest is “h”")
    begin(page, "#")
    page.clock.run_for(2000)
    assert status.inner_text().startswith("The network has never seen “#”")


def test_bars_say_what_they_are(figure):
    begin(figure, "ROMEO:")
    p, _ = expected("ROMEO:")
    assert p[0] > 0.99
    first = figure.locator(BARS).first
    assert first.get_attribute("aria-label") == "Write a new line, 100 %, the die’s"
    assert first.inner_text().split() == ["↵", "100", "%"]


def test_two_copies_on_a_page_are_independent(open_html):
    html = write_on(embed=True)._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    one(first, 2)
    check_figure(first, START, go_on(model(), START, 2, 0.8, 1))
    check_figure(second)


# ------------------------------------------------------------------ how it looks


def wrong(page):
    begin(page, "é" * 30)


def slid(page):
    begin(page, LONG * 3)
    one(page)


@pytest.mark.parametrize("prepare", [lambda page: None, slid, wrong])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, write_on(embed=True), prepare)


def test_accessible_and_narrow_without_the_network(open_html):
    check_accessible(open_html, write_on())


def test_it_is_seen_at_once(figure):
    for prepare in (lambda page: None, slid, wrong):
        prepare(figure)
        assert figure.locator(".dlx").bounding_box()["height"] <= 600


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(write_on(embed=True)._repr_html_(), width=390)
    slid(page)
    for node in page.locator(f"{BARS}, .dlx button, .dlx input").all():
        box = node.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    top = page.locator(".wo-text").bounding_box()["y"]
    last = page.locator(BARS).last.bounding_box()
    assert last["y"] + last["height"] - top <= 600


def test_the_layout_stays_while_it_writes(figure):
    def places():
        found = figure.locator(f"{BARS}, .dlx button, .wo-text, .dlx input, .wo-said")
        return [node.bounding_box() for node in found.all()]

    before = places()
    one(figure, 5)
    assert places() == before
    choose(figure, "temperature", 2)
    slid(figure)
    assert places() == before


def test_the_end_of_the_text_is_in_view(figure):
    begin(figure, "\n".join("abcdefghijklmnopqrstuvwxyz"))
    one(figure)
    shown = figure.locator(".wo-text")
    assert shown.evaluate("e => e.scrollTop + e.clientHeight >= e.scrollHeight - 1")
    assert shown.evaluate("e => e.scrollHeight > 1.5 * e.clientHeight")


def test_fallback(browser):
    check_fallback(browser, write_on())


def test_it_is_small():
    assert len(write_on().props) < 1000
    assert len(TEXT) < 2.2e6
    assert len(script("write-on").encode()) < 18 * 1024


# ------------------------------------------------------- where the network comes from


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small book with the figure twice on a page, built by the site's extension."""
    folder = tmp_path_factory.mktemp("site") / "book"
    shown = [write_on()._repr_html_(), write_on("Ay, ", seed=2)._repr_html_()]
    cells = [output(text_html=html) for html in shown]
    _, warnings, _ = build(folder, v4.new_markdown_cell("# 9. Small"), *cells)
    assert not warnings
    (folder / "html" / "favicon.ico").touch()  # a browser asks for it
    return folder / "html"


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as address:
        yield address


@pytest.fixture
def visit(browser):
    """Return ``visit(address) -> page``; ``page.asked`` is what it asked for."""
    opened = []

    def visit(address):
        page = new_page(browser)
        opened.append(page)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{address}/notebooks/09-small.html")
        page.locator(".dlx[data-live]").nth(1).wait_for()
        at_rest(page)
        return page

    yield visit
    for page in opened:
        page.context.close()


@pytest.fixture(params=["http", "file"])
def anywhere(request, folder):
    if request.param == "file":
        return folder.as_uri()
    return request.getfixturevalue("address")


def test_it_is_loaded_when_the_reader_asks(visit, anywhere):
    page = visit(anywhere)
    first, second = page.locator(".dlx[data-live]").all()
    text = START + go_on(model(), START, module.SAMPLE, 0.8, 1)
    assert first.locator(".wo-text").text_content() == text
    assert first.locator(BARS).all_inner_texts() == [""] * 10
    assert not [url for url in page.asked if "gpt" in url]
    before = len(page.asked)
    load = button(first, LOAD)
    load.focus()
    page.keyboard.press("Enter")
    button(first, "Write one letter").wait_for()
    assert page.asked[before:] == [f"{anywhere}/_static/{FILE}"]
    assert not load.is_visible()
    assert button(first, "Write one letter").evaluate(
        "e => e === document.activeElement"
    )
    check_figure(first)
    one(first)
    check_figure(first, START, text[len(START)])
    assert button(second, LOAD).is_visible()
    button(second, LOAD).click()
    check_figure(second, "Ay, ", seed=2)
    assert len(page.asked) == before + 1
    foreign = [
        one for one in page.problems if not one.startswith("foreign request: file:")
    ]
    assert not foreign


START_OF_IT = TEXT[:100_000]
SPOILT = {
    "missing": (None, "could not be read"),
    "empty": ("", "could not be read"),
    "another page": ("<!doctype html><p>Not found</p>", "could not be read"),
    "cut off": (START_OF_IT, "could not be read"),
    "cut off within its quotes": (f'{START_OF_IT}";', "is damaged"),
    "changed": (START_OF_IT + TEXT[100_000:].swapcase(), "is damaged"),
    "no base64": (f"{START_OF_IT}!#%&{TEXT[100_004:]}", "is damaged"),
}


@pytest.mark.parametrize(
    ("anywhere", "kind"),
    [*(("http", kind) for kind in SPOILT), ("file", "missing")],
    indirect=["anywhere"],
)
def test_a_file_that_is_missing_or_damaged_is_said(visit, anywhere, folder, kind):
    path = folder / "_static" / FILE
    path.unlink()
    text, what = SPOILT[kind]
    if text is not None:
        path.write_text(text)
    try:
        page = visit(anywhere)
        first = page.locator(".dlx[data-live]").first
        button(first, LOAD).click()
        first.locator("[data-problem]:not(:empty)").wait_for()
        assert problem(first).startswith(f"The file with the network {what}. ")
        assert problem(first).endswith("run write_on(embed=True) in the notebook.")
        assert button(first, LOAD).is_visible()
        assert not first.locator(BARS).first.is_visible()
    finally:
        path.write_text(TEXT)
        later = time.time() + 5  # the server tells versions apart by whole seconds
        os.utime(path, (later, later))
    button(first, LOAD).click()
    button(first, "Write one letter").wait_for()
    check_figure(first)


def test_a_notebook_without_the_site_says_what_to_do(open_html):
    page = open_html(write_on()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    assert page.locator("[data-elsewhere]").inner_text() == (
        "The network itself, 2.1 MB, is not in this notebook. To play with it, run "
        "explorables.write_on(embed=True) in a cell: then it comes with that cell’s "
        "output."
    )
    assert page.get_by_role("button").count() == 0
    text = START + go_on(model(), START, module.SAMPLE, 0.8, 1)
    assert page.locator(".wo-text").text_content() == text


def test_what_is_embedded_asks_for_nothing(browser):
    page = new_page(browser)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(
        f"<!doctype html><title>x</title>{write_on(embed=True)._repr_html_()}"
    )
    one(page)
    check_figure(page, START, go_on(model(), START, 1, 0.8, 1))
    assert not asked
    assert not page.problems
    page.context.close()
