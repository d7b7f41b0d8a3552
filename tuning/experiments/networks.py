"""The networks of an experiment: how they are built, trained and loaded."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from threadpoolctl import threadpool_limits

import zoo
from tuning.experiments.predictions import Outputs
from tuning.experiments.setup import Setup
from tuning.training import fits, network
from tuning.training.fits import Configuration, Fit, FitRequest
from tuning.training.job import TrainingJob
from tuning.training.network import OnEpoch


class Networks:
    """Networks of a model that are trained on a corpus.

    Copies in worker processes train them too (`tuning.training.pool`), so
    what an instance holds can be pickled.

    Args:
        setup: model, recipe, corpus and epochs.
    """

    def __init__(self, setup: Setup):
        self.card = setup.card
        self.corpus = setup.corpus
        self.recipe = setup.recipe
        self.epochs = setup.epochs or setup.recipe.epochs

    def __getstate__(self) -> dict[str, Any]:
        """Returns what a copy holds; it shows no progress of its own."""
        return {**self.__dict__, "_progress": _hide}

    def job(self, target: str, configuration: Configuration) -> TrainingJob:
        """Returns the training job of a target's network."""
        raise NotImplementedError

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        """Returns the entry point's arguments for a model of some targets."""
        raise NotImplementedError

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        """Returns all outputs of a model for each recording of a split.

        Args:
            model: of one target or of all.
            split: to predict.
            training: the configuration's training values, some of which say
                how inputs are normalised.
        """
        raise NotImplementedError

    @property
    def scored(self) -> list[str]:
        """The splits to predict."""
        raise NotImplementedError

    def build(self, target: str, configuration: Configuration) -> keras.Model:
        """Returns the untrained network of one target."""
        arguments = self.arguments({target: configuration})
        return zoo.get(self.card.name, weights=None, **arguments)

    def load(self, fit: Fit, configuration: Configuration) -> keras.Model:
        """Returns the fitted network of one target."""
        model = self.build(fit.target, configuration)
        model.load_weights(fit.folder / "weights.weights.h5")
        return model

    def outputs_of(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        """Returns the outputs of a fitted network for every scored split.

        They are kept beside the fit.
        """
        outputs = fits.load_outputs(fit.folder)
        if outputs is None:
            network = self.load(fit, configuration)
            outputs = {
                split: self.outputs(network, split, configuration.training)
                for split in self.scored
            }
            fits.save_outputs(fit.folder, outputs)
        return outputs

    def requests(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        predicts: bool = False,
    ) -> list[FitRequest]:
        """Returns the networks to train for one seed: one, or one a fold.

        Args:
            out: the run's folder. A network gets one of its own in it, named
                after all that it depends on; once finished it is not trained
                again.
            target: to predict.
            configuration: of the network and of its training.
            seed: of the initial weights and the order of recordings.
            epochs: at most; `None` for the experiment's.
            predicts: as of `FitRequest`.
        """
        return [
            FitRequest(
                folder=out / "fits" / fits.key(target, configuration, seed),
                target=target,
                configuration=configuration,
                seed=seed,
                epochs=self.epochs if epochs is None else epochs,
                name=f"{target}, seed {seed}",
                predicts=predicts,
            )
        ]

    def whole_requests(
        self,
        out: pathlib.Path,
        by_target: Mapping[str, Configuration],
        seed: int,
    ) -> list[FitRequest]:
        """Returns the networks that only `join` needs, beside the others."""
        return []

    def combine(self, out: pathlib.Path, own: Sequence[Fit]) -> Fit:
        """Returns the fit of one seed from those of its requests."""
        (fit,) = own
        return fit

    def prepare(self, request: FitRequest) -> bool:
        """Makes the inputs that a network needs; returns whether it did.

        They are then part of what worker processes share.
        """
        return False

    def finished(self, request: FitRequest) -> Fit | None:
        """Returns a network's fit; `None` unless it is all there."""
        fit = fits.finished(request.folder, request.epochs)
        has_all = not request.predicts or fits.has_outputs(request.folder)
        return fit if has_all else None

    def train(
        self, request: FitRequest, on_epoch: OnEpoch | None = None
    ) -> Fit:
        """Trains one network, resuming where an interrupted run stopped.

        Args:
            request: of the network.
            on_epoch: called with the epoch's number and what was logged.
        """
        target, configuration = request.target, request.configuration
        with threadpool_limits(1):  # as TensorFlow: sums depend on threads
            fit = network.train(
                request.folder,
                functools.partial(self.build, target, configuration),
                functools.partial(self.job, target, configuration),
                self.recipe.rule,
                target,
                configuration.training,
                request.seed,
                request.epochs,
                on_epoch,
            )
            if request.predicts:
                self.outputs_of(fit, configuration)
        return fit

    def fit(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Fit:
        """Trains the networks of one seed, one after the other.

        Args:
            out, target, configuration, seed, epochs: as of `requests`.
            on_epoch: as of `train`.
        """
        requests = self.requests(out, target, configuration, seed, epochs)
        return self.combine(
            out, [self.train(request, on_epoch) for request in requests]
        )


def _hide(line: str) -> None:
    """Shows nothing."""
