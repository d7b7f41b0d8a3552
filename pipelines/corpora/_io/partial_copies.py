"""Describes what a partial copy of a corpus lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.corpora._io import tables


def differences(
    counts: Mapping[str, int], intact: Mapping[str, int]
) -> tuple[str, ...]:
    """Returns the counts that are not those of an intact copy, in words.

    Args:
        counts: of the copy, by name.
        intact: of an intact copy, by name.

    Example:
        >>> differences({"speakers": 2}, {"utterances": 9, "speakers": 2})
        ('0 of 9 utterances',)
    """
    return tuple(
        f"{counts.get(name, 0):,} of {count:,} {name}"
        for name, count in intact.items()
        if counts.get(name, 0) != count
    )


def check(root: Path, utterances: int, layout: str) -> None:
    """Refuses a partial copy without a single utterance.

    Args:
        root: folder of the copy.
        utterances: number of those that were read.
        layout: what the folder must hold.
    """
    if not utterances:
        raise ValueError(
            f"{root}: even a partial copy must hold some utterances. "
            f"Received: none. The folder must hold some of {layout}"
        )


def missing_files(names: Sequence[str], unit: str = "file") -> str:
    """Counts the missing files and names a few.

    Args:
        names: of what is missing.
        unit: what it is, in the singular.

    Example:
        >>> missing_files(["a.wav", "b.wav"])
        '2 files missing (a.wav, b.wav)'
    """
    if not names:
        return f"no {unit} known to be missing"
    units = unit if len(names) == 1 else f"{unit}s"
    return f"{len(names):,} {units} missing ({tables.few(names)})"


def sentence(
    corpus: str,
    differing: Sequence[str],
    missing: Sequence[str],
    unit: str = "file",
) -> str:
    """Returns what every report on a partial copy says first.

    Args:
        corpus: its name.
        differing: as of `differences`.
        missing: names of the missing files.
        unit: what is missing if not files, in the singular.

    Example:
        >>> sentence("emotale", ["799 of 800 utterances"], ["DK_001_A_1"])
        'emotale is a partial copy, and its figures are compared with no
        published ones: 799 of 800 utterances; 1 file missing (DK_001_A_1).'
    """
    lacks = [", ".join(differing)] if differing else []
    if missing or not differing:
        lacks.append(missing_files(missing, unit))
    return (
        f"{corpus} is a partial copy, and its figures are compared with no "
        f"published ones: {'; '.join(lacks)}."
    )
