"""The built site."""


def test_opens(site, page):
    page.goto(f"{site}/book/index.html")
    assert page.locator("h1").first.inner_text()
    page.wait_for_load_state("networkidle")


def test_standalone(open_html):
    page = open_html(
        "<p id=a>hello</p><script type='module'>document.getElementById('a').textContent='live'</script>"
    )
    page.wait_for_function("document.getElementById('a').textContent=='live'")
