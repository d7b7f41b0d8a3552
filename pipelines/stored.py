"""Arrays of a corpus, held in memory or read from disk when they are needed.

A corpus whose arrays take at most `SHARE` of the machine's memory is held, so
that nothing is read twice. Of a larger one every array is read anew whenever
its values are needed. Both have the same values, so a run does not depend on
the machine.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

SHARE = 1 / 16
"""Of the memory, for one version of a corpus' arrays. Several versions are in
use at once: as read, and normalised in one or two ways."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclasses.dataclass(frozen=True)
class Stored:
    """An array that is read from disk when its values are needed.

    NumPy's functions take it for the array that it stands for.

    Attributes:
        read: returns the array, the same one at every call.
        shape: of the array.
        dtype: of the array.

    Example:
        >>> array = Stored(lambda: np.ones((3, 2), "float32"), (3, 2))
        >>> len(array), float(np.sum(array[1:]))
        (3, 4.0)
    """

    read: Callable[[], np.ndarray]
    shape: tuple[int, ...]
    dtype: np.dtype = np.dtype("float32")

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        values: np.ndarray = self.read()[key]
        return values

    def __array__(
        self, dtype: Any = None, copy: bool | None = None
    ) -> np.ndarray:
        return np.asarray(self.read(), dtype)


Array: TypeAlias = "np.ndarray | Stored"
"""An array in memory, or one that is read when it is needed."""


def most_bytes() -> int:
    """Returns the bytes of arrays that are held in memory at most."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if CGROUP_LIMIT.is_file():
        limit = CGROUP_LIMIT.read_text("ascii").strip()
        if limit.isdigit():
            memory = min(memory, int(limit))
    return int(memory * SHARE)


def hold(
    arrays: Iterable[np.ndarray],
    store: Callable[[int, np.ndarray], Stored],
) -> list[Array]:
    """Returns arrays, or what reads them where they are too large together.

    Args:
        arrays: are taken one after the other, and let go where they are not
            held.
        store: returns what reads an array again, from its place and itself.
    """
    held: list[Array] = []
    room = most_bytes()
    for place, array in enumerate(arrays):
        room -= array.nbytes
        if room >= 0:
            held.append(array)
            continue
        for index, own in enumerate(held):
            if isinstance(own, np.ndarray):
                held[index] = store(index, own)
        held.append(store(place, array))
    return held


def is_stored(arrays: Iterable[Array]) -> bool:
    """Returns whether some of the arrays are read when they are needed."""
    return any(isinstance(array, Stored) for array in arrays)
