"""Chooses the TF Serving image that fits the TensorFlow of the exports.

TF Serving's releases carry the number of the TensorFlow that they are built
from. An older server may lack operations of a newer export, so the rule is:
the release of the same MAJOR.MINOR, in its last patch, as `RELEASES` lists it;
for a MAJOR.MINOR that is not listed, the next one that is; for one newer than
all that are listed, its first release, MAJOR.MINOR.0.
"""

from __future__ import annotations

import importlib.metadata
import pathlib
from collections.abc import Iterable

from serving import versions
from serving.export import metadata

REPOSITORY = "tensorflow/serving"
RELEASES = ("2.16.1", "2.17.1", "2.18.0", "2.19.1", "2.20.0")
"""Last patch of each MAJOR.MINOR that TF Serving has released, oldest first."""


def choose(root: pathlib.Path, names: Iterable[str]) -> str:
    """Returns the image that can serve all versions of some models.

    It fits the newest TensorFlow that a version names in `tested.json` or,
    where none names one, the TensorFlow installed here.

    Args:
        root: folder of served models.
        names: of models in it.
    """
    exporters = [
        version
        for name in names
        for number in versions.numbers(root / name)
        if (version := _exporter(versions.folder(root / name, number)))
    ]
    if not exporters:
        exporters = [importlib.metadata.version("tensorflow")]
    return f"{REPOSITORY}:{release(max(exporters, key=_minor))}"


def release(tensorflow: str) -> str:
    """Returns the release of TF Serving for a version of TensorFlow.

    Example:
        >>> [release(version) for version in ("2.17.1", "2.18.1", "2.21.0")]
        ['2.17.1', '2.18.0', '2.21.0']
    """
    for known in RELEASES:
        if _minor(known) >= _minor(tensorflow):
            return known
    major, minor = _minor(tensorflow)
    return f"{major}.{minor}.0"


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _exporter(folder: pathlib.Path) -> str | None:
    """Returns the version of TensorFlow that wrote an export, if recorded."""
    tested = metadata.read(folder, "tested.json") or {}
    return tested.get("versions", {}).get("tensorflow")
