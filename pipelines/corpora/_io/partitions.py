"""Partitions of the speakers of one's own recordings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipelines.corpora.utterance import Utterance

SPLITS = ("train", "dev", "test")
SHARE = 0.2
"""Of the speakers, in dev and in test."""
DEALT = "speakers dealt to partitions at random"
"""Who made the partitions, for `Corpus.partition`."""


def deal(table: Path, speakers: Iterable[str]) -> dict[str, str]:
    """Deals speakers to partitions: a fifth to dev, a fifth to test.

    The fifths are rounded, and one speaker at least; the sorted speakers are
    drawn in the order of `numpy.random.default_rng(0).permutation`.

    Args:
        table: named in the error.
        speakers: of the recordings; repeated ones count once.

    Returns:
        Speaker to "train", "dev" or "test".

    Raises:
        ValueError: fewer than three speakers.

    Example:
        >>> deal(Path("manifest.csv"), ["ann", "bob", "cleo"])
        {'cleo': 'test', 'ann': 'dev', 'bob': 'train'}
    """
    names = sorted(set(speakers))
    if len(names) < len(SPLITS):
        raise ValueError(
            f"{table}: there must be recordings of three speakers at least, "
            "one each for train, dev and test, since no speaker may be in two "
            f"of them. Received: {len(names)} ({', '.join(names)}). Add "
            "recordings of other speakers. Two are enough with a column split "
            "that says train and dev alone."
        )
    order = np.random.default_rng(0).permutation(names).tolist()
    few = max(1, round(SHARE * len(names)))
    splits = ["test"] * few + ["dev"] * few + ["train"] * len(names)
    return dict(zip(order, splits))


def check_speakers(table: Path, utterances: Iterable[Utterance]) -> None:
    """Refuses a table that has a speaker in two official folds.

    Args:
        table: named in the error.
        utterances: of the table.

    Raises:
        ValueError: names the speaker and two partitions.
    """
    splits: dict[str, str | None] = {}
    for utterance in utterances:
        first = splits.setdefault(utterance.speaker, utterance.split)
        if first != utterance.split:
            raise ValueError(
                f"{table}: a speaker's `split` must be the same in all rows. "
                f"Received: {first} and {utterance.split} for "
                f"{utterance.speaker!r}"
            )
