// Shared by the explorables: elements, numbers, controls, dragging, speaking.

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const set = (node, attributes) => fill(node, attributes, []);

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Parameters move in steps of 0.01, so the two decimals on the page are exact.
const round2 = (value) => Math.round(value * 100) / 100 + 0;

function text(value, digits = 2) {
  const shown = value.toFixed(digits);
  return Number(shown) === 0 ? shown.replace("-", "") : shown.replace("-", "−");
}

// A number on the page; data-value holds it unrounded.
function show(node, value, digits = 2) {
  node.textContent = text(value, digits);
  node.dataset.value = value;
}

// "0.50·a − 0.20·b + 0.10" from [[0.5, "·a"], [-0.2, "·b"], [0.1, ""]].
const formula = (terms) =>
  terms
    .map(([value, after], i) => {
      const number = text(Math.abs(value)) + after;
      if (i === 0) return (round2(value) < 0 ? "−" : "") + number;
      return (round2(value) < 0 ? " − " : " + ") + number;
    })
    .join("");

// A range and a number field that hold the same value.
function slider(label, name, low, high, change, of = "") {
  const field = (type) =>
    el("input", {
      type,
      min: low,
      max: high,
      step: 0.01,
      name,
      "aria-label": label + of + (type === "number" ? ", typed" : ""),
      oninput(event) {
        const value = event.target.valueAsNumber;
        if (Number.isFinite(value)) change(round2(clamp(value, low, high)));
      },
    });
  const range = field("range");
  const number = field("number");
  let current;
  const write = (value) => {
    current = value;
    range.value = value;
    if (number !== document.activeElement) number.value = value.toFixed(2);
  };
  number.addEventListener("blur", () => (number.value = current.toFixed(2)));
  const node = el(
    "div",
    { class: "dlx-slider" },
    el("span", { "aria-hidden": "true" }, label),
    range,
    number,
  );
  return { node, write };
}

// One of several: radio buttons in a form of their own, so that names never clash.
function choice(legend, options, chosen, change) {
  const inputs = options.map(([value]) =>
    el("input", {
      type: "radio",
      name: "choice",
      value,
      checked: value === chosen && "",
      onchange: () => change(value),
    }),
  );
  const labels = options.map(([, label], i) => el("label", {}, inputs[i], el("span", {}, label)));
  const node = el("form", { class: "dlx-choice" }, el("fieldset", {}, el("legend", {}, legend), ...labels));
  const write = (value) => inputs.forEach((input) => (input.checked = input.value === value));
  return { node, write };
}

const button = (label, onclick, attributes = {}) =>
  el("button", { type: "button", onclick, ...attributes }, label);

// A picture with its own coordinates: x(u) and y(v) in pixels, at(event) back again.
function plot(xs, ys, width, height, label) {
  const x = (u) => ((u - xs[0]) / (xs[1] - xs[0])) * width;
  const y = (v) => ((ys[1] - v) / (ys[1] - ys[0])) * height;
  const node = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    class: "dlx-plot",
    role: "group",
    "aria-label": label,
  });
  const at = (event) => {
    const box = node.getBoundingClientRect();
    const u = (event.clientX - box.left) / box.width;
    const v = (event.clientY - box.top) / box.height;
    return [xs[0] + u * (xs[1] - xs[0]), ys[1] - v * (ys[1] - ys[0])];
  };
  return { node, x, y, at };
}

// begin(event) returns the function that follows the pointer until it is let go.
function drag(node, begin) {
  // Inside an SVG, browsers do not heed the style touch-action: none.
  node.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const follow = begin(event);
    event.preventDefault();
    event.stopPropagation();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    node.addEventListener("pointermove", follow, stop);
    node.addEventListener("pointerup", follow, stop);
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, () => stop.abort(), stop);
    }
  });
}

// A handle is a slider: arrow keys step by 1, Page Up and Page Down by 5.
function handle(label, draw, step) {
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
  return svg(
    "g",
    {
      class: "dlx-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      onkeydown(event) {
        if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        step(steps[event.key]);
      },
    },
    svg("circle", { r: 22, class: "dlx-touch" }),
    ...draw,
  );
}

// Runs an action once nothing has called for it for a while.
function settled(action, delay = 700) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  };
}

// Puts the figure in place of its fallback text, in every copy of it on the page.
function start(key, explore, props) {
  for (const root of document.querySelectorAll(`[data-explorable="${key}"]:not([data-live])`)) {
    root.dataset.live = "";
    // JupyterLab must not take the keys of a focused control for its own commands.
    root.addEventListener("focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = "true"));
    root.querySelector(".dlx-fallback").replaceWith(explore(props));
  }
}
