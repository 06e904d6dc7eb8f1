// Six optimizers on one map; the update rules are those of dlscratch.optimizers.

const { button, cell, clamp, el, figure, fill, head, label } = globalThis.explorables;
const { landscape, legend, more, num, number, player, round2, row } = globalThis.explorables;
const { scroll, set, show, svg } = globalThis.explorables;

const NEAR = 0.01;
// So many bands, and closer near the minimum: see landscape.js.
const BANDS = [14, 0.4];
// words and code: f and its gradient as text, the gradient in Python.
const SURFACES = {
  ravine: {
    f: ([x, y]) => (x * x) / 20 + y * y,
    gradient: ([x, y]) => [x / 10, 2 * y],
    words: ["x²/20 + y²", "x/10", "2y"],
    code: "[x / 10, 2 * y]",
    watch:
      "Across the ravine the slope is steep, along it gentle. Who zigzags, who overshoots, who goes straight?",
  },
  "tilted ravine": {
    f: ([x, y]) => (x + y) ** 2 / 40 + (x - y) ** 2 / 2,
    gradient: ([x, y]) => [(x + y) / 20 + (x - y), (x + y) / 20 - (x - y)],
    words: ["(x + y)²/40 + (x − y)²/2", "(x + y)/20 + (x − y)", "(x + y)/20 − (x − y)"],
    code: "[(x + y) / 20 + (x - y), (x + y) / 20 - (x - y)]",
    watch:
      "The same ravine, turned by 45°, with the same learning rates. Whose rule has one scale for x and one for y, and does that still help?",
  },
  "curved valley": {
    f: ([x, y]) => (x - 1) ** 2 / 20 + (y - x * x) ** 2,
    gradient: ([x, y]) => [(x - 1) / 10 - 4 * x * (y - x * x), 2 * (y - x * x)],
    words: ["(x − 1)²/20 + (y − x²)²", "(x − 1)/10 − 4x(y − x²)", "2(y − x²)"],
    code: "[(x - 1) / 10 - 4 * x * (y - x**2), 2 * (y - x**2)]",
    watch:
      "The floor of the valley bends and hardly falls; the minimum is at (1, 1). Who is quickly down, and who also gets along?",
  },
  saddle: {
    f: ([x, y]) => (x * x) / 2 + (y * y - 1) ** 2 / 20,
    gradient: ([x, y]) => [x, (y * y * y - y) / 5],
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
// A letter, a colour and perhaps dashes for each, so that none is told by colour alone.
const LOOKS = {
  SGD: ["S", "--ink"],
  Momentum: ["M", "--line-1"],
  Nesterov: ["N", "--line-1", "2 4"],
  AdaGrad: ["G", "--one"],
  RMSprop: ["R", "--one", "2 4"],
  Adam: ["A", "--line-y"],
};
const STYLE = `
.dlx .or-lane { display: grid; grid-template-columns: 8.3rem minmax(3rem, 1fr) 4.6rem; gap: 0.5rem; align-items: center; margin-bottom: 0.25rem; }
.dlx .or-lane label { display: flex; gap: 0.35rem; align-items: center; margin: 0; min-height: 2rem; cursor: pointer; }
.dlx .or-badge { flex: none; display: inline-grid; place-items: center; width: 1.45em; height: 1.45em; border-radius: 50%; background: var(--tone); color: var(--bg); font-size: 0.8em; font-weight: 700; }
.dlx .dlx-plot text.or-letter { fill: var(--bg); font-size: 11px; font-weight: 700; }
.dlx.dlx .or-terms th { text-align: left; white-space: normal; }
.dlx.dlx .or-terms :is(td, th:not(:first-child)) { text-align: right; min-width: 5.6em; }
.dlx .or-terms tr:last-child { font-weight: 600; }
/* Columns as wide as their longest numbers, so that none moves or is cut in a race. */
.dlx .or-far table { width: 100%; table-layout: fixed; font-size: 0.82rem; }
.dlx.dlx .or-far :is(td, th) { padding: 0.1rem; }
.dlx.dlx .or-far th:first-child { width: 26%; }
.dlx.dlx .or-far th:last-child { width: 21%; }
.dlx .or-lane { margin-bottom: 0.1rem; }
.dlx .or-step { flex: 1 1 9rem; margin: 0; grid-template-columns: 4.2rem minmax(3rem, 1fr); }
.dlx .or-watch { font-size: 1.05em; font-weight: 600; }
`;

// The updates of one optimizer, up to the next one or to an overflow: the place before
// each, f and the gradient there, what the optimizer remembers, and the terms.
function race({ surface, lr, momentum, start, step }, name) {
  const { f, gradient } = SURFACES[surface];
  const { state, update } = RULES[name];
  let memory = Object.fromEntries(state.map((key) => [key, [0, 0]]));
  const path = [];
  let place = start;
  while (path.length <= step) {
    const [height, g] = [f(place), gradient(place)];
    if (![...place, ...g, height].every(Number.isFinite)) return path;
    const terms = update({ g, lr: lr[name], mu: momentum, t: path.length + 1, ...memory });
    path.push({ place, height, g, before: memory, terms });
    memory = Object.fromEntries(
      state.map((key) => [key, terms.find(([symbol]) => symbol === key)[2]]),
    );
    place = each((a, b) => a - b, place, terms.at(-1)[2]);
  }
  return path;
}
// The update from which on f stays below NEAR until now, in words and their look.
function arrival(path, step) {
  if (step >= path.length) return ["overflow", "dlx-bad"];
  let k = step + 1;
  while (k > 0 && path[k - 1].height < NEAR) k--;
  return k > step ? ["not yet", ""] : [`step ${k}`, "dlx-good"];
}

// At most seven signs, which fit a column of the table: "−1.2e−10".
const tight = (value) => num(value, 3, { most: 1e4, decimals: 1 });
const short = (value, digits = 5) => num(value, digits, { decimals: digits - 2 });

export function explore({ surfaces, limits, ...first }) {
  const { state, update, slider, choice, reset, page } = figure(first, draw, say);
  const last = limits.step[1];
  const racing = (name) => state.racing.includes(name);

  function move(place) {
    const { xs, ys } = surfaces[state.surface];
    update({ start: each((u, [low, high]) => round2(clamp(u, low, high)), place, [xs, ys]) });
  }
  const words = "Map of the surface with the paths";
  const map = landscape(250, ["x", "y"], words, () => state.start, move);
  const racers = NAMES.map((name) => {
    const [letter, colour, dashes] = LOOKS[name];
    const tone = `var(${colour})`;
    const trail = map.path(colour, { "data-path": name }, { "stroke-dasharray": dashes });
    const put = map.mark(
      { "data-mark": name },
      svg("circle", { r: 8, fill: tone, stroke: "var(--bg)", "stroke-width": 1.5 }),
      label(0, 4, letter, "middle", { class: "or-letter" }),
    );
    const box = el("input", {
      type: "checkbox",
      "aria-label": `${name} races`,
      onchange: () =>
        update({ racing: NAMES.filter((one) => one === name ? box.checked : racing(one)) }),
    });
    const rate = {
      get: () => state.lr[name],
      set: (value) => update({ lr: { ...state.lr, [name]: value } }),
    };
    const { inputs } = slider(`lr of ${name}`, rate, ...limits.lr, { log: [-3, 1], digits: 2 });
    set(inputs[0], { style: `--accent: ${tone}` });
    const badge = el("span.or-badge", { style: `--tone: ${tone}`, "aria-hidden": "true" }, letter);
    const node = el(
      "div.or-lane",
      el("label", box, badge, el("span", { "aria-hidden": "true" }, name)),
      inputs,
    );
    return { name, trail, put, box, node };
  });
  const surface = {
    get: () => state.surface,
    set(value) {
      const { start, lr } = surfaces[value];
      update({ surface: value, start, lr, step: 0 });
    },
  };
  // Their limits are the edges of the map: draw sets them.
  const places = ["x", "y"].map((name, i) => {
    const key = { get: () => state.start[i], set: (u) => move(state.start.with(i, u)) };
    return slider(name, key, -Infinity, Infinity, { says: `${name} at the start` });
  });

  const go = (step) => update({ step: clamp(step, 0, last) });
  const play = player(60, {
    begin: () => state.step === last && go(0),
    next: () => go(state.step + 1),
    ended: () => state.step === last,
    finish: () => go(last),
  });
  const jump = (step) => {
    play.stop();
    go(step);
  };
  set(reset, { onclick: play.stop });
  const step = { get: () => state.step, set: jump };
  const [scrub] = slider("Step", step, 0, last, { decimals: 0 }).inputs;
  const back = button("Back", () => jump(state.step - 1));
  const forward = button("Step", () => jump(state.step + 1));
  const rewind = button("Rewind", () => jump(0));

  const [formulas, watch] = [el("p.dlx-soft"), el("p.or-watch")];
  const count = number("step");
  const standings = el("tbody");
  const [caption, terms, code] = [el("caption"), el("tbody"), el("pre")];

  function draw() {
    const { surface, step } = state;
    const { f, words, watch: hint } = SURFACES[surface];
    const edges = [surfaces[surface].xs, surfaces[surface].ys];
    map.show(f, ...edges, BANDS);
    formulas.textContent = `f = ${words[0]}; ∂f/∂x = ${words[1]}, ∂f/∂y = ${words[2]}`;
    watch.textContent = hint;
    const rows = racers.map(({ name, trail, put, box }) => {
      const path = race(state, name);
      const { place, height } = path.at(-1);
      box.checked = racing(name);
      set(trail.node, { hidden: racing(name) ? false : "" });
      trail.draw(path.map((one) => one.place));
      put(place, racing(name));
      if (!racing(name)) return false;
      const values = Object.entries({ x: place[0], y: place[1], f: height });
      const cells = values.map(([column, value]) => cell(column, value, tight(value)));
      const [since, look] = arrival(path, step);
      cells.push(el("td", { "data-col": "since", class: look }, since));
      return row(name, cells, { "data-row": name });
    });
    fill(standings, rows);
    drawUpdate();
    places.forEach(({ inputs }, i) => {
      for (const input of inputs) set(input, { min: edges[i][0], max: edges[i][1] });
    });
    show(count, step, 0);
    back.disabled = rewind.disabled = step === 0;
    forward.disabled = step === last;
  }

  // The terms of the chosen optimizer's next update, and the run so far in Python.
  function drawUpdate() {
    const { surface, start, lr, momentum, chosen } = state;
    const path = race(state, chosen);
    const { place, g, before, terms: made } = path.at(-1);
    const after = each((a, b) => a - b, place, made.at(-1)[2]);
    const rows = [
      ["x, y", "now", place],
      ["g", "= gradient there", g],
      ...Object.entries(before).map(([symbol, values]) => [`${symbol} so far`, "", values]),
      ...made.map(([symbol, rule, values]) => [
        symbol,
        `${symbol in before ? "←" : "="} ${rule}`,
        values,
      ]),
      ["new x, y", "= x, y − step", after],
    ];
    caption.textContent = `Update t = ${path.length} of ${chosen}, with lr = ${short(lr[chosen])}`;
    fill(
      terms,
      rows.map(([symbol, rule, values]) => {
        const cells = values.map((value, i) =>
          show(el("td", { "data-term": `${symbol} ${"xy"[i]}` }), value, short(value))
        );
        return row([symbol, " ", el("span.dlx-soft", rule)], cells);
      }),
    );
    map.dot(place, racing(chosen) ? after : [NaN, NaN]);
    const decimal = (v) => (Number.isInteger(v) ? `${v}.0` : v);
    const mu = chosen === "Momentum" || chosen === "Nesterov" ? `, momentum=${momentum}` : "";
    code.textContent = `p = Parameter(np.array([${start.map(decimal).join(", ")}]))\n` +
      `optimizer = optimizers.${chosen}([p], lr=${lr[chosen]}${mu})\n` +
      `for _ in range(${path.length - 1}):\n    x, y = p.value\n    p.grad = np.array(${
        SURFACES[surface].code
      })\n    optimizer.step()`;
  }

  function say() {
    const order = NAMES.filter(racing).map((name) =>
      `${name}: f = ${short(race(state, name).at(-1).height, 3)}`
    );
    return `${state.surface}, step ${state.step}. ${order.join("; ")}.`;
  }

  return page(
    el("style", STYLE),
    el("div.dlx-row", choice("Surface", surface, Object.keys(SURFACES)), reset, formulas),
    watch,
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        map,
        legend("Ring: the start; drag it, or click the map."),
        el(
          "div.dlx-row.dlx-tight",
          back,
          forward,
          play,
          rewind,
          el(
            "div.dlx-slider.or-step",
            el("span", "Step ", count),
            scrub,
          ),
        ),
      ),
      el(
        "div",
        el("fieldset", el("legend", "Who races, and its learning rate lr"), racers),
        scroll(
          "How far each one is",
          el(
            "table",
            el(
              "caption",
              `After this step. Arrived: f stays below ${NEAR}; at the minimum it is 0.`,
            ),
            head("optimizer", "x", "y", "f", "arrived"),
            standings,
          ),
          { class: "or-far" },
        ),
      ),
    ),
    more(
      "The start, the momentum, and the next update term by term",
      el(
        "div.dlx-columns",
        el(
          "div",
          places,
          slider("μ", "momentum", ...limits.momentum, { says: "μ of Momentum and Nesterov" }),
        ),
        choice("The next update of (the dotted line on the map)", "chosen", NAMES),
      ),
      el(
        "div.dlx-columns",
        scroll(
          "The next update, term by term",
          el("table", caption, head("term", "x", "y"), terms),
          { class: "or-terms", style: "flex: 1 1 20rem" },
        ),
        el("div", { style: "flex-basis: 20rem" }, code),
      ),
    ),
  );
}
