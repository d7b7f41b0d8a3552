"""The layer of the down/up-sampling network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Tensor


@keras.saving.register_keras_serializable(package="zoo")
class UpSampling1D(keras.layers.Conv1DTranspose):
    """A transposed convolution, cut to the length before a pooling.

    Args: those of `keras.layers.Conv1DTranspose`; the padding is "same".

    Input shape: (batch, time, channels), the `mask` of the inputs (batch,
        time), and `mask_after` (batch, longer time), which gives the length.
    Output shape: (batch, longer time, filters), without a mask.

    Example:
        >>> import numpy as np
        >>> layer = UpSampling1D(4, 3, strides=3)
        >>> mask, longer = np.ones((1, 3), bool), np.ones((1, 7), bool)
        >>> tuple(layer(np.ones((1, 3, 2)), mask, longer).shape)
        (1, 7, 4)

    Reference: S. Khorram et al., Interspeech 2017, section 5.2.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        kwargs["padding"] = "same"
        super().__init__(filters, kernel_size, **kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None

    def call(self, inputs: Tensor, mask: Tensor, mask_after: Tensor) -> Tensor:
        zero = ops.zeros((), dtype=inputs.dtype)
        inputs = ops.where(ops.expand_dims(mask, -1), inputs, zero)
        return super().call(inputs)[:, : ops.shape(mask_after)[1]]

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor, mask_after: Tensor
    ) -> keras.KerasTensor:
        shape = (*mask_after.shape, self.filters)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)
