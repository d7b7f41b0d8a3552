"""Concordance correlation coefficient (CCC) and RMSE of traces.

CCC is pooled: its moments are biased and are taken over all frames of all
recordings joined, as papers 001 (equation 5) and 002 (section 3) define it.
The mean of the CCCs of sequences is another measure.
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

_LEAST = 1e-12
"""A share of the squares below which a variance is rounding."""


def concordance_terms(
    mean_true: Tensor,
    mean_pred: Tensor,
    var_true: Tensor,
    var_pred: Tensor,
    covariance: Tensor,
) -> tuple[Tensor, Tensor]:
    """Returns numerator and denominator of CCC, as numbers or tensors."""
    offset = mean_true - mean_pred
    return 2 * covariance, var_true + var_pred + offset * offset


def concordance_cc(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns the CCC of labels and predictions, in float64.

    Args:
        y_true: labels of any shape, all frames of all recordings joined.
        y_pred: as many predictions.

    Returns:
        A number in [-1, 1]; 0 where both are constant and equal, where the
        coefficient is not defined.

    Raises:
        ValueError: unequal sizes, no frames, or NaN.

    Example:
        >>> round(concordance_cc([0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), 3)
        0.857

    Reference: L. I. Lin: A concordance correlation coefficient to evaluate
        reproducibility. Biometrics 45(1), 1989.
    """
    y_true, y_pred = paired(y_true, y_pred)
    numerator, denominator = concordance_terms(
        y_true.mean(),
        y_pred.mean(),
        y_true.var(),
        y_pred.var(),
        np.mean((y_true - y_true.mean()) * (y_pred - y_pred.mean())),
    )
    return float(numerator / denominator) if denominator else 0.0


def rmse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Returns the root mean squared error over all frames, in float64.

    Args and Raises: as of `concordance_cc`.
    """
    y_true, y_pred = paired(y_true, y_pred)
    return float(np.sqrt(np.mean(np.square(y_true - y_pred))))


def unit_moments(
    y_true: Sequence[ArrayLike] | np.ndarray,
    y_pred: Sequence[ArrayLike] | np.ndarray,
    units: Sequence[Any] | np.ndarray,
) -> tuple[list[Any], np.ndarray]:
    """Returns sums of frames for each unit, for `zoo.metrics.bootstrap`.

    Args:
        y_true: labels (steps,) of each recording.
        y_pred: as many predictions of each.
        units: the unit of each recording: itself, or its speaker.

    Returns:
        The units, sorted, and (units, 6): the number of frames and the sums
        of x, y, x², y² and xy, where x are labels and y predictions, both
        less the mean label, which changes none of the measures.

    Raises:
        ValueError: unequal sizes, no frames, or NaN.

    Example:
        >>> recordings = [[0.0, 1.0], [2.0, 3.0]]
        >>> _, sums = unit_moments(recordings, recordings, ["a", "b"])
        >>> ccc_of_moments(sums).tolist(), rmse_of_moments(sums).tolist()
        ([1.0, 1.0], [0.0, 0.0])
    """
    pairs = [paired(true, pred) for true, pred in zip(y_true, y_pred)]
    if len(y_true) != len(y_pred) or not pairs:
        raise ValueError(
            "`y_true` and `y_pred` must hold equally many recordings, at "
            f"least one. Received: {len(y_true)} and {len(y_pred)}"
        )
    middle = np.concatenate([true for true, _ in pairs]).mean()
    rows = [terms(true - middle, pred - middle) for true, pred in pairs]
    return bootstrap.sums_by_unit(
        np.array([row.sum(axis=0) for row in rows]), units
    )


def terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns 1, x, y, x², y² and xy of each value, (…, 6)."""
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)


def ccc_of_moments(sums: np.ndarray) -> np.ndarray:
    """Returns CCC from sums of frames (…, 6), as of `unit_moments`; (…)."""
    _, x, y, var_x, var_y, covariance = _moments_of(sums)
    numerator, denominator = concordance_terms(x, y, var_x, var_y, covariance)
    return _divided(numerator, denominator)


def rmse_of_moments(sums: np.ndarray) -> np.ndarray:
    """Returns RMSE from sums of frames (…, 6), as of `unit_moments`; (…)."""
    count, _, _, square_x, square_y, product = np.moveaxis(sums, -1, 0)
    squares = np.maximum(square_x + square_y - 2 * product, 0)
    return np.sqrt(squares / count)


def r_of_moments(sums: np.ndarray) -> np.ndarray:
    """Returns Pearson's r from sums (…, 6), as of `unit_moments`; (…)."""
    *_, var_x, var_y, covariance = _moments_of(sums)
    return _divided(covariance, np.sqrt(var_x * var_y))


def _moments_of(sums: np.ndarray) -> list[np.ndarray]:
    """Returns count, means, variances and covariance; rounding becomes 0."""
    count, *rest = np.moveaxis(sums, -1, 0)
    x, y, square_x, square_y, product = (value / count for value in rest)
    variances = []
    for square, mean in ((square_x, x), (square_y, y)):
        variance = square - mean * mean
        variances.append(np.where(variance > _LEAST * square, variance, 0))
    is_varying = (variances[0] > 0) & (variances[1] > 0)
    covariance = np.where(is_varying, product - x * y, 0)
    return [count, x, y, *variances, covariance]


def _divided(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Returns a quotient, 0 where it is not defined."""
    zeros = np.zeros(np.shape(denominator))
    return np.divide(numerator, denominator, out=zeros, where=denominator > 0)


def paired(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels and predictions as flat float64 arrays of one size.

    Raises:
        ValueError: unequal sizes, no numbers, or NaN.
    """
    y_true = np.asarray(y_true, "float64").ravel()
    y_pred = np.asarray(y_pred, "float64").ravel()
    if y_true.size != y_pred.size or not y_true.size:
        raise ValueError(
            "`y_true` and `y_pred` must hold equally many numbers, at least "
            f"one. Received: {y_true.size} and {y_pred.size}"
        )
    if np.isnan(y_true).any() or np.isnan(y_pred).any():
        raise ValueError("`y_true` and `y_pred` must not hold NaN.")
    return y_true, y_pred


def moments(
    y_true: Tensor, y_pred: Tensor, weights: Tensor = None
) -> tuple[Tensor, ...]:
    """Returns count, means, variances and covariance of a batch, as tensors.

    Args:
        y_true, y_pred: tensors of one shape.
        weights: of the same shape; frames of weight 0 do not count, even if
            they hold NaN.

    Returns:
        count, mean_true, mean_pred, var_true, var_pred, covariance: scalars,
        biased, zeros where no frame counts.

    Raises:
        ValueError: shapes of different rank, which would be broadcast.
    """
    y_true = ops.convert_to_tensor(y_true, dtype="float32")
    y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
    if weights is None:
        weights = ops.ones_like(y_true)
    weights = ops.cast(weights, "float32")
    _check_ranks(y_true, y_pred, weights)
    counts = weights > 0
    y_true = ops.where(counts, y_true, 0.0)
    y_pred = ops.where(counts, y_pred, 0.0)
    count = ops.sum(weights)

    def mean(values: Tensor) -> Tensor:
        return ops.divide_no_nan(ops.sum(weights * values), count)

    mean_true, mean_pred = mean(y_true), mean(y_pred)
    true, pred = y_true - mean_true, y_pred - mean_pred
    return (
        count,
        mean_true,
        mean_pred,
        mean(true * true),
        mean(pred * pred),
        mean(true * pred),
    )


def _check_ranks(y_true: Tensor, y_pred: Tensor, weights: Tensor) -> None:
    if len({len(tensor.shape) for tensor in (y_true, y_pred, weights)}) > 1:
        raise ValueError(
            "Labels, predictions and weights must have one shape, such as "
            f"(batch, time). Received: {y_true.shape}, {y_pred.shape} and "
            f"{weights.shape}"
        )


@keras.saving.register_keras_serializable(package="zoo")
class Concordance(keras.metrics.Metric):
    """CCC pooled over all frames since the last reset.

    Moments of batches are merged, since sums of squares lose too much in
    single precision.

    Args:
        name: of the metric.

    Input shape: `y_true`, `y_pred` and `sample_weight` (batch, time); frames
        of weight 0 do not count.

    Example:
        >>> import numpy as np
        >>> metric = Concordance()
        >>> metric.update_state(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]]))
        >>> round(float(metric.result()), 6)
        1.0

    Reference: T. F. Chan, G. H. Golub, R. J. LeVeque: Algorithms for computing
        the sample variance. The American Statistician 37(3), 1983.
    """

    def __init__(self, name: str = "ccc", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._moments = [
            self.add_variable((), initializer="zeros", name=part)
            for part in (
                "count",
                "mean_true",
                "mean_pred",
                "var_true",
                "var_pred",
                "covariance",
            )
        ]

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> None:
        count, *new = moments(y_true, y_pred, sample_weight)
        old_count, *old = self._moments
        total = old_count + count
        share = ops.divide_no_nan(count, total)
        offsets = [new[0] - old[0], new[1] - old[1]]
        factor = share * (1 - share)
        between = [
            factor * offsets[0] * offsets[0],
            factor * offsets[1] * offsets[1],
            factor * offsets[0] * offsets[1],
        ]
        merged = [old[i] + share * offsets[i] for i in range(2)]
        merged += [
            (1 - share) * old[i + 2] + share * new[i + 2] + between[i]
            for i in range(3)
        ]
        for variable, value in zip(self._moments, [total, *merged]):
            variable.assign(value)

    def result(self) -> Tensor:
        return ops.divide_no_nan(*concordance_terms(*self._moments[1:]))
