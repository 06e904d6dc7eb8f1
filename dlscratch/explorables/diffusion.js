// Diffusion run backwards, from noise to the reader's points, with the exact denoiser.

const { axes, button, canvas, editable, el, figure, fill, label, legend } = globalThis.explorables;
const { line, number, player, plot, range, set, show, svg, swatch } = globalThis.explorables;
const { normal, text } = globalThis.explorables;

const [XS, YS] = [[-3, 3], [-2.4, 2.4]];
const STROKE = 0.25; // between the points of a stroke
const STYLE = `
.dlx .df-told { min-height: 4.4em; }
.dlx .df-below { margin-top: 0.5rem; }
.dlx .df-plane { cursor: crosshair; }
.dlx .df-still { pointer-events: none; }
`;

const square = (p, q) => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2;

// The mean of x₀, given that x is what noise has made of it: x₀ is one of the points, or lies
// around one with the deviation `width`.
function denoise(x, kept, points, width) {
  const [root, spread] = [Math.sqrt(kept), kept * width * width + 1 - kept];
  const far = points.map((p) => square(x, p.map((u) => root * u)) / (2 * spread));
  const least = Math.min(...far);
  const shares = far.map((d) => Math.exp(least - d));
  const total = shares.reduce((a, b) => a + b);
  // A point and what is left of x towards it, for the widened ones.
  const pull = (root * width * width) / spread;
  return [0, 1].map((d) => {
    const mean = points.reduce((sum, p, i) => sum + shares[i] * p[d], 0) / total;
    return mean + pull * (x[d] - root * mean);
  });
}

// All particles before each step and at the end: places[0] is noise.
function goBack({ points, width, seed, fresh }, betas, particles) {
  const draw = normal(seed);
  const steps = betas.length;
  const kept = [1];
  for (const beta of betas) kept.push(kept.at(-1) * (1 - beta));
  let now = range(particles).map(() => [draw(), draw()]);
  const places = [now];
  for (let t = steps; t > 0; t--) {
    const beta = betas[t - 1];
    const a = (Math.sqrt(kept[t - 1]) * beta) / (1 - kept[t]);
    const b = (Math.sqrt(1 - beta) * (1 - kept[t - 1])) / (1 - kept[t]);
    const deviation = fresh ? Math.sqrt((beta * (1 - kept[t - 1])) / (1 - kept[t])) : 0;
    now = now.map((x) => {
      const guess = denoise(x, kept[t], points, width);
      return x.map((u, d) => a * guess[d] + b * u + deviation * draw());
    });
    places.push(now);
  }
  return { places, kept };
}

// Of each place, the nearest of the points and how far it is.
const nearest = (places, points) =>
  places.map((x) => {
    const far = points.map((p) => square(x, p));
    const least = Math.min(...far);
    return [far.indexOf(least), Math.sqrt(least)];
  });
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

export function explore({ shapes, betas, particles, limits, ...start }) {
  const { state, update, slider, choice, reset, page } = figure(start, draw, say);
  const steps = betas.length;

  // ---- The plane ----
  const picture = plot(XS, YS, 400, 320, "The plane with the points and the particles");
  const { x: X, y: Y } = picture;
  const px = ([u, v]) => `${X(u)} ${Y(v)}`;
  const round = { "stroke-linecap": "round" };
  const cloud = line("--one", 5, { ...round, "stroke-opacity": 0.75, "data-cloud": "" });
  const [shafts, tails] = [line("--soft", 1.2), line("--soft", 3.5, round)];
  const trail = line("--line-y", 1.2, { "stroke-opacity": 0.7, "data-trail": "" });
  const aim = line("--line-y", 2, { "stroke-dasharray": "3 4", ...round });
  const here = svg("circle", { r: 5, fill: "var(--line-y)", stroke: "var(--bg)" });
  const guess = line("--line-y", 3, {}, "path");
  const dots = editable(
    picture,
    [XS, YS],
    () => state,
    (points, chosen) => update({ points, chosen, shape: points === state.points && state.shape }),
    limits.points,
  );
  fill(
    picture.node,
    axes(picture, [-2, -1, 1, 2], [-2, -1, 1, 2], ["x₀", "x₁"]),
    dots,
    svg("g.df-still", shafts, tails, cloud, trail, aim, here, guess),
  );
  set(picture.node, { class: "dlx-plot df-plane" });
  // Where the plane is pressed a point is put, and more along the stroke.
  globalThis.explorables.drag(picture.node, (event) => {
    dots.add(picture.at(event));
    return (e) => {
      const at = picture.at(e);
      if (Math.sqrt(square(at, state.points.at(-1))) >= STROKE) dots.add(at);
    };
  });

  // ---- Going back and forth ----
  let [made, ran] = [];
  function journey() {
    const { points, width, seed, fresh } = state;
    const now = [points, width, seed, fresh];
    if (!made?.every((one, i) => one === now[i])) {
      [made, ran] = [now, goBack(state, betas, particles)];
    }
    return ran;
  }
  const play = player(70, {
    begin: () => state.step === steps && update({ step: 0 }),
    next: () => update({ step: state.step + 1 }),
    ended: () => state.step === steps,
    finish: () => update({ step: steps }),
  });
  const go = {
    get: () => state.step,
    set(step) {
      play.stop();
      update({ step });
    },
  };

  // ---- What is said ----
  const N = Object.fromEntries(
    ["noise", "far", "copies", "own", "x0", "x1", "guess0", "guess1"].map((name) => [
      name,
      number(name),
    ]),
  );
  const beside = el("span");
  const told = el(
    "p.df-told",
    ...["Noise has the deviation ", N.noise, ". A particle is ", N.far],
    ...[" from its nearest point on average; ", N.copies, ` of ${particles} are closer than `],
    `${limits.copy}.`,
    beside,
  );
  const [x, to] = [["(", N.x0, ", ", N.x1, ")"], ["(", N.guess0, ", ", N.guess1, ")"]];
  const followed = el("p", "It is at ", x, "; the denoiser’s guess, the cross, is ", to, ".");
  const chart = canvas(400, 84, { role: "img" });

  function drawArrows(kept) {
    const grid = state.arrows ? range(13 * 11) : [];
    const from = grid.map((n) => [(n % 13 - 6) / 2.25, (Math.floor(n / 13) - 5) / 2.4]);
    const lines = from.map((x) => {
      const to = denoise(x, kept, state.points, state.width);
      const length = Math.sqrt(square(x, to));
      const part = Math.min(0.32, 0.25 * length) / (length || 1);
      return `M${px(x)}L${px(x.map((u, d) => u + part * (to[d] - u)))}`;
    });
    set(shafts, { d: lines.join("") });
    set(tails, { d: from.map((x) => `M${px(x)}h0`).join("") });
  }

  // How many particles are nearest to each point.
  function drawCounts(ends) {
    const { points, chosen } = state;
    const counts = points.map((_, i) => ends.filter(([to]) => to === i).length);
    const [left, bottom, most] = [34, 66, Math.max(...counts)];
    const wide = (392 - left) / points.length;
    const bar = (n, i) =>
      svg("rect", {
        x: left + wide * (i + 0.1),
        width: wide * 0.8,
        y: bottom - (50 * n) / most,
        height: (50 * n) / most,
        style: `fill: var(${i === chosen ? "--ink" : "--line-1"})`,
        "data-count": n,
      });
    const share = bottom - (50 * particles) / points.length / most;
    fill(
      chart,
      counts.map(bar),
      line("--one", 2, { d: `M${left} ${share}H392`, "stroke-dasharray": "5 4" }),
      label(left - 6, 21, `${most}`, "end"),
      label(left - 6, bottom, "0", "end"),
      label(left, 80, `Particles nearest to each of ${points.length} points`),
    );
    const empty = counts.filter((n) => n === 0).length;
    const words = `from ${Math.min(...counts)} to ${most}, none at ${empty}`;
    set(chart, { "aria-label": `Particles nearest to each of ${points.length} points: ${words}` });
  }

  function draw() {
    const { points, step, width, follow } = state;
    const { places, kept } = journey();
    const [now, t] = [places[step], steps - step];
    set(cloud, { d: now.map((x) => `M${px(x)}h0`).join("") });
    dots.draw(() => "fill: var(--line-1)", (i) => points[i].map((u) => text(u)).join(", "));
    drawArrows(kept[t]);

    const x = now[follow - 1];
    const to = t ? denoise(x, kept[t], points, width) : x;
    set(trail, { d: `M${places.slice(0, step + 1).map((all) => px(all[follow - 1])).join("L")}` });
    set(aim, { d: `M${px(x)}L${px(to)}` });
    set(here, { cx: X(x[0]), cy: Y(x[1]) });
    set(guess, { d: `M${px(to)}m-6 -6l12 12m0 -12l-12 12` });

    const ends = nearest(now, points);
    const own = points.length > 1 // a single one has no neighbour
      ? mean(points.map((p, i) => nearest([p], points.toSpliced(i, 1))[0][1]))
      : null;
    fill(beside, own === null ? [] : [" A point is ", N.own, " from its nearest neighbour."]);
    show(N.noise, Math.sqrt(1 - kept[t]));
    show(N.far, mean(ends.map(([, far]) => far)));
    show(N.copies, ends.filter(([, far]) => far < limits.copy).length, 0);
    if (own !== null) show(N.own, own);
    [0, 1].forEach((d) => {
      show(N[`x${d}`], x[d]);
      show(N[`guess${d}`], to[d]);
    });
    drawCounts(ends);
  }

  function say() {
    const counts = chart.getAttribute("aria-label");
    return `Step ${state.step} of ${steps}. ${told.textContent} ${counts}.`;
  }

  // ---- The controls ----
  const shape = {
    get: () => state.shape,
    set: (name) => update({ shape: name, points: shapes[name], chosen: 0 }),
  };
  const clear = () => update({ points: [[0, 0]], chosen: 0, shape: false });
  set(reset, { onclick: play.stop });
  return page(
    { style: "--label: 4.4rem" },
    el("style", STYLE),
    el(
      "div.dlx-row",
      choice("Points", shape, Object.keys(shapes)),
      reset,
    ),
    el(
      "p",
      "The best possible denoiser takes noise back to the points. Where does each particle end? Press Play.",
    ),
    el(
      "div.dlx-columns",
      el(
        "div",
        picture,
        legend(
          swatch("points", "border-color: var(--line-1); background: var(--line-1)", "disc"),
          swatch("particles", "border-color: var(--one); background: var(--one)", "disc"),
          swatch("the one you follow", "border-top: 3px solid var(--line-y)"),
        ),
        el(
          "div.dlx-row.dlx-tight",
          [play, button("New noise", () => update({ seed: state.seed + 1 }))],
          [button("Clear", clear), button("Add a point", () => dots.add([0, 0]))],
          button("Remove", () => dots.drop(state.chosen)),
        ),
        slider("step", go, 0, steps, { decimals: 0, says: "Step, from noise to points" }),
        slider("smooth s", "width", ...limits.width, { says: "Smoothness s" }),
      ),
      el(
        "div",
        told,
        chart,
        el(
          "div.dlx-row.df-below",
          choice("Arrows of the denoiser", "arrows", [[false, "off"], [true, "on"]]),
          choice("Fresh noise at each step", "fresh", [[true, "yes"], [false, "none"]]),
        ),
        slider("follow", "follow", 1, particles, { decimals: 0, says: "Particle to follow" }),
        followed,
      ),
    ),
  );
}
