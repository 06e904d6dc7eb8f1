"""What replaces, in a page of a browser, what Python lacks there."""

import ast
import builtins
import concurrent.futures
import io
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import dlscratch
from dlscratch import _browser, downloads, networks
from dlscratch.autograd import Tensor
from dlscratch.search import grid_search


@pytest.fixture
def in_a_page(monkeypatch):
    """Say that Python runs in a browser."""
    monkeypatch.setattr(sys, "platform", "emscripten")


def test_nothing_is_replaced_on_a_computer():
    assert np.bincount is _browser._bincount
    assert np.matmul is _browser._matmul
    assert concurrent.futures.ProcessPoolExecutor is not _browser.ProcessPoolExecutor


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_bincount_counts_as_numpy_does(dtype):
    x = np.array([1, 0, 3, 3], dtype)
    np.testing.assert_array_equal(_browser.bincount(x), np.bincount(x))
    weighted = _browser.bincount(x, weights=[1.0, 2, 3, 4], minlength=6)
    np.testing.assert_array_equal(weighted, [2, 1, 0, 7, 0, 0])
    assert len(_browser.bincount(np.array([], dtype), minlength=2)) == 2


def test_bincount_refuses_what_numpy_refuses():
    for wrong in ([-1], [0.5], [[0]], np.array([2**40])):
        with pytest.raises((ValueError, TypeError, MemoryError)):
            _browser.bincount(wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 30, 50), (3, 4, 5), (200, 300, 1)])
def test_matmul_is_the_product(dtype, shape):
    rng = np.random.default_rng(0)
    m, k, n = shape
    a, b = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    a, b, out = a.astype(dtype), b.astype(dtype), np.empty((m, n), dtype)
    assert _browser.matmul(a, b, out=out) is out
    turned = np.asfortranarray(a), b.T.copy().T
    for y in (out, _browser.matmul(a, b), _browser.matmul(*turned)):
        assert y.dtype == dtype
        np.testing.assert_allclose(y, a @ b, rtol=1e-4, atol=1e-4)


def test_matmul_leaves_the_rest_to_numpy():
    large, vector = np.ones((200, 200)), np.ones(200)
    whole, several = large.astype(int), np.ones((2, 200, 200))
    for a, b in [(large, vector), (whole, whole), (several, large)]:
        y = _browser.matmul(a, b)
        np.testing.assert_array_equal(y, a @ b)
        assert y.dtype == (a @ b).dtype
    assert _browser.matmul(large, large.astype(np.float32)).dtype == np.float64
    assert _browser.matmul([[1, 2]], [[3], [4]]) == [[11]]
    for wrong in (large[:1], large[:50]):
        with pytest.raises(ValueError, match=r"mismatch|different"):
            _browser.matmul(large, wrong)
    with pytest.raises(ValueError, match=r"out|operand|output"):
        _browser.matmul(large, large, out=np.empty((3, 3)))


def test_the_package_and_the_cells_multiply_by_matmul(monkeypatch, tmp_path):
    """A product is found wherever it stands, and its value stays the same."""
    used = []

    def count(a, b):
        used.append(a.shape)
        return _browser.product(a, b)

    monkeypatch.setattr(builtins, "__product__", count, raising=False)
    source = "def f(a, b):\n    return -(a @ b) @ b, [a @ b for _ in range(2)]\n"
    module = tmp_path / "part.py"
    module.write_text(source)
    loader = _browser.Loader("part", str(module))
    names = {}
    exec(loader.get_code("part"), names)
    a = np.random.default_rng(0).standard_normal((40, 40))
    first, others = names["f"](a, a)
    assert len(used) == 4
    np.testing.assert_allclose(first, -(a @ a) @ a)
    for other in others:
        np.testing.assert_allclose(other, a @ a)


def test_an_error_names_the_line_of_the_product():
    tree = _browser.Products().visit(ast.parse("x = 1\ny = x + (x @ x)\n"))
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert (call.lineno, call.col_offset, call.end_col_offset) == (2, 9, 14)
    compile(tree, "here", "exec")


def test_a_product_of_other_things_is_theirs():
    tensor = Tensor(np.ones((200, 200)))
    assert isinstance(_browser.product(tensor, tensor), Tensor)
    assert _browser.product(np.ones(3), np.ones(3)) == 3
    with pytest.raises(TypeError, match="unsupported operand"):
        _browser.product(1, 2)


def test_only_modules_of_the_package_are_found():
    spec = _browser.Finder.find_spec("dlscratch.layers", dlscratch.__path__)
    assert isinstance(spec.loader, _browser.Loader)
    assert _browser.Finder.find_spec("json") is None
    assert _browser.Finder.find_spec("dlscratch.nothing", dlscratch.__path__) is None


def test_threads_run_at_once(monkeypatch):
    monkeypatch.setattr(ThreadPoolExecutor, "submit", _browser._submit)
    order = []
    with ThreadPoolExecutor(2) as pool:
        future = pool.submit(order.append, 1)
        assert order == [1]
        assert future.done()
        assert list(pool.map(abs, [-1, -2])) == [1, 2]
        with pytest.raises(ZeroDivisionError):
            pool.submit(lambda: 1 / 0).result()
        trials = grid_search(
            lambda rng, x: x, {"x": [1, 2]}, rng=np.random.default_rng(0), executor=pool
        )
        assert [trial.value for trial in trials] == [1, 2]
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(abs, 1)


def test_a_process_pool_says_that_there_is_none():
    with pytest.raises(NotImplementedError, match=r"one process.*leave the executor"):
        _browser.ProcessPoolExecutor(4)


def test_a_page_asks_no_other_server_for_data(in_a_page, monkeypatch):
    monkeypatch.delenv("DLSCRATCH_DATA", raising=False)
    monkeypatch.setattr(downloads, "_download", None)
    with pytest.raises(FileNotFoundError, match=r"mnist: train.* on your computer"):
        downloads.fetch("mnist")
    with pytest.raises(FileNotFoundError, match=r"text: names\.txt"):
        downloads.fetch_text("names.txt")


def test_pooch_is_not_needed_to_import_the_library():
    code = "import sys, dlscratch.datasets; print('pooch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


class Request:
    """A server's answer, as the page's XMLHttpRequest gives it."""

    status, body, asked = 200, b"", ()

    def open(self, method, url, waits):
        """Note what is asked for."""
        Request.asked = method, url, waits

    def send(self):
        """Fail as a browser does when there is no server."""
        if self.status is None:
            raise RuntimeError("NetworkError")

    @property
    def response(self):
        """Return the body, as an object with the method of Pyodide's buffers."""
        return types.SimpleNamespace(to_bytes=lambda: self.body)


@pytest.fixture
def server(in_a_page, monkeypatch):
    """Pretend that the book's server answers in some way."""
    js = types.SimpleNamespace(XMLHttpRequest=types.SimpleNamespace(new=Request))
    config = types.SimpleNamespace(indexURL="http://book/_static/live/pyodide/")
    pyodide = types.SimpleNamespace(_api=types.SimpleNamespace(config=config))
    monkeypatch.setitem(sys.modules, "js", js)
    monkeypatch.setitem(sys.modules, "pyodide_js", pyodide)

    def answer(status, body=b""):
        monkeypatch.setattr(Request, "status", status)
        monkeypatch.setattr(Request, "body", body)

    return answer


@pytest.fixture
def without(monkeypatch, tmp_path):
    """Leave the package without any network."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(networks.resources, "files", lambda package: tmp_path)


def packed(changed=False):
    """Return a small network's file, as it is or with a number changed."""
    path = Path(networks.__file__).parent / "weights" / "digits-mlp.npz"
    with np.load(path) as file:
        arrays = dict(file)
    name = next(name for name in arrays if name != "head")
    arrays[name].flat[0] += changed
    raw = io.BytesIO()
    np.savez_compressed(raw, **arrays)
    return raw.getvalue()


def test_a_large_network_is_fetched_from_the_books_server(server, without):
    server(200, packed())
    model = networks.pretrained("digits-mlp")
    url = "http://book/_static/live/pyodide/../weights/digits-mlp.npz"
    assert Request.asked == ("GET", url, False)
    assert model.record["name"] == "digits-mlp"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, packed(changed=True), ValueError, "SHA-256.*received.*load the page"),
        (200, b"<html>", ValueError, "not a whole file"),
        (404, b"", ValueError, "expected one of .*got 'digits-mlp'"),
        (500, b"", OSError, "digits-mlp.npz: expected the file.*500; try again"),
        (None, b"", OSError, "does not answer"),
    ],
)
def test_what_cannot_be_fetched_is_told(server, without, status, body, error, words):
    server(status, body)
    with pytest.raises(error, match=words):
        networks.pretrained("digits-mlp")
