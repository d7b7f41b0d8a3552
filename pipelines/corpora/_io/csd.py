"""Computational sequences: the HDF5 files of CMU-MultimodalSDK (`.csd`).

One root group holds `data/VIDEO/{intervals,features}` and `metadata/NAME`, a
JSON text each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pipelines.corpora._io import hdf5


class ComputationalSequence:
    """One open file: a stream of features, or of labels, of many videos.

    Attributes:
        path: the file.
        root: name of its root group, by which the SDK knows the sequence.
        metadata: what the file says of itself.
        videos: ids, sorted.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a whole HDF5 file, or not in this layout.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        file = hdf5.open_file(self.path)
        with hdf5.whole(self.path):
            roots = list(file)
        if len(roots) != 1:
            raise ValueError(
                f"{path}: there must be one root group. Received: {len(roots)}"
            )
        self.root = roots[0]
        root = hdf5.member(file, self.root, h5py.Group)
        self.metadata = _metadata(hdf5.member(root, "metadata", h5py.Group))
        self._data = hdf5.member(root, "data", h5py.Group)
        with hdf5.whole(self.path):
            self.videos = tuple(sorted(self._data))

    def shape(self, video: str) -> tuple[int, int]:
        """Rows and values a row of a video, without reading them.

        Raises:
            ValueError: intervals and features do not belong together.
        """
        intervals = self._dataset(video, "intervals").shape
        features = self._dataset(video, "features").shape
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
        """Start and end of each row in seconds: (rows, 2) float64."""
        intervals = hdf5.read(self._dataset(video, "intervals"), hdf5.NUMBERS)
        return intervals.reshape(self.shape(video)[0], 2).astype(np.float64)

    def features(self, video: str) -> np.ndarray:
        """The rows' values: (rows, values), of the file's own type."""
        features = hdf5.read(self._dataset(video, "features"), hdf5.NUMBERS)
        return features.reshape(self.shape(video))

    def texts(self, video: str) -> np.ndarray:
        """The rows' texts, such as words: (rows,) of str."""
        texts = hdf5.read(self._dataset(video, "features"), hdf5.TEXTS)
        return texts.reshape(self.shape(video))[:, 0]

    def _dataset(self, video: str, name: str) -> h5py.Dataset:
        group = hdf5.member(self._data, video, h5py.Group)
        return hdf5.member(group, name, h5py.Dataset)


def _metadata(group: h5py.Group) -> dict[str, Any]:
    """Its texts, as what they say in JSON where they are JSON."""
    metadata: dict[str, Any] = {}
    for name in group:
        dataset = hdf5.member(group, name, h5py.Dataset)
        if dataset.size != 1 or h5py.check_string_dtype(dataset.dtype) is None:
            continue
        (text,) = hdf5.read(dataset, hdf5.TEXTS).ravel()
        try:
            metadata[name] = json.loads(text)
        except (ValueError, RecursionError):
            metadata[name] = str(text)
    return metadata
