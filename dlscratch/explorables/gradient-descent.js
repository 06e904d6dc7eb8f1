// Gradient descent, x ← x − lr ∇f(x), on five surfaces; every iterate is drawn.

const { button, canvas, cell, clamp, el, figure, fill, head, label } = globalThis.explorables;
const { landscape, legend, line, more, num, number, round, row } = globalThis.explorables;
const { scroll, set, show, svg, swatch } = globalThis.explorables;

const FLAT = 1e-3;
const CURVED = 1e-2;
const CREEP = 5e-3;
const RATES = [1e-10, 0.01, 0.1, 0.6, 1, 10];
// bands: how many there are, and to which power of the height; 1 has them equally high,
// 1/2 closer near the lowest place.
const SURFACES = {
  bowl: {
    f: ([u, v]) => u * u + v * v,
    gradient: ([u, v]) => [2 * u, 2 * v],
    curvature: () => [2, 2],
    words: ["x₀² + x₁²", "2x₀", "2x₁"],
    code: "np.array([2 * x[0], 2 * x[1]])",
    bands: [12, 1 / 2],
  },
  ravine: {
    f: ([u, v]) => (u * u) / 20 + v * v,
    gradient: ([u, v]) => [u / 10, 2 * v],
    curvature: () => [0.1, 2],
    words: ["x₀²/20 + x₁²", "x₀/10", "2x₁"],
    code: "np.array([x[0] / 10, 2 * x[1]])",
    bands: [12, 1 / 2],
  },
  saddle: {
    f: ([u, v]) => u * u - v * v,
    gradient: ([u, v]) => [2 * u, -2 * v],
    curvature: () => [2, -2],
    words: ["x₀² − x₁²", "2x₀", "−2x₁"],
    code: "np.array([2 * x[0], -2 * x[1]])",
    bands: [12, 1],
  },
  plateau: {
    f: ([u, v]) => -Math.expm1(-(u * u + v * v) / 2),
    gradient: (x) => x.map((u) => u * Math.exp(-(x[0] * x[0] + x[1] * x[1]) / 2)),
    curvature: ([u, v]) => {
      const [square, e] = [u * u + v * v, Math.exp(-(u * u + v * v) / 2)];
      return e ? [e * (1 - square), e] : [0, 0];
    },
    words: ["1 − exp(−(x₀² + x₁²)/2)", "x₀·exp(−(x₀² + x₁²)/2)", "x₁·exp(−(x₀² + x₁²)/2)"],
    code: "x * np.exp(-(x @ x) / 2)",
    bands: [12, 1],
  },
  "two minima": {
    f: ([u, v]) => (u * u - 4) ** 2 / 16 + u / 4 + (v * v) / 2,
    gradient: ([u, v]) => [(u * u * u) / 4 - u + 0.25, v],
    curvature: ([u]) => [(3 * u * u) / 4 - 1, 1],
    words: ["(x₀² − 4)²/16 + x₀/4 + x₁²/2", "x₀³/4 − x₀ + 1/4", "x₁"],
    code: "np.array([x[0] ** 3 / 4 - x[0] + 0.25, x[1]])",
    bands: [12, 1 / 2],
  },
};
const QUADRATIC = ["bowl", "ravine", "saddle"];
// How a run is named, from its last two iterates: the first rule that fits counts.
const flat = `the gradient is shorter than ${FLAT}, and the smallest curvature λ is`;
const NAMES = {
  Overflowed: [
    "the next x, f or gradient is beyond what float64 can hold, so the run stops.",
    "dlx-bad",
  ],
  Converged: [`${flat} above ${CURVED}.`, "dlx-good"],
  "Stuck at a saddle": [`${flat} below −${CURVED}.`],
  "Stuck on a plateau": [`${flat} between −${CURVED} and ${CURVED}.`],
  "At the start": ["no step is taken yet."],
  Creeping: [
    `the last step changed the gradient by less than ${
      100 * CREEP
    } %. On the bowl: lr·λ is below ${CREEP}.`,
  ],
  Diverging: ["the gradient grew, and f is above every earlier f or x is off the map.", "dlx-bad"],
  Oscillating: [
    "the last two gradients make an angle of more than 90°, or f rose: the step went too far.",
  ],
  "Speeding up": ["the gradient grew, and f did not rise."],
  Converging: ["neither f nor the gradient grew, and the steps keep their direction.", "dlx-good"],
};
const STYLE = `
.dlx .gd-verdict { min-height: 4.4em; margin-top: 0.5rem; font-weight: 400; }
.dlx .gd-verdict b { font-size: 1.15em; }
`;

const finite = ({ x, f, g }) => [...x, f, ...g].every(Number.isFinite);
const length = (g) => Math.hypot(...g);

// The iterates, each with f and the gradient, and the one that would come next.
function descend({ surface, start, lr, steps }) {
  const { f, gradient } = SURFACES[surface];
  const look = (x) => ({ x, f: f(x), g: gradient(x) });
  const next = ({ x, g }) => look(x.map((u, i) => u - lr * g[i]));
  const path = [look(start)];
  let ahead = next(path[0]);
  while (path.length <= steps && finite(ahead)) {
    path.push(ahead);
    ahead = next(ahead);
  }
  return { path, ahead };
}

function nameOf({ path, ahead }, { surface }, off) {
  const [q, p] = [path.at(-1), path.at(-2)];
  const lowest = Math.min(...SURFACES[surface].curvature(q.x));
  if (!finite(ahead)) return "Overflowed";
  if (length(q.g) < FLAT && Math.abs(lowest) <= CURVED) return "Stuck on a plateau";
  if (length(q.g) < FLAT) return lowest > 0 ? "Converged" : "Stuck at a saddle";
  if (!p) return "At the start";
  const change = length(q.g.map((slope, i) => slope - p.g[i]));
  // The last factor keeps rounding from deciding where the two sides are equal.
  if (change < CREEP * length(p.g) * (1 - 1e-9)) return "Creeping";
  const grew = length(q.g) > length(p.g);
  const record = path.slice(0, -1).every(({ f }) => f < q.f);
  if (grew && (record || off)) return "Diverging";
  if (q.g[0] * p.g[0] + q.g[1] * p.g[1] < 0 || q.f > p.f) return "Oscillating";
  return grew ? "Speeding up" : "Converging";
}

const short = (value, digits = 4) => num(value, digits);
const put = (node, value, digits) => show(node, value, short(value, digits));

// Draws f against the step: on a log axis, unless f is negative or nowhere positive.
function drawChart(chart, heights) {
  const positive = heights.filter((f) => f > 0);
  const log = positive.length > 0 && Math.min(...heights) >= 0;
  const least = Math.min(...positive);
  // Halved, so that the difference of two numbers cannot overflow.
  const scale = log ? (f) => Math.log10(Math.max(f, least)) : (f) => f / 2;
  let [low, high] = [Math.min(...heights.map(scale)), Math.max(...heights.map(scale))];
  if (log) [low, high] = [Math.floor(low), Math.ceil(high)];
  if (low === high) [low, high] = [low - 1, high + 1];
  const [left, right, top, bottom] = [62, 388, 22, 142];
  const last = heights.length - 1;
  const px = (k) => left + ((right - left) * k) / Math.max(last, 1);
  const py = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
  const dots = heights.map((f, k) => `${px(k)} ${py(scale(f))}`);
  const marks = [...new Set(log ? [high, Math.round((low + high) / 2), low] : [high, low])];
  const zeros = log && positive.length < heights.length ? ", 0 at the bottom" : "";
  const round = { "stroke-linecap": "round" };
  fill(
    chart,
    marks.map((v) => [
      line("--edge", 1, { d: `M${left} ${py(v)}H${right}` }),
      label(left - 6, py(v) + 5, log ? `1e${v}` : short(2 * v, 2), "end"),
    ]),
    label(left, 15, `f, ${log ? "logarithmic" : "linear"} axis${zeros}`),
    label(left, 161, "0", "middle"),
    label(right, 161, last ? `step ${last}` : "step", "end"),
    line("--one", 2, { ...round, d: `M${dots.join("L")}` }),
    last < 60 && line("--one", 5, { ...round, d: dots.map((one) => `M${one}h0`).join("") }),
  );
  const [first, now] = [short(heights[0]), short(heights[last])];
  set(chart, { "aria-label": `f at each step: ${first} at step 0, ${now} at step ${last}` });
}

export function explore({ limits, ...start }) {
  const { state, update, choice, slider, reset, page } = figure(start, draw, say);
  const [[low, high], [, most]] = [limits.start, limits.steps];
  const far = ({ x }) => x.some((u) => u < low || u > high);

  const map = landscape(
    400,
    ["x₀", "x₁"],
    "Map of the surface with the path",
    () => state.start,
    (x) => update({ start: x.map((u) => round(clamp(u, low, high), 1)) }),
  );
  const trail = map.path("--one");
  const here = map.mark(
    {},
    svg("circle", { r: 6, fill: "var(--one)", stroke: "var(--ink)", "stroke-width": 2 }),
  );

  function go(more) {
    const { path, ahead } = descend(state);
    if (finite(ahead)) update({ steps: Math.min(path.length - 1 + more, most) });
  }
  const rates = RATES.map((lr) =>
    button(`${lr}`, () => update({ lr }), { "aria-label": `lr = ${lr}` })
  );

  const N = Object.fromEntries(
    ["step", "x0", "x1", "f", "g0", "g1", "l0", "l1", "m0", "m1"].map((name) => [
      name,
      number(name),
    ]),
  );
  const [formulas, verdict, why] = [el("p.dlx-soft"), el("b", { "data-verdict": "" }), el("span")];
  const naming = el("p", verdict, ": ", why);
  const [away, about] = [el("span"), el("span")];
  const now = el("p", "Step ", N.step, away, ": x = (", N.x0, ", ", N.x1, "), f = ", N.f, ".");
  const slopes = el("p", "Gradient here: ∂f/∂x₀ = ", N.g0, ", ∂f/∂x₁ = ", N.g1, ".");
  const curvatures = ["Curvature λ here: ", N.l0, " and ", N.l1];
  const factors = [". With it 1 − lr·λ is ", N.m0, " and ", N.m1, about];
  const chart = canvas(400, 170, { role: "img" });
  const [rows, code] = [el("tbody"), el("pre")];

  function draw() {
    const { surface, start, lr, steps } = state;
    const { f, bands, words, curvature, code: gradient } = SURFACES[surface];
    const run = descend(state);
    const { path, ahead } = run;
    const last = path.at(-1);
    map.show(f, limits.start, limits.start, bands);
    trail.draw(path.map(({ x }) => x));
    map.dot(last.x, ahead.x);
    here(last.x);

    formulas.textContent = `f = ${words[0]}; ∂f/∂x₀ = ${words[1]}, ∂f/∂x₁ = ${words[2]}`;
    const name = nameOf(run, state, far(last));
    const [reason, colour = ""] = NAMES[name];
    verdict.textContent = name;
    why.textContent = reason + (steps === most ? ` The figure stops at ${most} steps.` : "");
    naming.className = `gd-verdict ${colour}`;
    put(N.step, path.length - 1);
    put(N.f, last.f, 6);
    curvature(last.x).forEach((bend, i) => {
      put(N[`x${i}`], last.x[i], 9);
      put(N[`g${i}`], last.g[i]);
      put(N[`l${i}`], bend);
      put(N[`m${i}`], 1 - lr * bend);
    });
    away.textContent = far(last) ? ", off the map" : "";
    about.textContent = QUADRATIC.includes(surface)
      ? ": a step multiplies the two slopes by that."
      : ": for a short step, about what it multiplies the slope by in these two directions.";

    const first = Math.max(path.length - 6, 0);
    fill(
      rows,
      path.slice(first).map(({ x, f, g }, i) => {
        const values = Object.entries({ x0: x[0], x1: x[1], f, g0: g[0], g1: g[1] });
        const cells = values.map(([column, value]) => cell(column, value, short(value)));
        return row(`${first + i}`, cells);
      }),
    );
    const decimal = (u) => (Number.isInteger(u) ? `${u}.0` : u);
    code.textContent = `x = np.array([${start.map(decimal).join(", ")}])\nfor _ in range(${
      path.length - 1
    }):\n    gradient = ${gradient}\n    x = x - ${lr} * gradient`;
    drawChart(chart, path.map(({ f }) => f));
    rates.forEach((one, i) => set(one, { "aria-pressed": `${lr === RATES[i]}` }));
  }

  function say() {
    const { surface, lr } = state;
    const words = [now, naming, slopes].map((node) => node.textContent);
    return `${surface}, lr = ${short(lr)}. ${words.join(" ")}`;
  }

  return page(
    { style: "--plot: 22rem" },
    el("style", STYLE),
    el(
      "p.dlx-ask",
      "How long may a step be? Take steps, then change lr: the same number of steps is taken again.",
    ),
    el("div.dlx-row", choice("Surface", "surface", Object.keys(SURFACES)), reset, formulas),
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        map,
        legend(
          swatch("path", "border-top: 3px solid var(--one)"),
          swatch("next step", "border-top: 3px dotted var(--ink)"),
          swatch("start: click, or move it", "background: none; border-color: var(--ink)", "disc"),
        ),
      ),
      el(
        "div",
        slider("lr", "lr", ...limits.lr, { says: "Learning rate lr", log: [-4, 1] }),
        el("div.dlx-row.dlx-apart.dlx-tight", rates),
        el(
          "div.dlx-row.dlx-apart.dlx-tight",
          button("Step", () => go(1)),
          button("Run 20", () => go(20)),
          button("Run 100", () => go(100)),
          button("Rewind", () => update({ steps: 0 })),
        ),
        naming,
        now,
        chart,
      ),
    ),
    el(
      "div.dlx-columns",
      more(
        "The start, the gradient and the curvature",
        ["x₀", "x₁"].map((name, i) =>
          slider(name, ["start", i], low, high, { says: `${name} at the start` })
        ),
        slopes,
        el("p.dlx-soft", curvatures, factors),
      ),
      more(
        "The last iterates, and the code",
        scroll(
          "The last iterates",
          el(
            "table",
            el("caption", "The last iterates"),
            head("step", "x₀", "x₁", "f", "∂f/∂x₀", "∂f/∂x₁"),
            rows,
          ),
        ),
        code,
      ),
      more(
        "How a run is named",
        el("p", "The first rule that fits names the run:"),
        el(
          "ol",
          Object.entries(NAMES).map(([name, [rule]]) => el("li", el("b", name), `: ${rule}`)),
        ),
      ),
    ),
  );
}
