"""Training rule and search spaces of Zhao et al. 2018 (section 5.1)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines import normalise
from tuning.experiments import classes
from tuning.experiments.cross_validation import CrossValidation
from tuning.training import values
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe, register
from tuning.training.spaces import utterance_training
from zoo.papers import attention_fcn

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from tuning.experiments.utterance_data import TrainingStatistics


def set_whitening(
    model: keras.Model,
    statistics: TrainingStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Whitens the inputs by the training utterances."""
    whitening = statistics.whitening(arguments.get("components"))
    attention_fcn.set_whitening(model, **whitening)


def count_components(
    arguments: Mapping[str, Any], statistics: TrainingStatistics
) -> dict[str, Any]:
    """Turns a share of the variance into the components that explain it."""
    resolved = dict(arguments)
    share = resolved.get("components")
    if isinstance(share, float):
        matrix = statistics.whitening(share)["matrix"]
        resolved["components"] = matrix.shape[1]
    return resolved


def _recipe(corpus: str) -> Recipe:
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
        adapt=set_whitening,
        resolve=count_components,
        attends_over_time=lambda model: not attention_fcn.is_shuffled(model),
        values={
            "branches": values.one_of(attention_fcn.BRANCHES),
            "class_weights": values.one_of(classes.CLASS_WEIGHTS),
            "components": values.share_or_count(),
            "normalisation": values.one_of(normalise.SCHEMES),
            "pooling": values.one_of(attention_fcn.POOLINGS),
        },
    )


@register(_recipe("iemocap"))
def iemocap_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Tables 2 and 3 are `branches` and `pooling`.

    The paper's "stochastic gradient descent with an adaptive learning rate"
    is Adam here.
    """
    arguments = {
        "branches": hp.Fixed("branches", "blstm+fcn"),
        "pooling": hp.Fixed("pooling", "attention"),
        "shuffle": hp.Fixed("shuffle", True),
        "components": hp.Choice("components", [40, 100, 300], default=100),
        "dropout": hp.Choice("dropout", [0.3, 0.5], default=0.5),
    }
    return Configuration(arguments, utterance_training(hp, 50, "none"))


@register(_recipe("cheavd"))
def cheavd_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """The same space, for the same network."""
    return iemocap_attention_blstm_fcn(hp, target)
