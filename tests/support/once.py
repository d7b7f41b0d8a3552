"""Folders that all test workers share, made by the one that asks first."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import filelock


def made_once(folder: pathlib.Path, make: Callable[[pathlib.Path], Any]) -> Any:
    """Returns what making a folder returned, in this process or another.

    Args:
        folder: beside others that the workers share.
        make: makes and fills it, and returns what JSON can hold.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    result = folder.parent / f"{folder.name}.json"
    with filelock.FileLock(f"{result}.lock"):
        if not result.exists():
            content = json.dumps(make(folder))
            result.write_text(content, "utf-8")
        return json.loads(result.read_text("utf-8"))
