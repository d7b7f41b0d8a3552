"""Converts a GRU layer to ONNX's GRU node instead of a loop.

tf2onnx recognises the loop of a GRU by the operations of one step. Those of
Keras 3 are others, though they compute the same.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras

Tensor = Any  # tf.Tensor; TensorFlow is imported where it is used


@contextlib.contextmanager
def convertible(model: keras.Model) -> Iterator[None]:
    """Gives the model's GRU layers a step that tf2onnx recognises."""
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


def _inner_loop(
    layer: keras.layers.GRU,
    sequences: Tensor,
    initial_state: list[Tensor],
    mask: Tensor | None,
    training: bool = False,
) -> Any:
    """Runs Keras's loop with a step of other operations."""
    import tensorflow as tf

    if mask is not None:  # tf2onnx recognises loops without a mask only
        return keras.layers.GRU.inner_loop(
            layer, sequences, initial_state, mask, training=training
        )
    cell = layer.cell
    input_bias, state_bias = tf.unstack(tf.convert_to_tensor(cell.bias))

    def step(
        inputs: Tensor, states: list[Tensor], training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        state = states[0]
        update, reset, new = tf.split(
            tf.nn.bias_add(tf.matmul(inputs, cell.kernel), input_bias), 3, 1
        )
        update_state, reset_state, new_state = tf.split(
            tf.nn.bias_add(tf.matmul(state, cell.recurrent_kernel), state_bias),
            3,
            1,
        )
        update_gate = cell.recurrent_activation(update + update_state)
        reset_gate = cell.recurrent_activation(reset + reset_state)
        candidate = cell.activation(new + reset_gate * new_state)
        state = update_gate * state + (1 - update_gate) * candidate
        return state, [state]

    cell.call = step
    try:
        return keras.layers.RNN.inner_loop(
            layer, sequences, initial_state, mask, training=training
        )
    finally:
        del cell.call
