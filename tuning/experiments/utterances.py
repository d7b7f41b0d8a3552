"""Experiments on utterances that have classes: emotions, or levels."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from pipelines import normalise
from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances
from pipelines.datasets.utterances import UtteranceSample
from tuning.experiments import classes
from tuning.experiments.base import Outputs
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.utterance_data import PASS, Material, posteriors
from tuning.protocols.folds import Fold
from tuning.training.callbacks import MeanOfTasks
from tuning.training.fits import Configuration, Fit
from tuning.training.job import Task
from zoo.common import files
from zoo.metrics.concordance import UnweightedAverageRecall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 2
"""Utterances whose attention is drawn."""


class UtteranceExperiment(ClassExperiment):
    """One network of all tasks on one fold of a corpus.

    Args:
        model: a name in `zoo.names()`.
        corpus: that `material` was read from.
        material: the utterances.
        fold: who trains, who chooses the epoch, who is tested.
        epochs: at most; `None` for the recipe's.
    """

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        material: Material,
        fold: Fold,
        epochs: int | None = None,
    ):
        super().__init__(model, corpus, epochs)
        self.material = material
        self.fold = fold
        self.folds = (fold,)
        self._whitening = functools.lru_cache(maxsize=2)(self._fitted)
        self._scale = functools.lru_cache(maxsize=2)(self._spread)

    def counts(self) -> dict[str, int]:
        return {
            split: len(getattr(self.fold, split))
            for split in ("train", "dev", "test")
        }

    def remarks(self) -> list[str]:
        return self.material.remarks()

    def labelled(self, split: str) -> bool:
        return bool(self.counts()[split])

    def heard(self, split: str, normalisation: str) -> list[UtteranceSample]:
        """The utterances of a side, normalised."""
        scaled = self.material.scaled(normalisation)
        return [scaled[name] for name in getattr(self.fold, split)]

    def task(self, target: str, configuration: Configuration) -> Task:
        training = configuration.training
        tasks = self.material.tasks
        train = self.heard("train", training["normalisation"])
        weights = classes.weights(train, tasks, training["class_weights"])
        batches = functools.partial(
            utterances.batches,
            input_name=self.material.port,
            tasks=list(tasks),
            weights=weights,
        )
        dev = self.heard("dev", training["normalisation"])
        size = training["batch_size"]
        return Task(
            train=lambda seed, first: batches(
                train, batch_size=size, shuffle_seed=seed, first_epoch=first
            ),
            steps=math.ceil(len(train) / size),
            dev=lambda: batches(
                _by_length(dev), batch_size=PASS[self.material.port]
            ),
            losses={
                task: keras.losses.SparseCategoricalCrossentropy()
                for task in tasks
            },
            metrics={
                task: [UnweightedAverageRecall(len(names))]
                for task, names in tasks.items()
            },
            monitor="val_uar",
            prepare=functools.partial(
                self._prepare, configuration=configuration
            ),
            loss_weights={t: training.get(f"{t}_weight", 1.0) for t in tasks},
            callbacks=[MeanOfTasks("uar")],
        )

    def _prepare(
        self, model: keras.Model, configuration: Configuration
    ) -> None:
        """Gives a network the scale of its training utterances."""
        normalisation = configuration.training["normalisation"]
        if "whitening" not in [layer.name for layer in model.layers]:
            model.get_layer("scaling").set_scale(**self._scale(normalisation))
            return
        layer = model.get_layer("whitening")
        components = configuration.arguments.get("components")
        found = dict(self._whitening(normalisation, components))
        # Of all components, those that never vary come out as zeros.
        idle = layer.matrix.shape[1] - found["matrix"].shape[1]
        found["matrix"] = np.pad(found["matrix"], ((0, 0), (0, idle)))
        layer.set_whitening(**found)

    def _fitted(
        self, normalisation: str, components: int | float | None
    ) -> dict[str, np.ndarray]:
        """The whitening of the training utterances."""
        heard = [each.inputs for each in self.heard("train", normalisation)]
        found = normalise.Whitening(components).fit(heard).arrays()
        return {n: found[n] for n in ("low", "high", "mean", "matrix")}

    def _spread(self, normalisation: str) -> dict[str, np.ndarray]:
        """The scale of the training utterances."""
        heard = [each.inputs for each in self.heard("train", normalisation)]
        return classes.scale(heard)

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        """A share of the variance becomes the components that explain it."""
        (configuration,) = by_target.values()
        found = {**configuration.arguments, **self.material.arguments}
        share = found.get("components")
        if isinstance(share, float):
            normalisation = configuration.training["normalisation"]
            matrix = self._whitening(normalisation, share)["matrix"]
            found["components"] = matrix.shape[1]
        return found

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        """Posteriors (utterances, tasks, classes) in the fold's order."""
        heard = self.heard(split, training["normalisation"])
        return {TARGET: posteriors(model, heard, self.material)}

    def predicted(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        """As of any experiment, and kept beside the fit."""
        path = fit.folder / "outputs.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as arrays:
                return {s: {TARGET: arrays[s]} for s in self.scored}
        found = super().predicted(fit, configuration)
        with files.replacing(path) as part:
            np.savez(part, **{s: each[TARGET] for s, each in found.items()})
        return found

    def true(self, split: str) -> np.ndarray:
        return classes.true(
            self.heard(split, "none"), list(self.material.tasks)
        )

    def said(self, split: str) -> list[str]:
        return list(getattr(self.fold, split))

    def model_pictures(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Attention to the first two development utterances."""
        heard = self.heard("dev", training["normalisation"])[:SHOWN]
        by_id = {each.id: each for each in self.material.utterances}
        shown = {
            each.id: (each.inputs, self.corpus.waveform(by_id[each.id]))
            for each in heard
        }
        return classes.attention(model, shown, self.material.port, note)


def _by_length(heard: Sequence[UtteranceSample]) -> list[UtteranceSample]:
    return sorted(heard, key=lambda each: len(each.inputs))
