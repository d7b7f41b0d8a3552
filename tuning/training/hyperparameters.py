"""Hyper-parameters of a recipe's search space, set by `--set NAME=VALUE`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuning.training import values
from tuning.training.fits import Configuration
from tuning.training.recipe import Recipe
from zoo.common import cli

if TYPE_CHECKING:
    import keras_tuner


def configure(
    recipe: Recipe, target: str, changes: Sequence[str] = ()
) -> Configuration:
    """Returns a recipe's default configuration with some values changed.

    Args:
        recipe: of the model.
        target: to predict.
        changes: "NAME=VALUE" of hyper-parameters of the space; of two values
            the later one holds.

    Raises:
        UsageError: no such hyper-parameter, a value that breaks its rule, or
            values that the space does not allow together.
    """
    return recipe.configuration(fixed(recipe, target, changes), target)


def fixed(
    recipe: Recipe, target: str, changes: Sequence[str] = ()
) -> keras_tuner.HyperParameters:
    """Returns hyper-parameters in which the changed values are fixed.

    Args and Raises: as of `configure`.
    """
    import keras_tuner

    known = defaults(recipe, target)
    fixed_values = {}
    for change in changes:
        name, sign, text = change.partition("=")
        if not sign:
            raise cli.UsageError(f"--set {change}: it must be NAME=VALUE.")
        if name not in known:
            raise cli.UsageError(
                f"--set {change}: {recipe.model} has no hyper-parameter "
                f"{name!r}. Known: {', '.join(sorted(known))}."
            )
        fixed_values[name] = _parse(recipe, change, name, text, known[name])
    hp = keras_tuner.HyperParameters()
    for name, value in fixed_values.items():
        hp.Fixed(name, value)
    _check(recipe, target, hp, changes)
    return hp


def _check(
    recipe: Recipe,
    target: str,
    hp: keras_tuner.HyperParameters,
    changes: Sequence[str],
) -> None:
    """Refuses values that the space does not allow together."""
    try:
        recipe.configuration(hp.copy(), target)
    except ValueError as error:
        raise cli.UsageError(f"--set {', '.join(changes)}: {error}") from error


def defaults(recipe: Recipe, target: str) -> dict[str, Any]:
    """Returns the default of every hyper-parameter of a space, by name."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    recipe.configuration(hp, target)
    return dict(hp.values)


def _parse(
    recipe: Recipe, change: str, name: str, text: str, default: Any
) -> Any:
    """Returns a text as a value of a hyper-parameter, checked by its rule."""
    rules = {**values.SHARED, **recipe.values}
    rule = rules.get(name) or values.rule_of(default)
    value = rule.parse(text)
    if value is None:
        raise cli.UsageError(
            f"--set {change}: the value must be {rule.words}. Received: "
            f"{text!r}"
        )
    return value
