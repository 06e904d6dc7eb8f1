"""The machine behind `check`: run an answer safely, and tell what is wrong."""

import bisect
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
from dataclasses import dataclass, field

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
    "Not started yet: replace the `...` with your code, then run this cell "
    "again.",
)
HALF_FINISHED = (
    "not started",
    "Not finished: there is still a `...` in it. Replace it, then run this "
    "cell again.",
)
STILL_THE_BUG = (
    "not started",
    "Not started yet: this is still the code with the bug. Find the bug, "
    "change the code, run it, and check again.",
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
    """Return the stage that an answer fails, or "passed", and what to say."""
    problem = _wrong_kind(ex, answer)
    if problem:
        return problem
    runs = _all_runs(ex, answer)
    problem, batch, extreme = (_outermost(ex, runs, group) for group in GROUPS)
    late = ("overflow", "changed")
    if batch and (not problem or problem[0] in late):
        if batch[0] not in late:
            right = not problem or problem[0] == "changed"
            text = "Right for one row, but wrong for a batch.\n" * right
            batch = "batch", text + batch[1]
        extreme = min(filter(None, [batch, extreme]), key=_rank)
    problem = min(filter(None, [problem, extreme]), key=_rank, default=None)
    problem = problem or _another_time(ex, runs, answer)
    problem = problem or _forbidden(ex, answer)
    if not problem and ex.verify:
        run = _run(ex, (), answer, ex.verify)
        problem = _stopped(ex, run, _Subject(_code_name(ex.name)))
        if not problem and run.value is not None:
            problem = "values", str(run.value)
    if not problem:
        text = f"That is right. Checked: {_checked(ex)}. {ex.after}"
        return "passed", text.rstrip()
    stage, text = problem
    if stage == "not started":
        return problem
    known = (m.text for m in ex.mistakes if _behaves_alike(ex, runs, m))
    text = "\n".join([text, *known][:2])
    printed = [run.printed.strip() for _, _, run in runs if run.printed.strip()]
    if printed and stage != "nothing":
        text += f"\nYour code printed: {_code(printed[0].splitlines()[0][:60])}"
    return stage, text


def _rank(problem):
    return STAGES.index(problem[0])


def _checked(ex):
    """Return in a few words what a passed check looked at."""
    n = len(ex.inputs("cases"))
    parts = [f"{n} input{'s' * (n > 1)}"] if ex.cases else []
    parts += ["a whole batch"] * bool(ex.batch)
    parts += ["extreme values"] * bool(ex.overflow)
    parts += ["its properties"] * bool(ex.verify)
    return ", ".join(parts) or "your answer"


# --------------------------------------------------------------- before running


def _wrong_kind(ex, answer):
    """Return the problem of an answer that cannot even be tried, or None."""
    ours, is_class = ex.reference, inspect.isclass(ex.reference)
    if answer is None or _unfinished(answer):
        return _unfinished(answer) or UNFINISHED
    if not callable(ours):
        subject = _Subject(_code_name(ex.name))
        problems = _compare(ex, ours, answer, subject)
        problems = (p for p in problems if p[0] in ("type", "shape"))
        return min(problems, key=_rank, default=None)
    if not (inspect.isclass(answer) if is_class else callable(answer)):
        text = f"You handed in {_what(answer)}, but `{ex.name}` itself is "
        text += f"wanted: {_code(ex.call)}, without parentheses after "
        text += f"`{ex.name}`."
        return "answer", text
    if ex.start and _instructions(answer) == _instructions(ex.start):
        return STILL_THE_BUG
    bodies = _functions(answer)
    empty = [name for name, f in bodies.items() if _is_untouched(f)]
    if is_class and "__init__" not in vars(ours):  # may have nothing to do
        empty = [name for name in empty if name != "__init__"]
    if empty and set(bodies) - set(empty) <= {"__init__"}:
        return UNFINISHED
    if empty == ["__init__"]:
        values = [k for k in vars(answer) if k[0] != "_" and k not in bodies]
        empty = [] if values else empty  # what it would set, the class has
    if empty:
        return "nothing", f"The method `{empty[0]}` is still empty."
    names = [name for f in bodies.values() for name in _globals(f.__code__)]
    for name in (name for name in names if name in ("exit", "quit")):
        text = f"`{ex.name}` uses `{name}`, which ends the whole program: use "
        return "raised", text + "`return` instead."
    return None if is_class else _wrong_parameters(ex, answer)


def _forbidden(ex, answer):
    """Return the problem of right numbers by forbidden means, or None."""
    if "numpy" in ex.without and _of_numpy(answer):
        text = f"Its numbers are right, but {_what(answer)} is NumPy's own"
        return "values", f"{text}: find a way without."
    for f in _functions(answer).values() if ex.without else ():
        used = set(_used(f.__code__))
        for means in ex.without:
            names = {means}
            if means == "loops":
                names = {"a loop", "map", "reduce", "vectorize", f.__name__}
                names |= {"apply_along_axis", "frompyfunc", "nditer"}
            elif means == "numpy":
                names = {n for n, v in f.__globals__.items() if _of_numpy(v)}
            if found := sorted(used & names):
                what = found[0] if "a loop" in found else _code(found[0])
                text = f"Its numbers are right, but {_code_name(ex.name)} uses "
                return "values", f"{text}{what}: find a way without."
    return None


def _of_numpy(value):
    return value is np or getattr(value, "__module__", None) == "numpy"


def _used(code):
    """Yield the names and attributes in code, and "a loop" for a loop."""
    for i in dis.get_instructions(code):
        if i.opname == "FOR_ITER" or "JUMP_BACKWARD" in i.opname:
            yield "a loop"
        elif re.fullmatch("LOAD_(GLOBAL|NAME|DEREF|ATTR|METHOD)", i.opname):
            yield i.argval
        elif inspect.iscode(i.argval):
            yield from _used(i.argval)


def _wrong_parameters(ex, answer):
    """Return the problem of a function with the wrong parameters, or None."""
    try:
        signature = inspect.signature(answer)
        wanted = inspect.signature(ex.reference).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return None
    wanted = [p for p in wanted if p.kind < 2]
    needed = [p.name for p in wanted if p.default is p.empty]
    have = list(signature.parameters)
    try:
        signature.bind(*needed)
    except TypeError:
        s, others = "s" * (len(have) != 1), len(wanted) - len(needed)
        text = f"Your `{ex.name}` takes {len(have)} parameter{s} "
        text += f"({_code(', '.join(have))}), expected {len(needed)}"
        text += f" and {others} with a default" * bool(others)
        return "answer", f"{text}: `{ex.name}({', '.join(map(str, wanted))})`."
    return None


def _functions(answer):
    """Return the functions of an answer: the methods of a class, or itself."""
    bodies = vars(answer) if inspect.isclass(answer) else {"": answer}
    return {name: f for name, f in bodies.items() if inspect.isfunction(f)}


def _instructions(answer):
    """Return what the code does, without its line numbers and docstrings.

    Parameters
    ----------
    answer : function, class or code object
        Of a class each method counts.

    Returns
    -------
    dict or list
        Equal for equal code.
    """
    if not inspect.iscode(answer):
        functions = _functions(answer).items()
        return {name: _instructions(f.__code__) for name, f in functions}
    # Where `np` is imported in the same file, Python compiles `np.exp(x)` as
    # the call of a function; in a cell of its own, as that of a method.
    skip = ("PUSH_NULL", "EXTENDED_ARG")
    found = [i for i in dis.get_instructions(answer) if i.opname not in skip]
    places = [i.offset for i in found]

    def argument(instruction):
        value = instruction.argval
        if instruction.opcode in (*dis.hasjrel, *dis.hasjabs):
            return bisect.bisect_left(places, value)
        return _instructions(value) if inspect.iscode(value) else repr(value)

    return [(i.opname.replace("METHOD", "ATTR"), argument(i)) for i in found]


def _globals(code):
    """Yield the global names that code looks up, also in functions inside."""
    for i in dis.get_instructions(code):
        if i.opname == "LOAD_GLOBAL":
            yield i.argval
        elif inspect.iscode(i.argval):
            yield from _globals(i.argval)


def _is_untouched(function):
    """Tell whether a function's body is only ``...``, ``pass`` or a text."""
    code = list(dis.get_instructions(function))
    names = {i.opname for i in code} - {"RESUME", "NOP", "CACHE"}
    constants = [i.argval for i in code if "CONST" in i.opname]
    returns = {"LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return names <= returns and all(c in (None, ...) for c in constants)


def _unfinished(value):
    """Return the problem of a value with a `...` in it, or None."""
    dots = [leaf is ... for leaf in _leaves(value)]
    if any(dots):
        return UNFINISHED if all(dots) else HALF_FINISHED
    return None


def _leaves(value):
    """Yield what lists, tuples and dictionaries hold, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


# ---------------------------------------------------------------------- running


@dataclass
class _Run:
    """One call of an answer: what it gave, and what else happened."""

    case: tuple
    value: object = None
    error: BaseException | None = None
    warned: str = ""
    printed: str = ""
    changed: tuple = ()
    depth: int = 0  # of calls that are not over
    calls: list = field(default_factory=list)  # and what each gave
    raised: BaseException | None = None  # inside a call

    def note(self, function, name, of=""):
        """Return a function that calls another one, and notes what it gave."""

        def call(*args, **options):
            subject = _called(name, args, options, of)
            self.depth += 1
            try:
                value = function(*args, **options)
            except BaseException as error:
                self.raised = error
                raise
            finally:
                self.depth -= 1
            if not self.depth:
                self.calls.append((subject, value))
            return value

        return call

    def note_all(self, ex, answer):
        """Return an answer whose calls, or those of its methods, are noted."""
        if not callable(ex.reference):
            return answer
        if not inspect.isclass(ex.reference):
            return self.note(answer, ex.name)

        def make(*args, **options):
            made = answer(*args, **options)
            of = f" of {_code_name(ex.name)}"
            for name, _ in inspect.getmembers_static(
                answer, inspect.isfunction
            ):
                if not name.startswith("__"):
                    method = self.note(getattr(made, name), name, of)
                    getattr(made, "__dict__", {})[name] = method
            return made

        return make


class Misfit(Exception):
    """Raised by ``use``: says why it cannot work with what the answer gave."""


class _TimeUp(BaseException):
    """Raised in the reader's code when its time is over."""


@contextlib.contextmanager
def _time_limit(seconds):
    """Raise `_TimeUp` after some seconds, where the system can do so."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (in_main_thread and hasattr(signal, "setitimer")):
        yield
        return

    def stop(signum, frame):
        raise _TimeUp

    handler = signal.signal(signal.SIGALRM, stop)
    # It rings every second from then on, for code that swallows the first one.
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def _run(ex, case, answer, use=None):
    """Call ``answer(*case)`` or ``use(answer, *case)``; let nothing escape."""
    run, args, out = _Run(case), copy.deepcopy(case), io.StringIO()
    caught = []
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            np.errstate(all="warn", under="ignore"),
            warnings.catch_warnings(record=True) as caught,
            _time_limit(ex.time_limit),
        ):
            warnings.simplefilter("always")
            noted = run.note_all(ex, answer)
            run.value = use(noted, *args) if use else noted(*args)
    except (Exception, SystemExit, _TimeUp) as error:
        run.error = error
    warned = [str(w.message) for w in caught if w.category is RuntimeWarning]
    # Some BLAS libraries warn in a correct matrix product: do not trust those.
    run.warned = next((text for text in warned if "matmul" not in text), "")
    changed = (i for i, a in enumerate(args) if not _unchanged(case[i], a))
    run.changed = tuple(changed)
    run.printed = out.getvalue()
    return run


def _runs_of(ex, answer):
    """Yield (group, run) for each input, until one takes too long."""
    for group in GROUPS:
        for case in ex.inputs(group):
            run = _run_one(ex, case, answer)
            yield group, run
            if isinstance(run.error, _TimeUp):
                return


def _all_runs(ex, answer):
    """Run both on all inputs: a list of (group, our run, their run)."""
    return [
        (group, _run_one(ex, theirs.case, ex.reference), theirs)
        for group, theirs in _runs_of(ex, answer)
    ]


def _run_one(ex, case, answer):
    if ex.use or callable(ex.reference):
        return _run(ex, case, answer, ex.use)
    return _Run(case, answer)


def _behaves_alike(ex, runs, mistake):
    """Tell whether an answer did on every input what a known wrong one does."""
    if not mistake.runs:
        mistake.runs[:] = [run for _, run in _runs_of(ex, mistake.answer)]
    known = mistake.runs
    return len(runs) == len(known) > 0 and all(
        _effects(a) == _effects(b)
        and not any(_compare(ex, b.value, a.value, _Subject(), always=True))
        for (_, _, a), b in zip(runs, known, strict=True)
    )


def _another_time(ex, runs, answer):
    """Return the problem of what is kept from call to call, or None."""
    first = next((theirs for _, _, theirs in runs if theirs.case), None)
    if first and ex.rtol is not None:
        again = _run_one(ex, first.case, answer)
        same = _effects(first) == _effects(again)
        if not same or any(_compare(ex, first.value, again.value, _Subject())):
            text = _subject(ex, first.case).says("gave another result")
            text += " when it was called again: something is kept between "
            return "values", text + "the calls."
    return None


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


# ---------------------------------------------------------------------- telling


@dataclass(frozen=True)
class _Subject:
    """What a sentence is about, such as "`f(1)`", and with which inputs."""

    name: str = ""
    link: str = " of "  # from a part to the whole
    inputs: str = ""

    def part(self, name):
        """Return a part of it as a subject."""
        return _Subject(f"{name}{self.link}{self.name}", inputs=self.inputs)

    def says(self, predicate):
        """Return a sentence, but for what ends it."""
        return (
            f"{self.name[:1].upper()}{self.name[1:]} {predicate}{self.inputs}"
        )


def _called(name, args, options=None, of=""):
    """Return one call as a subject."""

    def write(most):
        shown = [_show_input(value, most) for value in args]
        for option, value in (options or {}).items():
            shown.append(f"{option}={_show_input(value, most)}")
        return f"{name}({', '.join(shown)})"

    return _Subject(_code(_fitting(write)) + of, " in the result of ")


def _fitting(write):
    """Return what is written with all entries of arrays, or with fewer."""
    texts = [write(most) for most in (12, 6, 3, 1)]
    fitting = (text for text in texts if len(text) <= 80)
    return next(fitting, min(texts, key=len))


def _outermost(ex, runs, group):
    """Return the outermost problem of a group of inputs, or None."""
    runs = [(ours, theirs) for name, ours, theirs in runs if name == group]
    problems = (p for ours, theirs in runs for p in _problems(ex, ours, theirs))
    return min(problems, key=_rank, default=None)


def _problems(ex, ours, theirs):
    """Yield what is wrong with one run, as pairs of stage and text."""
    subject = _subject(ex, theirs.case)
    calls = list(zip(ours.calls, theirs.calls, strict=False))
    silent = [c for (_, a), (c, b) in calls if b is None and a is not None]
    if silent and theirs.printed:
        text = silent[0].says("printed its result but returned nothing")
        text += ". `print` shows a value to you; `return` hands it to the "
        yield "nothing", text + "caller."
    elif silent:
        text = silent[0].says("returned nothing: did you forget `return`?")
        yield "nothing", text
    elif theirs.error:
        given = [
            (a, b, call)
            for (_, a), (call, b) in calls
            if not _is_ours(ex, a)  # what is of our class is never of theirs
        ]
        yield _stopped(ex, theirs, subject, given)
    elif _unfinished(theirs.value):
        yield _unfinished(theirs.value)
    else:
        if theirs.warned and not ours.warned:
            text = subject.says(f"made NumPy warn: {_code(theirs.warned)}")
            yield "overflow", f"{text}."
        for i in set(theirs.changed) - set(ours.changed):
            name = _argument_names(ex, theirs.case)[i]
            text = f"{_code_name(ex.name)} changes its input `{name}`, which "
            text += "belongs to the caller. Work on a new array, or on a copy."
            yield "changed", text
        yield from _compare(ex, ours.value, theirs.value, subject)


def _is_ours(ex, value):
    return inspect.isclass(ex.reference) and isinstance(value, ex.reference)


def _argument_names(ex, case):
    names = list(inspect.signature(ex.use or ex.reference).parameters)
    names = names[1:] if ex.use else names
    return (names + names[-1:] * len(case))[: len(case)]


def _subject(ex, case):
    """Return what messages about one run are about."""
    if not case:
        return _Subject(_code_name(ex.name))
    if not ex.use:
        return _called(ex.name, case)
    names = _argument_names(ex, case)

    def write(most):
        pairs = zip(names, case, strict=True)
        return ", ".join(
            _code(f"{n} = {_show_input(v, most)}") for n, v in pairs
        )

    return _Subject(_code_name(ex.name), inputs=f", with {_fitting(write)}")


def _stopped(ex, run, subject, given=()):
    """Return the problem of a run that raised an exception, or None.

    ``given`` holds what calls of the reference gave, and what those of the
    answer gave instead, and the subject of these.
    """
    error = run.error
    if error is None:
        return None
    elsewhere = isinstance(error, IndexError | ValueError)  # as of `einsum`
    dots = "ellipsis" in str(error) and not elsewhere
    if isinstance(error, NotImplementedError) or dots:
        return UNFINISHED
    if error is not run.raised:  # ours, over what the answer gave
        wrong = [p for g in given for p in _compare(ex, *g)]
        if isinstance(error, Misfit):
            last = [subject, *(call for _, _, call in given)][-1]
            wrong.insert(0, ("shape", last.says(f"does not fit: {error}.")))
        wrong = [p for p in wrong if p[0] in ("type", "shape")]
        if wrong:
            return min(wrong, key=_rank)
    if isinstance(error, _TimeUp):
        limit = f"{ex.time_limit:g} second{'s' * (ex.time_limit != 1)}"
        text = subject.says(f"did not finish within {limit}")
        text += ": is there a loop without an end, or with very many rounds?"
    elif isinstance(error, SystemExit):
        text = subject.says("tried to end the whole program")
        text += ": use `return`, not `exit`."
    elif isinstance(error, RecursionError):
        text = subject.says("called itself again and again (`RecursionError`)")
        text += ": it never stops."
    else:
        message = re.sub(r" at 0x\w+", "", str(error)).partition("\n")[0]
        message = f"{type(error).__name__}: {message}".rstrip(": .")
        text = subject.says(f"raised {_code(message)}") + "."
        if type(error) is NameError:
            text += " Did you run the cells above?"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if not os.path.abspath(frame.filename).startswith(_NOT_THEIRS):
                line = linecache.getline(frame.filename, frame.lineno).strip()
                if line:  # there is none of compiled code, as inside NumPy
                    text += f"\n  line {frame.lineno}: {line}"
                    break
    return "overflow" if isinstance(error, OverflowError) else "raised", text


# -------------------------------------------------------------------- comparing


def _compare(ex, expected, got, subject, always=False):
    """Yield the problems of one value, ``always`` also where rtol is None."""
    if isinstance(expected, tuple) and isinstance(got, np.ndarray):
        alike = all(np.shape(part) == got.shape[1:] for part in expected)
        got = tuple(got) if got.ndim and alike else got
    elif isinstance(expected, np.ndarray) and isinstance(got, list | tuple):
        if ex.any_container or not callable(ex.reference):
            with contextlib.suppress(ValueError):  # rows of different lengths
                got = np.array(got)
    if isinstance(expected, dict | tuple | list):
        named = isinstance(expected, dict)
        kind = dict if named else tuple | list
        if named and isinstance(got, dict) and got.keys() != expected.keys():
            lacks = _keys(ex, [key for key in expected if key not in got])
            extra = _keys(ex, [key for key in got if key not in expected])
            told = [f"lacks {lacks}"] * bool(lacks)
            told += [f"has {extra}, which should not be there"] * bool(extra)
            yield "type", f"{subject.says(' and '.join(told))}."
        elif not isinstance(got, kind) or len(got) != len(expected):
            yield "type", _unlike(subject, expected, got) + "."
        else:
            for k, i in enumerate(expected):
                ours, theirs = (expected[i], got[i]) if named else (i, got[k])
                where = f"value {k + 1} of {len(expected)}"
                part = subject.part(_keys(ex, [i]) if named else where)
                wrong = [*_compare(ex, ours, theirs, part, always)]
                if not named:
                    yield from wrong
                elif wrong:  # the parts after this one may follow from it
                    before = _keys(ex, list(expected)[:k])
                    right = f"\nRight so far: {before}." if before else ""
                    yield from ((stage, text + right) for stage, text in wrong)
                    return
    elif isinstance(expected, np.ndarray | np.generic | int | float):
        yield from _compare_numbers(ex, expected, got, subject, always)
    elif not isinstance(got, type(expected)):
        yield "type", _unlike(subject, expected, got) + "."
    elif isinstance(expected, str) and got.strip().lower() != expected.lower():
        yield _wrong_value(ex, subject, expected, got)


def _keys(ex, keys):
    """Return names of parts; those that the reader wrote stand in backticks."""
    return ", ".join(map(_code_name if ex.use else _code, keys))


def _unlike(subject, expected, got):
    """Return that one thing was given and another one expected."""
    return subject.says(f"is {_what(got)}, expected {_what(expected)}")


def _compare_numbers(ex, expected, got, subject, always):
    """Yield the problems of a number or an array."""
    want, have = np.asarray(expected), np.array(None)
    if isinstance(got, np.ndarray | np.generic | int | float):
        have = np.asarray(got)
    text = _unlike(subject, expected, got)
    if have.dtype.kind not in "biuf":
        make = " `np.array(...)` makes an array from a list."
        make *= isinstance(got, list) and want.ndim > 0
        yield "type", f"{text}.{make}"
        return
    if want.shape != have.shape:
        yield "shape", text + _shape_hint(want.shape, have.shape)
        return
    lost = np.isfinite(want) & ~np.isfinite(have)
    if lost.any():
        text = subject.says(f"holds `{_show(have[lost][0])}`")
        yield "overflow", f"{text}: a number went too far."
    tolerance = 1e-6 if ex.rtol is None else ex.rtol
    close = np.isclose(have, want, tolerance, ex.atol, equal_nan=True)
    types = [getattr(v, "dtype", type(v).__name__) for v in (got, expected)]
    cut = want.dtype.kind == "f" and have.dtype.kind in "biu"
    whole = (have == np.trunc(want)) | (have == np.rint(want))
    if cut and np.all(whole) and not close.all():
        if have.dtype.kind == "b":
            text = subject.says("is a comparison's True or False, not a number")
        else:
            text = subject.says(f"holds whole numbers (`{types[0]}`)")
            text += ": perhaps the decimals were cut off"
        yield "dtype", f"{text}."
    elif ex.strict_dtype and types[0] != types[1]:
        text = subject.says(f"has dtype `{types[0]}`, expected `{types[1]}`")
        yield "dtype", f"{text}."
    if not close.all() and (always or ex.rtol is not None):
        i = tuple(int(i) for i in np.argwhere(~close)[0])
        where = f" The first wrong entry is `{list(i)}`." if i else ""
        yield _wrong_value(ex, subject, want[i], have[i], where)


def _wrong_value(ex, subject, expected, got, where=""):
    """Return the problem of a value; a plain value is not given away."""
    hidden = not (ex.use or callable(ex.reference))
    lines = [f"{subject.says('is not right')}.{where}"]
    for digits in (6, 9, 12, 17):
        ours, theirs = (_show(v, digits=digits) for v in (expected, got))
        if hidden or ours != theirs:
            break
    lines += [] if hidden else [f"  expected: {ours}"]
    return "values", "\n".join([*lines, f"  yours:    {theirs}"])


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
        other = value.dtype.kind not in "biuf"  # than numbers
        kind = f" and dtype `{value.dtype}`" * other
        return f"an array of shape `{value.shape}`{kind}"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, int | float | np.generic | np.ndarray):
        return "one number"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of length {len(value)}"
    if value is None or isinstance(value, str):
        return "None" if value is None else "a text"
    if inspect.isgenerator(value):
        return "a generator, as `yield` makes it"
    kind = "class" if inspect.isclass(value) else "function"
    name = getattr(value, "__name__", None)
    other = f"an object of type `{type(value).__name__}`"
    return f"the {kind} `{name}`" if name and callable(value) else other


def _code(text):
    """Return a text in backticks, as code."""
    text = str(text).replace("`", "'")
    return f"`{text}`" if text else ""


def _code_name(name):
    """Return a name, like ``ReLU`` or ``forward(x)``, as code; not words."""
    name = str(name)
    return _code(name) if re.fullmatch(r"[\w.]+(\(.*\))?", name) else name


def _show_input(value, most):
    """Return a short text of an input, a text as one writes it in code."""
    text = _show(value, most)
    return f'"{text}"' if isinstance(value, str) else text


def _show(value, most=12, digits=6):
    """Return a short text of a value that is the same on every computer.

    Of an array or list with more than ``most`` entries it tells the size alone.
    What rounding left of a zero differs from computer to computer: it is shown
    as 0 where few digits are wanted.
    """
    if isinstance(value, np.ndarray | np.generic):
        large = f"array of shape {value.shape}"
        value = value.tolist() if value.size <= most else large
    if isinstance(value, list | tuple) and len(value) <= most:
        inner = ", ".join(_show(part, most, digits) for part in value)
        comma = "," * (len(value) == 1)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{comma})"
    if isinstance(value, float):
        rest = 1e-30 < abs(value) < 1e-12 and digits < 17
        return f"{0.0 if rest else value:.{digits}g}"
    if isinstance(value, bool | int | str | None):
        return str(value)
    return getattr(value, "__name__", None) or _what(value).replace("`", "")
