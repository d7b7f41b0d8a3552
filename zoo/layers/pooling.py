"""Pooling over time that respects masks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Tensor
from zoo.layers.masking import zero_masked

LOWEST = -3.4e38
"""Finite, and less than any float32 that a network computes."""


@keras.saving.register_keras_serializable(package="zoo")
class MaxPooling1D(keras.layers.Layer):
    """Takes the maximum of the valid steps in windows of `factor` steps.

    The last window of a row may be partly padding, so n steps become
    ceil(n / factor). A window without a valid step gives zero.

    Args:
        factor: steps of a window, and from one window to the next.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, ceil(time / factor), values) and its mask.

    Example:
        >>> import numpy as np
        >>> mask = np.ones((2, 9), bool)
        >>> pooled, mask = MaxPooling1D(2)(np.ones((2, 9, 4)), mask)
        >>> tuple(pooled.shape), tuple(mask.shape)
        ((2, 5, 4), (2, 5))
    """

    def __init__(self, factor: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if factor < 2:
            raise ValueError(
                f"`factor` must be at least 2. Received: factor={factor}"
            )
        self.factor = factor
        self.supports_masking = True

    def compute_mask(
        self, inputs: Tensor, previous_mask: Tensor
    ) -> tuple[None, None]:
        return None, None  # the second output is the mask

    def call(self, inputs: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        batch, time, _ = ops.shape(inputs)
        windows = (time + self.factor - 1) // self.factor
        missing = windows * self.factor - time
        lowest = ops.cast(LOWEST, inputs.dtype)
        inputs = ops.where(ops.expand_dims(mask, -1), inputs, lowest)
        inputs = ops.pad(
            inputs, ((0, 0), (0, missing), (0, 0)), constant_values=LOWEST
        )
        mask = ops.pad(mask, ((0, 0), (0, missing)), constant_values=False)
        pooled = ops.max_pool(
            inputs, self.factor, self.factor, data_format="channels_last"
        )
        mask = ops.reshape(mask, (batch, windows, self.factor))
        mask = ops.any(mask, axis=2)
        zero = ops.zeros((), dtype=inputs.dtype)
        return ops.where(ops.expand_dims(mask, -1), pooled, zero), mask

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        batch, time, values = inputs.shape
        time = None if time is None else -(-time // self.factor)
        return (
            keras.KerasTensor((batch, time, values), dtype=inputs.dtype),
            keras.KerasTensor((batch, time), dtype="bool"),
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class RowPooling(keras.layers.Layer):
    """Base class of layers that make one vector of each row.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, values), without a mask.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor = None
    ) -> keras.KerasTensor:
        batch, _, values = inputs.shape
        return keras.KerasTensor((batch, values), dtype=inputs.dtype)


@keras.saving.register_keras_serializable(package="zoo")
class GlobalMaxPooling1D(RowPooling):
    """Takes the maximum of the valid steps of each row; zero without any.

    Input shape: (batch, time, values), `mask` (batch, time) boolean; without
        a mask every step is valid.
    Output shape: (batch, values), without a mask.

    Example:
        >>> import numpy as np
        >>> tuple(GlobalMaxPooling1D()(np.ones((2, 9, 4))).shape)
        (2, 4)
    """

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        if mask is None:
            return ops.max(inputs, axis=1)
        lowest = ops.cast(LOWEST, inputs.dtype)
        inputs = ops.where(ops.expand_dims(mask, -1), inputs, lowest)
        some = ops.any(mask, axis=1, keepdims=True)
        zero = ops.zeros((), dtype=inputs.dtype)
        return ops.where(some, ops.max(inputs, axis=1), zero)


@keras.saving.register_keras_serializable(package="zoo")
class GlobalAveragePooling1D(RowPooling):
    """Takes the mean of the valid steps of each row; zero without any.

    Input shape: (batch, time, values), `mask` (batch, time) boolean; without
        a mask every step is valid.
    Output shape: (batch, values), without a mask.

    Example:
        >>> import numpy as np
        >>> tuple(GlobalAveragePooling1D()(np.ones((2, 9, 4))).shape)
        (2, 4)
    """

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        if mask is None:
            return ops.mean(inputs, axis=1)
        valid = ops.sum(ops.cast(mask, inputs.dtype), axis=1, keepdims=True)
        total = ops.sum(zero_masked(inputs, mask), axis=1)
        return total / ops.maximum(valid, 1)
