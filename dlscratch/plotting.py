"""The book's figures: one style, and the few kinds of picture that come back."""

import hashlib
import io
import math
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler

from dlscratch.checks import numbers, whole

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's colours, told apart with every kind of colour vision."""


def use_house_style():
    """Give all figures the book's look, and make them SVG inside a notebook.

    Coordinates are written with two decimals (a hundredth of a point): files are
    smaller, and the same on every processor.
    """
    mpl.rcParams.update(
        {
            "figure.figsize": (5, 3.2),
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "font.size": 11,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "lines.linewidth": 2,
            "image.cmap": "gray_r",
            "legend.frameon": False,
            "svg.fonttype": "path",
            "svg.hashsalt": "dlscratch",
        }
    )
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if (shell := get_ipython()) is None:
        return
    set_matplotlib_formats("svg")
    formatters = shell.display_formatter.formatters
    formatters["image/svg+xml"].for_type(mpl.figure.Figure, _to_svg)
    formatters["text/plain"].for_type(mpl.figure.Figure, _in_words)


def _in_words(figure, printer, cycle):
    printer.text("A figure stands here when you run this cell or trust the notebook.")


def _to_svg(figure):
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _name_by_content(_round_svg(buffer.getvalue()))


def _round_svg(svg):
    """Round the coordinates of an SVG to two decimals; leave scale factors alone."""

    def rounded(match):
        if match[0].startswith("scale"):
            return match[0]
        return f"{round(float(match[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")

    number = r"(?<![\w.#-])-?\d+\.\d{3,}(?:e[-+]\d+)?(?![\w.])"
    return re.sub(rf"scale\([^)]*\)|{number}", rounded, svg)


def _name_by_content(svg):
    """Rename the clip paths and markers of a rounded SVG.

    Matplotlib's names are hashes of coordinates that are not rounded, whose last
    bits differ from processor to processor.
    """
    pattern, numbers = r"\b([pmCh])[0-9a-f]{10}\b", {}

    def number(match):
        return f"{match[1]}{numbers.setdefault(match[0], len(numbers))}"

    digest = hashlib.sha256(re.sub(pattern, number, svg).encode()).hexdigest()[:8]
    return re.sub(pattern, lambda match: f"{number(match)}-{digest}", svg)


def image_grid(images, labels=None, columns=10):
    """Show small images in a grid, dark ink on white, each scaled by itself.

    Parameters
    ----------
    images : ndarray, shape (N, H, W), (N, 1, H, W), or (N, D) with D a square number
    labels : sequence of N, optional
        A title for each image.
    columns : int

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no image, or not one label for each.
    """
    given = images = numbers(images, "image_grid")
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.ndim == 2:
        side = math.isqrt(images.shape[1])
        if side * side == images.shape[1]:
            images = images.reshape(-1, side, side)
    if images.ndim != 3 or images.size == 0:
        raise ValueError(
            "image_grid: expected at least one image, of shape (N, H, W), "
            "(N, 1, H, W), or (N, D) with D a square number, got " + str(given.shape)
        )
    if labels is not None and not np.iterable(labels):
        raise TypeError(f"image_grid: expected a list of labels, got {labels!r}")
    labels = None if labels is None else list(labels)
    if labels is not None and len(labels) != len(images):
        raise ValueError(
            f"image_grid: expected a label for each of {len(images)} images, got "
            f"{len(labels)}"
        )
    columns = min(whole(columns, "image_grid", "columns"), len(images))
    rows = -(-len(images) // columns)
    height = (0.75 if labels is not None else 0.55) * 5.5 / columns * 1.7
    fig, axes = plt.subplots(
        rows, columns, figsize=(5.5, max(0.8, rows * height)), squeeze=False
    )
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            paper = 0 if images[i].min() == images[i].max() > 0 else None  # all ink
            ax.imshow(images[i], interpolation="nearest", vmin=paper)
            if labels is not None:
                ax.set_title(str(labels[i]), fontsize=11, pad=3)
    return fig


def decision_regions(ax, predict, x_lim, y_lim, n=129):
    """Colour the plane by the class that ``predict`` gives each point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    predict : callable
        Takes points of shape (M, 2) and returns class ids of shape (M,).
    x_lim, y_lim : (float, float)
        The lower and the upper limit of each axis.
    n : int
        Points along each side of the grid. With one more than a power of 2, the
        coordinates are exact, and so are the scores of points on a boundary.
    """
    n = whole(n, "decision_regions", "n", 2)
    for name, limits in (("x_lim", x_lim), ("y_lim", y_lim)):
        found = numbers(limits, f"decision_regions: {name}")
        if found.shape != (2,) or not -np.inf < found[0] < found[1] < np.inf:
            raise ValueError(
                f"decision_regions: expected {name} to be a lower and an upper limit, "
                f"such as (-1, 1), got {limits!r}"
            )
    x1, x2 = np.meshgrid(np.linspace(*x_lim, n), np.linspace(*y_lim, n))
    points = np.column_stack([x1.ravel(), x2.ravel()])
    classes = numbers(predict(points), "decision_regions: predict")
    if classes.shape != (len(points),) or classes.dtype.kind not in "iub":
        raise ValueError(
            f"decision_regions: expected predict to return {len(points)} class ids "
            f"for as many points, got shape {classes.shape} of {classes.dtype}"
        )
    classes = classes.astype(int).reshape(x1.shape)
    levels = np.arange(classes.min(), classes.max() + 2) - 0.5
    ids = range(int(classes.min()), int(classes.max()) + 1)
    colours = [COLOURS[k % len(COLOURS)] for k in ids]
    ax.contourf(x1, x2, classes, levels=levels, colors=colours, alpha=0.25)
    ax.set(xlim=x_lim, ylim=y_lim)
    ax.grid(False)


def learning_curves(history):
    """Plot loss and accuracy, if there is one, against epochs, one above the other.

    Parameters
    ----------
    history : History

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not hasattr(history, "train_loss"):
        raise TypeError(
            "learning_curves: expected the History that train returns, got "
            f"{type(history).__name__}"
        )
    epochs = np.arange(1, len(history.train_loss) + 1)
    if not len(epochs):
        raise ValueError("learning_curves: expected a history of at least one epoch")
    accuracies = (history.train_accuracy, history.test_accuracy)
    fig, axes = plt.subplots(
        1 + any(accuracies), 1, figsize=(5, 5 if any(accuracies) else 3), sharex=True
    )
    top, bottom = np.atleast_1d(axes)[[0, -1]]
    top.plot(epochs, history.train_loss)
    top.set(ylabel="training loss (nats)" if any(accuracies) else "training loss")
    for accuracy, style, label in zip(
        accuracies, ("-", "--"), ("training", "test"), strict=True
    ):
        if accuracy:
            bottom.plot(epochs, accuracy, style, label=label)
            bottom.set(ylabel="accuracy")
            bottom.legend()
    bottom.set(xlabel="epoch")
    return fig
