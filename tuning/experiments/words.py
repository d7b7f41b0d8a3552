"""Experiments on utterances of word-aligned features, with several labels."""

from __future__ import annotations

import dataclasses
import functools
import math
import pathlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.word_base import WordCorpus, order_modalities
from pipelines.datasets import words
from pipelines.datasets.word_features import MAXLENS, WordFeatures
from tuning.experiments import trained_on, word_data
from tuning.experiments.base import Experiment
from tuning.experiments.choices import Choices
from tuning.experiments.predictions import Outputs, Predictions
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import Item
from tuning.experiments.unit_scores import UnitSums
from tuning.experiments.word_data import WordStatistics
from tuning.plots import curves
from tuning.training.fits import Configuration, FitRequest
from tuning.training.job import TrainingJob
from tuning.training.progress import Progress
from tuning.training.shared import Cache
from zoo.metrics import intensities, intensity_sums

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH_SIZE = 64
PASS = 512
"""Utterances a batch where nothing is learnt."""

TARGET = "emotions"


class WordExperiment(Experiment):
    """One network of all labels, trained on batches of 64 utterances.

    Args:
        setup: with a corpus of words.
        progress: called with a line while words are read.
        modalities: letters of those that the network sees; `None` for all
            that the corpus has.
        cache: folder where aligned words are kept; `None` for memory.
        values: of a saved network, by letter: modalities that the corpus
            lacks are then missing in every word.

    Attributes:
        longest: words of the longest segment.
    """

    kind = "words"
    choices = ("modalities",)
    unit = "video"
    corpus: WordCorpus
    targets = (TARGET,)

    def __init__(
        self,
        setup: Setup,
        progress: Callable[[str], None] = lambda line: None,
        modalities: str | None = None,
        cache: pathlib.Path | None = None,
        values: Mapping[str, int] | None = None,
    ):
        corpus = setup.corpus
        if not isinstance(corpus, WordCorpus):
            raise ValueError(
                f"{setup.card.name!r} needs a corpus of words with features. "
                f"Received: {corpus.name!r}"
            )
        super().__init__(setup)
        known = {**(values or {}), **corpus.modalities}
        self.modalities = order_modalities(modalities or "".join(known), known)
        self._lacks = word_data.lacking(corpus, self.modalities, known, values)
        self.measures = intensities.measures(
            corpus.dimensions, corpus.rating_scale
        )
        self._progress = progress
        self._cache = cache
        self._words = self._read(spelt=False)
        self.longest = word_data.longest(self._words)
        self.segments = Cache(self._prepare, most=len(MAXLENS))

    @classmethod
    def open(
        cls,
        setup: Setup,
        choices: Choices,
        progress: Progress,
    ) -> WordExperiment:
        return cls(setup, progress.show, choices.modalities, choices.features)

    @classmethod
    def open_saved(
        cls,
        setup: Setup,
        arguments: Mapping[str, Any],
        progress: Progress,
        trained: trained_on.TrainedOn,
    ) -> WordExperiment:
        letters, values = arguments["modalities"], arguments["values"]
        by_letter = values if isinstance(values, Mapping) else None
        return cls(setup, progress.show, letters, values=by_letter)

    @classmethod
    def targets_of(cls, card: zoo.Card) -> list[str]:
        return [TARGET]

    def _read(self, spelt: bool) -> dict[str, list[words.WordSample]]:
        read = word_data.read(self.corpus, spelt, self._progress, self._cache)
        return word_data.with_missing(read, self._lacks)

    def counts(self) -> dict[str, int]:
        return {split: len(samples) for split, samples in self._words.items()}

    def notes(self) -> list[str]:
        cleaned = sum(
            sample.cleaned
            for samples in self._words.values()
            for sample in samples
        )
        notes = self.corpus.warning_lines()
        if cleaned:
            notes.append(f"{cleaned} values, NaN or infinite, set to zero")
        return [*notes, *word_data.missing_lines(self._words)]

    def labelled(self, split: str) -> bool:
        return bool(self._words[split])

    def prepare(self, request: FitRequest) -> bool:
        settings = _input_settings(request.configuration.training)
        is_new = not self.segments.has(*settings)
        self.segments(*settings)
        return is_new

    def _prepare(
        self, maxlen: int, scaling: str, text: str
    ) -> tuple[WordFeatures, dict[str, list[words.WordInputs]]]:
        """Returns the network's inputs by split, and how they were made."""
        samples = self._read(spelt=True) if text != "glove" else self._words
        features = WordFeatures(
            samples["train"], self.modalities, maxlen, scaling, text
        )
        return features, {
            split: features(own) for split, own in samples.items()
        }

    def distinct(self, configuration: Configuration) -> Configuration:
        """Replaces a cutoff by the least of the grid that cuts as little."""
        training = configuration.training
        alike = [
            maxlen
            for maxlen in MAXLENS
            if self.longest <= maxlen <= training["maxlen"]
        ]
        if not alike:
            return configuration
        least = {**training, "maxlen": min(alike)}
        return dataclasses.replace(configuration, training=least)

    def job(self, target: str, configuration: Configuration) -> TrainingJob:
        features, segments = self.segments(
            *_input_settings(configuration.training)
        )
        maxlen = features.maxlen
        outputs = {target: self.corpus.dimensions}

        statistics = WordStatistics(
            features.offset,
            features.scale,
            np.median(self.y_true("train"), axis=0),
        )
        return TrainingJob(
            train=functools.partial(
                words.batches,
                segments["train"],
                outputs,
                BATCH_SIZE,
                maxlen,
            ),
            steps=math.ceil(len(segments["train"]) / BATCH_SIZE),
            dev=functools.partial(
                words.batches, segments["dev"], outputs, PASS, maxlen
            ),
            losses={target: keras.losses.MeanAbsoluteError()},
            metrics={},
            monitor="val_loss",
            adapt=lambda model: self.recipe.adapt(
                model, statistics, configuration.arguments
            ),
        )

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        (configuration,) = by_target.values()
        features, _ = self.segments(*_input_settings(configuration.training))
        low, high = self.corpus.rating_scale
        return {
            **configuration.arguments,
            "modalities": self.modalities,
            "values": features.values_by_modality,
            "labels": list(self.corpus.dimensions),
            "low": low,
            "high": high,
        }

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        features, segments = self.segments(*_input_settings(training))
        batches = words.batches(
            segments[split],
            {TARGET: self.corpus.dimensions},
            PASS,
            features.maxlen,
        )
        by_batch = [model(inputs, training=False) for inputs, _ in batches]
        return {
            name: np.concatenate(
                [keras.ops.convert_to_numpy(batch[name]) for batch in by_batch]
            )
            for name in model.output
        }

    def y_true(self, split: str) -> np.ndarray:
        """Returns the labels of a split, (segments, labels)."""
        return np.array(
            [
                [sample.labels[name] for name in self.corpus.dimensions]
                for sample in self._words[split]
            ]
        )

    def items(self, split: str) -> list[Item]:
        return [
            trained_on.features(sample.id, sample.speaker, sample.features)
            for sample in self._words[split]
        ]

    def units(self, split: str) -> list[str]:
        return [sample.speaker for sample in self._words[split]]

    def sums(self, predictions: Predictions, split: str) -> UnitSums:
        """Returns sums by video of every label, and of all together."""
        names, by_label = intensity_sums.unit_sums(
            self.y_true(split),
            np.asarray(predictions[TARGET]),
            self.units(split),
            self.corpus.dimensions,
            self.corpus.rating_scale,
        )
        return UnitSums(names, by_label)

    def constant_predictions(self, split: str) -> dict[str, Predictions]:
        """Returns zeros if on the scale, and medians of the training labels."""
        low, high = self.corpus.rating_scale
        shape = (self.counts()[split], 1)
        medians = np.median(self.y_true("train"), axis=0)
        constants = {"median": medians}
        if low <= 0 <= high:
            constants = {"zero": np.zeros_like(medians), **constants}
        return {
            name: {TARGET: np.tile(values, shape)}
            for name, values in constants.items()
        }

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{TARGET}": np.asarray(predictions[TARGET]),
            f"{split}/id": np.array(
                [sample.id for sample in self._words[split]]
            ),
        }

    def prediction_plots(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        predicted = np.asarray(shown["predicted"][TARGET])
        figure = curves.ratings(
            self.y_true(split), predicted, self.corpus.dimensions, note
        )
        return {f"Ratings of {split}": ("ratings.png", figure)}


def _input_settings(training: Mapping[str, Any]) -> tuple[int, str, str]:
    """Returns the training values that say how inputs are made."""
    return training["maxlen"], training["scaling"], training["text"]
