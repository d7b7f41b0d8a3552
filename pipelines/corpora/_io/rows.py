"""Reads the cells of a row of a table: text, numbers, spans of time."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping

from pipelines.audio.reader import RATE

UNSET = ("", "NaT", "nan", "NaN")
"""What stands in an empty cell."""
TOLERANCE = 0.5 / RATE
"""Seconds by which a time may differ from the end of a recording."""
_TIME = re.compile(
    r"(?:(\d+) days? )?(?:\+)?(?:(\d+):([0-5]?\d):)?(\d+(?:\.\d+)?)"
)


def required(where: str, name: str, text: str) -> str:
    """Returns the text of a cell that must not be empty.

    Args:
        where: file and line, for the error.
        name: of the column.
        text: of the cell.

    Raises:
        ValueError: an empty cell.
    """
    if text in UNSET:
        raise ValueError(
            f"{where}: {name} must be given. Received: {text!r}. Fill it in "
            "or take the row out."
        )
    return text


def number(where: str, name: str, text: str) -> float:
    """Returns the number in a cell.

    Args:
        where, name, text: as of `required`.

    Raises:
        ValueError: no number, or none that is finite.

    Example:
        >>> number("manifest.csv, line 2", "arousal", "-0.5")
        -0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(
            f"{where}: {name} must be a number. Received: {text!r}. Correct "
            "it or take the row out."
        )
    return value


def check_value(
    where: str, name: str, value: str, allowed: Iterable[str]
) -> str:
    """Returns a value of a table, which must be one of the allowed ones.

    Args:
        where: file and line, for the error.
        name: of the column or field.
        value: the value.
        allowed: the allowed values.

    Raises:
        ValueError: another value; the message lists and suggests.

    Example:
        >>> check_value("a.csv, line 2", "emotion", "sad", ("happy", "sad"))
        'sad'
    """
    allowed = list(allowed)
    if value in allowed:
        return value
    close = difflib.get_close_matches(value, allowed, n=1)
    hint = f". Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"{where}: {name} must be one of {', '.join(allowed)}. Received: "
        f"{value!r}{hint}"
    )


def span(
    where: str, row: Mapping[str, str], length: float
) -> tuple[float, float | None]:
    """Reads the columns `start` and `end`, a span of the row's `file`.

    Args:
        where: file and line, for the error.
        row: text by column; the two columns may be absent or empty.
        length: of the recording, in seconds.

    Returns:
        Start and end in seconds; the end is `None` where it is not given.

    Raises:
        ValueError: no times, or no span inside the recording.

    Example:
        >>> span("manifest.csv, line 2", {"file": "a.wav", "start": "1.5"}, 4)
        (1.5, None)
    """
    start = _seconds(where, "start", row.get("start", ""))
    end = _seconds(where, "end", row.get("end", ""))
    first, last = start or 0.0, length if end is None else end
    if not first + TOLERANCE < last <= length + TOLERANCE:
        raise ValueError(
            f"{where}: start and end must bound a span inside "
            f"{row['file']!r}, which lasts {length:g} s. Received: "
            f"start={row.get('start', '')!r}, end={row.get('end', '')!r}"
        )
    return first, None if end is None else min(end, length)


def part(start: float, end: float | None) -> str:
    """Formats a span as the end of an utterance's id; "" for a whole file.

    Args:
        start: in seconds.
        end: in seconds; `None` for the file's end.

    Example:
        >>> part(1.5, 2.25), part(0.0, None)
        ('@1.5-2.25', '')
    """
    if not start and end is None:
        return ""
    times = ("" if time is None else f"{time:.6f}" for time in (start, end))
    return "@" + "-".join(t.rstrip("0").rstrip(".") for t in times)


def _seconds(where: str, name: str, text: str) -> float | None:
    """Reads a time in seconds, `None` where it is unset."""
    if text in UNSET:
        return None
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(
            f"{where}: {name} must be a number of seconds from 0, or a time "
            f"as in '0 days 00:00:01.5'. Received: {text!r}"
        )
    parts = (float(part or 0) for part in match.groups())
    days, hours, minutes, seconds = parts
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
