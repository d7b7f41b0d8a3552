"""Layers of these networks: bounds of the output, missing modalities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.common import arguments
from zoo.common.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="zoo")
class Bounded(keras.layers.Layer):
    """Clips to [low, high] with a straight-through gradient.

    The gradient of plain clipping is zero outside the bounds, so a unit
    outside would never return. Here the gradient passes unchanged. It cannot
    push a unit further outside while the labels lie within the bounds: the
    output is at the bound, the loss moves it towards a label at or inside the
    bound, and for a label at the bound the absolute and the squared error have
    zero gradient.

    Args:
        low, high: the bounds, in the unit of the labels; `low` below `high`.

    Input shape: any; a mask is handed on.
    Output shape: the same.

    Example:
        >>> from keras import ops
        >>> from zoo.papers.mosei_fusion.layers import Bounded
        >>> clipped = Bounded(0, 3)(ops.array([-1.0, 2.0, 5.0]))
        >>> ops.convert_to_numpy(clipped).tolist()
        [0.0, 2.0, 3.0]
    """

    def __init__(self, low: float, high: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not -math.inf < low < high < math.inf:
            raise ValueError(
                "`low` must be a number below `high`. Received: "
                f"low={low}, high={high}"
            )
        self.low, self.high = float(low), float(high)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        clipped = ops.clip(inputs, self.low, self.high)
        # Forwards, the difference is exactly 0 in any precision.
        return ops.stop_gradient(clipped) + (inputs - ops.stop_gradient(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}


@keras.saving.register_keras_serializable(package="zoo")
class MissingModalities(keras.layers.Layer):
    """Replaces the modalities that a word lacks by zeros, after scaling.

    A word lacks a modality where all values of it are NaN. Zero after scaling
    is the mean of the training words where features were scaled by mean and
    standard deviation, and a vector of zeros where by the largest value.

    Args:
        values: number of features of each modality, in their order.

    Input shape: two of (batch, time, sum of values), the features as they
        came and as they were scaled.
    Output shape: the same, the scaled ones; masks are not handed on.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.mosei_fusion.layers import MissingModalities
        >>> features = np.array([[[np.nan, np.nan, 5.0]]])
        >>> scaled = np.array([[[-1.0, -2.0, 0.5]]])
        >>> MissingModalities([2, 1])(features, scaled).numpy().tolist()
        [[[0.0, 0.0, 0.5]]]
    """

    def __init__(self, values: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for index, count in enumerate(values):
            arguments.check_whole(f"values[{index}]", count)
        self.values = tuple(int(count) for count in values)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None  # the networks hand their own mask on

    def call(self, features: Tensor, scaled: Tensor) -> Tensor:
        modalities, first = [], 0
        for count in self.values:
            own = features[..., first : first + count]
            is_missing = ops.all(ops.isnan(own), axis=-1, keepdims=True)
            values = scaled[..., first : first + count]
            modalities.append(ops.where(is_missing, 0.0, values))
            first += count
        return ops.concatenate(modalities, axis=-1)

    def compute_output_shape(
        self, features_shape: Shape, scaled_shape: Shape
    ) -> Shape:
        return tuple(scaled_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "values": list(self.values)}
