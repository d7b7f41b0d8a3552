"""Training rule and search spaces of Khorram et al. 2017 (section 6.1)."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuning.experiments.traces import AUGMENTATIONS, TraceExperiment
from tuning.training import values
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe, register
from tuning.training.spaces import L2_WEIGHTS, NO_AUGMENTATION
from zoo.papers.recola_conv import check_taps

if TYPE_CHECKING:
    import keras_tuner

SPANS = tuple(2**exponent for exponent in range(1, 12))
"""Steps that the one filter of section 4 covers."""
RECIPE = Recipe(
    experiment=TraceExperiment,
    corpus=("recola", "simulated"),
    epochs=60,
    seeds=5,
    tuner="random",
    rule=functools.partial(EarlyStopping, patience=15),
    measure=("ccc", "max"),
    loss="ccc",
    normalisation="speaker",
    trial_seeds=5,  # section 6.1: "we repeat each experiment five times"
    values={
        "augment": values.one_of(AUGMENTATIONS),
        "dilation": values.COUNT,
        "factor": values.number("a whole number from 2", lambda n: n >= 2, int),
        "span": values.COUNT,
    },
)


def within_recordings(
    arguments: Mapping[str, Any], longest: int
) -> dict[str, Any]:
    """Bounds the dilations by the steps of the longest training recording."""
    return {**arguments, "longest": longest}


@register(dataclasses.replace(RECIPE, resolve=within_recordings))
def recola_dilated(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 6.1, for the dilated network."""
    arguments = {
        "depth": hp.Choice("depth", [6, 8, 10, 12], default=10),
        "width": hp.Choice("width", [16, 32, 64], default=32),
        "kernel_size": hp.Choice("kernel_size", [2, 3, 5], default=3),
        "dilation": hp.Choice("dilation", [2, 3], default=2),
        "between": hp.Fixed("between", False),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _training(hp))


@register(RECIPE)
def recola_downup(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 6.1, for the down/up-sampling network.

    Every filter has at least as many taps as `factor`.
    """
    width = 128 if dimension == "valence" else 32
    arguments = {
        "depth": hp.Choice("depth", [2, 3, 4], default=4),
        "width": hp.Choice("width", [16, 32, 64, 128], default=width),
        "kernel_size": hp.Choice("kernel_size", [3, 5, 7], default=3),
        "factor": hp.Choice("factor", [2, 3], default=3),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    check_taps(arguments["kernel_size"], arguments["factor"])
    return Configuration(arguments, _training(hp))


@register(dataclasses.replace(RECIPE, trial_seeds=1))
def recola_context(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4: the length of the one filter."""
    arguments = {
        "span": hp.Choice("span", list(SPANS), default=512),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _training(hp))


def _training(hp: keras_tuner.HyperParameters) -> dict[str, Any]:
    """Returns Adam's learning rate, and `augment`, which is not the paper's."""
    rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log", default=1e-3)
    return {
        "learning_rate": rate,
        "augment": hp.Fixed("augment", NO_AUGMENTATION),
    }
