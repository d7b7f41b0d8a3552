"""Convolution of one long filter by the fast Fourier transform.

One filter of J taps over C channels costs 2 J C operations an output step, in
a product that is a single column wide, so that TensorFlow's convolution on a
CPU reaches a fraction of its speed. Its transform costs about as much as a
plain convolution of 10 taps, whatever J is: 4,500 steps of 160 channels,
forwards and the filter's gradient, took 0.02 s for 16 to 2,048 taps, where
TensorFlow's convolution took 0.04 to 9 s.

It needs TensorFlow. Reference: A. V. Oppenheim, R. W. Schafer: Discrete-Time
Signal Processing, section 8.7.2.
"""

from __future__ import annotations

from keras import ops

from zoo.common.tensors import Tensor

LEAST_TAPS = 16
_SIZES = 1024
"""The length of a transform is a multiple of it, which has small factors."""


def pays(taps: int, filters: int) -> bool:
    """Says whether the transform costs less than a plain convolution."""
    return filters == 1 and taps >= LEAST_TAPS


def convolve(
    inputs: Tensor, kernel: Tensor, padding: tuple[int, int]
) -> Tensor:
    """Convolves with stride one, without a bias.

    Args:
        inputs: (batch, time, channels), float32.
        kernel: (taps, channels, 1), float32.
        padding: zeros before and after each row, taps - 1 in all.

    Returns:
        (batch, time, 1), equal to the plain convolution up to the rounding of
        float32, as its gradients are.
    """
    import tensorflow as tf

    kernel = tf.convert_to_tensor(kernel)
    steps = ops.shape(inputs)[1]
    # Without the zeros, the end of a row would be added to its beginning.
    least = steps + kernel.shape[0] - 1
    size = [(least + _SIZES - 1) // _SIZES * _SIZES]
    rows = tf.signal.rfft(tf.transpose(inputs, [0, 2, 1]), size)
    # A layer's convolution is a correlation: its kernel is mirrored.
    mirrored = tf.signal.rfft(tf.transpose(kernel[::-1, :, 0]), size)
    sums = tf.signal.irfft(tf.reduce_sum(rows * mirrored, axis=1), size)
    outputs = sums[:, padding[1] : padding[1] + steps, None]
    outputs.set_shape([*inputs.shape[:2], 1])
    return outputs
