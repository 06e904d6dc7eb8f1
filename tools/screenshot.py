"""Take the picture that the README shows: a digit, drawn on the built site and read.

Needs the site (`make book`) and a Chromium, named in CHROMIUM or called `chromium`.
"""

import io
import math
from pathlib import Path

from chromium import chromium
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "_build" / "html" / "notebooks" / "03-neural-networks.html"
PICTURE = ROOT / "book" / "assets" / "screenshot.png"


def three():
    """Return the points of a 3 on a board of 280 by 280: two arcs."""
    for top, first, last in ((95, -150, 85), (175, -85, 150)):
        for degrees in range(first, last, 5):
            angle = math.radians(degrees)
            yield 135 + 42 * math.cos(angle), top + 42 * math.sin(angle)


def main():
    """Draw, wait for the answer, and save the picture."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(PAGE.as_uri())
        board = page.locator(".dd-board")
        board.scroll_into_view_if_needed()
        page.evaluate(
            "board => window.scrollBy(0, board.getBoundingClientRect().top - 260)",
            board.element_handle(),
        )
        box = board.bounding_box()
        points = [
            (box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280)
            for x, y in three()
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
        page.wait_for_timeout(500)
        shot = page.screenshot()
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(128)
    picture.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
