"""Searches: drawn as told, the same for every executor, and never lost."""

import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from dlscratch import datasets, search
from dlscratch.models import mlp
from dlscratch.optimizers import SGD
from dlscratch.search import (
    Trial,
    best,
    choice,
    grid_search,
    integers,
    log_grid,
    log_uniform,
    random_search,
    uniform,
)
from dlscratch.training import train

SPACE = {"x": log_uniform(1e-3, 1e3), "kind": choice(["good", "raises", "diverges"])}
TRIALS = 12
MANY = 40


def new_rng():
    return np.random.default_rng(5)


def objective(rng, x, kind, folder=None, deed=None):
    """Succeed, raise or diverge; before that, sign a list and do a deed."""
    value = x + rng.normal()
    if folder:
        with open(Path(folder, "runs"), "a") as file:
            file.write(f"{x!r}\n")
        deed(Path(folder), [*runs(folder)].index(x))
    if kind == "raises":
        raise ValueError(f"no good: {value}")
    return value if kind == "good" else value * np.nan


def runs(folder):
    """Return how often each trial was begun, by its value of x."""
    begun = [float(line) for line in Path(folder, "runs").read_text().splitlines()]
    return {x: begun.count(x) for x in begun}


def nothing(folder, i):
    """Be the deed of one who does none."""


def die_once(folder, i):
    """Kill the process that runs the fourth trial, as lack of memory would."""
    if i == 3 and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die_at_last(folder, i):
    """Kill every process that runs the last trial, once all others are saved."""
    if i == TRIALS - 1:
        wait_for(lambda: len(numbers_in(folder / "results")) == TRIALS - 1)
        os.kill(os.getpid(), signal.SIGKILL)


def wait_after_three(folder, i):
    """Let three trials pass, and hold all later ones until there is a file `go`."""
    wait_for(lambda: i < 3 or (folder / "go").exists())


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def run(function=objective, space=SPACE, n=TRIALS, **kwargs):
    return random_search(function, space, n, **{"rng": new_rng(), **kwargs})


@pytest.fixture(scope="module")
def serial():
    """What the search finds when nothing is in its way."""
    trials = run()
    kinds = {trial.parameters["kind"] for trial in trials if trial.error}
    assert kinds == {"raises", "diverges"}
    assert sum(trial.value is not None for trial in trials) >= 3
    return trials


@pytest.fixture
def pool():
    """Two processes that are no copies of this one, which may have threads."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


# What is tried


def test_distributions():
    rng = np.random.default_rng(0)

    def draw(distribution):
        return [distribution.draw(rng) for _ in range(2000)]

    x = draw(uniform(-2, 6))
    assert -2 <= min(x) < -1.9
    assert 5.9 < max(x) <= 6
    assert np.mean(x) == pytest.approx(2, abs=0.2)
    x = draw(log_uniform(1e-4, 1))
    assert min(x) >= 1e-4
    assert max(x) <= 1
    quarters = np.quantile(x, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(np.log10(quarters), [-3, -2, -1], atol=0.15)
    assert set(draw(integers(2, 5))) == {2, 3, 4}
    assert set(draw(choice(("a", None, 3)))) == {"a", None, 3}
    for distribution in (uniform(0, 1), log_uniform(1, 2)):
        assert type(distribution.draw(rng)) is float
    for distribution in (integers(0, 9), choice(np.arange(3))):
        assert type(distribution.draw(rng)) is int


def test_distributions_say_what_they_are():
    assert repr(log_uniform(1e-4, 1)) == "log_uniform(0.0001, 1)"
    assert repr(uniform(np.float64(0.5), 1)) == "uniform(0.5, 1)"
    assert repr(integers(1, 4)) == "integers(1, 4)"
    assert repr(choice([np.tanh, SGD, "x", 1])) == "choice([tanh, SGD, 'x', 1])"


def test_log_grid():
    np.testing.assert_allclose(log_grid(1e-3, 10, 5), [1e-3, 1e-2, 0.1, 1, 10])


def test_a_grid_is_tried_in_order():
    seen = []
    grid = {"a": log_grid(1, 100, 3), "b": ("x", "y")}
    trials = grid_search(lambda rng, a, b: seen.append((a, b)), grid, rng=new_rng())
    assert seen == [(a, b) for a in (1, 10, 100) for b in "xy"]
    assert [trial.number for trial in trials] == [0, 1, 2, 3, 4, 5]
    assert trials[3].parameters == {"a": 10, "b": "y"}
    assert type(trials[0].parameters["a"]) is float


def test_same_seed_same_trials(serial):
    assert run() == serial
    assert run(rng=np.random.default_rng(6)) != serial
    rng = new_rng()
    assert run(rng=rng) == serial
    assert run(rng=rng) != serial


def test_a_longer_search_begins_with_the_shorter(serial):
    assert run(n=5) == serial[:5]


def test_each_trial_has_its_own_generator():
    def draws(rng, x):
        return sum(rng.random() for _ in range(x))

    trials = grid_search(draws, {"x": [1, 1, 2]}, rng=new_rng())
    seed = int(new_rng().integers(2**63))
    children = np.random.SeedSequence(seed).spawn(3)
    expected = [np.random.default_rng(child).random(2) for child in children]
    values = [trial.value for trial in trials]
    assert values == [expected[0][0], expected[1][0], sum(expected[2])]


# What comes of it


def test_the_seconds_are_those_of_the_trial():
    def sleep(rng, duration):
        time.sleep(duration)
        return duration

    start = time.perf_counter()
    trials = grid_search(sleep, {"duration": [0.02, 0.05]}, rng=new_rng())
    whole = time.perf_counter() - start
    assert all(trial.seconds >= trial.value - 0.005 for trial in trials)
    assert sum(trial.seconds for trial in trials) <= whole


def test_failures_have_their_reason(serial):
    for number, trial in enumerate(serial):
        assert trial.number == number
        assert trial.seconds >= 0
        assert (trial.value is None) == (trial.error is not None)
    errors = {t.parameters["kind"]: t.error for t in serial}
    assert errors["good"] is None
    assert errors["raises"].startswith("ValueError: no good: ")
    assert errors["diverges"] == "FloatingPointError: the objective returned nan"


def test_what_is_no_number_is_a_failure():
    answers = [math.inf, None, "0.5", [1.0], 3, np.float32(0.5), True]
    trials = grid_search(lambda rng, x: x, {"x": answers}, rng=new_rng())
    assert [trial.value for trial in trials] == [None] * 4 + [3, 0.5, 1]
    assert trials[0].error == "FloatingPointError: the objective returned inf"
    assert "TypeError: expected a number from the objective, got None" in repr(trials)
    assert all(type(trial.value) is float for trial in trials[4:])


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_network_that_diverges():
    digits = datasets.load_digits()
    data = datasets.Dataset(*(part[:100] for part in digits))

    def accuracy(rng, lr):
        model = mlp((64, 20, 10), rng=rng)
        train(model, data, SGD(model.parameters, lr), 5, rng=rng)
        return model.accuracy(data.x_train, data.t_train)

    bad, good = grid_search(accuracy, {"lr": [1e300, 0.1]}, rng=new_rng())
    assert bad.error.startswith("TrainingDiverged: train: the loss became ")
    assert good.value > 0.2


def test_best():
    trials = [Trial(i, {}, v, None) for i, v in enumerate([1.0, None, 3.0, 3.0, -1.0])]
    assert best(trials).number == 2
    assert best(trials[1::3]).number == 4
    failed = Trial(0, {"x": 1}, None, "ValueError: no")
    with pytest.raises(ValueError, match=r"none of the 2 trials .*x=1: ValueError: no"):
        best([failed, failed])
    with pytest.raises(ValueError, match=r"none of the 0 trials succeeded$"):
        best([])


def test_trials_are_readable():
    parameters = {"lr": 0.0123456, "n": 3, "f": np.tanh, "s": "a"}
    trial = Trial(3, parameters, 0.98765432, None, 1.5)
    assert repr(trial) == "Trial 3: 0.9877 for lr=0.01235, n=3, f=tanh, s='a'"
    trial = Trial(4, {"lr": 1e30}, None, "ValueError: no", 1.5)
    assert repr(trial) == "Trial 4: failed for lr=1e+30: ValueError: no"
    assert trial == Trial(4, {"lr": 1e30}, None, "ValueError: no", 2.5)


# Who runs it


def test_threads(serial):
    with ThreadPoolExecutor(3) as executor:
        assert run(executor=executor) == serial


def test_the_last_may_be_first(tmp_path):
    def slow_at_first(rng, x):
        wait_for(lambda: x == 3 or (tmp_path / f"{x + 1}").exists())
        (tmp_path / f"{x}").touch()
        return rng.random()

    grid = {"x": [0, 1, 2, 3]}
    path = tmp_path / "results"
    with ThreadPoolExecutor(4) as executor:
        trials = grid_search(
            slow_at_first, grid, rng=new_rng(), executor=executor, path=path
        )
    assert trials == grid_search(lambda rng, x: rng.random(), grid, rng=new_rng())
    assert sorted(numbers_in(path)) == [0, 1, 2, 3]
    assert numbers_in(path)[0] != 0


def test_processes(serial, pool, tmp_path):
    trials = run(partial(objective, folder=tmp_path, deed=nothing), executor=pool)
    assert trials == serial
    assert list(runs(tmp_path).values()) == [1] * TRIALS


def test_a_killed_process_costs_nothing(serial, pool, tmp_path):
    path = tmp_path / "results"
    deadly = partial(objective, folder=tmp_path, deed=die_once)
    with pytest.warns(RuntimeWarning, match=r"lost \d+ trials.*BrokenProcessPool") as w:
        trials = run(deadly, executor=pool, path=path)
    assert w[0].filename == __file__
    assert trials == serial
    assert sorted(numbers_in(path)) == list(range(TRIALS))
    assert max(runs(tmp_path).values()) == 2
    assert sum(runs(tmp_path).values()) <= TRIALS + 2  # what two processes had begun


def test_what_cannot_be_sent_is_told(pool, tmp_path):
    with pytest.raises(TypeError, match=r"expected an objective .*<lambda>.* a file"):
        run(lambda rng, x, kind: 1, executor=pool, path=tmp_path / "results")
    assert numbers_in(tmp_path / "results") == []


def test_a_closed_executor_is_told():
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(ValueError, match="search: expected an open executor, got"):
        run(executor=closed)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_objective_may_change_what_it_gets(workers):
    def lengthen(rng, sizes):
        sizes.insert(0, 64)
        return -len(sizes)

    grid = {"sizes": [[50], [100, 50]], "again": [1, 2]}
    executor = ThreadPoolExecutor(workers) if workers else None
    trials = grid_search(
        lambda rng, sizes, again: lengthen(rng, sizes),
        grid,
        rng=new_rng(),
        executor=executor,
    )
    assert [trial.value for trial in trials] == [-2, -2, -3, -3]
    assert trials[0].parameters == {"sizes": [50], "again": 1}


class Careless(Executor):
    """It drops some trials, as a cluster does whose scheduler is stopped."""

    def submit(self, fn, *args):
        future = Future()
        if args[2] % 3 == 1:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_result(fn(*args))
        return future


def test_dropped_trials_run_here(serial):
    with pytest.warns(RuntimeWarning, match="lost 4 trials, .* here.*CancelledError"):
        assert run(executor=Careless()) == serial


# What is kept


def numbers_in(path):
    """Return the numbers of the trials that a file holds, in its order."""
    head, *records = map(json.loads, path.read_text().splitlines())
    assert head["search"] in ("random", "grid")
    return [record["number"] for record in records]


def test_results_are_saved_as_they_come(tmp_path):
    path = tmp_path / "results"

    def saved(rng, x):
        return len(numbers_in(path))

    trials = grid_search(saved, {"x": [5, 6, 7]}, rng=new_rng(), path=path)
    assert [trial.value for trial in trials] == [0, 1, 2]
    record = json.loads(path.read_text().splitlines()[2])
    assert record.pop("seconds") >= 0
    assert record == {"number": 1, "parameters": {"x": 6}, "value": 1, "error": None}


def test_an_interrupted_search_goes_on(serial, tmp_path):
    path = tmp_path / "results"
    count = 0

    def interrupted(rng, x, kind):
        nonlocal count
        count += 1
        if count == 8:
            raise KeyboardInterrupt
        return objective(rng, x, kind)

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, path=path)
    assert numbers_in(path) == [0, 1, 2, 3, 4, 5, 6]
    assert run(interrupted, path=str(path)) == serial  # failures are results, too
    assert count == TRIALS + 1
    assert run(interrupted, path=path) == serial
    assert count == TRIALS + 1
    assert numbers_in(path) == list(range(TRIALS))


def test_a_saved_search_can_be_made_longer_and_shorter(serial, tmp_path):
    path = tmp_path / "results"
    assert run(n=3, path=path) == serial[:3]
    assert run(path=path) == serial
    assert numbers_in(path) == list(range(TRIALS))
    assert run(n=2, path=path) == serial[:2]
    assert numbers_in(path) == list(range(TRIALS))


def test_a_file_that_ends_anywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)
    path = tmp_path / "results"
    trials = run(path=path, n=2)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert run(path=path, n=2) == trials
        assert sorted(numbers_in(path)) == [0, 1]


def test_a_full_disk_ends_the_search(tmp_path, monkeypatch):
    begun, told = [], threading.Event()

    def count(rng, x, kind):
        begun.append(x)
        assert len(begun) == 1 or told.wait(60)
        return x

    def write(file, record):
        if "number" in record:
            raise OSError("no space left")

    monkeypatch.setattr(search, "_write", write)
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(OSError, match="no space left") as kept:
            run(count, executor=executor, path=tmp_path / "results")
        told.set()
    assert kept.tb  # what was raised still refers to the search
    assert len(begun) <= 2


def test_results_are_on_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    path = tmp_path / "results"
    run(path=path, n=3)
    sizes = np.cumsum([len(line) for line in path.read_bytes().splitlines(True)])
    assert synced == sizes.tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rng": np.random.default_rng(6)}, r"whose seed is \d+ and not \d+"),
        (
            {"space": {**SPACE, "x": uniform(1e-3, 1e3)}},
            "space is .*log_uniform.* not ",
        ),
        ({"space": dict([*SPACE.items()][:1])}, "whose space is "),
    ],
)
def test_another_search_is_refused(tmp_path, settings, message):
    path = tmp_path / "results"
    run(path=path, n=2)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"another search, .*{message}"):
        run(path=path, **settings)
    with pytest.raises(ValueError, match="whose search is random and not grid"):
        grid_search(objective, {"x": [1]}, rng=new_rng(), path=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["precious", "precious\n", "1\n", "{}\n", '{"a": 1}\n']
)
def test_other_files_are_left_alone(tmp_path, text):
    path = tmp_path / "results"
    path.write_text(text)
    with pytest.raises(ValueError, match="does not hold the results of a search"):
        run(path=path)
    assert path.read_text() == text


def test_a_spoiled_file_is_refused(tmp_path):
    path = tmp_path / "results"
    run(path=path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], lines[3][:20] + "\n", *lines[4:]]))
    with pytest.raises(ValueError, match="does not hold the results of a search"):
        run(path=path)
    path.write_text(
        lines[0] + lines[1].replace('"good"', '"bad"').replace('"x": ', '"x": 9')
    )
    with pytest.raises(ValueError, match="another version of NumPy"):
        run(path=path)


INTERRUPTED = """
import multiprocessing, signal, sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
sys.path.insert(0, {tests!r})
from test_search import objective, run, wait_after_three

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background
    function = partial(objective, folder={folder!r}, deed=wait_after_three)
    with {executor} as executor:
        try:
            run(function, n={n}, path={path!r}, executor=executor)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
"""


def interrupt(folder, executor, all_cancelled=lambda: True):
    """Interrupt a search after three trials, as Ctrl+C does; return its file."""
    path = folder / "results"
    script = folder / "script.py"
    names = {"tests": str(Path(__file__).parent), "folder": str(folder), "n": MANY}
    script.write_text(INTERRUPTED.format(**names, path=str(path), executor=executor))
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_for(lambda: path.exists() and len(path.read_text().splitlines()) == 4)
            wait_for(lambda: len(runs(folder)) == 5)
            os.killpg(process.pid, signal.SIGINT)  # as the terminal and Jupyter do
            out = process.stdout.readline()
            wait_for(all_cancelled)
            (folder / "go").touch()
            _, err = process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert (out, process.returncode) == ("interrupted\n", 0), err
    return path


def check_it_goes_on(folder, path, executor=None):
    """Check that nothing was lost and that nothing is done twice."""
    # What waited was cancelled. A pool's two processes go on to what they are handed
    # until this one hears of the interruption, too.
    assert sum(runs(folder).values()) <= 12
    serial = run(n=MANY)
    kept = numbers_in(path)
    assert len(kept) == 3
    quick = partial(objective, folder=folder, deed=nothing)
    assert run(quick, n=MANY, path=path, executor=executor) == serial
    assert numbers_in(path)[:3] == kept
    assert all(runs(folder)[serial[i].parameters["x"]] == 1 for i in kept)


@pytest.mark.parametrize(
    "executor",
    [
        'ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))',
        "ThreadPoolExecutor(2)",
    ],
)
def test_ctrl_c(tmp_path, executor):
    check_it_goes_on(tmp_path, interrupt(tmp_path, executor))


# How it is called


def test_progress_goes_to_a_terminal_only(capsys, monkeypatch):
    run()
    assert capsys.readouterr() == ("", "")
    terminal = StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    run(progress=False)
    assert terminal.getvalue() == ""
    run()
    assert "/12 [" in terminal.getvalue()
    assert "best=" in terminal.getvalue()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run(rng=0), "expected rng=numpy.random.default_rng"),
        (lambda: run(0), "expected a function as objective, got 0"),
        (lambda: run(space={}), r"expected a dict of hyper-parameters, got \{\}"),
        (lambda: run(space=["lr"]), r"expected a dict of .*, got \['lr'\]"),
        (lambda: run(space={"lr": [1, 2]}), r"log_uniform\(.* for lr, got \[1, 2\]"),
        (lambda: run(space={"rng": uniform(0, 1)}), "rng is the trial's generator"),
        (lambda: run(n=0), "expected n_trials >= 1, got 0"),
        (lambda: run(n=2.5), "expected n_trials >= 1, got 2.5"),
        (lambda: run(executor=2), "expected a concurrent.futures.Executor, .*got 2"),
        (lambda: run(executor=ThreadPoolExecutor), "expected a concurrent.futures"),
        (lambda: grid_search(objective, {"x": []}, rng=new_rng()), "x: .* at least"),
        (lambda: grid_search(objective, {"x": 3}, rng=new_rng()), "x: .*, got 3"),
        (lambda: grid_search(objective, {"x": "abc"}, rng=new_rng()), "got 'abc'"),
        (lambda: grid_search(objective, SPACE, rng=new_rng()), "got log_uniform"),
        (lambda: uniform(1, 1), "uniform: expected low < high, got 1 and 1"),
        (lambda: uniform(0, math.inf), "expected low < high, got 0 and inf"),
        (lambda: log_uniform(0, 1), "log_uniform: expected 0 < low < high, got 0"),
        (lambda: log_uniform(math.nan, 1), "expected 0 < low < high, got nan"),
        (lambda: integers(3, 1), "integers: expected low < high, got 3 and 1"),
        (lambda: integers(0.5, 2), "integers: expected whole numbers, got 0.5"),
        (lambda: choice([]), "choice: expected at least one value"),
        (lambda: log_grid(-1, 1, 3), "log_grid: expected 0 < low < high, got -1"),
        (lambda: log_grid(1, 2, 1), "log_grid: expected n to be a whole .* 2, got 1"),
        (lambda: log_grid(1, 2, 3.0), "log_grid: expected n to be .*, got 3.0"),
        (lambda: uniform("a", "b"), "uniform: expected two numbers, got 'a' and 'b'"),
        (lambda: uniform(-1e308, 1e308), r"a float can hold, got uniform\(-1e"),
        (lambda: integers(0, 10**30), "at most 64 bits, got integers"),
        (lambda: best(None), "best: expected a list of trials, got None"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_no_file_is_made_for_bad_input(tmp_path):
    with pytest.raises(ValueError, match="n_trials"):
        run(n=-1, path=tmp_path / "results")
    with pytest.raises(FileNotFoundError):
        run(path=tmp_path / "missing" / "results")
    assert not list(tmp_path.iterdir())


def test_searches_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(2) as executor:
            run(executor=executor)


def test_values_that_a_file_could_not_tell_apart(tmp_path):
    def lowest(rng, x):
        return float(np.min(x))

    long = np.arange(5000.0)
    other, near = long.copy(), long.copy()
    other[2000] = -1
    near[0] = 1e-12
    path = tmp_path / "results"
    grid_search(lowest, {"x": [long]}, rng=new_rng(), path=path)
    for changed in (other, near):
        with pytest.raises(ValueError, match="holds the results of another search"):
            grid_search(lowest, {"x": [changed]}, rng=new_rng(), path=path)
    values = {"x": choice([lambda x: x])}
    with pytest.raises(ValueError, match=r"search: expected values that .* a lambda"):
        random_search(lowest, values, 1, rng=new_rng(), path=tmp_path / "more")
    assert not (tmp_path / "more").exists()


def test_the_folder_of_the_results_must_exist(tmp_path):
    for path in (tmp_path / "nowhere" / "results", tmp_path):
        with pytest.raises(
            FileNotFoundError, match="search: expected a file's path, in"
        ):
            run(path=path)


def test_the_best_of_trials_that_come_one_by_one():
    trials = run()
    assert best(trial for trial in trials) == best(trials)
    with pytest.raises(ValueError, match=r"none of the 0 trials succeeded$"):
        best(trial for trial in [])
