// A GPT writes on from what the reader types. Its numbers come when the reader asks for them.

const { button, el, figure, fill, keys, range, scroll, set, show, text, uniform, walk } =
  globalThis.explorables;
const { document, matchMedia } = globalThis;

const STYLE = `
.dlx .wo-typed { display: block; width: 100%; height: 3.6rem; padding: 0.2rem 0.5rem; resize: none; border: 1px solid var(--control); border-radius: 0.3rem; background: none; color: var(--ink); }
.dlx .wo-typed[aria-invalid] { border-color: var(--bad); }
.dlx .wo-typed, .dlx .wo-text { font: 0.92rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.dlx .wo-text { height: 16.3rem; margin: 0.4rem 0; padding: 0.3rem 0.5rem; overflow: auto; border: 1px solid var(--edge); border-radius: 0.3rem; background: var(--well); white-space: pre-wrap; overflow-wrap: anywhere; }
.dlx .wo-past { color: var(--soft); }
.dlx .wo-text::after { content: ""; border-left: 2px solid var(--line-1); }
.dlx .wo-panes > :first-child { flex: 3 1 20rem; }
.dlx .wo-panes > :last-child { --label: 6rem; flex: 2 1 15rem; }
.dlx .wo-bars { display: grid; gap: 1px; }
.dlx button.wo-bar { display: grid; grid-template-columns: 1.6rem 1fr 3.4rem; gap: 0.3rem; align-items: center; min-height: 0; height: 1.6rem; padding: 0 0.3rem; border-color: transparent; text-align: center; white-space: pre; }
.dlx button.wo-bar:hover { border-color: var(--control); }
.dlx .wo-bar i { height: 0.9rem; width: var(--p); min-width: 1px; background: var(--line-1); border-radius: 2px; }
.dlx .wo-bar span:last-child { text-align: right; }
.dlx button.wo-drawn { outline: 2px dashed var(--one); outline-offset: -2px; }
.dlx .wo-seed { display: grid; grid-template-columns: auto 5rem auto; gap: 0.5rem; align-items: center; justify-content: start; }
.dlx .wo-said { min-height: 2.9em; }
@media (max-width: 700px) { .dlx .wo-text { height: 8.2rem; } .dlx .wo-panes > * { flex-basis: 100% !important; } }
`;

const BARS = 10;
const PACE = 40; // milliseconds from letter to letter
const AT_ONCE = 60; // letters, where the reader wants no motion
const MISSING =
  "The file with the network could not be read. Try again, or run write_on(embed=True) in the notebook.";
const BROKEN =
  "The file with the network is damaged. Reload the page, or run write_on(embed=True) in the notebook.";

// ---- The network ----

// The numbers of float16 in base64, if they are those of this sum (Adler-32).
function halves(packed, sum) {
  const words = atob(packed);
  const numbers = new Float32Array(words.length / 2);
  let [a, b] = [1, 0];
  const byte = (i) => {
    const v = words.charCodeAt(i);
    a = (a + v) % 65521;
    b = (b + a) % 65521;
    return v;
  };
  for (let i = 0; i < numbers.length; i++) {
    const v = byte(2 * i) + 256 * byte(2 * i + 1);
    const [exponent, fraction] = [(v >> 10) & 31, v & 1023];
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    numbers[i] = v >> 15 ? -size : size;
  }
  if (b * 65536 + a !== sum) throw new Error("another sum");
  return numbers;
}

// x @ W, for rows of n numbers each. Four rows of W at a time take half as long as one.
function times(x, W, n) {
  const m = W.length / n;
  const y = new Float64Array((x.length / n) * m);
  for (let r = 0; r * n < x.length; r++) {
    const row = y.subarray(r * m, (r + 1) * m);
    for (let i = 0; i < n; i += 4) {
      const [a, b, c, d] = x.subarray(r * n + i, r * n + i + 4);
      const [A, B, C, D] = [i * m, (i + 1) * m, (i + 2) * m, (i + 3) * m];
      for (let j = 0; j < m; j++) {
        row[j] += a * W[A + j] + b * W[B + j] + c * W[C + j] + d * W[D + j];
      }
    }
  }
  return y;
}

// Layer normalisation of each row.
function norm(x, gamma, eps) {
  const y = new Float64Array(x.length);
  const D = gamma.length;
  for (let at = 0; at < x.length; at += D) {
    const row = x.subarray(at, at + D);
    const mean = row.reduce((sum, v) => sum + v) / D;
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / D + eps);
    row.forEach((v, j) => y[at + j] = (v - mean) * scale * gamma[j]);
  }
  return y;
}

const gelu = (x) =>
  x.map((v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))));

function softmax(z) {
  const most = Math.max(...z);
  const e = z.map((v) => Math.exp(v - most));
  const total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
}

// The weights, in the order in which they are packed, and the keys and values of all places.
function network(numbers, { tokens, context, D, layers, ...more }) {
  let at = 0;
  const take = (n) => numbers.subarray(at, at += n);
  const [E, places] = [take(tokens * D), take(context * D)];
  const blocks = range(layers).map(() => ({
    gamma: take(D),
    Wqkv: take(3 * D * D),
    Wo: take(D * D),
    gamma2: take(D),
    W1: take(4 * D * D),
    W2: take(4 * D * D),
    keys: new Float64Array(context * D),
    values: new Float64Array(context * D),
  }));
  return { E, places, blocks, gamma: take(D), known: [], tokens, context, D, ...more };
}

// For queries, keys and values of new places, what each finds at those before it and at itself.
function attend({ keys, values }, qkv, first, heads, D) {
  const y = new Float64Array(qkv.length / 3);
  const d = D / heads;
  for (let r = 0; r * D < y.length; r++) {
    const [q, k, v] = range(3).map((part) =>
      qkv.subarray((3 * r + part) * D, (3 * r + part + 1) * D)
    );
    keys.set(k, (first + r) * D);
    values.set(v, (first + r) * D);
    for (let h = 0; h < D; h += d) {
      const scores = range(first + r + 1).map((s) => {
        let sum = 0;
        for (let j = h; j < h + d; j++) sum += q[j] * keys[s * D + j];
        return sum / Math.sqrt(d);
      });
      softmax(scores).forEach((w, s) => {
        for (let j = h; j < h + d; j++) y[r * D + j] += w * values[s * D + j];
      });
    }
  }
  return y;
}

// The scores of what comes next. The places that begin as in the last call are known already:
// their keys and values are still there.
function predict(net, ids) {
  const { E, places, blocks, gamma, known, tokens, D, heads, eps } = net;
  let first = 0;
  while (first < ids.length - 1 && ids[first] === known[first]) first++;
  net.known = ids;
  let x = new Float64Array((ids.length - first) * D);
  const add = (y) => y.forEach((v, i) => x[i] += v);
  ids.slice(first).forEach((id, r) => x.set(E.subarray(id * D, (id + 1) * D), r * D));
  add(places.subarray(first * D, ids.length * D));
  blocks.forEach((block, i) => {
    let found = attend(block, times(norm(x, block.gamma, eps), block.Wqkv, D), first, heads, D);
    if (i === blocks.length - 1) [x, found] = [x.subarray(-D), found.subarray(-D)]; // the rest is done
    add(times(found, block.Wo, D));
    add(times(gelu(times(norm(x, block.gamma2, eps), block.W1, D)), block.W2, 4 * D));
  });
  x = norm(x, gamma, eps);
  return range(tokens).map((k) => x.reduce((sum, v, j) => sum + v * E[k * D + j], 0));
}

// At temperature 0 the likeliest has all.
function probabilities(scores, temperature) {
  if (temperature) return softmax(scores.map((v) => v / temperature));
  const best = scores.indexOf(Math.max(...scores));
  return scores.map((_, k) => Number(k === best));
}

// The first letter with which the probabilities add up to more than u times all.
function drawn(p, u) {
  let sum = 0;
  const sums = p.map((v) => sum += v);
  return sums.findIndex((v) => v > u * sum);
}

// Number k of the random numbers in [0, 1) that a seed gives: their state is a counter.
const random = (seed, k) => uniform((seed + Math.imul(k, 1831565813)) | 0)();

// ---- The figure ----

const seen = (letter) => ({ " ": "␣", "\n": "↵" })[letter] ?? letter;
const named = (letter) => ({ " ": "a blank", "\n": "a new line" })[letter] ?? `“${letter}”`;
const percent = (p) => `${text(100 * p, p < 0.0995 ? 1 : 0)} %`;

export function explore(props) {
  const { characters, longest, most, sample, file, size, sum, packed, sizes, ...start } = props;
  const { state, update, field, slider, page } = figure(start, draw, say);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const root = document.documentElement.dataset.content_root; // on the site alone
  const known = (letters) => [...letters].map((letter) => characters.indexOf(letter));
  const all = () => state.beginning + state.written;
  const isFull = () => state.written.length >= most;
  let [net, trouble, busy, timer, now] = [undefined, "", false, undefined, {}];

  // ---- The weights ----

  function open(numbers) {
    trouble = numbers ? "" : MISSING;
    try {
      if (numbers) net = network(halves(numbers, sum), sizes);
    } catch {
      trouble = BROKEN;
    }
  }
  // The file is a script, for pages that are opened from a disk may read no other. It leaves
  // the numbers under its own name.
  function load() {
    if (busy) return;
    busy = true;
    const ended = () => {
      busy = false;
      open(globalThis.explorableFiles?.[file]);
      if (trouble) delete globalThis.explorableFiles?.[file];
      const focused = document.activeElement === loading;
      update();
      if (net && focused) one.focus();
    };
    trouble = "";
    update();
    if (globalThis.explorableFiles?.[file]) return ended();
    const src = `${root}_static/${file}`;
    document.head.append(el("script", { src, onload: ended, onerror: ended }));
  }

  // ---- What it does ----

  // The probabilities of all letters, and which of them the die gives.
  function look() {
    const scores = predict(net, known(all()).slice(-sizes.context));
    const p = probabilities(scores, state.temperature);
    now = { p, drawn: drawn(p, random(state.seed, state.written.length)) };
  }
  function stop() {
    clearTimeout(timer);
    timer = undefined;
  }
  // Does something else than writing on.
  const instead = (changes) => () => {
    stop();
    update(changes());
  };
  const more = (letter) => ({ written: isFull() ? state.written : state.written + letter });
  const less = () => ({ written: state.written.slice(0, -1) });
  function run(left) {
    stop();
    if (!running.isConnected) return;
    if (left && !isFull()) timer = setTimeout(run, still.matches ? 0 : PACE, left - 1);
    const changes = left ? more(characters[now.drawn]) : {};
    if (!timer || !still.matches) return update(changes);
    Object.assign(state, changes); // seen when all are there
    look();
    running.textContent = "Stop";
  }
  // What cannot be read is said, and leaves all else as it was.
  function type(words) {
    const beginning = words.replaceAll("’", "'");
    const strange = [...beginning].find((letter) => !characters.includes(letter));
    const n = beginning.length;
    if (strange) {
      const problem = `The network has never seen “${strange}”. It knows the English letters, ` +
        "blanks, new lines and !$&',-.3:;?";
      update({ problem });
    } else if (!n || n > longest) {
      update({ problem: `Expected 1 to ${longest} characters, got ${n}.` });
    } else {
      instead(() => ({ beginning, written: "", problem: "" }))();
    }
  }

  // ---- What is seen ----

  const loading = button("", load);
  const typed = el("textarea.wo-typed", {
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    oninput: () => type(typed.value),
  });
  const problem = el("p.dlx-bad", { "data-problem": "" });
  const shown = scroll("The text", [], { class: "wo-text" });
  const one = button("Write one letter", instead(() => more(characters[now.drawn])));
  const running = button(
    "",
    () => timer ? instead(() => ({}))() : run(still.matches ? AT_ONCE : most),
  );
  const back = button("Back one", instead(less));
  const again = button("Start again", instead(() => ({ written: "" })));
  const reset = button("Reset", instead(() => structuredClone(start)));
  const bars = range(BARS).map(() => {
    const [letter, bar, p] = [el("span"), el("i"), el("span")];
    const node = button([letter, bar, p], instead(() => more(node.dataset.letter)), {
      class: "wo-bar",
    });
    return { node, letter, bar, p };
  });
  const others = el("span", { "data-others": "" });
  const said = el("p.wo-said", { "data-said": "" });
  const letters = Object.fromEntries([...characters.trim()].map((letter) => [letter, letter]));
  const chosen = (letter) => instead(() => letter ? more(letter) : less())();
  const nodes = bars.map(({ node }) => node);
  walk(nodes, [BARS, 1]);

  function draw() {
    before.hidden = Boolean(net);
    after.forEach((node) => node.hidden = !net);
    problem.textContent = trouble || state.problem;
    loading.textContent = busy ? "Loading …" : `Load the network (${size} MB)`;
    set(loading, { "aria-disabled": busy ? "true" : undefined });
    if (!net) return fill(shown, el("b", state.beginning), sample);

    look();
    const { beginning } = state;
    if (!state.problem && typed.value.replaceAll("’", "'") !== beginning) typed.value = beginning;
    set(typed, { "aria-invalid": state.problem ? "true" : undefined });
    fill(shown, pieces());
    shown.scrollTop = shown.scrollHeight;
    running.textContent = timer ? "Stop" : "Write on";
    const { p, drawn } = now;
    const best = range(p.length).sort((i, j) => p[j] - p[i]).slice(0, BARS);
    if (!best.includes(drawn)) best[BARS - 1] = drawn;
    bars.forEach(({ node, letter, bar, p: share }, row) => {
      const [k, given] = [best[row], best[row] === drawn];
      letter.textContent = seen(characters[k]);
      bar.style.setProperty("--p", `${100 * p[k]}%`);
      show(share, p[k], percent(p[k]));
      set(node, {
        class: given ? "wo-bar wo-drawn" : "wo-bar",
        "data-letter": characters[k],
        "aria-label": `Write ${named(characters[k])}, ${percent(p[k])}${
          given ? ", the die’s" : ""
        }`,
      });
    });
    const rest = 1 - best.reduce((sum, k) => sum + p[k], 0);
    show(others, rest, percent(Math.abs(rest)));
    said.textContent = sentence(best[0]);
  }

  // The text in pieces: the beginning is bold, and grey is what the network does not see.
  function pieces() {
    const words = all();
    const [mine, unseen] = [state.beginning.length, Math.max(0, words.length - sizes.context)];
    const ends = [mine, unseen, words.length].sort((a, b) => a - b);
    return ends.map((end, i) => {
      const from = i ? ends[i - 1] : 0;
      return el(
        from < mine ? "b" : "span",
        { class: from < unseen && "wo-past" },
        words.slice(from, end),
      );
    });
  }
  function sentence(best) {
    const [n, { context }] = [all().length, sizes];
    const gives = `Likeliest is ${named(characters[best])}; the die gives ${
      named(characters[now.drawn])
    }.`;
    if (isFull()) return `${gives} That is enough: ${most} letters.`;
    if (n <= context) return `${gives} The network sees all ${n} characters.`;
    return `${gives} The network sees the last ${context} of ${n} characters. With each letter ` +
      "they move by one place, so all is computed anew.";
  }
  function say() {
    if (!net) return busy ? loading.textContent : problem.textContent;
    if (state.problem) return state.problem;
    return `The text ends in: ${all().slice(-60)}. ${said.textContent}`;
  }

  const before = el(
    "div",
    el(
      "p.dlx-soft",
      `It wrote this at temperature ${start.temperature} with the seed ${start.seed}.`,
    ),
    root === undefined
      ? el(
        "p",
        { "data-elsewhere": "" },
        `The network itself, ${size} MB, is not in this notebook. To play with it, run `,
        el("code", "explorables.write_on(embed=True)"),
        " in a cell: then it comes with that cell’s output.",
      )
      : loading,
  );
  const begin = el("label.dlx-soft", "Your beginning", typed);
  const moves = el("div.dlx-row.dlx-tight", one, running, back, again, reset);
  const seed = field("seed", "seed", 0, 9999, { decimals: 0 });
  const die = button("Throw the die", () => update({ seed: Math.floor(10000 * Math.random()) }));
  const next = el(
    "div",
    el(
      "p.dlx-soft",
      "What may come next: choose any, or type a letter here. Ringed: the die’s choice.",
    ),
    el(
      "div.wo-bars.dlx-numbers",
      { onkeydown: keys({ ...letters, Backspace: "" }, chosen) },
      nodes,
    ),
    el("p.dlx-soft.dlx-numbers", "all others together: ", others),
    slider("temperature", "temperature", 0, 2),
    el("div.wo-seed", el("span", { "aria-hidden": "true" }, "seed"), seed, die),
  );
  const after = [begin, moves, next, said];

  if (packed) open(packed);
  return page(
    el("style", STYLE),
    el("p", "A network guesses each next letter, and a die chooses among its guesses. Or you do."),
    problem,
    el("div.dlx-columns.wo-panes", el("div", begin, shown, moves, before), next),
    said,
  );
}
