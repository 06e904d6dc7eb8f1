// y = relu(x W1 + b1) W2 + b2: one number in, k hidden units, one number out.

const { axes, button, cell, choice: radios, clamp, el, figure } = globalThis.explorables;
const { fill, grab, handle, head, label, legend, line, more } = globalThis.explorables;
const { number, place, plot, range, round2, row, scroll, set, show } = globalThis.explorables;
const { svg, swatch, text } = globalThis.explorables;

const VIEW = [-2.5, 2.5];
const GRID = range(201).map((i) => (i - 100) / 50);
const BEND = 2;
const SLOPE = 4;
const ARM = 0.5;
const CLOSE = 0.1;
const TARGETS = {
  sine: (x) => Math.sin((Math.PI * x) / 2),
  parabola: (x) => (x * x) / 2,
  abs: (x) => Math.abs(x),
  ramp: (x) => clamp(2 * x + 0.5, 0, 1),
};
const ACTIVATIONS = { relu: (a) => Math.max(a, 0), identity: (a) => a };
// Where a unit bends at first: the one that is added to none, to one, to two others, …
const ADDED = [0, -1, 1, -1.5, 1.5, -0.5, 0.5, -2];

// A unit is [w1, b1, w2] with w1 = 1 or -1; its ReLU bends where x w1 + b1 = 0.
const bend = ([w1, b1]) => -b1 / w1 + 0;
const unitAt = (x, [w1, , w2]) => [w1, round2(-w1 * clamp(x, -BEND, BEND)), w2];
const sum = (x, [w1, b1]) => x * w1 + b1;
const part = (x, unit, { activation }) => ACTIVATIONS[activation](sum(x, unit)) * unit[2];
const output = (x, state) =>
  state.units.reduce((y, unit) => y + part(x, unit, state), 0) + state.b2;

// How far the curve is from its target: the largest gap, its place, and the mean square.
function compare(state) {
  const errors = GRID.map((x) => output(x, state) - TARGETS[state.target](x));
  const sizes = errors.map(Math.abs);
  const far = sizes.reduce((best, e, i) => (e > sizes[best] + 1e-9 ? i : best), 0);
  const mse = errors.reduce((total, e) => total + e * e, 0) / GRID.length;
  return { most: sizes[far], far: GRID[far], mse };
}

// Bends at equal distances; each new slope aims at the target's value at the next bend.
function construct({ target, units: { length } }) {
  const f = TARGETS[target];
  const knots = range(length).map((k) => round2(-BEND + (2 * BEND * k) / length));
  const made = { activation: "relu", units: [], b2: round2(f(-BEND)) };
  knots.forEach((knot, k) => {
    const next = knots[k + 1] ?? BEND;
    const slope = clamp((f(next) - output(next, made)) / (next - knot), -SLOPE, SLOPE);
    made.units.push([1, round2(-knot), round2(slope)]);
  });
  return { units: made.units, b2: made.b2 };
}

// The same network as NumPy writes it.
function program({ activation, units, b2, probe }) {
  const [W1, b1, W2] = range(3).map((i) => units.map((unit) => unit[i].toFixed(2)));
  return [
    `x = np.array([[${probe.toFixed(2)}]])`,
    `W1 = np.array([[${W1.join(", ")}]])`,
    `b1 = np.array([${b1.join(", ")}])`,
    `W2 = np.array([${W2.map((w) => `[${w}]`).join(", ")}])`,
    `b2 = np.array([${b2.toFixed(2)}])`,
    `y = ${activation}(x @ W1 + b1) @ W2 + b2`,
  ].join("\n");
}

export function explore({ most, ...start }) {
  const first = { ...start, probe: 0.5, chosen: 0 };
  const { state, update, choice, slider, reset, page } = figure(first, draw, say);
  const put = (k, unit) => update({ units: state.units.with(k, unit) });
  const move = (k, x) => put(k, unitAt(x, state.units[k]));
  const chosen = () => state.units[state.chosen];
  const tilt = (value) => put(state.chosen, chosen().with(2, round2(clamp(value, -SLOPE, SLOPE))));

  const picture = plot(VIEW, [-2, 2.6], 400, 340, "The curve, the target and the units");
  const { x: X, y: Y } = picture;
  const inside = (y) => clamp(Y(y), 12, 328);
  const path = (xs, f) => ({ points: xs.map((x) => `${X(x)},${Y(f(x))}`).join(" ") });
  const curve = line("--line-y", 4, {}, "polyline");
  const wanted = line("--one", 3, { "stroke-dasharray": "7 5" }, "polyline");
  const parts = range(most).map(() => line("--line-1", 1.5, {}, "polyline"));
  const gap = svg("line", { stroke: "var(--bad)", "stroke-width": 2.5 });
  const cursor = svg("line", { y1: 0, y2: 340, stroke: "var(--ink)", "stroke-dasharray": "2 4" });
  const dot = svg("circle", { r: 5, fill: "var(--ink)" });
  const rings = parts.map(() =>
    svg("circle", { r: 10, fill: "var(--bg)", stroke: "var(--line-y)" })
  );
  const bends = rings.map((ring, k) => {
    const style = "fill: var(--ink); font-weight: 600";
    const marks = [ring, label(0, 4.5, `${k + 1}`, "middle", { style })];
    const where = () => bend(state.units[k]);
    const node = handle(`Move bend ${k + 1}`, marks, (n) => move(k, where() + 0.05 * n));
    grab(node, picture, () => [where(), 0], ([x]) => move(k, x));
    return set(node, { onfocus: () => update({ chosen: k }) });
  });
  const arm = handle(
    "Change W2, the slope of the unit",
    svg("rect", { x: -8, y: -8, width: 16, height: 16, rx: 3, fill: "var(--line-1)" }),
    (n) => tilt(chosen()[2] + 0.05 * n),
  );
  grab(arm, picture, () => [0, ARM * chosen()[2]], ([, y]) => tilt(y / ARM));
  const ticks = [-2, -1, 1, 2].map((t) => `M${X(t)} ${Y(0) - 4}v8M${X(0) - 4} ${Y(t)}h8`);
  fill(
    picture.node,
    axes(picture, [-2, -1, 1, 2], [-1, 1, 2], ["x", "y"]),
    svg("path.dlx-axis", { d: ticks.join("") }),
    [cursor, parts, wanted, gap, curve, dot, arm, bends],
  );

  const add = button("Add a unit", () => {
    const { units } = state;
    update({ units: [...units, unitAt(ADDED[units.length], [1, 0, 1])], chosen: units.length });
  });
  const remove = button("Remove it", () => {
    const units = state.units.filter((_, k) => k !== state.chosen);
    update({ units, chosen: Math.min(state.chosen, units.length - 1) });
  });
  // What the controls of the chosen unit hold.
  const spot = { get: () => bend(chosen()), set: (x) => move(state.chosen, x) };
  const side = {
    get: () => chosen()[0],
    set: (w1) => put(state.chosen, unitAt(bend(chosen()), chosen().with(0, w1))),
  };
  const slope = { get: () => chosen()[2], set: tilt };
  const units = el("div");
  let unit, listed;

  const names = ["gap", "gap-x", "mse", "slope", "intercept"];
  const [widest, where, mean, steep, level] = names.map(number);
  const score = el(
    "p",
    ...["Largest gap ", widest, " at x = ", where, ", mean squared error ", mean, "."],
  );
  const verdict = el("p.dlx-good", `Matched: nowhere more than ${CLOSE} apart.`);
  const flat = el(
    "p",
    "Without a bend in the activation, all units together make one straight line: slope ",
    steep,
    ", and ",
    level,
    " at x = 0.",
  );
  const code = el("pre");
  const table = el("table");

  function draw() {
    const { target, activation, units, b2, probe } = state;
    const y = (x) => output(x, state);
    const knots = [VIEW[0], ...units.map(bend).sort((a, b) => a - b), VIEW[1]];
    set(wanted, path(GRID, TARGETS[target]));
    set(curve, path(knots, y));
    range(most).forEach((k) => {
      const unit = units[k];
      for (const node of [parts[k], bends[k]]) set(node, { hidden: !unit && "" });
      if (!unit) return;
      const x = bend(unit);
      const mine = k === state.chosen;
      set(parts[k], {
        ...path([VIEW[0], x, VIEW[1]], (u) => part(u, unit, state)),
        "stroke-width": mine ? 3 : 1.5,
        "stroke-opacity": mine ? 1 : 0.55,
      });
      set(rings[k], { "stroke-width": mine ? 4 : 2 });
      place(bends[k], [X(x), inside(y(x))], [-BEND, BEND], x, `x = ${text(x)}`);
    });
    const [w1, , w2] = chosen();
    const end = [X(bend(chosen()) + ARM * w1), inside(ARM * w2)];
    place(arm, end, [-SLOPE, SLOPE], w2, `W2 = ${text(w2)}`);
    set(arm, { "aria-label": `Change W2 of unit ${state.chosen + 1}` });

    const { most: largest, far, mse } = compare(state);
    show(widest, largest);
    show(where, far);
    show(mean, mse, 4);
    set(gap, { x1: X(far), x2: X(far), y1: Y(y(far)), y2: Y(TARGETS[target](far)) });
    verdict.hidden = largest > CLOSE;
    show(steep, units.reduce((total, [w1, , w2]) => total + w1 * w2, 0));
    show(level, units.reduce((total, [, b1, w2]) => total + b1 * w2, b2));
    flat.hidden = activation !== "identity";

    set(cursor, { x1: X(probe), x2: X(probe) });
    set(dot, { cx: X(probe), cy: Y(y(probe)) });
    const rows = units.map((unit, k) => {
      const [w1, b1, w2] = unit;
      const a = sum(probe, unit);
      const h = ACTIVATIONS[activation](a);
      const [first, ...rest] = Object.entries({ W1: w1, b1, a, h, W2: w2, part: h * w2 });
      const cells = [cell(...first, 0), rest.map((one) => cell(...one))];
      return row(`${k + 1}`, cells, { "data-row": k });
    });
    const total = `sum of h W2, with b2 = ${text(b2)}: y`;
    fill(
      table,
      el("caption", `Forward pass: a = x W1 + b1, h = ${activation}(a), y = h W2 + b2`),
      head("unit", "W1", "b1", "a", "h", "W2", "h W2"),
      el("tbody", rows),
      el("tfoot", el("tr", el("th", { scope: "row", colspan: 6 }, total), cell("y", y(probe)))),
    );
    code.textContent = program(state);
    choose();
    add.disabled = units.length === most;
    remove.disabled = units.length === 1;
  }

  // The choice of a unit, made anew when their number changes.
  function choose() {
    const { length } = state.units;
    if (listed !== length) {
      unit = radios("Unit", (k) => update({ chosen: k }), range(length).map((k) => [k, k + 1]));
      fill(units, unit);
    }
    listed = length;
    unit.write(state.chosen);
  }

  function say() {
    return `${state.units.length} units. ${score.textContent} ${
      flat.hidden ? "" : flat.textContent
    } ${verdict.hidden ? "" : verdict.textContent}`;
  }

  const targets = [["sine"], ["parabola"], ["abs", "|x|"], ["ramp", "soft step"]];
  return page(
    { style: "--label: 4rem; --plot: 24rem" },
    el(
      "p.dlx-ask",
      "How can a curve be made of straight pieces? Slide the numbered bends, and pull the square, until y lies on the dashed target.",
    ),
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        picture,
        legend(
          swatch("y", "border-top: 4px solid var(--line-y)"),
          swatch("target", "border-top: 3px dashed var(--one)"),
          swatch("what each unit adds", "border-top: 2px solid var(--line-1)"),
          swatch("largest gap", "border-top: 3px solid var(--bad)"),
        ),
        score,
      ),
      el(
        "div",
        verdict,
        flat,
        el(
          "div.dlx-row",
          choice("Target", "target", targets),
          button("Place the bends for me", () => update(construct(state))),
          reset,
        ),
        el("div.dlx-row", units, add, remove),
        slider("bend at", spot, -BEND, BEND),
        slider("W2", slope, -SLOPE, SLOPE),
        more(
          "Side, bias, activation",
          el(
            "div.dlx-row.dlx-apart",
            choice("Opens to the", side, [[1, "right: W1 = 1"], [-1, "left: W1 = −1"]]),
            choice("Activation", "activation", [["relu", "ReLU"], "identity"]),
          ),
          slider("b2", "b2", -2, 2),
        ),
        more(
          "Follow one x through the network",
          slider("x", "probe", ...VIEW),
          scroll("Forward pass", table),
          code,
        ),
      ),
    ),
  );
}
