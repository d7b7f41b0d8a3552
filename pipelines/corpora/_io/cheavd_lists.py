"""Reads lists of files and emotions, such as those of the MEC 2017 challenge.

A list is text: a recording and its emotion in each line, separated by a tab, a
comma, a semicolon or spaces, in either order; or a table of more columns with
a line of names. What a spreadsheet saves as CSV or as Unicode text is such a
list. The names of columns and emotions are English or Chinese.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from pipelines.corpora._io import tables

EMOTIONS = {
    "neutral": "neutral calm 中性 中立 平静",
    "angry": "angry anger 愤怒 生气 发怒",
    "happy": "happy happiness joy 高兴 开心 快乐 喜悦",
    "sad": "sad sadness 悲伤 伤心 难过",
    "worried": "worried worry 担心 担忧 忧虑",
    "anxious": "anxious anxiety 焦虑 着急 焦急",
    "surprise": "surprise surprised 惊讶 惊奇 吃惊",
    "disgust": "disgust disgusted 厌恶 讨厌",
}
"""Names in lists of each of the eight emotions."""
COLUMNS = {
    "file": "file filename name video audio wav clip 文件 文件名 视频 音频",
    "emotion": "emotion label class category 情感 情绪 标签 类别 情感标签",
    "speaker": "speaker actor 说话人 演员",
}
"""Names in lists of each of our columns."""
_EMOTION = {
    text: name for name, own in EMOTIONS.items() for text in own.split()
}
_COLUMN = {text: name for name, own in COLUMNS.items() for text in own.split()}
_WORKBOOKS = (".xls", ".xlsx", ".ods")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of a list.

    Attributes:
        where: file and line, for errors.
        file: the recording as the list names it.
        emotion: one of `EMOTIONS`; "" where the list has none.
        speaker: "" where the list has none.
    """

    where: str
    file: str
    emotion: str
    speaker: str = ""


def read(path: Path, has_emotions: bool = True) -> list[Entry]:
    """Reads a list.

    Args:
        path: of the list.
        has_emotions: whether every line must have an emotion.

    Returns:
        Its lines, in order.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a workbook, no text, an empty list, or a line without a
            recording or a known emotion; the message names the line.
    """
    if path.suffix.lower() in _WORKBOOKS:
        raise ValueError(
            f"{path}: a list must be text. Received: a workbook. Save it as "
            "CSV in your spreadsheet program."
        )
    try:
        rows = [(number, _cells(line)) for number, line in _lines(path)]
    except csv.Error as error:
        raise ValueError(f"{path}: must be a list. {error}.") from error
    if not rows:
        raise ValueError(f"{path}: a list must have lines. Received: none.")
    names = _names(rows[0][1])
    if names is not None:
        rows = rows[1:]
    entries = [
        _entry(f"{path}, line {number}", cells, names, has_emotions)
        for number, cells in rows
    ]
    if not entries:
        raise ValueError(
            f"{path}: there must be lines after the names. Received: none."
        )
    return entries


def _lines(path: Path) -> list[tuple[int, str]]:
    """Returns the lines with their numbers, but empty ones."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Name the list's file.")
    if path.stat().st_size > tables.MAX_BYTES:
        raise ValueError(
            f"{path}: a list has at most {tables.MAX_BYTES:,} bytes. "
            f"Received: {path.stat().st_size:,}"
        )
    lines = _decoded(path, path.read_bytes()).splitlines()
    return [(n, line) for n, line in enumerate(lines, 1) if line.strip()]


def _decoded(path: Path, data: bytes) -> str:
    """Decodes UTF-8, UTF-16 with its mark, or GB 18030, as in Chinese Excel."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(
        f"{path}: must be text in UTF-8, UTF-16 or GB 18030. Received: other "
        "bytes. Save it as CSV in UTF-8."
    )


def _cells(line: str) -> list[str]:
    """Splits a line at the first of tab, comma and semicolon, or at spaces."""
    for delimiter in "\t,;":
        if delimiter in line:
            cells = next(csv.reader([line], delimiter=delimiter))
            return [cell.strip() for cell in cells]
    return line.split()


def _names(cells: Sequence[str]) -> list[str | None] | None:
    """Returns our name of each column; `None` for what is no line of names."""
    names = [_COLUMN.get(_plain(cell)) for cell in cells]
    return names if "file" in names else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()


def _entry(
    where: str,
    cells: list[str],
    names: Sequence[str | None] | None,
    has_emotions: bool,
) -> Entry:
    if names is not None:
        own = _by_name(where, cells, names)
    else:
        own = _by_content(where, cells)
    emotion = own.get("emotion", "")
    known = _EMOTION.get(_plain(emotion), "")
    if not own.get("file") or not known and (emotion or has_emotions):
        raise ValueError(
            f"{where}: must hold a recording and one of the emotions "
            f"{', '.join(EMOTIONS)}, in English or Chinese. Received: "
            f"{' '.join(cells)[:60]!r}"
        )
    return Entry(where, own["file"], known, own.get("speaker", ""))


def _by_name(
    where: str, cells: list[str], names: Sequence[str | None]
) -> dict[str, str]:
    if len(cells) != len(names):
        raise ValueError(
            f"{where}: a line must have {len(names)} values, as the line of "
            f"names has. Received: {len(cells)}"
        )
    return {name: cell for name, cell in zip(names, cells) if name}


def _by_content(where: str, cells: list[str]) -> dict[str, str]:
    """Tells a recording from its emotion in a line of one or two values."""
    if len(cells) > 2:
        raise ValueError(
            f"{where}: more than two values need a first line that names the "
            f"columns file and emotion. Received: {' '.join(cells)[:60]!r}"
        )
    first, second = (*cells, "")[:2]
    if _plain(first) in _EMOTION and _plain(second) not in _EMOTION:
        first, second = second, first
    return {"file": first, "emotion": second}
