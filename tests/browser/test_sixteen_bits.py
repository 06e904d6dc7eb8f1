"""Sixteen bits of a number, as a reader flips them."""

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    press,
    stop_clock,
    values,
    words,
)

from dlscratch.explorables import sixteen_bits

RNG = np.random.default_rng(0)


def as_bfloat16(numbers):
    """Return float32 numbers rounded to 8 significant bits, by scaling them."""
    mantissa, exponent = np.frexp(np.float64(numbers))  # 0.5 <= |mantissa| < 1
    least = np.maximum(exponent, -125)  # subnormal numbers have fewer bits
    shift = np.ldexp(mantissa, exponent - least + 8)
    with np.errstate(over="ignore"):
        found = np.float32(np.ldexp(np.rint(shift), least - 8))
    return found


def pattern(kind, number):
    """Return the sixteen bits of a number."""
    if kind == "float16":
        with np.errstate(over="ignore"):
            return int(np.float16(number).view(np.uint16))
    return int(as_bfloat16(number).view(np.uint32)) >> 16


def number_of(kind, bits):
    """Return the number that sixteen bits stand for, as Python's float."""
    if kind == "float16":
        return float(np.uint16(bits).view(np.float16))
    return float(np.uint32(bits << 16).view(np.float32))


def shown_bits(page):
    pressed = page.locator(".sb-part button").evaluate_all(
        "all => all.map(one => one.ariaPressed === 'true' ? 1 : 0).join('')"
    )
    return int(pressed, 2)


def neighbours(kind, bits):
    """Return the numbers before and after, by sorting all that there are."""
    everything = np.arange(2**16, dtype=np.uint32)
    if kind == "float16":
        line = everything.astype(np.uint16).view(np.float16).astype(float)
    else:
        with np.errstate(invalid="ignore"):
            line = (everything << 16).view(np.float32).astype(float)
    line = np.unique(line[~np.isnan(line)])
    i = np.searchsorted(line, number_of(kind, bits))
    return line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]


def check_figure(page, kind, bits):
    """Compare what is shown with NumPy's numbers."""
    assert shown_bits(page) == bits
    value = number_of(kind, bits)
    if np.isnan(value):
        assert np.isnan(values(page, "td[data-col=value]"))
        return
    before, after = neighbours(kind, bits)
    plus = number_of(kind, pattern(kind, np.float64(value) + 1))
    wanted = [before, value, after, plus]
    columns = ("below", "value", "above", "plus")
    found = [values(page, f"td[data-col={name}]")[0] for name in columns]
    assert found == wanted
    (step,) = values(page, "td[data-col=step]")
    if np.isfinite(value):
        assert step == after - value
    verdict = page.locator("[data-verdict]").inner_text()
    assert ("changed nothing" in verdict) == (np.isfinite(value) and plus == value)


@pytest.fixture
def figure(open_html):
    page = open_html(sixteen_bits()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def fill(page, value):
    page.get_by_label("a number, typed").fill(str(value))
    page.evaluate("document.activeElement.blur()")


def test_the_question_it_starts_with(figure):
    check_figure(figure, "float16", 0b0_11010_0000000000)
    figure.get_by_role("button", name="Add 1").click()
    check_figure(figure, "float16", pattern("float16", 2048))
    fill(figure, 2047)
    figure.get_by_role("button", name="Add 1").click()
    check_figure(figure, "float16", pattern("float16", 2048))


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_typed_numbers_are_rounded_as_numpy_does(figure, kind):
    pick(figure, kind)
    numbers = [0.0, 1.0, 2049.0, 2051.0, 65504.0, 65519.0, 65520.0, -0.1, 257.0]
    numbers += [2.0**-24, 2.0**-25, 3 * 2.0**-25, 6e-5, 1.00390625, 2.0**-133]
    drawn = RNG.standard_normal(25) * 10.0 ** RNG.uniform(-9, 6, 25)
    for number in [*numbers, *np.float32(drawn).astype(float)]:
        fill(figure, repr(float(number)))
        check_figure(figure, kind, pattern(kind, number))


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_flipped_bits_and_steps(figure, kind):
    pick(figure, kind)
    bits = pattern(kind, 2048)
    for place in RNG.permutation(16):
        figure.locator(".sb-part button").nth(int(place)).click()
        bits ^= 1 << (15 - place)
        check_figure(figure, kind, bits)
    for start in (0.0, 1.0, -1.0, 65504.0):
        fill(figure, start)
        before, after = neighbours(kind, pattern(kind, start))
        figure.get_by_role("button", name="After").click()
        assert values(figure, "td[data-col=value]") == [after]
        fill(figure, start)
        figure.get_by_role("button", name="Before").click()
        assert values(figure, "td[data-col=value]") == [before]


def test_double_and_halve(figure):
    fill(figure, 2.0**-24)
    figure.get_by_role("button", name="Halve").click()
    check_figure(figure, "float16", 0)
    fill(figure, 65504)
    figure.get_by_role("button", name="Double").click()
    check_figure(figure, "float16", pattern("float16", np.inf))


def test_the_kind_changes_and_the_number_stays(figure):
    fill(figure, 0.1)
    near = values(figure, "td[data-col=value]")[0]
    pick(figure, "bfloat16")
    check_figure(figure, "bfloat16", pattern("bfloat16", near))
    last = figure.locator(".sb-part button").last
    assert last.get_attribute("aria-label") == "fraction bit 7 of 7"


def test_the_keyboard(figure):
    press(figure, "sign bit", "Enter")
    check_figure(figure, "float16", pattern("float16", -2048))
    press(figure, "sign bit", "ArrowRight")
    assert figure.evaluate("document.activeElement.ariaLabel") == "exponent bit 1 of 5"
    figure.keyboard.press("End")
    figure.keyboard.press("Space")
    check_figure(figure, "float16", pattern("float16", -2050))
    reached = figure.locator(".sb-part button[tabindex='0']")
    assert reached.count() == 1


def test_the_line_shows_what_becomes_of_the_sum(figure):
    ticks = figure.locator(".sb-line line").evaluate_all(
        "all => all.map(one => +one.getAttribute('x1'))"
    )
    gaps = np.diff(np.sort(ticks))
    # Below 2048 the step is 1, above it 2.
    assert np.isclose(gaps.max(), 2 * gaps.min())
    assert figure.locator(".sb-line").get_by_text("2050").count() == 1
    fill(figure, "1")
    assert figure.locator(".sb-line").get_by_text("+ 1").count() == 0  # far outside


def test_reset(figure):
    before = words(figure)
    pick(figure, "bfloat16")
    fill(figure, 3)
    assert words(figure) != before
    figure.get_by_role("button", name="Reset").click()
    assert words(figure) == before


def test_the_status_says_the_number(page, open_html):
    stop_clock(page)
    open_html(sixteen_bits(1.0, "bfloat16")._repr_html_())
    page.clock.run_for(2000)
    said = page.get_by_role("status").inner_text()
    assert "bfloat16 0011111110000000 is 1." in said
    assert "The step to the next number is 0.0078125." in said
    assert "1 + 1 = 2, exactly." in said


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, sixteen_bits())


def test_it_is_seen_at_once(open_html):
    for width, most in ((1280, 600), (390, 900)):
        page = open_html(sixteen_bits()._repr_html_(), width=width)
        page.locator(".dlx[data-live]").wait_for()
        assert page.locator(".dlx").bounding_box()["height"] <= most


def test_fallback(browser):
    check_fallback(browser, sixteen_bits())
