"""Recordings with time-continuous labels: samples and their batches."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines import align, normalise
from pipelines.corpora.base import Corpus, Utterance
from pipelines.datasets import batching
from pipelines.datasets.audio import Recordings
from pipelines.features.cache import Cache, temporary_folder
from pipelines.stored import Array, Stored, hold, is_stored
from zoo.common.arguments import check_choice

if TYPE_CHECKING:
    import tensorflow as tf

NORMALISATIONS = ("speaker", "recording")
VERSION = "2"
"""Changes whenever the values of a front end do, as those of
`pipelines.features.extraction.FRONT_ENDS`."""


@dataclasses.dataclass(frozen=True)
class TraceSample:
    """Features of one recording and its traces, if it has any.

    Attributes:
        id: of the utterance.
        speaker: who speaks.
        features: (steps, values) float32, one step every 40 ms; read from
            disk where they are too large together for memory.
        traces: dimension to (steps,) float32; empty without labels.
    """

    id: str
    speaker: str
    features: Array
    traces: Mapping[str, np.ndarray]


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    frontend: str,
    normalisation: str = "speaker",
    progress: Callable[[int, int], None] | None = None,
    cache: str | Path | None = None,
) -> list[TraceSample]:
    """Reads recordings, extracts features, normalises, and fits the labels.

    Features that are too large together for memory
    (`pipelines.stored`) are kept in the cache.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted.
        frontend: a name in `zoo.frontends`.
        normalisation: "speaker" or "recording".
        progress: called with how many are done, of how many.
        cache: folder of a `pipelines.features.cache.Cache`; `None` for a
            temporary one.

    Raises:
        ValueError: a recording too short for one window, or labels of
            another length than its features.
    """
    check_choice("normalisation", normalisation, NORMALISATIONS)
    kept = _Kept(corpus, frontend, cache)
    features = hold(
        _counted(kept.features(utterances), len(utterances), progress),
        lambda place, rows: kept.store(utterances[place], rows),
    )
    if normalisation == "speaker":
        speakers = [utterance.speaker for utterance in utterances]
        features = normalise.by_speaker(features, speakers)
    else:
        features = normalise.by_recording(features)
    return [
        TraceSample(
            utterance.id,
            utterance.speaker,
            rows,
            _traces(corpus, utterance, len(rows)),
        )
        for utterance, rows in zip(utterances, features)
    ]


def _counted(
    features: Iterator[np.ndarray],
    count: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[np.ndarray]:
    for done, rows in enumerate(features, 1):
        yield rows
        if progress is not None:
            progress(done, count)


class _Kept:
    """Features on disk, of a corpus that memory does not hold.

    Those of a recording are found again by its content; those of several
    recordings together, which a corpus may cut and join, are not looked for.

    Args:
        corpus: what the utterances belong to.
        frontend: a name in `zoo.frontends`.
        cache: folder; `None` for one that goes when the process ends.
    """

    def __init__(self, corpus: Corpus, frontend: str, cache: str | Path | None):
        self._corpus = corpus
        self._frontend = frontend
        self._folder = cache

    def features(self, utterances: Sequence[Utterance]) -> Iterator[np.ndarray]:
        """Yields the features of utterances, from the cache or extracted."""
        paths = self._found(utterances)
        missing = [u for u, path in zip(utterances, paths) if path is None]
        recordings = Recordings(missing, self._corpus.waveform)
        extracted = recordings.features(self._frontend)
        for path in paths:
            yield next(extracted) if path is None else self._cache().read(path)

    def store(self, utterance: Utterance, rows: np.ndarray) -> Stored:
        """Writes features, and returns what reads them again."""
        cache = self._cache()
        if len(utterance.files) == 1:
            path = self._path(utterance)
            if not path.exists():
                cache.put(path, rows)
            return Stored(
                functools.partial(cache.read, path), rows.shape, rows.dtype
            )
        read = cache.keep(rows, self._frontend)
        return Stored(read, rows.shape, rows.dtype)

    def _found(self, utterances: Sequence[Utterance]) -> list[Path | None]:
        """Returns the file of each utterance's features, where there is one."""
        if self._folder is None or not self._cache().has(self._frontend):
            return [None] * len(utterances)
        paths = [
            self._path(utterance) if len(utterance.files) == 1 else None
            for utterance in utterances
        ]
        return [path if path and path.exists() else None for path in paths]

    def _path(self, utterance: Utterance) -> Path:
        (recording,) = utterance.files
        span = self._corpus.span(utterance)
        return self._cache().path(recording, self._frontend, VERSION, span)

    def _cache(self) -> Cache:
        if self._folder is None:
            self._folder = temporary_folder()
        return Cache(self._folder)


def _traces(
    corpus: Corpus, utterance: Utterance, steps: int
) -> dict[str, np.ndarray]:
    if not corpus.has_traces(utterance):
        return {}
    return {
        dimension: align.fit_to_steps(
            trace, steps, f"{utterance.id}, {dimension}"
        )
        for dimension, trace in corpus.traces(utterance).items()
    }


def batches(
    samples: Sequence[TraceSample],
    dimensions: Sequence[str],
    batch_size: int = 1,
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Returns batches for `fit`, `evaluate` and `predict`.

    Args:
        samples: all with traces of `dimensions`.
        dimensions: names of the targets.
        batch_size: recordings a batch, padded at the end to the longest.
        shuffle_seed: as for `pipelines.datasets.batching.stream`.
        first_epoch: as for `pipelines.datasets.batching.stream`.

    Returns:
        Elements (inputs, targets, weights): inputs are {"features": (B, T, F)
        float32, "lengths": (B,) int32}; targets and weights have for each
        dimension an array (B, T) float32, the weights being 0 in padding.

    Raises:
        ValueError: no samples.
    """
    import tensorflow as tf

    if not samples:
        raise ValueError("`samples` must hold at least one recording.")

    def batch(indices: np.ndarray) -> tuple[Any, ...]:
        return _batch([samples[index] for index in indices], dimensions)

    rows = {
        dimension: tf.TensorSpec((None, None), tf.float32)
        for dimension in dimensions
    }
    inputs = batching.input_signature(samples[0].features.shape[1:])
    return batching.stream(
        batch,
        (inputs, rows, rows),
        len(samples),
        batch_size,
        shuffle_seed,
        first_epoch,
        is_stored=is_stored(sample.features for sample in samples),
    )


def _batch(
    samples: Sequence[TraceSample], dimensions: Sequence[str]
) -> tuple[Any, ...]:
    for sample in samples:
        batching.check_labels(sample.id, dimensions, list(sample.traces))
    inputs = batching.padded_inputs([sample.features for sample in samples])
    targets = {
        dimension: batching.padded(
            [sample.traces[dimension] for sample in samples]
        )
        for dimension in dimensions
    }
    ones = [np.ones(length, "float32") for length in inputs["lengths"]]
    weights = batching.padded(ones)
    return inputs, targets, {dimension: weights for dimension in dimensions}
