"""Labels of CMU-MOSEI: their names, ranges and columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.corpora._io import csd

EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise")
"""In the paper's order."""

TASKS: Mapping[str, tuple[str, ...]] = {
    "emotions": EMOTIONS,
    "sentiment": ("sentiment",),
}
"""Labels that a model predicts, by the name of the task."""

RANGES = {"emotions": (0.0, 3.0), "sentiment": (-3.0, 3.0)}
"""Lowest and highest value of a task's labels."""

_NAMES = ("sentiment", *EMOTIONS)
_SYNONYMS = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
_COLUMNS = {
    "All Labels": "sentiment happy sad anger surprise disgust fear".split(),
    "Emotion Labels": "happy sad anger surprise disgust fear".split(),
    "Sentiment Labels": ["sentiment"],
}


def columns(
    labels: csd.ComputationalSequence, task: str
) -> tuple[str, dict[str, int]]:
    """Finds the column of each label.

    Columns are named by the file's metadata where it has a name for each;
    else by the root group, whose columns the SDK's authors documented. Some
    releases say happiness and sadness for happy and sad.

    Args:
        labels: the label file.
        task: a name in `TASKS`, whose labels the file must have.

    Returns:
        A note for reports on the release and its columns; label to column.

    Raises:
        ValueError: the columns have no names, repeat one, or lack a label of
            the task.
    """
    widths = sorted({labels.shape(video)[1] for video in labels.videos})
    names, how = _metadata_names(labels), "as the file names them"
    if [len(names)] != widths:
        names, how = _COLUMNS.get(labels.root, []), "as the SDK orders them"
    known = [_SYNONYMS.get(name, name) for name in names]
    lacks = set(TASKS[task]) - set(known)
    if [len(known)] != widths or lacks or len(set(known)) < len(known):
        raise ValueError(
            f"{labels.path}: labels must be named in the metadata, or be "
            "those of All Labels (7 columns), Emotion Labels (6) or Sentiment "
            f"Labels (1), and have {', '.join(TASKS[task])}. Received: "
            f"{labels.root!r} with {' or '.join(map(str, widths)) or 'no'} "
            f"columns, named {', '.join(_metadata_names(labels)) or 'nowhere'}"
        )
    columns = {name: known.index(name) for name in _NAMES if name in known}
    return f"{labels.root}: {', '.join(names)}, {how}", columns


def _metadata_names(labels: csd.ComputationalSequence) -> list[str]:
    # The SDK's template lacks a comma, so its key runs into the next one.
    for key, text in labels.metadata.items():
        if key.startswith("dimension names"):
            return re.findall("[a-z]+", str(text).lower())
    return []


def in_range(
    labels: Mapping[str, float],
    names: Sequence[str],
    scale: tuple[float, float],
) -> bool:
    """Whether all labels are finite, and some of them on a scale.

    Args:
        labels: by name.
        names: of the labels that must be on the scale.
        scale: lowest and highest value.

    Example:
        >>> in_range({"sentiment": -2.0, "happy": 1.0}, ["happy"], (0, 3))
        True
    """
    low, high = scale
    if not all(low <= labels[name] <= high for name in names):
        return False
    return bool(np.isfinite(list(labels.values())).all())
