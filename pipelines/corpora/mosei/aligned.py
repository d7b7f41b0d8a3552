"""Reads CMU-MOSEI's word-aligned arrays from a pickle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.corpora import base, word_base
from pipelines.corpora._io import partitions, pickles
from pipelines.corpora._io.pickled_arrays import Array
from pipelines.corpora.mosei import labels as mosei_labels
from pipelines.corpora.mosei.corpus import Mosei

FILE = "mosei_senti_data.pkl"
_PARTS = {"train": "train", "dev": "valid", "test": "test"}
_ARRAYS = {"t": "text", "a": "audio", "v": "vision"}


class MoseiAligned(word_base.WordCorpus):
    """Segments of CMU-MOSEI as arrays of a fixed number of words.

    The file is a pickle of {"train", "valid", "test"}, each with the arrays
    `text` (segments, words, 300), `audio` (segments, words, 74), `vision`
    (segments, words, 35), `labels` (segments, 1, 1) and, if they are there,
    `id`s: video, start and end. No code of the pickle is run.

    Words that are zero in every value of every modality, before the first or
    after the last other word, are padding and left out; one word is always
    kept. Segments whose sentiment is not a number in [-3, 3] are left out,
    counted and named in `warnings`.

    Args:
        root: folder of the copy.
        file: name of the pickle in it.
        partial: as for `Corpus`; whether some of the parts may be missing.
    """

    name = "mosei_aligned"
    title = "CMU-MOSEI as arrays of 50 words a segment, sentiment only"
    citation = Mosei.citation
    terms = Mosei.terms
    source = (
        "passed on with https://github.com/yaohungt/Multimodal-Transformer; "
        "its owners do not distribute it"
    )
    layout = f"{FILE}, or the file that the option file=NAME names."
    partition = "split of the file"
    dimensions = mosei_labels.TASKS["sentiment"]
    rating_scale = mosei_labels.RANGES["sentiment"]
    modalities = Mosei.modalities
    expected: Mapping[str, int] = {}

    def __init__(
        self, root: str | Path, file: str = FILE, partial: bool = False
    ):
        self.file = file
        self._rows: dict[str, tuple[str, int]] = {}
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        path = self.root / self.file
        content = pickles.load(path)
        parts = content if isinstance(content, dict) else {}
        there = self._available(
            path, _PARTS.values(), {*parts} & {*_PARTS.values()}
        )
        self._arrays: dict[str, dict[str, np.ndarray]] = {}
        for split, part in _PARTS.items():
            if part in there:
                yield from self._read_part(path, split, part, parts[part])

    def _read_part(
        self, path: Path, split: str, part: str, arrays: Any
    ) -> Iterable[base.Utterance]:
        if not isinstance(arrays, dict):
            raise ValueError(f"{path}: {part!r} must be a dictionary of arrays")
        where = f"{path}: {part!r}"
        ratings = _labels(where, arrays.get("labels"))
        self._arrays[split] = _features(
            where, arrays, len(ratings), self.modalities
        )
        videos = _videos(where, arrays.get("id"), len(ratings))
        low, high = self.rating_scale
        for row, rating in enumerate(ratings.tolist()):
            name = f"{part}_{row:05d}"
            if not low <= rating <= high:
                self.warn("segments left out, labels not in range", name)
                continue
            self._rows[name] = (split, row)
            yield base.Utterance(
                id=name,
                speaker=videos[row] or name,
                files=(path,),
                split=split,
                labels={"sentiment": rating},
            )

    def _check_counts(self) -> None:
        # Copies differ by the segments that were left out.
        self.expected = self._counts()
        super()._check_counts()
        if not self.utterances:
            problems = "; ".join(self.warning_lines())
            raise ValueError(
                f"{self.root / self.file}: there must be at least one usable "
                f"segment. Received: {problems}"
            )
        partitions.check_speakers(self.root / self.file, self.utterances)

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        letters = word_base.order_modalities(modalities, self.modalities)
        split, row = self._rows[utterance.id]
        streams = {
            name: rows[row] for name, rows in self._arrays[split].items()
        }
        first, last = padding(streams)
        with np.errstate(over="ignore"):
            return {
                name: streams[name][first:last].astype(np.float32)
                for name in letters
            }


def padding(streams: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """Finds the words of a segment that are no padding.

    Args:
        streams: letter to (words, values), at least one word.

    Returns:
        Index of the first word, and of the one after the last. The last row is
        a word where all are zero.

    Example:
        >>> padding({"t": np.array([[0.0], [0.0], [2.0], [0.0], [1.0], [0.0]])})
        (2, 5)
    """
    is_word = np.any([rows.any(axis=1) for rows in streams.values()], axis=0)
    indices = np.flatnonzero(is_word)
    if not len(indices):
        return len(is_word) - 1, len(is_word)
    return int(indices[0]), int(indices[-1]) + 1


def _labels(where: str, labels: Any) -> np.ndarray:
    """Returns the sentiment of each segment, (segments,) float64."""
    values = labels.values if isinstance(labels, Array) else np.empty(0)
    is_flat = values.ndim and values.size == len(values)
    if values.dtype.kind not in "fiu" or not is_flat or not values.size:
        raise ValueError(
            f"{where} must have `labels` of the shape (segments, 1, 1), one "
            f"sentiment a segment. Received: {_shape(labels)}"
        )
    return values.reshape(-1).astype(np.float64)


def _features(
    where: str,
    arrays: Mapping[str, Any],
    segments: int,
    modalities: Mapping[str, int],
) -> dict[str, np.ndarray]:
    """Returns the features by letter, each (segments, words, values)."""
    text = arrays.get("text")
    words = text.values.shape[1:2] if isinstance(text, Array) else ()
    features = {}
    for letter, values in modalities.items():
        name = _ARRAYS[letter]
        array = arrays.get(name)
        wanted = (segments, *words, values)
        if not _is_numbers(array, wanted):
            raise ValueError(
                f"{where} must have {name!r} as an array of the shape "
                f"(segments, words, {values}), with as many segments as "
                f"labels, {segments}, and as many words in every modality. "
                f"Received: {_shape(array)}. Take the file of aligned words."
            )
        features[letter] = arrays[name].values
    return features


def _is_numbers(array: Any, shape: tuple[int, ...]) -> bool:
    """Whether something is an array of numbers, of a shape and not empty."""
    if not isinstance(array, Array) or 0 in shape:
        return False
    return array.values.dtype.kind in "fiu" and array.values.shape == shape


def _videos(where: str, ids: Any, segments: int) -> list[str]:
    """Returns the video of each segment; "" where there are no ids."""
    if ids is None:
        return [""] * segments
    rows = ids.values.tolist() if isinstance(ids, Array) else ids
    if not isinstance(rows, list) or len(rows) != segments:
        raise ValueError(
            f"{where} must have as many `id`s as labels, {segments}. Received: "
            f"{_shape(ids)}"
        )
    return [_video(where, row) for row in rows]


def _video(where: str, row: Any) -> str:
    first = row[0] if isinstance(row, (list, tuple)) and row else row
    if isinstance(first, (bytes, memoryview)):
        first = str(first, "utf-8", "replace")
    if not isinstance(first, str) or not first:
        raise ValueError(
            f"{where} must have `id`s that begin with the video's name. "
            f"Received: a {type(first).__name__}"
        )
    return re.split(r"\[|\$_\$", first)[0] or first


def _shape(value: Any) -> str:
    if isinstance(value, Array):
        return f"{value.values.dtype} of shape {value.values.shape}"
    return "nothing" if value is None else f"a {type(value).__name__}"
