// Draw a digit, and see every number that a small network computes from it.

const { clamp, el, fill, keys, label, line, range, set, svg, text } = globalThis.explorables;
const { GRID, KEYS_HELP, SHRINK_HELP, affine, drawing } = globalThis.explorables.drawing;
const { help, largest, percent, soft, softmax, table, unpack } = globalThis.explorables.drawing;

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -1e9, End: 1e9 };
const ACTIVATIONS = {
  relu: (z) => Math.max(z, 0),
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
};
const HINT =
  "Point at a cell to read its number and see what feeds it. From the keyboard: Tab to a layer, then arrow keys.";

const STYLE = `
.dlx .dd { display: flex; flex-wrap: wrap; gap: 0.8rem 1.5rem; }
.dlx .dd-left { flex: 1 1 13rem; max-width: 15rem; min-width: 0; margin: 0 auto; }
.dlx .dd-right { flex: 2 1 19rem; max-width: 18.5rem; min-width: 0; margin: 0 auto; }
.dlx .dd-side { flex: 1 1 12rem; min-width: 0; }
@media (max-width: 40rem) { .dlx .dd-right { order: 1; } }
.dlx .dd-tower { display: block; width: 100%; height: auto; overflow: visible; }
.dlx .dd-tower text { fill: var(--soft); font-size: 12px; user-select: none; paint-order: stroke; stroke: var(--bg); stroke-width: 5px; stroke-linejoin: round; }
.dlx .dd-tower .dd-title { font-weight: 600; fill: var(--ink); }
.dlx .dd-tower .dd-number { font-size: 11px; font-variant-numeric: tabular-nums; stroke-width: 3px; }
.dlx .dd-tower .dd-name { font-size: 15px; font-weight: 600; fill: var(--ink); }
.dlx .dd-tower .dd-best { fill: var(--ink); font-weight: 700; }
.dlx .dd-cell { stroke: var(--control); stroke-opacity: 0.55; }
.dlx [data-layer="input"] .dd-cell { stroke: #59636e; stroke-width: 0.4; }
.dlx .dd-hit { fill: transparent; }
.dlx .dd-bank { cursor: pointer; }
.dlx :is(.dd-ring, .dd-mark) { fill: none; stroke: none; stroke-width: 2.5; pointer-events: none; }
.dlx .dd-bank:focus-visible .dd-ring { stroke: var(--line-1); }
.dlx .dd-mark { stroke: var(--ink); }
.dlx .dd-readout { min-height: 2.9em; }
.dlx details { margin-top: 0.4rem; }
.dlx summary { cursor: pointer; }
`;

// Each layer's values, from the input to the probabilities, and the sums x W + b.
function forward(layers, activation, x) {
  const values = [x];
  const sums = layers.map((layer, l) => {
    const z = affine(layer, values[l]);
    values.push(l < layers.length - 1 ? z.map(ACTIVATIONS[activation]) : z);
    return z;
  });
  return { sums, values: [...values, softmax(values.at(-1))] };
}

const rect = ([x, y], [width, height], more) =>
  svg("rect", { x: x - width / 2, y: y - height / 2, width, height, ...more });

// The centres of n cells in rows of at most 16, below y.
function rows(n, y) {
  const columns = Math.ceil(n / Math.ceil(n / 16));
  return range(n).map((i) => [
    180 + ((i % columns) - (columns - 1) / 2) * 22,
    y + (Math.floor(i / columns) + 0.5) * 22,
  ]);
}
const columns = (y) => range(10).map((i) => [18 + 36 * i, y]);

export function explore({ sizes, activation, samples, ...packed }) {
  const { state, update, board, samples: pictures, page } = drawing(
    samples,
    { chosen: undefined }, // [bank, cell]
    draw,
    "All numbers",
    tabulate,
  );
  const take = unpack(packed);
  const layers = sizes.slice(1).map((m, l) => {
    return { m, W: take(sizes[l] * m), b: take(m) };
  });
  const depth = layers.length;

  // The network is a tower of banks, each a layer: the input at the top, the probabilities at
  // the bottom. Their cells are pointed at; for the keyboard a bank is a slider over them.
  const banks = [];
  function bank(layer, title, places, size, cell) {
    const b = banks.length;
    const ends = [0, 1].map((k) => places.map((place) => place[k]));
    const [[left, right], [top, foot]] = ends.map((all) => [Math.min(...all), Math.max(...all)]);
    const middle = [(left + right) / 2, (top + foot) / 2];
    const whole = [right - left + size[0], foot - top + size[1]];
    const cells = places.map(cell);
    const choose = (i) => {
      banks[b].last = i;
      update({ chosen: [b, i] });
    };
    const node = svg(
      "g.dd-bank",
      {
        role: "slider",
        tabindex: 0,
        style: "outline: none", // dd-ring shows the focus
        "data-layer": layer,
        "aria-label": `${title}: read one value`,
        "aria-valuemin": 1,
        "aria-valuemax": places.length,
        onfocus: () => node.matches(":focus-visible") && choose(banks[b].last),
        onblur: () => update({ chosen: undefined }),
        onkeydown: keys(STEPS, (by) => choose(clamp(banks[b].last + by, 0, places.length - 1))),
        onpointerover: ({ target }) => target.dataset.i && choose(Number(target.dataset.i)),
      },
      b === 0 && rect(middle, whole, { fill: "#12161c" }),
      cells,
      rect(middle, whole, { class: "dd-ring", rx: 3 }),
      places.map((place, i) => rect(place, size, { class: "dd-hit", "data-i": i })),
    );
    const edges = { top: top - size[1] / 2, foot: foot + size[1] / 2 };
    banks.push({ node, cells, places, size, layer, title, last: 0, ...edges });
  }
  const square = (size, rx) => (place) => rect(place, [size, size], { class: "dd-cell", rx });
  const titles = [];
  const entitle = (y, left, right) =>
    titles.push(label(0, y, left, "start", { class: "dd-title" }), label(360, y, right, "end"));

  const pixels = range(GRID ** 2).map((i) => {
    return [115 + 10 * (i % GRID), 5 + 10 * Math.floor(i / GRID)];
  });
  bank("input", "Input", pixels, [10, 10], square(10, 0));
  const inputTitles = [14, 31, 47].map((y) =>
    label(0, y, "", "start", { class: y === 14 && "dd-title" })
  );
  for (const [l, n] of sizes.slice(1, -1).entries()) {
    const { foot } = banks[l];
    entitle(foot + 44, `Hidden layer ${l + 1}`, `${n} cells`);
    bank(`hidden-${l + 1}`, `Hidden layer ${l + 1}`, rows(n, foot + 52), [22, 22], square(19, 3));
  }
  const y = banks.at(-1).foot;
  const [zero, floor] = [y + 82, y + 208];
  entitle(y + 44, "Logits", "one score for each digit");
  entitle(y + 150, "Softmax", "probabilities in %");
  const bar = ([x]) => svg("rect", { x: x - 11, width: 22 });
  bank("logits", "Logits", columns(zero + 6), [36, 76], bar);
  bank("probabilities", "Softmax probabilities", columns(floor - 8), [36, 88], bar);
  const words = (name, y) =>
    columns(y).map(([x]) => label(x, y, "", "middle", { class: `dd-${name}` }));
  const [logits, percents, names] = [
    words("number", zero + 42),
    words("number", floor + 15),
    words("name", floor + 34),
  ];
  names.forEach((node, k) => node.textContent = k);
  const axis = (y) => svg("path.dlx-axis", { d: `M0 ${y}H360` });
  const wires = layers.map(() => svg("g"));
  const mark = svg("g");
  const tower = svg(
    "svg.dd-tower",
    {
      viewBox: `0 0 360 ${floor + 40}`,
      role: "group",
      "aria-label": "Every layer of the network",
      onpointerleave: (event) => event.pointerType === "mouse" && update({ chosen: undefined }),
    },
    wires,
    inputTitles,
    titles,
    [zero, floor].map(axis),
    banks,
    logits,
    percents,
    names,
    mark,
  );
  const readout = el("p.dd-readout.dlx-numbers");
  let net;

  // What a cell holds, in words.
  function describe(b, i) {
    const { title, layer } = banks[b];
    const value = text(net.values[b][i], 4);
    if (b === 0) {
      return `Input, row ${Math.floor(i / GRID) + 1}, column ${(i % GRID) + 1}: ${value}`;
    }
    if (layer === "logits") return `Logit of ${i}: ${value}`;
    if (layer === "probabilities") return `Probability of ${i}: ${value}`;
    return `${title}, cell ${i + 1}: ${activation}(${text(net.sums[b - 1][i], 4)}) = ${value}`;
  }

  // The strongest products weight × value of layer l: all, or those at cell i of bank b.
  function wire(l, b, i) {
    const { m, W } = layers[l];
    const counts = (j, k) => b === undefined || (b === l && j === i) || (b === l + 1 && k === i);
    const products = W.map((w, at) => {
      const j = Math.floor(at / m);
      return counts(j, at % m) ? w * net.values[l][j] : 0;
    });
    const top = largest(products);
    const sizes = products.map((p) => Math.abs(p) / top);
    const strong = range(W.length).filter((at) => sizes[at] > 0.15)
      .sort((p, q) => sizes[q] - sizes[p]).slice(0, 60);
    const [above, below] = [banks[l], banks[l + 1]];
    fill(
      wires[l],
      strong.map((at) => {
        const [[from], [to]] = [above.places[Math.floor(at / m)], below.places[at % m]];
        return line(products[at] > 0 ? "--line-1" : "--one", (0.5 + 1.7 * sizes[at]).toFixed(2), {
          d: `M${from} ${above.foot}L${to} ${below.top}`,
          opacity: (0.15 + 0.7 * sizes[at]).toFixed(2),
        });
      }),
    );
  }

  const squares = (b, values, top, plus, minus) =>
    banks[b].cells.forEach((cell, i) =>
      set(cell, {
        fill: values[i] < 0 ? minus : plus,
        "fill-opacity": (Math.abs(values[i]) / top).toFixed(3),
      })
    );
  const bars = (b, base, scale) =>
    banks[b].cells.forEach((cell, i) => {
      const height = net.values[b][i] * scale;
      set(cell, {
        y: base - Math.max(height, 0),
        height: Math.abs(height),
        fill: height < 0 ? "var(--one)" : "var(--line-y)",
      });
    });

  function draw({ x }) {
    net = forward(layers, activation, x);
    const { values } = net;
    const [scores, probabilities] = values.slice(-2);
    const { chosen } = state;
    // What feeds a probability's logit is shown for the probability, too.
    const [at, i] = chosen ? [Math.min(chosen[0], depth), chosen[1]] : [];

    // A chosen cell of the first layer shows its weights in place of the picture.
    const template = at === 1 && x.map((_, j) => layers[0].W[j * sizes[1] + i]);
    const about = template
      ? ["Weights", `of cell ${i + 1}:`, "blue +, orange −"]
      : ["Input", "14 × 14 pixels", "from 0 to 1"];
    inputTitles.forEach((node, k) => node.textContent = about[k]);
    if (template) squares(0, template, largest(template), "#69b7f5", "#ff9e5e");
    else squares(0, x, 1, "#f4efe2");
    for (let b = 1; b < depth; b++) {
      squares(b, values[b], largest(values[b]), "var(--line-y)", "var(--one)");
    }
    bars(depth, zero, 28 / largest(scores));
    bars(depth + 1, floor, 44);
    logits.forEach((node, k) => node.textContent = text(scores[k], 1));
    percents.forEach((node, k) => node.textContent = percent(probabilities[k]));
    const digit = probabilities.indexOf(Math.max(...probabilities));
    for (const all of [logits, percents, names]) {
      all.forEach((node, k) => node.classList.toggle("dd-best", k === digit));
    }
    layers.forEach((_, l) => wire(l, at, i));

    for (const [b, { node, last }] of banks.entries()) {
      node.dataset.values = JSON.stringify([...values[b]]);
      set(node, { "aria-valuenow": last + 1, "aria-valuetext": describe(b, last) });
    }
    readout.textContent = chosen ? describe(...chosen) : HINT;
    const marked = chosen && banks[chosen[0]];
    fill(mark, marked && rect(marked.places[i], marked.size, { class: "dd-mark", rx: 2 }));
    return probabilities;
  }

  // The same numbers as text.
  function tabulate() {
    const { sums, values } = net;
    const [scores, probabilities] = values.slice(-2);
    const output = probabilities.map((p, k) => [k, scores[k], p]);
    const hidden = range(depth - 1).map((l) => {
      const body = range(sizes[l + 1]).map((k) => [k + 1, sums[l][k], values[l + 1][k]]);
      return table(`Hidden layer ${l + 1}`, ["cell", "sum", "value"], body);
    });
    const places = range(GRID).map((k) => k + 1);
    const lines = places.map((k) => [k, ...values[0].subarray((k - 1) * GRID, k * GRID)]);
    return [
      table("Output", ["digit", "logit", "probability"], output),
      hidden,
      table("Input", ["row", ...places], lines, 2),
    ];
  }

  return page(
    STYLE,
    el(
      "p.dlx-ask",
      "How do 196 pixels become one digit? Draw, and follow them through the layers.",
    ),
    el(
      "div.dd",
      el(
        "div.dd-left",
        board,
      ),
      el("div.dd-right", tower),
      el(
        "div.dd-side",
        soft("Or load one of MNIST's test images; the last two are hard:"),
        pictures,
        readout,
        soft(
          "Wires: weight × value. Blue raises the cell below, orange lowers it; only the strongest are drawn.",
        ),
        help(
          KEYS_HELP,
          SHRINK_HELP,
          "A probability is the network's own. A scribble that is no digit can get a high one too.",
        ),
      ),
    ),
  );
}
