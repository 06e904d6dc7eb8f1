// An expression as a graph: the gradient walks back, a compiler merges its steps, and the walk
// is a graph that can be differentiated again.

const { button, cell, el, figure, fill, head, keys, label, line } = globalThis.explorables;
const { canvas, num, range, row, scroll, set, svg, swatch } = globalThis.explorables;

const STYLE = `
.dlx .df-text { flex: 1 1 9rem; min-width: 0; height: 2rem; padding: 0.1rem 0.4rem; border: 1px solid var(--control); border-radius: 0.3rem; background: var(--bg); color: var(--ink); font: 0.95em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.dlx .df-panes { gap: 0.4rem 1rem; }
.dlx .df-panes > * { flex-basis: 15.5rem; }
.dlx .df-list { max-height: 13.2rem; overflow-y: auto; border: 1px solid var(--edge); border-radius: 0.4rem; background: var(--well); }
.dlx .df-list ol { margin: 0; padding: 0.2rem 0.5rem; list-style: none; font-size: 0.82em; font-variant-numeric: tabular-nums; }
.dlx .df-list li { margin: 0; padding: 0 0.2rem; color: var(--soft); overflow-wrap: anywhere; }
.dlx .df-tape { max-height: 8.6rem; margin-top: 0.3rem; }
.dlx .df-code span + span { margin-left: 0.8em; }
.dlx .df-code li { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--ink); }
.dlx .df-list .df-done { color: var(--ink); }
.dlx .df-list s { color: var(--bad); }
.dlx .df-list .df-now { background: var(--shade); color: var(--ink); }
.dlx .df-said { min-height: 4.4em; font-size: 0.92em; }
.dlx .df-panes b { font-size: 0.92em; }
.dlx .dlx-plot.df-graph text { fill: var(--ink); font-size: 12px; font-variant-numeric: tabular-nums; }
.dlx .dlx-plot.df-graph .df-grad { fill: var(--one); font-weight: 600; }
.dlx .df-graph rect { fill: var(--bg); stroke: var(--control); stroke-width: 1.5; }
.dlx .df-graph .df-passed rect { stroke: var(--one); }
.dlx .df-graph .df-now rect { fill: var(--shade); stroke: var(--one); stroke-width: 3; }
.dlx .df-graph .df-now circle { stroke: var(--ink); stroke-width: 4; }
`;

// ---- Numbers, variables and operations: each knows its value; operations know their rules ----

const constant = (value, whole = false) => ({ value, whole, constant: true });
let built, stage; // every operation since the parser began, and the order that it belongs to
function make(op, inputs, n) {
  inputs = inputs.map((one) => typeof one === "number" ? constant(one) : one);
  const value = OPS[op][0](...inputs.map((one) => one.value), n?.value);
  built.push({ op, inputs, n, value, stage });
  return built.at(-1);
}
const [add, sub, mul, div, sum, spread, ones, sin, cos, isPositive] = [
  "add subtract multiply divide sum_like broadcast_like ones_like sin cos is_positive",
].flatMap((names) => names.split(" ")).map((op) => (...inputs) => make(op, inputs));
const power = (x, n) => make("power", [x], n);
const minus = (x) => mul(x, -1);

// The table of dlscratch.autograd, for single numbers: forward, then a rule for each input,
// from the gradient g of the result y.
const OPS = {
  add: [(a, b) => a + b, (g, _, a) => sum(g, a), (g, _, _a, b) => sum(g, b)],
  subtract: [(a, b) => a - b, (g, _, a) => sum(g, a), (g, _, _a, b) => sum(minus(g), b)],
  multiply: [(a, b) => a * b, (g, _, a, b) => sum(mul(g, b), a), (g, _, a, b) => sum(mul(g, a), b)],
  divide: [
    (a, b) => a / b,
    (g, _, a, b) => sum(div(g, b), a),
    (g, y, _, b) => sum(div(mul(minus(g), y), b), b),
  ],
  power: [
    (x, n) => x ** n,
    (g, _, x, n) => n.value ? mul(mul(g, n), power(x, constant(n.value - 1, n.whole))) : mul(0, g),
  ],
  exp: [Math.exp, (g, y) => mul(g, y)],
  log: [Math.log, (g, _, x) => div(g, x)],
  sin: [Math.sin, (g, _, x) => mul(g, cos(x))],
  cos: [Math.cos, (g, _, x) => mul(minus(g), sin(x))],
  tanh: [Math.tanh, (g, y) => mul(g, sub(1, mul(y, y)))],
  sigmoid: [(x) => 1 / (1 + Math.exp(-x)), (g, y) => mul(mul(g, y), sub(1, y))],
  relu: [(x) => Math.max(x, 0), (g, _, x) => mul(g, isPositive(x))],
  is_positive: [(x) => (x > 0 ? 1 : 0)],
  ones_like: [() => 1],
  sum_like: [(a) => a, (g, _, a) => spread(g, a)],
  broadcast_like: [(a) => a, (g, _, a) => sum(g, a)],
};
const FUNCTIONS = ["exp", "log", "sin", "cos", "tanh", "sigmoid", "relu"];
const SIGNS = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power" };

// ---- From text to a graph ----

// names holds x and y; "u = …;" adds to them. Numbers alone are computed, as in Python.
function parse(source, names) {
  const tokens = [...source.matchAll(/\d+\.?\d*|\.\d+|[a-z_]\w*|\*\*|\S/gi)];
  let at = 0;
  const token = (k = at) => tokens[k]?.[0];
  function fail(expected, k = at) {
    const got = tokens[k] ? `“${token(k)}”` : "the end";
    const place = (tokens[k]?.index ?? source.length) + 1;
    throw new SyntaxError(`Position ${place}: expected ${expected}, got ${got}.`);
  }
  const take = (...wanted) => wanted.includes(token()) && tokens[at++][0];
  const need = (wanted) => take(wanted) || fail(`“${wanted}”`);
  function combine(op, inputs, k) {
    const whole = op !== "divide" && inputs.every((one) => one.whole) &&
      !FUNCTIONS.includes(op) && !(op === "power" && inputs[1].value < 0);
    if (inputs.every((one) => one.constant)) {
      return sized(constant(OPS[op][0](...inputs.map((one) => one.value)), whole), k);
    }
    if (op !== "power") return make(op, inputs);
    return inputs[1].constant ? power(...inputs) : fail("a number as exponent", k + 1);
  }
  const sized = (one, k) => Math.abs(one.value) < 1e15 ? one : fail("a number below 10¹⁵", k);
  const left = (next, ...signs) => () => {
    let one = next();
    for (let k = at, sign; (sign = take(...signs)); k = at) {
      one = combine(SIGNS[sign], [one, next()], k);
    }
    return one;
  };
  function atom() {
    const [k, word] = [at, token()];
    if (take("(")) {
      const one = all();
      need(")");
      return one;
    }
    if (/^[.\d]/.test(word)) return sized(constant(Number(token(at++)), !word.includes(".")), k);
    if (FUNCTIONS.includes(word)) {
      at += 1;
      need("(");
      const one = all();
      need(")");
      return combine(word, [one], k);
    }
    if (!Object.hasOwn(names, word)) {
      fail(`a number, ${Object.keys(names).join(", ")}, a function or “(”`);
    }
    return names[token(at++)];
  }
  function raised() {
    const [one, k] = [atom(), at];
    return take("**") ? combine("power", [one, signed()], k) : one;
  }
  function signed() {
    if (!take("-")) return raised();
    const one = signed();
    return one.constant ? constant(-one.value, one.whole) : minus(one);
  }
  const all = left(left(signed, "*", "/"), "+", "-");
  while (token(at + 1) === "=") {
    const word = token();
    if (!/^[a-z_]/i.test(word) || FUNCTIONS.includes(word) || /^[xy]$/.test(word)) {
      fail("a new name");
    }
    at += 2;
    names[word] = all();
    need(";");
  }
  const result = all();
  if (at < tokens.length) fail(token() === "^" ? "“**” for a power" : "+, −, *, /, ** or the end");
  if (result.constant) throw new SyntaxError("Expected x or y somewhere, got a number alone.");
  return result;
}

// ---- Back along the graph ----

// All nodes that lead to the outputs, each after its inputs.
function order(outputs) {
  const [seen, found] = [new Set(), []];
  function visit(x) {
    if (x.constant || seen.has(x)) return;
    seen.add(x);
    x.inputs?.toReversed().forEach(visit);
    found.push(x);
  }
  outputs.forEach(visit);
  return found;
}

const VISITS = 300; // of a walk that does not wait: each node may double them

// The gradients of y, and the steps: which node passed what to which, and what these have then.
// Who does not wait passes on whatever has arrived, after each use.
function walk(y, waits = true) {
  const grads = new Map([[y, ones(y)]]);
  const steps = [];
  function pass(x) {
    const given = [];
    steps.push({ x, g: grads.get(x).value, given });
    x.inputs.forEach((to, k) => {
      const rule = !to.constant && OPS[x.op][k + 1];
      if (!rule) return;
      const more = rule(grads.get(x), x, ...x.inputs, x.n);
      grads.set(to, grads.has(to) ? add(grads.get(to), more) : more);
      given.push({ to, more: more.value, total: grads.get(to).value });
    });
    if (!waits) { for (const { to } of given) if (to.op && steps.length < VISITS) pass(to); }
  }
  if (waits) { for (const x of order([y]).reverse()) x.op && grads.has(x) && pass(x); }
  else if (y.op) pass(y);
  return { grads, steps };
}

// ---- From the graph to a program ----

function literal({ value, whole }) {
  if (whole) return `${value}`;
  const small = value !== 0 && Math.abs(value) < 1e-4;
  const digits = small ? value.toExponential().replace(/-(\d)$/, "-0$1") : `${value}`;
  return Number.isInteger(value) ? `${digits}.0` : digits;
}

// The lines of dlscratch.autograd.function with its names, and those that it leaves out: merged
// with an equal one, or dead, which no output needs.
function compile(outputs, steps) {
  const alive = order(outputs);
  const [kept, calls, copies, last] = [new Set(alive), new Map(), {}, {}];
  const labels = new Map(alive.filter((x) => x.name).map((x) => [x, x.name]));
  const names = new Map(labels);
  const lines = [...alive, ...steps.filter((x) => !kept.has(x))].filter((x) => x.op).map((x) => {
    const given = x.inputs.map((one) => names.get(one) ?? literal(one));
    const call = `${x.op}(${[...given, ...(x.n ? [`n=${literal(x.n)}`] : [])].join(", ")})`;
    const dead = !kept.has(x);
    const merged = !dead && calls.has(call);
    const name = merged
      ? calls.get(call)
      : `${dead ? "dead" : "v"}${dead ? names.size : calls.size + 1}`;
    const copy = copies[name] = (copies[name] ?? -1) + 1;
    names.set(x, name);
    labels.set(x, name + (copy > 3 ? `′${copy}` : "′".repeat(copy)));
    if (!dead && !merged) {
      calls.set(call, name);
      for (const one of given) last[one] = call;
    }
    return { x, call, given, out: merged || dead };
  });
  const results = outputs.map((x) => names.get(x));
  const ends = (call) => (name) =>
    name[0] === "v" && !results.includes(name) && last[name] === call;
  for (const one of lines) one.done = one.out ? [] : [...new Set(one.given.filter(ends(one.call)))];
  const counts = {
    built: steps.length,
    dead: steps.filter((x) => !kept.has(x)).length,
    lines: calls.size,
  };
  return {
    lines,
    labels,
    results,
    counts: { ...counts, merged: counts.built - counts.dead - counts.lines },
  };
}

// ---- All that is shown ----

function compute({ source, x, y, by, waits, most }) {
  const names = { x: { name: "x", value: x }, y: { name: "y", value: y } };
  [built, stage] = [[], 0];
  const outputs = [parse(source, { ...names })];
  const variables = order(outputs).filter((one) => one.name).sort((a, b) =>
    a.name < b.name ? -1 : 1
  );
  const rows = [compile(outputs, built)];
  let note = "";
  for (const name of by) {
    const before = built.length;
    stage += 1;
    const next = walk(outputs.at(-1)).grads.get(names[name]);
    if (!next) {
      note =
        `The last result no longer depends on ${name}: its gradient is None, and its derivative 0.`;
    } else if (stage > most.order) note = `This figure stops at order ${most.order}.`;
    else if (built.length > most.steps) {
      note =
        `Order ${stage} would build ${built.length} steps; this figure stops at ${most.steps}.`;
    }
    if (note) {
      built.length = before;
      break;
    }
    outputs.push(next);
    rows.push(compile(outputs, [...built]));
  }
  const from = outputs.at(-1);
  const [right, tape] = [walk(from), walk(from, waits)];
  const uses = new Map();
  for (const { to } of right.steps.flatMap(({ given }) => given)) {
    uses.set(to, (uses.get(to) ?? 0) + 1);
  }
  return { outputs, variables, rows, program: rows.at(-1), from, right, tape, uses, note };
}

const [WIDTH, HEIGHT, MANY] = [330, 280, 10];
const COLOURS = ["--line-1", "--line-2", "--line-y", "--one", "--bad"];
const INFIX = { add: "+", subtract: "−", multiply: "·", divide: "/" };
const GOALS = { Start: () => 0, Back: (k) => k - 1, Next: (k) => k + 1, End: () => Infinity };
const MOVES = { ArrowRight: "Next", ArrowLeft: "Back", Home: "Start", End: "End" };
const WAITS = [[true, "waits for all"], [false, "passes it on"]];
const short = (value) => num(value, 5);
const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

// Where each node stands: a row below all its inputs, near the middle of them.
function places(nodes) {
  const [level, at] = [new Map(), new Map()];
  for (const x of nodes) {
    const below = (x.inputs ?? []).filter((one) => !one.constant).map((one) => level.get(one));
    level.set(x, 1 + Math.max(-1, ...below));
  }
  const rows = range(1 + Math.max(...level.values()));
  const middle = ({ inputs = [] }) => {
    const xs = inputs.filter((one) => !one.constant).map((one) => at.get(one)[0]);
    return xs.reduce((a, b) => a + b, 0) / (xs.length || 1);
  };
  const step = Math.min(70, (HEIGHT - 40) / Math.max(rows.length - 1, 1));
  for (const k of rows) {
    const own = nodes.filter((x) => level.get(x) === k);
    const sorted = own.map((x) => [middle(x), x]).sort(([a], [b]) => a - b);
    sorted.forEach(([, x], i) => at.set(x, [((i + 0.5) / own.length) * WIDTH, 20 + k * step]));
  }
  return at;
}

export function explore({ limits, examples, ...start }) {
  const { state, update, slider, choice, reset, page } = figure(
    { ...start, problem: "" },
    draw,
    say,
  );
  let all;

  const typed = el("input.df-text", {
    type: "text",
    maxlength: 90,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-label": "Expression in x and y",
    oninput: () => attempt({ source: typed.value }),
  });
  // What cannot be read is said, and leaves all else as it was.
  function attempt(changes) {
    try {
      compute({ ...state, ...changes, by: [] });
      update({ ...changes, problem: "", step: 0 });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      update({ problem: error.message });
    }
  }

  const sliders = ["x", "y"].map((name) => slider(name, name, ...limits));
  const more = ["x", "y"].map((name) =>
    button("", () => update({ by: [...state.by, name], step: 0 }))
  );
  const less = button("One less", () => update({ by: state.by.slice(0, -1), step: 0 }));
  const go = (name) => {
    const step = GOALS[name](state.step);
    update({ step: Math.min(Math.max(step, 0), all.tape.steps.length) });
  };
  const steppers = Object.keys(GOALS).map((name) => button(name, () => go(name)));

  const problem = el("p.dlx-bad", { "data-problem": "" });
  const table = el("tbody");
  const graph = canvas(WIDTH, HEIGHT, { class: "df-graph", role: "img" });
  const colours = el("p.dlx-soft.dlx-legend");
  const said = el("p.df-said.dlx-numbers", { "data-said": "" });
  const list = (name, items, kind = "") => scroll(name, items, { class: `df-list ${kind}` });
  const [tape, code] = [el("ol"), el("ol")];
  const tapeBox = list("The tape, step by step", tape, "df-tape");
  const codeBox = list("The compiled program", code, "df-code");
  const tally = el("p.dlx-soft.dlx-numbers", { "data-tally": "" });

  const name = (x) => all.program.labels.get(x);
  const operand = (x) => x.constant ? literal(x) : name(x);
  function words(x) {
    const [a, b] = x.inputs.map(operand);
    if (x.op === "power") return `${a}^${literal(x.n)}`;
    return INFIX[x.op] ? `${a} ${INFIX[x.op]} ${b}` : `${x.op}(${a})`;
  }
  // What each node has got, and in how many parts, after so many steps.
  function arrived() {
    const has = new Map([[all.from, { total: 1, parts: 1 }]]);
    for (const { to, total } of all.tape.steps.slice(0, state.step).flatMap(({ given }) => given)) {
      has.set(to, { total, parts: (has.get(to)?.parts ?? 0) + 1 });
    }
    return has;
  }
  const ended = () => state.step === all.tape.steps.length;

  function sentence(has) {
    const { step, waits } = state;
    const { steps } = all.tape;
    const end = all.variables.map((one) => {
      const [found, right] = [has.get(one)?.total, all.right.grads.get(one)?.value];
      if (found === undefined) return `${one.name} gets none.`;
      const wrong = Math.abs(found - right) > 1e-9 * Math.abs(right);
      return `By ${one.name} it is ${short(found)}${
        wrong ? `, but right is ${short(right)}` : ""
      }.`;
    });
    const cut = !waits && steps.length >= VISITS;
    const last = `${cut ? `Stopped after ${VISITS} steps.` : "The gradient has arrived."} ${
      end.join(" ")
    }`;
    if (step === 0) return `${name(all.from)} starts with gradient 1. ${steps.length ? "" : last}`;
    const { x, g, given } = steps[step - 1];
    const parts = given.map(({ to, more }) => `${short(more)} to ${name(to)}`).join(" and ");
    const waiting = [...new Set(given.map(({ to }) => to))].filter((to) => to.op).map((to) => {
      const [{ total, parts }, uses] = [has.get(to), all.uses.get(to)];
      if (!waits) return `${name(to)} has ${short(total)} and passes it on at once.`;
      if (uses === 1) return "";
      const from = `${name(to)} has ${short(total)} from ${parts} of ${uses} uses`;
      return parts < uses ? `${from}, and waits.` : `${from}: it is ready.`;
    });
    return `Step ${step} of ${steps.length}: ${name(x)} has ${short(g)}, and passes ${
      parts || "nothing on"
    }. ${ended() ? last : waiting.join(" ")}`;
  }

  function drawGraph(has) {
    const nodes = order(all.outputs);
    const at = places(nodes);
    const boxes = state.by.length === 0 && nodes.length <= MANY;
    const passed = new Set(all.tape.steps.slice(0, state.step).map(({ x }) => x));
    const now = all.tape.steps[state.step - 1]?.x;
    const [half, tall] = boxes ? [50, 17] : [0, 0];
    const edges = nodes.flatMap((x) =>
      (x.inputs ?? []).map((one, k) => {
        if (one.constant) return [];
        const [[a, b], [c, d]] = [at.get(one), at.get(x)];
        const twice = x.inputs[1 - k] === one;
        const far = d - b > 75 && Math.abs(a - c) < half;
        const bend = twice ? 24 * (2 * k - 1) : far ? 130 : 0;
        const lit = x === now ? "--one" : "--control";
        return line(lit, x === now ? 2.5 : boxes ? 1.3 : 0.7, {
          d: `M${a} ${b + tall}Q${(a + c) / 2 + bend} ${(b + d) / 2} ${c} ${d - tall}`,
        });
      })
    );
    const radius = Math.max(2.5, 6 - nodes.length / 40);
    const copies = new Set(all.program.lines.filter((one) => one.out).map((one) => one.x));
    const mark = (x) => {
      const [u, v] = at.get(x);
      const colour = `var(${COLOURS[x.stage ?? 0]})`;
      if (!boxes) {
        const inside = copies.has(x) || x.name ? "var(--bg)" : colour;
        return svg("circle", {
          cx: u,
          cy: v,
          r: radius,
          fill: inside,
          stroke: colour,
          "stroke-width": 1.5,
        });
      }
      const [{ total, parts } = {}, uses] = [has.get(x), all.uses.get(x)];
      const grad = parts && `${short(total)}${parts < uses ? ` (${parts} of ${uses})` : ""}`;
      return [
        svg("rect", {
          x: u - half,
          y: v - tall,
          width: 2 * half,
          height: 2 * tall,
          rx: 6,
          "stroke-dasharray": copies.has(x) && "4 3",
        }),
        label(u, v - 3, x.op ? `${name(x)} = ${words(x)}` : x.name, "middle"),
        label(grad ? u - half + 5 : u, v + 12, short(x.value), grad ? "start" : "middle"),
        grad && label(u + half - 5, v + 12, grad, "end", { class: "df-grad" }),
      ];
    };
    fill(
      graph,
      edges,
      nodes.map((x) =>
        svg("g", {
          "data-node": name(x),
          "data-value": x.value,
          class: x === now ? "df-now" : passed.has(x) && "df-passed",
        }, mark(x))
      ),
    );
    const listed = nodes.map((x) =>
      `${name(x)}${x.op ? ` = ${words(x)}` : ""} is ${short(x.value)}`
    );
    const many = `${count(nodes.length, "node")}, of all orders`;
    set(graph, { "aria-label": `The graph: ${boxes ? listed.join(", ") : many}.` });
    fill(
      colours,
      boxes
        ? [
          el("span", "left: value"),
          el("span", { style: "color: var(--one)" }, "right: gradient so far"),
        ]
        : all.rows.map((_, k) =>
          swatch(
            `order ${k}`,
            `background: var(${COLOURS[k]}); border-color: var(${COLOURS[k]})`,
            "disc",
          )
        ),
      (!boxes || copies.size > 0) &&
        el("span", boxes ? "dashed: a copy" : "hollow: copies, variables"),
    );
  }

  const reveal = (box, item) => item && (box.scrollTop = item.offsetTop - box.clientHeight / 2);
  function drawLists() {
    const { steps } = all.tape;
    fill(
      tape,
      steps.map(({ x, g, given }, k) => {
        const done = k < state.step;
        const kind = k === state.step - 1 ? "df-now" : done && "df-done";
        const parts = given.map(({ to, more }) => `${name(to)} += ${short(more)}`).join(", ");
        return el(
          "li",
          { class: kind },
          `${k + 1}. ${name(x)}${done ? `: ${short(g)} → ${parts || "nothing"}` : ""}`,
        );
      }),
    );
    const now = steps[state.step - 1]?.x;
    const { lines, results, counts } = all.program;
    fill(
      code,
      lines.map(({ x, call, done, out }) => {
        const kind = x === now && "df-now";
        const words = `${name(x)} = ${call}`;
        if (out) return el("li", { class: kind, "data-out": "" }, el("s", words));
        return el(
          "li",
          { class: kind },
          el("span", { "data-line": "" }, words),
          done.length > 0 &&
            el("span.dlx-soft", { "data-line": "" }, `del ${done.join(", ")}`),
        );
      }),
      el("li", { "data-line": "" }, `return [${results.join(", ")}]`),
    );
    tally.textContent =
      `${counts.built} steps built: ${counts.merged} merged with an equal line, ${counts.dead} needed by no result, ${
        count(counts.lines, "line")
      } left.`;
    reveal(tapeBox, tape.querySelector(".df-now"));
    reveal(codeBox, code.querySelector(".df-now"));
  }

  function draw() {
    all = compute(state);
    state.by = state.by.slice(0, all.outputs.length - 1);
    state.step = Math.min(state.step, all.tape.steps.length);
    if (!state.problem) typed.value = state.source;
    set(typed, { "aria-invalid": state.problem && "true" });
    problem.textContent = state.problem || all.note;
    more.forEach((node, i) => {
      const act = `Differentiate ${state.by.length ? "again " : ""}by ${"xy"[i]}`;
      node.textContent = i ? "by y" : act;
      node.ariaLabel = act;
      node.hidden = !all.variables.some((one) => one.name === "xy"[i]);
    });
    sliders[1].node.hidden = more[1].hidden;
    set(less, { "aria-disabled": `${!state.by.length}` });
    Object.values(GOALS).forEach((goal, i) => {
      const to = goal(state.step);
      const nowhere = to < 0 || (to === 0 && state.step === 0) || (to > state.step && ended());
      set(steppers[i], { "aria-disabled": `${nowhere}` });
    });
    fill(
      table,
      all.rows.map(({ counts }, k) =>
        row(k ? `${k}: ${state.by.slice(0, k).join("")}` : "0", [
          cell("value", all.outputs[k].value, short(all.outputs[k].value)),
          cell("built", counts.built, `${counts.built}`),
          cell("lines", counts.lines, `${counts.lines}`),
        ])
      ),
    );
    const has = arrived();
    said.textContent = sentence(has);
    said.dataset.grads = all.variables.map((one) => has.get(one)?.total ?? "none").join(" ");
    drawGraph(has);
    drawLists();
  }

  function say() {
    if (problem.textContent) return problem.textContent;
    const at = all.variables.map((one) => `${one.name} = ${one.value}`).join(", ");
    const values = all.outputs.map((one) => short(one.value)).join(", ");
    return `${state.source} at ${at}. Values of order 0 to ${state.by.length}: ${values}. ${tally.textContent} ${said.textContent}`;
  }

  return page(
    el("style", STYLE),
    el(
      "p",
      "Step back. Why must a value that is used several times wait before it passes its gradient on?",
    ),
    el(
      "div.dlx-columns",
      el(
        "div",
        el("div.dlx-row", typed, reset),
        problem,
        el(
          "div.dlx-row.dlx-tight.dlx-apart",
          { style: "margin-top: 0.4rem" },
          examples.map(([words, source, x, y]) =>
            button(words, () => attempt({ source, x, y, by: [] }))
          ),
        ),
        el("div.dlx-columns", { style: "margin: 0" }, sliders),
        el("div.dlx-row.dlx-tight", more, less),
      ),
      el(
        "table",
        el("caption", "The results: value, steps built, and lines that are left of them"),
        head("order", "value", "built", "lines"),
        table,
      ),
    ),
    el(
      "div.dlx-columns.df-panes",
      el("div", el("b", "The graph"), graph, colours),
      el(
        "div",
        el("b", "The way back"),
        el(
          "div.dlx-row.dlx-tight",
          { role: "group", "aria-label": "Steps", onkeydown: keys(MOVES, go) },
          steppers,
        ),
        said,
        choice("A node that got a gradient", "waits", WAITS),
        tapeBox,
      ),
      el("div", el("b", "The program"), tally, codeBox),
    ),
    el(
      "p.dlx-soft",
      "You can type numbers, x, y, + − * / ** and brackets, exp log sin cos tanh sigmoid relu, and u = …; which names a part.",
    ),
  );
}
