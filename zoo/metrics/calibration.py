"""Calibration of posteriors: expected calibration error, and temperature.

A classifier is calibrated if, of the utterances that it is 80 % sure of, 80 %
are right. The expected calibration error (ECE) is the mean difference between
confidence and accuracy over bins of equal width in confidence. A temperature T
mends most of it: posteriors p become p^(1/T), normalised, which is the softmax
of the logits over T. T above 1 takes confidence away; no decision changes.

Reference: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger: On Calibration of
Modern Neural Networks, ICML 2017, equations 2, 3 and 9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from zoo.common import arguments
from zoo.metrics import bootstrap, classification

BINS = 15
"""As in Guo et al."""
LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of a fitted temperature."""
CLOSE = 1e-3
"""How far the sum of a row of posteriors may be from 1."""
_SMALLEST = 1e-12
_WIDTH = 1e-6
"""Of the interval that a temperature's logarithm is found in."""


def unit_bins(
    y_true: ArrayLike,
    posteriors: ArrayLike,
    units: Sequence[Any] | np.ndarray,
    bins: int = BINS,
) -> tuple[list[Any], np.ndarray]:
    """Returns what the error is computed from, for `zoo.metrics.bootstrap`.

    Args:
        y_true: class of each utterance, whole numbers from 0.
        posteriors: (utterances, classes), each row adding up to 1.
        units: the unit, such as the speaker, of each utterance.
        bins: number of bins of equal width between 0 and 1.

    Returns:
        The units, sorted, and (units, bins, 3) float64: utterances, right
        ones, and the sum of confidences.

    Raises:
        ValueError: unequal numbers, no utterance, a class out of range, or
            posteriors that are none.

    Example:
        >>> posteriors = [[0.9, 0.1], [0.4, 0.6]]
        >>> _, sums = unit_bins([0, 0], posteriors, ["a", "a"], bins=2)
        >>> sums.tolist()
        [[[0.0, 0.0, 0.0], [2.0, 1.0, 1.5]]]
    """
    true, values = checked(y_true, posteriors)
    confidence = values.max(axis=1)
    right = values.argmax(axis=1) == true
    place = np.minimum((confidence * bins).astype("int64"), bins - 1)
    items = np.zeros((len(true), bins, 3))
    items[np.arange(len(true)), place] = np.stack(
        [np.ones(len(true)), right, confidence], axis=1
    )
    return bootstrap.sums_by_unit(items, units)


def expected_calibration_error(sums: np.ndarray) -> Any:
    """Returns the ECE of bins, in [0, 1]; 0 is calibrated.

    Args:
        sums: (bins, 3) of `unit_bins`, added up over units; for a stack of
            them, (..., bins, 3), the result is an array (...).

    Example:
        >>> _, sums = unit_bins([0, 1], [[0.75, 0.25], [0.75, 0.25]], [1, 1])
        >>> float(expected_calibration_error(sums.sum(axis=0)))
        0.25
    """
    sums = np.asarray(sums, "float64")
    gaps = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return gaps / sums[..., 0].sum(axis=-1)


def tempered(posteriors: ArrayLike, temperature: float) -> np.ndarray:
    """Returns posteriors at a temperature, float64, of the same shape.

    Args:
        posteriors: (..., classes).
        temperature: above 0; 1 changes nothing, more takes confidence away.

    Raises:
        ValueError: a temperature that is not a finite number above 0.

    Example:
        >>> tempered([0.9, 0.1], 2.0).round(6).tolist()
        [0.75, 0.25]
    """
    arguments.check_positive("temperature", temperature)
    logits = np.log(np.maximum(np.asarray(posteriors, "float64"), _SMALLEST))
    logits = logits / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def fit_temperature(y_true: ArrayLike, posteriors: ArrayLike) -> float:
    """Returns the temperature with the least negative log-likelihood.

    Args:
        y_true, posteriors: as of `unit_bins`; of dev, never of test.

    Returns:
        Between 0.05 and 20.

    Raises:
        ValueError: as of `unit_bins`.

    Example:
        >>> posteriors = np.tile([0.9, 0.1], (4, 1))
        >>> round(fit_temperature([0, 0, 0, 1], posteriors), 2)
        2.0
    """
    true, values = checked(y_true, posteriors)
    logits = np.log(np.maximum(values, _SMALLEST))
    likely = logits[np.arange(len(true)), true]
    low, high = math.log(LOWEST), math.log(HIGHEST)
    # The loss is convex in 1 / T; its slope there is what is expected of the
    # logits less what they are, which falls as T rises.
    while high - low > _WIDTH:
        middle = (low + high) / 2
        expected = (tempered(values, math.exp(middle)) * logits).sum(axis=1)
        if np.mean(expected - likely) > 0:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def checked(
    y_true: ArrayLike, posteriors: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Returns classes and posteriors as arrays.

    Raises:
        ValueError: as of `unit_bins`.
    """
    values = np.asarray(posteriors, "float64")
    if values.ndim != 2 or not values.size:
        raise ValueError(
            "`posteriors` must be (utterances, classes), of at least one. "
            f"Received: shape {values.shape}"
        )
    total = values.sum(axis=1)
    if not (np.isfinite(values).all() and np.allclose(total, 1, atol=CLOSE)):
        raise ValueError(
            "`posteriors` must add up to 1 in every row. Received: sums from "
            f"{total.min():.3g} to {total.max():.3g}"
        )
    true = classification.classes_of("y_true", y_true, values.shape[1])
    classification.check_lengths(y_true=true, posteriors=values)
    return true, values
