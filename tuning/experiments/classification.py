"""What all experiments on utterances with classes share: how they score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

import zoo
from tuning.experiments import classes
from tuning.experiments.base import Experiment, Predictions, Scores
from tuning.experiments.utterance_data import Material
from tuning.protocols.folds import Fold

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "classes"
"""One network learns all tasks; its posteriors are (…, tasks, classes)."""


class ClassExperiment(Experiment):
    """Networks whose predictions are classes of utterances.

    Attributes:
        material: the utterances.
        folds: who trains, validates and is tested, of every network.
    """

    targets = (TARGET,)
    measures = classes.MEASURES
    material: Material
    folds: tuple[Fold, ...]

    @staticmethod
    def targets_of(card: zoo.Card) -> list[str]:
        return [TARGET]

    def true(self, split: str) -> np.ndarray:
        """The classes of what is predicted, (utterances, tasks)."""
        raise NotImplementedError

    def said(self, split: str) -> list[str]:
        """The ids of the utterances, in the order of the predictions."""
        raise NotImplementedError

    def score(self, predictions: Predictions, split: str) -> Scores:
        """Recalls, pooled over all utterances, of each task and class."""
        return classes.scores(
            self.true(split),
            np.asarray(predictions[TARGET]),
            self.material.tasks,
        )

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{TARGET}": np.asarray(predictions[TARGET]),
            f"{split}/true": self.true(split),
            f"{split}/id": np.array(self.said(split)),
        }

    def pictures(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        return classes.pictures(
            self.true(split),
            np.asarray(shown["predicted"][TARGET]),
            (split, self.material.tasks, note),
        )
