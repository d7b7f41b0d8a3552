"""Objects that worker processes share: their arrays lie in a mapped file."""

from __future__ import annotations

import mmap
import pathlib
import pickle
from typing import Any

ALIGNMENT = 64
"""Bytes; an array's offset in the file is a multiple of it."""


def dump(folder: pathlib.Path, content: Any) -> int:
    """Writes an object to a folder, its arrays to a file of their own.

    Args:
        folder: is made.
        content: any object that can be pickled.

    Returns:
        The number of bytes of its arrays, which processes share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spans: list[tuple[int, int]] = []
    with open(folder / "arrays.bin", "wb") as file:

        def write(buffer: pickle.PickleBuffer) -> None:
            file.write(bytes(-file.tell() % ALIGNMENT))
            raw = buffer.raw()
            spans.append((file.tell(), raw.nbytes))
            file.write(raw)

        plain = pickle.dumps(content, protocol=5, buffer_callback=write)
        size = file.tell()
    with open(folder / "content.pickle", "wb") as file:
        pickle.dump((spans, plain), file)
    return size


def load(folder: pathlib.Path) -> Any:
    """Returns an object that `dump` wrote; its arrays are read-only.

    The folder may be removed afterwards. Load only what this program wrote:
    pickles can run any code.
    """
    with open(folder / "content.pickle", "rb") as file:
        spans, plain = pickle.load(file)
    with open(folder / "arrays.bin", "rb") as file:
        if not spans or not file.seek(0, 2):
            return pickle.loads(plain, buffers=[b""] * len(spans))
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    view = memoryview(mapped)
    buffers = [view[start : start + size] for start, size in spans]
    return pickle.loads(plain, buffers=buffers)


class Cache:
    """The last results of a function; unlike `lru_cache` it can be pickled.

    Args:
        function: of hashable arguments; a method of an object that can be
            pickled.
        most: number of results that are kept.

    Example:
        >>> cache = Cache(str, most=2)
        >>> cache(1), cache(2), len(cache)
        ('1', '2', 2)
    """

    def __init__(self, function: Any, most: int):
        self._function = function
        self._most = most
        self._results: dict[tuple[Any, ...], Any] = {}

    def __call__(self, *arguments: Any) -> Any:
        if arguments in self._results:
            result = self._results.pop(arguments)
        else:
            result = self._function(*arguments)
            while len(self._results) >= self._most:
                self._results.pop(next(iter(self._results)))
        self._results[arguments] = result
        return result

    def has(self, *arguments: Any) -> bool:
        """Returns whether the result for these arguments is kept."""
        return arguments in self._results

    def __len__(self) -> int:
        return len(self._results)
