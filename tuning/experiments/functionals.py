"""Functionals of utterances, which support vector machines see.

eGeMAPS are openSMILE's (`pip install 'emotion-zoo[baselines]'`), whose licence
covers research use only; Yaafe's features are this project's own.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines import normalise
from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import extraction
from pipelines.features.extraction import EQUAL_LEVEL, LEVEL, Variant
from pipelines.features.statistics import signed_log, utterance_statistics
from tuning.training.progress import Progress

FRONT_ENDS = ("egemaps", "yaafe")
"""eGeMAPS functionals, and mean and deviation of Yaafe's features."""
NORMALISATIONS = ("none", *normalise.OF_SPEAKERS, LEVEL)
"""As they are; by all recordings of a speaker, or by those up to each; or of
recordings brought to one level."""


def functionals(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    normalisation: str,
    progress: Progress,
    cache: pathlib.Path,
    front_end: str = "egemaps",
) -> np.ndarray:
    """Returns functionals (utterances, values) float32, normalised.

    Args:
        corpus: of the utterances.
        utterances: to read, or to take from the cache.
        normalisation: one of `NORMALISATIONS`.
        progress: shows how far the reading is.
        cache: the folder where features are kept.
        front_end: one of `FRONT_ENDS`.

    Raises:
        ValueError: no openSMILE, or a recording that cannot be read.
    """
    variant = variant_of(normalisation)
    rows = vectors(corpus, utterances, progress, cache, front_end, variant)
    return normalised(rows, normalisation, utterances)


def variant_of(normalisation: str) -> Variant | None:
    """Returns how a normalisation changes recordings before their features."""
    return EQUAL_LEVEL if normalisation == LEVEL else None


def normalised(
    rows: Sequence[np.ndarray],
    normalisation: str,
    utterances: Sequence[Utterance],
) -> np.ndarray:
    """Returns functionals (utterances, values) float32, normalised.

    Args:
        rows: of `vectors`; of recordings of one level where `normalisation`
            says so.
        normalisation: "speaker" or "running", or another that leaves them as
            they are.
        utterances: of the rows.
    """
    is_by_speaker = normalisation in normalise.OF_SPEAKERS
    scheme = normalisation if is_by_speaker else "none"
    speakers = [utterance.speaker for utterance in utterances]
    return np.concatenate(normalise.by_name(scheme, rows, speakers))


def vectors(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    progress: Progress,
    cache: pathlib.Path | None,
    front_end: str,
    variant: Variant | None = None,
) -> list[np.ndarray]:
    """Returns each utterance's functionals, (1, values) float32.

    Of eGeMAPS there are 88. Of Yaafe's 743 features they are mean and
    deviation over the utterance, after a logarithm with a sign.

    Args:
        corpus, utterances, progress, cache, front_end: as of `functionals`.
        variant: changes recordings before.
    """
    count, rows = len(utterances), []
    arrays = extraction.iterate(
        corpus, utterances, front_end, cache, variant=variant
    )
    with contextlib.closing(arrays):  # an error ends its processes at once
        for done, own in enumerate(arrays, 1):
            progress.show(f"reading utterance {done} of {count}")
            if front_end != "egemaps":
                own = utterance_statistics(own, signed_log)[None]
            rows.append(np.asarray(own, "float32"))
    return rows
