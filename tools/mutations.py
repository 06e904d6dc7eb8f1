"""Change the library in small ways at random, and see whether its tests notice.

    python tools/mutations.py [--sample 300] [--seed 1] [--matching TEXT] [MODULE ...]

Each mutation is one change of one place: another comparison, a number one off, a
dropped statement. The tests of its module run on it, the docstrings' examples included,
until the first that fails. A mutation that no test notices is printed. It is a test
that lacks, a line that is not needed, or a change that changes nothing: then it is
listed in EQUIVALENT. Texts, annotations and `strict=True` are left as they are, and so
is what an exception says.

The tests run in a copy of the package, so this works in any state of the working tree
and changes nothing in it. Needs `os.fork`: Linux or macOS.
"""

import argparse
import ast
import gc
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from copy import copy
from importlib import import_module
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dlscratch"
TESTS = {  # which tests/test_….py look at a module: its own first, then quick ones
    "attention": "attention nothing_silent",
    "base": "layers models gradients",
    "checks": "layers optimizers datasets training nothing_silent",
    "convolution": "convolution layers models nothing_silent",
    "datasets": "datasets nothing_silent",
    "downloads": "datasets",
    "environments": "environments",
    "files": "models training",
    "functions": "functions gradients nothing_silent",
    "generative": "generative nothing_silent",
    "gradients": "gradients nothing_silent",
    "graphs": "graphs",
    "initializers": "layers models nothing_silent",
    "layers": "layers gradients models convolution nothing_silent",
    "losses": "layers gradients functions models nothing_silent",
    "networks": "models attention nothing_silent",
    "optimizers": "optimizers nothing_silent",
    "own_data": "own_data",
    "parallel": "parallel nothing_silent",
    "pictures": "own_data",
    "plotting": "plotting",
    "search": "search search_on_dask",
    "sequential": "models layers training nothing_silent",
    "storage": "models layers",
    "training": "training parallel nothing_silent",
    "unsupervised": "unsupervised nothing_silent",
}
PRELOADED = (  # once, not for each mutation
    "numpy matplotlib.pyplot hypothesis.strategies pooch requests tqdm IPython "
    "matplotlib_inline.backend_inline http.server distributed pytest"
)
# What changes nothing: the module, a part of the mutation as it is printed, and why.
EQUIVALENT = (
    ("convolution", "if inside else (-1, 0)", "then both slices are empty"),
    ("convolution", "if inside else (1, 0)", "then both slices are empty"),
    ("convolution", "pair[0] → pair[1]", "where both are equal"),
    ("convolution", "unrolling_pays(F, KH, C, KW, sw)", "the other way is the same"),
    ("convolution", "KW > 1 → KW > 2", "the other way computes the same"),
    ("datasets", "np.load(io.BytesIO(raw))", "its SHA-256 was compared before"),
    ("datasets", "allow_pickle=True", "its SHA-256 was compared before"),
    ("datasets", "u + t → u - t", "a whole turn further"),
    ("datasets", "rng.random(n)) - rng.normal", "the noise is symmetric"),
    ("files", "→ np.load(path)", "NumPy's default"),
    ("graphs", "default=1)", "all depths are one more, and moved back"),
    ("graphs", "'zorder': 4}", "above all else, as before"),
    ("graphs", "color=colour, **looks)", "matplotlib's own width"),
    ("graphs", "TextPath((0, 0), word)", "the house style's size"),
    ("layers", "dtype=np.float32) > self.p", "once in 2**24 draws"),
    ("networks", "np.zeros((2, *input_shape))", "only the second axis is read"),
    ("networks", "input_shape=(1, 29, 28)", "pooling leaves an odd row out"),
    ("networks", "input_shape=(1, 28, 29)", "pooling leaves an odd column out"),
    ("plotting", "→ images.reshape(-2,", "NumPy takes any negative number so"),
    ("search", "dataclass(repr=False) →", "the class has its own __repr__"),
)
MEMORY = 8 << 30  # bytes that a mutation may ask for
PATIENCE = 5  # seconds that it may take longer than twice as long

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}
COPIES = {"copy", "deepcopy", "array", "ascontiguousarray"}
SMALL = (ast.Constant, ast.Name, ast.Slice, ast.keyword, ast.Tuple, ast.UnaryOp)


class Mutation(NamedTuple):
    """A change of one place: the node there, what replaces it, and where to put it."""

    module: str
    line: int
    shown: str  # function: old → new
    tree: ast.Module
    place: tuple  # the parent, the name of its field, the index in a list or None
    node: ast.AST
    new: ast.AST

    def put(self, node):
        """Put the old or the new node into the tree."""
        _put(*self.place, node)

    def is_listed_as(self, entry):
        """Return whether an entry of EQUIVALENT means this one."""
        module, part, _ = entry
        return self.module == module and part in self.shown

    def source(self):
        """Return the text of the changed module."""
        self.put(self.new)
        text = ast.unparse(self.tree)
        self.put(self.node)
        return text


def _put(parent, field, index, node):
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _with(node, **fields):
    """Return a copy of a node with other fields."""
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _without(items, i):
    return items[:i] + items[i + 1 :]


def variants(node):
    """Yield what may stand in a node's place."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(value=float(value)):
            yield ast.Constant(2 * value or 1.0)
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield _with(node, ops=[*ops[:i], other(), *ops[i + 1 :]])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in ARITHMETIC:
            yield _with(node, op=ARITHMETIC[type(op)]())
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for i in range(len(values)):
                rest = _without(values, i)
                yield _with(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Slice():
            for name in ("lower", "upper", "step"):
                if getattr(node, name):
                    yield _with(node, **{name: None})
        case ast.Call(func=func, args=args, keywords=keywords):
            for i, (a, b) in enumerate(pairwise(args)):
                if ast.unparse(func).endswith(("min", "max", "imum", "multiply")):
                    continue  # their order is no matter
                if not isinstance(a, ast.Starred) and not isinstance(b, ast.Starred):
                    yield _with(node, args=[*args[:i], b, a, *args[i + 2 :]])
            for i, keyword in enumerate(keywords):
                if keyword.arg not in (None, "strict"):
                    yield _with(node, keywords=_without(keywords, i))
            if isinstance(func, ast.Attribute) and func.attr in COPIES:
                yield args[0] if args else func.value
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Return(value=value) if value and ast.unparse(value) != "None":
            yield ast.Return()
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield ast.Pass()


def mutations(module, source):
    """Yield all mutations of a module's text."""
    tree = ast.parse(source)

    def visit(parent, around, function):
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns"):
                continue
            for i, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST):
                    continue
                place = parent, field, i if isinstance(value, list) else None
                shown = around if isinstance(node, SMALL) else node
                line = getattr(node, "lineno", getattr(shown, "lineno", None))
                for new in variants(node):
                    old_text = _text(shown)
                    _put(*place, new)
                    new_text = _text(new if shown is node else shown)
                    _put(*place, node)
                    if new_text == old_text:
                        continue  # as where f(a, a) has its arguments swapped
                    words = f"{function}: {_briefly(old_text, new_text)}"
                    yield Mutation(module, line, words, tree, place, node, new)
                strict = isinstance(node, ast.keyword) and node.arg == "strict"
                if not strict and not isinstance(node, ast.Raise):
                    name = getattr(node, "name", None)
                    inside = isinstance(node, ast.FunctionDef | ast.ClassDef)
                    name = f"{function}.{name}".lstrip(".") if inside else function
                    yield from visit(node, shown, name)

    yield from visit(tree, tree, "")


def _text(node):
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    return " ".join(ast.unparse(node).split())


def _briefly(old, new):
    """Show two long texts from shortly before to shortly after where they differ."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    parts = []
    for text in (old, new):
        stop = len(text) - end
        left = text[:start] if start < 40 else "…" + text[start - 35 : start]
        right = text[stop:] if end < 40 else text[stop : stop + 35] + "…"
        parts.append(left + text[start:stop] + right)
    return " → ".join(parts)


def _common(a, b):
    """Count the letters with which both texts begin."""
    pairs = zip(a, b, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


class NoShrinking:
    """A plugin: Hypothesis does not look for the shortest example that fails."""

    def pytest_sessionstart(self):
        """Change the settings when conftest.py has made its own."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("once", settings.default, phases=phases)
        settings.load_profile("once")


class Copy:
    """A copy of the package and its tests, in which one module at a time is changed."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.output = self.folder / "output.txt"
        for name in (PACKAGE, "tests", "tools"):
            if (ROOT / name).is_dir():
                unwanted = shutil.ignore_patterns("__pycache__", "browser")
                shutil.copytree(ROOT / name, self.folder / name, ignore=unwanted)
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        self.changes = 0
        # A changed download shall not write to the reader's own files.
        import pooch

        data = os.environ.get("DLSCRATCH_DATA") or pooch.os_cache(PACKAGE)
        if Path(data).is_dir():
            shutil.copytree(data, self.folder / "data")
            os.environ["DLSCRATCH_DATA"] = str(self.folder / "data")
        os.environ["XDG_CACHE_HOME"] = str(self.folder / "cache")
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.path.insert(0, str(self.folder))
        os.chdir(self.folder)

    def run(self, module, source, limit=120):
        """Run a module's tests on a text of it: "survived", "found" or "hung".

        The limit is in seconds of processor time, so that a busy machine is no hang.
        """
        self.changes += 1  # and so the time of the file: what is compiled is renewed
        path = self.folder / PACKAGE / f"{module}.py"
        original = path.read_bytes()
        for content in (source.encode(), original):
            path.write_bytes(content)
            os.utime(path, (self.changes, self.changes))
            if content is not original:
                verdict = self._run_tests(module, limit)
                self.changes += 1
        return verdict

    def _run_tests(self, module, limit):
        names = TESTS.get(module, module).split()
        paths = [f"{PACKAGE}/{module}.py", *(f"tests/test_{n}.py" for n in names)]
        child = os.fork()
        if child == 0:
            self._test(paths, limit)
        start, done = time.monotonic(), 0
        try:
            while not done and time.monotonic() - start < 5 * limit:
                time.sleep(0.02)
                done, status = os.waitpid(child, os.WNOHANG)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)  # and what it started
        if not done:
            os.waitpid(child, 0)
            return "hung"
        code = os.waitstatus_to_exitcode(status)
        return {0: "survived", -signal.SIGXCPU: "hung"}.get(code, "found")

    def _test(self, paths, limit):
        """Become the process that runs the tests."""
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (round(limit), round(limit) + 5))
        out = os.open(self.output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(out, stream)
        import pytest

        options = ["-x", "-q", "--doctest-modules", "--rootdir", ".", "-o", "addopts="]
        for name in ("cacheprovider", "nbval", "xdist", "anyio", "platformdirs"):
            options += ["-p", f"no:{name}"]
        options += ["--basetemp", "temporary", *paths]
        os._exit(pytest.main(options, plugins=[NoShrinking()]))

    def first_failure(self):
        """Name the test that failed in the last run."""
        for line in self.output.read_text("utf-8", errors="replace").splitlines():
            if line.startswith(("FAILED", "ERROR")):
                return line.split()[1]
        return "the import"


def _processor_time():
    """Return how long the finished runs of tests took, what they started included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def try_all(place, module, sample, verbose=False):
    """Run a module's tests on its mutations; print what survives, and count."""
    path = place.folder / PACKAGE / f"{module}.py"
    plain = ast.unparse(ast.parse(path.read_text("utf-8")))
    start = _processor_time()
    if place.run(module, plain) != "survived":
        sys.exit(
            f"{module}: its tests fail as it is\n{place.output.read_text('utf-8')}"
        )
    took = _processor_time() - start
    print(f"{module}: {len(sample)} mutations, tests of {took:.1f} s", flush=True)
    counts = Counter()
    for mutation in sample:
        if any(mutation.is_listed_as(entry) for entry in EQUIVALENT):
            counts["equivalent"] += 1
            continue
        verdict = place.run(module, mutation.source(), 2 * took + PATIENCE)
        counts[verdict] += 1
        where = f"{PACKAGE}/{module}.py:{mutation.line}  {mutation.shown}"
        if verdict == "survived":
            print(f"  SURVIVED  {where}", flush=True)
        elif verbose:
            by = place.first_failure() if verdict == "found" else "the time limit"
            print(f"  found     {where}\n            by {by}", flush=True)
    if place.run(module, plain) != "survived":
        sys.exit(f"{module}: its tests fail after the mutations, with it as it is, too")
    return counts


def main():
    """Try a sample of mutations of the modules that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--sample", type=int, default=300, help="how many mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--matching", default="", help="only those that show this text")
    parser.add_argument("--verbose", action="store_true", help="what was found, too")
    args = parser.parse_args()

    population = {}
    for module in args.modules or TESTS:
        source = (ROOT / PACKAGE / f"{module}.py").read_text("utf-8")
        population[module] = list(mutations(module, source))
    for entry in EQUIVALENT:
        found = population.get(entry[0])
        if found is not None and not any(m.is_listed_as(entry) for m in found):
            print("EQUIVALENT lists what is no mutation:", *entry[:2])
    every = [m for found in population.values() for m in found]
    every = [m for m in every if args.matching in m.shown]
    sample = random.Random(args.seed).sample(every, min(args.sample, len(every)))
    print(f"{len(sample)} of {len(every)} mutations, seed {args.seed}")

    for name in PRELOADED.split():
        try:
            import_module(name)
        except ImportError:
            pass  # then the tests do without it, or say so
    gc.freeze()  # so that no process looks through all that again
    start, table = time.monotonic(), {}
    with tempfile.TemporaryDirectory() as folder:
        place = Copy(folder)
        for module in population:
            if mine := [m for m in sample if m.module == module]:
                table[module] = try_all(place, module, mine, args.verbose)
        os.chdir(ROOT)
    table["total"] = sum(table.values(), Counter())
    kinds = ("found", "hung", "equivalent", "survived")
    print(f"\n{'module':14}{'sampled':>10}", *(f"{kind:>11}" for kind in kinds))
    for module, counts in table.items():
        cells = (f"{counts[kind]:11}" for kind in kinds)
        print(f"{module:14}{counts.total():10}", *cells)
    total = table["total"]
    noticed, tried = total["found"] + total["hung"], total.total() - total["equivalent"]
    minutes = (time.monotonic() - start) / 60
    share = f"{noticed / tried:.1%}" if tried else "none"
    print(f"noticed: {share} of {tried} that change something; {minutes:.1f} minutes")


if __name__ == "__main__":
    main()
