"""The network that a cross-validation saves, which learns from all speakers."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tuning.experiments import fold_data
from tuning.experiments.class_calibration import Predicted
from tuning.experiments.classification import ClassExperiment
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import Item
from tuning.experiments.utterance_data import UtteranceData
from tuning.experiments.utterances import UtteranceExperiment
from tuning.protocols.folds import Fold
from tuning.training import retraining
from tuning.training.fits import Configuration, Fit, FitRequest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_MORE = "The saved model is one more network, of the seed that is best on "
RETRAINED = (
    f"{ONE_MORE}dev, trained on all speakers for as many epochs as were best "
    "on dev in the folds of that seed, on average. No speaker is left to "
    "score it: the figures above are of the folds' networks."
)


class SavedNetwork(ClassExperiment):
    """Networks of folds, and one of all speakers, which is saved.

    Args:
        setup: with the corpus that `data` was read from.
        data: the utterances.
        folds: two or more, each with a development partition.
        progress: called with a line while the saved network trains.
        retrain: whether it learns from all utterances, for as many epochs as
            the folds chose; otherwise what validates the first fold chooses
            its epoch.

    Attributes:
        parts: the experiment on each fold.
        whole: that of the saved network.
    """

    saved_as = (
        f"{ONE_MORE}dev, trained on all speakers but those that validate the "
        "first fold:"
    )

    def __init__(
        self,
        setup: Setup,
        data: UtteranceData,
        folds: Sequence[Fold],
        progress: Callable[[str], None],
        retrain: bool,
    ):
        super().__init__(setup)
        self.data = data
        self.folds = tuple(folds)
        self.retrain = retrain
        self._progress = progress
        self.parts = [UtteranceExperiment(setup, data, fold) for fold in folds]
        if retrain:
            self.saved_as = RETRAINED
            fold = fold_data.everyone(folds)
        else:
            fold = fold_data.all_speakers(folds)
        self.whole = UtteranceExperiment(setup, data, fold)

    @property
    def saved_part(self) -> UtteranceExperiment:
        return self.whole

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        return self.whole.arguments(by_target)

    def items(self, split: str) -> list[Item]:
        return self.whole.items(split)

    def model_plots(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots the saved model's attention to the first fold's dev."""
        return self.parts[0].model_plots(model, training, note)

    def whole_requests(
        self,
        out: pathlib.Path,
        by_target: Mapping[str, Configuration],
        seed: int,
    ) -> list[FitRequest]:
        """Returns the saved network, if no fold decides on its epochs."""
        if self.retrain:
            return []
        return [
            self._whole_request(out, target, configuration, seed)
            for target, configuration in by_target.items()
        ]

    def _whole_request(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
    ) -> FitRequest:
        name = self.whole.fold.name
        folder = name if epochs is None else f"{name}_{epochs}_epochs"
        (request,) = self.whole.requests(
            out / "folds" / folder, target, configuration, seed, epochs
        )
        return dataclasses.replace(
            request,
            fold=len(self.parts),
            name=f"seed {seed}, all speakers",
        )

    def saved_epochs(self, best: Mapping[str, Fit]) -> dict[str, int]:
        if not self.retrain:
            return {}
        return {target: fit.best_epoch + 1 for target, fit in best.items()}

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        """Returns the network of all speakers, of the best seed on dev."""
        ((target, fit),) = best.items()
        own = by_target[target]
        epochs = self.saved_epochs(best).get(target)
        if epochs is not None:
            own = retraining.configuration(own, fit.folds, epochs)
        request = self._whole_request(fit.folder, target, own, fit.seed, epochs)
        whole = self.train(
            request,
            lambda epoch, logs: self._progress(
                f"{request.name}, epoch {epoch + 1}"
            ),
        )
        return self.whole.load(whole, own)

    def predicted(
        self,
        model: keras.Model,
        configuration: Configuration,
        best: Mapping[str, Fit],
    ) -> Predicted:
        """Returns dev of the saved model, or else dev of all folds.

        The latter is predicted by the folds' networks of the saved seed, each
        of which has not learnt the speakers that it predicts.
        """
        if not self.retrain:
            return super().predicted(model, configuration, best)
        (fit,) = best.values()
        by_fold = [
            part.posteriors_of(own, configuration)["dev"]
            for part, own in zip(self.parts, fit.folds)
        ]
        y_true = np.concatenate([part.y_true("dev") for part in self.parts])
        return Predicted({"dev": y_true}, {"dev": np.concatenate(by_fold)})
