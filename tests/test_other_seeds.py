"""The tool that moves all seeds: it must find what one seed's luck hides."""

import execute_notebooks
import nbformat
import numpy as np
import other_seeds
import pytest
import test_hygiene
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

START = "import numpy as np\n\nrng = np.random.default_rng(0)\nx = rng.normal(size=99)"
LUCKY = "mean = x.mean()\nassert round(mean, 3) == {mean:.3f}\nafter = 1"
HOLDS = "assert after == 1\nassert abs(x.mean()) < 1"


@pytest.fixture
def notebook(tmp_path):
    """Return a function that writes a notebook with one claim of chance."""
    mean = np.random.default_rng(0).normal(size=99).mean()

    def write(claim, tags=()):
        cells = [
            new_markdown_cell("# A small notebook"),
            new_code_cell(START),
            new_code_cell(claim.format(mean=mean), metadata={"tags": list(tags)}),
            new_code_cell(HOLDS),
        ]
        path = tmp_path / "09-small.ipynb"
        path.write_text(execute_notebooks.dumps(new_notebook(cells=cells)), "utf-8")
        return path

    return write


def test_a_claim_of_one_seed_is_told_and_stops_nothing(notebook, capsys):
    path = notebook(LUCKY)
    assert other_seeds.in_own_process(path, 0) == [[], 3]
    problems, n_assertions = other_seeds.in_own_process(path, 1000)
    assert problems[0].startswith("cell 2: assert round(mean, 3) == ")
    assert (len(problems), n_assertions) == (1, 3)
    assert other_seeds.report([path], [0, 1000]) == 1
    told = capsys.readouterr().out
    assert "09-small +0: 3 assertions, all hold\n" in told
    assert 'Again: make test-seeds NB="09" SEEDS="1000"' in told
    assert told.endswith("2 runs, 6 assertions, 1 problems\n")


def test_what_belongs_to_one_seed_is_left_out_but_runs(notebook):
    path = notebook(LUCKY, tags=["one-seed"])
    assert other_seeds.in_own_process(path, 1000) == [[], 2]


def test_an_error_is_a_problem(notebook):
    path = notebook("after = 1\nnowhere", tags=["one-seed"])
    problems, _ = other_seeds.in_own_process(path, 1000)
    assert problems == ["cell 2: NameError: name 'nowhere' is not defined"]
    problems, _ = other_seeds.in_own_process(notebook("import os; os._exit(3)"), 0)
    assert problems[0].startswith("Python ended with 3")


def test_the_offset_of_today_is_one_that_was_tried(monkeypatch, capsys):
    used = []
    monkeypatch.setattr(other_seeds, "report", lambda p, o, w: used.extend(o) or 0)
    monkeypatch.setattr("sys.argv", ["other_seeds.py", "--today", "02"])
    with pytest.raises(SystemExit) as end:
        other_seeds.main()
    assert end.value.code is False
    assert len(used) == 1
    assert used[0] in other_seeds.OFFSETS
    with pytest.raises(SystemExit, match="no name in notebooks/ begins with 99"):
        other_seeds.chosen(["99"])


# ------------------------------------------------- what the notebooks tag in this way

MOST_ONE_SEED = 25  # cells in the whole book


def one_seed_cells(nb):
    """Yield each cell with the tag, and the texts right before and after it."""
    for i, cell in enumerate(nb.cells):
        if "one-seed" in cell.metadata.get("tags", []):
            texts = [c.source for c in nb.cells if c.cell_type == "markdown"]
            before = [c.source for c in nb.cells[:i] if c.cell_type == "markdown"]
            yield cell, texts[max(0, len(before) - 1) : len(before) + 1]


def untold(nb):
    """Return the cells with the tag beside which no text says "in this run"."""
    return [
        test_hygiene.name(cell)
        for cell, texts in one_seed_cells(nb)
        if "in this run" not in " ".join(" ".join(texts).split()).lower()
        or "assert" not in cell.source
    ]


def test_few_cells_rest_on_one_seed_and_their_text_says_so():
    books = [nbformat.read(path, as_version=4) for path in test_hygiene.NOTEBOOKS]
    assert sum(len(list(one_seed_cells(nb))) for nb in books) <= MOST_ONE_SEED
    assert [name for nb in books for name in untold(nb)] == []


def test_a_cell_whose_text_claims_more_is_noticed():
    lucky = new_code_cell("assert 1 < 2", metadata={"tags": ["one-seed"]})
    for text, n in (("It is always so.", 1), ("In this\nrun it is so.", 0)):
        for order in (1, -1):
            cells = [new_markdown_cell("# A"), new_code_cell("1"), lucky]
            cells.insert(3 if order < 0 else 2, new_markdown_cell(text))
            assert len(untold(new_notebook(cells=cells))) == n
    nothing = new_code_cell("1 < 2", metadata={"tags": ["one-seed"]})
    said = new_markdown_cell("In this run.")
    assert len(untold(new_notebook(cells=[said, nothing]))) == 1


def test_a_notebook_can_be_named_by_a_path_from_here(notebook, monkeypatch):
    path = notebook(HOLDS)
    monkeypatch.chdir(path.parent)
    assert other_seeds.chosen([path.name]) == [path]
