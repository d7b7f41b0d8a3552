"""Losses of traces, in which frames of weight 0 do not count."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Tensor
from zoo.metrics.concordance import concordance_terms, moments


@keras.saving.register_keras_serializable(package="zoo")
class ConcordanceLoss(keras.losses.Loss):
    """1 - CCC over all frames of the batch joined.

    Frames of weight 0 do not count, whatever they hold. Where predictions
    and labels are constant and equal, the loss is 1.

    Args:
        name: of the loss.

    Input shape: `y_true`, `y_pred` and `sample_weight` (batch, time).

    Example:
        >>> from zoo.losses import ConcordanceLoss
        >>> labels = [[0.1, 0.2, 0.4]]
        >>> round(float(ConcordanceLoss()(labels, labels)), 6)
        0.0

    Reference: S. Khorram et al., Interspeech 2017 (paper 002), section 6.1.
    """

    def __init__(self, name: str = "concordance_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> Tensor:
        _, *rest = moments(y_true, y_pred, sample_weight)
        return 1.0 - ops.divide_no_nan(*concordance_terms(*rest))


class FrameLoss(keras.losses.Loss):
    """Base class of frame losses: frames of weight 0 may hold NaN."""

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> Tensor:
        if sample_weight is not None:
            counts = ops.convert_to_tensor(sample_weight) > 0
            y_true = _zero_uncounted(y_true, counts)
            y_pred = _zero_uncounted(y_pred, counts)
        return super().__call__(y_true, y_pred, sample_weight)


def _zero_uncounted(values: Tensor, counts: Tensor) -> Tensor:
    """Returns `values` with zeros in the frames that do not count."""
    values = ops.convert_to_tensor(values)
    if len(values.shape) > len(counts.shape):
        counts = ops.expand_dims(counts, -1)
    return ops.where(counts, values, ops.zeros((), values.dtype))


@keras.saving.register_keras_serializable(package="zoo")
class FrameSquaredError(FrameLoss):
    """Mean squared error over the frames that count.

    Args:
        name: of the loss.

    Input shape: `y_true`, `y_pred` and `sample_weight` (batch, time).

    Example:
        >>> import numpy as np
        >>> labels, frames = np.array([[1.0, np.nan]]), np.array([[3.0, 0.0]])
        >>> float(FrameSquaredError()(labels, frames, np.array([[1.0, 0.0]])))
        4.0
    """

    def __init__(
        self, name: str = "frame_squared_error", **kwargs: Any
    ) -> None:
        kwargs.setdefault("reduction", "mean_with_sample_weight")
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return ops.square(y_true - y_pred)
