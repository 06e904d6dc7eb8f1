// A formula wider than the page scrolls in its own box: let the keyboard reach it.
function reachWideFormulas() {
  for (const box of document.querySelectorAll("mjx-container[display]")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", () => window.MathJax?.startup?.promise.then(reachWideFormulas));
addEventListener("resize", reachWideFormulas);
