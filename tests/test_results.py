import sys
from pathlib import Path

import numpy as np
import pytest

from dlscratch.models import mlp, pretrained

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import results  # noqa: E402


def test_the_page_shows_what_the_weights_record():
    assert results.TABLE.read_text(encoding="utf-8") == results.table()


def test_every_shipped_network_is_in_the_table():
    text = results.table()
    for path in results.WEIGHTS.glob("*.npz"):
        record = pretrained(path.stem).record
        assert f"| `{path.stem}` |" in text
        assert f"{record['test_accuracy']:.2%}" in text
        assert record["sha256"] in text


def test_a_changed_record_changes_the_table(tmp_path):
    record = pretrained("digits-mlp").record | {"test_accuracy": 0.1234}
    model = mlp(record["sizes"], rng=np.random.default_rng(0))
    model.save(tmp_path / "digits-mlp.npz", **record)
    assert "| 12.34% |" in results.table(tmp_path)


def test_a_record_without_its_recipe_is_an_error(tmp_path):
    mlp((2, 2), rng=np.random.default_rng(0)).save(tmp_path / "bare.npz")
    with pytest.raises(KeyError):
        results.table(tmp_path)
