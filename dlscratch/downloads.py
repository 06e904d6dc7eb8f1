"""Fetch the files of MNIST, Fashion-MNIST and the texts, safely.

A file comes from the folder that the environment variable DLSCRATCH_DATA names, from
the user's cache folder, or from the first mirror that serves it. Wherever it comes
from, and whether it is gzipped or not, the SHA-256 of its content is compared first: no
damaged or half-written file is ever used.
"""

import gzip
import hashlib
import io
import os
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

TIMEOUT = 10  # seconds without a byte before a mirror is given up
LARGEST = 2**26  # bytes; whatever a file unzips to, no more is read

FILES = (  # in the order of Dataset
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
MIRRORS = {  # tried in this order; all have the same files
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
}
SHA256 = {  # of what FILES hold, unzipped
    "mnist": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    "fashion-mnist": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}

TEXTS = {  # their addresses, and the SHA-256 of what they hold
    "tinyshakespeare.txt": (
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/"
        "data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
    "names.txt": (
        "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
    ),
}


def fetch(name):
    """Return the four files of "mnist" or "fashion-mnist".

    Returns
    -------
    dict of str to bytes
        From each name in `FILES` to what that file holds, unzipped and checked.

    Raises
    ------
    FileNotFoundError
        If a file is neither on this computer nor to be had from any mirror.
    ValueError
        If a file in DLSCRATCH_DATA is damaged.
    """
    files = {}
    for file in FILES:
        files[file] = fetch_file(name, file)
    return files


def fetch_text(file):
    """Return what one of the `TEXTS` holds; see `fetch`."""
    return fetch_file("text", file)


def fetch_file(name, file):
    """Return what one of the `FILES`, or of the `TEXTS`, holds; see `fetch`."""
    if name == "text":
        url, sha256 = TEXTS[file]
        urls = [(url, url)]
    else:
        sha256 = SHA256[name][FILES.index(file)]
        urls = [(mirror, mirror + file) for mirror in MIRRORS[name]]
    folder, tried = os.environ.get("DLSCRATCH_DATA"), []
    if folder:
        content = _given(Path(folder), name, file, sha256, tried)
        if content is not None:
            return content
    if sys.platform == "emscripten":
        raise FileNotFoundError(
            f"{name}: {file} is not part of the book's site, and a page may ask no "
            "other server for it. Run this notebook on your computer; or, in "
            "JupyterLite, upload the set's files and let DLSCRATCH_DATA name their "
            "folder."
        )
    pooch = _pooch()
    cached = Path(pooch.os_cache("dlscratch"), name, file)
    try:
        return _content(cached.read_bytes(), sha256, cached, "Fetching it again")
    except (OSError, ValueError) as error:
        tried.append(str(error))
    for mirror, url in urls:
        try:
            raw = _download(url)
            content = _content(raw, sha256, mirror, "Not used")
        except (OSError, ValueError) as error:  # the errors of requests are OSErrors
            tried.append(f"{mirror}: {_reason(error)}")
        else:
            _keep(raw, cached)
            return content
    raise FileNotFoundError(
        f"{name}: could not get {file}. Connect to the network and try again, or set "
        f"DLSCRATCH_DATA to a folder that has all its files in {name}/. Tried:\n"
        + "\n".join(tried)
    )


def _given(folder, name, file, sha256, tried):
    """Return what a file in DLSCRATCH_DATA holds, or None if none is there.

    The data sets' files have the same names. So a wrong one in a folder that is not
    called `name` may be another set's. It is passed over, and `tried` says so.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"DLSCRATCH_DATA: expected a folder, got {str(folder)!r}"
        )
    for place in (folder / name, folder):
        for path in (place / file, place / file.removesuffix(".gz")):
            if path.is_file():
                advice = f"Put the right file into {place}"
                try:
                    return _content(path.read_bytes(), sha256, path, advice)
                except ValueError:
                    if place.name == name:
                        raise
                    tried.append(f"{path}: this is not the file of {name}")
    return None


def _content(raw, sha256, name, advice):
    """Return what a file holds, gzipped or not, or raise a ValueError."""
    content = raw
    if raw[:2] == b"\x1f\x8b":  # gzip's signature
        try:
            with gzip.open(io.BytesIO(raw)) as file:
                content = file.read(LARGEST)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{name}: expected SHA-256 {sha256}, received a damaged gzip file "
                f"({len(raw):,} bytes): {error}. {advice}."
            ) from None
    return verify(content, sha256, name, advice)


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
    download = _pooch().HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
    )
    download(url, raw, None)
    return raw.getvalue()


def _pooch():
    """Import pooch when it is needed: a browser lacks what it is made of."""
    with warnings.catch_warnings():  # its progress bar would have liked ipywidgets
        warnings.filterwarnings("ignore", "IProgress not found")
        import pooch
    return pooch


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
