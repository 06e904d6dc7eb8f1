// Two shapes, aligned from the right: NumPy's broadcasting, cell by cell.

const { choice } = globalThis.oldParts;
const { button, clamp, el, set, settled } = globalThis.explorables;
const { document } = globalThis;

const LONGEST = 4;
const MOST_AXES = 3;
const SIGNS = { "+": "+", "-": "−", "*": "×" };
const RESULTS = { "+": (x, y) => x + y, "-": (x, y) => x - y, "*": (x, y) => x * y };
const EXAMPLES = [
  [[2, 3], [3], "+"],
  [[3], [3, 1], "+"],
  [[4, 1], [4], "-"],
  [[2, 3], [], "*"],
  [[4, 3], [1, 3], "*"],
  [[2, 1, 3], [4, 1], "*"],
  [[2, 3], [2], "+"],
  [[3], [4], "+"],
];
const STYLE = `
.dlx .bc-sum { display: flex; flex-wrap: wrap; gap: 0.6rem 0.9rem; align-items: flex-start; margin-top: 0.7rem; }
.dlx .bc-block > p { margin: 0 0 0.25rem; font-weight: 600; line-height: 1.3; }
.dlx .bc-sign { margin-top: 2.6rem; font-size: 1.2em; }
.dlx .bc-slab { display: grid; gap: 2px; width: max-content; margin-bottom: 0.5rem; }
.dlx .bc-slab > .bc-name { grid-column: 1 / -1; color: var(--soft); font-size: 0.82em; }
.dlx .bc-cell, .dlx button.bc-cell {
  display: grid; place-items: center; min-width: 2.35rem; min-height: 1.9rem; margin: 0; padding: 0 0.15rem;
  border: 2px solid var(--tone); border-radius: 0.25rem; background: var(--bg); color: var(--ink);
  font-size: 0.85em; font-variant-numeric: tabular-nums;
}
.dlx .bc-cell.bc-ghost { border: 2px dashed var(--edge); background: var(--well); color: var(--soft); }
.dlx .bc-cell.bc-hit, .dlx button.bc-cell[aria-current] { border: 2px solid var(--ink); background: var(--ink); color: var(--bg); }
.dlx .bc-cell.bc-source:not(.bc-hit) { box-shadow: inset 0 0 0 3px var(--tone); font-weight: 700; }
.dlx .bc-a { --tone: var(--line-1); } .dlx .bc-b { --tone: var(--line-2); } .dlx .bc-c { --tone: var(--line-y); }
.dlx .bc-align td, .dlx .bc-align th { min-width: 4.2em; }
.dlx .bc-align .bc-verdict td { white-space: normal; font-size: 0.88em; max-width: 8.5em; vertical-align: top; }
@media (max-width: 480px) { .dlx .bc-sum { gap: 0.4rem; } .dlx .bc-cell, .dlx button.bc-cell { min-width: 2.05rem; } }
.dlx .bc-legend i { width: 1.2em; height: 1em; border-radius: 3px; }
`;

export function explore(props) {
  let a, b, operation, chosen, finished;
  const fresh = () => {
    ({ a, b, operation } = props);
    chosen = 0;
  };
  fresh();

  const size = (shape) => shape.reduce((product, n) => product * n, 1);
  const tuple = (shape) => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);
  const entry = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);
  const number = (value) => String(value).replace("-", "−");

  // All indices of an array of this shape, the last axis fastest.
  const indices = (shape) =>
    shape.reduce(
      (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
      [[]],
    );
  // The length of an axis, counted from the right as -1, -2, …; undefined where there is none.
  const length = (shape, axis) => shape[shape.length + axis];
  // The place in `shape` from which the result's entry `index` comes: 0 along a stretched axis.
  const source = (shape, index) =>
    index.slice(index.length - shape.length).map((i, k) => (shape[k] === 1 ? 0 : i));
  const flat = (shape, index) => index.reduce((place, i, k) => place * shape[k] + i, 0);
  const entries = { A: (place) => 10 * (place + 1), B: (place) => place + 1 };

  function rule() {
    const rank = Math.max(a.length, b.length);
    return Array.from({ length: rank }, (_, k) => {
      const axis = k - rank;
      const [m, n] = [length(a, axis), length(b, axis)];
      const fits = (m ?? 1) === (n ?? 1) || (m ?? 1) === 1 || (n ?? 1) === 1;
      return { axis, m, n, fits, length: fits ? ((m ?? 1) === 1 ? (n ?? 1) : m) : undefined };
    });
  }

  function why({ m, n, fits }) {
    if (!fits) return `${m} and ${n} differ, and neither is 1`;
    const missing = m === undefined ? "A" : n === undefined ? "B" : "";
    const large = Math.max(m ?? 1, n ?? 1);
    if (missing) {
      return `${missing} has none: ${large === 1 ? "1 is put in" : `1, stretched to ${large}`}`;
    }
    if (m === n) return "equal";
    return `${m === 1 ? "A" : "B"}'s 1 is stretched to ${large}`;
  }

  // Where the lengths are chosen: one column for each axis, aligned from the right.
  const axes = [-3, -2, -1];
  const fields = { A: [], B: [] };
  const lines = Object.keys(fields).map((name) => {
    const cells = axes.map((axis, k) => {
      const input = el("input", {
        type: "number",
        min: 1,
        max: LONGEST,
        step: 1,
        "aria-label": `${name}, axis ${number(axis)}`,
        oninput(event) {
          if (Number.isFinite(event.target.valueAsNumber)) {
            change(name, axis, event.target.valueAsNumber);
          }
        },
        onblur: () => write(),
      });
      const none = el("span", { class: "dlx-soft" }, "none");
      fields[name][k] = { input, none };
      return el("td", {}, input, none);
    });
    return el("tr", {}, el("th", { scope: "row" }, name), ...cells, shapeCell(name));
  });
  function shapeCell(name) {
    return el("td", { class: "dlx-numbers", "data-shape": name });
  }
  const verdicts = axes.map((axis) => el("td", { "data-why": axis }));
  const lengths = axes.map((axis) => el("td", { class: "dlx-numbers", "data-axis": axis }));
  const table = el(
    "table",
    { class: "bc-align" },
    el("caption", {}, "The shapes, aligned at their last axis. Lengths from 1 to 4."),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...["array", ...axes.map((axis) => `axis ${number(axis)}`), "shape"].map((name) =>
          el("th", { scope: "col" }, name)
        ),
      ),
    ),
    el(
      "tbody",
      {},
      ...lines,
      el("tr", { class: "bc-verdict" }, el("th", { scope: "row" }, "rule"), ...verdicts, el("td")),
      el("tr", {}, el("th", { scope: "row" }, "C"), ...lengths, shapeCell("C")),
    ),
  );

  const shapes = (name) => ({ A: a, B: b })[name];
  function put(name, shape) {
    if (name === "A") a = shape;
    else b = shape;
    chosen = 0;
    draw();
  }
  function change(name, axis, value) {
    const shape = shapes(name);
    const place = shape.length + axis;
    put(
      name,
      shape.map((n, k) => (k === place ? clamp(Math.round(value), 1, LONGEST) : n)),
    );
  }
  function write() {
    for (const name of ["A", "B"]) {
      axes.forEach((axis, k) => {
        const { input, none } = fields[name][k];
        const n = length(shapes(name), axis);
        input.hidden = n === undefined;
        none.hidden = n !== undefined;
        if (input !== document.activeElement) input.value = n ?? 1;
      });
    }
  }

  // The three ways to change how many axes an array has.
  const buttons = ["A", "B"].map((name) => {
    const act = (reshape) => button("", () => put(name, reshape(shapes(name))));
    const front = act((shape) => [1, ...shape]);
    const end = act((shape) => [...shape, 1]);
    const drop = act((shape) => shape.slice(1));
    const label = () => {
      const colons = shapes(name).map(() => ", :").join("");
      front.textContent = `${name}[None${colons}]`;
      end.textContent = shapes(name).length
        ? `${name}[${":, ".repeat(shapes(name).length)}None]`
        : `${name}[None]`;
      drop.textContent = "Drop its first axis";
      set(front, {
        "aria-label": `${front.textContent}: give ${name} a new first axis of length 1`,
      });
      set(end, { "aria-label": `${end.textContent}: give ${name} a new last axis of length 1` });
      set(drop, { "aria-label": `Drop the first axis of ${name}` });
      front.disabled = end.disabled = shapes(name).length === MOST_AXES;
      front.hidden = shapes(name).length === 0;
      drop.disabled = shapes(name).length === 0;
    };
    const node = el(
      "div",
      { class: "dlx-row dlx-apart" },
      el("b", { "aria-hidden": "true" }, name),
      front,
      end,
      drop,
    );
    return { node, label };
  });

  const example = ([first, second, sign]) => {
    const label = `${tuple(first)} ${SIGNS[sign]} ${tuple(second)}`;
    return button(label, () => {
      [a, b, operation, chosen] = [first, second, sign, 0];
      operations.write(operation);
      draw();
    });
  };
  const operations = choice("Operation", Object.entries(SIGNS), operation, (value) => {
    operation = value;
    draw();
  });
  const reset = button("Reset", () => {
    fresh();
    operations.write(operation);
    draw();
  });

  // One block of cells: rows and columns are the last two axes, slabs the one before.
  function block(name, shape, make, note = "\u00a0") {
    const columns = shape.at(-1) ?? 1;
    const slabs = new Map();
    indices(shape).forEach((index, place) => {
      const key = shape.length === 3 ? index[0] : "";
      if (!slabs.has(key)) {
        const style = `grid-template-columns: repeat(${columns}, auto)`;
        const slab = el("div", { class: "bc-slab", style });
        if (key !== "") slab.append(el("span", { class: "bc-name" }, `${name}[${key}]`));
        slabs.set(key, slab);
      }
      slabs.get(key).append(make(index, place));
    });
    const title = `${name} ${tuple(shapes(name) ?? shape)}`;
    const head = el("p", {}, title, el("br"), el("span", { class: "dlx-soft" }, note));
    return el("div", { class: `bc-block bc-${name.toLowerCase()}` }, head, ...slabs.values());
  }

  function operand(name, result) {
    const own = shapes(name);
    const stretched = size(result) > size(own);
    return block(
      name,
      result,
      (index) => {
        const from = source(own, index);
        const place = flat(own, from);
        const first = index.every((i, k) => i === (from[from.length - index.length + k] ?? 0));
        return el(
          "span",
          {
            class: first ? "bc-cell" : "bc-cell bc-ghost",
            "data-cell": name,
            "data-place": place,
            "data-value": entries[name](place),
          },
          String(entries[name](place)),
        );
      },
      stretched ? `read as ${tuple(result)}` : undefined,
    );
  }

  const picture = el("div", { class: "bc-sum" });
  const sentence = el("p", { class: "dlx-numbers", "data-sentence": "" });
  const stored = el("p", { class: "dlx-soft" });
  const failure = el("pre", { "data-error": "" });
  const code = el("pre", { "data-code": "" });
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) live.textContent = finished;
  });

  const compute = (index) => {
    const [i, j] = [source(a, index), source(b, index)];
    const [x, y] = [entries.A(flat(a, i)), entries.B(flat(b, j))];
    return { i, j, x, y, z: RESULTS[operation](x, y) };
  };

  let results = [];
  function answer(shape) {
    const all = indices(shape);
    results = all.map((index, place) => {
      const { x, y, z } = compute(index);
      const label = `${entry("C", index)} = ${number(x)} ${SIGNS[operation]} ${number(y)} = ${
        number(z)
      }`;
      return button(number(z), () => point(place), {
        class: "bc-cell",
        "data-cell": "C",
        "data-index": index.join(","),
        "data-value": z,
        "aria-label": label,
        onfocus: () => point(place),
        onpointerenter: () => point(place),
        onkeydown: (event) => walk(event, shape, index),
      });
    });
    const node = block("C", shape, (_, place) => results[place]);
    const label = "The entries of C: arrow keys move, Page Up and Page Down change the slab";
    return set(node, { role: "group", "aria-label": label });
  }

  function walk(event, shape, index) {
    const steps = {
      ArrowRight: [-1, 1],
      ArrowLeft: [-1, -1],
      ArrowDown: [-2, 1],
      ArrowUp: [-2, -1],
      PageDown: [-3, 1],
      PageUp: [-3, -1],
    };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [axis, step] = steps[event.key];
    const place = shape.length + axis;
    if (place < 0) return;
    const next = index.map((i, k) => (k === place ? clamp(i + step, 0, shape[k] - 1) : i));
    results[flat(shape, next)].focus();
  }

  // Show from which two entries one entry of C comes.
  function point(place) {
    chosen = place;
    const result = rule().map((axis) => axis.length);
    const index = indices(result)[place];
    const { i, j, x, y, z } = compute(index);
    const sign = SIGNS[operation];
    sentence.textContent = `${entry("C", index)} = ${entry("A", i)} ${sign} ${entry("B", j)} = ${
      number(x)
    } ${sign} ${number(y)} = ${number(z)}`;
    results.forEach((node, k) => {
      node.tabIndex = k === place ? 0 : -1;
      if (k === place) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    });
    for (
      const [name, shape, from] of [
        ["A", a, i],
        ["B", b, j],
      ]
    ) {
      picture.querySelectorAll(`[data-cell=${name}]`).forEach((cell, k) => {
        cell.classList.toggle("bc-hit", k === place);
        const stored = !cell.classList.contains("bc-ghost");
        cell.classList.toggle(
          "bc-source",
          stored && Number(cell.dataset.place) === flat(shape, from),
        );
      });
    }
  }

  const nested = (shape, values) => {
    if (!shape.length) return String(values[0]);
    const step = values.length / shape[0];
    const parts = Array.from(
      { length: shape[0] },
      (_, k) => nested(shape.slice(1), values.slice(k * step, (k + 1) * step)),
    );
    return `[${parts.join(", ")}]`;
  };

  function draw() {
    const columns = rule();
    const works = columns.every((column) => column.fits);
    const result = columns.map((column) => column.length);
    write();
    buttons.forEach(({ label }) => label());
    axes.forEach((axis, k) => {
      const column = columns.find((one) => one.axis === axis);
      verdicts[k].textContent = column ? `${column.fits ? "✓" : "✗"} ${why(column)}` : "";
      verdicts[k].className = column && !column.fits ? "dlx-bad" : "";
      lengths[k].textContent = column ? (column.length ?? "✗") : "";
    });
    for (
      const [name, shape] of [
        ["A", a],
        ["B", b],
      ]
    ) {
      table.querySelector(`[data-shape=${name}]`).textContent = tuple(shape);
    }
    table.querySelector("[data-shape=C]").textContent = works ? tuple(result) : "none";

    const sign = el("span", { class: "bc-sign", "aria-hidden": "true" }, SIGNS[operation]);
    const made = (name, base, shape) =>
      `${name} = ${base}np.arange(1, ${size(shape) + 1}).reshape(${tuple(shape)})`;
    const program = [made("A", "10 * ", a), made("B", "", b), `C = A ${operation} B`].join("\n");
    failure.hidden = works;
    sentence.hidden = stored.hidden = legend.hidden = !works;
    if (works) {
      const equals = el("span", { class: "bc-sign", "aria-hidden": "true" }, "=");
      picture.replaceChildren(
        operand("A", result),
        sign,
        operand("B", result),
        equals,
        answer(result),
      );
      point(Math.min(chosen, size(result) - 1));
      const values = indices(result).map((index) => compute(index).z);
      code.textContent = `${program}\nC.shape    # ${tuple(result)}\nC.tolist() # ${
        nested(result, values)
      }`;
      stored.textContent = `A stores ${size(a)}, B stores ${size(b)}, and C ${
        size(result)
      } numbers. The dashed cells are read, but not stored.`;
      finished = `A ${tuple(a)} and B ${tuple(b)} fit. C has the shape ${
        tuple(result)
      }. ${sentence.textContent}`;
    } else {
      picture.replaceChildren(operand("A", a), sign, operand("B", b));
      const wrong = columns.filter((column) => !column.fits);
      const where = wrong.map((column) => `axis ${number(column.axis)}: ${why(column)}`).join("; ");
      const short = (shape) => tuple(shape).replaceAll(" ", "");
      failure.textContent = `ValueError: operands could not be broadcast together with shapes ${
        short(a)
      } ${short(b)}`;
      code.textContent = program;
      finished = `A ${tuple(a)} and B ${tuple(b)} do not fit. On ${where}.`;
    }
    verdict.textContent = works
      ? `They fit. C = A ${SIGNS[operation]} B has the shape ${tuple(result)}.`
      : finished;
    verdict.className = works ? "dlx-good" : "dlx-bad";
    rest();
  }

  const verdict = el("p", { "data-verdict": "" });
  const swatch = (style, label) => el("span", {}, el("i", { style }), label);
  const legend = el(
    "p",
    { class: "dlx-soft dlx-legend bc-legend", style: "justify-content: flex-start" },
    swatch("border: 2px solid var(--line-1)", "stored once"),
    swatch("border: 2px dashed var(--control)", "read again, not stored"),
    swatch("background: var(--ink)", "the entry you point at"),
  );
  const examples = el("div", { class: "dlx-row", style: "gap: 0.3rem" }, ...EXAMPLES.map(example));
  const figure = el(
    "div",
    {},
    el("style", {}, STYLE),
    el(
      "p",
      {},
      "Type the length of an axis, or take an example. Then point at an entry of C, or walk through C with the arrow keys.",
    ),
    el("fieldset", { class: "dlx-apart" }, el("legend", {}, "Examples"), examples),
    el("div", { class: "dlx-row dlx-apart" }, operations.node, reset),
    el("div", { class: "dlx-scroll" }, table),
    ...buttons.map(({ node }) => node),
    verdict,
    failure,
    picture,
    sentence,
    legend,
    stored,
    code,
    live,
  );
  draw();
  return figure;
}
