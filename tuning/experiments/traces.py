"""Experiments on recordings whose labels are traces."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.base import LABEL_HOP, Corpus
from pipelines.datasets import traces as recordings
from pipelines.datasets.traces import TraceSample
from pipelines.labels import priors
from tuning.experiments.base import (
    SPLITS,
    Experiment,
    Outputs,
    Predictions,
    Scores,
)
from tuning.experiments.levels import fit_levels
from tuning.plots import curves
from tuning.training.fits import Configuration, Fit, joined
from tuning.training.job import Task
from zoo.losses import (
    ConcordanceLoss,
    CostSensitiveCrossEntropy,
    FrameSquaredError,
)
from zoo.metrics.concordance import Concordance, concordance, rmse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOSSES = {"ccc": ConcordanceLoss, "mse": FrameSquaredError}


class TraceExperiment(Experiment):
    """A network a dimension, trained on one recording a batch.

    Args:
        model: a name in `zoo.names()`.
        corpus: with traces of the model's dimensions.
        epochs: at most; `None` for the recipe's.
        progress: called with a line while recordings are read.
    """

    measures = {"ccc": "CCC", "rmse": "RMSE"}

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        epochs: int | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        super().__init__(model, corpus, epochs)
        self.targets = self.targets_of(self.card)
        missing = [d for d in self.targets if d not in corpus.dimensions]
        if missing:
            raise ValueError(
                f"Corpus {corpus.name!r} has no labels of "
                f"{', '.join(missing)}, which {model!r} predicts."
            )
        if self.card.frontend is None:
            raise ValueError(f"{model!r} does not listen to recordings.")
        self.sequences = {
            split: self._read(split, self.card.frontend, progress)
            for split in SPLITS
        }

    @staticmethod
    def targets_of(card: zoo.Card) -> list[str]:
        """Dimensions, whose outputs are traces, as posteriors are not."""
        return [port.name for port in card.outputs if port.shape == (None,)]

    def _read(
        self, split: str, frontend: str, progress: Callable[[str], None]
    ) -> Sequence[TraceSample]:
        utterances = self.corpus.split(split)
        if not utterances and split != "test":
            raise ValueError(
                f"Corpus {self.corpus.name!r} has no {split} recordings."
            )
        if not utterances:
            return []
        return recordings.read(
            self.corpus,
            utterances,
            frontend,
            self.recipe.normalisation,
            progress=lambda done, of: progress(
                f"reading {split} recording {done} of {of}"
            ),
        )

    def counts(self) -> dict[str, int]:
        return {split: len(found) for split, found in self.sequences.items()}

    def labelled(self, split: str) -> bool:
        found = self.sequences[split]
        return bool(found) and all(each.traces for each in found)

    def task(self, target: str, configuration: Configuration) -> Task:
        if self.recipe.discrete:
            return self._on_levels(target, configuration.training)
        loss = {target: LOSSES[self.recipe.loss]()}
        return _task(
            target,
            (self.sequences["train"], self.sequences["dev"]),
            (target,),
            loss,
        )

    def _on_levels(self, target: str, training: Mapping[str, Any]) -> Task:
        """Paper 001, sections 4.1 and 4.2."""
        fitted = fit_levels(target, self.sequences, training["levels_from"])
        names = {count: f"{target}_{count}" for count in fitted}

        def with_levels(sequence: TraceSample) -> TraceSample:
            trace = sequence.traces[target]
            levels = {
                names[count]: each.levels(trace).astype("float32")
                for count, each in fitted.items()
            }
            traces = {**sequence.traces, **levels}
            return dataclasses.replace(sequence, traces=traces)

        train, dev = (
            [with_levels(each) for each in self.sequences[split]]
            for split in ("train", "dev")
        )

        def prepare(model: keras.Model) -> None:
            for count, each in fitted.items():
                seen = np.concatenate([s.traces[names[count]] for s in train])
                layer = model.get_layer(f"{names[count]}_value")
                layer.set_levels(each.means, priors(seen.astype(int), count))

        return _task(
            target,
            (train, dev),
            (target, *names.values()),
            {name: CostSensitiveCrossEntropy() for name in names.values()},
            f"val_{target}_ccc",
            prepare,
        )

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        return {**joined(by_target), "dimensions": list(by_target)}

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        arguments = self.arguments(by_target)
        model = zoo.get(self.card.name, weights=None, **arguments)
        for target, fit in best.items():
            network = self.load(fit, by_target[target])
            own = [
                variable
                for variable in model.weights
                if variable.path.startswith(f"{target}_")
            ]
            for variable, trained in zip(own, network.weights, strict=True):
                variable.assign(trained)
        return model

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        outputs: dict[str, list[np.ndarray]] = {
            name: [] for name in model.output
        }
        for each in self.sequences[split]:
            inputs = {
                "features": each.features[None],
                "lengths": np.array([len(each.features)], "int32"),
            }
            for name, value in model(inputs, training=False).items():
                outputs[name].append(keras.ops.convert_to_numpy(value)[0])
        return dict(outputs)

    def score(self, predictions: Predictions, split: str) -> Scores:
        """Pooled CCC and RMSE of each dimension."""
        scores = {}
        for dimension, traces in predictions.items():
            predicted = np.concatenate(traces)
            true = np.concatenate(
                [each.traces[dimension] for each in self.sequences[split]]
            )
            scores[dimension] = {
                "ccc": concordance(true, predicted),
                "rmse": rmse(true, predicted),
            }
        return scores

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{dimension}/{place}": trace
            for dimension, traces in predictions.items()
            for place, trace in enumerate(traces)
        }

    def pictures(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        drawn = curves.traces(self.sequences[split][0], shown, LABEL_HOP, note)
        return {f"40 s of a {split} recording": ("traces.png", drawn)}


def _task(
    target: str,
    splits: tuple[Sequence[TraceSample], Sequence[TraceSample]],
    names: tuple[str, ...],
    losses: Mapping[str, keras.losses.Loss],
    monitor: str = "val_ccc",
    prepare: Callable[[keras.Model], None] = lambda model: None,
) -> Task:
    """One recording a batch, with traces of `names`."""
    train, dev = splits
    return Task(
        train=functools.partial(recordings.batches, train, names, 1),
        steps=len(train),
        dev=functools.partial(recordings.batches, dev, names),
        losses=losses,
        metrics={target: [Concordance()]},
        monitor=monitor,
        prepare=prepare,
    )
