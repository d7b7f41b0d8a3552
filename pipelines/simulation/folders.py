"""Folders of simulated corpora: atomic writes, a manifest, threads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from zoo.common import files

MANIFEST = "simulated.json"
"""Name of the file that says how the folder was made."""

Result = TypeVar("Result")


def make(
    out: str | Path,
    manifest: Mapping[str, Any],
    write: Callable[[Path], None],
) -> Path:
    """Writes a folder atomically, with its manifest.

    `out` does not exist before everything is written. A folder that was made
    with the same manifest is left as it is.

    Args:
        out: the folder to make.
        manifest: what determines the content: program, version, options.
        write: writes the content into the folder that it is given.

    Returns:
        The folder.

    Raises:
        FileExistsError: `out` holds something else, or was made with another
            manifest.
        OSError: `out` cannot be written.
    """
    out = Path(out)
    if _is_made(out, manifest):
        return out
    _make_parent(out)
    try:
        with files.new_folder(out) as partial:
            write(partial)
            (partial / MANIFEST).write_text(json.dumps(manifest))
    except OSError:
        # Another process may have made the same folder in the meantime.
        if not _is_made(out, manifest):
            raise
    return out


def _make_parent(out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with files.temporary_folder(out.parent):
            pass
    except OSError as error:
        raise OSError(
            f"`out` must lie in a folder that can be written. Received: "
            f"{out} ({error.strerror}). Choose another one."
        ) from error


def _is_made(out: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether `out` was made with this manifest; refuses anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        existing = json.loads((out / MANIFEST).read_text())
    except (OSError, ValueError):
        existing = {}
    if existing == manifest:
        return True
    content = "something that the simulator did not make"
    if isinstance(existing, dict) and "made_by" in existing:
        content = f"what was made with {_listed(existing)}"
    raise FileExistsError(
        f"{out} must be a new folder, or one made with "
        f"{_listed(manifest)}. It holds {content}. Choose another "
        "folder, or remove this one."
    )


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())


def in_threads(
    function: Callable[..., Result], *arguments: Iterable[Any]
) -> Iterator[Result]:
    """Yields what `map` would, computed by up to four threads."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        yield from pool.map(function, *arguments)
