"""Experiments that classify utterances: emotions, or levels of dimensions."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from pipelines.audio.augment import Augmentation
from pipelines.datasets import utterances
from pipelines.datasets.augmented import augmented
from pipelines.datasets.utterances import UtteranceSample
from pipelines.stored import Array
from tuning.experiments import (
    class_calibration,
    class_losses,
    class_scores,
    classes,
    trained_on,
)
from tuning.experiments.changed_recordings import Inputs
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.predictions import Outputs, Predictions
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import Item
from tuning.experiments.utterance_data import (
    PREDICTION_BATCH,
    TrainingStatistics,
    UtteranceData,
)
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.callbacks import MeanOfTasks
from tuning.training.fits import Configuration, Fit, FitRequest
from tuning.training.job import TrainingJob
from tuning.training.shared import Cache
from tuning.training.spaces import NO_AUGMENTATION
from zoo.metrics import UnweightedAverageRecall

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.figure import Figure

SHOWN = 2
"""Utterances whose attention is plotted."""


class UtteranceExperiment(ClassExperiment):
    """One network of all tasks on one fold of a corpus.

    Args:
        setup: with the corpus that `data` was read from.
        data: the utterances.
        fold: train, dev and test utterances.
    """

    def __init__(self, setup: Setup, data: UtteranceData, fold: Fold):
        super().__init__(setup)
        self.data = data
        self.fold = fold
        self.folds = (fold,)
        self.statistics = Cache(self._statistics, most=2)

    def of_model(self, setup: Setup) -> UtteranceExperiment:
        return UtteranceExperiment(setup, self.data, self.fold)

    def counts(self) -> dict[str, int]:
        return {
            split: len(getattr(self.fold, split))
            for split in ("train", "dev", "test")
        }

    def notes(self) -> list[str]:
        return [
            *filter(None, [self.recipe.note]),
            *self.data.notes(),
            *protocols.notes(self.folds, self.data.utterances),
        ]

    def labelled(self, split: str) -> bool:
        return bool(self.counts()[split])

    def samples(self, split: str, normalisation: str) -> list[UtteranceSample]:
        """Returns a split's samples, normalised."""
        normalised = self.data.normalised(normalisation)
        return [normalised[name] for name in getattr(self.fold, split)]

    def prepare(self, request: FitRequest) -> bool:
        return self.data.prepare(request.configuration.training)

    def job(self, target: str, configuration: Configuration) -> TrainingJob:
        training = configuration.training
        tasks = self.data.tasks
        inputs = Inputs.of(training)
        train = self.data.learnt(self.fold.train, inputs)
        if class_losses.is_shared(training):
            class_losses.check_shares(train, list(tasks))
        weights = classes.SampleWeights(train, tasks, training["class_weights"])
        dev = _by_length(self.samples("dev", training["normalisation"]))
        size = training["batch_size"]
        return TrainingJob(
            train=functools.partial(
                self._training_batches, train, weights.of(train), training
            ),
            steps=math.ceil(len(train) / size),
            dev=functools.partial(
                self._batches,
                dev,
                PREDICTION_BATCH[self.data.port],
                weights.of(dev),
            )
            if dev
            else None,
            losses={task: class_losses.loss(training) for task in tasks},
            metrics={
                task: [UnweightedAverageRecall(len(names))]
                for task, names in tasks.items()
            },
            monitor=classes.monitor(tasks, training),
            adapt=lambda model: self.recipe.adapt(
                model,
                self.statistics(inputs),
                configuration.arguments,
            ),
            loss_weights={t: training.get(f"{t}_weight", 1.0) for t in tasks},
            optimizer=training.get("optimizer", "adam"),
            ema=training.get("ema", 0.0),
            callbacks=[MeanOfTasks("uar")],
            most_steps=self._most_steps(train, size),
        )

    def _batches(
        self,
        samples: Sequence[UtteranceSample],
        size: int,
        weights: Mapping[str, np.ndarray],
        seed: int | None = None,
        first_epoch: int = 0,
        is_shared: bool = False,
    ) -> tf.data.Dataset:
        return utterances.batches(
            samples,
            self.data.port,
            list(self.data.tasks),
            size,
            weights,
            seed,
            first_epoch,
            is_shared,
        )

    def _training_batches(
        self,
        samples: Sequence[UtteranceSample],
        weights: Mapping[str, np.ndarray],
        training: Mapping[str, Any],
        seed: int,
        first_epoch: int,
    ) -> tf.data.Dataset:
        """Returns shuffled batches; waveforms are augmented on the way."""
        size = training["batch_size"]
        is_shared = class_losses.is_shared(training)
        batches = self._batches(
            samples, size, weights, seed, first_epoch, is_shared
        )
        names = training.get("augment", NO_AUGMENTATION)
        if names == NO_AUGMENTATION or Inputs.of(training).count:
            return batches
        change = Augmentation(tuple(names.split("+")))
        multiple = utterances.STEPS[self.data.port]
        first = first_epoch * math.ceil(len(samples) / size)
        return augmented(batches, change, multiple, seed, first)

    def _most_steps(
        self, train: Sequence[UtteranceSample], batch_size: int
    ) -> dict[str, int]:
        """Returns how much is learnt from at once, if batches have more."""
        port = self.data.port
        most = utterances.MOST_STEPS[port]
        steps = batch_size * utterances.padded_steps(train, port)
        return {port: most} if steps > most else {}

    def _statistics(self, inputs: Inputs) -> TrainingStatistics:
        """Returns the statistics of all that is learnt from."""
        return TrainingStatistics(
            functools.partial(self._training_inputs, inputs)
        )

    def _training_inputs(self, inputs: Inputs) -> list[Array]:
        train = self.data.learnt(self.fold.train, inputs)
        return [sample.inputs for sample in train]

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        (configuration,) = by_target.values()
        statistics = self.statistics(Inputs.of(configuration.training))
        return self.recipe.resolve(
            {**configuration.arguments, **self.data.arguments}, statistics
        )

    def outputs_of(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        """Returns a network's posteriors, with thresholds where asked for."""
        posteriors = self.posteriors_of(fit, configuration)
        if configuration.training.get("thresholds"):
            posteriors = class_calibration.with_thresholds(
                self.y_true("dev"), posteriors, self.data.tasks
            )
        return {split: {TARGET: own} for split, own in posteriors.items()}

    def posteriors_of(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, np.ndarray]:
        """Returns posteriors without thresholds for every scored split."""
        outputs = super().outputs_of(fit, configuration)
        return {s: np.asarray(own[TARGET]) for s, own in outputs.items()}

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        """Returns posteriors (utterances, tasks, classes) in fold order."""
        samples = self.samples(split, training["normalisation"])
        return {TARGET: self.data.posteriors(model, samples)}

    def y_true(self, split: str) -> np.ndarray:
        return classes.y_true(
            self.samples(split, "none"), list(self.data.tasks)
        )

    def ids(self, split: str) -> list[str]:
        return list(getattr(self.fold, split))

    def items(self, split: str) -> list[Item]:
        by_id = {utterance.id: utterance for utterance in self.data.utterances}
        return trained_on.recordings(
            self.corpus, [by_id[name] for name in self.ids(split)]
        )

    def units(self, split: str) -> list[str]:
        return [sample.speaker for sample in self.samples(split, "none")]

    def class_counts(self) -> dict[str, dict[str, dict[str, int]]]:
        by_split = {
            split: classes.counts(self.samples(split, "none"), self.data.tasks)
            for split, count in self.counts().items()
            if count
        }
        return {
            task: {split: own[task] for split, own in by_split.items()}
            for task in self.data.tasks
        }

    def constant_predictions(self, split: str) -> dict[str, Predictions]:
        """Returns the most frequent class of training for each utterance."""
        tasks = self.data.tasks
        train = self.samples("train", "none")
        if not train:
            return {}
        rows = []
        for own in classes.counts(train, tasks).values():
            numbers = list(own.values())
            rows.append(np.eye(len(numbers))[np.argmax(numbers)])
        repeated = np.repeat([rows], self.counts()[split], axis=0)
        return {"majority": {TARGET: repeated}}

    def model_plots(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots attention to the first development utterances."""
        samples = self.samples("dev", training["normalisation"])[:SHOWN]
        by_id = {utterance.id: utterance for utterance in self.data.utterances}
        return class_scores.attention_plots(
            model,
            {sample.id: np.asarray(sample.inputs) for sample in samples},
            {
                sample.id: self.corpus.waveform(by_id[sample.id])
                for sample in samples
            },
            self.data.port,
            note,
            self.recipe.attends_over_time(model),
        )


def _by_length(
    samples: Sequence[UtteranceSample],
) -> list[UtteranceSample]:
    return sorted(samples, key=lambda sample: len(sample.inputs))
