"""Trained networks in files: ``Sequential.save`` and ``Sequential.load``.

A file holds all arrays by name, and a head that JSON can hold: what to build, the
arrays' dtypes, and the record.
"""

import os

import numpy as np

from dlscratch import (  # so that files can name their layers
    attention,  # noqa: F401
    files,
    generative,  # noqa: F401
    recurrent,  # noqa: F401
)
from dlscratch.base import (
    check_tree,
    class_called,
    name_of,
    named_arrays,
    named_parameters,
    places,
    plain_attributes,
)
from dlscratch.checks import float_dtype
from dlscratch.layers import build
from dlscratch.losses import Loss

_DTYPES = ("float16", "float32", "float64")


def save(path, layers, loss, record, stored_dtype=None):
    """Write a network to a file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Ends in ``.npz``.
    layers : list of Layer
    loss : Loss or None
    record : dict
        Anything JSON can hold.
    stored_dtype : numpy dtype, optional
        A smaller float type for the file.

    Raises
    ------
    TypeError, ValueError
        If the network could not be loaded again.
    FileNotFoundError
        If there is no such folder.
    """
    path = files.new_path(path, "Sequential.save")
    if stored_dtype is not None:
        stored_dtype = float_dtype(stored_dtype, "Sequential.save")
        if stored_dtype.name not in _DTYPES:
            raise ValueError(
                f"Sequential.save: expected stored_dtype among {_DTYPES}, "
                f"got {stored_dtype}"
            )
    _check_record(record)
    check_tree(layers, "Sequential.save")
    arrays = named_arrays(layers)
    _check_dtypes(arrays, {p.name for p in named_parameters(layers)})
    for i, layer in enumerate(layers):
        _check_builds(layer, i)
    if loss is not None:
        _check_loss(loss)
    head = {
        "layers": [[name_of(type(layer)), layer.config] for layer in layers],
        "loss": loss and name_of(type(loss)),
        "dtypes": {name: array.dtype.name for name, array in arrays.items()},
        "record": record,
    }
    if loss is not None and loss.config:
        head["loss_config"] = loss.config
    if stored_dtype is not None:
        for name, array in arrays.items():
            arrays[name] = _smaller(name, array, stored_dtype)
    files.write(path, head, arrays)


def load(path):
    """Read what :func:`save` wrote.

    Returns
    -------
    layers : list of Layer
    loss : Loss or None
    record : dict

    Raises
    ------
    ValueError
        If the file is not such a file, or an array's name, shape or dtype does not fit
        its layer.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"Sequential.load: expected a path in .npz, got {path!r}")
    try:
        head, arrays = files.read(path)
        layers = [build(name, config) for name, config in head["layers"]]
        loss = head["loss"] and class_called(head["loss"], Loss)
        loss = loss and loss(**head.get("loss_config", {}))
        dtypes, record = head["dtypes"], head["record"]
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(
            f"Sequential.load: {path} is not a whole file written by "
            f"Sequential.save ({type(error).__name__}: {error})"
        ) from error

    wanted = named_arrays(layers)
    if set(wanted) != set(arrays):
        raise ValueError(
            f"Sequential.load: {path} should hold {sorted(wanted)}, "
            f"but holds {sorted(arrays)}"
        )
    for name, empty in wanted.items():
        array = arrays[name]
        if array.shape != empty.shape:
            raise ValueError(
                f"Sequential.load: expected {name} of shape {empty.shape}, "
                f"got {array.shape} in {path}"
            )
        dtype, counts = dtypes.get(name), empty.dtype.kind != "f"
        kept = [array.dtype.name] if counts else _DTYPES
        if array.dtype.kind != empty.dtype.kind or dtype not in kept:
            wanted = empty.dtype if counts else "floating-point numbers"
            raise ValueError(
                f"Sequential.load: expected {name} as {wanted}, "
                f"got {array.dtype} (for {dtype}) in {path}"
            )
        arrays[name] = array.astype(dtype)
    for p in named_parameters(layers):
        p.value = arrays[p.name]
    for place, layer in places(layers):
        for name, buffer in layer.buffers.items():
            if vars(layer).get(name) is buffer:
                setattr(layer, name, arrays[place + name])  # of the file's dtype
            else:
                buffer[...] = arrays[place + name]
    return layers, loss, record


def _check_record(record):
    for name, value in record.items():
        try:
            files.text({name: value})
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Sequential.save: expected {name} as something that JSON can hold, "
                f"such as numbers, text and lists, got {value!r} ({error})"
            ) from error


def _check_dtypes(arrays, learnt):
    for name, array in arrays.items():
        counts = name not in learnt and array.dtype.kind in "iub"
        if array.dtype.name not in _DTYPES and not counts:
            raise ValueError(
                f"Sequential.save: expected {name} as {', '.join(_DTYPES)}"
                f"{'' if name in learnt else ' or whole numbers'}, got {array.dtype}; "
                "convert it with astype"
            )


def _smaller(name, array, dtype):
    """Return floating-point numbers in a smaller type, if all of them fit."""
    if array.dtype.kind != "f":
        return array
    with np.errstate(over="ignore"):
        stored = array.astype(dtype)
    lost = np.isinf(stored) & ~np.isinf(array)
    if lost.any():
        raise ValueError(
            f"Sequential.save: expected numbers that {dtype} can hold, got "
            f"{array[lost][0]:g} in {name}; take a larger stored_dtype"
        )
    return stored


def _check_same(new, old):
    """Refuse a new layer or loss whose numbers and words are not those of the old."""
    attributes = plain_attributes(old)
    for name, value in plain_attributes(new).items():
        if name in attributes and attributes[name] != value:
            raise ValueError(
                f"its {name} would be {value} in place of {attributes[name]}"
            )


def _check_builds(layer, i):
    """Refuse a layer that its name and ``config`` would not build again."""
    name = type(layer).__name__
    try:
        files.text(layer.config)
        again = build(name_of(type(layer)), layer.config)
        found, wanted = (
            {k: (a.shape, a.dtype.kind) for k, a in named_arrays([one]).items()}
            for one in (again, layer)
        )
        if found != wanted:
            raise ValueError(f"that makes the arrays {found}, expected {wanted}")
        for (_, new), (_, old) in zip(places([again]), places([layer]), strict=True):
            _check_same(new, old)
    except Exception as error:
        raise ValueError(
            f"Sequential.save: expected layer {i}, {name}, to be a Layer whose config "
            f"holds the constructor's arguments, but {name}(**config) does not build "
            f"it again ({type(error).__name__}: {error})"
        ) from error


def _check_loss(loss):
    name = type(loss).__name__
    try:
        files.text(loss.config)
        _check_same(class_called(name_of(type(loss)), Loss)(**loss.config), loss)
    except Exception as error:
        raise ValueError(
            f"Sequential.save: expected a Loss that {name}(**config) builds again, got "
            f"{loss!r} ({type(error).__name__}: {error})"
        ) from error
