"""1-D convolution that respects masks, fast for dilated or long filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Tensor
from zoo.layers.kernels import choice, fourier, overlap_save
from zoo.layers.kernels.gradients import custom_gradient
from zoo.layers.masking import zero_masked

_TRANSFORMED = {"fourier": fourier, "overlap_save": overlap_save}
"""Kernels that convolve by a Fourier transform, by name."""


@keras.saving.register_keras_serializable(package="zoo")
class Conv1D(keras.layers.Conv1D):
    """`keras.layers.Conv1D` with masks, fast for dilated or long filters.

    Weights, names and arguments are Keras's own. Three things differ:

    - Masked steps are zeros to the convolution, as if the sequence ended
      there; the mask is handed on where the length stays.
    - On TensorFlow a dilated convolution of stride one is a single operation
      (Keras's goes through SpaceToBatch and back), forwards and for the
      gradient, which TensorFlow's own kernels lack on a CPU. It exports as
      one `Conv` node of ONNX.
    - On TensorFlow without a GPU, in float32, filters of many taps over many
      channels run as `overlap_save`, to the same rounding, in a fourth of
      the operations at 40 taps, and one long filter as `fourier`; not under
      `lstm_implementation("portable")` or "cudnn", so that an export for
      every device holds a convolution.

    Args: those of `keras.layers.Conv1D`.

    Input shape: (batch, time, channels), `mask` (batch, time) boolean.
    Output shape: as `keras.layers.Conv1D`. Outputs at masked steps
        are not zeroed.

    Example:
        >>> from keras import ops
        >>> import zoo.layers
        >>> layer = zoo.layers.Conv1D(4, 3, dilation_rate=2, padding="same")
        >>> layer(ops.ones((1, 9, 2))).shape[1]
        9
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.supports_masking = self._keeps_length()

    def _keeps_length(self) -> bool:
        return self.strides == (1,) and self.padding in ("same", "causal")

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        inputs = zero_masked(inputs, mask)
        kernel = choice.convolution_kernel(self)
        if kernel == "dilated":
            outputs = _dilated(
                inputs, self.kernel, self.dilation_rate[0], self._padding()
            )
            outputs = ops.squeeze(outputs, axis=1)
        elif kernel in _TRANSFORMED:
            convolve = _TRANSFORMED[kernel].convolve
            outputs = convolve(inputs, self.kernel, self._padding())
        else:
            return super().call(inputs)
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs

    def _padding(self) -> tuple[int, int]:
        total = (self.kernel_size[0] - 1) * self.dilation_rate[0]
        if self.padding == "causal":
            return total, 0
        return total // 2, total - total // 2


def _dilated(
    inputs: Tensor, kernel: Tensor, dilation: int, padding: tuple[int, int]
) -> Tensor:
    """Convolves to (batch, 1, time, filters), with a gradient of its own.

    The gradient of the inputs is the convolution with the mirrored kernel;
    that of the kernel is a matrix product for each of its taps.
    """
    import tensorflow as tf

    @custom_gradient
    def convolve(inputs: Tensor, kernel: Tensor) -> tuple[Tensor, Callable]:
        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            mirrored = tf.transpose(kernel[::-1], [0, 2, 1])
            to_inputs = _single(
                upstream[:, 0], mirrored, dilation, padding[::-1]
            )[:, 0]
            padded = tf.pad(inputs, [[0, 0], list(padding), [0, 0]])
            time, filters = tf.shape(inputs)[1], kernel.shape[2]
            flat = tf.reshape(upstream, [-1, filters])
            to_taps = [
                tf.matmul(
                    tf.reshape(
                        padded[:, tap * dilation : tap * dilation + time],
                        [-1, kernel.shape[1]],
                    ),
                    flat,
                    transpose_a=True,
                )
                for tap in range(kernel.shape[0])
            ]
            return to_inputs, tf.stack(to_taps)

        return _single(inputs, kernel, dilation, padding), gradient

    return convolve(inputs, tf.convert_to_tensor(kernel))


def _single(
    inputs: Tensor, kernel: Tensor, dilation: int, padding: tuple[int, int]
) -> Tensor:
    import tensorflow as tf

    return tf.nn.conv2d(
        inputs[:, None],
        kernel[None],
        strides=1,
        padding=[[0, 0], [0, 0], list(padding), [0, 0]],
        dilations=[1, 1, dilation, 1],
    )
