"""Which of CMU-MOSEI's files is which, and who is in which fold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from pipelines.corpora._io import csd

EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise")
"""In the paper's order."""

HIGHEST = 3.0

PAPER_FOLDS = {"train": 9400, "dev": 1800, "test": 1100}
_FILES = {
    "t": ("glove_vectors", "CMU_MOSEI_TimestampedWordVectors.csd"),
    "a": ("COVAREP", "CMU_MOSEI_COVAREP.csd"),
    "v": ("FACET 4.2", "CMU_MOSEI_VisualFacet42.csd"),
    "labels": ("All Labels", "CMU_MOSEI_Labels.csd"),
    "words": ("words", "CMU_MOSEI_TimestampedWords.csd"),
}
_OLD_LABELS = "Emotion Labels"  # of 2018, CMU_MOSEI_LabelsEmotions.csd
_COLUMNS = {
    "All Labels": "sentiment happy sad anger surprise disgust fear".split(),
    _OLD_LABELS: "happy sad anger surprise disgust fear".split(),
}


def find(root: Path) -> dict[str, csd.ComputationalSequence]:
    """The streams of a copy, told by their root groups.

    Args:
        root: folder of the copy; its own folders are looked into as well.

    Returns:
        "t", "a", "v", "labels", and "words" where it is there, to the file.

    Raises:
        FileNotFoundError: names the streams that are missing.
        ValueError: a stream is there twice, or a file is broken.
    """
    found: dict[str, csd.ComputationalSequence] = {}
    for path in (*sorted(root.glob("*.csd")), *sorted(root.glob("*/*.csd"))):
        file = csd.ComputationalSequence(path)
        if file.root in found:
            raise ValueError(
                f"{path}: {file.root!r} must be there once. Received: "
                f"{found[file.root].path} too. Remove one of them."
            )
        found[file.root] = file
    named = {key: found.get(name) for key, (name, _) in _FILES.items()}
    named["labels"] = named["labels"] or found.get(_OLD_LABELS)
    absent = [key for key in named if not named[key] and key != "words"]
    if absent:
        raise missing(root, *absent)
    return {key: file for key, file in named.items() if file}


def missing(root: Path, *keys: str) -> FileNotFoundError:
    """The error that names streams which are not there."""
    names = ", ".join("{} ({})".format(*_FILES[key]) for key in keys)
    return FileNotFoundError(
        f"{root}: missing streams ({len(keys)}): {names}. Copy their files "
        "there, under any name that ends in .csd."
    )


def recognise(
    labels: csd.ComputationalSequence,
) -> tuple[str, dict[str, int]]:
    """Which release's labels these are.

    Columns are told by the names in the file's metadata where there is one
    for each; else by the root group, whose columns the SDK's authors
    documented.

    Returns:
        A sentence for reports; label to column.

    Raises:
        ValueError: the columns cannot be told, or lack one of the emotions.
    """
    widths = sorted({labels.shape(video)[1] for video in labels.videos})
    names, how = _named(labels), "as the file names them"
    if [len(names)] != widths:
        names, how = _COLUMNS.get(labels.root, []), "as the SDK orders them"
    if [len(names)] != widths or set(EMOTIONS) - set(names):
        raise ValueError(
            f"{labels.path}: labels must be named in the metadata, or be "
            "those of All Labels (7 columns) or Emotion Labels (6), and have "
            f"{', '.join(EMOTIONS)}. Received: {labels.root!r} with "
            f"{' or '.join(map(str, widths)) or 'no'} columns, named "
            f"{', '.join(_named(labels)) or 'nowhere'}"
        )
    columns = {
        name: names.index(name)
        for name in (*EMOTIONS, "sentiment")
        if name in names
    }
    return f"{labels.root}: {', '.join(names)}, {how}", columns


def _named(labels: csd.ComputationalSequence) -> list[str]:
    # The SDK's template lacks a comma, so its key runs into the next one.
    for key, text in labels.metadata.items():
        if key.startswith("dimension names"):
            return re.findall("[a-z]+", str(text).lower())
    return []


def rated(labels: Mapping[str, float]) -> bool:
    """Whether all labels are numbers, and the emotions in their range."""
    in_range = all(0 <= labels[emotion] <= HIGHEST for emotion in EMOTIONS)
    return in_range and bool(np.isfinite(list(labels.values())).all())


def check_values(
    file: csd.ComputationalSequence, videos: Iterable[str], values: int
) -> None:
    """Refuses a stream whose rows have another number of values."""
    wrong = [video for video in videos if file.shape(video)[1] != values]
    if wrong:
        raise ValueError(
            f"{file.path}: {file.root} must have {values} values a row. "
            f"Received: {file.shape(wrong[0])[1]} in {wrong[0]}, the first of "
            f"{len(wrong)} such videos"
        )


def standard_folds() -> dict[str, str]:
    """Video to "train", "dev" or "test", the SDK's standard folds."""
    text = resources.files(__package__) / "mosei_folds.json"
    folds = json.loads(text.read_text("utf-8"))
    return {video: name for name in folds for video in folds[name]}


def paper_folds(videos: Iterable[str], seed: int) -> dict[str, str]:
    """Folds of whole videos, as near to the paper's shares as they come.

    Args:
        videos: of each segment.
        seed: of the order in which videos are dealt, train first.

    Returns:
        Video to "train", "dev" or "test".
    """
    names, sizes = np.unique(list(videos), return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    middles = np.cumsum(sizes[order]) - sizes[order] / 2
    shares = np.cumsum(list(PAPER_FOLDS.values()))
    folds = np.searchsorted(shares / shares[-1], middles / sizes.sum())
    return {
        str(names[place]): list(PAPER_FOLDS)[fold]
        for place, fold in zip(order, folds)
    }
