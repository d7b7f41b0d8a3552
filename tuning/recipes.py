"""How each paper trains a network: labels, losses, rules, defaults."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence as Many
from typing import Any

import keras
import numpy as np

import zoo
from pipelines.labels import KMeansLevels, priors
from pipelines.sequences import Sequence
from tuning.schedules import EarlyStopping, TwoStage
from zoo.losses import (
    ConcordanceLoss,
    CostSensitiveCrossEntropy,
    FrameSquaredError,
)

Splits = Mapping[str, Many[Sequence]]
LEVELS_FROM = {"train+dev": ("train", "dev"), "train": ("train",)}


@dataclasses.dataclass(frozen=True)
class Task:
    """What one dimension's network is trained on.

    Attributes:
        train, dev: sequences whose traces hold all `targets`.
        targets: the trace itself, and what else the losses compare with.
        losses: of the model's outputs, by name.
        prepare: called with the model before training.
    """

    train: Many[Sequence]
    dev: Many[Sequence]
    targets: tuple[str, ...]
    losses: Mapping[str, keras.losses.Loss]
    prepare: Callable[[keras.Model], None] = lambda model: None


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A paper's way of training, and its default numbers.

    Attributes:
        normalisation: of the features, as `pipelines.sequences.read` names.
        epochs: at most.
        seeds: networks whose predictions are averaged.
        tuner: that searches the paper's space.
        rule: makes the callback that ends training.
        task: from a dimension, the experiment's sequences and the training
            values of a configuration to a `Task`.
        discrete: whether the model also gives posteriors of levels.
    """

    normalisation: str
    epochs: int
    seeds: int
    tuner: str
    rule: Callable[[str], EarlyStopping]
    task: Callable[[str, Splits, Mapping[str, Any]], Task]
    discrete: bool = False


def _on_trace(loss: type[keras.losses.Loss]):
    def task(
        dimension: str, sequences: Splits, training: Mapping[str, Any]
    ) -> Task:
        return Task(
            sequences["train"],
            sequences["dev"],
            (dimension,),
            {dimension: loss()},
        )

    return task


def _on_levels(
    dimension: str, sequences: Splits, training: Mapping[str, Any]
) -> Task:
    """Paper 001, sections 4.1 and 4.2."""
    fitted = fit_levels(dimension, sequences, training["levels_from"])
    names = {name: f"{dimension}_{name}" for name in fitted}

    def with_levels(sequence: Sequence) -> Sequence:
        trace = sequence.traces[dimension]
        levels = {
            names[count]: each.levels(trace).astype("float32")
            for count, each in fitted.items()
        }
        traces = {**sequence.traces, **levels}
        return dataclasses.replace(sequence, traces=traces)

    train = [with_levels(each) for each in sequences["train"]]

    def prepare(model: keras.Model) -> None:
        for count, each in fitted.items():
            seen = np.concatenate([s.traces[names[count]] for s in train])
            layer = model.get_layer(f"{names[count]}_value")
            layer.set_levels(each.means, priors(seen.astype(int), count))

    return Task(
        train,
        [with_levels(each) for each in sequences["dev"]],
        (dimension, *names.values()),
        {name: CostSensitiveCrossEntropy() for name in names.values()},
        prepare,
    )


def fit_levels(
    dimension: str, sequences: Splits, levels_from: str
) -> dict[int, KMeansLevels]:
    """K-means levels of a dimension for each of the classifier's tasks.

    Args:
        dimension: name of the traces.
        sequences: by split.
        levels_from: "train+dev" as the paper, or "train".

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
            each.traces[dimension]
            for split in LEVELS_FROM[levels_from]
            for each in sequences[split]
        ]
    )
    counts = tasks(dimension)
    return {count: KMeansLevels(count).fit(labels) for count in counts}


@functools.cache
def tasks(dimension: str) -> tuple[int, ...]:
    """Classes of each discretisation, from the classifier's card."""
    return tuple(
        len(port.labels)
        for port in zoo.card("recola_blstm_cls").outputs
        if port.labels and port.name.startswith(f"{dimension}_")
    )


def _early_stopping(monitor: str) -> EarlyStopping:
    return EarlyStopping(monitor, patience=15)


def _convolutional(loss: type[keras.losses.Loss]) -> Recipe:
    """Paper 002, section 6.1."""
    return Recipe(
        normalisation="speaker",
        epochs=60,
        seeds=5,
        tuner="random",
        rule=_early_stopping,
        task=_on_trace(loss),
    )


def _recurrent(task: Callable, discrete: bool = False) -> Recipe:
    """Paper 001, section 4.2."""
    return Recipe(
        normalisation="recording",
        epochs=40,
        seeds=3,
        tuner="grid",
        rule=TwoStage,
        task=task,
        discrete=discrete,
    )


RECIPES: dict[str, Recipe] = {
    "recola_dilated": _convolutional(ConcordanceLoss),
    "recola_downup": _convolutional(ConcordanceLoss),
    "recola_context": _convolutional(ConcordanceLoss),
    "recola_blstm_cls": _recurrent(_on_levels, discrete=True),
    "recola_blstm_mse": _recurrent(_on_trace(FrameSquaredError)),
    "recola_blstm_ccc": _recurrent(_on_trace(ConcordanceLoss)),
}


def recipe(model: str) -> Recipe:
    """How a model is trained.

    Raises:
        ValueError: nobody has said.
    """
    if model not in RECIPES:
        raise ValueError(
            f"{model!r} has no recipe. Add one to tuning/recipes.py."
        )
    return RECIPES[model]
