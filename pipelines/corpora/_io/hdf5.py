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

MAX_VALUES = 2**28
NUMBERS, TEXTS = "fiu", "SO"
_KINDS = {NUMBERS: "numbers", TEXTS: "texts"}


def open_file(path: str | Path) -> h5py.File:
    """Opens a file for reading.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no complete HDF5 file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing. Copy it there.")
    with readable(path):
        return h5py.File(path, "r")


@contextlib.contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Turns errors of HDF5 inside the block into one sentence.

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
    path = group.file.filename
    with readable(path):
        link = group.get(name, getlink=True) if name in group else None
        if not isinstance(link, h5py.HardLink):
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
            _check_size(value)
        return value


def _check_size(dataset: h5py.Dataset) -> None:
    where = f"{dataset.file.filename}: {dataset.name}"
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{where} must lie in this file.")
    if dataset.size is None or dataset.size > MAX_VALUES:
        raise ValueError(
            f"{where} must hold at most {MAX_VALUES} values. Received: "
            f"shape={dataset.shape}"
        )


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
    path = dataset.file.filename
    is_object = dataset.dtype.kind == "O"
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if dataset.dtype.kind not in kinds or (is_object and not is_text):
        raise ValueError(
            f"{path}: {dataset.name} must hold {_KINDS[kinds]}. Received: "
            f"{dataset.dtype}"
        )
    with readable(path):
        values = dataset[()]
    if kinds == NUMBERS:
        return values
    texts = [text.decode("utf-8", "replace") for text in np.ravel(values)]
    return np.array(texts, dtype=str).reshape(dataset.shape)
