"""Fetch Pyodide and JupyterLite, safely, for `make live`.

`book/live/files.toml` names every file. All are kept in the user's cache folder, as
data sets are, so that they are fetched once. An ordinary machine takes Pyodide's files
from its official address. Where that cannot be reached, the same bytes come out of
packages of npm and PyPI, by `npm pack` and `pip download` with the user's settings.
Wherever a file comes from, its SHA-256 is compared before it gets its name.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pooch

from dlscratch.downloads import verify

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = "https://registry.npmjs.org"
PLACES = {
    "official": "{official}",
    "npm": "npm's package {npm}",
    "bundle": "PyPI's package {bundle}",
    "pypi": "PyPI",
}
TIMEOUT = 20  # seconds without a byte before an address is given up


def read_spec(path=ROOT / "book" / "live" / "files.toml"):
    """Return what `files.toml` says, with Pyodide's version put in."""
    spec = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    for key in ("official", "npm"):
        spec[key] = spec[key].format(pyodide=spec["pyodide"])
    return spec


def cache_of(spec):
    """Return the folder where the files of this version are kept."""
    return Path(pooch.os_cache("dlscratch"), f"pyodide-{spec['pyodide']}")


def needed(lock, names):
    """Return {name: entry of the lock} of packages and all that they depend on."""
    found, todo = {}, list(names)
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = lock["packages"][name]
            todo += found[name]["depends"]
    return dict(sorted(found.items()))


def fetch(spec, cache):
    """Get all files into the folder `cache`; return Pyodide's lock.

    Raises
    ------
    SystemExit
        With what to do, if a file is neither there nor to be had.
    """
    obtain(spec["core"], spec, cache, [official, npm])
    lock = json.loads((cache / "pyodide-lock.json").read_text(encoding="utf-8"))
    packages = needed(lock, spec["packages"]).values()
    wheels = {package["file_name"]: package["sha256"] for package in packages}
    obtain(wheels, spec, cache, [official, bundle])
    obtain(spec["wheels"], spec, cache, [pypi])
    return lock


def obtain(files, spec, cache, sources):
    """Have each of {name: SHA-256} in `cache`, from the first source that gives it."""
    missing = {name: sha for name, sha in files.items() if not kept(cache / name, sha)}
    tried = []
    for source in sources if missing else ():
        place = PLACES[source.__name__].format(**spec)
        print(f"Fetching {len(missing)} files from {place} …", flush=True)
        try:
            cache.mkdir(parents=True, exist_ok=True)
            source(spec, missing, cache)
        except subprocess.CalledProcessError as error:
            said = f"{error.stderr or error}".strip().splitlines()
            tried.append(f"{place}: {said[-1]}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            tried.append(f"{place}: {error}")
        missing = {n: sha for n, sha in missing.items() if not (cache / n).exists()}
        if not missing:
            break
    if missing:
        sys.exit(
            f"Could not get {', '.join(missing)}. Connect to the network and run "
            "`make live` again: it goes on where it stopped. Or copy the folder "
            f"{cache} from a computer that has it; the environment variable "
            "XDG_CACHE_HOME names another place. Tried:\n" + "\n".join(tried)
        )


def kept(path, sha256):
    """Return whether a file is there; remove a damaged one, and say so."""
    try:
        verify(path.read_bytes(), sha256, path.name, "Fetching it again")
    except OSError:
        return False
    except ValueError as error:
        print(error, flush=True)
        path.unlink()
        return False
    return True


def keep(raw, path, sha256):
    """Put a file into the cache whole, or refuse it with a ValueError."""
    verify(raw, sha256, path.name, "Not used")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder, path.name)
        part.write_bytes(raw)
        os.replace(part, path)


def download(url, path, sha256):
    """Fetch one file; what an earlier try left of it is not fetched again."""
    part = path.with_name(f"{path.name}.part")
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "dlscratch", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with urlopen(Request(url, headers=headers), timeout=TIMEOUT) as answer:
            have = have if answer.status == 206 else 0
            wanted = have + int(answer.headers.get("Content-Length", 0))
            with open(part, "ab" if have else "wb") as file:
                shutil.copyfileobj(answer, file, 2**16)
    except HTTPError as error:
        if error.code != 416:  # there is no more: what we have is not its beginning
            raise
        part.unlink()
        return download(url, path, sha256)
    if part.stat().st_size < wanted:
        raise OSError(f"the connection broke within {path.name}")
    raw = part.read_bytes()
    part.unlink()
    keep(raw, path, sha256)


def official(spec, files, cache):
    """Take files from Pyodide's own address, one at a time."""
    for name, sha256 in files.items():
        try:
            download(spec["official"] + name, cache / name, sha256)
        except URLError as error:
            raise OSError(f"{name}: {error}") from None


def npm(spec, files, cache):
    """Take the core out of Pyodide's package, fetched by npm or else from its URL."""
    name, version = spec["npm"].split("@")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, f"{name}-{version}.tgz")
        if program := shutil.which("npm"):
            run([program, "pack", "--silent", spec["npm"]], cwd=folder)
        else:
            registry = os.environ.get("npm_config_registry", REGISTRY).rstrip("/")
            url = f"{registry}/{name}/-/{archive.name}"
            with urlopen(url, timeout=TIMEOUT) as answer:
                archive.write_bytes(answer.read())
        with tarfile.open(archive) as package:
            for file, sha256 in files.items():
                raw = package.extractfile(f"package/{file}").read()
                keep(raw, cache / file, sha256)


def bundle(spec, files, cache):
    """Take Pyodide's packages out of a wheel on PyPI that has them."""
    with tempfile.TemporaryDirectory() as folder:
        (wheel,) = pip_download([spec["bundle"]], folder)
        with zipfile.ZipFile(wheel) as package:
            places = {path.rpartition("/")[2]: path for path in package.namelist()}
            for file, sha256 in files.items():
                if file not in places:
                    raise ValueError(f"it has no {file}")
                keep(package.read(places[file]), cache / file, sha256)


def pypi(spec, files, cache):
    """Download wheels from PyPI, in one go."""
    packages = ["==".join(file.split("-")[:2]) for file in files]
    with tempfile.TemporaryDirectory() as folder:
        for wheel in pip_download(packages, folder):
            keep(wheel.read_bytes(), cache / wheel.name, files[wheel.name])


def pip_download(packages, folder):
    """Let pip fetch wheels, with the user's settings; return their paths."""
    pip = [sys.executable, "-m", "pip"]
    if find_spec("pip") is None:  # an environment that uv made has none
        pip = ["uv", "tool", "run", "pip"]
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    run([*pip, "download", "-q", *options, "--dest", folder, *packages])
    return sorted(Path(folder).glob("*.whl"))


def run(command, **options):
    """Run a program, and keep what it says for the error."""
    subprocess.run(command, check=True, capture_output=True, text=True, **options)
