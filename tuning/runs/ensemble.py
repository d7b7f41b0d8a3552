"""Ensembles: networks of several seeds whose predictions are averaged."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Outputs, Predictions
from tuning.runs import networks
from tuning.runs.networks import Network
from tuning.training.fits import Configuration, Fit, FitRequest
from tuning.training.pool import Pool
from tuning.training.progress import Progress


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """A network of every target for every seed.

    Attributes:
        configurations: by target.
        fits: by target, in the order of the seeds.
        outputs: of each fit on the scored splits, by target and split.
        direction: "max" or "min", of the development score.
    """

    configurations: Mapping[str, Configuration]
    fits: Mapping[str, list[Fit]]
    outputs: Mapping[str, list[dict[str, Outputs]]]
    direction: str = "max"

    @property
    def best(self) -> dict[str, Fit]:
        """The fit of each target that is best on dev."""
        choose = max if self.direction == "max" else min
        return {
            target: choose(fits, key=lambda fit: fit.best)
            for target, fits in self.fits.items()
        }

    def of_seed(self, index: int, split: str) -> Predictions:
        """Returns the predictions of one seed's networks."""
        return {
            target: by_seed[index][split][target]
            for target, by_seed in self.outputs.items()
        }

    def averaged(self, split: str) -> Predictions:
        """Returns the mean over seeds, as both papers on RECOLA do."""
        return {
            target: [
                np.mean(predicted, axis=0)
                for predicted in zip(
                    *(network[split][target] for network in by_seed)
                )
            ]
            for target, by_seed in self.outputs.items()
        }


def train(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    seeds: Sequence[int],
    progress: Progress,
    pool: Pool,
    is_saved: bool = False,
) -> Ensemble:
    """Trains the networks that are not trained yet, and predicts.

    Args:
        experiment: that trains and predicts.
        configurations: by target.
        out: the run's folder.
        seeds: of the networks.
        progress: shows how far the training is.
        pool: of processes.
        is_saved: whether a model is to be saved, for which another network
            may have to be trained (`Networks.whole_requests`). It is trained
            beside the others where there is one seed to choose from.
    """
    wanted = [
        Network(target, configuration, seed, predicts=True)
        for target, configuration in configurations.items()
        for seed in seeds
    ]
    others: list[FitRequest] = []
    if is_saved and len(seeds) == 1:
        others = experiment.whole_requests(out, configurations, seeds[0])
    trained = networks.train(
        experiment, out, wanted, pool, progress.show, others=others
    )
    progress.clear()
    fits: dict[str, list[Fit]] = {target: [] for target in configurations}
    for fit in trained:
        fits[fit.target].append(fit)
    outputs = {
        target: [
            experiment.outputs_of(fit, configurations[target]) for fit in own
        ]
        for target, own in fits.items()
    }
    direction = experiment.recipe.measure[1]
    return Ensemble(configurations, fits, outputs, direction)


def train_each(
    experiment: Experiment,
    target: str,
    configurations: Sequence[Configuration],
    out: pathlib.Path,
    seed: int,
    progress: Progress,
    pool: Pool,
) -> list[Ensemble]:
    """Trains one network for each of several configurations, side by side.

    Args:
        experiment, out, progress, pool: as of `train`.
        target: of all networks.
        configurations: of the networks.
        seed: of every network.
    """
    wanted = [
        Network(target, configuration, seed, predicts=True)
        for configuration in configurations
    ]
    trained = networks.train(experiment, out, wanted, pool, progress.show)
    progress.clear()
    direction = experiment.recipe.measure[1]
    return [
        Ensemble(
            {target: configuration},
            {target: [fit]},
            {target: [experiment.outputs_of(fit, configuration)]},
            direction,
        )
        for fit, configuration in zip(trained, configurations)
    ]
