"""Words of several modalities become what one network sees."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn import preprocessing

from pipelines.corpora.word_base import MODALITIES, chosen
from pipelines.datasets.words import Words

MAXLENS = (15, 20, 25, 30)
"""Most words of a segment: the paper's grid (section 4.4)."""

VOCABULARY = 1000
SCALINGS: Mapping[str, Callable] = {
    "max_abs": preprocessing.MaxAbsScaler,
    "z": preprocessing.StandardScaler,
}
TEXTS = ("glove", "one_hot")


@dataclasses.dataclass(frozen=True)
class Segment:
    """What a network sees of a segment.

    Attributes:
        id: of the utterance.
        speaker: who speaks, or the video.
        dense: (words, values) float32, all but one-hot words.
        ids: places of the words in the vocabulary, (words,), -1 for a word
            that is not in it; `None` without one-hot words.
        vocabulary: values of a one-hot word.
        labels: of the whole segment, by name.
    """

    id: str
    speaker: str
    dense: np.ndarray
    ids: np.ndarray | None
    vocabulary: int
    labels: Mapping[str, float]

    @property
    def features(self) -> np.ndarray:
        """(words, values) float32: one-hot words if any, then the rest."""
        if self.ids is None:
            return self.dense
        one_hot = self.ids[:, None] == np.arange(self.vocabulary)
        return np.concatenate([one_hot, self.dense], axis=1, dtype="float32")


class Preparation:
    """Turns words into segments, by what those of the training fold are like.

    Of a segment the last `maxlen` words are kept, as the SDK and the authors
    do. (They pad in front, too; here arrays are padded at the end and travel
    with their lengths, and a network that wants its padding in front moves
    it.) A vector of zeros is data.

    Features stay on the scale that the corpus has. What brings audio and video
    to one scale is found per feature, over the words of training, and handed
    to the network (`zoo.layers.Scaling`), which so carries it along: the
    largest absolute value, "max_abs", as the authors do, or mean and standard
    deviation, "z". A feature that does not vary is not scaled, nor are word
    vectors, as the authors do.

    Args:
        words: the training segments, at least one.
        modalities: letters in any order; the features of a word are always
            text, audio, video.
        maxlen: most words of a segment, at least 1.
        scaling: "max_abs" or "z".
        text: "glove", the corpus' word vectors, or "one_hot", the `vocabulary`
            most frequent words of training (the first in the alphabet of two
            as frequent); any other word is a vector of zeros.
        vocabulary: most values of a one-hot word, at least 1.

    Attributes:
        offset: (values,) float32 to subtract from the features.
        scale: (values,) float32 to divide them by then.
        spellings: the vocabulary, most frequent first; empty with "glove".

    Raises:
        ValueError: an argument out of range, or words that were read without
            a modality or the spelling that is wanted.

    Reference:
        Williams et al. 2018, sections 3.1 and 4.4; its authors' script
        `emotion_recognition.py` (github.com/rhoposit/MultimodalDNN).
    """

    def __init__(
        self,
        words: Sequence[Words],
        modalities: str = "tav",
        maxlen: int = 20,
        scaling: str = "max_abs",
        text: str = "glove",
        vocabulary: int = VOCABULARY,
    ):
        self.modalities = chosen(modalities, MODALITIES)
        self.maxlen = _at_least_one("maxlen", maxlen)
        self.scaling = _one_of("scaling", scaling, tuple(SCALINGS))
        self.text = _one_of("text", text, TEXTS)
        self._size = _at_least_one("vocabulary", vocabulary)
        if not words:
            raise ValueError("`words` must hold at least one segment.")
        self.spellings = self._most_frequent(words) if self.spelt else ()
        scalers = [_unscaled(len(self.spellings))]
        scalers += [self._scaler(letter, words) for letter in self.streams]
        offsets, scales = zip(*scalers)
        self.offset = np.concatenate(offsets).astype("float32")
        self.scale = np.concatenate(scales).astype("float32")

    @property
    def spelt(self) -> bool:
        """Whether words must be read with their spelling."""
        return self.text == "one_hot" and "t" in self.modalities

    @property
    def streams(self) -> str:
        """Letters of the modalities whose features are used."""
        return self.modalities.lstrip("t") if self.spelt else self.modalities

    @property
    def values(self) -> int:
        """How many features a word has."""
        return len(self.scale)

    def _scaler(
        self, letter: str, words: Sequence[Words]
    ) -> tuple[np.ndarray, np.ndarray]:
        rows = np.concatenate([self._last(each, letter) for each in words])
        offset, scale = _unscaled(rows.shape[1])
        if letter == "t":
            return offset, scale
        fitted = SCALINGS[self.scaling]().fit(rows)
        return getattr(fitted, "mean_", offset), fitted.scale_

    def _most_frequent(self, words: Sequence[Words]) -> tuple[str, ...]:
        counts = Counter(
            spelling for each in words for spelling in self._spelling(each)
        )
        del counts[""]  # unknown words have nothing in common
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return tuple(ranked[: self._size])

    def __call__(self, words: Sequence[Words]) -> list[Segment]:
        """What the network sees of segments.

        Raises:
            ValueError: words that were read without a modality or the
                spelling that is wanted.
        """
        places = {word: place for place, word in enumerate(self.spellings)}
        return [self._segment(each, places) for each in words]

    def _segment(self, words: Words, places: Mapping[str, int]) -> Segment:
        streams = [self._last(words, letter) for letter in self.streams]
        ids = None
        if self.spelt:
            ids = np.array([places.get(w, -1) for w in self._spelling(words)])
            streams = streams or [np.empty((len(ids), 0), "float32")]
        return Segment(
            words.id,
            words.speaker,
            np.concatenate(streams, axis=1),
            ids,
            len(places),
            words.labels,
        )

    def _last(self, words: Words, letter: str) -> np.ndarray:
        if letter not in words.streams:
            raise ValueError(
                f"`words` must be read with the modalities {self.streams!r}. "
                f"Received: {words.id} with {''.join(words.streams)!r}"
            )
        return words.streams[letter][-self.maxlen :]

    def _spelling(self, words: Words) -> list[str]:
        if words.spelling is None:
            raise ValueError(
                "`words` must be read with `spelt` for one-hot words. "
                f"Received: {words.id} without"
            )
        return words.spelling[-self.maxlen :].tolist()


def _unscaled(values: int) -> tuple[np.ndarray, np.ndarray]:
    """An offset and a scale that change nothing."""
    return np.zeros(values), np.ones(values)


def _at_least_one(name: str, value: int) -> int:
    if value < 1:
        raise ValueError(
            f"`{name}` must be at least 1. Received: {name}={value}"
        )
    return value


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(
            f"`{name}` must be one of {known}. Received: {name}={value!r}"
        )
    return value
