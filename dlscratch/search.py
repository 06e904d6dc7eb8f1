"""Search for good hyper-parameters: at random or on a grid, here or on a cluster.

An *objective* is a function that trains and measures once. It takes the
hyper-parameters and a generator, and returns one number, higher is better. Measure on
validation data (`dlscratch.datasets.validation_split`): the test data are for one last
measurement of the hyper-parameters that the search chose.

>>> def objective(rng, learning_rate, hidden):
...     noise = rng.normal(scale=0.01)
...     return -((np.log10(learning_rate) + 1) ** 2) - (hidden - 40) ** 2 / 1e3 + noise
>>> space = {"learning_rate": log_uniform(1e-4, 1), "hidden": integers(10, 100)}
>>> trials = random_search(objective, space, 20, rng=np.random.default_rng(0))
>>> best(trials)
Trial 18: -0.138 for learning_rate=0.1601, hidden=50

Any `concurrent.futures.Executor` runs the trials on more cores or, with Dask's
``Client("tcp://scheduler:8786").get_executor()``, on more machines. (Chapter 6c starts
such a cluster.) The results are the same, number for number (to the last digit on
processors of one kind)::

    with ProcessPoolExecutor(4) as executor:
        trials = random_search(objective, space, 20, rng=rng, executor=executor)

Put the objective into a file that the processes can import. (Dask can also send one
that was defined in a notebook.) Set ``OPENBLAS_NUM_THREADS=1`` in the environment, or
the processes compete for the cores.
"""

import copy
import json
import math
import os
import sys
import time
import warnings
from concurrent.futures import BrokenExecutor, CancelledError, Executor, as_completed
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field
from itertools import product
from numbers import Integral, Real
from pathlib import Path
from pickle import PicklingError

import numpy as np
from tqdm import tqdm

from dlscratch.checks import generator, whole


class Distribution:
    """What a random search draws a hyper-parameter from; see `log_uniform`."""

    def __init__(self, text, draw):
        self.text = text
        self.draw = draw  # takes a Generator

    def __repr__(self):
        """Return how it was made."""
        return self.text


def uniform(low, high):
    """Draw any number from ``low`` to ``high``, all equally likely."""
    text = _range("uniform", low, high)
    return Distribution(text, lambda rng: float(rng.uniform(low, high)))


def log_uniform(low, high):
    """Draw a number whose logarithm is uniform; ``0 < low < high``.

    Each factor of ten is equally likely, which suits learning rates and weight decay.
    """
    text = _range("log_uniform", low, high, above=0)
    logs = math.log(low), math.log(high)
    return Distribution(text, lambda rng: math.exp(rng.uniform(*logs)))


def integers(low, high):
    """Draw a whole number from ``low`` to ``high - 1``, as `range` counts."""
    if not isinstance(low, Integral) or not isinstance(high, Integral):
        raise TypeError(f"integers: expected whole numbers, got {low!r} and {high!r}")
    text = _range("integers", low, high)
    if low < -(2**63) or high > 2**63:
        raise ValueError(f"integers: expected numbers of at most 64 bits, got {text}")
    return Distribution(text, lambda rng: int(rng.integers(low, high)))


def choice(values):
    """Draw one of ``values``, all equally likely."""
    values = _listed("choice", values)
    text = f"choice({_exactly(values)})"
    return Distribution(text, lambda rng: values[rng.integers(len(values))])


def log_grid(low, high, n):
    """Return ``n`` numbers from ``low`` to ``high``, each a constant factor apart.

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
    _range("log_grid", low, high, above=0)
    return np.geomspace(low, high, whole(n, "log_grid", "n", 2))


def _range(name, low, high, above=-math.inf):
    """Check a range, and return the text that makes it."""
    text = f"{name}({low}, {high})"
    if not isinstance(low, Real) or not isinstance(high, Real):
        raise TypeError(f"{name}: expected two numbers, got {low!r} and {high!r}")
    if not above < low < high < math.inf:
        expected = "low < high" if above < 0 else f"{above} < low < high"
        raise ValueError(f"{name}: expected {expected}, got {low} and {high}")
    if high - low > sys.float_info.max:
        raise ValueError(f"{name}: expected a range that a float can hold, got {text}")
    return text


def _listed(name, values):
    """Return the values as a list, with Python's own numbers for NumPy's."""
    if isinstance(values, str) or not np.iterable(values):
        raise TypeError(f"{name}: expected a list of values, got {values!r}")
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    if not values:
        raise ValueError(f"{name}: expected at least one value, got none")
    return values


@dataclass(repr=False)
class Trial:
    """One call of the objective, and what came of it.

    Trials that differ in nothing but their seconds are equal.
    """

    number: int  # 0, 1, 2, … in the order of the search
    parameters: dict
    value: float | None  # what the objective returned; None if the trial failed
    error: str | None  # why it failed
    seconds: float | None = field(default=None, compare=False)  # if known

    def __repr__(self):
        """Return a line that says what was tried and what came of it."""
        tried = ", ".join(f"{k}={_short(v)}" for k, v in self.parameters.items())
        if self.error:
            return f"Trial {self.number}: failed for {tried}: {self.error}"
        return f"Trial {self.number}: {_short(self.value)} for {tried}"


def best(trials):
    """Return the trial with the highest value, the first of them if there are ties.

    Raises
    ------
    ValueError
        If no trial succeeded.
    """
    if not np.iterable(trials):
        raise TypeError(f"best: expected a list of trials, got {trials!r}")
    trials = list(trials)
    finished = [trial for trial in trials if trial.value is not None]
    if not finished:
        first = f"; {trials[0]!r}" if trials else ""
        raise ValueError(f"best: none of the {len(trials)} trials succeeded{first}")
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
    space : dict of str to Distribution
        For each hyper-parameter `log_uniform`, `uniform`, `integers` or `choice`.
    n_trials : int
        A longer search begins with the trials of a shorter one.
    rng : numpy.random.Generator
        Seeds the search. Each trial has a generator of its own, so that its result
        does not depend on who runs it, or when.
    executor : concurrent.futures.Executor, optional
        Runs the trials. Without it they run here, one by one. A Dask cluster that
        loses a worker runs its trials elsewhere. (A trial that takes four workers down
        with it is recorded as failed.) A process pool that loses a process is broken:
        a warning is given, and the trials that are left run here.
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

    References
    ----------
    J. Bergstra and Y. Bengio (2012). Random search for hyper-parameter optimization.
    Journal of Machine Learning Research 13, 281-305.
    """
    _check("random_search", objective, space, rng, executor)
    for name, values in space.items():
        if not isinstance(values, Distribution):
            raise TypeError(
                "random_search: expected a distribution such as log_uniform(1e-4, 1) "
                f"for {name}, got {values!r}"
            )
    if not isinstance(n_trials, Integral) or n_trials < 1:
        raise ValueError(f"random_search: expected n_trials >= 1, got {n_trials!r}")
    seed = int(rng.integers(2**63))
    draws = np.random.default_rng(seed)
    tried = [{k: v.draw(draws) for k, v in space.items()} for _ in range(n_trials)]
    texts = {name: values.text for name, values in space.items()}
    head = {"search": "random", "space": texts, "seed": seed}
    return _search(objective, tried, head, executor, path, progress)


def grid_search(objective, grid, *, rng, executor=None, path=None, progress=True):
    """Try every combination of the given hyper-parameters.

    Parameters
    ----------
    grid : dict of str to sequence
        The values of each hyper-parameter, for example a `log_grid`. The last one
        changes fastest.
    objective, rng, executor, path, progress
        As for `random_search`, and so are the result and the errors.

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
    grid = {name: _listed(f"grid_search, {name}", grid[name]) for name in grid}
    tried = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    texts = {name: _exactly(values) for name, values in grid.items()}
    head = {"search": "grid", "space": texts, "seed": int(rng.integers(2**63))}
    return _search(objective, tried, head, executor, path, progress)


def _check(name, objective, space, rng, executor):
    """Raise an error unless what both searches take is of the right kind."""
    if not callable(objective):
        raise TypeError(f"{name}: expected a function as objective, got {objective!r}")
    if not isinstance(space, dict) or not space:
        raise TypeError(f"{name}: expected a dict of hyper-parameters, got {space!r}")
    if "rng" in space:
        raise ValueError(f"{name}: rng is the trial's generator; rename the parameter")
    generator(rng, name)
    if not isinstance(executor, Executor | None):
        raise TypeError(
            f"{name}: expected a concurrent.futures.Executor, such as "
            f"ProcessPoolExecutor(2) or Client(...).get_executor(), got {executor!r}"
        )


def _search(objective, parameters, head, executor, path, progress):
    """Run the trials that the file does not hold yet; return all."""
    if path is not None and (Path(path).is_dir() or not Path(path).parent.is_dir()):
        raise FileNotFoundError(
            f"search: expected a file's path, in a folder that exists, got {path}"
        )
    if path is not None and "<lambda>" in str(head["space"]):
        raise ValueError(
            "search: expected values that a file can tell apart, got a lambda; define "
            "it with def and a name"
        )
    with nullcontext() if path is None else open(path, "a+b") as file:
        trials = _load(file, head, parameters) if file else {}
        left = {i: p for i, p in enumerate(parameters) if i not in trials}
        counts = {"total": len(parameters), "initial": len(trials), "unit": " trials"}
        hide = None if progress else True  # None hides it where there is no terminal
        with (
            tqdm(**counts, disable=hide, leave=False) as bar,
            closing(_run_all(objective, head["seed"], left, executor)) as finished,
        ):
            for trial in finished:
                trials[trial.number] = trial
                if file:
                    _write(file, asdict(trial))
                values = [t.value for t in trials.values() if t.value is not None]
                if values:
                    failed = len(trials) - len(values)
                    bar.set_postfix(best=_short(max(values)), failed=failed)
                bar.update()
    return [trials[i] for i in range(len(parameters))]


def _run(objective, seed, number, parameters):
    """Run one trial, in whatever process."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    value, error = None, None
    start = time.perf_counter()
    try:
        result = objective(rng=rng, **copy.deepcopy(parameters))  # it may change them
        if not isinstance(result, Real):
            raise TypeError(f"expected a number from the objective, got {result!r}")
        if not math.isfinite(result):
            raise FloatingPointError(f"the objective returned {result}")
        value = float(result)
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Trial(number, parameters, value, error, time.perf_counter() - start)


def _run_all(objective, seed, left, executor):
    """Run the trials that are left, and yield each when it is finished."""
    futures, broken = {}, None
    try:
        for number, parameters in left.items() if executor else ():
            try:
                future = executor.submit(_run, objective, seed, number, parameters)
            except BrokenExecutor as error:
                broken = error
                break
            except RuntimeError as error:
                raise ValueError(
                    f"search: expected an open executor, got {executor!r} ({error})"
                ) from None
            futures[future] = number
        for future in as_completed(futures):
            number = futures[future]
            error = CancelledError() if future.cancelled() else future.exception()
            if isinstance(error, BrokenExecutor | CancelledError):
                broken = error
                continue
            if type(error).__name__ == "KilledWorker":  # all whom Dask gave it to died
                trial = Trial(number, left[number], None, f"KilledWorker: {error}")
                error.with_traceback(None)  # Dask keeps it, and so all it refers to
            elif isinstance(error, PicklingError | AttributeError | TypeError):
                raise TypeError(
                    "search: expected an objective and values that another process can "
                    f"be sent ({error}); put the objective into a file, with a name"
                ) from None
            else:
                trial = future.result()
            del left[number]
            yield trial
    finally:
        for future in futures:
            future.cancel()
    if broken:
        warnings.warn(
            f"search: the executor lost {len(left)} trials, which now run here. Its "
            f"error: {broken!r}. A process pool breaks when one of its processes is "
            "killed or cannot import the objective.",
            RuntimeWarning,
            stacklevel=4,
        )
    for number, parameters in left.items():
        yield _run(objective, seed, number, parameters)


def _load(file, head, parameters):
    """Return the trials that a file holds, and make it ready for more."""

    def wrong(what):
        return ValueError(f"search: {file.name} {what}; take another path")

    file.seek(0)
    data = file.read()
    if _line(head).startswith(data):  # no trial yet
        file.truncate(0)
        _write(file, head)
        return {}
    complete = data[: data.rfind(b"\n") + 1]  # without a line that was cut short
    try:
        found, *records = map(json.loads, complete.splitlines())
        trials = [Trial(**record) for record in records]
        differences = [name for name in head if found[name] != head[name]]
    except (ValueError, TypeError, KeyError):
        raise wrong("does not hold the results of a search") from None
    for name in differences:
        raise wrong(
            f"holds the results of another search, whose {name} is {found[name]} "
            f"and not {head[name]}"
        )
    trials = {t.number: t for t in trials if t.number < len(parameters)}
    for i, trial in trials.items():
        if trial.parameters != json.loads(_line(parameters[i])):
            raise wrong(
                "was written with another version of NumPy, which drew "
                f"{trial.parameters} and not {parameters[i]}"
            )
        trial.parameters = parameters[i]
    file.truncate(len(complete))
    return trials


def _line(record):
    return json.dumps(record, default=_exactly).encode() + b"\n"


def _write(file, record):
    """Add a line to a file, and see it onto the disk."""
    file.write(_line(record))
    file.flush()
    os.fsync(file.fileno())


def _exactly(value):
    """Name a value, with all numbers of an array and all their digits."""
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):
        return _name(value)


def _name(value):
    if isinstance(value, list):
        return f"[{', '.join(map(_name, value))}]"
    return getattr(value, "__name__", None) or repr(value)


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else _name(value)
