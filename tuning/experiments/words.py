"""Experiments on utterances as words, with a few labels each."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.base import Corpus
from pipelines.corpora.word_base import WordCorpus, order_modalities
from pipelines.datasets import words
from pipelines.datasets.word_features import MAXLENS, WordFeatures
from tuning.experiments.base import (
    SPLITS,
    Experiment,
    Outputs,
    Predictions,
    Scores,
)
from tuning.plots import curves
from tuning.training.fits import Configuration
from tuning.training.job import Task
from zoo.metrics import intensities

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH_SIZE = 64
PASS = 512
"""Utterances a batch where nothing is learnt."""

TARGET = "emotions"


class WordExperiment(Experiment):
    """One network of all labels, trained on batches of 64 utterances.

    Args:
        model: a name in `zoo.names()`.
        corpus: of words.
        epochs: at most; `None` for the recipe's.
        progress: called with a line while words are read.
        modalities: letters of those that the network sees; `None` for all
            that the corpus has.
    """

    corpus: WordCorpus
    targets = (TARGET,)

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        epochs: int | None = None,
        progress: Callable[[str], None] = lambda line: None,
        modalities: str | None = None,
    ):
        if not isinstance(corpus, WordCorpus):
            raise ValueError(
                f"{model!r} needs a corpus of words, with the features of "
                f"each. Received: {corpus.name!r}"
            )
        super().__init__(model, corpus, epochs)
        known = "".join(corpus.modalities)
        self.modalities = order_modalities(modalities or known, known)
        self.measures = intensities.measures(
            corpus.dimensions, corpus.rating_scale
        )
        self._progress = progress
        self._words = self._read(spelt=False)
        self.segments = functools.lru_cache(maxsize=len(MAXLENS))(self._prepare)

    @staticmethod
    def targets_of(card: zoo.Card) -> list[str]:
        return [TARGET]

    def _read(self, spelt: bool) -> dict[str, list[words.WordSample]]:
        return read(self.corpus, spelt, self._progress)

    def counts(self) -> dict[str, int]:
        return {split: len(found) for split, found in self._words.items()}

    def remarks(self) -> list[str]:
        cleaned = sum(
            each.cleaned for found in self._words.values() for each in found
        )
        told = self.corpus.warning_lines()
        if cleaned:
            told.append(f"{cleaned} values, NaN or infinite, set to zero")
        return told

    def labelled(self, split: str) -> bool:
        return bool(self._words[split])

    def _prepare(
        self, maxlen: int, scaling: str, text: str
    ) -> tuple[WordFeatures, dict[str, list[words.WordInputs]]]:
        """What the network sees, by split, and how it came about."""
        found = self._read(spelt=True) if text == "one_hot" else self._words
        preparation = WordFeatures(
            found["train"], self.modalities, maxlen, scaling, text
        )
        return preparation, {
            split: preparation(each) for split, each in found.items()
        }

    def task(self, target: str, configuration: Configuration) -> Task:
        preparation, segments = self.segments(*_seen(configuration.training))
        maxlen = preparation.maxlen
        outputs = {target: self.corpus.dimensions}

        def prepare(model: keras.Model) -> None:
            layer = model.get_layer("scaling")
            layer.set_scale(preparation.offset, preparation.scale)
            # No constant has a smaller absolute error than the medians.
            bias = model.get_layer("intensities").bias
            bias.assign(np.median(self.true("train"), axis=0))

        return Task(
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
            prepare=prepare,
        )

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        (configuration,) = by_target.values()
        preparation, _ = self.segments(*_seen(configuration.training))
        low, high = self.corpus.rating_scale
        return {
            **configuration.arguments,
            "modalities": self.modalities,
            "values": preparation.values,
            "labels": list(self.corpus.dimensions),
            "low": low,
            "high": high,
        }

    def outputs(
        self, model: keras.Model, split: str, training: Mapping[str, Any]
    ) -> Outputs:
        preparation, segments = self.segments(*_seen(training))
        batches = words.batches(
            segments[split],
            {TARGET: self.corpus.dimensions},
            PASS,
            preparation.maxlen,
        )
        found = [model(inputs, training=False) for inputs, _ in batches]
        return {
            name: np.concatenate(
                [keras.ops.convert_to_numpy(each[name]) for each in found]
            )
            for name in model.output
        }

    def true(self, split: str) -> np.ndarray:
        """The labels of a split, (segments, labels)."""
        return np.array(
            [
                [each.labels[name] for name in self.corpus.dimensions]
                for each in self._words[split]
            ]
        )

    def score(self, predictions: Predictions, split: str) -> Scores:
        """The measures of each label, and of all together."""
        return intensities.scores(
            self.true(split),
            np.asarray(predictions[TARGET]),
            self.corpus.dimensions,
            self.corpus.rating_scale,
        )

    def arrays(
        self, predictions: Predictions, split: str
    ) -> dict[str, np.ndarray]:
        return {
            f"{split}/{TARGET}": np.asarray(predictions[TARGET]),
            f"{split}/id": np.array([each.id for each in self._words[split]]),
        }

    def pictures(
        self, shown: Mapping[str, Predictions], split: str, note: str
    ) -> dict[str, tuple[str, Figure]]:
        predicted = np.asarray(shown["predicted"][TARGET])
        drawn = curves.ratings(
            self.true(split), predicted, self.corpus.dimensions, note
        )
        return {f"Ratings of {split}": ("ratings.png", drawn)}


@functools.lru_cache(maxsize=2)
def read(
    corpus: WordCorpus, spelt: bool, progress: Callable[[str], None]
) -> dict[str, list[words.WordSample]]:
    """The words of every split with all modalities, read once a command."""
    return {
        split: words.read(
            corpus,
            corpus.split(split),
            "".join(corpus.modalities),
            spelt,
            progress=lambda done, of: progress(
                f"reading {split} segment {done} of {of}"
            ),
        )
        for split in SPLITS
    }


def _seen(training: Mapping[str, Any]) -> tuple[int, str, str]:
    """What of a configuration says what the network sees."""
    return training["maxlen"], training["scaling"], training["text"]
