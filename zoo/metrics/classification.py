"""Class recalls, their averages UAR and WA, and a Keras metric of UAR.

All are computed from a confusion matrix of counts, rows true and columns
predicted, pooled over all utterances tested. The unweighted average recall
(UAR, UA) is the mean of the recalls of the classes; the weighted one (WA) is
the share of all utterances that are right, the accuracy. A class without
utterances has no recall: it is NaN in `recalls` and left out of UAR.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from zoo.common.tensors import Tensor


def confusion(
    true: ArrayLike, predicted: ArrayLike, classes: int
) -> np.ndarray:
    """Counts of what was taken for what.

    Args:
        true, predicted: whole numbers from 0, one an utterance.
        classes: how many there are, those that never occur included.

    Returns:
        (classes, classes) int64, rows true, columns predicted.

    Raises:
        ValueError: unequal numbers, no utterance, or what is no class.

    Example:
        >>> confusion([0, 0, 1, 1], [0, 1, 1, 1], 3)
        array([[1, 1, 0],
               [0, 2, 0],
               [0, 0, 0]])
    """
    rows = _classes("true", true, classes)
    columns = _classes("predicted", predicted, classes)
    check_lengths(true=rows, predicted=columns)
    cells = np.bincount(rows * classes + columns, minlength=classes**2)
    return cells.reshape(classes, classes)


def recalls(matrix: ArrayLike) -> np.ndarray:
    """The share of each class that was recognised.

    Args:
        matrix: (..., classes, classes) counts, as of `confusion`.

    Returns:
        (..., classes) float64 in [0, 1], NaN for a class that never occurs.

    Raises:
        ValueError: no square of counts, or one without utterances.
    """
    counts = check_counts(matrix)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    there = counts.sum(axis=-1)
    nothing = np.full(there.shape, np.nan)
    return np.divide(right, there, out=nothing, where=there > 0)


def unweighted_average_recall(matrix: ArrayLike) -> float:
    """UAR: the mean of the recalls of all classes that occur.

    Args:
        matrix: (classes, classes) counts, as of `confusion`; of a stack of
            them, (..., classes, classes), comes an array (...).

    Returns:
        In [0, 1]; chance is one over the number of classes that occur.

    Raises:
        ValueError: no square of counts, or one without utterances.
    """
    return np.nanmean(recalls(matrix), axis=-1)


def weighted_average_recall(matrix: ArrayLike) -> float:
    """WA: the share of the utterances that were recognised, the accuracy.

    Args, Returns and Raises: as of `unweighted_average_recall`.
    """
    counts = check_counts(matrix)
    right = np.trace(counts, axis1=-2, axis2=-1)
    return right / counts.sum(axis=(-2, -1))


@keras.saving.register_keras_serializable(package="zoo")
class UnweightedAverageRecall(keras.metrics.Metric):
    """Mean of the recalls of all classes that occurred since the last reset.

    Input shape: `y_true` (batch,) whole numbers from 0, `y_pred` (batch,
        classes). Weights of samples do not count: a class weighs one.

    Args:
        classes: how many.
    """

    def __init__(self, classes: int, name: str = "uar", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self._right, self._all = (
            self.add_variable((classes,), initializer="zeros", name=part)
            for part in ("right", "all")
        )

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> None:
        true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        hit = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), true)
        rows = ops.one_hot(true, self.classes, dtype="float32")
        hits = rows * ops.expand_dims(ops.cast(hit, "float32"), -1)
        self._all.assign_add(ops.sum(rows, axis=0))
        self._right.assign_add(ops.sum(hits, axis=0))

    def result(self) -> Tensor:
        recalls = ops.divide_no_nan(self._right, self._all)
        there = ops.sum(ops.cast(self._all > 0, "float32"))
        return ops.divide_no_nan(ops.sum(recalls), there)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}


def _classes(name: str, values: ArrayLike, classes: int) -> np.ndarray:
    found = np.ravel(values)
    is_whole = not found.size or np.issubdtype(found.dtype, np.integer)
    if not is_whole or np.any((found < 0) | (found >= classes)):
        raise ValueError(
            f"`{name}` must be whole numbers from 0 to {classes - 1}. "
            f"Received: {found.min()} to {found.max()}, {found.dtype}"
        )
    return found.astype(np.int64)


def check_lengths(**arrays: np.ndarray) -> None:
    sizes = {name: len(each) for name, each in arrays.items()}
    if len({*sizes.values()}) > 1 or 0 in sizes.values():
        names = " and ".join(f"`{name}`" for name in sizes)
        raise ValueError(
            f"{names} must hold equally many utterances, at least one. "
            f"Received: {' and '.join(map(str, sizes.values()))}"
        )


def check_counts(matrix: ArrayLike) -> np.ndarray:
    """The matrix as an array, all of whose squares hold utterances."""
    counts = np.asarray(matrix)
    is_square = counts.ndim >= 2 and counts.shape[-1] == counts.shape[-2]
    if not is_square or np.any(counts < 0):
        raise ValueError(
            "`matrix` must be a square of counts, rows true and columns "
            f"predicted. Received: shape={counts.shape}"
        )
    if not counts.size or np.any(counts.sum(axis=(-2, -1)) == 0):
        raise ValueError(
            "`matrix` must count at least one utterance. Received: none"
        )
    return counts
