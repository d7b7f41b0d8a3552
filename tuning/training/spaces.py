"""Search spaces: one function a family, from `hp` to a configuration.

Each target is searched by itself, a dimension of traces or all emotions. Every
default is the paper's final value, or ours where the paper names none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelines.datasets.word_features import MAXLENS
from tuning.training.fits import Configuration

if TYPE_CHECKING:
    import keras_tuner

Space = Callable[["keras_tuner.HyperParameters", str], Configuration]
L2_WEIGHTS = [0.0, 1e-5, 1e-4, 1e-3]


def recola_dilated(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 002, section 6.1, for the dilated network."""
    arguments = {
        "depth": hp.Choice("depth", [6, 8, 10], default=10),
        "width": hp.Choice("width", [16, 32, 64], default=32),
        "kernel_size": hp.Choice("kernel_size", [2, 3, 5], default=3),
        "dilation": hp.Choice("dilation", [2, 3], default=2),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _adam(hp))


def recola_downup(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 002, section 6.1, for the network that goes down and up."""
    width = 128 if dimension == "valence" else 32
    arguments = {
        "depth": hp.Choice("depth", [2, 3, 4], default=4),
        "width": hp.Choice("width", [16, 32, 64, 128], default=width),
        "kernel_size": hp.Choice("kernel_size", [3, 5, 7], default=3),
        "factor": hp.Choice("factor", [2, 3, 4], default=3),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _adam(hp))


def recola_context(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 002, section 4: the length of the one filter."""
    spans = [2**exponent for exponent in range(1, 12)]
    arguments = {
        "span": hp.Choice("span", spans, default=512),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _adam(hp))


def recola_blstm_cls(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 001, section 4.2: the classifier's grid."""
    found = _blstm(hp)
    levels_from = hp.Fixed("levels_from", "train+dev")
    return Configuration(
        found.arguments, {**found.training, "levels_from": levels_from}
    )


def recola_blstm_mse(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 001, section 4.4: the regressors share the grid."""
    return _blstm(hp)


def recola_blstm_ccc(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Paper 001, section 4.4: the regressors share the grid."""
    return _blstm(hp)


def _blstm(hp: keras_tuner.HyperParameters) -> Configuration:
    arguments = {
        "depth": hp.Choice("depth", [3, 4, 5], default=3),
        "l2": hp.Choice("l2", [0.0, 2e-5], default=0.0),
    }
    return Configuration(
        arguments, {"learning_rate": hp.Fixed("learning_rate", 0.002)}
    )


def mosei_blstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Paper 000, section 4.4."""
    return _fusion(hp, hp.Fixed("depth", 1))


def mosei_lstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Paper 000, section 4.4."""
    return _fusion(hp, hp.Fixed("depth", 1))


def mosei_cnn(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Paper 000, section 4.4: convolutional layers vary too."""
    return _fusion(hp, hp.Choice("depth", [1, 2, 3], default=1))


def _fusion(hp: keras_tuner.HyperParameters, depth: int) -> Configuration:
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


def iemocap_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 003: Tables 2 and 3 are `branches` and `pooling`.

    "Stochastic gradient descent with an adaptive learning rate" is Adam's.
    """
    arguments = {
        "branches": hp.Fixed("branches", "blstm+fcn"),
        "pooling": hp.Fixed("pooling", "attention"),
        "shuffle": hp.Fixed("shuffle", True),
        "components": hp.Choice("components", [40, 100, 300], default=100),
        "dropout": hp.Choice("dropout", [0.3, 0.5], default=0.5),
    }
    return Configuration(arguments, _utterances(hp, 50, "none"))


def cheavd_attention_blstm_fcn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 003: the same network."""
    return iemocap_attention_blstm_fcn(hp, target)


def iemocap_e2e_stl(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 004, section 4.2: a learning rate of 1e-4, a dropout of 0.1."""
    arguments = {
        "framing": hp.Fixed("framing", "exact"),
        "dropout": hp.Choice("dropout", [0.1, 0.3], default=0.1),
        "l2": hp.Choice("l2", L2_WEIGHTS, default=0.0),
    }
    return Configuration(arguments, _utterances(hp, 16, "balanced", 1e-4))


def iemocap_e2e_stl_att(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 004: with attention, the same."""
    return iemocap_e2e_stl(hp, target)


def iemocap_e2e_mtl(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 004, equation 5: a random search finds the tasks' weights."""
    found = iemocap_e2e_stl(hp, target)
    weights = {
        f"{task}_weight": hp.Float(f"{task}_weight", 0.1, 1.0, default=1.0)
        for task in ("arousal", "valence", "dominance")
    }
    return Configuration(found.arguments, {**found.training, **weights})


def iemocap_e2e_mtl_att(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 004: with attention, the same."""
    return iemocap_e2e_mtl(hp, target)


def iemocap_egemaps_rnn(
    hp: keras_tuner.HyperParameters, target: str
) -> Configuration:
    """Paper 004, section 4.3: its numbers are not given, so these are ours."""
    arguments = {"dropout": hp.Choice("dropout", [0.1, 0.3], default=0.1)}
    return Configuration(arguments, _utterances(hp, 16, "balanced"))


def _utterances(
    hp: keras_tuner.HyperParameters,
    batch_size: int,
    class_weights: str,
    rate: float = 1e-3,
) -> dict[str, Any]:
    """How utterances are learnt from.

    `smoothing` is how many epochs' mean development score an epoch is judged
    by: more than one where few speakers validate.
    """
    rates = [1e-4, 3e-4, 1e-3, 3e-3]
    return {
        "learning_rate": hp.Choice("learning_rate", rates, default=rate),
        "smoothing": hp.Fixed("smoothing", 1),
        "batch_size": hp.Fixed("batch_size", batch_size),
        "normalisation": hp.Fixed("normalisation", "none"),
        "class_weights": hp.Fixed("class_weights", class_weights),
    }


def _adam(hp: keras_tuner.HyperParameters) -> dict[str, float]:
    rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log", default=1e-3)
    return {"learning_rate": rate}


def space(model: str) -> Space:
    """The search space of a model.

    Raises:
        ValueError: it has none.
    """
    found = globals().get(model)
    if not callable(found) or found.__module__ != __name__:
        raise ValueError(
            f"{model!r} has no search space. Add a function of that name to "
            "tuning/spaces.py."
        )
    return found
