// A map of a surface f(u, v): bands of height, paths, and a ring where these start.
globalThis.explorables.landscape = (() => {
  const { axes, el, fill, line, pin, place, plot, set, svg, text } = globalThis.explorables;

  const WIDE = 400;
  // Paths are drawn up to here, though the map ends earlier.
  const FAR = 1e4;
  const TICK = "paint-order: stroke; stroke: var(--well); stroke-width: 3px; " +
    "stroke-opacity: 0.8; fill: var(--ink)";

  // A picture of f. With heights from 0, the lowest, to 1, a band begins wherever
  // count · height ** power is a whole number, and bands meet in a grey line.
  function paint(f, [left, right], [bottom, top], high, [count, power]) {
    const heights = new Float64Array(WIDE * high).map((_, k) => {
      const u = left + ((right - left) * (k % WIDE + 0.5)) / WIDE;
      const v = top - ((top - bottom) * (Math.floor(k / WIDE) + 0.5)) / high;
      return f([u, v]);
    });
    const lowest = heights.reduce((a, b) => Math.min(a, b));
    const range = heights.reduce((a, b) => Math.max(a, b)) - lowest;
    const bands = heights.map((height) => Math.floor(count * ((height - lowest) / range) ** power));
    const canvas = el("canvas", { width: WIDE, height: high });
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(WIDE, high);
    bands.forEach((band, k) => {
      const meets = (k % WIDE && band !== bands[k - 1]) || (k >= WIDE && band !== bands[k - WIDE]);
      pixels.data.set(meets ? [125, 135, 145, 170] : [45, 125, 190, (126 / count) * band], 4 * k);
    });
    context.putImageData(pixels, 0, 0);
    return canvas.toDataURL();
  }

  const ticks = ([low, high]) =>
    [-6, -4, -2, -1, 1, 2, 4, 6].filter((t) =>
      t > low * 0.95 && t < high * 0.95 && (high < 4 || t % 2 === 0)
    );
  const near = (place) => place.every((u) => Math.abs(u) < FAR);

  // The ring stands at where(); a click, a drag or a key calls move([u, v]).
  return (high, names, label, where, move) => {
    const picture = plot([0, 1], [0, 1], WIDE, high, label);
    const { node, x, y } = picture;
    const px = ([u, v]) => `${x(u)} ${y(v)}`;
    const image = svg("image", { width: WIDE, height: high, preserveAspectRatio: "none" });
    const [grid, paths, marks] = [svg("g"), svg("g"), svg("g")];
    const dotted = line("--ink", 2, { "stroke-linecap": "round", "stroke-dasharray": "1 5" });
    const circle = svg("circle", {
      r: 11,
      fill: "none",
      stroke: "var(--ink)",
      "stroke-width": 2.5,
    });
    const ring = pin("Move the start", circle, picture, where, move);
    set(node, {
      class: "dlx-plot ls-map",
      style: "cursor: crosshair",
      onclick: (event) => ring.contains(event.target) || move(picture.at(event)),
    });
    fill(node, image, grid, paths, dotted, marks, ring);

    let [shown, us, vs] = [];
    // Shows the surface f for u and v in these ranges, and the ring.
    function show(f, xs, ys, bands) {
      if (f !== shown) {
        [shown, us, vs] = [f, xs, ys];
        picture.view(us, vs);
        set(image, { href: paint(f, us, vs, high, bands) });
        fill(grid, axes(picture, ticks(us), ticks(vs), names, { style: TICK }));
      }
      const [u, v] = where();
      const words = `${names[0]} = ${text(u)}, ${names[1]} = ${text(v)}`;
      place(ring, [x(u), y(v)], us, u, words);
    }
    // A path with dots: draw([[u, v], …]) draws it.
    function path(colour, attributes = {}, more = {}) {
      const round = { "stroke-linecap": "round" };
      const [trail, dots] = [line(colour, 2, { ...round, ...more }), line(colour, 5, round)];
      const both = svg("g", attributes, trail, dots);
      paths.append(both);
      const draw = (places) => {
        const far = places.findIndex((one) => !near(one));
        const points = (far < 0 ? places : places.slice(0, far)).map(px);
        set(trail, { d: `M${points.join("L")}` });
        set(dots, { d: points.map((point) => `M${point}h0`).join("") });
      };
      return { node: both, draw };
    }
    // The dotted line from one place to another.
    const dot = (from, to) =>
      set(dotted, { d: near(from) && near(to) ? `M${px(from)}L${px(to)}` : "" });
    // A mark that stands at a place; off the map, or with false, it is hidden.
    function mark(attributes, ...children) {
      const one = svg("g", attributes, children);
      marks.append(one);
      return ([u, v], seen = true) =>
        set(
          one,
          seen && u >= us[0] && u <= us[1] && v >= vs[0] && v <= vs[1]
            ? { transform: `translate(${px([u, v])})`, hidden: false }
            : { hidden: "" },
        );
    }
    return { node, show, path, dot, mark };
  };
})();
