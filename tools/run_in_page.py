"""Run the chapters in a browser, in the page's own Python, and compare all outputs.

    python tools/run_in_page.py [--times] [--site FOLDER] [NOTEBOOK ...]

The site must have been made by ``make live``. Every cell of a chapter is given to the
site's worker in a headless Chromium; no other host can be reached. Text and HTML must
be those of the committed notebook, a figure must be there where one was, and no cell
may fail. Where a cell's tag says that its numbers depend on the processor, only the
kinds of its outputs are compared. What else may differ is listed with its reason in
``run_in_page.toml``, and what is listed must differ. No cell may take over a minute,
and no chapter over three, in processor time of the page's process, so that a busy
machine is no failure. ``--times`` writes the times of slow cells to
``book/live/times.json``, where the pages find them: use it on a quiet machine. The labs
are left out: they need data that the site does not have.
"""

import argparse
import json
import sys
import time
import tomllib
from pathlib import Path

from chromium import chromium
from execute_notebooks import find

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from site_tools import HTML, served  # noqa: E402 - it is found by the line above

DIFFERENCES = Path(__file__).with_suffix(".toml")
TIMES = ROOT / "book" / "live" / "times.json"
CELL, CHAPTER = 60, 180  # seconds that they may take
TOLD = 2  # seconds from which on a page announces a cell's time
PATIENCE = 1800  # seconds after which a cell hangs, however busy the machine

START = """() => {
  const worker = new Worker("/_static/live/worker.js");
  let messages = [], finish;
  const tell = (data) => {
    messages.push(data);
    if (data.type === "done" || data.type === "fatal") finish(messages.splice(0));
  };
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = ({ message }) => tell({ type: "fatal", text: message });
  globalThis.run = (id, source, patience) => new Promise((resolve) => {
    const hangs = () => tell({ type: "fatal", text: "no end" });
    const timer = setTimeout(hangs, 1000 * patience);
    finish = (found) => {
      clearTimeout(timer);
      resolve(found);
    };
    worker.postMessage({ id, source });
  });
}"""


class Page:
    """A page of the site with its Python, on which cells run one after another."""

    def __init__(self, browser, address):
        self.system = browser.new_browser_cdp_session()
        self.page = browser.new_page()
        self.page.set_default_timeout(0)
        self.page.route(
            "**/empty.html",
            lambda route: route.fulfill(
                body="<!doctype html>", content_type="text/html"
            ),
        )
        self.page.goto(f"{address}/empty.html")
        self.page.evaluate(START)

    def seconds(self):
        """Return the processor time of all pages so far."""
        processes = self.system.send("SystemInfo.getProcessInfo")["processInfo"]
        return sum(p["cpuTime"] for p in processes if p["type"] == "renderer")

    def run(self, number, source):
        """Run a cell; return the worker's messages and the seconds it took."""
        before = self.seconds()
        messages = self.page.evaluate(
            "([id, source, patience]) => run(id, source, patience)",
            [number, source, PATIENCE],
        )
        return messages, self.seconds() - before

    def close(self):
        """Close the page, and with it its Python."""
        self.page.close()


def received(messages):
    """Return a cell's outputs as a notebook would hold them, from the messages."""
    outputs, waits = [], False
    for message in messages:
        kind = message["type"]
        if kind == "clear" and message.get("wait"):
            waits = True
            continue
        if kind == "clear" or (waits and kind in ("stream", "data", "error")):
            outputs.clear()
            waits = False
        if kind == "stream":
            outputs.append({"output_type": "stream", **message})
        elif kind == "data":
            outputs.append({"output_type": "display_data", "data": message["data"]})
        elif kind in ("error", "fatal"):
            outputs.append({"output_type": "error", "text": message["text"]})
    return outputs


def shown(outputs):
    """Return what a reader sees of outputs: pairs of its kind and its text.

    A figure is one however it was drawn. All texts of a cell on the same stream are
    one, as in the committed notebooks, whatever stands between them.
    """
    seen, streams = [], {}
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            name, text = output["name"], "".join(output["text"])
            at = streams.setdefault(name, len(seen))
            if at == len(seen):
                seen.append((name, ""))
            seen[at] = name, seen[at][1] + text
        elif kind == "error":
            seen.append(("error", output.get("text") or output["evalue"]))
        else:
            data = output["data"]
            if any(form.startswith("image/") for form in data):
                seen.append(("figure", ""))
            else:
                form = "text/html" if "text/html" in data else "text/plain"
                seen.append((form, "".join(data[form]).rstrip("\n")))
    return seen


def code_cells(path):
    """Return of each cell of code its source and outputs, and if these are exact."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
    loose = ["nbval-ignore-output" in c["metadata"].get("tags", []) for c in code]
    return [
        ("".join(cell["source"]), shown(cell["outputs"]), not varies)
        for cell, varies in zip(code, loose, strict=True)
    ]


def same(wanted, got, exact):
    """Say whether two lists of outputs are equal or, if not exact, of equal kinds."""
    if exact:
        return wanted == got
    return [kind for kind, _ in wanted] == [kind for kind, _ in got]


def described(wanted, got):
    """Say where two lists of outputs differ first, in a few lines."""
    for old, new in zip(wanted, got, strict=False):
        if old != new:
            break
    else:
        n = min(len(wanted), len(got))
        old = wanted[n] if n < len(wanted) else ("nothing", "")
        new = got[n] if n < len(got) else ("nothing", "")
    if old[0] != new[0]:
        return f"expected {old[0]}, got {new[0]}: {new[1][-1500:]}"
    lines = zip(old[1].split("\n"), new[1].split("\n"), strict=False)
    for before, after in lines:
        if before != after:
            at = next(
                (
                    i
                    for i, (a, b) in enumerate(zip(before, after, strict=False))
                    if a != b
                ),
                min(len(before), len(after)),
            )
            at = max(0, at - 60)
            cut = slice(at, at + 140)
            return f"expected {old[0]} {before[cut]!r}\n         got {after[cut]!r}"
    return f"expected {len(old[1])} characters of {old[0]}, got {len(new[1])}"


def run(path, browser, address, allowed):
    """Run one notebook; return its problems, its cells' seconds, and those at first."""
    page = Page(browser, address)
    problems, times, began = [], [], time.perf_counter()
    try:
        for number, (source, wanted, exact) in enumerate(code_cells(path), 1):
            messages, seconds = page.run(number, source)
            if number == 1:
                first, start = time.perf_counter() - began, page.seconds()
            times.append(
                next((m["seconds"] for m in messages if m["type"] == "done"), 0)
            )
            times[-1] = min(times[-1], seconds)  # the machine may have been busy
            got = shown(received(messages))
            name = f"{path.stem}:{number}"
            reason = allowed.pop(name, None)
            if [kind for kind, _ in got if kind == "error"] and reason is None:
                problems.append(f"{name} failed: {got[-1][1][-3000:]}")
            elif not same(wanted, got, exact) and reason is None:
                problems.append(f"{name}: {described(wanted, got)}")
            elif same(wanted, got, exact) and reason is not None:
                problems.append(f"{name} no longer differs: take it off the list")
            if times[-1] >= TOLD:
                print(f"  {name} {times[-1]:.1f} s", file=sys.stderr, flush=True)
            if times[-1] > CELL:
                problems.append(f"{name} took {times[-1]:.0f} s, over {CELL} s")
            if any(message["type"] == "fatal" for message in messages):
                break
    finally:
        page.close()
    if sum(times) > CHAPTER:
        problems.append(f"{path.stem} took {sum(times):.0f} s, over {CHAPTER} s")
    return problems, times, (first, start)


def main():
    """Run what the command line names; fail if anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*")
    parser.add_argument("--site", type=Path, default=HTML)
    parser.add_argument("--times", action="store_true")
    given = parser.parse_args()
    if not (given.site / "_static" / "live" / "worker.js").is_file():
        sys.exit(f"{given.site} has no Python: run `make live` first.")
    try:
        paths = [path for name in given.notebooks or [""] for path in find(name)]
    except ValueError as error:
        sys.exit(str(error))
    listed = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))["difference"]
    known = json.loads(TIMES.read_text()) if TIMES.is_file() else {}
    bad = 0
    with served(given.site) as address, chromium() as browser:
        for path in dict.fromkeys(paths):
            if path.stem.startswith("lab-"):
                print(f"{path.stem}: left out, its data are not part of the site")
                continue
            allowed = {
                cell: entry["why"]
                for entry in listed
                for cell in entry["cells"]
                if cell.startswith(f"{path.stem}:")
            }
            problems, times, (first, start) = run(path, browser, address, allowed)
            problems += [f"{cell}: there is no such cell" for cell in allowed]
            slowest = max(times)
            print(
                f"{path.stem}: {len(times)} cells, {sum(times):.0f} s, the slowest "
                f"({times.index(slowest) + 1}) {slowest:.1f} s; first output after "
                f"{first:.0f} s, {start:.0f} s of the processor; "
                f"{len(problems) or 'no'} problems",
                flush=True,
            )
            for problem in problems:
                print(f"    {problem}", flush=True)
            bad += len(problems)
            slow = {str(i): round(s, 1) for i, s in enumerate(times, 1) if s >= TOLD}
            known[path.stem] = slow
    if given.times:
        TIMES.parent.mkdir(parents=True, exist_ok=True)
        TIMES.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
