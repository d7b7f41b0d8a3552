"""Rules that the values of hyper-parameters keep."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuning.training.callbacks import SCHEDULES


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule of one hyper-parameter's values.

    Attributes:
        words: the rule in words, as an error message ends: "must be …".
        parse: from a text to a value; `None` where the text breaks the rule.
    """

    words: str
    parse: Callable[[str], Any]


def one_of(known: Sequence[str]) -> Rule:
    """A word out of several.

    Example:
        >>> rule = one_of(["max", "average"])
        >>> rule.parse("max"), rule.parse("min")
        ('max', None)
    """
    return Rule(
        f"one of {', '.join(known)}",
        lambda text: text if text in known else None,
    )


def number(
    words: str,
    holds: Callable[[float], bool] = math.isfinite,
    kind: type = float,
) -> Rule:
    """A finite number for which `holds` is true, of type int or float.

    Example:
        >>> rule = number("a whole number from 1", lambda n: n >= 1, int)
        >>> rule.parse("3"), rule.parse("3.5"), rule.parse("0")
        (3, None, None)
    """

    def parse(text: str) -> Any:
        value = _finite(text)
        if value is None or kind(value) != value or not holds(value):
            return None
        return kind(value)

    return Rule(words, parse)


def some_of(known: Sequence[str], none: str) -> Rule:
    """Different words out of several, joined by "+", or the word for none.

    Example:
        >>> rule = some_of(["gain", "noise"], "none")
        >>> rule.parse("gain+noise"), rule.parse("none"), rule.parse("gain+x")
        ('gain+noise', 'none', None)
    """

    def parse(text: str) -> str | None:
        names = text.split("+")
        is_some = {*names} <= {*known} and len({*names}) == len(names)
        return text if is_some or text == none else None

    return Rule(f"{none}, or some of {', '.join(known)} joined by +", parse)


def share_or_count() -> Rule:
    """A whole number from 1, a share between 0 and 1, or "all".

    Example:
        >>> rule = share_or_count()
        >>> rule.parse("100"), rule.parse("0.95"), rule.parse("1.5")
        (100, 0.95, None)
        >>> rule.parse("all")
        'all'
    """

    def parse(text: str) -> int | float | str | None:
        if text == "all":
            return text
        value = _finite(text)
        if value is None or value <= 0:
            return None
        if value < 1:
            return float(value)
        return int(value) if int(value) == value else None

    return Rule(
        "all, a whole number from 1, or below 1 the share of the variance "
        "that they explain",
        parse,
    )


def boolean() -> Rule:
    """Returns the rule of booleans: true or false."""
    return Rule(
        "true or false", lambda text: {"true": True, "false": False}.get(text)
    )


COUNT = number("a whole number from 1", lambda n: n >= 1, int)
SHARE = number("a number from 0 to below 1", lambda n: 0 <= n < 1)
SHARED: Mapping[str, Rule] = {
    "batch_size": COUNT,
    "copies": number("a whole number from 1 to 4", lambda n: 1 <= n <= 4, int),
    "depth": COUNT,
    "dropout": SHARE,
    "ema": SHARE,
    "label_smoothing": SHARE,
    "kernel_size": COUNT,
    "l2": number("a number from 0", lambda n: n >= 0),
    "learning_rate": number("a number above 0", lambda n: n > 0),
    "schedule": one_of(SCHEDULES),
    "smoothing": COUNT,
    "warmup": number("a whole number from 0", lambda n: n >= 0, int),
    "width": COUNT,
}
"""Rules of the hyper-parameters that several papers have."""


def rule_of(default: Any) -> Rule:
    """The rule of a hyper-parameter that has none of its own: its type."""
    if isinstance(default, bool):
        return boolean()
    if isinstance(default, str):
        return Rule("a word", lambda text: text)
    if isinstance(default, int):
        return number("a whole number", kind=int)
    return number("a number")


def _finite(text: str) -> int | float | None:
    """A text as a finite JSON number; `None` where it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if type(value) not in (int, float) or not math.isfinite(value):
        return None
    return value
