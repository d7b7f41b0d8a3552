"""The recurrence of an LSTM as cuDNN's operation, for an export to a GPU.

Keras uses cuDNN where it finds a GPU. An export to a GPU may be made on a
machine without one, so the operation is added to the graph here.
"""

from __future__ import annotations

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels.lstm_operations import (
    back_in_place,
    last_valid,
    valid_first,
)


def cudnn(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """Runs `CudnnRNNV3`, which has a kernel for GPUs alone.

    Arguments and results are those of `lstm_operations.fused`. It
    is for inference: no gradient is defined here.
    """
    import tensorflow as tf

    if mask is not None:
        sequences = valid_first(sequences, mask)
    frames = tf.transpose(sequences, [1, 0, 2])
    time, batch = tf.unstack(tf.shape(frames)[:2])
    outputs = tf.raw_ops.CudnnRNNV3(
        input=frames,
        input_h=states[0][None],
        input_c=states[1][None],
        params=parameters(cell.kernel, cell.recurrent_kernel, cell.bias),
        sequence_lengths=tf.fill([batch], time),
        rnn_mode="lstm",
        is_training=False,
        time_major=True,
    )
    hiddens = tf.transpose(outputs.output, [1, 0, 2])
    hiddens.set_shape([*sequences.shape[:2], cell.units])
    if mask is None:
        return hiddens, [outputs.output_h[0], outputs.output_c[0]]
    # cuDNN returns the carry after the last frame alone, which is padding in
    # shorter rows; a model that needs the carry uses another kernel.
    last = last_valid(hiddens, mask, states[0])
    return back_in_place(hiddens, mask), [last]


def parameters(
    kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor
) -> Tensor:
    """Returns a layer's weights in cuDNN's layout, one vector.

    Eight transposed matrices (input, forget, cell, output gate; of the inputs,
    then of the state), then eight biases, of which Keras knows the last four.
    """
    import tensorflow as tf

    bias = tf.convert_to_tensor(bias)
    matrices = [
        tf.reshape(tf.transpose(gate), [-1])
        for weights in (kernel, recurrent_kernel)
        for gate in tf.split(tf.convert_to_tensor(weights), 4, axis=1)
    ]
    return tf.concat([*matrices, tf.zeros_like(bias), bias], axis=0)
