"""Computational graphs as figures: values flow along the edges, gradients back."""

from graphlib import TopologicalSorter
from itertools import pairwise
from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from dlscratch.plotting import COLOURS

BACK = "#b54708"
"""The colour of gradients: dark enough to read on white."""

PAD, LANE = 14, 50  # points: the slanted ends of an edge, and from row to row


def draw(edges, *, width=5, down=False):
    """Draw a computational graph on a new figure.

    The value of an edge stands above it, the gradient below it, with an arrow that
    points backwards.

    Parameters
    ----------
    edges : list of tuple
        Each is ``(source, target)``, ``(source, target, value)`` or ``(source, target,
        value, gradient)``. Nodes are named by strings, of which only the part before a
        ``#`` is written, so that ``"×#1"`` and ``"×#2"`` are two nodes. A node
        without inputs or without outputs is a variable, any other an operation.
        Values and gradients are strings, numbers (shown with four digits), or None.
    width : float
        Inches. The figure gets wider if its words need more.
    down : bool
        From top to bottom instead of left to right, values to the left of their edges
        and gradients to the right: for a graph of more than five steps.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the edges go in a circle.

    Examples
    --------
    Two apples at 100, with 10 % tax, forwards and backwards:

    >>> fig = draw([
    ...     ("price", "×#1", 100, 2.2),
    ...     ("apples", "×#1", 2, 110),
    ...     ("×#1", "×#2", 200, 1.1),
    ...     ("tax", "×#2", 1.1, 200),
    ...     ("×#2", "total", 220, 1),
    ... ])

    A Linear layer, with shapes in place of values and no gradients:

    >>> fig = draw([
    ...     ("x", "dot", "(N, D)"),
    ...     ("W", "dot", "(D, M)"),
    ...     ("dot", "+", "(N, M)"),
    ...     ("b", "+", "(M,)"),
    ...     ("+", "y", "(N, M)"),
    ... ])
    """
    place, chains = layout(edges)
    pairs = [[_word(value) for value in (*edge[2:], None, None)[:2]] for edge in edges]
    sources, targets = ([edge[end] for edge in edges] for end in (0, 1))
    names = {node: node.split("#")[0] for node in sources + targets}
    wide = {node: max(24, _length(name) + 10) for node, name in names.items()}
    size = {node: (24 if down else wide[node]) if node in wide else 0 for node in place}

    # u runs along the flow and v across it, both in points.
    depths = range(max(depth for depth, _ in place.values()) + 1)
    thick = [max(size[n] for n in place if place[n][0] == k) for k in depths]
    gaps = [LANE if down else 2 * PAD for _ in depths[1:]]
    if not down:
        for source, pair in zip(sources, pairs, strict=True):
            k = place[source][0]
            gaps[k] = max(gaps[k], 2 * PAD + max(map(_length, pair)))
    spare = 0 if down else max(0, 72 * width - 8 - sum(thick) - sum(gaps))
    u = [4 + thick[0] / 2]
    for k, gap in enumerate(gaps):
        u.append(u[k] + (thick[k] + thick[k + 1]) / 2 + gap + spare / len(gaps))
    length = u[-1] + thick[-1] / 2 + 4
    words = [max(_length(pair[side]) for pair in pairs) for side in (0, 1)]
    lane = max(LANE, sum(words) + 24, *wide.values()) if down else LANE
    rows = [row for _, row in place.values()]
    breadth = (max(rows) - min(rows) + 1) * lane + 8
    breadth = max(breadth, 72 * width) if down else breadth
    first = breadth / 2 - lane * (max(rows) + min(rows)) / 2

    shape = (breadth, length) if down else (length, breadth)
    fig = plt.figure(figsize=(shape[0] / 72, shape[1] / 72), layout="none")
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, shape[0]), ylim=(0, shape[1]))
    ax.axis("off")

    def at(along, across):
        return (across, length - along) if down else (along, breadth - across)

    def arrow(points, colour):
        path = Path([at(*point) for point in dict.fromkeys(points)])
        looks = {"arrowstyle": "-|>", "mutation_scale": 7, "shrinkA": 0, "shrinkB": 0}
        ax.add_patch(FancyArrowPatch(path=path, color=colour, lw=1, **looks))

    def write(along, across, word, side=0, colour="black"):
        names = ("right", "center", "left") if down else ("bottom", "center", "top")
        align = {"ha" if down else "va": names[side + 1]}
        align = {"ha": "center", "va": "center_baseline"} | align
        ax.text(*at(along, across), word, color=colour, fontsize=11, **align)

    for chain, (value, gradient) in zip(chains, pairs, strict=True):
        points = []
        for start, stop in pairwise(chain):
            u0 = u[place[start][0]] + size[start] / 2
            u1 = u[place[stop][0]] - size[stop] / 2
            v0, v1 = (first + lane * place[node][1] for node in (start, stop))
            # The words stand on a straight part, level with an end that has no other.
            level = v0 if sources.count(start) < 2 else v1
            left, right = u0 + PAD * (level != v0), u1 - PAD * (level != v1)
            v1 += max(-7, min(7, level - v1))
            if not points:
                write((left + right) / 2, level - 4, value, -1)
                write((left + right) / 2, level + 9, gradient, 1, BACK)
                if gradient:
                    arrow([(right - 5, level + 5), (left + 5, level + 5)], BACK)
            points += [(u0, v0), (left, level), (right, level), (u1, v1)]
        arrow(points, "#57606a")
    for node, name in names.items():
        along, across = u[place[node][0]], first + lane * place[node][1]
        if node in sources and node in targets:
            x, y = at(along, across)
            box = f"round,pad=0,rounding_size={12 if len(name) < 3 else 5}"
            corner = (x - wide[node] / 2, y - 12)
            looks = {"facecolor": "#e3f0f8", "edgecolor": COLOURS[0], "zorder": 3}
            ax.add_patch(FancyBboxPatch(corner, wide[node], 24, box, **looks))
        write(along, across, name)
    return fig


def layout(edges):
    """Place the nodes of a graph: depth along the flow, row across it.

    A node stands one step behind the deepest of its inputs, a variable one step before
    its first use. An edge that passes a depth without stopping gets a place there.

    Parameters
    ----------
    edges : list of tuple
        As in `draw`.

    Returns
    -------
    place : dict
        From a node to ``(depth, row)``. Rows are at least 1 apart within a depth.
    chains : list of list
        For each edge the nodes and passed places from its source to its target.
    """
    inputs, outputs = {}, {}
    for source, target, *_ in edges:
        inputs.setdefault(source, [])
        inputs.setdefault(target, []).append(source)
        outputs.setdefault(source, []).append(target)
    depth = {}
    for node in TopologicalSorter(inputs).static_order():
        join = len(inputs[node]) > 1  # an edge from a fork to a join passes a place
        steps = (depth[n] + 1 + (join and len(outputs[n]) > 1) for n in inputs[node])
        depth[node] = max(steps, default=0)
    for node in inputs:
        if not inputs[node]:
            depth[node] = min(depth[n] for n in outputs[node]) - 1
    first = min(depth.values())
    depth = {node: k - first for node, k in depth.items()}

    chains, users = [], {node: [] for node in inputs}
    order = dict.fromkeys(inputs, 0)
    for i, (source, target, *_) in enumerate(edges):
        passed = [(i, k) for k in range(depth[source] + 1, depth[target])]
        chains.append([source, *passed, target])
        depth |= {place: place[1] for place in passed}
        for start, stop in pairwise(chains[-1]):
            users.setdefault(start, []).append((stop, order.get(stop, 0)))
        order[target] += 1

    # From the outputs back: the first input stands level, the next ones a row lower.
    rows = {}
    for k in range(max(depth.values()), -1, -1):
        wanted = {
            node: fmean(rows[user] + i for user, i in users[node]) if users[node] else 0
            for node in depth
            if depth[node] == k
        }
        nodes = sorted(wanted, key=wanted.get)
        rows |= zip(nodes, _apart([wanted[node] for node in nodes]), strict=True)
    return {node: (depth[node], rows[node]) for node in depth}, chains


def _apart(wanted):
    """Move sorted numbers as little as possible (least squares) to be 1 apart."""
    blocks = []
    for i, row in enumerate(wanted):
        block = [row - i]
        while blocks and fmean(blocks[-1]) > fmean(block):
            block = blocks.pop() + block
        blocks.append(block)
    means = [fmean(block) for block in blocks for _ in block]
    return [mean + i for i, mean in enumerate(means)]


def _word(value):
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.4g}".replace("-", "−")


def _length(word):
    return TextPath((0, 0), word, size=11).get_extents().width if word else 0
