"""Base class of corpora with word-aligned features of several modalities."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipelines.corpora import base
from pipelines.corpora._io import tables

MODALITIES = {"t": "text", "a": "audio", "v": "video"}
"""Letter to modality, in the order of their features."""


class WordCorpus(base.Corpus):
    """A corpus of words, each with the features of every modality.

    Attributes:
        modalities: letter of a modality to its number of values a word.
        rating_scale: lowest and highest value of the labels in `dimensions`.
        alignment: version of how words are made of the files; changes
            whenever their values do. "" where they are read as they are, and
            too quickly to be worth a cache.
        warnings: problem of this copy, and how it was handled, to its count
            by the name of the video or segment.
    """

    modalities: Mapping[str, int]
    rating_scale: tuple[float, float]
    alignment: ClassVar[str] = ""

    def __init__(self, root: str | Path, partial: bool = False):
        self.warnings: dict[str, Counter[str]] = {}
        super().__init__(root, partial)

    def warn(self, problem: str, name: str, count: int = 1) -> None:
        """Records a warning; repeating it changes nothing."""
        self.warnings.setdefault(problem, Counter())[name] = count

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        """Returns the features of an utterance's words.

        Args:
            utterance: one of `utterances`.
            modalities: letters of the modalities to return.

        Returns:
            Letter to (words, values) float32, one row a word in every
            modality. NaN and infinite values are as in the owners' files; a
            vector of zeros is data.

        Raises:
            ValueError: a file is damaged.
        """
        raise NotImplementedError

    def text(self, utterance: base.Utterance) -> np.ndarray:
        """Returns an utterance's words as text: (words,) of str, "" if unknown.

        Raises:
            ValueError: the corpus has no words as text.
        """
        raise ValueError(
            f"{self.name!r} has word vectors and no words as text. "
            f"Take GloVe vectors. Received: {utterance.id!r}"
        )

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        """Raises ValueError: there are features and no audio."""
        raise ValueError(
            f"{self.name!r} has features of words and no audio; ask `words`. "
            f"Received: {utterance.id!r}"
        )

    def summary(self) -> str:
        """Returns what this copy holds, and a line for each warning."""
        return "\n".join([super().summary(), *self.warning_lines()])

    def warning_lines(self) -> list[str]:
        """Returns a line for each warning: count, problem, names."""
        return [
            f"{sum(names.values())} {problem}: {tables.few(sorted(names))}"
            for problem, names in self.warnings.items()
        ]


def order_modalities(modalities: str, known: Iterable[str]) -> str:
    """Returns the letters of modalities in the order of `MODALITIES`.

    Args:
        modalities: letters in any order.
        known: the letters that may be among them.

    Raises:
        ValueError: an unknown letter, one twice, or none.

    Example:
        >>> order_modalities("vt", "tav")
        'tv'
    """
    known, letters = tuple(known), set(modalities)
    if not letters or len(letters) < len(modalities) or letters - set(known):
        raise ValueError(
            f"`modalities` must be some of {', '.join(known)}, each once. "
            f"Received: modalities={modalities!r}"
        )
    return "".join(letter for letter in MODALITIES if letter in letters)


def checked_scale(scale: Sequence[Any]) -> tuple[float, float]:
    """Returns the lowest and highest value of labels as numbers.

    Raises:
        ValueError: other than two finite numbers, the lower one first.

    Example:
        >>> checked_scale(["-3", "3"])
        (-3.0, 3.0)
    """
    try:
        low, high = (float(value) for value in scale)
    except (TypeError, ValueError):
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise ValueError(
            "`scale` must be two finite numbers, the lowest and the highest "
            f"value of the labels, such as -3,3. Received: scale={scale!r}"
        )
    return low, high
