"""One style sheet and one script for all pages, without what no page uses.

The theme and the extensions bring a dozen files, most of whose rules are for what this
book does not have. When all pages are written, the rules that can apply to one of them
are put together as ``book.css``, and the scripts as ``book.js``. A rule stays unless it
names a class, an identifier or an element that stands on no page and in no script.
"""

import hashlib
import re
from fnmatch import fnmatch
from pathlib import Path
from posixpath import normpath
from shutil import rmtree

import tinycss2
from sphinx.util import logging

THEIRS = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
    "katex/katex.min.css",
)
OURS = ("pygments.css", "icons.css", "house.css")
SCRIPTS = (
    "documentation_options.js",
    "doctools.js",
    "clipboard.min.js",
    "copybutton.js",
    "scripts/pydata-sphinx-theme.js",
    "scripts/sphinx-book-theme.js",
    "menus.js",
    "house.js",
    "places.js",
)
# No page has what these are for; the last is about the versions of a book.
UNWANTED = (
    "thebe",
    "sphinx-design",
    "design-tabs",
    "toggle",
    "documentation_options.p",
)
# Nothing loads these. `icons.css` and `menus.js` do what the first ones did.
DROPPED = (
    "vendor/fontawesome",
    "scripts/fontawesome.js*",
    "scripts/bootstrap.js*",
    "sphinx-design*",
    "design-tabs.js",
    "togglebutton.*",
    "sphinx-thebe.*",
)
# The theme measures all code, box by box, whenever anything on a page has changed.
# `house.js` measures what can have changed, and all of it at once.
MEASURES = re.compile(
    r'const (\w)=\(\)=>\{document\.querySelectorAll\(\["pre".*?\1\(\)(?=\})'
)
ICONS = re.compile(r"Font ?Awesome|--fa\b|--fa-|^fa-")
CLASSES = re.compile(r'\bclass="([^"]*)"')
IDS = re.compile(r'\bid="([^"]*)"')
TAGS = re.compile(r"<([a-z][\w-]*)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
URL = re.compile(r"""url\((["']?)(?!data:|#)([^)"']+)\1\)""")
OTHER_FONTS = re.compile(r",\s*url\([^)]*\.(?:woff|ttf)\) format\([^)]*\)")
logger = logging.getLogger(__name__)
MARK = re.compile(r"(_static/(book\.(?:css|js)))\?v=\w+")


def drop_files(app, page, template, context, doctree):
    """Take out of a page's head what is in ``book.css`` and ``book.js``, or unwanted.

    The marking of searched words is unwanted too, since it changes interactive figures,
    but the search page needs its script.
    """
    unwanted = UNWANTED if page == "search" else (*UNWANTED, "sphinx_highlight")
    bundled = [f"*_static/{name}" for name in (*THEIRS, *OURS, *SCRIPTS)]

    def stays(file):
        name = str(file.filename)
        about = f"{name} {file.attributes.get('body')}".lower()
        return not any(word in about for word in unwanted) and not any(
            fnmatch(name.partition("?")[0], pattern) for pattern in bundled
        )

    for kind in ("script_files", "css_files"):
        context[kind] = list(filter(stays, context.get(kind, [])))


def names_in(pages, scripts):
    """Return the classes, identifiers and elements that pages and scripts can have."""
    names = set()
    for text in pages:
        for listed in {*CLASSES.findall(text), *IDS.findall(text)}:
            names.update(listed.split())
        names.update(TAGS.findall(text))
    for text in scripts:
        names.update(WORD.findall(text))
    return names


def can_apply(selector, names):
    """Tell whether all that a selector asks for is among the names."""
    before = None
    for token in selector:
        sort, value = token.type, getattr(token, "value", None)
        if sort == "hash" and value not in names:
            return False
        if sort == "ident" and before != ":":
            if (value if before == "." else value.lower()) not in names:
                return False
        before = value if sort == "literal" else None
    return True


def trim(rules, names):
    """Return the rules that can apply, as text."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            prelude = split(rule.prelude)
            wanted = [part for part in prelude if can_apply(part, names)]
            body = tinycss2.serialize(rule.content)
            if wanted and not ICONS.search(body):
                heads = (tinycss2.serialize(part).strip() for part in wanted)
                kept.append(f"{','.join(heads)}{{{body}}}\n")
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            options = {"skip_comments": True, "skip_whitespace": True}
            inner = trim(tinycss2.parse_rule_list(rule.content, **options), names)
            if inner:
                head = tinycss2.serialize(rule.prelude)
                kept.append(f"@{rule.at_keyword}{head}{{{inner}}}\n")
        elif rule.type == "at-rule" and rule.at_keyword in ("font-face", "keyframes"):
            text = rule.serialize()
            if not ICONS.search(f"{text}\n{tinycss2.serialize(rule.prelude).strip()}"):
                kept.append(f"{text}\n")
    return "".join(kept)


def split(prelude):
    """Return the selectors of a rule, each a list of tokens."""
    parts = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def styles(static, names):
    """Return all styles that can apply, as text."""
    texts = []
    for pattern in THEIRS:
        for path in static.glob(pattern):
            options = {"skip_comments": True, "skip_whitespace": True}
            rules = tinycss2.parse_stylesheet(path.read_text("utf-8"), **options)
            text = OTHER_FONTS.sub("", trim(rules, names))
            texts.append(there(static, moved(text, path.parent.relative_to(static))))
    return "".join(texts + texts_of(static, OURS))


def texts_of(static, names):
    """Return the texts of the files that are there: a book may use fewer extensions."""
    paths = (static / name for name in names)
    return [path.read_text("utf-8") for path in paths if path.exists()]


def moved(text, folder):
    """Return styles from a folder so that they find their files from its parent."""
    return URL.sub(lambda m: f"url({normpath(f'{folder}/{m[2]}')})", text)


def there(static, text):
    """Return styles without the fonts that are not there; say if one is lacking."""
    faces = re.findall(r"@font-face\{[^}]*\}\n", text)
    lacking = [f for f in faces if not (static / URL.search(f)[2]).exists()]
    for face in lacking:
        text = text.replace(face, "")
    for family in {*re.findall(r"KaTeX_\w+", text)}:
        if not re.search(rf'@font-face\{{[^}}]*font-family:"?{family}\b', text):
            logger.warning("a formula needs the font %s: see book/vendor/katex", family)
    return text


def bundle(static):
    """Return all scripts as one text."""
    text = "".join(
        re.sub(r"//# sourceMappingURL=.*", "", text) + "\n;"
        for text in texts_of(static, SCRIPTS)
    )
    text, found = MEASURES.subn("", text)
    if not found:
        logger.warning("the theme's script has changed: see MEASURES in %s", __name__)
    return text


def write(app, exception):
    """Write both files, and into all pages which version of them is the last."""
    if exception is not None:
        return
    site, static = Path(app.outdir), Path(app.outdir, "_static")
    paths = [
        p for part in ("*", "book/*", "notebooks/*") for p in site.glob(f"{part}.html")
    ]
    pages = {path: path.read_text("utf-8") for path in paths}
    script = bundle(static)
    later = [static / "searchtools.js", *Path(app.srcdir, "book", "live").glob("*.js")]
    scripts = [script, *(path.read_text("utf-8") for path in later)]
    made = {
        "book.css": styles(static, names_in(pages.values(), scripts)),
        "book.js": script,
    }
    for name, text in made.items():
        (static / name).write_text(text, "utf-8")
    versions = {n: hashlib.sha256(t.encode()).hexdigest()[:8] for n, t in made.items()}
    for path, text in pages.items():
        new = MARK.sub(lambda m: f"{m[1]}?v={versions[m[2]]}", text)
        if new != text:
            path.write_text(new, "utf-8")
    for path in [path for name in DROPPED for path in static.glob(name)]:
        rmtree(path) if path.is_dir() else path.unlink()


def setup(app):
    """Register with Sphinx."""
    if app.config.html_theme != "sphinx_book_theme":
        return
    app.connect("html-page-context", drop_files, priority=900)
    app.connect("build-finished", write, priority=900)  # after the theme
