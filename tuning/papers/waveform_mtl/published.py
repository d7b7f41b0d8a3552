"""Figures that Zhang et al. 2019 publish, and their test of significance."""

from __future__ import annotations

from collections.abc import Mapping

from zoo.metrics import significance
from zoo.papers.waveform_mtl import TASKS

SPLITS = ("dev", "test")
COLUMNS = tuple((task, split) for task in TASKS for split in SPLITS)
"""Task and split of every column of Table 1."""
SIZES = {"train": 6319, "dev": 1811, "test": 1819}
"""Utterances of IEMOCAP in the paper's partition (section 4.1)."""
UAR: Mapping[str, tuple[float, ...]] = {
    "OS+SVMs": (52.1, 50.5, 50.5, 49.8, 39.1, 48.7),
    "OS+RNNs": (57.8, 53.1, 51.8, 51.0, 56.4, 49.6),
    "e2e STL": (45.3, 45.1, 60.9, 60.1, 50.9, 51.1),
    "e2e STL+att.": (46.5, 45.4, 61.4, 60.7, 51.4, 52.6),
    "e2e MTL": (46.2, 44.0, 64.6, 63.4, 52.3, 53.9),
    "e2e MTL+att.": (48.7, 48.5, 66.2, 63.8, 53.4, 51.6),
}
"""UAR in percent by system, in the order of `COLUMNS` (Table 1)."""
BASELINE = "e2e STL"
PROPOSED = "e2e MTL+att."
STARS = {PROPOSED: (True, True, True, True, False, False)}
"""Figures that the paper marks as significantly above the baseline's."""
LEVEL = 0.05
STAR, UNPRINTED = " *", " (*)"


def is_better(uar: float, baseline: float, count: int) -> bool:
    """Returns whether the paper's test gives a star.

    Args:
        uar: of a system, a share.
        baseline: of e2e STL on the same utterances.
        count: number of utterances.

    Example:
        >>> is_better(0.485, 0.451, 1819), is_better(0.454, 0.451, 1819)
        (True, False)
    """
    return significance.z_test(uar, baseline, count) < LEVEL


def row(system: str) -> list[str]:
    """Returns a system's published figures, with stars.

    " *" is printed in the paper; " (*)" is not, though its test on its own
    figures gives one.
    """
    printed = STARS.get(system, (False,) * len(COLUMNS))
    cells = []
    for value, baseline, (_, split), star in zip(
        UAR[system], UAR[BASELINE], COLUMNS, printed
    ):
        given = is_better(value / 100, baseline / 100, SIZES[split])
        mark = STAR if star else UNPRINTED if given else ""
        cells.append(f"{value:.1f}{mark}")
    return cells
