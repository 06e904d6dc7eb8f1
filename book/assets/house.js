// deno-lint-ignore-file no-undef

// A formula wider than the page scrolls in its own box: let the keyboard reach it.
function reachWideFormulas() {
  for (const box of document.querySelectorAll("mjx-container[display]")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", () => window.MathJax?.startup?.promise.then(reachWideFormulas));
addEventListener("resize", reachWideFormulas);

// Formulas change the height of a page while they are set. Where the address leads
// then is looked up again, unless the reader has moved on or came back.
function returnToAddress() {
  let moved = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  for (const act of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(act, () => (moved = true), { once: true, passive: true });
  }
  const page = document.documentElement;
  page.style.scrollBehavior = "auto"; // a scroll that takes its time misses the place
  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    if (!moved) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    page.style.scrollBehavior = "";
  });
}
returnToAddress();

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
