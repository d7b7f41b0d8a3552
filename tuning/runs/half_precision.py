"""Weights in half precision, which halves the files that the package ships."""

from __future__ import annotations

import pathlib
from typing import Any

import h5py
import numpy as np

from zoo.common import files

LARGEST = 6e4
"""Half precision ends at 65,504."""


def halve(path: pathlib.Path) -> None:
    """Rewrites a `.weights.h5` file; matrices of it become float16.

    Keras turns them back into the precision of the network that loads them.
    No number of a matrix moves by more than 0.05 % of the largest one. Vectors
    (biases, offsets, scales) stay as they are, and matrices that would lose
    more or hold larger numbers than half precision has.

    Args:
        path: of a file that Keras wrote; replaced as a whole.
    """
    with h5py.File(path) as source, files.replacing(path) as part:
        with h5py.File(part, "w") as target:
            _copy_attributes(source, target)

            def copy(name: str, item: Any) -> None:
                if isinstance(item, h5py.Dataset):
                    copied = target.create_dataset(name, data=_halved(item[()]))
                else:
                    copied = target.require_group(name)
                _copy_attributes(item, copied)

            source.visititems(copy)


def _halved(values: Any) -> Any:
    """Returns a matrix in half precision, where that is precise enough."""
    array = np.asarray(values)
    if array.dtype != np.float32 or array.ndim < 2 or not array.size:
        return values
    sizes = np.abs(array)
    if not np.isfinite(sizes).all() or sizes.max() > LARGEST:
        return values
    halved = array.astype(np.float16)
    lost = np.abs(halved.astype(np.float32) - array).max()
    return halved if lost <= 5e-4 * sizes.max() else values


def _copy_attributes(source: Any, target: Any) -> None:
    for name, value in source.attrs.items():
        target.attrs[name] = value
