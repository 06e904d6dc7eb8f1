// deno-lint-ignore-file no-undef
// What the search lists first: the book's own entries, which lead to the place itself.
// They stand above, in `houseEntries`; see search.py.
// deno-lint-ignore no-var no-unused-vars
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// How much it counts what kind of entry has all words that were asked for. Up to 100
// are added, by how much of the entry the words are.
const KINDS = { page: 300, word: 220, heading: 200, exercise: 160, figure: 140, formula: 120 };
const NUMBER = /\d+[a-z]?\.(?:\d+|lab)|\b[lt]\.\d+/g;

// The stems of a text's words, and the numbers such as "5.1" that it names.
function stems(text, stemmer) {
  const small = text.toLowerCase();
  const words = small.replace(NUMBER, " ").split(/[^\p{L}\p{N}_]+/u);
  return {
    words: words
      .filter((word) => word && !/^\d+[a-z]?$/.test(word) && !stopwords.includes(word))
      .map((word) => stemmer.stemWord(word)),
    numbers: small.match(NUMBER) ?? [],
  };
}

function findEntries(query) {
  const stemmer = new Stemmer();
  const asked = stems(query, stemmer);
  if (!asked.words.length && !asked.numbers.length) return [];
  const pages = new Map(Search._index.docnames.map((name, i) => [name, i]));
  const found = [];
  for (const [page, entries] of Object.entries(houseEntries)) {
    const place = pages.get(page);
    if (place === undefined) continue;
    for (const [anchor, kind, text, more] of entries) {
      const own = stems(text, stemmer);
      const all = new Set([...own.words, ...stems(more, stemmer).words]);
      if (!asked.words.every((word) => all.has(word))) continue;
      if (!asked.numbers.every((number) => own.numbers.includes(number))) continue;
      const share = asked.words.filter((word) => own.words.includes(word)).length /
        Math.max(1, own.words.length);
      const score = KINDS[kind] + Math.min(100, Math.round(100 * share)) +
        300 * (asked.numbers.length > 0 && kind !== "heading");
      const title = Search._index.titles[place];
      const name = document.createElement("i");
      name.textContent = kind === "word" ? `${text} (${title.toLowerCase()})` : text;
      const shown = kind === "page" || kind === "word" ? "" : `${title} &gt; `;
      found.push([
        page,
        shown + name.innerHTML,
        anchor && `#${anchor}`,
        null,
        score,
        Search._index.filenames[place],
      ]);
    }
  }
  return found.sort(_orderResultsByScoreThenName).slice(-30);
}

// Sphinx shows the last first; what it finds in titles by itself is among the entries.
const findInTexts = Search._performSearch;
Search._performSearch = (query, ...rest) => {
  const own = findEntries(query);
  const places = new Set(own.map(([page, , anchor]) => page + anchor));
  const others = findInTexts(query, ...rest);
  return [...others.filter(([page, , anchor]) => !places.has(page + anchor)), ...own];
};

// A page is fetched once, however many results lead to it.
const texts = new Map();
const load = globalThis.fetch;
globalThis.fetch = async (address) => {
  if (!texts.has(address)) texts.set(address, load(address).then((answer) => answer.text()));
  const text = await texts.get(address);
  return { text: () => text };
};

// What a result shows of its place: of a word its definition, of a formula the sentence
// before it.
const documents = new Map();
Search.htmlToText = (html, anchor) => {
  if (!documents.has(html)) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const unwanted = ".headerlink, script, style, annotation, .katex-html, .definitions, .errata";
    for (const part of page.querySelectorAll(unwanted)) part.remove();
    documents.set(html, page);
  }
  const page = documents.get(html);
  let place = anchor ? page.getElementById(decodeURIComponent(anchor.slice(1))) : null;
  if (place?.tagName === "DT") place = place.nextElementSibling;
  if (place?.id.startsWith("eq-")) place = place.previousElementSibling ?? place;
  return (place ?? page.querySelector("article"))?.textContent ?? "";
};
