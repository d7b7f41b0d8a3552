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

from zoo import papers, registry  # noqa: E402
from zoo import weights as _weights
from zoo.registry import Card, names  # noqa: E402

__all__ = ["Card", "__version__", "card", "get", "names"]

try:
    __version__ = importlib.metadata.version("emotion-zoo")
except importlib.metadata.PackageNotFoundError:  # a checkout, not installed
    __version__ = "0+unknown"


def card(name: str) -> Card:
    """Returns the card of a model, with the record of its packaged weights.

    Args:
        name: one of `names()`.

    Raises:
        UsageError: unknown model.

    Example:
        >>> import zoo
        >>> zoo.card("recola_dilated").hop
        0.04
    """
    entry = registry.entry(name)
    record = _weights.packaged(entry, {})
    return dataclasses.replace(entry.card, weights=record)


def get(
    name: str, weights: str | None = "pretrained", **arguments: Any
) -> keras.Model:
    """Builds a model and gives it weights.

    Args:
        name: one of `names()`.
        weights: "pretrained" for the packaged weights; `None` for random
            initialisation; or a path or address of weights: a run's folder,
            a `.keras` or `.weights.h5` file, or the `https` address of such
            a file that ends in `#sha256=<digest>`.
        **arguments: of the entry point; they must agree with the weights.

    Returns:
        A functional `keras.Model` with dict inputs and dict outputs.

    Raises:
        UsageError: unknown model.
        ValueError: weights that do not fit, are damaged or do not exist.

    Example:
        >>> import zoo
        >>> model = zoo.get("recola_context", weights=None, span=8)
        >>> model.name
        'recola_context'
    """
    entry = registry.entry(name)
    if weights is None:
        return entry.build(**arguments)
    if weights == "pretrained":
        return _weights.pretrained(entry, arguments)
    return _weights.load(entry, weights, arguments)
