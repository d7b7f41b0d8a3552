"""The base of all experiments: a model trained and scored on a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from tuning.experiments.choices import Choices
from tuning.experiments.networks import Networks
from tuning.experiments.predictions import Decoded, Outputs, Predictions
from tuning.experiments.scoring import Scoring
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import TrainedOn
from tuning.experiments.unit_scores import Scores
from tuning.training.fits import Configuration, Fit
from tuning.training.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLITS = ("train", "dev", "test")


class Experiment(Scoring, Networks):
    """A model on a corpus; a subclass says what kind of data is read.

    Attributes:
        kind: what a model learns from: "traces", "utterances" or "words".
        choices: names of the `Choices` that the kind takes.
        targets: outputs that networks are trained for, each by itself.
        saved_as: what a report says of the saved model.
        shown_as: name of the network whose training curves are plotted.
        predicts_traces: whether predictions are traces of recordings.

    Args:
        setup: model, recipe, corpus and epochs.
    """

    kind: str
    choices: Sequence[str] = ()
    targets: Sequence[str]
    saved_as = (
        "The saved model holds, for each target, the network of the seed that "
        "is best on dev:"
    )
    shown_as = "the saved model"
    predicts_traces = False

    @classmethod
    def open(
        cls,
        setup: Setup,
        choices: Choices,
        progress: Progress,
    ) -> Experiment:
        """Reads a corpus; choices are checked before a recording is read.

        Args:
            setup: model, recipe, corpus and epochs.
            choices: that the kind takes.
            progress: shows how far the reading is.

        Raises:
            ValueError: a corpus without what the model needs.
        """
        raise NotImplementedError

    @classmethod
    def open_saved(
        cls,
        setup: Setup,
        arguments: Mapping[str, Any],
        progress: Progress,
        trained: TrainedOn,
    ) -> Experiment:
        """Opens the experiment that scores a run's saved model on a corpus.

        Args:
            setup, progress: as of `open`.
            arguments: of the saved model.
            trained: what the saved model was trained on.
        """
        choices = Choices(modalities=arguments.get("modalities"))
        return cls.open(setup, choices, progress)

    @classmethod
    def targets_of(cls, card: zoo.Card) -> list[str]:
        """Returns the targets of a model, known before a corpus is."""
        raise NotImplementedError

    def notes(self) -> list[str]:
        """Returns notes on the data for a report, such as values mended."""
        return []

    def distinct(self, configuration: Configuration) -> Configuration:
        """Returns the one of all configurations that train the same network."""
        return configuration

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        """Returns predictions as arrays for a file, by SPLIT/TARGET/…"""
        raise NotImplementedError

    def prediction_plots(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots predictions: by title, the file's name and the figure.

        Args:
            shown: predictions of the split, by the system that made them.
            split: with labels.
            note: a caveat on the data, or "".
        """
        raise NotImplementedError

    def model_plots(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots the saved model's attention, as `prediction_plots`."""
        return {}

    def decode(
        self,
        configurations: Mapping[str, Configuration],
        outputs: Mapping[str, list[dict[str, Outputs]]],
        progress: Progress,
    ) -> Decoded | None:
        """Smooths predictions by a decoder; `None` where there is none.

        Args:
            configurations: by target.
            outputs: by target, of each seed and split.
            progress: shows how far the decoder's search is.
        """
        return None

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        """Returns one model that joins the network of each target."""
        ((target, fit),) = best.items()
        return self.load(fit, by_target[target])

    def saved_fits(
        self, fits: Mapping[str, Sequence[Fit]], best: Mapping[str, Fit]
    ) -> Mapping[str, Sequence[Fit]]:
        """Returns the networks of each target that `model.keras` holds.

        Args:
            fits: of every seed, by target.
            best: of them on dev.
        """
        return {target: [fit] for target, fit in best.items()}

    def saved_model(
        self,
        fits: Mapping[str, Sequence[Fit]],
        by_target: Mapping[str, Configuration],
        decoded: Decoded | None,
    ) -> keras.Model:
        """Returns the model that a run keeps, as `zoo.get` builds it.

        Args:
            fits: of `saved_fits`.
            by_target: configurations.
            decoded: of `decode`.
        """
        best = {target: own[0] for target, own in fits.items()}
        return self.join(best, by_target)

    def saved_epochs(self, best: Mapping[str, Fit]) -> dict[str, int]:
        """Returns the epochs of saved networks that nothing validated.

        Args:
            best: of all fits on dev, by target.
        """
        return {}

    def calibrated(
        self,
        model: keras.Model,
        by_target: Mapping[str, Configuration],
        best: Mapping[str, Fit],
    ) -> tuple[keras.Model, dict[str, Any]]:
        """Returns the saved model with calibrated posteriors, and how.

        Args:
            model: of `saved_model`.
            by_target: configurations.
            best: of all fits on dev, by target.

        Returns:
            The model, and `class_calibration.calibration`'s record by task;
            the same model and nothing where there are no classes.
        """
        return model, {}

    def saved_arguments(
        self, by_target: Mapping[str, Configuration], networks: int
    ) -> dict[str, Any]:
        """Returns the entry point's arguments for `saved_model`.

        Args:
            by_target: configurations.
            networks: of each target that the model holds.
        """
        return self.arguments(by_target)

    @property
    def scored(self) -> list[str]:
        """The splits to predict: dev, and test where there is one."""
        return [split for split in ("dev", "test") if self.counts()[split]]

    def predict(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Predictions:
        """Returns the targets among the outputs."""
        outputs = self.outputs(model, split, training)
        return {name: outputs[name] for name in self.targets if name in outputs}

    def saved_scores(
        self, model: keras.Model, training: Mapping[str, Any]
    ) -> dict[str, Scores]:
        """Returns the saved model's scores on every scored split."""
        return {
            split: self.score(self.predict(model, split, training), split)
            for split in self.scored
            if self.labelled(split)
        }

    def shown_fits(self, best: Mapping[str, Fit]) -> Mapping[str, Fit]:
        """Returns the fits whose training curves a report shows, by name."""
        return best
