// A bird for the reader and one for a network, through the same pipes; the numbers of the
// world are those of dlscratch.environments.Flappy.

const { cancelAnimationFrame, document, matchMedia, performance, requestAnimationFrame } =
  globalThis;
const { button, canvas, clamp, el, figure, fill, head, keys } = globalThis.explorables;
const { range, row, set, show, svg, text, uniform } = globalThis.explorables;
const { add, matrices, softmax, times } = globalThis.lstm;

const STYLE = `
.dlx .bg-panes { display: grid; grid-template-columns: minmax(0, 7fr) minmax(17.5rem, 6fr); gap: 0.3rem 1.2rem; align-items: start; }
.dlx .bg-sky { position: relative; max-width: 27rem; margin: 0 auto; border-radius: 0.4rem; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
.dlx .bg-sky .dlx-plot { max-width: none; }
.dlx .bg-live { touch-action: none; }
.dlx .bg-sky:focus-visible { outline: 3px solid var(--line-1); outline-offset: 2px; }
.dlx .bg-pipe { fill: color-mix(in srgb, var(--line-2) 45%, var(--bg)); stroke: var(--line-2); stroke-width: 2; }
.dlx .bg-out { opacity: 0.4; }
.dlx .bg-sky p { position: absolute; left: 0; right: 0; top: 0.4rem; margin: 0; text-align: center; pointer-events: none; }
.dlx .bg-sky p span { padding: 0.1rem 0.6rem; border-radius: 0.4rem; background: var(--bg); }
.dlx .bg-sky p:empty { display: none; }
.dlx .bg-panes .dlx-choice { margin-top: 0.3rem; }
.dlx .bg-score { display: flex; flex-wrap: wrap; gap: 0 1.2rem; justify-content: center; }
.dlx .bg-said { grid-area: 2 / 1 / auto / span 2; min-height: 2.9em; }
.dlx .bg-bars { display: grid; grid-template-columns: 2.4rem 1fr 3.6rem 3.2rem; gap: 0.2rem 0.5rem; align-items: center; margin: 0.1rem 0; }
.dlx .bg-bars > :not(.bg-bar) { text-align: right; }
.dlx .bg-bars > :first-child { grid-column: span 2; text-align: left; }
.dlx .bg-bar { height: 1.1rem; border: 1px solid var(--control); border-radius: 3px; background: linear-gradient(var(--line-1) 0 0) 0 / var(--p) 100% no-repeat; }
.dlx .bg-bars .bg-takes { font-weight: 700; text-decoration: underline; text-underline-offset: 0.2em; }
.dlx table.bg-sees { width: 100%; }
.dlx.dlx .bg-sees :is(th, td) { padding: 0 0.1rem; font-size: 0.95em; }
.dlx.dlx .bg-sees th[scope="row"] { text-align: left; font-weight: 400; }
@media (max-width: 40rem) {
  .dlx .bg-panes { grid-template-columns: minmax(0, 1fr); }
  .dlx .bg-said { grid-area: auto; min-height: 7.3em; }
}
`;

const FALL = 0;
const FLAP = 1;
const SLOW = [[0, "step by step"], [0.25, "¼"], [0.5, "½"], [1, "1"]];
const WHO = [[false, "both"], [true, "the network alone"]];
const SEES = [
  "height",
  "speed",
  "back of the next pipe",
  "middle of its gap",
  "middle of the gap after",
];
const NEW_ROUND = 800; // milliseconds after the end in which a key begins no new game
const SIZE = 300; // pixels of a screen
const BIRD = 75; // how far the bird is from the left edge, in pixels

// One step, in the order of NumPy's arithmetic. A bird is [height, speed, back of the next
// pipe, middle of its gap, of the gap after, pipes], where it touched something, and when.
function move({ seen: [y, v, ahead, gap, after, pipes] }, action, gaps, time, world) {
  const { gravity, flap, fastest, speed, spacing, width, radius, opening } = world;
  v = action === FLAP ? flap : Math.max(v - gravity, -fastest);
  [y, ahead] = [y + v, ahead - speed];
  const off = y - gap;
  let touched = "";
  if (ahead < width + 2 * radius && Math.abs(off) > opening / 2 - radius) {
    touched = off > 0 ? "the upper pipe" : "the lower pipe";
  }
  if (y < radius) touched = "the ground";
  if (y > 1 - radius) touched = "the ceiling";
  if (!touched && ahead <= 0) {
    [ahead, gap, after, pipes] = [ahead + spacing, after, gaps[pipes + 2], pipes + 1];
  }
  return { seen: [y, v, ahead, gap, after, pipes], touched, time };
}

// The scores of falling and flapping, and their softmax.
function think({ W, b, V, c }, seen, { middle, spread }) {
  const x = middle.map((m, i) => (seen[i] - m) / spread[i]);
  const scores = add(c, times(add(b, times(x, W)).map(Math.tanh), V));
  return { scores, p: softmax(scores), action: scores[FLAP] > scores[FALL] ? FLAP : FALL };
}

export function explore({ world, gaps: [low, high, count], nets, best, others, most, ...start }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const networks = nets.map(({ packed, units }) => {
    const take = matrices(packed);
    return { W: take(5, units), b: take(1, units)[0], V: take(units, 2), c: take(1, 2)[0] };
  });
  // What the pipes of this seed begin with.
  function begun(seed) {
    const next = uniform(seed);
    const gaps = range(count).map(() => low + (high - low) * next());
    const bird = { seen: [0.5, 0, 1, gaps[0], gaps[1], 0], touched: "", time: 0 };
    return { gaps, step: 0, you: bird, net: bird, flap: false, playing: false };
  }
  const first = {
    ...start,
    ...begun(start.seed),
    slow: still ? 0 : 1,
    record: 0,
    records: nets.map(() => 0),
  };
  const { state, update, choice, reset, page } = figure(first, draw, say);
  let [before, due, last, ended, ticket] = [state, 1, 0, 0, 0];

  const thought = () => think(networks[state.network], state.net.seen, world);
  const flies = (bird) => !bird.touched && state.step < most;
  const over = () => !flies(state.net) && (state.alone || !flies(state.you));
  const stepwise = () => state.slow === 0;

  // Moves both birds once. The reader's own flap was asked for since the last step.
  function advance(own) {
    const { you, net, step, gaps, alone, network } = state;
    const time = step + 1;
    before = { you, net, step };
    const changes = { step: time, flap: false };
    if (flies(net)) changes.net = move(net, thought().action, gaps, time, world);
    if (flies(you) && !alone) changes.you = move(you, own ? FLAP : FALL, gaps, time, world);
    const now = { ...state, ...changes };
    const points = (bird) => bird.seen[5];
    changes.record = Math.max(state.record, points(now.you));
    changes.records = state.records.with(
      network,
      Math.max(state.records[network], points(now.net)),
    );
    const news = [[you, now.you], [net, now.net]].some(([old, bird]) =>
      points(old) !== points(bird) || old.touched !== bird.touched
    );
    if (now.you.touched && !you.touched) ended = performance.now();
    Object.assign(state, changes);
    if (over()) {
      ended = performance.now();
      update({ playing: false });
    } else if (news || !state.playing) update({});
    else draw();
  }

  // Between two steps the birds are drawn on the way from one to the next.
  function frame(now) {
    if (!state.playing) return;
    if (!sky.isConnected) return pause();
    due += Math.min(now - last, 100) * state.slow * world.rate / 1000;
    last = now;
    while (due >= 1 && state.playing) {
      due -= 1;
      advance(state.flap);
    }
    if (!state.playing) return;
    paint(due);
    ticket = requestAnimationFrame(frame);
  }
  function play(flap = false) {
    [due, last] = [1, performance.now()];
    if (over()) again();
    update({ playing: true, flap });
    cancelAnimationFrame(ticket);
    ticket = requestAnimationFrame(frame);
    sky.focus({ preventScroll: true });
  }
  function pause() {
    if (state.playing) update({ playing: false });
  }
  const toggle = () => state.playing ? pause() : play();
  function again(changes = {}) {
    update({ ...changes, ...begun(changes.seed ?? state.seed) });
  }
  const settle = (name) => ({ get: () => state[name], set: (value) => again({ [name]: value }) });
  const pace = (slow) => update({ slow, playing: state.playing && slow > 0 });
  function step(own) {
    if (!over()) advance(own && !state.alone);
  }
  // What a key, a click or a tap on the picture does.
  function press() {
    if (stepwise()) step(true);
    else if (state.playing && !state.alone && flies(state.you)) state.flap = true;
    else if (state.alone) toggle();
    else if (!flies(state.you)) {
      if (performance.now() - ended > NEW_ROUND) {
        again();
        play(true);
      }
    } else play(true);
  }

  // ---- The picture ----

  const pipes = range(5).map(() =>
    [0, 1].map(() => svg("rect.bg-pipe", { width: SIZE * world.width }))
  );
  const bird = (colour, dash) =>
    svg(
      "g",
      svg("circle", {
        r: SIZE * world.radius,
        fill: `var(${colour})`,
        "fill-opacity": dash ? 0.45 : 0.9,
        stroke: dash ? `var(${colour})` : "var(--ink)",
        "stroke-width": 2,
        "stroke-dasharray": dash,
      }),
      svg("path", { d: "M7 -2l8 3l-8 3z", fill: "var(--ink)" }),
      svg("circle", { cx: 3, cy: -4, r: 1.6, fill: "var(--ink)" }),
    );
  const birds = { net: bird("--line-1", "3 2"), you: bird("--one") };
  const banner = el("p");
  let handled = false;
  const sky = el(
    "div.bg-sky",
    {
      role: "button",
      tabindex: 0,
      onpointerdown(event) {
        handled = state.playing && event.button === 0;
        if (handled) press();
      },
      onclick() {
        if (!handled) press();
        handled = false;
      },
      onkeydown: keys(
        { " ": press, Enter: press, ArrowUp: press, ArrowRight: () => step(false), p: toggle },
        (act, event) => {
          if (!event.repeat || stepwise()) act();
        },
      ),
    },
    canvas(420, SIZE, { "aria-hidden": "true" }, pipes, birds.net, birds.you),
    banner,
  );

  // Shows the part `share` of the step from before to now.
  function paint(share) {
    const mid = (a, b) => a + (b - a) * share;
    const time = mid(before.step, state.step);
    const oldest = Math.floor((time * world.speed - 1.3) / world.spacing);
    pipes.forEach(([lower, upper], k) => {
      const i = Math.max(oldest, 0) + k;
      const back = 1 + i * world.spacing - time * world.speed - world.radius;
      const x = BIRD + SIZE * (back - world.width);
      const [top, bottom] = [0.5, -0.5].map((way) =>
        SIZE * (1 - state.gaps[i] - way * world.opening)
      );
      set(upper, { x, y: -5, height: Math.max(top + 5, 0) });
      set(lower, { x, y: bottom, height: SIZE + 5 - bottom });
    });
    for (const [name, node] of Object.entries(birds)) {
      const [old, now] = [before[name], state[name]];
      const [y, v] = [0, 1].map((k) => mid(old.seen[k], now.seen[k]));
      const gone = now.touched ? Math.max(time - now.time, 0) * world.speed : 0;
      const turn = clamp(-800 * v, -25, 40);
      set(node, {
        transform: `translate(${BIRD - SIZE * gone} ${SIZE * (1 - y)}) rotate(${turn})`,
        class: now.touched ? "bg-out" : undefined,
      });
    }
  }

  // ---- Beside it ----

  const bars = ["fall", "flap"].map((name) => ({
    name: el("span", name),
    bar: el("div.bg-bar", { "aria-hidden": "true" }),
    p: el("span", { "data-p": name }),
    score: el("span", { "data-score": name }),
  }));
  const cells = ["you", "net"].map((name) => SEES.map(() => el("td", { "data-sees": name })));
  const scores = { you: el("b", { "data-pipes": "you" }), net: el("b", { "data-pipes": "net" }) };
  const records = { you: el("b", { "data-best": "you" }), net: el("b", { "data-best": "net" }) };
  const said = el("p.bg-said", { "data-said": "" });
  const mean = el("b", { "data-mean": "" });
  const score = (name, words, style) =>
    el(
      "span",
      el("i.dlx-disc", { style }),
      el("span", words, scores[name], " pipes, best ", records[name]),
    );
  const yours = score("you", "you: ");
  const go = button("Play", toggle);
  const flap = button("Flap", press);
  const fall = button("Fall", () => step(false));

  function draw() {
    const { you, net, alone, playing, slow, network } = state;
    if (!state.step) before = { you, net, step: 0 };
    const { scores: values, p, action } = thought();
    bars.forEach(({ name, bar, p: share, score }, k) => {
      name.className = k === action ? "bg-takes" : "";
      bar.style.setProperty("--p", `${100 * p[k]}%`);
      show(share, p[k], `${text(100 * p[k], 0)}%`);
      show(score, values[k], 2);
    });
    [you, net].forEach((one, k) =>
      cells[k].forEach((cell, i) => show(cell, one.seen[i], i === 1 ? 3 : 2))
    );
    show(scores.you, you.seen[5], 0);
    show(scores.net, net.seen[5], 0);
    show(records.you, state.record, 0);
    show(records.net, state.records[network], 0);
    show(mean, nets[network].pipes, 1);
    yours.hidden = alone;
    birds.you.style.display = alone ? "none" : "";
    cells[0].forEach((cell) => cell.style.visibility = alone ? "hidden" : "");
    go.textContent = playing ? "Pause" : "Play";
    go.disabled = slow === 0;
    flap.disabled = alone || (stepwise() && !flies(you));
    fall.disabled = !stepwise() || over();
    fall.textContent = stepwise() && (alone || !flies(you)) ? "Step" : "Fall";
    sky.classList.toggle("bg-live", playing);
    set(sky, { "aria-label": stepwise() ? "Flap for one step" : playing ? "Flap" : "Play" });
    said.textContent = sentence();
    fill(banner, hint() && el("span", hint()));
    if (!playing) paint(1);
  }

  function hint() {
    if (stepwise()) return "";
    if (over() || !(state.alone || flies(state.you))) return "again: space, ↑ or tap";
    if (state.playing) return "";
    return state.step ? "paused" : "start: space, ↑ or tap";
  }
  const passed = ({ seen }) => `${seen[5]} pipe${seen[5] === 1 ? "" : "s"}`;
  function fate(name, bird) {
    if (bird.touched) return `${name} touched ${bird.touched}, after ${passed(bird)}.`;
    if (state.step < most) return `${name} is flying, after ${passed(bird)}.`;
    return `${name} made it: ${passed(bird)}.`;
  }
  function sentence() {
    const { you, net, alone, step: now, playing } = state;
    if (!now) {
      if (stepwise()) {
        return "Flap or Fall takes one step of 1/15 second; → falls, too. At another speed the game " +
          "runs by itself.";
      }
      if (alone) return "Play, or space, starts and stops the network.";
      return "Both birds begin at the same place. Space, ↑ or a tap on the picture starts, and " +
        "then flaps; p pauses.";
    }
    const stopped = !playing && !over();
    const told = [["Your bird", you], ["The network", net]].slice(alone ? 1 : 0);
    const parts = told.filter(([, bird]) => !stopped || !flies(bird)).map((one) => fate(...one));
    if (stopped) {
      const own = !alone && flies(you);
      const bird = own ? you : net;
      const [y, v, ahead, gap] = bird.seen;
      const way = `${text(Math.abs(y - gap))} ${y < gap ? "below" : "above"}`;
      parts.push(
        `Step ${now}, ${passed(bird)}: ${own ? "you are" : "the network is"} ${way} the gap’s`,
        `middle, at speed ${text(v, 3)}; the pipe ends ${text(ahead)} ahead.`,
      );
      const { action, p } = thought();
      const next = `will ${action ? "flap" : "fall"} (${text(100 * p[action], 0)}%).`;
      if (flies(net)) parts.push(own ? `The network ${next}` : `It ${next}`);
    }
    return parts.join(" ");
  }
  function say() {
    const { label, pipes } = nets[state.network];
    const when = label === "best" ? "at its best" : `after ${label} rounds`;
    const who = `The network ${when}: on average ${text(pipes, 1)} pipes in new games. `;
    return (state.step ? "" : who) + sentence();
  }

  // Nothing moves where nobody looks.
  document.addEventListener("visibilitychange", () => document.hidden && pause());
  new globalThis.IntersectionObserver((seen) => {
    if (!seen.at(-1).isIntersecting) pause();
  }).observe(sky);

  return page(
    el("style", STYLE),
    el("p", "Who gets further through the same pipes, you or a network that learnt from reward?"),
    el(
      "div.bg-panes",
      el(
        "div",
        sky,
        el(
          "p.dlx-legend",
          yours,
          score("net", "network: ", "border: 2px dashed var(--line-1); background: none"),
        ),
        el(
          "div.dlx-row.dlx-tight",
          [go, flap, fall],
          button("Again", () => {
            again();
            sky.focus({ preventScroll: true });
          }),
          button("New pipes", () => again({ seed: state.seed + 1 })),
        ),
        el("div.dlx-row", choice("Speed", { get: () => state.slow, set: pace }, SLOW), reset),
      ),
      said,
      el(
        "div",
        choice(
          `Rounds of training (best: ${best})`,
          settle("network"),
          nets.map(({ label }, i) => [i, label]),
        ),
        el("p", "On average ", mean, ` pipes in new games; ${others}`),
        el(
          "div.bg-bars.dlx-numbers",
          ["it takes the higher score", "softmax", "score"].map((name) =>
            el("span.dlx-soft", name)
          ),
          bars.map(({ name, bar, p, score }) => [name, bar, p, score]),
        ),
        el(
          "table.bg-sees",
          head("what is seen", "you", "network"),
          el("tbody", SEES.map((name, i) => row(name, cells.map((all) => all[i])))),
        ),
        choice("Who flies", settle("alone"), WHO),
      ),
    ),
  );
}
