"""Clips to a range, with a straight-through gradient."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

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
