"""Overlapping windows of padded rows, and pooling over channels and time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_whole
from zoo.common.tensors import Tensor
from zoo.layers.kernels.gradients import custom_gradient
from zoo.layers.masking import lengths_to_mask, zero_masked
from zoo.layers.pooling import RowPooling


@keras.saving.register_keras_serializable(package="zoo")
class AtLeast(keras.layers.Layer):
    """Pads rows with zeros to at least `steps` valid steps.

    Args:
        steps: smallest number of valid steps in a row.

    Input shape: (batch, time, values) and `lengths` (batch,).
    Output shape: (batch, at least `steps`, values), zero beyond the given
        lengths, and the new lengths.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.waveform_mtl.layers import AtLeast
        >>> rows, lengths = AtLeast(5)(np.ones((2, 3, 1)), np.array([3, 1]))
        >>> tuple(rows.shape), lengths.numpy().tolist()
        ((2, 5, 1), [5, 5])
    """

    def __init__(self, steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("steps", steps)
        self.steps = steps

    def call(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        mask = lengths_to_mask(lengths, sequence)
        sequence = zero_masked(sequence, mask)
        time = ops.shape(sequence)[1]
        missing = _larger(self.steps - time, 0)
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
    """Cuts rows into windows of `length` steps, one every `hop` steps.

    A row of n steps has 1 + (n - length) // hop windows, all within it, and
    none where n < length.

    Args:
        length: number of steps of a window, a multiple of `hop`.
        hop: number of steps from one window to the next.

    Input shape: (batch, at least `length` steps, values) and `lengths`
        (batch,).
    Output shape: (batch, windows, length * values), step by step, and the
        mask of the windows, (batch, windows).

    Raises:
        ValueError: a length that is no multiple of the hop.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.waveform_mtl.layers import Windows
        >>> samples, lengths = np.ones((1, 960, 1)), np.array([960])
        >>> windows, mask = Windows(640, 160)(samples, lengths)
        >>> tuple(windows.shape), tuple(mask.shape)
        ((1, 3, 640), (1, 3))

    Reference: Z. Zhang, B. Wu, B. Schuller, ICASSP 2019, section 4.1.
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
        # A window is a run of blocks, so no step needs an index.
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
    """Makes every window of every row a sequence of its own.

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
    """Undoes `Unfold`; each window becomes one vector.

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
    """Takes the maximum of every `channels` neighbouring channels of a step.

    Args:
        channels: number of channels that one maximum is taken of.

    Input shape: (batch, time, values), values a multiple of `channels`.
    Output shape: (batch, time, values / channels), without a mask.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.waveform_mtl.layers import CrossChannelMaxPooling
        >>> tuple(CrossChannelMaxPooling(10)(np.ones((2, 9, 40))).shape)
        (2, 9, 4)

    Reference: Z. Zhang, B. Wu, B. Schuller, ICASSP 2019, section 3.1.
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
            return _last_axis_maximum(sequence)
        return ops.max(sequence, axis=-1)

    def compute_output_spec(self, sequence: Tensor) -> keras.KerasTensor:
        batch, time, values = sequence.shape
        shape = (batch, time, values // self.channels)
        return keras.KerasTensor(shape, sequence.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable(package="zoo")
class LastStep(RowPooling):
    """Takes the last valid step of each row; zero without any.

    Input shape: (batch, time, values), `mask` (batch, time) boolean, True
        from the front.
    Output shape: (batch, values), without a mask.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.waveform_mtl.layers import LastStep
        >>> mask = np.array([[True, True, False]])
        >>> LastStep()(np.array([[[1.0], [2.0], [3.0]]]), mask).numpy().tolist()
        [[2.0]]
    """

    def call(self, inputs: Tensor, mask: Tensor) -> Tensor:
        after = ops.pad(mask[:, 1:], ((0, 0), (0, 1)), constant_values=False)
        last = ops.logical_and(mask, ops.logical_not(after))
        last = ops.expand_dims(ops.cast(last, inputs.dtype), 1)
        return ops.squeeze(ops.matmul(last, zero_masked(inputs, mask)), axis=1)


def _last_axis_maximum(values: Tensor) -> Tensor:
    """Returns `ops.max` over the last axis, with a gradient twice as fast.

    Equal maxima share the gradient evenly, as in TensorFlow's own. Here the
    division precedes the spreading, which repeats instead of broadcasting.
    """
    import tensorflow as tf

    @custom_gradient
    def largest(values: Tensor) -> tuple[Tensor, Callable]:
        maxima = tf.reduce_max(values, axis=-1)

        def gradient(upstream: Tensor) -> Tensor:
            def spread(sums: Tensor) -> Tensor:
                flat = tf.repeat(tf.reshape(sums, [-1]), values.shape[-1])
                return tf.reshape(flat, tf.shape(values))

            is_largest = tf.cast(values == spread(maxima), values.dtype)
            shares = tf.reduce_sum(is_largest, axis=-1)
            return is_largest * spread(upstream / shares)

        return maxima, gradient

    return largest(values)


def _larger(one: Tensor, other: Tensor) -> Tensor:
    """Returns the larger of two numbers, an integer if both are integers."""
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    return ops.maximum(one, other)
