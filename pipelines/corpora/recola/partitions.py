"""Partition of participants, whose recordings do not say AVEC's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import tables

TURNS = ("train", "test", "dev")
"""Of 23 participants, dev has 7: test keeps the 8 that intervals need."""


def deal(names: Iterable[str], seed: int) -> dict[str, str]:
    """Deals participants to train, test and dev in turn.

    They are sorted by their number and permuted by
    `numpy.random.default_rng(seed)`. The partitions are as large as each
    other, as AVEC's are, or differ by one.

    Args:
        names: such as "P16".
        seed: at least 0.

    Returns:
        Name to partition.

    Example:
        >>> deal(["P16", "P17", "P19", "P21"], seed=0)
        {'P19': 'train', 'P16': 'test', 'P17': 'dev', 'P21': 'train'}
    """
    ordered = sorted(names, key=lambda name: int(name[1:]))
    order = np.random.default_rng(seed).permutation(len(ordered))
    return {
        ordered[index]: TURNS[place % len(TURNS)]
        for place, index in enumerate(order)
    }


def read(path: Path) -> dict[str, str]:
    """Reads a table with the columns `participant` and `split`.

    Args:
        path: the file, separated by commas.

    Returns:
        Name to partition.

    Raises:
        ValueError: a column is missing, a participant stands in two rows, or
            a split is none of train, dev and test; the message names the line.
    """
    table = tables.read_csv(path, ("participant", "split"))
    splits: dict[str, str] = {}
    rows = zip(table["participant"], table["split"])
    for line, (name, split) in enumerate(rows, start=2):
        where = f"{path}, line {line}"
        if name in splits:
            raise ValueError(
                f"{where}: a participant must stand in one row. Received: "
                f"{name} again. Take one of the rows out."
            )
        emotion_base.check_value(where, "split", split, base.SPLITS)
        splits[name] = split
    return splits
