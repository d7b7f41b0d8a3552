"""What a corpus offers whose utterances are words with several modalities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipelines.corpora import base
from pipelines.corpora._io import tables

MODALITIES = {"t": "text", "a": "audio", "v": "video"}
"""The letters that name a modality, in the order of their features."""


class WordCorpus(base.Corpus):
    """Utterances as words, each with the features of every modality.

    Attributes:
        modalities: a letter of `MODALITIES` to its values a word.
        rating_scale: lowest and highest value of the labels in `dimensions`.
        remarks: what was found amiss in this copy and what was done about
            it, to how many there were of each name (of a video or segment).
    """

    modalities: ClassVar[Mapping[str, int]]
    rating_scale: ClassVar[tuple[float, float]]

    def __init__(self, root: str | Path):
        self.remarks: dict[str, Counter[str]] = {}
        super().__init__(root)

    def remark(self, what: str, name: str, count: int = 1) -> None:
        """Keeps a remark; the same one again changes nothing."""
        self.remarks.setdefault(what, Counter())[name] = count

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        """The features of an utterance's words.

        Args:
            utterance: one of `utterances`.
            modalities: letters of those wanted.

        Returns:
            Letter to (words, values) float32, one row a word in all of them.
            NaN and infinite values are as the owners' files have them; a
            vector of zeros is data.

        Raises:
            ValueError: a file is broken.
        """
        raise NotImplementedError

    def spelling(self, utterance: base.Utterance) -> np.ndarray:
        """The utterance's words as text: (words,) of str, "" if unknown.

        Raises:
            ValueError: the corpus has no words as text.
        """
        raise ValueError(
            f"{self.name!r} has word vectors and no spelt words. Take "
            f"GloVe vectors. Received: {utterance.id!r}"
        )

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        """Raises ValueError: there are features and no sound."""
        raise ValueError(
            f"{self.name!r} has features of words and no audio; ask `words`. "
            f"Received: {utterance.id!r}"
        )

    def summary(self) -> str:
        """What this copy holds, and a line for each remark."""
        return "\n".join([super().summary(), *self.told()])

    def told(self) -> list[str]:
        """A line for each remark: how many, of what, in which."""
        return [
            f"{sum(names.values())} {what}: {tables.few(sorted(names))}"
            for what, names in self.remarks.items()
        ]


def chosen(modalities: str, known: Iterable[str]) -> str:
    """A set of modalities in the order of `MODALITIES`.

    Args:
        modalities: letters in any order.
        known: the letters that may be among them.

    Raises:
        ValueError: an unknown letter, one twice, or none.

    Example:
        >>> chosen("vt", "tav")
        'tv'
    """
    known, letters = tuple(known), set(modalities)
    if not letters or len(letters) < len(modalities) or letters - set(known):
        raise ValueError(
            f"`modalities` must be some of {', '.join(known)}, each once. "
            f"Received: modalities={modalities!r}"
        )
    return "".join(letter for letter in MODALITIES if letter in letters)
