"""Diffusion run backwards, as a reader draws points and goes to any step."""

import re

import numpy as np
import pytest
from explorable_checks import (
    centre,
    check_accessible,
    check_fallback,
    drag,
    pick,
    press,
    stop_clock,
    values,
    words,
)

from dlscratch.explorables import diffusion
from dlscratch.explorables.diffusion import BETAS, PARTICLES, SHAPES
from dlscratch.explorables.explorable import script
from dlscratch.explorables.random_numbers import normal
from dlscratch.generative import Diffusion

STEPS = len(BETAS)
CLOSE = {"rtol": 1e-6, "atol": 1e-6}
RING = SHAPES["ring"]


def denoise(x, kept, points, width=0.0):
    """Return the mean of x0 (N, 2), given x (N, 2) and points widened to Gaussians."""
    points = np.array(points, float)
    variance = kept * width**2 + 1 - kept
    d = x[:, np.newaxis] - np.sqrt(kept) * points  # (N, M, 2)
    logs = -(d**2).sum(axis=2) / (2 * variance)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    # Of each point, the mean of what lies around it, given x: between it and x.
    around = points + np.sqrt(kept) * width**2 / variance * d
    return (shares[:, :, np.newaxis] * around).sum(axis=1)


def go_back(points, width=0.0, seed=1, fresh=True):
    """Return all particles at each step, from noise on: (STEPS + 1, PARTICLES, 2)."""
    model, eps = Diffusion(BETAS), normal(seed, (STEPS + 1, PARTICLES, 2))
    if not fresh:
        eps[1:] = 0
    places = [eps[0]]
    for t in range(STEPS, 0, -1):
        x = places[-1]
        guess = denoise(x, model.alpha_bar[t], points, width)
        mean, variance = model.posterior(x, guess, t)
        places.append(mean + np.sqrt(variance) * eps[STEPS + 1 - t])
    return np.array(places)


def far(x, points):
    """Return the distances of places (N, 2) to points (M, 2): shape (N, M)."""
    return np.hypot(*(x[:, np.newaxis] - np.array(points)).transpose(2, 0, 1))


READ = """(root, steps) => {
  const all = (selector) => [...root.querySelectorAll(selector)];
  const number = (name) => +root.querySelector(`[data-num=${name}]`).dataset.value;
  const slider = root.querySelector("input[type=range]");
  return steps.map((step) => {
    if (step !== null) {
      slider.value = step;
      slider.dispatchEvent(new Event("input"));
    }
    return {
      step: +slider.value,
      cloud: root.querySelector("[data-cloud]").getAttribute("d"),
      trail: root.querySelector("[data-trail]").getAttribute("d"),
      counts: all("[data-count]").map((one) => +one.dataset.count),
      ...Object.fromEntries(["noise", "far", "copies", "x0", "x1", "guess0", "guess1"]
        .map((name) => [name, number(name)])),
      own: root.querySelector("[data-num=own]") && number("own"),
      marks: all("[aria-label^='Point ']").map((one) => one.getAttribute("transform")),
      wrong: /NaN|undefined|Infinity/.test(root.innerHTML),
    };
  });
}"""


def pairs(text):
    """Return the places that a path goes through, in the plane's coordinates."""
    found = re.findall(r"(-?\d[-\d.e]*)[ ,](-?\d[-\d.e]*)", text.replace("h0", " "))
    return (np.array(found, float) * [1, -1] + [-200, 160]) * 6 / 400


def check_seen(seen, places, points, width=0.0, follow=1):
    """Compare the particles, the denoiser's guess and the counts with NumPy's."""
    k = seen["step"]
    x, kept = places[k], np.append(1, np.cumprod(1 - BETAS))[STEPS - k]
    np.testing.assert_allclose(pairs(seen["cloud"]), x, **CLOSE)
    trail = pairs(seen["trail"])
    np.testing.assert_allclose(trail, places[: k + 1, follow - 1], **CLOSE)
    mine = x[follow - 1]
    np.testing.assert_allclose([seen["x0"], seen["x1"]], mine, **CLOSE)
    guess = denoise(mine[np.newaxis], kept, points, width)[0] if k < STEPS else mine
    np.testing.assert_allclose([seen["guess0"], seen["guess1"]], guess, **CLOSE)
    distance = far(x, points)
    np.testing.assert_allclose(seen["far"], distance.min(axis=1).mean(), **CLOSE)
    assert seen["copies"] == (distance.min(axis=1) < 0.05).sum()
    nearest = np.bincount(distance.argmin(axis=1), minlength=len(points))
    assert seen["counts"] == nearest.tolist()
    np.testing.assert_allclose(seen["noise"], np.sqrt(1 - kept), **CLOSE)
    own = far(np.array(points, float), points)
    np.fill_diagonal(own, np.inf)
    if len(points) > 1:
        np.testing.assert_allclose(seen["own"], own.min(axis=1).mean(), **CLOSE)
    else:
        assert seen["own"] is None  # it has no neighbour
    marks = np.concatenate([pairs(one) for one in seen["marks"]])
    np.testing.assert_allclose(marks, points, atol=1e-9)
    assert not seen["wrong"]


def check(page, places, points, width=0.0, *, steps=(None,), follow=1):
    """Compare what is seen now, or at each of some steps, with NumPy's run."""
    for seen in page.locator(".dlx[data-live]").evaluate(READ, list(steps)):
        check_seen(seen, places, points, width, follow)


@pytest.fixture
def figure(open_html):
    page = open_html(diffusion()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def counts(page):
    """Return how many particles are nearest to each point."""
    found = page.locator("[data-count]")
    return np.array(found.evaluate_all("all => all.map((one) => +one.dataset.count)"))


def typed(page, label, value):
    page.get_by_label(f"{label}, typed").fill(str(value))
    page.evaluate("document.activeElement.blur()")


def test_the_denoiser_of_this_test_is_the_librarys():
    model, x = Diffusion(BETAS), normal(7, (50, 2))
    for t in (1, 20, STEPS):
        np.testing.assert_allclose(
            denoise(x, model.alpha_bar[t], RING),
            model.exact_denoiser(x, t, np.array(RING)),
            atol=1e-12,
        )


def test_a_widened_denoiser_is_that_of_many_points():
    points, width = np.array(SHAPES["three points"]), 0.4
    many = (points[:, np.newaxis] + width * normal(8, (20_000, 2))).reshape(-1, 2)
    x = normal(9, (20, 2))
    np.testing.assert_allclose(
        denoise(x, 0.5, points, width), denoise(x, 0.5, many), atol=0.02
    )


@pytest.mark.parametrize(
    ("shape", "smooth"),
    [("ring", 0), ("ring", 0.2), ("two moons", 0), ("letter", 0.15), ("letter", 1)],
)
def test_all_steps_are_numpys(open_html, shape, smooth):
    page = open_html(diffusion(shape, smooth=smooth)._repr_html_())
    places = go_back(SHAPES[shape], smooth)
    check(page, places, SHAPES[shape], smooth)
    steps = [*range(1, STEPS + 1), 30, 0, 59]
    check(page, places, SHAPES[shape], smooth, steps=steps)


def test_two_points_on_a_line_are_the_hyperbolic_tangent(open_html):
    page = open_html(diffusion([[-1, 0], [1, 0]])._repr_html_())
    kept = np.append(1, np.cumprod(1 - BETAS))
    for seen in page.locator(".dlx[data-live]").evaluate(READ, list(range(STEPS))):
        root, spread = (
            np.sqrt(kept[STEPS - seen["step"]]),
            1 - kept[STEPS - seen["step"]],
        )
        np.testing.assert_allclose(
            seen["guess0"], np.tanh(root * seen["x0"] / spread), **CLOSE
        )
        np.testing.assert_allclose(seen["guess1"], 0, atol=1e-12)


def test_a_perfect_denoiser_copies_and_smoothness_does_not(figure):
    for shape in SHAPES:
        pick(figure, shape)
        typed(figure, "Step, from noise to points", STEPS)
        assert values(figure, "[data-num=copies]") == [PARTICLES]
        assert values(figure, "[data-num=far]")[0] < 1e-3
    pick(figure, "ring")
    for smooth, most in ((0.2, 0.15), (1, 0.15)):
        typed(figure, "Smoothness s", smooth)
        assert values(figure, "[data-num=copies]")[0] < most * PARTICLES
    assert values(figure, "[data-num=far]")[0] > values(figure, "[data-num=own]")[0] / 2


def test_without_fresh_noise_the_particles_miss_many_points(figure):
    places = go_back(RING, fresh=False)
    pick(figure, "none")
    check(figure, places, RING, steps=[0, 30, STEPS])
    hit = np.unique(far(places[-1], RING).argmin(axis=1))
    assert (counts(figure) > 0).sum() == len(hit) < 16
    for shape, reached in (("letter", 1), ("three points", 1), ("two moons", 2)):
        pick(figure, shape)
        assert (counts(figure) > 0).sum() == reached
        assert values(figure, "[data-num=copies]") == [PARTICLES]
    pick(figure, "yes")
    for shape in SHAPES:
        pick(figure, shape)
        check(figure, go_back(SHAPES[shape]), SHAPES[shape], steps=[STEPS])
        assert counts(figure).min() > 0


def test_new_noise(figure):
    for seed in (2, 3):
        button(figure, "New noise").click()
        check(figure, go_back(RING, seed=seed), RING, steps=[0, STEPS])


def test_the_reader_draws(figure):
    button(figure, "Clear").click()
    check(figure, go_back([[0, 0]]), [[0, 0]], steps=[40])
    assert figure.get_by_role("radio", checked=True).count() == 2
    plane = figure.locator(".df-plane")
    unit = plane.bounding_box()["width"] / 6
    x, y = centre(plane)
    figure.mouse.move(x - 2 * unit, y - unit)
    figure.mouse.down()
    for n in range(1, 21):
        figure.mouse.move(x - 2 * unit + n * unit / 10, y - unit)
    figure.mouse.up()
    marks = figure.locator("[aria-label^='Point ']")
    drawn = [pairs(one.get_attribute("transform"))[0] for one in marks.all()]
    assert len(drawn) == 8
    np.testing.assert_allclose(
        np.diff(np.array(drawn)[1:], axis=0)[:, 0], 0.3, atol=0.03
    )
    np.testing.assert_allclose(np.array(drawn)[1:, 1], 1, atol=0.03)
    points = np.round(drawn, 2).tolist()
    check(figure, go_back(points), points)
    drag(figure, marks.first, unit, unit)
    points[0] = np.round(pairs(marks.first.get_attribute("transform"))[0], 2).tolist()
    np.testing.assert_allclose(points[0], [1, -1], atol=0.03)
    check(figure, go_back(points), points, steps=[STEPS])
    button(figure, "Remove").click()
    check(figure, go_back(points[1:]), points[1:])
    button(figure, "Add a point").click()
    check(figure, go_back([*points[1:], [0, 0]]), [*points[1:], [0, 0]])
    button(figure, "Add a point").evaluate(
        "(one) => { for (let i = 0; i < 100; i++) one.click() }"
    )
    assert marks.count() == 80


def test_the_keyboard(figure):
    press(figure, "Step, from noise to points", "End", "ArrowLeft")
    check(figure, go_back(RING), RING)
    assert values(figure, "[data-num=noise]")[0] > 0
    press(figure, "Smoothness s", "ArrowRight", "ArrowRight")
    check(figure, go_back(RING, 0.02), RING, 0.02)
    figure.get_by_label("Point 1", exact=True).focus()
    for key in ("PageDown", "ArrowUp", "ArrowLeft"):
        figure.keyboard.press(key)
    points = [list(p) for p in RING]
    points[1] = np.add(points[1], [-0.1, 0.1]).round(2).tolist()
    check(figure, go_back(points, 0.02), points, 0.02)
    figure.keyboard.press("Delete")
    del points[1]
    check(figure, go_back(points, 0.02), points, 0.02)
    press(figure, "Particle to follow", "ArrowRight", "ArrowRight")
    check(figure, go_back(points, 0.02), points, 0.02, follow=3)


def test_the_arrows_point_to_the_denoisers_guess(figure):
    shafts = figure.locator(".df-still path").nth(0)
    assert shafts.get_attribute("d") == ""
    pick(figure, "on")
    for step in (40, 59):  # at 59, far from all points, every share is below 1e-308
        typed(figure, "Step, from noise to points", step)
        ends = pairs(shafts.get_attribute("d")).reshape(-1, 2, 2)
        assert len(ends) == 143
        kept = np.append(1, np.cumprod(1 - BETAS))[STEPS - step]
        way = denoise(ends[:, 0], kept, RING) - ends[:, 0]
        length = np.hypot(*way.T)
        part = np.minimum(0.32, length / 4) / length
        np.testing.assert_allclose(
            ends[:, 1] - ends[:, 0], part[:, np.newaxis] * way, atol=1e-6
        )


def test_play_goes_to_the_end_and_begins_again(page, open_html):
    stop_clock(page)
    open_html(diffusion()._repr_html_())
    page.clock.run_for(3000)
    places = go_back(RING)
    check(page, places, RING)  # nothing starts by itself
    button(page, "Play").click()
    page.clock.run_for(70 * 10)
    assert (
        page.get_by_label("Step, from noise to points", exact=True).input_value()
        == "10"
    )
    check(page, places, RING)
    page.clock.run_for(20_000)
    assert (
        page.get_by_label("Step, from noise to points", exact=True).input_value()
        == "60"
    )
    button(page, "Play").click()
    page.clock.run_for(70 * 3)
    button(page, "Pause").click()
    page.clock.run_for(5000)
    assert (
        page.get_by_label("Step, from noise to points", exact=True).input_value() == "3"
    )


def test_reduced_motion_shows_the_end(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    open_html(diffusion()._repr_html_())
    button(page, "Play").click()
    assert values(page, "[data-num=copies]") == [PARTICLES]


def test_reset_and_arguments(open_html):
    page = open_html(diffusion([[0, 1], [1, 0]], smooth=0.3, step=20)._repr_html_())
    before = words(page)
    points = [[0, 1], [1, 0]]
    check(page, go_back(points, 0.3), points, 0.3)
    pick(page, "letter")
    typed(page, "Smoothness s", 0)
    pick(page, "none")
    button(page, "New noise").click()
    assert words(page) != before
    button(page, "Reset").click()
    assert words(page) == before
    check(page, go_back(points, 0.3), points, 0.3)


def test_the_status_says_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(diffusion()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert status.inner_text().startswith("Step 0 of 60. Noise has the deviation 1.00.")
    typed(page, "Step, from noise to points", 60)
    page.clock.run_for(2000)
    assert "A particle is 0.00 from its nearest point" in status.inner_text()
    assert "Particles nearest to each of 16 points: from " in status.inner_text()


def test_two_copies_on_a_page_are_independent(open_html):
    html = diffusion()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_label("Step, from noise to points, typed").fill("60")
    assert first.locator("[data-num=copies]").inner_text() == "150"
    assert second.locator("[data-num=copies]").inner_text() != "150"


def most(page):
    pick(page, "on")
    typed(page, "Smoothness s", 1)
    button(page, "Add a point").click()
    typed(page, "Step, from noise to points", 30)


@pytest.mark.parametrize("prepare", [lambda page: None, most])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, diffusion(), prepare)


def test_it_is_seen_at_once(figure):
    assert figure.locator(".dlx").bounding_box()["height"] <= 610
    most(figure)
    assert figure.locator(".dlx").bounding_box()["height"] <= 610


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(diffusion()._repr_html_(), width=390)
    plane = page.locator(".df-plane").bounding_box()
    slider = page.get_by_label("Smoothness s", exact=True).bounding_box()
    assert slider["y"] + slider["height"] - plane["y"] <= 600
    for one in page.get_by_role("button").all():
        assert one.bounding_box()["height"] >= 24


def test_fallback(browser):
    check_fallback(browser, diffusion())


def test_it_is_small():
    assert len(diffusion().props) < 3000
    assert len(script("diffusion").encode()) < 12 * 1024
    assert len(script("points").encode()) < 3 * 1024
