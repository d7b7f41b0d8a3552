"""Small `.csd` files in the SDK's layout, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

VALUES = {"glove_vectors": 300, "COVAREP": 74, "FACET 4.2": 35}
COLUMNS = "sentiment happy sad anger surprise disgust fear".split()


def write(
    path: Path,
    root: str,
    videos: Mapping[str, tuple],
    names: object = None,
) -> Path:
    """Writes one computational sequence.

    Args:
        path: the file.
        root: name of the root group.
        videos: id to (intervals, features).
        names: of the columns, for the metadata, if any.
    """
    with h5py.File(path, "w") as file:
        for video, (intervals, features) in videos.items():
            group = file.create_group(f"{root}/data/{video}")
            group["intervals"] = np.asarray(intervals, "f8")
            group["features"] = features
        file.require_group(f"{root}/data")
        metadata = {"root name": root, "md5": None}
        if names is not None:
            metadata["dimension names"] = names
        for name, value in metadata.items():
            file[f"{root}/metadata/{name}"] = [json.dumps(value)]
    return path


def steps(count: int, seconds: float) -> np.ndarray:
    """Returns successive intervals of equal length, (count, 2)."""
    starts = np.arange(count) * seconds
    return np.stack([starts, starts + seconds], axis=1)


def corpus(folder: Path, videos: Sequence[str] = ("a", "b", "c")) -> Path:
    """Writes a complete copy: videos of 6 s with 6 words and 2 segments."""
    rng = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for root, values in VALUES.items():
        rate = {"glove_vectors": 1, "COVAREP": 100, "FACET 4.2": 30}[root]
        stream = {
            video: (
                steps(6 * rate, 1 / rate),
                rng.normal(size=(6 * rate, values)).astype("f4"),
            )
            for video in videos
        }
        write(folder / f"{root}.csd", root, stream)
    ratings = rng.integers(0, 10, (2, 7)) / 3
    labels = {video: (steps(2, 3.0), ratings) for video in videos}
    write(folder / "labels.csd", "All Labels", labels)
    return folder


def change(folder: Path, root: str, video: str, **replaced: np.ndarray) -> None:
    """Replaces a video's intervals or features in a copy."""
    name = "labels" if root == "All Labels" else root
    with h5py.File(folder / f"{name}.csd", "r+") as file:
        for key, value in replaced.items():
            del file[f"{root}/data/{video}/{key}"]
            file[f"{root}/data/{video}/{key}"] = value
