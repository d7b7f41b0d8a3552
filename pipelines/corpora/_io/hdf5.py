"""Reads HDF5 files that are not trusted.

Only numbers and texts of limited size that lie in the file itself are read,
no links to other files and no objects.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pipelines.corpora._io import hdf5_sizes as sizes
from zoo.common import files

NUMBERS, TEXTS = "fiu", "SO"
_KINDS = {NUMBERS: "numbers", TEXTS: "texts"}


def open_file(path: str | Path) -> h5py.File:
    """Opens a file for reading.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no complete HDF5 file.
    """
    files.check_file(path)
    with readable(path):
        return h5py.File(path, "r")


class _FileName:
    """The name of the file of an object, which takes time to find.

    Args:
        item: a group or a dataset.
    """

    def __init__(self, item: h5py.Group | h5py.Dataset):
        self._item = item

    def __str__(self) -> str:
        return str(self._item.file.filename)


@contextlib.contextmanager
def readable(path: str | Path | _FileName) -> Iterator[None]:
    """Turns errors of HDF5 inside the block into one sentence.

    Raises:
        ValueError: the file is cut off, damaged or of another kind.
    """
    try:
        yield
    except PermissionError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error.args[0] if error.args else error).rstrip(".")
        raise ValueError(
            f"{path}: must be a complete HDF5 file. {reason}. Copy it again."
        ) from error


def member(group: h5py.Group, name: str, kind: type) -> Any:
    """Returns a member of a group that lies in the file itself.

    Args:
        group: the group.
        name: of the member.
        kind: `h5py.Group` or `h5py.Dataset`.

    Raises:
        ValueError: it is missing, damaged, of another kind, a link, or too
            large.
    """
    path = _FileName(group)
    with readable(path):
        key, link = name.encode(), None
        if key in group.id:
            link = group.id.links.get_info(key).type
        if link != h5py.h5l.TYPE_HARD:
            raise ValueError(
                f"{path}: {group.name} must hold {name!r} itself, no link "
                "to it."
            )
        value: Any = group[name]
        if not isinstance(value, kind):
            raise ValueError(
                f"{path}: {value.name} must be a {kind.__name__.lower()}."
            )
        if isinstance(value, h5py.Dataset):
            sizes.check(value)
        return value


def type_of(dataset: h5py.Dataset) -> np.dtype:
    """Returns a dataset's type.

    Raises:
        ValueError: NumPy has no such type.
    """
    try:
        return dataset.dtype
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{dataset.file.filename}: {dataset.name} must hold numbers or "
            f"texts. Received: a type that NumPy lacks, {error}"
        ) from error


def read(dataset: h5py.Dataset, kinds: str) -> np.ndarray:
    """Reads all values of a dataset.

    Args:
        dataset: a `member`.
        kinds: `NUMBERS` or `TEXTS`.

    Returns:
        An array of the dataset's own shape and type; of str for `TEXTS`.

    Raises:
        ValueError: it is damaged, or holds something else.
    """
    path = _FileName(dataset)
    dtype = type_of(dataset)
    is_text = h5py.check_string_dtype(dtype) is not None
    if dtype.kind not in kinds or (dtype.kind == "O" and not is_text):
        raise ValueError(
            f"{path}: {dataset.name} must hold {_KINDS[kinds]}. Received: "
            f"{dtype}"
        )
    with readable(path):
        if dtype.kind == "O":
            return sizes.as_texts(dataset, sizes.read_texts(dataset))
        values = dataset[()]
    return values if kinds == NUMBERS else sizes.as_texts(dataset, values)
