"""Experiments that classify discretised traces and decode the posteriors.

Each task is a discretisation of a dimension; transitions and an n-gram
model of emotion smooth what the classifier predicts (Le et al. 2017).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

import zoo
from pipelines.datasets.traces import TraceSample
from pipelines.labels import DISCRETISATIONS, Levels, priors
from tuning.experiments import level_decoding
from tuning.experiments.predictions import Decoded, Outputs
from tuning.experiments.traces import TraceExperiment, trace_job
from tuning.training.fits import Configuration, Fit
from tuning.training.job import TrainingJob
from tuning.training.progress import Progress
from tuning.training.spaces import NO_AUGMENTATION
from zoo.losses import (
    ConcordanceLoss,
    CostSensitiveCrossEntropy,
    OrdinalCrossEntropy,
    SoftLevelCrossEntropy,
)
from zoo.papers import recola_discrete

Samples = Mapping[str, Sequence[TraceSample]]
"""Samples by partition."""
LEVELS_FROM = {"train+dev": ("train", "dev"), "train": ("train",)}
"""Partitions whose labels make the levels."""
KMEANS = "kmeans"
COST_SENSITIVE, CONCORDANCE = "cce", "ccc"
LEVEL_LOSSES: Mapping[str, Callable[[], keras.losses.Loss]] = {
    COST_SENSITIVE: CostSensitiveCrossEntropy,
    "ce": lambda: CostSensitiveCrossEntropy("constant"),
    "soft": SoftLevelCrossEntropy,
    "ordinal": OrdinalCrossEntropy,
}
"""Objectives of the posteriors, by name: the paper's, plain cross-entropy,
soft and ordinal labels."""
OBJECTIVES = (*LEVEL_LOSSES, CONCORDANCE)
"""With `CONCORDANCE`, CCC of the posteriors' expected value is trained."""


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

    saved_as = (
        "The saved model holds the networks of all seeds, whose traces are "
        "averaged, and their decoders (`recola_discrete.decoded`):"
    )

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
            _losses(target, names.values(), configuration),
            configuration.training.get("augment", NO_AUGMENTATION),
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
        decoded = Decoded({}, {split: {} for split in self.scored}, {})
        for dimension, configuration in configurations.items():
            grammars = self.grammars(dimension, configuration)
            sweep = level_decoding.sweep(
                grammars,
                posteriors(outputs[dimension], dimension, "dev"),
                [sample.traces[dimension] for sample in self.samples["dev"]],
                progress.show,
            )
            decoders = {
                count: grammar.decoder(sweep[0]["order"], sweep[0]["alpha"])
                for count, grammar in grammars.items()
            }
            decoded.sweeps[dimension] = sweep
            decoded.decoders[dimension] = decoders
            for split, predictions in decoded.predictions.items():
                predictions[dimension] = level_decoding.decode_all(
                    decoders, posteriors(outputs[dimension], dimension, split)
                )
        progress.clear()
        return decoded

    def grammars(
        self, dimension: str, configuration: Configuration
    ) -> dict[int, level_decoding.Grammar]:
        """Counts transitions and regions of a dimension's labels."""
        return level_decoding.learn(
            dimension,
            self.samples,
            self._levels(dimension, configuration),
            LEVELS_FROM[configuration.training["levels_from"]],
        )

    def saved_fits(
        self, fits: Mapping[str, Sequence[Fit]], best: Mapping[str, Fit]
    ) -> Mapping[str, Sequence[Fit]]:
        """Returns all: the paper averages the predictions of its seeds."""
        return fits

    def saved_model(
        self,
        fits: Mapping[str, Sequence[Fit]],
        by_target: Mapping[str, Configuration],
        decoded: Decoded | None,
    ) -> keras.Model:
        count = len(next(iter(fits.values())))
        arguments = self.saved_arguments(by_target, count)
        model = zoo.get(self.card.name, weights=None, **arguments)
        for dimension, own in fits.items():
            networks = [self.load(fit, by_target[dimension]) for fit in own]
            recola_discrete.join(model, dimension, networks)
        if decoded is not None:
            recola_discrete.set_decoders(model, decoded.decoders)
        return model

    def saved_arguments(
        self, by_target: Mapping[str, Configuration], networks: int
    ) -> dict[str, Any]:
        return {**self.arguments(by_target), "networks": networks}

    def _levels(
        self, dimension: str, configuration: Configuration
    ) -> dict[int, Levels]:
        return fit_levels(
            dimension,
            self.samples,
            configuration.training["levels_from"],
            level_counts(self.card, dimension),
            configuration.training.get("discretisation", KMEANS),
        )


def _losses(
    target: str, names: Iterable[str], configuration: Configuration
) -> dict[str, keras.losses.Loss]:
    """Returns the loss of each output that an objective trains."""
    objective = configuration.training.get("objective", COST_SENSITIVE)
    if objective == CONCORDANCE:
        return {target: ConcordanceLoss()}
    return {name: LEVEL_LOSSES[objective]() for name in names}


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
    discretisation: str = KMEANS,
) -> dict[int, Levels]:
    """Fits the levels of a dimension, for each number of levels.

    Args:
        dimension: name of the traces.
        samples: by partition.
        levels_from: "train+dev" as the paper, or "train".
        counts: numbers of levels.
        discretisation: a name in `pipelines.labels.DISCRETISATIONS`.

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
        count: DISCRETISATIONS[discretisation](count).fit(labels)
        for count in counts
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
