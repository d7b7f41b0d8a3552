"""Training rule and search spaces of Zhang et al. 2019 (sections 3.3 and 4)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines import normalise
from pipelines.audio.augment import OPERATIONS
from pipelines.datasets.utterances import WAVEFORM
from pipelines.features.extraction import LEVEL
from tuning.experiments import class_losses, classes
from tuning.experiments.class_losses import CROSS_ENTROPY, OBJECTIVES
from tuning.experiments.classes import ALL_TASKS, MAIN_TASK
from tuning.experiments.cross_validation import CrossValidation
from tuning.training import values
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe, register
from tuning.training.spaces import (
    L2_WEIGHTS,
    NO_AUGMENTATION,
    utterance_training,
)
from zoo.papers import waveform_mtl

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from tuning.experiments.utterance_data import TrainingStatistics


EPOCHS, PATIENCE = 100, 10
L2 = 1e-4
"""Lambda of equation 5, which the paper does not give: the penalty of an
untrained network is then about a tenth of the loss of one task."""
LOWEST_WEIGHT, HIGHEST_WEIGHT = 0.1, 1.0
"""Bounds of the weights of tasks; the paper gives none."""
TASK_WEIGHTS = {task: f"{task}_weight" for task in waveform_mtl.TASKS}
"""Hyper-parameter of each task's weight in the loss, w_m of equation 5."""
POSITIVE = values.number("a number above 0", lambda n: n > 0)


def set_scaling(
    model: keras.Model,
    statistics: TrainingStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Standardises the inputs by the training utterances."""
    waveform_mtl.set_scaling(model, **statistics.scale())


def _recipe(front_end: str) -> Recipe:
    """Returns the recipe, one for all systems that the paper compares.

    The paper says neither for how many epochs it trains nor when it stops, and
    names no number of seeds. A network trains until its development score has
    not risen for `PATIENCE` epochs. `EPOCHS` is far beyond that: a tight limit
    favours systems that learn fast, those with attention.
    """
    schemes = tuple(normalise.SCHEMES)
    if front_end != WAVEFORM:  # a network of waveforms has `level` inside
        schemes += (LEVEL,)
    return Recipe(
        experiment=CrossValidation,
        corpus=("iemocap", "simulated_iemocap"),
        epochs=EPOCHS,
        seeds=3,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=PATIENCE),
        measure=("uar", "max"),
        loss="cross_entropy",
        front_end=front_end,
        protocol="dealt",
        adapt=set_scaling,
        values={
            "augment": values.some_of(tuple(OPERATIONS), NO_AUGMENTATION),
            "class_weights": values.one_of(classes.CLASS_WEIGHTS),
            "objective": values.one_of(tuple(OBJECTIVES)),
            "framing": values.one_of(waveform_mtl.FRAMINGS),
            "normalisation": values.one_of(schemes),
            "l2": values.number("a number of at least 0", lambda n: n >= 0),
            MAIN_TASK: values.one_of((ALL_TASKS, *waveform_mtl.TASKS)),
            **dict.fromkeys(TASK_WEIGHTS.values(), POSITIVE),
        },
    )


END_TO_END = _recipe(WAVEFORM)


@register(END_TO_END)
def iemocap_e2e_stl(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Section 4.2: a learning rate of 1e-4, a dropout of 0.1."""
    arguments = {
        "framing": hp.Fixed("framing", "exact"),
        "dropout": hp.Choice("dropout", [0.1, 0.3], default=0.1),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=L2),
        "level": hp.Fixed("level", False),
    }
    training = {
        **utterance_training(hp, 16, "balanced", 1e-4),
        "objective": hp.Fixed("objective", CROSS_ENTROPY),
        "augment": hp.Fixed("augment", NO_AUGMENTATION),
    }
    class_losses.check(training)
    return Configuration(arguments, training)


@register(END_TO_END)
def iemocap_e2e_stl_att(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """With attention, the same space."""
    return iemocap_e2e_stl(hp, target)


@register(END_TO_END)
def iemocap_e2e_mtl(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Equation 5: a random search finds the weights of the tasks.

    The development score is the UAR of the main task, or the mean over tasks
    where all are main.
    """
    single = iemocap_e2e_stl(hp, target)
    weights = {
        name: hp.Float(name, LOWEST_WEIGHT, HIGHEST_WEIGHT, default=1.0)
        for name in TASK_WEIGHTS.values()
    }
    main = {MAIN_TASK: hp.Fixed(MAIN_TASK, ALL_TASKS)}
    return Configuration(
        single.arguments, {**single.training, **weights, **main}
    )


@register(END_TO_END)
def iemocap_e2e_mtl_att(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """With attention, the same space."""
    return iemocap_e2e_mtl(hp, target)


@register(_recipe("egemaps_lld"))
def iemocap_egemaps_rnn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Section 4.3, which gives no numbers: these are ours."""
    arguments = {"dropout": hp.Choice("dropout", [0.1, 0.3], default=0.1)}
    training = {
        **utterance_training(hp, 16, "balanced"),
        "objective": hp.Fixed("objective", CROSS_ENTROPY),
    }
    class_losses.check(training)
    return Configuration(arguments, training)
