// deno-lint-ignore-file no-undef

// What scrolls in its own box can be reached by the keyboard. All boxes are measured before
// one is changed: in turns, each would have the whole page laid out again.
const SCROLLS = `article :is(
  pre, .cell_output > .output, .pst-scrollable-table-container, div.math > .katex-display
)`;
function reachWhatScrolls(part) {
  const boxes = [...part.querySelectorAll(SCROLLS)];
  const scrolls = boxes.map((box) =>
    box.scrollWidth > box.clientWidth ||
    (box.scrollHeight > box.clientHeight && !box.matches(".katex-display"))
  );
  boxes.forEach((box, i) => scrolls[i] ? (box.tabIndex = 0) : box.removeAttribute("tabindex"));
}
const changed = new Set();
let rest = 0;
function measureSoon(part) {
  changed.add(part);
  clearTimeout(rest);
  rest = setTimeout(() => {
    for (const part of changed) reachWhatScrolls(part);
    changed.clear();
  }, 300);
}
addEventListener("load", async () => {
  await document.fonts.ready;
  reachWhatScrolls(document);
  const article = document.querySelector("article");
  if (!article) return;
  new MutationObserver((list) => {
    for (const cell of new Set(list.map(({ target }) => target.closest(".cell")))) {
      if (cell) measureSoon(cell);
    }
  }).observe(article, { childList: true, subtree: true });
});
addEventListener("resize", () => measureSoon(document));

// A formula is copied as its TeX, and as a whole.
function copyFormulas(event) {
  const selection = getSelection();
  if (selection.isCollapsed || !event.clipboardData) return;
  const range = selection.getRangeAt(0).cloneRange();
  const around = (node) => (node.closest ? node : node.parentElement)?.closest(".math");
  const [first, last] = [around(range.startContainer), around(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const copy = range.cloneContents();
  const formulas = copy.querySelectorAll(".math");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const tex = formula.querySelector("annotation").textContent;
    const display = formula.localName === "div";
    formula.replaceWith(display ? `\n$$\n${tex}\n$$\n` : `$${tex}$`);
  }
  const page = document.createElement("div");
  page.append(copy);
  event.clipboardData.setData("text/html", page.innerHTML);
  page.style = "position: fixed; left: -99em; white-space: pre-wrap";
  document.body.append(page); // only what is laid out has its line ends
  event.clipboardData.setData("text/plain", page.innerText);
  page.remove();
  event.preventDefault();
}
addEventListener("copy", copyFormulas);

// What is closed opens when a link leads into it, and asides also on paper.
function openAround(id) {
  const target = document.getElementById(id);
  const aside = target?.querySelector(":scope > details.aside");
  let opened = false;
  for (let box = aside ?? target; box; box = box.parentElement) {
    if (box.tagName !== "DETAILS" || box.open) continue;
    box.open = opened = true;
  }
  if (opened) target.scrollIntoView();
}
function openForPrint() {
  for (const aside of document.querySelectorAll("details.aside:not([open])")) {
    aside.open = true;
    addEventListener("afterprint", () => (aside.open = false), { once: true });
  }
}
addEventListener("DOMContentLoaded", () => openAround(location.hash.slice(1)));
addEventListener("hashchange", () => openAround(location.hash.slice(1)));
addEventListener("beforeprint", openForPrint);

// The definition of a glossary word, on hover, on focus, and at the first touch.
function showDefinitions() {
  const tip = document.createElement("div");
  tip.className = "definition";
  tip.hidden = true;
  document.body.append(tip);
  let shown = null;
  let timer = 0;

  function show(link, box) {
    clearTimeout(timer);
    if (shown === link) return;
    shown = link;
    tip.replaceChildren(...box.cloneNode(true).childNodes);
    tip.hidden = false;
    const word = link.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(word.left, room - tip.offsetWidth - 8));
    const above = word.bottom + tip.offsetHeight + 12 > innerHeight;
    const top = above ? word.top - tip.offsetHeight - 6 : word.bottom + 6;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${Math.max(8, top) + scrollY}px`;
  }
  function hide() {
    clearTimeout(timer);
    tip.hidden = true;
    shown = null;
  }
  const hideSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(hide, 250);
  };

  for (const link of document.querySelectorAll('article a[href*="#term-"]')) {
    const name = link.hash.replace("#term-", "definition-");
    const box = document.getElementById(name);
    if (!box) continue;
    link.removeAttribute("title");
    link.setAttribute("aria-describedby", name);
    link.addEventListener("focus", () => show(link, box));
    link.addEventListener("blur", hideSoon);
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "touch") return;
      clearTimeout(timer);
      timer = setTimeout(() => show(link, box), 120);
    });
    link.addEventListener("pointerleave", hideSoon);
    let firstTouch = false;
    link.addEventListener("pointerdown", (event) => {
      firstTouch = event.pointerType === "touch" && shown !== link;
    });
    link.addEventListener("click", (event) => {
      if (firstTouch) event.preventDefault();
      if (firstTouch) show(link, box);
      firstTouch = false;
    });
  }
  tip.addEventListener("pointerenter", () => clearTimeout(timer));
  tip.addEventListener("pointerleave", hideSoon);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("pointerdown", (event) => {
    if (!tip.contains(event.target) && !shown?.contains(event.target)) hide();
  });
}
addEventListener("DOMContentLoaded", showDefinitions);
