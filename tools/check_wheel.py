"""Build the package, install it where the checkout is out of sight, and use it."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

USE = """
import dlscratch
from dlscratch import datasets, explorables, models

assert "site-packages" in dlscratch.__file__, dlscratch.__file__
data = datasets.load_digits()
assert data.x_train.shape == (1437, 64) and data.x_test.shape == (360, 64)
model = models.pretrained("digits-mlp")
accuracy = model.accuracy(data.x_test, data.t_test)
assert accuracy > 0.85, accuracy
assert "<script" in explorables.perceptron_line()._repr_html_()
assert "<script" in explorables.draw_digit(models.pretrained("draw-mlp"))._repr_html_()
print(f"installed from the wheel: digits-mlp reads {accuracy:.1%} of the test digits")
"""


def data_files():
    """Return the files of the package that are not Python, as the wheel names them.

    Without the settings and the cache of the formatter.
    """
    paths = (path.relative_to(ROOT) for path in (ROOT / "dlscratch").rglob("*.*"))
    return {
        path.as_posix()
        for path in paths
        if path.suffix not in (".py", ".pyc")
        and path.name != "ruff.toml"
        and not any(part.startswith(".") for part in path.parts)
    }


def main():
    """Fail unless the wheel holds everything and works on its own."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        build = [sys.executable, "-m", "build", "--outdir", scratch, ROOT]
        done = subprocess.run(build, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        (wheel,) = scratch.glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
        missing = data_files() - set(names)
        for licence in ("LICENSE", "LICENSE-TEXT"):
            if not any(name.endswith(f"licenses/{licence}") for name in names):
                missing.add(licence)
        if missing:
            sys.exit(f"{wheel.name} lacks {', '.join(sorted(missing))}")
        venv.create(scratch / "venv", with_pip=True)
        python = scratch / "venv" / "bin" / "python"
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        pins = ["-c", ROOT / "requirements.txt"]
        subprocess.run([*pip, *pins, wheel], check=True)
        subprocess.run([python, "-c", USE], cwd=scratch, check=True)
        print(
            f"{wheel.name}: {wheel.stat().st_size / 1024:.0f} KiB, {len(names)} files"
        )


if __name__ == "__main__":
    main()
