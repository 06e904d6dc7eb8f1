// y = relu(x W1 + b1) W2 + b2: one number in, k hidden units, one number out.

const { choice, slider } = globalThis.oldParts;
const { button, clamp, drag, el, handle, plot, round2, set, settled, show, svg, text } =
  globalThis.explorables;

const VIEW = [-2.5, 2.5];
const GRID = Array.from({ length: 201 }, (_, i) => (i - 100) / 50);
const BEND = 2;
const SLOPE = 4;
const MOST = 8;
const ARM = 0.5;
const CLOSE = 0.1;
const TARGETS = {
  sine: ["sine", (x) => Math.sin((Math.PI * x) / 2)],
  parabola: ["parabola", (x) => (x * x) / 2],
  abs: ["|x|", (x) => Math.abs(x)],
  ramp: ["soft step", (x) => clamp(2 * x + 0.5, 0, 1)],
};
const ACTIVATIONS = { relu: (a) => Math.max(a, 0), identity: (a) => a };

export function explore(props) {
  let target, activation, units, b2, probe, chosen;
  const fresh = () => {
    ({ target, activation, units, b2 } = props);
    [probe, chosen] = [0.5, 0];
  };
  fresh();

  // A unit is [w1, b1, w2] with w1 = 1 or -1; its ReLU bends where x w1 + b1 = 0.
  const bend = ([w1, b1]) => -b1 / w1 + 0;
  const sum = (x, [w1, b1]) => x * w1 + b1;
  const part = (x, unit) => ACTIVATIONS[activation](sum(x, unit)) * unit[2];
  const output = (x) => units.reduce((y, unit) => y + part(x, unit), 0) + b2;

  const picture = plot(VIEW, [-2, 2.6], 400, 340, "The curve, the target and the units");
  const { x: X, y: Y, at } = picture;
  const path = (xs, f) => xs.map((x) => `${X(x)},${Y(f(x))}`).join(" ");
  const stroke = (colour, width, more) =>
    svg("polyline", {
      fill: "none",
      stroke: `var(${colour})`,
      "stroke-width": width,
      "stroke-linejoin": "round",
      ...more,
    });

  const wanted = stroke("--one", 3, { "stroke-dasharray": "7 5" });
  const curve = stroke("--line-y", 4);
  const gap = svg("line", { stroke: "var(--bad)", "stroke-width": 2.5 });
  const cursor = svg("line", { y1: 0, y2: 340, stroke: "var(--ink)", "stroke-dasharray": "2 4" });
  const dot = svg("circle", { r: 5, fill: "var(--ink)" });
  const parts = Array.from({ length: MOST }, () => stroke("--line-1", 1.5));
  const bends = parts.map((_, k) => {
    const node = handle(
      `Move bend ${k + 1}`,
      [
        svg("circle", { r: 10, fill: "var(--bg)", stroke: "var(--line-y)", "stroke-width": 2.5 }),
        svg(
          "text",
          { y: 4.5, "text-anchor": "middle", style: "fill: var(--ink); font-weight: 600" },
          String(k + 1),
        ),
      ],
      (n) => place(k, bend(units[k]) + 0.05 * n),
    );
    node.addEventListener("focus", () => choose(k));
    drag(node, (event) => {
      const off = bend(units[k]) - at(event)[0];
      return (e) => place(k, at(e)[0] + off);
    });
    return node;
  });
  const arm = handle(
    "Change W2, the slope of the unit",
    [svg("rect", { x: -8, y: -8, width: 16, height: 16, rx: 3, fill: "var(--line-1)" })],
    (n) => edit(chosen, 2, units[chosen][2] + 0.05 * n),
  );
  drag(arm, (event) => {
    const off = ARM * units[chosen][2] - at(event)[1];
    return (e) => edit(chosen, 2, (at(e)[1] + off) / ARM);
  });

  const ticks = [-2, -1, 1, 2].flatMap((t) => [
    svg("line", { class: "dlx-axis", x1: X(t), x2: X(t), y1: Y(0) - 4, y2: Y(0) + 4 }),
    svg("text", { x: X(t), y: Y(0) + 18, "text-anchor": "middle" }, text(t, 0)),
    svg("line", { class: "dlx-axis", y1: Y(t), y2: Y(t), x1: X(0) - 4, x2: X(0) + 4 }),
    svg("text", { x: X(0) + 7, y: Y(t) + 5 }, t === -2 ? "" : text(t, 0)),
  ]);
  picture.node.append(
    svg("line", { class: "dlx-axis", x1: 0, x2: 400, y1: Y(0), y2: Y(0) }),
    svg("line", { class: "dlx-axis", y1: 0, y2: 340, x1: X(0), x2: X(0) }),
    ...ticks,
    svg("text", { x: 386, y: Y(0) - 7 }, "x"),
    svg("text", { x: X(0) - 14, y: 14 }, "y"),
    cursor,
    ...parts,
    wanted,
    gap,
    curve,
    dot,
    arm,
    ...bends,
  );

  function edit(k, index, value) {
    if (index === 2) value = round2(clamp(value, -SLOPE, SLOPE));
    units = units.map((
      unit,
      i,
    ) => (i === k ? unit.map((old, j) => (j === index ? value : old)) : unit));
    draw();
  }
  const place = (k, x) => edit(k, 1, round2(-units[k][0] * clamp(x, -BEND, BEND)));
  function choose(k) {
    chosen = k;
    draw();
  }

  const targets = choice(
    "Target",
    Object.entries(TARGETS).map(([name, [label]]) => [name, label]),
    target,
    (value) => {
      target = value;
      draw();
    },
  );
  const activations = choice(
    "Activation",
    [
      ["relu", "ReLU"],
      ["identity", "identity"],
    ],
    activation,
    (value) => {
      activation = value;
      draw();
    },
  );
  const chips = el("div");
  let chip;
  function list() {
    chosen = Math.min(chosen, units.length - 1);
    chip = choice(
      "Unit",
      units.map((_, k) => [String(k), String(k + 1)]),
      String(chosen),
      (value) => choose(Number(value)),
    );
    chips.replaceChildren(chip.node);
    draw();
  }
  const more = button("Add a unit", () => {
    units = [...units, [1, round2(-[0, -1, 1, -1.5, 1.5, -0.5, 0.5, -2][units.length]), 1]];
    chosen = units.length - 1;
    list();
  });
  const fewer = button("Remove it", () => {
    units = units.filter((_, k) => k !== chosen);
    list();
  });
  const copy = button("Place the bends for me", () => {
    construct();
    draw();
  });
  const reset = button("Reset", () => {
    fresh();
    targets.write(target);
    activations.write(activation);
    list();
  });

  // Bends at equal distances; each new slope aims at the target's value at the next bend.
  function construct() {
    const f = TARGETS[target][1];
    const width = (2 * BEND) / units.length;
    const knots = units.map((_, k) => round2(-BEND + k * width));
    b2 = round2(f(-BEND));
    units = knots.reduce((made, knot, k) => {
      const next = knots[k + 1] ?? BEND;
      const y = made.reduce((total, [w1, b1, w2]) => total + Math.max(next * w1 + b1, 0) * w2, b2);
      return [...made, [
        1,
        round2(-knot),
        round2(clamp((f(next) - y) / (next - knot), -SLOPE, SLOPE)),
      ]];
    }, []);
  }

  const where = slider("bend at", "bend", -BEND, BEND, (value) => place(chosen, value));
  const slope = slider("W2", "W2", -SLOPE, SLOPE, (value) => edit(chosen, 2, value));
  const side = choice(
    "Opens to the",
    [
      ["1", "right: W1 = 1"],
      ["-1", "left: W1 = −1"],
    ],
    "1",
    (value) => {
      const x = bend(units[chosen]);
      edit(chosen, 0, Number(value));
      place(chosen, x);
    },
  );
  const lift = slider("b2", "b2", -2, 2, (value) => {
    b2 = value;
    draw();
  });
  const input = slider("x", "x", ...VIEW, (value) => {
    probe = value;
    draw();
  });

  const number = (name) => el("b", { class: "dlx-numbers", "data-num": name });
  const [most, mse, where_, straight, level] = ["gap", "mse", "gap-x", "slope", "intercept"].map(
    number,
  );
  const score = el(
    "p",
    {},
    "Largest gap ",
    most,
    " at x = ",
    where_,
    ", mean squared error ",
    mse,
    ".",
  );
  const verdict = el("p", { class: "dlx-good" }, `Matched: nowhere more than ${CLOSE} apart.`);
  const flat = el(
    "p",
    {},
    "Without a bend in the activation, all units together make one straight line: slope ",
    straight,
    ", and ",
    level,
    " at x = 0.",
  );
  const code = el("pre");
  const table = el("table");
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) {
      live.textContent = `${units.length} units. ${score.textContent} ${
        flat.hidden ? "" : flat.textContent
      } ${verdict.hidden ? "" : verdict.textContent}`;
    }
  });

  function draw() {
    const f = TARGETS[target][1];
    const knots = [VIEW[0], ...units.map(bend).sort((a, b) => a - b), VIEW[1]];
    set(wanted, { points: path(GRID, f) });
    set(curve, { points: path(knots, output) });
    parts.forEach((node, k) => {
      const unit = units[k];
      for (const one of [node, bends[k]]) one.toggleAttribute("hidden", !unit);
      if (!unit) return;
      const x = bend(unit);
      set(node, {
        points: path([VIEW[0], x, VIEW[1]], (u) => part(u, unit)),
        "stroke-width": k === chosen ? 3 : 1.5,
        "stroke-opacity": k === chosen ? 1 : 0.55,
      });
      set(bends[k], {
        transform: `translate(${X(x)} ${clamp(Y(output(x)), 12, 328)})`,
        "aria-valuemin": -BEND,
        "aria-valuemax": BEND,
        "aria-valuenow": x,
        "aria-valuetext": `x = ${text(x)}`,
      });
      bends[k].firstChild.nextSibling.setAttribute("stroke-width", k === chosen ? 4 : 2);
    });
    const unit = units[chosen];
    set(arm, {
      transform: `translate(${X(bend(unit) + ARM * unit[0])} ${clamp(Y(ARM * unit[2]), 12, 328)})`,
      "aria-label": `Change W2 of unit ${chosen + 1}`,
      "aria-valuemin": -SLOPE,
      "aria-valuemax": SLOPE,
      "aria-valuenow": unit[2],
      "aria-valuetext": `W2 = ${text(unit[2])}`,
    });

    const errors = GRID.map((x) => output(x) - f(x));
    const far = errors.reduce(
      (best, e, i) => (Math.abs(e) > Math.abs(errors[best]) + 1e-9 ? i : best),
      0,
    );
    const largest = Math.abs(errors[far]);
    show(most, largest);
    show(where_, GRID[far]);
    show(mse, errors.reduce((total, e) => total + e * e, 0) / GRID.length, 4);
    set(gap, { x1: X(GRID[far]), x2: X(GRID[far]), y1: Y(output(GRID[far])), y2: Y(f(GRID[far])) });
    verdict.hidden = largest > CLOSE;
    show(
      straight,
      units.reduce((total, [w1, , w2]) => total + w1 * w2, 0),
    );
    show(level, units.reduce((total, [, b1, w2]) => total + b1 * w2, 0) + b2);
    flat.hidden = activation !== "identity";

    set(cursor, { x1: X(probe), x2: X(probe) });
    set(dot, { cx: X(probe), cy: Y(output(probe)) });
    forward();
    where.write(bend(unit));
    slope.write(unit[2]);
    side.write(String(unit[0]));
    chip?.write(String(chosen));
    lift.write(b2);
    input.write(probe);
    more.disabled = units.length === MOST;
    fewer.disabled = units.length === 1;
    rest();
  }

  // The forward pass at x = probe, and the same network as NumPy writes it.
  function forward() {
    const cell = (value, name, digits) => {
      const node = el("td", { "data-col": name });
      show(node, value, digits);
      return node;
    };
    const head = ["unit", "W1", "b1", "a", "h", "W2", "h W2"];
    table.replaceChildren(
      el("caption", {}, `Forward pass: a = x W1 + b1, h = ${activation}(a), y = h W2 + b2`),
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
      el(
        "tbody",
        {},
        ...units.map((unit, k) => {
          const a = sum(probe, unit);
          const h = ACTIVATIONS[activation](a);
          return el(
            "tr",
            { "data-row": k },
            el("th", { scope: "row" }, String(k + 1)),
            cell(unit[0], "W1", 0),
            cell(unit[1], "b1"),
            cell(a, "a"),
            cell(h, "h"),
            cell(unit[2], "W2"),
            cell(h * unit[2], "part"),
          );
        }),
      ),
      el(
        "tfoot",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "row", colspan: 6 }, `sum of h W2, with b2 = ${text(b2)}: y`),
          cell(output(probe), "y"),
        ),
      ),
    );
    const row = (index, open = "", close = "") =>
      units.map((unit) => open + unit[index].toFixed(2) + close).join(", ");
    code.textContent =
      `x = np.array([[${probe.toFixed(2)}]])\nW1 = np.array([[${row(0)}]])\nb1 = np.array([${
        row(1)
      }])\n` +
      `W2 = np.array([${row(2, "[", "]")}])\nb2 = np.array([${b2.toFixed(2)}])\n` +
      `y = ${activation}(x @ W1 + b1) @ W2 + b2`;
  }

  const swatch = (colour, style, label) =>
    el(
      "span",
      {},
      el("i", { class: "dlx-swatch", style: `border-top: ${style} var(${colour})` }),
      label,
    );
  const legend = el(
    "p",
    { class: "dlx-soft dlx-legend" },
    swatch("--line-y", "4px solid", "y"),
    swatch("--one", "3px dashed", "target"),
    swatch("--line-1", "2px solid", "what each unit adds"),
    swatch("--bad", "3px solid", "largest gap"),
  );
  const figure = el(
    "div",
    { style: "--label: 4rem" },
    el(
      "p",
      {},
      "Slide the numbered bends along x, and pull the square to change the chosen unit's slope, until the curve y lies on the dashed target.",
    ),
    el("div", { class: "dlx-row" }, targets.node, activations.node, reset),
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {},
        picture.node,
        legend,
        score,
        verdict,
        flat,
        el("div", { class: "dlx-row" }, copy),
      ),
      el(
        "div",
        {},
        el("div", { class: "dlx-row dlx-apart" }, chips, more, fewer),
        where.node,
        slope.node,
        el("div", { class: "dlx-apart" }, side.node),
        lift.node,
        code,
      ),
    ),
    el(
      "div",
      { class: "dlx-columns" },
      el("div", {}, el("p", {}, "Follow one x through the network:"), input.node),
      el("div", {
        class: "dlx-scroll",
        tabindex: 0,
        role: "region",
        "aria-label": "Forward pass",
        style: "flex: 2 1 20rem",
      }, table),
    ),
    live,
  );
  list();
  return figure;
}
