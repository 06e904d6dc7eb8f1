// Draw a digit, and see every feature map that a convolutional network makes of it.

const {
  BOARD_STYLE,
  GRID,
  KEYS_HELP,
  SHRINK_HELP,
  SIZE,
  bytes,
  drawingBoard,
  inWords,
  percent,
  shrink,
  verdict,
} = globalThis.explorables.drawing;
const { button, clamp, el, set, settled, svg, text } = globalThis.explorables;
const { requestAnimationFrame } = globalThis;

const STYLE = `${BOARD_STYLE}
.dlx .fm { display: flex; flex-wrap: wrap; gap: 0.8rem 1.5rem; }
.dlx .fm-left { flex: 1 1 16rem; max-width: 20rem; min-width: 0; margin: 0 auto; }
.dlx .fm-right { flex: 1.6 1 21rem; min-width: 0; }
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
.dlx .fm-detail { display: flex; flex-wrap: wrap; gap: 0.4rem 1.5rem; margin-top: 0.6rem; padding-top: 0.2rem; border-top: 1px solid var(--edge); }
.dlx .fm-detail svg { display: block; width: 100%; height: auto; overflow: visible; background: #12161c; }
.dlx .fm-detail svg:focus-visible { outline: 3px solid var(--line-1); outline-offset: 3px; }
.dlx .fm-big { flex: 0 0 12rem; }
.dlx .fm-sum { flex: 1 1 18rem; min-width: 0; }
.dlx .fm-parts { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; margin: 0.4rem 0; }
.dlx .fm-part { display: grid; grid-template-columns: auto auto; gap: 0 0.4rem; width: max-content; font-size: 0.8rem; text-align: center; font-variant-numeric: tabular-nums; }
.dlx .fm-part > span { grid-column: 1 / -1; }
.dlx .fm-part svg { width: 3.2rem; }
.dlx .fm-wide .fm-part svg { width: 7rem; }
.dlx .fm-part text { font-size: 3px; text-anchor: middle; fill: #fff; paint-order: stroke; stroke: #12161c; stroke-width: 0.7px; }
.dlx .fm-tables { max-height: 20rem; overflow: auto; }
`;
const INK = [244, 239, 226];
const range = (n) => Array.from({ length: n }, (_, i) => i);

// The layers with their weights: whole steps in one byte each, or float32.
function unpack({ layers, steps, weights }) {
  const { buffer } = bytes(weights);
  const all = Float64Array.from(
    steps ? new Int8Array(buffer) : new Float32Array(buffer),
    (v) => v / (steps || 1),
  );
  let at = 0;
  const take = (n) => all.subarray(at, at += n);
  return layers.map((layer) => {
    if (layer.kind === "conv") {
      return { ...layer, W: take(layer.F * layer.C * layer.K ** 2), b: take(layer.F) };
    }
    if (layer.kind === "linear") return { ...layer, W: take(layer.n * layer.m), b: take(layer.m) };
    return layer;
  });
}

// An array (C, H, W) as one flat list; outside of a map lies the padding's 0.
const value = (
  { values, H, W },
  c,
  i,
  j,
) => (i < 0 || j < 0 || i >= H || j >= W ? 0 : values[(c * H + i) * W + j]);

// The K×K numbers of channel c that feed the cell (i, j).
function patch(layer, input, c, i, j) {
  const { K, stride, padding } = layer;
  const place = (k) => [i * stride - padding + Math.floor(k / K), j * stride - padding + (k % K)];
  return range(K * K).map((k) => value(input, c, ...place(k)));
}

const kernel = ({ W, C, K }, f, c) => W.subarray((f * C + c) * K * K, (f * C + c + 1) * K * K);
const product = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0);
const side = (n, { K, stride, padding }) => Math.floor((n + 2 * padding - K) / stride) + 1;

// Each layer's output from the one before; sums are the values before the ReLU.
function run(layers, x) {
  const outputs = [{ values: x, C: 1, H: GRID, W: GRID }];
  for (const layer of layers) {
    const input = outputs.at(-1);
    if (layer.kind === "linear") {
      const sums = Float64Array.from(layer.b);
      input.values.forEach((a, j) => {
        if (a) { for (let k = 0; k < layer.m; k++) sums[k] += a * layer.W[j * layer.m + k]; }
      });
      outputs.push({ sums, values: layer.relu ? sums.map((z) => Math.max(z, 0)) : sums });
      continue;
    }
    const C = layer.kind === "conv" ? layer.F : input.C;
    const [H, W] = [side(input.H, layer), side(input.W, layer)];
    const sums = new Float64Array(C * H * W);
    for (let f = 0; f < C; f++) {
      for (let i = 0; i < H; i++) {
        for (let j = 0; j < W; j++) {
          sums[(f * H + i) * W + j] = layer.kind === "pool"
            ? Math.max(...patch(layer, input, f, i, j))
            : range(input.C).reduce(
              (sum, c) => sum + product(patch(layer, input, c, i, j), kernel(layer, f, c)),
              layer.b[f],
            );
        }
      }
    }
    outputs.push({
      sums,
      values: layer.kind === "conv" ? sums.map((z) => Math.max(z, 0)) : sums,
      C,
      H,
      W,
    });
  }
  return outputs;
}

function softmax(logits) {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (z) => Math.exp(z - top));
  const total = powers.reduce((sum, p) => sum + p);
  return powers.map((p) => p / total);
}

// The first and last row (or column) of the input that the i-th of layer l depends on.
function field(layers, l, i) {
  let [first, last] = [i, i];
  for (let k = l; k >= 0; k--) {
    const { K, stride, padding } = layers[k];
    [first, last] = [first * stride - padding, last * stride - padding + K - 1];
  }
  return [first, last];
}

export function explore(props) {
  const layers = unpack(props);
  const spatial = layers.filter(({ kind }) => kind !== "linear");
  const counts = { conv: 0, pool: 0, linear: 0 };
  const names = layers.map((layer) => {
    counts[layer.kind] += 1;
    if (layer === layers.at(-1)) return ["logits", "Logits"];
    const title = { conv: "Convolution", pool: "Pooling", linear: "Hidden layer" }[layer.kind];
    return [`${layer.kind}-${counts[layer.kind]}`, `${title} ${counts[layer.kind]}`];
  });

  let outputs, probabilities, ink;
  let chosen = { l: 0, f: 0, i: 0, j: 0 };
  let waiting = false;
  let place = "";
  function changed() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(render);
  }
  const board = drawingBoard(props.samples, changed, (words) => {
    place = words;
    say();
  });

  const big = el("span", { class: "dd-big", "aria-hidden": "true" });
  const sentence = el("span");
  const answer = el("p", { class: "dd-answer" }, big, sentence);
  const said = el("p", { class: "dlx-hidden", role: "status" });
  const say = settled(() => {
    said.textContent = place + sentence.textContent;
    place = "";
  });

  // The maps, a row of buttons for each layer; arrow keys move along it.
  const picture = (H, W) => el("canvas", { width: W, height: H });
  function paint(canvas, values, top) {
    const image = new ImageData(canvas.width, canvas.height);
    values.forEach((v, k) => image.data.set([...INK, (255 * v) / top], 4 * k));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
  const boxes = () => [el("span", { class: "fm-field" }), el("span", { class: "fm-field" })];
  const [onBoard, onInput] = boxes();
  const inputCanvas = picture(GRID, GRID);
  board.frame.append(onBoard);
  outputs = run(layers, new Float64Array(GRID * GRID));
  const maps = spatial.map((layer, l) => {
    const { C, H, W } = outputs[l + 1];
    const canvases = range(C).map(() => picture(H, W));
    const buttons = canvases.map((canvas, f) =>
      button(canvas, (event) => press(event, l, f), {
        "aria-label": `${names[l][1]}, map ${f + 1} of ${C}`,
        "aria-pressed": "false",
        tabindex: f ? -1 : 0,
      })
    );
    const node = el(
      "div",
      {
        class: "fm-maps",
        role: "group",
        "aria-label": names[l][1],
        "data-layer": names[l][0],
        onkeydown(event) {
          const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 };
          if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          event.stopPropagation();
          const next = buttons[clamp(buttons.indexOf(event.target) + steps[event.key], 0, C - 1)];
          buttons.forEach((one) => (one.tabIndex = one === next ? 0 : -1));
          next.focus();
        },
      },
      ...buttons,
    );
    const kind = layer.kind === "conv"
      ? `${layer.K} × ${layer.K} kernels, then ReLU`
      : `largest of ${layer.K} × ${layer.K}`;
    const title = el(
      "p",
      { class: "fm-title" },
      `${names[l][1]}: ${C} maps of ${H} × ${W} `,
      el("span", { class: "dlx-soft" }, kind),
    );
    return { node, title, canvases, buttons };
  });
  // A click takes the map, and the cell under the pointer.
  function press(event, l, f) {
    const { H, W } = outputs[l + 1];
    const box = maps[l].canvases[f].getBoundingClientRect();
    const cell = (offset, size, n) => clamp(Math.floor((offset / size) * n), 0, n - 1);
    if (event.detail) {
      choose(
        l,
        f,
        cell(event.clientY - box.top, box.height, H),
        cell(event.clientX - box.left, box.width, W),
      );
    } else choose(l, f, ...(chosen.l === l ? [chosen.i, chosen.j] : [H >> 1, W >> 1]));
  }

  const strips = layers.slice(spatial.length, -1).map(({ m }, k) => {
    const canvas = picture(1, m);
    const l = spatial.length + k;
    const node = el("div", {
      class: "fm-cells",
      role: "img",
      "aria-label": `${names[l][1]}: ${m} cells`,
      "data-layer": names[l][0],
    }, canvas);
    return { node, canvas, title: el("p", { class: "fm-title" }, `${names[l][1]}: ${m} cells`) };
  });
  const bars = range(10).map((digit) => {
    const [number, bar] = [el("span"), el("i")];
    return { number, bar, node: el("div", {}, number, bar, el("b", {}, String(digit))) };
  });
  const inputNode = el(
    "div",
    { class: "dd-frame", style: "width: 6.5rem", "data-layer": "input" },
    el("div", { class: "fm-cells", style: "border: 0" }, inputCanvas),
    onInput,
  );
  inputCanvas.style.height = "auto";
  const probabilityNode = el(
    "div",
    { class: "fm-bars", "data-layer": "probabilities" },
    ...bars.map(({ node }) => node),
  );

  // The chosen map, large, one cell of it, and what feeds the cell.
  const largeTitle = el("p", { class: "fm-title" });
  const large = el("div", { class: "fm-big" });
  const formulaLine = el("p", { class: "dlx-numbers", "data-formula": "" });
  const parts = el("div", { class: "fm-parts" });
  const seen = el("p", { class: "dlx-soft", "data-field": "" });
  let cells = [];
  function choose(l, f, i, j) {
    chosen = { l, f, i, j };
    maps.forEach(({ buttons }, k) =>
      buttons.forEach((one, g) => {
        set(one, { "aria-pressed": String(k === l && g === f) });
        if (k === l) one.tabIndex = g === f ? 0 : -1;
      })
    );
    changed();
  }
  const slider = svg("svg", {
    role: "slider",
    tabindex: 0,
    "aria-label": "A cell of the map: arrow keys move",
    "aria-valuemin": 1,
    onkeydown(event) {
      const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const { l, f, i, j } = chosen;
      const { H, W } = outputs[l + 1];
      const [down, right] = steps[event.key];
      choose(l, f, clamp(i + down, 0, H - 1), clamp(j + right, 0, W - 1));
    },
    onpointerover(event) {
      if (!event.target.dataset.cell) return;
      const [i, j] = event.target.dataset.cell.split(",").map(Number);
      choose(chosen.l, chosen.f, i, j);
    },
  });
  large.append(largeTitle, slider);

  // A square of numbers as a picture: cream for values, orange and blue for weights.
  function tiles(values, n, top, colours, written) {
    const node = svg("svg", { viewBox: `0 0 ${10 * n} ${10 * n}`, "aria-hidden": "true" });
    values.forEach((v, k) => {
      const [x, y] = [10 * (k % n), 10 * Math.floor(k / n)];
      node.append(
        svg("rect", {
          x,
          y,
          width: 10,
          height: 10,
          stroke: "#59636e",
          "stroke-width": 0.3,
          fill: colours[v < 0 ? 1 : 0],
          "fill-opacity": (Math.abs(v) / top).toFixed(3),
        }),
      );
      if (written) node.append(svg("text", { x: x + 5, y: y + 6 }, text(v)));
    });
    return node;
  }
  const legend = el("p", { class: "dlx-soft" });
  const [CREAM, SIGNS] = [["#f4efe2", "#69b7f5"], ["#ff9e5e", "#69b7f5"]];
  const most = (values) => values.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-9);

  function detail() {
    const { l, f, i, j } = chosen;
    const [layer, input, output] = [layers[l], outputs[l], outputs[l + 1]];
    const { H, W } = output;
    const at = (f * H + i) * W + j;
    largeTitle.textContent = `${names[l][1]}, map ${f + 1}`;
    const top = most(output.values);
    if (cells.length !== H * W || Number(slider.dataset.width) !== W) {
      cells = range(H * W).map((k) =>
        svg("rect", {
          x: 10 * (k % W),
          y: 10 * Math.floor(k / W),
          width: 10,
          height: 10,
          stroke: "#59636e",
          "stroke-width": 0.4,
          fill: "#f4efe2",
          "data-cell": `${Math.floor(k / W)},${k % W}`,
        })
      );
      const mark = svg("rect", {
        width: 10,
        height: 10,
        fill: "none",
        stroke: "#ffb37a",
        "stroke-width": 1.2,
        "pointer-events": "none",
      });
      slider.replaceChildren(...cells, mark);
      set(slider, { viewBox: `0 0 ${10 * W} ${10 * H}`, "data-width": W });
    }
    // The fill is there even at 0, so that the cell can be pointed at.
    cells.forEach((cell, k) =>
      set(cell, { "fill-opacity": (output.values[f * H * W + k] / top).toFixed(3) })
    );
    set(slider.lastChild, { x: 10 * j, y: 10 * i });

    const channels = layer.kind === "conv" ? range(layer.C) : [f];
    const patches = channels.map((c) => patch(layer, input, c, i, j));
    const name = (c) => (l === 0 ? "input" : `map ${c + 1}`);
    let words;
    legend.textContent = layer.kind === "conv"
      ? "What the marked cell is made from. Left the kernel's weights: orange above 0, blue below. Right the values they are multiplied with."
      : "What the marked cell is made from: the largest of these values.";
    parts.classList.toggle("fm-wide", channels.length === 1);
    if (layer.kind === "conv") {
      const kernels = channels.map((c) => kernel(layer, f, c));
      const [strongest, brightest] = [
        most(kernels.flatMap((one) => [...one])),
        most(patches.flat()),
      ];
      const sums = channels.map((_, c) => product(patches[c], kernels[c]));
      parts.replaceChildren(
        ...channels.map((c) =>
          el(
            "div",
            { class: "fm-part" },
            tiles([...kernels[c]], layer.K, strongest, SIGNS, layer.C === 1),
            tiles(patches[c], layer.K, brightest, CREAM, layer.C === 1),
            el("span", { "data-part": sums[c] }, `${name(c)}: ${text(sums[c], 3)}`),
          )
        ),
      );
      Object.assign(parts.dataset, {
        weights: JSON.stringify(kernels.map((one) => [...one])),
        patches: JSON.stringify(patches),
      });
      const added = sums.map((sum) => (sum < 0 ? `(${text(sum, 3)})` : text(sum, 3))).join(" + ");
      const bias = layer.b[f] < 0 ? `(${text(layer.b[f], 3)})` : text(layer.b[f], 3);
      words = `relu(${added} + bias ${bias}) = relu(${text(output.sums[at], 4)}) = ${
        text(output.values[at], 4)
      }`;
    } else {
      parts.replaceChildren(
        el(
          "div",
          { class: "fm-part" },
          tiles(patches[0], layer.K, most(patches[0]), CREAM, true),
          el("span", {}, `from ${name(f)}`),
        ),
      );
      Object.assign(parts.dataset, { weights: "", patches: JSON.stringify(patches) });
      words = `max(${patches[0].map((v) => text(v, 3)).join(", ")}) = ${
        text(output.values[at], 4)
      }`;
    }
    formulaLine.textContent = `Row ${i + 1}, column ${j + 1}: ${words}`;
    Object.assign(formulaLine.dataset, { sum: output.sums[at], value: output.values[at] });
    set(slider, {
      "aria-valuemax": H * W,
      "aria-valuenow": i * W + j + 1,
      "aria-valuetext": formulaLine.textContent,
    });

    // Where on the input, and on the drawing, it looks.
    const [rows, columns] = [field(layers, l, i), field(layers, l, j)];
    const inside = (n) => clamp(n, 0, GRID - 1);
    const [r, c] = [rows.map(inside), columns.map(inside)];
    const beyond = [...rows, ...columns].some((n) => n !== inside(n))
      ? " The rest of it lies on padding."
      : "";
    seen.textContent = `Receptive field: rows ${r[0] + 1} to ${r[1] + 1}, columns ${c[0] + 1} to ${
      c[1] + 1
    } of the 14 × 14 pixels.${beyond}`;
    Object.assign(seen.dataset, { rows: JSON.stringify(r), columns: JSON.stringify(c) });
    const put = (box, [y0, x0], [y1, x1], size) => {
      const [a, b, d, e] = [y0, x0, y1, x1].map((v) => (100 * clamp(v, 0, size)) / size);
      box.style.cssText = `top: ${a}%; left: ${b}%; height: ${d - a}%; width: ${e - b}%`;
    };
    put(onInput, [r[0], c[0]], [r[1] + 1, c[1] + 1], GRID);
    put(onBoard, ink.at(r[0], c[0]), ink.at(r[1] + 1, c[1] + 1), SIZE);
    inputNode.toggleAttribute("data-feeds", l === 0);
    maps.forEach(({ buttons }, k) =>
      buttons.forEach((one, g) => {
        if (k === l - 1 && channels.includes(g)) one.dataset.feeds = "";
        else delete one.dataset.feeds;
      })
    );
  }

  // Everything that the page shows follows from the ink and the chosen cell.
  function render() {
    waiting = false;
    const { empty, meant } = board.paint();
    ink = shrink(board.ink);
    outputs = run(layers, ink.x);
    probabilities = softmax(outputs.at(-1).values);

    const keep = (node, values) => (node.dataset.values = JSON.stringify([...values]));
    paint(inputCanvas, ink.x, 1);
    keep(inputNode, ink.x);
    maps.forEach(({ node, canvases }, l) => {
      const { values, H, W } = outputs[l + 1];
      canvases.forEach((canvas, f) =>
        paint(canvas, values.subarray(f * H * W, (f + 1) * H * W), most(values))
      );
      keep(node, values);
    });
    strips.forEach(({ node, canvas }, k) => {
      const { values } = outputs[spatial.length + k + 1];
      paint(canvas, values, most(values));
      keep(node, values);
    });
    keep(probabilityNode, probabilities);
    probabilityNode.dataset.logits = JSON.stringify([...outputs.at(-1).values]);
    bars.forEach(({ number, bar }, k) => {
      number.textContent = percent(probabilities[k]);
      bar.style.height = `${(2.4 * probabilities[k]).toFixed(3)}rem`;
    });

    const [digit, words, sure] = verdict(probabilities);
    big.textContent = empty ? "?" : digit;
    answer.classList.toggle("dd-unsure", empty || !sure);
    const wrong = meant !== undefined && meant !== digit;
    const message = empty
      ? `Nothing is drawn, yet the network says ${digit} (${
        inWords(probabilities[digit])
      }): one of ten is all it can say.`
      : words + (wrong ? ` Its label says ${meant}: the network is wrong.` : "");
    if (sentence.textContent !== message) {
      if (sentence.textContent) say();
      sentence.textContent = message;
    }
    Object.assign(answer.dataset, { digit: empty ? "" : digit, probability: probabilities[digit] });
    detail();
    if (tables.open) tabulate();
  }

  // The same numbers as text.
  const cell = (tag, more) => (v) => el(tag, more, typeof v === "number" ? text(v, 4) : v);
  const [td, head, name] = [
    cell("td", {}),
    cell("th", { scope: "col" }),
    cell("th", { scope: "row" }),
  ];
  function table(caption, titles, body) {
    const lines = body.map(([first, ...rest]) => el("tr", {}, name(first), ...rest.map(td)));
    return el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...titles.map(head))),
      el("tbody", {}, ...lines),
    );
  }
  const sheet = el("div", {
    class: "fm-tables",
    tabindex: 0,
    role: "region",
    "aria-label": "The numbers",
  });
  function tabulate() {
    const { l, f } = chosen;
    const { values, H, W } = outputs[l + 1];
    const lists = (key) => JSON.parse(parts.dataset[key] || "[]");
    const sources = lists("patches").flatMap((one, c) => {
      const from = layers[l].kind === "pool" ? `map ${f + 1}` : l ? `map ${c + 1}` : "input";
      const weights = lists("weights")[c];
      return weights
        ? [[`${from}: weights`, ...weights], [`${from}: values`, ...one]]
        : [[`${from}: values`, ...one]];
    });
    sheet.replaceChildren(
      table(
        "Output",
        ["digit", "logit", "probability"],
        probabilities.map((p, k) => [String(k), outputs.at(-1).values[k], p]),
      ),
      table("What feeds the chosen cell", [
        "row by row",
        ...range(layers[l].K ** 2).map((k) => String(k + 1)),
      ], sources),
      table(
        `${names[l][1]}, map ${f + 1}`,
        ["row", ...range(W).map((j) => String(j + 1))],
        range(H).map((
          i,
        ) => [String(i + 1), ...values.subarray((f * H + i) * W, (f * H + i + 1) * W)]),
      ),
    );
  }
  const tables = el(
    "details",
    { ontoggle: () => tables.open && tabulate() },
    el("summary", {}, "The numbers as tables"),
    sheet,
  );

  const soft = (words) => el("p", { class: "dlx-soft" }, words);
  const help = el(
    "details",
    {},
    el("summary", {}, "Keys, and what happens to your drawing"),
    el("p", {}, KEYS_HELP),
    el(
      "p",
      {},
      "In a row of maps: arrow keys move, Enter or Space chooses. In the large map, arrow keys move from cell to cell.",
    ),
    el("p", {}, SHRINK_HELP),
  );
  const left = el(
    "div",
    { class: "fm-left" },
    board.frame,
    board.tools,
    soft("Use mouse, finger, pen, or keys: arrows move, Space draws."),
    answer,
    said,
    probabilityNode,
    soft("Softmax: probabilities in %."),
    soft("Draw, or load one of MNIST's test images:"),
    board.pictures,
  );
  const right = el(
    "div",
    { class: "fm-right" },
    el("p", { class: "fm-title", style: "margin-top: 0" }, "Input: 14 × 14 pixels"),
    inputNode,
    ...maps.flatMap(({ title, node }) => [title, node]),
    ...strips.flatMap(({ title, node }) => [title, node]),
    soft(
      "Brightness: a value's share of the layer's largest. Choose a map to see what makes it; what it is made from has a blue frame.",
    ),
  );
  const detailNode = el(
    "div",
    { class: "fm-detail" },
    large,
    el("div", { class: "fm-sum" }, legend, parts, formulaLine, seen),
  );
  render();
  choose(0, 0, outputs[1].H >> 1, outputs[1].W >> 1);
  return el(
    "div",
    {},
    el("style", {}, STYLE),
    el("div", { class: "fm" }, left, right),
    detailNode,
    help,
    tables,
  );
}
