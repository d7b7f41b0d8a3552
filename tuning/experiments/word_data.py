"""The words of a corpus, read once a command."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipelines.corpora.word_base import MODALITIES, WordCorpus
from pipelines.datasets import words
from tuning.experiments.base import SPLITS


@dataclasses.dataclass(frozen=True)
class WordStatistics:
    """Statistics of the training words, as a recipe's `adapt` takes them.

    Attributes:
        offset: (values,) subtracted from the features of a word.
        scale: (values,) that features are divided by.
        medians: (labels,) of the training labels, the constants of the
            smallest absolute error.
    """

    offset: np.ndarray
    scale: np.ndarray
    medians: np.ndarray


@functools.lru_cache(maxsize=2)
def read(
    corpus: WordCorpus,
    spelt: bool,
    progress: Callable[[str], None],
    cache: pathlib.Path | None = None,
) -> dict[str, list[words.WordSample]]:
    """Reads the words of every split with all modalities, once a command.

    Args:
        corpus: of words.
        spelt: whether to read them as text too.
        progress: called with a line while they are read.
        cache: folder where aligned words are kept.
    """
    return {
        split: words.read(
            corpus,
            corpus.split(split),
            "".join(corpus.modalities),
            spelt,
            progress=lambda done, of: progress(
                f"reading {split} segment {done} of {of}"
            ),
            cache=cache,
        )
        for split in SPLITS
    }


def longest(by_split: Mapping[str, Sequence[words.WordSample]]) -> int:
    """Returns the number of words of the longest segment of all splits."""
    return max(
        len(rows)
        for samples in by_split.values()
        for sample in samples
        for rows in sample.features.values()
    )


def lacking(
    corpus: WordCorpus,
    letters: str,
    values: Mapping[str, int],
    saved: Mapping[str, int] | None,
) -> dict[str, int]:
    """Returns the modalities that a corpus lacks, and their numbers of values.

    Args:
        corpus: the corpus.
        letters: of the modalities that a network takes.
        values: letter to number of values, of all these.
        saved: the saved network's, or `None`.

    Raises:
        ValueError: the corpus has another number of values of voice or face
            than the saved network takes.
    """
    for letter in "av":
        there = corpus.modalities.get(letter)
        wanted = (saved or {}).get(letter, there)
        if letter in letters and there is not None and there != wanted:
            raise ValueError(
                f"{corpus.name!r} must have {wanted} values of "
                f"{MODALITIES[letter]} a word, as the network was trained on. "
                f"Received: {there}"
            )
    return {n: values[n] for n in letters if n not in corpus.modalities}


def with_missing(
    by_split: dict[str, list[words.WordSample]], lacks: Mapping[str, int]
) -> dict[str, list[words.WordSample]]:
    """Returns the samples with rows of NaN for modalities that they lack."""
    if not lacks:
        return by_split
    return {
        split: [_filled(sample, lacks) for sample in samples]
        for split, samples in by_split.items()
    }


def _filled(
    sample: words.WordSample, lacks: Mapping[str, int]
) -> words.WordSample:
    count = len(next(iter(sample.features.values())))
    missing = {
        letter: np.full((count, values), np.nan, "float32")
        for letter, values in lacks.items()
    }
    return dataclasses.replace(sample, features={**sample.features, **missing})


def missing_lines(
    by_split: Mapping[str, Sequence[words.WordSample]],
) -> list[str]:
    """Returns a line for each modality that words lack: how many do."""
    samples = [own for split in by_split.values() for own in split]
    counts: Counter[str] = Counter()
    for sample in samples:
        counts.update(sample.missing)
    every = sum(len(next(iter(s.features.values()))) for s in samples)
    return [
        f"{counts[letter]} of {every} words without {MODALITIES[letter]}, "
        "zeros after scaling"
        for letter in MODALITIES
        if counts[letter]
    ]
