// A perceptron answers 1 where w₁x₁ + w₂x₂ + b > 0, and 0 elsewhere.

const CORNERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const TASKS = { AND: [0, 0, 0, 1], NAND: [1, 1, 1, 0], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0] };
const CUSTOM = [
  [0, 0.2, 0],
  [0.3, 0.8, 0],
  [0.5, 0.1, 0],
  [0.6, 0.9, 1],
  [0.9, 0.5, 1],
  [1.1, 1, 1],
];
const PLANE = [-0.7, 1.7];
const LIMIT = 2;
const REACH = 0.42;

// 0.1 + 0.2 − 0.3 is not quite 0 in binary; rounded, such a point lies on the line.
const sum = ([w1, w2, b], [x1, x2]) => Math.round((w1 * x1 + w2 * x2 + b) * 1e9) / 1e9 + 0;
const fire = (unit, point) => (sum(unit, point) > 0 ? 1 : 0);

// Multiplying w₁, w₂ and b by one positive number leaves the line where it is.
function fit(unit) {
  const shrink = Math.min(1, LIMIT / Math.max(...unit.map(Math.abs)));
  return unit.map((value) => round2(value * shrink));
}

// The point of the line nearest to `from`, kept where the reader can reach it.
function anchor([w1, w2, b], from) {
  let [x1, x2] = from;
  const square = w1 * w1 + w2 * w2;
  for (let i = 0; square > 0 && i < 30; i++) {
    const s = (w1 * x1 + w2 * x2 + b) / square;
    x1 = clamp(x1 - s * w1, PLANE[0] + REACH, PLANE[1] - REACH);
    x2 = clamp(x2 - s * w2, PLANE[0] + REACH, PLANE[1] - REACH);
  }
  return [x1, x2];
}

// What is left of a polygon where the unit's sum is above 0 (side 1) or not (side 0).
function cut(polygon, unit, side) {
  const sign = side ? 1 : -1;
  return polygon.flatMap((p, i) => {
    const q = polygon[(i + 1) % polygon.length];
    const [s, t] = [sum(unit, p) * sign, sum(unit, q) * sign];
    const kept = s > 0 || (s === 0 && !side) ? [p] : [];
    if (s * t < 0) kept.push(p.map((value, k) => value + (s / (s - t)) * (q[k] - value)));
    return kept;
  });
}
const SQUARE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
].map((p) => p.map((i) => PLANE[i]));

// A plane with the lines of some units, which the reader shifts and turns.
function plane(label, axes, names, change) {
  const picture = plot(PLANE, PLANE, 380, 380, label);
  const { x, y } = picture;
  const ticks = [0, 1].flatMap((t) => [
    svg("line", {
      class: "dlx-axis",
      x1: x(t),
      x2: x(t),
      y1: 0,
      y2: 380,
      "stroke-dasharray": t ? "2 5" : "none",
    }),
    svg("line", {
      class: "dlx-axis",
      y1: y(t),
      y2: y(t),
      x1: 0,
      x2: 380,
      "stroke-dasharray": t ? "2 5" : "none",
    }),
    svg("text", { x: x(t) + 4, y: 374 }, String(t)),
    svg("text", { x: 5, y: y(t) - 5 }, String(t)),
  ]);
  const shade = svg("g", { class: "dlx-shade" });
  const points = svg("g");
  picture.node.append(
    shade,
    ...ticks,
    svg("text", { x: 356, y: y(0) + 16 }, axes[0]),
    svg("text", { x: x(0) - 20, y: 16 }, axes[1]),
  );
  const lines = names.map((args) => line(...args));
  picture.node.append(...lines.map((l) => l.stroke), points, ...lines.map((l) => l.handles));

  function line(name, sign, of, colour, at) {
    let unit;
    const move = (next) => change(name, fit(next));
    const shift = (to) => move([unit[0], unit[1], -unit[0] * to[0] - unit[1] * to[1]]);
    const turn = (angle, length) => {
      const w = [Math.cos(angle) * length, Math.sin(angle) * length];
      move([...w, -w[0] * at[0] - w[1] * at[1]]);
    };
    const size = () => Math.max(Math.hypot(unit[0], unit[1]), 0.5);
    const angle = () => Math.atan2(unit[1], unit[0]);

    const shaft = svg("line", { stroke: colour, "stroke-width": 2.5 });
    const whole = svg("line", { stroke: colour, "stroke-width": 3.5 });
    const grip = svg("line", { stroke: "transparent", "stroke-width": 26, class: "dlx-handle" });
    const middle = handle(
      `Shift the line${of}`,
      [svg("circle", { r: 8, fill: "var(--bg)", stroke: colour, "stroke-width": 3.5 })],
      (n) => move([unit[0], unit[1], unit[2] - 0.05 * n]),
    );
    const tip = handle(
      `Turn the line${of}`,
      [svg("path", { d: "M 13 0 L -7 9 L -7 -9 Z", fill: colour })],
      (n) => turn(angle() + (n * Math.PI) / 60, size()),
    );
    const begin = (event) => {
      const [grab, from] = [picture.at(event), at];
      return (e) =>
        shift(
          picture
            .at(e)
            .map((value, k) => clamp(from[k] + value - grab[k], PLANE[0] + REACH, PLANE[1] - REACH)),
        );
    };
    drag(grip, begin);
    drag(middle, begin);
    drag(tip, () => {
      const length = size();
      return (e) => {
        const to = picture.at(e);
        turn(Math.atan2(to[1] - at[1], to[0] - at[0]), length);
      };
    });
    const tag = svg("text", { "text-anchor": "middle", style: `fill: ${colour}; font-weight: 600` }, sign);
    const stroke = svg("g", { "data-line": name }, whole, shaft, grip, tag);
    const handles = svg("g", {}, middle, tip);

    function draw(next) {
      unit = next;
      at = anchor(unit, at);
      const length = Math.hypot(unit[0], unit[1]);
      const none = length === 0;
      for (const node of [stroke, handles]) node.toggleAttribute("hidden", none);
      if (none) return;
      const n = [unit[0] / length, unit[1] / length];
      const foot = [(-unit[2] * n[0]) / length, (-unit[2] * n[1]) / length];
      const ends = [-6, 6].map((t) => [foot[0] - t * n[1], foot[1] + t * n[0]]);
      for (const node of [whole, grip])
        set(node, { x1: x(ends[0][0]), y1: y(ends[0][1]), x2: x(ends[1][0]), y2: y(ends[1][1]) });
      const top = [at[0] + REACH * n[0], at[1] + REACH * n[1]];
      set(shaft, { x1: x(at[0]), y1: y(at[1]), x2: x(top[0]), y2: y(top[1]) });
      set(tag, { x: x(top[0] + 0.11 * n[0]), y: y(top[1] + 0.11 * n[1]) + 5 });
      const degrees = Math.round((angle() * 180) / Math.PI);
      set(middle, {
        transform: `translate(${x(at[0])} ${y(at[1])})`,
        "aria-valuemin": -LIMIT,
        "aria-valuemax": LIMIT,
        "aria-valuenow": -unit[2],
        "aria-valuetext": `b is ${text(unit[2])}`,
      });
      set(tip, {
        transform: `translate(${x(top[0])} ${y(top[1])}) rotate(${-degrees})`,
        "aria-valuemin": -180,
        "aria-valuemax": 180,
        "aria-valuenow": degrees,
        "aria-valuetext": `w points to ${degrees} degrees: ${text(unit[0])}, ${text(unit[1])}`,
      });
    }
    return { name, stroke, handles, draw };
  }

  const draw = (units, cells) => {
    shade.replaceChildren(
      ...cells.map((cell) => svg("polygon", { points: cell.map(([u, v]) => `${x(u)},${y(v)}`).join(" ") })),
    );
    for (const l of lines) {
      if (units[l.name]) l.draw(units[l.name]);
      else for (const node of [l.stroke, l.handles]) node.toggleAttribute("hidden", true);
    }
  };
  return { ...picture, points, draw };
}

// Points as discs, filled where a 1 is wanted, in a dashed ring where the output is wrong.
function disc([, , wanted], name, moves) {
  return svg(
    "g",
    { class: moves ? "dlx-moves" : "" },
    svg("circle", {
      r: 16,
      class: "dlx-wrong",
      fill: "none",
      stroke: "var(--bad)",
      "stroke-width": 2.5,
      "stroke-dasharray": "4 3",
    }),
    svg("circle", {
      r: 11,
      fill: wanted ? "var(--one)" : "var(--bg)",
      stroke: wanted ? "var(--one)" : "var(--ink)",
      "stroke-width": 2,
    }),
    svg(
      "text",
      { y: 5, "text-anchor": "middle", style: `fill: var(${wanted ? "--bg" : "--ink"}); font-weight: 600` },
      String(wanted),
    ),
    svg("text", { x: 18, y: 5 }, name),
  );
}

const UNITS = {
  one: {
    title: "The perceptron",
    out: "y",
    of: "",
    letters: ["w", "x", "b"],
    line: ["w", "", "var(--line-y)", [0.75, 0.25]],
  },
  h1: {
    title: "Hidden perceptron h₁",
    out: "h₁",
    of: " of h₁",
    letters: ["w", "x", "b"],
    line: ["h₁", " of h₁", "var(--line-1)", [0.75, 0.25]],
  },
  h2: {
    title: "Hidden perceptron h₂",
    out: "h₂",
    of: " of h₂",
    letters: ["w", "x", "b"],
    line: ["h₂", " of h₂", "var(--line-2)", [0.4, 0.75]],
  },
  y: {
    title: "Output perceptron y",
    out: "y",
    of: " of y",
    letters: ["v", "h", "c"],
    line: ["y", " of y", "var(--line-y)", [0.75, 0.25]],
  },
};
const SOLUTION = { h1: [-0.5, -0.5, 0.7], h2: [0.5, 0.5, -0.2], y: [0.5, 0.5, -0.7] };
const MOST = 8;

function explore(props) {
  let task, layers, units, custom, points, tried, best, last, rows, marks;
  const fresh = () => {
    ({ task, layers } = props);
    units = { one: props.start, h1: [1, 0, -0.5], h2: [0, 1, -0.5], y: [0.5, 0.5, -0.2] };
    custom = CUSTOM;
    [tried, best, last] = [0, 0, String(units.one)];
  };
  const change = (name, unit) => {
    units = { ...units, [name]: unit };
    draw();
  };

  const tasks = choice(
    "Task",
    [...Object.keys(TASKS).map((name) => [name, name]), ["custom", "own points"]],
    props.task,
    (value) => {
      task = value;
      build();
    },
  );
  const networks = choice(
    "Network",
    [
      ["1", "one perceptron"],
      ["2", "two layers"],
    ],
    String(props.layers),
    (value) => {
      layers = Number(value);
      build();
    },
  );
  const reset = button("Reset", () => {
    fresh();
    tasks.write(task);
    networks.write(String(layers));
    build();
  });

  const line = (name) => [name, ...UNITS[name].line];
  const input = plane(
    "The plane of the inputs x₁ and x₂",
    ["x₁", "x₂"],
    ["one", "h1", "h2"].map(line),
    change,
  );
  const hidden = plane("The plane of the hidden outputs h₁ and h₂", ["h₁", "h₂"], [line("y")], change);
  const inputs = el(
    "div",
    {},
    el("p", { class: "dlx-soft" }, "The inputs, with the lines of h₁ and h₂"),
    input.node,
  );
  const outputs = el(
    "div",
    {},
    el("p", { class: "dlx-soft" }, "The outputs of h₁ and h₂, with the line of y"),
    hidden.node,
  );

  const panels = Object.entries(UNITS).map(
    ([
      name,
      {
        title,
        out,
        of,
        letters: [w, x, b],
        line: [, , colour],
      },
    ]) => {
      const fields = [`${w}₁`, `${w}₂`, b].map((label, k) =>
        slider(
          label,
          `${name}.${[`${w}1`, `${w}2`, b][k]}`,
          -LIMIT,
          LIMIT,
          (value) => {
            change(
              name,
              units[name].map((old, i) => (i === k ? value : old)),
            );
          },
          of,
        ),
      );
      const rule = el("p", { class: "dlx-numbers" });
      const node = el(
        "fieldset",
        { style: `--accent: ${colour}` },
        el("legend", {}, title),
        ...fields.map((f) => f.node),
        rule,
      );
      const write = (unit) => {
        fields.forEach((field, k) => field.write(unit[k]));
        rule.textContent = `${out} = 1 where ${formula([
          [unit[0], `·${x}₁`],
          [unit[1], `·${x}₂`],
          [unit[2], ""],
        ])} > 0`;
      };
      return { name, node, write };
    },
  );

  const score = el("p", { class: "dlx-score" });
  const remark = el("p");
  const offer = button("Try two layers", () => {
    layers = 2;
    networks.write("2");
    build();
    networks.node.querySelector("input:checked").focus();
  });
  const answer = button("Show a solution: NAND and OR, then AND", () => {
    units = { ...units, ...SOLUTION };
    draw();
  });
  const add = button("Add a point", () => place([0.5, 0.5]));
  const table = el("table", { class: "dlx-numbers" });
  const live = el("p", { class: "dlx-hidden", role: "status" });

  const label = (i) => (task === "custom" ? "ABCDEFGH"[i] : `(${points[i][0]}, ${points[i][1]})`);
  const edit = (i, point) => {
    custom = custom.map((old, k) => (k === i ? point : old));
    points = custom;
  };
  function place(at) {
    if (custom.length === MOST) return;
    custom = [...custom, [...at.map(round2), 1]];
    build();
  }
  const toggle = (i) => {
    edit(i, [points[i][0], points[i][1], 1 - points[i][2]]);
    build();
  };
  input.node.addEventListener("click", (event) => {
    if (task === "custom" && !event.target.closest(".dlx-handle")) place(input.at(event));
  });

  // Rows and discs are made anew when the task or the number of points changes.
  function build() {
    points = task === "custom" ? custom : CORNERS.map((corner, i) => [...corner, TASKS[task][i]]);
    const mine = task === "custom";
    const two = layers === 2;
    marks = points.map((point, i) => [disc(point, label(i)), disc(point, label(i), true)]);
    input.points.replaceChildren(...marks.map(([mark]) => mark));
    hidden.points.replaceChildren(...marks.map(([, mark]) => mark));
    if (mine) marks.forEach(([mark], i) => movable(mark, i));
    else input.points.setAttribute("pointer-events", "none");
    if (mine) input.points.removeAttribute("pointer-events");

    const columns = [
      mine && "point",
      "x₁",
      "x₂",
      two && "h₁",
      two && "h₂",
      "sum",
      "y",
      "wants",
      "right",
      mine && "drop",
    ];
    rows = points.map((point, i) => row(point, i, mine));
    table.replaceChildren(
      el("caption", {}, mine ? "Your points" : `The truth table of ${task}`),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...columns
            .filter(Boolean)
            .map((c) =>
              el(
                "th",
                { scope: "col" },
                c === "point" || c === "drop" ? el("span", { class: "dlx-hidden" }, c) : c,
              ),
            ),
        ),
      ),
      el("tbody", {}, ...rows.map((r) => r.node)),
    );
    draw();
  }

  function movable(mark, i) {
    let moved = false;
    mark.classList.add("dlx-handle");
    mark.addEventListener("click", () => moved || toggle(i));
    drag(mark, (event) => {
      const grab = input.at(event);
      const from = points[i];
      moved = false;
      return (e) => {
        const to = input.at(e).map((value, k) => round2(clamp(from[k] + value - grab[k], ...PLANE)));
        moved ||= Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.03;
        if (moved) edit(i, [...to, from[2]]);
        draw();
      };
    });
  }

  function row(point, i, mine) {
    const cells = {};
    const cell = (name, content = "") => (cells[name] = el("td", { "data-col": name }, content));
    const field = (k) =>
      el("input", {
        type: "number",
        min: PLANE[0],
        max: PLANE[1],
        step: 0.05,
        "aria-label": `x${"₁₂"[k]} of point ${label(i)}`,
        oninput({ target }) {
          if (!Number.isFinite(target.valueAsNumber)) return;
          edit(
            i,
            points[i].map((old, j) => (j === k ? round2(clamp(target.valueAsNumber, ...PLANE)) : old)),
          );
          draw();
        },
      });
    const again = (action) => () => {
      action();
      const next = table.querySelector(`[data-row="${Math.min(i, points.length - 1)}"] button`);
      (next ?? add).focus();
    };
    const node = el(
      "tr",
      { "data-row": i },
      ...(mine ? [el("th", { scope: "row" }, label(i))] : []),
      cell("x1", mine ? field(0) : ""),
      cell("x2", mine ? field(1) : ""),
      ...(layers === 2 ? [cell("h1"), cell("h2")] : []),
      cell("sum"),
      cell("y"),
      cell(
        "wanted",
        mine
          ? button(
              String(point[2]),
              again(() => toggle(i)),
              { "aria-label": `Point ${label(i)} wants ${point[2]}: change` },
            )
          : String(point[2]),
      ),
      cell("right"),
      ...(mine
        ? [
            cell(
              "remove",
              button(
                "×",
                again(() => {
                  custom = custom.filter((_, k) => k !== i);
                  build();
                }),
                { "aria-label": `Remove point ${label(i)}` },
              ),
            ),
          ]
        : []),
    );
    return { node, cells };
  }

  function draw() {
    const two = layers === 2;
    const wrong = [];
    points.forEach(([x1, x2, wanted], i) => {
      const h = [fire(units.h1, [x1, x2]), fire(units.h2, [x1, x2])];
      const s = two ? sum(units.y, h) : sum(units.one, [x1, x2]);
      const y = s > 0 ? 1 : 0;
      const right = y === wanted;
      if (!right) wrong.push(label(i));
      const { node, cells } = rows[i];
      for (const [k, x] of [x1, x2].entries()) {
        const cell = cells[`x${k + 1}`];
        if (task !== "custom") cell.textContent = x;
        else if (cell.firstChild !== document.activeElement) cell.firstChild.value = x;
        cell.dataset.value = x;
      }
      if (two) h.forEach((value, k) => show(cells[`h${k + 1}`], value, 0));
      show(cells.sum, s);
      show(cells.y, y, 0);
      cells.right.replaceChildren(
        el("span", { "aria-hidden": "true" }, right ? "✓" : "✗"),
        el("span", { class: "dlx-hidden" }, right ? "yes" : "no"),
      );
      cells.right.className = right ? "dlx-good" : "dlx-bad";
      node.dataset.right = right;
      const mates = points.filter(
        ([a, b]) => two && fire(units.h1, [a, b]) === h[0] && fire(units.h2, [a, b]) === h[1],
      );
      const aside = (mates.indexOf(points[i]) - (mates.length - 1) / 2) * 25;
      marks[i][0].style.transform = `translate(${input.x(x1)}px, ${input.y(x2)}px)`;
      marks[i][1].style.transform = `translate(${hidden.x(h[0])}px, ${hidden.y(h[1]) + aside}px)`;
      for (const mark of marks[i]) mark.firstChild.toggleAttribute("hidden", right);
    });

    const corner = ([h1, h2]) => cut(cut(SQUARE, units.h1, h1), units.h2, h2);
    input.draw(
      two ? { h1: units.h1, h2: units.h2 } : { one: units.one },
      two ? CORNERS.filter((h) => fire(units.y, h)).map(corner) : [cut(SQUARE, units.one, 1)],
    );
    hidden.draw({ y: units.y }, [cut(SQUARE, units.y, 1)]);
    for (const panel of panels) {
      panel.write(units[panel.name]);
      panel.node.hidden = two === (panel.name === "one");
    }

    const right = points.length - wrong.length;
    const solved = wrong.length === 0;
    score.replaceChildren(
      el("b", { "data-num": "right", "data-value": right }, String(right)),
      ` of ${points.length} right. `,
      solved ? "Solved." : `Wrong: ${wrong.join(", ")}.`,
    );
    score.classList.toggle("dlx-good", solved);
    const stuck = task === "XOR" && !two;
    if (stuck) best = Math.max(best, right);
    remark.textContent = !stuck
      ? ""
      : `Lines tried: ${tried}. Best: ${best} of 4.` +
        (tried < 5
          ? ""
          : " The two 1s lie on opposite corners of a square, and so do the two 0s: no straight line parts them.");
    remark.hidden = !stuck;
    offer.hidden = !stuck || tried < 5;
    answer.hidden = !(two && task === "XOR");
    add.hidden = task !== "custom";
    add.disabled = points.length === MOST;
    hint.hidden = task !== "custom";
    outputs.hidden = inputs.firstChild.hidden = !two;
    intro.textContent = two
      ? "Each hidden perceptron, h₁ and h₂, draws a line of its own. A third perceptron, y, sees only their two answers. Drag the rings and arrows: the points that want 1, and no others, should be shaded."
      : "Drag the line by its ring and turn it by its arrow, or move the sliders: the points that want 1, and no others, should be shaded.";
    figure.classList.toggle("dlx-two", two);
    rest();
  }

  // A line counts as tried once it stands still.
  const rest = settled(() => {
    if (task === "XOR" && layers === 1 && String(units.one) !== last) {
      [tried, last] = [tried + 1, String(units.one)];
      draw();
    }
    if (live.isConnected) live.textContent = `${task}, ${score.textContent} ${remark.textContent}`;
  });

  const hint = el(
    "p",
    { class: "dlx-soft" },
    "Click the plane to add a point, click a point to change what it wants, drag it to move it.",
  );
  const intro = el("p");
  const legend = el(
    "p",
    { class: "dlx-soft dlx-legend" },
    ...[
      ["patch", "output 1"],
      ["disc", "wants 1"],
      ["disc dlx-zero", "wants 0"],
      ["ring", "wrong"],
    ].map(([mark, meaning]) => el("span", {}, el("i", { class: `dlx-${mark}` }), meaning)),
  );
  const figure = el(
    "div",
    {},
    intro,
    el("div", { class: "dlx-row" }, tasks.node, networks.node, reset),
    el(
      "div",
      { class: "dlx-columns dlx-main" },
      el(
        "div",
        {},
        el("div", { class: "dlx-columns" }, inputs, outputs),
        legend,
        hint,
        score,
        remark,
        el("div", { class: "dlx-row" }, offer, answer, add),
      ),
      el(
        "div",
        {},
        el("div", { class: "dlx-columns" }, ...panels.map((p) => p.node)),
        el("div", { class: "dlx-scroll" }, table),
      ),
    ),
    live,
  );
  fresh();
  build();
  return figure;
}
