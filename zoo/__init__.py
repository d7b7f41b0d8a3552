"""Emotion recognition models on Keras 3.

Example:
    >>> import zoo
    >>> model = zoo.get("recola_dilated", weights=None)
    >>> sorted(model.output)
    ['arousal', 'valence']
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
from typing import Any

# TensorFlow's start-up messages would hide error messages on stderr.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

from zoo import description as _description  # noqa: E402
from zoo import papers, registry
from zoo import weights as _weights
from zoo.registry import Card, names  # noqa: E402

__all__ = ["Card", "__version__", "card", "describe", "get", "names"]

try:
    __version__ = importlib.metadata.version("emotion-zoo")
except importlib.metadata.PackageNotFoundError:  # a checkout, not installed
    __version__ = "0+unknown"


def card(
    name: str, weights: str | None = "pretrained", **arguments: Any
) -> Card:
    """Returns the card of a model, computed from the model that `get` builds.

    Args:
        name: one of `names()`.
        weights: "pretrained" for the model of the packaged weights, where
            there are some; the name of others, as of `get`; `None` for the
            untrained model.
        **arguments: of the entry point.

    Returns:
        The card, with the record of the packaged weights.

    Raises:
        UsageError: unknown model.
        ValueError: arguments that contradict the packaged weights, or
            `weights` of another kind.

    Example:
        >>> import zoo
        >>> arousal, valence = zoo.card("recola_dilated", weights=None).outputs
        >>> arousal.receptive_field_seconds
        81.88
        >>> zoo.card("mosei_cnn", modalities="av").weights.corpus
        'simulated_mosei'
        >>> zoo.card("mosei_cnn", weights="mmmo").weights.corpus
        'mfn_mmmo'
    """
    entry = registry.entry(name)
    known = list(dict.fromkeys(("pretrained", *_weights.names(entry))))
    if weights is not None and weights not in known:
        raise ValueError(
            f"`weights` must be {', '.join(map(repr, known))} or None. For the "
            "card of other weights, pass the model to `describe`. Received: "
            f"{weights!r}"
        )
    record = None
    if weights is not None:
        record = _weights.packaged(entry, arguments, weights)
    if record is not None:
        arguments = _weights.arguments_of(record, arguments)
    described = _description.of_entry(entry, arguments)
    return dataclasses.replace(described, weights=record)


def describe(model: keras.Model) -> Card:
    """Returns the card of a model that the zoo built.

    Args:
        model: of `get`, or saved by `keras` and loaded again.

    Raises:
        UsageError: a model of another name than the zoo's.

    Example:
        >>> import zoo
        >>> model = zoo.get("mosei_cnn", None, labels=["fear", "joy"])
        >>> zoo.describe(model).outputs[0].labels
        ('fear', 'joy')
    """
    return _description.of_model(model, registry.entry(model.name).card)


def get(
    name: str, weights: str | None = "pretrained", **arguments: Any
) -> keras.Model:
    """Builds a model and gives it weights.

    Args:
        name: one of `names()`.
        weights: "pretrained" for the packaged weights; `None` for random
            initialisation; the name of packaged weights of another corpus,
            such as "mmmo", which goes before a folder of that name; or a path
            or address of weights: a run's folder, a `.keras` or `.weights.h5`
            file, or the `https` address of such a file that ends in
            `#sha256=<digest>`.
        **arguments: of the entry point; they must agree with the weights.

    Returns:
        A functional `keras.Model` with dict inputs and dict outputs.

    Raises:
        UsageError: unknown model, or unknown name of weights.
        ValueError: weights that do not fit, are damaged or do not exist.

    Example:
        >>> import zoo
        >>> model = zoo.get("recola_context", weights=None, span=8)
        >>> model.name
        'recola_context'
        >>> zoo.get("mosei_blstm", weights="mmmo").input["features"].shape
        (None, None, 110)
    """
    entry = registry.entry(name)
    if weights is None:
        return entry.build(**arguments)
    if weights == "pretrained" or weights in _weights.names(entry):
        return _weights.pretrained(entry, arguments, weights)
    return _weights.load(entry, weights, arguments)
