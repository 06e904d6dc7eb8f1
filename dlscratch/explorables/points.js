// Points in a picture, which the reader adds, moves and removes.
// const { node, add, drop, draw } = editable(picture, edges, get, change, most)
// get() is { points, chosen }, and change(points, chosen) changes them; draw(look, words)
// asks of each point i for its style, and what a screen reader says of it.
globalThis.explorables.editable = (() => {
  const { clamp, fill, grab, keys, only, place, round2, set, svg } = globalThis.explorables;

  // Arrow keys move a point, Page Up and Page Down go to another, Delete removes it.
  const MOVES = {
    ArrowRight: [0.1, 0],
    ArrowLeft: [-0.1, 0],
    ArrowUp: [0, 0.1],
    ArrowDown: [0, -0.1],
    PageUp: -1,
    PageDown: 1,
    Delete: 0,
    Backspace: 0,
  };

  return (picture, edges, get, change, most) => {
    const node = svg("g");
    let marks = [];
    const inside = (at) => at.map((u, d) => round2(clamp(u, ...edges[d])));
    const put = (i, at) => change(get().points.with(i, inside(at)), i);
    function add(at) {
      const { points } = get();
      if (points.length < most) change([...points, inside(at)], points.length);
    }
    function drop(i) {
      const points = get().points.filter((_, n) => n !== i);
      if (points.length) change(points, Math.min(i, points.length - 1));
    }
    function mark(i) {
      const act = (by) => {
        if (Array.isArray(by)) return put(i, get().points[i].map((u, d) => u + by[d]));
        if (by) return marks[i + by]?.focus();
        drop(i);
        marks[get().chosen].focus();
      };
      const one = svg(
        "g.dlx-handle",
        {
          role: "slider",
          "aria-label": `Point ${i + 1}`,
          onfocus: () => get().chosen === i || change(get().points, i),
          onkeydown: keys(MOVES, act),
        },
        svg("circle.dlx-touch", { r: 12 }),
        svg("circle", { r: 5.5 }),
      );
      grab(one, picture, () => get().points[i], (to) => put(i, to));
      return one;
    }
    function draw(look, words) {
      const { points, chosen } = get();
      if (marks.length !== points.length) fill(node, marks = points.map((_, i) => mark(i)));
      points.forEach(([u, v], i) => {
        const mine = i === chosen;
        const style = `${look(i)}; stroke: var(${mine ? "--ink" : "--well"})`;
        place(marks[i], [picture.x(u), picture.y(v)], edges[0], u, words(i));
        set(marks[i].lastChild, { style, "stroke-width": mine ? 2.5 : 1 });
      });
      only(marks, marks[chosen]);
    }
    return { node, inside, add, drop, draw };
  };
})();
