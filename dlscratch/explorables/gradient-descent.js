// Gradient descent, x ← x − lr ∇f(x), on five surfaces; every iterate is drawn.

const { choice, slider } = globalThis.oldParts;
const { button, clamp, drag, el, handle, plot, set, settled, svg, text } = globalThis.explorables;
const { document } = globalThis;

const EDGE = 5;
const MOST = 2000;
const FLAT = 1e-3;
const CURVED = 1e-2;
const CREEP = 5e-3;
const RATES = [1e-10, 0.01, 0.1, 0.6, 1, 10];
const [SLOWEST, FASTEST] = [1e-12, 100];
const LEVELS = 12;
// spread: 1 puts the contours at equal heights, 2 draws them closer near the lowest place.
const SURFACES = {
  bowl: {
    f: ([u, v]) => u * u + v * v,
    gradient: ([u, v]) => [2 * u, 2 * v],
    curvature: () => [2, 2],
    words: ["x₀² + x₁²", "2x₀", "2x₁"],
    code: "np.array([2 * x[0], 2 * x[1]])",
    spread: 2,
  },
  ravine: {
    f: ([u, v]) => (u * u) / 20 + v * v,
    gradient: ([u, v]) => [u / 10, 2 * v],
    curvature: () => [0.1, 2],
    words: ["x₀²/20 + x₁²", "x₀/10", "2x₁"],
    code: "np.array([x[0] / 10, 2 * x[1]])",
    spread: 2,
  },
  saddle: {
    f: ([u, v]) => u * u - v * v,
    gradient: ([u, v]) => [2 * u, -2 * v],
    curvature: () => [2, -2],
    words: ["x₀² − x₁²", "2x₀", "−2x₁"],
    code: "np.array([2 * x[0], -2 * x[1]])",
    spread: 1,
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
    spread: 1,
  },
  "two minima": {
    f: ([u, v]) => (u * u - 4) ** 2 / 16 + u / 4 + (v * v) / 2,
    gradient: ([u, v]) => [(u * u * u) / 4 - u + 0.25, v],
    curvature: ([u]) => [(3 * u * u) / 4 - 1, 1],
    words: ["(x₀² − 4)²/16 + x₀/4 + x₁²/2", "x₀³/4 − x₀ + 1/4", "x₁"],
    code: "np.array([x[0] ** 3 / 4 - x[0] + 0.25, x[1]])",
    spread: 2,
  },
};
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

// A number with so many significant digits.
function num(value, digits = 4) {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e5);
  const shown = plain
    ? String(Number(value.toPrecision(digits)))
    : value.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return shown.replace("e+", "e").replace(/^-/, "−");
}

const finite = ({ x, f, g }) => [...x, f, ...g].every(Number.isFinite);
const far = ({ x }, edge = EDGE) => x.some((u) => Math.abs(u) > edge);
const length = (g) => Math.hypot(...g);
const snap = (value) => Math.round(clamp(value, -EDGE, EDGE) * 10) / 10 + 0;

export function explore(props) {
  let surface, start, lr, steps, path, ahead;
  const fresh = () => {
    ({ surface, start, lr, steps } = props);
  };
  fresh();

  const look = (x) => ({ x, f: SURFACES[surface].f(x), g: SURFACES[surface].gradient(x) });
  const next = ({ x, g }) => look(x.map((u, i) => u - lr * g[i]));
  function descend() {
    path = [look(start)];
    ahead = next(path[0]);
    while (path.length <= steps && finite(ahead)) {
      path.push(ahead);
      ahead = next(ahead);
    }
  }

  function name() {
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
    if (grew && (record || far(q))) return "Diverging";
    if (q.g[0] * p.g[0] + q.g[1] * p.g[1] < 0 || q.f > p.f) return "Oscillating";
    return grew ? "Speeding up" : "Converging";
  }

  // The map: bands of height as a picture, contours by marching squares.
  const view = [-EDGE, EDGE];
  const picture = plot(view, view, 400, 400, "Map of the surface with the path");
  const { x: X, y: Y, at } = picture;
  const bands = svg("image", { width: 400, height: 400, preserveAspectRatio: "none" });
  const contours = svg("path", { fill: "none", stroke: "var(--control)", "stroke-opacity": 0.65 });
  function chartMap() {
    const { f, spread } = SURFACES[surface];
    const n = 100;
    const place = (k) => -EDGE + (2 * EDGE * k) / n;
    const grid = Array.from(
      { length: n + 1 },
      (_, j) => Array.from({ length: n + 1 }, (_, i) => f([place(i), place(j)])),
    );
    const [low, high] = [Math.min(...grid.flat()), Math.max(...grid.flat())];
    const levels = Array.from(
      { length: LEVELS - 1 },
      (_, k) => low + (high - low) * ((k + 1) / LEVELS) ** spread,
    );
    let d = "";
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        const ring = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        for (const level of levels) {
          const cuts = ring.flatMap(([a, b], k) => {
            const [c, e] = ring[(k + 1) % 4];
            const [here, there] = [grid[b][a] - level, grid[e][c] - level];
            if (here > 0 === there > 0) return [];
            const t = here / (here - there);
            return [
              `${X(place(a + t * (c - a))).toFixed(1)} ${Y(place(b + t * (e - b))).toFixed(1)}`,
            ];
          });
          for (let k = 0; k + 1 < cuts.length; k += 2) d += `M${cuts[k]}L${cuts[k + 1]}`;
        }
      }
    }
    set(contours, { d });
    const size = 200;
    const canvas = el("canvas", { width: size, height: size });
    const paint = canvas.getContext("2d");
    const pixels = paint.createImageData(size, size);
    for (let k = 0; k < size * size; k++) {
      const where = (i) => (2 * EDGE * (i + 0.5)) / size - EDGE;
      const height = f([where(k % size), -where(Math.floor(k / size))]);
      const band = levels.filter((level) => level < height).length / LEVELS;
      pixels.data.set([45, 125, 190, 130 * band], 4 * k);
    }
    paint.putImageData(pixels, 0, 0);
    set(bands, { href: canvas.toDataURL() });
  }

  const line = (colour, more) =>
    svg("path", {
      fill: "none",
      stroke: `var(${colour})`,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
      ...more,
    });
  const trail = line("--one", { "stroke-width": 2 });
  const dots = line("--one", { "stroke-width": 6 });
  const coming = line("--ink", { "stroke-width": 2, "stroke-dasharray": "2 5" });
  const here = svg("circle", { r: 6, fill: "var(--one)", stroke: "var(--ink)", "stroke-width": 2 });
  const ring = handle("Move the start", [
    svg("circle", { r: 10, fill: "none", stroke: "var(--ink)", "stroke-width": 3 }),
  ], () => {});
  ring.addEventListener("keydown", (event) => {
    const moves = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      PageUp: [0, 5],
      PageDown: [0, -5],
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    begin(start.map((u, i) => snap(u + moves[event.key][i] / 10)));
  });
  drag(ring, (event) => {
    const off = at(event).map((u, i) => start[i] - u);
    return (e) => begin(at(e).map((u, i) => snap(u + off[i])));
  });
  picture.node.addEventListener("click", (event) => {
    if (!ring.contains(event.target)) begin(at(event).map(snap));
  });
  const ticks = [-4, -2, 2, 4].flatMap((t) => [
    svg("text", { class: "gd-tick", x: X(t), y: Y(0) + 16, "text-anchor": "middle" }, text(t, 0)),
    svg("text", { class: "gd-tick", x: X(0) + 6, y: Y(t) + 5 }, text(t, 0)),
  ]);
  picture.node.append(
    bands,
    contours,
    svg("path", { class: "dlx-axis", d: "M0 200H400M200 0V400" }),
    ...ticks,
    svg("text", { class: "gd-tick", x: 378, y: 190 }, "x₀"),
    svg("text", { class: "gd-tick", x: 178, y: 16 }, "x₁"),
    trail,
    coming,
    dots,
    here,
    ring,
  );

  function begin(x) {
    start = x;
    draw();
  }
  function rate(value) {
    lr = clamp(value, SLOWEST, FASTEST);
    draw();
  }
  function go(more) {
    if (finite(ahead)) steps = Math.min(path.length - 1 + more, MOST);
    draw();
  }
  const surfaces = choice(
    "Surface",
    Object.keys(SURFACES).map((one) => [one, one]),
    surface,
    (value) => {
      surface = value;
      chartMap();
      draw();
    },
  );
  const range = el("input", {
    type: "range",
    min: -4,
    max: 1,
    step: 0.01,
    "aria-label": "Learning rate lr",
    oninput: () => rate(Number((10 ** range.valueAsNumber).toPrecision(3))),
  });
  const typed = el("input", {
    type: "number",
    step: "any",
    "aria-label": "Learning rate lr, typed",
    oninput: () => typed.valueAsNumber > 0 && rate(typed.valueAsNumber),
    onblur: () => (typed.value = lr),
  });
  const rates = RATES.map((value) =>
    button(String(value), () => rate(value), { "aria-label": `lr = ${value}` })
  );
  const sliders = ["x₀", "x₁"].map((label, i) =>
    slider(
      label,
      label,
      -EDGE,
      EDGE,
      (value) => begin(start.map((u, k) => (k === i ? value : u))),
      " at the start",
    )
  );
  const reset = button("Reset", () => {
    fresh();
    surfaces.write(surface);
    chartMap();
    draw();
  });

  const number = (of) => el("b", { class: "dlx-numbers", "data-num": of });
  const [count, x0, x1, height, g0, g1, l0, l1, m0, m1] = [
    "step",
    "x0",
    "x1",
    "f",
    "g0",
    "g1",
    "l0",
    "l1",
    "m0",
    "m1",
  ].map(number);
  const put = (node, value, digits) => {
    node.textContent = num(value, digits);
    node.dataset.value = value;
    return node;
  };
  const formulas = el("p", { class: "dlx-soft" });
  const verdict = el("b", { "data-verdict": "" });
  const reason = el("span");
  const naming = el("p", { class: "gd-verdict" }, verdict, ": ", reason);
  const away = el("span");
  const state = el("p", {}, "Step ", count, away, ": x = (", x0, ", ", x1, "), f = ", height, ".");
  const slopes = el("p", {}, "Gradient here: ∂f/∂x₀ = ", g0, ", ∂f/∂x₁ = ", g1, ".");
  const about = el("span");
  const factors = el(
    "p",
    { class: "dlx-soft" },
    "Curvature λ here: ",
    l0,
    " and ",
    l1,
    ". With it 1 − lr·λ is ",
    m0,
    " and ",
    m1,
    about,
  );
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) {
      live.textContent = `${surface}, lr = ${
        num(lr)
      }. ${state.textContent} ${naming.textContent} ${slopes.textContent}`;
    }
  });
  const chart = svg("svg", { viewBox: "0 0 400 170", class: "dlx-plot", role: "img" });
  const rows = el("tbody");
  const code = el("pre");

  function draw() {
    descend();
    const now = path.at(-1);
    const near = path.findIndex((one) => far(one, 1e4));
    const drawn = (near < 0 ? path : path.slice(0, near)).map(({ x: [u, v] }) => `${X(u)} ${Y(v)}`);
    set(trail, { d: `M${drawn.join("L")}` });
    set(dots, { d: drawn.map((point) => `M${point}h0`).join("") });
    const shown = near < 0 && finite(ahead) && !far(ahead, 1e4);
    set(coming, { d: shown ? `M${drawn.at(-1)}L${X(ahead.x[0])} ${Y(ahead.x[1])}` : "" });
    here.toggleAttribute("hidden", far(now));
    if (!far(now)) set(here, { cx: X(now.x[0]), cy: Y(now.x[1]) });
    set(ring, {
      transform: `translate(${X(start[0])} ${Y(start[1])})`,
      "aria-valuemin": -EDGE,
      "aria-valuemax": EDGE,
      "aria-valuenow": start[0],
      "aria-valuetext": `x₀ = ${text(start[0])}, x₁ = ${text(start[1])}`,
    });

    const { words, curvature, code: gradient } = SURFACES[surface];
    formulas.textContent = `f = ${words[0]}; ∂f/∂x₀ = ${words[1]}, ∂f/∂x₁ = ${words[2]}`;
    verdict.textContent = name();
    const [why, colour = ""] = NAMES[name()];
    naming.className = `gd-verdict ${colour}`;
    reason.textContent = why + (steps === MOST ? ` The figure stops at ${MOST} steps.` : "");
    put(count, path.length - 1);
    [x0, x1].forEach((node, i) => put(node, now.x[i], 9));
    away.textContent = far(now) ? ", off the map" : "";
    put(height, now.f, 6);
    [g0, g1].forEach((node, i) => put(node, now.g[i]));
    const bends = curvature(now.x);
    [l0, l1].forEach((node, i) => put(node, bends[i]));
    [m0, m1].forEach((node, i) => put(node, 1 - lr * bends[i]));
    about.textContent = surface in { bowl: 1, ravine: 1, saddle: 1 }
      ? ": a step multiplies the two slopes by that."
      : ": for a short step, about what it multiplies the slope by in these two directions.";

    rows.replaceChildren(
      ...path.slice(-6).map(({ x, f, g }, i, last) => {
        const step = path.length - last.length + i;
        const cells = [...x, f, ...g].map((value, k) =>
          put(el("td", { "data-col": ["x0", "x1", "f", "g0", "g1"][k] }), value)
        );
        return el("tr", {}, el("th", { scope: "row" }, String(step)), ...cells);
      }),
    );
    const decimal = (u) => (Number.isInteger(u) ? `${u}.0` : u);
    code.textContent = `x = np.array([${start.map(decimal).join(", ")}])\nfor _ in range(${
      path.length - 1
    }):\n    gradient = ${gradient}\n    x = x - ${lr} * gradient`;
    drawChart();
    range.value = Math.log10(lr);
    set(range, { "aria-valuetext": num(lr) });
    if (typed !== document.activeElement) typed.value = lr;
    rates.forEach((one, i) => set(one, { "aria-pressed": String(lr === RATES[i]) }));
    sliders.forEach(({ write }, i) => write(start[i]));
    rest();
  }

  // f against the step: on a log axis, unless f is negative or nowhere positive.
  function drawChart() {
    const heights = path.map(({ f }) => f);
    const positive = heights.filter((f) => f > 0);
    const log = positive.length > 0 && Math.min(...heights) >= 0;
    const least = Math.min(...positive);
    // Halved, so that the difference of two numbers cannot overflow.
    const scale = log ? (f) => Math.log10(Math.max(f, least)) : (f) => f / 2;
    let [low, high] = [Math.min(...heights.map(scale)), Math.max(...heights.map(scale))];
    if (log) [low, high] = [Math.floor(low), Math.ceil(high)];
    if (low === high) [low, high] = [low - 1, high + 1];
    const [left, right, top, bottom] = [62, 388, 22, 142];
    const px = (k) => left + ((right - left) * k) / Math.max(path.length - 1, 1);
    const py = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
    const points = heights.map((f, k) => `${px(k)} ${py(scale(f))}`);
    const marks = [...new Set(log ? [high, Math.round((low + high) / 2), low] : [high, low])];
    const last = path.length - 1;
    chart.replaceChildren(
      ...marks.flatMap((v) => [
        svg("path", { stroke: "var(--edge)", d: `M${left} ${py(v)}H${right}` }),
        svg(
          "text",
          { x: left - 6, y: py(v) + 5, "text-anchor": "end" },
          log ? `1e${v}` : num(2 * v, 2),
        ),
      ]),
      svg(
        "text",
        { x: left, y: 15 },
        `f, ${log ? "logarithmic" : "linear"} axis${
          log && positive.length < heights.length ? ", 0 at the bottom" : ""
        }`,
      ),
      svg("text", { x: left, y: 161, "text-anchor": "middle" }, "0"),
      svg("text", { x: right, y: 161, "text-anchor": "end" }, last ? `step ${last}` : "step"),
      line("--one", { "stroke-width": 2, d: `M${points.join("L")}` }),
      ...(last < 60
        ? [line("--one", { "stroke-width": 5, d: points.map((point) => `M${point}h0`).join("") })]
        : []),
    );
    set(chart, {
      "aria-label": `f at each step: ${num(heights[0])} at step 0, ${
        num(heights[last])
      } at step ${last}`,
    });
  }

  const swatch = (style, label) => el("span", {}, el("i", { class: "dlx-swatch", style }), label);
  const head = ["step", "x₀", "x₁", "f", "∂f/∂x₀", "∂f/∂x₁"];
  chartMap();
  draw();
  return el(
    "div",
    {},
    el(
      "style",
      {},
      ".dlx .gd-verdict { min-height: 4.4em; margin-top: 0.5rem; font-weight: 400; } .dlx .gd-verdict b { font-size: 1.15em; }" +
        ".dlx .gd-tick { paint-order: stroke; stroke: var(--well); stroke-width: 3px; stroke-opacity: 0.8; fill: var(--ink) !important; }" +
        ".dlx .gd-map svg { cursor: crosshair; } .dlx button[aria-pressed=true] { background: var(--ink); border-color: var(--ink); color: var(--bg); }",
    ),
    el(
      "p",
      {},
      "Click the map, or move the ring, to choose a start. Take steps, then change lr: the same number of steps is taken again.",
    ),
    el("div", { class: "dlx-row" }, surfaces.node, reset),
    formulas,
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        { class: "gd-map" },
        picture.node,
        el(
          "p",
          { class: "dlx-soft dlx-legend" },
          swatch("border-top: 3px solid var(--one)", "path"),
          swatch("border-top: 3px dotted var(--ink)", "next step"),
          el(
            "span",
            {},
            el("i", { class: "dlx-disc", style: "background: none; border-color: var(--ink)" }),
            "start",
          ),
        ),
        naming,
      ),
      el(
        "div",
        {},
        el(
          "div",
          { class: "dlx-slider" },
          el("span", { "aria-hidden": "true" }, "lr"),
          range,
          typed,
        ),
        el("div", { class: "dlx-row dlx-apart", style: "gap: 0.3rem" }, ...rates),
        ...sliders.map(({ node }) => node),
        el(
          "div",
          { class: "dlx-row dlx-apart", style: "gap: 0.3rem; margin-top: 0.5rem" },
          button("Step", () => go(1)),
          button("Run 20", () => go(20)),
          button("Run 100", () => go(100)),
          button("Rewind", () => {
            steps = 0;
            draw();
          }),
        ),
        chart,
        state,
        slopes,
        factors,
      ),
    ),
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {
          class: "dlx-scroll",
          tabindex: 0,
          role: "region",
          "aria-label": "The last iterates",
          style: "flex: 1 1 25rem",
        },
        el(
          "table",
          {},
          el("caption", {}, "The last iterates"),
          el("thead", {}, el("tr", {}, ...head.map((one) => el("th", { scope: "col" }, one)))),
          rows,
        ),
      ),
      el("div", { style: "flex-basis: 20.5rem" }, code),
    ),
    el(
      "details",
      {},
      el("summary", {}, "How a run is named"),
      el("p", {}, "The first rule that fits names the run:"),
      el(
        "ol",
        {},
        ...Object.entries(NAMES).map(([one, [rule]]) =>
          el("li", {}, el("b", {}, one), `: ${rule}`)
        ),
      ),
    ),
    live,
  );
}
