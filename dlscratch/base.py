"""What every layer is built on: its parameters, and what all layers share."""

from collections import Counter
from operator import attrgetter

import numpy as np

from dlscratch.checks import floats, generator


class Parameter:
    """An array that is learnt, its gradient, and its name.

    Attributes
    ----------
    value : ndarray of floating-point numbers
        What is set later must have the same shape.
    grad : ndarray of the same shape, or None before the first backward pass
    name : str
        What the layer calls it, such as ``"W"``.
    decay : bool
        Whether weight decay shrinks it: weights, but not biases.
    version : int
        How often the value was set.
    """

    version = 0

    def __init__(self, value, grad=None, name="", decay=False):
        self.name, self.decay = name, decay
        self._value = floats(value, f"Parameter {name}")
        self.grad = grad

    @property
    def value(self):
        """The numbers."""
        return self._value

    @value.setter
    def value(self, value):
        value = floats(value, f"Parameter {self.name}")
        if value.shape != self._value.shape:
            raise ValueError(
                f"Parameter {self.name}: expected a value of shape "
                f"{self._value.shape}, got {value.shape}"
            )
        self._value = value
        self.version += 1

    def __repr__(self):
        """Say the name, shape and dtype, not all the numbers."""
        return f"Parameter({self.name}, {self.value.shape}, {self.value.dtype})"


def _of_the_layer(attribute):
    """Return a property that reads and sets the layer's own parameter."""
    return property(
        attrgetter(f"_own.{attribute}"),
        lambda self, value: setattr(self._own, attribute, value),
    )


class NamedParameter(Parameter):
    """A layer's parameter under the name that it has in one model, such as ``"0.W"``.

    All but the name is the layer's own, and the two are equal. So a layer can be part
    of several models, at different places.
    """

    def __init__(self, name, parameter):
        self.name = name
        self._own = getattr(parameter, "_own", parameter)

    value = _of_the_layer("value")
    version = _of_the_layer("version")
    grad = _of_the_layer("grad")
    decay = _of_the_layer("decay")

    def __eq__(self, other):
        """Say whether both are the same parameter of the same layer."""
        return self._own is getattr(other, "_own", other)

    def __hash__(self):
        """Return what the layer's own parameter returns."""
        return hash(self._own)


class Memory:
    """What layers and losses share: a memory of the forward pass."""

    _cache = None
    of_a_pass = ("_cache",)  # attributes that no file needs to keep

    def remember(self, *cache):
        """Keep what ``backward`` will need, in ``forward``."""
        self._cache = cache

    def recall(self):
        """Return what was last kept, as a tuple.

        Raises
        ------
        RuntimeError
            If there was no forward pass.
        """
        if self._cache is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward: call {name}.forward first")
        return self._cache


class Layer(Memory):
    """What all layers share: to begin with, no parameters.

    A layer of your own has ``forward`` and ``backward``, and those of the others below
    that it needs: ``parameters`` if it learns, ``config`` if its constructor takes
    arguments, ``inner`` if it holds other layers. Then it can be saved, and loaded
    wherever its class has been defined. If it draws random numbers, its generator is
    called ``rng``: there checkpoints and :class:`~dlscratch.parallel.DataParallel` look
    for it.
    """

    inner = ()  # the layers that this one is made of, if any
    takes_ids = False  # whether its input are whole numbers, which have no gradient

    def __init_subclass__(cls, **settings):
        """Note each new kind of layer, so that a file can name it."""
        super().__init_subclass__(**settings)
        note_class(cls)

    @property
    def parameters(self):
        """The layer's parameters, in a fixed order."""
        return []

    @property
    def buffers(self):
        """Arrays that are not learnt but belong to the trained layer, by name.

        The arrays themselves: to load a layer is to write into them.
        """
        return {}

    @property
    def config(self):
        """The constructor's arguments, enough to build the layer again."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Build a layer from another's ``config``, its parameters not yet set."""
        return cls(**config)

    def forward(self, x, training=False):
        """Compute the output from ``x``."""
        raise NotImplementedError

    def backward(self, dy):
        """Set the parameters' ``grad``, and return the gradient of the input.

        A layer may take a second argument, ``input_gradient=True``. The first layer
        that learns is then called with ``input_gradient=False`` where nothing needs the
        gradient of its input, as in :func:`~dlscratch.training.train`. It may save the
        work, and return None. Layers before it, which learn nothing, are not called.

        Parameters
        ----------
        dy : ndarray
            The gradient of the output, and of its shape.

        Returns
        -------
        ndarray
            Of the input's shape.
        """
        raise NotImplementedError

    def check_dy(self, dy, shape):
        """Return dy as floating-point numbers, if it has this shape, the output's."""
        dy = floats(dy, type(self).__name__)
        if dy.shape != shape:
            raise ValueError(
                f"{type(self).__name__}.backward: expected dy of shape {shape}, "
                f"got {dy.shape}"
            )
        return dy

    def __repr__(self):
        """Return the call that makes such a layer."""
        arguments = ", ".join(str(v) for v in self.config.values())
        return f"{type(self).__name__}({arguments})"


def places(layers, prefix=""):
    """Yield each layer's place, such as ``"3.0."``, and the layer; inner ones first."""
    for i, layer in enumerate(layers):
        place = f"{prefix}{i}."
        if inner := getattr(layer, "inner", ()):
            yield from places(inner, place)
        yield place, layer


def named_parameters(layers, prefix=""):
    """List the layers' parameters, each named by its place and its layer's own name.

    Parameters
    ----------
    layers : list of Layer
    prefix : str
        Where these layers are themselves.

    Returns
    -------
    list of NamedParameter
        Such as ``0.W``, or ``3.0.W`` for a layer within layer 3. Where one layer calls
        several the same, a number follows.
    """
    found = []
    for i, layer in enumerate(layers):
        place = f"{prefix}{i}."
        inner = named_parameters(getattr(layer, "inner", ()), place)
        own = [p for p in _parameters(layer, place) if p not in inner]
        names = [p.name for p in own]
        found += inner
        for k, p in enumerate(own):
            number = k if names.count(p.name) > 1 else ""
            found.append(NamedParameter(f"{place}{p.name}{number}", p))
    return found


def _parameters(layer, place):
    """Return a layer's parameters, if they are such."""
    found = layer.parameters
    if callable(found) or not all(isinstance(p, Parameter) for p in found):
        raise TypeError(
            f"layer {place[:-1]}, {type(layer).__name__}: expected `parameters` to be "
            "a property that lists objects of the class Parameter; to replace one's "
            "numbers, set its `value`"
        )
    return found


def named_arrays(layers):
    """Return all that training changes, by name: the parameters, then the buffers."""
    arrays = {p.name: p.value for p in named_parameters(layers)}
    for place, layer in places(layers):
        arrays |= {place + name: array for name, array in layer.buffers.items()}
    return arrays


def generators(layers, where):
    """List the generators from which layers draw, which each calls ``rng``."""
    drawing = [
        one for _, one in places(layers) if getattr(one, "rng", None) is not None
    ]
    return [generator(one.rng, f"{where}, {type(one).__name__}") for one in drawing]


def plain_attributes(thing):
    """Return a layer's or a loss's own numbers and words, by name.

    Examples
    --------
    >>> layer = Layer()
    >>> layer.slope, layer.table = 0.1, np.zeros(100)
    >>> layer.remember(5)
    >>> plain_attributes(layer)
    {'slope': 0.1}
    """
    return {
        name: value
        for name, value in vars(thing).items()
        if _is_plain(value) and name not in thing.of_a_pass
    }


def _is_plain(value):
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def note_class(kind):
    """Remember a class of layers or losses, for :func:`class_called`."""
    _classes.append(kind)


_classes = []  # the newest last, as when a cell is run again


def name_of(kind):
    """Return the name of a class for a file; that of an own class holds its module."""
    own = not kind.__module__.startswith("dlscratch.")
    return f"{kind.__module__}.{kind.__qualname__}" if own else kind.__name__


def class_called(name, kind):
    """Return the class of this name, if it is of this kind: names come from files.

    Parameters
    ----------
    name : str
        As :func:`name_of` gives it.
    kind : type
        :class:`Layer`, for example.

    Examples
    --------
    >>> class_called("Layer", Layer)
    <class 'dlscratch.base.Layer'>
    """
    found = [kind] + [known for known in _classes if issubclass(known, kind)]
    named = [known for known in found if name_of(known) == name]
    if not named:
        raise ValueError(
            f"no {kind.__name__.lower()} is called {name}; if it is your own, define "
            "its class first"
        )
    return named[-1]


def _has_state(layer):
    """Say whether a layer has more to keep than its parameters."""
    return any(
        getattr(one, "buffers", None) or getattr(one, "rng", None) is not None
        for _, one in places([layer])
    )


def check_tree(layers, where):
    """Refuse what a forward and a backward pass would go through with a wrong result.

    Parameters
    ----------
    layers : list of Layer
        Or of objects that have the same methods.
    where : str
        Names the caller in an error.

    Raises
    ------
    TypeError
        If something is no layer.
    ValueError
        If a layer, an array of parameters or a name is there twice, or a layer holds
        another with buffers or a generator that is not in its ``inner``.
    """
    seen = {}

    def once(thing, place, what, advice):
        if seen.setdefault(id(thing), place) != place:
            raise ValueError(
                f"{where}: expected each {what} once, got {seen[id(thing)]} again as "
                f"{place}; {advice}"
            )

    def check(layers, prefix):
        for i, layer in enumerate(layers):
            place = f"{prefix}{i}"
            usable = hasattr(layer, "forward") and hasattr(layer, "parameters")
            if isinstance(layer, type) or not usable:
                raise TypeError(
                    f"{where}: expected a layer at {place}, such as ReLU(), got "
                    f"{layer!r}"
                )
            advice = "a layer remembers one pass: make another one"
            once(layer, place, "layer", advice)
            check(getattr(layer, "inner", ()), f"{place}.")

    check(layers, "")
    for place, layer in places(layers):
        for name, held in getattr(layer, "__dict__", {}).items():
            for one in held if isinstance(held, list | tuple) else [held]:
                if isinstance(one, Layer) and id(one) not in seen and _has_state(one):
                    raise ValueError(
                        f"{where}: expected all layers that layer {place[:-1]} holds "
                        f"in its inner, got {one!r} only as its {name}, where its "
                        "buffers or rng are not found; give the class a property inner"
                    )
    advice = "a gradient is set, not added to an earlier one: copy the value"
    parameters = named_parameters(layers)
    for p in parameters:
        once(p.value, p.name, "array of parameters", advice)
    names = [p.name for p in parameters]
    for place, layer in places(layers):
        names += [place + name for name in getattr(layer, "buffers", ())]
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise ValueError(
            f"{where}: expected another name for each array of a layer, got {twice[0]} "
            "twice; rename one"
        )
