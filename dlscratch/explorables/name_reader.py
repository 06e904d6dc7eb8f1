"""Read a name: an LSTM guesses each next letter, and the way back can be cut."""

import numpy as np

from dlscratch.datasets import LETTERS, encode_names
from dlscratch.explorables.explorable import Explorable, halves
from dlscratch.functions import softmax
from dlscratch.networks import pretrained

LONGEST = 11  # letters, as in the names of the training
EXAMPLES = ("christina", "francisco", "antoinette")


def name_reader(name=EXAMPLES[0], *, cuts=(), both_ways=False, forget_gate=None):
    """Type a name; see the guesses of an LSTM, and what of a loss reaches each letter.

    The network is ``pretrained("names-lstm")``. The page computes in float64 with its
    weights, so its numbers are those of ``predict`` and ``backward``.

    Parameters
    ----------
    name : str
        The name at first: 1 to 11 letters a to z.
    cuts : sequence of int
        Where the way back is cut at first: 1 is before the first letter, 2 before the
        second, and so on.
    both_ways : bool
        Whether a cut also empties the state on the way forward at first.
    forget_gate : float, optional
        What the forget gate is held at first, from 0 to 1. By default it is as learnt.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If an argument cannot be shown.

    Examples
    --------
    >>> name_reader("francisco", cuts=[5]).label
    'Read a name'
    """
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST:
        raise ValueError(
            f"name_reader: expected a name of 1 to {LONGEST} letters, got {name!r}"
        )
    ids, targets = encode_names([name])
    if not set(cuts) <= set(range(1, len(name) + 1)):
        raise ValueError(
            f"name_reader: expected cuts from 1 to {len(name)}, got {cuts!r}"
        )
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError(
            f"name_reader: expected forget_gate from 0 to 1, got {forget_gate!r}"
        )
    model = pretrained("names-lstm")
    name = name.lower()
    last = len(name) - 1
    p = softmax(model.predict(ids[:, : last + 1])[0, last])
    best = ", ".join(f"{LETTERS[i]} {p[i]:.0%}" for i in np.argsort(-p)[:5])
    fallback = (
        "An interactive figure stands here when scripts may run. You type a name, and "
        "an LSTM that has learnt from 4,646 names reads it letter by letter. At each "
        "place you see its five best guesses for the next letter, and below each "
        "letter the size of the gradient that comes back to it from the loss of one "
        f"guess. For the last letter of {name} it guesses {best}; right is {name[-1]}, "
        f"so the loss is {-np.log(p[targets[0, last]]):.2f} nats. Scissors between two "
        "letters cut the way back: the guesses stay, and nothing comes back to the "
        "letters before. They can also cut both ways: then the memory is empty there, "
        "and the guesses change. The forget gate can be held at any value from 0 to 1. "
        "At 0, little of the gradient reaches the first letter of a long name, for "
        "only the way through Wh is left; at 1, it gets half as much as the last in "
        "some names, twice as much in others, and about as much in the median."
    )
    n, d = model.layers[0].W.value.shape
    props = {
        "name": name,
        "at": len(name),
        "problem": "",
        "cuts": sorted(map(int, set(cuts))),
        "both": bool(both_ways),
        "held": forget_gate is not None,
        "gate": 0.5 if forget_gate is None else float(forget_gate),
        "letters": LETTERS,
        "longest": LONGEST,
        "examples": EXAMPLES,
        "sizes": [n, d, len(model.layers[1].Wh.value)],
        "packed": halves(model),
    }
    return Explorable(
        "name-reader", props, fallback, label="Read a name", shared=["lstm"]
    )
