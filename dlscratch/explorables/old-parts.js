// For the figures that do not use the new controls yet.
globalThis.oldParts = (() => {
  const { document } = globalThis;
  const { el, round2, clamp } = globalThis.explorables;
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== false && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  // A range and a number field that hold the same value.
  function slider(label, name, low, high, change, of = "") {
    const field = (type) =>
      el("input", {
        type,
        min: low,
        max: high,
        step: 0.01,
        name,
        "aria-label": label + of + (type === "number" ? ", typed" : ""),
        oninput(event) {
          const value = event.target.valueAsNumber;
          if (Number.isFinite(value)) change(round2(clamp(value, low, high)));
        },
      });
    const range = field("range");
    const number = field("number");
    let current;
    const write = (value) => {
      current = value;
      range.value = value;
      if (number !== document.activeElement) number.value = value.toFixed(2);
    };
    number.addEventListener("blur", () => (number.value = current.toFixed(2)));
    const node = el(
      "div",
      { class: "dlx-slider" },
      el("span", { "aria-hidden": "true" }, label),
      range,
      number,
    );
    return { node, write };
  }

  // One of several: radio buttons in a form of their own, so that names never clash.
  function choice(legend, options, chosen, change) {
    const inputs = options.map(([value]) =>
      el("input", {
        type: "radio",
        name: "choice",
        value,
        checked: value === chosen && "",
        onchange: () => change(value),
      })
    );
    const labels = options.map(([, label], i) => el("label", {}, inputs[i], el("span", {}, label)));
    const node = el(
      "form",
      { class: "dlx-choice" },
      el("fieldset", {}, el("legend", {}, legend), ...labels),
    );
    const write = (value) => inputs.forEach((input) => (input.checked = input.value === value));
    return { node, write };
  }

  return { fill, slider, choice };
})();
