// A small network and its training: hidden layers h = f(h W + b), then one logit y, with
// p = sigmoid(y) and the mean binary cross-entropy. The steps are those of dlscratch.
globalThis.explorables.smallNetwork = (() => {
  const { activations, normal, range, uniform } = globalThis.explorables;

  const { relu: ReLU, sigmoid, tanh } = activations;
  const ACTIVATIONS = { tanh, ReLU, sigmoid, identity: { f: (a) => a, slope: () => 1 } };
  // The standard deviation of the first weights, from the number of inputs.
  const SCALES = {
    zero: () => 0,
    small: () => 0.01,
    Xavier: (n) => Math.sqrt(1 / n),
    He: (n) => Math.sqrt(2 / n),
  };
  // What is taken from a weight: its gradient g, what is remembered of it in m and s at place i,
  // the rate, and the number of this step.
  const OPTIMIZERS = {
    SGD: (g, _, __, ___, rate) => rate * g,
    momentum: (g, m, _, i, rate) => rate * (m[i] = 0.9 * m[i] + g),
    Adam(g, m, s, i, rate, t) {
      m[i] = 0.9 * m[i] + 0.1 * g;
      s[i] = 0.999 * s[i] + 0.001 * g * g;
      const root = Math.sqrt(s[i] / (1 - 0.999 ** t)) + 1e-8;
      return (rate / (1 - 0.9 ** t)) * m[i] / root;
    },
  };
  const seed = (start, k) => 100000 * start + k; // of a row of random numbers

  // The layers with their first weights; m and s are what an optimizer remembers.
  function layersOf({ hidden, init, start }) {
    const sizes = [2, ...hidden, 1];
    return range(sizes.length - 1).map((k) => {
      const [inputs, outputs, next] = [sizes[k], sizes[k + 1], normal(seed(start, k))];
      const W = new Float64Array(inputs * outputs).map(() => SCALES[init](inputs) * next());
      return { inputs, outputs, W, b: new Float64Array(outputs), memory: {} };
    });
  }

  // What goes into each layer, row by row, and last the logits.
  function forward(layers, { f }, x) {
    const all = [x];
    layers.forEach(({ inputs, outputs, W, b }, k) => {
      const [h, last] = [all[k], k === layers.length - 1];
      const made = new Float64Array((h.length / inputs) * outputs);
      for (let at = 0, from = 0; at < made.length; from += inputs) {
        for (let j = 0; j < outputs; j++, at++) {
          let sum = b[j];
          for (let i = 0; i < inputs; i++) sum += h[from + i] * W[i * outputs + j];
          made[at] = last ? sum : f(sum);
        }
      }
      all.push(made);
    });
    return all;
  }

  // The gradients [dW, db] of all layers, from what forward gave and the labels.
  function backward(layers, { slope }, all, t) {
    let dy = all.at(-1).map((y, n) => (sigmoid.f(y) - t[n]) / t.length);
    const found = [];
    for (let k = layers.length - 1; k >= 0; k--) {
      const [{ inputs, outputs, W, b }, h] = [layers[k], all[k]];
      const [dW, db, dh] = [W, b, h].map((one) => new Float64Array(one.length));
      for (let n = 0; n < t.length; n++) {
        for (let j = 0; j < outputs; j++) {
          const d = dy[n * outputs + j];
          db[j] += d;
          for (let i = 0; i < inputs; i++) {
            dW[i * outputs + j] += h[n * inputs + i] * d;
            dh[n * inputs + i] += d * W[i * outputs + j];
          }
        }
      }
      if (k) dh.forEach((d, i) => dh[i] = d * slope(h[i]));
      dy = dh;
      found[k] = [dW, db];
    }
    return found;
  }

  // The mean loss of logits, and how many are on the right side of 0.
  function measure(y, t) {
    let [loss, right] = [0, 0];
    y.forEach((v, n) => {
      loss += Math.max(v, 0) - v * t[n] + Math.log1p(Math.exp(-Math.abs(v)));
      right += Number(v > 0 === t[n] > 0.5 && !Number.isNaN(v));
    });
    return { loss: loss / t.length, right };
  }

  // The points of a batch: each epoch goes through all in a new order.
  function batch(run, n, size, start) {
    if (size === "all") return range(n);
    if (!run.left?.length || run.n !== n) {
      const [next, order] = [uniform(seed(start, 100 + run.epoch++)), range(n)];
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      Object.assign(run, { n, left: order });
    }
    return run.left.splice(0, size);
  }

  // One step of the training, on points x with labels t, changes the layers of the run.
  function step(run, { points: x, labels: t, ...settings }) {
    const { activation, optimizer, rate, decay, batch: size, start } = settings;
    const [kind, chosen] = [ACTIVATIONS[activation], batch(run, t.length, size, start)];
    const all = forward(run.layers, kind, Float64Array.from(chosen.flatMap((n) => x[n])));
    const gradients = backward(run.layers, kind, all, chosen.map((n) => t[n]));
    const take = OPTIMIZERS[optimizer];
    const t1 = run.t += 1;
    run.layers.forEach((layer, k) =>
      ["W", "b"].forEach((name, which) => {
        const [values, g] = [layer[name], gradients[k][which]];
        const [m, s] = layer.memory[name] ??= [0, 1].map(() => new Float64Array(g.length));
        for (let i = 0; i < g.length; i++) {
          const penalty = which ? 0 : decay * values[i];
          values[i] -= take(g[i] + penalty, m, s, i, rate, t1);
        }
      })
    );
    run.step += 1;
  }

  return { ACTIVATIONS, OPTIMIZERS, SCALES, forward, layersOf, measure, step };
})();
