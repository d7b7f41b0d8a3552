"""How figures are written: their kind, their interval, their digits.

A figure is of a single network or other model, a mean of seeds, an ensemble
whose networks' predictions are averaged, a constant, or published. These are
not compared as if they were one: an ensemble is better than its networks are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tuning.experiments.unit_scores import bound_names
from zoo.metrics.bootstrap import LEAST_UNITS, Bounds

SINGLE = "single network"
MODEL = "single model"
"""A model that is no network, such as a support vector machine."""
PUBLISHED = "published"
CONSTANT = "constant"
LEAST_SEEDS = 3
"""Fewer seeds have no standard deviation."""


def mean_of(seeds: int) -> str:
    """Returns the kind of a mean over the figures of single networks."""
    return SINGLE if seeds == 1 else f"mean of {seeds} seeds"


def ensemble_of(seeds: int) -> str:
    """Returns the kind of a figure of averaged predictions."""
    return SINGLE if seeds == 1 else f"ensemble of {seeds} seeds"


def mean_and_deviation(values: Sequence[float], digits: int = 3) -> str:
    """Returns mean ± sample standard deviation (n - 1), from three values up.

    Example:
        >>> mean_and_deviation([0.5, 0.6, 0.7]), mean_and_deviation([0.5, 0.7])
        ('0.600 ± 0.100', '0.600')
    """
    text = f"{np.mean(values):.{digits}f}"
    if len(values) < LEAST_SEEDS:
        return text
    return f"{text} ± {np.std(values, ddof=1):.{digits}f}"


def cell(
    scores: Mapping[str, float],
    measure: str,
    digits: int = 3,
    scale: float = 1.0,
) -> str:
    """Returns a figure with its interval in brackets, where it has one.

    Args:
        scores: of a label, its first measure first.
        measure: "-" is returned for one that is not there.
        digits: behind the point.
        scale: that figure and interval are multiplied by, such as 100.

    Example:
        >>> cell({"uar": 0.542, "low": 0.473, "high": 0.614}, "uar", 1, 100)
        '54.2 (47.3 to 61.4)'
    """
    value = scores.get(measure)
    if value is None:
        return "-"
    text = f"{scale * value:.{digits}f}"
    low, high = bound_names(measure, next(iter(scores)))
    if low not in scores:
        return text
    return f"{text} {bracketed((scores[low], scores[high]), digits, scale)}"


def bracketed(bounds: Bounds, digits: int = 3, scale: float = 1.0) -> str:
    """Returns "(low to high)"."""
    low, high = (f"{scale * bound:.{digits}f}" for bound in bounds)
    return f"({low} to {high})"


def signed(
    difference: tuple[float, Bounds | None],
    digits: int = 3,
    scale: float = 1.0,
) -> str:
    """Returns a difference with its sign and, where there is one, interval.

    Example:
        >>> signed((0.031, (0.002, 0.06)), 1, 100)
        '+3.1 (0.2 to 6.0)'
    """
    value, bounds = difference
    text = f"{scale * value:+.{digits}f}"
    if bounds is None:
        return text
    return f"{text} {bracketed(bounds, digits, scale)}"


def about_intervals(unit: str, count: int) -> str:
    """Returns what brackets hold, or why there are none, as a sentence.

    Args:
        unit: "speaker" or "video".
        count: number of units.
    """
    if count < LEAST_UNITS:
        return f"No interval: {count} {unit}{'' if count == 1 else 's'}."
    return f"In brackets: 95 % intervals over {count} {unit}s, drawn whole."


def intervals_by_split(unit: str, counts: Mapping[str, int]) -> list[str]:
    """Returns what brackets hold, and where there are none, as sentences.

    Args:
        unit: "speaker" or "video".
        counts: number of units by partition.

    Example:
        >>> counts = {"dev": 4, "test": 9}
        >>> for sentence in intervals_by_split("speaker", counts):
        ...     print(sentence)
        In brackets: 95 % intervals over speakers, drawn whole (9 in test).
        No interval for dev: 4 speakers.
    """
    enough = [
        f"{count} in {split}"
        for split, count in counts.items()
        if count >= LEAST_UNITS
    ]
    sentences = []
    if enough:
        sentences.append(
            f"In brackets: 95 % intervals over {unit}s, drawn whole "
            f"({', '.join(enough)})."
        )
    few = {s: count for s, count in counts.items() if count < LEAST_UNITS}
    for split, count in few.items():
        units = unit if count == 1 else f"{unit}s"
        sentences.append(f"No interval for {split}: {count} {units}.")
    return sentences
