// A kernel walks over a small picture: the window, its row of im2col, its output cell.

const { choice } = globalThis.oldParts;
const { button, clamp, el, set, settled } = globalThis.explorables;
const { document, matchMedia } = globalThis;

const LONGEST = 6; // of the input's sides
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
.dlx .cv-picture { display: flex; flex-wrap: wrap; gap: 0.7rem 1.6rem; margin: 0.8rem 0 0.5rem; }
.dlx .cv-block { min-width: 0; }
.dlx .cv-block > p { margin: 0 0 0.25rem; font-weight: 600; line-height: 1.3; }
.dlx .cv-grid { display: grid; gap: 2px; width: max-content; max-width: 100%; }
.dlx .cv-cell { position: relative; height: 2.15rem; border: 1px solid var(--control); border-radius: 3px; background: var(--bg); }
.dlx .cv-cell, .dlx .cv-cell input, .dlx button.cv-cell { display: grid; place-items: center; min-width: 0; min-height: 0; padding: 0; font-size: 0.86rem; font-variant-numeric: tabular-nums; }
.dlx .cv-cell input { width: 100%; height: 100%; margin: 0; border: 0; border-radius: 2px; background: none; color: inherit; font-family: inherit; text-align: center; }
.dlx .cv-grid .cv-pad { border: 1px dashed var(--control); background: var(--well); color: var(--soft); }
.dlx .cv-grid .cv-in { border: 2px solid var(--one); background: var(--shade); color: var(--ink); }
.dlx .cv-grid .cv-in::after { content: attr(data-weight); position: absolute; right: 1px; bottom: 0; font-size: 0.62rem; line-height: 1; pointer-events: none; }
.dlx .cv-used { box-shadow: inset 0 0 0 3px var(--line-1); }
.dlx button.cv-cell[aria-current], .dlx.dlx tr[aria-current] .cv-y { background: var(--ink); color: var(--bg); }
.dlx.dlx.dlx tr[aria-current] td:not(.cv-y) { background: var(--shade); }
.dlx.dlx .cv-rows :is(td, th) { padding: 0.1rem 0.15rem; min-width: 1.5rem; }
.dlx .cv-rows { max-height: 15rem; overflow: auto; }
.dlx.dlx.dlx .cv-rows thead :is(td, th) { position: sticky; top: 0; z-index: 1; background: var(--bg); box-shadow: inset 0 -2px 0 var(--line-2); }
.dlx .cv-rows thead td { color: var(--line-2); font-weight: 600; }
.dlx .cv-rows tbody tr { cursor: pointer; }
.dlx .cv-kernel .cv-cell { border-color: var(--line-2); border-width: 2px; }
.dlx .cv-rows table { margin: 0; }
.dlx .cv-note { min-height: 2.8em; }
@media (min-width: 760px) { .dlx .cv-picture { flex-wrap: nowrap; } }
@media (max-width: 480px) {
  .dlx .cv-kernel { order: -1; }
  .dlx.dlx .cv-rows :is(td, th) { min-width: 1.5rem; font-size: 0.82rem; }
}
`;

export function explore(props) {
  let x, w, stride, padding, flip, at, pointed, preset, timer;
  const copy = (rows) => rows.map((row) => [...row]);
  function fresh() {
    ({ stride, padding, flip, preset } = props);
    [x, w, at, pointed] = [copy(props.x), copy(props.w), 0, undefined];
  }
  fresh();

  // At most four decimals, and none that are zeros.
  const number = (value) => String(Number(value.toFixed(4)) + 0).replace("-", "−");
  const short = (
    value,
  ) => (Number.isInteger(value) ? number(value) : number(Number(value.toFixed(2))));
  const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
  const entry = (name, i, j) => `${name}[${i}, ${j}]`;
  const times = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const range = (n) => Array.from({ length: n }, (_, i) => i);

  // The definition. Rows and columns count from 0, and are those of x: below 0 is padding.
  const size = (n, k) => (n + 2 * padding < k ? 0 : Math.floor((n + 2 * padding - k) / stride) + 1);
  const shape = () => [size(x.length, w.length), size(x[0].length, w[0].length)];
  const read = (i, j) => x[i]?.[j] ?? 0;
  const weight = (a, b) => (flip ? w[w.length - 1 - a][w[0].length - 1 - b] : w[a][b]);
  function cell(place) {
    const [row, column] = [Math.floor(place / shape()[1]), place % shape()[1]];
    const terms = range(w.length).flatMap((a) =>
      range(w[0].length).map((b) => {
        const [i, j] = [row * stride - padding + a, column * stride - padding + b];
        return { i, j, value: read(i, j), weight: weight(a, b) };
      })
    );
    return {
      row,
      column,
      terms,
      sum: terms.reduce((total, term) => total + term.value * term.weight, 0),
    };
  }

  // A field for a number; in a grid of them, the arrow keys move.
  function numberField(label, low, high, digits, get, put) {
    const input = el("input", {
      type: "text",
      inputmode: "text",
      autocomplete: "off",
      "aria-label": label,
      oninput() {
        const typed = input.value.trim().replace("−", "-").replace(",", ".");
        const value = typed === "" ? NaN : Number(typed);
        if (Number.isFinite(value)) put(Number(clamp(value, low, high).toFixed(digits)) + 0);
      },
      onblur: () => (input.value = number(get())),
    });
    const write = () => {
      if (input !== document.activeElement) input.value = number(get());
      input.dataset.value = get();
    };
    return { input, write };
  }
  function walk(event, nodes, columns) {
    const place = nodes.indexOf(event.target);
    const [i, j] = [Math.floor(place / columns), place % columns];
    const rows = nodes.length / columns;
    const moves = {
      ArrowRight: [i, j + 1],
      ArrowLeft: [i, j - 1],
      ArrowDown: [i + 1, j],
      ArrowUp: [i - 1, j],
      Home: [0, 0],
      End: [rows - 1, columns - 1],
    };
    if (place < 0 || !(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const [k, l] = moves[event.key];
    nodes[clamp(k, 0, rows - 1) * columns + clamp(l, 0, columns - 1)].focus();
  }
  const only = (nodes, chosen) =>
    nodes.forEach((node) => (node.tabIndex = node === chosen ? 0 : -1));
  function grid(label, columns, cells, nodes, width, across = columns) {
    return el(
      "div",
      {
        class: "cv-grid",
        role: "group",
        "aria-label": label,
        style: `grid-template-columns: repeat(${columns}, minmax(0, ${width}rem))`,
        onkeydown: (event) => walk(event, nodes, across),
        onfocusin: ({ target }) => nodes.includes(target) && only(nodes, target),
      },
      ...cells,
    );
  }

  // What is built anew when a shape changes: the three grids and the im2col matrix.
  const blocks = {
    x: el("div", { class: "cv-block" }),
    w: el("div", { class: "cv-block cv-kernel" }),
    y: el("div", { class: "cv-block" }),
  };
  const rowsOf = el("div", {
    class: "dlx-scroll cv-rows",
    role: "region",
    tabindex: 0,
    "aria-label": "The im2col matrix, one row for each output cell",
  });
  let inputs, weights, outputs, lines, padded, header;

  const title = (name, text) =>
    el("p", {}, name, el("br"), el("span", { class: "dlx-soft" }, text));
  function build() {
    const [height, width] = [x.length, x[0].length];
    inputs = [];
    padded = range(height + 2 * padding).flatMap((r) =>
      range(width + 2 * padding).map((c) => {
        const [i, j] = [r - padding, c - padding];
        const node = el("div", { class: "cv-cell", "data-x": `${i},${j}` });
        if (x[i]?.[j] === undefined) {
          node.classList.add("cv-pad");
          node.append("0");
          return { i, j, node };
        }
        const field = numberField(
          entry("x", i, j),
          -9,
          9,
          0,
          () => x[i][j],
          (value) => {
            x[i][j] = value;
            draw();
          },
        );
        field.input.addEventListener("focus", () => {
          field.input.select();
          point([i, j]);
        });
        field.input.addEventListener("blur", () => point());
        node.addEventListener("pointerenter", () => point([i, j]));
        node.append(field.input);
        inputs.push(field);
        return { i, j, node };
      })
    );
    const fields = inputs.map(({ input }) => input);
    only(fields, fields[0]);
    const frame = padding ? `with ${padding} of padding on each side` : "no padding";
    blocks.x.replaceChildren(
      title(`Input x: ${height} × ${width}`, frame),
      grid(
        "The input: type numbers, arrow keys move",
        width + 2 * padding,
        padded.map(({ node }) => node),
        fields,
        2.15,
        width,
      ),
    );
    blocks.x.lastChild.addEventListener("pointerleave", () => point());

    weights = w.flatMap((row, a) =>
      row.map((_, b) =>
        numberField(
          entry("w", a, b),
          -9,
          9,
          4,
          () => w[a][b],
          (value) => {
            w[a][b] = value;
            draw();
          },
        )
      )
    );
    const kernel = weights.map(({ input }) => input);
    kernel.forEach((input) => input.addEventListener("focus", () => input.select()));
    only(kernel, kernel[0]);
    blocks.w.replaceChildren(
      title(`Kernel w: ${w.length} × ${w[0].length}`, "type your own"),
      grid(
        "The kernel: type numbers, arrow keys move",
        w[0].length,
        kernel.map((input) => el("div", { class: "cv-cell" }, input)),
        kernel,
        3.2,
      ),
    );

    const [rows, columns] = shape();
    at = clamp(at, 0, Math.max(rows * columns - 1, 0));
    outputs = rows * columns === 0 ? [] : range(rows * columns).map((place) =>
      el("button", {
        type: "button",
        class: "cv-cell",
        "data-y": `${Math.floor(place / columns)},${place % columns}`,
        onclick: () => choose(place),
        onfocus: () => choose(place),
        onpointerenter: () => choose(place),
      })
    );
    const some = outputs.length > 0;
    blocks.y.replaceChildren(
      title(
        some ? `Output y: ${rows} × ${columns}` : "Output y: none",
        some ? "point, or use arrow keys" : "the kernel does not fit",
      ),
    );
    if (some) {
      blocks.y.append(
        grid("The output: arrow keys move from cell to cell", columns, outputs, outputs, 2.75),
      );
      only(outputs, outputs[at]);
    }

    header = range(w.length * w[0].length).map(() => el("td", { "data-weight": "" }));
    lines = outputs.map((_, place) => {
      const { row, column, terms } = cell(place);
      const cells = terms.map(({ i, j }) => el("td", { "data-from": `${i},${j}` }));
      const result = el("td", { class: "cv-y" });
      const node = el(
        "tr",
        { onclick: () => choose(place), onpointerenter: () => choose(place, false) },
        el("th", { scope: "row" }, entry("y", row, column)),
        ...cells,
        result,
      );
      return { node, cells, result };
    });
    const table = el(
      "table",
      {},
      el(
        "thead",
        {},
        el("tr", {}, el("th", { scope: "row" }, "w"), ...header, el("td", {}, "sum")),
      ),
      el("tbody", {}, ...lines.map(({ node }) => node)),
    );
    rowsOf.replaceChildren(...(some ? [table] : []));
    draw();
  }

  const sizes = el("p", { class: "dlx-numbers cv-sizes", "data-sizes": "" });
  const verdict = el("p", { "data-verdict": "" });
  const arithmetic = el("pre", { "data-arithmetic": "" });
  const note = el("p", { class: "dlx-soft dlx-numbers cv-note", "data-note": "" });
  const matrix = el("p", { class: "dlx-soft" });
  const code = el("pre", { "data-code": "" });
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const say = settled(() => {
    if (live.isConnected) live.textContent = `${verdict.textContent} ${spoken()}`;
  });
  function spoken() {
    if (pointed) return note.textContent;
    if (!outputs.length) return "";
    const { row, column, sum } = cell(at);
    return `${entry("y", row, column)} = ${number(sum)}.`;
  }

  // One side's output size, in the words of the formula.
  function sizeInWords(name, n, k) {
    const room = n + 2 * padding - k;
    const start = `Output ${name} = (${n} + 2·${padding} − ${k}) / ${stride}`;
    if (room < 0) return `${start}: ${n} + ${2 * padding} is less than ${k}, so no window fits.`;
    const steps = number(room / stride);
    const down = room % stride
      ? ` = ${steps}, rounded down ${Math.floor(room / stride)}`
      : ` = ${steps}`;
    return `${start}${down}, plus 1 = ${size(n, k)}.`;
  }

  // All numbers on the page follow from x, w, stride, padding and flip.
  function draw() {
    const [rows, columns] = shape();
    const [kh, kw] = [w.length, w[0].length];
    inputs.forEach(({ write }) => write());
    weights.forEach(({ write }) => write());
    const rest = [
      [x.length, kh, "row"],
      [x[0].length, kw, "column"],
    ].flatMap(([n, k, word]) => {
      const left = n + 2 * padding < k ? 0 : (n + 2 * padding - k) % stride;
      return left ? [times(left, word)] : [];
    });
    sizes.replaceChildren(
      sizeInWords("height", x.length, kh),
      el("br"),
      sizeInWords("width", x[0].length, kw),
    );
    const framed = `${x.length + 2 * padding} × ${x[0].length + 2 * padding}`;
    const works = outputs.length > 0;
    verdict.className = works ? "dlx-good" : "dlx-bad";
    verdict.textContent = works
      ? `The output has ${times(rows, "row")} and ${times(columns, "column")}.`
      : `Impossible: a ${kh} × ${kw} kernel does not fit into ${framed} numbers${
        padding ? ", padding included" : ""
      }. Enlarge the input, or the padding.`;
    if (works && rest.length) {
      verdict.textContent += ` The last ${rest.join(" and ")} of the padded input ${
        rest.length > 1 || !rest[0].startsWith("1 ") ? "are" : "is"
      } never read: the stride does not end there.`;
    }
    if (works && padding >= Math.min(kh, kw)) {
      verdict.textContent +=
        " Some windows lie on the padding alone, so they give 0 whatever the picture holds.";
    }

    header.forEach((node, k) => {
      const value = weight(Math.floor(k / kw), k % kw);
      node.textContent = short(value);
      node.dataset.value = value;
    });
    lines.forEach(({ cells, result }, place) => {
      const { row, column, terms, sum } = cell(place);
      terms.forEach(({ value }, k) => {
        cells[k].textContent = number(value);
        cells[k].dataset.value = value;
      });
      for (const node of [result, outputs[place]]) {
        node.textContent = short(sum);
        node.dataset.value = sum;
      }
      set(outputs[place], { "aria-label": `${entry("y", row, column)} = ${number(sum)}` });
    });
    matrix.textContent = works
      ? `im2col: each of the ${times(rows * columns, "window")} is written as one row of ${
        kh * kw
      } numbers. Each row times w${
        flip ? " (turned)" : ""
      }, written above it, gives one output cell.`
      : "Without a window, im2col has no rows.";
    code.textContent = [
      ...(flip ? ["w = w[::-1, ::-1]"] : []),
      `windows = sliding_window_view(np.pad(x, ${padding}), w.shape)[::${stride}, ::${stride}]`,
      "cols = windows.reshape(-1, w.size)  # im2col",
      "y = (cols @ w.ravel()).reshape(windows.shape[:2])",
    ].join("\n");
    mark();
  }

  // Light up what belongs to the chosen output cell, and to an input cell pointed at.
  function mark() {
    const works = outputs.length > 0;
    const { row, column, terms, sum } = works ? cell(at) : { terms: [], sum: 0 };
    for (const { i, j, node } of padded) {
      const term = terms.find((one) => one.i === i && one.j === j);
      node.classList.toggle("cv-in", term !== undefined);
      node.dataset.weight = term ? `×${short(term.weight).replace(/^(−?)0\./, "$1.")}` : "";
    }
    [outputs, lines.map(({ node }) => node)].forEach((nodes) =>
      nodes.forEach((node, place) => {
        if (place === at) node.setAttribute("aria-current", "true");
        else node.removeAttribute("aria-current");
      })
    );
    const kw = w[0].length;
    const products = range(w.length).map((a) =>
      terms
        .slice(a * kw, (a + 1) * kw)
        .map(({ value, weight }) => `${factor(value)}·${factor(weight)}`)
        .join(" + ")
    );
    arithmetic.hidden = !works;
    arithmetic.textContent = `${entry("y", row, column)} = ${
      products.join("\n        + ")
    }\n        = ${number(sum)}`;
    arithmetic.dataset.value = sum;

    const from = pointed?.join();
    const users = [];
    lines.forEach(({ cells }, place) => {
      const uses = cells.filter((node) => {
        node.classList.toggle("cv-used", node.dataset.from === from);
        return node.dataset.from === from;
      });
      outputs[place].classList.toggle("cv-used", uses.length > 0);
      if (uses.length) users.push(outputs[place].dataset.y.split(",").map(Number));
    });
    padded.forEach(({ node }) => node.classList.toggle("cv-used", node.dataset.x === from));
    const value = pointed && `${entry("x", ...pointed)} = ${number(read(...pointed))}`;
    note.textContent = !pointed
      ? "Point at an output cell or a row of im2col: its window lights up. Point at an input cell: all outputs that use it do."
      : users.length
      ? `${value} stands in ${times(users.length, "window")}, so in ${
        times(users.length, "row")
      } of im2col. Used by ${users.map(([i, j]) => entry("y", i, j)).join(", ")}.`
      : `${value} stands in no window: no output cell uses it.`;
    backButton.disabled = at === 0;
    nextButton.disabled = !works || at === outputs.length - 1;
    play.disabled = !works || outputs.length < 2;
    say();
  }
  function point(place) {
    pointed = place;
    mark();
  }
  function choose(place, follow = true) {
    at = clamp(place, 0, outputs.length - 1);
    only(outputs, outputs[at]);
    mark();
    if (!follow) return;
    // Scroll the matrix alone, never the page.
    const { node } = lines[at];
    const head = header[0].offsetHeight;
    const [top, foot] = [
      node.offsetTop - head,
      node.offsetTop + node.offsetHeight - rowsOf.clientHeight,
    ];
    rowsOf.scrollTop = clamp(rowsOf.scrollTop, foot, Math.max(top, foot));
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  const step = (by) => () => {
    stop();
    choose(at + by);
  };
  const backButton = button("Back", step(-1));
  const nextButton = button("Next", step(1));
  const play = button("Play", () => {
    if (timer) return stop();
    choose(at === outputs.length - 1 ? 0 : at + 1);
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (!play.isConnected || at >= outputs.length - 1) return stop();
      choose(at + 1);
    }, 800);
  });
  play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const changed = (put) => (value) => {
    stop();
    put(value);
    build();
  };
  const numbered = (numbers) => numbers.map((n) => [String(n), String(n)]);
  const controls = {
    size: choice(
      "Kernel size",
      [["2", "2 × 2"], ["3", "3 × 3"]],
      String(w.length),
      changed((k) => (w = copy(PRESETS[preset][k]))),
    ),
    stride: choice(
      "Stride",
      numbered([1, 2, 3]),
      String(stride),
      changed((n) => (stride = Number(n))),
    ),
    padding: choice(
      "Padding",
      numbered([0, 1, 2]),
      String(padding),
      changed((n) => (padding = Number(n))),
    ),
    flip: choice(
      "Operation",
      [
        ["", "cross-correlation"],
        ["flip", "true convolution"],
      ],
      flip ? "flip" : "",
      changed((value) => (flip = value === "flip")),
    ),
  };
  const kernels = Object.keys(PRESETS).map((name) =>
    button(
      name,
      changed(() => {
        preset = name;
        w = copy(PRESETS[name][w.length]);
      }),
    )
  );
  const resize = (
    height,
    width,
  ) => (x = range(height).map((i) => range(width).map((j) => read(i, j))));
  const pictures = Object.entries(PICTURES).map(([name, value]) =>
    button(
      name,
      changed(() => (x = x.map((row, i) => row.map((_, j) => value(i, j, x.length, row.length))))),
    )
  );
  const sides = ["height", "width"].map((name, axis) => {
    const input = el("input", {
      type: "number",
      min: 1,
      max: LONGEST,
      step: 1,
      "aria-label": `Input ${name}`,
      oninput() {
        if (!Number.isFinite(input.valueAsNumber)) return;
        const sides = [x.length, x[0].length];
        sides[axis] = clamp(Math.round(input.valueAsNumber), 1, LONGEST);
        changed(() => resize(...sides))();
      },
      onblur: () => write(),
    });
    const write = () => (input.value = axis ? x[0].length : x.length);
    return { node: el("label", {}, name, input), write };
  });
  const reset = button("Reset", () => {
    stop();
    fresh();
    controls.size.write(String(w.length));
    controls.stride.write(String(stride));
    controls.padding.write(String(padding));
    controls.flip.write(flip ? "flip" : "");
    sides.forEach(({ write }) => write());
    build();
  });
  sides.forEach(({ write }) => write());

  const group = (legend, ...nodes) =>
    el(
      "fieldset",
      {},
      el("legend", {}, legend),
      el("div", { class: "dlx-row", style: "gap: 0.3rem" }, ...nodes),
    );
  const figure = el(
    "div",
    {},
    el("style", {}, STYLE),
    el(
      "div",
      { class: "dlx-row cv-controls" },
      group("Kernel", ...kernels),
      controls.size.node,
      controls.stride.node,
      controls.padding.node,
      group("Input", ...pictures, ...sides.map(({ node }) => node)),
      controls.flip.node,
    ),
    el("div", { class: "cv-picture" }, blocks.x, blocks.w, blocks.y),
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {},
        el("div", { class: "dlx-row" }, backButton, nextButton, play, reset),
        arithmetic,
        note,
      ),
      el("div", {}, matrix, rowsOf),
    ),
    el(
      "p",
      { class: "dlx-soft" },
      "Output size = (input + 2·padding − kernel) / stride, rounded down, plus 1:",
    ),
    sizes,
    verdict,
    el("p", { class: "dlx-soft" }, "The same in NumPy:"),
    code,
    live,
  );
  build();
  return figure;
}
