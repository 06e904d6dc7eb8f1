"""Deep learning from scratch: the small library that the book grows."""

import sys

if sys.platform == "emscripten":  # in a page of a browser
    from dlscratch import _browser

    _browser.install()
