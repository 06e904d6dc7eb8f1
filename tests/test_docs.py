"""That what README, CONTRIBUTING and the package's metadata say is so."""

import json
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
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
    phony = re.search(r"^\.PHONY:(.*)$", read("Makefile"), re.MULTILINE)[1].split()
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
    assert boxes == [(f"../{file}.html", title) for file, title in titles.items()]
    row = re.compile(r"^\| \[(.+)\]\(\.\./(.+)\.ipynb\) \|", re.MULTILINE)
    assert row.findall(read("book/index.md")) == [(t, f) for f, t in titles.items()]


def test_the_path_leads_to_every_section_of_the_lab():
    """Each labelled section of the lab has its own small box in the picture."""
    lab = "\n".join(chapters()["notebooks/lab-mnist"])
    wanted = {
        f"../notebooks/lab-mnist.html#lab-section-{n}": f"lab section {n}"
        for n in re.findall(r"^\(lab-section-(\d+)\)=$", lab, re.MULTILINE)
    }
    found = {href: words for href, words, _ in path_links() if "#lab-section" in href}
    assert wanted
    assert found == wanted


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
        and not path.name.startswith(".")
    }
    assert found
    assert found <= declared
