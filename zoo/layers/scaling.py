"""Features on the scale of the training set, inside the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked


@keras.saving.register_keras_serializable(package="zoo")
class Scaling(keras.layers.Layer):
    """Cleans features and brings them to the scale that training saw.

    NaN and infinite values become zero; then `offset` is subtracted and the
    rest divided by `scale`. A served model so takes features as the toolkits
    write them.

    Weights (not trained; set them with `set_scale`): `offset` and `scale`,
    both (values,). At first nothing is moved or scaled.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: the same; zeros in the padding.
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
        """Sets what is subtracted and what is divided by, both (values,).

        Raises:
            ValueError: a scale of zero, NaN or infinity.
        """
        scale = ops.convert_to_numpy(scale)
        broken = ~(abs(scale) > 0) | ~(abs(scale) < float("inf"))
        if broken.any():
            raise ValueError(
                "`scale` must hold finite numbers other than 0. Received: "
                f"{scale[broken][0]} for value {int(broken.argmax())}"
            )
        self.offset.assign(offset)
        self.scale.assign(scale)

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        zero = ops.zeros((), dtype=inputs.dtype)
        finite = ops.where(ops.isfinite(inputs), inputs, zero)
        return zero_masked((finite - self.offset) / self.scale, mask)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)
