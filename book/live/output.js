// What a cell gives, in the page's own style.

const { document } = globalThis;
let solutions = null; // what solutions say → how the page shows them
let el = null;

// Worked solutions are Markdown with formulas, which the page has set already.
export function begin(live) {
  el ??= live.el;
  if (solutions) return;
  solutions = new Map();
  for (const node of document.querySelectorAll("details.solution")) {
    solutions.set(node.querySelector("summary").textContent.trim(), node.cloneNode(true));
  }
}

function place(cell) {
  let node = cell.node.querySelector(":scope > .cell_output");
  if (!node) {
    node = el("div.cell_output.docutils.container");
    cell.node.append(node);
  }
  return node;
}

// ---- Before and after a run ----

// What is shown stays until something new comes, so that the page does not jump.
export function start(cell) {
  const node = place(cell);
  cell.shown ??= [...node.childNodes];
  cell.fresh = true;
  cell.figures = 0;
}

function open(cell) {
  if (cell.fresh) clear(cell);
  return place(cell);
}

export function clear(cell) {
  for (const image of place(cell).querySelectorAll("img[src^='blob:']")) {
    URL.revokeObjectURL(image.src);
  }
  place(cell).replaceChildren();
  cell.fresh = false;
  cell.figures = 0;
  cell.stream = null;
}

export function end(cell) {
  if (cell.fresh) clear(cell);
  if (!place(cell).hasChildNodes() && !cell.shown.length) place(cell).remove();
}

// Shows what the book shows.
export function restore(cell) {
  if (!cell.shown) return;
  clear(cell);
  if (cell.shown.length) place(cell).replaceChildren(...cell.shown);
  else place(cell).remove();
}

// ---- Text ----

// deno-lint-ignore no-control-regex -- the colours of a terminal begin with one
const ESCAPES = /\x1b\[[0-9;]*m/g;
const box = (kind, ...children) =>
  el(
    `div.output.${kind}.highlight-myst-ansi.notranslate`,
    {},
    el("div.highlight", {}, ...children),
  );

// A "\r" begins a line anew, as bars of progress do.
const overwrite = (text) => text.replace(/[^\n]*\r(?!\n)(?=[^\n])/g, "");

export function stream(cell, { name, text }) {
  const node = open(cell);
  const plain = text.replace(ESCAPES, "");
  if (cell.stream?.name === name && cell.stream.box === node.lastElementChild) {
    const { pre } = cell.stream;
    const before = pre.lastChild?.data ?? "";
    if (!plain.includes("\r") && !before.endsWith("\r")) pre.append(plain);
    else pre.textContent = overwrite(pre.textContent + plain);
    return;
  }
  const pre = el("pre", {}, overwrite(plain));
  const kind = name === "stderr" ? "stderr" : "stream";
  cell.stream = { name, pre, box: box(kind, pre) };
  node.append(cell.stream.box);
}

const plain = (text) => box("text_plain", el("pre", {}, text.replace(/\n?$/, "\n")));

// ---- HTML, figures and solutions ----

// A script that innerHTML brings does not run; a copy of it does.
function revive(node) {
  for (const old of node.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}

function html(text) {
  const node = el("div.output.text_html");
  node.innerHTML = text;
  return node;
}

function solution(markdown) {
  const [, title] = markdown.match(/^<details class="solution">\s*<summary>(.*?)<\/summary>/) ?? [];
  const node = solutions.get(title)?.cloneNode(true);
  for (const one of node?.querySelectorAll("[id]") ?? []) one.removeAttribute("id");
  return node;
}

// The same width and height as the built pages give to a figure.
function sizeOf(svg) {
  const found = svg.match(/<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"/);
  const [width, height] = (found ?? []).slice(1).map((points) => Math.round(points * 4 / 3));
  return found ? { width, height } : {};
}

// The book's n-th figure of this cell lends its description and caption, and its place
// in links.
function figure(cell, images) {
  const printed = cell.shown.filter((node) => node.localName === "figure")[cell.figures++];
  const own = cell.source !== cell.printed;
  const alt = own
    ? "A figure drawn by your code"
    : printed?.querySelector("img")?.alt ?? "A figure";
  for (const image of images) image.alt = alt;
  const node = el("figure.align-default", printed?.id ? { id: printed.id } : {}, ...images);
  const caption = printed?.querySelector("figcaption");
  if (caption) node.append(caption.cloneNode(true));
  return node;
}

function svg(cell, text, dark) {
  const image = (kind, text) => {
    const src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    return el(`img.${kind}`, { src, ...sizeOf(text) });
  };
  if (!dark) return figure(cell, [image("paper-both", text)]);
  return figure(cell, [image("paper-light", text), image("paper-dark", dark)]);
}

const join = (value) => Array.isArray(value) ? value.join("") : value;

export function data(cell, { data, metadata }) {
  const node = open(cell);
  const get = (type) => join(data[type]);
  const [png, picture] = [get("image/png"), get("image/svg+xml")];
  const known = get("text/markdown") && solution(get("text/markdown"));
  if (known) node.append(known);
  else if (picture) node.append(svg(cell, picture, metadata?.dark));
  else if (png) node.append(figure(cell, [el("img", { src: `data:image/png;base64,${png}` })]));
  else if (get("text/html") !== undefined) {
    const shown = html(get("text/html"));
    node.append(shown);
    revive(shown);
    return shown.querySelector(".check");
  } else node.append(plain(get("text/markdown") ?? get("text/plain") ?? ""));
  return null;
}

// ---- Errors ----

// Steps in a row within the library become one line that opens.
function folded(steps) {
  const groups = [];
  for (const step of steps) {
    if (step.cell || !groups.length || groups.at(-1)[0].cell) groups.push([step]);
    else groups.at(-1).push(step);
  }
  return groups;
}

function own(cell, step) {
  const where = step.cell === cell.n ? "In this cell" : step.cell < cell.n ? "Above" : "Below";
  const inside = step.name.startsWith("<") ? "" : `, in ${step.name}`;
  const rest = `line ${step.line}${inside}:`;
  const other = step.cell !== cell.n && document.querySelector(`.cell[data-n="${step.cell}"]`);
  const words = other
    ? [el("a", { href: `#${other.id}` }, `${where}, in cell ${step.cell}`), `, ${rest}`]
    : [`${where}, ${rest}`];
  return [el("p.live-where", {}, ...words), el("pre.live-line", {}, step.code ?? "")];
}

function library(steps) {
  const lines = steps.map((step) =>
    step.left_out
      ? `… ${step.left_out} more`
      : `${step.file}, line ${step.line}, in ${step.name}\n    ${step.code ?? ""}`
  );
  const n = steps.reduce((sum, step) => sum + (step.left_out ?? 1), 0);
  const title = `${n} ${n === 1 ? "step" : "steps"} further, outside the page’s code`;
  return [
    el(
      "details.live-library",
      {},
      el("summary", {}, title),
      el("pre", {}, lines.join("\n")),
    ),
  ];
}

export function error(cell, { text, last, steps }) {
  const rows = folded(steps ?? []).flatMap((group) =>
    group[0].cell ? own(cell, group[0]) : library(group)
  );
  const [, name, rest] = (last ?? text).match(/^([\w.]+)([^]*)$/) ?? [null, "", text];
  const message = el("pre.live-last", {}, el("strong", {}, name), rest);
  open(cell).append(el("div.output.traceback.live-error", {}, ...rows, message));
}
