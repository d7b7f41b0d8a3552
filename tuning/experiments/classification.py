"""The base of experiments that classify utterances: scores and plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

import zoo
from tuning.experiments import class_scores
from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Predictions
from tuning.experiments.setup import Setup
from tuning.experiments.unit_scores import UnitSums
from tuning.experiments.utterance_data import UtteranceData
from tuning.protocols.folds import Fold

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
    choices = ("classes", "task", "protocol")
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
