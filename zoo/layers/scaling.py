"""Standardisation of features by the training set, inside the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked


@keras.saving.register_keras_serializable(package="zoo")
class Scaling(keras.layers.Layer):
    """Cleans features and standardises them by the training set.

    NaN and infinite values become zero; then `offset` is subtracted and the
    difference is divided by `scale`. So a served model takes features as
    toolkits write them.

    Weights (not trained; `set_scale` sets them): `offset` and `scale`, both
    (values,). Initially the layer changes no finite value.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: the same; zeros in the padding. It hands no mask on.

    Example:
        >>> import numpy as np
        >>> layer = Scaling()
        >>> layer.build((None, None, 1))
        >>> layer.set_scale([1.0], [2.0])
        >>> layer(np.array([[[5.0], [np.nan]]])).numpy().ravel().tolist()
        [2.0, -0.5]
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None  # the networks hand their own mask on

    def build(self, input_shape: Shape) -> None:
        values = input_shape[-1]
        self.offset = self.add_weight(
            shape=(values,), initializer="zeros", name="offset"
        )
        self.scale = self.add_weight(
            shape=(values,), initializer="ones", name="scale"
        )

    def set_scale(self, offset: Tensor, scale: Tensor) -> None:
        """Sets what is subtracted and what the difference is divided by.

        Args:
            offset, scale: (values,).

        Raises:
            ValueError: a scale of zero, NaN or infinity.
        """
        scale = ops.convert_to_numpy(scale)
        is_bad = ~(abs(scale) > 0) | ~(abs(scale) < float("inf"))
        if is_bad.any():
            raise ValueError(
                "`scale` must hold finite numbers other than 0. Received: "
                f"{scale[is_bad][0]} for value {int(is_bad.argmax())}"
            )
        self.offset.assign(offset)
        self.scale.assign(scale)

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        zero = ops.zeros((), dtype=inputs.dtype)
        finite = ops.where(ops.isfinite(inputs), inputs, zero)
        return zero_masked((finite - self.offset) / self.scale, mask)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)
