"""Simulated words with features, in the `.csd` files of CMU-MOSEI.

`pipelines.simulation.opinion_videos` makes the content.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pipelines.simulation import folders, opinion_videos
from zoo.common.arguments import check_whole

VERSION = 1  # grows when the same options give other files
VIDEOS = 80
SHARES = {"train": 0.7, "dev": 0.15, "test": 0.15}
_COLUMNS = "sentiment happy sad anger surprise disgust fear".split()
_FILES = {
    "glove_vectors": "CMU_MOSEI_TimestampedWordVectors.csd",
    "words": "CMU_MOSEI_TimestampedWords.csd",
    "COVAREP": "CMU_MOSEI_COVAREP.csd",
    "FACET 4.2": "CMU_MOSEI_VisualFacet42.csd",
    "All Labels": "CMU_MOSEI_Labels.csd",
}


def simulate_mosei(
    out: str | Path,
    seed: int = 0,
    videos: int = VIDEOS,
    report: Callable[[str], None] = lambda message: None,
) -> Path:
    """Writes a simulated corpus in the layout of CMU-MOSEI's `.csd` files.

    Videos are called `FOLD_NUMBER`, the fold being "train", "dev" or "test";
    each has 3 to 7 segments of 5 to 18 words, about 22 s in all
    (`folders.make`).

    Args:
        out: the folder to make.
        seed: of the random numbers, at least 0.
        videos: number of videos, at least 3; each fold has at least one.
        report: called with the name of each video that is done.

    Returns:
        The folder; errors are raised as by `folders.make`.

    Raises:
        ValueError: an option out of range.
    """
    check_whole("seed", seed, 0)
    check_whole("videos", videos, 3)
    # The manifest's texts never change: existing folders are compared by them.
    manifest = {
        "made_by": f"pipelines.simulate_mosei {VERSION}",
        "corpus": "mosei",
        "seed": int(seed),
        "videos": int(videos),
    }
    write = functools.partial(
        _write_all, seed=seed, videos=videos, report=report
    )
    return folders.make(out, manifest, write)


def fold(video: str) -> str:
    """Returns the fold of a simulated video, by its name."""
    return video.split("_")[0]


def _names(videos: int) -> list[str]:
    """Returns the names of the videos, at least one in each fold."""
    counts = {
        name: max(1, int(SHARES[name] * videos)) for name in ("dev", "test")
    }
    counts["train"] = videos - sum(counts.values())
    return [
        f"{name}_{number:04d}"
        for name in SHARES
        for number in range(counts[name])
    ]


def _write_all(
    folder: Path, seed: int, videos: int, report: Callable[[str], None]
) -> None:
    files = {
        root: h5py.File(folder / name, "w") for root, name in _FILES.items()
    }
    try:
        for number, (root, file) in enumerate(files.items()):
            identity = np.random.default_rng([seed, number, 1]).bytes(16)
            _write_metadata(file, root, str(uuid.UUID(bytes=identity)))
        for number, name in enumerate(_names(videos)):
            rng = np.random.default_rng([seed, number])
            for root, (intervals, features) in _streams(rng).items():
                group = files[root].create_group(f"{root}/data/{name}")
                _write(group, "intervals", intervals)
                _write(group, "features", features)
            report(name)
    finally:
        for file in files.values():
            file.close()


def _streams(rng: np.random.Generator) -> dict[str, opinion_videos.Stream]:
    """Returns the intervals and features of a new video, by root group."""
    video = opinion_videos.record(rng)
    intervals, labels = video.labels
    drawn = (*opinion_videos.EMOTIONS, "sentiment")
    order = [drawn.index(column) for column in _COLUMNS]
    return {
        "glove_vectors": video.vectors,
        "words": video.words,
        "COVAREP": video.voice,
        "FACET 4.2": video.face,
        "All Labels": (intervals, labels[:, order]),
    }


def _write(group: h5py.Group, name: str, data: np.ndarray) -> None:
    group.create_dataset(
        name, data=data, compression="gzip", compression_opts=1, shuffle=True
    )


def _write_metadata(file: h5py.File, root: str, identity: str) -> None:
    metadata: dict[str, Any] = {
        "root name": root,
        "computational sequence description": "made by a program",
        "computational sequence version": str(VERSION),
        "alignment compatible": True,
        "dataset name": "simulated CMU-MOSEI",
        "dataset version": str(VERSION),
        "creator": "pipelines.simulate_mosei",
        "contact": "none",
        "featureset bib citation": "none",
        "dataset bib citation": "none",
        "uuid": identity,
        "md5": None,
    }
    if root == "All Labels":
        metadata["dimension names"] = _COLUMNS
    group = file.create_group(f"{root}/metadata")
    for name, value in metadata.items():
        group.create_dataset(
            name, data=[json.dumps(value)], dtype=h5py.string_dtype()
        )
    file.create_group(f"{root}/data")
