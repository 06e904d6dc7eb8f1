// A perceptron answers 1 where w₁x₁ + w₂x₂ + b > 0, and 0 elsewhere.

const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];
const TASKS = { AND: [0, 0, 0, 1], NAND: [1, 1, 1, 0], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0] };
const CUSTOM = [[0, 0.2, 0], [0.3, 0.8, 0], [0.5, 0.1, 0], [0.6, 0.9, 1], [0.9, 0.5, 1], [1.1, 1, 1]];
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
const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]].map((p) => p.map((i) => PLANE[i]));

// A plane with the lines of some units, which the reader shifts and turns.
function plane(label, axes, names, change) {
  const picture = plot(PLANE, PLANE, 380, 380, label);
  const { x, y } = picture;
  const ticks = [0, 1].flatMap((t) => [
    svg("line", { class: "dlx-axis", x1: x(t), x2: x(t), y1: 0, y2: 380, "stroke-dasharray": t ? "2 5" : "none" }),
    svg("line", { class: "dlx-axis", y1: y(t), y2: y(t), x1: 0, x2: 380, "stroke-dasharray": t ? "2 5" : "none" }),
    svg("text", { x: x(t) + 4, y: 374 }, String(t)),
    svg("text", { x: 5, y: y(t) - 5 }, String(t)),
  ]);
  const shade = svg("g", { fill: "var(--one)", "fill-opacity": 0.2 });
  const points = svg("g");
  set(picture.node, {}).append(
    shade, ...ticks,
    svg("text", { x: 356, y: y(0) + 16 }, axes[0]), svg("text", { x: x(0) - 20, y: 16 }, axes[1]),
  );
  const lines = names.map(([name, title, colour]) => line(name, title, colour));
  picture.node.append(...lines.map((l) => l.stroke), points, ...lines.map((l) => l.handles));

  function line(name, title, colour) {
    let unit, at;
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
    const middle = handle(`Shift the line${title}`, [svg("circle", { r: 8, fill: "var(--bg)", stroke: colour, "stroke-width": 3.5 })], (n) =>
      move([unit[0], unit[1], unit[2] - 0.05 * n]),
    );
    const tip = handle(`Turn the line${title}`, [svg("path", { d: "M 13 0 L -7 9 L -7 -9 Z", fill: colour })], (n) =>
      turn(angle() + (n * Math.PI) / 60, size()),
    );
    const begin = (event) => {
      const [grab, from] = [picture.at(event), at];
      return (e) => shift(picture.at(e).map((value, k) => clamp(from[k] + value - grab[k], PLANE[0] + REACH, PLANE[1] - REACH)));
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
    const stroke = svg("g", { "data-line": name }, whole, shaft, grip);
    const handles = svg("g", {}, middle, tip);

    function draw(next) {
      unit = next;
      at = anchor(unit, at ?? [0.5, 0.5]);
      const length = Math.hypot(unit[0], unit[1]);
      const none = length === 0;
      for (const node of [stroke, handles]) node.toggleAttribute("hidden", none);
      if (none) return;
      const n = [unit[0] / length, unit[1] / length];
      const foot = [-unit[2] * n[0] / length, -unit[2] * n[1] / length];
      const ends = [-6, 6].map((t) => [foot[0] - t * n[1], foot[1] + t * n[0]]);
      for (const node of [whole, grip]) set(node, { x1: x(ends[0][0]), y1: y(ends[0][1]), x2: x(ends[1][0]), y2: y(ends[1][1]) });
      const top = [at[0] + REACH * n[0], at[1] + REACH * n[1]];
      set(shaft, { x1: x(at[0]), y1: y(at[1]), x2: x(top[0]), y2: y(top[1]) });
      const degrees = Math.round((angle() * 180) / Math.PI);
      set(middle, {
        transform: `translate(${x(at[0])} ${y(at[1])})`,
        "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT, "aria-valuenow": -unit[2],
        "aria-valuetext": `b is ${text(unit[2])}`,
      });
      set(tip, {
        transform: `translate(${x(top[0])} ${y(top[1])}) rotate(${-degrees})`,
        "aria-valuemin": -180, "aria-valuemax": 180, "aria-valuenow": degrees,
        "aria-valuetext": `w points to ${degrees} degrees: ${text(unit[0])}, ${text(unit[1])}`,
      });
    }
    return { name, stroke, handles, draw };
  }

  const draw = (units, cells) => {
    shade.replaceChildren(...cells.map((cell) => svg("polygon", { points: cell.map(([u, v]) => `${x(u)},${y(v)}`).join(" ") })));
    for (const l of lines) {
      if (units[l.name]) l.draw(units[l.name]);
      else for (const node of [l.stroke, l.handles]) node.toggleAttribute("hidden", true);
    }
  };
  return { ...picture, points, draw };
}

function explore(props) {
  const units = { one: props.start };
  const fields = ["w₁", "w₂", "b"].map((label, k) =>
    slider(label, ["w1", "w2", "b"][k], -LIMIT, LIMIT, (value) => {
      units.one = units.one.map((old, i) => (i === k ? value : old));
      draw();
    }),
  );
  const picture = plane("The plane of x₁ and x₂", ["x₁", "x₂"], [["one", "", "var(--line-y)"]], (name, unit) => {
    units[name] = unit;
    draw();
  });
  function draw() {
    picture.draw(units, [cut(SQUARE, units.one, 1)]);
    fields.forEach((field, k) => field.write(units.one[k]));
  }
  draw();
  return el("div", { class: "dlx-columns" }, picture.node, el("div", {}, ...fields.map((f) => f.node)));
}

