"""The cover: a handwritten three, and the hidden units that read it in chapter 5.

Each unit is shown as its 64 weights, blue where positive, orange where negative; the
units that the three excites most stand first.
"""

from html import escape

import numpy as np

from dlscratch import models
from dlscratch.datasets import load_digits

WIDTH, HEIGHT = 800, 1280
PAPER, BLUE, ORANGE = "#12496b", "#9fd3ee", "#ffb454"
FONT = "font-family='Liberation Sans, Helvetica, Arial, DejaVu Sans, sans-serif'"


def squares(values, left, top, size, fill):
    """Return an 8 by 8 picture; ``fill`` gives a value's colour and opacity."""
    step = size / 8
    drawn = []
    for place, value in enumerate(values):
        colour, opacity = fill(value)
        if opacity >= 0.01:
            x, y = left + place % 8 * step, top + place // 8 * step
            drawn.append(
                f"<rect x='{x:g}' y='{y:g}' width='{step - 1:g}' "
                f"height='{step - 1:g}' fill='{colour}' opacity='{opacity:.2f}'/>"
            )
    return "".join(drawn)


def cover(title, author):
    """Return the cover as SVG."""
    digits = load_digits()
    three = digits.x_test[np.flatnonzero(digits.t_test == 3)[0]]
    affine = models.pretrained("digits-mlp").layers[0]
    weights, biases = (p.value for p in affine.parameters)
    excited = np.argsort(-(three @ weights + biases), kind="stable")
    scale = np.abs(weights).max()

    def sign(value):
        return BLUE if value > 0 else ORANGE, abs(value) / scale

    parts = [squares(three, 260, 480, 280, lambda v: ("#ffffff", v / three.max()))]
    for place, unit in enumerate(excited[:24]):
        column, row = place % 8, place // 8
        left, top = 60 + column * 86, 880 + row * 86
        parts.append(squares(weights[:, unit], left, top, 72, sign))
    *first, last = title.split(" from ")
    lines = [*" ".join(first).rsplit(" ", 1), f"from {last}"]
    for place, line in enumerate(lines):
        parts.append(
            f"<text x='60' y='{160 + 92 * place}' {FONT} font-size='84' "
            f"font-weight='700' fill='#ffffff'>{escape(line)}</text>"
        )
    parts.append(
        f"<text x='60' y='1216' {FONT} font-size='26' fill='{BLUE}'>"
        f"{escape(author)}</text>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"width='{WIDTH}' height='{HEIGHT}'>"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='{PAPER}'/>"
        f"{''.join(parts)}</svg>"
    )
