"""Where the features of one's own words come from, one class a way.

Each takes the rows of a table one after the other and says which modalities a
segment has and how large they are, before any values are read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipelines import align
from pipelines.audio import reader
from pipelines.corpora import base, word_base
from pipelines.corpora._io import csd, glove, rows, word_arrays
from pipelines.corpora._io.word_times import WordTimes, WordTimesReader
from pipelines.features import extraction, word_voice

Shapes = Mapping[str, tuple[int, int]]
"""Letter of a modality to (words, values)."""


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        where: file and line, for errors.
        segment: its id.
        cells: text by column.
        root: folder that its files are relative to.
    """

    where: str
    segment: str
    cells: Mapping[str, str]
    root: Path

    def path(self, column: str) -> Path:
        """Returns the file in a column, which must not be empty."""
        name = rows.required(self.where, column, self.cells[column])
        return self.root / name


class Source:
    """Features of some modalities of segments.

    Attributes:
        columns: of the table that name files.
    """

    columns: ClassVar[Sequence[str]] = ()

    def add(self, row: Row) -> Shapes:
        """Takes a segment; returns the shapes of its modalities.

        Raises:
            FileNotFoundError, ValueError: its files are missing or invalid.
        """
        raise NotImplementedError

    def files(self, row: Row) -> tuple[Path, ...]:
        """Returns the files of a segment."""
        raise NotImplementedError

    def read(
        self, corpus: base.Corpus, utterance: base.Utterance, letters: str
    ) -> dict[str, np.ndarray]:
        """Returns features: letter to (words, values) float32."""
        raise NotImplementedError


class FeatureFiles(Source):
    """Features in a file for each segment, as `word_arrays` reads them."""

    columns = ("features",)

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def add(self, row: Row) -> Shapes:
        path = self._paths[row.segment] = row.path("features")
        return word_arrays.shapes(path)

    def files(self, row: Row) -> tuple[Path, ...]:
        return (row.path("features"),)

    def read(
        self, corpus: base.Corpus, utterance: base.Utterance, letters: str
    ) -> dict[str, np.ndarray]:
        return word_arrays.read(self._paths[utterance.id], letters)


class Sequences(Source):
    """Features of all segments in `.csd` files, one a modality.

    Args:
        paths: letter of a modality to its file, which knows the segments by
            their ids and has a row for each word.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no `.csd` file.
    """

    def __init__(self, paths: Mapping[str, Path]):
        self._files = {
            letter: csd.ComputationalSequence(path)
            for letter, path in paths.items()
        }
        self.folder = next(iter(paths.values())).parent
        self.segments = set.intersection(
            *({*file.videos} for file in self._files.values())
        )

    def add(self, row: Row) -> Shapes:
        return {
            letter: file.shape(row.segment)
            for letter, file in self._files.items()
        }

    def files(self, row: Row) -> tuple[Path, ...]:
        return tuple(file.path for file in self._files.values())

    def read(
        self, corpus: base.Corpus, utterance: base.Utterance, letters: str
    ) -> dict[str, np.ndarray]:
        with np.errstate(over="ignore"):  # infinite values are counted later
            return {
                letter: self._files[letter].features(utterance.id).astype("f4")
                for letter in letters
            }


class Speech(Source):
    """Features made from recordings and the times of their words.

    Args:
        voice: a name in `word_voice.VOICES`, for the modality audio, or
            `None`.
        vectors: a file of word vectors (`glove`), for text, or `None`.
        tier: of TextGrids, as of `WordTimesReader`.
        cache: folder where frames are kept, or `None`.

    Attributes:
        spans: segment to its start and end in the recording, in seconds.

    Raises:
        FileNotFoundError, ValueError: of the file of vectors.
    """

    columns = ("file", "words")

    def __init__(
        self,
        voice: str | None,
        vectors: Path | None,
        tier: str | None,
        cache: Path | None,
    ):
        self._values: dict[str, int] = {}
        if vectors is not None:
            self._values["t"] = glove.dimension(vectors)
        if voice is not None:
            self._voice = word_voice.VOICES[voice]
            self._values["a"] = self._voice.values
        self._path, self._cache = vectors, cache
        self._reader = WordTimesReader(tier)
        self._words: dict[str, WordTimes] = {}
        self._vectors: dict[str, np.ndarray] = {}
        self._lengths: dict[Path, float] = {}
        self.spans: dict[str, tuple[float, float | None]] = {}

    def add(self, row: Row) -> Shapes:
        recording, words = row.path("file"), row.path("words")
        if recording not in self._lengths:
            self._lengths[recording] = reader.duration(recording)
        seconds = self._lengths[recording]
        start, end = rows.span(row.where, row.cells, seconds)
        self.spans[row.segment] = (start, end)
        end = seconds if end is None else end
        spoken = self._reader.read(words, recording.stem, seconds)
        (own,) = align.words_of_segments([[start, end]], spoken.times)
        if not len(own):
            raise ValueError(
                f"{row.where}: a segment must have words. Received: none from "
                f"{start:g} to {end:g} s in {words}. Take the row out."
            )
        self._words[row.segment] = WordTimes(
            tuple(spoken.words[index] for index in own),
            np.clip(spoken.times[own], start, end) - start,
        )
        return {
            letter: (len(own), values)
            for letter, values in self._values.items()
        }

    def files(self, row: Row) -> tuple[Path, ...]:
        return (row.path("file"),)

    def load_vectors(self) -> dict[str, int]:
        """Reads the vectors of all words that were added.

        Returns:
            Segment to its number of words without a vector, if any.
        """
        if self._path is None:
            return {}
        words = {word for own in self._words.values() for word in own.words}
        self._vectors = glove.read(self._path, words)
        counts = {
            segment: sum(word not in self._vectors for word in own.words)
            for segment, own in self._words.items()
        }
        return {segment: count for segment, count in counts.items() if count}

    def texts(self, segment: str) -> np.ndarray:
        """Returns the words of a segment as text, (words,)."""
        return np.array(self._words[segment].words, dtype=str)

    def read(
        self, corpus: base.Corpus, utterance: base.Utterance, letters: str
    ) -> dict[str, np.ndarray]:
        make = {"t": self._text, "a": self._audio}
        return {letter: make[letter](corpus, utterance) for letter in letters}

    def _text(
        self, corpus: base.Corpus, utterance: base.Utterance
    ) -> np.ndarray:
        unknown = np.zeros(self._values["t"], "float32")
        words = self._words[utterance.id].words
        return np.stack([self._vectors.get(word, unknown) for word in words])

    def _audio(
        self, corpus: base.Corpus, utterance: base.Utterance
    ) -> np.ndarray:
        (frames,) = extraction.extract(
            corpus, [utterance], self._voice.front_end, self._cache
        )
        start, end = self.spans[utterance.id]
        (recording,) = utterance.files
        end = self._lengths[recording] if end is None else end
        times = self._words[utterance.id].times
        return word_voice.word_means(frames, times, end - start, self._voice)


def checked_values(where: str, shapes: Shapes) -> dict[str, int]:
    """Returns the number of values of each modality, in their order.

    Args:
        where: file and line, for the error.
        shapes: of one segment.

    Raises:
        ValueError: the modalities have different numbers of words.

    Example:
        >>> checked_values("words.csv, line 2", {"a": (3, 25), "t": (3, 300)})
        {'t': 300, 'a': 25}
    """
    if len({words for words, _ in shapes.values()}) > 1:
        sizes = {letter: words for letter, (words, _) in shapes.items()}
        raise ValueError(
            f"{where}: every modality must have a row for each word. "
            f"Received the numbers of words: {listed(sizes)}"
        )
    letters = [name for name in word_base.MODALITIES if name in shapes]
    return {letter: shapes[letter][1] for letter in letters}


def listed(by_letter: Mapping[str, int]) -> str:
    """Lists modalities and their numbers as text, such as "audio 25"."""
    names = word_base.MODALITIES
    return ", ".join(
        f"{names[key]} {value}" for key, value in by_letter.items()
    )
