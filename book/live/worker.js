// Python, in a thread of its own. It loads what it needs from the book's own server, and
// runs one cell after the other. "self" is the worker.
const files = new Map(); // what is on its way: address → promise of its bytes
const home = new URL("pyodide/", self.location).href;
const HOME = "/reader"; // in the memory of the page
const LOADED = ["dlscratch", "ipython"];
const NAMES = {
  python: "Python",
  numpy: "NumPy",
  matplotlib: "Matplotlib",
  dlscratch: "the book’s library",
};
const CORE = ["pyodide.asm.wasm", "python_stdlib.zip"];

// ---- Loading, with a count of the bytes ----

const counted = { loaded: 0, sizes: [], waits: 0, said: 0, what: NAMES.python };

function report() {
  const now = performance.now();
  if (now - counted.said < 100 && counted.waits) return;
  counted.said = now;
  const total = counted.sizes.every(Boolean) ? counted.sizes.reduce((sum, n) => sum + n, 0) : 0;
  const { what, loaded } = counted;
  postMessage({ type: "progress", what, loaded, total: total && Math.max(total, loaded) });
}

async function bytes(response, name, at) {
  const { headers } = response; // the length of what is compressed says nothing
  if (!headers.has("content-encoding")) {
    counted.sizes[at] ||= Number(headers.get("content-length"));
  }
  const parts = [];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    counted.loaded += value.length;
    if (name in NAMES) counted.what = NAMES[name];
    report();
  }
  counted.waits--;
  report();
  return new Blob(parts).arrayBuffer();
}

const loadFile = self.fetch.bind(self);

function begin(file, name, size) {
  const at = counted.sizes.push(size) - 1;
  counted.waits++;
  const address = home + file;
  const promise = loadFile(address).then((response) => {
    if (!response.ok) throw new Error(`${file}: the server answers ${response.status}`);
    return bytes(response, name, at);
  });
  promise.catch(() => {}); // who asks for the file hears of it
  files.set(address, promise);
}

// Pyodide asks for its files by "fetch": they are on their way already, all at once.
self.fetch = (resource, options) => {
  const address = String(resource.url ?? resource);
  const promise = files.get(address);
  if (!promise) return loadFile(resource, options);
  files.delete(address);
  const type = address.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return promise.then((body) => new Response(body, { headers: { "content-type": type } }));
};

// The packages that some need, with all that these need.
function wanted(packages, names) {
  const found = new Set();
  const todo = [...names];
  while (todo.length) {
    const name = todo.pop().toLowerCase().replaceAll("_", "-");
    if (found.has(name)) continue;
    found.add(name);
    todo.push(...packages[name].depends);
  }
  return [...found].map((name) => packages[name]);
}

async function text(address) {
  const response = await loadFile(new URL(address, self.location), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${address}: the server answers ${response.status}`);
  return response.text();
}

// The kernel's modules. Without "dark.py" figures keep their white paper on a dark page.
const MODULES = ["needs.py", "dark.py"];
const module = async (file) => [file, await text(file).catch(() => null)];

async function start() {
  const lock = await text("pyodide/pyodide-lock.json");
  files.set(`${home}pyodide-lock.json`, Promise.resolve(lock)); // Pyodide asks for it, too
  const { packages, info } = JSON.parse(lock);
  for (const file of CORE) begin(file, "python", info.sizes?.[file]);
  for (const { file_name, name, size } of wanted(packages, LOADED)) begin(file_name, name, size);
  self.importScripts(`${home}pyodide.js`);
  const python = await self.loadPyodide({ indexURL: home, env: { HOME } });
  await python.loadPackage(LOADED, { messageCallback: () => {} });
  self.send = (message) => postMessage(JSON.parse(message));
  for (const [file, source] of await Promise.all(MODULES.map(module))) {
    if (source !== null) python.FS.writeFile(`${HOME}/${file}`, source);
  }
  python.runPython(`import sys; sys.path.append('${HOME}')`);
  python.runPython(await text("kernel.py"), { filename: "kernel.py" });
  return { python, run: python.globals.get("run"), needs: python.globals.get("needs") };
}

const ready = start();
ready.catch((error) => postMessage({ type: "fatal", text: String(error.message ?? error) }));

// ---- What the page asks for ----

function runCell({ run }, { id, source }) {
  postMessage({ type: "start", id });
  const began = performance.now();
  try {
    const ok = run(id, source);
    postMessage({ type: "done", id, ok, seconds: (performance.now() - began) / 1000 });
  } catch (error) { // Python itself has come to an end: too little memory, for example
    postMessage({ type: "fatal", text: String(error).trim().split("\n").at(-1) });
  }
}

function planCell({ python, needs }, { plan, sources }) {
  const list = python.toPy(sources);
  const found = needs(list, plan);
  postMessage({ type: "plan", cells: found.toJs() });
  list.destroy();
  found.destroy();
}

self.onmessage = async ({ data }) => {
  const parts = await ready.catch(() => null);
  if (!parts) return;
  if (data.sources) planCell(parts, data);
  else runCell(parts, data);
};
