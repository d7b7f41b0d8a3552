"""Networks of several seeds, and what they predict together."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tuning.experiments import decoding
from tuning.experiments.base import Experiment, Outputs, Predictions
from tuning.experiments.traces import TraceExperiment
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
        """Each target's fit that is best on dev."""
        best = max if self.direction == "max" else min
        return {
            target: best(each, key=lambda fit: fit.best)
            for target, each in self.fits.items()
        }

    def of_seed(self, place: int, split: str) -> Predictions:
        """What one seed's networks predict."""
        return {
            target: each[place][split][target]
            for target, each in self.outputs.items()
        }

    def averaged(self, split: str) -> Predictions:
        """The mean over seeds (paper 002, 6.1; paper 001, 4.2)."""
        return {
            target: [
                np.mean(predicted, axis=0)
                for predicted in zip(*(run[split][target] for run in each))
            ]
            for target, each in self.outputs.items()
        }

    def posteriors(
        self, dimension: str, split: str
    ) -> list[list[dict[int, np.ndarray]]]:
        """Posteriors of every seed and recording, by task."""
        tasks = {
            name: int(name.rpartition("_")[2])
            for name in self.outputs[dimension][0][split]
            if name.startswith(f"{dimension}_")
        }
        return [
            [
                {tasks[name]: each for name, each in zip(tasks, recording)}
                for recording in zip(*(run[split][name] for name in tasks))
            ]
            for run in self.outputs[dimension]
        ]


def train(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    seeds: list[int],
    progress: Progress,
) -> Ensemble:
    """Trains what is not trained yet, and predicts."""
    fits: dict[str, list[Fit]] = {t: [] for t in configurations}
    outputs: dict[str, list[dict[str, Outputs]]] = {
        target: [] for target in configurations
    }
    for target, configuration in configurations.items():
        for place, seed in enumerate(seeds, 1):
            line = f"{target}, seed {place} of {len(seeds)}"
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
            outputs[target].append(experiment.predicted(fit, configuration))
    progress.clear()
    direction = experiment.recipe.measure[1]
    return Ensemble(configurations, fits, outputs, direction)


def decoded(
    experiment: TraceExperiment, ensemble: Ensemble, progress: Progress
) -> tuple[dict[str, Any], dict[str, Predictions]]:
    """Chooses a decoder on dev and applies it to every scored split.

    Returns:
        The sweep of each dimension, best first, and the decoded traces by
        split.
    """
    sweeps: dict[str, Any] = {}
    traces: dict[str, Predictions] = {s: {} for s in experiment.scored}
    for dimension, configuration in ensemble.configurations.items():
        grammars = decoding.learn(
            dimension,
            experiment.sequences,
            configuration.training["levels_from"],
        )
        truth = [each.traces[dimension] for each in experiment.sequences["dev"]]
        sweeps[dimension] = decoding.sweep(
            grammars,
            ensemble.posteriors(dimension, "dev"),
            truth,
            progress.show,
        )
        best = sweeps[dimension][0]
        for split, known in traces.items():
            known[dimension] = decoding.decode_all(
                grammars,
                ensemble.posteriors(dimension, split),
                best["order"],
                best["alpha"],
            )
    progress.clear()
    return sweeps, traces
