"""What Python lacks in a page of a browser, put in place when it runs there.

Pyodide is CPython compiled to WebAssembly: one process, one thread, 32 bits. It has no
alarm, starts no threads and counts no processor time; NumPy has no BLAS for products of
matrices, and its whole numbers are int32. ``import dlscratch`` calls `install` there,
and nowhere else.
"""

import ast
import builtins
import concurrent.futures
import functools
import logging
import signal
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.machinery import PathFinder, SourceFileLoader

import numpy as np
from tqdm import tqdm

# While Python runs, Pyodide looks again and again into an "interrupt buffer" for the
# number of a signal. It need not be shared memory: an object whose item 0 looks at the
# clock is an alarm. It goes off before it says so, since a handler may set it anew.
_ALARM = """(() => {
  let at = Infinity, every = Infinity;
  return {
    get 0() {
      const now = performance.now();
      if (now < at) return 0;
      at = now + every;
      return 14;
    },
    set 0(value) {},
    set(first, again) {
      const now = performance.now();
      const before = [at - now, every].map((ms) => ms === Infinity ? 0 : ms / 1000);
      at = first ? now + 1000 * first : Infinity;
      every = again ? 1000 * again : Infinity;
      return before;
    },
  };
})()"""

_bincount, _matmul = np.bincount, np.matmul


def install():
    """Put all replacements in place; for Pyodide alone."""
    import pyodide_js
    from pyodide.code import run_js

    if not hasattr(signal, "setitimer"):
        alarm = run_js(_ALARM)
        pyodide_js.setInterruptBuffer(alarm)
        signal.ITIMER_REAL = 0
        signal.setitimer = functools.partial(_set_timer, alarm)
    ThreadPoolExecutor.submit = _submit
    concurrent.futures.ProcessPoolExecutor = ProcessPoolExecutor
    np.bincount, np.matmul = bincount, matmul
    builtins.__product__ = product
    sys.meta_path.insert(0, Finder)
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    if shell:
        shell.ast_transformers.append(Products())
    # The processor's time always reads 0. The page has a processor of its own.
    time.process_time, time.process_time_ns = time.perf_counter, time.perf_counter_ns
    tqdm.monitor_interval = 0  # a thread, which would warn that it cannot start
    # "Matplotlib is building the font cache" is news in no page.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def _set_timer(alarm, which, seconds, interval=0.0):
    """Do what `signal.setitimer` does; return what it was set to before."""
    return tuple(alarm.set(seconds, interval))


def _submit(self, function, /, *args, **kwargs):
    """Run a task at once, since there is one thread; return its future."""
    if self._shutdown:
        raise RuntimeError("cannot schedule new futures after shutdown")
    future = Future()
    future.set_running_or_notify_cancel()
    try:
        future.set_result(function(*args, **kwargs))
    except Exception as error:
        future.set_exception(error)
    return future


class ProcessPoolExecutor(concurrent.futures.Executor):
    """Says that there are no other processes."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(
            "ProcessPoolExecutor: a page in a browser has one process, and got a pool "
            "of them to start; leave the executor out, or run this on your computer"
        )


@functools.wraps(_bincount)
def bincount(x, /, weights=None, minlength=0):
    """Count int64 too: where a place's number has 32 bits, NumPy refuses them.

    Examples
    --------
    >>> print(bincount(np.array([0, 2, 2], dtype=np.int64), minlength=4))
    [1 0 2 0]
    """
    x = np.asarray(x)
    if x.dtype == np.int64 and x.size and abs(x).max() < 2**31:
        x = x.astype(np.intp)
    return _bincount(x, weights, minlength)


@functools.wraps(_matmul)
def matmul(a, b, /, out=None, **options):
    """Multiply by einsum where that is faster: large matrices, without BLAS.

    NumPy's own loop goes down the columns of b, which suits no processor's cache.
    Where sums are long, einsum adds up along rows of a and of b transposed; else it
    goes along the rows of b. That is two to four times as fast.

    Examples
    --------
    >>> a = np.arange(10_000.0).reshape(100, 100)
    >>> np.allclose(matmul(a, a), a @ a)
    True
    """
    kinds = [getattr(one, "dtype", None) for one in (a, b)]
    if (
        options
        or kinds[0] != kinds[1]
        or kinds[0] not in (np.float32, np.float64)
        or a.ndim != 2
        or b.ndim != 2
        or a.shape[1] != len(b)
        or a.size * b.shape[1] < 2**14
    ):
        return _matmul(a, b, out=out, **options)
    if len(b) < b.shape[1]:
        return np.einsum("ij,jk->ik", a, b, out=out)
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b.T)
    return np.einsum("ij,kj->ik", a, b, out=out)


def product(a, b):
    """Return a @ b, of two arrays by `matmul`."""
    return matmul(a, b) if type(a) is type(b) is np.ndarray else a @ b


class Products(ast.NodeTransformer):
    """Writes ``a @ b`` as a call of `product`: what @ does to arrays is fixed.

    Examples
    --------
    >>> print(ast.unparse(Products().visit(ast.parse("y = x @ W + b"))))
    y = __product__(x, W) + b
    """

    def visit_BinOp(self, node):
        """Replace a product of matrices, and those in its parts."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        name = ast.copy_location(ast.Name("__product__", ast.Load()), node)
        return ast.copy_location(ast.Call(name, [node.left, node.right], []), node)


class Loader(SourceFileLoader):
    """Loads a module of this package with `Products`."""

    def source_to_code(self, data, path, *, _optimize=-1):
        """Return the compiled module."""
        tree = Products().visit(ast.parse(data, path))
        return compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)


class Finder:
    """Finds the modules of this package, for `Loader`."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Find a module as Python does; None where another finder is to look."""
        if not name.startswith("dlscratch."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def fetch(path):
    """Return a file that lies beside Pyodide's folder on the book's own server.

    Parameters
    ----------
    path : str
        From the folder that holds Pyodide's, such as "weights/simple-cnn.npz".

    Returns
    -------
    bytes or None
        None if there is no such file.

    Raises
    ------
    OSError
        If the server does not answer, or with something else.
    """
    import js
    import pyodide_js

    url = f"{pyodide_js._api.config.indexURL}../{path}"
    request = js.XMLHttpRequest.new()
    request.open("GET", url, False)  # waits, as reading a file does
    request.responseType = "arraybuffer"
    try:
        request.send()
    except Exception:
        raise OSError(
            f"{path}: the book's server does not answer; see that it still runs, then "
            "try again"
        ) from None
    if request.status == 404:
        return None
    if request.status != 200:
        raise OSError(
            f"{path}: expected the file from the book's server, got the answer "
            f"{request.status}; try again later"
        )
    return request.response.to_bytes()
