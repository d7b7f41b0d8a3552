"""Reads any recordings listed in a table in audformat's convention."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.audio import reader
from pipelines.corpora import base, emotion_base, manifest_traces
from pipelines.corpora._io import partitions, rows, tables
from pipelines.corpora._io.trace_files import DIMENSIONS, SCALE
from pipelines.corpora.manifest_traces import COLUMN as TRACES
from zoo import frontends

TABLE = "manifest.csv"


class Manifest(emotion_base.EmotionCorpus):
    """Your own recordings, listed and labelled in a CSV file.

    Columns: `file`, relative to the table's folder or absolute; `speaker`;
    `start` and `end` where an utterance is a part of its file, in seconds or
    in audformat's format ("0 days 00:00:01.5"), empty for the file's own;
    `emotion`, or some of `arousal`, `valence` and `dominance` as numbers, or
    both; `split` ("train", "dev", "test") where there are fixed partitions.
    Other columns, such as `gender` and `session`, become labels as text.

    A column `traces` names files with time-continuous ratings instead of
    numbers (`_io.trace_files.read`), separated by semicolons and relative to
    the table's folder; it may be empty in test alone. Raters are joined by
    `pipelines.gold_standard` and moved earlier by a lag. Without a column
    `split`, speakers are dealt to partitions (`_io/partitions.py`).

    An utterance's id is its `file` as written, followed by its span
    ("a.wav@1.5-2.25") where it has one.

    Args:
        root: the table, or a folder with `manifest.csv`.
        emotions: values that `emotion` may have, in the order of classes; by
            default those in the table, sorted.
        scale: lowest and highest rating of traces, mapped to -1 and 1.
        lag: seconds by which traces follow the speech; by default it is
            estimated on train (`pipelines.reaction_lag.estimate`).

    Raises:
        FileNotFoundError: the table, a recording or a trace is missing.
        ValueError: a column is missing, or a row is invalid; the message
            names its line.
    """

    name = "manifest"
    partition = "split of the manifest"
    title = "your own recordings, listed in a table"
    citation = "the one that your recordings ask for"
    terms = "those of your recordings"
    source = "write manifest.csv"
    layout = (
        "manifest.csv with the columns file, speaker, emotion (or arousal, "
        "valence, dominance; or traces, the names of files with ratings over "
        "time), and, where there are any, start and end in seconds, split "
        "(train, dev, test), and session and gender, which can define folds."
    )
    dimensions: tuple[str, ...] = DIMENSIONS
    expected: Mapping[str, int] = {}

    def __init__(
        self,
        root: str | Path,
        emotions: Sequence[str] | None = None,
        scale: Sequence[float | str] = SCALE,
        lag: float | None = None,
    ):
        self._ratings = manifest_traces.ManifestTraces(scale, lag)
        path = Path(root).expanduser()
        self.table = path if path.is_file() else path / TABLE
        self._known = tuple(emotions) if emotions is not None else None
        self._spans: dict[str, tuple[float, float | None]] = {}
        super().__init__(path.parent if path.is_file() else path)
        if self.label_hop is not None:
            train = [u for u in self.utterances if u.split == "train"]
            self._ratings.estimate_lag(train, self)
            self.lag = self._ratings.lag or 0.0

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        return self._spans[utterance.id]

    def has_traces(self, utterance: base.Utterance) -> bool:
        return utterance.id in self._ratings

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        start, end = self.span(utterance)
        samples = reader.length(utterance.files[0])
        if end is not None:
            samples = min(samples, round(end * base.RATE))
        steps = frontends.stacked_log_mel_steps(
            samples - round(start * base.RATE)
        )
        time = start + base.LABEL_HOP * np.arange(steps)
        return self._ratings.at(utterance.id, time)

    def notes(self) -> list[str]:
        """Returns who was rated how, and the lag, where there are traces."""
        if self.label_hop is None:
            return []
        return [*self._ratings.notes(), f"partitions: {self.partition}"]

    def summary(self) -> str:
        return "\n".join([super().summary(), *self.notes()])

    def _read(self) -> Iterable[base.Utterance]:
        table = tables.read_csv(self.table, ("file", "speaker"), others=True)
        self._check_labels(table)
        if self.label_hop is not None and "split" not in table:
            self.partition = partitions.DEALT
            splits = partitions.deal(self.table, table["speaker"])
            table["split"] = tuple(splits[name] for name in table["speaker"])
        self._check_files(table["file"])
        texts = zip(*table.values())
        lengths: dict[str, float] = {}
        for line, values in enumerate(texts, start=2):
            row = dict(zip(table, values))
            where = f"{self.table}, line {line}"
            name = rows.required(where, "file", row["file"])
            if name not in lengths:
                lengths[name] = reader.duration(self.root / name)
            span = rows.span(where, row, lengths[name])
            utterance = self._utterance(where, row, span)
            self._spans[utterance.id] = span
            if self.label_hop is not None:
                utterance = self._rated(where, utterance, row, lengths[name])
            yield utterance
        self.dimensions += self._ratings.dimensions

    def _rated(
        self,
        where: str,
        utterance: base.Utterance,
        row: Mapping[str, str],
        length: float,
    ) -> base.Utterance:
        """Reads an utterance's traces, and labels it with a hash of them.

        By the hash a run sees that the traces have changed.
        """
        rows.required(where, "split", row["split"])
        content = ""
        if row["split"] != "test" or row[TRACES] not in rows.UNSET:
            names = rows.required(where, TRACES, row[TRACES]).split(";")
            start, end = self._spans[utterance.id]
            content = self._ratings.read(
                where,
                utterance.id,
                [self.root / name.strip() for name in names],
                (start, length if end is None else end),
                length,
            )
        labels = {**utterance.labels, TRACES: content}
        return dataclasses.replace(utterance, labels=labels)

    def _check_labels(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self.dimensions = tuple(name for name in DIMENSIONS if name in table)
        if TRACES in table:
            self.label_hop = base.LABEL_HOP
            self._check_dimensions()
        if "emotion" in table:
            emotions = tuple(sorted(set(table["emotion"]) - set(rows.UNSET)))
            self.emotions = emotions if self._known is None else self._known
        elif self._known or not (self.dimensions or TRACES in table):
            wanted = "" if self._known else f", or one of {DIMENSIONS},"
            raise ValueError(
                f"{self.table}: the column emotion{wanted} must be there. "
                f"Received the columns: {', '.join(table)}"
            )

    def _check_dimensions(self) -> None:
        """Refuses numbers beside traces."""
        if self.dimensions:
            raise ValueError(
                f"{self.table}: arousal, valence and dominance must be in the "
                "files of the column traces, or columns of numbers, not both. "
                f"Received: {TRACES} and {', '.join(self.dimensions)}"
            )

    def _check_files(self, names: Iterable[str]) -> None:
        wanted = dict.fromkeys(names)
        missing = [n for n in wanted if n and not (self.root / n).is_file()]
        if missing:
            raise FileNotFoundError(
                f"{self.table}: {len(missing)} of {len(wanted)} recordings "
                f"are not in {self.root}: {tables.few(missing)}. Copy them "
                "there or take their rows out."
            )

    def _utterance(
        self, where: str, row: dict[str, str], span: tuple[float, float | None]
    ) -> base.Utterance:
        rest = dict(row)
        name = rest.pop("file")
        speaker = rows.required(where, "speaker", rest.pop("speaker"))
        split = rest.pop("split", "") or None
        if split is not None:
            rows.check_value(where, "split", split, base.SPLITS)
        return base.Utterance(
            id=name + rows.part(*span),
            speaker=speaker,
            files=(self.root / name,),
            split=split,
            labels=self._labels(where, rest),
        )

    def _labels(self, where: str, row: dict[str, str]) -> dict[str, Any]:
        labels: dict[str, Any] = {
            name: text
            for name, text in row.items()
            if name not in ("start", "end", *DIMENSIONS)
        }
        if "emotion" in row:
            rows.check_value(where, "emotion", row["emotion"], self.emotions)
        for name in self.dimensions:
            labels[name] = rows.number(where, name, row[name])
        return labels

    def _check_counts(self) -> None:
        self.expected = self._counts()
        super()._check_counts()
        partitions.check_speakers(self.table, self.utterances)
