"""Write a date: erase cells of the attention, and see what comes out then."""

import numpy as np

from dlscratch.attention import attention
from dlscratch.explorables.explorable import Explorable, halves
from dlscratch.functions import softmax
from dlscratch.networks import pretrained

MONTHS = (
    "january february march april may june july august september october november "
    "december"
).split()
READS = "·" + "".join(sorted(set(" ,/0123456789" + "".join(MONTHS))))
WRITES = "·-0123456789"
PLACES, LENGTH = 18, 10  # of what is read and written: september 28, 2099; 2099-09-28
EXAMPLES = ("7 march 1984", "march 7, 1984", "7/3/1984", "1984 mar 7")
HINTS = (6, 7, 2)  # rows: the month's last digit, a hyphen, the decade


def date_writer(date=EXAMPLES[0], *, erased=(), keep=False):
    """Type a date; erase where the network looked, and see what it writes then.

    The network is ``pretrained("dates-attention")``. The page computes in float64 with
    its weights, so its numbers are the library's.

    Parameters
    ----------
    date : str
        At first: up to 18 of the characters of ``EXAMPLES`` and the months' names.
    erased : sequence of (int, int)
        The cells that are erased at first: the character written, from 1 to 10, and the
        character read, from 1.
    keep : bool
        Whether the decoder goes on with what it wrote when nothing was erased.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> date_writer("1984 mar 7", erased=[(7, 8)]).label
    'Erase attention'
    """
    if not isinstance(date, str) or not 1 <= len(date) <= PLACES:
        raise ValueError(
            f"date_writer: expected a date of 1 to {PLACES} characters, got {date!r}"
        )
    date = date.lower()
    if set(date) - set(READS[1:]):
        raise ValueError(
            f"date_writer: expected a date of the characters {READS[1:]!r}, got "
            f"{date!r}"
        )
    cells = {(t - 1, s - 1) for t, s in erased}
    if not all(0 <= t < LENGTH and 0 <= s < len(date) for t, s in cells):
        raise ValueError(
            f"date_writer: expected erased with pairs from (1, 1) to ({LENGTH}, "
            f"{len(date)}), got {erased!r}"
        )
    model = pretrained("dates-attention")
    plain, weights, _ = write(model, date)
    now, _, _ = write(model, date, cells, plain if keep else "")
    fallback = (
        "An interactive figure stands here when scripts may run. You type a date, such "
        f"as {', '.join(EXAMPLES)}, and a network writes it as year, month and day: "
        f"for {date} comes {plain}. A grid shows where it looks for each character "
        "that it writes. You can erase cells, rows and columns: they count as minus "
        "infinity before the softmax, and the network must do without."
    )
    for t in HINTS:
        s = weights[t].argmax()
        new, _, _ = write(model, date, {(t, s)})
        fallback += (
            f" For character {t + 1}, {plain[t]}, it looks most at character {s + 1}, "
            f"“{date[s]}”, with weight {weights[t, s]:.2f}; without that cell it "
            f"{'still' if new == plain else 'then'} writes {new}."
        )
    if cells:
        fallback += f" With what is erased here it writes {now}."
    props = {
        "date": date,
        "erased": sorted(t * PLACES + s for t, s in cells),
        "kept": bool(keep),
        "at": -1,
        "problem": "",
        "reads": READS,
        "writes": WRITES,
        "places": PLACES,
        "examples": EXAMPLES,
        "hints": HINTS,
        "sizes": [len(READS), len(WRITES), len(model.layers[1].W.value)],
        "packed": halves(model),
    }
    return Explorable(
        "date-writer", props, fallback, label="Erase attention", shared=["lstm"]
    )


def encode(texts, characters, length):
    """Return the ids of characters (N, length), filled up in front with 0.

    Examples
    --------
    >>> encode(["ba", "c"], "·abc", 3)
    array([[0, 2, 1],
           [0, 0, 3]])
    """
    ids = np.zeros((len(texts), length), dtype=int)
    for row, text in zip(ids, texts, strict=True):
        row[length - len(text) :] = [characters.index(c) for c in text]
    return ids


def write(model, date, erased=(), given=""):
    """Write the likeliest characters, without looking at the erased cells.

    Parameters
    ----------
    model : Sequential
        An ``EncoderDecoder`` and a ``Linear``.
    date : str
    erased : set of (int, int)
        Pairs (character written, character read), from 0.
    given : str
        What the decoder goes on with, by default what it has written.

    Returns
    -------
    str
        What is written.
    weights : ndarray, shape (10, len(date))
        Where each character looked.
    p : ndarray, shape (10, 12)
        The probabilities of all characters.
    """
    halves, score = model.layers
    Wq, Wkv, Wo = (p.value for p in halves.attention.parameters)
    source = encode([date], READS, PLACES)
    memory = halves.encoder.forward(halves.source.forward(source))
    k, v = np.split(memory[0, -len(date) :] @ Wkv, 2, axis=-1)
    state = np.stack([memory[:, -1], np.zeros_like(memory[:, -1])])
    last, out, rows = 0, "", []
    for t in range(LENGTH):
        halves.decoder.start = state
        h = halves.decoder.forward(halves.target.forward(np.array([[last]])))[0]
        state = halves.decoder.state
        allowed = np.array([[(t, s) not in erased for s in range(len(date))]])
        found, weights = attention(h @ Wq, k, v, allowed)  # (1, D), (1, len(date))
        p = softmax(score.forward(h + found @ Wo))
        rows.append((weights[0], p[0]))
        out += WRITES[p.argmax()]
        last = WRITES.index((given or out)[t])
    return out, *map(np.array, zip(*rows, strict=True))
