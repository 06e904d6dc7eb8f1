// Draw a digit, and see every number that a small network computes from it.

const {
  BOARD_STYLE,
  GRID,
  KEYS_HELP,
  SHRINK_HELP,
  bytes,
  drawingBoard,
  inWords,
  percent,
  shrink,
  verdict,
} = globalThis.explorables.drawing;
const { clamp, el, set, settled, svg, text } = globalThis.explorables;
const { requestAnimationFrame } = globalThis;

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -1e9, End: 1e9 };
const ACTIVATIONS = {
  relu: (z) => Math.max(z, 0),
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
};

const STYLE = `${BOARD_STYLE}
.dlx .dd { display: flex; flex-wrap: wrap; gap: 0.8rem 1.5rem; }
.dlx .dd-left { flex: 1 1 16rem; max-width: 22rem; min-width: 0; margin: 0 auto; }
.dlx .dd-right { flex: 1.4 1 21rem; max-width: 30rem; min-width: 0; margin: 0 auto; }
.dlx .dd-tower { display: block; width: 100%; height: auto; overflow: visible;  }
.dlx .dd-tower text { fill: var(--soft); font-size: 12px; user-select: none; paint-order: stroke; stroke: var(--bg); stroke-width: 5px; stroke-linejoin: round; }
.dlx .dd-tower .dd-title { font-weight: 600; fill: var(--ink); }
.dlx .dd-tower .dd-number { font-size: 11px; text-anchor: middle; font-variant-numeric: tabular-nums; stroke-width: 3px; }
.dlx .dd-tower .dd-name { font-size: 15px; font-weight: 600; text-anchor: middle; fill: var(--ink); }
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
.dlx .dd-tables { max-height: 22rem; overflow: auto; }

`;

// The parameters that Python packed: whole steps in one byte each, or float32.
function unpack({ sizes, steps, weights }) {
  const { buffer } = bytes(weights);
  const all = Float64Array.from(
    steps ? new Int8Array(buffer) : new Float32Array(buffer),
    (v) => v / (steps || 1),
  );
  let at = 0;
  return sizes.slice(1).map((m, l) => {
    const n = sizes[l];
    const W = all.subarray(at, at += n * m);
    return { n, m, W, b: all.subarray(at, at += m) };
  });
}

// sums[l] and values[l + 1] of each layer: x W + b, and the activation of it.
function forward(layers, activation, x) {
  const values = [x];
  const sums = layers.map(({ n, m, W, b }, l) => {
    const z = Float64Array.from(b);
    for (let j = 0; j < n; j++) {
      const a = values[l][j];
      if (a) { for (let k = 0; k < m; k++) z[k] += a * W[j * m + k]; }
    }
    values.push(l < layers.length - 1 ? z.map(ACTIVATIONS[activation]) : z);
    return z;
  });
  const logits = values.at(-1);
  const top = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - top));
  const total = powers.reduce((s, p) => s + p);
  return { sums, values, probabilities: powers.map((p) => p / total) };
}

const rect = ([x, y], [width, height], more) =>
  svg("rect", { x: x - width / 2, y: y - height / 2, width, height, ...more });

// A layer as cells that can be pointed at; for the keyboard it is a slider over them.
function bank(layer, title, places, size, draw) {
  const [x, y] = places[0];
  const [right, bottom] = [0, 1].map((k) => Math.max(...places.map((p) => p[k])));
  const middle = [(x + right) / 2, (y + bottom) / 2];
  const whole = [right - x + size[0], bottom - y + size[1]];
  const cells = places.map(draw);
  const hits = places.map((place, i) => rect(place, size, { class: "dd-hit", "data-i": i }));
  const ring = rect(middle, whole, { class: "dd-ring", rx: 3 });
  const node = svg("g", {
    class: "dd-bank",
    role: "slider",
    tabindex: 0,
    style: "outline: none",
    "data-layer": layer,
    "aria-label": `${title}: read one value`,
    "aria-valuemin": 1,
    "aria-valuemax": places.length,
    "aria-valuenow": 1,
  });

  if (layer === "input") node.append(rect(middle, whole, { fill: "#12161c" }));
  node.append(...cells, ring, ...hits);
  return {
    node,
    cells,
    places,
    size,
    layer,
    title,
    last: 0,
    top: y - size[1] / 2,
    foot: bottom + size[1] / 2,
  };
}

// Rows of at most 16 cells, centred.
function rows(n, x, y, pitch) {
  const columns = Math.ceil(n / Math.ceil(n / 16));
  return Array.from({ length: n }, (_, i) => [
    x + ((i % columns) - (columns - 1) / 2) * pitch,
    y + (Math.floor(i / columns) + 0.5) * pitch,
  ]);
}

export function explore(props) {
  const layers = unpack(props);
  const depth = layers.length;
  const board = drawingBoard(props.samples, changed, (words) => {
    place = words;
    say();
  });

  // The answer, for eyes and for ears.
  const big = el("span", { class: "dd-big", "aria-hidden": "true" });
  const sentence = el("span");
  const answer = el("p", { class: "dd-answer" }, big, sentence);
  const said = el("p", { class: "dlx-hidden", role: "status" });
  let place = "";
  const say = settled(() => {
    said.textContent = place + sentence.textContent;
    place = "";
  });

  // The network, as a tower: the input at the top, the probabilities at the bottom.
  const square = (size, rx) => (place) => rect(place, [size, size], { class: "dd-cell", rx });

  const inputPlaces = Array.from({ length: GRID * GRID }, (_, i) => [
    115 + 10 * (i % GRID),
    5 + 10 * Math.floor(i / GRID),
  ]);
  const banks = [bank("input", "Input", inputPlaces, [10, 10], square(10, 0))];

  const inputTitles = [14, 31, 47].map((v) =>
    svg("text", { class: v === 14 && "dd-title", x: 0, y: v })
  );
  const titles = [...inputTitles];

  const label = (v, left, right) =>
    titles.push(
      svg("text", { class: "dd-title", x: 0, y: v }, left),
      svg("text", { x: 360, y: v, "text-anchor": "end" }, right),
    );
  let y = GRID * 10;
  layers.slice(0, -1).forEach(({ m }, l) => {
    const places = rows(m, 180, y + 52, 22);
    const title = `Hidden layer ${l + 1}`;
    label(y + 44, title, `${m} cells`);
    banks.push(bank(`hidden-${l + 1}`, title, places, [22, 22], square(19, 3)));
    y = places.at(-1)[1] + 11;
  });
  const columns = (centre) => Array.from({ length: 10 }, (_, i) => [18 + 36 * i, centre]);
  label(y + 44, "Logits", "one score for each digit");
  label(y + 150, "Softmax", "probabilities in %");
  const [zero, floor] = [y + 82, y + 208];
  const digitNames = columns(0).map(([x], i) =>
    svg("text", { class: "dd-name", x, y: floor + 34 }, String(i))
  );
  const bar = (x, base) =>
    svg("rect", { x: x - 11, y: base, width: 22, height: 0, fill: "var(--line-y)" });
  banks.push(bank("logits", "Logits", columns(zero + 6), [36, 76], ([x]) => bar(x, zero)));
  banks.push(
    bank(
      "probabilities",
      "Softmax probabilities",
      columns(floor - 8),
      [36, 88],
      ([x]) => bar(x, floor),
    ),
  );
  const numbersAt = (line) =>
    columns(line).map(([x, v]) => svg("text", { class: "dd-number", x, y: v }));
  const [logitTexts, probabilityTexts] = [numbersAt(zero + 42), numbersAt(floor + 15)];
  const wires = layers.map(() => svg("g"));
  const mark = svg("g");
  banks.forEach((each, b) => {
    const { node, cells } = each;
    set(node, {
      onfocus: () => node.matches(":focus-visible") && choose(b, each.last),
      onblur: () => choose(),
      onkeydown(event) {
        if (!(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        choose(b, clamp(each.last + STEPS[event.key], 0, cells.length - 1));
      },
      onpointerover: (event) => event.target.dataset.i && choose(b, Number(event.target.dataset.i)),
    });
  });
  const tower = svg(
    "svg",
    {
      class: "dd-tower",
      viewBox: `0 0 360 ${floor + 40}`,
      role: "group",
      "aria-label": "Every layer of the network",
      onpointerleave: (event) => event.pointerType === "mouse" && choose(),
    },
    ...wires,
    ...titles,
    svg("line", { class: "dlx-axis", x1: 0, x2: 360, y1: zero, y2: zero }),
    svg("line", { class: "dlx-axis", x1: 0, x2: 360, y1: floor, y2: floor }),
    ...banks.map(({ node }) => node),
    ...logitTexts,
    ...probabilityTexts,
    ...digitNames,
    mark,
  );

  const hint =
    "Point at a cell to read its number and see what feeds it. From the keyboard: Tab to a layer, then arrow keys.";
  const readout = el("p", { class: "dd-readout dlx-numbers" }, hint);
  let chosen; // [bank, cell]
  function choose(b, i) {
    chosen = b === undefined ? undefined : [b, i];
    if (chosen) banks[b].last = i;
    changed();
  }

  // What a cell holds, in words.
  function describe(b, i) {
    const { title, layer } = banks[b];
    if (layer === "input") {
      return `Input, row ${Math.floor(i / GRID) + 1}, column ${(i % GRID) + 1}: ${
        text(state.values[0][i], 4)
      }`;
    }
    if (layer === "logits") return `Logit of ${i}: ${text(state.sums[depth - 1][i], 4)}`;
    if (layer === "probabilities") return `Probability of ${i}: ${text(state.probabilities[i], 4)}`;
    return `${title}, cell ${i + 1}: ${props.activation}(${text(state.sums[b - 1][i], 4)}) = ${
      text(state.values[b][i], 4)
    }`;
  }

  // The strongest products weight × value: of a layer, or those at the chosen cell.
  function wire(l) {
    const { n, m, W } = layers[l];
    const a = state.values[l];
    const at = chosen && Math.min(chosen[0], depth);
    const [from, to] = [at === l && chosen[1], at === l + 1 && chosen[1]];
    const sizes = new Float64Array(n * m);
    if (!chosen || from !== false || to !== false) {
      for (let j = 0; j < n; j++) {
        if (!a[j] || (from !== false && j !== from)) continue;
        for (let k = 0; k < m; k++) {
          if (to === false || k === to) sizes[j * m + k] = Math.abs(a[j] * W[j * m + k]);
        }
      }
    }
    const top = sizes.reduce((p, q) => Math.max(p, q), 1e-9);
    const strong = [...sizes.keys()].filter((i) => sizes[i] > 0.15 * top).sort((p, q) =>
      sizes[q] - sizes[p]
    );
    const [above, below] = [banks[l], banks[l + 1]];
    const start = above.foot;
    wires[l].replaceChildren(
      ...strong.slice(0, 60).map((i) => {
        const [j, k, size] = [Math.floor(i / m), i % m, sizes[i] / top];
        return svg("line", {
          x1: above.places[j][0],
          y1: start,
          x2: below.places[k][0],
          y2: below.top,
          stroke: W[i] * a[j] > 0 ? "var(--one)" : "var(--line-1)",
          "stroke-width": (0.5 + 1.7 * size).toFixed(2),
          opacity: (0.15 + 0.7 * size).toFixed(2),
        });
      }),
    );
  }

  function shade(b) {
    const { cells, node, layer } = banks[b];
    const values = layer === "probabilities" ? state.probabilities : state.values[b];
    node.dataset.values = JSON.stringify([...values]);
    if (layer === "logits" || layer === "probabilities") {
      const top = layer === "logits" ? Math.max(1e-9, ...values.map(Math.abs)) / 28 : 1 / 44;
      const [base, texts] = layer === "logits" ? [zero, logitTexts] : [floor, probabilityTexts];
      cells.forEach((cell, i) => {
        const height = values[i] / top;
        set(cell, {
          y: base - Math.max(height, 0),
          height: Math.abs(height),
          fill: height < 0 ? "var(--line-1)" : "var(--line-y)",
        });
        texts[i].textContent = layer === "logits" ? text(values[i], 1) : percent(values[i]);
        texts[i].classList.toggle("dd-best", i === state.digit);
      });
      return;
    }
    // A chosen cell of the first layer shows its weights in place of the picture.
    const template = b === 0 && chosen && Math.min(chosen[0], depth) === 1;
    const { m, W } = layers[0];

    if (b === 0) {
      const words = template
        ? ["Weights", `of cell ${chosen[1] + 1}:`, "orange +, blue −"]
        : ["Input", "14 × 14 pixels", "from 0 to 1"];
      inputTitles.forEach((node, i) => (node.textContent = words[i]));
    }
    const shown = template ? values.map((_, j) => W[j * m + chosen[1]]) : values;
    const top = b === 0 && !template ? 1 : Math.max(...shown.map(Math.abs), 1e-9);

    const [plus, minus] = template
      ? ["#ff9e5e", "#69b7f5"]
      : b === 0
      ? ["#f4efe2"]
      : ["var(--line-y)", "var(--line-1)"];
    cells.forEach((cell, i) =>
      set(cell, {
        fill: shown[i] < 0 ? minus : plus,
        "fill-opacity": (Math.abs(shown[i]) / top).toFixed(3),
      })
    );
  }

  // Everything that the page shows follows from the ink and the chosen cell.
  let state;
  let waiting = false;
  function changed() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(render);
  }
  function render() {
    waiting = false;
    const { empty, meant } = board.paint();
    state = forward(layers, props.activation, shrink(board.ink).x);
    const [digit, words, sure] = verdict(state.probabilities);
    state.digit = digit;
    banks.forEach((_, b) => shade(b));
    layers.forEach((_, l) => wire(l));
    digitNames.forEach((name, i) => name.classList.toggle("dd-best", i === digit));

    big.textContent = empty ? "?" : digit;
    answer.classList.toggle("dd-unsure", empty || !sure);

    const wrong = meant !== undefined && meant !== digit;
    const message = empty
      ? `Nothing is drawn, yet the network says ${digit} (${
        inWords(state.probabilities[digit])
      }): one of ten is all it can say.`
      : words + (wrong ? ` Its label says ${meant}: the network is wrong.` : "");
    if (sentence.textContent !== message) {
      if (sentence.textContent) say();
      sentence.textContent = message;
    }
    Object.assign(answer.dataset, {
      digit: empty ? "" : digit,
      probability: state.probabilities[digit],
    });

    for (const [b, each] of banks.entries()) {
      set(each.node, { "aria-valuenow": each.last + 1, "aria-valuetext": describe(b, each.last) });
    }
    readout.textContent = chosen ? describe(...chosen) : hint;
    mark.replaceChildren();
    if (chosen) {
      const { places, size } = banks[chosen[0]];
      mark.replaceChildren(rect(places[chosen[1]], size, { class: "dd-mark", rx: 2 }));
    }
    if (tables.open) tabulate();
  }

  // The same numbers as text.
  const cell = (tag, more) => (value) =>
    el(tag, more, typeof value === "number" ? text(value, 4) : value);
  const [td, head, name] = [
    cell("td", {}),
    cell("th", { scope: "col" }),
    cell("th", { scope: "row" }),
  ];
  function table(caption, titles, body) {
    const lines = body.map(([first, ...rest]) => el("tr", {}, name(first), ...rest.map(td)));
    const top = el("thead", {}, el("tr", {}, ...titles.map(head)));
    return el("table", {}, el("caption", {}, caption), top, el("tbody", {}, ...lines));
  }
  const sheet = el("div", {
    class: "dd-tables",
    tabindex: 0,
    role: "region",
    "aria-label": "All numbers",
  });
  function tabulate() {
    const { sums, values, probabilities } = state;
    const row = (i) => [...values[0].subarray(i * GRID, (i + 1) * GRID)].map((v) => text(v));
    const numbered = (n) => Array.from({ length: n }, (_, i) => String(i + 1));
    sheet.replaceChildren(
      table(
        "Output",
        ["digit", "logit", "probability"],
        [...probabilities].map((p, i) => [String(i), values[depth][i], p]),
      ),
      ...banks.slice(1, depth).map(({ title }, l) =>
        table(
          title,
          ["cell", "sum", "value"],
          numbered(sums[l].length).map((i, k) => [i, sums[l][k], values[l + 1][k]]),
        )
      ),
      table(
        "Input",
        ["row", ...numbered(GRID)],
        numbered(GRID).map((i, k) => [i, ...row(k)]),
      ),
    );
  }
  const tables = el(
    "details",
    { ontoggle: () => tables.open && tabulate() },
    el("summary", {}, "All numbers as tables"),
    sheet,
  );

  const says = (words, more = {}) => el("p", more, words);
  const soft = (words) => says(words, { class: "dlx-soft" });
  const help = el(
    "details",
    {},
    el("summary", {}, "Keys, and what happens to your drawing"),
    says(KEYS_HELP),
    says(SHRINK_HELP),
    says("A probability is the network's own. A scribble that is no digit can get a high one too."),
  );
  const left = el(
    "div",
    { class: "dd-left" },
    board.frame,
    board.tools,
    soft("Use mouse, finger, pen, or keys: arrows move, Space draws."),
    answer,
    said,
    soft("Or load one of MNIST's test images; the last two are hard:"),
    board.pictures,
  );
  const right = el(
    "div",
    { class: "dd-right" },
    tower,
    readout,
    soft(
      "Wires: weight × value. Orange raises the cell below, blue lowers it; only the strongest are drawn.",
    ),
  );
  render();
  return el(
    "div",
    {},
    el("style", {}, STYLE),
    el("div", { class: "dd" }, left, right),
    help,
    tables,
  );
}
