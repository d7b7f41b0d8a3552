"""Experiments on utterances that have classes: emotions, or levels."""

from __future__ import annotations

import dataclasses
import functools
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines import bucketing, classified, normalise
from pipelines.classified import EMOTION, Classified
from pipelines.corpora.base import Corpus
from tuning import classes, files
from tuning.experiment import (
    Experiment,
    Outputs,
    Predictions,
    Scores,
    Task,
)
from tuning.fits import Configuration, Fit
from tuning.folds import Fold
from tuning.recipes import recipe
from tuning.schedules import MeanOfTasks
from zoo.metrics import UnweightedAverageRecall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "classes"
PASS = {"features": 100, "waveform": 16}
"""Utterances a batch where nothing is learnt."""
SHOWN = 2
"""Utterances whose attention is drawn."""


class Material:
    """What every fold of a corpus shares: utterances as a network takes them.

    Args:
        model: a name in `zoo.names()`.
        corpus: with the labels of the model's outputs.
        names: of the emotions told apart; `None` for the model's own.
        task: the one that a model of a single task learns; `None` for its
            card's.
        cache: folder where features are kept.
        progress: called with a line while recordings are read.

    Raises:
        ValueError: labels that the corpus lacks, or an utterance that the
            network does not take.
    """

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        names: Sequence[str] | None = None,
        task: str | None = None,
        cache: pathlib.Path | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        card = zoo.card(model)
        self.port = card.inputs[0].name
        self.tasks = classes.of_card(card, corpus, names, task)
        self.utterances = classified.chosen(corpus, self.tasks)
        self.left_out = len(corpus.utterances) - len(self.utterances)
        self._heard = classified.read(
            corpus,
            self.utterances,
            self.tasks,
            recipe(model).front_end,
            cache,
            lambda done, of: progress(f"reading utterance {done} of {of}"),
        )
        self.scaled = functools.lru_cache(maxsize=2)(self._scaled)

    @property
    def arguments(self) -> dict[str, Any]:
        """The entry point's arguments that the data decide."""
        if EMOTION in self.tasks:
            return {"labels": list(self.tasks[EMOTION])}
        return {"tasks": list(self.tasks)}

    def _scaled(self, normalisation: str) -> dict[str, Classified]:
        """The utterances by id, normalised."""
        heard = normalise.by_name(
            normalisation,
            [each.heard for each in self._heard],
            [each.speaker for each in self._heard],
        )
        return {
            each.id: dataclasses.replace(each, heard=own)
            for each, own in zip(self._heard, heard)
        }

    def labels(self) -> dict[str, dict[str, str]]:
        """The name of the class of every utterance, by task and id."""
        return {
            task: {each.id: names[each.classes[task]] for each in self._heard}
            for task, names in self.tasks.items()
        }

    def remarks(self) -> list[str]:
        """What a report says of the utterances."""
        sizes = classes.sizes(self._heard, self.tasks)
        return classes.remarks(self.left_out, sizes)


class UtteranceExperiment(Experiment):
    """One network of all tasks on one fold of a corpus.

    Args:
        model: a name in `zoo.names()`.
        corpus: that `material` was read from.
        material: the utterances.
        fold: who trains, who chooses the epoch, who is tested.
        epochs: at most; `None` for the recipe's.
    """

    targets = (TARGET,)
    measures = classes.MEASURES

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
        self._front = functools.lru_cache(maxsize=2)(self._fitted)

    @staticmethod
    def targets_of(card: zoo.Card) -> list[str]:
        return [TARGET]

    def counts(self) -> dict[str, int]:
        return {
            split: len(getattr(self.fold, split))
            for split in ("train", "dev", "test")
        }

    def remarks(self) -> list[str]:
        return self.material.remarks()

    def labelled(self, split: str) -> bool:
        return bool(self.counts()[split])

    def heard(self, split: str, normalisation: str) -> list[Classified]:
        """The utterances of a side, normalised."""
        scaled = self.material.scaled(normalisation)
        return [scaled[name] for name in getattr(self.fold, split)]

    def task(self, target: str, configuration: Configuration) -> Task:
        training = configuration.training
        tasks = self.material.tasks
        train = self.heard("train", training["normalisation"])
        weights = classes.weights(train, tasks, training["class_weights"])
        batches = functools.partial(
            bucketing.dataset,
            port=self.material.port,
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
            prepare=functools.partial(self._prepare, training=training),
            loss_weights={t: training.get(f"{t}_weight", 1.0) for t in tasks},
            callbacks=[MeanOfTasks("uar")],
        )

    def _prepare(
        self, model: keras.Model, training: Mapping[str, Any]
    ) -> None:
        """Gives a network the scale of its training utterances."""
        names = [layer.name for layer in model.layers]
        if "whitening" in names:
            layer = model.get_layer("whitening")
            found = self._front(training["normalisation"], layer.components)
            layer.set_whitening(**found)
        else:
            found = self._front(training["normalisation"], None)
            model.get_layer("scaling").set_scale(**found)

    def _fitted(
        self, normalisation: str, components: int | None
    ) -> dict[str, np.ndarray]:
        """What the training utterances say of whitening, or of the scale."""
        heard = [each.heard for each in self.heard("train", normalisation)]
        if components is None:
            return classes.scale(heard)
        found = normalise.Whitening(components).fit(heard).arrays()
        return {n: found[n] for n in ("low", "high", "mean", "matrix")}

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        (configuration,) = by_target.values()
        return {**configuration.arguments, **self.material.arguments}

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
        """The classes of a side, (utterances, tasks)."""
        return classes.true(
            self.heard(split, "none"), list(self.material.tasks)
        )

    def said(self, split: str) -> list[str]:
        """The ids of a side, in the order of its outputs."""
        return list(getattr(self.fold, split))

    def score(self, predictions: Predictions, split: str) -> Scores:
        """Recalls, pooled over the side, of each task and class."""
        return classes.scores(
            self.true(split),
            np.asarray(predictions[TARGET]),
            self.material.tasks,
        )

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{TARGET}": np.asarray(predictions[TARGET]),
            f"{split}/true": self.true(split),
            f"{split}/id": np.array(self.said(split)),
        }

    def pictures(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        return classes.pictures(
            self.true(split),
            np.asarray(shown["predicted"][TARGET]),
            (split, self.material.tasks, note),
        )

    def model_pictures(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Attention to the first two development utterances."""
        heard = self.heard("dev", training["normalisation"])[:SHOWN]
        by_id = {each.id: each for each in self.material.utterances}
        shown = {
            each.id: (each.heard, self.corpus.waveform(by_id[each.id]))
            for each in heard
        }
        return classes.attention(model, shown, self.material.port, note)


def posteriors(
    model: keras.Model, heard: Sequence[Classified], material: Material
) -> np.ndarray:
    """What a network gives for utterances, (utterances, tasks, classes)."""
    ranked = sorted(range(len(heard)), key=lambda i: len(heard[i].heard))
    tasks = list(material.tasks)
    batches = bucketing.dataset(
        [heard[place] for place in ranked],
        material.port,
        tasks,
        PASS[material.port],
        {task: np.ones(len(material.tasks[task]), "float32") for task in tasks},
    )
    found = []
    for inputs, *_ in batches:
        outputs = model(inputs, training=False)
        each = [keras.ops.convert_to_numpy(outputs[task]) for task in tasks]
        found.append(np.stack(each, axis=1))
    ordered = np.concatenate(found)
    result = np.empty_like(ordered)
    result[ranked] = ordered
    return result


def _by_length(heard: Sequence[Classified]) -> list[Classified]:
    return sorted(heard, key=lambda each: len(each.heard))
