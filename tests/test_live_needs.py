"""Which cells above another one has to run before it, read from their text."""

import json
import sys

import matplotlib.pyplot as plt
import pytest
from test_hygiene import ROOT

sys.path.insert(0, str(ROOT / "book" / "live"))

from needs import needs

CELLS = [
    "import numpy as np",
    "def step(s):\n    return s > threshold",  # 1
    "threshold = 0",  # 2
    "x = np.ones(3)",  # 3
    "x[0] = 5",  # 4
    "x = np.zeros(3)",  # 5
    "net = Net()",  # 6
    "train(net, x)",  # 7
    "print(x)",  # 8
    "x += 1",  # 9
    "names = [n for n in 'abc']",  # 10
    "class A:\n    def f(self):\n        return names",  # 11
    "a, b = 1, 2",  # 12
]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("np.ones(2)", [0]),
        ("step(1)", [0, 1, 2]),  # a function reads a name when it is called
        ("x", [0, 5, 6, 7, 9]),  # what was before x = … does not matter
        ("net", [0, 5, 6, 7]),
        ("A().f()", [0, 10, 11]),
        ("lambda: a", [0, 12]),
        ("def f(n):\n    return b", [0, 12]),
        ("a b", list(range(13))),  # what cannot be read needs all
        ("unknown", [0]),
    ],
)
def test_cells(source, found):
    assert needs([*CELLS, source], len(CELLS)) == found
    assert needs([*CELLS, source, "x = 1"], len(CELLS)) == found


def test_a_cell_that_cannot_be_read_is_needed():
    assert needs(["a = 1", "%timeit a", "b = 2", "b"], 3) == [0, 1, 2]


def test_exercises_of_a_chapter_start_with_what_they_need():
    """And with little of the rest."""
    text = (ROOT / "notebooks" / "02-perceptron.ipynb").read_text("utf-8")
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    stubs = [i for i, source in enumerate(sources) if "check(" in source and i]
    assert len(stubs) == 12
    for i in stubs:
        names, found = {}, needs(sources, i)
        assert len(found) < (30 if i == stubs[0] else 3), (i, found)
        for j in [*found, i]:
            exec(sources[j], names)
    plt.close("all")
