// Runs cells, one after the other, in Python's own thread; says what happens.
import * as output from "./output.js";

const { document } = globalThis;
const SLOW = 10; // seconds from which a reader is asked before a cell runs
let runner = null;

// The page has one runner, made when it is first needed.
export async function begin(live) {
  runner ??= makeRunner(live, await seconds(live));
  return runner;
}

// How long slow cells of this page took where the book was made: {"7": 12.4}.
async function seconds({ home, page }) {
  try {
    return (await (await fetch(`${home}times.json`)).json())[page] ?? {};
  } catch {
    return {};
  }
}

function inWords(seconds) {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} minutes`;
}

const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

function makeRunner(live, times) {
  const { cells, say } = live;
  output.begin(live);
  let worker = null;
  let ready = false;
  let planned = null; // who waits for a plan
  let queue = [];
  let active = null;
  let clock = 0; // counts the cells that ran
  let batch = 0; // how many were asked for at once
  const bar = makeBar(live, stop);

  // ---- What Python tells ----

  const on = {
    progress({ what, loaded, total }) {
      bar.load(what, loaded, total);
    },
    plan({ cells }) {
      planned?.(cells);
      planned = null;
    },
    start() {
      ready = true;
      output.start(active);
      active.node.classList.add("live-busy");
      active.node.classList.remove("live-failed");
      active.node.setAttribute("aria-busy", "true");
      say(active, "runs");
      bar.run(active, queue, times[active.n]);
    },
    stream: (message) => output.stream(active, message),
    data(message) {
      const check = output.data(active, message);
      if (check) checked(check);
    },
    clear: ({ wait }) => wait ? active.fresh = true : output.clear(active),
    error(message) {
      output.error(active, message);
      active.problem = message.last ?? message.text.trim().split("\n").at(-1);
    },
    done({ ok, seconds }) {
      const cell = active;
      active = null;
      output.end(cell);
      rest(cell);
      cell.node.classList.add("live-ran");
      cell.node.classList.toggle("live-failed", !ok);
      cell.reset.hidden = false;
      cell.last = ++clock;
      cell.first ??= clock;
      say(cell, ok ? `ran in ${took(seconds)}` : "stopped");
      if (!ok) fail(cell);
      else if (!queue.length) {
        const all = batch > 1 ? `${batch} cells ran. ` : "";
        bar.done(all + (cell.said ?? `Cell ${cell.n} ran${spoken(cell)}`), all);
      }
      if (!queue.length) batch = 0;
      cell.said = null;
      dispatchEvent(new CustomEvent("live-done", { detail: { id: cell.n, ok } }));
      next();
    },
    fatal({ text }) {
      const what = ready ? "Python has stopped" : "Python cannot start";
      stop();
      bar.problem(`${what}: ${text}`);
    },
  };

  const took = (seconds) => seconds < 0.1 ? "0.1 s" : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;

  // What a screen reader says of a cell's output: the beginning of its text.
  function spoken(cell) {
    const text = cell.node.querySelector(":scope > .cell_output")?.innerText.trim() ?? "";
    return text ? `: ${text.slice(0, 200)}` : ", and has no output";
  }

  function checked(node) {
    active.said = node.innerText.trim();
    const key = node.querySelector("b")?.textContent.split(" ")[0];
    if (key && active.said.startsWith("✔")) live.solved(key);
  }

  function rest(cell) {
    cell.node.classList.remove("live-busy", "live-waits");
    cell.node.removeAttribute("aria-busy");
  }

  function fail(cell) {
    const waiting = queue.length ? ` ${count(queue.length, "cell")} below did not run.` : "";
    for (const one of queue) {
      rest(one);
      say(one, "");
    }
    queue = [];
    bar.problem(`Cell ${cell.n} stopped: ${cell.problem ?? "an error"}.${waiting}`, cell);
  }

  // ---- The thread ----

  function python() {
    if (worker) return worker;
    worker = new Worker(`${live.home}worker.js`);
    worker.onmessage = ({ data }) => on[data.type](data);
    worker.onerror = (event) => on.fatal({ text: event.message ?? "its file did not load" });
    bar.load("Python", 0, 0);
    return worker;
  }

  function stop() {
    const was = active;
    worker?.terminate();
    worker = null;
    ready = false;
    planned?.(null);
    planned = null;
    for (const cell of [was, ...queue].filter(Boolean)) {
      rest(cell);
      say(cell, cell === was ? "stopped" : "");
    }
    if (was?.fresh) output.restore(was);
    [queue, active, clock, batch] = [[], null, 0, 0];
    for (const cell of cells) delete cell.first, delete cell.last;
    const words = "Python has stopped and forgot everything. ";
    bar.done(`${words}The next run starts it afresh, with the cells above.`);
  }

  function next() {
    if (active || !queue.length) return;
    active = queue.shift();
    python().postMessage({ id: active.n, source: active.source });
    if (!ready) say(active, "waits for Python");
  }

  function add(list) {
    for (const cell of list) {
      if (cell === active || queue.includes(cell)) continue;
      queue.push(cell);
      batch++;
      cell.node.classList.add("live-waits");
      say(cell, "waits");
    }
    if (ready && active) bar.run(active, queue, times[active.n]);
    next();
  }

  // ---- Which cells run ----

  // A cell has to run if it has not, or if one above it ran for the first time later.
  function outdated(list) {
    let latest = 0;
    const firsts = new Map();
    for (const cell of cells) {
      firsts.set(cell, latest);
      latest = Math.max(latest, cell.first ?? 0);
    }
    let some = false;
    return list.filter((cell) => {
      const must = !cell.last || firsts.get(cell) > cell.last;
      some ||= must && !cell.last;
      return must || some;
    });
  }

  // Exercises stand by themselves: nothing of the text needs their cells.
  const above = (cell) =>
    cells.slice(0, cell.i).filter((one) =>
      !one.exercise || one.exercise === cell.exercise && !one.isHelp
    );

  function plan(cell) {
    const found = new Promise((resolve) => planned = resolve);
    const sources = cells.map((one) => one.source);
    python().postMessage({ plan: cell.i, sources });
    return found;
  }

  // Null if Python is stopped meanwhile.
  async function needed(cell) {
    const found = await plan(cell);
    return found && missing(above(cell).filter((one) => found.includes(one.i)));
  }

  const sum = (list) => list.reduce((total, { n }) => total + (times[n] ?? 0), 0);

  // Asks where it takes long: the answer is "all", "needed" or "none".
  async function choose(cell, before, orNeeded) {
    const [first, own] = [sum(before), times[cell.n] ?? 0];
    if (first < SLOW && own < SLOW) return "all";
    const parts = [];
    if (first >= SLOW) {
      const have = before.length === 1 ? "has" : "have";
      parts.push(`${count(before.length, "cell")} above ${have} to run first: ${inWords(first)}.`);
    }
    if (own >= SLOW) parts.push(`This cell itself takes ${inWords(own)} in a browser.`);
    const choices = [["all", first >= SLOW ? "Run all of it" : "Run it"]];
    if (first >= SLOW && orNeeded) choices.push(["needed", "Run only what this cell needs"]);
    choices.push(["none", "Keep what is shown"]);
    const answer = await live.ask(parts.join(" "), choices.map(([, words]) => words));
    return choices[answer]?.[0] ?? "none";
  }

  const waits = (cell) => cell === active || queue.includes(cell);
  const missing = (list) => outdated(list).filter((cell) => !waits(cell));

  // Which cells run before one: those above it, for an exercise those that it needs, and
  // for a hint the first one, with the imports. Null if the reader decides against it.
  async function before(cell) {
    if (cell.isHelp) return missing(cells.slice(0, 1));
    const all = missing(above(cell));
    if (cell.exercise) {
      const some = all.length ? await needed(cell) : [];
      return some && await choose(cell, some, false) !== "none" ? some : null;
    }
    const way = await choose(cell, all, true);
    return way === "all" ? all : way === "needed" ? needed(cell) : null;
  }

  async function run(cell) {
    if (waits(cell)) return;
    const list = await before(cell);
    if (!list) return;
    add([...list, cell]);
    const loads = ready ? "" : "Python loads. ";
    const first = list.length ? `${count(list.length, "cell")} above run first.` : "";
    if (loads || first) bar.say(`${loads}${first}`);
  }

  async function many(list) {
    const total = sum(list);
    if (total >= SLOW) {
      const text = `${count(list.length, "cell")}: ${inWords(total)} in a browser.`;
      if (await live.ask(text, ["Run them", "Keep what is shown"]) !== 0) return;
    }
    add(list);
  }

  const runTo = (cell) => many([...above(cell), cell]);
  const runAll = () => many(cells);

  return { run, runTo, runAll, stop, cells };
}

// ---- The line at the foot of the window that says what happens ----

function makeBar({ el }, stop) {
  const words = el("span.live-words");
  const meter = el("progress.live-meter", { "aria-label": "Loading", hidden: true });
  const where = el("button", { type: "button", hidden: true }, "Show it");
  const halt = el("button.live-stop", { type: "button" }, "Stop");
  const close = el("button", { type: "button", "aria-label": "Close this line" }, "✕");
  const heard = el("span.live-unseen", { role: "status" });
  const line = el("div.live-bar", { role: "region", "aria-label": "Python" });
  line.append(meter, words, where, halt, close, heard);
  let timer = 0;
  let ticking = 0;
  let loading = false;

  halt.addEventListener("click", stop);
  close.addEventListener("click", hide);
  (document.querySelector("main") ?? document.body).append(line);

  function open(is) {
    line.classList.toggle("live-open", is);
    document.documentElement.classList.toggle("live-says", is); // keeps a place for it
  }
  function hide() {
    if (line.contains(document.activeElement)) lastFocus()?.focus();
    open(false);
  }
  // Where the reader was: the cell whose button or editor had the focus before.
  let from = null;
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest(".cell")) from = target;
  });
  const lastFocus = () => from?.isConnected ? from : null;

  function show(text, { running = false, problem = false } = {}) {
    clearTimeout(timer);
    clearInterval(ticking);
    loading = false;
    if (!running && document.activeElement === halt) lastFocus()?.focus({ preventScroll: true });
    words.textContent = text;
    meter.hidden = true;
    where.hidden = true;
    halt.hidden = !running;
    close.hidden = running;
    line.classList.toggle("live-problem", problem);
    open(true);
  }

  const say = (text) => heard.textContent = text;
  const mega = (bytes) => (bytes / 1e6).toFixed(0);

  return {
    say,
    load(what, loaded, total) {
      if (!loading) {
        show("", { running: true });
      }
      loading = true;
      meter.hidden = false;
      const whole = total > 0 && loaded >= total;
      if (total) {
        meter.max = total;
        meter.value = loaded;
      }
      words.textContent = whole || !what
        ? "Starting Python …"
        : total
        ? `Loading ${what}, ${mega(loaded)} of ${mega(total)} MB`
        : `Loading ${what} …`;
    },
    run(cell, waiting, expected) {
      const began = Date.now();
      const last = waiting.at(-1);
      const first = last ? `, before cell ${last.n}` : "";
      const more = waiting.length > 1 ? ` and ${waiting.length - 1} more` : "";
      const long = expected ? ` (${inWords(expected)} in all)` : "";
      const text = () => {
        const seconds = Math.floor((Date.now() - began) / 1000);
        return `Running cell ${cell.n}${more}${first}${
          seconds > 1 ? ` … ${seconds} s` : ""
        }${long}`;
      };
      show(text(), { running: true });
      if (expected) say(text());
      ticking = setInterval(() => words.textContent = text(), 1000);
    },
    done(spoken, seen = spoken) {
      if (seen) show(seen);
      else hide();
      say(spoken);
      timer = setTimeout(hide, 4000);
    },
    problem(text, cell) {
      show(text, { problem: true });
      say(text);
      where.hidden = !cell;
      where.onclick = () => {
        cell.node.querySelector(".cell_output")?.scrollIntoView({ block: "center" });
        cell.run.focus({ preventScroll: true });
      };
    },
  };
}
