"""What a figure's Python gives to the notebook: style, scripts and a text, as HTML."""

import base64
import hashlib
import html
import json
import re
from importlib.resources import files

import numpy as np

OUTPUT = re.compile(
    r'<div class="dlx [^"]*" role="group" aria-label="(?P<label>[^"]*)".*?'
    r'<p class="dlx-fallback">(?P<fallback>.*?)</p>\n</div>\n'
    r'<script type="module">\n(?P<parts>.*)'
    r'explorables\.start\("[\w-]+", explore, (?P<props>.*)\);\n</script>\n',
    re.DOTALL,
)


class Explorable:
    """An interactive figure: the last expression of a notebook cell.

    The HTML holds the shared style sheet, a text that stands in for the figure
    where no script runs, and one script: ``explorable.js``, then ``<name>.js``,
    then a call that has the latter's ``explore(props)`` make the node to show.
    Equal arguments give equal HTML.

    Parameters
    ----------
    name : str
        The figure's file, without ``.js``.
    props : dict
        What the script is given; anything that JSON can hold.
    fallback : str
        What the figure would show, in words and numbers.
    label : str
        The figure's name, which a screen reader announces.
    shared : sequence of str
        Further files that come before the figure's own, without ``.js``.

    Raises
    ------
    ValueError
        If ``props`` hold a number that JSON cannot (nan or infinity).
    """

    def __init__(self, name, props, fallback, *, label, shared=()):
        self.name = name
        self.props = json.dumps(props, allow_nan=False, separators=(",", ":"))
        self.fallback = fallback
        self.label = label
        self.parts = ("explorable", *shared, name)

    def __repr__(self):
        """Return the fallback text, for a terminal."""
        return f"<Explorable {self.name}: {self.fallback}>"

    @property
    def key(self):
        """The mark by which the script finds its place on a page."""
        texts = [*map(script, self.parts), self.props]
        digest = hashlib.sha256("".join(texts).encode()).hexdigest()
        return f"{self.name}-{digest[:12]}"

    def _repr_html_(self):
        key = self.key
        call = _inline(f'explorables.start("{key}", explore, {self.props});\n')
        return (
            '<div class="dlx mathjax_ignore tex2jax_ignore" role="group"'
            f' aria-label="{html.escape(self.label)}" data-explorable="{key}">\n'
            f"{style()}"
            f'<p class="dlx-fallback">{html.escape(self.fallback)}</p>\n'
            "</div>\n"
            f'<script type="module">\n{"".join(map(script, self.parts))}{call}</script>'
            "\n"
        )


def style():
    """Return the shared style, as the HTML holds it."""
    return f"<style>\n{_read('explorable.css')}</style>\n"


def script(part):
    """Return one file of JavaScript, as the HTML holds it: its name comes first."""
    return f"// {part}.js\n{_inline(_read(f'{part}.js'))}"


def remade(text):
    """Return the HTML of an explorable, with the style and the scripts of today.

    Parameters
    ----------
    text : str
        What an explorable gave once.

    Returns
    -------
    str
        Nothing, if the text is no explorable's.
    """
    found = OUTPUT.fullmatch(text)
    if not found:
        return ""
    _, *shared, name = re.findall(r"^// ([\w-]+)\.js$", found["parts"], re.MULTILINE)
    return Explorable(
        name,
        json.loads(found["props"].replace("<\\!--", "<!--")),
        html.unescape(found["fallback"]),
        label=html.unescape(found["label"]),
        shared=shared,
    )._repr_html_()


def in_base64(array):
    """Return the bytes of an array as text, which ``props`` can hold."""
    return base64.b64encode(array.tobytes()).decode("ascii")


def halves(model):
    """Return a model's parameters as text, in 16 bits each, which lstm.js reads."""
    flat = np.concatenate([p.value.ravel() for p in model.parameters])
    return in_base64(flat.astype("<f2"))


def _read(name):
    return (files(__package__) / name).read_text(encoding="utf-8")


def _inline(code):
    r"""Keep the text of a script from ending the ``<script>`` element around it.

    Inside a string of JavaScript, ``\/`` and ``\!`` mean ``/`` and ``!``.
    """
    return code.replace("</", "<\\/").replace("<!--", "<\\!--")
