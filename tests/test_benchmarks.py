"""That the benchmarks run and say what they should; timings themselves are no test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page that one round of the benchmarks writes."""
    page = tmp_path_factory.mktemp("bench") / "bench.md"
    command = [sys.executable, ROOT / "benchmarks" / "run.py", "--rounds", "1"]
    subprocess.run([*command, "--output", page], check=True)
    return page.read_text(encoding="utf-8")


def test_every_row_has_a_time_and_a_ratio(page):
    """Eight variants are measured."""
    rows = re.findall(r"^\| .* \| (\S+) [µm]s \| (\S+) \|$", page, re.MULTILINE)
    assert len(rows) == 8
    assert all(float(time) > 0 and float(ratio) > 0 for time, ratio in rows)


def test_stored_table_has_the_same_rows(page):
    """The table on the results page is one that today's benchmarks wrote."""
    stored = (ROOT / "book" / "bench-table.md").read_text(encoding="utf-8")
    first_column = re.compile(r"^(\| [^|]+\|)", re.MULTILINE)
    assert first_column.findall(stored) == first_column.findall(page)
