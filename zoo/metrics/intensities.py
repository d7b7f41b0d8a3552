"""Metrics of emotion intensities and of ratings of whole utterances.

CMU-MOSEI's intensities lie in [0, 3]. Two rules say whether an emotion is
present: the challenge rounds first (paper 000, section 5.5), so that 0.33 is
absent; later publications take every value greater than 0.

Intensities are rounded by `zoo.metrics.agreement.levels`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics import sentiment
from zoo.metrics.agreement import (
    binary_f1,
    levels,
    share_equal,
    weighted_f1,
)
from zoo.metrics.concordance import paired

EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise")
"""The emotions of CMU-MOSEI, in the order of paper 000."""

INTENSITIES = (0, 3)
SENTIMENTS = sentiment.RANGE
PRESENT: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "rounded": lambda values: levels(values, INTENSITIES) > 0,
    "positive": lambda values: values > 0,
}
Scores = dict[str, float]


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """Returns the mean absolute error over utterances.

    Args:
        y_true, y_pred: (utterances,) or (utterances, labels).

    Returns:
        A number, or (labels,).
    """
    shape = np.shape(y_true)
    y_true, y_pred = paired(y_true, y_pred)
    return np.mean(np.abs(y_true - y_pred).reshape(shape), axis=0)


def pearson(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns Pearson's correlation coefficient, in [-1, 1].

    It is 0 where labels or predictions are constant, where the coefficient is
    not defined (scipy returns NaN and warns).
    """
    y_true, y_pred = paired(y_true, y_pred)
    if not (np.ptp(y_true) and np.ptp(y_pred)):
        return 0.0
    return float(np.corrcoef(y_true, y_pred)[0, 1])


def binary_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, present: str = "rounded"
) -> float:
    """Returns the share of utterances whose presence of an emotion is right.

    Args:
        y_true, y_pred: intensities.
        present: the rule, "rounded" or "positive".
    """
    return share_equal(*_presence(y_true, y_pred, present))


def four_class_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns the share of right intensities, rounded to 0, 1, 2 or 3."""
    y_true, y_pred = paired(y_true, y_pred)
    return share_equal(levels(y_true, INTENSITIES), levels(y_pred, INTENSITIES))


def f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    average: str = "binary",
    present: str = "positive",
) -> float:
    """Returns F1 of the presence of an emotion.

    Args:
        y_true, y_pred: intensities.
        average: "binary" for F1 of presence; "weighted" for the mean of F1 of
            presence and F1 of absence, weighted by their frequencies.
        present: the rule, "rounded" or "positive".

    Returns:
        A number in [0, 1]; a class that neither occurs nor is predicted has 0.

    Raises:
        ValueError: another average or rule.
    """
    if average not in ("binary", "weighted"):
        raise ValueError(
            "`average` must be binary or weighted. Received: "
            f"average={average!r}"
        )
    score = binary_f1 if average == "binary" else weighted_f1
    return score(*_presence(y_true, y_pred, present))


def accuracy_above(
    y_true: ArrayLike, y_pred: ArrayLike, middle: float
) -> float:
    """Returns the share of predictions above `middle` exactly as labels are.

    MMMO's reviews, rated from 1 to 5, are positive above 3.
    """
    y_true, y_pred = paired(y_true, y_pred)
    return share_equal(y_true > middle, y_pred > middle)


def _presence(
    y_true: ArrayLike, y_pred: ArrayLike, present: str
) -> list[np.ndarray]:
    if present not in PRESENT:
        raise ValueError(
            f"`present` must be one of {', '.join(PRESENT)}. Received: "
            f"present={present!r}"
        )
    return [PRESENT[present](values) for values in paired(y_true, y_pred)]


EVERY = {
    "mae": (
        "MAE",
        lambda y_true, y_pred: float(mean_absolute_error(y_true, y_pred)),
    ),
    "r": ("r", pearson),
}
OF_EMOTIONS = {
    "binary": ("binary accuracy", binary_accuracy),
    "binary_positive": (
        "binary accuracy (> 0)",
        lambda y_true, y_pred: binary_accuracy(y_true, y_pred, "positive"),
    ),
    "four_class": ("4-class accuracy", four_class_accuracy),
    "f1": ("F1 (> 0)", f1),
    "f1_weighted": (
        "weighted F1 (> 0)",
        lambda y_true, y_pred: f1(y_true, y_pred, "weighted"),
    ),
}


def _known(
    labels: Sequence[str], rated: tuple[float, float] | None
) -> dict[str, tuple[str, Callable]]:
    """Returns heading and function of each measure of labels, by name."""
    if set(labels) <= set(EMOTIONS):
        return {**EVERY, **OF_EMOTIONS}
    if rated is None:
        return EVERY
    if tuple(rated) == SENTIMENTS:
        return {**EVERY, **sentiment.MEASURES}
    middle = sum(rated) / 2
    return {
        **EVERY,
        "binary": (
            f"accuracy (> {middle:g})",
            lambda y_true, y_pred: accuracy_above(y_true, y_pred, middle),
        ),
    }


def measures(
    labels: Sequence[str], rated: tuple[float, float] | None = None
) -> dict[str, str]:
    """Returns headings of the measures that labels have, by name; "mae" first.

    Args:
        labels: emotions, or names of ratings.
        rated: the lowest and the highest rating. A scale of [-3, 3] is
            CMU-MOSEI's sentiment; any other scale separates high from low
            ratings at its middle. `None` leaves accuracies out. Emotions
            ignore it.
    """
    known = _known(labels, rated)
    return {name: heading for name, (heading, _) in known.items()}


def scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    labels: Sequence[str],
    rated: tuple[float, float] | None = None,
) -> dict[str, Scores]:
    """Returns every measure of every label.

    Args:
        y_true, y_pred: (utterances, labels).
        labels, rated: as for `measures`.

    Returns:
        Scores by label; if there are several labels, also their means as
        "overall", as in the paper's tables (which leave out that of r).

    Raises:
        ValueError: arrays of another shape, without rows, or with NaN.
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    for name, array in (("y_true", y_true), ("y_pred", y_pred)):
        if array.ndim != 2 or array.shape[1] != len(labels):
            raise ValueError(
                f"`{name}` must have a column for each of {len(labels)} "
                f"labels. Received: {name} of shape {array.shape}"
            )
    known = _known(labels, rated)
    by_label = {
        label: {
            name: measure(label_true, label_pred)
            for name, (_, measure) in known.items()
        }
        for label, label_true, label_pred in zip(labels, y_true.T, y_pred.T)
    }
    if len(labels) > 1:
        by_label["overall"] = {
            name: float(np.mean([values[name] for values in by_label.values()]))
            for name in known
        }
    return by_label
