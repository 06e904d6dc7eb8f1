// Intersection over union of two boxes (x0, y0, x1, y1), and non-maximum suppression.

const SIDE = 20;
const NAMES = ["A", "B"];
const COLOURS = ["--line-1", "--one"];

function explore(props) {
  let pair, scores, threshold;
  const fresh = () => {
    pair = props.boxes.map((box) => [...box]);
    scores = [...props.scores];
    threshold = props.threshold;
  };
  fresh();

  const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
  function measure() {
    const [a, b] = pair;
    const gaps = [0, 1].map((i) => Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]));
    const [width, height] = gaps.map((gap) => Math.max(gap, 0));
    const overlap = width * height;
    const union = area(a) + area(b) - overlap;
    const loser = scores[1] > scores[0] ? 0 : 1;
    const iou = overlap / union;
    return { gaps, width, height, overlap, union, iou, removed: iou > threshold ? loser : -1 };
  }

  const picture = plot([0, SIDE], [SIDE, 0], 400, 400, "Two boxes in a picture");
  const { x: X, y: Y, at } = picture;
  const grid = Array.from({ length: SIDE - 1 }, (_, i) => `M${X(i + 1)} 0V400M0 ${Y(i + 1)}H400`).join("");
  const rects = COLOURS.map((colour) =>
    svg("rect", { fill: `var(${colour})`, stroke: `var(${colour})`, "stroke-width": 3 }),
  );
  const shared = svg("rect", { fill: "var(--line-y)", "fill-opacity": 0.45, "data-overlap": "" });
  const tags = COLOURS.map((colour) => svg("text", { style: `fill: var(${colour}); font-weight: 600` }));
  const KEYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  // A handle that moves a box (both corners), or its lower right corner alone.
  function knob(k, whole) {
    const label = whole ? `Move box ${NAMES[k]}` : `Resize box ${NAMES[k]}`;
    const mark = whole
      ? svg("path", { d: "M-9 0H9M0 -9V9", stroke: `var(${COLOURS[k]})`, "stroke-width": 3 })
      : svg("rect", { x: -6, y: -6, width: 12, height: 12, fill: `var(${COLOURS[k]})`, stroke: "var(--bg)", "stroke-width": 2 });
    const node = handle(label, [mark], () => {});
    const put = (dx, dy, box) => {
      const low = whole ? [-box[0], -box[1]] : [box[0] + 1 - box[2], box[1] + 1 - box[3]];
      const [u, v] = [dx, dy].map((d, i) => clamp(d, low[i], SIDE - box[i + 2]));
      pair[k] = whole ? [box[0] + u, box[1] + v, box[2] + u, box[3] + v] : [box[0], box[1], box[2] + u, box[3] + v];
      draw();
    };
    node.addEventListener("keydown", (event) => {
      if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
      put(...KEYS[event.key], pair[k]);
    });
    drag(node, (event) => {
      const [from, box] = [at(event), [...pair[k]]];
      return (e) => put(...at(e).map((u, i) => Math.round(u - from[i])), box);
    });
    return { node, k, whole };
  }
  const knobs = [knob(0, true), knob(1, true), knob(0, false), knob(1, false)];
  picture.node.append(
    svg("path", { d: grid, stroke: "var(--edge)", "stroke-opacity": 0.6 }),
    ...rects,
    shared,
    ...tags,
    ...knobs.map(({ node }) => node),
  );

  const sliders = [0, 1].map((k) =>
    slider("score " + NAMES[k], "score" + NAMES[k], 0, 1, (value) => {
      scores[k] = value;
      draw();
    }),
  );
  const limit = slider("threshold", "threshold", 0, 1, (value) => {
    threshold = value;
    draw();
  });
  const reset = button("Reset", () => {
    fresh();
    draw();
  });

  const code = el("pre");
  const cells = {};
  const row = (key, label) => {
    cells[key] = el("td", { "data-col": key });
    return el("tr", {}, el("th", { scope: "row" }, label), cells[key]);
  };
  const rows = [
    row("a", "area of A"),
    row("b", "area of B"),
    row("overlap", "overlap"),
    row("union", "union"),
    row("iou", "overlap / union"),
  ];
  const verdict = el("p", { "data-verdict": "" });
  const live = el("p", { class: "dlx-hidden", role: "status" });
  const place = (box) => `x ${box[0]} to ${box[2]}, y ${box[1]} to ${box[3]}`;
  const rest = settled(() => {
    if (!live.isConnected) return;
    const { overlap, union, iou } = measure();
    live.textContent = `A: ${place(pair[0])}. B: ${place(pair[1])}. Overlap ${overlap}, union ${union}, intersection over union ${text(iou)}. ${verdict.textContent}`;
  });

  function draw() {
    const { gaps, width, height, overlap, union, iou, removed } = measure();
    pair.forEach(([x0, y0, x1, y1], k) => {
      const gone = k === removed;
      set(rects[k], {
        x: X(x0), y: Y(y0), width: X(x1 - x0), height: Y(y1 - y0),
        "fill-opacity": gone ? 0 : 0.12,
        "stroke-dasharray": gone ? "4 7" : "none",
        "data-removed": String(gone),
      });
      // A's name stands at the top, B's at the bottom: equal boxes show both.
      set(tags[k], k ? { x: X(x0) + 6, y: Y(y1) - 7 } : { x: X(x0) + 6, y: Y(y0) + 17 });
      tags[k].textContent = `${NAMES[k]} ${text(scores[k])}`;
      sliders[k].write(scores[k]);
    });
    set(shared, {
      x: X(Math.max(pair[0][0], pair[1][0])),
      y: Y(Math.max(pair[0][1], pair[1][1])),
      width: overlap ? X(width) : 0,
      height: overlap ? Y(height) : 0,
    });
    for (const { node, k, whole } of knobs) {
      const [x0, y0, x1, y1] = pair[k];
      const [u, v] = whole ? [(x0 + x1) / 2, (y0 + y1) / 2] : [x1, y1];
      set(node, {
        transform: `translate(${X(u)} ${Y(v)})`,
        "aria-valuemin": 0,
        "aria-valuemax": SIDE,
        "aria-valuenow": whole ? x0 : x1,
        "aria-valuetext": place(pair[k]),
      });
    }
    const found = { a: area(pair[0]), b: area(pair[1]), overlap, union };
    for (const [key, value] of Object.entries(found)) show(cells[key], value, 0);
    show(cells.iou, iou, 3);
    limit.write(threshold);
    const axis = (name, i, value) => {
      const [a, b] = pair;
      const clipped = gaps[i] < 0 ? `  (${text(gaps[i], 0)} is cut to 0)` : "";
      return `${name} = min(${a[i + 2]}, ${b[i + 2]}) − max(${a[i]}, ${b[i]}) = ${value}${clipped}`;
    };
    code.textContent = `${axis("width ", 0, width)}\n${axis("height", 1, height)}`;
    const said = `${text(iou)} is ${removed < 0 ? "not " : ""}above the threshold of ${text(threshold)}`;
    verdict.textContent = removed < 0 ? `Both are kept: ${said}.` : `Only ${NAMES[1 - removed]} is kept: ${said}, and ${NAMES[removed]} has ${scores[0] === scores[1] ? "no higher" : "the lower"} score.`;
    verdict.className = removed < 0 ? "" : "dlx-good";
    rest();
  }

  draw();
  return el(
    "div",
    {},
    el("p", {}, "Drag a cross to move a box, a square to resize it; or focus one and press the arrow keys."),
    el(
      "div",
      { class: "dlx-columns" },
      el("div", {}, picture.node),
      el(
        "div",
        { style: "--label: 5rem" },
        el("table", {}, el("caption", {}, "Areas, in squares"), el("tbody", {}, ...rows)),
        code,
        el("p", { class: "dlx-soft" }, "Non-maximum suppression:"),
        ...sliders.map(({ node }) => node),
        limit.node,
        verdict,
        el("div", { class: "dlx-row" }, reset),
      ),
    ),
    live,
  );
}
