"""Make or refresh the virtual environment that every `make` target runs in.

Needs nothing but a Python of version 3.11 or newer. With `--check` it only
says, by its exit status, whether the environment is up to date; with `--writable`,
whether this folder can be written to.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"  # what is installed, written last
UNDER_WAY = VENV / ".installing"  # there while an install runs, or after it broke
LOCKED = ROOT / "requirements.txt"
OLDEST = (3, 11)
READ_ONLY = (
    f"The folder {ROOT} cannot be written to, but the environment and the site are "
    "made in it. Copy it to a place where you may write, and run make there."
)


def wanted():
    """Return a hash of all that the environment depends on."""
    parts = [LOCKED.read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    parts.append(str(ROOT).encode())  # scripts in it hold the folder's path
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def works(*command):
    """Return whether a command can be run and succeeds."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def up_to_date():
    """Return whether the environment is whole and made from today's files."""
    try:
        return STAMP.read_text() == wanted() and not UNDER_WAY.exists()
    except OSError:
        return False


def usable():
    """Return whether there is a sound environment to install into."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    return works(PYTHON, "-c", test) and not UNDER_WAY.exists()


def install_with_uv():
    """Fill the environment with uv; return whether that worked."""
    if not works("uv", "--version"):
        return False
    if not usable():
        make = ["uv", "venv", "-q", "--clear", "--python", sys.executable, VENV]
        if subprocess.run(make).returncode:
            return False
    UNDER_WAY.touch()
    env = {"UV_LINK_MODE": "copy", **os.environ}
    pip = ["uv", "pip", "install", "-q", "--compile-bytecode", "--python", PYTHON]
    steps = [["-r", LOCKED], ["--no-deps", "--no-build-isolation", "-e", ROOT]]
    return all(subprocess.run([*pip, *s], env=env).returncode == 0 for s in steps)


def install_with_pip():
    """Fill the environment with the standard library's venv and with pip."""
    if not (usable() and works(PYTHON, "-m", "pip", "--version")):
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run([sys.executable, "-m", "venv", VENV]).returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit(
                f"{sys.executable} cannot make a virtual environment.\n"
                "On Debian and Ubuntu, install the package python3-venv and try again."
            )
    UNDER_WAY.touch()
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for step in (["-r", LOCKED], ["--no-deps", "--no-build-isolation", "-e", ROOT]):
        if subprocess.run([*pip, *step]).returncode:
            sys.exit("The packages could not be installed; the lines above say why.")


def main():
    """Bring the environment up to date, once, however many ask at a time."""
    if sys.argv[1:] == ["--check"]:
        sys.exit(not up_to_date())
    if sys.version_info < OLDEST:
        sys.exit("This book needs Python 3.11 or newer.")
    if not (os.access(ROOT, os.W_OK) and os.access(LOCKED, os.W_OK)):
        sys.exit(READ_ONLY)
    if sys.argv[1:] == ["--writable"]:
        return
    with open(LOCKED, "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back even when we are killed
        if up_to_date() and usable():
            return
        print("Preparing the environment in .venv (minutes, the first time) …")
        sys.stdout.flush()
        before = wanted()
        if not install_with_uv():
            install_with_pip()
        STAMP.write_text(before)
        UNDER_WAY.unlink()


if __name__ == "__main__":
    main()
