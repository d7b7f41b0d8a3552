"""Reads the intervals of a tier of Praat's TextGrid files.

Both text formats, long and short, are one sequence of texts in double quotes,
numbers and flags; what else stands there is a comment. Praat defines them so
("TextGrid file formats" in its manual), and so they are read here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from zoo.common import files

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"'
    r"|(?<!\S)(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?!\S)"
    r"|(?<!\S)<(?P<flag>exists|absent)>(?!\S)"
)
_INTERVALS, _POINTS = "IntervalTier", "TextTier"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_MOST_BYTES = 1 << 27
_ENDS_WITH_WORDS = re.compile(r"(?:.*\W)?words?", re.IGNORECASE)

Interval = tuple[str, str, str]
"""Label, start and end, as the file has them."""


@dataclasses.dataclass(frozen=True)
class _Tier:
    """One tier, of intervals or of points."""

    name: str
    intervals: list[Interval] | None


def read_intervals(path: Path, tier: str | None = None) -> list[Interval]:
    """Returns label, start and end of each interval of a tier, as text.

    Args:
        path: the file, long or short text format, UTF-8 or UTF-16.
        tier: its name; `None` for the only tier of intervals, or else the
            only one whose name ends in "words".

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no TextGrid in a text format or is cut off, or no or
            several tiers are meant.
    """
    tiers = _tiers(path, _Tokens(path))
    named = [own for own in tiers if own.intervals is not None]
    if tier is not None:
        chosen = [own for own in named if own.name == tier]
    elif len(named) == 1:
        chosen = named
    else:
        chosen = [own for own in named if _ENDS_WITH_WORDS.fullmatch(own.name)]
    if len(chosen) != 1:
        names = ", ".join(repr(own.name) for own in named) or "none"
        raise ValueError(
            f"{path}: there must be one tier of words"
            + (f" called {tier!r}" if tier is not None else "")
            + f". Received the tiers of intervals: {names}. Name it by the "
            "option tier."
        )
    return chosen[0].intervals or []


class _Tokens:
    """The texts and numbers of a file, taken one after the other."""

    def __init__(self, path: Path):
        self._path = path
        self._matches: Iterator[re.Match[str]] = _TOKEN.finditer(_decoded(path))

    def take(self, kind: str) -> str:
        """Returns the next token, which must be a text, number or flag."""
        match = next(self._matches, None)
        if match is None or match[kind] is None:
            received = (
                "the file's end" if match is None else repr(match[0][:40])
            )
            raise ValueError(
                f"{self._path}: must be a complete TextGrid in a text format. "
                f"Received: {received} where a {kind} belongs. Save it again "
                "in Praat as a text file."
            )
        return match[kind].replace('""', '"')


def _decoded(path: Path) -> str:
    files.check_file(path)
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(
            f"{path}: a TextGrid must have at most {_MOST_BYTES} bytes. "
            f"Received: {path.stat().st_size}"
        )
    data = path.read_bytes()
    encoding = _MARKS.get(data[:2], "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: must be text in UTF-8 or UTF-16. {error}. Save it again "
            "in Praat as a text file."
        ) from error


def _tiers(path: Path, tokens: _Tokens) -> Sequence[_Tier]:
    kind = tokens.take("text").split()[:1], tokens.take("text")
    if kind != (["ooTextFile"], "TextGrid"):
        raise ValueError(
            f"{path}: must be a TextGrid in a text format, which begins with "
            f'File type = "ooTextFile". Received: {kind}'
        )
    for _ in ("xmin", "xmax"):
        tokens.take("number")
    if tokens.take("flag") == "absent":
        return []
    return [_tier(path, tokens) for _ in range(_count(path, tokens))]


def _tier(path: Path, tokens: _Tokens) -> _Tier:
    kind, name = tokens.take("text"), tokens.take("text")
    if kind not in (_INTERVALS, _POINTS):
        raise ValueError(
            f"{path}: a tier must be an {_INTERVALS} or a {_POINTS}. "
            f"Received: {kind!r}"
        )
    for _ in ("xmin", "xmax"):
        tokens.take("number")
    intervals: list[Interval] = []
    for _ in range(_count(path, tokens)):
        start = tokens.take("number")
        end = tokens.take("number") if kind == _INTERVALS else start
        intervals.append((tokens.take("text"), start, end))
    return _Tier(name, intervals if kind == _INTERVALS else None)


def _count(path: Path, tokens: _Tokens) -> int:
    text = tokens.take("number")
    if not text.isdigit():
        raise ValueError(
            f"{path}: a TextGrid must count its tiers and intervals in whole "
            f"numbers. Received: {text}"
        )
    return int(text)
