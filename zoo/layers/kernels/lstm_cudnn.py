"""The recurrence of an LSTM as cuDNN's operation, written out for an export.

Keras chooses cuDNN by the machine it runs on. An export chooses by the machine
it is for, so that the operation must be placed on one that lacks it too.
"""

from __future__ import annotations

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels.lstm_tensorflow import (
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
    """`CudnnRNNV3`, for which there is a GPU kernel alone.

    Arguments and results are those of `zoo.layers.lstm_tensorflow.fused`. It
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
    # cuDNN tells the carry after the last frame alone, which is one of the
    # padding where rows differ; a model that needs it takes another way.
    last = last_valid(hiddens, mask, states[0])
    return back_in_place(hiddens, mask), [last]


def parameters(
    kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor
) -> Tensor:
    """A layer's weights as cuDNN wants them, one vector.

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
