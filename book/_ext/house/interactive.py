"""Interactive figures: on hand-written pages too, and without repetition.

The output of a figure holds all scripts that it needs, so that a notebook shows it
anywhere. A page of the site loads the style and what figures share once, and keeps of
each output the figure's own script. An output with another text stays whole.
"""

from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from dlscratch import explorables
from dlscratch.explorables.explorable import script, style

FOLDER = Path(explorables.__file__).parent
STYLE = "explorable.css"
SHARED = ("explorable", "drawing-board", "landscape")


class ExplorableDirective(SphinxDirective):
    """Show an interactive figure on a hand-written page: its name is the argument."""

    required_arguments = 1

    def run(self):
        """Return the figure's HTML."""
        for path in FOLDER.iterdir():
            self.env.note_dependency(str(path))
        figure = getattr(explorables, self.arguments[0])()
        return [nodes.raw("", figure._repr_html_(), format="html")]


def share(app, page, template, context, doctree):
    """Have a page load what its figures share, and take that out of their outputs."""
    body = context.get("body", "")
    texts = {f"{part}.js": script(part) for part in SHARED} | {STYLE: style()}
    for name, text in texts.items():
        if text in body:
            body = body.replace(text, "")
            if name == STYLE:
                app.add_css_file(name)
            else:
                app.add_js_file(name, loading_method="defer")
    context["body"] = body


def setup(app):
    """Register with Sphinx."""
    names = [*(f"{part}.js" for part in SHARED), STYLE]
    app.config.html_static_path.extend(str(FOLDER / name) for name in names)
    app.add_directive("explorable", ExplorableDirective)
    app.connect("html-page-context", share)
