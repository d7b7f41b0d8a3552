"""Cells of the matrix: one system, learnt on a corpus, tested on another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tuning.experiments import class_scores, classes
from tuning.experiments.unit_scores import UnitSums
from zoo.metrics import classification

MAJORITY = "majority class"


@dataclasses.dataclass(frozen=True)
class Cell:
    """Predictions of one system for one corpus.

    Attributes:
        system: its name.
        normalisation: one of `pipelines.normalise.SCHEMES`, or "level".
        learnt: name of the corpus that it was trained on.
        tested: name of the corpus that it predicts; where it is the same,
            each utterance by a classifier that does not know its speaker.
        y_true: classes, (utterances, tasks).
        posteriors: of each seed, (utterances, tasks, classes).
        speakers: of each utterance.
    """

    system: str
    normalisation: str
    learnt: str
    tested: str
    y_true: np.ndarray
    posteriors: Sequence[np.ndarray]
    speakers: Sequence[str]

    @property
    def key(self) -> tuple[str, str, str]:
        """What cells that are compared share: all but the system."""
        return self.normalisation, self.learnt, self.tested

    def sums(self, tasks: classes.Tasks) -> UnitSums:
        """Returns what the scores of the ensemble are computed from."""
        together = np.mean(self.posteriors, axis=0)
        return class_scores.sums(self.y_true, together, tasks, self.speakers)

    def content(self, tasks: classes.Tasks) -> dict[str, Any]:
        """Returns scores, recalls and confusions, as JSON has them."""
        together = np.mean(self.posteriors, axis=0).argmax(axis=-1)
        return {
            "system": self.system,
            "normalisation": self.normalisation,
            "learnt": self.learnt,
            "tested": self.tested,
            "utterances": len(self.y_true),
            "speakers": len(set(self.speakers)),
            "metrics": self.sums(tasks).scores(),
            "seeds": [
                class_scores.recalls_of(self.y_true, posteriors, tasks)
                for posteriors in self.posteriors
            ],
            "confusions": {
                task: classification.confusion(
                    self.y_true[:, i], together[:, i], len(names)
                ).tolist()
                for i, (task, names) in enumerate(tasks.items())
            },
        }
