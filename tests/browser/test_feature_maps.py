"""Feature maps of a drawing: what the page computes, against NumPy."""

import json
import re

import numpy as np
import pytest
from explorable_checks import check_accessible, check_fallback, unfold
from strokes import strokes
from test_draw_digit import PAINT, frame, shrunk

from dlscratch.explorables import feature_maps
from dlscratch.explorables.explorable import script
from dlscratch.functions import softmax
from dlscratch.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from dlscratch.models import Sequential, pretrained

CLOSE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture(scope="module")
def model():
    """The network that the book ships."""
    return pretrained("draw-cnn")


@pytest.fixture(scope="module")
def pictures(mnist):
    """The first 100 test images of MNIST as strokes, and their labels."""
    return strokes(mnist.x_test[:100].reshape(-1, 28, 28)), mnist.t_test[:100]


@pytest.fixture
def drawing(open_html, model):
    """A page with the board."""
    return opened(open_html, model)


def opened(open_html, model):
    page = open_html(feature_maps(model)._repr_html_())
    page.locator(".dd-board").wait_for()
    page.get_by_text("The layers behind").click()
    return page


def numbers(page, layer, key="values"):
    """Return all the numbers of one layer, as the page computed them."""
    found = page.locator(f"[data-layer={layer}]")
    return np.array(json.loads(found.get_attribute(f"data-{key}")))


def layer_by_layer(model, x):
    """Return a dict of each layer's numbers, and of the sums before each ReLU."""
    found, sums, counts = {}, {}, {}
    kinds = {Conv2d: "conv", MaxPool2d: "pool", Linear: "linear"}
    name = ""
    y = x.reshape(1, 1, 14, 14)
    for layer in model.layers:
        y = layer.forward(y)
        kind = kinds.get(type(layer))
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
            name = f"{kind}-{counts[kind]}"
            sums[name] = y[0]
        if kind or isinstance(layer, ReLU):
            found[name] = y[0]
    del found[name]  # the logits
    return found, sums, y


def check_layers(page, model):
    """Compare every number of every layer with NumPy's; return the input and these."""
    x = numbers(page, "input")
    assert x.shape == (196,)
    found, sums, y = layer_by_layer(model, x)
    for name, wanted in found.items():
        np.testing.assert_allclose(numbers(page, name), wanted.ravel(), **CLOSE)
    logits = numbers(page, "probabilities", "logits")
    np.testing.assert_allclose(logits, y[0], **CLOSE)
    p = softmax(y)[0]
    np.testing.assert_allclose(numbers(page, "probabilities"), p, **CLOSE)
    answer = page.locator(".dd-answer")
    assert float(answer.get_attribute("data-probability")) == pytest.approx(p.max())
    if answer.get_attribute("data-digit"):
        assert answer.get_attribute("data-digit") == str(p.argmax())
        assert re.search(rf"\ban? {p.argmax()}\b", answer.inner_text())
    return x, found, sums


def choose(page, title, f, i, j):
    """Choose a map by a click, and a cell of it by pointing."""
    page.get_by_role("button", name=f"{title}, map {f + 1} of").click()
    frame(page)
    page.locator(f"[data-cell='{i},{j}']").hover()
    frame(page)


def check_cell(page, model, title, f, i, j):
    """Check one cell: its arithmetic, its kernels, and its receptive field."""
    x, found, sums = check_layers(page, model)
    kind, number = title.split()
    name = f"{'conv' if kind == 'Convolution' else 'pool'}-{number}"
    line = page.locator("[data-formula]")
    text = line.inner_text().replace("−", "-")
    assert text.startswith(f"Row {i + 1}, column {j + 1}: ")
    value, z = found[name][f, i, j], sums[name][f, i, j]
    assert float(line.get_attribute("data-value")) == pytest.approx(value, abs=1e-5)
    assert float(line.get_attribute("data-sum")) == pytest.approx(z, abs=1e-5)
    assert float(text.split("= ")[-1]) == pytest.approx(value, abs=5.1e-5)
    slider = page.get_by_label("A cell of the map: arrow keys move")
    assert slider.get_attribute("aria-valuetext") == line.inner_text()

    parts = page.locator(".fm-parts")
    patches = np.array(json.loads(parts.get_attribute("data-patches")))
    if kind == "Convolution":
        layer = [one for one in model.layers if isinstance(one, Conv2d)][
            int(number) - 1
        ]
        weights = np.array(json.loads(parts.get_attribute("data-weights")))
        np.testing.assert_array_equal(weights.ravel(), layer.W.value[f].ravel())
        total = np.sum(weights * patches) + layer.b.value[f]
        assert total == pytest.approx(z, abs=1e-5)
        assert f"relu({z:.4f})" in text
        added = re.search(r"relu\((.*) \+ bias \(?(-?[\d.]+)", text)
        terms = [float(term.strip("()")) for term in added[1].split(" + ")]
        np.testing.assert_allclose(terms, (weights * patches).sum(axis=1), atol=6e-4)
        assert float(added[2]) == pytest.approx(layer.b.value[f], abs=6e-4)
    else:
        assert patches.max() == pytest.approx(value, abs=1e-5)
        assert f"max({', '.join(f'{v:.3f}' for v in patches[0])})" in text
    check_field(page, model, name, x, f, i, j)


def check_field(page, model, name, x, f, i, j):
    """Find in NumPy which pixels can change a cell, and compare with the page."""
    kernels = [layer.W.value for layer in model.layers if isinstance(layer, Conv2d)]
    probe = np.ones((196, 196)) + np.eye(196)  # each with another pixel raised
    y = np.concatenate([np.ones((1, 196)), probe]).reshape(-1, 1, 14, 14)
    depth = {"conv-1": 1, "pool-1": 2, "conv-2": 3, "pool-2": 4}[name]
    k = 0
    for layer in [one for one in model.layers if not isinstance(one, ReLU)][:depth]:
        if isinstance(layer, Conv2d):  # any change shows when all weights are 1
            plain = Conv2d(**layer.config, rng=np.random.default_rng(0))
            plain.W.value[:] = np.ones_like(kernels[k])
            y, k = plain.forward(y), k + 1
        else:  # the sum shows any change too; the largest value would hide some
            size = layer.config["kernel_size"]
            n = (y.shape[2] - size) // layer.config["stride"] + 1
            y = y[:, :, : n * size, : n * size]
            y = y.reshape(*y.shape[:2], n, size, n, size).sum(axis=(3, 5))
    changed = (y[1:, f, i, j] != y[0, f, i, j]).reshape(14, 14)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    assert changed.sum() == len(rows) * len(columns)
    seen = page.locator("[data-field]")
    for axis, places in (("rows", rows), ("columns", columns)):
        first_last = json.loads(seen.get_attribute(f"data-{axis}"))
        assert first_last == [places[0], places[-1]]
    words = f"rows {rows[0] + 1} to {rows[-1] + 1}, columns {columns[0] + 1} to "
    assert words + str(columns[-1] + 1) in seen.inner_text()
    box, field = (
        page.locator(f"[data-layer=input]{part}").bounding_box()
        for part in ("", " .fm-field")
    )
    for edge, side, places in (("y", "height", rows), ("x", "width", columns)):
        start = (field[edge] - box[edge]) / box[side] * 14
        assert start == pytest.approx(places[0], abs=0.05)
        assert field[side] / box[side] * 14 == pytest.approx(len(places), abs=0.05)


def test_it_starts_with_a_digit_that_the_first_stroke_replaces(open_html, model):
    page = open_html(feature_maps(model)._repr_html_())
    assert page.locator(".dd-answer").get_attribute("data-digit") == "3"
    check_layers(page, model)
    assert page.locator(".fm-maps:visible").count() == 1
    box = page.locator(".dd-board").bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] - 50)
    page.mouse.up()
    frame(page)
    assert page.locator(".dd-answer").get_attribute("data-digit") == "1"
    x, _, _ = check_layers(page, model)
    np.testing.assert_allclose(x, shrunk(page), atol=0.02)
    page.get_by_role("button", name="Undo").click()
    frame(page)
    assert "Nothing is drawn" in page.locator(".dd-answer").inner_text()


def test_it_reads_what_a_pen_writes(drawing, pictures, model):
    drawings, labels = pictures
    answers = np.array(drawing.evaluate(PAINT, drawings))
    assert np.mean(answers == labels) >= 0.96
    for one in drawings[:4]:
        drawing.evaluate(PAINT, [one])
        x, _, _ = check_layers(drawing, model)
        np.testing.assert_allclose(x, shrunk(drawing), atol=0.02)


@pytest.mark.parametrize(
    ("title", "f", "i", "j"),
    [
        *[("Convolution 1", 2, 5, 4), ("Convolution 1", 7, 11, 0)],
        *[("Pooling 1", 5, 2, 3), ("Convolution 2", 9, 3, 2)],
        *[("Convolution 2", 15, 0, 5), ("Pooling 2", 12, 1, 2)],
    ],
)
def test_a_cell_of_a_map(drawing, pictures, model, title, f, i, j):
    drawing.evaluate(PAINT, [pictures[0][3]])
    choose(drawing, title, f, i, j)
    check_cell(drawing, model, title, f, i, j)
    pressed = drawing.locator("[aria-pressed=true]")
    assert pressed.get_attribute("aria-label").startswith(f"{title}, map {f + 1} ")
    feeds = drawing.locator("[data-feeds]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    wanted = {
        "Convolution 1": [None],  # the input, which has no label
        "Pooling 1": [f"Convolution 1, map {f + 1} of 8"],
        "Convolution 2": [f"Pooling 1, map {c + 1} of 8" for c in range(8)],
        "Pooling 2": [f"Convolution 2, map {f + 1} of 16"],
    }
    assert feeds == wanted[title]


def test_the_field_lies_over_the_drawing(drawing, pictures):
    """The strip of the board under the field holds the field's share of the ink."""
    drawing.evaluate(PAINT, [pictures[0][0]])
    choose(drawing, "Convolution 1", 0, 4, 6)
    x = numbers(drawing, "input").reshape(14, 14)
    board = drawing.locator(".dd-board").bounding_box()
    field = drawing.locator(".dd-board ~ .fm-field").bounding_box()
    ink = drawing.locator(".dd-board").evaluate(
        "board => Array.from(board.getContext('2d').getImageData(0, 0, 280, 280).data)"
        ".filter((_, i) => i % 4 === 3)"
    )
    ink = np.reshape(ink, (280, 280)) / 255
    top, left = ((field[e] - board[e]) / board["width"] * 280 for e in "yx")
    height, width = (field[s] / board["width"] * 280 for s in ("height", "width"))
    under = ink[round(top) : round(top + height), round(left) : round(left + width)]
    cell = height / 3 * width / 3  # pixels of the board to one of the network
    assert under.sum() / cell == pytest.approx(x[4:7, 6:9].sum(), abs=0.35)


def test_keyboard_alone(drawing, model):
    drawing.get_by_role("button", name="test image of a 5").press("Enter")
    first = drawing.get_by_role("button", name="Convolution 2, map 1 of")
    first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        drawing.keyboard.press(key)
    frame(drawing)
    check_cell(drawing, model, "Convolution 2", 10, 3, 3)
    drawing.get_by_label("A cell of the map: arrow keys move").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", *["ArrowRight"] * 4):
        drawing.keyboard.press(key)
    frame(drawing)
    check_cell(drawing, model, "Convolution 2", 10, 1, 5)
    drawing.get_by_role("application").press(" ")
    for _ in range(12):
        drawing.keyboard.press("ArrowDown")
    frame(drawing)
    check_cell(drawing, model, "Convolution 2", 10, 1, 5)
    drawing.get_by_role("status").filter(has_text="Pen down").wait_for(state="attached")
    for row in drawing.locator(".fm-maps").all():
        tabs = row.locator("button").evaluate_all(
            "all => all.filter(one => one.tabIndex === 0).length"
        )
        assert tabs == 1


def test_samples_undo_and_clear(drawing, model):
    samples = drawing.get_by_role("group", name="Test images").get_by_role("button")
    for i in range(10):
        samples.nth(i).click()
        frame(drawing)
        check_layers(drawing, model)
        assert drawing.locator(".dd-answer").get_attribute("data-digit") == str(i)
    drawing.get_by_role("button", name="Clear").click()
    frame(drawing)
    assert not check_layers(drawing, model)[0].any()
    assert "Nothing is drawn" in drawing.locator(".dd-answer").inner_text()
    lines = [[[80, 40], [80, 240]], [[80, 140], [200, 140]]]
    drawing.evaluate(PAINT, [lines[:1]])
    x, _, _ = check_layers(drawing, model)
    drawing.evaluate(PAINT, [lines])
    drawing.get_by_role("button", name="Undo").click()
    frame(drawing)
    np.testing.assert_array_equal(check_layers(drawing, model)[0], x)


def test_the_tables_hold_the_same_numbers(drawing, model):
    drawing.get_by_text("The numbers as tables").click()
    drawing.get_by_role("button", name="test image of a 6").click()
    choose(drawing, "Pooling 2", 3, 1, 1)
    _, found, _ = check_layers(drawing, model)

    def body(caption):
        lines = drawing.get_by_role("table", name=caption).locator("tbody tr").all()
        cells = [line.locator("td").all_inner_texts() for line in lines]
        return np.array([[float(c.replace("−", "-")) for c in row] for row in cells])

    close = {"rtol": 0, "atol": 5.1e-5}
    np.testing.assert_allclose(body("Pooling 2, map 4"), found["pool-2"][3], **close)
    p = numbers(drawing, "probabilities")
    np.testing.assert_allclose(body("Output")[:, 1], p, **close)
    window = found["conv-2"][3, 2:4, 2:4]
    np.testing.assert_allclose(body("What feeds")[0], window.ravel(), **close)


def network(*stack):
    return Sequential(list(stack))


def small(rng, *, stride=1, padding=0, pool=2, n=27, classes=10):
    return network(
        *[Conv2d(1, 3, 3, stride, padding, rng=rng), ReLU(), MaxPool2d(pool)],
        *[Flatten(), Linear(n, classes, rng=rng)],
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"n": 108},
        {"stride": 2, "padding": 1, "pool": 3, "n": 12},
        {"padding": 2, "pool": 5, "n": 27},
    ],
)
def test_any_network_of_that_form(settings, open_html):
    other = small(np.random.default_rng(3), **settings)
    page = opened(open_html, other)
    page.get_by_role("button", name="test image of a 2").click()
    frame(page)
    x, found, _ = check_layers(page, other)
    assert x.any()
    assert found["conv-1"].any()


def test_other_networks_are_refused():
    rng = np.random.default_rng(0)
    linear = Linear(196, 10, rng=rng)
    for other in (
        network(Flatten(), linear),
        small(rng, n=100),
        small(rng, n=108, classes=9),
        network(Conv2d(1, 3, (3, 1), rng=rng), ReLU(), MaxPool2d(2), Flatten(), linear),
        network(Conv2d(2, 1, 1, rng=rng), ReLU(), MaxPool2d(1), Flatten(), linear),
        network(
            Conv2d(1, 1, 1, rng=rng),
            *[ReLU(), MaxPool2d(3, 1, padding=1), Flatten(), linear],
        ),
    ):
        with pytest.raises(ValueError, match=r"feature_maps: expected \(Conv2d, ReLU"):
            feature_maps(other)


def test_the_html_is_small_and_always_the_same(model):
    html = feature_maps(model)._repr_html_()
    assert html == feature_maps(pretrained("draw-cnn"))._repr_html_()
    own = html.replace(script("explorable"), "")
    assert len(own.encode()) < 58 * 1024


def test_for_everybody(open_html, browser, model):
    def prepare(page):
        unfold(page)
        page.get_by_role("button", name="Load a test image of a 2").click()
        page.get_by_role("button", name="Convolution 2, map 4 of").click()
        frame(page)

    check_accessible(open_html, feature_maps(model), prepare)
    check_fallback(browser, feature_maps(model))
