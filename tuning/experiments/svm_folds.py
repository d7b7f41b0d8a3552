"""Support vector machines on the folds of a protocol, and their scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances
from tuning.experiments import class_scores, same_recordings, svm
from tuning.experiments.classification import TARGET
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold, check_classes
from tuning.training.progress import Progress
from zoo.metrics import classification

CALIBRATED = "nested grid"
"""The system whose posteriors are calibrated, by the folds of its search."""


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What is predicted of a partition, fold after fold.

    Attributes:
        posteriors: (utterances, classes); ones and zeros of decisions.
        chosen: settings of each fold.
    """

    posteriors: np.ndarray
    chosen: list[svm.Settings] = dataclasses.field(default_factory=list)


class SvmExperiment:
    """Machines that tell the classes of one task on the folds of a protocol.

    Args:
        corpus: of the utterances.
        task: "emotion", or a dimension.
        names: classes of the task.
        protocol: one of `tuning.protocols.names.PROTOCOLS`.

    Attributes:
        labelled: the utterances that have one of the classes.
        y_true: their classes, (utterances,) int.
        folds: by the partition that they test, "dev" or "test".
        omissions: why there are no folds that test dev.

    Raises:
        ValueError: labels or speakers that the corpus lacks, or joined corpora
            with a recording in common.
    """

    def __init__(
        self, corpus: Corpus, task: str, names: Sequence[str], protocol: str
    ):
        same_recordings.check(corpus.members)
        self.names = names
        self.tasks = {task: names}
        self.protocol = protocol
        self.labelled = utterances.with_labels(corpus, self.tasks)
        self.y_true = np.array(
            [
                utterances.class_indices(u, self.tasks)[task]
                for u in self.labelled
            ]
        )
        self.folds = self._folds(corpus)
        self.omissions = self._check()
        self._index_of = {u.id: i for i, u in enumerate(self.labelled)}

    def _folds(self, corpus: Corpus) -> dict[str, list[Fold]]:
        """Returns folds by the partition that they test.

        A corpus without test is tested on dev, as its networks are.
        """
        own = {
            split: protocols.without_dev(
                self.protocol, corpus, self.labelled, split
            )
            for split in ("dev", "test")
        }
        if own["dev"] == own["test"]:
            del own["test"]
        return {split: folds for split, folds in own.items() if folds}

    def _check(self) -> list[str]:
        """Refuses folds that cannot be learnt; leaves those of dev out.

        The latter learn from fewer speakers than those of test.
        """
        by_id = {
            utterance.id: self.names[index]
            for utterance, index in zip(self.labelled, self.y_true)
        }
        omissions = []
        for split, folds in list(self.folds.items()):
            try:
                check_classes(folds, by_id, self.names)
                svm.check_speakers(self.labelled, folds)
            except ValueError as error:
                if split == self.scored:
                    raise
                del self.folds[split]
                omissions.append(f"no predictions of {split}: {error}")
        return omissions

    @property
    def scored(self) -> str:
        """The partition whose figures are reported."""
        return "test" if "test" in self.folds else "dev"

    def tested(self, split: str) -> list[int]:
        """Returns indices of the utterances of a partition, fold by fold."""
        return [
            self._index_of[name]
            for fold in self.folds[split]
            for name in fold.test
        ]

    def speakers(self, split: str) -> list[str]:
        """Returns the speaker of each utterance of a partition."""
        return [self.labelled[index].speaker for index in self.tested(split)]

    def predict(
        self, features: np.ndarray, split: str, grid: str, progress: Progress
    ) -> Predictions:
        """Returns the posteriors of a grid of settings.

        Fold by fold, since several folds may have the same dev utterances.
        """
        posteriors, chosen = [], []
        for done, fold in enumerate(self.folds[split], 1):
            own = svm.predict(
                features,
                self.y_true,
                self.names,
                self.labelled,
                [fold],
                svm.GRIDS[grid],
            )
            rows = [self._index_of[name] for name in fold.test]
            posteriors.append(own.posteriors[rows])
            chosen += own.chosen
            count = len(self.folds[split])
            progress.show(f"{grid}, {split}: fold {done} of {count}")
        return Predictions(np.concatenate(posteriors), chosen)

    def majority(self) -> Predictions:
        """Returns decisions for the most frequent class of the training."""
        folds = self.folds[self.scored]
        y_pred = svm.majority(self.y_true, self.labelled, folds)
        return Predictions(self._certain(y_pred[self.tested(self.scored)]))

    def _certain(self, y_pred: np.ndarray) -> np.ndarray:
        return np.eye(len(self.names))[y_pred]

    def arrays(self, split: str, own: Predictions) -> dict[str, np.ndarray]:
        """Returns what a run keeps of its predictions, as networks' runs do."""
        indices = self.tested(split)
        ids = [self.labelled[index].id for index in indices]
        folds = [f.name for f in self.folds[split] for _ in f.test]
        return {
            f"{split}/{TARGET}": own.posteriors[:, None].astype("float32"),
            f"{split}/true": self.y_true[indices, None],
            f"{split}/id": np.array(ids),
            f"{split}/speaker": np.array(self.speakers(split)),
            f"{split}/fold": np.array(folds),
        }

    def figures(self, systems: Mapping[str, Predictions]) -> dict[str, Any]:
        """Returns scores, confusions and chosen settings of every system.

        Only what the search has calibrated has a calibration error.
        """
        indices, speakers = self.tested(self.scored), self.speakers(self.scored)
        true = self.y_true[indices]
        figures: dict[str, Any] = {}
        for name, own in systems.items():
            likeliest = own.posteriors.argmax(axis=1)
            is_soft = name == CALIBRATED
            soft = own.posteriors if is_soft else self._certain(likeliest)
            scores = class_scores.scores(
                true[:, None], soft[:, None], self.tasks, speakers
            )
            matrix = classification.confusion(true, likeliest, len(self.names))
            figures.setdefault("metrics", {})[name] = scores
            figures.setdefault("confusions", {})[name] = matrix.tolist()
            figures.setdefault("chosen", {})[name] = own.chosen
        return figures
