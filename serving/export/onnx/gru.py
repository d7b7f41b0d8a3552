"""Lets a GRU become ONNX's own: one node instead of a loop.

tf2onnx knows the loop of a GRU by the operations of one step, and those of
Keras 3 are not among them, though they compute the same.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def known_steps(model: keras.Model) -> Iterator[None]:
    """Within it the model's GRU layers take steps that tf2onnx knows."""
    layers = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.GRU)
        and layer.use_bias
        and layer.reset_after
    ]
    for layer in layers:
        layer.inner_loop = functools.partial(_inner_loop, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.inner_loop


def _inner_loop(layer, sequences, initial_state, mask, training=False):
    """Keras's loop, with another form of its step."""
    import tensorflow as tf

    if mask is not None:  # tf2onnx knows loops without one alone
        return keras.layers.GRU.inner_loop(
            layer, sequences, initial_state, mask, training=training
        )
    cell = layer.cell
    of_input, of_state = tf.unstack(tf.convert_to_tensor(cell.bias))

    def step(inputs, states, training=False):
        state = states[0]
        update, reset, new = tf.split(
            tf.nn.bias_add(tf.matmul(inputs, cell.kernel), of_input), 3, 1
        )
        update_state, reset_state, new_state = tf.split(
            tf.nn.bias_add(tf.matmul(state, cell.recurrent_kernel), of_state),
            3,
            1,
        )
        kept = cell.recurrent_activation(update + update_state)
        let_in = cell.recurrent_activation(reset + reset_state)
        candidate = cell.activation(new + let_in * new_state)
        state = kept * state + (1 - kept) * candidate
        return state, [state]

    cell.call = step
    try:
        return keras.layers.RNN.inner_loop(
            layer, sequences, initial_state, mask, training=training
        )
    finally:
        del cell.call
