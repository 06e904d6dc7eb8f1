// A name goes through an LSTM, letter by letter; the loss of one guess comes back to each letter.

const { button, el, figure, fill, num, number } = globalThis.explorables;
const { range, scroll, set, show, svg, text, walk } = globalThis.explorables;
const { add, dot, matrices, softmax, step, times, zeros } = globalThis.lstm;

const STYLE = `
.dlx .nr-name { width: 9.5rem; height: 2rem; padding: 0.1rem 0.5rem; border: 1px solid var(--control); border-radius: 0.3rem; background: none; color: inherit; font: inherit; }
.dlx .nr-name[aria-invalid] { border-color: var(--bad); }
.dlx .nr-panes > :first-child { flex: 2 1 20rem; }
.dlx .nr-grid { display: grid; grid-template-columns: repeat(var(--n), minmax(0, 3.2rem)); justify-content: center; text-align: center; white-space: nowrap; font-size: 0.82em; }
.dlx .nr-grid > * { min-width: 0; margin: 1px; }
.dlx .nr-bar { position: relative; margin: 1px 0; line-height: 1.3; color: var(--soft); }
.dlx .nr-bar i { position: absolute; inset: 0 auto 0 0; background: var(--line-1); opacity: 0.25; border-radius: 2px; }
.dlx .nr-true { font-weight: 700; color: var(--ink); }
.dlx .nr-box { padding: 0; font-size: 1.25em; font-weight: 600; }
.dlx .nr-later { color: var(--soft); border-style: dashed; }
.dlx .nr-box[aria-pressed="true"] { background: var(--line-1); border-color: var(--line-1); }
.dlx .nr-grid .nr-lane { position: relative; height: 2.2rem; border-top: 2px solid transparent; margin: 0.6rem 0 0; }
.dlx .nr-grid .nr-alive { border-color: var(--one); }
.dlx .nr-cut { position: absolute; top: -0.5rem; left: -0.75rem; width: 1.5rem; padding: 0; }
.dlx .nr-cut svg { display: block; width: 1rem; margin: auto; fill: none; stroke: currentColor; stroke-width: 1.6; }
.dlx .nr-grad { display: flex; align-items: end; justify-content: center; height: 6rem; border-bottom: 1px solid var(--control); }
.dlx .nr-grad i { width: 1.8rem; background: var(--one); border-radius: 2px 2px 0 0; }
.dlx .nr-top { display: grid; grid-template-columns: 1.6rem 1fr 3.4rem; text-align: center; }
.dlx .nr-panes form { margin-bottom: 0.3rem; }
.dlx .nr-said { min-height: 4.4em; font-size: 0.92em; }
@media (max-width: 600px) { .dlx .nr-grid .nr-size { writing-mode: vertical-rl; height: 3.4rem; margin: 3px auto; } }
`;

const START = { "aria-disabled": "true", tabindex: -1 };
const CUTS = [[false, "the way back"], [true, "both ways"]];
const GATES = [[false, "as learnt"], [true, "held"]];
const shown = (marked, k) =>
  k <= 0 ? "the start" : k === marked.length - 1 ? "the end" : `letter ${k} (${marked[k]})`;
const plain = (words) => words.trim().toLowerCase();
const percent = (p) => `${text(100 * p, p < 0.1 ? 1 : 0)} %`;

// The weights as lists of rows, in the order in which they are packed.
function network(packed, [n, D, H]) {
  const take = matrices(packed);
  const [E, Wx, Wh, [b]] = [take(n, D), take(D, 4 * H), take(H, 4 * H), take(1, 4 * H)];
  return { E, Wx, Wh, b, Wy: take(H, n), by: take(1, n)[0], H };
}

const timesT = (x, W) => W.map((row) => dot(row, x));

// Reads all letters. A cut k stands between letter k − 1 and letter k.
function forward(net, ids, { cuts, both, held, gate }) {
  const empty = [zeros(net.H), zeros(net.H)];
  let state = empty;
  return ids.map((id, k) => {
    const from = both && cuts.includes(k) ? empty : state;
    const one = step(net, net.E[id], from, held ? gate : undefined);
    ({ state } = one);
    return { ...one, p: softmax(add(net.by, times(state[0], net.Wy))) };
  });
}

// The size of the gradient of −log p[target] by the embedding of each letter that was read.
function backward({ Wx, Wh, Wy, H }, steps, target, { cuts, held }) {
  const none = zeros(H);
  let dh = timesT(steps.at(-1).p.map((p, j) => p - (j === target)), Wy);
  let dc = none;
  const sizes = [];
  for (const [k, { before, i, f, g, o, tanh }] of [...steps.entries()].reverse()) {
    dc = dc.map((d, j) => d + dh[j] * o[j] * (1 - tanh[j] ** 2));
    const da = [
      dc.map((d, j) => d * g[j] * i[j] * (1 - i[j])),
      dc.map((d, j) => held ? 0 : d * before[j] * f[j] * (1 - f[j])),
      dc.map((d, j) => d * i[j] * (1 - g[j] ** 2)),
      dh.map((d, j) => d * tanh[j] * o[j] * (1 - o[j])),
    ].flat();
    sizes.unshift(Math.hypot(...timesT(da, Wx)));
    const cut = cuts.includes(k);
    dh = cut ? none : timesT(da, Wh);
    dc = cut ? none : dc.map((d, j) => d * f[j]);
  }
  return sizes;
}

const SCISSORS =
  "M2 13a2 2 0 1 0 4 0a2 2 0 1 0-4 0M10 13a2 2 0 1 0 4 0a2 2 0 1 0-4 0M5 11 11 1M11 11 5 1";
const scissors = () => svg("svg", { viewBox: "0 0 16 16" }, svg("path", { d: SCISSORS }));

export function explore({ letters, longest, examples, packed, sizes, ...start }) {
  const net = network(packed, sizes);
  const { state, update, choice, slider, reset, page } = figure(start, draw, say);
  let columns = [];
  let built;
  let grads;

  const typed = el("input.nr-name", {
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-label": "Name",
    oninput: () => read(typed.value),
  });
  // What cannot be read is said, and leaves all else as it was.
  function read(words) {
    const name = plain(words);
    const strange = [...name].find((one) => !letters.slice(1).includes(one));
    const many = `Expected 1 to ${longest} letters, as in its training, got ${name.length}.`;
    if (strange) update({ problem: `Expected the letters a to z, got “${strange}”.` });
    else if (!name || name.length > longest) update({ problem: many });
    else update({ name, at: name.length, problem: "" });
  }
  const toggle = (k) => {
    const cuts = state.cuts.includes(k)
      ? state.cuts.filter((one) => one !== k)
      : [...state.cuts, k];
    update({ cuts });
  };

  const grid = el("div.nr-grid.dlx-numbers");
  const problem = el("p.dlx-bad", { "data-problem": "" });
  const title = el("b");
  const top = el("div.dlx-numbers");
  const loss = number("loss");
  const said = el("p.nr-said.dlx-numbers", { "data-said": "" });

  // A column for the start, each letter, and the end.
  function build() {
    const marked = [...`.${state.name}.`];
    columns = marked.map((letter, k) => {
      const cut = button(scissors(), () => toggle(k), {
        class: "nr-cut",
        "aria-label": `Cut between ${shown(marked, k - 1)} and ${letter}`,
      });
      return {
        five: el("div", { "data-step": k }),
        box: button(letter, () => k && update({ at: k }), k ? {} : START),
        lane: el("div", cut),
        cut,
        bar: el("i"),
        size: el("div.nr-size"),
      };
    });
    fill(
      grid,
      columns.map(({ five }) => five),
      columns.map(({ box }) => box),
      columns.map(({ lane }) => lane),
      columns.map(({ bar }) => el("div.nr-grad", bar)),
      columns.map(({ size }) => size),
    );
    grid.style.setProperty("--n", columns.length);
    walk(columns.slice(1).map(({ box }) => box), [columns.length - 1]);
    built = state.name;
  }

  // The five best guesses of a step; make(letter, bar, p) is what each has to hold.
  const guesses = ({ p }, target, tag, make) =>
    range(p.length).sort((a, b) => p[b] - p[a]).slice(0, 5).map((i) =>
      el(
        tag,
        { class: i === target && "nr-true", "data-guess": letters[i], "data-value": p[i] },
        make(letters[i], el("i", { style: `width: ${100 * p[i]}%` }), p[i]),
      )
    );

  function draw() {
    if (built !== state.name) build();
    if (!state.problem && plain(typed.value) !== state.name) typed.value = state.name;
    set(typed, { "aria-invalid": state.problem ? "true" : undefined });
    problem.textContent = state.problem;

    const { name, at, cuts } = state;
    const marked = `.${name}.`;
    const ids = [...marked].map((letter) => letters.indexOf(letter));
    const steps = forward(net, ids.slice(0, -1), state);
    const { p } = steps[at - 1];
    grads = backward(net, steps.slice(0, at), ids[at], state);
    const most = Math.max(...grads);
    columns.forEach(({ five, box, lane, cut, bar, size }, k) => {
      const seen = k < at;
      if (k) {
        fill(five, guesses(steps[k - 1], ids[k], "div.nr-bar", (letter, bar) => [bar, letter]));
        set(box, { "aria-label": `Guess ${shown(marked, k)}`, "aria-pressed": `${k === at}` });
      }
      set(box, { class: `nr-box${k > at ? " nr-later" : ""}` });
      set(cut, { "aria-pressed": `${cuts.includes(k)}` }).hidden = !k || !seen;
      set(lane, { class: `nr-lane${grads[k] ? " nr-alive" : ""}` });
      bar.style.height = `${(100 * (grads[k] ?? 0)) / most}%`;
      set(size, { "data-grad": seen && "", "data-value": grads[k] });
      fill(
        size,
        seen &&
          [el("span.dlx-hidden", `${shown(marked, k)}: `), num(grads[k], grads[k] < 1e-3 ? 1 : 2)],
      );
    });
    title.textContent = `Guessing ${shown(marked, at)}`;
    fill(
      top,
      guesses(steps[at - 1], ids[at], "div.nr-top", (letter, bar, q) => [
        el("span", letter),
        el("span.nr-bar", bar),
        el("span", percent(q)),
      ]),
    );
    show(loss, -Math.log(p[ids[at]]), 3);
    said.textContent = sentence(marked);
  }

  function sentence(marked) {
    const { cuts, at, both, held, gate } = state;
    const cut = Math.max(0, ...cuts.filter((k) => k < at));
    const share = `${num(grads[cut] / grads.at(-1), 2)} times that at ${shown(marked, at - 1)}`;
    const further = both
      ? "The memory begins there, so the guesses change."
      : "Nothing comes back further; the guesses stay.";
    return [
      cut < at - 1 && `At ${shown(marked, cut)} the gradient is ${share}.`,
      cut && `Cut before ${marked[cut]}. ${further}`,
      held && `The cell keeps ${num(gate, 3)} of itself at each step.`,
    ].filter(Boolean).join(" ");
  }
  function say() {
    return state.problem || `${title.textContent}: loss ${loss.textContent}. ${said.textContent}`;
  }

  return page(
    el("style", STYLE),
    el(
      "p",
      "How much of the gradient reaches the first letters? Cut its way back, or close the forget gate.",
    ),
    el(
      "div.dlx-row.dlx-tight",
      typed,
      examples.map((name) => button(name, () => read(name))),
      reset,
    ),
    problem,
    el(
      "div.dlx-columns.nr-panes",
      el(
        "div",
        el(
          "p.dlx-soft",
          "The best guesses at each place. Blue is the one in question: choose any.",
        ),
        scroll("The name, letter by letter", grid),
        el("p.dlx-soft", "The bars: the gradient of its loss at each letter that it has read."),
      ),
      el(
        "div",
        title,
        top,
        el("p", "loss ", loss, " nats"),
        choice("Scissors cut", "both", CUTS),
        choice("Forget gate", "held", GATES),
        slider("f", { get: () => state.gate, set: (gate) => update({ gate, held: true }) }, 0, 1, {
          says: "forget gate, held at",
        }),
        said,
      ),
    ),
  );
}
