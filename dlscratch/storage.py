"""Trained networks in files: ``Sequential.save`` and ``Sequential.load``.

A file holds all arrays by name, and a head that JSON can hold: what to build, the
arrays' dtypes, and the record.
"""

from pathlib import Path

from dlscratch import files
from dlscratch.base import (
    check_tree,
    class_called,
    name_of,
    named_arrays,
    named_parameters,
    places,
)
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
    ValueError
        If the network could not be loaded again.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"Sequential.save: expected a path in .npz, got {path}")
    check_tree(layers, "Sequential.save")
    for i, layer in enumerate(layers):
        _check_builds(layer, i)
    if loss is not None:
        _check_loss(loss)
    arrays = named_arrays(layers)
    head = {
        "layers": [[name_of(type(layer)), layer.config] for layer in layers],
        "loss": loss and name_of(type(loss)),
        "dtypes": {name: array.dtype.name for name, array in arrays.items()},
        "record": record,
    }
    stored = {
        name: array.astype(stored_dtype or array.dtype)
        for name, array in arrays.items()
    }
    files.write(path, head, stored)


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
    try:
        head, arrays = files.read(path)
        layers = [build(name, config) for name, config in head["layers"]]
        loss = head["loss"] and class_called(head["loss"], Loss)()
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
        if array.dtype.kind != "f" or dtypes.get(name) not in _DTYPES:
            raise ValueError(
                f"Sequential.load: expected {name} as floating-point numbers, "
                f"got {array.dtype} (for {dtypes.get(name)}) in {path}"
            )
        arrays[name] = array.astype(dtypes[name])
    for p in named_parameters(layers):
        p.value = arrays[p.name]
    for place, layer in places(layers):
        for name in layer.buffers:
            setattr(layer, name, arrays[place + name])
    return layers, loss, record


def _check_builds(layer, i):
    """Refuse a layer that its name and ``config`` would not build again."""
    name = type(layer).__name__
    try:
        again = named_arrays([build(name_of(type(layer)), layer.config)])
        found = {k: array.shape for k, array in again.items()}
        wanted = {k: array.shape for k, array in named_arrays([layer]).items()}
        if found != wanted:
            raise ValueError(f"that makes the arrays {found}, expected {wanted}")
    except Exception as error:
        raise ValueError(
            f"Sequential.save: expected layer {i}, {name}, to be a Layer whose config "
            f"holds the constructor's arguments, but {name}(**config) does not build "
            f"it again ({type(error).__name__}: {error})"
        ) from error


def _check_loss(loss):
    name = type(loss).__name__
    try:
        class_called(name_of(type(loss)), Loss)()
    except Exception as error:
        raise ValueError(
            f"Sequential.save: expected a Loss that {name}() builds again, got {loss!r}"
            f" ({type(error).__name__}: {error})"
        ) from error
