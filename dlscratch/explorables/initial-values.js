// Layers without biases: a = h @ W with W = std·Z, then h = f(a). The gradient goes back
// through them: da = dh·f'(a), then dh = da @ Wᵀ; at the last layer, dh is random.

const { button, clamp, el, figure, head, num, range, row, scroll, set } = globalThis.explorables;
const { show, svg, uniform } = globalThis.explorables;

// An odd number: 0 lies inside the middle bin of a range such as −1 to 1.
const BINS = 31;
// A bar at full height holds this part of the values, or more.
const FULL = 0.2;
// slope: f' from f's value. ends: what the histogram shows; beyond, the last bin counts.
// idle: whether a unit hardly passes a gradient on.
const ACTIVATIONS = {
  sigmoid: {
    f: (a) => 1 / (1 + Math.exp(-a)),
    slope: (h) => h * (1 - h),
    ends: [0, 1],
    idle: (h) => h < 0.05 || h > 0.95,
    word: "saturated",
    rule: "h below 0.05 or above 0.95: the slope is below 0.05",
  },
  tanh: {
    f: Math.tanh,
    slope: (h) => 1 - h * h,
    ends: [-1, 1],
    idle: (h) => Math.abs(h) > 0.95,
    word: "saturated",
    rule: "|h| above 0.95: the slope is below 0.1",
  },
  relu: {
    f: (a) => Math.max(a, 0),
    slope: (h) => (h > 0 ? 1 : 0),
    ends: [0, 3],
    idle: (h) => h === 0,
    word: "zero",
    rule: "h is 0, and so is the slope",
  },
};
const GRADIENTS = [-1, 1];
const STYLE = `
.dlx .iv-bars { display: block; width: 100%; min-width: 5rem; height: 2.6rem; border-bottom: 1px solid var(--control); background: var(--well); }
.dlx .iv-table table { width: 100%; }
.dlx.dlx .iv-table td { padding: 0.12rem 0.3rem; }
.dlx.dlx .iv-table :is(td, th):nth-child(n + 3) { text-align: right; }
.dlx.dlx .iv-table :is(td, th):nth-child(2) { width: 60%; text-align: center; }
`;

// Box and Muller: from two uniform numbers to two normal ones, row by row.
function normal(next, size) {
  const z = new Float64Array(size);
  for (let k = 0; k < size; k += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    z[k] = r * Math.cos(angle);
    z[k + 1] = r * Math.sin(angle);
  }
  return z;
}

// std · (x @ Mᵀ): each entry is a row of x times a row of M. Four at a time are faster.
function times(x, M, std) {
  const units = Math.sqrt(M.length);
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += units) {
    for (let j = 0; j < units; j += 4) {
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let k = 0, m = j * units; k < units; k++, m++) {
        p += x[i + k] * M[m];
        q += x[i + k] * M[m + units];
        r += x[i + k] * M[m + 2 * units];
        s += x[i + k] * M[m + 3 * units];
      }
      y.set([std * p, std * q, std * r, std * s], i + j);
    }
  }
  return y;
}
function transpose(Z) {
  const n = Math.sqrt(Z.length);
  return Z.map((_, at) => Z[(at % n) * n + Math.floor(at / n)]);
}

function average(values, f) {
  let sum = 0;
  for (const v of values) sum += f(v);
  return sum / values.length;
}
function deviation(values) {
  const mean = average(values, (v) => v);
  return Math.sqrt(average(values, (v) => (v - mean) ** 2));
}
function histogram(values, [low, high]) {
  const bins = new Float64Array(BINS);
  for (const v of values) bins[clamp(Math.floor(((v - low) / (high - low)) * BINS), 0, BINS - 1)]++;
  return bins.map((count) => count / values.length);
}

const short = (value) => num(value, 3, { most: 1e4, decimals: 1 });

// A table with a row for each layer: its histogram, and numbers in columns.
function rows(most, kind, colour, columns) {
  return range(most).map((k) => {
    const bars = svg("path", { fill: `var(${colour})` });
    const picture = svg(
      "svg.iv-bars",
      { viewBox: `0 0 ${BINS * 4} 40`, preserveAspectRatio: "none", "aria-hidden": "true" },
      bars,
    );
    const cells = columns.map((name) => el("td", { [`data-${kind}`]: name }));
    const node = row(`${k + 1}`, [el("td", picture), cells]);
    // Shows the values between these ends; returns their standard deviation.
    const write = (values, ends) => {
      const bins = [...histogram(values, ends)];
      picture.dataset.bins = bins.join(" ");
      const bar = (b, i) => `M${4 * i} 40v${-40 * Math.min(b / FULL, 1)}h3.6V40Z`;
      set(bars, { d: bins.map(bar).join("") });
      const value = deviation(values);
      show(cells[0], value, short(value));
      return value;
    };
    return { node, part: cells[1], write };
  });
}

export function explore({ seed, sizes: { inputs, units }, scales, limits, ...start }) {
  const { state, update, choice, slider, reset, page } = figure(start, draw, say);
  const most = limits.layers[1];
  // Drawn once, in this order, so that a change of depth keeps the first layers.
  const next = uniform(seed);
  const x = normal(next, inputs * units);
  const top = normal(next, inputs * units);
  const Z = range(most).map(() => normal(next, units * units));
  const ZT = Z.map(transpose);

  function propagate({ activation, std, layers }) {
    const { f, slope } = ACTIVATIONS[activation];
    const hs = [];
    for (let k = 0; k < layers; k++) hs.push(times(hs[k - 1] ?? x, ZT[k], std).map(f));
    const das = [];
    let dh = top;
    for (let k = layers - 1; k >= 0; k--) {
      das.unshift(dh.map((d, i) => d * slope(hs[k][i])));
      if (k > 0) dh = times(das[0], Z[k], std);
    }
    return { hs, das };
  }

  const presets = [
    ["0", 0],
    ["0.01", 0.01],
    [`Xavier: 1/√${units}`, scales.xavier],
    [`He: √(2/${units})`, scales.he],
    ["1", 1],
  ];
  const buttons = presets.map(([label, std]) =>
    button(label, () => update({ std }), { "aria-label": `std = ${label}` })
  );
  const forwards = rows(most, "h", "--one", ["std", "idle"]);
  const backwards = rows(most, "da", "--line-1", ["std"]);
  const [title, word] = [el("caption"), el("span")];
  const rule = el("p.dlx-soft");
  const summary = el("p.dlx-numbers");

  function draw() {
    const { activation, std, layers } = state;
    const { ends, idle, word: name, rule: why } = ACTIVATIONS[activation];
    const { hs, das } = propagate(state);
    const spreads = hs.map((h, k) => {
      const part = average(h, (v) => (idle(v) ? 1 : 0));
      show(forwards[k].part, part, `${(100 * part).toFixed(0)} %`);
      return forwards[k].write(h, ends);
    });
    const sizes = das.map((da, k) => backwards[k].write(da, GRADIENTS));
    for (const all of [forwards, backwards]) {
      all.forEach(({ node }, k) => node.hidden = k >= layers);
    }
    const beyond = activation === "relu" ? " and beyond" : "";
    title.textContent = `Activations h, from ${ends[0]} to ${ends[1]}${beyond}`.replace("-", "−");
    word.textContent = name;
    rule.textContent = `A bar at full height holds ${
      100 * FULL
    } % of the values or more. The bars at the ends hold what lies beyond, too. Layer: a = h W, then h = f(a). L stands for a loss whose ∂L/∂h at the last layer is random, with std 1. ${
      name[0].toUpperCase()
    }${name.slice(1)}: ${why}.`;
    summary.textContent =
      `Activations: std ${short(spreads[0])} in layer 1, ${
        short(spreads.at(-1))
      } in layer ${layers}. ` +
      `Gradients: std ${short(sizes.at(-1))} at layer ${layers}, ${
        short(sizes[0])
      } back at layer 1.`;
    buttons.forEach((one, k) => set(one, { "aria-pressed": `${std === presets[k][1]}` }));
  }

  function say() {
    const { activation, std, layers } = state;
    return `${activation}, std = ${short(std)}, ${layers} layers. ${summary.textContent}`;
  }

  const table = (label, ...parts) => scroll(label, el("table", parts), { class: "iv-table" });
  const body = (all) => el("tbody", all);
  return page(
    { style: "--label: 2.9rem" },
    el("style", STYLE),
    el(
      "p",
      `${inputs} random inputs run through layers of ${units} units. Change the standard deviation of the weights until the activations of every layer stay spread out, away from the ends, and the gradients keep their size on the way back to layer 1.`,
    ),
    el(
      "div.dlx-row",
      choice("Activation", "activation", ["sigmoid", "tanh", ["relu", "ReLU"]]),
      reset,
    ),
    el(
      "div.dlx-columns",
      el(
        "div",
        slider("std", "std", ...limits.std, {
          says: "std of the weights",
          log: [-3, 1],
          step: 0.02,
          shown: (std) => Number(std.toPrecision(4)),
        }),
        el("div.dlx-row.dlx-apart.dlx-tight", buttons),
      ),
      el("div", slider("layers", "layers", ...limits.layers, { decimals: 0 })),
    ),
    summary,
    el(
      "div.dlx-columns",
      table(
        "Activations, layer by layer",
        title,
        head("layer", "histogram", "std", word),
        body(forwards),
      ),
      table(
        "Gradients, layer by layer",
        el("caption", "Gradients ∂L/∂a, from −1 to 1 and beyond"),
        head("layer", "histogram", "std"),
        body(backwards),
      ),
    ),
    rule,
  );
}
