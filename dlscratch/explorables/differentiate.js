// An expression as a graph: the gradient walks back, a compiler merges its steps, and the walk
// is a graph that can be differentiated again.

const { button, cell, el, figure, fill, head, keys, label, line } = globalThis.explorables;
const { canvas, num, range, row, scroll, set, svg, swatch } = globalThis.explorables;
const { compute, literal, order, VISITS } = globalThis.explorables.expressionGraph;

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
    }${Number.isFinite(all.from.value) ? "" : " The result is no number: this is no derivative."}`;
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
    tally.textContent = `${
      count(counts.built, "step")
    } built: ${counts.merged} merged with an equal line, ${counts.dead} needed by no result, ${
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
    set(typed, { "aria-invalid": state.problem ? "true" : undefined });
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
      "Walk on with Next. Why must a value that is used several times wait before it passes its gradient on?",
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
