"""That what README, CONTRIBUTING and the package's metadata say is so."""

import json
import os
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import contents
import execute_notebooks
import pytest
import stale
import yaml
from docutils.nodes import make_id
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def read(name):
    """Return the text of one of the project's files."""
    return (ROOT / name).read_text(encoding="utf-8")


def project():
    """Return pyproject.toml."""
    return tomllib.loads(read("pyproject.toml"))


def make_targets():
    """Return the targets that the Makefile describes in `make help`."""
    return set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE))


def code_in(text):
    """Return all that a page shows as code, in blocks and in lines."""
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_are_make_targets(guide):
    """Every `make something` that a guide names can be made."""
    used = {
        target
        for code in code_in(read(guide))
        for target in re.findall(r"\bmake ([a-z-]+)", code)
    }
    assert used <= make_targets()


def test_the_workflow_calls_only_make():
    """What the forge runs is what a reader can run, on two Pythons."""
    jobs = yaml.safe_load(read(".github/workflows/book.yml"))["jobs"]
    commands = [
        step["run"]
        for job in jobs.values()
        for step in job["steps"]
        if "run" in step  # the others say what they "use"
    ]
    words = [command.split() for command in commands]
    assert {first for first, *_ in words} == {"make"}
    assert {target for _, *targets in words for target in targets} <= make_targets()
    oldest = project()["project"]["requires-python"].removeprefix(">=")
    pythons = jobs["tests"]["strategy"]["matrix"]["python"]
    assert oldest in pythons
    assert len(pythons) == 2


@pytest.mark.parametrize("guide", GUIDES)
def test_links_and_files_exist(guide):
    """Every link to a file, and every path shown as code, leads somewhere."""
    text = read(guide)
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text)
    folders = r"(?:book|dlscratch|notebooks|tests|tools|benchmarks)"
    for code in code_in(text):
        targets += re.findall(rf"(?<![\w/.]){folders}/[\w./-]*\w", code)
    missing = [t for t in targets if not (ROOT / t).exists()]
    assert not missing


def test_readme_names_the_two_commands():
    """The reader finds the two commands that do everything."""
    code = " ".join(code_in(read("README.md")))
    assert re.search(r"\bmake book\b", code)
    assert re.search(r"\bmake test\b(?!-)", code)


def test_help_lists_every_target():
    """`make help` is what `make` does, and lists each phony target."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    listed = set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE))
    makefile = read("Makefile").replace("\\\n", " ")
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)[1].split()
    assert listed == set(phony) == make_targets()


def chapters():
    """Return {path without suffix: texts of cells}, as the table of contents says."""
    parts = yaml.safe_load(read("_toc.yml"))["parts"]
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return {
        file: ["".join(c["source"]) for c in json.loads(read(f"{file}.ipynb"))["cells"]]
        for file in files
        if file.startswith("notebooks/")
    }


def path_links():
    """Return (address, words, title) of each link in the index's picture."""
    page = read("book/index.md")
    picture = re.search(r'<figure class="path-picture">.*?</figure>', page, re.DOTALL)
    for link in ElementTree.fromstring(picture[0]).iter("a"):
        title = link.find("text[@class='title']")
        words, title = (
            "" if node is None else " ".join("".join(node.itertext()).split())
            for node in (link, title)
        )
        yield link.get("href"), words, title


def test_the_path_leads_to_every_chapter():
    """The index's picture shows each chapter, in order, and so does its table."""
    titles = {
        file: cells[0].splitlines()[0].removeprefix("# ")
        for file, cells in chapters().items()
    }
    boxes = [(href, title) for href, _, title in path_links() if title]
    wanted = [(f"../{file}.html", title) for file, title in titles.items()]
    assert boxes == wanted, "run `make contents`"
    row = re.compile(r"^\| \[(.+)\]\(\.\./(.+)\.ipynb\) \|", re.MULTILINE)
    assert row.findall(read("book/index.md")) == [(t, f) for f, t in titles.items()]


def test_the_path_leads_to_every_section_of_the_lab():
    """Each numbered section of the lab has its own small box in the picture."""
    lab = "\n".join(chapters()["notebooks/lab-mnist"])
    wanted = {
        f"../notebooks/lab-mnist.html#{make_id(heading)}": f"lab section {heading[0]}"
        for heading in re.findall(r"^## (\d\. .*)$", lab, re.MULTILINE)
    }
    found = {
        href: words for href, words, _ in path_links() if "lab-mnist.html#" in href
    }
    found = {
        href: words.replace("sections 1, 2", "section 1")
        for href, words in found.items()
    }
    assert len(found) == 5
    assert found.items() <= wanted.items()


@pytest.mark.parametrize("name", contents.PAGES)
def test_lists_of_chapters_are_up_to_date(name):
    """What tools/contents.py makes is what the page has."""
    new = contents.renew(name, contents.read_chapters(), read(name))
    assert new == read(name), f"{name} is out of date: run `make contents`"


def test_the_first_cell_of_the_welcome_page_prints_what_it_shows(capsys):
    """Its output is what Python prints, and its bias changed makes "or" of "and"."""
    page = read("book/index.md")
    code, shown = re.search(
        r"```{cell}\n(.*?\n)---\n(.*?)```", page, re.DOTALL
    ).groups()
    exec(code, {})
    assert capsys.readouterr().out == shown
    assert max(map(len, code.splitlines())) <= 40, "a phone shows 40 letters"
    assert page.index("{cell}") < page.index("## Start here")
    exec(code.replace("-1.5", "-0.5"), {})
    answers = [line.endswith("True") for line in capsys.readouterr().out.splitlines()]
    assert answers == [False, True, True, True]


NEEDS = {  # what each chapter of a book builds on
    "1": "", "2a": "1", "2b": "1", "3a": "1", "3b": "3a 2b",
    "4": "1", "5": "4", "6": "4", "7": "5 6", "8a": "6", "8b": "6",
}  # fmt: skip


def some_book(words="a few words"):
    """Return the chapters of a book."""
    return [
        contents.Chapter(n, f"{n}. A title", n, set(on.split()), words, "", [])
        for n, on in NEEDS.items()
    ]


def test_parts_share_a_frame_and_chapters_stand_beside_each_other():
    """Where a chapter stands follows from what it builds on, and so do the arrows."""
    rows = [
        [[unit.name for unit in column] for column in row]
        for row in contents.arrange(some_book())
    ]
    beside = [["2"], ["3a", "3b"]]
    assert rows == [[["1"]], beside, [["4"]], [["5"], ["6"]], [["7"], ["8"]]]
    told = contents.Picture(some_book()).told
    assert "Chapter 3b builds on chapters 2 and 3a." in told
    assert "Chapter 8 builds on chapter 6." in told
    assert not any(text.startswith("Chapter 4 ") for text in told)


@pytest.mark.parametrize("words", ["one", "more words than fit into one line " * 3])
def test_boxes_of_the_picture_do_not_overlap(words):
    """However long the words are and however many chapters there are."""
    shown = "".join(contents.Picture(some_book(words)).svg)
    boxes = re.findall("<a .*?</a>", shown, re.DOTALL)
    size = re.compile('<rect x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"')
    places = [[int(n) for n in size.search(box).groups()] for box in boxes]
    assert len(places) == 11
    for i, (x, y, w, h) in enumerate(places):
        assert 1 <= x < x + w < 400
        assert y + 20 < int(re.findall(' y="(.+?)"', boxes[i])[-1]) < y + h - 8
        for left, top, _, _ in places[i + 1 :]:
            assert left >= x + w or top >= y + h


HEAD = (
    "# 9. Dreams\n\nA network dreams. It is odd.\n\n**You need** [b](02-b.ipynb).\n\n"
)
HEAD += "**Time** about two to three and a half hours with the exercises."


def small_book(folder, monkeypatch, head=HEAD, words=""):
    """Make tools/contents.py see a book of chapters 2 and 9."""
    monkeypatch.setattr(contents, "ROOT", folder)
    for name in ("notebooks", "book"):
        (folder / name).mkdir()
    first = "# 2. B\n\nB.\n\n**You need** a.\n\n**Time** two minutes."
    for name, text in {"02-b": first, "09-d": head}.items():
        cells = {"cells": [{"source": [text]}]}
        (folder / "notebooks" / f"{name}.ipynb").write_text(json.dumps(cells))
    entries = [{"file": "notebooks/02-b"}, {"file": "notebooks/09-d"}]
    toc = {"parts": [{"caption": "All", "chapters": entries}]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    (folder / "book" / "contents.toml").write_text(words)


def test_a_new_chapter_needs_no_other_words(tmp_path, monkeypatch):
    """It is shown with the first sentence of its notebook."""
    small_book(tmp_path, monkeypatch)
    old, new = contents.read_chapters()
    assert (old.time, new.time) == ("2 min", "2 to 3½ h")
    assert (new.title, new.name, new.box) == ("9. Dreams", "9", "A network dreams")
    assert new.needs == {"notebooks/02-b"}


@pytest.mark.parametrize(
    ("head", "words", "message"),
    [
        ("# 9. Dreams\nA network", "", "must begin with"),
        ("# 9. Dreams\n\nA network.", "", r"needs a line .\*\*You need"),
        (HEAD.partition("**Time")[0], "", r"needs a line .\*\*Time"),
        (HEAD.replace("02-b", "03-c"), "", "links to notebooks/03-c"),
        (HEAD, "[09-x]\nbox = 'x'", "names what is not in _toc.yml: 09-x"),
        (HEAD, "[09-d]\nlab = [7]", "section 7 of the lab"),
    ],
    ids=["title", "needs", "time", "order", "words", "lab"],
)
def test_a_chapter_that_cannot_be_listed_is_told_why(
    head, words, message, tmp_path, monkeypatch
):
    """The message names the file and what is missing there."""
    small_book(tmp_path, monkeypatch, head, words)
    (tmp_path / f"{contents.LAB}.ipynb").write_text('{"cells": []}')
    with pytest.raises(ValueError, match=message):
        contents.Picture(contents.read_chapters())


def test_a_lost_comment_is_named():
    """The page says where its lists belong."""
    first = contents.FIRST.format("list")
    with pytest.raises(ValueError, match=f"needs the lines {first}"):
        contents.renew("README.md", some_book(), "no comments")


def test_the_site_is_stale_when_a_source_is_newer(tmp_path):
    """The Makefile and the tests in the browser ask tools/stale.py."""
    for name in (*stale.FILES, stale.STAMP, "book/_ext/house/new.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.utime(tmp_path / stale.STAMP, (2e9, 2e9))
    assert stale.changed(tmp_path) is None
    for name in ("book/__pycache__/a.pyc", "book/.hidden/a.md", "book/.a.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (3e9, 3e9))
    assert stale.changed(tmp_path) is None
    new = tmp_path / "book/_ext/house/new.py"
    os.utime(new, (3e9, 3e9))
    assert stale.changed(tmp_path) == new
    (tmp_path / stale.STAMP).unlink()
    assert stale.changed(tmp_path)


def test_notebooks_are_named_by_how_their_names_begin():
    """That is what `make notebooks NB=02` passes on."""
    (found,) = execute_notebooks.find("02")
    assert found.name == "02-perceptron.ipynb"
    assert execute_notebooks.find(str(found)) == [found]
    assert len(execute_notebooks.find("06")) == 3
    with pytest.raises(ValueError, match="begins with perceptron"):
        execute_notebooks.find("perceptron")


def test_versions_agree():
    """The package, the citation and the newest entry of the changelog agree."""
    version = project()["project"]["version"]
    citation = yaml.safe_load(read("CITATION.cff"))
    newest = re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[1]
    assert citation["version"] == newest == version


def test_citation_says_what_the_package_says():
    """Authors are the same in the citation and in the package, and so is the licence.

    The format has one licence only (a list would mean a choice): that of the code.
    """
    about = project()["project"]
    citation = yaml.safe_load(read("CITATION.cff"))
    assert [a["name"] for a in citation["authors"]] == [
        a["name"] for a in about["authors"]
    ]
    assert citation["license"] == about["license"].split(" AND ")[0]
    assert {"cff-version", "message", "title"} <= citation.keys()


def pinned():
    """Return {package: [pinned versions]} of requirements.txt."""
    pins = {}
    for line in read("requirements.txt").splitlines():
        requirement = Requirement(line)
        (exact,) = requirement.specifier
        assert exact.operator == "==", line
        pins.setdefault(canonicalize_name(requirement.name), []).append(exact.version)
    return pins


def test_lock_is_in_step_with_the_ranges():
    """Every declared dependency is pinned, inside its range."""
    about = project()["project"]
    groups = [about["dependencies"], *about["optional-dependencies"].values()]
    pins = pinned()
    for requirement in map(Requirement, chain(*groups)):
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in requirements.txt"
        assert all(v in requirement.specifier for v in versions), str(requirement)


def test_package_data_is_declared():
    """Every file of the package that is not Python goes into the wheel."""
    patterns = project()["tool"]["setuptools"]["package-data"]["dlscratch"]
    package = ROOT / "dlscratch"
    declared = {path for pattern in patterns for path in package.glob(pattern)}
    found = {
        path
        for path in package.rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and path.name != "ruff.toml"
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert found
    assert found <= declared
