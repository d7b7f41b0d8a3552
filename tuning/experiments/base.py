"""A card, a corpus and a protocol become fitted and scored models."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.base import Corpus
from tuning.training import fits
from tuning.training.callbacks import Checkpoint
from tuning.training.fits import Configuration, Fit
from tuning.training.job import Task
from tuning.training.recipe import recipe
from zoo.common import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLITS = ("train", "dev", "test")
OnEpoch = Callable[[int, Mapping[str, float]], None]
"""Called with the number of an epoch that is over, and what was logged."""
Outputs = dict[str, Sequence[np.ndarray] | np.ndarray]
"""What a model gives for each recording, by the output's name."""
Predictions = dict[str, Sequence[np.ndarray] | np.ndarray]
"""Those outputs that are targets, by their names."""
Scores = dict[str, dict[str, float]]
"""By what is scored, a dimension or an emotion, and by measure."""


class Experiment:
    """A model on a corpus with its official train, dev and test split.

    What the data are, and so what is read, trained on and scored, is said by
    a subclass.

    Attributes:
        targets: what networks are trained for, each by itself; the names of
            outputs.
        measures: headings of the scores, by name; the first one decides.
        saved_as: what a report says of the saved model.
        shown_as: and of the networks whose training it shows.

    Args:
        model: a name in `zoo.names()`.
        corpus: with labels of what the model predicts.
        epochs: at most; `None` for the recipe's.
    """

    targets: Sequence[str]
    measures: Mapping[str, str]
    saved_as = (
        "The saved model holds, for each target, the network of the seed that "
        "is best on dev:"
    )
    shown_as = "the saved model"

    def __init__(self, model: str, corpus: Corpus, epochs: int | None = None):
        self.card = zoo.card(model)
        self.corpus = corpus
        self.recipe = recipe(model)
        self.epochs = self.recipe.epochs if epochs is None else epochs

    @staticmethod
    def targets_of(card: zoo.Card) -> list[str]:
        """The targets of a model, known before a corpus is."""
        raise NotImplementedError

    def counts(self) -> dict[str, int]:
        """Recordings of each split."""
        raise NotImplementedError

    def remarks(self) -> list[str]:
        """What was found amiss in the data and what was done about it."""
        return []

    def labelled(self, split: str) -> bool:
        """Whether every recording of a split has labels to score against."""
        raise NotImplementedError

    def task(self, target: str, configuration: Configuration) -> Task:
        """What a target's network is trained on."""
        raise NotImplementedError

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        """The entry point's arguments for a model of some targets."""
        raise NotImplementedError

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        """All that a model gives for each recording of a split, by name.

        Args:
            model: of one target or of all.
            split: to predict.
            training: values of the configuration that say what it sees.
        """
        raise NotImplementedError

    def score(self, predictions: Predictions, split: str) -> Scores:
        """How predictions of a split compare with its labels."""
        raise NotImplementedError

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        """Predictions as they are written to a file, by SPLIT/TARGET/…"""
        raise NotImplementedError

    def pictures(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots of predictions: by title, the file's name and the figure.

        Args:
            shown: predictions of the split, by what made them.
            split: with labels.
            note: what must be known of the data, or "".
        """
        raise NotImplementedError

    def model_pictures(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        """Plots of what the saved model does inside, as of `pictures`."""
        return {}

    def build(self, target: str, configuration: Configuration) -> keras.Model:
        """The network of one target, untrained."""
        arguments = self.arguments({target: configuration})
        return zoo.get(self.card.name, weights=None, **arguments)

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        """One model of each target's network."""
        ((target, fit),) = best.items()
        return self.load(fit, by_target[target])

    @property
    def scored(self) -> list[str]:
        """Splits to predict: dev, and test where there is one."""
        return [split for split in ("dev", "test") if self.counts()[split]]

    def predict(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Predictions:
        """The targets among the outputs."""
        outputs = self.outputs(model, split, training)
        return {name: outputs[name] for name in self.targets if name in outputs}

    def predicted(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        """What a fitted network gives for every scored split."""
        network = self.load(fit, configuration)
        return {
            split: self.outputs(network, split, configuration.training)
            for split in self.scored
        }

    def saved_scores(
        self, model: keras.Model, training: Mapping[str, Any]
    ) -> dict[str, Scores]:
        """How the saved model does on every scored split with labels."""
        return {
            split: self.score(self.predict(model, split, training), split)
            for split in self.scored
            if self.labelled(split)
        }

    def shown(self, best: Mapping[str, Fit]) -> Mapping[str, Fit]:
        """The fits whose training reports show, by name."""
        return best

    def load(self, fit: Fit, configuration: Configuration) -> keras.Model:
        """The fitted network of one target."""
        model = self.build(fit.target, configuration)
        model.load_weights(fit.folder / "weights.weights.h5")
        return model

    def fit(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Fit:
        """Trains one network, or goes on where an interrupted run stopped.

        Args:
            out: the run's folder. The network gets one of its own in it,
                named after all that it depends on; once finished it is not
                trained again.
            target: to predict.
            configuration: of the network and of its training.
            seed: of the initial weights and the order of recordings.
            epochs: at most; `None` for the experiment's.
            on_epoch: called with the epoch's number and what was logged.
        """
        epochs = self.epochs if epochs is None else epochs
        folder = out / "fits" / fits.key(target, configuration, seed)
        done = fits.finished(folder, epochs)
        if done is not None:
            return done
        folder.mkdir(parents=True, exist_ok=True)
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        model = self.build(target, configuration)
        checkpoint = self._train(
            model, target, configuration, folder, (seed, epochs, on_epoch)
        )
        checkpoint.stopping.restore()
        with files.replacing(folder / "weights.weights.h5") as part:
            model.save_weights(part)
        fits.write_history(folder / "history.csv", checkpoint.history)
        return fits.finish(folder, target, seed, checkpoint)

    def _train(
        self,
        model: keras.Model,
        target: str,
        configuration: Configuration,
        folder: pathlib.Path,
        rest: tuple[int, int, OnEpoch | None],
    ) -> Checkpoint:
        """Runs the epochs that are missing."""
        seed, epochs, on_epoch = rest
        task = self.task(target, configuration)
        task.prepare(model)
        training = configuration.training
        task.compile(model, training["learning_rate"])
        stopping = self.recipe.rule(task.monitor)
        stopping.window = training.get("smoothing", stopping.window)
        checkpoint = Checkpoint(folder / "state.npz", stopping)
        callbacks: list[keras.callbacks.Callback] = [
            *task.callbacks,
            stopping,
            checkpoint,
        ]
        for callback in callbacks:
            callback.set_model(model)
        checkpoint.restore()
        if on_epoch is not None:
            callbacks.append(
                keras.callbacks.LambdaCallback(on_epoch_end=on_epoch)
            )
        first = len(checkpoint.history)
        if first < epochs and not (first and stopping.is_over(first)):
            task.run(model, seed, (first, epochs), callbacks)
        return checkpoint
