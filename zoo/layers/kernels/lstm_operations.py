"""The recurrence of an LSTM as operations that model servers support.

`fused` is one operation for all frames, `portable` a loop of plain ones.
`zoo.layers.kernels.choice` says which runs when.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels.gradients import custom_gradient


def fused(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """Runs TensorFlow's `BlockLSTMV2`, one operation for all frames.

    The operation takes no mask, so the valid frames of each row are moved to
    its front and their outputs back. Arguments and results are those of
    `lstm_tensorflow.compiled`.
    """
    import tensorflow as tf

    if mask is not None:
        sequences = valid_first(sequences, mask)
    frames = tf.transpose(sequences, [1, 0, 2])
    weights = [cell.kernel, cell.recurrent_kernel]
    if frames.shape[2] % 2:
        # For odd sizes the operation logs a message at every call.
        frames = tf.pad(frames, [[0, 0], [0, 0], [0, 1]])
        weights.insert(1, tf.zeros([1, 4 * cell.units]))
    hiddens, carries = (
        tf.transpose(values, [1, 0, 2])
        for values in _block(
            frames,
            tf.concat(weights, axis=0),
            tf.convert_to_tensor(cell.bias),
            *states,
        )
    )
    if mask is None:
        return hiddens, [hiddens[:, -1], carries[:, -1]]
    last = [
        last_valid(values, mask, first)
        for values, first in zip((hiddens, carries), states)
    ]
    return back_in_place(hiddens, mask), last


def _block(
    frames: Tensor, weights: Tensor, bias: Tensor, hidden: Tensor, carry: Tensor
) -> tuple[Tensor, Tensor]:
    """Runs `BlockLSTMV2`, time-major, with a gradient."""
    import tensorflow as tf

    peepholes = tf.zeros_like(bias[: bias.shape[0] // 4])

    @custom_gradient
    def run(
        frames: Tensor,
        weights: Tensor,
        bias: Tensor,
        hidden: Tensor,
        carry: Tensor,
    ) -> tuple[Any, Callable]:
        inputs = {
            "seq_len_max": tf.shape(frames, out_type=tf.int64)[0],
            "x": frames,
            "cs_prev": carry,
            "h_prev": hidden,
            "w": weights,
            "wci": peepholes,
            "wcf": peepholes,
            "wco": peepholes,
            "b": bias,
            "use_peephole": False,
        }
        outputs = tf.raw_ops.BlockLSTMV2(cell_clip=0.0, **inputs)

        # The gradient that TensorFlow registers for BlockLSTMV2 is that of
        # BlockLSTM, whose gates have another order: it is wrong.
        def gradient(
            to_hiddens: Tensor, to_carries: Tensor
        ) -> tuple[Tensor, ...]:
            slopes = tf.raw_ops.BlockLSTMGradV2(
                **inputs,
                **outputs._asdict(),
                cs_grad=to_carries,
                h_grad=to_hiddens,
            )
            states = slopes.h_prev_grad, slopes.cs_prev_grad
            return slopes.x_grad, slopes.w_grad, slopes.b_grad, *states

        return (outputs.h, outputs.cs), gradient

    return run(frames, weights, bias, hidden, carry)


def portable(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
    training: bool,
) -> tuple[Tensor, list[Tensor]]:
    """Runs Keras's loop without a mask, which ONNX has an operator for.

    Arguments are those of `lstm_tensorflow.compiled`, with a mask; of the
    states after the last frame it returns the hidden state alone.
    """
    layer = keras.layers.RNN(
        cell, return_sequences=True, name=f"{cell.name}_portable"
    )
    _, hiddens, _ = layer.inner_loop(
        valid_first(sequences, mask), states, mask=None, training=training
    )
    return back_in_place(hiddens, mask), [last_valid(hiddens, mask, states[0])]


def valid_first(sequences: Tensor, mask: Tensor) -> Tensor:
    """Moves the valid frames of each row to its front, in their order.

    Args:
        sequences: (batch, time, features).
        mask: (batch, time) boolean.
    """
    import tensorflow as tf

    order = tf.argsort(
        tf.cast(mask, tf.int32), axis=1, direction="DESCENDING", stable=True
    )
    return tf.gather(sequences, order, axis=1, batch_dims=1)


def back_in_place(values: Tensor, mask: Tensor) -> Tensor:
    """Undoes `valid_first`; masked frames repeat the last valid value.

    Frames before a row's first valid frame get that frame's value.
    """
    import tensorflow as tf

    count = tf.cumsum(tf.cast(mask, tf.int32), axis=1)
    return tf.gather(values, tf.maximum(count - 1, 0), axis=1, batch_dims=1)


def last_valid(values: Tensor, mask: Tensor, otherwise: Tensor) -> Tensor:
    """Returns the last valid frame of rows that `valid_first` ordered.

    Rows without a valid frame get `otherwise`, (batch, units).
    """
    import tensorflow as tf

    count = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    last = tf.gather(values, tf.maximum(count - 1, 0), axis=1, batch_dims=1)
    return tf.where((count > 0)[:, None], last, otherwise)
