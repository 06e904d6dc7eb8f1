// Two LSTMs read and write a date, with attention between them; its cells can be erased.

const { button, el, figure, fill, only, range, scroll, set, show, text, walk } =
  globalThis.explorables;
const { add, dot, matrices, softmax, step, times, zeros } = globalThis.lstm;

const STYLE = `
.dlx .dw-date { width: 11.5rem; height: 2rem; padding: 0.1rem 0.5rem; border: 1px solid var(--control); border-radius: 0.3rem; background: none; color: inherit; font: inherit; }
.dlx .dw-date[aria-invalid] { border-color: var(--bad); }
.dlx .dw-panes { flex-wrap: nowrap; }
.dlx .dw-panes > :first-child { flex: 0 1 auto; }
.dlx .dw-panes > :last-child { flex: 1 1 14rem; min-width: 13rem; }
.dlx .dw-table { display: flex; font-size: 0.88em; }
.dlx .dw-grid { display: grid; grid-auto-rows: 1.65rem; gap: 1px; padding: 3px; align-items: center; text-align: center; white-space: pre; }
.dlx .dw-left { flex: none; grid-template-columns: 1.9rem 1.6rem 2.9rem; }
.dlx .dw-cells { grid-template-columns: repeat(var(--n), 1.65rem); }
.dlx button.dw-head, .dlx button.dw-cell { height: 1.65rem; min-height: 0; padding: 0; border-radius: 2px; font-size: 1em; }
.dlx button.dw-cell { border-color: var(--edge); background: color-mix(in srgb, var(--line-1) var(--w), var(--bg)); font-size: 0.78em; }
.dlx button.dw-cell:hover { border-color: var(--ink); }
.dlx button.dw-cell[aria-pressed="true"] { border-color: var(--bad); background: var(--bg); color: var(--bad); font-size: 1.1em; }
.dlx .dw-hint { outline: 2px dashed var(--one); outline-offset: -1px; }
.dlx .dw-new { color: var(--bad); font-weight: 700; text-decoration: underline; text-underline-offset: 0.2em; }
.dlx .dw-out { display: grid; grid-template-columns: auto 1fr; gap: 0 0.8rem; align-items: baseline; margin: 0; }
.dlx .dw-out dt { font-weight: 400; color: var(--soft); }
.dlx .dw-out dd { margin: 0; font: 600 1.25rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.dlx .dw-said { min-height: 8.5em; }
@media (max-width: 700px) { .dlx .dw-panes { flex-wrap: wrap; } .dlx .dw-panes > * { flex-basis: 100% !important; } .dlx .dw-said { min-height: 4.4em; } }
`;

const LENGTH = 10;
const GO_ON = [[false, "what it writes now"], [true, "what it wrote before"]];
const seen = (character) => character === " " ? "␣" : character;
const percent = (p) => `${text(100 * p, 0)}%`;

// The weights as lists of rows, in the order in which they are packed.
function network(packed, [n, m, D]) {
  const take = matrices(packed);
  const lstm = () => ({ Wx: take(D, 4 * D), Wh: take(D, 4 * D), b: take(1, 4 * D)[0] });
  const [source, encoder, target, decoder] = [take(n, D), lstm(), take(m, D), lstm()];
  const [Wq, Wkv, Wo] = [take(D, D), take(D, 2 * D), take(D, D)];
  return { source, encoder, target, decoder, Wq, Wkv, Wo, Wy: take(D, m), by: take(1, m)[0], D };
}

// What the decoder starts from, and the keys and values of all places.
function read({ source, encoder, Wkv, D }, ids) {
  let state = [zeros(D), zeros(D)];
  const memory = ids.map((id) => {
    ({ state } = step(encoder, source[id], state));
    return times(state[0], Wkv);
  });
  const keys = memory.map((row) => row.slice(0, D));
  return { start: [state[0], zeros(D)], keys, values: memory.map((row) => row.slice(D)) };
}

// Writes the likeliest character, again and again. allowed(t) are the places where character t
// may look. Each step goes on with what was written, or with what is given.
function write({ target, decoder, Wq, Wo, Wy, by, D }, { start, keys, values }, allowed, given) {
  let [state, last] = [start, 0];
  return range(LENGTH).map((t) => {
    ({ state } = step(decoder, target[last], state));
    const q = times(state[0], Wq);
    const places = allowed(t);
    const weights = zeros(keys.length);
    if (places.length) {
      const found = softmax(places.map((s) => dot(q, keys[s]) / Math.sqrt(D)));
      places.forEach((s, i) => weights[s] = found[i]);
    }
    const p = softmax(add(by, times(add(state[0], times(times(weights, values), Wo)), Wy)));
    const best = p.indexOf(Math.max(...p));
    last = given ? given[t] : best;
    return { weights, p, best };
  });
}

export function explore({ reads, writes, places, examples, hints, packed, sizes, ...start }) {
  const net = network(packed, sizes);
  const { state, update, choice, reset, page } = figure(start, draw, say);
  const idOf = (t, s) => t * places + s;
  const largest = ({ weights }) => weights.indexOf(Math.max(...weights));
  let [built, columns, cells, plain, now] = ["", [], [], [], []];

  const typed = el("input.dw-date", {
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-label": "Date",
    oninput: () => type(typed.value),
  });
  // What cannot be read is said, and leaves all else as it was.
  function type(words) {
    const date = words.trim().toLowerCase();
    const strange = [...date].find((one) => !reads.slice(1).includes(one));
    if (strange) {
      const expected = "digits, blanks, commas, slashes and the letters of English months";
      update({ problem: `Expected ${expected}, got “${strange}”.` });
    } else if (!date || date.length > places) {
      update({ problem: `Expected 1 to ${places} characters, got ${date.length}.` });
    } else {
      update({ date, erased: date === state.date ? state.erased : [], at: -1, problem: "" });
    }
  }

  // Erases cells; where all of them are erased already, they come back.
  const isErased = (id) => state.erased.includes(id);
  function toggle(ids, at = -1) {
    const rest = state.erased.filter((id) => !ids.includes(id));
    update({ erased: ids.every(isErased) ? rest : [...rest, ...ids], at });
  }
  const rowOf = (t) => range(state.date.length).map((s) => idOf(t, s));
  const columnOf = (s) => range(LENGTH).map((t) => idOf(t, s));

  const problem = el("p.dlx-bad", { "data-problem": "" });
  const left = el("div.dw-grid.dw-left.dlx-numbers");
  const right = el("div.dw-grid.dw-cells.dlx-numbers");
  const all = button("all", () => toggle(range(LENGTH).flatMap(rowOf)), {
    class: "dw-head",
    "aria-label": "Erase all",
  });
  const rows = range(LENGTH).map((t) => ({
    head: button("", () => toggle(rowOf(t), t), { class: "dw-head" }),
    out: el("b", { "data-out": "" }),
    p: el("span", { "data-p": "" }),
  }));
  const before = el("dd", { "data-before": "" });
  const after = el("dd", { "data-after": "" });
  const said = el("p.dw-said", { "data-said": "" });
  fill(
    left,
    [all, el("span", "now"), el("span", "sure")],
    rows.map(({ head, out, p }) => [head, out, p]),
  );

  // A column for each character that is read. The arrow keys walk through all buttons.
  function build() {
    columns = [...state.date].map((character, s) =>
      button(seen(character), () => toggle(columnOf(s)), {
        class: "dw-head",
        "aria-label": `Erase column ${s + 1}, “${character}”`,
      })
    );
    cells = rows.map((_, t) =>
      columns.map((_, s) => button("", () => toggle([idOf(t, s)], t), { class: "dw-cell" }))
    );
    fill(right, columns, cells);
    right.style.setProperty("--n", columns.length);
    const nodes = [all, columns, rows.map(({ head }, t) => [head, cells[t]])].flat(3);
    walk(nodes, [LENGTH + 1, columns.length + 1]);
    only(nodes, cells[hints[0]][0]);
    built = state.date;
  }

  function draw() {
    if (built !== state.date) build();
    const { date, erased, kept } = state;
    if (!state.problem && typed.value.trim().toLowerCase() !== date) typed.value = date;
    set(typed, { "aria-invalid": state.problem ? "true" : undefined });
    problem.textContent = state.problem;

    const ids = [...date.padStart(places, reads[0])].map((one) => reads.indexOf(one));
    const memory = read(net, ids);
    memory.keys = memory.keys.slice(-date.length);
    memory.values = memory.values.slice(-date.length);
    const free = (t) => range(date.length).filter((s) => !isErased(idOf(t, s)));
    plain = write(net, memory, () => range(date.length));
    now = write(net, memory, free, kept && plain.map(({ best }) => best));

    const hint = hints.find((t) => !rowOf(t).some(isErased));
    set(all, { "aria-pressed": `${erased.length === LENGTH * date.length}` });
    columns.forEach((node, s) => set(node, { "aria-pressed": `${columnOf(s).every(isErased)}` }));
    rows.forEach(({ head, out, p }, t) => {
      const [old, one] = [writes[plain[t].best], writes[now[t].best]];
      fill(head, old);
      set(head, {
        "aria-label": `Erase row ${t + 1}, ${old}`,
        "aria-pressed": `${rowOf(t).every(isErased)}`,
      });
      set(fill(out, one), { class: one !== old && "dw-new" });
      show(p, now[t].p[now[t].best], percent(now[t].p[now[t].best]));
      cells[t].forEach((node, s) => {
        const w = now[t].weights[s];
        const gone = isErased(idOf(t, s));
        show(node, w, gone ? "×" : w < 0.005 ? "" : text(100 * w, 0));
        node.style.setProperty("--w", `${45 * w}%`);
        set(node, {
          class: t === hint && s === largest(plain[t]) ? "dw-cell dw-hint" : "dw-cell",
          "aria-pressed": `${gone}`,
          "aria-label": `Row ${t + 1}, ${old}, column ${s + 1}, “${date[s]}”: weight ${text(w)}`,
        });
      });
    });
    fill(before, plain.map(({ best }) => writes[best]));
    fill(
      after,
      now.map(({ best }, t) =>
        best === plain[t].best ? writes[best] : el("b.dw-new", writes[best])
      ),
    );
    said.textContent = sentence(hint);
  }

  function sentence(hint) {
    const { date, erased, at } = state;
    const old = (t) => writes[plain[t].best];
    const parts = [];
    if (erased.length) {
      const changed = range(LENGTH).filter((t) => now[t].best !== plain[t].best);
      const list = changed.slice(0, 3).map((t) => `${t + 1} (${old(t)} → ${writes[now[t].best]})`);
      const more = changed.length > 3 ? ` and ${changed.length - 3} more` : "";
      const what = changed.length ? `Changed: character ${list.join(", ")}${more}.` : "No change.";
      parts.push(`${erased.length} erased.`, what);
    }
    if (at >= 0) {
      const [was, is] = [plain, now].map((all) => percent(all[at].p[plain[at].best]));
      parts.push(`Character ${at + 1}: the ${old(at)} had ${was}, and has ${is} now.`);
    }
    if (hint !== undefined) {
      const s = largest(plain[hint]);
      const look = `“${seen(date[s])}” (${percent(plain[hint].weights[s])})`;
      parts.push(`To write character ${hint + 1}, ${old(hint)}, it looks most at ${look}.`);
      parts.push(`Erase that ringed cell: will the ${old(hint)} change?`);
    }
    return parts.join(" ");
  }
  function say() {
    if (state.problem) return state.problem;
    return `${state.date} gives ${before.textContent}; ` +
      `with what is erased, ${after.textContent}. ${said.textContent}`;
  }
  const eraseLargest = () => {
    const more = now.map((one, t) => idOf(t, largest(one))).filter((id) => !isErased(id));
    update({ erased: [...state.erased, ...more], at: -1 });
  };

  return page(
    el("style", STYLE),
    el("p", "The bluer a cell, the more the network looks there. Does it need what it looks at?"),
    el(
      "div.dlx-row.dlx-tight",
      typed,
      examples.map((date) => button(date, () => type(date))),
      reset,
    ),
    problem,
    el(
      "div.dlx-columns.dw-panes",
      el(
        "div",
        el("p.dlx-soft", "A column for each character read, a row for each one written:"),
        el("div.dw-table", left, scroll("Where it looks, in percent", right)),
      ),
      el(
        "div",
        el("dl.dw-out", el("dt", "nothing erased"), before, el("dt", "now"), after),
        said,
        choice("Each step goes on with", "kept", GO_ON),
        el(
          "div.dlx-row.dlx-tight",
          { style: "margin-top: 0.5rem" },
          button("Erase each row’s largest", eraseLargest),
          button("Restore all", () => update({ erased: [], at: -1 })),
        ),
        el(
          "p.dlx-soft",
          "An erased cell counts as −∞ before the softmax, so the rest of its row still sums to 100. A row with nothing left finds zeros.",
        ),
      ),
    ),
  );
}
