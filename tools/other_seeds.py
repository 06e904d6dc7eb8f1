"""Run notebooks again with all random numbers moved, and name the claims that fail.

    python tools/other_seeds.py [--offsets N ... | --today] [NOTEBOOK ...]

To every seed that is given to `numpy.random.default_rng`, an offset is added, from
outside: by default 1000, 2000 and 3000, with `--today` one that goes with the date. A
notebook is named by the beginning of its name: 02. Without names, every chapter and,
where MNIST is, the lab. An `assert` that fails is told and does not stop its cell.
Those of a cell with the tag `one-seed` belong to one seed, and are left out.
"""

import argparse
import ast
import contextlib
import datetime
import io
import json
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OFFSETS = range(1000, 8000, 1000)


class _TellAssertions(ast.NodeTransformer):
    """Let an assertion call a function where it fails, or, without one, do nothing."""

    def __init__(self, tell):
        self.tell = tell

    def visit_Assert(self, node):
        """Replace one assertion."""
        if self.tell is None:
            new = ast.Pass()
        else:
            line = f"assert {ast.unparse(node.test)}"
            new = ast.parse(f"if not 0: _tell_assertion({line!r})").body[0]
            new.test.operand = node.test
        return ast.fix_missing_locations(ast.copy_location(new, node))


def run_moved(path, offset):
    """Run a notebook's code cells in this process, all seeds moved by an offset.

    Parameters
    ----------
    path : Path
        The notebook; its folder becomes the working directory.
    offset : int

    Returns
    -------
    problems : list of str
        What failed, with its cell's number among the cells with code.
    n_assertions : int
        Assertions in the cells that count.
    """
    import matplotlib as mpl
    import numpy as np

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from IPython.core.interactiveshell import InteractiveShell

    default_rng = np.random.default_rng

    def moved(seed=None):
        whole = isinstance(seed, int | np.integer)
        return default_rng(int(seed) + offset if whole else seed)

    np.random.default_rng = moved
    os.chdir(path.parent)
    warnings.simplefilter("ignore")
    shell, failed, problems, n_assertions = InteractiveShell.instance(), [], [], 0
    shell.user_ns["_tell_assertion"] = failed.append
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code" and c["source"]]
    for number, cell in enumerate(code, 1):
        one_seed = "one-seed" in cell["metadata"].get("tags", [])
        tell = None if one_seed else _TellAssertions(failed.append)
        shell.ast_transformers[:] = [tell or _TellAssertions(None)]
        source = "".join(cell["source"])
        n_assertions += 0 if one_seed else source.count("assert ")
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            result = shell.run_cell(source, silent=True)
        plt.close("all")
        problems += [f"cell {number}: {line}" for line in dict.fromkeys(failed)]
        failed.clear()
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            problems.append(f"cell {number}: {type(error).__name__}: {error}")
    return problems, n_assertions


def in_own_process(path, offset):
    """Return what `run_moved` finds, run by a Python of its own."""
    command = [sys.executable, __file__, "--moved", str(path), str(offset)]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        return [f"Python ended with {done.returncode}: {done.stderr[-500:]}"], 0
    return json.loads(done.stdout.splitlines()[-1])


def chosen(names):
    """Return the notebooks whose names begin so; of the labs, those with their data."""
    # The notebooks' own process begins without these.
    from data_here import LABS, is_here
    from execute_notebooks import find

    if names:
        try:
            return list(dict.fromkeys(path for name in names for path in find(name)))
        except ValueError as error:
            sys.exit(str(error))
    missing = [lab for lab, data in LABS.items() if not all(map(is_here, data))]
    for lab in missing:
        print(f"{lab} is left out: {' and '.join(LABS[lab])} are not here.")
    return [path for path in find("") if path.stem not in missing]


def report(paths, offsets, workers=2):
    """Run notebooks with each offset, print what fails, and return how many did."""
    jobs = [(path, offset) for offset in offsets for path in paths]
    total = bad = 0
    with ThreadPoolExecutor(workers) as pool:
        for (path, offset), (problems, n_assertions) in zip(
            jobs, pool.map(lambda job: in_own_process(*job), jobs), strict=True
        ):
            total, bad = total + n_assertions, bad + len(problems)
            print(f"{path.stem} +{offset}: {n_assertions} assertions, ", end="")
            print(f"{len(problems)} problems" if problems else "all hold", flush=True)
            for problem in problems:
                print(f"    {problem}", flush=True)
            if problems:
                short = path.stem.split("-")[0]
                short = path.stem if short == "lab" else short
                again = f'make test-seeds NB="{short}" SEEDS="{offset}"'
                print(f"    Again: {again}", flush=True)
    print(f"{len(jobs)} runs, {total} assertions, {bad} problems")
    return bad


def main():
    """Run what the command line names; fail if a claim does."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*")
    parser.add_argument("--offsets", type=int, nargs="+", default=OFFSETS[:3])
    parser.add_argument("--today", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--moved", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.moved:
        print(json.dumps(run_moved(Path(given.moved[0]), int(given.moved[1]))))
        return
    offsets = given.offsets
    if given.today:
        offsets = [OFFSETS[datetime.date.today().toordinal() % len(OFFSETS)]]
    sys.exit(bool(report(chosen(given.notebooks), offsets, given.workers)))


if __name__ == "__main__":
    main()
