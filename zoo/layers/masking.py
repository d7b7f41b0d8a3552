"""Lengths become masks, and masks keep padding out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor


def lengths_to_mask(lengths: Tensor, sequence: Tensor) -> Tensor:
    """Boolean (batch, time): which steps of `sequence` are not padding.

    Args:
        lengths: (batch,) integers, counted from the front.
        sequence: (batch, time, ...); only its shape is looked at.
    """
    place = ops.arange(ops.shape(sequence)[1], dtype="int32")
    return place[None, :] < ops.cast(lengths, "int32")[:, None]


def zero_masked(sequence: Tensor, mask: Tensor) -> Tensor:
    """`sequence` (batch, time, values) with zeros where `mask` is False.

    NaN and infinity in masked places become zero too, forwards and in the
    gradient.
    """
    if mask is None:
        return sequence
    zero = ops.zeros((), dtype=sequence.dtype)
    return ops.where(ops.expand_dims(mask, -1), sequence, zero)


@keras.saving.register_keras_serializable(package="zoo")
class SequenceMask(keras.layers.Layer):
    """The mask of a padded batch, made inside the graph from its lengths.

    Input shape: (batch, time, values) and `lengths` (batch,).
    Output shape: (batch, time) boolean, True at valid steps.
    """

    def call(self, sequence: Tensor, lengths: Tensor) -> Tensor:
        return lengths_to_mask(lengths, sequence)

    def compute_output_spec(
        self, sequence: Tensor, lengths: Tensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor(sequence.shape[:2], dtype="bool")


@keras.saving.register_keras_serializable(package="zoo")
class Trace(keras.layers.Dense):
    """The last layer of a continuous prediction: one linear value a step.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time); zero in the padding.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, **kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None  # Keras would weight a (batch,) loss with it

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        outputs = super().call(zero_masked(inputs, mask))
        return ops.squeeze(zero_masked(outputs, mask), axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape[:-1])

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("units")
        return config
