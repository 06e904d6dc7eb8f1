"""What the tests in a browser share: where the site is, how wide, and what axe says."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
LAPTOP, PHONE = 1280, 390
AXE = Axe().axe_script


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
