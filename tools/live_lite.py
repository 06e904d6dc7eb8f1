"""JupyterLite with the book's notebooks, for `make live`.

What `jupyter lite build` would make of JupyterLite's two wheels, without installing
them: in the book's environment the kernel's extension would disturb JupyterLab.
"""

import json
import shutil
import tarfile
import zipfile
from datetime import UTC, datetime
from importlib import resources
from pathlib import PurePosixPath

import nbformat

EXTENSION = "@jupyterlite/pyodide-kernel-extension"
NAME = "Deep Learning from Scratch"
SETTINGS = {  # JupyterLab's, where the book wants others than the usual ones
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # find in page
}
# What the kernel needs, loaded before it mounts the reader's files: from then on, each
# import asks the page for a file of that name.
OWN = ("piplite", "ipykernel", "pyodide_kernel")  # inside the wheel of the kernel
PRELOADED = [*OWN, "micropip", "ssl", "sqlite3", "comm", "jedi", "ipython", "dlscratch"]


def make(folder, spec, cache, notebooks, stamp):
    """Make JupyterLite in a folder, unless its file `.made` already has this stamp."""
    made = folder / ".made"
    if made.exists() and made.read_text() == stamp:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    unpack_app(wheel_of("jupyterlite_core", spec, cache), folder)
    kernel = wheel_of("jupyterlite_pyodide_kernel", spec, cache)
    extension = unpack_extension(kernel, folder / "extensions" / EXTENSION)
    copy_icons(folder / "static" / "favicons")
    put_notebooks(folder, notebooks)
    (folder / "build" / "schemas" / "all_federated.json").write_text("[]")
    for place in ("api/translations/all.json", "api/translations/en.json"):
        put(folder / place, LANGUAGES if place.endswith("all.json") else NO_WORDS)
    configure(folder / "jupyter-lite.json", extension)
    made.write_text(stamp)


def wheel_of(name, spec, cache):
    """Return the path of a package's wheel in the cache."""
    (path,) = (cache / w for w in spec["wheels"] if w.startswith(f"{name}-"))
    return path


LANGUAGES = {
    "data": {"en": {"displayName": "English", "nativeName": "English"}},
    "message": "",
}
NO_WORDS = {"data": {}, "message": ""}


def put(path, data):
    """Write JSON, and make the folder for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")


def useful(name):
    """Return whether a file is more than a map for those who debug it."""
    return not name.endswith((".map", "/"))


def unpack_app(wheel, folder):
    """Unpack JupyterLite itself, which its wheel holds as an archive."""
    with zipfile.ZipFile(wheel) as package:
        (name,) = (name for name in package.namelist() if name.endswith(".tgz"))
        with package.open(name) as raw, tarfile.open(fileobj=raw) as archive:
            for member in archive:
                if member.isfile() and useful(member.name):
                    path = folder / PurePosixPath(member.name).relative_to("package")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.extractfile(member).read())


def kernel_wheels(spec, cache):
    """Return the wheels of the kernel itself, {file name: bytes}."""
    found = {}
    with zipfile.ZipFile(
        wheel_of("jupyterlite_pyodide_kernel", spec, cache)
    ) as package:
        for path in package.namelist():
            name = path.rpartition("/")[2]
            if name.endswith(".whl") and name.split("-")[0] in OWN:
                found[name] = package.read(path)
    return found


def unpack_extension(wheel, folder):
    """Unpack the kernel's extension; return what the configuration says of it."""
    start = f"/labextensions/{EXTENSION}/"
    with zipfile.ZipFile(wheel) as package:
        for name in filter(useful, package.namelist()):
            _, found, place = name.partition(start)
            if found:
                path = folder / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(package.read(name))
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    build = about["jupyterlab"]["_build"]
    return {"name": EXTENSION, "extension": build["extension"], "load": build["load"]}


def copy_icons(folder):
    """Copy the pictures that tell a busy page in the browser's row of tabs."""
    folder.mkdir(parents=True)
    for icon in (resources.files("jupyter_server") / "static" / "favicons").iterdir():
        (folder / icon.name).write_bytes(icon.read_bytes())


def put_notebooks(folder, notebooks):
    """Copy notebooks with their outputs, marked as trusted, and list them."""
    listed = []
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)  # with texts whole, not in lines
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["metadata"]["trusted"] = True
        copy = folder / "files" / path.name
        put(copy, notebook)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        listed.append(entry(path.name, "notebook", changed, copy.stat().st_size))
    changed = max(item["last_modified"] for item in listed)
    top = entry("", "directory", datetime.fromisoformat(changed), None)
    contents = {**top, "content": listed, "format": "json"}
    put(folder / "api" / "contents" / "all.json", contents)


def entry(name, kind, changed, size):
    """Describe a file or a folder, as Jupyter's server does."""
    when = changed.isoformat()
    return {
        "name": name, "path": name, "type": kind, "size": size, "writable": True,
        "created": when, "last_modified": when,
        "content": None, "format": None, "mimetype": None,
    }  # fmt: skip


def configure(path, extension):
    """Tell JupyterLite which Pyodide it uses, and to ask no other host."""
    kernel = {
        "pyodideUrl": "./../_static/live/pyodide/pyodide.js",
        "disablePyPIFallback": True,
        "pipliteUrls": [f"./extensions/{EXTENSION}/static/pypi/all.json"],
        "loadPyodideOptions": {"packages": PRELOADED},
    }
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["jupyter-config-data"] |= {
        "appName": NAME,
        "contentsStorageName": NAME,  # what readers change, in their browser
        "settingsStorageName": NAME,
        "workspacesStorageName": NAME,
        "federated_extensions": [extension],
        "litePluginSettings": {f"{EXTENSION}:kernel": kernel},
        "settingsOverrides": SETTINGS,
    }
    put(path, settings)
