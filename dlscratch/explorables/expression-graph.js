// Expressions as graphs: the rules of dlscratch.autograd, the walk back, and the compiler.
globalThis.explorables.expressionGraph = (() => {
  // ---- Numbers, variables and operations: each knows its value; operations know their rules ----

  const constant = (value, whole = false) => ({ value, whole, constant: true });
  let built, stage; // every operation since the parser began, and the order that it belongs to
  function make(op, inputs, n) {
    inputs = inputs.map((one) => typeof one === "number" ? constant(one) : one);
    const value = OPS[op][0](...inputs.map((one) => one.value), n?.value);
    built.push({ op, inputs, n, value, stage });
    return built.at(-1);
  }
  const [add, sub, mul, div, sum, spread, ones, sin, cos, isPositive] = [
    "add subtract multiply divide sum_like broadcast_like ones_like sin cos is_positive",
  ].flatMap((names) => names.split(" ")).map((op) => (...inputs) => make(op, inputs));
  const power = (x, n) => make("power", [x], n);
  const minus = (x) => mul(x, -1);

  // The table of dlscratch.autograd, for single numbers: forward, then a rule for each input,
  // from the gradient g of the result y.
  const OPS = {
    add: [(a, b) => a + b, (g, _, a) => sum(g, a), (g, _, _a, b) => sum(g, b)],
    subtract: [(a, b) => a - b, (g, _, a) => sum(g, a), (g, _, _a, b) => sum(minus(g), b)],
    multiply: [
      (a, b) => a * b,
      (g, _, a, b) => sum(mul(g, b), a),
      (g, _, a, b) => sum(mul(g, a), b),
    ],
    divide: [
      (a, b) => a / b,
      (g, _, a, b) => sum(div(g, b), a),
      (g, y, _, b) => sum(div(mul(minus(g), y), b), b),
    ],
    power: [
      (x, n) => x ** n,
      (g, _, x, n) =>
        n.value ? mul(mul(g, n), power(x, constant(n.value - 1, n.whole))) : mul(0, g),
    ],
    exp: [Math.exp, (g, y) => mul(g, y)],
    log: [Math.log, (g, _, x) => div(g, x)],
    sin: [Math.sin, (g, _, x) => mul(g, cos(x))],
    cos: [Math.cos, (g, _, x) => mul(minus(g), sin(x))],
    tanh: [Math.tanh, (g, y) => mul(g, sub(1, mul(y, y)))],
    sigmoid: [(x) => 1 / (1 + Math.exp(-x)), (g, y) => mul(mul(g, y), sub(1, y))],
    relu: [(x) => Math.max(x, 0), (g, _, x) => mul(g, isPositive(x))],
    is_positive: [(x) => (x > 0 ? 1 : 0)],
    ones_like: [() => 1],
    sum_like: [(a) => a, (g, _, a) => spread(g, a)],
    broadcast_like: [(a) => a, (g, _, a) => sum(g, a)],
  };
  const FUNCTIONS = ["exp", "log", "sin", "cos", "tanh", "sigmoid", "relu"];
  const SIGNS = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power" };

  // ---- From text to a graph ----

  // names holds x and y; "u = …;" adds to them. Numbers alone are computed, as in Python.
  function parse(source, names) {
    const tokens = [...source.matchAll(/\d+\.?\d*|\.\d+|[a-z_]\w*|\*\*|\S/gi)];
    let at = 0;
    const token = (k = at) => tokens[k]?.[0];
    function fail(expected, k = at) {
      const got = tokens[k] ? `“${token(k)}”` : "the end";
      const place = (tokens[k]?.index ?? source.length) + 1;
      throw new SyntaxError(`Position ${place}: expected ${expected}, got ${got}.`);
    }
    const take = (...wanted) => wanted.includes(token()) && tokens[at++][0];
    const need = (wanted) => take(wanted) || fail(`“${wanted}”`);
    function combine(op, inputs, k) {
      const whole = op !== "divide" && inputs.every((one) => one.whole) &&
        !FUNCTIONS.includes(op) && !(op === "power" && inputs[1].value < 0);
      if (inputs.every((one) => one.constant)) {
        return sized(constant(OPS[op][0](...inputs.map((one) => one.value)), whole), k);
      }
      if (op !== "power") return make(op, inputs);
      return inputs[1].constant ? power(...inputs) : fail("a number as exponent", k + 1);
    }
    const sized = (one, k) => Math.abs(one.value) < 1e15 ? one : fail("a number below 10¹⁵", k);
    const left = (next, ...signs) => () => {
      let one = next();
      for (let k = at, sign; (sign = take(...signs)); k = at) {
        one = combine(SIGNS[sign], [one, next()], k);
      }
      return one;
    };
    function atom() {
      const [k, word] = [at, token()];
      if (take("(")) {
        const one = all();
        need(")");
        return one;
      }
      if (/^[.\d]/.test(word)) return sized(constant(Number(token(at++)), !word.includes(".")), k);
      if (FUNCTIONS.includes(word)) {
        at += 1;
        need("(");
        const one = all();
        need(")");
        return combine(word, [one], k);
      }
      if (!Object.hasOwn(names, word)) {
        fail(`a number, ${Object.keys(names).join(", ")}, a function or “(”`);
      }
      return names[token(at++)];
    }
    function raised() {
      const [one, k] = [atom(), at];
      return take("**") ? combine("power", [one, signed()], k) : one;
    }
    function signed() {
      if (!take("-")) return raised();
      const one = signed();
      return one.constant ? constant(-one.value, one.whole) : minus(one);
    }
    const all = left(left(signed, "*", "/"), "+", "-");
    while (token(at + 1) === "=") {
      const word = token();
      if (!/^[a-z_]/i.test(word) || FUNCTIONS.includes(word) || /^[xy]$/.test(word)) {
        fail("a new name");
      }
      at += 2;
      names[word] = all();
      need(";");
    }
    const result = all();
    if (at < tokens.length) {
      fail(token() === "^" ? "“**” for a power" : "+, −, *, /, ** or the end");
    }
    if (result.constant) throw new SyntaxError("Expected x or y somewhere, got a number alone.");
    return result;
  }

  // ---- Back along the graph ----

  // All nodes that lead to the outputs, each after its inputs.
  function order(outputs) {
    const [seen, found] = [new Set(), []];
    function visit(x) {
      if (x.constant || seen.has(x)) return;
      seen.add(x);
      x.inputs?.toReversed().forEach(visit);
      found.push(x);
    }
    outputs.forEach(visit);
    return found;
  }

  const VISITS = 300; // of a walk that does not wait: each node may double them

  // The gradients of y, and the steps: which node passed what to which, and what these have then.
  // Who does not wait passes on whatever has arrived, after each use.
  function walk(y, waits = true) {
    const grads = new Map([[y, ones(y)]]);
    const steps = [];
    function pass(x) {
      const given = [];
      steps.push({ x, g: grads.get(x).value, given });
      x.inputs.forEach((to, k) => {
        const rule = !to.constant && OPS[x.op][k + 1];
        if (!rule) return;
        const more = rule(grads.get(x), x, ...x.inputs, x.n);
        grads.set(to, grads.has(to) ? add(grads.get(to), more) : more);
        given.push({ to, more: more.value, total: grads.get(to).value });
      });
      if (!waits) { for (const { to } of given) if (to.op && steps.length < VISITS) pass(to); }
    }
    if (waits) { for (const x of order([y]).reverse()) x.op && grads.has(x) && pass(x); }
    else if (y.op) pass(y);
    return { grads, steps };
  }

  // ---- From the graph to a program ----

  function literal({ value, whole }) {
    if (whole) return `${value}`;
    const small = value !== 0 && Math.abs(value) < 1e-4;
    const digits = small ? value.toExponential().replace(/-(\d)$/, "-0$1") : `${value}`;
    return Number.isInteger(value) ? `${digits}.0` : digits;
  }

  // The lines of dlscratch.autograd.function with its names, and those that it leaves out: merged
  // with an equal one, or dead, which no output needs.
  function compile(outputs, steps) {
    const alive = order(outputs);
    const [kept, calls, copies, last] = [new Set(alive), new Map(), {}, {}];
    const labels = new Map(alive.filter((x) => x.name).map((x) => [x, x.name]));
    const names = new Map(labels);
    const lines = [...alive, ...steps.filter((x) => !kept.has(x))].filter((x) => x.op).map((x) => {
      const given = x.inputs.map((one) => names.get(one) ?? literal(one));
      const call = `${x.op}(${[...given, ...(x.n ? [`n=${literal(x.n)}`] : [])].join(", ")})`;
      const dead = !kept.has(x);
      const merged = !dead && calls.has(call);
      const name = merged
        ? calls.get(call)
        : `${dead ? "dead" : "v"}${dead ? names.size : calls.size + 1}`;
      const copy = copies[name] = (copies[name] ?? -1) + 1;
      names.set(x, name);
      labels.set(x, name + (copy > 3 ? `′${copy}` : "′".repeat(copy)));
      if (!dead && !merged) {
        calls.set(call, name);
        for (const one of given) last[one] = call;
      }
      return { x, call, given, out: merged || dead };
    });
    const results = outputs.map((x) => names.get(x));
    const ends = (call) => (name) =>
      name[0] === "v" && !results.includes(name) && last[name] === call;
    for (const one of lines) {
      one.done = one.out ? [] : [...new Set(one.given.filter(ends(one.call)))];
    }
    const counts = {
      built: steps.length,
      dead: steps.filter((x) => !kept.has(x)).length,
      lines: calls.size,
    };
    return {
      lines,
      labels,
      results,
      counts: { ...counts, merged: counts.built - counts.dead - counts.lines },
    };
  }

  // ---- An expression and its derivatives, order by order ----

  // Stops, with a note, where a derivative does not depend on its letter, or is too long.
  function compute({ source, x, y, by, waits, most }) {
    const names = { x: { name: "x", value: x }, y: { name: "y", value: y } };
    [built, stage] = [[], 0];
    const outputs = [parse(source, { ...names })];
    const variables = order(outputs).filter((one) => one.name).sort((a, b) =>
      a.name < b.name ? -1 : 1
    );
    const rows = [compile(outputs, built)];
    let note = "";
    for (const name of by) {
      const before = built.length;
      stage += 1;
      const next = walk(outputs.at(-1)).grads.get(names[name]);
      if (!next) {
        note =
          `The last result no longer depends on ${name}: its gradient is None, and its derivative 0.`;
      } else if (stage > most.order) note = `This figure stops at order ${most.order}.`;
      else if (built.length > most.steps) {
        note =
          `Order ${stage} would build ${built.length} steps; this figure stops at ${most.steps}.`;
      }
      if (note) {
        built.length = before;
        break;
      }
      outputs.push(next);
      rows.push(compile(outputs, [...built]));
    }
    const from = outputs.at(-1);
    const [right, tape] = [walk(from), walk(from, waits)];
    const uses = new Map();
    for (const { to } of right.steps.flatMap(({ given }) => given)) {
      uses.set(to, (uses.get(to) ?? 0) + 1);
    }
    return { outputs, variables, rows, program: rows.at(-1), from, right, tape, uses, note };
  }

  return { compute, order, literal, VISITS };
})();
