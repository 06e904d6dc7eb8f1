"""Figures that follow the page: beside each SVG, the same one for dark paper.

Lines, letters and areas get the colours of a dark page. Pictures made of pixels and
maps of filled levels stay as they are, and so does what is drawn on them.
"""

import colorsys
import re
import xml.etree.ElementTree as ET
from pathlib import Path

PAPER, INK = (20, 24, 29), (213, 220, 227)
SVG = "{http://www.w3.org/2000/svg}"
IMAGE = re.compile(r'<img (?=[^>]*src="([^"]*_images/)(\w+)\.svg")[^>]*>')
CONTRAST = 4.5

ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def luminance(rgb):
    """Return the relative luminance of a colour, as WCAG defines it."""
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in rgb)
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def on_dark(rgb):
    """Return what a colour on white paper becomes on dark paper.

    A grey keeps its place between ink and paper. A pale tint becomes a dark one, and a
    colour of lines and letters is made lighter until it can be seen.
    """
    if max(rgb) - min(rgb) < 16:
        share = sum(rgb) / 3 / 255
        pairs = zip(INK, PAPER, strict=True)
        return tuple(round(a + share * (b - a)) for a, b in pairs)
    h, light, s = colorsys.rgb_to_hls(*(value / 255 for value in rgb))

    def at(light):
        return tuple(round(255 * c) for c in colorsys.hls_to_rgb(h, light, s))

    if light > 0.85:
        return at(1.1 - light)
    while contrast(at(light), PAPER) < CONTRAST:
        light += 0.01
    return at(light)


def recolour(style):
    """Return a style of CSS with its colours for dark paper."""

    def new(match):
        rgb = tuple(bytes.fromhex(match[1]))
        return "#" + bytes(on_dark(rgb)).hex()

    return re.sub(r"#([0-9a-f]{6})\b", new, style)


def darken(svg):
    """Return a figure's SVG for a dark page."""
    root = ET.fromstring(svg)
    root.set("fill", "#" + bytes(INK).hex())  # letters that name no colour
    kept = set()
    for axes in root.iter(f"{SVG}g"):
        if axes.get("id", "").startswith("axes_"):
            for part in _on_pixels(axes):
                part.set("fill", part.get("fill", "#000000"))
                kept |= set(part.iter())
    for node in root.iter():
        if node not in kept and "style" in node.attrib:
            node.set("style", recolour(node.get("style")))
    return ET.tostring(root, encoding="unicode")


def _on_pixels(axes):
    """Return the parts that stand on the pictures and opaque maps in these axes."""
    boxes = []
    for image in axes.iter(f"{SVG}image"):
        x, y, width, height = (
            float(image.get(name)) for name in ("x", "y", "width", "height")
        )
        boxes.append((x, -y, x + width, height - y))  # they stand on their heads
    if any(_is_opaque_map(group) for group in axes.iter(f"{SVG}g")):
        paper = next(axes.iter(f"{SVG}path")).get("d")  # the axes' own, drawn first
        corners = [float(n) for n in re.findall(r"-?[\d.]+", paper)]
        xs, ys = corners[::2], corners[1::2]
        boxes.append((min(xs), min(ys), max(xs), max(ys)))

    def parts(node):
        place = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", ""))
        x, y = map(float, place.groups()) if place else (0.0, 0.0)
        within = place and any(a < x < c and b < y < d for a, b, c, d in boxes)
        if within or node.get("clip-path"):
            return [node]
        return [part for child in node for part in parts(child)]

    return parts(axes) if boxes else []


def size(path):
    """Return an SVG's width and height as attributes, so that a page keeps its room."""
    head = path.read_text("utf-8")[:2000]
    found = re.search(r'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt"', head)
    pixels = (
        [round(float(points) * 4 / 3) for points in found.groups()] if found else []
    )
    names = zip(("width", "height"), pixels, strict=False)
    return "".join(f'{name}="{value}" ' for name, value in names)


def _is_opaque_map(group):
    """Tell whether a group of an SVG is a map of levels without transparency."""
    filled = group.get("id", "").startswith(("QuadContourSet", "QuadMesh"))
    styles = [path.get("style", "") for path in group.iter(f"{SVG}path")]
    fills = {style for style in styles if re.match("fill: #", style)}
    return filled and len(fills) > 2 and "opacity" not in " ".join(fills)


def add_dark_figures(app, page, template, context, doctree):
    """Show each SVG in the page's colours, and load it when it comes into sight."""
    files = {name: path for path, (_, name) in app.env.images.items()}

    def both(match):
        path = Path(app.srcdir, files[f"{match[2]}.svg"])
        start = f'<img loading="lazy" {size(path)}class="paper-'
        light = match[0].replace("<img ", f'{start}light" ')
        dark = match[0].replace("<img ", f'{start}dark" ')
        return light + dark.replace(f"{match[2]}.svg", f"{match[2]}-dark.svg")

    context["body"] = IMAGE.sub(both, context.get("body", ""))


def write_dark_figures(app, exception):
    """Write the dark figures beside the others."""
    if exception is None and app.builder.name == "html":
        for path in Path(app.outdir, "_images").glob("*.svg"):
            if not path.stem.endswith("-dark"):
                dark = darken(path.read_text("utf-8"))
                path.with_name(f"{path.stem}-dark.svg").write_text(dark, "utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_dark_figures)
    app.connect("build-finished", write_dark_figures)
