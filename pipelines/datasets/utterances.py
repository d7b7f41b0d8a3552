"""Utterances with one class a task: samples and their batches.

A task is a label whose values are classes: `emotion`, whose classes are
categories, or a dimension, whose mean ratings are divided into levels.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.corpora.base import RATE, Corpus, Utterance
from pipelines.datasets import (
    batching,
    utterance_features,
    utterance_labels,
    waveforms,
)
from pipelines.datasets.utterance_labels import EMOTION as EMOTION
from pipelines.features.extraction import Variant
from pipelines.labels import RatingLevels
from pipelines.stored import Array, is_stored

if TYPE_CHECKING:
    import tensorflow as tf

WAVEFORM = "waveform"
STEPS = {"features": 32, "waveform": 1600}
"""The length of a batch is a multiple of so many steps, by input name."""
MOST_STEPS = {"features": 100_000, "waveform": 40 * RATE}
"""Steps of a batch, padding included, that a network takes at once, by input
name. 40 s of waveforms take 2 GB to learn from in the exact framing of
`zoo.papers.waveform_mtl`."""


@dataclasses.dataclass(frozen=True)
class UtteranceSample:
    """Model input and classes of one utterance.

    Attributes:
        id: of the utterance.
        speaker: who says it.
        inputs: (steps, values) float32 features, or a waveform (samples,);
            read from disk where they are too large together for memory.
        classes: task to class index.
        shares: task to the share of the raters that chose each class,
            (classes,) float32; empty where single ratings are unknown.
        corpus: name of the corpus, where several are joined.
    """

    id: str
    speaker: str
    inputs: Array
    classes: Mapping[str, int]
    corpus: str = ""
    shares: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


def with_labels(
    corpus: Corpus, tasks: Mapping[str, Sequence[str]]
) -> list[Utterance]:
    """Returns the utterances that have a class in every task.

    Args:
        corpus: whose utterances are selected, in its order.
        tasks: task to names of its classes.

    Raises:
        ValueError: the corpus has no such label, or none of its classes.
    """
    utterance_labels.check(corpus, tasks)
    if EMOTION not in tasks:
        return list(corpus.utterances)
    classes = set(tasks[EMOTION])
    return [u for u in corpus.utterances if u.labels.get(EMOTION) in classes]


def excluded_emotions(
    corpus: Corpus, tasks: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Counts the utterances that `with_labels` leaves out, by emotion.

    Utterances without a known label, such as those of a challenge's test
    partition, count under "".
    """
    if EMOTION not in tasks:
        return {}
    counts = Counter(u.labels.get(EMOTION, "") for u in corpus.utterances)
    return {
        emotion: count
        for emotion, count in sorted(counts.items())
        if emotion not in tasks[EMOTION]
    }


def class_indices(
    utterance: Utterance, tasks: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Returns an utterance's class index in every task.

    Raises:
        ValueError: a rating outside 1 to 5.
    """
    indices = {}
    for task, names in tasks.items():
        value = utterance.labels[task]
        if task == EMOTION:
            indices[task] = list(names).index(value)
        else:
            indices[task] = _level(utterance.id, task, value)
    return indices


def class_names(
    utterances: Sequence[Utterance], tasks: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, str]]:
    """Returns the name of every utterance's class, by task and id."""
    indices = {
        utterance.id: class_indices(utterance, tasks)
        for utterance in utterances
    }
    return {
        task: {name: names[own[task]] for name, own in indices.items()}
        for task, names in tasks.items()
    }


def _level(name: str, task: str, rating: float) -> int:
    try:
        return int(RatingLevels().levels(rating))
    except ValueError as error:
        raise ValueError(
            f"{name}, {task}: {error}. Correct the rating, or leave it out."
        ) from error


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    tasks: Mapping[str, Sequence[str]],
    front_end: str = WAVEFORM,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    variant: Variant | None = None,
) -> list[UtteranceSample]:
    """Reads the model inputs and the classes of utterances.

    A waveform is taken as it was recorded. A warning is logged where one has
    an offset or clipped peaks (the latter where one channel came at 16 kHz,
    since resampling smooths them); neither is corrected. A recording made at
    8 kHz has nothing above 4 kHz.

    Inputs that are too large together for memory (`pipelines.stored`)
    are read whenever they are needed.

    Args:
        corpus: what the utterances belong to.
        utterances: as `with_labels` returns them.
        tasks: task to names of its classes.
        front_end: "waveform", or one of
            `pipelines.features.extraction.FRONT_ENDS`.
        cache: folder where features are kept.
        progress: called with how many are done, of how many.
        variant: changes recordings before their features are computed.

    Raises:
        ValueError: a waveform of more than a minute, a rating outside 1 to
            5, or a recording that cannot be read.
    """
    classes = [class_indices(utterance, tasks) for utterance in utterances]
    if front_end == WAVEFORM:
        inputs = waveforms.read(corpus, utterances, progress)
    else:
        inputs = utterance_features.read(
            corpus, utterances, front_end, cache, progress, variant
        )
    return [
        UtteranceSample(
            utterance.id,
            utterance.speaker,
            array,
            indices,
            corpus.member_of(utterance),
            utterance_labels.shares(utterance, tasks),
        )
        for utterance, array, indices in zip(utterances, inputs, classes)
    ]


def batches(
    samples: Sequence[UtteranceSample],
    input_name: str,
    tasks: Sequence[str],
    batch_size: int,
    weights: Mapping[str, np.ndarray],
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
    is_shared: bool = False,
) -> tf.data.Dataset:
    """Returns batches for `fit`, `evaluate` and `predict`.

    Shuffled batches hold utterances of similar length. Others, which nothing
    is learnt from, have at most `MOST_STEPS` steps, or a single utterance.

    Args:
        samples: all with classes of `tasks`.
        input_name: of the model's input, "features" or "waveform".
        tasks: names of the outputs.
        batch_size: utterances a batch, at most.
        weights: task to the weight of each sample, (samples,).
        shuffle_seed: as for `pipelines.datasets.batching.stream`.
        first_epoch: as for `pipelines.datasets.batching.stream`.
        is_shared: whether targets are `shares`, not indices.

    Returns:
        Elements (inputs, targets, weights): inputs are {input_name: (B, T, F)
        or (B, T) float32, "lengths": (B,) int32}; targets have for each task
        the class indices (B,) int32, or the shares of the raters (B, classes)
        float32; weights have the weights of the samples (B,) float32. T is a
        multiple of `STEPS`, so that graphs are compiled for few shapes.

    Raises:
        ValueError: no samples.
    """
    if not samples:
        raise ValueError("`samples` must hold at least one utterance.")
    lengths = np.array([len(sample.inputs) for sample in samples])
    multiple = STEPS[input_name]

    def batch(indices: np.ndarray) -> tuple[Any, ...]:
        members = [samples[index] for index in indices]
        targets = _targets(members, tasks, is_shared)
        inputs = batching.padded_inputs(
            [sample.inputs for sample in members],
            -(-max(lengths[indices]) // multiple) * multiple,
            input_name,
        )
        costs = {task: weights[task][indices] for task in tasks}
        return inputs, targets, costs

    return batching.stream(
        batch,
        _signature(input_name, samples[0], tasks, is_shared),
        len(samples),
        batch_size,
        shuffle_seed,
        first_epoch,
        lengths,
        MOST_STEPS[input_name],
        is_stored(sample.inputs for sample in samples),
    )


def padded_steps(samples: Sequence[UtteranceSample], input_name: str) -> int:
    """Returns the length of a batch that holds the longest sample."""
    multiple = STEPS[input_name]
    longest = max(len(sample.inputs) for sample in samples)
    return -(-longest // multiple) * multiple


def _targets(
    samples: Sequence[UtteranceSample], tasks: Sequence[str], is_shared: bool
) -> dict[str, np.ndarray]:
    """Returns the class indices of samples by task, or the raters' shares."""
    if is_shared:
        return {
            task: np.stack([sample.shares[task] for sample in samples])
            for task in tasks
        }
    return {
        task: np.array([sample.classes[task] for sample in samples], "int32")
        for task in tasks
    }


def _signature(
    input_name: str,
    sample: UtteranceSample,
    tasks: Sequence[str],
    is_shared: bool,
) -> tuple[Any, ...]:
    import tensorflow as tf

    inputs = batching.input_signature(sample.inputs.shape[1:], name=input_name)
    targets = {
        task: tf.TensorSpec((None, len(sample.shares[task])), tf.float32)
        if is_shared
        else tf.TensorSpec((None,), tf.int32)
        for task in tasks
    }
    costs = {task: tf.TensorSpec((None,), tf.float32) for task in tasks}
    return inputs, targets, costs
