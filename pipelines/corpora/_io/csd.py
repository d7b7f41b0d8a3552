"""Reads computational sequences, CMU-MultimodalSDK's HDF5 files (`.csd`).

A file has one root group with `data/VIDEO/{intervals,features}` and
`metadata/NAME`, each of which is a JSON text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pipelines.corpora._io import hdf5


class ComputationalSequence:
    """An open `.csd` file: features, or labels, of many videos.

    Attributes:
        path: the file.
        root: name of its root group, by which the SDK knows the sequence.
        metadata: name to content.
        videos: ids, sorted.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no complete HDF5 file, or not in this layout.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        file = hdf5.open_file(self.path)
        with hdf5.readable(self.path):
            roots = list(file)
        if len(roots) != 1:
            raise ValueError(
                f"{path}: there must be one root group. Received: {len(roots)}"
            )
        self.root = roots[0]
        root = hdf5.member(file, self.root, h5py.Group)
        self.metadata = _metadata(hdf5.member(root, "metadata", h5py.Group))
        self._data = hdf5.member(root, "data", h5py.Group)
        with hdf5.readable(self.path):
            self.videos = tuple(sorted(self._data))
        self._opened: tuple[str, h5py.Dataset, h5py.Dataset] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Opens the file anew where a copy is made for another process."""
        return type(self), (self.path,)

    def shape(self, video: str) -> tuple[int, int]:
        """Returns the shape (rows, values) of a video's features.

        Raises:
            ValueError: intervals and features do not belong together.
        """
        intervals, features = (data.shape for data in self._datasets(video))
        if len(intervals) == len(features) == 1:  # one row, which may be flat
            intervals, features = (1, *intervals), (1, *features)
        same_rows = features[:1] == intervals[:1]
        if len(features) != 2 or intervals[1:] != (2,) or not same_rows:
            raise ValueError(
                f"{self.path}: {video} must have intervals (rows, 2) and "
                f"features (rows, values). Received: {intervals} and "
                f"{features}"
            )
        return features

    def intervals(self, video: str) -> np.ndarray:
        """Reads start and end of each row in seconds: (rows, 2) float64."""
        dataset, _ = self._datasets(video)
        intervals = hdf5.read(dataset, hdf5.NUMBERS)
        return intervals.reshape(self.shape(video)[0], 2).astype(np.float64)

    def features(self, video: str) -> np.ndarray:
        """Reads the features: (rows, values), in the file's type."""
        _, dataset = self._datasets(video)
        features = hdf5.read(dataset, hdf5.NUMBERS)
        return features.reshape(self.shape(video))

    def texts(self, video: str) -> np.ndarray:
        """Reads texts, such as words: (rows,) of str."""
        _, dataset = self._datasets(video)
        texts = hdf5.read(dataset, hdf5.TEXTS)
        return texts.reshape(self.shape(video))[:, 0]

    def _datasets(self, video: str) -> tuple[h5py.Dataset, h5py.Dataset]:
        """Returns a video's intervals and features; the last are kept open."""
        if self._opened is None or self._opened[0] != video:
            group = hdf5.member(self._data, video, h5py.Group)
            self._opened = (
                video,
                hdf5.member(group, "intervals", h5py.Dataset),
                hdf5.member(group, "features", h5py.Dataset),
            )
        return self._opened[1:]


def _metadata(group: h5py.Group) -> dict[str, Any]:
    """Returns the texts of a group, decoded where they are JSON."""
    metadata: dict[str, Any] = {}
    for name in group:
        dataset = hdf5.member(group, name, h5py.Dataset)
        is_text = h5py.check_string_dtype(hdf5.type_of(dataset)) is not None
        if dataset.size != 1 or not is_text:
            continue
        (text,) = hdf5.read(dataset, hdf5.TEXTS).ravel()
        try:
            metadata[name] = json.loads(text)
        except (ValueError, RecursionError):
            metadata[name] = str(text)
    return metadata
