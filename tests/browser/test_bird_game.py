"""A game in the page: its world and its networks are those of Python."""

import base64

import numpy as np
import pytest
from explorable_checks import (
    check_accessible,
    check_fallback,
    pick,
    said,
    stop_clock,
    values,
    words,
)

from dlscratch.environments import Flappy
from dlscratch.explorables import bird_game
from dlscratch.explorables.bird_game import after, fly, gaps, scaled
from dlscratch.explorables.explorable import script
from dlscratch.functions import softmax
from dlscratch.models import pretrained

NAMES = [*map(int, pretrained("bird").record["kept"]), "best"]
TICK = 1000 / 15  # milliseconds
# Presses Flap (1) or Fall (0) until both birds are out; notes all numbers after each.
PLAY = """(actions) => {
    const root = document.querySelector(".dlx");
    const all = (one) => [...root.querySelectorAll(one)];
    const numbers = (one) => all(one).map((n) => Number(n.dataset.value));
    const look = () => [["you"], ["net"]].map(([who]) =>
        [...numbers(`[data-sees=${who}]`), ...numbers(`[data-pipes=${who}]`)]
    ).concat([numbers("[data-score]"), numbers("[data-p]")]);
    const buttons = all("button");
    const [flap, fall] = [1, 2].map((i) => buttons[i]);
    const seen = [look()];
    for (const action of actions) {
        const one = action && !flap.disabled ? flap : fall;
        if (one.disabled) break;
        one.click();
        seen.push(look());
    }
    return [0, 1, 2, 3].map((k) => seen.map((all) => all[k]));
}"""


def record(seed, n=1000):
    """Return what a passable player does: a rule, mixed with a little chance."""
    rng, heights = np.random.default_rng(seed), gaps(seed)
    world = Flappy(rng=rng)
    world.reset()
    world.state[0, 3:5] = heights[:2]
    actions = []
    while len(actions) < n and not world.terminated[0]:
        y, _, _, gap, _ = world.observe()[0]
        actions.append(int(y < gap - 0.06) if rng.random() < 0.995 else 1)
        passed = world.step(actions[-1:])[1] > 0
        if passed:
            world.state[0, 4] = heights[int(world.state[0, 5]) + 1]
    return actions


def button(page, name):
    return page.get_by_role("button", name=name, exact=True).and_(
        page.locator("button")
    )


def sky(page):
    return page.locator(".bg-sky")


def pipes(page, who):
    return values(page, f"[data-pipes={who}]")[0]


def height(page, who):
    return values(page, f"[data-sees={who}]")[0]


def is_playing(page):
    return button(page, "Pause").count() == 1


def show(open_html, *args, still=False, **more):
    page = open_html(bird_game(*args, **more)._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    if still:
        pick(page, "step by step")
    return page


@pytest.fixture
def figure(open_html):
    return show(open_html)


@pytest.fixture
def clock(page, open_html):
    """Return a page whose time goes on only by ``run_for``."""
    stop_clock(page)
    return show(open_html)


def test_python_flies_as_flappy_does():
    """The reference: the gaps are put in, and all else is the library's."""
    heights = gaps(3)
    assert len(heights) == 60
    assert heights.min() >= Flappy.LOWEST
    assert heights.max() <= Flappy.HIGHEST
    states = fly(None, heights, [0, 1, 0])
    np.testing.assert_allclose(states[:4, 1], [0, -0.006, 0.035, 0.029])
    assert np.all(states[:, 3] == heights[0])
    states = fly(after("best"), heights)
    passed = int(states[-1, 5])
    np.testing.assert_array_equal(states[-1, 3:5], heights[passed : passed + 2])
    assert np.all(np.diff(states[:, 5]) >= 0)


GAMES = [(2, "best"), (4, 40), (7, 20), (1, 0)]


@pytest.mark.parametrize(("seed", "name"), GAMES)
def test_a_recorded_game_frame_by_frame(open_html, seed, name):
    page = show(open_html, name, seed=seed, still=True)
    actions = record(seed)
    you, net, scores, p = map(
        np.array, page.evaluate(PLAY, actions + [0] * (1000 - len(actions)))
    )
    for found, expected in (
        (you, fly(None, gaps(seed), actions)),
        (net, fly(after(name), gaps(seed))),
    ):
        n = len(expected)
        assert n <= len(found)
        np.testing.assert_allclose(found[:n], expected, rtol=0, atol=1e-9)
        assert np.all(found[n:] == found[n - 1]), "who is out stands still"
    z = after(name).predict(scaled(net[:, :5]))
    np.testing.assert_allclose(scores, z, rtol=0, atol=1e-5)
    np.testing.assert_allclose(p, softmax(z), rtol=0, atol=1e-5)
    best = [max(you[:, 5]), max(net[:, 5])]
    assert [values(page, f"[data-best={who}]")[0] for who in ("you", "net")] == best


def test_the_recorded_games_are_worth_it():
    """In some a bird of each kind passes pipes, and ends in each way."""
    yours = [fly(None, gaps(seed), record(seed))[-1] for seed, _ in GAMES]
    assert max(state[5] for state in yours) >= 3
    assert all(-0.1 < state[0] < 1.1 for state in yours)
    assert max(fly(after(name), gaps(seed))[-1, 5] for seed, name in GAMES) >= 10


def test_the_networks(figure):
    kept = pretrained("bird").record["kept"]
    means = [
        *(one["pipes"] for one in kept.values()),
        pretrained("bird").record["pipes"],
    ]
    labels = figure.locator("[name=choice] + span").all_inner_texts()
    first = labels.index("0")
    for i, (name, mean) in enumerate(zip(NAMES, means, strict=True)):
        pick(figure, labels[first + i])
        assert values(figure, "[data-mean]") == [mean]
        z = after(name).predict(scaled(fly(None, gaps(1), [])[:1, :5]))[0]
        np.testing.assert_allclose(values(figure, "[data-score]"), z, atol=1e-5)
        taken = figure.locator(".bg-takes").inner_text()
        assert taken == ["fall", "flap"][z.argmax()]


def test_nothing_moves_before_it_is_wanted(clock):
    before = clock.locator(".dlx").inner_html()
    clock.clock.run_for(3000)
    after_all = clock.locator(".dlx").inner_html()
    # Only the status for screen readers is filled in.
    assert before.split('role="status"')[0] == after_all.split('role="status"')[0]
    assert not is_playing(clock)


def test_time_runs_at_fifteen_steps_a_second(clock):
    heights = gaps(1)
    button(clock, "Play").click()
    assert is_playing(clock)
    clock.clock.run_for(6.5 * TICK)
    fallen = fly(None, heights, [])
    found = height(clock, "you")
    assert min(abs(fallen[k, 0] - found) for k in (6, 7, 8)) < 1e-9
    button(clock, "Pause").click()
    paused = height(clock, "you")
    clock.clock.run_for(2000)
    assert height(clock, "you") == paused


def test_slow_motion(clock):
    pick(clock, "¼")
    button(clock, "Play").click()
    clock.clock.run_for(4 * 6.5 * TICK)
    fallen = fly(None, gaps(1), [])
    found = height(clock, "you")
    assert min(abs(fallen[k, 0] - found) for k in (6, 7, 8)) < 1e-9


def test_a_bird_is_drawn_between_two_steps(clock):
    pick(clock, "¼")
    button(clock, "Play").click()
    drawn = set()
    for _ in range(20):
        clock.clock.run_for(20)
        drawn.add(clock.locator(".bg-sky g").last.get_attribute("transform"))
    assert len(drawn) > 12


@pytest.mark.parametrize("key", ["Space", "ArrowUp", "Enter"])
def test_keys_flap(clock, key):
    sky(clock).focus()
    clock.keyboard.press(key)
    assert is_playing(clock)
    clock.clock.run_for(3 * TICK)
    assert values(clock, "[data-sees=you]")[0] > 0.5, "the first press flaps, too"
    low = height(clock, "you")
    clock.clock.run_for(6 * TICK)
    clock.keyboard.press(key)
    clock.clock.run_for(2 * TICK)
    assert values(clock, "[data-sees=you]")[1] > 0.02
    assert low != height(clock, "you")
    clock.keyboard.press("p")
    assert not is_playing(clock)


def test_the_mouse_flaps_and_begins_anew(clock):
    sky(clock).click()
    assert is_playing(clock)
    clock.clock.run_for(8 * TICK)
    before = values(clock, "[data-sees=you]")[1]
    sky(clock).click()
    clock.clock.run_for(1.5 * TICK)
    assert before < 0 < values(clock, "[data-sees=you]")[1]
    clock.clock.run_for(60 * TICK)
    assert "Your bird touched the ground, after 0 pipes." in said(clock)
    clock.clock.run_for(1000)
    sky(clock).click()
    clock.clock.run_for(2 * TICK)
    assert "Your bird is flying" in said(clock)


def test_a_late_flap_does_not_begin_a_new_game(clock):
    button(clock, "Play").click()
    for _ in range(40):
        clock.clock.run_for(TICK)
        if "touched" in said(clock).split(".")[0]:
            break
    sky(clock).press("Space")
    clock.clock.run_for(2 * TICK)
    assert "Your bird touched" in said(clock)


def test_touch(browser):
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.set_content(bird_game()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    sky(page).tap()
    page.wait_for_function(
        "document.querySelector('[data-sees=you]').dataset.value > 0.5"
    )
    assert is_playing(page)
    assert sky(page).evaluate("one => getComputedStyle(one).touchAction") == "none"
    button(page, "Pause").tap()
    touch = sky(page).evaluate("one => getComputedStyle(one).touchAction")
    assert touch == "manipulation", "where nothing runs, a finger scrolls the page"
    context.close()


def test_it_pauses_when_the_page_is_hidden(figure):
    button(figure, "Play").click()
    figure.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    assert not is_playing(figure)


def test_it_pauses_out_of_sight(open_html):
    page = open_html(bird_game()._repr_html_() + "<div style='height: 3000px'></div>")
    button(page, "Play").click()
    assert is_playing(page)
    page.evaluate("window.scrollTo(0, 2500)")
    button(page, "Play").wait_for(state="attached")
    assert not is_playing(page)


def test_reduced_motion_goes_step_by_step(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    page = show(open_html)
    assert page.get_by_role("radio", name="step by step").is_checked()
    assert button(page, "Play").is_disabled()
    sky(page).press("Space")
    sky(page).press("ArrowRight")
    expected = fly(None, gaps(1), [1, 0])[2, :5]
    np.testing.assert_allclose(values(page, "[data-sees=you]"), expected, atol=1e-12)
    assert not is_playing(page)
    pick(page, "½")
    button(page, "Play").click()
    assert is_playing(page), "who asks for motion gets it"


def test_the_network_alone(open_html):
    page = show(open_html, alone=True, still=True)
    assert button(page, "Flap").is_disabled()
    for _ in range(5):
        button(page, "Step").click()
    expected = fly(after("best"), gaps(1))[5, :5]
    np.testing.assert_allclose(values(page, "[data-sees=net]"), expected, atol=1e-9)
    assert "Your bird" not in said(page)
    assert height(page, "you") == 0.5
    pick(page, "1")
    sky(page).press("Space")
    assert is_playing(page)
    sky(page).press("Space")
    assert not is_playing(page)


def test_new_pipes_again_and_reset(open_html):
    page = show(open_html, still=True)
    shown = words(page)
    for seed in (2, 3):
        button(page, "New pipes").click()
        assert values(page, "[data-sees=you]")[3:] == pytest.approx(gaps(seed)[:2])
    button(page, "Flap").click()
    button(page, "Again").click()
    assert height(page, "you") == 0.5
    assert values(page, "[data-sees=you]")[3:] == pytest.approx(gaps(3)[:2])
    button(page, "Flap").click()
    button(page, "Reset").click()
    assert values(page, "[data-sees=net]")[3:] == pytest.approx(gaps(1)[:2])
    pick(page, "step by step")
    assert words(page) == shown
    found = page.evaluate(PLAY, [0] * 20)
    np.testing.assert_allclose(found[0][9], fly(None, gaps(1), [0] * 9)[9], atol=1e-9)


def test_the_best_counts_stay(open_html):
    page = show(open_html, 20, seed=7, still=True)
    page.evaluate(PLAY, [*record(7), *[0] * 1000])
    best = [values(page, f"[data-best={who}]") for who in ("you", "net")]
    button(page, "Again").click()
    assert [values(page, f"[data-best={who}]") for who in ("you", "net")] == best
    assert pipes(page, "you") == 0
    pick(page, "0")
    assert values(page, "[data-best=net]") == [0]


def test_the_status_tells_the_game(page, open_html):
    stop_clock(page)
    show(open_html, still=True)
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    mean = pretrained("bird").record["pipes"]
    told = f"The network at its best: on average {mean:.1f} pipes in new games. Flap "
    assert status.inner_text().startswith(told)
    button(page, "Fall").click()
    page.clock.run_for(2000)
    y, _, ahead, gap, *_ = fly(None, gaps(1), [0])[1]
    way = f"{abs(y - gap):.2f} {'below' if y < gap else 'above'}"
    assert (
        f"Step 1, 0 pipes: you are {way} the gap’s middle, at speed −0.006; the pipe "
        f"ends {ahead:.2f} ahead. The network will f" in status.inner_text()
    )
    page.evaluate(PLAY, [0] * 40)
    page.clock.run_for(2000)
    start = "Your bird touched the ground, after 0 pipes. Step 41, 1 pipe: the network"
    assert status.inner_text().startswith(start)
    assert " ahead. It will f" in status.inner_text()


def test_each_pipe_is_told_while_the_game_runs(clock):
    pick(clock, "the network alone")
    button(clock, "Play").click()
    clock.clock.run_for(42 * TICK)
    clock.clock.run_for(800)  # the line waits for a moment of rest
    assert (
        clock.get_by_role("status")
        .inner_text()
        .startswith("The network is flying, after 1 pipe.")
    )


def test_two_copies_on_a_page_are_independent(open_html):
    html = bird_game()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    pick(first, "step by step")
    button(first, "Fall").click()
    assert "Step 1" in said(first)
    assert "Step" not in said(second)


def played(page):
    pick(page, "step by step")
    page.evaluate(PLAY, [0] * 40)


def alone(page):
    pick(page, "the network alone")
    pick(page, "step by step")
    page.evaluate(PLAY, [0] * 3)


@pytest.mark.parametrize("prepare", [lambda page: None, played, alone])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, bird_game(), prepare)


@pytest.mark.parametrize("width", ["none", "688px"])  # as wide as may be, or a page
def test_it_is_seen_at_once(page, open_html, width):
    html = f"<div style='max-width: {width}'>{bird_game()._repr_html_()}</div>"
    for prepare in (lambda page: None, played, alone):
        open_html(html)
        page.locator(".dlx[data-live]").wait_for()
        prepare(page)
        assert page.locator(".dlx").bounding_box()["height"] <= 560
    seen = [sky(page), page.locator(".bg-bars"), page.locator("[data-said]")]
    edges = [one.bounding_box() for one in seen]
    low = max(one["y"] + one["height"] for one in edges)
    assert low - edges[0]["y"] <= 520


def test_the_first_sentence_tells_the_keys(figure):
    assert "Space, ↑ or a tap on the picture starts" in said(figure)
    assert "p pauses" in said(figure)
    pick(figure, "the network alone")
    assert said(figure) == "Play, or space, starts and stops the network."


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(bird_game()._repr_html_(), width=390)
    played(page)
    top = sky(page).bounding_box()["y"]
    for one in [button(page, "Flap"), page.locator("[data-said]")]:
        box = one.bounding_box()
        assert box["y"] + box["height"] - top <= 640
    for one in page.locator("button").all():
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 24


def test_the_layout_stays_while_birds_fly(open_html):
    page = show(open_html, still=True)
    found = page.locator("button, [role=radio], table")
    before = [one.bounding_box()["y"] for one in found.all()]
    page.evaluate(PLAY, [0] * 10)
    assert [one.bounding_box()["y"] for one in found.all()] == before
    page.evaluate(PLAY, [0] * 60)
    assert [one.bounding_box()["y"] for one in found.all()] == before


def test_fallback(browser):
    check_fallback(browser, bird_game())


def test_it_is_small():
    sizes = [len(script(name).encode()) for name in ("bird-game", "lstm")]
    assert len(bird_game().props) + sum(sizes) < 30_000


def test_the_kept_networks_are_whole():
    for name in NAMES[:-1]:
        packed = pretrained("bird").record["kept"][str(name)]["parameters"]
        flat = np.frombuffer(base64.b64decode(packed), "<f2")
        np.testing.assert_array_equal(
            flat, np.concatenate([p.value.ravel() for p in after(name).parameters])
        )
