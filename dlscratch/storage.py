"""Trained networks in files: ``Sequential.save`` and ``Sequential.load``.

A file holds all arrays by name, and a head that JSON can hold: what to build, the
arrays' dtypes, and the record.
"""

from pathlib import Path

from dlscratch import files, losses
from dlscratch.base import class_called, named_arrays, named_parameters, places
from dlscratch.layers import build

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
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"Sequential.save: expected a path in .npz, got {path}")
    arrays = named_arrays(layers)
    head = {
        "layers": [[type(layer).__name__, layer.config] for layer in layers],
        "loss": loss and type(loss).__name__,
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
        loss = head["loss"] and class_called(head["loss"], losses.Loss, vars(losses))()
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
