"""The HTML that an explorable puts into a notebook."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from dlscratch.explorables import (
    Explorable,
    backprop_stepper,
    batch_norm,
    bird_game,
    boxes,
    broadcasting,
    clusters,
    convolution,
    date_writer,
    differentiate,
    diffusion,
    explorable,
    gradient_descent,
    initial_values,
    name_reader,
    optimizer_race,
    perceptron_line,
    playground,
    regularisation,
    relu_bends,
    residual,
    sixteen_bits,
    write_on,
)
from dlscratch.explorables.bird_game import after, fly, gaps
from dlscratch.explorables.explorable import remade, script
from dlscratch.explorables.random_numbers import normal, uniform
from dlscratch.models import pretrained

ALL = pytest.mark.parametrize(
    "figure",
    [
        backprop_stepper,
        batch_norm,
        bird_game,
        boxes,
        broadcasting,
        clusters,
        convolution,
        date_writer,
        differentiate,
        diffusion,
        gradient_descent,
        initial_values,
        name_reader,
        optimizer_race,
        perceptron_line,
        playground,
        regularisation,
        relu_bends,
        residual,
        sixteen_bits,
        write_on,
    ],
)


class Reader(HTMLParser):
    """Collects an HTML text's elements, and the texts outside and inside scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.open, self.words = [], [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.words += data


def explore(props, name="perceptron-line"):
    return Explorable(name, props, "A text <instead>.", label='"A" figure')


def edit(monkeypatch):
    """Let each script and the style be one line longer."""
    read = explorable._read
    monkeypatch.setattr(explorable, "_read", lambda name: read(name) + "// edited\n")


@ALL
def test_equal_arguments_give_equal_html(figure):
    assert figure()._repr_html_() == figure()._repr_html_()
    assert repr(figure()) == repr(figure())


@ALL
def test_one_labelled_group_with_a_fallback_and_one_script(figure):
    shown = figure()
    reader = Reader(shown._repr_html_())
    assert not reader.open
    root = reader.elements[0][1]
    assert root["role"] == "group"
    assert root["aria-label"] == shown.label
    assert [tag for tag, _ in reader.elements] == ["div", "style", "p", "script"]
    assert reader.elements[-1][1] == {"type": "module"}
    assert reader.words.strip() == shown.fallback
    assert len(shown.fallback.split()) > 50


@ALL
def test_nothing_comes_from_elsewhere(figure):
    addresses = set(re.findall(r"https?://[^\"'` )]+", figure()._repr_html_()))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(import|fetch|url)\b *\(", figure()._repr_html_())


@ALL
def test_no_fixed_id_so_that_two_copies_can_share_a_page(figure):
    assert all(
        "id" not in attributes
        for _, attributes in Reader(figure()._repr_html_()).elements
    )


def test_what_all_figures_share_is_small():
    assert len(script("explorable").encode()) < 20 * 1024


def test_key_follows_the_script_and_the_props(monkeypatch):
    key = explore({"a": 1}).key
    assert explore({"a": 1}).key == key
    assert explore({"a": 2}).key != key
    assert explore({"a": 1}, "relu-bends").key != key
    edit(monkeypatch)
    assert explore({"a": 1}).key != key
    assert "// edited" in explore({"a": 1})._repr_html_()


@ALL
def test_scripts_can_be_renewed_without_running_python(figure, monkeypatch):
    before = figure()._repr_html_()
    assert remade(before) == before
    edit(monkeypatch)
    assert remade(before) == figure()._repr_html_() != before
    assert remade(f"<p>{before}") == ""


@pytest.mark.parametrize(
    "text", ["</script><b>out</b>", "<!-- <script>", "a\"b'c\\", "\u2028", "</SCRIPT >"]
)
def test_no_prop_escapes_its_script(text):
    shown = explore({"text": text})
    reader = Reader(shown._repr_html_())
    assert [tag for tag, _ in reader.elements] == ["div", "style", "p", "script"]
    assert "<!--" not in reader.scripts[0]
    call = reader.scripts[0].splitlines()[-1]
    start = f'explorables.start("{shown.key}", explore, '
    props = call.removeprefix(start).removesuffix(");")
    assert json.loads(props.replace("<\\!", "<!")) == {"text": text}
    assert remade(shown._repr_html_()) == shown._repr_html_()


def test_label_and_fallback_are_escaped():
    reader = Reader(explore({})._repr_html_())
    assert reader.elements[0][1]["aria-label"] == '"A" figure'
    assert reader.words.strip() == "A text <instead>."


def test_numbers_that_json_cannot_hold():
    with pytest.raises(ValueError, match="JSON"):
        explore({"w": float("nan")})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: perceptron_line("XAND"), "expected task in .*'XOR'.*got 'XAND'"),
        (lambda: perceptron_line(layers=3), "expected layers 1 or 2, got 3"),
        (lambda: perceptron_line(weights=(1, 2, 3)), "two weights and a bias"),
        (lambda: perceptron_line(bias=2.5), "between -2 and 2"),
        (lambda: backprop_stepper((1, 11)), r"-10 and 10, got \(1, 11\)"),
        (lambda: backprop_stepper((1, 2, 3)), "expected two numbers x .*1, 2, 3"),
        (lambda: backprop_stepper(t=2), "expected class t 0 or 1, got 2"),
        (lambda: backprop_stepper(step=0), "expected step 1 to 13, got 0"),
        (lambda: playground("squares"), "expected data in .*'rings'.*got 'squares'"),
        (lambda: playground(hidden=(9,)), r"widths from 1 to 8, got \[9\]"),
        (lambda: playground(hidden=(3, 3, 3, 3)), "up to 3 widths"),
        (lambda: playground(hidden=3), "expected hidden to be a list .*got 3"),
        (lambda: playground(activation="relu"), "expected activation in .*'ReLU'"),
        (lambda: playground(optimizer="sgd"), "expected optimizer in .*'SGD'"),
        (lambda: playground(rate=0), "rate to be .* from 0.0001 to 10, got 0"),
        (lambda: playground(init="he"), "expected init in .*'He'.*got 'he'"),
        (lambda: playground(decay=0.3), "decay to be .* from 0 to 0.2, got 0.3"),
        (lambda: playground(batch=7), "expected batch in .*got 7"),
        (lambda: playground(start=1000), "expected start 1 to 999, got 1000"),
        (lambda: batch_norm((1,)), r"2 to 8 numbers .*got \(1,\)"),
        (lambda: batch_norm((1, 7)), r"between -6 and 6, got \(1, 7\)"),
        (lambda: batch_norm(gamma=3), "gamma between -2 and 2, got 3"),
        (lambda: batch_norm(beta=-2.1), "beta between -2 and 2, got -2.1"),
        (lambda: batch_norm(momentum=1.5), "momentum 0 to 1, got 1.5"),
        (lambda: batch_norm(running=(0, -1)), r"a running mean .*got \(0, -1\)"),
        (lambda: bird_game(30), r"among \[0, 10, 20, 40, 80, 'best'\], got 30"),
        (lambda: bird_game("worst"), "expected rounds among .*got 'worst'"),
        (lambda: bird_game([]), r"expected rounds among .*got \[\]"),
        (lambda: bird_game(False), "expected rounds among .*got False"),
        (lambda: bird_game(seed=-1), "seed to be a whole number from 0, got -1"),
        (lambda: broadcasting((2, 5)), r"a with at most 3 axes .*got \(2, 5\)"),
        (lambda: broadcasting(b=(1, 1, 1, 1)), "b with at most 3 axes .*1, 1, 1, 1"),
        (lambda: broadcasting(3), "a with at most 3 axes of length 1 to 4, got 3"),
        (lambda: broadcasting(operation="/"), "operation '\\+', '-' or .*got '/'"),
        (lambda: clusters("four"), "expected start in .*'long clouds'.*got 'four'"),
        (lambda: clusters(variance=5), "expected variance 0 to 4, got 5"),
        (lambda: clusters(variance=float("nan")), "variance 0 to 4, got nan"),
        (lambda: clusters(learn=True), "expected variance 0.05 to 4, got 0.0"),
        (lambda: clusters(floor=0.2), r"floor in \(0, 1e-06, 0.1\), got 0.2"),
        (
            lambda: convolution([[1, 10]]),
            r"numbers from -9 to 9, got \[\[1.0, 10.0\]\]",
        ),
        (lambda: convolution([[0] * 7]), "expected x with sides of 1 to 6"),
        (lambda: convolution(kernel=[[1]]), r"kernel of 2×2 or 3×3 .*got \[\[1.0\]\]"),
        (lambda: convolution(stride=4), "expected stride 1, 2 or 3, got 4"),
        (lambda: convolution(padding=-1), "expected padding 0, 1 or 2, got -1"),
        (lambda: date_writer(""), "a date of 1 to 18 characters, got ''"),
        (lambda: date_writer("1" * 19), "1 to 18 characters, got '1111"),
        (lambda: date_writer("1984-03-07"), "of the characters .*got '1984-03-07'"),
        (lambda: date_writer("may", erased=[(0, 1)]), r"\(1, 1\) to \(10, 3\), got"),
        (lambda: date_writer("may", erased=[(1, 4)]), r"got \[\(1, 4\)\]"),
        (lambda: differentiate(x=4), "x between -3 and 3, got 4"),
        (lambda: differentiate(by="xz"), "up to 4 letters x or y, got 'xz'"),
        (lambda: differentiate(by="xxxxx"), "up to 4 letters x or y, got 'xxxxx'"),
        (lambda: differentiate(step=-1), "expected step 0 or more, got -1"),
        (lambda: differentiate("3*"), r"in x and y, got '3\*': invalid syntax"),
        (lambda: differentiate("z"), "in x and y, got 'z': name 'z' is not defined"),
        (lambda: differentiate("2"), "expected x or y somewhere, got '2'"),
        (lambda: differentiate("2*x", by="xx"), "'2\\*x' back to x"),
        (lambda: diffusion("star"), "points or one of .*'letter'.*got 'star'"),
        (lambda: diffusion([1, 2]), r"shape \(1 to 80, 2\), got \(2,\)"),
        (lambda: diffusion([[0, 0]] * 81), r"got \(81, 2\)"),
        (lambda: diffusion([[0, 0], [0, 3]]), r"within ±3, ±2.4, got \[0.0, 3.0\]"),
        (lambda: diffusion([[0, float("nan")]]), r"±2.4, got \[0.0, nan\]"),
        (lambda: diffusion(smooth=1.5), "expected smooth 0 to 1, got 1.5"),
        (lambda: diffusion(step=61), "expected step 0 to 60, got 61"),
        (lambda: gradient_descent("hill"), "expected surface in .*'bowl'.*got 'hill'"),
        (lambda: gradient_descent(start=(1, 6)), r"between -5 and 5, got \(1, 6\)"),
        (lambda: gradient_descent(start=(1,)), r"two numbers .*got \(1,\)"),
        (lambda: gradient_descent(lr=0), "expected lr 1e-12 to 100, got 0"),
        (lambda: gradient_descent(steps=2.5), "expected steps 0 to 2000, got 2.5"),
        (lambda: initial_values("step"), "activation in .*'tanh'.*got 'step'"),
        (lambda: initial_values(std=11), "std from 0 to 10, .*got 11"),
        (lambda: initial_values(std="glorot"), "'xavier' or 'he', got 'glorot'"),
        (lambda: initial_values(layers=0), "layers 1 to 10, got 0"),
        (lambda: name_reader(""), "a name of 1 to 11 letters, got ''"),
        (lambda: name_reader("a" * 12), "1 to 11 letters, got 'aaaaaaaaaaaa'"),
        (lambda: name_reader("r2d2"), "of the letters a to z, got 'r2d2'"),
        (lambda: name_reader("eva", cuts=[0]), r"cuts from 1 to 3, got \[0\]"),
        (lambda: name_reader(forget_gate=2), "forget_gate from 0 to 1, got 2"),
        (lambda: optimizer_race("hill"), "expected surface in .*'ravine'.*got 'hill'"),
        (lambda: optimizer_race(optimizers=["Sgd"]), "optimizers of .*'SGD'.*'Sgd'"),
        (lambda: optimizer_race(lr={"Adam": 0}), "lr 1e-06 to 100, got 0 for Adam"),
        (lambda: optimizer_race(lr={"adam": 1}), "optimizers of .*got 'adam'"),
        (lambda: optimizer_race(look_into="AdamW"), "optimizers of .*got 'AdamW'"),
        (lambda: optimizer_race(momentum=1), r"momentum 0\.\.0\.99, got 1"),
        (lambda: optimizer_race("saddle", start=(1, 3)), r"\[-2, 2\], got \(1, 3\)"),
        (
            lambda: optimizer_race("curved valley", start=(0, -1)),
            r"y within \[-0.75, 2.25\], got \(0, -1\)",
        ),
        (lambda: optimizer_race(start=(1,)), r"a start x, y .*got \(1,\)"),
        (lambda: optimizer_race(steps=201), "expected steps 0 to 200, got 201"),
        (lambda: relu_bends("cosine"), "expected target in .*'sine'.*got 'cosine'"),
        (lambda: relu_bends(activation="tanh"), "relu or identity, got 'tanh'"),
        (lambda: residual(41), "residual: expected depth 1 to 40, got 41"),
        (lambda: residual(2.0), "expected depth 1 to 40, got 2.0"),
        (lambda: residual(activation="ReLU"), "activation in .*'tanh'.*got 'ReLU'"),
        (lambda: residual(scale=0), "scale from 0.1 to 2, got 0"),
        (lambda: residual(scale="he"), "scale from 0.1 to 2, got 'he'"),
        (lambda: sixteen_bits(kind="float8"), "expected a kind of .*got 'float8'"),
        (lambda: sixteen_bits(2049), "a number that float16 has, got 2049"),
        (lambda: sixteen_bits(1e6), "a number that float16 has, got 1000000.0"),
        (lambda: sixteen_bits(257, "bfloat16"), "that bfloat16 has, got 257"),
        (lambda: sixteen_bits(float("nan")), "that float16 has, got nan"),
        (lambda: write_on(""), "a beginning of 1 to 200 characters, got ''"),
        (lambda: write_on("a" * 201), "1 to 200 characters, got 'aaaa"),
        (lambda: write_on("Röslein"), "of the characters .*got 'Röslein'"),
        (lambda: write_on(temperature=-0.1), "temperature from 0 to 2, got -0.1"),
        (lambda: write_on(temperature=float("nan")), "from 0 to 2, got nan"),
        (lambda: write_on(seed=10_000), "expected seed 0 to 9999, got 10000"),
        (lambda: write_on(seed=0.5), "expected seed 0 to 9999, got 0.5"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_repr_is_words_for_a_terminal():
    assert repr(perceptron_line()).startswith("<Explorable perceptron-line: ")
    assert "XOR cannot" in repr(perceptron_line())
    assert "the task is XOR" in repr(perceptron_line("XOR"))


def test_broadcasting_says_what_comes_out():
    assert "the result has shape (2, 3)" in repr(broadcasting())
    assert "they do not fit" in repr(broadcasting((3,), (4,)))


def test_clusters_says_how_it_starts():
    words = repr(clusters("long clouds", variance=0.5, learn=True))
    assert "30 points in the plane and 2 centres, at first “long clouds” with" in words
    assert "with learnt variances of 0.5." in words


def test_convolution_says_what_comes_out():
    assert "6×6 picture, a 3×3 kernel, stride 2, padding 1 and cross-" in repr(
        convolution(stride=2, padding=1)
    )
    assert "stride 2, padding 0 and true convolution: 2×2 output" in repr(
        convolution(stride=2, flip=True)
    )
    assert ": no output" in repr(convolution([[1, 2]]))


def test_gradient_descent_says_where_it_starts():
    words = repr(gradient_descent("ravine", start=(1, -2), lr=0.5))
    assert "f = x0²/20 + x1², x = (1, -2) and lr = 0.5" in words


def test_optimizer_race_says_who_races_and_from_where():
    words = repr(optimizer_race("saddle", optimizers=["Adam"], lr={"Adam": 0.2}))
    assert "f(x, y) = x²/2 + (y² - 1)²/20" in words
    assert "start at (-2.5, 0.01): Adam (lr 0.2)." in words


def test_batch_norm_says_the_mean_and_the_deviation():
    assert "a batch of 8 examples" in repr(batch_norm())
    words = repr(batch_norm((1, 2, 6)))
    assert "a batch of 3 examples" in words
    assert "mean is 3.00 and their standard deviation 2.16" in words


def test_initial_values_says_how_it_starts():
    assert "at first 0.141421, relu and 7." in repr(
        initial_values("relu", std="he", layers=7)
    )


def test_bird_game_says_how_far_the_networks_fly():
    words = repr(bird_game())
    record = pretrained("bird").record
    assert "on average 0.0 pipes (untrained); " in words
    assert f"{record['kept']['40']['pipes']:.1f} pipes (40 rounds); " in words
    best = record["best_round"]
    assert f"{record['pipes']:.1f} pipes (best ({best} rounds))." in words
    assert f"At random a bird passes {record['random']:.1f}" in words
    flown = [fly(after(n), gaps(3))[-1, 5] for n in (0, 10, 20, 40, 80, "best")]
    passed = ", ".join(f"{n:.0f}" for n in flown)
    assert f"these networks pass {passed}." in repr(bird_game(seed=3))


def test_date_writer_says_what_it_writes():
    words = repr(date_writer("7 march 1984", erased=[(3, 11)]))
    assert "for 7 march 1984 comes 1984-03-07" in words
    assert "“r”, with weight 0.49; without that cell it then writes 1984-05-07" in words
    assert "weight 0.93; without that cell it still writes 1984-03-07" in words
    assert "With what is erased here it writes 1944-03-07." in words


def test_differentiate_says_its_results():
    assert "at first u = 2*x; 3*u + u*u, and see" in repr(differentiate())
    words = repr(differentiate("x**4 - 2*x**2", 2, by="xxxx"))
    assert "of order 0 to 4 are 8, 24, 44, 48, 24, computed in 47 lines" in words


def test_diffusion_says_its_points():
    assert "points in the plane, at first ring (16), and 150 particles" in repr(
        diffusion()
    )
    assert "at first given ones (2), and" in repr(diffusion([[0, 1], [1, 0]]))


def test_name_reader_says_its_guesses():
    words = repr(name_reader("maria"))
    assert "For the last letter of maria it guesses e 21%, s 21%, a 20%" in words
    assert "right is a, so the loss is 1.63 nats" in words


def test_write_on_says_how_it_goes_on():
    words = repr(write_on("JULIET:\n", temperature=0, seed=7))
    assert "Its 2.1 MB are loaded when you ask" in words
    assert "At temperature 0 with the seed 7 it writes: JULIET: / " in words
    embedded = write_on(embed=True)
    assert embedded.fallback == write_on().fallback
    assert len(embedded.props) > 2_000_000 > 1000 > len(write_on().props)


def test_backprop_stepper_says_where_it_starts():
    words = repr(backprop_stepper((0.5, -2), t=0))
    assert "x = (0.5, -2), and class 0 is the right one" in words


def test_residual_says_how_it_starts():
    words = repr(residual(9, activation="tanh", scale=1.2))
    assert "through 9 blocks f of 24 units" in words
    assert "With tanh and 1.2 times the usual size" in words


def test_sixteen_bits_says_the_bits():
    assert "at first 2048 in float16: 0110100000000000," in repr(sixteen_bits())
    words = repr(sixteen_bits(-0.5, "bfloat16"))
    assert "-0.5 in bfloat16: 1011111100000000," in words


def test_the_random_numbers():
    # Mulberry32's first numbers for the seed 0, from its definition in C.
    state, drawn = 0, []
    for _ in range(3):
        state = (state + 0x6D2B79F5) % 2**32
        t = ((state ^ state >> 15) * (state | 1)) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        drawn.append((t ^ t >> 14) / 2**32)
    np.testing.assert_array_equal(uniform(0, 3), drawn)


def test_the_normal_numbers():
    drawn = normal(1, (4000, 5))
    assert drawn.shape == (4000, 5)
    assert np.array_equal(drawn, normal(1, (4000, 5)))
    assert not np.array_equal(drawn, normal(2, (4000, 5)))
    np.testing.assert_allclose(drawn.mean(), 0, atol=0.02)
    np.testing.assert_allclose(drawn.std(), 1, atol=0.02)
    np.testing.assert_allclose(np.mean(abs(drawn) < 1), 0.6827, atol=0.01)
    np.testing.assert_allclose(np.corrcoef(drawn.T), np.eye(5), atol=0.06)
