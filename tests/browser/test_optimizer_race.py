"""The optimizer race, as a reader sets it up and steps through it."""

import re

import numpy as np
import pytest
from explorable_checks import (
    centre,
    check_accessible,
    check_fallback,
    check_map,
    drag,
    pick,
    press,
    stop_clock,
    unfold,
    values,
    words,
)

from dlscratch import optimizers
from dlscratch.explorables import optimizer_race
from dlscratch.explorables.optimizer_race import OPTIMIZERS, SURFACES
from dlscratch.gradients import numerical_gradient
from dlscratch.layers import Parameter

# f and its gradient, written independently of the page; and the edges of the map.
FUNCTIONS = {
    "ravine": (
        lambda p: p[0] ** 2 / 20 + p[1] ** 2,
        lambda p: p * [0.1, 2],
        [-8, 8, -5, 5],
    ),
    "tilted ravine": (
        lambda p: (p[0] + p[1]) ** 2 / 40 + (p[0] - p[1]) ** 2 / 2,
        lambda p: np.array([[1.05, -0.95], [-0.95, 1.05]]) @ p,
        [-8, 8, -5, 5],
    ),
    "curved valley": (
        lambda p: (p[0] - 1) ** 2 / 20 + (p[1] - p[0] ** 2) ** 2,
        lambda p: (
            (p[0] - 1) / 10 * np.array([1, 0])
            + 2 * (p[1] - p[0] ** 2) * np.array([-2 * p[0], 1])
        ),
        [-2.4, 2.4, -0.75, 2.25],
    ),
    "saddle": (
        lambda p: p[0] ** 2 / 2 + (p[1] ** 2 - 1) ** 2 / 20,
        lambda p: np.array([p[0], (p[1] ** 2 - 1) * p[1] / 5]),
        [-3.2, 3.2, -2, 2],
    ),
}


def optimizer(name, parameters, lr, momentum=0.9):
    """Make one of dlscratch's optimizers."""
    more = {"momentum": momentum} if name in ("Momentum", "Nesterov") else {}
    return getattr(optimizers, name)(parameters, lr=lr, **more)


def run(surface, name, start, lr, steps, momentum=0.9):
    """Return the places (steps + 1, 2) and the optimizer's state after each update."""
    p = Parameter(np.array(start, dtype=float))
    rule = optimizer(name, [p], lr, momentum)
    path, states = [p.value.copy()], [{k: v.copy() for k, v in rule.state.items()}]
    for _ in range(steps):
        p.grad = FUNCTIONS[surface][1](p.value)
        rule.step()
        path.append(p.value.copy())
        states.append({k: v.copy() for k, v in rule.state.items()})
    return np.array(path), states


def arrival(surface, path):
    """Return the step from which on f stays below 0.01, or None."""
    below = [FUNCTIONS[surface][0](p) < 0.01 for p in path]
    if not below[-1]:
        return None
    return len(below) - [*below[::-1], False].index(False)


def drawn(page, surface, name):
    """Return the places through which a path on the page goes."""
    d = page.locator(f"[data-path={name}] path").first.get_attribute("d")
    points = np.array(re.findall(r"[ML](\S+?) ([^ML]+)", d), dtype=float)
    low_x, high_x, low_y, high_y = FUNCTIONS[surface][2]
    scale = [(high_x - low_x) / 400, -(high_y - low_y) / 250]
    return points * scale + [low_x, high_y]


READ = """root => {
  const read = (cells) => Object.fromEntries([...cells].map((one) => [
    one.dataset.col ?? one.dataset.term, Number(one.dataset.value ?? NaN),
  ]));
  const rows = [...root.querySelectorAll("[data-row]")];
  return {
    rows: Object.fromEntries(rows.map((row) => [
      row.dataset.row, [read(row.querySelectorAll("td")), row.lastChild.textContent],
    ])),
    terms: read(root.querySelectorAll("[data-term]")),
    code: root.querySelector("pre").textContent,
    html: root.innerHTML.replace(/data:image[^"]+/g, ""),
  };
}"""


def check_race(page, surface, racing, lr=None, start=None, steps=0, momentum=0.9):
    """Compare paths, places, f and arrivals with dlscratch's optimizers."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    assert not re.search(r"NaN|Infinity|undefined", shown["html"])
    lr = SURFACES[surface]["lr"] | (lr or {})
    start = start or SURFACES[surface]["start"]
    assert list(shown["rows"]) == [name for name in OPTIMIZERS if name in racing]
    paths = {}
    for name in OPTIMIZERS:
        path, _ = run(surface, name, start, lr[name], steps, momentum)
        visible = page.locator(f"[data-path={name}]").get_attribute("hidden")
        assert (visible is None) == (name in racing)
        if name not in racing:
            continue
        paths[name] = path
        np.testing.assert_allclose(drawn(page, surface, name), path, atol=1e-6)
        numbers, arrived = shown["rows"][name]
        np.testing.assert_allclose(
            [numbers["x"], numbers["y"], numbers["f"]],
            [*path[-1], FUNCTIONS[surface][0](path[-1])],
            atol=1e-6,
        )
        since = arrival(surface, path)
        assert arrived == ("not yet" if since is None else f"step {since}")
    return paths, shown


def check_terms(page, surface, name, start, lr, steps, momentum=0.9):
    """Compare the next update, term by term, and run the code that the page shows."""
    shown = page.locator(".dlx[data-live]").evaluate(READ)
    terms = shown["terms"]
    path, states = run(surface, name, start, lr, steps + 1, momentum)

    def pair(symbol):
        return [terms[f"{symbol} {axis}"] for axis in "xy"]

    expected = {
        "x, y": path[-2],
        "g": FUNCTIONS[surface][1](path[-2]),
        "step": path[-2] - path[-1],
        "new x, y": path[-1],
    }
    for key in states[0]:
        expected |= {f"{key} so far": states[-2][key], key: states[-1][key]}
    t, new = steps + 1, states[-1]
    if name == "Nesterov":
        expected["ahead"] = expected["g"] + momentum * new["v"]
    if name in ("AdaGrad", "RMSprop"):
        expected["scale"] = lr * expected["g"] / expected["step"]
    if name == "Adam":
        expected["m̂"] = new["m"] / (1 - 0.9**t)
        expected["ŝ"] = new["s"] / (1 - 0.999**t)
        expected["scale"] = lr * expected["m̂"] / expected["step"]
    assert {key[:-2] for key in terms} == set(expected)
    for symbol, numbers in expected.items():
        np.testing.assert_allclose(pair(symbol), numbers, rtol=1e-6, atol=1e-9)
    assert f"Update t = {t} of {name}, with lr = {lr:g}" in words_of_captions(page)
    names = {"np": np, "Parameter": Parameter, "optimizers": optimizers}
    exec(shown["code"], names)
    np.testing.assert_allclose(names["p"].value, path[-2], atol=1e-6)


def words_of_captions(page):
    """Return the captions of the tables, in one text."""
    return " ".join(page.locator(".dlx caption").all_inner_texts())


def click(page, label, times=1):
    button = page.get_by_role("button", name=label, exact=True)
    for _ in range(times):
        button.click()


def scrub(page, step):
    """Move the step's slider to a step."""
    page.get_by_label("Step", exact=True).locator("visible=true").fill(str(step))


@pytest.fixture
def open_html(open_html):
    """Open a figure with all that it folds away at first."""
    return lambda *arguments, **options: unfold(open_html(*arguments, **options))


@pytest.fixture
def figure(open_html):
    page = open_html(optimizer_race()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


FOUR = ("SGD", "Momentum", "AdaGrad", "Adam")


@pytest.mark.parametrize("surface", SURFACES)
def test_surfaces_of_this_test_are_right(surface):
    f, gradient, edges = FUNCTIONS[surface]
    for p in np.random.default_rng(6).uniform(-2, 2, (5, 2)):
        np.testing.assert_allclose(gradient(p), numerical_gradient(f, p), atol=1e-6)
    assert edges == SURFACES[surface]["xs"] + SURFACES[surface]["ys"]


@pytest.mark.parametrize("surface", SURFACES)
def test_paths_agree_with_numpy(open_html, surface):
    shown = optimizer_race(surface, optimizers=OPTIMIZERS, steps=100)
    page = open_html(shown._repr_html_())
    paths, _ = check_race(page, surface, OPTIMIZERS, steps=100)
    assert all(len(path) == 101 for path in paths.values())
    start, lr = SURFACES[surface]["start"], SURFACES[surface]["lr"]
    check_terms(page, surface, "SGD", start, lr["SGD"], 100)
    scrub(page, 0)
    check_terms(page, surface, "SGD", start, lr["SGD"], 0)
    scrub(page, 7)
    for name in OPTIMIZERS[1:]:
        pick(page, name)
        check_terms(page, surface, name, start, lr[name], 7)


def test_what_the_fallback_claims():
    def arrivals(surface):
        own = SURFACES[surface]
        return {
            name: arrival(surface, run(surface, name, own["start"], lr, 150)[0])
            for name, lr in own["lr"].items()
        }

    plain, tilted = arrivals("ravine"), arrivals("tilted ravine")
    for name in ("SGD", "Momentum"):
        assert plain[name] == tilted[name]
    for name in ("AdaGrad", "RMSprop"):
        assert tilted[name] > 2 * plain[name]
    sgd, _ = run("ravine", "SGD", (-7, 2), 0.95, 20)
    assert (sgd[1:, 1] * sgd[:-1, 1] < 0).all()
    momentum, _ = run("ravine", "Momentum", (-7, 2), 0.1, 40)
    assert momentum[:, 0].max() > 1
    held, _ = run("saddle", "SGD", SURFACES["saddle"]["start"], 0.3, 60)
    assert np.abs(held[20:50]).max() < 0.3


def test_steps_go_forwards_and_backwards(figure):
    click(figure, "Step", 3)
    check_race(figure, "ravine", FOUR, steps=3)
    click(figure, "Back")
    check_race(figure, "ravine", FOUR, steps=2)
    assert values(figure, "[data-num=step]") == [2]
    click(figure, "Rewind")
    check_race(figure, "ravine", FOUR)
    assert figure.get_by_role("button", name="Back").is_disabled()
    scrub(figure, 200)
    check_race(figure, "ravine", FOUR, steps=200)
    assert figure.get_by_role("button", name="Step", exact=True).is_disabled()


def test_learning_rates_momentum_and_who_races(figure):
    scrub(figure, 30)
    figure.get_by_label("lr of SGD, typed").fill("0.4")
    figure.get_by_label("SGD races").uncheck()
    figure.get_by_label("Nesterov races").check()
    press(figure, "lr of Nesterov", "ArrowRight", "ArrowRight")
    press(figure, "μ of Momentum and Nesterov", "PageDown", "ArrowRight")
    lr = {"SGD": 0.4, "Nesterov": 0.1 * 10**0.02}
    lr["Nesterov"] = float(f"{lr['Nesterov']:.2g}")
    momentum = float(
        figure.get_by_label("μ of Momentum and Nesterov, typed").input_value()
    )
    assert 0.5 < momentum < 0.9
    racing = ("Momentum", "Nesterov", "AdaGrad", "Adam")
    check_race(figure, "ravine", racing, lr, steps=30, momentum=momentum)
    check_terms(figure, "ravine", "SGD", (-7, 2), 0.4, 30)
    pick(figure, "Nesterov")
    check_terms(figure, "ravine", "Nesterov", (-7, 2), 0.1, 30, momentum)
    pick(figure, "curved valley")
    check_race(figure, "curved valley", racing, momentum=momentum)


def test_mouse_and_keys_move_the_start(figure):
    scrub(figure, 5)
    plot = figure.locator(".ls-map")
    unit = plot.bounding_box()["width"] / 16
    x, y = centre(plot)
    figure.mouse.click(x + 2 * unit, y - 3 * unit)
    shown = (
        figure.get_by_label("x at the start, typed"),
        figure.get_by_label("y at the start, typed"),
    )
    start = [float(field.input_value()) for field in shown]
    np.testing.assert_allclose(start, [2, 3], atol=0.05)
    check_race(figure, "ravine", FOUR, start=start, steps=5)
    ring = figure.get_by_role("slider", name="Move the start")
    drag(figure, ring, unit, 20 * unit)
    start = [float(field.input_value()) for field in shown]
    np.testing.assert_allclose(start, [3, -5], atol=0.05)
    check_race(figure, "ravine", FOUR, start=start, steps=5)
    shown[0].fill("-6.5")
    shown[1].fill("99")
    check_race(figure, "ravine", FOUR, start=[-6.5, 5], steps=5)
    press(figure, "Move the start", "ArrowRight", "ArrowDown", "PageDown")
    check_race(figure, "ravine", FOUR, start=[-6.4, 4.4], steps=5)


def test_a_start_on_the_ridge_of_the_saddle_stays_there(open_html):
    names = ("SGD", "Momentum", "Adam")
    shown = optimizer_race("saddle", optimizers=names, start=(-2.5, 0), steps=100)
    page = open_html(shown._repr_html_())
    paths, shown = check_race(page, "saddle", names, start=[-2.5, 0], steps=100)
    assert all((path[:, 1] == 0).all() for path in paths.values())
    for row, arrived in shown["rows"].values():
        np.testing.assert_allclose(row["f"], 0.05, atol=1e-3)
        assert arrived == "not yet"


def test_an_overflow_is_named_and_a_smaller_rate_brings_it_back(figure):
    pick(figure, "curved valley")
    figure.get_by_label("lr of SGD, typed").fill("0.5")
    scrub(figure, 60)
    row = figure.locator("[data-row=SGD] td")
    assert row.last.inner_text() == "overflow"
    assert figure.locator("[data-row=Adam] td").last.inner_text() != "overflow"
    html = figure.locator(".dlx[data-live]").evaluate(READ)["html"]
    assert not re.search(r"NaN|Infinity|undefined", html)
    figure.get_by_label("lr of SGD, typed").fill("0.1")
    check_race(figure, "curved valley", FOUR, steps=60)


def test_play_and_pause(page, open_html):
    stop_clock(page)
    open_html(optimizer_race()._repr_html_())
    click(page, "Play")
    page.clock.run_for(615)
    assert values(page, "[data-num=step]") == [10]
    click(page, "Pause")
    page.clock.run_for(1000)
    assert values(page, "[data-num=step]") == [10]
    click(page, "Play")
    page.clock.run_for(20_000)
    assert values(page, "[data-num=step]") == [200]
    assert page.get_by_role("button", name="Play").is_visible()


def test_play_without_motion(figure):
    figure.emulate_media(reduced_motion="reduce")
    click(figure, "Play")
    assert values(figure, "[data-num=step]") == [200]


def test_the_keyboard_steps_and_resets(figure):
    before = words(figure)
    for key in ("Enter", "Space"):
        figure.get_by_role("button", name="Step", exact=True).focus()
        figure.keyboard.press(key)
    press(figure, "Step", "ArrowRight", "ArrowRight")
    assert values(figure, "[data-num=step]") == [4]
    figure.get_by_label("RMSprop races").focus()
    figure.keyboard.press("Space")
    check_race(figure, "ravine", (*FOUR, "RMSprop"), steps=4)
    figure.get_by_role("radio", name="ravine", exact=True).focus()
    figure.keyboard.press("ArrowLeft")
    check_race(figure, "saddle", (*FOUR, "RMSprop"))
    figure.get_by_role("button", name="Reset").focus()
    figure.keyboard.press("Enter")
    assert words(figure) == before
    check_race(figure, "ravine", FOUR)


def test_the_bands_of_each_map_are_as_high_as_the_surface(figure):
    for surface, (f, _, edges) in FUNCTIONS.items():
        pick(figure, surface)
        check_map(figure, f, edges, 14, 0.4)


def test_the_next_update_is_dotted_on_the_map(figure):
    pick(figure, "Adam")
    d = figure.locator("path[stroke-dasharray='1 5']").get_attribute("d")
    ends = np.array(re.findall(r"[\d.]+", d), float).reshape(2, 2)
    path, _ = run("ravine", "Adam", (-7, 2), 0.3, 1)
    np.testing.assert_allclose(ends / 25 * [1, -1] + [-8, 5], path, atol=1e-9)


def test_two_copies_on_a_page_are_independent(open_html):
    html = optimizer_race()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="Step", exact=True).click()
    first.get_by_label("Adam races").uncheck()
    assert values(first, "[data-num=step]") == [1]
    assert values(second, "[data-num=step]") == [0]
    assert second.locator("[data-row]").count() == 4


def test_the_status_waits_for_the_reader_to_stop(page, open_html):
    stop_clock(page)
    open_html(optimizer_race(optimizers=["SGD"])._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    said = status.inner_text()
    assert said == "ravine, step 0. SGD: f = 6.45."
    click(page, "Step")
    page.clock.run_for(300)
    assert status.inner_text() == said
    page.clock.run_for(700)
    f = FUNCTIONS["ravine"][0](run("ravine", "SGD", (-7, 2), 0.95, 1)[0][-1])
    assert status.inner_text() == f"ravine, step 1. SGD: f = {f:.3g}."


def far_on(page):
    pick(page, "saddle")
    pick(page, "Adam")
    for name in ("Nesterov", "RMSprop"):
        page.get_by_label(f"{name} races").check()
    scrub(page, 40)


def test_accessible_and_narrow(open_html):
    check_accessible(open_html, optimizer_race(), far_on)


def test_fallback(browser):
    check_fallback(browser, optimizer_race())
