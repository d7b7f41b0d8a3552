"""Systems that are trained for a table, and how they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

import zoo
from tuning.experiments import factory, unit_scores
from tuning.experiments.choices import Choices
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.setup import Setup
from tuning.experiments.unit_scores import UnitSums
from tuning.runs import ensemble, workspace
from tuning.runs.ensemble import Ensemble
from tuning.runs.figures import cell, mean_and_deviation, signed
from tuning.tables import kinds
from tuning.tables.kinds import Column
from tuning.tables.registry import TablesRequest
from tuning.training import hyperparameters
from tuning.training.fits import Configuration
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe

OPTIMIZERS = {"adam": "Adam", "sgd": "stochastic gradient descent"}


class Systems:
    """Models of utterances, trained where they are not trained yet.

    Args:
        request: of the tables.
        progress: shows how far the training is.
        within: folder of the fits inside that of all systems; "" for itself.

    Attributes:
        changes: "NAME=VALUE" of hyper-parameters that the command sets.
    """

    def __init__(
        self, request: TablesRequest, progress: Progress, within: str = ""
    ):
        self.corpus = request.corpus
        self.out = request.out / workspace.SYSTEMS / within
        self.features = request.out.parent / "features"
        self.epochs = request.epochs
        self.seeds = list(range(request.seeds))
        self.protocol = request.protocol
        self.classes = request.classes
        self.changes = request.changes
        self.progress = progress
        self.pool = request.pool or Pool(1)
        self._opened: dict[tuple[str, str | None], ClassExperiment] = {}

    def notes(self, model: str) -> str:
        """Returns how our rows were trained and scored, in words."""
        changes = ", ".join(self.changes)
        own = f", the paper's own with {changes}" if changes else ""
        epochs = self.epochs or recipe(model).epochs
        limit = f"{epochs} epoch{'s' if epochs > 1 else ''}"
        training = self.configuration(model).training
        optimizer = OPTIMIZERS[training.get("optimizer", "adam")]
        seeds = len(self.seeds)
        predictions = (
            f"The predictions of {seeds} seeds are averaged"
            if seeds > 1
            else "One seed is trained"
        )
        return (
            f"Networks train by {optimizer} for at most {limit}{own}. "
            f"{predictions}; recalls are pooled over all folds; in brackets "
            "bootstrap intervals (95 %) over speakers, where there are eight."
        )

    def configuration(
        self, model: str, changes: Sequence[str] | None = None
    ) -> Configuration:
        """Returns a model's default configuration with changes.

        Args:
            model: a name in `zoo.names()`.
            changes: "NAME=VALUE"; `None` for those of the command.
        """
        return hyperparameters.configure(
            recipe(model), TARGET, self.changes if changes is None else changes
        )

    def share(self, model: str, other: str) -> ClassExperiment:
        """Returns a model's experiment on what another's has read.

        Args:
            model: a name in `zoo.names()`.
            other: a model with the same front end, tasks and protocol.
        """
        key = model, None
        if key not in self._opened:
            experiment = self.experiment(other)
            self._opened[key] = experiment.of_model(self._setup(model))
        return self._opened[key]

    def _setup(self, model: str) -> Setup:
        return Setup(
            zoo.card(model, None), recipe(model), self.corpus, self.epochs
        )

    def experiment(
        self, model: str, task: str | None = None
    ) -> ClassExperiment:
        """Returns the experiment of a model; its utterances are read once."""
        key = model, task
        if key not in self._opened:
            experiment = factory.open_experiment(
                self._setup(model),
                Choices(
                    classes=self.classes,
                    task=task,
                    protocol=self.protocol,
                    features=self.features,
                ),
                self.progress,
            )
            if not isinstance(experiment, ClassExperiment):
                raise TypeError(f"{model!r} is no model of utterances.")
            self._opened[key] = experiment
        return self._opened[key]

    def train(
        self,
        model: str,
        changes: Sequence[str],
        task: str | None = None,
    ) -> Ensemble:
        """Trains the networks of every seed.

        Args:
            model: a name in `zoo.names()`.
            changes: "NAME=VALUE" of the model's hyper-parameters.
            task: of a model of a single task.
        """
        experiment = self.experiment(model, task)
        folder = self.out / "-".join(filter(None, (model, task)))
        return ensemble.train(
            experiment,
            {TARGET: self.configuration(model, changes)},
            folder,
            self.seeds,
            self.progress,
            self.pool,
        )

    def train_each(
        self, model: str, several: Sequence[Sequence[str]], seed: int
    ) -> list[Ensemble]:
        """Trains one network for each of several changes, side by side.

        Args:
            model: a name in `zoo.names()`.
            several: "NAME=VALUE" of hyper-parameters, for each network.
            seed: of every network.
        """
        return ensemble.train_each(
            self.experiment(model),
            TARGET,
            [self.configuration(model, changes) for changes in several],
            self.out / model,
            seed,
            self.progress,
            self.pool,
        )


def rows(
    name: str,
    experiment: ClassExperiment,
    together: Ensemble,
    columns: Sequence[Column],
) -> list[list[str]]:
    """Returns the rows of one of our systems, one for each kind of figure.

    Args:
        name: of the system, such as "**FCNs, emotale, ours**".
        experiment: that scores.
        together: its networks.
        columns: partition, label and measure, such as ("test", "emotion",
            "uar").

    Returns:
        Name, kind, and in percent each column: that of the ensemble with
        intervals, and that of the mean of seeds ± standard deviation.
    """
    splits = dict.fromkeys(split for split, *_ in columns)
    seeds = range(len(together.fits[TARGET]))
    return kinds.rows(
        name,
        {
            split: experiment.score(together.averaged(split), split)
            for split in splits
        },
        [
            {
                split: experiment.score(together.of_seed(index, split), split)
                for split in splits
            }
            for index in seeds
        ],
        columns,
        digits=1,
        scale=100,
    )


def constants(
    experiment: ClassExperiment, columns: Sequence[Column], where: str
) -> list[list[str]]:
    """Returns the row of each constant baseline, as `rows`.

    Args:
        experiment, columns: as of `rows`.
        where: the corpus, for the rows' names.
    """
    return kinds.constants(
        {split: experiment.constants(split) for split, *_ in columns},
        columns,
        where,
        digits=1,
        scale=100,
    )


def difference(
    first: UnitSums, second: UnitSums, label: str, measure: str = "uar"
) -> str:
    """Returns how much better the first system is, in percentage points.

    Args:
        first, second: `experiment.sums(ensemble.averaged(split), split)` of
            two systems on the same data.
        label, measure: that are compared.

    Returns:
        Such as "+3.1 (0.2 to 6.0)": the difference and the 95 % interval
        over speakers, paired; without an interval for fewer than eight.
    """
    return signed(unit_scores.difference(first, second, label, measure), 1, 100)


def percent(scores: Mapping[str, float]) -> list[str]:
    """Returns UA and WA in percent, with their intervals where given."""
    return [cell(scores, name, digits=1, scale=100) for name in ("uar", "wa")]


def by_seed(
    experiment: ClassExperiment, together: Ensemble, split: str, task: str
) -> str:
    """Returns mean ± deviation over single networks' UA, in percent."""
    scores = [
        100
        * experiment.score(together.of_seed(index, split), split)[task]["uar"]
        for index in range(len(together.fits[TARGET]))
    ]
    return mean_and_deviation(scores, digits=1)


def likeliest(together: Ensemble, split: str, index: int = 0) -> np.ndarray:
    """Returns the classes that an ensemble predicts for one task.

    Args:
        together: the networks.
        split: "dev" or "test".
        index: of the task.
    """
    posteriors = np.asarray(together.averaged(split)[TARGET])
    return posteriors[:, index].argmax(axis=-1)
