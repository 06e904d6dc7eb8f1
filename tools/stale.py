"""Say whether the site is older than what it is made from.

    python tools/stale.py

Print the first file that changed since the site was built. The exit status is 1 if
there is one, and 0 if the site is up to date.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = Path("_build", "html", ".built")  # its time is when the build began
FILES = ("_config.yml", "_toc.yml", "pyproject.toml")
FOLDERS = ("book", "notebooks", "dlscratch")


def sources(root):
    """Yield all files that the site is made from, but no hidden and compiled ones."""
    yield from (root / name for name in FILES)
    for source in FOLDERS:
        for folder, folders, files in os.walk(root / source):
            folders[:] = [f for f in folders if f[0] != "." and f != "__pycache__"]
            yield from (Path(folder, name) for name in files if name[0] != ".")


def changed(root=ROOT):
    """Return the first file that is newer than the site, or None.

    Without a site, every file is.
    """
    stamp = root / STAMP
    built = stamp.stat().st_mtime if stamp.exists() else 0
    newer = (path for path in sources(root) if path.stat().st_mtime > built)
    return next(newer, None)


if __name__ == "__main__":
    if path := changed():
        sys.exit(print(path.relative_to(ROOT)) or 1)
