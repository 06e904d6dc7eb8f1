"""Figures: the same SVG on every processor, and pictures of the right things."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline.backend_inline import set_matplotlib_formats

from dlscratch import plotting
from dlscratch.training import History

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("house_style")


def test_the_look():
    """White paper and a grid, no frame but the axes, dark ink in pictures."""
    fig, ax = plt.subplots()
    assert list(fig.get_size_inches()) == [5, 3.2]
    assert fig.get_constrained_layout()
    assert [ax.spines[side].get_visible() for side in ("top", "right")] == [False] * 2
    assert [ax.spines[side].get_visible() for side in ("bottom", "left")] == [True] * 2
    assert all(line.get_visible() for line in ax.get_xgridlines())
    (line,) = ax.plot([0, 1], label="a line")
    assert (line.get_color(), line.get_linewidth()) == (plotting.COLOURS[0], 2)
    assert not ax.legend().get_frame_on()
    assert ax.imshow([[0, 1]]).get_cmap()(1.0) == (0, 0, 0, 1)


def curve(noise):
    fig, ax = plt.subplots()
    x = np.linspace(-3, 3, 50)
    ax.plot(x, np.tanh(x) + noise)
    return plotting._to_svg(fig)


def test_svg_ignores_the_last_bits_but_not_a_change():
    assert curve(0) == curve(0)
    assert curve(0) == curve(1e-10)
    assert curve(0) != curve(1e-2)


def frame(noise):
    fig, ax = plt.subplots(layout="none")
    ax.set_position([0.1, 0.1, 0.8 + noise, 0.8])
    ax.plot([0, 1], "o-")
    return plotting._to_svg(fig)


def test_svg_names_ignore_the_last_bits_but_not_a_change():
    assert frame(0) == frame(1e-13)
    assert frame(0) != frame(1e-2)
    names = set(re.findall(r'id="([^"]+)"', frame(0)))
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', frame(0))) <= names


def test_rounding():
    svg = 'd="M 1.23456 -7.000001" x="-0.0001" scale(0.015625) #1.2345 a1.2345 10.125'
    assert plotting._round_svg(svg) == (
        'd="M 1.23 -7" x="0" scale(0.015625) #1.2345 a1.2345 10.12'
    )


def test_decision_regions_follow_the_prediction():
    _, ax = plt.subplots()
    plotting.decision_regions(ax, lambda p: (p[:, 0] > 0).astype(int), (-1, 3), (-2, 7))
    left, right = ax.collections[0].get_paths()
    assert left.vertices[:, 0].max() == pytest.approx(0, abs=0.03)
    assert right.vertices[:, 0].min() == pytest.approx(0, abs=0.03)
    assert (left.vertices[:, 1].min(), left.vertices[:, 1].max()) == (-2, 7)
    ax.plot([-50, 50], [-50, 50])
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 3), (-2, 7))
    assert not any(line.get_visible() for line in ax.get_xgridlines())


@pytest.mark.parametrize("classes", [(0, 1), (2, 3), (1, 9), (-1, 1)])
def test_a_class_has_the_same_colour_wherever_it_stands(classes):
    _, ax = plt.subplots()
    seen = []

    def predict(points):
        seen.append(len(points))
        return np.where(points[:, 1] > 0.5, *classes[::-1])

    plotting.decision_regions(ax, predict, (0, 1), (0, 1), n=17)
    assert seen == [17 * 17]
    (regions,) = ax.collections
    colours = dict(zip(regions.levels, regions.get_facecolor(), strict=False))
    for k in classes:
        expected = mpl.colors.to_rgba(plotting.COLOURS[k % len(plotting.COLOURS)], 0.25)
        np.testing.assert_allclose(colours[k - 0.5], expected)


@pytest.mark.parametrize(
    "limits", [3, (1,), (0, np.nan), (1, 1), (2, 1), "ab", (0, 1, 5), None]
)
def test_limits_of_decision_regions(limits):
    _, ax = plt.subplots()
    for x_lim, y_lim, name in (limits, (-1, 1), "x_lim"), ((-1, 1), limits, "y_lim"):
        with pytest.raises(
            (TypeError, ValueError), match=f"decision_regions: .*{name}.*got"
        ):
            plotting.decision_regions(ax, lambda p: np.zeros(len(p), int), x_lim, y_lim)


def test_decision_regions_ask_at_exact_places():
    _, ax = plt.subplots()
    seen = []
    plotting.decision_regions(
        ax, lambda p: seen.append(p) or (p[:, 0] > 0).astype(int), (-1, 1), (-1, 1)
    )
    assert np.unique(seen[0][:, 0]).tolist() == [k / 64 for k in range(-64, 65)]


def test_image_grid():
    images = np.arange(5 * 64).reshape(5, 64)
    fig = plotting.image_grid(images, labels="abcde", columns=3)
    drawn = [ax for ax in fig.axes if ax.images]
    assert [ax.get_title() for ax in drawn] == list("abcde")
    np.testing.assert_array_equal(
        drawn[4].images[0].get_array(), images[4].reshape(8, 8)
    )
    assert {ax.images[0].get_interpolation() for ax in drawn} == {"nearest"}
    assert len(fig.axes) == 6
    assert not any(ax.axison for ax in fig.axes)


@pytest.mark.parametrize(
    ("n", "labels", "columns", "shape", "height"),
    [
        (12, None, 10, (2, 10), 2 * 0.55 * 5.5 / 10 * 1.7),
        (12, range(12), 10, (2, 10), 2 * 0.75 * 5.5 / 10 * 1.7),
        (3, None, 10, (1, 3), 0.55 * 5.5 / 3 * 1.7),
        (20, None, 20, (1, 20), 0.8),
    ],
)
def test_the_size_of_an_image_grid(n, labels, columns, shape, height):
    fig = plotting.image_grid(np.zeros((n, 4, 4)), labels, columns)
    assert fig.axes[0].get_gridspec().get_geometry() == shape
    assert list(fig.get_size_inches()) == pytest.approx([5.5, height])


def test_an_image_that_is_all_ink_is_black():
    images = np.array([np.ones((4, 4)), np.zeros((4, 4)), np.eye(4)])
    for kind in (float, bool):
        shown = [ax.images[0] for ax in plotting.image_grid(images.astype(kind)).axes]
        corners = [image.to_rgba(image.get_array())[0, 1] for image in shown[:3]]
        np.testing.assert_allclose([c[0] for c in corners], [0, 1, 1])


def test_labels_of_an_image_grid_one_by_one():
    fig = plotting.image_grid(np.zeros((2, 4, 4)), (name for name in "ab"))
    assert [ax.get_title() for ax in fig.axes] == ["a", "b"]
    with pytest.raises(TypeError, match="image_grid: expected a list of labels, got 5"):
        plotting.image_grid(np.zeros((2, 4, 4)), 5)


def test_an_image_grid_has_ten_columns():
    fig = plotting.image_grid(np.zeros((11, 4, 4)))
    assert fig.axes[0].get_gridspec().get_geometry() == (2, 10)


def test_learning_curves():
    fig = plotting.learning_curves(History([2.0, 1.0], [0.5, 0.7], [0.4, 0.6]))
    top, bottom = fig.axes
    np.testing.assert_array_equal(top.lines[0].get_ydata(), [2.0, 1.0])
    np.testing.assert_array_equal(bottom.lines[0].get_ydata(), [0.5, 0.7])
    np.testing.assert_array_equal(bottom.lines[1].get_ydata(), [0.4, 0.6])
    assert all(list(line.get_xdata()) == [1, 2] for line in bottom.lines)
    assert [line.get_linestyle() for line in bottom.lines] == ["-", "--"]
    words = [text.get_text() for text in bottom.get_legend().get_texts()]
    assert words == ["training", "test"]
    assert top.get_ylabel() == "training loss (nats)"
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("epoch", "accuracy")
    top.set_xlim(1, 9)
    assert bottom.get_xlim() == (1, 9)
    assert list(fig.get_size_inches()) == [5, 5]


def test_learning_curves_of_something_else():
    with pytest.raises(TypeError, match=r"expected the History that .* got NoneType"):
        plotting.learning_curves(None)


def test_where_drawings_may_not_be_shown_a_sentence_stands(monkeypatch):
    """As in JupyterLab, in a notebook that was opened and not trusted yet."""
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    monkeypatch.setattr(InteractiveShell, "instance", lambda: shell)
    set_matplotlib_formats("png")  # as notebooks show figures by themselves
    plotting.use_house_style()
    fig, ax = plt.subplots()
    ax.plot(np.tanh(np.linspace(-3, 3, 50)))
    shown, _ = shell.display_formatter.format(fig)
    assert shown["text/plain"].startswith("A figure stands here when you run this cell")
    assert "image/png" not in shown
    svg = shown["image/svg+xml"]
    assert svg.startswith("<?xml")
    assert re.search(r' d="[^"]*\d\.\d\d\b', svg)
    assert not re.search(r' d="[^"]*\d\.\d{3}', svg), "not the book's own SVG"
    assert "<dc:date>" not in svg
