"""Two notebooks in a real JupyterLab without any extension, as their readers see them.

One is opened as it comes, and run. The other is trusted, as after ``make lab``, and
shows what is committed.
"""

import importlib.util
import os
import re

import pytest
from lab_tools import (
    PLAIN,
    cells_of,
    jupyterlab,
    open_notebook,
    run_all,
    text_of,
    wait_for_kernel,
)
from site_tools import new_page, pale

RUN, SHOWN = "02-perceptron", "05-backpropagation"
ELSEWHERE = r"\]\((\d\d[\w-]+)\.ipynb#([^)]+)\)"  # a link to a heading of a chapter


def markdown(name):
    """Return the text of all text cells of a notebook."""
    cells = cells_of(name)
    return "\n\n".join(text_of(c) for c in cells if c["cell_type"] == "markdown")


def exercises(name):
    """Return the numbers of a notebook's exercises."""
    return re.findall(r"^### Exercise ([\w.]+)\. ", markdown(name), re.MULTILINE)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that has the two notebooks and one they link to."""
    if importlib.util.find_spec("jupyterlab") is None:
        reason = "no JupyterLab: pip install jupyterlab"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    third = re.search(ELSEWHERE, markdown(SHOWN))[1]
    with jupyterlab(tmp_path_factory.mktemp("lab"), [RUN, SHOWN, third], [SHOWN]) as a:
        yield a


@pytest.fixture(scope="module")
def shelf(browser, lab):
    """Keep the pages with open notebooks, by their names."""
    pages = {}
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture
def opened(browser, lab, shelf):
    """Return ``opened(name)``, a page with an open notebook; problems fail the test."""

    def opened(name):
        if name not in shelf:
            shelf[name] = page = new_page(browser)
            page.requests = []
            page.on("request", lambda request: page.requests.append(request.url))
            open_notebook(page, lab, name)
        return shelf[name]

    yield opened
    problems = [line for page in shelf.values() for line in page.problems]
    for page in shelf.values():
        page.problems.clear()
    assert not problems, "\n".join(problems)


@pytest.fixture(params=[RUN, SHOWN])
def notebook(request, opened):
    """Each notebook: its name, and a page that has it."""
    return request.param, opened(request.param)


@pytest.fixture
def ran(opened, shelf):
    """A page with the first notebook after "Run All Cells"."""
    page = opened(RUN)
    if not hasattr(page, "ran"):
        run_all(page)
        page.ran = True
    return page


HEADINGS = """() => [...document.querySelectorAll(
    ".jp-MarkdownCell .jp-RenderedMarkdown :is(h1, h2, h3, h4)")].map((e) => {
    const copy = e.cloneNode(true);
    copy.querySelectorAll(".jp-InternalAnchorLink").forEach((a) => a.remove());
    copy.querySelectorAll("mjx-container").forEach((m) => m.replaceWith("x"));
    return `${e.tagName} ${e.checkVisibility()} ${copy.textContent}`;
})"""


def test_headings(notebook):
    name, page = notebook
    wanted = re.findall(r"^(#{1,4}) (.+)$", markdown(name), re.MULTILINE)
    assert page.evaluate(HEADINGS) == [
        f"H{len(level)} true " + re.sub(r"\$.*?\$", "x", text.replace("`", ""))
        for level, text in wanted
    ]


BOXES = """() => [...document.querySelectorAll(
    ".jp-MarkdownCell blockquote > p:first-child > strong:first-child")
].filter((e) => !e.previousSibling).map((e) => {
    const bold = parseInt(getComputedStyle(e).fontWeight) >= 600;
    return bold && e.checkVisibility() ? e.textContent : `unseen: ${e.textContent}`;
})"""


def test_boxes(notebook):
    name, page = notebook
    wanted = re.findall(r"^> \*\*(.+?)\*\*", markdown(name), re.MULTILINE)
    assert page.evaluate(BOXES) == wanted
    assert "Predict, then run." in wanted


# What a formula's number says, letter by letter, and whether it can be seen.
NUMBERS = """() => [...document.querySelectorAll(
    "mjx-mlabeledtr mjx-labels, mjx-labels mjx-mtr, mjx-labels mjx-mlabeledtr"
)].map((e) => [...e.querySelectorAll("mjx-c")].map((c) => {
    const code = /mjx-c([0-9A-F]+)/.exec(c.className)[1];
    return String.fromCodePoint(parseInt(code, 16));
}).join("") + (() => {
    const here = e.getBoundingClientRect();
    const cell = e.closest(".jp-RenderedMarkdown").getBoundingClientRect();
    const seen = here.width && here.left >= cell.left && here.right <= cell.right + 1;
    return seen ? "" : " out of sight";
})())"""


def test_formulas(notebook):
    name, page = notebook
    assert page.locator("mjx-merror").count() == 0
    assert page.locator(".jp-MarkdownCell mjx-container[display]").count() > 10
    tags = re.findall(r"\\tag\{([^}]+)\}", markdown(name))
    assert page.evaluate(NUMBERS) == [f"({tag})" for tag in tags]
    assert len(tags) > 3


FOREIGN = {
    "a dollar": r"\$",
    "TeX": r"\\[a-zA-Z({\[]",
    "a role": r"\{[\w:-]+\}`",
    "a directive": r"[`~:]{3}\{",
    "an option": r"(?m)^\s*:[\w-]+:",
    "a target": r"(?m)^\s*\([\w-]+\)=",
    "Markdown": r"\*\*|\]\(|^#+ ",
}


def foreign(page):
    """Return what a page shows of text that was meant for a program."""
    texts = page.evaluate(PLAIN)
    assert len(texts) > 50
    found = [
        f"{what}: {text[max(0, match.start() - 20) : match.end() + 20]!r}"
        for text in texts
        for what, pattern in FOREIGN.items()
        for match in re.finditer(pattern, text)
    ]
    fences = "[...document.querySelectorAll('code[class]')].map(e => e.className)"
    kinds = page.evaluate(fences)
    return found + [f"a class: {kind}" for kind in kinds if "{" in kind]


def test_nothing_foreign_is_shown(notebook):
    assert not foreign(notebook[1])


SPOILT = {
    "a dollar": "cost $5",
    "TeX": r"\\frac",
    "a role": "{term}<code>x</code>",
    "a directive": "```{note}",
    "an option": ":label: x",
    "a target": "(here)=",
    "Markdown": "**bold**",
    "a class": '<code class="language-{note}">x</code>',
}
ADD = """html => {
    const piece = document.createElement("p");
    piece.className = "jp-RenderedMarkdown";
    piece.innerHTML = html;
    document.querySelector(".jp-Notebook").append(piece);
}"""


@pytest.mark.parametrize("kind", SPOILT)
def test_something_foreign_is_noticed(kind, opened):
    page = opened(SHOWN)
    page.evaluate(ADD, SPOILT[kind])
    found = foreign(page)
    page.evaluate("document.querySelector('.jp-Notebook > p').remove()")
    assert found
    assert {line.split(":")[0] for line in found} == {kind}


# Of each caption: its number, and whether a picture stands right above it.
CAPTIONS = """() => [...document.querySelectorAll(
    ".jp-MarkdownCell p:first-child > strong:first-child")
].filter((e) => e.textContent.startsWith("Figure ")).map((e) => {
    const above = e.closest(".jp-Cell").previousElementSibling;
    const pictures = [...above.querySelectorAll(".jp-RenderedSVG :is(svg, img)")];
    const picture = pictures.at(-1)?.getBoundingClientRect();
    const gap = picture ? e.getBoundingClientRect().top - picture.bottom : null;
    const good = picture && picture.width > 100 && gap >= 0 && gap < 80;
    return e.textContent + (good ? "" : ` no picture above: ${gap}`);
})"""


def captions(name):
    """Return how the captions of a notebook begin."""
    found = re.findall(r"^\*\*(Figure [\w.]+\.)\*\* ", markdown(name), re.MULTILINE)
    assert len(found) > 5
    return found


def test_captions_of_a_trusted_notebook(opened):
    assert opened(SHOWN).evaluate(CAPTIONS) == captions(SHOWN)


def test_captions_after_the_run(ran):
    assert ran.evaluate(CAPTIONS) == captions(RUN)


# All that belongs to an exercise, in the order in which it is seen.
EXERCISES = r"""() => {
    const found = {};
    let key = null;
    for (const cell of document.querySelectorAll(".jp-Notebook .jp-Cell")) {
        const heading = cell.querySelector(".jp-RenderedMarkdown :is(h1, h2, h3)");
        if (heading) {
            key = /^Exercise ([\w.]+)\. \S/.exec(heading.textContent)?.[1];
            if (key) found[key] = [];
        }
        if (!key) continue;
        const parts = found[key];
        const call = /^(hint|solution|check)\("([\w.]+)"/gm;
        if (cell.matches(".jp-MarkdownCell")) {
            const texts = [...cell.querySelectorAll(".jp-RenderedMarkdown > p")];
            if (texts.some((p) => p.checkVisibility())) parts.push("text");
        } else {
            const lines = [...cell.querySelectorAll(".cm-line")];
            const code = lines.map((line) => line.textContent).join("\n");
            for (const [, name, number] of code.matchAll(call)) {
                if (number == key && lines[0].checkVisibility()) parts.push(name);
            }
            const box = cell.querySelector(".jp-OutputArea-output > details");
            if (box?.checkVisibility()) parts.push(`${box.className} output`);
            const said = cell.querySelector(".jp-OutputArea-output > .check");
            if (said?.checkVisibility()) parts.push("check output");
        }
    }
    return found;
}"""


def check_exercises(page, name):
    """Look at all exercises of a notebook, whatever text stands between."""
    found = page.evaluate(EXERCISES)
    assert list(found) == exercises(name)
    assert len(found) > 5
    for key, parts in found.items():
        assert parts[0] == "text", (key, parts)
        assert [part for part in parts if part != "text"] == [
            "check", "check output", "hint", "hint output",
            "solution", "solution output",
        ], (key, parts)  # fmt: skip


def test_exercises(notebook):
    name, page = notebook
    check_exercises(page, name)


# The parts of `details` that can be seen though it is closed, and what is open.
NOT_CLOSED = """() => [...document.querySelectorAll(".jp-Notebook details")].flatMap(
    (box) => [box.open && box, ...[...box.children].slice(1).filter(
        (e) => e.checkVisibility())].filter(Boolean).map(
        (e) => e.outerHTML.slice(0, 80)))"""


def check_closed(page, name):
    """Each exercise has one closed solution, and closed hints."""
    outputs = ".jp-OutputArea-output > details"
    for kind in ("solution", "hint"):
        assert page.locator(f"{outputs}.{kind}").count() == len(exercises(name))
    assert not page.evaluate(NOT_CLOSED)


def test_hints_and_solutions_are_closed(notebook):
    name, page = notebook
    check_closed(page, name)


def test_an_open_solution_is_noticed(opened):
    page = opened(SHOWN)
    for change in ("e.open = true", "e.append(document.createElement('p'))"):
        spoilt = page.locator("details.solution").first
        spoilt.evaluate(f"e => {{ {change}; }}")
        if "append" in change:  # what is in view though its box is closed
            spoilt.evaluate("e => { e.lastChild.textContent = 'x'; e.open = true; }")
        assert page.evaluate(NOT_CLOSED)
        spoilt.evaluate("e => { e.open = false; }")
    page.evaluate("document.querySelector('details.solution > p:last-child').remove()")
    assert not page.evaluate(NOT_CLOSED)


ERRORS = '.jp-OutputArea-output[data-mime-type^="application/vnd.jupyter.error"]'


def test_run_all(ran):
    """Nothing is solved, nothing opens, nothing fails."""
    prompts = ran.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert [prompt.strip("[]: ") for prompt in prompts] == [
        str(n + 1) for n in range(len(prompts))
    ]
    assert ran.locator(ERRORS).count() == 0
    assert ran.locator('[data-mime-type$="stderr"]').count() == 0
    assert ran.locator(".jp-Notebook .dlx[data-live]").count() > 0
    said = ran.locator(".check").all_inner_texts()
    assert [text.split()[1] for text in said] == exercises(RUN)
    for text in said:
        assert text.startswith("○"), text
        assert "Not started yet" in text
    check_exercises(ran, RUN)
    check_closed(ran, RUN)
    assert not foreign(ran)


# What is wrong with a solution that is open, its summary aside.
UNREADABLE = """e => {
    const code = e.querySelector("pre code");
    const text = [...e.querySelectorAll("p, li")].map((p) => p.innerText).join("");
    const formulas = [...e.querySelectorAll("mjx-container")];
    return [
        !code?.checkVisibility() && "no code",
        code?.querySelectorAll("span[class]").length < 4 && "no colours",
        text.includes("$") && "TeX",
        formulas.some((m) => m.getBoundingClientRect().width < 3) && "no formula",
        code?.scrollWidth > e.clientWidth && "cut off",
    ].filter(Boolean).join(", ");
}"""


def test_solutions_that_are_opened(ran):
    """Their formulas are set, and their code is coloured."""
    boxes = ran.locator("details.solution")
    first = boxes.first
    assert first.evaluate(UNREADABLE) == "no code"
    first.locator("summary").click()
    assert first.locator("pre code").is_visible()
    ran.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    wrong = [boxes.nth(place).evaluate(UNREADABLE) for place in range(boxes.count())]
    assert wrong == [""] * len(exercises(RUN))
    assert boxes.filter(has=ran.locator("mjx-container")).count() > 3
    ran.evaluate("document.querySelectorAll('details').forEach(e => e.open = false)")


def test_hints_unfold_one_by_one(ran):
    hints = ran.locator(".jp-OutputArea-output > details.hint").first.locator("summary")
    assert hints.count() > 1
    for place in range(hints.count()):
        assert [hint.is_visible() for hint in hints.all()].count(True) == place + 1
        hints.nth(place).click()
    assert ran.locator(".jp-Notebook details[open]").count() == hints.count()
    ran.evaluate("document.querySelectorAll('details').forEach(e => e.open = false)")


def answer(page, key, old, new):
    """Write another answer in an exercise's cell, and run it; return what is said."""
    cell = page.locator(".jp-CodeCell", has_text=f'check("{key}"')
    cell.locator(".cm-line", has_text=old).first.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(new)
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    wait_for_kernel(page)
    return cell.locator(".check").inner_text()


def test_a_reader_answers(ran, look):
    """A wrong answer and a right one; what is said can be read in both themes."""
    said = answer(ran, "2.1", "w1, w2, b = ", "w1, w2, b = 1, 1, 1")
    assert said.startswith("✘"), said
    words = ran.locator(".check, details.hint, details.solution > :is(summary, p)")
    assert words.count() > 3 * len(exercises(RUN))
    for dark in (True, False):
        look(ran, dark=dark)
        ran.wait_for_function(
            f"document.body.dataset.jpThemeLight == '{str(not dark).lower()}'"
        )
        assert not pale(words), f"dark: {dark}"
        last = ran.locator(".check code").last
        last.evaluate("e => { e.style.cssText = 'color: #888; background: #777'; }")
        assert pale(words) == [last.inner_text()]
        last.evaluate("e => e.removeAttribute('style')")
    said = answer(ran, "2.1", "w1, w2, b = ", "w1, w2, b = -1, -1, 0.5")
    assert said.startswith("✔"), said


def test_jupyterlab_asks_nobody_for_news(ran, opened):
    for url in ran.requests + opened(SHOWN).requests:
        assert not re.search("/lab/api/(news|update|extensions)", url)


# How far a heading of the notebook in front is below the top of what is in view.
DISTANCE = """name => {
    const outer = [...document.querySelectorAll(".jp-WindowedPanel-outer")].find(
        (e) => e.checkVisibility());
    const heading = outer?.querySelector(`[data-jupyter-id="${CSS.escape(name)}"]`);
    return heading ? heading.getBoundingClientRect().top
        - outer.getBoundingClientRect().top : null;
}"""
NEAR = f"name => Math.abs(({DISTANCE})(name) ?? 999) < 99"
LINK = ".jp-MarkdownCell:visible .jp-RenderedMarkdown a:not(.jp-InternalAnchorLink)"


def test_links_to_headings(opened, shelf):
    """In a notebook that is just being opened, JupyterLab stays at the top."""
    page = opened(SHOWN)
    heading = re.search(r"\]\(#([^)]+)\)", markdown(SHOWN))[1]
    assert not page.evaluate(NEAR, heading)
    page.locator(f'{LINK}[href="#{heading}"]').first.click()
    page.wait_for_function(NEAR, arg=heading)

    other, heading = re.search(ELSEWHERE, markdown(SHOWN)).groups()
    link = page.locator(f'{LINK}[href*="{other}.ipynb"][href$="#{heading}"]').first
    link.click()
    page.wait_for_function(f"name => ({DISTANCE})(name) !== null", arg=heading)
    page.locator(".lm-TabBar-tab", has_text=SHOWN).first.click()
    link.click()
    page.wait_for_function(NEAR, arg=heading)
    shelf.pop(SHOWN).context.close()  # it has two notebooks now
