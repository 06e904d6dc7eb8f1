"""Computational graphs: where the nodes stand, and which words are written where."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest

from dlscratch import graphs, plotting

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("house_style")

APPLES = [
    ("apples", "×#1", 2, 110),
    ("price", "×#1", 100, 2.2),
    ("×#1", "×#2", 200, 1.1),
    ("tax", "×#2", 1.1, 200),
    ("×#2", "total", 220, 1),
]
SQUARE = [("x", "copy", 3, 6), *[("copy", "×", 3, 3)] * 2, ("×", "y", 9, 1)]
RESIDUAL = [("x", "f"), ("f", "g"), ("g", "+"), ("x", "+", "x"), ("+", "y")]
NETWORK = [
    ("x", "dot#1", "(1, 2)"),
    ("W1", "dot#1", "(2, 3)", "(2, 3)"),
    ("dot#1", "+#1", "(1, 3)", "(1, 3)"),
    ("b1", "+#1", "(3,)", "(3,)"),
    ("+#1", "ReLU", "(1, 3)", "(1, 3)"),
    ("ReLU", "dot#2", "(1, 3)", "(1, 3)"),
    ("W2", "dot#2", "(3, 2)", "(3, 2)"),
    ("dot#2", "+#2", "(1, 2)", "(1, 2)"),
    ("b2", "+#2", "(2,)", "(2,)"),
    ("+#2", "softmax with loss", "(1, 2)", "(1, 2)"),
    ("t", "softmax with loss", "(1,)"),
    ("softmax with loss", "L", 0.091092, 1),
]
ALL = pytest.mark.parametrize("edges", [APPLES, SQUARE, RESIDUAL, NETWORK])
WAYS = pytest.mark.parametrize("down", [False, True])


def texts(fig):
    """Return the texts of a figure with their boxes, in points from the top left."""
    fig.draw_without_rendering()
    height, scale = fig.get_size_inches()[1] * 72, 72 / fig.dpi
    found = []
    for text in fig.axes[0].texts:
        if text.get_text():
            box = text.get_window_extent()
            x, y = (box.x0 + box.x1) / 2 * scale, height - (box.y0 + box.y1) / 2 * scale
            found.append((text.get_text(), text.get_color(), x, y, box))
    return found


def test_layout_of_apples():
    place, chains = graphs.layout(APPLES)
    assert place == {
        "apples": (0, 0),
        "price": (0, 1),
        "×#1": (1, 0),
        "tax": (1, 1),
        "×#2": (2, 0),
        "total": (3, 0),
    }
    assert chains == [list(edge[:2]) for edge in APPLES]


def test_layout_keeps_a_place_for_an_edge_that_passes():
    place, chains = graphs.layout(RESIDUAL)
    assert [place[node][0] for node in "xfg+y"] == [0, 1, 2, 3, 4]
    start, *passed, stop = chains[3]
    assert (start, stop) == ("x", "+")
    assert [place[node] for node in passed] == [(1, 1), (2, 1)]
    assert place["x"][1] == 0.5, "between the two ways that it goes"


def test_layout_parts_two_edges_between_the_same_nodes():
    place, chains = graphs.layout(SQUARE)
    first, second = chains[1][1], chains[2][1]
    assert (place[first], place[second]) == ((2, 0), (2, 1))


@ALL
def test_nodes_of_one_depth_stand_apart_and_edges_go_on(edges):
    place, chains = graphs.layout(edges)
    for depth in {depth for depth, _ in place.values()}:
        rows = sorted(row for d, row in place.values() if d == depth)
        assert all(b - a >= 1 for a, b in pairwise(rows))
    for chain in chains:
        depths = [place[node][0] for node in chain]
        assert depths == list(range(depths[0], depths[0] + len(chain)))


def test_rows_move_as_little_as_possible():
    assert graphs._apart([0, 0.5, 3]) == pytest.approx([-0.25, 0.75, 3])
    assert graphs._apart([0, 1, 2.5]) == [0, 1, 2.5]
    assert graphs._apart([0, 0, 0]) == pytest.approx([-1, 0, 1])


def test_a_circle_is_an_error():
    with pytest.raises(ValueError, match="cycle"):
        graphs.draw([("a", "b"), ("b", "a")])


def test_words_of_apples():
    found = texts(graphs.draw(APPLES))
    black = [text for text, colour, *_ in found if colour == "black"]
    values = ["2", "100", "200", "1.1", "220"]
    assert sorted(black) == sorted(
        [*values, "apples", "price", "tax", "×", "×", "total"]
    )
    gradients = [text for text, colour, *_ in found if colour == graphs.BACK]
    assert gradients == ["110", "2.2", "1.1", "200", "1"]


@WAYS
def test_value_above_gradient_below_or_left_and_right(down):
    edge = ("x", "f", "value", "gradient")
    found = {text: (x, y) for text, _, x, y, _ in texts(graphs.draw([edge], down=down))}
    (x0, y0), (x1, y1) = found["value"], found["gradient"]
    if down:
        assert x0 < found["x"][0] < x1
        assert found["x"][1] < y0 < found["f"][1]
        assert y0 == pytest.approx(y1, abs=3)
    else:
        assert y0 < found["x"][1] < y1
        assert found["x"][0] < x0 < found["f"][0]
        assert x0 == pytest.approx(x1)


def arrows(fig, colour):
    """Return how far each arrow of a colour goes to the right and up, in points."""
    found = [a for a in fig.axes[0].patches if hasattr(a, "get_arrowstyle")]
    found = [a for a in found if mpl.colors.to_hex(a.get_edgecolor()) == colour]
    paths = [arrow._path_original.vertices for arrow in found]
    assert all((path[-1] != path[-2]).any() for path in paths), "no way for the head"
    return [tuple(path[-1] - path[0]) for path in paths]


@WAYS
def test_gradients_point_backwards(down):
    fig = graphs.draw(NETWORK, down=down)
    forwards, back = arrows(fig, "#57606a"), arrows(fig, graphs.BACK)
    assert len(forwards) == len(NETWORK)
    assert len(back) == sum(len(edge) == 4 for edge in NETWORK)
    assert all((dy < 0) if down else (dx > 0) for dx, dy in forwards)
    assert all((dy > 0) if down else (dx < 0) for dx, dy in back)


@ALL
@WAYS
def test_no_words_overlap_or_leave_the_figure(edges, down):
    fig = graphs.draw(edges, down=down)
    boxes = [(text, box) for text, *_, box in texts(fig)]
    for i, (text, box) in enumerate(boxes):
        assert box.x0 >= 0 <= box.y0, text
        assert box.x1 <= fig.bbox.x1, text
        assert box.y1 <= fig.bbox.y1, text
        for other, second in boxes[:i]:
            assert not box.overlaps(second), (text, other)


def drawing(fig):
    """Return where the words stand, the corners of the arrows, and the boxes."""
    patches = fig.axes[0].patches
    arrows = [patch for patch in patches if hasattr(patch, "get_arrowstyle")]
    boxes = [patch for patch in patches if patch not in arrows]
    return (
        [(t.get_text(), *t.get_position()) for t in fig.axes[0].texts if t.get_text()],
        [point for a in arrows for point in a._path_original.vertices],
        [(b.get_x(), b.get_y(), b.get_width(), b.get_height()) for b in boxes],
    )


def test_a_drawing_point_by_point():
    """The third edge leaves a fork: its word stands low, level with its way past."""
    fig = graphs.draw(RESIDUAL)
    assert 72 * fig.get_size_inches() == pytest.approx([360, 108])
    (ax,) = fig.axes
    assert ax.get_position().bounds == (0, 0, 1, 1)
    assert (*ax.get_xlim(), *ax.get_ylim()) == pytest.approx((0, 360, 0, 108))
    assert not ax.axison
    assert {text.get_fontsize() for text in ax.texts} == {11}
    aligned = {(text.get_ha(), text.get_va()[:6]) for text in ax.texts[-5:]}
    assert aligned == {("center", "center")}
    words, corners, boxes = drawing(fig)
    nodes = [(16, 54), (102, 79), (183, 79), (263, 79), (344, 79)]
    assert [word for word, *_ in words] == ["x", "x", "f", "g", "+", "y"]
    places = [place for _, *place in words]
    np.testing.assert_allclose(places, [(72, 33), *nodes], atol=0.75)
    expected = [(28, 54), (42, 79), (90, 79), (114, 79), (171, 79), (195, 79)]
    expected += [(251, 79), (28, 54), (42, 29), (102, 29), (183, 29), (237, 29)]
    expected += [(251, 72), (275, 79), (332, 79)]
    np.testing.assert_allclose(corners, expected, atol=0.75)
    expected = [(x - 12, y - 12, 24, 24) for x, y in nodes[1:4]]
    np.testing.assert_allclose(boxes, expected, atol=0.75)


@WAYS
def test_two_outputs_stand_beside_the_middle(down):
    edges = [("x", "f"), ("f", "a"), ("f", "b")]
    place, _ = graphs.layout(edges)
    assert {node: depth for node, (depth, _) in place.items()} == {
        **{"x": 0, "f": 1, "a": 2, "b": 2}  # no edge of the fork ends at a join
    }
    fig = graphs.draw(edges, down=down)
    words, *_ = drawing(fig)
    places = {word: place[not down] for word, *place in words}
    if not down:  # the first stands above
        places = {word: 108 - y for word, y in places.items()}
        assert 72 * fig.get_size_inches()[1] == pytest.approx(108)
    assert places["x"] == places["f"]
    assert places["a"] < places["f"] < places["b"]
    assert places["a"] + places["b"] == pytest.approx(2 * places["f"])


def test_a_wide_drawing_has_room_for_its_words():
    fig = graphs.draw(NETWORK)
    assert 72 * fig.get_size_inches() == pytest.approx([707, 108], abs=1)
    words, _, boxes = drawing(fig)
    across = [x for _, x, _ in words[-13:]]  # the nodes
    expected = [17, 17, 100, 100, 181, 266, 266, 353, 353, 435, 435, 555, 691]
    np.testing.assert_allclose(across, expected, atol=1.5)
    widths = [width for _, _, width, _ in boxes]
    np.testing.assert_allclose(widths, [27, 24, 36, 27, 24, 105], atol=0.75)
    assert {height for *_, height in boxes} == {24}


def test_a_drawing_point_by_point_downwards():
    fig = graphs.draw(APPLES, down=True)
    assert 72 * fig.get_size_inches() == pytest.approx([360, 254])
    words, corners, boxes = drawing(fig)
    assert [word for word, *_ in words[10:]] == [
        *("apples", "price", "×", "tax", "×", "total")
    ]
    aligned = [(text.get_ha(), text.get_va()) for text in fig.axes[0].texts]
    beside = [("right", "center_baseline"), ("left", "center_baseline")]
    assert aligned == beside * 5 + [("center", "center_baseline")] * 6
    edges = [(145, 201), (207, 208), (145, 127), (207, 134), (145, 53)]
    expected = [(x + 13 * side, y) for x, y in edges for side in (0, 1)]
    nodes = [(149, 238), (211, 238), (149, 164), (211, 164), (149, 90), (149, 16)]
    places = [place for _, *place in words]
    np.testing.assert_allclose(places, expected + nodes, atol=0.75)
    expected = [(154, 181), (154, 221), (149, 226), (149, 176), (216, 195), (216, 221)]
    expected += [(211, 226), (211, 190), (156, 176), (154, 107), (154, 147)]
    expected += [(149, 152), (149, 102), (216, 121), (216, 147), (211, 152)]
    expected += [(211, 116), (156, 102), (154, 33), (154, 73), (149, 78), (149, 28)]
    np.testing.assert_allclose(corners, expected, atol=0.75)
    np.testing.assert_allclose(
        boxes, [(137, 152, 24, 24), (137, 78, 24, 24)], atol=0.75
    )


def test_width():
    assert graphs.draw(APPLES).get_size_inches()[0] == pytest.approx(5)
    assert graphs.draw(NETWORK, down=True).get_size_inches()[0] == pytest.approx(5)
    assert graphs.draw(NETWORK).get_size_inches()[0] > 8
    assert graphs.draw(APPLES, width=7).get_size_inches()[0] == pytest.approx(7)


def test_numbers_strings_and_nothing():
    edges = [("a", "f", -0.123456, None), ("f", "b", "L", -1.0)]
    assert {text for text, *_ in texts(graphs.draw(edges))} == {
        *("a", "f", "b"),
        *("−0.1235", "L", "−1"),
    }


@ALL
def test_equal_edges_give_equal_svg(edges):
    assert plotting._to_svg(graphs.draw(edges)) == plotting._to_svg(graphs.draw(edges))


def test_a_variable_that_is_used_twice_stands_first():
    edges = [("x", "×"), ("x", "+"), ("1", "+"), ("+", "×"), ("×", "L")]
    place, _ = graphs.layout(edges)
    depths = {node: place[node][0] for node in ("x", "1", "+", "×", "L")}
    assert depths == {"x": 0, "1": 0, "+": 1, "×": 2, "L": 3}
    graphs.draw(edges)
