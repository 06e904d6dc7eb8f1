// What the search lists first: a figure or an exercise whose number was typed in full.
// deno-lint-ignore no-var no-unused-vars
var Scorer = {
  score: ([, title, , , score]) =>
    score >= 14 && / > (Figure|Exercise) [^ ]+$/.test(title) ? score + 100 : score,
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
