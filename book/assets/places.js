// deno-lint-ignore-file no-undef
// Links to places on a page: copied by a click, and named where an error is reported.

// A heading, an exercise, a figure or a formula has a link to itself. A click copies it.
function copyLinks() {
  const said = document.createElement("span");
  said.className = "copied";
  said.setAttribute("role", "status");
  document.body.append(said);
  let timer = 0;
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a.headerlink");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      return; // not allowed: the address bar has the link
    }
    const place = link.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    said.textContent = "Link copied";
    said.style.left = `${Math.max(8, Math.min(place.right + 6, room - 110)) + scrollX}px`;
    said.style.top = `${place.top + scrollY}px`;
    clearTimeout(timer);
    timer = setTimeout(() => said.replaceChildren(), 4000);
  });
  const kinds = { eq: "formula", fig: "figure", ex: "exercise" };
  for (const link of document.querySelectorAll("article a.headerlink")) {
    const kind = kinds[/^#(eq|fig|ex)-/.exec(link.getAttribute("href"))?.[1]] ?? "heading";
    link.title = `Copy the link to this ${kind}`;
    link.setAttribute("aria-label", link.title);
  }
}
addEventListener("DOMContentLoaded", copyLinks);

// The heading above a place: what is selected, or the middle of the window.
function headingAbove(top) {
  const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)")];
  const above = headings.filter((e) => e.offsetParent && e.getBoundingClientRect().top <= top);
  const heading = (above.at(-1) ?? headings[0])?.cloneNode(true);
  for (const part of heading?.querySelectorAll("a.headerlink, .katex-mathml") ?? []) {
    part.remove();
  }
  return heading?.textContent.trim() ?? "";
}

// A report of an error names the heading, and quotes what is selected.
function nameThePlace() {
  for (const link of document.querySelectorAll("a.report")) {
    const start = link.href;
    const complete = () => {
      const selection = getSelection();
      const words = selection.toString().trim().replace(/\s+/g, " ").slice(0, 300);
      const top = words ? selection.getRangeAt(0).getBoundingClientRect().bottom : innerHeight / 2;
      const text = `Heading: ${headingAbove(top)}\n${words && `Text: "${words}"\n`}`;
      link.href = start + encodeURIComponent(text);
    };
    for (const act of ["pointerdown", "focus", "click"]) link.addEventListener(act, complete);
  }
}
addEventListener("DOMContentLoaded", nameThePlace);
