"""Recordings become feature sequences with their labels."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many

import numpy as np

from pipelines import normalise
from pipelines.corpora.base import Corpus, Utterance, fit_to_steps
from zoo import frontends

NORMALISATIONS = ("speaker", "recording")


@dataclasses.dataclass(frozen=True)
class Sequence:
    """Features of one recording and its labels, if it has any.

    Attributes:
        id: of the utterance.
        speaker: who speaks.
        features: (steps, values) float32.
        traces: a (steps,) float32 a dimension; empty without labels.
    """

    id: str
    speaker: str
    features: np.ndarray
    traces: Mapping[str, np.ndarray]


def read(
    corpus: Corpus,
    utterances: Many[Utterance],
    frontend: str,
    normalisation: str = "speaker",
    progress: Callable[[int, int], None] | None = None,
) -> list[Sequence]:
    """Reads recordings, extracts features, normalises, and fits the labels.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted.
        frontend: a name in `zoo.frontends`.
        normalisation: "speaker" or "recording".
        progress: called with how many are done, of how many.

    Raises:
        ValueError: a recording too short for one window, or labels of
            another length than its features.
    """
    if normalisation not in NORMALISATIONS:
        raise ValueError(
            f"`normalisation` must be one of {NORMALISATIONS}. Received: "
            f"normalisation={normalisation!r}"
        )
    features = _features(corpus, utterances, frontend, progress)
    if normalisation == "speaker":
        speakers = [utterance.speaker for utterance in utterances]
        features = normalise.by_speaker(features, speakers)
    else:
        features = normalise.by_recording(features)
    return [
        Sequence(
            utterance.id,
            utterance.speaker,
            each,
            _traces(corpus, utterance, len(each)),
        )
        for utterance, each in zip(utterances, features)
    ]


def _features(
    corpus: Corpus,
    utterances: Many[Utterance],
    frontend: str,
    progress: Callable[[int, int], None] | None,
) -> list[np.ndarray]:
    extract = frontends.get(frontend, standardise=False)

    def one(utterance: Utterance) -> np.ndarray:
        waveform = corpus.waveform(utterance)
        lengths = np.array([len(waveform)], "int32")
        outputs = extract({"waveform": waveform[None], "lengths": lengths})
        if not int(outputs["lengths"][0]):
            raise ValueError(
                f"{utterance.id}: a recording must last 25 ms at least, one "
                f"window. Received: {len(waveform)} samples. Leave it out."
            )
        return np.asarray(outputs["features"])[0]

    features = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done, each in enumerate(pool.map(one, utterances), 1):
            features.append(each)
            if progress is not None:
                progress(done, len(utterances))
    return features


def _traces(
    corpus: Corpus, utterance: Utterance, steps: int
) -> dict[str, np.ndarray]:
    if not corpus.has_traces(utterance):
        return {}
    return {
        dimension: fit_to_steps(trace, steps, f"{utterance.id}, {dimension}")
        for dimension, trace in corpus.traces(utterance).items()
    }
