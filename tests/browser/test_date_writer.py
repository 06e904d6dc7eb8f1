"""Two LSTMs write a date in the page; cells are erased, and the numbers are NumPy's."""

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    check_refused,
    pick,
    press,
    said,
    stop_clock,
    values,
    words,
)

from dlscratch.attention import attention, generate
from dlscratch.explorables import date_writer
from dlscratch.explorables.date_writer import EXAMPLES, PLACES, READS, WRITES, encode
from dlscratch.explorables.explorable import script
from dlscratch.functions import softmax
from dlscratch.models import pretrained

DATE = EXAMPLES[0]
CELLS = ".dw-cell"


def written(date, erased=(), keep=False):
    """Return what is written, the weights and the probabilities, by the whole model.

    The decoder reads all that was written at once, once more for each new character.
    ``erased`` counts rows and columns from 1.
    """
    halves, score = pretrained("dates-attention").layers
    Wq, Wkv, Wo = (p.value for p in halves.attention.parameters)
    source = encode([date], READS, PLACES)
    memory = halves.encoder.forward(halves.source.forward(source))
    k, v = np.split(memory @ Wkv, 2, axis=-1)
    allowed = np.repeat(source != 0, 10, axis=0)
    for t, s in erased:
        allowed[t - 1, PLACES - len(date) + s - 1] = False
    before = encode([written(date)[0]], WRITES, 10)[0] if keep else []
    ids = []
    for t in range(10):
        read = np.array([[0, *(before if keep else ids)[:t]]])
        halves.decoder.start = np.stack([memory[:, -1], 0 * memory[:, -1]])
        h = halves.decoder.forward(halves.target.forward(read))
        found, weights = attention(h @ Wq, k, v, allowed[: t + 1])
        p = softmax(score.forward(h + found @ Wo)[0])
        ids.append(p[-1].argmax())
    return "".join(WRITES[i] for i in ids), weights[0][:, -len(date) :], p


def check_figure(page, date, erased=(), keep=False):
    """Compare what the page shows with what the library computes, to 1e-9."""
    close = {"rtol": 1e-9, "atol": 1e-12}
    plain, *_ = written(date)
    now, weights, p = written(date, erased, keep)
    assert page.locator("[data-before]").inner_text() == plain
    assert page.locator("[data-after]").inner_text() == now
    assert "".join(page.locator("[data-out]").all_inner_texts()) == now
    changed = [a for a, b in zip(now, plain, strict=True) if a != b]
    assert page.locator("[data-after] .dw-new").all_inner_texts() == changed
    assert page.locator("[data-out].dw-new").all_inner_texts() == changed
    found = np.reshape(values(page, CELLS), (10, len(date)))
    np.testing.assert_allclose(found, weights, **close)
    np.testing.assert_allclose(values(page, "[data-p]"), p.max(axis=1), **close)
    pressed = page.locator(f"{CELLS}[aria-pressed=true]")
    assert pressed.count() == len(set(erased))
    assert all(one == "×" for one in pressed.all_inner_texts())
    return now, weights


def type_in(page, date):
    page.get_by_label("Date", exact=True).fill(date)


def cell(page, t, s):
    return page.get_by_role("button", name=f"Row {t}, ").and_(
        page.get_by_role("button", name=f", column {s}, ")
    )


def erase(page, *cells):
    for t, s in cells:
        cell(page, t, s).click()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def figure(open_html):
    page = open_html(date_writer()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


@pytest.mark.parametrize("date", [*EXAMPLES, "28 september 2099", "may"])
def test_the_reference_is_the_whole_model(date):
    model = pretrained("dates-attention")
    begun = np.append(encode([date], READS, PLACES), [[0]], axis=1)
    rng = np.random.default_rng(0)
    ids = generate(model, begun, 10, rng=rng, temperature=0)
    out, weights, p = written(date)
    assert out == "".join(WRITES[i] for i in ids[0, -10:])
    np.testing.assert_allclose(p, softmax(model.predict(ids[:, :-1])[0]), atol=1e-12)
    found = model.layers[0].attention.weights[0, 0, :, -len(date) :]
    np.testing.assert_allclose(weights, found, atol=1e-12)


def test_what_is_seen_at_once(figure):
    now, weights = check_figure(figure, DATE)
    assert now == "1984-03-07"
    assert said(figure) == (
        "To write character 7, 3, it looks most at “r” (49%). Erase that ringed cell: "
        "will the 3 change?"
    )
    hint = figure.locator(".dw-hint")
    assert hint.get_attribute("aria-label") == "Row 7, 3, column 5, “r”: weight 0.49"
    assert weights[6].argmax() == 4


def test_the_three_questions_have_three_answers(figure):
    figure.locator(".dw-hint").click()
    check_figure(figure, DATE, [(7, 5)])
    assert "1 erased. Changed: character 7 (3 → 5). Character 7: the 3" in said(figure)
    figure.locator(".dw-hint").click()
    now, _ = check_figure(figure, DATE, [(7, 5), (8, 8)])
    assert now == "1984-05-07"
    assert "Character 8: the - had 100%, and has" in said(figure)
    figure.locator(".dw-hint").click()
    now, _ = check_figure(figure, DATE, [(7, 5), (8, 8), (3, 11)])
    assert now == "1944-05-07"
    assert figure.locator(".dw-hint").count() == 0
    assert "will" not in said(figure)
    erase(figure, (7, 5))
    check_figure(figure, DATE, [(8, 8), (3, 11)])


def test_a_large_weight_may_not_matter(figure):
    _, weights = check_figure(figure, DATE)
    erase(figure, (8, 8))
    now, _ = check_figure(figure, DATE, [(8, 8)])
    assert weights[7, 7] > 0.9
    assert now == "1984-03-07"
    assert "1 erased. No change. Character 8: the - had 100%" in said(figure)


def test_the_ring_follows_what_is_seen_now(figure):
    type_in(figure, "28 september 2099")
    button(figure, "Erase row 1, 2").click()
    erase(figure, (5, 13))
    erased = [(5, 13), *((1, s) for s in range(1, 18))]
    now, weights = check_figure(figure, "28 september 2099", erased)
    assert now[6] != "9"
    s = weights[6].argmax()
    label = figure.locator(".dw-hint").get_attribute("aria-label")
    assert label.startswith("Row 7, ")
    assert f"column {s + 1}, " in label
    assert f"To write character 7, {now[6]}, it looks most at" in said(figure)


@pytest.mark.parametrize(
    "date", ["7/3/1984", "28 september 2099", "may", "1", "12/12/1912", "a,/ 99"]
)
def test_any_date(figure, date):
    type_in(figure, date)
    check_figure(figure, date)
    rng = np.random.default_rng(0)
    for _ in range(3):
        cells = {(t, s) for t, s in rng.integers(1, [11, len(date) + 1], (12, 2))}
        erase(figure, *cells)
        check_figure(figure, date, cells)
        pick(figure, "what it wrote before")
        check_figure(figure, date, cells, keep=True)
        pick(figure, "what it writes now")
        button(figure, "Restore all").click()
    check_figure(figure, date)


def test_rows_columns_and_all(figure):
    row = [(3, s) for s in range(1, 13)]
    button(figure, "Erase row 3, 8").click()
    check_figure(figure, DATE, row)
    column = [(t, 11) for t in range(1, 11)]
    button(figure, "Erase column 11, “8”").click()
    check_figure(figure, DATE, {*row, *column})
    button(figure, "Erase row 3, 8").click()
    check_figure(figure, DATE, [one for one in column if one[0] != 3])
    button(figure, "Erase column 11, “8”").click()
    check_figure(figure, DATE, column)
    button(figure, "Erase column 11, “8”").click()
    check_figure(figure, DATE)
    button(figure, "Erase all").click()
    everything = [(t, s) for t in range(1, 11) for s in range(1, 13)]
    check_figure(figure, DATE, everything)
    assert not any(values(figure, CELLS))
    pick(figure, "what it wrote before")
    check_figure(figure, DATE, everything, keep=True)
    button(figure, "Erase all").click()
    check_figure(figure, DATE, keep=True)


def test_the_largest_of_each_row(figure):
    _, weights = check_figure(figure, DATE)
    cells = set()
    for _ in range(13):
        cells |= {(t + 1, int(s) + 1) for t, s in enumerate(weights.argmax(axis=1))}
        button(figure, "Erase each row’s largest").click()
        _, weights = check_figure(figure, DATE, cells)
    assert len(cells) == 120


def test_what_is_given_stops_a_change_from_spreading(figure):
    erase(figure, (10, 1), (1, 10))
    spread, _ = check_figure(figure, DATE, [(10, 1), (1, 10)])
    pick(figure, "what it wrote before")
    kept, _ = check_figure(figure, DATE, [(10, 1), (1, 10)], keep=True)
    assert spread[1] != kept[1] == "9"


def test_what_cannot_be_read_is_said_and_loses_nothing(figure):
    erase(figure, (7, 5), (3, 11))
    expected = "Expected digits, blanks, commas, slashes and the letters of English "
    complaints = {
        "7 märz 1984": expected + "months, got “ä”.",
        "1984-03-07": expected + "months, got “-”.",
        "7·3·1984": expected + "months, got “·”.",
        " ": "Expected 1 to 18 characters, got 0.",
        "7 march 1984 7 march": "Expected 1 to 18 characters, got 20.",
    }
    check_refused(figure, "Date", complaints, f" {DATE.title()} ")
    check_figure(figure, DATE, [(7, 5), (3, 11)])
    type_in(figure, "8 march 1984")
    check_figure(figure, "8 march 1984")


@pytest.mark.parametrize("date", EXAMPLES)
def test_the_examples(figure, date):
    type_in(figure, "?")
    button(figure, date).click()
    assert figure.get_by_label("Date", exact=True).input_value() == date
    now, _ = check_figure(figure, date)
    assert now == "1984-03-07"


def test_the_keyboard(figure):
    figure.get_by_label("Date", exact=True).press("End")
    figure.keyboard.press("Backspace")
    figure.keyboard.type("5")
    date = "7 march 1985"
    check_figure(figure, date)
    figure.get_by_role("button", name="Reset").focus()
    for key in ("Tab", "Tab", "ArrowRight", "ArrowDown", "Space"):
        figure.keyboard.press(key)
    check_figure(figure, date, [(8, 2)])
    for key in ("ArrowLeft", "ArrowLeft", "Enter"):
        figure.keyboard.press(key)
    row = [(8, s) for s in range(1, 13)]
    check_figure(figure, date, row)
    for key in ("Enter", "End", "ArrowUp", "Space"):
        figure.keyboard.press(key)
    check_figure(figure, date, [(9, 12)])
    assert figure.locator(f"{CELLS}[tabindex='0'], .dw-head[tabindex='0']").count() == 1
    press(figure, "what it writes now", "ArrowRight")
    check_figure(figure, date, [(9, 12)], keep=True)


def test_reset_and_arguments(open_html):
    ways = {"erased": [(1, 2), (7, 8)], "keep": True}
    page = open_html(date_writer("1984 MAR 7", **ways)._repr_html_())
    check_figure(page, "1984 mar 7", **ways)
    before = words(page)
    type_in(page, "7/3/1984")
    erase(page, (1, 1))
    pick(page, "what it writes now")
    type_in(page, "!")
    button(page, "Reset").click()
    assert words(page) == before
    assert page.get_by_label("Date", exact=True).input_value() == "1984 mar 7"


def test_the_status_says_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(date_writer()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    start = "7 march 1984 gives 1984-03-07; with what is erased, "
    assert status.inner_text().startswith(f"{start}1984-03-07. To write character 7")
    erase(page, (7, 5))
    page.clock.run_for(2000)
    assert status.inner_text().startswith(f"{start}1984-05-07. 1 erased. Changed")
    type_in(page, "#")
    page.clock.run_for(2000)
    assert status.inner_text().startswith("Expected digits, blanks")


def test_two_copies_on_a_page_are_independent(open_html):
    html = date_writer()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.locator(".dw-hint").click()
    assert "1 erased" in said(first)
    assert "erased" not in said(second)


def longest(page):
    type_in(page, "28 september 2099")
    button(page, "Erase each row’s largest").click()
    erase(page, (1, 1))


def wrong(page):
    type_in(page, "1984-03-07")


@pytest.mark.parametrize("prepare", [lambda page: None, longest, wrong])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, date_writer(), prepare)


def test_it_is_seen_at_once(figure):
    for prepare in (lambda page: None, longest, wrong):
        prepare(figure)
        assert figure.locator(".dlx").bounding_box()["height"] <= 600


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(date_writer()._repr_html_(), width=390)
    longest(page)
    for one in page.locator(f"{CELLS}, .dw-head").all()[::7]:
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    grid = page.locator(".dw-cells").bounding_box()
    result = page.locator("[data-after]").bounding_box()
    assert result["y"] + result["height"] - grid["y"] <= 600
    head = page.locator("[data-out]").first.bounding_box()
    assert 0 < head["x"] < 100


def test_the_layout_stays_while_cells_are_erased(figure):
    def places():
        found = figure.locator(f"{CELLS}, .dw-head, [role=radio], .dlx-row button")
        return [one.bounding_box() for one in found.all()[::9]]

    before = places()
    figure.locator(".dw-hint").click()
    assert places() == before
    button(figure, "Erase each row’s largest").click()
    assert places() == before


def test_fallback(browser):
    check_fallback(browser, date_writer())


def test_it_is_small():
    assert len(date_writer().props) < 18_000
    assert len(script("date-writer").encode()) < 12 * 1024
    assert len(script("lstm").encode()) < 3 * 1024
