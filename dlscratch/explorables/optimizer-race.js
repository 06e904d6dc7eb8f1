// Six optimizers on one map; the update rules are those of dlscratch.optimizers.

const { choice, slider } = globalThis.oldParts;
const { button, clamp, drag, el, handle, plot, round2, set, settled, svg, text } =
  globalThis.explorables;
const { document, matchMedia } = globalThis;

const LAST = 200;
const NEAR = 0.01;
const [SLOWEST, FASTEST] = [1e-6, 100];
// xs and ys: what the map shows. words and code: f as text, its gradient in Python.
const SURFACES = {
  ravine: {
    xs: [-8, 8],
    ys: [-5, 5],
    f: (x, y) => (x * x) / 20 + y * y,
    gradient: (x, y) => [x / 10, 2 * y],
    words: ["x²/20 + y²", "x/10", "2y"],
    code: "[x / 10, 2 * y]",
    watch:
      "Across the ravine the slope is steep, along it gentle. Who zigzags, who overshoots, who goes straight?",
  },
  "tilted ravine": {
    xs: [-8, 8],
    ys: [-5, 5],
    f: (x, y) => (x + y) ** 2 / 40 + (x - y) ** 2 / 2,
    gradient: (x, y) => [(x + y) / 20 + (x - y), (x + y) / 20 - (x - y)],
    words: ["(x + y)²/40 + (x − y)²/2", "(x + y)/20 + (x − y)", "(x + y)/20 − (x − y)"],
    code: "[(x + y) / 20 + (x - y), (x + y) / 20 - (x - y)]",
    watch:
      "The same ravine, turned by 45°, with the same learning rates. Whose rule has one scale for x and one for y, and does that still help?",
  },
  "curved valley": {
    xs: [-2.4, 2.4],
    ys: [-0.75, 2.25],
    f: (x, y) => (x - 1) ** 2 / 20 + (y - x * x) ** 2,
    gradient: (x, y) => [(x - 1) / 10 - 4 * x * (y - x * x), 2 * (y - x * x)],
    words: ["(x − 1)²/20 + (y − x²)²", "(x − 1)/10 − 4x(y − x²)", "2(y − x²)"],
    code: "[(x - 1) / 10 - 4 * x * (y - x**2), 2 * (y - x**2)]",
    watch:
      "The floor of the valley bends and hardly falls; the minimum is at (1, 1). Who is quickly down, and who also gets along?",
  },
  saddle: {
    xs: [-3.2, 3.2],
    ys: [-2, 2],
    f: (x, y) => (x * x) / 2 + (y * y - 1) ** 2 / 20,
    gradient: (x, y) => [x, (y * y * y - y) / 5],
    words: ["x²/2 + (y² − 1)²/20", "x", "(y³ − y)/5"],
    code: "[x, (y**3 - y) / 5]",
    watch:
      "A saddle lies at (0, 0), with a minimum above and one below. Who is held there? And what if you start at y = 0 exactly?",
  },
};

const each = (f, ...vectors) => [0, 1].map((i) => f(...vectors.map((one) => one[i])));
// From a state and the gradient g to the terms of update t: [symbol, rule, numbers].
// The last term is subtracted from (x, y); terms named like the state replace it.
const RULES = {
  SGD: {
    state: [],
    update: ({ g, lr }) => [["step", "lr·g", each((a) => lr * a, g)]],
  },
  Momentum: {
    state: ["v"],
    update({ g, lr, mu, v }) {
      const speed = each((a, b) => mu * a + b, v, g);
      return [
        ["v", "μ·v + g", speed],
        ["step", "lr·v", each((a) => lr * a, speed)],
      ];
    },
  },
  Nesterov: {
    state: ["v"],
    update({ g, lr, mu, v }) {
      const speed = each((a, b) => mu * a + b, v, g);
      const ahead = each((a, b) => a + mu * b, g, speed);
      return [
        ["v", "μ·v + g", speed],
        ["ahead", "g + μ·v", ahead],
        ["step", "lr·ahead", each((a) => lr * a, ahead)],
      ];
    },
  },
  AdaGrad: {
    state: ["s"],
    update({ g, lr, s }) {
      const sum = each((a, b) => a + b * b, s, g);
      const scale = each((a) => Math.sqrt(a) + 1e-10, sum);
      return [
        ["s", "s + g²", sum],
        ["scale", "√s + 1e-10", scale],
        ["step", "lr·g / scale", each((a, b) => (lr * a) / b, g, scale)],
      ];
    },
  },
  RMSprop: {
    state: ["s"],
    update({ g, lr, s }) {
      const mean = each((a, b) => 0.99 * a + (1 - 0.99) * b * b, s, g);
      const scale = each((a) => Math.sqrt(a) + 1e-8, mean);
      return [
        ["s", "0.99·s + 0.01·g²", mean],
        ["scale", "√s + 1e-8", scale],
        ["step", "lr·g / scale", each((a, b) => (lr * a) / b, g, scale)],
      ];
    },
  },
  Adam: {
    state: ["m", "s"],
    update({ g, lr, m, s, t }) {
      const first = each((a, b) => 0.9 * a + (1 - 0.9) * b, m, g);
      const second = each((a, b) => 0.999 * a + (1 - 0.999) * b * b, s, g);
      const mHat = each((a) => a / (1 - 0.9 ** t), first);
      const sHat = each((a) => a / (1 - 0.999 ** t), second);
      const scale = each((a) => Math.sqrt(a) + 1e-8, sHat);
      return [
        ["m", "0.9·m + 0.1·g", first],
        ["s", "0.999·s + 0.001·g²", second],
        ["m̂", "m / (1 − 0.9ᵗ)", mHat],
        ["ŝ", "s / (1 − 0.999ᵗ)", sHat],
        ["scale", "√ŝ + 1e-8", scale],
        ["step", "lr·m̂ / scale", each((a, b) => (lr * a) / b, mHat, scale)],
      ];
    },
  },
};
const NAMES = Object.keys(RULES);
// A letter, a colour and a dash pattern for each, so that none is told by colour alone.
const LOOKS = {
  SGD: ["S", "--ink", ""],
  Momentum: ["M", "--line-1", ""],
  Nesterov: ["N", "--line-1", "2 4"],
  AdaGrad: ["G", "--one", ""],
  RMSprop: ["R", "--one", "2 4"],
  Adam: ["A", "--line-y", ""],
};
const STYLE = `
.dlx .or-lane { display: grid; grid-template-columns: 8.3rem minmax(3rem, 1fr) 4.6rem; gap: 0.5rem; align-items: center; margin-bottom: 0.25rem; }
.dlx .or-lane label { display: flex; gap: 0.35rem; align-items: center; margin: 0; min-height: 2rem; cursor: pointer; }
.dlx .or-badge { flex: none; display: inline-grid; place-items: center; width: 1.45em; height: 1.45em; border-radius: 50%; background: var(--tone); color: var(--bg); font-size: 0.8em; font-weight: 700; }
.dlx .or-map svg { cursor: crosshair; }
.dlx .or-tick { paint-order: stroke; stroke: var(--well); stroke-width: 3px; stroke-opacity: 0.8; fill: var(--ink) !important; }
.dlx .dlx-plot text.or-letter { fill: var(--bg); font-size: 11px; font-weight: 700; }
.dlx.dlx .or-terms th { text-align: left; white-space: normal; }
.dlx.dlx .or-terms :is(td, th:not(:first-child)) { text-align: right; min-width: 5.6em; }
.dlx .or-terms tr:last-child { font-weight: 600; }
@media (max-width: 480px) { .dlx.dlx .or-far :is(td, th) { padding-inline: 0.12rem; } }
.dlx .or-watch { min-height: 2.9em; }
`;

// A number with so many significant digits.
function num(value, digits = 5) {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e5);
  const shown = plain
    ? String(Number(value.toPrecision(digits)))
    : value.toExponential(digits - 2).replace(/\.?0+e/, "e");
  return shown.replace("e+", "e").replace(/^-/, "−");
}
function put(node, value, digits) {
  node.textContent = num(value, digits);
  node.dataset.value = value;
  return node;
}

export function explore(props) {
  let surface, racing, lr, momentum, start, step, chosen, timer;
  let runs = {};
  const fresh = () => {
    ({ surface, momentum, start, step, chosen } = props);
    racing = new Set(props.racing);
    lr = { ...props.lr };
  };
  fresh();

  // The whole race of one optimizer: its places, f there, and the terms of each update.
  function race(name) {
    const { f, gradient } = SURFACES[surface];
    const { state, update } = RULES[name];
    let memory = Object.fromEntries(state.map((key) => [key, [0, 0]]));
    const path = [];
    let place = start;
    while (path.length <= LAST) {
      const g = gradient(...place);
      const height = f(...place);
      if (![...place, ...g, height].every(Number.isFinite)) return { path, overflow: true };
      const terms = update({ g, lr: lr[name], mu: momentum, t: path.length + 1, ...memory });
      path.push({ place, height, g, before: memory, terms });
      memory = Object.fromEntries(
        state.map((key) => [key, terms.find(([symbol]) => symbol === key)[2]]),
      );
      place = each((a, b) => a - b, place, terms.at(-1)[2]);
    }
    return { path, overflow: false };
  }
  const now = ({ path }) => path[Math.min(step, path.length - 1)];
  const lost = ({ path }) => step >= path.length;
  // The first update after which f is below NEAR, and stays there until now.
  function arrival(run) {
    if (lost(run)) return undefined;
    let k = step + 1;
    while (k > 0 && run.path[k - 1].height < NEAR) k--;
    return k > step ? undefined : k;
  }

  const [WIDE, HIGH] = [400, 250];
  const holder = el("div", { class: "or-map" });
  const bands = svg("image", { width: WIDE, height: HIGH, preserveAspectRatio: "none" });
  const line = (colour, more) =>
    svg("path", {
      fill: "none",
      stroke: `var(${colour})`,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
      ...more,
    });
  const trails = Object.fromEntries(
    NAMES.map((name) => {
      const [letter, colour, dashes] = LOOKS[name];
      const trail = line(colour, {
        "data-path": name,
        "stroke-width": 2,
        "stroke-dasharray": dashes || undefined,
      });
      const dots = line(colour, { "stroke-width": 5 });
      const mark = svg(
        "g",
        { "data-mark": name },
        svg("circle", { r: 8, fill: `var(${colour})`, stroke: "var(--bg)", "stroke-width": 1.5 }),
        svg("text", { class: "or-letter", y: 4, "text-anchor": "middle" }, letter),
      );
      return [name, { trail, dots, mark }];
    }),
  );
  const coming = line("--ink", { "stroke-width": 2, "stroke-dasharray": "1 5" });
  const ring = handle("Move the start", [
    svg("circle", { r: 11, fill: "none", stroke: "var(--ink)", "stroke-width": 2.5 }),
  ], () => {});
  let picture;

  // The map of a surface: a picture of bands, with a line where one meets the next.
  function chartMap() {
    const { xs, ys, f } = SURFACES[surface];
    picture = plot(xs, ys, WIDE, HIGH, "Map of the surface with the paths");
    const { x: X, y: Y, at, node } = picture;
    const [w, h] = [1.5 * WIDE, 1.5 * HIGH];
    const heights = new Float64Array(w * h);
    for (let k = 0; k < w * h; k++) {
      const [i, j] = [k % w, Math.floor(k / w)];
      heights[k] = f(
        xs[0] + ((xs[1] - xs[0]) * (i + 0.5)) / w,
        ys[1] - ((ys[1] - ys[0]) * (j + 0.5)) / h,
      );
    }
    const high = heights.reduce((a, b) => Math.max(a, b));
    const band = heights.map((height) => Math.floor(14 * (height / high) ** 0.4));
    const canvas = el("canvas", { width: w, height: h });
    const paint = canvas.getContext("2d");
    const pixels = paint.createImageData(w, h);
    // Four bytes a pixel, from the last: opacity, blue, green, red.
    const colours = new Uint32Array(pixels.data.buffer);
    const rgb = (red, green, blue) => (blue << 16) | (green << 8) | red;
    for (let k = 0; k < w * h; k++) {
      const edge = (k % w && band[k] !== band[k - 1]) || (k >= w && band[k] !== band[k - w]);
      colours[k] = edge
        ? (170 << 24) | rgb(125, 135, 145)
        : ((9 * band[k]) << 24) | rgb(45, 125, 190);
    }
    paint.putImageData(pixels, 0, 0);
    set(bands, { href: canvas.toDataURL() });
    const ticks = (range) =>
      [-6, -4, -2, -1, 1, 2, 4, 6].filter((t) =>
        t > range[0] * 0.95 && t < range[1] * 0.95 && (range[1] < 4 || t % 2 === 0)
      );
    node.append(
      bands,
      svg("path", { class: "dlx-axis", d: `M0 ${Y(0)}H${WIDE}M${X(0)} 0V${HIGH}` }),
      ...ticks(xs).map((t) =>
        svg(
          "text",
          { class: "or-tick", x: X(t), y: Y(0) + 15, "text-anchor": "middle" },
          text(t, 0),
        )
      ),
      ...ticks(ys).map((t) =>
        svg("text", { class: "or-tick", x: X(0) + 5, y: Y(t) + 5 }, text(t, 0))
      ),
      svg("text", { class: "or-tick", x: WIDE - 14, y: Y(0) - 6 }, "x"),
      svg("text", { class: "or-tick", x: X(0) - 14, y: 14 }, "y"),
      ...NAMES.flatMap((name) => [trails[name].trail, trails[name].dots]),
      coming,
      ...NAMES.map((name) => trails[name].mark),
      ring,
    );
    node.addEventListener("click", (event) => {
      if (!ring.contains(event.target)) begin(at(event));
    });
    holder.replaceChildren(node);
    places.forEach(({ node: row }, k) => {
      for (const input of row.querySelectorAll("input")) {
        set(input, { min: [xs, ys][k][0], max: [xs, ys][k][1] });
      }
    });
  }
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
    begin(each((a, b) => a + b / 10, start, moves[event.key]));
  });
  drag(ring, (event) => {
    const off = each((a, b) => a - b, start, picture.at(event));
    return (e) => begin(each((a, b) => a + b, picture.at(e), off));
  });

  function begin(place) {
    const { xs, ys } = SURFACES[surface];
    start = each((v, range) => round2(clamp(v, ...range)), place, [xs, ys]);
    rerun();
  }
  function go(to) {
    step = clamp(to, 0, LAST);
    draw();
  }
  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  // Where the reader wants no motion, the race is shown at its end at once.
  function toggle() {
    if (timer) return stop();
    if (step === LAST) step = 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(LAST);
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (!play.isConnected) return stop();
      go(step + 1);
      if (step === LAST) stop();
    }, 60);
  }

  function take(value) {
    surface = value;
    start = props.surfaces[surface].start;
    lr = { ...props.surfaces[surface].lr };
    step = 0;
    chartMap();
    rerun();
  }
  const surfaces = choice(
    "Surface",
    Object.keys(SURFACES).map((one) => [one, one]),
    surface,
    take,
  );
  const lanes = NAMES.map((name) => {
    const box = el("input", {
      type: "checkbox",
      "aria-label": `${name} races`,
      onchange() {
        if (box.checked) racing.add(name);
        else racing.delete(name);
        draw();
      },
    });
    const rate = (value) => {
      lr[name] = clamp(value, SLOWEST, FASTEST);
      rerun();
    };
    const range = el("input", {
      type: "range",
      min: -3,
      max: 1,
      step: 0.01,
      style: `--accent: var(${LOOKS[name][1]})`,
      "aria-label": `lr of ${name}`,
      oninput: () => rate(Number((10 ** range.valueAsNumber).toPrecision(2))),
    });
    const typed = el("input", {
      type: "number",
      step: "any",
      "aria-label": `lr of ${name}, typed`,
      oninput: () => typed.valueAsNumber > 0 && rate(typed.valueAsNumber),
      onblur: () => (typed.value = lr[name]),
    });
    const badge = el("span", {
      class: "or-badge",
      style: `--tone: var(${LOOKS[name][1]})`,
      "aria-hidden": "true",
    }, LOOKS[name][0]);
    const node = el(
      "div",
      { class: "or-lane" },
      el("label", {}, box, badge, el("span", { "aria-hidden": "true" }, name)),
      range,
      typed,
    );
    const write = () => {
      box.checked = racing.has(name);
      range.value = Math.log10(lr[name]);
      set(range, { "aria-valuetext": num(lr[name]) });
      if (typed !== document.activeElement) typed.value = lr[name];
    };
    return { node, write };
  });
  const speed = slider("μ", "momentum", 0, 0.99, (value) => {
    momentum = value;
    rerun();
  }, " of Momentum and Nesterov");
  const places = ["x", "y"].map((label, i) =>
    slider(
      label,
      label,
      -8,
      8,
      (value) => begin(start.map((v, k) => (k === i ? value : v))),
      " at the start",
    )
  );
  const inside = choice(
    "The next update of",
    NAMES.map((name) => [name, name]),
    chosen,
    (value) => {
      chosen = value;
      draw();
    },
  );
  const scrub = el("input", {
    type: "range",
    min: 0,
    max: LAST,
    step: 1,
    "aria-label": "Step",
    oninput: () => {
      stop();
      go(scrub.valueAsNumber);
    },
  });
  const count = el("b", { class: "dlx-numbers", "data-num": "step" });
  const press = (label, to) =>
    button(label, () => {
      stop();
      go(to());
    });
  const [back, forward, rewind] = [
    press("Back", () => step - 1),
    press("Step", () => step + 1),
    press("Rewind", () => 0),
  ];
  const play = button("Play", toggle);
  const reset = button("Reset", () => {
    stop();
    fresh();
    surfaces.write(surface);
    inside.write(chosen);
    chartMap();
    rerun();
  });

  const formulas = el("p", { class: "dlx-soft" });
  const watch = el("p", { class: "or-watch" });
  const standings = el("tbody");
  const caption = el("caption");
  const terms = el("tbody");
  const code = el("pre");
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    const order = [...standings.children].map((row) =>
      `${row.firstChild.textContent}: f = ${row.children[3].textContent}`
    );
    if (live.isConnected) live.textContent = `${surface}, step ${step}. ${order.join("; ")}.`;
  });

  function rerun() {
    runs = Object.fromEntries(NAMES.map((name) => [name, race(name)]));
    draw();
  }

  function draw() {
    const { xs, ys, words, watch: hint } = SURFACES[surface];
    const { x: X, y: Y } = picture;
    const near = ([u, v]) => Math.abs(u) < 1e4 && Math.abs(v) < 1e4;
    const on = ([u, v]) => u >= xs[0] && u <= xs[1] && v >= ys[0] && v <= ys[1];
    formulas.textContent = `f = ${words[0]}; ∂f/∂x = ${words[1]}, ∂f/∂y = ${words[2]}`;
    watch.textContent = hint;
    for (const name of NAMES) {
      const { trail, dots, mark } = trails[name];
      const places = runs[name].path.slice(0, step + 1).map((one) => one.place);
      const far = places.findIndex((place) => !near(place));
      const points = (far < 0 ? places : places.slice(0, far)).map(([u, v]) => `${X(u)} ${Y(v)}`);
      for (const node of [trail, dots, mark]) node.toggleAttribute("hidden", !racing.has(name));
      set(trail, { d: `M${points.join("L")}` });
      set(dots, { d: points.map((point) => `M${point}h0`).join("") });
      const { place } = now(runs[name]);
      if (!on(place)) mark.toggleAttribute("hidden", true);
      else set(mark, { transform: `translate(${X(place[0])} ${Y(place[1])})` });
    }
    set(ring, {
      transform: `translate(${X(start[0])} ${Y(start[1])})`,
      "aria-valuemin": xs[0],
      "aria-valuemax": xs[1],
      "aria-valuenow": start[0],
      "aria-valuetext": `x = ${text(start[0])}, y = ${text(start[1])}`,
    });

    standings.replaceChildren(
      ...NAMES.filter((name) => racing.has(name)).map((name) => {
        const run = runs[name];
        const { place, height } = now(run);
        const since = arrival(run);
        const cells = [...place, height].map((value, k) =>
          put(el("td", { "data-col": ["x", "y", "f"][k] }), value, 3)
        );
        const last = el(
          "td",
          { "data-col": "since" },
          lost(run) ? "overflow" : since === undefined ? "not yet" : `step ${since}`,
        );
        if (lost(run)) last.className = "dlx-bad";
        if (since !== undefined) last.className = "dlx-good";
        return el("tr", { "data-row": name }, el("th", { scope: "row" }, name), ...cells, last);
      }),
    );
    look();
    lanes.forEach(({ write }) => write());
    speed.write(momentum);
    places.forEach(({ write }, i) => write(start[i]));
    scrub.value = step;
    put(count, step);
    back.disabled = rewind.disabled = step === 0;
    forward.disabled = step === LAST;
    if (!timer) rest();
  }

  // The terms of the chosen optimizer's next update, and the run so far in Python.
  function look() {
    const run = runs[chosen];
    const { place, g, before, terms: made } = now(run);
    const k = Math.min(step, run.path.length - 1);
    const after = each((a, b) => a - b, place, made.at(-1)[2]);
    const rows = [
      ["x, y", "now", place],
      ["g", "= gradient there", g],
      ...Object.entries(before).map(([key, value]) => [`${key} so far`, "", value]),
      ...made.map((
        [symbol, rule, value],
      ) => [symbol, `${symbol in before ? "←" : "="} ${rule}`, value]),
      ["new x, y", "= x, y − step", after],
    ];
    caption.textContent = `Update t = ${k + 1} of ${chosen}, with lr = ${num(lr[chosen])}`;
    terms.replaceChildren(
      ...rows.map(([symbol, rule, values]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, symbol, " ", el("span", { class: "dlx-soft" }, rule)),
          ...values.map((value, i) =>
            put(el("td", { "data-term": `${symbol} ${"xy"[i]}` }), value)
          ),
        )
      ),
    );
    const seen = racing.has(chosen) && after.every((v) => Math.abs(v) < 1e4);
    const points = [place, after].map(([u, v]) => `${picture.x(u)} ${picture.y(v)}`);
    set(coming, { d: seen ? `M${points.join("L")}` : "" });
    const decimal = (v) => (Number.isInteger(v) ? `${v}.0` : v);
    const mu = chosen === "Momentum" || chosen === "Nesterov" ? `, momentum=${momentum}` : "";
    code.textContent = `p = Parameter(np.array([${start.map(decimal).join(", ")}]))\n` +
      `optimizer = optimizers.${chosen}([p], lr=${lr[chosen]}${mu})\n` +
      `for _ in range(${k}):\n    x, y = p.value\n    p.grad = np.array(${
        SURFACES[surface].code
      })\n    optimizer.step()`;
  }

  const scroll = (label, style, ...children) =>
    el(
      "div",
      { class: "dlx-scroll", tabindex: 0, role: "region", "aria-label": label, style },
      el("table", {}, ...children),
    );
  const head = (...names) =>
    el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name))));
  const updates = scroll(
    "The next update, term by term",
    "flex: 1 1 20rem",
    caption,
    head("term", "x", "y"),
    terms,
  );
  const far = scroll(
    "How far each one is",
    "",
    el("caption", {}, `After this step. Arrived: f stays below ${NEAR}; at the minimum it is 0.`),
    head("optimizer", "x", "y", "f", "arrived"),
    standings,
  );
  updates.classList.add("or-terms");
  far.classList.add("or-far");
  chartMap();
  rerun();
  return el(
    "div",
    {},
    el("style", {}, STYLE),
    el(
      "p",
      {},
      "Tick who races and set each learning rate lr. Drag the ring, or click the map, to move the start. Then step, or play.",
    ),
    el("div", { class: "dlx-row" }, surfaces.node, reset),
    formulas,
    watch,
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {},
        holder,
        el(
          "p",
          { class: "dlx-soft dlx-legend" },
          "Ring: the start. Dotted line: the next update of the optimizer chosen below.",
        ),
        el(
          "div",
          { class: "dlx-slider", style: "grid-template-columns: auto minmax(3rem, 1fr)" },
          el("span", {}, "Step ", count),
          scrub,
        ),
        el(
          "div",
          { class: "dlx-row dlx-apart", style: "gap: 0.3rem" },
          back,
          forward,
          play,
          rewind,
        ),
        ...places.map(({ node }) => node),
      ),
      el(
        "div",
        {},
        el(
          "fieldset",
          {},
          el("legend", {}, "Who races, and its learning rate lr"),
          ...lanes.map(({ node }) => node),
        ),
        speed.node,
        far,
      ),
    ),
    inside.node,
    el("div", { class: "dlx-columns" }, updates, el("div", { style: "flex-basis: 20rem" }, code)),
    live,
  );
}
