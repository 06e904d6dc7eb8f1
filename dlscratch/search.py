"""Search for good hyper-parameters: at random or on a grid, here or on a cluster.

An *objective* is a function that trains and measures once. It takes the
hyper-parameters and a generator, and returns one number, higher is better:

>>> def objective(rng, learning_rate, hidden):
...     noise = rng.normal(scale=0.01)
...     return -((np.log10(learning_rate) + 1) ** 2) - (hidden - 40) ** 2 / 1e3 + noise

Each trial calls it with other hyper-parameters:

>>> space = {"learning_rate": log_uniform(1e-4, 1), "hidden": integers(10, 100)}
>>> trials = random_search(objective, space, 20, rng=np.random.default_rng(0))
>>> best(trials)
Trial 18: -0.138 for learning_rate=0.1601, hidden=50

The number should come from validation data (`dlscratch.datasets.validation_split`).
A search sees what the objective shows it, so the objective must not look at the
test data: those are for one last measurement of the hyper-parameters it chose.

**More than one core.** Any `concurrent.futures.Executor` runs the trials::

    with ProcessPoolExecutor(4) as executor:
        trials = random_search(objective, space, 20, rng=rng, executor=executor)

The trials are the same, number for number, whoever runs them and in whatever order
(to the last digit where the processors are of one kind). Let each process use one
thread for its linear algebra (``OPENBLAS_NUM_THREADS=1`` in the environment), or
the processes compete for the cores.

**More than one machine.** On each, in the book's folder, run
``pip install ".[cluster]"``. Start ``dask scheduler`` on one of them and
``dask worker tcp://scheduler:8786`` on the others, with the first one's name in
place of ``scheduler``. (Whoever reaches the scheduler can run code on all of them,
so use a network you trust.) Then pass the cluster's executor::

    from distributed import Client

    executor = Client("tcp://scheduler:8786").get_executor()

**What can be sent.** Dask sends a function that was defined in a notebook along with
all that it uses. A process pool sends its name alone. On Linux before Python 3.14
the pool's processes are copies of yours and know the name, if it was defined before
the pool's first use. Elsewhere (macOS, Windows, newer Pythons) they are fresh, and
the objective must be in a file that can be imported. An objective that loads its
data itself, with ``load_digits()``, is light to send.
"""

import json
import math
import numbers
import os
import time
import warnings
from concurrent.futures import BrokenExecutor, CancelledError, Executor, as_completed
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm


class Distribution:
    """What a random search draws a hyper-parameter from; see `log_uniform`."""

    def __init__(self, text, draw):
        self.text = text
        self.draw = draw  # takes a Generator

    def __repr__(self):
        """Return how it was made."""
        return self.text


def _check_range(name, low, high, above=-math.inf):
    if not above < low < high < math.inf:
        expected = "low < high" if above < 0 else f"{above} < low < high"
        raise ValueError(f"{name}: expected {expected}, got {low} and {high}")


def uniform(low, high):
    """Draw any number from ``low`` to ``high``, all equally likely."""
    _check_range("uniform", low, high)
    return Distribution(
        f"uniform({low}, {high})", lambda rng: float(rng.uniform(low, high))
    )


def log_uniform(low, high):
    """Draw a number from ``low`` to ``high`` whose logarithm is uniform.

    Each factor of ten is equally likely, which suits learning rates and weight decay.

    Parameters
    ----------
    low, high : float
        Positive.

    Returns
    -------
    Distribution

    Raises
    ------
    ValueError
        Unless ``0 < low < high``.
    """
    _check_range("log_uniform", low, high, above=0)
    return Distribution(
        f"log_uniform({low}, {high})",
        lambda rng: math.exp(rng.uniform(math.log(low), math.log(high))),
    )


def integers(low, high):
    """Draw a whole number from ``low`` to ``high - 1``, as `range` counts."""
    if not all(isinstance(n, numbers.Integral) for n in (low, high)):
        raise TypeError(f"integers: expected whole numbers, got {low!r} and {high!r}")
    _check_range("integers", low, high)
    return Distribution(
        f"integers({low}, {high})", lambda rng: int(rng.integers(low, high))
    )


def choice(values):
    """Draw one of ``values``, all equally likely."""
    values = _plain(values)
    if not values:
        raise ValueError("choice: expected at least one value, got none")
    return Distribution(
        f"choice({_names(values)})",
        lambda rng: values[rng.integers(len(values))],
    )


def log_grid(low, high, n):
    """Return ``n`` numbers from ``low`` to ``high``, each a constant factor apart.

    Parameters
    ----------
    low, high : float
        Positive; both are in the grid.
    n : int
        At least 2.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        Unless ``0 < low < high`` and ``n >= 2``.

    Examples
    --------
    >>> print(log_grid(0.001, 1, 4))
    [0.001 0.01  0.1   1.   ]
    """
    _check_range("log_grid", low, high, above=0)
    if n < 2:
        raise ValueError(f"log_grid: expected n >= 2, got {n}")
    return np.geomspace(low, high, n)


@dataclass(repr=False)
class Trial:
    """One call of the objective, and what came of it.

    Attributes
    ----------
    number : int
        0, 1, 2, … in the order of the search.
    parameters : dict
        The hyper-parameters.
    value : float or None
        What the objective returned; None if the trial failed.
    error : str or None
        Why it failed.
    seconds : float or None
        How long it took, where that is known. Trials that differ in nothing else are
        equal.
    """

    number: int
    parameters: dict
    value: float | None
    error: str | None
    seconds: float | None = field(default=None, compare=False)

    def __repr__(self):
        """Return a line that says what was tried and what came of it."""
        parts = (f"{name}={_short(v)}" for name, v in self.parameters.items())
        result = "failed" if self.error else _short(self.value)
        reason = f": {self.error}" if self.error else ""
        return f"Trial {self.number}: {result} for {', '.join(parts)}{reason}"


def best(trials):
    """Return the trial with the highest value, the first of them if there are ties.

    Raises
    ------
    ValueError
        If no trial succeeded.
    """
    finished = [trial for trial in trials if trial.value is not None]
    if not finished:
        raise ValueError(
            f"best: none of the {len(trials)} trials succeeded"
            + (f"; {trials[0]!r}" if trials else "")
        )
    return max(finished, key=lambda trial: trial.value)


def random_search(
    objective, space, n_trials, *, rng, executor=None, path=None, progress=True
):
    """Try hyper-parameters that are drawn at random.

    A trial that raises an exception, or whose value is nan or infinite, is recorded
    as failed with its reason, and the others go on.

    Parameters
    ----------
    objective : callable
        ``objective(rng=Generator, **parameters)`` returns a number, higher is better.
        It should measure on validation data and never look at the test data.
    space : dict of str to Distribution
        For each hyper-parameter `log_uniform`, `uniform`, `integers` or `choice`.
    n_trials : int
        A longer search begins with the trials of a shorter one.
    rng : numpy.random.Generator
        Seeds the search. Each trial has a generator of its own, so that its result
        does not depend on who runs it, or when.
    executor : concurrent.futures.Executor, optional
        Runs the trials, for example `~concurrent.futures.ProcessPoolExecutor` or Dask's
        ``Client.get_executor()``. Without it they run here, one by one.
        A Dask cluster that loses a worker runs the worker's trials elsewhere. (A trial
        that takes four workers down with it is recorded as failed.) A process pool
        that loses a process is broken for good: then a warning is given, and the
        trials that are left run here.
    path : str or Path, optional
        A file that each result is saved to at once, as a line of JSON. If it holds
        results of the same search, with the same seed, the search goes on from there.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of Trial
        In the order of their numbers.

    Raises
    ------
    ValueError
        If ``path`` holds something else than this search.

    Notes
    -----
    On a grid of n values for each of two hyper-parameters, n² trials try only n values
    of the one that matters; at random, they try n² [1]_.

    .. [1] J. Bergstra and Y. Bengio, "Random search for hyper-parameter optimization",
       Journal of Machine Learning Research 13, 2012.
    """
    _check("random_search", objective, space, rng, executor)
    for name, values in space.items():
        if not isinstance(values, Distribution):
            raise TypeError(
                "random_search: expected a distribution such as log_uniform(1e-4, 1) "
                f"for {name}, got {values!r}"
            )
    if not isinstance(n_trials, numbers.Integral) or n_trials < 1:
        raise ValueError(f"random_search: expected n_trials >= 1, got {n_trials!r}")
    seed = int(rng.integers(2**63))
    draws = np.random.default_rng(seed)
    parameters = [
        {name: values.draw(draws) for name, values in space.items()}
        for _ in range(n_trials)
    ]
    texts = {name: repr(values) for name, values in space.items()}
    head = {"search": "random", "space": texts, "seed": seed}
    return _search(objective, parameters, head, executor, path, progress)


def grid_search(objective, grid, *, rng, executor=None, path=None, progress=True):
    """Try every combination of the given hyper-parameters.

    Parameters
    ----------
    objective : callable
        As for `random_search`.
    grid : dict of str to sequence
        The values of each hyper-parameter, for example a `log_grid`. The last one
        changes fastest.
    rng, executor, path, progress
        As for `random_search`.

    Returns
    -------
    list of Trial
        In the order of their numbers.

    Raises
    ------
    ValueError
        If ``path`` holds something else than this search.

    Examples
    --------
    >>> def objective(rng, x, y):
    ...     return x / y
    >>> grid = {"x": [1, 2], "y": [0, 4]}
    >>> for trial in grid_search(objective, grid, rng=np.random.default_rng(0)):
    ...     print(trial)
    Trial 0: failed for x=1, y=0: ZeroDivisionError: division by zero
    Trial 1: 0.25 for x=1, y=4
    Trial 2: failed for x=2, y=0: ZeroDivisionError: division by zero
    Trial 3: 0.5 for x=2, y=4
    """
    _check("grid_search", objective, grid, rng, executor)
    for name, values in grid.items():
        if isinstance(values, str | Distribution) or not np.iterable(values):
            raise TypeError(
                f"grid_search: expected a list of values for {name}, got {values!r}"
            )
    grid = {name: _plain(values) for name, values in grid.items()}
    if not all(grid.values()):
        raise ValueError(f"grid_search: expected values for all, got {grid}")
    parameters = [
        dict(zip(grid, values, strict=True)) for values in product(*grid.values())
    ]
    seed = int(rng.integers(2**63))
    texts = {name: _names(values) for name, values in grid.items()}
    head = {"search": "grid", "space": texts, "seed": seed}
    return _search(objective, parameters, head, executor, path, progress)


def _check(name, objective, space, rng, executor):
    """Raise an error unless what both searches take is of the right kind."""
    if not callable(objective):
        raise TypeError(f"{name}: expected a function as objective, got {objective!r}")
    if not isinstance(space, dict) or not space:
        raise TypeError(f"{name}: expected a dict of hyper-parameters, got {space!r}")
    if "rng" in space:
        raise ValueError(
            f"{name}: rng is the trial's generator, and cannot be searched"
        )
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name}: expected rng=numpy.random.default_rng(seed), got {rng!r}"
        )
    if not isinstance(executor, Executor | None):
        raise TypeError(
            f"{name}: expected a concurrent.futures.Executor, such as "
            f"ProcessPoolExecutor(2) or Client(...).get_executor(), got {executor!r}"
        )


def _search(objective, parameters, head, executor, path, progress):
    """Run the trials that the file does not hold yet; return all."""
    trials = {} if path is None else _load(path, head, parameters)
    left = {i: p for i, p in enumerate(parameters) if i not in trials}
    settings = {"disable": None if progress else True, "leave": False}
    with (
        nullcontext() if path is None else open(path, "ab") as file,
        tqdm(
            total=len(parameters), initial=len(trials), unit=" trials", **settings
        ) as bar,
        closing(_run_all(objective, head["seed"], left, executor)) as finished,
    ):
        for trial in finished:
            trials[trial.number] = trial
            if file:
                _write(file, asdict(trial))
            failed = sum(trial.value is None for trial in trials.values())
            if failed < len(trials):
                bar.set_postfix(best=_short(best(trials.values()).value), failed=failed)
            bar.update()
    return [trials[i] for i in range(len(parameters))]


def _run(objective, seed, number, parameters):
    """Run one trial, in whatever process."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    value, error = None, None
    start = time.perf_counter()
    try:
        value = objective(rng=rng, **parameters)
        if not isinstance(value, numbers.Real):
            raise TypeError(f"expected a number from the objective, got {value!r}")
        if not math.isfinite(value):
            raise FloatingPointError(f"the objective returned {value}")
        value = float(value)
    except Exception as failure:
        value, error = None, f"{type(failure).__name__}: {failure}"
    return Trial(number, parameters, value, error, time.perf_counter() - start)


def _run_all(objective, seed, left, executor):
    """Run the trials that are left, and yield each when it is finished."""
    if executor is not None:
        futures, broken = {}, None
        try:
            try:
                for number, parameters in left.items():
                    future = executor.submit(_run, objective, seed, number, parameters)
                    futures[future] = number
            except BrokenExecutor as error:
                broken = error
            for future in as_completed(futures):
                try:
                    trial = future.result()
                except (BrokenExecutor, CancelledError) as error:
                    broken = error
                    continue
                except Exception as error:
                    # Dask's word for a trial that all who tried it died of. Any other
                    # error is about sending the trial, and the next would fail too.
                    if type(error).__name__ != "KilledWorker":
                        raise
                    number = futures[future]
                    trial = Trial(number, left[number], None, f"KilledWorker: {error}")
                    error.with_traceback(None)  # Dask keeps it, and so all it refers to
                del left[trial.number]
                yield trial
        finally:
            for future in futures:
                future.cancel()
        if broken:
            warnings.warn(
                f"search: the executor lost {len(left)} trials, which now run here. "
                f"Its error: {type(broken).__name__}: {broken} A process pool breaks "
                "when one of its processes is killed or cannot import the objective.",
                RuntimeWarning,
                stacklevel=4,
            )
    for number, parameters in left.items():
        yield _run(objective, seed, number, parameters)


def _load(path, head, parameters):
    """Return the trials that a file holds, and make it ready for more."""
    path = Path(path)
    data = path.read_bytes() if path.exists() else b""
    whole = data[: data.rfind(b"\n") + 1]  # without a line that was cut short
    if not whole and _line(head).startswith(data):
        with open(path, "wb") as file:
            _write(file, head)
        return {}
    try:
        found, *records = map(json.loads, whole.splitlines())
        trials = {record["number"]: Trial(**record) for record in records}
        differences = [name for name in head if found[name] != head[name]]
    except (ValueError, TypeError, KeyError):
        raise ValueError(
            f"search: {path} does not hold the results of a search"
        ) from None
    for name in differences:
        raise ValueError(
            f"search: {path} holds the results of another search, whose {name} is "
            f"{found[name]} and not {head[name]}; take another path"
        )
    trials = {i: trial for i, trial in trials.items() if i < len(parameters)}
    for i, trial in trials.items():
        if trial.parameters != json.loads(_line(parameters[i])):
            raise ValueError(
                f"search: {path} was written with another version of NumPy, which "
                f"drew {trial.parameters} and not {parameters[i]}; take another path"
            )
        trial.parameters = parameters[i]
    os.truncate(path, len(whole))
    return trials


def _line(record):
    return json.dumps(record, default=_name).encode() + b"\n"


def _write(file, record):
    """Add a line to a file, and see it onto the disk."""
    file.write(_line(record))
    file.flush()
    os.fsync(file.fileno())


def _plain(values):
    """Return a list of Python's own numbers, for one of NumPy's."""
    return [v.item() if isinstance(v, np.generic) else v for v in values]


def _name(value):
    return getattr(value, "__name__", None) or repr(value)


def _names(values):
    return f"[{', '.join(map(_name, values))}]"


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else _name(value)
