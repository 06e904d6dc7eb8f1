"""Draw a digit: what the page reads and computes, against NumPy."""

import re

import numpy as np
import pytest
from explorable_checks import check_accessible, check_fallback, press
from strokes import strokes

from dlscratch.explorables import draw_digit
from dlscratch.explorables.explorable import script
from dlscratch.functions import softmax
from dlscratch.models import mlp, pretrained

BOARD = 280
LAYERS = ["hidden-1", "hidden-2", "logits"]

# Draws with the pen as the browser reports it, and reads the answers.
PAINT = """async (drawings) => {
  const board = document.querySelector(".dd-board");
  const answer = document.querySelector(".dd-answer");
  const buttons = [...document.querySelectorAll("button")];
  const clear = buttons.find(button => button.textContent === "Clear");
  const answers = [];
  for (const drawing of drawings) {
    clear.click();
    const box = board.getBoundingClientRect();
    const send = (type, [x, y]) => board.dispatchEvent(new PointerEvent(type, {
      pointerId: 1, pointerType: "mouse", bubbles: true, cancelable: true,
      button: type === "pointermove" ? -1 : 0, buttons: type === "pointerup" ? 0 : 1,
      clientX: box.left + x * box.width / 280, clientY: box.top + y * box.height / 280,
    }));
    for (const stroke of drawing) {
      send("pointerdown", stroke[0]);
      for (const point of stroke.slice(1)) send("pointermove", point);
      send("pointerup", stroke.at(-1));
    }
    await new Promise(requestAnimationFrame);
    answers.push(Number(answer.dataset.digit));
  }
  return answers;
}"""


@pytest.fixture(scope="module")
def model():
    """The network that the book ships."""
    return pretrained("draw-mlp")


@pytest.fixture(scope="module")
def pictures(mnist):
    """The first 200 test images of MNIST as strokes, and their labels."""
    return strokes(mnist.x_test[:200].reshape(-1, 28, 28)), mnist.t_test[:200]


@pytest.fixture
def drawing(open_html, model):
    """A page with the board."""
    return opened(open_html, model)


def opened(open_html, model):
    page = open_html(draw_digit(model)._repr_html_())
    page.locator(".dd-board").wait_for()
    return page


def frame(page):
    """Let the page draw what has changed."""
    page.evaluate("new Promise(requestAnimationFrame)")


def numbers(page, layer):
    """Return all the numbers of one layer, as the page computed them."""
    found = page.locator(f"[data-layer={layer}]")
    return np.array(found.evaluate("one => JSON.parse(one.dataset.values)"))


def check_layers(page, model):
    """Compare every number of every layer with NumPy's; return the input."""
    x = numbers(page, "input")
    assert x.shape == (196,)
    assert 0 <= x.min() <= x.max() <= 1
    wanted, y = [], x[np.newaxis]
    for layer in model.layers:
        y = layer.forward(y)
        wanted.append(y[0])
    wanted = [*wanted[1::2], wanted[-1]]  # after each activation, and the logits
    for layer, values in zip(LAYERS, wanted, strict=True):
        np.testing.assert_allclose(numbers(page, layer), values, rtol=0, atol=1e-5)
    p = softmax(y)[0]
    np.testing.assert_allclose(numbers(page, "probabilities"), p, rtol=0, atol=1e-5)
    answer = page.locator(".dd-answer")
    assert float(answer.get_attribute("data-probability")) == pytest.approx(p.max())
    if answer.get_attribute("data-digit"):
        assert answer.get_attribute("data-digit") == str(p.argmax())
        assert page.locator(".dd-big").inner_text() == str(p.argmax())
        assert re.search(rf"\ban? {p.argmax()}\b", answer.inner_text())
    return x


def shrunk(page):
    """Shrink what the board shows in NumPy, from the pixels that the reader sees."""
    ink = page.locator(".dd-board").evaluate(
        "board => Array.from(board.getContext('2d').getImageData(0, 0, 280, 280).data)"
        ".filter((_, i) => i % 4 === 3).join(' ')"
    )
    ink = np.array(ink.split(), dtype=float).reshape(BOARD, BOARD) / 255
    place = np.arange(BOARD)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    scale = 10 / (max(np.ptp(rows), np.ptp(columns)) + 1)
    parts = []
    for axis in (0, 1):  # how much of each pixel lies in each of the 14 cells
        weight = ink.sum(axis=1 - axis)
        centre = weight @ (place + 0.5) / weight.sum()
        start = 7.25 + (place - centre) * scale
        cell = np.arange(14)[:, np.newaxis]
        overlap = np.minimum(start + scale, cell + 1) - np.maximum(start, cell)
        parts.append(np.maximum(overlap, 0))
    return (parts[0] @ ink @ parts[1].T).ravel()


def test_it_reads_what_a_pen_writes(drawing, pictures, model):
    drawings, labels = pictures
    answers = np.array(drawing.evaluate(PAINT, drawings))
    assert np.mean(answers == labels) >= 0.95
    for one in drawings[:5]:
        drawing.evaluate(PAINT, [one])
        x = check_layers(drawing, model)
        np.testing.assert_allclose(x, shrunk(drawing), atol=0.02)


def test_the_mouse_draws_the_same(drawing, pictures, model):
    drawings, labels = pictures
    board = drawing.locator(".dd-board")
    for one, label in list(zip(drawings, labels, strict=True))[:3]:
        drawing.evaluate(PAINT, [one])
        expected = check_layers(drawing, model)
        drawing.get_by_role("button", name="Clear").click()
        box = board.bounding_box()
        scale = box["width"] / BOARD
        for stroke in one:
            points = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
            drawing.mouse.move(*points[0])
            drawing.mouse.down()
            for point in points[1:]:
                drawing.mouse.move(*point)
            drawing.mouse.up()
        frame(drawing)
        x = check_layers(drawing, model)
        np.testing.assert_allclose(x, expected, atol=0.1)  # the mouse has whole pixels
        assert drawing.locator(".dd-answer").get_attribute("data-digit") == str(label)


def test_a_finger_draws_too(browser, model):
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.set_content(draw_digit(model)._repr_html_())
    board = page.locator(".dd-board")
    box = board.bounding_box()
    touch = context.new_cdp_session(page)
    for step in range(11):
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 40 + 20 * step}
        kind = "touchMove" if step else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    frame(page)
    assert page.locator(".dd-answer").get_attribute("data-digit") == "1"
    check_layers(page, model)
    context.close()


WRITTEN = {  # each a path of keys from the pen's start, at column 14 and row 6
    1: [" ", *["ArrowDown"] * 16],
    7: [
        *["ArrowLeft"] * 5,
        " ",
        *["ArrowRight"] * 10,
        *["End"] * 8,
        *["ArrowDown"] * 7,
    ],
    0: [
        *[" ", "PageDown", "PageDown", "PageDown", *["ArrowDown"] * 9],
        *["End", "End", "End", "ArrowLeft", "ArrowLeft", "Home", "Home", "Home"],
        *[*["ArrowUp"] * 9, "PageUp", "PageUp", "PageUp", "ArrowRight"],
    ],
}


@pytest.mark.parametrize("digit", WRITTEN)
def test_the_keyboard_draws(digit, drawing, model):
    board = drawing.get_by_role("application")
    board.focus()
    for key in WRITTEN[digit]:
        board.press(key)
    frame(drawing)
    x = check_layers(drawing, model)
    np.testing.assert_allclose(x, shrunk(drawing), atol=0.02)
    assert drawing.locator(".dd-answer").get_attribute("data-digit") == str(digit)
    said = drawing.get_by_role("status")
    said.filter(has_text=re.compile(f"Pen down.* {digit}")).wait_for(state="attached")

    # The pen is lifted, moves without a trace, and its one stroke is taken back.
    for key in ("Escape", "ArrowRight", "ArrowRight", "PageUp"):
        board.press(key)
    frame(drawing)
    np.testing.assert_array_equal(numbers(drawing, "input"), x)
    board.press("Backspace")
    frame(drawing)
    assert not numbers(drawing, "input").any()


def test_the_pen_shows_for_the_keyboard_alone(drawing):
    board, pen = drawing.get_by_role("application"), drawing.locator(".dd-pen")

    def shows():
        line = board.evaluate("board => getComputedStyle(board).outlineStyle")
        assert pen.is_visible() == (line == "solid")
        return pen.is_visible()

    assert not shows()
    board.click()
    frame(drawing)
    assert not shows()
    board.press("ArrowDown")
    assert shows()
    drawing.keyboard.press("Tab")
    assert not shows()
    drawing.keyboard.press("Shift+Tab")
    assert shows()


def test_undo_and_clear(drawing, pictures, model):
    one, two = (
        drawing.get_by_role("button", name="Undo"),
        drawing.get_by_role("button", name="Clear"),
    )
    assert one.is_disabled()
    assert two.is_disabled()
    assert not check_layers(drawing, model).any()
    start = drawing.locator(".dd-answer").inner_text()
    assert "Nothing is drawn" in start
    lines = [[[80, 40], [80, 240]], [[80, 140], [200, 140]], [[200, 40], [200, 240]]]
    seen = []
    for n in range(1, 4):
        drawing.evaluate(PAINT, [lines[:n]])
        seen.append(numbers(drawing, "input"))
    for wanted in (seen[1], seen[0], np.zeros(196)):
        one.click()
        frame(drawing)
        np.testing.assert_array_equal(check_layers(drawing, model), wanted)
    drawing.evaluate(PAINT, [lines])
    two.click()
    frame(drawing)
    assert not check_layers(drawing, model).any()
    assert drawing.locator(".dd-answer").inner_text() == start


def test_sample_images(drawing, model):
    samples = drawing.get_by_role("group", name="Test images").get_by_role("button")
    assert samples.count() == 12
    for i in range(12):
        samples.nth(i).focus()
        drawing.keyboard.press("Enter")
        frame(drawing)
        x = check_layers(drawing, model)
        np.testing.assert_allclose(x, shrunk(drawing), atol=0.02)
        wrong = "the network is wrong" in drawing.locator(".dd-answer").inner_text()
        assert wrong == (i >= 10)
        if not wrong:
            digit = drawing.locator(".dd-answer").get_attribute("data-digit")
            assert digit == str(i)


def test_one_number_by_pointer_and_by_keys(drawing, model):
    drawing.get_by_role("button", name="test image of a 3").click()
    readout = drawing.locator(".dd-readout")
    x = check_layers(drawing, model)
    sums = model.layers[0].forward(x[np.newaxis])[0]
    for i in (int(sums.argmin()), int(sums.argmax())):
        drawing.locator(f"[data-layer=hidden-1] [data-i='{i}']").hover()
        frame(drawing)
        z, y = f"{sums[i]:.4f}".replace("-", "−"), f"{max(sums[i], 0):.4f}"
        assert readout.inner_text() == f"Hidden layer 1, cell {i + 1}: relu({z}) = {y}"
    W = model.parameters[0].value[:, i]  # shown in place of the picture
    shown = drawing.locator("[data-layer=input] .dd-cell").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('fill-opacity')))"
    )
    np.testing.assert_allclose(shown, np.abs(W) / np.abs(W).max(), atol=0.001)
    drawing.mouse.move(5, 5)
    frame(drawing)
    assert "Point at a cell" in readout.inner_text()

    press(drawing, "Input: read one value", "End", *["ArrowLeft"] * 94)
    frame(drawing)
    assert f"row 8, column 4: {x[101]:.4f}" in readout.inner_text()
    pixel = drawing.get_by_label("Input: read one value")
    assert pixel.get_attribute("aria-valuenow") == "102"
    assert pixel.get_attribute("aria-valuetext") == readout.inner_text()
    press(drawing, "Softmax probabilities: read one value", *["ArrowRight"] * 3)
    frame(drawing)
    p = numbers(drawing, "probabilities")[3]
    assert readout.inner_text() == f"Probability of 3: {p:.4f}"


def test_the_tables_hold_the_same_numbers(drawing, model):
    drawing.get_by_text("All numbers as tables").click()
    drawing.get_by_role("button", name="test image of a 5").click()
    frame(drawing)

    def column(caption, k):
        table = drawing.get_by_role("table", name=caption)
        cells = table.locator(f"tbody tr > :nth-child({k})").all_inner_texts()
        return [float(text.replace("−", "-")) for text in cells]

    close = {"rtol": 0, "atol": 5.1e-5}
    np.testing.assert_allclose(column("Output", 2), numbers(drawing, "logits"), **close)
    p = numbers(drawing, "probabilities")
    np.testing.assert_allclose(column("Output", 3), p, **close)
    for k in (1, 2):
        values = column(f"Hidden layer {k}", 3)
        np.testing.assert_allclose(values, numbers(drawing, f"hidden-{k}"), **close)
        np.testing.assert_array_equal(
            values, np.maximum(column(f"Hidden layer {k}", 2), 0)
        )
    x = numbers(drawing, "input").reshape(14, 14)
    np.testing.assert_allclose(column("Input", 5), x[:, 3], rtol=0, atol=5.1e-3)


def test_doubt_is_said(drawing, model):
    circle = 2 * np.pi * np.arange(25) / 24
    blob = np.column_stack([140 + 60 * np.cos(circle), 140 + 30 * np.sin(3 * circle)])
    answers = set()
    for drawn in ([blob.tolist()], [[[60, 60], [220, 220]], [[220, 60], [60, 220]]]):
        drawing.evaluate(PAINT, [drawn])
        check_layers(drawing, model)
        sure = numbers(drawing, "probabilities").max()
        words = drawing.locator(".dd-answer").inner_text()
        assert ("Not sure" in words) == (sure < 0.6)
        assert ("Probably" in words) == (0.6 <= sure < 0.9)
        answers.add(sure < 0.9)
    assert True in answers


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_any_network_of_that_form(activation, open_html):
    other = mlp((196, 30, 20, 10), activation, rng=np.random.default_rng(0))
    page = opened(open_html, other)
    assert check_layers(page, other).sum() == 0
    page.get_by_role("button", name="test image of a 2").click()
    frame(page)
    assert check_layers(page, other).sum() > 0


@pytest.mark.parametrize(
    "sizes", [(64, 50, 10), (196, 30, 9), (784, 10)], ids=lambda sizes: str(sizes[0])
)
def test_other_networks_are_refused(sizes):
    with pytest.raises(ValueError, match="draw_digit: expected Linear layers from 196"):
        draw_digit(mlp(sizes, rng=np.random.default_rng(0)))


def test_the_html_is_small_and_always_the_same(model):
    html = draw_digit(model)._repr_html_()
    assert html == draw_digit(pretrained("draw-mlp"))._repr_html_()
    own = html.replace(script("explorable"), "")
    assert len(own.encode()) < 56 * 1024


def test_for_everybody(open_html, browser, model):
    def prepare(page):
        page.get_by_role("button", name="Load a test image of a 2").click()
        page.get_by_text("All numbers as tables").click()
        page.get_by_text("Keys, and what happens").click()
        frame(page)

    check_accessible(open_html, draw_digit(model), prepare)
    check_fallback(browser, draw_digit(model))
