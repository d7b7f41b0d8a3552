"""Systems that a table trains itself, and how they are compared."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.datasets.utterances import class_indices
from tuning.experiments import factory, svm
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.factory import Choices
from tuning.protocols import names
from tuning.runs import ensemble, workspace
from tuning.runs.ensemble import Ensemble
from tuning.training.fits import Configuration
from tuning.training.hyperparameters import configure
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli


class Systems:
    """Models of utterances, trained where they are not trained yet.

    Args:
        corpus: that all are trained on.
        out: the folder of the table, which keeps their fits in a folder.
        arguments: of the command: `epochs`, `seeds`, `protocol`, `classes`,
            `set`.
        progress: where it is said how far the training is.

    Attributes:
        asked: texts by the names of hyper-parameters that the command sets.
    """

    def __init__(
        self,
        corpus: Corpus,
        out: pathlib.Path,
        arguments: argparse.Namespace,
        progress: Progress,
    ):
        self.corpus = corpus
        self.out = out / workspace.SYSTEMS
        self.features = out.parent / "features"
        self.epochs: int | None = arguments.epochs
        self.seeds = list(range(arguments.seeds))
        self.protocol: str | None = arguments.protocol
        self.classes: str | None = arguments.classes
        parted = [each.partition("=") for each in arguments.set]
        self.asked = {name: text for name, _, text in parted}
        if not all(sign for _, sign, _ in parted):
            raise cli.UsageError(
                f"--set must be NAME=VALUE. Received: {' '.join(arguments.set)}"
            )
        self.progress = progress
        self._opened: dict[tuple[str, str | None], ClassExperiment] = {}

    def told(self, model: str) -> str:
        """How our rows were trained and scored, in words."""
        asked = [f"{name}={text}" for name, text in self.asked.items()]
        own = f", the paper's own with {', '.join(asked)}" if asked else ""
        epochs = self.epochs or recipe(model).epochs
        seeds = len(self.seeds)
        predictions = (
            f"The predictions of {seeds} seeds are averaged"
            if seeds > 1
            else "One seed is trained"
        )
        return (
            f"Networks train by Adam for at most {epochs} epochs{own}. "
            f"{predictions}; recalls are pooled over all folds; in brackets "
            "bootstrap intervals (95 %) over utterances."
        )

    def experiment(
        self, model: str, task: str | None = None
    ) -> ClassExperiment:
        """The experiment of a model, its utterances read once."""
        key = model, task
        if key not in self._opened:
            opened = factory.open_experiment(
                model,
                self.corpus,
                self.epochs,
                self.progress,
                Choices(
                    classes=self.classes,
                    task=task,
                    protocol=self.protocol,
                    features=self.features,
                ),
            )
            if not isinstance(opened, ClassExperiment):
                raise TypeError(f"{model!r} is no model of utterances.")
            self._opened[key] = opened
        return self._opened[key]

    def train(
        self,
        model: str,
        changes: Mapping[str, Any],
        task: str | None = None,
    ) -> Ensemble:
        """Networks of every seed.

        Args:
            model: a name in `zoo.names()`.
            changes: values of the model's hyper-parameters by name; others
                keep their defaults.
            task: of a model of a single task.
        """
        experiment = self.experiment(model, task)
        configuration = changed(model, changes)
        folder = self.out / "-".join(filter(None, (model, task)))
        return ensemble.train(
            experiment,
            {TARGET: configuration},
            folder,
            self.seeds,
            self.progress,
        )


def changed(model: str, changes: Mapping[str, Any]) -> Configuration:
    """A model's default configuration with other values."""
    words = [f"{name}={_word(value)}" for name, value in changes.items()]
    return configure(model, TARGET, words)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def percent(scores: Mapping[str, float]) -> list[str]:
    """UA and WA in percent, with their intervals where there are any."""
    cells = []
    for name, *ends in (("uar", "low", "high"), ("wa", "wa_low", "wa_high")):
        cell = f"{100 * scores[name]:.1f}"
        if ends[0] in scores:
            low, high = (100 * scores[end] for end in ends)
            cell += f" ({low:.1f} to {high:.1f})"
        cells.append(cell)
    return cells


def by_seed(
    experiment: ClassExperiment, together: Ensemble, split: str, task: str
) -> str:
    """Mean and deviation over single networks' UA, in percent."""
    found = [
        100
        * experiment.score(together.of_seed(place, split), split)[task]["uar"]
        for place in range(len(together.fits[TARGET]))
    ]
    return f"{np.mean(found):.1f} ± {np.std(found):.1f}"


def likeliest(together: Ensemble, split: str, place: int = 0) -> np.ndarray:
    """The classes that the ensemble takes utterances for, of one task.

    Args:
        together: the networks.
        split: "dev" or "test".
        place: of the task.
    """
    posteriors = np.asarray(together.averaged(split)[TARGET])
    return posteriors[:, place].argmax(axis=-1)


def by_machines(
    made: Systems, experiment: ClassExperiment, task: str
) -> np.ndarray:
    """Paper 004's other baseline on the folds of an experiment.

    Args:
        made: with the corpus.
        experiment: whose tested utterances are asked for.
        task: to tell the classes of.

    Returns:
        Classes (utterances,), in the order of the experiment's test.

    Raises:
        ValueError: too few speakers or classes to choose machines by.
    """
    utterances = experiment.material.utterances
    tasks = experiment.material.tasks
    features = svm.functionals(
        made.corpus, utterances, "none", made.progress, made.features
    )
    true = np.array([class_indices(each, tasks)[task] for each in utterances])
    protocol = made.protocol or names.default(
        recipe(experiment.card.name), made.corpus
    )
    predicted, _ = svm.predict(
        features,
        true,
        tasks[task],
        utterances,
        names.for_machines(protocol, utterances),
        svm.MACHINES["nested grid"],
        lambda line: made.progress.show(f"{task}, machines, {line}"),
    )
    found = {u.id: taken for u, taken in zip(utterances, predicted)}
    return np.array([found[name] for name in experiment.said("test")])
