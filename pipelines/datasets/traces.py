"""Recordings with time-continuous labels: samples and their batches."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines import align, normalise
from pipelines.corpora.base import Corpus, Utterance
from pipelines.datasets import batching
from zoo import frontends
from zoo.common.arguments import check_choice

if TYPE_CHECKING:
    import tensorflow as tf

NORMALISATIONS = ("speaker", "recording")


@dataclasses.dataclass(frozen=True)
class TraceSample:
    """Features of one recording and its traces, if it has any.

    Attributes:
        id: of the utterance.
        speaker: who speaks.
        features: (steps, values) float32, one step every 40 ms.
        traces: dimension to (steps,) float32; empty without labels.
    """

    id: str
    speaker: str
    features: np.ndarray
    traces: Mapping[str, np.ndarray]


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    frontend: str,
    normalisation: str = "speaker",
    progress: Callable[[int, int], None] | None = None,
) -> list[TraceSample]:
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
    check_choice("normalisation", normalisation, NORMALISATIONS)
    features = _features(corpus, utterances, frontend, progress)
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


def _features(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    frontend: str,
    progress: Callable[[int, int], None] | None,
) -> list[np.ndarray]:
    extract = frontends.get(frontend, standardise=False)

    def features_of(utterance: Utterance) -> np.ndarray:
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
        for done, rows in enumerate(pool.map(features_of, utterances), 1):
            features.append(rows)
            if progress is not None:
                progress(done, len(utterances))
    return features


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
