"""Searches on a Dask cluster: a scheduler and two workers, each a process of its own.

All of it talks over this machine's loopback interface only.
"""

import os
import subprocess
import sys
import time
import warnings
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import test_search
from test_search import (
    TRIALS,
    die_at_last,
    die_once,
    nothing,
    numbers_in,
    objective,
    run,
    runs,
)

distributed = pytest.importorskip("distributed", reason="needs dlscratch[cluster]")

serial = test_search.serial


class Cluster:
    """A scheduler, its workers, and a client."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        try:
            self.start("scheduler", "--port=0")
            test_search.wait_for((folder / "address").exists)
            self.client = distributed.Client(
                scheduler_file=str(folder / "address"), timeout=60
            )
            self.start_workers(2)
        except BaseException:
            self.close()
            raise

    def start(self, kind, *options):
        command = [
            *(sys.executable, "-m", f"distributed.cli.dask_{kind}"),
            *("--host=127.0.0.1", "--dashboard-address=127.0.0.1:0", "--no-dashboard"),
            "--scheduler-file=address",
            *options,
        ]
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        with open(self.folder / f"{kind}{len(self.processes)}.log", "w") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env={
                        **os.environ,
                        "PYTHONPATH": os.pathsep.join(paths),
                        "DASK_TEMPORARY_DIRECTORY": str(self.folder),
                    },
                    stdout=log,
                    stderr=log,
                )
            )

    def start_workers(self, n):
        n_workers = len(self.client.scheduler_info()["workers"]) + n
        for _ in range(n):
            self.start("worker", "--no-nanny", "--nthreads=1")
        self.client.wait_for_workers(n_workers, timeout=60)

    def close(self):
        if hasattr(self, "client"):
            self.client.close()
        for process in self.processes:
            process.kill()
            process.wait(60)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with closing(Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster):
    return cluster.client.get_executor()


def workers(cluster):
    """Return the process ids of the workers that the scheduler has."""
    return set(cluster.client.run(os.getpid).values())


def tasks(cluster):
    """Return how many tasks the scheduler holds."""
    return cluster.client.run_on_scheduler(
        lambda dask_scheduler: len(dask_scheduler.tasks)
    )


def test_the_same_as_serial(cluster, executor, serial, tmp_path):
    path = tmp_path / "results"
    noted = partial(objective, folder=tmp_path, deed=nothing)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(noted, executor=executor, path=path) == serial
    assert {trial.parameters["kind"] for trial in serial if trial.error} == {
        "raises",
        "diverges",
    }
    assert sorted(numbers_in(path)) == list(range(TRIALS))
    assert list(runs(tmp_path).values()) == [1] * TRIALS


def test_both_workers_work(cluster, executor):
    def pid(rng, x):  # such a function is sent as a whole, not by name
        time.sleep(0.01)
        return os.getpid()

    grid = {"x": list(range(8))}
    trials = test_search.grid_search(
        pid, grid, rng=test_search.new_rng(), executor=executor
    )
    assert {trial.value for trial in trials} == workers(cluster)
    assert len(workers(cluster)) == 2
    assert os.getpid() not in workers(cluster)


def test_a_killed_worker_costs_nothing(cluster, executor, serial, tmp_path):
    path = tmp_path / "results"
    before = workers(cluster)
    deadly = partial(objective, folder=tmp_path, deed=die_once)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(deadly, executor=executor, path=path) == serial
    survivors = workers(cluster)
    cluster.start_workers(1)
    assert (len(before), len(survivors)) == (2, 1)
    assert survivors < before
    assert sorted(numbers_in(path)) == list(range(TRIALS))
    assert max(runs(tmp_path).values()) == 2


def allow_failures(cluster, n):
    """Let the scheduler give a trial up that more than n workers died of."""
    cluster.client.run_on_scheduler(
        lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", n)
    )


def test_a_trial_that_kills_its_workers_is_a_failure(
    cluster, executor, serial, tmp_path
):
    allow_failures(cluster, 0)  # usually 3, so that four have to die
    deadly = partial(objective, folder=tmp_path, deed=die_at_last)
    trials = run(deadly, executor=executor, path=tmp_path / "results")
    allow_failures(cluster, 3)
    assert len(workers(cluster)) == 1
    cluster.start_workers(1)
    (failed,) = [i for i in range(TRIALS) if trials[i] != serial[i]]
    assert trials[failed].value is None
    assert trials[failed].error.startswith("KilledWorker: Attempted to run task")


def test_an_interrupted_search_goes_on(cluster, executor, tmp_path):
    connect = f'__import__("distributed").Client({cluster.client.scheduler.address!r})'
    path = test_search.interrupt(
        tmp_path, f"{connect}.get_executor()", lambda: tasks(cluster) == 0
    )
    test_search.check_it_goes_on(tmp_path, path, executor)


def test_nothing_is_left_behind(cluster, executor):
    run(executor=executor)
    test_search.wait_for(lambda: tasks(cluster) == 0)
