"""Scores with intervals over units: speakers, recordings or videos.

A measure's bounds stand beside it in the scores of a label: `low` and `high`
are those of the first measure, NAME_low and NAME_high those of another. With
fewer than `zoo.metrics.bootstrap.LEAST_UNITS` units there are none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from zoo.metrics import bootstrap

Scores = dict[str, dict[str, float]]
"""By what is scored, a dimension or an emotion, and by measure."""
Sums = tuple[np.ndarray, bootstrap.Measure]
"""Sums of each unit (units, …), and the measure of their total."""


@dataclasses.dataclass(frozen=True)
class UnitSums:
    """What all scores of some predictions are computed from.

    Attributes:
        units: speakers, recordings or videos, sorted.
        by_label: by what is scored and by measure, the first of which
            decides.
    """

    units: Sequence[str]
    by_label: Mapping[str, Mapping[str, Sums]]

    def scores(self) -> Scores:
        """Returns every measure that is defined, with its bounds."""
        result: Scores = {}
        for label, measures in self.by_label.items():
            own: dict[str, float] = {}
            first = next(iter(measures))
            for name, (sums, measure) in measures.items():
                value = bootstrap.total(sums, measure)
                if np.isnan(value):
                    continue
                own[name] = value
                bounds = bootstrap.interval(sums, measure)
                if bounds is not None:
                    own.update(zip(bound_names(name, first), bounds))
            if own:
                result[label] = own
        return result

    def among(self, units: Collection[str]) -> UnitSums:
        """Returns the sums of some of the units alone."""
        rows = [i for i, unit in enumerate(self.units) if unit in units]
        return UnitSums(
            [self.units[row] for row in rows],
            {
                label: {
                    name: (sums[rows], measure)
                    for name, (sums, measure) in measures.items()
                }
                for label, measures in self.by_label.items()
            },
        )

    def of_units(self) -> dict[str, Scores]:
        """Returns the scores of each unit by itself, without bounds."""
        result: dict[str, Scores] = {unit: {} for unit in self.units}
        for label, measures in self.by_label.items():
            for name, (sums, measure) in measures.items():
                for unit, value in zip(self.units, measure(sums).tolist()):
                    if not np.isnan(value):
                        result[unit].setdefault(label, {})[name] = value
        return result


def bound_names(measure: str, first: str) -> tuple[str, str]:
    """Returns the names of a measure's bounds in the scores of a label.

    Args:
        measure: whose bounds they are.
        first: measure of the label, whose bounds are `low` and `high`.

    Example:
        >>> bound_names("ccc", "ccc"), bound_names("rmse", "ccc")
        (('low', 'high'), ('rmse_low', 'rmse_high'))
    """
    prefix = "" if measure == first else f"{measure}_"
    return f"{prefix}low", f"{prefix}high"


def difference(
    first: UnitSums, second: UnitSums, label: str, measure: str
) -> tuple[float, bootstrap.Bounds | None]:
    """Returns how much higher the first of two systems' scores is.

    Args:
        first, second: of the two systems on the same data.
        label: that is compared.
        measure: that is compared.

    Returns:
        The difference and the bounds of its interval, paired by unit; `None`
        for too few units.

    Raises:
        ValueError: systems on different units.
    """
    if list(first.units) != list(second.units):
        raise ValueError(
            "Two systems are compared on the same units alone. Received: "
            f"{len(first.units)} and {len(second.units)} units, of which "
            f"{len(set(first.units) & set(second.units))} are the same."
        )
    sums, function = first.by_label[label][measure]
    other, _ = second.by_label[label][measure]
    return bootstrap.difference(sums, other, function)
