"""Class recalls, UAR, WA and F1, sums by unit, and a Keras metric of UAR.

All are computed from a confusion matrix of counts, rows true and columns
predicted, pooled over all utterances tested. The unweighted average recall
(UAR, UA) is the mean of the recalls of the classes; the weighted one (WA) is
the share of all utterances that are right, the accuracy. A class without
utterances has no recall: it is NaN in `recalls` and left out of UAR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from zoo.common.tensors import Tensor
from zoo.metrics import bootstrap


def confusion(y_true: ArrayLike, y_pred: ArrayLike, classes: int) -> np.ndarray:
    """Returns the confusion matrix of labels and predictions.

    Args:
        y_true, y_pred: class of each utterance, whole numbers from 0.
        classes: number of classes, those that never occur included.

    Returns:
        (classes, classes) int64, rows true, columns predicted.

    Raises:
        ValueError: unequal numbers, no utterance, or a number out of range.

    Example:
        >>> confusion([0, 0, 1, 1], [0, 1, 1, 1], 3)
        array([[1, 1, 0],
               [0, 2, 0],
               [0, 0, 0]])
    """
    rows = classes_of("y_true", y_true, classes)
    columns = classes_of("y_pred", y_pred, classes)
    check_lengths(y_true=rows, y_pred=columns)
    cells = np.bincount(rows * classes + columns, minlength=classes**2)
    return cells.reshape(classes, classes)


def unit_confusions(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    classes: int,
    units: Sequence[Any] | np.ndarray,
) -> tuple[list[Any], np.ndarray]:
    """Returns a confusion matrix for each unit, for `zoo.metrics.bootstrap`.

    Args:
        y_true, y_pred, classes: as of `confusion`.
        units: the unit, such as the speaker, of each utterance.

    Returns:
        The units, sorted, and (units, classes, classes) float64 counts.

    Raises:
        ValueError: as of `confusion`, or another number of units.

    Example:
        >>> names, counts = unit_confusions([0, 1], [0, 0], 2, ["b", "a"])
        >>> names, counts.tolist()
        (['a', 'b'], [[[0.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
    """
    rows = classes_of("y_true", y_true, classes)
    columns = classes_of("y_pred", y_pred, classes)
    check_lengths(y_true=rows, y_pred=columns)
    cells = np.eye(classes**2)[rows * classes + columns]
    names, sums = bootstrap.sums_by_unit(cells, units)
    return names, sums.reshape(-1, classes, classes)


def recalls(matrix: ArrayLike) -> np.ndarray:
    """Returns the recall of each class.

    Args:
        matrix: (..., classes, classes) counts, as of `confusion`.

    Returns:
        (..., classes) float64 in [0, 1], NaN for a class that never occurs.

    Raises:
        ValueError: no square of counts, or one without utterances.
    """
    counts = check_counts(matrix)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    total = counts.sum(axis=-1)
    undefined = np.full(total.shape, np.nan)
    return np.divide(right, total, out=undefined, where=total > 0)


def unweighted_average_recall(matrix: ArrayLike) -> float:
    """Returns UAR: the mean of the recalls of all classes that occur.

    Args:
        matrix: (classes, classes) counts, as of `confusion`; for a stack of
            them, (..., classes, classes), the result is an array (...).

    Returns:
        In [0, 1]; chance is one over the number of classes that occur.

    Raises:
        ValueError: no square of counts, or one without utterances.
    """
    return np.nanmean(recalls(matrix), axis=-1)


def weighted_average_recall(matrix: ArrayLike) -> float:
    """Returns WA: the share of utterances that are right, the accuracy.

    Args, Returns and Raises: as of `unweighted_average_recall`.
    """
    counts = check_counts(matrix)
    right = np.trace(counts, axis1=-2, axis2=-1)
    return right / counts.sum(axis=(-2, -1))


def macro_f1(matrix: ArrayLike) -> float:
    """Returns the mean of the F1 of all classes that occur or are predicted.

    Args, Returns and Raises: as of `unweighted_average_recall`.
    """
    counts = check_counts(matrix)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    both = counts.sum(axis=-1) + counts.sum(axis=-2)
    undefined = np.full(both.shape, np.nan)
    f1 = np.divide(2 * right, both, out=undefined, where=both > 0)
    return np.nanmean(f1, axis=-1)


@keras.saving.register_keras_serializable(package="zoo")
class UnweightedAverageRecall(keras.metrics.Metric):
    """UAR over all utterances since the last reset, as a Keras metric.

    Classes that have not occurred are left out of the mean. Sample weights
    are ignored: each class has the same weight.

    Args:
        classes: number of classes.

    Input shape: `y_true` (batch,) whole numbers from 0, or (batch, classes)
        shares of raters, of which the largest counts; `y_pred` (batch,
        classes).

    Example:
        >>> import numpy as np
        >>> metric = UnweightedAverageRecall(2)
        >>> metric.update_state([0, 0, 1], np.eye(2)[[0, 1, 1]])
        >>> float(metric.result())
        0.75
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
        y_true = ops.convert_to_tensor(y_true)
        if len(y_true.shape) > 1 and y_true.shape[-1] == self.classes:
            y_true = ops.argmax(y_true, axis=-1)
        true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        hit = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), true)
        rows = ops.one_hot(true, self.classes, dtype="float32")
        hits = rows * ops.expand_dims(ops.cast(hit, "float32"), -1)
        self._all.assign_add(ops.sum(rows, axis=0))
        self._right.assign_add(ops.sum(hits, axis=0))

    def result(self) -> Tensor:
        recalls = ops.divide_no_nan(self._right, self._all)
        count = ops.sum(ops.cast(self._all > 0, "float32"))
        return ops.divide_no_nan(ops.sum(recalls), count)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}


def classes_of(name: str, values: ArrayLike, classes: int) -> np.ndarray:
    """Returns the classes of utterances as a flat array, after checks."""
    flat = np.ravel(values)
    is_whole = not flat.size or np.issubdtype(flat.dtype, np.integer)
    if not is_whole or np.any((flat < 0) | (flat >= classes)):
        raise ValueError(
            f"`{name}` must be whole numbers from 0 to {classes - 1}. "
            f"Received: {flat.min()} to {flat.max()}, {flat.dtype}"
        )
    return flat.astype(np.int64)


def check_lengths(**arrays: np.ndarray) -> None:
    """Refuses arrays of different lengths, or of none.

    Raises:
        ValueError: names the arrays and their lengths.
    """
    sizes = {name: len(array) for name, array in arrays.items()}
    if len({*sizes.values()}) > 1 or 0 in sizes.values():
        names = " and ".join(f"`{name}`" for name in sizes)
        raise ValueError(
            f"{names} must hold equally many utterances, at least one. "
            f"Received: {' and '.join(map(str, sizes.values()))}"
        )


def check_counts(matrix: ArrayLike) -> np.ndarray:
    """Returns a matrix of counts, or a stack of them, after checks.

    Raises:
        ValueError: not square, a negative count, or no utterance.
    """
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
