// Layers without biases: a = h @ W with W = std·Z, then h = f(a). The gradient goes back
// through them: da = dh·f'(a), then dh = da @ Wᵀ; at the last layer, dh is random.

const { button, el, figure, head, more, num, range, row, scroll, set } = globalThis.explorables;
const { activations, show, svg, uniform } = globalThis.explorables;

// An odd number: 0 lies inside the middle bin of a range such as −1 to 1.
const BINS = 31;
// A bar at full height holds this part of the values, or more.
const FULL = 0.2;
// ends: what the histogram shows; beyond, the last bin counts.
// awake: outside of these values a unit hardly passes a gradient on.
const ACTIVATIONS = {
  sigmoid: {
    ...activations.sigmoid,
    ends: [0, 1],
    awake: [0.05, 0.95],
    word: "saturated",
    rule: "h below 0.05 or above 0.95: the slope is below 0.05",
  },
  tanh: {
    ...activations.tanh,
    ends: [-1, 1],
    awake: [-0.95, 0.95],
    word: "saturated",
    rule: "|h| above 0.95: the slope is below 0.1",
  },
  relu: {
    ...activations.relu,
    ends: [0, 3],
    awake: [Number.MIN_VALUE, Infinity],
    word: "zero",
    rule: "h is 0, and so is the slope",
  },
};
const GRADIENTS = [-1, 1];
const STYLE = `
.dlx .iv-bars { display: block; width: 100%; min-width: 5rem; height: 2.2rem; border-bottom: 1px solid var(--control); background: var(--well); }
.dlx .iv-table table { width: 100%; }
.dlx.dlx .iv-table td { padding: 0.12rem 0.3rem; }
.dlx.dlx .iv-table :is(td, th):nth-child(n + 3) { text-align: right; }
.dlx.dlx .iv-table :is(td, th):nth-child(2) { width: 60%; text-align: center; }
.dlx .iv-controls { align-items: center; margin-top: 0; }
.dlx .iv-controls .dlx-slider { margin: 0; }
.dlx .iv-controls button { padding-inline: 0.45rem; }
@media (max-width: 480px) { .dlx .iv-bars { height: 1.5rem; } }
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

// std · (x @ M). Two rows of x and four columns of M at a time are fastest, with these
// columns beside each other: see pack.
function times(x, packed, std) {
  const n = Math.sqrt(packed.length);
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 2 * n) {
    for (let j = 0; j < n; j += 4) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let k = 0, m = j * n; k < n; k++, m += 4) {
        const u = x[i + k];
        const v = x[i + n + k];
        a += u * packed[m];
        b += u * packed[m + 1];
        c += u * packed[m + 2];
        d += u * packed[m + 3];
        e += v * packed[m];
        f += v * packed[m + 1];
        g += v * packed[m + 2];
        h += v * packed[m + 3];
      }
      const at = i + j;
      y[at] = std * a;
      y[at + 1] = std * b;
      y[at + 2] = std * c;
      y[at + 3] = std * d;
      y[at + n] = std * e;
      y[at + n + 1] = std * f;
      y[at + n + 2] = std * g;
      y[at + n + 3] = std * h;
    }
  }
  return y;
}
// Four columns of M after four columns, each four row by row; or of Mᵀ.
function pack(M, turned) {
  const n = Math.sqrt(M.length);
  return M.map((_, at) => {
    const [k, j] = [Math.floor(at / 4) % n, 4 * Math.floor(at / (4 * n)) + at % 4];
    return turned ? M[j * n + k] : M[k * n + j];
  });
}

// The values' standard deviation, the part of them that is idle, and that in each bin
// between two ends, in one pass: sums are taken from the first value, which loses no digits.
function measure(values, [low, high], [least, most]) {
  const bins = new Float64Array(BINS);
  const scale = BINS / (high - low);
  const first = values[0];
  let sum = 0, squares = 0, idle = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const off = value - first;
    sum += off;
    squares += off * off;
    if (value < least || value > most) idle++;
    const bin = Math.floor((value - low) * scale);
    bins[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]++;
  }
  const n = values.length;
  const mean = sum / n;
  return {
    std: Math.sqrt(Math.max(squares / n - mean * mean, 0)),
    part: idle / n,
    bins: [...bins].map((count) => count / n),
  };
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
    const write = (values, ends, awake = [-Infinity, Infinity]) => {
      const { std, part, bins } = measure(values, ends, awake);
      picture.dataset.bins = bins.join(" ");
      const bar = (b, i) => `M${4 * i} 40v${-40 * Math.min(b / FULL, 1)}h3.6V40Z`;
      set(bars, { d: bins.map(bar).join("") });
      show(cells[0], std, short(std));
      if (cells[1]) show(cells[1], part, `${(100 * part).toFixed(0)} %`);
      return std;
    };
    return { node, write };
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
  const [ahead, back] = [false, true].map((turned) => Z.map((one) => pack(one, turned)));
  const unscaled = times(x, ahead[0], 1); // x @ Z of the first layer

  function propagate({ activation, std, layers }) {
    const { f, slope } = ACTIVATIONS[activation];
    const hs = [unscaled.map((a) => f(std * a))];
    for (let k = 1; k < layers; k++) hs.push(times(hs[k - 1], ahead[k], std).map(f));
    const das = [];
    let dh = top;
    for (let k = layers - 1; k >= 0; k--) {
      das.unshift(dh.map((d, i) => d * slope(hs[k][i])));
      if (k > 0) dh = times(das[0], back[k], std);
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
    const { ends, awake, word: name, rule: why } = ACTIVATIONS[activation];
    const { hs, das } = propagate(state);
    const spreads = hs.map((h, k) => forwards[k].write(h, ends, awake));
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
      "p.dlx-ask",
      `${inputs} random inputs run through layers of ${units} units, a gradient runs back. Which std of the weights keeps both alive?`,
    ),
    el(
      "div.dlx-stick",
      el(
        "div.dlx-columns.iv-controls",
        slider("std", "std", ...limits.std, {
          says: "std of the weights",
          log: [-3, 1],
          step: 0.02,
          shown: (std) => Number(std.toPrecision(4)),
        }),
        el("div.dlx-row.dlx-tight", buttons),
      ),
      summary,
    ),
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
    el(
      "div.dlx-columns",
      el(
        "div.dlx-row",
        choice("Activation", "activation", ["sigmoid", "tanh", ["relu", "ReLU"]]),
        reset,
      ),
      el("div", slider("layers", "layers", ...limits.layers, { decimals: 0 })),
    ),
    more("What the bars and the numbers mean", rule),
  );
}
