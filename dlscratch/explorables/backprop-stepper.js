// Through a two-layer network and back: equation, code, node and array of each step.

const { choice } = globalThis.oldParts;
const { button, clamp, el, round2, set, settled, show, svg, text } = globalThis.explorables;
const { document, matchMedia } = globalThis;

const v = (name, index = "") => `<var>${name}</var>${index && `<sub>${index}</sub>`}`;
const d = (name, index) => `<var>d${name}</var>${index ? `<sub>${index}</sub>` : ""}`;
const T = "<sup>T</sup>";
const LOGITS = v("logits");

// Array, nodes, equation, line of code, reason.
const STEPS = [
  [
    "a1",
    "Linear 1",
    `${v("a", 1)} = ${v("x")} ${v("W", 1)} + ${v("b", 1)}`,
    "a1 = x @ W1 + b1",
    "Each hidden unit weighs the two inputs and adds its bias.",
  ],
  [
    "h",
    "ReLU",
    `${v("h")} = max(${v("a", 1)}, 0)`,
    "h = np.maximum(a1, 0)",
    "What is below 0 becomes 0.",
  ],
  [
    "logits",
    "Linear 2",
    `${LOGITS} = ${v("h")} ${v("W", 2)} + ${v("b", 2)}`,
    "logits = h @ W2 + b2",
    "One score for each class, any number at all.",
  ],
  [
    "y",
    "softmax",
    `${v("y")} = softmax(${LOGITS})`,
    "y = softmax(logits)",
    "The scores become probabilities, which add up to 1.",
  ],
  [
    "L",
    "cross-entropy",
    `${v("L")} = −∑ ${v("t")} log ${v("y")}`,
    "L = -np.sum(t * np.log(y))",
    "Only the right class's probability counts.",
  ],
  [
    "dlogits",
    "softmax cross-entropy",
    `${d("logits")} = ${v("y")} − ${v("t")}`,
    "dlogits = y - t",
    "Softmax and cross-entropy go back in one step. With N examples, divide by N; here N is 1.",
  ],
  [
    "dW2",
    "Linear 2",
    `${d("W", 2)} = ${v("h")}${T} ${d("logits")}`,
    "dW2 = h.T @ dlogits",
    "A weight's gradient is its input times the gradient of its output.",
  ],
  [
    "db2",
    "Linear 2",
    `${d("b", 2)} = ∑ ${d("logits")}`,
    "db2 = dlogits.sum(axis=0)",
    "The bias is added to every example, so its gradients are summed over the batch.",
  ],
  [
    "dh",
    "Linear 2",
    `${d("h")} = ${d("logits")} ${v("W", 2)}${T}`,
    "dh = dlogits @ W2.T",
    "A hidden unit feeds both logits; the two parts add up.",
  ],
  [
    "da1",
    "ReLU",
    `${d("a", 1)} = ${d("h")} ⊙ [${v("a", 1)} &gt; 0]`,
    "da1 = dh * (a1 > 0)",
    "Where ReLU was open the gradient passes; elsewhere it stops.",
  ],
  [
    "dW1",
    "Linear 1",
    `${d("W", 1)} = ${v("x")}${T} ${d("a", 1)}`,
    "dW1 = x.T @ da1",
    "The same rule as for dW2, with this layer's own input x.",
  ],
  [
    "db1",
    "Linear 1",
    `${d("b", 1)} = ∑ ${d("a", 1)}`,
    "db1 = da1.sum(axis=0)",
    "The last gradient: now every parameter knows its own.",
  ],
];
const FORWARD = 5;
const BACK = STEPS.length;
const UPDATE = BACK + 1;
const PARAMETERS = ["W1", "b1", "W2", "b2"];
const PAIRS = [
  ["x"],
  ["W1", "dW1"],
  ["b1", "db1"],
  ["a1", "da1"],
  ["h", "dh"],
  ["W2", "dW2"],
  ["b2", "db2"],
  ["logits", "dlogits"],
  ["y"],
  ["t"],
  ["L"],
];
const NODES = ["Linear 1", "ReLU", "Linear 2", "softmax", "cross-entropy"];
const STYLE = `
.dlx { --cool: var(--light, #d9ebf8) var(--dark, #173650); }
.dlx .bp-arrays { display: flex; flex-wrap: wrap; gap: 0.3rem 0.4rem; align-items: start; margin-top: 0.4rem; }
.dlx .bp-arrays .bp-arrays { margin: 0 0.6rem 0.2rem 0; }
.dlx .bp-array { padding: 0.2rem 0.4rem 0.3rem; border: 2px solid var(--edge); border-radius: 0.4rem; }
.dlx .bp-array p { margin: 0; font-size: 0.88em; }
.dlx .bp-cells { display: grid; gap: 0 0.6rem; width: max-content; font-size: 0.84em; font-variant-numeric: tabular-nums; text-align: right; }
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
.dlx :is(.bp-said, .bp-why) { min-height: 2.8em; }
`;

const matmul = (a, b) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const transpose = (a) => a[0].map((_, j) => a.map((row) => row[j]));
const zip = (a, b, f) =>
  a.map((value, i) => (Array.isArray(value) ? zip(value, b[i], f) : f(value, b[i])));
const linear = (a, W, b) => matmul(a, W).map((row) => zip(row, b, (value, bias) => value + bias));

// The chapter's two passes, for a batch of one. Matrices are lists of rows.
function forward(x, t, { W1, b1, W2, b2 }) {
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

function backward(x, t, { W2 }, { a1, h, y }) {
  const dlogits = zip(y, t, (p, target) => p - target);
  const dh = matmul(dlogits, transpose(W2));
  const da1 = zip(dh, a1, (g, a) => (a > 0 ? g : 0));
  const [dW2, dW1] = [matmul(transpose(h), dlogits), matmul(transpose(x), da1)];
  return { dlogits, dW2, db2: dlogits[0], dh, da1, dW1, db1: da1[0] };
}

const shape = (value) => {
  if (!Array.isArray(value)) return "()";
  return Array.isArray(value[0]) ? `(${value.length}, ${value[0].length})` : `(${value.length},)`;
};
const list = (
  value,
  digits,
) => (Array.isArray(value)
  ? `[${value.map((one) => list(one, digits)).join(", ")}]`
  : text(value, digits));

export function explore(props) {
  let x, t, current, hovered, all, timer;
  const fresh = () => {
    [x, t, current] = [props.x, props.t, props.step];
  };
  fresh();

  const made = (name) => STEPS.findIndex(([array]) => array === name) + 1;
  const nodesOf = (k) => NODES.filter((node) => STEPS[k - 1]?.[1].includes(node));
  const reached = (name) =>
    name === "x" || name === "t" || PARAMETERS.includes(name) || made(name) <= current;

  function compute() {
    const [row, target] = [[x], [[t === 0 ? 1 : 0, t]]];
    const there = forward(row, target, props);
    const back = backward(row, target, props, there);
    const after = Object.fromEntries(
      PARAMETERS.map((p) => [p, zip(props[p], back[`d${p}`], (w, g) => w - props.lr * g)]),
    );
    all = {
      x: row,
      t: target,
      ...Object.fromEntries(PARAMETERS.map((p) => [p, props[p]])),
      ...there,
      ...back,
    };
    for (const p of PARAMETERS) all[`new ${p}`] = after[p];
    all["new L"] = forward(row, target, after).L;
  }

  // Whatever belongs to a step: pointing at it lights the step, a click goes there.
  const linked = [];
  function link(node, steps) {
    const nearest = () =>
      steps.filter((k) => k < UPDATE || steps.length === 1).reduce((
        best,
        k,
      ) => (Math.abs(k - current) < Math.abs(best - current) ? k : best));
    const light = (on) => () => {
      hovered = on ? nearest() : undefined;
      glow();
    };
    if (steps.length) {
      for (
        const [type, on] of Object.entries({
          pointerenter: true,
          focus: true,
          pointerleave: false,
          blur: false,
        })
      ) {
        node.addEventListener(type, light(on));
      }
      node.addEventListener("click", () => move(nearest()));
    }
    linked.push([node, steps]);
    return node;
  }
  function glow() {
    const k = hovered ?? current;
    for (const [node, steps] of linked) {
      node.classList.toggle("bp-lit", steps.includes(k));
      node.classList.toggle("bp-back", k > FORWARD);
    }
  }

  const equations = STEPS.map(([, , equation, code], i) => {
    const node = button("", () => {}, {
      "data-equation": i + 1,
      "aria-label": `Step ${i + 1}: ${code}`,
    });
    node.innerHTML = equation;
    return link(node, [i + 1]);
  });
  const codes = STEPS.map(([, , , code], i) =>
    link(el("code", { "data-code": i + 1 }, code), [i + 1])
  );
  const steps = (from, to) =>
    el(
      "ol",
      { class: "bp-steps" },
      ...equations.slice(from, to).map((equation, i) => el("li", {}, equation, codes[from + i])),
    );

  const arrays = {};
  function array(name, digits = 4) {
    const value = all[name];
    const rows = Array.isArray(value) ? (Array.isArray(value[0]) ? value : [value]) : [[value]];
    const cells = rows.flat().map(() => el("span"));
    const node = el(
      "div",
      { class: "bp-array", "data-array": name },
      el("p", {}, el("b", {}, name), ` ${shape(value)}`),
      el("div", {
        class: "bp-cells",
        style: `grid-template-columns: repeat(${rows[0].length}, auto)`,
      }, ...cells),
    );
    const known = made(name);
    arrays[name] = () => {
      const shown = name.startsWith("new") || reached(name);
      const values = [all[name]].flat(2);
      cells.forEach((cell, i) => {
        if (shown) show(cell, values[i], digits);
        else {
          cell.textContent = "·";
          delete cell.dataset.value;
        }
      });
      node.classList.toggle("bp-todo", !shown);
    };
    return link(node, name.startsWith("new") ? [UPDATE] : known ? [known] : []);
  }

  // The graph: from x at the top to L at the bottom, gradients on the right.
  const label = (x, y, anchor, more = {}) => svg("text", { x, y, "text-anchor": anchor, ...more });
  const [MID, PITCH] = [190, 62];
  const line = (x1, y1, x2, y2, colour) => {
    const [ux, uy] = [Math.sign(x2 - x1), Math.sign(y2 - y1)];
    const head = `M ${x2 - 6 * ux - 4 * uy} ${y2 - 6 * uy - 4 * ux} L ${x2} ${y2} L ${
      x2 - 6 * ux + 4 * uy
    } ${y2 - 6 * uy + 4 * ux}`;
    return svg("path", {
      d: `M ${x1} ${y1} L ${x2} ${y2} ${head}`,
      fill: "none",
      stroke: `var(${colour})`,
      "stroke-width": 1.5,
    });
  };
  const graph = svg("svg", { viewBox: "0 0 380 388", class: "dlx-plot bp-graph", role: "img" });
  const parts = [];
  function value(name, x, y, anchor, arrow) {
    const word = label(x, y, anchor, {
      class: name[0] === "d" ? "bp-grad" : "",
      "data-graph": name,
    });
    const node = svg("g", {}, arrow, word);
    parts.push(() => {
      node.toggleAttribute("hidden", !reached(name));
      const values = [all[name]].flat(2);
      word.textContent = values.length > 3 || name[1] === "b"
        ? `${name} ${shape(all[name])}`
        : values.map((one) => text(one, 3)).join("  ");
    });
    graph.append(node);
  }
  const top = (i) => 56 + i * PITCH;
  ["x", "a1", "h", "logits", "y", "L"].forEach((name, i) => {
    const [above, below] = [i ? top(i - 1) + 30 : 22, top(i)];
    const middle = (above + below) / 2 + 4;
    value(name, MID - 12, middle, "end", line(MID - 4, above, MID - 4, below, "--control"));
    const gradient = { a1: "da1", h: "dh", logits: "dlogits" }[name];
    if (gradient) {
      value(gradient, MID + 16, middle, "start", line(MID + 6, below, MID + 6, above, "--one"));
    }
  });
  const fixed = (words, x, y, anchor) => {
    const node = label(x, y, anchor);
    node.textContent = words;
    return node;
  };
  NODES.forEach((name, i) => {
    const box = svg("rect", { x: MID - 56, y: top(i), width: 112, height: 30, rx: 7 });
    const own = STEPS.flatMap((_, k) => (nodesOf(k + 1).includes(name) ? [k + 1] : []));
    if (name.startsWith("Linear")) own.push(UPDATE);
    graph.append(
      link(
        svg(
          "g",
          { class: "bp-node", "data-node": name },
          box,
          fixed(name, MID, top(i) + 20, "middle"),
        ),
        own,
      ),
    );
    const side = { 0: "W1, b1", 2: "W2, b2", 4: "t" }[i];
    if (!side) return;
    const y = top(i) + 15;
    graph.append(fixed(side, 84, y + 4, "end"), line(90, y, MID - 57, y, "--control"));
    if (i === 4) return;
    value(`d${side.slice(0, 2)}`, 288, y - 2, "start", line(MID + 58, y, 282, y, "--one"));
    value(`d${side.slice(4)}`, 288, y + 15, "start", svg("g"));
  });
  graph.append(fixed("x", MID - 4, 16, "middle"), fixed("L", MID - 4, top(5) + 14, "middle"));

  const said = el("p", { class: "bp-said dlx-numbers", "data-said": "" });
  const why = el("p", { class: "bp-why dlx-soft" });
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) live.textContent = said.textContent;
  });

  function sentence() {
    if (current === UPDATE) {
      return `Update: every parameter moves by −${props.lr} times its gradient. The loss goes from ${
        text(all.L, 7)
      } to ${text(all["new L"], 7)}.`;
    }
    const [name, , , code] = STEPS[current - 1];
    const words = code.replace("np.maximum", "max").replace(/np\.(sum|log)/g, "$1").replace(
      ".sum(axis=0)",
      " summed over the batch",
    ).replaceAll(".T", "ᵀ").replaceAll(" @ ", " · ").replaceAll(" * ", " × ").replaceAll("-", "−");
    const value = Array.isArray(all[name])
      ? `shape ${shape(all[name])}: ${list(all[name], 4)}`
      : text(all[name], 6);
    return `Step ${current} of ${BACK}, ${
      current > FORWARD ? "backward" : "forward"
    }: ${words}, ${value}.`;
  }

  const move = (k) => {
    pause();
    go(k);
  };
  function go(k) {
    current = clamp(k, 1, UPDATE);
    hovered = undefined;
    draw();
  }
  function pause() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  const play = button("Play", () => {
    if (timer) return pause();
    if (current >= BACK) go(1);
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (!play.isConnected || current >= BACK) return pause();
      go(current + 1);
    }, 1500);
  });
  play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const first = button("First", () => move(1));
  const back = button("Back", () => move(current - 1));
  const next = button("Next", () => move(current + 1));
  const last = button("Last", () => move(BACK));
  const update = button("Update", () => current === BACK && move(UPDATE));

  const inputs = [0, 1].map((i) => {
    const input = el("input", {
      type: "number",
      min: -props.largest,
      max: props.largest,
      step: 0.1,
      "aria-label": `x, input ${i + 1}`,
      style: "width: 4.6rem",
      oninput() {
        if (!Number.isFinite(input.valueAsNumber)) return;
        x = x.map((
          old,
          j,
        ) => (j === i ? round2(clamp(input.valueAsNumber, -props.largest, props.largest)) : old));
        draw();
      },
      onblur: () => (input.value = x[i]),
    });
    return input;
  });
  const target = choice(
    "Right class t",
    [["0", "0: [1, 0]"], ["1", "1: [0, 1]"]],
    String(t),
    (value) => {
      t = Number(value);
      draw();
    },
  );
  const reset = button("Reset", () => {
    pause();
    fresh();
    target.write(String(t));
    draw();
  });

  compute();
  const update_ = el(
    "div",
    { "data-update": "" },
    el(
      "p",
      {},
      `After one step with learning rate ${props.lr}: each parameter p becomes p − ${props.lr} dp.`,
    ),
    el(
      "div",
      { class: "bp-arrays" },
      ...[...PARAMETERS, "L"].map((name) => array(`new ${name}`, 7)),
    ),
  );
  const stored = el(
    "div",
    { class: "bp-arrays" },
    ...PAIRS.map((pair) => el("div", { class: "bp-arrays" }, ...pair.map((name) => array(name)))),
  );

  function draw() {
    compute();
    Object.values(arrays).forEach((write) => write());
    parts.forEach((write) => write());
    inputs.forEach((input, i) => {
      if (input !== document.activeElement) input.value = x[i];
    });
    equations.forEach((node, i) => {
      node.tabIndex = i + 1 === Math.min(current, BACK) ? 0 : -1;
      if (i + 1 === current) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
    said.textContent = sentence();
    why.textContent = current === UPDATE
      ? "One step downhill for all 17 parameters at once."
      : STEPS[current - 1][4];
    // A button that is truly disabled would lose the focus, and the arrow keys with it.
    const off = {
      First: current === 1,
      Back: current === 1,
      Next: current === UPDATE,
      Last: current === BACK,
      Update: current !== BACK,
    };
    for (const node of [first, back, next, last, update]) {
      set(node, { "aria-disabled": String(off[node.textContent]) });
    }
    update_.hidden = current !== UPDATE;
    const names = nodesOf(current).join(" and ") || "Linear 1 and Linear 2";
    set(graph, {
      "aria-label": `The network as a graph: x, ${NODES.join(", ")}, L. Lit: ${names}.`,
    });
    glow();
    rest();
  }

  const figure = el(
    "div",
    {
      onkeydown(event) {
        const goal =
          { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 1, End: BACK }[event.key];
        const up = event.target.dataset.equation &&
          { ArrowDown: current + 1, ArrowUp: current - 1 }[event.key];
        const k = goal ?? up;
        if (
          k === undefined || event.target.matches("input") || event.ctrlKey || event.metaKey ||
          event.altKey
        ) return;
        event.preventDefault();
        event.stopPropagation();
        move(k);
        if (event.target.dataset.equation) equations[Math.min(current, BACK) - 1].focus();
      },
    },
    el("style", {}, STYLE),
    el(
      "p",
      {},
      "Step with the buttons, or with the arrow keys while a button or an equation has the focus. Point at anything to see what belongs to it. Change x, and all numbers follow.",
    ),
    el(
      "div",
      { class: "dlx-row dlx-apart" },
      el("span", {}, "x = "),
      ...inputs,
      target.node,
      reset,
    ),
    el(
      "div",
      { class: "dlx-row", role: "group", "aria-label": "Steps", style: "gap: 0.4rem" },
      first,
      back,
      next,
      last,
      play,
      update,
    ),
    said,
    why,
    update_,
    el(
      "div",
      { class: "dlx-columns" },
      el("div", {}, graph, stored),
      el(
        "div",
        {},
        el("p", { class: "dlx-soft" }, el("b", {}, "Forward")),
        steps(0, FORWARD),
        el("p", { class: "dlx-soft" }, el("b", {}, "Backward")),
        steps(FORWARD, BACK),
      ),
    ),
    live,
  );
  draw();
  return figure;
}
