// One unit's values x for a batch, and y = gamma·x̂ + beta, as layers.BatchNorm(1) computes it.

const { button, cell, clamp, el, figure, grab, handle, head, label } = globalThis.explorables;
const { legend, more, number, place, plot, range, round2, row, scroll, set } =
  globalThis.explorables;
const { show, svg, swatch, text } = globalThis.explorables;

const EPS = 1e-5;
const [WIDE, HIGH] = [400, 256];
const [TOP, BOTTOM] = [92, 222];
// How far from 0 the axes of x and of y are shown.
const [SEEN, SEEN_Y] = [6.5, 3.25];
const STYLE = `
.dlx .bn-table td input[type=number] { width: 4em; }
.dlx.dlx .bn-table td { text-align: right; min-width: 3.3em; }
.dlx.dlx .bn-table :is(td, th) { padding-inline: 0.2rem; }
.dlx.dlx .bn-table th { white-space: normal; }
@media (max-width: 480px) { .dlx.dlx .bn-table :is(td, th) { padding-inline: 0.12rem; } .dlx .bn-table td input[type=number] { width: 3.9em; } }
.dlx.dlx .bn-table tr[data-own] { background: var(--shade); }
.dlx .bn-name { paint-order: stroke; stroke: var(--well); stroke-width: 4px; }
.dlx .dlx-plot text.bn-number { fill: var(--bg); font-size: 11px; font-weight: 700; }
`;

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
// The batch's mean and variance, with n below the line.
function batch(x) {
  const centre = mean(x);
  return [centre, mean(x.map((v) => (v - centre) ** 2))];
}
function normalise({ x, gamma, beta, mode, running }) {
  const [centre, variance] = mode === "training" ? batch(x) : running;
  const hats = x.map((v) => (v - centre) / Math.sqrt(variance + EPS));
  return { hats, ys: hats.map((v) => gamma * v + beta) };
}

export function explore({ limits, ...props }) {
  // before: a point, and where it and all outputs were before it began to move.
  const { state, update, field, choice, slider, reset, page } = figure(
    { ...props, steps: 0, before: undefined },
    draw,
    say,
  );
  const each = range(props.x.length);

  const picture = plot(
    [-SEEN, SEEN],
    [0, 1],
    WIDE,
    HIGH,
    "The values x of the batch, and the outputs y below them",
  );
  const { x: X } = picture;
  const Y = (v) => clamp(X((v * SEEN) / SEEN_Y), 7, WIDE - 7);
  const path = (colour, width, more = {}) =>
    svg("path", { stroke: `var(${colour})`, "stroke-width": width, ...more });
  const axis = (y, name, unit, below) => [
    svg("path.dlx-axis", { d: `M0 ${y}H${WIDE}` }),
    [-6, -4, -2, 0, 2, 4, 6].map((t) => [
      svg("path.dlx-axis", { d: `M${X(t)} ${y - 3}v6` }),
      label(X(t), y + below, text(t * unit, 0), "middle", { class: "bn-name" }),
    ]),
    label(4, y - 8, name, "start", { class: "bn-name", style: "font-weight: 600" }),
  ];
  // What is subtracted and divided by: the mean as a line, one deviation on either side.
  const spreads = ["--one", "--line-1"].map((colour) => ({
    bar: path(colour, 9, { "stroke-opacity": 0.45 }),
    middle: path(colour, 3),
  }));
  const links = each.map(() => path("--control", 1, { "stroke-opacity": 0.7 }));
  const moves = each.map(() => path("--line-y", 4));
  const ghosts = each.map(() =>
    svg("circle", { r: 6, fill: "none", stroke: "var(--ink)", "stroke-dasharray": "2 2" })
  );
  const outputs = each.map(() => path("--bg", 1));
  const stems = each.map(() => path("--control", 1));
  const knobs = each.map((i) => {
    const marks = [
      svg("circle", { r: 9, fill: "var(--ink)", stroke: "var(--bg)", "stroke-width": 1.5 }),
      label(0, 4, `${i + 1}`, "middle", { class: "bn-number" }),
    ];
    const node = handle(`Move x of point ${i + 1}`, marks, (n) => move(i, state.x[i] + n / 10));
    set(node.firstChild, { r: 14 });
    grab(node, picture, () => (keep(i), [state.x[i], 0]), ([u]) => move(i, u));
    return node;
  });
  picture.node.append(...[
    axis(TOP, "x", 1, 26),
    axis(BOTTOM, "y", SEEN_Y / SEEN, 22),
    links,
    spreads.map(({ bar, middle }) => [bar, middle]),
    stems,
    moves,
    ghosts,
    outputs,
    knobs,
  ].flat(Infinity));

  // The outputs before point i began to move: they stay as rings, to compare with.
  function keep(i) {
    state.before = { i, x: state.x[i], ys: normalise(state).ys };
  }
  function move(i, value) {
    if (state.before?.i !== i) keep(i);
    update({ x: state.x.with(i, round2(clamp(value, ...limits.x))) });
  }
  // Any other change starts afresh: no point has moved yet.
  const afresh = (key) => ({
    get: () => state[key],
    set: (value) => update({ [key]: value, before: undefined }),
  });
  // What forward(x, training=True) leaves behind; the variance kept has n − 1 below the line.
  function train(times) {
    let { x, momentum, running: [centre, variance] } = state;
    const [of, wide] = batch(x);
    const fair = wide * (x.length / (x.length - 1));
    for (let k = 0; k < times; k++) {
      centre += momentum * (of - centre);
      variance += momentum * (fair - variance);
    }
    update({ running: [centre, variance], steps: state.steps + times, before: undefined });
  }

  const numbers = ["mean", "var", "std"].map(number);
  const averages = ["running-mean", "running-var", "running-std"].map(number);
  const [seen, moved] = ["steps", "moved"].map(number);
  const name = (words, colour) => el("b", { style: `color: var(${colour})` }, words);
  const uses = range(2).map(() => el("span.dlx-soft"));
  const stats = ([a, b, c]) => ["mean ", a, ", variance ", b, ", std ", c, " "];
  const what = el("span");
  const count = el("p.dlx-score", what, "Outputs that moved: ", moved, ` of ${each.length}.`);
  const ofBatch = el("p", name("Batch", "--one"), ": ", stats(numbers), uses[0]);
  const ofRun = el(
    "p",
    name("Running", "--line-1"),
    ", after ",
    seen,
    " training steps: ",
    stats(averages),
    uses[1],
  );
  const cells = each.map(() => ["hat", "y", "by"].map((of) => cell(of)));
  const rows = each.map((i) => {
    const key = { get: () => state.x[i], set: (value) => move(i, value) };
    return row(`${i + 1}`, [
      el("td", field(`x of point ${i + 1}, typed`, key, ...limits.x)),
      cells[i],
    ]);
  });
  const code = el("pre");

  function draw() {
    const { x, gamma, beta, mode, momentum, running, steps, before } = state;
    const { hats, ys } = normalise(state);
    const old = before?.ys ?? ys;
    const went = ys.map((v, i) => v - old[i]);
    const both = [batch(x), running];
    both.forEach(([centre, variance], k) => {
      const inUse = (k === 0) === (mode === "training");
      const std = Math.sqrt(variance);
      const y = TOP + (k ? 7 : -7);
      set(spreads[k].bar, {
        d: `M${X(centre - std)} ${y}H${X(centre + std)}`,
        "stroke-width": inUse ? 9 : 3,
      });
      set(spreads[k].middle, { d: `M${X(centre)} ${y - 8}v16` });
      [centre, variance, std].forEach((value, i) => show((k ? averages : numbers)[i], value, 3));
      uses[k].textContent = `(${inUse ? "used now" : "not used now"})`;
    });
    x.forEach((v, i) => {
      const up = TOP - (i % 2 ? 62 : 36);
      const [px, py] = [X(v), Y(ys[i])];
      const off = Math.abs(ys[i]) > SEEN_Y;
      const side = Math.sign(ys[i]);
      const stays = Math.abs(went[i]) < 1e-9;
      place(knobs[i], [px, up], limits.x, v, `x = ${text(v)}, y = ${text(ys[i])}`);
      set(stems[i], { d: `M${px} ${up}V${TOP}` });
      set(links[i], { d: `M${px} ${TOP + 30}L${py} ${BOTTOM - 8}` });
      set(outputs[i], {
        d: off
          ? `M${py + 7 * side} ${BOTTOM}l${-9 * side} -6v12Z`
          : `M${py - 6} ${BOTTOM}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z`,
        fill: stays ? "var(--ink)" : "var(--line-y)",
        "data-output": i,
        "data-value": ys[i],
      });
      set(ghosts[i], { cx: Y(old[i]), cy: BOTTOM, hidden: stays });
      set(moves[i], { d: `M${Y(old[i])} ${BOTTOM}H${py}` });
      const [hat, y, by] = cells[i];
      show(hat, hats[i], 3);
      show(y, ys[i], 3);
      show(by, went[i], stays ? "0" : (went[i] > 0 ? "+" : "") + text(went[i], 3));
      set(rows[i], { "data-own": before?.i === i && "" });
    });
    show(seen, steps, 0);
    show(moved, went.filter((by) => Math.abs(by) >= 1e-9).length, 0);
    what.textContent = before
      ? `Point ${before.i + 1} moved from x = ${text(before.x)} to ${text(x[before.i])}. `
      : "";
    code.textContent =
      `bn = BatchNorm(1, momentum=${momentum})\nbn.gamma.value[:] = ${gamma}\nbn.beta.value[:] = ${beta}\n` +
      `bn.running_mean[:] = ${running[0]}\nbn.running_var[:] = ${running[1]}\n` +
      `x = np.array([${x.join(", ")}])\n` +
      `y = bn.forward(x.reshape(-1, 1), training=${mode === "training" ? "True" : "False"})`;
  }

  function say() {
    return `${count.textContent} ${ofBatch.textContent}. ${ofRun.textContent}.`;
  }

  return page(
    { style: "--label: 5.6rem" },
    el("style", STYLE),
    el("p.dlx-ask", "Move one number of a batch. Whose outputs move?"),
    el(
      "div.dlx-columns",
      el(
        "div.dlx-stick",
        picture,
        legend(
          swatch("batch: mean ± std", "border-top: 8px solid var(--one)"),
          swatch("running: mean ± std", "border-top: 8px solid var(--line-1)"),
          swatch("an output that moved", "border-top: 4px solid var(--line-y)"),
        ),
        count,
      ),
      el(
        "div",
        el(
          "p",
          "Drag a numbered point, or move it with the arrow keys. Then change to the running averages, and move it again.",
        ),
        el(
          "div.dlx-row",
          choice("Mean and variance from", afresh("mode"), [
            ["training", "the batch (training)"],
            ["test", "the running averages (test)"],
          ]),
          reset,
        ),
        ofBatch,
        ofRun,
        more(
          "γ, β and the running averages",
          slider("γ", afresh("gamma"), ...limits.gamma),
          slider("β", afresh("beta"), ...limits.gamma),
          slider("momentum", afresh("momentum"), 0, 1),
          el(
            "div.dlx-row.dlx-apart.dlx-tight",
            button("One training step", () => train(1)),
            button("Ten", () => train(10), { "aria-label": "Ten training steps" }),
          ),
        ),
        more(
          "The numbers, and the code",
          scroll(
            "The batch, number by number",
            el("table", head("point", "x", "x̂", "y", "moved by"), el("tbody", rows)),
            { class: "bn-table" },
          ),
          code,
        ),
      ),
    ),
  );
}
