"""Word-aligned features with labels: samples and their batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.corpora.base import Utterance
from pipelines.corpora.word_base import WordCorpus, order_modalities
from pipelines.datasets import batching, word_cache

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class WordSample:
    """The words of one segment as the corpus has them, cleaned.

    Attributes:
        id: of the utterance.
        speaker: who speaks, or the video.
        features: letter of a modality to (words, values) float32; a row is
            finite, or all NaN where the word lacks the modality.
        text: the words as text, (words,); `None` where it was not read.
        labels: of the whole segment, by name.
        cleaned: number of values that were NaN or infinite and are now zero.
    """

    id: str
    speaker: str
    features: Mapping[str, np.ndarray]
    text: np.ndarray | None
    labels: Mapping[str, float]
    cleaned: int

    @property
    def missing(self) -> dict[str, int]:
        """Letter of a modality to the number of words that lack it, if any."""
        counts = {
            letter: int(np.isnan(rows[:, 0]).sum())
            for letter, rows in self.features.items()
        }
        return {letter: count for letter, count in counts.items() if count}


@dataclasses.dataclass(frozen=True)
class WordInputs:
    """Model input and labels of one segment, made by `WordFeatures`.

    Attributes:
        id: of the utterance.
        speaker: who speaks, or the video.
        parts: (words, values) float32 of each modality but one-hot words.
        ids: indices of the words in the vocabulary, (words,), -1 for a word
            that is not in it; `None` without one-hot words.
        vocabulary_size: number of values of a one-hot word.
        labels: of the whole segment, by name.
    """

    id: str
    speaker: str
    parts: tuple[np.ndarray, ...]
    ids: np.ndarray | None
    vocabulary_size: int
    labels: Mapping[str, float]

    @property
    def length(self) -> int:
        """Number of words."""
        return len(self.parts[0] if self.ids is None else self.ids)

    @property
    def dense(self) -> np.ndarray:
        """(words, values) float32, all features but one-hot words.

        They are joined on demand, since the parts may lie in a mapped file.
        """
        if len(self.parts) == 1:
            return self.parts[0]
        empty = np.empty((self.length, 0), "float32")
        return np.concatenate([empty, *self.parts], axis=1)

    @property
    def features(self) -> np.ndarray:
        """(words, values) float32: one-hot words if any, then the rest."""
        if self.ids is None:
            return self.dense
        one_hot = self.ids[:, None] == np.arange(self.vocabulary_size)
        return np.concatenate([one_hot, self.dense], axis=1, dtype="float32")


def read(
    corpus: WordCorpus,
    utterances: Sequence[Utterance],
    modalities: str,
    with_text: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cache: str | Path | None = None,
) -> list[WordSample]:
    """Reads the words of segments, NaN and infinite values set to zero.

    A row whose values are all NaN stays: the word lacks that modality.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted; the corpus' own order is fastest.
        modalities: letters of the modalities to read.
        with_text: whether to read the words as text too.
        progress: called with how many are done, of how many.
        cache: folder where words that are aligned slowly are kept
            (`pipelines.datasets.word_cache`), from which their features are
            mapped into memory; `None` for features in memory.

    Raises:
        FileNotFoundError: text that this copy does not have.
        ValueError: modalities that the corpus does not have, or a broken
            file.
    """
    letters = order_modalities(modalities, corpus.modalities)
    report = progress or (lambda done, of: None)
    samples = []
    if cache is not None and corpus.alignment and utterances:
        segments = word_cache.cached_words(
            Path(cache), corpus, utterances, letters, report
        )
    else:
        segments = (
            word_cache.finite_words(corpus, utterance, letters)
            for utterance in utterances
        )
    for done, (utterance, (features, cleaned)) in enumerate(
        zip(utterances, segments), 1
    ):
        text = corpus.text(utterance) if with_text else None
        samples.append(
            WordSample(
                utterance.id,
                utterance.speaker,
                features,
                text,
                utterance.labels,
                cleaned,
            )
        )
        report(done, len(utterances))
    return samples


def batches(
    samples: Sequence[WordInputs],
    outputs: Mapping[str, Sequence[str]],
    batch_size: int = 64,
    steps: int | None = None,
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Returns batches for `fit`, `evaluate` and `predict`.

    Args:
        samples: all with the same number of features.
        outputs: name of a model's output to the names of its labels.
        batch_size: segments a batch.
        steps: words to pad to at the end; `None` pads to the longest segment
            of each batch.
        shuffle_seed: as for `pipelines.datasets.batching.stream`.
        first_epoch: as for `pipelines.datasets.batching.stream`.

    Returns:
        Elements (inputs, targets): inputs are {"features": (B, T, F) float32,
        "lengths": (B,) int32}; targets have for each output an array
        (B, labels) float32.

    Raises:
        ValueError: no samples, one without some label, or one longer than
            `steps`.
    """
    import tensorflow as tf

    _check(samples, outputs, steps)
    targets = {
        output: tf.TensorSpec((None, len(names)), tf.float32)
        for output, names in outputs.items()
    }

    def batch(indices: np.ndarray) -> tuple[Any, ...]:
        return _batch([samples[index] for index in indices], outputs, steps)

    inputs = batching.input_signature(samples[0].features.shape[1:], steps)
    return batching.stream(
        batch,
        (inputs, targets),
        len(samples),
        batch_size,
        shuffle_seed,
        first_epoch,
    )


def _batch(
    samples: Sequence[WordInputs],
    outputs: Mapping[str, Sequence[str]],
    steps: int | None,
) -> tuple[Any, ...]:
    targets = {
        output: np.array(
            [[sample.labels[name] for name in names] for sample in samples],
            "float32",
        )
        for output, names in outputs.items()
    }
    features = [sample.features for sample in samples]
    return batching.padded_inputs(features, steps), targets


def _check(
    samples: Sequence[WordInputs],
    outputs: Mapping[str, Sequence[str]],
    steps: int | None,
) -> None:
    if not samples:
        raise ValueError("`samples` must hold at least one segment.")
    names = sorted({name for names in outputs.values() for name in names})
    for sample in samples:
        batching.check_labels(sample.id, names, list(sample.labels))
        words = sample.length
        if steps is not None and words > steps:
            raise ValueError(
                f"`steps` must be at least {words}, the words of {sample.id}. "
                f"Received: steps={steps}"
            )
