// The minimum of ½ (w − c)ᵀA(w − c) + penalty, found exactly, for both penalties.

const { axes, cell, clamp, el, fill, figure, head, legend, line, more } = globalThis.explorables;
const { pin, place, plot, points, range, round, row, scroll, set } = globalThis.explorables;
const { svg, swatch, text } = globalThis.explorables;

// A is [[a, b], [b, d]].
const VALLEYS = {
  round: [1, 0, 1],
  stretched: [0.5, 0, 2],
  tilted: [1.5, 1, 1.5],
};
const NAMES = ["none", "L2", "L1"];
const COLOURS = ["--ink", "--line-1", "--one"];
const CIRCLE = range(96).map((i) => [Math.cos((Math.PI * i) / 48), Math.sin((Math.PI * i) / 48)]);

const STYLE = `
.dlx .rg-shapes { display: contents; }
.dlx .rg-square { background: var(--one); }
`;

function loss([u, v], { valley, best }) {
  const [a, b, d] = VALLEYS[valley];
  const [x, y] = [u - best[0], v - best[1]];
  return (a * x * x + 2 * b * x * y + d * y * y) / 2;
}
// Solves (A + ridge·I) w = A c − shift.
function solve({ valley, best }, ridge, shift) {
  const [a, b, d] = VALLEYS[valley];
  const right = [a * best[0] + b * best[1] - shift[0], b * best[0] + d * best[1] - shift[1]];
  const [p, q] = [a + ridge, d + ridge];
  const area = p * q - b * b;
  return [(q * right[0] - b * right[1]) / area, (p * right[1] - b * right[0]) / area];
}
// With L1, each w is negative, zero or positive. Of the nine cases, the lowest place that
// keeps its signs is the minimum. With w₁ = 0 the other one is soft-thresholded.
function lasso(state, k) {
  const { valley, best } = state;
  const [a, b, d] = VALLEYS[valley];
  const right = [a * best[0] + b * best[1], b * best[0] + d * best[1]];
  const soft = (value) => Math.sign(value) * Math.max(Math.abs(value) - k, 0) + 0;
  const cases = [[0, 0], [soft(right[0]) / a, 0], [0, soft(right[1]) / d]];
  for (const s of [-1, 1]) {
    for (const t of [-1, 1]) {
      const w = solve(state, 0, [k * s, k * t]);
      if (w[0] * s > 0 && w[1] * t > 0) cases.push(w);
    }
  }
  const height = (w) => loss(w, state) + k * (Math.abs(w[0]) + Math.abs(w[1]));
  return cases.reduce((low, w) => (height(w) < height(low) - 1e-12 ? w : low));
}
const minima = (state, k) =>
  k ? [state.best, solve(state, k, [0, 0]), lasso(state, k)] : [state.best, state.best, state.best];
// The ellipse of all w with this loss: c + √(2·level) L⁻ᵀ z for |z| = 1, where A = L Lᵀ.
function ellipse({ valley, best }, level) {
  const [a, b, d] = VALLEYS[valley];
  const [l1, l2] = [Math.sqrt(a), b / Math.sqrt(a)];
  const l3 = Math.sqrt(d - l2 * l2);
  const size = Math.sqrt(2 * level);
  return CIRCLE.map(([s, t]) => [
    best[0] + (size * (s - (l2 * t) / l3)) / l1,
    best[1] + (size * t) / l3,
  ]);
}

export function explore({ limits, ...start }) {
  const first = { ...start, shapes: false };
  const { state, update, choice, slider, reset, page } = figure(first, draw, say);
  const edge = limits.best[1];
  const strongest = limits.strength[1];

  const view = [-edge - 0.4, edge + 0.4];
  const picture = plot(view, view, 400, 400, "Loss, penalties and the three minima");
  const { x: X, y: Y } = picture;
  const outline = (node, all) => set(node, { points: points(all.map(([u, v]) => [X(u), Y(v)])) });
  const shape = (i, width, more, tag = "polygon") => line(COLOURS[i], width, more, tag);
  const contours = range(5).map(() => line("--control", 1, { "stroke-opacity": 0.55 }, "polygon"));
  const touching = [1, 2].map((i) => shape(i, 1.5, { "stroke-dasharray": "5 4" }));
  const balls = [1, 2].map((i) => shape(i, 2, { fill: `var(${COLOURS[i]})`, "fill-opacity": 0.1 }));
  const paths = [1, 2].map((i) => shape(i, 3, { "stroke-opacity": 0.5 }, "polyline"));
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
  const ring = pin(
    "Move the loss's minimum",
    svg("circle", { r: 10, fill: "none", stroke: "var(--ink)", "stroke-width": 3 }),
    picture,
    () => state.best,
    (place) => update({ best: place.map((u) => round(clamp(u, -edge, edge), 1)) }),
  );
  const marks = axes(picture, [-2, -1, 1, 2], [-2, -1, 1, 2], ["w₁", "w₂"]);
  fill(picture.node, contours, balls, touching, marks, paths, dots, ring);

  const marksOfShapes = el("span.rg-shapes", [
    swatch("L2: equal penalty", "border-top: 3px solid var(--line-1)"),
    swatch("L1: equal penalty", "border-top: 3px solid var(--one)"),
    swatch("equal loss, touching", "border-top: 3px dashed var(--ink)"),
  ]);
  const verdict = el("p.dlx-score", { "data-verdict": "" });
  const rows = el("tbody");
  const code = el("pre");
  const pair = ([u, v]) => `(${text(u)}, ${text(v)})`;

  function draw() {
    const { valley, best, strength, shapes } = state;
    for (const node of [...balls, ...touching]) set(node, { hidden: shapes ? false : "" });
    marksOfShapes.hidden = !shapes;
    const found = minima(state, strength);
    const [, l2, l1] = found;
    const [square, sum] = [l2[0] ** 2 + l2[1] ** 2, Math.abs(l1[0]) + Math.abs(l1[1])];
    const penalties = [0, (strength * square) / 2, strength * sum];
    contours.forEach((node, i) => outline(node, ellipse(state, 0.15 * 2.2 ** (i + 1))));
    outline(balls[0], CIRCLE.map((z) => z.map((u) => Math.sqrt(square) * u)));
    outline(balls[1], [[sum, 0], [0, sum], [-sum, 0], [0, -sum]]);
    const steps = range(81).map((i) => minima(state, (i * strongest) / 80));
    [l2, l1].forEach((w, i) => {
      outline(touching[i], ellipse(state, loss(w, state)));
      outline(paths[i], steps.map((all) => all[i + 1]));
      set(dots[i], { transform: `translate(${X(w[0])} ${Y(w[1])})` });
    });
    const words = `c₁ = ${text(best[0])}, c₂ = ${text(best[1])}`;
    place(ring, [X(best[0]), Y(best[1])], limits.best, best[0], words);
    fill(
      rows,
      found.map((w, i) => {
        const style = `border-top: 4px solid var(${
          COLOURS[i]
        }); display: inline-block; vertical-align: middle; margin-right: 0.35rem`;
        const weights = w.map((u, k) => cell(`w${k + 1}`, u, u === 0 ? "0" : 3));
        const cells = [weights, cell("loss", loss(w, state), 3), cell("penalty", penalties[i], 3)];
        return row([el("i.dlx-swatch", { style }), NAMES[i]], cells, { "data-row": NAMES[i] });
      }),
    );
    const zeros = (w) => ["w₁", "w₂"].filter((_, i) => w[i] === 0);
    const said = (w) =>
      ["no weight is 0", `${zeros(w)} is exactly 0`, "both weights are exactly 0"][zeros(w).length];
    verdict.textContent = `L2: ${said(l2)}. L1: ${said(l1)}.`;
    verdict.className = `dlx-score ${zeros(l1).length > zeros(l2).length ? "dlx-good" : ""}`;
    const [a, b, d] = VALLEYS[valley];
    code.textContent = `A = np.array([[${a}, ${b}], [${b}, ${d}]])\n` +
      `c = np.array([${best.map((u) => u.toFixed(2)).join(", ")}])\n` +
      `loss = 0.5 * (w - c) @ A @ (w - c)\n` +
      `L2 = ${(strength / 2).toFixed(3)} * np.sum(w**2)\n` +
      `L1 = ${strength.toFixed(2)} * np.sum(np.abs(w))`;
  }

  function say() {
    const { valley, best, strength } = state;
    const [, l2, l1] = minima(state, strength);
    return `Valley ${valley}, λ = ${text(strength)}. Without a penalty the minimum is ${
      pair(best)
    }, with L2 at ${pair(l2)}, with L1 at ${pair(l1)}. ${verdict.textContent}`;
  }

  return page(
    { style: "--plot: 23rem" },
    el("style", STYLE),
    el(
      "p.dlx-ask",
      "A penalty pulls both weights towards 0. Which of its two forms makes one exactly 0?",
    ),
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        picture,
        legend(
          swatch("the loss alone", "border-color: var(--ink); border-style: solid", "ring"),
          swatch("with L2", "border-color: var(--line-1); background: var(--line-1)", "disc"),
          swatch("with L1", "", "patch rg-square"),
          marksOfShapes,
        ),
      ),
      el(
        "div",
        el("p", "Raise λ, the strength of the penalty. Each mark walks along its line."),
        slider("λ", "strength", ...limits.strength),
        verdict,
        scroll(
          "The three minima",
          el(
            "table",
            el("caption", "Where loss and penalty together are lowest"),
            head("penalty", "w₁", "w₂", "loss", "of penalty"),
            rows,
          ),
        ),
        choice("Why there?", "shapes", [[false, "the marks alone"], [
          true,
          "lines of equal penalty",
        ]]),
        more(
          "Move the loss, or change its valley",
          el("p.dlx-soft", "The ring is the minimum c of the loss alone: drag it, too."),
          el("div.dlx-row", choice("Valley of the loss", "valley", Object.keys(VALLEYS)), reset),
          ["c₁", "c₂"].map((name, i) => slider(name, ["best", i], ...limits.best)),
        ),
        more("The same in NumPy", code),
      ),
    ),
  );
}
