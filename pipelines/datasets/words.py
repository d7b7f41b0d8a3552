"""The words of segments, with features of several modalities."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipelines.corpora.base import Utterance
from pipelines.corpora.word_base import WordCorpus, chosen


@dataclasses.dataclass(frozen=True)
class Words:
    """The words of one segment, as the corpus has them but for cleaning.

    Attributes:
        id: of the utterance.
        speaker: who speaks, or the video.
        streams: letter of a modality to (words, values) float32, finite.
        spelling: the words as text, (words,); `None` where not asked for.
        labels: of the whole segment, by name.
        cleaned: values that were NaN or infinite and are zero now.
    """

    id: str
    speaker: str
    streams: Mapping[str, np.ndarray]
    spelling: np.ndarray | None
    labels: Mapping[str, float]
    cleaned: int


def read(
    corpus: WordCorpus,
    utterances: Sequence[Utterance],
    modalities: str,
    spelt: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Words]:
    """Reads the words of segments, NaN and infinite values set to zero.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted; fastest in the corpus' own.
        modalities: letters of those to read.
        spelt: whether to read the words as text too.
        progress: called with how many are done, of how many.

    Raises:
        FileNotFoundError: spelt words that this copy does not have.
        ValueError: modalities that the corpus does not have, or a broken
            file.
    """
    letters = chosen(modalities, corpus.modalities)
    words = []
    for done, utterance in enumerate(utterances, 1):
        streams = corpus.words(utterance, letters)
        finite = {name: np.isfinite(rows) for name, rows in streams.items()}
        words.append(
            Words(
                utterance.id,
                utterance.speaker,
                {
                    name: np.where(finite[name], rows, np.float32(0))
                    for name, rows in streams.items()
                },
                corpus.spelling(utterance) if spelt else None,
                utterance.labels,
                sum(np.count_nonzero(~each) for each in finite.values()),
            )
        )
        if progress is not None:
            progress(done, len(utterances))
    return words
