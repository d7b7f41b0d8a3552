"""The utterances of a corpus as inputs of a network, shared by all folds."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

import zoo
from pipelines import normalise
from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances
from pipelines.datasets.utterances import EMOTION, UtteranceSample
from pipelines.features.extraction import EQUAL_LEVEL, LEVEL
from pipelines.features.statistics import utterance_statistics
from pipelines.normalise import Moments
from pipelines.stored import Array
from pipelines.whitening import Whitening
from tuning.experiments import classes
from tuning.experiments.changed_recordings import Changed, Inputs, copy
from tuning.training.shared import Cache

PREDICTION_BATCH = {"features": 100, "waveform": 16}
"""Utterances a batch where nothing is learnt, by the model's input."""


class UtteranceData:
    """Samples of a corpus' utterances, and their normalised versions.

    Args:
        card: of the model.
        front_end: of utterances, as `pipelines.datasets.utterances` names it.
        corpus: with labels of the model's outputs.
        tasks: classes of each task, as of `classes.of_card`.
        cache: folder where features are kept.
        progress: called with a line while recordings are read.

    Raises:
        ValueError: labels that the corpus lacks, or an utterance that the
            network does not take.
    """

    def __init__(
        self,
        card: zoo.Card,
        front_end: str,
        corpus: Corpus,
        tasks: classes.Tasks,
        cache: pathlib.Path | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        self.port = card.inputs[0].name
        self.tasks = tasks
        self.utterances = utterances.with_labels(corpus, tasks)
        self.left_out = utterances.excluded_emotions(corpus, tasks)
        self._corpus_notes = corpus.notes()
        self._samples = utterances.read(
            corpus,
            self.utterances,
            tasks,
            front_end,
            cache,
            lambda done, of: progress(f"reading utterance {done} of {of}"),
        )
        self.normalised = Cache(self._normalised, most=2)
        self.copied = Cache(self._copied, most=1)
        self._changed = Changed(
            corpus, self.utterances, tasks, front_end, cache, progress
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The entry point's arguments that the data decide."""
        if EMOTION in self.tasks:
            return {"labels": list(self.tasks[EMOTION])}
        return {"tasks": list(self.tasks)}

    def prepare(self, training: Mapping[str, Any]) -> bool:
        """Makes all inputs for a network; returns whether some are new.

        Args:
            training: of its configuration.
        """
        inputs = Inputs.of(training)
        is_new = not self.normalised.has(inputs.normalisation)
        self.normalised(inputs.normalisation)
        if inputs.count:
            is_new = is_new or not self.copied.has(inputs)
            self.copied(inputs)
        return is_new

    def learnt(
        self, names: Sequence[str], inputs: Inputs
    ) -> list[UtteranceSample]:
        """Returns the samples of some utterances, and their copies.

        Args:
            names: ids of the utterances.
            inputs: of the configuration.
        """
        by_id = self.normalised(inputs.normalisation)
        copied = self.copied(inputs) if inputs.count else []
        return [own[name] for own in (by_id, *copied) for name in names]

    def _normalised(self, normalisation: str) -> dict[str, UtteranceSample]:
        """Returns the samples by id, their inputs normalised."""
        is_levelled = normalisation == LEVEL
        samples = (
            self._changed.read(EQUAL_LEVEL) if is_levelled else self._samples
        )
        return _normalised(normalisation, samples)

    def _copied(self, inputs: Inputs) -> list[dict[str, UtteranceSample]]:
        """Returns the copies of all samples, each normalised by itself."""
        scheme = inputs.normalisation
        return [
            _normalised(
                scheme,
                self._changed.read(copy(inputs.names, number, scheme == LEVEL)),
            )
            for number in range(1, inputs.count + 1)
        ]

    def notes(self) -> list[str]:
        """Returns notes on the utterances for a report."""
        counts = self.class_counts()
        return [*self._corpus_notes, *classes.notes(self.left_out, counts)]

    def class_counts(self) -> dict[str, dict[str, int]]:
        """Returns the number of utterances of each class, by task."""
        return classes.counts(self._samples, self.tasks)

    def posteriors(
        self, model: keras.Model, samples: Sequence[UtteranceSample]
    ) -> np.ndarray:
        """Returns a network's posteriors, (utterances, tasks, classes)."""
        order = sorted(
            range(len(samples)), key=lambda i: len(samples[i].inputs)
        )
        tasks = list(self.tasks)
        batches = utterances.batches(
            [samples[i] for i in order],
            self.port,
            tasks,
            PREDICTION_BATCH[self.port],
            {task: np.ones(len(samples), "float32") for task in tasks},
        )
        by_batch = []
        for inputs, *_ in batches:
            outputs = model(inputs, training=False)
            by_task = [
                keras.ops.convert_to_numpy(outputs[task]) for task in tasks
            ]
            by_batch.append(np.stack(by_task, axis=1))
        ordered = np.concatenate(by_batch)
        posteriors = np.empty_like(ordered)
        posteriors[order] = ordered
        return posteriors


def _normalised(
    scheme: str, samples: Sequence[UtteranceSample]
) -> dict[str, UtteranceSample]:
    """Returns samples by id, normalised; those of one level are so already."""
    inputs = normalise.by_name(
        "none" if scheme == LEVEL else scheme,
        [sample.inputs for sample in samples],
        [sample.speaker for sample in samples],
    )
    return {
        sample.id: dataclasses.replace(sample, inputs=own)
        for sample, own in zip(samples, inputs)
    }


class TrainingStatistics:
    """Statistics of a fold's training inputs, as a recipe's `adapt` takes them.

    Args:
        inputs: (steps, values) features or (samples,) waveforms.
    """

    def __init__(self, inputs: Callable[[], Sequence[Array]]):
        self._inputs = inputs
        self.whitening = Cache(self._whitening, most=2)
        self.scale = Cache(self._scale, most=1)
        self.of_utterances = Cache(self._of_utterances, most=1)

    def _whitening(
        self, components: int | float | None
    ) -> dict[str, np.ndarray]:
        """Returns low, high, mean and matrix of a PCA whitening.

        Args:
            components: their number; below 1, the share of the variance that
                they explain; `None` for all.
        """
        whitening = Whitening(components).fit(self._inputs())
        arrays = whitening.arrays()
        return {
            name: arrays[name] for name in ("low", "high", "mean", "matrix")
        }

    def _scale(self) -> dict[str, np.ndarray]:
        """Returns offset and scale of the inputs."""
        return _offset_and_scale(Moments.of(self._inputs()))

    def _of_utterances(self) -> dict[str, np.ndarray]:
        """Returns offset and scale of the utterances' statistics."""
        vectors = (utterance_statistics(own)[None] for own in self._inputs())
        return _offset_and_scale(Moments.of(vectors))


def _offset_and_scale(moments: Moments) -> dict[str, np.ndarray]:
    """Returns mean and standard deviation, as layers take them.

    A value that never varies keeps the scale 1.
    """
    mean, deviation = moments.mean, moments.deviation
    if not np.ndim(mean):  # of waveforms
        mean, deviation = mean[None], deviation[None]
    return {
        "offset": mean,
        "scale": np.where(deviation > 1e-8, deviation, 1.0),
    }
