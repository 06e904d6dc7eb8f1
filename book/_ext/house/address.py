"""Where the book lives: a way to report an error, and to run a chapter elsewhere.

Two settings, both in `_config.yml`, both empty unless somebody publishes the book:

``house_repository``
    The address of its repository on GitHub, such as "https://github.com/you/book".
    Chapters then offer Colab and Binder, and say how to install the library there.
``house_errata``
    Where errors are reported: "mailto:you@example.org", or the page of a tracker on
    which an issue is written, "https://github.com/you/book/issues/new". Without it, the
    repository's own; without that, too, a sentence says what to tell whom.
"""

import re
from html import escape
from importlib.metadata import version
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.errors import ConfigError

from .prose import is_chapter

REPOSITORY = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
ERRATA = re.compile(r"mailto:[^@\s?]+@[^@\s?]+|https?://\S+")
SHARE = "https://colab.research.google.com", "https://mybinder.org"

REPORT = '<a class="report" href="{}">Report an error</a>'
FOUND = "Have you found an error on this page? {}. The message names the page."
NO_ADDRESS = (
    "If you find an error on this page, tell whoever gave you this book. "
    "The page is “{}”, of version {}."
)
ELSEWHERE = """\
<p class="elsewhere">This notebook also opens in <a href="{colab}">Colab</a> and on \
<a href="{binder}">Binder</a>. There, put this line into a new cell at the top, and \
run it first: <code class="literal">%pip install -q git+{repository}</code></p>
"""


def check(app, config):
    """Refuse settings that lead nowhere, and tell the theme of the repository."""
    config.house_repository = config.house_repository.rstrip("/").removesuffix(".git")
    if config.house_repository:
        if not REPOSITORY.fullmatch(config.house_repository):
            raise ConfigError(
                "house_repository must be empty or an address such as "
                f"https://github.com/you/book, not {config.house_repository!r}"
            )
        config.house_errata = config.house_errata or (
            f"{config.house_repository}/issues/new"
        )
        config.html_theme_options |= {
            "repository_url": config.house_repository,
            "repository_branch": config.house_branch,
            "launch_buttons": {
                "colab_url": SHARE[0],
                "binderhub_url": SHARE[1],
                "notebook_interface": "jupyterlab",
            },
        }
    if config.house_errata and not ERRATA.fullmatch(config.house_errata):
        raise ConfigError(
            "house_errata must be empty, mailto: with an address, or the page of a "
            f"tracker with https://, not {config.house_errata!r}"
        )
    if config.house_errata:  # beside the text, where the reader is
        items = ["page-toc.html", "report.html"]
        config.html_theme_options.setdefault("secondary_sidebar_items", items)


def report_address(errata, title, page):
    """Return the address under which an error on this page is reported.

    It ends with the text of the message, so that a script can add to it.
    """
    text = f"Page: {title} ({page})\nVersion: {version('dlscratch')}\n"
    names = ("title", "body")
    if errata.startswith("mailto:"):
        names = ("subject", "body")
    elif "/-/issues/" in errata:  # GitLab
        names = ("issue[title]", "issue[description]")
    start = "&" if urlsplit(errata).query else "?"
    subject, body = quote(f"Error: {title}", safe=""), quote(text, safe="")
    return f"{errata}{start}{names[0]}={subject}&{names[1]}={body}"


def add_report(app, page, template, context, doctree):
    """Offer at the end of a page, and beside it, to report an error."""
    if doctree is None:
        return
    title = re.sub("<.*?>", "", context["title"])
    if errata := app.config.house_errata:
        link = REPORT.format(escape(report_address(errata, title, page)))
        text = FOUND.format(link)
        context["house_report"] = link
    else:
        text = NO_ADDRESS.format(title, version("dlscratch"))
    context["body"] += f'<p class="errata d-print-none">{text}</p>'


def notebook_addresses(repository, branch, page):
    """Return where a chapter opens in Colab and on Binder."""
    name = repository.removeprefix("https://github.com/")
    return {
        "colab": f"{SHARE[0]}/github/{name}/blob/{branch}/{page}.ipynb",
        "binder": f"{SHARE[1]}/v2/gh/{name}/{branch}?urlpath=lab/tree/{page}.ipynb",
    }


def add_elsewhere(app, doctree, page):
    """Say below a chapter's time where else it runs, and what it needs there."""
    repository = app.config.house_repository
    if not (repository and is_chapter(page) and app.builder.name == "html"):
        return
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.astext().startswith("Time "):
            links = notebook_addresses(repository, app.config.house_branch, page)
            html = ELSEWHERE.format(repository=repository, **links)
            place = paragraph.parent.index(paragraph) + 1
            paragraph.parent.insert(place, nodes.raw("", html, format="html"))
            return


def setup(app):
    """Register with Sphinx."""
    app.add_config_value("house_repository", "", "html", [str])
    app.add_config_value("house_branch", "main", "html", [str])
    app.add_config_value("house_errata", "", "html", [str])
    app.connect("config-inited", check)
    app.connect("doctree-resolved", add_elsewhere)
    app.connect("html-page-context", add_report)
