"""Cells of support vector machines on functionals of Yaafe's features.

They are the reference: what mean and standard deviation of the 743 features
of `pipelines.features.yaafe` over an utterance tell, without a network.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipelines.corpora.base import Utterance
from pipelines.corpora.joined import Joined
from pipelines.datasets import utterances
from tuning.crosscorpus.cells import MAJORITY, Cell
from tuning.crosscorpus.corpora import Member
from tuning.experiments import classes, functionals, svm
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.progress import Progress
from tuning.training.shared import Cache

SYSTEMS: Mapping[str, svm.Settings] = {
    "SVM, rbf": {"class_weight": "balanced"},
    "SVM, linear": {
        "kernel": "linear",
        "C": 0.001,
        "class_weight": "balanced",
    },
}
"""Arguments of scikit-learn's `SVC`: fixed, since a choice on the corpus that
is learnt need not hold on another."""


class Functionals:
    """Functionals of the utterances of all corpora, and their classes.

    Args:
        joined: the corpora.
        members: with the utterances of each.
        tasks: name to classes.
        cache: folder where Yaafe's features are kept.
        progress: shows how far the reading is.
    """

    def __init__(
        self,
        joined: Joined,
        members: Mapping[str, Member],
        tasks: classes.Tasks,
        cache: pathlib.Path | None,
        progress: Progress,
    ):
        self.members = members
        self.tasks = tasks
        self.utterances = utterances.with_labels(joined, tasks)
        self.corpora = [joined.member_of(u) for u in self.utterances]
        self._progress = progress
        indices = [utterances.class_indices(u, tasks) for u in self.utterances]
        self.y_true = np.array([[own[t] for t in tasks] for own in indices])
        self._vectors = Cache(
            lambda variant: functionals.vectors(
                joined, self.utterances, progress, cache, "yaafe", variant
            ),
            most=1,
        )

    def cells(self, scheme: str) -> Iterator[Cell]:
        """Yields the cells of every machine and of the majority class.

        Each scaler is fitted on what its machine learns from; with "speaker"
        and "running" each speaker's vectors are normalised before, by their
        own.

        Args:
            scheme: normalisation of the recordings or of their vectors;
                "recording" leaves them.
        """
        rows = self._vectors(functionals.variant_of(scheme))
        features = functionals.normalised(rows, scheme, self.utterances)
        for learnt in self.members:
            for tested in self.members:
                folds = self._folds(learnt, tested)
                for system, settings in SYSTEMS.items():
                    self._progress.show(f"{system}, {learnt} to {tested}")
                    predicted = [
                        svm.predict(
                            features,
                            self.y_true[:, i],
                            names,
                            self.utterances,
                            folds,
                            [settings],
                        ).classes
                        for i, names in enumerate(self.tasks.values())
                    ]
                    yield self._cell(system, scheme, learnt, tested, predicted)
                constant = [
                    svm.majority(self.y_true[:, i], self.utterances, folds)
                    for i in range(len(self.tasks))
                ]
                yield self._cell(MAJORITY, scheme, learnt, tested, constant)
        self._progress.clear()

    def _folds(self, learnt: str, tested: str) -> list[Fold]:
        """Returns folds of the joined utterances, without dev partitions."""
        if learnt != tested:
            train, test = self._ids(learnt), self._ids(tested)
            return [Fold(f"{learnt} to {tested}", train, (), test)]
        member = self.members[learnt]
        within = protocols.without_dev(
            member.protocol, member.corpus, member.labelled
        )
        names = dict(zip((u.id for u in member.labelled), self._ids(learnt)))
        return [
            Fold(
                fold.name,
                tuple(names[name] for name in fold.train),
                (),
                tuple(names[name] for name in fold.test),
            )
            for fold in within
        ]

    def _ids(self, corpus: str) -> tuple[str, ...]:
        """Returns the ids of a corpus' utterances, in its own order."""
        return tuple(
            utterance.id
            for utterance, name in zip(self.utterances, self.corpora)
            if name == corpus
        )

    def _cell(
        self,
        system: str,
        scheme: str,
        learnt: str,
        tested: str,
        predicted: Sequence[np.ndarray],
    ) -> Cell:
        """Returns the cell of predicted classes, -1 where nothing is tested."""
        y_pred = np.stack(predicted, axis=1)
        is_tested = (y_pred >= 0).all(axis=1)
        most = max(len(names) for names in self.tasks.values())
        return Cell(
            system,
            scheme,
            learnt,
            tested,
            self.y_true[is_tested],
            [np.eye(most)[y_pred[is_tested]]],
            _speakers(self.utterances, is_tested, tested),
        )


def _speakers(
    own: Sequence[Utterance], is_tested: np.ndarray, corpus: str
) -> list[str]:
    """Returns the speakers of tested utterances as their corpus names them."""
    return [
        utterance.speaker.removeprefix(f"{corpus}:")
        for utterance, tested in zip(own, is_tested)
        if tested
    ]
