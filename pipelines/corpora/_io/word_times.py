"""Reads when words are spoken: CSV, CTM and Praat's TextGrid."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines.corpora._io import tables, text_grid

SILENCES = ("", "sil", "sp", "<eps>", "<sil>")
"""What aligners write where nothing is said; upper or lower case."""
TOLERANCE = 0.01
"""Seconds, an aligner's step, by which a word may leave its recording."""
ORDER_TOLERANCE = 1e-3
"""Seconds by which a word may begin before the one before it ends."""
_COLUMNS = ("word", "start", "end")
_CTM_FIELDS = 5


@dataclasses.dataclass(frozen=True)
class WordTimes:
    """The words of a recording, in order.

    Attributes:
        words: as they are written.
        times: start and end of each in seconds, (words, 2) float64.
    """

    words: tuple[str, ...]
    times: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Entry:
    """One word of a file: where it stands there, and what it says."""

    where: str
    word: str
    start: str
    end: str


class WordTimesReader:
    """Reads word times; the same file again is not read again.

    Silences (`SILENCES`) are left out.

    Args:
        tier: name of the tier of words in a TextGrid; `None` for its only
            one, or the one called "words" (or "SPEAKER - words").
    """

    def __init__(self, tier: str | None = None):
        self._tier = tier
        self._last: tuple[tuple[Path, str, float], WordTimes] | None = None
        self._ctm: tuple[Path, Mapping[str, list[_Entry]]] | None = None

    def read(self, path: Path, recording: str, seconds: float) -> WordTimes:
        """Returns the words of a recording.

        Args:
            path: the file: `.csv` or `.csv.gz` with the columns word, start
                and end; `.ctm`; or `.TextGrid`. Times are in seconds.
            recording: its name without folder and suffix, by which a CTM
                knows it.
            seconds: its length.

        Raises:
            FileNotFoundError: no such file.
            ValueError: the file is damaged or of another kind, has no words,
                or times that are no numbers, run backwards, overlap, or leave
                the recording.
        """
        key = (path, recording, seconds)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._read(*key))
        return self._last[1]

    def _read(self, path: Path, recording: str, seconds: float) -> WordTimes:
        entries = [
            entry
            for entry in self._entries(path, recording)
            if entry.word.strip().lower() not in SILENCES
        ]
        if not entries:
            raise ValueError(
                f"{path}: there must be a word of {recording!r}. Received: "
                "none, or silences alone. Take its rows out of the table."
            )
        times = np.array(
            [[_time(e, e.start), _time(e, e.end)] for e in entries]
        )
        _check(entries, times, seconds)
        words = tuple(entry.word.strip() for entry in entries)
        return WordTimes(words, np.clip(times, 0, seconds))

    def _entries(self, path: Path, recording: str) -> Sequence[_Entry]:
        name = path.name.lower()
        if name.endswith((".csv", ".csv.gz")):
            return _csv(path)
        if name.endswith(".textgrid"):
            return [
                _Entry(f"{path}, interval {number}", *interval)
                for number, interval in enumerate(
                    text_grid.read_intervals(path, self._tier), start=1
                )
            ]
        if name.endswith(".ctm"):
            return self._of_ctm(path, recording)
        raise ValueError(
            f"{path}: a file of word times must end in .csv, .csv.gz, .ctm or "
            ".TextGrid."
        )

    def _of_ctm(self, path: Path, recording: str) -> Sequence[_Entry]:
        if self._ctm is None or self._ctm[0] != path:
            self._ctm = (path, _ctm(path))
        by_recording = self._ctm[1]
        if recording not in by_recording:
            raise ValueError(
                f"{path}: there must be words of the recording {recording!r}. "
                f"Received words of: {tables.few(by_recording)}"
            )
        return by_recording[recording]


def _csv(path: Path) -> list[_Entry]:
    columns = tables.read_csv(path, _COLUMNS)
    rows = zip(*(columns[name] for name in _COLUMNS))
    return [
        _Entry(f"{path}, line {line}", *row)
        for line, row in enumerate(rows, start=2)
    ]


def _ctm(path: Path) -> Mapping[str, list[_Entry]]:
    """Returns the words of NIST's CTM by recording, each in order of time."""
    entries: dict[str, list[_Entry]] = {}
    for number, line in enumerate(tables.text_lines(path), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";;"):
            continue
        where = f"{path}, line {number}"
        if len(fields) < _CTM_FIELDS:
            raise ValueError(
                f"{where}: a line of a CTM must be RECORDING CHANNEL START "
                f"DURATION WORD. Received: {line[:60]!r}"
            )
        recording, _, start, duration, word = fields[:_CTM_FIELDS]
        entry = _Entry(where, word, start, start)
        end = _time(entry, start) + _time(entry, duration)
        entry = dataclasses.replace(entry, end=repr(end))
        entries.setdefault(recording, []).append(entry)
    return entries


def _time(entry: _Entry, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"{entry.where}: a time must be a number of seconds. Received: "
            f"{text!r} for {entry.word!r}"
        ) from None


def _check(
    entries: Sequence[_Entry], times: np.ndarray, seconds: float
) -> None:
    """Refuses times that are no order of words inside the recording."""
    starts, ends = times.T
    before = np.concatenate([[-TOLERANCE], ends[:-1]])
    problems = {
        "times must be finite": ~np.isfinite(times).all(axis=1),
        "a word must end after it begins": ~(starts < ends),
        f"a word must lie inside its recording of {seconds:g} s": ~(
            (starts >= -TOLERANCE) & (ends <= seconds + TOLERANCE)
        ),
        "a word must not begin before the one before it ends": ~(
            starts >= before - ORDER_TOLERANCE
        ),
    }
    for rule, wrong in problems.items():
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"{entries[row].where}: {rule}. Received: "
                f"{starts[row]:g} to {ends[row]:g} s for "
                f"{entries[row].word!r}"
                + (f", after {ends[row - 1]:g} s" if row else "")
            )
