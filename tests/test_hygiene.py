"""What nbval does not see: that the notebooks are whole, tidy and accessible.

Each check is a function that takes a notebook and returns a list of complaints,
so that ``test_of_tests.py`` can show that it complains about a spoiled one.
"""

import ast
import os
import re
from functools import cache
from pathlib import Path

import execute_notebooks
import nbformat
import pytest
import yaml

from dlscratch.explorables.explorable import remade

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = sorted((ROOT / "book").glob("*.md"))

LONGEST_CELL = 25  # lines of code
WIDEST_LINE = 80  # characters; more is cut beside the page's margin
SHORTEST_ALT = 40
LONGEST_READ = 6500  # words of a chapter that a first reader reads
LAST_PARTS = (
    "Break it",
    "Common mistakes",
    "In practice",
    "Exercises",
    "Summary",
    "Sources",
    "What comes next",
)
MOST_UNCOMPARED = 2  # cells in a notebook whose output nbval does not compare
MOST_ASSERTED = 13  # the same, if assertions stand in for the comparison

MACHINE = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|work|private)/\w"
    r"|[A-Z]:\\{1,2}(?:Users|Windows)"
)
MEMORY = re.compile(r"0x[0-9a-fA-F]{6,}|site-packages|ipykernel_\d+")
HASTY = re.compile(
    r"\b(?:TODO|FIXME|XXX|TBD|simply|obviously|trivial(?:ly)?|of course"
    r"|needless to say|it is clear that|easily)\b",
    re.IGNORECASE,
)

BANNED_CODE = {
    r"\bsys\.path\b": "the package is installed, so no sys.path",
    r"^\s*from\s+\S+\s+import\s+\*": "import names, not *",
    r"\bnp\.random\.(?!(?:default_rng|Generator|SeedSequence)\b)\w+": "use default_rng",
    r"\bnumpy\.random\.(?!(?:default_rng|Generator)\b)\w+": "use default_rng",
    r"^\s*(?:import random|from random import)\b": "use numpy.random.default_rng",
    r"\bdefault_rng\(\s*\)": "give default_rng a seed",
    r"allow_pickle\s*=\s*True": "never unpickle",
    r"^\s*[!%](?!%?time)": "no shell commands or magics",
}


@cache
def read(path):
    """Return a notebook, which the checks do not change."""
    return nbformat.read(path, as_version=4)


def code_cells(nb):
    """Return the cells that hold code."""
    return [c for c in nb.cells if c.cell_type == "code" and c.source.strip()]


def outputs(nb):
    """Yield each output with the cell it belongs to."""
    for cell in code_cells(nb):
        for output in cell.outputs:
            yield cell, output


def name(cell):
    """Return what tells an author which cell is meant."""
    return f"cell {cell.id} ({(cell.source.strip().splitlines() or [''])[0][:60]!r})"


def figure_cells(nb):
    """Return the cells that drew a figure."""
    return [
        cell
        for cell in code_cells(nb)
        if any("image/svg+xml" in o.get("data", {}) for o in cell.outputs)
    ]


def check_executed_in_order(nb):
    """The cells were run from top to bottom, all of them, once."""
    counts = [cell.execution_count for cell in code_cells(nb)]
    if counts != list(range(1, len(counts) + 1)):
        return [f"execution counts are {counts}, not 1 to {len(counts)}"]
    return []


def check_no_stderr(nb):
    """Nothing was written to stderr."""
    return [name(c) for c, o in outputs(nb) if o.get("name") == "stderr"]


def check_no_errors(nb):
    """No cell raised, but those which show how something fails."""
    return [
        name(c)
        for c, o in outputs(nb)
        if o.output_type == "error"
        and "raises-exception" not in c.metadata.get("tags", [])
    ]


def check_no_machine(nb):
    """No output or source names a place in somebody's machine or memory."""
    texts = [(cell, cell.source) for cell in nb.cells]
    for cell, output in outputs(nb):
        texts.append((cell, output.get("text", "")))
        texts += [(cell, str(value)) for value in output.get("data", {}).values()]
        texts += [(cell, line) for line in output.get("traceback", [])]
    found = [(cell, MACHINE.search(t) or MEMORY.search(t)) for cell, t in texts]
    return [f"{name(cell)}: {match[0]}" for cell, match in found if match]


def check_figures_described(nb):
    """Every figure has an alternative text."""
    wrong = []
    drawn = figure_cells(nb)
    for cell in code_cells(nb):
        about = cell.metadata.get("mystnb", {})
        if cell not in drawn:
            if "image" in about:
                wrong.append(f"{name(cell)}: describes a figure, but has none")
            continue
        alt = about.get("image", {}).get("alt", "")
        if len(alt) < SHORTEST_ALT or re.fullmatch(r"\S*\.(svg|png)", alt):
            wrong.append(f"{name(cell)}: alt text {alt!r} does not say what is shown")
        if "figure" in about:
            wrong.append(f"{name(cell)}: its caption belongs into the cell below")
    return wrong


def check_figures_compared(nb):
    """Figures are SVG, which nbval compares, and carry no date."""
    wrong = []
    for cell, output in outputs(nb):
        data = output.get("data", {})
        if any(kind in data for kind in ("image/png", "image/jpeg", "image/gif")):
            wrong.append(f"{name(cell)}: a bitmap, whose changes no test would see")
        if re.search(r"<dc:date>|Created with", data.get("image/svg+xml", "")):
            wrong.append(f"{name(cell)}: the SVG says when or by what it was made")
    return wrong


def check_no_widgets(nb):
    """No output needs a running kernel or a library from elsewhere."""
    wrong = ["the notebook keeps widget state"] if "widgets" in nb.metadata else []
    for cell, output in outputs(nb):
        kinds = output.get("data", {})
        wrong += [
            f"{name(cell)}: {k}" for k in kinds if re.search("widget|javascript", k)
        ]
    return wrong


def check_outputs_compared(nb):
    """Hardly a cell is kept from nbval's comparison.

    A few more may be, where training ends in digits that depend on the processor, if
    each of them, or the next cell of code, asserts what the text claims.
    """
    hidden = re.compile(r"nbval[-_](?:skip|ignore[-_]output)", re.IGNORECASE)
    cells = code_cells(nb)
    uncompared, unasserted = [], []
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if hidden.search(" ".join(cell.metadata.get("tags", [])) + cell.source):
            uncompared.append(name(cell))
            code = cell.source + "\n" + (following.source if following else "")
            if not re.search(r"^\s*assert\b", code, re.MULTILINE):
                unasserted.append(name(cell))
    if len(uncompared) <= MOST_UNCOMPARED:
        return []
    return unasserted if len(uncompared) <= MOST_ASSERTED else uncompared


def check_normalised(nb):
    """Saving the notebook again would change nothing but its order of keys."""
    tidy = execute_notebooks.normalise(nbformat.from_dict(nb))
    pairs = zip(nb.cells, tidy.cells, strict=True)
    wrong = [f"{name(a)}: metadata or id" for a, b in pairs if a != b]
    if nb.metadata != tidy.metadata or nb.nbformat_minor != tidy.nbformat_minor:
        wrong.append("the notebook's own metadata")
    return [f"{what} (make notebooks tidies it)" for what in wrong]


def check_cells_short(nb):
    """One idea a cell."""
    return [
        f"{name(cell)}: {length} lines"
        for cell in code_cells(nb)
        if (length := len(cell.source.strip().splitlines())) > LONGEST_CELL
    ]


def check_cells_narrow(nb):
    """No line of code is cut at its right end."""
    return [
        f"{name(cell)}: {len(line)} characters in {line.strip()!r}"
        for cell in code_cells(nb)
        for line in cell.source.splitlines()
        if len(line) > WIDEST_LINE
    ]


def check_code(nb):
    """No code that the book's conventions forbid."""
    return [
        f"{name(cell)}: {why}"
        for cell in code_cells(nb)
        for pattern, why in BANNED_CODE.items()
        if re.search(pattern, cell.source, re.MULTILINE)
    ]


def check_words(nb):
    """No unfinished sentence, and none that belittles a reader's effort."""
    found = [(cell, HASTY.search(cell.source)) for cell in nb.cells]
    return [f"{name(cell)}: {match[0]!r}" for cell, match in found if match]


def main_line(nb):
    """Return the text of a notebook without asides, exercises and sources."""
    text = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    kept, left_out = [], 0  # the level of the heading that is left out, if any
    code = False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if not code and (heading := re.match(r"(#+) (.*)", line)):
            level = len(heading[1])
            if level <= left_out:
                left_out = 0
            skip = re.match(r"Aside:|Exercises$|Sources$", heading[2])
            left_out = left_out or (level if skip else 0)
        if not left_out:
            kept.append(line)
    return "\n".join(kept)


def check_parts(nb):
    """A chapter ends with the parts that every chapter has, in their order."""
    titles = [t for c in nb.cells for t in re.findall(r"^## (.*)", c.source, re.M)]
    if "Exercises" not in titles:  # a lab
        return []
    last = [title.partition(":")[0] for title in titles[-len(LAST_PARTS) :]]
    return [f"ends with {last}"] * (last != list(LAST_PARTS))


def check_length(nb):
    """What a first reader reads takes an evening."""
    words = len(main_line(nb).split())
    return [f"{words} words: cut, or move an aside"] * (words > LONGEST_READ)


def check_images_described(nb):
    """Images in the text have an alternative text too, and exist."""
    wrong = []
    for cell in nb.cells:
        if cell.cell_type != "markdown":
            continue
        for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", cell.source):
            if len(alt) < SHORTEST_ALT:
                wrong.append(f"{name(cell)}: image {target} has alt text {alt!r}")
            if not (ROOT / "notebooks" / target).exists():
                wrong.append(f"{name(cell)}: there is no {target}")
    return wrong


def check_explorables_current(nb):
    """Every explorable holds the scripts and the style that the package has today."""
    wrong = []
    for cell, output in outputs(nb):
        html = output.get("data", {}).get("text/html", "")
        if "<script" in html and html != remade(html):
            wrong.append(f"{name(cell)}: a script has changed since; run make figures")
    return wrong


CHECKS = [value for key, value in list(globals().items()) if key.startswith("check_")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
def test_notebook(check, path):
    """Every notebook of the book passes every check."""
    nb = read(path)
    assert code_cells(nb)
    complaints = check(nb)
    assert not complaints, "\n".join([check.__doc__, *complaints])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_written_as_always(path):
    """The file is byte by byte what tools/execute_notebooks.py writes."""
    text = path.read_text(encoding="utf-8")
    written = execute_notebooks.dumps(nbformat.reads(text, as_version=4))
    assert text == written, "run make format"


def toc_files(node):
    """Yield all files that the table of contents names."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("root", "file") if key in node)
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from toc_files(part)


def test_table_of_contents_and_files_agree():
    """Every page is in the table of contents once, and every entry has its file."""
    entries = list(toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text())))
    twice = {entry for entry in entries if entries.count(entry) > 1}
    assert not twice, f"in _toc.yml more than once: {twice}"
    included = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\{include\}\s*(\S+)", page.read_text())
    }
    files = [path for path in [*PAGES, *NOTEBOOKS] if path not in included]
    pages = {path.relative_to(ROOT).with_suffix("").as_posix() for path in files}
    missing, extra = pages - set(entries), set(entries) - pages
    assert not missing, f"name these in _toc.yml: {missing}"
    assert not extra, f"_toc.yml names what is not there: {extra}"


def test_pages_use_no_hasty_words():
    """The hand-written pages keep to the rules of the notebooks' prose."""
    found = {path.name: HASTY.findall(path.read_text("utf-8")) for path in PAGES}
    assert not {page: words for page, words in found.items() if words}


def glossary_terms(text):
    """Return the terms that a page's glossary defines, in small letters."""
    terms = set()
    for block in re.findall(
        r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1", text, re.M | re.S
    ):
        lines = block[1].splitlines()
        terms |= {
            line.strip().lower()
            for line in lines
            if line.strip() and not line[0].isspace() and not line.startswith(":")
        }
    return terms


def test_terms_are_in_the_glossary():
    """Every {term} that a hand-written page links is defined."""
    terms = glossary_terms((ROOT / "book" / "glossary.md").read_text("utf-8"))
    assert len(terms) > 10
    missing = {}
    for path in PAGES:
        links = re.findall(r"\{term\}`([^`]+)`", path.read_text("utf-8"))
        links = {re.sub(r".*<(.*)>", r"\1", " ".join(a.split())) for a in links}
        if unknown := {link.lower() for link in links} - terms:
            missing[path.name] = unknown
    assert not missing


def test_plain_words_are_in_the_glossary():
    """What a chapter does not want linked is a word of the glossary."""
    terms = glossary_terms((ROOT / "book" / "glossary.md").read_text("utf-8"))
    listed = [read(path).metadata.get("plain_words", []) for path in NOTEBOOKS]
    plain = {word.lower() for words in listed for word in words}
    assert plain
    assert not plain - terms


def test_glossary_is_in_order():
    """The entries stand in the order of the alphabet, each once."""
    text = (ROOT / "book" / "glossary.md").read_text("utf-8")
    terms = re.findall(r"^(\S.*)\n  \{ja\}", text, re.M)
    assert len(terms) == len(glossary_terms(text))
    assert terms == sorted(terms, key=str.lower)


def project_files(*suffixes):
    """Return the project's own files that end in one of the suffixes."""
    built = {"_build", "build", "dist", "node_modules", "vendor", "__pycache__"}

    def ours(part):
        return part not in built and (part[0] != "." or part in (".ci", ".gitignore"))

    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = filter(ours, folders)  # do not even enter the environment
        found += [Path(folder, name) for name in filter(ours, files)]
    return [path for path in found if path.suffix in suffixes and path.is_file()]


def test_modules_follow_the_conventions():
    """The library keeps the rules that the notebooks' code keeps."""
    found = []
    for path in (ROOT / "dlscratch").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found += [
            f"{path.name}: {why}"
            for pattern, why in BANNED_CODE.items()
            if re.search(pattern, text, re.MULTILINE)
        ]
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "np.load":
                options = {option.arg: option.value for option in call.keywords}
                pickles = options.get("allow_pickle")
                if not (isinstance(pickles, ast.Constant) and pickles.value is False):
                    found.append(f"{path.name}: np.load must say allow_pickle=False")
    assert not found


def test_no_file_names_a_machine():
    """No page, script or setting holds the path of somebody's folder."""
    kinds = (".py", ".md", ".yml", ".toml", ".cfg", ".cff", ".js", ".css", ".txt", "")
    found = {
        path.relative_to(ROOT).as_posix(): match[0]
        for path in project_files(*kinds)
        if (match := MACHINE.search(path.read_text(encoding="utf-8", errors="ignore")))
        and path != Path(__file__)
    }
    assert not found
