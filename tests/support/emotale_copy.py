"""Writes a small copy of EmoTale in its owners' layout, for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

COLUMNS = ["file"] + [
    f"a{annotator}_{column}"
    for annotator in (1, 2, 3)
    for column in ("A", "V", "D", "cat")
]
COLUMNS.append("gt_emotion")


def write_copy(
    root: Path, suffix: str = "wav", rate: int = 16_000, speakers: int = 2
) -> Path:
    """Writes two utterances a speaker, in two emotions and languages."""
    (root / "wav").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for speaker in range(1, speakers + 1):
        for language, emotion in (("DK", "A"), ("EN", "S")):
            name = f"{language}_{speaker:03d}_{emotion}_1"
            samples = rng.normal(0, 0.1, (rng.integers(3, 9) * rate // 10, 1))
            soundfile.write(
                root / "wav" / f"{name}.{suffix}",
                np.repeat(samples, 2, axis=1),
                rate,
            )
            ratings = rng.integers(2, 11, 9) / 2
            row: list[Any] = [f"{name}.wav"]
            for annotator in ratings.reshape(3, 3):
                row += [*annotator, emotion]
            rows.append([*row, emotion])
    write_annotations(root, [COLUMNS, *rows])
    table: list[list[Any]] = [["speaker", "gender", "age"]]
    for number in range(1, speakers + 1):
        table.append([f"{number:03d}", "FM"[number % 2], 20 + number])
    write_csv(root / "speaker_info.csv", table)
    return root


def write_csv(path: Path, rows: Iterable[list[Any]]) -> None:
    """Writes rows to a CSV file."""
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_annotations(root: Path, rows: Iterable[list[Any]]) -> None:
    """Writes the table of annotations."""
    write_csv(root / "annotations.csv", rows)
