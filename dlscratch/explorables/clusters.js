// Clusters of points in the plane: k-means where the variance is 0, a mixture of Gaussians
// where it is not; half a step at a time.

const { axes, button, canvas, cell, editable, el, figure, fill, label } = globalThis.explorables;
const { line, num, number, pin, place, player, plot, range, row } = globalThis.explorables;
const { scroll, set, show, svg, text, uniform } = globalThis.explorables;

const [XS, YS] = [[-5, 5], [-4, 4]];
const NAMES = "ABCDE";
const COLOURS = ["--line-1", "--one", "--line-2", "--line-y", "--bad"];
const COLLAPSED = 1e-9; // a smaller variance counts as 0
const LAST = 400; // half-steps
const STARTS = 20;
const STYLE = `
.dlx .cl-verdict { min-height: 4.4em; }
.dlx .cl-step { min-width: 10.6em; }
.dlx .cl-below { margin-top: 0.5rem; }
.dlx .cl-plane { cursor: crosshair; }
.dlx .cl-still { pointer-events: none; }
.dlx .cl-table { font-size: 0.84em; }
`;

const short = (v) => Number.isFinite(v) ? text(v) : "−∞";
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const square = (p, q) => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2;

// A part of the mixture is { mean, cov: [a, b, c], weight }, with the covariance
// [[a, b], [b, c]].
const fresh = (means, v) =>
  means.map((mean) => ({ mean, cov: [v, 0, v], weight: 1 / means.length }));

// The two variances along a part's axes, the larger first, and the angle of the first axis.
function spread([a, b, c]) {
  const [half, root] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
  return [half + root, half - root, Math.atan2(2 * b, a - c) / 2];
}
// The covariance with neither of the two below the floor.
function raised(cov, floor) {
  const [long, wide, angle] = spread(cov);
  if (wide >= floor) return cov;
  const [c, s, l, w] = [Math.cos(angle), Math.sin(angle), Math.max(long, floor), floor];
  return [c * c * l + s * s * w, c * s * (l - w), s * s * l + c * c * w];
}
const collapsed = ({ learn, parts }) =>
  learn ? parts.findIndex(({ cov }) => spread(cov)[1] < COLLAPSED) : -1;

// log(weight · density of x)
function logJoint([x, y], { mean: [u, v], cov: [a, b, c], weight }) {
  const [dx, dy, det] = [x - u, y - v, a * c - b * b];
  const distance = (c * dx * dx - 2 * b * dx * dy + a * dy * dy) / det;
  return Math.log(weight) - Math.log(2 * Math.PI) - (Math.log(det) + distance) / 2;
}

// The responsibilities: each point's shares of the parts. Hard: all to the nearest.
function assign({ points, parts, variance }) {
  return points.map((x) => {
    if (variance === 0) {
      const far = parts.map(({ mean }) => square(x, mean));
      const nearest = far.indexOf(Math.min(...far));
      return far.map((_, k) => Number(k === nearest));
    }
    const logs = parts.map((part) => logJoint(x, part));
    const top = Math.max(...logs);
    const shares = logs.map((one) => Math.exp(one - top));
    return shares.map((one) => one / sum(shares));
  });
}

// Means, and where they are learnt covariances and weights, from the responsibilities. A
// part without any stays where it is.
function move({ points, parts, r, learn, floor }) {
  return parts.map((part, k) => {
    const n = sum(r.map((row) => row[k]));
    if (n < 1e-12) return learn ? { ...part, weight: 0 } : part;
    const average = (f) => sum(points.map((x, i) => r[i][k] * f(x))) / n;
    const [u, v] = [average((x) => x[0]), average((x) => x[1])];
    if (!learn) return { ...part, mean: [u, v] };
    const cov = [[0, 0], [0, 1], [1, 1]].map(([d, e]) =>
      average((x) => (x[d] - [u, v][d]) * (x[e] - [u, v][e]))
    );
    return { mean: [u, v], cov: raised(cov, floor), weight: n / points.length };
  });
}

// What no half-step raises: the inertia, or the bound Σ r (log r − log joint), which is
// −log-likelihood where r has just been assigned.
function height(state) {
  const { points, parts, r, variance } = state;
  if (collapsed(state) >= 0) return -Infinity;
  const terms = points.flatMap((x, i) =>
    parts.map((part, k) => {
      if (r[i][k] === 0) return 0;
      if (variance === 0) return square(x, part.mean);
      return r[i][k] * (Math.log(r[i][k]) - logJoint(x, part));
    })
  );
  return sum(terms);
}

// A run begins with the points assigned.
function begin(state) {
  if (collapsed(state) >= 0) {
    state = { ...state, parts: fresh(state.parts.map(({ mean }) => mean), state.variance) };
  }
  const now = { ...state, r: assign(state), turn: "move", tally: [] };
  return { ...now, history: [height(now)] };
}
function half(state) {
  const now = state.turn === "move"
    ? { ...state, parts: move(state), turn: "assign" }
    : { ...state, r: assign(state), turn: "move" };
  return { ...now, history: [...state.history, height(now)] };
}
function ended(state) {
  const { history, turn } = state;
  const [now, before] = [history.at(-1), history.at(-3)];
  if (collapsed(state) >= 0 || history.length > LAST) return true;
  return turn === "move" && before - now <= 1e-10 * (1 + Math.abs(now));
}
function run(state) {
  while (!ended(state)) state = half(state);
  return state;
}

// So many different points, drawn by the seed.
function draws(points, k, seed) {
  const [next, left] = [uniform(seed), [...points]];
  return range(k).map(() => left.splice(Math.floor(next() * left.length), 1)[0]);
}
// The point farthest from its nearest centre.
function farthest(points, means) {
  const far = points.map((x) => Math.min(...means.map((mean) => square(x, mean))));
  return points[far.indexOf(Math.max(...far))];
}
const colour = (k) => `var(${COLOURS[k]})`;
const mixture = (shares) => {
  let [mixed, total] = ["", 0];
  shares.forEach((r, k) => {
    if (r < 0.004) return;
    total += r;
    mixed = mixed ? `color-mix(in srgb, ${mixed}, ${colour(k)} ${(100 * r) / total}%)` : colour(k);
  });
  return mixed;
};

export function explore({ scenes, limits, ...first }) {
  const scene = (name, more = {}) => {
    const { points, centres, ...rest } = scenes[name];
    const all = { learn: false, floor: 0, seed: 0, chosen: 0, ...rest, ...more };
    return begin({ ...all, scene: name, points, parts: fresh(centres, all.variance) });
  };
  const { state, update, slider, choice, reset, page } = figure(
    scene(first.scene, first.more),
    draw,
    say,
  );
  const again = (changes) => update(begin({ ...state, ...changes }));
  const means = () => state.parts.map(({ mean }) => mean);
  const renew = (changes, centres = means()) => {
    const { variance } = { ...state, ...changes };
    again({ ...changes, parts: fresh(centres, variance) });
  };

  // ---- The plane ----
  const picture = plot(XS, YS, 400, 320, "The plane with the points and the centres");
  const { x: X, y: Y } = picture;
  const [spokes, ellipses] = [svg("g.cl-still"), svg("g.cl-still")];
  const dots = editable(
    picture,
    [XS, YS],
    () => state,
    (points, chosen) => points === state.points ? update({ chosen }) : again({ points, chosen }),
    limits.points,
  );
  const pins = range(NAMES.length).map((k) =>
    pin(
      `Move centre ${NAMES[k]}`,
      [
        svg("circle", { r: 11, fill: "var(--bg)", stroke: colour(k), "stroke-width": 4 }),
        label(0, 4.5, NAMES[k], "middle", { style: "fill: var(--ink); font-weight: 700" }),
      ],
      picture,
      () => state.parts[k].mean,
      (to) => again({ parts: state.parts.with(k, { ...state.parts[k], mean: dots.inside(to) }) }),
    )
  );
  fill(
    picture.node,
    axes(picture, [-4, -2, 2, 4], [-2, 2], ["x₀", "x₁"]),
    [spokes, ellipses, dots, pins],
  );
  set(picture.node, {
    class: "dlx-plot cl-plane",
    onclick: (event) => event.target.closest(".dlx-handle") || dots.add(picture.at(event)),
  });
  // ---- Steps and starts ----
  let from = means(); // where the centres were when this run began
  const go = (make) => () => {
    play.stop();
    update(make());
  };
  const next = () => ended(state) ? {} : half(state);
  const play = player(400, {
    begin: () => ended(state) && renew({}, from),
    next: () => update(next()),
    ended: () => ended(state),
    finish: () => update(run(state)),
  });
  const step = button("", go(next), { class: "cl-step" });
  const start = (seed) => {
    const { points, parts, variance } = state;
    return begin({ ...state, seed, parts: fresh(draws(points, parts.length, seed), variance) });
  };
  const best = ({ history }) => Number.isFinite(history.at(-1)) ? history.at(-1) : Infinity;
  function many() {
    const runs = range(STARTS).map((n) => run(start(state.seed + 1 + n)));
    runs.sort((a, b) => best(a) - best(b));
    const tally = new Map();
    for (const { history } of runs) {
      const end = short(history.at(-1));
      tally.set(end, (tally.get(end) ?? 0) + 1);
    }
    return { ...runs[0], seed: state.seed + STARTS, tally: [...tally] };
  }
  const empty = () => state.parts.findIndex((_, k) => sum(state.r.map((r) => r[k])) < 1e-9);
  const rescue = button("Move the empty centre", () => {
    const mean = farthest(state.points, means());
    again({ parts: state.parts.with(empty(), { ...state.parts[empty()], mean }) });
  });

  // ---- What is said ----
  const [hint, verdict, chosen] = [el("p"), el("p.cl-verdict"), el("span")];
  const [what, result] = [el("span"), number("height")];
  const chart = canvas(400, 90, { role: "img" });
  const [heads, rows] = [el("tr"), el("tbody")];

  // Words on the run, and their look.
  function verdictOf() {
    const { history, turn, variance, tally } = state;
    if (tally.length) {
      const often = (times) => times === 1 ? "once" : `${times} times`;
      const ends = tally.slice(0, 4).map(([end, times]) => `${end} (${often(times)})`);
      const more = tally.length > 4 ? " and higher" : "";
      return [`${STARTS} starts ended at ${ends.join(", ")}${more}. You see the best.`];
    }
    if (collapsed(state) >= 0) {
      const name = NAMES[collapsed(state)];
      return [
        `${name} has collapsed: its ellipse has no area, its density no bound. The likelihood is infinite, and says nothing of the other points.`,
        "dlx-bad",
      ];
    }
    if (empty() >= 0) {
      const name = NAMES[empty()];
      return [
        `${name} is empty: it has no point, and the mean of none would be 0/0. So it stays where it is.`,
        "dlx-bad",
      ];
    }
    if (history.length > LAST) return [`Stopped after ${LAST} half-steps.`];
    if (ended(state)) {
      return [
        "Settled: no half-step lowers it any more. Another start may end lower.",
        "dlx-good",
      ];
    }
    const shares = variance ? "is divided among the centres" : "belongs to its nearest centre";
    return turn === "move"
      ? [`Each point ${shares}. Next, each centre moves to the mean of what it has.`]
      : [`Each centre has moved to the mean of what it had. Next, each point ${shares}.`];
  }

  function drawParts() {
    const { parts, variance } = state;
    pins.forEach((node, k) => {
      set(node, { hidden: !parts[k] && "" });
      if (!parts[k]) return;
      const [u, v] = parts[k].mean;
      place(node, [X(u), Y(v)], XS, u, `x₀ = ${text(u)}, x₁ = ${text(v)}`);
    });
    const oval = ({ mean: [u, v], cov }, k) => {
      const [long, wide, angle] = spread(cov);
      const degrees = (-angle * 180) / Math.PI;
      return [1, 2].map((times) =>
        line(COLOURS[k], 2 / times, {
          rx: 40 * times * Math.sqrt(long),
          ry: Math.max(40 * times * Math.sqrt(Math.max(wide, 0)), 0.5),
          transform: `translate(${X(u)} ${Y(v)}) rotate(${degrees})`,
        }, "ellipse")
      );
    };
    fill(ellipses, variance ? parts.map(oval) : []);
  }

  function drawPoints() {
    const { points, parts, r } = state;
    dots.draw(
      (i) => `fill: ${mixture(r[i])}`,
      (i) => {
        const shares = r[i].map((share, k) => `${NAMES[k]} ${text(share)}`);
        return `(${points[i].map((u) => text(u)).join(", ")}): ${shares.join(", ")}`;
      },
    );
    const spoke = (i, k) =>
      r[i][k] > 0.02 && line(COLOURS[k], 1.2, {
        d: `M${[points[i], parts[k].mean].map(([u, v]) => `${X(u)} ${Y(v)}`).join("L")}`,
        "stroke-opacity": 0.7 * r[i][k],
      });
    fill(spokes, points.map((_, i) => parts.map((_, k) => spoke(i, k))));
    const shares = r[state.chosen].map((share, k) => [
      k ? ", " : ": ",
      NAMES[k],
      " ",
      show(el("b.dlx-numbers", { "data-share": k }), share),
    ]);
    fill(chosen, `Point ${state.chosen + 1}`, shares);
  }

  function drawChart() {
    const { history } = state;
    const [left, right, top, bottom] = [66, 390, 12, 70];
    const finite = history.filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const px = (n) => left + ((right - left) * n) / Math.max(history.length - 1, 10);
    const py = (h) => bottom - ((bottom - top) * (h - low)) / (high - low || 1);
    const dots = history.map((h, n) => `${px(n)} ${Number.isFinite(h) ? py(h) : 90}`);
    fill(
      chart,
      [...new Set([high, low])].map((h) => [
        line("--edge", 1, { d: `M${left} ${py(h)}H${right}` }),
        label(left - 6, py(h) + 5, num(h, 4), "end"),
      ]),
      label(right, 15, `half-step ${history.length - 1}`, "end"),
      line("--line-y", 2, { d: `M${dots.join("L")}` }),
      line("--line-y", 5, {
        d: dots.map((one) => `M${one}h0`).join(""),
        "stroke-linecap": "round",
      }),
    );
    const ends = [history[0], history.at(-1)].map(short).join(" to ");
    set(chart, { "aria-label": `${what.textContent} after each half-step, from ${ends}` });
  }

  function drawTable() {
    const { parts, r, variance } = state;
    const names = ["", "x₀", "x₁", "points", ...(variance ? ["weight"] : [])];
    fill(
      heads,
      names.map((name) => el("th", { scope: "col" }, name)),
      variance ? el("th", { scope: "colgroup", colspan: 2 }, "variances") : [],
    );
    const cells = ({ mean, cov, weight }, k) => {
      const n = sum(r.map((row) => row[k]));
      const more = { weight, long: spread(cov)[0], wide: spread(cov)[1] };
      return Object.entries({ x0: mean[0], x1: mean[1], n, ...(variance ? more : {}) });
    };
    fill(
      rows,
      parts.map((part, k) => {
        const all = cells(part, k).map(([name, v]) => cell(name, v, num(v, 2)));
        return row(NAMES[k], all, { "data-row": k });
      }),
    );
  }

  function draw() {
    const { scene, parts, points, variance, learn, turn, history } = state;
    if (history.length === 1) from = means();
    hint.textContent = scenes[scene].question;
    what.textContent = variance === 0 ? "Inertia" : "−log-likelihood";
    show(result, history.at(-1), short(history.at(-1)));
    drawParts();
    drawPoints();
    drawChart();
    drawTable();
    const [words, look = ""] = verdictOf();
    verdict.textContent = words;
    verdict.className = `cl-verdict ${look}`;
    step.textContent = turn === "move" ? "Move the centres" : "Assign the points";
    rescue.disabled = empty() < 0;
    redraw.disabled = more.disabled = points.length < parts.length;
    floors.node.hidden = !learn;
  }

  function say() {
    const words = [what, result, verdict, chosen].map((node) => node.textContent);
    return words.join(" ");
  }

  // ---- The controls ----
  const scenery = { get: () => state.scene, set: (name) => update(scene(name)) };
  const wide = {
    get: () => state.variance,
    set: (v) => renew({ variance: state.learn ? Math.max(v, limits.learnt) : v }),
  };
  const learn = {
    get: () => state.learn,
    set: (on) => renew({ learn: on, variance: state.variance || (on ? 0.5 : 0) }),
  };
  const floor = { get: () => state.floor, set: (v) => renew({ floor: v }) };
  const count = {
    get: () => state.parts.length,
    set(k) {
      const centres = means().slice(0, k);
      while (centres.length < k) centres.push(farthest(state.points, centres));
      renew({}, centres);
    },
  };
  const redraw = button("New start", go(() => start(state.seed + 1)));
  const more = button(`Try ${STARTS} starts`, go(many));
  const floors = choice("Floor", floor, limits.floors.map((v) => [v, v ? num(v) : "none"]));
  set(reset, { onclick: play.stop });
  return page(
    { style: "--label: 4.2rem" },
    el("style", STYLE),
    el("div.dlx-row", choice("Start with", scenery, Object.keys(scenes)), reset),
    hint,
    el(
      "div.dlx-columns",
      el(
        "div",
        picture,
        el(
          "div.dlx-row.dlx-tight.cl-below",
          [step, play, button("Run", go(() => run(state)))],
          el("span.dlx-score", what, " ", result),
        ),
        verdict,
      ),
      el(
        "div",
        slider("σ²", wide, 0, limits.variance, { says: "Variance σ² of each centre" }),
        slider("centres", count, 1, NAMES.length, { decimals: 0, says: "Number of centres" }),
        el(
          "div.dlx-row.dlx-apart",
          choice("Variances and weights", learn, [[false, "fixed"], [true, "learnt (EM)"]]),
          floors,
        ),
        chart,
        el("div.dlx-row.dlx-tight.cl-below", redraw, more, rescue),
        scroll("The centres", el("table.cl-table", el("thead", heads), rows)),
        el(
          "div.dlx-row.dlx-tight",
          [
            button("Add a point", () => dots.add([0, 0])),
            button("Remove", () => dots.drop(state.chosen)),
          ],
          chosen,
        ),
      ),
    ),
  );
}
