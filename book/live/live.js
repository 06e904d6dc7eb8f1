// Live cells: a reader runs the code of a page, changes it, and has exercises checked.
// This small file makes the buttons, and keeps answers on this device. What runs Python
// and what edits is loaded when the reader first asks for it.
(() => {
  const { document, localStorage } = globalThis;
  const home = new URL(".", document.currentScript.src).href;
  const inputs = [...document.querySelectorAll("div.cell > * pre, div.cell > pre")]
    .map((pre) => pre.closest(".cell_input")).filter(Boolean);
  if (!inputs.length) return;

  const load = (file) => import(home + file);
  const page = location.pathname.split("/").at(-1).replace(/\.html$/, "");

  // el("button.live-run", { type: "button" }, "Run"): a new element.
  function el(tag, attributes = {}, ...children) {
    const [name, ...classes] = tag.split(".");
    const node = document.createElement(name);
    if (classes.length) node.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  // ---- What stays on this device; a browser may refuse to keep it ----

  const ANSWERS = `dlscratch-answers:${page}`;
  const SOLVED = "dlscratch-solved";
  const store = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key)) ?? {};
      } catch {
        return {};
      }
    },
    set(key, value) {
      try {
        if (Object.keys(value).length) localStorage.setItem(key, JSON.stringify(value));
        else localStorage.removeItem(key);
      } catch {
        // The page works all the same, until it is closed.
      }
    },
    change(key, act) {
      const value = store.get(key);
      act(value);
      store.set(key, value);
    },
  };

  // ---- The cells ----

  const cells = inputs.map((input, i) => {
    const node = input.closest("div.cell");
    const pre = input.querySelector("pre");
    const printed = pre.textContent.replace(/\n$/, "");
    return { i, n: i + 1, node, input, pre, printed, source: printed, editor: null };
  });

  // The cells of an exercise: those in its section, and the one above that defines what it
  // checks, as in a "Break it" whose code stands before it.
  const CHECK = /\bcheck\(\s*["']([^"']+)["']\s*,\s*(\w*)/;
  for (const cell of cells) cell.section = cell.node.closest("section.exercise");
  for (const cell of cells) {
    const [, key, name] = cell.printed.match(CHECK) ?? [];
    if (!key || !cell.section) continue;
    cell.section.dataset.exercise = key;
    if (!name) continue;
    const defines = new RegExp(`^(def|class) ${name}\\b`, "m");
    if (defines.test(cell.printed)) continue;
    const above = cells.slice(0, cell.i).findLast((one) => defines.test(one.printed));
    if (above && !above.section) above.answers = cell.section;
  }
  for (const cell of cells) {
    const section = cell.section ?? cell.answers;
    if (!section) continue;
    cell.exercise = section;
    const group = cells.filter((one) => (one.section ?? one.answers) === section);
    cell.name = `${section.id}/${group.indexOf(cell)}`;
    cell.isHelp = /^(hint|solution)\(/.test(cell.printed);
  }

  // ---- The reader's text ----

  function changed(cell, text) {
    cell.source = text;
    const own = text !== cell.printed;
    cell.node.classList.toggle("live-own", own);
    cell.reset.hidden = !own && !cell.node.classList.contains("live-ran");
    if (!cell.exercise) return; // the book's own code is as printed when the page is opened
    store.change(ANSWERS, (answers) => {
      if (own) answers[cell.name] = text;
      else delete answers[cell.name];
    });
  }

  async function edit(cell, { focus = true } = {}) {
    const closed = cell.input.closest("details:not([open])");
    if (closed) closed.open = true;
    if (!cell.editor) {
      const { makeEditor } = await load("editor.js");
      cell.editor ??= makeEditor(cell.pre, {
        text: cell.source,
        label: `Code of cell ${cell.n}`,
        change: (text) => changed(cell, text),
        run: () => run(cell),
      });
    }
    cell.edit.hidden = true;
    if (cell.edit.tabIndex === 0) point(cell, cell.run);
    if (focus) cell.editor.focus();
  }

  function setSource(cell, text) {
    if (cell.editor) cell.editor.set(text);
    else cell.pre.textContent = `${text}\n`;
    changed(cell, text);
  }

  async function reset(cell) {
    if (cell.node.matches(".live-busy, .live-waits")) return;
    if (cell.editor) {
      cell.editor.close();
      cell.editor = null;
      cell.edit.hidden = false;
    }
    cell.pre.replaceChildren(...cell.tokens.map((node) => node.cloneNode(true)));
    changed(cell, cell.printed);
    if (cell.node.classList.contains("live-ran")) (await load("output.js")).restore(cell);
    cell.node.classList.remove("live-ran", "live-failed");
    cell.reset.hidden = true;
    say(cell, "");
  }

  // ---- Running ----

  const live = { home, page, cells, el, store, say, solved, load, edit };
  const runner = async () => (await load("run.js")).begin(live);
  const run = async (cell) => (await runner()).run(cell);
  const runTo = async (cell) => (await runner()).runTo(cell);
  const runAll = async () => (await runner()).runAll();

  // A cell's number, and what there is to say of it: that it waits, or how long it took.
  function say(cell, words) {
    cell.note.textContent = words ? `${words} · ${cell.n}` : cell.n;
  }

  // ---- Solved exercises ----

  // "2. The perceptron" and "6a. Optimizers" have numbers, with which their exercises begin.
  const chapterOf = (title) => title.trim().match(/^(\d+[a-z]?)\. /)?.[1];
  const chapter = chapterOf(document.querySelector("article h1")?.textContent ?? "");
  const exercises = [...document.querySelectorAll("section.exercise[data-exercise]")];

  function solved(key) {
    store.change(SOLVED, (all) => {
      all.done = [...new Set([...(all.done ?? []), key])];
      if (chapter) all.of = { ...all.of, [chapter]: exercises.length };
    });
    mark();
  }

  function badge(place, words, spoken) {
    place.querySelector(":scope > .live-solved")?.remove();
    if (!words) return;
    const hidden = el("span.live-unseen", {}, ` ${spoken}`);
    const seen = el("span", { "aria-hidden": "true" }, words);
    const heading = place.querySelector(":scope > .headerlink");
    const mark = el("span.live-solved", {}, seen, hidden);
    if (heading) heading.before(mark);
    else place.append(mark);
  }

  function mark() {
    const { done = [], of = {} } = store.get(SOLVED);
    for (const section of exercises) {
      const is = done.includes(section.dataset.exercise);
      badge(section.querySelector("h2, h3, h4"), is && "✔", "(solved)");
      const links = document.querySelectorAll(".bd-sidebar-secondary a[href^='#']");
      const names = [section.id, ...[...section.querySelectorAll("span[id]")].map((e) => e.id)];
      for (const link of links) {
        if (names.includes(link.hash.slice(1))) badge(link, is && "✔", "(solved)");
      }
    }
    for (const link of document.querySelectorAll("nav.bd-links a.reference")) {
      const number = chapterOf(link.firstChild?.textContent ?? "");
      const n = number ? done.filter((key) => key.startsWith(`${number}.`)).length : 0;
      const all = of[number] ? ` of ${of[number]}` : "";
      badge(link, n && `✔ ${n}${all.replace(" of ", "/")}`, `(${n}${all} exercises solved)`);
    }
  }

  // ---- Asking ----

  // Asks with some buttons; the answer is the number of one, or −1.
  function ask(text, choices) {
    return new Promise((resolve) => {
      const back = document.activeElement;
      const close = (answer) => () => {
        box.close();
        box.remove();
        back?.focus?.();
        resolve(answer);
      };
      const buttons = choices.map((words, i) =>
        el("button.live-choice", { type: "button", onclick: close(i) }, words)
      );
      const words = el("p", { id: "live-question" }, text);
      const box = el("dialog.live-ask", { "aria-labelledby": "live-question" }, words);
      box.append(el("div.live-choices", {}, ...buttons));
      box.addEventListener("cancel", close(-1));
      document.body.append(box);
      box.showModal();
    });
  }
  live.ask = ask;

  async function resetAll() {
    for (const cell of cells) {
      const own = cell.node.matches(".live-own, .live-ran") || cell.editor;
      if (own) await reset(cell);
    }
  }

  async function clear() {
    const question = "Delete your answers on this page, and the marks of all solved exercises, " +
      "from this device?";
    if (await ask(question, ["Delete them", "Keep them"]) !== 0) return;
    for (const cell of cells) if (cell.exercise) await reset(cell);
    store.set(ANSWERS, {});
    store.set(SOLVED, {});
    mark();
  }

  // ---- The buttons ----

  // One stop of the Tab key for each cell; the arrow keys move on to its other buttons.
  const buttons = (cell) => [...cell.row.querySelectorAll("button:not([hidden])")];
  function point(cell, to) {
    for (const button of cell.row.querySelectorAll("button")) {
      button.tabIndex = button === to ? 0 : -1;
    }
  }
  function move(cell, event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = buttons(cell);
    const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
    point(cell, next);
    next.focus();
  }

  function addButtons(cell) {
    const button = (name, words, label, onclick) =>
      el(`button.live-${name}`, { type: "button", "aria-label": label, onclick }, words);
    const { n } = cell;
    const start = el("span.live-sign", { "aria-hidden": "true" }, "▶");
    cell.tokens = [...cell.pre.childNodes].map((node) => node.cloneNode(true));
    cell.run = button("run", "Run", `Run cell ${n}`, () => run(cell));
    cell.run.prepend(start);
    cell.edit = button("edit", "Edit", `Edit cell ${n}`, () => edit(cell));
    cell.to = button("to", "Run to here", `Run to here, cells 1 to ${n}`, () => runTo(cell));
    cell.reset = button("reset", "Reset", `Reset cell ${n}`, () => {
      point(cell, cell.run);
      cell.run.focus();
      reset(cell);
    });
    cell.reset.hidden = true;
    cell.note = el("span.live-note", {}, String(n));
    const keys = (event) => move(cell, event);
    cell.row = el("div.live-row", { role: "toolbar", "aria-label": `Cell ${n}`, onkeydown: keys });
    cell.row.append(cell.run, cell.edit, cell.reset, cell.to, cell.note);
    if (cell.isHelp) cell.to.hidden = true;
    point(cell, cell.run);
    cell.node.dataset.n = n;
    cell.node.id ||= `cell-${n}`;
    cell.input.classList.add("live-cell");
    cell.input.append(cell.row);
  }

  function addMenu() {
    const place = document.querySelector(".article-header-buttons");
    if (!place) return;
    const item = (words, onclick) =>
      el("li", {}, el("button.btn.btn-sm.dropdown-item", { type: "button", onclick }, words));
    const sign = el("span.live-sign", { "aria-hidden": "true" }, "▶");
    const menu = el("div.dropdown.live-menu", {});
    menu.append(
      el("button.btn.dropdown-toggle", {
        type: "button",
        "data-bs-toggle": "dropdown",
        "aria-expanded": "false",
        "aria-label": "Run the code of this page",
      }, sign),
      el(
        "ul.dropdown-menu",
        {},
        item("Run all cells", runAll),
        item("Stop Python", async () => (await runner()).stop()),
        item("Reset all cells", resetAll),
        item("Clear answers and marks …", clear),
      ),
    );
    place.prepend(menu);
    const lite = document.querySelector(".dropdown-launch-buttons");
    if (!lite) return; // on the welcome page
    menu.querySelector("ul").append(...lite.querySelectorAll("li"));
    lite.remove();
    if (globalThis.matchMedia("(max-width: 767px)").matches) {
      // JupyterLab's panels leave a phone no room; the other Jupyter shows the notebook alone.
      const link = menu.querySelector('a[href*="/lite/lab/"]');
      link.href = link.href.replace("/lite/lab/", "/lite/notebooks/");
    }
  }

  // From a file, browsers start no second thread: say how the page is to be opened.
  function tellOfServer() {
    const text = "To run the code in this page, open the book from a server: type ";
    const command = el("code.literal", {}, "make serve");
    const note = el("p.live-server", {}, text, command, ", then open the address that it prints.");
    cells[0].node.before(note);
  }

  async function restore() {
    const answers = store.get(ANSWERS);
    for (const cell of cells) {
      const answer = cell.exercise && answers[cell.name];
      if (typeof answer !== "string" || answer === cell.printed) continue;
      setSource(cell, answer);
      say(cell, "your answer");
      await edit(cell, { focus: false }).catch(() => {}); // then it stays without colours
    }
  }

  if (location.protocol === "file:") return tellOfServer();
  document.documentElement.classList.add("live");
  cells.forEach(addButtons);
  addMenu();
  mark();
  restore();
})();
