"""Reads the header and the tables of databases in audformat.

The package `audformat` would load a header by a YAML loader that can call any
function, and prefer pickled tables, which run code too. Here headers are plain
YAML, and tables are `.csv` or `.parquet` files of bounded size.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from pipelines.corpora._io import tables
from zoo.common import files

HEADER = "db.yaml"
FORMATS = (".csv", ".parquet")
MAX_HEADER_BYTES = 2**24
MAX_ROWS = 2_000_000
MAX_TEXT_BYTES = 2**29
"""Of all texts of a `.parquet` table together, once they are unpacked."""
LEVELS = {"filewise": ("file",), "segmented": ("file", "start", "end")}
"""Columns of the index of each type of table, but misc tables."""
MALFORMED = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What the package raises for a header or a table that breaks its format."""


def load_header(root: Path) -> Any:
    """Reads the header of a database; its tables are empty.

    Args:
        root: folder of the database.

    Returns:
        An `audformat.Database`.

    Raises:
        FileNotFoundError: no header.
        ValueError: no plain YAML, not a header, or the package is missing.
    """
    if importlib.util.find_spec("audformat") is None:
        raise ValueError(
            "Databases in audformat are read by the package audformat: pip "
            "install 'emotion-zoo[audformat]'."
        )
    import audformat
    import yaml

    path = root / HEADER
    text = _text(path)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return audformat.Database.load_header_from_yaml(
            yaml.load(text, Loader=loader)
        )
    except yaml.YAMLError as error:
        raise ValueError(
            f"{path}: must be plain YAML, without Python objects. "
            f"{first_line(error)}. Copy it again."
        ) from error
    except MALFORMED as error:
        raise ValueError(
            f"{path}: must be the header of a database in audformat, with "
            f"name, source, usage, schemes and tables. Received: "
            f"{type(error).__name__}, {first_line(error)}. Copy it again."
        ) from error


def load_table(root: Path, database: Any, name: str) -> None:
    """Reads one table of a database.

    Args:
        root: folder of the database.
        database: as of `load_header`.
        name: of the table, or of a misc table.

    Raises:
        FileNotFoundError: no `.csv` or `.parquet` file of the table.
        ValueError: a damaged or too large file, or other columns than those
            of the header.
    """
    path = _table_path(root, name)
    if path.suffix == ".csv":
        _check_columns(path, database[name])
    else:
        _check_parquet(path)
    # Of a folder of its own, the package loads no pickle beside the file.
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, path.name)
        link.symlink_to(path.resolve())
        try:
            database[name].load(str(link.with_suffix("")))
            index = database[name].index
        except MALFORMED as error:
            raise ValueError(
                f"{path}: must be a table with the columns that {HEADER} "
                f"says. {first_line(error)}. Copy it again."
            ) from error
    if len(index) > MAX_ROWS:
        raise _too_large(path, f"{len(index):,} rows")
    if index.has_duplicates:
        raise ValueError(
            f"{path}: a file or segment must have one row. Received twice: "
            f"{index[index.duplicated()][0]}"
        )


def _table_path(root: Path, name: str) -> Path:
    if "/" in name or "\\" in name:
        raise ValueError(
            f"{root / HEADER}: the name of a table must be that of a file. "
            f"Received: {name[:60]!r}"
        )
    stem = f"{Path(HEADER).stem}.{name}"
    for suffix in FORMATS:
        path = root / f"{stem}{suffix}"
        if path.is_file():
            return path
    pickled = (
        f" {stem}.pkl is not read, since a pickle can run code."
        if (root / f"{stem}.pkl").exists()
        else ""
    )
    raise FileNotFoundError(
        f"{root}: the table {name!r} must be there as {stem}.csv or "
        f"{stem}.parquet.{pickled} Put it there."
    )


def _check_columns(path: Path, table: Any) -> None:
    """Refuses a CSV file with other columns, or in another order."""
    names = tuple(tables.read_csv(path, (), others=True))
    if hasattr(table, "levels"):  # a misc table
        levels = tuple(table.levels)
    else:
        levels = LEVELS[table.type]
    wanted = (*levels, *table.columns)
    if names != wanted:
        raise ValueError(
            f"{path}: its columns must be those of {HEADER}, in that order: "
            f"{', '.join(wanted)}. Received: {', '.join(names)[:200]}"
        )


def _check_parquet(path: Path) -> None:
    """Refuses a table that would fill the memory when it is unpacked."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if rows > MAX_ROWS:
                raise _too_large(path, f"{rows:,} rows")
            size = _text_bytes(path, file.schema_arrow)
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(
            f"{path}: must be a complete .parquet file. {first_line(error)}. "
            "Copy it again."
        ) from error
    if size > MAX_TEXT_BYTES:
        raise _too_large(path, f"{size:,} bytes of text")


def _text_bytes(path: Path, schema: Any) -> int:
    """Returns the bytes of all texts of a table, without unpacking them."""
    import pyarrow
    from pyarrow import compute, parquet

    is_text = (pyarrow.types.is_string, pyarrow.types.is_large_string)
    names = [
        field.name
        for field in schema
        if any(check(field.type) for check in is_text)
    ]
    size = 0
    with parquet.ParquetFile(path, read_dictionary=names) as packed:
        for batch in packed.iter_batches(columns=names):
            for column in batch.columns:
                lengths = compute.binary_length(column.dictionary)
                total = compute.sum(lengths.take(column.indices)).as_py()
                size += total or 0
    return size


def _text(path: Path) -> str:
    files.check_file(path)
    if path.stat().st_size > MAX_HEADER_BYTES:
        raise _too_large(path, f"{path.stat().st_size:,} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be UTF-8 text. {error}.") from error


def _too_large(path: Path, size: str) -> ValueError:
    return ValueError(
        f"{path}: a header is read up to {MAX_HEADER_BYTES:,} bytes, a table "
        f"up to {MAX_ROWS:,} rows and {MAX_TEXT_BYTES:,} bytes of text. "
        f"Received: {size}."
    )


def first_line(error: Exception) -> str:
    """Returns the beginning of an error's message, on one line."""
    return " ".join(str(error).split())[:120].rstrip(".")
