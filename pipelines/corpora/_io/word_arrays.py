"""Reads the arrays text, audio and video of `.npz` and HDF5 files.

The files are not trusted: sizes are read from headers first, and objects
(pickles) are refused.
"""

from __future__ import annotations

import contextlib
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import h5py
import numpy as np

from pipelines.corpora._io import hdf5
from pipelines.corpora.word_base import MODALITIES
from zoo.common import files

MOST_VALUES = 2**26
"""Of an array: 160,000 words of 400 values."""
HDF5_SUFFIXES = (".h5", ".hdf5")
SUFFIXES = (".npz", *HDF5_SUFFIXES)
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def shapes(path: Path) -> dict[str, tuple[int, int]]:
    """Returns the shapes of a file's arrays, without reading their values.

    Args:
        path: an `.npz`, `.h5` or `.hdf5` file with some of the arrays text,
            audio and video, one row a word. Other arrays are passed over.

    Returns:
        Letter of a modality to (words, values).

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged or of another kind, has none of the
            arrays, or one that is no matrix of numbers or too large.
    """
    if path.suffix in HDF5_SUFFIXES:
        return _hdf5_shapes(path)
    with _archive(path) as archive:
        names = {name: f"{name}.npy" for name in MODALITIES.values()}
        there = set(archive.namelist())
        own = {
            letter: _npy_shape(path, archive, names[name])
            for letter, name in MODALITIES.items()
            if names[name] in there
        }
        return _some(path, own, there)


def read(path: Path, letters: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a file.

    Args:
        path: as of `shapes`.
        letters: of modalities that the file has.

    Returns:
        Letter to (words, values) float32; NaN and infinite values as in the
        file.

    Raises:
        FileNotFoundError, ValueError: as of `shapes`.
    """
    if path.suffix in HDF5_SUFFIXES:
        with hdf5.open_file(path) as file:
            arrays = {
                letter: hdf5.read(_dataset(file, letter), hdf5.NUMBERS)
                for letter in letters
            }
    else:
        with _archive(path) as archive:
            arrays = {
                letter: _npy(path, archive, f"{MODALITIES[letter]}.npy")
                for letter in letters
            }
    with np.errstate(over="ignore"):  # the reader of samples counts infinity
        return {letter: rows.astype("f4") for letter, rows in arrays.items()}


def _some(
    path: Path, own: dict[str, tuple[int, int]], there: Iterable[str]
) -> dict[str, tuple[int, int]]:
    if not own:
        raise ValueError(
            f"{path}: there must be some of the arrays "
            f"{', '.join(MODALITIES.values())}. Received: "
            f"{', '.join(sorted(there)[:5]) or 'none'}"
        )
    return own


def _check(path: Path, name: str, shape: tuple[int, ...], kind: str) -> None:
    if len(shape) != 2 or kind not in hdf5.NUMBERS or 0 in shape:
        raise ValueError(
            f"{path}: {name} must be numbers of shape (words, values), at "
            f"least one word. Received: shape {shape} of kind {kind!r}"
        )
    if math.prod(shape) > MOST_VALUES:
        raise ValueError(
            f"{path}: {name} must hold at most {MOST_VALUES} values. "
            f"Received: shape {shape}"
        )


def _hdf5_shapes(path: Path) -> dict[str, tuple[int, int]]:
    with hdf5.open_file(path) as file:
        with hdf5.readable(path):
            there = set(file)
        own = {
            letter: _dataset(file, letter).shape
            for letter, name in MODALITIES.items()
            if name in there
        }
        return _some(path, own, there)


def _dataset(file: h5py.File, letter: str) -> h5py.Dataset:
    name = MODALITIES[letter]
    dataset = hdf5.member(file, name, h5py.Dataset)
    _check(Path(file.filename), name, dataset.shape, dataset.dtype.kind)
    return dataset


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Opens an `.npz` file; errors inside the block become one sentence."""
    if path.suffix != ".npz":
        raise ValueError(
            f"{path}: a file of features must end in {', '.join(SUFFIXES)}."
        )
    files.check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,  # an encrypted member
        KeyError,
    ) as error:
        raise ValueError(
            f"{path}: must be a complete .npz file. {error}. Write it again."
        ) from error


def _npy_shape(
    path: Path, archive: zipfile.ZipFile, name: str
) -> tuple[int, int]:
    with archive.open(name) as member:
        return _header(path, archive, name, member)


def _npy(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    # The shape is checked first; then as many bytes are read as it says.
    _npy_shape(path, archive, name)
    with archive.open(name) as member, _complete(path, name):
        array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
        return array


def _header(
    path: Path, archive: zipfile.ZipFile, name: str, member: IO[bytes]
) -> tuple[int, int]:
    """Reads shape and type from the header of an array, and checks them."""
    with _complete(path, name):
        version = np.lib.format.read_magic(member)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of its format")
        shape, _, dtype = _HEADERS[version](member)
    _check(path, name.removesuffix(".npy"), shape, dtype.kind)
    size = archive.getinfo(name).file_size
    wanted = member.tell() + math.prod(shape) * dtype.itemsize
    if size != wanted:
        raise ValueError(
            f"{path}: {name} must have the {wanted} bytes that its header "
            f"says. Received: {size}. Write it again."
        )
    words, values = shape
    return words, values


@contextlib.contextmanager
def _complete(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, SyntaxError, tokenize.TokenError) as error:
        raise ValueError(
            f"{path}: {name} must be a complete array. {error}. Write it "
            "with numpy.savez."
        ) from error
