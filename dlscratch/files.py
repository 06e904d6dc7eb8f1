"""Files of arrays: written whole or not at all, and never unpickled."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np


def new_path(path, where, what="a path"):
    """Return a path to write to, if it ends in ``.npz`` and its folder is there.

    Examples
    --------
    >>> new_path("weights.txt", "save")
    Traceback (most recent call last):
    ValueError: save: expected a path in .npz, got weights.txt
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{where}: expected {what} in .npz, got {path!r}")
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"{where}: expected {what} in .npz, got {path}")
    if path.is_dir():
        raise ValueError(f"{where}: expected a file, got the folder {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{where}: expected a path in a folder that is there, got {path}; there is "
            f"no folder {path.parent}; make it first"
        )
    return path


def text(head):
    """Return the JSON of a dictionary; NumPy's numbers become Python's.

    Examples
    --------
    >>> text({"accuracy": np.float32(0.5)})
    '{"accuracy": 0.5}'
    """
    return json.dumps(head, default=_number)


def _number(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"JSON cannot hold a {type(value).__name__}")


def write(path, head, arrays):
    """Save a dictionary that JSON can hold, and arrays, to one ``.npz`` file.

    The file is first written in full beside ``path`` and then renamed, so that an
    interrupted save leaves the old file as it was.

    Parameters
    ----------
    path : Path
    head : dict
    arrays : dict of str to ndarray
    """
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, head=np.array(text(head)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def read(path):
    """Return the dictionary and the arrays that :func:`write` saved."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(str(arrays.pop("head"))), arrays
