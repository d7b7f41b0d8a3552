"""The base of experiments that classify utterances: scores and plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from tuning.experiments import class_calibration, class_scores
from tuning.experiments.base import Experiment
from tuning.experiments.class_calibration import Predicted
from tuning.experiments.predictions import Predictions
from tuning.experiments.setup import Setup
from tuning.experiments.unit_scores import Scores, UnitSums
from tuning.experiments.utterance_data import UtteranceData
from tuning.protocols.folds import Fold
from tuning.training.fits import Configuration, Fit
from zoo.layers import TemperedSoftmax

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "classes"
"""One network learns all tasks; its posteriors are (…, tasks, classes)."""


class ClassExperiment(Experiment):
    """Networks that classify utterances.

    Attributes:
        data: the utterances.
        folds: the train, dev and test utterances of every network.
    """

    kind = "utterances"
    choices = ("classes", "task", "protocol", "validators", "retrain")
    targets = (TARGET,)
    measures = class_scores.MEASURES
    data: UtteranceData
    folds: tuple[Fold, ...]

    @classmethod
    def targets_of(cls, card: zoo.Card) -> list[str]:
        return [TARGET]

    def of_model(self, setup: Setup) -> ClassExperiment:
        """Returns another model's experiment on the same utterances and folds.

        Args:
            setup: of a model with the same input and tasks.
        """
        raise NotImplementedError

    def y_true(self, split: str) -> np.ndarray:
        """Returns the classes of a split's utterances, (utterances, tasks)."""
        raise NotImplementedError

    def ids(self, split: str) -> list[str]:
        """Returns the utterances' ids, in the order of the predictions."""
        raise NotImplementedError

    @property
    def saved_part(self) -> ClassExperiment:
        """The experiment on the partitions of the saved model."""
        return self

    def saved_scores(
        self, model: keras.Model, training: Mapping[str, Any]
    ) -> dict[str, Scores]:
        return Experiment.saved_scores(self.saved_part, model, training)

    def predicted(
        self,
        model: keras.Model,
        configuration: Configuration,
        best: Mapping[str, Fit],
    ) -> Predicted:
        """Returns what the saved model is calibrated by, dev among it.

        Args:
            model: the saved one.
            configuration: of its network.
            best: fits of the saved seed, by target.
        """
        part = self.saved_part
        splits = [split for split in part.scored if part.labelled(split)]
        return Predicted(
            {split: part.y_true(split) for split in splits},
            {
                split: np.asarray(
                    part.outputs(model, split, configuration.training)[TARGET]
                )
                for split in splits
            },
        )

    def calibrated(
        self,
        model: keras.Model,
        by_target: Mapping[str, Configuration],
        best: Mapping[str, Fit],
    ) -> tuple[keras.Model, dict[str, Any]]:
        """Returns the saved model with what is fitted on dev."""
        (configuration,) = by_target.values()
        if not any(isinstance(own, TemperedSoftmax) for own in model.layers):
            return model, {}
        predicted = self.predicted(model, configuration, best)
        record = class_calibration.calibration(
            predicted.y_true,
            predicted.posteriors,
            self.data.tasks,
            bool(configuration.training.get("thresholds")),
        )
        arguments = {
            **self.arguments(by_target),
            **class_calibration.arguments(record),
        }
        calibrated = zoo.get(self.card.name, weights=None, **arguments)
        calibrated.set_weights(model.get_weights())
        return calibrated, record

    def sums(self, predictions: Predictions, split: str) -> UnitSums:
        """Returns confusions by speaker, pooled over all utterances."""
        return class_scores.sums(
            self.y_true(split),
            np.asarray(predictions[TARGET]),
            self.data.tasks,
            self.units(split),
        )

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{TARGET}": np.asarray(predictions[TARGET]),
            f"{split}/true": self.y_true(split),
            f"{split}/id": np.array(self.ids(split)),
            f"{split}/speaker": np.array(self.units(split)),
            f"{split}/fold": np.array(
                [fold.name for fold in self.folds for _ in getattr(fold, split)]
            ),
        }

    def prediction_plots(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        return class_scores.confusion_plots(
            self.y_true(split),
            np.asarray(shown["predicted"][TARGET]),
            split,
            self.data.tasks,
            note,
        )
