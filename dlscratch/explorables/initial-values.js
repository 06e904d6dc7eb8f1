// Layers without biases: a = h @ W with W = std·Z, then h = f(a). The gradient goes back
// through them: da = dh·f'(a), then dh = da @ Wᵀ; at the last layer, dh is random.

const { choice } = globalThis.oldParts;
const { button, clamp, el, set, settled, svg, uniform } = globalThis.explorables;
const { document } = globalThis;

const [INPUTS, UNITS, MOST] = [200, 100, 10];
const LARGEST = 10;
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
const SCALES = [
  ["0", 0],
  ["0.01", 0.01],
  ["Xavier: 1/√100", Math.sqrt(1 / UNITS)],
  ["He: √(2/100)", Math.sqrt(2 / UNITS)],
  ["1", 1],
];
const STYLE = `
.dlx .iv-bars { display: block; width: 100%; min-width: 5rem; height: 2.6rem; border-bottom: 1px solid var(--control); background: var(--well); }
.dlx .iv-table table { width: 100%; }
.dlx.dlx .iv-table td { padding: 0.12rem 0.3rem; }
.dlx.dlx .iv-table :is(td, th):nth-child(n + 3) { text-align: right; }
.dlx.dlx .iv-table :is(td, th):nth-child(2) { width: 60%; text-align: center; }
.dlx button[aria-pressed=true] { background: var(--ink); border-color: var(--ink); color: var(--bg); }
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
  const y = new Float64Array(INPUTS * UNITS);
  for (let i = 0; i < INPUTS; i++) {
    for (let j = 0; j < UNITS; j += 4) {
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let k = 0, at = i * UNITS, m = j * UNITS; k < UNITS; k++, at++, m++) {
        p += x[at] * M[m];
        q += x[at] * M[m + UNITS];
        r += x[at] * M[m + 2 * UNITS];
        s += x[at] * M[m + 3 * UNITS];
      }
      y.set([std * p, std * q, std * r, std * s], i * UNITS + j);
    }
  }
  return y;
}
const transpose = (Z) => Z.map((_, at) => Z[(at % UNITS) * UNITS + Math.floor(at / UNITS)]);

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

// A number with so many significant digits.
function num(value, digits = 3) {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e4);
  const shown = plain ? String(Number(value.toPrecision(digits))) : value.toExponential(1);
  return shown.replace("e+", "e").replace(/-/g, "−");
}

export function explore(props) {
  let activation, std, layers;
  const fresh = () => {
    ({ activation, std, layers } = props);
  };
  fresh();
  // Drawn once, in this order, so that a change of depth keeps the first layers.
  const next = uniform(props.seed);
  const inputs = normal(next, INPUTS * UNITS);
  const top = normal(next, INPUTS * UNITS);
  const Z = Array.from({ length: MOST }, () => normal(next, UNITS * UNITS));
  const ZT = Z.map(transpose);

  function propagate() {
    const { f, slope } = ACTIVATIONS[activation];
    const hs = [];
    for (let k = 0; k < layers; k++) hs.push(times(hs[k - 1] ?? inputs, ZT[k], std).map(f));
    const das = [];
    let dh = top;
    for (let k = layers - 1; k >= 0; k--) {
      das.unshift(dh.map((d, i) => d * slope(hs[k][i])));
      if (k > 0) dh = times(das[0], Z[k], std);
    }
    return { hs, das };
  }

  const activations = choice(
    "Activation",
    [
      ["sigmoid", "sigmoid"],
      ["tanh", "tanh"],
      ["relu", "ReLU"],
    ],
    activation,
    (value) => {
      activation = value;
      draw();
    },
  );
  const resize = (value) => {
    std = clamp(value, 0, LARGEST);
    draw();
  };
  const range = el("input", {
    type: "range",
    min: -3,
    max: 1,
    step: 0.02,
    "aria-label": "std of the weights",
    oninput: () => resize(Number((10 ** range.valueAsNumber).toPrecision(3))),
  });
  const typed = el("input", {
    type: "number",
    min: 0,
    max: LARGEST,
    step: "any",
    "aria-label": "std of the weights, typed",
    oninput: () => typed.valueAsNumber >= 0 && resize(typed.valueAsNumber),
    onblur: () => (typed.value = Number(std.toPrecision(4))),
  });
  const scales = SCALES.map(([label, value]) =>
    button(label, () => resize(value), { "aria-label": `std = ${label}` })
  );
  const deep = (value) => {
    layers = clamp(Math.round(value), 1, MOST);
    draw();
  };
  const [depth, count] = ["range", "number"].map((type) =>
    el("input", {
      type,
      min: 1,
      max: MOST,
      step: 1,
      "aria-label": type === "range" ? "layers" : "layers, typed",
      oninput: ({ target }) => Number.isFinite(target.valueAsNumber) && deep(target.valueAsNumber),
      onblur: ({ target }) => (target.value = layers),
    })
  );
  const reset = button("Reset", () => {
    fresh();
    activations.write(activation);
    draw();
  });

  // A row for each layer: its histogram, and its numbers.
  function rows(kind, colour) {
    return Array.from({ length: MOST }, (_, k) => {
      const bars = svg("path", { fill: `var(${colour})` });
      const picture = svg("svg", {
        viewBox: `0 0 ${BINS * 4} 40`,
        preserveAspectRatio: "none",
        class: "iv-bars",
        "aria-hidden": "true",
      }, bars);
      const [spread, part] = ["std", "idle"].map((name) => el("td", { [`data-${kind}`]: name }));
      const node = el(
        "tr",
        {},
        el("th", { scope: "row" }, String(k + 1)),
        el("td", {}, picture),
        spread,
        ...(kind === "h" ? [part] : []),
      );
      const write = (values, ends) => {
        const bins = histogram(values, ends);
        picture.dataset.bins = bins.join(" ");
        set(bars, {
          d: Array.from(bins, (b, i) => `M${4 * i} 40v${-40 * Math.min(b / FULL, 1)}h3.6V40Z`).join(
            "",
          ),
        });
        const value = deviation(values);
        spread.textContent = num(value);
        spread.dataset.value = value;
        return value;
      };
      return { node, part, write };
    });
  }
  const forwards = rows("h", "--one");
  const backwards = rows("da", "--line-1");
  const [title, word] = [el("caption"), el("th", { scope: "col" })];
  const rule = el("p", { class: "dlx-soft" });
  const summary = el("p", { class: "dlx-numbers" });
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) {
      live.textContent = `${activation}, std = ${
        num(std)
      }, ${layers} layers. ${summary.textContent}`;
    }
  });

  function draw() {
    const { ends, idle, word: name, rule: why } = ACTIVATIONS[activation];
    const { hs, das } = propagate();
    const spreads = hs.map((h, k) => {
      const part = average(h, (v) => (idle(v) ? 1 : 0));
      forwards[k].part.textContent = `${(100 * part).toFixed(0)} %`;
      forwards[k].part.dataset.value = part;
      return forwards[k].write(h, ends);
    });
    const sizes = das.map((da, k) => backwards[k].write(da, GRADIENTS));
    for (const all of [forwards, backwards]) {
      all.forEach(({ node }, k) => (node.hidden = k >= layers));
    }
    title.textContent = `Activations h, from ${ends[0]} to ${ends[1]}${
      activation === "relu" ? " and beyond" : ""
    }`.replace("-", "−");
    word.textContent = name;
    rule.textContent = `A bar at full height holds ${
      100 * FULL
    } % of the values or more. The bars at the ends hold what lies beyond, too. Layer: a = h W, then h = f(a). L stands for a loss whose ∂L/∂h at the last layer is random, with std 1. ${
      name[0].toUpperCase()
    }${name.slice(1)}: ${why}.`;
    summary.textContent =
      `Activations: std ${num(spreads[0])} in layer 1, ${
        num(spreads.at(-1))
      } in layer ${layers}. ` +
      `Gradients: std ${num(sizes.at(-1))} at layer ${layers}, ${num(sizes[0])} back at layer 1.`;
    range.value = std > 0 ? Math.log10(std) : -3;
    set(range, { "aria-valuetext": num(std) });
    if (typed !== document.activeElement) typed.value = Number(std.toPrecision(4));
    scales.forEach((node, k) => set(node, { "aria-pressed": String(std === SCALES[k][1]) }));
    for (const input of [depth, count]) {
      if (input.type === "range" || input !== document.activeElement) input.value = layers;
    }
    rest();
  }

  const head = (...cells) => el("thead", {}, el("tr", {}, ...cells));
  const column = (label) => el("th", { scope: "col" }, label);
  const scroll = (label, ...children) =>
    el(
      "div",
      { class: "dlx-scroll iv-table", tabindex: 0, role: "region", "aria-label": label },
      el("table", {}, ...children),
    );
  draw();
  return el(
    "div",
    { style: "--label: 2.9rem" },
    el("style", {}, STYLE),
    el(
      "p",
      {},
      `${INPUTS} random inputs run through layers of ${UNITS} units. Change the standard deviation of the weights until the activations of every layer stay spread out, away from the ends, and the gradients keep their size on the way back to layer 1.`,
    ),
    el("div", { class: "dlx-row" }, activations.node, reset),
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {},
        el(
          "div",
          { class: "dlx-slider" },
          el("span", { "aria-hidden": "true" }, "std"),
          range,
          typed,
        ),
        el("div", { class: "dlx-row dlx-apart", style: "gap: 0.3rem" }, ...scales),
      ),
      el(
        "div",
        {},
        el(
          "div",
          { class: "dlx-slider" },
          el("span", { "aria-hidden": "true" }, "layers"),
          depth,
          count,
        ),
      ),
    ),
    summary,
    el(
      "div",
      { class: "dlx-columns" },
      scroll(
        "Activations, layer by layer",
        title,
        head(column("layer"), column("histogram"), column("std"), word),
        el("tbody", {}, ...forwards.map(({ node }) => node)),
      ),
      scroll(
        "Gradients, layer by layer",
        el("caption", {}, "Gradients ∂L/∂a, from −1 to 1 and beyond"),
        head(column("layer"), column("histogram"), column("std")),
        el("tbody", {}, ...backwards.map(({ node }) => node)),
      ),
    ),
    rule,
    live,
  );
}
