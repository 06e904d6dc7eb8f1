"""Add Python to the built site: cells that run in the page, and a whole JupyterLab.

    python tools/live.py            what `make live` does
    python tools/live.py --again    only where it was done before

The site gets, under `_static/live/`, the scripts of `book/live/`, Pyodide with the
packages that the book needs and the library itself, and the trained networks that are
too large to come with it; under `lite/`, a JupyterLite that uses the same Pyodide. Each
page gets two tags in its head, and a chapter's page a link to its notebook there. What
is there already stays as it is.
"""

import base64
import hashlib
import io
import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import live_lite
from live_files import ROOT, cache_of, fetch, needed, read_spec

SITE = ROOT / "_build" / "html"
LIVE = Path("_static", "live")
LARGE = 100_000  # bytes: a larger trained network is fetched when it is asked for

MARKED = re.compile(r"\n?<!-- live -->.*?<!-- end of live -->", re.DOTALL)
MARKS = "\n<!-- live -->{}<!-- end of live -->"
HEAD = (
    '<link rel="stylesheet" href="../_static/live/live.css?v={css}" />'
    '<script defer src="../_static/live/live.js?v={js}"></script>'
)
DOWNLOADS = '<div class="dropdown dropdown-download-buttons">'
# The menu that a published book has for Colab and Binder.
LAUNCH = '<div class="dropdown dropdown-launch-buttons">.*?<ul class="dropdown-menu">'
ITEM = """
    <li><a href="../lite/lab/index.html?path={name}.ipynb" target="_blank" \
class="btn btn-sm dropdown-item">
      <span class="btn__text-container">Open in JupyterLite</span></a></li>"""
MENU = """<div class="dropdown dropdown-launch-buttons">
  <button class="btn dropdown-toggle" type="button" data-bs-toggle="dropdown" \
aria-expanded="false" aria-label="Run this page">
    <i class="fas fa-rocket"></i>
  </button>
  <ul class="dropdown-menu">{item}
  </ul>
</div>
"""


def sha256(raw):
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def write(path, raw):
    """Write a file, unless it is there with the same content."""
    if not path.exists() or path.read_bytes() != raw:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


def fill(folder, files):
    """Make a folder hold exactly the files {name: bytes}, besides its folders."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        write(folder / name, raw)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()


def library(root=ROOT):
    """Return the library for the browser: the wheel's name, its bytes, and its weights.

    The wheel leaves out the weights that are `LARGE`: they are {name: bytes}. Its name
    tells its content, so that a browser never takes an older one from its cache.
    """
    files, weights = {}, {}
    for path in sorted((root / "dlscratch").rglob("*.*")):
        name = path.relative_to(root)
        hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
        if hidden or not path.is_file() or path.name == "ruff.toml":
            continue
        raw = path.read_bytes()
        if path.suffix == ".npz" and path.parent.name == "weights" and len(raw) > LARGE:
            weights[path.name] = raw
        else:
            files[name.as_posix()] = raw
    about = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = about["name"], about["version"]
    info = f"{name}-{version}.dist-info"
    for licence in about["license-files"]:
        files[f"{info}/licenses/{licence}"] = (root / licence).read_bytes()
    head = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
    head += f"Summary: {about['description']}\nLicense-Expression: {about['license']}\n"
    wheel = "Wheel-Version: 1.0\nGenerator: tools/live.py\nRoot-Is-Purelib: true\n"
    files[f"{info}/METADATA"] = head.encode()
    files[f"{info}/WHEEL"] = f"{wheel}Tag: py3-none-any\n".encode()
    record = [f"{path},{recorded(raw)},{len(raw)}\n" for path, raw in files.items()]
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = "".join(record).encode()
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)  # of 1980: the same bytes each time
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    raw = raw.getvalue()
    return f"{name}-{version}-0{sha256(raw)[:12]}-py3-none-any.whl", raw, weights


def recorded(raw):
    """Return a hash as a wheel's RECORD has it."""
    code = base64.urlsafe_b64encode(hashlib.sha256(raw).digest())
    return f"sha256={code.decode().rstrip('=')}"


def pyodide(spec, lock, cache, wheel_name, wheel):
    """Return the files of Pyodide's folder: its own, and those that the book adds.

    The lock lists only the packages that are there.
    """
    packages = needed(lock, spec["packages"])
    names = [*spec["core"], *(entry["file_name"] for entry in packages.values())]
    files = {name: (cache / name).read_bytes() for name in names}

    def add(name, file, raw, depends):
        files[file] = raw
        packages[name.replace("_", "-")] = {
            "name": name,
            "version": file.split("-")[1],
            "file_name": file,
            "install_dir": "site",
            "sha256": sha256(raw),
            "package_type": "package",
            "imports": [name],
            "depends": depends,
            "unvendored_tests": False,
        }

    for name, depends in spec["extra"].items():
        path = live_lite.wheel_of(name, spec, cache)
        add(name, path.name, path.read_bytes(), depends)
    for file, raw in live_lite.kernel_wheels(spec, cache).items():
        add(file.split("-")[0], file, raw, [])
    add("dlscratch", wheel_name, wheel, ["numpy", "matplotlib", "pillow", "tqdm"])
    # How much there is to load: the page tells it from the beginning.
    for package in packages.values():
        package["size"] = len(files[package["file_name"]])
    sizes = {name: len(files[name]) for name in spec["core"]}
    info = {**lock["info"], "sizes": sizes}
    trimmed = {**lock, "info": info, "packages": packages}
    files["pyodide-lock.json"] = json.dumps(trimmed, sort_keys=True).encode()
    return files


def scripts(root=ROOT):
    """Return the files of `_static/live/` itself, {name: bytes}."""
    folder = root / "book" / "live"
    paths = [p for p in folder.iterdir() if p.is_file() and p.name != "files.toml"]
    files = {path.name: path.read_bytes() for path in sorted(paths)}
    editor = folder / "codemirror"
    files["codemirror.js"] = (editor / "codemirror.js").read_bytes()
    files["codemirror-LICENSE"] = (editor / "LICENSE").read_bytes()
    files["dark.py"] = Path(root, "book/_ext/house/dark.py").read_bytes()
    return files


def tag(site, files):
    """Put the tags into the pages of the site, and the link into those of chapters."""
    marks = {kind: sha256(files[f"live.{kind}"])[:8] for kind in ("css", "js")}
    head = MARKS.format(HEAD.format(**marks))
    pages = [site / "book" / "index.html", *sorted((site / "notebooks").glob("*.html"))]
    for page in pages:
        old = page.read_text(encoding="utf-8")
        text = MARKED.sub("", old)
        text = text.replace("</head>", f"{head}</head>", 1)
        if page.parent.name == "notebooks":
            item = ITEM.format(name=page.stem)
            if found := re.search(LAUNCH, text, re.DOTALL):
                place, menu = found.end(), MARKS.format(item)
                text = text[:place] + menu + text[place:]
            else:
                menu = MARKS.format(MENU.format(item=item))
                text = text.replace(DOWNLOADS, f"{menu}{DOWNLOADS}", 1)
        if text != old:
            page.write_text(text, encoding="utf-8")


def main():
    """Fetch what is missing, and add everything to the site."""
    if not (SITE / "index.html").exists():
        sys.exit(f"There is no site in {SITE}. Run `make book` first.")
    if sys.argv[1:] == ["--again"] and not (SITE / LIVE).exists():
        return
    spec = read_spec()
    cache = cache_of(spec)
    lock = fetch(spec, cache)
    wheel_name, wheel, weights = library()
    files = scripts()
    fill(SITE / LIVE, files)
    fill(SITE / LIVE / "weights", weights)
    fill(SITE / LIVE / "pyodide", pyodide(spec, lock, cache, wheel_name, wheel))
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    made_of = [Path(live_lite.__file__), ROOT / "book/live/files.toml", *notebooks]
    stamp = sha256(b"\0".join(path.read_bytes() for path in made_of))
    live_lite.make(SITE / "lite", spec, cache, notebooks, stamp)
    tag(SITE, files)
    print("The cells of the book run in its pages. `make serve` shows it.")


if __name__ == "__main__":
    main()
