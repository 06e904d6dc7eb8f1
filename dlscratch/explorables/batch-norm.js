// One unit's values x for a batch, and y = gamma·x̂ + beta, as layers.BatchNorm(1) computes it.

const EDGE = 6;
const MOST = 2;
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

function explore(props) {
  let x, gamma, beta, mode, momentum, running, steps, before;
  const fresh = () => {
    ({ x, gamma, beta, mode, momentum, running } = props);
    steps = 0;
    before = undefined;
  };
  fresh();

  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  // The batch's mean and variance, with n below the line.
  function batch() {
    const centre = mean(x);
    return [centre, mean(x.map((v) => (v - centre) ** 2))];
  }
  function normalise() {
    const [centre, variance] = mode === "training" ? batch() : running;
    const hats = x.map((v) => (v - centre) / Math.sqrt(variance + EPS));
    return { hats, ys: hats.map((v) => gamma * v + beta) };
  }

  const picture = plot([-SEEN, SEEN], [0, 1], WIDE, HIGH, "The values x of the batch, and the outputs y below them");
  const { x: X, at } = picture;
  const Y = (v) => clamp(X((v * SEEN) / SEEN_Y), 7, WIDE - 7);
  const axis = (y, name, unit, below) => [
    svg("path", { class: "dlx-axis", d: `M0 ${y}H${WIDE}` }),
    ...[-6, -4, -2, 0, 2, 4, 6].flatMap((t) => [
      svg("path", { class: "dlx-axis", d: `M${X(t)} ${y - 3}v6` }),
      svg("text", { class: "bn-name", x: X(t), y: y + below, "text-anchor": "middle" }, text(t * unit, 0)),
    ]),
    svg("text", { class: "bn-name", x: 4, y: y - 8, style: "font-weight: 600" }, name),
  ];
  // What is subtracted and divided by: the mean as a line, one deviation on either side.
  const spread = (colour) => {
    const bar = svg("path", { stroke: `var(${colour})`, "stroke-width": 9, "stroke-opacity": 0.45 });
    const line = svg("path", { stroke: `var(${colour})`, "stroke-width": 3 });
    return { bar, line };
  };
  const spreads = { batch: spread("--one"), running: spread("--line-1") };
  const links = x.map(() => svg("path", { stroke: "var(--control)", "stroke-opacity": 0.7 }));
  const moves = x.map(() => svg("path", { stroke: "var(--line-y)", "stroke-width": 4 }));
  const ghosts = x.map(() => svg("circle", { r: 6, fill: "none", stroke: "var(--ink)", "stroke-dasharray": "2 2" }));
  const outputs = x.map(() => svg("path", { stroke: "var(--bg)" }));
  const stems = x.map(() => svg("path", { stroke: "var(--control)" }));
  const handles = x.map((_, i) => {
    const node = handle(
      `Move x of point ${i + 1}`,
      [
        svg("circle", { r: 9, fill: "var(--ink)", stroke: "var(--bg)", "stroke-width": 1.5 }),
        svg("text", { class: "bn-number", y: 4, "text-anchor": "middle" }, String(i + 1)),
      ],
      (n) => move(i, x[i] + n / 10),
    );
    set(node.querySelector(".dlx-touch"), { r: 14 });
    drag(node, (event) => {
      keep(i, true);
      const off = x[i] - at(event)[0];
      return (e) => move(i, at(e)[0] + off);
    });
    return node;
  });
  picture.node.append(
    ...axis(TOP, "x", 1, 26),
    ...axis(BOTTOM, "y", SEEN_Y / SEEN, 22),
    ...links,
    ...Object.values(spreads).flatMap(({ bar, line }) => [bar, line]),
    ...stems,
    ...moves,
    ...ghosts,
    ...outputs,
    ...handles,
  );

  // The outputs before point i began to move: they stay as rings, to compare with.
  function keep(i, again) {
    if (again || before?.i !== i) before = { i, x: x[i], ys: normalise().ys };
  }
  function move(i, value) {
    keep(i, false);
    x = x.map((old, k) => (k === i ? round2(clamp(value, -EDGE, EDGE)) : old));
    draw();
  }
  // Any other change starts afresh: no point has moved yet.
  function change(act) {
    act();
    before = undefined;
    draw();
  }

  const modes = choice(
    "Mean and variance from",
    [
      ["training", "the batch (training)"],
      ["test", "the running averages (test)"],
    ],
    mode,
    (value) => change(() => (mode = value)),
  );
  const gammas = slider("γ", "gamma", -MOST, MOST, (value) => change(() => (gamma = value)));
  const betas = slider("β", "beta", -MOST, MOST, (value) => change(() => (beta = value)));
  const momenta = slider("momentum", "momentum", 0, 1, (value) => change(() => (momentum = value)));
  // What forward(x, training=True) leaves behind; the variance kept has n − 1 below the line.
  function train(times) {
    const [centre, variance] = batch();
    const fair = variance * (x.length / (x.length - 1));
    for (let k = 0; k < times; k++) {
      running = [running[0] + momentum * (centre - running[0]), running[1] + momentum * (fair - running[1])];
    }
    steps += times;
  }
  const once = button("One training step", () => change(() => train(1)));
  const often = button("Ten", () => change(() => train(10)), { "aria-label": "Ten training steps" });
  const reset = button("Reset", () => {
    change(fresh);
    modes.write(mode);
  });

  const number = (of) => el("b", { class: "dlx-numbers", "data-num": of });
  const [bMean, bVar, bStd, rMean, rVar, rStd, seen, moved] = ["mean", "var", "std", "running-mean", "running-var", "running-std", "steps", "moved"].map(number);
  const name = (label, colour) => el("b", { style: `color: var(${colour})` }, label);
  const [used, other] = ["used now", "not used now"];
  const [bUse, rUse] = [el("span", { class: "dlx-soft" }), el("span", { class: "dlx-soft" })];
  const ofBatch = el("p", {}, name("Batch", "--one"), ": mean ", bMean, ", variance ", bVar, ", std ", bStd, " ", bUse);
  const ofRun = el("p", {}, name("Running", "--line-1"), ", after ", seen, " training steps: mean ", rMean, ", variance ", rVar, ", std ", rStd, " ", rUse);
  const what = el("span");
  const count = el("p", { class: "dlx-score" }, what, "Outputs that moved: ", moved, ` of ${x.length}.`);
  const cells = x.map((_, i) => {
    const input = el("input", {
      type: "number",
      min: -EDGE,
      max: EDGE,
      step: 0.01,
      "aria-label": `x of point ${i + 1}, typed`,
      oninput: () => Number.isFinite(input.valueAsNumber) && move(i, input.valueAsNumber),
      onblur: () => (input.value = x[i].toFixed(2)),
    });
    const [hat, y, by] = ["hat", "y", "by"].map((of) => el("td", { "data-col": of }));
    const row = el("tr", {}, el("th", { scope: "row" }, String(i + 1)), el("td", {}, input), hat, y, by);
    return { row, input, hat, y, by };
  });
  const code = el("pre");
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const rest = settled(() => {
    if (live.isConnected) live.textContent = `${count.textContent} ${ofBatch.textContent}. ${ofRun.textContent}.`;
  });

  function draw() {
    const [centre, variance] = batch();
    const { hats, ys } = normalise();
    const old = before?.ys ?? ys;
    const went = ys.map((y, i) => y - old[i]);

    for (const [key, [m, v], y, inUse] of [
      ["batch", [centre, variance], TOP - 7, mode === "training"],
      ["running", running, TOP + 7, mode === "test"],
    ]) {
      const { bar, line } = spreads[key];
      const std = Math.sqrt(v);
      set(bar, { d: `M${X(m - std)} ${y}H${X(m + std)}`, "stroke-width": inUse ? 9 : 3 });
      set(line, { d: `M${X(m)} ${y - 8}v16` });
    }
    x.forEach((v, i) => {
      const up = TOP - (i % 2 ? 62 : 36);
      const [px, py] = [X(v), Y(ys[i])];
      const off = Math.abs(ys[i]) > SEEN_Y;
      const stays = Math.abs(went[i]) < 1e-9;
      set(handles[i], {
        transform: `translate(${px} ${up})`,
        "aria-valuemin": -EDGE,
        "aria-valuemax": EDGE,
        "aria-valuenow": v,
        "aria-valuetext": `x = ${text(v)}, y = ${text(ys[i])}`,
      });
      set(stems[i], { d: `M${px} ${up}V${TOP}` });
      set(links[i], { d: `M${px} ${TOP + 30}L${py} ${BOTTOM - 8}` });
      set(outputs[i], {
        d: off ? `M${py + 7 * Math.sign(ys[i])} ${BOTTOM}l${-9 * Math.sign(ys[i])} -6v12Z` : `M${py - 6} ${BOTTOM}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z`,
        fill: stays ? "var(--ink)" : "var(--line-y)",
        "data-output": i,
        "data-value": ys[i],
      });
      set(ghosts[i], { cx: Y(old[i]), cy: BOTTOM });
      set(moves[i], { d: `M${Y(old[i])} ${BOTTOM}H${py}` });
      ghosts[i].toggleAttribute("hidden", stays);
      const { row, input, hat, y, by } = cells[i];
      if (input !== document.activeElement) input.value = v.toFixed(2);
      show(hat, hats[i], 3);
      show(y, ys[i], 3);
      show(by, went[i], 3);
      by.textContent = stays ? "0" : (went[i] > 0 ? "+" : "") + by.textContent;
      if (before?.i === i) row.dataset.own = "";
      else delete row.dataset.own;
    });
    [
      [bMean, centre],
      [bVar, variance],
      [bStd, Math.sqrt(variance)],
      [rMean, running[0]],
      [rVar, running[1]],
      [rStd, Math.sqrt(running[1])],
    ].forEach(([node, value]) => show(node, value, 3));
    show(seen, steps, 0);
    show(moved, went.filter((by) => Math.abs(by) >= 1e-9).length, 0);
    bUse.textContent = `(${mode === "training" ? used : other})`;
    rUse.textContent = `(${mode === "test" ? used : other})`;
    what.textContent = before ? `Point ${before.i + 1} moved from x = ${text(before.x)} to ${text(x[before.i])}. ` : "";
    gammas.write(gamma);
    betas.write(beta);
    momenta.write(momentum);
    code.textContent =
      `bn = BatchNorm(1, momentum=${momentum})\nbn.gamma.value[:] = ${gamma}\nbn.beta.value[:] = ${beta}\n` +
      `bn.running_mean[:] = ${running[0]}\nbn.running_var[:] = ${running[1]}\n` +
      `x = np.array([${x.join(", ")}])\ny = bn.forward(x.reshape(-1, 1), training=${mode === "training" ? "True" : "False"})`;
    rest();
  }

  const head = ["point", "x", "x̂", "y", "moved by"].map((one) => el("th", { scope: "col" }, one));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...cells.map(({ row }) => row)));
  const swatch = (style, label) => el("span", {}, el("i", { class: "dlx-swatch", style }), label);
  draw();
  return el(
    "div",
    { style: "--label: 5.6rem" },
    el("style", {}, STYLE),
    el("p", {}, "Drag one numbered point, or move it with the arrow keys, and watch whose outputs y move. Then change to the running averages, and move it again."),
    el("div", { class: "dlx-row" }, modes.node, reset),
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
          swatch("border-top: 8px solid var(--one)", "batch: mean ± std"),
          swatch("border-top: 8px solid var(--line-1)", "running: mean ± std"),
          swatch("border-top: 4px solid var(--line-y)", "an output that moved"),
        ),
        count,
        ofBatch,
        ofRun,
      ),
      el(
        "div",
        {},
        gammas.node,
        betas.node,
        momenta.node,
        el("div", { class: "dlx-row dlx-apart", style: "gap: 0.3rem" }, once, often),
        el("div", { class: "dlx-scroll bn-table", tabindex: 0, role: "region", "aria-label": "The batch, number by number" }, table),
      ),
    ),
    code,
    live,
  );
}
