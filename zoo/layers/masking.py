"""Masks from lengths, and layers that keep padding zero."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor


def lengths_to_mask(lengths: Tensor, sequence: Tensor) -> Tensor:
    """Returns which steps of `sequence` are valid, (batch, time) boolean.

    Args:
        lengths: (batch,) integers, valid steps from the front of each row.
        sequence: (batch, time, ...), of which only the shape is used.

    Example:
        >>> import numpy as np
        >>> lengths_to_mask(np.array([1, 3]), np.zeros((2, 3))).numpy().tolist()
        [[True, False, False], [True, True, True]]
    """
    place = ops.arange(ops.shape(sequence)[1], dtype="int32")
    return place[None, :] < ops.cast(lengths, "int32")[:, None]


def zero_masked(sequence: Tensor, mask: Tensor) -> Tensor:
    """Returns `sequence` with zeros where `mask` is False.

    NaN and infinity in masked steps become zero too, forwards and in the
    gradient.

    Args:
        sequence: (batch, time, values).
        mask: (batch, time) boolean; `None` where every step is valid.
    """
    if mask is None:
        return sequence
    zero = ops.zeros((), dtype=sequence.dtype)
    return ops.where(ops.expand_dims(mask, -1), sequence, zero)


@keras.saving.register_keras_serializable(package="zoo")
class SequenceMask(keras.layers.Layer):
    """Makes the mask of a padded batch from its lengths, inside the graph.

    Input shape: (batch, time, values) and `lengths` (batch,).
    Output shape: (batch, time) boolean, True at valid steps.

    Example:
        >>> import numpy as np
        >>> mask = SequenceMask()(np.zeros((2, 3, 4)), np.array([1, 3]))
        >>> tuple(mask.shape)
        (2, 3)
    """

    def call(self, sequence: Tensor, lengths: Tensor) -> Tensor:
        return lengths_to_mask(lengths, sequence)

    def compute_output_spec(
        self, sequence: Tensor, lengths: Tensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor(sequence.shape[:2], dtype="bool")


@keras.saving.register_keras_serializable(package="zoo")
class Trace(keras.layers.Dense):
    """Predicts a trace: one linear value at each step.

    Args: those of `keras.layers.Dense`, without `units`.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time); zero in the padding. It hands no mask on.

    Example:
        >>> import numpy as np
        >>> tuple(Trace()(np.ones((2, 9, 4))).shape)
        (2, 9)
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
