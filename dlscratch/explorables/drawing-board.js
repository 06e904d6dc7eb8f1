// What the figures share on which the reader draws a digit: a board, shrunk to 14×14 pixels
// as MNIST's digits are to 28×28, and what a network says of the drawing.
globalThis.explorables.drawing = (() => {
  const { button, clamp, drag, el, fill, head, range, row, scroll } = globalThis.explorables;
  const { status, text } = globalThis.explorables;
  const { ImageData, requestAnimationFrame } = globalThis;

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
.dlx .dd-big { flex: none; min-width: 3.2rem; font-size: 4.4rem; font-weight: 700; line-height: 1; text-align: center; }
.dlx .dd-unsure .dd-big { color: var(--soft); font-weight: 300; }
.dlx .dd-tables { max-height: 22rem; overflow: auto; }
`;

  const bytes = (packed) => Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));

  // A function that takes the next n of the weights that Python packed: whole steps in one
  // byte each, or float32.
  function unpack({ steps, weights }) {
    const { buffer } = bytes(weights);
    const numbers = steps ? new Int8Array(buffer) : new Float32Array(buffer);
    const all = Float64Array.from(numbers, (v) => v / (steps || 1));
    let at = 0;
    return (n) => all.subarray(at, at += n);
  }

  // x W + b.
  function affine({ W, b }, x) {
    const sums = Float64Array.from(b);
    x.forEach((a, j) => {
      if (a) { for (let k = 0; k < b.length; k++) sums[k] += a * W[j * b.length + k]; }
    });
    return sums;
  }

  function softmax(logits) {
    const top = Math.max(...logits);
    const powers = Array.from(logits, (z) => Math.exp(z - top));
    const total = powers.reduce((sum, p) => sum + p);
    return powers.map((p) => p / total);
  }

  const largest = (values) => values.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-9);

  // A picture of values from 0 to top: the larger, the brighter.
  const picture = (width, height) => el("canvas", { width, height });
  function paint(canvas, values, top = 1) {
    const image = new ImageData(canvas.width, canvas.height);
    values.forEach((v, k) => v && image.data.set([244, 239, 226, (255 * v) / top], 4 * k));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // Draws a piece of the pen's way: full ink within the radius, a soft edge of 1 pixel.
  function stroke(ink, [ax, ay], [bx, by]) {
    const [dx, dy] = [bx - ax, by - ay];
    const square = dx * dx + dy * dy;
    const reach = (p, q) => [
      clamp(Math.floor(Math.min(p, q) - PEN - 1), 0, SIZE),
      clamp(Math.ceil(Math.max(p, q) + PEN + 1), 0, SIZE),
    ];
    const [left, right] = reach(ax, bx);
    const [top, bottom] = reach(ay, by);
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
      const parts = [[cell, scale - rest], [cell + 1, rest]];
      return parts.filter(([k, part]) => part > 0 && k >= 0 && k < GRID);
    };
    const columns = range(SIZE).map((u) => share(u, cx / total));
    for (let v = top; v < bottom; v++) {
      for (const [row, high] of share(v, cy / total)) {
        for (let u = left; u < right; u++) {
          const value = ink[v * SIZE + u];
          if (!value) continue;
          for (const [column, wide] of columns[u]) x[row * GRID + column] += value * high * wide;
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

  // The best digit, what to say about it, and whether to sound sure. `meant` is the label,
  // if the drawing has one.
  function verdict(probabilities, empty, meant) {
    const p = (i) => inWords(probabilities[i]);
    const [best, second] = range(10).sort((i, j) => probabilities[j] - probabilities[i]);
    if (empty) {
      const words = `Nothing is drawn, yet the network says ${best} (${p(best)})`;
      return [best, `${words}: one of ten is all it can say.`, false];
    }
    const wrong = meant !== undefined && meant !== best;
    const label = wrong ? ` Its label says ${meant}: the network is wrong.` : "";
    const [one, other] = [best, second].map(an);
    const words = probabilities[best] >= 0.9
      ? `The network reads ${one}, with a probability of ${p(best)}.`
      : probabilities[best] >= 0.6
      ? `Probably ${one} (${p(best)}), but it could be ${other} (${p(second)}).`
      : `Not sure. It may be ${one} (${p(best)}), or ${other} (${p(second)}).`;
    return [best, words + label, probabilities[best] >= 0.6];
  }

  // Calls changed() when the ink changes, and moved(words) when keys move the pen.
  function drawingBoard({ labels, images }, first, changed, moved) {
    const side = 20; // of a sample: the part of MNIST's 28×28 pixels that holds the ink
    const all = Array.from(bytes(images), (pair) => [pair >> 4, pair & 15]).flat();
    const samples = labels.map((label, s) => {
      return { label, pixels: all.slice(s * side ** 2, (s + 1) * side ** 2) };
    });
    const ink = new Float32Array(SIZE * SIZE);
    const items = []; // strokes, each a list of points, and at most one sample
    const canvas = el("canvas.dd-board", {
      width: SIZE,
      height: SIZE,
      tabindex: 0,
      role: "application",
      onkeydown,
      onfocus: () => withKeys(!pointing),
      onblur: () => withKeys(pointing = false),
      "aria-label": "Drawing board. Arrow keys move the pen, Space puts it down or lifts it.",
    });
    const pen = el("span.dd-pen");
    const invite = el("span.dd-invite", { "aria-hidden": "true" }, "Draw a digit here");

    let [px, py, down, pointing] = [140, 60, false, false];
    function withKeys(yes) {
      canvas.classList.toggle("dd-keys", yes);
      canvas.style.outline = yes ? "" : "none";
    }
    function place(x, y) {
      [px, py] = [x, y].map((p) => clamp(Math.round(p / 10) * 10, 10, SIZE - 10));
      pen.style.left = `${(100 * px) / SIZE}%`;
      pen.style.top = `${(100 * py) / SIZE}%`;
    }
    function lower(yes) {
      down = yes;
      pen.classList.toggle("dd-down", yes);
    }

    // Ten pixels of the board for each of a sample's, within a margin.
    function stamp({ pixels }) {
      for (let y = 0; y < 200; y++) {
        for (let x = 0; x < 200; x++) {
          const k = Math.floor(y / 10) * side + Math.floor(x / 10);
          ink[(y + 40) * SIZE + x + 40] = pixels[k] / 15;
        }
      }
    }
    function trace(points, from = 0) {
      for (let i = from; i < points.length; i++) {
        stroke(ink, points[Math.max(i - 1, 0)], points[i]);
      }
    }
    function extend(...points) {
      const from = items.at(-1).length;
      items.at(-1).push(...points);
      trace(items.at(-1), from);
      changed();
    }
    function begin(point) {
      if (items.length === 1 && items[0] === example) keep(0);
      items.push([]);
      extend(point);
    }
    // Keeps the first n strokes; a negative n counts from the end.
    function keep(n, ...more) {
      lower(false);
      items.splice(n, items.length, ...more);
      ink.fill(0);
      for (const one of items) {
        if (Array.isArray(one)) trace(one);
        else stamp(one);
      }
      changed();
    }
    const undo = () => keep(-1);
    const clear = () => keep(0);

    drag(canvas, (event) => {
      const at = (e) => {
        const box = canvas.getBoundingClientRect();
        const [u, v] = [e.clientX - box.left, e.clientY - box.top];
        return [(u / box.width) * SIZE, (v / box.height) * SIZE];
      };
      lower(false);
      withKeys(false);
      pointing = true; // the focus that follows is not the keyboard's
      begin(at(event));
      return (e) => {
        if (e.pointerId !== event.pointerId) return;
        const way = e.getCoalescedEvents?.() ?? [];
        extend(...(way.length ? way : [e]).map(at));
        place(...at(e));
      };
    });

    function onkeydown(event) {
      const { key } = event;
      const takeBack = (event.ctrlKey || event.metaKey) && key === "z";
      if ((event.ctrlKey || event.metaKey || event.altKey) && !takeBack) return;
      if (key in MOVES) {
        place(px + 10 * MOVES[key][0], py + 10 * MOVES[key][1]);
        if (down) extend([px, py]);
      } else if (key === " ") {
        lower(!down);
        if (down) begin([px, py]);
      } else if (key === "Backspace" || takeBack) undo();
      else if (key === "Delete") clear();
      else if (key === "Escape" && down) lower(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
      withKeys(true);
      moved(`Pen ${down ? "down" : "up"}, column ${px / 10} of 27, row ${py / 10} of 27. `);
    }

    const buttons = [button("Undo", undo), button("Clear", clear)];
    const pictures = samples.map((sample, s) => {
      const { label, pixels } = sample;
      const small = picture(side, side);
      paint(small, pixels, 15);
      const hard = s >= 10;
      const what = hard ? `a hard test image, labelled ${label}` : `a test image of ${an(label)}`;
      return button(small, () => (example = undefined, keep(0, sample)), {
        "aria-label": `Load ${what}`,
        title: hard ? "a hard one" : label,
      });
    });

    // Shows the ink; returns whether there is none, and the label if it is a sample.
    function show() {
      paint(canvas, ink);
      const empty = items.length === 0;
      invite.hidden = !empty;
      for (const one of buttons) one.disabled = empty;
      return { empty, meant: items.length === 1 ? items[0].label : undefined };
    }
    place(px, py);
    // The picture that is there before the reader draws: the first stroke takes its place.
    let example = samples[first];
    if (example) {
      items.push(example);
      stamp(example);
    }
    return {
      ink,
      show,
      frame: el("div.dd-frame", canvas, invite, pen),
      tools: el("div.dlx-row.dd-tools", buttons),
      samples: el("div.dd-samples", { role: "group", "aria-label": "Test images" }, pictures),
    };
  }

  // ---- The frame of a figure with a board ----

  const soft = (words) => el("p.dlx-soft", words);

  const KEYS_HELP =
    "On the board: arrow keys move the pen, and Home, Page Up, End and Page Down move it diagonally. Space puts it down or lifts it. Backspace takes the last stroke back, Delete clears.";
  const SHRINK_HELP =
    "As with MNIST's digits, the drawing is fitted into a box, here of 10 × 10 pixels, averaged over areas, and shifted until its centre of mass is in the middle of 14 × 14 pixels. The network sees nothing else.";
  const help = (...paragraphs) =>
    el(
      "details",
      el("summary", "Keys, and what happens to your drawing"),
      paragraphs.map((words) => el("p", words)),
    );

  // Each line of the body is a name, and then numbers.
  const table = (caption, names, body, decimals = 4) =>
    el(
      "table",
      el("caption", caption),
      head(...names),
      el(
        "tbody",
        body.map(([name, ...values]) => row(name, values.map((v) => el("td", text(v, decimals))))),
      ),
    );

  // A state, and all that the board, the answer and the tables need. draw({ x, at }) shows
  // what a network computes from the pixels x and returns the probabilities; `numbers` names
  // the tables, and tabulate() makes them.
  // `first` is the sample that is on the board at the start, if any.
  function drawing(samples, state, draw, numbers, tabulate, first) {
    const board = drawingBoard(samples, first, update, (words) => {
      moved = words;
      live.rest();
    });
    const big = el("span.dd-big", { "aria-hidden": "true" });
    const sentence = el("span");
    const answer = el("p.dd-answer", big, sentence);
    let moved = "";
    const live = status(() => {
      const words = moved + sentence.textContent;
      moved = "";
      return words;
    });
    const sheet = scroll(numbers, [], { class: "dd-tables" });
    const lay = () => tables.open && fill(sheet, tabulate());
    const tables = el("details", { ontoggle: lay }, el("summary", `${numbers} as tables`), sheet);

    // Changes the state; the page shows it with its next frame.
    let waiting = false;
    function update(changes) {
      Object.assign(state, changes);
      if (!waiting) requestAnimationFrame(render);
      waiting = true;
    }
    function render() {
      waiting = false;
      const { empty, meant } = board.show();
      const probabilities = draw(shrink(board.ink));
      const [digit, words, sure] = verdict(probabilities, empty, meant);
      big.textContent = empty ? "?" : digit;
      answer.classList.toggle("dd-unsure", !sure);
      answer.dataset.digit = empty ? "" : digit;
      answer.dataset.probability = probabilities[digit];
      if (sentence.textContent !== words) {
        if (sentence.textContent) live.rest();
        sentence.textContent = words;
      }
      lay();
    }
    const hint = soft("Use mouse, finger, pen, or keys: arrows move, Space draws.");
    return {
      state,
      update,
      frame: board.frame,
      board: [board.frame, board.tools, hint, answer, live],
      // The same parts, one by one.
      parts: { ...board, hint, answer, live },
      samples: board.samples,
      // The node that explore returns.
      page(style, ...children) {
        render();
        return el("div", el("style", BOARD_STYLE + style), children, tables);
      },
    };
  }

  return {
    GRID,
    KEYS_HELP,
    SHRINK_HELP,
    SIZE,
    affine,
    drawing,
    help,
    largest,
    paint,
    percent,
    picture,
    soft,
    softmax,
    table,
    unpack,
  };
})();
