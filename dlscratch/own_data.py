"""Your own data: tables in CSV, folders in MNIST's format, and photographs of digits.

What you have as arrays already needs none of this: ``Dataset(x, t)`` is enough.
"""

import csv
import math
import os
import re
from decimal import Decimal
from pathlib import Path

import numpy as np

from dlscratch.checks import float_dtype
from dlscratch.datasets import Dataset, _inputs, read_idx
from dlscratch.pictures import read_picture

__all__ = ["load_csv", "load_idx_folder", "read_picture"]


def load_csv(
    path, target=-1, *, test=None, header=True, delimiter=",", dtype=np.float64
):
    r"""Load a table: a line for each example, a column for each feature, one for t.

    Parameters
    ----------
    path : str or Path
        A text file in UTF-8. Numbers have a decimal point.
    target : int or str
        The column that holds the classes, by its place (counted from 0, or with -1
        from the end) or by its name. They are whole numbers or words, and None and NA
        are words, too.
    test : str or Path, optional
        A second file with the same columns, for the test part. Without it there is
        none, and :func:`~dlscratch.datasets.validation_split` can make one.
    header : bool
        Whether the first line holds the columns' names. Each needs one.
    delimiter : str
        The character between two cells.
    dtype : floating-point type of the inputs

    Returns
    -------
    Dataset
        Inputs (N, D), the other columns in their order, as they stand in the file: not
        scaled. The classes of the first file are sorted and counted from 0; ``classes``
        keeps what they were called.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a cell is missing or not a number, and the like. The message names the line
        and the column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "flowers.csv")
    ...     _ = path.write_text("length,width,kind\n5.1,3.5,rose\n4.9,3,iris\n")
    ...     data = load_csv(path, target="kind")
    >>> data.x_train
    array([[5.1, 3.5],
           [4.9, 3. ]])
    >>> data.t_train, data.classes
    (array([1, 0]), ('iris', 'rose'))
    """
    dtype = float_dtype(dtype, "load_csv")
    if not isinstance(header, bool):
        raise TypeError(f"load_csv: expected header=True or False, got {header!r}")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(
            f"load_csv: expected one character as delimiter, got {delimiter!r}"
        )
    names, x, words = _read_table(path, target, header, delimiter, dtype)
    classes = _sorted_classes(path, words)
    parts = [x, _class_ids(path, words, classes)]
    if test is not None:
        test_names, x, words = _read_table(test, target, header, delimiter, dtype)
        if test_names != names:
            raise ValueError(
                f"load_csv: expected the columns {names} of {path} in {test}, too, "
                f"got {test_names}"
            )
        parts += [x, _class_ids(test, words, classes)]
    return Dataset(*parts, classes=classes)


def _read_table(path, target, header, delimiter, dtype):
    """Return the columns' names, the inputs (N, D), and {line: class} in order."""
    if not _path("load_csv", path).is_file():
        raise FileNotFoundError(f"load_csv: there is no file {path}")
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            lines = [(reader.line_num, row) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"load_csv: expected a table as text in UTF-8, but could not read {path} "
            f"({error}); save it as CSV in UTF-8"
        ) from None
    if len(lines) <= header:
        raise ValueError(f"load_csv: expected at least one example in {path}, got none")
    names = [name.strip() for name in lines[0][1]]
    if not header:
        names = [f"{i}" for i in range(len(names))]
    if len(names) < 2:
        raise ValueError(
            f"load_csv: expected two columns or more in {path}, got {names}; "
            "pass the character between them, such as delimiter=';'"
        )
    place = _place(path, target, names)
    rest = names[:place] + names[place + 1 :]
    if header:
        _check_names(f"line {lines[0][0]} of {path}", names, rest)
    rows, words = [], {}
    for line, row in lines[header:]:
        where = f"{path}, line {line}"
        if len(row) != len(names):
            raise ValueError(
                f"load_csv: {where}: expected {len(names)} cells, as in the first "
                f"line, got {len(row)}"
            )
        cells = [cell.strip() for cell in row]
        for i, (name, cell) in enumerate(zip(names, cells, strict=True)):
            missing = ["", "?", "nan"]
            missing += ["na", "n/a", "null", "none"] * (i != place)  # names of classes
            if cell.lower() in missing:
                raise ValueError(
                    f"load_csv: {where}: the column {name!r} has no value ({cell!r}); "
                    "fill it in or leave the line out"
                )
        words[line] = cells.pop(place)
        for name, cell in zip(rest, cells, strict=True):
            if _number(cell) is None:
                first = "; pass header=True if line 1 holds names" * (line == 1)
                raise ValueError(
                    f"load_csv: {where}: expected a number with a decimal point in the "
                    f"column {name!r}, got {cell!r}{first}"
                )
        rows.append([_number(cell) for cell in cells])
    if delimiter == "," and all(";" in word for word in words.values()):
        raise ValueError(
            f"load_csv: expected commas between the cells of {path}, but there is a "
            f"semicolon in each class, as in {words[line]!r}; pass delimiter=';'"
        )
    with np.errstate(over="ignore"):
        x = np.array(rows, dtype=dtype)
    for row, column in np.argwhere(~np.isfinite(x)):
        raise ValueError(
            f"load_csv: {path}, line {[*words][row]}: expected a number that {dtype} "
            f"can hold in the column {rest[column]!r}, got {rows[row][column]:g}; pass "
            "dtype=numpy.float64"
        )
    return names, x, words


def _path(where, path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{where}: expected a path, got {type(path).__name__}")
    return Path(path)


def _check_names(where, names, rest):
    """Refuse a first line that looks like an example, or leaves a column unnamed."""
    if "" in names:
        raise ValueError(
            f"load_csv: expected a name for each column in {where}, got none for "
            f"column {names.index('')}; name it, or take it out if it only counts "
            "the lines"
        )
    numbers = [_number(name) for name in rest]
    counted = numbers == [*range(len(rest))] and None in map(_number, names)
    if None in numbers or counted:  # columns may be called 0, 1, 2, ... and "class"
        return
    raise ValueError(
        f"load_csv: expected names in {where}, got numbers such as {rest[0]}; pass "
        "header=False if it is an example"
    )


def _place(path, target, names):
    if isinstance(target, str) and names.count(target) == 1:
        return names.index(target)
    whole = isinstance(target, int | np.integer) and not isinstance(target, bool)
    if whole and -len(names) <= target < len(names):
        return int(target) % len(names)
    raise ValueError(
        f"load_csv: expected as target one of the columns {names} of {path}, by name "
        f"or by place, got {target!r}"
    )


def _number(cell):
    """Return a finite number, or None if the cell holds none."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None


def _class_number(word):
    """Return a class's number with all its digits, or None if it is a word."""
    return None if _number(word) is None else Decimal(word)


def _sorted_classes(path, words):
    """Return the names of the classes: numbers by size, or words by the alphabet."""
    numbers = {line: _class_number(word) for line, word in words.items()}
    if None in numbers.values():
        return tuple(sorted(set(words.values())))
    for line, number in numbers.items():
        if number != int(number):
            raise ValueError(
                f"load_csv: {path}, line {line}: expected a class, a whole number or "
                f"a word, got {words[line]}"
            )
    return tuple(str(number) for number in sorted({int(n) for n in numbers.values()}))


def _class_ids(path, words, classes):
    ids = {name: i for i, name in enumerate(classes)}
    t = []
    for line, word in words.items():
        number = _class_number(word)
        if word not in ids and number is not None and number == int(number):
            word = str(int(number))  # "1.0" is "1"
        if word not in ids:
            raise ValueError(
                f"load_csv: {path}, line {line}: expected one of the classes "
                f"{classes}, got {word!r}"
            )
        t.append(ids[word])
    return np.array(t, dtype=np.int64)


def load_idx_folder(
    folder, *, name="", transpose=False, flatten=True, dtype=np.float32
):
    r"""Load a data set whose files are in MNIST's format, such as EMNIST or KMNIST.

    Parameters
    ----------
    folder : str or Path
        Holds the four files by their usual names, such as ``train-images-idx3-ubyte``
        and ``t10k-labels-idx1-ubyte``: gzipped or not, with ``test`` for ``t10k``, or
        with something before it. If both test files are missing, so is the test part.
    name : str
        What the files' names begin with, where the folder holds several data sets:
        EMNIST has ``"emnist-letters"``, ``"emnist-digits"`` and more.
    transpose : bool
        Exchange the rows and the columns of each picture. EMNIST needs it.
    flatten : bool
        Give each image as a row of H·W numbers; otherwise with shape (1, H, W).
    dtype : floating-point type of the inputs

    Returns
    -------
    Dataset
        As :func:`~dlscratch.datasets.load_mnist` gives it: bytes divided by 255, labels
        int64. The labels stay as they are: those of EMNIST's letters begin with 1.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or a file is missing; the message says which.
    ValueError
        If a file is damaged, or does not fit the others.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for kind, shape in ("images-idx3", (2, 2, 3)), ("labels-idx1", (2,)):
    ...         head = [0, 8, len(shape)] + [k for n in shape for k in (0, 0, 0, n)]
    ...         raw = bytes([0, *head, *range(math.prod(shape))])
    ...         _ = pathlib.Path(folder, f"train-{kind}-ubyte").write_bytes(raw)
    ...     data = load_idx_folder(folder, flatten=False)
    >>> data.x_train.shape, data.t_train, data.x_test
    ((2, 1, 2, 3), array([0, 1]), None)
    """
    if not isinstance(name, str):
        raise TypeError(f"load_idx_folder: expected name to be text, got {name!r}")
    if not _path("load_idx_folder", folder).is_dir():
        raise FileNotFoundError(f"load_idx_folder: expected a folder, got {folder}")
    paths = _idx_files(Path(folder), name)
    arrays = [path and read_idx(path) for path in paths]
    parts = []
    for i in (0, 2):
        x, t = arrays[i : i + 2]
        if x is None:
            continue
        if x.ndim != 3 or t.shape != (len(x),):
            raise ValueError(
                f"load_idx_folder: expected images (N, H, W) in {paths[i]} and labels "
                f"(N,) in {paths[i + 1]}, got {x.shape} and {t.shape}"
            )
        x = x.swapaxes(1, 2) if transpose else x
        parts += [_inputs(x, 255, flatten, dtype), t.astype(np.int64)]
    return Dataset(*parts)


def _idx_files(folder, name):
    """Return the paths of the four files, in the order of Dataset; None for no test."""
    pattern = re.compile(
        r"(?P<set>.*?)(?P<part>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte"
        r"(?:\.gz)?",
        re.IGNORECASE,
    )
    found = {}  # {(set, is it the test part?, images or labels): paths}
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match and path.is_file() and path.name.startswith(name):
            key = match["set"], match["part"].lower() != "train", match["kind"].lower()
            found.setdefault(key, []).append(path)
    sets = sorted({key[0] for key in found})
    if len(sets) > 1:
        names = ", ".join(repr(s.rstrip("-_.")) for s in sets)
        raise ValueError(
            f"load_idx_folder: expected one data set in {folder}, got several, whose "
            f"files begin with {names}; pass one of these as name"
        )
    paths = []
    for is_test in (False, True):
        for kind, digit in (("images", 3), ("labels", 1)):
            here = found.get((sets[0], is_test, kind), []) if sets else []
            if len(here) > 1:
                raise ValueError(
                    f"load_idx_folder: expected one of {[p.name for p in here]} in "
                    f"{folder}; take the others away"
                )
            usual = f"{'t10k' if is_test else 'train'}-{kind}-idx{digit}-ubyte"
            paths.append(here[0] if here else usual)
    missing = [path for path in paths if isinstance(path, str)]
    if missing == paths[2:]:
        return [*paths[:2], None, None]
    if missing:
        prefix = sets[0] if sets else name and f"{name}-"
        raise FileNotFoundError(
            f"load_idx_folder: expected a file {prefix}{missing[0]}, or the same with "
            f".gz, in {folder}, and found none"
        )
    return paths
