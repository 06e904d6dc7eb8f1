// Blocks of one activation and one matrix, plain or with a shortcut around each. Forwards
// to the cross-entropy of 20 digits, and backwards with the gradient of each block's input.

const [ROWS, INPUTS, UNITS, CLASSES] = [20, 64, 24, 10];
const DEEPEST = 40;
const [SMALLEST, LARGEST] = [0.1, 2];
// slope: f' from f's value. gain: what the weights' variance is multiplied by.
const ACTIVATIONS = {
  relu: { f: (x) => Math.max(x, 0), slope: (y) => (y > 0 ? 1 : 0), gain: 2, label: "ReLU", rule: "He’s √(2/24)" },
  tanh: { f: Math.tanh, slope: (y) => 1 - y * y, gain: 1, label: "tanh", rule: "Xavier’s √(1/24)" },
};
const STACKS = [
  { name: "plain", colour: "--one" },
  { name: "residual", colour: "--line-1" },
];

// The first matrix, the last and the blocks', with mean 0 and variance 1.
function weights(seed) {
  const next = uniform(seed);
  const draw = (size) => Float64Array.from({ length: size }, () => Math.sqrt(3) * (2 * next() - 1));
  const [first, last] = [draw(INPUTS * UNITS), draw(UNITS * CLASSES)];
  return { first, last, blocks: Array.from({ length: DEEPEST }, () => draw(UNITS * UNITS)) };
}

// Layers, made anew for each pass. An array holds the rows of all examples, one after another.
const sum = (x, y) => x.map((v, i) => v + y[i]);
function linear(Z, n, m, std) {
  // std · (x @ M), where the entry of M in row k and column j is Z[k * down + j * right].
  const product = (x, n, m, down, right) => {
    const y = new Float64Array(ROWS * m);
    for (let i = 0; i < ROWS; i++) {
      for (let j = 0; j < m; j++) {
        let total = 0;
        for (let k = 0; k < n; k++) total += x[i * n + k] * Z[k * down + j * right];
        y[i * m + j] = std * total;
      }
    }
    return y;
  };
  return { forward: (x) => product(x, n, m, m, 1), backward: (dy) => product(dy, m, n, 1, m) };
}
function bend({ f, slope }) {
  let y;
  return { forward: (x) => (y = x.map(f)), backward: (dy) => dy.map((d, i) => d * slope(y[i])) };
}
function batchNorm() {
  const mean = (x, y) => {
    const means = new Float64Array(UNITS);
    x.forEach((v, i) => (means[i % UNITS] += (v * (y ? y[i] : 1)) / ROWS));
    return means;
  };
  let hat, std;
  return {
    forward(x) {
      const middle = mean(x);
      const off = x.map((v, i) => v - middle[i % UNITS]);
      std = mean(off, off).map((v) => Math.sqrt(v + 1e-5));
      return (hat = off.map((v, i) => v / std[i % UNITS]));
    },
    backward(dy) {
      const [plain, along] = [mean(dy), mean(dy, hat)];
      return dy.map((d, i) => (d - plain[i % UNITS] - hat[i] * along[i % UNITS]) / std[i % UNITS]);
    },
  };
}
const chain = (layers) => ({
  forward: (x) => layers.reduce((v, layer) => layer.forward(v), x),
  backward: (dy) => layers.reduceRight((d, layer) => layer.backward(d), dy),
});
const shortcut = (f) => ({
  forward: (x) => sum(x, f.forward(x)),
  backward: (dy) => sum(dy, f.backward(dy)),
});

// The gradient of the mean cross-entropy with respect to the logits.
function lossGradient(logits, classes) {
  const d = new Float64Array(ROWS * CLASSES);
  for (let i = 0; i < ROWS; i++) {
    const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
    const top = Math.max(...row);
    const parts = row.map((v) => Math.exp(v - top));
    const total = parts.reduce((a, b) => a + b);
    parts.forEach((v, j) => (d[i * CLASSES + j] = (v / total - (j === classes[i] ? 1 : 0)) / ROWS));
  }
  return d;
}
const size = (x) => Math.sqrt(x.reduce((total, v) => total + v * v, 0) / x.length);

// A number with two significant digits.
function num(value) {
  const plain = value >= 0.01 && value < 1e4;
  const shown = plain ? String(Number(value.toPrecision(2))) : value.toExponential(1);
  return shown.replace("e+", "e").replace(/-/g, "−");
}
const fate = (ratio) =>
  ratio < 1e-3 ? "dies out" : ratio < 0.1 ? "shrinks" : ratio <= 10 ? "stays within a factor of ten" : ratio <= 1e3 ? "grows" : "explodes";

function explore(props) {
  const pixels = Float64Array.from(props.pixels, (one) => parseInt(one, 17) / 16);
  let activation, scale, depth, scaled, norm, seed, Z;
  const fresh = () => {
    ({ activation, scale, depth, seed, scaled_branch: scaled, batch_norm: norm } = props);
    Z = weights(seed);
  };
  fresh();

  function gradients(residual) {
    const { gain } = ACTIVATIONS[activation];
    const usual = Math.sqrt(gain / UNITS);
    const std = (scale * usual) / (residual && scaled ? Math.sqrt(depth) : 1);
    const bent = () => [...(norm ? [batchNorm()] : []), bend(ACTIVATIONS[activation])];
    const parts = Z.blocks.slice(0, depth).map((W) => {
      const f = chain([...bent(), linear(W, UNITS, UNITS, std)]);
      return residual ? shortcut(f) : f;
    });
    parts.push(chain([...bent(), linear(Z.last, UNITS, CLASSES, usual)]));
    const x0 = linear(Z.first, INPUTS, UNITS, 1 / Math.sqrt(INPUTS)).forward(pixels);
    let d = lossGradient(chain(parts).forward(x0), props.classes);
    return parts.reverse().map((part) => size((d = part.backward(d)))).reverse();
  }

  const change = (action) => (value) => {
    action(value);
    draw();
  };
  const activations = choice(
    "Activation",
    Object.entries(ACTIVATIONS).map(([name, { label }]) => [name, label]),
    activation,
    change((value) => (activation = value)),
  );
  const branches = choice(
    "Residual block",
    [
      ["1", "x + f(x)"],
      ["root", "x + f(x)/√depth"],
    ],
    scaled ? "root" : "1",
    change((value) => (scaled = value === "root")),
  );
  const norms = choice(
    "Batch norm",
    [
      ["off", "without"],
      ["on", "with"],
    ],
    norm ? "on" : "off",
    change((value) => (norm = value === "on")),
  );
  const sizes = slider("scale", "scale", SMALLEST, LARGEST, change((value) => (scale = value)));
  const [range, typed] = ["range", "number"].map((type) =>
    el("input", {
      type,
      min: 1,
      max: DEEPEST,
      step: 1,
      "aria-label": type === "range" ? "depth" : "depth, typed",
      oninput({ target }) {
        if (!Number.isFinite(target.valueAsNumber)) return;
        depth = clamp(Math.round(target.valueAsNumber), 1, DEEPEST);
        draw();
      },
      onblur: ({ target }) => (target.value = depth),
    }),
  );
  const other = button("Other weights", change(() => (Z = weights(++seed))));
  const reset = button("Reset", () => {
    fresh();
    activations.write(activation);
    branches.write(scaled ? "root" : "1");
    norms.write(norm ? "on" : "off");
    draw();
  });

  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 290, 52, 12, 14, 46];
  const frame = svg("g");
  const lines = STACKS.map(({ colour }, i) => ({
    line: svg("polyline", { fill: "none", stroke: `var(${colour})`, "stroke-width": 2, ...(i ? {} : { "stroke-dasharray": "6 4" }) }),
    marks: svg("g", { fill: i ? `var(${colour})` : "var(--well)", stroke: `var(${colour})`, "stroke-width": 2 }),
  }));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "dlx-plot", role: "img" }, frame, ...lines.flatMap(({ line, marks }) => [line, marks]));
  const caption = el("caption", {}, "Size of ∂L/∂x behind the last block and in front of the first. Ratio: first/last, of all blocks and for a block");
  const rows = el("tbody");
  const verdict = el("p", { class: "dlx-numbers", "data-verdict": "" });
  const rule = el("p", { class: "dlx-soft" });
  const formulas = STACKS.map(() => el("span"));
  const legend = STACKS.map(({ colour }, i) => el("span", {}, el("i", { class: "dlx-swatch", style: `border-top: 3px ${i ? "solid" : "dashed"} var(${colour})` }), formulas[i]));
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) live.textContent = `${settings()}. ${verdict.textContent}`;
  });
  const settings = () =>
    `${ACTIVATIONS[activation].label}, ${depth} ${depth === 1 ? "block" : "blocks"}, scale ${text(scale)}, ${scaled ? "f(x)/√depth" : "f(x)"}, ${norm ? "with" : "without"} batch norm`;

  // Powers of ten that hold all sizes, at least four of them; one axis for both stacks.
  function axes(all) {
    const logs = all.flat().map(Math.log10).filter(Number.isFinite);
    let [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
    low = Math.min(low, high - 4);
    const step = [1, 2, 5, 10].find((one) => (high - low) / one <= 7);
    const x = (k) => LEFT + (k / depth) * (WIDTH - LEFT - RIGHT);
    const y = (log) => TOP + ((high - clamp(log, low, high)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const ticks = [];
    for (let p = Math.ceil(low / step) * step; p <= high; p += step) {
      ticks.push(
        svg("path", { d: `M${LEFT} ${y(p)}H${WIDTH - RIGHT}`, stroke: "var(--edge)" }),
        svg("text", { x: LEFT - 7, y: y(p) + 5, "text-anchor": "end" }, p === 0 ? "1" : p === 1 ? "10" : num(10 ** p).replace(/^1(\.0)?e/, "1e")),
      );
    }
    const every = [1, 2, 5, 10].find((one) => depth / one <= 8);
    for (let k = 0; k <= depth; k += every) ticks.push(svg("text", { x: x(k), y: HEIGHT - BOTTOM + 19, "text-anchor": "middle" }, String(k)));
    const bottom = HEIGHT - BOTTOM;
    frame.replaceChildren(
      ...ticks,
      svg("path", { class: "dlx-axis", fill: "none", d: `M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}` }),
      svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, "behind block   (← the way of the gradient)"),
    );
    return { x, y };
  }

  function draw() {
    const all = STACKS.map((_, i) => gradients(i === 1));
    const { x, y } = axes(all);
    const ratios = all.map((found) => found[0] / found.at(-1));
    all.forEach((found, i) => {
      const at = found.map((value, k) => [x(k), y(Math.log10(value))]);
      set(lines[i].line, { points: at.map((p) => p.map((v) => v.toFixed(2)).join()).join(" "), "data-sizes": found.join(" ") });
      const mark = ([u, v]) => (i ? svg("rect", { x: u - 3, y: v - 3, width: 6, height: 6 }) : svg("circle", { cx: u, cy: v, r: 3.2 }));
      lines[i].marks.replaceChildren(...at.map(mark));
    });
    rows.replaceChildren(
      ...STACKS.map(({ name }, i) => {
        const cell = (value, of) => el("td", { "data-col": of, "data-value": value }, num(value));
        return el("tr", { "data-row": name }, el("th", { scope: "row" }, name), cell(all[i].at(-1), "last"), cell(all[i][0], "first"), cell(ratios[i], "ratio"), cell(ratios[i] ** (1 / depth), "block"));
      }),
    );
    verdict.textContent =
      `On its way back through ${depth === 1 ? "1 block" : `${depth} blocks`} the gradient ` +
      STACKS.map(({ name }, i) => `${fate(ratios[i])} in the ${name} stack (times ${num(ratios[i])})`).join(", and ") + ".";
    const { label, rule: usual } = ACTIVATIONS[activation];
    rule.textContent =
      `f(x) = ${label}(${norm ? "batch norm(x)" : "x"}) W, with the same random weights in both stacks: their standard deviation is the scale times ${usual}. ` +
      `Size: the root mean square of all entries of ∂L/∂x. L: the mean cross-entropy of 20 digits, on an untrained network.`;
    formulas.forEach((node, i) => (node.textContent = `${STACKS[i].name}: ${i ? `x + f(x)${scaled ? "/√depth" : ""}` : "f(x)"}`));
    set(picture, { "aria-label": `Size of the gradient on a logarithmic axis, block by block. ${verdict.textContent}` });
    sizes.write(scale);
    for (const input of [range, typed]) if (input !== document.activeElement || input === range) input.value = depth;
    rest();
  }

  const column = (label) => el("th", { scope: "col" }, label);
  draw();
  return el(
    "div",
    { style: "--label: 2.9rem" },
    el("p", {}, "Make the stacks deeper, and change the scale of the weights. Where does the gradient reach the first block? Which of the two remedies, f(x)/√depth or batch norm, helps the residual stack where it explodes?"),
    el("div", { class: "dlx-row" }, activations.node, norms.node, branches.node, other, reset),
    el(
      "div",
      { class: "dlx-columns" },
      el("div", {}, picture, el("p", { class: "dlx-soft dlx-legend" }, ...legend)),
      el(
        "div",
        {},
        el("div", { class: "dlx-slider" }, el("span", { "aria-hidden": "true" }, "depth"), range, typed),
        sizes.node,
        el(
          "div",
          { class: "dlx-scroll", tabindex: 0, role: "region", "aria-label": "Sizes of the gradient" },
          el("table", { style: "font-size: 0.84em" }, caption, el("thead", {}, el("tr", {}, ...["stack", "last", "first", "ratio", "a block"].map(column))), rows),
        ),
        verdict,
      ),
    ),
    rule,
    live,
  );
}
