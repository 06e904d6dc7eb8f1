"""Interactive figures that need no kernel, no network and no library.

Each figure is one small file of JavaScript in this folder. Python only chooses
where the figure starts, and writes it into the notebook as plain HTML.
"""

import hashlib
import html
import json
import math
from importlib.resources import files

from dlscratch.explorables.backprop_stepper import backprop_stepper
from dlscratch.explorables.batch_norm import batch_norm
from dlscratch.explorables.boxes import boxes
from dlscratch.explorables.broadcasting import broadcasting
from dlscratch.explorables.convolution import convolution
from dlscratch.explorables.draw_digit import draw_digit
from dlscratch.explorables.feature_maps import feature_maps
from dlscratch.explorables.gradient_descent import gradient_descent
from dlscratch.explorables.initial_values import initial_values
from dlscratch.explorables.optimizer_race import optimizer_race
from dlscratch.explorables.regularisation import regularisation
from dlscratch.explorables.residual import residual

__all__ = [
    "Explorable",
    "backprop_stepper",
    "batch_norm",
    "boxes",
    "broadcasting",
    "convolution",
    "draw_digit",
    "feature_maps",
    "gradient_descent",
    "initial_values",
    "optimizer_race",
    "perceptron_line",
    "regularisation",
    "relu_bends",
    "residual",
]


class Explorable:
    """An interactive figure: the last expression of a notebook cell.

    The HTML holds the shared style sheet, a text that stands in for the figure
    where no script runs, and one script: ``explorable.js``, then ``<name>.js``,
    then a call of the latter's ``explore(props)``, which returns the node to show.
    Equal arguments give equal HTML.

    Parameters
    ----------
    name : str
        The figure's file, without ``.js``.
    props : dict
        What the script is given; anything that JSON can hold.
    fallback : str
        What the figure would show, in words and numbers.
    label : str
        The figure's name, which a screen reader announces.
    shared : sequence of str
        Further files that come before the figure's own, without ``.js``.

    Raises
    ------
    ValueError
        If ``props`` hold a number that JSON cannot (nan or infinity).
    """

    def __init__(self, name, props, fallback, *, label, shared=()):
        self.name = name
        self.props = json.dumps(props, allow_nan=False, separators=(",", ":"))
        self.fallback = fallback
        self.label = label
        parts = ("explorable", *shared, name)
        self.script = "".join(_read(f"{part}.js") for part in parts)
        digest = hashlib.sha256((self.script + self.props).encode()).hexdigest()
        self.key = f"{name}-{digest[:12]}"

    def __repr__(self):
        """Return the fallback text, for a terminal."""
        return f"<Explorable {self.name}: {self.fallback}>"

    def _repr_html_(self):
        start = f'start("{self.key}", explore, {self.props});\n'
        return (
            '<div class="dlx mathjax_ignore tex2jax_ignore" role="group"'
            f' aria-label="{html.escape(self.label)}" data-explorable="{self.key}">\n'
            f"<style>\n{_read('explorable.css')}</style>\n"
            f'<p class="dlx-fallback">{html.escape(self.fallback)}</p>\n'
            "</div>\n"
            f'<script type="module">\n{_inline(self.script + start)}</script>\n'
        )


def _read(name):
    return (files(__package__) / name).read_text(encoding="utf-8")


def _inline(script):
    r"""Keep the text of a script from ending the ``<script>`` element around it.

    Inside a string of JavaScript, ``\/`` and ``\!`` mean ``/`` and ``!``.
    """
    return script.replace("</", "<\\/").replace("<!--", "<\\!--")


def perceptron_line(task="AND", *, layers=1, weights=(0.5, 0.5), bias=-0.2):
    """Drag a perceptron's line until it separates the zeros from the ones.

    Parameters
    ----------
    task : {"AND", "NAND", "OR", "XOR", "custom"}
        The task that is shown first.
    layers : {1, 2}
        One perceptron, or two hidden ones that feed a third.
    weights : pair of float
        Where w₁ and w₂ start, between -2 and 2, in steps of 0.01.
    bias : float
        Where b starts, between -2 and 2, in steps of 0.01.

    Returns
    -------
    Explorable

    Examples
    --------
    >>> perceptron_line("XOR").label
    "A perceptron's line"
    """
    tasks = ("AND", "NAND", "OR", "XOR", "custom")
    if task not in tasks:
        raise ValueError(f"perceptron_line: expected task in {tasks}, got {task!r}")
    if layers not in (1, 2):
        raise ValueError(f"perceptron_line: expected layers 1 or 2, got {layers!r}")
    start = [float(v) for v in (*weights, bias)]
    if len(start) != 3 or not all(math.fabs(v) <= 2 for v in start):
        raise ValueError(
            "perceptron_line: expected two weights and a bias between -2 and 2, "
            f"got {weights!r} and {bias!r}"
        )
    w1, w2, b = start
    fallback = (
        "An interactive figure stands here when scripts may run. It shows a plane "
        "with the points (0, 0), (0, 1), (1, 0) and (1, 1) and a perceptron's line "
        f"{w1:g}·x₁ + {w2:g}·x₂ + ({b:g}) = 0. The output is 1 on the side where the "
        "sum is above 0, and 0 elsewhere. You drag the line to separate the points "
        f"that should give 1 from the others; the task is {task}. AND, NAND and OR "
        "can be solved. XOR cannot: one line gets at most 3 of its 4 points right, "
        "while two lines and a second layer get all 4."
    )
    props = {"task": task, "layers": layers, "start": start}
    return Explorable("perceptron-line", props, fallback, label="A perceptron's line")


def relu_bends(target="sine", *, activation="relu"):
    """Bend a curve with the hidden units of a 1-k-1 network.

    Parameters
    ----------
    target : {"sine", "parabola", "abs", "ramp"}
        The curve to match first, for x from -2 to 2: sin(πx/2), x²/2, |x|, or
        2x + 0.5 kept between 0 and 1.
    activation : {"relu", "identity"}
        The hidden units' activation at first.

    Returns
    -------
    Explorable

    Examples
    --------
    >>> relu_bends("parabola").label
    'A curve bent by ReLUs'
    """
    targets = ("sine", "parabola", "abs", "ramp")
    if target not in targets:
        raise ValueError(f"relu_bends: expected target in {targets}, got {target!r}")
    if activation not in ("relu", "identity"):
        raise ValueError(
            f"relu_bends: expected activation relu or identity, got {activation!r}"
        )
    fallback = (
        "An interactive figure stands here when scripts may run. It shows the "
        "network y = relu(x W1 + b1) W2 + b2 with 1 to 8 hidden units as a curve. "
        "Each unit gives the curve one bend: at x = -b1/W1 its slope changes by W2. "
        "It starts with three units, which bend at -1.5, -0.6 and 0.9 and change the "
        "slope by -0.5, 1.5 and -1.5. You move the bends until the curve lies on a "
        "target: a sine, a parabola, |x| or a soft step. With the identity in place "
        "of ReLU nothing bends: the units add up to one straight line."
    )
    units = [[1, 1.5, -0.5], [1, 0.6, 1.5], [1, -0.9, -1.5]]
    props = {"target": target, "activation": activation, "units": units, "b2": 0}
    return Explorable("relu-bends", props, fallback, label="A curve bent by ReLUs")
