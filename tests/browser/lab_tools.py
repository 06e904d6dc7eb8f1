"""A JupyterLab of its own for the tests: no extension, no settings of the machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from site_tools import ROOT

SETTINGS = {
    "apputils-extension/notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
    "apputils-extension/themes": {"adaptive-theme": True},  # as the browser prefers
    "docmanager-extension/plugin": {"autosave": False},
    "extensionmanager-extension/plugin": {"enabled": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is there
}
PLACES = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}
NO_PROXY = "http://127.0.0.1:9"  # where nothing listens: no request leaves the machine
ENVIRONMENT = {
    "JUPYTER_PREFER_ENV_PATH": "1",
    "OPENBLAS_NUM_THREADS": "1",
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), NO_PROXY),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
}
OPTIONS = (
    "--allow-root",
    "--no-browser",
    "--log-level=ERROR",
    "--IdentityProvider.token=",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--LabApp.extension_manager=readonly",
)


def free_port():
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def text_of(cell):
    """Return the text of a cell, which the file may hold in lines."""
    return "".join(cell["source"])


def cells_of(name):
    """Return the cells of a notebook of the book."""
    path = ROOT / "notebooks" / f"{name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@contextmanager
def jupyterlab(folder, notebooks, trusted=()):
    """Serve copies of notebooks in JupyterLab; the value is its address.

    Those that are trusted show at once what is committed, as after ``make lab``.
    """
    work = folder / "work"
    work.mkdir()
    for name in notebooks:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", work)
    for name, settings in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    env = {key: value for key, value in os.environ.items() if "JUPYTER" not in key}
    env |= {name: str(folder / place) for name, place in PLACES.items()} | ENVIRONMENT
    for name in trusted:
        command = [sys.executable, "-m", "jupyter", "trust", f"{name}.ipynb"]
        subprocess.run(command, cwd=work, env=env, check=True, capture_output=True)
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={work}"]
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(command, cwd=work, env=env, stdout=log, stderr=log)
        try:
            wait_for(f"{address}/api", server, folder / "log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(address, server, log, patience=60):
    """Wait until a server answers; say what it logged if it never does."""
    end = time.monotonic() + patience
    while server.poll() is None and time.monotonic() < end:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab does not answer: {log.read_text()[-2000:]}")


# The text of all shown Markdown that is neither code nor a formula that is set.
PLAIN = """() => [...document.querySelectorAll(".jp-RenderedMarkdown")].map((e) => {
    const copy = e.cloneNode(true);
    copy.querySelectorAll("code, mjx-container").forEach((c) => c.replaceWith("`"));
    return copy.textContent;
})"""


def open_notebook(page, address, name):
    """Open a notebook, alone, and wait until all of its text is set."""
    page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
    wanted = len(cells_of(name))
    page.wait_for_function(
        f"document.querySelectorAll('.jp-Notebook .jp-Cell').length == {wanted}"
    )
    settle(page)


def settle(page, patience=30):
    """Wait until the formulas of all text are set; one that never is, is not seen."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        texts = page.evaluate(PLAIN)
        if all(text.strip() and "$" not in text for text in texts):
            break
        page.wait_for_timeout(100)


def run_all(page, patience=120_000):
    """Run all cells by the menu, and wait until the last has run."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(state="attached")
    wait_for_kernel(page, patience)
    settle(page)


def wait_for_kernel(page, patience=60_000):
    """Wait until no cell is still to run."""
    page.wait_for_function(
        """() => ![...document.querySelectorAll(".jp-InputPrompt")].some(
            (e) => e.textContent.includes("*"))""",
        timeout=patience,
    )


def shoot(page, path, place=None):
    """Save a picture of the page, from the place that a locator finds."""
    if place is not None:
        place.evaluate("e => e.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(300)
    page.screenshot(path=path)
