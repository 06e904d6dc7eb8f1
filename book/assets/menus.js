// deno-lint-ignore-file no-undef

// Menus that open, and the contents beside a page that follow it: what the theme would
// load all of Bootstrap's scripts for.

function setUpMenus() {
  const buttons = [...document.querySelectorAll("[data-bs-toggle='dropdown']")];
  const menuOf = (button) => button.parentElement.querySelector(".dropdown-menu");

  function set(button, open) {
    button.setAttribute("aria-expanded", open);
    const menu = menuOf(button);
    menu.classList.toggle("show", open);
    menu.style.left = "";
    const over = menu.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (open && over > 0) menu.style.left = `${-over}px`;
  }
  for (const button of buttons) {
    button.addEventListener("click", () => set(button, !menuOf(button).matches(".show")));
    const box = button.parentElement;
    box.addEventListener("keydown", (event) => {
      const items = [...box.querySelectorAll(".dropdown-item")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") button.focus();
      if (event.key === "Escape") set(button, false);
      if (!step) return;
      event.preventDefault();
      set(button, true);
      const at = items.indexOf(document.activeElement) + step;
      items[Math.max(0, Math.min(at, items.length - 1))]?.focus();
    });
    box.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !box.contains(event.relatedTarget)) set(button, false);
    });
  }
  addEventListener("click", (event) => {
    for (const button of buttons) {
      if (!button.parentElement.contains(event.target)) set(button, false);
    }
  });
}
addEventListener("DOMContentLoaded", setUpMenus);

// Marks the last section that began above the middle of the window.
function followThePage() {
  const links = [...document.querySelectorAll(".bd-toc-nav a[href^='#']")];
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
