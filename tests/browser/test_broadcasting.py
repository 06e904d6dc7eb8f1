"""Broadcasting, as a reader sets two shapes and walks through the result."""

import re

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    press,
    stop_clock,
    unfold,
    values,
)

from dlscratch.explorables import broadcasting

SIGNS = {"+": "+", "-": "−", "*": "×"}
KEYS = ("ArrowDown", "ArrowRight", "PageDown", "ArrowUp", "ArrowLeft", "PageUp")


def arrays(a, b):
    """Return the figure's two arrays, as NumPy makes them."""
    A = 10 * np.arange(1, np.prod(a, dtype=int) + 1).reshape(a)
    B = np.arange(1, np.prod(b, dtype=int) + 1).reshape(b)
    return A, B


def compute(a, b, operation):
    """Return NumPy's result, or its error message."""
    A, B = arrays(a, b)
    try:
        return {"+": np.add, "-": np.subtract, "*": np.multiply}[operation](A, B)
    except ValueError as error:
        return str(error)


def set_shape(page, name, shape):
    """Drop all axes, then make each new axis and type its length."""
    for _ in range(3):
        drop = page.get_by_role("button", name=f"Drop the first axis of {name}")
        if drop.is_enabled():
            drop.click()
    for _ in shape:
        page.get_by_role("button", name=f"give {name} a new last axis").click()
    for axis, n in enumerate(reversed(shape), 1):
        page.get_by_label(f"{name}, axis −{axis}", exact=True).fill(str(n))


def shape_of(page, name):
    return page.locator(f"[data-shape={name}]").inner_text()


def check_figure(page, a, b, operation="+"):
    """Compare everything that the page says with what NumPy does."""
    assert [shape_of(page, name) for name in "AB"] == [str(a), str(b)]
    verdict = page.locator("[data-verdict]").inner_text()
    for axis in range(1, 4):
        m, n = (shape[-axis] if len(shape) >= axis else None for shape in (a, b))
        said = page.locator(f"[data-why='-{axis}']").inner_text()
        assert said == ("" if m is n is None else why(m, n))
    result = compute(a, b, operation)
    A, B = arrays(a, b)
    if isinstance(result, str):
        assert shape_of(page, "C") == "none"
        assert "do not fit" in verdict
        shown = page.locator("[data-error]").inner_text()
        assert shown.strip() == f"ValueError: {result}".strip()
        assert page.locator("[data-cell=C]").count() == 0
        assert values(page, "[data-cell=A]") == A.ravel().tolist()
        assert values(page, "[data-cell=B]") == B.ravel().tolist()
        return
    shape = np.broadcast_shapes(a, b)
    assert shape_of(page, "C") == str(shape)
    assert f"has the shape {shape}" in verdict
    assert not page.locator("[data-error]").is_visible()
    assert values(page, "[data-cell=C]") == result.ravel().tolist()
    for name, array in (("A", A), ("B", B)):
        stretched = np.broadcast_to(array, shape)
        assert values(page, f"[data-cell={name}]") == stretched.ravel().tolist()
        solid = f"[data-cell={name}]:not(.bc-ghost)"
        assert values(page, solid) == array.ravel().tolist(), "stored once"
    if len(shape) == 3:
        slabs = page.locator(".bc-c .bc-slab").all()
        assert [slab.locator("button").count() for slab in slabs] == [
            shape[1] * shape[2]
        ] * shape[0]
        names = page.locator(".bc-name").all_inner_texts()
        assert names == [f"{name}[{i}]" for name in "ABC" for i in range(shape[0])]
    stored = f"A stores {A.size}, B stores {B.size}, and C {result.size} numbers"
    assert page.get_by_text(stored).is_visible()
    check_code(page, result)


def why(m, n):
    """Return what the figure should say of an axis of lengths m and n, or None."""
    missing = "A" if m is None else "B" if n is None else ""
    x, y = m or 1, n or 1
    if x != y and 1 not in (x, y):
        return f"✗ {x} and {y} differ, and neither is 1"
    if missing:
        n = x * y
        end = ": 1 is put in" if n == 1 else f": 1, stretched to {n}"
        return f"✓ {missing} has none{end}"
    if x == y:
        return "✓ equal"
    return f"✓ {'A' if x == 1 else 'B'}'s 1 is stretched to {x * y}"


def check_code(page, result):
    """Run the program that the page shows, and compare what it says will come out."""
    program = page.locator("[data-code]").inner_text()
    space = {"np": np}
    exec(program, space)
    np.testing.assert_array_equal(space["C"], result)
    promised = re.search(r"C\.shape +# (.*)\nC\.tolist\(\) # (.*)", program)
    assert promised.groups() == (str(space["C"].shape), str(space["C"].tolist()))


def check_sentence(page, index, a, b, operation="+"):
    """Check which two entries the page names for one entry of C."""
    A, B = arrays(a, b)
    shape = np.broadcast_shapes(a, b)
    sources = []
    for array in (A, B):
        places = np.broadcast_to(np.arange(array.size).reshape(array.shape), shape)
        sources.append(np.unravel_index(places[index], array.shape))
    said = page.locator("[data-sentence]").inner_text().replace("−", "-")
    found = re.fullmatch(
        r"C(\[.*?\])? = A(\[.*?\])? . B(\[.*?\])? = (\d+) . (\d+) = (-?\d+)", said
    )
    assert found, said
    for text, place in zip(found.groups()[:3], (index, *sources), strict=True):
        assert (text or "") == (str([int(i) for i in place]) if place else "")
    x, y, z = (int(text) for text in found.groups()[3:])
    assert (x, y) == (A[sources[0]], B[sources[1]])
    assert z == compute(a, b, operation)[index]
    hits = ".bc-hit"
    assert values(page, hits) == [x, y], "both are marked"


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(broadcasting()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


@pytest.mark.parametrize(
    ("a", "b", "operation"),
    [
        ((2, 3), (3,), "+"),
        ((3,), (3, 1), "*"),
        ((4, 1), (4,), "-"),
        ((), (), "+"),
        ((), (2, 1), "-"),
        ((3,), (4,), "+"),
        ((2, 3), (2,), "*"),
        ((4, 2, 3), (3, 1, 3), "+"),
    ],
)
def test_starts_where_python_says(open_html, a, b, operation):
    page = open_html(broadcasting(a, b, operation=operation)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    check_figure(page, a, b, operation)


def test_many_shapes_against_numpy(figure):
    rng = np.random.default_rng(1)
    fits = 0
    for _ in range(20):
        a, b = (
            tuple(rng.choice([1, 1, 2, 3, 4], rng.integers(4)).tolist()) for _ in "ab"
        )
        set_shape(figure, "A", a)
        set_shape(figure, "B", b)
        operation = rng.choice(list(SIGNS))
        pick(figure, SIGNS[operation])
        check_figure(figure, a, b, operation)
        fits += figure.locator("[data-cell=C]").count() > 0
    assert 4 <= fits <= 16, "both outcomes were met often"


def test_every_pair_of_lengths_on_one_axis(figure):
    for m in range(1, 5):
        for n in range(1, 5):
            figure.get_by_label("A, axis −1", exact=True).fill(str(m))
            figure.get_by_label("B, axis −1", exact=True).fill(str(n))
            check_figure(figure, (2, m), (n,))


def test_examples(figure):
    names = figure.get_by_role("group", name="Examples").get_by_role("button")
    seen = []
    for example in names.all():
        example.click()
        a, sign, b = re.fullmatch(
            r"(\(.*\)) (.) (\(.*\))", example.inner_text()
        ).groups()
        operation = next(key for key, value in SIGNS.items() if value == sign)
        as_tuple = [
            tuple(int(n) for n in re.findall(r"\d+", shape)) for shape in (a, b)
        ]
        assert figure.get_by_role("radio", name=sign, exact=True).is_checked()
        check_figure(figure, *as_tuple, operation)
        seen.append((*as_tuple, operation))
    assert {((3,), (4,), "+"), ((4, 1), (4,), "-")} <= set(seen)


def test_keyboard_sets_lengths_and_axes(figure):
    press(figure, "A, axis −2", "ArrowUp", "ArrowUp")
    check_figure(figure, (4, 3), (3,))
    press(figure, "B, axis −1", "ArrowDown")
    check_figure(figure, (4, 3), (2,))
    press(figure, "B, axis −1", "ArrowUp", "ArrowUp")
    figure.get_by_role("button", name="give B a new last axis").press("Enter")
    check_figure(figure, (4, 3), (4, 1))
    figure.get_by_role("button", name="give A a new first axis").press("Enter")
    check_figure(figure, (1, 4, 3), (4, 1))
    figure.get_by_role("button", name="Drop the first axis of B").press("Enter")
    check_figure(figure, (1, 4, 3), (1,))


def test_none_repairs_what_does_not_fit(figure):
    figure.get_by_role("button", name="(3,) + (4,)", exact=True).click()
    check_figure(figure, (3,), (4,))
    end = figure.get_by_role("button", name="give A a new last axis")
    A, B = arrays((3,), (4,))
    assert end.inner_text() == "A[:, None]"
    assert A[:, None].shape == (3, 1)
    end.click()
    check_figure(figure, (3, 1), (4,))
    np.testing.assert_array_equal(
        values(figure, "[data-cell=C]"), (A[:, None] + B).ravel()
    )
    front = figure.get_by_role("button", name="give B a new first axis")
    assert front.inner_text() == "B[None, :]"
    front.click()
    check_figure(figure, (3, 1), (1, 4))


def test_arrow_keys_walk_through_the_result(open_html):
    a, b = (2, 1, 3), (4, 1)
    page = open_html(broadcasting(a, b, operation="-")._repr_html_())
    page.locator("button[data-cell=C]").first.focus()
    index = np.zeros(3, int)
    check_sentence(page, tuple(index), a, b, "-")
    rng = np.random.default_rng(2)
    moves = {"Down": (1, 1), "Right": (2, 1), "Up": (1, -1), "Left": (2, -1)}
    moves = {f"Arrow{name}": move for name, move in moves.items()}
    moves |= {"PageDown": (0, 1), "PageUp": (0, -1)}
    for key in rng.choice(KEYS, 40, p=[0.25, 0.25, 0.2, 0.1, 0.1, 0.1]):
        page.keyboard.press(key)
        axis, step = moves[key]
        index[axis] = np.clip(index[axis] + step, 0, (2, 4, 3)[axis] - 1)
        focused = page.evaluate("document.activeElement.dataset.index")
        assert focused == ",".join(map(str, index))
        check_sentence(page, tuple(index.tolist()), a, b, "-")


def test_only_one_entry_is_in_the_order_of_tab(figure):
    figure.get_by_role("button", name="(2, 1, 3) × (4, 1)").click()
    cells = figure.locator("button[data-cell=C]")
    cells.nth(7).hover()
    tabs = cells.evaluate_all("all => all.filter(one => one.tabIndex === 0).length")
    assert tabs == 1
    assert cells.nth(7).get_attribute("aria-current") == "true"
    check_sentence(figure, (0, 2, 1), (2, 1, 3), (4, 1), "*")


@pytest.mark.parametrize(("a", "b"), [((2, 3), (3,)), ((), (4,)), ((), ()), ((3,), ())])
def test_pointing_names_the_two_sources(open_html, a, b):
    page = open_html(broadcasting(a, b)._repr_html_())
    for place, index in enumerate(np.ndindex(np.broadcast_shapes(a, b))):
        page.locator("button[data-cell=C]").nth(place).hover()
        check_sentence(page, index, a, b)
        label = (
            page.locator("button[data-cell=C]").nth(place).get_attribute("aria-label")
        )
        assert label.endswith(f"= {compute(a, b, '+')[index]}")


def test_a_length_out_of_range_is_pulled_in(figure):
    field = figure.get_by_label("A, axis −1", exact=True)
    for typed, length in (("9", 4), ("0", 1), ("-2", 1), ("2.6", 3)):
        field.fill(typed)
        check_figure(figure, (2, length), (3,))
        field.blur()
        assert field.input_value() == str(length)
    field.fill("")
    check_figure(figure, (2, 3), (3,))
    field.blur()
    assert field.input_value() == "3"


def test_no_more_than_three_axes(figure):
    more = figure.get_by_role("button", name="give A a new last axis")
    more.click()
    assert more.is_disabled()
    check_figure(figure, (2, 3, 1), (3,))


def test_reset_goes_back_to_the_start(figure):
    before = figure.locator(".dlx").inner_text()
    figure.get_by_role("button", name="(3,) + (4,)", exact=True).click()
    pick(figure, "×")
    figure.get_by_role("button", name="Reset").click()
    assert figure.locator(".dlx").inner_text() == before
    check_figure(figure, (2, 3), (3,))


def test_two_copies_on_a_page_are_independent(open_html):
    html = broadcasting()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="(3,) + (4,)", exact=True).click()
    check_figure(first, (3,), (4,))
    check_figure(second, (2, 3), (3,))


def test_the_status_speaks_once_the_reader_stops(page, open_html):
    stop_clock(page)
    open_html(broadcasting()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert "C has the shape (2, 3)" in status.inner_text()
    page.get_by_label("B, axis −1", exact=True).fill("4")
    page.clock.run_for(300)
    assert "C has the shape (2, 3)" in status.inner_text()
    page.clock.run_for(1000)
    assert "On axis −1: 3 and 4 differ" in status.inner_text()


def fails(page):
    page.get_by_role("button", name="(3,) + (4,)", exact=True).click()


def three_axes(page):
    page.get_by_role("button", name="(2, 1, 3) × (4, 1)", exact=True).click()


@pytest.mark.parametrize("prepare", [lambda page: None, fails, three_axes])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, broadcasting(), prepare)


def test_fallback(browser):
    check_fallback(browser, broadcasting())
