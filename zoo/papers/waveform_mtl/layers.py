"""Overlapping windows of a padded batch, cut inside the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_whole
from zoo.common.tensors import Tensor
from zoo.layers.masking import lengths_to_mask, zero_masked
from zoo.layers.pooling import RowPooling


@keras.saving.register_keras_serializable(package="zoo")
class AtLeast(keras.layers.Layer):
    """Fills rows with zeros until each has at least `steps` steps.

    Args:
        steps: as many count as valid in every row.

    Input shape: (batch, time, values) and `lengths` (batch,).
    Output shape: (batch, at least `steps`, values), zero beyond the lengths
        that came in, and the lengths that are valid now.
    """

    def __init__(self, steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("steps", steps)
        self.steps = steps

    def call(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        mask = lengths_to_mask(lengths, sequence)
        sequence = zero_masked(sequence, mask)
        time = ops.shape(sequence)[1]
        missing = _largest(self.steps - time, 0)
        sequence = ops.pad(sequence, ((0, 0), (0, missing), (0, 0)))
        return sequence, ops.maximum(ops.cast(lengths, "int32"), self.steps)

    def compute_output_spec(
        self, sequence: Tensor, lengths: Tensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        batch, time, values = sequence.shape
        time = None if time is None else max(time, self.steps)
        return (
            keras.KerasTensor((batch, time, values), sequence.dtype),
            keras.KerasTensor(lengths.shape, "int32"),
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps": self.steps}


@keras.saving.register_keras_serializable(package="zoo")
class Windows(keras.layers.Layer):
    """Windows of `length` steps, one every `hop`, each as one vector.

    A row of n steps has 1 + (n - length) // hop windows, all of which lie
    within it, and none where n < length.

    Args:
        length: steps of a window, a multiple of `hop`.
        hop: steps from one window to the next.

    Input shape: (batch, at least `length` steps, values) and `lengths`
        (batch,).
    Output shape: (batch, windows, length * values), step by step, and the
        mask of the windows, (batch, windows).

    Raises:
        ValueError: a length that is no multiple of the hop.
    """

    def __init__(self, length: int, hop: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("length", length)
        check_whole("hop", hop)
        if length % hop:
            raise ValueError(
                "`length` must be a multiple of `hop`. Received: "
                f"length={length}, hop={hop}"
            )
        self.length = length
        self.hop = hop
        self.supports_masking = True

    def compute_mask(
        self, inputs: Tensor, previous_mask: Tensor
    ) -> tuple[None, None]:
        return None, None  # the second output is the mask

    def call(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        _, time, values = ops.shape(sequence)
        blocks = time // self.hop
        sequence = sequence[:, : blocks * self.hop]
        width = self.hop * sequence.shape[-1]
        sequence = ops.reshape(sequence, (-1, blocks, width))
        # A window is so many neighbouring blocks: no step is looked up.
        parts = self.length // self.hop
        count = blocks - parts + 1
        # ops.slice has a gradient many times faster than that of [:, a:b].
        shape = (ops.shape(sequence)[0], count, width)
        shifted = [
            ops.slice(sequence, (0, part, 0), shape) for part in range(parts)
        ]
        windows = ops.concatenate(shifted, axis=-1)
        valid = ops.cast(lengths, "int32") // self.hop - parts + 1
        return windows, lengths_to_mask(valid, windows)

    def compute_output_spec(
        self, sequence: Tensor, lengths: Tensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        batch, time, values = sequence.shape
        if time is not None:
            time = (time - self.length) // self.hop + 1
        return (
            keras.KerasTensor(
                (batch, time, self.length * values), sequence.dtype
            ),
            keras.KerasTensor((batch, time), "bool"),
        )

    def get_config(self) -> dict[str, Any]:
        config = {"length": self.length, "hop": self.hop}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="zoo")
class Unfold(keras.layers.Layer):
    """Every window of every row as a sequence of its own.

    Input shape: (batch, windows, steps).
    Output shape: (batch * windows, steps, 1).
    """

    def call(self, windows: Tensor) -> Tensor:
        return ops.reshape(windows, (-1, windows.shape[-1], 1))

    def compute_output_spec(self, windows: Tensor) -> keras.KerasTensor:
        shape = (None, windows.shape[-1], 1)
        return keras.KerasTensor(shape, windows.dtype)


@keras.saving.register_keras_serializable(package="zoo")
class Fold(keras.layers.Layer):
    """The reverse of `Unfold`, each window as one vector.

    Input shape: (batch * windows, steps, values), and the `mask` of the
        windows, (batch, windows).
    Output shape: (batch, windows, steps * values); zero at masked windows.
    """

    def call(self, sequence: Tensor, mask: Tensor) -> Tensor:
        batch, windows = ops.shape(mask)
        width = sequence.shape[1] * sequence.shape[2]
        folded = ops.reshape(sequence, (batch, windows, width))
        return zero_masked(folded, mask)

    def compute_output_spec(
        self, sequence: Tensor, mask: Tensor
    ) -> keras.KerasTensor:
        width = sequence.shape[1] * sequence.shape[2]
        return keras.KerasTensor((*mask.shape, width), sequence.dtype)


@keras.saving.register_keras_serializable(package="zoo")
class CrossChannelMaxPooling(keras.layers.Layer):
    """Maximum of every `channels` neighbouring channels of each step.

    Input shape: (batch, time, values), values a multiple of `channels`.
    Output shape: (batch, time, values / channels).
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("channels", channels)
        self.channels = channels
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None

    def call(self, sequence: Tensor) -> Tensor:
        batch, time, _ = ops.shape(sequence)
        groups = sequence.shape[-1] // self.channels
        shape = (batch, time, groups, self.channels)
        sequence = ops.reshape(sequence, shape)
        if keras.backend.backend() == "tensorflow":
            return _largest_of_last(sequence)
        return ops.max(sequence, axis=-1)

    def compute_output_spec(self, sequence: Tensor) -> keras.KerasTensor:
        batch, time, values = sequence.shape
        shape = (batch, time, values // self.channels)
        return keras.KerasTensor(shape, sequence.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable(package="zoo")
class LastStep(RowPooling):
    """The last valid step of a row; zero for a row without any.

    Input shape: (batch, time, values), `mask` (batch, time) boolean, True
        from the front.
    Output shape: (batch, values).
    """

    def call(self, inputs: Tensor, mask: Tensor) -> Tensor:
        after = ops.pad(mask[:, 1:], ((0, 0), (0, 1)), constant_values=False)
        last = ops.logical_and(mask, ops.logical_not(after))
        last = ops.expand_dims(ops.cast(last, inputs.dtype), 1)
        return ops.squeeze(ops.matmul(last, zero_masked(inputs, mask)), axis=1)


def _largest_of_last(values: Tensor) -> Tensor:
    """`ops.max` over the last axis, half as long in its gradient.

    The largest share it evenly, as in TensorFlow's, but the division is that
    of the maxima, and they are repeated rather than broadcast.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def largest(values: Tensor) -> tuple[Tensor, Callable]:
        maxima = tf.reduce_max(values, axis=-1)

        def gradient(upstream: Tensor) -> Tensor:
            def spread(each: Tensor) -> Tensor:
                each = tf.repeat(tf.reshape(each, [-1]), values.shape[-1])
                return tf.reshape(each, tf.shape(values))

            is_largest = tf.cast(values == spread(maxima), values.dtype)
            shares = tf.reduce_sum(is_largest, axis=-1)
            return is_largest * spread(upstream / shares)

        return maxima, gradient

    return largest(values)


def _largest(one: Tensor, other: Tensor) -> Tensor:
    """The larger of two numbers, a plain one where both are."""
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    return ops.maximum(one, other)
