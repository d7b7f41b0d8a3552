"""Inputs and compilation of loops over frames, compiled by XLA.

XLA compiles for fixed shapes: a loop once for each batch size and each power
of two of frames, whatever the number of features, since all frames are
projected by one product before it. TensorFlow itself keeps, to the end of the
process, about half a megabyte of each call that another function traces.
"""

from __future__ import annotations

from collections.abc import Callable

from zoo.common.tensors import Tensor

_SMALLEST_CAPACITY = 32


def project(
    sequences: Tensor, kernel: Tensor, bias: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Projects all frames with one product: the input of a loop.

    Args:
        sequences: (batch, time, features) float32, finite where masked.
        kernel: (features, gates).
        bias: (gates,).
        mask: (batch, time) boolean, or None where every frame is valid.

    Returns:
        The number of frames; the projected frames; and which frames are valid
        (1.0 or 0.0). The latter two have time first, padded to a power of two.
    """
    import tensorflow as tf

    frames = tf.transpose(sequences, [1, 0, 2])
    values = tf.tensordot(frames, tf.convert_to_tensor(kernel), 1)
    values = tf.nn.bias_add(values, bias)
    if mask is None:
        valid = tf.ones(tf.shape(frames)[:2])
    else:
        # Numbers, since oneDNN complains when it is to transpose booleans.
        valid = tf.transpose(tf.cast(mask, tf.float32))
    time = tf.shape(frames)[0]
    powers = tf.constant([_SMALLEST_CAPACITY << k for k in range(26)])
    missing = powers[tf.searchsorted(powers, [time])[0]] - time
    values = tf.pad(values, [[0, missing], [0, 0], [0, 0]])
    return time, values, tf.pad(valid, [[0, missing], [0, 0]])


def compile_for(*ranks: int) -> Callable[[Callable], Callable]:
    """Returns a decorator that compiles a function with XLA.

    Args:
        *ranks: ranks of its arguments after the first, which is an integer.
    """
    import tensorflow as tf

    signature = [tf.TensorSpec([None] * rank) for rank in ranks]
    return tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[tf.TensorSpec([], tf.int32), *signature],
    )


def zeros_by_frame(like: Tensor, width: int | Tensor) -> Tensor:
    """Returns an array of zeros, (batch, width) for each frame of `like`."""
    import tensorflow as tf

    time, batch = tf.unstack(tf.shape(like)[:2])
    empty = tf.TensorArray(tf.float32, size=time, element_shape=[None, None])
    return empty.unstack(tf.zeros([time, batch, width]))
