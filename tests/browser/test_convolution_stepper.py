"""The convolution stepper, against the library's Conv2d and NumPy."""

import re

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    stop_clock,
    unfold,
    values,
)
from numpy.lib.stride_tricks import sliding_window_view

from dlscratch import initializers
from dlscratch.explorables import convolution
from dlscratch.layers import Conv2d


def reference(x, w, stride, padding):
    """Return the library's convolution of one picture with one kernel."""
    layer = Conv2d(1, 1, w.shape, stride, padding, init=initializers.zeros)
    layer.W.value[0, 0] = w
    return layer.forward(x[np.newaxis, np.newaxis])[0, 0]


def array(page, name, selector):
    """Return an array that the page shows, and reads again from data-value."""
    return np.array(values(page, selector)).reshape(-1, shape_of(page, name)[1])


def shape_of(page, name):
    """Return the shape that a block's title names, or None."""
    title = page.locator(".cv-block p").filter(has_text=re.compile(rf"^\w+ {name}:"))
    found = re.search(r": (\d+) × (\d+)", title.inner_text())
    return found and tuple(map(int, found.groups()))


def number(text):
    return float(text.replace("−", "-"))


def check_figure(page, stride, padding, flip=False):
    """Compare everything on the page with Conv2d; return x, w and y."""
    x = array(page, "x", "[data-x] input")
    w = array(page, "w", ".cv-kernel input")
    assert x.shape == shape_of(page, "x")
    turned = w[::-1, ::-1] if flip else w
    verdict = page.locator("[data-verdict]").inner_text()
    program = page.locator("[data-code]").inner_text()
    space = {"np": np, "sliding_window_view": sliding_window_view, "x": x, "w": w}
    fits = all(n + 2 * padding >= k for n, k in zip(x.shape, w.shape, strict=True))
    sizes = page.locator("[data-sizes]").inner_text()
    if not fits:
        assert "Impossible" in verdict
        assert "so no window fits" in sizes
        assert page.locator("[data-y]").count() == 0
        assert shape_of(page, "y") is None
        with pytest.raises(ValueError, match="window shape cannot be larger"):
            exec(program, space)
        return x, w, None
    y = reference(x, turned, stride, padding)
    assert shape_of(page, "y") == y.shape
    assert re.findall(r"plus 1 = (\d+)\.", sizes) == [str(n) for n in y.shape]
    rows, columns = (
        f"{n} {word}" for n, word in zip(y.shape, ("row", "column"), strict=True)
    )
    assert re.match(rf"The output has {rows}s? and {columns}s?\.", verdict)
    left = [
        (n + 2 * padding - k) % stride for n, k in zip(x.shape, w.shape, strict=True)
    ]
    assert ("never read" in verdict) == any(left)
    np.testing.assert_allclose(array(page, "y", "[data-y]"), y, rtol=0, atol=1e-12)
    windows = sliding_window_view(np.pad(x, padding), w.shape)[::stride, ::stride]
    cols = np.array(values(page, ".cv-rows [data-from]")).reshape(-1, w.size)
    np.testing.assert_array_equal(cols, windows.reshape(-1, w.size))
    assert values(page, ".cv-rows thead [data-weight]") == turned.ravel().tolist()
    exec(program, space)
    np.testing.assert_allclose(space["y"], y, rtol=0, atol=1e-12)
    return x, w, y


def check_cell(page, row, column, stride, padding, flip=False):
    """Check what lights up for one output cell, and its arithmetic."""
    x, w = array(page, "x", "[data-x] input"), array(page, "w", ".cv-kernel input")
    turned = w[::-1, ::-1] if flip else w
    window = page.locator(".cv-in")
    top, left = row * stride - padding, column * stride - padding
    places = window.evaluate_all("all => all.map(one => one.dataset.x)")
    near = [(top + a, left + b) for a, b in np.ndindex(w.shape)]
    assert places == [f"{i},{j}" for i, j in near]
    weights = window.evaluate_all("all => all.map(one => one.dataset.weight)")
    shown = [number(text.removeprefix("×")) for text in weights]
    np.testing.assert_allclose(shown, turned.ravel(), atol=0.005)
    line = page.locator("tr[aria-current]")
    name = f"y[{row}, {column}]"
    assert line.locator("th").inner_text() == name
    assert page.locator("[data-y][aria-current]").get_attribute("data-y") == (
        f"{row},{column}"
    )
    text = page.locator("[data-arithmetic]").inner_text()
    assert text.startswith(f"{name} = ")
    terms, result = text.replace("−", "-").split("=")[1:]
    factors = [
        [float(f.strip("() \n")) for f in term.split("·")] for term in terms.split("+")
    ]
    padded = np.pad(x, padding)
    k = len(w)
    patch = padded[top + padding :, left + padding :][:k, :k]
    np.testing.assert_array_equal(factors, np.stack([patch.ravel(), turned.ravel()], 1))
    assert float(result) == pytest.approx(np.sum(patch * turned), abs=1e-4)
    assert float(result) == pytest.approx(np.prod(factors, axis=1).sum(), abs=1e-4)


@pytest.fixture
def figure(open_html):
    return opened(open_html)


def opened(open_html, *arguments, **settings):
    return unfold(open_html(convolution(*arguments, **settings)._repr_html_()))


def choose(page, group, option):
    """Choose a radio button of one group."""
    buttons = page.get_by_role("group", name=group, exact=True)
    buttons.get_by_role("radio", name=option, exact=True).locator("xpath=..").click()


def write(page, name, numbers):
    """Type a whole array, cell by cell."""
    for (i, j), value in np.ndenumerate(numbers):
        page.get_by_label(f"{name}[{i}, {j}]", exact=True).fill(f"{value:g}")


@pytest.mark.parametrize(
    ("shape", "k", "settings"),
    [
        ((6, 6), 3, {}),
        ((5, 4), 2, {"stride": 3, "padding": 2, "flip": True}),
        ((1, 6), 3, {"padding": 1, "stride": 2}),
        ((2, 5), 3, {}),
    ],
)
def test_starts_where_python_says(open_html, shape, k, settings):
    rng = np.random.default_rng(1)
    x, w = rng.integers(-9, 10, shape), rng.integers(-20, 21, (k, k)) / 8
    page = opened(open_html, x, w, **settings)
    stride, padding = settings.get("stride", 1), settings.get("padding", 0)
    seen_x, seen_w, _ = check_figure(page, stride, padding, settings.get("flip", False))
    np.testing.assert_array_equal(seen_x, x)
    np.testing.assert_array_equal(seen_w, w)


def test_every_stride_and_padding_with_typed_numbers(figure):
    rng = np.random.default_rng(2)
    write(figure, "x", rng.integers(-9, 10, (6, 6)))
    write(figure, "w", rng.integers(-90, 91, (3, 3)) / 10)
    for stride in (1, 2, 3):
        choose(figure, "Stride", str(stride))
        for padding in (0, 1, 2):
            choose(figure, "Padding", str(padding))
            for flip in (False, True):
                pick(figure, "true convolution" if flip else "cross-correlation")
                _, _, y = check_figure(figure, stride, padding, flip)
                row, column = (int(rng.integers(n)) for n in y.shape)
                figure.locator(f"[data-y='{row},{column}']").hover()
                check_cell(figure, row, column, stride, padding, flip)


def test_every_size_of_the_input(figure):
    met = set()
    for height, width in ((1, 1), (2, 6), (3, 1), (5, 3), (4, 4)):
        figure.get_by_label("Input height").fill(str(height))
        figure.get_by_label("Input width").fill(str(width))
        for k in (2, 3):
            choose(figure, "Kernel size", f"{k} × {k}")
            for padding in (0, 1, 2):
                choose(figure, "Padding", str(padding))
                x, w, y = check_figure(figure, 1, padding)
                assert x.shape == (height, width)
                assert w.shape == (k, k)
                said = figure.locator("[data-verdict]").inner_text()
                alone = "on the padding alone" in said
                assert alone == (y is not None and padding >= k)
                met.add(y is None)
    assert met == {True, False}


def test_preset_kernels_do_what_their_names_say(figure):
    choose(figure, "Padding", "0")
    for k in (2, 3):
        choose(figure, "Kernel size", f"{k} × {k}")
        for name, total in (
            *[("vertical edge", 0), ("horizontal edge", 0)],
            *[("blur", 1), ("sharpen", 1), ("identity", 1)],
        ):
            figure.get_by_role("button", name=name, exact=True).click()
            x, w, y = check_figure(figure, 1, 0)
            assert w.sum() == total
            assert w.shape == (k, k)
            if name == "blur":
                assert w.min() >= 0
            if name == "identity":
                inner = x[k // 2 - (k == 2) :, k // 2 - (k == 2) :]
                np.testing.assert_array_equal(y, inner[: len(y), : y.shape[1]])
    figure.get_by_role("button", name="edge", exact=True).click()
    figure.get_by_role("button", name="horizontal edge", exact=True).click()
    assert not check_figure(figure, 1, 0)[2].any()
    figure.get_by_role("button", name="vertical edge", exact=True).click()
    assert check_figure(figure, 1, 0)[2].any()


def test_true_convolution_of_one_pixel_is_the_kernel(figure):
    figure.get_by_role("button", name="one pixel").click()
    write(figure, "w", np.arange(1, 10).reshape(3, 3))
    _, w, y = check_figure(figure, 1, 0)
    np.testing.assert_array_equal(y[1:4, 1:4], w[::-1, ::-1])
    pick(figure, "true convolution")
    np.testing.assert_array_equal(check_figure(figure, 1, 0, True)[2][1:4, 1:4], w)


def test_arrow_keys_and_buttons_step(open_html):
    page = opened(open_html, stride=2, padding=1)
    check_cell(page, 0, 0, 2, 1)
    back, forth = (page.get_by_role("button", name=name) for name in ("Back", "Next"))
    assert back.is_disabled()
    for _ in range(4):
        forth.press("Enter")
    check_cell(page, 1, 1, 2, 1)
    back.click()
    check_cell(page, 1, 0, 2, 1)
    page.locator("[data-y][tabindex='0']").focus()
    for key, place in (
        *[("ArrowDown", (2, 0)), ("ArrowRight", (2, 1)), ("ArrowUp", (1, 1))],
        *[("ArrowLeft", (1, 0)), ("ArrowLeft", (1, 0)), ("End", (2, 2))],
    ):
        page.keyboard.press(key)
        check_cell(page, *place, 2, 1)
    assert forth.is_disabled()
    tabs = page.locator("[data-y]").evaluate_all(
        "all => all.filter(one => one.tabIndex === 0).length"
    )
    assert tabs == 1


def test_arrow_keys_move_through_the_input(open_html):
    page = opened(open_html, padding=2)
    page.get_by_label("x[0, 0]", exact=True).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.type("-7")
    assert check_figure(page, 1, 2)[0][2, 1] == -7
    assert page.evaluate("document.activeElement.ariaLabel") == "x[2, 1]"


def test_a_row_of_im2col_shows_its_window(figure):
    figure.locator(".cv-rows tbody tr").nth(6).hover()
    check_cell(figure, 1, 2, 1, 0)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_an_input_cell_shows_which_outputs_use_it(open_html, stride):
    page = opened(open_html, stride=stride, padding=1)
    for place in ((0, 0), (2, 3), (5, 5)):
        # Where the gradient of the output reaches is what uses the cell.
        x = np.zeros((6, 6))
        x[place] = 1
        uses = np.argwhere(reference(x, np.ones((3, 3)), stride, 1))
        page.locator(f"[data-x='{place[0]},{place[1]}']").hover()
        used = page.locator("[data-y].cv-used")
        places = used.evaluate_all("all => all.map(one => one.dataset.y)")
        assert places == [f"{i},{j}" for i, j in uses]
        assert page.locator("[data-from].cv-used").count() == len(uses)
        note = page.locator("[data-note]").inner_text()
        named = re.findall(r"y\[(\d), (\d)\]", note)
        assert named == [(str(i), str(j)) for i, j in uses]
        if not len(uses):
            assert "stands in no window" in note
    page.mouse.move(5, 5)
    assert page.locator(".cv-used").count() == 0


def test_numbers_out_of_range_are_pulled_in_and_nonsense_is_not_taken(figure):
    cell, weight = (
        figure.get_by_label(name, exact=True) for name in ("x[1, 1]", "w[0, 1]")
    )
    for typed, value in (("42", 9), ("-10", -9), ("2.6", 3), ("", 3), ("-", 3)):
        cell.fill(typed)
        assert check_figure(figure, 1, 0)[0][1, 1] == value
    cell.blur()
    assert cell.input_value() == "3"
    for typed, value in (("-0,25", -0.25), ("0.12345", 0.1235), ("99", 9), ("b", 9)):
        weight.fill(typed)
        assert check_figure(figure, 1, 0)[1][0, 1] == value
    figure.get_by_label("Input height").fill("9")
    assert check_figure(figure, 1, 0)[0].shape == (6, 6)


def test_play_walks_to_the_end(page, open_html):
    stop_clock(page)
    opened(open_html, stride=3)
    play = page.get_by_role("button", name="Play")
    play.click()
    page.clock.run_for(900)
    check_cell(page, 1, 0, 3, 0)
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(5000)
    check_cell(page, 1, 0, 3, 0)
    play.click()
    page.clock.run_for(5000)
    check_cell(page, 1, 1, 3, 0)
    assert play.is_visible()
    play.click()
    check_cell(page, 0, 0, 3, 0)


def test_nothing_plays_for_those_who_asked_for_less_motion(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    opened(open_html)
    assert not page.get_by_text("Play", exact=True).is_visible()
    assert page.get_by_role("button", name="Next").is_visible()


def test_the_status_speaks_once_the_reader_stops(page, open_html):
    stop_clock(page)
    opened(open_html)
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert status.inner_text().startswith(
        "The output has 4 rows and 4 columns. y[0, 0]"
    )
    page.get_by_role("button", name="Next").click()
    page.clock.run_for(300)
    assert "y[0, 0]" in status.inner_text()
    page.clock.run_for(1000)
    y = values(page, "[data-y]")[1]
    assert status.inner_text().endswith(f"y[0, 1] = {y:g}.".replace("-", "−"))


def test_reset_and_two_copies(open_html):
    def shown(figure):
        return figure.locator("> div > :not([role=status])").all_inner_texts()

    html = convolution(stride=2)._repr_html_()
    page = unfold(open_html(html + html))
    first, second = page.locator(".dlx[data-live]").all()
    before = shown(first)
    first.get_by_role("button", name="blur").click()
    first.get_by_role("button", name="ramp").click()
    choose(first, "Kernel size", "2 × 2")
    choose(first, "Padding", "2")
    first.get_by_label("Input width").fill("3")
    check_figure(first, 2, 2)
    check_figure(second, 2, 0)
    assert shown(second) == before
    first.get_by_role("button", name="Reset").click()
    assert shown(first) == before
    check_figure(first, 2, 0)


def test_the_first_sight_is_one_kernel_over_one_picture(open_html):
    page = open_html(convolution()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    assert page.get_by_role("radio").count() == 0
    assert not page.locator(".cv-rows").is_visible()
    shares = page.locator("[data-y]").evaluate_all(
        "all => all.map(one => [one.style.getPropertyValue('--tone'),"
        " parseFloat(one.style.getPropertyValue('--share'))])"
    )
    y = np.array(values(page, "[data-y]"))
    tones, sizes = zip(*shares, strict=True)
    np.testing.assert_allclose(sizes, 38 * np.abs(y) / np.abs(y).max(), atol=1e-3)
    assert tones == tuple("var(--one)" if v < 0 else "var(--line-1)" for v in y)


def wide(page):
    unfold(page)
    choose(page, "Padding", "2")
    choose(page, "Kernel size", "2 × 2")
    page.get_by_role("button", name="blur").click()
    page.locator("[data-x='2,2']").hover()


def impossible(page):
    unfold(page)
    page.get_by_label("Input height").fill("2")


@pytest.mark.parametrize("prepare", [lambda page: None, wide, impossible])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, convolution(), prepare)


def test_fallback(browser):
    check_fallback(browser, convolution())
