"""Scores of whole utterances: intensities of emotions, and ratings.

CMU-MOSEI's intensities lie in [0, 3]. Two rules say whether an emotion is
there: the challenge rounds first (paper 000, section 5.5), so that 0.33 is
absent; what is published today takes whatever is greater than 0.

Halves are rounded to the even neighbour, as NumPy and Python do: 0.5 to 0,
1.5 and 2.5 to 2. What rounds to something outside a scale counts as the
nearest number on it, a 4 as 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics.concordance import paired

EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise")
"""In the order of paper 000."""

INTENSITIES = (0, 3)
SENTIMENTS = (-3, 3)
PRESENT: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "rounded": lambda values: levels(values) > 0,
    "positive": lambda values: values > 0,
}
Scores = dict[str, float]


def levels(
    values: ArrayLike, scale: tuple[int, int] = INTENSITIES
) -> np.ndarray:
    """The nearest whole numbers on a scale, as integers.

    Example:
        >>> levels([-0.6, 0.33, 0.5, 0.51, 2.5, 3.7]).tolist()
        [0, 0, 0, 1, 2, 3]
    """
    return np.clip(np.round(np.asarray(values, "float64")), *scale).astype(int)


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """How far predictions are from labels, the mean over utterances.

    Args:
        y_true, y_pred: (utterances,) or (utterances, labels).

    Returns:
        A number, or (labels,).
    """
    shape = np.shape(y_true)
    y_true, y_pred = paired(y_true, y_pred)
    return np.mean(np.abs(y_true - y_pred).reshape(shape), axis=0)


def pearson(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Pearson's correlation coefficient, in [-1, 1].

    It is 0 where labels or predictions are all the same, for then it is not
    defined; scipy gives NaN and a warning.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if not (np.ptp(y_true) and np.ptp(y_pred)):
        return 0.0
    return float(np.corrcoef(y_true, y_pred)[0, 1])


def binary_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, present: str = "rounded"
) -> float:
    """How often it is right whether an emotion is there.

    Args:
        y_true, y_pred: intensities.
        present: the rule, "rounded" or "positive".
    """
    return _same(*_presence(y_true, y_pred, present))


def four_class_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """How often the intensity is right, rounded to 0, 1, 2 or 3."""
    y_true, y_pred = paired(y_true, y_pred)
    return _same(levels(y_true), levels(y_pred))


def f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    average: str = "binary",
    present: str = "positive",
) -> float:
    """F1 of an emotion's being there.

    Args:
        y_true, y_pred: intensities.
        average: "binary" for F1 of being there; "weighted" for the mean of
            that and F1 of not being there, weighted by how often each is.
        present: the rule, "rounded" or "positive".

    Returns:
        A number in [0, 1]; a class that neither is nor is predicted has 0.

    Raises:
        ValueError: another average or rule.
    """
    if average not in ("binary", "weighted"):
        raise ValueError(
            "`average` must be binary or weighted. Received: "
            f"average={average!r}"
        )
    true, predicted = _presence(y_true, y_pred, present)
    there = _f1_of(true, predicted)
    if average == "binary":
        return there
    share = float(true.mean())
    return share * there + (1 - share) * _f1_of(~true, ~predicted)


def _f1_of(true: np.ndarray, predicted: np.ndarray) -> float:
    counted = int(true.sum() + predicted.sum())
    return 2 * int((true & predicted).sum()) / counted if counted else 0.0


def accuracy_above(
    y_true: ArrayLike, y_pred: ArrayLike, middle: float
) -> float:
    """How often a prediction is on its label's side: above `middle` or not.

    MMMO's reviews, rated from 1 to 5, are positive above 3.
    """
    y_true, y_pred = paired(y_true, y_pred)
    return _same(y_true > middle, y_pred > middle)


def sentiment_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, classes: int
) -> float:
    """Acc-2 or Acc-7 of CMU-MOSEI's sentiment in [-3, 3].

    Args:
        y_true, y_pred: sentiments.
        classes: 7 for whole numbers; 2 for negative against the rest, labels
            of 0 included.

    Raises:
        ValueError: another number of classes.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if classes == 7:
        return _same(levels(y_true, SENTIMENTS), levels(y_pred, SENTIMENTS))
    if classes == 2:
        return _same(y_true < 0, y_pred < 0)
    raise ValueError(f"`classes` must be 2 or 7. Received: classes={classes}")


def polarity_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The other Acc-2: positive against the rest, labels of 0 left out.

    It is 0 where every label is 0.
    """
    y_true, y_pred = paired(y_true, y_pred)
    polar = y_true != 0
    return _same(y_true[polar] > 0, y_pred[polar] > 0) if polar.any() else 0.0


def _presence(
    y_true: ArrayLike, y_pred: ArrayLike, present: str
) -> list[np.ndarray]:
    if present not in PRESENT:
        raise ValueError(
            f"`present` must be one of {', '.join(PRESENT)}. Received: "
            f"present={present!r}"
        )
    return [PRESENT[present](each) for each in paired(y_true, y_pred)]


def _same(true: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.mean(true == predicted))


EVERY = {
    "mae": ("MAE", lambda true, pred: float(mean_absolute_error(true, pred))),
    "r": ("r", pearson),
}
OF_EMOTIONS = {
    "binary": ("binary accuracy", binary_accuracy),
    "binary_positive": (
        "binary accuracy (> 0)",
        lambda true, pred: binary_accuracy(true, pred, "positive"),
    ),
    "four_class": ("4-class accuracy", four_class_accuracy),
    "f1": ("F1 (> 0)", f1),
    "f1_weighted": (
        "weighted F1 (> 0)",
        lambda true, pred: f1(true, pred, "weighted"),
    ),
}
OF_SENTIMENT = {
    "acc_2": (
        "Acc-2 (negative or not)",
        lambda true, pred: sentiment_accuracy(true, pred, 2),
    ),
    "acc_2_polar": ("Acc-2 (without 0)", polarity_accuracy),
    "acc_7": (
        "Acc-7",
        lambda true, pred: sentiment_accuracy(true, pred, 7),
    ),
}


def _known(
    labels: Sequence[str], rated: tuple[float, float] | None
) -> dict[str, tuple[str, Callable]]:
    """The measures of labels: heading and function by name."""
    if set(labels) <= set(EMOTIONS):
        return {**EVERY, **OF_EMOTIONS}
    if rated is None:
        return EVERY
    if tuple(rated) == SENTIMENTS:
        return {**EVERY, **OF_SENTIMENT}
    middle = sum(rated) / 2
    return {
        **EVERY,
        "binary": (
            f"accuracy (> {middle:g})",
            lambda true, pred: accuracy_above(true, pred, middle),
        ),
    }


def measures(
    labels: Sequence[str], rated: tuple[float, float] | None = None
) -> dict[str, str]:
    """Headings of the measures that labels have, by name; "mae" first.

    Args:
        labels: emotions, or names of ratings.
        rated: the lowest and the highest rating. Those in [-3, 3] are taken
            for CMU-MOSEI's sentiment; on any other scale high ratings are told
            from low ones at its middle. `None` leaves accuracies out. It does
            not matter for emotions.
    """
    known = _known(labels, rated)
    return {name: heading for name, (heading, _) in known.items()}


def scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    labels: Sequence[str],
    rated: tuple[float, float] | None = None,
) -> dict[str, Scores]:
    """Every measure of every label.

    Args:
        y_true, y_pred: (utterances, labels).
        labels, rated: as for `measures`.

    Returns:
        Name of a label to its scores; if there are several, "overall" to
        their means, which is how the paper's tables have it. (They leave out
        that of r.)

    Raises:
        ValueError: arrays of another shape, without rows, or with NaN.
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    for name, each in (("y_true", y_true), ("y_pred", y_pred)):
        if each.ndim != 2 or each.shape[1] != len(labels):
            raise ValueError(
                f"`{name}` must have a column for each of {len(labels)} "
                f"labels. Received: {name} of shape {each.shape}"
            )
    known = _known(labels, rated)
    found = {
        label: {
            name: measure(true, pred) for name, (_, measure) in known.items()
        }
        for label, true, pred in zip(labels, y_true.T, y_pred.T)
    }
    if len(labels) > 1:
        found["overall"] = {
            name: float(np.mean([each[name] for each in found.values()]))
            for name in known
        }
    return found
