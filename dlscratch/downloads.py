"""Fetch the files of MNIST and Fashion-MNIST, safely.

A file comes from the folder that the environment variable DLSCRATCH_DATA names, from
the user's cache folder, or from the first mirror that serves it. Wherever it comes
from, its SHA-256 is compared first: no damaged or half-written file is ever used.
"""

import hashlib
import io
import os
import sys
import tempfile
import warnings
from pathlib import Path

import pooch

TIMEOUT = 10  # seconds without a byte before a mirror is given up

FILES = (  # in the order of Dataset
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
MIRRORS = {  # tried in this order; all have the same bytes
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
}
SHA256 = {  # of FILES
    "mnist": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    "fashion-mnist": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}


def fetch(name):
    """Return the four files of "mnist" or "fashion-mnist".

    Returns
    -------
    dict of str to bytes
        From each name in `FILES` to what that file holds, checked.

    Raises
    ------
    FileNotFoundError
        If a file is neither on this computer nor to be had from any mirror.
    ValueError
        If a file in DLSCRATCH_DATA is damaged.
    """
    files = {}
    for file, sha256 in zip(FILES, SHA256[name], strict=True):
        files[file] = _fetch_file(name, file, sha256)
    return files


def _fetch_file(name, file, sha256):
    folder = os.environ.get("DLSCRATCH_DATA")
    if folder and not Path(folder).is_dir():
        raise FileNotFoundError(f"DLSCRATCH_DATA: expected a folder, got {folder!r}")
    for path in (Path(folder, name, file), Path(folder, file)) if folder else ():
        if path.is_file():
            advice = f"Put the right file into {Path(folder, name)}"
            return verify(path.read_bytes(), sha256, path, advice)
    cached = Path(pooch.os_cache("dlscratch"), name, file)
    try:
        return verify(cached.read_bytes(), sha256, cached, "Fetching it again")
    except (OSError, ValueError) as error:
        tried = [str(error)]
    for mirror in MIRRORS[name]:
        try:
            raw = verify(_download(mirror + file), sha256, mirror, "Not used")
        except (OSError, ValueError) as error:  # the errors of requests are OSErrors
            tried.append(f"{mirror}: {_reason(error)}")
        else:
            _keep(raw, cached)
            return raw
    raise FileNotFoundError(
        f"{name}: could not get {file}. Connect to the network and try again, or set "
        f"DLSCRATCH_DATA to a folder that has the four .gz files in {name}/. Tried:\n"
        + "\n".join(tried)
    )


def verify(raw, sha256, name, advice):
    """Return `raw`, or raise a ValueError if its SHA-256 is another.

    Examples
    --------
    >>> verify(b"ink", hashlib.sha256(b"ink").hexdigest(), "page.gz", "Write it again")
    b'ink'
    """
    received = hashlib.sha256(raw).hexdigest()
    if received != sha256:
        raise ValueError(
            f"{name}: expected SHA-256 {sha256}, received {received} "
            f"({len(raw):,} bytes). {advice}."
        )
    return raw


def _download(url):
    """Return what a mirror sends, or raise an OSError. Nothing is written to disk."""
    raw = io.BytesIO()
    download = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
    )
    download(url, raw, None)
    return raw.getvalue()


def _reason(error):
    """Say in few words why a mirror failed: the texts of requests are very long."""
    if isinstance(error, ValueError) or getattr(error, "response", None) is not None:
        return str(error)
    return type(error).__name__


def _keep(raw, path):
    """Put a file into the cache whole or, where that fails, not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder, path.name)
            part.write_bytes(raw)
            os.replace(part, path)
    except OSError as error:
        warnings.warn(
            f"The download works, but cannot be kept for the next time: {error}. "
            "Free the disk, or set DLSCRATCH_DATA to a folder that has the files.",
            stacklevel=6,
        )
