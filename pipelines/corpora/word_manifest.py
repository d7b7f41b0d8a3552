"""Reads any words with features listed in a table, or makes the features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.corpora import (
    base,
    emotion_base,
    word_base,
)
from pipelines.corpora._io import partitions, rows, tables
from pipelines.corpora._io.word_sources import (
    FeatureFiles,
    Row,
    Sequences,
    Shapes,
    Source,
    Speech,
    checked_values,
    listed,
)
from pipelines.features.word_voice import VOICES
from zoo.common.arguments import check_choice, check_names

TABLE = "words.csv"
_NEEDED = ("segment", "speaker")
_RESERVED = (*_NEEDED, "split", "features", "file", "words", "start", "end")


class WordManifest(word_base.WordCorpus):
    """Your own words with features, listed and labelled in a CSV file.

    A row is a segment of speech. Columns: `segment`, its id; `speaker`;
    `split` ("train", "dev", "test"), without which speakers are dealt to
    partitions (`_io/partitions.py`); and one of numbers for each label.
    The features of its words, all modalities or some, come from

    - `features`: an `.npz` or HDF5 file with arrays text, audio and video,
      (words, values) each, aligned with the words;
    - the options `text`, `audio` and `video`: `.csd` files that know the
      segments by their ids;
    - `file` and `words`: a recording and the times of its words (CSV,
      TextGrid, CTM), of which the options `voice` and `glove` make audio and
      text. `start` and `end` say which part of the recording is the segment,
      as in `manifest.csv`.

    Files in the table are relative to its folder or absolute. The numbers of
    values are those of the data, the same in all rows. A row of NaN is a word
    without that modality.

    Args:
        root: the table, or a folder with `words.csv`.
        labels: columns to predict; by default all that are not named above.
        scale: lowest and highest value of the labels; by default those in
            the table.
        text, audio, video: a `.csd` file of that modality.
        voice: "egemaps" or "log_mel", whose frames are averaged over words.
        glove: word vectors in GloVe's text format, which may be compressed.
        tier: name of the tier of words in TextGrids.
        cache: folder where frames of eGeMAPS or log Mel energies are kept.
        partial: whether to read what is there of an incomplete copy.

    Raises:
        FileNotFoundError: the table or a file in it is missing.
        ValueError: an option or a column is wrong, or a row or a file is
            invalid; the message names its line.
    """

    name = "word_manifest"
    partition = "split of the table"
    title = "your own words with features, listed in a table"
    citation = "the one that your recordings ask for"
    terms = "those of your recordings"
    source = "write words.csv"
    layout = (
        "words.csv with the columns segment, speaker, one of numbers for each "
        "label, and features (.npz or HDF5 files with arrays text, audio, "
        "video) or file and words (recordings and their word times); and, "
        "where there are fixed partitions, split (train, dev, test)."
    )
    dimensions: tuple[str, ...] = ()
    modalities: Mapping[str, int] = {}
    rating_scale = (-math.inf, math.inf)
    expected: Mapping[str, int] = {}

    def __init__(
        self,
        root: str | Path,
        labels: Sequence[str] | None = None,
        scale: Sequence[str] | Sequence[float] | None = None,
        text: str | None = None,
        audio: str | None = None,
        video: str | None = None,
        voice: str | None = None,
        glove: str | None = None,
        tier: str | None = None,
        cache: str | None = None,
        partial: bool = False,
    ):
        if labels is not None:
            check_names("labels", labels, ["sentiment"])
        if voice is not None:
            check_choice("voice", voice, VOICES)
        self._labels = labels
        self._scale = None if scale is None else word_base.checked_scale(scale)
        paths = {"t": text, "a": audio, "v": video}
        self._csd = {
            letter: Path(name).expanduser()
            for letter, name in paths.items()
            if name is not None
        }
        self._made = (voice, _path(glove), tier, _path(cache))
        self._dealt: dict[str, str] = {}
        self._sources: list[Source] = []
        self._speech: Speech | None = None
        self._source_of: dict[str, Source] = {}
        path = Path(root).expanduser()
        self.table = path if path.is_file() else path / TABLE
        super().__init__(path.parent if path.is_file() else path, partial)

    def _read(self) -> Iterable[base.Utterance]:
        table = tables.read_csv(self.table, _NEEDED, others=True)
        self._check_labels(table)
        if "split" not in table:
            self.partition = partitions.DEALT
            self._dealt = partitions.deal(self.table, table["speaker"])
        self._open_sources(table)
        utterances = [self._utterance(row) for row in self._rows(table)]
        if self._speech is not None:
            for segment, count in self._speech.load_vectors().items():
                self.warn("words without a vector, zeros", segment, count)
        if utterances and self._scale is None:
            values = [v for u in utterances for v in u.labels.values()]
            self._scale = word_base.checked_scale((min(values), max(values)))
        self.rating_scale = self._scale or self.rating_scale
        return utterances

    def _check_labels(self, table: Mapping[str, Any]) -> None:
        others = [name for name in table if name not in _RESERVED]
        self.dimensions = tuple(self._labels or others)
        missing = [name for name in self.dimensions if name not in others]
        if missing or not others:
            raise ValueError(
                f"{self.table}: there must be a column for each label. "
                f"Missing: {', '.join(missing) or 'all'}. Received the "
                f"columns: {', '.join(table)}"
            )

    def _open_sources(self, table: Mapping[str, Any]) -> None:
        """Opens what the columns and the options say features come from."""
        is_made = self._made[:2] != (None, None)
        if is_made and not {"file", "words"} <= set(table):
            raise ValueError(
                f"{self.table}: the options voice and glove need the columns "
                f"file and words. Received the columns: {', '.join(table)}"
            )
        if is_made:
            self._speech = Speech(*self._made)
            self._sources.append(self._speech)
        if "features" in table:
            self._sources.append(FeatureFiles())
        if self._csd:
            self._sources.append(Sequences(self._csd))
        if not self._sources:
            raise ValueError(
                f"{self.table}: features must come from the column features, "
                "from .csd files (options text, audio, video), or from the "
                "columns file and words (options voice, glove). Received the "
                f"columns: {', '.join(table)}, and none of these options"
            )

    def _rows(self, table: Mapping[str, tuple[str, ...]]) -> Iterator[Row]:
        """Yields the rows whose files are there."""
        columns = [name for own in self._sources for name in own.columns]
        names = {name for column in columns for name in table[column] if name}
        there = {name for name in names if (self.root / name).is_file()}
        there = {"", *self._available(self.root, names, there)}
        segments = {*table["segment"]}
        for source in self._sources:
            if isinstance(source, Sequences):
                held = segments & source.segments
                segments = self._available(source.folder, segments, held)
        for line, texts in enumerate(zip(*table.values()), start=2):
            cells = dict(zip(table, texts))
            is_there = all(cells[column] in there for column in columns)
            if is_there and cells["segment"] in segments:
                where = f"{self.table}, line {line}"
                segment = rows.required(where, "segment", cells["segment"])
                yield Row(where, segment, cells, self.root)

    def _utterance(self, row: Row) -> base.Utterance:
        where, cells = row.where, row.cells
        speaker = rows.required(where, "speaker", cells["speaker"])
        split = cells.get("split", self._dealt.get(speaker, ""))
        emotion_base.check_value(where, "split", split, base.SPLITS)
        labels = {name: self._label(row, name) for name in self.dimensions}
        shapes: dict[str, tuple[int, int]] = {}
        for source in self._sources:
            own = source.add(row)
            for letter in own:
                if letter in shapes:
                    raise ValueError(
                        f"{where}: a modality must come from one source. "
                        f"Received: {word_base.MODALITIES[letter]} from two"
                    )
            shapes.update(own)
            self._source_of.update(dict.fromkeys(own, source))
        self._check_shapes(where, shapes)
        files = self._sources[0].files(row)
        return base.Utterance(row.segment, speaker, files, split, labels)

    def _label(self, row: Row, name: str) -> float:
        value = rows.number(row.where, name, row.cells[name])
        low, high = self._scale or self.rating_scale
        if not low <= value <= high:
            raise ValueError(
                f"{row.where}: {name} must lie on the scale from {low:g} to "
                f"{high:g}. Received: {value:g}"
            )
        return value

    def _check_shapes(self, where: str, shapes: Shapes) -> None:
        """Refuses modalities of several lengths, or other than before."""
        values = checked_values(where, shapes)
        self.modalities = self.modalities or values
        if values != self.modalities:
            raise ValueError(
                f"{where}: every segment must have the same modalities and "
                f"numbers of values, here {listed(self.modalities)}. "
                f"Received: {listed(values)}. Write rows of NaN where a "
                "modality is missing."
            )

    def _check_counts(self) -> None:
        if not self.utterances:
            raise ValueError(
                f"{self.table}: there must be a segment whose files are "
                f"there. Missing: {tables.few(self.missing)}"
            )
        self.expected = self._counts()
        super()._check_counts()
        partitions.check_speakers(self.table, self.utterances)

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        letters = word_base.order_modalities(modalities, self.modalities)
        features: dict[str, np.ndarray] = {}
        for source in self._sources:
            own = "".join(n for n in letters if self._source_of[n] is source)
            if own:
                features.update(source.read(self, utterance, own))
        return {letter: features[letter] for letter in letters}

    def text(self, utterance: base.Utterance) -> np.ndarray:
        if self._speech is None:
            return super().text(utterance)
        return self._speech.texts(utterance.id)

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        if self._speech is None:
            return super().span(utterance)
        return self._speech.spans[utterance.id]

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        """Reads the audio of a segment, as of `Corpus.waveform`.

        Raises:
            ValueError: the table has features and no recordings.
        """
        if self._speech is None:
            return super().waveform(utterance, rate)
        return base.Corpus.waveform(self, utterance, rate)

    def summary(self) -> str:
        low, high = self.rating_scale
        return (
            f"{super().summary()}\nlabels: {', '.join(self.dimensions)} in "
            f"[{low:g}, {high:g}]\nvalues of a word: "
            f"{listed(self.modalities)}"
        )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name).expanduser()
