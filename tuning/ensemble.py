"""Networks of several seeds, and what they predict together."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import zoo
from tuning import decode
from tuning.experiment import Experiment, Outputs, Predictions
from tuning.fits import Configuration, Fit, joined
from tuning.progress import Progress


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """A network of every dimension for every seed.

    Attributes:
        configurations: by dimension.
        fits: by dimension, in the order of the seeds.
        outputs: of each fit on the scored splits, by dimension and split.
    """

    configurations: Mapping[str, Configuration]
    fits: Mapping[str, list[Fit]]
    outputs: Mapping[str, list[dict[str, Outputs]]]

    @property
    def best(self) -> dict[str, Fit]:
        """Each dimension's fit that is best on dev."""
        return {
            dimension: max(each, key=lambda fit: fit.best)
            for dimension, each in self.fits.items()
        }

    def of_seed(self, place: int, split: str) -> Predictions:
        """The traces that one seed's networks predict."""
        return {
            dimension: each[place][split][dimension]
            for dimension, each in self.outputs.items()
        }

    def averaged(self, split: str) -> Predictions:
        """The mean over seeds (paper 002, 6.1; paper 001, 4.2)."""
        return {
            dimension: [
                np.mean(traces, axis=0)
                for traces in zip(*(run[split][dimension] for run in each))
            ]
            for dimension, each in self.outputs.items()
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
    fits: dict[str, list[Fit]] = {d: [] for d in configurations}
    outputs: dict[str, list[dict[str, Outputs]]] = {
        d: [] for d in configurations
    }
    for dimension, configuration in configurations.items():
        for place, seed in enumerate(seeds, 1):
            line = f"{dimension}, seed {place} of {len(seeds)}"
            fit = experiment.fit(
                out,
                dimension,
                configuration,
                seed,
                on_epoch=lambda epoch, logs: progress.show(
                    f"{line}, epoch {epoch + 1}"
                ),
            )
            network = experiment.load(fit, configuration)
            fits[dimension].append(fit)
            outputs[dimension].append(
                {s: experiment.outputs(network, s) for s in experiment.scored}
            )
    progress.clear()
    return Ensemble(configurations, fits, outputs)


def join(experiment: Experiment, ensemble: Ensemble) -> keras.Model:
    """One model of each dimension's best network."""
    model = zoo.get(
        experiment.card.name,
        weights=None,
        dimensions=tuple(ensemble.best),
        **joined(ensemble.configurations),
    )
    for dimension, fit in ensemble.best.items():
        network = experiment.load(fit, ensemble.configurations[dimension])
        own = [
            variable
            for variable in model.weights
            if variable.path.startswith(f"{dimension}_")
        ]
        for variable, trained in zip(own, network.weights, strict=True):
            variable.assign(trained)
    return model


def decoded(
    experiment: Experiment, ensemble: Ensemble, progress: Progress
) -> tuple[dict[str, Any], dict[str, Predictions]]:
    """Chooses a decoder on dev and applies it to every scored split.

    Returns:
        The sweep of each dimension, best first, and the decoded traces by
        split.
    """
    sweeps: dict[str, Any] = {}
    traces: dict[str, Predictions] = {s: {} for s in experiment.scored}
    for dimension, configuration in ensemble.configurations.items():
        grammars = decode.learn(
            dimension,
            experiment.sequences,
            configuration.training["levels_from"],
        )
        truth = [
            each.traces[dimension] for each in experiment.sequences["dev"]
        ]
        sweeps[dimension] = decode.sweep(
            grammars,
            ensemble.posteriors(dimension, "dev"),
            truth,
            progress.show,
        )
        best = sweeps[dimension][0]
        for split, known in traces.items():
            known[dimension] = decode.decode_all(
                grammars,
                ensemble.posteriors(dimension, split),
                best["order"],
                best["alpha"],
            )
    progress.clear()
    return sweeps, traces
