"""What the loops over frames share that XLA compiles for TensorFlow.

XLA compiles for fixed shapes: a loop once for each batch size and each power
of two of frames, whatever the number of features, since all frames are
projected by one product before it.
"""

from __future__ import annotations

from collections.abc import Callable

from zoo.common.tensors import Tensor

_SMALLEST_CAPACITY = 32


def projected(
    sequences: Tensor, kernel: Tensor, bias: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """All frames times the kernel, plus the bias: a loop's input.

    Args:
        sequences: (batch, time, features) float32, finite where masked.
        kernel: (features, gates).
        bias: (gates,).
        mask: (batch, time) boolean, or None where every frame is valid.

    Returns:
        The number of frames, the projected ones and which are valid (1.0 or
        0.0), frames first and with room for a power of two of them.
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


def compile_for(*shapes: int) -> Callable[[Callable], Callable]:
    """XLA's `tf.function` for a number and arrays of this many dimensions."""
    import tensorflow as tf

    signature = [tf.TensorSpec([None] * rank) for rank in shapes]
    return tf.function(
        jit_compile=True,
        autograph=False,
        input_signature=[tf.TensorSpec([], tf.int32), *signature],
    )


def room(like: Tensor, width: int | Tensor) -> Tensor:
    """Place for a (batch, width) array for each frame that `like` has."""
    import tensorflow as tf

    time, batch = tf.unstack(tf.shape(like)[:2])
    empty = tf.TensorArray(tf.float32, size=time, element_shape=[None, None])
    return empty.unstack(tf.zeros([time, batch, width]))
