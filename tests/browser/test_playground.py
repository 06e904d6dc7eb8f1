"""The playground, as a reader trains its network: every step is that of NumPy."""

import re

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    drag,
    pick,
    press,
    stop_clock,
    values,
)
from site_tools import KEEP_COPIED, served

from dlscratch.explorables import playground
from dlscratch.explorables.explorable import script
from dlscratch.explorables.playground import batches, network, scenes
from dlscratch.optimizers import SGD, Adam, Momentum

STEPS = 50
SCENES = scenes()
OPTIMIZERS = {"SGD": SGD, "momentum": Momentum, "Adam": Adam}
# What is seen before and after each of so many steps.
READ = """(root, clicks) => {
  const all = (selector) =>
    [...root.querySelectorAll(selector)].map((one) => +one.dataset.value);
  const number = (name) => all(`[data-num=${name}]`)[0];
  const read = () => ({
    weights: all(".pg-net path"),
    biases: all(".pg-unit[data-value]:not([hidden])"),
    losses: [number("train"), number("test")],
    right: [number("right"), number("right-test")],
  });
  const step = [...root.querySelectorAll("button")]
    .find((one) => one.textContent === "Step");
  const seen = [read()];
  for (let i = 0; i < clicks; i++) {
    step.click();
    seen.push(read());
  }
  return seen;
}"""


def expected(data="rings", points=None, steps=STEPS, **settings):
    """Compute in NumPy what the page shows before and after each step."""
    one = {"hidden": (3,), "activation": "tanh", "optimizer": "SGD", "rate": 1.0}
    one |= {"init": "Xavier", "decay": 0, "batch": "all", "start": 1} | settings
    x, t = (np.array(v) for v in points or (SCENES[data][k] for k in PARTS))
    tests = [np.array(SCENES[data]["test"][key]) for key in PARTS]
    model = network(one["hidden"], one["activation"], one["init"], one["start"])
    rule = OPTIMIZERS[one["optimizer"]]
    optimizer = rule(model.parameters, one["rate"], weight_decay=one["decay"])
    chosen = batches(len(x), one["batch"], one["start"])

    def seen():
        loss, accuracy = model.evaluate(x, t)
        test_loss, test_accuracy = model.evaluate(*tests)
        linear = [layer for layer in model.layers if layer.parameters]
        return {
            "weights": np.concatenate([layer.W.value.ravel() for layer in linear]),
            "biases": np.concatenate([layer.b.value for layer in linear]),
            "losses": [loss, test_loss],
            "right": [accuracy * len(x), test_accuracy * len(tests[0])],
        }

    found = [seen()]
    for _ in range(steps):
        i = next(chosen)
        model.loss(x[i], t[i])
        model.backward()
        optimizer.step()
        found.append(seen())
    return found


PARTS = ("points", "labels")


def gap(page, steps=STEPS, **settings):
    """Return the largest difference between the page and NumPy in so many steps."""
    shown = page.locator(".dlx").first.evaluate(READ, steps)
    wanted = expected(steps=steps, **settings)
    assert len(shown) == len(wanted) == steps + 1
    largest = 0
    for a, b in zip(shown, wanted, strict=True):
        np.testing.assert_allclose(a["right"], b["right"], atol=1e-9)
        for name in ("weights", "biases", "losses"):
            assert len(a[name]) == len(b[name])
            largest = max(largest, np.abs(np.subtract(a[name], b[name])).max())
    return largest


CONFIGURATIONS = [
    {"data": "rings"},
    {"data": "XOR", "hidden": (), "rate": 0.3},
    {"data": "XOR", "hidden": (4,), "activation": "sigmoid", "optimizer": "momentum"},
    {"data": "moons", "hidden": (8, 8, 8), "optimizer": "Adam", "rate": 0.03},
    {"data": "spirals", "hidden": (8, 5), "activation": "ReLU", "init": "He"}
    | {"optimizer": "Adam", "rate": 0.01, "batch": 8, "start": 7},
    {"data": "clouds", "hidden": (2, 3), "decay": 0.05, "rate": 0.1, "batch": 32},
    {"data": "clouds", "hidden": (4,), "optimizer": "Adam", "decay": 0.01, "rate": 0.1}
    | {"batch": 1, "start": 999},
    {"data": "rings", "hidden": (3, 3), "activation": "identity", "rate": 0.1},
    {"data": "rings", "hidden": (4,), "init": "zero", "optimizer": "momentum"},
    {"data": "XOR", "hidden": (6, 2), "init": "small", "rate": 3.0, "batch": 8},
]


@pytest.mark.parametrize("settings", CONFIGURATIONS, ids=str)
def test_every_step_is_that_of_numpy(open_html, settings):
    page = open_html(playground(**settings)._repr_html_())
    largest = gap(page, **settings)
    print(f"largest difference {largest:.1e}")
    assert largest < 1e-6


@pytest.fixture
def figure(open_html):
    page = open_html(playground(start=4)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def unfold(page, which=0):
    page.locator("summary").nth(which).click()


def step(page, times=1):
    page.locator(".dlx").first.evaluate(READ, times)


def number(page, name):
    return values(page, f"[data-num={name}]")[0]


def borders(page):
    """Return the points of the line in the large picture, as places in the plane."""
    path = page.locator(".pg-plane path").get_attribute("d")
    pixels = np.array(re.findall(r"[-\d.]+ [-\d.]+", path))
    pixels = np.array([pair.split() for pair in pixels], float)
    return np.stack([pixels[:, 0] / 310 * 6 - 3, 3 - pixels[:, 1] / 310 * 6], axis=1)


def colours(page, unit):
    """Return the pixels of a unit's picture as numbers from -1 to 1."""
    data = (
        page.get_by_label(f"Show: {unit}", exact=True)
        .locator("canvas")
        .evaluate(
            """one => [...one.getContext("2d").getImageData(0, 0, 64, 64).data]"""
        )
    )
    red, _, blue, alpha = np.array(data).reshape(64, 64, 4).transpose(2, 0, 1)
    return np.where(blue > red, 1, -1) * alpha / 170


def plane():
    across = (np.arange(64) + 0.5) / 64 * 6 - 3
    return np.stack(np.meshgrid(across, -across), axis=-1).reshape(-1, 2)


def test_pictures_show_what_the_units_make_of_the_plane(figure):
    step(figure, 30)
    model = network((3,), start=4)
    x, t = (np.array(SCENES["rings"][key]) for key in PARTS)
    optimizer = SGD(model.parameters, 1.0)
    for _ in range(30):
        model.loss(x, t)
        model.backward()
        optimizer.step()
    linear, tanh, last = model.layers
    h = tanh.forward(linear.forward(plane()))
    wanted = {f"Unit {j + 1} of layer 1": h[:, j] for j in range(3)}
    wanted["Input x₁"], wanted["Input x₂"] = plane().T / 3
    wanted["Output"] = np.tanh(last.forward(h)[:, 0] / 2)
    for unit, v in wanted.items():
        np.testing.assert_allclose(
            colours(figure, unit), v.reshape(64, 64), atol=1.5 / 170
        )
    line = borders(figure)
    assert len(line) > 40
    assert np.abs(model.predict(line)).max() < 0.1
    button(figure, "Show: Unit 2 of layer 1").click()
    figure.mouse.move(0, 0)
    assert np.abs(linear.forward(borders(figure))[:, 1]).max() < 0.02
    w, b = linear.W.value[:, 1], linear.b.value[1]
    shown = values(figure, ".pg-rule span")
    np.testing.assert_allclose(shown, [*w, b], atol=1e-9)
    assert (
        figure.locator(".pg-rule")
        .inner_text()
        .startswith("Unit 2 of layer 1: h = tanh(")
    )


def test_play_and_pause(page, open_html):
    stop_clock(page)
    open_html(playground(start=4)._repr_html_())
    page.clock.run_for(3000)
    assert number(page, "step") == 0, "nothing begins by itself"
    button(page, "Play").click()
    page.clock.run_for(400)
    assert number(page, "step") == 40
    unfold(page)
    pick(page, "20")
    page.clock.run_for(400)
    assert number(page, "step") == 240
    assert page.get_by_text("All training points are on their side.").is_visible()
    button(page, "Pause").click()
    page.clock.run_for(400)
    assert number(page, "step") == 240
    status = page.get_by_role("status").last.inner_text()
    page.clock.run_for(1000)
    assert "Step 240. Training loss" in page.get_by_role("status").last.inner_text()
    assert status != page.get_by_role("status").last.inner_text()
    button(page, "Restart").click()
    assert gap(page, 5, start=4) < 1e-6


def test_without_motion_the_end_of_200_steps_is_shown_at_once(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    open_html(playground(start=4)._repr_html_())
    button(page, "Play").click()
    assert number(page, "step") == 200
    assert button(page, "Play").is_visible()


def test_the_network_is_changed_in_its_picture(figure):
    step(figure, 3)
    button(figure, "Add a unit to layer 1").click()
    assert number(figure, "step") == 0
    button(figure, "Add a hidden layer").click()
    button(figure, "Remove a unit from layer 2").click()
    assert gap(figure, 4, hidden=(4, 3), start=4) < 1e-6
    for _ in range(2):
        button(figure, "Remove a hidden layer").click()
    assert button(figure, "Remove a hidden layer").is_disabled()
    assert gap(figure, 4, hidden=(), start=4) < 1e-6
    for _ in range(3):
        button(figure, "Add a hidden layer").click()
    assert button(figure, "Add a hidden layer").is_disabled()
    for _ in range(5):
        button(figure, "Add a unit to layer 3").click()
    assert button(figure, "Add a unit to layer 3").is_disabled()
    assert gap(figure, 4, hidden=(3, 3, 8), start=4) < 1e-6


def test_every_setting_begins_anew_or_goes_on(figure):
    unfold(figure)
    for label in ("ReLU", "He", "spirals"):
        step(figure, 2)
        pick(figure, label)
        assert number(figure, "step") == 0
    button(figure, "Other first weights").click()
    figure.get_by_label("learning rate, typed").fill("0.02")
    figure.get_by_label("weight decay, typed").fill("0.004")
    pick(figure, "Adam")
    settings = {"data": "spirals", "activation": "ReLU", "init": "He", "start": 5}
    settings |= {"rate": 0.02, "decay": 0.004, "optimizer": "Adam"}
    assert gap(figure, 6, **settings) < 1e-6
    pick(figure, "SGD")
    assert number(figure, "step") == 6, "the optimizer changes on the way"
    assert '"SGD"' in figure.locator("pre").text_content()


def test_the_line_of_python_makes_the_same_figure(open_html, figure):
    unfold(figure)
    pick(figure, "clouds")
    pick(figure, "8")
    button(figure, "Add a hidden layer").click()
    code = (
        figure.locator("pre").text_content().replace("explorables.playground", "dict")
    )
    settings = eval(code)
    assert gap(figure, 5, **settings) < 1e-6
    playground(**settings)


def test_points_are_moved_added_and_removed(figure):
    step(figure, 5)
    points, labels = (list(SCENES["rings"][key]) for key in PARTS)
    unfold(figure, 1)
    figure.get_by_label("Point 3", exact=True).focus()
    press(figure, "Point 3", "ArrowRight", "ArrowUp")
    points[2] = [round(v + 0.1, 2) for v in points[2]]
    assert number(figure, "step") == 5, "the training can go on"
    button(figure, "Remove it").click()
    del points[2], labels[2]
    pick(figure, "orange")
    box = figure.locator(".pg-plane").bounding_box()
    figure.mouse.click(box["x"] + 3, box["y"] + 3)
    last = figure.get_by_role("slider", name="Point 80")
    shown = re.findall(r"−?[\d.]+", last.get_attribute("aria-valuetext"))
    points.append([float(v.replace("−", "-")) for v in shown])
    labels.append(0)
    assert last.get_attribute("aria-valuetext").startswith("orange")
    button(figure, "Restart").click()
    assert gap(figure, 20, points=(points, labels), start=4) < 1e-6
    button(figure, "Original points").click()
    assert gap(figure, 3, start=4) < 1e-6


def test_the_mouse_moves_a_point(figure):
    x = np.array(SCENES["rings"]["points"])
    apart = np.linalg.norm(x[:, np.newaxis] - x, axis=2) + 9 * np.eye(len(x))
    alone = apart.min(axis=1).argmax()  # no other point's handle lies over it
    handle = figure.get_by_label(f"Point {alone + 1}", exact=True)
    before = handle.get_attribute("aria-valuetext")
    loss = number(figure, "train")
    drag(figure, handle, 30, 0)
    assert handle.get_attribute("aria-valuetext") != before
    assert number(figure, "train") != loss
    assert figure.get_by_role("slider", name="Point 81").count() == 0


def test_a_training_that_diverges_stops_and_says_so(open_html):
    settings = {"hidden": (8, 8, 8), "activation": "identity", "rate": 10.0}
    page = open_html(playground("clouds", init="He", **settings)._repr_html_())
    for _ in range(40):
        if button(page, "Step").is_disabled():
            break
        step(page)
    assert (
        "the loss left all bounds: lower the rate"
        in page.locator(".dlx-bad").inner_text()
    )
    assert "NaN" not in page.locator(".pg-net").evaluate("one => one.innerHTML")
    button(page, "Restart").click()
    assert number(page, "step") == 0
    assert not page.locator(".dlx-bad").count()


def test_the_keyboard_reaches_every_unit(figure):
    press(figure, "Show: Output", "ArrowUp")
    figure.keyboard.press("ArrowUp")
    focused = figure.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Show: Unit 2 of layer 1"
    assert figure.locator(".pg-unit[tabindex='0']").count() == 1
    assert "Unit 2 of layer 1" in figure.locator(".pg-rule").inner_text()


@pytest.fixture
def address(tmp_path):
    """Serve a page with a playground; the value is its address."""
    html = playground(start=4)._repr_html_()
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" '
        f'href="data:,"><body style="padding-top: 60rem">{html}</body></html>',
        encoding="utf-8",
    )
    with served(tmp_path) as root:
        yield f"{root}/index.html"


def test_the_address_holds_what_was_changed_and_nothing_before(page, address):
    page.goto(address)
    page.locator(".dlx[data-live]").wait_for()
    step(page, 3)
    page.wait_for_timeout(500)
    assert "#" not in page.url
    pick(page, "clouds")
    button(page, "Add a unit to layer 1").click()
    unfold(page)
    pick(page, "Adam")
    page.get_by_label("learning rate, typed").fill("0.05")
    page.wait_for_function("location.hash.includes('0.05')")
    end = "#playground=clouds,4,tanh,Adam,0.05,Xavier,0,all,4"
    assert page.url == address + end
    settings = {"data": "clouds", "hidden": (4,), "optimizer": "Adam", "rate": 0.05}
    page.goto("about:blank")
    page.goto(address + end)
    page.locator(".dlx[data-live]").wait_for()
    assert gap(page, 5, start=4, **settings) < 1e-6
    page.wait_for_function("scrollY > 300")


def test_points_that_were_moved_travel_in_the_address(page, address):
    page.goto(address)
    page.locator(".dlx[data-live]").wait_for()
    press(page, "Point 1", "ArrowRight")
    press(page, "Point 2", "Delete")
    page.wait_for_timeout(2000)  # the address follows when the points rest
    points, labels = (list(SCENES["rings"][key]) for key in PARTS)
    points[0] = [round(points[0][0] + 0.1, 2), points[0][1]]
    del points[1], labels[1]
    there = page.url
    page.goto("about:blank")
    page.goto(there)
    page.locator(".dlx[data-live]").wait_for()
    assert gap(page, 5, points=(points, labels), start=4) < 1e-6


def test_a_link_is_followed_on_the_page_itself(page, address):
    page.goto(address)
    page.locator(".dlx[data-live]").wait_for()
    page.evaluate("location.hash = '#playground=XOR,2-2,ReLU,momentum,0.1,He,0.01,8,7'")
    page.wait_for_function("document.querySelectorAll('.pg-net path').length === 10")
    settings = {"data": "XOR", "hidden": (2, 2), "activation": "ReLU", "init": "He"}
    settings |= {"optimizer": "momentum", "rate": 0.1, "decay": 0.01, "batch": 8}
    assert gap(page, 5, start=7, **settings) < 1e-6


@pytest.mark.parametrize(
    "end",
    [
        "",
        "rings",
        "rings,3,tanh,SGD,1,Xavier,0,all",
        "rings,3,tanh,SGD,,Xavier,0,all,4",
        "rings,3,tanh,SGD,-1,Xavier,0,all,4",
        "rings,3,tanh,SGD,1,Xavier,0,all,4.5",
        "rings,3,tanh,SGD,1,Xavier,0,7,4",
        "rings,9,tanh,SGD,1,Xavier,0,all,4",
        "rings,3-3-3-3,tanh,SGD,1,Xavier,0,all,4",
        "rings,,tanh,SGD,1,Xavier,0,all,4",
        "rings,3,tanh,SGD,1,Xavier,0,all,4,",
        "rings,3,tanh,SGD,1,Xavier,0,all,4,AAA",
        "rings,3,tanh,SGD,1,Xavier,0,all,4,____",
        "rings,3,constructor,SGD,1,Xavier,0,all,4",
        "<b>,3,tanh,SGD,1,Xavier,0,all,4",
    ],
)
def test_an_address_that_names_nothing_is_not_followed(page, address, end):
    page.goto(f"{address}#playground={end}")
    page.locator(".dlx[data-live]").wait_for()
    assert (
        "a playground that this page does not know"
        in page.locator(".dlx-bad").inner_text()
    )
    assert gap(page, 2, start=4) < 1e-6


def test_the_link_is_copied(page, address):
    page.add_init_script(KEEP_COPIED)
    page.goto(address)
    unfold(page, 1)
    button(page, "Copy a link to this").click()
    page.get_by_text("Copied, and in the address above.").wait_for()
    copied = page.evaluate("copied")
    assert (
        copied == page.url == f"{address}#playground=rings,3,tanh,SGD,1,Xavier,0,all,4"
    )


@pytest.mark.parametrize(
    "change",
    ["delete Navigator.prototype.clipboard", "Clipboard.prototype.writeText = refuse"],
)
def test_a_link_that_may_not_be_copied_is_not_called_copied(page, address, change):
    page.add_init_script(f"const refuse = () => Promise.reject(Error()); {change}")
    page.goto(address)
    unfold(page, 1)
    button(page, "Copy a link to this").click()
    page.get_by_text("It is the address above.").wait_for()
    assert page.url == f"{address}#playground=rings,3,tanh,SGD,1,Xavier,0,all,4"


def test_two_copies_on_a_page_are_independent(open_html):
    html = playground()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    button(first, "Step").click()
    assert values(first, "[data-num=step]") == [1]
    assert values(second, "[data-num=step]") == [0]


def test_what_chapter_6c_says_of_the_clouds(open_html):
    settings = {"hidden": (8, 8), "optimizer": "momentum", "rate": 0.1}
    for start in (1, 2, 3):
        ends = {}
        for decay in (0, 0.01):
            run = expected("clouds", steps=1000, decay=decay, start=start, **settings)
            train, test = np.array([one["losses"] for one in run]).T
            ends[decay] = train[-1], test[-1], test.min(), test.argmin()
        assert ends[0][0] < 0.1 < 0.3 < ends[0.01][0]
        assert ends[0][1] > 2 * ends[0][2]
        assert ends[0][3] < 40
        assert ends[0.01][1] < 1.2 * ends[0.01][2]


def test_what_chapter_6b_says_of_xor():
    def begins(init, start):
        run = expected("XOR", steps=200, hidden=(4,), init=init, start=start)
        return next(i for i, one in enumerate(run) if one["losses"][0] < 0.5)

    still = expected("XOR", steps=100, hidden=(4,), init="zero")
    assert not still[-1]["weights"].any()
    assert np.flatnonzero(still[-1]["biases"]).tolist() == [4]
    for start in (1, 2, 3):
        assert begins("small", start) > 2 * begins("Xavier", start) > 0


def test_what_chapter_5_says_of_the_spirals():
    """Three units are too few, eight in one layer are enough."""
    for start in (1, 2, 3):
        for hidden, enough in (((3,), False), ((8,), True)):
            run = expected("spirals", steps=800, hidden=hidden, start=start)
            assert (max(one["right"][0] for one in run) == 120) == enough


def test_when_the_twins_of_chapter_6b_part():
    """Units 2 and 3 leave the others by step 100, 1 and 4 stay alike."""
    run = expected("XOR", steps=200, hidden=(4,), init="small")
    across = np.linspace(-3, 3, 31)
    x = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)

    def alike(step):
        W = np.reshape(run[step]["weights"][:8], (2, 4))
        h = np.tanh(x @ W + run[step]["biases"][:4])
        h /= np.linalg.norm(h, axis=0)
        return np.abs(h.T @ h)

    assert alike(60).min() > 0.95
    assert np.sign(np.reshape(run[60]["weights"][:8], (2, 4))[0]).sum() in (-2, 2)
    for step, most in ((100, 0.85), (200, 0.5)):
        found = alike(step)
        assert found[0, 3] > 0.95
        assert max(found[1, [0, 2, 3]].max(), found[2, [0, 3]].max()) < most


def test_it_is_seen_at_once(figure):
    for scene in SCENES:
        pick(figure, scene)
        step(figure, 20)
        assert figure.locator(".dlx").bounding_box()["height"] <= 600


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(playground()._repr_html_(), width=390)
    plane = page.locator(".pg-plane").bounding_box()
    assert (
        plane["y"] + plane["height"] - button(page, "Play").bounding_box()["y"] <= 600
    )
    for one in page.get_by_role("button").locator("visible=true").all():
        assert min(one.bounding_box()[side] for side in ("height", "width")) >= 24


def test_on_a_phone_the_plane_stays_while_settings_change(open_html):
    page = open_html(playground()._repr_html_(), width=390)
    unfold(page)
    press(page, "weight decay, typed", "ArrowUp")
    page.evaluate("scrollBy(0, 300)")
    plane = page.locator(".pg-plane").bounding_box()
    slider = page.get_by_label("weight decay, typed").bounding_box()
    assert 0 <= plane["y"] < 100
    assert plane["y"] + plane["height"] < slider["y"] < 800


def unfolded(page):
    unfold(page)
    unfold(page, 1)
    step(page, 20)


def deepest(page):
    for _ in range(2):
        button(page, "Add a hidden layer").click()
    for layer in (1, 2, 3):
        for _ in range(5):
            button(page, f"Add a unit to layer {layer}").click()


@pytest.mark.parametrize("prepare", [lambda page: None, unfolded, deepest])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, playground(), prepare)


def test_fallback(browser):
    check_fallback(browser, playground())


def test_it_is_small():
    assert len(script("playground").encode()) <= 25 * 1024
    assert len(playground().props) < 12_000
