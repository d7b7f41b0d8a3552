"""Experiments that classify discretised traces and decode the posteriors.

Each task is a k-means discretisation of a dimension; transitions and an n-gram
model of emotion smooth what the classifier predicts (Le et al. 2017).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

import zoo
from pipelines.datasets.traces import TraceSample
from pipelines.labels import DISCRETISATIONS, Levels, priors
from tuning.experiments import level_decoding
from tuning.experiments.predictions import Decoded, Outputs
from tuning.experiments.traces import TraceExperiment, trace_job
from tuning.training.fits import Configuration
from tuning.training.job import TrainingJob
from tuning.training.progress import Progress
from zoo.losses import CostSensitiveCrossEntropy

Samples = Mapping[str, Sequence[TraceSample]]
"""Samples by partition."""
LEVELS_FROM = {"train+dev": ("train", "dev"), "train": ("train",)}
"""Partitions whose labels make the levels."""


@dataclasses.dataclass(frozen=True)
class LevelStatistics:
    """Levels of one task, as a recipe's `adapt` takes them.

    Attributes:
        dimension: of the task.
        count: number of levels.
        means: (count,) value of each level.
        priors: (count,) share of each level in the training labels.
    """

    dimension: str
    count: int
    means: np.ndarray
    priors: np.ndarray


class LevelExperiment(TraceExperiment):
    """A classifier of a dimension's levels, with emotion decoding.

    Args: as of `TraceExperiment`.
    """

    def job(self, target: str, configuration: Configuration) -> TrainingJob:
        """Returns a job on levels (Le et al. 2017, 4.1 and 4.2)."""
        levels = self._levels(target, configuration)
        names = {count: f"{target}_{count}" for count in levels}
        train, dev = (
            [
                _with_levels(sample, target, names, levels)
                for sample in self.samples[split]
            ]
            for split in ("train", "dev")
        )

        def adapt(model: keras.Model) -> None:
            for count, kmeans in levels.items():
                labels = np.concatenate(
                    [sample.traces[names[count]] for sample in train]
                )
                share = priors(labels.astype(int), count)
                statistics = LevelStatistics(
                    target, count, np.asarray(kmeans.means), share
                )
                self.recipe.adapt(model, statistics, configuration.arguments)

        return trace_job(
            target,
            train,
            dev,
            (target, *names.values()),
            {name: CostSensitiveCrossEntropy() for name in names.values()},
            f"val_{target}_ccc",
            adapt,
        )

    def decode(
        self,
        configurations: Mapping[str, Configuration],
        outputs: Mapping[str, list[dict[str, Outputs]]],
        progress: Progress,
    ) -> Decoded:
        """Chooses a decoder on dev and decodes every scored split."""
        decoded = Decoded({}, {split: {} for split in self.scored})
        for dimension, configuration in configurations.items():
            grammars = level_decoding.learn(
                dimension,
                self.samples,
                self._levels(dimension, configuration),
                LEVELS_FROM[configuration.training["levels_from"]],
            )
            sweep = level_decoding.sweep(
                grammars,
                posteriors(outputs[dimension], dimension, "dev"),
                [sample.traces[dimension] for sample in self.samples["dev"]],
                progress.show,
            )
            decoded.sweeps[dimension] = sweep
            for split, predictions in decoded.predictions.items():
                predictions[dimension] = level_decoding.decode_all(
                    grammars,
                    posteriors(outputs[dimension], dimension, split),
                    sweep[0]["order"],
                    sweep[0]["alpha"],
                )
        progress.clear()
        return decoded

    def _levels(
        self, dimension: str, configuration: Configuration
    ) -> dict[int, Levels]:
        return fit_levels(
            dimension,
            self.samples,
            configuration.training["levels_from"],
            level_counts(self.card, dimension),
        )


def level_counts(card: zoo.Card, dimension: str) -> tuple[int, ...]:
    """Returns the number of levels of each task of a dimension."""
    return tuple(
        len(port.labels)
        for port in card.outputs
        if port.labels and port.name.startswith(f"{dimension}_")
    )


def fit_levels(
    dimension: str,
    samples: Samples,
    levels_from: str,
    counts: Sequence[int],
) -> dict[int, Levels]:
    """Fits k-means levels of a dimension, for each number of levels.

    Args:
        dimension: name of the traces.
        samples: by partition.
        levels_from: "train+dev" as the paper, or "train".
        counts: numbers of levels.

    Raises:
        ValueError: another `levels_from`, or too few distinct labels.
    """
    if levels_from not in LEVELS_FROM:
        raise ValueError(
            f"`levels_from` must be one of {sorted(LEVELS_FROM)}. Received: "
            f"levels_from={levels_from!r}"
        )
    labels = np.concatenate(
        [
            sample.traces[dimension]
            for split in LEVELS_FROM[levels_from]
            for sample in samples[split]
        ]
    )
    return {
        count: DISCRETISATIONS["kmeans"](count).fit(labels) for count in counts
    }


def posteriors(
    outputs: Sequence[Mapping[str, Outputs]], dimension: str, split: str
) -> list[list[dict[int, np.ndarray]]]:
    """Returns the posteriors of every network and recording, by task.

    Args:
        outputs: of each network, by split and output.
        dimension: whose tasks are the outputs DIMENSION_COUNT.
        split: of the recordings.
    """
    tasks = {
        name: int(name.rpartition("_")[2])
        for name in outputs[0][split]
        if name.startswith(f"{dimension}_")
    }
    return [
        [
            dict(zip(tasks.values(), recording))
            for recording in zip(*(network[split][name] for name in tasks))
        ]
        for network in outputs
    ]


def _with_levels(
    sample: TraceSample,
    target: str,
    names: Mapping[int, str],
    levels: Mapping[int, Levels],
) -> TraceSample:
    """Returns a sample whose traces include the target's levels."""
    trace = sample.traces[target]
    added: dict[str, Any] = {
        names[count]: kmeans.levels(trace).astype("float32")
        for count, kmeans in levels.items()
    }
    return dataclasses.replace(sample, traces={**sample.traces, **added})
