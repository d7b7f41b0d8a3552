"""Figures of a run's model on corpora that it has not learnt from."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

from zoo import downloads
from zoo.common import files

FOLDER = "evaluated"
"""In a run's folder: a file for each corpus."""
MODEL = "model.keras"


def write(run: pathlib.Path, content: Mapping[str, Any]) -> None:
    """Keeps the figures on a corpus beside the model that they are of.

    Args:
        run: folder of a finished run.
        content: of `tuning.evaluate`.
    """
    (run / FOLDER).mkdir(exist_ok=True)
    own = {**content, "sha256": downloads.sha256(run / MODEL)}
    files.write_json(run / FOLDER / f"{content['corpus']}.json", own)


def read(run: pathlib.Path) -> dict[str, dict[str, Any]]:
    """Returns the figures that were kept, by corpus.

    Those of a model that the run no longer holds are left out.
    """
    paths = sorted((run / FOLDER).glob("*.json"))
    if not paths:
        return {}
    digest = downloads.sha256(run / MODEL)
    contents = {path.stem: files.read_json(path) for path in paths}
    return {
        corpus: content
        for corpus, content in contents.items()
        if content["sha256"] == digest
    }
