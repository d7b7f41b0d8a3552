"""Finds the `.csd` files of CMU-MOSEI; label columns and folds."""

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
"""Largest intensity of an emotion."""

PAPER_FOLDS = {"train": 9400, "dev": 1800, "test": 1100}
_STREAMS = {
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
    """Finds the streams of a copy by their root groups.

    Args:
        root: folder of the copy; its subfolders are searched too.

    Returns:
        The files by "t", "a", "v", "labels", and "words" where it exists.

    Raises:
        FileNotFoundError: names the streams that are missing.
        ValueError: a stream occurs twice, or a file is damaged.
    """
    files: dict[str, csd.ComputationalSequence] = {}
    for path in (*sorted(root.glob("*.csd")), *sorted(root.glob("*/*.csd"))):
        file = csd.ComputationalSequence(path)
        if file.root in files:
            raise ValueError(
                f"{path}: {file.root!r} must occur once. Received: "
                f"{files[file.root].path} too. Remove one of them."
            )
        files[file.root] = file
    named = {key: files.get(name) for key, (name, _) in _STREAMS.items()}
    named["labels"] = named["labels"] or files.get(_OLD_LABELS)
    absent = [key for key in named if not named[key] and key != "words"]
    if absent:
        raise missing(root, *absent)
    return {key: file for key, file in named.items() if file}


def missing(root: Path, *keys: str) -> FileNotFoundError:
    """Returns the error that names missing streams."""
    names = ", ".join("{} ({})".format(*_STREAMS[key]) for key in keys)
    return FileNotFoundError(
        f"{root}: missing streams ({len(keys)}): {names}. Copy their files "
        "there, under any name that ends in .csd."
    )


def label_columns(
    labels: csd.ComputationalSequence,
) -> tuple[str, dict[str, int]]:
    """Finds the column of each label.

    Columns are named by the file's metadata where it has a name for each;
    else by the root group, whose columns the SDK's authors documented.

    Returns:
        A note for reports on the release and its columns; label to column.

    Raises:
        ValueError: the columns have no names, or lack one of the emotions.
    """
    widths = sorted({labels.shape(video)[1] for video in labels.videos})
    names, how = _metadata_names(labels), "as the file names them"
    if [len(names)] != widths:
        names, how = _COLUMNS.get(labels.root, []), "as the SDK orders them"
    if [len(names)] != widths or set(EMOTIONS) - set(names):
        raise ValueError(
            f"{labels.path}: labels must be named in the metadata, or be "
            "those of All Labels (7 columns) or Emotion Labels (6), and have "
            f"{', '.join(EMOTIONS)}. Received: {labels.root!r} with "
            f"{' or '.join(map(str, widths)) or 'no'} columns, named "
            f"{', '.join(_metadata_names(labels)) or 'nowhere'}"
        )
    columns = {
        name: names.index(name)
        for name in (*EMOTIONS, "sentiment")
        if name in names
    }
    return f"{labels.root}: {', '.join(names)}, {how}", columns


def _metadata_names(labels: csd.ComputationalSequence) -> list[str]:
    # The SDK's template lacks a comma, so its key runs into the next one.
    for key, text in labels.metadata.items():
        if key.startswith("dimension names"):
            return re.findall("[a-z]+", str(text).lower())
    return []


def in_range(labels: Mapping[str, float]) -> bool:
    """Whether all labels are finite, and the emotions in [0, 3]."""
    intensities = [labels[emotion] for emotion in EMOTIONS]
    if not all(0 <= intensity <= HIGHEST for intensity in intensities):
        return False
    return bool(np.isfinite(list(labels.values())).all())


def check_values(
    file: csd.ComputationalSequence, videos: Iterable[str], values: int
) -> None:
    """Refuses a stream with another number of values a row."""
    wrong = [video for video in videos if file.shape(video)[1] != values]
    if wrong:
        raise ValueError(
            f"{file.path}: {file.root} must have {values} values a row. "
            f"Received: {file.shape(wrong[0])[1]} in {wrong[0]}, the first of "
            f"{len(wrong)} such videos"
        )


def standard_folds() -> dict[str, str]:
    """Returns the SDK's standard folds: video to "train", "dev" or "test"."""
    text = resources.files(__package__) / "mosei_folds.json"
    folds = json.loads(text.read_text("utf-8"))
    return {video: name for name in folds for video in folds[name]}


def paper_folds(videos: Iterable[str], seed: int) -> dict[str, str]:
    """Draws folds of whole videos with about the paper's shares of segments.

    Args:
        videos: the video of each segment.
        seed: of the order of the videos, which fill train first.

    Returns:
        Video to "train", "dev" or "test".
    """
    names, sizes = np.unique(list(videos), return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    middles = np.cumsum(sizes[order]) - sizes[order] / 2
    shares = np.cumsum(list(PAPER_FOLDS.values()))
    folds = np.searchsorted(shares / shares[-1], middles / sizes.sum())
    return {
        str(names[index]): list(PAPER_FOLDS)[fold]
        for index, fold in zip(order, folds)
    }
