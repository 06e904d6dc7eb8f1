// A kernel walks over a small picture: the window, its row of im2col, its output cell.

const { button, clamp, el, field, figure, fill, indices, only } = globalThis.explorables;
const { more, player, range, round, row, scroll, set, show, walk } = globalThis.explorables;

const PRESETS = {
  "vertical edge": { 3: [[1, 0, -1], [1, 0, -1], [1, 0, -1]], 2: [[1, -1], [1, -1]] },
  "horizontal edge": { 3: [[1, 1, 1], [0, 0, 0], [-1, -1, -1]], 2: [[1, 1], [-1, -1]] },
  blur: { 3: [[0, 0.125, 0], [0.125, 0.5, 0.125], [0, 0.125, 0]], 2: [[0.25, 0.25], [0.25, 0.25]] },
  sharpen: { 3: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 2: [[3, -1], [-1, 0]] },
  identity: { 3: [[0, 0, 0], [0, 1, 0], [0, 0, 0]], 2: [[1, 0], [0, 0]] },
};
const PICTURES = {
  square: (i, j, h, w) => (i > 0 && i < h - 1 && j > 0 && j < w - 1 ? 5 : 0),
  edge: (_i, j, _h, w) => (j < w / 2 ? 1 : 6),
  ramp: (i, j) => i + j,
  "one pixel": (i, j, h, w) => (i === h >> 1 && j === w >> 1 ? 1 : 0),
};
const STYLE = `
.dlx .cv-controls { gap: 0.5rem 1.3rem; align-items: start; }
.dlx .cv-controls input[type="number"] { width: 3.4rem; }
.dlx .cv-controls label { display: inline-flex; gap: 0.35rem; align-items: center; margin: 0; }
.dlx .cv-picture { display: flex; flex-wrap: wrap; gap: 0.7rem 1.6rem; margin: 0.6rem 0 0.3rem; }
.dlx .cv-sum { flex: 1 1 15rem; min-width: 0; }
.dlx.dlx .cv-sum pre { font-size: 0.8em; white-space: pre-wrap; }
.dlx .cv-block { min-width: 0; }
.dlx .cv-block > p { margin: 0 0 0.25rem; font-weight: 600; line-height: 1.3; }
.dlx .cv-grid { display: grid; gap: 2px; width: max-content; max-width: 100%; }
.dlx .cv-cell { position: relative; height: 2.15rem; border: 1px solid var(--control); border-radius: 3px; background: color-mix(in srgb, var(--tone, var(--bg)) var(--share, 0%), var(--bg)); color: var(--ink); }
.dlx .cv-cell, .dlx .cv-cell input, .dlx button.cv-cell { display: grid; place-items: center; min-width: 0; min-height: 0; padding: 0; font-size: 0.86rem; font-variant-numeric: tabular-nums; }
.dlx .cv-cell input { width: 100%; height: 100%; margin: 0; border: 0; border-radius: 2px; background: none; color: inherit; font-family: inherit; text-align: center; }
.dlx .cv-grid .cv-pad { border: 1px dashed var(--control); background: var(--well); color: var(--soft); }
.dlx .cv-grid .cv-in { border: 2px solid var(--line-2); }
.dlx .cv-grid .cv-in::after { content: attr(data-weight); position: absolute; right: 1px; bottom: 0; font-size: 0.62rem; line-height: 1; pointer-events: none; }
.dlx .cv-used { box-shadow: inset 0 0 0 3px var(--line-1); }
.dlx button.cv-cell[aria-current] { border-color: var(--line-2); box-shadow: 0 0 0 2px var(--line-2); font-weight: 700; }
.dlx.dlx tr[aria-current] .cv-y { background: var(--ink); color: var(--bg); }
.dlx.dlx.dlx tr[aria-current] td:not(.cv-y) { background: var(--shade); }
.dlx.dlx .cv-rows :is(td, th) { padding: 0.1rem 0.12rem; min-width: 1.3rem; font-size: 0.82rem; }
.dlx .cv-rows { max-height: 15rem; overflow: auto; }
.dlx.dlx.dlx .cv-rows thead :is(td, th) { position: sticky; top: 0; z-index: 1; background: var(--bg); box-shadow: inset 0 -2px 0 var(--line-2); }
.dlx .cv-rows thead td { color: var(--line-2); font-weight: 600; }
.dlx .cv-rows tbody tr { cursor: pointer; }
.dlx .cv-kernel .cv-cell { border-color: var(--line-2); border-width: 2px; }
.dlx .cv-rows table { margin: 0; }
.dlx .cv-note { min-height: 2.8em; }
@media (max-width: 480px) {
  .dlx .cv-picture { gap: 0.5rem 0.7rem; }
  .dlx .cv-kernel { order: -1; width: 100%; }
  .dlx .cv-grid { zoom: 0.76; }
  .dlx .cv-block .dlx-soft { display: none; }
}
`;

// At most so many decimals, and none that are zeros.
const number = (value, decimals = 4) => String(round(value, decimals)).replace("-", "−");
const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
const entry = (name, [i, j]) => `${name}[${i}, ${j}]`;
const times = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
const sides = (rows) => [rows.length, rows[0].length];
const by = ([height, width]) => `${height} × ${width}`;

// How far the kernel can move along a side of n numbers, and how many cells that gives.
const room = (n, { w, padding }) => n + 2 * padding - w.length;
const size = (n, state) => room(n, state) < 0 ? 0 : Math.floor(room(n, state) / state.stride) + 1;
const shape = (state) => sides(state.x).map((n) => size(n, state));
// Turned by 180°, the kernel's numbers come in the reverse order.
const weights = ({ w, flip }) => (flip ? w.flat().reverse() : w.flat());

// The output cells. Rows and columns count from 0, and are those of x: below 0 is padding.
function convolve(state) {
  const { x, w, stride, padding } = state;
  const factors = weights(state);
  return indices(shape(state)).map((at) => {
    const terms = indices(sides(w)).map((offset, k) => {
      const [i, j] = offset.map((n, axis) => at[axis] * stride - padding + n);
      return { from: `${i},${j}`, value: x[i]?.[j] ?? 0, weight: factors[k] };
    });
    const sum = terms.reduce((total, { value, weight }) => total + value * weight, 0);
    return { name: entry("y", at), terms, sum };
  });
}

// One side's output size, in the words of the formula.
function sizeInWords(name, n, state) {
  const { w, stride, padding } = state;
  const far = room(n, state);
  const start = `Output ${name} = (${n} + 2·${padding} − ${w.length}) / ${stride}`;
  if (far < 0) {
    return `${start}: ${n} + ${2 * padding} is less than ${w.length}, so no window fits.`;
  }
  const down = far % stride ? `, rounded down ${Math.floor(far / stride)}` : "";
  return `${start} = ${number(far / stride)}${down}, plus 1 = ${size(n, state)}.`;
}

function judge(state) {
  const { x, w, stride, padding } = state;
  const [rows, columns] = shape(state);
  if (rows * columns === 0) {
    const padded = by(sides(x).map((n) => n + 2 * padding));
    return `Impossible: a ${by(sides(w))} kernel does not fit into ${padded} numbers${
      padding ? ", padding included" : ""
    }. Enlarge the input, or the padding.`;
  }
  const words = [`The output has ${times(rows, "row")} and ${times(columns, "column")}.`];
  const rest = sides(x).map((n) => room(n, state) % stride);
  const unread = ["row", "column"].map((word, k) => rest[k] && times(rest[k], word)).filter(
    Boolean,
  );
  if (unread.length) {
    const are = rest[0] + rest[1] === 1 ? "is" : "are";
    words.push(
      `The last ${
        unread.join(" and ")
      } of the padded input ${are} never read: the stride does not end there.`,
    );
  }
  if (padding >= w.length) {
    words.push(
      "Some windows lie on the padding alone, so they give 0 whatever the picture holds.",
    );
  }
  return words.join(" ");
}

export function explore({ limits, choices, ...start }) {
  const first = { ...start, at: 0, pointed: undefined };
  const { state, update, choice, field: side, reset, page } = figure(first, draw, say);
  const point = (pointed) => update({ pointed });

  // The larger a number, the more of its sign's colour its cell has.
  function tint(node, value, largest) {
    node.style.setProperty("--tone", value < 0 ? "var(--one)" : "var(--line-1)");
    node.style.setProperty("--share", `${largest ? (38 * Math.abs(value)) / largest : 0}%`);
  }
  const largest = (values) => Math.max(0, ...values.map(Math.abs));

  // What is built anew when a shape changes: three grids, and the matrix of im2col.
  const blocks = { x: el("div.cv-block"), w: el("div.cv-block.cv-kernel"), y: el("div.cv-block") };
  const matrix = scroll("The im2col matrix, one row for each output cell", false, {
    class: "cv-rows",
  });
  let built, padded, inputs, kernel, outputs, header, lines;

  // The fields for an array: numbers as text, so that a minus sign or a comma can be typed.
  const typed = ({ value }) =>
    value.trim() ? Number(value.replace("−", "-").replace(",", ".")) : NaN;
  const fields = (name, decimals) =>
    indices(sides(state[name])).map(([i, j]) => {
      const put = (value) => update({ [name]: state[name].with(i, state[name][i].with(j, value)) });
      const one = field(entry(name, [i, j]), put, ...limits.entry, {
        decimals,
        read: typed,
        shown: number,
        type: "text",
        autocomplete: "off",
        onfocus: () => one.node.select(),
      });
      const write = () => {
        one.write(state[name][i][j]);
        one.node.dataset.value = state[name][i][j];
      };
      return { node: one.node, write };
    });
  const grid = (label, columns, width, cells) => {
    const style = `grid-template-columns: repeat(${columns}, minmax(0, ${width}rem))`;
    return el("div.cv-grid", { role: "group", "aria-label": label, style }, cells);
  };
  const title = (name, words) => el("p", name, el("br"), el("span.dlx-soft", words));

  function build() {
    const { x, w, padding } = state;
    play.stop();
    state.pointed = undefined;
    inputs = fields("x", 0);
    const unused = [...inputs];
    padded = indices(sides(x).map((n) => n + 2 * padding)).map((place) => {
      const [i, j] = place.map((n) => n - padding);
      const marks = { "data-x": `${i},${j}` };
      if (x[i]?.[j] === undefined) return el("div.cv-cell.cv-pad", marks, "0");
      const { node } = unused.shift();
      set(node, { onfocus: () => point([i, j]), onblur: () => point() });
      return el("div.cv-cell", { ...marks, onpointerenter: () => point([i, j]) }, node);
    });
    walk(inputs.map(({ node }) => node), sides(x));
    const label = "The input: type numbers, arrow keys move";
    fill(
      blocks.x,
      title(
        `Input x: ${by(sides(x))}`,
        padding ? `with ${padding} of padding` : "type your own",
      ),
      set(grid(label, x[0].length + 2 * padding, 2.15, padded), { onpointerleave: () => point() }),
    );

    kernel = fields("w", 4);
    walk(kernel.map(({ node }) => node), sides(w));
    fill(
      blocks.w,
      title(`Kernel w: ${by(sides(w))}`, "type your own"),
      grid(
        "The kernel: type numbers, arrow keys move",
        w[0].length,
        3.2,
        kernel.map((one) => el("div.cv-cell", one)),
      ),
    );

    const size = shape(state);
    const cells = convolve(state);
    state.at = clamp(state.at, 0, Math.max(cells.length - 1, 0));
    outputs = indices(size).map((place, k) =>
      button("", () => choose(k), {
        class: "cv-cell",
        "data-y": place.join(),
        onfocus: () => choose(k),
        onpointerenter: () => choose(k),
      })
    );
    const moves = "The output: arrow keys move from cell to cell";
    walk(outputs, size);
    fill(
      blocks.y,
      cells.length
        ? [
          title(`Output y: ${by(size)}`, "point, or use arrow keys"),
          grid(moves, size[1], 2.75, outputs),
        ]
        : title("Output y: none", "the kernel does not fit"),
    );

    header = w.flat().map(() => el("td", { "data-weight": "" }));
    lines = cells.map(({ name, terms }, k) => {
      const cells = terms.map(({ from }) => el("td", { "data-from": from }));
      const result = el("td.cv-y");
      const listen = { onclick: () => choose(k), onpointerenter: () => update({ at: k }) };
      return { node: row(name, [cells, result], listen), cells, result };
    });
    fill(
      matrix,
      lines.length > 0 &&
        el("table", el("thead", row("w", [header, el("td", "sum")])), el("tbody", lines)),
    );
  }

  function choose(at) {
    update({ at });
    // Scroll the matrix alone, never the page.
    const { node } = lines[at];
    const top = node.offsetTop - header[0].offsetHeight;
    const foot = node.offsetTop + node.offsetHeight - matrix.clientHeight;
    matrix.scrollTop = clamp(matrix.scrollTop, foot, Math.max(top, foot));
  }

  const sizes = el("p.dlx-numbers.cv-sizes", { "data-sizes": "" });
  const verdict = el("p", { "data-verdict": "" });
  const arithmetic = el("pre", { "data-arithmetic": "" });
  const note = el("p.dlx-soft.dlx-numbers.cv-note", { "data-note": "" });
  const about = el("p.dlx-soft");
  const code = el("pre", { "data-code": "" });

  function draw() {
    const { x, w, stride, padding, flip } = state;
    const shapes = [sides(x), sides(w), stride, padding].join();
    if (shapes !== built) build();
    built = shapes;
    [...inputs, ...kernel].forEach(({ write }) => write());

    const cells = convolve(state);
    const works = cells.length > 0;
    weights(state).forEach((value, k) => show(header[k], value, number(value, 2)));
    cells.forEach(({ name, terms, sum }, k) => {
      terms.forEach(({ value }, n) => show(lines[k].cells[n], value, number(value)));
      for (const node of [lines[k].result, outputs[k]]) show(node, sum, number(sum, 2));
      set(outputs[k], { "aria-label": `${name} = ${number(sum)}` });
    });
    const tops = [x.flat(), w.flat(), cells.map(({ sum }) => sum)].map(largest);
    inputs.forEach(({ node }, k) => tint(node.parentNode, x.flat()[k], tops[0]));
    kernel.forEach(({ node }, k) => tint(node.parentNode, w.flat()[k], tops[1]));
    outputs.forEach((node, k) => tint(node, cells[k].sum, tops[2]));
    mark(cells);

    fill(
      sizes,
      sizeInWords("height", x.length, state),
      el("br"),
      sizeInWords("width", x[0].length, state),
    );
    verdict.textContent = judge(state);
    verdict.className = works ? "dlx-good" : "dlx-bad";
    about.textContent = works
      ? `im2col: each of the ${
        times(cells.length, "window")
      } is written as one row of ${w.flat().length} numbers. Each row times w${
        flip ? " (turned)" : ""
      }, written above it, gives one output cell.`
      : "Without a window, im2col has no rows.";
    code.textContent = [
      ...(flip ? ["w = w[::-1, ::-1]"] : []),
      `windows = sliding_window_view(np.pad(x, ${padding}), w.shape)[::${stride}, ::${stride}]`,
      "cols = windows.reshape(-1, w.size)  # im2col",
      "y = (cols @ w.ravel()).reshape(windows.shape[:2])",
    ].join("\n");
  }

  // Lights up what belongs to the chosen output cell, and to an input cell pointed at.
  function mark(cells) {
    const { x, w, at, pointed } = state;
    const { name, terms, sum } = cells[at] ?? { terms: [] };
    const from = pointed?.join();
    for (const node of padded) {
      const term = terms.find((one) => one.from === node.dataset.x);
      node.classList.toggle("cv-in", term !== undefined);
      node.classList.toggle("cv-used", node.dataset.x === from);
      node.dataset.weight = term ? `×${number(term.weight, 2).replace(/^(−?)0\./, "$1.")}` : "";
    }
    only(outputs, outputs[at]);
    lines.forEach(({ node, cells }, k) => {
      const current = { "aria-current": k === at && "true" };
      for (const one of [node, outputs[k]]) set(one, current);
      const uses = (cell) => cell.dataset.from === from;
      cells.forEach((cell) => cell.classList.toggle("cv-used", uses(cell)));
      outputs[k].classList.toggle("cv-used", cells.some(uses));
    });

    arithmetic.hidden = !name;
    const products = terms.map(({ value, weight }) => `${factor(value)}·${factor(weight)}`);
    const sums = range(w.length).map((a) =>
      products.slice(a * w.length, (a + 1) * w.length).join(" + ")
    );
    if (name) {
      const words = `${name} = ${sums.join("\n        + ")}\n        = ${number(sum)}`;
      show(arithmetic, sum, words);
    }

    const users = cells.filter((cell) => cell.terms.some((term) => term.from === from));
    const value = pointed && `${entry("x", pointed)} = ${number(x[pointed[0]][pointed[1]])}`;
    note.textContent = !pointed
      ? "Blue is above 0, orange below. Point at an output cell: its window lights up. Point at an input cell: all outputs that use it do."
      : users.length
      ? `${value} stands in ${times(users.length, "window")}, so in ${
        times(users.length, "row")
      } of im2col. Used by ${users.map((cell) => cell.name).join(", ")}.`
      : `${value} stands in no window: no output cell uses it.`;

    back.disabled = at === 0;
    next.disabled = at >= outputs.length - 1;
    play.node.disabled = outputs.length < 2;
  }

  function say() {
    if (state.pointed) return `${verdict.textContent} ${note.textContent}`;
    const cell = convolve(state)[state.at];
    return `${verdict.textContent} ${cell ? `${cell.name} = ${number(cell.sum)}.` : ""}`;
  }

  const step = (label, by) =>
    button(label, () => {
      play.stop();
      choose(state.at + by);
    });
  const [back, next] = [step("Back", -1), step("Next", 1)];
  const ended = () => state.at >= outputs.length - 1;
  const play = player(800, {
    begin: () => choose(ended() ? 0 : state.at + 1),
    next: () => choose(state.at + 1),
    ended,
  });
  set(reset, { onclick: play.stop });

  const kernelSize = {
    get: () => state.w.length,
    set: (k) => update({ w: PRESETS[state.preset][k] }),
  };
  const presets = Object.keys(PRESETS).map((preset) =>
    button(preset, () => update({ preset, w: PRESETS[preset][state.w.length] }))
  );
  const picture = ([height, width], value) =>
    update({ x: range(height).map((i) => range(width).map((j) => value(i, j, height, width))) });
  const pictures = Object.entries(PICTURES).map(([name, value]) =>
    button(name, () => picture(sides(state.x), value))
  );
  const lengths = ["height", "width"].map((name, axis) => {
    const key = {
      get: () => sides(state.x)[axis],
      set: (n) => picture(sides(state.x).with(axis, n), (i, j) => state.x[i]?.[j] ?? 0),
    };
    return el("label", name, side(`Input ${name}`, key, ...limits.side, { decimals: 0 }));
  });
  const group = (legend, ...nodes) =>
    el("fieldset", el("legend", legend), el("div.dlx-row.dlx-tight", nodes));

  return page(
    el("style", STYLE),
    el(
      "p.dlx-ask",
      "The kernel slides over the picture. Where is its answer strong, and where is it 0?",
    ),
    group("Kernel", presets),
    el(
      "div.cv-picture",
      blocks.x,
      blocks.w,
      blocks.y,
      el("div.cv-sum", el("div.dlx-row.dlx-tight", back, next, play, reset), arithmetic, note),
    ),
    verdict,
    el(
      "div.dlx-columns",
      more(
        "Stride, padding, and other pictures",
        el(
          "div.dlx-row.cv-controls",
          choice("Stride", "stride", choices.stride),
          choice("Padding", "padding", choices.padding),
          choice("Kernel size", kernelSize, [[2, "2 × 2"], [3, "3 × 3"]]),
          choice("Operation", "flip", [[false, "cross-correlation"], [true, "true convolution"]]),
          group("Input", pictures, lengths),
        ),
        el(
          "p.dlx-soft",
          "Output size = (input + 2·padding − kernel) / stride, rounded down, plus 1:",
        ),
        sizes,
      ),
      more(
        "All windows as one table: im2col",
        about,
        matrix,
        el("p.dlx-soft", "The same in NumPy:"),
        code,
      ),
    ),
  );
}
