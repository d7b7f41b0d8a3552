"""The systems of Tables 2 to 4, each trained once on one corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.datasets.utterances import EMOTION
from tuning.experiments import dnn_elm
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.unit_scores import UnitSums
from tuning.papers.attention_fcn.published import PROPOSED
from tuning.plots import classes as class_plots
from tuning.protocols import names as protocols
from tuning.protocols.folds import GENDER
from tuning.runs.ensemble import Ensemble
from tuning.tables import trained
from tuning.tables.trained import Systems
from tuning.training.fits import Fit
from zoo.metrics import classification

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BRANCHES = {
    "FCNs": "fcn",
    "Attention-LSTM": "lstm",
    "Attention-BLSTM": "blstm",
    "Attention-LSTM-FCN": "lstm+fcn",
    PROPOSED: "blstm+fcn",
}
"""Table 2: `branches` of each system."""
POOLINGS = {
    "Global max-pooling": "max",
    "Global average-pooling": "average",
    "Attention-pooling": "attention",
}
"""Table 3: `pooling` of each system; the last is the proposed one."""
FRAMES = f"{PROPOSED}, frame by frame"
ATTENTIVE_CNN = "iemocap_attentive_cnn"
OF_THE_DATA = ("class_weights", "components", "normalisation")
"""Hyper-parameters that `--set` changes for the attentive CNN too."""
OF_SPEAKERS = {"speaker": " by speaker", "running": " by speaker so far"}
"""What a row's name says of a normalisation by speaker."""
MEASURES = ("uar", "wa")


class Compared:
    """Trains the systems of the tables on a corpus and scores them.

    Args:
        systems: that trains.

    Attributes:
        split: that is scored: the test partition, or dev where the labels of
            test are unknown, as the paper does on CHEAVD.
        where: the corpus, for the rows' names.
        sums: by system, in the order of training: what its scores are
            computed from.
    """

    def __init__(self, systems: Systems):
        self.systems = systems
        self.corpus = systems.corpus
        self.has_eight = self.corpus.name.endswith("cheavd")
        name = "cheavd" if self.has_eight else "iemocap"
        self.model = f"{name}_attention_blstm_fcn"
        # A wrong value is refused before recordings are read.
        training = systems.configuration(self.model).training
        self.normalisation = training["normalisation"]
        self.experiment = systems.experiment(self.model)
        is_known = self.experiment.labelled("test") and not self.has_eight
        self.split = "test" if is_known else "dev"
        dataset = getattr(self.corpus, "dataset", None)
        self.where = f"{self.corpus.name} {dataset or ''}".strip()
        self.where += OF_SPEAKERS.get(self.normalisation, "")
        self.columns = [(self.split, EMOTION, name) for name in MEASURES]
        self.sums: dict[str, UnitSums] = {}

    @property
    def classes(self) -> Sequence[str]:
        """The emotions to tell apart."""
        return self.experiment.data.tasks[EMOTION]

    def branches(self) -> list[list[str]]:
        """Returns rows of Table 2."""
        return [
            row
            for name, branches in BRANCHES.items()
            for row in self._own(name, f"branches={branches}")
        ]

    def poolings(self) -> list[list[str]]:
        """Returns rows of Table 3."""
        return [
            row
            for name, pooling in POOLINGS.items()
            for row in self._own(name, f"pooling={pooling}")
        ]

    def others(self) -> list[list[str]]:
        """Returns rows of Table 4, and of the network without the shuffle."""
        return [
            *self._rows("DNN-ELM", self.experiment, self._dnn_elm()),
            *self._attentive_cnn(),
            *self._own("Attention-BLSTM", "branches=blstm"),
            *self._own(PROPOSED),
            *self._own(FRAMES, "shuffle=false"),
        ]

    def constants(self) -> list[list[str]]:
        """Returns the row of the majority class."""
        return trained.constants(self.experiment, self.columns, self.where)

    def proposed(self) -> Ensemble:
        """Returns the networks of the paper's own system."""
        return self.systems.train(self.model, self.systems.changes)

    def _own(self, name: str, *changes: str) -> list[list[str]]:
        """Returns the rows of the paper's network with some changes."""
        together = self.systems.train(
            self.model, (*self.systems.changes, *changes)
        )
        return self._rows(name, self.experiment, together)

    def _attentive_cnn(self) -> list[list[str]]:
        """Returns the rows of the attentive CNN, on the same folds."""
        changes = [
            change
            for change in self.systems.changes
            if change.partition("=")[0] in OF_THE_DATA
        ]
        experiment = self.systems.share(ATTENTIVE_CNN, self.model)
        together = self.systems.train(ATTENTIVE_CNN, changes)
        return self._rows("Attentive CNN", experiment, together)

    def _rows(
        self, name: str, experiment: ClassExperiment, together: Ensemble
    ) -> list[list[str]]:
        predictions = together.averaged(self.split)
        self.sums[name] = experiment.sums(predictions, self.split)
        title = f"**{name}, {self.where}, ours**"
        return trained.rows(title, experiment, together, self.columns)

    def _dnn_elm(self) -> Ensemble:
        """Trains Han et al.'s system on the same folds."""
        samples = self.experiment.data.normalised(self.normalisation)
        folder = self.systems.out / "dnn_elm" / self.normalisation
        fits, outputs = [], []
        for seed in self.systems.seeds:
            by_fold = [
                dnn_elm.predict(
                    samples,
                    fold,
                    len(self.classes),
                    seed,
                    folder / f"{fold.name.replace(' ', '_')}-{seed}.npz",
                    self.systems.epochs or dnn_elm.EPOCHS,
                    self._show(f"DNN-ELM, seed {seed}, {fold.name}"),
                )
                for fold in self.experiment.folds
            ]
            scores = {
                split: np.concatenate([own[split] for own in by_fold])
                for split in ("dev", "test")
            }
            fits.append(Fit(TARGET, seed, 0, 0.0, 0, folder))
            outputs.append(
                {split: {TARGET: own[:, None]} for split, own in scores.items()}
            )
        return Ensemble({}, {TARGET: fits}, {TARGET: outputs})

    def _show(self, text: str) -> Callable[[str], None]:
        return lambda line: self.systems.progress.show(f"{text}, {line}")

    def differences(self) -> list[list[str]]:
        """Returns how much better the proposed system is than each other."""
        own = self.sums[PROPOSED]
        return [
            [name]
            + [
                trained.difference(own, other, EMOTION, measure)
                for measure in MEASURES
            ]
            for name, other in self.sums.items()
            if name not in (PROPOSED, "Attention-pooling")
        ]

    def recalls(self) -> list[list[str]]:
        """Returns the recall of each class, for every system."""
        rows = []
        for name, sums in self.sums.items():
            scores = sums.scores()
            labels = (f"{EMOTION}: {label}" for label in self.classes)
            cells = (scores.get(label, {}).get("uar") for label in labels)
            rows.append(
                [name, *("-" if c is None else f"{100 * c:.1f}" for c in cells)]
            )
        return rows

    def directions(self) -> list[list[str]]:
        """Returns UA and WA of both directions of `by_session`, if it is one.

        The paper tests one speaker of each session: five folds. Both choices
        of the gender that is tested stand side by side.
        """
        name = self.systems.protocol or protocols.default(
            self.experiment.recipe, self.corpus
        )
        if name != "by_session":
            return []
        genders = {
            utterance.id: str(utterance.labels[GENDER])
            for utterance in self.experiment.data.utterances
        }
        tested = np.array([genders[i] for i in self.experiment.ids("test")])
        y_true = self.experiment.y_true("test")[:, 0]
        y_pred = trained.likeliest(self.proposed(), "test")
        rows = []
        for gender in sorted(set(genders.values())):
            matrix = classification.confusion(
                y_true[tested == gender],
                y_pred[tested == gender],
                len(self.classes),
            )
            recalls = (
                classification.unweighted_average_recall(matrix),
                classification.weighted_average_recall(matrix),
            )
            folds = sum(
                genders[fold.test[0]] == gender
                for fold in self.experiment.folds
            )
            rows.append(
                [
                    gender,
                    str(folds),
                    *(f"{100 * value:.1f}" for value in recalls),
                ]
            )
        return rows

    def confusions(self) -> Figure:
        """Plots the confusions of the proposed system."""
        matrix = classification.confusion(
            self.experiment.y_true(self.split)[:, 0],
            trained.likeliest(self.proposed(), self.split),
            len(self.classes),
        )
        return class_plots.confusions(
            {EMOTION: matrix}, self.experiment.data.tasks, self.corpus.note
        )
