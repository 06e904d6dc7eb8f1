"""The page's colours where no script runs.

The theme's script sets ``data-theme`` to "light" or "dark"; without it that stays
"auto", and no colour is set. So all rules for the two are written once more, for
"auto", into a style that only such a browser loads: it shows what its reader's system
prefers.
"""

import re
from pathlib import Path

import tinycss2

from . import lean

NAME = "no-script.css"
THEME = re.compile(r"""\[data-theme=["']?(light|dark)["']?\]""")
LINK = '\n<noscript><link rel="stylesheet" href="{}" /></noscript>'
STYLE = """\
@media print, not all and (prefers-color-scheme: dark) {{ {light} }}
@media screen and (prefers-color-scheme: dark) {{ {dark} }}
"""


def rules_for(theme, css):
    """Return the rules of one theme, for a page whose theme is "auto"."""
    found = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True):
        if rule.type == "qualified-rule":
            parts = map(tinycss2.serialize, lean.split(rule.prelude))
            parts = [part.strip() for part in parts if theme in THEME.findall(part)]
            before = THEME.sub('[data-theme="auto"]', ",".join(parts))
            inside = tinycss2.serialize(rule.content)
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            before = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}".strip()
            inside = rules_for(theme, tinycss2.serialize(rule.content))
        else:
            continue
        if before and inside:
            found.append(f"{before}{{{inside}}}")
    return "\n".join(found)


def link(app, page, template, context, doctree):
    """Have a page load the style if its browser runs no script."""
    address = context["pathto"](f"_static/{NAME}", resource=True)
    context["metatags"] = context.get("metatags", "") + LINK.format(address)


def write(app, exception):
    """Write the style out of all others: the theme's, that of code, the book's."""
    static = Path(app.outdir, "_static")
    if exception is not None or not (static / "book.css").exists():
        return
    css = (static / "book.css").read_text("utf-8")  # which `lean` made
    themes = {theme: rules_for(theme, css) for theme in ("light", "dark")}
    (static / NAME).write_text(STYLE.format(**themes), encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", link)
    app.connect("build-finished", write, priority=950)
