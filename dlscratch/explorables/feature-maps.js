// Draw a digit, and see every feature map that a convolutional network makes of it.

const { ARROWS, button, clamp, el, fill, keys, more, only, range, set } = globalThis.explorables;
const { svg, text } = globalThis.explorables;
const { GRID, KEYS_HELP, SHRINK_HELP, SIZE, affine, drawing } = globalThis.explorables.drawing;
const { help, largest, paint, percent, picture, soft, softmax } = globalThis.explorables.drawing;
const { table, unpack } = globalThis.explorables.drawing;

const TITLES = { conv: "Convolution", pool: "Pooling", linear: "Hidden layer" };
const MAKERS = {
  conv:
    "What the marked cell is made from. Left the kernel's weights: blue above 0, orange below. Right the values they are multiplied with.",
  pool: "What the marked cell is made from: the largest of these values.",
};
// Colours of values, and of weights: above 0, below 0.
const [CREAM, SIGNS] = [["#f4efe2", "#ff9e5e"], ["#69b7f5", "#ff9e5e"]];
// The test image that is on the board at the start.
const EXAMPLE = 3;
// Keys in rows of eight maps.
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 };

const STYLE = `
.dlx .fm { display: flex; flex-wrap: wrap; gap: 0.6rem 1.5rem; margin-top: 0.4rem; }
.dlx .fm-left { flex: 1 1 13rem; max-width: 15rem; min-width: 0; margin: 0 auto; }
.dlx .fm-left .dd-answer { min-height: 4.4rem; margin: 0; }
.dlx .fm-left .dd-big { font-size: 3.2rem; min-width: 2.4rem; }
.dlx .fm-right { flex: 2.2 1 19rem; min-width: 0; }
.dlx .fm-seen { display: flex; flex-wrap: wrap; gap: 0.4rem 1.5rem; }
.dlx .fm-title { margin: 0.55rem 0 0.2rem; font-weight: 600; line-height: 1.3; }
.dlx .fm-maps { display: grid; grid-template-columns: repeat(8, 1fr); gap: 4px; max-width: 32rem; }
.dlx .fm-maps button { min-height: 0; padding: 0; border: 2px solid var(--control); border-radius: 3px; background: #12161c; line-height: 0; overflow: hidden; }
.dlx .fm-maps button[aria-pressed="true"] { border-color: var(--one); box-shadow: 0 0 0 2px var(--one); }
.dlx .fm-maps button[data-feeds] { border-color: var(--line-1); }
.dlx .dd-frame[data-feeds] { outline: 2px solid var(--line-1); }
.dlx .fm-maps canvas, .dlx .fm-cells canvas { width: 100%; image-rendering: pixelated; }
.dlx .fm-maps canvas { aspect-ratio: 1; }
.dlx .fm-cells { max-width: 32rem; border: 1px solid var(--control); border-radius: 3px; background: #12161c; line-height: 0; }
.dlx .fm-cells canvas { height: 0.9rem; }
.dlx .fm-bars { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 3px; max-width: 32rem; font-size: 0.7rem; text-align: center; font-variant-numeric: tabular-nums; }
.dlx .fm-bars > div { display: flex; flex-direction: column; justify-content: flex-end; height: 5.2rem; }
.dlx .fm-bars span { margin: 0 -0.4rem; white-space: nowrap; }
.dlx .fm-bars i { background: var(--line-y); }
.dlx .fm-bars b { font-size: 1rem; line-height: 1.4; }
.dlx .fm-field { position: absolute; border: 2px solid #ffb37a; background: rgba(255, 179, 122, 0.18); border-radius: 3px; pointer-events: none; }
.dlx .fm-detail { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; }
.dlx .fm-detail svg { display: block; width: 100%; height: auto; overflow: visible; background: #12161c; }
.dlx .fm-detail svg:focus-visible { outline: 3px solid var(--line-1); outline-offset: 3px; }
.dlx .fm-big { flex: 0 0 12rem; }
.dlx .fm-sum { flex: 1 1 15rem; min-width: 0; }
.dlx .fm-parts { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; margin: 0.4rem 0; }
.dlx .fm-part { display: grid; grid-template-columns: auto auto; gap: 0 0.4rem; width: max-content; font-size: 0.8rem; text-align: center; font-variant-numeric: tabular-nums; }
.dlx .fm-part > span { grid-column: 1 / -1; }
.dlx .fm-part svg { width: 3.2rem; }
.dlx .fm-wide .fm-part svg { width: 6.4rem; }
@media (max-width: 40rem) {
  .dlx .fm-left { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 0 0.8rem; max-width: none; flex-basis: 100%; }
  .dlx .fm-left > .dd-frame { grid-row: 1 / 4; }
  .dlx .fm-left > :is(.dd-samples, .dlx-soft) { grid-column: 1 / -1; }
  .dlx .fm-left .dd-big { font-size: 2.4rem; min-width: 1.6rem; }
  .dlx .fm-left .dd-answer { gap: 0.5rem; min-height: 6.6rem; font-size: 0.88rem; }
  .dlx .fm-detail .fm-big { flex-basis: 7rem; }
  .dlx .fm-wide .fm-part svg { width: 4.6rem; }
}
.dlx .fm-part text { font-size: 3px; text-anchor: middle; fill: #fff; paint-order: stroke; stroke: #12161c; stroke-width: 0.7px; }
`;

// An array (C, H, W) as one flat list; outside of a map lies the padding's 0.
const at = ({ values, H, W }, c, i, j) =>
  i < 0 || j < 0 || i >= H || j >= W ? 0 : values[(c * H + i) * W + j];

// The K×K numbers of channel c that feed the cell (i, j).
function patch({ K, stride, padding }, input, c, i, j) {
  const [top, left] = [i * stride - padding, j * stride - padding];
  return range(K * K).map((k) => at(input, c, top + Math.floor(k / K), left + (k % K)));
}

const kernel = ({ W, C, K }, f, c) => W.subarray((f * C + c) * K * K, (f * C + c + 1) * K * K);
const product = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0);
const side = (n, { K, stride, padding }) => Math.floor((n + 2 * padding - K) / stride) + 1;

// The sums of a convolution, or what a pooling gives: maps (C, H, W).
function maps(layer, input) {
  const [H, W] = [side(input.H, layer), side(input.W, layer)];
  const C = layer.kind === "conv" ? layer.F : input.C;
  const cell = layer.kind === "pool"
    ? (...place) => Math.max(...patch(layer, input, ...place))
    : (f, i, j) =>
      range(input.C).reduce(
        (sum, c) => sum + product(patch(layer, input, c, i, j), kernel(layer, f, c)),
        layer.b[f],
      );
  const place = (k) => [Math.floor(k / (H * W)), Math.floor(k / W) % H, k % W];
  return { sums: Float64Array.from(range(C * H * W), (k) => cell(...place(k))), C, H, W };
}

// Each layer's output from the one before; sums are the values before the ReLU.
function run(layers, x) {
  const outputs = [{ values: x, C: 1, H: GRID, W: GRID }];
  for (const layer of layers) {
    const input = outputs.at(-1);
    const one = layer.kind === "linear"
      ? { sums: affine(layer, input.values) }
      : maps(layer, input);
    const relu = layer.kind === "conv" || layer.relu;
    outputs.push({ ...one, values: relu ? one.sums.map((z) => Math.max(z, 0)) : one.sums });
  }
  return outputs;
}

// What a cell is made from: patches of channels, and for a convolution kernels and the sums
// of their products.
function sources(layer, input, { f, i, j }) {
  const conv = layer.kind === "conv";
  const channels = conv ? range(layer.C) : [f];
  const patches = channels.map((c) => patch(layer, input, c, i, j));
  const kernels = conv ? channels.map((c) => [...kernel(layer, f, c)]) : [];
  return { channels, patches, kernels, sums: kernels.map((w, c) => product(patches[c], w)) };
}

// The first and last row (or column) of the input that the i-th of layer l depends on.
function field(layers, l, i) {
  let [first, last] = [i, i];
  for (const { K, stride, padding } of layers.slice(0, l + 1).reverse()) {
    [first, last] = [first * stride - padding, last * stride - padding + K - 1];
  }
  return [first, last];
}

// The k-th of the squares in a picture that is n wide.
const square = (k, n, more) =>
  svg("rect", {
    x: 10 * (k % n),
    y: 10 * Math.floor(k / n),
    width: 10,
    height: 10,
    stroke: "#59636e",
    ...more,
  });
const share = (v, top) => (Math.abs(v) / top).toFixed(3);

// n×n numbers as a picture, with the numbers written into it if there is room.
const tiles = (values, n, top, colours, written) =>
  svg(
    "svg",
    { viewBox: `0 0 ${10 * n} ${10 * n}`, "aria-hidden": "true" },
    values.map((v, k) => [
      square(k, n, {
        "stroke-width": 0.3,
        fill: colours[v < 0 ? 1 : 0],
        "fill-opacity": share(v, top),
      }),
      written && svg("text", { x: 10 * (k % n) + 5, y: 10 * Math.floor(k / n) + 6 }, text(v)),
    ]),
  );

export function explore({ layers: given, samples, ...packed }) {
  const take = unpack(packed);
  const layers = given.map((layer) => {
    const { kind, F, C, K, n, m } = layer;
    if (kind === "pool") return layer;
    const [weights, biases] = kind === "conv" ? [F * C * K ** 2, F] : [n * m, m];
    return { ...layer, W: take(weights), b: take(biases) };
  });
  const names = layers.map(({ kind }, l) => {
    const number = layers.slice(0, l + 1).filter((one) => one.kind === kind).length;
    return { key: `${kind}-${number}`, title: `${TITLES[kind]} ${number}` };
  });
  const depth = layers.filter(({ kind }) => kind !== "linear").length;
  let outputs = run(layers, new Float64Array(GRID ** 2));

  // The map of layer l that is shown large, and a cell of it: at first the one in the middle.
  const middle = (l) => ({ i: outputs[l + 1].H >> 1, j: outputs[l + 1].W >> 1 });
  const { state, update, frame, parts: board, page } = drawing(
    samples,
    { l: 0, f: 0, ...middle(0) },
    draw,
    "The numbers",
    tabulate,
    EXAMPLE,
  );
  function choose(l, f, i, j) {
    only(rows[l].buttons, rows[l].buttons[f]);
    update({ l, f, i, j });
  }
  // A click takes the map, and the cell under the pointer.
  function press({ detail, clientX, clientY }, l, f) {
    const { H, W } = outputs[l + 1];
    const { left, top, width, height } = rows[l].canvases[f].getBoundingClientRect();
    const cell = (part, n) => clamp(Math.floor(part * n), 0, n - 1);
    const { i, j } = state.l === l ? state : middle(l);
    if (!detail) choose(l, f, i, j); // a key
    else choose(l, f, cell((clientY - top) / height, H), cell((clientX - left) / width, W));
  }

  // The maps, a row of buttons for each layer; arrow keys move along it.
  const rows = layers.slice(0, depth).map(({ kind, K }, l) => {
    const { key, title } = names[l];
    const { C, H, W } = outputs[l + 1];
    const canvases = range(C).map(() => picture(W, H));
    const buttons = canvases.map((canvas, f) =>
      button(canvas, (event) => press(event, l, f), {
        "aria-label": `${title}, map ${f + 1} of ${C}`,
      })
    );
    only(buttons, buttons[0]);
    const onkeydown = keys(STEPS, (by, { target }) => {
      const next = buttons[clamp(buttons.indexOf(target) + by, 0, C - 1)];
      only(buttons, next);
      next.focus();
    });
    const words = kind === "conv" ? `${K} × ${K} kernels, then ReLU` : `largest of ${K} × ${K}`;
    const attributes = { role: "group", "aria-label": title, "data-layer": key, onkeydown };
    const node = el("div.fm-maps", attributes, buttons);
    const large = range(H * W).map((k) =>
      square(k, W, {
        "stroke-width": 0.4,
        fill: CREAM[0],
        "data-cell": `${Math.floor(k / W)},${k % W}`,
      })
    );
    const head = [`${title}: ${C} maps of ${H} × ${W} `, el("span.dlx-soft", words)];
    return { node, head: el("p.fm-title", head), canvases, buttons, large };
  });
  const strips = layers.slice(depth, -1).map(({ m }, k) => {
    const canvas = picture(m, 1);
    const { key, title } = names[depth + k];
    const words = `${title}: ${m} cells`;
    const attributes = { role: "img", "aria-label": words, "data-layer": key };
    return {
      canvas,
      node: el("div.fm-cells", attributes, canvas),
      head: el("p.fm-title", words),
    };
  });
  const bars = range(10).map((digit) => {
    const [number, bar] = [el("span"), el("i")];
    return { number, bar, node: el("div", number, bar, el("b", `${digit}`)) };
  });
  const results = el("div.fm-bars", { "data-layer": "probabilities" }, bars);

  // The input; a frame on it, and one on the board, is what the chosen cell looks at.
  const [onBoard, onInput] = [el("span.fm-field"), el("span.fm-field")];
  frame.append(onBoard);
  const pixels = set(picture(GRID, GRID), { style: "height: auto" });
  const input = el(
    "div.dd-frame",
    { style: "width: 6.5rem", "data-layer": "input" },
    el("div.fm-cells", { style: "border: 0" }, pixels),
    onInput,
  );

  // The chosen map, large, one cell of it, and what the cell is made from.
  const largeTitle = el("p.fm-title");
  const mark = svg("rect", {
    width: 10,
    height: 10,
    fill: "none",
    stroke: "#ffb37a",
    "stroke-width": 1.2,
    "pointer-events": "none",
  });
  const slider = svg("svg", {
    role: "slider",
    tabindex: 0,
    "aria-label": "A cell of the map: arrow keys move",
    "aria-valuemin": 1,
    onkeydown: keys(ARROWS, ([right, up]) => {
      const { l, f, i, j } = state;
      const { H, W } = outputs[l + 1];
      choose(l, f, clamp(i - up, 0, H - 1), clamp(j + right, 0, W - 1));
    }),
    onpointerover({ target }) {
      const { cell } = target.dataset;
      if (cell) choose(state.l, state.f, ...cell.split(",").map(Number));
    },
  });
  const maker = soft();
  const parts = el("div.fm-parts");
  const formula = el("p.dlx-numbers", { "data-formula": "" });
  const seen = el("p.dlx-soft", { "data-field": "" });

  const source = (c) => (state.l === 0 ? "input" : `map ${c + 1}`);
  const made = () => sources(layers[state.l], outputs[state.l], state);

  // The large map, and the sum that makes its cell.
  function detail() {
    const { l, f, i, j } = state;
    const { K, b, kind } = layers[l];
    const { sums, values, H, W } = outputs[l + 1];
    const { large } = rows[l];
    largeTitle.textContent = `${names[l].title}, map ${f + 1}`;
    if (slider.firstChild !== large[0]) {
      fill(set(slider, { viewBox: `0 0 ${10 * W} ${10 * H}` }), large, mark);
    }
    // The fill is there even at 0, so that the cell can be pointed at.
    const top = largest(values);
    large.forEach((one, k) => set(one, { "fill-opacity": share(values[f * H * W + k], top) }));
    set(mark, { x: 10 * j, y: 10 * i });

    const { channels, patches, kernels, sums: products } = made();
    const [strongest, brightest] = [kernels, patches].map((all) => largest(all.flat()));
    const written = channels.length === 1;
    maker.textContent = MAKERS[kind];
    parts.classList.toggle("fm-wide", written);
    fill(
      parts,
      channels.map((c, k) =>
        el(
          "div.fm-part",
          kind === "conv" && tiles(kernels[k], K, strongest, SIGNS, written),
          tiles(patches[k], K, brightest, CREAM, written),
          kind === "conv"
            ? el("span", { "data-part": products[k] }, `${source(c)}: ${text(products[k], 3)}`)
            : el("span", `from ${source(c)}`),
        )
      ),
    );
    parts.dataset.weights = kind === "conv" ? JSON.stringify(kernels) : "";
    parts.dataset.patches = JSON.stringify(patches);
    const k = (f * H + i) * W + j;
    const value = text(values[k], 4);
    const term = (v) => v < 0 ? `(${text(v, 3)})` : text(v, 3);
    const words = kind === "conv"
      ? `relu(${products.map(term).join(" + ")} + bias ${term(b[f])}) = relu(${text(sums[k], 4)})`
      : `max(${patches[0].map((v) => text(v, 3)).join(", ")})`;
    formula.textContent = `Row ${i + 1}, column ${j + 1}: ${words} = ${value}`;
    Object.assign(formula.dataset, { sum: sums[k], value: values[k] });
    set(slider, {
      "aria-valuemax": H * W,
      "aria-valuenow": i * W + j + 1,
      "aria-valuetext": formula.textContent,
    });
    rows.forEach(({ buttons }, k) =>
      buttons.forEach((one, g) =>
        set(one, {
          "aria-pressed": `${k === l && g === f}`,
          "data-feeds": k === l - 1 && channels.includes(g) && "",
        })
      )
    );
    input.toggleAttribute("data-feeds", l === 0);
  }

  // Where on the input, and on the drawing, the cell looks.
  function look(place) {
    const ways = [state.i, state.j].map((i) => field(layers, state.l, i));
    const [r, c] = ways.map((way) => way.map((n) => clamp(n, 0, GRID - 1)));
    const padded = ways.flat().some((n) => n < 0 || n >= GRID);
    seen.textContent = `Receptive field: rows ${r[0] + 1} to ${r[1] + 1}, columns ${c[0] + 1} to ${
      c[1] + 1
    } of the 14 × 14 pixels.${padded ? " The rest of it lies on padding." : ""}`;
    Object.assign(seen.dataset, { rows: JSON.stringify(r), columns: JSON.stringify(c) });
    const put = (box, from, to, size) => {
      const [top, left, bottom, right] = [...from, ...to].map((v) => 100 * clamp(v / size, 0, 1));
      box.style.cssText = `top: ${top}%; left: ${left}%; height: ${bottom - top}%; width: ${
        right - left
      }%`;
    };
    const [from, to] = [[r[0], c[0]], [r[1] + 1, c[1] + 1]];
    put(onInput, from, to, GRID);
    put(onBoard, place(...from), place(...to), SIZE);
  }

  function draw({ x, at: place }) {
    outputs = run(layers, x);
    const logits = [...outputs.at(-1).values];
    const probabilities = softmax(logits);
    const keep = (node, values) => node.dataset.values = JSON.stringify([...values]);
    paint(pixels, x);
    keep(input, x);
    rows.forEach(({ node, canvases }, l) => {
      const { values, H, W } = outputs[l + 1];
      const top = largest(values);
      canvases.forEach((one, f) => paint(one, values.subarray(f * H * W, (f + 1) * H * W), top));
      keep(node, values);
    });
    strips.forEach(({ node, canvas }, k) => {
      const { values } = outputs[depth + k + 1];
      paint(canvas, values, largest(values));
      keep(node, values);
    });
    keep(results, probabilities);
    results.dataset.logits = JSON.stringify(logits);
    bars.forEach(({ number, bar }, k) => {
      // Ten of "<0.1" side by side would run together.
      number.textContent = probabilities[k] < 0.001 ? "≈0" : percent(probabilities[k]);
      bar.style.height = `${(2.4 * probabilities[k]).toFixed(3)}rem`;
    });
    detail();
    look(place);
    return probabilities;
  }

  // The same numbers as text.
  function tabulate() {
    const { l, f } = state;
    const { values, H, W } = outputs[l + 1];
    const logits = outputs.at(-1).values;
    const output = softmax(logits).map((p, k) => [k, logits[k], p]);
    const { channels, patches, kernels } = made();
    const lines = channels.flatMap((c, k) => [
      ...(kernels[k] ? [[`${source(c)}: weights`, ...kernels[k]]] : []),
      [`${source(c)}: values`, ...patches[k]],
    ]);
    const counted = (n) => range(n).map((k) => k + 1);
    const row = (i) => values.subarray((f * H + i) * W, (f * H + i + 1) * W);
    return [
      table("Output", ["digit", "logit", "probability"], output),
      table("What feeds the chosen cell", ["row by row", ...counted(layers[l].K ** 2)], lines),
      table(
        `${names[l].title}, map ${f + 1}`,
        ["row", ...counted(W)],
        range(H).map((i) => [i + 1, ...row(i)]),
      ),
    ];
  }

  return page(
    STYLE,
    el("p.dlx-ask", "What does each kernel find in the digit? Choose a map; then draw your own."),
    el(
      "div.fm",
      el(
        "div.fm-left",
        frame,
        board.tools,
        board.answer,
        board.live,
        soft("Draw on it, or load one of MNIST's test images:"),
        board.samples,
      ),
      el(
        "div.fm-right",
        rows[0].head,
        rows[0].node,
        el(
          "div.fm-detail",
          el("div.fm-big", largeTitle, slider),
          el("div.fm-sum", maker, parts, formula),
        ),
        more(
          "The layers behind, down to the answer",
          el("div.fm-seen", el("div", el("p.fm-title", "Input: 14 × 14 pixels"), input), seen),
          [...rows.slice(1), ...strips].map(({ head, node }) => [head, node]),
          el("p.fm-title", "Softmax: probabilities in %"),
          results,
          soft(
            "Brightness: a value's share of the layer's largest. Choose a map to see what makes it; what it is made from has a blue frame.",
          ),
        ),
        help(
          KEYS_HELP,
          "In a row of maps: arrow keys move, Enter or Space chooses. In the large map, arrow keys move from cell to cell.",
          SHRINK_HELP,
        ),
      ),
    ),
  );
}
