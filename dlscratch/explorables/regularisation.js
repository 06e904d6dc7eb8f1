// The minimum of ½ (w − c)ᵀA(w − c) + penalty, found exactly, for both penalties.

const { choice, slider } = globalThis.oldParts;
const { button, clamp, drag, el, handle, plot, set, settled, show, svg, text } =
  globalThis.explorables;

const EDGE = 3;
const STRONGEST = 4;
const VALLEYS = {
  round: [1, 0, 1],
  stretched: [0.5, 0, 2],
  tilted: [1.5, 1, 1.5],
};
const NAMES = ["none", "L2", "L1"];

const snap = (value) => Math.round(clamp(value, -EDGE, EDGE) * 10) / 10 + 0;

export function explore(props) {
  let valley, best, strength;
  const fresh = () => ({ valley, best, strength } = props);
  fresh();

  // A is [[a, b], [b, d]].
  function loss([u, v]) {
    const [a, b, d] = VALLEYS[valley];
    const [x, y] = [u - best[0], v - best[1]];
    return (a * x * x + 2 * b * x * y + d * y * y) / 2;
  }
  // Solves (A + ridge·I) w = A c − shift.
  function solve(ridge, shift) {
    const [a, b, d] = VALLEYS[valley];
    const right = [a * best[0] + b * best[1] - shift[0], b * best[0] + d * best[1] - shift[1]];
    const [p, q] = [a + ridge, d + ridge];
    return [
      (q * right[0] - b * right[1]) / (p * q - b * b),
      (p * right[1] - b * right[0]) / (p * q - b * b),
    ];
  }
  // With L1, each w is negative, zero or positive. Of the nine cases, the lowest
  // place that keeps its signs is the minimum. With w₁ = 0 the other one is soft-thresholded.
  function lasso(k) {
    const [a, b, d] = VALLEYS[valley];
    const right = [a * best[0] + b * best[1], b * best[0] + d * best[1]];
    const soft = (value) => Math.sign(value) * Math.max(Math.abs(value) - k, 0) + 0;
    const cases = [[0, 0], [soft(right[0]) / a, 0], [0, soft(right[1]) / d]];
    for (const s of [-1, 1]) {
      for (const t of [-1, 1]) {
        const w = solve(0, [k * s, k * t]);
        if (w[0] * s > 0 && w[1] * t > 0) cases.push(w);
      }
    }
    const height = (w) => loss(w) + k * (Math.abs(w[0]) + Math.abs(w[1]));
    return cases.reduce((low, w) => (height(w) < height(low) - 1e-12 ? w : low));
  }
  const minima = (k) => [best, k ? solve(k, [0, 0]) : best, k ? lasso(k) : best];

  const view = [-EDGE - 0.4, EDGE + 0.4];
  const picture = plot(view, view, 400, 400, "Loss, penalties and the three minima");
  const { x: X, y: Y, at } = picture;
  const points = (all) => all.map(([u, v]) => `${X(u).toFixed(2)},${Y(v).toFixed(2)}`).join(" ");
  const shape = (tag, colour, more) =>
    svg(tag, { fill: "none", stroke: `var(${colour})`, ...more });
  const COLOURS = ["--ink", "--line-1", "--one"];
  const contours = Array.from(
    { length: 5 },
    () => shape("polygon", "--control", { "stroke-opacity": 0.55 }),
  );
  const touching = [1, 2].map((i) =>
    shape("polygon", COLOURS[i], { "stroke-width": 1.5, "stroke-dasharray": "5 4" })
  );
  const balls = [1, 2].map((i) =>
    shape("polygon", COLOURS[i], {
      "stroke-width": 2,
      fill: `var(${COLOURS[i]})`,
      "fill-opacity": 0.1,
    })
  );
  const paths = [1, 2].map((i) =>
    shape("polyline", COLOURS[i], { "stroke-width": 3, "stroke-opacity": 0.5 })
  );
  const dots = [
    svg("circle", { r: 7, fill: "var(--line-1)", stroke: "var(--bg)", "stroke-width": 2 }),
    svg("rect", {
      x: -6.5,
      y: -6.5,
      width: 13,
      height: 13,
      fill: "var(--one)",
      stroke: "var(--bg)",
      "stroke-width": 2,
    }),
  ];
  const ring = handle("Move the loss's minimum", [
    svg("circle", { r: 10, fill: "none", stroke: "var(--ink)", "stroke-width": 3 }),
  ], () => {});
  ring.addEventListener("keydown", (event) => {
    const moves = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      PageUp: [0, 5],
      PageDown: [0, -5],
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    place(best.map((u, i) => snap(u + moves[event.key][i] / 10)));
  });
  drag(ring, (event) => {
    const off = at(event).map((u, i) => best[i] - u);
    return (e) => place(at(e).map((u, i) => snap(u + off[i])));
  });
  const ticks = [-2, -1, 1, 2].flatMap((t) => [
    svg("text", { x: X(t), y: Y(0) + 17, "text-anchor": "middle" }, text(t, 0)),
    svg("text", { x: X(0) + 6, y: Y(t) + 5 }, text(t, 0)),
  ]);
  picture.node.append(
    svg("path", { class: "dlx-axis", d: "M0 200H400M200 0V400" }),
    ...contours,
    ...balls,
    ...touching,
    ...ticks,
    svg("text", { x: 378, y: 192 }, "w₁"),
    svg("text", { x: 174, y: 16 }, "w₂"),
    ...paths,
    ...dots,
    ring,
  );

  function place(c) {
    best = c;
    draw();
  }
  const valleys = choice(
    "Valley of the loss",
    Object.keys(VALLEYS).map((one) => [one, one]),
    valley,
    (value) => {
      valley = value;
      draw();
    },
  );
  const lambda = slider("λ", "lambda", 0, STRONGEST, (value) => {
    strength = value;
    draw();
  });
  const corners = ["c₁", "c₂"].map((label, i) =>
    slider(label, label, -EDGE, EDGE, (value) => place(best.map((u, k) => (k === i ? value : u))))
  );
  const reset = button("Reset", () => {
    fresh();
    valleys.write(valley);
    draw();
  });

  const verdict = el("p", { "data-verdict": "" });
  const rows = el("tbody");
  const code = el("pre");
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (!live.isConnected) return;
    const found = minima(strength).slice(1).map((w, i) =>
      `${NAMES[i + 1]} at (${text(w[0])}, ${text(w[1])})`
    );
    live.textContent = `Valley ${valley}, λ = ${
      text(strength)
    }. Without a penalty the minimum is (${text(best[0])}, ${text(best[1])}), with ${
      found.join(", with ")
    }. ${verdict.textContent}`;
  });

  const circle = Array.from(
    { length: 96 },
    (_, i) => [Math.cos((Math.PI * i) / 48), Math.sin((Math.PI * i) / 48)],
  );
  // The ellipse of all w with this loss: c + √(2·level) L⁻ᵀ z for |z| = 1, where A = L Lᵀ.
  function ellipse(level) {
    const [a, b, d] = VALLEYS[valley];
    const [l1, l2] = [Math.sqrt(a), b / Math.sqrt(a)];
    const l3 = Math.sqrt(d - l2 * l2);
    const size = Math.sqrt(2 * level);
    return circle.map((
      [s, t],
    ) => [best[0] + (size * (s - (l2 * t) / l3)) / l1, best[1] + (size * t) / l3]);
  }

  function draw() {
    const found = minima(strength);
    const norms = [
      () => 0,
      (w) => (strength * (w[0] ** 2 + w[1] ** 2)) / 2,
      (w) => strength * (Math.abs(w[0]) + Math.abs(w[1])),
    ];
    contours.forEach((node, i) => set(node, { points: points(ellipse(0.15 * 2.2 ** (i + 1))) }));
    const [l2, l1] = found.slice(1);
    const radius = Math.hypot(...l2);
    const side = Math.abs(l1[0]) + Math.abs(l1[1]);
    set(balls[0], { points: points(circle.map((z) => z.map((u) => radius * u))) });
    set(balls[1], { points: points([[side, 0], [0, side], [-side, 0], [0, -side]]) });
    const steps = Array.from({ length: 81 }, (_, i) => minima((i * STRONGEST) / 80));
    [l2, l1].forEach((w, i) => {
      set(touching[i], { points: points(ellipse(loss(w))) });
      set(paths[i], { points: points(steps.map((all) => all[i + 1])) });
      set(dots[i], { transform: `translate(${X(w[0])} ${Y(w[1])})` });
    });
    set(ring, {
      transform: `translate(${X(best[0])} ${Y(best[1])})`,
      "aria-valuemin": -EDGE,
      "aria-valuemax": EDGE,
      "aria-valuenow": best[0],
      "aria-valuetext": `c₁ = ${text(best[0])}, c₂ = ${text(best[1])}`,
    });
    rows.replaceChildren(
      ...found.map((w, i) => {
        const cell = (value, of) => {
          const node = el("td", { "data-col": of });
          show(node, value, 3);
          if (value === 0 && of[0] === "w") node.textContent = "0";
          return node;
        };
        const swatch = el("i", {
          class: "dlx-swatch",
          style: `border-top: 4px solid var(${
            COLOURS[i]
          }); display: inline-block; vertical-align: middle; margin-right: 0.35rem`,
        });
        return el(
          "tr",
          { "data-row": NAMES[i] },
          el("th", { scope: "row" }, swatch, NAMES[i]),
          cell(w[0], "w1"),
          cell(w[1], "w2"),
          cell(loss(w), "loss"),
          cell(norms[i](w), "penalty"),
        );
      }),
    );
    const zeros = (w) => w.map((u, i) => (u === 0 ? `w${"₁₂"[i]}` : "")).filter(Boolean);
    const say = (name, w) => {
      const which = zeros(w);
      return `${name}: ${
        which.length === 2
          ? "both weights are exactly 0."
          : which.length
          ? `${which[0]} is exactly 0.`
          : "no weight is 0."
      }`;
    };
    verdict.textContent = `${say("L2", l2)} ${say("L1", l1)}`;
    verdict.className = zeros(l1).length > zeros(l2).length ? "dlx-good" : "";
    const [a, b, d] = VALLEYS[valley];
    code.textContent =
      `A = np.array([[${a}, ${b}], [${b}, ${d}]])\nc = np.array([${
        best.map((u) => u.toFixed(2)).join(", ")
      }])\n` +
      `loss = 0.5 * (w - c) @ A @ (w - c)\nL2 = ${(strength / 2).toFixed(3)} * np.sum(w**2)\nL1 = ${
        strength.toFixed(2)
      } * np.sum(np.abs(w))`;
    lambda.write(strength);
    corners.forEach(({ write }, i) => write(best[i]));
    rest();
  }

  const swatch = (style, label) => el("span", {}, el("i", { class: "dlx-swatch", style }), label);
  draw();
  return el(
    "div",
    {},
    el(
      "p",
      {},
      "Move λ, and move the ring: it is the minimum c of the loss alone. The disc is the minimum of loss and L2 penalty, the square that of loss and L1 penalty.",
    ),
    el("div", { class: "dlx-row" }, valleys.node, reset),
    el(
      "div",
      { class: "dlx-columns" },
      el(
        "div",
        {},
        picture.node,
        el(
          "p",
          { class: "dlx-soft dlx-legend" },
          swatch("border-top: 3px solid var(--control)", "equal loss"),
          swatch("border-top: 3px solid var(--line-1)", "L2: circle of equal penalty"),
          swatch("border-top: 3px solid var(--one)", "L1: its diamond"),
          swatch("border-top: 3px dashed var(--ink)", "equal loss, touching"),
        ),
      ),
      el(
        "div",
        {},
        lambda.node,
        ...corners.map(({ node }) => node),
        el(
          "div",
          { class: "dlx-scroll", tabindex: 0, role: "region", "aria-label": "The three minima" },
          el(
            "table",
            {},
            el("caption", {}, "Where loss and penalty together are lowest"),
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                ...["penalty", "w₁", "w₂", "loss", "of penalty"].map((one) =>
                  el("th", { scope: "col" }, one)
                ),
              ),
            ),
            rows,
          ),
        ),
        verdict,
        code,
      ),
    ),
    live,
  );
}
