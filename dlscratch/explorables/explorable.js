// The parts that the interactive figures share. The file of a figure takes what it needs:
// const { el, figure } = globalThis.explorables;
globalThis.explorables = (() => {
  const { document, matchMedia } = globalThis;

  // ---- Elements ----

  const isPlain = (one) => one?.constructor === Object && !("node" in one);
  // A child is a node, words, a control (which has a node), or a list of these. Where there
  // is none, it is false or undefined.
  const nodes = (children) =>
    children.flat(Infinity).filter((one) => one !== undefined && one !== false)
      .map((one) => one.node ?? one);

  // Sets attributes; those that are false or undefined are removed, those in "on" listen.
  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === false || value === undefined) node.removeAttribute(name);
      else node.setAttribute(name, value);
    }
    return node;
  }

  // Puts children in the place of those that a node has.
  function fill(node, ...children) {
    node.replaceChildren(...nodes(children));
    return node;
  }

  // el("p.dlx-soft", { title: "a hint" }, "some ", el("b", "words")): attributes may be left out.
  const maker = (create) => (tag, ...children) => {
    const [name, ...classes] = tag.split(".");
    const attributes = isPlain(children[0]) ? children.shift() : {};
    const all = [...classes, attributes.class].filter(Boolean).join(" ");
    return fill(set(create(name), { ...attributes, class: all || undefined }), children);
  };
  const el = maker((name) => document.createElement(name));
  const svg = maker((name) => document.createElementNS("http://www.w3.org/2000/svg", name));

  // ---- Numbers ----

  const range = (n) => Array.from({ length: n }, (_, i) => i);
  // All indices of an array of this shape, the last axis fastest.
  const indices = (shape) =>
    shape.reduce((all, n) => all.flatMap((index) => range(n).map((i) => [...index, i])), [[]]);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const round = (value, decimals) =>
    decimals === null ? value : Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
  // Parameters move in steps of 0.01, so the two decimals on the page are exact.
  const round2 = (value) => round(value, 2);

  // A number with so many decimals: "−0.50".
  function text(value, decimals = 2) {
    const shown = value.toFixed(decimals);
    return Number(shown) === 0 ? shown.replace("-", "") : shown.replace("-", "−");
  }

  // A number with so many significant digits: "−0.5"; "1.2e−5" if it is below `least`, or
  // not below `most`.
  function num(value, digits = 3, { least = 1e-3, most = 1e5, decimals = digits - 1 } = {}) {
    const size = Math.abs(value);
    const plain = size === 0 || (size >= least && size < most);
    const shown = plain
      ? String(Number(value.toPrecision(digits)))
      : value.toExponential(decimals).replace(/\.?0+e/, "e");
    return shown.replace("e+", "e").replaceAll("-", "−");
  }

  // A number on the page, with so many decimals or in these words; data-value holds it whole.
  function show(node, value, shown = 2) {
    node.textContent = typeof shown === "number" ? text(value, shown) : shown;
    node.dataset.value = value;
    return node;
  }

  // Mulberry32: a counter, mixed until its 32 bits look random; numbers in [0, 1).
  function uniform(seed) {
    let state = seed;
    return () => {
      state = (state + 1831565813) | 0;
      let v = Math.imul(state ^ (state >>> 15), state | 1);
      v ^= v + Math.imul(v ^ (v >>> 7), v | 61);
      return ((v ^ (v >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  // Normal numbers of mean 0 and variance 1, each from two of these (Box and Muller).
  function normal(seed) {
    const next = uniform(seed);
    return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  }

  // slope: f' from f's value.
  const activations = {
    sigmoid: { f: (a) => 1 / (1 + Math.exp(-a)), slope: (h) => h * (1 - h) },
    tanh: { f: Math.tanh, slope: (h) => 1 - h * h },
    relu: { f: (a) => Math.max(a, 0), slope: (h) => (h > 0 ? 1 : 0) },
  };

  // ---- Controls: each has a node, and write(value), which shows a value ----

  const button = (label, onclick, attributes = {}) =>
    el("button", { type: "button", onclick, ...attributes }, label);

  // A field for a number. What is typed is kept within low and high, and rounded to so many
  // decimals, or not if these are null; what is not accepted counts for nothing. The text in
  // the field changes only when the reader leaves it. read(node) is the number in another type
  // of field.
  function field(label, change, low, high, options = {}) {
    const { decimals = 2, shown, accept = Number.isFinite, read, ...attributes } = options;
    const words = shown ?? ((value) => decimals === null ? value : value.toFixed(decimals));
    let current;
    const node = el("input", {
      type: "number",
      min: low,
      max: high,
      step: decimals === null ? "any" : 10 ** -decimals,
      "aria-label": label,
      oninput() {
        const value = read ? read(node) : node.valueAsNumber;
        if (accept(value)) change(round(clamp(value, low, high), decimals));
      },
      onblur: () => node.value = words(current),
      ...attributes,
    });
    const write = (value) => {
      current = value;
      if (node !== document.activeElement) node.value = words(value);
    };
    return { node, write };
  }

  // A range, and a field that holds the same value. The label is read as `says`. With
  // log: [from, to], the range holds the logarithm to base 10, in steps of `step`, and its
  // value has so many `digits`; the field takes any number.
  function slider(label, change, low, high, options = {}) {
    const { says = label, name, log, step = 0.01, digits = 3, decimals = 2, shown } = options;
    const typed = field(`${says}, typed`, change, low, high, {
      decimals: log ? null : decimals,
      shown,
      accept: log ? (value) => value > 0 || value === low : undefined,
      name,
    });
    const node = el("input", {
      type: "range",
      min: log ? log[0] : low,
      max: log ? log[1] : high,
      step: log ? step : 10 ** -decimals,
      name,
      "aria-label": says,
      oninput() {
        const value = node.valueAsNumber;
        change(log ? Number((10 ** value).toPrecision(digits)) : round(value, decimals));
      },
    });
    const write = (value) => {
      node.value = log ? Math.max(Math.log10(value), log[0]) : value;
      if (log) set(node, { "aria-valuetext": num(value, 4) });
      typed.write(value);
    };
    const row = el("div.dlx-slider", el("span", { "aria-hidden": "true" }, label), node, typed);
    return { node: row, inputs: [node, typed.node], write };
  }

  // One of several, as radio buttons: options are [value, label], or values that are labels.
  // They stand in a form of their own, so that names never clash.
  function choice(legend, change, options) {
    const pairs = options.map((one) => [one].flat()).map((
      [value, label = value],
    ) => [value, label]);
    const inputs = pairs.map(([value]) =>
      el("input", {
        type: "radio",
        name: "choice",
        value: `${value}`,
        onchange: () => change(value),
      })
    );
    const labels = pairs.map(([, label], i) => el("label", inputs[i], el("span", `${label}`)));
    const node = el("form.dlx-choice", el("fieldset", el("legend", legend), labels));
    const write = (value) => inputs.forEach((one, i) => one.checked = pairs[i][0] === value);
    return { node, write };
  }

  // A button that takes one step after another, `delay` milliseconds apart, until ended().
  // begin() comes first. Where the reader wants no motion, finish() shows the end at once;
  // without it there is no button.
  function player(delay, { begin, next, ended, finish }) {
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    let timer;
    const stop = () => {
      clearInterval(timer);
      timer = undefined;
      node.textContent = "Play";
    };
    const tick = () => {
      if (node.isConnected && !ended()) next();
      if (!node.isConnected || ended()) stop();
    };
    const node = button("Play", () => {
      if (timer) return stop();
      begin?.();
      if (still.matches && finish) return finish();
      node.textContent = "Pause";
      timer = setInterval(tick, delay);
    });
    node.hidden = still.matches && !finish;
    return { node, stop };
  }

  // ---- Keys and pointers ----

  // Hears the keys that are named in moves, and does act(what stands there, event).
  const keys = (moves, act) => (event) => {
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(moves[event.key], event);
  };

  // Of several nodes that arrow keys lead through, the Tab key reaches one.
  const only = (all, one) => all.forEach((node) => node.tabIndex = node === one ? 0 : -1);

  // The arrow keys walk through nodes that stand in this shape: along the last two axes, and
  // Page Up and Page Down along the one before. The Tab key reaches the one that had the focus.
  function walk(all, shape) {
    const [rows, columns] = [1, 1, ...shape].slice(-2);
    const slab = rows * columns;
    all.forEach((node, place) => {
      // How far each key goes, if it stays in the same row, slab or array of so many nodes.
      const moves = {
        ArrowRight: [1, columns],
        ArrowLeft: [-1, columns],
        ArrowDown: [columns, slab],
        ArrowUp: [-columns, slab],
        PageDown: [slab, all.length],
        PageUp: [-slab, all.length],
        Home: [-place, all.length],
        End: [all.length - 1 - place, all.length],
      };
      const go = ([by, length]) => {
        const same = Math.floor((place + by) / length) === Math.floor(place / length);
        if (same) all[place + by].focus();
      };
      set(node, { onfocus: () => only(all, node), onkeydown: keys(moves, go) });
    });
    only(all, all[0]);
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

  // Drags a thing that is at where() = [u, v] of a picture, wherever it is taken hold of.
  const grab = (node, picture, where, move) =>
    drag(node, (event) => {
      const from = picture.at(event);
      const off = where().map((u, i) => u - from[i]);
      return (e) => move(picture.at(e).map((u, i) => u + off[i]));
    });

  const ARROWS = {
    ArrowRight: [1, 0],
    ArrowLeft: [-1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
    PageUp: [0, 5],
    PageDown: [0, -5],
  };

  // A handle is a slider: arrow keys do step(±1, [right, up]), Page Up and Page Down ±5.
  const handle = (label, marks, step) =>
    svg(
      "g.dlx-handle",
      {
        role: "slider",
        tabindex: 0,
        "aria-label": label,
        onkeydown: keys(ARROWS, (way) => step(way[0] + way[1], way)),
      },
      svg("circle.dlx-touch", { r: 22 }),
      marks,
    );

  // A handle for a place [u, v] of a picture: it is dragged, or moved by keys in two ways.
  function pin(label, marks, picture, where, move, by = 0.1) {
    const node = handle(label, marks, (_, [right, up]) => {
      const [u, v] = where();
      move([u + by * right, v + by * up * picture.up]);
    });
    grab(node, picture, where, move);
    return node;
  }

  // Where a handle stands, in pixels, and what a screen reader says of it.
  const place = (node, [x, y], [low, high], now, words, turn = "") =>
    set(node, {
      transform: `translate(${x} ${y})${turn}`,
      "aria-valuemin": low,
      "aria-valuemax": high,
      "aria-valuenow": now,
      "aria-valuetext": words,
    });

  // ---- Pictures ----

  const canvas = (width, height, attributes, ...children) =>
    svg("svg.dlx-plot", { viewBox: `0 0 ${width} ${height}`, ...attributes }, children);

  // A picture with its own coordinates: x(u) and y(v) in pixels, at(event) back again; view
  // changes them.
  function plot(xs, ys, width, height, label) {
    const node = canvas(width, height, { role: "group", "aria-label": label });
    const x = (u) => ((u - xs[0]) / (xs[1] - xs[0])) * width;
    const y = (v) => ((ys[1] - v) / (ys[1] - ys[0])) * height;
    const at = (event) => {
      const box = node.getBoundingClientRect();
      const u = (event.clientX - box.left) / box.width;
      const v = (event.clientY - box.top) / box.height;
      return [xs[0] + u * (xs[1] - xs[0]), ys[1] - v * (ys[1] - ys[0])];
    };
    const view = (us, vs) => [xs, ys] = [us, vs];
    return { node, x, y, at, view, width, height, up: Math.sign(ys[1] - ys[0]) };
  }

  const line = (colour, width, more = {}, tag = "path") =>
    svg(tag, {
      fill: "none",
      stroke: `var(${colour})`,
      "stroke-width": width,
      "stroke-linejoin": "round",
      ...more,
    });

  const label = (x, y, words, anchor = "start", more = {}) =>
    svg("text", { x, y, "text-anchor": anchor, ...more }, words);

  // The points of a polyline or polygon, from pairs in pixels.
  const points = (pairs) => pairs.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");

  // Axes through (0, 0), with numbers at us and vs, and the names of both.
  const axes = ({ x, y, width, height }, us, vs, [right, up], more = {}) => [
    svg("path.dlx-axis", { d: `M0 ${y(0)}H${width}M${x(0)} 0V${height}` }),
    us.map((u) => label(x(u), y(0) + 16, text(u, 0), "middle", more)),
    vs.map((v) => label(x(0) + 6, y(v) + 5, text(v, 0), "start", more)),
    label(width - 8, y(0) - 8, right, "end", more),
    label(x(0) - 8, 15, up, "end", more),
  ];

  // A number in a text, to be filled by show.
  const number = (name) => el("b.dlx-numbers", { "data-num": name });

  // A mark and its meaning; kinds of marks are swatch (a line), disc, patch and ring.
  const swatch = (words, style, kind = "swatch") =>
    el("span", el(`i.dlx-${kind}`, { style }), words);
  const legend = (...marks) => el("p.dlx-soft.dlx-legend", marks);

  // ---- Tables ----

  const head = (...names) =>
    el("thead", el("tr", names.map((name) => el("th", { scope: "col" }, name))));
  const row = (name, cells, attributes = {}) =>
    el("tr", attributes, el("th", { scope: "row" }, name), cells);
  const cell = (column, value, shown) => {
    const node = el("td", { "data-col": column });
    return value === undefined ? node : show(node, value, shown);
  };
  // A wide thing, which scrolls by keys too.
  const scroll = (label, child, attributes = {}) =>
    el(
      "div",
      {
        tabindex: 0,
        role: "region",
        "aria-label": label,
        ...attributes,
        class: `dlx-scroll ${attributes.class ?? ""}`.trim(),
      },
      child,
    );

  // What unfolds when the reader asks for it.
  const more = (summary, ...children) => el("details", el("summary", summary), children);

  // ---- The frame of a figure ----

  // Runs an action once nothing has called for it for a while.
  function settled(action, delay = 700) {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, delay);
    };
  }

  // A line for screen readers: it says words() once the reader has stopped for a moment, if
  // they are new.
  function status(words) {
    const node = el("p.dlx-hidden", { role: "status" });
    const rest = settled(() => {
      const said = words();
      if (node.isConnected && node.textContent !== said) node.textContent = said;
    });
    return { node, rest };
  }

  // What all figures have: a state, controls bound to it, and a way to show it. draw()
  // shows the state, which is at first a copy of `start`; say() puts it into words.
  function figure(start, draw, say) {
    const state = structuredClone(start);
    const live = status(say);
    const controls = [];
    // Changes the state, and then all that the reader sees and hears.
    function update(changes) {
      Object.assign(state, changes);
      draw();
      for (const { write, get } of controls) write(get());
      live.rest();
    }
    // A control's key: a name in the state, or [name, index], or { get, set }.
    function bound(key) {
      if (isPlain(key)) return key;
      const [name, i] = [key].flat();
      if (i === undefined) {
        return {
          get: () => state[name],
          set: (value) => update({ [name]: value }),
        };
      }
      return {
        get: () => state[name][i],
        set: (value) => update({ [name]: state[name].with(i, value) }),
      };
    }
    const bind = (make) => (label, key, ...rest) => {
      const { get, set } = bound(key);
      const control = make(label, set, ...rest);
      controls.push({ ...control, get });
      return control;
    };
    return {
      state,
      update,
      field: bind(field),
      slider: bind(slider),
      choice: bind(choice),
      reset: button("Reset", () => update(structuredClone(start))),
      // The node that explore returns.
      page(...children) {
        const node = el("div", ...children, live);
        update();
        return node;
      },
    };
  }

  // Puts the figure in place of its fallback text, in every copy of it on the page.
  function start(key, explore, props) {
    for (
      const root of document.querySelectorAll(`[data-explorable="${key}"]:not([data-live])`)
    ) {
      root.dataset.live = "";
      // JupyterLab must not take the keys of a focused control for its own commands.
      root.addEventListener("focusin", ({ target }) => target.dataset.lmSuppressShortcuts = "true");
      root.querySelector(".dlx-fallback").replaceWith(explore(props));
    }
  }

  return {
    ARROWS,
    activations,
    axes,
    button,
    canvas,
    cell,
    choice,
    clamp,
    drag,
    el,
    field,
    figure,
    fill,
    grab,
    handle,
    head,
    indices,
    keys,
    label,
    legend,
    line,
    more,
    normal,
    num,
    number,
    only,
    pin,
    place,
    player,
    plot,
    points,
    range,
    round,
    round2,
    row,
    scroll,
    set,
    settled,
    show,
    slider,
    start,
    status,
    svg,
    swatch,
    text,
    uniform,
    walk,
  };
})();
