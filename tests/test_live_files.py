"""What `make live` fetches and adds: from a server here, and with the real clients."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import live
import live_files
import live_lite
import pytest

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
VERSION = "9.9.9"  # of a Pyodide that is on no other server


def sha(raw):
    return hashlib.sha256(raw).hexdigest()


def zipped(files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


def a_wheel(name, version, files=()):
    """Return a wheel that pip takes for one."""
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    all_files = {**dict(files), f"{info}/METADATA": head, f"{info}/WHEEL": wheel}
    return zipped({**all_files, f"{info}/RECORD": ""})


def package(name, depends=()):
    raw = f"wheel of {name}".encode() * 50
    file = f"{name}-1.0-py3-none-any.whl"
    about = {"name": name, "file_name": file, "sha256": sha(raw)}
    return raw, {**about, "depends": list(depends), "version": "1.0"}


NUMPY, NUMPY_ENTRY = package("numpy")
PLOT, PLOT_ENTRY = package("plot_it", ["numpy"])
OTHER, OTHER_ENTRY = package("other")
ENTRIES = {"numpy": NUMPY_ENTRY, "plot-it": PLOT_ENTRY, "other": OTHER_ENTRY}
LOCK = json.dumps({"info": {"version": VERSION}, "packages": ENTRIES}).encode()
CORE = {"pyodide-lock.json": LOCK, "pyodide.js": b"// pyodide\n" * 999}
WHEELS = {NUMPY_ENTRY["file_name"]: NUMPY, PLOT_ENTRY["file_name"]: PLOT}
COMM = a_wheel("comm", "0.2")
FETCHED = {**CORE, **WHEELS}
COMM_FILE = "comm-0.2-py3-none-any.whl"


class Handler(BaseHTTPRequestHandler):
    """Serve FETCHED and a package of npm; the first part of the path says how."""

    def do_GET(self):
        manner, _, name = self.path.strip("/").partition("/")
        self.server.asked.append((manner, name, self.headers.get("Range")))
        body = self.server.files.get(name)
        if body is None or manner == "missing":
            return self.send_error(404)
        if manner == "flipped":
            body = body[:-1] + bytes([body[-1] ^ 1])
        start = 0
        if self.headers.get("Range"):
            start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
            if start >= len(body):
                return self.send_error(416)
        self.send_response(206 if start else 200)
        body = body[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if manner == "broken" else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tgz = io.BytesIO()
        with tarfile.open(fileobj=tgz, mode="w:gz") as archive:
            for name, raw in CORE.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(raw)
                archive.addfile(member, io.BytesIO(raw))
        npm = f"pyodide/-/pyodide-{VERSION}.tgz"
        server.files = {**FETCHED, npm: tgz.getvalue()}
        server.asked = []
        server.address = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def spec(server, tmp_path, monkeypatch):
    """A small book/live/files.toml; PyPI is a folder, npm's registry the server."""
    index = tmp_path / "pypi"
    index.mkdir()
    (index / COMM_FILE).write_bytes(COMM)
    inside = {f"bundle/assets/{name}": raw for name, raw in WHEELS.items()}
    bundle = a_wheel("bundle", "1.0", inside)
    (index / "bundle-1.0-py3-none-any.whl").write_bytes(bundle)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("npm_config_registry", f"{server.address}npm/")
    monkeypatch.setattr(live_files.shutil, "which", lambda name: None)  # no npm
    return {
        "pyodide": VERSION,
        "official": f"{server.address}good/",
        "npm": f"pyodide@{VERSION}",
        "bundle": "bundle==1.0",
        "packages": ["plot_it"],
        "core": {name: sha(raw) for name, raw in CORE.items()},
        "extra": {},
        "wheels": {},
    }


def check_whole(cache):
    """The cache has what was wanted, and nothing else: no part, no other package."""
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == FETCHED


def test_files_come_from_the_official_address_once(spec, server, tmp_path):
    cache = tmp_path / "cache"
    lock = live_files.fetch(spec, cache)
    check_whole(cache)
    assert [name for _, name, _ in server.asked] == [*CORE, *WHEELS]
    assert lock == json.loads(LOCK)
    server.asked.clear()
    live_files.fetch(spec, cache)
    assert not server.asked, "all is in the cache"


@pytest.mark.parametrize("manner", ["flipped", "missing", "broken", "nowhere"])
def test_packages_have_the_same_bytes(manner, spec, server, tmp_path):
    """Where the official address fails, npm and PyPI give the files."""
    spec["official"] = f"{server.address}{manner}/"
    if manner == "nowhere":
        spec["official"] = "http://127.0.0.1:9/"  # nobody answers there
    cache = tmp_path / "cache"
    live_files.fetch(spec, cache)
    files = {path.name: path.read_bytes() for path in cache.glob("*[!t]")}
    assert files == FETCHED


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("flipped", r"pyodide-lock.json: expected SHA-256 \w+, received \w+ \(\d+"),
        ("missing", "pyodide-lock.json: HTTP Error 404"),
        ("broken", "the connection broke within pyodide-lock.json"),
    ],
)
def test_nothing_wrong_is_kept(manner, said, spec, server, tmp_path, monkeypatch):
    """A wrong byte, a lost file or half of one: told in one sentence."""
    spec["official"] = f"{server.address}{manner}/"
    monkeypatch.setenv("npm_config_registry", f"{server.address}missing/")
    with pytest.raises(SystemExit) as caught:
        live_files.fetch(spec, tmp_path / "cache")
    text = str(caught.value.code)
    assert re.search(said, text), text
    assert text.startswith("Could not get pyodide-lock.json, pyodide.js. Connect to ")
    assert "Traceback" not in text
    assert str(tmp_path / "cache") in text
    assert "XDG_CACHE_HOME" in text
    kept = [p.name for p in (tmp_path / "cache").iterdir() if p.suffix != ".part"]
    assert kept == []


def test_pip_fetches_wheels_with_the_settings_of_the_user(spec, tmp_path):
    """A wrong wheel is refused; of a lost one, pip's last line is told."""
    cache = tmp_path / "cache"
    with pytest.raises(SystemExit, match=r"PyPI: comm-0\.2.*expected SHA-256"):
        live_files.obtain({COMM_FILE: sha(b"x")}, spec, cache, [live_files.pypi])
    assert not (cache / COMM_FILE).exists()
    live_files.obtain({COMM_FILE: sha(COMM)}, spec, cache, [live_files.pypi])
    assert (cache / COMM_FILE).read_bytes() == COMM
    lost = {"lost-1.0-py3-none-any.whl": sha(b"x")}
    with pytest.raises(SystemExit, match=r"PyPI: .*[Nn]o matching distribution"):
        live_files.obtain(lost, spec, cache, [live_files.pypi])


def test_a_broken_download_goes_on_where_it_stopped(spec, server, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    raw = CORE["pyodide.js"]
    (cache / "pyodide.js.part").write_bytes(raw[:300])
    live_files.download(spec["official"] + "pyodide.js", cache / "pyodide.js", sha(raw))
    assert (cache / "pyodide.js").read_bytes() == raw
    assert server.asked == [("good", "pyodide.js", "bytes=300-")]
    assert [path.name for path in cache.iterdir()] == ["pyodide.js"]


def test_a_part_that_is_too_long_is_fetched_anew(spec, server, tmp_path):
    raw = CORE["pyodide.js"]
    (tmp_path / "pyodide.js.part").write_bytes(raw + b"more")
    path = tmp_path / "pyodide.js"
    live_files.download(spec["official"] + "pyodide.js", path, sha(raw))
    assert path.read_bytes() == raw


def test_a_damaged_file_of_the_cache_is_fetched_again(spec, server, tmp_path, capsys):
    cache = tmp_path / "cache"
    live_files.fetch(spec, cache)
    (cache / "pyodide.js").write_bytes(b"damaged")
    server.asked.clear()
    live_files.fetch(spec, cache)
    check_whole(cache)
    assert [name for _, name, _ in server.asked] == ["pyodide.js"]
    assert "pyodide.js: expected SHA-256" in capsys.readouterr().out


def test_a_cache_that_cannot_be_written_to_is_told(spec):
    with pytest.raises(SystemExit, match="XDG_CACHE_HOME"):
        live_files.fetch(spec, Path("/dev/null/cache"))


# What is made of it ----------------------------------------------------------------


def test_the_lock_lists_what_is_there(spec, tmp_path):
    lock = live_files.fetch(spec, tmp_path / "cache")
    kernel = "jupyterlite_pyodide_kernel-1.0-py3-none-any.whl"
    inside = {"a/pypi/pyodide_kernel-1.0-py3-none-any.whl": "x", "a/b-1-py3.whl": "y"}
    (tmp_path / "cache" / kernel).write_bytes(zipped(inside))
    (tmp_path / "cache" / COMM_FILE).write_bytes(COMM)
    spec |= {"extra": {"comm": []}, "wheels": {COMM_FILE: sha(COMM), kernel: "-"}}
    name, wheel, _ = live.library()
    files = live.pyodide(spec, lock, tmp_path / "cache", name, wheel)
    packages = json.loads(files["pyodide-lock.json"])["packages"]
    assert list(packages) == ["comm", "dlscratch", "numpy", "plot-it", "pyodide-kernel"]
    for entry in packages.values():
        assert sha(files[entry["file_name"]]) == entry["sha256"]
    others = {entry["file_name"] for entry in packages.values()}
    assert files.keys() - others == CORE.keys()


def test_the_library_for_the_browser(tmp_path):
    """All of it but the largest weights, which lie beside; it runs from the wheel."""
    name, wheel, weights = live.library()
    assert live.library() == (name, wheel, weights), "the same bytes each time"
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path)
        (record,) = (name for name in names if name.endswith("/RECORD"))
        lines = archive.read(record).decode().splitlines()
    assert {line.rsplit(",", 2)[0] for line in lines} == names
    listed = subprocess.run(
        ["git", "ls-files", "dlscratch"], cwd=ROOT, capture_output=True, text=True
    )
    wanted = {
        n for n in listed.stdout.split() if "ruff.toml" not in n and "/." not in n
    }
    if listed.returncode == 0:
        left_out = {f"dlscratch/weights/{name}" for name in weights}
        assert wanted <= names | left_out
        assert not names & left_out
    assert all(len(raw) > live.LARGE for raw in weights.values())
    assert {"simple-cnn.npz", "shakespeare-gpt.npz"} <= weights.keys()
    code = "import dlscratch.exercises as e, importlib.metadata as m; "
    code += "print(e.__file__, m.version('dlscratch'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split()[0].startswith(str(tmp_path)), done.stderr
    assert (
        name
        == f"dlscratch-{done.stdout.split()[1]}-0{sha(wheel)[:12]}-py3-none-any.whl"
    )


PAGE = f"<html><head><title>x</title></head><body>{live.DOWNLOADS}</div></body></html>"


@pytest.fixture
def site(tmp_path):
    """A site of a chapter, the first page and another page."""
    for name in ("index", "book/index", "book/notation", "notebooks/02-perceptron"):
        path = tmp_path / "site" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE)
    return tmp_path / "site"


FILES = {"live.js": b"1", "live.css": b"2", "worker.js": b"3"}


def test_pages_get_two_tags_and_chapters_a_link(site):
    live.tag(site, FILES)
    for name in ("index", "book/notation"):
        assert (site / f"{name}.html").read_text() == PAGE
    for name in ("book/index", "notebooks/02-perceptron"):
        text = (site / f"{name}.html").read_text()
        head, body = text.split("</head>")
        found = re.findall(r"<(?:link|script)[^>]* (?:href|src)=\"(.*?)\?v=\w+\"", text)
        assert found == ["../_static/live/live.css", "../_static/live/live.js"]
        assert head.count("defer") == 1
        link = "../lite/lab/index.html?path=02-perceptron.ipynb"
        assert (link in body) == (name != "book/index")
        assert live.MARKED.sub("", text) == PAGE, "and nothing else"


def test_a_published_book_keeps_one_menu(site):
    """Its menu for Colab and Binder gets JupyterLite as well."""
    page = site / "notebooks" / "02-perceptron.html"
    menu = '<div class="dropdown dropdown-launch-buttons"><b></b>\n'
    menu += '<ul class="dropdown-menu">\n<li>Colab</li></ul></div>'
    published = PAGE.replace(live.DOWNLOADS, menu + live.DOWNLOADS)
    page.write_text(published)
    live.tag(site, FILES)
    text = page.read_text()
    assert text.count("dropdown-launch-buttons") == 1
    assert text.index("JupyterLite</span>") < text.index("Colab") < text.index("</ul>")
    assert live.MARKED.sub("", text) == published


def test_tags_are_put_in_once_and_renewed(site):
    page = site / "notebooks" / "02-perceptron.html"
    live.tag(site, FILES)
    first, time = page.read_text(), page.stat().st_mtime_ns
    live.tag(site, FILES)
    assert page.stat().st_mtime_ns == time
    live.tag(site, {**FILES, "live.js": b"other"})
    assert page.read_text() != first
    assert page.read_text().count("live.js") == 1


def test_a_folder_keeps_what_is_the_same_and_loses_what_is_old(tmp_path):
    live.fill(tmp_path, {"a": b"1", "b": b"2"})
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in "ab"}
    live.fill(tmp_path, {"a": b"1", "b": b"3"})
    assert (tmp_path / "a").stat().st_mtime_ns == times["a"]
    assert (tmp_path / "b").read_bytes() == b"3"
    live.fill(tmp_path, {"a": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_without_a_site_or_without_live_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "fetch", lambda *args: pytest.fail("fetched"))
    monkeypatch.setattr(live, "SITE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["live.py"])
    with pytest.raises(SystemExit, match="Run `make book` first"):
        live.main()
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(sys, "argv", ["live.py", "--again"])
    live.main()
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


# The real site and the real files, where they are ----------------------------------


@pytest.fixture(scope="module")
def lock():
    """Pyodide's lock out of the cache, where everything was fetched."""
    spec = live_files.read_spec()
    cache = live_files.cache_of(spec)
    path = cache / "pyodide-lock.json"
    if not path.exists():
        reason = "Pyodide was not fetched: run `make live`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return json.loads(path.read_text(encoding="utf-8"))


def rows():
    """Return the first column of the tables of licences: names and versions."""
    text = (ROOT / "book" / "notices.md").read_text(encoding="utf-8")
    table = text.split("## Where cells run in the page")[1]
    found = re.findall(r"^\| (.*?) \| .*? \| (.+?) \|$", table, re.MULTILINE)
    cells = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", name) for name, licence in found]
    assert all(licence.strip() for _, licence in found)
    return " ; ".join(cells).lower().replace("`", "").replace("_", "-")


def test_all_that_is_fetched_has_its_licence_named(lock):
    spec = live_files.read_spec()
    text = rows().replace("jupyterlite's ", "jupyterlite ").replace("jupyterlite ", "")
    packages = live_files.needed(lock, spec["packages"])
    wanted = {name: entry["version"] for name, entry in packages.items()}
    for file in spec["wheels"]:
        name, version = file.split("-")[:2]
        wanted[name.removeprefix("jupyterlite_")] = version
    wanted |= {"pyodide": spec["pyodide"], "cpython": lock["info"]["python"]}
    for name, version in wanted.items():
        name = name.replace("_", "-").replace("pyodide-kernel", "pyodide kernel")
        assert re.search(rf"(?<![\w-]){name} {version}(?![\w.])", text), (name, version)


def test_the_book_alone_has_no_live_cells():
    """Without what `make live` put in, no page names its files."""
    pages = [*HTML.glob("notebooks/*.html"), *HTML.glob("book/*.html")]
    if not pages:
        pytest.skip("the site was not built: run `make book`")
    for page in pages:
        text = live.MARKED.sub("", page.read_text(encoding="utf-8"))
        assert "_static/live/live." not in text, page.name
        assert "../lite/" not in text, page.name


def test_notebooks_of_jupyterlite_are_whole_and_trusted(tmp_path):
    """Their texts are single strings, and their outputs may show themselves."""
    path = ROOT / "notebooks" / "02-perceptron.ipynb"
    live_lite.put_notebooks(tmp_path, [path])
    copy = json.loads((tmp_path / "files" / path.name).read_text(encoding="utf-8"))
    original = json.loads(path.read_text(encoding="utf-8"))
    for cell, before in zip(copy["cells"], original["cells"], strict=True):
        assert cell["source"] == "".join(before["source"])
        assert cell["metadata"].get("trusted") == (cell["cell_type"] == "code" or None)
    listed = json.loads((tmp_path / "api" / "contents" / "all.json").read_text())
    assert [item["path"] for item in listed["content"]] == [path.name]
