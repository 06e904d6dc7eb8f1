// A number in sixteen bits, float16 or bfloat16: its parts, its neighbours on the line, and
// what is left of it after adding 1.

const { button, canvas, cell, clamp, el, figure, fill, label, line, num, range } =
  globalThis.explorables;
const { row, set, show, svg, walk } = globalThis.explorables;

// How many bits the exponent and the fraction have; the sign has one.
const FORMATS = { float16: { E: 5, F: 10 }, bfloat16: { E: 8, F: 7 } };
const STYLE = `
.dlx .sb-bits { display: flex; flex-wrap: wrap; gap: 0.5rem 0.8rem; margin: 0.5rem 0; }
.dlx .sb-part > span { display: block; font-size: 0.82em; color: var(--tone); font-weight: 600; }
.dlx .sb-part > div { display: flex; gap: 2px; }
.dlx .sb-part button {
  min-width: 1.75rem; padding: 0; border: 2px solid var(--tone);
  font-variant-numeric: tabular-nums;
}
.dlx .sb-part button[aria-pressed="true"] { background: var(--tone); border-color: var(--tone); }
.dlx .sb-sign { --tone: var(--one); } .dlx .sb-e { --tone: var(--line-1); } .dlx .sb-f { --tone: var(--line-2); }
.dlx .sb-line { max-width: 32rem; margin: 0.4rem 0; }
`;

const bias = ({ E }) => 2 ** (E - 1) - 1;
const full = ({ E, F }) => (2 ** E - 1) * 2 ** F; // the pattern of infinity

function parts(bits, { E, F }) {
  return { sign: bits >> 15, e: (bits >> F) & (2 ** E - 1), f: bits & (2 ** F - 1) };
}

function decode(bits, format) {
  const { sign, e, f } = parts(bits, format);
  const way = sign ? -1 : 1;
  if (e === 2 ** format.E - 1) return f ? NaN : way * Infinity;
  const whole = e ? 1 : 0; // subnormal numbers have no leading 1
  return way * (whole + f / 2 ** format.F) * 2 ** (Math.max(e, 1) - bias(format));
}

// Rounds to the nearest pattern; a tie goes to the one whose last bit is 0.
function encode(value, format) {
  const sign = value < 0 || Object.is(value, -0) ? 2 ** 15 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return full(format) + 2 ** (format.F - 1);
  if (size === Infinity) return sign + full(format);
  const least = 1 - bias(format);
  let e = Math.max(Math.floor(Math.log2(size || 1e-300)), least);
  while (size < 2 ** e && e > least) e -= 1; // where log2 was rounded up
  const steps = size / 2 ** (e - format.F);
  const low = Math.floor(steps);
  const rest = steps - low;
  const n = low + (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? 1 : 0);
  // n may have reached the next power of two: then the exponent grows by itself.
  return sign + Math.min((e - least) * 2 ** format.F + n, full(format));
}

// The number after this one, or before it: patterns are in the order of the sizes.
function next(bits, way, format) {
  const size = bits & 0x7fff;
  if (size > full(format)) return bits;
  const place = clamp((bits >> 15 ? -size : size) + way, -full(format), full(format));
  return place < 0 ? 2 ** 15 - place : place;
}

function measure({ bits, kind }) {
  const format = FORMATS[kind];
  const value = decode(bits, format);
  const [below, above] = [-1, 1].map((way) => decode(next(bits, way, format), format));
  const step = Number.isFinite(value) ? above - value : NaN;
  return { format, value, below, above, step, plus: decode(encode(value + 1, format), format) };
}

function write(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return num(value, 9, { least: 1e-4, most: 1e6, decimals: 4 });
}

export function explore(start) {
  const { state, update, field, choice, reset, page } = figure(start, draw, say);

  const format = () => FORMATS[state.kind];
  const to = (value) => update({ bits: encode(value, format()) });
  const bits = range(16).map((i) =>
    button("0", () => update({ bits: state.bits ^ (1 << (15 - i)) }))
  );
  walk(bits, [16]);
  const groups = ["sign", "e", "f"].map((name) => ({
    name: el("span"),
    inside: el("div"),
    tone: `sb-${name}`,
  }));
  const typed = field(
    "a number, typed",
    { get: () => measure(state).value, set: to },
    -1e39,
    1e39,
    { decimals: null, shown: (value) => Number.isFinite(value) ? `${value}` : "" },
  );
  const kind = choice("Kind of number", {
    get: () => state.kind,
    // The number stays, as far as it can.
    set: (name) => update({ kind: name, bits: encode(measure(state).value, FORMATS[name]) }),
  }, Object.keys(FORMATS));

  const [WIDTH, HEIGHT] = [420, 96];
  const picture = canvas(WIDTH, HEIGHT, { class: "sb-line", role: "img" });
  const formula = el("pre");
  const verdict = el("p.dlx-score", { "data-verdict": "" });
  const names = { below: "number before", value: "this number", above: "number after" };
  Object.assign(names, { step: "step to the next", plus: "this number + 1" });
  const cells = Object.fromEntries(Object.keys(names).map((key) => [key, cell(key)]));

  function spell() {
    const { value, format } = measure(state);
    const { sign, e, f } = parts(state.bits, format);
    const way = sign ? "−" : "+";
    if (e === 2 ** format.E - 1) return `e = ${e} is kept for infinity and nan`;
    const power = `2^(${Math.max(e, 1)} − ${bias(format)})`;
    const whole = e ? "(1 + " : "(0 + ";
    return `${way} ${power} · ${whole}${f} / ${2 ** format.F}) = ${write(value)}`;
  }

  // Adding 1, in words; whether something was lost.
  function add() {
    const { value, plus } = measure(state);
    if (!Number.isFinite(value)) return [`${write(value)} + 1 = ${write(plus)}.`, false];
    const exact = value + 1;
    if (plus === exact) return [`${write(value)} + 1 = ${write(plus)}, exactly.`, false];
    const lost = plus === value ? ": adding 1 has changed nothing." : ".";
    return [`${write(value)} + 1 is rounded to ${write(plus)}${lost}`, plus === value];
  }

  function drawLine({ value, above, step, plus, format }) {
    if (!Number.isFinite(value) || !Number.isFinite(step)) {
      return fill(picture, label(WIDTH / 2, 50, "no line: there is no next number", "middle"));
    }
    const [low, high] = [value - 2.7 * step, value + 3.7 * step];
    const X = (u) => ((u - low) / (high - low)) * WIDTH;
    const inside = [];
    for (let b = state.bits, i = 0; i < 7; i += 1) {
      inside.push(decode(b, format));
      b = next(b, 1, format);
    }
    for (let b = state.bits, i = 0; i < 8; i += 1) {
      b = next(b, -1, format);
      inside.push(decode(b, format));
    }
    const ticks = [...new Set(inside)].filter((u) => u >= low && u <= high);
    const mark = (u) =>
      svg("line", { x1: X(u), x2: X(u), y1: 50, y2: 66, stroke: "var(--ink)", "stroke-width": 2 });
    const named = [value, above].map((u, i) =>
      label(X(u), 86, write(u), i ? "start" : "end", { "data-tick": u })
    );
    const sum = value + 1;
    const shown = sum <= high;
    const arrow = shown && plus !== sum && Number.isFinite(plus) &&
      line("--bad", 2, { d: `M${X(sum)} 30Q${X((sum + plus) / 2)} 8 ${X(plus)} 44` });
    fill(
      picture,
      svg("path.dlx-axis", { d: `M0 58H${WIDTH}` }),
      ticks.map(mark),
      svg("circle", { cx: X(value), cy: 58, r: 7, fill: "var(--line-y)" }),
      named,
      shown && svg("circle", {
        cx: X(sum),
        cy: 36,
        r: 6,
        fill: "none",
        stroke: "var(--bad)",
        "stroke-width": 2.5,
      }),
      shown && label(X(sum) + 10, 30, "+ 1"),
      arrow,
    );
  }

  function draw() {
    const all = measure(state);
    const { E, F } = all.format;
    const sizes = [[0, 1, "sign"], [1, E, `exponent e = ${parts(state.bits, all.format).e}`]];
    sizes.push([1 + E, F, `fraction f = ${parts(state.bits, all.format).f}`]);
    sizes.forEach(([from, length, name], k) => {
      groups[k].name.textContent = name;
      const own = bits.slice(from, from + length);
      // Moving a node takes the focus from it, so only what is not there yet is moved.
      const { inside } = groups[k];
      if (inside.childElementCount !== length) fill(inside, own);
    });
    bits.forEach((node, i) => {
      const one = (state.bits >> (15 - i)) & 1;
      node.textContent = one;
      const where = i === 0 ? "sign" : i <= E ? "exponent" : "fraction";
      const place = i === 0 ? "" : i <= E ? ` ${i} of ${E}` : ` ${i - E} of ${F}`;
      set(node, { "aria-pressed": `${one === 1}`, "aria-label": `${where} bit${place}` });
    });
    formula.textContent = spell();
    for (const key of Object.keys(names)) {
      const given = key === "step" && Number.isNaN(all.step) ? "–" : write(all[key]);
      show(cells[key], all[key], given);
    }
    const [words, lost] = add();
    verdict.textContent = words;
    verdict.className = `dlx-score ${lost ? "dlx-bad" : ""}`.trim();
    set(picture, { "aria-label": `The numbers around ${write(all.value)}` });
    drawLine(all);
  }

  function say() {
    const { value, step } = measure(state);
    const pattern = state.bits.toString(2).padStart(16, "0");
    const far = Number.isNaN(step) ? "" : ` The step to the next number is ${write(step)}.`;
    return `${state.kind} ${pattern} is ${write(value)}.${far} ${verdict.textContent}`;
  }

  const act = (words, change) => button(words, () => to(change(measure(state).value)));
  const move = (words, way) =>
    button(words, () => update({ bits: next(state.bits, way, format()) }));
  return page(
    el("style", STYLE),
    el(
      "p",
      "Sixteen bits, each 0 or 1, are a number. Flip some. For which numbers does adding 1 change nothing?",
    ),
    el(
      "div.sb-bits",
      { role: "group", "aria-label": "The sixteen bits" },
      groups.map(({ name, inside, tone }) => el(`div.sb-part.${tone}`, name, inside)),
    ),
    formula,
    el(
      "div.dlx-row.dlx-tight",
      act("Add 1", (value) => value + 1),
      act("Double", (value) => 2 * value),
      act("Halve", (value) => value / 2),
      move("Before", -1),
      move("After", 1),
      reset,
    ),
    verdict,
    picture,
    el(
      "div.dlx-columns",
      el(
        "table",
        el("caption", "On the line of numbers"),
        el("tbody", Object.entries(names).map(([key, name]) => row(name, cells[key]))),
      ),
      el("div", kind, el("p", el("label", "a number ", typed))),
    ),
  );
}
