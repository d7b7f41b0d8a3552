"""Files that are either whole or absent."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

FILES = (
    "attention.png",
    "config.json",
    "confusion.png",
    "decoded.npz",
    "history.csv",
    "history.png",
    "model.keras",
    "predictions.npz",
    "ratings.png",
    "report.json",
    "report.md",
    "search.png",
    "traces.png",
)
"""What a run leaves in its folder, beside folders of its own."""
SYSTEMS = "systems"
"""The folder in which a table keeps the fits of what it trains."""


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a path to write to, which takes `path`'s place at the end.

    The name keeps its suffix, for writers that go by it.
    """
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a text file in one step."""
    with replacing(path) as part:
        part.write_text(text, "utf-8")


def write_json(path: pathlib.Path, content: Any) -> None:
    """Writes a JSON file in one step."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: pathlib.Path) -> Any:
    """Reads a JSON file.

    Raises:
        ValueError: it is damaged; the message says which.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path} is damaged ({error}). Delete it or use --fresh."
        ) from error


def make_folder(path: pathlib.Path) -> pathlib.Path:
    """Makes a folder that can be written to.

    Raises:
        OSError: it cannot be made or written to; the message says what to do.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"--out {path} cannot be written to ({error.strerror}). Name "
            "another folder."
        ) from error
    return path


def start_over(folder: pathlib.Path) -> None:
    """Removes what earlier runs of the project left in a folder."""
    for name in ("fits", "folds", SYSTEMS, "tuner"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
