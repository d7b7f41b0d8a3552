"""Model inputs from words: joins modalities, truncates, fits scaling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn import preprocessing

from pipelines.corpora.word_base import MODALITIES, order_modalities
from pipelines.datasets.words import WordInputs, WordSample
from zoo.common.arguments import check_choice, check_whole

MAXLENS = (15, 20, 25, 30)
"""Numbers of words kept of a segment: the paper's grid (section 4.4)."""

VOCABULARY_SIZE = 1000
BLOCK = 4096
"""Segments whose features are scaled together."""
SCALINGS: Mapping[str, Callable[[], Any]] = {
    "max_abs": preprocessing.MaxAbsScaler,
    "z": preprocessing.StandardScaler,
}
TEXTS = ("glove", "one_hot", "both")


class WordFeatures:
    """Turns word samples into model inputs, fitted on the training samples.

    Of a segment the last `maxlen` words are kept, as in the SDK and in the
    authors' code. (Both also pad in front; here arrays are padded at the end
    and travel with their lengths, and a network that needs its padding in
    front moves it.) A vector of zeros is data.

    Features are not scaled here. The offset and scale of each audio and video
    feature are fitted on the words of the training samples and handed to the
    network (`zoo.layers.Scaling`), which saves them with its weights: the
    largest absolute value, "max_abs", as in the authors' code, or mean and
    standard deviation, "z". A feature that does not vary is not scaled, nor
    are word vectors, as in the authors' code.

    Args:
        samples: the training samples, at least one.
        modalities: letters in any order; the features of a word are always in
            the order text, audio, video.
        maxlen: number of words kept of a segment, at least 1.
        scaling: "max_abs" or "z".
        text: "glove", the corpus' word vectors; "one_hot", the
            `vocabulary_size` most frequent words of the training samples
            (equally frequent words in alphabetical order), where any other
            word is a vector of zeros; or "both", one-hot words before word
            vectors.
        vocabulary_size: largest size of a one-hot word, at least 1.

    Attributes:
        offset: (values,) float32 to subtract from the features.
        scale: (values,) float32 to divide the difference by.
        vocabulary: the words, most frequent first; empty with "glove".

    Raises:
        ValueError: an argument out of range, or samples that were read
            without a modality or the text that is needed.

    Reference:
        Williams et al. 2018, sections 3.1 and 4.4; its authors' script
        `emotion_recognition.py` (github.com/rhoposit/MultimodalDNN).
    """

    def __init__(
        self,
        samples: Sequence[WordSample],
        modalities: str = "tav",
        maxlen: int = 20,
        scaling: str = "max_abs",
        text: str = "glove",
        vocabulary_size: int = VOCABULARY_SIZE,
    ):
        check_whole("maxlen", maxlen)
        check_choice("scaling", scaling, SCALINGS)
        check_choice("text", text, TEXTS)
        check_whole("vocabulary_size", vocabulary_size)
        if not samples:
            raise ValueError("`samples` must hold at least one segment.")
        self.modalities = order_modalities(modalities, MODALITIES)
        self.maxlen = maxlen
        self.scaling = scaling
        self.text = text
        self.vocabulary: tuple[str, ...] = ()
        if self.needs_text:
            self.vocabulary = self._most_frequent(samples, vocabulary_size)
        self._values = {letter: 0 for letter in self.modalities}
        scalers = [_unscaled(len(self.vocabulary))]
        if self.needs_text:
            self._values["t"] = len(self.vocabulary)
        for letter in self.dense_modalities:
            scalers.append(self._scaler(letter, samples))
            self._values[letter] += len(scalers[-1][1])
        offsets, scales = zip(*scalers)
        self.offset = np.concatenate(offsets).astype("float32")
        self.scale = np.concatenate(scales).astype("float32")

    @property
    def needs_text(self) -> bool:
        """Whether the samples must be read with their text."""
        return self.text != "glove" and "t" in self.modalities

    @property
    def dense_modalities(self) -> str:
        """Letters of the modalities that are no one-hot words."""
        if self.text == "one_hot":
            return self.modalities.lstrip("t")
        return self.modalities

    @property
    def values(self) -> int:
        """Number of features of a word."""
        return len(self.scale)

    @property
    def values_by_modality(self) -> dict[str, int]:
        """Letter of each modality to its number of features of a word."""
        return dict(self._values)

    def _scaler(
        self, letter: str, samples: Sequence[WordSample]
    ) -> tuple[np.ndarray, np.ndarray]:
        first = self._last_rows(samples[0], letter)
        offset, scale = _unscaled(first.shape[1])
        if letter == "t":
            return offset, scale
        scaler = SCALINGS[self.scaling]()
        # Blocks, since the samples may be larger than memory.
        for start in range(0, len(samples), BLOCK):
            rows = np.concatenate(
                [
                    self._last_rows(sample, letter)
                    for sample in samples[start : start + BLOCK]
                ]
            )
            rows = rows[~np.isnan(rows[:, 0])]  # not of words that lack it
            if len(rows):
                scaler.partial_fit(rows)
        return (
            getattr(scaler, "mean_", offset),
            getattr(scaler, "scale_", scale),
        )

    def _most_frequent(
        self, samples: Sequence[WordSample], size: int
    ) -> tuple[str, ...]:
        counts = Counter(
            word for sample in samples for word in self._last_words(sample)
        )
        del counts[""]  # unknown words have nothing in common
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return tuple(ranked[:size])

    def __call__(self, samples: Sequence[WordSample]) -> list[WordInputs]:
        """Returns the model inputs of samples.

        Raises:
            ValueError: samples that were read without a modality or the text
                that is needed.
        """
        indices = {word: index for index, word in enumerate(self.vocabulary)}
        return [self._inputs(sample, indices) for sample in samples]

    def _inputs(
        self, sample: WordSample, indices: Mapping[str, int]
    ) -> WordInputs:
        dense = [
            self._last_rows(sample, letter) for letter in self.dense_modalities
        ]
        ids = None
        if self.needs_text:
            words = self._last_words(sample)
            ids = np.array([indices.get(word, -1) for word in words])
        return WordInputs(
            sample.id,
            sample.speaker,
            tuple(dense),
            ids,
            len(indices),
            sample.labels,
        )

    def _last_rows(self, sample: WordSample, letter: str) -> np.ndarray:
        if letter not in sample.features:
            raise ValueError(
                "`samples` must be read with the modalities "
                f"{self.dense_modalities!r}. Received: {sample.id} with "
                f"{''.join(sample.features)!r}"
            )
        return sample.features[letter][-self.maxlen :]

    def _last_words(self, sample: WordSample) -> list[str]:
        if sample.text is None:
            raise ValueError(
                "`samples` must be read with `with_text` for one-hot words. "
                f"Received: {sample.id} without"
            )
        return sample.text[-self.maxlen :].tolist()


def _unscaled(values: int) -> tuple[np.ndarray, np.ndarray]:
    """An offset and a scale that change nothing."""
    return np.zeros(values), np.ones(values)
