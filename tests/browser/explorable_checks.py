"""What every explorable must do, whatever it shows."""

from base64 import b64decode
from io import BytesIO

import numpy as np
from PIL import Image
from site_tools import PHONE, offences


def check_accessible(open_html, figure, prepare=lambda page: None):
    """Find nothing serious in light and dark, no sideways scroll, no id twice."""
    for dark in (False, True):
        for width in (1280, PHONE):
            page = open_html(figure._repr_html_(), dark=dark, width=width)
            page.locator(".dlx[data-live]").wait_for()
            prepare(page)
            page.evaluate("document.activeElement.blur()")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids))
            if dark == (width == PHONE):
                rules = ["color-contrast", "scrollable-region-focusable"]
                found = offences(page, rules if dark else None)
                assert not found, (dark, width, found)


def check_fallback(browser, figure):
    """Read the fallback where scripts do not run, and no longer where they do."""
    for scripts in (False, True):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.set_content(figure._repr_html_())
        if scripts:
            page.locator(".dlx[data-live]").wait_for()
        shown = page.get_by_text(figure.fallback).is_visible()
        assert shown == (not scripts)
        assert page.get_by_role("slider").count() == 0 or scripts
        context.close()


def stop_clock(page):
    """Let a page's time stand still until it is run: a busy machine adds no ticks."""
    page.clock.install(time="2026-01-01")
    page.clock.pause_at("2026-01-02")


def press(page, label, *keys):
    """Focus the control with this label and press the keys."""
    control = page.get_by_label(label, exact=True).locator("visible=true")
    control.focus()
    for key in keys:
        control.press(key)


def pick(page, label):
    """Choose a radio button by its label."""
    page.get_by_role("radio", name=label, exact=True).locator("xpath=..").click()


def values(page, selector):
    """Return the unrounded numbers of the elements that a selector finds."""
    found = page.locator(selector)
    return found.evaluate_all("all => all.map(one => Number(one.dataset.value))")


def unfold(page):
    """Open all that a figure shows only to those who ask; return the page."""
    page.locator(".dlx[data-live]").first.wait_for()
    page.locator(".dlx details").evaluate_all("all => all.forEach(d => d.open = true)")
    return page


def words(page):
    """Return the text of a figure, without what it has told a screen reader."""
    return page.locator(".dlx > div > :not([role=status])").all_inner_texts()


def said(page):
    """Return the sentence that a figure says of what is seen."""
    return page.locator("[data-said]").inner_text()


def problem(page):
    """Return what a figure says of wrong input."""
    return page.locator("[data-problem]").inner_text()


def check_refused(page, label, complaints, right):
    """Type what cannot be read: it is said and loses nothing; then what can."""
    before = values(page, "[data-value]")
    field = page.get_by_label(label, exact=True)
    for typed, complaint in {**complaints, right: ""}.items():
        field.fill(typed)
        assert problem(page) == complaint
        assert field.get_attribute("aria-invalid") == ("true" if complaint else None)
        if complaint:
            assert field.input_value() == typed
            assert values(page, "[data-value]") == before


def centre(locator):
    """Return the middle of an element, in pixels of the window."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, locator, dx, dy):
    """Drag an element by so many pixels; return where the pointer ends."""
    x, y = centre(locator)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    return x + dx, y + dy


def check_map(page, f, edges, count, power):
    """Compare the bands and lines of a map with the heights of a surface f."""
    png = page.locator(".ls-map image").get_attribute("href").split(",")[1]
    opacity = np.array(Image.open(BytesIO(b64decode(png))))[..., 3]
    rows, columns = opacity.shape
    x = edges[0] + (np.arange(columns) + 0.5) / columns * (edges[1] - edges[0])
    y = edges[3] - (np.arange(rows) + 0.5) / rows * (edges[3] - edges[2])
    heights = f(np.stack(np.meshgrid(x, y)))
    heights = (heights - heights.min()) / np.ptp(heights)
    bands = np.floor(count * heights**power)
    line = opacity == 0xAA
    # A pixel within rounding of two bands may be in either.
    exact = np.rint(126 / count * bands)
    assert np.mean(opacity[~line] == exact[~line]) > 0.999
    assert len(np.unique(opacity)) > min(count, 10)
    change = bands[1:, 1:] != bands[1:, :-1]
    change |= bands[1:, 1:] != bands[:-1, 1:]
    assert np.mean(line[1:, 1:] == change) > 0.999
