// Through a two-layer network and back: equation, code, node and array of each step.

const { button, el, figure, fill, keys, label, line, only, player, range } = globalThis.explorables;
const { set, show, svg, text } = globalThis.explorables;

// Nodes of the graph, equation, line of code.
const TABLE = [
  ["Linear 1", "a1 = x W1 + b1", "a1 = x @ W1 + b1"],
  ["ReLU", "h = max(a1, 0)", "h = np.maximum(a1, 0)"],
  ["Linear 2", "logits = h W2 + b2", "logits = h @ W2 + b2"],
  ["softmax", "y = softmax(logits)", "y = softmax(logits)"],
  ["cross-entropy", "L = −∑ t log y", "L = -np.sum(t * np.log(y))"],
  ["softmax cross-entropy", "dlogits = y − t", "dlogits = y - t"],
  ["Linear 2", "dW2 = h^T dlogits", "dW2 = h.T @ dlogits"],
  ["Linear 2", "db2 = ∑ dlogits", "db2 = dlogits.sum(axis=0)"],
  ["Linear 2", "dh = dlogits W2^T", "dh = dlogits @ W2.T"],
  ["ReLU", "da1 = dh ⊙ [a1 > 0]", "da1 = dh * (a1 > 0)"],
  ["Linear 1", "dW1 = x^T da1", "dW1 = x.T @ da1"],
  ["Linear 1", "db1 = ∑ da1", "db1 = da1.sum(axis=0)"],
];
const REASONS = [
  "Each hidden unit weighs the two inputs and adds its bias.",
  "What is below 0 becomes 0.",
  "One score for each class, any number at all.",
  "The scores become probabilities, which add up to 1.",
  "Only the right class's probability counts.",
  "Softmax and cross-entropy go back in one step. With N examples, divide by N; here N is 1.",
  "A weight's gradient is its input times the gradient of its output.",
  "The bias is added to every example, so its gradients are summed over the batch.",
  "A hidden unit feeds both logits; the two parts add up.",
  "Where ReLU was open the gradient passes; elsewhere it stops.",
  "The same rule as for dW2, with this layer's own input x.",
  "The last gradient: now every parameter knows its own.",
  "One step downhill for all 17 parameters at once.",
];
const FORWARD = 5;
const BACK = TABLE.length;
const UPDATE = BACK + 1;
const NODES = ["Linear 1", "ReLU", "Linear 2", "softmax", "cross-entropy"];
// Steps count from 1. Each fills the array that its code names first; the update fills none.
const STEPS = TABLE.map(([words, equation, code]) => ({
  name: code.split(" ")[0],
  nodes: NODES.filter((node) => words.includes(node)),
  equation,
  code,
}));
const nodesOf = (k) => STEPS[k - 1]?.nodes ?? ["Linear 1", "Linear 2"];
// The step that fills an array, or 0.
const made = (name) => STEPS.findIndex((step) => step.name === name) + 1;
// Where the buttons lead from a step, and the keys.
const GOALS = {
  First: () => 1,
  Back: (k) => Math.max(k - 1, 1),
  Next: (k) => Math.min(k + 1, UPDATE),
  Last: () => BACK,
  Update: (k) => (k === BACK ? UPDATE : k),
};
const MOVES = { ArrowRight: "Next", ArrowLeft: "Back", Home: "First", End: "Last" };
const PARAMETERS = ["W1", "b1", "W2", "b2"];
const ARRAYS = ["x", "W1", "b1", "a1", "h", "W2", "b2", "logits", "y", "t", "L"];
const STYLE = `
.dlx { --cool: var(--light, #d9ebf8) var(--dark, #173650); }
.dlx .bp-arrays { display: flex; flex-wrap: wrap; gap: 0.25rem 0.3rem; align-items: start; margin-top: 0.4rem; }
.dlx .bp-arrays .bp-arrays { margin: 0 0.4rem 0 0; }
.dlx .bp-array { padding: 0.05rem 0.3rem 0.15rem; border: 2px solid var(--edge); border-radius: 0.4rem; }
.dlx .bp-array p { margin: 0; font-size: 0.8em; line-height: 1.3; }
.dlx .bp-cells { display: grid; gap: 0 0.6rem; width: max-content; font-size: 0.78em; line-height: 1.3; font-variant-numeric: tabular-nums; text-align: right; }
.dlx .bp-steps { margin: 0; padding: 0; list-style: none; }
.dlx .bp-steps li { display: flex; flex-wrap: wrap; gap: 0 0.6rem; align-items: center; margin: 0; }
.dlx .bp-steps button { flex: 1 1 9.5rem; min-height: 1.7rem; padding: 0 0.4rem; border: 2px solid transparent; text-align: left; }
.dlx .bp-steps sub, .dlx .bp-steps sup { position: static; line-height: 0; font-size: 0.72em; vertical-align: sub; }
.dlx .bp-steps sup { vertical-align: super; }
.dlx.dlx .bp-steps code { flex: 1 1 12.5rem; padding: 0.05rem 0.4rem; border: 2px solid transparent; border-radius: 0.4rem; background: none; color: inherit; font: 0.84em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; cursor: pointer; white-space: pre-wrap; }
.dlx button[aria-disabled="true"] { opacity: 0.5; cursor: default; }
.dlx .bp-todo { color: var(--soft); }
.dlx .bp-lit.bp-lit.bp-lit { background: var(--cool); border-color: var(--line-1); }
.dlx .bp-lit.bp-back.bp-back { background: var(--shade); border-color: var(--one); }
.dlx .bp-node rect { fill: var(--bg); stroke: var(--control); stroke-width: 1.5; }
.dlx .bp-node { cursor: pointer; }
.dlx .bp-lit.bp-node rect { fill: var(--cool); stroke: var(--line-1); stroke-width: 3; }
.dlx .bp-lit.bp-back.bp-node rect { fill: var(--shade); stroke: var(--one); }
.dlx .dlx-plot.bp-graph text { fill: var(--ink); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.dlx .dlx-plot.bp-graph .bp-grad { fill: var(--one); }
/* Room for the longest words, so that nothing below them moves under the pointer. */
.dlx .bp-words { margin: 0; gap: 0 1.2rem; }
.dlx .bp-words > * { flex-basis: 100%; min-height: 2.9em; }
@media (min-width: 1200px) { .dlx .bp-words > * { flex-basis: 17rem; min-height: 4.4em; } }
.dlx .dlx-plot.bp-graph { max-width: 18rem; }
`;

const matmul = (a, b) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const transpose = (a) => a[0].map((_, j) => a.map((row) => row[j]));
const zip = (a, b, f) =>
  a.map((value, i) => (Array.isArray(value) ? zip(value, b[i], f) : f(value, b[i])));
const linear = (a, W, b) => matmul(a, W).map((row) => zip(row, b, (value, bias) => value + bias));

// The chapter's two passes, for a batch of one. Matrices are lists of rows.
function forward({ x, t, W1, b1, W2, b2 }) {
  const a1 = linear(x, W1, b1);
  const h = zip(a1, a1, (a) => Math.max(a, 0));
  const logits = linear(h, W2, b2);
  const most = Math.max(...logits[0]);
  const powers = logits[0].map((z) => Math.exp(z - most));
  const total = powers.reduce((sum, p) => sum + p);
  const y = [powers.map((p) => p / total)];
  const L = logits[0].reduce((sum, z, k) => sum - t[0][k] * (z - most - Math.log(total)), 0);
  return { a1, h, logits, y, L };
}

function backward({ x, t, W2, a1, h, y }) {
  const dlogits = zip(y, t, (p, target) => p - target);
  const dh = matmul(dlogits, transpose(W2));
  const da1 = zip(dh, a1, (g, a) => (a > 0 ? g : 0));
  const [dW2, dW1] = [matmul(transpose(h), dlogits), matmul(transpose(x), da1)];
  return { dlogits, dW2, db2: dlogits[0], dh, da1, dW1, db1: da1[0] };
}

// All arrays by their names: both passes, and the parameters and the loss after the update.
function run({ x, t }, parameters, lr) {
  const given = { x: [x], t: [[1 - t, t]], ...parameters };
  const there = { ...given, ...forward(given) };
  const all = { ...there, ...backward(there) };
  const after = PARAMETERS.map((p) => [p, zip(all[p], all[`d${p}`], (w, g) => w - lr * g)]);
  for (const [p, value] of after) all[`new ${p}`] = value;
  all["new L"] = forward({ ...given, ...Object.fromEntries(after) }).L;
  return all;
}

const numbers = (value) => [value].flat(2);
const shape = (value) => {
  if (!Array.isArray(value)) return "()";
  return Array.isArray(value[0]) ? `(${value.length}, ${value[0].length})` : `(${value.length},)`;
};
const list = (value, digits) =>
  Array.isArray(value)
    ? `[${value.map((one) => list(one, digits)).join(", ")}]`
    : text(value, digits);
// "dW1 = x^T da1" as HTML: names in italics, their numbers below, the T above.
const typeset = (equation) =>
  equation
    .replace(/\b(d?(?:[abhtxyLW]|logits))\b/g, "<var>$1</var>")
    .replace(/\b(d?[abW])(\d)\b/g, "<var>$1</var><sub>$2</sub>")
    .replace("^T", "<sup>T</sup>");
// A line of code in words for all.
const words = (code) =>
  code.replace("np.maximum", "max").replace(/np\.(sum|log)/g, "$1")
    .replace(".sum(axis=0)", " summed over the batch").replaceAll(".T", "ᵀ")
    .replaceAll(" @ ", " · ").replaceAll(" * ", " × ").replaceAll("-", "−");

export function explore({ lr, largest, parameters, ...start }) {
  const first = { ...start, hovered: undefined };
  const { state, update, choice, field, reset, page } = figure(first, draw, say);
  let all = run(state, parameters, lr);

  const go = (step) => update({ step, hovered: undefined });
  const move = (goal) => {
    play.stop();
    go(goal);
  };
  const ended = () => state.step >= BACK;
  const play = player(1500, {
    begin: () => ended() && go(1),
    next: () => go(state.step + 1),
    ended,
  });
  set(reset, { onclick: play.stop });
  const buttons = Object.entries(GOALS).map(([name, goal]) =>
    button(name, () => move(goal(state.step)))
  );

  // Whatever belongs to steps: pointing at it lights the nearest, a click goes there.
  const linked = [];
  function link(node, steps, goals = steps) {
    linked.push([node, steps]);
    const away = (k) => Math.abs(k - state.step);
    const nearest = () => goals.reduce((best, k) => (away(k) < away(best) ? k : best));
    const light = () => update({ hovered: nearest() });
    const dim = () => update({ hovered: undefined });
    if (steps.length) {
      set(node, { onpointerenter: light, onfocus: light, onpointerleave: dim, onblur: dim });
      set(node, { onclick: () => move(nearest()) });
    }
    return node;
  }

  const equations = STEPS.map(({ equation, code }, i) => {
    const node = button("", () => {}, {
      "data-equation": i + 1,
      "aria-label": `Step ${i + 1}: ${code}`,
      onkeydown: keys({ ...MOVES, ArrowDown: "Next", ArrowUp: "Back" }, (name) => {
        move(GOALS[name](state.step));
        equations[Math.min(state.step, BACK) - 1].focus();
      }),
    });
    node.innerHTML = typeset(equation);
    return link(node, [i + 1]);
  });
  const items = STEPS.map(({ code }, i) =>
    el("li", equations[i], link(el("code", { "data-code": i + 1 }, code), [i + 1]))
  );

  // What shows the numbers: functions that write them.
  const writes = [];
  function array(name, digits = 4) {
    const value = all[name];
    const style = `grid-template-columns: repeat(${value[0]?.length ?? value.length ?? 1}, auto)`;
    const cells = numbers(value).map(() => el("span"));
    const node = el(
      "div.bp-array",
      { "data-array": name },
      el("p", el("b", name), ` ${shape(value)}`),
      el("div.bp-cells", { style }, cells),
    );
    writes.push(() => {
      const todo = made(name) > state.step;
      numbers(all[name]).forEach((value, i) => {
        show(cells[i], value, todo ? "·" : digits);
        if (todo) delete cells[i].dataset.value;
      });
      node.classList.toggle("bp-todo", todo);
    });
    return link(node, name.startsWith("new") ? [UPDATE] : made(name) ? [made(name)] : []);
  }

  // The graph: from x at the top to L at the bottom, gradients on the right.
  const graph = svg("svg.dlx-plot.bp-graph", { viewBox: "0 0 380 388", role: "img" });
  const MID = 190;
  const top = (i) => 56 + 62 * i;
  function arrow(x1, y1, x2, y2, colour) {
    const [u, v] = [6 * Math.sign(x2 - x1), 6 * Math.sign(y2 - y1)];
    const [p, q] = [(2 * v) / 3, (2 * u) / 3];
    const head = `M${x2 - u - p} ${y2 - v - q}L${x2} ${y2}L${x2 - u + p} ${y2 - v + q}`;
    return line(colour, 1.5, { d: `M${x1} ${y1}L${x2} ${y2}${head}` });
  }
  function value(name, x, y, anchor, arrow) {
    const more = { class: name[0] === "d" && "bp-grad", "data-graph": name };
    const word = label(x, y, "", anchor, more);
    const node = svg("g", arrow, word);
    writes.push(() => {
      set(node, { hidden: made(name) > state.step && "" });
      const some = numbers(all[name]);
      word.textContent = some.length > 3 || name[1] === "b"
        ? `${name} ${shape(all[name])}`
        : some.map((one) => text(one, 3)).join("  ");
    });
    return node;
  }
  const wires = ["x", "a1", "h", "logits", "y", "L"].map((name, i) => {
    const [above, below] = [i ? top(i - 1) + 30 : 22, top(i)];
    const middle = (above + below) / 2 + 4;
    const down = arrow(MID - 4, above, MID - 4, below, "--control");
    const up = arrow(MID + 6, below, MID + 6, above, "--one");
    return [
      value(name, MID - 12, middle, "end", down),
      made(`d${name}`) > 0 && value(`d${name}`, MID + 16, middle, "start", up),
    ];
  });
  const boxes = NODES.map((name, i) => {
    const own = range(UPDATE).map((k) => k + 1).filter((k) => nodesOf(k).includes(name));
    const node = svg(
      "g.bp-node",
      { "data-node": name },
      svg("rect", { x: MID - 56, y: top(i), width: 112, height: 30, rx: 7 }),
      label(MID, top(i) + 20, name, "middle"),
    );
    const side = { 0: "W1, b1", 2: "W2, b2", 4: "t" }[i];
    const y = top(i) + 15;
    const [W, b] = side ? side.split(", ") : [];
    return [
      link(node, own, own.filter((k) => k < UPDATE)),
      side && [
        label(84, y + 4, side, "end"),
        arrow(90, y, MID - 57, y, "--control"),
      ],
      b && [
        value(`d${W}`, 288, y - 2, "start", arrow(MID + 58, y, 282, y, "--one")),
        value(`d${b}`, 288, y + 15, "start"),
      ],
    ];
  });
  const ends = [label(MID - 4, 16, "x", "middle"), label(MID - 4, top(5) + 14, "L", "middle")];
  fill(graph, wires, boxes, ends);

  const arrays = (...children) => el("div.bp-arrays", children);
  const stored = ARRAYS.map((name) => {
    const both = [name, `d${name}`].filter((one) => one in all);
    return arrays(both.map((one) => array(one)));
  });
  const updated = el(
    "div",
    { "data-update": "" },
    el("p", `After one step with learning rate ${lr}: each parameter p becomes p − ${lr} dp.`),
    arrays([...PARAMETERS, "L"].map((name) => array(`new ${name}`, 7))),
  );
  const said = el("p.bp-said.dlx-numbers", { "data-said": "" });
  const why = el("p.bp-why.dlx-soft");

  function sentence() {
    const { step } = state;
    if (step === UPDATE) {
      const [before, after] = [all.L, all["new L"]].map((loss) => text(loss, 7));
      return `Update: every parameter moves by −${lr} times its gradient. The loss goes from ${before} to ${after}.`;
    }
    const { name, code } = STEPS[step - 1];
    const value = name === "L"
      ? text(all.L, 6)
      : `shape ${shape(all[name])}: ${list(all[name], 4)}`;
    const way = step > FORWARD ? "backward" : "forward";
    return `Step ${step} of ${BACK}, ${way}: ${words(code)}, ${value}.`;
  }

  function draw() {
    const { step, hovered = step } = state;
    all = run(state, parameters, lr);
    writes.forEach((write) => write());
    only(equations, equations[Math.min(step, BACK) - 1]);
    equations.forEach((node, i) => set(node, { "aria-current": i + 1 === step && "step" }));
    said.textContent = sentence();
    why.textContent = REASONS[step - 1];
    // A button that is truly disabled would lose the focus, and the arrow keys with it.
    Object.values(GOALS).forEach((goal, i) =>
      set(buttons[i], { "aria-disabled": `${goal(step) === step}` })
    );
    updated.hidden = step !== UPDATE;
    const names = nodesOf(step).join(" and ");
    set(graph, {
      "aria-label": `The network as a graph: x, ${NODES.join(", ")}, L. Lit: ${names}.`,
    });
    for (const [node, steps] of linked) {
      node.classList.toggle("bp-lit", steps.includes(hovered));
      node.classList.toggle("bp-back", hovered > FORWARD);
    }
  }

  function say() {
    return said.textContent;
  }

  const inputs = [0, 1].map((i) =>
    field(`x, input ${i + 1}`, ["x", i], -largest, largest, {
      step: 0.1,
      shown: String,
      style: "width: 4.6rem",
    })
  );
  const across = keys(MOVES, (name) => move(GOALS[name](state.step)));
  return page(
    {
      onkeydown(event) {
        if (!event.target.matches("input")) across(event);
      },
    },
    el("style", STYLE),
    el(
      "p.dlx-ask",
      "Forwards for the loss, backwards for the gradients: what is each number made of?",
    ),
    el(
      "div.dlx-stick",
      el(
        "div.dlx-row.dlx-apart",
        { role: "group", "aria-label": "Steps", style: "gap: 0.4rem" },
        buttons.toSpliced(4, 0, play),
      ),
      el("div.dlx-columns.bp-words", said, why),
    ),
    updated,
    el(
      "div.dlx-columns",
      el("div", { style: "flex-basis: 19rem" }, graph, arrays(stored)),
      el(
        "div",
        { style: "flex-basis: 17rem" },
        el("p.dlx-soft", el("b", "Forward")),
        el("ol.bp-steps", items.slice(0, FORWARD)),
        el("p.dlx-soft", el("b", "Backward")),
        el("ol.bp-steps", items.slice(FORWARD)),
        el(
          "div.dlx-row",
          el("span", "x = "),
          inputs,
          choice("Right class t", "t", [[0, "0: [1, 0]"], [1, "1: [0, 1]"]]),
          reset,
        ),
        el(
          "p.dlx-soft",
          "Arrow keys step while a button or an equation has the focus. Point at anything to see what belongs to it.",
        ),
      ),
    ),
  );
}
