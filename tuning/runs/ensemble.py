"""Ensembles: networks of several seeds whose predictions are averaged."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Outputs, Predictions
from tuning.training.fits import Configuration, Fit
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
) -> Ensemble:
    """Trains the networks that are not trained yet, and predicts."""
    fits: dict[str, list[Fit]] = {t: [] for t in configurations}
    outputs: dict[str, list[dict[str, Outputs]]] = {
        target: [] for target in configurations
    }
    for target, configuration in configurations.items():
        for number, seed in enumerate(seeds, 1):
            line = f"{target}, seed {number} of {len(seeds)}"
            fit = experiment.fit(
                out,
                target,
                configuration,
                seed,
                on_epoch=lambda epoch, logs: progress.show(
                    f"{line}, epoch {epoch + 1}"
                ),
            )
            fits[target].append(fit)
            outputs[target].append(experiment.outputs_of(fit, configuration))
    progress.clear()
    direction = experiment.recipe.measure[1]
    return Ensemble(configurations, fits, outputs, direction)
