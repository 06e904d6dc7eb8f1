"""The machine behind `check`: run an answer safely, compare it from the outside in."""

import contextlib
import copy
import dis
import inspect
import io
import linecache
import os
import re
import signal
import threading
import traceback
import warnings
from dataclasses import dataclass

import numpy as np

# From the outside in: the first stage that fails is the one that is told.
STAGES = [
    "not started",
    "answer",  # not the kind of thing that was asked for
    "raised",
    "nothing",
    "type",
    "shape",
    "dtype",
    "batch",
    "overflow",
    "changed",  # its input
    "values",
]
GROUPS = ("cases", "batch", "overflow")  # of inputs, as in `Exercise`
UNFINISHED = (
    "not started",
    "Not started yet: replace the `...` with your code, then run this cell again.",
)
_NOT_THEIRS = tuple(
    os.path.dirname(os.path.abspath(path)) + os.sep
    for path in (
        os.__file__,
        np.__path__[0],
        os.path.dirname(os.path.abspath(__file__)),
    )
)


def diagnose(ex, answer):
    """Return the stage at which an answer fails, or "passed", and what to say."""
    problem = _wrong_kind(ex, answer)
    if problem:
        return problem
    runs = _all_runs(ex, answer)
    problem, batch, extreme = (_outermost(ex, runs, group) for group in GROUPS)
    late = ("overflow", "changed")
    if batch and (not problem or problem[0] in late):
        if batch[0] not in late:
            batch = "batch", f"Right for one row, but wrong for a batch.\n{batch[1]}"
        extreme = min(filter(None, [batch, extreme]), key=_rank)
    problem = min(filter(None, [problem, extreme]), key=_rank, default=None)
    if not problem and ex.verify:
        run = _run(ex, (), ex.verify, answer)
        problem = _stopped(ex, run, ex.name)
        problem = problem or (run.value is not None and ("values", str(run.value)))
    if not problem:
        return "passed", f"That is right. Checked: {_checked(ex)}. {ex.after}".rstrip()
    stage, text = problem
    if stage == "not started":
        return problem
    known = (m.text for m in ex.mistakes if _behaves_alike(ex, runs, m.wrong))
    text = "\n".join([text, *known][:2])
    printed = [run.printed.strip() for _, _, run in runs if run.printed.strip()]
    if printed and stage != "nothing":
        text += f"\nYour code printed: {printed[0].splitlines()[0][:60]}"
    return stage, text


def _rank(problem):
    return STAGES.index(problem[0])


def _checked(ex):
    """Return in a few words what a passed check looked at."""
    n = len(ex.inputs("cases"))
    parts = [f"{n} input{'s' * (n > 1)}"] if ex.cases else []
    parts += ["a whole batch"] * bool(ex.batch) + ["extreme values"] * bool(ex.overflow)
    return ", ".join(parts + ["its properties"] * bool(ex.verify)) or "your answer"


# ---------------------------------------------------------------- before running


def _wrong_kind(ex, answer):
    """Return the problem of an answer that cannot even be tried, or None."""
    ours, is_class = ex.reference, inspect.isclass(ex.reference)
    if answer is None or _has_ellipsis(answer):
        return UNFINISHED
    if not callable(ours):
        problems = _compare(ex, ours, answer, ex.name)
        problems = (p for p in problems if p[0] in ("type", "shape"))
        return min(problems, key=_rank, default=None)
    if not (inspect.isclass(answer) if is_class else callable(answer)):
        text = f"You handed in {_what(answer)}, but {ex.name} itself is wanted: "
        text += f'check("{ex.key}", {ex.name}), without parentheses after {ex.name}.'
        return "answer", text
    bodies = vars(answer) if is_class else {ex.name: answer}
    bodies = {name: f for name, f in bodies.items() if inspect.isfunction(f)}
    empty = [name for name, f in bodies.items() if _is_untouched(f)]
    if empty and set(bodies) - set(empty) <= {"__init__"}:
        return UNFINISHED
    if empty:
        return "nothing", f"The method `{empty[0]}` is still empty."
    return None if is_class else _wrong_parameters(ex, answer)


def _wrong_parameters(ex, answer):
    """Return the problem of a function that cannot take the arguments, or None."""
    try:
        signature = inspect.signature(answer)
        wanted = inspect.signature(ex.reference).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return None
    wanted = [p.name for p in wanted if p.default is p.empty and p.kind < 2]
    have = list(signature.parameters)
    try:
        signature.bind(*wanted)
    except TypeError:
        text = f"Your {ex.name} takes {len(have)} parameter{'s' * (len(have) != 1)} "
        text += f"({', '.join(have)}), expected {len(wanted)}: "
        return "answer", f"{text}{ex.name}({', '.join(wanted)})."
    return None


def _is_untouched(function):
    """Tell whether a function's body is only ``...``, ``pass`` or a docstring."""
    code = list(dis.get_instructions(function))
    names = {i.opname for i in code} - {"RESUME", "NOP", "CACHE"}
    returns_none = all(i.argval in (None, ...) for i in code if "CONST" in i.opname)
    return names <= {"LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"} and returns_none


def _has_ellipsis(value):
    if isinstance(value, dict):
        value = list(value.values())
    return value is ... or (
        isinstance(value, list | tuple) and any(map(_has_ellipsis, value))
    )


# ---------------------------------------------------------------- running


@dataclass
class _Run:
    """One call of an answer: what it gave, and what else happened."""

    case: tuple
    value: object = None
    error: BaseException | None = None
    warned: str = ""
    printed: str = ""
    changed: tuple = ()


class _TimeUp(BaseException):
    """Raised in the reader's code when its time is over; no ``except`` expects it."""


@contextlib.contextmanager
def _time_limit(seconds):
    """Raise `_TimeUp` after some seconds, where the system can (not in a thread)."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (in_main_thread and hasattr(signal, "setitimer")):
        yield
        return

    def stop(signum, frame):
        raise _TimeUp

    handler = signal.signal(signal.SIGALRM, stop)
    # It rings every second from then on, for code that swallows the first exception.
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def _run(ex, case, function, *start):
    """Call ``function(*start, *case)`` on a copy of the case; let nothing escape."""
    run, args, out = _Run(case), copy.deepcopy(case), io.StringIO()
    caught = []
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            np.errstate(over="warn", divide="warn", invalid="warn", under="ignore"),
            warnings.catch_warnings(record=True) as caught,
            _time_limit(ex.time_limit),
        ):
            warnings.simplefilter("always")
            run.value = function(*start, *args)
    except (Exception, SystemExit, _TimeUp) as error:
        run.error = error
    warned = [str(w.message) for w in caught if w.category is RuntimeWarning]
    # Some BLAS libraries warn in a correct matrix product, so do not trust those.
    run.warned = next((text for text in warned if "matmul" not in text), "")
    run.changed = tuple(i for i, a in enumerate(args) if not _unchanged(case[i], a))
    run.printed = out.getvalue()
    return run


def _all_runs(ex, answer):
    """Run both on all inputs: a list of (group, the reference's run, theirs)."""
    runs = []
    for group in GROUPS:
        for case in ex.inputs(group):
            ours, theirs = (_run_one(ex, case, who) for who in (ex.reference, answer))
            runs.append((group, ours, theirs))
            if isinstance(theirs.error, _TimeUp):
                return runs
    return runs


def _run_one(ex, case, answer):
    if ex.use:
        return _run(ex, case, ex.use, answer)
    return _run(ex, case, answer) if callable(ex.reference) else _Run(case, answer)


def _behaves_alike(ex, runs, wrong):
    """Tell whether an answer did on every input what a known wrong one does."""
    known = [theirs for _, _, theirs in _all_runs(ex, wrong)]
    return len(runs) == len(known) > 0 and all(
        _effects(a) == _effects(b)
        and not any(_compare(ex, b.value, a.value, "", always=True))
        for (_, _, a), b in zip(runs, known, strict=True)
    )


def _effects(run):
    return repr(run.error), bool(run.warned), run.changed


def _unchanged(before, after):
    """Tell whether a call left its argument as it was."""
    if isinstance(before, np.ndarray):
        same = (before.shape, before.dtype) == (after.shape, after.dtype)
        return same and before.tobytes() == after.tobytes()
    if isinstance(before, dict):
        before, after = list(before.items()), list(after.items())
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    plain = isinstance(before, bool | int | float | str)
    return not plain or repr(before) == repr(after)


# ---------------------------------------------------------------- telling


def _outermost(ex, runs, group):
    """Return the outermost problem of a group of inputs, or None."""
    runs = [(ours, theirs) for name, ours, theirs in runs if name == group]
    problems = (p for ours, theirs in runs for p in _problems(ex, ours, theirs))
    return min(problems, key=_rank, default=None)


def _problems(ex, ours, theirs):
    """Yield what is wrong with one run, as pairs of stage and text."""
    label, returned_none = _label(ex, theirs.case), theirs.value is None
    if theirs.error:
        yield _stopped(ex, theirs, label)
    elif _has_ellipsis(theirs.value):
        yield UNFINISHED
    elif returned_none and ours.value is not None and theirs.printed:
        text = (
            f"{label} printed its result but returned nothing. `print` shows a value "
        )
        yield "nothing", text + "to you; `return` hands it to the caller."
    elif returned_none and ours.value is not None:
        yield "nothing", f"{label} returned nothing: did you forget `return`?"
    else:
        if theirs.warned and not ours.warned:
            yield "overflow", f"{label} made NumPy warn: {theirs.warned}."
        for i in set(theirs.changed) - set(ours.changed):
            name = _argument_names(ex, theirs.case)[i]
            text = (
                f"{ex.name} changes its input `{name}`, which belongs to the caller. "
            )
            yield "changed", text + "Work on a new array, or on a copy."
        yield from _compare(ex, ours.value, theirs.value, label)


def _argument_names(ex, case):
    names = list(inspect.signature(ex.use or ex.reference).parameters)
    names = names[1:] if ex.use else names
    return (names + names[-1:] * len(case))[: len(case)]


def _label(ex, case):
    """Return how a message names one call."""
    if not case:
        return ex.name
    if not ex.use:
        return f"{ex.name}({', '.join(map(_show, case))})"
    pairs = zip(_argument_names(ex, case), case, strict=True)
    return f"{ex.name} with " + ", ".join(f"{n} = {_show(v)}" for n, v in pairs)


def _stopped(ex, run, label):
    """Return the problem of a run that raised an exception, or None."""
    error = run.error
    if error is None:
        return None
    if isinstance(error, NotImplementedError) or "ellipsis" in str(error):
        return UNFINISHED
    if "NoneType" in str(error) and _raised_by(error, ex.use):
        return "nothing", f"{label} got nothing back: did you forget `return`?"
    if isinstance(error, _TimeUp):
        limit = f"{ex.time_limit:g} seconds"
        text = f"{label} did not finish within {limit}: is there a loop without an end?"
    elif isinstance(error, SystemExit):
        text = f"{label} tried to end the whole program: use `return`, not `exit`."
    elif isinstance(error, RecursionError):
        text = (
            f"{label} called itself again and again (RecursionError): it never stops."
        )
    else:
        message = re.sub(r" at 0x\w+", "", str(error)).partition("\n")[0].rstrip(".")
        text = f"{label} raised {type(error).__name__}: {message}."
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if not os.path.abspath(frame.filename).startswith(_NOT_THEIRS):
                line = linecache.getline(frame.filename, frame.lineno).strip()
                text += f"\n  line {frame.lineno}: {line}"
                break
    return "overflow" if isinstance(error, OverflowError) else "raised", text


def _raised_by(error, function):
    """Tell whether an exception comes from the code of this very function."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1].f_code is getattr(function, "__code__", None)


# ---------------------------------------------------------------- comparing


def _compare(ex, expected, got, label, always=False):
    """Yield the problems of one value; ``always`` ignores that rtol may be None."""
    if not callable(ex.reference):  # a value: any container of numbers will do
        if isinstance(expected, tuple) and isinstance(got, np.ndarray) and got.ndim:
            got = tuple(got)
        elif isinstance(expected, np.ndarray) and isinstance(got, list | tuple):
            with contextlib.suppress(ValueError):  # rows of different lengths
                got = np.array(got)
    if isinstance(expected, dict | tuple | list):
        named = isinstance(expected, dict)
        kind = dict if named else tuple | list
        if not isinstance(got, kind) or len(got) != len(expected):
            yield "type", f"{label} is {_what(got)}, expected {_what(expected)}."
        elif named and got.keys() != expected.keys():
            yield (
                "type",
                f"{label} has the keys {list(got)}, expected {list(expected)}.",
            )
        else:
            for k, i in enumerate(expected):
                where = i if named else f"value {k + 1} of {len(expected)}"
                ours, theirs = (expected[i], got[i]) if named else (i, got[k])
                part = f"{label.removesuffix(',')}, {where},"
                wrong = [*_compare(ex, ours, theirs, part, always)]
                if not named:
                    yield from wrong
                elif wrong:  # the parts after this one may be wrong because of it
                    before = ", ".join(map(str, list(expected)[:k]))
                    right = f"\nRight so far: {before}." if before else ""
                    yield from ((stage, text + right) for stage, text in wrong)
                    return
    elif isinstance(expected, np.ndarray | np.generic | int | float):
        yield from _compare_numbers(ex, expected, got, label, always)
    elif not isinstance(got, type(expected)):
        yield "type", f"{label} is {_what(got)}, expected {_what(expected)}."
    elif isinstance(expected, str) and got.strip().lower() != expected.lower():
        yield _wrong_value(ex, label, expected, got)


def _compare_numbers(ex, expected, got, label, always):
    """Yield the problems of a number or an array."""
    want, have = np.asarray(expected), np.array(None)
    if isinstance(got, np.ndarray | np.generic | int | float):
        have = np.asarray(got)
    text = f"{label} is {_what(got)}, expected {_what(expected)}"
    if have.dtype.kind not in "biuf":
        make = " `np.array(...)` makes an array from a list."
        yield "type", f"{text}.{make * (isinstance(got, list) and want.ndim > 0)}"
        return
    if want.shape != have.shape:
        yield "shape", text + _shape_hint(want.shape, have.shape)
        return
    lost = np.isfinite(want) & ~np.isfinite(have)
    if lost.any():
        yield (
            "overflow",
            f"{label} holds {_show(have[lost][0])}: a number went too far.",
        )
    tolerance = 1e-6 if ex.rtol is None else ex.rtol
    close = np.isclose(have, want, tolerance, ex.atol, equal_nan=True)
    types = [getattr(v, "dtype", type(v).__name__) for v in (got, expected)]
    cut = want.dtype.kind == "f" and have.dtype.kind in "biu" and not close.all()
    if cut and np.all((have == np.trunc(want)) | (have == np.rint(want))):
        yield (
            "dtype",
            (f"{label} holds whole numbers ({types[0]}): the decimals were cut off."),
        )
    elif ex.strict_dtype and types[0] != types[1]:
        yield "dtype", f"{label} has dtype {types[0]}, expected {types[1]}."
    if not close.all() and (always or ex.rtol is not None):
        i = tuple(int(i) for i in np.argwhere(~close)[0])
        where = f" The first wrong entry is {list(i)}." if i else ""
        yield _wrong_value(ex, label, want[i], have[i], where)


def _wrong_value(ex, label, expected, got, where=""):
    """Return the problem of a value; a plain value is not given away."""
    hidden = not (ex.use or callable(ex.reference))
    lines = [f"{label} is not right.{where}"]
    lines += [] if hidden else [f"  expected: {_show(expected)}"]
    return "values", "\n".join([*lines, f"  yours:    {_show(got)}"])


def _shape_hint(want, have):
    """Return the likely reason of a wrong shape, as the end of a sentence."""
    if len(want) > 1 and have == want[::-1]:
        return ": it is transposed."
    for i, length in enumerate(want):
        if have == want[:i] + want[i + 1 :]:
            return f": axis {i} (of length {length}) is missing."
    for i, length in enumerate(have):
        if want == have[:i] + have[i + 1 :]:
            return f": axis {i} (of length {length}) is too many."
    if len(want) == len(have):
        i = next(i for i in range(len(want)) if want[i] != have[i])
        return f": axis {i} has length {have[i]} instead of {want[i]}."
    return "."


def _what(value):
    """Return what kind of thing a value is, in words."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, bool | int | float | np.generic | np.ndarray):
        return "one number"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of length {len(value)}"
    if value is None or isinstance(value, str):
        return "None" if value is None else "a text"
    kind = "class" if inspect.isclass(value) else "function"
    name = getattr(value, "__name__", None)
    return f"the {kind} {name}" if name else f"an object of type {type(value).__name__}"


def _show(value):
    """Return a short text of a value that is the same on every computer."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist() if value.size <= 12 else f"array of shape {value.shape}"
    if isinstance(value, list | tuple) and len(value) <= 12:
        inner = ", ".join(map(_show, value))
        comma = "," * (len(value) == 1)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{comma})"
    if isinstance(value, float):
        return f"{0.0 if abs(value) < 1e-12 else value:.6g}"
    if isinstance(value, bool | int | str | None):
        return str(value)
    return getattr(value, "__name__", None) or _what(value)
