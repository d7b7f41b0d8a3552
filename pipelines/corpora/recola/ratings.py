"""Reads traces of RECOLA: gold standards (ARFF) and six raters' (CSV)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipelines import gold_standard
from pipelines.corpora import base
from pipelines.corpora._io import tables
from pipelines.corpora.recola import layouts

RATERS = 6
DELIMITER = ";"
_TIME = ("frametime", "time")
_GOLD = ("goldstandard", "value", "prediction")
_TIME_TOLERANCE = 0.001
_LARGEST = 1 + 1e-6


def read_trace(path: Path) -> np.ndarray:
    """Reads a gold standard, or makes it of the raters of a `.csv` file.

    Returns:
        (rows,) float32.
    """
    if path.suffix == layouts.OF_GOLD:
        return read_gold_standard(path)
    return _joined(path).astype(np.float32)


def read_gold_standard(path: Path) -> np.ndarray:
    """Reads the gold standard of an `.arff` file, one row every 40 ms.

    A submission to the challenge has the same format. The columns of the frame
    time in seconds and of the gold standard are found by name, the latter also
    as `value` or `prediction`; case, spaces, underscores and quotes are
    ignored.

    Args:
        path: the file.

    Returns:
        (rows,) float32.

    Raises:
        ValueError: a column is missing, or a value is invalid; the message
            names file and line.
    """
    columns, lines = tables.read_arff(path)
    _check_times(path, _column(path, columns, _TIME), lines)
    gold = _column(path, columns, _GOLD)
    if not np.isfinite(gold).all():
        row = int(np.argmin(np.isfinite(gold)))
        raise ValueError(
            f"{path}, line {lines[row]}: a gold standard must be a finite "
            f"number. Received: {gold[row]} in row {row + 1}. Copy the file "
            "again, or correct that row."
        )
    return gold.astype(np.float32)


def read_ratings(path: Path) -> np.ndarray:
    """Reads the traces of six raters, one row every 40 ms.

    The columns are separated by semicolons; their names are in the first line,
    `time` (in seconds) and one a rater, such as `FM1`.

    Args:
        path: the file.

    Returns:
        (raters, rows) float64 in [-1, 1].

    Raises:
        ValueError: another number of raters, or a value is invalid; the
            message names file and line.
    """
    table = tables.read_csv(path, ("time",), others=True, delimiter=DELIMITER)
    lines = range(2, len(table["time"]) + 2)
    columns = {
        name: tables.numbers(path, name, texts, lines)
        for name, texts in table.items()
    }
    _check_times(path, columns.pop("time"), lines)
    if len(columns) != RATERS:
        raise ValueError(
            f"{path}: there must be the columns of {RATERS} raters beside "
            f"time. Received: {', '.join(columns) or 'none'}"
        )
    for name, values in columns.items():
        wrong = ~(np.abs(values) <= _LARGEST)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"{path}, line {lines[row]}: a rating must be a number from "
                f"-1 to 1. Received: {values[row]:g} of {name}. Copy the file "
                "again, or correct that row."
            )
    return np.stack(list(columns.values()))


def _joined(path: Path) -> np.ndarray:
    try:
        return gold_standard.gold_standard(read_ratings(path))
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


def _check_times(path: Path, time: np.ndarray, lines: Sequence[int]) -> None:
    """Refuses times that do not begin at 0 s and step by 40 ms."""
    if not abs(time[0]) <= _TIME_TOLERANCE:
        raise ValueError(
            f"{path}, line {lines[0]}: frame times must begin at 0 s. "
            f"Received: {time[0]:g}"
        )
    irregular = ~(np.abs(np.diff(time) - base.LABEL_HOP) <= _TIME_TOLERANCE)
    if irregular.any():
        row = int(np.argmax(irregular)) + 1
        raise ValueError(
            f"{path}, line {lines[row]}: frame times must step by 40 ms. "
            f"Received: {time[row]:g} after {time[row - 1]:g}"
        )


def _column(
    path: Path, columns: dict[str, np.ndarray], wanted: tuple[str, ...]
) -> np.ndarray:
    plain = [re.sub("[^a-z]", "", name.lower()) for name in columns]
    matches = [name for name, word in zip(columns, plain) if word in wanted]
    if len(matches) != 1:
        raise ValueError(
            f"{path}: exactly one numeric column must be called "
            f"{' or '.join(wanted)}. Received: {', '.join(columns) or 'none'}"
        )
    return columns[matches[0]]
