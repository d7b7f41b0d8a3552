"""Hyper-parameters of a model's space, set by `--set NAME=VALUE`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines import normalise
from tuning.experiments import classes
from tuning.training import spaces
from tuning.training.fits import Configuration
from zoo.common import cli
from zoo.papers import attention_fcn, waveform_mtl

if TYPE_CHECKING:
    import keras_tuner

WORDS: Mapping[str, Sequence[str]] = {
    "branches": attention_fcn.BRANCHES,
    "class_weights": classes.CLASS_WEIGHTS,
    "framing": waveform_mtl.FRAMINGS,
    "normalisation": normalise.SCHEMES,
    "pooling": attention_fcn.POOLINGS,
}
"""The values of hyper-parameters that are one of a few words."""
NUMBERS: Mapping[str, tuple[str, Callable[[float], bool]]] = {
    "batch_size": ("a whole number from 1", lambda value: value >= 1),
    "components": (
        "a whole number from 1, or below 1 the share of the variance that "
        "they explain",
        lambda value: value > 0,
    ),
    "dropout": ("a number from 0 to below 1", lambda value: 0 <= value < 1),
    "learning_rate": ("a number above 0", lambda value: value > 0),
    "smoothing": ("a whole number from 1", lambda value: value >= 1),
}
"""Rules of numbers, in words too, that hold before any data are read."""
SHARES = ("components",)
"""Whole numbers that may be a share instead."""


def configure(
    model: str, target: str, changes: Sequence[str] = ()
) -> Configuration:
    """A model's default configuration with some values changed.

    Args:
        model: with a search space.
        target: to predict.
        changes: "NAME=VALUE" of hyper-parameters of the space; of two values
            the later one holds.

    Raises:
        UsageError: no such hyper-parameter, or no value of it.
    """
    return spaces.space(model)(fixed(model, target, changes), target)


def fixed(
    model: str, target: str, changes: Sequence[str] = ()
) -> keras_tuner.HyperParameters:
    """What a space is called with so that some values stay as they are.

    Args and Raises: as of `configure`.
    """
    import keras_tuner

    known, values = defaults(model, target), {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise cli.UsageError(
                f"--set {change}: {model} has no hyper-parameter {name!r}. "
                f"Known: {', '.join(sorted(known))}."
            )
        values[name] = _value(change, name, text, known[name])
    hp = keras_tuner.HyperParameters()
    for name, value in values.items():
        hp.Fixed(name, value)
    return hp


def defaults(model: str, target: str) -> dict[str, Any]:
    """The default of every hyper-parameter of a model's space, by name."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    spaces.space(model)(hp, target)
    return dict(hp.values)


def _value(change: str, name: str, text: str, default: Any) -> Any:
    """A text as a value of a hyper-parameter, checked."""
    value: Any
    if isinstance(default, bool):
        value, rule = {"true": True, "false": False}.get(text), "true or false"
    elif isinstance(default, str):
        known = WORDS.get(name, (text,))
        value = text if text in known else None
        rule = f"one of {', '.join(known)}"
    else:
        value, rule = _number(name, text, type(default))
    if value is None:
        raise cli.UsageError(
            f"--set {change}: the value must be {rule}. Received: {text!r}"
        )
    return value


def _number(name: str, text: str, kind: type) -> tuple[Any, str]:
    """A text as a number, `None` where it is none, and what it must be."""
    plain = "a whole number" if kind is int else "a number"
    rule, holds = NUMBERS.get(name, (plain, math.isfinite))
    try:
        found = json.loads(text)
    except ValueError:
        return None, rule
    if type(found) not in (int, float) or not math.isfinite(found):
        return None, rule
    if name in SHARES and found < 1:
        kind = float
    value = kind(found)
    return (value if value == found and holds(value) else None), rule
