"""The memory that a block of code takes at most."""

from __future__ import annotations

import gc
import os
import pathlib
import threading
from typing import Any


def resident() -> float:
    """Returns the memory that this process has in use, in GB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


class Peak:
    """Measures memory every 10 ms, from a thread.

    Attributes:
        before: memory at the start of the block, in GB.
        total: the most memory within the block, in GB.
    """

    def __enter__(self) -> Peak:
        gc.collect()
        self.before = self.total = resident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._over.set()
        self._thread.join()

    @property
    def gigabytes(self) -> float:
        """How much memory the block took beside what was in use, in GB."""
        return self.total - self.before

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.total = max(self.total, resident())
