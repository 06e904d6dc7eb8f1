"""Files of arrays: written whole or not at all, and never unpickled."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np


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
            np.savez_compressed(file, head=np.array(json.dumps(head)), **arrays)
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
