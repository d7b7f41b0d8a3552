"""Sums by unit of the measures of `zoo.metrics.intensities`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics import bootstrap, concordance
from zoo.metrics.agreement import levels
from zoo.metrics.intensities import (
    EMOTIONS,
    INTENSITIES,
    PRESENT,
    SENTIMENTS,
    measures,
)

Statistics = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From labels and predictions of one shape to statistics (…, some)."""
Sums = tuple[np.ndarray, bootstrap.Measure]
"""Sums of each unit (units, …), and the measure of their total."""


def unit_sums(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    units: Sequence[Any] | np.ndarray,
    labels: Sequence[str],
    rated: tuple[float, float] | None = None,
) -> tuple[list[Any], dict[str, dict[str, Sums]]]:
    """Returns the sums of each unit and what makes measures of them.

    Args:
        y_true, y_pred: (utterances, labels).
        units: the unit, such as the video, of each utterance.
        labels, rated: as for `zoo.metrics.intensities.measures`.

    Returns:
        The units, sorted; and by label, "overall" among them if there are
        several, and by measure the sums (units, …) and the measure, for
        `zoo.metrics.bootstrap.interval`.

    Raises:
        ValueError: another number of units, or no utterances.

    Example:
        >>> y_true, y_pred = [[0.0], [1.0]], [[0.5], [1.0]]
        >>> units, by_label = unit_sums(y_true, y_pred, ["v1", "v2"], ["joy"])
        >>> sums, mae = by_label["joy"]["mae"]
        >>> units, mae(sums).tolist()
        (['v1', 'v2'], [0.5, 0.0])
    """
    true, pred = (np.asarray(y, "float64") for y in (y_true, y_pred))
    names: list[Any] = []
    by_label: dict[str, dict[str, Sums]] = {}
    for name in measures(labels, rated):
        statistics, measure = _OF[name]
        if name == "binary" and not set(labels) <= set(EMOTIONS):
            statistics = _above(rated)
        names, sums = bootstrap.sums_by_unit(statistics(true, pred), units)
        for i, label in enumerate(labels):
            by_label.setdefault(label, {})[name] = sums[:, i], measure
        if len(labels) > 1:
            own = by_label.setdefault("overall", {})
            own[name] = sums, functools.partial(_mean_of_labels, measure)
    return names, by_label


def _mean_of_labels(measure: bootstrap.Measure, sums: np.ndarray) -> np.ndarray:
    return measure(sums).mean(axis=-1)


def _share(sums: np.ndarray) -> np.ndarray:
    """Returns a mean from totals and counts (…, 2); 0 without a count."""
    zeros = np.zeros(sums.shape[:-1])
    counts = sums[..., 1]
    return np.divide(sums[..., 0], counts, out=zeros, where=counts > 0)


def _mean(values: np.ndarray) -> np.ndarray:
    """Returns the statistics of a mean: values and counts."""
    return np.stack([values, np.ones(values.shape)], axis=-1)


def _moments(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    """Returns the terms of moments, less the mean label of each column."""
    middle = true.mean(axis=0)
    return concordance.terms(true - middle, pred - middle)


def _presence(rule: str) -> Statistics:
    """Returns whether the presence of an emotion is right, by a rule."""
    present = PRESENT[rule]
    return lambda true, pred: _mean(present(true) == present(pred))


def _class_counts(
    is_true: np.ndarray, is_pred: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """Returns right members of a class, their sum, the same of the rest.

    Args:
        is_true, is_pred: whether an utterance is in the class.
        counted: whether it counts at all.
    """
    counts = [
        is_true & is_pred,
        is_true * 1 + is_pred,
        ~is_true & ~is_pred,
        ~is_true * 1 + ~is_pred,
        is_true,
        np.ones(is_true.shape, int),
    ]
    return np.stack([count * counted for count in counts], axis=-1)


def _presence_counts(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    return _class_counts(true > 0, pred > 0, np.ones(true.shape, int))


def _negative_counts(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    return _class_counts(true < 0, pred < 0, np.ones(true.shape, int))


def _positive_counts(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    return _class_counts(true > 0, pred > 0, true != 0)


def _f1(sums: np.ndarray) -> np.ndarray:
    return 2 * _share(sums[..., :2])


def _weighted_f1(sums: np.ndarray) -> np.ndarray:
    share = _share(sums[..., 4:])
    return share * _f1(sums) + (1 - share) * _f1(sums[..., 2:])


def _rounded(scale: tuple[int, int]) -> Statistics:
    """Returns whether values rounded to a scale are right."""
    return lambda true, pred: _mean(levels(true, scale) == levels(pred, scale))


def _polar(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    """Returns right polarities and their count, without labels of 0."""
    polar = true != 0
    return np.stack([polar & ((true > 0) == (pred > 0)), polar], axis=-1)


def _above(rated: tuple[float, float] | None) -> Statistics:
    """Returns whether the side of a scale's middle is right."""
    middle = sum(rated) / 2 if rated else 0.0
    return lambda true, pred: _mean((true > middle) == (pred > middle))


_OF: Mapping[str, tuple[Statistics, bootstrap.Measure]] = {
    "mae": (lambda true, pred: _mean(np.abs(true - pred)), _share),
    "r": (_moments, concordance.r_of_moments),
    "binary": (_presence("rounded"), _share),
    "binary_positive": (_presence("positive"), _share),
    "four_class": (_rounded(INTENSITIES), _share),
    "f1": (_presence_counts, _f1),
    "f1_weighted": (_presence_counts, _weighted_f1),
    "acc_2": (lambda true, pred: _mean((true < 0) == (pred < 0)), _share),
    "acc_2_polar": (_polar, _share),
    "f1_2": (_negative_counts, _weighted_f1),
    "f1_2_polar": (_positive_counts, _weighted_f1),
    "acc_7": (_rounded(SENTIMENTS), _share),
}
