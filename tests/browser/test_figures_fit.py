"""Cause and effect of every figure are seen together, on a laptop and on a phone."""

import json
from pathlib import Path

import pytest
from site_tools import PHONE

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SITE = 936  # so wide is what is wider than the text, where the window has 1280 pixels
HIGH = 610  # what a laptop shows of a page below its bar, less a line or two
# All that belongs to a step lights up at once, and two planes have nine sliders.
HIGHER = {"backprop-stepper": 760, "perceptron-line": 740}


def figures():
    """Yield each figure of the book: its notebook, its name and its HTML."""
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                text = "".join(output.get("data", {}).get("text/html", ""))
                if "data-explorable=" in text:
                    name = text.split('data-explorable="')[1].split('"')[0]
                    tags = cell["metadata"].get("tags", [])
                    yield pytest.param(name[:-13], text, tags, id=name[:-13])


@pytest.mark.parametrize(("name", "text", "tags"), figures())
def test_a_figure_fits(name, text, tags, open_html):
    assert "full-width" in tags
    html = f'<div style="max-width: {SITE}px">{text}</div>'
    page = open_html(html)
    figure = page.locator(".dlx[data-live]")
    figure.wait_for()
    assert figure.bounding_box()["height"] <= HIGHER.get(name, HIGH)
    page.set_viewport_size({"width": PHONE, "height": 844})
    held = figure.locator(".dlx-stick")
    if not held.count():
        return
    # What is held stays while what stands below it in the same block passes.
    box = held.evaluate(
        """one => {
          const end = one.parentElement.getBoundingClientRect().bottom;
          scrollTo({ top: scrollY + end - 700, behavior: "instant" });
          const { top, height } = one.getBoundingClientRect();
          return { top, height };
        }"""
    )
    assert -1 <= box["top"] <= 844 - box["height"]
    assert box["height"] <= 450
