// A small editor in the place of a cell's code, with the colours that the page has.
import * as cm from "./codemirror.js";

const { getComputedStyle } = globalThis;
const { tags } = cm;
// What CodeMirror finds, in the class names of the page's own colours (Pygments').
const COLOURS = cm.tagHighlighter([
  { tag: [tags.keyword, tags.definitionKeyword, tags.controlKeyword, tags.self], class: "k" },
  { tag: [tags.operatorKeyword, tags.modifier], class: "ow" },
  { tag: tags.moduleKeyword, class: "kn" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: [tags.string, tags.special(tags.string)], class: "s2" },
  { tag: [tags.integer, tags.float, tags.number], class: "mi" },
  { tag: tags.comment, class: "c1" },
  { tag: [tags.operator, tags.derefOperator], class: "o" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
  { tag: tags.meta, class: "nd" },
]);

// Every way to run a cell that readers may know from Jupyter.
const runKeys = (run) =>
  ["Shift-Enter", "Mod-Enter", "Ctrl-Enter"].map((key) => ({
    key,
    run() {
      run();
      return true;
    },
  }));

const TAB = { key: "Tab", run: cm.indentMore, shift: cm.indentLess };

function extensions({ label, change, run }) {
  const keys = [...runKeys(run), TAB, ...cm.closeBracketsKeymap, ...cm.historyKeymap];
  return [
    cm.keymap.of([...keys, ...cm.defaultKeymap]),
    cm.history(),
    cm.python(),
    cm.indentUnit.of("    "),
    cm.indentOnInput(),
    cm.bracketMatching(),
    cm.closeBrackets(),
    cm.syntaxHighlighting(COLOURS),
    cm.EditorView.contentAttributes.of({
      "aria-label": `${label}. Shift and Enter run it; Escape, then Tab, leaves it.`,
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    }),
    cm.EditorView.updateListener.of((update) => {
      if (update.docChanged) change(update.state.doc.toString());
    }),
  ];
}

// Puts an editor in the place of a "pre" element, until it is closed.
export function makeEditor(pre, { text, ...options }) {
  const view = new cm.EditorView({
    doc: text,
    extensions: extensions(options),
    parent: pre.parentElement,
  });
  const { fontSize, lineHeight, paddingLeft } = getComputedStyle(pre);
  view.dom.style.setProperty("--code-size", fontSize);
  view.dom.style.setProperty("--code-line", parseFloat(lineHeight) / parseFloat(fontSize) || 1.4);
  view.dom.style.setProperty("--code-left", paddingLeft);
  pre.hidden = true;
  pre.parentElement.classList.add("live-editing");
  return {
    focus: () => view.focus(),
    set(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    close() {
      view.destroy();
      pre.hidden = false;
      pre.parentElement.classList.remove("live-editing");
    },
  };
}
