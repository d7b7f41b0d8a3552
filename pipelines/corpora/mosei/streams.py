"""Finds CMU-MOSEI's `.csd` files by their root groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pipelines.corpora._io import csd

FACES = {"facet": 35, "openface": 713}
"""Values a frame of the two files of faces: FACET 4.2 and OpenFace 2."""

_FACES = {
    "facet": ("FACET 4.2", "CMU_MOSEI_VisualFacet42.csd"),
    "openface": ("OpenFace_2", "CMU_MOSEI_VisualOpenFace2.csd"),
}
_STREAMS = {
    "t": ("glove_vectors", "CMU_MOSEI_TimestampedWordVectors.csd"),
    "a": ("COVAREP", "CMU_MOSEI_COVAREP.csd"),
    "labels": ("All Labels", "CMU_MOSEI_Labels.csd"),
    "words": ("words", "CMU_MOSEI_TimestampedWords.csd"),
}
_OF_2018 = {"emotions": "Emotion Labels", "sentiment": "Sentiment Labels"}
"""Label files of 2018, CMU_MOSEI_Labels{Emotions,Sentiment}.csd."""


def find(
    root: Path, task: str = "emotions", face: str = "facet"
) -> dict[str, csd.ComputationalSequence]:
    """Finds the streams of a copy by their root groups.

    Spaces, points, underscores and capitals in their names do not matter:
    files of CMU's corpora have both `FACET 4.2` and `FACET_4.2`.

    Args:
        root: folder of the copy; its subfolders are searched too.
        task: whose labels the label file has, "emotions" or "sentiment".
        face: a name in `FACES`.

    Returns:
        The files by "t", "a", "v", "labels", and "words" where it exists.

    Raises:
        FileNotFoundError: names the streams that are missing.
        ValueError: a stream occurs twice, or a file is damaged.
    """
    files: dict[str, csd.ComputationalSequence] = {}
    for path in (*sorted(root.glob("*.csd")), *sorted(root.glob("*/*.csd"))):
        file = csd.ComputationalSequence(path)
        key = _key(file.root)
        if key in files:
            raise ValueError(
                f"{path}: {file.root!r} must occur once. Received: "
                f"{files[key].path} too. Remove one of them."
            )
        files[key] = file
    streams = _streams(face)
    named = {key: files.get(_key(name)) for key, (name, _) in streams.items()}
    named["labels"] = named["labels"] or files.get(_key(_OF_2018[task]))
    absent = [key for key in named if not named[key] and key != "words"]
    if absent:
        raise missing(root, *absent, face=face)
    return {key: file for key, file in named.items() if file}


def _key(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _streams(face: str) -> dict[str, tuple[str, str]]:
    streams = {"v": _FACES[face], **_STREAMS}
    return {key: streams[key] for key in ("t", "a", "v", "labels", "words")}


def missing(root: Path, *keys: str, face: str = "facet") -> FileNotFoundError:
    """Returns the error that names missing streams."""
    streams = _streams(face)
    names = ", ".join("{} ({})".format(*streams[key]) for key in keys)
    return FileNotFoundError(
        f"{root}: missing streams ({len(keys)}): {names}. Copy their files "
        "there, under any name that ends in .csd."
    )


class Widths:
    """Checks that all videos of a stream have as many values a row.

    Args:
        files: the streams, by letter.
        values: number of values a row, by letter.
    """

    def __init__(
        self,
        files: Mapping[str, csd.ComputationalSequence],
        values: Mapping[str, int],
    ):
        self._files, self._values = files, values
        self._wrong: dict[str, list[str]] = {letter: [] for letter in values}

    def add(self, video: str) -> bool:
        """Returns whether a video has the right widths in every stream."""
        wrong = [
            letter
            for letter, values in self._values.items()
            if self._files[letter].shape(video)[1] != values
        ]
        for letter in wrong:
            self._wrong[letter].append(video)
        return not wrong

    def check(self) -> None:
        """Refuses streams with another number of values a row.

        Raises:
            ValueError: names the first video of the first such stream.
        """
        for letter, videos in self._wrong.items():
            if videos:
                file = self._files[letter]
                raise ValueError(
                    f"{file.path}: {file.root} must have "
                    f"{self._values[letter]} values a row. Received: "
                    f"{file.shape(videos[0])[1]} in {videos[0]}, the first of "
                    f"{len(videos)} such videos"
                )
