"""Statistics of an utterance's features, beside its frames."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers import Scaling

LIMIT = 5.0
"""Deviations from the training mean that a standardised statistic is clipped
to, so that a recording unlike those of the training set stays in reach."""
SMALLEST = 1e-12
"""Below it a variance counts as zero, whose root has no gradient."""


@keras.saving.register_keras_serializable(package="zoo")
class UtteranceStatistics(Scaling):
    """Mean and standard deviation of each value over a row's valid steps.

    Values are compressed first by the inverse hyperbolic sine, a logarithm
    with a sign that is y itself near zero, since acoustic features have long
    tails. NaN and infinite values are left out. The statistics are then
    standardised by those of the training utterances and clipped to `LIMIT`.

    Weights (not trained; `set_scale` sets them): `offset` and `scale`, both
    (2 · values,), initially 0 and 1.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, 2 · values), without a mask: all means, then all
        deviations. A value without a valid step has 0 for both.

    Example:
        >>> import numpy as np
        >>> rows = np.sinh([[[2.0], [4.0], [9.0]]])
        >>> mask = np.array([[True, True, False]])
        >>> UtteranceStatistics()(rows, mask=mask).numpy().round(3).tolist()
        [[3.0, 1.0]]
    """

    def build(self, input_shape: Shape) -> None:
        super().build(self.compute_output_shape(input_shape))

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        valid = ops.isfinite(inputs)
        if mask is not None:
            valid = ops.logical_and(valid, ops.expand_dims(mask, -1))
        zero = ops.zeros((), dtype=inputs.dtype)
        compressed = ops.arcsinh(ops.where(valid, inputs, zero))
        steps = ops.sum(ops.cast(valid, inputs.dtype), axis=1)
        steps = ops.maximum(steps, 1)
        mean = ops.sum(compressed, axis=1) / steps
        apart = ops.where(valid, compressed - mean[:, None], zero)
        variance = ops.sum(ops.square(apart), axis=1) / steps
        deviation = ops.sqrt(ops.maximum(variance, SMALLEST))
        statistics = ops.concatenate([mean, deviation], axis=-1)
        standardised = (statistics - self.offset) / self.scale
        return ops.clip(standardised, -LIMIT, LIMIT)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, _, values = input_shape
        return (batch, 2 * values if values is not None else None)


def utterance_statistics(
    features: Tensor, mask: Tensor, dropout: float
) -> Tensor:
    """Adds the branch of utterance statistics to a network.

    Args:
        features: (B, T, values), as a front end writes them.
        mask: (B, T) boolean.
        dropout: dropout rate of the statistics.

    Returns:
        (B, 2 · values).
    """
    layer = UtteranceStatistics(name="statistics")
    vector = layer(features, mask=mask)
    return keras.layers.Dropout(dropout, name="statistics_dropout")(vector)


def set_statistics(model: keras.Model, offset: Any, scale: Any) -> None:
    """Sets what the statistics of utterances are standardised by.

    Args:
        model: one with `statistics=True`.
        offset, scale: (2 · values,), mean and standard deviation of the
            training utterances' statistics, as
            `pipelines.normalise.utterance_statistics` computes them.
    """
    model.get_layer("statistics").set_scale(offset, scale)
