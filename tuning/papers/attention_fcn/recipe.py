"""Training rule and search spaces of Zhao et al. 2018 (section 5.1)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines import normalise
from pipelines.audio.augment import OPERATIONS
from pipelines.features.extraction import LEVEL
from tuning.experiments import classes
from tuning.experiments.cross_validation import CrossValidation
from tuning.training import values
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.job import OPTIMIZERS
from tuning.training.recipe import Recipe, register
from tuning.training.spaces import (
    NO_AUGMENTATION,
    RATES,
    utterance_training,
)
from zoo.papers import attention_fcn

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from tuning.experiments.utterance_data import TrainingStatistics

COMPONENTS = values.share_or_count()
WHOLE = values.number("a whole number from 1", lambda n: n >= 1, int)
SIZES = (
    *("dense", "dense_layers", "filters", "first_kernel", "kernel"),
    *("second_kernel", "units"),
)
"""Hyper-parameters that are whole numbers."""
VALIDATION = (
    "the paper scores CHEAVD's validation set (dev), by which it chose its "
    "hyper-parameters, because the labels of the test set are not public: "
    "figures on it, the paper's and ours, are optimistic"
)
SGD_RATES = (0.01, 0.03, 0.1, 0.3)
SGD_RATE = 0.1
"""The paper gives no rate: this one trains, and "plateau" lowers it."""


def adapt(
    model: keras.Model,
    statistics: TrainingStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Whitens the inputs, and their statistics, by the training utterances."""
    whitening = statistics.whitening(_number(arguments))
    attention_fcn.set_whitening(model, **whitening)
    if arguments.get("statistics"):
        attention_fcn.set_statistics(model, **statistics.of_utterances())


def count_components(
    arguments: Mapping[str, Any], statistics: TrainingStatistics
) -> dict[str, Any]:
    """Turns a share of the variance into the components that explain it."""
    number = _number(arguments)
    if number is None:
        return dict(arguments)
    if isinstance(number, float):
        number = statistics.whitening(number)["matrix"].shape[1]
    return {**arguments, "components": number}


def _number(arguments: Mapping[str, Any]) -> int | float | None:
    """Returns the components' number or share of variance; `None` for all.

    The search's choices are texts, since KerasTuner's must be of one type.
    """
    components = arguments["components"]
    if components == attention_fcn.ALL:
        return None
    parsed: int | float = COMPONENTS.parse(str(components))
    return parsed


def attends_over_time(model: keras.Model) -> bool:
    """Returns whether the attention's steps are moments of the recording."""
    return not attention_fcn.is_shuffled(model)


def _recipe(corpus: str, note: str = "") -> Recipe:
    """Returns the recipe; epochs, patience and seeds are ours."""
    return Recipe(
        experiment=CrossValidation,
        corpus=(corpus, f"simulated_{corpus}"),
        epochs=40,
        seeds=3,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=10),
        measure=("uar", "max"),
        loss="cross_entropy",
        front_end="yaafe",
        protocol="leave_one_speaker_out",
        adapt=adapt,
        resolve=count_components,
        attends_over_time=attends_over_time,
        note=note,
        values={
            "augment": values.some_of(tuple(OPERATIONS), NO_AUGMENTATION),
            "branches": values.one_of(attention_fcn.BRANCHES),
            "class_weights": values.one_of(classes.CLASS_WEIGHTS),
            "components": COMPONENTS,
            **dict.fromkeys(SIZES, WHOLE),
            "pool": values.number(
                "a whole number from 2", lambda n: n >= 2, int
            ),
            "normalisation": values.one_of((*normalise.SCHEMES, LEVEL)),
            "optimizer": values.one_of(tuple(OPTIMIZERS)),
            "pooling": values.one_of(attention_fcn.POOLINGS),
        },
    )


@register(_recipe("iemocap"))
def iemocap_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Tables 2 and 3 are `branches` and `pooling`.

    The defaults are the paper's where it names a value: all components, 64
    cells, a dropout of 0.5, batches of 50, stochastic gradient descent. The
    schedule "plateau" stands for its "adaptive learning rate".
    """
    arguments = {
        "branches": hp.Fixed("branches", "blstm+fcn"),
        "pooling": hp.Fixed("pooling", "attention"),
        "shuffle": hp.Fixed("shuffle", True),
        "components": _components(hp),
        "units": hp.Choice("units", [32, 64, 128], default=64),
        "first_kernel": hp.Choice("first_kernel", [5, 8, 12], default=8),
        "second_kernel": hp.Choice("second_kernel", [3, 5, 8], default=5),
        "dense": hp.Choice("dense", [32, 64, 128], default=64),
        "dense_layers": hp.Choice("dense_layers", [1, 2], default=1),
        "dropout": hp.Choice("dropout", [0.3, 0.5], default=0.5),
        "statistics": hp.Fixed("statistics", False),
    }
    return Configuration(arguments, _training(hp, "sgd"))


def _components(hp: keras_tuner.HyperParameters) -> Any:
    """Returns all components (section 4.2), or fewer."""
    choices = ["all", "0.99", "0.95", "300", "100"]
    return hp.Choice("components", choices, default="all")


def _training(
    hp: keras_tuner.HyperParameters, optimizer: str
) -> dict[str, Any]:
    """Returns the training values; the optimizer decides on two defaults.

    Raises:
        ValueError: a number of copies without a change that makes them.
    """
    optimizer = hp.Fixed("optimizer", optimizer)
    rates = {"sgd": SGD_RATES, "adam": RATES}[optimizer]
    schedule = {"sgd": "plateau", "adam": "constant"}[optimizer]
    default = {"sgd": SGD_RATE, "adam": 1e-3}[optimizer]
    augment = hp.Fixed("augment", NO_AUGMENTATION)
    copies = hp.Fixed("copies", 1)
    if copies > 1 and augment == NO_AUGMENTATION:
        raise ValueError(
            f"copies={copies} needs what changes them, such as "
            "augment=speed+noise."
        )
    return {
        **utterance_training(hp, 50, "none", default, rates, schedule),
        "optimizer": optimizer,
        "augment": augment,
        "copies": copies,
    }


@register(_recipe("iemocap"))
def iemocap_attentive_cnn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Neumann and Vu 2017, on the features of this paper; sizes are ours."""
    arguments = {
        "components": _components(hp),
        "filters": hp.Choice("filters", [100, 200], default=200),
        "kernel": hp.Choice("kernel", [5, 8, 12], default=8),
        "pool": hp.Choice("pool", [2, 4, 8], default=4),
        "dropout": hp.Choice("dropout", [0.3, 0.5], default=0.5),
    }
    return Configuration(arguments, _training(hp, "adam"))


@register(_recipe("cheavd", VALIDATION))
def cheavd_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """The same space, for the same network."""
    return iemocap_attention_blstm_fcn(hp, target)
