"""Metrics of CMU-MOSEI's sentiment, which lies in [-3, 3].

Publications count two classes in two ways, and both are reported: negative
against the rest, labels of 0 included; and negative against positive, where
utterances with a label of 0 are left out. The SDK's authors date the change of
habit to 2019. F1 is the mean of the two classes' F1, weighted by how often
they occur. Seven classes are whole numbers (`zoo.metrics.agreement.levels`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics.agreement import levels, share_equal, weighted_f1
from zoo.metrics.concordance import paired

RANGE = (-3, 3)
"""Lowest and highest sentiment."""


def accuracy(y_true: ArrayLike, y_pred: ArrayLike, classes: int) -> float:
    """Returns Acc-2, labels of 0 included, or Acc-7.

    Args:
        y_true, y_pred: sentiments (utterances,).
        classes: 7 for whole numbers; 2 for negative against the rest.

    Raises:
        ValueError: another number of classes.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if classes == 7:
        return share_equal(levels(y_true, RANGE), levels(y_pred, RANGE))
    if classes == 2:
        return share_equal(y_true < 0, y_pred < 0)
    raise ValueError(f"`classes` must be 2 or 7. Received: classes={classes}")


def polarity_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns the other Acc-2: positive against the rest, without labels of 0.

    It is 0 where every label is 0.
    """
    y_true, y_pred = _without_neutral(y_true, y_pred)
    return share_equal(y_true > 0, y_pred > 0) if len(y_true) else 0.0


def f1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns weighted F1 of negative against the rest.

    Args:
        y_true, y_pred: sentiments (utterances,), at least one.

    Example:
        >>> round(f1([-1.0, 0.0, 2.0], [-2.0, -0.1, 1.0]), 3)
        0.667
    """
    y_true, y_pred = paired(y_true, y_pred)
    return weighted_f1(y_true < 0, y_pred < 0)


def polarity_f1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns weighted F1 of positive against the rest, without labels of 0.

    It is 0 where every label is 0.

    Example:
        >>> polarity_f1([-1.0, 0.0, 2.0], [-2.0, -0.1, 1.0])
        1.0
    """
    y_true, y_pred = _without_neutral(y_true, y_pred)
    return weighted_f1(y_true > 0, y_pred > 0) if len(y_true) else 0.0


def _without_neutral(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = paired(y_true, y_pred)
    polar = y_true != 0
    return y_true[polar], y_pred[polar]


MEASURES = {
    "acc_2": (
        "Acc-2 (negative or not)",
        lambda y_true, y_pred: accuracy(y_true, y_pred, 2),
    ),
    "acc_2_polar": ("Acc-2 (without 0)", polarity_accuracy),
    "f1_2": ("F1 (negative or not)", f1),
    "f1_2_polar": ("F1 (without 0)", polarity_f1),
    "acc_7": (
        "Acc-7",
        lambda y_true, y_pred: accuracy(y_true, y_pred, 7),
    ),
}
"""Heading and function of each measure, by name."""
