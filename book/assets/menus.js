// deno-lint-ignore-file no-undef

// Menus that open, and the contents beside a page that follow it: what the theme would
// load all of Bootstrap's scripts for.

const TOGGLE = "[data-bs-toggle='dropdown']";
const boxOf = (node) => node.closest?.(".dropdown:has([data-bs-toggle='dropdown'])");

function setMenu(box, open) {
  const menu = box.querySelector(".dropdown-menu");
  box.querySelector(TOGGLE).setAttribute("aria-expanded", open);
  menu.classList.toggle("show", open);
  menu.style.left = "";
  const over = menu.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
  if (open && over > 0) menu.style.left = `${-over}px`;
}
function closeOthers(box) {
  for (const menu of document.querySelectorAll(".dropdown-menu.show")) {
    if (menu.parentElement !== box) setMenu(menu.parentElement, false);
  }
}

addEventListener("click", ({ target }) => {
  const box = boxOf(target);
  closeOthers(box);
  if (target.closest(".dropdown-item")) setMenu(box, false);
  else if (target.closest(TOGGLE)) setMenu(box, !box.querySelector(".dropdown-menu.show"));
});
addEventListener("focusin", ({ target }) => closeOthers(boxOf(target)));
addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  if (!box) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    setMenu(box, false);
    box.querySelector(TOGGLE).focus();
  } else if (step) {
    event.preventDefault();
    setMenu(box, true);
    const items = [...box.querySelectorAll(".dropdown-item")];
    const at = items.indexOf(document.activeElement) + step;
    items[Math.max(0, Math.min(at, items.length - 1))].focus();
  }
});

// Marks the last section that began above the middle of the window.
function followThePage() {
  const links = [...document.querySelectorAll(".page-toc a[href^='#']")];
  const places = links.map((a) => document.getElementById(decodeURIComponent(a.hash.slice(1))));
  if (!links.some((_, i) => places[i])) return;
  let waiting = false;

  function mark() {
    waiting = false;
    const tops = places.map((place) => place?.getBoundingClientRect().top ?? Infinity);
    const now = tops.findLastIndex((top) => top < innerHeight * 0.4);
    links.forEach((link, i) => {
      link.classList.toggle("active", i === now);
      link.parentElement.classList.toggle("active", i === now);
    });
  }
  function soon() {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  }
  addEventListener("scroll", soon, { passive: true });
  soon();
}
addEventListener("load", followThePage);
