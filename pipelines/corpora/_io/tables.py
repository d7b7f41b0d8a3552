"""Reads tables (CSV, ARFF) and checks that a folder's files are complete."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from zoo.common import files

_ATTRIBUTE = re.compile(
    r"""@attribute\s+(?:'([^']+)'|"([^"]+)"|(\S+))\s+(\S.*)""", re.IGNORECASE
)
_NUMERIC = ("numeric", "real", "integer")
MAX_BYTES = 2**26
"""Of a table, decompressed: CEAP-360VR's ratings take 11 MB."""
MAX_ARFF_BYTES = 2**22
"""Of an ARFF file: RECOLA's take 0.2 MB for five minutes."""


def check(
    folder: Path, expected: Iterable[str], existing: Iterable[str]
) -> None:
    """Refuses a folder that lacks expected files or holds others.

    Args:
        folder: only named in the message.
        expected: names of the files that must exist.
        existing: names of the files that exist.

    Raises:
        FileNotFoundError: names and counts the missing files.
        ValueError: names and counts the other files.
    """
    wanted, present = set(expected), set(existing)
    missing, extra = sorted(wanted - present), sorted(present - wanted)
    if missing:
        raise FileNotFoundError(
            f"{folder}: {len(missing)} of {len(wanted)} files are missing: "
            f"{few(missing)}. Copy them there, or read the "
            "copy with --partial; figures of an incomplete corpus cannot be "
            "compared."
        )
    if extra:
        raise ValueError(
            f"{folder}: {len(extra)} files do not belong to the corpus: "
            f"{few(extra)}. Move them out of the folder."
        )


def visible(folder: Path, *suffixes: str) -> list[Path]:
    """Returns the files of a folder with these suffixes, but hidden ones."""
    return sorted(
        path for suffix in suffixes for path in folder.glob(f"[!.]*{suffix}")
    )


def few(names: Iterable[str], shown: int = 3) -> str:
    """Lists the first names and counts the others, as text."""
    names = list(names)
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest


def read_csv(
    path: Path,
    columns: tuple[str, ...],
    others: bool = False,
    delimiter: str = ",",
) -> dict[str, tuple[str, ...]]:
    """Reads columns of a CSV file, which may be compressed (`.gz`).

    Args:
        path: the file, UTF-8, with a line of names; spaces around a name are
            not part of it.
        columns: names that must exist.
        others: whether to return all columns.
        delimiter: what separates the values of a row.

    Returns:
        Column name to the texts of its rows, which begin in line 2.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a column is missing, there are no rows, or one has
            another length; with `others`, two columns have one name; or the
            file is larger than `MAX_BYTES`.
    """
    try:
        names, *rows = csv.reader(text_lines(path), delimiter=delimiter)
    except csv.Error as error:
        raise ValueError(f"{path}: must be a CSV file. {error}.") from error
    names = [name.strip() for name in names]
    missing = [name for name in columns if name not in names]
    if missing:
        raise ValueError(
            f"{path}: the columns {', '.join(columns)} must be there, "
            f"separated by {delimiter!r}. Missing: {few(missing)}. Name them "
            "in its first line, or copy it again."
        )
    if not rows:
        raise ValueError(
            f"{path}: there must be rows after the names. Copy it again."
        )
    for line, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(
                f"{path}, line {line}: a row must have {len(names)} values. "
                f"Received: {len(row)}"
            )
    texts = dict(zip(names, zip(*rows)))
    if others:
        _check_names(path, names)
        return texts
    return {name: texts[name] for name in columns}


def text_lines(path: Path, most: int = MAX_BYTES) -> list[str]:
    """Reads the lines of a text file, at least one, of bounded size."""
    files.check_file(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ValueError(
                f"{path}: must be a table of at most {most} bytes. Received "
                "more: it is something else, or it must be split."
            )
        lines = data.decode("utf-8-sig").splitlines()
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: must be a complete gzip file.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be UTF-8 text. {error}.") from error
    if not lines:
        raise ValueError(f"{path}: the file is empty. Copy it again.")
    return lines


def read_arff(path: Path) -> tuple[dict[str, np.ndarray], list[int]]:
    """Reads the numeric columns of a dense `.arff` file.

    Args:
        path: the file, UTF-8.

    Returns:
        Column name to values, (rows,) float64; and the line of each row,
        counted from 1.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is no dense ARFF, is larger than
            `MAX_ARFF_BYTES`, or a value is no number (such as `?`, a missing
            value); the message names file and line.
    """
    lines = text_lines(path, MAX_ARFF_BYTES)
    start, attributes = _header(path, lines)
    _check_names(path, [name for name, _ in attributes])
    line_numbers = [
        number
        for number, line in enumerate(lines[start:], start + 1)
        if line.strip() and not line.lstrip().startswith("%")
    ]
    rows = [_values(path, lines[number - 1], number) for number in line_numbers]
    if not rows:
        raise ValueError(f"{path}: there must be rows after @data.")
    for number, row in zip(line_numbers, rows):
        if len(row) != len(attributes):
            raise ValueError(
                f"{path}, line {number}: a row must have {len(attributes)} "
                f"values. Received: {len(row)}"
            )
    columns = {
        name: numbers(path, name, values, line_numbers)
        for (name, numeric), values in zip(attributes, zip(*rows))
        if numeric
    }
    return columns, line_numbers


def _check_names(path: Path, names: list[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(
            f"{path}: columns must have different names. Received: "
            f"{repeated[0]} twice"
        )


def _header(path: Path, lines: list[str]) -> tuple[int, list[tuple[str, bool]]]:
    """Returns the index of the first data line, and name and type of columns.

    The type is whether the column is numeric.
    """
    attributes: list[tuple[str, bool]] = []
    for index, line in enumerate(lines):
        line = line.strip()
        keyword = line.split(None, 1)[0].lower() if line else "%"
        if keyword == "@data":
            return index + 1, attributes
        match = _ATTRIBUTE.fullmatch(line)
        if match:
            single, double, bare, kind = match.groups()
            name = single or double or bare
            attributes.append((name, kind.strip().lower() in _NUMERIC))
        elif keyword != "@relation" and not keyword.startswith("%"):
            raise ValueError(
                f"{path}, line {index + 1}: the header must hold @relation, "
                f"@attribute NAME TYPE and @data. Received: {line[:60]!r}"
            )
    raise ValueError(f"{path}: there must be a line @data. Received: none")


def _values(path: Path, line: str, number: int) -> list[str]:
    try:
        return next(csv.reader([line], quotechar="'", skipinitialspace=True))
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {number}: must hold values separated by commas. "
            f"{error}."
        ) from error


def numbers(
    path: Path, name: str, values: Sequence[str], lines: Sequence[int]
) -> np.ndarray:
    """Converts a column of a table to (rows,) float64.

    Args:
        path: the file, named in the error.
        name: of the column.
        values: its texts.
        lines: the line of each value, named in the error.

    Raises:
        ValueError: a value is no number; the message names file and line.
    """
    try:
        return np.array(values, dtype=float)
    except ValueError:
        row = next(i for i, value in enumerate(values) if not _is_number(value))
    raise ValueError(
        f"{path}, line {lines[row]}: {name} must be a number. Received: "
        f"{values[row]!r}"
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
