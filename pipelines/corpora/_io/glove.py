"""Reads word vectors in GloVe's text format, those that are needed alone.

A line is a word and its values, with a space between them; the file may be
compressed (`.gz`). Files of several gigabytes are read line by line.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from zoo.common import files

MOST_BYTES = 1 << 17
"""Of a line."""


def dimension(path: Path) -> int:
    """Returns the number of values of a vector, by the first line.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is empty or in another format.
    """
    for _, line in _lines(path):
        values = line.split(b" ")[1:]
        if len(values) > 1 and all(map(_is_number, values)):
            return len(values)
        raise ValueError(
            f"{path}, line 1: must be a word and the values of its vector, as "
            f"in GloVe's text format. Received: {line[:60]!r}. Leave out a "
            "line of counts."
        )
    raise ValueError(f"{path}: the file is empty. Copy it again.")


def read(path: Path, words: Iterable[str]) -> dict[str, np.ndarray]:
    """Returns the vectors of words.

    A word that the file lacks has the vector of its lower case.

    Args:
        path: the file, UTF-8.
        words: the words.

    Returns:
        Word to (values,) float32, for those that the file has.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is in another format or cut off, or vectors
            differ in their number of values; the message names the line.
    """
    values = dimension(path)
    wanted = {*words}
    needed = {form.encode() for word in wanted for form in (word, word.lower())}
    vectors: dict[bytes, np.ndarray] = {}
    for number, line in _lines(path):
        word, *texts = line.rsplit(b" ", values)
        # The release of 840 billion words has words with spaces.
        is_longer = b"." in word and _is_number(word.rpartition(b" ")[2])
        if len(texts) < values or (b" " in word and is_longer):
            raise ValueError(
                f"{path}, line {number}: a vector must have {values} values, "
                f"as in line 1. Received: {line.count(b' ')}"
            )
        if word in needed and word not in vectors:
            vectors[word] = _vector(f"{path}, line {number}", texts)
    known = {}
    for name in wanted:
        vector = vectors.get(name.encode(), vectors.get(name.lower().encode()))
        if vector is not None:
            known[name] = vector
    return known


def _vector(where: str, texts: list[bytes]) -> np.ndarray:
    wrong = [text for text in texts if not _is_number(text)]
    vector = np.array([0.0 if wrong else float(t) for t in texts], "float32")
    if wrong or not np.isfinite(vector).all():
        raise ValueError(
            f"{where}: a vector must hold finite numbers. Received: "
            f"{(wrong or texts)[0]!r}"
        )
    return vector


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields number and content of each line that is not empty."""
    files.check_file(path)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            lines = iter(lambda: file.readline(MOST_BYTES), b"")
            for number, line in enumerate(lines, start=1):
                if len(line) == MOST_BYTES:
                    raise ValueError(
                        f"{path}, line {number}: a line must be shorter than "
                        f"{MOST_BYTES} bytes. It is no file of word vectors."
                    )
                if line.strip():
                    yield number, line.rstrip(b"\r\n ")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"{path}: must be a complete gzip file. Copy it again."
        ) from error
