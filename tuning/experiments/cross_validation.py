"""Cross-validation over the folds of an evaluation protocol."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tuning.experiments import fold_data
from tuning.experiments.choices import Choices
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.predictions import Outputs, Predictions
from tuning.experiments.saved_network import SavedNetwork
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import TrainedOn
from tuning.experiments.utterance_data import UtteranceData
from tuning.experiments.utterances import UtteranceExperiment
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.fits import Configuration, Fit, FitRequest
from tuning.training.network import OnEpoch
from tuning.training.progress import Progress
from zoo.common import cli

SPLITS = ("dev", "test")


class CrossValidation(SavedNetwork):
    """A network for each fold; every tested utterance is scored once.

    Recalls are pooled over all tested utterances, each predicted by a network
    that was not trained on it. The saved model is one more network, trained on
    all but what validates the first fold; only its dev score is its own. With
    `retrain` it is trained on all, and no score is its own.

    The test speaker of one fold validates another, so a search, which maximises
    the mean development score, is optimistically biased: the searched settings
    have seen these labels. `tuning.train` chooses epochs alone.

    Args:
        setup: with the corpus that `data` was read from.
        data: the utterances.
        folds: two or more, each with a development partition.
        progress: called with a line while the saved network trains.
        retrain: whether the saved network learns from all utterances.
    """

    shown_as = "the first fold"
    crossed = True

    def __init__(
        self,
        setup: Setup,
        data: UtteranceData,
        folds: Sequence[Fold],
        progress: Callable[[str], None] = lambda line: None,
        retrain: bool = False,
    ):
        super().__init__(setup, data, folds, progress, retrain)

    def of_model(self, setup: Setup) -> CrossValidation:
        return CrossValidation(
            setup, self.data, self.folds, self._progress, self.retrain
        )

    @classmethod
    def open(
        cls,
        setup: Setup,
        choices: Choices,
        progress: Progress,
    ) -> ClassExperiment:
        """Opens an experiment on the folds of a protocol.

        A protocol with a single fold needs no cross-validation.
        """
        tasks = fold_data.tasks_of(setup, choices)
        folds = fold_data.folds_of(
            setup, tasks, choices.protocol, choices.validators
        )
        if len(folds) == 1:
            _check_single(setup.corpus.name, choices)
        data = fold_data.read(setup, tasks, choices.features, progress)
        if len(folds) == 1:
            return UtteranceExperiment(setup, data, folds[0])
        return cls(setup, data, folds, progress.show, choices.retrain)

    @classmethod
    def open_saved(
        cls,
        setup: Setup,
        arguments: Mapping[str, Any],
        progress: Progress,
        trained: TrainedOn,
    ) -> UtteranceExperiment:
        """Opens the experiment that scores a saved model.

        Utterances that the model has learnt from or was chosen by are train
        and dev, whatever corpus they come from; all others are test.
        """
        task = next(iter(arguments.get("tasks", [])), None)
        is_single = len(setup.card.outputs) == 1 and task is not None
        names = ",".join(arguments.get("labels", [])) or None
        choices = Choices(classes=names, task=task if is_single else None)
        tasks = fold_data.tasks_of(setup, choices)
        fold = fold_data.seen(setup, tasks, trained)
        data = fold_data.read(setup, tasks, None, progress)
        return UtteranceExperiment(setup, data, fold)

    def counts(self) -> dict[str, int]:
        return {
            "utterances": len(self.data.utterances),
            "folds": len(self.parts),
        }

    def notes(self) -> list[str]:
        names = ", ".join(part.fold.name for part in self.parts)
        known = protocols.notes(self.folds, self.data.utterances)
        return [*self.data.notes(), f"tested in turn: {names}", *known]

    @property
    def scored(self) -> list[str]:
        return list(SPLITS)

    def labelled(self, split: str) -> bool:
        return split in SPLITS

    def requests(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        predicts: bool = False,
    ) -> list[FitRequest]:
        """Returns the network of every fold."""
        return [
            self._request(
                number, out, target, configuration, seed, epochs, predicts
            )
            for number in range(len(self.parts))
        ]

    def _request(
        self,
        number: int,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        predicts: bool = False,
    ) -> FitRequest:
        """Returns the network of a fold."""
        part = self.parts[number]
        folder = out / "folds" / part.fold.name.replace(" ", "_")
        (request,) = part.requests(
            folder, target, configuration, seed, epochs, predicts
        )
        name = f"fold {number + 1} of {len(self.parts)}, {part.fold.name}"
        return dataclasses.replace(
            request, fold=number, name=f"seed {seed}, {name}"
        )

    def combine(self, out: pathlib.Path, own: Sequence[Fit]) -> Fit:
        """Returns one fit of all folds; its score is their mean."""
        first = own[0]
        return Fit(
            target=first.target,
            seed=first.seed,
            epochs=max(fit.epochs for fit in own),
            best=float(np.mean([fit.best for fit in own])),
            best_epoch=round(np.mean([fit.best_epoch for fit in own])),
            folder=out,
            folds=tuple(own),
        )

    def prepare(self, request: FitRequest) -> bool:
        return self.data.prepare(request.configuration.training)

    def train(
        self, request: FitRequest, on_epoch: OnEpoch | None = None
    ) -> Fit:
        """Trains the network of one fold, or of all speakers."""
        return self._part(request.fold).train(request, on_epoch)

    def _part(self, number: int) -> UtteranceExperiment:
        return [*self.parts, self.whole][number]

    def outputs_of(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        by_fold = [
            part.outputs_of(fold_fit, configuration)
            for part, fold_fit in zip(self.parts, fit.folds)
        ]
        return {
            split: {
                TARGET: np.concatenate(
                    [outputs[split][TARGET] for outputs in by_fold]
                )
            }
            for split in SPLITS
        }

    def shown_fits(self, best: Mapping[str, Fit]) -> Mapping[str, Fit]:
        """Returns the first fold's fits; only it is plotted, for legibility."""
        name = self.parts[0].fold.name
        return {name: fit.folds[0] for fit in best.values()}

    def y_true(self, split: str) -> np.ndarray:
        """Returns the classes of all folds' dev or test, fold by fold."""
        return np.concatenate([part.y_true(split) for part in self.parts])

    def ids(self, split: str) -> list[str]:
        return [name for part in self.parts for name in part.ids(split)]

    def units(self, split: str) -> list[str]:
        return [unit for part in self.parts for unit in part.units(split)]

    def class_counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Returns those of all speakers, which are tested in turn."""
        return {
            task: {"all folds": own}
            for task, own in self.data.class_counts().items()
        }

    def constant_predictions(self, split: str) -> dict[str, Predictions]:
        """Returns those of every fold, learnt from its own training."""
        by_fold = [part.constant_predictions(split) for part in self.parts]
        return {
            name: {
                TARGET: np.concatenate([own[name][TARGET] for own in by_fold])
            }
            for name in by_fold[0]
        }


def _check_single(corpus: str, choices: Choices) -> None:
    """Refuses choices of cross-validation where there is a single fold."""
    if choices.nested:
        raise cli.UsageError(
            "--nested is for cross-validation; the only test partition of "
            f"{corpus} takes no part in a search. Leave it out."
        )
    if choices.retrain:
        raise cli.UsageError(
            "--retrain is for cross-validation; the only dev partition of "
            f"{corpus} chooses the saved network's epoch. Leave it out, or "
            "choose another --protocol."
        )
