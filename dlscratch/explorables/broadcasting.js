// Two shapes, aligned from the right: NumPy's broadcasting, cell by cell.

const { button, el, figure, fill, head, indices, more, only } = globalThis.explorables;
const { range, row, set, walk } = globalThis.explorables;

const NAMES = ["A", "B"];
const ENTRIES = { A: (place) => 10 * (place + 1), B: (place) => place + 1 };
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
@media (max-width: 480px) {
  .dlx .bc-result { order: -1; }
  .dlx .bc-sum { gap: 0.4rem; }
  .dlx .bc-cell, .dlx button.bc-cell { min-width: 2.05rem; }
  .dlx.dlx .bc-align :is(td, th) { min-width: 3.2em; padding-inline: 0.2rem; }
  .dlx.dlx .bc-align th { white-space: normal; }
}
.dlx .bc-legend i { width: 1.2em; height: 1em; border-radius: 3px; }
`;

const size = (shape) => shape.reduce((product, n) => product * n, 1);
const tuple = (shape) => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);
const entry = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);
const number = (value) => String(value).replace("-", "−");

// The index in an array of this shape from which an entry of C comes: 0 along a stretched axis.
const source = (shape, index) =>
  index.slice(index.length - shape.length).map((i, k) => (shape[k] === 1 ? 0 : i));
// The place of an index, where an array's numbers lie in one row.
const flat = (shape, index) => index.reduce((place, i, k) => place * shape[k] + i, 0);

// For each axis, counted from the right as -1, -2, …, the lengths and whether they fit.
function rule({ A, B }) {
  const rank = Math.max(A.length, B.length);
  return range(rank).map((k) => {
    const axis = k - rank;
    const [m = 1, n = 1] = [A.at(axis), B.at(axis)];
    return { axis, m, n, fits: m === n || m === 1 || n === 1, length: Math.max(m, n) };
  });
}

function why({ axis, m, n, fits, length }, { A, B }) {
  if (!fits) return `${m} and ${n} differ, and neither is 1`;
  const short = A.length < -axis ? "A" : B.length < -axis ? "B" : "";
  if (short) {
    return `${short} has none: ${length === 1 ? "1 is put in" : `1, stretched to ${length}`}`;
  }
  return m === n ? "equal" : `${m === 1 ? "A" : "B"}'s 1 is stretched to ${length}`;
}

// An entry of C, and the two that it comes from.
function compute({ A, B, operation }, index) {
  const [i, j] = [source(A, index), source(B, index)];
  const [x, y] = [ENTRIES.A(flat(A, i)), ENTRIES.B(flat(B, j))];
  const z = RESULTS[operation](x, y);
  const sum = `${number(x)} ${SIGNS[operation]} ${number(y)} = ${number(z)}`;
  const from = `${entry("A", i)} ${SIGNS[operation]} ${entry("B", j)}`;
  return { z, sum, said: `${entry("C", index)} = ${from} = ${sum}` };
}

// Numbers in one row as NumPy's tolist() shows them.
function nested([n, ...rest], values) {
  if (n === undefined) return String(values[0]);
  const part = (k) => nested(rest, values.slice(k * size(rest), (k + 1) * size(rest)));
  return `[${range(n).map(part).join(", ")}]`;
}

function program({ A, B, operation }) {
  const made = (name, base, shape) =>
    `${name} = ${base}np.arange(1, ${size(shape) + 1}).reshape(${tuple(shape)})`;
  return `${made("A", "10 * ", A)}\n${made("B", "", B)}\nC = A ${operation} B`;
}

export function explore({ limits, ...start }) {
  const first = { ...start, at: 0 };
  const { state, update, choice, field, reset, page } = figure(first, draw, say);
  const axes = range(limits.axes).map((k) => k - limits.axes);
  const put = (name, shape) => update({ [name]: shape, at: 0 });

  // Where the lengths are chosen: one column for each axis.
  const shapes = Object.fromEntries(
    ["A", "B", "C"].map((name) => [name, el("td.dlx-numbers", { "data-shape": name })]),
  );
  const fields = NAMES.flatMap((name) =>
    axes.map((axis) => {
      const key = {
        get: () => state[name].at(axis) ?? 1,
        set: (n) => put(name, state[name].with(axis, n)),
      };
      const label = `${name}, axis ${number(axis)}`;
      const { node } = field(label, key, ...limits.length, { decimals: 0 });
      return { name, axis, node, none: el("span.dlx-soft", "none") };
    })
  );
  const line = (name) => {
    const own = fields.filter((one) => one.name === name);
    return row(name, [own.map(({ node, none }) => el("td", node, none)), shapes[name]]);
  };
  const verdicts = axes.map((axis) => el("td", { "data-why": axis }));
  const lengths = axes.map((axis) => el("td.dlx-numbers", { "data-axis": axis }));
  const table = el(
    "table.bc-align",
    el(
      "caption",
      `The shapes, aligned at their last axis. Lengths from ${limits.length.join(" to ")}.`,
    ),
    head("array", ...axes.map((axis) => `axis ${number(axis)}`), "shape"),
    el(
      "tbody",
      NAMES.map(line),
      row("rule", [verdicts, el("td")], { class: "bc-verdict" }),
      row("C", [lengths, shapes.C]),
    ),
  );

  // The three ways to change how many axes an array has.
  const reshapes = NAMES.map((name) => {
    const reshape = (change) => () => put(name, change(state[name], 1));
    const grow = {
      first: (axes, one) => [one, ...axes],
      last: (axes, one) => [...axes, one],
    };
    const more = Object.values(grow).map((change) => button("", reshape(change)));
    const drop = button("Drop its first axis", reshape((axes) => axes.slice(1)), {
      "aria-label": `Drop the first axis of ${name}`,
    });
    const write = () => {
      const colons = state[name].map(() => ":");
      Object.entries(grow).forEach(([which, change], k) => {
        more[k].textContent = `${name}[${change(colons, "None").join(", ")}]`;
        const label = `${more[k].textContent}: give ${name} a new ${which} axis of length 1`;
        set(more[k], { "aria-label": label });
        more[k].disabled = colons.length === limits.axes;
      });
      more[0].hidden = drop.disabled = colons.length === 0;
    };
    const node = el(
      "div.dlx-row.dlx-apart",
      el("b", { "aria-hidden": "true" }, name),
      more,
      drop,
    );
    return { node, write };
  });

  // A block of cells: rows and columns are the last two axes, slabs the one before.
  function block(name, shape, cells, own = shape, note = "\u00a0") {
    const style = `grid-template-columns: repeat(${shape.at(-1) ?? 1}, auto)`;
    const slab = (cells, title) => el("div.bc-slab", { style }, title, cells);
    const length = size(shape.slice(1));
    return el(
      `div.bc-block.bc-${name.toLowerCase()}`,
      el("p", `${name} ${tuple(own)}`, el("br"), el("span.dlx-soft", note)),
      shape.length < 3
        ? slab(cells)
        : range(shape[0]).map((k) =>
          slab(cells.slice(k * length, (k + 1) * length), el("span.bc-name", `${name}[${k}]`))
        ),
    );
  }
  // A or B, stretched to a shape. Where an entry comes again it is not stored.
  function operand(name, shape) {
    const own = state[name];
    const places = indices(shape).map((index) => flat(own, source(own, index)));
    const cells = places.map((place, k) => {
      const marks = { "data-cell": name, "data-place": place, "data-value": ENTRIES[name](place) };
      const stored = places.indexOf(place) === k;
      return el(
        "span.bc-cell",
        { class: !stored && "bc-ghost", ...marks },
        `${ENTRIES[name](place)}`,
      );
    });
    const stretched = cells.length > size(own) ? `read as ${tuple(shape)}` : undefined;
    const mark = (at) =>
      cells.forEach((cell, k) => {
        cell.classList.toggle("bc-hit", k === at);
        cell.classList.toggle("bc-source", k === places.indexOf(places[at]));
      });
    return { node: block(name, shape, cells, own, stretched), mark };
  }
  function answer(shape) {
    const cells = indices(shape).map((index, k) => {
      const { z, sum } = compute(state, index);
      const point = () => update({ at: k });
      return button(number(z), point, {
        class: "bc-cell",
        "data-cell": "C",
        "data-index": index.join(","),
        "data-value": z,
        "aria-label": `${entry("C", index)} = ${sum}`,
        onfocus: point,
        onpointerenter: point,
      });
    });
    walk(cells, shape);
    const label = "The entries of C: arrow keys move, Page Up and Page Down change the slab";
    const mark = (at) => {
      only(cells, cells[at]);
      cells.forEach((cell, k) => set(cell, { "aria-current": k === at && "true" }));
    };
    return { node: set(block("C", shape, cells), { role: "group", "aria-label": label }), mark };
  }

  const picture = el("div.bc-sum");
  const verdict = el("p", { "data-verdict": "" });
  const failure = el("pre", { "data-error": "" });
  const sentence = el("p.dlx-numbers", { "data-sentence": "" });
  const swatches = [
    ["border: 2px solid var(--line-1)", "stored once"],
    ["border: 2px dashed var(--control)", "read again, not stored"],
    ["background: var(--ink)", "the entry you point at"],
  ].map(([style, words]) => el("span", el("i", { style }), words));
  const legend = el(
    "p.dlx-soft.dlx-legend.bc-legend",
    { style: "justify-content: flex-start" },
    swatches,
  );
  const stored = el("p.dlx-soft");
  const code = el("pre", { "data-code": "" });
  let built, blocks, spoken;

  // What is built anew when a shape or the operation changes.
  function build(result, works) {
    const { A, B, operation } = state;
    const sign = (words) => el("span.bc-sign", { "aria-hidden": "true" }, words);
    blocks = NAMES.map((name) => operand(name, works ? result : state[name]));
    if (works) blocks.push(answer(result));
    const [a, b, c] = blocks;
    fill(picture, a, sign(SIGNS[operation]), b, works && [sign("="), c]);
    verdict.className = works ? "dlx-good" : "dlx-bad";
    failure.hidden = works;
    sentence.hidden = stored.hidden = legend.hidden = !works;
    code.textContent = program(state);
    const both = `A ${tuple(A)} and B ${tuple(B)}`;
    if (works) {
      const cells = indices(result).map((index) => compute(state, index));
      const values = cells.map(({ z }) => z);
      code.textContent += `\nC.shape    # ${tuple(result)}\nC.tolist() # ${nested(result, values)}`;
      stored.textContent = `A stores ${size(A)}, B stores ${
        size(B)
      }, and C ${values.length} numbers. The dashed cells are read, but not stored.`;
      verdict.textContent = `They fit. C = A ${SIGNS[operation]} B has the shape ${tuple(result)}.`;
      spoken = `${both} fit. C has the shape ${tuple(result)}. ${cells[0].said}`;
    } else {
      const wrong = rule(state).filter(({ fits }) => !fits);
      const where = wrong.map((one) => `axis ${number(one.axis)}: ${why(one, state)}`).join("; ");
      const [first, second] = [A, B].map((shape) => tuple(shape).replaceAll(" ", ""));
      failure.textContent =
        `ValueError: operands could not be broadcast together with shapes ${first} ${second}`;
      verdict.textContent = spoken = `${both} do not fit. On ${where}.`;
    }
  }

  function draw() {
    const columns = rule(state);
    const works = columns.every(({ fits }) => fits);
    const result = columns.map(({ length }) => length);
    const { A, B, operation, at } = state;
    const key = JSON.stringify([A, B, operation]);
    if (key !== built) build(result, works);
    built = key;

    for (const { name, axis, node, none } of fields) {
      none.hidden = state[name].length >= -axis;
      node.hidden = !none.hidden;
    }
    reshapes.forEach(({ write }) => write());
    axes.forEach((axis, k) => {
      const column = columns.at(axis);
      verdicts[k].textContent = column ? `${column.fits ? "✓" : "✗"} ${why(column, state)}` : "";
      verdicts[k].className = column && !column.fits ? "dlx-bad" : "";
      lengths[k].textContent = column ? (column.fits ? column.length : "✗") : "";
    });
    [A, B].forEach((shape, k) => shapes[NAMES[k]].textContent = tuple(shape));
    shapes.C.textContent = works ? tuple(result) : "none";

    if (!works) return;
    sentence.textContent = compute(state, indices(result)[at]).said;
    blocks.forEach(({ mark }) => mark(at));
  }

  function say() {
    return spoken;
  }

  const examples = EXAMPLES.map(([A, B, operation]) =>
    button(`${tuple(A)} ${SIGNS[operation]} ${tuple(B)}`, () => update({ A, B, operation, at: 0 }))
  );
  return page(
    el("style", STYLE),
    el(
      "p.dlx-ask",
      "Two arrays of different shapes. Do they fit, and what does each entry of C come from?",
    ),
    el(
      "div.dlx-columns",
      el(
        "div",
        el("fieldset", el("legend", "Examples"), el("div.dlx-row.dlx-tight", examples)),
        el("div.dlx-row", choice("Operation", "operation", Object.entries(SIGNS)), reset),
        el("div.dlx-scroll", table),
        reshapes,
      ),
      el(
        "div.bc-result",
        verdict,
        failure,
        picture,
        sentence,
        legend,
        stored,
        more("The same in NumPy", code),
      ),
    ),
  );
}
