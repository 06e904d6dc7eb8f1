"""Go on writing: a GPT that has read Shakespeare continues what the reader types."""

import base64
import hashlib
import zlib

import numpy as np

from dlscratch.explorables.explorable import Explorable, halves
from dlscratch.explorables.random_numbers import uniform
from dlscratch.functions import softmax
from dlscratch.layers import Residual
from dlscratch.networks import pretrained

NETWORK = "shakespeare-gpt"
CHARACTERS = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST = 200  # characters of a beginning
MOST = 1000  # letters that the page writes
SAMPLE = 120  # letters that are shown before the network is there


def write_on(beginning="ROMEO:\n", *, temperature=0.8, seed=1, embed=False):
    r"""Type a beginning; a GPT goes on, letter by letter, or you choose the letters.

    The network is ``pretrained("shakespeare-gpt")``. The page computes in float64 with
    its weights, so its numbers are those of ``predict``. It loads them when the reader
    asks for them: on the site from a file that stands beside the pages, elsewhere from
    the output itself, if ``embed`` has put them there.

    Parameters
    ----------
    beginning : str
        At first: 1 to 200 of the 65 characters of the training.
    temperature : float
        At first, from 0 to 2.
    seed : int
        Of the die, at first: 0 to 9999. Letter number k after the beginning is chosen
        with the random number k of this seed, whatever was chosen before.
    embed : bool
        Whether the output holds the weights, 2.1 MB: for a notebook without the site.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> write_on("To be, or not to ", temperature=0.5).label
    'Go on writing'
    """
    if not isinstance(beginning, str) or not 1 <= len(beginning) <= LONGEST:
        raise ValueError(
            f"write_on: expected a beginning of 1 to {LONGEST} characters, got "
            f"{beginning!r}"
        )
    if set(beginning) - set(CHARACTERS):
        raise ValueError(
            f"write_on: expected a beginning of the characters {CHARACTERS!r}, got "
            f"{beginning!r}"
        )
    if not 0 <= temperature <= 2:
        raise ValueError(
            f"write_on: expected temperature from 0 to 2, got {temperature!r}"
        )
    if seed not in range(10_000):
        raise ValueError(f"write_on: expected seed 0 to 9999, got {seed!r}")
    model = network()
    sample = go_on(model, beginning, SAMPLE, temperature, seed)
    packed = halves(model)
    file, text = weights_file()
    size = f"{len(text) / 1e6:.1f}"
    fallback = (
        "An interactive figure stands here when scripts may run. You type a beginning, "
        "and a transformer that has learnt from Shakespeare's plays goes on: for each "
        "next letter it has a probability, shown as a bar, and a die chooses one, or "
        "you do. The temperature makes the likely likelier or all more equal; the same "
        "seed of the die gives the same letters. The network sees the last 64 "
        f"characters. Its {size} MB are loaded when you ask for them. At temperature "
        f"{temperature:g} with the seed {seed} it writes: "
        f"{' / '.join(filter(None, (beginning + sample).splitlines()))}"
    )
    props = {
        "beginning": beginning,
        "written": "",
        "temperature": float(temperature),
        "seed": int(seed),
        "problem": "",
        "characters": CHARACTERS,
        "longest": LONGEST,
        "most": MOST,
        "sample": sample,
        "sizes": sizes(model),
        "file": file,
        "size": size,
        "sum": zlib.adler32(base64.b64decode(packed)),
    }
    if embed:
        props["packed"] = packed
    return Explorable("write-on", props, fallback, label="Go on writing")


def network():
    """Return the network, which in float64 gives the page's numbers."""
    model = pretrained(NETWORK)
    for p in model.parameters:
        p.value = p.value.astype(np.float64)
    return model


def sizes(model):
    """Return the shape of a GPT, as write-on.js needs it."""
    (tied,) = model.layers
    blocks = [one for one in tied.layers if isinstance(one, Residual)]
    tokens, dim = tied.embedding.W.value.shape
    return {
        "tokens": tokens,
        "context": len(tied.layers[0].W.value),
        "D": dim,
        "heads": blocks[0].layers[1].heads,
        "layers": len(blocks) // 2,
        "eps": tied.layers[-1].eps,
    }


def go_on(model, text, n, temperature, seed):
    """Return the n letters that follow a text, by the random numbers of a seed.

    They are drawn as :func:`~dlscratch.attention.generate` draws, but with random
    numbers that the page makes, too.
    """
    ids = [CHARACTERS.index(letter) for letter in text]
    context = sizes(model)["context"]
    for u in uniform(seed, n):
        scores = model.predict(np.array([ids[-context:]]))[0, -1]
        if temperature == 0:
            ids.append(scores.argmax())
        else:
            up_to = softmax(scores / temperature).cumsum()
            ids.append((up_to > u * up_to[-1]).argmax())
    return "".join(CHARACTERS[i] for i in ids[len(text) :])


def weights_file():
    """Return the name and the text of the file that a page loads the weights from.

    It is a script, since a page that is opened from a disk may load nothing else. The
    name holds the hash of the weights.
    """
    packed = halves(pretrained(NETWORK))
    name = f"{NETWORK}-{hashlib.sha256(packed.encode()).hexdigest()[:12]}.js"
    return name, f'(globalThis.explorableFiles ??= {{}})["{name}"] = "{packed}";\n'
