"""Layouts of RECOLA: which folders hold its recordings and its ratings."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from pipelines.corpora._io import tables

RECORDINGS = ("recordings_audio", "recordings/audio", "RECOLA-Audio-recordings")
"""Folders of AVEC 2016, of AVEC 2018's scripts, and of the owners."""
RATINGS = (
    "ratings_gold_standard",
    "labels",
    "RECOLA-Annotation/emotional_behaviour",
    "ratings_individual",
)
"""Folders of ratings, the first that exists being read."""
INDIVIDUAL = "individual"
"""The folder of single raters in `labels`, read where there is no other."""
OF_GOLD, OF_RATERS = ".arff", ".csv"
"""Suffixes of gold standards and of raters."""
OF_CHALLENGE = re.compile(r"(train|dev|test)_[1-9]")
OF_PARTICIPANT = re.compile(r"P([1-9]\d?)")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Folders of a copy.

    Attributes:
        recordings: holds the `.wav` files.
        ratings: holds a folder for each dimension.
        suffix: of the files of ratings, `OF_GOLD` or `OF_RATERS`.
        has_participants: whether most recordings are called by participant,
            as by the owners, rather than by AVEC's partition.
    """

    recordings: Path
    ratings: Path
    suffix: str
    has_participants: bool

    def file(self, name: str, dimension: str) -> Path:
        """Returns the file of a recording's ratings."""
        return self.ratings / dimension / f"{name}{self.suffix}"

    def names(self, folder: Path, suffix: str) -> tuple[set[str], list[str]]:
        """Returns names of recordings in a folder, and its stray files.

        Args:
            folder: of recordings or of the ratings of a dimension.
            suffix: of its files.

        Returns:
            The recordings' names without suffix; and the visible files that
            are called otherwise, as PARENT/NAME.
        """
        pattern = OF_PARTICIPANT if self.has_participants else OF_CHALLENGE
        names, strays = set(), []
        for path in tables.visible(folder, ""):
            if path.suffix == suffix and pattern.fullmatch(path.stem):
                names.add(path.stem)
            else:
                strays.append(f"{folder.name}/{path.name}")
        return names, strays


def find(
    root: Path, ratings: str | None, dimensions: tuple[str, ...]
) -> Layout:
    """Returns the layout of a copy.

    Args:
        root: of the copy.
        ratings: folder of the ratings in it; `None` for the first of `RATINGS`
            that exists.
        dimensions: whose folders lie in that of the ratings.

    Raises:
        FileNotFoundError: there are no recordings or no ratings.
        ValueError: there are several folders to choose from.
    """
    recordings = [root / name for name in RECORDINGS if (root / name).is_dir()]
    if not recordings:
        raise FileNotFoundError(
            f"{root} must hold the folder {' or '.join(RECORDINGS)} with the "
            "recordings. Received none of them: name the folder above it."
        )
    _check_one(root, "recordings", recordings)
    folder = _ratings(root, ratings, dimensions)
    suffixes = {
        path.suffix
        for name in dimensions
        for path in tables.visible(folder / name, OF_GOLD, OF_RATERS)
    }
    names = [path.stem for path in tables.visible(recordings[0], ".wav")]
    return Layout(
        recordings[0],
        folder,
        OF_RATERS if suffixes == {OF_RATERS} else OF_GOLD,
        has_participants=_count(OF_PARTICIPANT, names)
        > _count(OF_CHALLENGE, names),
    )


def _count(pattern: re.Pattern[str], names: list[str]) -> int:
    return sum(pattern.fullmatch(name) is not None for name in names)


def _ratings(
    root: Path, ratings: str | None, dimensions: tuple[str, ...]
) -> Path:
    if ratings is not None:
        folder = root / ratings
        if not _has_dimensions(folder, dimensions):
            raise FileNotFoundError(
                f"`ratings` must be a folder in {root} that holds "
                f"{' and '.join(dimensions)}. Received: {ratings}"
            )
        return folder
    for name in RATINGS:
        folder = root / name
        if _has_dimensions(folder, dimensions):
            return folder
        inside = [
            path
            for path in sorted(folder.glob("[!.]*"))
            if _has_dimensions(path, dimensions)
        ]
        chosen = [path for path in inside if path.name != INDIVIDUAL] or inside
        if chosen:
            _check_one(root, "ratings", chosen)
            return chosen[0]
    raise FileNotFoundError(
        f"{root} must hold ratings: {', '.join(RATINGS)}, or a folder in "
        f"labels, with the folders {' and '.join(dimensions)}. Received none: "
        "copy them there, or name their folder by the option ratings."
    )


def _has_dimensions(folder: Path, dimensions: tuple[str, ...]) -> bool:
    return any((folder / name).is_dir() for name in dimensions)


def _check_one(root: Path, what: str, folders: list[Path]) -> None:
    if len(folders) > 1:
        names = tables.few(str(path.relative_to(root)) for path in folders)
        remedy = "Move the others out of it."
        if what == "ratings":
            remedy = "Choose one by the option ratings."
        raise ValueError(
            f"{root}: there must be one folder of {what}. Received: {names}. "
            f"{remedy}"
        )
