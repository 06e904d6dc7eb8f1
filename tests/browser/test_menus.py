"""What `menus.js` does in place of Bootstrap: menus, and the contents of a page."""

from site_tools import PHONE

CHAPTER = "notebooks/05-backpropagation.html"
BUTTON = "button[aria-label='Download this page']"
FOCUS = "document.activeElement.textContent.trim()"


def test_a_menu_opens_and_closes(site, page, look):
    look(page, width=PHONE)
    page.goto(f"{site}/{CHAPTER}")
    button = page.locator(BUTTON)
    menu = button.locator("xpath=..").locator(".dropdown-menu")
    assert not menu.is_visible()
    button.click()
    assert menu.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    box = menu.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE
    page.locator("article h1").click(position={"x": 5, "y": 10})
    assert not menu.is_visible()
    button.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert menu.is_visible()
    assert page.evaluate(FOCUS) == menu.locator(".dropdown-item").nth(1).inner_text()
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert page.evaluate("document.activeElement.ariaLabel") == "Download this page"


def test_the_contents_follow_the_page(site, page, look):
    look(page)
    page.goto(f"{site}/{CHAPTER}#common-mistakes")
    active = page.locator(".page-toc a.active")
    active.get_by_text("Common mistakes").wait_for()
    assert active.count() == 1
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function(
        "!document.querySelector('.page-toc a.active')?.hash.includes('common')"
    )


def test_every_sign_is_drawn(site, page):
    """A name of the theme that `icons.css` lacks would be an empty square."""
    for address in (CHAPTER, "book/index.html", "search.html"):
        page.goto(f"{site}/{address}")
        bare = page.evaluate(
            """() => [...document.querySelectorAll("i[class*=' fa-']")].filter((e) =>
                !getComputedStyle(e).getPropertyValue("--icon")).map((e) => e.id)"""
        )
        assert bare == []
