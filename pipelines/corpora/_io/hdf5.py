"""HDF5 files that come from anywhere.

What one holds is looked at before it is read: numbers or texts of a bounded
size inside the file itself, never a link to another file, never an object.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

MOST_VALUES = 2**28
NUMBERS, TEXTS = "fiu", "SO"
_KINDS = {NUMBERS: "numbers", TEXTS: "texts"}


def open_file(path: str | Path) -> h5py.File:
    """The root group of a file, for reading.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a whole HDF5 file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing. Copy it there.")
    with whole(path):
        return h5py.File(path, "r")


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[None]:
    """What HDF5 cannot read inside becomes one sentence.

    Raises:
        ValueError: the file is cut off, damaged or of another kind.
    """
    try:
        yield
    except PermissionError:
        raise
    except (OSError, RuntimeError, KeyError) as error:
        reason = str(error.args[0] if error.args else error).rstrip(".")
        raise ValueError(
            f"{path}: must be a whole HDF5 file. {reason}. Copy it again."
        ) from error


def member(group: h5py.Group, name: str, kind: type) -> Any:
    """A group or dataset that lies in the file itself, of a bounded size.

    Args:
        group: where to look.
        name: of the member.
        kind: `h5py.Group` or `h5py.Dataset`.

    Raises:
        ValueError: it is missing, broken, something else, elsewhere or too
            large.
    """
    path = group.file.filename
    with whole(path):
        link = group.get(name, getlink=True) if name in group else None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(
                f"{path}: {group.name} must hold {name!r} itself, no link "
                "to it."
            )
        found: Any = group[name]
        if not isinstance(found, kind):
            raise ValueError(
                f"{path}: {found.name} must be a {kind.__name__.lower()}."
            )
        if isinstance(found, h5py.Dataset):
            _check_size(found)
        return found


def _check_size(dataset: h5py.Dataset) -> None:
    where = f"{dataset.file.filename}: {dataset.name}"
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{where} must lie in this file.")
    if dataset.size is None or dataset.size > MOST_VALUES:
        raise ValueError(
            f"{where} must hold at most {MOST_VALUES} values. Received: "
            f"shape={dataset.shape}"
        )


def read(dataset: h5py.Dataset, kinds: str) -> np.ndarray:
    """All values of a dataset.

    Args:
        dataset: a `member`.
        kinds: `NUMBERS` or `TEXTS`.

    Returns:
        An array of the dataset's own shape and type; of str for `TEXTS`.

    Raises:
        ValueError: it is broken, or holds something else.
    """
    path = dataset.file.filename
    is_object = dataset.dtype.kind == "O"
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if dataset.dtype.kind not in kinds or (is_object and not is_text):
        raise ValueError(
            f"{path}: {dataset.name} must hold {_KINDS[kinds]}. Received: "
            f"{dataset.dtype}"
        )
    with whole(path):
        values = dataset[()]
    if kinds == NUMBERS:
        return values
    texts = [each.decode("utf-8", "replace") for each in np.ravel(values)]
    return np.array(texts, dtype=str).reshape(dataset.shape)
