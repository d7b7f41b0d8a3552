"""Training rule and search spaces of Williams et al. 2018 (section 4.4)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.datasets.word_features import MAXLENS, SCALINGS, TEXTS
from tuning.experiments.word_data import WordStatistics
from tuning.experiments.words import WordExperiment
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe, register
from tuning.training.values import COUNT, one_of
from zoo.papers import mosei_fusion

if TYPE_CHECKING:
    import keras
    import keras_tuner


def adapt(
    model: keras.Model,
    statistics: WordStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Scales the inputs and starts from the medians of the labels."""
    mosei_fusion.set_scaling(model, statistics.offset, statistics.scale)
    mosei_fusion.set_medians(model, statistics.medians)


RECIPE = Recipe(
    experiment=WordExperiment,
    corpus=("mosei", "simulated_mosei"),
    epochs=100,
    seeds=3,  # ours; the rest is section 4.4
    tuner="grid",
    rule=functools.partial(EarlyStopping, patience=10, mode="min"),
    measure=("mae", "min"),
    loss="mae",
    adapt=adapt,
    values={
        "dense": COUNT,
        "maxlen": COUNT,
        "scaling": one_of([*SCALINGS]),
        "text": one_of(TEXTS),
    },
)


@register(RECIPE)
def mosei_blstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Search space of section 4.4."""
    return _space(hp, hp.Fixed("depth", 1))


@register(RECIPE)
def mosei_lstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Search space of section 4.4."""
    return _space(hp, hp.Fixed("depth", 1))


@register(RECIPE)
def mosei_cnn(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Section 4.4: the number of convolutional layers varies too."""
    return _space(hp, hp.Choice("depth", [1, 2, 3], default=1))


def _space(hp: keras_tuner.HyperParameters, depth: int) -> Configuration:
    arguments = {
        "depth": depth,
        "dense": hp.Choice("dense", [1, 2, 3], default=2),
        "dropout": hp.Choice("dropout", [0.1, 0.2], default=0.1),
    }
    training = {
        "learning_rate": hp.Fixed("learning_rate", 1e-3),
        "maxlen": hp.Choice("maxlen", list(MAXLENS), default=20),
        "scaling": hp.Fixed("scaling", "max_abs"),
        "text": hp.Fixed("text", "glove"),
    }
    return Configuration(arguments, training)
