"""Agreement of labels and predictions in whole numbers or in two classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def levels(values: ArrayLike, scale: tuple[int, int]) -> np.ndarray:
    """Rounds values to whole numbers on a scale.

    Halves are rounded to the even neighbour, as NumPy and Python do: 0.5 to 0,
    1.5 and 2.5 to 2. Rounded values outside the scale are clipped to it.

    Example:
        >>> levels([-0.6, 0.33, 0.5, 0.51, 2.5, 3.7], (0, 3)).tolist()
        [0, 0, 0, 1, 2, 3]
    """
    return np.clip(np.round(np.asarray(values, "float64")), *scale).astype(int)


def share_equal(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Returns the share of equal elements of two arrays of one shape."""
    return float(np.mean(y_true == y_pred))


def binary_f1(is_true: np.ndarray, is_predicted: np.ndarray) -> float:
    """Returns F1 of a class.

    Args:
        is_true, is_predicted: (utterances,) bool.

    Returns:
        A number in [0, 1]; 0 where the class neither occurs nor is predicted.

    Example:
        >>> f1 = binary_f1(np.array([True, True]), np.array([True, False]))
        >>> round(f1, 3)
        0.667
    """
    total = int(is_true.sum() + is_predicted.sum())
    return 2 * int((is_true & is_predicted).sum()) / total if total else 0.0


def weighted_f1(is_true: np.ndarray, is_predicted: np.ndarray) -> float:
    """Returns the mean F1 of two classes, weighted by how often they occur.

    Args:
        is_true, is_predicted: (utterances,) bool, at least one.

    Example:
        >>> f1 = weighted_f1(np.array([True, False]), np.array([False] * 2))
        >>> round(f1, 3)
        0.333
    """
    share = float(is_true.mean())
    of_class = binary_f1(is_true, is_predicted)
    of_rest = binary_f1(~is_true, ~is_predicted)
    return share * of_class + (1 - share) * of_rest
