"""Run a page's cells as IPython does, and hand each output to the page as it comes.

The page's worker starts this file in Pyodide, and calls `run` and `needs`.
"""

import json
import os
import sys
import traceback

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

import js
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from needs import needs  # noqa: F401  (the worker takes it from here)
from traitlets.config import Config

try:
    from dark import darken  # the site's own, so that new figures look like old ones
except ImportError:
    darken = None

SVG = "image/svg+xml"
MOST = 50_000  # characters of a cell that are shown
MOST_FRAMES = 12


def send(**message):
    """Hand a message to the page."""
    js.send(json.dumps(message, default=str))


def send_data(data, metadata=None):
    """Hand an output to the page, a figure also in the colours of a dark one."""
    metadata = dict(metadata or {})
    if SVG in data and darken:
        metadata["dark"] = darken(data[SVG])
    send(type="data", data=data, metadata=metadata)


class Hook(DisplayHook):
    """Sends the value of a cell's last line."""

    def start_displayhook(self):
        """Print nothing."""

    def write_output_prompt(self):
        """Print nothing."""

    def write_format_data(self, format_dict, md_dict=None):
        """Send the value."""
        send_data(format_dict, md_dict)

    def finish_displayhook(self):
        """Print nothing."""


class Publisher(DisplayPublisher):
    """Sends what a cell displays."""

    def publish(self, data, metadata=None, source=None, **rest):
        """Send it."""
        send_data(data, metadata)

    def clear_output(self, wait=False):
        """Have the page clear the cell's output."""
        send(type="clear", wait=wait)


class Stream:
    """Sends what a cell prints, line by line, and no more than a page can show."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, name):
        self.name, self.held, self.room = name, "", MOST

    def start(self):
        """Make room for a new cell's lines."""
        self.held, self.room = "", MOST

    def write(self, text):
        """Hold a text until its line ends."""
        self.held += text
        if "\n" in text or "\r" in text or len(self.held) > 1000:
            self.flush()
        return len(text)

    def writelines(self, lines):
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self):
        """Send what is held."""
        text, self.held = self.held, ""
        if not text or self.room <= 0:
            return
        self.room -= 1 if "\r" in text else len(text)  # a bar takes its own place
        send(type="stream", name=self.name, text=text)
        if self.room <= 0:
            more = "\n… What comes after this is not shown: it is too long.\n"
            send(type="stream", name=self.name, text=more)

    def isatty(self):
        """Tell that this is no terminal."""
        return False

    def writable(self):
        """Tell that this can be written to."""
        return True


class Compiler(CachingCompiler):
    """Names the code of each cell after it."""

    cell, runs = 0, 0

    def get_code_name(self, raw_code, transformed_code, number):
        """Return a name that tracebacks show, and that is new each time."""
        self.runs += 1
        return f"<cell {self.cell}, run {self.runs}>"


class Shell(InteractiveShell):
    """IPython, with the page in the place of a terminal."""

    displayhook_class, display_pub_class = Hook, Publisher
    compiler_class = Compiler

    def init_sys_modules(self):
        """Leave ``__main__`` alone."""

    def enable_gui(self, gui=None):
        """Have no other windows."""

    def showtraceback(self, exc_tuple=None, *args, **options):
        """Send an error to the page."""
        flush()
        send_error(*(exc_tuple or sys.exc_info()))

    showsyntaxerror = showindentationerror = lambda self, *args, **options: (
        self.showtraceback()
    )


def flush():
    """Send what streams hold."""
    sys.stdout.flush()
    sys.stderr.flush()


def place(frame):
    """Return where a frame is: the number of a cell, or a file of the library."""
    name = frame.filename
    if name.startswith("<cell "):
        return {"cell": int(name.split()[1].rstrip(","))}
    return {"file": name.split("site-packages/")[-1]}


def send_error(kind, error, tb):
    """Send an error: its last line, and the lines that led to it, the reader's first.

    Between the page and the reader's code are lines of IPython, which nobody needs, nor
    those that stand in for NumPy's product.
    """
    told = traceback.TracebackException(kind, error, tb)
    frames = [f for f in told.stack if not f.filename.endswith("/_browser.py")]
    ours = [i for i, f in enumerate(frames) if f.filename.startswith("<cell ")]
    frames = frames[ours[0] :] if ours else []
    last = f"{kind.__name__}: {error}" if str(error) else kind.__name__
    steps = [
        {**place(f), "line": f.lineno, "name": f.name, "code": f.line} for f in frames
    ]
    if issubclass(kind, SyntaxError) and error.filename and not ours:
        last = f"{kind.__name__}: {error.msg}"
        code, offset = error.text or "", (error.offset or 1) - 1
        mark = len(code[:offset].lstrip()) * " " + "^"
        code = f"{code.strip()}\n{mark}"
        at = {"line": error.lineno, "name": "<module>", "code": code}
        steps.append({**place(error), **at})
    if len(steps) > MOST_FRAMES:
        half = MOST_FRAMES // 2
        steps = [*steps[:half], {"left_out": len(steps) - 2 * half}, *steps[-half:]]
    text = "".join(told.format())
    send(type="error", name=kind.__name__, text=text, last=last, steps=steps)


config = Config()
config.HistoryManager.enabled = False  # a file, and a thread that writes it
config.InteractiveShell.colors = "NoColor"
shell = Shell.instance(config=config)
shell.run_cell("%matplotlib inline", silent=True)
sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")


def run(cell, source):
    """Run a cell; return whether it came to its end without an error."""
    shell.compile.cell = cell
    sys.stdout.start()
    sys.stderr.start()
    result = shell.run_cell(source, store_history=True)
    flush()
    return result.success
