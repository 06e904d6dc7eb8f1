// Blocks of one activation and one matrix, plain or with a shortcut around each. Forwards
// to the cross-entropy of 20 digits, and backwards with the gradient of each block's input.

const { button, canvas, cell, clamp, el, figure, fill, head, label } = globalThis.explorables;
const { legend, line, more, num, points, range, row, scroll, set } = globalThis.explorables;
const { activations, svg, swatch, text, uniform } = globalThis.explorables;

const ACTIVATIONS = {
  relu: {
    ...activations.relu,
    label: "ReLU",
    rule: (gain, units) => `He’s √(${gain}/${units})`,
  },
  tanh: {
    ...activations.tanh,
    label: "tanh",
    rule: (gain, units) => `Xavier’s √(${gain}/${units})`,
  },
};
const STACKS = [["plain", "--one"], ["residual", "--line-1"]];

// The first matrix, the last and the blocks', with mean 0 and variance 1.
function weights(seed, { inputs, units, classes, deepest }) {
  const next = uniform(seed);
  const draw = (size) => Float64Array.from({ length: size }, () => Math.sqrt(3) * (2 * next() - 1));
  const [first, last] = [draw(inputs * units), draw(units * classes)];
  return { first, last, blocks: range(deepest).map(() => draw(units * units)) };
}

// Layers, made anew for each pass. An array holds the rows of all examples, one after another.
const sum = (x, y) => x.map((v, i) => v + y[i]);
function linear(Z, n, m, std) {
  // std · (x @ M), where the entry of M in row k and column j is Z[k * down + j * right].
  const product = (x, n, m, down, right) => {
    const y = new Float64Array(x.length / n * m);
    for (let i = 0; i < x.length / n; i++) {
      for (let j = 0; j < m; j++) {
        let total = 0;
        for (let k = 0; k < n; k++) total += x[i * n + k] * Z[k * down + j * right];
        y[i * m + j] = std * total;
      }
    }
    return y;
  };
  return {
    forward: (x) => product(x, n, m, m, 1),
    backward: (dy) => product(dy, m, n, 1, m),
  };
}
function bend({ f, slope }) {
  let y;
  return {
    forward: (x) => (y = x.map(f)),
    backward: (dy) => dy.map((d, i) => d * slope(y[i])),
  };
}
function batchNorm(units) {
  // The mean of each unit's values, or of their products with those of y.
  const mean = (x, y) => {
    const means = new Float64Array(units);
    x.forEach((v, i) => (means[i % units] += (v * (y ? y[i] : 1)) / (x.length / units)));
    return means;
  };
  let hat, std;
  return {
    forward(x) {
      const middle = mean(x);
      const off = x.map((v, i) => v - middle[i % units]);
      std = mean(off, off).map((v) => Math.sqrt(v + 1e-5));
      return (hat = off.map((v, i) => v / std[i % units]));
    },
    backward(dy) {
      const [plain, along] = [mean(dy), mean(dy, hat)];
      return dy.map((d, i) => (d - plain[i % units] - hat[i] * along[i % units]) / std[i % units]);
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
function lossGradient(logits, t) {
  const classes = logits.length / t.length;
  const d = new Float64Array(logits.length);
  t.forEach((right, i) => {
    const scores = logits.subarray(i * classes, (i + 1) * classes);
    const top = Math.max(...scores);
    const parts = scores.map((v) => Math.exp(v - top));
    const total = parts.reduce((a, b) => a + b);
    parts.forEach((v, j) => {
      d[i * classes + j] = (v / total - (j === right ? 1 : 0)) / t.length;
    });
  });
  return d;
}

const rootMeanSquare = (x) => Math.sqrt(x.reduce((total, v) => total + v * v, 0) / x.length);
const short = (value) => num(value, 2, { least: 0.01, most: 1e4 });
const FATES = [
  [1e-3, "dies out"],
  [0.1, "shrinks"],
  [10, "stays within a factor of ten"],
  [1e3, "grows"],
  [Infinity, "explodes"],
];
const fate = (ratio) => FATES.find(([most]) => ratio <= most)[1];
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 290, 52, 388, 14, 244];

export function explore({ pixels, classes: t, sizes, gains, limits, ...start }) {
  const { state, update, choice, slider, reset, page } = figure(start, draw, say);
  const x = Float64Array.from(pixels, (one) => parseInt(one, 17) / 16);
  const { inputs, units, classes } = sizes;
  const deepest = limits.depth[1];

  let drawn, Z; // the weights, and the seed that they were drawn with
  function gradients(residual) {
    const { activation, scale, depth, seed, scaled_branch, batch_norm } = state;
    if (drawn !== seed) Z = weights(drawn = seed, { ...sizes, deepest });
    const usual = Math.sqrt(gains[activation] / units);
    const std = (scale * usual) / (residual && scaled_branch ? Math.sqrt(depth) : 1);
    const bent = () => [
      ...(batch_norm ? [batchNorm(units)] : []),
      bend(ACTIVATIONS[activation]),
    ];
    const parts = Z.blocks.slice(0, depth).map((W) => {
      const f = chain([...bent(), linear(W, units, units, std)]);
      return residual ? shortcut(f) : f;
    });
    parts.push(chain([...bent(), linear(Z.last, units, classes, usual)]));
    const x0 = linear(Z.first, inputs, units, 1 / Math.sqrt(inputs)).forward(x);
    let d = lossGradient(chain(parts).forward(x0), t);
    return parts.reverse().map((part) => rootMeanSquare(d = part.backward(d))).reverse();
  }

  const frame = svg("g");
  const lines = STACKS.map(([, colour], i) =>
    line(colour, 2, { "stroke-dasharray": !i && "6 4" }, "polyline")
  );
  const marks = STACKS.map(([, colour], i) =>
    svg("g", { fill: `var(${i ? colour : "--well"})`, stroke: `var(${colour})`, "stroke-width": 2 })
  );
  const picture = canvas(
    WIDTH,
    HEIGHT,
    { role: "img" },
    frame,
    STACKS.map((_, i) => [lines[i], marks[i]]),
  );
  const rows = el("tbody");
  const verdict = el("p.dlx-numbers.dlx-score", { "data-verdict": "" });
  const rule = el("p.dlx-soft");
  const formulas = STACKS.map(() => el("span"));

  // Powers of ten that hold all sizes, at least four of them; one axis for both stacks.
  function axes(all) {
    const { depth } = state;
    const logs = all.flat().map(Math.log10).filter(Number.isFinite);
    const high = Math.ceil(Math.max(...logs));
    const low = Math.min(Math.floor(Math.min(...logs)), high - 4);
    const step = [1, 2, 5, 10].find((one) => (high - low) / one <= 7);
    const every = [1, 2, 5, 10].find((one) => depth / one <= 8);
    const px = (k) => LEFT + (k / depth) * (RIGHT - LEFT);
    const py = (log) => TOP + ((high - clamp(log, low, high)) / (high - low)) * (BOTTOM - TOP);
    fill(
      frame,
      range(high - low + 1).map((i) => low + i).filter((p) => p % step === 0).map((p) => [
        svg("path", { d: `M${LEFT} ${py(p)}H${RIGHT}`, stroke: "var(--edge)" }),
        label(LEFT - 7, py(p) + 5, short(10 ** p), "end"),
      ]),
      range(depth + 1).filter((k) => k % every === 0).map((k) =>
        label(px(k), BOTTOM + 19, `${k}`, "middle")
      ),
      svg("path.dlx-axis", { fill: "none", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }),
      label(
        (LEFT + RIGHT) / 2,
        HEIGHT - 8,
        "behind block   (the gradient goes ← this way)",
        "middle",
      ),
    );
    return { px, py };
  }

  const blocks = () => state.depth === 1 ? "1 block" : `${state.depth} blocks`;
  function draw() {
    const { depth, activation, scaled_branch, batch_norm } = state;
    const all = [gradients(false), gradients(true)];
    const { px, py } = axes(all);
    const ratios = all.map((found) => found[0] / found.at(-1));
    all.forEach((found, i) => {
      const at = found.map((value, k) => [px(k), py(Math.log10(value))]);
      set(lines[i], { points: points(at), "data-sizes": found.join(" ") });
      const mark = ([x, y]) =>
        i
          ? svg("rect", { x: x - 3, y: y - 3, width: 6, height: 6 })
          : svg("circle", { cx: x, cy: y, r: 3.2 });
      fill(marks[i], at.map(mark));
    });
    const numbers = (found, ratio) => ({
      last: found.at(-1),
      first: found[0],
      ratio,
      block: ratio ** (1 / depth),
    });
    fill(
      rows,
      STACKS.map(([name], i) => {
        const cells = Object.entries(numbers(all[i], ratios[i]));
        return row(name, cells.map(([of, value]) => cell(of, value, short(value))), {
          "data-row": name,
        });
      }),
    );
    const fates = STACKS.map(([name], i) =>
      `${fate(ratios[i])} in the ${name} stack (times ${short(ratios[i])})`
    );
    verdict.textContent = `On its way back through ${blocks()} the gradient ${
      fates.join(", and ")
    }.`;
    const { label, rule: usual } = ACTIVATIONS[activation];
    rule.textContent =
      `f(x) = ${label}(${
        batch_norm ? "batch norm(x)" : "x"
      }) W, with the same random weights in both stacks: their standard deviation is the scale times ${
        usual(gains[activation], units)
      }. ` +
      `Size: the root mean square of all entries of ∂L/∂x. L: the mean cross-entropy of ${t.length} digits, on an untrained network.`;
    formulas[0].textContent = "plain: f(x)";
    formulas[1].textContent = `residual: x + f(x)${scaled_branch ? "/√depth" : ""}`;
    set(picture, {
      "aria-label":
        `Size of the gradient on a logarithmic axis, block by block. ${verdict.textContent}`,
    });
  }

  function say() {
    const { activation, scale, scaled_branch, batch_norm } = state;
    const branch = scaled_branch ? "f(x)/√depth" : "f(x)";
    const norm = `${batch_norm ? "with" : "without"} batch norm`;
    return `${ACTIVATIONS[activation].label}, ${blocks()}, scale ${
      text(scale)
    }, ${branch}, ${norm}. ${verdict.textContent}`;
  }

  return page(
    { style: "--label: 2.9rem" },
    el(
      "p.dlx-ask",
      "Two untrained stacks, the same weights in both. How much of the gradient comes back to the first block?",
    ),
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        picture,
        legend(
          STACKS.map(([, colour], i) =>
            swatch(formulas[i], `border-top: 3px ${i ? "solid" : "dashed"} var(${colour})`)
          ),
        ),
      ),
      el(
        "div",
        slider("depth", "depth", ...limits.depth, { decimals: 0 }),
        verdict,
        more(
          "Larger weights, another activation, batch norm",
          slider("scale", "scale", ...limits.scale),
          el(
            "div.dlx-row",
            choice(
              "Activation",
              "activation",
              Object.entries(ACTIVATIONS).map(([name, { label }]) => [name, label]),
            ),
            choice("Batch norm", "batch_norm", [[false, "without"], [true, "with"]]),
            choice(
              "Residual block",
              "scaled_branch",
              [[false, "x + f(x)"], [true, "x + f(x)/√depth"]],
            ),
            button("Other weights", () => update({ seed: state.seed + 1 })),
            reset,
          ),
        ),
        more(
          "The numbers, and what they measure",
          scroll(
            "Sizes of the gradient",
            el(
              "table",
              { style: "font-size: 0.84em" },
              el(
                "caption",
                "Size of ∂L/∂x behind the last block and in front of the first. Ratio: first/last, of all blocks and for a block",
              ),
              head("stack", "last", "first", "ratio", "a block"),
              rows,
            ),
          ),
          rule,
        ),
      ),
    ),
  );
}
