// A small network that the reader trains, and what each of its units makes of the plane.

const { button, clamp, editable, el, figure, fill, keys, label } = globalThis.explorables;
const { legend, line, more, num, number, only, player, plot, range, set } = globalThis.explorables;
const { addressOf, addressed, EDGE, ORDER, settled, show, smallNetwork, svg, swatch, text } =
  globalThis.explorables;
const { ACTIVATIONS, OPTIMIZERS, SCALES, forward, layersOf, measure, step } = smallNetwork;
const { document, history, location } = globalThis;

const GRID = 64; // points of it along each side, at which all units are computed
const [WIDE, HIGH, SIDE] = [340, 216, 310]; // the network's picture, and that of the plane
const [LONG, LOW, LEFT] = [340, 74, 36]; // the curves of the loss
const colourOf = (r, g, b) => r | (g << 8) | (b << 16); // as a canvas keeps it
const [BLUE, ORANGE] = [colourOf(38, 120, 190), colourOf(222, 108, 30)];
const STRONG = 170; // how opaque 1 and −1 are, of 255
const HUGE = 1e6;
const STYLE = `
.dlx > div { scroll-margin-top: 5rem; }
.dlx .pg-stage { display: flex; flex-wrap: wrap-reverse; gap: 0.3rem 1rem; margin-top: 0.1rem; }
.dlx .pg-stage > * { flex: 1 1 18rem; min-width: 0; }
.dlx .pg-net, .dlx .pg-plane, .dlx .pg-curves { position: relative; max-width: 21rem; margin: 0 auto; }
.dlx .pg-net { aspect-ratio: ${WIDE} / ${HIGH}; margin-bottom: 2rem; }
.dlx .pg-net svg { width: 100%; }
.dlx .pg-net button { position: absolute; translate: -50% -50%; min-height: 0; padding: 0; }
.dlx .pg-unit { border-width: 1.5px; background: var(--well); overflow: hidden; }
.dlx .pg-unit[aria-pressed="true"] { border-color: var(--ink); background: var(--well); box-shadow: 0 0 0 2px var(--ink); }
.dlx .pg-unit:hover { background: var(--well); border-color: var(--ink); }
.dlx canvas { display: block; width: 100%; aspect-ratio: 1; }
.dlx .pg-net .pg-more { top: calc(100% + 0.9rem); width: 1.6rem; height: 1.6rem; line-height: 1; }
.dlx .pg-plane canvas { position: absolute; inset: 0; border-radius: 0.4rem; }
.dlx .pg-plane svg { position: relative; background: none; cursor: crosshair; }
.dlx .pg-small { min-height: 1.6rem; padding: 0 0.6rem; }
.dlx.dlx .pg-rule { min-height: 2.9em; font-size: 0.8em; }
.dlx .pg-play { min-width: 4.6em; }
.dlx .pg-words { min-height: 2.9em; }
.dlx .pg-top legend { position: absolute; clip-path: inset(50%); }
.dlx .pg-top .dlx-choice span { padding: 0.2rem 0.55rem; }
.dlx .pg-name { position: absolute; inset: 0 0 auto 0; color: var(--ink); font-size: 0.8em; line-height: 1.3; }
.dlx > div:not(:has(> details[open])) > .pg-stage .dlx-handle:not(:focus) > :last-child { stroke: var(--well) !important; stroke-width: 1 !important; }
.dlx.dlx .pg-halo { fill: var(--ink); paint-order: stroke; stroke: var(--well); stroke-width: 3px; }
.dlx .pg-all { --label: 6.6rem; }
.dlx .pg-all > div > * { margin-bottom: 0.35rem; }
.dlx .pg-share { margin: 0.5rem 0; }
.dlx .pg-end { align-items: end; }
@media (max-width: 40rem) {
  .dlx > :has(> details[open]) { display: flex; flex-direction: column; }
  .dlx > :has(> details[open]) > .pg-stage { display: contents; }
  .dlx > :has(> details[open]) > :is(.pg-ask, .pg-top) { order: -2; }
  .dlx > :has(> details[open]) .pg-eye { order: -1; position: sticky; top: 3.5rem; z-index: 2; background: var(--bg); }
  .dlx > :has(> details[open]) .pg-plane { max-width: 15rem; }
}
`;

// ---- Pictures ----

const across = (k) => ((k + 0.5) / GRID) * 2 * EDGE - EDGE;
const PLANE = Float64Array.from(
  range(GRID * GRID).flatMap((k) => [across(k % GRID), -across(Math.floor(k / GRID))]),
);
const square = (attributes) => el("canvas", { width: GRID, height: GRID, ...attributes });

// Colours the values from −1, orange, to 1, blue; 0 is clear.
function paint(canvas, values) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(GRID, GRID);
  const whole = new Uint32Array(pixels.data.buffer);
  for (let k = 0; k < whole.length; k++) {
    const v = clamp(values[k], -1, 1);
    whole[k] = (STRONG * Math.abs(v) << 24) | (v > 0 ? BLUE : ORANGE);
  }
  context.putImageData(pixels, 0, 0);
}

// The line along which values on the grid change their sign, as a path in the plane's picture.
function border(values) {
  const cell = SIDE / GRID;
  let path = "";
  for (let k = 0; k < GRID * (GRID - 1); k++) {
    const signs = [k, k + 1, k + GRID, k + GRID + 1].filter((i) => values[i] > 0).length;
    if (signs % 4 === 0 || k % GRID === GRID - 1) continue;
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
    const ends = corners.flatMap(([x, y], i) => {
      const [x2, y2] = corners[(i + 1) % 4];
      const [v, w] = [values[k + x + GRID * y], values[k + x2 + GRID * y2]];
      if (v > 0 === w > 0) return [];
      const s = v / (v - w);
      const at = [(k % GRID) + x + s * (x2 - x), Math.floor(k / GRID) + y + s * (y2 - y)];
      return [at.map((u) => ((u + 0.5) * cell).toFixed(1)).join(" ")];
    });
    for (let i = 1; i < ends.length; i += 2) path += `M${ends[i - 1]}L${ends[i]}`;
  }
  return path;
}

export function explore({ scenes, limits, ...start }) {
  const names = Object.keys(scenes);
  const kinds = {
    data: names,
    activation: Object.keys(ACTIVATIONS),
    optimizer: Object.keys(OPTIMIZERS),
    init: Object.keys(SCALES),
    batch: [1, 8, 32, "all"],
  };
  const scene = (data) => {
    const { points, labels } = scenes[data];
    return { data, points: points.map((at) => [...at]), labels: [...labels] };
  };
  // Where a page has an address of its own, a changed figure writes its settings into it.
  const own = !document.body.matches("[class*=jp-], [data-jp-theme-name], [class*=vscode]") &&
    globalThis.top === globalThis && location.protocol !== "about:";

  const named = () => own ? addressed(location.hash, kinds, limits, scene) : undefined;
  const given = named();
  const { state, update, choice, slider, page } = figure(
    {
      ...start,
      ...scene(start.data),
      edited: false,
      chosen: 0,
      brush: 1,
      speed: 4,
      problem: given === false ? limits.problem : "",
      ...given,
      unit: [(given || start).hidden.length + 1, 0],
    },
    draw,
    say,
  );
  let [run, peek, drawn] = [undefined, undefined, {}];

  // ---- Training ----

  const kind = () => ACTIVATIONS[state.activation];
  const shape = () => [2, ...state.hidden, 1];
  const flat = (points) => Float64Array.from(points.flat());
  function look() {
    const { points, labels } = scenes[state.data].test;
    if (run.points !== state.points) {
      Object.assign(run, { points: state.points, x: flat(state.points), test: flat(points) });
    }
    const of = (x, t) => measure(forward(run.layers, kind(), x).at(-1), t);
    Object.assign(run, { found: of(run.x, state.labels), unseen: of(run.test, labels) });
  }
  function remember() {
    look();
    run.curve.push([run.found.loss, run.unseen.loss]);
    run.broken = !(run.found.loss < HUGE);
  }
  function restart() {
    run = { layers: layersOf(state), step: 0, t: 0, epoch: 0, curve: [] };
    remember();
  }
  // Changes the state, and begins anew.
  function anew(changes) {
    Object.assign(state, { problem: "" }, changes);
    if (changes.hidden) [state.unit, peek] = [[state.hidden.length + 1, 0], undefined];
    restart();
    update({});
    write();
  }
  const ended = () => run.broken || run.step >= limits.steps;
  function go(steps) {
    for (let i = 0; i < steps && !ended(); i++) {
      step(run, state);
      remember();
    }
    update({});
  }
  const write = settled(() => {
    if (own) history.replaceState(history.state, "", addressOf(state));
  }, 300);
  const setting = (key) => ({ get: () => state[key], set: (value) => anew({ [key]: value }) });
  // What can be changed while the training goes on.
  const going = (key) => ({
    get: () => state[key],
    set(value) {
      if (key === "optimizer") {
        run.layers.forEach((layer) => layer.memory = {});
        run.t = 0;
      }
      if (key === "batch") run.left = [];
      update({ [key]: value, problem: "" });
      write();
    },
  });

  // ---- The network's picture ----

  const deepest = limits.layers + 2;
  const called = ([k, i]) =>
    k === 0
      ? `Input x${"₁₂"[i]}`
      : k === shape().length - 1
      ? "Output"
      : `Unit ${i + 1} of layer ${k}`;
  const units = range(deepest).flatMap((k) =>
    range(limits.units).map((i) => {
      const canvas = square({ "aria-hidden": "true" });
      const see = () => shape()[k] > i && update({ unit: [k, i] });
      const name = el("span.pg-name", k === 0 && `x${"₁₂"[i]}`);
      const node = button([canvas, name], see, {
        class: "pg-unit",
        onfocus: see,
        onpointerenter: () => (peek = [k, i]) && draw(),
        onpointerleave: () => (peek = undefined) || draw(),
        onkeydown: keys({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }, (by) => {
          const seen = units.filter((one) => !one.node.hidden);
          seen[seen.findIndex((one) => one.node === node) + by]?.node.focus();
        }),
      });
      return { k, i, node, canvas };
    })
  );
  const wires = svg("g", { fill: "none", "stroke-linecap": "round" });
  const ways = range(limits.layers).map((k) => {
    const change = (by) => () => anew({ hidden: state.hidden.with(k, state.hidden[k] + by) });
    return [["−", -1, "Remove a unit from"], ["+", 1, "Add a unit to"]].map(([sign, by, words]) =>
      button(sign, change(by), { class: "pg-more", "aria-label": `${words} layer ${k + 1}` })
    );
  });
  const fewer = button("−", () => anew({ hidden: state.hidden.slice(0, -1) }), {
    class: "pg-small",
    "aria-label": "Remove a hidden layer",
  });
  const deeper = button("+", () => anew({ hidden: [...state.hidden, state.hidden.at(-1) ?? 3] }), {
    class: "pg-small",
    "aria-label": "Add a hidden layer",
  });
  const net = el(
    "div.pg-net",
    { role: "group", "aria-label": "The network: its units, and what each makes of the plane" },
    svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" }, wires),
    units,
    ways,
  );
  const layersText = el("span");

  // Where a unit stands, and how wide its square is.
  const size = () => Math.min(46, HIGH / Math.max(...shape()) - 3);
  const column = (k) => 26 + (k * (WIDE - 52)) / (shape().length - 1);
  const level = (k, i) => ((i + 0.5) * HIGH) / shape()[k];

  function arrange() {
    const [sizes, wide] = [shape(), size()];
    for (const { k, i, node } of units) {
      node.hidden = !(sizes[k] > i);
      if (node.hidden) continue;
      node.style = `left: ${column(k) / WIDE * 100}%; top: ${level(k, i) / HIGH * 100}%; width: ${
        wide / WIDE * 100
      }%`;
      set(node, { "aria-label": `Show: ${called([k, i])}` });
    }
    ways.forEach((pair, k) =>
      pair.forEach((one, side) => {
        one.hidden = k >= state.hidden.length;
        one.style.left = `calc(${column(k + 1) / WIDE * 100}% + ${side ? 0.9 : -0.9}rem)`;
        one.disabled = state.hidden[k] === (side ? limits.units : 1);
      })
    );
    fewer.disabled = !state.hidden.length;
    deeper.disabled = state.hidden.length === limits.layers;
    layersText.textContent = `Hidden layers: ${state.hidden.length}`;
    fill(
      wires,
      sizes.slice(1).flatMap((outputs, k) =>
        range(sizes[k] * outputs).map((at) => {
          const [x, y] = [column(k) + wide / 2, level(k, Math.floor(at / outputs))];
          const [x2, y2] = [column(k + 1) - wide / 2, level(k + 1, at % outputs)];
          const middle = (x + x2) / 2;
          return svg("path", { d: `M${x} ${y}C${middle} ${y} ${middle} ${y2} ${x2} ${y2}` });
        })
      ),
    );
  }

  // ---- The plane's picture ----

  const picture = plot([-EDGE, EDGE], [-EDGE, EDGE], SIDE, SIDE, "The plane, with the points");
  const { x, y } = picture;
  const large = square();
  const front = line("--ink", 1.6);
  const tests = svg("g", { "pointer-events": "none" });
  const points = editable(
    picture,
    [[-EDGE, EDGE], [-EDGE, EDGE]],
    () => state,
    (next, chosen) => {
      let labels = state.labels;
      if (next.length > state.points.length) labels = [...labels, state.brush];
      if (next.length < state.points.length) {
        const gone = state.points.findIndex((at, i) => at !== next[i]);
        labels = labels.filter((_, i) => i !== gone);
      }
      const changed = next !== state.points;
      Object.assign(state, { points: next, labels, chosen, edited: state.edited || changed });
      if (changed) {
        look();
        write();
      }
      update({});
    },
    limits.points,
  );
  const names12 = [label(SIDE - 8, SIDE - 8, "x₁", "end"), label(8, 18, "x₂")];
  names12.forEach((one) => set(one, { class: "pg-halo" }));
  fill(picture.node, names12, front, tests, points);
  picture.node.addEventListener("click", (event) => {
    if (!event.target.closest(".dlx-handle")) points.add(picture.at(event));
  });
  const colour = (t) => `fill: var(${t ? "--line-1" : "--one"})`;
  // Class 1 are discs, class 0 squares; test points are hollow.
  const box = (r) => ({ x: -r, y: -r, width: 2 * r, height: 2 * r });
  function drawPoints() {
    const now = [state.points, state.labels, state.chosen];
    if (now.every((one, i) => one === drawn.points?.[i])) return;
    drawn.points = now;
    points.draw(
      (i) => colour(state.labels[i]),
      (i) => {
        const [u, v] = state.points[i];
        return `${state.labels[i] ? "blue" : "orange"}, at ${text(u)}, ${text(v)}`;
      },
    );
    [...points.node.children].forEach((mark, i) => {
      const tag = state.labels[i] ? "circle" : "rect";
      if (mark.lastChild.localName === tag) return;
      const style = mark.lastChild.getAttribute("style");
      mark.lastChild.replaceWith(svg(tag, { r: 4.4, ...box(3.9), style }));
    });
    if (drawn.tests === state.data) return;
    drawn.tests = state.data;
    const { points: all, labels } = scenes[state.data].test;
    fill(
      tests,
      all.map(([u, v], i) => {
        const style = `fill: none; stroke: var(${labels[i] ? "--line-1" : "--one"})`;
        const at = { transform: `translate(${x(u)} ${y(v)})`, "stroke-width": 1.3, style };
        return labels[i] ? svg("circle", { r: 3.2, ...at }) : svg("rect", { ...box(2.8), ...at });
      }),
    );
  }

  // ---- The curves of the loss ----

  const curves = svg("svg.dlx-plot.pg-curves", {
    viewBox: `0 0 ${LONG} ${LOW}`,
    role: "img",
  });
  const [trained, unseen] = [
    line("--ink", 1.8),
    line("--line-y", 1.8, { "stroke-dasharray": "5 3" }),
  ];
  const top = label(4, 13, "");
  fill(curves, trained, unseen, top, label(4, LOW - 5, "0"));
  function drawCurves() {
    const all = run.curve.filter((pair) => pair.every(Number.isFinite));
    const most = all.reduce((high, pair) => Math.max(high, ...pair), 0.1);
    const by = Math.ceil(all.length / 300);
    const d = (which) => {
      const seen = all.map((pair, i) => [i, pair[which]])
        .filter(([i]) => i % by === 0 || i === all.length - 1);
      const at = ([i, v]) =>
        `${(LEFT + i / Math.max(all.length - 1, 1) * (LONG - LEFT)).toFixed(1)} ${
          (LOW - 3 - v / most * (LOW - 8)).toFixed(1)
        }`;
      return seen.length > 1 ? `M${seen.map(at).join("L")}` : "";
    };
    set(trained, { d: d(0) });
    set(unseen, { d: d(1) });
    top.textContent = num(most, 2);
    set(curves, {
      "aria-label": `Loss from step 0 to ${run.step}: training ${num(run.curve[0][0], 2)} to ${
        num(run.found.loss, 2)
      }, test ${num(run.curve[0][1], 2)} to ${num(run.unseen.loss, 2)}`,
    });
  }

  // ---- All together ----

  const numbers = Object.fromEntries(
    ["step", "train", "test", "right", "right-test"].map((name) => [name, number(name)]),
  );
  const words = el("span");
  const rule = el("p.dlx-numbers.dlx-soft.pg-rule");
  const question = el("p.pg-ask");
  const python = el("pre");

  // "h = tanh(0.52 x₁ − 1.20 x₂ + 0.31)", with the numbers of the unit that is seen.
  function formula([k, i]) {
    if (k === 0) return [`x${"₁₂"[i]}, the ${i ? "second" : "first"} input`];
    const { inputs, outputs, W, b } = run.layers[k - 1];
    const parts = [...range(inputs).map((from) => W[from * outputs + i]), b[i]].map((w, from) => {
      const node = show(el("span"), w, text(Math.abs(w), inputs > 4 ? 1 : 2));
      const name = from < inputs ? ` ${k === 1 ? "x" : "h"}${"₁₂₃₄₅₆₇₈"[from]}` : "";
      return [w < 0 ? (from ? " − " : "−") : from ? " + " : "", node, name];
    });
    const output = k === run.layers.length;
    const outer = output ? "sigmoid" : state.activation;
    const bare = outer === "identity";
    return [output ? "p = " : "h = ", bare ? "" : `${outer}(`, parts, bare ? "" : ")"];
  }

  function drawNet() {
    const sizes = shape();
    if (drawn.shape !== `${sizes}`) arrange();
    drawn.shape = `${sizes}`;
    const all = forward(run.layers, kind(), PLANE);
    const values = new Float64Array(GRID * GRID);
    for (const { k, i, node, canvas } of units) {
      if (node.hidden) continue;
      const [n, output] = [sizes[k], k === sizes.length - 1];
      for (let at = 0; at < values.length; at++) {
        const v = all[k][at * n + i];
        values[at] = output ? Math.tanh(v / 2) : k ? v : v / EDGE;
      }
      paint(canvas, values);
      set(node, { "aria-pressed": `${state.unit}` === `${[k, i]}` });
      if (k) node.dataset.value = run.layers[k - 1].b[i];
      if (`${peek ?? state.unit}` !== `${[k, i]}`) continue;
      paint(large, values);
      if (k) {
        const { inputs, outputs, W, b } = run.layers[k - 1];
        values.fill(b[i]);
        for (let at = 0; at < values.length; at++) {
          for (let j = 0; j < inputs; j++) {
            values[at] += all[k - 1][at * inputs + j] * W[j * outputs + i];
          }
        }
      }
      set(front, { d: k ? border(values) : "" });
    }
    const mine = units.filter(({ node }) => !node.hidden);
    only(
      mine.map(({ node }) => node),
      mine.find(({ k, i }) => `${[k, i]}` === `${state.unit}`).node,
    );
    const weights = run.layers.flatMap(({ W }) => [...W]);
    weights.forEach((w, at) => {
      set(wires.children[at], {
        stroke: `var(${w > 0 ? "--line-1" : "--one"})`,
        "stroke-width": clamp(0.3 + 1.4 * Math.abs(w), 0.3, 7).toFixed(2),
        "stroke-opacity": clamp(0.25 + Math.abs(w) / 2, 0, 0.85).toFixed(2),
        "data-value": w,
      });
    });
  }

  // What is to be said beside the numbers, and whether it is good or bad.
  function verdict() {
    const { found, step, broken } = run;
    const n = state.labels.length;
    if (state.problem) return [state.problem, "bad"];
    if (broken) {
      return [`At step ${step} the loss left all bounds: lower the rate, then restart.`, "bad"];
    }
    if (step && found.right === n) return ["All training points are on their side.", "good"];
    return [ended() ? "This is the last step here." : "", "soft"];
  }

  function draw() {
    if (!run) restart();
    if (!run.broken) drawNet();
    drawPoints();
    drawCurves();
    const { found, unseen, step } = run;
    show(numbers.step, step, 0);
    show(numbers.train, found.loss, num(found.loss, 2));
    show(numbers.test, unseen.loss, num(unseen.loss, 2));
    show(numbers.right, found.right, `${found.right} of ${state.labels.length}`);
    const n = scenes[state.data].test.labels.length;
    show(numbers["right-test"], unseen.right, `${unseen.right} of ${n}`);
    question.textContent = scenes[state.data].question;
    const at = peek ?? state.unit;
    fill(rule, `${called(at)}: `, formula(at));
    const [said, how] = verdict();
    fill(set(words, { class: `dlx-${how}` }), said);
    one.disabled = ended();
    const quoted = (key) => `${key}=${JSON.stringify(state[key]).replaceAll(",", ", ")}`;
    const [data, hidden, ...rest] = ORDER;
    python.textContent =
      `explorables.playground(${
        [quoted(data), quoted(hidden), ...rest.slice(0, 1).map(quoted)].join(", ")
      },\n    ` +
      `${rest.slice(1).map(quoted).join(", ")})`;
    drop.disabled = state.points.length < 2;
    original.disabled = !state.edited;
  }

  function say() {
    const { found, unseen, step } = run;
    return `Step ${step}. Training loss ${
      num(found.loss, 2)
    }, ${found.right} of ${state.labels.length} right. ` +
      `Test loss ${num(unseen.loss, 2)}. ${words.textContent}`;
  }

  const play = player(40, { next: () => go(state.speed), ended, finish: () => go(200) });
  play.node.classList.add("pg-play");
  const one = button("Step", () => go(1));
  const again = button("Restart", () => anew({}), { title: "Back to step 0" });
  const other = button(
    "Other first weights",
    () => anew({ start: state.start % limits.start[1] + 1 }),
  );
  const first = button("All as it was", () => {
    play.stop();
    anew({ ...structuredClone(start), ...scene(start.data), edited: false, chosen: 0 });
  });
  const add = button("Add a point", () => points.add([0, 0]));
  const drop = button("Remove it", () => points.drop(state.chosen));
  const original = button(
    "Original points",
    () => anew({ ...scene(state.data), edited: false, chosen: 0 }),
  );
  const copied = el("span.dlx-soft", { role: "status" });
  const copy = button("Copy a link to this", async () => {
    history.replaceState(history.state, "", addressOf(state));
    const done = await globalThis.navigator.clipboard?.writeText(location.href)
      .then(() => true, () => false); // not every page may copy
    copied.textContent = done ? "Copied, and in the address above." : "It is the address above.";
  });
  const scenery = {
    get: () => state.data,
    set: (data) => anew({ ...scene(data), edited: false, chosen: 0 }),
  };

  const eye = el("div.pg-eye", el("div.pg-plane", large, picture), rule);
  const folds = [
    more(
      "Change the network and its training",
      el(
        "div.dlx-columns.pg-all",
        el(
          "div",
          choice("Activation", setting("activation"), kinds.activation),
          choice("First weights", setting("init"), kinds.init),
          el("div.dlx-row", other),
        ),
        el(
          "div",
          choice("Optimizer", going("optimizer"), kinds.optimizer),
          slider("learning rate", going("rate"), ...limits.rate, { log: limits.logs }),
          slider("weight decay", going("decay"), ...limits.decay, { decimals: 3, shown: String }),
          el(
            "div.dlx-row",
            choice("Points in a batch", going("batch"), kinds.batch),
            choice("Steps at a time", "speed", [1, 4, 20]),
          ),
        ),
      ),
    ),
    more(
      "Change the points, or share this",
      el("p.dlx-soft", "Drag a point, or click to add one. Arrow keys move it, Delete removes it."),
      el(
        "div.dlx-row.pg-end",
        choice("A new point is", "brush", [[1, "blue"], [0, "orange"]]),
        el("div.dlx-row.dlx-tight", add, drop, original),
      ),
      el("div.dlx-row.dlx-tight.pg-share", first, own && copy, copied),
      python,
    ),
  ];
  const root = page(
    el("style", STYLE),
    question,
    el(
      "div.dlx-row.pg-top",
      el("div.dlx-row.dlx-tight", play, one, again),
      choice("Points", scenery, names),
    ),
    el(
      "div.pg-stage",
      el(
        "div",
        el("div.dlx-row.dlx-tight", layersText, fewer, deeper),
        net,
        curves,
        legend(
          el("span", swatch("training loss", "border-top-color: var(--ink)"), numbers.train),
          el("span", swatch("test loss", "border-top-style: dashed"), numbers.test),
        ),
      ),
      eye,
    ),
    el(
      "p.dlx-numbers.pg-words",
      "Step ",
      numbers.step,
      ". Right: ",
      numbers.right,
      " training points, ",
      numbers["right-test"],
      " test points (hollow). ",
      words,
    ),
    folds,
  );
  function reveal() {
    const tall = root.offsetHeight > globalThis.innerHeight;
    root.scrollIntoView({ block: tall ? "start" : "center" });
  }
  if (given) {
    const see = () => root.isConnected && reveal();
    if (document.readyState === "complete") setTimeout(see);
    else globalThis.addEventListener("load", () => setTimeout(see));
  }
  if (own) {
    globalThis.addEventListener("hashchange", () => {
      const found = named();
      if (found === undefined || !root.isConnected) return;
      play.stop();
      if (!found) return update({ problem: limits.problem });
      anew({ ...found, chosen: 0 });
      reveal();
    });
  }
  return root;
}
