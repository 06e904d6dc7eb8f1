"""What the search finds by itself: headings, exercises, figures, formulas, words.

Each is an entry with a page and an anchor, so that a result leads to the place and not
to the top of its page. Words are compared as `american` spells them, here and in the
page: "normalize" finds what the book calls "normalise".
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.search.en import SearchEnglish

from . import terms

# From British to American spelling; the patterns work in JavaScript, too. They need not
# be right for every word, if they are wrong alike in the book and in a question.
SPELLINGS = [
    (r"^practis", "practic"),
    (r"(..)is(e|ed|es|er|ers|ing|ingly|able|ation|ations|ational)$", "$1iz$2"),
    (r"(..)ys(e|ed|es|er|ers|ing)$", "$1yz$2"),
    (r"(..)our(s|ed|ing|ful|less|able|al|ally|ite|ites|hood|hoods)?$", "$1or$2"),
    (r"^(cent|met|lit|fib|calib|theat|spect)re(s)?$", "$1er$2"),
    (r"^(cent|met|calib)red$", "$1ered"),
    (r"^centring$", "centering"),
    (
        r"^(label|model|travel|level|cancel|signal|channel|total|fuel|dial|equal)l",
        "$1l",
    ),
    (r"^(catal|anal|dial|prol|epil|monol)ogue(s)?$", "$1og$2"),
    (r"^(lic|def|off|pret)ence(s)?$", "$1ense$2"),
    (r"^(lear|bur)nt$", "$1ned"),
    (r"^(judg|acknowledg|abridg)ement", "$1ment"),
    (r"^gre(y|ys)$", "gra$1"),
    (r"^artefact", "artifact"),
    (r"^programme(s)?$", "program$1"),
    (r"^sceptic", "skeptic"),
    (r"^maths$", "math"),
]
IN_PYTHON = [(re.compile(p), r.replace("$", "\\")) for p, r in SPELLINGS]


def american(word):
    """Return a word of small letters as the search spells it."""
    for pattern, replacement in IN_PYTHON:
        word = pattern.sub(replacement, word)
    return word


class English(SearchEnglish):
    """English in either spelling: one stem for "normalise" and "normalize"."""

    js_stemmer_code = f"""{SearchEnglish.js_stemmer_code}
const spellings = {json.dumps(SPELLINGS)}.map(([from, to]) => [new RegExp(from), to]);
const PorterStemmer = Stemmer;
Stemmer = function () {{
  const porter = new PorterStemmer();
  const spell = (word, [from, to]) => word.replace(from, to);
  this.stemWord = (word) => porter.stemWord(spellings.reduce(spell, word));
}};
"""

    def stem(self, word):
        """Return the stem of a word."""
        return super().stem(american(word.lower()))


def entries(env):
    """Return all entries, as a dictionary from page to lists.

    An entry is (anchor, kind, text, further words that find it).
    """
    if not hasattr(env, "house_entries"):
        env.house_entries = {}
    return env.house_entries


def collect(app, doctree):
    """Note the entries of a page when it was read."""
    page, found = app.env.docname, []
    for section in doctree.findall(nodes.section):
        top = not isinstance(section.parent, nodes.section)
        is_exercise = "exercise" in section["classes"]
        kind = "page" if top else "exercise" if is_exercise else "heading"
        found.append(("" if top else section["ids"][0], kind, words(section[0]), ""))
    for figure in doctree.findall(nodes.figure):
        caption = figure.next_node(nodes.caption)
        if figure["ids"] and caption is not None:
            text = words(caption)
            short = re.match(r"(\w+ \S+\. .+?[.?!])( |$)", text)
            found.append(
                (figure["ids"][0], "figure", short[1] if short else text, f"fig {text}")
            )
    for formula in doctree.findall(nodes.math_block):
        if formula["ids"] and formula.get("number"):
            text = f"Formula ({formula['number']})"
            found.append((formula["ids"][0], "formula", text, "equation eq"))
    if page == terms.PAGE:
        for term, definition in terms.entries(doctree):
            names = [
                form for form, (t, _) in app.house_forms.items() if t == words(term)
            ]
            for inline in definition.findall(nodes.inline):
                if "language-ja" in inline["classes"]:
                    names.append(inline.astext())
            found.append((term["ids"][0], "word", words(term), " ".join(names)))
    entries(app.env)[page] = found


def words(node):
    """Return the text of a node on one line, its formulas without the marks of TeX."""
    node = node.deepcopy()
    for formula in list(node.findall(nodes.math)):
        plain = re.sub(r"\\(?:math\w+|text)?|[{}]|(?<=\\)[,;!]", "", formula.astext())
        formula.replace_self(nodes.Text(plain))
    return " ".join(node.astext().split())


def forget(app, env, page):
    """Forget the entries of a page that is read again."""
    entries(env).pop(page, None)


def write(app, env):
    """Put all entries before the program that searches them; Sphinx takes it along."""
    found = json.dumps(entries(env), ensure_ascii=False, separators=(",", ":"))
    code = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    path = Path(app.doctreedir, "search.js")
    path.write_text(f"const houseEntries = {found};\n{code}", encoding="utf-8")
    app.config.html_search_scorer = str(path)
    return []


def setup(app):
    """Register with Sphinx."""
    app.add_search_language(English)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", write)
