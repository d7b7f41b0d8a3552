"""Bootstrap intervals over units: speakers, recordings or videos.

Utterances of one speaker, and frames of one recording, resemble each other:
a bootstrap that draws them by themselves gives intervals that are far too
narrow. Here whole units are drawn, with replacement. Every measure is computed
from sums over units, such as confusion matrices or moments, so that a draw is
a weighted sum: `zoo.metrics.classification.unit_confusions`,
`zoo.metrics.concordance.unit_moments` and
`zoo.metrics.intensity_sums.unit_sums` make them.

Example:
    >>> from zoo.metrics import classification as classes
    >>> speakers = [speaker for speaker in range(20) for _ in range(10)]
    >>> y_true = [0, 1] * 100
    >>> y_pred = [0, 1] * 70 + [1, 1] * 30
    >>> _, sums = classes.unit_confusions(y_true, y_pred, 2, speakers)
    >>> low, high = interval(sums, classes.unweighted_average_recall)
    >>> round(low, 2), round(high, 2)
    (0.75, 0.95)

Percentiles of few units are too narrow, as the standard deviation with n
instead of n - 1 is, and the normal quantile instead of Student's t: with 12
speakers, 95 % cover 90. The percentiles are therefore taken further out, by
just these two factors (Hesterberg's expanded percentile interval).

References: B. Efron, R. J. Tibshirani: An Introduction to the Bootstrap, 1993,
    chapters 8 and 13. T. C. Hesterberg: What teachers should know about the
    bootstrap. The American Statistician 69(4), 2015, section 4.1.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

LEAST_UNITS = 8
"""Fewer units give no interval: their own spread is too uncertain."""
LEVEL = 0.95
Measure = Callable[[np.ndarray], Any]
"""From a stack (draws, …) of summed statistics to values, (draws,)."""
Bounds = tuple[float, float]
_AT_ONCE = 2_000_000
"""Drawn units that are held at once."""


def sums_by_unit(
    items: np.ndarray, units: Sequence[Any] | np.ndarray
) -> tuple[list[Any], np.ndarray]:
    """Adds up the statistics of each unit.

    Args:
        items: (items, …) numbers.
        units: the unit of each item.

    Returns:
        The units, sorted, and their sums (units, …), float64.

    Raises:
        ValueError: unequal numbers, or no items.

    Example:
        >>> sums_by_unit(np.array([1, 2, 3]), ["b", "a", "b"])
        (['a', 'b'], array([2., 4.]))
    """
    items = np.asarray(items, "float64")
    if len(items) != len(units) or not len(units):
        raise ValueError(
            "`units` must name the unit of every item, of at least one. "
            f"Received: {len(items)} items and {len(units)} units"
        )
    names, index = np.unique(np.asarray(units), return_inverse=True)
    sums = np.zeros((len(names), *items.shape[1:]))
    np.add.at(sums, index.ravel(), items)
    return names.tolist(), sums


def interval(
    sums: ArrayLike,
    measure: Measure,
    draws: int = 1000,
    seed: int = 0,
    level: float = LEVEL,
) -> Bounds | None:
    """Returns the bootstrap confidence interval of a measure over units.

    Each draw takes as many units as there are, with replacement; the bounds
    are percentiles of the measure, taken further out for few units. A draw
    whose measure is NaN is left out.

    Args:
        sums: (units, …) additive statistics of each unit.
        measure: from a stack (draws, …) of summed statistics to (draws,).
        draws: their number, at least 1.
        seed: of the draws; the same seed and number of units give the same
            draws, whatever the measure.
        level: share of the draws within the bounds, between 0 and 1.

    Returns:
        The bounds; `None` for fewer than `LEAST_UNITS` units, or where no
        draw has the measure.

    Raises:
        ValueError: an argument out of its range, or no units.
    """
    sums = _checked("sums", sums, draws, level)
    if len(sums) < LEAST_UNITS:
        return None
    return _bounds(_values(sums, measure, draws, seed), len(sums), level)


def difference(
    first: ArrayLike,
    second: ArrayLike,
    measure: Measure,
    draws: int = 1000,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[float, Bounds | None]:
    """Returns how much higher the first of two systems is, with its interval.

    Both systems are measured on the same units, and each draw takes the same
    units for both: what makes a speaker hard for both systems cancels out. The
    systems differ where the interval leaves 0 out.

    Args:
        first, second: (units, …) additive statistics of the systems, the
            units in the same order.
        measure, draws, seed, level: as of `interval`.

    Returns:
        The difference, and its bounds or `None`, as of `interval`.

    Raises:
        ValueError: systems on different numbers of units, or as `interval`.

    Example:
        >>> def accuracy(sums):
        ...     return sums[:, 0] / sums[:, 1]
        >>> speakers = np.random.default_rng(0).integers(20, 80, 20)
        >>> one = np.stack([speakers + 5, np.full(20, 100)], axis=1)
        >>> other = np.stack([speakers, np.full(20, 100)], axis=1)
        >>> value, (low, high) = difference(one, other, accuracy)
        >>> round(value, 3), round(low, 3), round(high, 3)
        (0.05, 0.05, 0.05)
    """
    first = _checked("first", first, draws, level)
    second = _checked("second", second, draws, level)
    if len(first) != len(second):
        raise ValueError(
            "`first` and `second` must be of the same units. Received: "
            f"{len(first)} and {len(second)} units"
        )
    value = total(first, measure) - total(second, measure)
    if len(first) < LEAST_UNITS:
        return value, None
    one, other = (
        _values(sums, measure, draws, seed) for sums in (first, second)
    )
    return value, _bounds(one - other, len(first), level)


def total(sums: np.ndarray, measure: Measure) -> float:
    """Returns the measure of all units together."""
    return float(measure(sums.sum(axis=0, keepdims=True))[0])


def _checked(
    name: str, sums: ArrayLike, draws: int, level: float
) -> np.ndarray:
    array = np.asarray(sums, "float64")
    if array.ndim < 1 or not len(array):
        raise ValueError(
            f"`{name}` must hold the statistics of each unit, (units, …). "
            f"Received: shape={array.shape}"
        )
    if draws < 1 or not 0 < level < 1:
        raise ValueError(
            "`draws` must be at least 1 and `level` lie between 0 and 1. "
            f"Received: draws={draws}, level={level}"
        )
    return array


def _values(
    sums: np.ndarray, measure: Measure, draws: int, seed: int
) -> np.ndarray:
    """Returns the measure of every draw, (draws,)."""
    flat = sums.reshape(len(sums), -1)
    return np.concatenate(
        [
            measure((counts @ flat).reshape(len(counts), *sums.shape[1:]))
            for counts in _counts(len(sums), draws, seed)
        ]
    )


def _counts(units: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yields how often draws take each unit, (some draws, units)."""
    rng = np.random.default_rng(seed)
    size = max(1, _AT_ONCE // units)
    for start in range(0, draws, size):
        rows = min(size, draws - start)
        drawn = rng.integers(0, units, (rows, units))
        drawn += units * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * units)
        yield counts.reshape(rows, units).astype("float64")


def _bounds(values: np.ndarray, units: int, level: float) -> Bounds | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    tail = expanded_tail(units, level)
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def expanded_tail(units: int, level: float = LEVEL) -> float:
    """Returns the share of draws outside each bound.

    Example:
        >>> round(expanded_tail(12), 4), round(expanded_tail(10_000), 4)
        (0.0108, 0.025)
    """
    normal = statistics.NormalDist()
    z, freedom = normal.inv_cdf((1 + level) / 2), units - 1
    # Student's t by the expansion of Cornish and Fisher: right to three
    # decimals from 7 degrees of freedom.
    t = (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
    return normal.cdf(-t * math.sqrt(units / freedom))
