"""What entry points of several papers ask of their arguments."""

from __future__ import annotations

from collections.abc import Sequence


def check_whole(name: str, value: int) -> None:
    """Refuses what is not a whole number of at least 1."""
    if value < 1 or value != int(value):
        raise ValueError(
            f"`{name}` must be a whole number of at least 1. Received: "
            f"{name}={value}"
        )


def check_share(name: str, value: float) -> None:
    """Refuses what is no share that dropout can drop."""
    if not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be at least 0 and less than 1. Received: "
            f"{name}={value}"
        )


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuses what is not one of those known."""
    if value not in known:
        raise ValueError(
            f"`{name}` must be one of {', '.join(known)}. Received: "
            f"{name}={value!r}"
        )


def check_names(name: str, values: Sequence[str], example) -> None:
    """Refuses what is not a sequence of different names."""
    if isinstance(values, str) or not values or len({*values}) < len(values):
        raise ValueError(
            f"`{name}` must be a sequence of different names such as "
            f"{example}. Received: {name}={values!r}"
        )


def check_weight(name: str, value: float) -> None:
    """Refuses what is not a weight of a penalty."""
    if not 0 <= value < float("inf"):
        raise ValueError(
            f"`{name}` must be a finite number of at least 0. Received: "
            f"{name}={value}"
        )
