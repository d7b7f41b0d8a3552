"""Ratios that a noisy machine can be believed: interleaved, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 3
) -> dict[str, float]:
    """Median seconds of each call, taken in turns in one process."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm_up + rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            spent = time.perf_counter() - started
            if turn >= warm_up:
                seconds[name].append(spent)
    return {name: statistics.median(each) for name, each in seconds.items()}
