"""Reads RECOLA in the AVEC 2016 challenge's release."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipelines import align
from pipelines.audio import reader
from pipelines.corpora import base
from pipelines.corpora._io import tables
from zoo import frontends

_TIME = ("frametime", "time")
_GOLD = ("goldstandard",)
_TIME_TOLERANCE = 0.001


class Recola(base.Corpus):
    """French dyads in a remote task, rated continuously by six raters.

    Each recording has another speaker. The test recordings have labels only
    where the copy has their files (`has_traces`).
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
        names_of = [
            [path.name for path in tables.visible(folder, ".arff")]
            for folder in folders
        ]
        with_test = any(
            name.startswith("test_") for there in names_of for name in there
        )
        wanted = [
            f"{name}.arff"
            for name in names
            if with_test or not name.startswith("test_")
        ]
        for folder, there in zip(folders, names_of):
            tables.check(folder, wanted, there)

    def _labels(self, dimension: str) -> Path:
        return self.root / "ratings_gold_standard" / dimension

    def has_traces(self, utterance: base.Utterance) -> bool:
        return all(
            (self._labels(dimension) / f"{utterance.id}.arff").exists()
            for dimension in self.dimensions
        )

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        samples = reader.length(utterance.files[0])
        steps = frontends.stacked_log_mel_steps(samples)
        traces = {}
        for dimension in self.dimensions:
            path = self._labels(dimension) / f"{utterance.id}.arff"
            rows = read_gold_standard(path)
            traces[dimension] = align.fit_to_steps(rows, steps, str(path))
        return traces


def read_gold_standard(path: Path) -> np.ndarray:
    """Reads the gold standard of an `.arff` file, one row every 40 ms.

    The columns of the frame time in seconds and of the gold standard are
    found by name; case, spaces, underscores and quotes are ignored.

    Args:
        path: the file.

    Returns:
        (rows,) float32.

    Raises:
        ValueError: a column is missing, or a value is invalid; the message
            names file and line.
    """
    columns, lines = tables.read_arff(path)
    time = _column(path, columns, _TIME)
    gold = _column(path, columns, _GOLD)
    irregular = ~(np.abs(np.diff(time) - base.LABEL_HOP) <= _TIME_TOLERANCE)
    if irregular.any():
        row = int(np.argmax(irregular)) + 1
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
    matches = [name for name, word in zip(columns, plain) if word in wanted]
    if len(matches) != 1:
        raise ValueError(
            f"{path}: exactly one numeric column must be called "
            f"{' or '.join(wanted)}. Received: {', '.join(columns) or 'none'}"
        )
    return columns[matches[0]]
