// Intersection over union of two boxes (x0, y0, x1, y1), and non-maximum suppression.

const { cell, clamp, el, figure, pin, place, plot, range, row, set, show, svg, text } =
  globalThis.explorables;

const NAMES = ["A", "B"];
const COLOURS = ["--line-1", "--one"];

const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);

function measure({ boxes: [a, b], scores, threshold }) {
  const gaps = [0, 1].map((i) => Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]));
  const [width, height] = gaps.map((gap) => Math.max(gap, 0));
  const overlap = width * height;
  const union = area(a) + area(b) - overlap;
  const iou = overlap / union;
  const loser = scores[1] > scores[0] ? 0 : 1;
  return { gaps, width, height, overlap, union, iou, removed: iou > threshold ? loser : -1 };
}

export function explore({ side, ...start }) {
  const { state, update, slider, reset, page } = figure(start, draw, say);

  const picture = plot([0, side], [side, 0], 400, 400, "Two boxes in a picture");
  const { x: X, y: Y } = picture;
  const lines = range(side - 1).map((i) => `M${X(i + 1)} 0V400M0 ${Y(i + 1)}H400`);
  const colour = (k) => `var(${COLOURS[k]})`;
  const rects = [0, 1].map((k) =>
    svg("rect", { fill: colour(k), stroke: colour(k), "stroke-width": 3 })
  );
  const shared = svg("rect", { fill: "var(--line-y)", "fill-opacity": 0.45, "data-overlap": "" });
  const tags = [0, 1].map((k) => svg("text", { style: `fill: ${colour(k)}; font-weight: 600` }));
  const cross = (k) => svg("path", { d: "M-9 0H9M0 -9V9", stroke: colour(k), "stroke-width": 3 });
  const square = (k) =>
    svg("rect", {
      x: -6,
      y: -6,
      width: 12,
      height: 12,
      fill: colour(k),
      stroke: "var(--bg)",
      "stroke-width": 2,
    });

  // A handle moves a box, or its lower right corner alone.
  function knob(k, whole) {
    const move = ([u, v]) => {
      const [x0, y0, x1, y1] = state.boxes[k];
      const [w, h] = [x1 - x0, y1 - y0];
      const inside = (value, low, high) => clamp(Math.round(value), low, high);
      const [x, y] = [inside(u, 0, side - w), inside(v, 0, side - h)];
      const corner = [inside(u, x0 + 1, side), inside(v, y0 + 1, side)];
      const box = whole ? [x, y, x + w, y + h] : [x0, y0, ...corner];
      update({ boxes: state.boxes.with(k, box) });
    };
    const label = `${whole ? "Move" : "Resize"} box ${NAMES[k]}`;
    const where = () => whole ? state.boxes[k].slice(0, 2) : state.boxes[k].slice(2);
    const node = pin(label, whole ? cross(k) : square(k), picture, where, move, 1);
    return { node, k, whole };
  }
  const knobs = [knob(0, true), knob(1, true), knob(0, false), knob(1, false)];
  const grid = svg("path", { d: lines.join(""), stroke: "var(--edge)", "stroke-opacity": 0.6 });
  picture.node.append(grid, ...rects, shared, ...tags, ...knobs.map(({ node }) => node));

  const code = el("pre");
  const verdict = el("p", { "data-verdict": "" });
  const words = {
    a: "area of A",
    b: "area of B",
    overlap: "overlap",
    union: "union",
    iou: "overlap / union",
  };
  const cells = Object.keys(words).map((key) => cell(key));
  const rows = Object.values(words).map((name, i) => row(name, cells[i]));
  const extent = (box) => `x ${box[0]} to ${box[2]}, y ${box[1]} to ${box[3]}`;

  function draw() {
    const { boxes: [a, b], scores, threshold } = state;
    const { gaps, width, height, overlap, union, iou, removed } = measure(state);
    [a, b].forEach(([x0, y0, x1, y1], k) => {
      const gone = k === removed;
      set(rects[k], {
        x: X(x0),
        y: Y(y0),
        width: X(x1 - x0),
        height: Y(y1 - y0),
        "fill-opacity": gone ? 0 : 0.12,
        "stroke-dasharray": gone ? "4 7" : "none",
        "data-removed": `${gone}`,
      });
      // A's name stands at the top, B's at the bottom: equal boxes show both.
      set(tags[k], { x: X(x0) + 6, y: k ? Y(y1) - 7 : Y(y0) + 17 });
      tags[k].textContent = `${NAMES[k]} ${text(scores[k])}`;
    });
    set(shared, {
      x: X(Math.max(a[0], b[0])),
      y: Y(Math.max(a[1], b[1])),
      width: overlap ? X(width) : 0,
      height: overlap ? Y(height) : 0,
    });
    for (const { node, k, whole } of knobs) {
      const [x0, y0, x1, y1] = state.boxes[k];
      const [u, v] = whole ? [(x0 + x1) / 2, (y0 + y1) / 2] : [x1, y1];
      place(node, [X(u), Y(v)], [0, side], whole ? x0 : x1, extent(state.boxes[k]));
    }
    [area(a), area(b), overlap, union].forEach((value, i) => show(cells[i], value, 0));
    show(cells[4], iou, 3);
    const axis = (name, i, value) => {
      const cut = gaps[i] < 0 ? `  (${text(gaps[i], 0)} is cut to 0)` : "";
      return `${name} = min(${a[i + 2]}, ${b[i + 2]}) − max(${a[i]}, ${b[i]}) = ${value}${cut}`;
    };
    code.textContent = `${axis("width ", 0, width)}\n${axis("height", 1, height)}`;
    const above = `is ${removed < 0 ? "not " : ""}above the threshold of ${text(threshold)}`;
    const lower = scores[0] === scores[1] ? "no higher" : "the lower";
    verdict.textContent = removed < 0
      ? `Both are kept: ${text(iou)} ${above}.`
      : `Only ${NAMES[1 - removed]} is kept: ${text(iou)} ${above}, and ${
        NAMES[removed]
      } has ${lower} score.`;
    verdict.className = removed < 0 ? "" : "dlx-good";
  }

  function say() {
    const { overlap, union, iou } = measure(state);
    const [a, b] = state.boxes.map(extent);
    return `A: ${a}. B: ${b}. Overlap ${overlap}, union ${union}, intersection over union ${
      text(iou)
    }. ${verdict.textContent}`;
  }

  return page(
    el(
      "p",
      "Drag a cross to move a box, a square to resize it; or focus one and press the arrow keys.",
    ),
    el(
      "div.dlx-columns",
      el("div.dlx-stick", picture),
      el(
        "div",
        { style: "--label: 5rem" },
        el("table", el("caption", "Areas, in squares"), el("tbody", rows)),
        code,
        el("p.dlx-soft", "Non-maximum suppression:"),
        NAMES.map((name, k) => slider(`score ${name}`, ["scores", k], 0, 1)),
        slider("threshold", "threshold", 0, 1),
        verdict,
        el("div.dlx-row", reset),
      ),
    ),
  );
}
