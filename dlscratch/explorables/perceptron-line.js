// A perceptron answers 1 where w₁x₁ + w₂x₂ + b > 0, and 0 elsewhere.

const { button, cell, clamp, drag, el, field, figure, fill, grab, handle } = globalThis.explorables;
const { head, label, legend, line, more, number, place, plot, round2, set } =
  globalThis.explorables;
const { show, svg, swatch, text } = globalThis.explorables;

const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];
const TASKS = { AND: [0, 0, 0, 1], NAND: [1, 1, 1, 0], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0] };
const CUSTOM = [
  [0, 0.2, 0],
  [0.3, 0.8, 0],
  [0.5, 0.1, 0],
  [0.6, 0.9, 1],
  [0.9, 0.5, 1],
  [1.1, 1, 1],
];
const MOST = 8;
const PLANE = [-0.7, 1.7];
const REACH = 0.42;
// The units: their names, letters of weights, inputs and bias, colour, and where the handle
// of the line is at first.
const UNITS = {
  one: ["The perceptron", "y", "", "wxb", "--line-y", [0.75, 0.25]],
  h1: ["Hidden perceptron h₁", "h₁", " of h₁", "wxb", "--line-1", [0.75, 0.25]],
  h2: ["Hidden perceptron h₂", "h₂", " of h₂", "wxb", "--line-2", [0.4, 0.75]],
  y: ["Output perceptron y", "y", " of y", "vhc", "--line-y", [0.75, 0.25]],
};
const SOLUTION = { h1: [-0.5, -0.5, 0.7], h2: [0.5, 0.5, -0.2], y: [0.5, 0.5, -0.7] };

// 0.1 + 0.2 − 0.3 is not quite 0 in binary; rounded, such a point lies on the line.
const sum = ([w1, w2, b], [x1, x2]) => Math.round((w1 * x1 + w2 * x2 + b) * 1e9) / 1e9 + 0;
const fire = (unit, point) => (sum(unit, point) > 0 ? 1 : 0);

const reachable = (place) => place.map((u) => clamp(u, PLANE[0] + REACH, PLANE[1] - REACH));
// The point of the line nearest to `from`, kept where the reader can reach it.
function anchor([w1, w2, b], from) {
  let [x1, x2] = from;
  const square = w1 * w1 + w2 * w2;
  for (let i = 0; square > 0 && i < 30; i++) {
    const s = (w1 * x1 + w2 * x2 + b) / square;
    [x1, x2] = reachable([x1 - s * w1, x2 - s * w2]);
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
const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]].map((p) => p.map((i) => PLANE[i]));

// "0.50·x₁ − 0.20·x₂ + 0.10"
const formula = (unit, x) =>
  unit.map((value, i) => {
    const sign = round2(value) < 0 ? ["−", " − "] : ["", " + "];
    return sign[i ? 1 : 0] + text(Math.abs(value)) + [`·${x}₁`, `·${x}₂`, ""][i];
  }).join("");

// A plane with the lines of some units, which the reader shifts and turns.
function plane(title, axes, names, change, limit) {
  const picture = plot(PLANE, PLANE, 380, 380, title);
  const { x, y } = picture;
  const grid = [0, 1].map((t) =>
    svg("path.dlx-axis", {
      d: `M${x(t)} 0V380M0 ${y(t)}H380`,
      "stroke-dasharray": t ? "2 5" : "none",
    })
  );
  // Above the lines, which part behind them, and out of the pointer's way.
  const style = "paint-order: stroke; stroke: var(--well); stroke-width: 4px; pointer-events: none";
  const ticks = [0, 1].map((t) => [
    label(x(t) + 4, 374, `${t}`, "start", { style }),
    label(5, y(t) - 5, `${t}`, "start", { style }),
  ]);
  const shade = svg("g.dlx-shade");
  const points = svg("g");
  const lines = names.map((name) => movable(name));
  fill(picture.node, [
    shade,
    grid,
    label(356, y(0) + 16, axes[0]),
    label(x(0) - 20, 16, axes[1]),
    lines.map(({ stroke }) => stroke),
    ticks,
    points,
    lines.map(({ handles }) => handles),
  ]);

  function movable(name) {
    const [, out, of, , hue, start] = UNITS[name];
    const colour = `var(${hue})`;
    let [unit, at] = [undefined, start];
    // Multiplying w₁, w₂ and b by one positive number leaves the line where it is.
    const move = (next) => {
      const shrink = Math.min(1, limit / Math.max(...next.map(Math.abs)));
      change(name, next.map((value) => round2(value * shrink)));
    };
    const through = ([w1, w2], [x1, x2]) => move([w1, w2, -w1 * x1 - w2 * x2]);
    const shift = (to) => through(unit, reachable(to));
    const turn = (angle, length) =>
      through([Math.cos(angle) * length, Math.sin(angle) * length], at);
    const size = () => Math.max(Math.hypot(unit[0], unit[1]), 0.5);
    const angle = () => Math.atan2(unit[1], unit[0]);

    const shaft = line(hue, 2.5);
    const whole = line(hue, 3.5);
    const grip = svg("path.dlx-handle", { stroke: "transparent", "stroke-width": 26 });
    const ring = svg("circle", { r: 8, fill: "var(--bg)", stroke: colour, "stroke-width": 3.5 });
    const arrow = svg("path", { d: "M 13 0 L -7 9 L -7 -9 Z", fill: colour });
    const middle = handle(
      `Shift the line${of}`,
      ring,
      (n) => move(unit.with(2, unit[2] - 0.05 * n)),
    );
    const tip = handle(
      `Turn the line${of}`,
      arrow,
      (n) => turn(angle() + (n * Math.PI) / 60, size()),
    );
    for (const node of [grip, middle]) grab(node, picture, () => at, shift);
    drag(tip, () => {
      const length = size();
      return (e) => {
        const to = picture.at(e);
        turn(Math.atan2(to[1] - at[1], to[0] - at[0]), length);
      };
    });
    const tag = label(0, 0, name === "one" ? "w" : out, "middle", {
      style: `fill: ${colour}; font-weight: 600`,
    });
    const stroke = svg("g", { "data-line": name }, whole, shaft, grip, tag);
    const handles = svg("g", middle, tip);

    function draw(next) {
      const length = next && Math.hypot(next[0], next[1]);
      for (const node of [stroke, handles]) set(node, { hidden: !length });
      if (next) [unit, at] = [next, anchor(next, at)];
      if (!length) return;
      const n = [unit[0] / length, unit[1] / length];
      const foot = [(-unit[2] * n[0]) / length, (-unit[2] * n[1]) / length];
      const pixels = ([u, v]) => `${x(u)} ${y(v)}`;
      const ends = [-6, 6].map((t) => pixels([foot[0] - t * n[1], foot[1] + t * n[0]]));
      for (const node of [whole, grip]) set(node, { d: `M${ends.join("L")}` });
      const top = [at[0] + REACH * n[0], at[1] + REACH * n[1]];
      set(shaft, { d: `M${pixels(at)}L${pixels(top)}` });
      set(tag, { x: x(top[0] + 0.11 * n[0]), y: y(top[1] + 0.11 * n[1]) + 5 });
      place(middle, [x(at[0]), y(at[1])], [-limit, limit], -unit[2], `b is ${text(unit[2])}`);
      const degrees = Math.round((angle() * 180) / Math.PI);
      const words = `w points to ${degrees} degrees: ${text(unit[0])}, ${text(unit[1])}`;
      place(tip, [x(top[0]), y(top[1])], [-180, 180], degrees, words, ` rotate(${-degrees})`);
    }
    return { name, stroke, handles, draw };
  }

  const draw = (units, cells) => {
    const polygon = (cell) => cell.map(([u, v]) => `${x(u)},${y(v)}`).join(" ");
    fill(shade, cells.map((cell) => svg("polygon", { points: polygon(cell) })));
    for (const { name, draw } of lines) draw(units[name]);
  };
  return { ...picture, points, draw };
}

// Points as discs, filled where a 1 is wanted, in a dashed ring where the output is wrong.
function disc([, , wanted], name, moves) {
  const fills = wanted ? ["--one", "--one", "--bg"] : ["--bg", "--ink", "--ink"];
  const [inside, edge, ink] = fills.map((colour) => `var(${colour})`);
  return svg(
    "g",
    { class: moves && "dlx-moves" },
    svg("circle.dlx-wrong", {
      r: 16,
      fill: "none",
      stroke: "var(--bad)",
      "stroke-width": 2.5,
      "stroke-dasharray": "4 3",
    }),
    svg("circle", { r: 11, fill: inside, stroke: edge, "stroke-width": 2 }),
    label(0, 5, `${wanted}`, "middle", { style: `fill: ${ink}; font-weight: 600` }),
    label(18, 5, name),
  );
}

export function explore({ task, layers, start: one, limit }) {
  const { state, update, choice, slider, reset, page } = figure(
    {
      task,
      layers,
      units: { one, h1: [1, 0, -0.5], h2: [0, 1, -0.5], y: [0.5, 0.5, -0.2] },
      custom: CUSTOM,
      tried: 0,
      best: 0,
      last: `${one}`,
    },
    draw,
    say,
  );
  const change = (name, unit) => update({ units: { ...state.units, [name]: unit } });
  const mine = () => state.task === "custom";
  const two = () => state.layers === 2;
  const dataset = () =>
    mine() ? state.custom : CORNERS.map((corner, i) => [...corner, TASKS[state.task][i]]);

  const networks = choice("Network", "layers", [[1, "one perceptron"], [2, "two layers"]]);
  const input = plane(
    "The plane of the inputs x₁ and x₂",
    ["x₁", "x₂"],
    ["one", "h1", "h2"],
    change,
    limit,
  );
  const hidden = plane(
    "The plane of the hidden outputs h₁ and h₂",
    ["h₁", "h₂"],
    ["y"],
    change,
    limit,
  );
  const above = el("p.dlx-soft", "The inputs, with the lines of h₁ and h₂");
  const outputs = el(
    "div",
    el("p.dlx-soft", "The outputs of h₁ and h₂, with the line of y"),
    hidden,
  );

  const panels = Object.entries(UNITS).map(([name, [title, out, of, [w, x, b], colour]]) => {
    const rule = el("p.dlx-numbers");
    const fields = [[`${w}₁`, `${w}1`], [`${w}₂`, `${w}2`], [b, b]].map(([word, key], k) =>
      slider(
        word,
        {
          get: () => state.units[name][k],
          set: (value) => change(name, state.units[name].with(k, value)),
        },
        -limit,
        limit,
        { says: word + of, name: `${name}.${key}` },
      )
    );
    const node = el(
      "fieldset",
      { style: `--accent: var(${colour})` },
      el("legend", title),
      fields,
      rule,
    );
    const write = (unit) => {
      rule.textContent = `${out} = 1 where ${formula(unit, x)} > 0`;
    };
    return { name, node, write };
  });

  const score = el("p.dlx-score");
  const right = number("right");
  const wrong = el("span");
  const remark = el("p");
  const offer = button("Try two layers", () => {
    update({ layers: 2 });
    networks.node.querySelector("input:checked").focus();
  });
  const answer = button(
    "Show a solution: NAND and OR, then AND",
    () => update({ units: { ...state.units, ...SOLUTION } }),
  );
  const add = button("Add a point", () => put([0.5, 0.5]));
  const table = el("table.dlx-numbers");

  const called = (i) => mine() ? "ABCDEFGH"[i] : `(${CORNERS[i].join(", ")})`;
  const edit = (i, point) => update({ custom: state.custom.with(i, point) });
  const toggle = (i) => edit(i, state.custom[i].with(2, 1 - state.custom[i][2]));
  function put(at) {
    if (state.custom.length < MOST) update({ custom: [...state.custom, [...at.map(round2), 1]] });
  }
  input.node.addEventListener("click", (event) => {
    if (mine() && !event.target.closest(".dlx-handle")) put(input.at(event));
  });

  // Rows and discs are made anew when the task, the layers or the number of points change.
  let built, rows, marks;
  function build(points) {
    marks = points.map((point, i) => [disc(point, called(i)), disc(point, called(i), true)]);
    fill(input.points, marks.map(([mark]) => mark));
    fill(hidden.points, marks.map(([, mark]) => mark));
    if (mine()) marks.forEach(([mark], i) => movable(mark, i));
    set(input.points, { "pointer-events": !mine() && "none" });
    rows = points.map(pointRow);
    const unseen = (word) => mine() && el("span.dlx-hidden", word);
    const columns = [
      unseen("point"),
      "x₁",
      "x₂",
      two() && "h₁",
      two() && "h₂",
      "sum",
      "y",
      "wants",
      "right",
      unseen("drop"),
    ];
    fill(
      table,
      el("caption", mine() ? "Your points" : `The truth table of ${state.task}`),
      head(...columns.filter(Boolean)),
      el("tbody", rows),
    );
  }

  function movable(mark, i) {
    let moved = false;
    let from;
    mark.classList.add("dlx-handle");
    mark.addEventListener("click", () => moved || toggle(i));
    const where = () => {
      [moved, from] = [false, state.custom[i]];
      return from.slice(0, 2);
    };
    grab(mark, input, where, (place) => {
      const to = place.map((value) => round2(clamp(value, ...PLANE)));
      moved ||= Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.03;
      if (moved) edit(i, [...to, from[2]]);
    });
  }

  function pointRow(point, i) {
    const cells = Object.fromEntries(
      ["x1", "x2", "h1", "h2", "sum", "y", "wanted", "right", "remove"].map((of) => [of, cell(of)]),
    );
    const fields = mine() &&
      [0, 1].map((k) =>
        field(
          `x${"₁₂"[k]} of point ${called(i)}`,
          (value) => edit(i, state.custom[i].with(k, value)),
          ...PLANE,
          {
            step: 0.05,
            shown: String,
          },
        )
      );
    const again = (action) => () => {
      action();
      const next = Math.min(i, state.custom.length - 1);
      (table.querySelector(`[data-row="${next}"] button`) ?? add).focus();
    };
    const remove = () => update({ custom: state.custom.filter((_, k) => k !== i) });
    if (mine()) {
      fill(cells.x1, fields[0]);
      fill(cells.x2, fields[1]);
      fill(cells.remove, button("×", again(remove), { "aria-label": `Remove point ${called(i)}` }));
    }
    const wants = { "aria-label": `Point ${called(i)} wants ${point[2]}: change` };
    fill(
      cells.wanted,
      mine() ? button(`${point[2]}`, again(() => toggle(i)), wants) : `${point[2]}`,
    );
    const node = el(
      "tr",
      { "data-row": i },
      mine() && el("th", { scope: "row" }, called(i)),
      Object.values(cells),
    );
    if (!two()) [cells.h1, cells.h2].forEach((one) => one.remove());
    if (!mine()) cells.remove.remove();
    return { node, cells, fields };
  }

  function draw() {
    const { task, units } = state;
    const points = dataset();
    const shape = [task, state.layers, ...points.map((point) => point[2])].join();
    if (built !== shape) build(points);
    built = shape;
    const fires = (at) => [fire(units.h1, at), fire(units.h2, at)];
    const missed = [];
    points.forEach(([x1, x2, wanted], i) => {
      const h = fires([x1, x2]);
      const s = two() ? sum(units.y, h) : sum(units.one, [x1, x2]);
      const y = s > 0 ? 1 : 0;
      if (y !== wanted) missed.push(called(i));
      const { node, cells, fields } = rows[i];
      [x1, x2].forEach((x, k) => {
        const one = cells[`x${k + 1}`];
        if (fields) fields[k].write(x);
        else one.textContent = x;
        one.dataset.value = x;
        show(cells[`h${k + 1}`], h[k], 0);
      });
      show(cells.sum, s);
      show(cells.y, y, 0);
      fill(
        cells.right,
        el("span", { "aria-hidden": "true" }, y === wanted ? "✓" : "✗"),
        el("span.dlx-hidden", y === wanted ? "yes" : "no"),
      );
      cells.right.className = y === wanted ? "dlx-good" : "dlx-bad";
      node.dataset.right = y === wanted;
      // Points with the same h₁ and h₂ stand side by side.
      const mates = points.filter((at) => two() && `${fires(at)}` === `${h}`);
      const aside = (mates.indexOf(points[i]) - (mates.length - 1) / 2) * 25;
      const [mark, image] = marks[i];
      mark.style.transform = `translate(${input.x(x1)}px, ${input.y(x2)}px)`;
      image.style.transform = `translate(${hidden.x(h[0])}px, ${hidden.y(h[1]) + aside}px)`;
      for (const one of marks[i]) set(one.firstChild, { hidden: y === wanted });
    });

    const corner = ([h1, h2]) => cut(cut(SQUARE, units.h1, h1), units.h2, h2);
    input.draw(
      two() ? { h1: units.h1, h2: units.h2 } : { one: units.one },
      two() ? CORNERS.filter((h) => fire(units.y, h)).map(corner) : [cut(SQUARE, units.one, 1)],
    );
    hidden.draw({ y: units.y }, [cut(SQUARE, units.y, 1)]);
    for (const { name, node, write } of panels) {
      write(units[name]);
      node.hidden = two() === (name === "one");
    }

    const hits = points.length - missed.length;
    const solved = missed.length === 0;
    show(right, hits, 0);
    wrong.textContent = ` of ${points.length} right. ${
      solved ? "Solved." : `Wrong: ${missed.join(", ")}.`
    }`;
    score.classList.toggle("dlx-good", solved);
    const stuck = task === "XOR" && !two();
    if (stuck) state.best = Math.max(state.best, hits);
    const why =
      " The two 1s lie on opposite corners of a square, and so do the two 0s: no straight line parts them.";
    remark.textContent = stuck
      ? `Lines tried: ${state.tried}. Best: ${state.best} of 4.${state.tried < 5 ? "" : why}`
      : "";
    remark.hidden = !stuck;
    offer.hidden = !stuck || state.tried < 5;
    answer.hidden = !(two() && task === "XOR");
    add.hidden = hint.hidden = !mine();
    add.disabled = points.length === MOST;
    outputs.hidden = above.hidden = !two();
    intro.textContent = two()
      ? "Two perceptrons, h₁ and h₂, draw a line each; a third, y, sees only their answers. Can you shade the points that want 1, and no others?"
      : "Can one line shade the points that want 1, and no others? Drag it by its ring, turn it by its arrow.";
    main.classList.toggle("dlx-two", two());
  }

  function say() {
    // A line counts as tried once it stands still.
    if (state.task === "XOR" && !two() && `${state.units.one}` !== state.last) {
      state.tried += 1;
      state.last = `${state.units.one}`;
      draw();
    }
    return `${state.task}, ${score.textContent} ${remark.textContent}`;
  }

  const hint = el(
    "p.dlx-soft",
    "Click the plane to add a point, click a point to change what it wants, drag it to move it.",
  );
  const intro = el("p.dlx-ask");
  fill(score, right, wrong);
  const main = el(
    "div.dlx-columns",
    el(
      "div.dlx-stick",
      el("div.dlx-columns.pl-planes", el("div", above, input), outputs),
      legend(
        swatch("output 1", "", "patch"),
        swatch("wants 1", "", "disc"),
        swatch("wants 0", "", "disc.dlx-zero"),
        swatch("wrong", "", "ring"),
      ),
      el("div.dlx-row", score, offer, answer, add),
    ),
    el(
      "div",
      hint,
      remark,
      el("div.dlx-columns", panels),
      more("The truth table", el("div.dlx-scroll", table)),
    ),
  );
  return page(
    { style: "--plot: 23rem" },
    intro,
    el(
      "div.dlx-row",
      choice("Task", "task", [...Object.keys(TASKS), ["custom", "own points"]]),
      networks,
      reset,
    ),
    main,
  );
}
