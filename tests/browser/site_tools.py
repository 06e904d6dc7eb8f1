"""What the tests in a browser share: where the site is, its pages, what axe says."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
LAPTOP, PHONE = 1280, 390
AXE = Axe().axe_script
# For Python in a page: a busy machine is no failure; less than a whole test may take.
PATIENCE = 240_000  # milliseconds


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files without a log line for each."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served(folder, handler=QuietHandler):
    """Serve a folder; the value is its address, without a final slash."""
    handler = partial(handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def watch(page):
    """Record on ``page.problems`` what no page of the book may do."""
    page.problems, page.n_requests, page.pending = [], 0, set()
    ours = ("http://127.0.0.1:", "data:", "blob:", "about:")

    def on_request(request):
        page.n_requests += 1
        page.pending.add(request)
        if not request.url.startswith(ours):
            page.problems.append(f"foreign request: {request.url}")

    def on_response(response):
        if response.status >= 400:
            page.problems.append(f"{response.status}: {response.url}")

    def on_console(message):
        if message.type == "error":
            page.problems.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("requestfinished", lambda request: page.pending.discard(request))
    page.on("requestfailed", lambda request: page.pending.discard(request))
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: page.problems.append(f"uncaught: {error}"))
    return page


def at_rest(page):
    """Wait until a page loads nothing more; its "networkidle" does not always come."""
    page.wait_for_load_state()
    before = None
    while page.pending or page.n_requests != before:
        before = page.n_requests
        page.wait_for_timeout(500)


def new_page(browser, width=LAPTOP, **options):
    """Open a watched page in a new context."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    context.set_default_timeout(60_000)  # a busy machine is no failure
    return watch(context.new_page())


# The system's clipboard belongs to all browsers, and may never answer: what would be
# written to it is kept on the page.
KEEP_COPIED = (
    "Clipboard.prototype.writeText = async (text) => { globalThis.copied = text; };"
)


def offences(page, only=None, without=()):
    """Return what axe finds serious or critical on a page, one line each."""
    options = {"resultTypes": ["violations"], "preload": False}
    options |= {"runOnly": only} if only else {}
    options |= {"rules": {rule: {"enabled": False} for rule in without}}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{v['id']}: {node['html'][:120]} {node['failureSummary'][:300]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


# The words in some elements whose contrast with what is behind is under 4.5.
PALE = """elements => {
    const parse = (c) => [...c.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
    const over = ([r, g, b, a], back) =>
        [r, g, b].map((v, i) => a * v + (1 - a) * back[i]).concat(1);
    const behind = (e) => e ? over(
        parse(getComputedStyle(e).backgroundColor), behind(e.parentElement)
    ) : [255, 255, 255, 1];
    const light = (c) => c.slice(0, 3).map((v) => v / 255).map(
        (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    ).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const pale = [];
    for (const element of elements) {
        const words = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (words.nextNode()) {
            const parent = words.currentNode.parentElement;
            const back = behind(parent);
            const front = over(parse(getComputedStyle(parent).color), back);
            const [low, high] = [light(front), light(back)].sort((a, b) => a - b);
            const text = words.currentNode.data.trim();
            if (text && (high + 0.05) / (low + 0.05) < 4.5) pale.push(text);
        }
    }
    return pale;
}"""


def pale(elements):
    """Return words that are hard to read, also where axe finds nothing to measure."""
    return elements.evaluate_all(PALE)
