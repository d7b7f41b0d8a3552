"""The utterances of a corpus as a network takes them, whatever the fold."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

import zoo
from pipelines import normalise
from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances
from pipelines.datasets.utterances import EMOTION, UtteranceSample
from tuning.experiments import classes
from tuning.training.recipe import recipe

PASS = {"features": 100, "waveform": 16}
"""Utterances a batch where nothing is learnt."""


class Material:
    """What every fold of a corpus shares: utterances as a network takes them.

    Args:
        model: a name in `zoo.names()`.
        corpus: with the labels of the model's outputs.
        tasks: name to the classes told apart, as of `classes.of_card`.
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
        tasks: classes.Tasks,
        cache: pathlib.Path | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        self.port = zoo.card(model).inputs[0].name
        self.tasks = tasks
        self.utterances = utterances.with_labels(corpus, tasks)
        self.left_out = utterances.excluded_emotions(corpus, tasks)
        self._heard = utterances.read(
            corpus,
            self.utterances,
            tasks,
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

    def _scaled(self, normalisation: str) -> dict[str, UtteranceSample]:
        """The utterances by id, normalised."""
        heard = normalise.by_name(
            normalisation,
            [each.inputs for each in self._heard],
            [each.speaker for each in self._heard],
        )
        return {
            each.id: dataclasses.replace(each, inputs=own)
            for each, own in zip(self._heard, heard)
        }

    def remarks(self) -> list[str]:
        """What a report says of the utterances."""
        sizes = classes.sizes(self._heard, self.tasks)
        return classes.remarks(self.left_out, sizes)


def posteriors(
    model: keras.Model, heard: Sequence[UtteranceSample], material: Material
) -> np.ndarray:
    """What a network gives for utterances, (utterances, tasks, classes)."""
    ranked = sorted(range(len(heard)), key=lambda i: len(heard[i].inputs))
    tasks = list(material.tasks)
    batches = utterances.batches(
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
