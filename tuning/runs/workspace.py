"""Files that are either whole or absent."""

from __future__ import annotations

import pathlib
import shutil

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
