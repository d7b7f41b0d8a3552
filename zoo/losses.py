"""Losses of the papers."""

from __future__ import annotations

import keras
from keras import ops

from zoo.metrics import concordance_terms, moments


@keras.saving.register_keras_serializable(package="zoo")
class ConcordanceLoss(keras.losses.Loss):
    """1 - CCC over all frames of the batch joined (paper 002, section 6.1).

    Frames of weight 0 do not count, whatever they hold. Where predictions
    and labels are constant and equal, the loss is 1.

    Input shape: `y_true`, `y_pred` and `sample_weight` (batch, time).

    Example:
        >>> from zoo.losses import ConcordanceLoss
        >>> labels = [[0.1, 0.2, 0.4]]
        >>> round(float(ConcordanceLoss()(labels, labels)), 6)
        0.0
    """

    def __init__(self, name: str = "concordance_loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def __call__(self, y_true, y_pred, sample_weight=None):
        _, *rest = moments(y_true, y_pred, sample_weight)
        return 1.0 - ops.divide_no_nan(*concordance_terms(*rest))
