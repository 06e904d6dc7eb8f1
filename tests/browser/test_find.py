"""The search of the built site: it leads to places, in either spelling of English."""

import pytest
from house.search import English

DONE = ".search-summary:has-text('finished'), .search-summary:has-text('not match')"
RESULTS = """() => [...document.querySelectorAll("#search-results li > a:first-child")]
    .map((link) => link.getAttribute("href"))"""


def find(site, page, words):
    """Search for words; return the addresses of the results, best first."""
    page.goto(f"{site}/search.html?q={words.replace(' ', '+')}")
    page.locator(DONE).wait_for(state="attached")
    return page.evaluate(RESULTS)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("batch normalization", "notebooks/06b-initial-values-and-batch-norm.html"),
        ("Learning", "notebooks/04-learning.html"),
        ("dropout", "book/glossary.html#term-dropout"),
        ("勾配", "book/glossary.html#term-gradient"),
        ("bill coupon", "notebooks/05-backpropagation.html#ex-5-1"),
        ("formula 5.1", "notebooks/05-backpropagation.html#eq-5-1"),
        ("kernels mosaic", "notebooks/07b-convolutional-networks.html#fig-7b-2"),
        ("a vote of neighbors", "notebooks/06c-regularisation-and-search.html"
         "#a-vote-of-neighbours"),
        ("exercise 6a.lab", "notebooks/06a-optimizers.html#ex-6a-lab"),
    ],
)  # fmt: skip
def test_search_leads_to_the_place(words, first, site, page):
    assert find(site, page, words)[0] == first


def test_a_word_of_the_glossary_shows_its_definition(site, page):
    find(site, page, "perceptron")
    result = page.locator("li:has(> a[href$='#term-perceptron']) p.context").first
    assert "fires" in result.inner_text()


def test_nothing_is_found_of_what_is_nowhere(site, page):
    assert find(site, page, "zzyzx quux") == []


def test_python_and_the_page_spell_alike(site, page):
    """What the index holds under a stem is looked up under the same one."""
    find(site, page, "step")
    texts = page.evaluate(
        "Object.values(houseEntries).flat().map((e) => e[2]).join(' ')"
    )
    words = sorted(
        {word for word in texts.lower().split() if word.isalpha() and len(word) > 2}
    )
    words += ["centring", "labelled", "judgement", "analysed", "greys", "catalogues"]
    stems = page.evaluate(
        "words => { const s = new Stemmer(); return words.map((w) => s.stemWord(w)); }",
        words,
    )
    english = English({})
    assert len(words) > 800
    assert stems == [english.stem(word) for word in words]
