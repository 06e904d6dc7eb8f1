"""That the results page says what was found, and the book's text says the same."""

import re
from pathlib import Path

import ledger
import numpy as np
import pytest
import results
from ledger import Book, LedgerError, Row, complaints, wrong_quotes

from dlscratch.models import mlp, pretrained

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def book():
    """Return the book as it is."""
    return Book()


def changed(book, **parts):
    """Return the same book with parts of it exchanged, not read from the files."""
    other = Book(book.root)
    kept = {name: getattr(book, name) for name in ("notebooks", "records", "texts")}
    other.__dict__.update(kept | {"declared": book.declared} | parts)
    return other


def with_row(book, name, **new):
    """Return the book with one row declared otherwise."""
    rows = [row | new if row["id"] == name else row for row in book.declared["row"]]
    return changed(book, declared=book.declared | {"row": rows})


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
    rows = Book().declared["row"]
    return [(row["id"], quote) for row in rows for quote in row.get("quotes", [])]


@pytest.mark.parametrize(("name", "quote"), quotes())
def test_another_number_in_the_text_is_found(book, name, quote):
    row = next(row for row in book.rows if row.id == name)
    where, _, phrase = quote.partition(": ")
    find = ledger.pattern(phrase, row.unit)
    piece = next(piece for piece in book.texts[where] if re.search(find, piece))
    match = re.search(find, piece)
    for group, text in match.groupdict().items():
        kind = group.rstrip("0123456789")
        if kind == "any":
            continue
        wrong = f"1{text}" if text[0].isdigit() else "three"
        wrong = {"over": "10,000", "under": "0.01"}.get(kind, wrong)
        if row.unit == "s":
            wrong = "about nine minutes"
        start, end = match.span(group)
        spoiled = piece[:start] + wrong + piece[end:]
        pieces = [spoiled if p is piece else p for p in book.texts[where]]
        texts = {where: pieces}
        found = wrong_quotes(changed(book, texts=texts, rows=[row]))
        assert any(c.startswith(f"{name}: {where} says") for c in found)


def test_a_sentence_without_its_number_is_found(book):
    name, quote = quotes()[0]
    where = quote.partition(": ")[0]
    found = wrong_quotes(changed(book, texts={where: ["Nothing."]}, rows=book.rows))
    assert any(c.startswith(f"{name}: {where} does not say") for c in found)


def unknown(book, texts):
    """Return the numbers that no row knows in these pages alone."""
    alone = changed(book, rows=book.rows, texts=texts)
    return [c for c in ledger.unaccounted(alone) if "no row has" in c]


@pytest.mark.parametrize(
    "text",
    ["It reads 93.3 % of them.", "It reads 93 of 100.", "It is 26 times as fast.",
     "It takes 12 seconds.", "It takes half a minute.", "It reads $93.3\\,\\%$."],
)  # fmt: skip
def test_a_number_in_no_row_is_found(book, text):
    pages = {"index": [*book.texts["index"], ledger.plain(text)]}
    (found,) = unknown(book, pages)
    assert found.startswith("index: no row has")


def test_an_unknown_loss_in_the_lab_is_found(book):
    pages = {"lab-mnist": [*book.texts["lab-mnist"], "The loss is 0.123."]}
    (found,) = unknown(book, pages)
    assert found.startswith("lab-mnist: no row has '0.123'")


def test_what_is_allowed_must_be_there(book):
    more = [*book.declared["allowed"], {"text": "index: 12.3 %", "why": "a test"}]
    spoiled = changed(book, declared=book.declared | {"allowed": more}, rows=[])
    (found,) = [c for c in ledger.unaccounted(spoiled) if "12.3 %" in c]
    assert found == "allowed, but nowhere: 'index: 12.3 %'"


def test_a_notebook_changed_by_hand_is_found(tmp_path):
    name = "notebooks/lab-mnist.ipynb"
    spoiled = copied(
        tmp_path, name, r"published with 98\.96 %", "published with 98.69 %"
    )
    found = complaints(spoiled)
    assert found[0].startswith("lab-simple-cnn: lab-mnist says")
    assert results.LEDGER.read_text(encoding="utf-8") == results.ledger(spoiled)


def test_another_output_is_found(tmp_path):
    name = "notebooks/01-python-and-numpy.ipynb"
    spoiled = copied(tmp_path, name, "right: 306 of 360", "right: 316 of 360")
    found = [c for c in complaints(spoiled) if c.startswith("nearest-mean")]
    assert len(found) == 2
    assert "but the number is 87.8 %" in found[0]
    assert results.LEDGER.read_text(encoding="utf-8") != results.ledger(spoiled)


@pytest.mark.parametrize(
    ("name", "new", "words"),
    [
        ("nearest-mean", {"cell": "01-python-and-numpy#nowhere"}, "found no cell"),
        ("nearest-mean", {"find": "wrong: {value}"}, "got 0"),
        ("nearest-mean", {"find": "{value}"}, "expected to find once"),
        ("nearest-image", {"id": "nearest-mean"}, "expected each id once"),
        ("digits-mlp", {"weights": "nothing"}, "found no weights"),
        ("digits-mlp", {"entry": "luck"}, "digits-mlp records no luck"),
        ("digits-mlp", {"weights": "draw-mlp"}, "as draw-mlp records"),
        ("bench-deep-pytorch", {"after": "| not there"}, "expected to find once"),
        ("time-02-perceptron", {"time": "nothing"}, "has not been timed"),
    ],
)
def test_a_row_without_its_source_is_an_error(book, name, new, words):
    with pytest.raises(LedgerError, match=re.escape(words)):
        with_row(book, name, **new).rows  # noqa: B018


@pytest.mark.parametrize(
    ("name", "new", "words"),
    [
        ("lab-sigmoid", {"bounds": []}, "give bounds"),
        ("lab-sigmoid", {"asserted": "lab-001"}, "nothing is asserted in lab-001"),
        ("lab-sigmoid", {"bounds": [94.7, 95]}, "is not within"),
        ("lab-sigmoid", {"by": "nobody2020"}, "is not in the bibliography"),
        ("lab-sigmoid", {"published": ""}, "go together"),
        ("nearest-mean", {"bounds": [80, 90]}, "bounds, although"),
    ],
)
def test_a_row_without_support_is_found(book, name, new, words):
    assert any(words in c for c in ledger.unsupported(with_row(book, name, **new)))


def test_the_published_figure_is_that_of_the_text(book):
    found = wrong_quotes(with_row(book, "lab-sigmoid", published="94.65"))
    assert len(found) >= 3


def saved(folder, **more):
    """Save a small network with a record, as if it came with the book."""
    record = pretrained("digits-mlp").record | more
    model = mlp(record["sizes"], rng=np.random.default_rng(0))
    model.save(folder / f"{record['name']}.npz", **record)


def test_networks_of_several_seeds_get_their_rows(tmp_path):
    folder = tmp_path / "dlscratch" / "weights"
    folder.mkdir(parents=True)
    seeds = {"0": 0.9958, "1": 0.9963, "2": 0.9961}
    times = {"0": 1000, "1": 980, "2": 990}
    of_seeds = {"test_accuracy_by_seed": seeds, "seconds_by_seed": times}
    saved(folder, name="new", test_accuracy=0.9958, seed=0, **of_seeds)
    rows = {row.entry: row for row in Book(tmp_path).rows_of_weights()}
    for row in rows.values():
        Book(tmp_path).fill(row)
    assert rows.keys() == {"test_accuracy", *of_seeds}
    row = rows["test_accuracy_by_seed"]
    assert results.number(row) == "99.61 % (99.58, 99.63, 99.61)"
    assert row.seeds == "0, 1, 2"
    assert results.number(rows["seconds_by_seed"]) == "990 s (1,000, 980, 990)"
    assert results.number(rows["test_accuracy"]) == "99.58 %"
    assert rows["test_accuracy"].sha256 == pretrained("digits-mlp").record["sha256"]


def test_every_shipped_network_is_on_the_page(book):
    text, rows = results.table(), results.ledger(book)
    for path in results.WEIGHTS.glob("*.npz"):
        record = pretrained(path.stem).record
        assert f"| `{path.stem}` |" in text
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
    """Return the row that a phrase finds in a text."""
    row = Row("name", "what", unit, find=find)
    Book().find(row, ledger.flat(text))
    return row


def test_numbers_are_read_in_all_forms():
    assert found_in("right: {value} of {of}", "right:\n  306 of 360").value == 85
    assert found_in("accuracy {value}", "accuracy 0.906").text(90.6) == "90.6 %"
    assert found_in("test {value}%", "test 94.76%").value == 94.76
    assert found_in("{value} times", "26,507 times", "×").text(26507) == "26,507 ×"
    assert found_in("loss {value}", "loss 2.5e-3", "").step == 1e-4
    row = found_in("{any}: {run}%", "0: 94.7% 1: 94.6% 2: 94.9%")
    assert (row.value, row.runs) == (94.7, [94.7, 94.6, 94.9])
    row = found_in("Adam {value} ({low} to {high})", "Adam 0.906 (0.889 to 0.919)")
    assert results.number(row) == "90.6 % (88.9 to 91.9)"


@pytest.mark.parametrize(
    ("kind", "quoted", "fits"),
    [
        ("value", "95", True), ("value", "94", False), ("value", "94.8", True),
        ("value", "94.7", False), ("value", "94.760", True), ("value", "90", False),
        ("about", "90", True), ("about", "100", True), ("about", "94.7", False),
        ("over", "94", True), ("over", "95", False), ("under", "95", True),
        ("all", "94.76", True), ("all", "94.8", False),
        ("under", "94.7", False),
        ("wrong_in", "19", True), ("wrong_in", "eleven", False),
        ("published", "94.55", True), ("published", "94.76", False),
    ],
)  # fmt: skip
def test_a_quoted_number_fits_or_not(kind, quoted, fits):
    row = Row("name", "what", "%", published="94.55", by="x", runs=[94.76], step=0.01)
    assert ledger.right(row, kind, quoted) == fits


@pytest.mark.parametrize(
    ("quoted", "fits"),
    [
        ("less than half a minute", True), ("about half a minute", True),
        ("about a minute", False), ("well under a minute", True),
        ("less than 20 seconds", False), ("about fifteen seconds", False),
        ("about twenty seconds", True), ("24 seconds", True), ("25 seconds", False),
        ("at most 24 seconds", True), ("at most 23 seconds", False),
    ],
)  # fmt: skip
def test_a_quoted_time_fits_or_not(quoted, fits):
    assert ledger.time_fits(24, quoted) == fits


def test_a_reader_sees_boxes_but_no_code():
    text = """# Title
```{admonition} Predict, then run
:class: predict
About $95\\,\\%$ of `x % y` {cite}`saitoh2016deep`.
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
Of the {term}`test images <test data>`, [85 %](lab-section-4).
"""
    seen = "# Title Predict, then run About 95 % of …. Break it Or 75 %. Of the test "
    seen += "images, 85 %."
    assert ledger.plain(text) == seen
