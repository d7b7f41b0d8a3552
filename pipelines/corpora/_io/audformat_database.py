"""A database in audformat, whose tables are read when they are needed."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

from pipelines.corpora._io.audformat_files import (
    HEADER,
    MALFORMED,
    first_line,
    load_header,
    load_table,
)

PARTITIONS = {
    **dict.fromkeys(("dev", "devel", "development"), "dev"),
    **dict.fromkeys(("val", "valid", "validation"), "dev"),
    "test": "test",
    "train": "train",
}
"""What a split, or a part of a table's name, may say, and our partition."""
Key = tuple[str, float, "float | None"]
"""File, start and end in seconds of an utterance; `None` for the file's end."""


@dataclasses.dataclass
class Row:
    """What the tables say of an utterance.

    Attributes:
        labels: values by label.
        split: "train", "dev" or "test", where a table says one.
    """

    labels: dict[str, Any] = dataclasses.field(default_factory=dict)
    split: str | None = None

    def set(self, where: str, label: str, value: Any) -> None:
        """Sets a label, of which no table may say anything else.

        Args:
            where: table and file, for the error.
            label: its name.
            value: its value.

        Raises:
            ValueError: another value is set.
        """
        if self.labels.setdefault(label, value) != value:
            raise ValueError(
                f"{where}: {label} must be the same in all tables. Received: "
                f"{self.labels[label]!r} and {value!r}. Name some of the "
                "tables with the option tables."
            )


def number(where: str, value: Any) -> float:
    """Returns a value of a dimension as a finite number.

    Args:
        where: table and file, for the error.
        value: the value.

    Raises:
        ValueError: no number.
    """
    try:
        result = float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise ValueError(
            f"{where}: a dimension must be a number. Received: {value!r}"
        )
    return result


class Database:
    """A database whose tables are read when their values are asked for.

    Args:
        root: folder of the database.

    Attributes:
        root: folder of the database.
        tables: names of its tables, but misc tables.

    Raises:
        FileNotFoundError: no header.
        ValueError: as of `load_header`.
    """

    def __init__(self, root: Path):
        self.root = root
        self._database = load_header(root)
        self.tables = tuple(self._database.tables)
        self._loaded: set[str] = set()

    def names(self) -> list[str]:
        """Returns the names of all columns and their schemes, sorted."""
        columns = [
            column
            for table in self.tables
            for column in self._database[table].columns.items()
        ]
        schemes = {column.scheme_id for _, column in columns} - {None}
        return sorted({name for name, _ in columns} | schemes)

    def holds(self, table: str, name: str) -> bool:
        """Returns whether a table has values of a name.

        Args:
            table: name of the table.
            name: of a column, of its scheme, or of an entry in the labels of
                its scheme, such as the gender of a speaker.
        """
        return any(
            name in (column, own.scheme_id) or name in self._entries(own)
            for column, own in self._database[table].columns.items()
        )

    def values(self, table: str, name: str) -> dict[Key, Any]:
        """Returns the values of a name in a table, by utterance.

        Args:
            table, name: as of `holds`.

        Raises:
            FileNotFoundError: no file of the table.
            ValueError: as of `load_table`, or several columns have values of
                the name.
        """
        import audformat

        own = self._table(table)
        matching = [
            column
            for column, about in own.columns.items()
            if name in (column, about.scheme_id)
        ]
        try:
            if len(matching) > 1 and name in matching:
                series = own[name].get()
            else:
                frame = self._database.get(name, tables=[table])
                series = frame[name]
            series = series.dropna()
            index = audformat.utils.to_segmented_index(series.index)
        except MALFORMED as error:
            raise ValueError(
                f"{self.root / HEADER}: {name!r} must be one column of the "
                f"table {table!r}. {first_line(error)}. Name the column."
            ) from error
        return dict(zip(map(_key, index), series.tolist()))

    def labels(self, table: str, name: str) -> list[str]:
        """Returns the labels that a scheme allows in a column, in its order.

        Args:
            table, name: as of `holds`.
        """
        for column, own in self._database[table].columns.items():
            if name in (column, own.scheme_id) and own.scheme_id is not None:
                self._load_labels(table)
                scheme = self._database.schemes[own.scheme_id]
                return [str(label) for label in scheme.labels_as_list]
        return []

    def partition(self, table: str) -> str | None:
        """Returns the partition that a table is of, where it says one."""
        split = self._database[table].split_id
        if split is not None:
            parts = [self._database.splits[split].type]
        else:
            parts = table.lower().replace("_", ".").split(".")
        known = {PARTITIONS[part] for part in parts if part in PARTITIONS}
        return known.pop() if len(known) == 1 else None

    def _entries(self, column: Any) -> set[str]:
        """Returns what the labels of a column's scheme say of each label."""
        if column.scheme_id is None:
            return set()
        scheme = self._database.schemes[column.scheme_id]
        if scheme.uses_table:
            return set(self._database.misc_tables[scheme.labels].columns)
        if not isinstance(scheme.labels, dict):
            return set()
        own = [set(x) for x in scheme.labels.values() if isinstance(x, dict)]
        return set().union(*own)

    def _table(self, table: str) -> Any:
        self._load_labels(table)
        self._load(table)
        return self._database[table]

    def _load_labels(self, table: str) -> None:
        """Reads the misc tables that hold the labels of a table's schemes."""
        for column in self._database[table].columns.values():
            if column.scheme_id is not None:
                scheme = self._database.schemes[column.scheme_id]
                if scheme.uses_table:
                    self._load(scheme.labels)

    def _load(self, name: str) -> None:
        if name not in self._loaded:
            load_table(self.root, self._database, name)
            self._loaded.add(name)


def _key(entry: tuple[str, Any, Any]) -> Key:
    """Returns file, start and end in seconds of an entry of an index."""
    file, *times = entry
    start, end = (
        None if math.isnan(seconds) else seconds
        for seconds in (time.total_seconds() for time in times)
    )
    return str(file), start or 0.0, end
