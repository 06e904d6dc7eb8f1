// The settings of the playground as the end of an address, such as
// #playground=rings,3,tanh,SGD,1,Xavier,0,all,4; behind them stand changed points.
Object.assign(
  globalThis.explorables,
  (() => {
    const EDGE = 3; // the plane is −3 to 3, both ways
    const ORDER = [
      "data",
      "hidden",
      "activation",
      "optimizer",
      "rate",
      "init",
      "decay",
      "batch",
      "start",
    ];
    const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    // Four characters for each point: 100 (x + 3), to which its label adds 1024, and 100 (y + 3).
    const packed = ({ points, labels }) =>
      points.flatMap((at, i) =>
        at.map((u, d) => Math.round(100 * (u + EDGE)) + (d ? 0 : 1024 * labels[i]))
          .map((v) => DIGITS[v >> 6] + DIGITS[v & 63])
      ).join("");
    function unpacked(word) {
      const found = { points: [], labels: [] };
      for (const four of word.match(/.{1,4}/g) ?? []) {
        const [p, q, r, s] = [0, 1, 2, 3].map((i) => DIGITS.indexOf(four.charAt(i) || "!"));
        const x = 64 * p + q;
        found.labels.push(x >> 10);
        found.points.push([x & 1023, 64 * r + s].map((v) => Math.round(v - 100 * EDGE) / 100));
        if ([p, q, r, s].includes(-1)) found.labels.push(-1); // no such character
      }
      return found;
    }

    function addressOf(state) {
      const parts = ORDER.map((key) => state[key]);
      parts[1] = state.hidden.join("-") || "0";
      return `#playground=${[...parts, ...(state.edited ? [packed(state)] : [])]}`;
    }

    // The settings that an address names: nothing if it names none, false if they are wrong.
    function addressed(hash, kinds, limits, scene) {
      const words = hash.match(/^#playground=(.*)$/)?.[1].split(",");
      if (!words) return;
      const found = Object.fromEntries(ORDER.map((key, i) => [key, words[i] ?? ""]));
      found.hidden = found.hidden === "0" ? [] : found.hidden.split("-").map(Number);
      if (found.batch !== "all") found.batch = Number(found.batch);
      for (const key in kinds) if (!kinds[key].includes(found[key])) return false;
      for (const key of ["rate", "decay", "start"]) found[key] = Number(found[key] || "x");
      const edited = words.length > ORDER.length;
      const put = edited ? unpacked(words[ORDER.length]) : scene(found.data);
      const fits = (values, [low, high]) => values.every((v) => v >= low && v <= high);
      const right = fits([found.rate], limits.rate) && fits([found.decay], limits.decay) &&
        fits([found.start], limits.start) && found.hidden.length <= limits.layers &&
        [...found.hidden, found.start].every(Number.isInteger) &&
        fits(found.hidden, [1, limits.units]) && words.length <= ORDER.length + 1 &&
        fits([put.points.length], [1, limits.points]) && fits(put.labels, [0, 1]) &&
        fits(put.points.flat(), [-EDGE, EDGE]);
      return right && { ...found, ...put, edited };
    }

    return { EDGE, ORDER, addressOf, addressed };
  })(),
);
