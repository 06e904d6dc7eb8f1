"""Clusters in the plane, as a reader moves points and centres and takes half-steps."""

import re
from collections import Counter

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

from dlscratch.explorables import clusters
from dlscratch.explorables.clusters import SCENES
from dlscratch.explorables.explorable import script
from dlscratch.explorables.random_numbers import uniform
from dlscratch.unsupervised import GaussianMixture, kmeans

STARTS = 20
CLOSE = {"rtol": 1e-6, "atol": 1e-6}


class Run:
    """What the figure computes, in NumPy and half a step at a time."""

    def __init__(self, points, means, variance, learn=False, floor=0.0):
        self.x, self.means = np.array(points, float), np.array(means, float)
        k = len(self.means)
        self.variance, self.learn, self.floor = variance, learn, floor
        self.covariances = np.stack([variance * np.eye(2)] * k)
        self.weights = np.full(k, 1 / k)
        self.assign()
        self.history = [self.height()]
        self.turn = "move"

    def distances(self):
        return ((self.x[:, np.newaxis] - self.means) ** 2).sum(axis=2)  # (N, k)

    def joint(self):
        columns = []
        for weight, mean, cov in zip(
            self.weights, self.means, self.covariances, strict=True
        ):
            d = self.x - mean
            square = (d @ np.linalg.inv(cov) * d).sum(axis=1)
            size = np.linalg.slogdet(2 * np.pi * cov)[1]
            columns.append(np.log(weight) - (size + square) / 2)
        return np.stack(columns, axis=1)

    def assign(self):
        if self.variance == 0:
            self.r = np.eye(len(self.means))[self.distances().argmin(axis=1)]
        else:
            joint = self.joint()
            self.r = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, np.newaxis])

    def move(self):
        n = self.r.sum(axis=0)
        for k in np.flatnonzero(n > 1e-12):
            share = self.r[:, k] / n[k]
            self.means[k] = share @ self.x
            if self.learn:
                d = self.x - self.means[k]
                sizes, axes = np.linalg.eigh(d.T @ (share[:, np.newaxis] * d))
                self.covariances[k] = (axes * np.maximum(sizes, self.floor)) @ axes.T
        if self.learn:
            self.weights = n / n.sum()

    def smallest(self):
        return np.linalg.eigvalsh(self.covariances)[:, 0]

    def height(self):
        if self.variance == 0:
            return (self.r * self.distances()).sum()
        if self.learn and self.smallest().min() < 1e-9:
            return -np.inf
        r = np.where(self.r > 0, self.r, 1)
        return (self.r * (np.log(r) - self.joint())).sum()

    def half(self):
        getattr(self, self.turn)()
        self.turn = "assign" if self.turn == "move" else "move"
        self.history.append(self.height())

    def ended(self):
        h = self.history
        if h[-1] == -np.inf or len(h) > 400:
            return True
        settled = len(h) > 2 and h[-3] - h[-1] <= 1e-10 * (1 + abs(h[-1]))
        return self.turn == "move" and settled

    def run(self):
        while not self.ended():
            self.half()
        return self


def scene(name, **changes):
    """Return the run of a scene of the figure."""
    one = {key: v for key, v in SCENES[name].items() if key != "question"} | changes
    return Run(one.pop("points"), one.pop("centres"), **one)


def draw(points, k, seed):
    """Return k different points, drawn by the figure's numbers."""
    left = list(points)
    return [left.pop(int(u * len(left))) for u in uniform(seed, k)]


# What is seen before and after each of so many half-steps.
READ = """(root, clicks) => {
  const all = (selector) => [...root.querySelectorAll(selector)];
  const column = (name) => all(`[data-col=${name}]`).map((one) => +one.dataset.value);
  const read = () => ({
    height: root.querySelector("[data-num=height]").dataset.value,
    ...Object.fromEntries(
      ["x0", "x1", "n", "weight", "long", "wide"].map((name) => [name, column(name)])),
    shares: all("[data-share]").map((one) => +one.dataset.value),
    marks: all("[aria-label^='Point ']").map((one) => [
      one.getAttribute("transform"), one.getAttribute("aria-valuetext")]),
    wrong: /NaN|undefined/.test(root.innerHTML),
  });
  const seen = [read()];
  for (let i = 0; i < clicks; i++) {
    root.querySelector(".cl-step").click();
    seen.push(read());
  }
  return seen;
}"""
TIMES = """(button, times) => {
  for (let i = 0; i < times; i++) button.click();
}"""


def place_of(transform):
    """Return where a mark stands, in the plane's coordinates."""
    u, v = re.findall(r"-?\d[-\d.e]*", transform)
    return [float(u) / 40 - 5, 4 - float(v) / 40]


def check_seen(seen, run, chosen=0):
    """Compare all numbers, the places of the points and their shares with NumPy's."""
    if np.isfinite(run.history[-1]):
        np.testing.assert_allclose(float(seen["height"]), run.history[-1], **CLOSE)
    else:
        assert seen["height"] == "-Infinity"
    np.testing.assert_allclose(np.array([seen["x0"], seen["x1"]]).T, run.means, **CLOSE)
    np.testing.assert_allclose(seen["n"], run.r.sum(axis=0), **CLOSE)
    np.testing.assert_allclose(seen["shares"], run.r[chosen], **CLOSE)
    if run.variance:
        np.testing.assert_allclose(seen["weight"], run.weights, **CLOSE)
        sizes = np.linalg.eigvalsh(run.covariances)
        np.testing.assert_allclose(seen["wide"], sizes[:, 0], **CLOSE)
        np.testing.assert_allclose(seen["long"], sizes[:, 1], **CLOSE)
    places = [place_of(transform) for transform, _ in seen["marks"]]
    np.testing.assert_allclose(places, run.x, atol=1e-9)
    told = [re.findall(r"[A-E] ([\d.]+)", said) for _, said in seen["marks"]]
    np.testing.assert_allclose(np.array(told, float), run.r, atol=0.0051)
    assert not seen["wrong"]


def check_run(page, run, chosen=0, halves=0):
    """Compare what is seen with NumPy's run, now and after each of some half-steps."""
    root = page.locator(".dlx[data-live]")
    for i, seen in enumerate(root.evaluate(READ, halves)):
        if i and not run.ended():
            run.half()
        check_seen(seen, run, chosen)


@pytest.fixture
def figure(open_html):
    page = open_html(clusters()._repr_html_())
    page.locator(".dlx[data-live]").wait_for()
    return page


def counts_of(ends):
    """Return how many runs ended at each value, the lowest first."""
    return Counter(f"{end:.2f}" for end in sorted(ends))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def verdict(page):
    return page.locator(".cl-verdict").inner_text()


def typed(page, label, value):
    page.get_by_label(f"{label}, typed").fill(str(value))
    page.evaluate("document.activeElement.blur()")


CASES = [
    ("three clouds", {}),
    ("three clouds", {"variance": 0.3}),
    ("three clouds", {"variance": 4.0}),
    ("three clouds", {"variance": 0.6, "learn": True}),
    ("long clouds", {}),
    ("long clouds", {"variance": 0.5, "learn": True}),
    ("long clouds", {"variance": 1.0, "learn": True, "floor": 0.1}),
    ("a centre far off", {}),
    ("a centre far off", {"variance": 1.0}),
    ("a point alone", {}),
    ("a point alone", {"floor": 1e-6}),
    ("a point alone", {"floor": 0.1}),
]


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_each_half_step_is_numpys_and_none_goes_up(open_html, name, changes):
    page = open_html(clusters(name, **changes)._repr_html_())
    run = scene(name, **changes)
    check_run(page, run, halves=12)
    run.run()
    button(page, "Run").click()
    check_run(page, run)
    finite = np.array(run.history)[np.isfinite(run.history)]
    assert np.all(np.diff(finite) <= 1e-9 * abs(finite[1:]) + 1e-9)
    check_run(page, run, halves=1)  # a run that has ended takes no more steps


def test_it_is_the_librarys_kmeans(figure):
    one = SCENES["three clouds"]
    found = kmeans(one["points"], 3, start=one["centres"])
    button(figure, "Run").click()
    np.testing.assert_allclose(values(figure, "[data-num=height]"), [found.inertia])
    np.testing.assert_allclose(values(figure, "[data-col=x0]"), found.centres[:, 0])
    np.testing.assert_allclose(
        values(figure, "[data-col=n]"), np.bincount(found.labels)
    )


@pytest.mark.parametrize(
    ("name", "variance", "floor"),
    [("long clouds", 0.5, 1e-6), ("a point alone", 2, 0.1), ("a point alone", 2, 1e-6)],
)
def test_it_is_the_librarys_em(open_html, name, variance, floor):
    one = SCENES[name]
    k = len(one["centres"])
    shown = clusters(name, variance=variance, learn=True, floor=floor)
    page = open_html(shown._repr_html_())
    model = GaussianMixture(k, floor=floor)
    start = [1 / k] * k, one["centres"], [variance * np.eye(2)] * k
    history = model.fit(one["points"], start=start, max_steps=8, tolerance=0)
    steps = len(history) - 1
    page.locator(".cl-step").evaluate(TIMES, 2 * steps)
    np.testing.assert_allclose(
        values(page, "[data-num=height]"), [-history[-1]], rtol=1e-6
    )
    np.testing.assert_allclose(
        values(page, "[data-col=weight]"), model.weights, **CLOSE
    )
    np.testing.assert_allclose(
        values(page, "[data-col=x0]"), model.means[:, 0], **CLOSE
    )
    np.testing.assert_allclose(
        values(page, "[data-col=wide]"),
        np.linalg.eigvalsh(model.covariances)[:, 0],
        **CLOSE,
    )


def test_the_stories_that_the_questions_tell(figure):
    low, high = 18.081, 114.336
    button(figure, "Run").click()
    np.testing.assert_allclose(values(figure, "[data-num=height]"), [high], atol=0.01)
    assert verdict(figure).startswith("Settled: ")
    press(figure, "Move centre A", *["PageUp"] * 2, *["ArrowRight"] * 60)
    button(figure, "Run").click()
    np.testing.assert_allclose(values(figure, "[data-num=height]"), [low], atol=0.01)

    button(figure, "Reset").click()
    for variance, end in ((1, high), (4, low)):
        for v in (0, variance, 0):
            typed(figure, "Variance σ² of each centre", v)
            button(figure, "Run").click()
        found = values(figure, "[data-num=height]")
        np.testing.assert_allclose(found, [end], atol=0.01)

    pick(figure, "long clouds")
    button(figure, "Run").click()
    cut = values(figure, "[data-col=n]")
    assert cut != [15, 15] or abs(values(figure, "[data-col=x0]")[0]) > 1
    pick(figure, "learnt (EM)")
    button(figure, "Run").click()
    np.testing.assert_allclose(values(figure, "[data-col=n]"), [15, 15], atol=0.01)
    assert max(values(figure, "[data-col=wide]")) < 0.15

    pick(figure, "a centre far off")
    assert verdict(figure).startswith("D is empty")
    button(figure, "Run").click()
    assert verdict(figure).startswith("D is empty")
    assert values(figure, "[data-col=n]")[3] == 0
    typed(figure, "Variance σ² of each centre", 1)
    button(figure, "Run").click()
    assert values(figure, "[data-col=n]")[3] > 1

    pick(figure, "a point alone")
    button(figure, "Run").click()
    assert figure.locator("[data-num=height]").inner_text() == "−∞"
    assert verdict(figure).startswith("B has collapsed: ")
    np.testing.assert_allclose(values(figure, "[data-col=x0]")[1], 3, atol=1e-6)
    pick(figure, "1e−6")
    button(figure, "Run").click()
    assert np.isfinite(values(figure, "[data-num=height]")).all()
    np.testing.assert_allclose(values(figure, "[data-col=wide]")[1], 1e-6)


def test_the_empty_centre_moves_to_the_farthest_point(figure):
    assert button(figure, "Move the empty centre").is_disabled()
    pick(figure, "a centre far off")
    button(figure, "Run").click()
    run = scene("a centre far off").run()
    far = run.x[run.distances().min(axis=1).argmax()]
    button(figure, "Move the empty centre").click()
    moved = Run(run.x, [*run.means[:3], far], 0)
    check_run(figure, moved)
    button(figure, "Run").click()
    check_run(figure, moved.run())


def test_new_starts_are_drawn_as_in_python(figure):
    points = SCENES["three clouds"]["points"]
    for seed in (1, 2):
        button(figure, "New start").click()
        check_run(figure, Run(points, draw(points, 3, seed), 0))
    button(figure, "Try 20 starts").click()
    runs = [Run(points, draw(points, 3, 3 + n), 0).run() for n in range(STARTS)]
    ends = np.sort([one.history[-1] for one in runs])
    best = runs[np.argmin([one.history[-1] for one in runs])]
    np.testing.assert_allclose(values(figure, "[data-num=height]"), [ends[0]], **CLOSE)
    found = values(
        figure, "[data-col=x0]"
    )  # runs may differ in the centres' order alone
    np.testing.assert_allclose(np.sort(found), np.sort(best.means[:, 0]), **CLOSE)
    assert counts_of(ends)["18.08"] > STARTS / 2
    told = re.findall(r"([\d.]+) \((once|\d+ times)\)", verdict(figure))
    often = [
        (end, "once" if n == 1 else f"{n} times") for end, n in counts_of(ends).items()
    ]
    assert told == often[:4]
    button(figure, "New start").click()
    check_run(figure, Run(points, draw(points, 3, 3 + STARTS), 0))


def test_where_clusters_are_wide_all_starts_end_alike():
    """Chapter 11a: soft, then hard leads out of the bad minimum, if soft enough."""
    one = SCENES["three clouds"]
    points, starts = one["points"], [one["centres"]]
    starts += [draw(one["points"], 3, seed) for seed in range(STARTS - 1)]
    soft = [Run(points, start, 4).run() for start in starts]
    heights = [run.history[-1] for run in soft]
    assert np.ptp(heights) < 1e-6
    hard = [Run(points, run.means, 0).run().history[-1] for run in soft]
    np.testing.assert_allclose(hard, 18.08, rtol=1e-3)
    soft = [Run(points, start, 1).run() for start in starts]
    assert np.ptp([run.history[-1] for run in soft]) > 10
    np.testing.assert_allclose(
        Run(points, soft[0].means, 0).run().history[-1], 114.34, rtol=1e-3
    )


def test_starts_that_collapse_are_counted_but_not_shown(figure):
    pick(figure, "a point alone")
    button(figure, "Try 20 starts").click()
    points = SCENES["a point alone"]["points"]
    runs = [Run(points, draw(points, 2, 1 + n), 2, True).run() for n in range(STARTS)]
    ends = np.array([one.history[-1] for one in runs])
    fallen = int(np.isinf(ends).sum())
    often = "once" if fallen == 1 else f"{fallen} times"
    assert f"−∞ ({often})" in verdict(figure) or not fallen
    best = np.min(ends[np.isfinite(ends)]) if fallen < STARTS else -np.inf
    np.testing.assert_allclose(values(figure, "[data-num=height]"), [best], rtol=1e-6)


def test_points_are_added_moved_and_removed_by_mouse(figure):
    one = SCENES["three clouds"]
    points = [list(p) for p in one["points"]]
    plane = figure.locator(".cl-plane")
    box = plane.bounding_box()
    unit = box["width"] / 10
    x, y = centre(plane)
    figure.mouse.click(x - 2 * unit, y + 2 * unit)
    points.append([-2, -2])
    new = figure.get_by_label(f"Point {len(points)}", exact=True)
    last = figure.locator("[aria-label^='Point ']").last
    points[-1] = np.round(place_of(last.get_attribute("transform")), 2).tolist()
    np.testing.assert_allclose(points[-1], [-2, -2], atol=0.03)
    check_run(figure, Run(points, one["centres"], 0), chosen=len(points) - 1)
    drag(figure, new, unit, -unit)
    points[-1] = np.round(place_of(last.get_attribute("transform")), 2).tolist()
    np.testing.assert_allclose(points[-1], [-1, -1], atol=0.03)
    check_run(figure, Run(points, one["centres"], 0), chosen=len(points) - 1)
    button(figure, "Remove").click()
    check_run(figure, scene("three clouds"), chosen=len(points) - 2)
    button(figure, "Add a point").click()
    points[-1] = [0, 0]
    check_run(figure, Run(points, one["centres"], 0), chosen=len(points) - 1)
    button(figure, "Add a point").evaluate(TIMES, 70 - len(points))
    assert figure.locator("[aria-label^='Point ']").count() == 60
    button(figure, "Remove").evaluate(TIMES, 60)
    assert figure.locator("[aria-label^='Point ']").count() == 1
    assert button(figure, "New start").is_disabled()


def test_a_centre_is_dragged(figure):
    one = SCENES["three clouds"]
    figure.locator(".cl-step").click()
    pin = figure.get_by_label("Move centre C", exact=True)
    run = scene("three clouds")
    run.half()
    box = figure.locator(".cl-plane").bounding_box()
    drag(figure, pin, -box["width"] / 10, 0)
    at = np.round(place_of(pin.get_attribute("transform")), 2).tolist()
    np.testing.assert_allclose(at, run.means[2] - [1, 0], atol=0.02)
    check_run(figure, Run(one["points"], [*run.means[:2], at], 0))


def test_the_keyboard(figure):
    one = SCENES["three clouds"]
    points = [list(p) for p in one["points"]]
    figure.get_by_label("Point 1", exact=True).focus()
    for key in ("PageDown", "PageDown", "ArrowRight", "ArrowDown", "PageUp"):
        figure.keyboard.press(key)
    points[2] = [round(points[2][0] + 0.1, 2), round(points[2][1] - 0.1, 2)]
    check_run(figure, Run(points, one["centres"], 0), chosen=1)
    figure.keyboard.press("Delete")
    points.pop(1)
    check_run(figure, Run(points, one["centres"], 0), chosen=1)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert figure.evaluate(focused) == "Point 2"
    assert figure.locator("[aria-label^='Point '][tabindex='0']").count() == 1
    press(figure, "Move centre B", "ArrowLeft", "PageDown")
    centres = np.add(one["centres"], [[0, 0], [-0.1, -0.5], [0, 0]])
    check_run(figure, Run(points, centres, 0), chosen=1)
    press(figure, "Variance σ² of each centre", *["ArrowRight"] * 7)
    run = Run(points, centres, 0.07)
    check_run(figure, run, chosen=1)
    figure.locator(".cl-step").focus()
    for key in ("Enter", "Space", "Enter"):
        figure.keyboard.press(key)
        run.half()
    check_run(figure, run, chosen=1)


def test_the_number_of_centres(figure):
    one = SCENES["three clouds"]
    centres = [list(c) for c in one["centres"]]
    x = np.array(one["points"])
    for _ in range(2):
        far = ((x[:, np.newaxis] - np.array(centres)) ** 2).sum(axis=2).min(axis=1)
        centres.append(x[far.argmax()].tolist())
    typed(figure, "Number of centres", 5)
    check_run(figure, Run(one["points"], centres, 0))
    assert figure.get_by_label("Move centre E", exact=True).is_visible()
    typed(figure, "Number of centres", 1)
    run = Run(one["points"], centres[:1], 0)
    check_run(figure, run)
    assert not figure.get_by_label("Move centre B", exact=True).is_visible()
    button(figure, "Run").click()
    check_run(figure, run.run())
    np.testing.assert_allclose(
        values(figure, "[data-num=height]"), [36 * x.var(axis=0).sum()]
    )


def test_learning_needs_a_variance(figure):
    pick(figure, "learnt (EM)")
    one = SCENES["three clouds"]
    check_run(figure, Run(one["points"], one["centres"], 0.5, True))
    typed(figure, "Variance σ² of each centre", 0)
    check_run(figure, Run(one["points"], one["centres"], 0.05, True))
    pick(figure, "fixed")
    typed(figure, "Variance σ² of each centre", 0)
    check_run(figure, scene("three clouds"))


def test_after_a_collapse_a_drag_begins_anew(figure):
    pick(figure, "a point alone")
    button(figure, "Run").click()
    run = scene("a point alone").run()
    check_run(figure, run)
    press(figure, "Move centre A", "ArrowRight")
    means = run.means.copy()
    means[0] = (means[0] + [0.1, 0]).round(2)
    check_run(figure, Run(run.x, means, 2, True))


def test_a_point_shows_the_mixture_of_its_shares(figure):
    typed(figure, "Variance σ² of each centre", 4)
    first = figure.get_by_label("Point 1", exact=True).locator("circle").last
    r = scene("three clouds", variance=4).r[0]
    share = f"{100 * r[1] / (r[0] + r[1]):.4g}"[:4]
    style = first.get_attribute("style")
    assert f"var(--line-1), var(--one) {share}" in style
    assert style.count("color-mix") == 2
    fill = first.evaluate("one => getComputedStyle(one).fill")
    typed(figure, "Variance σ² of each centre", 0)
    assert first.evaluate("one => getComputedStyle(one).fill") != fill
    assert "color-mix" not in first.get_attribute("style")


def test_play_goes_to_the_end_and_begins_again(page, open_html):
    stop_clock(page)
    open_html(clusters()._repr_html_())
    run = scene("three clouds")
    page.clock.run_for(3000)
    check_run(page, run)  # nothing starts by itself
    button(page, "Play").click()
    page.clock.run_for(400)
    run.half()
    check_run(page, run)
    page.clock.run_for(20_000)
    check_run(page, run.run())
    button(page, "Play").click()
    page.clock.run_for(800)
    button(page, "Pause").click()
    again = scene("three clouds")
    again.half()
    again.half()
    check_run(page, again)


def test_reduced_motion_shows_the_end(page, open_html):
    page.emulate_media(reduced_motion="reduce")
    open_html(clusters()._repr_html_())
    button(page, "Play").click()
    check_run(page, scene("three clouds").run())


def test_the_chart(figure):
    chart = figure.get_by_role("img")
    button(figure, "Run").click()
    assert chart.get_attribute("aria-label") == (
        "Inertia after each half-step, from 162.86 to 114.34"
    )
    d = chart.locator("path[stroke-width='2']").get_attribute("d")
    heights = np.array(re.findall(r"[\d.]+ ([\d.]+)", d), float)
    history = np.array(scene("three clouds").run().history)
    shares = (history - history.min()) / np.ptp(history)
    np.testing.assert_allclose(heights, 70 - 58 * shares, atol=1e-6)


def test_reset_and_arguments(open_html):
    ways = {"variance": 1.0, "learn": True, "floor": 1e-6}
    page = open_html(clusters("long clouds", **ways)._repr_html_())
    before = words(page)
    check_run(page, scene("long clouds", **ways))
    button(page, "Run").click()
    button(page, "Add a point").click()
    pick(page, "three clouds")
    assert words(page) != before
    button(page, "Reset").click()
    assert words(page) == before
    check_run(page, scene("long clouds", **ways))


def test_the_status_says_what_is_seen(page, open_html):
    stop_clock(page)
    open_html(clusters()._repr_html_())
    page.clock.run_for(2000)
    status = page.get_by_role("status")
    assert status.inner_text().startswith("Inertia 162.86 Each point belongs to")
    button(page, "Run").click()
    page.clock.run_for(2000)
    assert status.inner_text().startswith("Inertia 114.34 Settled: ")


def test_two_copies_on_a_page_are_independent(open_html):
    html = clusters()._repr_html_()
    page = open_html(html + html)
    first, second = page.locator(".dlx[data-live]").all()
    first.get_by_role("button", name="Run", exact=True).click()
    assert first.locator("[data-num=height]").inner_text() == "114.34"
    assert second.locator("[data-num=height]").inner_text() == "162.86"


def most(page):
    pick(page, "a point alone")
    button(page, "Run").click()
    typed(page, "Number of centres", 5)


def tried(page):
    button(page, "Try 20 starts").click()


@pytest.mark.parametrize("prepare", [lambda page: None, most, tried])
def test_accessible_and_narrow(open_html, prepare):
    check_accessible(open_html, clusters(), prepare)


@pytest.mark.parametrize("name", SCENES)
def test_it_is_seen_at_once(figure, name):
    pick(figure, name)
    assert figure.locator(".dlx").bounding_box()["height"] <= 620
    button(figure, "Run").click()
    assert figure.locator(".dlx").bounding_box()["height"] <= 620


def test_cause_and_effect_fit_a_phone(open_html):
    page = open_html(clusters()._repr_html_(), width=390)
    button(page, "Run").click()
    plane = page.locator(".cl-plane").bounding_box()
    slider = page.get_by_label("Variance σ² of each centre", exact=True).bounding_box()
    assert slider["y"] + slider["height"] - plane["y"] <= 600
    for one in page.get_by_role("button").all():
        assert one.bounding_box()["height"] >= 24


def test_fallback(browser):
    check_fallback(browser, clusters())


def test_it_is_small():
    assert len(clusters().props) < 5000
    assert len(script("clusters").encode()) < 19 * 1024
