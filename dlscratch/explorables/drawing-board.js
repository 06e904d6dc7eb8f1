// A board to draw a digit on, shrunk to 14×14 pixels as MNIST's digits are to 28×28.
globalThis.explorables.drawing = (() => {
  const { button, clamp, drag, el } = globalThis.explorables;
  const { ImageData } = globalThis;

  const SIZE = 280; // the board's pixels, each way
  const PEN = 11; // the pen's radius
  const GRID = 14; // the network's pixels, each way
  const BOX = 10; // the drawing fits a box of this many of them
  const MIDDLE = 7.25; // where MNIST, shrunk to 14×14, has the centre of mass
  const MOVES = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    Home: [-1, -1],
    PageUp: [1, -1],
    End: [-1, 1],
    PageDown: [1, 1],
  };

  const BOARD_STYLE = `
.dlx .dd-frame { position: relative; }
.dlx .dd-board { display: block; width: 100%; aspect-ratio: 1; border: 1px solid var(--control); border-radius: 0.6rem; background: #12161c; cursor: crosshair; touch-action: none; }
.dlx .dd-invite { position: absolute; inset: 0; display: grid; place-content: center; color: #f4efe2; font-size: 1.25rem; text-align: center; pointer-events: none; }
.dlx .dd-pen { position: absolute; width: 7.9%; aspect-ratio: 1; transform: translate(-50%, -50%); border: 2px solid #ffb37a; border-radius: 50%; pointer-events: none; display: none; }
.dlx .dd-keys ~ .dd-pen { display: block; }
.dlx .dd-pen.dd-down { background: #ffb37a; }
.dlx .dd-tools { margin: 0.5rem 0 0.3rem; }
.dlx .dd-samples { display: grid; grid-template-columns: repeat(6, 1fr); gap: 0.3rem; margin-top: 0.15rem; }
.dlx .dd-samples button { min-height: 0; padding: 0; background: #12161c; overflow: hidden; line-height: 0; }
.dlx .dd-samples canvas { width: 100%; aspect-ratio: 1; }
.dlx .dd-answer { display: flex; gap: 0.9rem; align-items: center; min-height: 5.2rem; margin-top: 0.6rem; }
.dlx .dd-big { flex: none; min-width: 3.2rem; font-size: 4.4rem;  font-weight: 700; line-height: 1; text-align: center; }
.dlx .dd-unsure .dd-big { color: var(--soft); font-weight: 300; }
`;

  const bytes = (packed) => Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));

  // Draws a piece of the pen's way: full ink within the radius, a soft edge of 1 pixel.
  function stroke(ink, [ax, ay], [bx, by]) {
    const [dx, dy] = [bx - ax, by - ay];
    const square = dx * dx + dy * dy;
    const range = (p, q) => [
      clamp(Math.floor(Math.min(p, q) - PEN - 1), 0, SIZE),
      clamp(Math.ceil(Math.max(p, q) + PEN + 1), 0, SIZE),
    ];
    const [left, right] = range(ax, bx);
    const [top, bottom] = range(ay, by);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        const t = square ? clamp((px * dx + py * dy) / square, 0, 1) : 0;
        const far = Math.hypot(px - t * dx, py - t * dy);
        const i = y * SIZE + x;
        ink[i] = Math.max(ink[i], clamp(PEN + 0.5 - far, 0, 1));
      }
    }
  }

  // What MNIST's makers did to each digit: fit it into a box, average over areas, and
  // put its centre of mass in the middle. Returns the pixels x, and at(cell), which says
  // where on the board the left or upper edge of a column or row of them lies.
  function shrink(ink) {
    const x = new Float64Array(GRID * GRID);
    let [left, right, top, bottom] = [SIZE, 0, SIZE, 0];
    let [total, cx, cy] = [0, 0, 0];
    for (let i = 0; i < ink.length; i++) {
      if (!ink[i]) continue;
      const [u, v] = [i % SIZE, Math.floor(i / SIZE)];
      [left, right] = [Math.min(left, u), Math.max(right, u + 1)];
      [top, bottom] = [Math.min(top, v), Math.max(bottom, v + 1)];
      total += ink[i];
      cx += ink[i] * (u + 0.5);
      cy += ink[i] * (v + 0.5);
    }
    if (!total) return { x, at: (row, column) => [row * 20, column * 20] };
    const scale = Math.min(0.5, BOX / Math.max(right - left, bottom - top));
    // A pixel of the board covers a part of one cell, or of two neighbours.
    const share = (u, centre) => {
      const from = MIDDLE + (u - centre) * scale;
      const cell = Math.floor(from);
      const rest = Math.max(0, from + scale - cell - 1);
      return [
        [cell, scale - rest],
        [cell + 1, rest],
      ];
    };
    const inside = ([cell, part]) => part > 0 && cell >= 0 && cell < GRID;
    const columns = Array.from({ length: SIZE }, (_, u) => share(u, cx / total).filter(inside));
    for (let v = top; v < bottom; v++) {
      for (const [row, high] of share(v, cy / total).filter(inside)) {
        for (let u = left; u < right; u++) {
          const value = ink[v * SIZE + u];
          if (value) {
            for (const [column, wide] of columns[u]) {
              x[row * GRID + column] += value * high * wide;
            }
          }
        }
      }
    }
    const at = (row, column) => [
      cy / total + (row - MIDDLE) / scale,
      cx / total + (column - MIDDLE) / scale,
    ];
    return { x: x.map((value) => Math.min(value, 1)), at }; // sums of areas may round above 1
  }

  const an = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);
  const percent = (p) => (p > 0.999 ? ">99.9" : p < 0.001 ? "<0.1" : (100 * p).toFixed(1));
  const inWords = (p) => `${percent(p).replace(">", "over ").replace("<", "under ")}\u00a0%`;

  // The best digit, what to say about it, and whether to sound sure.
  function verdict(probabilities) {
    const [first, second] = [...probabilities.keys()].sort((i, j) =>
      probabilities[j] - probabilities[i]
    );
    const [p, q] = [first, second].map((i) => inWords(probabilities[i]));
    if (probabilities[first] >= 0.9) {
      return [first, `The network reads ${an(first)}, with a probability of ${p}.`, true];
    }
    if (probabilities[first] >= 0.6) {
      return [first, `Probably ${an(first)} (${p}), but it could be ${an(second)} (${q}).`, true];
    }
    return [first, `Not sure. It may be ${an(first)} (${p}), or ${an(second)} (${q}).`, false];
  }

  // Calls changed() when the ink changes, and moved(words) when keys move the pen.
  function drawingBoard({ labels, images }, changed, moved) {
    const pixels = bytes(images);
    const side = 20; // of a sample: the part of MNIST's 28×28 pixels that holds the ink
    const level = (s, k) => {
      const i = s * side * side + k;
      return ((pixels[i >> 1] >> (i % 2 ? 0 : 4)) & 15) / 15;
    };
    const ink = new Float32Array(SIZE * SIZE);
    const items = []; // strokes, and at most one sample
    const canvas = el("canvas", {
      class: "dd-board",
      width: SIZE,
      height: SIZE,
      tabindex: 0,
      role: "application",
      onkeydown,
      onfocus: () => withKeys(!pointing),
      onblur: () => withKeys(pointing = false),
      "aria-label": "Drawing board. Arrow keys move the pen, Space puts it down or lifts it.",
    });
    const context = canvas.getContext("2d");
    const pen = el("span", { class: "dd-pen" });
    const invite = el("span", { class: "dd-invite", "aria-hidden": "true" }, "Draw a digit here");

    let [px, py, down, pointing] = [140, 60, false, false];
    function withKeys(yes) {
      canvas.classList.toggle("dd-keys", yes);
      canvas.style.outline = yes ? "" : "none";
    }

    function paint(item, from = 0) {
      if (item.sample === undefined) {
        const points = item.points;
        for (let i = from; i < points.length; i++) {
          stroke(ink, points[Math.max(i - 1, 0)], points[i]);
        }
        return;
      }
      for (let y = 0; y < 200; y++) {
        for (let x = 0; x < 200; x++) {
          ink[(y + 40) * SIZE + x + 40] = level(
            item.sample,
            Math.floor(y / 10) * side + Math.floor(x / 10),
          );
        }
      }
    }
    function extend(...points) {
      const item = items.at(-1);
      const from = item.points.length;
      item.points.push(...points);
      paint(item, from);
      changed();
    }
    function begin(point) {
      items.push({ points: [] });
      extend(point);
    }
    function keep(n) {
      lift();
      items.splice(n);
      ink.fill(0);
      for (const item of items) paint(item);
      changed();
    }
    const undo = () => keep(Math.max(items.length - 1, 0));
    const clear = () => keep(0);
    function load(sample) {
      clear();
      items.push({ sample });
      paint(items[0]);
      changed();
    }
    function lift() {
      down = false;
      pen.classList.remove("dd-down");
    }

    drag(canvas, (event) => {
      const at = (e) => {
        const box = canvas.getBoundingClientRect();
        return [
          ((e.clientX - box.left) / box.width) * SIZE,
          ((e.clientY - box.top) / box.height) * SIZE,
        ];
      };

      lift();
      withKeys(false);
      pointing = true; // the focus that follows is not the keyboard's

      begin(at(event));
      return (e) => {
        if (e.pointerId !== event.pointerId) return;
        const way = e.getCoalescedEvents?.() ?? [];
        extend(...(way.length ? way : [e]).map(at));
        [px, py] = at(e).map((p) => clamp(Math.round(p / 10) * 10, 10, SIZE - 10));
        placePen();
      };
    });

    function onkeydown(event) {
      const takeBack = (event.ctrlKey || event.metaKey) && event.key === "z";
      if ((event.ctrlKey || event.metaKey || event.altKey) && !takeBack) return;
      if (event.key in MOVES) {
        const [dx, dy] = MOVES[event.key];
        px = clamp(px + 10 * dx, 10, SIZE - 10);
        py = clamp(py + 10 * dy, 10, SIZE - 10);
        if (down) extend([px, py]);
      } else if (event.key === " ") {
        if (down) lift();
        else {
          down = true;
          begin([px, py]);
        }
      } else if (event.key === "Backspace" || takeBack) undo();
      else if (event.key === "Delete") clear();
      else if (event.key === "Escape" && down) lift();
      else return;
      event.preventDefault();
      event.stopPropagation();

      placePen();
      withKeys(true);
      moved(`Pen ${down ? "down" : "up"}, column ${px / 10} of 27, row ${py / 10} of 27. `);
    }
    function placePen() {
      pen.style.left = `${(100 * px) / SIZE}%`;
      pen.style.top = `${(100 * py) / SIZE}%`;
      pen.classList.toggle("dd-down", down);
    }
    placePen();

    const undoButton = button("Undo", undo);
    const clearButton = button("Clear", clear);
    const samples = labels.map((label, s) => {
      const small = el("canvas", { width: side, height: side });
      const image = new ImageData(side, side);
      for (let k = 0; k < side * side; k++) {
        image.data.set([244, 239, 226, 255 * level(s, k)], 4 * k);
      }
      small.getContext("2d").putImageData(image, 0, 0);
      const hard = s >= 10;
      return button(small, () => load(s), {
        "aria-label": hard
          ? `Load a hard test image, labelled ${label}`
          : `Load a test image of ${an(label)}`,
        title: hard ? "a hard one" : String(label),
      });
    });

    // Shows the ink; returns whether there is any, and the label if it is a sample.
    function paintAll() {
      const image = new ImageData(SIZE, SIZE);
      for (let i = 0; i < ink.length; i++) {
        if (ink[i]) image.data.set([244, 239, 226, 255 * ink[i]], 4 * i);
      }
      context.putImageData(image, 0, 0);
      const empty = items.length === 0;
      invite.hidden = !empty;
      undoButton.disabled = clearButton.disabled = empty;
      return { empty, meant: items.length === 1 ? labels[items[0].sample] : undefined };
    }
    const frame = el("div", { class: "dd-frame" }, canvas, invite, pen);
    const tools = el("div", { class: "dlx-row dd-tools" }, undoButton, clearButton);
    const pictures = el(
      "div",
      { class: "dd-samples", role: "group", "aria-label": "Test images" },
      ...samples,
    );
    return { ink, frame, tools, pictures, paint: paintAll };
  }

  const KEYS_HELP =
    "On the board: arrow keys move the pen, and Home, Page Up, End and Page Down move it diagonally. Space puts it down or lifts it. Backspace takes the last stroke back, Delete clears.";
  const SHRINK_HELP =
    "As with MNIST's digits, the drawing is fitted into a box, here of 10 × 10 pixels, averaged over areas, and shifted until its centre of mass is in the middle of 14 × 14 pixels. The network sees nothing else.";

  return {
    BOARD_STYLE,
    GRID,
    KEYS_HELP,
    SHRINK_HELP,
    SIZE,
    an,
    bytes,
    drawingBoard,
    inWords,
    percent,
    shrink,
    verdict,
  };
})();
