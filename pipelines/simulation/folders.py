"""Folders that a program makes: whole or not at all, and known again."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MANIFEST = "simulated.json"


def make(
    out: Path, manifest: Mapping[str, Any], write: Callable[[Path], None]
) -> None:
    """Fills a folder in one step.

    Nothing stands under `out` before everything is written. A folder that
    was made with the same manifest is left as it is.

    Args:
        out: the folder to make.
        manifest: what makes the content what it is, under `MANIFEST`.
        write: fills the folder that it is given.

    Raises:
        FileExistsError: `out` holds something else, or was made otherwise.
        OSError: `out` cannot be written.
    """
    if _is_made(out, manifest):
        return
    partial = _sibling(out)
    try:
        write(partial)
        (partial / MANIFEST).write_text(json.dumps(manifest))
        os.replace(partial, out)
    except OSError:
        if not _is_made(out, manifest):  # not by another process either
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sibling(out: Path) -> Path:
    """A new folder beside `out`, from where a rename brings it there."""
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise OSError(
            f"`out` must lie in a folder that can be written. Received: "
            f"{out} ({error.strerror}). Choose another one."
        ) from error
    return partial


def _is_made(out: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether `out` was made with this manifest; refuses anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        there = json.loads((out / MANIFEST).read_text())
    except (OSError, ValueError):
        there = {}
    if there == manifest:
        return True
    made = "something that the simulator did not make"
    if isinstance(there, dict) and "made_by" in there:
        made = f"what was made with {_listed(there)}"
    raise FileExistsError(
        f"{out} must be a new folder, or one made with "
        f"{_listed(manifest)}. It holds {made}. Choose another "
        "folder, or remove this one."
    )


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())
