// What networks with an LSTM share: weights of 16 bits, and one step.
// The file of a figure takes what it needs: const { matrices, step } = globalThis.lstm;
globalThis.lstm = (() => {
  const { range } = globalThis.explorables;

  // float16: 1 bit for the sign, 5 for the exponent, 10 for the fraction.
  function halves(packed) {
    const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
    const bits = new DataView(bytes.buffer);
    return range(bytes.length / 2).map((i) => {
      const v = bits.getUint16(2 * i, true);
      const [exponent, fraction] = [(v >> 10) & 31, v & 1023];
      const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
      return v >> 15 ? -size : size;
    });
  }

  // take(rows, columns) is the next of the matrices that are packed, as a list of rows.
  function matrices(packed) {
    const all = halves(packed);
    return (rows, columns) => range(rows).map(() => all.splice(0, columns));
  }

  const zeros = (n) => range(n).map(() => 0);
  const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const times = (x, W) => W[0].map((_, j) => x.reduce((sum, v, i) => sum + v * W[i][j], 0));
  const add = (x, ...more) => x.map((v, i) => more.reduce((sum, y) => sum + y[i], v));
  const sigmoid = (v) => 1 / (1 + Math.exp(-v));
  function softmax(z) {
    const e = z.map((v) => Math.exp(v - Math.max(...z)));
    const total = e.reduce((a, b) => a + b);
    return e.map((v) => v / total);
  }

  // One step from the state [h, c]. The forget gate is as learnt, or held at a value.
  function step({ Wx, Wh, b }, x, [h, before], held) {
    const a = add(b, times(x, Wx), times(h, Wh));
    const part = (k, bend) => a.slice(k * h.length, (k + 1) * h.length).map(bend);
    const [i, g, o] = [part(0, sigmoid), part(2, Math.tanh), part(3, sigmoid)];
    const f = part(1, held === undefined ? sigmoid : () => held);
    const c = before.map((v, j) => f[j] * v + i[j] * g[j]);
    const tanh = c.map(Math.tanh);
    return { before, i, f, g, o, tanh, state: [o.map((v, j) => v * tanh[j]), c] };
  }

  return { add, dot, matrices, softmax, step, times, zeros };
})();
