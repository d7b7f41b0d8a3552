"""Reads raters' time-continuous traces of one recording, and joins them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines import gold_standard
from pipelines.corpora._io import rows, tables
from zoo.frontends import STEP_SECONDS

TIME, RATER = "time", "rater"
DIMENSIONS = ("arousal", "valence", "dominance")
SCALE = (-1.0, 1.0)
HELD = 1.0
"""Seconds at the start and end of a recording that a trace need not cover."""
MOST_BETWEEN = 5.0
"""Seconds from one row of a trace to the next, at most."""
MOST_AFTER = 10.0
"""Seconds by which a trace may outlast its recording."""


@dataclasses.dataclass(frozen=True)
class RaterTrace:
    """One rater's trace of one recording.

    Attributes:
        name: of the rater, or of the file that is a rater's own.
        where: the file, and the rater where the file has several.
        time: (rows,) float64, in seconds, rising.
        ratings: dimension to (rows,) float64, in [-1, 1].
    """

    name: str
    where: str
    time: np.ndarray
    ratings: Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class JoinedTrace:
    """The gold standard of one recording.

    Attributes:
        time: (steps,) float64, in seconds, one step every 40 ms.
        values: dimension to (steps,) float64, in [-1, 1].
        agreement: dimension to the mean CCC of two raters; empty with one.
    """

    time: np.ndarray
    values: Mapping[str, np.ndarray]
    agreement: Mapping[str, float]

    def at(self, time: np.ndarray) -> dict[str, np.ndarray]:
        """Interpolates linearly; the first and last value are held."""
        return {
            name: np.interp(time, self.time, own).astype(np.float32)
            for name, own in self.values.items()
        }


def scale_of(values: Sequence[float | str]) -> tuple[float, float]:
    """Returns the lowest and highest rating of a scale.

    Raises:
        ValueError: no two numbers that rise.

    Example:
        >>> scale_of(("1", "9"))
        (1.0, 9.0)
    """
    try:
        low, high = (float(value) for value in values)
    except ValueError:
        low = high = np.nan
    if not (low < high and np.isfinite([low, high]).all()):
        raise ValueError(
            "`scale` must be the lowest and the highest rating, as in 1,9. "
            f"Received: scale={','.join(map(str, values))}"
        )
    return low, high


def read(
    paths: Iterable[Path], scale: tuple[float, float] = SCALE
) -> list[RaterTrace]:
    """Reads the traces of one recording from one file or several.

    A file is UTF-8 CSV with the columns `time` in seconds and one or more of
    arousal, valence and dominance. It is one rater's, or has a column `rater`
    and is several's.

    Args:
        paths: the files.
        scale: lowest and highest rating, mapped to -1 and 1.

    Returns:
        The raters' traces, in the order of the files and of their rows.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file has another column, or no dimension, a value that
            is no number or off the scale, times that do not rise or leave out
            more than 5 s, or a rater who is in another file too.
    """
    raters: list[RaterTrace] = []
    places: dict[str, Path] = {}
    for path in paths:
        for rater in _read(path, scale):
            if rater.name in places:
                raise ValueError(
                    f"{rater.where}: a rater's trace of a recording must be "
                    f"in one file. Received: {rater.name} in "
                    f"{places[rater.name]} too."
                )
            places[rater.name] = path
            raters.append(rater)
    return raters


def _read(path: Path, scale: tuple[float, float]) -> list[RaterTrace]:
    """Reads one file."""
    table = tables.read_csv(path, (TIME,), others=True)
    dimensions = _dimensions(path, table)
    lines = np.arange(2, len(table[TIME]) + 2)
    time, *ratings = (
        _column(path, name, table[name], lines) for name in (TIME, *dimensions)
    )
    for name, values in zip(dimensions, ratings):
        _check_scale(path, name, values, scale)
    middle, half = (scale[1] + scale[0]) / 2, (scale[1] - scale[0]) / 2
    raters = []
    for rater, where, members in _raters(path, table):
        _check_times(path, time[members], lines[members])
        own = {
            name: (values[members] - middle) / half
            for name, values in zip(dimensions, ratings)
        }
        raters.append(RaterTrace(rater, where, time[members], own))
    return raters


def _raters(
    path: Path, table: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, str, np.ndarray]]:
    """Returns name, place and rows of each rater of a file."""
    if RATER not in table:
        return [(str(path), str(path), np.arange(len(table[TIME])))]
    members: dict[str, list[int]] = {}
    for index, name in enumerate(table[RATER]):
        members.setdefault(name, []).append(index)
    for name, own in members.items():
        rows.required(f"{path}, line {own[0] + 2}", RATER, name)
    return [
        (name, f"{path}, rater {name}", np.array(own))
        for name, own in members.items()
    ]


def _dimensions(path: Path, names: Iterable[str]) -> tuple[str, ...]:
    names = [name for name in names if name not in (TIME, RATER)]
    for name in names:
        rows.check_value(
            f"{path}, line 1", "a column", name, (TIME, RATER, *DIMENSIONS)
        )
    if not names:
        raise ValueError(
            f"{path}, line 1: one of the columns {', '.join(DIMENSIONS)} must "
            "be there. Received: none"
        )
    return tuple(name for name in DIMENSIONS if name in names)


def _column(
    path: Path, name: str, texts: Sequence[str], lines: np.ndarray
) -> np.ndarray:
    """Returns finite numbers."""
    values = tables.numbers(path, name, texts, lines.tolist())
    wrong = ~np.isfinite(values)
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ValueError(
            f"{path}, line {lines[index]}: {name} must be a finite number. "
            f"Received: {texts[index]}. Take the row out, or correct it."
        )
    return values


def _check_scale(
    path: Path, name: str, values: np.ndarray, scale: tuple[float, float]
) -> None:
    wrong = (values < scale[0]) | (values > scale[1])
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ValueError(
            f"{path}, line {index + 2}: {name} must be from {scale[0]:g} to "
            f"{scale[1]:g}. Received: {values[index]:g}. Correct it, or give "
            "the raters' scale as --corpus-option scale=LOW,HIGH."
        )


def _check_times(path: Path, time: np.ndarray, lines: np.ndarray) -> None:
    between = np.diff(time)
    rising = (between > 0) & (between <= MOST_BETWEEN)
    wrong = np.concatenate([time[:1] < 0, ~rising])
    if wrong.any():
        index = int(np.argmax(wrong))
        previous = f" after {time[index - 1]:g}" if index else ""
        raise ValueError(
            f"{path}, line {lines[index]}: time must be in seconds from 0 on, "
            f"each later than the one before by {MOST_BETWEEN:g} s at most. "
            f"Received: {time[index]:g}{previous}"
        )


def check_dimensions(rater: RaterTrace, first: RaterTrace) -> None:
    """Refuses a trace that has other dimensions than the first one.

    Args:
        rater: the trace.
        first: the one that it is compared with.

    Raises:
        ValueError: they differ.
    """
    if tuple(rater.ratings) != tuple(first.ratings):
        raise ValueError(
            f"{rater.where}, line 1: all traces must have the same "
            f"dimensions. Received: {', '.join(rater.ratings)}; {first.where} "
            f"has {', '.join(first.ratings)}"
        )


def check_covers(
    rater: RaterTrace, recording: str, span: tuple[float, float], length: float
) -> None:
    """Refuses a trace that does not belong to its recording.

    Args:
        rater: the trace.
        recording: its name, for the error.
        span: start and end in seconds of the part that is used.
        length: of the recording in seconds.

    Raises:
        ValueError: the trace leaves out more than 1 s at the start or end of
            the span, or ends more than 10 s after the recording.
    """
    first, last = rater.time[0], rater.time[-1]
    covered = f"{first:g} to {last:g} s"
    if last > length + MOST_AFTER:
        raise ValueError(
            f"{rater.where}: a trace may end {MOST_AFTER:g} s after its "
            f"recording at most. Received: {covered}; {recording} lasts "
            f"{length:g} s. Give times in seconds, of this recording."
        )
    if first > span[0] + HELD or last < span[1] - HELD:
        raise ValueError(
            f"{rater.where}: a trace must cover its recording but for "
            f"{HELD:g} s at both ends. Received: {covered}; {recording} is "
            f"used from {span[0]:g} to {span[1]:g} s. Rate the rest, or name "
            "the rated part in the columns start and end."
        )


def join(where: str, raters: Sequence[RaterTrace]) -> JoinedTrace:
    """Joins raters' traces over the time that all of them rated.

    Each trace is interpolated linearly every 40 ms; the gold standard is that
    of `pipelines.gold_standard`, clipped to [-1, 1].

    Args:
        where: file and line that name the traces, for the error.
        raters: of one recording, with the same dimensions.

    Raises:
        ValueError: the raters do not agree at all.
    """
    first = round(max(rater.time[0] for rater in raters) / STEP_SECONDS)
    last = round(min(rater.time[-1] for rater in raters) / STEP_SECONDS)
    time = STEP_SECONDS * np.arange(first, max(first, last) + 1)
    values, agreement = {}, {}
    for name in raters[0].ratings:
        ratings = [
            np.interp(time, rater.time, rater.ratings[name]) for rater in raters
        ]
        try:
            joined = gold_standard.gold_standard(ratings)
        except ValueError as error:
            raise ValueError(f"{where}: traces, {name}: {error}") from error
        values[name] = np.clip(joined, -1, 1)
        if len(raters) > 1:
            agreed = gold_standard.agreement(ratings)
            agreement[name] = float(np.nanmean(agreed))
    return JoinedTrace(time, values, agreement)
