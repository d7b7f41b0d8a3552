"""Experiments on recordings with time-continuous labels."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.base import LABEL_HOP
from pipelines.datasets import masked_bands, traces
from pipelines.datasets.traces import TraceSample
from tuning.experiments import trained_on
from tuning.experiments.base import SPLITS, Experiment
from tuning.experiments.choices import Choices
from tuning.experiments.predictions import Outputs, Predictions
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import Item
from tuning.experiments.unit_scores import Sums, UnitSums
from tuning.plots import curves
from tuning.training.fits import Configuration, Fit, joined
from tuning.training.job import TrainingJob
from tuning.training.progress import Progress
from tuning.training.spaces import NO_AUGMENTATION
from zoo.losses import ConcordanceLoss, FrameSquaredError
from zoo.metrics import Concordance, concordance

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.figure import Figure

LOSSES = {"ccc": ConcordanceLoss, "mse": FrameSquaredError}
MASKED_BANDS = "bands"
"""Value of `augment`: `pipelines.datasets.masked_bands`."""
AUGMENTATIONS = (NO_AUGMENTATION, MASKED_BANDS)


class TraceExperiment(Experiment):
    """A network a dimension, trained on one recording a batch.

    Args:
        setup: with a corpus that has traces of the model's dimensions.
        progress: called with a line while recordings are read.
        cache: folder where features are kept that are too large for memory.
    """

    kind = "traces"
    predicts_traces = True
    measures = {"ccc": "CCC", "rmse": "RMSE"}

    def __init__(
        self,
        setup: Setup,
        progress: Callable[[str], None] = lambda line: None,
        cache: pathlib.Path | None = None,
    ):
        super().__init__(setup)
        self.targets = self.targets_of(self.card)
        missing = [d for d in self.targets if d not in self.corpus.dimensions]
        if missing:
            raise ValueError(
                f"Corpus {self.corpus.name!r} has no labels of "
                f"{', '.join(missing)}, which {self.card.name!r} predicts."
            )
        if self.card.frontend is None:
            raise ValueError(
                f"{self.card.name!r} has no front end for recordings."
            )
        self.samples = {
            split: self._read(split, self.card.frontend, progress, cache)
            for split in SPLITS
        }

    @classmethod
    def open(
        cls,
        setup: Setup,
        choices: Choices,
        progress: Progress,
    ) -> TraceExperiment:
        return cls(setup, progress.show, choices.features)

    @classmethod
    def targets_of(cls, card: zoo.Card) -> list[str]:
        """Returns the dimensions: outputs that are traces, not posteriors."""
        return [port.name for port in card.outputs if port.shape == (None,)]

    def _read(
        self,
        split: str,
        frontend: str,
        progress: Callable[[str], None],
        cache: pathlib.Path | None,
    ) -> Sequence[TraceSample]:
        if split == "test" and split not in self.corpus.splits:
            return []
        return traces.read(
            self.corpus,
            self.corpus.split(split),
            frontend,
            self.recipe.normalisation,
            progress=lambda done, of: progress(
                f"reading {split} recording {done} of {of}"
            ),
            cache=cache,
        )

    def notes(self) -> list[str]:
        return self.corpus.notes()

    def counts(self) -> dict[str, int]:
        return {split: len(samples) for split, samples in self.samples.items()}

    def labelled(self, split: str) -> bool:
        samples = self.samples[split]
        return bool(samples) and all(sample.traces for sample in samples)

    def job(self, target: str, configuration: Configuration) -> TrainingJob:
        return trace_job(
            target,
            self.samples["train"],
            self.samples["dev"],
            (target,),
            {target: LOSSES[self.recipe.loss]()},
            configuration.training.get("augment", NO_AUGMENTATION),
        )

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        longest = max(len(sample.features) for sample in self.samples["train"])
        arguments = self.recipe.resolve(joined(by_target), longest)
        return {**arguments, "dimensions": list(by_target)}

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        arguments = self.arguments(by_target)
        model = zoo.get(self.card.name, weights=None, **arguments)
        for target, fit in best.items():
            network = self.load(fit, by_target[target])
            variables = [
                variable
                for variable in model.weights
                if variable.path.startswith(f"{target}_")
            ]
            for variable, trained in zip(
                variables, network.weights, strict=True
            ):
                variable.assign(trained)
        return model

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        outputs: dict[str, list[np.ndarray]] = {
            name: [] for name in model.output
        }
        for sample in self.samples[split]:
            inputs = {
                "features": np.asarray(sample.features)[None],
                "lengths": np.array([len(sample.features)], "int32"),
            }
            for name, value in model(inputs, training=False).items():
                outputs[name].append(keras.ops.convert_to_numpy(value)[0])
        return dict(outputs)

    def items(self, split: str) -> list[Item]:
        if not self.samples[split]:
            return []
        return trained_on.recordings(self.corpus, self.corpus.split(split))

    def units(self, split: str) -> list[str]:
        return [sample.speaker for sample in self.samples[split]]

    def y_true(self, dimension: str, split: str) -> list[np.ndarray]:
        """Returns a dimension's traces, one a recording."""
        return [sample.traces[dimension] for sample in self.samples[split]]

    def sums(self, predictions: Predictions, split: str) -> UnitSums:
        """Returns the moments of all frames of a speaker's recordings."""
        y_true = {d: self.y_true(d, split) for d in predictions}
        return trace_sums(y_true, predictions, self.units(split))

    def constant_predictions(self, split: str) -> dict[str, Predictions]:
        """Returns zeros, and the medians of the training labels."""
        constants: dict[str, Predictions] = {"zero": {}, "median": {}}
        for dimension in self.targets:
            median = np.median(np.concatenate(self.y_true(dimension, "train")))
            for name, value in (("zero", 0.0), ("median", float(median))):
                constants[name][dimension] = [
                    np.full(len(trace), value)
                    for trace in self.y_true(dimension, split)
                ]
        return constants

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{dimension}/{index}": trace
            for dimension, predicted in predictions.items()
            for index, trace in enumerate(predicted)
        }

    def prediction_plots(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        figure = curves.traces(self.samples[split][0], shown, LABEL_HOP, note)
        return {f"40 s of a {split} recording": ("traces.png", figure)}


def trace_sums(
    y_true: Mapping[str, Sequence[np.ndarray]],
    y_pred: Mapping[str, Sequence[np.ndarray] | np.ndarray],
    units: Sequence[str],
) -> UnitSums:
    """Returns what CCC and RMSE of traces are computed from.

    Args:
        y_true: labels (steps,) of each recording, by dimension.
        y_pred: as many predictions.
        units: the speaker of each recording.
    """
    names: Sequence[str] = []
    by_label: dict[str, dict[str, Sums]] = {}
    for dimension, predicted in y_pred.items():
        names, moments = concordance.unit_moments(
            y_true[dimension], predicted, units
        )
        by_label[dimension] = {
            "ccc": (moments, concordance.ccc_of_moments),
            "rmse": (moments, concordance.rmse_of_moments),
        }
    return UnitSums(names, by_label)


def trace_job(
    target: str,
    train: Sequence[TraceSample],
    dev: Sequence[TraceSample],
    names: tuple[str, ...],
    losses: Mapping[str, keras.losses.Loss],
    augment: str = NO_AUGMENTATION,
    monitor: str = "val_ccc",
    adapt: Callable[[keras.Model], None] = lambda model: None,
) -> TrainingJob:
    """Returns a training job with one recording a batch.

    Args:
        target: the dimension, whose CCC is logged.
        train, dev: samples of the partitions.
        names: of the traces that batches hold.
        augment: one of `AUGMENTATIONS`, of the training batches.
        losses, monitor, adapt: as of `TrainingJob`.
    """
    return TrainingJob(
        train=functools.partial(_training_batches, train, names, augment),
        steps=len(train),
        dev=functools.partial(traces.batches, dev, names),
        losses=losses,
        metrics={target: [Concordance()]},
        monitor=monitor,
        adapt=adapt,
    )


def _training_batches(
    train: Sequence[TraceSample],
    names: tuple[str, ...],
    augment: str,
    seed: int,
    first_epoch: int,
) -> tf.data.Dataset:
    """Returns shuffled batches of one recording, augmented on the way."""
    batches = traces.batches(train, names, 1, seed, first_epoch)
    if augment == NO_AUGMENTATION:
        return batches
    return masked_bands.masked(batches, seed, first_epoch * len(train))
