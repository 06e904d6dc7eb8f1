"""An expression is differentiated: its graph, the way back, and the program."""

from numbers import Integral

import numpy as np

from dlscratch import autograd
from dlscratch.explorables.explorable import Explorable

FUNCTIONS = ("exp", "log", "sin", "cos", "tanh", "sigmoid", "relu")
LARGEST = 3
MOST = {"order": 4, "steps": 1000}
EXAMPLES = [  # what the button says, the expression, x and y
    ("u once", "u = 2*x; 3*u + u*u", 1, 1),
    ("u typed out", "3*(2*x) + (2*x)*(2*x)", 1, 1),
    ("x**4 − 2x²", "x**4 - 2*x**2", 2, 1),
    ("tanh", "tanh(x)", 1, 1),
    ("x and y", "(1 - x)**2 + 100*(y - x**2)**2", 0, 2),
]


def differentiate(expression=EXAMPLES[0][1], x=1.0, y=1.0, *, by="", step=2):
    """Type an expression; walk its graph back, compile it, differentiate it again.

    The steps and their order are those of `dlscratch.autograd`, computed in the page.

    Parameters
    ----------
    expression : str
        The expression at first, in Python's words: numbers, x, y, ``+ - * / **``,
        brackets, ``exp log sin cos tanh sigmoid relu``. Parts may be named before it,
        each with a semicolon behind it: ``u = 2*x; 3*u + u*u``.
    x, y : float
        Their values at first: between -3 and 3.
    by : str
        How often it is differentiated at first, and by what, such as "xx" or "xy".
    step : int
        How many steps have been walked back at first.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> differentiate("x**4 - 2*x**2", 2, by="xx").label
    'Differentiate again'
    """
    for name, value in (("x", x), ("y", y)):
        if not abs(value) <= LARGEST:
            raise ValueError(
                f"differentiate: expected {name} between -{LARGEST} and {LARGEST}, "
                f"got {value!r}"
            )
    if len(by) > MOST["order"] or set(by) - {"x", "y"}:
        raise ValueError(
            f"differentiate: expected by with up to {MOST['order']} letters x or y, "
            f"got {by!r}"
        )
    if not isinstance(step, Integral) or step < 0:
        raise ValueError(f"differentiate: expected step 0 or more, got {step!r}")
    program = trace(expression, by)
    values = [float(v) for v in program(np.float64(x), np.float64(y))]
    fallback = (
        "An interactive figure stands here when scripts may run. You type an "
        f"expression, at first {expression}, and see its graph, the gradients that "
        "walk back through it step by step, and the compiled program, in which equal "
        "steps are merged and those that no result needs are left out. At "
        f"x = {x:g} and y = {y:g} the results of order 0 to {len(by)} are "
        f"{', '.join(f'{v:g}' for v in values)}, computed in "
        f"{program.source.count(' = ')} lines. A value that is used several times must "
        "wait until the gradients of all its uses have arrived. With u = 2x and "
        "L = 3u + u·u at x = 1, dL/dx is 14; where u passes on at once what it has, "
        "34 comes out. The way back is a graph too, and so it can be differentiated "
        "again: the steps multiply."
    )
    props = {"source": expression, "x": float(x), "y": float(y), "by": list(by)}
    props |= {"step": int(step), "waits": True, "limits": [-LARGEST, LARGEST]}
    props |= {"examples": EXAMPLES, "most": MOST}
    label = "Differentiate again"
    return Explorable(
        "differentiate", props, fallback, label=label, shared=["expression-graph"]
    )


def trace(expression, by=""):
    """Compute an expression and its derivatives with symbols.

    Parameters
    ----------
    expression : str
    by : str
        Such as "xx": the letters by which it is differentiated, one after another.

    Returns
    -------
    function of (x, y)
        Returns the values of the expression and its derivatives, order by order.

    Raises
    ------
    ValueError
        If the text is no such expression, or a derivative no longer depends on its
        letter.

    Examples
    --------
    >>> program = trace("x**4 - 2*x**2", "x")
    >>> [float(value) for value in program(np.float64(2), None)]
    [8.0, 24.0]
    """
    letters = {name: autograd.placeholder(name) for name in "xy"}
    names = letters | {name: getattr(autograd, name) for name in FUNCTIONS}
    *parts, last = expression.split(";")
    try:
        exec("\n".join(part.strip() for part in parts), names)
        outputs = [eval(last.strip(), names)]
    except (SyntaxError, NameError, TypeError) as error:
        raise ValueError(
            f"differentiate: expected an expression in x and y, got {expression!r}: "
            f"{error}"
        ) from None
    if not isinstance(outputs[0], autograd.Symbol):
        raise ValueError(
            f"differentiate: expected x or y somewhere, got {expression!r}"
        )
    for letter in by:
        (derivative,) = autograd.grad(outputs[-1], [letters[letter]])
        if derivative is None:
            raise ValueError(
                f"differentiate: a derivative of {expression!r} does not depend on "
                f"{letter}, so by must be shorter than {by!r}"
            )
        outputs.append(derivative)
    return autograd.function([*letters.values()], outputs)
