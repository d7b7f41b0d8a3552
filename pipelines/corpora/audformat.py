"""Reads databases in audformat: `db.yaml` with its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.audio import reader
from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import partitions, rows
from pipelines.corpora._io.audformat_database import Database, Key, Row, number
from pipelines.corpora._io.audformat_files import HEADER

EMOTION = "emotion"
DIMENSIONS = ("arousal", "valence", "dominance")
SPEAKER, GENDER = "speaker", "gender"


class Audformat(emotion_base.EmotionCorpus):
    """Any database in audformat with emotions or dimensions, and speakers.

    The chosen tables hold the utterances, as files or segments of files, and
    their labels. Labels and speakers are found by the name of a column, of its
    scheme, or of an entry in a scheme's labels, as the package's
    `Database.get` does; speakers, and their `gender`, in any table of the same
    files. Tables with the same utterances complete each other.

    A table's split ("train", "dev", "test"), or such a part of its name as in
    `emotion.train`, is the partition of its utterances. Utterances without a
    value of all labels and a speaker are left out; `left_out` counts them by
    what they lack.

    An utterance's id is its file as in the table, followed by its span
    ("a.wav@1.5-2.25") where it has one.

    Args:
        root: folder of the database, with `db.yaml`.
        tables: with the labels; by default the only one that has them, or all
            where each has a partition.
        emotion: column or scheme of the emotion; by default "emotion" where
            it exists.
        arousal: likewise, as are `valence` and `dominance`.
        speaker: column or scheme of the speaker.
        emotions: values that `emotion` may have, in the order of classes; by
            default those of the scheme that occur.

    Raises:
        FileNotFoundError: the header, a table or a recording is missing.
        ValueError: the header or a table is damaged, or a label, a speaker or
            a table is not there or ambiguous; or the package is missing.
    """

    name = "audformat"
    partition = "split of the database"
    title = "any database in audformat, db.yaml with its tables"
    citation = "the one that the database asks for"
    terms = "those of the database"
    source = "https://audeering.github.io/datasets, or your own"
    layout = (
        "db.yaml, the tables that it names (db.TABLE.csv or .parquet), and "
        "their recordings."
    )
    dimensions: tuple[str, ...] = DIMENSIONS
    expected: Mapping[str, int] = {}

    def __init__(
        self,
        root: str | Path,
        tables: Sequence[str] | None = None,
        emotion: str | None = None,
        arousal: str | None = None,
        valence: str | None = None,
        dominance: str | None = None,
        speaker: str = "speaker",
        emotions: Sequence[str] | None = None,
        partial: bool = False,
    ):
        self.tables = None if tables is None else tuple(tables)
        named = (emotion, arousal, valence, dominance)
        self._named = dict(zip((EMOTION, *DIMENSIONS), named))
        self._speaker = speaker
        self._known = None if emotions is None else tuple(emotions)
        self.left_out: Counter[str] = Counter()
        self._spans: dict[str, tuple[float, float | None]] = {}
        super().__init__(root, partial)

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        return self._spans[utterance.id]

    def _read(self) -> Iterable[base.Utterance]:
        database = Database(self.root)
        sources = self._sources(database)
        chosen = self._chosen(database, sources)
        rows: dict[Key, Row] = {}
        for table in chosen:
            self._collect(database, table, sources, rows)
        self._add_speakers(database, rows)
        wanted = (*sources, SPEAKER)
        complete = {
            key: row for key, row in rows.items() if self._has(row, wanted)
        }
        self._check_complete(complete)
        self.dimensions = tuple(name for name in DIMENSIONS if name in sources)
        if EMOTION in sources:
            order = database.labels(chosen[0], sources[EMOTION])
            self._set_emotions(complete, order)
        self._intact = len(complete)
        files = [file for file, _, _ in complete]
        existing = [file for file in files if (self.root / file).is_file()]
        available = self._available(self.root, files, existing)
        for key, row in complete.items():
            if key[0] in available:
                yield self._utterance(key, row)

    def _sources(self, database: Database) -> dict[str, str]:
        """Returns the name in the tables of each label that there is."""
        named = {label: name for label, name in self._named.items() if name}
        tables = self.tables or database.tables
        self._check_tables(database, tables)
        sources = named or {
            label: label
            for label in self._named
            if any(database.holds(table, label) for table in tables)
        }
        for label, name in sources.items():
            if not any(database.holds(table, name) for table in tables):
                raise self._unknown(database, label, f"{label}={name}")
        if not sources:
            raise self._unknown(database, "an emotion or a dimension", "none")
        return sources

    def _check_tables(self, database: Database, names: Sequence[str]) -> None:
        for name in names:
            emotion_base.check_value(
                str(self.root / HEADER), "a table", name, database.tables
            )

    def _unknown(
        self, database: Database, what: str, received: str
    ) -> ValueError:
        return ValueError(
            f"{self.root / HEADER}: {what} must be the name of a column or a "
            f"scheme in {', '.join(self.tables or database.tables)}. Known: "
            f"{', '.join(database.names())}. Received: {received}."
        )

    def _chosen(
        self, database: Database, sources: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Returns the tables to read labels from."""
        if self.tables is not None:
            return self.tables
        candidates = tuple(
            table
            for table in database.tables
            if any(database.holds(table, name) for name in sources.values())
        )
        partitions = map(database.partition, candidates)
        if len(candidates) > 1 and not all(partitions):
            raise ValueError(
                f"{self.root / HEADER}: `tables` must name the tables to read "
                f"{', '.join(sources)} from, since not all of those that have "
                f"them are of a partition: {', '.join(candidates)}."
            )
        return candidates

    def _collect(
        self,
        database: Database,
        table: str,
        sources: Mapping[str, str],
        rows: dict[Key, Row],
    ) -> None:
        """Adds the utterances of a table, with their labels."""
        split = database.partition(table)
        for label, name in sources.items():
            if not database.holds(table, name):
                continue
            for key, value in database.values(table, name).items():
                row = rows.setdefault(key, Row())
                where = f"{self.root / HEADER}, table {table}, {key[0]}"
                if label == EMOTION:
                    row.set(where, label, str(value))
                else:
                    row.set(where, label, number(where, value))
                if split and row.split not in (None, split):
                    raise ValueError(
                        f"{where}: an utterance must be in one partition. "
                        f"Received: {row.split} and {split}. Name some of the "
                        "tables with the option tables."
                    )
                row.split = split or row.split

    def _add_speakers(
        self, database: Database, rows: Mapping[Key, Row]
    ) -> None:
        """Adds speaker and gender, of the utterance or of its whole file."""
        if not any(
            database.holds(table, self._speaker) for table in database.tables
        ):
            raise self._unknown(database, SPEAKER, f"{SPEAKER}={self._speaker}")
        for label, name in ((SPEAKER, self._speaker), (GENDER, GENDER)):
            for table in database.tables:
                if not database.holds(table, name):
                    continue
                values = database.values(table, name)
                for key, row in rows.items():
                    value = values.get(key, values.get((key[0], 0.0, None)))
                    if value is not None:
                        where = f"{self.root / HEADER}, table {table}, {key[0]}"
                        row.set(where, label, str(value))

    def _has(self, row: Row, wanted: Iterable[str]) -> bool:
        """Returns whether all labels are there, and counts those that lack."""
        lacking = [name for name in wanted if name not in row.labels]
        self.left_out.update(lacking[:1])
        return not lacking

    def _check_complete(self, complete: Mapping[Key, Row]) -> None:
        if not complete:
            raise ValueError(
                f"{self.root / HEADER}: some utterance must have every label "
                f"and a speaker. Received: none; {self._about_left_out()}."
            )

    def _set_emotions(
        self, complete: Mapping[Key, Row], order: Sequence[str]
    ) -> None:
        present = {row.labels[EMOTION] for row in complete.values()}
        if self._known is not None:
            for emotion in sorted(present):
                emotion_base.check_value(
                    str(self.root / HEADER), EMOTION, emotion, self._known
                )
        elif not present <= {*order}:
            order = sorted(present)
        order = self._known or order
        self.emotions = tuple(name for name in order if name in present)

    def _utterance(self, key: Key, row: Row) -> base.Utterance:
        file, start, end = key
        if (start, end) != (0.0, None):
            length = reader.duration(self.root / file)
            last = length if end is None else end
            if not 0 <= start < last <= length + rows.TOLERANCE:
                raise ValueError(
                    f"{self.root / HEADER}: a segment must lie inside {file}, "
                    f"which lasts {length:g} s. Received: start={start}, "
                    f"end={end}"
                )
        name = file + rows.part(start, end)
        self._spans[name] = start, end
        labels = dict(row.labels)
        return base.Utterance(
            id=name,
            speaker=labels.pop(SPEAKER),
            files=(self.root / file,),
            split=row.split,
            labels=labels,
        )

    def _check_counts(self) -> None:
        self.expected = {**self._counts(), "utterances": self._intact}
        super()._check_counts()
        partitions.check_speakers(self.root / HEADER, self.utterances)

    def notes(self) -> list[str]:
        """Returns how many utterances are left out, for reports."""
        return [self._about_left_out()] if self.left_out else []

    def summary(self) -> str:
        """Returns the counts of this copy, and of what is left out."""
        return "\n".join([super().summary(), *self.notes()])

    def _about_left_out(self) -> str:
        counts = ", ".join(
            f"{count:,} without {name}" for name, count in self.left_out.items()
        )
        return f"utterances left out: {counts or 'none'}"
