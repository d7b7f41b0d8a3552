"""RECOLA as the AVEC 2016 challenge shipped it: audio and gold standard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipelines.corpora import base
from pipelines.corpora._io import tables

_TIME = ("frametime", "time")
_GOLD = ("goldstandard",)
_TIME_TOLERANCE = 0.001


class Recola(base.Corpus):
    """French dyads solving a task remotely, rated continuously by six raters.

    Every recording is a speaker of its own. The owners keep the labels of the
    test recordings; `has_traces` tells.
    """

    name = "recola"
    title = "RECOLA, the AVEC 2016 release"
    citation = (
        "F. Ringeval, A. Sonderegger, J. Sauer, D. Lalanne, Introducing the "
        "RECOLA multimodal corpus of remote collaborative and affective "
        "interactions, FG 2013; M. Valstar et al., AVEC 2016, AVEC '16"
    )
    terms = "academic research only, under an agreement signed with its owners"
    source = "https://diuf.unifr.ch/main/diva/recola/download.html"
    layout = (
        "recordings_audio/{train,dev,test}_{1..9}.wav and "
        "ratings_gold_standard/{arousal,valence}/{train,dev}_{1..9}.arff "
        "(test_{1..9}.arff too where you have them)."
    )
    dimensions = ("arousal", "valence")
    label_hop = base.LABEL_HOP
    expected = {
        "utterances": 27,
        "speakers": 27,
        "train": 9,
        "dev": 9,
        "test": 9,
    }

    def _read(self) -> Iterable[base.Utterance]:
        names = [
            f"{split}_{number}"
            for split in base.SPLITS
            for number in range(1, self.expected[split] + 1)
        ]
        recordings = self.root / "recordings_audio"
        tables.check(
            recordings,
            (f"{name}.wav" for name in names),
            (path.name for path in tables.visible(recordings, ".wav")),
        )
        self._check_labels(names)
        for name in names:
            yield base.Utterance(
                id=name,
                speaker=name,
                files=(recordings / f"{name}.wav",),
                split=name.split("_")[0],
                labels={},
            )

    def _check_labels(self, names: list[str]) -> None:
        folders = [self._labels(dimension) for dimension in self.dimensions]
        found = [
            [path.name for path in tables.visible(folder, ".arff")]
            for folder in folders
        ]
        with_test = any(n.startswith("test_") for ns in found for n in ns)
        wanted = [
            f"{name}.arff"
            for name in names
            if with_test or not name.startswith("test_")
        ]
        for folder, there in zip(folders, found):
            tables.check(folder, wanted, there)

    def _labels(self, dimension: str) -> Path:
        return self.root / "ratings_gold_standard" / dimension

    def has_traces(self, utterance: base.Utterance) -> bool:
        return all(
            (self._labels(dimension) / f"{utterance.id}.arff").exists()
            for dimension in self.dimensions
        )

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        steps = base.feature_steps(base.length(utterance.files[0]))
        traces = {}
        for dimension in self.dimensions:
            path = self._labels(dimension) / f"{utterance.id}.arff"
            rows = read_gold_standard(path)
            traces[dimension] = base.fit_to_steps(rows, steps, str(path))
        return traces


def read_gold_standard(path: Path) -> np.ndarray:
    """The gold standard of an `.arff` file, one row every 40 ms.

    Columns are found by name, whatever its case, spaces, underscores and
    quotes: a frame time in seconds and the gold standard.

    Args:
        path: the file.

    Returns:
        (rows,) float32.

    Raises:
        ValueError: names file and line of what is wrong.
    """
    columns, lines = tables.read_arff(path)
    time = _column(path, columns, _TIME)
    gold = _column(path, columns, _GOLD)
    off = ~(np.abs(np.diff(time) - base.LABEL_HOP) <= _TIME_TOLERANCE)
    if off.any():
        row = int(np.argmax(off)) + 1
        raise ValueError(
            f"{path}, line {lines[row]}: frame times must step by 40 ms. "
            f"Received: {time[row]:g} after {time[row - 1]:g}"
        )
    if not np.isfinite(gold).all():
        row = int(np.argmin(np.isfinite(gold)))
        raise ValueError(
            f"{path}, line {lines[row]}: a gold standard must be a finite "
            f"number. Received: {gold[row]} in row {row + 1}. Copy the file "
            "again, or correct that row."
        )
    return gold.astype(np.float32)


def _column(
    path: Path, columns: dict[str, np.ndarray], wanted: tuple[str, ...]
) -> np.ndarray:
    plain = [re.sub("[^a-z]", "", name.lower()) for name in columns]
    hits = [name for name, word in zip(columns, plain) if word in wanted]
    if len(hits) != 1:
        raise ValueError(
            f"{path}: exactly one numeric column must be called "
            f"{' or '.join(wanted)}. Received: {', '.join(columns) or 'none'}"
        )
    return columns[hits[0]]
