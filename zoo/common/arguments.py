"""Checks of arguments that all packages share, and look-up that suggests."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from zoo.common.cli import UsageError

Entry = TypeVar("Entry")


def check_whole(name: str, value: Any, least: int = 1) -> None:
    """Refuses what is not a whole number of at least `least`.

    Raises:
        ValueError: names the argument and the value.
    """
    if value < least or value != int(value):
        raise ValueError(
            f"`{name}` must be a whole number of at least {least}. Received: "
            f"{name}={value}"
        )


def check_share(name: str, value: float) -> None:
    """Refuses what is not a dropout rate: a number from 0 to below 1.

    Raises:
        ValueError: names the argument and the value.
    """
    if not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be at least 0 and less than 1. Received: "
            f"{name}={value}"
        )


def check_choice(name: str, value: Any, known: Iterable[str]) -> None:
    """Refuses what is not one of the known names.

    Raises:
        ValueError: names the argument, the known words and the value.
    """
    known = list(known)
    if value not in known:
        raise ValueError(
            f"`{name}` must be one of {', '.join(known)}. Received: "
            f"{name}={value!r}"
        )


def check_names(name: str, values: Sequence[str], example: Any) -> None:
    """Refuses what is not a sequence of different names.

    Raises:
        ValueError: names the argument, an example and the values.
    """
    if isinstance(values, str) or not values or len({*values}) < len(values):
        raise ValueError(
            f"`{name}` must be a sequence of different names such as "
            f"{example}. Received: {name}={values!r}"
        )


def check_weight(name: str, value: float) -> None:
    """Refuses what is not the weight of a penalty.

    Raises:
        ValueError: names the argument and the value.
    """
    if not 0 <= value < float("inf"):
        raise ValueError(
            f"`{name}` must be a finite number of at least 0. Received: "
            f"{name}={value}"
        )


def check_positive(name: str, value: float) -> None:
    """Refuses what is not a finite number above 0.

    Raises:
        ValueError: names the argument and the value.
    """
    if not 0 < value < float("inf"):
        raise ValueError(
            f"`{name}` must be a finite number above 0. Received: "
            f"{name}={value}"
        )


def check_temperatures(
    temperatures: Mapping[str, float] | None, outputs: Sequence[str]
) -> dict[str, float]:
    """Returns the temperature of every output; 1 where none is given.

    Args:
        temperatures: some outputs' names to numbers above 0; `None` for none.
        outputs: names of all.

    Raises:
        ValueError: an output that there is not, or no number above 0.

    Example:
        >>> check_temperatures({"arousal": 1.5}, ["arousal", "valence"])
        {'arousal': 1.5, 'valence': 1.0}
    """
    given = dict(temperatures or {})
    for name, value in given.items():
        check_choice("temperatures", name, outputs)
        check_positive(f"temperatures[{name!r}]", value)
    return {**dict.fromkeys(outputs, 1.0), **given}


def check_finite(name: str, values: Sequence[float]) -> None:
    """Refuses numbers that are NaN or infinite.

    Raises:
        ValueError: names the argument and the numbers.
    """
    if not all(abs(value) < float("inf") for value in values):
        raise ValueError(
            f"`{name}` must be finite numbers. Received: {name}={values!r}"
        )


def check_offsets(
    offsets: Mapping[str, Sequence[float]] | None,
    outputs: Mapping[str, Sequence[str]],
) -> dict[str, list[float] | None]:
    """Returns the offsets of every output's classes; `None` where none are.

    Args:
        offsets: some outputs' names to a number for each class.
        outputs: names of all to their classes.

    Raises:
        ValueError: an output that there is not, another number of classes, or
            a number that is not finite.

    Example:
        >>> check_offsets({"a": [0.5, 0.0]}, {"a": ["x", "y"], "b": ["z"]})
        {'a': [0.5, 0.0], 'b': None}
    """
    given = {name: list(own) for name, own in (offsets or {}).items()}
    for name, own in given.items():
        check_choice("offsets", name, list(outputs))
        check_finite(f"offsets[{name!r}]", own)
        if len(own) != len(outputs[name]):
            raise ValueError(
                f"`offsets[{name!r}]` must have a number for each of "
                f"{', '.join(outputs[name])}. Received: {own}"
            )
    return {**dict.fromkeys(outputs, None), **given}


def look_up(kind: str, name: str, known: Mapping[str, Entry]) -> Entry:
    """Returns the entry of that name.

    Args:
        kind: what is looked up, such as "model".
        name: of the entry.
        known: the entries by name.

    Raises:
        UsageError: no such name; the message suggests and lists.

    Example:
        >>> look_up("model", "dilted", {"dilated": 1, "downup": 2})
        Traceback (most recent call last):
        ...
        zoo.common.cli.UsageError: No model 'dilted'. Did you mean 'dilated'? \
Known: dilated, downup.
    """
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UsageError(
        f"No {kind} {name!r}.{hint} Known: {', '.join(sorted(known))}."
    )
