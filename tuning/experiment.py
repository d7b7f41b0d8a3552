"""A card, a corpus and a protocol become fitted and scored models."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

import zoo
from pipelines import batching, sequences
from pipelines.corpora.base import Corpus
from tuning import files, fits
from tuning.fits import Configuration, Fit
from tuning.recipes import Task, recipe
from tuning.schedules import Checkpoint
from zoo.metrics import Concordance, concordance, rmse

SPLITS = ("train", "dev", "test")
OnEpoch = Callable[[int, Mapping[str, float]], None]
"""Called with the number of an epoch that is over, and what was logged."""
Outputs = dict[str, list[np.ndarray]]
"""What a model gives for each recording, by the output's name."""
Predictions = dict[str, list[np.ndarray]]
"""Those outputs that are traces, (steps,), by dimension."""


def dimensions(card: zoo.Card) -> list[str]:
    """What a model predicts traces of, which posteriors are not."""
    return [port.name for port in card.outputs if port.shape == (None,)]


class Experiment:
    """A model on a corpus with its official train, dev and test split.

    Args:
        model: a name in `zoo.names()`.
        corpus: with traces of the model's dimensions.
        epochs: at most; `None` for the recipe's.
        progress: called with a line while recordings are read.
    """

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        epochs: int | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        self.card = zoo.card(model)
        self.corpus = corpus
        self.recipe = recipe(model)
        self.epochs = self.recipe.epochs if epochs is None else epochs
        self.dimensions = dimensions(self.card)
        missing = [d for d in self.dimensions if d not in corpus.dimensions]
        if missing:
            raise ValueError(
                f"Corpus {corpus.name!r} has no labels of "
                f"{', '.join(missing)}, which {model!r} predicts."
            )
        self.sequences = {
            split: self._read(split, progress) for split in SPLITS
        }

    def _read(self, split: str, progress: Callable[[str], None]):
        utterances = self.corpus.split(split)
        if not utterances and split != "test":
            raise ValueError(
                f"Corpus {self.corpus.name!r} has no {split} recordings."
            )
        if not utterances:
            return []
        return sequences.read(
            self.corpus,
            utterances,
            self.card.frontend,
            self.recipe.normalisation,
            progress=lambda done, of: progress(
                f"reading {split} recording {done} of {of}"
            ),
        )

    def labelled(self, split: str) -> bool:
        """Whether every recording of a split has labels to score against."""
        found = self.sequences[split]
        return bool(found) and all(each.traces for each in found)

    @property
    def scored(self) -> list[str]:
        """Splits to predict: dev, and test where there is one."""
        return [split for split in ("dev", "test") if self.sequences[split]]

    def fit(
        self,
        out: pathlib.Path,
        dimension: str,
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
            dimension: to predict.
            configuration: of the network and of its training.
            seed: of the initial weights and the order of recordings.
            epochs: at most; `None` for the experiment's.
            on_epoch: called with the epoch's number and what was logged.
        """
        epochs = self.epochs if epochs is None else epochs
        folder = out / "fits" / fits.key(dimension, configuration, seed)
        done = fits.finished(folder, epochs)
        if done is not None:
            return done
        folder.mkdir(parents=True, exist_ok=True)
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        model = self.build(dimension, configuration)
        checkpoint = self._train(
            model, dimension, configuration, folder, (seed, epochs, on_epoch)
        )
        checkpoint.stopping.restore()
        with files.replacing(folder / "weights.weights.h5") as part:
            model.save_weights(part)
        fits.write_history(folder / "history.csv", checkpoint.history)
        return fits.finish(folder, dimension, seed, checkpoint)

    def _train(
        self,
        model: keras.Model,
        dimension: str,
        configuration: Configuration,
        folder: pathlib.Path,
        rest: tuple[int, int, OnEpoch | None],
    ) -> Checkpoint:
        """Runs the epochs that are missing."""
        seed, epochs, on_epoch = rest
        training = configuration.training
        task = self.recipe.task(dimension, self.sequences, training)
        task.prepare(model)
        monitor = _compile(model, dimension, task, training)
        stopping = self.recipe.rule(monitor)
        checkpoint = Checkpoint(folder / "state.npz", stopping)
        callbacks: list[keras.callbacks.Callback] = [stopping, checkpoint]
        for callback in callbacks:
            callback.set_model(model)
        checkpoint.restore()
        if on_epoch is not None:
            callbacks.append(
                keras.callbacks.LambdaCallback(on_epoch_end=on_epoch)
            )
        first = len(checkpoint.history)
        if first < epochs and not (first and stopping.is_over(first)):
            _run(model, task, seed, (first, epochs), callbacks)
        return checkpoint

    def build(
        self, dimension: str, configuration: Configuration
    ) -> keras.Model:
        """The network of one dimension, untrained."""
        return zoo.get(
            self.card.name,
            weights=None,
            dimensions=(dimension,),
            **configuration.arguments,
        )

    def load(self, fit: Fit, configuration: Configuration) -> keras.Model:
        """The fitted network of one dimension."""
        model = self.build(fit.dimension, configuration)
        model.load_weights(fit.folder / "weights.weights.h5")
        return model

    def outputs(self, model: keras.Model, split: str) -> Outputs:
        """All that a model gives for each recording of a split, by name."""
        outputs: Outputs = {name: [] for name in model.output}
        for each in self.sequences[split]:
            inputs = {
                "features": each.features[None],
                "lengths": np.array([len(each.features)], "int32"),
            }
            for name, value in model(inputs, training=False).items():
                outputs[name].append(keras.ops.convert_to_numpy(value)[0])
        return outputs

    def predict(self, model: keras.Model, split: str) -> Predictions:
        """A trace for each recording of a split, by dimension."""
        outputs = self.outputs(model, split)
        return {d: outputs[d] for d in self.dimensions if d in outputs}

    def score(
        self, predictions: Predictions, split: str
    ) -> dict[str, dict[str, float]]:
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


def _compile(
    model: keras.Model,
    dimension: str,
    task: Task,
    training: Mapping[str, Any],
) -> str:
    """Compiles the model; the name that development CCC is logged under."""
    model.compile(
        keras.optimizers.Adam(training["learning_rate"]),
        loss=dict(task.losses),
        weighted_metrics={dimension: [Concordance()]},
        jit_compile=False,  # XLA compiles anew for every length
    )
    model.optimizer.build(model.trainable_variables)
    return "val_ccc" if len(model.output) == 1 else f"val_{dimension}_ccc"


def _run(
    model: keras.Model,
    task: Task,
    seed: int,
    span: tuple[int, int],
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Runs epochs from the first of `span` to before the last."""
    model.fit(
        batching.dataset(task.train, task.targets, 1, seed, span[0]),
        steps_per_epoch=len(task.train),
        initial_epoch=span[0],
        epochs=span[1],
        validation_data=batching.dataset(task.dev, task.targets),
        callbacks=callbacks,
        shuffle=False,  # the stream has its own order
        verbose=0,
    )
