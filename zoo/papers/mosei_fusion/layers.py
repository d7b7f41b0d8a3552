"""Numbers kept within bounds that still learn from outside them."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="zoo")
class Bounded(keras.layers.Layer):
    """Clips to [low, high]; the gradient passes as if it did not.

    The gradient of clipping is zero outside the bounds, so that a unit that
    once left them would never come back. Here it passes straight through. It
    cannot push a unit further out as long as the labels lie within the bounds:
    the output then stands at the bound, the loss draws it to a label at or
    inside the bound, and at the bound itself the absolute error and the
    squared error have no slope.

    Args:
        low, high: the bounds, `low` below `high`.

    Input shape: any. Output shape: the same.

    Example:
        >>> from keras import ops
        >>> from zoo.papers.mosei_fusion.layers import Bounded
        >>> bounded = Bounded(0, 3)(ops.array([-1.0, 2.0, 5.0]))
        >>> ops.convert_to_numpy(bounded).tolist()
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
        # The difference is exactly 0 forwards, whatever the precision.
        return ops.stop_gradient(clipped) + (inputs - ops.stop_gradient(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}
