"""Training rule and search spaces of Le et al. 2017 (sections 4.2 and 4.4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.labels import DISCRETISATIONS
from tuning.experiments.levels import (
    CONCORDANCE,
    COST_SENSITIVE,
    KMEANS,
    LEVELS_FROM,
    OBJECTIVES,
    LevelExperiment,
    LevelStatistics,
)
from tuning.experiments.traces import AUGMENTATIONS, TraceExperiment
from tuning.training import values
from tuning.training.callbacks import TwoStage
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe, register
from tuning.training.spaces import NO_AUGMENTATION
from zoo.papers import recola_discrete
from zoo.papers.recola_discrete.layers import READOUTS

if TYPE_CHECKING:
    import keras
    import keras_tuner


def set_levels(
    model: keras.Model,
    statistics: LevelStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Sets the values and priors of one task's levels."""
    recola_discrete.set_levels(
        model,
        statistics.dimension,
        statistics.count,
        statistics.means,
        statistics.priors,
    )


ON_MSE = Recipe(
    experiment=TraceExperiment,
    corpus=("recola", "simulated"),
    epochs=40,
    seeds=3,
    trial_seeds=3,  # section 4.2
    tuner="grid",
    rule=TwoStage,
    measure=("ccc", "max"),
    loss="mse",
    normalisation="recording",
    values={"augment": values.one_of(AUGMENTATIONS)},
)
ON_CCC = dataclasses.replace(ON_MSE, loss="ccc")
ON_LEVELS = dataclasses.replace(
    ON_MSE,
    experiment=LevelExperiment,
    loss="levels",
    adapt=set_levels,
    values={
        **ON_MSE.values,
        "levels_from": values.one_of(tuple(LEVELS_FROM)),
        "discretisation": values.one_of(tuple(DISCRETISATIONS)),
        "objective": values.one_of(OBJECTIVES),
        "readout": values.one_of(READOUTS),
    },
)


@register(ON_LEVELS)
def recola_blstm_cls(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.2: the classifier's grid; what the paper fixes, or names.

    `discretisation` (section 4.1): "kmeans", or bins of "equal_width" or
    "quantile". `objective` (4.2): "cce", cost-sensitive cross-entropy; "ce",
    the plain one; and, of the work that the paper announces (section 6),
    "soft" and "ordinal" labels and "ccc" of the posteriors' expected value.
    `readout`: the "likeliest" level, or the "expected" value.
    """
    regressor = _space(hp)
    objective = hp.Fixed("objective", COST_SENSITIVE)
    readout = hp.Fixed("readout", "likeliest")
    if objective == CONCORDANCE:  # the likeliest level has no gradient
        readout = "expected"
    return Configuration(
        {**regressor.arguments, "readout": readout},
        {
            **regressor.training,
            "levels_from": hp.Fixed("levels_from", "train+dev"),
            "discretisation": hp.Fixed("discretisation", KMEANS),
            "objective": objective,
        },
    )


@register(ON_MSE)
def recola_blstm_mse(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.4: the regressors share the grid."""
    return _space(hp)


@register(ON_CCC)
def recola_blstm_ccc(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.4: the regressors share the grid."""
    return _space(hp)


def _space(hp: keras_tuner.HyperParameters) -> Configuration:
    """Returns what all share; `augment` is not the paper's."""
    arguments = {
        "depth": hp.Choice("depth", [3, 4, 5], default=3),
        "l2": hp.Choice("l2", [0.0, 2e-5], default=0.0),
    }
    training = {
        "learning_rate": hp.Fixed("learning_rate", 0.002),
        "augment": hp.Fixed("augment", NO_AUGMENTATION),
    }
    return Configuration(arguments, training)
