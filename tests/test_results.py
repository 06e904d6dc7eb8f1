"""That the results page says what was found, and the book's text says the same."""

import copy
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import ledger
import numpy as np
import pytest
import results
from ledger import Book, Row, complaints, misquoted

from dlscratch.models import mlp, pretrained

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def book():
    """Return the book as it is."""
    return Book()


def changed(book, **parts):
    """Return the same book with parts of it exchanged."""
    other = copy.copy(book)
    other.__dict__.update(parts)
    return other


def with_row(book, name, **new):
    """Return the book with one row declared otherwise."""
    rows = book.declared["row"]
    rows = rows | {name: rows[name] | new}
    other = changed(book, declared=book.declared | {"row": rows})
    other.__dict__.pop("rows", None)  # which are found again
    return other


def copied(folder, name, old, new):
    """Return a book in a folder whose files are those of ours, with one changed."""
    (folder / "notebooks").mkdir()
    for path in [ROOT / "README.md", ROOT / "book", ROOT / "dlscratch"]:
        (folder / path.name).symlink_to(path)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        (folder / "notebooks" / path.name).symlink_to(path)
    text = (folder / name).read_text(encoding="utf-8")
    assert len(re.findall(old, text)) == 1
    (folder / name).unlink()
    (folder / name).write_text(re.sub(old, new, text), encoding="utf-8")
    return Book(folder)


def test_the_page_shows_what_the_weights_record():
    assert results.TABLE.read_text(encoding="utf-8") == results.table()


def test_the_page_shows_the_ledger(book):
    """If not, run tools/results.py."""
    assert results.LEDGER.read_text(encoding="utf-8") == results.ledger(book)


def test_every_number_of_the_text_is_that_of_the_ledger(book):
    """If not, mend the text, or declare the number in book/ledger.toml."""
    assert complaints(book) == []


def quotes():
    """Return each row's name with each of its quotes."""
    text = (ROOT / "book" / "ledger.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["row"].items()
    return [(name, quote) for name, row in rows for quote in row.get("quotes", ())]


@pytest.mark.parametrize(("name", "quote"), quotes())
def test_another_number_in_the_text_is_found(book, name, quote):
    row = next(row for row in book.rows if row.id == name)
    where, _, phrase = quote.partition(": ")
    for kind in set(re.findall(r"\{(\w+)\}", phrase)) - {"any"}:
        wrong = "12,345" + " seconds" * (row.unit == "s")
        spoiled = phrase.replace(f"{{{kind}}}", wrong).replace("{any}", "1")
        texts = {where: spoiled}
        alone = changed(book, texts=texts, rows=[row])
        (found,) = [c for c in misquoted(alone) if repr(spoiled) in c]
        assert re.match(f"{name}: expected .*, found '.*12,345.*: correct", found)


def test_a_sentence_without_its_number_is_found(book):
    name, quote = quotes()[0]
    where, _, phrase = quote.partition(": ")
    found = misquoted(changed(book, texts={where: "Nothing."}))
    assert any(c.startswith(f"{name}: expected {phrase!r} in {where}") for c in found)


def unknown(book, texts):
    """Return the numbers that no row knows in these pages alone."""
    alone = changed(book, texts=texts)
    return [c for c in misquoted(alone) if "expected a row that quotes" in c]


@pytest.mark.parametrize(
    "text",
    ["It reads 93.3 % of them.", "It reads 93 of 100.", "It is 26 times as fast.",
     "It takes 12 seconds.", "It takes half a minute.", "It reads $93.3\\,\\%$."],
)  # fmt: skip
def test_a_number_in_no_row_is_found(book, text):
    pages = {"index": f"{book.texts['index']} {ledger.plain(text)}"}
    (found,) = unknown(book, pages)
    assert found.startswith("index: expected a row that quotes")


def test_an_unknown_loss_in_the_lab_is_found(book):
    pages = {"lab-mnist": book.texts["lab-mnist"] + " The loss is 0.123."}
    (found,) = unknown(book, pages)
    assert found.startswith("lab-mnist: expected a row that quotes '0.123'")


def test_what_is_allowed_must_be_there(book):
    declared = book.declared | {"allowed": {"index: 12.3 %": "a test"}}
    (found,) = [c for c in misquoted(changed(book, declared=declared)) if "12.3" in c]
    assert found.startswith("allowed: expected '12.3 %' in index, found no such words")


def test_a_notebook_changed_by_hand_is_found(tmp_path):
    name = "notebooks/lab-mnist.ipynb"
    spoiled = copied(
        tmp_path, name, r"published with 98\.96 %", "published with 98.69 %"
    )
    found = complaints(spoiled)
    assert len(found) == 1
    assert found[0].startswith(
        "simple-cnn-test_accuracy: expected 98.98 % (published: 98.96), found '98.69'"
    )
    assert results.LEDGER.read_text(encoding="utf-8") == results.ledger(spoiled)


def test_another_output_is_found(tmp_path):
    name = "notebooks/01-python-and-numpy.ipynb"
    spoiled = copied(tmp_path, name, "right: 306 of 360", "right: 316 of 360")
    found = [c for c in complaints(spoiled) if c.startswith("nearest-mean")]
    assert len(found) == 2
    assert "expected 87.8 %, found '85' in 'About 85 of 100" in found[0]
    assert results.LEDGER.read_text(encoding="utf-8") != results.ledger(spoiled)


@pytest.mark.parametrize(
    ("name", "new", "words"),
    [
        ("nearest-mean", {"cell": "01-python-and-numpy#nowhere"}, "a cell nowhere"),
        ("nearest-mean", {"cell": ""}, "expected a cell, a page, or the id"),
        ("nearest-mean", {"find": "wrong: {value}"}, "found it 0 times"),
        ("nearest-mean", {"find": "{value}"}, "expected '{value}' once in"),
        ("digits-mlp-test_accuracy", {"find": "of {value}"}, "as recorded, found"),
        ("bench-deep-pytorch", {"find": "| not there … {value}"}, "found it 0 times"),
    ],
)
def test_a_row_without_its_source_is_an_error(book, name, new, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        with_row(book, name, **new).rows  # noqa: B018


@pytest.mark.parametrize(
    ("name", "new", "words"),
    [
        ("lab-sigmoid", {"bounds": []}, "expected bounds and `asserted`"),
        ("lab-sigmoid", {"asserted": ""}, "expected bounds and `asserted`"),
        ("lab-sigmoid", {"asserted": "lab-001"}, "expected an assertion in lab-001"),
        ("lab-sigmoid", {"bounds": [94.7, 95]}, "expected at least 94.7"),
        (
            "lab-sigmoid",
            {"published": ["94.55", "no2020"]},
            "no2020 in book/references",
        ),
        ("nearest-mean", {"bounds": [80, 90]}, "expected bounds and `asserted`"),
    ],
)
def test_a_row_without_support_is_found(book, name, new, words):
    assert any(words in c for c in complaints(with_row(book, name, **new)))


def test_the_published_figure_is_that_of_the_text(book):
    new = with_row(book, "lab-sigmoid", published=["94.55", "saitoh2016deep"])
    quotes = book.declared["row"]["lab-sigmoid"]["quotes"]
    wrong = [c for c in misquoted(new) if "94.55), found '94.65'" in c]
    assert len(wrong) == sum("{published}" in quote for quote in quotes) > 0


def test_what_is_different_where_it_was_published_is_shown():
    row = Row("name", unit="%", published=("94.65", "saitoh2016deep"))
    assert results.published(row) == "94.65 % (Saitoh, 2016)"
    row.published += ("another recipe",)
    assert results.published(row) == "94.65 % (Saitoh, 2016), another recipe"


def saved(folder, **more):
    """Save a small network with a record, as if it came with the book."""
    record = pretrained("digits-mlp").record | more
    model = mlp(record["sizes"], rng=np.random.default_rng(0))
    model.save(folder / f"{record['name']}.npz", **record)


def test_networks_of_several_seeds_get_their_rows(book):
    record = pretrained("digits-mlp").record | {"test_accuracy": 0.9958, "seed": 0}
    record["test_accuracy_by_seed"] = {"0": 0.9958, "1": 0.9963, "2": 0.9961}
    record["seconds_by_seed"] = {"0": 1000, "1": 980, "2": 990}
    rows = changed(book, records={"new": record}, times={}).made()
    rows = {id.removeprefix("new-"): Row(id, **row) for id, row in rows.items()}
    assert rows.keys() == {"test_accuracy", "test_accuracy_by_seed", "seconds_by_seed"}
    row = rows["test_accuracy_by_seed"]
    assert results.number(row) == "99.61 % (99.58, 99.63, 99.61)"
    assert row.seeds == "0, 1, 2"
    assert results.number(rows["seconds_by_seed"]) == "990 s (1,000, 980, 990)"
    assert results.number(rows["test_accuracy"]) == "99.58 %"
    assert rows["test_accuracy"].sha256 == record["sha256"]


def test_every_shipped_network_is_on_the_page(book):
    text, rows = results.table(), results.ledger(book)
    for path in results.WEIGHTS.glob("*.npz"):
        record = pretrained(path.stem).record
        assert f"| `{path.stem}` |" in text
        if path.stem == "bird":
            assert f"{record['pipes']:.1f} pipes" in text
        elif "test_accuracy" in record:
            assert f"{record['test_accuracy']:.2%}" in text
        assert record["sha256"] in text
        assert record["sha256"][:12] in rows


def test_a_changed_record_changes_the_table(tmp_path):
    saved(tmp_path, test_accuracy=0.1234)
    assert "| 12.34% |" in results.table(tmp_path)


def test_a_record_without_its_recipe_is_an_error(tmp_path):
    mlp((2, 2), rng=np.random.default_rng(0)).save(tmp_path / "bare.npz")
    with pytest.raises(KeyError):
        results.table(tmp_path)


def found_in(find, text, unit="%"):
    """Return the row that a phrase finds in a text, and its number as it is shown."""
    row = Row("name", unit=unit, find=find)
    row.read(text)
    return results.number(row)


def test_numbers_are_read_in_all_forms():
    assert found_in("right: {value} of {of}", "right:\n  306 of 360") == "85.0 %"
    assert found_in("{of} ms … {value} ms", "8 ms, then 28 ms", "×") == "3.5 ×"
    assert found_in("accuracy {value}", "accuracy 0.906") == "90.6 %"
    assert found_in("test {value}%", "test 94.76%") == "94.76 %"
    assert found_in("{value} times", "26,507 times", "×") == "26,507 ×"
    assert found_in("loss {value}", "loss 2.5e-3", "") == "0.0025"
    shown = found_in("{any}: {run}%", "0: 94.7% 1: 94.6% 2: 94.9%")
    assert shown == "94.7 % (94.7, 94.6, 94.9)"
    shown = found_in("Adam {value} ({low} to {high})", "Adam 0.906 (0.889 to 0.919)")
    assert shown == "90.6 % (88.9 to 91.9)"


@pytest.mark.parametrize(
    ("kind", "quoted", "fits"),
    [
        ("value", "95", True), ("value", "94", False), ("value", "94.8", True),
        ("value", "94.7", False), ("value", "94.760", True), ("value", "90", False),
        ("value", "some 90", True), ("value", "some 100", True),
        ("value", "some 94.7", False), ("value", "about 95", True),
        ("value", "about 90", False),
        ("value", "more than 94", True), ("value", "more than 94.5", False),
        ("value", "at least 94.5", True), ("value", "at least 94.6", False),
        ("value", "less than 95", True), ("value", "less than 94.9", False),
        ("value", "below 95", True),
        ("value", "at most 94.9", True), ("value", "at most 94.8", False),
        ("wrong_in", "19", True), ("wrong_in", "eleven", False),
        ("published", "94.55", True), ("published", "94.76", False),
    ],
)  # fmt: skip
def test_a_quoted_number_fits_or_not(kind, quoted, fits):
    runs = [Decimal("94.5"), Decimal("94.76"), Decimal("94.9")]
    row = Row("name", unit="%", published=("94.55", "x"), runs=runs)
    assert row.fits(kind, quoted) == fits


@pytest.mark.parametrize(
    ("quoted", "fits"),
    [
        ("less than half a minute", True), ("about half a minute", True),
        ("about a minute", False), ("less than a minute", True),
        ("less than 20 seconds", False), ("about fifteen seconds", False),
        ("about twenty seconds", True), ("24 seconds", True), ("25 seconds", False),
        ("at most 24 seconds", True), ("at most 23 seconds", False),
    ],
)  # fmt: skip
def test_a_quoted_time_fits_or_not(quoted, fits):
    assert Row("name", unit="s", runs=[Decimal(24)]).fits("value", quoted) == fits


def test_a_reader_sees_boxes_but_no_code():
    text = """# Title
```{admonition} Predict, then run
:class: predict
About $95\\,\\%$ of `x % y`.
```
```python
50 % 3
```
```{math}
60 %
```
````{admonition} Break it
```python
70 %
```
Or 75 %.
````
Of the **test images**, [85 %](lab-section-4).

| a | *86 %* |
|---|---|
"""
    seen = "Title Predict, then run :class: predict About 95 % of …. Break it Or 75 %. "
    assert ledger.plain(text) == seen + "Of the test images, 85 %. a 86 %"
