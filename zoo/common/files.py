"""Atomic writes of files and folders, and checks of what is read."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEMPORARY = ".part-"
"""How the names of temporary files and folders begin."""


def check_file(path: str | Path) -> None:
    """Refuses a path where no file is.

    Raises:
        FileNotFoundError: names the path and what to do.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"{path} is missing. Name the folder that has it, or put it there."
        )


@contextlib.contextmanager
def replacing(path: Path, durable: bool = False) -> Iterator[Path]:
    """Yields a temporary path that replaces `path` when the block ends.

    An error inside the block leaves `path` as it was. The temporary name keeps
    the suffix, for writers that choose a format by it.

    Args:
        path: the file to write, in a folder that exists.
        durable: wait until the new file is on the disk, so that a power cut
            leaves the old file or the new one.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
        >>> with replacing(path) as part:
        ...     _ = part.write_text("whole")
        >>> path.read_text()
        'whole'
    """
    part = _temporary(path.parent, path.name)
    try:
        yield part
        if durable:
            _sync(part)
        os.replace(part, path)
        if durable:
            _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yields a temporary folder that becomes `path` when the block ends.

    An error inside the block leaves nothing behind.

    Args:
        path: the folder to make; its parent exists, it does not, or is empty.

    Raises:
        OSError: the parent cannot be written, or `path` holds something.
    """
    with temporary_folder(path.parent) as part:
        yield part
        os.replace(part, path)


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Yields an empty folder, removed at the end unless it was moved away.

    Args:
        parent: the folder to make it in, which exists.
    """
    part = _temporary(parent)
    part.mkdir()
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def move_to_next_number(
    part: Path, parent: Path, durable: bool = False
) -> Path:
    """Renames a complete folder to the next whole number, readable by all.

    Args:
        part: the folder, of `temporary_folder(parent)`.
        parent: the folder of numbered entries.
        durable: wait until the folder is on the disk, before and after it is
            renamed.

    Returns:
        The new path: one more than the largest number in `parent`, from 1 on.
        Where another process takes that number first, the one after it.

    Example:
        >>> import pathlib, tempfile
        >>> parent = pathlib.Path(tempfile.mkdtemp())
        >>> (parent / "00000009").mkdir()
        >>> with temporary_folder(parent) as part:
        ...     move_to_next_number(part, parent).name
        '10'
    """
    part.chmod(0o755)
    if durable:
        for path in (*part.rglob("*"), part):
            _sync(path)
    while True:
        names = [path.name for path in parent.iterdir()]
        numbers = [int(x) for x in names if x.isascii() and x.isdecimal()]
        target = parent / str(max(numbers, default=0) + 1)
        try:
            os.rename(part, target)
            break
        except OSError:
            if not target.exists():
                raise
    if durable:
        _sync(parent)
    return target


def remove_temporary(folder: Path) -> None:
    """Removes temporary files and folders that killed processes left.

    Args:
        folder: nobody else may be writing to it.
    """
    for path in folder.iterdir():
        if not path.name.startswith(TEMPORARY):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _temporary(parent: Path, name: str = "folder") -> Path:
    return parent / f"{TEMPORARY}{secrets.token_hex(4)}-{name}"


def _sync(path: Path) -> None:
    """Waits until a file, or a folder's list of entries, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Writes a text file (UTF-8) atomically."""
    with replacing(path) as part:
        part.write_text(text, "utf-8")


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file atomically."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path, remedy: str = "Delete it or use --fresh.") -> Any:
    """Reads a JSON file.

    Args:
        path: the file.
        remedy: what the user can do where it is damaged.

    Raises:
        ValueError: it is damaged; the message names it.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). {remedy}") from error
