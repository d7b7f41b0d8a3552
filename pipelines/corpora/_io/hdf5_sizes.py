"""Bounds on what HDF5 datasets take in memory, checked before they are read."""

from __future__ import annotations

import math
import os

import h5py
import numpy as np

MAX_VALUES = 2**28
MAX_BYTES = 2**31
"""Of a dataset in memory."""
MAX_TEXT_BYTES = 2**28
"""Of all texts of variable length of a dataset."""
MAX_RATIO = 100
"""Bytes in memory for each byte in the file."""
FREE_BYTES = 2**24
"""Of a dataset that may be compressed by more, as zeros are."""


def check(dataset: h5py.Dataset) -> None:
    """Refuses a dataset that lies elsewhere, or would take too much memory.

    Raises:
        ValueError: names the dataset and what it would take.
    """
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{_where(dataset)} must lie in this file.")
    if dataset.size is None or dataset.size > MAX_VALUES:
        raise ValueError(
            f"{_where(dataset)} must hold at most {MAX_VALUES} values. "
            f"Received: shape={dataset.shape}"
        )
    size = _bytes(dataset)
    if size > MAX_BYTES:
        raise ValueError(
            f"{_where(dataset)} must take at most {MAX_BYTES >> 30} GiB in "
            f"memory. Received: {size} bytes, shape={dataset.shape}"
        )
    stored = dataset.id.get_storage_size()
    if size > FREE_BYTES and size > MAX_RATIO * stored:
        raise ValueError(
            f"{_where(dataset)} must take at most {MAX_RATIO} times as much "
            f"memory as space in the file. Received: {size} and {stored} bytes"
        )


def _where(dataset: h5py.Dataset) -> str:
    return f"{dataset.file.filename}: {dataset.name}"


def _bytes(dataset: h5py.Dataset) -> int:
    """Returns the bytes of all chunks that a dataset reaches into."""
    values = dataset.size
    if dataset.chunks is not None:
        values = math.prod(
            -(-length // chunk) * chunk
            for length, chunk in zip(dataset.shape, dataset.chunks)
        )
    return int(values) * dataset.id.get_type().get_size()


def read_texts(dataset: h5py.Dataset) -> np.ndarray:
    """Reads texts of variable length, whose total length is bounded.

    A few bytes can stand for gigabytes here, since all texts may be the same
    one. What is stored contiguously says how long they are; of chunks, so few
    texts are read at a time that even texts as long as the file are bounded.

    Args:
        dataset: a checked one of texts.

    Returns:
        (values,) of bytes objects.

    Raises:
        ValueError: the texts are too long.
    """
    where = _where(dataset)
    file_size = os.path.getsize(dataset.file.filename)
    total = _contiguous_length(dataset)
    if total is None and file_size > MAX_TEXT_BYTES:
        raise ValueError(
            f"{where} must not hold texts of variable length in chunks, in a "
            f"file of {file_size} bytes. Store them with a fixed length."
        )
    flat = np.empty(dataset.size, object)
    if total is not None:
        _check_length(where, total)
        flat[:] = np.ravel(dataset[()])
        return flat
    if dataset.ndim == 0 or not dataset.size:
        flat[:] = np.ravel(dataset[()])
        return flat
    row = dataset.size // len(dataset)
    if row * file_size > MAX_TEXT_BYTES and row > 1:
        raise ValueError(
            f"{where} must hold texts of variable length in one column. "
            f"Received: shape={dataset.shape}"
        )
    block, total = max(1, MAX_TEXT_BYTES // (row * file_size)), 0
    for start in range(0, len(dataset), block):
        texts = np.ravel(dataset[start : start + block])
        total += sum(map(len, texts))
        _check_length(where, total)
        flat[start * row : start * row + len(texts)] = texts
    return flat


def _check_length(where: str, total: int) -> None:
    if total > MAX_TEXT_BYTES:
        raise ValueError(
            f"{where} must hold texts of at most {MAX_TEXT_BYTES >> 20} MiB "
            f"together. Received: {total} bytes or more"
        )


def _contiguous_length(dataset: h5py.Dataset) -> int | None:
    """Returns the bytes of all texts; `None` where they lie in chunks.

    Each text is stored as its length (4 bytes) and its place in a heap.
    """
    offset, stored = dataset.id.get_offset(), dataset.id.get_storage_size()
    if offset is None or not dataset.size or stored % dataset.size:
        return None
    with open(dataset.file.filename, "rb") as file:
        file.seek(offset)
        raw = np.frombuffer(file.read(stored), "u1")
    if len(raw) < stored or stored // dataset.size < 4:
        raise OSError("the file is too short")
    lengths = raw.reshape(dataset.size, -1)[:, :4].copy().view("<u4")
    return int(lengths.sum(dtype="u8"))


def as_texts(dataset: h5py.Dataset, values: np.ndarray) -> np.ndarray:
    """Decodes bytes objects to an array of str of the dataset's shape.

    Raises:
        ValueError: the longest text would make the array too large.
    """
    texts = [text.decode("utf-8", "replace") for text in np.ravel(values)]
    longest = max(map(len, texts), default=0)
    size = 4 * longest * len(texts)
    if size > MAX_BYTES:
        raise ValueError(
            f"{dataset.file.filename}: {dataset.name} must hold texts that "
            f"take at most {MAX_BYTES >> 30} GiB, each as long as the longest. "
            f"Received: {len(texts)} texts of up to {longest} letters"
        )
    return np.array(texts, dtype=str).reshape(dataset.shape)
